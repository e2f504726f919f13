"""What runs in a case: for each timer, the stretches of time that it finds, from when until when and by which events. Pure.

Each function answers for one timer of the table in `deadlines`; what starts and stops it, its length and its law stand there. A
term of the law that is counted in days or weeks is prolonged as the Algemene termijnenwet says; terms that deprive of liberty,
terms in hours and terms counted backwards are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import NamedTuple

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.detention import FAMILY, family_ends, reached, terms_running, with_minors
from dtv_workflow.domain.facets import Booking
from dtv_workflow.domain.fields import day_of, first_moment, last_moment
from dtv_workflow.domain.law.calendar import working_days_after, working_days_before
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.procedures import AppealAgainst, Counting
from dtv_workflow.domain.vocabulary import (
    Article,
    HoldKind,
    Phase,
    Regime,
)


class Term(NamedTuple):
    """One stretch of time that a timer found in a case. `counting` where it is not the timer's own; `days` are those of a
    term that may have been prolonged."""

    starts: datetime | None
    due: datetime
    relied: tuple[int, ...] = ()
    proposes: str | None = None
    about: str | None = None
    counting: Counting | None = None
    days: int | None = None


Found = Iterator[Term]


# ------------------------------------------------------------------ counting


def begins(day: date) -> datetime:
    """The first moment of a calendar day in Europe/Amsterdam, in UTC; the first day of all has none."""
    return first_moment(max(day, date(1, 1, 2)).isoformat()).astimezone(UTC)


def ends(day: date) -> datetime:
    """The moment a calendar day in Europe/Amsterdam has passed."""
    return last_moment(day.isoformat()).astimezone(UTC)


def after(start: date, days: int) -> datetime:
    """The end of the last day of a term of so many days after a day."""
    return ends(start + timedelta(days=days))


# ------------------------------------------------------------------ what runs


def departure_term(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Over once the strategy was taken up: a choice, a proposal, the forced track, or an interview after the term. Nothing
    follows from its end by itself."""
    decision, due = case.decision, case.term_ends()
    if decision is None or due is None or not decision.term_days:
        return
    spoken = any(interview.on >= day_of(due) for interview in case.interviews)
    if case.phase in {Phase.INTAKE, Phase.MOTIVATION} and case.proposal is None and not spoken:
        yield Term(begins(decision.served_on), due.astimezone(UTC), (decision.version,), days=decision.term_days)


