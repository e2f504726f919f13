"""`dtv audit what-if`: real histories under other rules. Reads, never records."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.do import kebab
from dtv_workflow.cli.opened import listed
from dtv_workflow.cli.render import as_json, clock, safe, show
from dtv_workflow.cli.rules import found
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.errors import Malformed

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.audit.what_if import Judged, Totals

OWN = "own"
"""Instead of a ruleset: the rules of each step's own day."""

COLUMNS = ("case", "version", "at", "step", "code", "guard", "law", "then", "now", "more")


@click.command("what-if", cls=Command)
@click.option("--rules", required=True, metavar="ID|DAY|own", help="The ruleset to judge by; own: the rules of each step's day.")
@click.option("--where", "conditions", multiple=True, metavar="COLUMN=VALUE", help="Only cases whose caseload row says so.")
@click.pass_obj
def what_if(settings: Settings, rules: str, conditions: tuple[str, ...]) -> None:
    """Judge every stored step again under another ruleset, and list where the answer would differ. Records nothing.

    One line a case: the first step whose verdict would differ, the guard and its provision, the outcome then and now, and how
    many more steps of the case differ. What would have followed nobody knows. A draft may be named: see `dtv rules list`.
    Conditions are columns of the caseload (`docs/views.md`); several must all hold; `!=` is not equal.

    \b
    dtv audit what-if --rules eu-return-regulation
    dtv audit what-if --rules nl-2017-05 --where regime=dublin --where phase!=closed
    dtv audit what-if --rules own
    """
    from dtv_workflow.audit.what_if import totals
    from dtv_workflow.audit.what_if import what_if as judged_under
    from dtv_workflow.cli.projection import progress

    law = None if rules == OWN else found(rules)
    with settings.register() as register:
        cases = _cases(register, conditions)
        judged = []
        with progress("geoordeeld" if settings.dutch else "judged") as told:
            for n, case in enumerate(cases, 1):
                judged.append(judged_under(register.history(case), law))
                told(n, len(cases))
        listed(register, (each.case for each in judged if each.otherwise))
    counted = totals(judged)
    ruleset = law.id if law else OWN
    rows = [_row(each, settings) for each in judged if each.otherwise]
    if settings.machine and settings.format == "json":
        click.echo(as_json({"rules": ruleset, "totals": counted._asdict(), "cases": rows}))
        return
    show(rows, COLUMNS, settings)
    if settings.shape in ("table", "plain"):
        _told(counted, ruleset, settings)


def _row(judged: Judged, settings: Settings) -> dict[str, Any]:
    first, *more = judged.otherwise
    verdict = first.difference.one
    return {
        "case": judged.case, "version": first.record.version,
        "at": first.record.occurred_at if settings.machine else clock(first.record.occurred_at),
        "step": kebab(first.record.step), "code": verdict.code, "guard": verdict.guard, "law": verdict.law,
        "then": first.then, "now": first.now, "more": len(more),
    }  # fmt: skip


def _told(counted: Totals, ruleset: str, settings: Settings) -> None:
    """The totals in words, on stderr beside a table."""
    n = counted
    if settings.dutch:
        said = f"{n.steps} stappen in {n.cases} zaken onder {ruleset}: {n.steps_otherwise} anders beoordeeld in "
        said += f"{n.cases_otherwise} zaken, waarvan {n.turned} met een andere uitkomst"
        said += f"; {n.unjudged} te oud om te beoordelen" if n.unjudged else ""
    else:
        said = f"{n.steps} steps of {n.cases} cases under {ruleset}: {n.steps_otherwise} judged otherwise in "
        said += f"{n.cases_otherwise} cases, {n.turned} with another outcome"
        said += f"; {n.unjudged} recorded before receipts kept their inputs" if n.unjudged else ""
    codes = ", ".join(f"{code} {count}" for code, count in n.codes.items())
    click.echo(safe(said + (f" ({codes})" if codes else "")), err=True)


def _cases(register: Register, conditions: tuple[str, ...]) -> list[str]:
    """The ids of the cases that meet every condition, oldest first. Raises Malformed."""
    from dtv_workflow.cli.projection import reading
    from dtv_workflow.projections.caseload import caseload

    columns = {str(column.name) for column in caseload.columns}
    asked, values = ["1 = 1"], {}
    for n, condition in enumerate(conditions):
        said = re.fullmatch(r"(\w+)(!?=)(.*)", condition)
        if said is None or said[1] not in columns:
            raise Malformed(f"--where takes COLUMN=VALUE or COLUMN!=VALUE; the columns are {', '.join(sorted(columns))}")
        asked.append(f"{said[1]} IS {'NOT ' if said[2] == '!=' else ''}:value{n}")
        values[f"value{n}"] = said[3] or None
    chosen = f"SELECT case_id FROM caseload WHERE {' AND '.join(asked)} ORDER BY case_id"  # noqa: S608
    with reading(register) as connection:
        return [str(row[0]) for row in connection.exec_driver_sql(chosen, values).all()]
