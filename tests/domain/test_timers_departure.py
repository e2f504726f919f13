"""How long the terms around a departure are: D01 to D09, D20, D28 to D30. Worked out by hand from the law and a calendar.

2026 began on a Thursday. Summer time begins on Sunday 29 March and ends on Sunday 25 October; Good Friday is 3 April, Easter
Monday the 6th, King's Day Monday 27 April, 5 May a Tuesday, Ascension Day Thursday 14 May with the Friday by decree, Whit Monday
25 May, Christmas on Friday and Saturday.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dtv_workflow.domain.chapters.travel_document import TravelDocumentReceived
from dtv_workflow.domain.procedures import AppealAgainst
from dtv_workflow.domain.vocabulary import DecisionKind, HoldKind, Measure, ReopenCause, TravelDocumentKind
from tests.domain.detained import ordered
from tests.domain.timed import (
    RUNS,
    STARTED,
    WISH,
    closed,
    detained,
    filed,
    hold,
    last_day,
    measure,
    missed,
    plan,
    reopened,
    reported,
    starts_on,
    term,
    terms,
    through,
)
from tests.domain.told import booked, checked, decision_of, interview, moment


def on_day(day: str) -> str:
    return f"{day}T10:00"


# ------------------------------------------------------------------ D01, D02, D03: the departure term and the appeal


@pytest.mark.parametrize(("served_on", "days", "last"), [
    ("2026-01-06", 28, "2026-02-03"),  # Tuesday to Tuesday
    ("2026-01-31", 28, "2026-03-02"),  # 28 February is a Saturday
    ("2026-03-02", 28, "2026-03-30"),  # Monday, across the change to summer time
    ("2026-03-06", 28, "2026-04-07"),  # Good Friday: Tuesday after Easter
    ("2026-04-07", 28, "2026-05-06"),  # 5 May
    ("2026-04-16", 28, "2026-05-18"),  # Ascension Day, Friday by decree
    ("2026-09-28", 28, "2026-10-26"),  # Monday, across the change to winter time
    ("2026-11-27", 28, "2026-12-28"),  # Christmas
    ("2024-02-01", 28, "2024-02-29"),  # a leap day
    ("2026-03-05", 1, "2026-03-06"),  # Friday
    ("2026-04-02", 7, "2026-04-09"),  # Thursday over Easter to Thursday
])
def test_d01_vw_62_1_the_departure_term_ends_with_its_last_day_prolonged(served_on, days, last):
    assert last_day("D01", decision_of(served_on, days)) == last
    assert starts_on(term("D01", decision_of(served_on, days))) == served_on
    assert term("D01", decision_of(served_on, days)).proposes == "record_interview"


@pytest.mark.parametrize(("spoken", "runs"), [("2026-02-03T23:59", True), ("2026-02-04T00:00", False)])
def test_d01_an_interview_within_the_term_does_not_end_it_and_one_after_it_does(spoken, runs):
    assert bool(terms("D01", decision_of(), (spoken, interview()))) is runs


def test_d01_a_term_that_was_withheld_does_not_run():
    assert terms("D01", decision_of(term_days=0, reasoned=True)) == []


@pytest.mark.parametrize(("code", "kind"), [
    ("D02", HoldKind.DEPARTURE_TERM_EXTENDED), ("D21", HoldKind.ART64_PENDING), ("D21", HoldKind.ART64_GRANTED),
    ("D24", HoldKind.PREGNANCY_WINDOW), ("D25", HoldKind.TRAFFICKING_REFLECTION), ("D39", HoldKind.APPEAL_SUSPENSIVE),
    ("D39", HoldKind.INTERIM_RELIEF_AWAITABLE), ("D39", HoldKind.ECHR_RULE39), ("D39", HoldKind.MINISTERIAL_STOP),
])  # fmt: skip
def test_d02_and_other_holds_end_at_the_moment_they_say_in_whatever_weekend(code, kind):
    until = "2026-04-05T00:00"  # Easter Sunday: a date that was given is not prolonged
    found = term(code, hold(kind, until))
    assert (found.due, found.about, found.proposes, found.starts) == (moment(until), "H", "record_removability", None)
    assert [d.due for c in ("D02", "D21", "D24", "D25", "D39") if c != code for d in terms(c, hold(kind, until))] == []
    assert terms(code, hold(kind, None)) == []


@pytest.mark.parametrize(("checked_at", "runs"), [("2026-02-09T23:59", True), ("2026-02-10T00:00", False)])
def test_d02_an_answer_given_before_a_hold_ended_is_asked_anew(checked_at, runs):
    assert bool(RUNS["D02"].running("D02", checked(checked_at))) is runs


def test_a_running_departure_term_is_d01_and_no_hold_that_ends():
    running = hold(HoldKind.DEPARTURE_TERM_RUNNING, "2026-02-04T00:00")
    assert [code for code in ("D02", "D21", "D24", "D25", "D39") if terms(code, running)] == []


@pytest.mark.parametrize(("kind", "served_on", "last"), [
    (DecisionKind.RETURN, "2026-03-02", "2026-03-30"),  # Vw 69(1): four weeks
    (DecisionKind.BORDER_REFUSAL, "2026-03-02", "2026-03-30"),
    (DecisionKind.TRANSFER, "2026-03-02", "2026-03-09"),  # Vw 69(4): one week
    (DecisionKind.TRANSFER, "2026-03-27", "2026-04-07"),  # Friday, a week on Good Friday: Tuesday after Easter
    (DecisionKind.TRANSFER, "2026-12-24", "2026-12-31"),  # Christmas and Sunday lie in between, and it ends on Thursday
    (DecisionKind.RETURN, "2026-03-06", "2026-04-07"),  # Good Friday
    (DecisionKind.RETURN, "2026-04-07", "2026-05-06"),  # 5 May
])
def test_d03_vw_69_the_appeal_term_is_four_weeks_and_one_week_against_a_transfer(kind, served_on, last):
    found = term("D03", decision_of(served_on, kind=kind))
    assert (through(found), starts_on(found), found.proposes) == (last, served_on, "record_removability")


@pytest.mark.parametrize(("checked_at", "runs"), [("2026-02-03T23:59", True), ("2026-02-04T00:00", False)])
def test_d03_the_answer_is_asked_anew_after_the_term(checked_at, runs):
    assert bool(terms("D03", decision_of(), checked(checked_at))) is runs


def test_d03_an_appeal_against_an_earlier_decision_or_something_else_is_none_against_this():
    earlier = filed("2026-01-05", AppealAgainst.RETURN_DECISION)
    assert last_day("D03", earlier, decision_of("2026-01-06")) == "2026-02-03"
    assert terms("D03", decision_of("2026-01-06"), filed("2026-01-06", AppealAgainst.RETURN_DECISION)) == []
    assert last_day("D03", decision_of("2026-01-06"), filed("2026-01-20", AppealAgainst.DETENTION)) == "2026-02-03"


# ------------------------------------------------------------------ D04, D05: interviews


@pytest.mark.parametrize(("opened", "last"), [
    ("2026-01-05T10:00", "2026-01-19"),  # Monday: the tenth working day is a Monday
    ("2026-01-09T23:59", "2026-01-23"),  # Friday
    ("2026-01-10T10:00", "2026-01-23"),  # Saturday: Monday the 12th is the first
    ("2026-03-16T10:00", "2026-03-30"),  # across the change of the clock
    ("2026-03-23T10:00", "2026-04-08"),  # 24 to 27, 30 to 2 April (8); Tuesday 7, Wednesday 8 April
    ("2026-04-20T10:00", "2026-05-06"),  # 21 to 24 (4), 28 to 1 May (8), 4 (9), 6 May (10): King's Day and 5 May are off
    ("2026-12-21T10:00", "2027-01-06"),  # 22 to 24 (3), 28 to 31 (7), 4 to 6 January (10)
])
def test_d04_the_first_interview_is_within_ten_working_days(opened, last):
    found = term("D04", opened=opened)
    assert (through(found), found.proposes, found.starts) == (last, "record_interview", moment(opened))


def test_d04_runs_anew_from_a_reopening_and_not_from_the_phase_after_it():
    again = (closed(), reopened("2026-03-02T10:00"))
    assert last_day("D04", interview(), *again) == "2026-03-16"
    found = term("D04", interview(), *again, ("2026-03-09T10:00", STARTED))
    assert (through(found), found.relied) == ("2026-03-16", (5,)), "whatever phase the case is in"


@pytest.mark.parametrize(("spoken", "last"), [
    ("2026-01-06", "2026-02-03"), ("2026-02-01", "2026-03-01"), ("2026-03-06", "2026-04-03"), ("2026-02-28", "2026-03-28"),
])  # fmt: skip
def test_d05_the_next_interview_is_28_days_later_in_freedom_a_norm_that_nothing_prolongs(spoken, last):
    assert last_day("D05", (on_day(spoken), interview())) == last


def test_d05_runs_anew_from_the_last_interview_told_in_whatever_order():
    later, earlier = ("2026-01-20T10:00", interview()), ("2026-01-12T10:00", interview())
    assert last_day("D05", later, earlier) == last_day("D05", earlier, later) == "2026-02-17"


@pytest.mark.parametrize(("spoken", "held", "last"), [
    ("2026-01-06", "2026-01-10", "2026-01-24"),  # detained after it: 14 days from the detention
    ("2026-01-12", "2026-01-10", "2026-01-26"),  # spoken to in detention: 14 days from that
    ("2026-03-20", "2026-01-10", "2026-04-03"),  # Good Friday
])
def test_d05_in_detention_it_is_14_days(spoken, held, last):
    happened = sorted([(on_day(spoken), interview()), (on_day(held), ordered())], key=lambda h: h[0])
    assert last_day("D05", *happened) == last


# ------------------------------------------------------------------ D06 to D09


def test_d06_a_plan_is_reviewed_on_its_day_or_after_sixty_days():
    assert last_day("D06", ("2026-01-06T10:00", plan("2026-04-05"))) == "2026-04-05", "a day that was given, Easter or not"
    assert last_day("D06", ("2026-01-06T23:30", plan())) == "2026-03-07"  # 25 days of January, 28 of February, 7: a Saturday
    assert last_day("D06", ("2026-01-06T10:00", plan()), ("2026-02-02T10:00", plan())) == "2026-04-03"
    assert term("D06", plan("2026-04-05")).starts is None


@pytest.mark.parametrize(("since", "due"), [
    ("2026-01-06T10:00", "2026-01-07T10:00"),
    ("2026-03-28T12:00", "2026-03-29T13:00"),  # the night of 23 hours
    ("2026-10-24T12:00", "2026-10-25T11:00"),  # the night of 25 hours
    ("2026-04-03T12:00", "2026-04-04T12:00"),  # Good Friday: hours are never prolonged
    ("2028-02-28T12:00", "2028-02-29T12:00"),
])
def test_d07_vw_59_3_a_wish_is_assessed_within_24_hours_on_the_clock(since, due):
    found = term("D07", (since, WISH))
    assert (found.due, found.starts, found.proposes) == (moment(due), moment(since), "assess_opportunity")
    assert found.due - moment(since) == timedelta(hours=24)


@pytest.mark.parametrize(("at", "due"), [
    ("2026-01-06T10:00", "2026-01-13T10:00"),
    ("2026-03-25T10:00", "2026-04-01T11:00"),  # seven times 24 hours, across the change
    ("2026-10-20T10:00", "2026-10-27T09:00"),
])
def test_d08_an_answer_is_fresh_for_seven_days_on_the_clock(at, due):
    assert term("D08", checked(at), STARTED).due == moment(due)
    assert terms("D08", STARTED) == [], "there is no answer that could go stale"


def test_d08_with_a_booking_the_answer_is_of_its_day():
    flight = booked(departs_at="2026-03-06T12:00")
    found = term("D08", checked("2026-03-05T23:59"), STARTED, flight)
    assert (found.due, found.about) == (moment("2026-03-06T12:00"), "R1")
    assert terms("D08", checked("2026-03-06T00:00"), STARTED, flight) == []
    assert [d.about for d in terms("D08", STARTED, flight, booked("R2", "2026-03-09T12:00"))] == ["R1", "R2"]
    assert terms("D08", STARTED, flight)[0].starts is None


@pytest.mark.parametrize(("happened", "last"), [
    ((("2026-01-06T10:00", measure()),), "2026-01-13"),  # weekly, Tuesday to Tuesday
    ((("2026-01-06T10:00", measure(every=3)),), "2026-01-09"),
    ((("2026-01-06T10:00", measure(every=4)),), "2026-01-12"),  # Saturday: Monday
    ((("2026-03-27T10:00", measure()),), "2026-04-07"),  # Good Friday: Vb 4.51 is an order in council, so it is prolonged
    ((("2026-04-02T10:00", measure(every=3)),), "2026-04-08"),  # over Easter: two working days in it
    ((("2026-01-06T10:00", measure()), reported("2026-01-12")), "2026-01-19"),
    ((("2026-01-06T10:00", measure()), missed("2026-01-13T10:00", 1)), "2026-01-20"),
    ((("2026-01-06T10:00", measure()), reported("2026-01-15"), missed("2026-01-13T10:00", 1)), "2026-01-22"),
    ((("2026-01-06T10:00", measure()), reported("2026-01-12"), missed("2026-01-19T10:00", 1)), "2026-01-26"),
    ((("2026-01-06T10:00", measure()), missed("2026-01-12T10:00", 1), reported("2026-01-12")), "2026-01-19"),
    ((reported("2026-01-05"), ("2026-01-06T10:00", measure())), "2026-01-13"),  # of before the measure
])
def test_d09_vb_4_51_2_the_next_report_is_a_week_after_the_last_or_as_the_measure_says(happened, last):
    found = term("D09", *happened)
    assert (through(found), found.proposes) == (last, "record_report_missed")


def test_d09_rests_on_the_measure_and_on_what_it_counts_from():
    assert term("D09", measure()).relied == (3,)
    assert term("D09", measure(), reported("2026-01-06")).relied == (3, 4)
    assert term("D09", measure(), reported("2026-01-06"), missed("2026-01-13T10:00", 1)).relied == (3, 4, 5)
    same_day = term("D09", measure(), missed("2026-01-13T10:00", 1), reported("2026-01-13"))
    assert same_day.relied == (3, 5), "the report of a day stands, whatever was said to be missed on it"


@pytest.mark.parametrize("kind", [Measure.SECURITY_DEPOSIT, Measure.AREA_RESTRICTION])
def test_d09_other_measures_ask_no_reports(kind):
    assert terms("D09", measure(kind)) == []


def test_d09_vb_4_51_3_nobody_who_is_detained_reports():
    assert terms("D09", ("2026-01-06T10:00", measure()), detained()) == []


# ------------------------------------------------------------------ D20, D28, D29, D30


@pytest.mark.parametrize(("since", "last"), [
    ("2026-01-06", "2026-03-31"),  # twelve weeks, Tuesday to Tuesday
    ("2026-01-09", "2026-04-03"),  # Good Friday: a term of the circular, which no act prolongs
    ("2026-10-01", "2026-12-24"),
])
def test_d20_vc_a5_5_an_area_restriction_is_looked_at_after_twelve_weeks(since, last):
    found = term("D20", (on_day(since), measure(Measure.AREA_RESTRICTION)))
    assert (through(found), starts_on(found), found.proposes) == (last, since, "lift_supervision")


def test_d20_runs_anew_where_it_is_imposed_anew():
    area = measure(Measure.AREA_RESTRICTION)
    assert last_day("D20", ("2026-01-06T10:00", area), ("2026-03-30T10:00", area)) == "2026-06-22"
    assert terms("D20", measure(), measure(Measure.SECURITY_DEPOSIT)) == []


@pytest.mark.parametrize("until", ["2026-03-29", "2026-10-25", "2028-02-29", "2026-04-05"])
def test_d28_a_document_holds_through_its_last_day(until):
    held = TravelDocumentReceived(
        document=TravelDocumentKind.PASSPORT, valid_from=date(2022, 1, 1), valid_until=date.fromisoformat(until)
    )
    found = term("D28", held)
    assert (through(found), starts_on(found), found.proposes) == (until, "2022-01-01", "record_travel_document")
    assert [through(d) for d in terms("D28", held, RUNS["D28"].happened[0])] == ["2030-01-01"], "the last one told"




@pytest.mark.parametrize(("departs_at", "check", "notice"), [
    ("2026-03-06T12:00", "2026-03-04T12:00", "2026-03-05T00:00"),
    ("2026-03-30T12:00", "2026-03-28T11:00", "2026-03-28T23:00"),  # 48 and 36 hours on the clock, across the change
    ("2026-10-26T12:00", "2026-10-24T13:00", "2026-10-25T01:00+02:00"),  # 36 hours back over a day of 25
    ("2026-04-07T12:00", "2026-04-05T12:00", "2026-04-06T00:00"),  # counted back over Easter all the same
])
def test_d29_and_d30_are_counted_back_in_hours(departs_at, check, notice):
    flight = booked(departs_at=departs_at)
    found = term("D29", flight, at="2026-03-02T10:00"), term("D30", flight, at="2026-03-02T10:00")
    assert [d.due for d in found] == [moment(check), moment(notice)]
    assert [d.proposes for d in found] == ["complete_precheck", "serve_removal_notice"]


def test_d30_the_notice_was_48_hours_before_october_2020():
    flight, opened = booked(departs_at="2020-09-10T12:00"), "2020-08-03T10:00"
    assert term("D30", flight, at="2020-09-01T10:00", opened=opened).due == moment("2020-09-08T12:00")
    later = booked(departs_at="2020-10-08T12:00")
    assert term("D30", later, at="2020-10-01T00:00", opened=opened).due == moment("2020-10-07T00:00")


@pytest.mark.parametrize(("code", "at", "proposes"), [
    ("D29", "2026-03-04T11:59", "complete_precheck"), ("D29", "2026-03-04T12:00", "cancel_removal"),
    ("D30", "2026-03-04T23:59", "serve_removal_notice"), ("D30", "2026-03-05T00:00", "cancel_removal"),
])  # fmt: skip
def test_d29_and_d30_an_attempt_without_its_check_or_its_notice_in_time_is_cancelled(code, at, proposes):
    assert term(code, booked(departs_at="2026-03-06T12:00"), at=at).proposes == proposes
    assert terms(code, booked(departs_at="2026-03-06T12:00"), at="2026-03-06T12:00") == [], "it departed"


def test_reopening_for_a_wrong_closure_counts_the_first_interview_anew_as_well():
    assert last_day("D04", closed(), reopened("2026-03-02T10:00", ReopenCause.WRONG_CLOSURE)) == "2026-03-16"
