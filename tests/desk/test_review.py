"""The pages of review: what is listed, who may approve what, and that an approval is for the words that were read."""

from __future__ import annotations

import json
import re

import pytest
from httpx2 import Response

from amends.domain.check import Level
from amends.domain.reply import Form, Reply, ReplyState, text_sha256
from tests.desk.house import Client, DeskHouse
from tests.desk.reviewing import GOOD, Reviewing
from tests.support.builders import a_check

S = ReplyState


@pytest.fixture
def reviewing(desk_house: DeskHouse) -> Reviewing:
    return Reviewing(house=desk_house)


@pytest.fixture
def uma(desk_house: DeskHouse) -> Client:
    """Reviews, and wrote nothing."""
    return desk_house.client("reviewer", name="uma")


def at(reply: Reply, what: str = "") -> str:
    return f"/desk/review/{reply.id}{what}"


def approve(client: Client, reply: Reply, *, seen: str = "") -> Response:
    return client.submit(at(reply, "/approve"), {"seen": seen or text_sha256(reply.text)}, page=at(reply))


def in_editor(html: str) -> dict[str, str]:
    """Give what the form of an edit sends along by itself."""
    form = html.partition('id="edit-fold"')[2].partition("</form>")[0]
    return dict(re.findall(r'name="(seen|heard)" value="([^"]+)"', form))


