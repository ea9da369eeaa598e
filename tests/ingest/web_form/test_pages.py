from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

import ingest.web_form
from amends.compose import House as Installation
from amends.settings import load_settings
from ingest.web_form.settings import FormLimits
from ingest.web_form.typed import Typed, find_problems
from tests.ingest.web_form.fakes import House, Visitor, some_settings
from tests.support.clock import FakeClock

WORDS = "My water is brown since Monday."
FOLDER = Path(ingest.web_form.__file__).parent


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of each."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts[self._open[-1]] = self.texts.get(self._open[-1], "") + data

    def by_id(self, name: str) -> dict[str, str]:
        return next(attributes for _, attributes in self.elements if attributes.get("id") == name)

    def skeleton(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(sorted(attributes))) for tag, attributes in self.elements]


def test_a_form_is_kept_and_leads_to_a_receipt_and_a_status_page() -> None:
    house = House()

    answer = house.visitor.post_page(text=WORDS, name="Ines Okafor", email="Ines@Example.com", subject="Brown water")
    receipt = house.visitor.get(answer.headers["location"])
    status = house.visitor.get(answer.headers["location"].replace("/sent/", "/status/"))

    assert answer.status_code == 303
    (kept,) = house.intake.submissions
    assert (kept.text, kept.name, kept.email, kept.subject) == (WORDS, "Ines Okafor", "Ines@Example.com", "Brown water")
    assert (kept.form, kept.submitted_at) == ("website", house.clock.time)
    reference = f"AM-{answer.headers['location'][6:14].upper()}"
    assert receipt.status_code == status.status_code == 200
    assert reference in receipt.text
    assert f"https://help.example.com{answer.headers['location'].replace('/sent/', '/status/')}" in receipt.text
    assert reference in status.text
    assert "A person is reading what you wrote." in status.text
    assert "22 November 2026 at 12:00 GMT" in status.text
    assert "Monday 30 November 2026" in status.text


def test_a_double_click_sends_one_form() -> None:
    house = House()

    first = house.visitor.post_page(text=WORDS)
    second = house.visitor.post_page(text=WORDS)

    assert len(house.intake.submissions) == 1
    assert first.headers["location"] == second.headers["location"]


def test_other_words_from_the_same_page_are_not_lost() -> None:
    house = House()

    first = house.visitor.post_page(text=WORDS)
    second = house.visitor.post_page(text=WORDS + " Now there is none at all.")

    assert len(house.intake.submissions) == 2
    assert first.headers["location"] != second.headers["location"]


def test_each_page_is_served_with_an_id_of_its_own() -> None:
    house = House()

    served = [re.findall(r'name="form_id" value="([^"]+)"', house.visitor.get("/").text) for _ in range(3)]

    assert [len(ids) for ids in served] == [1, 1, 1]
    assert len({ids[0] for ids in served}) == 3


def test_a_page_with_a_mangled_id_is_taken_all_the_same() -> None:
    house = House()

    answers = [house.visitor.post_page(text=WORDS, form_id="x y"), house.visitor.post_page(text=WORDS, form_id="")]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(house.intake.submissions) == 2


def test_a_honeypot_hit_gets_a_receipt_like_any_other() -> None:
    house = House()

    answer = house.visitor.post_page(text="Buy now", homepage="https://example.net")

    assert answer.status_code == 303
    assert house.visitor.get(answer.headers["location"]).status_code == 200
    assert house.intake.submissions[0].honeypot == "https://example.net"


def test_people_and_screen_readers_do_not_meet_the_honeypot() -> None:
    page = Page(House().visitor.get("/").text)

    field = page.by_id("homepage")
    wrapper = next(attributes for _, attributes in page.elements if attributes.get("class") == "aside-field")

    assert (field["tabindex"], field["autocomplete"]) == ("-1", "off")
    assert wrapper["aria-hidden"] == "true"
    assert "hidden" not in field
    assert field["type"] == "text"


