"""Removal (uitzetting): booking, pre-departure check, notice, handover to the KMar, and cancelling. One booking is one attempt.

Law: Vw 2000 art. 63; Vc 2000 A3/6.6–6.8. A cancelled booking is not a failed removal: every attempt keeps its stage, cause
and cost.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.custody import wish_open
from dtv_workflow.domain.chapters.family import (
    family_not_assessed,
    guardian_not_informed,
    notice_passes_the_guardian,
    unaccompanied_without_reception,
)
from dtv_workflow.domain.chapters.forced_departure import N04, check_not_of_the_day, stale_after
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled, departure_term_runs, hold_blocks_removal
from dtv_workflow.domain.chapters.medical import conditions_unmet, pregnant_and_by_air
from dtv_workflow.domain.chapters.travel_document import no_document_or_promise
from dtv_workflow.domain.facets import Booking
from dtv_workflow.domain.fields import Cents, Code, Count, Medical, Moment, Public, day_of
from dtv_workflow.domain.law.rules import Cure, Finding, Said, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE, CancelCause, CheckItem, Mode, NoticeTo, Phase

N10 = rule(
    "N10",
    "notice_too_short",
    law="Vc 2000 A3 (as reported in 2020); Nationale ombudsman 2012/081",
    en="The person is told of the removal in time.",
    nl="De uitzetting wordt de betrokkene tijdig aangezegd.",
    needs=("a notice to the person, long enough before departure", "een aanzegging aan de betrokkene, lang genoeg voor vertrek"),
    lifts="serve_removal_notice, or book_removal --departs-at",
)
N11 = rule(
    "N11",
    "lawyer_not_notified",
    law="Vc 2000 A3 (as reported in 2020); Nationale ombudsman 2012/081",
    en="The lawyer is told of the removal as well.",
    nl="De uitzetting wordt ook de advocaat aangezegd.",
    needs=("the lawyer among those notified", "de advocaat bij de aanzegging"),
    lifts="serve_removal_notice --to lawyer",
)
N55 = rule(
    "N55",
    "precheck_too_late",
    law="Vc 2000 A3/6.6",
    en="The pre-departure check is done in time before departure.",
    nl="De controle voor vertrek is tijdig gedaan.",
    needs=("the check before the margin", "de controle voor de grens"),
    lifts="book_removal --departs-at",
)
N56 = rule(
    "N56",
    "precheck_item_missing",
    law="Vc 2000 A3/6.6; Inspectie JenV, begeleide terugkeer",
    en="Nothing is missing at the pre-departure check.",
    nl="Bij de controle voor vertrek ontbreekt niets.",
    needs=("every item in order or not applicable", "elk onderdeel in orde of niet van toepassing"),
    lifts="complete_precheck --items",
)
N57 = rule(
    "N57",
    "no_precheck",
    law="Vc 2000 A3/6.6",
    en="Nobody is handed over without a completed pre-departure check.",
    nl="Niemand wordt overgedragen zonder afgeronde controle voor vertrek.",
    needs=("a completed check of this attempt", "een afgeronde controle voor deze poging"),
    lifts="complete_precheck",
)
N58 = rule(
    "N58",
    "monitor_not_told",
    law="Directive 2008/115/EC art. 8(6)",
    en="The forced-return monitor is told of the removal.",
    nl="De toezichthouder op gedwongen terugkeer is ingelicht.",
    needs=("the monitor notified", "de toezichthouder ingelicht"),
    lifts="hand_over --monitor-notified",
)
N63 = rule(
    "N63",
    "attempt_not_live",
    law="workflow",
    en="This attempt is unknown, was cancelled, or its id is already taken.",
    nl="Deze poging is onbekend, geannuleerd, of het kenmerk is al gebruikt.",
    needs=("the id of a live attempt, or a new one to book", "het kenmerk van een lopende poging, of een nieuw voor een boeking"),
    lifts="book_removal",
)


class PrecheckItems(Step, frozen=True, kw_only=True):
    """What is checked before departure. A missing answer counts as missing."""

    ticket: CheckItem = CheckItem.MISSING
    belongings: CheckItem = CheckItem.MISSING
    document: CheckItem = CheckItem.MISSING
    baggage: CheckItem = CheckItem.MISSING
    fit_to_fly: CheckItem = CheckItem.MISSING
    medication: CheckItem = CheckItem.MISSING
    health_summary: CheckItem = CheckItem.MISSING
    lawyer: CheckItem = CheckItem.MISSING


# ------------------------------------------------------------------ events


class RemovalBooked(Event, frozen=True, kw_only=True):
    TOPIC = "removal_booked.v1"
    attempt: Code
    carrier: Public
    departs_at: Moment
    destination: Code
    escorts: int | None = None
    mode: Mode | None = None
    price_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        booked = Booking(version=record.version, departs_at=self.departs_at, mode=self.mode, destination=self.destination)
        case.bookings = case.bookings | {self.attempt: booked}


class _OnAttempt(Event, frozen=True, kw_only=True):
    """Something that happened to one booking; the booking keeps the version that said so."""

    attempt: Code

    def note(self, case: DepartureCase, **said: int | datetime) -> None:
        case.bookings = {
            id: msgspec.structs.replace(b, **said) if id == self.attempt else b for id, b in case.bookings.items()
        }


class PreDepartureCheckCompleted(_OnAttempt, frozen=True, kw_only=True):
    TOPIC = "pre_departure_check_completed.v1"
    items: Medical[dict[str, str]]

    def apply(self, case: DepartureCase, record: Record) -> None:
        self.note(case, precheck=record.version, prechecked_at=record.occurred_at)


class RemovalNoticeServed(_OnAttempt, frozen=True, kw_only=True):
    TOPIC = "removal_notice_served.v1"
    to: tuple[NoticeTo, ...]
    language: Code
    hours_before: int

    def apply(self, case: DepartureCase, record: Record) -> None:
        self.note(case, notice=record.version, notified_at=record.occurred_at)


class HandedOverToKmar(_OnAttempt, frozen=True, kw_only=True):
    TOPIC = "handed_over_to_kmar.v1"
    form: Public
    monitor_notified: bool

    def apply(self, case: DepartureCase, record: Record) -> None:
        self.note(case, handed_over=record.version, handed_over_at=record.occurred_at)


# ------------------------------------------------------------------ steps


class BookRemoval(Step, frozen=True, kw_only=True):
    """Book a removal (uitzetting)."""

    attempt: Annotated[Code, Meta(description="An id for the attempt.")]
    carrier: Annotated[Public, Meta(description="The carrier.")]
    departs_at: Annotated[Moment, Meta(description="When it departs.")]
    destination: Annotated[Code, Meta(description="Country of destination.")]
    escorts: Annotated[Count, Meta(description="How many escorts.")] | None = None
    mode: Annotated[Mode, Meta(description="How; by air when not said.")] | None = None
    price_cents: Annotated[Cents, Meta(description="Price, in euro cents.")] | None = None


class CompletePrecheck(Step, frozen=True, kw_only=True):
    """Complete the pre-departure check of an attempt."""

    attempt: Annotated[Code, Meta(description="The attempt's id.")]
    items: Annotated[PrecheckItems, Meta(description="Each item: ok, missing or not_applicable.")]


class ServeRemovalNotice(Step, frozen=True, kw_only=True):
    """Serve the notice of removal (aanzegging) on the person, the lawyer and a minor's guardian."""

    attempt: Annotated[Code, Meta(description="The attempt's id.")]
    to: Annotated[tuple[NoticeTo, ...], Meta(description="On whom.")]
    language: Annotated[Code, Meta(description="In which language.")]


