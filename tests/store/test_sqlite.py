"""What only the SQLite recorder has to promise, and the append-only triggers of both databases."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder

from dtv_workflow.errors import DtvError, NoStore, OutcomeUnknown, StoreBusy
from dtv_workflow.store import connections as module
from dtv_workflow.store.files import EVENTS_FILE, Store, init_store
from dtv_workflow.store.ledger import Request
from dtv_workflow.store.sqlite import _SETTINGS, SQLITE_MODULE, EventRecorder, sqlite_version

from .conftest import CREATED
from .processes import start, together


def event(version: int, stream: str = "case/a", state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(stream, version, "noted.v1", state)


@contextmanager
def raw(store: Store) -> Iterator[Any]:
    """The database without our settings, as somebody else's program opens it."""
    with closing(SQLITE_MODULE.connect(str(store.path / EVENTS_FILE), isolation_level=None)) as connection:
        yield connection


def test_it_is_the_librarys_recorder(store: Store) -> None:
    assert isinstance(store.recorder, SQLiteApplicationRecorder)
    assert sqlite_version() == SQLITE_MODULE.sqlite_version


def test_every_connection_has_the_settings(store: Store) -> None:
    found: list[tuple[Any, ...]] = []

    def look() -> None:
        connection = store.recorder.connections.get()
        found.append(tuple(connection.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous")))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    look()
    assert found == [("wal", 2)] * 2


def test_a_setting_that_does_not_take_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_SETTINGS, "synchronous", ("NORMAL", 2))
    recorder = EventRecorder(store.path / EVENTS_FILE)
    with pytest.raises(NoStore, match="synchronous is 1 here and must be 2"):
        recorder.max_notification_id()


@pytest.mark.parametrize("table", ["stored_events", "requests"])
@pytest.mark.parametrize("change", ["UPDATE {} SET rowid = rowid + 7", "DELETE FROM {}"])
def test_n34_the_log_is_append_only(store: Store, table: str, change: str) -> None:
    store.recorder.insert_events([event(1)], request=Request("r-1", b"d", b"a"))
    with raw(store) as other:
        for connection in (other, store.recorder.connections.get()):
            with pytest.raises(SQLITE_MODULE.IntegrityError, match="append-only"):
                connection.execute(change.format(table))
    assert store.recorder.max_notification_id() == 1


def test_replacing_is_refused_too(store: Store) -> None:
    store.recorder.insert_events([event(1)])
    with pytest.raises(SQLITE_MODULE.IntegrityError, match="append-only"):
        store.recorder.connections.get().execute("INSERT OR REPLACE INTO stored_events VALUES (1, 'case/a', 1, 'x', x'00')")


def test_n34_postgres_is_append_only(postgres_url: str) -> None:
    import psycopg

    from dtv_workflow.store.postgres import PostgresRecorder, create_schema

    with psycopg.connect(postgres_url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS events CASCADE")
    create_schema(postgres_url)
    recorder = PostgresRecorder(postgres_url)
    recorder.insert_events([event(1)], request=Request("r-1", b"d", b"a"))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for table in ("stored_events", "requests"):
            for change in (f"DELETE FROM events.{table}", f"TRUNCATE events.{table}"):
                with pytest.raises(psycopg.IntegrityError, match="append-only"):
                    connection.execute(change)
        with pytest.raises(psycopg.IntegrityError, match="append-only"):
            connection.execute("UPDATE events.stored_events SET topic = 'x'")
    recorder.close()


def test_postgres_tells_a_lost_commit_as_unknown(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import psycopg

    from dtv_workflow.store.postgres import PostgresRecorder, create_schema

    with psycopg.connect(postgres_url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS events CASCADE")
    create_schema(postgres_url)
    recorder = PostgresRecorder(postgres_url)
    execute = psycopg.Connection.execute

    def lose_the_answer(self: Any, query: Any, *arguments: Any) -> Any:
        answer = execute(self, query, *arguments)
        if query == "COMMIT":
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Connection, "execute", lose_the_answer)
        with pytest.raises(OutcomeUnknown):
            recorder.insert_events([event(1)], request=Request("r-1", b"d", b"a"))
    assert recorder.stored_answer("r-1") is not None, "it was stored, and asking again says so"
    recorder.close()
    with pytest.raises(StoreBusy):
        PostgresRecorder("postgresql://nobody@127.0.0.1:1/none").max_notification_id()


def test_a_position_is_never_given_again(store: Store) -> None:
    first = store.recorder.insert_events([event(1), event(2)])
    with raw(store) as connection:
        connection.execute("DROP TRIGGER stored_events_no_delete")
        connection.execute("DELETE FROM stored_events WHERE originator_version = 2")
    assert store.recorder.insert_events([event(2)])[0] > first[-1]


def test_a_busy_store_says_so(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.1)
    recorder = EventRecorder(store.path / EVENTS_FILE)
    with raw(store) as blocker:
        blocker.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            recorder.insert_events([event(1)])
        assert recorder.max_notification_id() == 0, "readers do not wait for a writer"
    assert recorder.insert_events([event(1)]) == [1]
    recorder.close()


def test_a_full_disk_says_so_and_nothing_is_written(store: Store) -> None:
    connection = store.recorder.connections.get()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DtvError, match="full"):
        store.recorder.insert_events([event(1, state=b"x" * 100_000)])
    connection.execute("PRAGMA max_page_count = 1000000")
    assert store.recorder.max_notification_id() == 0
    assert store.recorder.insert_events([event(1)])


class FailsAtCommit:
    """A connection whose COMMIT fails with a result code, before or after it has taken effect."""

    def __init__(self, connection: Any, code: int, after: bool) -> None:
        self.connection, self.code, self.after = connection, code, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, sql: str, *parameters: Any) -> Any:
        if sql == "COMMIT":
            if self.after:
                self.connection.execute(sql)
            error = SQLITE_MODULE.OperationalError("disk I/O error")
            error.sqlite_errorcode = self.code
            raise error
        return self.connection.execute(sql, *parameters)


@pytest.mark.parametrize("after", [False, True])
def test_a_commit_that_fails_in_the_sync_is_unknown(store: Store, monkeypatch: pytest.MonkeyPatch, after: bool) -> None:
    connections = store.recorder.connections
    failing = FailsAtCommit(connections.get(), 1034, after)  # SQLITE_IOERR_FSYNC
    with monkeypatch.context() as patch:
        patch.setattr(connections, "get", lambda: failing)
        with pytest.raises(OutcomeUnknown):
            store.recorder.insert_events([event(1)], request=Request("r-1", b"d", b"a"))
    assert (store.recorder.stored_answer("r-1") is not None) is after
    assert connections.get() is not failing.connection, "what the old connection believes about the file is not trusted"


def test_a_commit_for_which_the_disk_is_full_is_known(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = FailsAtCommit(store.recorder.connections.get(), 13, False)
    with monkeypatch.context() as patch:
        patch.setattr(store.recorder.connections, "get", lambda: failing)
        with pytest.raises(DtvError, match="nothing was written"):
            store.recorder.insert_events([event(1)])
    assert store.recorder.insert_events([event(1)]) == [1]


WRITE_AS_ANOTHER_USER = """
import os, sys
from pathlib import Path
from eventsourcing.persistence import StoredEvent
from dtv_workflow.errors import NoStore
from dtv_workflow.store.sqlite import EventRecorder
if os.geteuid() == 0:
    os.seteuid(65534)  # root may write anywhere
recorder = EventRecorder(Path(sys.argv[1]))
try:
    print(recorder.max_notification_id())
    recorder.insert_events([StoredEvent("case/a", 2, "noted.v1", b"{}")])
except NoStore as error:
    print("NoStore:", error)
"""


@pytest.fixture
def readable_by_all() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dtv-read-only-") as directory:
        path = Path(directory)
        path.chmod(0o755)
        yield path / "store"
        (path / "store").chmod(0o700)


@pytest.mark.parametrize("closed", [False, True])
def test_a_read_only_store_says_so(readable_by_all: Path, closed: bool) -> None:
    store = init_store(readable_by_all, training=True, created=CREATED)
    store.recorder.insert_events([event(1)])
    if closed:  # then SQLite has cleared away its WAL, and needs to write one to read
        store.close()
    for file in store.path.iterdir():
        file.chmod(0o444)
    store.path.chmod(0o555)
    answer = start(WRITE_AS_ANOTHER_USER, store.path / EVENTS_FILE).communicate(timeout=60)[0].splitlines()
    assert len(answer) == (1 if closed else 2), answer
    assert answer[-1].startswith("NoStore:")
    assert "can only be read" in answer[-1]
    store.close()


APPEND = """
import sys
from pathlib import Path
from eventsourcing.persistence import IntegrityError, StoredEvent
from dtv_workflow.store.sqlite import EventRecorder
recorder = EventRecorder(Path(sys.argv[1]))
print("ready", flush=True); sys.stdin.readline()
stored = 0
for _ in range(50):
    version = len(recorder.select_events("case/a")) + 1
    try:
        recorder.insert_events([StoredEvent("case/a", version, "noted.v1", b"{}")])
        stored += 1
    except IntegrityError:
        pass
print(stored)
"""


def test_processes_that_race_leave_no_gap_and_lose_nothing(store: Store) -> None:
    stored = [int(answer) for answer in together(APPEND, store.path / EVENTS_FILE, count=3)]
    events = store.recorder.select_events("case/a")
    assert [e.originator_version for e in events] == list(range(1, sum(stored) + 1))


def test_a_rolled_back_save_leaves_the_connection_usable(store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.recorder.insert_events([event(5)])
    with pytest.raises(OperationalError, match="no such table"):
        store.recorder.connections.rows("SELECT * FROM absent")
    assert store.recorder.insert_events([event(1)]) == [1]
