"""What holds in every life of a case, whatever is asked, by whom and when."""

from __future__ import annotations

import copy
from unittest.mock import patch

import pytest
from hypothesis import given, settings

from dtv_workflow.domain import workflow
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised, RulesetMigrated
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.rules import Guard
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.vocabulary import Kind, Phase, Role
from dtv_workflow.domain.workflow import row_for
from tests.properties.lived import (
    BEGINNINGS,
    FACTS,
    Outcome,
    any_life,
    any_step,
    live,
)


@given(any_life())
def test_replay_gives_the_case_as_it_was_lived_and_asks_nobody_anything(lived):
    life = live(*lived)
    forbidden = AssertionError("replay asked")
    with (
        patch.object(workflow.WORKFLOW, "get_transitions", side_effect=forbidden),
        patch.object(Guard, "ask", side_effect=forbidden),
        patch.object(Guard, "__call__", side_effect=forbidden, create=True),
    ):
        assert fold(life.records) == life.case


# ---------------------------------------------------------------- laws of whatever comes of one step


def accepted_refused_or_malformed(outcome: Outcome) -> None:
    assert [outcome.accepted, outcome.refused, outcome.decision is None].count(True) == 1
    assert outcome.codes or not outcome.refused, "a refusal names its obstacle"


def what_is_not_done_changes_nothing_but_what_the_log_holds(outcome: Outcome) -> None:
    if not outcome.accepted:
        before, after = copy.deepcopy(outcome.before), outcome.after
        before.version, before.topics = after.version, after.topics
        assert before == after


def a_fact_is_always_recorded_with_its_incidents(outcome: Outcome) -> None:
    if outcome.row.kind is Kind.FACT and outcome.decision is not None:
        assert outcome.accepted is (outcome.before.phase is not Phase.UNOPENED)
        raised = [r.event.code for r in outcome.records if isinstance(r.event, IntegrityIncidentRaised)]
        assert raised == list(outcome.decision.incidents)


def a_step_emits_what_its_row_names_and_leads_where_its_row_says(outcome: Outcome) -> None:
    if outcome.accepted:
        kinds = {type(record.event) for record in outcome.records}
        assert kinds <= {*outcome.row.emitted, IntegrityIncidentRaised, RulesetMigrated}
    if outcome.accepted and outcome.issued.do != "correct":
        closed_already = outcome.before.phase is Phase.CLOSED and outcome.row.to is Phase.CLOSED
        to = outcome.row.to if outcome.row.to and not closed_already else outcome.before.phase
        assert outcome.after.phase is to


def every_receipt_names_its_ruleset_and_relies_only_on_what_there_is(outcome: Outcome) -> None:
    if outcome.decision is not None:
        receipt, law = outcome.decision.receipt, in_force(day_of(outcome.at))
        assert (receipt.ruleset, receipt.hash) == (law.id, law.hash)
        versions = set(range(1, outcome.before.version + 1))
        assert {version for verdict in receipt.verdicts for version in verdict.relied} <= versions


def where_the_map_has_no_row_the_answer_is_n61_alone(outcome: Outcome) -> None:
    if outcome.refused and row_for(outcome.row.step, outcome.before.phase) is None:
        automated = outcome.row.kind is Kind.DECISION and outcome.issued.role is Role.SYSTEM
        assert outcome.codes == (["N33"] if automated else ["N61"])


LAWS = (
    accepted_refused_or_malformed,
    what_is_not_done_changes_nothing_but_what_the_log_holds,
    a_fact_is_always_recorded_with_its_incidents,
    a_step_emits_what_its_row_names_and_leads_where_its_row_says,
    every_receipt_names_its_ruleset_and_relies_only_on_what_there_is,
    where_the_map_has_no_row_the_answer_is_n61_alone,
)


@given(any_life(), any_step(FACTS))
def test_every_step_of_any_life_keeps_every_law(lived, fact):
    for outcome in live(*lived, fact).outcomes:  # `live` compares the case before and after each decision
        for law in LAWS:
            law(outcome)


@pytest.mark.parametrize("begun", BEGINNINGS, ids=["intake", "motivation", "forced", "booked", "detained", "closed"])
def test_the_beginnings_go_as_far_as_they_mean_to(begun):
    life = live(*begun)
    assert [o.decision and o.decision.receipt.codes for o in life.outcomes] == [[]] * len(begun)


@settings(max_examples=30)
@given(any_life(most=40))
def test_a_long_life_can_be_folded_at_every_point(lived):
    life = live(*lived)
    for version in range(1, len(life.records) + 1, 7):
        assert fold(life.records[:version]).version == version
