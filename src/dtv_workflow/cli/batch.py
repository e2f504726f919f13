"""`dtv batch`: many steps from JSON Lines, one JSON answer a line; `--check` runs golden scenarios."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click

from dtv_workflow.batch import Script, read_lines, worst
from dtv_workflow.batch import check as check_file
from dtv_workflow.cli.render import as_json, safe
from dtv_workflow.cli.settings import Command, Settings, told
from dtv_workflow.errors import DtvError, Malformed


@click.command(cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE|-…")
@click.option("--check", is_flag=True, help="Run each scenario in a throw-away training store and compare with what it expects.")
@click.option("--as", "actor", metavar="ACTOR", help="Who acts on lines that do not say.")
@click.pass_obj
def batch(settings: Settings, files: tuple[str, ...], check: bool, actor: str | None) -> int:
    """Take many steps from JSON Lines: one step a line, one JSON answer a line, in order.

    A bad line is answered and the file goes on; the exit status is the worst seen. With --check each FILE, or each *.jsonl of a
    directory, is a scenario: it runs in a training store of its own, never in --store; exit 0, or 7 when something was not
    as expected.
    """
    return checked(files, settings) if check else run(files, settings, actor or settings.actor)


def run(files: tuple[str, ...], settings: Settings, actor: str | None) -> int:
    """Run files on the store. Gives the worst exit status."""
    exits = []
    with settings.register() as register:
        script = Script(register, lang=settings.language, actor=actor)
        for name in files:
            with opened(name) as stream:
                for line in script.run(read_lines(stream)):
                    exits.append(line.exit)
                    click.echo(as_json(line.answer))
    return worst(exits)


def opened(name: str) -> BinaryIO:
    """A file to read, `-` for stdin. Raises Malformed when it cannot be opened."""
    try:
        return sys.stdin.buffer if name == "-" else Path(name).open("rb")
    except OSError as error:
        raise Malformed(f"cannot read {safe(name)}: {error.strerror}") from None


def checked(files: tuple[str, ...], settings: Settings) -> int:
    """Check scenarios. Gives 0, 7 when an expectation was not met, or 2 when a file could not be read."""
    exits = []
    for path in scenarios(files):
        try:
            lines = check_file(path, settings.language)
        except DtvError as error:
            exits.append(told(str(error), error.exit, error.code))
            continue
        unmet = [(line.answer["line"], line.unmet) for line in lines if line.unmet]
        if settings.machine:
            click.echo(as_json({"file": str(path), "lines": len(lines), "unmet": [{"line": n, "was": w} for n, w in unmet]}))
        else:
            click.echo(f"{'ok' if not unmet else 'not as expected'}  {safe(str(path))}  ({len(lines)} lines)")
            for number, was in unmet:
                click.echo(f"    line {number}: {safe(was)}")
        exits.append(7 if unmet else 0)
    return 2 if 2 in exits else max(exits, default=0)


def scenarios(files: tuple[str, ...]) -> list[Path]:
    """The scenario files named, a directory standing for its *.jsonl."""
    found: list[Path] = []
    for name in files:
        path = Path(name)
        found += sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return found
