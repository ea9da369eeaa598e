"""The queue's page: order, reasons, filters, search, claims, views, without a browser."""

from __future__ import annotations

import re
from collections import defaultdict
from html import unescape

import pytest
from sqlalchemy import Connection, event

from amends.casework.hold import hold
from amends.domain.case import CaseState
from amends.domain.verdict import Kind, Severity
from tests.desk.house import Client, DeskHouse
from tests.desk.queue_cases import a_morning, open_case, reference


@pytest.fixture
def morning(desk_house: DeskHouse) -> DeskHouse:
    a_morning(desk_house.database)
    return desk_house


def shown(client: Client, path: str = "/desk/queue") -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return re.findall(r'data-reference="([^"]+)"', answer.text)


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_what_to_do_next_comes_first_with_its_reasons(morning: DeskHouse) -> None:
    client = morning.client("handler")
    page = text_of(client.get("/desk/queue").text)

    assert shown(client) == [reference(number) for number in (1, 2, 3, 4, 7, 5)]
    assert "critical severity · " not in page
    for says in ("critical severity", "response overdue since 22 Nov 03:00", "safety: caught fire", "6 cases wait"):
        assert says in page


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("due=overdue", [1]),
        ("due=today", [2]),
        ("owner=me", [7]),
        ("owner=nobody", [1, 3, 4, 5]),
        ("owner=tom", [2]),
        ("severity=high", [1, 2]),
        ("kind=enquiry", [5]),
        ("channel=x", [4]),
        ("needs_person=yes", [4]),
        ("state=in_hand", [2, 7]),
        ("flag=legal_threat", [2]),
        ("severity=high&owner=nobody", [1]),
        ("q=parcel", [7, 6, 3]),
        ("q=parcel&severity=medium", [3]),
        ("q=solicitor+letter", [2]),
        ("q=person4%40example.org", [4]),
        ("q=am+0003+7kq2+4t", [3]),
        ("q=%22%27%29+AND+*", [1]),
        ("after=rubbish&before=-1", [1, 2, 3, 4, 7, 5]),
        ("after=5~0001-01-01T00:00:00%2B05:00~x", [1, 2, 3, 4, 7, 5]),
        ("after=5~9999-12-31T23:59:00-05:00~x", [1, 2, 3, 4, 7, 5]),
    ],
)
def test_the_address_says_what_is_shown(morning: DeskHouse, query: str, numbers: list[int]) -> None:
    assert shown(morning.client("handler"), f"/desk/queue?{query}") == [reference(number) for number in numbers]


def test_each_filter_link_says_how_many_it_shows(morning: DeskHouse) -> None:
    client = morning.client("handler")
    for path in ("/desk/queue", "/desk/queue?owner=nobody", "/desk/queue?severity=high", "/desk/queue?flag=safety"):
        links = re.findall(
            r'<a class="filter" href="([^"]+)"(?: aria-current="true")?>(.*?)</a>', client.get(path).text, re.DOTALL
        )
        assert len(links) > 5
        for href, words in links:
            count = re.search(r'class="count">([\d,]+)<', words)
            if count is not None and "aria-hidden" not in words:
                assert len(shown(client, unescape(href))) == int(count[1].replace(",", "")), (path, href)


@pytest.mark.parametrize("query", ["channel=fax", "kind=%00", "severity=worst", "flag=x", "needs_person=maybe"])
def test_a_filter_that_there_is_not_is_refused_in_words(morning: DeskHouse, query: str) -> None:
    answer = morning.client("handler").get(f"/desk/queue?{query}")

    assert answer.status_code == 422
    assert "choose one from the filters" in answer.text


