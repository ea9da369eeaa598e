from __future__ import annotations

from datetime import timedelta

import pytest

from amends.errors import Misconfigured
from ingest.web_form.allowance import Allowance
from ingest.web_form.settings import FormLimits, FormSettings
from tests.ingest.web_form.fakes import NOON, some_settings


def test_an_address_may_send_so_many_at_once_and_then_one_at_a_time() -> None:
    allowance = Allowance(FormLimits(forms_at_once=2, seconds_per_form=10))

    assert [allowance.take("203.0.113.1", NOON) for _ in range(3)] == [0, 0, 10]
    assert allowance.take("203.0.113.1", NOON + timedelta(seconds=4)) == pytest.approx(6)
    assert allowance.take("203.0.113.1", NOON + timedelta(seconds=10.1)) == 0
    assert allowance.take("203.0.113.1", NOON + timedelta(seconds=10.2)) > 9


def test_waiting_for_long_saves_up_no_more_than_at_first() -> None:
    allowance = Allowance(FormLimits(forms_at_once=2, seconds_per_form=1))
    allowance.take("203.0.113.1", NOON)

    waits = [allowance.take("203.0.113.1", NOON + timedelta(days=9)) for _ in range(3)]

    assert [wait > 0 for wait in waits] == [False, False, True]


def test_a_clock_that_is_set_back_takes_nothing_away() -> None:
    allowance = Allowance(FormLimits(forms_at_once=2, seconds_per_form=10))
    allowance.take("203.0.113.1", NOON)

    assert allowance.take("203.0.113.1", NOON - timedelta(hours=1)) == 0


def test_no_more_addresses_are_remembered_than_set() -> None:
    allowance = Allowance(FormLimits(addresses_kept=10))

    for number in range(200):
        allowance.take(f"203.0.113.{number}", NOON)

    assert len(allowance) == 10


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.1", "203.0.113.1", True),
        ("203.0.113.1", "203.0.113.2", False),
        ("", "no address", False),
    ],
)
def test_a_sender_is_an_ipv4_address_or_an_ipv6_network(one: str, other: str, same: bool) -> None:
    allowance = Allowance(FormLimits(forms_at_once=1))
    allowance.take(one, NOON)

    assert (allowance.take(other, NOON) > 0) is same


@pytest.mark.parametrize(
    "url",
    [
        "",
        "help.example.com",
        "ftp://help.example.com",
        "https://",
        "https://x.example/?a",
        "https://x.example/#a",
    ],
)
def test_an_address_that_customers_cannot_open_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        some_settings(public_base_url=url)


def test_settings_that_mean_nothing_are_refused() -> None:
    for ancestors in [(), ("*",), ("'none'; script-src *",), ("https://a.example\r\nX: y",)]:
        with pytest.raises(Misconfigured):
            some_settings(frame_ancestors=ancestors)
    with pytest.raises(Misconfigured):
        some_settings(max_text_chars=0)
    with pytest.raises(Misconfigured):
        some_settings(contact_line=" ")
    with pytest.raises(Misconfigured):
        FormLimits(forms_at_once=0)
    with pytest.raises(Misconfigured):
        FormLimits(seconds_per_form=0)
    with pytest.raises(Misconfigured):
        FormSettings(
            organisation="a", form="b", public_base_url="https://a.example", contact_line="c", time_zone="Mars/North"
        )


@pytest.mark.parametrize(
    ("addresses", "stranger"),
    [
        ([f"203.0.113.{number}" for number in range(4)], "203.0.114.1"),
        ([f"2001:db8:1:{number}::1" for number in range(4)], "2001:db8:2::1"),
    ],
)
def test_a_network_may_send_so_many_from_however_many_addresses(addresses: list[str], stranger: str) -> None:
    allowance = Allowance(FormLimits(network_forms_at_once=3, network_seconds_per_form=5))

    assert [allowance.take(address, NOON) for address in addresses] == [0, 0, 0, 5]
    assert allowance.take(stranger, NOON) == 0
    assert allowance.take(addresses[3], NOON + timedelta(seconds=5)) == 0


def test_who_is_refused_for_their_network_has_lost_nothing_of_their_own() -> None:
    allowance = Allowance(FormLimits(forms_at_once=1, network_forms_at_once=1, network_seconds_per_form=1))
    allowance.take("203.0.113.1", NOON)

    assert allowance.take("203.0.113.2", NOON) > 0
    assert allowance.take("203.0.113.2", NOON + timedelta(seconds=1)) == 0
