"""A case's records as events and objects that every format is written from. Pure: records in, values out; no key, no file.

Only what is listed leaves: booleans, numbers, days, times and coded words of fields that are not sealed, and the few texts in
`CLEAR`. Every id is a pseudonym. `docs/export.md` has the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from dtv_workflow.audit.export.pseudonyms import Pseudonyms
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import DepartureConfirmed, DublinTransferCompleted, RemovalCompleted
from dtv_workflow.domain.chapters.custody import DetentionOrdered, DetentionReported, SupervisionMeasureImposed
from dtv_workflow.domain.chapters.guidance import InterviewHeld
from dtv_workflow.domain.chapters.intake import ReturnDecisionRecorded, SubjectRegistered, SupervisorAssigned
from dtv_workflow.domain.chapters.records import CommandRefused, CorrectionRecorded, IntegrityIncidentRaised, RulesetMigrated
from dtv_workflow.domain.chapters.tasks import TimerExpired, TimerReminded
from dtv_workflow.domain.chapters.travel_document import (
    DublinAcceptanceRecorded,
    LaissezPasserOrdered,
    TravelDocumentReceived,
)
from dtv_workflow.domain.chapters.voluntary_departure import TicketIssued
from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.record import CORRECTION_TOPIC, Event, Record, fold
from dtv_workflow.domain.steps import hints
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.domain.workflow import EVENTS

Scalar = bool | int | str | datetime

CLEAR: dict[type[Event], tuple[str, ...]] = {
    CommandRefused: ("refused", "codes"),
    IntegrityIncidentRaised: ("code",),
    RulesetMigrated: ("before", "after"),
    TimerExpired: ("timer", "proposes"),
    TimerReminded: ("timer",),
    CorrectionRecorded: ("field",),
    SubjectRegistered: ("citizenship",),
    DetentionOrdered: ("heavy", "light", "measures"),
    LaissezPasserOrdered: ("country",),
    DublinAcceptanceRecorded: ("member_state",),
    DublinTransferCompleted: ("member_state",),
    TicketIssued: ("destination",),
    DepartureConfirmed: ("destination",),
    RemovalCompleted: ("destination",),
}
"""The fields of text that leave as they are: codes of ours, grounds of the law, countries. Every other text stays here."""

OWNED: dict[type[Event], str] = {
    ReturnDecisionRecorded: "besluit",
    InterviewHeld: "interview",
    DetentionOrdered: "measure",
    DetentionReported: "measure",
    SupervisionMeasureImposed: "measure",
    LaissezPasserOrdered: "document",
    TravelDocumentReceived: "document",
    TicketIssued: "booking",
}
"""What an event brings into being, besides holds and bookings, which have ids of their own."""

OBJECTS: dict[str, tuple[str, ...]] = {
    "zaak": ("fase", "uitkomst"), "vreemdeling": (), "regievoerder": (), "partner": (), "besluit": ("soort",),
    "document": ("soort",), "hold": ("soort",), "booking": ("soort",), "interview": ("soort",), "measure": ("soort",),
}  # fmt: skip
"""Every type of object with its attributes; all are text."""

COMMON: dict[str, str] = {
    "occurred_at": "time", "version": "integer", "step": "string", "role": "string", "episode": "integer",
    "back_dated": "boolean",
}  # fmt: skip
"""The attributes of every event."""

_KINDS = ("kind", "hold_kind", "article", "measure", "mode", "document", "purpose")


class Entity(NamedTuple):
    """An object. An attribute has a moment from which it holds; a relation an id and what it means."""

    id: str
    type: str
    attributes: tuple[tuple[str, datetime, str], ...] = ()
    relations: tuple[tuple[str, str], ...] = ()


class Happening(NamedTuple):
    """An event. `time` is when it was recorded; when it occurred is an attribute, since the order is the log's."""

    id: str
    type: str
    time: datetime
    attributes: dict[str, Scalar]
    relations: tuple[tuple[str, str], ...]
    agent: str
    topic: str
    rules: str


