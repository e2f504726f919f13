"""The log on a PostgreSQL server (the extra `[postgres]`): the same append, race, request id and reads as the SQLite recorder.

The library's own recorder locks the table, which a role that may only insert cannot do, and tells a stored step as a conflict
when the acknowledgement is lost. Here an advisory lock is taken before a position is given, so that order of position is order of
commit and a follower misses nothing; and a commit whose outcome is not known is told as that.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

from eventsourcing import persistence
from eventsourcing.persistence import ApplicationRecorder, Notification, NotSupportedError, StoredEvent

from dtv_workflow.errors import DtvError, NoStore, OutcomeUnknown, StoreBusy
from dtv_workflow.store.connections import Held
from dtv_workflow.store.ledger import Request, Row, StoredAnswer, SubjectClaim, first_versions, refuse_other_than_next

_WRITERS_LOCK = 0x647476
"""The advisory lock every writer of a log holds until its commit."""

_TABLES = ("stored_events", "requests")
_SCHEMA = [
    "CREATE SCHEMA events",
    """CREATE TABLE events.stored_events (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        originator_id text COLLATE "C" NOT NULL,
        originator_version bigint NOT NULL,
        topic text NOT NULL,
        state bytea NOT NULL,
        UNIQUE (originator_id, originator_version)
    )""",
    "CREATE INDEX streams ON events.stored_events (originator_id) WHERE originator_version = 1",
    "CREATE TABLE events.requests (request_id text PRIMARY KEY, digest bytea NOT NULL, answer bytea NOT NULL)",
    """CREATE TABLE events.known_subjects (
        claimed bigint GENERATED ALWAYS AS IDENTITY,
        case_id text PRIMARY KEY, digest bytea NOT NULL, subject text NOT NULL, open boolean NOT NULL
    )""",
    "CREATE INDEX subjects_by_digest ON events.known_subjects (digest)",
    "CREATE UNIQUE INDEX one_open_case ON events.known_subjects (digest) WHERE open",
    "CREATE TABLE events.store_meta (key text PRIMARY KEY, value text NOT NULL)",
    """CREATE FUNCTION events.refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END$$""",
    *(
        f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.{table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION events.refuse()"
        for table in _TABLES
    ),
]

_INSERT = (
    "INSERT INTO events.stored_events (originator_id, originator_version, topic, state) SELECT s, v, t, b FROM "
    "unnest(%s::text[], %s::bigint[], %s::text[], %s::bytea[]) WITH ORDINALITY AS e (s, v, t, b, n) ORDER BY n RETURNING position"
)
_CLAIM = (
    "INSERT INTO events.known_subjects (case_id, digest, subject, open) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (case_id) DO UPDATE SET digest = excluded.digest, subject = excluded.subject, open = excluded.open"
)


def create_schema(url: str) -> None:
    """Make the tables, once and as their owner; the recorder itself needs only to insert and select."""
    import psycopg

    with psycopg.connect(url) as connection:
        for statement in _SCHEMA:
            connection.execute(statement)


class PostgresRecorder(ApplicationRecorder):
    """The log, its request ids and its known subjects on a PostgreSQL server, one connection per thread."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._psycopg = psycopg
        self._url = url
        self._local = threading.local()
        self._all: weakref.WeakSet[Held] = weakref.WeakSet()
        self._lock = threading.Lock()

    def insert_events(  # type: ignore[override]
        self, stored_events: Sequence[StoredEvent], *, request: Request | None = None, subjects: Sequence[SubjectClaim] = ()
    ) -> list[int]:
        """Append in one transaction, and return the positions. IntegrityError: a version, request id or subject was taken."""
        first = first_versions(stored_events)
        with self._writing() as connection:
            for stream, version in first.items():
                last = "SELECT max(originator_version) FROM events.stored_events WHERE originator_id = %s"
                refuse_other_than_next(version, connection.execute(last, (stream,)).fetchone()[0] or 0)
            rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in stored_events]
            columns = [list(column) for column in zip(*rows, strict=True)]
            positions = sorted(row[0] for row in connection.execute(_INSERT, columns)) if stored_events else []
            if request is not None:
                connection.execute("INSERT INTO events.requests (request_id, digest, answer) VALUES (%s, %s, %s)", request)
            for claim in subjects:
                connection.execute(_CLAIM, claim)
        return positions

    def select_events(  # type: ignore[override]
        self, originator_id: str, *, gt: int | None = None, lte: int | None = None, desc: bool = False, limit: int | None = None
    ) -> list[StoredEvent]:
        """The events of one stream in order of version."""
        sql = (
            "SELECT originator_id, originator_version, topic, state FROM events.stored_events WHERE originator_id = %s "
            "AND originator_version > %s AND originator_version <= %s ORDER BY originator_version LIMIT %s"
        )
        if desc:
            sql = sql.replace(" LIMIT", " DESC LIMIT")
        return [StoredEvent(*row) for row in self._rows(sql, originator_id, gt or 0, 2**62 if lte is None else lte, limit)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """The events of all streams in order of position."""
        sql = (
            "SELECT originator_id, originator_version, topic, state, position FROM events.stored_events "
            "WHERE position >= %s AND position <= %s AND (%s OR topic = ANY(%s)) ORDER BY position LIMIT %s"
        )
        first = 0 if start is None else start + (not inclusive_of_start)
        rows = self._rows(sql, first, 2**62 if stop is None else stop, not topics, list(topics), limit)
        return [Notification(*row) for row in rows]

    def rows_after(self, position: int, limit: int) -> list[Row]:
        """Position, stream, version, topic and stored bytes of the events after a position, in order of position."""
        sql = (
            "SELECT position, originator_id, originator_version, topic, state FROM events.stored_events "
            "WHERE position > %s ORDER BY position LIMIT %s"
        )
        return self._rows(sql, position, limit)

    def max_notification_id(self) -> int:
        """The last position, 0 in an empty log."""
        return int(self._rows("SELECT coalesce(max(position), 0) FROM events.stored_events")[0][0])

    def stored_answer(self, request_id: str) -> StoredAnswer | None:
        """The answer this request was given, if it was taken."""
        rows = self._rows("SELECT digest, answer FROM events.requests WHERE request_id = %s", request_id)
        return StoredAnswer(*rows[0]) if rows else None

    def open_case_of(self, digest: bytes) -> str | None:
        """The open case of the person behind this digest."""
        rows = self._rows("SELECT case_id FROM events.known_subjects WHERE digest = %s AND open", digest)
        return rows[0][0] if rows else None

    def subject_of(self, digest: bytes) -> str | None:
        """The subject id this person got in the newest case about them."""
        rows = self._rows("SELECT subject FROM events.known_subjects WHERE digest = %s ORDER BY claimed DESC LIMIT 1", digest)
        return rows[0][0] if rows else None

    def cases_of(self, subject: str) -> list[str]:
        """The cases of a subject that were claimed under a V-number."""
        return [row[0] for row in self._rows("SELECT case_id FROM events.known_subjects WHERE subject = %s", subject)]

    def forget(self, subject: str) -> None:
        """Let go of the digests by which a subject would be known again. Dead rows go with the next VACUUM."""
        with self._writing() as connection:
            connection.execute("DELETE FROM events.known_subjects WHERE subject = %s", (subject,))

    def stream_ids(self, prefix: str, suffix: str = "", limit: int = 50) -> list[str]:
        """The streams whose id starts and ends like this, in order of id. Reads an index with one entry a stream."""
        sql = (
            "SELECT originator_id FROM events.stored_events WHERE originator_version = 1 AND originator_id >= %s "
            "AND originator_id < %s AND right(originator_id, length(%s)) = %s ORDER BY originator_id LIMIT %s"
        )
        return [row[0] for row in self._rows(sql, prefix, prefix + chr(0x10FFFF), suffix, suffix, limit)]

    def streams_after(self, prefix: str, position: int) -> list[str]:
        """The streams with an id that starts like this to which something was added after a position, in order of id."""
        sql = (
            "SELECT DISTINCT originator_id FROM events.stored_events WHERE position > %s AND originator_id >= %s "
            "AND originator_id < %s ORDER BY originator_id"
        )
        return [row[0] for row in self._rows(sql, position, prefix, prefix + chr(0x10FFFF))]

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> NoReturn:
        """Followers ask for pages; a recorder that wakes them is not needed."""
        raise NotSupportedError("followers read select_notifications")

    def close(self) -> None:
        """Close the connections of every thread."""
        with self._lock:
            for held in list(self._all):
                held.connection.close()

    def _get(self) -> Any:
        held: Held | None = getattr(self._local, "held", None)
        if held is None or held.connection.closed:
            with self._translated():
                connection: Any = self._psycopg.connect(self._url, autocommit=True, connect_timeout=3)
                connection.execute("SET synchronous_commit = on")
                connection.execute("SET lock_timeout = '10s'")
                if connection.execute("SHOW synchronous_commit").fetchall()[0][0] != "on":
                    raise NoStore("this server does not take synchronous_commit=on, so it may lose what it acknowledged")
            held = self._local.held = Held(connection)
            with self._lock:
                self._all.add(held)
        return held.connection

    def _rows(self, sql: str, *parameters: object) -> list[Any]:
        connection = self._get()
        with self._translated():
            return list(connection.execute(sql, parameters).fetchall())

    @contextmanager
    def _writing(self) -> Iterator[Any]:
        connection = self._get()
        try:
            with self._translated():
                connection.execute("BEGIN")
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITERS_LOCK,))
                yield connection
        except BaseException:
            with contextlib.suppress(self._psycopg.Error):
                connection.execute("ROLLBACK")
            raise
        try:
            connection.execute("COMMIT")
        except BaseException as error:
            connection.close()
            if not isinstance(error, self._psycopg.Error):
                raise
            raise OutcomeUnknown(
                "the server was lost at the commit: the step may be stored; repeat it with the same request id"
            ) from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Errors in our words. The server's detail lines can hold values, so no text of it is passed on."""
        try:
            yield
        except self._psycopg.Error as error:
            match error:
                case self._psycopg.errors.UndefinedTable():
                    raise NoStore("there is no store in this database, or another version's") from None
                case self._psycopg.errors.InsufficientPrivilege() | self._psycopg.errors.ReadOnlySqlTransaction():
                    raise NoStore("this user may not write to the store; nothing was written") from None
                case self._psycopg.errors.DiskFull():
                    raise DtvError("the server's disk is full; nothing was written") from None
                case self._psycopg.OperationalError() | self._psycopg.InterfaceError():
                    raise StoreBusy("the server is locked or cannot be reached; nothing was written") from None
            kind = getattr(persistence, type(error).__mro__[1].__name__, persistence.DatabaseError)
            raise kind(f"the database refused it ({error.sqlstate})") from None
