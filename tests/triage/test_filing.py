"""Which case a message is put into, and what that starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from amends.arrived import reply_arrived
from amends.casework.cases import answer_rights, close, take
from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.clock import ClockKind
from amends.domain.ids import case_reference
from amends.domain.link import LinkKind, LinkState
from amends.domain.matter import matter_marks
from amends.domain.message import Attachment, Message
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.task import TaskKind
from amends.domain.verdict import Kind, Severity
from storage.search import find
from storage.unit_of_work import Database
from tests.casework.office import PACK
from tests.support.builders import a_bounce_of, a_message, a_reply, an_outcome, typed
from tests.support.clock import MONDAY, FakeClock
from tests.support.triage_house import TriageHouse
from triage.filing import HOLDERS_AT_MOST

STORY = (
    "My washing machine was delivered on Tuesday with a broken door. The driver said that somebody would call me "
    "the next day, and nobody did. I have waited at home for two days now. I want it mended at once."
)


@pytest.fixture
def house(database: Database, clock: FakeClock) -> TriageHouse:
    return TriageHouse(database, clock)


def due(house: TriageHouse, case: Case) -> dict[ClockKind, str]:
    return {clock.kind: clock.rule_id for clock in house.clocks_of(case)}


# A case of its own


def test_a_complaint_opens_a_case_and_starts_its_clocks(house: TriageHouse) -> None:
    message = a_message("My parcel never came.", subject="Parcel  99")
    case = house.file(message)
    assert case.id == case_reference(message.id)
    assert (case.kind, case.severity, case.state) == (Kind.COMPLAINT, Severity.LOW, CaseState.RECEIVED)
    assert (case.subject, case.complaint_since, case.contact_id) == ("Parcel 99", MONDAY, message.author.contact_id)
    assert due(house, case) == {ClockKind.ACKNOWLEDGEMENT: "ss.acknowledge", ClockKind.UPDATE: "ss.update"}
    assert [(one.message_id, one.case_id, one.opened, one.became_complaint) for one in house.triaged()] == [
        (message.id, case.id, True, True)
    ]


def test_an_enquiry_opens_a_case_that_is_no_complaint(house: TriageHouse) -> None:
    case = house.file(a_message("When are you open?"))
    assert (case.kind, case.severity, case.complaint_since) == (Kind.ENQUIRY, None, None)
    assert due(house, case)[ClockKind.RESPONSE] == "ss.answer-enquiry"


def test_a_doubtful_message_has_the_deadlines_of_a_complaint(house: TriageHouse) -> None:
    case = house.file(a_message("Was that perhaps not what you said?"))
    assert (case.kind, case.needs_person) == (Kind.ENQUIRY, True)
    assert due(house, case)[ClockKind.ACKNOWLEDGEMENT] == "ss.acknowledge"


PDF = Attachment(filename="letter.pdf", content_type="application/pdf", size_bytes=7, sha256="0" * 64)
LOGO = Attachment(filename="logo.png", content_type="image/png", size_bytes=7, sha256="1" * 64)
A_LONG_QUESTION = "Could you " + "tell me " * 10 + "when you are open?"


@pytest.mark.parametrize(
    ("text", "more", "is_asked"),
    [
        ("Would you read this, please?", {"attachments": (PDF,)}, True),
        ("Would you read this, please?", {"attachments": (LOGO,)}, False),
        ("Well?", {"attachments": (LOGO,)}, True),
        (A_LONG_QUESTION, {"attachments": (PDF,)}, False),
        (
            "Would you read this, please?",
            {"subject": "FW: My kettle", "text": "Would you read this, please?\n\nIt caught fire."},
            True,
        ),
        ("Would you read this, please?", {"subject": "Fwd: My kettle"}, False),
        (
            "Would you read this, please?",
            {"subject": "Re: My kettle", "text": "Would you read this, please?\n\nAnna"},
            False,
        ),
    ],
)
def test_few_words_that_point_at_what_nobody_has_judged_are_a_persons_to_read(
    house: TriageHouse, text: str, more: dict[str, Any], is_asked: bool
) -> None:
    case = house.file(replace(a_message(text), **more))
    assert (case.kind, case.needs_person) == (Kind.ENQUIRY, is_asked)
    assert (ClockKind.UPDATE in due(house, case)) == is_asked


def test_danger_is_acknowledged_within_hours(house: TriageHouse) -> None:
    case = house.file(a_message("The plug caught fire."))
    (clock, *_) = house.clocks_of(case)
    assert (clock.kind, clock.due_at) == (ClockKind.ACKNOWLEDGEMENT, MONDAY + timedelta(hours=4))


def test_the_words_of_a_long_message_without_subject_are_its_subject(house: TriageHouse) -> None:
    case = house.file(a_message("My parcel\nnever came. " * 20))
    assert case.subject.startswith("My parcel never came.")
    assert (len(case.subject) <= 90, case.subject[-1]) == (True, "…")


# Threads


def answer_to(message: Message, text: str, **more: object) -> Message:
    return a_message(text, answers=message.names, at=MONDAY + timedelta(hours=3), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("batches", [1, 2])
def test_a_thread_is_one_case_in_one_batch_or_in_two(house: TriageHouse, batches: int) -> None:
    first = a_message("My parcel never came.")
    second = answer_to(first, "It is still not here.")
    third = answer_to(second, "Nor today.")
    if batches == 2:
        house.file(first)
        house.file(second, third)
    else:
        house.file(first, second, third)
    case = house.case_of(third)
    assert case == house.case_of(first) == house.case_of(second)
    assert (case.messages, case.unanswered, case.last_message_at) == (3, 3, MONDAY + timedelta(hours=3))
    assert [one.opened for one in house.triaged()] == [True, False, False]


def test_two_messages_of_a_stored_thread_in_one_batch_are_both_counted(house: TriageHouse) -> None:
    first = a_message("My parcel never came.")
    before = house.file(first)
    case = house.file(answer_to(first, "Still nothing."), answer_to(first, "And nothing today."))
    assert (case.messages, case.version) == (3, before.version + 1)


@pytest.mark.parametrize("batches", [1, 2])
def test_an_enquiry_that_turns_into_a_complaint_is_counted_from_that_message(house: TriageHouse, batches: int) -> None:
    asked = a_message("When does my parcel come?")
    chased = a_message("You said Monday. Nothing came.", answers=asked.names, at=MONDAY + timedelta(days=2))
    if batches == 2:
        house.file(asked)
    case = house.file(chased) if batches == 2 else house.file(asked, chased)
    assert (case.kind, case.complaint_since) == (Kind.COMPLAINT, chased.received_at)
    running = {clock.kind: clock for clock in house.clocks_of(case)}
    assert running[ClockKind.ACKNOWLEDGEMENT].started_at == chased.received_at
    assert running[ClockKind.ACKNOWLEDGEMENT].rule_id == "ss.acknowledge"
    assert house.triaged()[-1].became_complaint


def test_the_clocks_of_the_enquiry_are_stopped_and_kept(house: TriageHouse) -> None:
    asked = a_message("When does my parcel come?")
    house.file(asked)
    case = house.file(answer_to(asked, "Nothing came."))
    stopped = {clock.rule_id: clock.stopped_at for clock in house.clocks_of(case, running=False)}
    turned_at = MONDAY + timedelta(hours=3)
    assert stopped == {"ss.acknowledge-enquiry": turned_at, "ss.answer-enquiry": turned_at}


def test_chasing_turns_a_question_into_a_complaint(house: TriageHouse) -> None:
    asked = a_message("When does my parcel come?")
    house.file(asked)
    case = house.file(answer_to(asked, "May I ask again?"))
    assert (case.kind, case.severity) == (Kind.COMPLAINT, Severity.MEDIUM)


@pytest.mark.parametrize("batches", [1, 2])
@pytest.mark.parametrize("hours", [0, 3])
def test_a_case_that_turns_dangerous_is_due_sooner(house: TriageHouse, batches: int, hours: int) -> None:
    first = a_message("My heater is broken.")
    worse = a_message("Now it is on fire.", answers=first.names, at=MONDAY + timedelta(hours=hours))
    if batches == 2:
        house.file(first)
    case = house.file(worse) if batches == 2 else house.file(first, worse)
    assert case.severity is Severity.CRITICAL
    running = {clock.kind: clock for clock in house.clocks_of(case)}
    assert running[ClockKind.ACKNOWLEDGEMENT].due_at == worse.received_at + timedelta(hours=4)
    assert ClockKind.UPDATE in running


def test_a_rights_request_in_a_later_message_has_its_own_month(house: TriageHouse) -> None:
    first = a_message("My heater is broken.")
    house.file(first)
    case = house.file(answer_to(first, "Send me all of my data."))
    rights = [clock for clock in house.clocks_of(case) if clock.kind is ClockKind.RIGHTS_REQUEST]
    assert [clock.started_at for clock in rights] == [MONDAY + timedelta(hours=3)]


def test_a_rights_request_after_one_that_was_answered_has_a_month_of_its_own(house: TriageHouse) -> None:
    first = a_message("Send me all of my data.")
    case = house.file(first)
    with house.database.unit() as unit:
        answer_rights(unit, case.id, how="Sent by post", by="hana", at=MONDAY + timedelta(hours=1))
        unit.commit()
    again = answer_to(first, "Send me all of my data once more.")
    house.file(again)
    rights = [clock for clock in house.clocks_of(case) if clock.kind is ClockKind.RIGHTS_REQUEST]
    assert [clock.started_at for clock in rights] == [again.received_at]


@pytest.mark.parametrize("state", [CaseState.ANSWERED, CaseState.CLOSED])
@pytest.mark.parametrize(
    ("text", "owed"),
    [
        ("It is still not here.", {ClockKind.ACKNOWLEDGEMENT, ClockKind.UPDATE}),
        ("Thank you so much.", set()),
    ],
)
def test_a_case_that_was_done_with_is_in_hand_and_owed_again_when_its_customer_writes(
    house: TriageHouse, state: CaseState, text: str, owed: set[ClockKind]
) -> None:
    first = a_message("My parcel never came.")
    case = house.file(first)
    with house.database.unit() as unit:
        unit.cases.save([replace(case, state=state, version=case.version + 1)])
        unit.clocks.stop(case.id, list(ClockKind), at=MONDAY + timedelta(hours=1))
        unit.commit()
    again = house.file(answer_to(first, text))
    assert again.state is CaseState.IN_HAND
    assert set(due(house, again)) == owed


@pytest.mark.parametrize("came_back_by", ["thanks", "a person"])
def test_a_case_in_hand_on_which_nothing_is_owed_is_owed_again_when_its_customer_complains(
    house: TriageHouse, came_back_by: str
) -> None:
    first = a_message("My parcel never came.")
    case = house.file(first)
    with house.database.unit() as unit:
        unit.cases.save([replace(case, state=CaseState.CLOSED, version=case.version + 1)])
        unit.clocks.stop(case.id, list(ClockKind), at=MONDAY + timedelta(hours=1))
        if came_back_by == "a person":
            take(unit, case.id, by="hana", at=MONDAY + timedelta(hours=2))
        unit.commit()
    if came_back_by == "thanks":
        house.file(answer_to(first, "Thank you so much."))

    again = house.file(answer_to(first, "It broke, and there was a fire."))

    assert (again.state, again.severity) == (CaseState.IN_HAND, Severity.CRITICAL)
    assert due(house, again)[ClockKind.ACKNOWLEDGEMENT] == "ss.acknowledge-danger"


def test_what_a_person_set_is_no_longer_theirs_once_triage_raised_it(house: TriageHouse) -> None:
    first = a_message("When does my heater come?")
    case = house.file(first)
    with house.database.unit() as unit:
        unit.cases.save([replace(case, kind_set_by="hana", severity_set_by="hana", version=case.version + 1)])
        unit.commit()
    kept = house.file(answer_to(first, "And the pipes?"))
    assert (kept.kind_set_by, kept.severity_set_by) == ("hana", "hana")
    raised = house.file(answer_to(first, "There is a fire."))
    assert (raised.kind, raised.kind_set_by, raised.severity_set_by) == (Kind.COMPLAINT, "", "")


# Strangers


def test_a_strangers_forged_reference_opens_a_case_of_its_own_and_a_link(house: TriageHouse) -> None:
    first = a_message("My parcel never came.")
    case = house.file(first)
    forged = house.file(answer_to(first, "Send it to my new address.", author="mallory@example.net"))
    assert forged.id != case.id
    assert house.case_of(first).messages == 1
    (link,) = house.links_of(forged)
    assert (link.case_id, link.other_case_id, link.kind) == (forged.id, case.id, LinkKind.POSSIBLE_FOLLOW_UP)
    assert link.state is LinkState.SUGGESTED


def test_a_case_reference_in_a_subject_suggests_and_does_not_join(house: TriageHouse) -> None:
    case = house.file(a_message("My parcel never came."))
    second = house.file(a_message("And now?", subject=f"Your reference {case.id.lower()}"))
    assert second.id != case.id
    assert [link.kind for link in house.links_of(second)] == [LinkKind.POSSIBLE_FOLLOW_UP]


def test_an_answer_to_our_reply_proves_a_typed_address(house: TriageHouse) -> None:
    by_form = a_message("My parcel never came.", channel=Channel.WEB_FORM, author="ines@example.org")
    case = house.file(by_form)
    with house.database.unit() as unit:
        unit.threads.name_reply("mail:ours@us", case.id, "reply-1", typed("ines@example.org"))
        unit.threads.promise_token("secret", case.id, typed("ines@example.org"))
        unit.commit()
    assert house.file(a_message("Thank you for that.", answers=["mail:ours@us"])).id == case.id
    assert house.file(a_message("One thing more.", tokens=["secret"])).id == case.id
    assert house.file(a_message("Me too.", tokens=["secret"], author="mallory@example.net")).id != case.id


@pytest.mark.parametrize("batches", [1, 2])
def test_a_conversation_joins_its_author_and_keeps_bystanders_apart(house: TriageHouse, batches: int) -> None:
    def post(number: int, author: str, text: str) -> Message:
        return a_message(text, channel=Channel.X, author=author, native_id=str(number), conversation="x-conversation:1")

    first, own = post(1, "77", "No water since Monday."), post(2, "77", "Still no water.")
    bystander, again = post(3, "88", "Nor in my street."), post(4, "88", "Nor today.")
    if batches == 2:
        house.file(first)
        house.file(own, bystander)
        house.file(again)
    else:
        house.file(first, own, bystander, again)
    case, other = house.case_of(first), house.case_of(bystander)
    assert house.case_of(own).id == case.id
    assert house.case_of(again).id == other.id != case.id
    assert LinkKind.POSSIBLE_FOLLOW_UP in {link.kind for link in house.links_of(other)}


# Found again


def test_what_is_filed_is_found_by_its_words(house: TriageHouse) -> None:
    case = house.file(a_message("My parcel never came to Łódź.", subject="Order 99123456"))
    house.file(a_message("When are you open?", native_id="2"))
    with house.database.viewing() as connection:
        for asked in ("parcel", "łódź never", "99123456"):
            assert find(connection, asked, limit=5).case_ids == (case.id,)


# The same matter


@pytest.mark.parametrize("batches", [1, 2])
def test_the_same_words_by_form_and_by_mail_are_suggested_as_one_matter_once(house: TriageHouse, batches: int) -> None:
    by_mail = a_message(STORY)
    by_form = a_message(STORY, channel=Channel.WEB_FORM, author="ines@example.org", native_id="form-1")
    if batches == 2:
        house.file(by_mail)
    second = house.file(by_form) if batches == 2 else house.file(by_mail, by_form)
    first = house.case_of(by_mail)
    assert first.id != second.id
    (link,) = house.links_of(first)
    assert (link.case_id, link.other_case_id, link.kind) == (second.id, first.id, LinkKind.SAME_MATTER)
    assert "both say nearly the same in the same words" in link.reasons
    assert "both come from the same address" in link.reasons


def test_questions_that_come_twice_are_not_suggested_as_one(house: TriageHouse) -> None:
    house.file(a_message("When are you open?", native_id="1"))
    assert house.links_of(house.file(a_message("When are you open?", native_id="2"))) == []


def test_what_came_long_ago_is_not_suggested(house: TriageHouse) -> None:
    house.file(a_message(STORY))
    house.clock.advance(days=31)
    later = a_message(STORY, native_id="later", author="tom@example.org", at=house.clock.now())
    assert house.links_of(house.file(later)) == []


def test_when_very_many_say_the_same_each_case_is_compared_with_few_and_suggested_with_fewer(
    house: TriageHouse,
) -> None:
    crowd = [a_message(STORY, native_id=f"{n}", author=f"person{n}@example.org") for n in range(60)]
    house.publish(*crowd[:30])
    house.run()
    house.publish(*crowd[30:])
    house.run()

    cases = [house.case_of(one) for one in crowd]
    suggested = [sum(link.case_id == case.id for link in house.links_of(case)) for case in cases]
    compared = {link.other_case_id for case in cases for link in house.links_of(case)}
    assert suggested[0] == 0
    assert max(suggested) == 5
    assert suggested[-1] == 5
    assert len(compared) <= 30


def test_marks_that_many_cases_have_are_remembered_of_no_more_until_those_are_old(house: TriageHouse) -> None:
    def publish(name: str, how_many: int) -> set[str]:
        crowd = [
            a_message(STORY, native_id=f"{name}{n}", author=f"{name}{n}@example.org", at=house.clock.now())
            for n in range(how_many)
        ]
        house.publish(*crowd)
        house.run()
        return {house.case_of(one).id for one in crowd}

    def holders(since: datetime) -> list[set[str]]:
        said = {one for one in matter_marks(typed("anybody@example.org"), STORY) if one.startswith("text:")}
        with house.database.reading() as unit:
            return [set(of_cases) for of_cases in unit.links.holders(said, since=since).values()]

    few, many = publish("early", HOLDERS_AT_MOST - 1), publish("more", 3)
    publish("late", 3)
    assert holders(MONDAY) == [few | many] * 6
    house.clock.advance(days=31)
    later = publish("later", 2)
    assert holders(MONDAY + timedelta(days=30)) == [later] * 6


# Machines


def test_machine_mail_is_parked_and_opens_no_case(house: TriageHouse) -> None:
    bounce = a_bounce_of("mail:unknown@us")
    house.publish(bounce)
    house.run()
    with house.database.reading() as unit:
        assert unit.messages.get(bounce.id).case_id is None
        (parked,) = unit.intake.parked()
    assert (parked.stage, parked.reason, parked.says) == ("triage", "bounce", "the mailbox does not exist")
    assert parked.message_id == bounce.id
    assert (house.triaged(), house.rows()["cases"]) == ([], 0)


def test_spam_is_parked_with_what_triage_held_it_to_be(house: TriageHouse) -> None:
    house.publish(a_message("You won the lottery."))
    house.run()
    with house.database.reading() as unit:
        (parked,) = unit.intake.parked()
    assert (parked.reason, parked.says) == ("judged_spam", "triage holds it to be spam (90% sure)")


def a_sent_reply(house: TriageHouse) -> tuple[Case, str]:
    message = a_message("My parcel never came.")
    case = house.file(message)
    reply = a_reply(
        message=message,
        case_id=case.id,
        purpose=Purpose.ACKNOWLEDGEMENT,
        state=ReplyState.SENT,
        is_automatic=True,
        channel_name="mail:ours@us",
    )
    with house.database.unit() as unit:
        unit.replies.add([(reply, (), "")])
        unit.threads.name_reply("mail:ours@us", case.id, reply.id, reply.addressee)
        unit.commit()
    return case, reply.id


@pytest.mark.parametrize(("permanent", "state"), [(True, ReplyState.FAILED), (False, ReplyState.SENT)])
def test_a_bounce_of_our_reply_is_a_task_and_fails_the_reply_if_it_is_for_good(
    house: TriageHouse, permanent: bool, state: ReplyState
) -> None:
    case, reply_id = a_sent_reply(house)
    bounces = [a_bounce_of("mail:ours@us", permanent=permanent, native_id=str(number)) for number in range(2)]
    house.publish(*bounces)
    house.run()
    with house.database.reading() as unit:
        assert unit.replies.get(reply_id).state is state
        (task,) = unit.tasks.open_tasks()
        assert len(unit.intake.parked()) == 2
    assert (task.kind, task.case_id, task.reply_id) == (TaskKind.REACH_ANOTHER_WAY, case.id, reply_id)
    assert ("came back: " if permanent else "is delayed: ") + "the mailbox does not exist" in task.reason


@pytest.mark.parametrize("closed", [False, True])
def test_a_case_whose_answer_came_back_is_in_hand_and_owed_as_before(house: TriageHouse, closed: bool) -> None:
    case = house.file(a_message("My parcel never came."))
    owed = due(house, case)
    reply = an_answer_that_arrived(house, case)
    if closed:
        with house.database.unit() as unit:
            close(unit, an_outcome(case.id))
            unit.commit()
    assert due(house, case) == {}

    house.publish(a_bounce_of("mail:answer@us"))
    house.run()

    with house.database.reading() as unit:
        again = unit.cases.get(case.id)
        assert unit.replies.get(reply.id).state is ReplyState.FAILED
    assert (again.state, again.unanswered) == (CaseState.IN_HAND, 1)
    assert due(house, again) == {ClockKind.UPDATE: owed[ClockKind.UPDATE]}


def test_who_has_dealt_with_a_delay_is_told_when_the_mail_comes_back_for_good(house: TriageHouse) -> None:
    a_sent_reply(house)
    house.publish(a_bounce_of("mail:ours@us", permanent=False, native_id="1"))
    house.run()
    with house.database.unit() as unit:
        (delay,) = unit.tasks.open_tasks()
        unit.tasks.finish(delay.id, by="hana", at=MONDAY + timedelta(hours=1))
        unit.commit()

    house.publish(a_bounce_of("mail:ours@us", permanent=True, native_id="2"))
    house.run()

    with house.database.reading() as unit:
        (task,) = unit.tasks.open_tasks()
    assert "is delayed" in delay.reason
    assert "came back" in task.reason


def an_answer_that_arrived(house: TriageHouse, case: Case) -> Reply:
    with house.database.unit() as unit:
        [judged] = unit.messages.of_case(case.id)
        reply = a_reply(
            message=judged.message,
            case_id=case.id,
            state=ReplyState.SENT,
            approved_by="tom",
            authors=("amends", "hana"),
            channel_name="mail:answer@us",
        )
        unit.replies.add([(reply, (), "")])
        unit.threads.name_reply("mail:answer@us", case.id, reply.id, reply.addressee)
        reply_arrived(unit, reply, pack=PACK, at=MONDAY + timedelta(hours=3))
        unit.commit()
    return reply


def test_a_bounce_of_a_customers_own_mail_is_no_task(house: TriageHouse) -> None:
    first = a_message("My parcel never came.")
    house.file(first)
    house.publish(a_bounce_of(first.names[0]))
    house.run()
    with house.database.reading() as unit:
        assert unit.tasks.open_tasks() == []


def test_nothing_of_a_customer_stands_in_the_audit_trail(house: TriageHouse) -> None:
    house.file(a_message(STORY), a_message("You won the lottery."), a_message("A fire.", author="tom@example.org"))
    with house.database.reading() as unit:
        written = " ".join(entry.happening_json for entry in unit.audit.every())
    for secret in ("example.org", "Ines", "washing", "lottery", "fire"):
        assert secret not in written
