"""When the law changes under a running case: which of its terms the new ruleset moves.

A decision taken keeps the rules of its day: its receipt names them, and nothing is judged anew. A term that still runs is
another matter. The first step accepted under the new rules says so with a `RulesetMigrated` event: each term with when it was due
and when it is. No event where no term moved.
"""

from __future__ import annotations

from datetime import datetime

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.records import MovedClock, RulesetMigrated
from dtv_workflow.domain.deadlines import deadlines
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import Ruleset, in_force
from dtv_workflow.domain.steps import Context


def migration(case: DepartureCase, context: Context) -> tuple[RulesetMigrated, ...]:
    """The event to record before a step, or nothing. A back-dated step never takes a case back to older rules."""
    if case.judged_at is None or context.at <= case.judged_at:
        return ()
    old, new = in_force(day_of(case.judged_at)), context.law
    if old.hash == new.hash:
        return ()
    clocks = moved(case, old, new, context.at)
    return (RulesetMigrated(before=tuple(old.id.split("+")), after=tuple(new.id.split("+")), clocks=clocks),) if clocks else ()


def moved(case: DepartureCase, old: Ruleset, new: Ruleset, at: datetime) -> tuple[MovedClock, ...]:
    """The terms of a case that run at a moment and that end at another one under the new rules than under the old."""
    before = {(term.code, term.about): term.due for term in deadlines(case, old, at)}
    after = {(term.code, term.about): term.due for term in deadlines(case, new, at)}
    return tuple(
        MovedClock(code=code, about=about, before=before.get((code, about)), after=after.get((code, about)))
        for code, about in {**before, **after}
        if before.get((code, about)) != after.get((code, about))
    )
