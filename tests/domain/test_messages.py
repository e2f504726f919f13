"""Messages that were not understood, or differ from what was told before: Dolmatov (2013) died of an appeal that nobody read."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.chapters.closing import RemovalCompleted
from dtv_workflow.domain.chapters.holds import HoldPlaced, LiftHold
from dtv_workflow.domain.chapters.messages import (
    FlagMessage,
    MessageNotUnderstood,
    ReportUnreadMessage,
    hold_of,
)
from dtv_workflow.domain.chapters.removal import BookRemoval, HandOver
from dtv_workflow.domain.chapters.tasks import CompleteTask, TaskRaised
from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.procedures import Divergence, Unclear
from dtv_workflow.domain.vocabulary import HoldKind
from tests.domain.told import BOOKED, CHECKED, MOTIVATION, NOTIFIED, TO_BOOK, asked, booked, decided, moment, names, told

UNREAD = ReportUnreadMessage(message="ind:3f2a9c01de45ab67", why=Unclear.MALFORMED_DATA, partner="ind", content="an appeal?")
HOLD = hold_of(UNREAD.message)


def test_a_message_that_was_not_understood_holds_the_case_and_asks_for_somebody():
    said = decided(told(*MOTIVATION), UNREAD).events
    assert [type(event).__name__ for event in said] == ["MessageNotUnderstood", "HoldPlaced", "TaskRaised"]
    assert said[1] == HoldPlaced(hold=HOLD, hold_kind=HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE)
    assert said[2] == TaskRaised(kind="unread_message", about=HOLD, proposes="lift_hold")


def test_what_was_booked_is_cancelled_and_nothing_is_booked_or_handed_over_while_nobody_has_read_it():
    assert names(told(*BOOKED), UNREAD) == ["MessageNotUnderstood", "HoldPlaced", "RemovalAttemptCancelled", "TaskRaised"]
    held = told(*TO_BOOK, *decided(told(*TO_BOOK), UNREAD).events)
    book = BookRemoval(attempt="R1", carrier="KL", departs_at=moment("2026-03-06T12:00"), destination="MA")
    assert "N03" in asked(held, book)
    lived_on = told(*TO_BOOK, *decided(told(*TO_BOOK), UNREAD).events, booked(), CHECKED, NOTIFIED)
    assert "N03" in asked(lived_on, HandOver(attempt="R1", form="M118", monitor_notified=True))


def test_the_hold_of_a_message_is_lifted_by_two_people_and_its_task_waits_for_that():
    case = told(*MOTIVATION, *decided(told(*MOTIVATION), UNREAD).events)
    (task,) = case.tasks
    assert asked(case, LiftHold(hold=HOLD, basis="read: a change of address")) == ["N31"]
    assert asked(case, CompleteTask(task=task, finding="read")) == ["N69"]
    lifted = told(*MOTIVATION, *decided(told(*MOTIVATION), UNREAD).events,
                  *decided(case, LiftHold(hold=HOLD, basis="read"), second="TL-02").events)  # fmt: skip
    assert asked(lifted, CompleteTask(task=task, finding="a change of address")) == ["N67"], "lifting it ended the task"


def test_the_same_message_places_the_same_hold_and_another_message_another():
    case = told(*MOTIVATION, *decided(told(*MOTIVATION), UNREAD).events)
    again = told(*MOTIVATION, *decided(told(*MOTIVATION), UNREAD).events, *decided(case, UNREAD).events)
    assert list(again.open_holds(moment("2026-03-02T11:00"))) == [HOLD]
    other = ReportUnreadMessage(message="ind:0000000000000000", why=Unclear.UNKNOWN_TYPE)
    both = told(*MOTIVATION, *decided(told(*MOTIVATION), UNREAD).events, *decided(case, other).events)
    assert set(both.open_holds(moment("2026-03-02T11:00"))) == {HOLD, hold_of(other.message)}


@pytest.mark.parametrize(("at", "codes"), [("2026-03-06T12:00", ["N03"]), ("2026-03-06T16:00", [])])
def test_n03_a_message_of_before_a_removal_that_nobody_had_read_is_an_incident(at, codes):
    gone = RemovalCompleted(
        attempt="R1", departed_at=moment("2026-03-06T14:00"), destination="MA", proof="M100"
    )
    case = told(*BOOKED, ("2026-03-06T14:00", gone))
    assert asked(case, UNREAD, at=at, recorded_at="2026-03-07T09:00") == codes


def test_a_message_that_differs_is_flagged_and_asks_for_somebody_and_holds_nothing():
    said = decided(told(*MOTIVATION), FlagMessage(message="kmar:00ff", why=Divergence.CONTRADICTS, other=5)).events
    assert [type(event).__name__ for event in said] == ["MessageFlagged", "TaskRaised"]
    assert said[1] == TaskRaised(kind="divergence")
    assert told(*MOTIVATION, *said).open_holds(moment("2026-03-02T11:00")) == {}


def test_what_a_message_says_is_sealed_and_what_it_is_known_by_is_not():
    assert [field for field in MessageNotUnderstood.__struct_fields__ if is_sealed(MessageNotUnderstood, field)] == ["content"]
