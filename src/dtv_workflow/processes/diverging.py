"""What a recorded message differs in from what was told before. Pure: it reads a case's records.

Looked at from the message's own version backwards, so that asking again, however much later, gives the same answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.domain.chapters.authority import N32
from dtv_workflow.domain.procedures import Divergence
from dtv_workflow.domain.record import Event, Record, corrected
from dtv_workflow.domain.steps import Row, hints, step_name
from dtv_workflow.domain.workflow import STEPS

ABOUT = frozenset({"hold", "attempt", "code", "against", "record_application:kind"})
"""What a fact is about: with another hold, attempt, condition or application it is another fact and contradicts nothing."""

ENDINGS = frozenset({
    "confirm_supervised_departure", "confirm_removal", "confirm_dublin_transfer", "record_residence", "close_unsupervised",
    "close_other", "reopen_case",
})  # fmt: skip
"""Steps after which much of what is told of the case means something else: their order beside every other step matters."""

OF_THE_RECORD = frozenset({"report_unread_message", "flag_message", "disclose", "correct", "pick_up_task", "complete_task"})
"""Steps that speak of the record, and of nothing that is so in the world: no message overtakes them."""

TOGETHER: tuple[frozenset[str], ...] = (
    frozenset({
        "report_detention", "order_detention", "extend_detention", "lift_detention", "record_detention_transfer",
        "record_court_notified", "record_court_hearing", "record_court_decision", "record_appeal", "record_progress_report",
        "choose_voluntary_departure",
    }),
    frozenset({"record_return_decision", "record_court_decision", "record_appeal"}),
    frozenset({"record_return_decision", "record_application"}),
    frozenset({"book_removal", "cancel_removal", "record_transfer_announced", "record_return_decision", "record_court_decision"}),
    frozenset({"place_hold", "lift_hold"}),
    frozenset({"record_art64_application", "record_art64_decision", "lift_hold"}),
    frozenset({"establish_minority", "establish_reception"}),
    frozenset({"record_medical_advice", "fulfil_travel_condition"}),
)  # fmt: skip
"""Steps that speak of one thing: which of two came first matters to what is true now. That none is missing, a test of every two
facts in both orders says."""


def beside(name: str) -> frozenset[str]:
    """The steps whose order beside this one matters to what is true now."""
    if name in ENDINGS:
        return frozenset(STEPS) - OF_THE_RECORD
    return ENDINGS.union({name}, *(group for group in TOGETHER if name in group))


class Differs(NamedTuple):
    """How a message differs, and from which event, where that is one."""

    why: Divergence
    other: int | None


def diverging(records: list[Record], request_id: str, incidents: tuple[str, ...] = ()) -> tuple[Differs, ...]:
    """How what was recorded under a request differs from what stood before it: at most once in each way."""
    told = [record for record in records if record.request_id == request_id]
    if not told:
        return ()
    row = STEPS[told[0].step]
    before = corrected([record for record in records if record.version < told[0].version])
    found = [*_overtaken(row, told[0], before), *_disputed(row, told, before, incidents)]
    return tuple({each.why: each for each in reversed(found)}.values())[::-1]


def _overtaken(row: Row, told: Record, before: list[Record]) -> Iterator[Differs]:
    """Something that happened later, of the same kind or about the same thing, was recorded already."""
    kinds = beside(step_name(row.step))
    later = [r for r in _acts(before) if r.step in kinds and r.occurred_at > told.occurred_at]
    if later:
        yield Differs(Divergence.OUT_OF_ORDER, max(later, key=lambda r: (r.occurred_at, r.version)).version)


def _disputed(row: Row, told: list[Record], before: list[Record], incidents: tuple[str, ...]) -> Iterator[Differs]:
    """Another account of the same happening, the same account again, or a fact that broke a rule.

    That it happened before the case was opened (N32) contradicts nothing: a case begins with what others did before.
    """
    mine = _main(row, told)
    for record in _same(row, before, mine):
        if _said(row, record.event) != _said(row, mine.event):
            yield Differs(Divergence.CONTRADICTS, record.version)
        elif record.occurred_at == mine.occurred_at and record.actor == mine.actor:
            yield Differs(Divergence.TOLD_TWICE, record.version)
    if broken := set(incidents) - {N32.code}:
        verdicts = mine.receipt.verdicts if mine.receipt else ()
        relied = [version for verdict in verdicts if verdict.code in broken and not verdict.met for version in verdict.relied]
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
