"""Reads posts of Bluesky as notifications give them, with what was kept beside (`ingest/social/bluesky_mentions.py`).

A reply there names the post it answers and the one that began the conversation by address and by content (`cid`):
both are kept for the answer. Lexicon app.bsky.feed.post, read on 28 November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.message import Message, message_id
from amends.ports import Fetched
from ingest.reading import MessageReader, OwnMessage
from ingest.social.told import bad_post, described, with_surroundings

_ADDRESS_AT_MOST = 800
#: The handles that a post begins with; they address it and say nothing.
_LEADING_HANDLES = re.compile(r"^(?:\s*@[\w-]+(?:\.[\w-]+)+)+\s*")
_KINDS = {"images": "photo", "video": "video", "external": "link", "record": "quoted post"}


class _Ref(BaseModel):
    model_config = ConfigDict(extra="ignore")

    uri: str = Field(max_length=_ADDRESS_AT_MOST)
    cid: str = Field(max_length=200)


class _ReplyRefs(BaseModel):
    model_config = ConfigDict(extra="ignore")

    root: _Ref
    parent: _Ref


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str
    createdAt: AwareDatetime
    reply: _ReplyRefs | None = None
    embed: dict[str, Any] | None = None


class _Author(BaseModel):
    model_config = ConfigDict(extra="ignore")

    did: str = Field(min_length=5, max_length=200)
    handle: str = ""
    displayName: str | None = None


class _Post(BaseModel):
    model_config = ConfigDict(extra="ignore")

    uri: str = Field(min_length=10, max_length=_ADDRESS_AT_MOST)
    cid: str = Field(min_length=1, max_length=200)
    author: _Author
    record: _Record
    indexedAt: AwareDatetime | None = None


class _Us(BaseModel):
    model_config = ConfigDict(extra="ignore")

    did: str = ""


class _Kept(BaseModel):
    model_config = ConfigDict(extra="ignore")

    post: _Post
    us: _Us = _Us()
    before: list[dict[str, Any]] = []
    #: Whether it is a new version of a post that was read.
    is_edited: bool = False


def bluesky_reader() -> MessageReader:
    """Make the reader of posts."""
    return _read_post


def _read_post(fetched: Fetched, raw_sha256: str) -> Message:
    try:
        kept = _Kept.model_validate_json(fetched.raw)
    except ValidationError as why:
        raise bad_post(why) from why
    post, record = kept.post, kept.post.record
    if post.author.did == kept.us.did:
        raise OwnMessage("our own post")
    words = _LEADING_HANDLES.sub("", record.text)
    root = record.reply.root if record.reply else _Ref(uri=post.uri, cid=post.cid)
    # A new version belongs where the one before it is.
    answers = [post.uri] * kept.is_edited + ([record.reply.parent.uri] if record.reply else [])
    answers += [uri for one in reversed(kept.before) if isinstance(uri := one.get("uri"), str)]
    answers += [root.uri] if record.reply else []
    at = min(one for one in (record.createdAt, post.indexedAt, fetched.fetched_at) if one is not None)
    return Message(
        id=message_id(Channel.BLUESKY, "", post.uri, post.cid),
        channel=Channel.BLUESKY,
        account=fetched.account,
        native_id=post.uri,
        author=Identity(kind=IdentityKind.BLUESKY, value=post.author.did),
        author_name=post.author.displayName or post.author.handle,
        subject="",
        text=with_surroundings(record.text, before=list(_earlier(kept.before)), media=_attached(record.embed)),
        own_words=words,
        sent_at=record.createdAt,
        received_at=at,
        raw_sha256=raw_sha256,
        names=(f"bluesky:{post.uri} {post.cid}" if kept.is_edited else f"bluesky:{post.uri}",),
        answers=tuple(dict.fromkeys(f"bluesky:{uri}" for uri in answers)),
        conversation=f"bluesky-conversation:{root.uri}",
        facts={
            name: value
            for name, value in {
                "handle": post.author.handle,
                "cid": post.cid,
                "root_uri": root.uri,
                "root_cid": root.cid,
                "url": f"https://bsky.app/profile/{post.author.did}/post/{post.uri.rpartition('/')[2]}",
            }.items()
            if value
        },
    )


def _earlier(before: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in before:
        author, record = one.get("author"), one.get("record")
        if isinstance(author, dict) and isinstance(record, dict):
            yield str(author.get("handle", "")), str(record.get("text", ""))


def _attached(embed: dict[str, Any] | None) -> Iterator[str]:
    """Name what is attached: pictures by their descriptions, links by their titles."""
    if embed is None:
        return
    kind = str(embed.get("$type", "")).rpartition(".")[2]
    images = embed.get("images")
    if isinstance(images, list):
        yield from (described("photo", str(one.get("alt", ""))) for one in images if isinstance(one, dict))
    elif isinstance(inner := embed.get("media"), dict):
        yield from _attached(inner)
        yield _KINDS["record"]
    elif kind in _KINDS:
        shown = embed.get("external")
        title = shown.get("title", "") if isinstance(shown, dict) else embed.get("alt", "")
        yield described(_KINDS[kind], str(title or ""))