def test_pages_follow_each_other_to_the_end(desk_house: DeskHouse) -> None:
    for number in range(60):
        open_case(desk_house.database, number, kind=Kind.COMPLAINT)
    client, path, seen = desk_house.client("handler"), "/desk/queue", list[str]()
    while path:
        page = client.get(path).text
        seen += re.findall(r'data-reference="([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(following[1]) if following else ""
    assert sorted(seen) == [reference(number) for number in range(60)]


def test_pages_of_what_was_found_follow_each_other_too(desk_house: DeskHouse) -> None:
    for number in range(60):
        open_case(desk_house.database, number)
    client, path, seen = desk_house.client("handler"), "/desk/queue?q=parcel", list[str]()
    while path:
        page = client.get(path).text
        seen += re.findall(r'data-reference="([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(following[1]) if following else ""
    assert seen == [reference(number) for number in reversed(range(60))]


def test_a_claim_makes_the_case_yours_and_the_other_is_told_who_has_it(morning: DeskHouse) -> None:
    hana, tom = morning.client("handler", name="hana"), morning.client("handler", name="tomas")
    fields = {"reference": reference(1), "back": "/desk/queue?owner=nobody"}
    stale = tom.token("/desk/queue")

    mine = hana.submit("/desk/queue/claim", fields, page="/desk/queue")
    theirs = tom.post("/desk/queue/claim", data={**fields, "csrf": stale})

    assert mine.headers["location"] == f"/desk/queue?owner=nobody#{reference(1)}"
    assert "is yours." in hana.get("/desk/queue").text
    assert f"Hana has {reference(1)} already".casefold() in tom.get(theirs.headers["location"]).text.casefold()
    assert "hana works on it now" in tom.get("/desk/queue").text
    with morning.database.reading() as unit:
        case = unit.cases.get(reference(1))
    assert (case.owner, case.state) == ("hana", CaseState.IN_HAND)


def test_a_script_is_answered_in_json(morning: DeskHouse) -> None:
    hana, tom = morning.client("handler", name="hana"), morning.client("handler", name="tomas")
    for client, status in ((hana, 200), (tom, 409)):
        answer = client.post(
            "/desk/queue/claim",
            data={"reference": reference(1), "csrf": client.token("/desk/queue")},
            headers={"Accept": "application/json"},
        )
        assert answer.status_code == status
    assert "hana has" in answer.json()["says"].casefold()


def test_a_case_is_given_back_by_its_owner_alone(morning: DeskHouse) -> None:
    client = morning.client("handler")
    client.submit("/desk/queue/let-go", {"reference": reference(2)}, page="/desk/queue")
    client.submit("/desk/queue/let-go", {"reference": reference(7)}, page="/desk/queue")

    with morning.database.reading() as unit:
        assert unit.cases.get(reference(2)).owner == "tom"
        assert unit.cases.get(reference(7)).owner == ""


@pytest.mark.parametrize(
    "back", ["https://evil.example/desk/queue", "//evil.example/desk/queue?a", "/accounts", "\n", "//["]
)
def test_a_form_leads_back_to_the_queue_and_nowhere_else(morning: DeskHouse, back: str) -> None:
    client = morning.client("handler")
    answer = client.submit("/desk/queue/claim", {"reference": reference(3), "back": back}, page="/desk/queue")
    assert answer.headers["location"] == f"/desk/queue#{reference(3)}"


def test_who_may_only_read_sees_no_claim(morning: DeskHouse) -> None:
    assert 'action="/desk/queue/claim"' not in morning.client("auditor").get("/desk/queue").text
    assert 'action="/desk/queue/claim"' in morning.client("handler").get("/desk/queue").text


def test_a_view_is_kept_shown_with_its_count_and_forgotten(morning: DeskHouse) -> None:
    client = morning.client("handler")
    client.submit(
        "/desk/queue/views", {"name": "Fires <b>", "query": "severity=critical&owner=nobody"}, page="/desk/queue"
    )

    page = client.get("/desk/queue").text
    (href,) = re.findall(r'<a href="([^"]+)">Fires &lt;b&gt; <span class="count">1</span>', page)
    assert shown(client, unescape(href)) == [reference(1)]
    assert "Fires" not in morning.client("handler", name="tomas").get("/desk/queue").text

    client.submit("/desk/queue/views/forget", {"name": "Fires <b>"}, page="/desk/queue")
    client.get("/desk/queue")
    assert "Fires" not in client.get("/desk/queue").text


def test_a_view_of_mine_that_is_shared_shows_each_their_own(morning: DeskHouse) -> None:
    client = morning.client("handler")
    client.submit("/desk/queue/views", {"name": "My own", "query": "owner=me"}, page="/desk/queue")
    assert shown(client, "/desk/queue?owner=me") == [reference(7)]
    assert shown(morning.client("handler", name="tom"), "/desk/queue?owner=me") == [reference(2)]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/desk/queue?q=zzzz", "Nothing was found"),
        ("/desk/queue?owner=zed", "No case is like this"),
        ("/desk/queue?after=-99~2026-01-01T00:00:00%2B00:00~AM", "No further cases"),
    ],
)
def test_an_empty_page_says_what_to_do(morning: DeskHouse, path: str, says: str) -> None:
    assert says in morning.client("handler").get(path).text


