"""What the tests of the outbox share: a store with a lived case, a configuration, and sinks that keep what they are given."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dtv_workflow.answers import new_id
from dtv_workflow.application import Register, create_register
from dtv_workflow.domain.chapters.records import DisclosureLogged
from dtv_workflow.domain.record import Record
from dtv_workflow.processes.partners import Partners, Sink, read_partners
from dtv_workflow.processes.sinks import Message, Undelivered
from tests.properties.lived import Issued, live

SOURCE = "urn:nld:oin:00000000000000000000:systeem:dtv-workflow"
SCHEMAS = "https://schemas.example/dtv"
IND = """
[partner.ind]
name = "Immigratie- en Naturalisatiedienst"
kind = "chain"
"""
EMBASSY = """
[partner.ma]
name = "Embassy of Morocco"
kind = "embassy"
country = "MA"
"""
AGREEMENT = """
[sink.{0}.agreement]
purpose = "decide on the application"
basis = "Vw 2000 art. 107"
"""


def training(folder: Path) -> Register:
    """A training store."""
    return create_register(folder / "store", training=True, actor="TL-02")


def lived(register: Register, *issued: Issued) -> str:
    """A case that lived these steps, stored as it was lived; its id."""
    case = new_id()
    put(register, case, live(*issued).records)
    return case


def put(register: Register, case: str, records: list[Record]) -> None:
    """Store records as a case's, with a subject of its own."""
    named = [msgspec.structs.replace(record, originator_id=f"case/{case}", subject=f"s-{case}") for record in records]
    register.events.put(named)


def configured(folder: Path, text: str) -> Partners:
    """The partners of a configuration, with our own source and schemas above it."""
    file = folder / "partners.toml"
    file.write_text(f'source = "{SOURCE}"\nschemas = "{SCHEMAS}"\n{text}', "utf-8")
    return read_partners(file)


def to_directory(folder: Path, sink: str, partner: str, events: str = '"*"', more: str = "") -> str:
    """The table of a sink to a directory of its own, which is made."""
    path = folder / f"to-{sink}"
    path.mkdir(exist_ok=True)
    return f'[sink.{sink}]\npartner = "{partner}"\nto = "directory"\npath = "{path}"\nevents = {events}\n{more}'


class Kept:
    """A sink that keeps what it is given, and fails when it is told to."""

    def __init__(self, fails: Callable[[Message], Undelivered | None] = lambda message: None) -> None:
        self.fails = fails
        self.messages: list[Message] = []
        self.tried = 0

    @contextmanager
    def opened(self, sink: Sink) -> Iterator[Kept]:
        yield self

    def deliver(self, message: Message) -> None:
        self.tried += 1
        if error := self.fails(message):
            raise error
        self.messages.append(message)

    def close(self) -> None:
        """Nothing to close."""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(message.body) for message in self.messages]


def disclosures(register: Register, case: str) -> list[DisclosureLogged]:
    """What a case's history says was told."""
    return [record.event for record in register.history(case) if isinstance(record.event, DisclosureLogged)]


def never_sleep(seconds: float) -> None:
    pytest.fail("nothing had to wait")
