"""For each timer a life in which it runs, and what stops it there. The case was opened on Monday 5 January 2026."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.domain.chapters.applications import ApplicationReceived, Art64Applied, Art64Granted, Art64Refused
from dtv_workflow.domain.chapters.closing import CaseClosed, CaseReopened, DepartureConfirmed
from dtv_workflow.domain.chapters.courts import (
    AppealFiled,
    CourtDecisionReceived,
    CourtHearingHeld,
    CourtNotified,
    ProgressReportSent,
)
from dtv_workflow.domain.chapters.custody import SupervisionMeasureImposed
from dtv_workflow.domain.chapters.dublin import TransferAnnounced
from dtv_workflow.domain.chapters.family import MinorStatusEstablished
from dtv_workflow.domain.chapters.forced_departure import ForcedTrackStarted
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced, RemovalAttemptCancelled
from dtv_workflow.domain.chapters.intake import CaseOpened, DeparturePlanAdopted, ReportingMissed
from dtv_workflow.domain.chapters.removal import PreDepartureCheckCompleted, RemovalBooked, RemovalNoticeServed
from dtv_workflow.domain.chapters.travel_document import (
    DublinAcceptanceRecorded,
    LaissezPasserOrdered,
    PresentabilityChecked,
    PresentationOutcomeRecorded,
    PresentationPlanned,
)
from dtv_workflow.domain.chapters.voluntary_departure import (
    OpportunityAssessed,
    OpportunityDeclined,
    SupportRequested,
    VoluntaryDepartureChosen,
    VoluntaryDepartureLapsed,
    WishToLeaveExpressed,
)
from dtv_workflow.domain.chapters.whereabouts import AddressChecked, DetentionTransferred, ReportMade, SupervisionMeasureLifted
from dtv_workflow.domain.deadlines import Deadline, deadlines
from dtv_workflow.domain.fields import AMSTERDAM, day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.procedures import AddressFound, AppealAgainst, ApplicationKind, PlacementKind, SupervisionEnd
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    Basis,
    CancelCause,
    CourtOutcome,
    EntryChannel,
    HandoverAuthority,
    HoldKind,
    InterviewKind,
    Lapse,
    LpPurpose,
    Measure,
    NoticeTo,
    Outcome,
    Phase,
    PresentationOutcome,
    Regime,
    ReopenCause,
    Strategy,
    SupportProvider,
    WishReporter,
)
from tests.domain.detained import DETAINED, lifted, ordered
from tests.domain.told import NOW, PASSPORT, PROPOSED, Happened, booked, checked, decision_of, interview, moment, told

# ---------------------------------------------------------------- asking


def terms(code: str, *happened: Happened, at: str = NOW, about: str | None = None, **known: Any) -> list[Deadline]:
    """The terms of one timer in a case to which this happened, at a time; those about one thing only, if asked."""
    when = moment(at)
    running = deadlines(told(*happened, **known), in_force(day_of(when)), when)
    return [d for d in running if d.code == code and (about is None or d.about == about)]


def term(code: str, *happened: Happened, **known: Any) -> Deadline:
    """The one term of a timer."""
    (found,) = terms(code, *happened, **known)
    return found


def at_phase(phase: Phase, code: str, *happened: Happened, at: str) -> Deadline:
    """The one term of a timer in a case that is in a phase, at a time."""
    case, when = told(*happened), moment(at)
    case.phase = phase
    (found,) = [d for d in deadlines(case, in_force(day_of(when)), when) if d.code == code]
    return found


def last_day(code: str, *happened: Happened, **known: Any) -> str:
    """The last day of a timer's one term, which runs to the end of a calendar day in Amsterdam."""
    return through(term(code, *happened, **known))


def through(deadline: Deadline) -> str:
    """The last day of a term that runs to the end of a day."""
    due = deadline.due.astimezone(AMSTERDAM)
    assert (due.hour, due.minute, due.second, due.microsecond) == (0, 0, 0, 0), f"{due} is no midnight"
    return (due.date() - timedelta(days=1)).isoformat()


def starts_on(deadline: Deadline) -> str:
    """The day at whose first moment a term starts."""
    assert deadline.starts is not None
    start = deadline.starts.astimezone(AMSTERDAM)
    assert (start.hour, start.minute) == (0, 0)
    return start.date().isoformat()


# ---------------------------------------------------------------- what happened


