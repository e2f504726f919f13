"""OCEL 2.0 in its three forms (ocel-standard.org): JSON, XML, SQLite. Every value in JSON is a string; its type is declared."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import quoteattr

import msgspec

from dtv_workflow.audit.export.mapping import OBJECTS, Entity, Happening, Mapped, stamp, types_of_events, written
from dtv_workflow.audit.export.spool import Spool

START = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment OCEL's SQLite form gives what holds from the beginning."""


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


# ------------------------------------------------------------------ JSON


def write_json(out: IO[bytes], cases: Iterable[Mapped], spool: Spool) -> None:
    """Types, events by case, and each object once, in order of id."""
    events = [{"name": name, "attributes": _declared(types)} for name, types in types_of_events().items()]
    objects = [{"name": name, "attributes": _declared(dict.fromkeys(names, "string"))} for name, names in OBJECTS.items()]
    out.write(f'{{"eventTypes":{_json(events)},\n"objectTypes":{_json(objects)},\n"events":['.encode())
    between = b"\n"
    for case in cases:
        for happening in case.happenings:
            out.write(between + _event(happening))
            between = b",\n"
        for entity in case.entities:
            spool.put("object", entity.id, _object(entity))
    out.write(b'],\n"objects":[')
    between = b"\n"
    for _, body in spool.parts("object"):
        out.write(between + body.encode())
        between = b",\n"
    out.write(b"]}\n")


def _declared(types: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in types.items()]


def _links(relations: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"objectId": id, "qualifier": qualifier} for id, qualifier in relations]


def _event(happening: Happening) -> bytes:
    attributes = [{"name": name, "value": written(value)} for name, value in happening.attributes.items()]
    return msgspec.json.encode({
        "id": happening.id, "type": happening.type, "time": stamp(happening.time), "attributes": attributes,
        "relationships": _links(happening.relations),
    })  # fmt: skip


def _object(entity: Entity) -> str:
    attributes = [{"name": name, "time": stamp(since), "value": value} for name, since, value in entity.attributes]
    return _json({
        "id": entity.id, "type": entity.type, "attributes": attributes, "relationships": _links(entity.relations),
    })  # fmt: skip


# ------------------------------------------------------------------ XML


def write_xml(out: IO[bytes], cases: Iterable[Mapped], spool: Spool) -> None:
    """Object types, event types, objects and events, as the standard orders them: the events wait in the spool."""
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<log>\n<object-types>\n')
    out.writelines(_type("object-type", name, dict.fromkeys(names, "string")) for name, names in OBJECTS.items())
    out.write(b"</object-types>\n<event-types>\n")
    out.writelines(_type("event-type", name, types) for name, types in types_of_events().items())
    out.write(b"</event-types>\n")
    count = 0
    for case in cases:
        for entity in case.entities:
            spool.put("object", entity.id, _xml_object(entity))
        for happening in case.happenings:
            count += 1
            spool.put("event", f"{count:012}", _xml_event(happening))
    for section in ("object", "event"):
        out.write(f"<{section}s>\n".encode())
        out.writelines(body.encode() for _, body in spool.parts(section))
        out.write(f"</{section}s>\n".encode())
    out.write(b"</log>\n")


def _type(tag: str, name: str, types: dict[str, str]) -> bytes:
    inner = "".join(f"<attribute name={quoteattr(one)} type={quoteattr(kind)}/>" for one, kind in types.items())
    return f"<{tag} name={quoteattr(name)}><attributes>{inner}</attributes></{tag}>\n".encode()


def _xml_links(relations: Iterable[tuple[str, str]]) -> str:
    found = (f"<relationship object-id={quoteattr(id)} qualifier={quoteattr(said)}/>" for id, said in relations)
    return f"<objects>{''.join(found)}</objects>"


def _xml_object(entity: Entity) -> str:
    said = "".join(
        f"<attribute name={quoteattr(name)} time={quoteattr(stamp(since))}>{_text(value)}</attribute>"
        for name, since, value in entity.attributes
    )
    head = f"<object id={quoteattr(entity.id)} type={quoteattr(entity.type)}>"
    return f"{head}<attributes>{said}</attributes>{_xml_links(entity.relations)}</object>\n"


