"""One call: where it may go, how long it may take, and what counts as taken."""

from __future__ import annotations

import time
from collections.abc import Sequence
from ipaddress import ip_network

import pytest

from amends.errors import Refused, Unavailable
from amends.tell.http import Way, post, read_url, where_to
from tests.tell.receiver import DRIP, DROP, HANG, receiving

HERE = Way(inside=(ip_network("127.0.0.0/8"),), timeout_s=0.4)
OUTSIDE = Way()


def names(*addresses: str) -> Sequence[str]:
    return addresses


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_call_is_taken_with_a_status_that_says_so(status: int) -> None:
    with receiving(status) as receiver:
        post(receiver.url + "/hooks?from=amends", b"{}", {"webhook-id": "evt_1"}, way=HERE)
        ((headers, body),) = receiver.got
    assert (headers["webhook-id"], body) == ("evt_1", b"{}")
    assert headers["host"] == receiver.url.removeprefix("http://")


@pytest.mark.parametrize(
    ("answer", "says"),
    [(500, "it answered 500"), (404, "it answered 404"), (302, "it answered 302"), (DROP, "the connection broke")],
)
def test_anything_else_is_not_and_nobody_is_sent_on(answer: int, says: str) -> None:
    with receiving(answer) as receiver, pytest.raises(Unavailable, match=says):
        post(receiver.url, b"{}", {}, way=HERE)
    assert len(receiver.got) == 1


@pytest.mark.parametrize("answer", [HANG, DRIP])
def test_the_whole_call_has_one_time_limit(answer: int) -> None:
    began = time.monotonic()
    with receiving(answer) as receiver, pytest.raises(Unavailable, match=r"no answer within 0\.4 s"):
        post(receiver.url, b"{}", {}, way=HERE)
    assert time.monotonic() - began < 3


def test_where_nobody_listens_the_call_is_not_taken() -> None:
    with receiving() as receiver:
        url = receiver.url
    with pytest.raises(Unavailable, match="the connection broke: Connection refused"):
        post(url, b"{}", {}, way=HERE)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.0.0.8", "172.16.4.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1",
        "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.8",
    ],
)  # fmt: skip
def test_what_is_inside_is_refused_whatever_its_name_says(address: str) -> None:
    with pytest.raises(Refused, match="no public address"):
        where_to("https://hooks.example.org/", way=OUTSIDE, names=lambda *_: names(address))


def test_this_machine_is_refused_by_its_name() -> None:
    with pytest.raises(Refused, match="no public address"):
        where_to("https://localhost/", way=OUTSIDE)


def test_of_several_addresses_one_that_may_be_called_is_taken() -> None:
    several = names("10.0.0.8", "8.8.8.8")
    assert where_to("https://hooks.example.org", way=OUTSIDE, names=lambda *_: several) == "8.8.8.8"


def test_the_settings_may_name_a_network_inside_and_still_tls_is_needed() -> None:
    way = Way(inside=(ip_network("10.1.0.0/16"),))
    assert where_to("https://crm.internal", way=way, names=lambda *_: names("10.1.2.3")) == "10.1.2.3"
    with pytest.raises(Refused, match="no public address"):
        where_to("https://crm.internal", way=way, names=lambda *_: names("10.2.0.1"))
    for address in ("10.1.2.3", "8.8.8.8"):
        with pytest.raises(Refused, match="in the clear"):
            where_to("http://crm.internal", way=way, names=lambda *_, here=address: names(here))


@pytest.mark.parametrize(
    "url",
    ["", "hooks", "ftp://example.org", "https://", "https://a b/", "https://me:secret@example.org/", "https://h:99999/",
     "https://example.org/#x", "https://example.org/\r\nx: y", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        read_url(url)
