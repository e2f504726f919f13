"""`dtv audit`, and the verbs of `dtv case` that read a history: log, diff, replay."""

from __future__ import annotations

import re
import textwrap
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dtv_workflow.cli.conform import conform
from dtv_workflow.cli.do import kebab
from dtv_workflow.cli.dossier import dossier
from dtv_workflow.cli.export import export
from dtv_workflow.cli.opened import known
from dtv_workflow.cli.prove import check_proof, checkpoint, prove, verify
from dtv_workflow.cli.render import clock, safe, show, width_of
from dtv_workflow.cli.sample import sample
from dtv_workflow.cli.settings import Command, Settings, group
from dtv_workflow.cli.timestamp import timestamp
from dtv_workflow.cli.values import moment_of
from dtv_workflow.cli.what_if import what_if
from dtv_workflow.cli.who import who
from dtv_workflow.cli.witness import attach, witness
from dtv_workflow.errors import NotFound

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.audit.replay import Replayed
    from dtv_workflow.audit.summary import Line
    from dtv_workflow.domain.case import DepartureCase
    from dtv_workflow.domain.record import Record


@group("Replay a case as it was known at any moment; prove that nobody changed it.")
def audit() -> None: ...


for command in (what_if, who, sample, checkpoint, prove, check_proof, verify, witness, attach, timestamp, dossier, conform):
    audit.add_command(command)
audit.add_command(export)


# ------------------------------------------------------------------ what every verb needs


def now_in(register: Register, history: list[Record], at: datetime | None) -> datetime:
    """Now, or the moment looked back to. In a training store time never lies before the case's own story."""
    now = at or register.clock()
    return max(now, history[-1].recorded_at) if register.store.training and at is None else now


def other_open_case(register: Register, seen: DepartureCase) -> str | None:
    """Another open case of the same person, as the guard of a reopening asks for it."""
    other = register.open_case_of(seen.v_number)
    return other if other != seen.id else None


# ------------------------------------------------------------------ replay


@audit.command("replay", cls=Command, looks_back=True, opens=True)
@click.argument("reference", metavar="CASE")
@click.option("--to", type=click.IntRange(1), metavar="VERSION", help="Up to this version.")
@click.option("--as-true-at", metavar="TIME", help="As it was in the world at this time, as far as is known.")
@click.option("--step", "stepwise", is_flag=True, help="Event by event: what each changed, and how its guards answered then.")
@click.pass_obj
def replay_(settings: Settings, reference: str, to: int | None, as_true_at: str | None, stepwise: bool) -> None:
    """Rebuild a case from its events. Replay believes: it asks no guard, and shows the answers they gave at the time.

    --as-known-at leaves out what was recorded later. --as-true-at takes in what was told late and what was corrected, in the
    order in which it happened, and leaves out what happened later; with both, as far as was known then. The detention clocks are
    told as of the moment looked back to, else of the day of the last event.

    \b
    dtv audit replay K7Q2 --as-known-at 2026-01-16T12:00+01:00
    dtv audit replay K7Q2 --as-true-at 2026-01-16T12:00+01:00
    """
    from dtv_workflow.audit.replay import replay, true_at, up_to

    at, true = moment_of(settings.as_known_at), moment_of(as_true_at, "--as-true-at")
    with settings.register() as register:
        history = known(register, reference, at)
    if to is not None and to > len(history):
        raise NotFound(f"the case has no version {to}; it has {len(history)}")
    cut = up_to(history, version=to)
    if true is not None:
        cut, at = true_at(cut, true), true
        if not cut:
            raise NotFound("nothing in this case had happened by that time")
    steps = list(replay(cut))
    if stepwise:
        _stepwise(steps, settings)
    else:
        _state(steps, at, settings)


