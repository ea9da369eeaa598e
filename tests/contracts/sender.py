"""What every `Sender` promises (`amends/ports.py`). A subclass supplies the channel."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import pytest

from amends.domain.contact import Identity, IdentityKind
from amends.domain.reply import Form, Reply, ReplyState
from amends.errors import InDoubt, Unavailable
from amends.ports import Delivered, Sender
from tests.respond.builders import a_reply


class Arrived(Protocol):
    """Gives what reached the customer's side so far, a message each."""

    def __call__(self) -> list[bytes]:
        """Give them in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUnderTest:
    """A sender and the view from the customer's side."""

    sender: Sender
    arrived: Arrived


class SenderContract:
    """The promises. A subclass defines the fixtures `channel` and `broken`, and what replies its channel takes."""

    def reply(self, **changes: Any) -> Reply:
        """Build a reply that is on its way out; a mail unless a subclass says otherwise."""
        return a_reply(**changes)

    @pytest.fixture
    def channel(self) -> ChannelUnderTest:
        """Give a channel that works."""
        raise NotImplementedError

    @pytest.fixture
    def broken(self) -> Sender:
        """Give a sender whose channel cannot be reached."""
        raise NotImplementedError

    def test_a_reply_that_is_sent_arrives_once(self, channel: ChannelUnderTest) -> None:
        report = channel.sender.send(self.reply())

        assert report.delivered is Delivered.YES
        assert report.says
        assert len(channel.arrived()) == 1

    def test_the_name_and_the_words_of_a_reply_travel_inside_what_arrives(self, channel: ChannelUnderTest) -> None:
        report = channel.sender.send(self.reply(text="We have your message.\n"))

        [message] = channel.arrived()
        assert report.channel_name.encode() in message
        assert b"We have your message." in message

    def test_the_id_of_a_reply_travels_inside_what_arrives(self, channel: ChannelUnderTest) -> None:
        channel.sender.send(self.reply())

        [message] = channel.arrived()
        assert self.reply().id.encode() in message

    def test_sending_the_same_reply_twice_reaches_the_customer_once(self, channel: ChannelUnderTest) -> None:
        first = channel.sender.send(self.reply())
        second = channel.sender.send(self.reply())

        assert first.channel_name == second.channel_name
        assert second.delivered is Delivered.YES
        assert len(channel.arrived()) == 1

    def test_two_attempts_at_one_reply_carry_the_same_name(self, channel: ChannelUnderTest) -> None:
        assert channel.sender.send(self.reply()).channel_name == channel.sender.send(self.reply()).channel_name

    def test_two_replies_arrive_as_two(self, channel: ChannelUnderTest) -> None:
        channel.sender.send(self.reply())
        channel.sender.send(self.reply(id="77ab" * 8, text="Another thing.\n"))

        assert len(channel.arrived()) == 2

    def test_a_channel_that_cannot_be_reached_is_unavailable(self, broken: Sender) -> None:
        with pytest.raises(Unavailable):
            broken.send(self.reply())

    def test_a_look_up_after_sending_never_denies_that_it_went(self, channel: ChannelUnderTest) -> None:
        sent = channel.sender.send(self.reply())

        found = channel.sender.look_up(self.reply())

        assert found.delivered is not Delivered.NO
        assert found.channel_name == sent.channel_name

    def test_a_look_up_never_claims_what_was_not_sent(self, channel: ChannelUnderTest) -> None:
        # A channel that shows late what it took may say that it is too early to know.
        with suppress(InDoubt):
            assert channel.sender.look_up(self.reply()).delivered is not Delivered.YES

    def test_a_telephone_call_is_no_senders_to_make(self, channel: ChannelUnderTest) -> None:
        call = self.reply(form=Form.PHONE_CALL, is_automatic=False, state=ReplyState.IN_REVIEW)

        assert channel.sender.send(call).delivered is Delivered.NO
        assert channel.arrived() == []


class MailSenderContract(SenderContract):
    """What a sender that takes mails promises beside."""

    @pytest.mark.parametrize(
        "value",
        [
            "sam@customer.example, eve@elsewhere.example",
            "sam@customer.example\r\nBcc: eve@elsewhere.example",
            "sam",
            "@",
        ],
    )
    def test_a_mail_goes_to_one_address_or_nowhere(self, channel: ChannelUnderTest, value: str) -> None:
        report = channel.sender.send(a_reply(addressee=Identity(kind=IdentityKind.TYPED_EMAIL, value=value)))

        assert report.delivered is Delivered.NO
        assert channel.arrived() == []

    def test_a_mail_to_ourselves_goes_nowhere(self, channel: ChannelUnderTest) -> None:
        for own in ("care@northwind.example", "replies+abc@northwind.example"):
            report = channel.sender.send(a_reply(addressee=Identity(kind=IdentityKind.EMAIL, value=own)))
            assert report.delivered is Delivered.NO

        assert channel.arrived() == []

    def test_somebody_without_an_address_gets_no_mail(self, channel: ChannelUnderTest) -> None:
        nobody = Identity(kind=IdentityKind.ANONYMOUS, value="form-1")

        assert channel.sender.send(a_reply(addressee=nobody)).delivered is Delivered.NO