def test_a_form_without_words_is_shown_again_with_what_was_typed_and_the_remedy() -> None:
    house = House()

    answer = house.visitor.post_page(text="  ", name="Ines Okafor", email="ines at example", reference="ORD-1")
    page = Page(answer.text)

    assert answer.status_code == 422
    assert house.intake.submissions == []
    assert [page.by_id(name)["value"] for name in ("name", "email", "reference")] == [
        "Ines Okafor",
        "ines at example",
        "ORD-1",
    ]
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a" and "#" in attributes["href"]]
    assert links == ["#main", "#text", "#email"]
    assert page.by_id("text")["aria-invalid"] == page.by_id("email")["aria-invalid"] == "true"
    assert page.by_id("email")["aria-describedby"] == "email-hint email-error"
    assert "Tell us what happened. A sentence is enough." in answer.text
    assert "Write it like name@example.com, or leave the box empty." in answer.text
    assert "page-key-0001" in answer.text
    assert page.texts["title"].startswith("Not sent yet: ")


def test_an_error_names_how_much_to_shorten() -> None:
    answer = House().visitor.post_page(text="a" * 2_014, subject="b" * 301)

    assert answer.status_code == 422
    assert "this has 2,014 characters and may have 2,000. Please shorten it by 14." in answer.text
    assert "this has 301 characters and may have 300. Please shorten it by 1." in answer.text
    assert "a" * 2_014 in answer.text


def test_text_that_begins_with_a_blank_line_comes_back_whole() -> None:
    answer = House().visitor.post_page(text="  line one\r\n\r\nline three", email="none")

    assert ">\nline one\n\nline three</textarea>" in answer.text


def test_every_field_has_a_label_and_a_hint() -> None:
    page = Page(House().visitor.get("/").text)

    labelled = {attributes["for"] for tag, attributes in page.elements if tag == "label"}
    fields = [
        attributes
        for tag, attributes in page.elements
        if tag in {"input", "textarea"} and attributes.get("type") != "hidden"
    ]

    ids = {attributes.get("id") for _, attributes in page.elements}
    assert {field["id"] for field in fields} == labelled
    for field in fields:
        assert set(field.get("aria-describedby", "").split()) <= ids


def test_when_nothing_can_be_kept_the_words_stay_on_the_page_and_the_sender_is_told() -> None:
    house = House()
    house.intake.is_down = True

    answer = house.visitor.post_page(text=WORDS)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    assert "nothing was kept" in answer.text
    assert WORDS in answer.text
    assert "page-key-0001" in answer.text
    assert "0800 555 0100" in answer.text


def test_the_status_page_says_when_it_cannot_look_up() -> None:
    house = House()
    location = house.visitor.post_page(text=WORDS).headers["location"]
    house.intake.is_down = True

    answer = house.visitor.get(location)

    assert answer.status_code == 503
    assert "What you sent is safe." in answer.text


@pytest.mark.parametrize("path", ["/status/nobody", "/sent/nobody", "/status/a%20b", "/status/" + "a" * 5000, "/x"])
def test_an_unknown_address_gets_a_calm_page(path: str) -> None:
    answer = House().visitor.get(path)

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    assert "0800 555 0100" in answer.text


def test_a_failure_of_ours_shows_no_insides_and_says_what_to_do() -> None:
    house = House()
    house.intake.breaks = True

    answer = house.visitor.post_page(text=WORDS)

    assert answer.status_code == 500
    assert "it will not count twice" in answer.text
    assert "ZeroDivision" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_after_so_many_forms_an_address_has_to_wait_and_keeps_its_words() -> None:
    house = House(some_settings(limits=FormLimits(forms_at_once=2, seconds_per_form=60)))
    for number in range(2):
        assert house.visitor.post_page(text=f"{WORDS} {number}").status_code == 303

    refused = house.visitor.post_page(text=f"{WORDS} third")
    elsewhere = Visitor(house.app, address="203.0.113.8").post_page(text=f"{WORDS} fourth")
    house.clock.pass_s(60)
    later = house.visitor.post_page(text=f"{WORDS} third")

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert f"{WORDS} third" in refused.text
    assert "reach us another way" in refused.text
    assert "0800 555 0100" in refused.text
    assert (elsewhere.status_code, later.status_code) == (303, 303)


