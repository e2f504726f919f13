"""`dtv case`: open, list and read cases; what may be asked now, and why not."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dtv_workflow.cli.audit import diff, known, log, now_in
from dtv_workflow.cli.do import as_command, command_of, kebab, option_of
from dtv_workflow.cli.render import aligned, as_json, clock, page, plain, safe, show, width_of, wrapped
from dtv_workflow.cli.settings import Choice, Command, Settings, group, writing_options
from dtv_workflow.cli.values import moment_of, value
from dtv_workflow.domain.reading import row_named
from dtv_workflow.domain.steps import Context, Envelope, Row, hints, step_name
from dtv_workflow.domain.vocabulary import Kind, Outcome, Phase
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import NotFound

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.audit.judge import Judged
    from dtv_workflow.domain.case import DepartureCase
    from dtv_workflow.domain.law.rules import Receipt


@group("Open, list and read cases; what may be asked, and why not.")
def case() -> None: ...


_opening = command_of(STEPS["open_case"])
_opening.name = "open"
case.add_command(_opening)
case.add_command(log)
case.add_command(diff)


def masked(name: str) -> str:
    """A name as lists show it: `S. T***`."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    if not parts:
        return "***"
    return f"{parts[0][0]}. {parts[-1][0]}***" if len(parts) > 1 else f"{parts[0][0]}***"


# ------------------------------------------------------------------ list


