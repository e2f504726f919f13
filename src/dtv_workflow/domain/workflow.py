"""The map: every chapter's rows in one table, and one `transitions` machine made of it.

The machine is read, never run: `decide` looks rows up, `dtv case next` lists them, the documentation is drawn from it.
It holds no model, so nothing can move it, and replay has no way to reach it.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, cast

from transitions import Machine, Transition

from dtv_workflow.domain.access import ACCESS_EVENTS
from dtv_workflow.domain.chapters import (
    applications,
    closing,
    courts,
    custody,
    dublin,
    family,
    forced_departure,
    guidance,
    holds,
    intake,
    medical,
    messages,
    records,
    removal,
    tasks,
    travel_document,
    voluntary_departure,
    whereabouts,
)
from dtv_workflow.domain.erasure import ERASURE_EVENTS
from dtv_workflow.domain.inbox import INBOX_EVENTS
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.register import REGISTER_EVENTS
from dtv_workflow.domain.steps import Row, Step, step_name
from dtv_workflow.domain.vocabulary import Kind, Phase

CHAPTERS: tuple[ModuleType, ...] = (
    intake,
    family,
    medical,
    guidance,
    voluntary_departure,
    forced_departure,
    holds,
    applications,
    custody,
    whereabouts,
    courts,
    travel_document,
    removal,
    dublin,
    closing,
    tasks,
    messages,
    records,
)

TABLE: tuple[Row, ...] = tuple(row for chapter in CHAPTERS for row in chapter.ROWS)

STEPS: dict[str, Row] = {step_name(row.step): row for row in TABLE}
"""Every step by name. A step has one row, whatever the phases it is possible in."""

_BESIDES: tuple[type[Event], ...] = (
    *REGISTER_EVENTS, *INBOX_EVENTS, *ACCESS_EVENTS, *ERASURE_EVENTS,
    records.CommandRefused, records.IntegrityIncidentRaised, records.RulesetMigrated,
    tasks.TimerExpired, tasks.TimerReminded, tasks.TaskRaised,
)

EVENTS: dict[str, type[Event]] = {event.TOPIC: event for events in (_BESIDES, *(row.emitted for row in TABLE)) for event in
events}
"""The allow-list: what the log may hold, by topic. Nothing else is ever loaded from a store."""


class Line(Transition):
    """A transition that carries its row of the table."""

    def __init__(self, *args: Any, row: Row, **more: Any) -> None:
        super().__init__(*args, **more)
        self.row = row


class Map(Machine):
    """The declared workflow, read and never run."""

    transition_cls = Line


def _drawn(table: tuple[Row, ...]) -> Map:
    drawn = Map(model=None, states=Phase, initial=Phase.UNOPENED, auto_transitions=False)
    for row in table:
        to = row.to if row.to is not None else "="
        drawn.add_transition(step_name(row.step), list(row.phases), to, row=row)
    return drawn


WORKFLOW = _drawn(TABLE)

if len(STEPS) != len(TABLE):
    raise ValueError("a step stands in two rows")


def row_for(step: type[Step], phase: Phase) -> Row | None:
    """The row of a step in a phase, as the map has it; None where the step is not possible."""
    lines = cast("list[Line]", WORKFLOW.get_transitions(step_name(step), phase))
    return lines[0].row if lines else None


def possible(phase: Phase) -> list[str]:
    """The names of the steps the map has in a phase, in the table's order."""
    named = set(WORKFLOW.get_triggers(phase.name))
    return [name for name in STEPS if name in named]


def decisions(phase: Phase) -> list[str]:
    """The decisions that may be asked in a phase."""
    return [name for name in possible(phase) if STEPS[name].kind is Kind.DECISION]
