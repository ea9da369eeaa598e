"""Amends: the shared language of the house and the wiring of its rooms."""
