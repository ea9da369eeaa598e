"""A day of a handler and a reviewer at the command line, with everything behind it real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amends.casework import accounts
from amends.compose import House
from amends.domain.account import Role
from tests.journeys.letters import COMPLAINT, CRITICAL, ENQUIRY, a_letter
from tests.journeys.running import Ended, a_house, run_amends, type_in, work, written_mails

NOTICE = "Your parcel has left our depot. This message was written by a machine; please do not answer it."
POST = {
    "data": [
        {
            "id": "1990000000000000001",
            "author_id": "77001",
            "conversation_id": "1990000000000000001",
            "created_at": "2026-11-20T09:00:00.000Z",
            "text": "@shop my new kettle broke after two days and nobody answers. Worst service I have ever had.",
        }
    ],
    "includes": {"users": [{"id": "77001", "username": "kettle_owner", "name": "Odd Kettle"}]},
}


ANSWER = """Dear Ines,

Thank you for your message about the kettle. We are sorry that it broke. We have looked into it:
a whole batch had a bad switch. We will send you another one this week.

Hana"""


class Desk:
    """One installation, with letters in it, and the command line in front of it."""

    def __init__(self, house: House, letters: Path) -> None:
        self.house = house
        self.letters = letters

    def type(self, *words: str, code: int | None = 0) -> Ended:
        """Type `amends …` on this installation."""
        return type_in(*words, "--data-dir", str(self.house.settings.data_dir), code=code)

    def refusal(self, *words: str) -> str:
        """Type a command that is refused; give the one sentence that it says."""
        ended = self.type(*words, code=1)
        assert ended.out == ""
        assert ended.err.startswith("amends: ")
        assert "Traceback" not in ended.err
        assert ended.err.count("\n") == 1, ended.err
        return ended.err.removeprefix("amends: ").strip()

    def arrives(self, name: str, mail: bytes) -> None:
        """Let a mail come in and be taken in."""
        (self.letters / f"{name}.eml").write_bytes(mail)
        self.type("ingest", "files", str(self.letters))

    def case_of(self, address: str) -> str:
        """Give the newest case of the person with this address."""
        with self.house.database.reading() as unit:
            cases = unit.cases.get_many([row["id"] for row in self.type("queue", "list", "--json").json])
            found = [case.id for case in cases.values() if _written_by(unit.messages.of_case(case.id), address)]
        assert len(found) == 1, found
        return found[0]

    def shown(self, case_id: str) -> Any:
        """Give all that `case show` says."""
        return self.type("case", "show", case_id, "--json").json

    def reply(self, case_id: str, purpose: str, state: str) -> str:
        """Give the id of the one reply in a case with this purpose and state."""
        replies = self.shown(case_id)["replies"]
        found = [one["id"] for one in replies if (one["purpose"], one["state"]) == (purpose, state)]
        assert len(found) == 1, [(one["purpose"], one["state"], one["outcome"]) for one in replies]
        return str(found[0])


def _written_by(messages: Any, address: str) -> bool:
    return any(one.message.author.value == address for one in messages)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    letters = written_mails(tmp_path / "letters", [])
    (letters / "1-ines.eml").write_bytes(a_letter())
    (letters / "2-tom.eml").write_bytes(
        a_letter(CRITICAL, name="Tom Ash", address="tom@customer.example", subject="Your heater", message_id="tom-1@a")
    )
    (letters / "3-eve.eml").write_bytes(
        a_letter(ENQUIRY, name="Eve Lund", address="eve@customer.example", subject="Sundays", message_id="eve-1@a")
    )
    (letters / "4-notice.eml").write_bytes(
        a_letter(
            NOTICE,
            name="Parcel Notices",
            address="notices@parcels.example",
            subject="On its way",
            message_id="notice-1@parcels.example",
            headers={"Auto-Submitted": "auto-generated"},
        )
    )
    (letters / "5-picture.eml").write_bytes(bytes(range(256)))
    (letters / "6-post.json").write_text(json.dumps(POST), "utf-8")
    with a_house(tmp_path / "data") as house:
        desk = Desk(house, letters)
        desk.type("ingest", "files", str(letters))
        work(house)
        yield desk


# The handler


def test_the_queue_is_sorted_and_every_place_in_it_has_its_reasons(desk: Desk) -> None:
    queue = desk.type("queue", "list", "--json").json

    assert len(queue) == 4
    scores = [row["score"] for row in queue]
    assert scores == sorted(scores, reverse=True)
    assert all(row["score"] == sum(reason["points"] for reason in row["why"]) for row in queue)
    assert queue[0]["severity"] == "critical"
    assert queue[0]["id"] == desk.case_of("tom@customer.example")
    assert all(row["why"] for row in queue if row["kind"] == "complaint")
    assert all(row["next_due"] for row in queue)


def test_the_queue_can_be_narrowed(desk: Desk) -> None:
    whole = desk.type("queue", "list", "--json").json
    severe = desk.type("queue", "list", "--severity", "high", "--json").json
    complaints = desk.type("queue", "list", "--kind", "complaint", "--json").json
    one = desk.type("queue", "list", "--limit", "1", "--json").json

    grave = [row["id"] for row in whole if row["severity"] in {"high", "critical"}]
    assert 0 < len(grave) < len(whole)
    assert [row["id"] for row in severe] == grave
    assert {row["kind"] for row in complaints} <= {"complaint"}
    assert len(one) == 1


def test_a_case_shows_the_words_that_each_flag_stands_on(desk: Desk) -> None:
    shown = desk.shown(desk.case_of("tom@customer.example"))

    [message] = shown["messages"]
    flags = message["verdict"]["flags"]
    assert "safety" in {flag["name"] for flag in flags}
    words = message["message"]["own_words"]
    assert [flag for flag in flags if words[flag["start"] : flag["end"]] != flag["quote"]] == []
    assert all(clock["steps"] and clock["source"] for clock in shown["clocks"])


def test_a_reference_may_be_typed_as_it_was_heard(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")

    heard = case_id.lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert desk.shown(heard)["case"]["id"] == case_id


def test_whoever_takes_a_case_has_it(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")

    desk.type("case", "take", case_id, "--as", "hana")

    case = desk.shown(case_id)["case"]
    assert (case["owner"], case["state"]) == ("hana", "in_hand")
    assert [row["id"] for row in desk.type("queue", "list", "--owner", "hana", "--json").json] == [case_id]
    told = desk.type("audit", "show", case_id, "--json").json
    assert "user:hana" in told[-1]["happening_json"]


def test_a_case_is_handed_over_to_anybody_until_people_have_accounts(desk: Desk) -> None:
    case_id, because = desk.case_of("ines@customer.example"), ("--because", "She knows kettles", "--as", "hana")
    desk.type("case", "handover", case_id, "--to", "omar", *because)
    assert desk.shown(case_id)["case"]["owner"] == "omar"
    with desk.house.database.unit() as unit:
        accounts.create(unit, "tom", roles={Role.HANDLER}, by="ada", at=desk.house.now())
        unit.commit()

    assert "choose one of tom" in desk.refusal("case", "handover", case_id, "--to", "hana", *because)

    desk.type("case", "handover", case_id, "--to", "Tom", *because)
    assert desk.shown(case_id)["case"]["owner"] == "tom"


def test_a_correction_needs_its_reason_and_keeps_it(desk: Desk) -> None:
    case_id = desk.case_of("eve@customer.example")

    says = desk.refusal("case", "set", case_id, "--kind", "complaint", "--because", " ", "--as", "hana")
    assert "say why" in says
    desk.type(
        "case", "set", case_id, "--kind", "complaint", "--severity", "high", "--because", "Heard her", "--as", "hana"
    )

    case = desk.shown(case_id)["case"]
    assert (case["kind"], case["severity"], case["needs_person"]) == ("complaint", "high", False)
    assert (case["kind_set_by"], case["severity_set_by"]) == ("hana", "hana")
    assert case["complaint_since"] is not None
    assert "Heard her" in desk.type("audit", "show", case_id).out


def test_what_people_corrected_is_reported_and_can_be_learnt_from(desk: Desk) -> None:
    case_id = desk.case_of("eve@customer.example")
    assert desk.type("triage", "corrections").out == ""
    before = desk.type("triage", "report", "--json").json
    assert all(one["agreement"] == 1.0 for one in before["kinds"].values())

    desk.type(
        "case", "set", case_id, "--kind", "complaint", "--severity", "high", "--because", "Heard her", "--as", "hana"
    )

    after = desk.type("triage", "report", "--json").json
    assert after["kinds"]["enquiry"]["corrected"] == 1
    assert after["missed"] == 1
    assert sum(one["corrected"] for one in after["months"].values()) == 1
    assert "Heard her" not in desk.type("triage", "report").out
    [learnt] = [json.loads(line) for line in desk.type("triage", "corrections").out.splitlines()]
    assert (learnt["kind"], learnt["severity"], learnt["reason"]) == ("complaint", "high", "Heard her")
    assert learnt["judged"]["kind"] == "enquiry"
    assert learnt["text"]


def test_a_verdict_is_explained_and_judged_again(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")

    [told] = desk.type("triage", "explain", case_id, "--json").json

    assert told["again"] == "judged the same today"
    assert told["model"] == desk.house.judge.model
    assert all(flag["says"] for flag in told["flags"])
    assert told["kind"] in desk.type("triage", "explain", case_id).out
    assert "no message" in desk.refusal("triage", "explain", case_id, "--at", "2001-01-01")


def test_a_machine_does_not_lower_what_a_person_set(desk: Desk) -> None:
    case_id = desk.case_of("eve@customer.example")
    desk.type(
        "case", "set", case_id, "--kind", "complaint", "--severity", "high", "--because", "Heard her", "--as", "hana"
    )

    desk.arrives(
        "eve-2",
        a_letter(
            "Thank you, that is all I wanted to know.",
            name="Eve Lund",
            address="eve@customer.example",
            message_id="eve-2@a",
            answers="<eve-1@a>",
        ),
    )
    work(desk.house)

    case = desk.shown(case_id)["case"]
    assert (case["kind"], case["severity"], case["messages"]) == ("complaint", "high", 2)


# The reviewer


def test_an_answer_goes_from_draft_to_the_customer_by_two_people(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")
    desk.type("case", "take", case_id, "--as", "hana")
    answer = desk.reply(case_id, "answer", "drafted")

    desk.type("review", "edit", answer, "--text", ANSWER, "--as", "hana")
    assert "somebody else must approve" in desk.refusal("review", "approve", answer, "--as", "hana")
    desk.type("review", "approve", answer, "--as", "rita")
    sent = desk.house.settings.data_dir / "sent" / f"{answer}.eml"
    assert not sent.exists()
    run_amends(
        "run", "deliver", "--until-idle", "--data-dir", str(desk.house.settings.data_dir), at=desk.letters.parent
    )

    assert b"a whole batch had a bad switch" in sent.read_bytes()
    assert b"In-Reply-To: <kettle-1@customer.example>" in sent.read_bytes()
    assert b"Auto-Submitted" not in sent.read_bytes()
    shown = desk.shown(case_id)
    assert (shown["case"]["state"], shown["case"]["unanswered"]) == ("answered", 0)
    assert all(clock["stopped_at"] for clock in shown["clocks"])
    assert case_id not in [row["id"] for row in desk.type("queue", "list", "--json").json]


def test_the_edit_of_an_approved_reply_takes_its_approval_away(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")
    answer = desk.reply(case_id, "answer", "drafted")
    desk.type("review", "edit", answer, "--text", ANSWER, "--as", "hana")
    desk.type("review", "approve", answer, "--as", "rita")

    desk.type("review", "edit", answer, "--text", ANSWER.replace("another one", "two others"), "--as", "hana")
    work(desk.house, "deliver")

    assert not (desk.house.settings.data_dir / "sent" / f"{answer}.eml").exists()
    reply = desk.type("review", "show", answer, "--json").json
    assert (reply["state"], reply["approval"], reply["authors"]) == ("in_review", None, ["amends", "hana"])
    desk.type("review", "approve", answer, "--as", "rita")
    work(desk.house, "deliver")
    assert b"two others" in (desk.house.settings.data_dir / "sent" / f"{answer}.eml").read_bytes()


def test_a_public_reply_waits_for_a_person_and_goes_once_approved(desk: Desk) -> None:
    [waiting] = [one for one in desk.type("review", "list", "--json").json if one["channel"] == "x"]
    assert waiting["form"] in {"public_holding", "public_reply", "direct_message"}
    assert "kettle broke" in waiting["answers"]
    sent = desk.house.settings.data_dir / "sent" / f"{waiting['id']}.json"
    assert not sent.exists()

    desk.type("review", "approve", waiting["id"][:10], "--as", "rita")
    work(desk.house, "deliver")

    post = json.loads(sent.read_text("utf-8"))
    assert post["text"] == waiting["text"]
    assert desk.shown(waiting["case_id"])["case"]["state"] in {"acknowledged", "answered"}


def test_nothing_public_goes_while_it_is_held_and_everything_that_lists_it_says_so(desk: Desk) -> None:
    [waiting] = desk.type("review", "list", "--public", "--channel", "x", "--json").json
    sent = desk.house.settings.data_dir / "sent" / f"{waiting['id']}.json"
    assert "say why" in desk.refusal("review", "hold", "--because", " ", "--as", "rita")
    desk.type("review", "hold", "--because", "Our post was wrong", "--as", "rita")

    approved = desk.type("review", "approve", waiting["id"], "--as", "rita")
    work(desk.house, "deliver")

    assert "It waits: public posting is held" in approved.out
    assert not sent.exists()
    listed = " ".join(desk.type("review", "list").out.split())
    assert "by rita: Our post was wrong. 1 approved replies wait for the release" in listed
    findings = {one["what"]: one for one in desk.type("doctor", "--json", code=None).json}
    assert findings["public posting"]["is_well"]
    assert "by rita: Our post was wrong. 1 approved replies wait" in findings["public posting"]["says"]
    assert "held" in [one["came_to"] for one in desk.shown(waiting["case_id"])["deliveries"]]

    released = desk.type("review", "release", "--because", "Put right", "--as", "rita")
    work(desk.house, "deliver")

    assert "1 approved replies waited" in released.out
    assert sent.exists()
    assert "not held" in desk.refusal("review", "release", "--because", "Again", "--as", "rita")


def test_the_list_of_replies_in_review_is_cut_into_pages(desk: Desk) -> None:
    everything = desk.type("review", "list", "--json").json
    first = desk.type("review", "list", "--limit", "1", "--json").json
    rest = desk.type("review", "list", "--after", first[0]["id"][:10], "--json").json

    assert len(everything) > 1
    assert first + rest == everything
    assert f"--after {first[0]['id'][:8]}" in desk.type("review", "list", "--limit", "1").out


def test_a_critical_acknowledgement_waits_for_a_person(desk: Desk) -> None:
    case_id = desk.case_of("tom@customer.example")

    acknowledgement = desk.reply(case_id, "acknowledgement", "in_review")

    assert [reply for reply in desk.shown(case_id)["replies"] if reply["purpose"] == "answer"] == []
    desk.type("review", "approve", acknowledgement, "--as", "rita")
    work(desk.house, "deliver")
    assert desk.shown(case_id)["case"]["state"] == "acknowledged"


def test_a_rejected_reply_keeps_the_reason_and_never_goes(desk: Desk) -> None:
    [waiting] = [one for one in desk.type("review", "list", "--json").json if one["channel"] == "x"]

    desk.type("review", "reject", waiting["id"], "--because", "Ring them instead", "--as", "rita")

    rejected = desk.type("review", "show", waiting["id"], "--json").json
    assert rejected["state"] == "rejected"
    assert "Ring them instead" in rejected["outcome"]
    assert "only a reply in review is approved" in desk.refusal("review", "approve", waiting["id"], "--as", "rita")


def test_a_reply_that_answers_an_old_message_is_not_approved(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")
    answer = desk.reply(case_id, "answer", "drafted")
    desk.type("review", "edit", answer, "--text", ANSWER, "--as", "hana")

    desk.arrives("ines-2", _ines_again())
    work(desk.house, "triage", "respond")

    assert "the customer wrote again" in desk.refusal("review", "approve", answer, "--as", "rita")
    desk.type("review", "edit", answer, "--text", ANSWER.replace("another one", "your money back"), "--as", "hana")
    desk.type("review", "approve", answer, "--as", "rita")
    work(desk.house, "deliver")
    assert (desk.house.settings.data_dir / "sent" / f"{answer}.eml").exists()


def test_a_reply_that_was_approved_stays_here_when_the_customer_writes_before_it_goes(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")
    answer = desk.reply(case_id, "answer", "drafted")
    desk.type("review", "edit", answer, "--text", ANSWER, "--as", "hana")
    desk.type("review", "approve", answer, "--as", "rita")

    desk.arrives("ines-2", _ines_again())
    work(desk.house)

    assert not (desk.house.settings.data_dir / "sent" / f"{answer}.eml").exists()
    reply = desk.type("review", "show", answer, "--json").json
    assert (reply["state"], reply["approval"]) == ("in_review", None)
    assert "the customer wrote again" in reply["outcome"]


def test_an_approval_that_ran_out_sends_nothing(desk: Desk) -> None:
    case_id = desk.case_of("ines@customer.example")
    answer = desk.reply(case_id, "answer", "drafted")
    desk.type("review", "edit", answer, "--text", ANSWER, "--as", "hana")
    desk.type("review", "approve", answer, "--as", "rita")

    later = datetime.now(UTC) + timedelta(minutes=61)
    with a_house(desk.house.settings.data_dir, now=lambda: later) as tomorrow:
        work(tomorrow, "deliver")

    assert not (desk.house.settings.data_dir / "sent" / f"{answer}.eml").exists()
    assert "approval ran out" in desk.type("review", "show", answer, "--json").json["outcome"]


def _ines_again() -> bytes:
    # Her other device is an hour slow: the date says that this mail is the older one.
    return a_letter(
        sent_at=datetime.now(UTC) - timedelta(hours=1),
        text="I have changed my mind: I do not want another kettle, only my money.",
        message_id="kettle-2@customer.example",
        answers="<kettle-1@customer.example>",
    )


# What was set aside


def test_what_a_machine_wrote_becomes_a_case_for_a_person_when_one_lets_it_through(desk: Desk) -> None:
    [parked] = [one for one in desk.type("parked", "list", "--json").json if one["stage"] == "triage"]
    assert parked["reason"] == "auto-submitted"
    raw = type_in("parked", "show", parked["id"], "--raw", "--data-dir", str(desk.house.settings.data_dir))
    assert "Auto-Submitted: auto-generated" in raw.out
    assert parked["says"] in desk.type("parked", "show", parked["id"]).out

    desk.type("parked", "retry", parked["id"][:6], "--as", "hana")
    work(desk.house)

    case_id = desk.case_of("notices@parcels.example")
    assert desk.shown(case_id)["case"]["needs_person"] is True
    assert parked["id"] not in [one["id"] for one in desk.type("parked", "list", "--json").json]
    assert "was retried before" in desk.refusal("parked", "retry", parked["id"], "--as", "hana")
    assert desk.type("reconcile", "--json").json["unexplained"] == 0


def test_what_still_cannot_be_read_stays_parked(desk: Desk) -> None:
    [picture] = [one for one in desk.type("parked", "list", "--json").json if one["stage"] == "ingest"]
    assert picture["reason"] == "not_a_mail"

    assert "not a mail" in desk.refusal("parked", "retry", picture["id"], "--as", "hana")

    assert picture in desk.type("parked", "list", "--json").json


def test_a_discarded_message_leaves_the_list_and_keeps_its_bytes(desk: Desk) -> None:
    [picture] = [one for one in desk.type("parked", "list", "--json").json if one["stage"] == "ingest"]
    assert "say why" in desk.refusal("parked", "discard", picture["id"], "--because", "", "--as", "hana")

    desk.type("parked", "discard", picture["id"], "--because", "A picture of nothing", "--as", "hana")

    assert picture["id"] not in [one["id"] for one in desk.type("parked", "list", "--json").json]
    settled = desk.type("parked", "list", "--all", "--json").json
    assert {one["id"]: one["state"] for one in settled}[picture["id"]] == "discarded"
    assert desk.house.blobs.get(picture["raw_sha256"]) == bytes(range(256))
    assert desk.type("reconcile", "--json").json["unexplained"] == 0


# What is left to do


def test_an_acknowledgement_held_back_by_a_cap_is_a_task_until_a_person_did_it(tmp_path: Path) -> None:
    letters = written_mails(tmp_path / "letters", [a_letter()])
    with a_house(tmp_path / "data", cap_per_sender_a_day=0) as house:
        desk = Desk(house, letters)
        desk.type("ingest", "files", str(letters))
        work(house)
        assert not (tmp_path / "data" / "sent").exists()

        [task] = desk.type("task", "list", "--json").json
        assert task["kind"] == "acknowledge_another_way"
        assert "the cap is 0" in task["reason"]
        desk.type("task", "done", task["id"][:5], "--as", "hana")

        assert desk.type("task", "list", "--json").json == []
        [done] = desk.shown(task["case_id"])["tasks"]
        assert done["done_by"] == "hana"
        assert "no open task" in desk.refusal("task", "done", task["id"], "--as", "hana")


def test_a_case_is_closed_only_when_a_person_knows_what_it_is_and_says_how_it_ended(desk: Desk) -> None:
    ines, tom = desk.case_of("ines@customer.example"), desk.case_of("tom@customer.example")
    desk.type("case", "set", ines, "--kind", "complaint", "--because", "I have read it", "--as", "hana")
    closing = ("--summary", "She has a new kettle.", "--as", "hana")

    assert "does not fit" in desk.refusal("case", "close", ines, "--upheld", "not_a_complaint", *closing)
    if desk.shown(tom)["case"]["needs_person"]:
        assert "nobody has said what" in desk.refusal("case", "close", tom, "--upheld", "upheld", *closing)
    desk.type("case", "close", ines, "--upheld", "upheld", "--resolved", "yes", "--cause", "A bad batch", *closing)

    shown = desk.shown(ines)
    assert shown["case"]["state"] == "closed"
    assert [outcome["upheld"] for outcome in shown["outcomes"]] == ["upheld"]
    assert all(clock["stopped_at"] for clock in shown["clocks"])
    assert {reply["state"] for reply in shown["replies"]} <= {"sent", "superseded"}
    assert ines not in [row["id"] for row in desk.type("queue", "list", "--json").json]


def test_a_case_is_not_closed_before_its_rights_request_is_answered(desk: Desk) -> None:
    asked = "My kettle broke again. Send me a copy of all the personal data that you hold about me, by the GDPR."
    desk.type("case", "log", "--channel", "letter", "--email", "pia@customer.example", "--text", asked, "--as", "hana")
    work(desk.house)
    pia = desk.case_of("pia@customer.example")
    desk.type("case", "set", pia, "--kind", "complaint", "--because", "I have read it", "--as", "hana")
    closing = ("case", "close", pia, "--upheld", "upheld", "--summary", "She has a new kettle.", "--as", "hana")

    assert f"amends case rights {pia} --how" in desk.refusal(*closing)
    assert "say how and when" in desk.refusal("case", "rights", pia, "--how", " ", "--as", "hana")
    said = desk.type("case", "rights", pia, "--how", "The copy went by post", "--as", "hana").out
    desk.type(*closing)

    assert f"the rights request on {pia} is answered" in said
    assert "no rights request waits" in desk.refusal("case", "rights", pia, "--how", "Again", "--as", "hana")
    assert all(clock["stopped_at"] for clock in desk.shown(pia)["clocks"])


def test_a_customer_who_writes_after_the_end_opens_the_case_again(desk: Desk) -> None:
    ines = desk.case_of("ines@customer.example")
    desk.type("case", "set", ines, "--kind", "complaint", "--because", "I have read it", "--as", "hana")
    desk.type("case", "close", ines, "--upheld", "upheld", "--summary", "A new kettle.", "--as", "hana")

    desk.arrives("ines-2", _ines_again())
    work(desk.house)

    shown = desk.shown(ines)
    assert shown["case"]["state"] == "in_hand"
    assert len(shown["outcomes"]) == 1


# What is said when something is wrong


def test_what_does_not_exist_is_refused_in_one_sentence(desk: Desk) -> None:
    assert "no case has the reference" in desk.refusal("case", "show", "AM-0000-0000-00")
    assert "no case has the reference" in desk.refusal("case", "take", "'; drop table cases; --", "--as", "hana")
    assert "no reply" in desk.refusal("review", "approve", "zzzz", "--as", "rita")
    assert "no parked message" in desk.refusal("parked", "retry", "zzzz", "--as", "rita")
    assert "no file or folder" in desk.refusal("ingest", "files", str(desk.letters / "nothing-here"))
    assert "nobody suggested" in desk.refusal(
        "case", "link", desk.case_of("ines@customer.example"), desk.case_of("tom@customer.example"), "--as", "hana"
    )
    assert "use low, medium, high or critical" in desk.type("queue", "list", "--severity", "terrible", code=2).err
    assert "there is no service 'everything'" in desk.type("run", "everything", code=2).err


def test_a_refusal_is_one_sentence_in_a_process_of_its_own(tmp_path: Path) -> None:
    run_amends("setup", "--data-dir", "data", at=tmp_path)

    ended = run_amends("case", "show", "AM-0000-0000-00", "--data-dir", "data", at=tmp_path, code=1)

    assert ended.out == ""
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("amends: no case has the reference 'AM-0000-0000-00'")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("AMENDS_PARTITIONS", "many", "Partitions of each topic"),
        ("AMENDS_PARTITIONS", "0", "greater than or equal to 1"),
        ("AMENDS_BATCH", "-1", "Records that a stage does in one transaction"),
        ("AMENDS_SENDER", "pigeon", "'folder' or 'smtp'"),
        ("AMENDS_SMTP_SECURITY", "perhaps", "starttls"),
        ("AMENDS_MAIL_FROM", "nobody", "complaints@example.org"),
        ("AMENDS_MAIL_REPLIES", "a b@example.org", "complaints@example.org"),
        ("AMENDS_FORM_PORT", "99999", "65535"),
        ("AMENDS_LOG_LEVEL", "chatty", "'debug', 'info'"),
        ("AMENDS_ORGANISATION", "", "signed with"),
        ("AMENDS_POLICY_PACK", "no-such-pack", "no-such-pack"),
        ("AMENDS_DATABASE_URL", "nonsense", "sqlite:///amends.db"),
        ("AMENDS_DATABASE_URL", "sqlite://", "must be a file"),
        ("AMENDS_BLOB_STORE", "no-such-protocol://x", "cannot be opened"),
        ("AMENDS_CONFIG", "no-such.toml", "no such file"),
        ("AMENDS_DATA_DIRECTORY", "here", "no setting"),
    ],
)
def test_a_wrong_setting_is_refused_before_anything_starts_and_the_remedy_is_said(
    name: str, value: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    ended = type_in("setup", "--data-dir", str(tmp_path / "data"), code=1)

    assert ended.err.startswith("amends: ")
    assert ended.err.count("\n") == 1
    assert says in ended.err
    assert "ready" not in ended.out


def test_mail_without_protection_to_another_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SENDER", "smtp"), ("SMTP_HOST", "mail.example.org"), ("SMTP_SECURITY", "plain")):
        monkeypatch.setenv(f"AMENDS_{name}", value)

    ended = type_in("setup", "--data-dir", str(tmp_path / "data"), code=1)

    assert "would go unprotected; set the security to starttls or tls" in ended.err


def test_a_secret_that_others_can_read_is_refused(tmp_path: Path) -> None:
    type_in("setup", "--data-dir", str(tmp_path / "data"))
    (tmp_path / "data" / "secret").chmod(0o644)

    ended = type_in("setup", "--data-dir", str(tmp_path / "data"), code=1)

    assert "chmod 600" in ended.err


def test_settings_are_read_from_a_file_and_a_wrong_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(f'data_dir = "{tmp_path / "data"}"\norganisation = "Kettles"\n', "utf-8")
    monkeypatch.setenv("AMENDS_CONFIG", str(file))
    assert str(tmp_path / "data") in type_in("setup").out

    file.write_text('organisatoin = "Kettles"\n', "utf-8")
    assert "organisatoin" in type_in("setup", code=1).err.lower()
    file.write_text("organisation = \n", "utf-8")
    assert "cannot be read" in type_in("setup", code=1).err


def test_a_customers_words_do_not_steer_the_terminal(tmp_path: Path) -> None:
    letters = written_mails(
        tmp_path / "letters",
        [a_letter(f"{COMPLAINT} \x1b[2J\x1b]0;owned\x07 [bold red]shout[/] \u202eevil", subject="[/] \x1b[31m")],
    )
    with a_house(tmp_path / "data") as house:
        desk = Desk(house, letters)
        desk.type("ingest", "files", str(letters))
        work(house)
        case_id = desk.case_of("ines@customer.example")
        written = [desk.type("queue", "list").out, desk.type("case", "show", case_id).out]
        written.append(desk.type("review", "list").out)

    assert [text for text in written if "\x1b" in text or "\x07" in text or "\u202e" in text] == []
    assert "[bold red]shout[/]" in written[1]
