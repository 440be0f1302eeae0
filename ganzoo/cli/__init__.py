"""The command line: arguments and tables only. Nothing imports this wing."""
