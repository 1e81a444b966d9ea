"""What is known of models, networks and engines, for people."""
