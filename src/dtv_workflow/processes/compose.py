"""What a sink is sent of an event: its envelope, and the fields that the agreement names. And what an embassy is not told."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec
from eventsourcing.persistence import Notification, StoredEvent

from dtv_workflow.answers import stream_of
from dtv_workflow.application import Register
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.travel_document import LaissezPasserOrdered
from dtv_workflow.domain.facets import LaissezPasser
from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.record import CORRECTION_TOPIC, Record, corrected, fold
from dtv_workflow.domain.vocabulary import Article, Block, HoldKind, LpPurpose, Phase
from dtv_workflow.domain.workflow import EVENTS
from dtv_workflow.errors import Malformed
from dtv_workflow.processes.cloudevents import CloudEvent, encode, event_type, schema_of
from dtv_workflow.processes.disclosable import OCCURRED
from dtv_workflow.processes.partners import Partner, PartnerKind, Partners, Sink, gets, subject_fields
from dtv_workflow.processes.sinks import Message
from dtv_workflow.store.seal import FORGOTTEN

SILENCING = frozenset({
    HoldKind.ECHR_RULE39, HoldKind.INTERIM_RELIEF_GRANTED, HoldKind.INTERIM_RELIEF_AWAITABLE, HoldKind.NON_REFOULEMENT_REVIEW,
})  # fmt: skip
"""Holds during which no embassy is told anything, besides those that block contact: somebody's protection is being weighed."""


class Item(NamedTuple):
    """An event about to be sent: where it is from, which fields are in it, and the message.

    `place` is the number a receiver sees it by: where the log has it; for an embassy, to whom a gap between two of those would
    tell, when it was recorded (which the envelope says too), in microseconds since 1970 in UTC.
    """

    case: str
    version: int
    topic: str
    fields: tuple[str, ...]
    message: Message
    place: int


class Composer:
    """Makes of an event of the log what one sink is sent of it, or nothing."""

    def __init__(self, register: Register, partners: Partners, sink: Sink) -> None:
        self.register = register
        self.source, self.schemas = partners.source or "", partners.schemas
        self.partner = partners.to(sink)
        self.gets = gets(sink, self.partner)
        self.subject = subject_fields(sink, self.partner)
        self.topics = frozenset(self.gets.topics)
        self.withheld = 0

    def item(self, notification: Notification) -> Item | None:
        """What is sent of this event; None when its topic, its stream or the law says nothing is."""
        topic, stream = notification.topic, str(notification.originator_id)
        if topic not in self.topics or not stream.startswith("case/"):
            return None
        names, embassy = self.gets.fields.get(topic, ()), self.partner.kind is PartnerKind.EMBASSY
        sealed = any(name != OCCURRED and is_sealed(EVENTS[topic], name) for name in names)
        record = self.register.mapper.to_domain_event(notification, unseal=sealed)
        event = envelope(event_id(self.register.store.store_id, notification), self.source, record)
        place = notification.id
        history = self._history(stream, whole=embassy) if names or embassy else []
        subject: dict[str, Any] = {}
        if embassy:
            told = self._for_embassy(record, history)
            if told is None:
                self.withheld += 1
                return None
            subject, place = told, (record.recorded_at - _EPOCH) // timedelta(microseconds=1)
            event = msgspec.structs.replace(event, sequence=None)
        if history:
            record = next(r for r in corrected(history) if r.version == record.version)
        data = data_of(record, names) | ({"subject": subject} if subject else {})
        body, whole = _fitting(event, data, self.schemas)
        fields = _named(names, data) if whole else ()
        message = Message(notification.id, event.id, body)
        return Item(stream.removeprefix("case/"), record.version, topic, fields, message, place)

    def _history(self, stream: str, *, whole: bool) -> list[Record]:
        """A case's records; none where nothing in it was corrected and `whole` does not ask for them all the same."""
        stored = self.register.store.recorder.select_events(stream)
        if not whole and all(event.topic != CORRECTION_TOPIC for event in stored):
            return []
        return [self.register.mapper.to_domain_event(event) for event in stored]

    def _for_embassy(self, record: Record, history: list[Record]) -> dict[str, Any] | None:
        """None when the embassy may not be told of this event; else whom it is about, if that is told with it.

        What the case was when it happened is what we know now that it was: an order corrected since was of another country all
        along. The corrections themselves stay out of that fold, or one that was corrected in its turn would count again.
        """
        now = fold(history)
        true = [r for r in corrected(history) if r.event.TOPIC != CORRECTION_TOPIC]
        then = fold([r for r in true if r.version <= record.version])
        moment = now_in(self.register, record.originator_id.removeprefix("case/"))
        if not may_tell_embassy(self.partner, then, now, moment):
            return None
        if type(record.event) is not LaissezPasserOrdered:
            return {}
        if now.laissez_passer is None or now.laissez_passer.version != record.version:
            return None
        return _known({name: getattr(now, name) for name in self.subject})


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def may_tell_embassy(partner: Partner, then: DepartureCase, now: DepartureCase, moment: datetime) -> bool:
    """Whether an embassy may be told of an event: a laissez-passer was asked of its own country for return and still is, the case
    is open, and nothing says that asylum or protection is being asked (Vc 2000 A3/4.1, A3/4.3; N20, N21).

    `then` is the case with the event as its last, `now` the case as it is, both as far as is known now; `moment` the time of
    sending. More stops a message than stops the order: what was sent cannot be taken back, and an order is a person's decision.
    """
    if now.laissez_passer is None or not all(_asked_for_return(partner, case.laissez_passer) for case in (then, now)):
        return False
    asylum = now.asylum_asked is not None and now.asylum_asked.version > now.laissez_passer.version
    detained = now.detained is not None and now.detained.article is Article.A59B
    held = any(hold.blocks(Block.EMBASSY_CONTACT) or hold.kind in SILENCING for hold in now.open_holds(moment).values())
    return now.phase is not Phase.CLOSED and not asylum and not detained and not held


