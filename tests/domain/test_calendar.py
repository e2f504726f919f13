"""Counting terms: the Algemene termijnenwet, article by article. Every date here was worked out by hand, on a calendar.

In 2026: Good Friday 3 April, Easter Monday the 6th, King's Day Monday 27 April, 5 May a Tuesday, Ascension Day Thursday 14 May
(and Friday the 15th by decree), Whit Monday 25 May, Christmas on Friday and Saturday; New Year's Day 2027 is a Friday.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.domain.fields import term_ends
from dtv_workflow.domain.law.calendar import (
    day_off,
    decreed_days,
    easter,
    holidays_in,
    kings_day,
    last_of,
    months_after,
    working,
    working_days_after,
    working_days_before,
    years_after,
)
from dtv_workflow.domain.terms import begins, ends

YEARS = range(1980, 2101)
NOT_YET = {date(1981, 5, 5)}
"""The others know 5 May in every year from 1982 on, and in 1980. The Act as consolidated names it without a year."""


def on(text: str) -> date:
    return date.fromisoformat(text)


# ------------------------------------------------------------------ art. 3: the holidays


@pytest.mark.parametrize("year", YEARS)
def test_atw_3_the_holidays_of_a_year_are_those_that_others_count_but_for_two_sundays(year):
    known = set(holidays.country_holidays("NL", years=year, categories=("public", "optional")))
    sundays = {easter(year), easter(year) + timedelta(days=49)}
    assert {day for day in holidays_in(year) if day not in decreed_days()} - NOT_YET == known - sundays


@pytest.mark.parametrize(("year", "day"), [
    (1981, "1981-04-19"), (1954, "1954-04-18"), (2000, "2000-04-23"), (2008, "2008-03-23"), (2011, "2011-04-24"),
    (2019, "2019-04-21"), (2024, "2024-03-31"), (2026, "2026-04-05"), (2038, "2038-04-25"), (2285, "2285-03-22"),
])  # fmt: skip
def test_easter_sunday_is_where_the_calendar_has_it(year, day):
    assert easter(year) == on(day)
    assert easter(year).isoweekday() == 7


@pytest.mark.parametrize(("year", "day"), [
    (1989, "1989-04-29"),  # the 30th was a Sunday
    (2006, "2006-04-29"),  # likewise
    (2013, "2013-04-30"),  # the last Queen's Day, a Tuesday
    (2014, "2014-04-26"),  # the first King's Day: the 27th was a Sunday
    (2025, "2025-04-26"),  # likewise
    (2026, "2026-04-27"),  # a Monday
])
def test_atw_3_1_the_birthday_is_celebrated_a_day_earlier_where_it_is_a_sunday(year, day):
    assert kings_day(year) == on(day)


@pytest.mark.parametrize("day", [
    "2020-05-22", "2021-05-14", "2022-05-27", "2023-04-28", "2023-05-19", "2024-05-10", "2024-12-27", "2025-05-30",
    "2026-01-02", "2026-05-15", "2027-05-07", "2028-04-28", "2028-05-26",
])  # fmt: skip
def test_atw_3_3_a_day_that_a_decree_equates_is_no_working_day(day):
    assert day_off(on(day)) == "gelijkgesteld bij koninklijk besluit"
    assert on(day).isoweekday() == 5, "a Friday, between a holiday and a weekend"
    assert day_off(on(day) - timedelta(days=1)) is not None


def test_atw_3_3_every_decree_says_where_it_stands():
    assert len(decreed_days()) == 13
    assert all("Besluit" in source for source in decreed_days().values())
    assert [day for day in decreed_days() if day.isoweekday() > 5 or day in {kings_day(day.year), easter(day.year)}] == []


@pytest.mark.parametrize(("day", "why"), [
    ("2026-04-04", "zaterdag"), ("2026-04-05", "zondag"), ("2026-04-03", "Goede Vrijdag"), ("2026-04-06", "Tweede Paasdag"),
    ("2026-04-27", "Koningsdag"), ("2013-04-30", "Koninginnedag"), ("2026-05-05", "5 mei"), ("2026-05-14", "Hemelvaartsdag"),
    ("2026-05-25", "Tweede Pinksterdag"), ("2026-12-25", "Eerste Kerstdag"), ("2023-12-26", "Tweede Kerstdag"),
    ("2027-01-01", "Nieuwjaarsdag"), ("2026-12-26", "zaterdag"), ("2026-04-07", None), ("2026-04-30", None),
    ("2026-12-24", None), ("2026-12-31", None), ("2026-05-04", None), ("2026-05-01", None),
])  # fmt: skip
def test_atw_3_a_day_off_says_why(day, why):
    assert day_off(on(day)) == why
    assert working(on(day)) is (why is None)


# ------------------------------------------------------------------ art. 1: the last day


@pytest.mark.parametrize(("start", "end"), [
    ("2026-03-02", "2026-03-30"),  # Monday, four weeks on: a Monday
    ("2026-02-27", "2026-03-27"),  # Friday: a Friday
    ("2026-01-31", "2026-03-02"),  # 28 February is a Saturday
    ("2026-02-01", "2026-03-02"),  # 1 March is a Sunday
    ("2026-03-01", "2026-03-30"),  # 29 March is a Sunday, the day of 23 hours
    ("2026-09-27", "2026-10-26"),  # 25 October is a Sunday, the day of 25 hours
    ("2026-03-05", "2026-04-02"),  # Thursday before Good Friday
    ("2026-03-06", "2026-04-07"),  # Good Friday, then Saturday, Easter, Easter Monday
    ("2026-03-07", "2026-04-07"),  # the Saturday
    ("2026-03-08", "2026-04-07"),  # Easter Sunday
    ("2026-03-09", "2026-04-07"),  # Easter Monday
    ("2026-03-30", "2026-04-28"),  # King's Day, a Monday
    ("2025-03-29", "2025-04-28"),  # King's Day on Saturday 26 April, the 27th a Sunday
    ("2025-03-31", "2025-04-28"),  # Monday 28 April 2025 is a working day
    ("2026-04-07", "2026-05-06"),  # 5 May, a Tuesday
    ("2024-04-07", "2024-05-06"),  # 5 May, a Sunday
    ("2029-04-12", "2029-05-11"),  # Ascension Day, 10 May 2029: the Friday after it is a working day
    ("2026-04-16", "2026-05-18"),  # Ascension Day, and the Friday after it by decree
    ("2027-04-07", "2027-05-10"),  # 5 May, a Wednesday; Ascension Day; Friday by decree; Saturday; Sunday
    ("2026-04-26", "2026-05-26"),  # Whit Sunday
    ("2026-04-27", "2026-05-26"),  # Whit Monday
    ("2026-11-27", "2026-12-28"),  # Christmas on Friday and Saturday
    ("2024-11-27", "2024-12-30"),  # Christmas on Wednesday and Thursday, Friday by decree
    ("2026-12-04", "2027-01-04"),  # New Year's Day, a Friday
    ("2025-12-04", "2026-01-05"),  # New Year's Day, a Thursday; Friday by decree
    ("2024-02-01", "2024-02-29"),  # a leap day, a Thursday
    ("2020-02-01", "2020-03-02"),  # a leap day, a Saturday
])
def test_atw_1_1_four_weeks_end_on_the_first_working_day(start, end):
    assert last_of(on(start), 28) == on(end)
    assert term_ends(on(start), 28) == ends(on(end))


@pytest.mark.parametrize(("start", "days", "end"), [
    ("2026-03-06", 1, "2026-03-09"),  # Friday and a day: Saturday, so Monday
    ("2026-04-02", 1, "2026-04-07"),  # Thursday and a day: Good Friday, so Tuesday
    ("2026-03-04", 1, "2026-03-05"),  # Thursday
    ("2026-12-24", 2, "2026-12-28"),  # the second Christmas Day, a Saturday, so Monday
    ("2026-03-05", 7, "2026-03-12"),  # Thursday to Thursday
    ("2026-04-30", 14, "2026-05-18"),  # Ascension Day
])
def test_atw_1_1_shorter_terms_as_well(start, days, end):
    assert last_of(on(start), days) == on(end)


def test_atw_1_2_a_term_counted_backwards_is_not_prolonged_and_counts_working_days_by_itself():
    assert working_days_before(on("2026-03-13"), 3) == on("2026-03-10"), "Friday: Thursday, Wednesday, Tuesday"
    assert working_days_before(on("2026-03-16"), 3) == on("2026-03-11"), "Monday: Friday, Thursday, Wednesday"
    assert working_days_before(on("2026-04-07"), 3) == on("2026-03-31"), "Tuesday after Easter: Thursday, Wednesday, Tuesday"
    assert working_days_before(on("2026-03-16"), 10) == on("2026-03-02"), "two weeks"
    assert working_days_before(on("2026-03-14"), 1) == on("2026-03-13"), "a Saturday: Friday"
    assert working_days_before(on("2027-01-04"), 4) == on("2026-12-28"), "31, 30, 29 and 28 December: New Year's Day is off"
    assert working_days_before(on("2026-03-14"), 0) == on("2026-03-14")


# ------------------------------------------------------------------ art. 2: two working days


@pytest.mark.parametrize(("start", "days", "end"), [
    # From Thursday before Easter 2026: Good Friday, Saturday and Sunday hold none. Tuesday 7, Wednesday 8 April.
    ("2026-04-02", 3, "2026-04-08"),
    ("2026-04-02", 4, "2026-04-08"),  # with Easter Monday: still none
    ("2026-04-02", 5, "2026-04-08"),  # with Tuesday: one, on a working day, and prolonged all the same
    ("2026-04-02", 6, "2026-04-08"),  # with Wednesday: two, as it is
    ("2026-04-01", 3, "2026-04-07"),  # Thursday is one, Tuesday the second
    ("2026-03-31", 3, "2026-04-07"),  # Wednesday and Thursday are two; Good Friday prolongs
    ("2026-04-02", 2, "2026-04-07"),  # under three days: article 1 alone
    ("2026-12-24", 3, "2026-12-29"),  # Christmas and Sunday; Monday 28, Tuesday 29 December
    ("2026-12-23", 4, "2026-12-28"),  # Thursday 24 is one, Monday the second
    ("2025-12-24", 5, "2025-12-30"),  # Christmas, Saturday, Sunday; Monday 29 is one, Tuesday 30 the second
    ("2024-12-24", 7, "2024-12-31"),  # Christmas, Friday by decree, the weekend; Monday 30 and Tuesday 31
    ("2027-05-04", 7, "2027-05-11"),  # 5 May to Sunday the 9th; Monday 10 and Tuesday 11
    ("2026-03-06", 3, "2026-03-10"),  # a plain weekend: Monday is one, Tuesday the second
    ("2026-03-05", 3, "2026-03-09"),  # Friday is one; it ends on Sunday, and Monday is the second
])
def test_atw_2_a_term_of_three_days_or_more_holds_two_working_days(start, days, end):
    assert last_of(on(start), days) == on(end)


# ------------------------------------------------------------------ art. 4: what the Act leaves alone


@pytest.mark.parametrize(("start", "days", "end"), [
    ("2026-02-01", 90, "2026-05-04"),  # 2 May is a Saturday: ninety days are prolonged
    ("2026-02-01", 91, "2026-05-03"),  # a Sunday: thirteen weeks are not
    ("2026-02-07", 84, "2026-05-04"),  # 2 May again: twelve weeks are
    ("2026-01-31", 91, "2026-05-02"),
    ("2026-01-03", 119, "2026-05-02"),
])
def test_atw_4_a_more_than_ninety_days_are_not_prolonged(start, days, end):
    assert last_of(on(start), days) == on(end)


def test_the_last_day_there_is_ends_every_term():
    assert last_of(date(9998, 12, 30), 28) == date(9999, 1, 27)
    assert months_after(date(9998, 12, 30), 36) == date.max
    assert years_after(date(9999, 12, 31), 1) == date.max
    assert months_after(date(9999, 11, 30), 1) == date(9999, 12, 30)
    assert working_days_before(date(1, 1, 2), 3) == date.min


# ------------------------------------------------------------------ working days, months and years


@pytest.mark.parametrize(("start", "days", "end"), [
    ("2026-01-05", 10, "2026-01-19"),  # Monday: two weeks
    ("2026-01-09", 1, "2026-01-12"),  # Friday: Monday
    ("2026-01-10", 1, "2026-01-12"),  # Saturday: Monday
    ("2026-04-02", 1, "2026-04-07"),  # over Easter
    ("2026-05-13", 1, "2026-05-18"),  # over Ascension Day and the decreed Friday
    ("2026-04-24", 3, "2026-04-30"),  # Friday; King's Day on Monday: Tuesday, Wednesday, Thursday
    ("2026-12-24", 5, "2027-01-04"),  # 28, 29, 30, 31 December, 4 January
    ("2026-03-27", 2, "2026-03-31"),  # over the change to summer time
    ("2026-03-28", 0, "2026-03-28"),
])
def test_working_days_after_a_day_leave_weekends_and_holidays_out(start, days, end):
    assert working_days_after(on(start), days) == on(end)


@pytest.mark.parametrize(("start", "months", "end"), [
    ("2026-01-31", 1, "2026-02-28"), ("2028-01-31", 1, "2028-02-29"), ("2026-12-31", 2, "2027-02-28"),
    ("2027-12-31", 2, "2028-02-29"), ("2026-08-31", 1, "2026-09-30"), ("2026-11-30", 3, "2027-02-28"),
    ("2026-03-15", 12, "2027-03-15"), ("2026-11-15", 1, "2026-12-15"), ("2026-12-15", 1, "2027-01-15"),
    ("2026-02-28", 1, "2026-03-28"), ("2026-05-31", 0, "2026-05-31"), ("2024-02-29", 24, "2026-02-28"),
])  # fmt: skip
def test_a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(start, months, end):
    assert months_after(on(start), months) == on(end)


@pytest.mark.parametrize(("start", "years", "end"), [
    ("2024-02-29", 1, "2025-02-28"), ("2024-02-29", 4, "2028-02-29"), ("2024-02-29", 10, "2034-02-28"),
    ("2008-02-29", 18, "2026-02-28"), ("2026-02-28", 2, "2028-02-28"), ("2026-12-31", 3, "2029-12-31"),
])  # fmt: skip
def test_a_year_later_is_the_same_day_and_28_february_for_a_leap_day(start, years, end):
    assert years_after(on(start), years) == on(end)


# ------------------------------------------------------------------ the first and the last moment of a day


@pytest.mark.parametrize(("day", "first", "last", "hours"), [
    ("2026-03-28", "2026-03-28T00:00+01:00", "2026-03-29T00:00+01:00", 24),
    ("2026-03-29", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23),
    ("2026-10-24", "2026-10-24T00:00+02:00", "2026-10-25T00:00+02:00", 24),
    ("2026-10-25", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25),
    ("2026-12-31", "2026-12-31T00:00+01:00", "2027-01-01T00:00+01:00", 24),
    ("2028-02-29", "2028-02-29T00:00+01:00", "2028-03-01T00:00+01:00", 24),
])
def test_a_day_begins_and_ends_at_midnight_in_amsterdam_whatever_the_clock_does(day, first, last, hours):
    assert begins(on(day)) == datetime.fromisoformat(first)
    assert ends(on(day)) == datetime.fromisoformat(last)
    assert ends(on(day)) - begins(on(day)) == timedelta(hours=hours)


# ------------------------------------------------------------------ what always holds

DAYS = st.dates(date(1980, 1, 1), date(2100, 12, 31))
COUNTED = st.integers(1, 90)


def filled(start: date, days: int, end: date) -> bool:
    """What art. 1 and 2 ask of the last day of a term."""
    held = sum(working(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))
    return working(end) and (days < 3 or held >= 2)


@given(DAYS, COUNTED)
def test_atw_1_and_2_a_term_is_prolonged_as_far_as_is_asked_and_no_further(start, days):
    end, plain = last_of(start, days), start + timedelta(days=days)
    assert filled(start, days, end)
    assert [n for n in range((end - plain).days) if filled(start, days, plain + timedelta(days=n))] == []
    assert timedelta(0) <= end - plain <= timedelta(days=6)


@given(DAYS, COUNTED)
def test_a_term_that_starts_a_day_later_or_is_a_day_longer_ends_no_sooner(start, days):
    assert last_of(start, days) <= last_of(start + timedelta(days=1), days)
    assert last_of(start, days) <= last_of(start, days + 1) or days == 90


@given(DAYS, st.integers(91, 400))
def test_atw_4_a_longer_terms_are_plain_days(start, days):
    assert last_of(start, days) == start + timedelta(days=days)


@given(DAYS, st.integers(0, 40))
def test_working_days_there_and_back_come_to_the_same_working_day(start, days):
    there = working_days_after(start, days)
    back = working_days_before(there, days)
    assert back == start if working(start) else back <= working_days_after(start, 1)
    assert days == 0 or working(there)
    assert sum(working(start + timedelta(days=n)) for n in range(1, (there - start).days + 1)) == days


@given(DAYS, st.integers(0, 240))
def test_months_there_and_back_lose_at_most_the_days_of_a_shorter_month(start, months):
    later = months_after(start, months)
    assert (later.year * 12 + later.month) - (start.year * 12 + start.month) == months
    assert later.day == start.day or (later.day < start.day and (later + timedelta(days=1)).day == 1)


@given(DAYS)
def test_no_more_than_six_days_in_a_row_are_off(day):
    assert any(working(day + timedelta(days=n)) for n in range(7))
