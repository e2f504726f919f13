"""Reading input.

From names and plain data to a step, or to one clear line that names the field and never repeats what was typed.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar, get_args

import msgspec

from dtv_workflow.domain.fields import COUNTRIES, blank, day_of, first_moment
from dtv_workflow.domain.steps import Envelope, Row, Step, hints
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import Malformed

T = TypeVar("T")

BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Directional overrides: they can make a name or a code read as another one. Names in every script do without them."""


def row_named(name: object) -> Row:
    """The row of a step by its name, in snake_case or kebab-case. Raises Malformed, with the nearest names."""
    wanted = name.replace("-", "_") if isinstance(name, str) else ""
    if wanted in STEPS:
        return STEPS[wanted]
    near = difflib.get_close_matches(wanted, STEPS, n=3)
    raise Malformed("unknown step" + (f"; did you mean {', '.join(near)}?" if near else "; see `dtv workflow table`"))


def read_step(name: object, fields: object) -> Step:
    """A step from its name and plain fields. Raises Malformed for an unknown step or field, a wrong type or a missing field."""
    return _convert(fields, row_named(name).step, "fields")


def read_envelope(data: dict[str, Any]) -> Envelope:
    """The envelope from plain data. Raises Malformed."""
    return _convert(data, Envelope, "")


def _convert(data: Any, wanted: type[T], prefix: str) -> T:
    if not isinstance(data, dict):
        raise Malformed(f"{prefix or 'the line'} must be an object")
    try:
        value = msgspec.convert(clean(data, prefix), wanted, strict=True)
    except msgspec.ValidationError as error:
        raise Malformed(_told(str(error), wanted, prefix)) from None
    _check_values(value, prefix)
    return value


def clean(value: Any, path: str = "") -> Any:
    """Plain data with its strings in NFC. Raises Malformed for control characters, lone surrogates and directional overrides."""
    if isinstance(value, str):
        for char in value:
            if (unicodedata.category(char) in {"Cc", "Cs"} and char not in "\n\t") or char in BIDI:
                raise Malformed(f"{path or 'a value'} holds a control character (U+{ord(char):04X})")
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {clean(k, path): clean(v, f"{path}.{k}" if _plain(k) else path) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item, path) for item in value]
    return value


def _plain(key: object) -> bool:
    return isinstance(key, str) and re.fullmatch(r"\w{1,64}", key) is not None


def _told(message: str, wanted: type, prefix: str) -> str:
    """msgspec's message without what was typed: the field, and what it should be."""
    said, _, path = message.partition(" - at ")
    where = path.strip("`").removeprefix("$").replace("[...]", "").replace("key in ", "").strip(".`")
    place = ".".join(part for part in (prefix, where) if part) or "the input"
    if said.startswith("Invalid enum value"):
        allowed = _allowed(wanted, where.split(".")[0]) if "." not in where else []
        return f"{place} is not one of the words allowed there" + (f": {', '.join(allowed)}" if allowed else "")
    if missing := re.search(r"missing required field `(\w+)`", said):
        return f"{place}: {missing[1]} is required"
    if unknown := re.search(r"unknown field `(\w{1,64})`", said):
        near = difflib.get_close_matches(unknown[1], getattr(wanted, "__struct_fields__", ()), n=1)
        return f"{place}: unknown field {unknown[1]}" + (f"; did you mean {near[0]}?" if near else "")
    if "unknown field" in said:
        return f"{place}: unknown field"
    if "matching regex" in said:
        return f"{place} is not in the form asked for"
    if ("Invalid" in said and "RFC3339" in said) or "timezone" in said:
        return f"{place} must be a time with offset, such as 2026-01-05T10:00:00+01:00"
    if said.startswith("Invalid"):
        return f"{place} is not a valid value"
    return f"{place}: {said.replace('`', '')[:1].lower()}{said.replace('`', '')[1:]}"


def _allowed(wanted: type, field: str) -> list[str]:
    declared = hints(wanted).get(field) if issubclass(wanted, msgspec.Struct) else None
    return [str(m.value) for m in _enum(declared)] if declared is not None else []


def _enum(declared: Any) -> list[Enum]:
    if isinstance(declared, type) and issubclass(declared, Enum):
        return list(declared)
    return [member for part in get_args(declared) for member in _enum(part)]


def _check_values(value: Any, prefix: str) -> None:
    """What a type cannot say: texts that say something, countries that exist, and days that are real."""
    for field, kind, item in leaves(value, prefix):
        if kind.get("data") == "text" and blank(item):
            raise Malformed(f"{field} holds nothing but white space")
        if kind.get("data") == "country" and item not in COUNTRIES:
            raise Malformed(f"{field} is not an ISO 3166-1 country code or XX")
        if isinstance(item, datetime) or kind.get("data") == "moment":
            try:
                day_of(item if isinstance(item, datetime) else first_moment(item))
            except (ValueError, OverflowError):  # a time so early or late that Amsterdam has no day for it
                raise Malformed(f"{field} is not a real day or time") from None


def check_past(step: Step, now: datetime) -> None:
    """Raise Malformed when a field that must lie in the past lies after `now`; days are those of Europe/Amsterdam."""
    for field, kind, item in leaves(step, "fields"):
        if not kind.get("past"):
            continue
        begins = first_moment(item) if isinstance(item, str) else item
        later = begins > now if isinstance(begins, datetime) else begins > day_of(now)
        if later:
            raise Malformed(f"{field} lies in the future")


def leaves(value: Any, path: str) -> list[tuple[str, dict[str, Any], Any]]:
    """Every single value of a struct with its path and what its type says of it."""
    found: list[tuple[str, dict[str, Any], Any]] = []
    if isinstance(value, msgspec.Struct):
        types = hints(type(value))
        for field in value.__struct_fields__:
            found += _leaves(getattr(value, field), types[field], f"{path}.{field}".lstrip("."))
    return found


def _leaves(value: Any, declared: Any, path: str) -> list[tuple[str, dict[str, Any], Any]]:
    if isinstance(value, msgspec.Struct):
        return leaves(value, path)
    if isinstance(value, tuple):
        inner = [arg for arg in _parts(declared) if arg is not Ellipsis]
        return [leaf for item in value for leaf in _leaves(item, inner[0] if inner else None, path)]
    return [(path, _extra(declared), value)] if isinstance(value, str | date | datetime) else []


def _parts(declared: Any) -> tuple[Any, ...]:
    """The type arguments of a tuple, found through Annotated and unions."""
    if getattr(declared, "__origin__", None) is tuple:
        return get_args(declared)
    return next((found for part in get_args(declared) if (found := _parts(part))), ())


def _extra(declared: Any) -> dict[str, Any]:
    """What the Meta of a type, or of the types within it, says."""
    said: dict[str, Any] = {}
    for part in get_args(declared):
        said |= _extra(part)
    for meta in getattr(declared, "__metadata__", ()):
        said |= (meta.extra or {}) if isinstance(meta, msgspec.Meta) else {}
    return said
