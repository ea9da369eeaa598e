"""Social networks: each has a reader for its posts."""
