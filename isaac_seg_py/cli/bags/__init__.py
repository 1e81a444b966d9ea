"""Bags on the command line: what is checked, what is followed in them, what is told."""
