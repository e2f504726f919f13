"""What the application writes and asks, whichever database is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from eventsourcing.persistence import IntegrityError, Notification, StoredEvent

MOST_EVENTS = 500
"""The most events one save may hold: beyond about a megabyte a driver can hang, and a lock is held too long."""


Row = tuple[int, str, int, str, bytes]
"""An event as it is stored: position, stream, version, topic, bytes."""


class Request(NamedTuple):
    """What makes a repeated request harmless: its id, a keyed digest of what was asked, and the answer it was given."""

    request_id: str
    digest: bytes
    answer: bytes


class StoredAnswer(NamedTuple):
    """What was answered to a request, and the digest of that request."""

    digest: bytes
    answer: bytes


class SubjectClaim(NamedTuple):
    """This case is about the person behind this digest. Of one person at most one case is open."""

    case_id: str
    digest: bytes
    subject: str
    open: bool


class Ledger(Protocol):
    """The log with its request ids and known subjects. Everything of one `insert_events` is stored, or nothing is."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, request: Request | None = None, subjects: Sequence[SubjectClaim] = ()
    ) -> list[int]:
        """Append, and return the positions. Raises IntegrityError when a version, the request id or the subject is taken."""

    def select_events(
        self, originator_id: str, *, gt: int | None = None, lte: int | None = None, desc: bool = False, limit: int | None = None
    ) -> Sequence[StoredEvent]:
        """The events of one stream in order of version."""

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The events of all streams in order of position."""

    def rows_after(self, position: int, limit: int) -> Sequence[Row]:
        """Position, stream, version, topic and stored bytes of the events after a position, in order of position."""

    def max_notification_id(self) -> int:
        """The last position, 0 in an empty log."""

    def stored_answer(self, request_id: str) -> StoredAnswer | None:
        """The answer this request was given, if it was taken."""

    def open_case_of(self, digest: bytes) -> str | None:
        """The open case of the person behind this digest."""

    def subject_of(self, digest: bytes) -> str | None:
        """The subject id this person got in the newest case about them."""

    def cases_of(self, subject: str) -> list[str]:
        """The cases of a subject that were claimed under a V-number."""

    def forget(self, subject: str) -> None:
        """Let go of the digests by which a subject would be known again."""

    def stream_ids(self, prefix: str, suffix: str = "", limit: int = 50) -> list[str]:
        """The streams whose id starts and ends like this, in order of id."""

    def close(self) -> None:
        """Let go of every connection."""


def first_versions(stored_events: Sequence[StoredEvent]) -> dict[str, int]:
    """The version each stream in a save starts at. Refuses a gap inside the save, and a save that is too large."""
    if len(stored_events) > MOST_EVENTS:
        raise ValueError(f"a save holds at most {MOST_EVENTS} events, not {len(stored_events)}")
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    for event in stored_events:
        stream = str(event.originator_id)
        if stream not in first:
            first[stream] = event.originator_version
        elif event.originator_version != last[stream] + 1:
            raise IntegrityError("a stream's versions follow each other without a gap")
        last[stream] = event.originator_version
    return first


def refuse_other_than_next(first: int, current: int) -> None:
    """A save must start right after the stream's last event: earlier is a lost race, later would leave a gap."""
    if first <= current:
        raise IntegrityError("the stream moved on")
    if first > current + 1:
        raise IntegrityError("the save would leave a gap in the stream")
