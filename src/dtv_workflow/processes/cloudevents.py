"""CloudEvents 1.0 in structured mode, as the NL GOV profile has them: written, read strictly, and described by JSON Schemas.

An event of the log goes out as `nl.terugkeerzaken.removal-booked.v1`; a fact that a partner reports comes in under the type of
the first event it is recorded as. Both carry `{"at": when it happened, "fields": {...}}` as their data, if they carry data.
"""

from __future__ import annotations

import functools
import json
import math
import operator
import re
import unicodedata
from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, NoReturn, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, UnsetType

from dtv_workflow.domain.chapters.intake import SubjectRegistered
from dtv_workflow.domain.chapters.travel_document import LaissezPasserOrdered
from dtv_workflow.domain.fields import Moment
from dtv_workflow.domain.steps import Row, hints, step_name
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import EVENTS, STEPS, TABLE
from dtv_workflow.errors import Malformed
from dtv_workflow.processes.disclosable import EMBASSY_SUBJECT, OCCURRED, fields_of

PREFIX = "nl.terugkeerzaken"
"""What every type begins with: reverse DNS, the domain in the plural, no organisation (NL GOV profile for CloudEvents)."""

MEDIA_TYPE = "application/cloudevents+json"
LARGEST = 64 * 1024
"""Bytes of one event, which every intermediary must be able to carry (CloudEvents 1.0, size limits)."""

DEEPEST = 32
"""How deep data may be nested."""

JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"

_NAME = re.compile(r"[a-z0-9]{1,20}")
_REFERENCE = re.compile(r"""[^\s\x00-\x20\x7f<>"{}|\\^`]+""")
_JSON_TYPE = re.compile(r"[\w.+-]+/([\w.+-]+\+)?json\s*(;.*)?", re.IGNORECASE)
_HINTS = ("id", "source", "type", "subject", "time")


class CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `subject` is the case id, never a V-number; `time` is when it was recorded; `data` None where it has none."""

    id: str
    source: str
    type: str
    specversion: str = "1.0"
    subject: str | None = None
    time: datetime | None = None
    sequence: str | None = None
    datacontenttype: str | None = None
    dataschema: str | None = None
    dataref: str | None = None
    data: Any = None


class Unreadable(Malformed):
    """What was received is no CloudEvent. `attributes` are the context attributes that could be read all the same."""

    def __init__(self, message: str, attributes: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.attributes = attributes or {}


# ------------------------------------------------------------------ types


def event_name(topic: str) -> str:
    """`removal_booked.v1` → `removal-booked`: the event in a schema's name."""
    return topic.partition(".")[0].replace("_", "-")


def event_type(topic: str) -> str:
    """`removal_booked.v1` → `nl.terugkeerzaken.removal-booked.v1`."""
    return f"{PREFIX}.{event_name(topic)}.{topic.rpartition('.')[2]}"


def schema_of(type_: str) -> str:
    """The `$id` of the schema of a type's data: `/schemas/out/removal-booked/1`. It changes when the type's version does.

    Where we publish it is put before it, since dataschema must be an absolute URI.
    """
    name, _, version = type_.rpartition(".")
    return f"/schemas/out/{name.rpartition('.')[2]}/{version.removeprefix('v')}"


@cache
def facts_by_type() -> dict[str, Row]:
    """Every fact by the type a partner reports it under."""
    facts = [row for row in TABLE if row.kind is Kind.FACT]
    found = {type_of_fact(step_name(row.step)): row for row in facts}
    if len(found) != len(facts):
        raise ValueError("two facts would come in under one type")
    return found


def type_of_fact(name: str) -> str:
    """The type under which a fact comes in, by its name."""
    return event_type(topic_in(name))


def topic_in(name: str) -> str:
    """What a fact's type is made of: the first event it is recorded as, or, where that would be one answer of two, a name."""
    return _EITHER.get(name, STEPS[name].emitted[0].TOPIC)


_EITHER = {"record_art64_decision": "art64_decided.v1"}


# ------------------------------------------------------------------ writing


def encode(event: CloudEvent) -> bytes:
    """The event in structured mode, without what it does not have. Raises Malformed when it is too large to be carried."""
    said = {name: value for name in event.__struct_fields__ if (value := getattr(event, name)) is not None}
    wrong = [name for name in said if not _NAME.fullmatch(name)]
    if wrong:
        raise ValueError("an attribute's name is lower-case letters and digits, at most 20")
    if event.time is not None:
        said["time"] = event.time.astimezone(UTC)
    encoded = msgspec.json.encode(said)
    if len(encoded) > LARGEST:
        raise Malformed(f"the event is larger than {LARGEST} bytes")
    return encoded


# ------------------------------------------------------------------ reading


def read(raw: bytes) -> CloudEvent:
    """An event in structured mode. Raises Unreadable with one line that repeats nothing of what was received.

    Attributes of others are allowed and left out. A null attribute is one that is not there (CloudEvents JSON format, 2.2).
    """
    said = _object(raw)
    known = {name: value for name in _HINTS if isinstance(value := said.get(name), str) and _sound(value)}
    try:
        return _event({name: value for name, value in said.items() if value is not None or name == "data"})
    except Malformed as error:
        raise Unreadable(str(error), known) from None


