"""The processing log (Logboek Dataverwerkingen): a line for each processing and each person, made from our log, kept elsewhere.

What was done and who looked stands in our log before anything else happens, so nothing is missing here however often this is
stopped: it follows that log, at least once, and gives a line the same ids each time. No line says who of us it was: that is found
by its trace in our log, by whoever may (`dtv audit who`). Lines are OTLP spans in JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from eventsourcing.persistence import Notification

from dtv_workflow.access import processing
from dtv_workflow.answers import stream_of
from dtv_workflow.application import Register
from dtv_workflow.domain.access import Viewed
from dtv_workflow.domain.chapters.records import CommandRefused, DisclosureLogged
from dtv_workflow.domain.record import Record
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import Malformed
from dtv_workflow.processes.sinks import Undelivered
from dtv_workflow.processes.stands import Stand, Stands

VARIABLE = "DTV_LDV"
PAGE = 500
SECONDS = 15.0
UNSET, OK = 0, 1
"""What came of it, as OTLP has it. A refusal is no error of processing; what failed technically left nothing in our log."""

_STAND = "_processing"


class Line(NamedTuple):
    """One processing of one person's data. Moments in nanoseconds since 1970, ids in hexadecimal."""

    trace: str
    span: str
    parent: str | None
    name: str
    at: int
    status: int
    activity: str
    subject: str
    subject_type: str

    def otlp(self) -> dict[str, Any]:
        """The span, in the JSON form of OTLP."""
        core = "dpl.core."
        said = {
            f"{core}processing_activity_id": self.activity,
            f"{core}data_subject_id": self.subject,
            f"{core}data_subject_id_type": self.subject_type,
        }
        span = {
            "traceId": self.trace, "spanId": self.span, "name": self.name, "kind": 1, "startTimeUnixNano": str(self.at),
            "endTimeUnixNano": str(self.at), "attributes": _attributes(said), "status": {"code": self.status},
        }  # fmt: skip
        return span | ({"parentSpanId": self.parent} if self.parent else {})


def export_of(lines: list[Line]) -> dict[str, Any]:
    """Lines as one OTLP export request."""
    resource = {"attributes": _attributes({"service.name": "dtv-workflow"})}
    spans = [line.otlp() for line in lines]
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "dtv-workflow"}, "spans": spans}]}]}


def _attributes(said: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in said.items()]


# ------------------------------------------------------------------ from our log


class _Lines:
    def __init__(self, register: Register) -> None:
        self.register = register
        self.uri, self.activities = processing()
        self.subjects: dict[str, str | None] = {}

    def of(self, notifications: Sequence[Notification]) -> Iterator[Line]:
        """The lines of a stretch of the log: one a commit and person, one a look and person."""
        seen = set[tuple[str, str]]()
        for notification in notifications:
            record = self.register.mapper.to_domain_event(notification, unseal=False)
            if isinstance(record.event, Viewed):
                yield from self._looked(record, record.event)
            elif record.subject and (record.originator_id, record.request_id) not in seen:
                seen.add((record.originator_id, record.request_id))
                yield self._done(record, record.subject)

    def _looked(self, record: Record, event: Viewed) -> Iterator[Line]:
        status = OK if event.result == "shown" else UNSET
        alone = (event.object,) if event.object and not event.cases else ()
        for case in (*alone, *event.cases):
            if subject := self._subject(case):
                span = event.span if alone else _id(event.span, case)[:16]
                yield self._line(record, subject, event.trace, span, event.parent, event.action, status, event.purpose)

    def _done(self, record: Record, subject: str) -> Line:
        status = UNSET if isinstance(record.event, CommandRefused) else OK
        outside = isinstance(record.event, DisclosureLogged) or (record.role is Role.SYSTEM and record.source is not None)
        purpose = "chain_exchange" if outside else "departure_supervision"
        trace, span = trace_of(record), _id(record.originator_id, record.request_id)[:16]
        return self._line(record, subject, trace, span, None, record.step, status, purpose)

    def _line(
        self, record: Record, subject: str, trace: str, span: str, parent: str | None, name: str, status: int, purpose: str
    ) -> Line:
        year = str(record.recorded_at.year)
        pseudonym = self.register.store.keys.digest(f"ldv/{year}", subject.encode()).hex()[:32]
        at = int(record.recorded_at.timestamp() * 1000) * 1_000_000
        activity = f"{self.uri}/{purpose}/{self.activities[purpose].version}"
        return Line(trace, span, parent, f"dtv.{name}", at, status, activity, pseudonym, f"urn:dtv-workflow:subject/{year}")

    def _subject(self, case: str) -> str | None:
        """Whose case it is; None for what is no case."""
        if case not in self.subjects:
            stored = self.register.store.recorder.select_events(stream_of(case), limit=1)
            first = [self.register.mapper.to_domain_event(event, unseal=False) for event in stored]
            self.subjects[case] = first[0].subject if first else None
        return self.subjects[case]


