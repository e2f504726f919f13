"""What the log may hold: every field has a data kind, every topic a stable name and version."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from msgspec import Meta, Struct

from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.fields import Code, Medical, Personal, Text
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.steps import hints
from dtv_workflow.domain.workflow import EVENTS

TOPICS = Path(__file__).parent / "topics.txt"

IN_THE_CLEAR = {int, bool, date, datetime, NoneType}
CLEAR_KINDS = {"code", "country", "moment", "public"}
ANY_VALUE = (CorrectionRecorded, "value")
"""The one field of any type: what a field in the clear should have said. It fits that field, or `correct` is refused (N60)."""


def undeclared(declared: Any) -> bool:
    """Whether a type holds a string, or something unknown, of which nothing says how it is treated."""
    if get_origin(declared) is Annotated:
        inner, *metas = get_args(declared)
        said = {k: v for meta in metas if isinstance(meta, Meta) and meta.extra for k, v in meta.extra.items()}
        return not ("sealed" in said or said.get("data") in CLEAR_KINDS) and undeclared(inner)
    if get_origin(declared) in {Union, UnionType, tuple, dict}:
        return any(undeclared(part) for part in get_args(declared) if part is not Ellipsis)
    if isinstance(declared, type) and issubclass(declared, Struct):
        return any(undeclared(part) for part in hints(declared).values())
    return declared not in IN_THE_CLEAR and not (isinstance(declared, type) and issubclass(declared, Enum))


def fields_of(event: type[Event]) -> list[tuple[str, Any]]:
    return [(name, kind) for name, kind in hints(event).items() if name in event.__struct_fields__]


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)
def test_every_field_of_an_event_is_sealed_a_code_a_word_a_day_or_a_number(event):
    assert [name for name, kind in fields_of(event) if undeclared(kind) and (event, name) != ANY_VALUE] == []


def test_a_bare_string_is_seen_wherever_it_hides():
    bare: list[Any] = [str, str | None, tuple[str, ...], dict[str, str], dict[Code, str], Any, Text, bytes]
    bare.append(Annotated[str, Meta(max_length=9)])
    said = [Code, Personal[str], Personal[str] | None, Medical[dict[str, str]], tuple[Code, ...], date | None, bool]
    assert [undeclared(kind) for kind in bare] == [True] * len(bare)
    assert [undeclared(kind) for kind in said] == [False] * len(said)


def test_a_field_of_any_type_stands_only_where_a_correction_needs_it():
    loose = [(event, name) for event in EVENTS.values() for name, kind in fields_of(event) if kind is Any]
    assert loose == [ANY_VALUE]


def test_topics_are_unique_and_carry_a_version():
    assert len(set(EVENTS.values())) == len(EVENTS)
    assert [topic for topic in EVENTS if not re.fullmatch(r"[a-z]+\d*(_[a-z]+)*\.v[1-9]\d*", topic)] == []
    assert [event.__name__ for topic, event in EVENTS.items() if topic != event.TOPIC] == []


def test_a_topic_is_never_renamed():
    """What was written loads for ever: a line leaves this list only with an upcast that still reads it."""
    assert sorted(EVENTS) == TOPICS.read_text("utf-8").split()


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)
def test_every_event_is_frozen_and_says_what_happened(event):
    assert event.__struct_config__.frozen
    assert not event.__name__.startswith("_")
