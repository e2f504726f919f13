"""The record itself: a correction stands beside what it corrects, and counts from where that stands."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.closing import (
    CaseClosed,
    CaseReopened,
    DepartureConfirmed,
    DublinTransferCompleted,
    RemovalCompleted,
)
from dtv_workflow.domain.chapters.custody import DetentionExtended
from dtv_workflow.domain.chapters.family import FamilyLinked, ReceptionEstablished
from dtv_workflow.domain.chapters.forced_departure import ForcedTrackApproved, ProposeForcedTrack
from dtv_workflow.domain.chapters.guidance import ObstacleReported
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced, RemovalAttemptCancelled
from dtv_workflow.domain.chapters.medical import TravelConditionFulfilled
from dtv_workflow.domain.chapters.records import (
    RECORDED_ANEW,
    CommandRefused,
    Correct,
    CorrectionRecorded,
    Disclose,
    IntegrityIncidentRaised,
    kind_of,
)
from dtv_workflow.domain.law.rules import refusals
from dtv_workflow.domain.record import Event, fold
from dtv_workflow.domain.vocabulary import (
    SENSITIVE_HOLDS,
    AgeBand,
    Article,
    CancelCause,
    DepartureProof,
    HoldKind,
    ObstacleCategory,
    Outcome,
    Phase,
    RemovabilityAnswer,
    ReopenCause,
)
from dtv_workflow.domain.workflow import EVENTS
from tests.domain.told import (
    BOOKED,
    CHECKED,
    INTAKE,
    NOTIFIED,
    OPENED,
    READY,
    asked,
    checked,
    decided,
    decision_of,
    moment,
    names,
    records,
    told,
)

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


# ------------------------------------------------------------------ what is recorded anew

EXTENDED = DetentionExtended(article=Article.A59, until=date(2026, 9, 1), balancing="weighed")


LINKED = FamilyLinked(cases=("B",), assessed=False)
UNPROVEN = ReceptionEstablished(adequate=True, country="MA", evidenced=False)
CANCELLED = RemovalAttemptCancelled(attempt="R1", stage="notified", cause=CancelCause.NEW_PROCEDURE, hold="H1")
REPORTED = ObstacleReported(obstacle="B1", category=ObstacleCategory.HOUSING)
PLACED = HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM)
BEGUN_AGAIN = CaseReopened(cause=ReopenCause.NEW_DECISION, episode=2)


@pytest.mark.parametrize(("event", "field", "value"), [
    (PLACED, "hold", "H2"),
    (HoldLifted(hold="H1", hold_kind=HoldKind.MORATORIUM, basis="over"), "hold", "H2"),
    (CHECKED, "attempt", "R2"),
    (NOTIFIED, "attempt", "R2"),
    (NOTIFIED, "hours_before", 90),
    (CANCELLED, "attempt", "R9"),
    (CANCELLED, "hold", "H9"),
    (CANCELLED, "stage", "booked"),
    (REPORTED, "obstacle", "B2"),
    (TravelConditionFulfilled(code="escort", proof="x", shown_to_person=True), "code", "oxygen"),
    (ForcedTrackApproved(proposal=3), "proposal", 4),
    (UNPROVEN, "evidenced", True),
    (LINKED, "assessed", True),
    (decision_of("2026-02-20", 0), "term_reasoned", True),
    (BEGUN_AGAIN, "episode", 3),
    (BEGUN_AGAIN, "cause", "proof_invalid"),
    (EXTENDED, "until", "2026-12-31"),
])  # fmt: skip
def test_n60_what_an_act_was_about_and_what_the_register_found_itself_is_recorded_anew(event, field, value):
    case = told(*INTAKE, event)
    said = decided(case, correct(case.version, field, value))
    assert said.refused == ["N60"]
    assert "recorded anew" in said.receipt.verdicts[-6].is_.en


@pytest.mark.parametrize(("event", "field", "value"), [
    (NOTIFIED, "language", "fr"),
    (CANCELLED, "cause", "airline"),
    (CANCELLED, "cost_cents", 40_000),
    (REPORTED, "category", "safety"),
    (UNPROVEN, "country", "DZ"),
    (decision_of("2026-02-20", 0), "served_on", "2026-02-22"),
    (PLACED, "until", "2026-04-01T00:00:00+02:00"),
    (BEGUN_AGAIN, "occurred_at", "2026-01-05T11:00:00+01:00"),
])  # fmt: skip
def test_avg_16_what_somebody_said_wrong_is_corrected(event, field, value):
    case = told(*INTAKE, event)
    assert asked(case, correct(case.version, field, value)) == []


def test_n60_every_name_of_what_is_recorded_anew_is_a_field_of_some_event():
    fields = {name for event in EVENTS.values() for f in event.__struct_fields__ for name in (f, f"{event.TOPIC}:{f}")}
    assert fields >= RECORDED_ANEW


def test_n60_a_notice_of_one_flight_is_not_corrected_into_one_of_another():
    case = told(*BOOKED, CHECKED, NOTIFIED)
    assert asked(case, correct(case.version, "attempt", "R2")) == ["N60"]
    assert case.bookings["R1"].notice == case.version


# ------------------------------------------------------------------ a sensitive hold

RULE_39 = HoldPlaced(hold="R39", hold_kind=HoldKind.ECHR_RULE39)
LIFTED = HoldLifted(hold="R39", hold_kind=HoldKind.ECHR_RULE39, basis="the Court")
ALL_OF_IT = pytest.mark.parametrize(("field", "value"), [
    ("until", "2026-01-06T11:00:00+01:00"), ("hold_kind", "moratorium"), ("occurred_at", "2026-03-02T09:59:00+01:00"),
])  # fmt: skip


@ALL_OF_IT
def test_n31_one_person_corrects_no_sensitive_hold_away(field, value):
    case = told(*READY, RULE_39)
    assert asked(case, correct(case.version, field, value)) == ["N31"]


@ALL_OF_IT
def test_n12_nor_with_a_second_who_is_the_same_or_may_not_approve_and_two_people_do(field, value):
    case = told(*READY, RULE_39)
    step = correct(case.version, field, value)
    assert asked(case, step, actor="TL-02", second="TL-02") == ["N12"]
    assert asked(case, step, second="RV-08", second_may_approve=False) == ["N12"]
    assert asked(case, step, second="TL-02") == []


@pytest.mark.parametrize("kind", list(HoldKind))
def test_n31_asks_two_people_for_the_kinds_that_two_people_lift_and_for_no_other(kind):
    case = told(*READY, HoldPlaced(hold="H1", hold_kind=kind))
    codes = ["N31"] if kind in SENSITIVE_HOLDS else []
    assert asked(case, correct(case.version, "until", "2026-04-01T00:00:00+02:00")) == codes


@pytest.mark.parametrize(("field", "value"), [("occurred_at", "2026-01-06T11:00:00+01:00"), ("basis", "another")])
def test_n31_a_lift_of_a_sensitive_hold_is_corrected_by_two_people(field, value):
    case = told(*READY, RULE_39, LIFTED)
    assert asked(case, correct(case.version, field, value)) == ["N31"]
    assert asked(case, correct(case.version, field, value), second="TL-02") == []


def test_n31_so_is_the_placing_of_a_sensitive_hold_that_was_lifted_since():
    case = told(*READY, RULE_39, LIFTED)
    assert asked(case, correct(case.version - 1, "occurred_at", "2026-01-06T11:00:00+01:00")) == ["N31"]


def test_n31_a_sensitive_hold_that_was_placed_anew_is_kept_as_well():
    case = told(*READY, RULE_39, ("2026-02-01T10:00", RULE_39))
    for event in (case.version, case.version - 1):
        assert asked(case, correct(event, "hold_kind", "moratorium")) == ["N31"]


def test_n31_is_met_by_the_same_correction_with_a_second_person():
    case = told(*READY, RULE_39)
    [said] = refusals(decided(case, correct(case.version, "hold_kind", "moratorium")).receipt)
    assert said.lifts == "the same step with --second ACTOR"


# ------------------------------------------------------------------ an ending that was none

GONE = CaseClosed(outcome=Outcome.UNSUPERVISED, ended_on=moment("2026-02-10T10:00").date(), age_band=AgeBand.UNKNOWN)
SEEN = DepartureConfirmed(
    departed_at=moment("2026-02-07T12:00"), destination="MA", issuer="KMar", proof=DepartureProof.M100
)
REMOVED = RemovalCompleted(departed_at=moment("2026-02-07T12:00"), destination="MA", proof="m100")
TRANSFERRED = DublinTransferCompleted(departed_at=moment("2026-02-07T12:00"), member_state="DE", proof="m100")
ENDING = len(READY) + 3
"""The version of the closing in (*READY, GONE, ...)."""


@pytest.mark.parametrize("outcome", ["independent_supervised", "forced", "dublin_transfer"])
def test_n23_a_closing_is_not_corrected_to_a_departure_that_is_not_on_record(outcome):
    case = told(*READY, GONE)
    assert asked(case, correct(ENDING, "outcome", outcome)) == ["N23"]
    assert asked(told(*READY, GONE, SEEN), correct(ENDING, "outcome", outcome)) == []


@pytest.mark.parametrize(("left", "outcome"), [
    (SEEN, "independent_supervised"), (REMOVED, "forced"), (TRANSFERRED, "dublin_transfer"),
])  # fmt: skip
def test_n23_a_closing_is_corrected_to_the_departure_that_was_told_afterwards(left, outcome):
    assert asked(told(*READY, GONE, left), correct(ENDING, "outcome", outcome)) == []


@pytest.mark.parametrize("outcome", ["residence", "other", "unsupervised"])
def test_n23_asks_nothing_of_an_ending_that_is_no_departure(outcome):
    assert asked(told(*READY, GONE), correct(ENDING, "outcome", outcome)) == []


def test_n23_a_departure_of_an_earlier_episode_is_none_of_this_one():
    again: tuple[Event, ...] = (BEGUN_AGAIN, GONE)
    case = told(*READY, REMOVED, GONE, *again)
    assert asked(case, correct(case.version, "outcome", "forced")) == ["N23"]
    assert asked(told(*READY, REMOVED, GONE, *again, REMOVED), correct(case.version, "outcome", "forced")) == []
    assert asked(case, correct(ENDING + 1, "outcome", "forced")) == [], "the first closing"


# ------------------------------------------------------------------ a time before the opening


@pytest.mark.parametrize(("at", "codes"), [("2026-01-05T09:59:59+01:00", ["N32"]), ("2026-01-05T10:00:00+01:00", [])])
def test_n32_no_correction_moves_an_event_to_before_the_opening(at, codes):
    case = told(*READY)
    for event in (2, TERM, len(READY)):
        assert asked(case, correct(event, "occurred_at", at)) == codes


def test_n32_the_opening_itself_may_have_been_earlier():
    assert asked(told(*READY), correct(1, "occurred_at", "2026-01-04T10:00:00+01:00")) == []


def test_n32_a_time_that_is_none_is_n60_alone():
    assert asked(told(*READY), correct(TERM, "occurred_at", "yesterday")) == ["N60"]


# ------------------------------------------------------------------ the number of a person with another case


def test_n36_a_v_number_is_not_corrected_to_that_of_somebody_with_an_open_case():
    other = {"other_open_case": "01OTHER"}
    assert asked(told(*READY), correct(2, "v_number", "1234567890"), **other) == ["N36"]
    assert asked(told(*READY), correct(2, "v_number", "1234567890")) == []


def test_n36_is_about_the_number_of_an_open_case_alone():
    other = {"other_open_case": "01OTHER"}
    assert asked(told(*READY, GONE), correct(2, "v_number", "1234567890"), **other) == []
    assert asked(told(*READY), correct(2, "name", "Samira Voorbeeld"), **other) == []


@pytest.mark.parametrize(("event", "field", "value"), [
    (2, "v_number", "1234567890"), (2, "name", "Samira Voorbeeld"), (2, "birth_date", "1990-05-05"), (2, "citizenship", "DZ"),
    (1, "occurred_at", OPENED + ":00+01:00"), (TERM, "decided_on", "2026-01-07"),
])  # fmt: skip
def test_avg_16_ordinary_corrections_take_one_person(event, field, value):
    assert asked(told(*READY), correct(event, field, value)) == []


# ------------------------------------------------------------------ what a receipt keeps of a correction, and its edges


@pytest.mark.parametrize(("event", "field", "value", "kept"), [
    (99, "language", "secret", None),               # no such event
    (99, "occurred_at", "secret", {}),
    (TERM, "nothing", "secret", None),              # no such field
    (TERM, "term_days", "secret", {}),              # fits nowhere
    (TERM, "occurred_at", "secret", {}),
    (TERM, "language", "fr", "fr"),                 # not sealed
    (TERM, "occurred_at", "2026-01-07T10:00:00Z", "2026-01-07T10:00:00Z"),
    (2, "name", "Testpersoon", "…"),                # sealed
])
def test_avg_25_a_receipt_keeps_no_value_of_a_sealed_field_nor_one_that_fits_nowhere(event, field, value, kept):
    assert correct(event, field, value).without_what_is_personal(told(*READY)).value == kept


def test_avg_25_a_value_of_the_same_kind_says_nothing():
    assert kind_of({"medical": "yes", "items": ["a", ("b", 3)]}) == {"medical": "…", "items": ["…", ["…", 3]]}
    assert [kind_of(value) for value in (True, 7, None)] == [True, 7, None]


@pytest.mark.parametrize("event", [0, 99])
def test_n60_an_event_that_is_not_there_is_named_by_its_number(event):
    verdicts = decided(told(*READY), correct(event, "language", "fr")).receipt.verdicts
    assert [verdict.is_.en for verdict in verdicts if verdict.is_] == [f"no event {event}"]


def test_n60_a_time_may_be_that_of_the_correction_itself():
    assert asked(told(*READY), correct(TERM, "occurred_at", "2026-03-02T10:00:00+01:00"), "2026-03-02T10:00") == []
    assert asked(told(*READY), correct(TERM, "occurred_at", "2026-03-02T10:00:01+01:00"), "2026-03-02T10:00") == ["N60"]


def test_n23_is_about_the_outcome_of_a_closing_and_none_of_its_other_fields():
    closed = CaseClosed(outcome=Outcome.OTHER, ended_on=date(2026, 2, 1), age_band=AgeBand.UNKNOWN, evidence="x")
    case = told(*READY, closed)
    assert asked(case, correct(case.version, "evidence", "forced")) == []
    assert asked(case, correct(case.version, "outcome", "forced")) == ["N23"]


def test_n12_asks_nothing_of_a_second_person_that_a_correction_did_not_need():
    assert asked(told(*READY), correct(TERM, "language", "fr"), second="OFF-03") == []


def test_a_correction_of_a_field_that_is_not_sealed_stays_in_the_clear():
    [event] = decided(told(*READY), correct(TERM, "language", "fr")).events
    assert (event.event, event.field, event.value, event.sealed) == (TERM, "language", "fr", None)
