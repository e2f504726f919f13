"""The log in an SQLite file: the event store library's recorder with settings that keep what was acknowledged.

The library leaves `synchronous` to chance, gives positions again after a deletion and stores version gaps; here each of these is
refused by the database itself or inside the writing transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from dtv_workflow.errors import StoreBusy
from dtv_workflow.store.connections import SQLITE_MODULE, Connections, sqlite_version
from dtv_workflow.store.ledger import Request, Row, StoredAnswer, SubjectClaim, first_versions, refuse_other_than_next

__all__ = ["SQLITE_MODULE", "EventRecorder", "sqlite_version"]

_SETTINGS: dict[str, tuple[str, object]] = {
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "trusted_schema": ("OFF", 0),
    "recursive_triggers": ("ON", 1),
}
"""Without recursive triggers `INSERT OR REPLACE` would delete a row past the trigger that forbids it."""


def _append_only(table: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return [f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} {refuse}" for verb in ("UPDATE", "DELETE")]


_SCHEMA = [
    """CREATE TABLE stored_events (
        rowid INTEGER PRIMARY KEY AUTOINCREMENT,
        originator_id TEXT NOT NULL,
        originator_version INTEGER NOT NULL,
        topic TEXT NOT NULL,
        state BLOB NOT NULL,
        UNIQUE (originator_id, originator_version)
    ) STRICT""",
    "CREATE INDEX streams ON stored_events (originator_id) WHERE originator_version = 1",
    *_append_only("stored_events"),
    "CREATE TABLE requests (request_id TEXT PRIMARY KEY, digest BLOB NOT NULL, answer BLOB NOT NULL) STRICT",
    *_append_only("requests"),
    """CREATE TABLE known_subjects (
        case_id TEXT PRIMARY KEY, digest BLOB NOT NULL, subject TEXT NOT NULL, open INTEGER NOT NULL CHECK (open IN (0, 1))
    ) STRICT""",
    "CREATE INDEX subjects_by_digest ON known_subjects (digest)",
    "CREATE UNIQUE INDEX one_open_case ON known_subjects (digest) WHERE open = 1",
    "CREATE TABLE store_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
]

_LAST_VERSION = "SELECT max(originator_version) FROM stored_events WHERE originator_id = ?"
_INSERT = "INSERT INTO stored_events (originator_id, originator_version, topic, state) VALUES (?, ?, ?, ?)"
_ROWS = (
    "SELECT rowid, originator_id, originator_version, topic, state FROM stored_events WHERE rowid > ? ORDER BY rowid LIMIT ?"
)
_CLAIM = (
    "INSERT INTO known_subjects (case_id, digest, subject, open) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (case_id) DO UPDATE SET digest = excluded.digest, subject = excluded.subject, open = excluded.open"
)


class _Datastore(SQLiteDatastore):
    """What the library's recorder reads and writes through, on our connections instead of its pool."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self.originator_id_type = "text"

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[Any]:
        with self.connections.writing() if commit else self.connections.reading() as cursor:
            yield cursor

    def close(self) -> None:
        self.connections.close()


