"""The key store: who may open it, what it makes once, and what it cannot bring back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dtv_workflow.errors import NoStore
from dtv_workflow.store import keys as module
from dtv_workflow.store.files import Store, init_store, open_store_files
from dtv_workflow.store.keys import KEYS_FILE, KeyStore, master_key_file
from dtv_workflow.store.seal import DamagedSeal
from dtv_workflow.store.sqlite import SQLITE_MODULE

from .conftest import CREATED
from .processes import start, together


def destroy(store: Store, key_id: str) -> None:
    connection = SQLITE_MODULE.connect(str(store.path / KEYS_FILE), isolation_level=None)
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute("DELETE FROM subject_keys WHERE key_id = ?", (key_id,))
    connection.close()


def test_a_key_is_made_on_first_use_and_stays(store: Store) -> None:
    key_id, key = store.keys.key_for("s-1", "identity")
    assert len(key) == 32
    assert store.keys.key_for("s-1", "identity") == (key_id, key)
    assert store.keys.key(key_id) == key
    other = {store.keys.key_for("s-1", "medical"), store.keys.key_for("s-2", "identity")}
    assert len({key_id, *(k for k, _ in other)}) == 3
    assert len({key, *(k for _, k in other)}) == 3
    store.close()
    assert open_store_files(store.path).keys.key(key_id) == key


def test_no_key_stands_in_a_file_as_it_is(store: Store) -> None:
    _, key = store.keys.key_for("s-1", "identity")
    assert all(key not in file.read_bytes() for file in store.path.iterdir())


def test_a_destroyed_key_is_gone_in_every_process_at_once_or_within_a_second(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    key_id, key = store.keys.key_for("s-1", "identity")
    assert store.keys.key(key_id) == key
    destroy(store, key_id)
    now += module.REMEMBER_SECONDS
    assert store.keys.key(key_id) is None
    assert store.keys.key("never-was") is None
    assert store.keys.key_for("s-1", "identity")[1] != key, "what is sealed from now on has a new key"


def test_a_destroyed_keys_bytes_are_overwritten(store: Store) -> None:
    key_id, _ = store.keys.key_for("s-1", "identity")
    connection = SQLITE_MODULE.connect(str(store.path / KEYS_FILE), isolation_level=None)
    (wrapped,) = connection.execute("SELECT wrapped FROM subject_keys").fetchone()
    connection.close()
    assert wrapped in (store.path / KEYS_FILE).read_bytes()
    destroy(store, key_id)
    assert all(wrapped not in file.read_bytes() for file in store.path.iterdir())


def test_the_settings_are_read_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.keys.key_for("s-1", "identity")
    connection = store.keys._connections.get()
    found = [connection.execute(f"PRAGMA {p}").fetchone()[0] for p in ("journal_mode", "synchronous", "secure_delete")]
    assert found == ["delete", 3, 1]
    monkeypatch.setitem(module._SETTINGS, "secure_delete", ("OFF", 1))
    with pytest.raises(NoStore, match="secure_delete"):
        KeyStore(store.path, store.store_id).key("x")


def test_a_digest_is_keyed_and_has_a_purpose(store: Store, tmp_path: Path) -> None:
    digest = store.keys.digest("request", b"data")
    assert len(digest) == 32
    assert store.keys.digest("request", b"data") == digest
    assert open_store_files(store.path).keys.digest("request", b"data") == digest
    assert store.keys.digest("subject", b"data") != digest
    assert init_store(tmp_path / "other", training=False, created=CREATED).keys.digest("request", b"data") != digest


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
@pytest.mark.parametrize("name", ["kek-0001.key", KEYS_FILE])
def test_a_file_that_others_can_read_is_refused(store: Store, mode: int, name: str) -> None:
    store.close()
    (store.path / name).chmod(mode)
    with pytest.raises(NoStore, match="can be read by others"):
        open_store_files(store.path)


@pytest.mark.parametrize("name", ["kek-0001.key", KEYS_FILE])
def test_missing_keys_are_not_taken_for_forgotten_ones(store: Store, name: str) -> None:
    store.close()
    (store.path / name).unlink()
    with pytest.raises(NoStore, match="missing"):
        open_store_files(store.path)


def test_another_stores_keys_are_not_taken_for_forgotten_ones(store: Store, tmp_path: Path) -> None:
    key_id, _ = store.keys.key_for("s-1", "identity")
    store.close()
    other = init_store(tmp_path / "other", training=True, created=CREATED)
    other.close()
    for name in (KEYS_FILE, "kek-0001.key"):
        os.replace(other.path / name, store.path / name)
    with pytest.raises(NoStore, match="another store"):
        open_store_files(store.path).keys.key(key_id)


def test_a_wrong_master_key_is_told_apart_from_a_destroyed_key(store: Store) -> None:
    key_id, _ = store.keys.key_for("s-1", "identity")
    store.close()
    master_key_file(store.path, 1).write_bytes(b"\x07" * 32)
    with pytest.raises(DamagedSeal):
        open_store_files(store.path).keys.key(key_id)
    master_key_file(store.path, 1).write_bytes(b"\x07" * 31)
    with pytest.raises(NoStore, match="31 bytes"):
        open_store_files(store.path).keys.key(key_id)


KEY_FOR = """
import sys
from dtv_workflow.store.files import open_store_files
store = open_store_files(sys.argv[1])
print("ready", flush=True); sys.stdin.readline()
print(*(store.keys.key_for(f"s-{n}", "identity")[1].hex() for n in range(20)))
"""


def test_processes_that_need_the_same_key_end_with_one(store: Store) -> None:
    answers = together(KEY_FOR, store.path, count=3)
    assert len(set(answers)) == 1
    assert len(set(answers[0].split())) == 20


OPEN = """
import sys
from dtv_workflow.store.files import open_store_files
open_store_files(sys.argv[1]).recorder.max_notification_id()
print([m for m in sys.modules if m.startswith("cryptography")])
"""


def test_opening_a_store_does_not_import_cryptography(store: Store) -> None:
    assert start(OPEN, store.path).communicate(timeout=60)[0].strip() == "[]"
