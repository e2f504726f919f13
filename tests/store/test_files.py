"""Making and opening a store as a directory."""

from __future__ import annotations

import os
import shutil
import signal
import stat
from contextlib import closing
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from dtv_workflow.errors import DtvError, NoStore
from dtv_workflow.store import files as module
from dtv_workflow.store.files import EVENTS_FILE, init_store, open_store_files
from dtv_workflow.store.sqlite import SQLITE_MODULE

from .conftest import CREATED
from .processes import start, together


@pytest.mark.parametrize("training", [True, False])
def test_a_made_store_opens_again_as_it_was_made(tmp_path: Path, training: bool) -> None:
    made = init_store(tmp_path / "deep" / "store", training=training, created=CREATED)
    made.close()
    opened = open_store_files(str(made.path))
    assert (opened.path, opened.training, opened.store_id) == (made.path, training, made.store_id)
    assert opened.recorder.meta()["created"] == "2025-01-06T09:00:00Z"
    assert len(made.store_id) == 32
    opened.close()


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_only_the_owner_can_read_it(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        store = init_store(tmp_path / "store", training=True, created=CREATED)
        store.recorder.insert_events([StoredEvent("case/a", 1, "noted.v1", b"{}")])
        with store.keys._connections.writing() as connection:
            connection.execute("INSERT INTO keys_meta VALUES ('x', 'y')")
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in store.path.iterdir()}
    finally:
        os.umask(old)
    assert modes == dict.fromkeys(
        ["events.db", "events.db-shm", "events.db-wal", "keys.db", "keys.db-journal", "kek-0001.key"], 0o600
    )
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o700
    store.close()


def test_a_store_is_not_made_twice(tmp_path: Path) -> None:
    made = init_store(tmp_path / "store", training=True, created=CREATED)
    made.close()
    before = {file.name: file.read_bytes() for file in made.path.iterdir()}
    with pytest.raises(NoStore, match="already"):
        init_store(made.path, training=False, created=CREATED)
    assert {file.name: file.read_bytes() for file in made.path.iterdir()} == before
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


def test_a_directory_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(NoStore, match="not an empty directory"):
        init_store(tmp_path, training=True, created=CREATED)
    with pytest.raises(NoStore, match="not an empty directory"):
        init_store(tmp_path / "letter.txt", training=True, created=CREATED)
    (tmp_path / "empty").mkdir()
    init_store(tmp_path / "empty", training=True, created=CREATED).close()


def test_no_store_names_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(NoStore, match="dtv store init") as caught:
        open_store_files(tmp_path)
    assert caught.value.exit == 10
    assert list(tmp_path.iterdir()) == [], "and looking for one makes nothing"


def test_opening_makes_no_tables(tmp_path: Path) -> None:
    (tmp_path / EVENTS_FILE).touch()
    with pytest.raises(NoStore, match="not a store"):
        open_store_files(tmp_path)
    with closing(SQLITE_MODULE.connect(str(tmp_path / EVENTS_FILE))) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


def test_a_file_that_is_no_database_is_no_store(tmp_path: Path) -> None:
    (tmp_path / EVENTS_FILE).write_bytes(b"a letter, not a database" * 100)
    with pytest.raises(DtvError, match="not a database"):
        open_store_files(tmp_path)


@pytest.mark.parametrize(("schema", "says"), [("2", "newer schema 2"), ("0", "other schema 0"), ("x", "other schema x")])
def test_another_schema_is_refused(tmp_path: Path, schema: str, says: str) -> None:
    path = init_store(tmp_path / "store", training=True, created=CREATED).path
    connection = SQLITE_MODULE.connect(str(path / EVENTS_FILE), isolation_level=None)
    connection.execute("UPDATE store_meta SET value = ? WHERE key = 'schema'", (schema,))
    connection.close()
    with pytest.raises(NoStore, match=says):
        open_store_files(path)


@pytest.mark.parametrize("url", ["postgresql://server/db", "postgres://server/db"])
def test_a_server_is_not_in_this_version(url: str) -> None:
    with pytest.raises(NoStore, match="not in this version"):
        open_store_files(url)
    with pytest.raises(NoStore, match="not in this version"):
        init_store(url, training=True, created=CREATED)


def test_a_failure_halfway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no more")

    monkeypatch.setattr(module, "sync", fail)
    with pytest.raises(OSError, match="no more"):
        init_store(tmp_path / "store", training=True, created=CREATED)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from dtv_workflow.store import files
from dtv_workflow.store.sqlite import EventRecorder
moment, path = sys.argv[1:]
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
match moment:
    case "keys": files.new_file = die
    case "tables": EventRecorder.write_meta = die
    case "rename": files.sync = die
files.init_store(path, training=True, created=datetime.now(UTC))
"""


@pytest.mark.parametrize("moment", ["keys", "tables", "rename"])
def test_a_kill_while_making_leaves_nothing_that_opens(tmp_path: Path, moment: str) -> None:
    running = start(KILLED, moment, tmp_path / "store")
    running.communicate(timeout=60)
    assert running.returncode == -signal.SIGKILL
    with pytest.raises(NoStore, match="dtv store init"):
        open_store_files(tmp_path / "store")
    init_store(tmp_path / "store", training=True, created=CREATED).close()
    open_store_files(tmp_path / "store").close()


INIT = """
import sys
from datetime import UTC, datetime
from dtv_workflow.errors import NoStore
from dtv_workflow.store.files import init_store
print("ready", flush=True); sys.stdin.readline()
try:
    print(init_store(sys.argv[1], training=True, created=datetime.now(UTC)).store_id)
except NoStore:
    print("refused")
"""


def test_of_processes_that_make_the_same_store_one_does(tmp_path: Path) -> None:
    answers = together(INIT, tmp_path / "store", count=4)
    assert answers.count("refused") == 3
    assert open_store_files(tmp_path / "store").store_id in answers
    assert [p.name for p in tmp_path.iterdir()] == ["store"]


def test_a_path_with_odd_characters(tmp_path: Path) -> None:
    store = init_store(tmp_path / "a b?c#d%20é", training=True, created=CREATED)
    assert (store.path / EVENTS_FILE).is_file()
    store.close()
    shutil.rmtree(store.path)
