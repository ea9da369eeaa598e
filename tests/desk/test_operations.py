"""The operators' pages: what they show, what may be done there, and that nothing from outside is more than text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest

import amends.desk
from amends.casework import channels
from amends.domain.arrival import ParkedState
from amends.domain.dead import DeadState
from amends.domain.delivery import Unreachable
from amends.domain.reply import ReplyState
from amends.domain.task import TaskKind
from amends.domain.webhook import CallState
from amends.errors import Unprocessable
from amends.history import StageDone, note_stage_done
from amends.ports import Delivered
from tests.desk.house import Client, DeskHouse
from tests.desk.reviewing import Reviewing
from tests.desk.watched import give_up, raise_alert
from tests.support.builders import a_dead_letter, a_parked
from tests.support.clock import MONDAY
from tests.support.places import REPOSITORY

OPERATIONS = "/desk/operations"


@pytest.fixture
def olga(desk_house: DeskHouse) -> Client:
    """Operates."""
    return desk_house.client("operator", name="olga")


def said(client: Client, path: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(path).text).split())


def park(
    desk_house: DeskHouse, count: int = 1, *, reason: str = "not_a_mail", content: bytes = b"\x00 no mail"
) -> list[str]:
    """Set things aside, with their bytes."""
    digest = desk_house.parts.blobs.put(content)
    parked = [replace(a_parked(f"{reason}-{number}.eml"), reason=reason, raw_sha256=digest) for number in range(count)]
    with desk_house.database.unit() as unit:
        unit.intake.park(parked)
        unit.commit()
    return [one.id for one in parked]


def bury(desk_house: DeskHouse, *record_ids: str, reason: str = "stage_failed", body: bytes = b"{}") -> list[str]:
    """Add dead letters of triage."""
    letters = [a_dead_letter(one, reason=reason, body=body) for one in record_ids]
    with desk_house.database.unit() as unit:
        unit.dead.add(letters)
        unit.commit()
    return [letter.id for letter in letters]


def test_a_stage_tells_what_waits_when_it_last_got_on_and_how_near_its_brake_is(
    desk_house: DeskHouse, olga: Client
) -> None:
    with desk_house.database.unit() as unit:
        done = StageDone(stage="triage", topic="messages", partition=0, first=0, to=1, count=1)
        note_stage_done(unit, done, at=MONDAY)
        unit.commit()
    bury(desk_house, *(f"r{number}" for number in range(20)))
    reviewing = Reviewing(house=desk_house)
    uma = desk_house.client("reviewer", name="uma")
    reply = reviewing.reply()
    uma.submit(f"/desk/review/{reply.id}/approve", page=f"/desk/review/{reply.id}")

    page = said(olga, OPERATIONS)

    assert "triage ✕ the brake gripped 0 0 just now 20 of 20" in page
    assert "respond ✓ done with all 0 0 not lately 0 of 20" in page
    assert "deliver ✕ nobody works on it 1 0 not lately 0 of 20" in page


def test_each_channel_tells_when_something_last_came_and_went(desk_house: DeskHouse, olga: Client) -> None:
    reviewing = Reviewing(house=desk_house)
    uma = desk_house.client("reviewer", name="uma")
    reply = reviewing.reply()
    uma.submit(f"/desk/review/{reply.id}/approve", page=f"/desk/review/{reply.id}")
    reviewing.deliver()

    page = said(olga, OPERATIONS)

    assert "E-mail never nothing nobody never" in page
    assert "Public reply just now none lately" in page


@pytest.mark.parametrize(
    ("fate", "state", "tasks"),
    [("arrived", ReplyState.SENT, []), ("lost", ReplyState.FAILED, [TaskKind.REACH_ANOTHER_WAY])],
)
def test_a_delivery_of_unknown_fate_is_settled(
    desk_house: DeskHouse, olga: Client, fate: str, state: ReplyState, tasks: list[TaskKind]
) -> None:
    reviewing = Reviewing(house=desk_house)
    uma = desk_house.client("reviewer", name="uma")
    reply = reviewing.reply()
    uma.submit(f"/desk/review/{reply.id}/approve", page=f"/desk/review/{reply.id}")
    reviewing.sender.says = Delivered.UNKNOWN
    reviewing.deliver()
    assert reply.text[:60] in said(olga, OPERATIONS)
    assert olga.submit(f"{OPERATIONS}/settle/{reply.id}", {"fate": "perhaps"}).status_code == 409

    answer = olga.submit(f"{OPERATIONS}/settle/{reply.id}", {"fate": fate}, page=OPERATIONS)

    assert answer.headers["location"] == f"{OPERATIONS}#undecided"
    assert reviewing.stored(reply).state is state
    with desk_house.database.reading() as unit:
        assert [task.kind for task in unit.tasks.open_tasks()] == tasks
    assert "None: of every reply it is known" in said(olga, OPERATIONS)


def test_mail_goes_again_to_an_address_that_it_came_back_from(desk_house: DeskHouse, olga: Client) -> None:
    reply = Reviewing(house=desk_house).reply()
    with desk_house.database.unit() as unit:
        one = Unreachable(address="gone@example.org", since=MONDAY, reply_id=reply.id, says="550 no such user")
        unit.deliveries.block(one)
        unit.commit()
    assert "gone@example.org just now 550 no such user" in said(olga, OPERATIONS)

    olga.submit(f"{OPERATIONS}/allow", {"address": "gone@example.org"}, page=OPERATIONS)

    assert "gone@example.org just now" not in said(olga, OPERATIONS)
    assert olga.submit(f"{OPERATIONS}/allow", {"address": "gone@example.org"}, page=OPERATIONS).status_code == 404


def test_an_alert_of_a_channel_is_shown_until_it_ends_with_who_has_seen_it(desk_house: DeskHouse, olga: Client) -> None:
    assert "not as usual" not in said(olga, OPERATIONS)
    alert = raise_alert(desk_house)
    page = said(olga, OPERATIONS)
    assert "✕ silent E-mail since just now Nothing has come" in page
    assert "just now imap:care" in page

    olga.submit(f"{OPERATIONS}/alerts/{alert}", page=OPERATIONS)

    assert "Seen by olga just now" in said(olga, OPERATIONS)
    assert olga.submit(f"{OPERATIONS}/alerts/{alert}", page=OPERATIONS).status_code == 409
    with desk_house.database.unit() as unit:
        channels.end_alert(unit, alert, at=MONDAY)
        unit.commit()
    assert "not as usual" not in said(olga, OPERATIONS)


def counted(desk_house: DeskHouse) -> dict[tuple[str, CallState], int]:
    with desk_house.database.reading() as unit:
        return dict(unit.calls.counted())


def test_calls_that_were_given_up_are_made_again(desk_house: DeskHouse, olga: Client) -> None:
    give_up(desk_house)
    assert "case.closed after 1 try since just now it answered 500" in said(olga, OPERATIONS)

    olga.submit(f"{OPERATIONS}/webhooks/crm/retry", page=OPERATIONS)

    assert counted(desk_house) == {("crm", CallState.WAITING): 1}
    assert '"action":"webhook.retried","actor":"user:olga"' in desk_house.audit("webhook:crm")[-1]
    assert olga.submit(f"{OPERATIONS}/webhooks/other/retry", page=OPERATIONS).status_code == 404


def test_calls_that_were_given_up_are_dropped_with_a_reason(desk_house: DeskHouse, olga: Client) -> None:
    give_up(desk_house)
    path = f"{OPERATIONS}/webhooks/crm/discard"
    assert olga.submit(path, {"reason": " "}, page=OPERATIONS).status_code == 409
    assert counted(desk_house) == {("crm", CallState.GIVEN_UP): 1}

    olga.submit(path, {"reason": "They know"}, page=OPERATIONS)

    assert counted(desk_house) == {}
    assert "They know" in desk_house.audit("webhook:crm")[-1]


class TestParked:
    def test_it_is_listed_by_reason_and_shown_as_text(self, desk_house: DeskHouse, olga: Client) -> None:
        [one] = park(desk_house, content=b"<script>alert(1)</script>\x1b[31m\xe2\x80\xaeevil")
        park(desk_house, 2, reason="bad_json")

        listed = said(olga, f"{OPERATIONS}/parked")
        shown = olga.get(f"{OPERATIONS}/parked/{one}").text

        assert "not_a_mail 1" in listed
        assert "bad_json 2" in listed
        assert one not in olga.get(f"{OPERATIONS}/parked?reason=bad_json").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;\ufffd[31m\ufffdevil" in shown
        assert "<script>alert" not in shown
        assert olga.get(f"{OPERATIONS}/parked?state=eaten").status_code == 422

    def test_its_bytes_are_a_download_that_no_browser_shows(self, desk_house: DeskHouse, olga: Client) -> None:
        [one] = park(desk_house, content=b"<script>alert(1)</script>")

        answer = olga.get(f"{OPERATIONS}/parked/{one}/raw")

        assert answer.content == b"<script>alert(1)</script>"
        assert answer.headers["content-type"] == "application/octet-stream"
        assert answer.headers["content-disposition"] == f'attachment; filename="parked-{one}.bin"'
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert '"action":"parked.read","actor":"user:olga"' in desk_house.audit(f"parked:{one}")[-1]

    def test_it_is_discarded_with_a_reason_and_once(self, desk_house: DeskHouse, olga: Client) -> None:
        [one] = park(desk_house)
        path = f"{OPERATIONS}/parked/{one}"
        assert olga.submit(f"{path}/discard", {"reason": " "}, page=path).status_code == 409

        olga.submit(f"{path}/discard", {"reason": "A read receipt"}, page=path)

        with desk_house.database.reading() as unit:
            assert unit.intake.find_parked(one).state is ParkedState.DISCARDED
        assert "A read receipt" in desk_house.audit(f"parked:{one}")[-1]
        again = olga.submit(f"{path}/discard", {"reason": "Again"}, page=OPERATIONS)
        assert (again.status_code, "discarded before" in again.text) == (409, True)

    def test_it_is_tried_again_and_what_still_cannot_be_read_stays(self, desk_house: DeskHouse, olga: Client) -> None:
        still, now = park(desk_house, 2)

        def take_in_again(_unit: object, parked: object) -> None:
            if getattr(parked, "id", "") == still:
                raise Unprocessable("it still has no header")

        desk_house.changes["take_in_again"] = take_in_again
        del desk_house.__dict__["parts"], desk_house.__dict__["app"]
        client = desk_house.client("operator", name="omar")

        refused = client.submit(f"{OPERATIONS}/parked/{still}/retry", page=f"{OPERATIONS}/parked/{still}")
        client.submit(f"{OPERATIONS}/parked/{now}/retry", page=f"{OPERATIONS}/parked/{now}")

        assert (refused.status_code, "It still has no header." in refused.text) == (422, True)
        with desk_house.database.reading() as unit:
            assert unit.intake.find_parked(still).state is ParkedState.WAITING
            assert unit.intake.find_parked(now).state is ParkedState.RETRIED

    def test_many_are_discarded_only_if_they_are_as_many_as_was_asked(
        self, desk_house: DeskHouse, olga: Client
    ) -> None:
        park(desk_house, 3, reason="bounce")
        [other] = park(desk_house)
        page = f"{OPERATIONS}/parked?reason=bounce"
        assert "3 messages that were parked for bounce need nothing more" in said(olga, page)
        fields = {"code": "bounce", "reason": "All seen", "count": "2"}

        for wrong in ("2", "4", "", "x", "9" * 30):
            answer = olga.submit(f"{OPERATIONS}/parked/discard-all", {**fields, "count": wrong}, page=page)
            assert answer.status_code == 409
        olga.submit(f"{OPERATIONS}/parked/discard-all", {**fields, "count": "3"}, page=page)

        with desk_house.database.reading() as unit:
            assert [one.id for one in unit.intake.parked()] == [other]


class TestDeadLetters:
    def test_one_is_shown_as_text_with_all_that_is_known_of_it(self, desk_house: DeskHouse, olga: Client) -> None:
        [one] = bury(desk_house, "r1", body=b"<img src=x onerror=alert(1)>")

        shown = olga.get(f"{OPERATIONS}/dead/{one}").text

        assert "&lt;img src=x onerror=alert(1)&gt;" in shown
        assert "<img" not in shown
        assert "Given up by triage: stage_failed" in shown
        assert '"action":"dead.read","actor":"user:olga"' in desk_house.audit(f"dead:{one}")[-1]
        assert olga.get(f"{OPERATIONS}/dead/{one}/raw").content == b"<img src=x onerror=alert(1)>"

    def test_one_is_handed_over_again_or_discarded_with_a_reason(self, desk_house: DeskHouse, olga: Client) -> None:
        first, second = bury(desk_house, "r1", "r2")
        olga.submit(f"{OPERATIONS}/dead/{first}/retry", page=f"{OPERATIONS}/dead/{first}")
        assert olga.submit(f"{OPERATIONS}/dead/{second}/discard", {"reason": ""}, page=OPERATIONS).status_code == 409
        olga.submit(f"{OPERATIONS}/dead/{second}/discard", {"reason": "A test"}, page=f"{OPERATIONS}/dead/{second}")

        with desk_house.database.reading() as unit:
            assert unit.dead.find(first).state is DeadState.RETRIED
            settled = unit.dead.find(second)
            assert (settled.state, settled.settled_by, settled.settled_because) == (
                DeadState.DISCARDED,
                "olga",
                "A test",
            )
        assert "discarded by olga just now : A test" in said(olga, f"{OPERATIONS}/dead")

    def test_many_are_handed_over_or_discarded_only_if_they_are_as_many_as_was_asked(
        self, desk_house: DeskHouse, olga: Client
    ) -> None:
        bury(desk_house, "r1", "r2", "r3")
        bury(desk_house, "r4", "r5", reason="bad_record")
        page = f"{OPERATIONS}/dead"
        of_kind = {"stage": "triage", "code": "bad_record"}
        assert "5 are handed over in the order in which they died" in said(olga, page)

        wrong = olga.submit(f"{page}/retry-all", {"count": "4", "stage": "", "code": ""}, page=page)
        too_many = olga.submit(f"{page}/discard-all", {**of_kind, "count": "5", "reason": "old"}, page=page)
        olga.submit(f"{page}/discard-all", {**of_kind, "count": "2", "reason": "old"}, page=page)
        olga.submit(f"{page}/retry-all", {"count": "3", "stage": "", "code": ""}, page=page)

        assert (wrong.status_code, too_many.status_code) == (409, 409)
        with desk_house.database.reading() as unit:
            assert unit.dead.count() == {}
            assert sum(unit.dead.count(state=DeadState.DISCARDED).values()) == 2
            assert sum(unit.log.ends("messages").values()) == 3

    def test_they_are_paged_in_the_order_in_which_they_died_and_none_is_left_out(
        self, desk_house: DeskHouse, olga: Client
    ) -> None:
        buried = set(bury(desk_house, *(f"r{number}" for number in range(120))))
        path, found = f"{OPERATIONS}/dead", []
        while path:
            html = olga.get(path).text
            found.append(re.findall(r'scope="row"><a href="/desk/operations/dead/(\w+)"', html))
            link = re.search(r'rel="next" href="([^"]+)"', html)
            path = unescape(link[1]) if link else ""

        assert [len(page) for page in found] == [50, 50, 20]
        assert {one for page in found for one in page} == buried
        assert olga.get(f"{OPERATIONS}/dead?after=nothing").status_code == 404


def test_whoever_may_only_read_is_offered_no_change(desk_house: DeskHouse) -> None:
    [parked], [letter] = park(desk_house), bury(desk_house, "r1")
    auditor = desk_house.client("auditor")

    for path in ("", "/parked", f"/parked/{parked}", "/dead", f"/dead/{letter}"):
        html = auditor.get(OPERATIONS + path).text
        assert re.findall(r'action="([^"]+)"', html) == ["/sign-out"], path


@dataclass(frozen=True)
class _Finding:
    what: str
    is_well: bool
    says: str
    remedy: str = ""


@dataclass(frozen=True)
class _Reconciled:
    source: str
    held: int = 3
    waiting: int = 1
    dead: int = 0
    unexplained: tuple[tuple[str, str], ...] = ()


def test_everything_is_examined_and_reconciled_on_request(desk_house: DeskHouse) -> None:
    lost = _Reconciled("imap:care", unexplained=(("7", "it has no ledger row"),))
    desk_house.changes |= {
        "examine": lambda: [_Finding("clock", True, "agrees"), _Finding("sender", False, "is down", "start it")],
        "reconcile": lambda: [_Reconciled("files:inbox"), lost],
    }
    olga = desk_house.client("operator", name="olga")

    examined = olga.submit(f"{OPERATIONS}/examine", page=OPERATIONS).text
    reconciled = olga.submit(f"{OPERATIONS}/reconcile", page=OPERATIONS).text

    assert examined.index("sender") < examined.index("clock")
    assert "1 of 2 findings need somebody" in examined
    assert "1 unexplained" in reconciled
    assert "it has no ledger row" in reconciled


def test_a_desk_that_cannot_examine_says_what_to_run_instead(olga: Client) -> None:
    answer = olga.submit(f"{OPERATIONS}/examine", page=OPERATIONS)

    assert (answer.status_code, "amends doctor" in answer.text) == (404, True)


def test_every_section_of_the_runbook_that_a_page_names_is_there() -> None:
    headings = set(re.findall(r"^#+ (.+)$", (REPOSITORY / "docs/operate.md").read_text("utf-8"), re.MULTILINE))
    templates = Path(amends.desk.__file__).parent / "templates"
    named = {
        section
        for template in templates.glob("*.html")
        for section in re.findall(r'runbook\("([^"]+)"\)', template.read_text("utf-8"))
    }

    assert named
    assert named <= headings
