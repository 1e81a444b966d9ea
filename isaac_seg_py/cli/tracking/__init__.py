"""Objects that are shown once, and followed."""
