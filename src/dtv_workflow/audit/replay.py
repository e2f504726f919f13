"""Replay: a case rebuilt event by event, with what each event changed. Pure: a function over records, no clock and no store.

Two times are kept apart. What was *known* at a moment is the fold of what had been recorded by then: a later correction or a fact
told late changes nothing in it. What was *true* at a moment is told by all that is known, in the order in which it happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.fields import AMSTERDAM
from dtv_workflow.domain.record import CORRECTION_TOPIC, Record, corrected, fold

SEALED = frozenset({"name", "birth_date", "v_number", "pregnancy", "screening", "minority"})
"""Facets that came from sealed fields: hidden unless somebody asked for them."""

_NOT_FACETS = frozenset({"id", "subject", "version", "topics", "judged_at", "told"})


class Change(NamedTuple):
    """One facet that an event changed; None stands for nothing."""

    facet: str
    before: Any
    after: Any

    @property
    def sealed(self) -> bool:
        """Whether the facet came from a sealed field."""
        return self.facet.partition(".")[0] in SEALED


class Replayed(NamedTuple):
    """One event, what it changed, and the facets as they stood after it."""

    record: Record
    changes: tuple[Change, ...]
    facets: dict[str, Any]


def replay(records: list[Record]) -> Iterator[Replayed]:
    """Every event in order with what it changed. A correction is folded anew from the start, up to itself."""
    case, before = DepartureCase(), facets(DepartureCase())
    for n, record in enumerate(records, 1):
        case = fold(records[:n]) if record.event.TOPIC == CORRECTION_TOPIC else fold([record], case)
        after = facets(case)
        yield Replayed(record, tuple(differences(before, after)), after)
        before = after


def true_at(records: list[Record], moment: datetime) -> list[Record]:
    """What had happened by a moment, as far as these records know: with corrections taken in, in the order in which it happened.

    What happened at one moment stays in the order in which it was told, and the opening comes first, since a case begins with
    what others did before it. Corrections themselves are left out: they say nothing that happened. Cut the records by when they
    were recorded to ask what was known at one time of what was true at another.
    """
    told = [record for record in corrected(records) if record.event.TOPIC != CORRECTION_TOPIC and record.occurred_at <= moment]
    opening = records[0].request_id if records else ""
    return sorted(told, key=lambda record: (record.request_id != opening, record.occurred_at, record.version))


def facets(case: DepartureCase) -> dict[str, Any]:
    """What is known of a case, flat: holds, bookings and interviews one by one; what is empty is left out."""
    found: dict[str, Any] = {}
    for name in case.__struct_fields__:
        value = getattr(case, name)
        if name in _NOT_FACETS or value is None or value in ("", 0):
            continue
        if isinstance(value, dict):
            found |= {f"{name}.{text(key)}": item for key, item in value.items()}
        elif isinstance(value, list):
            found |= {f"{name}.{n}": item for n, item in enumerate(value, 1)}
        else:
            found[name] = value
    return found


def differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    """The facets that differ, in the order of the later state, what is gone last."""
    for name in [*after, *(name for name in before if name not in after)]:
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name))


def up_to(records: Iterable[Record], *, version: int | None = None, known_at: datetime | None = None) -> list[Record]:
    """The records up to a version, and known at a moment."""
    return [
        record
        for record in records
        if (version is None or record.version <= version) and (known_at is None or record.recorded_at <= known_at)
    ]


def text(value: Any) -> str:
    """A facet's value in a line: codes, Amsterdam times, and the parts of a facet that say something."""
    if value is None or value in ("", (), 0) or (isinstance(value, dict) and not value):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return ", ".join(f"{text(key)} {text(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(text(item) for item in value)
    if isinstance(value, msgspec.Struct):
        return _parts(value)
    return str(value)


def _parts(value: msgspec.Struct) -> str:
    """The fields of a struct that say something; which version said so stands elsewhere."""
    said = []
    for name in value.__struct_fields__:
        item = getattr(value, name)
        if name == "version" or item is None or item in ("", (), 0):
            continue
        label = name.replace("_", " ")
        said.append(label if item is True else f"{label} {text(item)}")
    return ", ".join(said) or "yes"
