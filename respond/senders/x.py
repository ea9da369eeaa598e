"""Replies on X, each once: in public, only under a post that is still what was read, and in private.

    back to review (OVERTAKEN)       the post it answers is deleted, hidden or edited
    never (NO)                       it mentions and quotes us nowhere, or X refuses the words
    nothing was sent, try again      X limits us, cannot be reached, does not take our keys
    went (YES)                       X gave it a name, or it stands among what we posted
    look before trying again         X was handed the post and its word on it never came

1. The post is looked at right before: a person approved words for what stood there then.
2. X knows no key by which two attempts are one. So after a break our own posts since the
   approval are searched for one that answers the same post in the same words. What X took
   may show a little later: only after `settles_s` without it counts as not there.
3. X itself refuses the same words in public a second time, which is the last line. In
   private it does not: so the conversation is looked at before each message.
4. Since February 2026 the API takes a reply only to a post whose author mentions or
   quotes us (X Developers, 23 February 2026). Other posts a person answers by hand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from amends.domain.channel import Channel
from amends.domain.contact import IdentityKind
from amends.domain.reply import Form, Reply
from amends.networks.gate import Refusal
from amends.networks.x import XApi
from amends.ports import Delivered, DeliveryReport, Now
from respond.checks.post_length import links
from respond.senders.doubt import Doubts, edited, gone, report, since

#: The handles that X puts before a reply by itself.
_LEADING_HANDLES = re.compile(r"^(?:\s*@\w{1,15})+\s+")
_NUMBER = re.compile(r"[0-9]{1,20}")
_LEFT = "What is left: a private message, or a person replies by hand at {link}"


class XSender:
    """Replies as one account. `post_of` gives the id of the post that a reply answers.

    `is_held` is asked once more right before anything is posted: to look at the post that is answered takes its time.
    One that broke off counts as not sent when it does not show among our posts for `settles_s`, in seconds.
    """

    def __init__(
        self,
        api: XApi,
        *,
        post_of: Callable[[Reply], str],
        now: Now,
        is_held: Callable[[], bool] = lambda: False,
        settles_s: float = 30.0,
    ) -> None:
        self._api = api
        self._post_of = post_of
        self._doubts = Doubts(now=now, settles_s=settles_s, is_held=is_held)

    def send(self, reply: Reply) -> DeliveryReport:
        """Hand the reply to X: in public, if the post that it answers is still what it was.

        Raises:
            Unavailable: nothing was sent; it is safe to try again.
            InDoubt: it may have gone: `look_up` will know.
        """
        if reply.channel is not Channel.X or not (reply.form.is_public or reply.form is Form.DIRECT_MESSAGE):
            return report(Delivered.NO, f"a {reply.form.value.replace('_', ' ')} is nothing that X can take")
        if reply.form is Form.DIRECT_MESSAGE:
            return self._send_in_private(reply)
        post_id = self._post_of(reply)
        if not _NUMBER.fullmatch(post_id):
            return report(Delivered.NO, f"{post_id[:40]!r} names no post on X; reply by hand")
        found = self._api.post(post_id)
        if found is None:
            return gone(_link(post_id))
        if (newest := _newest_version(found, post_id)) != post_id:
            return edited(_link(newest))
        if not _invites(found, self._api.account_id):
            says = "X takes replies from programs only to posts that mention or quote us, and this one does neither."
            return report(Delivered.NO, f"{says} {_left(post_id)}")
        try:
            name = self._doubts.hand_over(reply, lambda: self._api.reply(reply.text, to=post_id))
        except Refusal as why:
            return self._refused(reply, post_id, why)
        return report(Delivered.YES, f"published: {_link(name)}", name)

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Look for the reply among what we posted since it was approved.

        Raises:
            Unavailable: X cannot be asked now.
            InDoubt: it is not there, and it is too early to say that it will not be.
        """
        if reply.form is Form.DIRECT_MESSAGE:
            name, where = self._found_in_private(reply), "in the conversation"
        else:
            name, where = self._found(reply, self._post_of(reply)), "among our posts"
        return self._doubts.found(reply, name, where=where)

    def _send_in_private(self, reply: Reply) -> DeliveryReport:
        person = reply.addressee.value
        if reply.addressee.kind is not IdentityKind.X or not _NUMBER.fullmatch(person):
            return report(Delivered.NO, "there is no account on X to write to")
        if name := self._found_in_private(reply):
            return report(Delivered.YES, f"it was there already: {name}", name)
        try:
            name = self._doubts.hand_over(reply, lambda: self._api.message(reply.text, to=person))
        except Refusal as why:
            says = f"X refused the private message ({why.status}: {why}); many accounts take none from strangers."
            return report(Delivered.NO, f"{says} What is left: ask in public to be written to")
        return report(Delivered.YES, f"sent as a private message: {name}", name)

    def _found_in_private(self, reply: Reply) -> str:
        """Give the id of our message that is this reply, "" if there is none."""
        after, words = since(reply), _words(reply.text)
        for event in self._api.messages_with(reply.addressee.value):
            if _moment(event) < after:
                return ""
            if str(event.get("sender_id")) == self._api.account_id and _words(str(event.get("text", ""))) == words:
                return str(event.get("id", ""))
        return ""

    def _refused(self, reply: Reply, post_id: str, why: Refusal) -> DeliveryReport:
        # X refuses words that it has from us already, which may be those of an attempt that broke off.
        if name := self._found(reply, post_id):
            return report(Delivered.YES, f"it was there already: {_link(name)}", name)
        if self._api.post(post_id) is None:
            return gone(_link(post_id))
        return report(Delivered.NO, f"X refused it ({why.status}: {why}). {_left(post_id)}")

    def _found(self, reply: Reply, post_id: str) -> str:
        """Give the id of our post that is this reply, "" if there is none."""
        words = _words(reply.text)
        for post in self._api.own_posts(since=since(reply)):
            if post_id in _answered(post) and _words(str(post.get("text", ""))) == words:
                return str(post.get("id", ""))
        return ""


