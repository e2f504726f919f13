"""Who may act: known actors with granted roles, each bound to an operating-system account. Pure: it reads the register's records.

On a file store this is accountability, not enforcement: whoever can write the file can write the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from dtv_workflow.domain.record import Record
from dtv_workflow.domain.register import UserGranted, UserRevoked
from dtv_workflow.domain.steps import Envelope, Row
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import Conflict, NotFound, Unauthorised


class User(msgspec.Struct):
    """A known actor: the roles granted and the operating-system account that may act under this name."""

    name: str
    roles: list[Role] = []
    os_user: str | None = None


class Authority(NamedTuple):
    """In which role somebody acts, whether it was granted, whether the second person named may approve, and under which other
    names the same account acts."""

    role: Role
    granted: bool
    second_may_approve: bool
    also: tuple[str, ...] = ()


def roster(records: Iterable[Record]) -> dict[str, User]:
    """Every known actor with the roles granted now, from the records of the register stream."""
    users: dict[str, User] = {}
    for record in records:
        event = record.event
        if isinstance(event, UserGranted):
            user = users.setdefault(event.user, User(event.user))
            user.roles = list(dict.fromkeys([*user.roles, event.granted]))
            user.os_user = event.os_user or user.os_user
        elif isinstance(event, UserRevoked) and event.user in users:
            users[event.user].roles = [role for role in users[event.user].roles if role is not event.revoked]
    return users


def actor_of(os_user: str, users: dict[str, User]) -> str:
    """The actor an operating-system account acts as. Raises Unauthorised when there is none."""
    for user in users.values():
        if user.os_user == os_user:
            return user.name
    raise Unauthorised("no actor is bound to this account; a team leader adds one with `dtv user grant`")


def as_given(row: Row, envelope: Envelope) -> Authority:
    """On a training store every actor and role is taken as given."""
    usual = Role.SUPERVISOR if Role.SUPERVISOR in row.roles else row.roles[0]
    return Authority(envelope.role or usual, True, envelope.second is not None)


def authority(row: Row, envelope: Envelope, os_user: str, users: dict[str, User]) -> Authority:
    """On a live store: the role asked for, or a granted one that fits the step. Four eyes are two accounts: a second name of this
    one approves nothing (Awb art. 10:3).

    Raises Unauthorised for an actor who is not known, or whom this account may not act as.
    """
    user = users.get(envelope.actor)
    if user is None or not user.roles:
        raise Unauthorised(f"{envelope.actor} is not a known actor here; a team leader adds one with `dtv user grant`")
    if user.os_user != os_user:
        raise Unauthorised(f"this account does not act as {envelope.actor}")
    fitting = [role for role in user.roles if role in row.roles]
    role = envelope.role or (fitting or user.roles)[0]
    second = users.get(envelope.second or "")
    approves = second is not None and Role.TEAM_LEADER in second.roles and second.os_user != os_user
    also = tuple(name for name, other in users.items() if other.os_user == os_user and name != user.name)
    return Authority(role, role in user.roles, approves, also)


def must_lead(actor: str, os_user: str, users: dict[str, User]) -> None:
    """Raise Unauthorised unless this account acts as this actor and the actor is a team leader."""
    user = users.get(actor)
    if user is None or user.os_user != os_user or Role.TEAM_LEADER not in user.roles:
        raise Unauthorised("a team leader grants and revokes roles")


def may_be_revoked(actor: str, role: Role, users: dict[str, User]) -> None:
    """Raise NotFound when the actor does not have the role, Conflict when nobody would lead any more."""
    if actor not in users or role not in users[actor].roles:
        raise NotFound("that actor does not have that role")
    if role is Role.TEAM_LEADER and sum(Role.TEAM_LEADER in user.roles for user in users.values()) == 1:
        raise Conflict("the last team leader stays; grant the role to somebody else first")
