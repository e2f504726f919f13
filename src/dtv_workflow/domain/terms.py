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
from dtv_workflow.domain.detention import FAMILY, custody_began, family_ends, placed_now, reached, terms_running, with_minors
from dtv_workflow.domain.facets import Booking
from dtv_workflow.domain.fields import day_of, first_moment, known_date, last_moment
from dtv_workflow.domain.law.calendar import last_of, months_after, working_days_after, working_days_before, years_after
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.procedures import AppealAgainst, Counting, PlacementKind
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    DecisionKind,
    HoldKind,
    Measure,
    Outcome,
    Phase,
    PresentationOutcome,
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


def _after(start: date, days: int) -> datetime:
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
        yield Term(begins(last.on), _after(last.on, law["interview.next_within"]), (last.version,))
        return
    since = max(last.on, detained.since)
    yield Term(begins(since), _after(since, law["interview.next_within_detained"]), (last.version, detained.version))


def plan_review(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """On the day the plan names; a plan that names none is reviewed so long after it was adopted."""
    plan = case.plan
    if plan is not None and plan.next_review is not None:
        yield Term(None, ends(plan.next_review), (plan.version,))
    elif plan is not None:
        starts = first_moment(plan.adopted_on.isoformat())
        yield Term(starts, _after(plan.adopted_on, law["plan.review_within"]), (plan.version,))


def wish_assessment(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    wish = case.wish
    if wish is not None and not wish.assessed:
        yield Term(wish.since, _utc(wish.since) + timedelta(hours=law["wish.assess_within"]), (wish.version,))


def removability_stale(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
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


def court_notice(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """From the detention, and from a later decision to extend one under art. 59 (Vw 2000 art. 94(7)), unless the person appealed.
    Once it is past, a lift is proposed."""
    detained, extension = case.detained, case.extended.get(Article.A59.value)
    if detained is None:
        return
    renewed = detained.article is Article.A59 and extension is not None and extension.version > detained.version
    version, since = (extension.version, extension.on) if extension and renewed else (detained.version, detained.since)
    own = case.appeals.get(AppealAgainst.DETENTION.value)
    if case.court_notified < version and not (own and own.on >= since):
        due = _after(since, law["detention.court_notice"])
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
    for id, booking in _coming(case, now):
        if not getattr(booking, what):
            due = _utc(booking.departs_at) - timedelta(hours=law[f"{what}.before_departure"])
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
    for id, booking in _coming(case, now):
        if id not in case.announced and booking.destination == case.dublin.member_state:
            due = begins(working_days_before(day_of(booking.departs_at), days))
            yield Term(None, due, (booking.version, case.dublin.version), "record_transfer_announced", id, Counting.BACKWARDS)


def border_procedure(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """At the border for so long after the decision was served; then the return goes on under the Directive."""
    decision, days = case.decision, law.get("border_procedure.maximum")
    if case.regime is Regime.RETURN_BORDER_PROCEDURE and decision is not None and days is not None:
        yield Term(begins(decision.served_on), _after(decision.served_on, days), (decision.version,))


def hold_ends(kinds: frozenset[HoldKind], case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """A hold ends by itself; whether the person may leave by force is then asked anew. Over once that was asked."""
    for id, hold in case.holds.items():
        if hold.kind not in kinds or hold.until is None:
            continue
        check = case.removability
        if check is None or check.checked_at < hold.until:
            yield Term(None, _utc(hold.until), (hold.version,), about=id)


# ------------------------------------------------------------------ procedures beside the case


def appeal_term(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Over with an appeal of since the decision, or once removability was asked anew after the term."""
    decision, appeal = case.decision, case.appeals.get(AppealAgainst.RETURN_DECISION.value)
    if decision is None or (appeal and appeal.on >= decision.decided_on):
        return
    short = decision.kind is DecisionKind.TRANSFER
    days = law["appeal.term_short" if short else "appeal.term"]
    due = ends(last_of(decision.served_on, days))
    if case.removability is None or case.removability.checked_at < due:
        yield Term(begins(decision.served_on), due, (decision.version,), days=days)


def court_term(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """The hearing, and after it the ruling; on a later appeal the closing of the inquiry comes in the place of the hearing."""
    received, heard = case.court_received, case.court_heard
    if case.detained is None or received is None or case.court_ruled > received.version or received.on < case.detained.since:
        return
    if heard is not None:
        due, relied = _after(heard.on, law["court.ruling_within"]), (received.version, heard.version)
        yield Term(begins(heard.on), due, relied, "record_court_decision", "ruling")
        return
    later = case.court_ruled > case.detained.version
    days = law["court.inquiry_within" if later else "court.hearing_within"]
    yield Term(begins(received.on), _after(received.on, days), (received.version,), "record_court_hearing", "hearing")


def progress_report(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    appeal = case.appeals.get(AppealAgainst.DETENTION.value)
    if case.detained is None or appeal is None or appeal.on < case.detained.since:
        return
    if case.progress_sent < appeal.version and case.court_ruled < appeal.version:
        yield Term(begins(appeal.on), _after(appeal.on, law["court.progress_report_within"]), (appeal.version,))


def art64_answer(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """On the day itself, else after one prolongation: both run until there is an answer."""
    asked = case.art64
    if asked is None or asked.refused_at is not None:
        return
    yield Term(begins(asked.on), ends(asked.on), (asked.version,), about="same_day")
    yield Term(begins(asked.on), _after(asked.on, law["art64.decide_extended"]), (asked.version,), about="prolonged")


def art64_relief(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """After a refusal, until relief was asked, or removability was asked anew after that day."""
    asked, appeal = case.art64, case.appeals.get(AppealAgainst.ART64.value)
    if asked is None or asked.refused_at is None or (appeal and appeal.version > asked.version):
        return
    due = _utc(asked.refused_at) + timedelta(hours=law["art64.relief_within"])
    if case.removability is None or case.removability.checked_at < due:
        yield Term(asked.refused_at, due, (asked.version,))


def no_fault_of_a_minor(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Three years after the last application, while an unaccompanied minor is still here (Vc 2000 B8/6)."""
    minority, applied = case.minority, case.applied
    if minority and minority.minor and minority.unaccompanied and applied:
        due = ends(years_after(applied.on, law["no_fault.minor_after"]))
        if case.plan is None or begins(case.plan.adopted_on) < due:
            yield Term(begins(applied.on), due, (minority.version, applied.version))


def coming_of_age(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """On the first day of the month in which somebody comes of age: the day itself would tell the birth date to whoever reads the
    log. Over once the status was established anew after that, or the plan adopted anew."""
    born = known_date(case.birth_date)
    if born is None:
        return
    due = begins(years_after(born, law["minor.under"]).replace(day=1))
    minor = case.minority.minor if case.minority else case.age_band is AgeBand.UNDER_18
    again = (case.minority.on if case.minority else None, case.plan.adopted_on if case.plan else None)
    if minor and not any(day and begins(day) >= due for day in again):
        yield Term(None, due, (case.registered,))


# ------------------------------------------------------------------ whereabouts and supervision


def next_report(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """From the measure, the last report, or the last one that was missed."""
    measure = case.supervision
    if measure is None or measure.measure is not Measure.REPORTING_DUTY or measure.since is None:
        return
    since, relied = measure.since, [measure.version]
    if case.reported and case.reported.on >= since:
        since, relied = case.reported.on, [*relied, case.reported.version]
    if case.missed and day_of(case.missed.at) > since:
        since, relied = day_of(case.missed.at), [*relied, case.missed.version]
    days = measure.interval_days or law["reporting.interval"]
    yield Term(begins(since), ends(last_of(since, days)), tuple(relied), days=days)


def address_check(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """After so many missed reports; after one in a Dublin case and of an unaccompanied minor, who is missing after a day. Nobody
    who is detained reports (Vb 2000 art. 4.51(3)), nor has to be looked for."""
    missed = case.missed
    if missed is None or case.detained or any(stretch.to > day_of(missed.at) for stretch in case.intervals):
        return
    alone = bool(case.minority and case.minority.minor and case.minority.unaccompanied)
    enough = 1 if alone else law["reporting.missed_dublin" if case.regime is Regime.DUBLIN else "reporting.missed"]
    seen = (case.address_checked and case.address_checked.at >= missed.at) or (
        case.reported and case.reported.on >= day_of(missed.at)
    )
    if missed.count >= enough and not seen:
        hours = law["whereabouts.check_minor_within" if alone else "whereabouts.check_within"]
        yield Term(missed.at, _utc(missed.at) + timedelta(hours=hours), (missed.version,))


def area_restriction(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    measure = case.supervision
    if measure and measure.measure is Measure.AREA_RESTRICTION and measure.since:
        yield Term(begins(measure.since), _after(measure.since, law["supervision.area_restriction"]), (measure.version,))


def police_cell(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Five days, that of the order not counted (Vc 2000 A5/6.10)."""
    held, placed, began = case.detained, placed_now(case), custody_began(case)
    if held and began and placed and placed.place is PlacementKind.POLICE_CELL:
        since = max(began, placed.since)
        yield Term(begins(since), _after(since, law["detention.police_cell"]), (held.version, placed.version))


def family_placement(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """An unaccompanied minor, and a family with minors, until they are in the family facility (Vc 2000 A5/2.4)."""
    held, minority, placed, began = case.detained, case.minority, placed_now(case), custody_began(case)
    alone = minority.version if minority and minority.minor and minority.unaccompanied else 0
    there = placed is not None and placed.place is PlacementKind.FAMILY_FACILITY
    if held and began and (young := alone or with_minors(case)) and not there:
        yield Term(begins(began), _after(began, law["detention.family_placement"]), (young, held.version))


# ------------------------------------------------------------------ papers and support


def presentation(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """After a laissez-passer was ordered: when the date must be known, when it must be held, and when to remind or withdraw."""
    ordered, shown = case.laissez_passer, case.presentation
    if ordered is None or ordered.ordered_on is None or (case.document and case.document.version > ordered.version):
        return
    on, relied, waits = ordered.ordered_on, (ordered.version,), shown is None or shown.version < ordered.version
    if waits and case.presentation_planned is None:
        due = _after(on, law["presentation.told_within"])
        yield Term(begins(on), due, relied, "plan_presentation", "told", Counting.CALENDAR)
    if waits:
        held = ends(months_after(on, law["presentation.held_within"]))
        yield Term(begins(on), held, relied, "record_presentation", "held")
    if waits or (shown and shown.outcome is PresentationOutcome.NO_REPLY):
        reply = ends(months_after(on, law["presentation.reply_within"]))
        yield Term(begins(on), reply, relied, "order_laissez_passer", "reply")


def presentability(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Until it was checked, the presentation was held, or a document came."""
    planned, over = case.presentation_planned, (case.presentation, case.document)
    if planned and case.presentable < planned.version and not any(facet and facet.version > planned.version for facet in over):
        due = ends(working_days_before(planned.on, law["presentation.check_before"]))
        yield Term(None, due, (planned.version,))


def iom_support(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    asked = case.iom_asked
    if asked is not None:
        yield Term(begins(asked.on), _after(asked.on, law["support.iom_valid"]), (asked.version,))


# ------------------------------------------------------------------ after the departure


def entry_ban(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """From the day the person really left (Vw 2000 art. 66a(4)): one who has not left has none that runs."""
    if (over := _ban_ends(case)) and case.departure and case.decision:
        starts = begins(day_of(case.departure.departed_at))
        yield Term(starts, begins(over), (case.decision.version, case.departure.version))


def retention(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """So long after the departure, or after the end of the entry ban; after a closing without one, a human decides as well."""
    if case.phase is not Phase.CLOSED or case.phase_since is None:
        return
    left = case.departure if case.outcome in _LEFT else None
    since = day_of(left.departed_at if left else case.phase_since)
    since = max(since, _ban_ends(case) or since)
    due = ends(years_after(since, law["retention.after_departure"]))
    yield Term(begins(since), due, (left.version if left else case.closed_version,))


def _ban_ends(case: DepartureCase) -> date | None:
    """The first day after the entry ban, that of the departure counted in; None for none that runs. A decision of after the
    departure is about a later stay."""
    left, decision = case.departure, case.decision
    if left is None or decision is None or not decision.entry_ban_years or decision.decided_on > day_of(left.departed_at):
        return None
    return years_after(day_of(left.departed_at), decision.entry_ban_years)


_LEFT = frozenset({Outcome.INDEPENDENT_SUPERVISED, Outcome.FORCED, Outcome.DUBLIN_TRANSFER})


# ------------------------------------------------------------------ small things


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

extension_ends = partial(hold_ends, _EXTENDED)
deferral_ends = partial(hold_ends, _ART64)
pregnancy_ends = partial(hold_ends, _PREGNANT)
reflection_ends = partial(hold_ends, _REFLECTION)
other_hold_ends = partial(hold_ends, _OTHER)