class Mapped(NamedTuple):
    """A case: its id in the export, its events in order, and the objects they speak of."""

    id: str
    happenings: tuple[Happening, ...]
    entities: tuple[Entity, ...]


# ------------------------------------------------------------------ attributes


@cache
def fields_of(event: type[Event]) -> dict[str, str]:
    """The fields of an event that leave, each with its OCEL type, in the event's order."""
    declared = hints(event)
    kinds = {name: _kind(declared[name]) for name in event.__struct_fields__ if not is_sealed(event, name)}
    return {name: kind or "string" for name, kind in kinds.items() if kind or name in CLEAR.get(event, ())}


def _kind(declared: Any) -> str | None:
    """The OCEL type of a declared type; None for text and for what has parts."""
    origin = get_origin(declared)
    if origin is Annotated:
        return _kind(get_args(declared)[0])
    if origin in (Union, UnionType):
        kinds = {_kind(part) for part in get_args(declared) if part is not NoneType}
        return kinds.pop() if len(kinds) == 1 else None
    if declared in _SCALARS:
        return _SCALARS[declared]
    return "string" if isinstance(declared, type) and issubclass(declared, Enum) else None


_SCALARS: dict[Any, str] = {bool: "boolean", int: "integer", datetime: "time", date: "string"}


def types_of_events() -> dict[str, dict[str, str]]:
    """Every event type of a case, by name, with its attributes and their types."""
    return {event.__name__: COMMON | fields_of(event) for event in sorted(EVENTS.values(), key=lambda e: e.__name__)}


def attributes_of(record: Record) -> dict[str, Scalar]:
    """What an event tells: the common attributes, and those of its own that leave."""
    event = record.event
    own = {name: _plain(value) for name in fields_of(type(event)) if (value := getattr(event, name)) is not None}
    common: dict[str, Scalar] = {
        "occurred_at": record.occurred_at, "version": record.version, "step": record.step, "role": record.role.value,
        "episode": record.episode, "back_dated": record.back_dated,
    }  # fmt: skip
    return common | own


def _plain(value: Any) -> Scalar:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool | int | datetime):
        return value
    return ",".join(value) if isinstance(value, tuple) else str(value)


def written(value: Scalar) -> str:
    """A value as text: times in UTC with a Z, booleans as true and false."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return stamp(value) if isinstance(value, datetime) else str(value)


def stamp(moment: datetime) -> str:
    """RFC 3339, to the microsecond: `2026-01-05T09:00:00.000000Z`. What is stored is UTC."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


# ------------------------------------------------------------------ a case


def mapped(records: Sequence[Record], names: Pseudonyms, wanted: Any = None) -> Mapped:
    """A case's history as events and objects; `wanted` says of a moment whether what was recorded then is asked for.

    The state is folded over the whole history, so that what an event of the period rests on is known. Raises ValueError when an
    event would speak of an object that is not there.
    """
    return _Case(records, names).mapped(wanted or (lambda moment: True))