def said(client: Client, path: str) -> str:
    """Give the words of a page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", client.get(path).text).split())


def test_the_list_shows_what_they_wrote_what_we_would_say_and_what_checks_say(
    reviewing: Reviewing, uma: Client
) -> None:
    reviewing.reply()
    reviewing.reply("Your IBAN is in our files.", checks=(a_check(Level.BLOCK),))

    page = said(uma, "/desk/review")

    assert "To review 2" in page
    assert "my kettle gave me a shock" in page
    assert GOOD[:60] in page
    assert "blocked by 1 check" in page
    assert "of 280 as X counts" in page


def test_filters_are_links_and_a_filter_that_is_none_is_refused(reviewing: Reviewing, uma: Client) -> None:
    post = reviewing.reply()
    mail = reviewing.reply(form=Form.DIRECT_MESSAGE)
    listed = uma.get("/desk/review?public=yes").text

    assert post.id in listed
    assert mail.id not in listed
    assert "No reply in review fits these filters" in uma.get("/desk/review?hours=24").text
    assert uma.get("/desk/review?hours=soon").status_code == 422
    assert uma.get("/desk/review?channel=fax").status_code == 422
    assert f'href="/desk/review/{post.id}?public=yes"' in listed


def test_a_long_list_goes_on_on_the_next_page(reviewing: Reviewing, uma: Client) -> None:
    replies = [reviewing.reply() for _ in range(27)]
    first = uma.get("/desk/review").text
    [more] = re.findall(r'rel="next" href="([^"]+)"', first)
    second = uma.get(more).text

    assert [reply.id in first for reply in replies] == [True] * 25 + [False] * 2
    assert [reply.id in second for reply in replies] == [False] * 25 + [True] * 2
    assert uma.get("/desk/review?after=nothing").status_code == 404


def test_a_reply_is_shown_in_its_context_with_why_and_what_checks_quote(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    quote = "your kettle"
    reply = reviewing.reply(checks=(a_check(Level.WARN, quote=quote, start=GOOD.index(quote)),))

    html, page = uma.get(at(reply)).text, said(uma, at(reply))

    assert "this is answered" in page
    assert "Safety (critical)" in page
    assert re.search(r'<mark class="hint-mark" title="[^"]+" tabindex="0">your kettle<', html)
    assert re.search(r'<mark class="[^"]*" title="Safety[^"]*" tabindex="0">gave me a shock<', html)
    assert "https://x.com/i/status/1990000000000000001" in html
    assert '"actor":"user:uma"' in desk_house.audit(f"case:{reply.case_id}")[-1]


def test_that_a_reviewer_read_a_case_is_noted_once_also_where_words_are_checked(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply = reviewing.reply()
    token = uma.token("/")

    uma.post(at(reply, "/check"), data={"text": GOOD, "csrf": token})
    uma.get(at(reply))

    told = [json.loads(entry) for entry in desk_house.audit(f"case:{reply.case_id}")]
    assert [(one["action"], one["actor"]) for one in told] == [("case.viewed", "user:uma")]
    desk_house.clock.advance(minutes=11)
    uma.get(at(reply))
    assert len(desk_house.audit(f"case:{reply.case_id}")) == 2


def test_a_reviewer_approves_and_is_led_to_the_next_and_the_reply_goes_out(reviewing: Reviewing, uma: Client) -> None:
    first, second = reviewing.reply(), reviewing.reply()

    answer = approve(uma, first)

    assert (answer.status_code, answer.headers["location"]) == (303, at(second))
    approval = reviewing.stored(first).approval
    assert approval is not None
    assert approval.by == "uma"
    assert "is on its way" in said(uma, at(second))
    page = said(uma, at(first))
    assert "Approved by uma. The approval holds until Mon 23 Nov 2026, 10:00 GMT (in 1 hour)" in page
    assert reviewing.deliver() == [GOOD]
    assert "Sent approved by uma" in said(uma, at(first))


def test_an_author_gets_a_sentence_in_the_place_of_the_button_and_cannot_approve_by_hand(
    reviewing: Reviewing, desk_house: DeskHouse
) -> None:
    reply = reviewing.reply(authors=("amends", "hana"))
    hana = desk_house.client("reviewer", name="hana")

    assert "You wrote words of this reply, so somebody else has to approve it." in said(hana, at(reply))
    assert at(reply, "/approve") not in hana.get(at(reply)).text
    answer = approve(hana, reply)
    assert answer.status_code == 409
    assert "somebody else must approve it" in answer.text
    assert reviewing.stored(reply).state is S.IN_REVIEW


def test_an_approval_of_words_that_were_changed_meanwhile_is_refused(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply = reviewing.reply()
    hana = desk_house.client("reviewer", name="hana")
    hana.submit(at(reply, "/edit"), {"text": GOOD + " Truly.", "seen": text_sha256(GOOD)}, page=at(reply))

    answer = approve(uma, reply, seen=text_sha256(GOOD))

    assert answer.status_code == 409
    assert "were changed since you read them" in answer.text
    assert reviewing.stored(reply).state is S.IN_REVIEW


def test_an_edit_after_the_approval_ends_it_and_nothing_of_it_goes(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply = reviewing.reply()
    approve(uma, reply)
    desk_house.clock.advance(minutes=1)
    hana = desk_house.client("reviewer", name="hana")

    answer = hana.submit(at(reply, "/edit"), {"text": GOOD + " Truly.", "seen": text_sha256(GOOD)}, page=at(reply))

    assert answer.headers["location"] == at(reply)
    assert reviewing.deliver() == []
    stored = reviewing.stored(reply)
    assert (stored.state, stored.approval, stored.authors) == (S.IN_REVIEW, None, ("amends", "hana"))
    approve(uma, stored)
    assert reviewing.deliver() == [GOOD + " Truly."]


def test_of_two_who_edit_the_second_loses_nothing_and_overwrites_nothing(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply = reviewing.reply()
    hana = desk_house.client("reviewer", name="hana")
    seen = text_sha256(GOOD)
    hana.submit(at(reply, "/edit"), {"text": "Hana's words.", "seen": seen}, page=at(reply))

    answer = uma.submit(at(reply, "/edit"), {"text": "Uma's <b>words</b>.", "seen": seen}, page=at(reply))

    assert answer.status_code == 409
    assert "Uma&#39;s &lt;b&gt;words&lt;/b&gt;." in answer.text
    assert reviewing.stored(reply).text == "Hana's words."


def test_an_edit_is_refused_where_the_customer_has_written_since_and_nothing_typed_is_lost(
    reviewing: Reviewing, uma: Client
) -> None:
    reply = reviewing.reply()
    fields = in_editor(uma.get(at(reply)).text)
    reviewing.customer_writes(reply, "Forget the kettle: my son is in <b>hospital</b>.")
    words = GOOD + " We rang you."

    refused = uma.submit(at(reply, "/edit"), {**fields, "text": words}, page=at(reply))

    assert refused.status_code == 409
    assert "The customer wrote again" in refused.text
    since = refused.text.partition('class="since"')[2].partition("</div>")[0]
    assert "my son is in &lt;b&gt;hospital&lt;/b&gt;." in since
    assert words in refused.text.partition('<textarea id="text"')[2].partition("</textarea>")[0]
    assert reviewing.stored(reply) == reply
    # Checking shows it too; and the page that refused knows the new words: sent from there, they are saved.
    assert 'class="since"' in uma.submit(at(reply, "/check"), {**fields, "text": words}, page=at(reply)).text
    saved = uma.submit(at(reply, "/edit"), {**in_editor(refused.text), "text": words}, page=at(reply))
    assert saved.status_code == 303
    assert reviewing.stored(reply).message_id == in_editor(refused.text)["heard"] != reply.message_id


def test_an_edit_of_what_is_on_its_way_is_refused_with_the_words_to_be_copied(
    reviewing: Reviewing, uma: Client
) -> None:
    reply = reviewing.reply()
    fields = in_editor(uma.get(at(reply)).text)
    approve(uma, reply)
    reviewing.deliver()

    refused = uma.submit(at(reply, "/edit"), {**fields, "text": "Uma's words."}, page=at(reply))

    assert refused.status_code == 409
    assert "can no longer be edited" in refused.text
    assert "Uma&#39;s words." in refused.text


def test_an_approval_that_ran_out_takes_the_reply_back_and_the_page_says_so(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply = reviewing.reply()
    approve(uma, reply)
    desk_house.clock.advance(minutes=61)
    uma = desk_house.client("reviewer", name="uma")

    assert reviewing.deliver() == []
    assert "Back in review: its approval ran out before it could be sent" in said(uma, at(reply))


def test_words_are_checked_without_being_saved(reviewing: Reviewing, uma: Client) -> None:
    reply = reviewing.reply()

    answer = uma.submit(at(reply, "/check"), {"text": "Ring Ines Okafor.\r\n" + "x" * 300}, page=at(reply))

    assert answer.status_code == 200
    assert "too many" in answer.text
    assert "Keeps it from going" in answer.text
    assert "Ring Ines Okafor.\n" in answer.text.replace("\r", "")
    assert reviewing.stored(reply) == reply


def test_a_reply_is_rejected_with_its_reason(reviewing: Reviewing, uma: Client) -> None:
    reply = reviewing.reply()
    assert uma.submit(at(reply, "/reject"), {"reason": "  "}, page=at(reply)).status_code == 409

    answer = uma.submit(at(reply, "/reject"), {"reason": "Ring them instead"}, page=at(reply))

    assert answer.headers["location"] == "/desk/review"
    assert reviewing.stored(reply).outcome == "rejected by uma: Ring them instead"
    assert "Ring them instead" in said(uma, at(reply))


def test_a_rejection_of_words_that_were_changed_meanwhile_is_refused(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply = reviewing.reply()
    shown = uma.get(at(reply)).text.partition('/reject"')[2].partition("</form>")[0]
    [seen] = re.findall(r'name="seen" value="([^"]+)"', shown)
    hana = desk_house.client("reviewer", name="hana")
    hana.submit(at(reply, "/edit"), {"text": GOOD + " Truly.", "seen": seen}, page=at(reply))

    answer = uma.submit(at(reply, "/reject"), {"reason": "Ring them instead", "seen": seen}, page=at(reply))

    assert answer.status_code == 409
    assert "Ring them instead" in answer.text
    assert reviewing.stored(reply).state is S.IN_REVIEW


def test_when_the_customer_wrote_again_the_page_says_so_and_offers_no_approval(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply = reviewing.reply()
    desk_house.clock.advance(minutes=5)
    reviewing.customer_writes(reply, "Forget it, I bought another one.")

    page = said(uma, at(reply))

    assert "The customer wrote again on 23 Nov 2026 at 09:05 UTC" in page
    assert "Forget it, I bought another one." in page
    assert at(reply, "/approve") not in uma.get(at(reply)).text


def test_whoever_may_only_read_is_offered_nothing_else(reviewing: Reviewing, desk_house: DeskHouse) -> None:
    reply = reviewing.reply()
    auditor = desk_house.client("auditor")

    html = auditor.get(at(reply)).text

    assert "You may read this reply" in html
    assert not re.findall(r'action="/desk/review', html)
    assert "Hold all public posting" not in auditor.get("/desk/review").text


def test_the_hold_stops_posting_and_every_page_of_review_says_so(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    reply, other = reviewing.reply(), reviewing.reply()
    assert "Hold all public posting" in uma.get("/desk/review").text
    uma.submit("/desk/posting/hold", {"reason": "Our <i>post</i> was wrong"}, page="/desk/review")

    answer = approve(uma, reply)

    assert reviewing.deliver() == []
    assert answer.headers["location"] == at(other)
    assert "waits, for public posting is held" in said(uma, at(other))
    for path in ("/desk/review", at(reply), at(other), "/desk/review/history"):
        html = uma.get(path).text
        assert "Public posting is held" in html
        assert "Our &lt;i&gt;post&lt;/i&gt; was wrong" in html
    assert "1 approved reply waits" in said(uma, "/desk/review")
    assert "Release …" not in desk_house.client("auditor").get("/desk/review").text

    uma.submit("/desk/posting/release", {"reason": "Put right"}, page="/desk/review")

    assert reviewing.deliver() == [GOOD]
    assert "Public posting is held" not in uma.get("/desk/review").text


def test_the_history_tells_what_was_posted_by_whom_approved_and_what_came_back(
    reviewing: Reviewing, desk_house: DeskHouse, uma: Client
) -> None:
    public, private = reviewing.reply(), reviewing.reply(GOOD + " (private)", form=Form.DIRECT_MESSAGE, checks=())
    approve(uma, public)
    approve(uma, private)
    reviewing.deliver()
    desk_house.clock.advance(minutes=5)
    reviewing.customer_writes(public, "That is no help at all.")

    page = said(uma, "/desk/review/history")

    assert "posted or sent Public reply" in page
    assert "approved by uma" in page
    assert GOOD in page
    assert "The customer has written since: That is no help at all." in page
    assert "(private)" not in page
    assert "(private)" in said(uma, "/desk/review/history?public=no")
    assert "Nothing like that yet" in said(uma, "/desk/review/history?came_to=refused")
    assert uma.get("/desk/review/history?came_to=eaten").status_code == 422
    assert uma.get("/desk/review/history?before=-1").status_code == 422
