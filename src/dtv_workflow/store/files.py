"""A store as a directory: made once and whole by `init_store`, and by nothing else; opened without making anything."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from eventsourcing.persistence import DatabaseError

from dtv_workflow.domain.record import Event
from dtv_workflow.errors import NoStore
from dtv_workflow.store.keys import KeyStore, create_keys, new_file, sync
from dtv_workflow.store.mapper import RecordMapper
from dtv_workflow.store.sqlite import EventRecorder

EVENTS_FILE = "events.db"
SCHEMA = 1
"""The version of the tables. A store of another one is not opened."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open store: the log, the keys and what the store says about itself."""

    recorder: EventRecorder
    keys: KeyStore
    path: Path
    training: bool
    store_id: str

    def mapper(self, topics: Mapping[str, type[Event]]) -> RecordMapper:
        """What writes and reads this store's records; `topics` lists every kind of event there is."""
        return RecordMapper(topics, self.keys)

    def close(self) -> None:
        """Let go of every file."""
        self.recorder.close()
        self.keys.close()


def init_store(path: Path | str, *, training: bool, created: datetime) -> Store:
    """Make a store. It is made under a temporary name and renamed, so that what exists is whole; two at once end with one."""
    path = _directory(path)
    _refuse_occupied(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{path.name}.init-", dir=path.parent))
    except OSError as error:
        raise NoStore(f"no store can be made in {path.parent}: {error.strerror}") from None
    try:
        making.chmod(0o700)
        store_id = secrets.token_hex(16)
        create_keys(making, store_id)
        new_file(making / EVENTS_FILE)
        recorder = EventRecorder(making / EVENTS_FILE)
        try:
            recorder.create_table()
            recorder.write_meta(
                {
                    "schema": str(SCHEMA),
                    "store_id": store_id,
                    "training": "1" if training else "0",
                    "created": created.astimezone(UTC).isoformat().replace("+00:00", "Z"),
                }
            )
        finally:
            recorder.close()
        sync(making)
        try:
            making.rename(path)
        except OSError as error:
            _refuse_occupied(path)
            raise NoStore(f"the store cannot be put at {path}: {error.strerror}") from None
        sync(path.parent)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return open_store_files(path)


def open_store_files(path: Path | str) -> Store:
    """Open a store that exists. Raises NoStore when there is none, or one this version does not read."""
    path = _directory(path)
    if not (path / EVENTS_FILE).is_file():
        raise NoStore(f"there is no store in {path}; `dtv store init {path}` makes one")
    recorder = EventRecorder(path / EVENTS_FILE)
    try:
        try:
            meta = recorder.meta()
        except DatabaseError:
            raise NoStore(f"{path / EVENTS_FILE} is not a store of dtv") from None
        schema = meta.get("schema", "")
        if schema != str(SCHEMA):
            age = "newer" if schema.isdigit() and int(schema) > SCHEMA else "other"
            raise NoStore(f"the store in {path} has the {age} schema {schema or '(none)'}; this version of dtv reads {SCHEMA}")
        return Store(recorder, KeyStore(path, meta["store_id"]), path, meta["training"] == "1", meta["store_id"])
    except BaseException:
        recorder.close()
        raise


def _directory(path: Path | str) -> Path:
    if str(path).startswith(("postgresql:", "postgres:")):
        raise NoStore("a store on a PostgreSQL server is not in this version; give a directory")
    return Path(os.path.abspath(os.path.expanduser(path)))


def _refuse_occupied(path: Path) -> None:
    if (path / EVENTS_FILE).exists():
        raise NoStore(f"there is a store in {path} already; nothing was changed")
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise NoStore(f"{path} is not an empty directory; nothing was changed")


def write_whole(path: Path, content: bytes, mode: int = 0o600, *, alone: bool = False) -> None:
    """Write a file so that it is there whole, and on the disk, or not at all, wherever this is killed. Raises OSError.

    `alone`: the caller holds a lock, so that what a kill leaves beside it is written over the next time.
    """
    beside = path.with_name(f".{path.name}.tmp" if alone else f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        if alone:
            beside.unlink(missing_ok=True)  # never written through: it may have become a link to something else
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.rename(path)
    except BaseException:
        if not alone:
            beside.unlink(missing_ok=True)
        raise
    sync(path.parent)
