"""The respond stage, when somebody is quicker."""

from __future__ import annotations

from amends.bus.port import Record, Topic
from amends.casework.cases import take
from amends.domain.reply import Purpose, ReplyState
from amends.wire import TRIAGED, Triaged, encode_triaged
from respond.stage import Office as Organisation
from respond.stage import RespondStage
from storage.unit_of_work import Database
from tests.casework.office import MESSAGE, PACK, Office


def test_a_case_that_a_person_took_while_it_was_drafted_for_gets_no_automatic_reply(database: Database) -> None:
    office = Office(database=database)
    case = office.case()
    stage = RespondStage(
        Organisation(organisation="Shop", contact_line="Call us."),
        reading=database.reading,
        pack=PACK,
        secret=b"s" * 32,
    )
    told = Triaged(message_id=MESSAGE.id, case_id=case.id, opened=True, became_complaint=False)
    record = Record(
        topic=Topic.TRIAGED,
        partition=0,
        offset=0,
        key="ines",
        id=MESSAGE.id,
        type=TRIAGED,
        body=encode_triaged(told),
        at=MESSAGE.received_at,
    )
    drafted = stage.prepare([record], at=MESSAGE.received_at)
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
