"""What changed the database, as events that can be repeated: see `docs/decisions/0011-rebuild-from-history.md`.

Units of work that write never overlap, so their order is an order of everything. Each
leaves on the topic `history` what is needed to do it again:

1. A stage's batch is a function of its records, of what is stored and of the moment. Its
   event (`StageDone`) names the records and the moment, and no result.
2. Whatever else writes is a `Command`: a function over a unit of work, called with
   arguments that travel as JSON. Its event is those arguments.
3. Repeating a command runs the same function. What an installation has rather than the
   command (the policy pack, the secret) is marked `GIVEN` and is handed in anew.
4. Neither knows the time by itself: the moment is an argument.
5. What is refused from some version on may have been done before it. So such a refusal
   stands apart (`unless`), and repeating does not ask for it: what was done is done again.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Concatenate, Final, Generic, ParamSpec, TypeVar, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from amends.errors import Unprocessable
from amends.unit_of_work import UnitOfWork

P = ParamSpec("P")
R = TypeVar("R")

#: Marks a parameter that does not travel: `pack: Annotated[Pack, GIVEN]`.
GIVEN: Final = "given by the installation"
#: The type of the event that says under which settings what follows was done.
IN_FORCE = "amends.history.in_force"
#: The header by which an event names them: the id of their own event.
UNDER = "under"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """Why a stage gave a record up: a code, the sentence for a person, and after how many tries."""

    reason: str
    says: str
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StageDone:
    """A stage has done the records of a partition from `first` on, up to and without `to`, `count` of them.

    `mark` is what the position was moved with. `model` is what judged them; empty where
    nothing was judged. `given_up` says why the one record of it became a dead letter.
    """

    stage: str
    topic: str
    partition: int
    first: int
    to: int
    count: int
    mark: int = 0
    model: str = ""
    given_up: GivenUp | None = None


#: The type of its event.
STAGE_DONE = "amends.stage.done"

_stage_done = TypeAdapter(StageDone)


def note_stage_done(unit: UnitOfWork, done: StageDone, *, at: datetime) -> None:
    """Note a batch of a stage. `at` is the moment that the stage saw."""
    unit.history.note(STAGE_DONE, _stage_done.dump_json(done, exclude_defaults=True), at=at)


def read_stage_done(body: bytes) -> StageDone:
    """Read a batch of a stage.

    Raises:
        Unprocessable: this version does not know it.
    """
    try:
        return _stage_done.validate_json(body)
    except ValidationError as why:
        raise Unprocessable(f"a stage's batch in the history cannot be read: {why.error_count()} faults") from why


#: The type of the event by which a rebuild says what it could not repeat.
LEFT_OUT = "amends.history.left_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Events from `first` on, up to and without `to`, whose records were lost: they never happened."""

    first: int
    to: int


_left_out = TypeAdapter(LeftOut)


#: What the body of each event holds, but for those of commands (`Command.body`). Settings are a table by themselves.
BODIES: Mapping[str, TypeAdapter[Any]] = {
    STAGE_DONE: _stage_done,
    LEFT_OUT: _left_out,
    IN_FORCE: TypeAdapter(dict[str, Any]),
}


def note_left_out(unit: UnitOfWork, first: int, to: int, *, at: datetime) -> None:
    """Note that events could not be repeated, so that no later rebuild tries to."""
    unit.history.note(LEFT_OUT, _left_out.dump_json(LeftOut(first=first, to=to)), at=at)


def read_left_out(body: bytes) -> range:
    """Read which events were left out."""
    left_out = _left_out.validate_json(body)
    return range(left_out.first, left_out.to)


class Command(Generic[P, R]):
    """A function over a unit of work that leaves an event in the history when it is called."""

    def __init__(
        self,
        name: str,
        do: Callable[Concatenate[UnitOfWork, P], R],
        when: Callable[[Mapping[str, Any]], datetime],
        unless: Callable[..., None],
    ) -> None:
        #: The type of its event.
        self.type = f"amends.{name}"
        self._do = do
        self._when = when
        self._unless = unless
        self.__doc__ = do.__doc__

    def __call__(self, unit: UnitOfWork, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it, and note it."""
        self._unless(unit, *args, **kwargs)
        result = self._do(unit, *args, **kwargs)
        bound = self._signature.bind(unit, *args, **kwargs)
        bound.apply_defaults()
        said = {name: value for name, value in bound.arguments.items() if name in self._travelling}
        body = self._arguments.model_construct(**said).model_dump_json(exclude_defaults=True).encode()
        unit.history.note(self.type, body, at=self._when(said))
        return result

    def repeat(self, unit: UnitOfWork, body: bytes, given: Mapping[str, object]) -> None:
        """Do it again with the arguments of its event, and note nothing.

        Raises:
            Unprocessable: this version does not know such arguments.
        """
        try:
            said = self._arguments.model_validate_json(body)
        except ValidationError as why:
            raise Unprocessable(f"{self.type} in the history cannot be read: {why.error_count()} faults") from why
        arguments: dict[str, Any] = {name: getattr(said, name) for name in self._travelling}
        arguments |= {name: given[name] for name in self._given}
        bound = self._signature.bind_partial()
        bound.arguments = {self._unit_name: unit, **arguments}
        self._do(*bound.args, **bound.kwargs)

    @property
    def body(self) -> TypeAdapter[Any]:
        """What the body of its event holds."""
        return TypeAdapter(self._arguments)

    @cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.signature(self._do)

    @cached_property
    def _unit_name(self) -> str:
        return next(iter(self._signature.parameters))

    @cached_property
    def _given(self) -> frozenset[str]:
        hints = get_type_hints(self._do, include_extras=True)
        return frozenset(name for name, hint in hints.items() if GIVEN in getattr(hint, "__metadata__", ()))

    @cached_property
    def _travelling(self) -> tuple[str, ...]:
        return tuple(name for name in self._signature.parameters if name not in {self._unit_name, *self._given})

    @cached_property
    def _arguments(self) -> type[BaseModel]:
        hints = get_type_hints(self._do)
        fields: dict[str, Any] = {}
        for name in self._travelling:
            default = self._signature.parameters[name].default
            fields[name] = (hints[name], ... if default is inspect.Parameter.empty else default)
        return create_model(self.type, __config__=ConfigDict(arbitrary_types_allowed=False), **fields)


def _always(*_args: object, **_kwargs: object) -> None:
    """Refuse nothing."""


def command(
    name: str,
    *,
    when: Callable[[Mapping[str, Any]], datetime] = lambda said: said["at"],
    unless: Callable[..., None] = _always,
) -> Callable[[Callable[Concatenate[UnitOfWork, P], R]], Command[P, R]]:
    """Make a function over a unit of work into a command.

    `when` finds the moment in its arguments. `unless` is called like the function, before it,
    and raises where it must not be done; it is not called when the command is repeated.
    """
    return lambda do: Command(name, do, when, unless)
