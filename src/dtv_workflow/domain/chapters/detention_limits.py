"""How long a detention may last: days left for an order or a report, and an extension in time and not too far.

Law: Vw 2000 art. 59(4)-(6), 59b(2)-(5); Regulation (EU) 604/2013 art. 28; Vc 2000 A5/6.8. The clock itself stands in
`domain/detention.py`, the two weeks of a family with minors in `family`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.detention import TERMS, Limit, limits, terms_running, used
from dtv_workflow.domain.fields import day_of, first_moment
from dtv_workflow.domain.law.rules import Finding, Said, clear, found, guard, rule
from dtv_workflow.domain.steps import Context

if TYPE_CHECKING:
    from dtv_workflow.domain.chapters.custody import ExtendDetention, OrderDetention, ReportDetention

N15 = rule(
    "N15",
    "detention_beyond_maximum",
    law="Vw 2000 art. 59(4), (5), (6), 59b(2), (3), (4), (5); Regulation (EU) 604/2013 art. 28",
    en="Nobody is detained beyond the maximum of the article and of its basis.",
    nl="Niemand blijft langer in bewaring dan het maximum van het artikel en van de grondslag.",
    needs=("days left under the article", "resterende dagen onder het artikel"),
    lifts="lift_detention --cause max_reached",
    by="designated_officer supervisor team_leader",
)
N16 = rule(
    "N16",
    "detention_extended_after_expiry",
    law="Vw 2000 art. 59(6), 59b(3), (5)",
    en="Detention is extended before its term has run out, never afterwards.",
    nl="Bewaring wordt verlengd voordat de termijn is verstreken, nooit daarna.",
    needs=("an extension before the maximum was reached", "een verlenging voordat het maximum is bereikt"),
    lifts="lift_detention --cause max_reached",
    by="designated_officer supervisor team_leader",
)


def begins(step: OrderDetention | ReportDetention) -> date | None:
    """The day a reported stretch begins, which may be long ago; None for an order, which begins on the day it is given."""
    since = getattr(step, "since", None)
    return day_of(first_moment(since)) if since is not None else None


@guard(N15)
def no_days_left(case: DepartureCase, step: OrderDetention | ReportDetention, context: Context) -> Finding:
    """The days of a reported stretch count as well: what is told of late may have lasted too long already."""
    would = limits(case, step.article, step.basis, step.intention_procedure, context.law)
    days = ((limit, used(case, limit, context.today, begins(step)), limit.maximum) for limit in would)
    return _told(case, would, [_used(*spent) for spent in days if spent[1] >= spent[2]])


@guard(N16)
def term_already_reached(case: DepartureCase, step: ExtendDetention, context: Context) -> Finding:
    """An extension that has run out is not extended either, days left or not."""
    now = terms_running(case, context.law)
    over = [day for day in (step.until, case.detention_until) if day is not None and day <= context.today and now]
    if over:
        return _told(case, now, [Said(f"until {over[0]}, which has passed", f"tot {over[0]}, dat is voorbij")])
    days = ((limit, used(case, limit, context.today), limit.maximum) for limit in now)
    return _told(case, now, [_used(*spent) for spent in days if spent[1] >= spent[2]])


@guard(N15)
def extended_too_far(case: DepartureCase, step: ExtendDetention, context: Context) -> Finding:
    now = terms_running(case, context.law)
    days = ((limit, used(case, limit, step.until), limit.most) for limit in now)
    return _told(case, now, [_by_then(*spent) for spent in days if spent[1] > spent[2]])


def _used(limit: Limit, days: int, most: int) -> Said:
    under = TERMS[limit.name][0]
    return Said(f"{days} of {most} days used, {under.en}", f"{days} van {most} dagen gebruikt, {under.nl}")


def _by_then(limit: Limit, days: int, most: int) -> Said:
    under = TERMS[limit.name][0]
    return Said(f"{days} of {most} days by then, {under.en}", f"dan {days} van {most} dagen, {under.nl}")


def _told(case: DepartureCase, asked: tuple[Limit, ...], over: list[Said]) -> Finding:
    """Every term that is used up, and what was relied on: the detention that runs and what extended it."""
    relied = (case.detained.version if case.detained else 0, *(limit.extended for limit in asked))
    if not over:
        return clear(*relied)
    return found("; ".join(said.en for said in over), "; ".join(said.nl for said in over), *relied)
