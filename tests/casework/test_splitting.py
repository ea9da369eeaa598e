"""A message gets a case of its own, and goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from amends.casework.cases import take
from amends.casework.notes import note
from amends.casework.review import submit
from amends.casework.splitting import join_again, split
from amends.domain.case import Case, CaseState
from amends.domain.clock import ClockKind
from amends.domain.ids import case_reference
from amends.domain.link import LinkKind, LinkState
from amends.domain.message import Message
from amends.domain.reply import ReplyState
from amends.domain.threading import Join, Via, decide_thread
from amends.domain.verdict import Kind, Severity
from amends.errors import NotFound, Refused
from amends.unit_of_work import JudgedMessage
from storage.cases import HANGS_ON_A_CASE
from storage.tables import metadata
from storage.unit_of_work import SqlUnitOfWork
from tests.casework.office import PACK, Office
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_message, a_reply, a_verdict
from tests.support.clock import MONDAY

LATER = MONDAY + timedelta(days=1)
FIRST = a_message("My parcel never came.")
SECOND = a_message("And my lamp is broken.", at=MONDAY + timedelta(hours=2))
THIRD = a_message("Well?", at=MONDAY + timedelta(hours=4))


@pytest.fixture
def case(office: Office) -> Case:
    """A case of three messages, which has been acknowledged."""
    case = a_case(case_id=case_reference(FIRST.id), state=CaseState.ACKNOWLEDGED)
    with office.database.unit() as unit:
        added = add_case(unit, case)
        for number, message in enumerate((FIRST, SECOND, THIRD), start=1):
            judged = JudgedMessage(message=message, verdict=a_verdict(), case_id=case.id, number=number)
            unit.messages.add([judged])
        unit.cases.save([_counted(added)])
        unit.commit()
    with office.database.reading() as unit:
        return unit.cases.get(case.id)


def _counted(case: Case) -> Case:
    return replace(case, messages=3, unanswered=2, last_message_at=THIRD.received_at, version=case.version + 1)


def do(unit: SqlUnitOfWork, case: Case, message: Message = SECOND, because: str = "Another thing") -> Case:
    return split(unit, case.id, message.id, because=because, by="hana", at=LATER, pack=PACK)


def numbers(unit: SqlUnitOfWork, case: Case) -> list[tuple[str, int]]:
    return [(one.message.text, one.number) for one in unit.messages.of_case(case.id)]


def test_a_split_message_has_a_case_of_its_own_with_its_clocks(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        new = do(unit, case)
        unit.commit()

    with office.database.reading() as unit:
        old = unit.cases.get(case.id)
        assert numbers(unit, old) == [("My parcel never came.", 1), ("Well?", 2)]
        assert numbers(unit, new) == [("And my lamp is broken.", 1)]
        [link] = unit.links.of_case(case.id)
        clocks = {clock.kind for clock in unit.clocks.of_cases([new.id])[new.id]}
    assert (old.messages, old.unanswered, old.last_message_at) == (2, 1, THIRD.received_at)
    assert (new.id, new.kind, new.state) == (case_reference(SECOND.id), Kind.COMPLAINT, CaseState.ACKNOWLEDGED)
    assert (new.opened_at, new.subject) == (SECOND.received_at, "And my lamp is broken.")
    assert (link.kind, link.state, link.reasons) == (LinkKind.SPLIT_OFF, LinkState.ACCEPTED, ("Another thing",))
    # They know already that we have it: only the answer is owed.
    assert ClockKind.ACKNOWLEDGEMENT not in clocks
    assert ClockKind.RESPONSE in clocks
    assert [one["action"] for one in office.told()] == ["case.split", "case.split_off"]


def test_answers_to_the_split_message_join_its_case(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        new = do(unit, case)
        unit.commit()
    answer = a_message("More of the lamp.", answers=SECOND.names)
    of_old = a_message("More of the parcel.", answers=THIRD.names)
    with office.database.reading() as unit:
        found = unit.threads.pointers([answer, of_old])
    assert decide_thread(answer.author, found[answer.id]) == Join(case_id=new.id, via=Via.ANSWER_TO_MESSAGE)
    assert decide_thread(of_old.author, found[of_old.id]) == Join(case_id=case.id, via=Via.ANSWER_TO_MESSAGE)


def test_an_answer_that_names_the_whole_thread_joins_the_case_that_it_answers(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        unit.threads.name_reply("mail:acknowledged@us", case.id, "reply-1", FIRST.author)
        new = do(unit, case)
        unit.threads.name_reply("mail:answered@us", new.id, "reply-2", SECOND.author)
        unit.commit()
    before = ("mail:acknowledged@us", *FIRST.names)
    to_our_answer = a_message("And the lamp?", answers=("mail:answered@us", *SECOND.names, *before))
    to_their_own = a_message("More of the lamp.", answers=(*SECOND.names, *before))
    of_old = a_message("More of the parcel.", answers=before)
    with office.database.reading() as unit:
        found = unit.threads.pointers([to_our_answer, to_their_own, of_old])
    joined = [decide_thread(FIRST.author, found[one.id]) for one in (to_our_answer, to_their_own, of_old)]
    assert joined == [
        Join(case_id=new.id, via=Via.ANSWER_TO_US),
        Join(case_id=new.id, via=Via.ANSWER_TO_MESSAGE),
        Join(case_id=case.id, via=Via.ANSWER_TO_US),
    ]


def test_drafts_to_the_split_message_are_dropped_and_others_stay(office: Office, case: Case) -> None:
    to_second = a_reply(message=SECOND, case_id=case.id)
    to_third = a_reply(message=THIRD, case_id=case.id)
    with office.database.unit() as unit:
        unit.replies.add([(to_second, (), ""), (to_third, (), "")])
        submit(unit, to_third.id, by="hana", at=LATER)
        do(unit, case)
        unit.commit()
    assert office.stored(to_second).state is ReplyState.SUPERSEDED
    assert office.stored(to_third).state is ReplyState.IN_REVIEW


def test_nothing_is_split_off_while_its_answer_is_on_its_way(office: Office, case: Case) -> None:
    queued = a_reply(message=SECOND, case_id=case.id, state=ReplyState.QUEUED, approved_by="tom")
    with office.database.unit() as unit:
        unit.replies.add([(queued, (), "")])
        with pytest.raises(Refused, match="on its way"):
            do(unit, case)


def test_the_message_that_opened_the_case_stays_and_a_reason_is_needed(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        with pytest.raises(Refused, match="opened the case"):
            do(unit, case, FIRST)
        with pytest.raises(Refused, match="say why"):
            do(unit, case, because=" ")
        with pytest.raises(NotFound, match="no message"):
            do(unit, case, a_message("Of nobody."))


def test_undone_everything_is_where_it_was_but_the_trail_knows(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        new = do(unit, case)
        back = join_again(unit, new.id, by="hana", at=LATER)
        unit.commit()

    assert (back.id, back.messages, back.unanswered) == (case.id, 3, 2)
    with office.database.reading() as unit:
        assert new.id not in unit.cases.get_many([new.id])
        assert numbers(unit, back) == [("My parcel never came.", 1), ("And my lamp is broken.", 3), ("Well?", 2)]
        assert unit.links.of_case(case.id) == []
        answer = a_message("More of the lamp.", answers=SECOND.names)
        assert {one.case_id for one in unit.threads.pointers([answer])[answer.id]} == {case.id}
    assert [one["action"] for one in office.told()] == ["case.split", "case.split_off", "case.joined_again"]


def test_it_can_be_split_off_once_more(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        new = do(unit, case)
        join_again(unit, new.id, by="hana", at=LATER)
        again = do(unit, case)
        unit.commit()
        assert ClockKind.RESPONSE in {one.kind for one in unit.clocks.of_cases([again.id])[again.id]}
    assert again == new


@pytest.mark.parametrize("done", ["note", "reply", "message"])
def test_a_case_on_which_something_was_done_is_not_undone(office: Office, case: Case, done: str) -> None:
    with office.database.unit() as unit:
        new = do(unit, case)
        if done == "note":
            note(unit, new.id, "Read it.", by="hana", at=LATER)
        elif done == "reply":
            unit.replies.add([(a_reply(message=SECOND, case_id=new.id), (), "")])
        else:
            more = JudgedMessage(message=a_message("More."), verdict=a_verdict(), case_id=new.id, number=2)
            unit.messages.add([more])
        with pytest.raises(Refused):
            join_again(unit, new.id, by="hana", at=LATER)


@pytest.mark.parametrize("state", [CaseState.ANSWERED, CaseState.CLOSED])
def test_nothing_is_put_back_into_a_case_that_nobody_looks_at(office: Office, case: Case, state: CaseState) -> None:
    with office.database.unit() as unit:
        new = do(unit, case)
        old = unit.cases.get(case.id)
        unit.cases.save([replace(old, state=state, version=old.version + 1)])
        with pytest.raises(Refused, match=f"{case.id} is {state}.*amends case take"):
            join_again(unit, new.id, by="hana", at=LATER)


def test_what_is_put_back_is_heard_again_and_due_as_soon(office: Office, case: Case) -> None:
    fire = a_message("There was a fire.", at=MONDAY + timedelta(hours=5))
    verdict = a_verdict(severity=Severity.CRITICAL)
    with office.database.unit() as unit:
        unit.messages.add([JudgedMessage(message=fire, verdict=verdict, case_id=case.id, number=4)])
        old = unit.cases.get(case.id)
        unit.cases.save([replace(old, messages=4, version=old.version + 1)])
        new = do(unit, case, fire)
        [due] = [one.due_at for one in unit.clocks.of_cases([new.id])[new.id] if one.kind is ClockKind.RESPONSE]

        back = join_again(unit, new.id, by="hana", at=LATER)
        unit.commit()

    assert back.severity is Severity.CRITICAL
    with office.database.reading() as unit:
        clocks = {one.kind: one for one in unit.clocks.of_cases([case.id])[case.id] if one.stopped_at is None}
    assert clocks[ClockKind.RESPONSE].due_at == due


def test_a_case_that_was_never_split_off_is_not_undone(office: Office, case: Case) -> None:
    with office.database.unit() as unit, pytest.raises(Refused, match="was not split off"):
        join_again(unit, case.id, by="hana", at=LATER)


def test_a_case_that_somebody_took_meanwhile_is_undone_all_the_same(office: Office, case: Case) -> None:
    with office.database.unit() as unit:
        new = do(unit, case)
        take(unit, new.id, by="tom", at=LATER)
        join_again(unit, new.id, by="hana", at=LATER)
        unit.commit()


def test_all_that_may_hang_on_a_case_is_asked_for_before_it_is_forgotten() -> None:
    hang = {table.name for table in metadata.tables.values() if "case_id" in table.columns}
    asked = {table.name for table, _ in HANGS_ON_A_CASE}
    assert hang - asked == {"clocks", "links", "matter_marks", "queue_places", "case_leases"}
