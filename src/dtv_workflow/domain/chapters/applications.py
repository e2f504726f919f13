"""Applications (aanvragen) that run beside the case: for residence, and for deferral of departure on medical grounds (art. 64).

Law: Vw 2000 art. 8, 64; Vb 2000 art. 6.1c; Vc 2000 A3/7.1, B8/4, B8/6. Whoever may await the answer here has lawful stay: a hold
says so, in the commit that tells of the application. After a refusal under art. 64 there is a day to ask a court for relief.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.holds import N03, HoldPlaced, RemovalAttemptCancelled, placing, removed_under
from dtv_workflow.domain.facets import Asked, Dated, latest
from dtv_workflow.domain.fields import DayOrMoment, Moment, PastDate, PastMoment, last_moment
from dtv_workflow.domain.law.rules import Finding, clear, guard
from dtv_workflow.domain.procedures import ApplicationKind
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, fact, gives
from dtv_workflow.domain.vocabulary import ANY_PHASE, HoldKind


class ApplicationReceived(Event, frozen=True, kw_only=True):
    """`awaited`: the answer may be awaited here (Vw 2000 art. 8, f-h)."""

    TOPIC = "application_received.v1"
    kind: ApplicationKind
    applied_on: date
    awaited: bool

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.applied = latest(case.applied, Dated(version=record.version, on=self.applied_on))
        if self.kind is ApplicationKind.ASYLUM:
            open_ = case.asylum_asked
            case.asylum_asked = Dated(version=record.version, on=max(open_.on, self.applied_on) if open_ else self.applied_on)


class Art64Applied(Event, frozen=True, kw_only=True):
    TOPIC = "art64_applied.v1"
    applied_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.art64 = Asked(version=record.version, on=self.applied_on)


class Art64Granted(Event, frozen=True, kw_only=True):
    TOPIC = "art64_granted.v1"
    until: Moment

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.art64 = None
        end_pending(case, record)


class Art64Refused(Event, frozen=True, kw_only=True):
    TOPIC = "art64_refused.v1"
    decided_at: datetime

    def apply(self, case: DepartureCase, record: Record) -> None:
        asked = case.art64 or Asked(version=record.version, on=record.occurred_at.date())
        case.art64 = msgspec.structs.replace(asked, version=record.version, refused_at=self.decided_at)
        end_pending(case, record)


def end_pending(case: DepartureCase, record: Record) -> None:
    """The application was answered: nothing is pending any more."""
    for id in [id for id, hold in case.holds.items() if hold.kind is HoldKind.ART64_PENDING]:
        case.end_hold(id, record.occurred_at)


class RecordApplication(Step, frozen=True, kw_only=True):
    """Record an application for residence (verblijfsaanvraag); one that may be awaited here places a hold."""

    kind: Annotated[ApplicationKind, Meta(description="What is asked for.")]
    applied_on: Annotated[PastDate, Meta(description="The day of the application.")]
    awaited: Annotated[bool, Meta(description="Whether the answer may be awaited here.")]


class RecordArt64Application(Step, frozen=True, kw_only=True):
    """Record an application for deferral on medical grounds (uitstel van vertrek, Vw 2000 art. 64); places a hold."""

    applied_on: Annotated[PastDate, Meta(description="The day of the application.")]


class RecordArt64Decision(Step, frozen=True, kw_only=True):
    """Record the answer to such an application: a deferral until a day, or a refusal."""

    granted: Annotated[bool, Meta(description="Whether deferral is granted.")]
    decided_at: Annotated[PastMoment, Meta(description="When the answer was made known.")]
    until: Annotated[DayOrMoment, Meta(description="Until when, where it is granted.")] | None = None


@guard(N03)
def removed_while_awaiting(case: DepartureCase, step: RecordApplication | RecordArt64Application, context: Context) -> Finding:
    """An application that could be awaited here, learned of after a removal: an incident, as of any other hold (I2)."""
    awaited = step.awaited if isinstance(step, RecordApplication) else True
    return removed_under(case, context.at, None) if awaited else clear()


@gives(ApplicationReceived, HoldPlaced, RemovalAttemptCancelled)
def applied(case: DepartureCase, step: RecordApplication, context: Context) -> list[Event]:
    held = placing(case, HoldKind.APPLICATION_PENDING, context) if step.awaited else []
    return [copied(ApplicationReceived, step), *held]


@gives(Art64Applied, HoldPlaced, RemovalAttemptCancelled)
def deferral_asked(case: DepartureCase, step: RecordArt64Application, context: Context) -> list[Event]:
    return [copied(Art64Applied, step), *placing(case, HoldKind.ART64_PENDING, context)]


@gives(Art64Granted, Art64Refused, HoldPlaced, RemovalAttemptCancelled)
def deferral_answered(case: DepartureCase, step: RecordArt64Decision, context: Context) -> list[Event]:
    """A deferral without a day lasts as long as it may at most; after a refusal relief may be asked, and awaited, for a day."""
    if not step.granted:
        until = step.decided_at + timedelta(hours=context.law["art64.relief_within"])
        held = placing(case, HoldKind.INTERIM_RELIEF_AWAITABLE, context, until=until)
        return [Art64Refused(decided_at=step.decided_at), *held]
    longest = step.decided_at + timedelta(days=context.law["art64.maximum"])
    ends = last_moment(step.until) if step.until else longest
    return [Art64Granted(until=ends), *placing(case, HoldKind.ART64_GRANTED, context, until=ends)]


# fmt: off
ROWS: list[Row] = [
    fact(RecordApplication, ANY_PHASE, applied, (removed_while_awaiting,)),
    fact(RecordArt64Application, ANY_PHASE, deferral_asked, (removed_while_awaiting,)),
    fact(RecordArt64Decision, ANY_PHASE, deferral_answered),
]
# fmt: on
