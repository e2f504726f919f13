"""What runs beside the case: procedures, whereabouts and supervision, papers and support, and what outlives it. As `terms`."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.detention import custody_began, placed_now, with_minors
from dtv_workflow.domain.facets import Dated
from dtv_workflow.domain.fields import day_of, known_date
from dtv_workflow.domain.law.calendar import last_of, months_after, working_days_before, years_after
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.procedures import AppealAgainst, Counting, PlacementKind
from dtv_workflow.domain.terms import Found, Term, after, begins, ends, utc
from dtv_workflow.domain.vocabulary import DecisionKind, Measure, Outcome, Phase, PresentationOutcome, Regime

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
    if case.detained is None or received is None or _ruled_on(case, received) or received.on < case.detained.since:
        return
    if heard is not None:
        due, relied = after(heard.on, law["court.ruling_within"]), (received.version, heard.version)
        yield Term(begins(heard.on), due, relied, "record_court_decision", "ruling")
        return
    later = case.court_ruled is not None and case.court_ruled.version > case.detained.version
    days = law["court.inquiry_within" if later else "court.hearing_within"]
    yield Term(begins(received.on), after(received.on, days), (received.version,), "record_court_hearing", "hearing")


def _ruled_on(case: DepartureCase, asked: Dated) -> bool:
    """Whether a court ruled since it was appealed to or told: by the order told, or, of other days, by the days."""
    ruled = case.court_ruled
    return ruled is not None and (ruled.version > asked.version or ruled.on > asked.on)


def progress_report(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    appeal = case.appeals.get(AppealAgainst.DETENTION.value)
    if case.detained is None or appeal is None or appeal.on < case.detained.since:
        return
    if case.progress_sent < appeal.version and not _ruled_on(case, appeal):
        yield Term(begins(appeal.on), after(appeal.on, law["court.progress_report_within"]), (appeal.version,))


def art64_answer(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """On the day itself, else after one prolongation: both run until there is an answer."""
    asked = case.art64
    if asked is None or asked.refused_at is not None:
        return
    yield Term(begins(asked.on), ends(asked.on), (asked.version,), about="same_day")
    yield Term(begins(asked.on), after(asked.on, law["art64.decide_extended"]), (asked.version,), about="prolonged")


def art64_relief(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """After a refusal, until relief was asked, or removability was asked anew after that day."""
    asked, appeal = case.art64, case.appeals.get(AppealAgainst.ART64.value)
    if asked is None or asked.refused_at is None or (appeal and appeal.version > asked.version):
        return
    due = utc(asked.refused_at) + timedelta(hours=law["art64.relief_within"])
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
    young = case.opened_at is not None and case.opened_at < begins(years_after(born, law["minor.under"]))
    minor = case.minority.minor if case.minority else young
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
        yield Term(missed.at, utc(missed.at) + timedelta(hours=hours), (missed.version,))


def area_restriction(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    measure = case.supervision
    if measure and measure.measure is Measure.AREA_RESTRICTION and measure.since:
        yield Term(begins(measure.since), after(measure.since, law["supervision.area_restriction"]), (measure.version,))


def police_cell(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """Five days, that of the order not counted (Vc 2000 A5/6.10)."""
    held, placed, began = case.detained, placed_now(case), custody_began(case)
    if held and began and placed and placed.place is PlacementKind.POLICE_CELL:
        since = max(began, placed.since)
        yield Term(begins(since), after(since, law["detention.police_cell"]), (held.version, placed.version))


def family_placement(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """An unaccompanied minor, and a family with minors, until they are in the family facility (Vc 2000 A5/2.4)."""
    held, minority, placed, began = case.detained, case.minority, placed_now(case), custody_began(case)
    alone = minority.version if minority and minority.minor and minority.unaccompanied else 0
    there = placed is not None and placed.place is PlacementKind.FAMILY_FACILITY
    if held and began and (young := alone or with_minors(case)) and not there:
        yield Term(begins(began), after(began, law["detention.family_placement"]), (young, held.version))


# ------------------------------------------------------------------ papers and support


def presentation(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """After a laissez-passer was ordered: when the date must be known, when it must be held, and when to remind or withdraw."""
    ordered, shown = case.laissez_passer, case.presentation
    if ordered is None or ordered.ordered_on is None or (case.document and case.document.version > ordered.version):
        return
    on, relied, waits = ordered.ordered_on, (ordered.version,), shown is None or shown.version < ordered.version
    if waits and case.presentation_planned is None:
        due = after(on, law["presentation.told_within"])
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
    """Not where force was begun, nor after the departure lapsed: then support is asked for anew, if at all."""
    asked = case.iom_asked
    if asked is not None and case.phase is not Phase.FORCED_DEPARTURE:
        yield Term(begins(asked.on), after(asked.on, law["support.iom_valid"]), (asked.version,))


# ------------------------------------------------------------------ after the departure


def entry_ban(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """From the day the person really left (Vw 2000 art. 66a(4)): one who has not left has none that runs."""
    if (over := _ban_ends(case)) and case.departure and case.decision:
        starts = begins(day_of(case.departure.departed_at))
        yield Term(starts, begins(over), (case.decision.version, case.departure.version))


def retention(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """When a closed file has been kept long enough; then a human decides."""
    found = retention_ends(case, law)
    if found is not None and case.retention_decided < case.closed_version:
        left = case.departure if case.outcome in _LEFT else None
        yield Term(*found, (left.version if left else case.closed_version,))


def retention_ends(case: DepartureCase, law: Ruleset) -> tuple[datetime, datetime] | None:
    """From when and until when the file of a closed case is kept: so long after the departure, or after the end of the entry
    ban; after a closing without a departure, as long. None for a case that is not closed."""
    if case.phase is not Phase.CLOSED or case.phase_since is None:
        return None
    left = case.departure if case.outcome in _LEFT else None
    since = day_of(left.departed_at if left else case.phase_since)
    since = max(since, _ban_ends(case) or since)
    return begins(since), ends(years_after(since, law["retention.after_departure"]))


def _ban_ends(case: DepartureCase) -> date | None:
    """The first day after the entry ban, that of the departure counted in; None for none that runs. A decision of after the
    departure is about a later stay."""
    left, decision = case.departure, case.decision
    if left is None or decision is None or not decision.entry_ban_years or decision.decided_on > day_of(left.departed_at):
        return None
    return years_after(day_of(left.departed_at), decision.entry_ban_years)


_LEFT = frozenset({Outcome.INDEPENDENT_SUPERVISED, Outcome.FORCED, Outcome.DUBLIN_TRANSFER})