def _moment(event: Mapping[str, Any]) -> datetime:
    """Say when something was said; one whose time cannot be read is taken to be new."""
    try:
        found = datetime.fromisoformat(str(event.get("created_at")))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _newest_version(found: Mapping[str, Any], post_id: str) -> str:
    versions = found["data"].get("edit_history_tweet_ids")
    return str(versions[-1]) if isinstance(versions, list) and versions else post_id


def _invites(found: Mapping[str, Any], account_id: str) -> bool:
    """Whether the author of a post mentions us in it, or quotes a post of ours."""
    post = found["data"]
    if any(str(one.get("id")) == account_id for one in _each(_part(post, "entities"), "mentions")):
        return True
    quoted = {str(one.get("id")) for one in _each(post, "referenced_tweets") if one.get("type") == "quoted"}
    shown = _each(_part(found, "includes"), "tweets")
    return any(str(one.get("id")) in quoted and str(one.get("author_id")) == account_id for one in shown)


def _answered(post: Mapping[str, Any]) -> set[str]:
    return {str(one.get("id")) for one in _each(post, "referenced_tweets") if one.get("type") == "replied_to"}


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = whole.get(name)
    return found if isinstance(found, dict) else {}


def _each(whole: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = whole.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _words(text: str) -> str:
    """Give what makes two texts the same post: X puts handles before it, shortens links and writes `&amp;`."""
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    plain = unicodedata.normalize("NFC", _LEADING_HANDLES.sub("", plain))
    for start, end in reversed(links(plain)):
        plain = f"{plain[:start]} https {plain[end:]}"
    return " ".join(plain.split())


def _link(post_id: str) -> str:
    return f"https://x.com/i/status/{post_id}"


def _left(post_id: str) -> str:
    return _LEFT.format(link=_link(post_id))
