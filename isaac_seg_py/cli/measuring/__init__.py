"""What `isaac-seg bench` and `isaac-seg evaluate` measure, and how it is shown."""
