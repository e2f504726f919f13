"""Why not, and what would do: the smallest set of further steps after which a refused decision would be allowed.

Pure: it judges hypothetical continuations of a case in memory, records nothing and changes nothing. From each refusal it follows
the steps that the rule names as its cure, and from a cure that is itself refused the steps that its refusals name; breadth first,
at most `MOST` steps, each really asked and its events folded. A phase in which the step is not possible is left by the steps of
the map that lead towards one in which it is.

What it never does:

- make a fact up: a fact can only be recorded when it happened, so such a step is marked `when` (it is so);
- drop a safeguard: no hold is lifted, no opportunity declined, no choice lapsed, nothing corrected, nobody established not to be
  a minor; a recorded finding (not removable, reception not adequate, not fit to travel) stands until there is a new one; no
  exception gets around an offer, no term or notice becomes shorter, no case is closed, and nobody is detained as a means;
- take time for a step: what only time ends is told with its date.

What is not answered is told as standing, with what would end it.
"""

from __future__ import annotations

import copy
import re
import sys
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.audit.filled import BLANK, Asking, Filled, Move, fillings, move
from dtv_workflow.audit.judge import ANYONE, named_in
from dtv_workflow.audit.standing import STAND, Standing, of_a_day, standing, weight
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.decide import answer, asked
from dtv_workflow.domain.law.rules import RULES, Said, Verdict, cure_of
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.steps import Context, Row, Step, step_name
from dtv_workflow.domain.vocabulary import Kind, Phase, Role
from dtv_workflow.domain.workflow import STEPS, TABLE, possible

MOST = 4
"""How many further steps are looked at: what needs more is a plan, and a human makes it."""

NEVER = frozenset({
    "open_case", "lift_hold", "assess_opportunity", "lapse_voluntary_departure", "correct", "establish_minority",
    "order_detention", "extend_detention", *(step_name(row.step) for row in TABLE if row.to is Phase.CLOSED),
})  # fmt: skip
"""Steps that are never proposed, whatever a rule names: each would end a safeguard or a case, or be force as a means."""

FOR_EACH = frozenset({"review_obstacle", "fulfil_travel_condition"})
"""Steps of which a refusal may need several, one for each thing that it is about."""

NAMED = {
    "no_supervisor": "assign_supervisor",
    "no_decision": "record_return_decision",
    "no_removability_check": "record_removability",
    "no_screening": "screen_vulnerability",
    "no_plan": "adopt_plan",
}
"""N38 is one rule with a guard for each thing that the intake lacks: each guard names its own step."""


class Cure(NamedTuple):
    """The answer: `found` says that the step is allowed after `steps` (none: it is allowed now). Else `steps` answer what can be
    answered, and `stands` is what stays. `step` is the step that was asked, filled in."""

    found: bool
    steps: tuple[Move, ...]
    stands: tuple[Standing, ...]
    step: Move


def cures(case: DepartureCase, row: Row, given: dict[str, Any], context: Context) -> Cure:
    """What would have to come first for a decision to be allowed. Raises Malformed for a field that cannot be read.

    `given` are the plain fields asked with; they stay as they are. The context says when, under which law and, when it is about
    somebody in particular, who asks.
    """
    return _Search(case, row, given, context).cure()


def next_steps(case: DepartureCase, row: Row, given: dict[str, Any], context: Context, verdict: Verdict) -> list[Move]:
    """The exact next steps for one refusal: the step itself where filling it in is enough, else those that the rule names.

    For a reader of that refusal alone: what is told here may be a step that is never proposed, such as lifting the hold.
    """
    search = _Search(case, row, given, context)
    if (own := search.itself(verdict)) is not None:
        return [search.told(own)]
    stays = list(standing(verdict, case, context)) if verdict.code in STAND else []
    if stays:
        return [one.by for one in stays if one.by is not None]
    asking = search.ask(case, search.name, search.fillings(case)[0])
    others = [search.told(one, verdict.code) for one in search.candidates(case, asking, verdict, every=True)]
    option = re.match("the same step with --([a-z-]+)", RULES[verdict.code].lifts)
    field = option[1].replace("-", "_") if option else ""
    if field not in row.step.__struct_fields__:
        return others
    itself = search.told(asking)
    return [itself._replace(known=itself.known | {field: BLANK}), *others]


