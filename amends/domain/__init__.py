"""The rules of the trade as values and pure functions. No I/O, no clock, no randomness."""
