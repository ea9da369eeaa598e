"""What programs can do: the same as people, once, and told plainly."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import event

from amends.casework import programs
from amends.desk.api.app import PREFIX
from amends.domain.account import Role
from amends.domain.case import Case, CaseState
from amends.domain.clock import ClockKind
from amends.domain.reply import Reply, ReplyState, text_sha256
from amends.domain.task import TaskKind
from tests.desk.api.conftest import WORDS
from tests.desk.api.program import program, token_for, told_as_problem
from tests.desk.house import DeskHouse
from tests.storage.stock import add_case
from tests.support.builders import a_case, a_clock, a_dead_letter, a_parked, a_task, an_outcome


def read(reply: Mapping[str, str]) -> dict[str, str]:
    """Say which words of a reply were read, as the API told them."""
    return {"seen": reply["text_sha256"]}


def test_the_file_of_a_case_is_told_whole_and_that_it_was_read_is_noted_once(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler", name="crm")
    told = crm.get(f"/cases/{case.id.lower()}").json()
    crm.get(f"/cases/{case.id}")
    (message,) = told["messages"]
    (flag,) = message["verdict"]["flags"]
    assert (told["case"]["reference"], told["case"]["severity"]) == (case.id, "high")
    assert WORDS[flag["start"] : flag["end"]] == flag["quote"] == "burned my hand"
    assert [len(told[part]) for part in ("clocks", "links", "tasks", "notes", "outcomes")] == [1, 1, 1, 0, 0]
    read = [entry for entry in desk_house.audit(f"case:{case.id}") if "case.viewed" in entry]
    assert len(read) == 1
    assert '"actor":"user:api:crm"' in read[0]


@pytest.mark.parametrize("path", ["/reviews", "/replies/{}"])
def test_that_a_customers_words_were_read_beside_a_reply_is_noted_once(
    desk_house: DeskHouse, in_review: Reply, path: str
) -> None:
    def looks() -> list[str]:
        told = [json.loads(entry) for entry in desk_house.audit(f"case:{in_review.case_id}")]
        return [one["actor"] for one in told if one["action"] == "case.viewed"]

    crm, archive = (program(desk_house, role, name=role) for role in ("reviewer", "auditor"))
    for caller in (crm, crm, archive):
        assert caller.get(path.format(in_review.id)).status_code == 200
    assert looks() == ["user:api:reviewer", "user:api:auditor"]
    desk_house.clock.advance(minutes=11)
    crm.get(path.format(in_review.id))
    assert len(looks()) == 3


def test_a_case_is_taken_corrected_and_closed_as_on_its_page(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler", name="crm")
    assert crm.post(f"/cases/{case.id}/take").json()["owner"] == "api:crm"
    corrected = crm.post(f"/cases/{case.id}/set", {"severity": "low", "reason": "I read it"}).json()
    assert (corrected["severity"], corrected["severity_set_by"]) == ("low", "api:crm")
    noted = crm.post(f"/cases/{case.id}/notes", {"text": "He called."}).json()
    assert (noted["number"], noted["by"]) == (1, "api:crm")
    closed = crm.post(f"/cases/{case.id}/close", {"summary": "We sent another one.", "upheld": "upheld"}).json()
    assert closed["state"] == "closed"
    told = crm.get(f"/cases/{case.id}").json()
    assert [one["recorded_by"] for one in told["outcomes"]] == ["api:crm"]


def test_a_rights_request_is_answered_before_the_case_is_closed(desk_house: DeskHouse, case: Case) -> None:
    with desk_house.database.unit() as unit:
        unit.clocks.start([a_clock(ClockKind.RIGHTS_REQUEST, case_id=case.id)])
        unit.commit()
    crm = program(desk_house, "handler", name="crm")
    ending = {"summary": "We sent another one.", "upheld": "upheld"}
    with told_as_problem(crm.post(f"/cases/{case.id}/close", ending), 409) as said:
        assert "a rights request is not answered" in said["detail"]
    with told_as_problem(crm.post(f"/cases/{case.id}/rights-answered", {"how": ""}), 422) as said:
        assert said["faults"][0]["where"] == "body/how"
    answered = crm.post(f"/cases/{case.id}/rights-answered", {"how": "Sent her the copy by post"})
    assert (answered.status_code, answered.json()["reference"]) == (200, case.id)
    with told_as_problem(crm.post(f"/cases/{case.id}/rights-answered", {"how": "Sent it again"}), 409):
        pass
    assert crm.post(f"/cases/{case.id}/close", ending).status_code == 200


def test_a_case_is_handed_over_to_whoever_can_work_on_it_alone(desk_house: DeskHouse, case: Case) -> None:
    crm, path = program(desk_house, "handler"), f"/cases/{case.id}/hand-over"
    with told_as_problem(crm.post(path, {"to": "tom", "because": "He knows kettles"}), 409) as said:
        assert "nobody may yet" in said["detail"]
    desk_house.account("handler", name="tom")
    desk_house.account("operator", name="olga")
    for name in ("nobody at all", "olga"):
        with told_as_problem(crm.post(path, {"to": name, "because": "He knows kettles"}), 409) as said:
            assert said["detail"].endswith(f"called {name!r}: choose one of tom")
    assert crm.post(path, {"to": "Tom ", "because": "He knows kettles"}).json()["owner"] == "tom"


def test_what_a_rule_forbids_is_told_with_the_fact_and_what_is_left(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler")
    with told_as_problem(
        crm.post(f"/cases/{case.id}/close", {"summary": "x", "upheld": "not_a_complaint"}), 409
    ) as said:
        assert "does not fit" in said["detail"]
    with told_as_problem(crm.get("/cases/AM-9999-9999-99"), 404):
        pass
    with told_as_problem(crm.post(f"/cases/{case.id}/set", {"severity": "dire", "reason": "x"}), 422) as said:
        assert said["faults"][0]["where"] == "body/severity"
    with told_as_problem(crm.post(f"/cases/{case.id}/set", {"reason": "x", "colour": "red"}), 422) as said:
        assert said["faults"][0]["where"] == "body/colour"
    with told_as_problem(crm.get("/nothing"), 404), told_as_problem(crm.post("/queue"), 405):
        pass


def test_a_case_is_closed_with_a_sentence_that_is_not_blank(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler")
    with told_as_problem(crm.post(f"/cases/{case.id}/close", {"summary": " \n", "upheld": "upheld"}), 422) as said:
        assert said["faults"][0]["where"] == "body/summary"
        assert "say in a sentence how the case ended" in said["detail"]


def test_a_change_without_a_key_is_refused(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler")
    answer = crm.client.post(f"{PREFIX}/cases/{case.id}/take", headers={"Authorization": f"Bearer {crm.token}"})
    with told_as_problem(answer, 422) as said:
        assert said["faults"][0]["where"] == "header/Idempotency-Key"


def test_what_is_sent_twice_is_done_once_and_answered_alike(desk_house: DeskHouse, case: Case) -> None:
    crm, other = program(desk_house, "handler", name="crm"), program(desk_house, "handler", name="other")
    body = {"summary": "We sent another one.", "upheld": "upheld"}
    first = crm.post(f"/cases/{case.id}/close", body, key="close-AM-1")
    again = crm.post(f"/cases/{case.id}/close", body, key="close-AM-1")
    assert (again.status_code, again.content) == (first.status_code, first.content) == (200, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    with desk_house.database.reading() as unit:
        assert len(unit.cases.outcomes(case.id)) == 1
    # The key is the token's own; another's means nothing.
    with told_as_problem(other.post(f"/cases/{case.id}/close", body, key="close-AM-1"), 409):
        pass
    with told_as_problem(crm.post(f"/cases/{case.id}/close", {**body, "remedy": "tea"}, key="close-AM-1"), 422) as said:
        assert "another change" in said["detail"]


def test_a_late_repeat_takes_no_case_from_who_took_it_since(desk_house: DeskHouse, case: Case) -> None:
    crm, other = program(desk_house, "handler", name="crm"), program(desk_house, "handler", name="other")
    crm.post(f"/cases/{case.id}/take", key="take-AM-1")
    other.post(f"/cases/{case.id}/take")
    assert crm.post(f"/cases/{case.id}/take", key="take-AM-1").json()["owner"] == "api:crm", "as it was told then"
    assert crm.get(f"/cases/{case.id}").json()["case"]["owner"] == "api:other"


def test_many_that_send_the_same_at_once_do_it_once(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler")
    answers = []

    def send() -> None:
        answers.append(crm.post(f"/cases/{case.id}/notes", {"text": "He called."}, key="note-1-1").content)

    threads = [Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(answers)) == 1
    assert len(crm.get(f"/cases/{case.id}").json()["notes"]) == 1


def test_an_answer_is_forgotten_after_a_day(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler")
    crm.post(f"/cases/{case.id}/notes", {"text": "One."}, key="note-1-1")
    desk_house.clock.advance(days=1, seconds=1)
    crm.post(f"/cases/{case.id}/notes", {"text": "Two."})
    assert crm.post(f"/cases/{case.id}/notes", {"text": "Three."}, key="note-1-1").json()["number"] == 3


def test_what_was_refused_may_be_sent_again_with_its_key(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler")
    body = {"summary": "x", "upheld": "upheld"}
    crm.post(f"/cases/{case.id}/close", body)
    with told_as_problem(crm.post(f"/cases/{case.id}/close", body, key="close-AM-2"), 409):
        pass
    crm.post(f"/cases/{case.id}/take")
    assert crm.post(f"/cases/{case.id}/close", body, key="close-AM-2").status_code == 200


def test_an_answer_is_begun_edited_submitted_and_approved_by_another(desk_house: DeskHouse, case: Case) -> None:
    writer, reviewer = program(desk_house, "handler"), program(desk_house, "reviewer")
    words = (
        "Dear Ines,\n\nThank you for your message. We are sorry that the kettle burned your hand. We have looked "
        "into it: the lid was bad. We will send you another one this week.\n\nWith kind regards\nNorthmoor\n"
    )
    begun = writer.post(f"/cases/{case.id}/replies", {"text": "Soon."}).json()
    assert (begun["state"], begun["authors"]) == ("drafted", ["api:handler"])
    with told_as_problem(writer.post(f"/replies/{begun['id']}/edit", {"text": words, "seen": "0" * 64}), 409) as said:
        assert "were changed since you read them" in said["detail"]
    edited = writer.post(f"/replies/{begun['id']}/edit", {"text": words, "seen": begun["text_sha256"]}).json()
    assert edited["state"] == "drafted"
    submitted = writer.post(f"/replies/{begun['id']}/submit").json()
    assert submitted["state"] == "in_review"
    (waiting,) = reviewer.get("/reviews").json()["items"]
    assert (waiting["reply"]["id"], waiting["answers"]) == (begun["id"], WORDS)
    approved = reviewer.post(f"/reviews/{begun['id']}/approve", read(waiting["reply"])).json()
    assert (approved["state"], approved["approval"]["by"]) == ("queued", "api:reviewer")


def test_who_wrote_words_of_a_reply_cannot_approve_it(desk_house: DeskHouse, in_review: Reply) -> None:
    reviewer = program(desk_house, "reviewer")
    edited = reviewer.post(f"/reviews/{in_review.id}/edit", {"text": "Dear Ines, thank you. We are sorry."}).json()
    with told_as_problem(reviewer.post(f"/reviews/{in_review.id}/approve", read(edited)), 409) as said:
        assert "somebody else must approve it" in said["detail"]


@pytest.mark.parametrize(("verdict", "more"), [("approve", {}), ("reject", {"reason": "too short"})])
def test_a_reviewer_decides_on_no_words_but_those_that_were_read(
    desk_house: DeskHouse, in_review: Reply, verdict: str, more: dict[str, str]
) -> None:
    writer, reviewer = program(desk_house, "handler"), program(desk_house, "reviewer")
    path = f"/reviews/{in_review.id}/{verdict}"
    (waiting,) = reviewer.get("/reviews").json()["items"]
    writer.post(f"/replies/{in_review.id}/edit", {"text": "Dear Ines, we will pay you 5,000 pounds."})

    with told_as_problem(reviewer.post(path, read(waiting["reply"]) | more), 409) as said:
        assert "were changed since you read them" in said["detail"]
    for unread in (more, {"seen": ""} | more):
        with told_as_problem(reviewer.post(path, unread), 422) as said:
            assert said["faults"][0]["where"] == "body/seen"

    with desk_house.database.reading() as unit:
        assert unit.replies.get(in_review.id).state is ReplyState.IN_REVIEW


def test_a_reply_is_rejected_with_a_reason(desk_house: DeskHouse, in_review: Reply) -> None:
    reviewer = program(desk_house, "reviewer")
    seen = {"seen": text_sha256(in_review.text)}
    with told_as_problem(reviewer.post(f"/reviews/{in_review.id}/reject", {"reason": "", **seen}), 422):
        pass
    told = reviewer.post(f"/reviews/{in_review.id}/reject", {"reason": "too short", **seen}).json()
    assert (told["state"], told["outcome"]) == ("rejected", "rejected by api:reviewer: too short")


def test_whether_a_reply_arrived_is_settled(desk_house: DeskHouse, in_review: Reply) -> None:
    with desk_house.database.unit() as unit:
        reply = unit.replies.get(in_review.id)
        for state in (ReplyState.SUPERSEDED,):
            unit.replies.save(reply.moved(state), was=reply.state, at=desk_house.clock())
        unit.commit()
    with told_as_problem(
        program(desk_house, "handler").post(f"/replies/{in_review.id}/settle", {"arrived": True}), 409
    ):
        pass


def test_tasks_links_parked_and_dead_are_settled(desk_house: DeskHouse, case: Case) -> None:
    handler, operator = program(desk_house, "handler"), program(desk_house, "operator")
    (task,) = handler.get("/tasks").json()["items"]
    assert handler.post(f"/tasks/{task['id']}/done").json()["done_by"] == "api:handler"
    assert handler.get("/tasks").json()["items"] == []
    joined = handler.post("/cases/AM-0000-0000-02/link", {"other": case.id, "accept": True}).json()
    assert joined["state"] == "accepted"
    first, second = operator.get("/parked").json()["items"]
    assert (
        operator.post(f"/parked/{first['id']}/discard", {"reason": "an advertisement"}).json()["state"] == "discarded"
    )
    with told_as_problem(operator.post(f"/parked/{first['id']}/discard", {"reason": "once more"}), 409):
        pass
    # Its bytes are nowhere: what cannot be read stays parked, and the caller is told so.
    assert operator.post(f"/parked/{second['id']}/retry").status_code in {404, 422}
    first, second = operator.get("/dead").json()["items"]
    assert operator.post(f"/dead/{first['id']}/retry").json()["state"] == "retried"
    assert operator.post(f"/dead/{second['id']}/discard", {"reason": "a test"}).json()["state"] == "discarded"
    assert operator.get("/dead").json() == {"items": [], "next": None}


def test_a_task_to_acknowledge_that_is_done_counts_as_the_acknowledgement(desk_house: DeskHouse, case: Case) -> None:
    task = replace(a_task(case.id, about="ring her"), kind=TaskKind.ACKNOWLEDGE_ANOTHER_WAY)
    with desk_house.database.unit() as unit:
        unit.tasks.raise_([task])
        unit.commit()
    crm = program(desk_house, "handler")
    assert crm.post(f"/tasks/{task.id}/done").status_code == 200
    told = crm.get(f"/cases/{case.id}").json()
    assert told["case"]["state"] == "acknowledged"
    running = [clock["kind"] for clock in told["clocks"] if clock["stopped_at"] is None]
    assert running == ["response"]


def test_the_queue_is_read_in_parts_without_a_gap(desk_house: DeskHouse) -> None:
    with desk_house.database.unit() as unit:
        for number in range(23):
            add_case(unit, a_case(case_id=f"AM-{number:02}", at=desk_house.clock() - timedelta(hours=number % 4)))
        unit.commit()
    crm, found, cursor = program(desk_house, "handler"), [], ""
    while cursor is not None:
        part = crm.get("/queue", limit=5, cursor=cursor).json()
        assert part["in_all"] == 23
        found += [item["case"]["reference"] for item in part["items"]]
        cursor = part["next"]
    assert len(found) == len(set(found)) == 23
    assert found == [item["case"]["reference"] for item in crm.get("/queue", limit=200).json()["items"]]


@pytest.mark.parametrize("path", ["/parked", "/dead"])
def test_what_operators_settle_is_read_in_parts_without_a_gap_though_some_of_it_is_settled_meanwhile(
    desk_house: DeskHouse, path: str
) -> None:
    with desk_house.database.unit() as unit:
        # Five at a moment each: the moment alone is no place in the list.
        for number in range(23):
            at = desk_house.clock() + timedelta(minutes=number // 5)
            unit.intake.park([replace(a_parked(f"{number}.eml"), parked_at=at)])
            unit.dead.add([a_dead_letter(f"r{number}", at=at)])
        unit.commit()
    operator = program(desk_house, "operator")
    in_order = [one["id"] for one in operator.get(path, limit=200).json()["items"]]
    found, cursor = [], ""
    while cursor is not None:
        part = operator.get(path, limit=4, cursor=cursor).json()
        found += [one["id"] for one in part["items"]]
        operator.post(f"{path}/{found[-1]}/discard", {"reason": "a test"})
        cursor = part["next"]
    assert found == in_order
    assert len(set(found)) == 23


def test_tasks_are_read_in_parts_without_a_gap_though_some_are_done_meanwhile(
    desk_house: DeskHouse, case: Case
) -> None:
    with desk_house.database.unit() as unit:
        at = [desk_house.clock() + timedelta(minutes=number // 3) for number in range(11)]
        unit.tasks.raise_([a_task(case.id, about=f"t{number}", raised_at=one) for number, one in enumerate(at)])
        unit.commit()
    handler = program(desk_house, "handler")
    in_order = [one["id"] for one in handler.get("/tasks", limit=200).json()["items"]]
    found, cursor = [], ""
    while cursor is not None:
        part = handler.get("/tasks", limit=4, cursor=cursor).json()
        found += [one["id"] for one in part["items"]]
        handler.post(f"/tasks/{found[-1]}/done")
        cursor = part["next"]
    assert found == in_order
    assert len(set(found)) >= 11


@pytest.mark.parametrize("path", ["/parked", "/dead"])
def test_a_part_of_a_long_list_reads_no_more_rows_than_it_gives(desk_house: DeskHouse, path: str) -> None:
    with desk_house.database.unit() as unit:
        unit.intake.park([a_parked(f"{number}.eml") for number in range(60)])
        unit.dead.add([a_dead_letter(f"r{number}") for number in range(60)])
        unit.commit()
    operator, limits = program(desk_house, "operator"), []

    def look(_connection: object, _cursor: object, asked: str, given: Sequence[object], *_: object) -> None:
        if f"FROM {'parked' if path == '/parked' else 'dead_letters'}" in asked.replace("\n", " ") and "LIMIT" in asked:
            limits.append(given)

    event.listen(desk_house.database.engine, "before_cursor_execute", look)
    assert len(operator.get(path, limit=5).json()["items"]) == 5
    event.remove(desk_house.database.engine, "before_cursor_execute", look)
    assert [6 in given for given in limits] == [True]


@pytest.mark.parametrize("path", ["/queue", "/tasks", "/reviews", "/parked", "/dead"])
def test_a_cursor_that_we_did_not_make_is_refused(desk_house: DeskHouse, path: str) -> None:
    role = "operator" if path in {"/parked", "/dead"} else "handler"
    caller = program(desk_house, role)
    for cursor in ("x", "eyJvZiI6InF1ZXVlIn0=.0", "é"):
        with told_as_problem(caller.get(path, cursor=cursor), 422):
            pass


def test_a_cursor_of_another_list_is_refused(desk_house: DeskHouse, case: Case) -> None:
    operator = program(desk_house, "operator")
    cursor = operator.get("/parked", limit=1).json()["next"]
    assert len(operator.get("/parked", limit=1, cursor=cursor).json()["items"]) == 1
    with told_as_problem(operator.get("/dead", cursor=cursor), 422):
        pass


def test_the_overview_is_told_in_numbers(desk_house: DeskHouse, case: Case) -> None:
    with desk_house.database.unit() as unit:
        closed = add_case(unit, a_case(case_id="AM-3", state=CaseState.CLOSED))
        unit.cases.record_outcome(an_outcome(closed.id))
        unit.commit()
    manager = program(desk_house, "manager")
    told = manager.get("/overview", since="2026-11-01", until="2026-11-30", by="week").json()
    assert (told["open"]["in_all"], told["zone"], len(told["flow"])) == (2, "Europe/London", 6)
    assert sum(one["opened"] for one in told["flow"]) == 3
    assert [one for one in told["endings"] if one["cases"]] == [
        {"upheld": "upheld", "resolved": "not_known", "cases": 1}
    ]
    with told_as_problem(manager.get("/overview", since="2026-11-02", until="2026-11-01"), 422):
        pass


def test_a_token_lets_in_until_it_ends_or_is_revoked(desk_house: DeskHouse) -> None:
    ending, revoked = token_for(desk_house, "handler", name="a", days=1), token_for(desk_house, "handler", name="b")
    assert program(desk_house, token=ending).get("/queue").status_code == 200
    with desk_house.database.unit() as unit:
        programs.revoke_token(unit, "b", by="ada", at=desk_house.clock())
        unit.commit()
    with told_as_problem(program(desk_house, token=revoked).get("/queue"), 401) as said:
        assert said["detail"] == "the token was revoked"
    desk_house.clock.advance(days=1)
    answer = program(desk_house, token=ending).get("/queue")
    with told_as_problem(answer, 401) as said:
        assert said["detail"] == "the token ended on 24 Nov 2026"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer " + "x" * 5_000, "bearer é"])
def test_without_a_token_that_holds_nobody_gets_in_and_nothing_is_read(desk_house: DeskHouse, header: str) -> None:
    client = program(desk_house).client
    answer = client.post(
        f"{PREFIX}/cases/AM-1/take", content=b"{broken", headers=[(b"Authorization", header.encode())] if header else []
    )
    with told_as_problem(answer, 401):
        pass


def test_a_session_of_the_desk_does_not_open_the_api(desk_house: DeskHouse, case: Case) -> None:
    client = desk_house.client(*Role, name="all")
    assert client.get(f"{PREFIX}/queue").status_code == 401
    assert client.post(f"{PREFIX}/cases/{case.id}/take", headers={"X-CSRF-Token": client.token("/")}).status_code == 401


def test_a_token_does_not_open_the_pages(desk_house: DeskHouse) -> None:
    shown = token_for(desk_house, "admin")
    answer = desk_house.client().get("/", headers={"Authorization": f"Bearer {shown}"})
    assert answer.status_code == 303


def test_calls_are_slowed_down_by_token(desk_house: DeskHouse) -> None:
    desk_house.changes["api_calls_a_minute"] = 3
    fast, other = program(desk_house, "handler", name="fast"), program(desk_house, "handler", name="other")
    assert [fast.get("/queue").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = fast.get("/queue")
    with told_as_problem(answer, 429):
        assert 1 <= int(answer.headers["retry-after"]) <= 20
    assert other.get("/queue").status_code == 200


def test_bodies_have_an_end(desk_house: DeskHouse, case: Case) -> None:
    crm = program(desk_house, "handler")
    with told_as_problem(crm.post(f"/cases/{case.id}/notes", {"text": "x" * 600_000}), 413):
        pass
    with told_as_problem(crm.post(f"/cases/{case.id}/notes", {"text": "x" * 20_001}), 422):
        pass


@pytest.mark.parametrize("text", ["\0", "a\ud800b"])
def test_what_is_no_text_is_refused(desk_house: DeskHouse, case: Case, text: str) -> None:
    crm = program(desk_house, "handler")
    sent = {"Authorization": f"Bearer {crm.token}", "Idempotency-Key": "key-text", "Content-Type": "application/json"}
    answer = crm.client.post(f"{PREFIX}/cases/{case.id}/notes", content=json.dumps({"text": text}), headers=sent)
    with told_as_problem(answer, 422):
        pass


def test_the_token_itself_is_kept_nowhere(desk_house: DeskHouse) -> None:
    shown = token_for(desk_house, "handler")
    with desk_house.database.reading() as unit:
        kept = [repr(unit.tokens.listed()), *(entry.happening_json for entry in unit.audit.every())]
        kept += [repr(record) for record in unit.log.read(unit.log.position("test", "history", 0), limit=50)]
    assert kept
    assert not any(shown in one for one in kept)
