"""Dated, cited rule packs, and the reader that makes domain rules of them."""
