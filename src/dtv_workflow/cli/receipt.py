"""Verdicts and receipts on the command line: what a guard answered, now or at the time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.audit import known
from dtv_workflow.cli.do import as_command, kebab
from dtv_workflow.cli.render import as_json, clock, page, plain, safe, show
from dtv_workflow.cli.settings import Settings
from dtv_workflow.domain.steps import Row
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import NotFound

if TYPE_CHECKING:
    from dtv_workflow.audit.judge import Judged


def told(judged: Judged, row: Row, case_id: str, settings: Settings) -> dict[str, Any]:
    """A verdict as data, in the reader's language."""
    from dtv_workflow.domain.law.rules import RULES

    verdict, rule, dutch = judged.verdict, RULES[judged.verdict.code], settings.dutch
    answer = "depends" if judged.depends else "yes" if verdict.met else "no"
    return {
        "answer": answer, "code": verdict.code, "guard": verdict.guard, "title": rule.says.nl if dutch else rule.says.en,
        "law": verdict.law, "is": (verdict.is_.nl if dutch else verdict.is_.en) if verdict.is_ and answer == "no" else None,
        "needs": rule.needs.nl if dutch else rule.needs.en, "lifts": as_command(rule.lifts, case_id, row),
        "by": rule.by, "relied_on": verdict.relied, "depends_on": [f"--{kebab(name)}" for name in judged.depends],
    }  # fmt: skip


def verdict(line: dict[str, Any], dutch: bool) -> None:
    mark, color = {"no": ("✗", "red"), "depends": ("?", "yellow"), "yes": ("✓", "green")}[line["answer"]]
    relied = f"  ({'op' if dutch else 'on'} {plain(line['relied_on'])})" if line["relied_on"] else ""
    if line["answer"] == "yes":
        click.echo(f"{click.style(mark, fg=color)} {line['code']} {line['guard']}  [{line['law']}]{relied}")
        return
    click.echo(f"\n{click.style(mark, fg=color)} {click.style(line['code'] + ' ' + line['guard'], bold=True)}  [{line['law']}]")
    click.echo(f"    {line['title']}")
    if line["answer"] == "depends":
        click.echo(f"    {'hangt af van' if dutch else 'depends on what is given'}: {', '.join(line['depends_on'])}")
        return
    click.echo(f"    {'is':9} {safe(line['is'] or '')}{relied}")
    click.echo(f"    {'nodig' if dutch else 'needs':9} {line['needs']}")
    click.echo(f"    {'oplossing' if dutch else 'cure':9} {line['lifts']}  ({', '.join(line['by'])})")


def receipt_of(settings: Settings, reference: str, version: int, at: datetime | None) -> None:
    """The stored receipt of a version."""
    from dtv_workflow.audit.judge import Judged

    with settings.register() as register:
        history = known(register, reference, at)
    if not 1 <= version <= len(history):
        raise NotFound(f"the case has no version {version}; it has {len(history)}")
    record = history[version - 1]
    verdicts = record.receipt.verdicts if record.receipt else ()
    case_id = record.originator_id.removeprefix("case/")
    rows = [told(Judged(verdict), STEPS[record.step], case_id, settings) for verdict in sorted(verdicts, key=lambda v: v.met)]
    ruleset = record.receipt.ruleset if record.receipt else None
    if settings.machine and settings.format == "json":
        click.echo(as_json({"case": case_id, "version": version, "event": record.name, "step": kebab(record.step),
                            "occurred_at": record.occurred_at, "ruleset": ruleset, "guards": rows}))  # fmt: skip
        return
    if settings.shape in ("jsonl", "csv"):
        show(rows, ["answer", "code", "guard", "law", "is", "needs", "by"], settings)
        return
    labels = ("stap", "op", "door", "regels", "toetsen") if settings.dutch else ("step", "at", "by", "ruleset", "guards")
    by, asked = f"{record.actor} ({record.role.value})", str(len(rows) or ("geen" if settings.dutch else "none"))
    said = (kebab(record.step), clock(record.occurred_at), by, ruleset, asked)
    page(f"{record.name} ({version})", zip(labels, said, strict=True))
    for line in rows:
        verdict(line, settings.dutch)