def opened(regime: Regime, age_band: AgeBand = AgeBand.UNKNOWN) -> CaseOpened:
    return CaseOpened(
        handover_authority=HandoverAuthority.IND, entry_channel=EntryChannel.BVV, regime=regime, age_band=age_band
    )


def hold(kind: HoldKind, until: str | None, id: str = "H") -> HoldPlaced:
    return HoldPlaced(hold=id, hold_kind=kind, until=moment(until) if until else None)


def lift(kind: HoldKind) -> HoldLifted:
    return HoldLifted(hold="H", hold_kind=kind, basis="x")


def filed(on: str, against: AppealAgainst = AppealAgainst.DETENTION) -> AppealFiled:
    return AppealFiled(against=against, filed_on=date.fromisoformat(on), suspensive=False)


def notified(at: str) -> tuple[str, CourtNotified]:
    return at, CourtNotified(notified_at=moment(at))


def heard(on: str) -> tuple[str, CourtHearingHeld]:
    return f"{on}T10:00", CourtHearingHeld(held_on=date.fromisoformat(on))


def ruled(at: str, outcome: CourtOutcome = CourtOutcome.UPHELD) -> tuple[str, CourtDecisionReceived]:
    return at, CourtDecisionReceived(instance="rechtbank", outcome=outcome)


def placed(place: PlacementKind, since: str) -> DetentionTransferred:
    return DetentionTransferred(place=place, since=date.fromisoformat(since))


def minor(*, alone: bool) -> MinorStatusEstablished:
    return MinorStatusEstablished(minor=True, unaccompanied=alone)


def plan(next_review: str | None = None) -> DeparturePlanAdopted:
    return DeparturePlanAdopted(strategy=Strategy.VOLUNTARY, next_review=date.fromisoformat(next_review) if next_review else None)


def measure(kind: Measure = Measure.REPORTING_DUTY, every: int | None = None) -> SupervisionMeasureImposed:
    return SupervisionMeasureImposed(measure=kind, interval_days=every)


def reported(on: str) -> ReportMade:
    return ReportMade(reported_on=date.fromisoformat(on))


def missed(at: str, count: int = 2) -> tuple[str, ReportingMissed]:
    return at, ReportingMissed(count=count)


def accepted(latest: str = "2026-08-17") -> DublinAcceptanceRecorded:
    return DublinAcceptanceRecorded(
        member_state="DE", accepted_on=date(2026, 2, 17), latest_transfer_on=date.fromisoformat(latest)
    )


def to_germany(departs_at: str, attempt: str = "R1") -> RemovalBooked:
    return RemovalBooked(attempt=attempt, carrier="KL", departs_at=moment(departs_at), destination="DE")


def answered(outcome: PresentationOutcome = PresentationOutcome.RECOGNISED) -> PresentationOutcomeRecorded:
    return PresentationOutcomeRecorded(outcome=outcome)


def left(at: str) -> tuple[str, DepartureConfirmed]:
    return at, DepartureConfirmed(departed_at=moment(at), destination="MA", issuer="IOM")


def closed(outcome: Outcome = Outcome.OTHER, on: str = "2026-02-10") -> tuple[str, CaseClosed]:
    return f"{on}T12:00", CaseClosed(outcome=outcome, ended_on=date.fromisoformat(on), age_band=AgeBand.UNKNOWN)


def reopened(at: str, cause: ReopenCause = ReopenCause.REAPPEARED) -> tuple[str, CaseReopened]:
    return at, CaseReopened(cause=cause, episode=2)


ADULT = MinorStatusEstablished(minor=False, unaccompanied=False)
WISH = WishToLeaveExpressed(reported_by=WishReporter.PERSON)
IOM = SupportRequested(provider=SupportProvider.IOM, programme="REAN")
LP = LaissezPasserOrdered(country="MA", purpose=LpPurpose.RETURN, asylum_screened=True, copy_given=True)
PLANNED = PresentationPlanned(planned_on=date(2026, 3, 20))
APPLIED = ApplicationReceived(kind=ApplicationKind.ASYLUM, applied_on=date(2026, 1, 7), awaited=True)
APPLIED_64 = Art64Applied(applied_on=date(2026, 1, 7))
REFUSED_64 = Art64Refused(decided_at=moment("2026-01-08T12:00"))
CHOSEN = VoluntaryDepartureChosen(statement="signed")
STARTED = ForcedTrackStarted()
CELL = placed(PlacementKind.POLICE_CELL, "2026-01-10")
BANNED = ("2026-01-06T10:00", msgspec.structs.replace(decision_of(), entry_ban_years=2))
FREED = (("2026-01-20T10:00", lifted()),)