def test_an_empty_queue_says_so(desk_house: DeskHouse) -> None:
    assert "Nothing waits" in desk_house.client("handler").get("/desk/queue").text


def test_a_hold_on_public_posting_is_told_to_all_and_whoever_may_release_it_is_led_there(morning: DeskHouse) -> None:
    hana, rita = morning.client("handler", name="hana"), morning.client("reviewer", name="rita")
    assert "Public posting is held" not in hana.get("/desk/queue").text
    with morning.database.unit() as unit:
        hold(unit, "A crisis", by="rita", at=morning.clock())
        unit.commit()

    for client, may_release in ((hana, False), (rita, True)):
        page = client.get("/desk/queue").text
        assert "rita held it just now : “A crisis”" in text_of(page)
        assert ('href="/desk/review#held"' in page) is may_release
        assert ('action="/desk/posting/release"' in client.get("/desk/review").text) is may_release
    assert 'id="held"' in rita.get("/desk/review").text


def test_what_customers_write_is_text(desk_house: DeskHouse) -> None:
    nasty = "<script>alert(1)</script>"
    open_case(desk_house.database, 1, nasty, subject=nasty, name=nasty, severity=Severity.HIGH)
    page = desk_house.client("handler").get(f"/desk/queue?q={nasty}").text
    assert nasty not in page
    assert page.count("&lt;script&gt;") >= 4


def test_what_a_page_asks_by_itself_keeps_no_session_alive(morning: DeskHouse) -> None:
    client = morning.client("handler")
    csrf = client.token("/desk/queue")
    for _ in range(7):
        morning.clock.advance(minutes=10)
        client.post(f"/desk/case/{reference(1)}/working", headers={"X-CSRF-Token": csrf})
    assert client.get("/desk/queue").status_code == 303


def test_who_works_on_a_case_is_told_of_whoever_does_already(morning: DeskHouse) -> None:
    hana, tom = morning.client("handler", name="hana"), morning.client("handler", name="tomas")
    path = f"/desk/case/{reference(1)}"

    def works(client: Client) -> str:
        says = client.post(f"{path}/working", headers={"X-CSRF-Token": client.token("/desk/queue")}).json()["works"]
        return str(says)

    assert (works(hana), works(tom), works(hana)) == ("", "hana", "")
    hana.post(f"{path}/leaving", headers={"X-CSRF-Token": hana.token("/desk/queue")})
    assert works(tom) == ""


def test_what_is_done_aside_of_the_stages_writes_before_it_reads(desk_house: DeskHouse) -> None:
    """On SQLite a transaction that has read cannot write any more once another has written meanwhile."""
    a_morning(desk_house.database)
    hana, said = desk_house.client("handler", name="hana"), defaultdict[int, list[str]](list)
    begun: dict[int, int] = {}

    def note(connection: Connection, _cursor: object, asked: str, *_: object) -> None:
        if asked.startswith("BEGIN"):
            begun[id(connection)] = len(said)
        said[begun[id(connection)]].append(asked if asked.startswith("BEGIN") else asked.split()[0])

    desk_house.clock.advance(minutes=2)
    event.listen(desk_house.database.engine, "before_cursor_execute", note)
    hana.submit("/desk/queue/views", {"name": "Worst", "query": "severity=critical"}, page="/desk/queue")
    hana.submit("/desk/queue/views/forget", {"name": "Worst"}, page="/desk/queue")
    hana.submit(f"/desk/case/{reference(1)}/working", page="/desk/queue")
    hana.submit(f"/desk/case/{reference(1)}/leaving", page="/desk/queue")
    hana.get(f"/desk/case/{reference(1)}")
    event.remove(desk_house.database.engine, "before_cursor_execute", note)

    writes = {"INSERT", "UPDATE", "DELETE"}
    aside = [one[1:] for one in said.values() if one[0] == "BEGIN" and len(one) > 1 and writes & set(one)]
    assert len(aside) >= 5
    assert [one for one in aside if one[0] not in writes] == []
