"""`dtv work`: what needs doing, most urgent first, and why."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.render import clock, safe, show, width_of
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.errors import Malformed

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.processes.worklist import Task

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@click.command(cls=Command)
@click.option("--mine", is_flag=True, help="Only the cases of this account's actor, or of --as.")
@click.option("--supervisor", metavar="ACTOR", help="Only the cases of this supervisor.")
@click.option("--due", metavar="SPAN", help="Only what must be done within this span: 12h, 7d, 2w; past due included.")
@click.option("--limit", type=click.IntRange(1), default=25, show_default=True, help="At most so many lines.")
@click.option("--as", "actor", metavar="ACTOR", help="Who asks, with --mine.")
@click.pass_obj
def work(settings: Settings, mine: bool, supervisor: str | None, due: str | None, limit: int, actor: str | None) -> None:
    """What needs doing, most urgent first: a wish to leave, a detention that ends, a departure that is near, a term that ends."""
    span = span_of(due)
    with settings.register() as register:
        if mine:
            supervisor = actor or settings.actor or register.usual_actor()
        now, tasks = tasks_in(register, supervisor, span)
    shown = tasks[:limit]
    rows = [row_of(task, now, settings) for task in shown]
    if settings.shape == "table":
        lines(rows, settings)
    else:
        show(rows, ["case", "urgency", "due", "late", "why", "supervisor", "phase", "command"], settings)
    if len(tasks) > len(shown):
        more = f"{len(shown)} van {len(tasks)}; --limit N" if settings.dutch else f"{len(shown)} of {len(tasks)}; --limit N"
        click.echo(more, err=True)


def tasks_in(register: Register, supervisor: str | None = None, due: timedelta | None = None) -> tuple[datetime, list[Task]]:
    """Now, and everything that needs doing. In a training store time never lies before what was last recorded."""
    from dtv_workflow.cli.projection import open_cases
    from dtv_workflow.processes.worklist import worklist

    now = register.clock()
    if register.store.training and (last := register.status()["last_recorded_at"]):
        now = max(now, datetime.fromisoformat(str(last)))
    return now, worklist(register, open_cases(register, supervisor), now, supervisor=supervisor, due=due)


def span_of(given: str | None) -> timedelta | None:
    """`12h`, `7d` or `2w`. Raises Malformed."""
    if given is None:
        return None
    said = re.fullmatch(r"(\d{1,4})([hdw])", given)
    if said is None:
        raise Malformed("--due must be a number of hours, days or weeks, such as 12h, 7d or 2w")
    return int(said[1]) * _UNITS[said[2]]


def row_of(task: Task, now: datetime, settings: Settings) -> dict[str, Any]:
    """A line of the list as data."""
    return {
        "case": task.case if settings.machine else task.short, "urgency": task.urgency.name.lower(), "due": task.due,
        "late": task.due is not None and task.due <= now, "why": task.why.nl if settings.dutch else task.why.en,
        "supervisor": task.supervisor, "phase": task.phase.nl if settings.dutch and not settings.machine else task.phase.value,
        "code": task.code, "command": task.command,
    }  # fmt: skip


def lines(rows: list[dict[str, Any]], settings: Settings) -> None:
    """The list for a reader: what and by when on one line, what to type below it."""
    if not rows:
        click.echo("niets te doen" if settings.dutch else "nothing to do", err=True)
        return
    wide, whose = (max(width_of(str(row[key] or "")) for row in rows) for key in ("why", "supervisor"))
    short = max(len(row["case"]) for row in rows)
    for row in rows:
        due = clock(row["due"]) if row["due"] else ""
        why = safe(row["why"]) + " " * (wide - width_of(row["why"]))
        day = click.style(f"{due:16}", fg="red") if row["late"] else f"{due:16}"
        head = click.style(row["case"].ljust(short), bold=True)
        click.echo(f"{head}  {day}  {why}  {row['supervisor'] or '':{whose}}  {row['phase']}")
        click.secho(f"{' ' * short}  {row['command']}", dim=True)
