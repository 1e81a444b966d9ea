"""Train the small networks under models/ on the package's own scenes; for development only."""