def _xml_event(happening: Happening) -> str:
    said = "".join(
        f"<attribute name={quoteattr(name)}>{_text(written(value))}</attribute>" for name, value in happening.attributes.items()
    )
    head = f"<event id={quoteattr(happening.id)} type={quoteattr(happening.type)} time={quoteattr(stamp(happening.time))}>"
    return f"{head}<attributes>{said}</attributes>{_xml_links(happening.relations)}</event>\n"


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ------------------------------------------------------------------ SQLite

_TABLES = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES event_map_type (ocel_type));
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES object_map_type (ocel_type));
CREATE TABLE event_object (ocel_event_id TEXT REFERENCES event (ocel_id), ocel_object_id TEXT REFERENCES object (ocel_id),
  ocel_qualifier TEXT, PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
CREATE TABLE object_object (ocel_source_id TEXT REFERENCES object (ocel_id), ocel_target_id TEXT REFERENCES object (ocel_id),
  ocel_qualifier TEXT, PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
"""
_COLUMN = {"string": "TEXT", "time": "TIMESTAMP", "integer": "INTEGER", "boolean": "BOOLEAN"}


def write_sqlite(path: Path, cases: Iterable[Mapped]) -> None:
    """A database of its own; its foreign keys are looked at before it is let out. Raises ValueError when one dangles."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=OFF")
        db.executescript(_TABLES)
        db.execute("BEGIN")
        objects = {name: dict.fromkeys(attributes, "string") for name, attributes in OBJECTS.items()}
        for what, types in (("event", types_of_events()), ("object", objects)):
            for name, attributes in types.items():
                extra = ["ocel_changed_field TEXT"] if what == "object" else []
                columns = [*extra, *(f'"{one}" {_COLUMN[kind]}' for one, kind in attributes.items())]
                more = "".join(f", {column}" for column in columns)
                db.execute(f'CREATE TABLE "{what}_{name}" (ocel_id TEXT REFERENCES {what} (ocel_id), ocel_time TIMESTAMP{more})')
                db.execute(f"INSERT INTO {what}_map_type VALUES (?, ?)", (name, name))  # noqa: S608 - our own two names
        for case in cases:
            _rows(db, case)
        db.execute("COMMIT")
        if db.execute("PRAGMA foreign_key_check").fetchone():
            raise ValueError("an event speaks of an object that is not in the export")


def _rows(db: sqlite3.Connection, case: Mapped) -> None:
    for entity in case.entities:
        new = db.execute("INSERT OR IGNORE INTO object VALUES (?, ?)", (entity.id, entity.type)).rowcount
        into = f'INSERT INTO "object_{entity.type}" (ocel_id, ocel_time'  # the type is one of OBJECTS
        if new:
            db.execute(f"{into}) VALUES (?, ?)", (entity.id, stamp(START)))
        for name, since, value in entity.attributes:
            more = f', ocel_changed_field, "{name}") VALUES (?, ?, ?, ?)'
            db.execute(into + more, (entity.id, stamp(since), name, value))
        db.executemany("INSERT INTO object_object VALUES (?, ?, ?)", [(entity.id, *link) for link in entity.relations])
    for happening in case.happenings:
        db.execute("INSERT INTO event VALUES (?, ?)", (happening.id, happening.type))
        said = {n: stamp(v) if isinstance(v, datetime) else v for n, v in happening.attributes.items()}
        names = "".join(f', "{name}"' for name in said)
        marks = ", ?" * len(said)
        db.execute(
            f'INSERT INTO "event_{happening.type}" (ocel_id, ocel_time{names}) VALUES (?, ?{marks})',  # noqa: S608
            (happening.id, stamp(happening.time), *said.values()),
        )
        db.executemany("INSERT INTO event_object VALUES (?, ?, ?)", [(happening.id, *link) for link in happening.relations])
