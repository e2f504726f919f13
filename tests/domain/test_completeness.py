"""No guard goes untested: each guard of each row is taken away once and set against everything once, and a test must notice.

The tests named in `proofs.txt` are run again here, without pytest, on a table with one guard replaced. Naming a test after a
guard is thus not enough: only a test that fails without the guard counts as the one in which it refuses, and only another one,
that fails when the guard refuses everything, counts as the one in which it consents. `python -m tests.domain.proving` finds them.
"""

from __future__ import annotations

import re

import pytest

from dtv_workflow.cli.law_page import named_after, provisions
from dtv_workflow.domain.law.rules import RULES
from dtv_workflow.domain.workflow import STEPS
from tests.domain.proving import GUARDS, always, asking, calls, fails, never, proofs, replaced

PROOFS = proofs()
PROPERTIES = {"N30", "N34", "N35"}
"""Rules that are properties of the workflow or the log: there is no guard to ask."""

FOUND_LATER = {"N70"}
"""Found when a term runs out, by no step that a guard could be asked of: an incident that the timers tell."""

ASKED_BY_DECIDE = {"N33", "N48", "N61"}
UNUSED = {"N62"}
BEYOND_THE_CONTRACT = {f"N{n}" for n in range(66, 72)}


def test_every_guard_of_every_step_has_its_two_tests_on_file():
    assert [(proof.step, proof.guard) for proof in PROOFS] == GUARDS, "run `python -m tests.domain.proving`"
    lacking = [(p.step, p.guard) for p in PROOFS if "-" in (p.refuses, p.consents) or p.refuses == p.consents]
    assert lacking == [], "each guard refuses in one test and consents in another"


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.step}-{proof.guard}")
def test_each_guard_refuses_in_one_test_and_consents_in_another(proof):
    refuses = [call for call in calls() if call.name == proof.refuses]
    consents = [call for call in calls() if call.name == proof.consents]
    assert [call.name for call in (*refuses, *consents) if fails(call)] == []
    with replaced(proof.step, proof.guard, never):
        assert any(map(fails, refuses)), "this test does not notice that the guard is gone"
    with replaced(proof.step, proof.guard, always):
        assert any(map(fails, consents)), "this test does not notice that the guard refuses everything"


def test_each_step_is_asked_in_some_test():
    assert [name for name, tests in asking().items() if not tests] == []


def test_every_rule_is_declared_whole():
    assert set(RULES) == {f"N{n:02}" for n in range(1, 66)} | BEYOND_THE_CONTRACT
    for rule in RULES.values():
        assert all((rule.slug, rule.law, *rule.says, *rule.needs, rule.lifts, rule.by)), rule.code
        assert rule.slug.isascii(), rule.code
        assert rule.slug == rule.slug.lower().replace(" ", "_"), rule.code
        assert set(rule.by) <= {"intake_officer", "supervisor", "team_leader", "designated_officer"}, rule.code
    assert len({rule.slug for rule in RULES.values()}) == len(RULES)


def test_every_rule_has_a_guard_or_says_why_not():
    guarded = {guard.rule.code for row in STEPS.values() for guard in row.guards}
    assert set(RULES) - guarded == PROPERTIES | FOUND_LATER | ASKED_BY_DECIDE | UNUSED


@pytest.mark.parametrize("code", sorted(PROPERTIES | FOUND_LATER | ASKED_BY_DECIDE | {"N32"}))
def test_a_rule_without_a_guard_of_its_own_is_proven_by_tests_that_name_it(code):
    assert named_after(code)


def test_every_guard_cites_a_provision_or_calls_itself_a_rule_of_the_workflow():
    for rule in RULES.values():
        assert rule.law == "workflow" or all(re.search(r"[A-Z]", each) for each in provisions(rule.law)), rule.code


@pytest.mark.parametrize(
    ("law", "found"),
    [
        ("Vw 2000 art. 59(3), 56(2), 59a(2)", ["Vw 2000 art. 59(3)", "Vw 2000 art. 56(2)", "Vw 2000 art. 59a(2)"]),
        ("Vw 2000 art. 62(1), (2); Directive 2008/115/EC art. 8(2)",
         ["Vw 2000 art. 62(1)", "Vw 2000 art. 62(2)", "Directive 2008/115/EC art. 8(2)"]),
        ("Vc 2000 A3/6.6, A3/4.5", ["Vc 2000 A3/6.6", "Vc 2000 A3/4.5"]),
        ("ECHR Rule 39; workflow", ["ECHR Rule 39", "workflow"]),
    ],
    ids=["articles", "paragraphs", "circular", "others"],
)  # fmt: skip
def test_a_rules_law_is_read_provision_by_provision(law, found):
    assert provisions(law) == found
