"""The courts (rechtbank, Raad van State): told of a detention, and what they decide.

Law: Vw 2000 art. 94-96, 106. An order to lift ends the detention in the same commit, interim relief places a hold. That nobody is
detained again on the same facts (N17) stands in `custody`.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.custody import DetentionLifted, lifting
from dtv_workflow.domain.chapters.holds import N03, HoldPlaced, RemovalAttemptCancelled, cancelling, placing, removed_under
from dtv_workflow.domain.fields import Cents, Custodial, PastMoment, Text
from dtv_workflow.domain.law.rules import Finding, clear, guard
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE, CancelCause, CourtOutcome, HoldKind, LiftCause


class CourtNotified(Event, frozen=True, kw_only=True):
    TOPIC = "court_notified.v1"
    notified_at: PastMoment

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.court_notified = record.version


class CourtDecisionReceived(Event, frozen=True, kw_only=True):
    """`lifted` remembers that a court ended a detention, for N17; an annulled decision no longer stands."""

    TOPIC = "court_decision_received.v1"
    instance: Custodial[str]
    outcome: CourtOutcome
    damages_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.court_lift = record.version if self.outcome is CourtOutcome.LIFTED else case.court_lift
        case.decision = None if self.outcome is CourtOutcome.ANNULLED else case.decision


class RecordCourtNotified(Step, frozen=True, kw_only=True):
    """Record that the court was told of the detention (kennisgeving, Vw 2000 art. 94)."""

    notified_at: Annotated[PastMoment, Meta(description="When.")]


class RecordCourtDecision(Step, frozen=True, kw_only=True):
    """Record a court's decision; an order to lift ends the detention, interim relief places a hold."""

    instance: Annotated[Text, Meta(description="Which court.")]
    outcome: Annotated[CourtOutcome, Meta(description="What it decided.")]
    damages_cents: Annotated[Cents, Meta(description="Damages, in euro cents.")] | None = None


@guard(N03)
def removed_after_relief(case: DepartureCase, step: RecordCourtDecision, context: Context) -> Finding:
    """Interim relief of before a removal, learned of afterwards: an incident, as of any other hold (I2)."""
    return removed_under(case, context.at, None) if step.outcome is CourtOutcome.INTERIM_RELIEF else clear()


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
    fact(RecordCourtNotified, ANY_PHASE, recorded_as(CourtNotified)),
    fact(RecordCourtDecision, ANY_PHASE, court_decided, (removed_after_relief,)),
]
# fmt: on
