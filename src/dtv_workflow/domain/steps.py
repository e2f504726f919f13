"""What may be asked: the base of every step, its envelope, and the context a guard judges in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cache
from typing import Annotated, Any, NamedTuple, Self, get_type_hints

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.fields import Code, Moment, Text, day_of
from dtv_workflow.domain.law.rules import Guard
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.record import Event, snake
from dtv_workflow.domain.vocabulary import Kind, Phase, Role


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wants (a decision) or says happened (a fact). Its fields are its options, their descriptions its help."""

    def without_what_is_personal(self, case: DepartureCase) -> Self:
        """The step as its receipt may keep it, where the types of its fields alone do not tell what is personal."""
        return self


def step_name(step: type[Step]) -> str:
    """The step's name in scripts and in the log: `offer_voluntary_departure`."""
    return snake(step.__name__)


Reference = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]{1,120}$", extra={"data": "code"})]
RequestId = Annotated[str, Meta(pattern=r"^[\w.:-]{1,100}$", extra={"data": "code"})]


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What travels with every step. `at` is when it happened (None: now); `source` a partner's message or a document."""

    actor: Code
    role: Role | None = None
    at: Moment | None = None
    recorded_at: Moment | None = None
    source: Reference | None = None
    reason: Text | None = None
    second: Code | None = None
    request_id: RequestId | None = None
    expect_version: int | None = None


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What a guard may look at besides the case and the step: the time, the people, the law, as the edge gave them.

    `also` are the other names under which the actor's account acts on a live store: two names are not yet two people.
    """

    at: datetime
    recorded_at: datetime
    actor: str
    role: Role
    law: Ruleset
    role_granted: bool = True
    second: str | None = None
    second_may_approve: bool = False
    also: tuple[str, ...] = ()
    other_open_case: str | None = None

    @property
    def today(self) -> date:
        """The calendar day of the step, in Europe/Amsterdam."""
        return day_of(self.at)

    @property
    def late(self) -> bool:
        """Whether the step is recorded later than the law's margin after it happened (back-dated)."""
        return self.recorded_at - self.at > timedelta(minutes=self.law["recording.late_after"])


Emit = Callable[[DepartureCase, Any, Context], list[Event]]


class Row(NamedTuple):
    """One line of the table: in these phases this step may be asked, by these roles, unless a guard finds its obstacle.

    `to` is None where the phase stays. `emits` turns the accepted step into events; `emitted` names every event it may give.
    For a fact the guards do not refuse: what they find becomes an incident.
    """

    step: type[Step]
    kind: Kind
    phases: tuple[Phase, ...]
    to: Phase | None
    roles: tuple[Role, ...]
    guards: tuple[Guard, ...]
    emits: Emit
    emitted: tuple[type[Event], ...]


ALL_ROLES = tuple(Role)
SUPERVISOR = (Role.SUPERVISOR, Role.TEAM_LEADER)


def recorded_as(*events: type[Event]) -> tuple[Emit, tuple[type[Event], ...]]:
    """The plain case: each event takes the step's fields of the same name."""

    def emit(case: DepartureCase, step: Step, context: Context) -> list[Event]:
        return [copied(event, step) for event in events]

    return emit, events


def gives(*events: type[Event]) -> Callable[[Emit], tuple[Emit, tuple[type[Event], ...]]]:
    """Name the events a function may give, for the table and the documentation."""
    return lambda emit: (emit, events)


def copied(event: type[Event], step: Step, **more: Any) -> Any:
    """An event made of the step's fields of the same name, and of `more`."""
    same = {f: getattr(step, f) for f in event.__struct_fields__ if f not in more and f in step.__struct_fields__}
    return event(**same, **more)


def decision(
    step: type[Step],
    phases: tuple[Phase, ...],
    emits: tuple[Emit, tuple[type[Event], ...]],
    guards: tuple[Guard, ...] = (),
    *,
    to: Phase | None = None,
    roles: tuple[Role, ...] = SUPERVISOR,
) -> Row:
    """A row of a decision: ours to want, the law's to refuse."""
    return Row(step, Kind.DECISION, phases, to, roles, guards, *emits)


def fact(
    step: type[Step],
    phases: tuple[Phase, ...],
    emits: tuple[Emit, tuple[type[Event], ...]],
    incidents: tuple[Guard, ...] = (),
    *,
    to: Phase | None = None,
) -> Row:
    """A row of a fact: always recorded; what `incidents` find is recorded with it."""
    return Row(step, Kind.FACT, phases, to, ALL_ROLES, incidents, *emits)


@cache
def hints(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The field types of a struct with their annotations kept, as options and the data-kind test read them."""
    return get_type_hints(struct, include_extras=True)
