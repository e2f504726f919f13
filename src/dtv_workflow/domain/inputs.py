"""What a receipt keeps of a step: enough to ask its guards again, and nothing personal.

A guard looks at codes, numbers, days, and at whether something was said at all. So codes, numbers and days are kept as they
were given; a text becomes "…"; and a field that an event seals is kept only as far as a guard can tell it apart: that an item of
a checklist was answered, not what was answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, NamedTuple, get_args

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.fields import sealed_class
from dtv_workflow.domain.steps import Row, Step, hints
from dtv_workflow.domain.vocabulary import CheckItem, ChecklistAnswer

SAID = "…"
"""What is kept of a text: that there was one."""

_TOLD_APART = {
    ChecklistAnswer.NONE: ChecklistAnswer.UNKNOWN,
    ChecklistAnswer.YES: ChecklistAnswer.UNKNOWN,
    CheckItem.NOT_APPLICABLE: CheckItem.OK,
}
"""Sealed words that guards treat alike."""


def inputs_of(step: Step, row: Row, case: DepartureCase) -> dict[str, Any]:
    """The fields of a step as its receipt keeps them, in plain values. A field left at its default is left out."""
    return _fields(step.without_what_is_personal(case), _sealed(row))


def step_again(inputs: dict[str, Any], row: Row, neutral: dict[str, Any]) -> Step:
    """The step as its guards saw it. `neutral` fills what was left out; no guard of the row looks at that.

    Raises msgspec.ValidationError when the inputs are not those of this step.
    """
    return msgspec.convert(neutral | inputs, row.step, strict=True)


@cache
def _sealed(row: Row) -> frozenset[str]:
    """The names of fields that some event of the row seals."""
    found = (field for event in row.emitted for field in msgspec.structs.fields(event))
    return frozenset(field.name for field in found if sealed_class(field.type))


class _Field(NamedTuple):
    """What a struct's field is, as far as keeping it goes: of any type, a text, a text of a certain form."""

    name: str
    default: Any
    loose: bool
    text: bool
    form: bool


@cache
def _declared(struct: type[msgspec.Struct]) -> tuple[_Field, ...]:
    """The fields of a struct. Reading them off the class each time takes longer than judging a step."""
    return tuple(_field(field, hints(struct)[field.name]) for field in msgspec.structs.fields(struct))


def _field(field: msgspec.structs.FieldInfo, declared: Any) -> _Field:
    metas = list(_metas(declared))
    loose = getattr(declared, "__origin__", None) is Any
    text = any((meta.extra or {}).get("data") == "text" for meta in metas)
    return _Field(field.name, field.default, loose, text, any(meta.pattern for meta in metas))


def _metas(declared: Any) -> Iterator[msgspec.Meta]:
    """What a declared type says of itself, and what the types inside a union or a tuple say."""
    yield from (meta for meta in getattr(declared, "__metadata__", ()) if isinstance(meta, msgspec.Meta))
    for part in get_args(declared):
        yield from _metas(part)


def _fields(struct: msgspec.Struct, sealed: frozenset[str], *, inside: bool = False) -> dict[str, Any]:
    """The fields of a struct that say something. `inside` a sealed one, everything is sealed."""
    kept = {}
    for field in _declared(type(struct)):
        value = getattr(struct, field.name)
        if field.default is not msgspec.NODEFAULT and value == field.default:
            continue
        said = _kept(value, field, sealed, inside or field.name in sealed)
        if said is not None or value is None:  # given as nothing: a correction may say that there is none
            kept[field.name] = said
    return kept


def _kept(value: Any, field: _Field, names: frozenset[str], sealed: bool) -> Any:
    if field.loose:
        return msgspec.to_builtins(value)  # of any type: its step has already seen to it (`without_what_is_personal`)
    if isinstance(value, str):
        return value if not (sealed or field.text) else _said(value, field)
    if isinstance(value, msgspec.Struct):
        return _fields(value, names, inside=sealed)
    if isinstance(value, dict):
        return {key: _marked(item) for key, item in value.items()} if sealed else msgspec.to_builtins(value)
    if isinstance(value, tuple):
        return [_kept(item, field, names, sealed) for item in value]
    if isinstance(value, Enum):
        return (_TOLD_APART.get(value, value) if sealed else value).value  # type: ignore[call-overload]
    if sealed and isinstance(value, date):
        return None
    return msgspec.to_builtins(value)


def _said(text: str, field: _Field) -> str | None:
    """That a text was given, and whether it was blank; nothing at all where its type asks for a form that "…" has not."""
    return None if field.form else _marked(text)


def _marked(text: str) -> str:
    return SAID if text.strip() else ""
