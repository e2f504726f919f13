"""The courts: told of a detention, and what they decide is carried out in the same commit."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.chapters.closing import RemovalCompleted
from dtv_workflow.domain.chapters.courts import CourtDecisionReceived, RecordCourtDecision, RecordCourtNotified
from dtv_workflow.domain.vocabulary import CancelCause, CourtOutcome
from tests.domain.detained import DETAINED
from tests.domain.told import BOOKED, READY, asked, booked, decided, moment, names, told


@pytest.mark.parametrize(("outcome", "events"), [
    (CourtOutcome.UPHELD, []),
    (CourtOutcome.LIFTED, ["DetentionLifted"]),
    (CourtOutcome.ANNULLED, ["DetentionLifted", "RemovalAttemptCancelled"]),
    (CourtOutcome.INTERIM_RELIEF, ["HoldPlaced", "RemovalAttemptCancelled"]),
])
def test_what_a_court_decides_is_carried_out_in_the_same_commit(outcome, events):
    said = names(told(*BOOKED, DETAINED), RecordCourtDecision(instance="rechtbank", outcome=outcome))
    assert said == ["CourtDecisionReceived", *events]


def test_vw_62_1_what_was_booked_on_a_decision_ends_with_it():
    annul = RecordCourtDecision(instance="rechtbank", outcome=CourtOutcome.ANNULLED)
    annulled = decided(told(*BOOKED, booked("R2")), annul).events
    assert [(e.attempt, e.cause) for e in annulled[1:]] == [("R1", CancelCause.NEW_PROCEDURE), ("R2", CancelCause.NEW_PROCEDURE)]
    assert told(*BOOKED, booked("R2"), *annulled).live_bookings() == {}


def test_a_decision_that_a_court_annulled_no_longer_stands():
    annulled = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.ANNULLED)
    assert told(*READY, annulled).decision is None


GONE = RemovalCompleted(departed_at=moment("2026-03-06T12:00"), destination="MA", proof="m100")
REMOVED = ("2026-03-06T18:00", GONE)


@pytest.mark.parametrize(("at", "incidents"), [("2026-03-06T11:00", ["N03"]), ("2026-03-06T12:01", [])])
def test_vw_63_relief_of_before_a_removal_that_is_told_afterwards_is_an_incident(at, incidents):
    relief = RecordCourtDecision(instance="rechtbank", outcome=CourtOutcome.INTERIM_RELIEF)
    assert asked(told(*BOOKED, REMOVED), relief, at=at, recorded_at="2026-03-09T10:00") == incidents


@pytest.mark.parametrize("outcome", [CourtOutcome.UPHELD, CourtOutcome.LIFTED, CourtOutcome.ANNULLED])
def test_vw_63_another_judgment_than_relief_says_nothing_of_an_earlier_removal(outcome):
    step = RecordCourtDecision(instance="rechtbank", outcome=outcome)
    assert asked(told(*BOOKED, REMOVED), step, at="2026-03-06T11:00", recorded_at="2026-03-09T10:00") == []


def test_the_courts_notice_is_kept():
    assert names(told(), RecordCourtNotified(notified_at=moment("2026-03-01T10:00"))) == ["CourtNotified"]