class HandOver(Step, frozen=True, kw_only=True):
    """Hand the person over to the KMar (overdracht aan de KMar)."""

    attempt: Annotated[Code, Meta(description="The attempt's id.")]
    form: Annotated[Public, Meta(description="The handover form.")]
    monitor_notified: Annotated[bool, Meta(description="Whether the monitor was told.")]


class CancelRemoval(Step, frozen=True, kw_only=True):
    """Record that an attempt was cancelled."""

    attempt: Annotated[Code, Meta(description="The attempt's id.")]
    stage: Annotated[Public, Meta(description="How far it had come.")]
    cause: Annotated[CancelCause, Meta(description="Why.")]
    cost_cents: Annotated[Cents, Meta(description="What it cost, in euro cents.")] | None = None


# ------------------------------------------------------------------ guards


def live(case: DepartureCase, attempt: str | None) -> Booking | None:
    """The booking of an attempt while it is live."""
    booking = case.bookings.get(attempt or "")
    return booking if booking and booking.live else None


@guard(N04)
def check_too_old_to_book(case: DepartureCase, step: BookRemoval, context: Context) -> Finding:
    return stale_after(case, context, timedelta(hours=context.law["removability.fresh_for_booking"]))


@guard(N63)
def attempt_id_taken(case: DepartureCase, step: BookRemoval, context: Context) -> Finding:
    taken = case.bookings.get(step.attempt)
    return found(f"{step.attempt} is taken", f"{step.attempt} is al gebruikt", taken.version) if taken else clear()


