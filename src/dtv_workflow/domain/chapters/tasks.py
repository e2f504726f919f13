"""Tasks (taken): terms that ran out, reminders of terms that will, and messages somebody must look at.

A timer proposes and a human decides (N33): that a term ran out is an event and nothing else follows from it. A task is open until
what it waits for happened, or, where nothing the register knows can end it, until somebody says what came of it. Nobody ticks a
running term away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.deadlines import deadlines
from dtv_workflow.domain.facets import Task
from dtv_workflow.domain.fields import Code, Moment, Personal, Text
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, decision, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE, Phase, Role

N67 = rule(
    "N67",
    "unknown_task",
    law="workflow",
    en="This case has no open task with that id.",
    nl="Deze zaak heeft geen openstaande taak met dat kenmerk.",
    needs=("the id of an open task", "het kenmerk van een openstaande taak"),
    lifts="dtv work --case CASE",
)
N68 = rule(
    "N68",
    "task_of_another",
    law="workflow",
    en="Somebody else picked this task up; a team leader may take it over.",
    nl="Een ander heeft deze taak opgepakt; een teamleider kan haar overnemen.",
    needs=("a team leader, or whoever picked it up", "een teamleider, of wie haar oppakte"),
    lifts="the same step with --as ACTOR",
    by="team_leader",
)
N69 = rule(
    "N69",
    "term_still_runs",
    law="workflow",
    en="What this task waits for has not happened: the term still runs, or the hold stands. It is done by the step it proposes.",
    nl="Waarop deze taak wacht is niet gebeurd: de termijn loopt nog, of het beletsel staat. De voorgestelde stap doet haar af.",
    needs=("the step that the task proposes", "de stap die de taak voorstelt"),
    lifts="dtv work --case CASE",
)
N70 = rule(
    "N70",
    "court_not_told",
    law="Vw 2000 art. 94(1), (7)",
    en="The court is told of a detention within its term. Found when that term runs out: no guard can ask it in time.",
    nl="De rechtbank krijgt binnen de termijn kennis van de bewaring. Gebleken bij het einde daarvan: geen toets kan het eerder.",
    needs=("the court told", "kennisgeving aan de rechtbank"),
    lifts="record_court_notified",
)


# ------------------------------------------------------------------ events


class TimerReminded(Event, frozen=True, kw_only=True):
    """A term ends in so many days."""

    TOPIC = "timer_reminded.v1"
    timer: Code
    about: Code | None = None
    due: Moment
    days_before: int

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.told = case.told | {(self.timer, self.about, self.due, self.days_before)}


class TimerExpired(Event, frozen=True, kw_only=True):
    """A term ran out: when, and which step a human may take. `stopped`: what it waited for had happened by the time this
    was told, so that there is nothing left to do."""

    TOPIC = "timer_expired.v1"
    timer: Code
    about: Code | None = None
    due: Moment
    proposes: Code | None = None
    escalated: bool = False
    stopped: bool = False

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.told = case.told | {(self.timer, self.about, self.due, 0)}
        tasks = {id: t for id, t in case.tasks.items() if (t.kind, t.about) != (self.timer, self.about)}
        if not self.stopped and self.proposes:
            tasks[task_id(record)] = Task(
                version=record.version,
                kind=self.timer,
                since=record.recorded_at,
                about=self.about,
                due=self.due,
                proposes=self.proposes,
                escalated=self.escalated,
            )
        case.tasks = tasks


class TaskRaised(Event, frozen=True, kw_only=True):
    """Something other than a term that a person must look at. `about` may be a hold: the task then waits for that; or a step by
    the version it left, with the `codes` it would break as it was corrected since."""

    TOPIC = "task_raised.v1"
    kind: Code
    about: Code | None = None
    proposes: Code | None = None
    escalated: bool = False
    codes: tuple[Code, ...] = ()

    def apply(self, case: DepartureCase, record: Record) -> None:
        task = Task(
            version=record.version,
            kind=self.kind,
            since=record.recorded_at,
            about=self.about,
            proposes=self.proposes,
            escalated=self.escalated,
            codes=self.codes,
        )
        case.tasks = case.tasks | {task_id(record): task}


class TaskPickedUp(Event, frozen=True, kw_only=True):
    TOPIC = "task_picked_up.v1"
    task: Code

    def apply(self, case: DepartureCase, record: Record) -> None:
        task = case.tasks.get(self.task)
        case.tasks = case.tasks | ({self.task: msgspec.structs.replace(task, by=record.actor)} if task else {})


class TaskDone(Event, frozen=True, kw_only=True):
    TOPIC = "task_done.v1"
    task: Code
    finding: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        done = case.tasks.get(self.task)
        if done is not None and done.kind == RETENTION:
            case.retention_decided = record.version
        case.tasks = {id: task for id, task in case.tasks.items() if id != self.task}


RETENTION = "D38"
"""The timer whose end a person answers in words: whether the file is destroyed."""

REVIEW, REFUSAL, UNJUDGED = "review", "review_refusal", "review_unjudged"
"""The kinds of task that a correction raises: see `reviews.py`."""


def task_id(record: Record) -> str:
    """A task is known by the version of the event that raised it."""
    return f"t{record.version}"


# ------------------------------------------------------------------ steps


class PickUpTask(Step, frozen=True, kw_only=True):
    """Pick a task up (taak oppakken): it is yours from now on."""

    task: Annotated[Code, Meta(description="The task's id, as `dtv work` shows it.")]


class CompleteTask(Step, frozen=True, kw_only=True):
    """Say what came of a task that no other step ends (taak afhandelen)."""

    task: Annotated[Code, Meta(description="The task's id, as `dtv work` shows it.")]
    finding: Annotated[Text, Meta(description="What came of it.")]


# ------------------------------------------------------------------ what is open


def waits_for(case: DepartureCase, task: Task, context: Context) -> bool:
    """Whether what the task waits for has still to happen: its term runs on, or the hold it is about stands. Nothing waits for a
    hold in a closed case, where none is lifted, nor for an answer in words."""
    if task.due is not None:
        return task.kind != RETENTION and _term_runs(case, task, context)
    return case.phase is not Phase.CLOSED and bool(task.about and task.about in case.open_holds(context.at))


def _term_runs(case: DepartureCase, task: Task, context: Context) -> bool:
    return _runs(case, task, context.law, context.at)


def _runs(case: DepartureCase, task: Task, law: Ruleset, now: datetime) -> bool:
    running = deadlines(case, law, now)
    return any((d.code, d.about, d.due) == (task.kind, task.about, task.due) for d in running)


def open_tasks(case: DepartureCase, context: Context) -> dict[str, Task]:
    """The tasks that are still to be done: not those of a term that was met since, or (a clock that was wrong) has not ended yet,
    nor those about a hold that was lifted."""
    return {id: task for id, task in case.tasks.items() if still_open(case, task, context.law, context.at)}


def still_open(case: DepartureCase, task: Task, law: Ruleset, now: datetime) -> bool:
    """Whether a task is still to be done at a moment."""
    if task.due is not None:
        return task.due <= now and _runs(case, task, law, now)
    return task.about is None or task.about not in _placed(case) or task.about in case.open_holds(now)


def _placed(case: DepartureCase) -> set[str]:
    """The ids of every hold there is or was: a task may be about something else."""
    return {*case.holds, *(hold.id for hold in case.ended_holds)}


# ------------------------------------------------------------------ guards


@guard(N67)
def task_unknown(case: DepartureCase, step: PickUpTask | CompleteTask, context: Context) -> Finding:
    task = open_tasks(case, context).get(step.task)
    return clear(task.version) if task else found(f"no open task {step.task}", f"geen openstaande taak {step.task}")


@guard(N68)
def task_of_another(case: DepartureCase, step: PickUpTask | CompleteTask, context: Context) -> Finding:
    task = case.tasks.get(step.task)
    if task is None or task.by in {None, context.actor} or context.role is Role.TEAM_LEADER:
        return clear(task.version if task else 0)
    return found(f"picked up by {task.by}", f"opgepakt door {task.by}", task.version)


@guard(N69)
def term_still_runs(case: DepartureCase, step: CompleteTask, context: Context) -> Finding:
    task = case.tasks.get(step.task)
    if task is None or not waits_for(case, task, context):
        return clear(task.version if task else 0)
    return found(f"{task.kind} has not been met", f"{task.kind}: nog niet aan voldaan", task.version)


DESK = (Role.SUPERVISOR, Role.TEAM_LEADER, Role.DESIGNATED_OFFICER, Role.INTAKE_OFFICER)

# fmt: off
ROWS: list[Row] = [
    decision(PickUpTask, ANY_PHASE, recorded_as(TaskPickedUp), (task_unknown, task_of_another), roles=DESK),
    decision(CompleteTask, ANY_PHASE, recorded_as(TaskDone), (task_unknown, task_of_another, term_still_runs), roles=DESK),
]
# fmt: on
