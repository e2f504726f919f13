"""Given, when, then: `told` makes a case of what happened, `asked` asks a step of it and gives the codes.

Times are wall-clock times in Europe/Amsterdam unless they carry an offset. People are made up.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.forced_departure import ForcedTrackApproved, ForcedTrackProposed, ForcedTrackStarted
from dtv_workflow.domain.chapters.guidance import InterviewHeld, VoluntaryDepartureOffered
from dtv_workflow.domain.chapters.intake import (
    CaseOpened,
    DeparturePlanAdopted,
    IntakeCompleted,
    RemovabilityChecked,
    ReturnDecisionRecorded,
    SubjectRegistered,
    SupervisorAssigned,
    VulnerabilityScreened,
)
from dtv_workflow.domain.chapters.removal import PreDepartureCheckCompleted, RemovalBooked, RemovalNoticeServed
from dtv_workflow.domain.chapters.travel_document import TravelDocumentReceived
from dtv_workflow.domain.decide import answer
from dtv_workflow.domain.fields import AMSTERDAM, day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import Event, Record, fold
from dtv_workflow.domain.steps import Context, Step, step_name
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    DecisionKind,
    EntryChannel,
    HandoverAuthority,
    InterviewKind,
    Kind,
    NoticeTo,
    Regime,
    RemovabilityAnswer,
    Role,
    Sex,
    Strategy,
    TravelDocumentKind,
)
from dtv_workflow.domain.workflow import STEPS

Happened = Event | tuple[str, Event]
"""An event at the time of the one before it, or an event with its own time."""

OPENED = "2026-01-05T10:00"
NOW = "2026-03-02T10:00"

ASKED: list[str] = []
"""The names of the steps asked so far: the completeness test looks here which tests ask a step."""


def moment(text: str) -> datetime:
    """A time, in UTC."""
    said = datetime.fromisoformat(text)
    return (said if said.tzinfo else said.replace(tzinfo=AMSTERDAM)).astimezone(UTC)


def records(happened: Iterable[Happened], *, born: str | None = "1990-05-04", opened: str = OPENED) -> list[Record]:
    """The records of an opened case to which this happened."""
    at, kept = moment(opened), []
    for version, said in enumerate((*opening(born), *happened), 1):
        if isinstance(said, tuple):
            at, event = moment(said[0]), said[1]
        else:
            event = said
        record = Record(
            originator_id="case/T",
            originator_version=version,
            occurred_at=at,
            recorded_at=at,
            actor="RV-07",
            role=Role.SUPERVISOR,
            step="told",
            request_id=f"r{version}",
            event=event,
            subject="s-T",
        )
        kept.append(record)
    return kept


def told(*happened: Happened, born: str | None = "1990-05-04", opened: str = OPENED) -> Any:
    """A DepartureCase, opened on `opened`, to which this happened. `Any`: a test knows which facet it has told of."""
    return fold(records(happened, born=born, opened=opened))


def context(step: Step, at: str = NOW, **known: Any) -> Context:
    """Who asks, when, under which law: the row's first role, at `NOW`, under the ruleset of that day, unless said otherwise."""
    row = STEPS[step_name(type(step))]
    when = moment(at)
    recorded_at = moment(known.pop("recorded_at")) if "recorded_at" in known else when
    usual: dict[str, Any] = {
        "actor": "OFF-03",
        "role": row.roles[0] if row.kind is Kind.DECISION else Role.SUPERVISOR,
        "law": in_force(day_of(when)),
        "second_may_approve": known.get("second") is not None,
    }
    return Context(**(usual | {"at": when, "recorded_at": recorded_at} | known))


def decided(case: DepartureCase, step: Step, at: str = NOW, **known: Any) -> Any:
    """The whole Decision on a step. `Any`: a test knows which events it expects."""
    ASKED.append(step_name(type(step)))
    return answer(case, step, context(step, at, **known))


