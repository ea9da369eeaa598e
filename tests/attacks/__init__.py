"""What an attacker or a clumsy person tried, and what must come of it."""
