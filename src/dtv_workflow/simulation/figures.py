"""Simulated figures beside published ones: counted from the views and the log, each with its sampling error.

Nothing is taken from the simulation's own memory. A share has a 95 % interval (Wilson), so that a deviation can be judged: a
small run is off by chance alone.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dtv_workflow.application import Register
from dtv_workflow.domain.chapters.custody import DetentionLifted
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised
from dtv_workflow.domain.vocabulary import LiftCause, Outcome
from dtv_workflow.simulation.model import Figure, calibration

if TYPE_CHECKING:
    from sqlalchemy import Connection

Z = 1.96
DEMONSTRABLE = ("independent_supervised", "forced", "dublin_transfer")
TOP_FIVE = frozenset({"SY", "DZ", "MA", "TR", "NG"})


class Counted(NamedTuple):
    """A figure as counted: its value, out of how many, and the 95 % interval (the value itself where there is none)."""

    value: float
    n: int
    low: float
    high: float


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `deviation` is from the nearest published value; `agrees`: the published lies in the interval.

    `value` and what follows it are None where nothing could be counted.
    """

    figure: Figure
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None
    agrees: bool | None = None


class Log(NamedTuple):
    """What a figure is counted from: the views, the log, the end of the period, and its length in years."""

    views: Connection
    register: Register
    end: datetime
    years: int

    def count(self, sql: str, *values: object) -> int:
        """One number."""
        return int(self.views.exec_driver_sql(sql, values).scalar_one() or 0)

    def pairs(self, sql: str) -> dict[str, int]:
        """A count by name."""
        return {str(name): int(n) for name, n in self.views.exec_driver_sql(sql).all()}


def compare(register: Register, end: datetime, years: int) -> list[Compared]:
    """Every published figure beside what the store holds."""
    from dtv_workflow.projections.catalogue import views_of

    with views_of(register.store).connect() as views:
        log = Log(views, register, end, years)
        return [_compared(figure, counted) for figure, counted in zip(calibration().figure, _counts(log), strict=True)]


def besides(register: Register) -> dict[str, dict[str, int]]:
    """What has no published figure to stand beside: counts by code, by cause and by stage, most first."""
    from dtv_workflow.projections.catalogue import views_of

    with views_of(register.store).connect() as views:
        log = Log(views, register, register.clock(), 1)
        events = log.pairs("SELECT event, count(*) FROM timeline GROUP BY 1")
        records = [record for case in _cases_with(log, ENDED) for record in register.history(case)]
        over = {r.request_id for r in records if isinstance(r.event, IntegrityIncidentRaised) and r.event.code == "N63"}
        recorded = [record.event for record in records if record.request_id not in over]
        cancelled = Counter(event.cause.value for event in recorded if isinstance(event, RemovalAttemptCancelled))
        lifted = Counter(event.cause.value for event in recorded if isinstance(event, DetentionLifted))
        return {
            "refusals": log.pairs("SELECT code, count(*) FROM refusals GROUP BY 1 ORDER BY 2 DESC, 1"),
            "incidents": log.pairs("SELECT code, count(*) FROM incidents GROUP BY 1 ORDER BY 2 DESC, 1"),
            "cancelled": dict(sorted(cancelled.items(), key=lambda item: (-item[1], item[0]))),
            "lifted": dict(sorted(lifted.items(), key=lambda item: (-item[1], item[0]))),
            "laissez_passer": {name: events.get(event, 0) for name, event in FUNNEL.items()},
        }


FUNNEL = {"ordered": "LaissezPasserOrdered", "answered": "PresentationOutcomeRecorded", "documents": "TravelDocumentReceived"}
ENDED = ("RemovalAttemptCancelled", "DetentionLifted")


def _counts(log: Log) -> Iterable[Counted | None]:
    detained = _detained(log)
    for figure in calibration().figure:
        name, _, part = figure.id.partition("_")
        if name == "source":
            yield share(log.count(f"{CASES} WHERE handover_authority = ?", part), log.count(CASES))
        elif name == "outcome":
            yield share(sum(_ended(log).get(each, 0) for each in OUTCOMES[part]), sum(_ended(log).values()))
        elif figure.id in DETENTION:
            yield DETENTION[figure.id](detained)
        else:
            yield COUNT[figure.id](log)


def _compared(figure: Figure, counted: Counted | None) -> Compared:
    if counted is None:
        return Compared(figure=figure, n=0)
    value, n, low, high = counted
    deviation = value - min(max(value, figure.low), figure.high)
    agrees = low <= figure.high and high >= figure.low
    return Compared(figure=figure, n=n, value=value, low=low, high=high, deviation=deviation, agrees=agrees)


# ------------------------------------------------------------------ sampling error


def share(k: int, n: int) -> Counted | None:
    """k of n, with the Wilson interval; None of none."""
    if not n:
        return None
    p, z = k / n, Z * Z / n
    middle, half = (p + z / 2) / (1 + z), Z * math.sqrt(p * (1 - p) / n + z / (4 * n)) / (1 + z)
    return Counted(p, n, max(0.0, middle - half), min(1.0, middle + half))


def per_hundred(k: int, n: float) -> Counted | None:
    """k for every hundred of n; the interval is that of a count (Poisson)."""
    if not n:
        return None
    half = Z * math.sqrt(k)
    return Counted(100 * k / n, round(n), 100 * max(0.0, k - half) / n, 100 * (k + half) / n)


def mean(values: Sequence[float]) -> Counted | None:
    """The mean with its normal interval; None of fewer than two."""
    n = len(values)
    if n < 2:
        return None
    middle = sum(values) / n
    half = Z * math.sqrt(sum((value - middle) ** 2 for value in values) / (n - 1) / n)
    return Counted(middle, n, middle - half, middle + half)


