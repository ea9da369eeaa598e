"""What other form tools send: signed, fresh, kept as it came, once."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.domain.contact import IdentityKind
from amends.domain.message import Message
from amends.errors import Misconfigured, Unprocessable
from amends.ports import Fetched
from ingest.web_form.hooks import Webhook, read_key
from ingest.web_form.settings import FormLimits
from ingest.web_form.webhook import signature, webhook_reader
from tests.ingest.web_form.fakes import NOON, House, some_settings
from tests.support.builders import a_fetched

OLD, NEW = b"o" * 24, b"n" * 24
HOOK = Webhook(
    name="tally",
    keys=(OLD, NEW),
    fields={"text": ("answers.0.text", "answers.1.choices"), "email": ("contact.email",)},
)
BODY = {
    "answers": [{"text": "My water is brown."}, {"choices": ["kitchen", "bath"]}],
    "contact": {"email": "Ines@Example.org"},
    "name": "Ines Okafor",
}


def a_house(**limits: Any) -> House:
    return House(replace(some_settings(limits=FormLimits(**limits)), webhooks=(HOOK,)))


def send(
    house: House,
    body: bytes = json.dumps(BODY).encode(),
    *,
    key: bytes = NEW,
    id_: str = "msg_1",
    at: str = "",
    signed: str = "",
    path: str = "/api/v1/webhooks/tally",
) -> httpx.Response:
    at = at or str(int(house.clock.time.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": at,
        "webhook-signature": signed or signature(key, id_, at, body),
    }
    return house.visitor.request("POST", path, content=body, headers=headers)


def test_the_signature_is_that_of_the_convention() -> None:
    # The example of the convention's own libraries.
    key = read_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'

    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body)

    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_signed_is_kept_as_it_came() -> None:
    house = a_house()

    answer = send(house)

    assert answer.status_code == 202
    assert set(answer.json()) == {"reference", "status_url"}
    ((hook, item), raw), *_ = house.intake.hooked.items()
    assert (hook, raw) == ("tally", json.dumps(BODY).encode())
    assert item.startswith("msg_1.")


def test_both_keys_count_while_one_is_changed_and_several_signatures_may_come() -> None:
    house = a_house()
    at = str(int(house.clock.time.timestamp()))
    body = b"{}"
    both = f"v1,AAAA v1a,x {signature(OLD, 'msg_2', at, body)}"

    assert send(house, key=OLD).status_code == 202
    assert send(house, body, id_="msg_2", signed=both).status_code == 202


def test_what_is_sent_again_is_one_and_other_words_under_its_id_are_not_lost() -> None:
    house = a_house()

    first, again = send(house), send(house)
    house.clock.pass_s(60)
    retried = send(house)
    other = send(house, b'{"text": "Other words."}')

    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == retried.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in other.headers
    assert len(house.intake.hooked) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"key": b"x" * 24},
        {"signed": "v1,"},
        {"signed": "nonsense"},
        {"signed": "v1," + base64.b64encode(bytes(32)).decode()},
        {"id_": ""},
        {"id_": "m" * 201},
        {"at": "soon"},
        {"at": "-1"},
        {"at": str(int((NOON - timedelta(minutes=6)).timestamp()))},
        {"at": str(int((NOON + timedelta(minutes=6)).timestamp()))},
        {"at": "9" * 30},
    ],
)
def test_what_is_not_signed_by_a_key_of_ours_just_now_is_refused(changes: dict[str, Any]) -> None:
    house = a_house()

    answer = send(house, **changes)

    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert house.intake.hooked == {}


def test_what_was_overheard_cannot_be_sent_again_later() -> None:
    house = a_house()
    at = str(int(house.clock.time.timestamp()))
    send(house, at=at)
    house.clock.pass_s(301)

    assert send(house, at=at).status_code == 401


@given(at=st.integers(min_value=0, max_value=200), bit=st.integers(min_value=0, max_value=7))
def test_one_bit_of_the_body_changed_is_refused(at: int, bit: int) -> None:
    house = a_house()
    body = bytearray(json.dumps(BODY).encode())
    at %= len(body)
    moment = str(int(house.clock.time.timestamp()))
    signed = signature(NEW, "msg_1", moment, bytes(body))
    body[at] ^= 1 << bit

    assert send(house, bytes(body), signed=signed).status_code == 401


def test_a_tool_is_not_slowed_down_and_a_guesser_is() -> None:
    house = a_house(forms_at_once=2)

    assert {send(house, id_=f"msg_{number}").status_code for number in range(5)} == {202}
    assert [send(house, key=b"x" * 24).status_code for _ in range(3)] == [401, 401, 429]


def test_a_tool_that_nobody_named_is_not_there() -> None:
    assert send(a_house(), path="/api/v1/webhooks/other").status_code == 404


def read(body: object, *, hook: Webhook = HOOK, source: str = "webhook:tally") -> Message:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fetched: Fetched = a_fetched(raw, source=source, item="msg_1.ab")
    found = webhook_reader([hook])(fetched, "00")
    assert isinstance(found, Message)
    return found


def test_fields_are_found_where_the_settings_say() -> None:
    message = read(BODY)

    assert message.own_words == "My water is brown.\n\nkitchen, bath"
    assert (message.author.kind, message.author.value) == (IdentityKind.TYPED_EMAIL, "ines@example.org")
    assert (message.author_name, message.account, message.subject) == ("Ines Okafor", "tally", "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"not json", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        ({}, "empty_text"),
        ([1, 2], "empty_text"),
        ({"answers": [{"text": {"deep": 1}}]}, "empty_text"),
        ({"answers": [{"text": "x" * 100_001}]}, "too_long"),
    ],
)
def test_what_cannot_be_read_says_why(body: object, reason: str) -> None:
    with pytest.raises(Unprocessable) as why:
        read(body)
    assert why.value.reason == reason


def test_a_tool_that_the_settings_know_no_more_says_so() -> None:
    with pytest.raises(Unprocessable) as why:
        read(BODY, source="webhook:gone")
    assert why.value.reason == "unknown_webhook"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(json_values)
def test_any_json_is_a_message_or_says_why_not(body: object) -> None:
    hook = replace(HOOK, fields={"text": ("answers.0.text", "text", "0", "a.b.c")})

    assert outcome_of(body, hook) in {"a message", "empty_text", "too_long"}


def outcome_of(body: object, hook: Webhook) -> str:
    try:
        read(body, hook=hook)
    except Unprocessable as why:
        return why.reason
    return "a message"


@pytest.mark.parametrize("key", ["", "whsec_", "whsec_c2hvcnQ=", "not base64 at all!"])
def test_a_key_that_is_none_is_refused_with_the_way_to_make_one(key: str) -> None:
    with pytest.raises(Misconfigured, match="openssl"):
        read_key(key)