def test_visitors_behind_our_proxy_are_told_apart_and_others_cannot_pretend() -> None:
    house = House(some_settings(limits=FormLimits(forms_at_once=1, seconds_per_form=60)))
    proxy, stranger = Visitor(house.app, address="127.0.0.1"), Visitor(house.app, address="198.51.100.1")

    def post(visitor: Visitor, claimed: str) -> int:
        boxes = {"text": WORDS}
        return visitor.request("POST", "/", boxes=boxes, headers={"X-Forwarded-For": claimed}).status_code

    assert [post(proxy, "203.0.113.1"), post(proxy, "203.0.113.2")] == [303, 303]
    assert [post(stranger, "203.0.113.3"), post(stranger, "203.0.113.4")] == [303, 429]


def test_a_proxy_may_be_any_machine_of_a_network(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, form_proxies="172.16.0.0/12")
    proxy = Visitor(Installation(settings=settings, now=FakeClock()).form(), address="172.20.0.1")

    def post(claimed: str) -> int:
        return proxy.request("POST", "/", boxes={"text": WORDS}, headers={"X-Forwarded-For": claimed}).status_code

    assert {post("203.0.113.1") for _ in range(FormLimits().forms_at_once)} == {303}
    assert [post("203.0.113.1"), post("203.0.113.2")] == [429, 303]


