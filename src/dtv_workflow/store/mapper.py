"""Records to stored bytes and back: strict JSON, personal fields sealed, topics from a list and never from the database.

What a record's state holds is written once and never rewritten, since proofs rest on the very bytes. So the form is strict:
sorted keys, UTC, NFC text, no NaN. Fields a later version added are ignored on reading; missing ones take the event's defaults.
"""

from __future__ import annotations

import math
import secrets
import types
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar, Union, get_args, get_origin

import msgspec
from eventsourcing.persistence import Mapper, Notification, StoredEvent
from msgspec import UNSET, Struct

from dtv_workflow.domain.law.rules import Receipt
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import DtvError
from dtv_workflow.store.keys import KeyStore
from dtv_workflow.store.seal import SEALED, Place, placeholder, seal, unseal

T = TypeVar("T")

_REASON = "record.reason"
"""The reason's name in its seal. It has a dot, so it can be no event's field."""

_REASON_CLASS = "identity"
_NOTHING: tuple[object, ...] = (None, "", (), [], {})
"""What needs no seal, because it says nothing."""

_encode = msgspec.json.Encoder(order="sorted").encode


class UnknownTopic(DtvError):
    """The store holds a kind of event this version does not know."""

    code = "unknown_topic"


class DamagedEvent(DtvError):
    """A stored event cannot be read as what its topic says it is."""

    code = "damaged_event"


class State(Struct, Generic[T], frozen=True, kw_only=True, omit_defaults=True):
    """What is stored of a record beside its stream, version and topic. A change of these defaults would change the past."""

    occurred_at: datetime
    recorded_at: datetime
    actor: str
    role: Role
    step: str
    request_id: str
    salt: str
    data: T
    episode: int = 1
    receipt: Receipt | None = None
    subject: str | None = None
    second: str | None = None
    source: str | None = None
    reason: Any = None
    back_dated: bool = False
    training: bool = False


class _Form(NamedTuple):
    """How one type of event is stored, found once: which fields are sealed, and whether msgspec can write it unaided."""

    type: type[Event]
    sealed: dict[str, str]
    stored_name: dict[str, str]
    field_type: dict[str, Any]
    unaided: bool
    decode: Any


class RecordMapper(Mapper[str]):
    """Writes records and reads them again.

    `topics` is the list of topics that exist; `keys` may be None for one who only reads and is shown no sealed field.
    """

    def __init__(self, topics: Mapping[str, type[Event]], keys: KeyStore | None) -> None:
        self._topics = topics
        self._keys = keys
        self._forms: dict[str, _Form] = {}

    def to_stored_event(self, record: Record) -> StoredEvent:  # type: ignore[override]
        """The record as it is stored. Raises ValueError, without the value, for what must not be stored."""
        event = record.event
        topic = type(event).TOPIC
        form = self._form(topic)
        if form.type is not type(event):
            raise ValueError(f"{type(event).__name__} is not the event listed under {topic}")
        keys: dict[str, tuple[str, bytes]] = {}
        data: Any = event
        if not form.unaided:
            data = _tidy(msgspec.to_builtins(event, builtin_types=(datetime,), str_keys=True))
            for name, data_class in form.sealed.items():
                key = form.stored_name[name]
                if data.get(key) not in _NOTHING:
                    _refuse_unfit(data[key], form.field_type[name], f"{topic}: {name}")
                    data[key] = self._seal(data[key], name, data_class, record, keys)
        reason = record.reason
        state = State(
            occurred_at=_in_utc(record.occurred_at),
            recorded_at=_in_utc(record.recorded_at),
            actor=record.actor,
            role=record.role,
            step=record.step,
            request_id=record.request_id,
            salt=secrets.token_urlsafe(16),
            data=data,
            episode=record.episode,
            receipt=record.receipt,
            subject=record.subject,
            second=record.second,
            source=record.source,
            reason=self._seal(_tidy(reason), _REASON, _REASON_CLASS, record, keys) if reason and record.subject else None,
            back_dated=record.back_dated,
            training=record.training,
        )
        encoded = _strict_json(state, topic)
        try:
            form.decode(encoded)
        except msgspec.ValidationError as error:
            # What cannot be read again must not be stored: it would stop the case for ever. The path is told, never the value.
            raise ValueError(f"{topic}: a value does not fit its field{str(error).partition(' - at')[2]}") from None
        return StoredEvent(record.originator_id, record.originator_version, topic, encoded)

    def to_domain_event(self, stored_event: StoredEvent, *, unseal: bool = True) -> Record:
        """The record as it was. Without `unseal` no key is asked for, and sealed fields show that they are sealed."""
        topic = stored_event.topic
        form = self._form(topic)
        stream, version = str(stored_event.originator_id), stored_event.originator_version
        try:
            state = form.decode(stored_event.state)
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
            raise DamagedEvent(f"event {version} of {stream} cannot be read as {topic}") from None
        keys = self._keys if unseal else None
        event = state.data
        if form.sealed:
            values = {name: getattr(event, name) for name in form.field_type}
            for name in form.sealed:
                values[name] = _open(values[name], form.field_type[name], keys, Place(stream, version, topic, name))
            event = form.type(**{name: value for name, value in values.items() if value is not UNSET})
        return Record(
            originator_id=stream,
            originator_version=version,
            occurred_at=state.occurred_at,
            recorded_at=state.recorded_at,
            actor=state.actor,
            role=state.role,
            step=state.step,
            request_id=state.request_id,
            event=event,
            episode=state.episode,
            receipt=state.receipt,
            subject=state.subject,
            second=state.second,
            source=state.source,
            reason=_open(state.reason, str, keys, Place(stream, version, topic, _REASON)),
            back_dated=state.back_dated,
            training=state.training,
            position=stored_event.id if isinstance(stored_event, Notification) else None,
        )

    def _form(self, topic: str) -> _Form:
        form = self._forms.get(topic)
        if form is None:
            if topic not in self._topics:
                raise UnknownTopic(f"this version knows no event {topic[:100]!r}: the store is newer, or was tampered with")
            form = self._forms[topic] = _form_of(self._topics[topic])
        return form

    def _seal(
        self, value: object, field: str, data_class: str, record: Record, keys: dict[str, tuple[str, bytes]]
    ) -> dict[str, str]:
        """Seal one field. `keys` holds the keys this record has used already."""
        topic = type(record.event).TOPIC
        if record.subject is None:
            raise ValueError(f"{topic}: {field} is sealed with a key of its subject, and this record names no subject")
        if self._keys is None:
            raise ValueError(f"{topic}: {field} must be sealed, and this mapper was given no keys")
        if data_class not in keys:
            keys[data_class] = self._keys.key_for(record.subject, data_class)
        try:
            return seal(value, *keys[data_class], Place(record.originator_id, record.originator_version, topic, field))
        except UnicodeEncodeError:
            raise ValueError(f"{topic}: {field} holds a lone surrogate") from None


