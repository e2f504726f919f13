"""The seal behind the log: leaf hashes of its stored bytes, and checkpoints signed over their tree. Writers wait for none of it.

`seal.db` holds, for each sealed event, its place and its leaf hash, and every checkpoint made. Its hashes can be computed again
from the log; what it adds is *where* a log that no longer fits its checkpoint was changed. Nothing in it is believed that does
not hash up to a signature. The key that signs is a file of its own, never in a database: who changes the log should not have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dtv_workflow.errors import CheckFailed, Malformed, NoStore
from dtv_workflow.proof.check import (
    LOG_KEY,
    Broken,
    Checkpoint,
    Key,
    Note,
    Unreadable,
    framed,
    leaf_hash,
    read_checkpoint,
    read_key,
    read_note,
    signature_of,
    written_key,
    written_note,
)
from dtv_workflow.proof.merkle import Frontier
from dtv_workflow.proof.note import Signer, checkpoint_text, new_signer, note_of, read_signer, written_signer
from dtv_workflow.store.connections import Connections
from dtv_workflow.store.keys import new_file
from dtv_workflow.store.ledger import Ledger, Row

SEAL_FILE = "seal.db"
KEY_FILE = "checkpoint.key"
VERIFIER_FILE = "checkpoint.pub"
PAGE = 5_000

_SETTINGS: dict[str, tuple[str, object]] = {
    "journal_mode": ("WAL", "wal"), "synchronous": ("FULL", 2), "trusted_schema": ("OFF", 0),
}  # fmt: skip
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS leaves (
        leaf INTEGER PRIMARY KEY, position INTEGER NOT NULL, stream TEXT NOT NULL, version INTEGER NOT NULL, hash BLOB NOT NULL
    ) STRICT""",
    "CREATE TABLE IF NOT EXISTS checkpoints (size INTEGER PRIMARY KEY, edge BLOB NOT NULL, note TEXT NOT NULL) STRICT",
)
_LEAVES = "SELECT leaf, position, stream, version, hash FROM leaves WHERE leaf >= ? ORDER BY leaf LIMIT ?"


class Leaf(NamedTuple):
    """A sealed event: where it stands in the tree and in the log, and its leaf hash."""

    leaf: int
    position: int
    stream: str
    version: int
    hash: bytes


class Sealed(NamedTuple):
    """What came of sealing: the newest checkpoint, and how many events it took in."""

    note: Note
    checkpoint: Checkpoint
    added: int


def origin_of(store_id: str) -> str:
    """What a store's log is called in its checkpoints."""
    return f"dtv-workflow/{store_id}"


def hashed(row: Row) -> bytes:
    """The leaf hash of an event as it is stored."""
    return leaf_hash(framed(*row))


# ------------------------------------------------------------------ keys


def signer_of(directory: Path, store_id: str, file: Path | None = None) -> Signer:
    """The key that signs this log's checkpoints: from `file`, or from the store's own, made on first use (0600).

    Raises Malformed for a file that is no key of this log, NoStore where none can be made.
    """
    path = file or directory / KEY_FILE
    if file is None and not path.exists():
        signer = new_signer(origin_of(store_id))
        try:
            new_file(path, written_signer(signer).encode() + b"\n")
            new_file(directory / VERIFIER_FILE, written_key(signer.key).encode() + b"\n")
        except FileExistsError:
            pass  # another made it at the same time
        except OSError as error:
            raise NoStore(f"{path} cannot be made: {error.strerror}") from None
    try:
        signer = read_signer(path.read_text("ascii"))
    except (Unreadable, UnicodeDecodeError) as error:
        why = error if isinstance(error, Unreadable) else "not text"
        raise Malformed(f"{path} holds {why}") from None
    except OSError as error:
        raise NoStore(f"{path} cannot be read: {error.strerror}") from None
    if signer.key.kind != LOG_KEY or signer.key.name != origin_of(store_id):
        raise Malformed(f"{path} is not a key of this log, {origin_of(store_id)}")
    return signer


def own_key(directory: Path) -> Key | None:
    """The verifier key that lies in the store, if there is one. It proves nothing against who can write there."""
    try:
        return read_key((directory / VERIFIER_FILE).read_text("ascii"))
    except (OSError, UnicodeDecodeError, Unreadable):
        return None


# ------------------------------------------------------------------ seal.db


