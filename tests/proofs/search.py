"""The search: breadth first over real cases with the real `answer` and `fold`, until no new configuration appears.

A configuration is kept as one case that is in it. Two things only are remembered between cases: the row of a step in a phase,
and what a receipt keeps of a step; both are pure. A refused step leaves a case as it was (a law of `tests/properties`), so it
is not folded, and a decision that the map does not have in a phase (N61) is not asked there.
"""

from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

from dtv_workflow.domain import decide, inputs, workflow
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.decide import Decision, answer
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.reading import check_past, read_step
from dtv_workflow.domain.record import CORRECTION_TOPIC, Record, fold
from dtv_workflow.domain.steps import Context, Row, Step, step_name
from dtv_workflow.domain.vocabulary import Kind, Phase, Role
from dtv_workflow.domain.workflow import STEPS
from tests.proofs.alphabet import EVE, LATER, LETTERS, START, Asking, Letter, When
from tests.proofs.configuration import FIELDS, Field, key

TICKS = {"eve": EVE, "later": LATER}

BEGUN = "the steps with which every search begins are accepted"

SECONDS = 12
"""Of one configuration in so many a second representative is kept, that came there another way."""


class Part(NamedTuple):
    """One complete search: from where, over which letters and ticks, and which fields of the key its macros make idle."""

    name: str
    says: str
    root: tuple[str, ...]
    letters: tuple[str, ...]
    ticks: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()
    recorded: int = 0

    def key(self, case: DepartureCase, now: datetime) -> tuple[object, ...]:
        """The configuration of a case, without the idle fields."""
        return key(_fields(self.idle), case, now)


@cache
def _fields(idle: tuple[str, ...]) -> tuple[Field, ...]:
    return tuple(find for name, find in FIELDS.items() if name not in idle)


class Asked(NamedTuple):
    """One step as it went: what was asked of which case, and what came of it."""

    asking: Asking
    fields: dict[str, Any]
    context: Context
    before: DepartureCase
    decision: Decision
    after: DepartureCase
    records: tuple[Record, ...]

    @property
    def accepted(self) -> bool:
        return bool(self.decision.events)


class Node(NamedTuple):
    """A configuration with one case that is in it, and how it came there."""

    number: int
    key: tuple[object, ...]
    case: DepartureCase
    now: datetime
    records: tuple[Record, ...] = ()
    parent: Node | None = None
    move: str = ""

    def path(self) -> list[Node]:
        """Every node from an unopened case to this one."""
        nodes = [self]
        while (parent := nodes[-1].parent) is not None:
            nodes.append(parent)
        return nodes[::-1]

    def moves(self) -> list[str]:
        """The letters and ticks that lead here from an unopened case."""
        return [node.move for node in self.path() if node.move]

    def history(self) -> list[Record]:
        return [record for node in self.path() for record in node.records]


class Broken(NamedTuple):
    """A law that does not hold: where, and what should have come of which steps instead."""

    law: str
    node: Node
    instead: tuple[tuple[Asking, str], ...]
    then: dict[str, Any]


class Found(NamedTuple):
    """What a search came to: each configuration by its key, where our own decisions lead, and the first law that is broken."""

    part: Part
    nodes: dict[tuple[object, ...], Node]
    seconds: dict[int, Node]
    leads: dict[int, set[int]]
    codes: set[str]
    asked: int
    broken: Broken | None