def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    house = House()

    async def endless() -> AsyncIterator[bytes]:
        yield b"text="
        raise AssertionError("it was read")

    answer = house.visitor.request(
        "POST",
        "/",
        content=endless(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Content-Length": "9999999999"},
    )

    assert answer.status_code == 413
    assert "That is too long for this form" in answer.text


def test_a_body_without_a_length_is_read_no_further_than_the_cap() -> None:
    house = House()
    chunks = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal chunks
        while True:
            chunks += 1
            yield b"a" * 10_000

    answer = house.visitor.request(
        "POST",
        "/",
        content=endless(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 413
    assert chunks * 10_000 <= house.settings.max_body_bytes + 20_000


def test_any_text_that_is_allowed_fits_however_it_is_encoded() -> None:
    house = House()

    answer = house.visitor.post_page(text="\U0001f4a7" * 2_000)

    assert answer.status_code == 303
    assert house.intake.submissions[0].text == "\U0001f4a7" * 2_000


@pytest.mark.parametrize("media", ["text/plain", "multipart/mixed; boundary=x", ""])
def test_another_kind_of_content_is_refused(media: str) -> None:
    answer = House().visitor.request("POST", "/", content=b"text=a", headers={"Content-Type": media})

    assert answer.status_code == 415


def test_a_body_of_many_fields_is_refused() -> None:
    answer = House().visitor.request("POST", "/", boxes={f"a{number}": "" for number in range(60)})

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"\xff\xfe=%ff&text=%ed%a0%80", b"&&&=", b"text", b"%", b""])
def test_a_body_that_no_browser_sends_is_asked_for_again(body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    assert House().visitor.request("POST", "/", content=body, headers=headers).status_code in {303, 422}


def pages_of(house: House) -> Iterator[tuple[str, httpx.Response]]:
    location = house.visitor.post_page(text=WORDS).headers["location"]
    yield "form", house.visitor.get("/")
    yield "errors", house.visitor.post_page(text="")
    yield "sent", house.visitor.get(location)
    yield "status", house.visitor.get(location.replace("/sent/", "/status/"))
    yield "notice", house.visitor.get("/nowhere")
    yield "wrong method", house.visitor.request("DELETE", "/")
    yield "json", house.visitor.post_json({"text": WORDS})
    yield "style", house.visitor.get("/static/form.css")
    yield "live", house.visitor.get("/livez")


def test_every_answer_carries_the_security_headers() -> None:
    for name, answer in pages_of(House()):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "script" not in policy, name
        assert "unsafe" not in policy, name
        assert answer.headers["x-content-type-options"] == "nosniff", name
        assert answer.headers["referrer-policy"] == "no-referrer", name
        assert answer.headers["x-frame-options"] == "DENY", name


def test_what_holds_a_reference_is_not_cached() -> None:
    answers = dict(pages_of(House()))

    for name in ("sent", "status", "errors", "json"):
        assert answers[name].headers["cache-control"] == "no-store", name
    assert answers["status"].headers["x-robots-tag"] == "noindex"


def test_an_organisation_may_frame_the_form_on_its_own_site() -> None:
    house = House(some_settings(frame_ancestors=("'self'", "https://www.example.com")))

    answer = house.visitor.get("/")

    assert "frame-ancestors 'self' https://www.example.com" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers


def test_no_page_has_a_script_or_an_inline_style_or_refers_to_another_place() -> None:
    for name, answer in pages_of(House()):
        if "html" not in answer.headers["content-type"]:
            continue
        for tag, attributes in Page(answer.text).elements:
            assert tag not in {"script", "style", "iframe", "object", "embed", "base"}, name
            for attribute, value in attributes.items():
                assert not attribute.startswith("on"), name
                assert attribute not in {"style", "ping", "srcset"}, name
                if attribute in {"href", "src", "action"}:
                    assert re.match(r"/(?!/)|#", value), (name, value)


@pytest.mark.parametrize("file", sorted((FOLDER / "static").iterdir()), ids=lambda file: file.name)
def test_no_file_that_we_serve_refers_to_another_place(file: Path) -> None:
    text = file.read_text().replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert not re.search(r"https?:|//\w|@import|url\(|<script", text)


def test_a_form_served_under_a_path_links_under_that_path() -> None:
    house = House(some_settings(public_base_url="https://example.com/complaints/"))

    answer = house.visitor.post_page(text=WORDS)
    receipt = house.visitor.get(answer.headers["location"].removeprefix("/complaints"))
    links = {a["href"] for tag, a in Page(receipt.text).elements if "href" in a and not a["href"].startswith("#")}

    assert answer.headers["location"].startswith("/complaints/sent/")
    assert all(link.startswith("/complaints/") for link in links)
    assert "https://example.com/complaints/status/" in receipt.text


def test_the_host_that_a_request_names_is_believed_nowhere() -> None:
    house = House()

    answer = house.visitor.request("POST", "/", boxes={"text": WORDS}, headers={"Host": "evil.example.net"})
    receipt = house.visitor.request("GET", answer.headers["location"], headers={"Host": "evil.example.net"})

    assert "evil" not in receipt.text + answer.headers["location"]


def test_a_supervisor_can_ask_whether_it_lives_and_whether_it_is_ready() -> None:
    house = House()

    assert house.visitor.get("/livez").status_code == 200
    assert house.visitor.get("/readyz").status_code == 200
    assert house.visitor.request("HEAD", "/livez").status_code == 200
    house.intake.is_down = True
    assert house.visitor.get("/livez").status_code == 200
    assert house.visitor.get("/readyz").status_code == 503


def test_the_log_holds_nothing_that_was_typed(caplog: pytest.LogCaptureFixture) -> None:
    house = House()

    with caplog.at_level(logging.DEBUG):
        house.visitor.post_page(text=WORDS, name="Ines Okafor", email="ines@example.com")
        house.visitor.post_page(text=WORDS, name="Ines Okafor", email="ines at example")
        house.intake.is_down = True
        house.visitor.post_page(text=WORDS, name="Ines Okafor", email="ines@example.com")

    ours = [str(record.__dict__) for record in caplog.records if record.name.startswith("ingest")]
    assert len(ours) == 2
    assert not re.search(r"Ines|ines@|brown", " ".join(ours))


def test_problems_come_in_the_order_of_the_page() -> None:
    typed = Typed(email="none", reference="r" * 101, text="", name="n" * 201, subject="s" * 301)

    assert [problem.field for problem in find_problems(typed, max_text_chars=10)] == [
        "text",
        "subject",
        "reference",
        "name",
        "email",
    ]