class Seals:
    """The leaf hashes and checkpoints of a store."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / SEAL_FILE
        self.connections = Connections(self.path, _SETTINGS)

    def exists(self) -> bool:
        """Whether anything was ever sealed here."""
        return self.path.exists() and bool(self.connections.rows("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'"))

    def close(self) -> None:
        """Let go of the file."""
        self.connections.close()

    def leaves(self, start: int = 0) -> Iterator[Leaf]:
        """The sealed events from a leaf on, in order."""
        while rows := self.connections.rows(_LEAVES, (start, PAGE)):
            yield from (Leaf(*row) for row in rows)
            start = rows[-1][0] + 1

    def hashes(self, size: int) -> list[bytes]:
        """The first so many leaf hashes."""
        rows = self.connections.rows("SELECT hash FROM leaves WHERE leaf < ? ORDER BY leaf", (size,))
        return [row[0] for row in rows]

    def leaf_of(self, stream: str, version: int) -> Leaf | None:
        """The leaf of an event, if it is sealed."""
        sql = "SELECT leaf, position, stream, version, hash FROM leaves WHERE stream = ? AND version = ?"
        rows = self.connections.rows(sql, (stream, version))
        return Leaf(*rows[0]) if rows else None

    def notes(self) -> list[str]:
        """Every checkpoint made, the smallest first, as it was signed."""
        return [row[0] for row in self.connections.rows("SELECT note FROM checkpoints ORDER BY size")]

    def newest(self) -> str | None:
        """The newest checkpoint, as it was signed."""
        rows = self.connections.rows("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
        return rows[0][0] if rows else None

    def put(self, note: Note) -> None:
        """Keep a checkpoint with more signatures below it."""
        with self.connections.writing() as connection:
            text, size = written_note(note), read_checkpoint(note).size
            connection.execute("UPDATE checkpoints SET note = ? WHERE size = ?", (text, size))

    def seal(self, ledger: Ledger, signer: Signer) -> Sealed:
        """Take every event that is not sealed yet into the tree, and sign what it is now.

        Goes on from the edge of the last signed tree, which must hash to what was signed. Each event is read and hashed twice,
        since a root over a wrongly read bit could never be made again. One transaction: two at once, or one that is killed, end
        with the same tree. Raises CheckFailed where what lies here does not fit its own signature.
        """
        if not self.path.exists():
            try:
                new_file(self.path)
            except FileExistsError:
                pass
            except OSError as error:
                raise NoStore(f"{self.path} cannot be made: {error.strerror}") from None
        with self.connections.writing() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
            frontier, note = _edge(connection, signer.key)
            start = frontier.size
            last = connection.execute("SELECT position FROM leaves ORDER BY leaf DESC LIMIT 1").fetchone()
            position = last[0] if last else 0
            while rows := ledger.rows_after(position, PAGE):
                hashes = [hashed(row) for row in rows]
                if hashes != [hashed(row) for row in ledger.rows_after(position, len(rows))]:
                    raise CheckFailed("the log reads differently the second time: look at disk and memory; nothing was signed")
                found = [(frontier.size + n, *row[:3], leaf) for n, (row, leaf) in enumerate(zip(rows, hashes, strict=True))]
                connection.executemany("INSERT INTO leaves VALUES (?, ?, ?, ?, ?)", found)
                for each in hashes:
                    frontier.add(each)
                position = rows[-1][0]
            if note is None or frontier.size > start:
                checkpoint = Checkpoint(signer.key.name, frontier.size, frontier.root())
                note = note_of(checkpoint_text(checkpoint), signer)
                entry = (frontier.size, b"".join(frontier.edge), written_note(note))
                connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?)", entry)
        return Sealed(note, read_checkpoint(note), frontier.size - start)


def _edge(connection: object, key: Key) -> tuple[Frontier, Note | None]:
    """The right edge of the last signed tree, and its note. Raises CheckFailed when the one does not hash to the other."""
    run = connection.execute  # type: ignore[attr-defined]
    last = run("SELECT size, edge, note FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
    (leaves,) = run("SELECT count(*) FROM leaves").fetchone()
    if last is None and not leaves:
        return Frontier(), None
    try:
        note = read_note(last[2].encode())
        checkpoint = read_checkpoint(note)
        frontier = Frontier(last[0], [last[1][n : n + 32] for n in range(0, len(last[1]), 32)])
        if signature_of(note, key) and (checkpoint.size, checkpoint.root, leaves) == (last[0], frontier.root(), last[0]):
            return frontier, note
    except (Broken, Unreadable, ValueError, TypeError):
        pass
    raise CheckFailed(
        f"{SEAL_FILE} does not fit its own last checkpoint, or another key signed that: run `dtv audit verify` with a checkpoint "
        f"kept elsewhere; when the log is in order, move {SEAL_FILE} away to seal it anew"
    )


def kept(text: bytes, key: Key) -> Checkpoint:
    """A checkpoint that somebody kept, signed by this key. Raises Malformed for what is none, CheckFailed when not signed."""
    try:
        note = read_note(text)
        if signature_of(note, key) is None:
            raise CheckFailed("the checkpoint was not signed with this key")
        return read_checkpoint(note)
    except Broken as error:
        raise CheckFailed(str(error)) from None
    except Unreadable as error:
        raise Malformed(f"not a checkpoint: {error}") from None


