"""The timers one by one: each runs in its life, in its phases, until what the table says stops it. Lengths stand beside."""

from __future__ import annotations

import re

import pytest

from dtv_workflow.domain.deadlines import TIMERS, deadlines
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import TOPICS, Event
from dtv_workflow.domain.vocabulary import OPEN_PHASES, Phase
from tests.domain.timed import RUNS, STOPS
from tests.domain.told import moment, told

BY_CODE = {code: [timer for timer in TIMERS if timer.code == code] for code in (timer.code for timer in TIMERS)}


def named(codes: str) -> set[str]:
    return {f"D{n:02}" for n in map(int, codes.split())}


@pytest.mark.parametrize("name", RUNS)
def test_a_timer_runs_in_its_life_and_is_said_to_be_its_own(name):
    (found,) = RUNS[name].running(name)
    timer = BY_CODE[name[:3]][-1 if name == "D31 announced" else 0]
    assert (found.what, found.law, found.escalates) == (timer.what, timer.law, timer.escalates)
    assert len(found.warns) == len(timer.warns)
    assert found.incident == ("N70" if name == "D10" else None)


def test_every_timer_has_a_life_here():
    assert {name[:3] for name in RUNS} == set(BY_CODE)


@pytest.mark.parametrize(("name", "after"), [
    pytest.param(name, after, id=f"{name}-{n}") for name, lives in STOPS.items() for n, after in enumerate(lives)
])
def test_a_timer_stops_with_what_the_table_says(name, after):
    assert RUNS[name].running(name, *after) == []


def stopped_by_name(code: str) -> set[str]:
    """The events that the table names as what stops a timer."""
    events = {event.__name__ for event in TOPICS.values()}
    return {word for timer in BY_CODE[code] for word in re.findall(r"[A-Z]\w+", timer.stops)} & events


def kinds(happened: tuple[object, ...]) -> set[str]:
    told = [said[1] if isinstance(said, tuple) else said for said in happened]
    return {type(event).__name__ for event in told if isinstance(event, Event)}


ANEW = {"D05": {"InterviewHeld"}, "D06": {"DeparturePlanAdopted"}, "D08": {"RemovabilityChecked"},
        "D09": {"ReportMade", "ReportingMissed"}, "D28": {"TravelDocumentReceived"}, "D32": {"SupportRequested"}}  # fmt: skip
"""What begins a term anew: where it then ends stands with its length."""

CLOSES = {"D31": {"DublinTransferCompleted"}}


@pytest.mark.parametrize("code", BY_CODE)
def test_everything_that_the_table_names_as_stopping_a_timer_is_tried_here(code):
    tried = {kind for name, lives in STOPS.items() if name[:3] == code for after in lives for kind in kinds(after)}
    assert stopped_by_name(code) - tried - ANEW.get(code, set()) - CLOSES.get(code, set()) == set()


# ------------------------------------------------------------------ phases

IN_CUSTODY = named("10 11 12 13 14 15 16 17 18 19")
IN_PHASES = {name: {*OPEN_PHASES, Phase.CLOSED} if name[:3] in IN_CUSTODY | {"D37"} else {*OPEN_PHASES} for name in RUNS}
IN_PHASES |= {"D01": {Phase.INTAKE, Phase.MOTIVATION}, "D08": {Phase.FORCED_DEPARTURE}, "D38": {Phase.CLOSED},
              "D32": {Phase.INTAKE, Phase.MOTIVATION, Phase.VOLUNTARY_DEPARTURE}}


@pytest.mark.parametrize("name", RUNS)
def test_a_timer_runs_in_its_phases_and_in_no_other(name):
    run = RUNS[name]
    case, when = told(*run.happened, born=run.born), moment(run.at)
    found = set()
    for phase in Phase:
        case.phase = phase
        codes = {(d.code, d.about) for d in deadlines(case, in_force(day_of(when)), when)}
        found |= {phase} if any(code == name[:3] and run.about in {None, about} for code, about in codes) else set()
    assert found - {Phase.UNOPENED} == IN_PHASES[name]


def test_d08_with_a_booking_the_answer_must_be_of_the_day_in_every_phase():
    assert IN_PHASES["D08 booked"] == set(OPEN_PHASES)


@pytest.mark.parametrize("name", RUNS)
def test_no_term_is_due_before_it_starts_and_each_rests_on_events_that_are_there(name):
    run = RUNS[name]
    case = told(*run.happened, born=run.born)
    for found in run.running(name):
        assert found.starts is None or found.starts <= found.due
        assert found.relied
        assert all(0 < version <= case.version for version in found.relied)


def test_the_timers_that_escalate_and_those_that_warn_are_these():
    assert {t.code for t in TIMERS if t.escalates} == named("4 5 6 7 10 11 12 13 14 15 16 17 18 19 33")
    assert {t.code for t in TIMERS if t.warns} == named("10 13 14 15 16 18 28 31")
    assert {t.code for t in TIMERS if t.incident} == {"D10"}


@pytest.mark.parametrize(("name", "warns"), [
    ("D10", (7,)), ("D13", (30, 15, 5)), ("D14", (14,)), ("D15", (14,)), ("D16", (14,)), ("D18", (7,)), ("D28", (30,)),
    ("D31", (30,)),
])  # fmt: skip
def test_a_warning_comes_so_many_days_before(name, warns):
    assert RUNS[name].running(name)[0].warns == warns
