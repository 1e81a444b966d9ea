"""What `isaac-seg segment` is made of: its words and its networks."""