def detained(article: Article = Article.A59, basis: Basis | None = None) -> tuple[str, Any]:
    return DETAINED[0], ordered(article, basis=basis)


# ---------------------------------------------------------------- a life for each timer


class Run(NamedTuple):
    """A life in which a timer runs (about something, where that is said), at a time, of somebody born on a day."""

    happened: tuple[Happened, ...]
    about: str | None = None
    at: str = NOW
    born: str | None = "1990-05-04"

    def running(self, code: str, *more: Happened) -> list[Deadline]:
        return terms(code[:3], *self.happened, *more, at=self.at, about=self.about, born=self.born)


def held(kind: HoldKind) -> Run:
    return Run((hold(kind, "2026-02-10T00:00"),), "H")


RUNS: dict[str, Run] = {
    "D01": Run((decision_of(),)),
    "D02": held(HoldKind.DEPARTURE_TERM_EXTENDED),
    "D03": Run((decision_of(),)),
    "D04": Run(()),
    "D05": Run((interview(),)),
    "D06": Run((plan(),)),
    "D07": Run((WISH,)),
    "D08": Run((checked(), STARTED)),
    "D08 booked": Run((checked(), STARTED, booked()), "R1"),
    "D09": Run((measure(),)),
    "D10": Run((DETAINED,)),
    "D11": Run((DETAINED, notified("2026-01-12T10:00")), "hearing"),
    "D11 ruling": Run((DETAINED, notified("2026-01-12T10:00"), heard("2026-01-20")), "ruling"),
    "D12": Run((DETAINED, filed("2026-01-12"))),
    "D13": Run((DETAINED,)),
    "D14": Run((detained(basis=Basis.A59_2),)),
    "D15": Run((detained(Article.A59B),)),
    "D16": Run((detained(Article.A59A),)),
    "D17": Run((DETAINED, CELL)),
    "D18": Run((minor(alone=False), DETAINED)),
    "D19": Run((minor(alone=True), DETAINED)),
    "D20": Run((measure(Measure.AREA_RESTRICTION),)),
    "D21": held(HoldKind.ART64_GRANTED),
    "D22": Run((APPLIED_64,), "same_day"),
    "D22 prolonged": Run((APPLIED_64,), "prolonged"),
    "D23": Run((APPLIED_64, REFUSED_64)),
    "D24": held(HoldKind.PREGNANCY_WINDOW),
    "D25": held(HoldKind.TRAFFICKING_REFLECTION),
    "D26": Run((LP,), "told"),
    "D26 held": Run((LP,), "held"),
    "D26 reply": Run((LP,), "reply"),
    "D27": Run((PLANNED,)),
    "D28": Run((PASSPORT,)),
    "D29": Run((booked(),), "R1"),
    "D30": Run((booked(),), "R1"),
    "D31": Run((accepted(),)),
    "D31 announced": Run((accepted(), to_germany("2026-03-06T12:00")), "R1"),
    "D32": Run((IOM,)),
    "D33": Run((missed("2026-01-22T10:00"),)),
    "D34": Run((minor(alone=True), APPLIED)),
    "D35": Run((minor(alone=True),), born="2008-03-17"),
    "D36": Run((opened(Regime.RETURN_BORDER_PROCEDURE), decision_of()), at="2026-06-15T10:00"),
    "D37": Run((BANNED, left("2026-02-10T11:00"))),
    "D38": Run((left("2026-02-10T11:00"), closed(Outcome.INDEPENDENT_SUPERVISED))),
    "D39": held(HoldKind.MORATORIUM),
}
"""By the timer's number, and a word more where it finds several things."""

_ENDED = ((checked("2026-02-10T00:00"),),)
_ATTEMPT = (
    (RemovalAttemptCancelled(attempt="R1", stage="booked", cause=CancelCause.AIRLINE),),
    (booked(departs_at="2026-03-02T09:59"),),
)
_ANSWERS = ((answered(),), (PASSPORT,))

