"""What is done to pictures that come one after the other, and which files come of it."""
