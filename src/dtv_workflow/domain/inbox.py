"""The events of the `inbox/…` streams: messages that name no case of ours, kept until a person says where they belong.

Each message has a stream and a subject of its own (`m-…`), so that what it says can be forgotten by itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.fields import Code, Personal
from dtv_workflow.domain.procedures import Unclear
from dtv_workflow.domain.record import Event, Record

INBOX = "inbox/"
"""What the names of the streams begin with."""

LONGEST_MESSAGE = 64 * 1024
"""Characters that are kept of a message: as many as a message may have bytes (CloudEvents 1.0, size limits)."""

MessageText = Annotated[str, Meta(min_length=1, max_length=LONGEST_MESSAGE, extra={"data": "text"})]
"""A message as it was received. Personal by default, as every free text."""


class MessageParked(Event, frozen=True, kw_only=True):
    """A message that names no known case. `fact` is what it would have been recorded as, if that can be told."""

    TOPIC = "message_parked.v1"
    message: Code
    why: Unclear
    partner: Code | None = None
    fact: Code | None = None
    content: Personal[str]


class MessageLinked(Event, frozen=True, kw_only=True):
    """Somebody found the case that a parked message belongs to; it was received there."""

    TOPIC = "message_linked.v1"
    case: Code


class MessageDismissed(Event, frozen=True, kw_only=True):
    """Somebody said why a parked message belongs to no case; `second` agreed."""

    TOPIC = "message_dismissed.v1"
    reason: Personal[str]
    second: Code | None = None


INBOX_EVENTS: tuple[type[Event], ...] = (MessageParked, MessageLinked, MessageDismissed)


class Parked(msgspec.Struct, frozen=True, kw_only=True):
    """A parked message as it is now. `id` is its stream without `inbox/`; open as long as it is neither linked nor dismissed."""

    id: str
    message: str
    why: Unclear
    since: datetime
    content: str
    partner: str | None = None
    fact: str | None = None
    case: str | None = None
    dismissed: bool = False

    @property
    def open(self) -> bool:
        return self.case is None and not self.dismissed


def parked_in(records: list[Record]) -> Parked | None:
    """What a stream of the inbox says of its message; None for an empty one."""
    if not records or not isinstance(first := records[0].event, MessageParked):
        return None
    return Parked(
        id=records[0].originator_id.removeprefix(INBOX),
        message=first.message,
        why=first.why,
        since=records[0].recorded_at,
        content=first.content,
        partner=first.partner,
        fact=first.fact,
        case=next((r.event.case for r in records if isinstance(r.event, MessageLinked)), None),
        dismissed=any(isinstance(r.event, MessageDismissed) for r in records),
    )
