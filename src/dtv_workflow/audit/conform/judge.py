"""Judging a foreign log by our table and guards: what was met, what was broken, and what the log does not tell. Pure.

Never a guess. A guard that looked at a field the log does not carry, or that rests on an event with such a field, or that misses
a step which this log never tells of, is *not told*. What happened is believed: after a breach the case goes on from there.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

import msgspec

from dtv_workflow.audit.conform.read import Row
from dtv_workflow.audit.judge import ANYONE, Watched
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import before_the_opening, role_may_not
from dtv_workflow.domain.fields import AMSTERDAM, day_of
from dtv_workflow.domain.law.rules import RULES, Guard, Said, Verdict
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.neutral import placeholders, timed
from dtv_workflow.domain.record import Event, Record, snake, take_in
from dtv_workflow.domain.steps import Context, Step, hints, step_name
from dtv_workflow.domain.steps import Row as StepRow
from dtv_workflow.domain.vocabulary import Kind, Phase, Role
from dtv_workflow.domain.workflow import EVENTS, STEPS, row_for

OUTSIDE = frozenset({
    "command_refused", "integrity_incident_raised", "ruleset_migrated", "timer_expired", "timer_reminded", "task_raised",
    "viewed", "person_forgotten",
})  # fmt: skip
"""Events of our own logs that nobody asked as a step: a refusal least of all."""

_TASKS = frozenset({"N67", "N68", "N69"})
"""What is asked of tasks, which terms raise and no log but ours has."""

_ENVELOPE = frozenset({"actor", "role", "second", "second_may_approve"})
"""What guards ask of who acted. That somebody acts under other names, or has another case, no log but ours can tell: not so."""


class Mapping(NamedTuple):
    """How a log speaks: its activities by our steps (None: leave out), and its attributes by our fields."""

    steps: dict[str, str | None] = {}
    fields: dict[str, str] = {}


class Breach(NamedTuple):
    """A guard that was not met, or (`code` N61) a step where its phase does not have it. `place`: which event of the case."""

    case: str
    place: int
    at: datetime
    activity: str
    step: str
    code: str
    guard: str
    law: str
    is_: Said


class Judged:
    """What came of a log: its breaches, the guards counted by their answer, and why some are not told."""

    def __init__(self) -> None:
        self.cases = self.events = 0
        self.breaches: list[Breach] = []
        self.met = self.broken = 0
        self.not_told: Counter[tuple[str, str]] = Counter()
        self.unknown: Counter[str] = Counter()
        self.outside = 0
        self.unreadable: Counter[str] = Counter()


class Vocabulary:
    """What a log can tell: the steps it knows, which fields it ever gives of each, and (of a table) its columns."""

    def __init__(self, mapping: Mapping, columns: Iterable[str] = ()) -> None:
        self.mapping = mapping
        self.everywhere = {mapping.fields.get(name, name) for name in columns}
        self.fields: dict[str, set[str]] = {}
        self.made: dict[tuple[Any, ...], tuple[frozenset[str], msgspec.Struct | None]] = {}
        self._seen: set[tuple[str | None, ...]] = set()

    def learn(self, row: Row) -> None:
        """Take in what one row tells of."""
        kind = row.activity, row.attributes.get("step"), *row.attributes
        if kind in self._seen:
            return
        self._seen.add(kind)
        step, _ = named(row, self.mapping)
        for key in (step, row.activity):
            if key not in STEPS and key not in _events():
                continue
            self.fields.setdefault(key, set()).update(self.mapping.fields.get(name, name) for name in row.attributes)


@cache
def _steps_of_events() -> dict[str, str]:
    """The step that an event's name stands for, where only one begins with it."""
    first: dict[str, list[str]] = {}
    for name, row in STEPS.items():
        first.setdefault(row.emitted[0].__name__, []).append(name)
    return {event: names[0] for event, names in first.items() if len(names) == 1}


@cache
def _roles() -> dict[str, Role]:
    return {role.value: role for role in Role}


@cache
def _events() -> dict[str, type[Event]]:
    return {event.__name__: event for event in EVENTS.values()}


def named(row: Row, mapping: Mapping) -> tuple[str | None, bool]:
    """Which step an event is (None: none that is known), and whether it is one by itself and not the consequence of another."""
    activity = row.activity
    if activity in mapping.steps:
        step = mapping.steps[activity]
        return step or "", step is not None
    if activity in _events():
        if activity in _outside():
            return "", False
        step = row.attributes.get("step") or _steps_of_events().get(activity)
        if step not in STEPS:
            return None, False
        return step, STEPS[step].emitted[0].__name__ == activity or (len(STEPS[step].emitted) > 1 and _either(step, activity))
    step = _plain(activity)
    return (step, True) if step in STEPS else (None, False)


@cache
def _outside() -> frozenset[str]:
    return frozenset(name for name in _events() if snake(name) in OUTSIDE)


@lru_cache(10_000)
def _plain(activity: str) -> str:
    return snake(activity.strip().replace(" ", "_").replace("-", "_"))


