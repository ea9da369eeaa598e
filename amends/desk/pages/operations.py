"""Operations: how the stages get on, what comes in and goes out, and what needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import Response

from amends.bus.brake import Brake
from amends.bus.dead import STAGE_FAILED
from amends.casework import cases, channels, programs
from amends.desk.access import Permission
from amends.desk.guard import Fields, SignedIn
from amends.desk.page import done, page
from amends.desk.parts import Desk, desk
from amends.domain.channel_alert import ChannelState, Look
from amends.domain.webhook import Call, CallState, Progress, Target, event_of
from amends.errors import NotFound, Refused
from amends.unit_of_work import UnitOfWork
from storage.channels import alerts, channel_states, last_looks
from storage.operations import ComesIn, comes_in, goes_out, last_done, undecided

router = APIRouter()

OPERATIONS = "/desk/operations"
#: So many deliveries that need a decision are listed at once.
AT_ONCE = 50
_LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRow:
    """How a stage gets on. `failed` counts records that it failed on within the last hour."""

    name: str
    topic: str
    waiting: int
    workers: int
    last_done: datetime | None
    failed: int

    @property
    def is_left_alone(self) -> bool:
        """Whether records wait and nobody works on them."""
        return self.waiting > 0 and self.workers == 0

    @property
    def brake_gripped(self) -> bool:
        """Whether so many failed that a worker stops itself."""
        return self.failed >= Brake().least


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRow:
    """How a channel stands: what came by it, what is usual (None where nothing ever came), and its sources."""

    came: ComesIn
    state: ChannelState | None
    looks: Sequence[Look]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRow:
    """How a program is told. `calls` are the first of those that were given up, each with its event."""

    target: Target
    progress: Progress | None
    waiting: int
    given_up: int
    calls: Sequence[tuple[Call, str]]


@router.get("/desk/operations", name="operations.show")
def show(request: Request, person: SignedIn) -> Response:
    """Show all of it."""
    parts = desk(request)
    levels = parts.levels()
    with parts.viewing() as connection:
        incoming, outgoing = comes_in(connection), goes_out(connection)
        unknown = undecided(connection, limit=AT_ONCE)
        raised, looks = alerts(connection, only_open=True), last_looks(connection)
        states = channel_states(connection, now=parts.now(), calendar=parts.pack.calendar)
    with parts.reading() as unit:
        blocked = list(unit.deliveries.unreachable().values())
        hold, held = unit.holds.standing(), unit.replies.public_in_queue()
        webhooks = _webhooks(unit)
    return page(
        request,
        "operations.html",
        stages=_stages(parts),
        levels=levels,
        alerts=raised,
        incoming=_incoming(incoming, states, looks),
        looks_at_all=[look for look in looks if look.channel is None],
        webhooks=webhooks,
        outgoing=outgoing,
        unknown=unknown,
        blocked=blocked,
        hold=hold,
        held=held,
        brake_least=Brake().least,
        may_operate=person.may(Permission.OPERATE),
        can_examine=parts.examine is not None,
        can_reconcile=parts.reconcile is not None,
    )


@router.post("/desk/operations/settle/{reply_id}", name="operations.settle")
def settle(request: Request, reply_id: str, person: SignedIn, fields: Fields) -> Response:
    """Say whether a reply of unknown fate arrived."""
    parts, fate = desk(request), str(fields.get("fate", ""))
    if fate not in {"arrived", "lost"}:
        raise Refused("say whether it arrived or was lost")
    with parts.unit() as unit:
        reply = unit.replies.find(reply_id)
        cases.settle_delivery(
            unit, reply.id, arrived=fate == "arrived", by=person.name, at=parts.now(), pack=parts.pack
        )
        unit.commit()
    says = (
        f"Settled: the reply on {reply.case_id} {'arrived' if fate == 'arrived' else 'was lost, and a task says so'}."
    )
    return done(request, f"{OPERATIONS}#undecided", says)


@router.post("/desk/operations/allow", name="operations.allow")
def allow(request: Request, person: SignedIn, fields: Fields) -> Response:
    """Let automatic mail go again to an address that mail came back from."""
    parts, address = desk(request), str(fields.get("address", ""))
    with parts.unit() as unit:
        cases.allow_mail(unit, address, by=person.name, at=parts.now())
        unit.commit()
    return done(request, f"{OPERATIONS}#blocked", f"Automatic mail goes to {address} again.")


@router.post("/desk/operations/alerts/{alert_id}", name="operations.see_alert")
def see_alert(request: Request, alert_id: str, person: SignedIn) -> Response:
    """Say that one has seen an alert."""
    parts = desk(request)
    with parts.unit() as unit:
        channels.see_alert(unit, alert_id, by=person.name, at=parts.now())
        unit.commit()
    return done(request, f"{OPERATIONS}#alerts", "Everybody sees that you look into it.")


@router.post("/desk/operations/webhooks/{name}/retry", name="operations.call_again")
def call_again(request: Request, name: str, person: SignedIn) -> Response:
    """Have the calls to a program made again that were given up."""
    parts = desk(request)
    with parts.unit() as unit:
        count = programs.call_again(unit, name, by=person.name, at=parts.now())
        unit.commit()
    says = f"{count} {'call' if count == 1 else 'calls'} to {name} are made again as soon as the service runs."
    return done(request, f"{OPERATIONS}#webhooks", says)


@router.post("/desk/operations/webhooks/{name}/discard", name="operations.discard_calls")
def discard_calls(request: Request, name: str, person: SignedIn, fields: Fields) -> Response:
    """Drop the calls to a program that were given up."""
    parts = desk(request)
    with parts.unit() as unit:
        count = programs.discard_calls(unit, name, str(fields.get("reason", "")), by=person.name, at=parts.now())
        unit.commit()
    return done(request, f"{OPERATIONS}#webhooks", f"{count} {'call' if count == 1 else 'calls'} to {name} dropped.")


@router.post("/desk/operations/examine", name="operations.examine")
def examine(request: Request) -> Response:
    """Look at everything, as `amends doctor` does."""
    look = desk(request).examine
    if look is None:
        raise NotFound("this desk cannot examine the installation; run `amends doctor`")
    findings = sorted(look(), key=lambda one: one.is_well)
    return page(request, "operations_examined.html", findings=findings)


@router.post("/desk/operations/reconcile", name="operations.reconcile")
def reconcile(request: Request) -> Response:
    """Compare what the sources hold with what became of it, as `amends reconcile` does."""
    compare = desk(request).reconcile
    if compare is None:
        raise NotFound("this desk cannot reach the sources; run `amends reconcile`")
    results = compare()
    unexplained = sum(len(one.unexplained) for one in results)
    return page(request, "operations_reconciled.html", results=results, unexplained=unexplained)


def _incoming(came: Sequence[ComesIn], states: Sequence[ChannelState], looks: Sequence[Look]) -> list[IncomingRow]:
    known = {state.channel: state for state in states}
    return [
        IncomingRow(
            came=one,
            state=known.get(one.channel),
            looks=[look for look in looks if look.channel is one.channel],
        )
        for one in came
    ]


def _webhooks(unit: UnitOfWork) -> list[WebhookRow]:
    progress, counted = unit.calls.progress(), unit.calls.counted()
    lost = unit.calls.of_state(CallState.GIVEN_UP, limit=AT_ONCE)
    return [
        WebhookRow(
            target=one,
            progress=progress.get(one.name),
            waiting=counted.get((one.name, CallState.WAITING), 0),
            given_up=counted.get((one.name, CallState.GIVEN_UP), 0),
            calls=[
                (call, event_of(unit.audit.entries(after=call.entry - 1, limit=1)[0]))
                for call in lost
                if call.target == one.name
            ],
        )
        for one in unit.targets.listed()
    ]


def _stages(parts: Desk) -> list[StageRow]:
    waiting = parts.levels().lag
    names = [name for name, _ in waiting]
    with parts.viewing() as connection:
        last = last_done(connection, names)
    with parts.reading() as unit:
        failed = {
            name: sum(unit.dead.count(stage=name, reason=STAGE_FAILED, since=parts.now() - _LATELY).values())
            for name in names
        }
    return [
        StageRow(
            name=name,
            topic=topic,
            waiting=count,
            workers=parts.workers(name),
            last_done=last.get(name),
            failed=failed[name],
        )
        for (name, topic), count in waiting.items()
    ]
