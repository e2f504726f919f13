"""Documentation that cannot drift: `python -m dtv_workflow.cli.docs` writes it from the code, `--check` names what is stale.

Nothing here depends on the machine, the terminal or the time: the same code gives the same bytes.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import click

from dtv_workflow.cli.do import kebab
from dtv_workflow.cli.explain import EXITS, place
from dtv_workflow.cli.law_page import MADE, law_page
from dtv_workflow.cli.main import cli
from dtv_workflow.cli.workflow import mermaid, row_of
from dtv_workflow.domain.deadlines import TIMERS
from dtv_workflow.domain.fields import sealed_class
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.procedures import Counting
from dtv_workflow.domain.steps import hints, step_name
from dtv_workflow.domain.vocabulary import Phase, Role
from dtv_workflow.domain.workflow import CHAPTERS, EVENTS, TABLE

DOCS = Path(__file__).resolve().parents[3] / "docs"
WIDTH = 100
TODAY = date(2026, 6, 12)
"""The day whose law the page of the timers tells: that of the newest ruleset."""


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    from dtv_workflow.projections.catalogue import views_markdown

    made = {"workflow.md": workflow(), "law.md": law_page(), "events.md": events(), "cli.md": commands(), "timers.md": timers()}
    texts = {name: "\n".join(lines) for name, lines in made.items()} | {"views.md": views_markdown()} | schemas()
    return {name: text.rstrip() + "\n" for name, text in texts.items()}


# ------------------------------------------------------------------ the pages


def workflow() -> Iterator[str]:
    yield f"# The workflow\n\n{MADE} A decision can be refused, a fact cannot: what its"
    yield "guards find is recorded as an incident. A step has one row, in the chapter it belongs to; the codes are explained in"
    yield "[law.md](law.md) and by `dtv explain CODE`."
    yield "\n```mermaid"
    yield from mermaid()
    yield "```\n"
    yield "| phase | Dutch |\n|---|---|"
    yield from (f"| `{phase.value}` | {phase.nl} |" for phase in Phase)
    yield "\n| role | Dutch |\n|---|---|"
    yield from (f"| `{role.value}` | {role.nl} |" for role in Role)
    for chapter in CHAPTERS:
        title = (inspect.getdoc(chapter) or "").splitlines()[0].rstrip(".")
        yield f"\n## {title}\n\n`src/dtv_workflow/{place(chapter)}`\n"
        yield "| step | kind | from → to | by | refused on, or incidents | records |\n|---|---|---|---|---|---|"
        for row in chapter.ROWS:
            said = row_of(row)
            to = f"{said['from']} → {said['to']}" if said["to"] else said["from"]
            yield _cells(f"`{said['step']}`", said["kind"], to, said["roles"], said["codes"], said["emits"])


def events() -> Iterator[str]:
    yield f"# The events\n\n{MADE} What the log may hold, by topic. A topic never changes its"
    yield "meaning; a sealed field is stored under a key of its subject, and reads as forgotten once that key is destroyed."
    recorded = {event: [kebab(step_name(row.step)) for row in TABLE if event in row.emitted] for event in EVENTS.values()}
    for topic in sorted(EVENTS):
        event = EVENTS[topic]
        types = hints(event)
        yield f"\n## {event.__name__}\n\n`{topic}`, in `{place(event)}`"
        if "__doc__" in vars(event) and event.__doc__:
            yield f"\n{inspect.cleandoc(event.__doc__)}"
        if recorded[event]:
            yield "\nRecorded by " + ", ".join(f"`{step}`" for step in recorded[event]) + "."
        if event.__struct_fields__:
            yield "\n| field | type | sealed |\n|---|---|---|"
            for name in event.__struct_fields__:
                yield _cells(f"`{name}`", _type(types[name]), sealed_class(types[name]) or "")


def timers() -> Iterator[str]:
    law = in_force(TODAY)
    yield f"# The timers\n\n{MADE} Every term that the register watches: what starts it and"
    yield "stops it, how long it is and how that is counted, and the step it proposes. It proposes, a human decides (N33)."
    yield f"Lengths are those in force on {TODAY}; `dtv rules diff` tells what changes, and"
    yield "`dtv deadline explain CASE TIMER --days` counts one out."
    yield "\n| timer | what | starts on | stops on | length | counted in | law | proposes | up to the team leader |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for t in TIMERS:
        lengths = [f"{law[name]} {law.parameters[name].unit}" if name in law.parameters else name for name in t.length]
        step = f"`{kebab(t.proposes)}`" if t.proposes else ""
        up = "yes" if t.escalates else ""
        yield _cells(t.code, f"{t.what.en} ({t.what.nl})", t.starts, t.stops, lengths, t.counting.value, t.law, step, up)
    yield "\n| counted in | means |\n|---|---|"
    yield from (_cells(counting.value, counting.nl) for counting in Counting)


def commands() -> Iterator[str]:
    yield f"# The command line\n\n{MADE}\n\n| exit | means |\n|---|---|"
    yield from (_cells(code, " ".join(said.split())) for code, said in sorted(EXITS.items()))
    for path, text in helps():
        yield f"\n## {path}\n\n```text\n{text}\n```"


def helps() -> Iterator[tuple[str, str]]:
    """Every command with its help, at one width."""
    yield from _helps(cli, "dtv", None)


def _helps(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
    shape: dict[str, Any] = dict(command.context_settings, terminal_width=WIDTH, max_content_width=WIDTH)
    context = click.Context(command, info_name=name, parent=parent, **shape)
    yield context.command_path, "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            if (found := command.get_command(context, each)) is not None:
                yield from _helps(found, each, context)


def schemas() -> dict[str, str]:
    """The JSON Schema of every event that may be sent and of every fact that a partner may report."""
    from dtv_workflow.processes.cloudevents import event_name, facts_by_type, schema_in, schema_out, topic_in
    from dtv_workflow.processes.disclosable import SENDABLE
    from dtv_workflow.processes.partners import UNSENT

    made = {f"schemas/out/{event_name(topic)}.json": schema_out(topic) for topic in SENDABLE}
    for row in facts_by_type().values():
        if (name := step_name(row.step)) not in UNSENT:
            made[f"schemas/in/{event_name(topic_in(name))}.json"] = schema_in(name)
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) for name, schema in made.items()}


def _cells(*cells: Any) -> str:
    """A line of a Markdown table."""
    return "| " + " | ".join(_cell(cell).replace("|", "\\|") for cell in cells) + " |"


def _cell(cell: Any) -> str:
    return ", ".join(map(str, cell)) if isinstance(cell, list | tuple) else str(cell)


def _type(declared: Any) -> str:
    """A field's type in a word or two."""
    if hasattr(declared, "__metadata__"):
        return _type(declared.__origin__)
    origin, parts = getattr(declared, "__origin__", None), getattr(declared, "__args__", ())
    if origin in (tuple, dict):
        inner = ", ".join(_type(part) for part in parts if part is not Ellipsis)
        return f"{'list' if origin is tuple else 'map'} of {inner}"
    if parts:
        return " or ".join("nothing" if part is type(None) else _type(part) for part in parts)
    words = {"str": "text", "int": "number", "bool": "yes or no", "datetime": "time", "Any": "any"}
    return words.get(getattr(declared, "__name__", ""), getattr(declared, "__name__", str(declared)))


# ------------------------------------------------------------------ the program


def main(args: list[str]) -> int:
    """Write the pages, or name the stale ones. 0 fresh or written, 1 stale."""
    made = pages()
    stale = [name for name, text in made.items() if not (DOCS / name).is_file() or (DOCS / name).read_text("utf-8") != text]
    gone = [f"schemas/{f.relative_to(DOCS / 'schemas')}" for f in (DOCS / "schemas").glob("*/*.json")]
    gone = [name for name in gone if name not in made]
    if "--check" in args:
        stale += gone
        for name in stale:
            print(f"stale: docs/{name}; `make docs` writes it anew", file=sys.stderr)
        return 1 if stale else 0
    for name in gone:
        (DOCS / name).unlink()
    for name, text in made.items():
        (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / name).write_text(text, "utf-8")
    print(f"docs: {', '.join(stale + gone) + ' written' if stale + gone else 'fresh'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