class Mover:
    """Asks letters of cases. Steps and contexts are read once for each time they are asked at."""

    def __init__(self) -> None:
        self.steps: dict[tuple[int, When], tuple[dict[str, Any], Step]] = {}
        self.contexts: dict[tuple[str, str, str | None, datetime], Context] = {}

    def step(self, asking: Asking, when: When) -> tuple[dict[str, Any], Step]:
        known = self.steps.get((id(asking), when))
        if known is None:
            fields = asking.fields(when)
            known = self.steps[id(asking), when] = fields, read_step(asking.do, fields)
            check_past(known[1], when.now)
        return known

    def context(self, asking: Asking, now: datetime) -> Context:
        who = (asking.actor, asking.role, asking.second, now)
        if who not in self.contexts:
            self.contexts[who] = Context(
                at=now.astimezone(UTC), recorded_at=now.astimezone(UTC), actor=asking.actor, role=Role(asking.role),
                law=in_force(day_of(now)), second=asking.second, second_may_approve=asking.second is not None,
            )  # fmt: skip
        return self.contexts[who]

    def ask(self, case: DepartureCase, now: datetime, asking: Asking, history: Callable[[], list[Record]]) -> Asked:
        """One step. `history` is what a correction needs: it counts from where the corrected event stands."""
        fields, step = self.step(asking, _when(case, now))
        context = self.context(asking, now)
        decision = answer(case, step, context)
        numbered = enumerate(decision.events, len(case.topics) + 1)
        records = tuple([_record(event, number, asking.do, context, decision) for number, event in numbered])
        if any(record.event.TOPIC == CORRECTION_TOPIC for record in records):
            after = fold([*history(), *records])
        else:
            after = fold(list(records), _copied(case)) if records else case
        return Asked(asking, fields, context, case, decision, after, records)

    def move(self, node: Node, letter: Letter) -> list[Asked]:
        """Every step of a letter, up to the first that is refused."""
        case, went = node.case, []
        for asking in letter.steps:
            went.append(self.ask(case, node.now, asking, node.history))
            case = went[-1].after
            if not went[-1].accepted:
                break
        return went


def _when(case: DepartureCase, now: datetime) -> When:
    """Now, the first live attempt (the last of them where none is live), and the first task."""
    task = next(iter(case.tasks), "t0")
    if not case.bookings:
        return When(now, task=task)
    last = len(case.bookings)
    return When(now, next((id for id, booking in case.bookings.items() if booking.live), f"A{last}"), f"A{last + 1}", task)


def _copied(case: DepartureCase) -> DepartureCase:
    """A copy to fold on. What `apply` changes in place is copied with it; a test folds whole histories and compares."""
    fresh = copy.copy(case)
    fresh.topics, fresh.holds, fresh.intervals = list(case.topics), dict(case.holds), list(case.intervals)
    return fresh


def _record(event: Any, version: int, do: str, context: Context, decision: Decision) -> Record:
    return Record(
        originator_id="case/A", originator_version=version, occurred_at=context.at, recorded_at=context.recorded_at,
        actor=context.actor, role=context.role, step=do, request_id="r", event=event, receipt=decision.receipt,
        subject="s", second=context.second,
    )  # fmt: skip


@contextmanager
def remembering() -> Iterator[None]:
    """Remember, while a search runs, what is asked of the map and what a receipt keeps of a step: both only look at the step."""
    row_for = cache(workflow.row_for)
    kept: dict[int, tuple[Step, dict[str, Any]]] = {}

    def kept_inputs(step: Step, row: Row, case: DepartureCase) -> dict[str, Any]:
        if id(step) not in kept:
            kept[id(step)] = step, inputs.inputs_of(step, row, case)
        return kept[id(step)][1]

    named = patch.object(decide, "step_name", cache(step_name))
    with named, patch.object(decide, "row_for", row_for), patch.object(decide, "inputs_of", kept_inputs):
        yield


def may_tick(tick: str, case: DepartureCase, now: datetime) -> bool:
    """The eve passes while a booking lies ahead of it and nobody is detained; later always comes."""
    if tick == "later":
        return True
    return case.detained is None and any(b.live and b.departs_at - now > EVE for b in case.bookings.values())


def after(tick: str, now: datetime) -> datetime:
    """The time after a tick: so many days on, at the same hour in Amsterdam."""
    return now + TICKS[tick]


Judge = Callable[[Mover, Node, list[Letter]], Broken | None]
JudgeMove = Callable[[Node, Letter, list[Asked]], Broken | None]


def explore(part: Part, judge: Judge, judge_move: JudgeMove, shuffled: random.Random | None = None) -> Found:
    """Search a part until nothing new appears or a law is broken. In the alphabet's order, or in a shuffled one."""
    with remembering():
        return _Search(part, judge, judge_move, shuffled).run()


