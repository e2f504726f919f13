"""Counting terms (termijnen): the Algemene termijnenwet, its holidays, working days, months and years.

A term set by an act or an order in council that ends on a Saturday, a Sunday or a generally recognised holiday is prolonged to
the next day that is none (art. 1(1)), and one of at least three days holds at least two such days (art. 2). Not so where the term
is counted backwards (art. 1(2)), in hours, in more than ninety days or twelve weeks, or takes liberty away (art. 4).
Days equated by royal decree (art. 3(3)) are data: `decreed_days.toml`.
"""

from __future__ import annotations

import calendar
import tomllib
from datetime import date, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
"""Where the calendar days of the law are counted."""

DAY = timedelta(days=1)
LONGEST_COUNTED = 90
"""A term of more days than this is not prolonged; thirteen weeks are more, twelve are not (art. 4, a)."""

SHORTEST_FILLED = 3
WORKING_DAYS_WITHIN = 2
"""A term of at least so many days holds at least so many working days (art. 2)."""

ALWAYS_FILLED = 14
"""Any fortnight holds that many working days: it need not be looked at."""


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of Nature, 1876)."""
    century, rest = divmod(year, 100)
    cycle = year % 19
    skipped = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * cycle + century - century // 4 - skipped + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (cycle + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def kings_day(year: int) -> date:
    """When the King's birthday is celebrated: 27 April (until 2013 the 30th), or the day before where that is a Sunday."""
    day = date(year, 4, 27) if year >= 2014 else date(year, 4, 30)
    return day - DAY if day.weekday() == calendar.SUNDAY else day


@cache
def holidays_in(year: int) -> dict[date, str]:
    """The generally recognised holidays of a year (algemeen erkende feestdagen, art. 3), each by its Dutch name, those in a
    weekend too. For the years from 1980 on."""
    sunday = easter(year)
    named = {
        date(year, 1, 1): "Nieuwjaarsdag",
        sunday - 2 * DAY: "Goede Vrijdag",
        sunday + DAY: "Tweede Paasdag",
        kings_day(year): "Koningsdag" if year >= 2014 else "Koninginnedag",
        date(year, 5, 5): "5 mei",
        sunday + 39 * DAY: "Hemelvaartsdag",
        sunday + 50 * DAY: "Tweede Pinksterdag",
        date(year, 12, 25): "Eerste Kerstdag",
        date(year, 12, 26): "Tweede Kerstdag",
    }
    return {day: "gelijkgesteld bij koninklijk besluit" for day in decreed_days() if day.year == year} | named


@cache
def decreed_days() -> dict[date, str]:
    """The days that a royal decree equates with a holiday, each with the decree (art. 3(3))."""
    text = (resources.files(__package__) / "decreed_days.toml").read_text("utf-8")
    return {day: decree["source"] for decree in tomllib.loads(text)["decree"] for day in decree["days"]}


def day_off(day: date) -> str | None:
    """Why a day is no working day: Saturday, Sunday, or the holiday's name, in Dutch; None for a working day."""
    if day.weekday() >= calendar.SATURDAY:
        return "zaterdag" if day.weekday() == calendar.SATURDAY else "zondag"
    return holidays_in(day.year).get(day)


def working(day: date) -> bool:
    """Whether a day is neither a Saturday, nor a Sunday, nor a generally recognised holiday."""
    return day_off(day) is None


def last_of(start: date, days: int) -> date:
    """The last day of a term of so many days after a day, prolonged where the Algemene termijnenwet says so (art. 1, 2, 4).

    For a term that is set by an act or an order in council, counted forwards, in days or weeks, and that takes nobody's liberty.
    """
    end = start + timedelta(days=days)
    if days > LONGEST_COUNTED or end.year >= date.max.year - 1:
        return end
    if SHORTEST_FILLED <= days < ALWAYS_FILLED:
        held = sum(working(start + timedelta(days=n)) for n in range(1, days + 1))
        while held < WORKING_DAYS_WITHIN:
            end += DAY
            held += working(end)
    while not working(end):
        end += DAY
    return end


def working_days_after(start: date, days: int) -> date:
    """The day so many working days after a day."""
    day = start
    while days:
        day += DAY
        days -= working(day)
    return day


def working_days_before(end: date, days: int) -> date:
    """The day so many working days before a day; the first day there is where there are not so many."""
    day = end
    while days and day > date.min:
        day -= DAY
        days -= working(day)
    return day


def months_after(start: date, months: int) -> date:
    """The same day of the month so many months later; the month's last day where it has no such day; the last day there is where
    it lies beyond."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date.max if year > date.max.year else date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))


def years_after(start: date, years: int) -> date:
    """The same day so many years later; 28 February for a 29th where there is none."""
    return months_after(start, 12 * years)
