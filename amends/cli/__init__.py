"""The command line: it reads arguments, calls the wiring, and prints."""
