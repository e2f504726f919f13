"""`dtv explain`: what a code, step, event, phase, role, hold or exit status is, on which law it rests, and where it stands."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, get_args

import click
import msgspec

from dtv_workflow.cli.do import as_command, kebab
from dtv_workflow.cli.render import as_json, page, plain, show
from dtv_workflow.cli.settings import TITLES, Command, Settings
from dtv_workflow.domain import procedures, vocabulary
from dtv_workflow.domain.deadlines import TIMERS
from dtv_workflow.domain.fields import sealed_class
from dtv_workflow.domain.law.rules import RULES, Rule
from dtv_workflow.domain.law.ruleset import Parameter, last_day_of, shipped
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.steps import Row, hints, step_name
from dtv_workflow.domain.vocabulary import BLOCKS, SENSITIVE_HOLDS, Block, HoldKind, Kind, Phase, Term
from dtv_workflow.domain.workflow import EVENTS, STEPS, TABLE
from dtv_workflow.errors import (
    Behind,
    CheckFailed,
    Conflict,
    DtvError,
    Malformed,
    NoStore,
    NotFound,
    OutcomeUnknown,
    StoreBusy,
    Unauthorised,
)  # fmt: skip

_ERRORS = (Malformed, Unauthorised, NotFound, Conflict, CheckFailed, Behind, OutcomeUnknown, NoStore, StoreBusy)
EXITS: dict[int, str] = {
    0: "Done. An empty list is done as well.",
    1: "Failed: an error of dtv itself. DTV_DEBUG=1 shows the whole trace.",
    3: "Refused by the law or the workflow: every obstacle is told, the refusal is recorded, nothing else changed.",
    130: "Interrupted.",
} | {error.exit: f"{TITLES[error.code]}. {(error.__doc__ or '').strip()}" for error in _ERRORS}

Pairs = list[tuple[str, Any]]


@click.command(cls=Command)
@click.argument("term")
@click.pass_obj
def explain(settings: Settings, term: str) -> None:
    """Explain a code, step, event, phase, hold, role, word or exit status.

    \b
    dtv explain N04
    dtv explain book-removal
    dtv explain detention_ordered.v1
    dtv explain inbewaringstelling
    dtv explain 3
    """
    known = index()
    found = known.get(_key(term)) or _mentioned(term)
    if not found:
        near = difflib.get_close_matches(_key(term), known, n=3, cutoff=0.6)
        raise NotFound("nothing of that name" + (f"; did you mean {', '.join(near)}?" if near else "; see `dtv workflow table`"))
    pages = [(title, [(name, said) for name, said in pairs() if plain(said)]) for title, pairs in found]
    if settings.machine and settings.format == "json":
        click.echo(as_json([{"term": title} | dict(pairs) for title, pairs in pages]))
    elif settings.shape in ("csv", "jsonl"):
        rows = [{"term": title, "name": name, "said": said} for title, pairs in pages for name, said in pairs]
        show(rows, ["term", "name", "said"], settings)
    else:
        for n, (title, pairs_) in enumerate(pages):
            if n:
                click.echo()
            page(title, pairs_)


def _key(term: str) -> str:
    return term.strip().lower().replace("-", "_").replace(" ", "_")


Entry = tuple[str, Callable[[], Pairs]]


def index() -> dict[str, list[Entry]]:
    """Everything that can be explained, by every name it goes by."""
    known: dict[str, list[Entry]] = {}

    def add(entry: Entry, *names: str) -> None:
        for name in dict.fromkeys(_key(name) for name in names):
            known.setdefault(name, []).append(entry)

    for rule in RULES.values():
        add((f"{rule.code} {rule.slug}", partial(of_rule, rule)), rule.code, rule.slug)
    for timer in TIMERS:
        add((f"{timer.code} {timer.what.en}", partial(of_timer, timer)), timer.code)
    for name, row in STEPS.items():
        add((f"{row.kind.value} {kebab(name)}", partial(of_step, row)), name)
    for topic, event in EVENTS.items():
        add((f"event {event.__name__}", partial(of_event, event)), topic, topic.split(".")[0], event.__name__)
    for terms, member in words():
        add((f"{terms.__name__} {member.value}", partial(of_word, member)), str(member.value), member.nl)
    for code, said in EXITS.items():
        add((f"exit {code}", partial(of_exit, said)), str(code), f"exit {code}")
    for parameter in (p for delta in shipped() for p in delta.parameters):
        add((f"parameter {parameter.name}", partial(of_parameter, parameter)), parameter.name)
    return known


def _mentioned(term: str) -> list[Entry]:
    """The steps whose description has the word: the official Dutch term stands there."""
    wanted = term.strip().lower()
    if len(wanted) < 4:
        return []
    return [
        (f"{row.kind.value} {kebab(name)}", partial(of_step, row))
        for name, row in STEPS.items()
        if wanted in (row.step.__doc__ or "").lower()
    ]


def words() -> Iterator[tuple[type[Term], Term]]:
    """Every coded word of the vocabulary."""
    for terms in (vars(vocabulary) | vars(procedures)).values():
        if isinstance(terms, type) and issubclass(terms, Term) and terms is not Term:
            for member in terms:
                yield terms, member


def place(thing: Any) -> str:
    """The file in which something is defined, in the package."""
    return inspect.getmodule(thing).__name__.removeprefix("dtv_workflow.").replace(".", "/") + ".py"  # type: ignore[union-attr]


def using(rule: Rule) -> list[str]:
    """The steps that a rule can refuse."""
    return [kebab(step_name(row.step)) for row in TABLE if any(guard.rule is rule for guard in row.guards)]


def guards_of(rule: Rule) -> list[Any]:
    """The guards that look for a rule's obstacle."""
    return list({guard.name: guard for row in TABLE for guard in row.guards if guard.rule is rule}.values())


