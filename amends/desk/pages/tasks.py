"""What is to be done beside the queue: acknowledgements that were held back, customers who were not reached."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.desk.guard import SignedIn
from amends.desk.page import page
from amends.desk.parts import desk
from storage.tasks import SqlTaskStore

router = APIRouter()

TASKS = "/desk/tasks"
AT_ONCE = 50


@router.get(TASKS, name="tasks.list")
def list_(request: Request, person: SignedIn) -> Response:
    """List the open tasks of all cases, oldest first."""
    after = request.query_params.get("after", "")
    with desk(request).viewing() as connection:
        found = SqlTaskStore(connection).open_tasks(after=after, limit=AT_ONCE + 1)
    shown = found[:AT_ONCE]
    return page(
        request,
        "tasks.html",
        tasks=shown,
        first=TASKS if after else "",
        later=f"{TASKS}?{urlencode({'after': shown[-1].id})}" if len(found) > AT_ONCE else "",
    )
