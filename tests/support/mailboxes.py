"""Mailboxes on a Dovecot that a test has started."""

from __future__ import annotations

from typing import Any

from ingest.mail.imap.mailbox import Handled, Mailbox, Security
from tests.servers.dovecot import PASSWORD, USER, Dovecot
from tests.servers.ports import HOST


def a_mailbox(dovecot: Dovecot, *, handled: str = "leave", **said: Any) -> Mailbox:
    """Make the mailbox of the one user, reached in plain; whatever is `said` is otherwise."""
    usual: dict[str, Any] = {
        "name": "care",
        "host": HOST,
        "port": dovecot.port,
        "security": Security.PLAIN,
        "user": USER,
        "secret": lambda: PASSWORD,
        "handled": Handled(handled),
        "move_to": "Handled" if handled == "move" else "",
        "timeout_s": 5.0,
    }
    return Mailbox(**{**usual, **said})