class EventRecorder(SQLiteApplicationRecorder):
    """The log, its request ids and its known subjects in one SQLite file. `create_table` is for `init_store` alone."""

    def __init__(self, path: Path) -> None:
        self.connections = Connections(path, _SETTINGS)
        super().__init__(_Datastore(self.connections))

    def construct_create_table_statements(self) -> list[str]:
        """The tables of a new store."""
        return list(_SCHEMA)

    def insert_events(  # type: ignore[override]
        self, stored_events: Sequence[StoredEvent], *, request: Request | None = None, subjects: Sequence[SubjectClaim] = ()
    ) -> list[int]:
        """Append in one transaction, and return the positions. IntegrityError: a version, request id or subject was taken."""
        first = first_versions(stored_events)
        with self.connections.writing() as connection:
            for stream, version in first.items():
                refuse_other_than_next(version, connection.execute(_LAST_VERSION, (stream,)).fetchone()[0] or 0)
            positions = [
                connection.execute(_INSERT, (e.originator_id, e.originator_version, e.topic, e.state)).lastrowid
                for e in stored_events
            ]
            if request is not None:
                connection.execute("INSERT INTO requests (request_id, digest, answer) VALUES (?, ?, ?)", request)
            for claim in subjects:
                connection.execute(_CLAIM, claim)
        return positions

    def rows_after(self, position: int, limit: int) -> list[Row]:
        """Position, stream, version, topic and stored bytes of the events after a position, in order of position."""
        with self.connections.reading() as cursor:
            cursor.row_factory = None
            found: list[Row] = cursor.execute(_ROWS, (position, limit)).fetchall()
            return found

    def max_notification_id(self) -> int:
        """The last position, 0 in an empty log."""
        return super().max_notification_id() or 0

    def stored_answer(self, request_id: str) -> StoredAnswer | None:
        """The answer this request was given, if it was taken."""
        rows = self.connections.rows("SELECT digest, answer FROM requests WHERE request_id = ?", (request_id,))
        return StoredAnswer(*rows[0]) if rows else None

    def open_case_of(self, digest: bytes) -> str | None:
        """The open case of the person behind this digest."""
        return self._one("SELECT case_id FROM known_subjects WHERE digest = ? AND open = 1", digest)

    def subject_of(self, digest: bytes) -> str | None:
        """The subject id this person got in the newest case about them."""
        return self._one("SELECT subject FROM known_subjects WHERE digest = ? ORDER BY rowid DESC LIMIT 1", digest)

    def cases_of(self, subject: str) -> list[str]:
        """The cases of a subject that were claimed under a V-number."""
        return [row[0] for row in self.connections.rows("SELECT case_id FROM known_subjects WHERE subject = ?", (subject,))]

    def forget(self, subject: str) -> None:
        """Let go of the digests by which a subject would be known again, and of every copy of them in this file.

        Raises StoreBusy when they are gone, and a reader keeps a copy of them in the write-ahead log.
        """
        self.connections.get().execute("PRAGMA secure_delete = ON")
        with self.connections.writing() as connection:
            connection.execute("DELETE FROM known_subjects WHERE subject = ?", (subject,))
        if self.connections.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
            raise StoreBusy("the log is being read")

    def stream_ids(self, prefix: str, suffix: str = "", limit: int = 50) -> list[str]:
        """The streams whose id starts and ends like this, in order of id. Reads an index with one entry a stream."""
        rows = self.connections.rows(
            "SELECT originator_id FROM stored_events WHERE originator_version = 1 AND originator_id >= ? AND originator_id < ? "
            "AND (? = '' OR substr(originator_id, -length(?)) = ?) ORDER BY originator_id LIMIT ?",
            (prefix, prefix + chr(0x10FFFF), suffix, suffix, suffix, limit),
        )
        return [row[0] for row in rows]

    def streams_after(self, prefix: str, position: int) -> list[str]:
        """The streams with an id that starts like this to which something was added after a position, in order of id."""
        rows = self.connections.rows(
            "SELECT DISTINCT originator_id FROM stored_events WHERE rowid > ? AND originator_id >= ? AND originator_id < ? "
            "ORDER BY originator_id",
            (position, prefix, prefix + chr(0x10FFFF)),
        )
        return [row[0] for row in rows]

    def count_streams(self, prefix: str) -> int:
        """How many streams have an id that starts like this."""
        rows = self.connections.rows(
            "SELECT count(*) FROM stored_events WHERE originator_version = 1 AND originator_id >= ? AND originator_id < ?",
            (prefix, prefix + chr(0x10FFFF)),
        )
        return int(rows[0][0])

    def durability(self) -> str:
        """How this connection keeps what it acknowledged, read back from the database: `wal, full`."""
        journal = self.connections.rows("PRAGMA journal_mode")[0][0]
        synchronous = self.connections.rows("PRAGMA synchronous")[0][0]
        return f"{journal}, {('off', 'normal', 'full', 'extra')[synchronous]}"

    def meta(self) -> dict[str, str]:
        """What the store says about itself."""
        return {row[0]: row[1] for row in self.connections.rows("SELECT key, value FROM store_meta")}

    def write_meta(self, values: Mapping[str, str]) -> None:
        """Say what this new store is."""
        with self.connections.writing() as connection:
            connection.executemany("INSERT INTO store_meta (key, value) VALUES (?, ?)", values.items())

    def close(self) -> None:
        """Close the connections of every thread."""
        self.connections.close()

    def _one(self, sql: str, digest: bytes) -> str | None:
        rows = self.connections.rows(sql, (digest,))
        return rows[0][0] if rows else None