def trace_of(record: Record) -> str:
    """The trace of a step: made from its request id, so that a line and a record lead to one another."""
    return _id("trace", record.request_id)[:32]


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


# ------------------------------------------------------------------ to where it is kept


def wanted(given: str | None = None) -> str | None:
    """Where lines go: `file:PATH` or `otlp:URL`, as given or in DTV_LDV; None when off. Raises Malformed."""
    to = given or os.environ.get(VARIABLE) or "off"
    if to == "off":
        return None
    kind, _, where = to.partition(":")
    url = urlsplit(where) if kind == "otlp" else None
    if (kind == "file" and where) or (url and url.scheme in ("http", "https") and url.hostname):
        return to
    raise Malformed(f"{VARIABLE} is file:PATH, otlp:URL (http or https), or off")


def push(register: Register, to: str) -> int:
    """Make the lines that were not made yet, and have each confirmed where they go; how many.

    A place that is new gets all there are. Raises Undelivered when it does not take them, Conflict while another pushes or when
    the log is not the one it was.
    """
    stands, lines, sent = Stands(register), _Lines(register), 0
    place = hashlib.sha256(to.encode()).hexdigest()[:32]
    with stands.locked(_STAND):
        stand = stands.read(_STAND)
        if stand.place != place:
            stand = Stand(place=place)
        while page := register.store.recorder.select_notifications(stand.done.position, PAGE, inclusive_of_start=False):
            made = list(lines.of(page))
            if made:
                _kept(to, made)
            sent += len(made)
            stand = msgspec.structs.replace(stand, done=stands.mark(page[-1]))
            stands.write(_STAND, stand)
    return sent


def _kept(to: str, lines: list[Line]) -> None:
    kind, _, where = to.partition(":")
    (_to_file if kind == "file" else _to_collector)(where, lines)


def _to_file(where: str, lines: list[Line]) -> None:
    """A line of the file is an export request of one span, on the disk before this returns."""
    data = b"".join(msgspec.json.encode(export_of([line])) + b"\n" for line in lines)
    try:
        descriptor = os.open(Path(where), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(descriptor, "ab") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except OSError as error:
        raise Undelivered(f"the processing log cannot be written: {error.strerror}") from None


def _to_collector(where: str, lines: list[Line]) -> None:
    """POST to a collector (OTLP/HTTP, JSON). It must take every line: a partial success is none."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    url = urlsplit(where)
    connect = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = connect(url.hostname or "", url.port, timeout=SECONDS)
    try:
        body = msgspec.json.encode(export_of(lines))
        connection.request("POST", url.path or "/v1/traces", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read(64 * 1024)
    except (OSError, HTTPException, UnicodeError) as error:
        raise Undelivered(f"the collector of the processing log cannot be reached ({type(error).__name__})") from None
    finally:
        connection.close()
    if answer.status != 200:
        raise Undelivered(f"the collector of the processing log answered {answer.status}")
    if _rejected(said):
        raise Undelivered("the collector of the processing log did not take every line")


def _rejected(said: bytes) -> int:
    """How many lines an answer says were not taken (ExportTraceServiceResponse)."""
    try:
        answer = json.loads(said or b"{}")
        return int(answer.get("partialSuccess", {}).get("rejectedSpans", 0))
    except (ValueError, AttributeError, TypeError):
        return 1
