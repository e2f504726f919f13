"""Verdicts and receipts on the command line: what a guard answered, now or at the time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.do import as_command, kebab
from dtv_workflow.cli.opened import known
from dtv_workflow.cli.render import as_json, clock, page, plain, safe, show
from dtv_workflow.cli.settings import Settings
from dtv_workflow.domain.law.rules import Receipt
from dtv_workflow.domain.steps import Row
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import NotFound

if TYPE_CHECKING:
    from dtv_workflow.audit.judge import Judged
    from dtv_workflow.domain.law.rules import Verdict
    from dtv_workflow.domain.record import Record


def told(judged: Judged, row: Row, case_id: str, settings: Settings) -> dict[str, Any]:
    """A verdict as data, in the reader's language."""
    from dtv_workflow.domain.law.rules import RULES, cure_of

    verdict, rule, dutch = judged.verdict, RULES[judged.verdict.code], settings.dutch
    cure = cure_of(verdict)
    answer = "depends" if judged.depends else "yes" if verdict.met else "no"
    return {
        "answer": answer, "code": verdict.code, "guard": verdict.guard, "title": rule.says.nl if dutch else rule.says.en,
        "law": verdict.law, "is": (verdict.is_.nl if dutch else verdict.is_.en) if verdict.is_ and answer == "no" else None,
        "needs": cure.needs.nl if dutch else cure.needs.en, "lifts": as_command(cure.lifts, case_id, row),
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
    """The stored receipt of a version, the events its guards relied on, and whether judging it again gives the same."""
    with settings.register() as register:
        history = known(register, reference, at)
    if not 1 <= version <= len(history):
        raise NotFound(f"the case has no version {version}; it has {len(history)}")
    record = history[version - 1]
    receipt = record.receipt or Receipt("", "")
    case_id = record.originator_id.removeprefix("case/")
    verdicts = sorted(receipt.verdicts, key=lambda v: v.met)
    rows = [_stored(each, STEPS[record.step], history, case_id, settings) for each in verdicts]
    again = _again(history, version)
    if settings.machine and settings.format == "json":
        click.echo(as_json({
            "case": case_id, "version": version, "event": record.name, "step": kebab(record.step),
            "occurred_at": record.occurred_at, "recorded_at": record.recorded_at, "actor": record.actor, "role": record.role,
            "second": record.second, "source": record.source, "back_dated": record.back_dated,
            "ruleset": receipt.ruleset, "hash": receipt.hash, "inputs": receipt.inputs, "judged_again": again, "guards": rows,
        }))  # fmt: skip
        return
    if settings.shape in ("jsonl", "csv"):
        show(rows, ["answer", "code", "guard", "law", "is", "needs", "by", "relied_on"], settings)
        return
    _page(record, rows, again, settings)


def _stored(found: Verdict, row: Row, history: list[Record], case_id: str, settings: Settings) -> dict[str, Any]:
    """A stored verdict as data, with each event it relied on: when, what, and where it came from."""
    from dtv_workflow.audit.judge import Judged

    relied = [history[n - 1] for n in found.relied if n <= len(history)]
    events = [
        {"version": r.version, "event": r.name, "occurred_at": r.occurred_at, "recorded_at": r.recorded_at, "source": r.source}
        for r in relied
    ]
    return told(Judged(found), row, case_id, settings) | {"events": events}


def _page(record: Record, rows: list[dict[str, Any]], again: str, settings: Settings) -> None:
    dutch = settings.dutch
    labels = ("stap", "op", "geregistreerd", "door", "met", "bron", "regels", "toetsen", "opnieuw") if dutch else (
        "step", "at", "recorded", "by", "with", "source", "ruleset", "guards", "judged again")  # fmt: skip
    who = f"{record.actor} ({record.role.nl if dutch else record.role.value})"
    recorded = clock(record.recorded_at) if record.recorded_at != record.occurred_at else None
    asked = str(len(rows) or ("geen" if dutch else "none"))
    ruleset = record.receipt.ruleset if record.receipt else None
    said = (
        kebab(record.step), clock(record.occurred_at), recorded, who, record.second, record.source, ruleset, asked,
        _AGAIN[again][dutch],
    )  # fmt: skip
    page(f"{record.name} ({record.version})", zip(labels, said, strict=True))
    for line in rows:
        verdict(line | {"relied_on": ()}, dutch)
        for event in line["events"]:
            source = f", {'bron' if dutch else 'source'} {event['source']}" if event["source"] else ""
            at = clock(event["occurred_at"])
            late = f", {'geregistreerd' if dutch else 'recorded'} {clock(event['recorded_at'])}"
            late = late if clock(event["recorded_at"]) != at else ""
            click.echo(safe(f"      {event['version']:>3}  {at}  {event['event']}{late}{source}"))


_AGAIN = {
    "not_asked": ("nobody asked it: a timer told it; `dtv deadline explain CASE TIMER` counts the term",
                  "niemand vroeg het: een timer meldde het; `dtv deadline explain ZAAK TIMER` telt de termijn"),
    "same": ("the same verdicts", "dezelfde uitkomsten"),
    "differs": ("other verdicts: see `dtv audit what-if --rules own`", "andere uitkomsten: zie `dtv audit what-if --rules own`"),
    "not_possible": ("not possible: recorded before receipts kept their inputs",
                     "niet mogelijk: geregistreerd voordat de invoer werd bewaard"),
}  # fmt: skip


def _again(history: list[Record], version: int) -> str:
    """Whether today's guards, asked again on what was known then, answer as they did: a key of `_AGAIN`."""
    from dtv_workflow.domain.again import again, commit_of, differences

    if history[version - 1].step not in STEPS:
        return "not_asked"
    commit = commit_of(history, version)
    if not commit.whole:
        return "not_possible"
    return "differs" if differences(commit.receipt, again(commit)) else "same"
