"""What `isaac-seg compare` is made of: two sides, what goes into both, and how they differ."""
