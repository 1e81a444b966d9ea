"""What `isaac-seg click` is made of: pictures, who clicks on them, and what is seen then."""
