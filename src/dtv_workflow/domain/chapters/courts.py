"""The courts (rechtbank, Raad van State): appealed to, told of a detention, heard by, and what they decide.

Law: Vw 2000 art. 69, 73, 82, 94-96, 106; Vc 2000 A5/7 (M120). An appeal that suspends places a hold and an order to lift ends the
detention, each in the same commit; interim relief places a hold. That nobody is detained again on the same facts (N17) stands in
`custody`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.custody import DetentionLifted, lifting
from dtv_workflow.domain.chapters.holds import N03, HoldPlaced, RemovalAttemptCancelled, cancelling, placing, removed_under
from dtv_workflow.domain.facets import Dated, latest
from dtv_workflow.domain.fields import Cents, Custodial, PastDate, PastMoment, Text, day_of
from dtv_workflow.domain.law.rules import Finding, clear, guard
from dtv_workflow.domain.procedures import AppealAgainst
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE, CancelCause, CourtOutcome, HoldKind, LiftCause


class CourtNotified(Event, frozen=True, kw_only=True):
    TOPIC = "court_notified.v1"
    notified_at: PastMoment

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.court_notified = record.version
        told = Dated(version=record.version, on=day_of(self.notified_at))
        case.court_told = latest(case.court_told, told)
        pending, began = case.court_received, case.detained and case.detained.since
        ruled = case.court_ruled is not None and pending is not None and case.court_ruled.version > pending.version
        if pending is None or ruled or (began and pending.on < began):
            case.court_received, case.court_heard = told, None


class AppealFiled(Event, frozen=True, kw_only=True):
    """`suspensive`: the outcome may be awaited here (Vw 2000 art. 73, 82)."""

    TOPIC = "appeal_filed.v1"
    against: AppealAgainst
    filed_on: date
    suspensive: bool

    def apply(self, case: DepartureCase, record: Record) -> None:
        appeal = Dated(version=record.version, on=self.filed_on)
        case.appeals = case.appeals | {self.against.value: latest(case.appeals.get(self.against.value), appeal)}
        if self.against is AppealAgainst.DETENTION:
            case.court_received = latest(case.court_received, appeal)
            heard = case.court_heard
            case.court_heard = heard if heard and heard.on >= case.court_received.on else None


class CourtHearingHeld(Event, frozen=True, kw_only=True):
    """The hearing on a detention, or, without one, the closing of the inquiry."""

    TOPIC = "court_hearing_held.v1"
    held_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.court_heard = latest(case.court_heard, Dated(version=record.version, on=self.held_on))


class ProgressReportSent(Event, frozen=True, kw_only=True):
    TOPIC = "progress_report_sent.v1"
    sent_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.progress_sent = record.version


class CourtDecisionReceived(Event, frozen=True, kw_only=True):
    """`lifted` remembers that a court ended a detention, for N17; an annulled decision no longer stands. Interim relief is no
    ruling on a detention."""

    TOPIC = "court_decision_received.v1"
    instance: Custodial[str]
    outcome: CourtOutcome
    damages_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        ruled = Dated(version=record.version, on=day_of(record.occurred_at))
        case.court_ruled = case.court_ruled if self.outcome is CourtOutcome.INTERIM_RELIEF else latest(case.court_ruled, ruled)
        case.court_lift = record.version if self.outcome is CourtOutcome.LIFTED else case.court_lift
        case.decision = None if self.outcome is CourtOutcome.ANNULLED else case.decision


class RecordCourtNotified(Step, frozen=True, kw_only=True):
    """Record that the court was told of the detention (kennisgeving, Vw 2000 art. 94)."""

    notified_at: Annotated[PastMoment, Meta(description="When.")]


class RecordAppeal(Step, frozen=True, kw_only=True):
    """Record an appeal (beroep); one that suspends places a hold."""

    against: Annotated[AppealAgainst, Meta(description="Against what.")]
    filed_on: Annotated[PastDate, Meta(description="The day it was filed.")]
    suspensive: Annotated[bool, Meta(description="Whether its outcome may be awaited here (schorsende werking).")]


class RecordCourtHearing(Step, frozen=True, kw_only=True):
    """Record a court's hearing on a detention, or the closing of its inquiry without one (Vw 2000 art. 94(4), 96(1))."""

    held_on: Annotated[PastDate, Meta(description="The day of the hearing or the closing.")]


class RecordProgressReport(Step, frozen=True, kw_only=True):
    """Record that the report on progress was sent for the appeal against a detention (voortgangsrapportage, M120)."""

    sent_on: Annotated[PastDate, Meta(description="The day it was sent.")]


class RecordCourtDecision(Step, frozen=True, kw_only=True):
    """Record a court's decision; an order to lift ends the detention, interim relief places a hold."""

    instance: Annotated[Text, Meta(description="Which court.")]
    outcome: Annotated[CourtOutcome, Meta(description="What it decided.")]
    damages_cents: Annotated[Cents, Meta(description="Damages, in euro cents.")] | None = None


@guard(N03)
def removed_after_relief(case: DepartureCase, step: RecordCourtDecision, context: Context) -> Finding:
    """Interim relief of before a removal, learned of afterwards: an incident, as of any other hold (I2)."""
    return removed_under(case, context.at, None) if step.outcome is CourtOutcome.INTERIM_RELIEF else clear()


@guard(N03)
def removed_during_appeal(case: DepartureCase, step: RecordAppeal, context: Context) -> Finding:
    """An appeal that suspended a removal which took place all the same: an incident, as of any other hold (I2)."""
    return removed_under(case, context.at, None) if step.suspensive else clear()


@gives(AppealFiled, HoldPlaced, RemovalAttemptCancelled)
def appealed(case: DepartureCase, step: RecordAppeal, context: Context) -> list[Event]:
    held = placing(case, HoldKind.APPEAL_SUSPENSIVE, context) if step.suspensive else []
    return [copied(AppealFiled, step), *held]


@gives(CourtDecisionReceived, DetentionLifted, HoldPlaced, RemovalAttemptCancelled)
def court_decided(case: DepartureCase, step: RecordCourtDecision, context: Context) -> list[Event]:
    """Without the decision that a court annulled there is nothing to carry out: what was booked on it is cancelled."""
    received = copied(CourtDecisionReceived, step)
    if step.outcome is CourtOutcome.ANNULLED:
        return [received, *lifting(case, LiftCause.COURT), *cancelling(case, CancelCause.NEW_PROCEDURE)]
    if step.outcome is CourtOutcome.LIFTED:
        return [received, *lifting(case, LiftCause.COURT)]
    if step.outcome is CourtOutcome.INTERIM_RELIEF:
        return [received, *placing(case, HoldKind.INTERIM_RELIEF_GRANTED, context)]
    return [received]


# fmt: off
ROWS: list[Row] = [
    fact(RecordAppeal, ANY_PHASE, appealed, (removed_during_appeal,)),
    fact(RecordCourtNotified, ANY_PHASE, recorded_as(CourtNotified)),
    fact(RecordCourtHearing, ANY_PHASE, recorded_as(CourtHearingHeld)),
    fact(RecordProgressReport, ANY_PHASE, recorded_as(ProgressReportSent)),
    fact(RecordCourtDecision, ANY_PHASE, court_decided, (removed_after_relief,)),
]
# fmt: on
