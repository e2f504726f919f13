"""`dtv work`: what needs doing, most urgent first, and why."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.opened import known, listed
from dtv_workflow.cli.render import clock, safe, show, width_of
from dtv_workflow.cli.settings import Command, Settings, in_words
from dtv_workflow.errors import DtvError, Malformed

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.processes.worklist import Task

_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_UNITS |= {"w": timedelta(weeks=1)}
COLUMNS = ["case", "urgency", "due", "late", "why", "supervisor", "phase", "task", "picked_up_by", "escalated", "command"]


@click.command(cls=Command)
@click.argument("reference", metavar="[CASE]", required=False)
@click.option("--mine", is_flag=True, help="Only the cases of who asks; for a team leader, what went up as well.")
@click.option("--supervisor", metavar="ACTOR", help="Only the cases of this supervisor.")
@click.option("--case", "case_", metavar="CASE", help="Only this case; as the argument.")
@click.option("--escalated", is_flag=True, help="Only what went up to the team leader.")
@click.option("--due", metavar="SPAN", help="Only what must be done within this span: 12h, 7d, 2w; past due included.")
@click.option("--limit", type=click.IntRange(1), default=25, show_default=True, help="At most so many lines.")
@click.option("--as", "actor", metavar="ACTOR", help="Who asks, with --mine.")
@click.option("--watch", is_flag=True, help="Show it anew every --every, until interrupted.")
@click.option("--every", metavar="SPAN", default="30s", show_default=True, help="How often, with --watch.")
@click.pass_obj
def work(settings: Settings, /, watch: bool, every: str, **asked: Any) -> None:
    """What needs doing, most urgent first: a wish to leave, a detention that ends, a departure that is near, a term that ends.

    \b
    dtv do pick-up-task CASE --task t12                 it is yours
    dtv do complete-task CASE --task t12 --finding -    what came of it, where no other step ends it
    """
    if watch:
        watched(lambda: _shown(settings, **asked), span_of(every, "--every"))
    else:
        _shown(settings, **asked)


def watched(shown: Callable[[], object], every: timedelta) -> None:
    """Do it again and again until interrupted. Raises Malformed for a pause of nothing; exits as an interruption does."""
    if not every:
        raise Malformed("--every must be more than nothing")
    while True:
        if sys.stdout.isatty():
            click.clear()
        try:
            shown()
        except DtvError as error:  # a lock, a line that cannot be read: the next time it may be well
            click.echo(f"dtv: {in_words(error)}", err=True)
        sys.stdout.flush()
        time.sleep(every.total_seconds())


def _shown(
    settings: Settings,
    reference: str | None,
    case_: str | None,
    mine: bool,
    supervisor: str | None,
    escalated: bool,
    due: str | None,
    limit: int,
    actor: str | None,
) -> None:
    span = span_of(due) if due is not None else None
    with settings.register() as register:
        leads = False
        if mine:
            supervisor = actor or settings.actor or register.usual_actor()
            leads = _leads(register, supervisor)
        if one := reference or case_:
            now, tasks = tasks_of(register, one, span)
        else:
            now, tasks = tasks_in(register, supervisor, span, escalated=leads)
        tasks = [task for task in tasks if task.escalated or not escalated]
        waiting = _waiting(register) if not one else 0
        shown = tasks[:limit]
        if one:
            known(register, one)
        else:
            listed(register, (task.case for task in shown))
    rows = [row_of(task, now, settings) for task in shown]
    if settings.shape == "table":
        lines(rows, settings)
    else:
        show(rows, COLUMNS, settings)
    _more(len(shown), len(tasks), waiting, settings)


def _more(shown: int, all_: int, waiting: int, settings: Settings) -> None:
    if all_ > shown:
        click.echo(f"{shown} van {all_}; --limit N" if settings.dutch else f"{shown} of {all_}; --limit N", err=True)
    if waiting:
        said = (f"{waiting} berichten horen bij geen zaak" if settings.dutch else f"{waiting} messages belong to no case")
        click.echo(f"{said}; dtv inbox list", err=True)


def _leads(register: Register, actor: str) -> bool:
    from dtv_workflow.domain.vocabulary import Role

    user = register.users().get(actor)
    return user is not None and Role.TEAM_LEADER in user.roles


def _waiting(register: Register) -> int:
    """How many partner messages wait for somebody to say which case they are about."""
    from dtv_workflow.processes.inbox import parked

    return len(parked(register))


def tasks_in(
    register: Register, supervisor: str | None = None, due: timedelta | None = None, *, escalated: bool = False
) -> tuple[datetime, list[Task]]:
    """Now, and everything that needs doing; with `escalated` also what went up to the team leader in others' cases."""
    from dtv_workflow.cli.active import active, now_of
    from dtv_workflow.processes.worklist import worklist

    now = now_of(register)
    ids, shorts = active(register, supervisor, escalated=escalated)
    return now, worklist(register, ids, now, supervisor=supervisor, due=due, escalated=escalated, shorts=shorts)


