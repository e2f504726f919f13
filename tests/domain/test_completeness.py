"""No guard goes untested: each guard of each row is taken away once and set against everything once, and a test must notice.

The tests of this folder are run again here, without pytest, on a table with one guard replaced. Naming a test after a guard is
thus not enough: only a test that fails without the guard counts as one in which it refuses, and only one that fails when the
guard always refuses counts as one in which it consents.
"""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import pytest

from dtv_workflow.domain import workflow
from dtv_workflow.domain.law.rules import RULES, Guard, clear, found
from dtv_workflow.domain.workflow import STEPS
from tests.domain import told

CHAPTERS = [f"test_{chapter.__name__.rpartition('.')[2]}" for chapter in workflow.CHAPTERS] + ["test_authority", "test_contract"]
"""The files with tests of steps: one for each chapter, what holds for all of them, and the steps that have no guards."""
GUARDS = [(name, guard.name) for name, row in STEPS.items() for guard in row.guards]

PROPERTIES = {"N30", "N34", "N35"}
"""Rules that are properties of the workflow or the log: there is no guard to ask."""

LATER = {"N19"}
"""Family detention over 14 days: its guard comes with the family facility. A guard that comes must leave this set."""

ASKED_BY_DECIDE = {"N32", "N33", "N48", "N61"}
UNUSED = {"N62"}


def calls() -> Iterator[Callable[[], Any]]:
    """Every test of the chapters, once for each set of its parameters."""
    for chapter in CHAPTERS:
        module = importlib.import_module(f"tests.domain.{chapter}")
        for name, test in vars(module).items():
            if name.startswith("test_"):
                marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
                for values in itertools.product(*(parameters(*mark.args) for mark in marks)):
                    yield partial(test, **{key: value for chosen in values for key, value in chosen.items()})


def parameters(names: str | tuple[str, ...], values: Any) -> list[dict[str, Any]]:
    if isinstance(names, str):
        return [{names: value} for value in values]
    return [dict(zip(names, value, strict=True)) for value in values]


@cache
def asking() -> dict[str, list[Callable[[], Any]]]:
    """The tests that ask each step."""
    by_step: dict[str, list[Callable[[], Any]]] = {name: [] for name in STEPS}
    for call in calls():
        told.ASKED.clear()
        call()
        for name in set(told.ASKED):
            by_step[name].append(call)
    return by_step


def noticed(step: str) -> bool:
    """Whether some test fails on the table as it is now."""
    for call in asking()[step]:
        try:
            call()
        except Exception:
            return True
    return False


def replaced(step: str, name: str, find: Callable[..., Any]) -> Any:
    row = STEPS[step]
    return row._replace(guards=tuple(Guard(g.rule, g.name, find) if g.name == name else g for g in row.guards))


@pytest.mark.parametrize(("step", "guard"), GUARDS, ids=[f"{step}-{guard}" for step, guard in GUARDS])
def test_each_guard_refuses_in_one_test_and_consents_in_another(monkeypatch, step, guard):
    asking()
    with monkeypatch.context() as patched:
        patched.setitem(STEPS, step, replaced(step, guard, lambda case, step, context: clear()))
        assert noticed(step), "no test fails without this guard"
    with monkeypatch.context() as patched:
        patched.setitem(STEPS, step, replaced(step, guard, lambda case, step, context: found("always", "altijd")))
        assert noticed(step), "no test fails when this guard always refuses"


def test_each_step_is_asked_in_some_test():
    assert [name for name, tests in asking().items() if not tests] == []


def test_every_rule_is_declared_whole():
    named = {f"N{n:02}" for n in range(1, 66)}
    assert set(RULES) == named
    for rule in RULES.values():
        assert all((rule.slug, rule.law, *rule.says, *rule.needs, rule.lifts, rule.by)), rule.code
        assert rule.slug.isascii(), rule.code
        assert rule.slug == rule.slug.lower().replace(" ", "_"), rule.code
        assert set(rule.by) <= {"intake_officer", "supervisor", "team_leader", "designated_officer"}, rule.code
    assert len({rule.slug for rule in RULES.values()}) == len(RULES)


def test_every_rule_has_a_guard_or_says_why_not():
    guarded = {guard.rule.code for row in STEPS.values() for guard in row.guards}
    assert set(RULES) - guarded == PROPERTIES | ASKED_BY_DECIDE | UNUSED | LATER
