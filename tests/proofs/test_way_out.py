"""Proof by exhaustion that the way out stays open.

**What is proved.** In each part (`parts.py`) every configuration that any sequence of its letters and ticks can reach is
visited, with real cases, the real `answer` and the real `fold`, and in every one of them and on every move (`laws.py`):

1. from an open case `voluntary_departure` is reached in at most two steps unless a hold blocks leaving (I6); what is more,
   the choice itself is accepted at once, ends a detention and cancels what was booked;
2. a case that closes has the evidence its outcome needs, or the incident that says it lacks; nobody stays detained or booked,
   and nobody decides to close the case of somebody in detention;
3. there is no dead end: our own decisions lead from every open configuration to an ending, what happened is recorded in every
   phase, and a closed case begins again once its guard is met;
4. force follows an offer or an exception that fits, approved by another than who proposed it; nobody is detained by our order
   while a wish is open, a hold blocks detention or the maximum is reached, nor booked or handed over while a hold blocks
   removal.

**Why the search is complete.** It stops when no letter leads to a new configuration. That two cases of one configuration
cannot be told apart is checked three ways: every attribute that a guard or a row reads is in the key or has its reason (the
source is read); a second case that came to the same configuration another way answers every letter alike; a search in another
order finds the same.

**What is not proved** stands in `parts.py` under what was abstracted, and is printed by `pytest -s`. The number visited is
recorded with each part: fewer fails. A law that does not hold fails with a batch file that leads there; see `test_faults.py`.
"""

from __future__ import annotations

import ast
import inspect
import random
import sys
import time
from functools import cache
from pathlib import Path
from types import MethodType
from typing import Any

import pytest

import dtv_workflow.domain as domain
from dtv_workflow.domain import case as case_module
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.decide import asked
from dtv_workflow.domain.law.rules import RULES
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.vocabulary import OPEN_PHASES, Phase
from dtv_workflow.domain.workflow import STEPS
from tests.proofs import parts
from tests.proofs.alphabet import LETTERS, When
from tests.proofs.configuration import FIELDS, READ
from tests.proofs.counterexample import batch_file
from tests.proofs.laws import CHOOSE, searched
from tests.proofs.parts import PARTS, THE_PRODUCT
from tests.proofs.search import Found, Mover, alike

BY_NAME = {part.name: part for part in PARTS}
every_part = pytest.mark.parametrize("name", BY_NAME)
TOOK: dict[str, float] = {}


@cache
def search_of(name: str) -> Found:
    began = time.process_time()
    found = searched(BY_NAME[name])
    TOOK[name] = time.process_time() - began
    return found


@every_part
def test_i6_the_way_out_is_open_and_the_other_laws_hold_in_every_reachable_configuration(name):
    found = search_of(name)
    if found.broken:
        pytest.fail(batch_file(found.broken), pytrace=False)
    visited = len(found.nodes)
    assert visited >= found.part.recorded, "fewer configurations are reached than were"


def test_it_says_how_many_configurations_it_visited_and_what_was_abstracted():
    lines = [f"{len(search_of(name).nodes):>7} {search_of(name).asked:>8} {TOOK[name]:5.1f} s  {name}: {part.says}"
             for name, part in BY_NAME.items()]  # fmt: skip
    total = sum(len(search_of(name).nodes) for name in BY_NAME)
    heading = "\nconfigurations, letters asked of them, processor time"
    told = "\n".join([heading, *lines, f"{total:>7} in all", "", str(parts.__doc__)])
    sys.stdout.write(told)
    assert "What was abstracted" in told
    assert total >= sum(part.recorded for part in PARTS) > 20_000


# ---------------------------------------------------------------- that the search is complete


@every_part
def test_a_second_case_of_the_same_configuration_answers_every_letter_alike(name):
    found = search_of(name)
    assert alike(found)[:1] == []
    assert found.seconds


