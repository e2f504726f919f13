"""The spool: a directory in which messages arrive as files. What is in `new` is received, then moved to where it can be found.

`done` holds what was recorded, `unread` what somebody must look at, `failed` what was no message. A file is moved after its
commit: a kill in between receives it again, which adds nothing. Nothing is ever deleted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from dtv_workflow.application import Register
from dtv_workflow.processes.inbox import Received, Status, receive_all
from dtv_workflow.processes.partners import Partners
from dtv_workflow.processes.understanding import messages_in

SPOOL = "spool"
NEW, DONE, UNREAD, FAILED = "new", "done", "unread", "failed"

UNFINISHED = (".", "tmp")
"""What the name of a file begins with as long as it is being written. Its writer renames it when it is whole."""

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes. Of a larger file only the beginning is looked at, as one message that is too large."""

_PLACES = {Status.RECORDED: DONE, Status.FLAGGED: DONE, Status.UNREAD: UNREAD, Status.PARKED: UNREAD, Status.REJECTED: FAILED}
_WORST_LAST = (DONE, UNREAD, FAILED)


def spool_of(register: Register) -> Path:
    """The spool of a store, unless another is named."""
    return register.store.path / SPOOL


def take_in(register: Register, partners: Partners, spool: Path, limit: int | None = None) -> list[Received]:
    """Receive what is in `new`, in the order of the names; at most so many files if limited. What came of each message.

    A file of which a message failed stays where it is, to be taken in again; the others go on.
    """
    for place in (NEW, DONE, UNREAD, FAILED):
        (spool / place).mkdir(mode=0o700, parents=True, exist_ok=True)
    return [received for path in waiting(spool)[:limit] for received in _taken(register, partners, spool, path)]


def waiting(spool: Path) -> list[Path]:
    """The files in `new` that are whole, in the order of their names. Links, pipes and directories are no messages."""
    found = (spool / NEW).iterdir() if (spool / NEW).is_dir() else iter(())
    return sorted(path for path in found if not path.name.startswith(UNFINISHED) and path.is_file() and not path.is_symlink())


def _taken(register: Register, partners: Partners, spool: Path, path: Path) -> Iterator[Received]:
    try:
        messages = file_messages(path)
    except FileNotFoundError:
        return  # another process took it
    except OSError:
        yield Received(status=Status.FAILED, message="unknown", why=("cannot_read",), exit=1)
        return
    received = receive_all(register, partners, messages)
    yield from received
    if all(each.status is not Status.FAILED for each in received):
        place = max((_PLACES[each.status] for each in received), key=_WORST_LAST.index, default=DONE)
        _move(path, spool / place)


def file_messages(path: Path) -> list[bytes]:
    """The messages in a file. Raises OSError when it cannot be read."""
    with path.open("rb") as stream:
        raw = stream.read(LARGEST_FILE + 1)
    return [raw] if len(raw) > LARGEST_FILE else messages_in(raw)


def _move(path: Path, place: Path) -> None:
    """Move a file, under another name where there is one of its name already that says something else."""
    target, number = place / path.name, 2
    while target.exists():
        target, number = place / f"{path.name}.{number}", number + 1
    with contextlib.suppress(FileNotFoundError):  # another process moved it
        path.rename(target)
