"""The few things HTML that is written by hand needs: text that can only be text, and tables."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def e(value: object) -> str:
    """Text as HTML. Control and direction characters, which could hide or turn round what is said, are shown by their number."""
    return escape("".join(f"\\u{ord(char):04x}" if char != "\n" and _hidden(char) else char for char in str(value)), quote=True)


def _hidden(char: str) -> bool:
    return char in _BIDI or unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]], *, first: bool = True) -> str:
    """A table with a caption; the first cell of each row is its heading, unless told otherwise. Nothing for no rows."""
    body, above = list[str](), ""
    for row in rows:
        head, *rest = row
        above = head = str(head) or above  # nothing stands for the same as above, which a reader who hears the table must be told
        opening = f'<th scope="row">{e(head)}</th>' if first else f"<td>{e(head)}</td>"
        body.append("<tr>" + opening + "".join(f"<td>{e(cell)}</td>" for cell in rest) + "</tr>\n")
    if not body:
        return ""
    headings = "".join(f'<th scope="col">{e(head)}</th>' for head in heads)
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{e(caption)}"><table><caption>{e(caption)}</caption>\n'
        f"<thead><tr>{headings}</tr></thead>\n<tbody>\n{''.join(body)}</tbody></table></div>\n"
    )


def facts(pairs: Iterable[tuple[object, object]]) -> str:
    """Names and what they are, as a list of descriptions. Nothing for none."""
    found = "".join(f"<dt>{e(name)}</dt><dd>{e(value)}</dd>\n" for name, value in pairs if value not in (None, ""))
    return f"<dl>\n{found}</dl>\n" if found else ""
