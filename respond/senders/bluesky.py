"""Replies on Bluesky, each once, and only under a post that is still what was read.

    back to review (OVERTAKEN)       the post it answers is deleted, hidden or edited
    never (NO)                       its author lets nobody answer, or the server refuses the words
    nothing was sent, try again      the server limits us, cannot be reached, does not take our password
    went (YES)                       the server gave it a name, or it lies in our repository
    look before trying again         the server was handed it and its word never came

1. A reply is a record under a key that is derived from the reply, put where nothing is
   yet. So no attempt can make a second one, and one look tells whether it went.
2. It names what it answers, and what began the conversation, by address and content.
3. Links and mentions are live: they are marked by their places in bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.domain.reply import Reply
from amends.networks.bluesky import POSTS, BlueskyApi
from amends.networks.gate import Refusal
from amends.ports import Delivered, DeliveryReport, Now
from respond.senders.doubt import Doubts, edited, gone, report

#: The digits of a key (atproto.com, "TID"): 53 bits of microseconds and 10 bits of a clock, in base 32.
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_CLOCK_BITS = 10


class BlueskySender:
    """Replies as one account. `answered` gives the message that a reply answers."""

    def __init__(
        self,
        api: BlueskyApi,
        *,
        answered: Callable[[Reply], Message],
        now: Now,
        is_held: Callable[[], bool] = lambda: False,
    ) -> None:
        self._api = api
        self._answered = answered
        self._now = now
        # Our own server knows at once what it took.
        self._doubts = Doubts(now=now, settles_s=0, is_held=is_held)

    def send(self, reply: Reply) -> DeliveryReport:
        """Put the reply into our repository, if the post that it answers is still what it was.

        Raises:
            Unavailable: nothing was sent; it is safe to try again.
            InDoubt: it may have gone: `look_up` will know.
        """
        if reply.channel is not Channel.BLUESKY or not reply.form.is_public:
            says = f"a {reply.form.value.replace('_', ' ')} is nothing that Amends can send on Bluesky"
            return report(Delivered.NO, f"{says}; a person writes to them there by hand")
        message = self._answered(reply)
        where = message.facts.get("url", message.native_id)
        post = self._api.post(message.native_id)
        if post is None:
            return gone(where)
        if str(post.get("cid", "")) != message.facts.get("cid"):
            return edited(where)
        viewer = post.get("viewer")
        if isinstance(viewer, dict) and viewer.get("replyDisabled"):
            return report(Delivered.NO, f"its author lets nobody like us answer {where}; somebody writes to them there")
        record = self._record(reply, message)
        try:
            name = self._doubts.hand_over(reply, lambda: self._api.put(record, key=key_of(reply)))
        except Refusal as why:
            if name := self._found(reply):
                return report(Delivered.YES, f"it was there already: {name}", name)
            left = f"What is left: a person replies by hand at {where}"
            return report(Delivered.NO, f"Bluesky refused it ({why.status}: {why}). {left}")
        return report(Delivered.YES, f"published: {name}", name)

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Look whether the reply lies in our repository.

        Raises:
            Unavailable: the server cannot be asked now.
        """
        return self._doubts.found(reply, self._found(reply), where="in our repository")

    def _found(self, reply: Reply) -> str:
        found = self._api.own_post(key_of(reply))
        return str(found.get("uri", "")) if found is not None else ""

    def _record(self, reply: Reply, message: Message) -> Mapping[str, Any]:
        parent = {"uri": message.native_id, "cid": message.facts.get("cid", "")}
        root = {"uri": message.facts.get("root_uri", ""), "cid": message.facts.get("root_cid", "")}
        text = reply.text.strip()
        facets = self._api.facets(text)
        return {
            "$type": POSTS,
            "text": text,
            "createdAt": f"{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
            "reply": {"root": root if root["uri"] else parent, "parent": parent},
            **({"facets": facets} if facets else {}),
        }


def key_of(reply: Reply) -> str:
    """Derive the key of a reply's record: when it was drafted, and bits drawn from its id where the moment has none."""
    drawn = int.from_bytes(hashlib.sha256(reply.id.encode()).digest()[:8], "big")
    moment = int(reply.drafted_at.timestamp()) * 1_000_000 + drawn % 1_000_000
    number = (moment << _CLOCK_BITS) | ((drawn >> 32) & ((1 << _CLOCK_BITS) - 1))
    return "".join(_DIGITS[(number >> shift) & 31] for shift in range(60, -1, -5))
