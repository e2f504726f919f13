"""What if other rules had held: real histories judged again under another ruleset. Reads, never records.

Every step is judged on the case as it really was, so the first difference of a case is certain; what would have followed from
it nobody knows, and later differences of the same case are only counted. Under its own rules no case differs: that is the check
on the log and on the guards, and `law` None asks for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from dtv_workflow.domain.again import Commit, Difference, again, commits, differences
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.record import Record


class Otherwise(NamedTuple):
    """A step that would have been judged otherwise: the first guard that differs, and the outcome then and now.

    `then` and `now` are `allowed` or `refused` for a decision, `recorded` or `incident` for a fact.
    """

    record: Record
    difference: Difference
    then: str
    now: str

    @property
    def turned(self) -> bool:
        """Whether the outcome of the step would have been another, and not one of its reasons only."""
        return self.then != self.now


class Judged(NamedTuple):
    """One history under other rules: how many steps were judged, how many not, and every one that differs, in order."""

    case: str
    steps: int
    unjudged: int
    otherwise: tuple[Otherwise, ...]


class Totals(NamedTuple):
    """Over all histories. `codes` counts the cases by the code of their first difference."""

    cases: int
    steps: int
    unjudged: int
    cases_otherwise: int
    steps_otherwise: int
    turned: int
    codes: dict[str, int]


def what_if(records: list[Record], law: Ruleset | None = None) -> Judged:
    """A case's history under another law, or (None) under the law of each step's own day."""
    found: list[Otherwise] = []
    steps, unjudged = 0, 0
    for commit in commits(records):
        if not commit.whole:
            unjudged += 1
            continue
        steps += 1
        found += _otherwise(commit, law)
    return Judged(records[0].originator_id.removeprefix("case/"), steps, unjudged, tuple(found))


def _otherwise(commit: Commit, law: Ruleset | None) -> Iterator[Otherwise]:
    now = again(commit, law)
    differs = differences(commit.receipt, now)
    if differs:
        bad, good = ("refused", "allowed") if commit.decision else ("incident", "recorded")
        yield Otherwise(commit.first, differs[0], bad if commit.receipt.codes else good, bad if now.codes else good)


def totals(judged: Iterable[Judged]) -> Totals:
    """The sums over histories."""
    known = list(judged)
    differing = [each for each in known if each.otherwise]
    return Totals(
        cases=len(known),
        steps=sum(each.steps for each in known),
        unjudged=sum(each.unjudged for each in known),
        cases_otherwise=len(differing),
        steps_otherwise=sum(len(each.otherwise) for each in known),
        turned=sum(other.turned for each in known for other in each.otherwise),
        codes=dict(sorted(Counter(each.otherwise[0].difference.one.code for each in differing).items())),
    )
