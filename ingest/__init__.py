"""Ingest: fetches what customers say, keeps the raw bytes, parses and publishes it. It judges nothing and drops nothing."""
