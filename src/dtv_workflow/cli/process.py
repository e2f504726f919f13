"""`dtv process`: what needs no person: messages in, timers, messages out."""

from __future__ import annotations

from typing import Any

import click

from dtv_workflow.cli.render import clock, safe, show
from dtv_workflow.cli.settings import Command, Settings, group
from dtv_workflow.cli.work import span_of, watched

COLUMNS = ["timer", "case", "about", "due", "told", "escalated", "proposes"]


@group("What runs by itself: run; and log, for the processing log.")
def process() -> None: ...


@process.command("run", cls=Command)
@click.option("--watch", is_flag=True, help="Run again every --every, until interrupted.")
@click.option("--every", metavar="SPAN", default="60s", show_default=True, help="How often, with --watch.")
@click.option("--limit", type=click.IntRange(0), default=20, show_default=True, help="Show at most so many; all are done.")
@click.pass_obj
def run(settings: Settings, watch: bool, every: str, limit: int) -> int:
    """Take in the messages of the spool, tell which terms ran out, and deliver to the sinks. A timer proposes, a human decides.

    Where `dtv audit checkpoint` has made a key in the store, the log is sealed besides.

    As often as you like, and by as many as you like: nothing is told, taken in or recorded twice.
    """
    if watch:
        watched(lambda: _once(settings, limit), span_of(every, "--every"))
    return _once(settings, limit)


def _once(settings: Settings, limit: int) -> int:
    from dtv_workflow.running import run_everything

    with settings.register() as register:
        done = run_everything(register)
    rows: list[dict[str, Any]] = [
        {
            "timer": f.timer, "case": f.case if settings.machine else f.case[-5:], "about": f.about,
            "due": f.due if settings.shape != "table" else clock(f.due), "told": _told(f, settings),
            "escalated": f.escalated, "proposes": f.proposes,
        }
        for f in (done.fired if settings.machine else done.fired[:limit])
    ]  # fmt: skip
    show(rows, COLUMNS, settings)
    for trouble in done.troubles:
        click.echo(f"dtv: {safe(trouble)}", err=True)
    click.echo(_summary(done, settings), err=True)
    return 1 if done.troubles else 0


def _told(fired: Any, settings: Settings) -> str:
    """What a line tells of: a term that ran out, one that was met since, or one that will."""
    if fired.days_before:
        return f"over {fired.days_before} d" if settings.dutch else f"in {fired.days_before} d"
    if fired.stopped:
        return "verlopen, sindsdien voldaan" if settings.dutch else "ran out, met since"
    return "verlopen" if settings.dutch else "ran out"


def _summary(done: Any, settings: Settings) -> str:
    said = [
        (len(done.received), "messages taken in", "berichten verwerkt"),
        (done.asked, "cases looked at", "zaken bekeken"),
        (len(done.fired), "terms told", "termijnen gemeld"),
        (sum(each.sent for each in done.delivered), "events delivered", "gebeurtenissen bezorgd"),
        *([(done.sealed, "sealed", "verzegeld")] if done.sealed else []),
    ]
    return ", ".join(f"{number} {nl if settings.dutch else en}" for number, en, nl in said)


@process.command("log", cls=Command)
@click.option("--to", metavar="file:PATH|otlp:URL", help="Where the lines go; also DTV_LDV.")
@click.pass_obj
def log(settings: Settings, to: str | None) -> None:
    """Write the processing log (Logboek Dataverwerkingen) up to now: a line for each processing and person, not by whom.

    The lines are OTLP spans. Each is made at least once, with the same ids each time; `dtv process run` does so as well where
    DTV_LDV is set. By its trace a line leads to the record in this log that says who.

    \b
    dtv process log --to file:/var/log/dtv-ldv.jsonl
    """
    from dtv_workflow.errors import Malformed
    from dtv_workflow.processes.processing_log import push, wanted

    where = wanted(to)
    if where is None:
        raise Malformed("--to is required, or DTV_LDV: file:PATH or otlp:URL")
    with settings.register() as register:
        lines = push(register, where)
    click.echo(f"{lines} {'regels geschreven' if settings.dutch else 'lines written'}", err=True)
