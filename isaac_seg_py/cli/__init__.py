"""The command line: a file for each verb, and folders of what verbs are made of."""
