"""Respond: picks the form of reply, drafts it, checks it, and sends what policy lets it send."""
