"""Fills a PostgreSQL database with what so many messages leave behind, made by the server itself.

In proportion to a service that has run for a while: six messages of ten opened a case and two
joined one, the other two were set aside; of the cases 90 of 100 are closed, seven answered, and
three wait for somebody.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, Engine, delete, select, update

from amends.wire import encode_message
from storage.places import Places
from storage.places import fill as fill_places
from storage.tables import cases, clocks, queue_places
from tests.support.builders import a_message
from tests.support.clock import MONDAY

#: What each statement puts into its table: `n` is the number of messages, `i` counts from 1.
_ROWS = (
    """INSERT INTO contacts SELECT md5('contact' || i), 'Somebody', TIMESTAMPTZ '2025-01-01' + i * INTERVAL '20 s'
        FROM generate_series(1, {n} / 2) i""",
    """INSERT INTO identities SELECT 'email', 'person' || i || '@example.org', md5('contact' || i)
        FROM generate_series(1, {n} / 2) i""",
    # The last cases are the open ones, with some old ones between the closed.
    """INSERT INTO cases
        SELECT {case}, md5('contact' || {person}), 'email',
            CASE WHEN i % 3 = 0 THEN 'enquiry' ELSE 'complaint' END, CASE WHEN i % 3 = 0 THEN NULL ELSE 1 + i % 4 END,
            i % 11 = 0, {state}, 'About my parcel', {case_at}, {case_at},
            CASE WHEN i % 3 = 0 THEN NULL ELSE {case_at} END, CASE WHEN i % 2 = 0 THEN 'hana' ELSE '' END, '', '',
            1, 1 + i % 4, 3
        FROM generate_series(1, {n} * 6 / 10) i""",
    """INSERT INTO messages
        SELECT md5('message' || i), CASE WHEN i <= {n} * 8 / 10 THEN {case_of_message} END, 'email', {at},
            'complaint', 0.9, 1 + i % 4, false, 'shipped', '', 1,
            {body}
        FROM generate_series(1, {n}) i""",
    """INSERT INTO search_words
        SELECT md5('message' || i), i, 'my parcel never came ' || left(md5('word' || i), 6)
        FROM generate_series(1, {n} * 8 / 10) i""",
    """INSERT INTO flags SELECT md5('message' || i * 2), 0, 'repeat_contact', 'again', 0, 5, 'contact.again', 2
        FROM generate_series(1, {n} / 2) i""",
    """INSERT INTO thread_names
        SELECT 'mail:' || md5('message' || i) || '@example.org', 'answer to a message', {case_of_message}, '', 'email',
            'person' || {person} || '@example.org', i * 2
        FROM generate_series(1, {n} * 8 / 10) i""",
    """INSERT INTO thread_names
        SELECT 'mail:' || md5('reply' || i) || '@amends.example', 'answer to our reply', {case}, md5('reply' || i),
            'email', 'person' || {person} || '@example.org', i * 2 + 1
        FROM generate_series(1, {n} * 6 / 10) i""",
    """INSERT INTO clocks
        SELECT {case}, kind, {case_at}, 'ss.' || kind, 'a standard', 'receipt', {case_at} + days * INTERVAL '1 day',
            '["received", "due"]', CASE WHEN {state} <> 'received' THEN {case_at} + INTERVAL '1 day' END
        FROM generate_series(1, {n} * 6 / 10) i, (VALUES ('acknowledgement', 3), ('update', 28)) AS due (kind, days)""",
    """INSERT INTO replies
        SELECT md5('reply' || i), {case}, md5('message' || i), 'acknowledgement', 'email', 'email', 'email',
            'person' || {person} || '@example.org', 'Your complaint', 'We have it.', '[]', 'ack',
            '["amends"]', 'sent', true, {case_at}, {case_at}, '', NULL, '', NULL, 'mail:' || i, '', '[]', '[]'
        FROM generate_series(1, {n} * 6 / 10) i""",
    """INSERT INTO replies
        SELECT md5('answer' || i), {case}, md5('message' || i), 'answer', 'email', 'email', 'email',
            'person' || {person} || '@example.org', 'Your complaint', 'We are sorry.', '[]', 'answer',
            '["amends"]', CASE WHEN {state} = 'received' THEN 'in_review' ELSE 'sent' END, false,
            {case_at}, {case_at}, CASE WHEN {state} = 'received' THEN '' ELSE 'tom' END, {case_at},
            encode(sha256('We are sorry.'), 'hex'), {case_at} + INTERVAL '2 days', '', '', '[]', '[]'
        FROM generate_series(1, {n} * 6 / 10) i WHERE i % 3 = 0""",
    """INSERT INTO tasks
        SELECT left(md5('task' || i), 12), {case}, 'acknowledge_another_way', 'held back', '', {case_at},
            CASE WHEN i % 100 > 0 THEN {case_at} + INTERVAL '1 day' END, ''
        FROM generate_series(1, {n} * 6 / 10) i WHERE i % 4 = 0""",
    """INSERT INTO links
        SELECT {case}, {next_case}, 'same_matter', '["the same words"]', {case_at},
            'suggested', ''
        FROM generate_series(1, {n} * 6 / 10 - 1) i WHERE i % 12 = 0""",
    """INSERT INTO matter_marks
        SELECT 'text:' || bin || ':' || left(md5('mark' || i || bin), 8), {case}, {case_at}
        FROM generate_series(1, {n} * 6 / 10) i, generate_series(1, 4) bin""",
    """INSERT INTO parked
        SELECT left(md5('parked' || i), 12), 'triage', 'message:email', i::text, 'email', 'bulk', 'from a list', '',
            md5('message' || i), CASE WHEN i % 20 = 0 THEN 'waiting' ELSE 'discarded' END, {at}
        FROM generate_series({n} * 8 / 10 + 1, {n}) i""",
    """INSERT INTO arrivals
        SELECT 'files:inbox', i || '.eml', 'email', 'ingested', md5('message' || i), '', md5('raw' || i), {at}
        FROM generate_series(1, {n}) i""",
    """INSERT INTO log_records
        SELECT topic, i % 8, i / 8, md5('message' || i), md5('person' || i % 5000), 'amends.test', {at},
            '{{"ce_id": "1"}}', {body}
        FROM (VALUES ('messages'), ('triaged')) AS t (topic), generate_series(0, {n} - 1) i""",
    """INSERT INTO log_ends SELECT topic, partition, max(position) + 1 FROM log_records GROUP BY topic, partition""",
    """INSERT INTO log_shipped SELECT topic, partition, next_position - 3 FROM log_ends""",
    """INSERT INTO log_positions SELECT 'triage', topic, partition, next_position - 5, 0 FROM log_ends""",
    """INSERT INTO audit_entries
        SELECT i, 'case:' || i % ({n} * 6 / 10), '{{"action":"case.opened"}}', md5('entry' || i - 1), md5('entry' || i)
        FROM generate_series(1, {n} * 3) i""",
)
#: In the shape that people read out: AM-01AB-23CD-45.
_REFERENCE = "regexp_replace(upper(left(md5('case' || {}), 10)), '(....)(....)(..)', 'AM-\\1-\\2-\\3')"
_NAMES = {
    "case": _REFERENCE.format("i"),
    "case_of_message": _REFERENCE.format("1 + i % ({n} * 6 / 10)"),
    "next_case": _REFERENCE.format("i + 1"),
    "person": "(1 + i * 7919::bigint % ({n} / 2))",
    "state": "CASE WHEN i > {n} * 582 / 1000 THEN 'received' WHEN i % 13 = 0 THEN 'answered' ELSE 'closed' END",
    "case_at": "(TIMESTAMPTZ '2026-11-23 09:00+00' - ({n} * 6 / 10 - i) * INTERVAL '33 s')",
    "at": "(TIMESTAMPTZ '2026-11-23 09:00+00' - ({n} - i) * INTERVAL '20 s')",
}


def fill(engine: Engine, messages: int, *, told: Callable[[str], None] = lambda _says: None) -> None:
    """Fill an empty database, then let the server look at it. `told` hears the name of each table."""
    body = encode_message(a_message("My parcel never came. " * 5)).decode().replace("'", "''")
    names = {name: made.format(n=messages) for name, made in _NAMES.items()}
    names["body"] = f"convert_to('{body}', 'UTF8')"
    with engine.begin() as connection:
        # The server need not look up each reference: what is made here fits together.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in _ROWS:
            told(statement.split()[2])
            connection.exec_driver_sql(statement.format(n=messages, **names).replace("%", "%%"))
        told("queue_places")
        fill_places(connection)
        count_places(connection)
    _settle(engine)


def reopen(engine: Engine, count: int) -> None:
    """Open so many of the closed cases again, the newest first, with clocks that run."""
    with engine.begin() as connection:
        newest = select(cases.c.id).where(cases.c.state == "closed").order_by(cases.c.opened_at.desc()).limit(count)
        connection.execute(update(cases).where(cases.c.id.in_(newest)).values(state="in_hand"))
        opened = select(cases.c.id).where(cases.c.state == "in_hand")
        connection.execute(update(clocks).where(clocks.c.case_id.in_(opened)).values(stopped_at=None))
        connection.execute(delete(queue_places))
        fill_places(connection)
        count_places(connection)
    _settle(engine)


def count_places(connection: Connection) -> None:
    """Count all ranks, as the desk does while it runs."""
    places = Places(connection)
    while places.count(now=MONDAY, limit=5_000):
        pass


def _settle(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")