def named(verdict: Verdict) -> list[tuple[str, dict[str, str]]]:
    """The steps that a refusal names as its cure, each with the fields that the rule says."""
    if verdict.guard in NAMED:
        return [(NAMED[verdict.guard], {})]
    found = []
    for part in cure_of(verdict).lifts.split(", "):
        name, *words = part.removeprefix("or ").split()
        if name in STEPS:
            said = {o.removeprefix("--").replace("-", "_"): v for o, v in pairwise(words) if o.startswith("--") and v.islower()}
            fields = STEPS[name].step.__struct_fields__
            found.append((name, {field: v for field, v in said.items() if field in fields and not v.startswith("--")}))
    return found


# ------------------------------------------------------------------ hypothetical continuations


class _Asked(NamedTuple):
    """A step as it was tried: how it was filled in, by whom, and what stood in the way. The `key` tells it from others."""

    name: str
    step: Step
    filled: Filled
    context: Context
    unmet: tuple[Verdict, ...]
    key: bytes


class _Taken(NamedTuple):
    """A step of a continuation, with the codes it answers."""

    asked: _Asked
    answers: tuple[str, ...]


class _Look(NamedTuple):
    """A case as the step finds it: its best filling, the further steps that may be taken, and what nothing answers yet; `score`
    says how far it is from being allowed."""

    best: _Asked
    moves: dict[bytes, _Taken]
    left: tuple[tuple[_Asked, Verdict], ...]
    score: tuple[int, int, int]


class _Node(NamedTuple):
    """A continuation: the case as it would be, the steps that led there, and what the step finds then."""

    case: DepartureCase
    taken: tuple[_Taken, ...]
    look: _Look