@guard(N63)
def attempt_not_live(case: DepartureCase, step: Step, context: Context) -> Finding:
    attempt: str = step.attempt  # type: ignore[attr-defined]
    booking = case.bookings.get(attempt)
    if booking and booking.live:
        return clear(booking.version)
    if booking is None:
        return found(f"{attempt} is unknown", f"{attempt} is onbekend")
    return found(f"{attempt} has ended", f"{attempt} is geëindigd", booking.cancelled, booking.completed)


@guard(N55)
def precheck_too_late(case: DepartureCase, step: CompletePrecheck, context: Context) -> Finding:
    return _in_time(case, step.attempt, context, context.law["precheck.before_departure"])


@guard(N10)
def notice_too_short(case: DepartureCase, step: ServeRemovalNotice, context: Context) -> Finding:
    if NoticeTo.PERSON not in step.to:
        return found("the person gets no notice", "de betrokkene krijgt geen aanzegging")
    return _in_time(case, step.attempt, context, context.law["notice.before_departure"])


def _in_time(case: DepartureCase, attempt: str, context: Context, hours: int) -> Finding:
    booking = live(case, attempt)
    if booking is None or booking.departs_at - context.at >= timedelta(hours=hours):
        return clear(booking.version if booking else 0)
    left = (booking.departs_at - context.at) // timedelta(hours=1)
    en, nl = f"{left} h before departure, at least {hours} h", f"{left} u voor vertrek, ten minste {hours} u"
    return found(en, nl, booking.version)


@guard(N56)
def item_missing(case: DepartureCase, step: CompletePrecheck, context: Context) -> Finding:
    missing = [item for item in step.items.__struct_fields__ if getattr(step.items, item) is CheckItem.MISSING]
    return found(f"missing: {', '.join(missing)}", f"ontbreekt: {', '.join(missing)}") if missing else clear()


@guard(N11)
def lawyer_not_notified(case: DepartureCase, step: ServeRemovalNotice, context: Context) -> Finding:
    if NoticeTo.LAWYER in step.to:
        return clear()
    return found("the lawyer gets no notice", "de advocaat krijgt geen aanzegging")


@guard(N57)
def no_precheck(case: DepartureCase, step: HandOver, context: Context) -> Finding:
    """A check holds for the departure it was made for, in time before it (Vc 2000 A3/6.6)."""
    booking = live(case, step.attempt)
    if booking is None:
        return clear()
    if booking.prechecked_at is None:
        return found("no completed check", "geen afgeronde controle", booking.version)
    return _still_holds(booking, booking.precheck, booking.prechecked_at, context, context.law["precheck.before_departure"])


@guard(N10)
def no_notice(case: DepartureCase, step: HandOver, context: Context) -> Finding:
    """A notice holds for the departure it told of, in time before it: of another flight the person was told nothing."""
    booking = live(case, step.attempt)
    if booking is None:
        return clear()
    if booking.notified_at is None:
        return found("no notice served", "geen aanzegging gedaan", booking.version)
    return _still_holds(booking, booking.notice, booking.notified_at, context, context.law["notice.before_departure"])


