"""Applications beside the case: for residence, and for deferral of departure on medical grounds (art. 64)."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.applications import (
    ApplicationReceived,
    Art64Applied,
    Art64Refused,
    RecordApplication,
    RecordArt64Application,
    RecordArt64Decision,
)
from dtv_workflow.domain.chapters.closing import CaseClosed, RemovalCompleted
from dtv_workflow.domain.procedures import ApplicationKind
from dtv_workflow.domain.vocabulary import AgeBand, HoldKind, Outcome
from tests.domain.told import BOOKED, MOTIVATION, OPENED, asked, decided, moment, names, told

REMOVED = ("2026-03-06T18:00", RemovalCompleted(departed_at=moment("2026-03-06T12:00"), destination="MA", proof="m100"))
ASKED_64 = RecordArt64Application(applied_on=date(2026, 3, 2))


def application(*, awaited: bool = True) -> RecordApplication:
    return RecordApplication(kind=ApplicationKind.ASYLUM, applied_on=date(2026, 3, 1), awaited=awaited)


def answer(at: str = "2026-03-02T09:00", *, granted: bool = False, until: str | None = None) -> RecordArt64Decision:
    return RecordArt64Decision(granted=granted, decided_at=moment(at), until=until)


@pytest.mark.parametrize("step", [application(), ASKED_64], ids=["residence", "deferral"])
def test_vw_8_an_application_that_may_be_awaited_holds_the_case_and_cancels_what_was_booked(step):
    event = {"RecordApplication": "ApplicationReceived"}.get(type(step).__name__, "Art64Applied")
    assert names(told(*MOTIVATION), step) == [event, "HoldPlaced"]
    assert names(told(*BOOKED), step) == [event, "HoldPlaced", "RemovalAttemptCancelled"]


def test_vw_8_an_application_that_may_not_be_awaited_holds_nothing():
    assert names(told(*BOOKED), application(awaited=False)) == ["ApplicationReceived"]


def test_each_application_places_the_hold_of_its_kind():
    placed = [decided(told(), step).events[1].hold_kind for step in (application(), ASKED_64)]
    assert placed == [HoldKind.APPLICATION_PENDING, HoldKind.ART64_PENDING]


@pytest.mark.parametrize(("at", "incidents"), [("2026-03-06T11:59", ["N03"]), ("2026-03-06T12:01", [])])
@pytest.mark.parametrize("step", [application(), ASKED_64], ids=["residence", "deferral"])
def test_vw_63_an_application_of_before_a_removal_that_is_told_afterwards_is_an_incident(step, at, incidents):
    assert asked(told(*BOOKED, REMOVED), step, at=at, recorded_at="2026-03-09T10:00") == incidents


def test_vw_63_an_application_that_could_not_be_awaited_is_no_incident():
    step = application(awaited=False)
    assert asked(told(*BOOKED, REMOVED), step, at="2026-03-06T11:00", recorded_at="2026-03-09T10:00") == []


def test_vw_64_a_deferral_takes_the_place_of_the_application_and_lasts_through_its_last_day():
    case = told(*MOTIVATION, ("2026-03-01T10:00", Art64Applied(applied_on=date(2026, 3, 1))))
    granted, hold = decided(case, answer(granted=True, until="2026-06-01")).events
    assert granted.until == hold.until == moment("2026-06-02T00:00")
    assert hold.hold_kind is HoldKind.ART64_GRANTED


def test_vc_a3_7_a_deferral_without_a_day_lasts_a_year_at_most():
    granted, hold = decided(told(*MOTIVATION), answer(granted=True)).events
    assert granted.until == hold.until == moment("2027-03-02T09:00")


def test_vc_a3_7_1_after_a_refusal_relief_may_be_awaited_for_24_hours():
    refused, hold = decided(told(*MOTIVATION), answer("2026-03-02T09:00")).events
    assert (type(refused), refused.decided_at) == (Art64Refused, moment("2026-03-02T09:00"))
    assert (hold.hold_kind, hold.until) == (HoldKind.INTERIM_RELIEF_AWAITABLE, moment("2026-03-03T09:00"))


def test_vc_a3_7_1_the_24_hours_are_counted_on_the_clock_when_summer_time_begins():
    refused = answer("2026-03-28T12:00")  # a Saturday; the night has an hour less
    _, hold = decided(told(*MOTIVATION), refused, at="2026-03-28T12:00").events
    assert hold.until == moment("2026-03-29T13:00")


@pytest.mark.parametrize("granted", [True, False])
def test_an_answer_ends_the_hold_of_the_application_and_leaves_every_other(granted):
    applied = Art64Applied(applied_on=date(2026, 3, 1))
    pending = decided(told(*MOTIVATION), ASKED_64).events
    other = decided(told(*MOTIVATION), application()).events
    before = told(*MOTIVATION, *other, *pending, applied)
    after = told(*MOTIVATION, *other, *pending, *decided(before, answer(granted=granted)).events)
    kinds = {hold.kind for hold in after.holds.values()}
    assert HoldKind.ART64_PENDING not in kinds
    assert HoldKind.APPLICATION_PENDING in kinds
    assert HoldKind.ART64_PENDING in {hold.kind for hold in before.holds.values()}
    assert [hold.kind for hold in after.ended_holds] == [HoldKind.ART64_PENDING]


def test_what_was_asked_and_answered_is_kept_with_its_day():
    case = told(ApplicationReceived(kind=ApplicationKind.ASYLUM, applied_on=date(2026, 1, 7), awaited=True))
    assert (case.applied.on, case.applied.version) == (date(2026, 1, 7), 3)
    assert (told(Art64Applied(applied_on=date(2026, 1, 7))).art64.on, told().art64) == (date(2026, 1, 7), None)
    refused = Art64Refused(decided_at=moment("2026-01-08T12:00"))
    case = told(Art64Applied(applied_on=date(2026, 1, 7)), refused)
    assert (case.art64.on, case.art64.refused_at, case.art64.version) == (date(2026, 1, 7), refused.decided_at, 4)
    assert told(refused).art64.on == moment(OPENED).date(), "refused, without an application that was told"


def test_an_application_and_its_answer_are_recorded_in_a_closed_case_too():
    closed = told(CaseClosed(outcome=Outcome.OTHER, ended_on=date(2026, 2, 1), age_band=AgeBand.UNKNOWN))
    assert names(closed, application(awaited=False)) == ["ApplicationReceived"]
    assert names(closed, ASKED_64) == ["Art64Applied", "HoldPlaced"]
    assert names(closed, answer()) == ["Art64Refused", "HoldPlaced"]