def of_rule(rule: Rule) -> Pairs:
    guards = guards_of(rule)
    return [
        ("en", rule.says.en), ("nl", rule.says.nl), ("law", rule.law), ("needs", rule.needs.en), ("nodig", rule.needs.nl),
        ("lifts", as_command(rule.lifts, None)), ("by", rule.by), ("guards", [guard.name for guard in guards]),
        ("steps", using(rule)), ("stands in", sorted({place(guard.find) for guard in guards})),
    ]  # fmt: skip


def of_timer(timer: Any) -> Pairs:
    return [
        ("en", timer.what.en), ("nl", timer.what.nl), ("starts", timer.starts), ("stops", timer.stops), ("length", timer.length),
        ("counted in", timer.counting.value), ("law", timer.law), ("proposes", kebab(timer.proposes)),
        ("goes up to", "team_leader" if timer.escalates else None), ("stands in", "domain/terms.py"),
    ]  # fmt: skip


def of_exit(said: str) -> Pairs:
    return [("means", " ".join(said.split()))]


def of_parameter(parameter: Parameter) -> Pairs:
    value = f"{parameter.value} {parameter.unit}"
    return [
        ("value", value), ("from", parameter.since), ("to", last_day_of(parameter)), ("source", parameter.source),
        ("ruleset", parameter.ruleset),
    ]  # fmt: skip


def of_step(row: Row) -> Pairs:
    options = [(f"--{kebab(f.name)}", f.required) for f in msgspec.structs.fields(row.step)]
    case = [] if row.phases == (Phase.UNOPENED,) else ["CASE"]
    verb = "do" if row.kind is Kind.DECISION else "record"
    guards = list(dict.fromkeys(guard.rule.code for guard in row.guards))
    return [
        ("means", (row.step.__doc__ or "").strip()), ("in", [phase.value for phase in row.phases]),
        ("to", row.to.value if row.to else None), ("by", [role.value for role in row.roles] if verb == "do" else "every role"),
        ("refused on" if verb == "do" else "incidents", guards),
        ("law", " | ".join(dict.fromkeys(guard.rule.law for guard in row.guards if guard.rule.law != "workflow"))),
        ("records", [event.__name__ for event in row.emitted]),
        ("type", " ".join(["dtv", verb, kebab(step_name(row.step)), *case, *(o if must else f"[{o}]" for o, must in options)])),
        ("stands in", place(row.step)),
    ]  # fmt: skip


def of_event(event: type[Event]) -> Pairs:
    types = hints(event)
    fields = [f"{name} (sealed: {kind})" if (kind := sealed_class(types[name])) else name for name in event.__struct_fields__]
    steps = [kebab(step_name(row.step)) for row in TABLE if event in row.emitted]
    own = (event.__doc__ or "").strip() if "__doc__" in vars(event) else ""
    return [("means", own), ("topic", event.TOPIC), ("fields", fields), ("recorded by", steps), ("stands in", place(event))]


def of_word(member: Term) -> Pairs:
    pairs: Pairs = [("code", member.value), ("nl", member.nl), ("means", _about(type(member)))]
    if isinstance(member, HoldKind):
        pairs.append(("blocks", [block.value for block in Block if block in BLOCKS[member]]))
        pairs.append(("sensitive", "lifted only with a second person (N31)" if member in SENSITIVE_HOLDS else None))
    if isinstance(member, vocabulary.Role):
        pairs.append(("may", [kebab(n) for n, row in STEPS.items() if row.kind is Kind.DECISION and member in row.roles]))
    if isinstance(member, vocabulary.Phase):
        leads = [kebab(name) for name, row in STEPS.items() if row.to is member]
        pairs.append(("reached by", leads))
    pairs.append(("used by", [kebab(name) for name, row in STEPS.items() if _uses(row, type(member))]))
    pairs.append(("stands in", place(type(member))))
    return pairs


def _about(terms: type[Term]) -> str:
    own = vars(terms).get("__doc__")
    return str(own).strip() if own and own != Term.__doc__ else ""


def _uses(row: Row, terms: type[Term]) -> bool:
    """Whether a field of the step takes one of these words."""
    return any(_holds(kind, terms) for kind in hints(row.step).values())


def _holds(declared: Any, terms: type[Term]) -> bool:
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        return any(_holds(kind, terms) for kind in hints(declared).values())
    parts = (*get_args(declared), *([declared.__origin__] if hasattr(declared, "__metadata__") else []))
    return declared is terms or any(_holds(part, terms) for part in parts if isinstance(part, type) or get_args(part))


__all__ = ["EXITS", "DtvError", "explain", "guards_of", "index", "place", "using"]
