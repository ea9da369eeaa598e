"""What operators have to look at: a channel that fell silent, a program that takes no calls."""

from __future__ import annotations

from amends.casework import channels, programs
from amends.domain.audit import Happening
from amends.domain.channel import Channel
from amends.domain.channel_alert import AlertKind, ChannelAlert, Look, alert_id
from amends.domain.webhook import CallState, Target
from tests.desk.house import DeskHouse
from tests.support.clock import MONDAY


def raise_alert(desk_house: DeskHouse, kind: AlertKind = AlertKind.SILENT) -> str:
    made = ChannelAlert(
        id=alert_id(Channel.EMAIL, kind, MONDAY),
        channel=Channel.EMAIL,
        kind=kind,
        says="nothing has come" if kind is AlertKind.SILENT else "40 messages in an hour, where 3 are usual",
        raised_at=MONDAY,
    )
    with desk_house.database.unit() as unit:
        channels.raise_alert(unit, made)
        unit.channels.looked([Look(source="imap:care", channel=Channel.EMAIL, at=MONDAY)])
        unit.commit()
    return made.id


def give_up(desk_house: DeskHouse) -> None:
    """Let a call to the program `crm` be given up."""
    with desk_house.database.unit() as unit:
        target = Target(
            name="crm", url="https://crm.example/hooks", events=(), salt="s", added_by="ada", added_at=MONDAY
        )
        programs.add_webhook(unit, target)
        number, _ = unit.audit.head()
        unit.calls.begin("crm", after=number)
        unit.audit.append([Happening(at=MONDAY, actor="user:hana", action="case.closed", subject="case:AM-1")])
        unit.calls.make_out([("crm", number + 1)], upto=number + 1, targets=["crm"], at=MONDAY)
        [call] = unit.calls.of_state(CallState.WAITING, limit=9)
        unit.calls.failed(call, "it answered 500", next_at=None)
        unit.commit()
