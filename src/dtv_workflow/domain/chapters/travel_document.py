"""Travel documents (reisdocumenten): the laissez-passer, the embassy, the presentation, a Dublin acceptance, and what arrives.

Law: Vc 2000 A3/4. The embassy is told only that somebody must leave: never an asylum fact, and nothing at all while an asylum
application is pending.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.holds import standing
from dtv_workflow.domain.chapters.journey import journey
from dtv_workflow.domain.facets import Dated, DublinAcceptance, LaissezPasser, Presentation, TravelDocument
from dtv_workflow.domain.fields import Code, PastDate, PastMoment, day_of
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, decision, fact, recorded_as
from dtv_workflow.domain.vocabulary import (
    ANY_PHASE,
    OPEN_PHASES,
    PROMISES,
    Block,
    InterviewKind,
    LpPurpose,
    PresentationOutcome,
    TravelDocumentKind,
)

N09 = rule(
    "N09",
    "removal_without_document_or_promise",
    law="Vc 2000 A3/6.6, A3/4.5",
    en="Nobody is booked without a travel document valid on the day, or the promise of one.",
    nl="Niemand wordt geboekt zonder een reisdocument dat die dag geldig is, of de toezegging daarvan.",
    needs=("a document valid on the travel date, or a promise", "een document geldig op de reisdatum, of een toezegging"),
    lifts="record_travel_document",
)
N20 = rule(
    "N20",
    "embassy_contact_during_asylum_application",
    law="Vc 2000 A3/4.3",
    en="No contact with an embassy while an application is pending.",
    nl="Geen contact met een vertegenwoordiging zolang een aanvraag loopt.",
    needs=("the hold that blocks embassy contact lifted", "het beletsel voor contact opgeheven"),
    lifts="lift_hold",
)
N21 = rule(
    "N21",
    "asylum_information_in_lp_file",
    law="Vc 2000 A3/4.1; Regulation (EU) 2016/679 art. 49",
    en="A file for an embassy is screened for asylum information.",
    nl="Een dossier voor een vertegenwoordiging is gescreend op asielinformatie.",
    needs=("the file screened", "het dossier gescreend"),
    lifts="order_laissez_passer --asylum-screened",
)
N54 = rule(
    "N54",
    "no_identity_interview",
    law="Vc 2000 A3/4; DT&V working method",
    en="A laissez-passer is ordered after an interview on identity.",
    nl="Een laissez-passer wordt aangevraagd na een identiteitsgesprek.",
    needs=("an identity interview in this episode", "een identiteitsgesprek in deze episode"),
    lifts="record_interview --kind identity",
)


# ------------------------------------------------------------------ events


class LaissezPasserOrdered(Event, frozen=True, kw_only=True):
    TOPIC = "laissez_passer_ordered.v1"
    country: Code
    purpose: LpPurpose
    asylum_screened: bool
    copy_given: bool

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.laissez_passer = LaissezPasser(
            version=record.version, country=self.country, purpose=self.purpose, ordered_on=day_of(record.occurred_at)
        )
        case.presentation_planned = None


class PresentationPlanned(Event, frozen=True, kw_only=True):
    TOPIC = "presentation_planned.v1"
    planned_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.presentation_planned = Dated(version=record.version, on=self.planned_on)


class PresentabilityChecked(Event, frozen=True, kw_only=True):
    TOPIC = "presentability_checked.v1"
    presentable: bool
    checked_at: datetime

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.presentable = record.version


class PresentationOutcomeRecorded(Event, frozen=True, kw_only=True):
    TOPIC = "presentation_outcome_recorded.v1"
    outcome: PresentationOutcome

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.presentation = Presentation(version=record.version, outcome=self.outcome)


class TravelDocumentReceived(Event, frozen=True, kw_only=True):
    TOPIC = "travel_document_received.v1"
    document: TravelDocumentKind
    valid_from: date
    valid_until: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.document = TravelDocument(
            version=record.version, document=self.document, valid_from=self.valid_from, valid_until=self.valid_until
        )


class DublinAcceptanceRecorded(Event, frozen=True, kw_only=True):
    TOPIC = "dublin_acceptance_recorded.v1"
    member_state: Code
    accepted_on: date
    latest_transfer_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.dublin = DublinAcceptance(
            version=record.version,
            member_state=self.member_state,
            accepted_on=self.accepted_on,
            latest_transfer_on=self.latest_transfer_on,
        )


# ------------------------------------------------------------------ steps


class RecordDublinAcceptance(Step, frozen=True, kw_only=True):
    """Record that another member state accepts the transfer."""

    member_state: Annotated[Code, Meta(description="The member state.")]
    accepted_on: Annotated[PastDate, Meta(description="Date of acceptance.")]
    latest_transfer_on: Annotated[date, Meta(description="Latest transfer date (uiterste overdrachtsdatum).")]


class OrderLaissezPasser(Step, frozen=True, kw_only=True):
    """Order a laissez-passer (lp-aanvraag)."""

    country: Annotated[Code, Meta(description="From which country.")]
    purpose: Annotated[LpPurpose, Meta(description="For what purpose.")]
    asylum_screened: Annotated[bool, Meta(description="Whether the file was screened for asylum information.")]
    copy_given: Annotated[bool, Meta(description="Whether the person got a copy of what is sent.")]


class PlanPresentation(Step, frozen=True, kw_only=True):
    """Plan a presentation at an embassy (presentatie in persoon plannen)."""

    planned_on: Annotated[date, Meta(description="The day of the presentation.")]


class RecordPresentability(Step, frozen=True, kw_only=True):
    """Record the check whether somebody may be presented (presenteerbaarheidscheck)."""

    presentable: Annotated[bool, Meta(description="Whether they may be presented.")]
    checked_at: Annotated[PastMoment, Meta(description="When that was checked.")]


class RecordPresentation(Step, frozen=True, kw_only=True):
    """Record the outcome of a presentation (presentatie in persoon)."""

    outcome: Annotated[PresentationOutcome, Meta(description="What the embassy answered.")]


class RecordTravelDocument(Step, frozen=True, kw_only=True):
    """Record a travel document (reisdocument) as received."""

    document: Annotated[TravelDocumentKind, Meta(description="What kind.")]
    valid_from: Annotated[date, Meta(description="First day of validity.")]
    valid_until: Annotated[date, Meta(description="Last day of validity.")]


# ------------------------------------------------------------------ guards


@guard(N09)
def no_document_or_promise(case: DepartureCase, step: Step, context: Context) -> Finding:
    """A document valid on the day; else what carries to the destination alone (Vc 2000 A3/6.6, A3/4.5, A3/6.9).

    An embassy's promise is one to its own country, where a laissez-passer was ordered there. A Dublin transfer travels on the
    acceptance of the other member state: to that state, up to the latest transfer date.
    """
    going = journey(case, step)
    if going is None:
        return clear()
    departs, to = day_of(going.departs_at), going.destination
    document, promise, ordered, accepted = case.document, case.presentation, case.laissez_passer, case.dublin
    if document and document.valid_from <= departs <= document.valid_until:
        return clear(document.version)
    promised = promise is not None and promise.outcome in PROMISES
    if promise and promised and (ordered is None or ordered.country == to):
        return clear(promise.version, ordered.version if ordered else 0)
    if accepted and accepted.member_state == to:
        latest = accepted.latest_transfer_on
        if departs <= latest:
            return clear(accepted.version)
        return found(f"the acceptance ran out on {latest}", f"het akkoord is verlopen op {latest}", accepted.version)
    if promise and promised and ordered:
        of = ordered.country
        return found(f"the promise is of {of}, not of {to}", f"de toezegging is van {of}, niet van {to}", promise.version)
    if accepted:
        of = accepted.member_state
        return found(f"the acceptance is of {of}, not of {to}", f"het akkoord is van {of}, niet van {to}", accepted.version)
    if document:
        until = document.valid_until
        return found(f"the document is valid until {until}", f"het document is geldig tot {until}", document.version)
    return found("no document and no promise", "geen document en geen toezegging", promise.version if promise else 0)


@guard(N20)
def embassy_contact_blocked(case: DepartureCase, step: OrderLaissezPasser | PlanPresentation, context: Context) -> Finding:
    return standing(case.open_holds(context.at, Block.EMBASSY_CONTACT))


@guard(N21)
def not_screened(case: DepartureCase, step: OrderLaissezPasser, context: Context) -> Finding:
    return clear() if step.asylum_screened else found("not screened", "niet gescreend")


@guard(N54)
def no_identity_interview(case: DepartureCase, step: OrderLaissezPasser, context: Context) -> Finding:
    held = [interview.version for interview in case.interviews if interview.kind is InterviewKind.IDENTITY]
    return clear(*held) if held else found("no identity interview in this episode", "geen identiteitsgesprek in deze episode")


ORDERED = recorded_as(LaissezPasserOrdered)
SCREENS = (embassy_contact_blocked, not_screened, no_identity_interview)

# fmt: off
ROWS: list[Row] = [
    decision(OrderLaissezPasser, OPEN_PHASES, ORDERED, SCREENS),
    decision(PlanPresentation, OPEN_PHASES, recorded_as(PresentationPlanned), (embassy_contact_blocked,)),
    fact(RecordPresentability, ANY_PHASE, recorded_as(PresentabilityChecked)),
    fact(RecordPresentation, ANY_PHASE, recorded_as(PresentationOutcomeRecorded)),
    fact(RecordDublinAcceptance, ANY_PHASE, recorded_as(DublinAcceptanceRecorded)),
    fact(RecordTravelDocument, ANY_PHASE, recorded_as(TravelDocumentReceived)),
]
# fmt: on
