"""How far each sink of the outbox is: a file beside the store, written after delivery and checked against the log when read."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from eventsourcing.persistence import Notification

from dtv_workflow.application import Register
from dtv_workflow.errors import Conflict, DtvError, Malformed
from dtv_workflow.processes.compose import event_id
from dtv_workflow.processes.partners import Sink
from dtv_workflow.store.files import write_whole


class Mark(msgspec.Struct, frozen=True):
    """A place in the log, and the id of the event that stands there."""

    position: int = 0
    event: str = ""


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """How far a sink is: delivered up to `done`, to a `place`; recorded as disclosed, on these `terms`, up to `logged`; and its
    last error."""

    done: Mark = Mark()
    logged: Mark = Mark()
    terms: str = ""
    place: str = ""
    error: str | None = None
    tried_at: str | None = None


def place_of(sink: Sink) -> str:
    """Whom and where a sink goes to, as a digest: an address may hold what is nobody's business beside the store."""
    where = [sink.path, sink.url, sink.server, sink.subject, sink.stream]
    return hashlib.sha256(msgspec.json.encode([sink.partner, sink.to, *where])).hexdigest()[:32]


class Stands:
    """How far each sink is, in files beside the store: `outbox/<sink>.json`, and a lock so that one pushes at a time."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.folder = register.store.path / "outbox"

    def file(self, sink: str) -> Path:
        """Where a sink's stand is kept."""
        return self.folder / f"{sink}.json"

    @contextmanager
    def locked(self, sink: str) -> Iterator[None]:
        """Alone, or Conflict. The lock goes with the process, however that ends."""
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            lock = (self.folder / f"{sink}.lock").open("w")
        except OSError as error:
            raise DtvError(f"outbox/{sink}.lock cannot be made ({error.strerror}): see to the store's directory") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict("another push to this sink is at work") from None
            yield

    def of(self, sink: Sink) -> Stand:
        """A sink's stand, as `read` gives it. Raises Conflict also when it now goes to another partner or place: who stands there
        would be sent nothing of what was delivered elsewhere."""
        stand = self.read(sink.key)
        if stand.place not in ("", place_of(sink)):
            raise Conflict(
                f"sink {sink.key} went to another partner or place until now; `dtv outbox start {sink.key} --after POSITION` "
                "says where the new one begins: beginning (everything again), here (same receiver, new address), or end"
            )
        return msgspec.structs.replace(stand, place=place_of(sink))

    def start(self, sink: Sink, after: str) -> Stand:
        """Have a sink begin after a position: `beginning`, `end`, `here` (where it is) or a number. What was recorded as
        disclosed elsewhere is recorded anew. Raises Malformed, Conflict, DtvError."""
        with self.locked(sink.key):
            stand = Stand(done=self._at(sink, after), place=place_of(sink))
            self.write(sink.key, stand)
            return stand

    def _at(self, sink: Sink, after: str) -> Mark:
        recorder = self.register.store.recorder
        if after == "here":
            return self.read(sink.key).done
        if after not in ("beginning", "end") and not (after.isdecimal() and len(after) < 19):
            raise Malformed("--after is a position in the log, or one of: beginning, here, end")
        position = {"beginning": 0, "end": recorder.max_notification_id()}.get(after) if not after.isdecimal() else int(after)
        if not position:
            return Mark()
        found = recorder.select_notifications(position, 1)
        if not found or found[0].id != position:
            raise Malformed(f"the log has no event at position {position}")
        return self.mark(found[0])

    def read(self, sink: str) -> Stand:
        """A sink's stand; that of the beginning when there is none. Raises Conflict when it is not of this log."""
        try:
            stand = msgspec.json.decode(self.file(sink).read_bytes(), type=Stand)
        except FileNotFoundError:
            return Stand()
        except (msgspec.MsgspecError, OSError):
            raise Conflict(f"outbox/{sink}.json cannot be read; {_AGAIN}") from None
        if not self.stands(stand.done):
            at = stand.done.position
            raise Conflict(
                f"the log does not have, at position {at}, the event that outbox/{sink}.json says was sent: was a backup put "
                f"back? Tell the partner that it may have events this log has no more; then {_AGAIN}"
            )
        return stand if self.stands(stand.logged) else msgspec.structs.replace(stand, logged=Mark())

    def stands(self, mark: Mark) -> bool:
        """Whether the log has this event at this position."""
        if mark.position == 0:
            return True
        found = self.register.store.recorder.select_notifications(mark.position, 1)
        return bool(found) and self.mark(found[0]) == mark

    def mark(self, at: Notification) -> Mark:
        """The place of an event."""
        return Mark(at.id, event_id(self.register.store.store_id, at))

    def write(self, sink: str, stand: Stand) -> None:
        """Keep a sink's stand, on the disk."""
        try:
            write_whole(self.file(sink), msgspec.json.encode(stand), alone=True)
        except OSError as error:
            why = error.strerror
            raise DtvError(f"outbox/{sink}.json cannot be written ({why}): what was sent will be sent again") from None


_AGAIN = "remove that file to deliver everything again from the beginning (a receiver drops by source and id what it has)"
