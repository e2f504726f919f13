"""Independent departure (zelfstandig vertrek): the wish, the opportunity, the choice, support and the ticket.

Law: Vw 2000 art. 56(2), 59(3), 61: the way out is open at any time. A wish to leave is never refused and has teeth: it bars
detention and removal until somebody has assessed it. Vc 2000 A3/5 for departure with IOM.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import N12, other_approver
from dtv_workflow.domain.chapters.custody import DetentionLifted
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled, cancelling, hold_blocks_exit
from dtv_workflow.domain.facets import Dated, Wish
from dtv_workflow.domain.fields import Cents, Code, Moment, Personal, Public, Text, day_of
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import (
    ANY_PHASE,
    OPEN_PHASES,
    CancelCause,
    Lapse,
    LiftCause,
    Phase,
    SupportProvider,
    WishReporter,
)

N41 = rule(
    "N41",
    "no_open_wish",
    law="Vw 2000 art. 59(3)",
    en="There is no open wish to leave to assess.",
    nl="Er is geen openstaande wens om te vertrekken die beoordeeld kan worden.",
    needs=("an open wish", "een openstaande wens"),
    lifts="express_wish_to_leave",
)
N43 = rule(
    "N43",
    "lapse_without_hearing",
    law="Awb art. 4:8",
    en="A choice does not lapse before the person was heard.",
    nl="Een keuze vervalt niet voordat de betrokkene is gehoord.",
    needs=("the person heard", "de betrokkene gehoord"),
    lifts="lapse_voluntary_departure --heard",
)
N44 = rule(
    "N44",
    "lapse_without_fault",
    law="DT&V working method",
    en="What an airline or an embassy causes does not end somebody's own departure.",
    nl="Wat een luchtvaartmaatschappij of vertegenwoordiging veroorzaakt, beëindigt het eigen vertrek niet.",
    needs=("a new ticket or document; the case stays in this phase", "een nieuw ticket of document; de zaak blijft in deze fase"),
    lifts="issue_ticket",
)


# ------------------------------------------------------------------ events


class WishToLeaveExpressed(Event, frozen=True, kw_only=True):
    """An earlier wish that is still open keeps its date: the clock does not start anew."""

    TOPIC = "wish_to_leave_expressed.v1"
    reported_by: WishReporter

    def apply(self, case: DepartureCase, record: Record) -> None:
        since = min(case.wish.since, record.occurred_at) if case.wish else record.occurred_at
        case.wish = Wish(version=record.version, since=since)


class OpportunityAssessed(Event, frozen=True, kw_only=True):
    TOPIC = "opportunity_assessed.v1"
    finding: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.wish = case.wish and Wish(version=case.wish.version, since=case.wish.since, assessed=record.version)


class OpportunityDeclined(Event, frozen=True, kw_only=True):
    TOPIC = "opportunity_declined.v1"
    finding: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.wish = None


class SupportRequested(Event, frozen=True, kw_only=True):
    TOPIC = "support_requested.v1"
    provider: SupportProvider
    programme: Public
    cash_cents: int | None = None
    in_kind_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        if self.provider is SupportProvider.IOM:
            case.iom_asked = Dated(version=record.version, on=day_of(record.occurred_at))


class SupportGranted(Event, frozen=True, kw_only=True):
    TOPIC = "support_granted.v1"
    provider: SupportProvider
    programme: Public
    cash_cents: int | None = None
    in_kind_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.support = [*case.support, record.version]


class VoluntaryDepartureChosen(Event, frozen=True, kw_only=True):
    """The choice answers every open wish and ends what was prepared by force."""

    TOPIC = "voluntary_departure_chosen.v1"
    statement: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.phase = Phase.VOLUNTARY_DEPARTURE
        case.phase_since = record.occurred_at
        case.chosen = record.version
        case.wish = None
        case.proposal = None
        case.approved = 0


class ForcedTrackSuspended(Event, frozen=True, kw_only=True):
    TOPIC = "forced_track_suspended.v1"


class TicketIssued(Event, frozen=True, kw_only=True):
    TOPIC = "ticket_issued.v1"
    carrier: Public
    departs_at: Moment
    destination: Code
    price_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.ticket_departs_at = self.departs_at


class VoluntaryDepartureLapsed(Event, frozen=True, kw_only=True):
    TOPIC = "voluntary_departure_lapsed.v1"
    lapse: Lapse

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.iom_asked = None
        case.phase = Phase.MOTIVATION
        case.phase_since = record.occurred_at
        case.ticket_departs_at = None


# ------------------------------------------------------------------ steps


class ExpressWishToLeave(Step, frozen=True, kw_only=True):
    """Record that the person wishes to leave (wil vertrekken). Never refused."""

    reported_by: Annotated[WishReporter, Meta(description="Who reported the wish.")]


class AssessOpportunity(Step, frozen=True, kw_only=True):
    """Assess the opportunity to leave (gelegenheid tot vertrek); a no needs a second person."""

    available: Annotated[bool, Meta(description="Whether there is an opportunity to leave.")]
    finding: Annotated[Text, Meta(description="The reasoned finding.")]


class RequestSupport(Step, frozen=True, kw_only=True):
    """Ask a provider for return support (ondersteuning bij terugkeer)."""

    provider: Annotated[SupportProvider, Meta(description="Who supports.")]
    programme: Annotated[Public, Meta(description="The programme.")]
    cash_cents: Annotated[Cents, Meta(description="Cash, in euro cents.")] | None = None
    in_kind_cents: Annotated[Cents, Meta(description="In kind, in euro cents.")] | None = None


class GrantSupport(Step, frozen=True, kw_only=True):
    """Record that support was granted."""

    provider: Annotated[SupportProvider, Meta(description="Who supports.")]
    programme: Annotated[Public, Meta(description="The programme.")]
    cash_cents: Annotated[Cents, Meta(description="Cash, in euro cents.")] | None = None
    in_kind_cents: Annotated[Cents, Meta(description="In kind, in euro cents.")] | None = None


class ChooseVoluntaryDeparture(Step, frozen=True, kw_only=True):
    """Record the choice to leave independently; ends detention and suspends the forced track."""

    statement: Annotated[Text, Meta(description="How the person stated it: signed, or confirmed by an interpreter.")]


class IssueTicket(Step, frozen=True, kw_only=True):
    """Issue the ticket for an independent departure."""

    carrier: Annotated[Public, Meta(description="The carrier.")]
    departs_at: Annotated[Moment, Meta(description="When it departs.")]
    destination: Annotated[Code, Meta(description="Country of destination.")]
    price_cents: Annotated[Cents, Meta(description="Price, in euro cents.")] | None = None


class LapseVoluntaryDeparture(Step, frozen=True, kw_only=True):
    """Let the choice lapse; the case goes back to motivation."""

    lapse: Annotated[Lapse, Meta(description="Why.")]
    heard: Annotated[bool, Meta(description="Whether the person was heard.")] = False


# ------------------------------------------------------------------ guards


@guard(N41)
def no_open_wish(case: DepartureCase, step: AssessOpportunity, context: Context) -> Finding:
    return clear(case.wish.version) if case.wish else found("no open wish", "geen openstaande wens")


@guard(N12)
def declined_alone(case: DepartureCase, step: AssessOpportunity, context: Context) -> Finding:
    if step.available or other_approver(context):
        return clear()
    return found("an opportunity declined by one person", "een gelegenheid afgewezen door één persoon")


@guard(N43)
def not_heard(case: DepartureCase, step: LapseVoluntaryDeparture, context: Context) -> Finding:
    return clear() if step.heard else found("the person was not heard", "de betrokkene is niet gehoord")


@guard(N44)
def nobodys_fault(case: DepartureCase, step: LapseVoluntaryDeparture, context: Context) -> Finding:
    if step.lapse in {Lapse.AIRLINE, Lapse.EMBASSY}:
        return found(f"caused by the {step.lapse.value}", f"veroorzaakt door: {step.lapse.nl}")
    return clear()


# ------------------------------------------------------------------ what each step is recorded as


@gives(OpportunityAssessed, OpportunityDeclined)
def assessed(case: DepartureCase, step: AssessOpportunity, context: Context) -> list[Event]:
    return [copied(OpportunityAssessed if step.available else OpportunityDeclined, step)]


@gives(VoluntaryDepartureChosen, ForcedTrackSuspended, DetentionLifted, RemovalAttemptCancelled)
def chosen(case: DepartureCase, step: ChooseVoluntaryDeparture, context: Context) -> list[Event]:
    """A booked removal of somebody who now leaves independently is cancelled with the choice."""
    recorded: list[Event] = [copied(VoluntaryDepartureChosen, step)]
    if case.phase is Phase.FORCED_DEPARTURE:
        recorded.append(ForcedTrackSuspended())
    if case.detained:
        recorded.append(DetentionLifted(cause=LiftCause.WISH_AND_OPPORTUNITY, article=case.detained.article))
    return [*recorded, *cancelling(case, CancelCause.OTHER)]


CHOSEN_IN = (Phase.INTAKE, Phase.MOTIVATION, Phase.FORCED_DEPARTURE)
VOLUNTARY = (Phase.VOLUNTARY_DEPARTURE,)
LAPSED = recorded_as(VoluntaryDepartureLapsed)

# fmt: off
ROWS: list[Row] = [
    fact(ExpressWishToLeave, ANY_PHASE, recorded_as(WishToLeaveExpressed)),
    decision(AssessOpportunity, OPEN_PHASES, assessed, (no_open_wish, declined_alone)),
    decision(RequestSupport, OPEN_PHASES, recorded_as(SupportRequested)),
    fact(GrantSupport, ANY_PHASE, recorded_as(SupportGranted)),
    decision(ChooseVoluntaryDeparture, CHOSEN_IN, chosen, (hold_blocks_exit,), to=Phase.VOLUNTARY_DEPARTURE),
    decision(IssueTicket, VOLUNTARY, recorded_as(TicketIssued)),
    decision(LapseVoluntaryDeparture, VOLUNTARY, LAPSED, (not_heard, nobodys_fault), to=Phase.MOTIVATION),
]
# fmt: on
