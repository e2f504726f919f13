"""`dtv audit sample`: the same draw for everybody, the same chance for every case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.cli.sample import drawn

CASES = [f"01M869E0EKAC2V4VJSJAGJ{n:04}" for n in range(300)]


@given(st.permutations(CASES[:20]), st.text(max_size=8), st.integers(1, 25))
def test_the_order_in_which_cases_are_found_says_nothing(cases, seed, number):
    assert drawn(cases, number, seed) == drawn(CASES[:20], number, seed)
    assert len(drawn(cases, number, seed)) == min(number, 20)


@given(st.text(max_size=8), st.integers(1, 20))
def test_a_case_more_changes_the_draw_by_one_at_most(seed, number):
    before, after = drawn(CASES[:-1], number, seed), drawn(CASES, number, seed)
    assert len(set(after) - set(before)) <= 1
    assert set(after) - set(before) <= {CASES[-1]}


def test_every_case_has_the_same_chance():
    """Over a thousand seeds each of 20 cases is drawn, 5 at a time, about 250 times (five standard deviations: 68)."""
    draws = [drawn(CASES[:20], 5, str(seed)) for seed in range(1000)]
    times = [sum(case in draw for draw in draws) for case in CASES[:20]]
    assert all(abs(n - 250) < 68 for n in times)


def test_what_is_drawn_says_of_how_many_and_where_the_log_was(dtv):
    told = dtv("--format", "json", "audit", "sample", "-n", "3", "--seed", "2026-Q4", "--each")
    assert told.exit == 0
    assert told.json == [{
        "case": dtv.case, "phase": "forced_departure", "outcome": None, "of": 1, "next": f"dtv audit replay {dtv.case}",
    }]  # fmt: skip
    assert f"1 of 1 cases drawn, at position {dtv.head} of the log" in told.err
    assert dtv("--format", "json", "audit", "sample", "-n", "3", "--seed", "x", "--phase", "intake").json == []
    assert dtv("audit", "sample", "--seed", "x").exit == 2
    assert "getrokken" in dtv("--lang", "nl", "audit", "sample", "-n", "1", "--seed", "x").err
