from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.domain.channel import Channel
from amends.domain.contact import IdentityKind
from amends.domain.message import Message, message_id
from amends.domain.submission import Submission
from amends.errors import Unprocessable
from ingest.web_form.submission import bound_id, read_submission, submission_bytes, submission_message
from ingest.web_form.typed import MAX_TEXT_CHARS, Typed

RECEIVED = datetime(2026, 11, 22, 9, 16, tzinfo=UTC)
FIELDS = ("form", "submission_id", "submitted_at", "name", "email", "subject", "text", "reference", "honeypot")


def a_line(**changes: object) -> bytes:
    form: dict[str, object] = {
        "form": "website",
        "submission_id": "b7c1",
        "submitted_at": "2026-11-22T09:15:00Z",
        "name": "Ines Okafor",
        "email": "ines@example.com",
        "subject": "Parcel",
        "text": "My parcel never came.",
        "reference": "ORD-1",
        "honeypot": "",
    }
    form.update(changes)
    return json.dumps({name: value for name, value in form.items() if value != "absent"}).encode()


def read(**changes: object) -> Submission:
    return read_submission(a_line(**changes), default_form="elsewhere")


def message_of(**changes: object) -> Message:
    return submission_message(read(**changes), account="website", raw_sha256="ab", received_at=RECEIVED)


def reason_of(raw: bytes) -> str:
    with pytest.raises(Unprocessable) as refusal:
        read_submission(raw, default_form="website")
    return refusal.value.reason


def test_a_form_becomes_a_message_of_its_channel() -> None:
    message = message_of()

    assert message.id == message_id(Channel.WEB_FORM, "website", "b7c1")
    assert (message.channel, message.account, message.native_id) == (Channel.WEB_FORM, "website", "b7c1")
    assert (message.author.kind, message.author.value) == (IdentityKind.TYPED_EMAIL, "ines@example.com")
    assert (message.author_name, message.subject) == ("Ines Okafor", "Parcel")
    assert message.text == message.own_words == "My parcel never came."
    assert message.sent_at == datetime(2026, 11, 22, 9, 15, tzinfo=UTC)
    assert (message.received_at, message.raw_sha256) == (RECEIVED, "ab")
    assert message.facts == {"reference": "ORD-1"}
    assert message.defects == ()


def test_an_address_has_one_spelling() -> None:
    assert message_of(email="  Ines@EXAMPLE.com ").author.value == "ines@example.com"


def test_without_an_address_the_author_is_known_by_the_submission_alone() -> None:
    message = message_of(email="")

    assert (message.author.kind, message.author.value) == (IdentityKind.ANONYMOUS, "website/b7c1")
    assert message.defects == ()


def test_two_forms_that_count_from_one_do_not_make_one_person_of_two() -> None:
    submission = read(email="", submission_id="1")

    authors = {
        submission_message(submission, account=account, raw_sha256="ab", received_at=RECEIVED).author.contact_id
        for account in ("shop", "website")
    }

    assert len(authors) == 2


def test_an_address_that_is_none_is_a_defect_and_the_words_stay() -> None:
    message = message_of(email="ines at example")

    assert message.author.kind is IdentityKind.ANONYMOUS
    assert len(message.defects) == 1
    assert message.defects[0].startswith("address not valid: ")
    assert message.text == "My parcel never came."


def test_a_honeypot_hit_is_no_message() -> None:
    with pytest.raises(Unprocessable) as refusal:
        message_of(honeypot="https://example.net")

    assert refusal.value.reason == "honeypot"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "bad_json"),
        (b"\xff\xfe", "bad_json"),
        (b"[" * 100_000, "bad_json"),
        (b'{"text":"\\ud800"}', "bad_json"),
        (b"[]", "bad_shape"),
        (a_line(text=5), "bad_shape"),
        (a_line(text=""), "empty_text"),
        (a_line(text="absent"), "empty_text"),
        (a_line(text=None), "empty_text"),
        (a_line(text=" \u200b\n\u00a0\x00"), "empty_text"),
        (a_line(text="a" * (MAX_TEXT_CHARS + 1)), "too_long"),
        (a_line(subject="a" * 301), "too_long"),
        (a_line(submission_id="a" * 201), "too_long"),
        (a_line(text="a" * 3_000_000), "too_long"),
        (a_line(submitted_at="absent"), "bad_time"),
        (a_line(submitted_at="2026-11-22T09:15:00"), "bad_time"),
        (a_line(submitted_at="yesterday"), "bad_time"),
        (a_line(submitted_at="0001-01-01T00:00:00+14:00"), "bad_time"),
        (a_line(submitted_at="9999-12-31T23:59:59-12:00"), "bad_time"),
    ],
)
def test_what_cannot_be_read_has_a_reason(raw: bytes, reason: str) -> None:
    assert reason_of(raw) == reason