@case.command("list", cls=Command)
@click.option("--phase", type=Choice([phase.value for phase in Phase if phase is not Phase.UNOPENED]), help="Only in this phase.")
@click.option("--supervisor", metavar="ACTOR", help="Only of this supervisor.")
@click.option("--outcome", type=Choice([outcome.value for outcome in Outcome]), help="Only closed with this outcome.")
@click.option("--open/--closed", "is_open", default=None, help="Only open cases, or only closed ones.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.pass_obj
def list_(settings: Settings, /, limit: int, **filters: Any) -> None:
    """List cases, newest first. Names are masked here; `dtv case show` has them."""
    with settings.register() as register:
        from dtv_workflow.cli.projection import caseload

        total, found = caseload(register, limit=limit, **filters)
        shorts = _shorts(register, [row["case"] for row in found])
        rows = [
            {
                "case": row["case"] if settings.machine else shorts[row["case"]],
                "name": masked(register.case(row["case"]).name),
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


@case.command("show", cls=Command, looks_back=True)
@click.argument("reference", metavar="CASE")
@click.pass_obj
def show_(settings: Settings, reference: str) -> None:
    """One case on a page: what is known, what runs, what may be done. The person's name is shown here."""
    from dtv_workflow.audit.judge import may
    from dtv_workflow.audit.summary import page_of
    from dtv_workflow.domain.deadlines import deadlines
    from dtv_workflow.domain.fields import day_of
    from dtv_workflow.domain.law.ruleset import in_force
    from dtv_workflow.domain.record import fold

    at = moment_of(settings.as_known_at)
    with settings.register() as register:
        history = known(register, reference, at)
        now = now_in(register, history, at)
        seen = fold(history)
        other = _other_open_case(register, seen)
    law = in_force(day_of(now))
    lines = page_of(seen, law, now, settings.language)
    terms = deadlines(seen, law, now)
    steps = may(seen, now, other)
    if settings.shape in ("csv", "jsonl"):
        show([line._asdict() for line in lines], ["section", "facet", "value", "version"], settings)
        return
    if settings.machine:
        click.echo(as_json({
            "case": seen.id, "phase": seen.phase, "version": seen.version, "at": now, "as_known_at": at,
            "facets": [line._asdict() for line in lines],
            "deadlines": [_deadline(term, now, settings) for term in terms],
            "next": [kebab(step_name(s.row.step)) for s in steps if not s.codes],
            "refused": {kebab(step_name(s.row.step)): s.codes for s in steps if s.codes},
        }))  # fmt: skip
        return
    _page(seen, lines, now, at, settings)
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


def _other_open_case(register: Register, seen: DepartureCase) -> str | None:
    """Another open case of the same person, as the guard of a reopening asks for it."""
    other = register.open_case_of(seen.v_number)
    return other if other != seen.id else None


# ------------------------------------------------------------------ next


@case.command("next", cls=Command)
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
        steps = may(seen, now_in(register, history, None), _other_open_case(register, seen))
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


# ------------------------------------------------------------------ why


def _asking(command: click.Command) -> click.Command:
    """Let a reading command say who would act, when and with whom; it still records nothing."""
    wanted = {"actor", "role", "at", "second"}
    options = [option for option in writing_options() if option.name in wanted]
    command.params += options
    command.shared |= {str(option.name) for option in options}  # type: ignore[attr-defined]
    return command


@case.command("why", cls=Command, context_settings={"ignore_unknown_options": True}, looks_back=True)
@click.argument("reference", metavar="CASE")
@click.argument("step", metavar="STEP|VERSION")
@click.argument("fields", nargs=-1, type=click.UNPROCESSED, metavar="[--FIELD VALUE]…")
@click.pass_obj
def why(settings: Settings, reference: str, step: str, fields: tuple[str, ...]) -> None:
    """Every guard of a step, met or not: its law, what is, what is needed, who can lift it and how. Records nothing.

    Fields are those of the step; what is left out is marked where a guard depends on it. A number instead of a step shows the
    receipt of that version: how it was judged at the time.

    \b
    dtv case why K7Q2 book-removal
    dtv case why K7Q2 order-detention --article 59
    dtv case why K7Q2 14
    """
    from dtv_workflow.audit.judge import judge, neutral
    from dtv_workflow.domain.record import fold

    at = moment_of(settings.as_known_at)
    if re.fullmatch(r"\d{1,9}", step):
        _receipt(settings, reference, int(step), at)
        return
    row = row_named(step)
    given = _given(row, fields)
    with settings.register() as register:
        history = known(register, reference, at)
        seen, now = fold(history), now_in(register, history, at or moment_of(settings.at, "--at"))
        context = neutral(row, now, _other_open_case(register, seen))
        if settings.actor or settings.role or settings.second:
            envelope = settings.envelope(register)
            context = _acting(register, row, envelope, context)
    judged, receipt = judge(seen, row, given, context)
    _verdicts(settings, seen, row, judged, receipt)


_asking(why)


def _acting(register: Register, row: Row, envelope: Envelope, context: Context) -> Context:
    """The context of somebody in particular, with the second person named. Raises Unauthorised."""
    from dtv_workflow.actors import as_given, authority

    if register.store.training:
        given = as_given(row, envelope)
    else:
        given = authority(row, envelope, register.os_user, register.users())
    return msgspec.structs.replace(
        context, actor=envelope.actor, role=given.role, role_granted=given.granted, second=envelope.second,
        second_may_approve=given.second_may_approve,
    )  # fmt: skip


def _given(row: Row, fields: tuple[str, ...]) -> dict[str, Any]:
    """The fields given as options of the step, read as `dtv do` reads them."""
    types = hints(row.step)
    options: list[click.Parameter] = [option_of(f, types[f.name]) for f in msgspec.structs.fields(row.step)]
    parsed = click.Command(kebab(step_name(row.step)), params=options).make_context("why", list(fields))
    found = {name: value(name, kind, parsed.params[name]) for name, kind in types.items()}
    return {name: said for name, said in found.items() if said is not None}


def _verdicts(settings: Settings, seen: DepartureCase, row: Row, judged: list[Judged], receipt: Receipt) -> None:
    """Tell a judgement: what stands in the way first, then what depends, then what is met."""
    ordered = sorted(judged, key=lambda j: 2 if j.verdict.met and not j.depends else 1 if j.depends else 0)
    rows = [told(j, row, seen.id, settings) for j in ordered]
    name = kebab(step_name(row.step))
    if settings.machine and settings.format == "json":
        click.echo(as_json({"case": seen.id, "version": seen.version, "phase": seen.phase, "step": name,
                            "ruleset": receipt.ruleset, "guards": rows}))  # fmt: skip
        return
    if settings.shape in ("jsonl", "csv"):
        show(rows, ["answer", "code", "guard", "law", "is", "needs", "lifts", "by", "depends_on"], settings)
        return
    dutch = settings.dutch
    count = {answer: sum(r["answer"] == answer for r in rows) for answer in ("no", "depends", "yes")}
    place = f"{name} in {seen.phase.nl if dutch else seen.phase.value}"
    english, nederlands = ("in the way", "depend on what is given", "met"), ("in de weg", "hangen af van de invulling", "voldaan")
    parts = nederlands if dutch else english
    if row.kind is Kind.FACT:
        parts = ("incidenten" if dutch else "incidents", *parts[1:])
    click.secho(f"{place}: {count['no']} {parts[0]}, {count['depends']} {parts[1]}, {count['yes']} {parts[2]}", bold=True)
    for line in rows:
        _verdict(line, dutch)
    if not count["no"]:
        from dtv_workflow.processes.worklist import command

        click.echo(f"\n  {'typ' if dutch else 'type'}: {command(step_name(row.step), seen.id[-5:], {})}")


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


def _verdict(line: dict[str, Any], dutch: bool) -> None:
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


def _receipt(settings: Settings, reference: str, version: int, at: datetime | None) -> None:
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
        _verdict(line, settings.dutch)
