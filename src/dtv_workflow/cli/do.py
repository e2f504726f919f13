"""`dtv do` and `dtv record`: one command a step, made from the step's struct; nothing is written twice."""

from __future__ import annotations

import re
from typing import Any

import click
import msgspec

from dtv_workflow.cli.render import as_json, safe
from dtv_workflow.cli.settings import Choice, Command, Settings, told
from dtv_workflow.cli.values import bare, personal, prompted, value, words
from dtv_workflow.domain.chapters.intake import OpenCase
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Row, hints, step_name
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import STEPS


def kebab(name: str) -> str:
    """`record_interview` → `record-interview`."""
    return name.replace("_", "-")


class Steps(click.Group):
    """The steps of one kind as commands."""

    def __init__(self, kind: Kind, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [kebab(name) for name, row in STEPS.items() if row.kind is self.kind]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        row = STEPS.get(cmd_name.replace("-", "_"))
        if row is None:
            return None
        if row.kind is not self.kind:
            verb = "record" if self.kind is Kind.DECISION else "do"
            raise click.UsageError(f"{cmd_name} is a {row.kind.value}: use `dtv {verb} {cmd_name}`")
        return command_of(row)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0].replace("-", "_") not in STEPS:
            from dtv_workflow.domain.reading import row_named

            row_named(args[0])
        return super().resolve_command(ctx, args)


def option_of(field: Any, declared: Any) -> click.Option:
    """The option of one field: its description is the help, its type the validation."""
    kind, name = bare(declared), f"--{kebab(field.name)}"
    says = _described(declared)
    needed = " [required]" if field.required else ""
    if kind is bool:
        return click.Option([f"{name}/--no-{kebab(field.name)}", field.name], default=None, help=says + needed)
    if allowed := words(declared):
        return click.Option([name, field.name], type=Choice(allowed), help=says + needed)
    if kind is int:
        return click.Option([name, field.name], type=int, help=says + needed)
    if personal(declared) or kind is Any:
        told_ = f"{says} Personal: from a file or stdin.{needed}"
        return click.Option([name, field.name], metavar="@FILE|-", help=told_, multiple=_many(kind))
    return click.Option([name, field.name], metavar=_metavar(kind), help=says + needed, multiple=_many(kind))


