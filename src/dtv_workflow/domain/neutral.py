"""Neutral values: what stands in a step for a required field that nobody gave, so that its guards can be asked all the same."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin

import msgspec
from msgspec import Meta

from dtv_workflow.domain.fields import AMSTERDAM
from dtv_workflow.domain.steps import hints


def placeholders(step: type[msgspec.Struct], at: datetime) -> dict[str, Any]:
    """A neutral plain value for every required field of a step."""
    same, dated = _required(step)
    return same | {name: _neutral(declared, at) for name, declared in dated.items()}


def timed(step: type[msgspec.Struct]) -> set[str]:
    """The required fields of a step whose neutral value is another at another time."""
    return {*_required(step)[1]}


@cache
def _required(step: type[msgspec.Struct]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The neutral values of a step that are the same at any time, and the declared types of those that are not. Reading them off
    the class each time takes longer than judging a step."""
    types = hints(step)
    required = {f.name: types[f.name] for f in msgspec.structs.fields(step) if f.required}
    always = {name: _neutral(declared, _ONCE) for name, declared in required.items()}
    timed = {name: declared for name, declared in required.items() if _neutral(declared, _LATER) != always[name]}
    return {name: value for name, value in always.items() if name not in timed}, timed


_ONCE, _LATER = datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 2, 3, 4, 5, tzinfo=UTC)


def _neutral(declared: Any, at: datetime) -> Any:
    """The plainest value a declared type takes."""
    kind, limits = _unwrapped(declared)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return placeholders(kind, at)
    if get_origin(kind) is tuple:
        return [_neutral(get_args(kind)[0], at) for _ in range(limits.get("min_length") or 0)]
    if get_origin(kind) is dict:
        return {}
    local = at.astimezone(AMSTERDAM)
    simple: dict[Any, Any] = {
        bool: False, int: limits.get("ge") or 0, date: local.date().isoformat(), datetime: local.isoformat(),
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    return {"country": "XX", "moment": local.date().isoformat()}.get(limits.get("data", ""), "x")


def _unwrapped(declared: Any, limits: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
    """A type without its annotations and without None, and what the annotations say."""
    limits = {} if limits is None else limits
    if hasattr(declared, "__metadata__"):
        for meta in declared.__metadata__:
            if isinstance(meta, Meta):
                limits |= {"ge": meta.ge, "min_length": meta.min_length} | (meta.extra or {})
        return _unwrapped(declared.__origin__, limits)
    parts = [part for part in get_args(declared) if part is not type(None)]
    if get_origin(declared) not in (tuple, dict, None) and len(parts) == 1:
        return _unwrapped(parts[0], limits)
    return declared, limits
