"""Dublin transfers (overdracht): told to the member state that takes over, so many working days before.

Law: Regulation (EU) 604/2013 art. 29. The transfer itself stands in `removal` and `closing`, the acceptance in `travel_document`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.removal import attempt_not_live
from dtv_workflow.domain.fields import Code, PastDate
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Row, Step, fact, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE


class TransferAnnounced(Event, frozen=True, kw_only=True):
    TOPIC = "transfer_announced.v1"
    attempt: Code
    announced_on: date

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.announced = case.announced | {self.attempt: record.version}


class RecordTransferAnnounced(Step, frozen=True, kw_only=True):
    """Record that a transfer was announced to the member state that takes over (aankondiging overdracht)."""

    attempt: Annotated[Code, Meta(description="The attempt's id.")]
    announced_on: Annotated[PastDate, Meta(description="The day of the announcement.")]


# fmt: off
ROWS: list[Row] = [
    fact(RecordTransferAnnounced, ANY_PHASE, recorded_as(TransferAnnounced), (attempt_not_live,)),
]
# fmt: on