def _form_of(event_type: type[Event]) -> _Form:
    """Read off an event type how it is stored."""
    fields = msgspec.structs.fields(event_type)
    sealed: dict[str, str] = {}
    for f in fields:
        classes = _seals_in(f.type, set())
        if len(classes) > 1:
            raise ValueError(f"{event_type.__name__}.{f.name} mixes classes of data: {', '.join(sorted(classes))}")
        if classes:
            sealed[f.name] = classes.pop()
    stored_type: Any = event_type
    if sealed:
        # As stored, a sealed field is an object of ciphertext. A twin of the struct reads it, so one decoder does the rest.
        twin: list[Any] = []
        for f in fields:
            if f.name in sealed:
                twin.append((f.name, Any) if f.required else (f.name, Any, UNSET))
            elif f.default_factory is not msgspec.NODEFAULT:
                twin.append((f.name, f.type, msgspec.field(default_factory=f.default_factory)))
            else:
                twin.append((f.name, f.type) if f.required else (f.name, f.type, f.default))
        renamed = {f.name: f.encode_name for f in fields}
        stored_type = msgspec.defstruct(f"Stored{event_type.__name__}", twin, kw_only=True, rename=renamed)
    return _Form(
        event_type,
        sealed,
        {f.name: f.encode_name for f in fields},
        {f.name: f.type for f in fields},
        not sealed and all(_unaided(f.type, set()) for f in fields),
        msgspec.json.Decoder(State[stored_type]).decode,
    )


def _seals_in(type_: Any, seen: set[Any]) -> set[str]:
    """The classes of sealed data anywhere in a type, also inside a struct: then the whole field is sealed."""
    classes: set[str] = set()
    if get_origin(type_) is Annotated:
        for meta in type_.__metadata__:
            if isinstance(meta, msgspec.Meta) and meta.extra and "sealed" in meta.extra:
                classes.add(meta.extra["sealed"])
    if isinstance(type_, type) and issubclass(type_, Struct) and type_ not in seen:
        seen.add(type_)
        for f in msgspec.structs.fields(type_):
            classes |= _seals_in(f.type, seen)
    for argument in get_args(type_):
        classes |= _seals_in(argument, seen)
    return classes


def _unaided(type_: Any, seen: set[Any]) -> bool:
    """Whether msgspec alone writes the type strictly: no times (UTC), no numbers that can be NaN, no dict keys but str."""
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        return _unaided(arguments[0], seen)
    if origin is Literal:
        return True
    if origin in (Union, types.UnionType, tuple, list):
        return all(argument is ... or _unaided(argument, seen) for argument in arguments)
    if origin is dict:
        return arguments[0] is str and _unaided(arguments[1], seen)
    if not isinstance(type_, type):
        return False
    if issubclass(type_, Struct):
        if type_ not in seen:
            seen.add(type_)
            return all(_unaided(f.type, seen) for f in msgspec.structs.fields(type_))
        return True
    return type_ in (str, int, bool, bytes, date, types.NoneType) or issubclass(type_, Enum)


def _refuse_unfit(value: object, type_: Any, what: str) -> None:
    try:
        msgspec.convert(value, type_, str_keys=True)
    except msgspec.ValidationError:
        raise ValueError(f"{what} does not fit its type") from None


def _strict_json(state: State[Any], topic: str) -> bytes:
    """The state as JSON with NFC text. Text that is ASCII or already NFC, nearly all of it, is written as it stands."""
    try:
        encoded = _encode(state)
        if not encoded.isascii() and not unicodedata.is_normalized("NFC", encoded.decode()):
            encoded = _encode(_tidy(msgspec.to_builtins(state, builtin_types=(datetime,), str_keys=True)))
    except UnicodeEncodeError:
        raise ValueError(f"{topic}: a field holds a lone surrogate") from None
    return encoded


def _tidy(value: Any) -> Any:
    """A JSON value with its text in NFC and its times in UTC."""
    if isinstance(value, str):
        return value if value.isascii() else unicodedata.normalize("NFC", value)
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is not finite cannot be stored")
    if isinstance(value, dict):
        return {_tidy(key): _tidy(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(member) for member in value]
    return value


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError("a time without an offset cannot be stored")
    return moment.astimezone(UTC)


def _open(value: Any, type_: Any, keys: KeyStore | None, place: Place) -> Any:
    """The value of a sealed field, or what stands for it."""
    if value is None or value is UNSET:
        return value
    if value in _NOTHING:
        return msgspec.convert(value, type_)
    return placeholder(type_, SEALED) if keys is None else unseal(value, type_, keys, place)