class _Case:
    def __init__(self, records: Sequence[Record], names: Pseudonyms) -> None:
        self.records, self.names = list(records), names
        self.stream = self.records[0].originator_id
        self.id = names.of("zaak", self.stream)
        self.entities: dict[str, Entity] = {}
        self.history: list[tuple[str, datetime, str]] = []

    def mapped(self, wanted: Any) -> Mapped:
        case, found = DepartureCase(), list[Happening]()
        for n, record in enumerate(self.records, 1):
            before = self._state(case)
            decision, held, document = case.decision, case.detained or case.supervision, _document(case)
            case = fold(self.records[:n]) if record.event.TOPIC == CORRECTION_TOPIC else fold([record], case)
            if not wanted(record.recorded_at):
                continue
            links = self._links(record, decision, held, document)
            after = self._state(case)
            if not found and record.version > 1:
                self.history += [(name, record.recorded_at, value) for name, value in before.items() if value]
            changed = {name for name in after if after[name] != before[name]}
            self.history += [(name, record.recorded_at, after[name]) for name in sorted(changed)]
            found.append(self._happening(record, links))
        if found:
            of_case = tuple(dict.fromkeys(self.history))
            owned = [(e.id, "heeft") for e in self.entities.values() if e.type in _OWNED_TYPES]
            people = [(e.id, "gaat over") for e in self.entities.values() if e.type == "vreemdeling"]
            self.entities[self.id] = Entity(self.id, "zaak", of_case, tuple(sorted(people + owned)))
        known = self.entities.keys()
        if any(id not in known for happening in found for id, _ in happening.relations):
            raise ValueError("an event speaks of an object that is not in the export")
        return Mapped(self.id, tuple(found), tuple(self.entities[id] for id in sorted(self.entities)))

    @staticmethod
    def _state(case: DepartureCase) -> dict[str, str]:
        return {"fase": case.phase.value, "uitkomst": case.outcome.value if case.outcome else ""}

    def _links(self, record: Record, decision: Any, held: Any, document: int) -> dict[str, str]:
        """The objects an event speaks of, each with what it is to the event."""
        event = record.event
        links = {self.id: "betreft"}
        if record.subject:
            links[self._known("vreemdeling", record.subject, own=False)] = "over"
        whose = "partner" if record.role is Role.SYSTEM else "regievoerder"
        links[self._known(whose, record.actor, own=False)] = "gemeld door" if whose == "partner" else "uitgevoerd door"
        if record.second:
            links.setdefault(self._known("regievoerder", record.second, own=False), "mede door")
        if isinstance(event, SupervisorAssigned):
            links.setdefault(self._known("regievoerder", event.supervisor, own=False), "toegewezen aan")
        if (kind := OWNED.get(type(event))) is not None:
            links[self._owned(kind, str(record.version), record)] = "betreft"
        for field, kind in (("hold", "hold"), ("attempt", "booking")):
            if isinstance(name := getattr(event, field, None), str):
                links[self._owned(kind, name, record)] = "betreft"
        if decision is not None and not isinstance(event, ReturnDecisionRecorded):
            links[self._owned("besluit", str(decision.version))] = "grondslag"
        if held is not None and type(event).__name__ in _OF_MEASURE:
            links[self._owned("measure", str(held.version))] = "betreft"
        if document and type(event).__name__ in _OF_DOCUMENT:
            links[self._owned("document", str(document))] = "betreft"
        return links

    def _known(self, kind: str, value: str, *, own: bool = True) -> str:
        id = self.names.of(kind, f"{self.stream}/{value}" if own else value)
        self.entities.setdefault(id, Entity(id, kind))
        return id

    def _owned(self, kind: str, value: str, record: Record | None = None) -> str:
        """An object of this case's own; what kind it is, the first event that says so tells."""
        id = self._known(kind, value)
        said = next((v for name in _KINDS if isinstance(v := getattr(record and record.event, name, None), Enum)), None)
        if record is not None and said is not None and not self.entities[id].attributes:
            soort = ("soort", record.recorded_at, str(said.value))
            self.entities[id] = self.entities[id]._replace(attributes=(soort,))
        return id

    def _happening(self, record: Record, links: dict[str, str]) -> Happening:
        staff = "partner" if record.role is Role.SYSTEM else "regievoerder"
        return Happening(
            id=self.names.of("gebeurtenis", f"{self.stream}:{record.version}"),
            type=record.name,
            time=record.recorded_at,
            attributes=attributes_of(record),
            relations=tuple(sorted(links.items())),
            agent=self.names.of(staff, record.actor),
            topic=type(record.event).TOPIC,
            rules=record.receipt.ruleset if record.receipt else "",
        )


_OWNED_TYPES = ("besluit", "document", "hold", "booking", "interview", "measure")
_OF_MEASURE = frozenset({
    "DetentionLifted", "DetentionExtended", "DetentionTransferred", "SupervisionMeasureLifted", "ReportMade", "ReportingMissed",
    "CourtNotified", "ProgressReportSent",
})  # fmt: skip
_OF_DOCUMENT = frozenset({"PresentationPlanned", "PresentationOutcomeRecorded"})


def _document(case: DepartureCase) -> int:
    """The version of the application or document that stands."""
    return case.document.version if case.document else case.laissez_passer.version if case.laissez_passer else 0