def _event(said: dict[str, Any]) -> CloudEvent:
    data = said.pop("data", None)
    if "data_base64" in said:
        raise Malformed("data_base64 is not read here; data must be JSON")
    for name, value in said.items():
        if not re.fullmatch(r"[a-z0-9]+", name):
            raise Malformed("an attribute's name must be lower-case letters and digits")
        if not _plain(value):
            raise Malformed("an attribute must be a text without control characters, a whole number of 32 bits, or a boolean")
    if said.get("specversion") != "1.0":
        raise Malformed("specversion must be 1.0")
    for name in ("id", "source", "type"):
        if not isinstance(said.get(name), str) or not said[name]:
            raise Malformed(f"{name} is required")
    texts = {name: said[name] for name in CloudEvent.__struct_fields__ if name in said}
    if wrong := next((name for name, value in texts.items() if not isinstance(value, str) or not value), None):
        raise Malformed(f"{wrong} must be a text")
    if wrong := next((n for n in ("source", "dataschema", "dataref") if n in texts and not _REFERENCE.fullmatch(texts[n])), None):
        raise Malformed(f"{wrong} must be a URI reference")
    if "datacontenttype" in texts and not _JSON_TYPE.fullmatch(texts["datacontenttype"]):
        raise Malformed("datacontenttype must be JSON")
    if "time" in texts:
        texts["time"] = _time(texts["time"])
    return CloudEvent(**texts, data=data)


def _time(value: str) -> datetime:
    try:
        return msgspec.convert(value, Moment)
    except msgspec.ValidationError:
        raise Malformed("time must be a time with offset, such as 2026-01-05T10:00:00+01:00") from None


def _plain(value: object) -> bool:
    """Whether an attribute's value is of a type that CloudEvents has."""
    if isinstance(value, str):
        return _sound(value)
    return isinstance(value, int) and -(2**31) <= value < 2**31  # a bool is one too


def _sound(text: str) -> bool:
    return not any(unicodedata.category(char) in {"Cc", "Cs", "Cn"} for char in text)


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object of an event, more strictly than `json` reads it."""
    if len(raw) > LARGEST:
        raise Unreadable(f"the event is larger than {LARGEST} bytes")
    try:
        said = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except Malformed:
        raise
    except (ValueError, RecursionError):  # JSON and Unicode errors are ValueErrors
        raise Unreadable("the event is not JSON in UTF-8") from None
    if not isinstance(said, dict):
        raise Unreadable("the event is not a JSON object")
    if _too_deep(said):
        raise Unreadable(f"the event is nested deeper than {DEEPEST}")
    if _surrogate(said):
        raise Unreadable("a text holds half a character (a lone surrogate)")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("a name stands twice in one object")
    return found


def _no_number(_: str) -> NoReturn:
    raise Unreadable("a number must be finite")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits)


def _inner(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def _too_deep(value: Any) -> bool:
    """Level by level, so that no depth is too deep to be found out."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inner(each) if isinstance(inner, dict | list)]
    return bool(level)


def _surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return any("\ud800" <= char <= "\udfff" for char in value)
    return any(_surrogate(inner) for inner in _inner(value))


# ------------------------------------------------------------------ schemas


def schema_out(topic: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of an outgoing event's data: every field an agreement may name, none of them required.

    An event without data is information-poor: that it happened, in which case, and nothing else.
    """
    event = EVENTS[topic]
    named = [name for name in fields_of(topic) if name != OCCURRED]
    types = {name: _present(hints(event)[name]) for name in named}
    fields: Any = msgspec.defstruct(f"{event.__name__}Fields", [(n, t | UnsetType, UNSET) for n, t in types.items()])
    members: list[Any] = [("at", Moment | UnsetType, UNSET), ("fields", fields | UnsetType, UNSET)]
    if topic == LaissezPasserOrdered.TOPIC:
        members.append(("subject", _subject() | UnsetType, UNSET))
    return _schema(msgspec.defstruct(event.__name__, members), schema_of(event_type(topic)), event.__name__)


def schema_in(name: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of the data by which a partner reports a fact: its fields, and when it happened."""
    row = STEPS[name]
    topic = topic_in(name)
    data = msgspec.defstruct(f"{row.step.__name__}Data", [("at", Moment), ("fields", row.step)], forbid_unknown_fields=True)
    return _schema(data, f"/schemas/in/{event_name(topic)}/1", step_name(row.step))


def _subject() -> Any:
    """Whom an application for a laissez-passer is about, as an embassy may be told."""
    types = {name: _present(hints(SubjectRegistered)[name]) for name in EMBASSY_SUBJECT}
    return msgspec.defstruct("Subject", [(name, declared | UnsetType, UNSET) for name, declared in types.items()])


def _schema(data: type[Any], id: str, title: str) -> dict[str, Any]:
    (found,), parts = msgspec.json.schema_components([data], ref_template="#/$defs/{name}")
    top: dict[str, Any] = parts.pop(found["$ref"].rpartition("/")[2])
    return {"$schema": JSON_SCHEMA, "$id": id} | top | {"title": title} | ({"$defs": parts} if parts else {})


def _present(declared: Any) -> Any:
    """A field's type without None: what is not known is left out, never null."""
    if get_origin(declared) in {Union, UnionType}:
        rest = [part for part in get_args(declared) if part is not NoneType]
        return functools.reduce(operator.or_, rest)
    return declared
