"""Measurements; each prints its figures with what they were measured on."""
