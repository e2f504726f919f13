"""Reading foreign logs: CSV, XES, and OCEL 2.0 in JSON, XML and SQLite, as rows of cases. What cannot be read is counted.

Nothing of a log is executed or fetched: a document type or an entity is refused before it is read. Its texts reach no message.
"""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple, cast
from xml.etree import ElementTree as ET

from dtv_workflow.domain.fields import AMSTERDAM
from dtv_workflow.errors import Malformed

LONGEST_FIELD = 1 << 20
CASE = ("case", "case_id", "caseid", "case:concept:name", "zaak")
ACTIVITY = ("concept:name", "activity", "event", "step", "do")
TIME = ("occurred_at", "time", "timestamp", "time:timestamp", "at")
"""The columns of a case, an activity and a time, where a mapping names none; the first that is there."""

OBJECT = "zaak"
"""The type of object that is a case in an OCEL log, where a mapping names none."""


class Row(NamedTuple):
    """One event of a foreign log. `at` is when it happened, `told` when it was told of, both with an offset."""

    case: str
    activity: str
    at: datetime
    told: datetime
    attributes: dict[str, str]


class Names(NamedTuple):
    """What a mapping says of columns: which hold the case, the activity and the time, and which type of object is a case."""

    case: str | None = None
    activity: str | None = None
    time: str | None = None
    object: str = OBJECT


class Trouble:
    """What could not be read, counted by why; how many times had no offset and were taken as Amsterdam's; and the columns of a
    table, of which an empty one says that there is nothing."""

    def __init__(self) -> None:
        self.why: dict[str, int] = {}
        self.naive = 0
        self.columns: set[str] = set()

    def add(self, why: str) -> None:
        self.why[why] = self.why.get(why, 0) + 1


def rows(path: Path, names: Names, trouble: Trouble) -> Iterator[Row]:
    """The rows of a log, in its order. Raises Malformed for a file that is no log."""
    kinds = {".csv": _csv, ".xes": _xes, ".json": _ocel_json, ".jsonocel": _ocel_json, ".xml": _ocel_xml, ".xmlocel": _ocel_xml,
             ".sqlite": _ocel_sqlite}  # fmt: skip
    suffix = [each for each in path.suffixes if each != ".gz"][-1:]
    read = kinds.get(suffix[0].lower() if suffix else "")
    if read is None:
        raise Malformed("a log ends in .csv, .xes, .json, .xml or .sqlite, the text forms perhaps with .gz")
    try:
        for case, said in read(path, names, trouble):
            row = _row(case, said, names, trouble)
            if row is not None:
                yield row
    except (ET.ParseError, json.JSONDecodeError, UnicodeDecodeError, RecursionError, csv.Error, EOFError, gzip.BadGzipFile):
        raise Malformed("the log cannot be read: it is not what its name says, or was cut off") from None
    except sqlite3.Error:
        raise Malformed("the log cannot be read: it is no OCEL database") from None
    except OSError as error:
        raise Malformed(f"the log cannot be read: {error.strerror}") from None


def _row(case: str | None, said: dict[str, str], names: Names, trouble: Trouble) -> Row | None:
    """A row out of its attributes. A line that lacks a part is counted, and does not stop the rest."""
    activity, when = _first(said, names.activity, ACTIVITY), _first(said, names.time, TIME)
    if not case or not activity or not when:
        trouble.add("without a case, an activity or a time")
        return None
    at, told = moment(when, trouble), moment(said.get("time:timestamp") or said.get("recorded_at") or when, trouble)
    if at is None or told is None:
        trouble.add("with a time that is none")
        return None
    return Row(case, activity, at, max(at, told), said)


def _first(said: dict[str, str], named: str | None, usual: Iterable[str]) -> str | None:
    return said.get(named) if named else next((said[name] for name in usual if said.get(name)), None)


def moment(text: str, trouble: Trouble) -> datetime | None:
    """A time; one without an offset is Amsterdam's, and counted."""
    try:
        found = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        return None
    if found.tzinfo is None:
        trouble.naive += 1
        return found.replace(tzinfo=AMSTERDAM)
    return found


# ------------------------------------------------------------------ files

_Said = Iterator[tuple[str | None, dict[str, str]]]


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=raw) as stream:
                yield cast("IO[bytes]", stream)
        else:
            yield raw


def _csv(path: Path, names: Names, trouble: Trouble) -> _Said:
    """Separated by commas, semicolons or tabs, in UTF-8; the first line names the columns."""
    csv.field_size_limit(LONGEST_FIELD)
    with _opened(path) as stream:
        text = (line.decode("utf-8-sig") for line in stream)
        first = next(text, "")
        if not first.strip():
            return
        delimiter = max(",;\t", key=first.count)
        reader = csv.DictReader(chain([first], text), delimiter=delimiter)
        columns = [name or "" for name in reader.fieldnames or []]
        if not {names.case, *CASE} & {*columns}:
            raise Malformed(f"the first line names no case; a column is one of {', '.join(CASE)}, or named by --map")
        trouble.columns |= {*columns}
        for each in reader:
            if None in each or None in each.values():
                trouble.add("with another number of columns")
                continue
            yield _first(each, names.case, CASE), {name: value for name, value in each.items() if value}


