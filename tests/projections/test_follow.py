"""The loop: rows and position together, once each, by whichever process; and whatever is wrong with views.db costs a rebuild."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st

from dtv_workflow.application import Register
from dtv_workflow.batch import Script
from dtv_workflow.errors import NotFound
from dtv_workflow.follow import Batch, Follower, PoisonedEvent, Views
from dtv_workflow.projections.caseload import CASELOAD
from dtv_workflow.projections.catalogue import PROJECTIONS, views_of
from dtv_workflow.store.files import Store, open_store_files
from tests.store.processes import start, together

from .conftest import SCENARIOS, correct, forget_views, lines_of, rebuilt, rows_in, run


@pytest.mark.parametrize("name", [path.stem for path in SCENARIOS])
def test_followed_along_equals_rebuilt(tmp_path: Path, name: str):
    lines = [*lines_of(name), correct(2, "citizenship", "SY"), correct(1, "occurred_at", "2026-01-05T08:00:00+01:00")]
    path = run(tmp_path / "store", lines, after=lambda register: views_of(register.store).catch_up())
    followed = rows_in(path)
    assert rebuilt(path) == followed
    assert len(followed["timeline"]) > 10


@given(pages=st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=8))
@settings(max_examples=30)
def test_pages_of_any_size_and_any_restart_give_the_same_rows(busy: Path, pages: list[tuple[int, bool]]):
    expected = rebuilt(busy)
    forget_views(busy)
    store = open_store_files(busy)
    views, position = Views(store, PROJECTIONS), 0
    for size, restart in pages:
        views = Views(store, PROJECTIONS) if restart else views
        views.page = size
        position = views.catch_up(at_least=position + 1)
    views.page = pages[0][0]
    views.catch_up()
    store.close()
    assert rows_in(busy) == expected


def test_a_case_that_is_no_longer_kept_is_read_again(own: Path, opened: Store, monkeypatch: pytest.MonkeyPatch):
    expected = rebuilt(own)
    forget_views(own)
    monkeypatch.setattr("dtv_workflow.follow.CASES_KEPT", 1)
    Views(opened, PROJECTIONS, page=7).catch_up()
    assert rows_in(own) == expected


def test_a_page_that_another_process_took_is_not_missed(own: Path, opened: Store):
    expected = rebuilt(own)
    forget_views(own)
    kept, other = Views(opened, PROJECTIONS, page=40), Views(opened, PROJECTIONS, page=40)
    for position in range(1, 400, 80):
        kept.catch_up(at_least=position)
        other.catch_up(at_least=position + 40)
    kept.catch_up()
    assert rows_in(own) == expected


def failing(after: int) -> tuple[Follower, ...]:
    """The projections, of which one fails when it has written its rows for the n-th time."""
    folded = 0

    def fold(batch: Batch) -> None:
        nonlocal folded
        CASELOAD.fold(batch)
        folded += 1
        if folded == after:
            raise RuntimeError("power cut")

    return (*PROJECTIONS[1:], CASELOAD._replace(fold=fold))


def test_rows_and_position_move_together(own: Path, opened: Store):
    expected = rebuilt(own)
    forget_views(own)
    Views(opened, PROJECTIONS, page=10).catch_up(at_least=20)
    before = rows_in(own)
    views = Views(opened, failing(2), page=10)
    with pytest.raises(RuntimeError, match="power cut"):
        views.catch_up(at_least=31)
    after = rows_in(own)
    assert {row[5] for row in before["followers"]} == {20}
    assert {row[5] for row in after["followers"]} == {30}
    assert len(after["timeline"]) == 30
    views.catch_up()
    assert rows_in(own) == expected


KILLED = """
import os, sys
from dtv_workflow.follow import Views
from dtv_workflow.projections.catalogue import PROJECTIONS
from dtv_workflow.store.files import open_store_files
store, views = open_store_files(sys.argv[1]), None
def fold(batch):
    PROJECTIONS[-1].fold(batch)
    if batch.records[0].position > 1:
        os._exit(9)
