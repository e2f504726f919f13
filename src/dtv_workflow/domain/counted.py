"""A term counted out, day by day: what `dtv deadline explain` shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.deadlines import Deadline
from dtv_workflow.domain.fields import day_of, last_day
from dtv_workflow.domain.law.calendar import day_off
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.procedures import Counting

DAY = timedelta(days=1)


class Counted(NamedTuple):
    """A calendar day (Europe/Amsterdam) of a term: its number where it counts, and what is to be said of it."""

    day: date
    number: int | None
    note: Said


_NOTHING = Said("", "")
_NOT_COUNTED = Said("the day it starts is not counted", "de begindag telt niet mee")
_PROLONGED = Said("no term ends on such a day", "op zo'n dag eindigt geen termijn")
_PROLONGED_TO = Said("the term is prolonged to this day", "de termijn is verlengd tot en met deze dag")


def counted_out(deadline: Deadline, case: DepartureCase) -> list[Counted]:
    """Every day from the start of a term to its last, each with its number. Empty for a term in hours, in months, or until a date
    that was given: there is nothing to count."""
    match deadline.counting:
        case Counting.CALENDAR | Counting.PROLONGED | Counting.WORKING if deadline.starts:
            return list(_forwards(deadline, day_of(deadline.starts), last_day(deadline.due)))
        case Counting.DETENTION:
            return list(_detained(case, last_day(deadline.due)))
        case Counting.BACKWARDS if (booking := case.bookings.get(deadline.about or "")) is not None:
            return list(_backwards(day_of(booking.departs_at), day_of(deadline.due)))
        case Counting.BACKWARDS if case.presentation_planned is not None and deadline.about is None:
            return list(_backwards(case.presentation_planned.on, last_day(deadline.due)))
    return []


def _forwards(deadline: Deadline, start: date, last: date) -> Iterator[Counted]:
    yield Counted(start, None, _NOT_COUNTED)
    length = (last - start).days
    if deadline.counting is Counting.PROLONGED:
        length = min(length, deadline.days or length)
    number, day = 0, start
    while day < last:
        day += DAY
        off = day_off(day)
        counts = off is None if deadline.counting is Counting.WORKING else number < length
        number += counts
        beyond = None if counts or deadline.counting is Counting.WORKING else _PROLONGED if off else _PROLONGED_TO
        yield Counted(day, number if counts else None, _note(off, beyond))


def _backwards(end: date, first: date) -> Iterator[Counted]:
    """Working days before a day that is not counted itself."""
    days = [first + timedelta(days=n) for n in range((end - first).days)]
    total = sum(day_off(day) is None for day in days)
    for day in days:
        off = day_off(day)
        yield Counted(day, total if off is None else None, _note(off))
        total -= off is None
    yield Counted(end, None, Said("the day counted back from", "de dag waarvan wordt teruggerekend"))


def _detained(case: DepartureCase, last: date) -> Iterator[Counted]:
    """Each day of every stretch under the article that runs, once; the last that may be used at the end."""
    held, number, seen = case.detained, 0, date.min
    for stretch in sorted(case.stretches(last + DAY), key=lambda s: (s.since, s.to)):
        if held is None or stretch.article is not held.article:
            continue
        day = max(stretch.since, seen)
        while day < stretch.to:
            number += 1
            yield Counted(day, number, _NOTHING)
            day += DAY
        seen = max(seen, stretch.to)


def _note(off: str | None, more: Said | None = None) -> Said:
    """What a day is, and what follows from it."""
    name = Said(_ENGLISH.get(off, off), off) if off else None
    said = [part for part in (name, more) if part]
    return Said("; ".join(part.en for part in said), "; ".join(part.nl for part in said))


_ENGLISH = {
    "zaterdag": "Saturday",
    "zondag": "Sunday",
    "Nieuwjaarsdag": "New Year's Day",
    "Goede Vrijdag": "Good Friday",
    "Tweede Paasdag": "Easter Monday",
    "Koningsdag": "King's Day",
    "Koninginnedag": "Queen's Day",
    "5 mei": "5 May",
    "Hemelvaartsdag": "Ascension Day",
    "Tweede Pinksterdag": "Whit Monday",
    "Eerste Kerstdag": "Christmas Day",
    "Tweede Kerstdag": "Boxing Day",
    "gelijkgesteld bij koninklijk besluit": "equated with a holiday by royal decree",
}
