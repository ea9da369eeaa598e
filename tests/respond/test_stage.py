"""The respond stage: when somebody is quicker, and what a form's status page is good for."""

from __future__ import annotations

import pytest

from amends.bus.port import Record, Topic
from amends.casework.cases import take
from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.contact import Identity, IdentityKind
from amends.domain.message import Message
from amends.domain.reply import Purpose, ReplyState
from amends.domain.secrets import status_token
from amends.domain.task import TaskKind
from amends.wire import TRIAGED, Triaged, encode_triaged
from ingest.intake import promise
from respond.stage import Office as Organisation
from respond.stage import RespondStage
from storage.unit_of_work import Database
from tests.casework.office import MESSAGE, PACK, Office
from tests.support.builders import a_message

SECRET = b"s" * 32


def test_a_case_that_a_person_took_while_it_was_drafted_for_gets_no_automatic_reply(database: Database) -> None:
    office = Office(database=database)
    case = office.case()
    stage = stage_of(database)
    drafted = stage.prepare([record_of(MESSAGE, case)], at=MESSAGE.received_at)
    assert [
        one.goes_by_itself for plan in drafted for one in plan.drafts if one.reply.purpose is not Purpose.ANSWER
    ] == [True]

    with database.unit() as unit:
        take(unit, case.id, by="hana", at=MESSAGE.received_at)
        stage.apply(unit, drafted, at=MESSAGE.received_at)
        unit.commit()

    with database.reading() as unit:
        replies = unit.replies.of_case(case.id)
    assert {reply.purpose: reply.state for reply in replies}[Purpose.ACKNOWLEDGEMENT] is ReplyState.IN_REVIEW
    assert office.queued() == []


def test_the_page_that_an_acknowledgement_names_opens_for_a_form_that_came_as_a_file(database: Database) -> None:
    form = a_message(channel=Channel.WEB_FORM)
    case = Office(database=database).case(message=form)

    respond_to(database, form, case)

    with database.reading() as unit:
        assert unit.intake.status_promise(status_token(SECRET, form.id)) == (form.id, form.received_at)


@pytest.mark.parametrize("was_shown_the_page", [True, False])
def test_a_form_without_an_address_is_acknowledged_by_its_page_only_if_somebody_has_it(
    database: Database, was_shown_the_page: bool
) -> None:
    form = a_message(channel=Channel.WEB_FORM, author=Identity(kind=IdentityKind.ANONYMOUS, value="form/1"))
    case = Office(database=database).case(message=form)
    if was_shown_the_page:
        with database.unit() as unit:
            promise(unit, form.id, at=form.received_at, secret=SECRET)
            unit.commit()

    respond_to(database, form, case)

    with database.reading() as unit:
        tasks = [task.kind for task in unit.tasks.of_case(case.id)]
        state = unit.cases.get(case.id).state
    if was_shown_the_page:
        assert (state, tasks) == (CaseState.ACKNOWLEDGED, [])
    else:
        assert (state, tasks) == (CaseState.RECEIVED, [TaskKind.ACKNOWLEDGE_ANOTHER_WAY])


def stage_of(database: Database) -> RespondStage:
    return RespondStage(
        Organisation(organisation="Shop", contact_line="Call us."),
        reading=database.reading,
        pack=PACK,
        secret=SECRET,
    )


def record_of(message: Message, case: Case) -> Record:
    told = Triaged(message_id=message.id, case_id=case.id, opened=True, became_complaint=False)
    return Record(
        topic=Topic.TRIAGED,
        partition=0,
        offset=0,
        key="ines",
        id=message.id,
        type=TRIAGED,
        body=encode_triaged(told),
        at=message.received_at,
    )


def respond_to(database: Database, message: Message, case: Case) -> None:
    stage = stage_of(database)
    planned = stage.prepare([record_of(message, case)], at=message.received_at)
    with database.unit() as unit:
        stage.apply(unit, planned, at=message.received_at)
        unit.commit()