Views(store, (*PROJECTIONS[:-1], PROJECTIONS[-1]._replace(fold=fold)), page=25).catch_up()
"""


def test_a_process_killed_between_rows_and_commit_leaves_what_was_committed(own: Path, opened: Store):
    expected = rebuilt(own)
    forget_views(own)
    process = start(KILLED, own)
    process.communicate(timeout=60)
    assert process.returncode == 9
    views = views_of(opened)
    assert {status.building for status in views.status()} == {25}
    views.catch_up()
    assert rows_in(own) == expected


TOGETHER = """
import sys
from dtv_workflow.follow import Views
from dtv_workflow.projections.catalogue import PROJECTIONS
from dtv_workflow.store.files import open_store_files
store = open_store_files(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(Views(store, PROJECTIONS, page=2).catch_up())
"""


def test_processes_at_once_fold_every_event_once(own: Path, opened: Store):
    expected = rebuilt(own)
    forget_views(own)
    reached = together(TOGETHER, own, count=3)
    assert reached == [str(opened.recorder.max_notification_id())] * 3
    assert rows_in(own) == expected


def test_deleting_the_views_costs_a_rebuild_and_nothing_else(own: Path):
    expected = rebuilt(own)
    forget_views(own)
    assert rebuilt(own) == expected


@pytest.mark.parametrize("content", [b"", b"no database " * 1000])
def test_a_file_that_is_no_database_is_made_again(own: Path, opened: Store, content: bytes):
    expected = rebuilt(own)
    forget_views(own)
    (own / "views.db").write_bytes(content)
    views_of(opened).catch_up()
    assert rows_in(own) == expected


def test_a_damaged_file_is_made_again(own: Path, opened: Store):
    expected = rebuilt(own)
    with (own / "views.db").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 3)
    views_of(opened).rebuild()
    assert rows_in(own) == expected


def test_a_file_of_another_format_is_emptied(own: Path, opened: Store):
    expected = rebuilt(own)
    engine = sa.create_engine(f"sqlite:///{own}/views.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE something (else_ TEXT)")
        connection.exec_driver_sql("PRAGMA user_version = 99")
    engine.dispose()
    views_of(opened).catch_up()
    assert rows_in(own) == expected


def test_the_views_of_another_log_are_not_believed(own: Path, opened: Store, tmp_path: Path):
    expected = rebuilt(own)
    other = run(tmp_path / "other", lines_of("G01"))
    rebuilt(other)
    (own / "views.db").write_bytes((other / "views.db").read_bytes())
    views_of(opened).catch_up()
    assert rows_in(own) == expected


def test_views_ahead_of_a_log_that_was_put_back_are_built_again(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G01")[:5])
    expected = rebuilt(path)
    backup = (path / "events.db").read_bytes()
    lines = [line for line in lines_of("G02", 2) if "do" in line]
    with Register(open_store_files(path)) as register:
        list(Script(register).run(json.dumps(line).encode() for line in lines))
        views_of(register.store).catch_up()
    for file in path.glob("events.db*"):
        file.unlink()
    (path / "events.db").write_bytes(backup)
    store = open_store_files(path)
    views_of(store).catch_up()
    store.close()
    assert rows_in(path) == expected


@pytest.mark.parametrize("column", [None, "added"])
def test_a_changed_projection_is_built_beside_the_old_one_and_swapped(own: Path, opened: Store, column: str | None):
    cases = len(rebuilt(own)["caseload"])
    marked = CASELOAD._replace(fold=lambda batch: None)
    if column is None:
        marked = marked._replace(version=2)
    else:
        table = CASELOAD.tables[0].to_metadata(sa.MetaData())
        table.append_column(sa.Column(column, sa.Text))
        marked = marked._replace(tables=(table, CASELOAD.tables[1]))
    views = Views(opened, (marked, *PROJECTIONS[1:]), page=20)
    seen: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        seen.append((done, len(rows_in(own)["caseload"])))
        assert total == opened.recorder.max_notification_id()

    views.catch_up(progress=progress)
    assert len(seen) > 5
    assert cases >= len(SCENARIOS)
    assert {rows for _, rows in seen[:-1]} == {cases}, "readers keep the old tables until the swap"
    assert seen[-1] == (opened.recorder.max_notification_id(), 0)
    assert not [name for name in rows_in(own) if name.startswith("building_")]
    assert {status.stored for status in views.status()} == {1, marked.version}


def test_a_rebuild_beside_is_taken_up_where_it_was_left(own: Path, opened: Store):
    expected = rebuilt(own)
    second = tuple(projection._replace(version=2) for projection in PROJECTIONS)
    views = Views(opened, second, page=20)

    class Stopped(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 60:
            raise Stopped

    with pytest.raises(Stopped):
        views.catch_up(progress=stop)
    assert {(status.stored, status.building) for status in views.status()} == {(1, 60)}
    taken = []
    Views(opened, second, page=20).catch_up(progress=lambda done, total: taken.append(done))
    assert taken[0] == 80
    assert {name: rows for name, rows in rows_in(own).items() if name != "followers"} == {
        name: rows for name, rows in expected.items() if name != "followers"
    }


@pytest.mark.parametrize("name", [None, "caseload", "departures"])
def test_a_rebuild_by_hand_gives_the_same_rows(own: Path, opened: Store, name: str | None):
    expected = rebuilt(own)
    told: list[tuple[int, int]] = []
    head = opened.recorder.max_notification_id()
    assert Views(opened, PROJECTIONS, page=50).rebuild(name, progress=lambda done, total: told.append((done, total))) == head
    assert told[-1] == (head, head)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert rows_in(own) == expected


def test_a_rebuild_by_hand_does_not_go_on_with_one_that_was_left(own: Path, opened: Store):
    expected = rebuilt(own)
    views = Views(opened, PROJECTIONS, page=30)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        views.rebuild(progress=stop)
    engine = sa.create_engine(f"sqlite:///{own}/views.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE building_caseload SET citizenship = 'ZZ', version = 1")
        connection.exec_driver_sql("DELETE FROM building_timeline")
    engine.dispose()
    views.rebuild()
    assert rows_in(own) == expected


def test_a_reader_during_a_rebuild_by_hand_is_not_behind(own: Path, opened: Store):
    rebuilt(own)
    views, reader = Views(opened, PROJECTIONS, page=50), views_of(opened)
    head = opened.recorder.max_notification_id()

    def look(done: int, total: int) -> None:
        with reader.connect() as connection:
            assert connection.info["position"] == head
            assert connection.exec_driver_sql("SELECT count(*) FROM timeline").scalar() == head

    views.rebuild(progress=look)


def test_a_projection_nobody_knows_is_not_rebuilt(opened: Store):
    with pytest.raises(NotFound, match="caseload"):
        views_of(opened).rebuild("caselaod")


def test_status_says_how_far_behind_and_makes_nothing(own: Path, opened: Store):
    views = views_of(opened)
    head = opened.recorder.max_notification_id()
    assert [(s.name, s.version, s.stored, s.position, s.head, s.behind) for s in views.status()] == [
        (projection.name, 1, None, 0, head, head) for projection in PROJECTIONS
    ]
    assert not (own / "views.db").exists()
    views.page = 10
    assert views.catch_up(at_least=25) == 30
    assert {(s.stored, s.position, s.behind) for s in views.status()} == {(1, 30, head - 30)}


@pytest.mark.parametrize("stored", [
    StoredEvent("case/01POISON", 1, "nonsense.v1", b"{}"),
    StoredEvent("case/01POISON", 1, "case_closed.v1", b'{"data": {}}'),
])
def test_a_poisoned_event_stops_what_follows_it_and_is_named(own: Path, opened: Store, stored: StoredEvent):
    before = rebuilt(own)
    head = opened.recorder.max_notification_id()
    opened.recorder.insert_events([stored])
    opened.recorder.insert_events([StoredEvent("case/01AFTER", 1, "nonsense.v1", b"{}")])
    views = views_of(opened)
    for _ in range(2):
        with pytest.raises(PoisonedEvent, match=rf"event 1 of case/01POISON at position {head + 1} ") as caught:
            views.connect()
        assert caught.value.exit == 1
    assert rows_in(own) == before
    with pytest.raises(PoisonedEvent):
        views.rebuild()
    assert {name: rows for name, rows in rows_in(own).items() if name in before and name not in {"followers", "schema"}} == {
        name: rows for name, rows in before.items() if name not in {"followers", "schema"}
    }


def test_only_the_owner_can_read_the_views(own: Path, opened: Store):
    old = os.umask(0)
    try:
        with views_of(opened).connect():
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in own.glob("views.db*")}
    finally:
        os.umask(old)
    assert set(modes.values()) == {0o600}
    assert len(modes) == 3
