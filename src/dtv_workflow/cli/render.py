"""Output: rows as a table, plain text, JSON, JSON Lines or CSV; and text made safe for a terminal."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

import click

from dtv_workflow.cli.settings import Settings
from dtv_workflow.domain.fields import AMSTERDAM

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


def safe(text: str, *, lines: bool = False) -> str:
    """Text that cannot move the cursor, change the terminal or read as something else: such characters become visible escapes."""
    return "".join(
        char if (lines and char in "\n\t") or not _hidden(char) else f"\\u{ord(char):04x}" for char in text
    )


def _hidden(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"}


def plain(value: Any) -> str:
    """A value as text: nothing for None, yes or no for a bool, a code for an enum, times in RFC 3339."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    return safe(str(value))


def show(rows: Iterable[dict[str, Any]], columns: Sequence[str], settings: Settings, *, empty: str = "") -> None:
    """Print rows in the format asked for.

    JSON is a list, JSON Lines a row a line; columns give order and headings of the others.
    """
    shape = settings.shape
    if shape == "json":
        click.echo(as_json(list(rows)))
        return
    if shape == "jsonl":
        for row in rows:
            click.echo(as_json(row))
        return
    cells = [[plain(row.get(column)) for column in columns] for row in rows]
    if shape == "csv":
        _csv(cells, columns)
    elif shape == "plain":
        for line in [list(columns), *cells]:
            click.echo("\t".join(line))
    elif not cells:
        click.echo(empty, err=True)
    else:
        _table(cells, [c.replace("_", " ") for c in columns])


def as_json(value: Any) -> str:
    """JSON text of plain data, dates, enums and structs."""
    import msgspec

    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False)


def page(title: str, pairs: Iterable[tuple[str, Any]]) -> None:
    """A heading and its aligned lines; empty values are left out."""
    said = [(name, plain(value)) for name, value in pairs]
    said = [(name, value) for name, value in said if value]
    if not said:
        return
    width = max(len(name) for name, _ in said)
    click.secho(title, bold=True)
    for name, value in said:
        click.echo(f"  {name.ljust(width)}  {value}")


def clock(moment: datetime) -> str:
    """A moment in Europe/Amsterdam, to the minute."""
    return moment.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")


def aligned(rows: Iterable[tuple[str, ...]], indent: str = "  ") -> None:
    """Lines in columns, without a heading."""
    lines = [tuple(safe(cell) for cell in row) for row in rows]
    widths = [max(map(width_of, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True)]
        click.echo((indent + "  ".join(cells)).rstrip())


def wrapped(words: Iterable[str]) -> None:
    """Words with commas, wrapped between them and never within one."""
    for line in textwrap.wrap(", ".join(words), 100, break_on_hyphens=False):
        click.echo(f"  {line}")


def _csv(cells: list[list[str]], columns: Sequence[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    # A cell that a spreadsheet would run as a formula is kept as text.
    writer.writerows([f"'{cell}" if cell[:1] in "=+-@" and cell else cell for cell in line] for line in cells)
    click.echo(text.getvalue(), nl=False)


def width_of(text: str) -> int:
    """How many columns a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text if not unicodedata.combining(c))


def _table(cells: list[list[str]], headings: Sequence[str]) -> None:
    widths = [max(width_of(line[n]) for line in [list(headings), *cells]) for n in range(len(headings))]
    spare = shutil.get_terminal_size((130, 24)).columns - sum(widths[:-1]) - 2 * (len(widths) - 1)
    widths[-1] = max(20, min(widths[-1], spare)) if sys.stdout.isatty() else widths[-1]
    click.secho("  ".join(_fit(h, w) for h, w in zip(headings, widths, strict=True)).rstrip(), bold=True)
    for line in cells:
        click.echo("  ".join(_fit(cell, w) for cell, w in zip(line, widths, strict=True)).rstrip())


def _fit(text: str, width: int) -> str:
    if width_of(text) > width:
        text = text[: width - 1] + "…"
    return text + " " * (width - width_of(text))
