"""Deadlines (termijnen): the terms that run for one open case at a moment. One row per timer, numbered as in the domain's list.

A deadline proposes a step and never takes it (N33). Terms in days are calendar days in Europe/Amsterdam and run to the end of
their last day; terms in hours are counted on the clock. Lengths are dated parameters. Working days (Algemene termijnenwet) are
not counted yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import NamedTuple

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.detention import FAMILY, family_ends, reached, terms_running, with_minors
from dtv_workflow.domain.facets import Booking
from dtv_workflow.domain.fields import day_of, first_moment, last_moment
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.vocabulary import OPEN_PHASES, Article, HoldKind, Phase, Regime


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One running term. `starts` is None where the case does not keep that moment; `proposes` is a step, and a human takes it."""

    code: str
    what: Said
    law: str
    starts: datetime | None
    due: datetime
    proposes: str
    relied: tuple[int, ...] = ()
    about: str | None = None
    """The id of the hold or the attempt it is about, or the name of the term of detention, if it is about one."""


class Term(NamedTuple):
    """One stretch of time that a timer found in a case."""

    starts: datetime | None
    due: datetime
    relied: tuple[int, ...] = ()
    proposes: str | None = None
    about: str | None = None


Terms = Callable[[DepartureCase, Ruleset, datetime], Iterator[Term]]


class Timer(NamedTuple):
    """One row of the table. `length` names dated parameters, or says where the date comes from."""

    code: str
    what: Said
    starts: str
    stops: str
    length: tuple[str, ...]
    law: str
    proposes: str
    terms: Terms


# ------------------------------------------------------------------ counting


def begins(day: date) -> datetime:
    """The first moment of a calendar day in Europe/Amsterdam, in UTC; the first day of all has none."""
    return first_moment(max(day, date(1, 1, 2)).isoformat()).astimezone(UTC)


def ends(day: date) -> datetime:
    """The moment a calendar day in Europe/Amsterdam has passed."""
    return last_moment(day.isoformat()).astimezone(UTC)


def _after(start: date, days: int) -> datetime:
    """The end of the last day of a term of so many days after a day."""
    return ends(start + timedelta(days=days))


# ------------------------------------------------------------------ what runs


