"""`dtv workflow`: the workflow itself, read from the one table and the one machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from dtv_workflow.cli.do import kebab
from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Command, Settings, group
from dtv_workflow.domain.steps import Row, step_name
from dtv_workflow.domain.vocabulary import ANY_PHASE, OPEN_PHASES, Kind, Phase
from dtv_workflow.domain.workflow import STEPS, TABLE, WORKFLOW, possible


@group("The workflow itself: table, diagram and net.")
def workflow() -> None: ...


@workflow.command("table", cls=Command)
@click.pass_obj
def table(settings: Settings) -> None:
    """Every step: from which phases it may be asked, where it leads, by whom, what refuses it, what it records."""
    show((row_of(row) for row in TABLE), ["step", "kind", "from", "to", "roles", "codes", "emits"], settings)


def row_of(row: Row) -> dict[str, Any]:
    """A row of the table as data."""
    return {
        "step": kebab(step_name(row.step)), "kind": row.kind.value,
        "from": phases(row.phases), "to": row.to.value if row.to else "",
        "roles": [role.value for role in row.roles] if row.kind is Kind.DECISION else ["every role"],
        "codes": list(dict.fromkeys(guard.rule.code for guard in row.guards)),
        "emits": [event.__name__ for event in row.emitted],
    }  # fmt: skip


def phases(found: tuple[Phase, ...]) -> str:
    """The phases of a row in a few words."""
    if set(found) >= set(ANY_PHASE):
        return "any"
    if set(found) == set(OPEN_PHASES):
        return "any open"
    return ", ".join("–" if phase is Phase.UNOPENED else phase.value for phase in found)


@workflow.command("diagram", cls=Command)
@click.pass_obj
def diagram(settings: Settings) -> None:
    """The phases as a Mermaid state diagram. Steps that stay in a phase are one line."""
    click.echo("\n".join(mermaid("nl" if settings.dutch else "en")))


@workflow.command("net", cls=Command)
@click.option("-o", "--output", metavar="FILE", help="Where to write it. [default: stdout]")
@click.pass_obj
def net_(settings: Settings, output: str | None) -> None:
    """The workflow as a Petri net (PNML, ISO/IEC 15909-2): a sound workflow net, for process mining and model checkers.

    It says which steps may follow one another; what the guards ask is not in it. `dtv audit conform` judges a log by those.
    """
    from dtv_workflow.audit.net import net, pnml
    from dtv_workflow.cli.prove import given_out

    given_out(pnml(net()).encode(), output)


def mermaid(lang: str = "en") -> Iterator[str]:
    """A state diagram made from the machine's transitions."""
    yield "stateDiagram-v2"
    for phase in ANY_PHASE:
        yield f"    {phase.value}: {phase.nl if lang == 'nl' else phase.value.replace('_', ' ')}"
    moves: dict[tuple[str, str], list[str]] = {}
    for name in STEPS:
        for line in WORKFLOW.get_transitions(name):
            if line.dest != line.source:
                moves.setdefault((Phase[str(line.source)].value, Phase[str(line.dest)].value), []).append(kebab(name))
    for (source, dest), names in moves.items():
        yield f"    {'[*]' if source == Phase.UNOPENED.value else source} --> {dest}: {', '.join(names)}"
    yield f"    {Phase.CLOSED.value} --> [*]"
    for phase in ANY_PHASE:
        staying = [STEPS[name] for name in possible(phase) if STEPS[name].to in (None, phase)]
        decided = sum(row.kind is Kind.DECISION for row in staying)
        here = ("beslissingen en {} feiten blijven hier", "decisions and {} facts stay here")[lang != "nl"]
        yield f"    {phase.value} --> {phase.value}: {decided} {here.format(len(staying) - decided)}"
