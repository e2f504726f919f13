"""Timers in every life of a case: what runs out follows from the history, whoever asks, how often and when (N33)."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.domain import expiry
from dtv_workflow.domain.chapters.records import CorrectionRecorded, IntegrityIncidentRaised
from dtv_workflow.domain.chapters.tasks import TimerExpired, TimerReminded
from dtv_workflow.domain.deadlines import TIMERS, deadlines
from dtv_workflow.domain.expiry import next_moment, ran_out, to_tell
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.procedures import Counting
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.vocabulary import Role
from tests.properties.lived import any_life, ask, live

END = datetime(2031, 1, 1, tzinfo=UTC)
"""Later than anything that these lives have running."""

Told = tuple[str, str | None, datetime, int]


def told_in(records: list[Record]) -> list[Told]:
    """What the timers told in a history, in the order told."""
    found: list[Told] = []
    for event in (record.event for record in records):
        if isinstance(event, TimerExpired):
            found.append((event.timer, event.about, event.due, 0))
        elif isinstance(event, TimerReminded):
            found.append((event.timer, event.about, event.due, event.days_before))
    return found


def run(records: list[Record], now: datetime) -> list[Record]:
    """The history with what a run at this moment adds."""
    added = [
        Record(
            originator_id="case/L",
            originator_version=len(records) + n,
            occurred_at=at,
            recorded_at=now,
            actor="timers",
            role=Role.SYSTEM,
            step="tell_timers",
            request_id=f"run{len(records)}",
            event=event,
        )
        for n, (event, at) in enumerate(to_tell(records, now), 1)
    ]
    return records + added


def interleaved(records: list[Record], runs: list[tuple[int, float]]) -> list[Record]:
    """The history as it would have become with runs before the steps of these numbers, each at some moment before its step.

    A correction names what it corrects by its version: it names the same event under its new number.
    """
    number: dict[int, int] = {}
    lived: list[Record] = []
    for n, record in enumerate(records):
        first = n == 0 or records[n - 1].request_id != record.request_id
        since = records[n - 1].recorded_at if n else record.recorded_at
        for _, part in sorted(run_ for run_ in runs if run_[0] == n and first and n):
            lived = run(lived, since + (record.recorded_at - since) * part)
        event = record.event
        if isinstance(event, CorrectionRecorded):
            event = msgspec.structs.replace(event, event=number[event.event])
        number[record.version] = len(lived) + 1
        lived = [*lived, msgspec.structs.replace(record, originator_version=len(lived) + 1, event=event)]
    return lived


some_runs = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0])), max_size=12)


@given(any_life(), some_runs)
def test_the_same_timers_fire_at_the_same_due_dates_once_however_runs_and_steps_interleave(lived, runs):
    records = live(*lived).records
    late, often = run(records, END), run(interleaved(records, runs), END)
    assert Counter(told_in(often)) == Counter(told_in(late))
    assert not Counter(told_in(late)) or max(Counter(told_in(late)).values()) == 1


@given(any_life(), st.lists(st.integers(-400, 1500), min_size=1, max_size=6))
def test_runs_at_any_times_also_on_a_clock_that_goes_back_come_to_the_same(lived, days):
    records = live(*lived).records
    often = records
    for day in days:
        often = run(often, datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=day))
    assert Counter(told_in(run(often, END))) == Counter(told_in(run(records, END)))


@given(any_life())
def test_a_second_run_tells_nothing_and_a_run_tells_nothing_before_its_time(lived):
    records = run(live(*lived).records, END)
    assert to_tell(records, END) == []
    assert all(due - timedelta(days=before) <= END for _, _, due, before in told_in(records))


@given(any_life())
def test_n33_a_timer_changes_nothing_but_the_list_of_what_was_told_the_tasks_and_the_incidents(lived):
    life = live(*lived)
    after = fold(run(life.records, END))
    for name in after.__struct_fields__:
        if name not in {"version", "topics", "told", "tasks", "incidents"}:
            assert getattr(after, name) == getattr(life.case, name), name


@given(any_life())
def test_the_index_never_overlooks_a_case(lived):
    """Whatever a run has to tell of the case as it stands, the moment the index keeps is not later."""
    life = live(*lived)
    if not life.records:
        return
    now = life.records[-1].recorded_at
    at = next_moment(life.case, now)
    known = {e.key for e in ran_out(life.records, now)}
    coming = [e for e in ran_out(life.records, END) if e.key not in known and e.at > now]
    assert not coming or (at is not None and at <= min(e.at for e in coming))


@given(any_life())
def test_deadlines_answers_the_same_twice_and_leaves_the_case_as_it_was(lived):
    life = live(*lived)
    before = copy.deepcopy(life.case)
    first = deadlines(life.case, in_force(day_of(life.now)), life.now)
    assert first == deadlines(life.case, in_force(day_of(life.now)), life.now)
    assert life.case == before
    given_ = (Counting.GIVEN, Counting.CLOCK)  # a date that is given may lie anywhere
    assert all(d.starts is None or d.counting in given_ or d.starts <= d.due for d in first)


# ------------------------------------------------------------------ by hand, and faults that must be seen


OPENED = ask("open_case", subject={"name": "Amber", "citizenship": "MA"}, handover_authority="IND", entry_channel="file")
WISH = ask("express_wish_to_leave", 1, reported_by="person")
ASSESSED = ask("assess_opportunity", 2, available=True, finding="x")


def test_a_term_that_was_met_late_is_told_as_run_out_and_as_stopped_since():
    records = live(OPENED, WISH, ASSESSED).records
    told = [event for event, _ in to_tell(records, records[-1].recorded_at + timedelta(hours=1))]
    (d07,) = [event for event in told if isinstance(event, TimerExpired) and event.timer == "D07"]
    assert (d07.due, d07.stopped, d07.escalated) == (records[2].occurred_at + timedelta(hours=24), True, False)


def test_a_term_that_was_met_in_time_is_not_told():
    records = live(OPENED, WISH, ask("assess_opportunity", 0.5, available=True, finding="x")).records
    told = [event for event, _ in to_tell(records, records[-1].recorded_at + timedelta(days=3))]
    assert not any(isinstance(event, TimerExpired) and event.timer == "D07" for event in told)


def test_the_court_not_told_in_time_is_an_incident_with_the_term():
    reported = ask("report_detention", 0, article="59", since="2026-01-05", by="KMar")
    records = run(live(OPENED, reported).records, datetime(2026, 2, 3, tzinfo=UTC))
    raised = [type(r.event).__name__ for r in records if r.step == "tell_timers" and getattr(r.event, "timer", "D10") == "D10"]
    assert raised == ["TimerReminded", "TimerExpired", "IntegrityIncidentRaised"]
    assert "N70" in [r.event.code for r in records if isinstance(r.event, IntegrityIncidentRaised)]


def a_year_ahead(record: Record) -> Record:
    return msgspec.structs.replace(record, recorded_at=record.recorded_at + timedelta(days=365))


def test_a_step_recorded_under_a_clock_that_was_ahead_silences_no_case():
    ahead = ask("record_report_missed", 0.1, count=1)
    records = live(OPENED, ahead, WISH).records
    n = next(i for i, r in enumerate(records) if r.step == "record_report_missed")
    wrong = [a_year_ahead(r) if i == n else r for i, r in enumerate(records)]
    now = records[-1].recorded_at + timedelta(days=3)
    assert "D07" in {key[0] for key in told_in(run(wrong, now))}
    last = [a_year_ahead(r) if r is records[-1] else r for r in records]
    assert "D07" in {key[0] for key in told_in(run(last, now))}, "nor does one that nothing follows"


def test_what_is_proposed_once_a_term_is_past_is_what_is_then_of_use():
    reported = ask("report_detention", 0, article="59", since="2026-01-05", by="KMar")
    found = to_tell(live(OPENED, reported).records, datetime(2026, 2, 3, tzinfo=UTC))
    told = [event for event, _ in found if isinstance(event, TimerExpired)]
    assert [e.proposes for e in told if e.timer == "D10"] == ["lift_detention"]


def test_dates_of_long_ago_stop_no_run():
    accepted = ask("record_dublin_acceptance", member_state="DE", accepted_on="0001-01-01", latest_transfer_on="0001-01-02")
    assert run(live(OPENED, accepted).records, END)


def test_planted_looking_only_at_the_case_as_it_is_now_forgets_what_was_met_late(monkeypatch):
    """The control: a run that looks at the last state alone depends on when it ran, and the law above sees it."""
    records = live(OPENED, WISH, ASSESSED).records
    honest = Counter(told_in(run(records, END)))
    whole = expiry._stretches
    monkeypatch.setattr(expiry, "_stretches", lambda records, now: list(whole(records, now))[-1:])
    assert Counter(told_in(run(interleaved(records, [(3, 1.0)]), END))) != Counter(told_in(run(records, END)))
    assert Counter(told_in(run(records, END))) != honest


def test_planted_a_run_that_forgets_what_was_told_tells_it_twice(monkeypatch):
    records = run(live(OPENED, WISH).records, END)
    monkeypatch.setattr(TimerExpired, "apply", lambda self, case, record: None)
    assert max(Counter(told_in(run(records, END))).values()) == 2


def test_every_timer_names_how_it_is_counted_and_every_reminder_a_parameter_in_days():
    law = in_force(END.date())
    assert {law.parameters[name].unit for timer in TIMERS for name in timer.warns} == {"days"}
