"""Departures: every closing for tracing, and how many there were in each month.

Nobody saw an `unsupervised` person leave: that outcome is counted in another table and cannot be added to departures by mistake.

The rows say what is known now: a correction of a closing or of the person moves a closing from one cell to another.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Index, Table

from dtv_workflow.domain.chapters.closing import CaseClosed
from dtv_workflow.domain.chapters.intake import SubjectRegistered
from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.record import Record
from dtv_workflow.domain.vocabulary import AgeBand, Outcome, Sex
from dtv_workflow.follow import Batch, Follower
from dtv_workflow.projections.rows import add, case_of, number, read, table, text, write

DEPARTURES = (Outcome.INDEPENDENT_SUPERVISED, Outcome.FORCED, Outcome.DUBLIN_TRANSFER)
"""The outcomes that are a departure an authority saw (aantoonbaar vertrek)."""

_DEPARTED = tuple(outcome.value for outcome in DEPARTURES)
_OTHERWISE = tuple(outcome.value for outcome in Outcome if outcome not in DEPARTURES)
_CELL = ("month", "outcome", "citizenship", "age_band", "sex")


def _cell(outcomes: tuple[str, ...], *, key: bool) -> list[Any]:
    return [
        text("month", "The month of its last day.", key=key, codes=("2026-01",)),
        text("outcome", "How the case ended.", key=key, codes=outcomes),
        text("citizenship", "ISO 3166-1 alpha-2; XX when unknown.", key=key, codes=("MA", "XX")),
        text("age_band", "On the last day.", key=key, codes=AgeBand),
        text("sex", "As registered.", key=key, codes=Sex),
    ]


closings = table(
    "closings",
    "One row for each time a case was closed, also when it was reopened later: what a count is made of.",
    text("case_id", "The case.", key=True, codes=("01KE6Z…",)),
    number("version", "The event that closed it.", key=True),
    number("episode", "Which episode it closed."),
    *_cell((*_DEPARTED, *_OTHERWISE), key=False),
    Index("closings_by_cell", *_CELL),
)

departures = table(
    "departures",
    "How many departures an authority saw, by month and cell. Exact: round and suppress before publishing.",
    *_cell(_DEPARTED, key=True),
    number("n", "How many closings; a cell without any has no row."),
)

other_endings = table(
    "other_endings",
    "How many cases ended otherwise, by month and cell. `unsupervised` is not a departure that was seen and is not added to any.",
    *_cell(_OTHERWISE, key=True),
    number("n", "How many closings; a cell without any has no row."),
)


def fold(batch: Batch) -> None:
    """The closings among the records; where a correction may have changed what was counted, all closings of that case anew."""
    again = {r.originator_id for r in batch.records if _restates(r)}
    closed = [r for r in batch.records if isinstance(r.event, CaseClosed) and r.originator_id not in again]
    for stream in sorted(again):
        closed += [r for r in batch.page.history(stream) if isinstance(r.event, CaseClosed)]
    rows = [_closing(record, batch) for record in closed]
    counted = Counter(row[3:] for row in rows)
    counted.subtract(Counter(tuple(row[3:]) for row in read(batch, closings, "case_id", [case_of(s) for s in sorted(again)])))
    write(batch, closings, rows)
    for counts, outcomes in ((departures, _DEPARTED), (other_endings, _OTHERWISE)):
        _count(batch, counts, [(*cell, n) for cell, n in counted.items() if n and cell[1] in outcomes])


def _restates(record: Record) -> bool:
    """Whether it may change what is known of an earlier closing, or of the person."""
    return isinstance(record.event, CorrectionRecorded | SubjectRegistered) and record.version > 2


def _closing(record: Record, batch: Batch) -> tuple[Any, ...]:
    event, case = record.event, batch.page.known(record.originator_id).case
    if not isinstance(event, CaseClosed):
        raise TypeError("only a closing is counted")
    cell = (event.ended_on.isoformat()[:7], event.outcome.value, case.citizenship, event.age_band.value, case.sex.value)
    return (case_of(record.originator_id), record.version, record.episode, *cell)


def _count(batch: Batch, counts: Table, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        add(batch, counts, rows)


DEPARTURES_BY_MONTH = Follower("departures", 1, (closings, departures, other_endings), fold)
