"""The record itself: a correction stands beside what it corrects, and counts from where that stands."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.chapters.forced_departure import ProposeForcedTrack
from dtv_workflow.domain.chapters.records import CommandRefused, Correct, CorrectionRecorded, Disclose, IntegrityIncidentRaised
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.vocabulary import Phase, RemovabilityAnswer
from tests.domain.told import READY, asked, checked, decided, decision_of, moment, names, records, told

TERM = 4
"""The version of the return decision in READY."""


def correct(event: int, field: str, value: object) -> Correct:
    return Correct(event=event, field=field, value=value)


def test_n60_only_an_event_and_a_field_that_exist_are_corrected():
    assert asked(told(*READY), correct(TERM, "term_days", 14)) == []
    assert asked(told(*READY), correct(TERM, "occurred_at", "2026-01-05T12:00:00Z")) == []
    assert asked(told(*READY), correct(len(READY) + 3, "term_days", 14)) == ["N60"]
    assert asked(told(*READY), correct(TERM, "term", 14)) == ["N60"]


@pytest.mark.parametrize(("field", "value"), [
    ("term_days", "14"), ("term_days", 29), ("term_days", 10**10), ("served_on", "9999-12-31"),
    ("occurred_at", "0001-01-01T00:00:00Z"), ("served_on", "soon"), ("occurred_at", "2026-01-05"), ("kind", "x"),
])
def test_n60_the_value_fits_the_field(field, value):
    assert asked(told(*READY), correct(TERM, field, value)) == ["N60"]


@pytest.mark.parametrize("event", [
    CommandRefused(refused="correct", codes=("N60",)),
    IntegrityIncidentRaised(code="N03"),
    CorrectionRecorded(event=TERM, field="term_days", value=14),
])
def test_n60_refusals_incidents_and_corrections_are_not_corrected(event):
    [field, *_] = event.__struct_fields__
    assert asked(told(*READY, event), correct(len(READY) + 3, field, "x")) == ["N60"]


def test_avg_16_a_correction_counts_from_where_the_corrected_event_stands():
    case = told(*READY, decision_of("2026-02-20"), CorrectionRecorded(event=len(READY) + 3, field="term_days", value=3))
    assert asked(case, ProposeForcedTrack(grounds=("x",), proportionality="y")) == []


def test_i7_the_history_before_a_correction_is_what_was_known_then():
    history = records((*READY, decision_of("2026-02-20"), CorrectionRecorded(event=len(READY) + 3, field="term_days", value=3)))
    before, after = fold(history[:-1]).decision, fold(history).decision
    assert (before and before.term_days, after and after.term_days) == (28, 3)


def test_of_two_corrections_the_last_counts():
    twice = [CorrectionRecorded(event=TERM, field="term_days", value=days) for days in (14, 7)]
    assert told(*READY, *twice).decision.term_days == 7


def test_a_sealed_field_is_corrected_under_seal_and_a_forgotten_value_corrects_nothing():
    [sealed] = decided(told(*READY), correct(2, "name", "Samira Voorbeeld")).events
    assert (sealed.value, sealed.sealed) == (None, '"Samira Voorbeeld"')
    assert told(*READY, sealed).name == "Samira Voorbeeld"
    assert told(*READY, CorrectionRecorded(event=2, field="name", sealed="‹gewist›")).name == "Samira Testpersoon"


def test_a_corrected_time_moves_the_event_in_time_and_not_in_the_log():
    case = told(*READY, CorrectionRecorded(event=1, field="occurred_at", value="2026-01-04T08:00:00Z"))
    assert case.opened_at == moment("2026-01-04T09:00")


def test_a_correction_can_correct_an_answer_and_changes_nothing_else():
    wrong = checked(what=RemovabilityAnswer.NOT_REMOVABLE)
    case = told(*READY, wrong, CorrectionRecorded(event=len(READY) + 3, field="answer", value="removable"))
    assert case.removability.answer is RemovabilityAnswer.REMOVABLE
    assert (case.phase, case.version) == (Phase.MOTIVATION, len(READY) + 4)


def test_vw_107_a_disclosure_is_logged_in_every_phase():
    told_of = Disclose(to="IOM", purpose="return support", basis="consent", items=("name",))
    assert names(told(), told_of) == ["DisclosureLogged"]
