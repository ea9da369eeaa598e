"""Whether the programs that are to be told of what happens are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from amends.compose import House
from amends.doctor.finding import Finding
from amends.domain.webhook import CallState

#: The service looks once a second: who is so far behind what happened is told by nobody.
_BEHIND_AT_MOST = 1_000
#: A call that waits for so long to be made for the first time waits for a service that does not run.
_PATIENCE = timedelta(minutes=10)


def webhooks(house: House) -> Iterator[Finding]:
    """Look whether calls are made, and whether any were given up."""
    with house.database.reading() as unit:
        targets, progress, counted = unit.targets.listed(), unit.calls.progress(), unit.calls.counted()
        waiting = unit.calls.of_state(CallState.WAITING, limit=1)
        head, _ = unit.audit.head()
    if not targets:
        return
    given_up = {target.name: counted.get((target.name, CallState.GIVEN_UP), 0) for target in targets}
    behind = max(head - progress[target.name].entry if target.name in progress else 0 for target in targets)
    is_still = any(call.tries == 0 and house.now() - call.made_at > _PATIENCE for call in waiting)
    says = f"{sum(counted.values()) - sum(given_up.values())} calls wait, {sum(given_up.values())} were given up"
    names = [name for name, count in given_up.items() if count]
    if behind > _BEHIND_AT_MOST or is_still:
        yield Finding(what="webhooks", is_well=False, says=says, remedy="start the service: `amends run webhooks`")
    elif names:
        remedy = f"see `amends webhook list`, mend it with whoever runs it, then `amends webhook retry {names[0]}`"
        yield Finding(what="webhooks", is_well=False, says=f"{says}: {', '.join(names)}", remedy=remedy)
    else:
        yield Finding(what="webhooks", is_well=True, says=says)
