"""Judging again: a stored decision, refusal or fact put to today's guards on what was known then, offline, from the log alone.

Under the rules of then the answer must be the stored one: that is what makes a receipt worth something. Other rules tell
what would have been different. Pure: records in, receipts out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.records import CommandRefused
from dtv_workflow.domain.decide import asked
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.inputs import step_again
from dtv_workflow.domain.law.rules import Receipt, Verdict
from dtv_workflow.domain.law.ruleset import Ruleset, in_force
from dtv_workflow.domain.neutral import placeholders
from dtv_workflow.domain.record import CORRECTION_TOPIC, Record, fold
from dtv_workflow.domain.steps import Context
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import STEPS


class Commit(NamedTuple):
    """The records of one step, and the case as it was known when the step was asked."""

    before: DepartureCase
    records: tuple[Record, ...]

    @property
    def first(self) -> Record:
        return self.records[0]

    @property
    def receipt(self) -> Receipt:
        """The stored receipt. Every record of a case has one."""
        return self.first.receipt or Receipt("", "")

    @property
    def refused(self) -> bool:
        return isinstance(self.first.event, CommandRefused)

    @property
    def whole(self) -> bool:
        """Whether its receipt holds what it takes to judge it again; one written before receipts kept their inputs does not."""
        row = STEPS[self.first.step]
        asks = any(field.required for field in msgspec.structs.fields(row.step))
        return bool(self.receipt.inputs) or not (asks and row.guards)

    @property
    def decision(self) -> bool:
        """Whether it was a decision; a fact is never refused."""
        return STEPS[self.first.step].kind is Kind.DECISION


class Difference(NamedTuple):
    """A guard that answers otherwise than it did: its verdict then and now, None where it was not asked."""

    then: Verdict | None
    now: Verdict | None

    @property
    def one(self) -> Verdict:
        """Either of the two, for the code, the guard and the provision they share."""
        return self.now or self.then or Verdict("", "", "", True)


def commits(records: list[Record]) -> Iterator[Commit]:
    """A history step by step. The case before a step is only that until the next one is asked for: judge it, or copy it."""
    case, start = DepartureCase(), 0
    while start < len(records):
        end = start + 1
        while end < len(records) and records[end].request_id == records[start].request_id:
            end += 1
        group = records[start:end]
        if records[start].step in STEPS:  # what a timer told was asked by nobody
            yield Commit(case, tuple(group))
        corrects = any(record.event.TOPIC == CORRECTION_TOPIC for record in group)
        case = fold(records[:end]) if corrects else fold(group, case)
        start = end


def commit_of(records: list[Record], version: int) -> Commit:
    """The step that left a version. Raises StopIteration for a version the history does not have."""
    return next(commit for commit in commits(records) if commit.records[-1].version >= version)


def again(commit: Commit, law: Ruleset | None = None, instead: dict[str, Any] | None = None) -> Receipt:
    """The step judged again on the case as it was known then: under the law of its own day, or under another one.

    `instead` are fields of the step that are known to have been wrong, with what they should have said.

    Raises msgspec.ValidationError when the log holds a step of another shape than today's.
    """
    record, receipt = commit.first, commit.receipt
    row = STEPS[record.step]
    inputs = receipt.inputs | {name: value for name, value in (instead or {}).items() if name in row.step.__struct_fields__}
    step = step_again(inputs, row, placeholders(row.step, record.occurred_at))
    context = Context(
        at=record.occurred_at,
        recorded_at=record.recorded_at,
        actor=record.actor,
        role=record.role,
        law=law or in_force(day_of(record.occurred_at)),
        second=record.second,
        **receipt.besides,
    )
    return asked(commit.before, step, context)[1]


def differences(then: Receipt, now: Receipt) -> list[Difference]:
    """The guards that answer otherwise, in the order asked: met or not met, and asked or not. Their words may differ."""
    old = {(verdict.code, verdict.guard): verdict for verdict in then.verdicts}
    new = {(verdict.code, verdict.guard): verdict for verdict in now.verdicts}
    return [
        Difference(old.get(key), new.get(key))
        for key in {**old, **new}
        if key not in old or key not in new or old[key].met is not new[key].met
    ]
