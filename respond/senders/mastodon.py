"""Replies on Mastodon, each once, and never more public than what they answer.

    back to review (OVERTAKEN)       the status it answers is deleted, hidden or edited
    never (NO)                       the server refuses the words
    nothing was sent, try again      the server limits us, cannot be reached, does not take our token
    went (YES)                       the server gave it a name, or it stands among what we posted
    look before trying again         the server was handed it and its word never came

1. A public status is answered in public, an unlisted one unlisted. What only some can
   read is answered to its author alone: our followers are others than theirs. A private
   message is a status that nobody but the person named in it can read.
2. The reply begins with the handle of whom it answers, or they would not hear of it, and
   stands behind the content warning of what it answers.
3. The status is looked at right before. After a break our own statuses since the approval
   are searched for one that answers the same status in the same words; and the server
   knows an attempt again by its key, the reply's id, for an hour.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from amends.domain.channel import Channel
from amends.domain.message import Message
from amends.domain.reply import Form, Reply
from amends.networks.gate import Refusal
from amends.networks.mastodon import MastodonApi
from amends.ports import Delivered, DeliveryReport, Now
from respond.senders.doubt import Doubts, edited, gone, report, since

#: How each kind of status is answered in public.
_ANSWERED = {"public": "public", "unlisted": "unlisted"}
_IN_PRIVATE = "direct"
_TAG = re.compile(r"<[^<>]*>")
_HANDLE = re.compile(r"(?<![\w/])@([\w.-]*\w)(?:@[\w.-]*\w)?")


class MastodonSender:
    """Replies as one account. `answered` gives the message that a reply answers."""

    def __init__(
        self,
        api: MastodonApi,
        *,
        answered: Callable[[Reply], Message],
        now: Now,
        is_held: Callable[[], bool] = lambda: False,
        settles_s: float = 30.0,
    ) -> None:
        self._api = api
        self._answered = answered
        self._doubts = Doubts(now=now, settles_s=settles_s, is_held=is_held)

    def send(self, reply: Reply) -> DeliveryReport:
        """Hand the reply to the server, if the status that it answers is still what it was.

        Raises:
            Unavailable: nothing was sent; it is safe to try again.
            InDoubt: it may have gone: `look_up` will know.
        """
        if reply.channel is not Channel.MASTODON or not (reply.form.is_public or reply.form is Form.DIRECT_MESSAGE):
            return report(Delivered.NO, f"a {reply.form.value.replace('_', ' ')} is nothing that Mastodon can take")
        message = self._answered(reply)
        status = self._api.status(message.native_id)
        if status is None:
            return gone(message.facts.get("url", message.native_id))
        if str(status.get("edited_at") or "") != message.facts.get("edited_at", ""):
            return edited(message.facts.get("url", message.native_id))
        visibility = _ANSWERED.get(str(status.get("visibility")), _IN_PRIVATE)
        if not reply.form.is_public:
            visibility = _IN_PRIVATE
        try:
            name = self._doubts.hand_over(
                reply,
                lambda: self._api.reply(
                    f"@{message.facts.get('handle', '')} {reply.text}",
                    to=message.native_id,
                    visibility=visibility,
                    warning=str(status.get("spoiler_text") or ""),
                    key=reply.id,
                ),
            )
        except Refusal as why:
            return self._refused(reply, message, why)
        return report(Delivered.YES, f"published ({visibility}): {name}", name)

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Look for the reply among what we posted since it was approved.

        Raises:
            Unavailable: the server cannot be asked now.
            InDoubt: it is not there, and it is too early to say that it will not be.
        """
        return self._doubts.found(reply, self._found(reply, self._answered(reply)), where="among our statuses")

    def _refused(self, reply: Reply, message: Message, why: Refusal) -> DeliveryReport:
        if self._api.status(message.native_id) is None:
            return gone(message.facts.get("url", message.native_id))
        left = f"What is left: a person replies by hand at {message.facts.get('url', message.native_id)}"
        return report(Delivered.NO, f"Mastodon refused it ({why.status}: {why}). {left}")

    def _found(self, reply: Reply, message: Message) -> str:
        """Give the id of our status that is this reply, "" if there is none."""
        words = _words(f"@{message.facts.get('handle', '')} {reply.text}")
        # What answered a status that is gone answers nothing any more.
        answered = {message.native_id, ""}
        for status in self._api.own_statuses(since=since(reply)):
            answers = str(status.get("in_reply_to_id") or "")
            if answers in answered and _words(_plain(status)) == words:
                return str(status.get("id", ""))
        return ""


def _plain(status: Mapping[str, Any]) -> str:
    return html.unescape(_TAG.sub("", str(status.get("content", "")).replace("<br", " <br").replace("</p>", " ")))


def _words(text: str) -> str:
    """Give what makes two texts the same status: the server leaves out the servers of handles, and lays out anew."""
    return "".join(unicodedata.normalize("NFC", _HANDLE.sub(r"@\1", text)).split())
