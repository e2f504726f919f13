"""The one loop that hands the log to its followers: pages of records in order, rows and position committed in one transaction.

`views.db` is made, versioned and swapped here and nowhere else. It holds nothing that is not in the log: without it, with an
older one, or with one of another log, the loop builds it again. A page is taken and committed by one process at a time: it takes
the write lock before it reads a position. A follower whose version or columns changed is built beside its old tables and
swapped in one transaction, so a reader sees the old ones or the new ones whole. No key is asked for: sealed fields stay sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import quote

import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.record import CORRECTION_TOPIC, Record, corrected, fold
from dtv_workflow.domain.workflow import EVENTS
from dtv_workflow.errors import DtvError, NoStore, NotFound, StoreBusy
from dtv_workflow.store.connections import SQLITE_MODULE
from dtv_workflow.store.files import Store
from dtv_workflow.store.keys import new_file
from dtv_workflow.store.mapper import RecordMapper

VIEWS_FILE = "views.db"
FORMAT = 1
"""The version of what this module itself keeps in `views.db`. A file of another one is emptied."""

PAGE = 5_000
CASES_KEPT = 20_000
"""How many folded cases are kept between pages; one that is not there is read from the log again."""

WAIT_SECONDS = 30.0  # for another that brings the views up to date: longer than for the log, since that work is needed
BUILDING = "building_"
"""The prefix of the tables of a follower that is being built beside its old ones."""

Progress = Callable[[int, int], None]
"""Told after every page: how far the log has been followed, and how far it goes."""


class PoisonedEvent(DtvError):
    """A stored event that no follower gets past. What follows it is not shown, rather than shown without it."""

    code = "poisoned_event"


class Follower(NamedTuple):
    """Tables made from the log, and what folds a batch of it into them. Another `version`, or other columns, cost a rebuild."""

    name: str
    version: int
    tables: tuple[sa.Table, ...]
    fold: Callable[[Batch], None]


class Status(NamedTuple):
    """How a follower stands: `stored` is the version of its tables (None: none yet), `building` how far a rebuild is."""

    name: str
    version: int
    stored: int | None
    position: int
    head: int
    behind: int
    building: int | None


class Stand(NamedTuple):
    """A row of `followers`: how far some tables are. `mark` is a digest of the last event folded into them."""

    name: str
    building: int
    version: int
    shape: str
    tables: str
    position: int
    mark: str

    def fits(self, follower: Follower) -> bool:
        return (self.version, self.shape) == (follower.version, shape_of(follower.tables))


_stands = sa.Table(
    "followers",
    sa.MetaData(),
    *(sa.Column(n, sa.Integer if n in {"building", "version", "position"} else sa.Text, nullable=False) for n in Stand._fields),
    sa.PrimaryKeyConstraint("name", "building"),
    sqlite_with_rowid=False,
    sqlite_strict=True,
)


class Known(NamedTuple):
    """A case as folded from the log, and when each of its events occurred, corrections taken in."""

    case: DepartureCase
    occurred: list[datetime]


class Log:
    """The log as followers read it."""

    def __init__(self, store: Store) -> None:
        self.recorder = store.recorder
        self.mapper = RecordMapper(EVENTS, None)
        self.cases: dict[str, Known] = {}

    def page(self, after: int, limit: int) -> Page:
        """The records after a position; they end before one that cannot be read."""
        stored = self.recorder.select_notifications(after, limit, inclusive_of_start=False)
        records, poison = list[Record](), None
        for notification in stored:
            try:
                records.append(self.decoded(notification))
            except PoisonedEvent as error:
                poison = error
                break
        mark = mark_of(stored[len(records) - 1]) if records else ""
        return Page(self, records, mark, poison)

    def mark_at(self, position: int) -> str:
        """The mark of the event at a position; empty for none."""
        found = self.recorder.select_notifications(position, 1) if position else []
        return mark_of(found[0]) if found and found[0].id == position else ""

    def decoded(self, stored: StoredEvent) -> Record:
        try:
            return self.mapper.to_domain_event(stored, unseal=False)
        except Exception as error:
            why = str(error) if isinstance(error, DtvError) else type(error).__name__
            raise poisoned(getattr(stored, "id", None), str(stored.originator_id), stored.originator_version, why) from error


class Page:
    """Some records that follow each other in the log, by stream, and each case as it is after them."""

    def __init__(self, log: Log, records: list[Record], mark: str, poison: PoisonedEvent | None) -> None:
        self.log, self.records, self.mark, self.poison = log, records, mark, poison
        self.by_stream: dict[str, list[Record]] = {}
        for record in records:
            self.by_stream.setdefault(record.originator_id, []).append(record)

    def history(self, stream: str) -> list[Record]:
        """The stream from its first record to its last in this page, each correction in its place."""
        history = self.by_stream[stream]
        last = history[-1]
        if history[0].version > 1:
            history = [self.log.decoded(stored) for stored in self.log.recorder.select_events(stream, lte=last.version)]
        try:
            return corrected(history)
        except Exception as error:
            raise poisoned(last.position, stream, last.version, "a correction up to it does not fit what it corrects") from error

    def known(self, stream: str) -> Known:
        """The case after its last record in this page: what was known of it is continued, or folded anew where it must be."""
        records, cases = self.by_stream[stream], self.log.cases
        known = cases.pop(stream, None)
        if known is None or known.case.version != records[-1].version:
            changed = any(type(record.event).TOPIC == CORRECTION_TOPIC for record in records)
            if known is None or changed or known.case.version != records[0].version - 1:
                known, records = Known(DepartureCase(), []), self.history(stream)
            try:
                fold(records, known.case)
            except Exception as error:
                at = next((r for r in records if r.version == known.case.version), records[-1])
                raise poisoned(at.position, stream, at.version, f"{type(error).__name__} while folding") from error
            known.occurred.extend(record.occurred_at for record in records)
        cases[stream] = known
        if len(cases) > CASES_KEPT:
            del cases[next(iter(cases))]
        return known


class Batch(NamedTuple):
    """What a follower is handed: the records after its position, the page they are of, and where and by which prefix to write."""

    records: list[Record]
    page: Page
    connection: sa.Connection
    prefix: str


class Views:
    """The `views.db` of a store, as some followers keep it."""

    def __init__(self, store: Store, followers: Sequence[Follower], *, page: int = PAGE) -> None:
        self.followers = {follower.name: follower for follower in followers}
        self.path = store.path / VIEWS_FILE
        self.page = page
        self._log = Log(store)
        self._writers = sa.create_engine("sqlite://", module=SQLITE_MODULE, creator=self._writer, poolclass=sa.NullPool)
        self._readers = sa.create_engine("sqlite://", module=SQLITE_MODULE, creator=self._reader, poolclass=sa.NullPool)
        sa.event.listen(self._readers, "begin", self._begun)

    # ---------------------------------------------------------------- what is asked of it

    def catch_up(self, *, at_least: int | None = None, progress: Progress | None = None) -> int:
        """Follow the log to its end as it is now, or as far as asked; the position reached.

        Raises PoisonedEvent, StoreBusy, NoStore.
        """
        head = self._log.recorder.max_notification_id()
        goal = head if at_least is None else min(at_least, head)
        stands = self._seen()
        live = [stand for name, follower in self.followers.items() if (stand := stands.get((name, 0))) and stand.fits(follower)]
        if len(live) == len(self.followers) and all(stand.position >= goal and self._of_this_log(stand) for stand in live):
            return min(stand.position for stand in live)
        return self._follow(goal, frozenset(), progress)

    def rebuild(self, name: str | None = None, progress: Progress | None = None) -> int:
        """Build one follower's tables again, or all, beside those that are there, and swap; the position reached."""
        if name is not None and name not in self.followers:
            raise NotFound(f"no projection of that name; there are {', '.join(self.followers)}")
        names = frozenset(self.followers if name is None else (name,))
        return self._follow(self._log.recorder.max_notification_id(), names, progress)

    def status(self) -> list[Status]:
        """How each follower stands, without catching up."""
        head, stands, found = self._log.recorder.max_notification_id(), self._seen(), []
        for name, follower in self.followers.items():
            live, built = stands.get((name, 0)), stands.get((name, 1))
            at, stored = (live.position, live.version) if live else (0, None)
            found.append(Status(name, follower.version, stored, at, head, max(0, head - at), built and built.position))
        return found

    def connect(self) -> sa.Connection:
        """A connection that only reads, caught up first, on one state of the views; `info["position"]` says which."""
        while True:
            reached = self.catch_up()
            with self._told(), ExitStack() as opened:
                connection = opened.enter_context(self._readers.connect())
                connection.exec_driver_sql("SELECT 1")
                if connection.info["position"] >= reached:  # else the file was replaced in between
                    opened.pop_all()
                    return connection

    # ---------------------------------------------------------------- the loop

    def _follow(self, goal: int, rebuilt: frozenset[str], progress: Progress | None) -> int:
        while True:
            try:
                with self._told(), self._writers.connect() as connection:
                    position, done, first = 0, False, True
                    while not done:
                        position, done = self._turn(connection, goal, rebuilt, first)
                        first = False
                        if progress is not None:
                            progress(min(position, goal), goal)
                    return position
            except _Unusable:
                for suffix in ("", "-wal", "-shm"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)

    def _turn(self, connection: sa.Connection, goal: int, rebuilt: frozenset[str], first: bool) -> tuple[int, bool]:
        """Take one page: the position that all have reached, and whether that is far enough."""
        try:
            with self._writing(connection):
                fed = self._to_feed(connection, rebuilt, first)
                # Never back behind what a reader of the old tables may have been shown.
                goal = max(goal, *(stand.position for stand in self._rows(connection).values() if stand.name in self.followers))
                start = min(stand.position for stand in fed)
                page = self._log.page(start, self.page)
                end = page.records[-1].position or start if page.records else start
                for stand in fed:
                    if end > stand.position:
                        records = [record for record in page.records if (record.position or 0) > stand.position]
                        prefix = BUILDING if stand.building else ""
                        self.followers[stand.name].fold(Batch(records, page, connection, prefix))
                        self._put(connection, stand._replace(position=end, mark=page.mark))
                    if stand.building and end >= goal:
                        self._swap(connection, stand.name)
        except BaseException:
            self._log.cases.clear()
            raise
        if page.poison is not None and end < goal:
            raise page.poison
        return end, end >= goal or not page.records

    def _to_feed(self, connection: sa.Connection, rebuilt: frozenset[str], first: bool) -> list[Stand]:
        """The tables to feed, those to be built founded. What is not of this log, or of another version, is left as it is."""
        stands, fed = self._rows(connection), []
        for name, follower in self.followers.items():
            live, building = stands.get((name, 0)), stands.get((name, 1))
            if first and live and not self._of_this_log(live):
                self._log.cases.clear()
                live = live._replace(shape="", position=0, mark="")
                self._put(connection, live)
            again = first and building and (name in rebuilt or not self._of_this_log(building))
            if building and (again or not building.fits(follower)):
                self._drop(connection, building)
                building = None
            current = live is not None and live.fits(follower)
            if building is None and (not current or (first and name in rebuilt)):
                building = self._found(connection, follower)
            if live is not None and current:
                fed.append(live)
            if building is not None and (not current or name in rebuilt):
                fed.append(building)
        return fed

    def _of_this_log(self, stand: Stand) -> bool:
        """Whether what it last folded stands in the log where it says. After a backup of the log was put back it may not."""
        return self._log.mark_at(stand.position) == stand.mark

    # ---------------------------------------------------------------- tables

    def _found(self, connection: sa.Connection, follower: Follower) -> Stand:
        """Make a follower's empty tables beside those it may have. Their indexes come with the swap."""
        for table in follower.tables:
            connection.execute(CreateTable(table.to_metadata(sa.MetaData(), name=BUILDING + table.name)))
        names = " ".join(table.name for table in follower.tables)
        self._put(connection, stand := Stand(follower.name, 1, follower.version, shape_of(follower.tables), names, 0, ""))
        return stand

    def _swap(self, connection: sa.Connection, name: str) -> None:
        """Put the tables that were built in the place of the old ones, which may have been others."""
        stands = self._rows(connection)
        if (name, 0) in stands:
            self._drop(connection, stands[name, 0])
        for table in self.followers[name].tables:
            connection.exec_driver_sql(f'ALTER TABLE "{BUILDING}{table.name}" RENAME TO "{table.name}"')
            for index in _indexes(table):
                connection.execute(CreateIndex(index))
        connection.exec_driver_sql("UPDATE followers SET building = 0 WHERE name = ?", (name,))

    def _drop(self, connection: sa.Connection, stand: Stand) -> None:
        prefix = BUILDING if stand.building else ""
        for table in stand.tables.split():
            connection.exec_driver_sql(f'DROP TABLE "{prefix}{table}"')
        connection.exec_driver_sql("DELETE FROM followers WHERE name = ? AND building = ?", (stand.name, stand.building))

    def _put(self, connection: sa.Connection, stand: Stand) -> None:
        connection.exec_driver_sql("INSERT OR REPLACE INTO followers VALUES (?, ?, ?, ?, ?, ?, ?)", tuple(stand))

    def _rows(self, connection: sa.Connection) -> dict[tuple[str, int], Stand]:
        return {(row.name, row.building): Stand(*row) for row in connection.execute(sa.select(_stands)).all()}

    # ---------------------------------------------------------------- the file

    @contextmanager
    def _writing(self, connection: sa.Connection) -> Iterator[None]:
        """A transaction that holds the write lock from its first statement: nobody else reads a position to write after it."""
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if connection.exec_driver_sql("PRAGMA user_version").scalar() != FORMAT:
                tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                for name in connection.exec_driver_sql(tables).scalars().all():
                    connection.exec_driver_sql(f'DROP TABLE "{name}"')
                connection.execute(CreateTable(_stands))
                connection.exec_driver_sql(f"PRAGMA user_version = {FORMAT}")
            yield

    def _seen(self) -> dict[tuple[str, int], Stand]:
        """How the followers stand, without a lock and without making anything; empty where that cannot be read."""
        if self.path.is_file():
            with suppress(DBAPIError), self._readers.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
                return dict(connection.info["stands"])
        return {}

    def _writer(self) -> Any:
        try:
            new_file(self.path)
        except FileExistsError:
            pass
        except OSError as error:
            raise NoStore(f"{self.path} cannot be made: {error.strerror}") from error
        connection = self._open("rw")
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL")  # what a power cut takes, rows and position together, is folded again
        return connection

    def _reader(self) -> Any:
        connection = self._open("ro")
        connection.execute("PRAGMA query_only = ON")
        return connection

    def _open(self, mode: str) -> Any:
        address = f"file:{quote(str(self.path))}?mode={mode}"
        return SQLITE_MODULE.connect(address, uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False)

    def _begun(self, connection: sa.Connection) -> None:
        """One transaction of a reader sees one state of the views; this says which."""
        connection.exec_driver_sql("BEGIN")
        made = connection.exec_driver_sql("PRAGMA user_version").scalar() == FORMAT
        stands = self._rows(connection) if made else {}
        live = [stands.get((name, 0)) for name in self.followers]
        connection.info.update(stands=stands, position=min(stand.position if stand else -1 for stand in live))

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors about `views.db` in our words."""
        try:
            yield
        except (DBAPIError, SQLITE_MODULE.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            code = int(getattr(cause, "sqlite_errorcode", 0) or 0) & 0xFF
            if code not in _SAID:
                raise
            kind, words = _SAID[code]
            raise kind(f"{self.path} {words}") from error


class _Unusable(DtvError):
    """`views.db` is no database, or a damaged one: it is made again."""


_SAID: dict[int, tuple[type[DtvError], str]] = {
    5: (StoreBusy, f"is kept locked by another process for {WAIT_SECONDS:.0f} s"),
    6: (StoreBusy, "is kept locked by another process"),
    8: (NoStore, "or its directory can only be read, so the views cannot be brought up to date"),
    11: (_Unusable, "is damaged; the views are made again when they are next asked for"),
    13: (DtvError, "cannot grow: the disk is full; the views were left as they were"),
    14: (NoStore, "cannot be opened: its directory is missing or can only be read"),
    26: (_Unusable, "is not a database; the views are made again when they are next asked for"),
}
"""SQLite's result codes, in our words."""


def poisoned(position: int | None, stream: str, version: int, why: str) -> PoisonedEvent:
    """The error that names the event nobody gets past."""
    at = f" at position {position}" if position else ""
    return PoisonedEvent(f"event {version} of {stream}{at} cannot be followed: {why}; the views stop before it")


@cache
def shape_of(tables: tuple[sa.Table, ...]) -> str:
    """A digest of tables as they are declared."""
    made: list[DDLElement] = [CreateTable(table) for table in tables]
    made += [CreateIndex(index) for table in tables for index in _indexes(table)]
    return hashlib.sha256("".join(str(each.compile(dialect=dialect())) for each in made).encode()).hexdigest()[:16]


def _indexes(table: sa.Table) -> list[sa.Index]:
    return sorted(table.indexes, key=lambda index: str(index.name))


def mark_of(stored: StoredEvent) -> str:
    """A digest of one stored event in its place."""
    head = f"{stored.originator_id}\0{stored.originator_version}\0{stored.topic}\0".encode()
    return hashlib.sha256(head + stored.state).hexdigest()[:32]
