"""`dtv demo`: a training store of fictitious cases, and a tour of it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from dtv_workflow.cli.do import as_command, kebab
from dtv_workflow.cli.render import as_json, clock, safe
from dtv_workflow.cli.settings import Command, Settings

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.demo import Demo

DEPARTED = ("independent_supervised", "forced", "dublin_transfer")


@click.command(cls=Command)
@click.option("--cases", type=click.IntRange(1, 100_000), default=200, show_default=True, help="How many cases.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same cases.")
@click.option("--years", type=click.IntRange(1, 10), help="Simulate so many years instead, beside the published figures.")
@click.option("--from", "start", metavar="DAY", default="2024-01-01", show_default=True, help="The first simulated day.")
@click.pass_obj
def demo(settings: Settings, cases: int, seed: int, years: int | None, start: str) -> None:
    """Make a training store of fictitious cases in DT&V's published mix, and show the way round. [default store: dtv-demo]

    With --years people arrive, wish, vanish and apply, partners answer and a desk works, every step through the register; how the
    cases end is not cast. Its figures are printed beside the published ones.
    """
    from dtv_workflow.application import open_register
    from dtv_workflow.cli.projection import progress
    from dtv_workflow.demo import make_demo

    path = settings.store or os.environ.get("DTV_STORE") or "dtv-demo"
    if years is not None:
        from dtv_workflow.cli.simulation import day_in, simulation

        simulation(path, settings, cases=cases, years=years, seed=seed, start=day_in(start))
        return
    now = datetime.now(UTC)
    with progress("zaken" if settings.dutch else "cases") as told:
        made = make_demo(path, cases=cases, seed=seed, now=now, progress=told)
    if settings.machine:
        click.echo(as_json({
            "store": path, "cases": made.cases, "steps": made.steps, "events": made.events, "refused": made.refused,
            "incidents": made.incidents, "show": made.show, "explain": [made.explain_case, kebab(made.explain_step)],
            "surprises": made.surprises,
        }))  # fmt: skip
        return
    with open_register(path) as register:
        for line in tour(register, made, now, settings._replace(store=path)):
            click.echo(line)


def tour(register: Register, made: Demo, now: datetime, settings: Settings) -> Iterator[str]:
    """The tour: the worklist, a history, a refusal, a month of departures, and what to type next."""
    words = ("made-up cases", "events", "refusals", "incidents")
    words = ("verzonnen zaken", "gebeurtenissen", "weigeringen", "incidenten") if settings.dutch else words
    counts = (made.cases, made.events, made.refused, made.incidents)
    counted = ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True))
    yield click.style(f"{safe(settings.path)}: {counted}", bold=True)
    for surprise in made.surprises[:3]:
        yield click.style(f"  {safe(surprise)}", fg="yellow")
    yield ""
    yield from _work(register, settings)
    yield ""
    yield from _log(register, made.show, settings)
    yield ""
    yield from _refusal(register, made, settings)
    yield ""
    yield from _departures(register, now, settings)
    yield ""
    yield from _next(made, settings)


def _work(register: Register, settings: Settings) -> Iterator[str]:
    from dtv_workflow.cli.work import row_of, tasks_in

    now, tasks = tasks_in(register)
    title = f"wat te doen: de eerste van {len(tasks)}" if settings.dutch else f"what to do: the first of {len(tasks)}"
    yield click.style(f"{title}  (dtv work)", bold=True)
    rows = [row_of(task, now, settings) for task in tasks[:6]]
    width = max((len(row["why"]) for row in rows), default=0)
    for task, row in zip(tasks[:6], rows, strict=True):
        due = clock(row["due"]) if row["due"] else ""
        yield f"  {task.short:6}  {due:16}  {row['why']:{width}}  {row['supervisor'] or ''}"


def _log(register: Register, case: str, settings: Settings) -> Iterator[str]:
    from dtv_workflow.cli.audit import codes_of

    history = register.history(case)
    title = f"de laatste stappen van zaak {case[-5:]}" if settings.dutch else f"the last steps of case {case[-5:]}"
    yield click.style(f"{title}  (dtv case log {case[-5:]})", bold=True)
    for record in history[-8:]:
        codes = f"  {', '.join(codes_of(record))}" if codes_of(record) else ""
        role = record.role.nl if settings.dutch else record.role.value
        yield f"  {record.version:>3}  {clock(record.occurred_at)}  {record.name:27}  {record.actor} ({role}){codes}"


def _refusal(register: Register, made: Demo, settings: Settings) -> Iterator[str]:
    """The refusal worth explaining, as it was told: from its receipt."""
    from dtv_workflow.domain.law.rules import refusals
    from dtv_workflow.domain.workflow import STEPS

    short, step = made.explain_case[-5:], kebab(made.explain_step)
    said = "geweigerd" if settings.dutch else "refused"
    yield click.style(f"{said}: {step} {short}  (dtv case why {short} {step})", bold=True)
    refused = [r for r in register.history(made.explain_case) if r.name == "CommandRefused" and r.step == made.explain_step]
    obstacles = refusals(refused[-1].receipt, settings.language) if refused and refused[-1].receipt else ()
    for obstacle in obstacles[:4]:
        yield f"  {obstacle.code} {obstacle.title}  [{obstacle.law}]"
        yield f"      {obstacle.is_}  →  {as_command(obstacle.lifts, made.explain_case, STEPS[made.explain_step])}"
    if len(obstacles) > 4:
        yield f"  … {len(obstacles) - 4} {'andere' if settings.dutch else 'more'}"


def _departures(register: Register, now: datetime, settings: Settings) -> Iterator[str]:
    """Last month's endings by outcome. Nobody saw the unsupervised leave: they stand apart and are never added."""
    from dtv_workflow.cli.projection import reading
    from dtv_workflow.domain.vocabulary import Outcome

    month = (now.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    with reading(register) as views:
        seen, other = (
            {row[0]: row[1] for row in views.exec_driver_sql(sql, (month,))}
            for sql in (
                "SELECT outcome, sum(n) FROM departures WHERE month = ? GROUP BY 1",
                "SELECT outcome, sum(n) FROM other_endings WHERE month = ? GROUP BY 1",
            )
        )
    title = f"vertrek in {month}, aangetoond" if settings.dutch else f"departures in {month}, established"
    yield click.style(f"{title}: {sum(seen.values())}  (dtv projection query …)", bold=True)
    for outcome in DEPARTED:
        yield f"  {seen.get(outcome, 0):4}  {Outcome(outcome).nl if settings.dutch else outcome.replace('_', ' ')}"
    apart = "niet gezien, apart geteld" if settings.dutch else "nobody saw them leave, counted apart"
    name = Outcome.UNSUPERVISED.nl if settings.dutch else "unsupervised"
    yield f"  {other.get('unsupervised', 0):4}  {name} ({apart})"


def _next(made: Demo, settings: Settings) -> Iterator[str]:
    short = made.explain_case[-5:]
    yield click.style("verder" if settings.dutch else "go on", bold=True)
    for line in (
        f"export DTV_STORE={shlex.quote(safe(settings.path))}",
        "dtv work --due 7d",
        f"dtv case show {short}",
        f"dtv case why {short} {kebab(made.explain_step)}",
        f"dtv audit replay {made.show[-5:]} --step",
        'dtv projection query "SELECT phase, count(*) AS n FROM caseload GROUP BY phase"',
    ):
        yield f"  {line}"
