"""SQLite connections: which module, which settings, one per thread, and its errors in our words.

Debian's own SQLite (3.40.1) has a WAL bug that several processes on one file can meet; `pysqlite3` brings a newer one along. Its
exception classes are not those of the standard library, so nothing outside this module names either.
"""

from __future__ import annotations

import contextlib
import importlib
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from eventsourcing import persistence

from dtv_workflow.errors import DtvError, NoStore, OutcomeUnknown, StoreBusy


def _module() -> Any:
    try:
        return importlib.import_module("pysqlite3.dbapi2")
    except ImportError:
        return importlib.import_module("sqlite3")


SQLITE_MODULE: Any = _module()
"""`pysqlite3.dbapi2` where it is installed, else the standard library's `sqlite3`."""

BUSY_SECONDS = 10.0
"""How long a writer waits for another before the store counts as busy."""

_BUSY, _LOCKED, _READONLY, _CORRUPT, _FULL, _CANTOPEN, _NOTADB = 5, 6, 8, 11, 13, 14, 26
_NOTHING_WRITTEN = {_BUSY, _LOCKED, _READONLY, _FULL}
"""Failures of a COMMIT after which SQLite is known to have written nothing."""


def sqlite_version() -> str:
    """The version of SQLite in use."""
    return str(SQLITE_MODULE.sqlite_version)


class Held:
    """A thread's connection, closed when its thread has ended."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.connection.close()


class Connections:
    """One connection per thread to one existing SQLite file.

    `settings` maps each pragma to the value set and the value that must be read back. They hold per connection, so every one is
    given them and asked: SQLite answers an unknown or impossible setting with silence.
    """

    def __init__(self, path: Path, settings: Mapping[str, tuple[str, object]]) -> None:
        self.path = path
        self._settings = settings
        self._local = threading.local()
        self._all: weakref.WeakSet[Held] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._closed = False

    def get(self) -> Any:
        """This thread's connection."""
        held: Held | None = getattr(self._local, "held", None)
        return self._open() if held is None else held.connection

    def _open(self) -> Any:
        if self._closed:
            raise persistence.InterfaceError("the store is closed")
        connection: Any = None
        try:
            # check_same_thread is off so that `close` can close the connections of other threads; only their own use them.
            connection = SQLITE_MODULE.connect(
                f"file:{quote(str(self.path))}?mode=rw",
                uri=True,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
            )
            for pragma, (value, expected) in self._settings.items():
                connection.execute(f"PRAGMA {pragma}={value}").fetchall()
                found = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
                if found != expected:
                    raise NoStore(
                        f"{self.path} cannot be used safely: SQLite's {pragma} is {found!r} here and must be {expected!r} "
                        "(a network disk, or an SQLite that cannot do it)"
                    )
            connection.row_factory = SQLITE_MODULE.Row
        except SQLITE_MODULE.Error as error:
            if connection is not None:
                connection.close()
            raise self._told(error) from error
        except NoStore:
            connection.close()
            raise
        held = Held(connection)
        with self._lock:
            self._all.add(held)
        self._local.held = held
        return connection

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Any]:
        """Read. One statement sees one state of the database, so it needs no transaction of its own."""
        connection = self.get()
        try:
            return list(connection.execute(sql, parameters).fetchall())
        except SQLITE_MODULE.Error as error:
            raise self._told(error) from error

    @contextmanager
    def reading(self) -> Iterator[Any]:
        """A cursor for one statement that reads."""
        connection = self.get()
        try:
            yield connection.cursor()
        except SQLITE_MODULE.Error as error:
            raise self._told(error) from error

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A transaction that writes: all of it or nothing.

        It takes the write lock at once. One that starts by reading and writes later fails under load, however long it waits.
        """
        connection = self.get()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
        except SQLITE_MODULE.Error as error:
            self._roll_back(connection)
            raise self._told(error) from error
        except BaseException:
            self._roll_back(connection)
            raise
        try:
            connection.execute("COMMIT")
        except SQLITE_MODULE.Error as error:
            self._roll_back(connection)
            if _code(error) in _NOTHING_WRITTEN:
                raise self._told(error) from error
            self._drop()
            raise OutcomeUnknown(
                "the disk failed while the step was being stored: it may be stored; repeat it with the same request id"
            ) from error

    def _roll_back(self, connection: Any) -> None:
        with contextlib.suppress(SQLITE_MODULE.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _drop(self) -> None:
        """Let go of this thread's connection: after a failed sync what it believes about the file cannot be trusted."""
        held: Held | None = self._local.__dict__.pop("held", None)
        if held is not None:
            with contextlib.suppress(SQLITE_MODULE.Error):
                held.connection.close()

    def _told(self, error: Exception) -> Exception:
        """The error in our words, or else as the event store library names it. SQLite's own texts hold names, never values."""
        match _code(error):
            case code if code in (_BUSY, _LOCKED):
                return StoreBusy(f"another process kept {self.path.name} locked for {BUSY_SECONDS:.0f} s; nothing was written")
            case code if code == _READONLY:
                return NoStore(f"{self.path} or its directory can only be read; nothing was written")
            case code if code == _CANTOPEN:
                return NoStore(f"{self.path} cannot be opened: it is missing, or its directory cannot be written")
            case code if code == _FULL:
                return DtvError(f"the disk of {self.path} is full; nothing was written")
            case code if code == _NOTADB:
                return NoStore(f"{self.path} is not a database")
            case code if code == _CORRUPT:
                return DtvError(f"{self.path} is damaged: put back a backup")
        kind = getattr(persistence, type(error).__name__, persistence.PersistenceError)
        return kind(str(error))

    def close(self) -> None:
        """Close the connections of every thread."""
        self._closed = True
        with self._lock:
            for held in list(self._all):
                held.connection.close()
            self._all.clear()
        self._local = threading.local()


def _code(error: Exception) -> int:
    """SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
