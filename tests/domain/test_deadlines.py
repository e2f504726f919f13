"""Deadlines: one row of the table at a time. Given what is known of a case, at a moment, then this is due, and that proposed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.deadlines import TIMERS, Deadline, deadlines
from dtv_workflow.domain.facets import (
    Booking,
    Detained,
    DublinAcceptance,
    Extension,
    Family,
    Hold,
    Interval,
    Interview,
    Minority,
    Plan,
    Proposal,
    Removability,
    ReturnDecision,
    TravelDocument,
    Wish,
)
from dtv_workflow.domain.law.ruleset import in_force, shipped
from dtv_workflow.domain.vocabulary import (
    Article,
    Basis,
    DecisionKind,
    FamilyException,
    HoldKind,
    InterviewKind,
    Phase,
    RemovabilityAnswer,
    Strategy,
    TravelDocumentKind,
)
from dtv_workflow.domain.workflow import STEPS

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
LAW = in_force(NOW.date())
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def given(**facets: Any) -> DepartureCase:
    """A case of which this is known, opened on `OPENED`."""
    defaults: dict[str, Any] = {"id": "A", "episode": 1, "phase": Phase.MOTIVATION}
    defaults |= dict.fromkeys(("opened_at", "episode_began", "phase_since"), OPENED)
    return DepartureCase(**(defaults | facets))


def due(case: DepartureCase, code: str, now: datetime = NOW) -> list[Deadline]:
    return [d for d in deadlines(case, LAW, now) if d.code == code]


def the(case: DepartureCase, code: str, now: datetime = NOW) -> Deadline:
    (found,) = due(case, code, now)
    return found


def spoken(on: date) -> Interview:
    return Interview(version=9, kind=InterviewKind.FIRST, on=on)


def decision(served_on: date, term_days: int = 28) -> ReturnDecision:
    return ReturnDecision(
        version=3, kind=DecisionKind.RETURN, decided_on=served_on, served_on=served_on, term_days=term_days, reasoned=False
    )


def booking(departs_at: datetime, **more: Any) -> Booking:
    return Booking(version=20, departs_at=departs_at, mode=None, destination="MA", **more)


def checked(at: datetime) -> Removability:
    return Removability(version=15, answer=RemovabilityAnswer.REMOVABLE, checked_at=at)


# ------------------------------------------------------------------ the table


def test_every_timer_proposes_a_step_that_exists_and_names_parameters_that_exist():
    assert [t.code for t in TIMERS if t.proposes and t.proposes not in STEPS] == []
    assert [t.code for t in TIMERS if not t.proposes] == ["D37"], "what is over"
    named = [p for t in TIMERS for p in t.length if "." in p and " " not in p]
    known = {p.name for delta in shipped() for p in delta.parameters}
    assert [p for p in named if p not in known] == []
    assert {p for t in TIMERS for p in t.warns} <= known
    assert [t.code for t in TIMERS] == sorted([*(f"D{n:02}" for n in range(1, 40)), "D31"]), "a transfer has a term and a notice"


def test_both_languages_say_what_is_due():
    assert all(t.what.en and t.what.nl and t.what.en != t.what.nl for t in TIMERS)


def test_in_a_case_that_is_not_open_no_term_runs_but_what_outlives_it():
    wish = Wish(version=5, since=NOW)
    assert deadlines(given(phase=Phase.UNOPENED, wish=wish), LAW, NOW) == []
    assert [d.code for d in deadlines(given(phase=Phase.CLOSED, closed_version=9, wish=wish), LAW, NOW)] == ["D38"]


def test_the_soonest_comes_first_and_nothing_of_the_case_changes():
    case = given(wish=Wish(version=5, since=NOW), decision=decision(date(2026, 3, 2)))
    before = repr(case)
    assert [d.code for d in deadlines(case, LAW, NOW)] == ["D07", "D04", "D01", "D03"]
    assert repr(case) == before


# ------------------------------------------------------------------ row by row


def test_d01_departure_term_ends_with_its_last_day_across_the_change_to_summer_time():
    found = the(given(decision=decision(date(2026, 3, 2))), "D01")
    assert found.due == utc("2026-03-31T00:00:00+02:00")
    assert (found.starts, found.relied) == (utc("2026-03-02T00:00:00+01:00"), (3,))


@pytest.mark.parametrize("over", [
    {"decision": decision(date(2026, 3, 2), 0)},
    {"phase": Phase.FORCED_DEPARTURE},
    {"phase": Phase.VOLUNTARY_DEPARTURE},
    {"proposal": Proposal(version=8, by="RV-07", exception=None)},
    {"interviews": [spoken(date(2026, 3, 31))]},
])
def test_d01_stops_with_a_term_of_nothing_a_choice_a_proposal_or_an_interview_after_it(over):
    assert due(given(**({"decision": decision(date(2026, 3, 2))} | over)), "D01") == []


def test_d04_first_interview_counts_from_the_opening():
    found = the(given(), "D04")
    assert (found.due, found.proposes) == (utc("2026-03-17T00:00:00+01:00"), "record_interview"), "Monday the 16th is the tenth"
    assert due(given(interviews=[spoken(date(2026, 3, 9))]), "D04") == []


def test_d04_counts_anew_in_a_new_episode():
    again, later = utc("2026-03-08T23:30:00+00:00"), utc("2026-03-09T12:00:00+00:00")
    case = given(episode=2, phase=Phase.MOTIVATION, episode_began=again, phase_since=later, reopened=31)
    assert (the(case, "D04").due, the(case, "D04").starts) == (utc("2026-03-24T00:00:00+01:00"), again)
    assert the(case, "D04").relied == (31,)


def test_d05_next_interview_is_28_days_later_in_freedom():
    assert the(given(interviews=[spoken(date(2026, 3, 9))]), "D05").due == utc("2026-04-07T00:00:00+02:00")


def test_d05_next_interview_is_14_days_later_in_detention_counted_from_the_later_of_the_two():
    held = Detained(version=12, article=Article.A59, since=date(2026, 3, 10))
    assert the(given(interviews=[spoken(date(2026, 3, 2))], detained=held), "D05").due == utc("2026-03-25T00:00:00+01:00")
    assert the(given(interviews=[spoken(date(2026, 3, 12))], detained=held), "D05").due == utc("2026-03-27T00:00:00+01:00")


def test_d06_plan_review_on_the_day_the_plan_names_or_60_days_after_it_was_adopted():
    adopted = date(2026, 3, 2)
    named = Plan(version=6, strategy=Strategy.VOLUNTARY, adopted_on=adopted, next_review=date(2026, 4, 1))
    unnamed = Plan(version=6, strategy=Strategy.VOLUNTARY, adopted_on=adopted, next_review=None)
    assert the(given(plan=named), "D06").due == utc("2026-04-02T00:00:00+02:00")
    assert the(given(plan=unnamed), "D06").due == utc("2026-05-02T00:00:00+02:00")


def test_d07_a_wish_is_assessed_within_24_hours_on_the_clock_also_when_the_clock_is_changed():
    since = utc("2026-03-28T12:00:00+01:00")
    found = the(given(wish=Wish(version=5, since=since)), "D07", since)
    assert found.due == utc("2026-03-29T13:00:00+02:00")
    assert found.proposes == "assess_opportunity"


def test_d07_stops_with_an_assessment():
    assert due(given(wish=Wish(version=5, since=NOW, assessed=7)), "D07") == []


def test_d08_the_answer_goes_stale_in_the_forced_track_only():
    check = checked(utc("2026-03-25T10:00:00+01:00"))
    assert due(given(removability=check), "D08") == []
    assert the(given(removability=check, phase=Phase.FORCED_DEPARTURE), "D08").due == utc("2026-04-01T11:00:00+02:00")


def test_d08_a_booking_needs_an_answer_of_the_day_it_departs():
    live = {"R1": booking(utc("2026-03-20T12:00:00+01:00"))}
    found = the(given(removability=checked(NOW), phase=Phase.FORCED_DEPARTURE, bookings=live), "D08")
    assert (found.due, found.about) == (utc("2026-03-20T12:00:00+01:00"), "R1")
    same_day = checked(utc("2026-03-20T07:00:00+01:00"))
    assert due(given(removability=same_day, phase=Phase.FORCED_DEPARTURE, bookings=live), "D08", same_day.checked_at) == []


def test_d10_the_court_is_told_by_the_end_of_day_28():
    held = Detained(version=12, article=Article.A59, since=date(2026, 10, 1))
    now = utc("2026-10-05T09:00:00+02:00")
    assert the(given(detained=held), "D10", now).due == utc("2026-10-30T00:00:00+01:00")
    assert due(given(detained=held, court_notified=13), "D10", now) == []
    assert due(given(detained=held, court_notified=4), "D10", now) != [], "that was an earlier detention"


def test_d10_vw_94_7_the_court_is_told_anew_of_an_extension_under_59():
    held = Detained(version=12, article=Article.A59, since=date(2026, 3, 1))
    given_on = Extension(version=20, on=date(2026, 8, 1), until=date(2026, 12, 1))
    longer = given(detained=held, court_notified=13, extended={"59": given_on})
    assert (the(longer, "D10").due, the(longer, "D10").relied) == (utc("2026-08-30T00:00:00+02:00"), (20,))
    assert due(given(detained=held, court_notified=21, extended={"59": given_on}), "D10") == []
    later = Detained(version=22, article=Article.A59, since=date(2026, 3, 1))
    assert the(given(detained=later, extended={"59": given_on}), "D10").relied == (22,), "the new detention is told of first"
    asylum = Detained(version=12, article=Article.A59B, since=date(2026, 3, 1))
    assert due(given(detained=asylum, court_notified=13, extended={"59b": given_on, "59": given_on}), "D10") == []


@pytest.mark.parametrize(("article", "code", "ends"), [
    (Article.A59, "D13", "2026-09-06T00:00:00+02:00"),
    (Article.A59B, "D15", "2026-04-07T00:00:00+02:00"),
    (Article.A59A, "D16", "2026-04-21T00:00:00+02:00"),
])
def test_detention_reaches_its_maximum_at_the_first_moment_of_the_day_the_count_does(article, code, ends):
    case = given(detained=Detained(version=12, article=article, since=date(2026, 3, 10)))
    found = the(case, code)
    assert (found.due, found.proposes) == (utc(ends), "lift_detention")
    on = found.due.astimezone(utc(ends).tzinfo) + timedelta(hours=3)
    assert case.detention_days(article, on.date()) == LAW[f"detention.{article.value}.maximum"]
    assert {d.code for d in deadlines(case, LAW, NOW)} & {"D13", "D15", "D16"} == {code}


def test_d13_counts_earlier_days_and_an_extension_runs_to_its_day():
    held = Detained(version=12, article=Article.A59, since=date(2026, 3, 10))
    other = Interval(Article.A59A, date(2026, 2, 1), date(2026, 2, 9))
    before = [Interval(Article.A59, date(2026, 1, 1), date(2026, 1, 31)), other]
    assert the(given(detained=held, intervals=before), "D13").due == utc("2026-08-07T00:00:00+02:00")
    longer = Extension(version=14, on=date(2026, 8, 1), until=date(2026, 12, 1))
    extended = given(detained=held, extended={"59": longer}, detention_until=longer.until)
    assert the(extended, "D13").due == utc("2026-12-01T00:00:00+01:00")
    assert (the(extended, "D13").relied, the(extended, "D13").about) == ((12, 14), "59")


def test_d13_counts_no_day_twice_that_a_report_and_an_earlier_stretch_both_tell_of():
    held = Detained(version=12, article=Article.A59, since=date(2026, 1, 10))
    case = given(detained=held, intervals=[Interval(Article.A59, date(2026, 1, 1), date(2026, 1, 20))])
    found = the(case, "D13").due
    assert found == utc("2026-06-30T00:00:00+02:00")
    assert case.detention_days(Article.A59, date(2026, 6, 30)) == LAW["detention.59.maximum"]


@pytest.mark.parametrize(("basis", "intention", "code", "ends"), [
    (Basis.A59_1_B, False, "D14", "2026-04-07T00:00:00+02:00"),
    (Basis.A59_1_B, True, "D14", "2026-04-21T00:00:00+02:00"),
    (Basis.A59_2, False, "D14", "2026-04-07T00:00:00+02:00"),
    (Basis.A59B_1_A, False, "D15", "2026-04-07T00:00:00+02:00"),
    (Basis.A59B_1_A, True, "D15", "2026-04-21T00:00:00+02:00"),
    (Basis.A59B_1_D, False, "D15", "2026-09-06T00:00:00+02:00"),
])
def test_d14_and_d15_follow_the_basis_of_the_detention(basis, intention, code, ends):
    held = Detained(version=12, article=basis.article, since=date(2026, 3, 10), basis=basis, intention=intention)
    found = the(given(detained=held), code)
    assert (found.due, found.proposes) == (utc(ends), "lift_detention")


def test_d14_runs_beside_d13_and_not_under_59_1_a():
    held = Detained(version=12, article=Article.A59, since=date(2026, 3, 10), basis=Basis.A59_2)
    assert the(given(detained=held), "D13").due == utc("2026-09-06T00:00:00+02:00")
    whole = Detained(version=12, article=Article.A59, since=date(2026, 3, 10), basis=Basis.A59_1_A)
    assert due(given(detained=whole), "D14") == []


# ------------------------------------------------------------------ families

CHILD = Minority(version=5, minor=True, unaccompanied=False)
PARENT = Family(version=6, cases=("01B",), assessed=True, with_minors=True)


def family_held(article: Article = Article.A59, **more: Any) -> Detained:
    return Detained(version=12, article=article, since=date(2026, 3, 10), **more)


@pytest.mark.parametrize("family", [{"minority": CHILD}, {"family": PARENT}], ids=["child", "parent"])
@pytest.mark.parametrize("article", [Article.A59, Article.A59A])
def test_d18_a_familys_two_weeks_end_and_propose_the_lift(family, article):
    found = the(given(detained=family_held(article), **family), "D18")
    assert (found.due, found.proposes, found.about) == (utc("2026-03-24T00:00:00+01:00"), "lift_detention", "family")
    assert found.relied == (5 if "minority" in family else 6, 12)
    assert due(given(detained=family_held(Article.A59B), **family), "D18") == []
    assert due(given(detained=family_held(article)), "D18") == []


def test_d18_counts_the_days_under_both_articles():
    dublin = Interval(Article.A59A, date(2026, 2, 1), date(2026, 2, 6))
    before = [dublin, Interval(Article.A59B, date(2026, 2, 6), date(2026, 2, 20))]
    found = the(given(detained=family_held(), intervals=before, family=PARENT), "D18")
    assert found.due == utc("2026-03-19T00:00:00+01:00")


def test_d18_does_not_run_after_physical_resistance():
    resisted = family_held(family_exception=FamilyException.PHYSICAL_RESISTANCE)
    assert due(given(detained=resisted, family=PARENT), "D18") == []


@pytest.mark.parametrize(("answer", "since", "ends"), [
    (RemovabilityAnswer.REMOVABLE, "2026-03-30T10:00:00+02:00", "2026-04-13T00:00:00+02:00"),
    (RemovabilityAnswer.REMOVABLE, "2026-03-01T10:00:00+01:00", "2026-03-24T00:00:00+01:00"),
    (RemovabilityAnswer.NOT_REMOVABLE, "2026-03-30T10:00:00+02:00", None),
])
def test_d18_after_a_late_procedure_two_weeks_run_from_when_the_family_became_removable(answer, since, ends):
    late = family_held(family_exception=FamilyException.LATE_PROCEDURE)
    known = Removability(version=15, answer=answer, checked_at=utc("2026-04-02T10:00:00+02:00"), since=utc(since))
    found = due(given(detained=late, family=PARENT, removability=known), "D18")
    assert [d.due for d in found] == ([utc(ends)] if ends else [])
    assert due(given(detained=late, family=PARENT), "D18") == []


def test_d28_a_travel_document_holds_through_its_last_day():
    passport = TravelDocument(
        version=7, document=TravelDocumentKind.PASSPORT, valid_from=date(2020, 1, 1), valid_until=date(2026, 10, 24)
    )
    assert the(given(document=passport), "D28").due == utc("2026-10-25T00:00:00+02:00")


def test_d29_and_d30_count_hours_back_from_the_departure():
    live = {"R1": booking(utc("2026-03-30T12:00:00+02:00"))}
    case = given(phase=Phase.FORCED_DEPARTURE, bookings=live)
    assert the(case, "D29").due == utc("2026-03-28T11:00:00+01:00")
    assert the(case, "D30").due == utc("2026-03-28T23:00:00+01:00")
    done = given(phase=Phase.FORCED_DEPARTURE, bookings={"R1": booking(utc("2026-03-30T12:00:00+02:00"), precheck=21, notice=22)})
    assert due(done, "D29") + due(done, "D30") == []


@pytest.mark.parametrize("ended", [{"cancelled": 25}, {"completed": 25}])
def test_a_booking_that_ended_or_departed_has_no_terms(ended):
    assert due(given(bookings={"R1": booking(utc("2026-03-30T12:00:00+02:00"), **ended)}), "D29") == []
    assert due(given(bookings={"R1": booking(NOW - timedelta(hours=1))}), "D29") == []


@pytest.mark.parametrize(("phase", "proposes"), [
    (Phase.MOTIVATION, "propose_forced_track"), (Phase.FORCED_DEPARTURE, "book_removal"),
])
def test_d31_before_the_latest_transfer_date_the_transfer_after_it_the_ind(phase, proposes):
    accepted = DublinAcceptance(
        version=4, member_state="DE", accepted_on=date(2026, 3, 1), latest_transfer_on=date(2026, 9, 1)
    )
    case = given(phase=phase, dublin=accepted)
    assert (the(case, "D31").due, the(case, "D31").proposes) == (utc("2026-09-02T00:00:00+02:00"), proposes)
    assert the(case, "D31", utc("2026-09-02T00:00:00+02:00")).proposes == "close_other"


@pytest.mark.parametrize(("kind", "code"), [
    (HoldKind.DEPARTURE_TERM_EXTENDED, "D02"), (HoldKind.ART64_GRANTED, "D21"), (HoldKind.PREGNANCY_WINDOW, "D24"),
    (HoldKind.TRAFFICKING_REFLECTION, "D25"), (HoldKind.MORATORIUM, "D39"),
])
def test_a_hold_with_an_end_asks_for_a_new_answer_of_the_ind(kind, code):
    until = utc("2026-04-01T00:00:00+02:00")
    held = {"B1": Hold(version=8, kind=kind, until=until)}
    found = the(given(holds=held), code)
    assert (found.due, found.about, found.proposes) == (until, "B1", "record_removability")
    assert due(given(holds=held, removability=checked(until)), code, until) == []


def test_a_hold_without_an_end_and_the_running_departure_term_are_no_deadlines_of_their_own():
    held = {
        "B1": Hold(version=8, kind=HoldKind.ECHR_RULE39),
        "B2": Hold(version=8, kind=HoldKind.DEPARTURE_TERM_RUNNING, until=NOW),
    }
    assert [d.about for d in deadlines(given(holds=held), LAW, NOW) if d.about] == []