def tasks_of(register: Register, reference: str, due: timedelta | None = None) -> tuple[datetime, list[Task]]:
    """Now, and everything that needs doing in one case."""
    from dtv_workflow.cli.active import now_of, shorts_in
    from dtv_workflow.cli.projection import reading
    from dtv_workflow.processes.worklist import worklist

    id, now = register.find(reference), now_of(register)
    with reading(register) as views:
        shorts = shorts_in(views, [id])
    return now, worklist(register, [id], now, due=due, shorts=shorts)


def span_of(given: str, option: str = "--due") -> timedelta:
    """`30s`, `5m`, `12h`, `7d` or `2w`. Raises Malformed."""
    said = re.fullmatch(r"(\d{1,4})([smhdw])", given)
    if said is None:
        raise Malformed(f"{option} must be a number of seconds, minutes, hours, days or weeks, such as 30s, 12h, 7d or 2w")
    return int(said[1]) * _UNITS[said[2]]


def row_of(task: Task, now: datetime, settings: Settings) -> dict[str, Any]:
    """A line of the list as data."""
    return {
        "case": task.case if settings.machine else task.short, "urgency": task.urgency.name.lower(), "due": task.due,
        "late": task.due is not None and task.due <= now, "why": task.why.nl if settings.dutch else task.why.en,
        "supervisor": task.supervisor, "phase": task.phase.nl if settings.dutch and not settings.machine else task.phase.value,
        "code": task.code, "task": task.task, "picked_up_by": task.by, "escalated": task.escalated, "command": task.command,
    }  # fmt: skip


def lines(rows: list[dict[str, Any]], settings: Settings) -> None:
    """The list for a reader: what and by when on one line, what to type below it."""
    if not rows:
        click.echo("niets te doen" if settings.dutch else "nothing to do", err=True)
        return
    wide, whose = (min(70, max(width_of(str(row[key] or "")) for row in rows)) for key in ("why", "supervisor"))
    short = max(len(row["case"]) for row in rows)
    for row in rows:
        due = clock(row["due"]) if row["due"] else ""
        why = safe(row["why"]) + " " * max(0, wide - width_of(row["why"]))
        day = click.style(f"{due:16}", fg="red") if row["late"] else f"{due:16}"
        head = click.style(row["case"].ljust(short), bold=True)
        click.echo(f"{head}  {day}  {why}  {row['supervisor'] or '':{whose}}  {row['phase']}")
        click.secho(f"{' ' * short}  {_typed(row, settings)}", dim=True)


def _typed(row: dict[str, Any], settings: Settings) -> str:
    """What to type, and of a task: which, who has it, and whether the team leader sees it."""
    if not row["task"]:
        return str(row["command"])
    has = ("opgepakt door", "naar de teamleider") if settings.dutch else ("picked up by", "with the team leader")
    said = [row["task"], *([f"{has[0]} {row['picked_up_by']}"] if row["picked_up_by"] else [])]
    return f"{row['command']}   [{', '.join([*said, *([has[1]] if row['escalated'] else [])])}]"
