"""What cannot be is refused where it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from amends.bus.port import NewRecord
from amends.domain.arrival import Fate
from amends.domain.audit import Happening
from amends.domain.channel import Channel
from amends.domain.check import Check, CheckName, Level, blocks
from amends.domain.contact import Identity, IdentityKind
from amends.domain.link import Link, LinkKind, LinkState
from amends.domain.reply import Form, Purpose, ReplyState
from amends.domain.verdict import Flag, FlagName, Kind, Severity, Verdict
from tests.support.builders import (
    a_case,
    a_check,
    a_clock,
    a_message,
    a_parked,
    a_record,
    a_reply,
    a_rule,
    a_submission,
    a_task,
    a_verdict,
    an_arrival,
    an_outcome,
)
from tests.support.clock import MONDAY

NAIVE = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - that is what is refused


def a_link(**changes: object) -> Link:
    link = Link(
        case_id="AM-2", other_case_id="AM-1", kind=LinkKind.SAME_MATTER, reasons=("it says so",), suggested_at=MONDAY
    )
    return replace(link, **changes)  # type: ignore[arg-type]


IMPOSSIBLE: dict[str, tuple[Callable[[], object], str]] = {
    "a message without an id": (lambda: replace(a_message(), id=""), "has an id"),
    "a message without a name in its channel": (lambda: replace(a_message(), native_id=""), "name in its channel"),
    "a message received at no zone's time": (lambda: replace(a_message(), received_at=NAIVE), "time zone"),
    "a message sent at no zone's time": (lambda: replace(a_message(), sent_at=NAIVE), "time zone"),
    "a message called nothing": (lambda: replace(a_message(), names=("",)), "empty name"),
    "a message that answers nothing by name": (lambda: replace(a_message(), answers=("x:1", "")), "empty name"),
    "a message with an empty token": (lambda: replace(a_message(), tokens=("",)), "empty name"),
    "an identity without a value": (lambda: Identity(kind=IdentityKind.EMAIL, value="  "), "needs a value"),
    "a case of machine mail": (lambda: a_case(Kind.MACHINE), "opens no case"),
    "a case of spam": (lambda: a_case(Kind.SPAM), "opens no case"),
    "a complaint since nobody knows when": (lambda: replace(a_case(), complaint_since=None), "since when"),
    "an enquiry that is a complaint since": (
        lambda: replace(a_case(Kind.ENQUIRY), complaint_since=MONDAY),
        "since when",
    ),
    "a complaint without severity": (lambda: replace(a_case(), severity=None), "has a severity"),
    "a verdict of a complaint without severity": (lambda: replace(a_verdict(), severity=None), "has a severity"),
    "a severity of an enquiry that nobody doubts": (
        lambda: a_verdict(Kind.ENQUIRY, severity=Severity.LOW),
        "nobody doubts",
    ),
    "more than certainty": (lambda: a_verdict(confidence=1.01), "between 0 and 1"),
    "a flag without words": (
        lambda: Flag(name=FlagName.SAFETY, quote="", start=3, end=3, rule="r"),
        "not empty",
    ),
    "a flag whose quote does not fill its span": (
        lambda: Flag(name=FlagName.SAFETY, quote="fire", start=0, end=3, rule="r"),
        "does not fill",
    ),
    "a flag that no rule raised": (
        lambda: Flag(name=FlagName.SAFETY, quote="fire", start=0, end=4, rule=""),
        "name of the rule",
    ),
    "a check that quotes other words": (
        lambda: Check(
            name=CheckName.TONE, level=Level.WARN, rule="r", says="s", remedy="m", quote="sorry", start=0, end=2
        ),
        "does not fill",
    ),
    "a check without a remedy": (lambda: replace(a_check(), remedy=""), "remedy"),
    "a deadline that lies behind": (lambda: a_clock(due_in=timedelta(seconds=-1)), "ends after it starts"),
    "a deadline at once": (lambda: a_clock(due_in=timedelta()), "ends after it starts"),
    "a rule of no days": (lambda: a_rule(0), "at least 1"),
    "a rule without a source": (lambda: replace(a_rule(), source=""), "cites its source"),
    "an ingested thing without a message": (lambda: an_arrival(message_id=""), "names its message"),
    "a duplicate of nothing": (lambda: an_arrival(fate=Fate.DUPLICATE, message_id=""), "names its message"),
    "a thing parked for no reason": (lambda: replace(an_arrival(fate=Fate.PARKED), reason=""), "has a reason"),
    "a parked message that does not say why": (lambda: replace(a_parked(), says=""), "says why"),
    "a case linked to itself": (lambda: a_link(other_case_id="AM-2"), "not linked to itself"),
    "a suggestion without a reason": (lambda: a_link(reasons=()), "gives its reasons"),
    "a link that nobody accepted": (lambda: a_link(state=LinkState.ACCEPTED), "settled by a person"),
    "a task without a reason": (lambda: replace(a_task("AM-1"), reason=""), "gives its reason"),
    "a task done by nobody": (lambda: replace(a_task("AM-1"), done_at=MONDAY), "done by a person"),
    "an outcome that says nothing": (lambda: an_outcome("AM-1", summary=" "), "in a sentence"),
    "an outcome that nobody recorded": (lambda: replace(an_outcome("AM-1"), recorded_by=""), "names the person"),
    "an audit entry about nothing": (
        lambda: Happening(at=MONDAY, actor="amends", action="case.opened", subject=""),
        "who did what",
    ),
    "a record without a key": (lambda: a_record(key=""), "a key and an id"),
    "a submission without a name for itself": (lambda: a_submission(submission_id=""), "names its form and itself"),
    "a reply that says nothing": (lambda: a_reply("  "), "says something"),
    "a reply that nobody wrote": (lambda: a_reply(authors=()), "has an author"),
    "a public reply that nobody read": (
        lambda: a_reply(purpose=Purpose.ACKNOWLEDGEMENT, form=Form.PUBLIC_REPLY, is_automatic=True),
        "never automatic",
    ),
    "an answer that nobody read": (lambda: a_reply(is_automatic=True), "only an acknowledgement"),
    "an author's own approval": (
        lambda: a_reply(authors=("hana",), approved_by="hana", state=ReplyState.APPROVED),
        "cannot approve",
    ),
    "an approval of another text": (
        lambda: replace(a_reply(approved_by="tom", state=ReplyState.APPROVED), text="Other words."),
        "another text",
    ),
    "a reply approved by nobody": (lambda: a_reply(state=ReplyState.APPROVED), "carries its approval"),
    "an approval by a nameless person": (
        lambda: replace(a_reply(approved_by="tom").approval, by=""),  # type: ignore[type-var]
        "names the person",
    ),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_what_cannot_be_is_refused_with_its_reason(what: str) -> None:
    make, says = IMPOSSIBLE[what]
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("state", [ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT])
def test_nothing_goes_out_without_a_policy_or_a_person(state: ReplyState) -> None:
    with pytest.raises(ValueError, match="nothing goes out"):
        a_reply(state=state)
    assert a_reply(state=state, approved_by="tom").state is state
    assert a_reply(state=state, purpose=Purpose.ACKNOWLEDGEMENT, is_automatic=True).state is state


def test_a_doubtful_enquiry_may_have_a_severity() -> None:
    verdict = a_verdict(Kind.ENQUIRY, severity=Severity.HIGH, needs_person=True)
    assert verdict.may_be_complaint


def test_equal_values_of_two_kinds_are_two_people() -> None:
    sent = Identity(kind=IdentityKind.EMAIL, value="ines@example.org")
    said = Identity(kind=IdentityKind.TYPED_EMAIL, value="ines@example.org")
    assert sent.contact_id != said.contact_id
    assert sent.ordering_key == said.ordering_key
    assert sent.address == said.address == "ines@example.org"
    assert Identity(kind=IdentityKind.X, value="ines@example.org").address is None


def test_one_blocking_remark_is_enough_to_block() -> None:
    assert blocks((a_check(Level.WARN), a_check(Level.BLOCK)))
    assert not blocks((a_check(Level.WARN),))


def test_only_networks_are_read_by_strangers() -> None:
    assert [channel for channel in Channel if channel.is_public] == [Channel.X, Channel.MASTODON, Channel.BLUESKY]


def test_a_record_on_the_log_knows_what_comes_after_it() -> None:
    assert isinstance(a_record(), NewRecord)


def test_severity_of_a_verdict_reads_its_word() -> None:
    assert Severity.from_word("High") is Severity.HIGH
    with pytest.raises(ValueError, match="use low, medium, high or critical"):
        Severity.from_word("urgent")
    assert isinstance(a_verdict(), Verdict)
