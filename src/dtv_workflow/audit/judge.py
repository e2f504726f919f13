"""Judging without asking: what may be done in a case now, and what every guard of a step says. Records nothing, changes nothing.

A step that is only partly filled in is completed with neutral values, and each guard is watched to see which of the step's own
fields it looked at: what depends on a field that was not given is never told as if it were known.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.decide import asked
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.rules import RULES, Receipt, Verdict
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.neutral import placeholders
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Context, Row, Step, step_name
from dtv_workflow.domain.vocabulary import Kind, Phase
from dtv_workflow.domain.workflow import STEPS, possible

ANYONE = "anyone"
"""The actor of a judgement that is not about somebody in particular: in a fitting role, and not the proposer."""


class Judged(NamedTuple):
    """A verdict, the fields not given that it depends on, and whether the step itself would meet it when filled in."""

    verdict: Verdict
    depends: tuple[str, ...] = ()
    own: bool = False

    @property
    def stands(self) -> bool:
        """Whether it stands in the way whatever is filled in."""
        return not (self.verdict.met or self.depends or self.own)


class Possible(NamedTuple):
    """A step of the phase: what refuses it now whatever is filled in, and what it asks for besides its required fields."""

    row: Row
    codes: tuple[str, ...]
    asks: tuple[str, ...]


def neutral(row: Row, at: datetime, other_open_case: str | None = None) -> Context:
    """A context for somebody who may: a fitting role, now, under the law in force."""
    law = in_force(day_of(at))
    return Context(at=at, recorded_at=at, actor=ANYONE, role=row.roles[0], law=law, other_open_case=other_open_case)


def judge(case: DepartureCase, row: Row, given: dict[str, Any], context: Context) -> tuple[list[Judged], Receipt]:
    """Every guard of a step on this case, with the fields given. Raises Malformed for a field that cannot be read.

    An id that must be one of the case's (a hold, an obstacle, an attempt) depends on nothing when the case has none.
    """
    ids = named_in(case)
    known = {name: found[0] for name, found in ids.items() if found and name in row.step.__struct_fields__}
    step = read_step(step_name(row.step), placeholders(row.step, context.at) | known | given)
    _, receipt = asked(case, step, context)
    fields = [f.name for f in msgspec.structs.fields(row.step) if f.required]
    missing = {name for name in fields if name not in given and (name not in ids or ids[name])}
    looked: dict[tuple[str, str], set[str]] = {}
    for guard in row.guards:
        watched = Watched(step)
        guard.ask(case, watched, context)  # type: ignore[arg-type]
        looked[guard.rule.code, guard.name] = watched.seen_
    judged = []
    for verdict in receipt.verdicts:
        depends = looked.get((verdict.code, verdict.guard), set()) & missing
        judged.append(Judged(verdict, tuple(sorted(depends)), _cured_by_itself(verdict.code, row)))
    return judged, receipt


def may(case: DepartureCase, at: datetime, other_open_case: str | None = None) -> list[Possible]:
    """The steps the map has in the case's phase, each with what refuses it now."""
    if case.phase is Phase.UNOPENED:
        return []
    found = []
    for name in possible(case.phase):
        row = STEPS[name]
        judged, _ = judge(case, row, {}, neutral(row, at, other_open_case))
        refusing = [j.verdict.code for j in judged if j.stands and row.kind is Kind.DECISION]
        asks = [j.verdict.code for j in judged if j.own and not j.verdict.met and not j.depends]
        found.append(Possible(row, tuple(dict.fromkeys(refusing)), tuple(dict.fromkeys(asks))))
    return found


def named_in(case: DepartureCase) -> dict[str, list[str]]:
    """What a step can be about in this case: its holds, obstacles and live attempts by id."""
    return {"hold": list(case.holds), "obstacle": list(case.obstacles), "attempt": list(case.live_bookings())}


def _cured_by_itself(code: str, row: Row) -> bool:
    """Whether a rule is met by filling in the step itself: `order_detention --grounds`, `the same step with --second`."""
    lifts = RULES[code].lifts
    return lifts.startswith("the same step") or lifts.split()[0].rstrip(",") == step_name(row.step)


class Watched:
    """A step that remembers which of its fields were looked at. Passes for the step wherever a guard asks."""

    def __init__(self, step: Step) -> None:
        self.step_, self.seen_ = step, set[str]()

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.step_)

    def __getattr__(self, name: str) -> Any:
        if name in self.step_.__struct_fields__:
            self.seen_.add(name)
        return getattr(self.step_, name)