def departure_term(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """Over once the strategy was taken up: a choice, a proposal, the forced track, or an interview after the term. Nothing
    follows from its end by itself."""
    decision, due = case.decision, case.term_ends()
    if decision is None or due is None or not decision.term_days:
        return
    spoken = any(interview.on >= day_of(due) for interview in case.interviews)
    if case.phase in {Phase.INTAKE, Phase.MOTIVATION} and case.proposal is None and not spoken:
        yield Term(begins(decision.served_on), due.astimezone(UTC), (decision.version,))


def first_interview(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    since = case.opened_at if case.episode == 1 else case.phase_since
    if since is not None and not case.interviews:
        yield Term(since, _after(day_of(since), law["interview.first_within"]), (1,) if case.episode == 1 else ())


def next_interview(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """In detention the shorter term runs from the last interview, or from the detention when that came later."""
    if not case.interviews:
        return
    last, detained = max(case.interviews, key=lambda i: (i.on, i.version)), case.detained
    if detained is None:
        yield Term(begins(last.on), _after(last.on, law["interview.next_within"]), (last.version,))
        return
    since = max(last.on, detained.since)
    yield Term(begins(since), _after(since, law["interview.next_within_detained"]), (last.version, detained.version))


def plan_review(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """On the day the plan names; a plan that names none is reviewed so long after it was adopted."""
    plan = case.plan
    if plan is not None and plan.next_review is not None:
        yield Term(None, ends(plan.next_review), (plan.version,))
    elif plan is not None:
        starts = first_moment(plan.adopted_on.isoformat())
        yield Term(starts, _after(plan.adopted_on, law["plan.review_within"]), (plan.version,))


def wish_assessment(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    wish = case.wish
    if wish is not None and not wish.assessed:
        yield Term(wish.since, _utc(wish.since) + timedelta(hours=law["wish.assess_within"]), (wish.version,))


def removability_stale(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """With a booking: an answer of the day of departure. Without one: the ordinary freshness, in forced departure."""
    check = case.removability
    if case.phase is not Phase.FORCED_DEPARTURE and not case.live_bookings():
        return
    relied = (check.version,) if check else ()
    starts = check.checked_at if check else None
    for id, booking in _coming(case, now):
        if check is None or day_of(check.checked_at) != day_of(booking.departs_at):
            yield Term(starts, _utc(booking.departs_at), (*relied, booking.version), about=id)
    if not case.live_bookings() and check is not None:
        yield Term(starts, _utc(check.checked_at) + timedelta(days=law["removability.fresh"]), relied)


def court_notice(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """From the detention, and from a later decision to extend one under art. 59 (Vw 2000 art. 94(7))."""
    detained, extension = case.detained, case.extended.get(Article.A59.value)
    if detained is None:
        return
    renewed = detained.article is Article.A59 and extension is not None and extension.version > detained.version
    version, since = (extension.version, extension.on) if extension and renewed else (detained.version, detained.since)
    if case.court_notified < version:
        yield Term(begins(since), _after(since, law["detention.court_notice"]), (version,))


def detention_maximum(names: tuple[str, ...], case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """Due at the first moment of the day on which the count reaches the maximum, or the day an extension was given until."""
    detained = case.detained
    for limit in terms_running(case, law):
        over = reached(case, limit)
        if detained is not None and over is not None and limit.name in names:
            last = min(over, case.detention_until or over)
            relied = tuple(v for v in (detained.version, limit.extended) if v)
            yield Term(begins(detained.since), begins(last), relied, about=limit.name)


def family_weeks(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """Two weeks, from the detention or, after a procedure that was begun late, from when the family became removable."""
    detained, over = case.detained, family_ends(case, law)
    if detained is not None and over is not None:
        yield Term(begins(detained.since), begins(over), (with_minors(case), detained.version), about=FAMILY)


def document_ends(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    document = case.document
    if document is not None:
        yield Term(begins(document.valid_from), ends(document.valid_until), (document.version,))


def precheck(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    for id, booking in _coming(case, now):
        if not booking.precheck:
            due = _utc(booking.departs_at) - timedelta(hours=law["precheck.before_departure"])
            yield Term(None, due, (booking.version,), about=id)


def removal_notice(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    for id, booking in _coming(case, now):
        if not booking.notice:
            due = _utc(booking.departs_at) - timedelta(hours=law["notice.before_departure"])
            yield Term(None, due, (booking.version,), about=id)


_TO_TRANSFER = {
    Phase.INTAKE: "complete_intake",
    Phase.MOTIVATION: "propose_forced_track",
    Phase.VOLUNTARY_DEPARTURE: "issue_ticket",
    Phase.FORCED_DEPARTURE: "book_removal",
}


def latest_transfer(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """Before the date: what brings the transfer nearer in this phase. After it the case goes back to the IND."""
    dublin = case.dublin
    if dublin is not None:
        due = ends(dublin.latest_transfer_on)
        yield Term(begins(dublin.accepted_on), due, (dublin.version,), _TO_TRANSFER[case.phase] if now < due else "close_other")


def border_procedure(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """At the border for so long after the decision was served; then the return goes on under the Directive."""
    decision, days = case.decision, law.get("border_procedure.maximum")
    if case.regime is Regime.RETURN_BORDER_PROCEDURE and decision is not None and days is not None:
        yield Term(begins(decision.served_on), _after(decision.served_on, days), (decision.version,))


def hold_ends(kinds: frozenset[HoldKind], case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Term]:
    """A hold ends by itself; whether the person may leave by force is then asked anew. Over once that was asked."""
    for id, hold in case.holds.items():
        if hold.kind not in kinds or hold.until is None:
            continue
        check = case.removability
        if check is None or check.checked_at < hold.until:
            yield Term(None, _utc(hold.until), (hold.version,), about=id)


def _coming(case: DepartureCase, now: datetime) -> list[tuple[str, Booking]]:
    """Live bookings that have not departed yet."""
    return [(id, booking) for id, booking in case.live_bookings().items() if booking.departs_at > now]


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


_ART64 = frozenset({HoldKind.ART64_PENDING, HoldKind.ART64_GRANTED})
_EXTENDED, _PREGNANT = frozenset({HoldKind.DEPARTURE_TERM_EXTENDED}), frozenset({HoldKind.PREGNANCY_WINDOW})
_REFLECTION = frozenset({HoldKind.TRAFFICKING_REFLECTION})
_OTHER = frozenset(HoldKind) - _ART64 - _EXTENDED - _PREGNANT - _REFLECTION - {HoldKind.DEPARTURE_TERM_RUNNING}
"""A running departure term is D01, from the decision itself."""

_HOLD = ("the hold's until",)
_CHECK = "record_removability"

# fmt: off
TIMERS: tuple[Timer, ...] = (
    Timer("D01", Said("the departure term ends; review the strategy", "de vertrektermijn loopt af; herzie de strategie"),
          "ReturnDecisionRecorded", "a choice, a proposal, or an interview after the term", ("the decision's term_days",),
          "Vw 2000 art. 62(1), (2)", "record_interview", departure_term),
    Timer("D02", Said("the extended departure term ends", "de verlengde vertrektermijn loopt af"),
          "HoldPlaced", "RemovabilityChecked after it", _HOLD, "Vv 2000 art. 6.3", _CHECK, partial(hold_ends, _EXTENDED)),
    Timer("D04", Said("the first interview", "het eerste vertrekgesprek"),
          "CaseOpened or CaseReopened", "InterviewHeld", ("interview.first_within",),
          "DT&V working method", "record_interview", first_interview),
    Timer("D05", Said("the next interview", "het volgende vertrekgesprek"),
          "InterviewHeld", "InterviewHeld", ("interview.next_within", "interview.next_within_detained"),
          "DT&V working method", "record_interview", next_interview),
    Timer("D06", Said("the plan is reviewed", "het vertrekplan wordt herzien"),
          "DeparturePlanAdopted", "DeparturePlanAdopted", ("plan.review_within",),
          "DT&V working method", "adopt_plan", plan_review),
    Timer("D07", Said("a wish to leave is assessed", "een wens om te vertrekken wordt beoordeeld"),
          "WishToLeaveExpressed", "OpportunityAssessed, OpportunityDeclined or VoluntaryDepartureChosen", ("wish.assess_within",),
          "Vw 2000 art. 59(3)", "assess_opportunity", wish_assessment),
    Timer("D08", Said("the removability answer goes stale", "het antwoord op de verwijderbaarheidscheck verloopt"),
          "RemovabilityChecked", "RemovabilityChecked", ("removability.fresh", "the day of departure"),
          "Vw 2000 art. 63; Vc 2000 A3/6.6", _CHECK, removability_stale),
    Timer("D10", Said("the court is told of the detention", "de rechtbank krijgt kennis van de bewaring"),
          "DetentionOrdered, DetentionReported or DetentionExtended", "CourtNotified or DetentionLifted",
          ("detention.court_notice",), "Vw 2000 art. 94(1), (7)", "record_court_notified", court_notice),
    Timer("D13", Said("the detention reaches its maximum (art. 59)", "de bewaring bereikt haar maximum (art. 59)"),
          "DetentionOrdered or DetentionReported", "DetentionLifted", ("detention.59.maximum", "detention.59.extension"),
          "Vw 2000 art. 59(5), (6)", "lift_detention", partial(detention_maximum, ("59",))),
    Timer("D14", Said("the detention reaches its maximum (art. 59(4))", "de bewaring bereikt haar maximum (art. 59(4))"),
          "DetentionOrdered or DetentionReported", "DetentionLifted", ("detention.59_4.maximum", "detention.59_4.intention"),
          "Vw 2000 art. 59(4)", "lift_detention", partial(detention_maximum, ("59_4",))),
    Timer("D15", Said("the detention reaches its maximum (art. 59b)", "de bewaring bereikt haar maximum (art. 59b)"),
          "DetentionOrdered or DetentionReported", "DetentionLifted",
          ("detention.59b.maximum", "detention.59b.intention", "detention.59b.extension",
           "detention.59b_1_d.maximum", "detention.59b_1_d.extension"),
          "Vw 2000 art. 59b(2)-(5)", "lift_detention", partial(detention_maximum, ("59b", "59b_1_d"))),
    Timer("D16", Said("the detention reaches its maximum (art. 59a)", "de bewaring bereikt haar maximum (art. 59a)"),
          "DetentionOrdered or DetentionReported", "DetentionLifted", ("detention.59a.maximum", "detention.59a.extension"),
          "Regulation (EU) 604/2013 art. 28(3)", "lift_detention", partial(detention_maximum, ("59a",))),
    Timer("D18", Said("a family's two weeks of detention are over", "de twee weken bewaring van een gezin zijn om"),
          "DetentionOrdered or DetentionReported; RemovabilityChecked after a late procedure", "DetentionLifted",
          ("detention.family.maximum",), "Vc 2000 A5/2.4", "lift_detention", family_weeks),
    Timer("D21", Said("the medical deferral ends", "het uitstel van vertrek loopt af"),
          "HoldPlaced", "RemovabilityChecked after it", _HOLD, "Vw 2000 art. 64", _CHECK, partial(hold_ends, _ART64)),
    Timer("D24", Said("the pregnancy window ends", "de periode rond de bevalling loopt af"),
          "HoldPlaced", "RemovabilityChecked after it", _HOLD, "Vc 2000 A3/7.4", _CHECK, partial(hold_ends, _PREGNANT)),
    Timer("D25", Said("the reflection period ends", "de bedenktijd loopt af"),
          "HoldPlaced", "RemovabilityChecked after it", _HOLD, "Vc 2000 B8/3", _CHECK, partial(hold_ends, _REFLECTION)),
    Timer("D28", Said("the travel document ends", "het reisdocument verloopt"),
          "TravelDocumentReceived", "TravelDocumentReceived", ("the document's valid_until",),
          "Vc 2000 A3/6.6", "record_travel_document", document_ends),
    Timer("D29", Said("the pre-departure check", "de controle voor vertrek"),
          "RemovalBooked", "PreDepartureCheckCompleted", ("precheck.before_departure",),
          "Vc 2000 A3/6.6", "complete_precheck", precheck),
    Timer("D30", Said("the notice to the person and the lawyer", "de aanzegging aan betrokkene en advocaat"),
          "RemovalBooked", "RemovalNoticeServed", ("notice.before_departure",),
          "Vc 2000 A3 (as reported in 2020)", "serve_removal_notice", removal_notice),
    Timer("D31", Said("the latest Dublin transfer date", "de uiterste overdrachtsdatum"),
          "DublinAcceptanceRecorded", "DublinTransferCompleted", ("the acceptance's latest_transfer_on",),
          "Regulation (EU) 604/2013 art. 29", "book_removal", latest_transfer),
    Timer("D36", Said("the return border procedure ends", "de terugkeergrensprocedure eindigt"),
          "ReturnDecisionRecorded", "the case closes", ("border_procedure.maximum",),
          "Regulation (EU) 2024/1349 art. 4(2)", "adopt_plan", border_procedure),
    Timer("D39", Said("a hold ends by itself", "een beletsel eindigt vanzelf"),
          "HoldPlaced", "RemovabilityChecked after it", _HOLD, "Vw 2000 art. 8, 63", _CHECK, partial(hold_ends, _OTHER)),
)
# fmt: on
"""Every timer. D39 is this register's own number: any other hold with an end."""


def deadlines(case: DepartureCase, law: Ruleset, now: datetime) -> list[Deadline]:
    """The terms that run for an open case at a moment, soonest first; those past due included. None for a closed case."""
    if case.phase not in OPEN_PHASES:
        return []
    running = [
        Deadline(
            code=timer.code,
            what=timer.what,
            law=timer.law,
            starts=term.starts,
            due=term.due,
            proposes=term.proposes or timer.proposes,
            relied=term.relied,
            about=term.about,
        )
        for timer in TIMERS
        for term in timer.terms(case, law, now)
    ]
    return sorted(running, key=lambda d: (d.due, d.code, d.about or ""))
