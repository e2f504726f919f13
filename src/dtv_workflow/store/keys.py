"""The keys of the subjects, apart from the log: destroying one makes what it sealed unreadable for ever.

`keys.db` keeps no second copy of a row: a rollback journal instead of a WAL (74 copies of a deleted key were found in a WAL) and
`secure_delete`. Every key in it is wrapped by the master key of an epoch, a file of its own, so that a copy of the database alone
opens nothing. Nothing of this may enter a copy of the log.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import stat
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from dtv_workflow.errors import NoStore
from dtv_workflow.store.connections import Connections
from dtv_workflow.store.seal import DamagedSeal

KEYS_FILE = "keys.db"
KEY_BYTES = 32
REMEMBER_SECONDS = 1.0
"""How long a key that was read may be used again unasked: a key destroyed by another process is gone this soon."""

_REMEMBER_KEYS = 10_000

_SETTINGS: dict[str, tuple[str, object]] = {
    "journal_mode": ("DELETE", "delete"),
    "synchronous": ("EXTRA", 3),
    "secure_delete": ("ON", 1),
    "trusted_schema": ("OFF", 0),
}

_SCHEMA = [
    """CREATE TABLE subject_keys (
        key_id TEXT PRIMARY KEY, subject TEXT NOT NULL, class TEXT NOT NULL, wrapped BLOB NOT NULL,
        epoch INTEGER NOT NULL, created TEXT NOT NULL, UNIQUE (subject, class)
    ) STRICT""",
    "CREATE TABLE secrets (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL, epoch INTEGER NOT NULL) STRICT",
    "CREATE TABLE keys_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
]

_DIGEST = "digest"
_BY_SUBJECT = "SELECT key_id, wrapped, epoch FROM subject_keys WHERE subject = ? AND class = ?"


def master_key_file(directory: Path, epoch: int) -> Path:
    """Where the master key of an epoch is kept."""
    return directory / f"kek-{epoch:04d}.key"


def new_file(path: Path, content: bytes = b"") -> None:
    """Make a file that only its owner can read or write, whatever the umask, and have it on disk before returning."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.fchmod(handle, 0o600)
        os.write(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def sync(directory: Path) -> None:
    """Have a directory's entries on the disk."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def create_keys(directory: Path, store_id: str) -> None:
    """Make the master key of the first epoch and an empty key database for this store."""
    master = secrets.token_bytes(KEY_BYTES)
    new_file(master_key_file(directory, 1), master)
    new_file(directory / KEYS_FILE)
    connections = Connections(directory / KEYS_FILE, _SETTINGS)
    with connections.writing() as connection:
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO secrets VALUES (?, ?, 1)", (_DIGEST, _wrap(master, secrets.token_bytes(KEY_BYTES))))
        connection.executemany("INSERT INTO keys_meta VALUES (?, ?)", [("store_id", store_id), ("epoch", "1")])
    connections.close()


class HeldKey(NamedTuple):
    """A key that is there: its id, whose, for what class of data, wrapped in which epoch, and since when."""

    key_id: str
    subject: str
    data_class: str
    epoch: int
    created: str


class KeyStore:
    """The keys of one store. `cryptography` is imported only when a key is really needed."""

    def __init__(self, directory: Path, store_id: str) -> None:
        self._directory = directory
        self._store_id = store_id
        self._connections = Connections(directory / KEYS_FILE, _SETTINGS)
        self._master: dict[int, bytes] = {}
        self._digest_secret: bytes | None = None
        self._remembered: dict[str, tuple[bytes, float]] = {}
        self._same_store = False
        self._refuse_unsafe_files()

    def key_for(self, subject: str, data_class: str) -> tuple[str, bytes]:
        """The id and key for what is stored about a subject in a class of data. Made on first use, by one process only.

        Always asks the database: sealing with a key that was just destroyed would lose what it sealed.
        """
        self._check_store()
        rows = self._connections.rows(_BY_SUBJECT, (subject, data_class))
        if not rows:
            with self._connections.writing() as connection:
                rows = connection.execute(_BY_SUBJECT, (subject, data_class)).fetchall()
                if not rows:
                    epoch = int(connection.execute("SELECT value FROM keys_meta WHERE key = 'epoch'").fetchone()[0])
                    wrapped = _wrap(self._master_key(epoch), secrets.token_bytes(KEY_BYTES))
                    key_id = secrets.token_urlsafe(12)
                    created = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
                    connection.execute(
                        "INSERT INTO subject_keys VALUES (?, ?, ?, ?, ?, ?)",
                        (key_id, subject, data_class, wrapped, epoch, created),
                    )
                    rows = [(key_id, wrapped, epoch)]
        key_id, wrapped, epoch = rows[0]
        try:
            return key_id, self._unwrap(wrapped, epoch)
        except _Gone:  # the epoch ended between reading the row and the file
            return self.key_for(subject, data_class)

    def key(self, key_id: str) -> bytes | None:
        """The key with this id, or None when it was destroyed."""
        remembered = self._remembered.get(key_id)
        if remembered is not None and remembered[1] > time.monotonic():
            return remembered[0]
        self._remembered.pop(key_id, None)
        self._check_store()
        rows = self._connections.rows("SELECT wrapped, epoch FROM subject_keys WHERE key_id = ?", (key_id,))
        if not rows:
            return None
        try:
            key = self._unwrap(rows[0][0], rows[0][1])
        except _Gone:  # the epoch ended between reading the row and the file
            return self.key(key_id)
        if len(self._remembered) >= _REMEMBER_KEYS:
            self._remembered.clear()
        self._remembered[key_id] = (key, time.monotonic() + REMEMBER_SECONDS)
        return key

    def digest(self, purpose: str, data: bytes) -> bytes:
        """A keyed digest (HMAC-SHA256): equal data is recognised, and nobody without the secret can guess what it was.

        `purpose` keeps the digests of different uses apart; it must not contain a NUL.
        """
        if self._digest_secret is None:
            self._check_store()
            rows = self._connections.rows("SELECT wrapped, epoch FROM secrets WHERE name = ?", (_DIGEST,))
            if not rows:
                raise NoStore(f"{KEYS_FILE} has no digest secret: it was damaged or made by another program")
            self._digest_secret = self._unwrap(rows[0][0], rows[0][1])
        return hmac.digest(self._digest_secret, purpose.encode() + b"\0" + data, hashlib.sha256)

    def held(self, subject: str | None = None) -> list[HeldKey]:
        """The keys there are, of one subject if asked: never the keys themselves."""
        self._check_store()
        sql = "SELECT key_id, subject, class, epoch, created FROM subject_keys WHERE ? IS NULL OR subject = ? ORDER BY rowid"
        return [HeldKey(*row) for row in self._connections.rows(sql, (subject, subject))]

    def check_value(self, key_id: str) -> str:
        """What tells a key that turns up again, and opens nothing: SHA-256 of `dtv-kcv` and the key. Raises NoStore when gone."""
        key = self.key(key_id)
        if key is None:
            raise NoStore("that key is gone")
        return hashlib.sha256(b"dtv-kcv" + key).hexdigest()

    def epoch(self) -> int:
        """The epoch of the master key in use."""
        self._check_store()
        return int(self._connections.rows("SELECT value FROM keys_meta WHERE key = 'epoch'")[0][0])

    def destroy(self, subjects: Iterable[str]) -> int:
        """Destroy every key of these subjects, and the master key that every copy of them opens with; the new epoch.

        Safe to be killed anywhere, and to be done again: the new master key is on disk before anything is wrapped with it, the
        keys go in one transaction that leaves no copy, and only then the old master key is overwritten and removed.
        """
        self._check_store()
        with self._connections.writing() as connection:
            epoch = int(connection.execute("SELECT value FROM keys_meta WHERE key = 'epoch'").fetchone()[0])
            new, master = master_key_file(self._directory, epoch + 1), secrets.token_bytes(KEY_BYTES)
            new.unlink(missing_ok=True)  # of one that was killed before it wrapped anything with it
            new_file(new, master)
            sync(self._directory)
            connection.executemany("DELETE FROM subject_keys WHERE subject = ?", [(subject,) for subject in subjects])
            for table, name in (("subject_keys", "key_id"), ("secrets", "name")):
                for id, wrapped, of in connection.execute(f"SELECT {name}, wrapped, epoch FROM {table}").fetchall():  # noqa: S608
                    again = _wrap(master, self._unwrap(wrapped, of))
                    sql = f"UPDATE {table} SET wrapped = ?, epoch = ? WHERE {name} = ?"  # noqa: S608
                    connection.execute(sql, (again, epoch + 1, id))
            connection.execute("UPDATE keys_meta SET value = ? WHERE key = 'epoch'", (str(epoch + 1),))
        self._remembered.clear()
        self.tidy()
        return epoch + 1

    def tidy(self) -> None:
        """Overwrite and remove the master keys of epochs that are over, and one that was made and never used."""
        with self._connections.writing() as connection:  # nobody makes another one meanwhile
            epoch = int(connection.execute("SELECT value FROM keys_meta WHERE key = 'epoch'").fetchone()[0])
            for file in sorted(self._directory.glob("kek-*.key")):
                if file != master_key_file(self._directory, epoch):
                    with file.open("r+b") as stream:
                        stream.write(secrets.token_bytes(KEY_BYTES))
                        stream.flush()
                        os.fsync(stream.fileno())
                    file.unlink()
            sync(self._directory)
        self._master = {of: key for of, key in self._master.items() if of == epoch}

    def close(self) -> None:
        """Close the database and let go of every key."""
        self._connections.close()
        self._remembered.clear()
        self._master.clear()
        self._digest_secret = None

    def _refuse_unsafe_files(self) -> None:
        database = self._directory / KEYS_FILE
        masters = sorted(self._directory.glob("kek-*.key"))
        if not database.is_file() or not masters:
            missing = KEYS_FILE if not database.is_file() else "the master key (kek-*.key)"
            raise NoStore(f"{missing} is missing from {self._directory}: put it back; without it nothing personal can be read")
        for file in (database, *masters):
            mode = stat.S_IMODE(file.stat().st_mode)
            if mode & 0o077:
                raise NoStore(f"{file} can be read by others (mode {mode:04o}): first give it mode 0600, and ask who has seen it")

    def _check_store(self) -> None:
        """Keys of another store would make everything here look forgotten."""
        if not self._same_store:
            rows = self._connections.rows("SELECT value FROM keys_meta WHERE key = 'store_id'")
            if not rows or rows[0][0] != self._store_id:
                raise NoStore(f"{self._directory / KEYS_FILE} belongs to another store: put back the one that was made with it")
            self._same_store = True

    def _master_key(self, epoch: int) -> bytes:
        if epoch not in self._master:
            file = master_key_file(self._directory, epoch)
            try:
                master = file.read_bytes()
            except OSError:
                if epoch < self.epoch():
                    raise _Gone("the epoch is over") from None
                raise NoStore(f"the master key {file.name} is missing or cannot be read: put it back") from None
            if len(master) != KEY_BYTES:
                raise NoStore(f"{file} is not a master key: it has {len(master)} bytes instead of {KEY_BYTES}")
            self._master[epoch] = master
        return self._master[epoch]

    def _unwrap(self, wrapped: bytes, epoch: int) -> bytes:
        from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

        try:
            return aes_key_unwrap(self._master_key(epoch), wrapped)
        except InvalidUnwrap:
            raise DamagedSeal(f"a key in {KEYS_FILE} does not open with the master key of epoch {epoch}") from None


class _Gone(NoStore):
    """A master key of an epoch that is over."""


def _wrap(master: bytes, key: bytes) -> bytes:
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    return aes_key_wrap(master, key)
