"""A page on this machine where a person clicks on objects and sees their masks at once."""
