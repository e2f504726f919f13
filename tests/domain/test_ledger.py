"""The ledger of detention: each article's stretches and days, what they are out of, what is left, and what stops the clock."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dtv_workflow.domain.chapters.closing import CaseClosed, CaseReopened
from dtv_workflow.domain.chapters.family import FamilyLinked
from dtv_workflow.domain.chapters.voluntary_departure import VoluntaryDepartureChosen
from dtv_workflow.domain.detention import MAY_LIFT, Clock, ledger
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    Basis,
    FamilyException,
    LiftCause,
    Outcome,
    ReopenCause,
    StretchEnd,
)
from tests.domain.detained import A59, A59A, A59B, DETAINED, START, extended, lifted, on, ordered, reported
from tests.domain.told import Happened, told

FIRST = 3
"""The version of the first event told: the opening takes two."""


def clocks(*happened: Happened, day: date, opened: str = "2026-01-05T10:00") -> dict[Article, Clock]:
    return {clock.article: clock for clock in ledger(told(*happened, opened=opened), in_force(day), day)}


def the(*happened: Happened, day: date, opened: str = "2026-01-05T10:00") -> Clock:
    [clock] = clocks(*happened, day=day, opened=opened).values()
    return clock


SWITCHED: tuple[Happened, ...] = (
    ("2026-01-10T10:00", ordered(basis=Basis.A59_1_A)),
    ("2026-04-20T10:00", lifted()),
    ("2026-04-20T10:00", ordered(A59B, basis=Basis.A59B_1_B)),
    ("2026-05-18T10:00", lifted(A59B, LiftCause.COURT)),
    ("2026-05-18T10:00", ordered(basis=Basis.A59_1_A)),
)
"""Golden scenario G10: 100 days under 59, 28 under 59b, and 59 again."""


def test_nobody_detained_has_no_clock():
    assert clocks(day=date(2026, 3, 1)) == {}


def test_vc_a5_6_8_a_switch_of_article_starts_the_other_clock_and_its_day_counts_once():
    found = clocks(*SWITCHED, day=date(2026, 8, 6))
    assert list(found) == [A59, A59B]
    assert [(s.since, s.to, s.days) for s in found[A59].stretches] == [
        (date(2026, 1, 10), date(2026, 4, 20), 100), (date(2026, 5, 18), None, 80),
    ]  # fmt: skip
    assert [(s.since, s.to, s.days) for s in found[A59B].stretches] == [(date(2026, 4, 20), date(2026, 5, 18), 28)]
    assert found[A59].used + found[A59B].used == (date(2026, 8, 6) - START).days


def test_a_stretch_names_its_basis_and_the_versions_that_began_and_ended_it():
    found = clocks(*SWITCHED, day=date(2026, 8, 6))
    first, running = found[A59].stretches
    assert (first.basis, first.began, first.ended, first.cause) == (Basis.A59_1_A, FIRST, FIRST + 1, LiftCause.PURPOSE_GONE)
    assert (running.began, running.ended, running.cause) == (FIRST + 4, 0, None)
    [asylum] = found[A59B].stretches
    assert (asylum.began, asylum.ended, asylum.cause) == (FIRST + 2, FIRST + 3, LiftCause.COURT)


def test_g10_the_days_left_and_the_last_day_come_from_all_stretches_of_the_article():
    clock = clocks(*SWITCHED, day=date(2026, 8, 1))[A59]
    assert (clock.running, clock.used, clock.maximum, clock.left) == (True, 175, 180, 5)
    assert clock.last_day == date(2026, 8, 5)
    assert clock.besides == {A59B: 28}
    later = clocks(*SWITCHED, day=date(2026, 8, 8))[A59]
    assert (later.used, later.left, later.last_day) == (182, 0, date(2026, 8, 5)), "days too long are told as they are"


def test_vw_59_6_an_extension_lengthens_the_maximum_and_its_own_end_is_the_last_day():
    longer = (*SWITCHED, ("2026-07-01T10:00", extended(date(2026, 12, 31), basis=Basis.A59_1_A)))
    clock = clocks(*longer, day=date(2026, 8, 8))[A59]
    assert (clock.used, clock.maximum, clock.left, clock.extended) == (182, 540, 358, FIRST + 5)
    assert clock.last_day == date(2026, 12, 30)


def test_vw_59_4_the_narrower_term_of_the_basis_says_what_is_left():
    clock = the((on(START), ordered(basis=Basis.A59_2)), day=START + timedelta(20))
    assert [(t.name, t.used, t.maximum, t.left) for t in clock.terms] == [("59", 20, 180, 160), ("59_4", 20, 28, 8)]
    assert (clock.used, clock.maximum, clock.left, clock.last_day) == (20, 180, 8, START + timedelta(27))
    assert [t.law for t in clock.terms] == ["Vw 2000 art. 59(5), (6)", "Vw 2000 art. 59(4)"]


def test_vw_59b_4_the_maximum_of_59b_follows_the_last_basis():
    on_d = (on(START), ordered(A59B, basis=Basis.A59B_1_D))
    assert the(on_d, day=date(2026, 3, 1)).maximum == 180
    begun_on_a = ordered(A59B, basis=Basis.A59B_1_A, intention_procedure=True)
    on_a = (("2026-02-01T10:00", lifted(A59B)), ("2026-02-01T10:00", begun_on_a))
    assert the(on_d, *on_a, day=date(2026, 2, 5)).maximum == 42
    assert the(on_d, *on_a, ("2026-02-10T10:00", lifted(A59B)), day=date(2026, 3, 1)).maximum == 42


def test_a_clock_that_does_not_run_has_no_last_day_and_nothing_stops_it():
    clock = the(DETAINED, ("2026-02-10T10:00", lifted()), day=date(2026, 3, 1))
    assert (clock.running, clock.used, clock.left, clock.last_day, clock.stops) == (False, 31, 149, None, ())


def test_what_stops_the_clock_is_said_in_both_languages():
    clock = the(DETAINED, day=date(2026, 3, 1))
    english, dutch = ([said[n] for said in clock.stops] for n in (0, 1))
    assert len(clock.stops) == 6
    assert english != dutch
    assert all(role.value.replace("_", " ") in english[0] and role.nl in dutch[0] for role in MAY_LIFT)
    assert "2026-07-09" in english[-1]
    assert "2026-07-09" in dutch[-1]
    assert clock.last_day == date(2026, 7, 8)


def test_a_choice_of_independent_departure_stops_the_clock_with_its_cause():
    chosen = (VoluntaryDepartureChosen(statement="signed"), lifted(cause=LiftCause.WISH_AND_OPPORTUNITY))
    clock = the(DETAINED, ("2026-02-01T10:00", chosen[0]), chosen[1], day=date(2026, 3, 1))
    assert (clock.stretches[0].cause, clock.used) == (LiftCause.WISH_AND_OPPORTUNITY, 22)


def test_closing_stops_the_clock_on_the_day_somebody_left_and_reopening_keeps_the_days():
    closed = CaseClosed(outcome=Outcome.FORCED, ended_on=date(2026, 1, 30), age_band=AgeBand.UNKNOWN)
    again = (("2026-03-01T10:00", CaseReopened(cause=ReopenCause.REAPPEARED, episode=2)), ("2026-03-05T10:00", ordered()))
    clock = the(DETAINED, ("2026-02-02T10:00", closed), *again, day=date(2026, 3, 15))
    assert (clock.stretches[0].cause, clock.stretches[0].ended) == (StretchEnd.CASE_CLOSED, FIRST + 1)
    assert ([s.days for s in clock.stretches], clock.used) == ([20, 10], 30)


@pytest.mark.parametrize(("told_since", "days", "used"), [
    (date(2026, 1, 15), [10, 15], 25),  # within the earlier stretch: its last five days are told of twice
    (date(2026, 1, 5), [30, 0], 30),    # before it: the earlier one lies within what is told now
    (date(2026, 1, 22), [10, 13], 23),
])  # fmt: skip
def test_overlapping_reports_are_told_as_they_came_and_counted_once(told_since, days, used):
    told_again = (DETAINED, ("2026-01-20T10:00", lifted()), ("2026-02-01T10:00", reported(told_since)))
    clock = the(*told_again, day=date(2026, 2, 4))
    assert ([s.days for s in clock.stretches], clock.used) == (days, used)


def test_a_detention_reported_anew_ends_the_one_that_ran():
    clock = the(DETAINED, ("2026-01-20T10:00", reported(date(2026, 1, 15))), day=date(2026, 1, 25))
    assert [(s.days, s.ended, s.cause) for s in clock.stretches] == [(5, FIRST + 1, StretchEnd.REPORTED_ANEW), (10, 0, None)]


def test_a_detention_reported_as_of_before_the_one_that_ran_leaves_that_one_without_days_and_never_backwards():
    clock = the(DETAINED, ("2026-01-20T10:00", reported(date(2026, 1, 5))), day=date(2026, 1, 25))
    assert [(s.since, s.to, s.days) for s in clock.stretches] == [
        (date(2026, 1, 5), None, 20), (date(2026, 1, 10), date(2026, 1, 10), 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("start", "last"), [
    (date(2024, 2, 1), date(2024, 7, 29)),    # over the 29th of February
    (date(2025, 2, 1), date(2025, 7, 30)),
    (date(2028, 2, 29), date(2028, 8, 26)),   # begun on one
    (date(2027, 10, 1), date(2028, 3, 28)),
    (date(2026, 3, 28), date(2026, 9, 23)),   # over both changes of the clock, begun the day before
    (date(2025, 10, 25), date(2026, 4, 22)),
])  # fmt: skip
@pytest.mark.parametrize("clock", ["00:00", "23:59"])
def test_vc_a5_6_8_the_last_day_is_the_180th_over_leap_days_and_clock_changes(start, last, clock):
    found = the((on(start, clock), ordered()), day=start, opened=f"{start.year - 1}-01-05T10:00")
    assert (found.used, found.left, found.last_day) == (0, 180, last)
    at_last = the((on(start, clock), ordered()), day=last, opened=f"{start.year - 1}-01-05T10:00")
    assert (at_last.used, at_last.left, at_last.last_day) == (179, 1, last)


FAMILY = FamilyLinked(cases=("01B",), assessed=True, with_minors=True)


@pytest.mark.parametrize("article", [A59, A59A])
def test_vc_a5_2_4_a_familys_two_weeks_stand_in_the_ledger(article):
    clock = the(FAMILY, (on(START), ordered(article)), day=START + timedelta(10))
    assert [(t.name, t.used, t.left) for t in clock.terms][-1] == ("family", 10, 4)
    assert (clock.left, clock.last_day) == (4, START + timedelta(13))


@pytest.mark.parametrize("exception", list(FamilyException))
def test_vc_a5_2_4_an_exception_leaves_the_term_of_the_article(exception):
    clock = the(FAMILY, (on(START), ordered(family_exception=exception)), day=START + timedelta(10))
    assert [t.name for t in clock.terms] == ["59"]
    assert clock.last_day == START + timedelta(179)


def test_vc_a5_2_4_under_59b_no_two_weeks_are_counted():
    assert [t.name for t in the(FAMILY, (on(START), ordered(A59B)), day=START).terms] == ["59b"]
