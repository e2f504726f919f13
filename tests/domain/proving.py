"""Which tests prove a guard: the one that fails when the guard is taken away, and the one that fails when it refuses everything.

`proofs.txt` has a line for each guard of each step: the step, the guard, the test in which it refuses, the test in which it
consents. `test_completeness` runs just those on a table with the one guard replaced; the documentation of the law quotes them. A
guard that is new, or whose test was renamed, gets its line with

    python -m tests.domain.proving
"""

from __future__ import annotations

import importlib
import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dtv_workflow.cli.law_page import provisions
from dtv_workflow.domain import workflow
from dtv_workflow.domain.law.rules import Finding, Guard, Rule, clear, found
from dtv_workflow.domain.workflow import STEPS
from tests.domain import told

FILE = Path(__file__).parent / "proofs.txt"
CHAPTERS = [f"test_{chapter.__name__.rpartition('.')[2]}" for chapter in workflow.CHAPTERS]
CHAPTERS += ["test_detention", "test_authority", "test_contract"]
"""The files with tests of steps: one for each chapter, how long a detention may last, what holds for every step, and the steps
that have no guards."""
GUARDS = [(name, guard.name) for name, row in STEPS.items() for guard in row.guards]


class Proof(NamedTuple):
    """A guard of a step, and the tests (`file::name`) in which it refuses and in which it consents."""

    step: str
    guard: str
    refuses: str
    consents: str


def proofs() -> list[Proof]:
    """The proofs on file."""
    return [Proof(*line.split()) for line in FILE.read_text("utf-8").splitlines()]


# ---------------------------------------------------------------- running tests without pytest


class Call(NamedTuple):
    """A test with one set of its parameters."""

    name: str
    run: Callable[[], Any]


@cache
def calls() -> tuple[Call, ...]:
    """Every test of the chapters, once for each set of its parameters."""
    return tuple(call for chapter in CHAPTERS for call in _calls(chapter))


def _calls(chapter: str) -> Iterator[Call]:
    module = importlib.import_module(f"tests.domain.{chapter}")
    for name, test in vars(module).items():
        if name.startswith("test_"):
            marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
            for values in itertools.product(*(parameters(*mark.args) for mark in marks)):
                chosen = {key: value for each in values for key, value in each.items()}
                yield Call(f"{chapter}.py::{name}", partial(test, **chosen))


def parameters(names: str | tuple[str, ...], values: Any) -> list[dict[str, Any]]:
    named = type(pytest.param())
    values = [value.values if isinstance(value, named) else (value,) if isinstance(names, str) else value for value in values]
    if isinstance(names, str):
        return [{names: value} for (value,) in values]
    return [dict(zip(names, value, strict=True)) for value in values]


@cache
def asking() -> dict[str, tuple[Call, ...]]:
    """The tests that ask each step."""
    by_step: dict[str, list[Call]] = {name: [] for name in STEPS}
    for call in calls():
        told.ASKED.clear()
        call.run()
        for name in set(told.ASKED):
            by_step[name].append(call)
    return {name: tuple(found) for name, found in by_step.items()}


def fails(call: Call) -> bool:
    """Whether a test fails on the table as it is now."""
    try:
        call.run()
    except Exception:
        return True
    return False


@contextmanager
def replaced(step: str, guard: str, find: Callable[..., Finding]) -> Iterator[None]:
    """The table with one guard of one step replaced."""
    row = STEPS[step]
    STEPS[step] = row._replace(guards=tuple(Guard(g.rule, g.name, find) if g.name == guard else g for g in row.guards))
    try:
        yield
    finally:
        STEPS[step] = row


def never(*_: Any) -> Finding:
    """A guard taken away: nothing is ever in the way."""
    return clear()


def always(*_: Any) -> Finding:
    """A guard that refuses everything."""
    return found("always", "altijd")


# ---------------------------------------------------------------- finding proofs


def prove(step: str, guard: str) -> Proof:
    """The first tests that notice: those named after the rule's provision or code before others. `-` where none does."""
    rule, chapter = next((g.rule, g.find.__module__) for g in STEPS[step].guards if g.name == guard)
    own, slugs = f"test_{chapter.rpartition('.')[2]}.py", slugs_of(rule)

    def order(call: Call) -> tuple[bool, bool]:
        return not any(f"_{slug}_" in call.name for slug in slugs), not call.name.startswith(own)

    known = sorted(asking()[step], key=order)
    with replaced(step, guard, never):
        refuses = next((call.name for call in known if fails(call)), "-")
    with replaced(step, guard, always):
        others = (call.name for call in known if call.name != refuses and fails(call))
        consents = next(others, "-")
    return Proof(step, guard, refuses, consents)


def slugs_of(rule: Rule) -> list[str]:
    """What a test of a rule may have in its name: its code, and its provisions as test names write them (`vw_59_3`)."""
    found = [rule.code.lower()]
    for provision in provisions(rule.law):
        words = provision.lower()
        for long, short in _SHORT.items():
            words = words.replace(long, short)
        found.append(re.sub(r"[^a-z0-9]+", "_", words).strip("_"))
    return found


_SHORT = {" 2000": "", "art. ": "", "regulation (eu) 604/2013": "dublin", "regulation (eu) 2016/679": "gdpr", "2008/115/ec ": ""}


def main() -> None:
    """Write the proof of every guard."""
    asking()
    FILE.write_text("".join(" ".join(prove(*each)) + "\n" for each in GUARDS), "utf-8")


if __name__ == "__main__":
    main()