STOPS: dict[str, tuple[tuple[Happened, ...], ...]] = {
    "D01": ((CHOSEN,), (PROPOSED,), (STARTED,), (("2026-02-04T00:00", interview()),)),
    "D02": (*_ENDED, (lift(HoldKind.DEPARTURE_TERM_EXTENDED),)),
    "D03": ((filed("2026-01-20", AppealAgainst.RETURN_DECISION),), (checked("2026-02-04T00:00"),)),
    "D04": ((interview(),), (interview(InterviewKind.FIRST),)),
    "D07": ((OpportunityAssessed(finding="x"),), (OpportunityDeclined(finding="x"),), (CHOSEN,)),
    "D08 booked": ((checked("2026-03-06T00:00"),),),
    "D09": ((SupervisionMeasureLifted(cause=SupervisionEnd.COMPLIED),), (DETAINED,)),
    "D10": (FREED, (notified("2026-01-20T10:00"),), (filed("2026-01-10"),), (closed(),)),
    "D11": (FREED, (heard("2026-01-20"),), (ruled("2026-01-20T10:00"),), (ruled("2026-01-20T10:00", CourtOutcome.LIFTED),)),
    "D11 ruling": (FREED, (ruled("2026-01-20T10:00"),)),
    "D12": (FREED, (ProgressReportSent(sent_on=date(2026, 1, 13)),), (ruled("2026-01-20T10:00"),)),
    "D13": (FREED, (closed(),)),
    "D14": (FREED,), "D15": (FREED,), "D16": (FREED,), "D18": (FREED,),
    "D17": (FREED, (placed(PlacementKind.DETENTION_CENTRE, "2026-01-12"),)),
    "D19": (FREED, (placed(PlacementKind.FAMILY_FACILITY, "2026-01-12"),)),
    "D20": ((SupervisionMeasureLifted(cause=SupervisionEnd.TERM_OVER),), (measure(),), (DETAINED,)),
    "D21": (*_ENDED, (lift(HoldKind.ART64_GRANTED),)),
    "D22": ((REFUSED_64,), (Art64Granted(until=moment("2026-06-01T00:00")),)),
    "D22 prolonged": ((REFUSED_64,), (Art64Granted(until=moment("2026-06-01T00:00")),)),
    "D23": ((filed("2026-01-08", AppealAgainst.ART64),), (checked("2026-01-09T12:00"),), (APPLIED_64,)),
    "D24": (*_ENDED, (lift(HoldKind.PREGNANCY_WINDOW),)),
    "D25": (*_ENDED, (lift(HoldKind.TRAFFICKING_REFLECTION),)),
    "D26": (*_ANSWERS, (PLANNED,), (answered(PresentationOutcome.NO_REPLY),)),
    "D26 held": (*_ANSWERS, (answered(PresentationOutcome.NO_REPLY),)),
    "D26 reply": _ANSWERS,
    "D27": (*_ANSWERS, (PresentabilityChecked(presentable=False, checked_at=moment("2026-01-09T10:00")),), (LP,)),
    "D29": (*_ATTEMPT, (PreDepartureCheckCompleted(attempt="R1", items={}),)),
    "D30": (*_ATTEMPT, (RemovalNoticeServed(attempt="R1", to=(NoticeTo.PERSON,), language="ar", hours_before=90),)),
    "D31": ((left("2026-02-10T11:00"), closed(Outcome.DUBLIN_TRANSFER)),),
    "D31 announced": (
        _ATTEMPT[0], (to_germany("2026-03-02T09:59"),), (TransferAnnounced(attempt="R1", announced_on=date(2026, 1, 20)),),
    ),
    "D32": ((closed(),), (VoluntaryDepartureLapsed(lapse=Lapse.WITHDREW),)),
    "D33": (
        (AddressChecked(checked_at=moment("2026-01-22T10:00"), found=AddressFound.GONE),),
        (reported("2026-01-22"),), (("2026-01-23T10:00", ordered()),),
        (("2026-01-23T10:00", ordered()), ("2026-01-25T10:00", lifted())),
    ),
    "D34": ((("2029-01-08T00:00", plan()),), (minor(alone=False),)),
    "D35": ((("2026-03-01T10:00", minor(alone=True)),), (("2026-03-01T10:00", plan()),), (ADULT,)),
    "D36": ((closed(),), (("2026-09-08T10:00", plan()),)),
    "D38": ((reopened("2026-02-11T10:00"),),),
    "D39": (*_ENDED, (lift(HoldKind.MORATORIUM),)),
}  # fmt: skip
"""What else happens in such a life, after which the term no longer runs."""
