"""The laws that must hold in every configuration and on every move, told without the guards that are to keep them.

A law answers None, or what is broken: the steps that should have come to something else, and what should then be seen of the
case.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import (
    CaseClosed,
    DepartedUnsupervised,
    DepartureConfirmed,
    DublinTransferCompleted,
    RemovalCompleted,
    ResidenceGranted,
)
from dtv_workflow.domain.detention import limits, used
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.vocabulary import (
    BLOCKS,
    OPEN_PHASES,
    Article,
    Basis,
    Block,
    DecisionKind,
    ForcedException,
    Kind,
    Outcome,
    Phase,
    Regime,
)
from dtv_workflow.domain.workflow import STEPS
from tests.proofs.alphabet import LATER, LETTERS, Asking, Letter
from tests.proofs.search import Asked, Broken, Found, Mover, Node, Part, explore

CHOOSE, CLOSE, LIFT, ANEW, REOPEN = (
    LETTERS[name].steps[0] for name in ("choose", "close unsupervised", "lift", "decide: withheld anew", "reopen")
)
Instead = tuple[tuple[Asking, str], ...]


def seen(case: DepartureCase, **other: Any) -> dict[str, Any]:
    """What an `expect_case` line looks at."""
    return {"phase": case.phase.value, "custody": case.custody, "live_bookings": len(case.live_bookings())} | other


def blocked(case: DepartureCase, node: Node, block: Block) -> bool:
    """Whether a hold that is open now blocks something."""
    return any(hold.open_at(node.now) and block in BLOCKS[hold.kind] for hold in case.holds.values())


# ---------------------------------------------------------------- of a configuration

AT_ONCE = "the choice to leave is refused for a hold that blocks leaving and for nothing else"
IN_TWO = "voluntary_departure is reachable in at most two steps unless a hold blocks leaving (I6)"
ANEW_SAID = "a closed case begins again, at once or on a new decision of a later day"
DEAD_END = "from every open configuration our own decisions lead to an ending"


def of_a_case(mover: Mover, node: Node, letters: list[Letter]) -> Broken | None:
    """What must hold of a configuration by itself."""
    if node.case.phase is Phase.CLOSED:
        return _begins_again(mover, node)
    return _way_out(mover, node, letters) if node.case.phase in OPEN_PHASES else None


def _way_out(mover: Mover, node: Node, letters: list[Letter]) -> Broken | None:
    """In `voluntary_departure` itself the way is taken; after a lapse it is asked again, in the configuration that leads to."""
    if node.case.phase is Phase.VOLUNTARY_DEPARTURE or blocked(node.case, node, Block.EXIT):
        return None
    if _chosen(mover, node, node.case):
        return None
    moves = (mover.move(node, letter) for letter in letters if letter.may(node.case, node.now))
    second = any(len(went) == 1 and went[0].accepted and _chosen(mover, node, went[0].after) for went in moves)
    then = seen(node.case, phase="voluntary_departure", custody="none", live_bookings=0)
    return Broken(AT_ONCE if second else IN_TWO, node, ((CHOOSE, "done"),), then)


def _chosen(mover: Mover, node: Node, case: DepartureCase) -> bool:
    if case.phase is Phase.VOLUNTARY_DEPARTURE:
        return True
    chosen = mover.ask(case, node.now, CHOOSE, node.history)
    return chosen.accepted and chosen.after.phase is Phase.VOLUNTARY_DEPARTURE


def _begins_again(mover: Mover, node: Node) -> Broken | None:
    if mover.ask(node.case, node.now, REOPEN, node.history).accepted:
        return None
    later = node._replace(now=node.now + LATER)
    decided = mover.ask(node.case, later.now, ANEW, node.history)
    reopened = mover.ask(decided.after, later.now, REOPEN, node.history)
    if reopened.accepted and reopened.after.phase is Phase.INTAKE:
        return None
    return Broken(ANEW_SAID, later, ((ANEW, "done"), (REOPEN, "done")), {"phase": "intake"})


def searched(part: Part, shuffled: random.Random | None = None) -> Found:
    """The whole search of a part under every law."""
    found = explore(part, of_a_case, of_a_move, shuffled)
    return found if found.broken else found._replace(broken=_dead_end(found))


def _dead_end(found: Found) -> Broken | None:
    """That no open configuration is a dead end: from each, our own decisions lead to an ending."""
    back: dict[int, list[int]] = {node.number: [] for node in found.nodes.values()}
    for index, leads in found.leads.items():
        for to in leads:
            back[to].append(index)
    reached = {node.number for node in found.nodes.values() if node.case.phase is Phase.CLOSED}
    waiting = list(reached)
    while waiting:
        fresh = [index for index in back[waiting.pop()] if index not in reached]
        reached.update(fresh)
        waiting += fresh
    for node in found.nodes.values():
        if node.number not in reached and node.case.phase in OPEN_PHASES:
            lifted = ((LIFT, "done"),) if node.case.detained else ()
            then = seen(node.case, phase="closed", custody="none", live_bookings=0)
            return Broken(DEAD_END, node, (*lifted, (CLOSE, "done")), then)
    return None


# ---------------------------------------------------------------- of a move


def of_a_move(node: Node, letter: Letter, went: list[Asked]) -> Broken | None:
    """What must hold of every step of a letter as it went."""
    for number, asked in enumerate(went):
        for law, expect, then in broken(node, asked):
            earlier = tuple((one.asking, said(one)) for one in went[:number])
            return Broken(law, node, (*earlier, (asked.asking, expect)), then)
    return None


def said(asked: Asked) -> str:
    """What a batch line expects of a step that went so."""
    if not asked.accepted:
        return "refused:" + ",".join(sorted(asked.decision.refused))
    return "incident:" + ",".join(sorted(asked.decision.incidents)) if asked.decision.incidents else "done"


Told = list[tuple[str, str, dict[str, Any]]]


def broken(node: Node, asked: Asked) -> Told:
    """Each law that a step breaks: in words, what should have come of it, and what should then be seen."""
    if not asked.accepted:
        if STEPS[asked.asking.do].kind is Kind.FACT:
            return [("what happened is recorded, in every phase", "done", {"phase": asked.before.phase.value})]
        return []
    laws = ON_STEPS.get(asked.asking.do)
    told = [] if laws is None else laws(node, asked)
    if asked.after.phase is not asked.before.phase:
        told = [*told, *_into_a_phase(node, asked)]
    return told


def _refused(asked: Asked, *found: tuple[bool, str, str]) -> Told:
    """The laws that hold for a decision: each with whether it is broken, in words, and the code to refuse on, if it is one."""
    return [(law, f"refused~{code}".rstrip("~"), seen(asked.before)) for is_broken, law, code in found if is_broken]


def _forced_track(node: Node, asked: Asked) -> Told:
    """For the proposal and for the approval of force."""
    case = asked.before
    proposed = asked.after.proposal
    offered = bool(case.offers) or (proposed is not None and proposed.exception is not None and fits(proposed.exception, case))
    return _refused(
        asked,
        (not offered, "no force without an offer, or an exception that fits (I5)", "N01"),
        (blocked(case, node, Block.REMOVAL), "no force while a hold blocks removal", ""),
    )


def _approved(node: Node, asked: Asked) -> Told:
    proposal = asked.before.proposal
    by_the_same = proposal is not None and proposal.by == asked.context.actor
    approval = _refused(
        asked,
        (proposal is None, "force is approved on a proposal", "N47"),
        (by_the_same, "who proposed force does not approve it", "N12"),
    )
    return [*_forced_track(node, asked), *approval]


def fits(exception: ForcedException, case: DepartureCase) -> bool:
    """Whether a case bears out an exception, told from the provisions and not from the guard."""
    decision = case.decision
    return {
        ForcedException.TERM_WITHHELD_62_2: bool(decision and decision.term_days == 0 and decision.reasoned),
        ForcedException.PUBLIC_ORDER_WITH_DECISION: decision is not None,
        ForcedException.BORDER_REFUSAL: case.regime is Regime.BORDER_REFUSAL
        or bool(decision and decision.kind is DecisionKind.BORDER_REFUSAL),
        ForcedException.DUBLIN_SHORTENED_62C_3: case.regime is Regime.DUBLIN
        or bool(decision and decision.kind is DecisionKind.TRANSFER),
    }[exception]


def _ordered(node: Node, asked: Asked) -> Told:
    case, day, said = asked.before, day_of(node.now), asked.fields
    basis = Basis(said["basis"]) if "basis" in said else None
    terms = limits(case, Article(said["article"]), basis, said.get("intention_procedure", False), in_force(day))
    return _refused(
        asked,
        (case.wish is not None, "nobody is detained while a wish to leave is open (I1)", "N18"),
        (blocked(case, node, Block.DETENTION), "nobody is detained while a hold blocks detention", "N52"),
        (case.detained is not None, "nobody is detained twice", "N64"),
        (any(used(case, term, day) >= term.maximum for term in terms), "nobody is detained past the maximum (I3)", "N15"),
    )


def _booked(node: Node, asked: Asked) -> Told:
    return _refused(
        asked,
        (asked.before.wish is not None, "nobody is booked while a wish to leave is open", "N18"),
        (blocked(asked.before, node, Block.REMOVAL), "nobody is booked while a hold blocks removal", ""),
    )


def _handed_over(node: Node, asked: Asked) -> Told:
    booking = asked.before.bookings[asked.fields["attempt"]]
    return _refused(
        asked,
        (blocked(asked.before, node, Block.REMOVAL), "nobody is handed over while a hold blocks removal", ""),
        (not booking.precheck, "nobody is handed over unchecked", "N57"),
        (not booking.notice, "nobody is handed over without a notice", "N10"),
    )


def _left_alone(node: Node, asked: Asked) -> Told:
    case = asked.after
    prepared = case.detained or case.live_bookings() or case.proposal or case.wish
    then = seen(case, custody="none", live_bookings=0)
    told: Told = [("the choice ends detention and everything prepared by force", "done", then)] if prepared else []
    exit_blocked = (blocked(asked.before, node, Block.EXIT), "nobody leaves while a hold blocks leaving", "N42")
    return [*told, *_refused(asked, exit_blocked)]


ON_STEPS: dict[str, Callable[[Node, Asked], Told]] = {
    "propose_forced_track": _forced_track,
    "approve_forced_track": _approved,
    "order_detention": _ordered,
    "book_removal": _booked,
    "hand_over": _handed_over,
    "choose_voluntary_departure": _left_alone,
}


def _into_a_phase(node: Node, asked: Asked) -> Told:
    to = asked.after.phase
    if to is Phase.FORCED_DEPARTURE and asked.asking.do != "approve_forced_track":
        return [("only an approval leads to forced departure", "refused", seen(asked.before))]
    return _closed(asked) if to is Phase.CLOSED else []


# ---------------------------------------------------------------- of an ending


def _closed(asked: Asked) -> Told:
    """Each ending has the evidence its outcome needs, or the incident that says it has not; and nothing is left running."""
    case, before = asked.after, asked.before
    then = seen(case, phase="closed", custody="none", live_bookings=0)
    events = {type(event): event for event in asked.decision.events}
    closed: Any = events[CaseClosed]
    told = EVIDENCE[closed.outcome](asked, events)
    if case.detained or case.live_bookings() or case.proposal:
        told.append(("an ending leaves nobody detained, nothing booked and nothing proposed", said(asked), then))
    if before.detained and STEPS[asked.asking.do].kind is Kind.DECISION:
        told.append(("nobody decides to close the case of somebody in detention", "refused~N24", seen(before)))
    return told


def _needs(asked: Asked, *proofs: tuple[object, str]) -> Told:
    """For a fact: what must be there, or else its incident."""
    lacking = [code for there, code in proofs if not there and code not in asked.decision.incidents]
    return [(f"an ending without its evidence is an incident, {code}", f"incident~{code}", seen(asked.after)) for code in lacking]


def _supervised(asked: Asked, events: dict[type, Any]) -> Told:
    return _needs(asked, (events[DepartureConfirmed].proof, "N23"))


def _forced(asked: Asked, events: dict[type, Any]) -> Told:
    removal, case = events[RemovalCompleted], asked.before
    booking = case.bookings.get(removal.attempt or "")
    carried_out = case.phase is Phase.FORCED_DEPARTURE and booking is not None and booking.live and booking.handed_over
    unknown = "N63" in asked.decision.incidents
    return _needs(asked, (removal.proof, "N23"), (carried_out or unknown, "N59"))


def _transferred(asked: Asked, events: dict[type, Any]) -> Told:
    transfer, accepted = events[DublinTransferCompleted], asked.before.dublin
    in_time = accepted is not None and day_of(transfer.departed_at) <= accepted.latest_transfer_on
    return _needs(asked, (transfer.proof, "N23"), (in_time, "N28"))


def _vanished(asked: Asked, events: dict[type, Any]) -> Told:
    left, case = events.get(DepartedUnsupervised), asked.before
    day = day_of(asked.context.at)
    minor = case.minor_on(day, in_force(day)["minor.under"])
    return _refused(
        asked,
        (left is None or not (left.checked_by and left.result), "nobody is called gone without a check", "N22"),
        (minor and not (left and left.missing_report), "a minor who is gone was reported missing", "N25"),
    )


def _resident(asked: Asked, events: dict[type, Any]) -> Told:
    granted = events.get(ResidenceGranted)
    return _needs(asked, (granted is not None and granted.permit, "N22"))


def _otherwise(asked: Asked, events: dict[type, Any]) -> Told:
    context = asked.context
    return _refused(
        asked,
        (not events[CaseClosed].evidence, "a case is closed on evidence", "N22"),
        (context.second in {None, context.actor} or not context.second_may_approve, "two people close a case", "N12"),
    )


EVIDENCE: dict[Outcome, Callable[[Asked, dict[type, Any]], Told]] = {
    Outcome.INDEPENDENT_SUPERVISED: _supervised,
    Outcome.FORCED: _forced,
    Outcome.DUBLIN_TRANSFER: _transferred,
    Outcome.UNSUPERVISED: _vanished,
    Outcome.RESIDENCE: _resident,
    Outcome.OTHER: _otherwise,
}
