"""The ledger of detention in words: each article's clock as lines of a page, as data, and as facets of a replay. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import msgspec

from dtv_workflow.audit.replay import text
from dtv_workflow.audit.summary import Line, word
from dtv_workflow.domain.detention import Clock, Count, Stretch
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.vocabulary import Basis


def lines_of(clocks: tuple[Clock, ...], day: date, lang: str = "en") -> list[Line]:
    """The ledgers up to a day as lines of a case's page, a section an article."""
    return [Line(title(clock, lang), *line) for clock in clocks for line in _lines(clock, day, lang)]


def title(clock: Clock, lang: str) -> str:
    """What an article's section is called: which of the two days of a stretch counts stands in it."""
    said = Said(
        f"detention clock, art. {clock.article.value} (the first day counts, the last does not)",
        f"bewaringsklok, art. {clock.article.value} (de eerste dag telt, de laatste niet)",
    )
    return _in(said, lang)


_Part = tuple[str, str, int]


def _lines(clock: Clock, day: date, lang: str) -> Iterator[_Part]:
    for n, stretch in enumerate(clock.stretches, 1):
        yield f"{n}.", _stretch(stretch, day, lang), stretch.began
    for term in clock.terms:
        yield _in(term.under, lang), _term(term, lang), term.extended
    if clock.last_day:
        passed = _in(Said(", passed", ", voorbij"), lang) if clock.last_day < day else ""
        yield _in(Said("last day", "laatste dag"), lang), f"{clock.last_day}{passed}", 0
    for n, stops in enumerate(clock.stops):
        yield _in(Said("stops at", "stopt bij"), lang) if n == 0 else "", _in(stops, lang), 0
    if clock.running and clock.besides:
        said = ", ".join(_in(_days(n), lang) + f" art. {article.value}" for article, n in clock.besides.items())
        yield _in(Said("weigh too", "weeg mee"), lang), said, 0


def _stretch(stretch: Stretch, day: date, lang: str) -> str:
    """`2026-01-10 to 2026-04-20, 100 days, art. 59(1)a, v16 to v17: purpose gone`."""
    to = _in(Said("to", "tot"), lang)
    parts = [f"{stretch.since} {to} {stretch.to or day}", _in(_days(stretch.days), lang)]
    parts += [named(stretch.basis)] if stretch.basis else []
    parts += [_in(Said("after an intention (art. 39)", "na een voornemen (art. 39)"), lang)] if stretch.intention else []
    if stretch.cause is None:
        return ", ".join([*parts, f"v{stretch.began}: " + _in(Said("runs", "loopt"), lang)])
    cause = word(stretch.cause, lambda en, nl: nl if lang == "nl" else en)
    return ", ".join([*parts, f"v{stretch.began} {to} v{stretch.ended}: {cause}"])


def _term(term: Count, lang: str) -> str:
    used = f"{term.used} {_in(Said('of', 'van'), lang)} {_in(_days(term.maximum), lang)}"
    left = _in(Said(f"{term.left} left", f"nog {term.left}"), lang)
    longer = [_in(Said(f"extended (v{term.extended})", f"verlengd (v{term.extended})"), lang)] if term.extended else []
    return ", ".join([used, left, *longer]) + f"  [{term.law}]"


def _days(n: int) -> Said:
    return Said(f"{n} {'day' if n == 1 else 'days'}", f"{n} {'dag' if n == 1 else 'dagen'}")


def _in(said: Said, lang: str) -> str:
    return said.nl if lang == "nl" else said.en


def named(basis: Basis) -> str:
    """A basis as the law is cited: `59b_1_a` is art. 59b(1)a."""
    article, paragraph, *letter = str(basis.value).split("_")
    return f"art. {article}({paragraph}){''.join(letter)}"


# ------------------------------------------------------------------ for programs


def data_of(clock: Clock, lang: str = "en") -> dict[str, Any]:
    """A clock as plain data, its phrases in one language."""
    told: dict[str, Any] = msgspec.to_builtins(clock)
    told["stops"] = [_in(said, lang) for said in clock.stops]
    for term, count in zip(told["terms"], clock.terms, strict=True):
        term["under"] = _in(count.under, lang)
    return told


def facets_of(clock: Clock, lang: str = "en") -> Iterator[tuple[str, str, int]]:
    """A clock as facets of a replay: name, value, and the version that set it or 0."""
    name = f"clock.{clock.article.value}"
    yield f"{name}.used", str(clock.used), 0
    yield f"{name}.maximum", str(clock.maximum), clock.extended
    yield f"{name}.left", str(clock.left), 0
    yield f"{name}.extended", text(bool(clock.extended)), clock.extended
    yield f"{name}.last_day", text(clock.last_day), 0
    for n, stretch in enumerate(clock.stretches, 1):
        yield f"{name}.stretch.{n}", text(stretch), stretch.began
    for term in clock.terms:
        yield f"{name}.term.{term.name}", f"{term.used} / {term.maximum}", term.extended
    for other, days in clock.besides.items():
        yield f"{name}.besides.{other.value}", str(days), 0
    if clock.stops:
        yield f"{name}.stops", "; ".join(_in(said, lang) for said in clock.stops), 0
