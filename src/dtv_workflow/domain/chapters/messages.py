"""Messages (berichten) of partners that could not be understood, or that differ from what was told before.

Dolmatov (2013) died of a checkbox: an appeal that nobody read. So a message about a case that cannot be understood is taken for
one: it places a hold, and only people who read it take that away. Contradictory messages are both kept and a person looks.
"""

from __future__ import annotations

import hashlib
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.holds import N03, HoldPlaced, RemovalAttemptCancelled, placing, removed_under
from dtv_workflow.domain.chapters.tasks import TaskRaised
from dtv_workflow.domain.fields import Code, Count, Personal
from dtv_workflow.domain.inbox import MessageText
from dtv_workflow.domain.law.rules import Finding, guard
from dtv_workflow.domain.procedures import Divergence, Unclear
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.steps import Context, Row, Step, copied, fact, gives
from dtv_workflow.domain.vocabulary import ANY_PHASE, HoldKind

UNREAD, DIVERGENCE = "unread_message", "divergence"
"""The kinds of the tasks that these facts raise."""


# ------------------------------------------------------------------ events


class MessageNotUnderstood(Event, frozen=True, kw_only=True):
    """A message about this case that could not be recorded as a fact. `other` is the event that its id was given to before."""

    TOPIC = "message_not_understood.v1"
    message: Code
    why: Unclear
    partner: Code | None = None
    content: Personal[str] | None = None
    other: int | None = None


class MessageFlagged(Event, frozen=True, kw_only=True):
    """A message that was recorded and differs from what event `other` says."""

    TOPIC = "message_flagged.v1"
    message: Code
    why: Divergence
    other: int | None = None


# ------------------------------------------------------------------ steps


class ReportUnreadMessage(Step, frozen=True, kw_only=True):
    """Record that a message about this case could not be understood; it holds until people who read it lift that."""

    message: Annotated[Code, Meta(description="What the message is known by; never something of a person.")]
    why: Annotated[Unclear, Meta(description="Why it could not be understood.")]
    partner: Annotated[Code, Meta(description="Whose message it is, if that is known.")] | None = None
    content: Annotated[MessageText, Meta(description="What was received.")] | None = None
    other: Annotated[Count, Meta(description="The version of the event that its id was given to before.")] | None = None


class FlagMessage(Step, frozen=True, kw_only=True):
    """Record that a message that was recorded differs from what was told before; a task to look at both."""

    message: Annotated[Code, Meta(description="What the message is known by; never something of a person.")]
    why: Annotated[Divergence, Meta(description="How it differs.")]
    other: Annotated[Count, Meta(description="The version of the event that it differs from.")] | None = None


def hold_of(message: str) -> str:
    """The hold of a message that was not understood: the same message places the same hold."""
    return f"message-{hashlib.sha256(message.encode()).hexdigest()[:8]}"


# ------------------------------------------------------------------ guards


@guard(N03)
def removed_with_a_message_unread(case: DepartureCase, step: ReportUnreadMessage, context: Context) -> Finding:
    """A message of before a removal that nobody had read: an incident, as of any other hold (I2)."""
    return removed_under(case, context.at, None)


# ------------------------------------------------------------------ what each step is recorded as


@gives(MessageNotUnderstood, HoldPlaced, RemovalAttemptCancelled, TaskRaised)
def not_understood(case: DepartureCase, step: ReportUnreadMessage, context: Context) -> list[Event]:
    """The hold and what it cancels, and a task that waits for the hold."""
    placed = placing(case, HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE, context, hold=hold_of(step.message))
    about = next(event.hold for event in placed if isinstance(event, HoldPlaced))
    return [copied(MessageNotUnderstood, step), *placed, TaskRaised(kind=UNREAD, about=about, proposes="lift_hold")]


@gives(MessageFlagged, TaskRaised)
def flagged(case: DepartureCase, step: FlagMessage, context: Context) -> list[Event]:
    return [copied(MessageFlagged, step), TaskRaised(kind=DIVERGENCE)]


# fmt: off
ROWS: list[Row] = [
    fact(ReportUnreadMessage, ANY_PHASE, not_understood, (removed_with_a_message_unread,)),
    fact(FlagMessage, ANY_PHASE, flagged),
]
# fmt: on