def _asked_for_return(partner: Partner, ordered: LaissezPasser | None) -> bool:
    return ordered is not None and ordered.country == partner.country and ordered.purpose is LpPurpose.RETURN


def envelope(id: str, source: str, record: Record) -> CloudEvent:
    """The event without data: that it was recorded, when, and in which case."""
    return CloudEvent(
        id=id,
        source=source,
        type=event_type(type(record.event).TOPIC),
        subject=record.originator_id.removeprefix("case/"),
        time=record.recorded_at,
        sequence=f"{record.position or 0:020}",
    )


def event_id(store_id: str, stored: StoredEvent) -> str:
    """The same for the same event, whenever and by whomever it is asked, and another for another one that took its place after a
    backup was put back: UUIDv5 of the store, the stream, the version and a digest of what is stored."""
    digest = hashlib.sha256(stored.state).hexdigest()[:32]
    return str(uuid5(UUID(hex=store_id), f"{stored.originator_id}/{stored.originator_version}/{digest}"))


def data_of(record: Record, names: Sequence[str]) -> dict[str, Any]:
    """An event's data: these fields of it, and when it happened if that is named. What is unknown or forgotten is left out."""
    at = {"at": record.occurred_at.isoformat().replace("+00:00", "Z")} if OCCURRED in names else {}
    fields = _known({name: getattr(record.event, name) for name in names if name != OCCURRED})
    return at | ({"fields": fields} if fields else {})


def now_in(register: Register, case: str) -> datetime:
    """The time in a case: the clock's; in a training store, whose script may be ahead, never before what was last recorded."""
    if not register.store.training:
        return register.clock()
    last = register.store.recorder.select_events(stream_of(case), desc=True, limit=1)[0]
    return max(register.clock(), register.mapper.to_domain_event(last, unseal=False).recorded_at)


def _known(values: dict[str, Any]) -> dict[str, Any]:
    unknown: tuple[Any, ...] = (None, FORGOTTEN, (FORGOTTEN,), {})
    return {name: msgspec.to_builtins(value) for name, value in values.items() if value not in unknown}


def _named(names: Sequence[str], data: dict[str, Any]) -> tuple[str, ...]:
    """The fields that are in the data, as a disclosure names them."""
    fields = data.get("fields", {})
    own = [name for name in names if name in fields or (name == OCCURRED and "at" in data)]
    return (*own, *(f"subject.{name}" for name in data.get("subject", {})))


def _fitting(event: CloudEvent, data: dict[str, Any], schemas: str | None) -> tuple[bytes, bool]:
    """The encoded event, and whether its data is in it: more than an event can carry stays out, and stops no sink."""
    if data:
        at = schemas.rstrip("/") + schema_of(event.type) if schemas else None
        full = msgspec.structs.replace(event, data=data, datacontenttype="application/json", dataschema=at)
        try:
            return encode(full), True
        except Malformed:
            return encode(event), False
    return encode(event), False
