"""Replay and judgement are pure, and agree with the fold and with `decide`."""

from __future__ import annotations

import copy
import json

import pytest

from dtv_workflow.application import create_register
from dtv_workflow.audit.judge import ANYONE, Watched, judge, may, neutral
from dtv_workflow.audit.replay import differences, facets, replay, up_to
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.domain.decide import asked
from dtv_workflow.domain.neutral import placeholders
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.steps import step_name
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import STEPS, TABLE
from tests.cli.conftest import SCENARIO


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "store"
    said = {"event": 2, "field": "citizenship", "value": "DZ"}
    line = {"do": "correct", "case": "A", "as": "RV-07", "at": "2026-03-21T10:00:00+01:00", "reason": "typo", "fields": said}
    correction = json.dumps(line).encode()
    with create_register(path, training=True, actor="script") as register, SCENARIO.open("rb") as lines:
        script = Script(register)
        answers = [line.answer for line in script.run([*read_lines(lines), correction])]
        assert answers[-1]["status"] == "done"
        return register.history(answers[0]["case"])


def test_every_state_is_the_fold_of_the_records_up_to_it(history):
    for step in replay(history):
        assert step.facets == facets(fold(history[: step.record.version]))


def test_a_correction_shows_where_it_was_made_and_not_before(history):
    *before, last = replay(history)
    assert [(c.facet, c.before, c.after) for c in last.changes] == [("citizenship", "MA", "DZ")]
    assert all(step.facets.get("citizenship", "MA") in {"MA", "XX"} for step in before)


def test_differences_are_nothing_for_the_same_and_all_for_nothing(history):
    last = facets(fold(history))
    assert list(differences(last, last)) == []
    assert [change.facet for change in differences({}, last)] == list(last)


def test_cutting_keeps_the_order(history):
    assert [r.version for r in up_to(history, version=5)] == [1, 2, 3, 4, 5]
    moment = history[8].recorded_at
    assert all(r.recorded_at <= moment for r in up_to(history, known_at=moment))


@pytest.mark.parametrize("row", TABLE, ids=lambda row: step_name(row.step))
def test_every_step_can_be_filled_in_neutrally_and_judged(history, row):
    at = history[-1].recorded_at
    assert isinstance(read_step(step_name(row.step), placeholders(row.step, at)), row.step)
    for version in (2, 9, 14, 20, len(history)):
        case = fold(history[:version])
        before = copy.deepcopy(facets(case))
        judged, receipt = judge(case, row, {}, neutral(row, at))
        assert [j.verdict for j in judged] == list(receipt.verdicts)
        assert facets(case) == before


def test_a_watched_step_is_judged_like_the_step_itself(history):
    at = history[-1].recorded_at
    for row in TABLE:
        step = read_step(step_name(row.step), placeholders(row.step, at))
        case = fold(history[:20])
        for guard in row.guards:
            context = neutral(row, at)
            assert guard.ask(case, Watched(step), context) == guard.ask(case, step, context)  # type: ignore[arg-type]


def test_what_may_be_done_lists_the_phase_and_refuses_only_what_decide_refuses(history):
    for version in (2, 9, 14, 20):
        case, at = fold(history[:version]), history[version - 1].recorded_at
        for found in may(case, at):
            if found.codes and found.row.kind is Kind.DECISION:
                step = read_step(step_name(found.row.step), placeholders(found.row.step, at))
                assert set(found.codes) <= set(asked(case, step, neutral(found.row, at))[1].codes)


def test_nobody_in_particular_is_nobody_who_proposed(history):
    proposed = next(r.version for r in history if r.name == "ForcedTrackProposed")
    case, row = fold(history[:proposed]), STEPS["approve_forced_track"]
    assert case.proposal is not None
    assert case.proposal.by != ANYONE
    assert "N12" not in judge(case, row, {}, neutral(row, history[proposed - 1].recorded_at))[1].codes
