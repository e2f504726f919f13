"""Guidance (vertrekgesprekken en belemmeringen): interviews, cooperation, obstacles, and the offer of independent departure.

Source: DT&V working method; Inspectie JenV, Verantwoord vertrek (2022): special circumstances are answered item by item.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.intake import Checklist
from dtv_workflow.domain.facets import CooperationSeen, Interview, Obstacle
from dtv_workflow.domain.fields import Code, Count, Medical, Personal, Public, Text, day_of
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, gives, recorded_as
from dtv_workflow.domain.vocabulary import OPEN_PHASES, Cooperation, InterviewKind, ObstacleCategory, Phase

N39 = rule(
    "N39",
    "checklist_incomplete",
    law="Inspectie JenV, Verantwoord vertrek (2022)",
    en="An interview answers every special circumstance.",
    nl="Een vertrekgesprek beantwoordt elke bijzondere omstandigheid.",
    needs=("an answer to every item: none, unknown or yes", "een antwoord op elk punt: none, unknown of yes"),
    lifts="record_interview --checklist",
)
N40 = rule(
    "N40",
    "unknown_obstacle",
    law="workflow",
    en="This case has no open obstacle with that id.",
    nl="Deze zaak heeft geen openstaande belemmering met dat kenmerk.",
    needs=("the id of an open obstacle", "het kenmerk van een openstaande belemmering"),
    lifts="report_obstacle",
)
N45 = rule(
    "N45",
    "too_few_interviews",
    law="Inspectie JenV, Verantwoord vertrek (2022)",
    en="Force is not considered before the required interviews were held in this episode.",
    nl="Dwang komt niet in beeld voordat de vereiste gesprekken in deze episode zijn gevoerd.",
    needs=("the required number of interviews", "het vereiste aantal gesprekken"),
    lifts="record_interview",
)
N46 = rule(
    "N46",
    "obstacle_not_reviewed",
    law="DT&V working method",
    en="Force is not considered while an open obstacle was not looked at recently.",
    nl="Dwang komt niet in beeld zolang een openstaande belemmering niet recent is bekeken.",
    needs=("every open obstacle reviewed or resolved", "elke openstaande belemmering bekeken of weggenomen"),
    lifts="review_obstacle",
)


# ------------------------------------------------------------------ events


class InterviewHeld(Event, frozen=True, kw_only=True):
    """Counts for the episode in which it was held; one of an earlier episode is kept on record only."""

    TOPIC = "interview_held.v1"
    kind: InterviewKind
    checklist: Medical[dict[str, str]]
    interpreter: Public | None = None
    minutes: int | None = None
    report: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        held = Interview(version=record.version, kind=self.kind, on=day_of(record.occurred_at))
        case.interviews = [*case.interviews, held] if case.in_episode(record.occurred_at) else case.interviews


class CooperationObserved(Event, frozen=True, kw_only=True):
    """One observation in a series: cooperation varies, and is never a single flag."""

    TOPIC = "cooperation_observed.v1"
    level: Cooperation
    subject_matter: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        seen = CooperationSeen(version=record.version, level=self.level, on=day_of(record.occurred_at))
        case.cooperation = [*case.cooperation, seen]


class ObstacleReported(Event, frozen=True, kw_only=True):
    """Reported again, an open obstacle keeps the day it was last looked at: naming it is not looking at it."""

    TOPIC = "obstacle_reported.v1"
    obstacle: Code
    category: ObstacleCategory
    detail: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        known, today = case.obstacles.get(self.obstacle), day_of(record.occurred_at)
        reviewed = known.reviewed_on if known else today
        reported = Obstacle(version=record.version, category=self.category, reviewed_on=reviewed)
        case.obstacles = case.obstacles | {self.obstacle: reported}


class ObstacleReviewed(Event, frozen=True, kw_only=True):
    TOPIC = "obstacle_reviewed.v1"
    obstacle: Code
    finding: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.obstacles = {
            id: msgspec.structs.replace(o, version=record.version, reviewed_on=day_of(record.occurred_at))
            if id == self.obstacle
            else o
            for id, o in case.obstacles.items()
        }


class ObstacleResolved(Event, frozen=True, kw_only=True):
    TOPIC = "obstacle_resolved.v1"
    obstacle: Code
    how: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.obstacles = {id: o for id, o in case.obstacles.items() if id != self.obstacle}


class VoluntaryDepartureOffered(Event, frozen=True, kw_only=True):
    """Counts for the episode in which it was made, like an interview."""

    TOPIC = "voluntary_departure_offered.v1"
    language: Code
    options: Personal[tuple[str, ...]]
    copy_given: bool

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.offers = [*case.offers, record.version] if case.in_episode(record.occurred_at) else case.offers


# ------------------------------------------------------------------ steps


class RecordInterview(Step, frozen=True, kw_only=True):
    """Record a departure interview (vertrekgesprek) with its answered checklist."""

    kind: Annotated[InterviewKind, Meta(description="What kind of interview.")]
    checklist: Annotated[Checklist, Meta(description="Special circumstances, item by item.")]
    interpreter: Annotated[Public, Meta(description="Interpreter's language or number.")] | None = None
    minutes: Annotated[Count, Meta(description="How long it took, in minutes.")] | None = None
    report: Annotated[Text, Meta(description="The report.")] | None = None


class RecordCooperation(Step, frozen=True, kw_only=True):
    """Record how the person cooperates (medewerking) at this moment."""

    level: Annotated[Cooperation, Meta(description="What was observed.")]
    subject_matter: Annotated[Text, Meta(description="On what matter.")] | None = None


class ReportObstacle(Step, frozen=True, kw_only=True):
    """Report an obstacle to departure (belemmering)."""

    obstacle: Annotated[Code, Meta(description="An id for the obstacle.")]
    category: Annotated[ObstacleCategory, Meta(description="What kind of obstacle.")]
    detail: Annotated[Text, Meta(description="What it is.")] | None = None


class ReviewObstacle(Step, frozen=True, kw_only=True):
    """Review an open obstacle."""

    obstacle: Annotated[Code, Meta(description="The obstacle's id.")]
    finding: Annotated[Text, Meta(description="What was found.")]


class ResolveObstacle(Step, frozen=True, kw_only=True):
    """Record that an obstacle was taken away."""

    obstacle: Annotated[Code, Meta(description="The obstacle's id.")]
    how: Annotated[Text, Meta(description="How.")]


class OfferVoluntaryDeparture(Step, frozen=True, kw_only=True):
    """Offer independent departure (zelfstandig vertrek) with its options, in a language understood."""

    language: Annotated[Code, Meta(description="Language of the offer.")]
    options: Annotated[tuple[Text, ...], Meta(min_length=1, description="What was offered.")]
    copy_given: Annotated[bool, Meta(description="Whether the person got a copy.")]


# ------------------------------------------------------------------ guards


@guard(N39)
def checklist_incomplete(case: DepartureCase, step: RecordInterview, context: Context) -> Finding:
    missing = step.checklist.unanswered()
    return found(f"no answer on: {', '.join(missing)}", f"geen antwoord op: {', '.join(missing)}") if missing else clear()


@guard(N40)
def obstacle_unknown(case: DepartureCase, step: ReviewObstacle | ResolveObstacle, context: Context) -> Finding:
    known = case.obstacles.get(step.obstacle)
    if known:
        return clear(known.version)
    return found(f"no open obstacle {step.obstacle}", f"geen openstaande belemmering {step.obstacle}")


@guard(N45)
def too_few_interviews(case: DepartureCase, step: Step, context: Context) -> Finding:
    held, needed = len(case.interviews), context.law["interviews.minimum"]
    relied = [interview.version for interview in case.interviews]
    if held >= needed:
        return clear(*relied)
    return found(f"{held} of {needed} interviews", f"{held} van {needed} gesprekken", *relied)


@guard(N46)
def obstacle_not_reviewed(case: DepartureCase, step: Step, context: Context) -> Finding:
    oldest = context.today - timedelta(days=context.law["obstacle.review_within"])
    stale = [id for id, obstacle in case.obstacles.items() if obstacle.reviewed_on < oldest]
    relied = [obstacle.version for obstacle in case.obstacles.values()]
    if not stale:
        return clear(*relied)
    return found(f"not reviewed: {', '.join(stale)}", f"niet bekeken: {', '.join(stale)}", *relied)


# ------------------------------------------------------------------ what each step is recorded as


@gives(InterviewHeld)
def interviewed(case: DepartureCase, step: RecordInterview, context: Context) -> list[Event]:
    answers = {item: answer.value for item, answer in step.checklist.answers().items()}
    return [copied(InterviewHeld, step, checklist=answers)]


OFFERED_IN = (Phase.INTAKE, Phase.MOTIVATION, Phase.FORCED_DEPARTURE)

# fmt: off
ROWS: list[Row] = [
    decision(RecordInterview, OPEN_PHASES, interviewed, (checklist_incomplete,)),
    decision(RecordCooperation, OPEN_PHASES, recorded_as(CooperationObserved)),
    decision(ReportObstacle, OPEN_PHASES, recorded_as(ObstacleReported)),
    decision(ReviewObstacle, OPEN_PHASES, recorded_as(ObstacleReviewed), (obstacle_unknown,)),
    decision(ResolveObstacle, OPEN_PHASES, recorded_as(ObstacleResolved), (obstacle_unknown,)),
    decision(OfferVoluntaryDeparture, OFFERED_IN, recorded_as(VoluntaryDepartureOffered)),
]
# fmt: on
