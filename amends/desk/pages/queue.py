"""The queue: what to do next, and why it is first."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from amends.casework import claims
from amends.casework.claims import keep_view
from amends.desk.access import Permission
from amends.desk.guard import Fields, SignedIn
from amends.desk.own_address import own_address
from amends.desk.page import done, page
from amends.desk.parts import desk
from amends.desk.queue import links
from amends.desk.queue.asked import PATH, read, read_query
from amends.domain.due import Due, horizon
from amends.errors import NotFound, Refused
from storage.found import look_for
from storage.news import last_filed
from storage.queue import Wanted
from storage.queue import page as queue_page
from storage.queue_details import details

router = APIRouter(prefix=PATH)

#: Cases on a page, and letters of the newest message of each.
ROWS, LETTERS = 25, 170


@router.get("", name="queue.show")
def show(request: Request, person: SignedIn) -> Response:
    """Show a page of the queue, or of what a search found."""
    parts = desk(request)
    asked = read(request.query_params, me=person.name)
    now, zone = parts.now(), parts.pack.calendar.zone
    counts = parts.standing.counts(horizon(now, zone), asked.wanted.flag)
    with parts.viewing() as connection:
        seen = last_filed(connection)
        if asked.search:
            found = look_for(
                connection, asked.search, now=now, zone=zone, limit=ROWS, wanted=asked.wanted, before=asked.before
            )
            rows, exact = found.rows, found.exact
            later = "" if found.next is None else asked.page_after(before=found.next)
        else:
            more = queue_page(connection, now=now, zone=zone, limit=ROWS + 1, wanted=asked.wanted, after=asked.after)
            rows, exact = more[:ROWS], 0
            later = asked.page_after(rows[-1].cursor) if len(more) > ROWS else ""
        told = details(connection, [row.case for row in rows], letters=LETTERS)
    with parts.reading() as unit:
        at_work = unit.work.leases([row.case.id for row in rows], now=now)
        kept = unit.work.views(person.name)
        hold = unit.holds.standing()
        held = 0 if hold is None else unit.replies.public_in_queue()
    beside = None if asked.search else counts
    more_filters = links.more_filters(asked, beside)
    return page(
        request,
        "queue.html",
        asked=asked,
        asked_here=f"{PATH}?{request.url.query}",
        rows=rows,
        exact=exact,
        told=told,
        at_work=at_work,
        hold=hold,
        held=held,
        waiting=None if asked.search else counts.all(asked.wanted),
        overdue=counts.by("due", Wanted(flag=asked.wanted.flag)).get(Due.OVERDUE, 0),
        in_all=counts.all(Wanted(flag=asked.wanted.flag)),
        views=links.views(asked, kept, counts),
        kept=kept,
        filters=links.first_filters(asked, beside),
        more_filters=[one for one in more_filters if one.links],
        more_on=sum(one.is_on for one in more_filters),
        is_first=asked.after is None and asked.before is None,
        later=later,
        seen=seen,
        may_work=person.may(Permission.WORK_CASES),
    )


@router.post("/claim", name="queue.claim")
def claim(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Make a case one's own."""
    parts, reference = desk(request), str(fields.get("reference", ""))
    try:
        with parts.unit() as unit:
            now = parts.now()
            case = claims.claim(unit, reference, by=person.name, at=now)
            claims.work_on(unit, case.id, by=person.name, at=now)
            unit.commit()
    except (Refused, NotFound) as why:
        return _refused(request, fields, str(why))
    parts.standing.forget()
    return _changed(request, fields, f"{case.id} is yours.", owner=person.name, case_id=case.id)


@router.post("/let-go", name="queue.let_go")
def let_go(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Give a case back."""
    parts, reference = desk(request), str(fields.get("reference", ""))
    try:
        with parts.unit() as unit:
            case = claims.let_go(unit, reference, by=person.name, at=parts.now())
            unit.work.let_go(case.id, person.name)
            unit.commit()
    except (Refused, NotFound) as why:
        return _refused(request, fields, str(why))
    parts.standing.forget()
    return _changed(request, fields, f"{case.id} is free again.", owner="", case_id=case.id)


@router.post("/views", name="queue.keep")
def keep(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Keep what is shown under a name."""
    parts = desk(request)
    asked = read_query(str(fields.get("query", "")), me=person.name)
    with parts.aside() as unit:
        view = keep_view(unit, str(fields.get("name", "")), asked.query, by=person.name, at=parts.now())
        unit.commit()
    return done(request, asked.address, f"“{view.name}” is kept; it stands above the queue.")


@router.post("/views/forget", name="queue.forget")
def forget(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Forget a view."""
    parts, name = desk(request), str(fields.get("name", ""))
    with parts.aside() as unit:
        unit.work.drop_view(person.name, name)
        unit.commit()
    return done(request, _back(fields), f"“{name}” is forgotten.")


def _changed(request: Request, fields: Fields, says: str, *, owner: str, case_id: str) -> Response:
    if _is_for_script(request):
        return JSONResponse({"says": says, "owner": owner})
    return done(request, f"{_back(fields)}#{case_id}", says)


def _refused(request: Request, fields: Fields, why: str) -> Response:
    says = f"{why[:1].upper()}{why[1:]}."
    if _is_for_script(request):
        return JSONResponse({"says": says}, 409)
    return done(request, _back(fields), says, tone="bad")


def _is_for_script(request: Request) -> bool:
    return request.headers.get("accept", "") == "application/json"


def _back(fields: Fields) -> str:
    """Give the address of the queue that a form was on."""
    said = own_address(str(fields.get("back", "")))
    return f"{PATH}?{said.query}" if said is not None and said.path == PATH and said.query else PATH
