"""That the invariants find what is wrong: a fault is planted, and the same machine, asked for one invariant, must come upon it.

Each search is the same every time (derandomized), begins where the fault can show, and stops at the first breach. Without a fault
the machine finds nothing (`test_invariants.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.custody import DetentionLifted
from dtv_workflow.domain.chapters.custody import detained as not_while_detained
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled
from dtv_workflow.domain.record import Event, corrected
from dtv_workflow.domain.steps import Row
from dtv_workflow.domain.vocabulary import Article
from dtv_workflow.domain.workflow import STEPS
from tests.properties import invariants
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, TO_FORCED, UNOFFERED, Issued, Life, Outcome, ask
from tests.properties.test_invariants import AnyCase, Broken

Planted = Callable[[], Any]


class Fault(NamedTuple):
    """A fault, the invariant that must find it, and where its search begins."""

    name: str
    found_by: str
    begun: tuple[Issued, ...]
    plant: Planted


@contextmanager
def rows(**changed: Callable[[Row], Row]) -> Iterator[None]:
    """The table with some rows changed."""
    with patch.dict(STEPS, {step: change(STEPS[step]) for step, change in changed.items()}):
        yield


def without(*guards: str) -> Callable[[Row], Row]:
    """A row that lost guards; a name that it never had is an error of the test."""

    def changed(row: Row) -> Row:
        assert set(guards) <= {guard.name for guard in row.guards}
        return row._replace(guards=tuple(guard for guard in row.guards if guard.name not in guards))

    return changed


def silent(*events: type[Event]) -> Callable[[Row], Row]:
    """A row that no longer records some events."""

    def changed(row: Row) -> Row:
        def emits(*asked: Any) -> list[Event]:
            return [event for event in row.emits(*asked) if not isinstance(event, events)]

        return row._replace(emits=emits)

    return changed


def detained_may_not_choose(row: Row) -> Row:
    return row._replace(guards=(*row.guards, not_while_detained))


def a_day_too_many(case: DepartureCase, article: Article, on: date) -> int:
    days = whole(case, article, on)
    return days + 1 if days else 0


whole = DepartureCase.detention_days
take = Life.take


def corrected_in_place(life: Life, issued: Issued) -> Outcome:
    """A register that rewrites what it corrects."""
    outcome = take(life, issued)
    if outcome.accepted and issued.do == "correct":
        life.records = corrected(life.records)
    return outcome


def nothing_to_do(*_: object) -> list[object]:
    return []


def refused(*_: object) -> tuple[Event, ...]:
    return ()


OFFER = {"propose_forced_track": without("no_offer"), "approve_forced_track": without("no_offer")}

WISH = ask("express_wish_to_leave", reported_by="dji")
LIFTED = ask("lift_detention", 180, cause="purpose_gone")
REMOVED = ask("confirm_removal", 1, departed_at="2026-01-06T09:00:00Z", destination="MA", proof="m100")

FAULTS = (
    Fault("a-wish-is-refused", "N30", TO_CLOSED, lambda: patch.object(invariants, "asked_now", refused)),
    Fault("ordered-despite-a-wish", "I1", (*TO_FORCED, WISH), lambda: rows(order_detention=without("wish_open"))),
    Fault("reported-despite-a-wish-and-no-incident", "I1", (*TO_FORCED, WISH),
          lambda: rows(report_detention=without("wish_open"))),
    Fault("nobody-is-told-of-a-wish", "I1", TO_DETAINED, lambda: patch.object(invariants, "to_do", nothing_to_do)),
    Fault("a-hold-leaves-the-booking", "I2", TO_BOOKED, lambda: rows(place_hold=silent(RemovalAttemptCancelled))),
    Fault("removed-over-a-hold-and-no-incident", "I2", TO_BOOKED,
          lambda: rows(confirm_removal=without("hold_open_at_departure"))),
    Fault("a-hold-told-after-the-removal-and-no-incident", "I2", (*TO_FORCED, REMOVED),
          lambda: rows(place_hold=without("removed_while_it_held"))),
    Fault("ordered-past-the-maximum", "I3", (*TO_DETAINED, LIFTED), lambda: rows(order_detention=without("no_days_left"))),
    Fault("extended-past-the-maximum", "I3", TO_DETAINED, lambda: rows(extend_detention=without("extended_too_far"))),
    Fault("the-day-of-the-lift-counts", "I3", TO_DETAINED, lambda: patch.object(DepartureCase, "detention_days", a_day_too_many)),
    Fault("closed-without-proof-and-no-incident", "I4", TO_FORCED,
          lambda: rows(confirm_supervised_departure=without("no_proof"), confirm_removal=without("no_proof"))),
    Fault("force-without-an-offer", "I5", UNOFFERED, lambda: rows(**OFFER)),
    Fault("force-approved-by-its-proposer", "I5", TO_FORCED[:-1],
          lambda: rows(approve_forced_track=without("approver_proposed"))),
    Fault("who-is-detained-may-not-choose", "I6", TO_DETAINED, lambda: rows(choose_voluntary_departure=detained_may_not_choose)),
    Fault("the-choice-keeps-the-detention", "I6", TO_DETAINED, lambda: rows(choose_voluntary_departure=silent(DetentionLifted))),
    Fault("the-choice-keeps-the-booking", "I6", TO_BOOKED,
          lambda: rows(choose_voluntary_departure=silent(RemovalAttemptCancelled))),
    Fault("a-correction-rewrites-the-log", "N34", TO_DETAINED, lambda: patch.object(Life, "take", corrected_in_place)),
    Fault("a-correction-changes-what-was-known", "I7", TO_DETAINED, lambda: patch.object(Life, "take", corrected_in_place)),
)  # fmt: skip
BRIEFLY = settings(
    max_examples=400, stateful_step_count=25, derandomize=True, database=None, deadline=None, phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck), print_blob=False,
)  # fmt: skip


def searching(fault: Fault) -> type[AnyCase]:
    class Searching(AnyCase):
        watched = (fault.found_by,)

        @initialize()
        def begins(self) -> None:
            for issued in fault.begun:
                self.take(issued)

    return Searching


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_planted_fault_is_found_by_the_invariant_that_forbids_it(fault):
    with fault.plant(), pytest.raises(Broken, match=f"^{fault.found_by}: "):
        run_state_machine_as_test(searching(fault), settings=BRIEFLY)


def test_every_invariant_finds_some_fault():
    assert {fault.found_by for fault in FAULTS} == {*invariants.INVARIANTS, "N34", "I7"}