class _Search:
    """The search for one step on one case."""

    def __init__(self, case: DepartureCase, row: Row, given: dict[str, Any], context: Context) -> None:
        self.case, self.row, self.given, self.context = case, row, given, context
        self.name = step_name(row.step)
        self.steps: dict[bytes, Step] = {}
        self.away: dict[str, dict[Phase, int]] = {}

    def cure(self) -> Cure:
        """The smallest continuation that is enough; else the best that was seen, the shortest of equals."""
        level = [_Node(self.case, (), self.look(self.case))]
        seen: set[tuple[bytes, ...]] = set()
        best = level[0]
        for depth in range(MOST + 1):
            best = min((best, *level), key=lambda node: node.look.score)
            if of_a_day(best.look.best.unmet):
                break
            near = best.look.score[:2] if depth == MOST - 1 else None
            level = [child for node in level for child in self.children(node, seen, near)] if depth < MOST else []
        return self.said(self.least(best))

    def children(self, node: _Node, seen: set[tuple[bytes, ...]], near: tuple[int, int] | None) -> Iterator[_Node]:
        """Every continuation by one more step that was not seen yet, in whatever order its steps are taken."""
        for key, one in node.look.moves.items():
            keys = tuple(sorted((*(taken.asked.key for taken in node.taken), key)))
            if keys not in seen:
                seen.add(keys)
                case = taken_on(node.case, one.asked)
                yield _Node(case, (*node.taken, one), self.look(case, near))

    def look(self, case: DepartureCase, near: tuple[int, int] | None = None) -> _Look:
        """Ask the step; follow its refusals, and those of the steps that they name, to the steps that may be taken now. On the
        last level, where nothing more is taken, only what comes as near as `near` is followed, to tell what it leaves."""
        tried = sorted((self.ask(case, self.name, f) for f in self.fillings(case)), key=lambda one: weight(one.unmet))
        best, score = tried[0], (self.far(case), weight(tried[0].unmet))
        if of_a_day(best.unmet):
            return _Look(best, {}, tuple((best, verdict) for verdict in best.unmet), (*score, 0))
        if near is not None and score > near:
            return _Look(best, {}, (), (*score, sys.maxsize))
        moves: dict[bytes, _Taken] = {}
        left = [(best, verdict) for verdict in best.unmet]
        queue = deque((one, verdict) for one in tried for verdict in one.unmet)
        followed, count = set[bytes](), 0
        while queue:
            (asking, verdict), count = queue.popleft(), count + 1
            found = list(self.candidates(case, asking, verdict))
            for one in found:
                if not one.unmet:
                    codes = moves[one.key].answers if one.key in moves else ()
                    moves[one.key] = _Taken(one, tuple(dict.fromkeys((*codes, verdict.code))))
                elif one.key not in followed:
                    followed.add(one.key)
                    queue += ((one, other) for other in one.unmet)
            if asking.name != self.name and (not found or any(not one.unmet for one in found)):
                left.append((asking, verdict))
        return _Look(best, moves, tuple(left), (*score, count))

    def candidates(self, case: DepartureCase, asking: _Asked, verdict: Verdict, *, every: bool = False) -> Iterator[_Asked]:
        """The steps that a refusal names as its cure and that may be proposed, each as it would be tried. Where one is needed for
        each obstacle or condition, they are taken in their order. `every` gives all that are named, proposed or not."""
        if verdict.code in STAND:
            return
        ways = self.ways(case, asking.name) if verdict.code == "N61" else named(verdict)
        about = Asking(case, self.context, asking.step, verdict.code)
        for name, said in ways:
            if name != asking.name and (every or name not in NEVER):
                for filled in fillings(STEPS[name], about, said)[: 1 if name in FOR_EACH and not every else None]:
                    yield self.ask(case, name, filled)

    def ways(self, case: DepartureCase, name: str) -> list[tuple[str, dict[str, str]]]:
        """The steps of the map that lead from here towards a phase in which a step is possible."""
        away = self.towards(name)
        here = away.get(case.phase, len(Phase))
        steps = ((name, STEPS[name].to) for name in possible(case.phase))
        return [(name, {}) for name, to in steps if to and name not in NEVER and away.get(to, len(Phase)) < here]

    def far(self, case: DepartureCase) -> int:
        """How many phases away the step is possible; more than there are where nothing leads there."""
        return self.towards(self.name).get(case.phase, len(Phase))

    def towards(self, name: str) -> dict[Phase, int]:
        if name not in self.away:
            self.away[name] = distances(STEPS[name])
        return self.away[name]

    # -------------------------------------------------------------- trying

    def fillings(self, case: DepartureCase) -> list[Filled]:
        """The step that was asked, in the ways it can be filled in on a case."""
        return fillings(self.row, Asking(case, self.context), self.given)

    def ask(self, case: DepartureCase, name: str, filled: Filled, *, freely: bool = False) -> _Asked:
        """Try a step: the one that was asked by whoever asks, any other by somebody who may; with a second person where that
        is asked and the choice of people is free."""
        key = msgspec.json.encode((name, filled.asked), order="deterministic")
        if key not in self.steps:
            self.steps[key] = read_step(name, filled.asked)
        step, context = self.steps[key], self.context if name == self.name else somebody(STEPS[name], self.context)
        one = _Asked(name, step, filled, context, unmet(case, step, context), key)
        alone = any("--second" in RULES[verdict.code].lifts for verdict in one.unmet)
        if not alone or not (freely or name != self.name or context.actor == ANYONE):
            return one
        together = msgspec.structs.replace(context, second="<second>", second_may_approve=True)
        rest = unmet(case, step, together)
        return one._replace(context=together, unmet=rest) if len(rest) < len(one.unmet) else one

    def itself(self, verdict: Verdict) -> _Asked | None:
        """The step that was asked, filled in so that one of its refusals is met; None where that is not enough. What was given
        stays where it can."""
        named_ = {field: self.given[field] for field in named_in(self.case) if field in self.given}
        for ids in (named_, {}):
            for filled in fillings(self.row, Asking(self.case, self.context), ids):
                kept = {field: value for field, value in self.given.items() if field not in filled.shown}
                one = self.ask(self.case, self.name, Filled(filled.asked | kept, filled.shown | kept), freely=True)
                if not any((v.code, v.guard) == (verdict.code, verdict.guard) for v in one.unmet):
                    return one
        return None

    # -------------------------------------------------------------- telling

    def least(self, node: _Node) -> _Node:
        """The continuation without any step that it can do without."""
        for n in reversed(range(len(node.taken))):
            rest, case = node.taken[:n] + node.taken[n + 1 :], branch(self.case)
            for taken in rest:
                case = taken_on(case, taken.asked)
            look = self.look(case)
            if look.score <= node.look.score:
                node = _Node(case, rest, look)
        return node

    def said(self, node: _Node) -> Cure:
        """What was found, to be told."""
        stands: dict[tuple[str, str, Said], Standing] = {}
        for asking, verdict in node.look.left:
            finding, by = self.named_by(node.case, asking, verdict)
            for one in standing(verdict, node.case, self.context, by, finding=finding):
                stands.setdefault((one.code, one.guard, one.is_), one)
        steps = tuple(self.told(taken.asked, *taken.answers) for taken in node.taken)
        itself, many = self.told(node.look.best), {field for field, ids in named_in(self.case).items() if len(ids) > 1}
        if not steps:  # where several would do, none is chosen
            known = {k: BLANK if k in many and k not in self.given else v for k, v in itself.known.items()}
            itself = itself._replace(known=known)
        return Cure(not node.look.best.unmet, steps, tuple(stands.values()), itself)

    def named_by(self, case: DepartureCase, asking: _Asked, verdict: Verdict) -> tuple[bool, Move | None]:
        """The step that a refusal names, and whether the record holds a finding against it."""
        if found := next(self.candidates(case, asking, verdict), None):
            return False, self.told(found)
        names = [name for name, _ in named(verdict) if name not in NEVER and name != asking.name]
        return bool(names), move(names[0], {}, {}, (verdict.code,)) if names else None

    def told(self, one: _Asked, *answers: str) -> Move:
        """A step that was tried as it is told: ids that nobody knows yet are left to be filled in."""
        ids = {field: {*known, self.given.get(field)} for field, known in named_in(self.case).items()}
        shown = {k: v if k not in ids or v in ids[k] else BLANK for k, v in one.filled.shown.items()}
        return move(one.name, shown, one.filled.asked, answers, second=one.context.second is not None)


