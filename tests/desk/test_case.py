"""The page of a case, without a screen: what it shows, and that each change is the command's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx2 import Response

from amends.casework.cases import take
from amends.casework.claims import work_on
from amends.casework.hold import hold
from amends.casework.notes import ONE_LOOK, note
from amends.domain.case import Case, CaseState
from amends.domain.channel import Channel
from amends.domain.clock import ClockKind
from amends.domain.delivery import CameTo, delivery_of
from amends.domain.ids import case_reference
from amends.domain.link import LinkState
from amends.domain.message import Attachment
from amends.domain.outcome import Resolved, Upheld
from amends.domain.reply import Approval, ReplyState, text_sha256
from amends.domain.verdict import Kind, Severity
from storage.blobs import FolderBlobStore
from tests.desk.file_of_a_case import ANSWER, AtTheDesk
from tests.desk.house import Client, DeskHouse
from tests.support.builders import a_clock, a_message
from tests.support.clock import MONDAY, FakeClock


@pytest.fixture
def at_the_desk(desk_house: DeskHouse) -> AtTheDesk:
    return AtTheDesk(house=desk_house)


@pytest.fixture
def hana(desk_house: DeskHouse) -> Client:
    return desk_house.client("handler", name="hana")


def address(case: Case, more: str = "") -> str:
    return f"/desk/case/{case.id}{more}"


def sent(client: Client, case: Case, what: str, **fields: str) -> Response:
    return client.submit(address(case, what), fields, page="/")


def shown(client: Client, case: Case) -> str:
    answer = client.get(address(case))
    assert answer.status_code == 200
    return str(answer.text)


# What it shows


def test_it_shows_the_customers_words_with_each_flag_and_its_reason(at_the_desk: AtTheDesk, hana: Client) -> None:
    page = shown(hana, at_the_desk.case())

    assert '<mark class="flag" tabindex="0">burned my son&#39;s arm<span class="why">' in page
    assert "Danger or injury, present or recent." in page
    assert "safety.burned: A person was burned or scalded." in page
    assert "triage, 87 % sure" in page
    assert "Why this date?" in page


def test_a_reference_may_be_written_as_it_was_heard(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    assert hana.get(f"/desk/case/{case.id.lower()}").status_code == 200
    assert hana.get("/desk/case/AM-0000-0000-00").status_code == 404


def test_it_shows_notes_replies_with_their_delivery_log_and_what_people_did(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    reply = at_the_desk.draft(case, ANSWER)
    approval = Approval(by="rita", at=MONDAY, text_sha256=text_sha256(ANSWER), expires_at=MONDAY + timedelta(days=1))
    went = replace(reply, state=ReplyState.SENT, approval=approval)
    with desk_house.database.unit() as unit:
        unit.replies.save(went, was=ReplyState.DRAFTED, at=MONDAY)
        unit.deliveries.note([delivery_of(went, CameTo.SENT, at=MONDAY, says="queued as 7F3A")])
        note(unit, case.id, "She sounded tired.", by="tom", at=MONDAY)
        take(unit, case.id, by="tom", at=MONDAY)
        unit.commit()

    page = shown(hana, case)

    assert "approved by rita" in page
    assert "queued as 7F3A" in page
    assert "She sounded tired." in page
    assert "<strong>tom</strong> took the case" in page


def test_an_auditor_reads_and_changes_nothing(at_the_desk: AtTheDesk, desk_house: DeskHouse) -> None:
    case = at_the_desk.case()
    at_the_desk.draft(case)
    auditor = desk_house.client("auditor")

    page = shown(auditor, case)

    assert "and nobody answers." in page
    assert "<textarea" not in page
    assert "/take" not in page
    assert sent(auditor, case, "/note", note="x").status_code == 403


def test_whoever_reads_a_file_is_noted_once_within_some_minutes(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse, clock: FakeClock
) -> None:
    case = at_the_desk.case()
    shown(hana, case)
    shown(hana, case)
    shown(desk_house.client("handler", name="tom"), case)
    clock.advance(seconds=ONE_LOOK.total_seconds())
    shown(hana, case)

    told = [json.loads(one) for one in desk_house.audit(f"case:{case.id}")]
    assert [(one["actor"], one["action"]) for one in told] == [
        ("user:hana", "case.viewed"),
        ("user:tom", "case.viewed"),
        ("user:hana", "case.viewed"),
    ]


# What is done


def test_a_correction_needs_a_reason_and_what_was_chosen_is_kept(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()

    refused = sent(hana, case, "/set", kind="complaint", severity="low", reason=" ")
    done = sent(hana, case, "/set", kind="complaint", severity="low", reason="A burn from years ago")

    assert refused.status_code == 409
    assert "Say why" in refused.text
    assert '<option value="low" selected>' in refused.text
    assert (done.status_code, done.headers["location"]) == (303, address(case, "#what"))
    assert (at_the_desk.stored(case).severity, at_the_desk.stored(case).severity_set_by) == (Severity.LOW, "hana")
    assert "changed severity from critical to low" in shown(hana, case)


def test_a_case_is_taken_and_handed_over_to_somebody_who_is_here(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    desk_house.account("handler", name="tom")

    sent(hana, case, "/take")
    nobody = sent(hana, case, "/hand-over", to="tim", because="He knows kettles")
    assert at_the_desk.stored(case).owner == "hana"
    done = sent(hana, case, "/hand-over", to="Tom", because="He knows kettles")

    assert nobody.status_code == 409
    assert "Nobody who may work on cases is called &#39;tim&#39;: choose one of hana, tom." in nobody.text
    assert done.status_code == 303
    assert at_the_desk.stored(case).owner == "tom"
    assert "handed the case over to tom: “He knows kettles”" in shown(hana, case)


def test_a_case_is_not_handed_over_to_who_cannot_work_on_it(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    desk_house.account("operator", name="olga")
    desk_house.account("handler", name="tom")
    desk_house.client("admin").submit("/accounts/tom/disable")

    for name in ("olga", "tom"):
        refused = sent(hana, case, "/hand-over", to=name, because="Over to you")
        assert refused.status_code == 409
        assert "choose one of hana." in refused.text

    assert at_the_desk.stored(case).owner == ""


def test_a_note_is_written_and_an_empty_one_refused(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    assert sent(hana, case, "/note", note="  ").status_code == 409
    assert sent(hana, case, "/note", note="She rang.").status_code == 303
    assert "She rang." in shown(hana, case)


def test_a_link_is_accepted_refused_and_taken_back(at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse) -> None:
    case = at_the_desk.case()
    other = at_the_desk.other(case)
    assert "both name the order K-118" in shown(hana, case)

    states = []
    for says in ("accept", "undo", "refuse"):
        assert sent(hana, case, "/link", other=other.id, says=says).status_code == 303
        with desk_house.database.reading() as unit:
            states.append(unit.links.of_case(case.id)[0].state)

    assert states == [LinkState.ACCEPTED, LinkState.SUGGESTED, LinkState.REFUSED]


def test_a_task_is_done_and_a_delivery_settled(at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse) -> None:
    case = at_the_desk.case()
    task = at_the_desk.task(case)
    reply = at_the_desk.draft(case, ANSWER)
    approval = Approval(by="rita", at=MONDAY, text_sha256=text_sha256(ANSWER), expires_at=MONDAY + timedelta(days=1))
    with desk_house.database.unit() as unit:
        unit.replies.save(replace(reply, state=ReplyState.UNKNOWN, approval=approval), was=reply.state, at=MONDAY)
        unit.commit()
    assert "Did our answer arrive?" in shown(hana, case)

    sent(hana, case, "/task", task=task.id)
    # It was to acknowledge another way.
    assert at_the_desk.stored(case).state is CaseState.ACKNOWLEDGED
    sent(hana, case, "/settle", reply=reply.id, arrived="yes")

    [settled] = at_the_desk.replies(case)
    assert settled.state is ReplyState.SENT
    assert at_the_desk.stored(case).state is CaseState.ANSWERED
    assert "done by hana" in shown(hana, case)


def test_a_rights_request_is_answered_beside_its_clock_before_the_case_is_closed(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    form = f'action="{address(case, "/rights-answered")}"'
    assert form not in shown(hana, case)
    with desk_house.database.unit() as unit:
        unit.clocks.start([a_clock(ClockKind.RIGHTS_REQUEST, case_id=case.id)])
        unit.commit()
    assert form in shown(hana, case)
    assert form not in shown(desk_house.client("auditor"), case)

    early = sent(hana, case, "/close", upheld="upheld", summary="We sent another.")
    unsaid = sent(hana, case, "/rights-answered", how=" ")
    done = sent(hana, case, "/rights-answered", how="Sent <her> the copy")
    twice = sent(hana, case, "/rights-answered", how="Sent it again")

    assert early.status_code == 409
    assert "A rights request is not answered; say how it was" in early.text
    assert unsaid.status_code == 409
    assert "Say how and when it was answered" in unsaid.text
    assert (done.status_code, done.headers["location"]) == (303, address(case, "#clocks"))
    assert twice.status_code == 409
    assert "No rights request waits" in twice.text
    page = shown(hana, case)
    assert form not in page
    assert "said how the rights request was answered: “Sent &lt;her&gt; the copy”" in page
    assert sent(hana, case, "/close", upheld="upheld", summary="We sent another.").status_code == 303


def test_a_case_is_closed_with_two_answers_to_two_questions(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()

    unsaid = sent(hana, case, "/close", upheld="", resolved="yes", summary="We sent another.")
    closed = sent(hana, case, "/close", upheld="partly", resolved="no", summary="We sent another.", cause="A bad lid")

    assert unsaid.status_code == 409
    assert "We sent another." in unsaid.text
    assert closed.status_code == 303
    assert at_the_desk.stored(case).state is CaseState.CLOSED
    with desk_house.database.reading() as unit:
        [outcome] = unit.cases.outcomes(case.id)
    assert (outcome.upheld, outcome.resolved, outcome.cause) == (Upheld.PARTLY, Resolved.NO, "A bad lid")
    page = shown(hana, case)
    assert "Reopen and take it" in page
    assert 'id="editor"' not in page


def test_whoever_closed_a_case_of_their_own_can_reopen_it(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    sent(hana, case, "/take")
    assert 'action="/desk/case/' + case.id + '/take"' not in shown(hana, case)

    sent(hana, case, "/close", upheld="upheld", summary="We sent another.")

    assert "Reopen and take it" in shown(hana, case)
    sent(hana, case, "/take")
    stored = at_the_desk.stored(case)
    assert (stored.state, stored.owner) == (CaseState.IN_HAND, "hana")


def test_a_question_is_not_closed_as_a_complaint(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case(a_message("When are you open on Sundays?"), kind=Kind.ENQUIRY)
    page = shown(hana, case)
    assert 'value="not_a_complaint"' in page
    assert 'value="upheld"' not in page


# The reply


def in_editor(client: Client, case: Case, query: str = "") -> dict[str, str]:
    """Give the hidden fields of the editor."""
    page = client.get(address(case, query)).text
    form = page.partition('id="editor"')[2].partition("</form>")[0]
    return {
        name: form.partition(f'name="{name}" value="')[2].partition('"')[0] for name in ("seen", "reply", "instead_of")
    }


def test_a_draft_is_kept_then_sent_to_review(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    at_the_desk.draft(case)

    kept = sent(hana, case, "/reply/save", **in_editor(hana, case), text=ANSWER.replace("\n", "\r\n"))
    [reply] = at_the_desk.replies(case)
    assert (kept.status_code, reply.text, reply.state) == (303, ANSWER, ReplyState.DRAFTED)
    submitted = sent(hana, case, "/reply/review", **in_editor(hana, case), text=ANSWER)

    [reply] = at_the_desk.replies(case)
    assert (submitted.status_code, reply.state, reply.authors) == (303, ReplyState.IN_REVIEW, ("amends", "hana"))


def test_new_words_go_to_review_at_once(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    at_the_desk.draft(case)
    sent(hana, case, "/reply/review", **in_editor(hana, case), text=ANSWER)
    [reply] = at_the_desk.replies(case)
    assert (reply.text, reply.state) == (ANSWER, ReplyState.IN_REVIEW)


def test_a_reply_is_refused_where_the_customer_has_written_since_and_nothing_typed_is_lost(
    at_the_desk: AtTheDesk, hana: Client
) -> None:
    case = at_the_desk.case()
    draft = at_the_desk.draft(case)
    fields = in_editor(hana, case)
    at_the_desk.writes(case, "Forget the kettle: now the toaster smokes.")

    refused = sent(hana, case, "/reply/review", **fields, text=ANSWER)

    assert refused.status_code == 409
    assert "The customer wrote again" in refused.text
    since = refused.text.partition('class="since"')[2].partition("</div>")[0]
    assert "now the toaster smokes" in since
    assert "a whole batch had a bad lid" in refused.text.partition('<textarea id="text"')[2].partition("</textarea>")[0]
    assert "new since you wrote" in refused.text
    assert at_the_desk.replies(case) == [draft]
    # The page that refused knows the new words: sent from there, it goes.
    fields["seen"] = refused.text.partition('name="seen" value="')[2].partition('"')[0]
    assert sent(hana, case, "/reply/review", **fields, text=ANSWER).status_code == 303


def test_a_draft_that_the_customers_next_message_replaced_loses_nobodys_words(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    draft = at_the_desk.draft(case)
    fields = in_editor(hana, case)
    at_the_desk.writes(case, "Now the toaster smokes.")
    with desk_house.database.unit() as unit:
        unit.replies.save(draft.moved(ReplyState.SUPERSEDED), was=draft.state, at=MONDAY)
        unit.commit()
    newer = at_the_desk.draft(case, "Dear Ines, [again]")

    refused = sent(hana, case, "/reply/save", **fields, text=ANSWER)

    assert refused.status_code == 409
    assert "The customer wrote again" in refused.text
    assert "Now the toaster smokes." in refused.text
    assert f'name="reply" value="{newer.id}"' in refused.text
    assert "a whole batch had a bad lid" in refused.text.partition('<textarea id="text"')[2].partition("</textarea>")[0]


def test_a_reply_of_another_case_is_not_changed_from_this_one(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    draft = at_the_desk.draft(case)
    other = at_the_desk.other(case)
    assert sent(hana, other, "/reply/save", reply=draft.id, text="Mine.").status_code == 404
    assert sent(hana, other, "/reply/review", reply=draft.id, text="Mine.").status_code == 404
    assert at_the_desk.replies(case) == [draft]


def test_a_message_is_split_off_and_put_back(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    message = at_the_desk.writes(case, "My lamp is broken too.")
    apart = case_reference(message.id)
    with at_the_desk.house.database.unit() as unit:
        stored = unit.cases.get(case.id)
        assert stored.messages == 2

    assert sent(hana, case, "/split", message=message.id, because_split=" ").status_code == 409
    assert sent(hana, case, "/split", message=message.id, because_split="A lamp").status_code == 303
    assert "My lamp is broken too." in hana.get(f"/desk/case/{apart}").text
    assert "Split off from one case: A lamp." in shown(hana, case)
    back = hana.submit(f"/desk/case/{apart}/unsplit", {"other": apart}, page="/")

    assert (back.status_code, back.headers["location"]) == (303, address(case, "#timeline"))
    assert "My lamp is broken too." in shown(hana, case)
    assert hana.get(f"/desk/case/{apart}").status_code == 404


def test_what_a_colleague_wrote_meanwhile_is_shown_not_written_over(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    at_the_desk.draft(case)
    tom = desk_house.client("handler", name="tom")
    hanas, toms = in_editor(hana, case), in_editor(tom, case)
    sent(tom, case, "/reply/save", **toms, text="Tom's words.")

    refused = sent(hana, case, "/reply/save", **hanas, text="Hana's words.")

    assert refused.status_code == 409
    assert "Tom&#39;s words." in refused.text
    assert "Hana&#39;s words." in refused.text
    assert at_the_desk.replies(case)[0].text == "Tom's words."


def test_words_are_checked_as_they_are_typed(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    at_the_desk.draft(case)
    fields = {**in_editor(hana, case), "text": "Your card 4111 1111 1111 1111 <b>[what]</b>", "csrf": hana.token("/")}

    part = hana.post(address(case, "/reply/check"), data=fields, headers={"X-Part": "checks"})
    whole = hana.post(address(case, "/reply/check"), data=fields)

    for answer in (part, whole):
        assert answer.status_code == 200
        assert "<q>4111 1111 1111 1111</q>" in answer.text
        assert "<q>[what]</q>" in answer.text
    assert "<html" not in part.text
    assert "&lt;b&gt;[what]" in whole.text
    assert at_the_desk.replies(case)[0].text != fields["text"], "checking keeps nothing"


def test_an_answer_is_begun_where_none_stands(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    page = shown(hana, case)
    assert "Form of reply" in page
    assert "<strong>the customer wrote to us privately" in page

    begun = sent(hana, case, "/reply/begin", form="email", text=ANSWER, seen=in_editor(hana, case)["seen"])

    [reply] = at_the_desk.replies(case)
    assert begun.status_code == 303
    assert (reply.text, reply.authors, reply.state) == (ANSWER, ("hana",), ReplyState.DRAFTED)
    assert reply.subject == f"Re: My kettle [{case.id}]"


def test_a_form_that_cannot_be_used_is_refused_and_the_words_are_kept(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    refused = sent(hana, case, "/reply/begin", form="public_reply", text="Hello all")
    assert refused.status_code == 409
    assert "a public word would tell strangers" in refused.text
    assert "Hello all" in refused.text
    assert at_the_desk.replies(case) == []


def test_a_heartbeat_tells_who_else_is_here_and_that_the_customer_wrote(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse, clock: FakeClock
) -> None:
    case = at_the_desk.case()
    tom = desk_house.client("handler", name="tom")
    seen = in_editor(tom, case)["seen"]
    assert "Tom is looking at this case too" in shown(hana, case)

    sent(tom, case, "/here", seen=seen, writes="yes")
    assert "Tom is writing on this case" in sent(hana, case, "/here", seen=seen).text
    at_the_desk.writes(case, "And?")
    assert "has written since you opened this page" in sent(hana, case, "/here", seen=seen).text
    clock.advance(seconds=60)
    assert "Tom" not in sent(hana, case, "/here", seen=seen).text


def works(hana: Client, case: Case) -> bool:
    """Whether the queue says that hana works on a case; whoever looks for her is somebody else."""
    return "hana works on it now" in hana.get("/desk/queue").text


def test_whose_case_it_is_works_on_it_from_looking_at_it_and_with_each_thing_done(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse, clock: FakeClock
) -> None:
    case, tom = at_the_desk.case(), desk_house.client("handler", name="tom")
    shown(hana, case)
    assert not works(tom, case), "a case that is nobody's is looked at, not worked on"

    sent(hana, case, "/take")
    told = [works(tom, case)]
    for does in (lambda: shown(hana, case), lambda: sent(hana, case, "/note", note="She rang."), lambda: None):
        clock.advance(minutes=4)
        does()
        clock.advance(minutes=2)
        told.append(works(tom, case))
    assert told == [True, True, True, False]


def test_whoever_gives_a_case_away_or_closes_it_works_on_it_no_more(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case, tom = at_the_desk.case(), desk_house.client("handler", name="tom")
    sent(hana, case, "/take")
    sent(hana, case, "/hand-over", to="tom", because="Yours.")
    assert not works(tom, case)

    sent(hana, case, "/take")
    assert works(tom, case)
    sent(hana, case, "/close", upheld="upheld", resolved="yes", summary="A new kettle.")
    with desk_house.database.reading() as unit:
        assert unit.work.leases([case.id], now=desk_house.clock()) == {}


def test_who_works_on_a_case_is_told_where_their_page_is_another_processes(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    with desk_house.database.aside() as unit:
        work_on(unit, case.id, by="olu", at=desk_house.clock())
        unit.commit()

    assert "olu works on this case" in shown(hana, case)
    assert "olu works on this case" in sent(hana, case, "/here", seen="").text
    tom = desk_house.client("handler", name="tom")
    with desk_house.database.aside() as unit:
        unit.work.let_go(case.id, "olu")
        work_on(unit, case.id, by="hana", at=desk_house.clock())
        unit.commit()
    assert "works on this case" not in shown(hana, case), "one knows of oneself"
    assert "works on this case" not in shown(tom, case), "whose page is open is named once"


@pytest.mark.parametrize(("channel", "is_told"), [(Channel.X, True), (Channel.EMAIL, False)])
def test_a_hold_is_told_where_strangers_may_read_the_answer(
    at_the_desk: AtTheDesk, desk_house: DeskHouse, channel: Channel, is_told: bool
) -> None:
    case = at_the_desk.case(a_message("It broke.", channel=channel, author="77001", name="Odd Kettle"))
    hana, rita = desk_house.client("handler", name="hana"), desk_house.client("handler", "reviewer", name="rita")
    assert "Public posting is held" not in shown(hana, case)
    with desk_house.database.unit() as unit:
        hold(unit, "A crisis", by="rita", at=desk_house.clock())
        unit.commit()

    pages = [shown(one, case) for one in (hana, rita)]
    assert ["“A crisis”" in page for page in pages] == [is_told, is_told]
    assert ['href="/desk/review#held"' in page for page in pages] == [False, is_told]


def test_a_page_that_only_beats_keeps_nobody_signed_in(at_the_desk: AtTheDesk, hana: Client, clock: FakeClock) -> None:
    case = at_the_desk.case()
    fields = {"seen": in_editor(hana, case)["seen"], "csrf": hana.token("/")}
    for _ in range(4):
        assert hana.post(address(case, "/here"), data=fields).status_code == 200
        clock.advance(seconds=20 * 60)
    assert "You are signed out" in hana.post(address(case, "/here"), data=fields).text


# As it came


def test_a_message_is_downloaded_as_plain_text_and_shown_as_safe_html(at_the_desk: AtTheDesk, hana: Client) -> None:
    html = (
        '<p onclick="x()">Hello <a href="https://evil.example/?a=1&amp;b=2">your bank</a><script>x()</script>'
        '<img src="https://evil.example/pixel"><a href="javascript:x()">tap</a></p><style>p{}</style>'
    )
    case = at_the_desk.case(html=html)
    [path] = {
        one.partition('"')[0]
        for one in shown(hana, case).split('href="')[1:]
        if "/message/" in one and "source" not in one
    }

    source, page, frame = hana.get(f"{path}/source"), hana.get(f"{path}?html=yes"), hana.get(f"{path}/html")

    assert source.headers["content-type"].startswith("text/plain")
    assert source.headers["content-disposition"].startswith("attachment")
    assert source.text.endswith(html)
    assert 'sandbox=""' in page.text
    assert "evil.example" not in page.text
    assert "sandbox" in frame.headers["content-security-policy"]
    assert "default-src 'none'" in frame.headers["content-security-policy"]
    assert frame.headers["x-frame-options"] == "SAMEORIGIN"
    body = frame.text.partition("<body>")[2]
    assert body.startswith('<p>Hello <span class="link">your bank</span>')
    assert '<span class="address">[https://evil.example/?a=1&amp;b=2]</span>' in body
    assert not {"script", "img", "onclick", "javascript", "<a", "style"} & {
        word for word in ("script", "img", "onclick", "javascript", "<a", "style") if word in body
    }


def test_a_message_of_another_case_is_not_shown_under_this_one(at_the_desk: AtTheDesk, hana: Client) -> None:
    case = at_the_desk.case()
    other = at_the_desk.other(case)
    with at_the_desk.house.database.reading() as unit:
        message_id = unit.messages.last_filed(other.id).message.id
    assert hana.get(address(case, f"/message/{message_id}")).status_code == 404
    assert hana.get(address(case, f"/message/{message_id}/source")).status_code == 404


# Contacts


def test_a_call_is_logged_for_a_case_and_for_a_new_one(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    case = at_the_desk.case()
    fields = {"channel": "phone", "when": "2026-11-23T08:30", "text": "It smokes.", "key": "1"}

    on_case = hana.submit("/desk/contact", {**fields, "case": case.id})
    alone = hana.submit("/desk/contact", {**fields, "name": "Ola"})
    future = hana.submit("/desk/contact", {**fields, "when": "2030-01-01T00:00", "name": "Ola"})

    assert (on_case.status_code, on_case.headers["location"]) == (303, address(case))
    assert (alone.status_code, alone.headers["location"]) == (303, "/desk/contact")
    assert future.status_code == 409
    assert "It smokes." in future.text
    with desk_house.database.reading() as unit:
        actions = [json.loads(entry.happening_json)["action"] for entry in unit.audit.every()]
    assert actions.count("contact.logged") == 2


def test_whoever_reads_a_message_as_it_came_has_read_the_file(at_the_desk: AtTheDesk, desk_house: DeskHouse) -> None:
    case = at_the_desk.case()
    with desk_house.database.reading() as unit:
        message_id = unit.messages.last_filed(case.id).message.id

    desk_house.client("auditor").get(address(case, f"/message/{message_id}/source"))

    [told] = desk_house.audit(f"case:{case.id}")
    assert json.loads(told)["actor"] == "user:auditor"


# Its attachments


def test_an_attachment_is_saved_as_a_file_and_one_that_was_refused_is_named(
    at_the_desk: AtTheDesk, hana: Client, desk_house: DeskHouse
) -> None:
    picture = b"<script>alert(1)</script>"
    sha256 = FolderBlobStore(desk_house.folder / "blobs").put(picture)
    came = (
        Attachment(filename="kettle.html", content_type="text/html", size_bytes=len(picture), sha256=sha256),
        Attachment(
            filename="all.zip",
            content_type="application/zip",
            size_bytes=9,
            sha256="0" * 64,
            refused="archive_bomb",
            note="unpacked it would be 4 TB",
        ),
    )
    case = at_the_desk.case(replace(a_message("My kettle, see the picture."), attachments=came))

    page = shown(hana, case)
    saved = hana.get(address(case, "/attachment/1"))

    assert f'<a href="{address(case, "/attachment/1")}" download>kettle.html</a>' in page
    assert "not given out: it was refused: unpacked it would be 4 TB" in page
    assert saved.content == picture
    assert saved.headers["content-type"] == "application/octet-stream"
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert hana.get(address(case, "/attachment/2")).status_code == 409
    assert hana.get(address(case, "/attachment/3")).status_code == 404