@pytest.mark.parametrize("name", ["the track", "the removal", "the endings", "guidance", "the young", "the rest"])
def test_a_search_in_another_order_finds_the_same_configurations(name):
    again = searched(BY_NAME[name], random.Random(7))
    differ = again.nodes.keys() ^ search_of(name).nodes.keys()
    assert len(differ) == 0


@every_part
def test_the_case_of_a_configuration_is_what_its_whole_history_makes_of_it(name):
    nodes = list(search_of(name).nodes.values())
    for node in nodes[:: len(nodes) // 40 + 1]:
        assert fold(node.history()) == node.case


def test_every_step_occurs_in_some_part_and_no_letter_is_idle():
    used = {name for part in PARTS for name in (*part.root, *part.letters)} | set(parts.WIDE.letters)
    assert {asking.do for name in used for asking in LETTERS[name].steps} == set(STEPS)
    assert set(LETTERS) - used == set()


def test_every_rule_that_can_refuse_or_be_an_incident_was_met_in_the_search():
    met = set().union(*(search_of(name).codes for name in BY_NAME))
    assert set(RULES) - met == NEVER_MET


NEVER_MET = {"N30", "N34", "N35", "N32", "N33", "N36", "N48", "N62", "N70"}
"""Properties of the workflow or the log, what is asked of who asks and when, and what the timers tell when a term runs out."""


# ---------------------------------------------------------------- that the key leaves nothing out


class Reads(ast.NodeVisitor):
    """The attributes of a case that some source reads, outside the functions that fold."""

    def __init__(self, name: str) -> None:
        self.name, self.found = name, set[str]()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name != "apply" and "record" not in {argument.arg for argument in node.args.args}:
            self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == self.name:
            self.found.add(node.attr)
        self.generic_visit(node)


def reads(source: str, name: str) -> set[str]:
    visitor = Reads(name)
    visitor.visit(ast.parse(source))
    return visitor.found


def own(names: set[str], methods: dict[str, set[str]]) -> set[str]:
    """Attributes, with every method and property of a case replaced by what it reads."""
    return set().union(*(own(methods[name] - {name}, methods) if name in methods else {name} for name in names))


def test_every_attribute_of_a_case_that_a_guard_or_a_row_reads_is_in_the_key_or_has_its_reason():
    folder = Path(str(domain.__file__)).parent
    named = [folder / f"{name}.py" for name in ("decide", "detention", "inputs", "migration")]
    sources = [*sorted((folder / "chapters").glob("*.py")), *named]
    found = set().union(*(reads(path.read_text("utf-8"), "case") for path in sources))
    tree = ast.parse(inspect.getsource(case_module))
    (declared,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "DepartureCase")
    methods = {node.name: reads(ast.unparse(node), "self") for node in declared.body if isinstance(node, ast.FunctionDef)}
    assert own(found, methods) == set(READ)
    assert {where for where in READ.values() if " " not in where} <= set(FIELDS)


class Watched:
    """A case that remembers what was read of it."""

    def __init__(self, case: DepartureCase) -> None:
        self.case, self.read = case, set[str]()

    def __getattr__(self, name: str) -> Any:
        method = getattr(DepartureCase, name, None)
        if inspect.isfunction(method):
            return MethodType(method, self)
        self.read.add(name)
        return getattr(self.case, name)


def test_the_choice_to_leave_looks_at_nothing_but_the_phase_the_open_holds_and_the_opening():
    """So the first law holds in every combination of what the parts search apart, as long as these are reached in one of them."""
    mover, read, phases = Mover(), set[str](), set[Phase]()
    for node in list(search_of(THE_PRODUCT.name).nodes.values())[::5]:
        watched: Any = Watched(node.case)
        asked(watched, *_chosen(mover, node.now))
        read |= watched.read
        phases.add(node.case.phase)
    assert read == {"phase", "holds", "opened_at"}
    assert phases >= set(OPEN_PHASES)


def _chosen(mover: Mover, now: Any) -> Any:
    return mover.step(CHOOSE, When(now))[1], mover.context(CHOOSE, now)
