"""Mailboxes on IMAP servers (RFC 3501), read while they live."""
