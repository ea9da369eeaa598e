"""The service that tells programs, in spite of receivers that fail, hang or drop the line, and of crashes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from threading import Event, Thread

import pytest

from amends.casework import programs
from amends.domain.audit import Happening
from amends.domain.webhook import EVENTS, GIVES_UP_AFTER, Call, CallState, Target, next_try
from amends.errors import NotFound, Refused, Unavailable
from amends.tell.http import Way, post
from amends.tell.service import Teller
from amends.tell.signature import secret_of, signed_headers
from storage.unit_of_work import Database
from tests.support.clock import MONDAY, FakeClock
from tests.tell.receiver import DROP, HANG, Receiver, is_signed, receiving

SECRET = b"a secret of the tests, 32 bytes or more"
WAY = Way(inside=(ip_network("127.0.0.0/8"),), timeout_s=0.5)


@pytest.fixture
def tell(database: Database, clock: FakeClock) -> Callable[..., None]:
    """Lets the service do what there is to do now."""

    def told(post_: Callable[[str, bytes, Mapping[str, str]], None] | None = None) -> None:
        post_ = post_ or partial(post, way=WAY)
        teller = Teller(
            unit=database.unit, reading=database.reading, post=post_, secret=SECRET, now=clock, jitter=lambda: 0.0
        )
        teller.run(Event(), until_idle=True)

    return told


def add_target(database: Database, url: str, *, name: str = "crm", events: tuple[str, ...] = ()) -> Target:
    target = Target(name=name, url=url, events=events, salt=f"salt of {name}", added_by="ada", added_at=MONDAY)
    with database.unit() as unit:
        programs.add_webhook(unit, target)
        unit.calls.begin(name, after=unit.audit.head()[0])
        unit.commit()
    return target


def happen(database: Database, action: str = "case.closed", subject: str = "case:AM-1", **facts: str | bool) -> None:
    with database.unit() as unit:
        unit.audit.append([Happening(at=MONDAY, actor="user:hana", action=action, subject=subject, facts=facts)])
        unit.commit()


def waiting(database: Database, state: CallState = CallState.WAITING) -> list[Call]:
    with database.reading() as unit:
        return unit.calls.of_state(state, limit=100)


def test_what_happens_is_told_signed_and_in_order(database: Database, tell: Callable[..., None]) -> None:
    with receiving() as receiver:
        target = add_target(database, receiver.url)
        happen(database, "case.opened", kind="complaint", message="m1")
        happen(database, "case.closed", upheld="upheld", resolved="yes")
        happen(database, "reply.sent", "reply:r1", case="AM-1")
        tell()
    secret = secret_of(SECRET, target.salt)
    assert all(is_signed(secret, headers, body) for headers, body in receiver.got)
    assert not any(is_signed(secret_of(SECRET, "another"), headers, body) for headers, body in receiver.got)
    assert [json.loads(body) for _, body in receiver.got] == [
        {
            "type": "case.opened",
            "timestamp": "2026-11-23T09:00:00.000+00:00",
            "data": {"kind": "complaint", "message": "m1", "case": "AM-1"},
        },
        {
            "type": "case.closed",
            "timestamp": "2026-11-23T09:00:00.000+00:00",
            "data": {"upheld": "upheld", "resolved": "yes", "case": "AM-1"},
        },
        {
            "type": "reply.sent",
            "timestamp": "2026-11-23T09:00:00.000+00:00",
            "data": {"case": "AM-1", "reply": "r1"},
        },
    ]
    assert waiting(database) == []


def test_no_word_of_customer_or_staff_is_told(database: Database, tell: Callable[..., None]) -> None:
    with receiving() as receiver:
        add_target(database, receiver.url)
        happen(database, "case.corrected", kind="complaint", reason="Ines Okafor shouted at me", because="x")
        happen(database, "case.noted", note="1")
        happen(database, "case.viewed")
        tell()
    ((_, body),) = receiver.got
    assert b"Okafor" not in body
    assert b"because" not in body


def test_a_target_gets_the_events_that_it_asked_for_from_when_it_was_added(
    database: Database, tell: Callable[..., None]
) -> None:
    happen(database, "case.opened")
    with receiving() as one, receiving() as other:
        add_target(database, one.url, name="one", events=("case.closed",))
        happen(database, "case.opened")
        happen(database, "case.closed")
        add_target(database, other.url, name="other")
        happen(database, "case.opened")
        tell()
    assert types(one) == ["case.closed"]
    assert types(other) == ["case.opened"]


def types(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _, body in receiver.got]


@pytest.mark.parametrize("answer", [500, DROP, HANG, 302])
def test_what_is_not_taken_is_sent_again_under_the_same_id(
    database: Database, clock: FakeClock, tell: Callable[..., None], answer: int
) -> None:
    with receiving(answer, answer, 204) as receiver:
        add_target(database, receiver.url)
        happen(database)
        for _ in range(3):
            tell()
            clock.advance(hours=3)
    assert len(receiver.got) == 3
    assert len(set(receiver.ids())) == 1
    assert len({body for _, body in receiver.got}) == 1
    stamps = [int(headers["webhook-timestamp"]) for headers, _ in receiver.got]
    assert stamps == sorted(stamps), "each try is signed anew, with its own time"
    assert waiting(database) == []


def test_the_pauses_grow_and_after_a_day_a_call_is_given_up_and_seen(
    database: Database, clock: FakeClock, tell: Callable[..., None]
) -> None:
    with receiving(503) as receiver:
        add_target(database, receiver.url)
        happen(database)
        pauses = []
        while calls := waiting_or_first(database, tell):
            pauses.append(calls[0].next_at - clock())
            clock.time = calls[0].next_at
            tell()
        (given_up,) = waiting(database, CallState.GIVEN_UP)
        assert given_up.says == "it answered 503"
        assert given_up.tries == len(receiver.got) == len(pauses) + 1
        assert pauses == sorted(pauses)
        assert pauses[:3] == [timedelta(seconds=5), timedelta(seconds=10), timedelta(seconds=20)]
        assert clock() - MONDAY >= GIVES_UP_AFTER
        tell()
        assert len(receiver.got) == given_up.tries, "what was given up is left alone"
        receiver.answers = [204]
        with database.unit() as unit:
            assert unit.calls.try_again("crm", at=clock()) == 1
            unit.commit()
        tell()
    assert waiting(database, CallState.GIVEN_UP) == []
    assert len(set(receiver.ids())) == 1


def waiting_or_first(database: Database, tell: Callable[..., None]) -> list[Call]:
    if not waiting(database) and not waiting(database, CallState.GIVEN_UP):
        tell()
    return waiting(database)


def test_jitter_shortens_a_pause_by_up_to_a_half() -> None:
    call = Call(target="crm", entry=1, state=CallState.WAITING, tries=3, made_at=MONDAY, next_at=MONDAY, says="")
    assert next_try(call, now=MONDAY, jitter=0.0) == MONDAY + timedelta(seconds=40)
    assert next_try(call, now=MONDAY, jitter=1.0) == MONDAY + timedelta(seconds=20)


def test_one_that_does_not_answer_keeps_no_other_waiting(database: Database, tell: Callable[..., None]) -> None:
    with receiving(HANG) as dead, receiving() as well:
        add_target(database, dead.url, name="dead")
        add_target(database, well.url, name="well")
        for _ in range(10):
            happen(database)
        tell()
    assert len(well.got) == 10
    assert len(dead.got) == 3, "after three failures in a row it is left alone for a while"
    assert len(waiting(database)) == 10


class Crash(Exception):
    """The process ends here."""


def test_a_crash_loses_nothing_and_what_it_repeats_can_be_told(
    database: Database, clock: FakeClock, tell: Callable[..., None]
) -> None:
    with receiving() as receiver:
        add_target(database, receiver.url)
        for number in range(5):
            happen(database, subject=f"case:AM-{number}")

        def taken_and_then_dead(url: str, body: bytes, headers: Mapping[str, str]) -> None:
            post(url, body, headers, way=WAY)
            if len(receiver.got) == 3:
                raise Crash

        with pytest.raises(Crash):
            tell(taken_and_then_dead)
        tell()
    ids = receiver.ids()
    assert len(ids) == 6
    assert len(set(ids)) == 5
    assert ids[2] == ids[3]


def test_two_services_at_once_lose_nothing(database: Database, clock: FakeClock) -> None:
    with receiving() as receiver:
        add_target(database, receiver.url)
        for number in range(20):
            happen(database, subject=f"case:AM-{number}")
        tellers = [
            Teller(unit=database.unit, reading=database.reading, post=partial(post, way=WAY), secret=SECRET, now=clock)
            for _ in range(2)
        ]
        threads = [Thread(target=teller.run, args=(Event(),), kwargs={"until_idle": True}) for teller in tellers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(set(receiver.ids())) == 20
    assert waiting(database) == []


def test_a_rebuilt_database_does_not_tell_the_past_again(database: Database, tell: Callable[..., None]) -> None:
    with receiving() as receiver:
        happen(database)
        # A rebuild repeats the command, and nothing else.
        with database.unit() as unit:
            programs.add_webhook(
                unit, Target(name="crm", url=receiver.url, events=(), salt="s", added_by="ada", added_at=MONDAY)
            )
            unit.commit()
        happen(database)
        tell()
        happen(database)
        tell()
    assert len(receiver.got) == 1


def test_where_calls_may_not_go_is_told_to_operators(database: Database, tell: Callable[..., None]) -> None:
    with receiving() as receiver:
        add_target(database, receiver.url)
        happen(database)
        tell(partial(post, way=Way()))
    assert receiver.got == []
    assert "no public address" in waiting(database)[0].says


def test_a_database_that_is_away_is_waited_for(database: Database, clock: FakeClock) -> None:
    stop, calls = Event(), []

    def away() -> object:
        calls.append(1)
        stop.set()
        raise Unavailable("the database is down")

    Teller(
        unit=database.unit,
        reading=away,  # type: ignore[arg-type]  # it gives nothing
        post=partial(post, way=WAY),
        secret=SECRET,
        now=clock,
    ).run(stop)
    assert calls == [1]


def test_a_webhook_is_added_and_removed_with_its_calls(database: Database, tell: Callable[..., None]) -> None:
    with receiving(500) as receiver:
        target = add_target(database, receiver.url)
        happen(database)
        tell()
    with pytest.raises(Refused, match="already"), database.unit() as unit:
        programs.add_webhook(unit, target)
    with database.unit() as unit:
        programs.remove_webhook(unit, "crm", by="ada", at=MONDAY)
        unit.commit()
    assert waiting(database) == []
    with pytest.raises(NotFound), database.unit() as unit:
        programs.remove_webhook(unit, "crm", by="ada", at=MONDAY)


@pytest.mark.parametrize(("name", "event", "says"), [("", "case.closed", "its name"), ("crm", "case.read", "no event")])
def test_what_cannot_be_a_webhook_is_refused(database: Database, name: str, event: str, says: str) -> None:
    target = Target(name=name, url="https://x.example", events=(event,), salt="", added_by="ada", added_at=MONDAY)
    with pytest.raises(Refused, match=says), database.unit() as unit:
        programs.add_webhook(unit, target)


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's reference libraries.
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_event_has_a_name_that_the_audit_trail_uses() -> None:
    assert all(name.count(".") == 1 for name in EVENTS)
