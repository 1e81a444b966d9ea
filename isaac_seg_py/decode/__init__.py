"""A network's output becomes what a user asked for."""
