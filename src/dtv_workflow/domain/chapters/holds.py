"""Holds (beletselen): why somebody may not be removed, detained, presented or let go now. Objects with a source, never a flag.

A hold that lands cancels every booking it blocks in the same commit. Dolmatov (2013) died of a checkbox: a message that cannot be
understood is a hold until somebody answers for it. Law: Vw 2000 art. 8, 64, 73, 82; ECHR Rule 39; Vc 2000 A3/6, B8/3.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import N12, other_approver
from dtv_workflow.domain.facets import Booking, Hold
from dtv_workflow.domain.fields import Code, DayOrMoment, Moment, Personal, Public, Text, last_day, last_moment, term_ends
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, decision, fact, gives
from dtv_workflow.domain.vocabulary import (
    ANY_PHASE,
    OPEN_PHASES,
    SENSITIVE_HOLDS,
    TERM_HOLDS,
    Block,
    CancelCause,
    HoldKind,
)

if TYPE_CHECKING:
    from dtv_workflow.domain.chapters.intake import RecordReturnDecision

N02 = rule(
    "N02",
    "forced_inside_departure_term",
    law="Vw 2000 art. 62(1), (2); Directive 2008/115/EC art. 8(2)",
    en="No force within the departure term, nor where it was withheld without individual reasons.",
    nl="Geen dwang binnen de vertrektermijn, noch als die zonder individuele motivering is onthouden.",
    needs=("a term that has run out, or was withheld with reasons", "een verstreken of gemotiveerd onthouden vertrektermijn"),
    lifts="record_return_decision, lift_hold, or wait for the term to end",
)
N03 = rule(
    "N03",
    "removal_with_active_hold",
    law="Vw 2000 art. 8, 63, 64, 73, 82; ECHR Rule 39",
    en="Nobody is removed while a hold is open.",
    nl="Niemand wordt uitgezet zolang een beletsel openstaat.",
    needs=("every hold lifted or ended", "elk beletsel opgeheven of geëindigd"),
    lifts="lift_hold",
)
N31 = rule(
    "N31",
    "lift_sensitive_hold_alone",
    law="DT&V four eyes; Inspectie JenV on Dolmatov (2013)",
    en="A sensitive hold is lifted by two people.",
    nl="Een gevoelig beletsel wordt door twee mensen opgeheven.",
    needs=("a second person who may approve", "een tweede persoon die mag goedkeuren"),
    lifts="lift_hold --second ACTOR",
    by="team_leader",
)
N42 = rule(
    "N42",
    "exit_blocked",
    law="Vc 2000 A3/6.3, A3/7.5",
    en="Leaving is not possible now: open tuberculosis, a prosecution or an extradition.",
    nl="Vertrekken kan nu niet: open tuberculose, een strafzaak of uitlevering.",
    needs=("the hold that blocks leaving lifted", "het beletsel voor vertrek opgeheven"),
    lifts="lift_hold",
)
N49 = rule(
    "N49",
    "unknown_hold",
    law="workflow",
    en="This case has no open hold with that id.",
    nl="Deze zaak heeft geen openstaand beletsel met dat kenmerk.",
    needs=("the id of an open hold", "het kenmerk van een openstaand beletsel"),
    lifts="dtv case show CASE",
)


# ------------------------------------------------------------------ events


class HoldPlaced(Event, frozen=True, kw_only=True):
    TOPIC = "hold_placed.v1"
    hold: Code
    hold_kind: HoldKind
    until: Moment | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.end_hold(self.hold, record.occurred_at)
        case.holds[self.hold] = Hold(
            version=record.version, kind=self.hold_kind, until=self.until, since=record.occurred_at
        )


class HoldLifted(Event, frozen=True, kw_only=True):
    """A hold that is lifted late, for an earlier moment, held until that was recorded: nobody could know that it was gone."""

    TOPIC = "hold_lifted.v1"
    hold: Code
    hold_kind: HoldKind
    basis: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.end_hold(self.hold, record.recorded_at if record.back_dated else record.occurred_at)


class RemovalAttemptCancelled(Event, frozen=True, kw_only=True):
    """An attempt ended before departure: said by a partner (`cancel_removal`), or by what no longer allows it (`hold`)."""

    TOPIC = "removal_attempt_cancelled.v1"
    attempt: Code
    stage: Public
    cause: CancelCause
    cost_cents: int | None = None
    hold: Code | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.bookings = {
            id: msgspec.structs.replace(booking, cancelled=record.version) if id == self.attempt else booking
            for id, booking in case.bookings.items()
        }


# ------------------------------------------------------------------ steps


class PlaceHold(Step, frozen=True, kw_only=True):
    """Place a hold (beletsel). Never refused; cancels every booking that it blocks."""

    hold: Annotated[Code, Meta(description="An id for the hold.")]
    hold_kind: Annotated[HoldKind, Meta(description="What stands in the way.")]
    until: Annotated[DayOrMoment, Meta(description="When it ends by itself, if it does.")] | None = None


class LiftHold(Step, frozen=True, kw_only=True):
    """Lift a hold on an explicit basis; a sensitive kind needs a second person."""

    hold: Annotated[Code, Meta(description="The hold's id.")]
    basis: Annotated[Text, Meta(description="On what basis.")]


# ------------------------------------------------------------------ placing


LONGEST = 64
"""Characters that a `Code` may have."""

_CAUSES = {
    HoldKind.MEDICAL_ALERT_UNRESOLVED: CancelCause.MEDICAL,
    HoldKind.ART64_PENDING: CancelCause.MEDICAL,
    HoldKind.ART64_GRANTED: CancelCause.MEDICAL,
    HoldKind.TUBERCULOSIS: CancelCause.MEDICAL,
    HoldKind.PREGNANCY_WINDOW: CancelCause.MEDICAL,
    HoldKind.APPEAL_SUSPENSIVE: CancelCause.NEW_PROCEDURE,
    HoldKind.APPLICATION_PENDING: CancelCause.NEW_PROCEDURE,
    HoldKind.INTERIM_RELIEF_AWAITABLE: CancelCause.NEW_PROCEDURE,
    HoldKind.INTERIM_RELIEF_GRANTED: CancelCause.NEW_PROCEDURE,
    HoldKind.ECHR_RULE39: CancelCause.NEW_PROCEDURE,
}


def stage_of(booking: Booking) -> str:
    """How far an attempt had come."""
    if booking.handed_over:
        return "handed_over"
    return "notified" if booking.notice else "checked" if booking.precheck else "booked"


def cancelling(case: DepartureCase, cause: CancelCause, hold: str | None = None) -> list[Event]:
    """Cancel every live booking: what was booked for this person is no longer to happen."""
    return [
        RemovalAttemptCancelled(attempt=id, stage=stage_of(booking), cause=cause, hold=hold)
        for id, booking in case.live_bookings().items()
    ]


def placing(
    case: DepartureCase, kind: HoldKind, context: Context, *, hold: str | None = None, until: datetime | None = None
) -> list[Event]:
    """Place a hold and cancel what it blocks. Without an id of its own the hold is called by its kind.

    An id that is taken by another open hold gets a number: a flag is never overwritten by placing another one. An id too long to
    take the number loses its end: placing a hold never fails.
    """
    id, wanted = hold or kind.value, hold or kind.value
    taken, number = case.open_holds(context.at), 2
    while id in taken and (taken[id].kind is not kind or (hold is not None and taken[id].until != until)):
        id, number = f"{wanted[: LONGEST - len(str(number)) - 1]}.{number}", number + 1
    placed = HoldPlaced(hold=id, hold_kind=kind, until=until)
    effective = Hold(version=0, kind=kind, until=until).open_at(max(context.at, context.recorded_at))
    return [placed, *(cancelling(case, _CAUSES.get(kind, CancelCause.OTHER), id) if effective else ())]


def each_once(events: list[Event]) -> list[Event]:
    """What several holds placed together come to: a booking that they all block is cancelled once, for the first of them."""
    cancelled = [event.attempt if isinstance(event, RemovalAttemptCancelled) else None for event in events]
    return [event for n, event in enumerate(events) if cancelled[n] is None or cancelled[n] not in cancelled[:n]]


# ------------------------------------------------------------------ guards


def standing(holds: dict[str, Hold]) -> Finding:
    """What a guard answers on the holds that stand in the way: each by its id and kind."""
    if not holds:
        return clear()
    named = ", ".join(f"{id} ({hold.kind.value})" for id, hold in holds.items())
    dutch = ", ".join(f"{id} ({hold.kind.nl})" for id, hold in holds.items())
    return found(f"open: {named}", f"open: {dutch}", *(hold.version for hold in holds.values()))


@guard(N03)
def hold_blocks_removal(case: DepartureCase, step: Step, context: Context) -> Finding:
    """Every kind blocks removal; the two kinds of a running term are answered as N02 only."""
    blocking = {id: h for id, h in case.open_holds(context.at, Block.REMOVAL).items() if h.kind not in TERM_HOLDS}
    return standing(blocking)


@guard(N03)
def removed_while_it_held(case: DepartureCase, step: PlaceHold, context: Context) -> Finding:
    """A hold that was there before a removal and is learned of afterwards: recorded as an incident, never as another history."""
    return removed_under(case, context.at, last_moment(step.until) if step.until else None)


@guard(N02)
def removed_within_the_term(case: DepartureCase, step: RecordReturnDecision, context: Context) -> Finding:
    """A term that ran at a removal, learned of afterwards: an incident, as of any other hold (I2)."""
    if not step.term_days or case.superseded(step.decided_on):
        return clear()
    return removed_under(case, context.at, term_ends(step.served_on, step.term_days))


def removed_under(case: DepartureCase, since: datetime, until: datetime | None) -> Finding:
    """Whether the person was removed while something held that is told of only now."""
    left, removed = case.departure, case.departure.removed_at if case.departure else None
    if left is None or removed is None or since > removed or (until is not None and until <= removed):
        return clear(left.version if left else 0)
    return found("the person was removed while it held", "de betrokkene is uitgezet terwijl het gold", left.version)


@guard(N02)
def departure_term_runs(case: DepartureCase, step: Step, context: Context) -> Finding:
    """The term of the last decision, and every open hold of a running or extended term (Vw 2000 art. 62(1), (3)).

    Neither stands for the other: a hold that was lifted leaves the term, a term that has run out leaves its extension. Without a
    decision, also when a court annulled it, no term has run and there is nothing that force could carry out.
    """
    decision, ends = case.decision, case.term_ends()
    if decision is None or ends is None:
        return found("no return decision, so no term has run", "geen besluit, dus geen verstreken termijn")
    if decision.term_days == 0 and not decision.reasoned:
        return found("the term was withheld without reasons", "de termijn is zonder motivering onthouden", decision.version)
    if decision.term_days and context.at < ends:
        last = last_day(ends).isoformat()
        return found(f"the term runs until {last}", f"de termijn loopt tot en met {last}", decision.version)
    held = standing({id: hold for id, hold in case.open_holds(context.at).items() if hold.kind in TERM_HOLDS})
    return held if held.is_ else clear(decision.version)


@guard(N42)
def hold_blocks_exit(case: DepartureCase, step: Step, context: Context) -> Finding:
    return standing(case.open_holds(context.at, Block.EXIT))


@guard(N49)
def hold_unknown(case: DepartureCase, step: LiftHold, context: Context) -> Finding:
    if step.hold in case.open_holds(context.at):
        return clear(case.holds[step.hold].version)
    return found(f"no open hold {step.hold}", f"geen openstaand beletsel {step.hold}")


def sensitive(hold: Hold | None) -> Hold | None:
    """The hold, if it is of a sensitive kind: what ends it takes two people."""
    return hold if hold and hold.kind in SENSITIVE_HOLDS else None


def touched_alone(hold: Hold | None, context: Context) -> Finding:
    """What a guard answers where nobody else is named for a sensitive hold (N31)."""
    if hold is None or context.second is not None:
        return clear(hold.version if hold else 0)
    return found(f"{hold.kind.value}, and no second person", f"{hold.kind.nl}, en geen tweede persoon", hold.version)


def unfit_second(hold: Hold | None, context: Context) -> Finding:
    """What a guard answers where the person named for a sensitive hold may not be the second (N12)."""
    if hold is None or context.second is None or other_approver(context):
        return clear()
    return found("the second person is the same, or may not approve", "de tweede persoon is dezelfde of mag niet goedkeuren")


@guard(N31)
def sensitive_hold_alone(case: DepartureCase, step: LiftHold, context: Context) -> Finding:
    return touched_alone(sensitive(case.holds.get(step.hold)), context)


@guard(N12)
def second_may_not_approve(case: DepartureCase, step: LiftHold, context: Context) -> Finding:
    return unfit_second(sensitive(case.holds.get(step.hold)), context)


# ------------------------------------------------------------------ what each step is recorded as


@gives(HoldPlaced, RemovalAttemptCancelled)
def placed(case: DepartureCase, step: PlaceHold, context: Context) -> list[Event]:
    until = last_moment(step.until) if step.until else None
    return placing(case, step.hold_kind, context, hold=step.hold, until=until)


@gives(HoldLifted)
def lifted(case: DepartureCase, step: LiftHold, context: Context) -> list[Event]:
    return [HoldLifted(hold=step.hold, hold_kind=case.holds[step.hold].kind, basis=step.basis)]


# fmt: off
ROWS: list[Row] = [
    fact(PlaceHold, ANY_PHASE, placed, (removed_while_it_held,)),
    decision(LiftHold, OPEN_PHASES, lifted, (hold_unknown, sensitive_hold_alone, second_may_not_approve)),
]
# fmt: on
