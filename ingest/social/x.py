"""Reads posts of X as its API v2 gives them.

One post is kept and read as `{"post": …, "author": …, "media": …}`: the post's object, its
author's from `includes.users`, and what is attached from `includes.media`. A private
message is kept in the same way, as `event`. Fields: data dictionary of the API v2 (tweet,
user, media and dm_event objects), read on 2026-11-22.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.message import Message, message_id
from amends.errors import Unprocessable
from amends.ports import Fetched
from ingest.reading import MessageReader, OwnMessage
from ingest.social.told import bad_post, described, with_surroundings

#: The handles that a reply begins with; they address it and say nothing.
_LEADING_HANDLES = re.compile(r"^(?:\s*@\w{1,15})+\s+")


#: The ids that the API gives are numbers written out.
_ID_AT_MOST = 64
_ID = re.compile(rf"[0-9A-Za-z_-]{{1,{_ID_AT_MOST}}}")


class _Referenced(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str
    id: str


class _Note(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str


class _Post(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=_ID_AT_MOST)
    text: str
    author_id: str = Field(min_length=1, max_length=_ID_AT_MOST)
    created_at: AwareDatetime
    conversation_id: str = ""
    referenced_tweets: list[_Referenced] = []
    #: The ids of all its versions, the oldest first; an edit makes a new post of its own id.
    edit_history_tweet_ids: list[str] = []
    lang: str = ""
    #: The whole of a long post; `text` is then cut.
    note_tweet: _Note | None = None


class _Author(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = ""
    name: str = ""
    username: str = ""


class _Media(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str = "media"
    alt_text: str = ""


class _PostWithAuthor(BaseModel):
    post: _Post
    author: _Author = _Author()
    media: list[_Media] = []


class _Event(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: str = Field(min_length=1, max_length=_ID_AT_MOST)
    text: str = ""
    sender_id: str = Field(min_length=1, max_length=_ID_AT_MOST)
    created_at: AwareDatetime
    dm_conversation_id: str = Field("", max_length=200)


class _EventWithAuthor(BaseModel):
    event: _Event
    author: _Author = _Author()
    media: list[_Media] = []


def posts_of_page(page: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Take a response of the API apart, oldest first: each post's id, and the bytes that are kept of it."""
    yield from _taken_apart(page, called="post", by="author_id")


def messages_of_page(page: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Take a page of private messages apart, oldest first: each one's id, and the bytes that are kept of it."""
    yield from _taken_apart(page, called="event", by="sender_id")


def _taken_apart(page: dict[str, Any], *, called: str, by: str) -> Iterator[tuple[str, bytes]]:
    included = page.get("includes")
    users = {user["id"]: user for user in _listed(included, "users") if _has_id(user)}
    media = {str(one.get("media_key")): one for one in _listed(included, "media") if isinstance(one, dict)}
    for number, post in sorted(enumerate(_listed(page, "data")), key=lambda numbered: _age(numbered[1])):
        known = post if isinstance(post, dict) else {}
        kept = {called: post, "author": users.get(str(known.get(by)), {})}
        keys = [key for key in _listed(known.get("attachments"), "media_keys") if isinstance(key, str) and key in media]
        if keys:
            kept["media"] = [media[key] for key in keys]
        name = known["id"] if _has_id(known) else f"number {number}"
        yield name, json.dumps(kept, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")


def _listed(whole: object, name: str) -> list[Any]:
    found = whole.get(name) if isinstance(whole, dict) else None
    return found if isinstance(found, list) else []


def _has_id(thing: object) -> bool:
    return isinstance(thing, dict) and isinstance(thing.get("id"), str) and _ID.fullmatch(thing["id"]) is not None


def _age(post: object) -> str:
    """Sort posts from the oldest: a page begins with the newest, and a thread is read from its beginning."""
    return str(post.get("created_at", "")) if isinstance(post, dict) else ""


def x_reader(*, own_handles: frozenset[str], own_ids: frozenset[str] = frozenset()) -> MessageReader:
    """Make the reader of posts. `own_handles` are our accounts, in lower case, without @; `own_ids` their numbers."""

    def read_post(fetched: Fetched, raw_sha256: str) -> Message:
        try:
            whole = _PostWithAuthor.model_validate_json(fetched.raw)
        except ValidationError as why:
            raise bad_post(why) from why
        post, author = whole.post, whole.author
        if author.username.lower() in own_handles or post.author_id in own_ids:
            raise OwnMessage("our own post")
        if any(one.type == "retweeted" for one in post.referenced_tweets):
            raise Unprocessable("a repost: it repeats what somebody else wrote", reason="repost")
        text = _plain(post.note_tweet.text if post.note_tweet is not None else post.text)
        earlier = [one for one in post.edit_history_tweet_ids if one != post.id and _ID.fullmatch(one)]
        return Message(
            id=message_id(Channel.X, "", post.id),
            channel=Channel.X,
            account=fetched.account,
            native_id=post.id,
            author=Identity(kind=IdentityKind.X, value=post.author_id),
            author_name=author.name or author.username,
            subject="",
            text=with_surroundings(text, media=[described(one.type, one.alt_text) for one in whole.media]),
            own_words=_LEADING_HANDLES.sub("", text),
            sent_at=post.created_at,
            received_at=_not_later(post.created_at, fetched.fetched_at),
            raw_sha256=raw_sha256,
            names=(f"x:{post.id}",),
            # A new version belongs where the one before it is.
            answers=tuple(
                f"x:{one}"
                for one in (
                    *(one.id for one in post.referenced_tweets if one.type == "replied_to"),
                    *reversed(earlier),
                )
            ),
            conversation=f"x-conversation:{post.conversation_id}" if post.conversation_id else "",
            facts={"handle": author.username} if author.username else {},
        )

    return read_post


def x_message_reader(*, own_ids: frozenset[str] = frozenset()) -> MessageReader:
    """Make the reader of private messages. `own_ids` are the numbers of our accounts."""

    def read_message(fetched: Fetched, raw_sha256: str) -> Message:
        try:
            whole = _EventWithAuthor.model_validate_json(fetched.raw)
        except ValidationError as why:
            raise bad_post(why) from why
        event, author = whole.event, whole.author
        if event.sender_id in own_ids:
            raise OwnMessage("our own message")
        words = _plain(event.text)
        return Message(
            id=message_id(Channel.X, "", event.id),
            channel=Channel.X,
            account=fetched.account,
            native_id=event.id,
            author=Identity(kind=IdentityKind.X, value=event.sender_id),
            author_name=author.name or author.username,
            subject="",
            text=with_surroundings(words, media=[described(one.type, one.alt_text) for one in whole.media]),
            own_words=words,
            sent_at=event.created_at,
            received_at=_not_later(event.created_at, fetched.fetched_at),
            raw_sha256=raw_sha256,
            names=(f"x:{event.id}",),
            conversation=f"x-private:{event.dm_conversation_id}" if event.dm_conversation_id else "",
            facts={"visibility": "direct"} | ({"handle": author.username} if author.username else {}),
        )

    return read_message


def _plain(text: str) -> str:
    """Give the words as they were typed: the API writes these three signs as HTML does."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _not_later(said: datetime, fetched_at: datetime) -> datetime:
    return min(said, fetched_at)
