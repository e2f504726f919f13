"""The spool: a directory in which messages arrive as files. What is in `new` is received; then only what came of it stays.

The log seals what a message says, so that it can be forgotten: a file that said it in the clear beside would undo that. Once the
log has every message of a file, a receipt is written (`done`, or `unread` when somebody must look) and the file is deleted. A
kill in between receives it again, which adds nothing. What was no message is moved to `failed`.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dtv_workflow.application import Register
from dtv_workflow.processes.inbox import Received, Status, receive_all, told
from dtv_workflow.processes.partners import Partners
from dtv_workflow.processes.understanding import kept_whole, messages_in
from dtv_workflow.store.files import write_whole

SPOOL = "spool"
NEW, DONE, UNREAD, FAILED = "new", "done", "unread", "failed"

UNFINISHED = (".", "tmp")
"""What the name of a file begins with as long as it is being written. Its writer renames it when it is whole."""

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes. Of a larger file only the beginning is looked at, as one message that is too large."""

LONGEST_NAME = 200
"""Bytes of a file's name that its receipt keeps; a name may have 255, and what is written beside needs some of them."""

_PLACES = {Status.RECORDED: DONE, Status.FLAGGED: DONE, Status.UNREAD: UNREAD, Status.PARKED: UNREAD, Status.REJECTED: FAILED}
_WORST_LAST = (DONE, UNREAD, FAILED)
_REPEATED = b', "repeated": true'


class Seen(NamedTuple):
    """Which file was read, and as it was: when one of these differs, something else stands there."""

    device: int
    inode: int
    size: int
    changed: int


def spool_of(register: Register) -> Path:
    """The spool of a store, unless another is named."""
    return register.store.path / SPOOL


def take_in(register: Register, partners: Partners, spool: Path, limit: int | None = None) -> list[Received]:
    """Receive what is in `new`, in the order of the names; at most so many files if limited. What came of each message.

    A file of which a message failed, or of which no receipt can be written, stays where it is, to be taken in again; the others
    go on.
    """
    for place in (spool, *(spool / name for name in (NEW, DONE, UNREAD, FAILED))):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return [received for path in waiting(spool)[:limit] for received in _taken(register, partners, spool, path)]


def waiting(spool: Path) -> list[Path]:
    """The files in `new` that are whole, in the order of their names. Links, pipes and directories are no messages."""
    found = (spool / NEW).iterdir() if (spool / NEW).is_dir() else iter(())
    return sorted(path for path in found if not path.name.startswith(UNFINISHED) and path.is_file() and not path.is_symlink())


def file_messages(path: Path) -> list[bytes]:
    """The messages in a file. Raises OSError when it cannot be read."""
    return _read(path)[0]


def _read(path: Path) -> tuple[list[bytes], Seen]:
    with path.open("rb") as stream:
        seen = _seen(os.fstat(stream.fileno()))
        raw = stream.read(LARGEST_FILE + 1)
    return [raw] if len(raw) > LARGEST_FILE else messages_in(raw), seen


def _seen(found: os.stat_result) -> Seen:
    return Seen(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _taken(register: Register, partners: Partners, spool: Path, path: Path) -> Iterator[Received]:
    try:
        messages, seen = _read(path)
    except FileNotFoundError:
        return  # another process took it
    except OSError:
        yield Received(status=Status.FAILED, message="unknown", why=("cannot_read",), exit=1)
        return
    received = receive_all(register, partners, messages)
    yield from received
    if any(each.status is Status.FAILED for each in received):
        return
    place = max((_PLACES[each.status] for each in received), key=_WORST_LAST.index, default=DONE)
    try:
        _settled(path, seen, spool / place, received, whole=place != FAILED and _all_in_the_log(messages, received))
    except OSError as error:
        why = f"the spool cannot be written: {error.strerror}"
        yield Received(status=Status.FAILED, message="unknown", why=("cannot_write",), error=why, exit=1)


def _all_in_the_log(messages: list[bytes], received: list[Received]) -> bool:
    """Whether nothing is lost with the file: of a message that is far too large the log keeps only the beginning."""
    pairs = zip(messages, received, strict=True)
    return all(kept_whole(raw) for raw, each in pairs if each.status in {Status.UNREAD, Status.PARKED})


def _settled(path: Path, seen: Seen, place: Path, received: list[Received], *, whole: bool) -> None:
    """Write the receipt, then delete the file; or move it, when the log does not have the whole of it.

    The file is first given a name of its own, still in `new`: what its writer put in its place, or added to it, since it was read
    is not deleted with it but taken in next.
    """
    name = os.fsdecode(os.fsencode(path.name)[:LONGEST_NAME])
    if place.name != FAILED:
        _write_receipt(place, name, received)
    claimed = path.with_name(f"{name}.{secrets.token_hex(4)}")
    try:
        path.rename(claimed)
        found = _seen(claimed.stat())
    except FileNotFoundError:
        return  # another process took it
    if found != seen:
        return
    if whole:
        claimed.unlink(missing_ok=True)
    else:
        with contextlib.suppress(PermissionError):  # it is its writer's; only we can look into the directory
            claimed.chmod(0o600)
        claimed.rename(next(target for target in _named(place, name) if not target.exists()))


def _write_receipt(place: Path, name: str, received: list[Received]) -> None:
    """Write what came of each message of a file, a line each; not once more what stands there since before a kill."""
    lines = "".join(f"{json.dumps(told(each), ensure_ascii=False)}\n" for each in received).encode()
    for target in _named(place, name, ".json"):
        if not target.exists():
            write_whole(target, lines)
            return
        if target.read_bytes().replace(_REPEATED, b"") == lines.replace(_REPEATED, b""):
            return


def _named(place: Path, name: str, ending: str = "") -> Iterator[Path]:
    """The paths that a file of this name may have in a directory: the name, and then the name with a number."""
    yield place / f"{name}{ending}"
    yield from (place / f"{name}.{number}{ending}" for number in itertools.count(2))
