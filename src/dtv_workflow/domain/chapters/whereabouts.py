"""Whereabouts (verblijfplaats): who reports and who does not, what a check of the address found, and where the detained are kept.

Law: Vw 2000 art. 54, 56; Vb 2000 art. 4.51; Vc 2000 A5/2.4, A5/5, A5/6.10. A measure of supervision that is no longer needed is
ended by a person, like every other.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.facets import Dated, Placement, Timed, latest
from dtv_workflow.domain.fields import PastDate, PastMoment
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.procedures import AddressFound, PlacementKind, SupervisionEnd
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, decision, fact, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE, OPEN_PHASES, Role

N71 = rule(
    "N71",
    "no_supervision",
    law="Vw 2000 art. 54, 56",
    en="Nothing is lifted where no measure of supervision runs.",
    nl="Er valt niets op te heffen waar geen toezichtmaatregel loopt.",
    needs=("a running measure of supervision", "een lopende toezichtmaatregel"),
    lifts="impose_supervision",
)


class ReportMade(Event, frozen=True, kw_only=True):
    TOPIC = "report_made.v1"
    reported_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.reported = latest(case.reported, Dated(version=record.version, on=self.reported_on))


class AddressChecked(Event, frozen=True, kw_only=True):
    TOPIC = "address_checked.v1"
    checked_at: datetime
    found: AddressFound

    def apply(self, case: DepartureCase, record: Record) -> None:
        known = case.address_checked
        if known is None or known.at <= self.checked_at:
            case.address_checked = Timed(version=record.version, at=self.checked_at)


class SupervisionMeasureLifted(Event, frozen=True, kw_only=True):
    TOPIC = "supervision_measure_lifted.v1"
    cause: SupervisionEnd

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.supervision = None


class DetentionTransferred(Event, frozen=True, kw_only=True):
    TOPIC = "detention_transferred.v1"
    place: PlacementKind
    since: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        if case.placed is None or case.placed.since <= self.since:
            case.placed = Placement(version=record.version, place=self.place, since=self.since)


class RecordReportMade(Step, frozen=True, kw_only=True):
    """Record that the person reported (meldplicht, Vb 2000 art. 4.51)."""

    reported_on: Annotated[PastDate, Meta(description="The day.")]


class RecordAddressCheck(Step, frozen=True, kw_only=True):
    """Record a check of the address (adrescontrole) by AVIM, COA or KMar."""

    checked_at: Annotated[PastMoment, Meta(description="When.")]
    found: Annotated[AddressFound, Meta(description="What was found.")]


class LiftSupervision(Step, frozen=True, kw_only=True):
    """End a measure of supervision (opheffen toezichtmaatregel)."""

    cause: Annotated[SupervisionEnd, Meta(description="Why.")]


class RecordDetentionTransfer(Step, frozen=True, kw_only=True):
    """Record where somebody who is detained is kept (plaatsing, overplaatsing)."""

    place: Annotated[PlacementKind, Meta(description="What kind of place.")]
    since: Annotated[PastDate, Meta(description="From which day on.")]


@guard(N71)
def nothing_to_lift(case: DepartureCase, step: LiftSupervision, context: Context) -> Finding:
    measure = case.supervision
    return clear(measure.version) if measure else found("no measure runs", "er loopt geen maatregel")


OFFICER = (Role.DESIGNATED_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER)

# fmt: off
ROWS: list[Row] = [
    fact(RecordReportMade, ANY_PHASE, recorded_as(ReportMade)),
    fact(RecordAddressCheck, ANY_PHASE, recorded_as(AddressChecked)),
    decision(LiftSupervision, OPEN_PHASES, recorded_as(SupervisionMeasureLifted), (nothing_to_lift,), roles=OFFICER),
    fact(RecordDetentionTransfer, ANY_PHASE, recorded_as(DetentionTransferred)),
]
# fmt: on