@cache
def _either(step: str, activity: str) -> bool:
    """Whether a step is recorded as one of several events, of which this is one, none of them always the first."""
    return step == "record_art64_decision" and any(event.__name__ == activity for event in STEPS[step].emitted)


def nearest(activity: str) -> list[str]:
    """Steps whose names are near to an activity that is none."""
    return difflib.get_close_matches(snake(activity.replace(" ", "_")), STEPS, n=2)


def judge(cases: Iterable[list[Row]], vocabulary: Vocabulary, into: Judged) -> Iterator[Breach]:
    """Every breach of these cases, case by case; the counts in `into`."""
    for rows in cases:
        trace = _Trace(rows[0].case, vocabulary, into)
        into.cases += 1
        for place, row in enumerate(sorted(rows, key=lambda each: each.told), 1):
            yield from trace.take(place, row)


class _Trace:
    def __init__(self, id: str, vocabulary: Vocabulary, into: Judged) -> None:
        self.id, self.vocabulary, self.into = id, vocabulary, into
        self.case = DepartureCase()
        self.untold: set[int] = set()
        self.started = self.assumed = False

    def take(self, place: int, row: Row) -> Iterator[Breach]:
        """One event: judged, and then believed."""
        into = self.into
        step, own = named(row, self.vocabulary.mapping)
        if step is None:
            into.unknown[row.activity] += 1
            return
        if not own:
            into.outside += 1
            self._believe_event(row)
            return
        into.events += 1
        declared = STEPS[step]
        if not self.started and declared.phases != (Phase.UNOPENED,):
            self._open(row)
        self.started = True
        here = _row_for(declared.step, self.case.phase)
        late = self.case.opened_at is None or row.at >= self.case.opened_at
        if here is not None and late and here.kind is Kind.FACT and not here.guards and self._believe_event(row):
            return
        given, taken = self._given(step, declared, row)
        if taken is None:
            into.unreadable[step] += 1
            return
        context = self._context(declared, row, given)
        if here is None:
            into.broken += 1
            yield self._breach(place, row, step, _not_here(self.case, declared))
        else:
            yield from self._asked(place, row, step, declared, taken, context, given)
        if not self._believe_event(row):
            self._believe(declared, taken, context, row, given)

    def _given(self, name: str, declared: StepRow, row: Row) -> tuple[set[str], Step | None]:
        """The step as far as the log tells it, the rest neutral; and which fields it tells. None when it fits no such step."""
        renamed = self.vocabulary.mapping.fields
        said = {renamed.get(name, name): value for name, value in row.attributes.items()} if renamed else row.attributes
        told, step = self._filled(name, declared.step, said, row.at)
        return set(told), cast("Step | None", step)

    def _filled(
        self, name: str, kind: type[msgspec.Struct], said: dict[str, str], at: datetime
    ) -> tuple[frozenset[str], msgspec.Struct | None]:
        """A step or an event out of a row, and which of its fields the log tells. What says the same is made once."""
        made = self.vocabulary.made
        key = kind, *map(said.get, hints(kind))
        found = made.get(key)
        if found is None:
            everywhere = self.vocabulary.everywhere if name in STEPS else set[str]()
            found = _filled(kind, said, at, self.vocabulary.fields.get(name, set()) | everywhere)
            if len(made) < _MADE and said.keys() >= timed(kind):
                made[key] = found
        return found

    def _context(self, declared: StepRow, row: Row, given: set[str]) -> Context:
        said = row.attributes
        role = _roles().get(said.get("role", ""))
        actor, second = _actor(row), said.get("second")
        if actor:
            given.add("actor")
        if role:
            given.add("role")
        if second or "second" in self.vocabulary.everywhere:
            given |= {"second", "second_may_approve"}
        usual = declared.roles[0] if declared.kind is Kind.DECISION else Role.SUPERVISOR
        return Context(
            at=row.at, recorded_at=row.told, actor=actor or ANYONE, role=role or usual, law=in_force(day_of(row.at)),
            second=second, second_may_approve=second is not None,
        )  # fmt: skip

    def _open(self, row: Row) -> None:
        """A log that begins in the middle: the case was opened before, and what the opening said is not told."""
        self.assumed = True
        opening = STEPS["open_case"]
        step = msgspec.convert(placeholders(opening.step, row.at), opening.step)
        self._believe(opening, step, self._context(opening, row, set()), row, set())

    def _asked(
        self, place: int, row: Row, name: str, declared: StepRow, step: Step, context: Context, given: set[str]
    ) -> Iterator[Breach]:
        strange = declared.kind is Kind.DECISION and "role" in given and context.role not in declared.roles
        first = ((before_the_opening,) if self.case.opened_at else ()) + ((role_may_not,) if strange else ())
        watched, around = Watched(step), Watched(context)  # type: ignore[arg-type]
        for guard in (*first, *declared.guards):
            watched.seen_, around.seen_ = set(), set()
            verdict = guard.ask(self.case, watched, around)  # type: ignore[arg-type]
            if why := self._why_not_told(guard, verdict, watched, around, given):
                self.into.not_told[guard.rule.code, why] += 1
            elif verdict.met:
                self.into.met += 1
            else:
                self.into.broken += 1
                yield self._breach(place, row, name, verdict)

    def _why_not_told(self, guard: Guard, verdict: Verdict, step: Watched, context: Watched, given: set[str]) -> str:
        """Why a verdict would be a guess; empty when it is none."""
        if guard is role_may_not:
            return ""
        if guard is before_the_opening:
            return "the log does not tell of the opening" if self.assumed else ""
        if guard.rule.code in _TASKS:
            return "tasks are this register's own"
        if not step.seen_ <= given:
            return f"the log does not give {min(step.seen_ - given)}"
        if not (asked := context.seen_ & _ENVELOPE) <= given:
            return f"the log does not give {min(asked - given)}"
        if not self.untold.isdisjoint(verdict.relied):
            return "it rests on an event of which the log does not give everything"
        if not verdict.met and not verdict.relied:
            cure = RULES[guard.rule.code].lifts.split()[0].rstrip(",")
            if cure in STEPS and cure not in self.vocabulary.fields:
                return f"the log never tells of {cure}"
            if self.untold:
                return "it rests on an event of which the log does not give everything"
        return ""

    def _breach(self, place: int, row: Row, step: str, verdict: Verdict) -> Breach:
        is_ = verdict.is_ or Said("", "")
        return Breach(self.id, place, row.at, row.activity, step, verdict.code, verdict.guard, verdict.law, is_)

    def _believe(self, declared: StepRow, step: Step, context: Context, row: Row, given: set[str]) -> None:
        """Take in what happened, whatever the guards said."""
        try:
            events: Iterable[Event] = declared.emits(self.case, step, context)
        except Exception:
            self.into.unreadable[step_name(declared.step)] += 1
            return
        for event in events:
            self._put(event, row, whole=given.issuperset(declared.step.__struct_fields__))

    def _believe_event(self, row: Row) -> bool:
        """Take in an event of a log of ours as what it is; whether it was one."""
        kind = _events().get(row.activity)
        if kind is None or row.activity in _outside():
            return False
        told, event = self._filled(row.activity, kind, row.attributes, row.at)
        if event is None:
            return False
        self._put(cast("Event", event), row, whole=told.issuperset(kind.__struct_fields__))
        return True

    def _put(self, event: Event, row: Row, *, whole: bool) -> None:
        version = self.case.version + 1
        record = Record(
            originator_id=self.id, originator_version=version, occurred_at=row.at, recorded_at=row.told,
            actor=_actor(row) or ANYONE, role=_roles().get(row.attributes.get("role", ""), Role.SUPERVISOR), step="",
            request_id="", event=event,
        )  # fmt: skip
        take_in(self.case, record)
        if not whole:
            self.untold.add(version)


