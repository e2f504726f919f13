"""`dtv case why`: every guard of a step, met or not, and what would lift what stands in the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click
import msgspec

from dtv_workflow.cli.audit import known, now_in, other_open_case
from dtv_workflow.cli.do import kebab, option_of
from dtv_workflow.cli.receipt import receipt_of, told, verdict
from dtv_workflow.cli.render import as_json, show
from dtv_workflow.cli.settings import Command, Settings, writing_options
from dtv_workflow.cli.values import moment_of, value
from dtv_workflow.domain.reading import row_named
from dtv_workflow.domain.steps import Context, Envelope, Row, hints, step_name
from dtv_workflow.domain.vocabulary import Kind

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.audit.judge import Judged
    from dtv_workflow.domain.case import DepartureCase
    from dtv_workflow.domain.law.rules import Receipt


def _asking(command: click.Command) -> click.Command:
    """Let a reading command say who would act, when and with whom; it still records nothing."""
    wanted = {"actor", "role", "at", "second"}
    options = [option for option in writing_options() if option.name in wanted]
    command.params += options
    command.shared |= {str(option.name) for option in options}  # type: ignore[attr-defined]
    return command


@click.command("why", cls=Command, context_settings={"ignore_unknown_options": True}, looks_back=True)
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
        verdict(line, dutch)
    if not count["no"]:
        from dtv_workflow.processes.worklist import command

        click.echo(f"\n  {'typ' if dutch else 'type'}: {command(step_name(row.step), seen.id[-5:], {})}")