def _many(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _metavar(kind: Any) -> str:
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "ITEM=ANSWER,…"
    return {"date": "DATE", "datetime": "TIME"}.get(getattr(kind, "__name__", ""), "LIST" if _many(kind) else "TEXT")


def _described(declared: Any) -> str:
    for meta in getattr(declared, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.description:
            return meta.description
    parts = getattr(declared, "__args__", ())
    return next((found for part in parts if (found := _described(part))), "")


def command_of(row: Row) -> click.Command:
    """The command of one step."""
    fields = msgspec.structs.fields(row.step)
    types = hints(row.step)
    opening = row.step is OpenCase
    params: list[click.Parameter] = [] if opening else [click.Argument(["case"], metavar="CASE")]
    params += [option_of(field, types[field.name]) for field in fields]

    @click.pass_context
    def take(ctx: click.Context, /, case: str | None = None, **given: Any) -> int:
        said = {name: found for name, kind in types.items() if (found := value(name, kind, given[name])) is not None}
        for field in fields:
            kind = types[field.name]
            if field.required and field.name not in said and (personal(kind) or bare(kind) is Any):
                said[field.name] = prompted(field.name, kind, _described(kind))
        return taken(row, case, said, ctx.obj)

    doc = (row.step.__doc__ or "").strip()
    return Command(kebab(step_name(row.step)), callback=take, params=params, help=doc + _when(row), writes=True)


def _when(row: Row) -> str:
    roles = ", ".join(role.value for role in row.roles) if row.kind is Kind.DECISION else "every role"
    phases = ", ".join(phase.value for phase in row.phases)
    law = ", ".join(dict.fromkeys(guard.rule.code for guard in row.guards)) or "nothing"
    word = "Refused on" if row.kind is Kind.DECISION else "Incidents"
    return f"\n\n\b\nIn: {phases}\nBy: {roles}\n{word}: {law}"


def taken(row: Row, case: str | None, fields: dict[str, Any], settings: Settings) -> int:
    """Take one step and tell what came of it. Gives the exit status: 0 done, 3 refused."""
    from dtv_workflow.batch import told_of

    step = read_step(step_name(row.step), fields)
    with settings.register() as register:
        answer = register.answer(step, case, settings.envelope(register), rehearse=settings.dry_run)
        if answer.status == "refused":
            return refused(told_of(answer, settings.language), settings, row)
        if settings.machine:
            click.echo(as_json(told_of(answer)))
            return 0
        happened(told_of(answer), settings)
        after(register, answer.case, settings)
    return 0


def happened(told_: dict[str, Any], settings: Settings) -> None:
    """Print what a step did."""
    would = {"en": "would be done", "nl": "zou worden gedaan"} if told_.get("rehearsed") else {"en": "done", "nl": "gedaan"}
    again = (" (al eerder)" if settings.dutch else " (before; the first answer again)") if told_.get("repeated") else ""
    click.echo(f"{would[settings.language]}{again}: {', '.join(told_['events'])}")
    case, version = ("zaak", "versie") if settings.dutch else ("case", "version")
    click.echo(f"  {case} {told_['case']}, {told_['phase']}, {version} {told_['version']}")
    if told_.get("back_dated"):
        said = "later geregistreerd dan besloten" if settings.dutch else "back-dated: recorded later than decided"
        click.echo(f"  {said}")
    for review in told_.get("reviews", ()):
        click.secho(f"  {_in_doubt(review, settings)}", fg="yellow")
    for code in told_.get("incidents", ()):
        from dtv_workflow.domain.law.rules import RULES

        says = RULES[code].says
        click.secho(f"  incident {code}: {says.nl if settings.dutch else says.en}", fg="yellow")


def _in_doubt(review: dict[str, Any], settings: Settings) -> str:
    """An earlier step that a correction puts in doubt, in a line; a task asks somebody to look."""
    from dtv_workflow.processes.worklist import MESSAGES

    why, codes = MESSAGES[review["kind"]], ", ".join(review.get("codes", ()))
    said = why.nl if settings.dutch else why.en
    return f"v{review['version']} {kebab(review['step'])}: {said}{f' ({codes})' if codes else ''}"


def refused(told_: dict[str, Any], settings: Settings, row: Row) -> int:
    """Tell a refusal: every obstacle, its law, what is, what is needed, and what lifts it. Gives exit status 3."""
    obstacles = told_["refusals"]
    codes = ", ".join(dict.fromkeys(o["code"] for o in obstacles))
    if settings.machine:
        detail = f"refused on {codes}"
        return told(detail, 3, "refused", case=told_["case"], phase=told_["phase"], version=told_["version"], errors=obstacles,
                    request_id=told_["request_id"])  # fmt: skip
    dutch = settings.dutch
    click.secho(f"{'geweigerd' if dutch else 'refused'}: {codes}", err=True, bold=True, fg="red")
    for obstacle in obstacles:
        click.echo(err=True)
        click.secho(f"{obstacle['code']} {obstacle['rule']}", err=True, bold=True)
        click.echo(f"  {obstacle['title']}  [{obstacle['law']}]", err=True)
        cure = f"{as_command(obstacle['lifts'], told_['case'], row)}  ({', '.join(obstacle['by'])})"
        words_ = ("is", "nodig", "oplossing") if dutch else ("is", "needs", "cure")
        for word, said in zip(words_, (obstacle["is"], obstacle["needs"], cure), strict=True):
            click.echo(f"  {word:9} {safe(said)}", err=True)
    return 3


def as_command(lifts: str, case: str | None, row: Row | None = None) -> str:
    """A rule's cure as something to type: a step's name becomes its command on this case, "the same step" that of `row`."""
    short = case[-5:] if case else "CASE"
    if row is not None and lifts.startswith("the same step with --"):
        lifts = lifts.replace("the same step with", step_name(row.step), 1)
    cures = [re.sub(r"^or ", "", part) for part in lifts.split(", ")]
    return ", or ".join(_command(cure, short) for cure in cures)


def _command(cure: str, short: str) -> str:
    name, _, rest = cure.partition(" ")
    found = STEPS.get(name)
    if found is None:
        return cure.replace("CASE", short)
    verb = "do" if found.kind is Kind.DECISION else "record"
    return f"dtv {verb} {kebab(name)} {short}{' ' + rest if rest else ''}"


def after(register: Any, case: str | None, settings: Settings) -> None:
    """Say which term ends next in the case, and one command that would serve it."""
    from dtv_workflow.domain.deadlines import deadlines
    from dtv_workflow.domain.fields import AMSTERDAM, day_of
    from dtv_workflow.domain.law.ruleset import in_force

    now = register.clock()
    terms = [term for term in deadlines(register.case(case), in_force(day_of(now)), now) if term.proposes]
    if not terms:
        return
    term = terms[0]
    what = term.what.nl if settings.dutch else term.what.en
    due = term.due.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")
    click.echo(f"  {'eerstvolgend' if settings.dutch else 'next'}: {what}, {due} ({term.law})")
    click.echo(f"  {'typ' if settings.dutch else 'type'}: {as_command(term.proposes, case)}")


do = Steps(Kind.DECISION, name="do", help="Take a decision in a case: done, or refused with every obstacle.")
record = Steps(Kind.FACT, name="record", help="Record a fact in a case: always recorded; a broken rule becomes an incident.")
