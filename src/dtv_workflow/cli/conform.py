"""`dtv audit conform`: a log that is not ours, judged by our table and guards."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.prove import given_out
from dtv_workflow.cli.render import as_json, clock, safe, show
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.errors import Malformed, NotFound

if TYPE_CHECKING:
    from dtv_workflow.audit.conform.judge import Breach, Judged, Mapping
    from dtv_workflow.audit.conform.read import Names, Trouble

COLUMNS = ("case", "event", "at", "activity", "step", "code", "guard", "law", "is", "needs")


@click.command("conform", cls=Command)
@click.argument("log", metavar="LOG")
@click.option("--map", "mapping", metavar="FILE", help="How the log speaks: activities, fields, columns (TOML).")
@click.option("--map-template", metavar="FILE", help="Write a mapping to begin with, from what the log has, and judge nothing.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Show at most so many breaches; all count.")
@click.pass_obj
def conform(settings: Settings, log: str, mapping: str | None, map_template: str | None, limit: int) -> int:
    """Replay a foreign log (CSV, XES, OCEL 2.0) against our steps and guards: which step of which case broke which article.

    A guard is met, broken, or not told, where the log does not carry what it asks: never a guess. Exit 7 when one is broken.

    \b
    dtv audit conform log.csv --map-template map.toml      what does it call things?
    dtv audit conform log.csv --map map.toml --format csv
    """
    from dtv_workflow.audit.conform.judge import Judged, Vocabulary, by_case, judge
    from dtv_workflow.audit.conform.read import Trouble, rows

    path = Path(log)
    if not path.is_file():
        raise NotFound("there is no such log")
    speaks, names = _mapping(mapping)
    trouble, into = Trouble(), Judged()
    found = list(rows(path, names, trouble))
    vocabulary = Vocabulary(speaks, trouble.columns)
    for row in found:
        vocabulary.learn(row)
    if map_template is not None:
        given_out(_template({row.activity for row in found}, {n for row in found for n in row.attributes}).encode(), map_template)
        return 0
    shown: list[dict[str, Any]] = []
    for breach in judge(by_case(found), vocabulary, into):
        if len(shown) < limit:
            shown.append(_line(breach, settings))
    if settings.machine and settings.format == "json":
        click.echo(as_json({"breaches": shown, "counts": _counts(into, trouble), "not_told": _untold(into)}))
    else:
        show(shown, COLUMNS, settings)
        _say(into, trouble, settings)
    return 7 if into.broken else 0


def _line(breach: Breach, settings: Settings) -> dict[str, Any]:
    from dtv_workflow.domain.law.rules import RULES

    rule, dutch = RULES[breach.code], settings.dutch
    return {
        "case": breach.case, "event": breach.place, "at": breach.at if settings.machine else clock(breach.at),
        "activity": breach.activity, "step": breach.step, "code": breach.code, "guard": breach.guard, "law": breach.law,
        "is": breach.is_.nl if dutch else breach.is_.en, "needs": rule.needs.nl if dutch else rule.needs.en,
    }  # fmt: skip


def _counts(into: Judged, trouble: Trouble) -> dict[str, Any]:
    return {
        "cases": into.cases, "steps": into.events, "met": into.met, "broken": into.broken,
        "not_told": sum(into.not_told.values()), "unknown_activities": dict(into.unknown), "not_steps": into.outside,
        "not_understood": dict(into.unreadable), "unread_lines": trouble.why, "times_without_offset": trouble.naive,
    }  # fmt: skip


def _untold(into: Judged) -> list[dict[str, Any]]:
    return [{"code": code, "why": why, "times": times} for (code, why), times in into.not_told.most_common()]


def _say(into: Judged, trouble: Trouble, settings: Settings) -> None:
    """The counts in words, on stderr."""
    from dtv_workflow.audit.conform.judge import nearest

    told, dutch = _counts(into, trouble), settings.dutch
    words = ("cases", "steps", "met", "broken", "not told")
    if dutch:
        words = ("zaken", "stappen", "voldaan", "geschonden", "niet verteld")
    keys = ("cases", "steps", "met", "broken", "not_told")
    click.echo(", ".join(f"{told[key]} {word}" for key, word in zip(keys, words, strict=True)), err=True)
    for each in _untold(into)[:10]:
        click.echo(f"  {'niet verteld' if dutch else 'not told'}: {each['code']} ({each['times']}): {each['why']}", err=True)
    for activity, times in into.unknown.most_common(10):
        near = nearest(activity)
        hint = f"; {'bedoeld' if dutch else 'meant'}: {', '.join(near)}?" if near else ""
        said = "onbekende activiteit" if dutch else "unknown activity"
        click.echo(f"  {said}: {safe(activity)} ({times}){hint}", err=True)
    for why, times in trouble.why.items():
        click.echo(f"  {times} {'regels' if dutch else 'lines'} {why}", err=True)
    if trouble.naive:
        said = "tijden zonder offset, gelezen als Amsterdam" if dutch else "times without an offset, read as Amsterdam's"
        click.echo(f"  {trouble.naive} {said}", err=True)


# ------------------------------------------------------------------ mapping


def _mapping(file: str | None) -> tuple[Mapping, Names]:
    """A mapping as it is written. Raises NotFound, Malformed."""
    from dtv_workflow.audit.conform.judge import Mapping
    from dtv_workflow.audit.conform.read import OBJECT, Names
    from dtv_workflow.domain.workflow import STEPS

    if file is None:
        return Mapping(), Names()
    try:
        said = tomllib.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        raise NotFound(f"the mapping cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Malformed("the mapping is not TOML") from None
    if unknown := sorted(set(said) - {"columns", "activities", "fields"}):
        raise Malformed(f"a mapping has the tables columns, activities and fields ({len(unknown)} unknown)")
    tables = {name: said.get(name, {}) for name in ("columns", "activities", "fields")}
    if not all(isinstance(t, dict) and all(isinstance(v, str) for v in t.values()) for t in tables.values()):
        raise Malformed("a mapping says texts: name = \"our name\"")
    steps = {activity: step.replace("-", "_") or None for activity, step in tables["activities"].items()}
    if wrong := next((step for step in steps.values() if step and step not in STEPS), None):
        raise Malformed(f"the mapping names a step that is none; see `dtv workflow table` ({len(wrong)} characters)")
    columns = tables["columns"]
    if set(columns) - {"case", "activity", "time", "object"}:
        raise Malformed("columns are case, activity, time, object")
    names = Names(columns.get("case"), columns.get("activity"), columns.get("time"), columns.get("object", OBJECT))
    return Mapping(steps, tables["fields"]), names


def _template(activities: set[str], attributes: set[str]) -> str:
    """A mapping to begin with: every activity with the step it seems to be, or left out."""
    import json

    from dtv_workflow.audit.conform.judge import nearest
    from dtv_workflow.domain.workflow import STEPS

    def guess(activity: str) -> str:
        near = [activity.replace("-", "_")] if activity.replace("-", "_") in STEPS else nearest(activity)
        return near[0] if near else ""

    lines = ["# activity = our step (`dtv workflow table`); empty: it is none of ours", "[activities]"]
    lines += [f"{json.dumps(each)} = {json.dumps(guess(each))}" for each in sorted(activities)]
    lines += ["", "# attribute of the log = field of our steps", "[fields]"]
    lines += [f"# {json.dumps(each)} = \"\"" for each in sorted(attributes)]
    columns = ('case = ""', 'activity = ""', 'time = ""', 'object = "zaak"')
    lines += ["", "# where they are not named as usual", "[columns]", *(f"# {column}" for column in columns), ""]
    return "\n".join(lines)