def _state(steps: list[Replayed], at: datetime | None, settings: Settings) -> None:
    """The facets at the end, each with the version that set it, and the detention clocks."""
    from dtv_workflow.audit.clocks import facets_of, lines_of
    from dtv_workflow.domain.detention import ledger
    from dtv_workflow.domain.fields import day_of
    from dtv_workflow.domain.law.ruleset import in_force
    from dtv_workflow.domain.record import fold

    day = day_of(at or steps[-1].record.recorded_at)
    clocks = ledger(fold([step.record for step in steps]), in_force(day), day)
    set_by = {change.facet: step.record.version for step in steps for change in step.changes}
    rows = [
        {"facet": name, "value": _worded(name, value), "version": set_by.get(name, 1)}
        for name, value in steps[-1].facets.items()
    ]
    if settings.shape != "table":
        found = (facet for clock_ in clocks for facet in facets_of(clock_, settings.language))
        rows += [{"facet": name, "value": value, "version": version} for name, value, version in found]
    show(rows, ["version", "facet", "value"], settings)
    if settings.shape == "table":
        sections(lines_of(clocks, day, settings.language))
    last = steps[-1].record
    if settings.shape == "table":
        click.echo(f"\n{len(steps)} events, {last.originator_id.removeprefix('case/')}, {clock(last.recorded_at)}", err=True)


def sections(lines: list[Line]) -> None:
    """Lines under the titles of their sections, each section in columns of its own, on eighty columns."""
    for section in dict.fromkeys(line.section for line in lines):
        click.echo()
        click.secho(section, bold=True)
        own = [line for line in lines if line.section == section]
        width = max(width_of(line.facet) for line in own)
        for line in own:
            head = f"  {safe(line.facet)}{' ' * (width - width_of(line.facet))}  "
            click.echo(textwrap.fill(safe(line.value), 80, initial_indent=head, subsequent_indent=" " * (width + 4)))


def _worded(name: str, value: Any) -> str:
    from dtv_workflow.audit.replay import Change, text

    return _veiled(value) if Change(name, None, value).sealed else text(value)


def _stepwise(steps: list[Replayed], settings: Settings) -> None:
    if settings.shape in ("plain", "csv"):
        rows = [
            {"version": step.record.version, "occurred_at": step.record.occurred_at, "event": step.record.name, **change}
            for step in steps
            for change in changes(step, sealed=False) or [{}]
        ]
        show(rows, ["version", "occurred_at", "event", "facet", "before", "after"], settings)
        return
    if settings.machine:
        told = ({"changes": changes(step, sealed=False), "guards": _verdicts(step.record, settings)} for step in steps)
        show([entry(step, False) | more for step, more in zip(steps, told, strict=True)], [], settings)
        return
    for step in steps:
        record = step.record
        click.secho(f"{record.version}  {clock(record.occurred_at)}  {safe(record.name)}", bold=True)
        for change in changes(step, sealed=False):
            click.echo(f"     {safe(change['facet'])}: {safe(change['before'])} → {safe(change['after'])}")
        for verdict in _verdicts(record, settings):
            mark = click.style("✓", fg="green") if verdict["met"] else click.style("✗", fg="red")
            said = f": {safe(verdict['is'])}" if verdict["is"] else ""
            click.echo(f"     {mark} {verdict['code']} {verdict['guard']}  [{verdict['law']}]{said}")


def _verdicts(record: Record, settings: Settings) -> list[dict[str, Any]]:
    """The receipt as it was given: never judged anew."""
    return [
        {"code": v.code, "guard": v.guard, "law": v.law, "met": v.met,
         "is": (v.is_.nl if settings.dutch else v.is_.en) if v.is_ else None, "relied_on": v.relied}
        for v in (record.receipt.verdicts if record.receipt else ())
    ]


# ------------------------------------------------------------------ log


COLUMNS = (
    "version", "occurred_at", "recorded_at", "event", "step", "actor", "role", "second", "source", "back_dated", "codes",
    "request_id",
)  # fmt: skip


