"""The events of the `register` stream: what concerns the store as a whole and no single case."""

from __future__ import annotations

from datetime import date

from dtv_workflow.domain.fields import Code
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.vocabulary import Role

REGISTER = "register"
"""The stream's name."""


class StoreOpened(Event, frozen=True, kw_only=True):
    """The store was made. A training store takes every actor, role and script clock as given."""

    TOPIC = "store_opened.v1"
    training: bool
    schema: int


class UserGranted(Event, frozen=True, kw_only=True):
    """An actor was given a role. `os_user` is the operating-system account that may act under this name."""

    TOPIC = "user_granted.v1"
    user: Code
    granted: Role
    os_user: Code | None = None


class UserRevoked(Event, frozen=True, kw_only=True):
    """A role was taken from an actor."""

    TOPIC = "user_revoked.v1"
    user: Code
    revoked: Role


class ExportMade(Event, frozen=True, kw_only=True):
    """Somebody took the log, or some of its cases, out in another form (`docs/export.md`). `selected` is how many cases were
    named, none for all; `digest` is the SHA-256 of the file; `joined` says that its pseudonyms are those of another export."""

    TOPIC = "export_made.v1"
    form: Code
    purpose: Code
    selected: int | None = None
    since: date | None = None
    until: date | None = None
    joined: bool = False
    cases: int
    events: int
    digest: Code


REGISTER_EVENTS: tuple[type[Event], ...] = (StoreOpened, UserGranted, UserRevoked, ExportMade)
