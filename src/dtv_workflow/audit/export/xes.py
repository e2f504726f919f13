"""XES (IEEE 1849-2016): a trace a case, an event an event, with the extensions concept, time, lifecycle, org and identity."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import IO
from xml.sax.saxutils import quoteattr

from dtv_workflow.audit.export.mapping import Happening, Mapped, Scalar, stamp, written
from dtv_workflow.audit.export.pseudonyms import Pseudonyms

PREFIX = "dtv:"
"""What our own attributes begin with."""

SCHEDULED = frozenset({"RemovalBooked", "PresentationPlanned"})
"""What is agreed on and not done yet: `schedule` in the standard life cycle; all else is `complete`."""

_EXTENSIONS = {"Concept": "concept", "Time": "time", "Lifecycle": "lifecycle", "Organizational": "org", "Identity": "identity"}


def write_xes(out: IO[bytes], cases: Iterable[Mapped], names: Pseudonyms) -> None:
    """The log, case by case in order."""
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1849-2016" xmlns="http://www.xes-standard.org/">\n')
    for name, prefix in _EXTENSIONS.items():
        out.write(f'<extension name="{name}" prefix="{prefix}" uri="http://www.xes-standard.org/{prefix}.xesext"/>\n'.encode())
    trace, event = _one("string", "concept:name", ""), _global_event()
    out.write(f'<global scope="trace">{trace}</global>\n<global scope="event">{event}</global>\n'.encode())
    out.write(b'<classifier name="Activity" keys="concept:name"/>\n')
    for case in cases:
        if case.happenings:
            out.write(f"<trace>{_one('string', 'concept:name', case.id)}\n".encode())
            out.writelines(_event(happening, names).encode() for happening in case.happenings)
            out.write(b"</trace>\n")
    out.write(b"</log>\n")


def _global_event() -> str:
    start = "1970-01-01T00:00:00.000Z"
    return "".join((
        _one("string", "concept:name", ""), _one("date", "time:timestamp", start),
        _one("string", "lifecycle:transition", "complete"),
    ))  # fmt: skip


def _event(happening: Happening, names: Pseudonyms) -> str:
    said = [
        _one("string", "concept:name", happening.type),
        _one("date", "time:timestamp", stamp(happening.time)),
        _one("string", "lifecycle:transition", "schedule" if happening.type in SCHEDULED else "complete"),
        _one("string", "org:resource", happening.agent),
        _one("string", "org:role", written(happening.attributes["role"])),
        _one("id", "identity:id", names.uuid("gebeurtenis", happening.id)),
        *(_one(_kind(value), PREFIX + name, written(value)) for name, value in happening.attributes.items() if name != "role"),
    ]
    return f"<event>{''.join(said)}</event>\n"


def _one(kind: str, key: str, value: str) -> str:
    return f"<{kind} key={quoteattr(key)} value={quoteattr(value)}/>"


def _kind(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int"
    return "date" if isinstance(value, datetime) else "string"
