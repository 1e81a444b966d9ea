"""Words on the command line that several verbs share."""
