"""Measures Amends against what spaCy alone takes and against the pipeline one would write in an afternoon.

Not shipped. `python -m bench.journey` runs everything and writes `docs/performance.md`.
"""
