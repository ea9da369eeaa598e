"""One sender for all channels: what is posted on a network goes to its own, everything else to the other."""

from __future__ import annotations

from collections.abc import Mapping

from amends.domain.channel import Channel
from amends.domain.reply import Form, Reply
from amends.ports import DeliveryReport, Sender


class SenderByChannel:
    """Picks the sender by what a reply is. `posts` holds the networks that we publish on."""

    def __init__(self, *, posts: Mapping[Channel, Sender], otherwise: Sender) -> None:
        self._posts = posts
        self._otherwise = otherwise

    def send(self, reply: Reply) -> DeliveryReport:
        """Hand a reply to its channel; raises what that sender raises."""
        return self._of(reply).send(reply)

    def look_up(self, reply: Reply) -> DeliveryReport:
        """Ask its channel whether an earlier attempt arrived; raises what that sender raises."""
        return self._of(reply).look_up(reply)

    def _of(self, reply: Reply) -> Sender:
        is_posted = reply.form.is_public or reply.form is Form.DIRECT_MESSAGE
        return self._posts.get(reply.channel, self._otherwise) if is_posted else self._otherwise