def unmet(case: DepartureCase, step: Step, context: Context) -> tuple[Verdict, ...]:
    """What stands in the way of a decision, or what a fact would be recorded with as an incident."""
    return tuple(verdict for verdict in asked(case, step, context)[1].verdicts if not verdict.met)


def somebody(row: Row, context: Context) -> Context:
    """Somebody who may take a step: another person for each role, and nobody whose name an actor can have."""
    role = row.roles[0] if row.kind is Kind.DECISION else Role.SUPERVISOR
    return msgspec.structs.replace(
        context, actor=f"<{role.value}>", role=role, role_granted=True, second=None, second_may_approve=False
    )


def taken_on(case: DepartureCase, one: _Asked) -> DepartureCase:
    """The case as it would be after a step, by folding what it would be recorded as: as it was where the step is refused."""
    decision, context = answer(case, one.step, one.context), one.context
    new = [
        Record(
            originator_id=f"case/{case.id}", originator_version=version, occurred_at=context.at, recorded_at=context.recorded_at,
            actor=context.actor, role=context.role, step=one.name, request_id="-", event=event,
            episode=max(case.episode, 1), subject=case.subject, second=context.second,
        )
        for version, event in enumerate(decision.events, case.version + 1)
    ]  # fmt: skip
    return fold(new, branch(case))


def branch(case: DepartureCase) -> DepartureCase:
    """A copy that can be folded on: facets are frozen, only what holds them is copied."""
    held = {f: copy.copy(value) for f in case.__struct_fields__ if isinstance(value := getattr(case, f), dict | list)}
    return msgspec.structs.replace(case, **held)


def distances(row: Row) -> dict[Phase, int]:
    """From each phase, how many steps that lead elsewhere there are to one in which a step is possible. Closing is no way."""
    found = dict.fromkeys(row.phases, 0)
    moves = [(phase, r.to) for r in TABLE for phase in r.phases if r.to and step_name(r.step) not in NEVER]
    for far in range(1, len(Phase)):
        found = {phase: far for phase, to in moves if found.get(to) == far - 1} | found
    return found
