"""What was known, and what was true: kept apart through everything that is told late or corrected (I7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.audit.replay import facets, replay, true_at, up_to
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.vocabulary import Block
from tests.properties.lived import START, TO_BOOKED, TO_MOTIVATION, any_life, ask, live

EVER = datetime(2200, 1, 1, tzinfo=UTC)
DAYS = st.integers(-5, 400).map(lambda days: START + timedelta(days=days))


def told(records: list[Record], moment: datetime = EVER) -> dict[str, object]:
    return facets(fold(true_at(records, moment)))


@given(any_life(), DAYS)
def test_i7_what_was_known_stays_what_it_was_whatever_is_told_later(lived, moment):
    records = live(*lived).records
    before = facets(fold(up_to(records, known_at=moment)))
    for n in range(len(records) + 1):
        if all(record.recorded_at > moment for record in records[n:]):
            assert facets(fold(up_to(records[:n], known_at=moment))) == before


@given(any_life(), DAYS)
def test_what_was_true_can_be_told_of_any_life_at_any_moment(lived, moment):
    records = live(*lived).records
    true = true_at(records, moment)
    assert all(record.occurred_at <= moment for record in true)
    assert [step.record for step in replay(true)] == true
    assert true_at(true, moment) == true
    assert {record.version for record in true} <= {record.version for record in records}


@given(any_life())
def test_where_nothing_is_told_late_or_corrected_known_and_true_are_one(lived):
    records = [record for record in live(*lived).records if record.step != "correct"]
    times = [record.occurred_at for record in records]
    if times == sorted(times):
        assert true_at(records, EVER) == records


# ------------------------------------------------------------------ a message that came late (Inspectie V&J 2013, Dolmatov)

FILED, TOLD = datetime(2026, 1, 8, 9, tzinfo=UTC), datetime(2026, 1, 12, 9, tzinfo=UTC)
APPEAL = ask("record_appeal", 3, against="return_decision", filed_on="2026-01-08", suspensive=True)
LATE = APPEAL._replace(late=TOLD - FILED)


def held(case: DepartureCase, moment: datetime) -> bool:
    return bool(case.open_holds(moment, Block.REMOVAL))


@pytest.mark.parametrize("moment", [FILED + timedelta(hours=1), TOLD - timedelta(seconds=1)], ids=["filed", "not yet told"])
def test_dolmatov_the_hold_was_true_before_it_was_known(moment):
    records = live(*TO_MOTIVATION, LATE).records
    assert not held(fold(up_to(records, known_at=moment)), moment)
    assert held(fold(true_at(records, moment)), moment)


def test_dolmatov_once_told_it_is_known_and_what_was_known_before_stays():
    records = live(*TO_MOTIVATION, LATE).records
    assert held(fold(up_to(records, known_at=TOLD)), TOLD)
    assert not held(fold(up_to(records, known_at=TOLD - timedelta(days=1))), TOLD)
    assert not held(fold(true_at(records, FILED - timedelta(hours=1))), FILED)
    assert not held(fold(true_at(up_to(records, known_at=FILED), FILED)), FILED), "what was known then of what was true then"


def test_what_is_told_late_takes_its_place_among_what_happened():
    moved = ask("place_hold", 1, hold="H9", hold_kind="unresolved_procedural_message")
    late, early = live(*TO_MOTIVATION, LATE, moved).records, live(*TO_MOTIVATION, APPEAL, moved).records
    assert [record.step for record in true_at(late, EVER)] == [record.step for record in true_at(early, EVER)]
    assert told(late).keys() == told(early).keys()


def test_a_correction_counts_from_where_it_was_true_and_from_when_it_was_known():
    life = live(*TO_BOOKED, ask("correct", 1, event=2, field="citizenship", value="DZ"))
    records = life.records
    last = records[-1].recorded_at
    assert fold(up_to(records, known_at=last - timedelta(hours=1))).citizenship == "MA"
    assert fold(true_at(records, records[1].occurred_at)).citizenship == "DZ"
    assert fold(true_at(up_to(records, known_at=last - timedelta(hours=1)), EVER)).citizenship == "MA"
    assert told(records)["citizenship"] == "DZ"
