"""`dtv case why`: every guard of a step, met or not, what would lift what stands in the way, and which steps would be enough."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click
import msgspec

from dtv_workflow.cli.audit import now_in, other_open_case
from dtv_workflow.cli.do import kebab, option_of
from dtv_workflow.cli.opened import known
from dtv_workflow.cli.receipt import receipt_of, told, verdict
from dtv_workflow.cli.render import as_json, clock, safe, show
from dtv_workflow.cli.settings import Command, Settings, writing_options
from dtv_workflow.cli.values import bare, moment_of, personal, value
from dtv_workflow.domain.reading import row_named
from dtv_workflow.domain.steps import Context, Envelope, Row, hints, step_name
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import STEPS

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.audit.cures import Cure
    from dtv_workflow.audit.filled import Move
    from dtv_workflow.audit.judge import Judged
    from dtv_workflow.audit.standing import Standing
    from dtv_workflow.domain.case import DepartureCase
    from dtv_workflow.domain.law.rules import Receipt, Verdict


class Question(NamedTuple):
    """What is asked: a step on a case, with the fields given, by whom and when."""

    case: DepartureCase
    row: Row
    given: dict[str, Any]
    context: Context

    @property
    def short(self) -> str:
        return self.case.id[-5:]


def _asking(command: click.Command) -> click.Command:
    """Let a reading command say who would act, when and with whom; it still records nothing."""
    wanted = {"role", "at", "second"}
    options = [option for option in writing_options() if option.name in wanted]
    command.params += options
    command.shared |= {str(option.name) for option in options}  # type: ignore[attr-defined]
    return command


@click.command("why", cls=Command, context_settings={"ignore_unknown_options": True}, looks_back=True, opens=True)
@click.argument("reference", metavar="CASE")
@click.argument("step", metavar="STEP|VERSION")
@click.argument("fields", nargs=-1, type=click.UNPROCESSED, metavar="[--FIELD VALUE]…")
@click.pass_obj
def why(settings: Settings, reference: str, step: str, fields: tuple[str, ...]) -> None:
    """Every guard of a step, met or not: its law, what is, what is needed, who can lift it and how. Records nothing.

    Then the smallest set of further steps, four at most, after which the step would be allowed; or what stands until it ends by
    itself. A safeguard is never among the steps, and a fact only for when it is so. Fields are those of the step; what is left
    out is marked where a guard depends on it. A number instead of a step shows the receipt of that version: how it was judged
    at the time.

    \b
    dtv case why K7Q2 book-removal
    dtv case why K7Q2 order-detention --article 59
    dtv case why K7Q2 14
    """
    from dtv_workflow.audit.cures import cures
    from dtv_workflow.audit.judge import judge, neutral
    from dtv_workflow.domain.record import fold

    at = moment_of(settings.as_known_at)
    if re.fullmatch(r"\d{1,9}", step):
        receipt_of(settings, reference, int(step), at)
        return
    row = row_named(step)
    given = _given(row, fields)
    with settings.register() as register:
        history = known(register, reference, at)
        seen, now = fold(history), now_in(register, history, at or moment_of(settings.at, "--at"))
        context = neutral(row, now, other_open_case(register, seen))
        if settings.actor or settings.role or settings.second:
            envelope = settings.envelope(register)
            context = _acting(register, row, envelope, context)
    judged, receipt = judge(seen, row, given, context)
    cure = cures(seen, row, given, context) if row.kind is Kind.DECISION else None
    asked = Question(seen, row, given, context)
    _verdicts(settings, asked, [_line(asked, each, cure, settings) for each in judged], cure, receipt)


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


def _verdicts(
    settings: Settings, asked: Question, rows: list[dict[str, Any]], cure: Cure | None, receipt: Receipt
) -> None:
    """Tell a judgement: what stands in the way first, then what depends, then what is met; then what would do."""
    seen, row = asked.case, asked.row
    rows = sorted(rows, key=lambda line: ("no", "depends", "yes").index(line["answer"]))
    name = kebab(step_name(row.step))
    if settings.machine and settings.format == "json":
        found = cure and _as_data(cure, asked, settings)
        click.echo(as_json({"case": seen.id, "version": seen.version, "phase": seen.phase, "step": name,
                            "ruleset": receipt.ruleset, "guards": rows, "cures": found}))  # fmt: skip
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
        verdict(line | {"lifts": re.sub(", (or|and) ", rf",\n{' ' * 14}\1 ", line["lifts"])}, dutch)
    if cure is not None:
        _cure(cure, asked, settings)
    elif not count["no"]:
        from dtv_workflow.audit.filled import move

        click.echo(f"\n  {'typ' if dutch else 'type'}: {typed(move(step_name(row.step), {}, {}), asked.short)}")


# ------------------------------------------------------------------ the exact next command


def typed(one: Move, short: str) -> str:
    """The command line of a step: what is known filled in, what a human must say as `…`. A personal field comes from stdin (`-`)
    and, since there is one stdin, a second one from a file."""
    row = STEPS[one.step]
    words = ["dtv", "do" if row.kind is Kind.DECISION else "record", kebab(one.step), short]
    types, stdin = hints(row.step), iter("-")
    for field in msgspec.structs.fields(row.step):
        if field.required or field.name in one.known:
            said, option = one.known.get(field.name), kebab(field.name)
            if bare(types[field.name]) is bool:
                words.append(f"--{option}" if said is True else f"--no-{option}" if said is False else f"--[no-]{option}")
            elif personal(types[field.name]) or bare(types[field.name]) is Any:
                words += [f"--{option}", next(stdin, "@FILE")]
            else:
                words += [f"--{option}", _plainly(said)]
    besides = [*(["--reason", BLANK] if one.step == "correct" else []), *(["--second", BLANK] if one.second else [])]
    return safe(" ".join([*words, *besides]))


def _plainly(said: Any) -> str:
    if isinstance(said, list) and said and all(isinstance(part, str) for part in said):
        said = ",".join(said)
    return shlex.quote(str(said)) if isinstance(said, str | int) and said != BLANK else BLANK


BLANK = "…"
"""What a human must fill in."""


def _line(asked: Question, judged: Judged, cure: Cure | None, settings: Settings) -> dict[str, Any]:
    """A verdict as data; of one that stands in the way, the cure is the exact command, and who may give it."""
    from dtv_workflow.audit.cures import next_steps

    line = told(judged, asked.row, asked.case.id, settings)
    if line["answer"] != "no":
        return line
    otherwise = _otherwise(judged.verdict, asked.row)
    if otherwise and cure:
        return line | {"lifts": f"{typed(cure.step, asked.short)} {otherwise}"}
    steps = next_steps(*asked, judged.verdict)
    if not steps:
        return line | {"lifts": _waiting(asked, judged.verdict, settings) or line["lifts"]}
    own = step_name(asked.row.step)
    commands = [f"{'' if one.step == own else _when(one, settings)}{typed(one, asked.short)}" for one in steps]
    roles = dict.fromkeys(role for one in steps for role in _by(one, settings))
    joined = ", and " if len({one.step for one in steps}) == 1 else ", or "
    return line | {"lifts": joined.join(dict.fromkeys(commands)), "by": list(roles)}


def _otherwise(found: Verdict, row: Row) -> str | None:
    """What makes the same command allowed where only who asks it, or when, is in the way."""
    from dtv_workflow.domain.law.rules import cure_of

    said = re.match(r"the same step with (--as|--at) ", cure_of(found).lifts)
    if said is None:
        return None
    return f"{said[1]} …{f' --role {row.roles[0].value}' if found.code == 'N48' else ''}"


def _waiting(asked: Question, found: Verdict, settings: Settings) -> str | None:
    """For what only time ends: what is waited for, and until when."""
    from dtv_workflow.audit.standing import STAND, standing

    if found.code not in STAND:
        return None
    said = (_ends(one, settings) for one in standing(found, asked.case, asked.context))
    return "; ".join(each.partition(": ")[2] for each in said)


# ------------------------------------------------------------------ what would do


def _cure(cure: Cure, asked: Question, settings: Settings) -> None:
    """Tell the further steps after which the step would be allowed, or what stands."""
    from dtv_workflow.audit.cures import MOST
    from dtv_workflow.audit.standing import of_a_day

    dutch, count = settings.dutch, len(cure.steps)
    last = typed(cure.step, asked.short)
    if cure.found and not count:
        click.echo(f"\n  {'typ' if dutch else 'type'}: {last}")
        return
    allowed = cure.found or (count > 0 and of_a_day(cure.stands))
    if allowed:
        steps, day = "stap" if count == 1 else "stappen", "" if cure.found else ", op zijn dag" if dutch else ", on its day"
        said = (f"zou mogen na {count} {steps}{day}:" if dutch
                else f"would be allowed after {count} step{'' if count == 1 else 's'}{day}:")  # fmt: skip
    elif count:
        said = (f"binnen {MOST} stappen niet mogelijk; dit beantwoordt een deel:" if dutch
                else f"not possible within {MOST} steps; these would answer part of it:")  # fmt: skip
    else:
        said = "geen verdere stap maakt het mogelijk" if dutch else "no further step would make it possible"
    click.secho(f"\n{said}", bold=True)
    for n, one in enumerate(cure.steps, 1):
        click.echo(f"  {n}. {_when(one, settings)}{typed(one, asked.short)}")
        click.echo(f"     {', '.join(one.answers)}  ({', '.join(_by(one, settings))})")
    if allowed:
        click.echo(f"  {'daarna' if dutch else 'then'}: {last}  ({', '.join(_by(cure.step, settings))})")
    if cure.found:
        return
    click.secho(f"\n{'wat blijft staan' if dutch else 'what stands'}:", bold=True)
    for each in cure.stands:
        click.echo(f"  {each.code} {each.guard}: {safe(each.is_.nl if dutch else each.is_.en)}")
        click.echo(f"      {_ends(each, settings)}")
        if each.by is not None:
            click.echo(f"      {_when(each.by, settings)}{typed(each.by, asked.short)}  ({', '.join(_by(each.by, settings))})")


def _ends(one: Standing, settings: Settings) -> str:
    """What ends what stands or what it needs; for what ends by itself, from when on."""
    dutch = settings.dutch
    label = ("eindigt door" if dutch else "ends by") if one.waits else ("nodig" if dutch else "needs")
    over = f"; {'voorbij vanaf' if dutch else 'over from'} {_moment(one.until)}" if one.until else ""
    return f"{label}: {one.ends.nl if dutch else one.ends.en}{over}"


def _moment(moment: datetime) -> str:
    """A moment in Europe/Amsterdam; of one at midnight the day."""
    return clock(moment).removesuffix(" 00:00")


def _when(one: Move, settings: Settings) -> str:
    """A fact is never made up: it is told for when it is so."""
    if not one.when:
        return ""
    return "als het zo is: " if settings.dutch else "when it is so: "


def _by(one: Move, settings: Settings) -> list[str]:
    """The roles that may take a step. A fact may be reported by anybody."""
    return [role.value for role in one.by] or ["elke rol" if settings.dutch else "every role"]


def _as_data(cure: Cure, asked: Question, settings: Settings) -> dict[str, Any]:
    """What was found, for a program."""
    dutch = settings.dutch

    def one(move: Move) -> dict[str, Any]:
        types = hints(STEPS[move.step].step)
        fields = {name: BLANK if personal(types[name]) else said for name, said in move.known.items()}
        return {
            "step": kebab(move.step), "command": typed(move, asked.short), "fields": fields, "fact": move.fact,
            "when": move.when, "answers": move.answers, "by": move.by, "second": move.second,
        }  # fmt: skip

    stands: Iterable[dict[str, Any]] = (
        {"code": each.code, "guard": each.guard, "is": each.is_.nl if dutch else each.is_.en,
         "ends": each.ends.nl if dutch else each.ends.en, "until": each.until, "by": each.by and one(each.by)}
        for each in cure.stands
    )  # fmt: skip
    return {"found": cure.found, "steps": [one(step) for step in cure.steps], "stands": list(stands), "then": one(cure.step)}
