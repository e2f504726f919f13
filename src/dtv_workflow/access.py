"""Reading is accountable: a look is on record before anything is shown, and what cannot be put on record is not shown.

Who looks is known as who acts is: by the account. `docs/access.md` has the fields and purposes.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import socket
import sys
import time
import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import msgspec
from eventsourcing.persistence import IntegrityError

from dtv_workflow.answers import new_id
from dtv_workflow.application import ATTEMPTS, Register
from dtv_workflow.domain.access import ACCESS, LISTS, REFUSED, Viewed, access_stream
from dtv_workflow.domain.record import Record
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import Malformed, StoreBusy, Unauthorised

MAY_UNMASK = frozenset({
    Role.INTAKE_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER, Role.DESIGNATED_OFFICER, Role.PRIVACY_OFFICER, Role.AUDITOR,
})  # fmt: skip
"""Who may see names and sealed texts in full, each time with a reason. An analyst has figures; the system reads nothing."""

MOST_LISTED = 1_000
"""Cases that one record of a list names; a longer list is told in several."""


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose of the processing register: its version, what it is, and on what basis."""

    version: int
    nl: str
    en: str
    basis: str


class Look(NamedTuple):
    """What somebody asks to see: by which command, what for, and in full or not. `reason` is text, sealed where it is kept."""

    action: str
    purpose: str
    unmask: bool = False
    reason: str | None = None
    actor: str | None = None


@cache
def processing() -> tuple[str, dict[str, Activity]]:
    """The URI of the processing register, and its activities by purpose."""
    said = tomllib.loads((files("dtv_workflow") / "processing.toml").read_text("utf-8"))
    return said.pop("uri"), msgspec.convert(said, dict[str, Activity])


def origin() -> str:
    """The machine, and whether somebody sits at a terminal: `host/terminal`, `host/batch`. No address and no account."""
    host = re.sub(r"[^A-Za-z0-9._-]", "-", socket.gethostname())[:64] or "unknown"
    return f"{host}/{'terminal' if sys.stdin is not None and sys.stdin.isatty() else 'batch'}"


_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}")


def traced() -> dict[str, str]:
    """The ids of this look: in the trace of a calling program that TRACEPARENT names (W3C Trace Context), else in its own."""
    found = _TRACEPARENT.fullmatch(os.environ.get("TRACEPARENT", ""))
    caller = {"trace": found[1], "parent": found[2]} if found else {"trace": secrets.token_hex(16)}
    return caller | {"span": secrets.token_hex(8)}


def reader(register: Register, look: Look) -> tuple[str, Role]:
    """Who looks, and in which role. Raises Unauthorised for an account that is nobody's, and for one in another's name."""
    actor = look.actor or register.usual_actor()
    user = register.users().get(actor)
    if register.store.training:
        return actor, user.roles[0] if user and user.roles else Role.SUPERVISOR
    if user is None or not user.roles or user.os_user != register.os_user:
        raise Unauthorised(f"this account does not read as {actor}")
    granted = [role for role in user.roles if role in MAY_UNMASK]
    return actor, (granted or user.roles)[0]


def view(register: Register, case: str, look: Look, subject: str | None = None) -> None:
    """Put on record that a case is looked into; then it may be shown. `subject`: whose key seals the reason.

    Raises Unauthorised (and puts that on record) when it may not be, Malformed for an unknown purpose or without a reason where
    one is needed, and as writing does when it cannot be put on record.
    """
    _put(register, access_stream(case), [{"object": case}], look, subject)


def failed(register: Register, case: str, look: Look, result: str) -> None:
    """Put on record that a look came to nothing."""
    _put(register, access_stream(case), [{"object": case, "result": result}], look._replace(unmask=False))


def listed(register: Register, cases: list[str], look: Look, object_: str | None = None) -> None:
    """Put on record which cases a list shows, or that a message which belongs to no case is shown. Raises as `view` does."""
    parts = [tuple(cases[start : start + MOST_LISTED]) for start in range(0, len(cases), MOST_LISTED)] or [()]
    _put(register, LISTS, [{"object": object_, "cases": part} for part in parts], look)


def looks_at(register: Register, case: str) -> list[Record]:
    """Every look into a case, oldest first: into it alone, and in lists."""
    own = register.history_of(access_stream(case))
    lists = [record for record in register.history_of(LISTS) if isinstance(record.event, Viewed) and case in record.event.cases]
    return sorted([*own, *lists], key=lambda record: record.recorded_at)


def looks(register: Register) -> list[Record]:
    """Every look there was, oldest first."""
    streams = register.store.recorder.stream_ids(ACCESS, limit=register.store.recorder.count_streams(ACCESS))
    return sorted((r for stream in streams for r in register.history_of(stream)), key=lambda record: record.recorded_at)


def _put(register: Register, stream: str, views: list[dict[str, object]], look: Look, subject: str | None = None) -> None:
    """Check the purpose and the reader, and put these views on record; a refused one as such, before it is refused."""
    if look.purpose not in processing()[1]:
        raise Malformed(f"no such purpose; choose from {', '.join(processing()[1])}")
    if look.unmask and not look.reason:
        raise Malformed("--unmask needs a --reason: a file, stdin, or a coded word; it goes on record, sealed")
    actor, role = reader(register, look)
    may = not look.unmask or role in MAY_UNMASK
    for said in views:
        event = _event(look, **(said if may else said | {"result": REFUSED}))
        _append(register, stream, event, actor, role, subject, look.reason)
    if not may:
        raise Unauthorised(f"the role {role.value} sees nothing in full")


def _event(look: Look, **said: object) -> Viewed:
    asked = {"action": look.action, "purpose": look.purpose, "unmasked": look.unmask}
    return Viewed(origin=origin(), **asked, **traced(), **said)  # type: ignore[arg-type]


def _append(
    register: Register, stream: str, event: Viewed, actor: str, role: Role, subject: str | None, reason: str | None
) -> None:
    """At the end of the stream, whoever else looks at the same time. No history is read."""
    for attempt in range(ATTEMPTS):
        now = register.clock()
        record = Record(
            originator_id=stream,
            originator_version=register.last_version(stream) + 1,
            occurred_at=now,
            recorded_at=now,
            actor=actor,
            role=role,
            step="view",
            request_id=new_id(),
            event=event,
            subject=subject,
            reason=reason if subject else None,
            training=register.store.training,
        )
        try:
            register.events.put([record])
            return
        except IntegrityError:
            time.sleep(random.uniform(0, 0.002 * (attempt + 1)))  # noqa: S311 - spreads retries, hides nothing
    raise StoreBusy("the access log keeps changing; try again")
