"""The departure that a step is about: the one it wants to book, or the one that was booked and is about to be carried out.

What was in order when somebody was booked may have changed on the day: a document was replaced, advice lapsed, a child was found
to be one. So what a booking asks is asked again at the handover, by the same guards, of the booking's own values.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.vocabulary import Mode


class Journey(Protocol):
    """When somebody departs, how (None: not said, so by air) and whereto."""

    @property
    def departs_at(self) -> datetime: ...

    @property
    def mode(self) -> Mode | None: ...

    @property
    def destination(self) -> str: ...


def journey(case: DepartureCase, step: Any) -> Journey | None:
    """The departure in a step's own fields, or the live booking of the attempt it names. None where none is live: N63 says so."""
    if "departs_at" in step.__struct_fields__:
        wanted: Journey = step
        return wanted
    return case.live_bookings().get(step.attempt)
