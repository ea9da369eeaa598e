"""Files that come with a form, by the page and by the API."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest

from ingest.web_form.settings import FormSettings
from tests.ingest.web_form.fakes import House, some_settings
from tests.support.builders import sha256_of

WORDS = "My water is brown since Monday."
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
BOUNDARY = "boundary-of-a-test"

Part = tuple[str, str, bytes]


def small() -> FormSettings:
    return replace(some_settings(), max_files=2, max_file_bytes=20_000, max_files_bytes=30_000)


def in_parts(boxes: dict[str, str], files: Sequence[Part]) -> bytes:
    body = b""
    for name, value in boxes.items():
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    for name, type_, content in files:
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'.encode()
        body += f"Content-Type: {type_}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def post(house: House, path: str, boxes: dict[str, str], *files: Part, key: str = "") -> httpx.Response:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    headers |= {"Idempotency-Key": key} if key else {}
    return house.visitor.request("POST", path, content=in_parts(boxes, files), headers=headers)


def page(house: House, *files: Part, text: str = WORDS) -> httpx.Response:
    return post(house, "/", {"form_id": "page-key-0001", "text": text}, *files)


def test_files_of_a_page_are_kept_with_what_their_sender_claims() -> None:
    house = House()

    answer = page(
        house, ("kettle.jpg", "image/jpeg", PHOTO), ("C:\\Users\\ines\\bill.pdf", "application/pdf", b"%PDF-1")
    )

    assert answer.status_code == 303
    (kept,) = house.intake.submissions
    assert [(one.filename, one.content_type, one.size_bytes, one.sha256) for one in kept.files] == [
        ("kettle.jpg", "image/jpeg", len(PHOTO), sha256_of(PHOTO)),
        ("bill.pdf", "application/pdf", 6, sha256_of(b"%PDF-1")),
    ]
    assert house.intake.files[sha256_of(PHOTO)] == PHOTO


def test_a_form_with_files_posted_twice_is_one_form() -> None:
    house = House()

    first, second = (page(house, ("kettle.jpg", "image/jpeg", PHOTO)) for _ in range(2))

    assert first.headers["location"] == second.headers["location"]
    assert len(house.intake.submissions) == 1


def test_other_files_under_the_same_words_are_another_form() -> None:
    house = House()

    page(house, ("kettle.jpg", "image/jpeg", PHOTO))
    page(house, ("kettle.jpg", "image/jpeg", PHOTO[:-1]))

    assert len(house.intake.submissions) == 2


def test_a_box_for_files_that_was_left_empty_is_none() -> None:
    house = House()

    assert page(house, ("", "application/octet-stream", b"")).status_code == 303
    assert house.intake.submissions[0].files == ()


def test_a_program_sends_files_as_well() -> None:
    house = House()

    answers = [
        post(house, "/api/v1/submissions", {"text": WORDS, "name": "Ines"}, ("a.jpg", "image/jpeg", PHOTO), key="k-1")
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[1].headers["idempotency-replayed"] == "true"
    (kept,) = house.intake.submissions
    assert (kept.text, kept.name, len(kept.files)) == (WORDS, "Ines", 1)


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ([("a", "x/y", b"1")] * 3, "takes 2"),
        ([("film.mp4", "video/mp4", bytes(20_001))], "film.mp4 has"),
        ([("a", "x/y", bytes(16_000)), ("b", "x/y", bytes(16_000))], "Together"),
    ],
)
def test_too_much_is_said_to_be_so_and_the_words_stay(files: list[Part], says: str) -> None:
    house = House(small())

    shown = page(house, *files)
    problem = post(house, "/api/v1/submissions", {"text": WORDS}, *files)

    assert (shown.status_code, problem.status_code) == (422, 422)
    assert says in shown.text
    assert WORDS in shown.text
    assert problem.json()["errors"][0]["field"] == "files"
    assert house.intake.files == {}


def test_files_that_were_lost_with_a_mistake_are_asked_for_again() -> None:
    shown = page(House(), ("kettle.jpg", "image/jpeg", PHOTO), text=" ")

    assert shown.status_code == 422
    assert "choose your files again" in shown.text


def test_a_body_over_the_cap_is_refused_whether_or_not_it_says_its_length() -> None:
    house = House(small())
    long = in_parts({"text": WORDS}, [("a", "x/y", bytes(1_000_000))])
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 10_000):
            yield long[start : start + 10_000]

    assert house.visitor.request("POST", "/", content=long, headers=headers).status_code == 413
    assert house.visitor.request("POST", "/", content=chunks(), headers=headers).status_code == 413
    assert house.intake.submissions == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"no parts at all",
        f"--{BOUNDARY}\r\n\r\nwithout a name\r\n--{BOUNDARY}--".encode(),
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="text"\r\n\r\ncut off'.encode(),
        in_parts({f"box-{number}": "x" for number in range(60)}, []),
        in_parts({}, [("a", "x/y", b"1")] * 40),
    ],
)
def test_parts_that_are_none_are_refused_without_a_fault_of_ours(body: bytes) -> None:
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    house = House()

    for path in ("/", "/api/v1/submissions"):
        assert house.visitor.request("POST", path, content=body, headers=headers).status_code in {400, 422}
    assert house.visitor.request(
        "POST", "/", content=body, headers={"Content-Type": "multipart/form-data"}
    ).status_code in {
        400,
        422,
    }
    assert house.intake.submissions == []


def test_a_large_file_takes_no_memory() -> None:
    settings = replace(some_settings(), max_file_bytes=60_000_000, max_files_bytes=60_000_000)
    house = House(settings)
    # The fake intake reads it, the form itself must not.
    house.intake.keep_file = lambda claimed, file, *, place: replace(claimed, sha256="0" * 64)  # type: ignore[method-assign]
    piece = bytes(100_000)
    head = in_parts({"text": WORDS}, [("a", "x/y", b"")]).removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode())

    async def chunks() -> AsyncIterator[bytes]:
        yield head
        for _ in range(300):
            yield piece
        yield f"\r\n--{BOUNDARY}--\r\n".encode()

    tracemalloc.start()
    try:
        answer = house.visitor.request(
            "POST",
            "/",
            content=chunks(),
            headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 303
    assert house.intake.submissions[0].files[0].size_bytes == 30_000_000
    assert peak < 6_000_000


def test_a_file_of_forms_that_names_kept_files_is_not_believed() -> None:
    from ingest.web_form.submission import read_submission

    line = json.dumps(
        {
            "text": WORDS,
            "submitted_at": "2026-11-22T09:15:00Z",
            "kept_files": [{"filename": "a", "content_type": "b", "size_bytes": 1, "sha256": "0" * 64}],
            "signs": ["x"],
        }
    ).encode()

    assert read_submission(line, default_form="f").files == ()
    assert read_submission(line, default_form="f").signs == ()
    assert len(read_submission(line, default_form="f", is_ours=True).files) == 1
