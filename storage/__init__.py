"""Storage: the SQL database, the raw bytes and the audit trail."""