def test_a_refusal_does_not_repeat_what_was_typed() -> None:
    with pytest.raises(Unprocessable) as refusal:
        read_submission(b'{"text": "ok", "name": ["Ines Okafor"]}', default_form="website")

    assert "Ines" not in str(refusal.value)
    assert "name" in str(refusal.value)


def test_missing_keys_are_filled_and_strange_ones_passed_over() -> None:
    raw = b'\xef\xbb\xbf{"text": "No answer.", "submitted_at": "2026-11-22T09:15:00Z", "name": null, "colour": "red"}'

    submission = read_submission(raw, default_form="website")

    assert (submission.form, submission.name, submission.text) == ("website", "", "No answer.")


def test_a_form_without_an_id_gets_the_same_one_each_time_and_another_for_other_words() -> None:
    first, again, other = read(submission_id=""), read(submission_id="absent"), read(submission_id="", text="Other.")

    assert first.submission_id == again.submission_id
    assert first.submission_id != other.submission_id


def test_control_characters_go_and_the_words_stay() -> None:
    submission = read(
        name="Ines\n\tOkafor\u202e",
        text="\x00One\x1b[31m line\r\nand\ranother\u2028e\u0301 \U0001f469\u200d\U0001f467\n\n",
    )

    assert submission.name == "Ines Okafor"
    assert submission.text == "One[31m line\nand\nanother\ne\u0301 \U0001f469\u200d\U0001f467"


def test_other_words_under_an_old_key_are_another_submission() -> None:
    first = Typed(text="My parcel never came.")

    assert bound_id("1", first) == bound_id("1", Typed(text="My parcel never came."))
    assert bound_id("1", first) != bound_id("1", Typed(text="It came. It is broken."))
    assert bound_id("1", first) != bound_id("2", first)
    assert bound_id("1", Typed(name="a", email="b")) != bound_id("1", Typed(name="ab"))


def read_or_reason(raw: bytes) -> Submission | str:
    try:
        return read_submission(raw, default_form="website")
    except Unprocessable as refusal:
        return refusal.reason


def message_or_reason(submission: Submission) -> Message | str:
    try:
        return submission_message(submission, account="website", raw_sha256="ab", received_at=RECEIVED)
    except Unprocessable as refusal:
        return refusal.reason


def never_surprises(raw: bytes) -> None:
    read = read_or_reason(raw)
    if isinstance(read, str):
        assert read in {"bad_json", "bad_shape", "bad_time", "too_long", "empty_text"}
        return
    assert read_submission(submission_bytes(read), default_form="other") == read
    message = message_or_reason(read)
    if isinstance(message, str):
        assert message == "honeypot"
        assert read.honeypot
    else:
        assert message.own_words == read.text


#: The first draw of text builds tables of characters, which takes a second on a busy machine.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@patiently
@given(st.binary())
def test_any_bytes_give_a_submission_or_a_reason(raw: bytes) -> None:
    never_surprises(raw)


JSON_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2)
)


@patiently
@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES))
def test_any_json_gives_a_submission_or_a_reason(form: dict[str, object]) -> None:
    never_surprises(json.dumps(form).encode())


ADDRESS_LIKE = st.one_of(st.emails(), st.builds("{}@{}".format, st.text(max_size=20), st.text(max_size=20)))


@patiently
@given(
    text=st.text(alphabet=st.characters(exclude_categories=[]), min_size=1),
    email=st.one_of(st.text(), ADDRESS_LIKE),
    name=st.text(),
    honeypot=st.sampled_from(["", "", "x"]),
    submitted_at=st.datetimes(timezones=st.timezones()),
)
def test_any_words_give_a_submission_or_a_reason(
    text: str, email: str, name: str, honeypot: str, submitted_at: datetime
) -> None:
    never_surprises(a_line(text=text, email=email, name=name, honeypot=honeypot, submitted_at=submitted_at.isoformat()))
