"""What the log holds: an event, and the record that says who, when, on whose authority and by which rules."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, ClassVar

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.fields import Moment
from dtv_workflow.domain.law.rules import Receipt
from dtv_workflow.domain.vocabulary import Role

TOPICS: dict[str, type[Event]] = {}
"""Every event class by its topic, as the chapters define them."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened, in the past tense. `apply` believes: it sets, adds or removes, and never asks.

    `TOPIC` is the stable name under which the event is stored: moving or renaming the class is never a migration.
    """

    TOPIC: ClassVar[str] = ""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        TOPICS[cls.TOPIC] = cls

    def apply(self, case: DepartureCase, record: Record) -> None:
        """Change the case by what happened. No clock, no guard, no raise."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One event in its place in the log.

    `originator_id` is the stream (`case/…`, `register`), `originator_version` counts from 1 without gaps. `occurred_at` says
    when it was true in the world, `recorded_at` when we knew it; both are stored in UTC. `position` is where the log has it,
    once it does.
    """

    originator_id: str
    originator_version: int
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    role: Role
    step: str
    request_id: str
    event: Event
    episode: int = 1
    receipt: Receipt | None = None
    subject: str | None = None
    second: str | None = None
    source: str | None = None
    reason: str | None = None
    back_dated: bool = False
    training: bool = False
    position: int | None = None

    @property
    def version(self) -> int:
        """The version in its stream."""
        return self.originator_version

    @property
    def name(self) -> str:
        """The event's name: `VoluntaryDepartureOffered`."""
        return type(self.event).__name__


def fold(records: list[Record], case: DepartureCase | None = None) -> DepartureCase:
    """Replay: what a history makes of a case. It believes every event and asks nobody anything.

    A correction counts from where the corrected event stands: the history is folded with the corrected value in its place,
    so that later decisions rest on what is true. What was known before the correction is the fold of the records before it.
    Pass the `case` an earlier fold made to continue from it; with a correction among `records` the whole history is needed
    instead.
    """
    case = DepartureCase() if case is None else case
    for record in corrected(records):
        take_in(case, record)
    return case


def take_in(case: DepartureCase, record: Record) -> None:
    """One event more: change the case by it. A correction changes nothing here; see `fold`."""
    case.version = record.originator_version
    case.topics.append(type(record.event).TOPIC)
    if record.receipt is not None and record.event.TOPIC != REFUSAL_TOPIC:
        last = case.judged_at
        case.judged_at = record.occurred_at if last is None else max(record.occurred_at, last)
    record.event.apply(case, record)


def corrected(records: list[Record]) -> list[Record]:
    """The same history with every correction's value put where the corrected event stands; the stored events are not touched."""
    corrections = [r for r in records if r.event.TOPIC == CORRECTION_TOPIC]
    if not corrections:
        return records
    place = {r.originator_version: n for n, r in enumerate(records)}
    result = list(records)
    for correction in corrections:
        said: tuple[int, str, object] | None = correction.event.corrects()  # type: ignore[attr-defined]
        if said and said[0] in place:
            event, field, value = said
            result[place[event]] = put(result[place[event]], field, value)
    return result


def put(record: Record, field: str, value: object) -> Record:
    """The record with one field of its event, or its `occurred_at`, replaced. Raises ValidationError when it does not fit."""
    fitted = fitting(type(record.event), field, value)
    if field == "occurred_at":
        return msgspec.structs.replace(record, occurred_at=fitted)
    return msgspec.structs.replace(record, event=msgspec.structs.replace(record.event, **{field: fitted}))


def fitting(event: type[Event], field: str, value: object) -> Any:
    """The value as the field's type. Raises msgspec.ValidationError when it does not fit, KeyError for an unknown field."""
    types = {f.name: f.type for f in msgspec.structs.fields(event)} | {"occurred_at": Moment}
    fitted = msgspec.convert(value, types[field], strict=True)
    if isinstance(fitted, date) and not date.min.year < fitted.year < date.max.year:
        raise msgspec.ValidationError("no term can be counted from the first or the last year there is")
    return fitted


CORRECTION_TOPIC = "correction_recorded.v1"
REFUSAL_TOPIC = "command_refused.v1"


def snake(name: str) -> str:
    """`OfferVoluntaryDeparture` → `offer_voluntary_departure`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
