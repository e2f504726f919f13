"""What a correction puts in doubt: decisions, refusals and facts that would come out otherwise on what is now known to be true.

Nothing is undone. What was decided stands with its receipt, a closed case stays closed, and a person looks at each of them: that
is what the tasks are for (Awb art. 4:6 and 3:2 ask of an authority that it looks again on new facts, not a program).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from dtv_workflow.domain.again import Commit, again, commits
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.records import CommandRefused, CorrectionRecorded
from dtv_workflow.domain.chapters.tasks import REFUSAL, REVIEW, UNJUDGED, TaskRaised
from dtv_workflow.domain.law.rules import Receipt
from dtv_workflow.domain.record import Record, corrected, fold


class Review(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What to look at again: the step and the version it left, and the rules it would now break.

    `kind` is `review` for a step that would now be refused (a fact: would be an incident), `review_refusal` for a refusal that
    would now be accepted, `review_unjudged` for one that relied on the corrected event and cannot be judged from its receipt.
    """

    version: int
    step: str
    kind: str
    codes: tuple[str, ...] = ()

    def task(self) -> TaskRaised:
        """The task that asks a person for it. A decision that would not be taken now goes to the team leader at once."""
        return TaskRaised(kind=self.kind, about=f"v{self.version}", codes=self.codes, escalated=self.kind == REVIEW)


def reviews(history: list[Record], correction: CorrectionRecorded) -> list[Review]:
    """What this correction of this history calls for, oldest first; empty when every step stands as it was taken.

    Every step is judged twice on the case as it was when it was asked for, under the law of its day: with all that was corrected
    before, and with this as well. So what an earlier correction had put in doubt is not asked about again.
    """
    changed = correction.corrects()
    if not history or changed is None:
        return []
    last = history[-1]
    told = msgspec.structs.replace(last, originator_version=last.version + 1, event=correction)
    was, now = _Told(history), _Told([*history, told])
    later = [commit for commit in commits(history) if commit.records[-1].version >= changed[0]]
    found = (_review(commit, was.judged(commit), now.judged(commit), changed[0]) for commit in later)
    done = {commit.first.step: commit.first.version for commit in later if not commit.refused}
    return [r for r in found if r is not None and not (r.kind == REFUSAL and done.get(r.step, 0) > r.version)]


def _review(commit: Commit, was: Receipt | None, now: Receipt | None, event: int) -> Review | None:
    """What to look at again in one step, judged without the correction and with it (None: cannot be judged)."""
    first = commit.first
    if was is None or now is None:
        relied = any(event in verdict.relied for verdict in commit.receipt.verdicts)
        return Review(version=first.version, step=first.step, kind=UNJUDGED) if relied else None
    if isinstance(first.event, CommandRefused):
        accepted = was.codes and not now.codes
        return Review(version=first.version, step=first.event.refused, kind=REFUSAL, codes=tuple(was.codes)) if accepted else None
    broken = tuple(code for code in now.codes if code not in was.codes)
    return Review(version=first.version, step=first.step, kind=REVIEW, codes=broken) if broken else None


class _Told:
    """A history with its corrections taken in, walked along once: the case before each step, and what the step itself said."""

    def __init__(self, records: list[Record]) -> None:
        self.records, self.case, self.folded = corrected(records), DepartureCase(), 0
        self.instead: dict[int, dict[str, Any]] = defaultdict(dict)
        for event in (record.event for record in records):
            if isinstance(event, CorrectionRecorded) and event.sealed is None:
                self.instead[event.event][event.field] = event.value

    def judged(self, commit: Commit) -> Receipt | None:
        """The step judged on this history; None where its receipt does not hold what that takes, or it can be no such step."""
        start, end = commit.first.version - 1, commit.records[-1].version
        for record in self.records[self.folded : start]:
            self.case = fold([record], self.case)
        self.folded = start
        said = {field: value for version in range(start + 1, end + 1) for field, value in self.instead[version].items()}
        try:
            return again(Commit(self.case, tuple(self.records[start:end])), instead=said) if commit.whole else None
        except msgspec.ValidationError:
            return None
