"""Health: no flight in the weeks around a birth, and none while a travel condition is not shown to be met."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.medical import (
    BmaAdviceReceived,
    Condition,
    FulfilTravelCondition,
    PregnancyRecorded,
    RecordMedicalAdvice,
    RecordPregnancy,
    TravelConditionFulfilled,
)
from dtv_workflow.domain.chapters.removal import BookRemoval
from dtv_workflow.domain.vocabulary import Mode
from tests.domain.told import TO_BOOK, asked, decided, moment, names, told

PREGNANT = PregnancyRecorded(due_on="2026-05-01")
CONDITIONAL = BmaAdviceReceived(fit=True, conditions=("C1", "C2"), texts=("a doctor", "a wheelchair"))


def book(departs_at: str = "2026-03-06T12:00", mode: Mode | None = None) -> BookRemoval:
    return BookRemoval(attempt="R1", carrier="KL", departs_at=moment(departs_at), destination="MA", mode=mode)


def met(code: str, *, shown: bool = True) -> TravelConditionFulfilled:
    return TravelConditionFulfilled(code=code, proof="letter", shown_to_person=shown)


@pytest.mark.parametrize(("departs_at", "codes"), [
    ("2026-03-19T23:59", []),           # 43 days before
    ("2026-03-20T00:00", ["N07"]),      # 42 days before
    ("2026-05-01T12:00", ["N07"]),
    ("2026-06-12T23:59", ["N07"]),      # 42 days after
    ("2026-06-13T00:00", []),
])
def test_vc_a3_7_4_no_flight_from_six_weeks_before_until_six_weeks_after_a_birth(departs_at, codes):
    assert asked(told(*TO_BOOK, PREGNANT), book(departs_at)) == codes


@pytest.mark.parametrize(("mode", "codes"), [
    (None, ["N07"]), (Mode.LINE, ["N07"]), (Mode.CHARTER, ["N07"]), (Mode.LAND, []), (Mode.SEA, []),
])
def test_vc_a3_7_4_the_window_is_for_the_air(mode, codes):
    assert asked(told(*TO_BOOK, PREGNANT), book("2026-04-30T12:00", mode)) == codes


def test_vc_a3_7_4_a_forgotten_due_date_bars_nothing():
    assert asked(told(*TO_BOOK, PregnancyRecorded(due_on="‹gewist›")), book()) == []


@pytest.mark.parametrize("due_on", [date.min, date.max])
def test_an_absurd_due_date_is_recorded_and_breaks_no_later_question(due_on):
    events = decided(told(*TO_BOOK), RecordPregnancy(due_on=due_on)).events
    assert asked(told(*TO_BOOK, *events), book()) == []


def test_ombudsman_2016_005_every_condition_is_met_with_proof_shown_to_the_person():
    assert asked(told(*TO_BOOK, CONDITIONAL), book()) == ["N08"]
    assert asked(told(*TO_BOOK, CONDITIONAL, met("C1")), book()) == ["N08"]
    assert asked(told(*TO_BOOK, CONDITIONAL, met("C1"), met("C2", shown=False)), book()) == ["N08"]
    assert asked(told(*TO_BOOK, CONDITIONAL, met("C1"), met("C2")), book()) == []
    assert asked(told(*TO_BOOK, CONDITIONAL, met("C1"), met("C2"), met("C2", shown=False)), book()) == ["N08"]


def test_vw_64_nobody_is_booked_who_is_not_fit_to_travel():
    assert asked(told(*TO_BOOK, BmaAdviceReceived(fit=False)), book()) == ["N08"]
    assert asked(told(*TO_BOOK, BmaAdviceReceived(fit=True)), book()) == []


@pytest.mark.parametrize(("departs_at", "codes"), [("2026-03-06T23:59", []), ("2026-03-07T00:00", ["N08"])])
def test_vw_64_an_advice_holds_until_its_last_day(departs_at, codes):
    assert asked(told(*TO_BOOK, BmaAdviceReceived(fit=True, valid_until=date(2026, 3, 6))), book(departs_at)) == codes


def test_a_new_advice_asks_for_its_conditions_anew():
    assert asked(told(*TO_BOOK, CONDITIONAL, met("C1"), met("C2"), CONDITIONAL), book()) == ["N08"]


def test_what_is_said_of_health_is_a_fact_in_every_phase():
    advice = RecordMedicalAdvice(fit=True, conditions=(Condition(code="C1", text="a doctor"),))
    assert names(told(), advice) == ["BmaAdviceReceived"]
    assert names(told(), RecordPregnancy(due_on=date(2026, 5, 1))) == ["PregnancyRecorded"]
    assert names(told(), FulfilTravelCondition(code="C1", proof="x", shown_to_person=True)) == ["TravelConditionFulfilled"]
