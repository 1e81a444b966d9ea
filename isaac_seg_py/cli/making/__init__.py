"""What `isaac-seg build` and `isaac-seg export` make of networks."""
