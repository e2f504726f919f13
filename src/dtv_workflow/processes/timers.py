"""Timers: telling the log which terms of a case ran out. A timer proposes and never decides (N33).

What ran out follows from the history alone (`domain.expiry`): here it is appended, once, whoever asks how often and when. Firing
twice, late, at once, or after a clock was set back does no harm: what is told is not told again, and a lost race is looked at
anew on the newer history.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from dtv_workflow.answers import stream_of
from dtv_workflow.application import Register
from dtv_workflow.domain.chapters.tasks import TimerExpired, TimerReminded
from dtv_workflow.domain.expiry import to_tell
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import DtvError, StoreBusy

ACTOR = "timers"
"""Who tells: the register itself, in the role `system`, which may ask no decision."""

STEP = "tell_timers"
"""What the records say they are of. Nobody can ask it."""


class Fired(msgspec.Struct, frozen=True, kw_only=True):
    """A term that was told of: it ran out, or (`days_before`) it will. `stopped`: met by the time it was told."""

    case: str
    version: int
    timer: str
    about: str | None
    due: datetime
    proposes: str | None = None
    days_before: int = 0
    escalated: bool = False
    stopped: bool = False


class Firing(NamedTuple):
    """What was told. `ahead` are the cases in which something is recorded later than now: there may be more to tell of them, or a
    clock was wrong. `failed` are those that could not be looked at, each with why."""

    fired: list[Fired]
    ahead: list[str]
    failed: dict[str, str]
    added: int = 0
    """How many events were recorded, incidents included."""


def fire(register: Register, cases: Iterable[str], now: datetime) -> Firing:
    """Tell what ran out in these cases by now, and what will soon. A case that cannot be read keeps no other one waiting. Raises
    StoreBusy."""
    done, added = Firing([], [], {}), 0
    for case in cases:
        try:
            told, events = _fire(register, case, now, done.ahead)
            done.fired.extend(told)
            added += events
        except StoreBusy:
            raise
        except (DtvError, ValueError, TypeError, ArithmeticError) as error:
            done.failed[case] = str(error) if isinstance(error, DtvError) else type(error).__name__
    return done._replace(added=added)


def _fire(register: Register, case: str, now: datetime, ahead: list[str]) -> tuple[list[Fired], int]:
    def react(history: list[Record]) -> list[tuple[Event, datetime]]:
        if any(record.recorded_at > now for record in history) and case not in ahead:
            ahead.append(case)
        return to_tell(history, now)

    envelope = Envelope(actor=ACTOR, role=Role.SYSTEM, recorded_at=now if register.store.training else None)
    told = register.add(stream_of(case), react, envelope, STEP)
    fired = [
        Fired(
            case=case,
            version=record.version,
            timer=event.timer,
            about=event.about,
            due=event.due,
            proposes=event.proposes if isinstance(event, TimerExpired) else None,
            days_before=event.days_before if isinstance(event, TimerReminded) else 0,
            escalated=isinstance(event, TimerExpired) and event.escalated,
            stopped=isinstance(event, TimerExpired) and event.stopped,
        )
        for record in told
        if isinstance(event := record.event, TimerExpired | TimerReminded)
    ]
    return fired, len(told)
