"""When a reply that was put off is tried again, and when no longer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amends.domain.delivery import GIVES_UP_AFTER, CameTo, PutOff, again_at, delivery_of
from tests.support.builders import a_reply
from tests.support.clock import MONDAY


def test_the_pauses_double_up_to_an_hour_and_end_after_two_days() -> None:
    at, since, pauses = MONDAY, MONDAY, []
    before = None
    while (then := again_at(before, at=at)) is not None:
        pauses.append((then - at) // timedelta(minutes=1))
        before, at = PutOff(times=len(pauses), since=since), then

    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(pauses[6:]) == {60}
    assert GIVES_UP_AFTER <= at - since < GIVES_UP_AFTER + timedelta(hours=1)


def test_a_reply_put_off_for_the_thousandth_time_costs_no_overflow() -> None:
    assert again_at(PutOff(times=10_000, since=MONDAY), at=MONDAY) == MONDAY + timedelta(hours=1)


def test_what_is_tried_again_was_put_off_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="put off"):
        delivery_of(a_reply(), CameTo.SENT, at=MONDAY, says="250", again_at=MONDAY)
    with pytest.raises(ValueError, match="put off"):
        delivery_of(a_reply(), CameTo.PUT_OFF, at=MONDAY, says="451")
