"""Tells programs of what happens to cases: signed calls, repeated until they are taken."""
