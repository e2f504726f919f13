"""What every command that shows a case goes through: the look is on record first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dtv_workflow.access import Look
    from dtv_workflow.application import Register
    from dtv_workflow.cli.settings import Settings
    from dtv_workflow.domain.record import Record

_PURPOSES = {"audit": "audit", "inbox": "chain_exchange"}
"""What a noun's commands are for when nobody says."""


def action() -> str:
    """The command that runs, as the access log names it: `case.show`."""
    context: click.Context | None = click.get_current_context()
    names: list[str] = []
    while context is not None and context.parent is not None:
        names.insert(0, str(context.info_name))
        context = context.parent
    return ".".join(names)


def look_of() -> Look:
    """What is asked for, from the command that runs and its options. Who `case why` is asked about is not who looks."""
    from dtv_workflow.access import Look
    from dtv_workflow.cli.values import reason_from

    settings: Settings = click.get_current_context().obj
    named = action()
    purpose = settings.purpose or _PURPOSES.get(named.partition(".")[0], "departure_supervision")
    reason = reason_from(settings.reason) if settings.unmask else None
    return Look(named, purpose, settings.unmask, reason, settings.actor if named != "case.why" else None)


def known(register: Register, reference: str, at: datetime | None = None) -> list[Record]:
    """A case's history, as it was known at a moment; that it is looked into is on record by then.

    Raises NotFound, and what `access.view` raises.
    """
    from dtv_workflow.access import failed, view
    from dtv_workflow.domain.access import FAILED

    history, look = register.history(reference), look_of()
    case = history[0].originator_id.removeprefix("case/")
    if at is not None:
        history = [record for record in history if record.recorded_at <= at]
    if not history:
        failed(register, case, look, FAILED)
        raise NotFound("the case was not known at that time")
    view(register, case, look, history[0].subject)
    return history


def opened(register: Register, case: str) -> None:
    """Put on record that something of a case is about to be shown that is not read here. Raises what `access.view` raises."""
    from dtv_workflow.access import view

    view(register, case, look_of())


def listed(register: Register, cases: Iterable[Any], message: str | None = None) -> None:
    """Put on record which cases a list is about to show, or which message. Raises what `access.listed` raises."""
    from dtv_workflow.access import listed

    listed(register, list(dict.fromkeys(str(case) for case in cases)), look_of(), message)