# ------------------------------------------------------------------ counting in the views

CASES = "SELECT count(*) FROM caseload"
OUTCOMES = {
    "independent": ("independent_supervised",),
    "forced": ("forced", "dublin_transfer"),
    "unsupervised": ("unsupervised",),
    "other": ("residence", "other"),
}


def _ended(log: Log) -> dict[str, int]:
    return log.pairs("SELECT outcome, count(*) FROM closings GROUP BY 1")


def _dublin(log: Log) -> Counted | None:
    of_ind = f"{CASES} WHERE handover_authority = 'IND'"
    return share(log.count(f"{of_ind} AND regime = 'dublin'"), log.count(of_ind))


def _top_five(log: Log) -> Counted:
    """How many of the published five are among the five largest."""
    largest = log.pairs("SELECT citizenship, count(*) FROM caseload GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5")
    found = len(TOP_FIVE & set(largest))
    return Counted(found, log.count(CASES), found, found)


def _demonstrable(log: Log) -> Counted | None:
    ended = _ended(log)
    return share(sum(ended.get(outcome, 0) for outcome in DEMONSTRABLE), sum(ended.values()))


def _cancelled(log: Log) -> Counted | None:
    """Bookings that were cancelled, of those that were cancelled or flown: one that is still to come is neither.

    A cancellation told of an attempt that was over (N63) is not one more.
    """
    told = log.count("SELECT count(*) FROM timeline WHERE event = 'RemovalAttemptCancelled'")
    off = told - log.count("SELECT count(*) FROM incidents WHERE step = 'cancel_removal' AND code = 'N63'")
    booked = log.count("SELECT count(*) FROM timeline WHERE event = 'RemovalBooked'")
    return share(off, booked - log.count("SELECT sum(live_bookings) FROM caseload WHERE phase <> 'closed'"))


def _removable(log: Log) -> Counted | None:
    """Open cases past the intake in which no hold is in force at the end."""
    end = log.end.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    held = "SELECT 1 FROM holds_in_force h WHERE h.case_id = caseload.case_id AND (h.until IS NULL OR h.until > ?)"
    free = log.count(f"{CASES} WHERE phase NOT IN ('closed', 'intake') AND NOT EXISTS ({held})", end)
    return share(free, log.count(f"{CASES} WHERE phase <> 'closed'"))


def _detentions(log: Log) -> Counted | None:
    began = log.count("SELECT count(*) FROM timeline WHERE event IN ('DetentionOrdered', 'DetentionReported')")
    return per_hundred(began, log.count(CASES))


def _men(log: Log) -> Counted | None:
    held = "SELECT case_id FROM timeline WHERE event IN ('DetentionOrdered', 'DetentionReported')"
    return share(log.count(f"{CASES} WHERE sex = 'm' AND case_id IN ({held})"), log.count(f"{CASES} WHERE case_id IN ({held})"))


def _lp_morocco(log: Log) -> Counted | None:
    """Moroccan cases with a request that was answered, and those of them in which a document came."""
    had = "case_id IN (SELECT case_id FROM timeline WHERE event = '{}')"
    asked, said = had.format("LaissezPasserOrdered"), had.format("PresentationOutcomeRecorded")
    answered = f"{CASES} WHERE citizenship = 'MA' AND {asked} AND {said}"
    return share(log.count(f"{answered} AND {had.format('TravelDocumentReceived')}"), log.count(answered))


def _closed(log: Log) -> Counted | None:
    return per_hundred(sum(_ended(log).values()), log.count(CASES))


def _stock(log: Log) -> Counted | None:
    return per_hundred(log.count(f"{CASES} WHERE phase <> 'closed'"), log.count(CASES) / log.years)


COUNT: dict[str, Callable[[Log], Counted | None]] = {
    "dublin": _dublin,
    "top_five": _top_five,
    "demonstrable": _demonstrable,
    "cancelled": _cancelled,
    "removable": _removable,
    "detentions": _detentions,
    "men_detained": _men,
    "lp_morocco": _lp_morocco,
    "ended": _closed,
    "stock": _stock,
}


# ------------------------------------------------------------------ counting in the log


class Detained(NamedTuple):
    """What the log says of detention: the days of each stretch that ended, what ended it, and the outcome of the closed cases."""

    stays: list[int]
    causes: list[str]
    outcomes: list[Outcome]


def _cases_with(log: Log, events: tuple[str, str]) -> list[str]:
    """The cases in which one of two things happened."""
    sql = "SELECT DISTINCT case_id FROM timeline WHERE event IN (?, ?) ORDER BY 1"
    return [str(id) for (id,) in log.views.exec_driver_sql(sql, events).all()]


def _detained(log: Log) -> Detained:
    cases = [log.register.case(id) for id in _cases_with(log, ("DetentionOrdered", "DetentionReported"))]
    ended = [stretch for case in cases for stretch in case.intervals]
    return Detained(
        [(stretch.to - stretch.since).days for stretch in ended],
        [stretch.cause.value for stretch in ended if stretch.cause],
        [case.outcome for case in cases if case.outcome],
    )


def _departed(detained: Detained) -> Counted | None:
    return share(sum(outcome.value in DEMONSTRABLE for outcome in detained.outcomes), len(detained.outcomes))


def _court_lifted(detained: Detained) -> Counted | None:
    return share(detained.causes.count(LiftCause.COURT.value), len(detained.stays))


DETENTION: dict[str, Callable[[Detained], Counted | None]] = {
    "stay": lambda detained: mean(detained.stays),
    "detained_departed": _departed,
    "court_lifted": _court_lifted,
}
