"""`dtv rules`: the rulesets. Which there are, the numbers of one with their sources, and what differs between two."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import click

from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Command, Settings, group
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import Parameter, Ruleset, UnknownRuleset, in_force, last_day_of, named, shipped
from dtv_workflow.errors import Malformed, NotFound


@group("The rulesets: which there are, their numbers and sources, what differs between two.")
def rules() -> None: ...


@rules.command("list", cls=Command)
@click.pass_obj
def list_(settings: Settings) -> None:
    """List the rulesets, oldest first. A draft is never in force: only `dtv audit what-if` and `dtv rules diff` look at it."""
    rows = [
        {
            "ruleset": delta.id, "from": delta.since, "status": _status(delta.draft, settings),
            "parameters": len(delta.parameters), "title": delta.title, "transition": delta.transition,
        }
        for delta in shipped()
    ]  # fmt: skip
    more = ["transition"] if settings.machine or settings.shape == "csv" else []
    show(rows, ["ruleset", "from", "status", "parameters", "title", *more], settings)


def _status(draft: bool, settings: Settings) -> str:
    if settings.machine or not settings.dutch:
        return "draft" if draft else "law"
    return "ontwerp" if draft else "recht"


@rules.command("show", cls=Command)
@click.argument("ruleset", required=False, metavar="[ID|DAY]")
@click.pass_obj
def show_(settings: Settings, ruleset: str | None) -> None:
    """Every number of a ruleset: value, unit, first and last day, and the source. Without an id: the rules of today.

    \b
    dtv rules show nl-2017-05
    dtv rules show 2019-12-31
    """
    law = found(ruleset) if ruleset else in_force(day_of(datetime.now(UTC)))
    rows = [_row(law.parameters[name]) for name in sorted(law.parameters)]
    show(rows, ["parameter", "value", "unit", "from", "to", "ruleset", "source"], settings)
    if settings.shape == "table":
        click.echo(f"\n{law.id}, sha256 {law.hash}", err=True)


@rules.command("diff", cls=Command)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.pass_obj
def diff(settings: Settings, a: str, b: str) -> None:
    """What differs between two rulesets, each as everything in force with it. An id, a draft, or a day.

    \b
    dtv rules diff nl-2017-05 nl-2020-10
    dtv rules diff 2026-06-11 eu-return-regulation
    """
    before, after = found(a), found(b)
    rows = [_difference(name, before, after) for name in sorted({**before.parameters, **after.parameters})]
    columns = ["parameter", "before", "after", "unit", "from", "source"]
    empty = "geen verschil" if settings.dutch else "no difference"
    show([row for row in rows if row["before"] != row["after"]], columns, settings, empty=empty)


def found(reference: str) -> Ruleset:
    """The ruleset that an id or a day names. Raises Malformed, NotFound."""
    if reference[:4].isdigit():
        try:
            return in_force(date.fromisoformat(reference))
        except ValueError:
            raise Malformed("not a day such as 2026-06-12") from None
    try:
        return named(reference)
    except UnknownRuleset as error:
        raise NotFound(str(error)) from None


def _row(parameter: Parameter) -> dict[str, Any]:
    return {
        "parameter": parameter.name, "value": parameter.value, "unit": parameter.unit, "from": parameter.since,
        "to": last_day_of(parameter), "ruleset": parameter.ruleset, "source": parameter.source,
    }  # fmt: skip


def _difference(name: str, before: Ruleset, after: Ruleset) -> dict[str, Any]:
    known = after.parameters.get(name) or before.parameters[name]
    return {
        "parameter": name, "before": before.get(name), "after": after.get(name), "unit": known.unit, "from": known.since,
        "source": known.source,
    }  # fmt: skip
