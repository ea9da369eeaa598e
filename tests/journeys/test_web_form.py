"""The web form from end to end: files, what is said on the status page, and what other form tools send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from amends.casework import parked as casework
from amends.domain.case import CaseState
from amends.domain.ids import read_reference
from amends.rebuild import log_of_database, open_present, rebuild
from ingest.web_form.hooks import read_key
from ingest.web_form.webhook import signature
from tests.ingest.attachments.archives import a_zip, zeros
from tests.ingest.web_form.fakes import Visitor
from tests.ingest.web_form.test_files import PHOTO, Part, in_parts
from tests.journeys.letters import COMPLAINT
from tests.journeys.running import a_house, work
from tests.journeys.test_people import ANSWER, Desk

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEADERS = {"Content-Type": "multipart/form-data; boundary=boundary-of-a-test"}


class Shop(Desk):
    """An installation with its web form, and a visitor in front of it."""

    @property
    def visitor(self) -> Visitor:
        return Visitor(self.house.form())

    def post(self, path: str, boxes: dict[str, str], *files: Part) -> httpx.Response:
        answer = self.visitor.request("POST", path, content=in_parts(boxes, files), headers=HEADERS)
        assert answer.status_code == 303, answer.text
        return answer

    def complain(self, *files: Part, email: str = "ines@customer.example") -> tuple[str, str]:
        """Send a form; give the token of its status page, and its reference."""
        boxes = {"form_id": "page-key-0001", "text": COMPLAINT, "name": "Ines Okafor", "email": email}
        token = self.post("/", boxes, *files).headers["location"].rpartition("/")[2]
        work(self.house)
        return token, self.reference(token)

    def reference(self, token: str) -> str:
        progress = self.house.form()
        page = Visitor(progress).get(f"/status/{token}").text
        return page.partition('<dd class="reference">')[2].partition("</dd>")[0]

    def say(self, token: str, said: str, text: str = "", *files: Part) -> None:
        self.post(f"/status/{token}", {"form_id": f"key-{said}-{text[:5]}", "said": said, "text": text}, *files)
        work(self.house)

    def state(self, reference: str) -> CaseState:
        with self.house.database.reading() as unit:
            return unit.cases.get(read_reference(reference)).state


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    (tmp_path / "letters").mkdir()
    hook = {"name": "tally", "keys": [KEY], "fields": {"text": ["wrong.place"]}}
    with a_house(tmp_path / "data", form_webhooks=[hook]) as house:
        yield Shop(house, tmp_path / "letters")


@pytest.mark.parametrize("email", ["ines@customer.example", ""])
def test_what_is_added_joins_the_case_and_a_file_comes_along(shop: Shop, email: str) -> None:
    token, reference = shop.complain(("kettle.jpg", "image/jpeg", PHOTO), email=email)
    bomb = ("bomb.zip", "application/zip", a_zip({"a": zeros(40)}))

    shop.say(token, "added", "The receipt is attached.", bomb)
    shop.say(token, "added", "The receipt is attached.", bomb)

    shown = shop.shown(reference)
    assert [one["message"]["facts"] for one in shown["messages"]] == [{}, {"status_page": "added"}]
    files = [
        (one["number"], one["attachment"]["sniffed_type"], one["attachment"]["refused"]) for one in shown["attachments"]
    ]
    assert files == [(1, "image/jpeg", ""), (2, "application/zip", "archive_ratio")]
    assert shop.house.attachment(reference, 1).content == PHOTO
    assert "said on the status page: added" in shop.type("case", "show", reference).out
    assert [row["id"] for row in shop.type("queue", "list", "--json").json] == [reference]
    assert shop.type("reconcile", "--json").json["unexplained"] == 0


def test_an_answer_is_accepted_or_not_and_nothing_is_closed_by_it(shop: Shop) -> None:
    token, reference = shop.complain()
    answer = shop.reply(reference, "answer", "drafted")
    shop.type("review", "edit", answer, "--text", ANSWER, "--as", "hana")
    shop.type("review", "approve", answer, "--as", "rita")
    work(shop.house)
    assert shop.state(reference) is CaseState.ANSWERED
    page = shop.visitor.get(f"/status/{token}").text
    assert "We have answered it." in page
    assert 'value="accepted"' in page

    shop.say(token, "accepted")

    assert shop.state(reference) is CaseState.IN_HAND
    messages = shop.shown(reference)["messages"]
    assert messages[-1]["message"]["own_words"] == "I accept the answer."
    assert "You accepted the answer" in shop.visitor.get(f"/status/{token}").text


def test_a_withdrawal_is_a_message_that_people_see(shop: Shop) -> None:
    token, reference = shop.complain()

    shop.say(token, "withdrawn", "My son has mended it.")

    assert shop.state(reference) is not CaseState.CLOSED
    message = shop.shown(reference)["messages"][-1]["message"]
    assert message["own_words"].endswith("My son has mended it.")
    assert message["facts"] == {"status_page": "withdrawn"}


def test_what_is_said_before_the_form_was_judged_joins_its_case_all_the_same(shop: Shop) -> None:
    boxes = {"form_id": "page-key-0001", "text": COMPLAINT}
    token = shop.post("/", boxes).headers["location"].rpartition("/")[2]

    shop.say(token, "added", "One thing more.")

    assert len(shop.shown(shop.reference(token))["messages"]) == 2


def test_only_an_acknowledgement_of_the_form_itself_goes_by_mail(shop: Shop) -> None:
    token, _ = shop.complain()
    shop.say(token, "added", "One thing more.")

    sent = list((shop.house.settings.data_dir / "sent").glob("*.eml"))

    assert len(sent) == 1
    assert token in sent[0].read_text("utf-8").replace("=\n", "")


def test_a_webhook_whose_fields_are_wrong_is_parked_and_taken_in_once_they_are_right(shop: Shop) -> None:
    body = json.dumps({"form": {"what": COMPLAINT}, "email": "kit@customer.example"}).encode()
    at = str(int(datetime.now(UTC).timestamp()))
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": at,
        "webhook-signature": signature(read_key(KEY), "msg_1", at, body),
    }
    answer = shop.visitor.request("POST", "/api/v1/webhooks/tally", content=body, headers=headers)
    assert answer.status_code == 202
    [parked] = shop.type("parked", "list", "--json").json
    assert (parked["reason"], parked["source"]) == ("empty_text", "webhook:tally")

    right = {"name": "tally", "keys": [KEY], "fields": {"text": ["form.what"]}}
    with a_house(shop.house.settings.data_dir, form_webhooks=[right]) as house:
        with house.database.unit() as unit:
            casework.retry(unit, parked["id"], by="hana", at=house.now(), take_in_again=house.take_in_again)
            unit.commit()
        work(house)
        [row] = Shop(house, shop.letters).type("queue", "list", "--json").json
        assert answer.json()["reference"] == row["id"]


def test_a_rebuild_repeats_what_was_said(shop: Shop, tmp_path: Path) -> None:
    token, _ = shop.complain(("kettle.jpg", "image/jpeg", PHOTO))
    shop.say(token, "withdrawn")
    present = open_present(shop.house)

    again = rebuild(shop.house, str(tmp_path / "new.db"), log_=log_of_database(present), present=present)

    present.engine.dispose()
    assert again.differences == []


def test_the_frame_for_another_page_is_written_only_where_it_may_be_shown(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "AMENDS_FORM_FRAMED_BY" in shop.refusal("form", "embed")

    monkeypatch.setenv("AMENDS_FORM_FRAMED_BY", "https://www.shop.example")
    monkeypatch.setenv("AMENDS_FORM_URL", "https://forms.shop.example/complaints")

    frame, link = shop.type("form", "embed", "--title", 'A "complaint"').out.splitlines()
    assert 'src="https://forms.shop.example/complaints/"' in frame
    assert "A &quot;complaint&quot;" in frame
    assert link.startswith('<p><a href="https://forms.shop.example/complaints/">')