@click.command("log", cls=Command, looks_back=True, opens=True, unmasks=True)
@click.argument("reference", metavar="CASE")
@click.option("--reverse", is_flag=True, help="Oldest first.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many events.")
@click.option("-p", "--patch", is_flag=True, help="With the facets each event changed, and with --unmask its texts.")
@click.pass_obj
def log(settings: Settings, reference: str, reverse: bool, limit: int | None, patch: bool) -> None:
    """The history, newest first: what happened, who said so, in which role, and what was refused."""
    from dtv_workflow.audit.replay import replay

    with settings.register() as register:
        history = known(register, reference, moment_of(settings.as_known_at))
    steps = list(replay(history))
    steps = (steps if reverse else steps[::-1])[:limit]
    rows = [entry(step, patch, settings.unmask) for step in steps]
    if settings.machine or settings.shape == "csv":
        show(rows, COLUMNS, settings)
        return
    _history(steps, rows, patch, settings)


def entry(step: Replayed, patch: bool, unmask: bool = False) -> dict[str, Any]:
    """One event as data; what is sealed only when asked for in full."""
    record = step.record
    row: dict[str, Any] = {
        "version": record.version, "occurred_at": record.occurred_at, "recorded_at": record.recorded_at, "event": record.name,
        "step": kebab(record.step), "actor": record.actor, "role": record.role.value, "second": record.second,
        "source": record.source, "back_dated": record.back_dated, "codes": codes_of(record), "request_id": record.request_id,
    }  # fmt: skip
    if clocks := clocks_of(record):
        row["clocks"] = clocks
    if patch:
        row["changes"] = changes(step, sealed=unmask)
        row["texts"] = texts(record) if unmask else dict.fromkeys(texts(record), "sealed")
    return row


_CODED = {
    "CommandRefused": ("refused", "geweigerd"),
    "IntegrityIncidentRaised": ("incident", "incident"),
    "TimerExpired": ("term", "termijn"),
    "TimerReminded": ("term", "termijn"),
}
"""What the codes of an event are, in English and Dutch."""


def codes_of(record: Record) -> list[str]:
    """The codes of a refusal or of an incident, or the number of a timer."""
    event: Any = record.event
    if record.name == "CommandRefused":
        return list(event.codes)
    if record.name in ("TimerExpired", "TimerReminded"):
        return [event.timer]
    return [event.code] if record.name == "IntegrityIncidentRaised" else []


def clocks_of(record: Record) -> list[dict[str, Any]]:
    """The terms that a change of the law moved, of a `RulesetMigrated` event."""
    event: Any = record.event
    if record.name != "RulesetMigrated":
        return []
    return [{"code": c.code, "about": c.about, "before": c.before, "after": c.after} for c in event.clocks]


def changes(step: Replayed, *, sealed: bool) -> list[dict[str, str]]:
    """What an event changed, in words; what came from a sealed field only when asked for."""
    from dtv_workflow.audit.replay import text

    return [
        {
            "facet": change.facet,
            "before": text(change.before) if sealed or not change.sealed else _veiled(change.before),
            "after": text(change.after) if sealed or not change.sealed else _veiled(change.after),
        }
        for change in step.changes
    ]


def _veiled(given: Any) -> str:
    return "sealed" if given is not None else "–"


def texts(record: Record) -> dict[str, str]:
    """The sealed fields of an event, and its reason."""
    from dtv_workflow.audit.replay import text
    from dtv_workflow.domain.fields import sealed_class

    fields = msgspec.structs.fields(type(record.event))
    found = {f.name: text(getattr(record.event, f.name)) for f in fields if sealed_class(f.type)}
    return {name: said for name, said in ({"reason": record.reason or "–"} | found).items() if said != "–"}


