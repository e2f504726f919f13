"""What may ever leave the register, whatever a configuration asks for. Pure: topics and fields, no store.

An agreement chooses from this and cannot add to it. Free text never leaves by a message, nor does a record's reason or source:
nobody has read it with that reader in mind. A sealed field leaves only when it is listed here and an agreement names it.
"""

from __future__ import annotations

from functools import cache

from dtv_workflow.domain.chapters.family import GuardianInformed, MinorStatusEstablished
from dtv_workflow.domain.chapters.guidance import InterviewHeld
from dtv_workflow.domain.chapters.intake import SubjectRegistered, VulnerabilityScreened
from dtv_workflow.domain.chapters.medical import BmaAdviceReceived, PregnancyRecorded, TravelConditionFulfilled
from dtv_workflow.domain.chapters.records import CommandRefused, CorrectionRecorded, DisclosureLogged
from dtv_workflow.domain.chapters.removal import PreDepartureCheckCompleted
from dtv_workflow.domain.chapters.travel_document import (
    LaissezPasserOrdered,
    PresentationOutcomeRecorded,
    TravelDocumentReceived,
)
from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.workflow import EVENTS

OCCURRED = "occurred_at"
"""A field of every event, as an agreement names it: when it was true in the world."""

_OURS = tuple(
    f"dtv_workflow.domain.{name}"
    for name in ("register", "inbox", "access", "erasure", "chapters.messages", "chapters.tasks")
)
NEVER: frozenset[str] = frozenset({
    CommandRefused.TOPIC, DisclosureLogged.TOPIC, *(topic for topic, event in EVENTS.items() if event.__module__ in _OURS)
})  # fmt: skip
"""What is the office's own: the store, who looked, timers and tasks, messages it got from others, refused steps, and the log
of disclosures itself."""

SENDABLE: tuple[str, ...] = tuple(sorted(set(EVENTS) - NEVER))
"""The topics that may be sent."""

TELLING: frozenset[str] = frozenset({
    BmaAdviceReceived.TOPIC, TravelConditionFulfilled.TOPIC, PregnancyRecorded.TOPIC,
    *(topic for topic in SENDABLE if topic.startswith("art64_")),
})  # fmt: skip
"""Types whose very name says something of somebody's health (Regulation (EU) 2016/679 art. 9; Vw 2000 art. 107a). No `*` gives
them: they are named one by one, by a sink with an agreement."""

STRUCTURED: dict[str, tuple[str, ...]] = {
    SubjectRegistered.TOPIC: ("name", "birth_date", "v_number"),
    MinorStatusEstablished.TOPIC: ("birth_date", "guardian"),
    GuardianInformed.TOPIC: ("guardian",),
    VulnerabilityScreened.TOPIC: ("checklist",),
    InterviewHeld.TOPIC: ("checklist",),
    PreDepartureCheckCompleted.TOPIC: ("items",),
    PregnancyRecorded.TOPIC: ("due_on",),
}
"""The sealed fields that hold a name, a date, a number or coded answers. Every other sealed field is free text."""

UNTYPED: dict[str, tuple[str, ...]] = {CorrectionRecorded.TOPIC: ("value",)}
"""Fields in the clear of which the type does not say what they hold. A correction says which field of which event was corrected
(Regulation (EU) 2016/679 art. 19); what it should have said, the partner asks."""

EMBASSY: dict[str, tuple[str, ...]] = {
    LaissezPasserOrdered.TOPIC: ("country", "purpose"),
    PresentationOutcomeRecorded.TOPIC: ("outcome",),
    TravelDocumentReceived.TOPIC: (),
}
"""All that an embassy may be sent, and no asylum fact among it (Vc 2000 A3/4.1, A3/4.3; DT&V, travel certificate): that a
laissez-passer is asked of its country for return, what it answered itself, and that the application has ended. Not
`asylum_screened`, whose name says that there may be an asylum file; not a Dublin acceptance, which says that asylum was asked;
not the document received, which may be another country's; not the purposes no_fault and mediation, which speak of residence."""

EMBASSY_SUBJECT: tuple[str, ...] = ("name", "birth_date", "citizenship")
"""Whom an application is about, told with the order for it and not before. Not the V-number, which is ours; not language and sex,
from which an asylum motive may be read; the rest of the form is filled in by hand, and the person is given a copy."""


@cache
def fields_of(topic: str) -> tuple[str, ...]:
    """The fields of a topic that an agreement may name, in the event's order, after `occurred_at`."""
    event: type[Event] = EVENTS[topic]
    structured, untyped = STRUCTURED.get(topic, ()), UNTYPED.get(topic, ())
    clear = (f for f in event.__struct_fields__ if f not in untyped and (not is_sealed(event, f) or f in structured))
    return (OCCURRED, *clear)
