"""What shows objects: words on the command line, and files of other programs."""
