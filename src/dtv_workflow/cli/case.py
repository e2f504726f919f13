"""`dtv case`: open, list and read cases; what may be asked now, and why not."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.audit import diff, log, now_in, other_open_case, sections
from dtv_workflow.cli.do import command_of, kebab
from dtv_workflow.cli.opened import known, listed
from dtv_workflow.cli.render import aligned, as_json, clock, safe, show, width_of, wrapped
from dtv_workflow.cli.settings import Choice, Command, Settings, group
from dtv_workflow.cli.values import moment_of
from dtv_workflow.cli.why import why
from dtv_workflow.domain.steps import step_name
from dtv_workflow.domain.vocabulary import Kind, Outcome, Phase
from dtv_workflow.domain.workflow import STEPS

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.domain.case import DepartureCase


@group("Open, list and read cases; what may be asked, and why not.")
def case() -> None: ...


_opening = command_of(STEPS["open_case"])
_opening.name = "open"
case.add_command(_opening)
case.add_command(log)
case.add_command(diff)
case.add_command(why)


# ------------------------------------------------------------------ list


@case.command("list", cls=Command)
@click.option("--phase", type=Choice([phase.value for phase in Phase if phase is not Phase.UNOPENED]), help="Only in this phase.")
@click.option("--supervisor", metavar="ACTOR", help="Only of this supervisor.")
@click.option("--outcome", type=Choice([outcome.value for outcome in Outcome]), help="Only closed with this outcome.")
@click.option("--open/--closed", "is_open", default=None, help="Only open cases, or only closed ones.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.pass_obj
def list_(settings: Settings, /, limit: int, **filters: Any) -> None:
    """List cases, newest first. Names are masked here."""
    with settings.register() as register:
        from dtv_workflow.audit.summary import masked_name
        from dtv_workflow.cli.projection import caseload

        total, found = caseload(register, limit=limit, **filters)
        listed(register, (row["case"] for row in found))
        shorts = _shorts(register, [row["case"] for row in found])
        rows = [
            {
                "case": row["case"] if settings.machine else shorts[row["case"]],
                "name": masked_name(register.case(row["case"]).name),
                "phase": _label(Phase, row["phase"], settings),
                "since": str(row["since"] or "")[:10],
                "supervisor": row["supervisor"],
                "outcome": _label(Outcome, row["outcome"], settings) if row["outcome"] else None,
                "holds": row["holds"],
            }
            for row in found
        ]
    empty = "geen zaken" if settings.dutch else "no cases"
    show(rows, ["case", "name", "phase", "since", "supervisor", "outcome", "holds"], settings, empty=empty)
    if total > len(rows):
        more = f"{len(rows)} van {total}" if settings.dutch else f"{len(rows)} of {total}"
        click.echo(f"{more}; --limit N", err=True)


def _label(terms: Any, word: str, settings: Settings) -> str:
    """A coded word in a list: its Dutch term for a Dutch reader, the code for everybody else."""
    return str(terms(word).nl) if settings.dutch and not settings.machine else word


def _shorts(register: Register, ids: list[str]) -> dict[str, str]:
    """Endings that mean one case in the whole store, so that what is read here can be typed."""
    shorts = {}
    for id in ids:
        length = 5
        while len(register.store.recorder.stream_ids("case/", id[-length:])) > 1 and length < len(id):
            length += 1
        shorts[id] = id[-length:]
    return shorts


# ------------------------------------------------------------------ show


@case.command("show", cls=Command, looks_back=True, opens=True, unmasks=True)
@click.argument("reference", metavar="CASE")
@click.pass_obj
def show_(settings: Settings, reference: str) -> None:
    """One case on a page: what is known, what runs, what may be done. Who the person is shows with --unmask."""
    from dtv_workflow.audit.clocks import data_of, lines_of
    from dtv_workflow.audit.judge import may
    from dtv_workflow.audit.summary import page_of
    from dtv_workflow.domain.deadlines import deadlines
    from dtv_workflow.domain.detention import ledger
    from dtv_workflow.domain.fields import day_of
    from dtv_workflow.domain.law.ruleset import in_force
    from dtv_workflow.domain.record import fold

    at = moment_of(settings.as_known_at)
    with settings.register() as register:
        history = known(register, reference, at)
        now = now_in(register, history, at)
        seen = fold(history)
        other = other_open_case(register, seen)
    law = in_force(day_of(now))
    lines = page_of(seen, now, settings.language, unmasked=settings.unmask)
    clocks = ledger(seen, law, day_of(now))
    counted = lines_of(clocks, day_of(now), settings.language)
    terms = deadlines(seen, law, now)
    steps = may(seen, now, other)
    if settings.shape in ("csv", "jsonl"):
        show([line._asdict() for line in (*lines, *counted)], ["section", "facet", "value", "version"], settings)
        return
    if settings.machine:
        click.echo(as_json({
            "case": seen.id, "phase": seen.phase, "version": seen.version, "at": now, "as_known_at": at,
            "facets": [line._asdict() for line in lines],
            "detention": [data_of(clock, settings.language) for clock in clocks],
            "deadlines": [_deadline(term, now, settings) for term in terms],
            "next": [kebab(step_name(s.row.step)) for s in steps if not s.codes],
            "refused": {kebab(step_name(s.row.step)): s.codes for s in steps if s.codes},
        }))  # fmt: skip
        return
    _page(seen, lines, now, at, settings)
    sections(counted)
    _terms(terms, now, settings)
    _steps(seen, steps, settings)


def _page(seen: DepartureCase, lines: list[Any], now: datetime, at: datetime | None, settings: Settings) -> None:
    known_at = f", {'zoals bekend op' if settings.dutch else 'as known at'} {clock(at)}" if at else ""
    click.secho(f"{'zaak' if settings.dutch else 'case'} {seen.id}{known_at}", bold=True)
    width = max(width_of(line.facet) for line in lines)
    for section in dict.fromkeys(line.section for line in lines):
        click.echo()
        click.secho(section, bold=True)
        for line in (line for line in lines if line.section == section):
            click.echo(f"  {safe(line.facet)}{' ' * (width - width_of(line.facet))}  {safe(line.value)}")


def _deadline(term: Any, now: datetime, settings: Settings) -> dict[str, Any]:
    what = term.what.nl if settings.dutch else term.what.en
    late = term.due <= now
    return {"code": term.code, "what": what, "due": term.due, "late": late, "law": term.law, "step": kebab(term.proposes)}


def _terms(terms: list[Any], now: datetime, settings: Settings) -> None:
    if not terms:
        return
    click.echo()
    click.secho("termijnen" if settings.dutch else "deadlines", bold=True)
    late = "te laat" if settings.dutch else "late"
    aligned(
        (clock(t.due), t.code, t.what.nl if settings.dutch else t.what.en, late if t.due <= now else "", kebab(t.proposes))
        for t in terms[:8]
    )


def _steps(seen: DepartureCase, steps: list[Any], settings: Settings) -> None:
    """What may be done, wrapped; what is refused, with its codes."""
    decisions = [s for s in steps if s.row.kind is Kind.DECISION]
    free = [kebab(step_name(s.row.step)) for s in decisions if not s.codes]
    refused = [(kebab(step_name(s.row.step)), " ".join(s.codes)) for s in decisions if s.codes]
    short = seen.id[-5:]
    if free:
        click.echo()
        click.secho("mogelijk" if settings.dutch else "may be done", bold=True)
        wrapped(free)
    if refused:
        click.echo()
        click.secho("nu geweigerd" if settings.dutch else "refused now", bold=True)
        aligned(refused)
    click.echo()
    asked, step = ("typ", "STAP") if settings.dutch else ("type", "STEP")
    click.echo(f"  {asked}: dtv case next {short}, dtv case why {short} {step}")


# ------------------------------------------------------------------ next


@case.command("next", cls=Command, opens=True)
@click.argument("reference", metavar="CASE")
@click.pass_obj
def next_(settings: Settings, reference: str) -> None:
    """What may be done now, what is refused and on which codes; each with the command to type.

    A step is judged without its own fields: what depends on them shows when it is asked. `dtv case why CASE STEP` has the rest.
    """
    from dtv_workflow.audit.judge import may
    from dtv_workflow.domain.record import fold
    from dtv_workflow.processes.worklist import command

    with settings.register() as register:
        history = known(register, reference)
        seen = fold(history)
        steps = may(seen, now_in(register, history, None), other_open_case(register, seen))
    short = seen.id[-5:]
    rows = []
    for step in steps:
        name = step_name(step.row.step)
        status = "fact" if step.row.kind is Kind.FACT else "refused" if step.codes else "possible"
        typed = f"dtv case why {short} {kebab(name)}" if step.codes else command(name, short, _second(step.asks))
        rows.append({
            "step": kebab(name), "status": status, "codes": step.codes, "asks": step.asks,
            "to": step.row.to.value if step.row.to else None,
            "roles": [role.value for role in step.row.roles] if status != "fact" else [], "command": typed,
        })  # fmt: skip
    rows.sort(key=lambda row: ("possible", "refused", "fact").index(str(row["status"])))
    if settings.shape != "table":
        show(rows, ["step", "status", "codes", "asks", "to", "roles", "command"], settings)
        return
    _next(rows, short, settings)


def _second(asks: tuple[str, ...]) -> dict[str, str]:
    """Whether a rule that the step itself meets asks for a second person."""
    from dtv_workflow.domain.law.rules import RULES

    return {"second": "…"} if any("--second" in RULES[code].lifts for code in asks) else {}


def _leads(to: str | None) -> str:
    return f"→ {to}" if to else ""


def _next(rows: list[dict[str, Any]], short: str, settings: Settings) -> None:
    dutch = settings.dutch
    for status, title in (
        ("possible", "mogelijk" if dutch else "may be done"),
        ("refused", "nu geweigerd" if dutch else "refused now"),
    ):
        if found := [row for row in rows if row["status"] == status]:
            click.secho(title, bold=True)
            aligned((row["step"], " ".join(row["codes"]) or _leads(row["to"]), row["command"]) for row in found)
            click.echo()
    facts = [row["step"] for row in rows if row["status"] == "fact"]
    click.secho(f"{'feiten, altijd' if dutch else 'facts, always'}: dtv record {'FEIT' if dutch else 'FACT'} {short}", bold=True)
    wrapped(facts)
