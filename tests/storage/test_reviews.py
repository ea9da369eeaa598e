"""What reviewers read: the list with its filters and its cursor, what stands beside a reply, what became of replies."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from amends.domain.channel import Channel
from amends.domain.check import Check, Level
from amends.domain.delivery import CameTo, delivery_of
from amends.domain.message import Message
from amends.domain.reply import Form, Purpose, Reply, ReplyState
from amends.errors import NotFound
from storage.reviews import Reviews, Wanted, beside, posted, reviews
from storage.unit_of_work import Database
from tests.storage.stock import add_case, add_message
from tests.support.builders import a_case, a_check, a_message, a_reply
from tests.support.clock import MONDAY

HOUR = timedelta(hours=1)


@pytest.fixture
def database(database_of_each_kind: Database) -> Database:
    return database_of_each_kind


def put(
    database: Database,
    number: int,
    *,
    at: datetime | None = None,
    channel: Channel = Channel.EMAIL,
    form: Form = Form.EMAIL,
    purpose: Purpose = Purpose.ANSWER,
    checks: tuple[Check, ...] = (),
    state: ReplyState = ReplyState.IN_REVIEW,
) -> Reply:
    """Add a case with a message and a reply to it; each later one was drafted an hour later."""
    message = replace(a_message(f"words {number}", at=MONDAY), id=f"{number:032x}", channel=channel)
    approved_by = "tom" if state in {ReplyState.QUEUED, ReplyState.SENT} else ""
    with database.unit() as unit:
        case = add_case(unit, a_case(case_id=f"AM-{number}"))
        add_message(unit, message, case_id=case.id)
        reply = a_reply(
            state=state,
            form=form,
            purpose=purpose,
            case_id=case.id,
            message=message,
            drafted_at=at or MONDAY + number * HOUR,
            approved_by=approved_by,
        )
        unit.replies.add([(reply, checks, "")])
        unit.commit()
    return reply


def found(database: Database, wanted: Wanted | None = None, *, limit: int = 10, after: str = "") -> Reviews:
    with database.viewing() as connection:
        return reviews(connection, wanted or Wanted(), limit=limit, after=after)


def ids(database: Database, wanted: Wanted) -> list[str]:
    return [row.reply.id for row in found(database, wanted).rows]


def test_each_row_has_its_message_its_case_and_its_checks(database: Database) -> None:
    reply = put(database, 1, checks=(a_check(),))
    put(database, 2, state=ReplyState.DRAFTED)

    listed = found(database)

    [row] = listed.rows
    assert (row.reply, row.checks, row.message.own_words, row.case.id) == (reply, (a_check(),), "words 1", "AM-1")
    assert (listed.in_all, listed.after) == (1, "")


def test_pages_follow_each_other_and_hold_everything_once(database: Database) -> None:
    # Three were drafted at one moment.
    wanted = [put(database, number, at=MONDAY if number < 3 else None) for number in range(7)]
    seen: list[str] = []
    after, pages = "", 0
    while True:
        page = found(database, limit=2, after=after)
        seen += [row.reply.id for row in page.rows]
        pages += 1
        assert page.in_all == 7
        if not (after := page.after):
            break

    assert pages == 4
    assert sorted(seen) == sorted(reply.id for reply in wanted)
    assert seen[3:] == [reply.id for reply in wanted[3:]]


def test_a_page_goes_on_although_its_last_reply_has_left_the_list(database: Database) -> None:
    first, second = put(database, 1), put(database, 2)
    page = found(database, limit=1)
    with database.unit() as unit:
        unit.replies.save(first.moved(ReplyState.REJECTED), was=ReplyState.IN_REVIEW, at=MONDAY)
        unit.commit()

    assert [row.reply.id for row in found(database, after=page.after).rows] == [second.id]


def test_filters_pick_by_channel_purpose_age_publicity_and_what_is_blocked(database: Database) -> None:
    mail = put(database, 1, checks=(a_check(Level.WARN),))
    post = put(database, 2, channel=Channel.X, form=Form.PUBLIC_REPLY, checks=(a_check(Level.BLOCK),))
    ack = put(database, 30, channel=Channel.WEB_FORM, purpose=Purpose.ACKNOWLEDGEMENT)

    assert ids(database, Wanted(channel=Channel.X)) == [post.id]
    assert ids(database, Wanted(purpose=Purpose.ACKNOWLEDGEMENT)) == [ack.id]
    assert ids(database, Wanted(is_public=True)) == [post.id]
    assert ids(database, Wanted(is_public=False)) == [mail.id, ack.id]
    assert ids(database, Wanted(is_blocked=True)) == [post.id]
    assert ids(database, Wanted(is_blocked=False)) == [mail.id, ack.id]
    assert ids(database, Wanted(drafted_before=MONDAY + 2 * HOUR)) == [mail.id, post.id]
    assert ids(database, Wanted(channel=Channel.X, is_blocked=False)) == []


def test_what_a_check_quotes_is_not_mistaken_for_its_level(database: Database) -> None:
    words = '"level": "block"'
    put(database, 1, checks=(a_check(Level.WARN, quote=words),))

    assert ids(database, Wanted(is_blocked=True)) == []


def test_beside_a_reply_are_those_in_review_before_and_after_it(database: Database) -> None:
    first, _, second, third = (
        put(database, 1), put(database, 2, state=ReplyState.REJECTED), put(database, 3), put(database, 4)
    )  # fmt: skip
    with database.viewing() as connection:
        assert beside(connection, second.id, Wanted()) == (first.id, third.id)
        assert beside(connection, first.id, Wanted()) == ("", second.id)
        assert beside(connection, third.id, Wanted()) == (second.id, "")
        assert beside(connection, second.id, Wanted(channel=Channel.X)) == ("", "")
        with pytest.raises(NotFound):
            beside(connection, "nothing", Wanted())


def sent(database: Database, reply: Reply, at: datetime, came_to: CameTo = CameTo.SENT) -> None:
    with database.unit() as unit:
        unit.deliveries.note([delivery_of(reply, came_to, at=at, says="published")])
        unit.commit()


def writes(database: Database, reply: Reply, text: str, at: datetime) -> Message:
    message = a_message(text, at=at)
    with database.unit() as unit:
        add_message(unit, message, case_id=reply.case_id)
        unit.commit()
    return message


def test_what_was_posted_is_told_with_who_approved_it_and_what_came_back(database: Database) -> None:
    post = put(database, 1, channel=Channel.X, form=Form.PUBLIC_REPLY, state=ReplyState.SENT)
    mail = put(database, 2, state=ReplyState.SENT)
    sent(database, post, MONDAY + HOUR)
    sent(database, mail, MONDAY + 2 * HOUR, CameTo.REFUSED)
    writes(database, post, "That did not help at all", MONDAY + 3 * HOUR)
    writes(database, post, "Hello?", MONDAY + 4 * HOUR)

    with database.viewing() as connection:
        latest = posted(connection, limit=10)
        public = posted(connection, limit=10, is_public=True)
        refused = posted(connection, limit=10, came_to=CameTo.REFUSED)
        before = posted(connection, limit=10, before=latest[0].number)
        by_mail = posted(connection, limit=10, channel=Channel.EMAIL)

    assert [row.reply_id for row in latest] == [mail.id, post.id]
    [row] = public
    assert (row.approved_by, row.text, row.customer_wrote) == ("tom", post.text, 2)
    assert row.first_words == "That did not help at all"
    assert [one.reply_id for one in refused] == [mail.id]
    assert (refused[0].customer_wrote, refused[0].first_words) == (0, "")
    assert [one.reply_id for one in before] == [post.id]
    assert [one.reply_id for one in by_mail] == [mail.id]


def test_words_that_were_changed_since_are_not_told_as_those_that_went(database: Database) -> None:
    post = put(database, 1, form=Form.PUBLIC_REPLY, channel=Channel.X)
    sent(database, post, MONDAY, CameTo.HELD_BACK)
    with database.unit() as unit:
        unit.replies.save(replace(post, text="Other words."), was=ReplyState.IN_REVIEW, at=MONDAY)
        unit.commit()

    with database.viewing() as connection:
        [row] = posted(connection, limit=10)
    assert row.text == ""