class _Search:
    def __init__(self, part: Part, judge: Judge, judge_move: JudgeMove, shuffled: random.Random | None) -> None:
        self.part, self.judge, self.judge_move, self.shuffled = part, judge, judge_move, shuffled
        self.mover = Mover()
        self.letters = [LETTERS[name] for name in part.letters]
        if shuffled:
            shuffled.shuffle(self.letters)
        self.found = Found(part, {}, {}, {}, set(), 0, None)
        self.waiting: deque[Node] = deque()
        self.asked = 0
        self.by_phase = {phase: [letter for letter in self.letters if asked_in(letter, phase)] for phase in Phase}

    def run(self) -> Found:
        broken = self.begin()
        while self.waiting and broken is None:
            if self.shuffled:
                self.waiting.rotate(self.shuffled.randrange(len(self.waiting)))
            broken = self.leave(self.waiting.popleft())
        return self.found._replace(asked=self.asked, broken=broken)

    def begin(self) -> Broken | None:
        """Go to where the part begins. Answers what is broken when a step on the way there is refused."""
        node = Node(0, (), DepartureCase(), START)
        for name in self.part.root:
            went = self.mover.move(node, LETTERS[name])
            if not all(one.accepted for one in went):
                return Broken(BEGUN, node, tuple((one.asking, "done") for one in went), {"episode": 1})
            node = Node(0, (), went[-1].after, START, _records(went), node, name)
        node = node._replace(key=self.part.key(node.case, node.now))
        self.found.nodes[node.key] = node
        self.waiting.append(node)
        return None

    def leave(self, node: Node) -> Broken | None:
        """Ask every letter of a configuration, and let time pass. Answers the first law that is broken."""
        letters = self.by_phase[node.case.phase]
        if broken := self.judge(self.mover, node, letters):
            return broken
        own = self.found.leads[node.number] = set()
        for letter in letters:
            if not letter.may(node.case, node.now):
                continue
            self.asked += 1
            went = self.mover.move(node, letter)
            self.found.codes.update(*(one.decision.receipt.codes for one in went))
            if broken := self.judge_move(node, letter, went):
                return broken
            if went[-1].accepted:
                to = self.reach(node, letter.name, went[-1].after, node.now, went)
                if all(STEPS[one.do].kind is Kind.DECISION for one in letter.steps):
                    own.add(to)
        for tick in self.part.ticks:
            if may_tick(tick, node.case, node.now):
                self.reach(node, tick, node.case, after(tick, node.now), [])
        return None

    def reach(self, node: Node, move: str, case: DepartureCase, now: datetime, went: list[Asked]) -> int:
        there = self.part.key(case, now)
        known = self.found.nodes.get(there)
        if known is None:
            new = Node(len(self.found.nodes), there, case, now, _records(went), node, move)
            self.found.nodes[there] = new
            self.waiting.append(new)
            return new.number
        if known.number % SECONDS == 0 and known.parent is not node:
            self.found.seconds[known.number] = Node(known.number, there, case, now, _records(went), node, move)
        return known.number


def _records(went: list[Asked]) -> tuple[Record, ...]:
    return tuple(record for one in went for record in one.records)


def asked_in(letter: Letter, phase: Phase) -> bool:
    """Whether a letter is asked in a phase: a fact always, a decision where the map has it."""
    if phase is Phase.UNOPENED:
        return letter.steps[0].do == "open_case"
    first = STEPS[letter.steps[0].do]
    return first.kind is Kind.FACT or workflow.row_for(first.step, phase) is not None


def answers(mover: Mover, part: Part, node: Node) -> dict[str, object]:
    """What each letter and tick comes to at a case: the codes, and the configuration it leads to."""
    said: dict[str, object] = {}
    for letter in (LETTERS[name] for name in part.letters):
        if asked_in(letter, node.case.phase) and letter.may(node.case, node.now):
            went = mover.move(node, letter)
            to = part.key(went[-1].after, node.now) if went[-1].accepted else None
            said[letter.name] = [one.decision.receipt.codes for one in went], to
    for tick in part.ticks:
        if may_tick(tick, node.case, node.now):
            said[tick] = part.key(node.case, after(tick, node.now))
    return said


def alike(found: Found) -> list[str]:
    """Where a second case of a configuration does not answer every letter as the first: the two ways that led there."""
    first, mover = {node.number: node for node in found.nodes.values()}, Mover()
    with remembering():
        return [
            f"{letter} after {first[index].moves()} and after {second.moves()}"
            for index, second in found.seconds.items()
            for letter in _differing(answers(mover, found.part, first[index]), answers(mover, found.part, second))
        ]


def _differing(one: dict[str, object], other: dict[str, object]) -> list[str]:
    return [letter for letter in {**one, **other} if one.get(letter) != other.get(letter)]
