"""Which terms of a case ran out, and which reminders were due, up to a moment. Pure: a history and a moment in, a list out.

A term runs out when its end passes while the case, as it was known then, still had it running. That is a property of the history:
it does not matter when, how often or how late anybody asks. So a term that ran out on Friday evening and was met on Saturday is
told on Monday all the same, as one that ran out and was stopped since. The timers' own events change no term.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain
from typing import NamedTuple

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised
from dtv_workflow.domain.chapters.tasks import TimerExpired, TimerReminded
from dtv_workflow.domain.deadlines import Deadline, deadlines
from dtv_workflow.domain.fields import day_of, last_day
from dtv_workflow.domain.law.ruleset import Ruleset, changes_after, in_force
from dtv_workflow.domain.procedures import AppealAgainst
from dtv_workflow.domain.record import CORRECTION_TOPIC, Event, Record, fold

FIRST = datetime.min.replace(tzinfo=UTC)
"""No reminder comes before the first moment there is."""

TOLD_TOPICS = frozenset({TimerExpired.TOPIC, TimerReminded.TOPIC})


class Expiry(NamedTuple):
    """A term that ran out (`days_before` is 0), or a reminder so many days before it; `at` is the moment that passed."""

    deadline: Deadline
    at: datetime
    days_before: int = 0

    @property
    def key(self) -> tuple[str, str | None, datetime, int]:
        """What makes it the same one: the timer, what it is about, its end, and which reminder. Told once."""
        return self.deadline.code, self.deadline.about, self.deadline.due, self.days_before


def ran_out(records: list[Record], now: datetime) -> list[Expiry]:
    """Every term of a case that has run out by now and every reminder that has come, told or not, in order of time."""
    found: dict[tuple[str, str | None, datetime, int], Expiry] = {}
    for case, since, until in _stretches(records, now):
        for begin, end in _under_one_law(since, until):
            law = in_force(day_of(begin))
            for deadline in deadlines(case, law, begin):
                for expiry in _within(deadline, begin, end):
                    if expiry.key not in found:
                        found[expiry.key] = expiry if expiry.days_before else _at_its_end(expiry, case, law, begin)
    return sorted(found.values(), key=lambda e: (e.at, e.deadline.code, e.deadline.about or "", -e.days_before))


def _at_its_end(expiry: Expiry, case: DepartureCase, law: Ruleset, begin: datetime) -> Expiry:
    """With what the term proposes once it is past, which may be another step than before."""
    past = deadlines(case, law, max(begin, expiry.at))
    same = [term for term in past if (term.code, term.about, term.due) == expiry.key[:3]]
    return expiry._replace(deadline=same[0]) if same else expiry


def to_tell(records: list[Record], now: datetime) -> list[tuple[Event, datetime]]:
    """The events that tell of what ran out and has not been told, each with when it occurred. Empty when there is nothing new."""
    case = fold(records)
    law, opened = in_force(day_of(now)), case.opened_at or now
    running = {(d.code, d.about, d.due) for d in deadlines(case, law, now)}
    told: list[tuple[Event, datetime]] = []
    for expiry in ran_out(records, now):
        if expiry.key not in case.told:
            stopped = expiry.key[:3] not in running
            told += [(event, max(expiry.at, opened)) for event in _events(expiry, case, stopped=stopped)]
    return told


def under_each_law(case: DepartureCase, now: datetime) -> list[list[Deadline]]:
    """The terms that run in a case now, and under each law that is to come as if the case then stood as it does."""
    return [deadlines(case, in_force(day_of(moment)), moment) for moment in (now, *changes_after(now))]


def next_moment(case: DepartureCase, now: datetime, running: list[list[Deadline]] | None = None) -> datetime | None:
    """The first moment at or after which there will be something to tell of this case, as it stands; None for none."""
    terms = chain.from_iterable(running or under_each_law(case, now))
    instants = (instant for term in terms for instant in _instants(term))
    return min((i.at for i in instants if i.key not in case.told and (not i.days_before or i.at > now)), default=None)


def _events(expiry: Expiry, case: DepartureCase, *, stopped: bool) -> Iterator[Event]:
    deadline = expiry.deadline
    timer, about, due, before = expiry.key
    if before:
        yield TimerReminded(timer=timer, about=about, due=due, days_before=before)
        return
    proposes = None if stopped else deadline.proposes or None
    escalated = deadline.escalates and not stopped
    yield TimerExpired(timer=timer, about=about, due=due, proposes=proposes, escalated=escalated, stopped=stopped)
    if deadline.incident and not _court_told_in_time(case, deadline):
        yield IntegrityIncidentRaised(code=deadline.incident)


def _court_told_in_time(case: DepartureCase, deadline: Deadline) -> bool:
    """Whether it turned out since that the court was told, or appealed to, within its term: a message may come in late."""
    first, last = deadline.starts, last_day(deadline.due)
    days = [dated.on for dated in (case.court_told, case.appeals.get(AppealAgainst.DETENTION.value)) if dated]
    return first is not None and any(day_of(first) <= day <= last for day in days)


def _within(deadline: Deadline, begin: datetime, end: datetime) -> Iterator[Expiry]:
    """What of a term passes in a stretch of time. An end that was past when it became known counts; such a reminder, not."""
    for expiry in _instants(deadline):
        if expiry.at <= end and (begin < expiry.at or not expiry.days_before):
            yield expiry


def _instants(deadline: Deadline) -> Iterator[Expiry]:
    yield Expiry(deadline, deadline.due)
    for days in deadline.warns:
        if deadline.due - FIRST > timedelta(days=days):
            yield Expiry(deadline, deadline.due - timedelta(days=days), days)


def _stretches(records: list[Record], now: datetime) -> Iterator[tuple[DepartureCase, datetime, datetime]]:
    """The case as it was known from one step to the next, the last up to now.

    What was known for no time at all, between two steps of one moment, does not count. A step recorded under a clock that was
    ahead was known no later than those after it; if none is, what it made of the case counts all the same: nobody waits for a
    clock that was wrong.
    """
    steps = list(_steps(records))
    known = list(accumulate((records[start].recorded_at for start, _ in reversed(steps)), min))[::-1]
    case = DepartureCase()
    for number, (start, end) in enumerate(steps):
        corrects = any(record.event.TOPIC == CORRECTION_TOPIC for record in records[start:end])
        case = fold(records[:end]) if corrects else fold(records[start:end], case)
        last = number + 1 == len(steps)
        until = now if last else min(known[number + 1], now)
        if known[number] < until or (last and known[number] > now):
            yield case, known[number], until


def _steps(records: list[Record]) -> Iterator[tuple[int, int]]:
    """Where the records of each request begin and end, those that tell of timers left out."""
    start = 0
    for end in range(1, len(records) + 1):
        if end == len(records) or records[end].request_id != records[start].request_id:
            if not any(record.event.TOPIC in TOLD_TOPICS for record in records[start:end]):
                yield start, end
            start = end


def _under_one_law(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """A stretch of time, cut where the law changes."""
    begin = since
    for change in changes_after(since):
        if change < until:
            yield begin, change
            begin = change
    yield begin, until