def _history(steps: list[Replayed], rows: list[dict[str, Any]], patch: bool, settings: Settings) -> None:
    """The log for a reader: one line an event, a second one for what is out of the ordinary."""
    widths = [max((len(str(row[key])) for row in rows), default=0) for key in ("version", "event", "step")]
    for step, row in zip(steps, rows, strict=True):
        record = step.record
        who = f"{record.actor} ({record.role.nl if settings.dutch else record.role.value})"
        head = f"{row['version']:>{widths[0]}}  {clock(record.occurred_at)}  "
        rest = f"{row['event']:{widths[1]}}  {row['step']:{widths[2]}}  {who}"
        click.echo(head + (click.style(safe(rest), fg="red") if record.name == "CommandRefused" else safe(rest)))
        for mark in marks(record, settings):
            click.echo(" " * len(head) + click.style(safe(mark), fg="yellow" if row["codes"] else None, dim=not row["codes"]))
        for change in row.get("changes", ()):
            click.echo(f"{' ' * widths[0]}    {safe(change['facet'])}: {safe(change['before'])} → {safe(change['after'])}")
        for name, said in row.get("texts", {}).items():
            click.echo(f"{' ' * widths[0]}    “{name}” {safe(said)}")


def marks(record: Record, settings: Settings) -> list[str]:
    """What is out of the ordinary about an event, in one line or none."""
    dutch = settings.dutch
    said = []
    if codes := codes_of(record):
        word = _CODED.get(record.name, _CODED["IntegrityIncidentRaised"])[dutch]
        said.append(f"{word}: {', '.join(codes)}")
    for moved in clocks_of(record):
        ends = " → ".join(clock(moment) if moment else "–" for moment in (moved["before"], moved["after"]))
        said.append(f"{' '.join(filter(None, (moved['code'], moved['about'])))} {ends}")
    if record.second:
        said.append(f"{'met' if dutch else 'with'} {record.second}")
    if record.source:
        said.append(f"{'bron' if dutch else 'source'} {record.source}")
    if clock(record.recorded_at) != clock(record.occurred_at):
        said.append(f"{'geregistreerd' if dutch else 'recorded'} {clock(record.recorded_at)}")
    if record.back_dated:
        said.append("later geregistreerd dan besloten" if dutch else "back-dated")
    return ["; ".join(said)] if said else []


# ------------------------------------------------------------------ diff


@click.command("diff", cls=Command, opens=True)
@click.argument("reference", metavar="CASE")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.pass_obj
def diff(settings: Settings, reference: str, a: str, b: str) -> None:
    """What differs between two points: a version, what was known at a time (a day, or a time with offset), or with `true:` what
    was true at it, as far as is known now.

    \b
    dtv audit diff K7Q2 7 12
    dtv case diff K7Q2 2026-01-31 2026-02-28
    dtv audit diff K7Q2 2026-01-31 true:2026-01-31
    """
    from dtv_workflow.audit.replay import differences, facets
    from dtv_workflow.domain.record import fold

    with settings.register() as register:
        history = known(register, reference)
    before, after = (facets(fold(_cut(history, point))) for point in (a, b))
    rows = [_difference(change) for change in differences(before, after)]
    show(rows, ["facet", "before", "after"], settings, empty="geen verschil" if settings.dutch else "no difference")


audit.add_command(diff)


def _difference(change: Any) -> dict[str, str]:
    from dtv_workflow.audit.replay import text

    veil = _veiled if change.sealed else text
    return {"facet": change.facet, "before": veil(change.before), "after": veil(change.after)}


def _cut(history: list[Record], point: str) -> list[Record]:
    """The history up to a version, known at a time, or true at one. Raises NotFound, Malformed."""
    from dtv_workflow.audit.replay import true_at, up_to

    if re.fullmatch(r"\d{1,9}", point):
        if int(point) > len(history):
            raise NotFound(f"the case has no version {point}; it has {len(history)}")
        return history[: int(point)]
    kind, time = point.split(":", 1) if point.startswith(("true:", "known:")) else ("known", point)
    moment = moment_of(time, "A or B, when it is not a version,")
    if moment is None:
        return []
    return true_at(history, moment) if kind == "true" else up_to(history, known_at=moment)
