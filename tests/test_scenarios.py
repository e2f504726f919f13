"""Every golden scenario, run as `dtv batch --check` runs it: in a throw-away training store, with no expectation unmet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dtv_workflow.batch import check
from dtv_workflow.domain.law.rules import RULES

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.jsonl"))

DRAWN = {f"N{n:02}" for n in (
    *range(1, 23), 24, 25, 26, 29, 31, 33, *range(36, 59), 60, 61, 63, 64, 66, 67, 68, 69, 71,
)}  # fmt: skip
"""The codes that can refuse a step. The others are incidents (N23, N27, N28, N59, N65, N70), a time that no script sets (N32), or
properties."""


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_scenario_ends_as_it_says(path):
    assert [f"line {line.answer['line']}: {line.unmet}" for line in check(path) if line.unmet] == []


def test_every_scenario_says_what_it_expects_of_each_line():
    for path in SCENARIOS:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        assert "title" in lines[0], path
        assert "expect_case" in lines[-1], path
        assert [n for n, line in enumerate(lines, 1) if "do" in line and "expect" not in line] == [], path


def test_the_refusals_draw_every_code_that_can_refuse():
    path = Path(__file__).parent / "scenarios" / "refusals.jsonl"
    drawn = {refusal["code"] for line in check(path) for refusal in line.answer.get("refusals", ())}
    assert drawn == DRAWN
    assert set(RULES) >= DRAWN
