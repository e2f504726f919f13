"""The law changes under a running case: decisions keep their rules, terms that run are brought under the new ones, once."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.application import create_register
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.domain.chapters.records import MovedClock, RulesetMigrated
from dtv_workflow.domain.deadlines import begins, deadlines
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.migration import moved
from dtv_workflow.domain.record import Record
from tests.domain.told import moment
from tests.properties.lived import OPEN, TO_BOOKED, Life, any_life, ask, live

SCENARIO = Path(__file__).parents[1] / "scenarios" / "G14.jsonl"
LOOKED = ask("record_cooperation", level="cooperates")


def migrations(records: list[Record]) -> list[RulesetMigrated]:
    return [record.event for record in records if isinstance(record.event, RulesetMigrated)]


def test_g14_the_first_step_under_the_new_rules_starts_the_border_term_and_says_so_once(tmp_path):
    with create_register(tmp_path / "store", training=True, actor="script") as register, SCENARIO.open("rb") as lines:
        answers = [line.answer for line in Script(register).run(read_lines(lines))]
        history = register.history(str(answers[1]["case"]))
    (event,) = migrations(history)
    due = moment("2026-08-14T00:00")
    assert event.after == (*event.before, "eu-2026-06-12")
    assert event.clocks == (MovedClock(code="D36", before=None, after=due),)
    at = next(n for n, record in enumerate(history) if record.event is event)
    assert (history[at].step, history[at + 1].name) == ("record_interview", "InterviewHeld")
    assert history[at].receipt == history[at + 1].receipt
    rulesets = [record.receipt.ruleset for record in history if record.receipt]
    assert rulesets == sorted(rulesets, key=len)
    assert {r.count("eu-2026-06-12") for r in rulesets[:at]} == {0}
    assert {r.count("eu-2026-06-12") for r in rulesets[at:]} == {1}


BEFORE = "2020-09-29T11:00"
"""Two days before the notice of a removal went from 48 to 36 hours."""


def booked_before_october_2020() -> Life:
    """A removal booked for Saturday 3 October 2020, not notified yet."""
    life = Life(moment(BEFORE))
    texts = {"2026-01-05": "2020-09-29", "2026-01-12": "2020-10-03", "2022-01-01": "2019-01-01"}
    for step in TO_BOOKED:
        life.take(step._replace(fields=older(step.fields, texts)))
    assert life.case.live_bookings()
    return life


def older(value: Any, texts: dict[str, str]) -> Any:
    """Plain data with its days put back."""
    if isinstance(value, dict):
        return {key: older(item, texts) for key, item in value.items()}
    if isinstance(value, str):
        for new, old in texts.items():
            value = value.replace(new, old)
    return value


def test_vc_a3_6_6_a_notice_not_yet_served_is_brought_under_the_36_hours_at_the_next_step():
    life = booked_before_october_2020()
    departs = life.case.bookings["A1"].departs_at
    outcome = life.take(LOOKED._replace(later=timedelta(days=2)))
    (event,) = migrations(outcome.records)
    moved_to = MovedClock(code="D30", about="A1", before=departs - timedelta(hours=48), after=departs - timedelta(hours=36))
    assert event.clocks == (moved_to,)
    assert [r.name for r in outcome.records] == ["RulesetMigrated", "CooperationObserved"]
    assert life.case.migrations == [outcome.records[0].version]
    assert migrations(life.take(LOOKED).records) == []


def test_a_refused_step_leaves_the_case_under_the_old_rules_and_the_next_accepted_one_migrates_it():
    life = booked_before_october_2020()
    refused = life.take(ask("complete_precheck", 2, attempt="A1", items={}))
    assert [r.name for r in refused.records] == ["CommandRefused"]
    assert [r.name for r in life.take(LOOKED).records] == ["RulesetMigrated", "CooperationObserved"]


def test_a_back_dated_step_never_takes_a_case_back_to_older_rules():
    life = booked_before_october_2020()
    life.take(LOOKED._replace(later=timedelta(days=2)))
    assert migrations(life.take(LOOKED._replace(later=timedelta(days=-2))).records) == []
    assert migrations(life.take(LOOKED._replace(later=timedelta(days=3))).records) == []


def test_where_no_term_moves_nothing_is_recorded():
    life = Life(moment(BEFORE))
    life.take(OPEN)
    assert [r.name for r in life.take(LOOKED._replace(later=timedelta(days=30))).records] == ["CooperationObserved"]


@given(any_life(), st.sampled_from(("2020-09-30", "2022-11-07", "2026-06-11")), st.dates(date(2025, 1, 1), date(2027, 1, 1)))
def test_what_moved_is_what_is_due_at_another_moment_and_nothing_under_the_same_rules(lived, day, at):
    case = live(*lived).case
    now = begins(at)
    before, after = in_force(date.fromisoformat(day)), in_force(date.fromisoformat(day) + timedelta(days=1))
    assert before.hash != after.hash
    assert moved(case, before, before, now) == ()
    for clock in moved(case, before, after, now):
        assert clock.before != clock.after
        due = [term.due for term in deadlines(case, after, now) if (term.code, term.about) == (clock.code, clock.about)]
        assert due[-1:] == ([clock.after] if clock.after else [])
