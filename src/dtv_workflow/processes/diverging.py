"""What a recorded message differs in from what was told before. Pure: it reads a case's records.

Looked at from the message's own version backwards, so that asking again, however much later, gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.domain.chapters.messages import Divergence
from dtv_workflow.domain.record import Event, Record, corrected
from dtv_workflow.domain.steps import Row, hints, step_name
from dtv_workflow.domain.workflow import STEPS

ABOUT = frozenset({"hold", "attempt", "code", "against", "record_application:kind"})
"""What a fact is about: with another hold, attempt, condition or application it is another fact and contradicts nothing."""

TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({
        "confirm_supervised_departure", "confirm_removal", "confirm_dublin_transfer", "record_residence", "cancel_removal",
        "record_return_decision", "reopen_case",
    }),
    frozenset({
        "report_detention", "order_detention", "lift_detention", "record_court_decision", "record_detention_transfer",
        "record_court_notified", "record_court_hearing", "record_appeal", "record_progress_report",
        "choose_voluntary_departure", "confirm_removal", "confirm_dublin_transfer", "confirm_supervised_departure",
    }),
    frozenset({"record_court_decision", "record_return_decision", "record_appeal", "record_residence"}),
    frozenset({"place_hold", "lift_hold"}),
    frozenset({"establish_minority", "establish_reception"}),
)  # fmt: skip
"""Steps that speak of one thing: which of two came first matters to what is true now."""


class Differs(NamedTuple):
    """How a message differs, and from which event, where that is one."""

    why: Divergence
    other: int | None


def diverging(records: list[Record], request_id: str, incidents: tuple[str, ...] = ()) -> tuple[Differs, ...]:
    """How what was recorded under a request differs from what stood before it: at most once in each way."""
    history = corrected(records)
    told = [record for record in history if record.request_id == request_id]
    if not told:
        return ()
    row = STEPS[told[0].step]
    before = [r for r in history if r.version < told[0].version and r.request_id != request_id]
    found = [*_overtaken(row, told[0], before), *_disputed(row, told, before, incidents)]
    return tuple({each.why: each for each in reversed(found)}.values())[::-1]


def _overtaken(row: Row, told: Record, before: list[Record]) -> Iterator[Differs]:
    """Something later of the same kind, or about the same thing, was recorded already."""
    name = step_name(row.step)
    kinds = frozenset({name}).union(*(group for group in TOGETHER if name in group))
    later = [r for r in _acts(before) if r.step in kinds and r.occurred_at > told.occurred_at]
    if later:
        yield Differs(Divergence.OUT_OF_ORDER, max(later, key=lambda r: (r.occurred_at, r.version)).version)


def _disputed(row: Row, told: list[Record], before: list[Record], incidents: tuple[str, ...]) -> Iterator[Differs]:
    """Another account of the same happening, the same account again, or a fact that broke a rule."""
    mine = _main(row, told)
    for record in _same(row, before, mine):
        if _said(row, record.event) != _said(row, mine.event):
            yield Differs(Divergence.CONTRADICTS, record.version)
        elif record.occurred_at == mine.occurred_at and record.actor == mine.actor:
            yield Differs(Divergence.TOLD_TWICE, record.version)
    if incidents:
        verdicts = mine.receipt.verdicts if mine.receipt else ()
        relied = [version for verdict in verdicts if not verdict.met for version in verdict.relied]
        yield Differs(Divergence.CONTRADICTS, max(relied, default=None))


def _acts(records: Iterable[Record]) -> Iterator[Record]:
    """The first record of each act that was done: what was refused changed nothing."""
    seen: set[str] = set()
    for record in records:
        if record.request_id not in seen and record.event.TOPIC != "command_refused.v1":
            seen.add(record.request_id)
            yield record


def _main(row: Row, told: list[Record]) -> Record:
    """The record of the fact itself, among those of what it entails."""
    return next((r for event in row.emitted for r in told if isinstance(r.event, event)), told[0])


def _same(row: Row, before: list[Record], mine: Record) -> Iterator[Record]:
    """Earlier records of the same fact, about the same thing, at the same time: the last told first."""
    name, dated = step_name(row.step), _dated(row)
    about = [f for f in row.step.__struct_fields__ if ABOUT & {f, f"{name}:{f}"}]
    for record in reversed(before):
        if record.step != name or type(record.event) is not type(mine.event):
            continue
        theirs, ours = _said(row, record.event), _said(row, mine.event)
        if any(theirs.get(field) != ours.get(field) for field in about):
            continue
        days = [field for field in dated if field in ours]
        if record.occurred_at == mine.occurred_at or (days and all(theirs[field] == ours[field] for field in days)):
            yield record


def _said(row: Row, event: Event) -> dict[str, Any]:
    """What the fact said, without what the register found besides."""
    return {field: getattr(event, field) for field in event.__struct_fields__ if field in row.step.__struct_fields__}


def _dated(row: Row) -> list[str]:
    """The fields of a fact that say when it happened: days and moments that must have passed."""
    types = hints(row.step)
    return [field for field in row.step.__struct_fields__ if _past(types[field])]


def _past(declared: Any) -> bool:
    metas = [meta for meta in getattr(declared, "__metadata__", ()) if isinstance(meta, msgspec.Meta)]
    inner = [part for part in getattr(declared, "__args__", ()) if part is not declared]
    return any((meta.extra or {}).get("past") for meta in metas) or any(_past(part) for part in inner)
