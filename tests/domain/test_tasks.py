"""Tasks: what a term that ran out, or a message, leaves for a person to do. Nobody ticks a running term away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dtv_workflow.domain.chapters.courts import CourtNotified
from dtv_workflow.domain.chapters.guidance import InterviewHeld
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised
from dtv_workflow.domain.chapters.tasks import (
    CompleteTask,
    PickUpTask,
    TaskDone,
    TaskPickedUp,
    TaskRaised,
    TimerExpired,
    TimerReminded,
    open_tasks,
)
from dtv_workflow.domain.deadlines import Deadline
from dtv_workflow.domain.expiry import to_tell
from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.vocabulary import HoldKind, InterviewKind, Phase, Role
from tests.domain.detained import DETAINED
from tests.domain.timed import closed, term
from tests.domain.told import Happened, asked, context, decision_of, moment, names, records, told

# The case was opened on Monday 5 January 2026: the tenth working day after it is Monday the 19th.
DUE = moment("2026-01-20T00:00")
EXPIRED = ("2026-01-20T00:01", TimerExpired(timer="D04", due=DUE, proposes="record_interview", escalated=True))
SPOKEN = ("2026-01-21T10:00", InterviewHeld(kind=InterviewKind.FIRST, checklist={}))
MESSAGE = ("2026-01-21T11:00", TaskRaised(kind="divergence"))
PICK, DONE = PickUpTask(task="t3"), CompleteTask(task="t3", finding="looked at both")
PICKED_UP = ("2026-01-21T12:00", TaskPickedUp(task="t3"))
"""By RV-07, as everything that is told."""


def test_n67_an_open_task_is_picked_up_and_an_unknown_one_is_not():
    assert asked(told(EXPIRED), PICK) == []
    assert asked(told(MESSAGE), PICK) == []
    assert asked(told(EXPIRED), PickUpTask(task="t4")) == ["N67"]
    assert asked(told(), PICK) == ["N67"]


def test_n67_a_task_whose_term_was_met_is_open_no_longer():
    assert asked(told(EXPIRED, SPOKEN), PICK) == ["N67"]
    assert asked(told(EXPIRED, SPOKEN), DONE) == ["N67"]


def test_n67_a_task_that_was_done_is_open_no_longer():
    over = told(MESSAGE, TaskDone(task="t3", finding="x"))
    assert over.tasks == {}
    assert asked(over, DONE) == ["N67"]
    assert asked(told(MESSAGE, TaskDone(task="t9", finding="x")), DONE) == []


@pytest.mark.parametrize(("known", "codes"), [
    ({"actor": "RV-07"}, []),
    ({"actor": "RV-08"}, ["N68"]),
    ({"actor": "TL-02", "role": Role.TEAM_LEADER}, []),
    ({"actor": "OFF-03", "role": Role.DESIGNATED_OFFICER}, ["N68"]),
])
@pytest.mark.parametrize("step", [PICK, DONE], ids=["pick up", "complete"])
def test_n68_a_task_of_another_is_taken_over_by_a_team_leader_alone(step, known, codes):
    assert asked(told(MESSAGE, PICKED_UP), step, **known) == codes


def test_n68_a_task_that_nobody_picked_up_is_anybodys():
    assert asked(told(MESSAGE), DONE, actor="RV-08") == []


def test_n69_what_a_step_ends_is_not_ticked_away():
    assert asked(told(EXPIRED), DONE) == ["N69"]
    assert asked(told(MESSAGE), DONE) == []


def test_n69_a_message_that_holds_a_case_is_done_once_its_hold_is_lifted():
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE)
    raised = TaskRaised(kind="unread_message", about="H1", proposes="lift_hold")
    case = told(held, raised)
    lifted = told(held, raised, HoldLifted(hold="H1", hold_kind=held.hold_kind, basis="read"))
    assert asked(case, CompleteTask(task="t4", finding="x")) == ["N69"]
    assert asked(lifted, CompleteTask(task="t4", finding="x")) == ["N67"], "that ended it"


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("step", [PICK, DONE], ids=["pick up", "complete"])
def test_n33_a_task_is_for_whoever_works_on_cases_and_never_for_the_system(step, role):
    desk = {Role.SUPERVISOR, Role.TEAM_LEADER, Role.DESIGNATED_OFFICER, Role.INTAKE_OFFICER}
    refused = [] if role in desk else ["N33"] if role is Role.SYSTEM else ["N48"]
    assert asked(told(MESSAGE), step, role=role) == refused


def test_what_is_done_with_a_task_is_told():
    assert names(told(MESSAGE), PICK) == ["TaskPickedUp"]
    assert names(told(MESSAGE), DONE) == ["TaskDone"]
    assert is_sealed(TaskDone, "finding"), "somebody typed it"


# ------------------------------------------------------------------ what a timer's event makes of a case


def test_a_term_that_ran_out_leaves_a_task_and_one_that_was_met_by_then_leaves_none():
    (id, task), *rest = told(EXPIRED).tasks.items()
    assert (id, rest) == ("t3", [])
    assert (task.kind, task.due, task.proposes, task.escalated) == ("D04", DUE, "record_interview", True)
    assert (task.since, task.by, task.about) == (moment("2026-01-20T00:01"), None, None)
    stopped = ("2026-01-22T10:00", TimerExpired(timer="D04", due=DUE, stopped=True))
    assert told(EXPIRED, SPOKEN, stopped).tasks == {}


def test_of_one_timer_about_one_thing_the_last_task_stands():
    again = TimerExpired(timer="D04", due=moment("2026-02-20T00:00"), proposes="record_interview")
    other = TimerExpired(timer="D04", due=DUE, about="R1", proposes="record_interview")
    assert list(told(EXPIRED, again).tasks) == ["t4"]
    assert list(told(EXPIRED, other).tasks) == ["t3", "t4"]


def test_a_reminder_leaves_no_task_and_picking_up_what_is_not_there_nothing():
    assert told(TimerReminded(timer="D13", due=DUE, days_before=30)).tasks == {}
    assert told(TaskPickedUp(task="t9")).tasks == {}
    assert told(MESSAGE, PICKED_UP).tasks["t3"].by == "RV-07"


def test_open_are_the_tasks_whose_term_runs_on_and_those_without_a_term():
    now = context(PICK)
    assert list(open_tasks(told(EXPIRED, MESSAGE), now)) == ["t3", "t4"]
    assert list(open_tasks(told(EXPIRED, SPOKEN, MESSAGE), now)) == ["t5"]


# ------------------------------------------------------------------ N70


CLOSED = (closed(),)


def deadline_of(code: str) -> Deadline:
    return term(code, *CLOSED)


def raised(*happened: Happened, now: str) -> list[tuple[str, datetime]]:
    told_of = to_tell(records(happened), moment(now))
    return [(event.code, at) for event, at in told_of if isinstance(event, IntegrityIncidentRaised)]


def test_n70_vw_94_1_a_court_that_was_not_told_in_time_is_an_incident_when_the_term_runs_out():
    # Detained on Saturday 10 January 2026: the 28th day after it is Saturday 7 February, and nothing prolongs it.
    over = datetime(2026, 2, 7, 23, tzinfo=UTC)
    assert raised(DETAINED, now="2026-02-07T23:59:59") == []
    assert raised(DETAINED, now="2026-02-08T00:00") == [("N70", over)]


def test_n70_a_court_that_was_told_in_time_is_none_and_one_told_too_late_is():
    notified = CourtNotified(notified_at=moment("2026-02-06T10:00"))
    assert raised(DETAINED, ("2026-02-06T10:00", notified), now="2026-03-01T10:00") == []
    assert raised(DETAINED, ("2026-02-09T10:00", notified), now="2026-03-01T10:00") == [], "told in time, recorded late"
    late = CourtNotified(notified_at=moment("2026-02-09T10:00"))
    assert [code for code, _ in raised(DETAINED, ("2026-02-09T10:00", late), now="2026-03-01T10:00")] == ["N70"]


def test_a_retention_period_that_ended_is_answered_in_words_and_the_end_of_a_ban_asks_for_nothing():
    over = TimerExpired(timer="D38", due=moment("2026-01-21T00:00"), proposes="complete_task")
    assert told(TimerExpired(timer="D37", due=DUE)).tasks == {}
    assert told(("2026-01-21T00:01", over)).tasks["t3"].kind == "D38"
    assert told(("2026-01-21T00:01", over), TaskDone(task="t3", finding="kept")).retention_decided == 4


def test_n69_a_message_about_a_closed_case_is_done_with_words_since_no_hold_is_lifted_there():
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE)
    case = told(held, TaskRaised(kind="unread_message", about="H1", proposes="lift_hold"))
    case.phase = Phase.CLOSED
    assert asked(case, CompleteTask(task="t4", finding="x")) == []


def test_what_was_told_is_kept_by_timer_by_what_it_is_about_by_its_end_and_by_which_reminder():
    case = told(TimerReminded(timer="D13", about="59", due=DUE, days_before=30), EXPIRED)
    assert case.told == {("D13", "59", DUE, 30), ("D04", None, DUE, 0)}


def test_a_term_that_was_met_by_then_leaves_no_task_whatever_it_proposed():
    assert told(TimerExpired(timer="D04", due=DUE, proposes="record_interview", stopped=True)).tasks == {}


def test_picking_one_task_up_leaves_the_others_and_only_a_retention_period_is_decided_by_one():
    case = told(MESSAGE, EXPIRED, PICKED_UP)
    assert {id: task.by for id, task in case.tasks.items()} == {"t3": "RV-07", "t4": None}
    assert told(MESSAGE, TaskDone(task="t3", finding="x")).retention_decided == 0
    assert told(TaskDone(task="t3", finding="x")).retention_decided == 0


def test_a_retention_period_that_ended_may_be_answered_while_it_stands():
    due = deadline_of("D38").due
    over = TimerExpired(timer="D38", due=due, proposes="complete_task")
    case = told(*CLOSED, (due.isoformat(), over))
    (task,) = case.tasks
    later = (due + timedelta(days=1)).isoformat()
    assert asked(case, CompleteTask(task=task, finding="kept for the archive"), at=later) == []


def test_a_task_is_open_at_the_very_end_of_its_term_and_one_about_anything_but_a_hold_until_it_is_done():
    two = told(EXPIRED, decision_of())
    assert asked(two, PICK, at="2026-01-20T00:03") == [], "of several terms that run it is one"
    early = ("2026-01-19T23:00", TimerExpired(timer="D04", due=DUE, proposes="record_interview"))
    assert asked(told(early), PICK, at="2026-01-20T00:00") == []
    about = TaskRaised(kind="divergence", about="R1")
    assert asked(told(about), PICK) == []
    assert asked(told(about), DONE) == []
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM, until=moment("2026-01-10T00:00"))
    waits = told(held, TaskRaised(kind="unread_message", about="H1"))
    assert asked(waits, PickUpTask(task="t4"), at="2026-01-09T10:00") == []
    assert asked(waits, PickUpTask(task="t4"), at="2026-01-10T10:00") == ["N67"], "the hold ended by itself"


def test_a_task_of_a_clock_that_was_ahead_is_not_open_before_its_term_has_ended():
    early = ("2026-01-12T10:00", TimerExpired(timer="D04", due=DUE, proposes="record_interview"))
    assert asked(told(early), PICK, at="2026-01-12T11:00") == ["N67"]
    assert asked(told(early), PICK, at="2026-01-20T11:00") == []
