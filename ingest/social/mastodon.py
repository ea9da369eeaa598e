"""Reads statuses of Mastodon as its API gives them, with what was kept beside (`ingest/social/mastodon_mentions.py`).

1. The HTML becomes the text that a reader sees, as that of a mail does.
2. A content warning is part of what the author says: it stands before the rest.
3. A status that only those named in it, or only its author's followers, can read is a
   private word: `facts["visibility"]` says so, and no answer to it is public.
4. Every version of a status is a message of its own; it answers the one before it.
"""

from __future__ import annotations

import re
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.message import Message, message_id
from amends.ports import Fetched
from ingest.mail.html_text import read_html
from ingest.reading import MessageReader, OwnMessage
from ingest.social.told import bad_post, described, with_surroundings

_ID_AT_MOST = 100
#: The handles that a status begins with; they address it and say nothing.
_LEADING_HANDLES = re.compile(r"^(?:\s*@[\w.-]+(?:@[\w.-]+)?(?!\w))+\s*")


class _Account(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=_ID_AT_MOST)
    acct: str = ""
    display_name: str = ""


class _Attached(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = "unknown"
    description: str | None = None


class _Status(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=_ID_AT_MOST)
    content: str
    created_at: AwareDatetime
    account: _Account
    edited_at: str | None = Field(None, max_length=40)
    spoiler_text: str = ""
    visibility: str = "public"
    in_reply_to_id: str | None = None
    media_attachments: list[_Attached] = []
    url: str | None = None


class _Us(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = ""
    acct: str = ""


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore")

    status: _Status
    server: str = ""
    us: _Us = _Us()
    limits: dict[str, int] = {}
    ancestors: list[_Status] = []


def mastodon_reader() -> MessageReader:
    """Make the reader of statuses."""
    return _read_status


def _read_status(fetched: Fetched, raw_sha256: str) -> Message:
    try:
        kept = _Kept.model_validate_json(fetched.raw)
    except ValidationError as why:
        raise bad_post(why) from why
    status, author = kept.status, kept.status.account
    if author.id == kept.us.id:
        raise OwnMessage("our own status")
    edited = status.edited_at or ""
    said_at = _moment(edited) or status.created_at
    said = _LEADING_HANDLES.sub("", read_html(status.content).text).strip()
    warning = " ".join(status.spoiler_text.split())
    words = f"{warning}\n\n{said}" if warning else said
    before = [(one.account.acct, _said(one)) for one in kept.ancestors]
    # A new version belongs where the one before it is; then what it answers, the nearest first.
    answers = [status.id] * bool(edited)
    answers += [status.in_reply_to_id] if status.in_reply_to_id else []
    answers += [one.id for one in reversed(kept.ancestors)]
    root = kept.ancestors[0].id if kept.ancestors else status.in_reply_to_id or status.id
    facts = {
        "handle": author.acct,
        "visibility": status.visibility,
        "warning": warning,
        "edited_at": edited,
        "url": status.url or "",
        **{name: str(value) for name, value in kept.limits.items()},
    }
    return Message(
        id=message_id(Channel.MASTODON, kept.server, status.id, edited),
        channel=Channel.MASTODON,
        account=fetched.account,
        native_id=status.id,
        author=Identity(kind=IdentityKind.MASTODON, value=f"{author.id}@{kept.server}"),
        author_name=author.display_name or author.acct,
        subject="",
        text=with_surroundings(
            words, before=before, media=[described(one.type, one.description or "") for one in status.media_attachments]
        ),
        own_words=words,
        sent_at=said_at,
        received_at=min(said_at, fetched.fetched_at),
        raw_sha256=raw_sha256,
        names=(f"mastodon:{status.id} {edited}" if edited else f"mastodon:{status.id}",),
        answers=tuple(dict.fromkeys(f"mastodon:{one}" for one in answers)),
        conversation=f"mastodon-conversation:{root}",
        facts={name: value for name, value in facts.items() if value},
    )


def _moment(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _said(status: _Status) -> str:
    warning = " ".join(status.spoiler_text.split())
    said = read_html(status.content).text.strip()
    return f"{warning}: {said}" if warning else said
