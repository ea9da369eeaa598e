"""Ingest: fetches what customers say, keeps the raw bytes, parses and publishes. Nothing is judged or dropped here."""