def first_interview(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    since = case.episode_began
    if since is not None and not case.interviews:
        last = working_days_after(day_of(since), law["interview.first_within"])
        yield Term(since, ends(last), (case.reopened or 1,))


def next_interview(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """In detention the shorter term runs from the last interview, or from the detention when that came later."""
    if not case.interviews:
        return
    last, detained = max(case.interviews, key=lambda i: (i.on, i.version)), case.detained
    if detained is None:
        yield Term(begins(last.on), after(last.on, law["interview.next_within"]), (last.version,))
        return
    since = max(last.on, detained.since)
    yield Term(begins(since), after(since, law["interview.next_within_detained"]), (last.version, detained.version))


def plan_review(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """On the day the plan names; a plan that names none is reviewed so long after it was adopted."""
    plan = case.plan
    if plan is not None and plan.next_review is not None:
        yield Term(None, ends(plan.next_review), (plan.version,))
    elif plan is not None:
        starts = first_moment(plan.adopted_on.isoformat())
        yield Term(starts, after(plan.adopted_on, law["plan.review_within"]), (plan.version,))


def wish_assessment(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    wish = case.wish
    if wish is not None and not wish.assessed:
        yield Term(wish.since, utc(wish.since) + timedelta(hours=law["wish.assess_within"]), (wish.version,))


def removability_stale(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """With a booking: an answer of the day of departure. Without one: the ordinary freshness, in forced departure."""
    check = case.removability
    if case.phase is not Phase.FORCED_DEPARTURE and not case.live_bookings():
        return
    relied = (check.version,) if check else ()
    starts = check.checked_at if check else None
    for id, booking in coming(case, now):
        if check is None or day_of(check.checked_at) != day_of(booking.departs_at):
            yield Term(starts, utc(booking.departs_at), (*relied, booking.version), about=id)
    if not case.live_bookings() and check is not None:
        yield Term(starts, utc(check.checked_at) + timedelta(days=law["removability.fresh"]), relied)


def court_notice(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """From the detention, and from a later decision to extend one under art. 59 (Vw 2000 art. 94(7)), unless the person appealed.
    Once it is past, a lift is proposed."""
    detained, extension = case.detained, case.extended.get(Article.A59.value)
    if detained is None:
        return
    renewed = detained.article is Article.A59 and extension is not None and extension.version > detained.version
    version, since = (extension.version, extension.on) if extension and renewed else (detained.version, detained.since)
    own, told = case.appeals.get(AppealAgainst.DETENTION.value), case.court_told
    met = case.court_notified > version or (told and told.on > since) or (own and own.on >= since)
    if not met:
        due = after(since, law["detention.court_notice"])
        yield Term(begins(since), due, (version,), "record_court_notified" if now < due else "lift_detention")


def detention_maximum(names: tuple[str, ...], case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Due at the first moment of the day on which the count reaches the maximum, or the day an extension was given until."""
    detained = case.detained
    for limit in terms_running(case, law):
        over = reached(case, limit)
        if detained is not None and over is not None and limit.name in names:
            last = min(over, case.detention_until or over)
            relied = tuple(v for v in (detained.version, limit.extended) if v)
            yield Term(begins(detained.since), begins(last), relied, about=limit.name)


def family_weeks(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Two weeks, from the detention or, after a procedure that was begun late, from when the family became removable."""
    detained, over = case.detained, family_ends(case, law)
    if detained is not None and over is not None:
        yield Term(begins(detained.since), begins(over), (with_minors(case), detained.version), about=FAMILY)


def document_ends(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    document = case.document
    if document is not None:
        yield Term(begins(document.valid_from), ends(document.valid_until), (document.version,))


def before_departure(what: str, step: str, case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """So many hours before each departure: after that nothing but to cancel it is left."""
    for id, booking in coming(case, now):
        if not getattr(booking, what):
            due = utc(booking.departs_at) - timedelta(hours=law[f"{what}.before_departure"])
            yield Term(None, due, (booking.version,), step if now < due else "cancel_removal", id)


precheck = partial(before_departure, "precheck", "complete_precheck")
removal_notice = partial(before_departure, "notice", "serve_removal_notice")


_TO_TRANSFER = {
    Phase.INTAKE: "complete_intake",
    Phase.MOTIVATION: "propose_forced_track",
    Phase.VOLUNTARY_DEPARTURE: "issue_ticket",
    Phase.FORCED_DEPARTURE: "book_removal",
}


def latest_transfer(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Before the date: what brings the transfer nearer in this phase. After it the case goes back to the IND."""
    dublin = case.dublin
    if dublin is not None:
        due = ends(dublin.latest_transfer_on)
        yield Term(begins(dublin.accepted_on), due, (dublin.version,), _TO_TRANSFER[case.phase] if now < due else "close_other")


def transfer_announced(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """So many working days before a transfer: more of them for a minor, a family or somebody whose health plays a part."""
    if case.dublin is None:
        return
    special = bool((case.minority and case.minority.minor) or case.family or case.advice)
    days = law["dublin.announce_special_before" if special else "dublin.announce_before"]
    for id, booking in coming(case, now):
        if id not in case.announced and booking.destination == case.dublin.member_state:
            due = begins(working_days_before(day_of(booking.departs_at), days))
            yield Term(None, due, (booking.version, case.dublin.version), "record_transfer_announced", id, Counting.BACKWARDS)


def border_procedure(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """At the border for so long after the decision was served; then the return goes on under the Directive."""
    decision, days = case.decision, law.get("border_procedure.maximum")
    if case.regime is Regime.RETURN_BORDER_PROCEDURE and decision is not None and days is not None:
        due = after(decision.served_on, days)
        if case.plan is None or begins(case.plan.adopted_on) < due:
            yield Term(begins(decision.served_on), due, (decision.version,))


def hold_ends(kinds: frozenset[HoldKind], case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """A hold ends by itself; whether the person may leave by force is then asked anew. Over once that was asked."""
    for id, hold in case.holds.items():
        if hold.kind not in kinds or hold.until is None:
            continue
        check = case.removability
        if check is None or check.checked_at < hold.until:
            yield Term(None, utc(hold.until), (hold.version,), about=id)


# ------------------------------------------------------------------ small things


def coming(case: DepartureCase, now: datetime) -> list[tuple[str, Booking]]:
    """Live bookings that have not departed yet."""
    return [(id, booking) for id, booking in case.live_bookings().items() if booking.departs_at > now]


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


_ART64 = frozenset({HoldKind.ART64_PENDING, HoldKind.ART64_GRANTED})
_EXTENDED, _PREGNANT = frozenset({HoldKind.DEPARTURE_TERM_EXTENDED}), frozenset({HoldKind.PREGNANCY_WINDOW})
_REFLECTION = frozenset({HoldKind.TRAFFICKING_REFLECTION})
_OTHER = frozenset(HoldKind) - _ART64 - _EXTENDED - _PREGNANT - _REFLECTION - {HoldKind.DEPARTURE_TERM_RUNNING}
"""A running departure term is D01, from the decision itself."""

extension_ends = partial(hold_ends, _EXTENDED)
deferral_ends = partial(hold_ends, _ART64)
pregnancy_ends = partial(hold_ends, _PREGNANT)
reflection_ends = partial(hold_ends, _REFLECTION)
other_hold_ends = partial(hold_ends, _OTHER)
