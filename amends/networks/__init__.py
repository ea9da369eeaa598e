"""The networks that ingest and respond both use: what their APIs are asked, each by its own library."""