_row_for = cache(row_for)


def _actor(row: Row) -> str | None:
    return row.attributes.get("actor") or row.attributes.get("org:resource")


def _not_here(case: DepartureCase, declared: StepRow) -> Verdict:
    where = ", ".join(phase.value for phase in declared.phases)
    said = Said(f"in {case.phase.value}; possible in {where}", f"in {case.phase.nl}; mogelijk in {where}")
    return Verdict("N61", "not_possible_in_phase", "workflow", False, (), said)


def _filled(
    kind: type[msgspec.Struct], said: dict[str, str], at: datetime, known: set[str]
) -> tuple[frozenset[str], msgspec.Struct | None]:
    """As told, with neutral values for what is required and not told; without what does not fit where something does not."""
    kinds, neutral = hints(kind), placeholders(kind, at)
    plain = {name: _read(value) for name, value in said.items() if name in kinds}
    told = frozenset(name for name in kinds if name in plain or (name in known and name not in neutral))
    for tried in (plain, {name: said[name] for name in plain}):
        try:
            return told, msgspec.convert(neutral | tried, kind, strict=False)
        except msgspec.ValidationError:
            continue
    kept = {name: value for name, value in plain.items() if _fits(kinds[name], value)}
    try:
        step = msgspec.convert(neutral | kept, kind, strict=False)
    except msgspec.ValidationError:
        return frozenset(), None
    return frozenset(name for name in told if name in kept or name not in plain), step


_MADE = 50_000
"""How many steps and events that say the same are kept."""


def _read(value: str) -> Any:
    """A text of a log as the plain value it stands for: what has parts stands in a cell as JSON."""
    if value[:1] in ("[", "{"):
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return {"true": True, "false": False, "True": True, "False": False}.get(value, value)


def _fits(kind: Any, value: Any) -> bool:
    try:
        msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError:
        return False
    return True


def by_case(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows together by case, the cases in the order of their first row: a log may have them mixed."""
    together: dict[str, list[Row]] = {}
    for row in rows:
        together.setdefault(row.case, []).append(row)
    yield from together.values()


def amsterdam(at: datetime) -> str:
    """A moment as people read it."""
    return at.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")
