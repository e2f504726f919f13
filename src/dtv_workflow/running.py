"""Running what needs no person: messages in, the timers that are due, messages out. Idempotent: run it as often as you like.

A case is looked at when the index of open timers says that something of it is due, or when it was touched since the last run: a
term may have run out and been met in between, and that is told too. How far the log has been looked at stands in a side file that
may be lost: then every case is looked at once more, and nothing is told twice.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from dtv_workflow.application import Register
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.errors import DtvError
from dtv_workflow.follow import mark_of
from dtv_workflow.processes import processing_log
from dtv_workflow.processes.inbox import Received
from dtv_workflow.processes.outbox import Delivered, push
from dtv_workflow.processes.partners import PARTNERS_FILE, Partners, read_partners
from dtv_workflow.processes.spool import SPOOL, take_in
from dtv_workflow.processes.timers import Fired, fire
from dtv_workflow.projections.catalogue import views_of
from dtv_workflow.projections.rows import utc
from dtv_workflow.store.files import write_whole
from dtv_workflow.store.sealing import KEY_FILE, Seals, signer_of

CURSOR_FILE = "timers.json"

SINK_SECONDS = 15.0
"""How long one sink may take in a run before the next thing has its turn: no receiver keeps a timer waiting for long."""


class Cursor(msgspec.Struct, frozen=True):
    """How far the log was looked at: the position, a mark of what stands there, and the law of that day."""

    position: int = 0
    mark: str = ""
    law: str = ""


class Run(NamedTuple):
    """What a run did: how many cases it looked at, what it told, and what somebody should look at."""

    asked: int
    fired: list[Fired]
    troubles: list[str]


def run_due(register: Register, now: datetime | None = None) -> Run:
    """Fire every timer that is due by now (default: the register's clock), in every case. Raises StoreBusy, PoisonedEvent."""
    now = now or register.clock()
    path = register.store.path / CURSOR_FILE
    recorder = register.store.recorder
    head, law = recorder.max_notification_id(), in_force(day_of(now)).hash
    cursor = _cursor(path)
    behind = cursor.law != law or _mark(register, cursor.position) != cursor.mark
    touched = recorder.streams_after("case/", 0 if behind else cursor.position)
    cases = dict.fromkeys(stream.removeprefix("case/") for stream in touched)
    cases |= dict.fromkeys(_due(register, now))
    firing = fire(register, cases, now)
    troubles = [f"case {case} could not be looked at: {why}" for case, why in firing.failed.items()]
    if firing.ahead:
        troubles.append(f"recorded later than now, so a clock was wrong: case {', '.join(firing.ahead[:5])}; dtv doctor")
    if not firing.ahead and not firing.failed:
        after = recorder.max_notification_id()
        if after == head + firing.added:  # nobody else wrote meanwhile: what this run told need not be looked at by the next
            head = after
        write_whole(path, msgspec.json.encode(Cursor(head, _mark(register, head), law)))
    return Run(len(cases), firing.fired, troubles)


class Everything(NamedTuple):
    """What a run of everything did; `troubles` say what could not be done, the rest of it was."""

    received: list[Received]
    asked: int
    fired: list[Fired]
    delivered: list[Delivered]
    troubles: list[str]
    sealed: int = 0


def run_everything(register: Register, now: datetime | None = None) -> Everything:
    """Take in what lies in the spool, fire what is due, deliver to the sinks, make the processing log where DTV_LDV says so, and
    seal the log where a key for that lies in the store. What fails stops nothing else.

    Raises StoreBusy, PoisonedEvent.
    """
    troubles: list[str] = []
    received: list[Received] = []
    delivered: list[Delivered] = []
    partners = Partners()
    try:
        partners = read_partners(register.store.path / PARTNERS_FILE)
        if (spool := register.store.path / SPOOL).is_dir() or partners.partners:
            received = take_in(register, partners, spool)
    except DtvError as error:
        troubles.append(str(error))
    asked, fired, found = run_due(register, now)
    troubles += found
    try:
        delivered = push(register, partners, tries=1, seconds=SINK_SECONDS)
    except DtvError as error:
        troubles.append(str(error))
    troubles += [f"{each.sink}: {each.error}" for each in delivered if each.error]
    troubles += [f"{each.message}: {each.error}" for each in received if each.error]
    try:
        if (to := processing_log.wanted()) is not None:
            processing_log.push(register, to)
    except DtvError as error:
        troubles.append(str(error))
    sealed = 0
    try:
        sealed = _seal(register)
    except DtvError as error:
        troubles.append(str(error))
    return Everything(received, asked, fired, delivered, troubles, sealed)


def _seal(register: Register) -> int:
    """How many events were taken into the signed tree; none where nobody ever asked for a checkpoint here."""
    path = register.store.path
    if not (path / KEY_FILE).exists():
        return 0
    seals = Seals(path)
    try:
        return seals.seal(register.store.recorder, signer_of(path, register.store.store_id)).added
    finally:
        seals.close()


def _due(register: Register, now: datetime) -> list[str]:
    """The cases of which something is due by now."""
    with views_of(register.store).connect() as views:
        sql = "SELECT case_id FROM cases_to_ask WHERE next_at IS NULL OR next_at <= ? ORDER BY next_at"
        return list(views.exec_driver_sql(sql, (utc(now),)).scalars())


def _cursor(path: Path) -> Cursor:
    """The side file; from the beginning where there is none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Cursor)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return Cursor()


def _mark(register: Register, position: int) -> str:
    """What stands at a position of the log; empty where nothing does."""
    found = register.store.recorder.select_notifications(position, 1) if position else []
    return mark_of(found[0]) if found and found[0].id == position else ""
