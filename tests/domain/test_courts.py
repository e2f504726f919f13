"""The courts: told of a detention, and what they decide is carried out in the same commit."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.chapters.courts import CourtDecisionReceived, RecordCourtDecision, RecordCourtNotified
from dtv_workflow.domain.vocabulary import CancelCause, CourtOutcome
from tests.domain.detained import DETAINED
from tests.domain.told import BOOKED, READY, booked, decided, moment, names, told


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


def test_the_courts_notice_is_kept():
    assert names(told(), RecordCourtNotified(notified_at=moment("2026-03-01T10:00"))) == ["CourtNotified"]