def _still_holds(booking: Booking, version: int, done_at: datetime, context: Context, hours: int) -> Finding:
    """Whether a check or a notice is good for the departure as it is now booked, which may have been moved forward since, and
    for today: a flight that should have left on an earlier day did not leave, or left without the person."""
    departs = day_of(booking.departs_at)
    if booking.departs_at - done_at < timedelta(hours=hours):
        left = (booking.departs_at - done_at) // timedelta(hours=1)
        en, nl = f"done {left} h before departure, at least {hours} h", f"{left} u voor vertrek gedaan, ten minste {hours} u"
        return found(en, nl, version)
    if departs < context.today:
        return found(f"done for a departure on {departs}", f"gedaan voor een vertrek op {departs}", version)
    return clear(version)


DAY_BEFORE = Cure(
    Said("a handover on the day of departure or the day before", "een overdracht op de dag van vertrek of de dag ervoor"),
    "wait until the day before departure",
)


@guard(N10, cure=DAY_BEFORE)
def handed_over_too_early(case: DepartureCase, step: HandOver, context: Context) -> Finding:
    """The notice tells of a departure on a day: before the day before it, nobody is taken to the KMar on it."""
    booking = live(case, step.attempt)
    if booking is None:
        return clear()
    departs = day_of(booking.departs_at)
    first = first_day_of_handover(departs, context)
    if context.today >= first:
        return clear(booking.version)
    return found(f"departure is on {departs}, the handover not before {first}",
                 f"vertrek is op {departs}, de overdracht niet voor {first}", booking.version)  # fmt: skip


def first_day_of_handover(departs: date, context: Context) -> date:
    """The first calendar day (Europe/Amsterdam) on which somebody who departs on a day may be handed over."""
    return departs - timedelta(days=context.law["handover.days_before"])


@guard(N58)
def monitor_not_told(case: DepartureCase, step: HandOver, context: Context) -> Finding:
    return clear() if step.monitor_notified else found("the monitor was not told", "de toezichthouder is niet ingelicht")


# ------------------------------------------------------------------ what each step is recorded as


@gives(PreDepartureCheckCompleted)
def prechecked(case: DepartureCase, step: CompletePrecheck, context: Context) -> list[Event]:
    items = {item: getattr(step.items, item).value for item in step.items.__struct_fields__}
    return [copied(PreDepartureCheckCompleted, step, items=items)]


@gives(RemovalNoticeServed)
def notified(case: DepartureCase, step: ServeRemovalNotice, context: Context) -> list[Event]:
    booking = live(case, step.attempt)
    hours = (booking.departs_at - context.at) // timedelta(hours=1) if booking else 0
    return [copied(RemovalNoticeServed, step, hours_before=hours)]


FORCED = (Phase.FORCED_DEPARTURE,)
HELD = (hold_blocks_removal, departure_term_runs)
ABOARD = (
    unaccompanied_without_reception,
    guardian_not_informed,
    pregnant_and_by_air,
    conditions_unmet,
    no_document_or_promise,
    wish_open,
    family_not_assessed,
)
"""What must be in order for a departure: asked when it is booked, and of the booking again at the handover."""
BOOK = (attempt_id_taken, *HELD, check_too_old_to_book, *ABOARD)
PRECHECK = (attempt_not_live, precheck_too_late, item_missing)
NOTICE = (attempt_not_live, notice_too_short, lawyer_not_notified, notice_passes_the_guardian)
PREPARED = (no_precheck, no_notice, handed_over_too_early)
HANDOVER = (attempt_not_live, *PREPARED, *HELD, check_not_of_the_day, *ABOARD, monitor_not_told)

# fmt: off
ROWS: list[Row] = [
    decision(BookRemoval, FORCED, recorded_as(RemovalBooked), BOOK),
    decision(CompletePrecheck, FORCED, prechecked, PRECHECK),
    decision(ServeRemovalNotice, FORCED, notified, NOTICE),
    decision(HandOver, FORCED, recorded_as(HandedOverToKmar), HANDOVER),
    fact(CancelRemoval, ANY_PHASE, recorded_as(RemovalAttemptCancelled), (attempt_not_live,)),
]
# fmt: on