def _parsed(stream: IO[bytes], ends: frozenset[str]) -> Iterator[ET.Element]:
    """The elements of these names as they end, each let go of once it was looked at. No document type, no entity."""
    parser: Any = ET.XMLPullParser(["start", "end"])
    path: list[ET.Element] = []
    before = b""
    while chunk := stream.read(1 << 16):
        seen = before[-16:] + chunk
        if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen or b"\x00" in chunk:
            raise Malformed("a log with a document type, entities or another encoding than UTF-8 is not read")
        before = chunk
        parser.feed(chunk)
        for event, element in parser.read_events():
            if event == "start":
                path.append(element)
                continue
            path.pop()
            if element.tag.rpartition("}")[2] in ends:
                yield element
                element.clear()
                if path:
                    with suppress(ValueError):
                        path[-1].remove(element)
    parser.close()


def _xes(path: Path, names: Names, trouble: Trouble) -> _Said:
    with _opened(path) as stream:
        for trace in _parsed(stream, frozenset({"trace"})):
            case = next((a.get("value") for a in trace if a.get("key") == (names.case or "concept:name")), None)
            for event in trace:
                if event.tag.rpartition("}")[2] == "event":
                    yield case, {str(a.get("key")).removeprefix("dtv:"): str(a.get("value")) for a in event}


def _of_case(links: Iterable[tuple[str, str]], cases: set[str]) -> str | None:
    return next((object_ for object_, _ in links if object_ in cases), None)


def _ocel_json(path: Path, names: Names, trouble: Trouble) -> _Said:
    with _opened(path) as stream:
        log = json.load(stream)
    if not isinstance(log, dict) or not isinstance(log.get("events"), list) or not isinstance(log.get("objects"), list):
        raise Malformed("the log is no OCEL 2.0 in JSON")
    cases = {str(each.get("id")) for each in log["objects"] if isinstance(each, dict) and each.get("type") == names.object}
    for event in log["events"]:
        try:
            links = [(each["objectId"], each.get("qualifier", "")) for each in event.get("relationships", ())]
            said = {str(each["name"]): str(each["value"]) for each in event.get("attributes", ())}
            yield _of_case(links, cases), {"concept:name": event["type"], "time:timestamp": event["time"]} | said
        except (KeyError, TypeError, AttributeError):
            trouble.add("that is no event")


def _ocel_xml(path: Path, names: Names, trouble: Trouble) -> _Said:
    with _opened(path) as stream:
        cases = {str(o.get("id")) for o in _parsed(stream, frozenset({"object"})) if o.get("type") == names.object}
    with _opened(path) as stream:
        for event in _parsed(stream, frozenset({"event"})):
            links = [(str(each.get("object-id")), "") for each in event.iter() if each.get("object-id")]
            said = {str(each.get("name")): each.text or "" for each in event.iter() if each.tag == "attribute"}
            when = {"concept:name": str(event.get("type")), "time:timestamp": str(event.get("time"))}
            yield _of_case(links, cases), when | said


def _ocel_sqlite(path: Path, names: Names, trouble: Trouble) -> _Said:
    connection = sqlite3.connect(f"file:{path.absolute()}?mode=ro", uri=True)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        tables = dict(connection.execute("SELECT ocel_type, ocel_type_map FROM event_map_type"))
        sql = "SELECT ocel_event_id, ocel_object_id FROM event_object JOIN object ON ocel_id = ocel_object_id WHERE ocel_type = ?"
        of = dict(connection.execute(sql, (names.object,)))
        order = {id: n for n, (id,) in enumerate(connection.execute("SELECT ocel_id FROM event ORDER BY rowid"))}
        found = []
        for kind, table in tables.items():
            quoted = str(table).replace('"', '""')
            cursor = connection.execute(f'SELECT * FROM "event_{quoted}"')  # noqa: S608 - a name out of the log, quoted
            heads = [column[0] for column in cursor.description]
            for values in cursor:
                said = {head: str(value) for head, value in zip(heads, values, strict=True) if value is not None}
                found.append((said.get("ocel_time", ""), order.get(said.get("ocel_id", ""), 0), kind, said))
        for when, _, kind, said in sorted(found, key=lambda each: each[:2]):
            yield of.get(said.get("ocel_id", "")), {"concept:name": kind, "time:timestamp": when} | said
    finally:
        connection.close()
