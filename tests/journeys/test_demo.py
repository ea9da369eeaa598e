"""`amends demo` on the samples that ship: what it says is so, and every sample becomes what its label says."""

from __future__ import annotations

import json
import re
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped] # it has no types

from amends.bus.port import Position
from amends.compose import House
from amends.domain.account import Role
from amends.domain.arrival import Arrival
from amends.domain.channel import Channel
from amends.domain.clock import ClockKind
from amends.domain.link import Link, LinkKind
from amends.domain.reply import Purpose, Reply, ReplyState
from amends.domain.verdict import Kind, Severity
from amends.history import STAGE_DONE
from amends.samples import samples_dir
from amends.unit_of_work import JudgedMessage
from amends.wire import QUEUED, RECEIVED, TRIAGED
from tests.architecture.records_page import SCHEMAS
from tests.journeys.running import Ended, a_house, free_port, run_amends, service, wait_until
from tests.samples.reading import Expected, expected, form_lines

#: Shares of the samples on which triage agrees with their labels; below what was measured when this was written
#: (kind 0.64, severity 0.51), for these catch a broken model and not a slightly different one.
KIND_FLOOR, SEVERITY_FLOOR = 0.55, 0.42

EXPECTED = expected()
INGESTED = [one for one in EXPECTED if one.fate == "ingested"]
LEFT = {ReplyState.QUEUED, ReplyState.SENDING, ReplyState.SENT, ReplyState.UNKNOWN, ReplyState.FAILED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A demo that was run."""

    data: Path
    ended: Ended
    summary: dict[str, Any]
    house: House
    #: The ledger's row of each sample, by the sample's name in `expected.jsonl`.
    arrivals: dict[str, Arrival]
    judged: dict[str, JudgedMessage]

    def message(self, sample: str) -> JudgedMessage:
        """Give the message that a sample became."""
        return self.judged[self.arrivals[sample].message_id]

    def replies(self, sample: str) -> list[Reply]:
        """Give the replies to a sample."""
        judged = self.message(sample)
        if judged.case_id is None:
            return []
        with self.house.database.reading() as unit:
            return [one for one in unit.replies.of_case(judged.case_id) if one.message_id == judged.message.id]

    def links(self, case_id: str) -> list[Link]:
        """Give the links of a case."""
        with self.house.database.reading() as unit:
            return unit.links.of_case(case_id)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    at = tmp_path_factory.mktemp("demo")
    data = at / "data"
    ended = run_amends("demo", "--data-dir", str(data), at=at, columns=200)
    summary = run_amends("summary", "--json", "--data-dir", str(data), at=at).json
    with a_house(data) as house:
        arrivals = _arrivals(house)
        with house.database.reading() as unit:
            judged = unit.messages.get_many({row.message_id for row in arrivals.values() if row.message_id})
        yield Demo(data=data, ended=ended, summary=summary, house=house, arrivals=arrivals, judged=judged)


def _arrivals(house: House) -> dict[str, Arrival]:
    numbered: Counter[str] = Counter()
    line_of = {}
    for ref, _ in form_lines():
        file = ref.partition("#")[0]
        numbered[file] += 1
        line_of[ref] = f"{file}#{numbered[file]}"
    with house.database.reading() as unit:
        found = {}
        for one in EXPECTED:
            folder, _, item = line_of.get(one.file, one.file).partition("/")
            rows = unit.intake.fates(f"files:{(samples_dir() / folder).resolve()}", [item])
            if rows:
                found[one.file] = rows[item]
    return found


def _one(note: str) -> Expected:
    """Find the one sample whose note says this."""
    [found] = [one for one in EXPECTED if note in one.note]
    return found


def test_the_demo_accounts_for_every_sample_and_says_so(demo: Demo) -> None:
    assert "unexplained 0; the audit trail is whole" in demo.ended.out
    assert demo.ended.err == ""
    taken_in = re.search(
        r"taken in: (\d+) things: (\d+) ingested, (\d+) duplicate, (\d+) parked, (\d+) own", demo.ended.out
    )
    assert taken_in is not None
    fates = Counter(one.fate for one in EXPECTED)
    said = [len(EXPECTED), *(fates[fate] for fate in ("ingested", "duplicate", "parked", "own"))]
    assert [int(number) for number in taken_in.groups()] == said


def test_the_summary_adds_up(demo: Demo) -> None:
    summary = demo.summary
    fates = Counter(one.fate for one in EXPECTED)
    assert summary["fates"] == dict(fates)
    assert summary["messages"] == fates["ingested"]
    assert sum(summary["by_channel"].values()) == summary["messages"]
    assert sum(summary["by_kind"].values()) == summary["messages"]
    assert sum(summary["cases_by_kind"].values()) == summary["cases"]
    assert summary["in_review"] == summary["replies"]["in_review"]
    assert summary["acknowledgements_sent"] == summary["replies"]["sent"]
    with_case = sum(judged.case_id is not None for judged in demo.judged.values())
    set_aside_by_triage = summary["messages"] - with_case
    assert sum(summary["parked"].values()) == fates["parked"] + set_aside_by_triage


def test_the_demo_prints_the_numbers_that_the_summary_has(demo: Demo) -> None:
    printed = demo.ended.out
    for what, count in (
        ("messages", demo.summary["messages"]),
        ("cases", demo.summary["cases"]),
        ("acknowledgements sent", demo.summary["acknowledgements_sent"]),
        ("replies [a-z ]*review", demo.summary["in_review"]),
    ):
        assert re.search(rf"│ {what} +│ {count} +│", printed), what


def test_every_reply_that_went_is_a_file_and_no_other_file_is_there(demo: Demo) -> None:
    with demo.house.database.reading() as unit:
        sent = {reply.id for reply in unit.replies.in_state(ReplyState.SENT)}

    assert {path.stem for path in (demo.data / "sent").iterdir()} == sent
    assert {path.suffix for path in (demo.data / "sent").iterdir()} == {".eml"}


@pytest.mark.parametrize("one", EXPECTED, ids=lambda one: one.file)
def test_every_sample_meets_the_fate_of_its_label(demo: Demo, one: Expected) -> None:
    assert demo.arrivals[one.file].fate == one.fate
    if one.fate == "parked":
        assert demo.arrivals[one.file].reason
    if one.fate == "duplicate":
        assert demo.arrivals[one.file].message_id == demo.arrivals[one.repeats[0]].message_id


def test_triage_agrees_with_most_labels(demo: Demo, record_property: Callable[[str, object], None]) -> None:
    kinds = [(one, demo.message(one.file).verdict) for one in INGESTED]
    same_kind = [verdict.kind == one.kind for one, verdict in kinds]
    graded = [(one, verdict) for one, verdict in kinds if one.kind == verdict.kind == Kind.COMPLAINT]
    same_severity = [verdict.severity is Severity.from_word(one.severity or "") for one, verdict in graded]
    kind_share, severity_share = sum(same_kind) / len(same_kind), sum(same_severity) / len(same_severity)
    missed = [one.file for one, verdict in kinds if one.kind == Kind.COMPLAINT and not verdict.may_be_complaint]
    says = (
        f"of {len(kinds)} samples the kind agrees on {kind_share:.3f}, of {len(graded)} complaints seen as such the "
        f"severity on {severity_share:.3f}; complaints neither seen nor referred to a person: {missed}"
    )
    record_property("agreement", says)
    print(says)

    assert kind_share >= KIND_FLOOR, says
    assert severity_share >= SEVERITY_FLOOR, says


def test_a_strangers_forged_reference_is_a_suggestion_and_not_in_the_victims_case(demo: Demo) -> None:
    stranger = demo.message("mail/1113-stranger-forged-reference.eml")
    victim = demo.message("mail/1029-homes-ceiling-1.eml")

    assert victim.case_id is not None
    assert stranger.case_id is not None
    assert stranger.case_id != victim.case_id
    [link] = demo.links(stranger.case_id)
    assert (link.kind, link.other_case_id) == (LinkKind.POSSIBLE_FOLLOW_UP, victim.case_id)
    with demo.house.database.reading() as unit:
        to_the_stranger = [reply for reply in unit.replies.of_case(stranger.case_id) if reply.state in LEFT]
    secrets = ("Elsie", victim.message.author_name.split()[-1], victim.message.author.value, victim.case_id)
    assert to_the_stranger
    assert [word for reply in to_the_stranger for word in secrets if word in f"{reply.subject} {reply.text}"] == []


def test_a_thread_that_turns_sour_is_one_complaint_counted_from_the_message_that_made_it_one(demo: Demo) -> None:
    thread = [f"mail/{name}.eml" for name in _broadband()]
    messages = [demo.message(sample) for sample in thread]

    assert len({message.case_id for message in messages}) == 1
    case_id = messages[0].case_id
    assert case_id is not None
    with demo.house.database.reading() as unit:
        case = unit.cases.get(case_id)
        clocks = unit.clocks.of_cases([case_id])[case_id]
    assert case.kind is Kind.COMPLAINT
    assert case.severity is Severity.HIGH
    turned = next(one.message for one in messages if one.verdict.may_be_complaint)
    assert case.complaint_since == turned.received_at
    duties = [clock for clock in clocks if clock.kind in {ClockKind.ACKNOWLEDGEMENT, ClockKind.RESPONSE}]
    counted = [clock for clock in duties if clock.stopped_at is None]
    assert [clock for clock in counted if clock.started_at < turned.received_at] == []
    assert turned.received_at in {clock.started_at for clock in duties if clock.kind is ClockKind.ACKNOWLEDGEMENT}
    assert [clock.rule_id for clock in counted if clock.kind is ClockKind.RESPONSE] == ["ss.respond"]


def _broadband() -> list[str]:
    return ["1022-broadband-move-1", "1027-broadband-move-2", "1106-broadband-move-3", "1116-broadband-move-4"]


def test_the_same_complaint_by_mail_and_form_is_two_cases_that_are_suggested_as_one(demo: Demo) -> None:
    by_mail = demo.message("mail/1116-email-and-form.eml")
    by_form = demo.message(_one("same matter and almost the same w").file)

    assert by_mail.case_id is not None
    assert by_form.case_id is not None
    assert by_mail.case_id != by_form.case_id
    others = {(link.kind, *sorted((link.case_id, link.other_case_id))) for link in demo.links(by_mail.case_id)}
    assert (LinkKind.SAME_MATTER, *sorted((by_mail.case_id, by_form.case_id))) in others


def test_the_same_complaint_by_form_and_post_is_two_cases_that_are_suggested_as_one(demo: Demo) -> None:
    by_post = demo.message("x/page2.json#2119735593306441140")
    by_form = demo.message("forms/complaints.jsonl#co-0ac0ae6b452c")

    assert by_post.case_id is not None
    assert by_form.case_id is not None
    assert by_post.case_id != by_form.case_id
    linked = {frozenset((link.case_id, link.other_case_id)) for link in demo.links(by_post.case_id)}
    assert frozenset((by_post.case_id, by_form.case_id)) in linked


@pytest.mark.parametrize("one", [one for one in INGESTED if one.kind == Kind.MACHINE], ids=lambda one: one.file)
def test_a_machine_gets_no_reply(demo: Demo, one: Expected) -> None:
    assert [reply for reply in demo.replies(one.file) if reply.state in LEFT] == []


def test_a_critical_case_gets_nothing_that_no_person_approved(demo: Demo) -> None:
    with demo.house.database.reading() as unit:
        every = unit.replies.in_state(*ReplyState)
        cases = unit.cases.get_many({reply.case_id for reply in every})
    to_critical = [reply for reply in every if cases[reply.case_id].severity is Severity.CRITICAL]

    assert to_critical
    first_to = {judged.message.id for judged in demo.judged.values() if judged.verdict.severity is Severity.CRITICAL}
    assert [reply.id for reply in to_critical if reply.message_id in first_to and reply.is_automatic] == []
    assert [reply for reply in to_critical if reply.purpose is Purpose.ANSWER and reply.state in LEFT] == []


def test_every_suggested_post_waits_for_a_person_and_none_has_gone(demo: Demo) -> None:
    with demo.house.database.reading() as unit:
        posts = [reply for reply in unit.replies.in_state(*ReplyState) if reply.channel is Channel.X]

    assert len(posts) > 20
    assert {reply.state for reply in posts} <= {ReplyState.IN_REVIEW, ReplyState.SUPERSEDED}
    assert not any(reply.is_automatic for reply in posts)


def test_the_demo_makes_its_own_folder_anew_and_leaves_any_other_alone(demo: Demo, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep me", "utf-8")

    refused = run_amends("demo", "--data-dir", str(tmp_path), at=tmp_path, code=1)

    assert "no demo made it" in refused.err
    assert (tmp_path / "mine").read_text("utf-8") == "keep me"


def test_every_record_on_the_log_is_the_event_that_its_headers_say_and_fits_its_schema(demo: Demo) -> None:
    validators = {
        path.stem: Draft202012Validator(json.loads(path.read_text("utf-8"))) for path in SCHEMAS.glob("*.json")
    }
    seen: set[str] = set()
    with demo.house.database.reading() as unit:
        for topic, partitions in demo.house.partitions.items():
            for partition in range(partitions):
                here = Position(group="", topic=topic, partition=partition, next_offset=0)
                for record in unit.log.read(here, limit=10_000):
                    assert record.headers["ce_id"] == record.id
                    assert record.headers["ce_type"] == record.type
                    assert record.headers["ce_time"] == record.at.isoformat()
                    assert record.headers["ce_source"].startswith("/")
                    validators[record.type].validate(json.loads(record.body))
                    seen.add(record.type)
    assert seen >= {RECEIVED, TRIAGED, QUEUED, STAGE_DONE}


@pytest.mark.slow
def test_a_demo_that_serves_opens_the_desk_for_a_tour_of_each_role_and_stops_when_asked(tmp_path: Path) -> None:
    form, desk = free_port(), free_port()
    words = ("demo", "--serve", "--data-dir", "data", "--port", str(form), "--desk-port", str(desk))
    said = tmp_path / "demo---serve.log"
    with service(*words, at=tmp_path) as process:
        wait_until(lambda: "Ctrl-C stops" in said.read_text("utf-8"), for_s=300, saying="the demo says how to stop")
        passwords = dict(re.findall(r"^  ([a-z]+) +([\w-]{20})$", said.read_text("utf-8"), re.M))
        statuses = {role.value: _tour(f"http://127.0.0.1:{desk}", role.value, passwords[role.value]) for role in Role}
        process.send_signal(signal.SIGINT)
        ended = process.wait(60)

    assert statuses == {role.value: (303, 200) for role in Role}
    assert len(set(passwords.values())) == len(Role)
    assert ended == 0


def test_a_demo_that_could_not_serve_says_so_before_its_journey_and_leaves_the_earlier_one(tmp_path: Path) -> None:
    earlier = tmp_path / "data"
    earlier.mkdir()
    for name in ("made-by-amends-demo", "something"):
        (earlier / name).touch()
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        for form, desk in ((taken, free), (free, taken)):
            words = ("demo", "--serve", "--data-dir", "data", "--port", str(form), "--desk-port", str(desk))
            refused = run_amends(*words, at=tmp_path, code=1)
            assert f"cannot listen on 127.0.0.1, port {taken}" in refused.err
            assert refused.out == ""
    both = run_amends(
        "demo", "--serve", "--data-dir", "data", "--port", str(free), "--desk-port", str(free), at=tmp_path, code=1
    )
    assert f"port {free}" in both.err
    assert (earlier / "something").exists()


def _tour(desk: str, name: str, password: str) -> tuple[int, int]:
    """Sign in and look at the first page; gives both answers' statuses."""
    with httpx.Client(base_url=desk, timeout=60) as client:
        wait_until(lambda: _is_up(client), saying="the desk answers")
        token = re.search(r'name="csrf" value="([^"]+)"', client.get("/sign-in").text)
        assert token is not None
        entered = client.post("/sign-in", data={"name": name, "password": password, "csrf": token[1]})
        return entered.status_code, client.get("/").status_code


def _is_up(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
