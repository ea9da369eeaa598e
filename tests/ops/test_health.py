"""Alive and ready: what a loop may do without being thought dead, and what makes a service unready."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from amends.errors import Unavailable
from amends.ops.health import BOUND_S, Check, Checks, Pulse
from respond.senders.smtp import Security, SmtpSettings
from tests.journeys.running import wait_until


class Seconds:
    """A clock in seconds that a test turns."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def a_pulse(bound_s: float = 60.0) -> tuple[Pulse, Seconds]:
    clock = Seconds()
    return Pulse(bound_s=bound_s, clock=clock), clock


def test_a_loop_that_stands_still_in_a_batch_longer_than_its_bound_is_dead() -> None:
    pulse, clock = a_pulse()
    clock.time += 40
    pulse.works()
    clock.time += 60
    assert pulse.standstill == ""
    clock.time += 1
    assert pulse.standstill == "the loop has not moved for 61 s"


def test_a_long_batch_lives_as_long_as_each_piece_of_it_comes_in_time() -> None:
    pulse, clock = a_pulse()
    for _ in range(10):
        pulse.works()
        clock.time += 59
    assert pulse.standstill == ""


def test_a_pause_is_no_standstill_however_long_it_is() -> None:
    pulse, clock = a_pulse()
    pulse.rests(86_400)
    clock.time += 86_400 + 59
    assert pulse.standstill == ""
    clock.time += 2
    assert pulse.standstill != ""


def test_what_is_unavailable_for_a_moment_is_no_trouble_and_what_stays_so_is() -> None:
    pulse, clock = a_pulse()
    pulse.waits("TimeoutError", 1)
    clock.time += 4
    assert pulse.trouble == ""
    pulse.waits("ConnectionRefusedError", 30)
    clock.time += 8
    assert pulse.trouble == "failing for 12 s (ConnectionRefusedError)"
    assert pulse.standstill == ""


def test_trouble_is_over_once_a_batch_is_committed_or_all_is_done() -> None:
    for well in (Pulse.did, lambda pulse: pulse.rests(1)):
        pulse, clock = a_pulse()
        pulse.waits("TimeoutError", 1)
        clock.time += 100
        assert pulse.trouble
        well(pulse)
        assert pulse.trouble == ""


def test_a_batch_that_merely_begins_ends_no_trouble() -> None:
    pulse, clock = a_pulse()
    pulse.waits("TimeoutError", 1)
    clock.time += 100
    pulse.works()
    assert pulse.trouble


def test_a_mail_server_that_takes_all_the_time_it_may_gets_no_worker_killed() -> None:
    patient = SmtpSettings(host="localhost", port=25, security=Security.PLAIN)
    # Connecting, its greeting, EHLO twice, STARTTLS, the sign-in, MAIL, RCPT, DATA; then its word on the text.
    assert BOUND_S["deliver"] > 10 * patient.timeout_s + patient.answer_timeout_s


@contextmanager
def looking(*checks: Check) -> Iterator[Checks]:
    found = Checks(checks)
    found.start()
    try:
        yield found
    finally:
        found.stop()


def test_nothing_is_ready_before_it_was_looked_at() -> None:
    assert Checks([Check(part="database", look=lambda: None)]).faults() == {"database": "not looked at yet"}


def test_a_check_says_what_is_wrong_and_that_it_is_well_again() -> None:
    down = threading.Event()
    down.set()

    def look() -> None:
        if down.is_set():
            raise Unavailable("the broker at 127.0.0.1:9092\ncannot be used now")

    with looking(Check(part="broker", look=look, every_s=0.01)) as checks:
        wait_until(lambda: checks.faults() == {"broker": "the broker at 127.0.0.1:9092 cannot be used now"}, for_s=10)
        down.clear()
        wait_until(lambda: checks.faults() == {"broker": ""}, for_s=10)


def test_a_fault_of_ours_is_told_by_its_kind_alone() -> None:
    def look() -> None:
        raise ValueError("ines@example.org")

    with looking(Check(part="database", look=look)) as checks:
        wait_until(lambda: checks.faults() == {"database": "the check failed (ValueError)"}, for_s=10)


def test_a_check_that_does_not_come_back_counts_as_failed_and_holds_up_no_other() -> None:
    clock, go_on, began = Seconds(), threading.Event(), threading.Event()

    def hangs() -> None:
        began.set()
        go_on.wait(20)

    checks = Checks(
        [Check(part="broker", look=hangs), Check(part="database", look=lambda: None)],
        clock=clock,
    )
    checks.start()
    try:
        assert began.wait(10)
        wait_until(lambda: checks.faults()["database"] == "", for_s=10)
        clock.time += 31
        assert checks.faults() == {"broker": "no answer for 31 s", "database": ""}
    finally:
        go_on.set()
        checks.stop()
