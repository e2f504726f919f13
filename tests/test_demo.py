"""The demo: the same seed gives the same steps, in DT&V's published mix, and no step comes out otherwise than its story says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dtv_workflow.application import open_register
from dtv_workflow.demo import ENDINGS, FEATURED, Demo, made_up, make_demo, plan
from dtv_workflow.domain.chapters.records import CommandRefused
from dtv_workflow.domain.vocabulary import OPEN_PHASES, Outcome, Phase
from dtv_workflow.errors import NoStore
from dtv_workflow.processes.worklist import Urgency, worklist

MONDAY, SUNDAY = datetime(2026, 11, 23, 20, tzinfo=UTC), datetime(2026, 4, 5, 7, tzinfo=UTC)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Demo:
    return make_demo(tmp_path_factory.mktemp("demo") / "store", cases=30, seed=7, now=MONDAY)


def cases_of(demo: Demo):
    with open_register(demo.path) as register:
        ids = [stream.removeprefix("case/") for stream in register.store.recorder.stream_ids("case/", limit=10_000)]
        return [register.case(id) for id in ids]


# ------------------------------------------------------------------ the plan


@pytest.mark.parametrize("now", [MONDAY, SUNDAY])
def test_the_same_seed_gives_the_same_steps(now):
    assert plan(60, 3, now) == plan(60, 3, now)
    assert plan(60, 3, now) != plan(60, 4, now)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_log_is_in_order_of_time_and_within_the_last_year(seed):
    times = [datetime.fromisoformat(line["recorded_at"]) for line in plan(200, seed, MONDAY).lines]
    assert times == sorted(times)
    assert times[-1] <= MONDAY
    assert times[0] > MONDAY - timedelta(days=400)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_endings_and_sources_have_the_published_shares(seed):
    planned = plan(200, seed, MONDAY)
    endings = Counter(planned.endings.values())
    assert sum(endings.values()) == pytest.approx(124, abs=1)
    for ending, (share, _) in ENDINGS.items():
        assert endings[ending] / sum(endings.values()) == pytest.approx(share, abs=0.02)
    opened = {line["case"]: line["fields"] for line in planned.lines if line["do"] == "open_case" and line["expect"] == "done"}
    sources = Counter(fields["handover_authority"] for fields in opened.values())
    shares = {"IND": 0.64, "police": 0.16, "kmar": 0.05, "other": 0.15}
    assert {s: sources[s] / len(opened) for s in sources} == pytest.approx(shares, abs=0.03)
    dublin = sum(fields["regime"] == "dublin" for fields in opened.values())
    assert dublin / sources["IND"] == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_about_half_of_the_bookings_is_cancelled_each_with_a_cause_and_a_cost(seed):
    lines = plan(200, seed, MONDAY).lines
    booked = [line for line in lines if line["do"] == "book_removal" and line["expect"] == "done"]
    cancelled = [line["fields"] for line in lines if line["do"] == "cancel_removal"]
    assert 0.4 <= len(cancelled) / len(booked) <= 0.6
    assert all(fields["cause"] and fields["cost_cents"] for fields in cancelled)


@pytest.mark.parametrize("story", [*(story for _, story in ENDINGS.values()), *(cast.story for cast in FEATURED)])
@pytest.mark.parametrize("regime", ["return_directive", "dublin", "border_refusal"])
def test_a_story_goes_forward_in_time(story, regime):
    for number in range(60):
        days = [beat.day for beat in story(made_up(number, 1, MONDAY, "IND", regime))]
        assert days == sorted(days)


@pytest.mark.parametrize("now", [MONDAY, SUNDAY])
def test_only_the_interview_written_up_later_is_back_dated_and_says_why(now):
    late = [line for line in plan(120, 5, now).lines if line["at"] != line["recorded_at"]]
    assert [line["do"] for line in late] == ["record_interview"]
    assert all(line["reason"] for line in late)


def test_everybody_looks_made_up():
    people = [line["fields"]["subject"] for line in plan(200, 1, MONDAY).lines if line["do"] == "open_case"]
    assert all("Testpersoon" in person["name"] and person["v_number"].startswith("99") for person in people)
    assert len({person["v_number"] for person in people}) == 200


# ------------------------------------------------------------------ the store


def test_every_step_comes_out_as_its_story_says(small):
    assert small.surprises == ()
    assert (small.cases, small.refused > 10, small.incidents > 1) == (30, True, True)


@pytest.mark.slow
def test_two_hundred_cases_hold_no_surprise(tmp_path):
    demo = make_demo(tmp_path / "store", cases=200, seed=1, now=MONDAY)
    assert (demo.cases, demo.surprises) == (200, ())


@pytest.mark.slow
@pytest.mark.parametrize("days", range(0, 364, 25))
def test_no_day_of_the_year_brings_a_surprise(tmp_path, days):
    now = SUNDAY + timedelta(days=days, hours=days % 24)
    assert make_demo(tmp_path / "store", cases=40, seed=days, now=now).surprises == ()


def test_there_is_work_in_every_phase_and_every_ending(small):
    cases = cases_of(small)
    assert {case.phase for case in cases} >= {Phase.INTAKE, Phase.MOTIVATION, Phase.FORCED_DEPARTURE, Phase.CLOSED}
    ended = {case.outcome for case in cases if case.outcome}
    assert ended >= {Outcome.INDEPENDENT_SUPERVISED, Outcome.UNSUPERVISED, Outcome.RESIDENCE, Outcome.OTHER}
    assert any(case.episode == 2 for case in cases)


def test_the_worklist_is_alive(small):
    open_cases = [case.id for case in cases_of(small) if case.phase in OPEN_PHASES]
    with open_register(small.path) as register:
        tasks = worklist(register, open_cases, MONDAY)
    assert tasks[0].urgency is Urgency.WISH_IN_DETENTION
    assert {task.urgency for task in tasks} == set(Urgency)
    assert [task.urgency for task in tasks] == sorted(task.urgency for task in tasks)


def test_the_cases_to_show_and_to_explain_exist(small):
    with open_register(small.path) as register:
        assert register.case(small.show).phase is Phase.CLOSED
        refusals = [r.event for r in register.history(small.explain_case) if isinstance(r.event, CommandRefused)]
    assert (small.explain_step, small.explain_codes) in {(e.refused, e.codes) for e in refusals}


def test_a_back_dated_decision_a_correction_and_a_refused_opening_are_in_it(small):
    lines = plan(30, 7, MONDAY).lines
    assert {"correct", "reopen_case", "link_family", "establish_minority"} <= {line["do"] for line in lines}
    assert "refused:N36" in {line["expect"] for line in lines}
    with open_register(small.path) as register:
        found = [r for case in cases_of(small) for r in register.history(case.id) if r.back_dated]
        refused = [r.name for r in register.history_of("register")]
    assert [r.name for r in found] == ["InterviewHeld"]
    assert refused.count("CommandRefused") == 1


def test_no_name_and_no_v_number_stands_in_the_log(small):
    people = [line["fields"]["subject"] for line in plan(30, 7, MONDAY).lines if line["do"] == "open_case"]
    stored = b"".join(path.read_bytes() for path in sorted(Path(small.path).glob("events.db*")))
    assert b"Testpersoon" not in stored
    assert [p["v_number"] for p in people if p["v_number"].encode() in stored or p["name"].encode() in stored] == []


def test_an_existing_store_is_left_alone(small):
    before = (small.path / "events.db").read_bytes()
    with pytest.raises(NoStore):
        make_demo(small.path, cases=1, now=MONDAY)
    assert (small.path / "events.db").read_bytes() == before


def test_progress_is_told_and_a_demo_can_be_as_small_as_wanted(tmp_path):
    told: list[tuple[int, int]] = []
    demo = make_demo(tmp_path / "store", cases=2, seed=1, now=MONDAY, progress=lambda n, of: told.append((n, of)))
    assert (demo.cases, told[-1]) == (2, (demo.steps, demo.steps))
    assert len(FEATURED) > 2
