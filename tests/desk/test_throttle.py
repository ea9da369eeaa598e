"""How often a password may be tried."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import argon2
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from amends.desk.passwords import Passwords
from amends.desk.throttle import Throttle, Try
from tests.desk.house import PASSWORD, Client, DeskHouse
from tests.support.clock import MONDAY, FakeClock

HERE, THERE = "198.51.100.7", "203.0.113.9"


class Counting(argon2.PasswordHasher):
    """Counts what it computes."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.computed = 0

    def verify(self, *args: Any) -> Any:
        self.computed += 1
        return super().verify(*args)


class From:
    """The desk as it is reached from an address."""

    def __init__(self, app: ASGIApp, address: str) -> None:
        self._app, self._address = app, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "client": (self._address, 1)}, receive, send)


@pytest.fixture
def hasher(desk_house: DeskHouse) -> Counting:
    counting = Counting()
    desk_house.changes["passwords"] = Passwords(hasher=counting)
    desk_house.account("handler", password=PASSWORD)
    return counting


def client(desk_house: DeskHouse, address: str) -> Client:
    return Client(From(desk_house.app, address))


@pytest.mark.slow
def test_a_thousand_wrong_passwords_compute_few_hashes_and_the_owner_comes_in_from_elsewhere(
    desk_house: DeskHouse, hasher: Counting
) -> None:
    thief, owner = client(desk_house, HERE), client(desk_house, THERE)
    token = thief.token()

    statuses = set()
    for number in range(1_000):
        fields = {"name": "handler", "password": f"wrong password {number}", "csrf": token}
        statuses.add(thief.post("/sign-in", data=fields).status_code)
    computed = hasher.computed

    assert computed <= 20
    assert statuses == {403, 429}
    assert owner.sign_in("handler").status_code == 303


def test_a_thousand_at_the_same_time_compute_no_more() -> None:
    throttle = Throttle()

    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(lambda _: throttle.take("handler", HERE, MONDAY), range(1_000)))

    assert sum(isinstance(one, Try) for one in taken) <= 4


def test_a_thousand_addresses_compute_few_hashes_and_do_not_keep_the_owners_own_browser_out(
    desk_house: DeskHouse, hasher: Counting
) -> None:
    owner = client(desk_house, THERE)
    assert owner.sign_in("handler").status_code == 303
    owner.submit("/sign-out")
    before = hasher.computed

    throttle = desk_house.parts.throttle
    statuses = [
        client(desk_house, f"198.18.0.{number}").sign_in("handler", "wrong").status_code for number in range(25)
    ]
    later = [
        throttle.take("handler", f"198.19.{number >> 8}.{number & 255}", desk_house.clock()) for number in range(975)
    ]

    assert statuses[-1] == 429
    assert not any(isinstance(one, Try) for one in later)
    assert hasher.computed - before <= 20
    assert client(desk_house, "192.0.2.55").sign_in("handler").status_code == 429
    assert owner.sign_in("handler").status_code == 303


def test_each_wrong_try_makes_the_next_wait_longer_and_a_right_one_ends_the_row() -> None:
    throttle, clock = Throttle(), FakeClock()
    waits = []
    for _ in range(14):
        taken = throttle.take("handler", HERE, clock())
        if isinstance(taken, float):
            waits.append(taken)
            clock.advance(seconds=taken)
            last = throttle.take("handler", HERE, clock())

    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 900.0]
    assert isinstance(last, Try)
    throttle.right(last)
    assert isinstance(throttle.take("handler", HERE, clock()), Try)


def test_many_names_from_one_address_are_one_sender() -> None:
    throttle = Throttle()

    taken = [throttle.take(f"name{number}", f"2001:db8::{number:x}", MONDAY) for number in range(1, 100)]

    assert sum(isinstance(one, Try) for one in taken) == 10


def test_a_name_that_nobody_has_is_slowed_down_like_others(desk_house: DeskHouse, hasher: Counting) -> None:
    known, unknown = client(desk_house, HERE), client(desk_house, THERE)

    for one, name in ((known, "handler"), (unknown, "nobody")):
        answers = [one.sign_in(name, "wrong password") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [403, 403, 403, 429, 429, 429]
        assert answers[-1].headers["retry-after"] == "2"


def test_as_much_is_computed_for_a_name_that_nobody_has(desk_house: DeskHouse, hasher: Counting) -> None:
    desk_house.account("reviewer")
    counts: list[int] = []
    for name in ("handler", "nobody", "reviewer", ""):
        before = hasher.computed
        client(desk_house, f"192.0.2.{len(counts) + 1}").sign_in(name, "wrong password")
        counts.append(hasher.computed - before)

    assert counts == [1, 1, 1, 1]


@pytest.mark.slow
def test_the_time_of_a_refusal_does_not_tell_whether_the_name_exists(desk_house: DeskHouse) -> None:
    # Dear enough to be seen over all the rest.
    dear = argon2.PasswordHasher(time_cost=2, memory_cost=16_384, parallelism=1)
    desk_house.changes["passwords"] = Passwords(hasher=dear)
    account = desk_house.account("handler")
    with desk_house.database.unit() as unit:
        unit.accounts.save(account.with_password(dear.hash(PASSWORD), is_short=False, at=desk_house.clock()))
        unit.commit()
    took: dict[str, list[float]] = {"handler": [], "nobody": []}
    for number in range(24):
        name = ("handler", "nobody")[number % 2]
        one = client(desk_house, f"192.0.2.{number}")
        token = one.token()
        began = time.perf_counter()
        answer = one.post("/sign-in", data={"name": name, "password": "wrong password", "csrf": token})
        took[name].append(time.perf_counter() - began)
        assert answer.status_code == 403

    medians = sorted(statistics.median(times) for times in took.values())
    assert medians[1] < medians[0] * 1.5


def test_little_is_kept_of_what_strangers_try() -> None:
    throttle = Throttle(most_kept=500)

    for number in range(2_000):
        throttle.take(f"name{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", MONDAY)

    assert len(throttle._counts) == 500