def asked(case: DepartureCase, step: Step, at: str = NOW, **known: Any) -> list[str]:
    """The codes that stood in the way of a decision, or the incidents of a fact; empty when nothing did."""
    decision = decided(case, step, at, **known)
    return [*decision.refused, *decision.incidents]


def names(case: DepartureCase, step: Step, at: str = NOW, **known: Any) -> list[str]:
    """The names of the events a step is recorded as."""
    return [type(event).__name__ for event in decided(case, step, at, **known).events]


def without(happened: tuple[Happened, ...], *kinds: type[Event]) -> tuple[Happened, ...]:
    """The same history without the events of some kinds; the others keep their times."""
    return tuple(h for h in happened if not isinstance(h[1] if isinstance(h, tuple) else h, kinds))


# ---------------------------------------------------------------- what happened


def opening(born: str | None) -> tuple[Event, Event]:
    opened = CaseOpened(
        handover_authority=HandoverAuthority.IND,
        entry_channel=EntryChannel.BVV,
        regime=Regime.RETURN_DIRECTIVE,
        age_band=AgeBand.UNKNOWN,
    )
    return opened, SubjectRegistered(name="Samira Testpersoon", birth_date=born, citizenship="MA", sex=Sex.F)


def decision_of(
    served_on: str = "2026-01-06", term_days: int = 28, *, reasoned: bool = False, kind: DecisionKind = DecisionKind.RETURN
) -> ReturnDecisionRecorded:
    day = date.fromisoformat(served_on)
    return ReturnDecisionRecorded(
        kind=kind, decided_on=day, served_on=day, language="ar", term_days=term_days, term_reasoned=reasoned
    )


def checked(at: str = "2026-03-02T09:00", what: RemovabilityAnswer = RemovabilityAnswer.REMOVABLE) -> RemovabilityChecked:
    return RemovabilityChecked(answer=what, checked_at=moment(at))


def interview(kind: InterviewKind = InterviewKind.FOLLOW_UP) -> InterviewHeld:
    return InterviewHeld(kind=kind, checklist={})


def booked(attempt: str = "R1", departs_at: str = "2026-03-06T12:00", **more: Any) -> RemovalBooked:
    return RemovalBooked(attempt=attempt, carrier="KL", departs_at=moment(departs_at), destination="MA", **more)


OFFERED = VoluntaryDepartureOffered(language="ar", options=("IOM",), copy_given=True)
PASSPORT = TravelDocumentReceived(
    document=TravelDocumentKind.PASSPORT,
    valid_from=date(2022, 1, 1),
    valid_until=date(2030, 1, 1),
)
INTAKE: tuple[Happened, ...] = (
    SupervisorAssigned(supervisor="RV-07", special=False),
    decision_of(),
    checked(),
    VulnerabilityScreened(checklist={}),
    DeparturePlanAdopted(strategy=Strategy.VOLUNTARY),
)
MOTIVATION: tuple[Happened, ...] = (*INTAKE, IntakeCompleted(early_contact=False))
READY: tuple[Happened, ...] = (
    *MOTIVATION, interview(InterviewKind.FIRST), interview(), interview(InterviewKind.IDENTITY), OFFERED
)
"""Motivation with all that the forced track asks for."""

PROPOSED = ForcedTrackProposed(grounds=("x",), proportionality="y")
FORCED: tuple[Happened, ...] = (*READY, PROPOSED, ForcedTrackApproved(proposal=13), ForcedTrackStarted())
TO_BOOK: tuple[Happened, ...] = (*FORCED, PASSPORT)
BOOKED: tuple[Happened, ...] = (*TO_BOOK, booked())
CHECKED = PreDepartureCheckCompleted(attempt="R1", items={})
NOTIFIED = RemovalNoticeServed(attempt="R1", to=(NoticeTo.PERSON, NoticeTo.LAWYER), language="ar", hours_before=90)
