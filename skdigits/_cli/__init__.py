"""Command line: a module for each command, with a function ``run``."""
