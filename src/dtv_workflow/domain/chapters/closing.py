"""Closing and reopening (afsluiten en heropenen): how a case ends, on what proof, and when it begins anew.

Law: Vc 2000 A3/4.7, A3/6.10, A3/6.11; Vw 2000 art. 8, 62a, 63a. What a partner reports as happened is always recorded; if it
should not have happened, the incident is recorded with it. Nobody saw the person of an `unsupervised` ending leave.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import no_second_person
from dtv_workflow.domain.chapters.custody import detained
from dtv_workflow.domain.chapters.family import band_now, is_minor, minority_version
from dtv_workflow.domain.chapters.holds import N02, N03, RemovalAttemptCancelled, cancelling, standing
from dtv_workflow.domain.chapters.intake import another_case_is_open
from dtv_workflow.domain.chapters.removal import N10, N63, first_day_of_handover, live
from dtv_workflow.domain.facets import Departure
from dtv_workflow.domain.fields import Code, Moment, PastDate, PastMoment, Personal, Public, Text, day_of, last_day
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, fact, gives
from dtv_workflow.domain.vocabulary import (
    ANY_PHASE,
    OPEN_PHASES,
    TERM_HOLDS,
    AgeBand,
    CancelCause,
    DepartureProof,
    OtherCause,
    Outcome,
    Phase,
    ReopenCause,
    Role,
    StretchEnd,
)

N22 = rule(
    "N22",
    "close_without_reason",
    law="Vc 2000 A3/6.11",
    en="A case is not closed without a check or evidence on file.",
    nl="Een zaak wordt niet afgesloten zonder controle of bewijsstuk.",
    needs=("the check (by, at, result), or the evidence", "de controle (door wie, wanneer, uitkomst), of het bewijsstuk"),
    lifts="the same step with --check or --evidence",
)
N23 = rule(
    "N23",
    "close_departed_without_proof",
    law="Vc 2000 A3/4.7, A3/6.10",
    en="A departure is demonstrable only on proof of the authority that saw it.",
    nl="Een vertrek is alleen aantoonbaar met bewijs van de instantie die het vaststelde.",
    needs=("the proof of departure", "het bewijs van vertrek"),
    lifts="correct",
)
N25 = rule(
    "N25",
    "close_mob_of_minor_without_missing_report",
    law="COA/DT&V Leidraad, bericht van vertrek; Vc 2000 A3/6.11",
    en="The case of a minor who vanished is not closed before the child was reported missing.",
    nl="De zaak van een verdwenen minderjarige wordt niet afgesloten zonder vermissingsmelding.",
    needs=("the reference of the missing-person report", "het kenmerk van de vermissingsmelding"),
    lifts="close_unsupervised --missing-report",
)
N26 = rule(
    "N26",
    "reopen_without_new_decision_after_real_departure",
    law="Vw 2000 art. 62a; Vc 2000 A3/2",
    en="Somebody who really left needs a new return decision before the case begins anew.",
    nl="Wie werkelijk vertrok, heeft een nieuw terugkeerbesluit nodig voordat de zaak opnieuw begint.",
    needs=("a decision newer than the departure", "een besluit van na het vertrek"),
    lifts="record_return_decision",
    by="intake_officer team_leader",
)
N28 = rule(
    "N28",
    "dublin_transfer_after_latest_date",
    law="Regulation (EU) 604/2013 art. 29; Vw 2000 art. 63a",
    en="A Dublin transfer takes place on or before the latest transfer date.",
    nl="Een Dublinoverdracht vindt plaats uiterlijk op de uiterste overdrachtsdatum.",
    needs=("an acceptance with a latest date not yet passed", "een akkoord met een nog niet verstreken uiterste datum"),
    lifts="record_dublin_acceptance",
)
N59 = rule(
    "N59",
    "removal_without_handover",
    law="Vw 2000 art. 63; Vc 2000 A3/6.7",
    en="A removal follows an approved forced track and a handover.",
    nl="Een uitzetting volgt op een goedgekeurd gedwongen spoor en een overdracht.",
    needs=("the forced track and a handover of the attempt", "het gedwongen spoor en een overdracht van de poging"),
    lifts="correct",
)
N65 = rule(
    "N65",
    "already_closed",
    law="workflow",
    en="The case was already closed; phase, outcome and episode stay.",
    nl="De zaak was al afgesloten; fase, uitkomst en episode blijven.",
    needs=("a look at both messages", "een blik op beide berichten"),
    lifts="correct, or reopen_case",
    by="supervisor intake_officer team_leader",
)


class Check(Step, frozen=True, kw_only=True):
    """A check of the address or place (adrescontrole)."""

    by: Text
    at: PastMoment
    result: Text


# ------------------------------------------------------------------ events


def departed(case: DepartureCase, record: Record, departed_at: datetime, removed_at: datetime | None = None) -> None:
    """The departure a message tells of, with what was told of it before in this episode. It fulfils a wish to leave that was open
    on that day: one of a later day is that of somebody who came back."""
    left = case.departure if case.departure and case.departure.version > case.reopened else None
    fulfilled = case.wish if case.wish and day_of(case.wish.since) <= day_of(departed_at) else None
    case.wish = None if fulfilled else case.wish
    case.departure = Departure(
        version=record.version,
        departed_at=max(departed_at, left.departed_at) if left else departed_at,
        removed_at=removed_at or (left.removed_at if left else None),
        wish=fulfilled or (left.wish if left else None),
    )


def completed(case: DepartureCase, attempt: str | None, record: Record) -> None:
    """The attempt somebody left on; the booking keeps the version that said so."""
    case.bookings = {
        id: msgspec.structs.replace(b, completed=record.version) if id == attempt else b for id, b in case.bookings.items()
    }


class DepartureConfirmed(Event, frozen=True, kw_only=True):
    TOPIC = "departure_confirmed.v1"
    departed_at: Moment
    destination: Code
    issuer: Public
    proof: DepartureProof | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        departed(case, record, self.departed_at)


class RemovalCompleted(Event, frozen=True, kw_only=True):
    TOPIC = "removal_completed.v1"
    departed_at: Moment
    destination: Code
    proof: Code | None = None
    attempt: Code | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        departed(case, record, self.departed_at, removed_at=self.departed_at)
        completed(case, self.attempt, record)


class DublinTransferCompleted(Event, frozen=True, kw_only=True):
    TOPIC = "dublin_transfer_completed.v1"
    departed_at: Moment
    member_state: Code
    proof: Code | None = None
    attempt: Code | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        departed(case, record, self.departed_at)
        completed(case, self.attempt, record)


class DepartedUnsupervised(Event, frozen=True, kw_only=True):
    TOPIC = "departed_unsupervised.v1"
    checked_at: Moment
    checked_by: Personal[str]
    result: Personal[str]
    missing_report: Personal[str] | None = None


class ResidenceGranted(Event, frozen=True, kw_only=True):
    """Lawful residence ends the return decision it replaced: a later episode needs a new one (Vw 2000 art. 8, 62a(1))."""

    TOPIC = "residence_granted.v1"
    permit: Public
    granted_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.resident_on = max(case.resident_on or self.granted_on, self.granted_on)
        case.answer_asylum(self.granted_on)
        case.decision = case.decision if case.decision and case.decision.decided_on > self.granted_on else None


class CaseClosed(Event, frozen=True, kw_only=True):
    """The ending as the statistics count it.

    Outcome, last day, and the age band on that day. Ends a running detention with it.
    """

    TOPIC = "case_closed.v1"
    outcome: Outcome
    ended_on: date
    age_band: AgeBand
    cause: OtherCause | None = None
    evidence: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.end_detention(self.ended_on, StretchEnd.CASE_CLOSED)
        case.phase = Phase.CLOSED
        case.phase_since = record.occurred_at
        case.outcome = self.outcome
        case.age_band = self.age_band
        case.closed_version = record.version
        case.supervision = None
        case.proposal = None


NEVER_LEFT = frozenset({ReopenCause.PROOF_INVALID, ReopenCause.WRONG_CLOSURE})
"""Causes of reopening that say that the departure on record, or the closing, was wrong: the person never left."""


class CaseReopened(Event, frozen=True, kw_only=True):
    """A new episode: what must be done again is undone, what is known of the person and what was counted stays.

    What an embassy said, what was found of reception and how a family was weighed is of its time. A wish to leave stays open:
    only an answer or a departure ends it (Vw 2000 art. 59(3)). A departure that never was is none any more, nor did it fulfil
    a wish.
    """

    TOPIC = "case_reopened.v1"
    cause: ReopenCause
    episode: int

    def apply(self, case: DepartureCase, record: Record) -> None:
        if self.cause in NEVER_LEFT and case.departure and case.departure.version > case.reopened:
            case.wish, case.departure = case.wish or case.departure.wish, None
        case.episode = self.episode
        case.reopened = record.version
        case.phase = Phase.INTAKE
        case.phase_since = case.episode_began = record.occurred_at
        case.outcome = None
        case.removability = None
        case.screening = None
        case.plan = None
        case.interviews = []
        case.offers = []
        case.proposal = None
        case.approved = 0
        case.chosen = 0
        case.ticket_departs_at = None
        case.guardian_informed = 0
        case.reception = None
        case.family = case.family and msgspec.structs.replace(case.family, assessed=False)
        case.laissez_passer = None
        case.presentation = None
        case.presentation_planned = None
        case.missed = None
        case.iom_asked = None


# ------------------------------------------------------------------ steps


class ConfirmSupervisedDeparture(Step, frozen=True, kw_only=True):
    """Record an independent departure that an authority saw (aantoonbaar zelfstandig vertrek)."""

    departed_at: Annotated[PastMoment, Meta(description="When the person left.")]
    destination: Annotated[Code, Meta(description="Country of destination.")]
    issuer: Annotated[Public, Meta(description="Who issued the proof.")]
    proof: Annotated[DepartureProof, Meta(description="The proof.")] | None = None


class ConfirmRemoval(Step, frozen=True, kw_only=True):
    """Record that the person was removed (uitgezet)."""

    departed_at: Annotated[PastMoment, Meta(description="When the person left.")]
    destination: Annotated[Code, Meta(description="Country of destination.")]
    proof: Annotated[Code, Meta(description="The proof.")] | None = None
    attempt: Annotated[Code, Meta(description="The attempt it ended.")] | None = None


class ConfirmDublinTransfer(Step, frozen=True, kw_only=True):
    """Record a completed Dublin transfer (overdracht)."""

    departed_at: Annotated[PastMoment, Meta(description="When the person left.")]
    member_state: Annotated[Code, Meta(description="To which member state.")]
    proof: Annotated[Code, Meta(description="The proof.")] | None = None


class CloseUnsupervised(Step, frozen=True, kw_only=True):
    """Close the case of somebody who left for an unknown destination (zonder toezicht, MOB)."""

    check: Annotated[Check, Meta(description="The check: by, at, result.")] | None = None
    missing_report: Annotated[Text, Meta(description="Reference of the missing-person report of a minor.")] | None = None


class RecordResidence(Step, frozen=True, kw_only=True):
    """Record that residence was granted (rechtmatig verblijf)."""

    permit: Annotated[Public, Meta(description="What was granted.")]
    granted_on: Annotated[PastDate, Meta(description="On which day.")]


class CloseOther(Step, frozen=True, kw_only=True):
    """Close the case for another cause; needs evidence and a second person."""

    cause: Annotated[OtherCause, Meta(description="Why.")]
    evidence: Annotated[Text, Meta(description="On what evidence.")] | None = None


class ReopenCase(Step, frozen=True, kw_only=True):
    """Reopen a closed case: a new episode begins in intake."""

    cause: Annotated[ReopenCause, Meta(description="Why.")]


# ------------------------------------------------------------------ guards


@guard(N65)
def already_closed(case: DepartureCase, step: Step, context: Context) -> Finding:
    if case.phase is not Phase.CLOSED:
        return clear()
    return found("the case is closed", "de zaak is afgesloten", case.closed_version)


@guard(N23)
def no_proof(case: DepartureCase, step: Step, context: Context) -> Finding:
    given = getattr(step, "proof", None)
    return clear() if given else found("no proof of departure", "geen bewijs van vertrek")


@guard(N03)
def hold_open_at_departure(case: DepartureCase, step: ConfirmRemoval | ConfirmDublinTransfer, context: Context) -> Finding:
    """What held when the person left, also what was lifted since (Vw 2000 art. 63; ECHR Rule 39).

    A hold placed after that is none of this departure's. The two kinds of a running term are answered as N02 only.
    """
    return standing({id: hold for id, hold in case.holds_at(step.departed_at).items() if hold.kind not in TERM_HOLDS})


@guard(N02)
def term_open_at_departure(case: DepartureCase, step: ConfirmRemoval, context: Context) -> Finding:
    """The term of the decision, when it ran at departure, and what held as one then (Vw 2000 art. 62(1), (3)).

    A decision served after the departure is none that it carried out; that there is no decision at all is told by no partner.
    """
    decision, ends, left = case.decision, case.term_ends(), step.departed_at
    if decision and ends and decision.term_days and decision.served_on <= day_of(left) and left < ends:
        last = last_day(ends).isoformat()
        return found(f"the term ran until {last}", f"de termijn liep tot en met {last}", decision.version)
    held = standing({id: hold for id, hold in case.holds_at(left).items() if hold.kind in TERM_HOLDS})
    return held if held.is_ else clear(decision.version if decision else 0)


@guard(N10)
def left_too_soon_after_notice(case: DepartureCase, step: ConfirmRemoval, context: Context) -> Finding:
    """The person left earlier than the notice leaves time for. Without a notice there was no handover, which is N59."""
    booking = live(case, attempt_of(case, step))
    if booking is None or booking.notified_at is None:
        return clear()
    hours, after = context.law["notice.before_departure"], step.departed_at - booking.notified_at
    if after >= timedelta(hours=hours):
        return clear(booking.notice)
    told = after // timedelta(hours=1)
    en, nl = f"left {told} h after the notice, at least {hours} h", f"vertrokken {told} u na de aanzegging, ten minste {hours} u"
    return found(en, nl, booking.notice)


@guard(N63)
def removed_on_no_live_attempt(case: DepartureCase, step: ConfirmRemoval, context: Context) -> Finding:
    if step.attempt is None or case.phase is Phase.CLOSED or live(case, step.attempt):
        return clear()
    return found(f"{step.attempt} is not a live attempt", f"{step.attempt} is geen lopende poging")


@guard(N59)
def removed_without_handover(case: DepartureCase, step: ConfirmRemoval, context: Context) -> Finding:
    """On a closed case N65 says it already; an attempt that is not live is N63.

    A handover is one for a departure on its own day or the next: who left before it, or long after, was not handed over for it.
    """
    if case.phase is Phase.CLOSED:
        return clear(case.closed_version)
    if case.phase is not Phase.FORCED_DEPARTURE:
        return found(f"the case is in {case.phase.value}", f"de zaak is in {case.phase.nl}", case.approved)
    if step.attempt is not None and not live(case, step.attempt):
        return clear()
    booking = live(case, attempt_of(case, step))
    if booking and booking.handed_over_at:
        handed_over, left = day_of(booking.handed_over_at), day_of(step.departed_at)
        if first_day_of_handover(left, context) <= handed_over <= left:
            return clear(booking.version, booking.handed_over)
        en, nl = f"handed over on {handed_over}, left on {left}", f"overgedragen op {handed_over}, vertrokken op {left}"
        return found(en, nl, booking.handed_over)
    return found("no handover of this attempt", "geen overdracht van deze poging", booking.version if booking else 0)


@guard(N28)
def transferred_too_late(case: DepartureCase, step: ConfirmDublinTransfer, context: Context) -> Finding:
    if case.dublin is None:
        return found("no acceptance on record", "geen akkoord geregistreerd")
    latest = case.dublin.latest_transfer_on
    if day_of(step.departed_at) <= latest:
        return clear(case.dublin.version)
    return found(f"later than {latest.isoformat()}", f"later dan {latest.isoformat()}", case.dublin.version)


@guard(N22)
def no_check(case: DepartureCase, step: CloseUnsupervised, context: Context) -> Finding:
    """A check of this episode (Vc 2000 A3/6.11): where somebody was not before it began tells nothing of now."""
    if step.check is None:
        return found("no check on record", "geen controle geregistreerd")
    checked, began = day_of(step.check.at), day_of(case.episode_began or step.check.at)
    if checked >= began:
        return clear(case.reopened)
    on, since = checked.isoformat(), began.isoformat()
    return found(f"a check of {on}, before {since}", f"een controle van {on}, voor {since}", case.reopened)


@guard(N22)
def no_evidence(case: DepartureCase, step: CloseOther, context: Context) -> Finding:
    return clear() if step.evidence else found("no evidence on record", "geen bewijsstuk geregistreerd")


@guard(N25)
def minor_not_reported_missing(case: DepartureCase, step: CloseUnsupervised, context: Context) -> Finding:
    if step.missing_report or not is_minor(case, context):
        return clear(minority_version(case))
    return found("a minor, not reported missing", "een minderjarige, niet als vermist gemeld", minority_version(case))


@guard(N26)
def departed_without_new_decision(case: DepartureCase, step: ReopenCase, context: Context) -> Finding:
    """Where the closing or its proof was wrong the person never left.

    The earlier decision still stands (Vw 2000 art. 62a(1)a).
    """
    if case.departure is None or step.cause in NEVER_LEFT:
        return clear()
    left = day_of(case.departure.departed_at)
    decision = case.decision
    if decision and decision.decided_on > left:
        return clear(case.departure.version, decision.version)
    version = decision.version if decision else 0
    since = left.isoformat()
    relied = (case.departure.version, version)
    return found(f"left on {since}, no decision since", f"vertrokken op {since}, geen besluit sindsdien", *relied)


# ------------------------------------------------------------------ what each step is recorded as


def attempt_of(case: DepartureCase, step: ConfirmRemoval | ConfirmDublinTransfer) -> str | None:
    """The attempt that ended in departure: the one named, or the only one that was handed over."""
    handed_over = [id for id, booking in case.live_bookings().items() if booking.handed_over]
    named = step.attempt if isinstance(step, ConfirmRemoval) else None
    return named or (handed_over[0] if len(handed_over) == 1 else None)


def others(end: list[Event], attempt: str | None) -> list[Event]:
    """An ending without the cancelling of the attempt that was carried out."""
    return [e for e in end if not (isinstance(e, RemovalAttemptCancelled) and e.attempt == attempt)]


def ending(
    case: DepartureCase, context: Context, outcome: Outcome, ended: datetime, bookings: CancelCause, other: CloseOther | None
    = None ) -> list[Event]:
    """Close the case, unless it is closed: every booking still live is cancelled with it, for the cause `bookings`."""
    if case.phase is Phase.CLOSED:
        return []
    closed = CaseClosed(
        outcome=outcome,
        ended_on=day_of(ended),
        age_band=band_now(case, context),
        cause=other.cause if other else None,
        evidence=other.evidence if other else None,
    )
    return [*cancelling(case, bookings), closed]


@gives(DepartureConfirmed, RemovalAttemptCancelled, CaseClosed)
def departure_confirmed(case: DepartureCase, step: ConfirmSupervisedDeparture, context: Context) -> list[Event]:
    end = ending(case, context, Outcome.INDEPENDENT_SUPERVISED, step.departed_at, CancelCause.LEFT_EARLIER)
    return [copied(DepartureConfirmed, step), *end]


@gives(RemovalCompleted, RemovalAttemptCancelled, CaseClosed)
def removed(case: DepartureCase, step: ConfirmRemoval, context: Context) -> list[Event]:
    attempt = attempt_of(case, step)
    end = ending(case, context, Outcome.FORCED, step.departed_at, CancelCause.LEFT_EARLIER)
    return [copied(RemovalCompleted, step, attempt=attempt), *others(end, attempt)]


@gives(DublinTransferCompleted, RemovalAttemptCancelled, CaseClosed)
def transferred(case: DepartureCase, step: ConfirmDublinTransfer, context: Context) -> list[Event]:
    attempt = attempt_of(case, step)
    end = ending(case, context, Outcome.DUBLIN_TRANSFER, step.departed_at, CancelCause.LEFT_EARLIER)
    return [copied(DublinTransferCompleted, step, attempt=attempt), *others(end, attempt)]


@gives(DepartedUnsupervised, RemovalAttemptCancelled, CaseClosed)
def left_unsupervised(case: DepartureCase, step: CloseUnsupervised, context: Context) -> list[Event]:
    if step.check is None:
        return []
    left = DepartedUnsupervised(
        checked_at=step.check.at, checked_by=step.check.by, result=step.check.result, missing_report=step.missing_report
    )
    return [left, *ending(case, context, Outcome.UNSUPERVISED, context.at, CancelCause.NO_SHOW)]


@gives(ResidenceGranted, RemovalAttemptCancelled, CaseClosed)
def residence_granted(case: DepartureCase, step: RecordResidence, context: Context) -> list[Event]:
    end = ending(case, context, Outcome.RESIDENCE, context.at, CancelCause.NEW_PROCEDURE)
    return [copied(ResidenceGranted, step), *end]


@gives(RemovalAttemptCancelled, CaseClosed)
def closed_otherwise(case: DepartureCase, step: CloseOther, context: Context) -> list[Event]:
    return ending(case, context, Outcome.OTHER, context.at, CancelCause.OTHER, step)


@gives(CaseReopened)
def reopened(case: DepartureCase, step: ReopenCase, context: Context) -> list[Event]:
    return [copied(CaseReopened, step, episode=case.episode + 1)]


LEADER = (Role.TEAM_LEADER,)
REOPENERS = (Role.INTAKE_OFFICER, Role.TEAM_LEADER)
CLOSED = Phase.CLOSED
HELD = (hold_open_at_departure, term_open_at_departure)
TRANSFERRED = (already_closed, hold_open_at_departure, transferred_too_late, no_proof)
REMOVED = (already_closed, *HELD, left_too_soon_after_notice, removed_on_no_live_attempt, removed_without_handover, no_proof)
VANISHED = (no_check, detained, minor_not_reported_missing)
REOPEN = (departed_without_new_decision, another_case_is_open)

# fmt: off
ROWS: list[Row] = [
    fact(ConfirmSupervisedDeparture, ANY_PHASE, departure_confirmed, (already_closed, no_proof), to=CLOSED),
    fact(ConfirmRemoval, ANY_PHASE, removed, REMOVED, to=CLOSED),
    fact(ConfirmDublinTransfer, ANY_PHASE, transferred, TRANSFERRED, to=CLOSED),
    decision(CloseUnsupervised, OPEN_PHASES, left_unsupervised, VANISHED, to=CLOSED),
    fact(RecordResidence, ANY_PHASE, residence_granted, (already_closed,), to=CLOSED),
    decision(CloseOther, OPEN_PHASES, closed_otherwise, (no_evidence, detained, no_second_person), to=CLOSED, roles=LEADER),
    decision(ReopenCase, (CLOSED,), reopened, REOPEN, to=Phase.INTAKE, roles=REOPENERS),
]
# fmt: on
