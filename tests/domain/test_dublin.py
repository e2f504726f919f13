"""Dublin transfers: told to the member state that takes over."""

from __future__ import annotations

from datetime import date

from dtv_workflow.domain.chapters.dublin import RecordTransferAnnounced, TransferAnnounced
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled
from dtv_workflow.domain.vocabulary import CancelCause
from tests.domain.told import BOOKED, FORCED, asked, names, told

ANNOUNCED = RecordTransferAnnounced(attempt="R1", announced_on=date(2026, 3, 2))


def test_n63_a_transfer_of_an_attempt_that_is_live_is_announced():
    assert asked(told(*BOOKED), ANNOUNCED) == []
    assert names(told(*BOOKED), ANNOUNCED) == ["TransferAnnounced"]


def test_n63_an_announcement_of_an_attempt_that_is_not_live_is_kept_with_an_incident():
    cancelled = RemovalAttemptCancelled(attempt="R1", stage="booked", cause=CancelCause.OTHER)
    assert asked(told(*FORCED), ANNOUNCED) == ["N63"]
    assert asked(told(*BOOKED, cancelled), ANNOUNCED) == ["N63"]
    assert names(told(*FORCED), ANNOUNCED) == ["TransferAnnounced", "IntegrityIncidentRaised"]


def test_what_was_announced_is_kept_by_its_attempt():
    said = [TransferAnnounced(attempt=id, announced_on=date(2026, 1, 6)) for id in ("R1", "R2")]
    assert told(*said).announced == {"R1": 3, "R2": 4}
