"""Removal: booking, check, notice and handover, each in its time."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.courts import CourtDecisionReceived
from dtv_workflow.domain.chapters.family import FamilyLinked, GuardianInformed, MinorStatusEstablished, ReceptionEstablished
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced, RemovalAttemptCancelled
from dtv_workflow.domain.chapters.intake import RemovabilityChecked
from dtv_workflow.domain.chapters.medical import BmaAdviceReceived, PregnancyRecorded, TravelConditionFulfilled
from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.chapters.removal import (
    BookRemoval,
    CancelRemoval,
    CompletePrecheck,
    HandedOverToKmar,
    HandOver,
    PrecheckItems,
    ServeRemovalNotice,
)
from dtv_workflow.domain.chapters.travel_document import TravelDocumentReceived
from dtv_workflow.domain.chapters.voluntary_departure import OpportunityAssessed, OpportunityDeclined, WishToLeaveExpressed
from dtv_workflow.domain.vocabulary import (
    CancelCause,
    CheckItem,
    CourtOutcome,
    HoldKind,
    Mode,
    NoticeTo,
    RemovabilityAnswer,
    TravelDocumentKind,
    WishReporter,
)
from tests.domain.told import (
    BOOKED,
    CHECKED,
    NOTIFIED,
    TO_BOOK,
    asked,
    booked,
    checked,
    decided,
    decision_of,
    moment,
    names,
    told,
    without,
)

ITEMS = ("ticket", "belongings", "document", "baggage", "fit_to_fly", "medication", "health_summary", "lawyer")
ALL_OK = PrecheckItems(**dict.fromkeys(ITEMS, CheckItem.OK))
BOTH = (NoticeTo.PERSON, NoticeTo.LAWYER)
BOOK = BookRemoval(attempt="R1", carrier="KL", departs_at=moment("2026-03-06T12:00"), destination="MA")
PRECHECK = CompletePrecheck(attempt="R1", items=ALL_OK)
HAND_OVER = HandOver(attempt="R1", form="M24-A", monitor_notified=True)
AT_THE_GATE = (*BOOKED, CHECKED, NOTIFIED, checked("2026-03-06T08:00"))
DAY = "2026-03-06T09:30"
CANCELLED = RemovalAttemptCancelled(attempt="R1", stage="gate", cause=CancelCause.CAPTAIN)
HOLD_KINDS = sorted(HoldKind, key=str)
WISH = WishToLeaveExpressed(reported_by=WishReporter.PERSON)
ALONE = MinorStatusEstablished(minor=True, unaccompanied=True)
WITH_FAMILY = MinorStatusEstablished(minor=True, unaccompanied=False)
GUARDIAN = GuardianInformed(guardian="Nidos", how="letter")
RECEIVED = ReceptionEstablished(adequate=True, country="MA", evidenced=True)
BEFORE_BOOKING = pytest.mark.parametrize(
    ("step", "before", "at"),
    [(BOOK, TO_BOOK, "2026-03-02T10:00"), (HAND_OVER, AT_THE_GATE, DAY)],
    ids=["booked", "handed over"],
)
"""What is asked at the booking and, of the booking's own day and destination, again at the handover."""


def notice(*to: NoticeTo) -> ServeRemovalNotice:
    return ServeRemovalNotice(attempt="R1", to=to, language="ar")


def n02_or_n03(kind: HoldKind) -> str:
    return "N02" if kind in {HoldKind.DEPARTURE_TERM_RUNNING, HoldKind.DEPARTURE_TERM_EXTENDED} else "N03"


# ------------------------------------------------------------------ booking


def test_vc_a3_6_6_a_removal_is_booked_when_nothing_is_in_the_way():
    assert names(told(*TO_BOOK), BOOK) == ["RemovalBooked"]


@pytest.mark.parametrize("kind", HOLD_KINDS)
def test_vw_63_nobody_is_booked_while_a_hold_is_open(kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-02T12:00"))
    assert asked(told(*TO_BOOK, held), BOOK) == [n02_or_n03(kind)]
    assert asked(told(*TO_BOOK, held), BOOK, at="2026-03-02T12:00") == []


@pytest.mark.parametrize(("on", "codes"), [("2026-03-03T09:00:00", []), ("2026-03-03T09:00:01", ["N04"])])
def test_vc_a3_6_6_a_booking_rests_on_an_answer_of_at_most_24_hours(on, codes):
    assert asked(told(*TO_BOOK), BOOK, at=on) == codes


@pytest.mark.parametrize(("on", "codes"), [("2026-03-29T09:00:00+02:00", []), ("2026-03-29T09:00:01+02:00", ["N04"])])
def test_vc_a3_6_6_24_hours_are_hours_also_when_the_clock_goes_forward(on, codes):
    later = BookRemoval(attempt="R1", carrier="KL", departs_at=moment("2026-04-06T12:00"), destination="MA")
    assert asked(told(*TO_BOOK, checked("2026-03-28T08:00:00+01:00")), later, at=on) == codes


@pytest.mark.parametrize("answer", [RemovabilityAnswer.NOT_REMOVABLE, RemovabilityAnswer.UNKNOWN])
def test_vw_63_another_answer_than_removable_bars_a_booking(answer):
    assert asked(told(*TO_BOOK, checked(what=answer)), BOOK) == ["N04"]
    assert asked(told(*without(TO_BOOK, RemovabilityChecked)), BOOK) == ["N04"]


@BEFORE_BOOKING
def test_vw_59_3_nobody_is_booked_or_handed_over_while_a_wish_is_open(step, before, at):
    assert asked(told(*before, WISH), step, at) == ["N18"]
    assert asked(told(*before, WISH, OpportunityAssessed(finding="a flight")), step, at) == ["N18"]
    assert asked(told(*before, WISH, OpportunityDeclined(finding="none")), step, at) == []


@BEFORE_BOOKING
def test_directive_10_2_a_child_alone_is_not_booked_or_handed_over_without_reception(step, before, at):
    assert asked(told(*before, ALONE, GUARDIAN), step, at) == ["N05"]
    assert asked(told(*before, ALONE, GUARDIAN, RECEIVED), step, at) == []
    unproven = ReceptionEstablished(adequate=True, country="MA", evidenced=False)
    assert asked(told(*before, ALONE, GUARDIAN, unproven), step, at) == ["N05"]


@BEFORE_BOOKING
def test_vc_a3_6_1_a_child_is_not_booked_or_handed_over_before_the_guardian_knows(step, before, at):
    assert asked(told(*before, WITH_FAMILY), step, at) == ["N06"]
    assert asked(told(*before, WITH_FAMILY, GUARDIAN), step, at) == []


@BEFORE_BOOKING
def test_echr_8_a_family_is_not_booked_or_handed_over_apart_without_an_assessment(step, before, at):
    assert asked(told(*before, FamilyLinked(cases=("01ANOTHER",), assessed=False)), step, at) == ["N29"]
    assert asked(told(*before, FamilyLinked(cases=("01ANOTHER",), assessed=True)), step, at) == []


@BEFORE_BOOKING
@pytest.mark.parametrize(("due_on", "codes"), [
    ("2026-04-17", ["N07"]), ("2026-04-18", []), ("2026-01-23", ["N07"]), ("2026-01-22", []),
])
def test_vc_a3_7_4_nobody_is_booked_or_handed_over_for_a_flight_around_a_birth(step, before, at, due_on, codes):
    assert asked(told(*before, PregnancyRecorded(due_on=due_on)), step, at) == codes


@BEFORE_BOOKING
def test_vw_64_nobody_is_booked_or_handed_over_against_the_medical_advice(step, before, at):
    on_a_condition = BmaAdviceReceived(fit=True, conditions=("C1",))
    shown = TravelConditionFulfilled(code="C1", proof="letter", shown_to_person=True)
    assert asked(told(*before, BmaAdviceReceived(fit=False)), step, at) == ["N08"]
    assert asked(told(*before, on_a_condition), step, at) == ["N08"]
    assert asked(told(*before, on_a_condition, shown), step, at) == []


@BEFORE_BOOKING
@pytest.mark.parametrize(("valid_until", "codes"), [("2026-03-05", ["N08"]), ("2026-03-06", [])])
def test_vw_64_medical_advice_holds_on_the_day_of_departure(step, before, at, valid_until, codes):
    advice = BmaAdviceReceived(fit=True, valid_until=date.fromisoformat(valid_until))
    assert asked(told(*before, advice), step, at) == codes


@BEFORE_BOOKING
@pytest.mark.parametrize(("valid_until", "codes"), [("2026-03-05", ["N09"]), ("2026-03-06", [])])
def test_vc_a3_6_6_the_last_document_is_valid_on_the_day_of_departure(step, before, at, valid_until, codes):
    replaced = TravelDocumentReceived(
        document=TravelDocumentKind.PASSPORT, valid_from=date(2022, 1, 1), valid_until=date.fromisoformat(valid_until)
    )
    assert asked(told(*before, replaced), step, at) == codes


def test_vc_a3_7_4_a_handover_looks_at_how_the_booking_leaves():
    by_land = (*TO_BOOK, booked(mode=Mode.LAND), CHECKED, NOTIFIED, checked("2026-03-06T08:00"))
    assert asked(told(*by_land, PregnancyRecorded(due_on="2026-03-20")), HAND_OVER, at=DAY) == []


ANNULLED = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.ANNULLED)


@BEFORE_BOOKING
def test_vw_62_1_nobody_is_booked_or_handed_over_while_a_term_runs_whatever_became_of_its_hold(step, before, at):
    anew, term = decision_of("2026-02-20"), HoldKind.DEPARTURE_TERM_RUNNING
    lifted = (HoldPlaced(hold=term.value, hold_kind=term), HoldLifted(hold=term.value, hold_kind=term, basis="x"))
    assert asked(told(*before, anew), step, at) == ["N02"]
    assert asked(told(*before, anew, *lifted), step, at) == ["N02"]
    assert asked(told(*before, decision_of("2026-02-20", term_days=5)), step, at) == []


@BEFORE_BOOKING
def test_vw_62_1_nobody_is_booked_or_handed_over_on_a_decision_that_a_court_annulled(step, before, at):
    assert asked(told(*before, ANNULLED), step, at) == ["N02"]
    assert asked(told(*before, ANNULLED, decision_of(term_days=0, reasoned=True)), step, at) == []


@BEFORE_BOOKING
def test_vw_62_1_a_term_that_turns_out_to_run_longer_bars_the_booking_and_the_handover(step, before, at):
    served = told(*before).decision.version
    assert asked(told(*before, CorrectionRecorded(event=served, field="served_on", value="2026-02-25")), step, at) == ["N02"]
    assert asked(told(*before, CorrectionRecorded(event=served, field="served_on", value="2026-01-07")), step, at) == []


def test_n63_an_attempts_id_is_used_once():
    assert asked(told(*BOOKED), BOOK) == ["N63"]
    assert asked(told(*BOOKED, CANCELLED), BOOK) == ["N63"]


# ------------------------------------------------------------------ the check before departure


@pytest.mark.parametrize(("on", "codes"), [("2026-03-04T12:00:00", []), ("2026-03-04T12:00:01", ["N55"])])
def test_vc_a3_6_6_the_check_is_done_48_hours_before(on, codes):
    assert asked(told(*BOOKED), PRECHECK, at=on) == codes


@pytest.mark.parametrize(("on", "codes"), [("2026-03-28T11:00:00+01:00", []), ("2026-03-28T11:00:01+01:00", ["N55"])])
def test_vc_a3_6_6_48_hours_are_hours_also_when_the_clock_goes_forward(on, codes):
    assert asked(told(*TO_BOOK, booked(departs_at="2026-03-30T12:00:00+02:00")), PRECHECK, at=on) == codes


@pytest.mark.parametrize(("on", "codes"), [("2026-10-24T13:00:00+02:00", []), ("2026-10-24T13:00:01+02:00", ["N55"])])
def test_vc_a3_6_6_48_hours_are_hours_also_when_the_clock_goes_back(on, codes):
    assert asked(told(*TO_BOOK, booked(departs_at="2026-10-26T12:00:00+01:00")), PRECHECK, at=on) == codes


@pytest.mark.parametrize("item", ITEMS)
def test_n56_nothing_is_missing_at_the_check(item):
    items = dict.fromkeys(ITEMS, CheckItem.OK)
    said = CompletePrecheck(attempt="R1", items=PrecheckItems(**(items | {item: CheckItem.MISSING})))
    assert asked(told(*BOOKED), said) == ["N56"]
    unsaid = CompletePrecheck(attempt="R1", items=PrecheckItems(**{k: v for k, v in items.items() if k != item}))
    assert asked(told(*BOOKED), unsaid) == ["N56"]
    other = CompletePrecheck(attempt="R1", items=PrecheckItems(**(items | {item: CheckItem.NOT_APPLICABLE})))
    assert asked(told(*BOOKED), other) == []


@pytest.mark.parametrize(("step", "on"), [(PRECHECK, "2026-03-02T10:00"), (notice(*BOTH), "2026-03-02T10:00"), (HAND_OVER, DAY)])
def test_n63_a_step_on_an_unknown_or_cancelled_attempt_is_refused(step, on):
    assert asked(told(*AT_THE_GATE), step, at=on) == []
    assert asked(told(*TO_BOOK, checked("2026-03-06T08:00")), step, at=on) == ["N63"]
    assert asked(told(*AT_THE_GATE, CANCELLED), step, at=on) == ["N63"]


# ------------------------------------------------------------------ the notice


@pytest.mark.parametrize(("on", "codes"), [("2026-03-05T00:00:00", []), ("2026-03-05T00:00:01", ["N10"])])
def test_n10_a_notice_is_served_36_hours_before(on, codes):
    assert asked(told(*BOOKED), notice(*BOTH), at=on) == codes


@pytest.mark.parametrize(("departs_at", "on", "codes"), [
    ("2020-09-30T12:00", "2020-09-28T12:00:00", []),
    ("2020-09-30T12:00", "2020-09-28T12:00:01", ["N10"]),
    ("2020-10-02T12:00", "2020-09-30T12:00:00", []),
    ("2020-10-02T12:00", "2020-09-30T23:59:59", ["N10"]),
    ("2020-10-02T12:00", "2020-10-01T00:00:00", []),
    ("2020-10-02T12:00", "2020-10-01T00:00:01", ["N10"]),
])
def test_n10_the_notice_is_48_hours_for_what_was_served_before_october_2020(departs_at, on, codes):
    assert asked(told(*TO_BOOK, booked(departs_at=departs_at), opened="2020-01-05T10:00"), notice(*BOTH), at=on) == codes


@pytest.mark.parametrize(("on", "codes"), [("2026-03-28T23:00:00+01:00", []), ("2026-03-28T23:00:01+01:00", ["N10"])])
def test_n10_36_hours_are_hours_also_when_the_clock_goes_forward(on, codes):
    assert asked(told(*TO_BOOK, booked(departs_at="2026-03-30T12:00:00+02:00")), notice(*BOTH), at=on) == codes


def test_n10_and_n11_the_person_and_the_lawyer_are_both_told():
    assert asked(told(*BOOKED), notice(NoticeTo.PERSON)) == ["N11"]
    assert asked(told(*BOOKED), notice(NoticeTo.LAWYER)) == ["N10"]
    assert asked(told(*BOOKED), notice()) == ["N10", "N11"]


def test_vc_a3_6_1_the_guardian_of_a_minor_is_told_as_well():
    minor = (WITH_FAMILY, GUARDIAN)
    assert asked(told(*BOOKED, *minor), notice(*BOTH)) == ["N06"]
    assert asked(told(*BOOKED, *minor), notice(*BOTH, NoticeTo.GUARDIAN)) == []


def test_a_notice_says_how_many_hours_before_it_was_served():
    assert decided(told(*BOOKED), notice(*BOTH), at="2026-03-04T12:30").events[0].hours_before == 47


# ------------------------------------------------------------------ the handover


def test_vc_a3_6_7_somebody_is_handed_over_after_check_notice_and_a_fresh_answer():
    assert names(told(*AT_THE_GATE), HAND_OVER, at=DAY) == ["HandedOverToKmar"]
    assert told(*AT_THE_GATE, HandedOverToKmar(attempt="R1", form="M24-A", monitor_notified=True)).bookings["R1"].handed_over


def test_n57_and_n10_nobody_is_handed_over_without_check_or_notice():
    assert asked(told(*without(AT_THE_GATE, type(CHECKED))), HAND_OVER, at=DAY) == ["N57"]
    assert asked(told(*without(AT_THE_GATE, type(NOTIFIED))), HAND_OVER, at=DAY) == ["N10"]


@pytest.mark.parametrize(("departs_at", "on", "codes"), [
    ("2026-03-06T12:00", "2026-03-04T23:59:59", ["N10"]),
    ("2026-03-06T12:00", "2026-03-05T00:00:00", []),
    ("2026-03-06T12:00", "2026-03-06T23:59:59", []),
    ("2026-03-06T12:00", "2026-03-07T00:00:00", ["N57", "N10"]),
    ("2026-07-03T00:30:00+02:00", "2026-07-02T00:15:00+02:00", []),  # the 2nd and the 3rd in Amsterdam, the 1st and 2nd in UTC
    ("2026-07-03T12:00:00+02:00", "2026-07-01T23:45:00+02:00", ["N10"]),
    ("2026-07-03T23:30:00+02:00", "2026-07-04T00:15:00+02:00", ["N57", "N10"]),  # one day in UTC, two in Amsterdam
])
def test_n10_and_n57_somebody_is_handed_over_on_the_day_of_departure_or_the_day_before(departs_at, on, codes):
    of_the_day = (*TO_BOOK, booked(departs_at=departs_at), CHECKED, NOTIFIED, checked(on))
    assert asked(told(*of_the_day), HAND_OVER, at=on) == codes


@pytest.mark.parametrize(("served", "codes"), [("2026-03-05T00:00:00", []), ("2026-03-05T00:00:01", ["N10"])])
def test_n10_a_notice_was_served_36_hours_before_the_departure_as_it_is_now_booked(served, codes):
    early = (*TO_BOOK, booked(departs_at="2026-03-20T12:00"), CHECKED, (served, NOTIFIED))
    moved = CorrectionRecorded(event=told(*early).bookings["R1"].version, field="departs_at", value="2026-03-06T12:00:00+01:00")
    assert asked(told(*early, moved, checked("2026-03-06T08:00")), HAND_OVER, at=DAY) == codes


@pytest.mark.parametrize(("done", "codes"), [("2026-03-04T12:00:00", []), ("2026-03-04T12:00:01", ["N57"])])
def test_n57_a_check_was_done_48_hours_before_the_departure_as_it_is_now_booked(done, codes):
    early = (*TO_BOOK, booked(departs_at="2026-03-20T12:00"), NOTIFIED, (done, CHECKED))
    moved = CorrectionRecorded(event=told(*early).bookings["R1"].version, field="departs_at", value="2026-03-06T12:00:00+01:00")
    assert asked(told(*early, moved, checked("2026-03-06T08:00")), HAND_OVER, at=DAY) == codes


def test_n10_a_flight_that_did_not_leave_is_not_handed_over_on_its_old_notice():
    weeks_later = told(*BOOKED, CHECKED, NOTIFIED, checked("2026-03-20T08:00"))
    assert asked(weeks_later, HAND_OVER, at="2026-03-20T09:00") == ["N57", "N10"]


def test_n10_who_is_too_early_is_told_from_which_day_on():
    verdicts = decided(told(*BOOKED, CHECKED, NOTIFIED), HAND_OVER, at="2026-03-02T10:15").receipt.verdicts
    [said] = [verdict.is_ for verdict in verdicts if verdict.code == "N10" and not verdict.met]
    assert said.en == "departure is on 2026-03-06, the handover not before 2026-03-05"
    assert said.nl == "vertrek is op 2026-03-06, de overdracht niet voor 2026-03-05"


@pytest.mark.parametrize("kind", HOLD_KINDS)
def test_vw_63_nobody_is_handed_over_while_a_hold_is_open(kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-06T09:45"))
    assert asked(told(*AT_THE_GATE, held), HAND_OVER, at=DAY) == [n02_or_n03(kind)]
    assert asked(told(*AT_THE_GATE, held), HAND_OVER, at="2026-03-06T09:45") == []


@pytest.mark.parametrize(("asked_at", "codes"), [
    ("2026-03-05T23:59:59", ["N04"]), ("2026-03-06T00:00:00", []), ("2026-03-06T00:30:00+01:00", []),
])
def test_vc_a3_6_7_the_ind_answered_on_the_same_calendar_day(asked_at, codes):
    assert asked(told(*BOOKED, CHECKED, NOTIFIED, checked(asked_at)), HAND_OVER, at=DAY) == codes


@pytest.mark.parametrize(("asked_at", "codes"), [("2026-07-01T23:30:00+02:00", ["N04"]), ("2026-07-02T00:30:00+02:00", [])])
def test_vc_a3_6_7_the_calendar_day_is_the_one_in_amsterdam_not_in_utc(asked_at, codes):
    summer = (*TO_BOOK, booked(departs_at="2026-07-02T12:00"), CHECKED, NOTIFIED, checked(asked_at))
    assert asked(told(*summer), HAND_OVER, at="2026-07-02T01:30:00+02:00") == codes


def test_vc_a3_6_7_the_answer_of_the_day_is_removable():
    other = (*BOOKED, CHECKED, NOTIFIED, checked("2026-03-06T08:00", RemovabilityAnswer.NOT_REMOVABLE))
    assert asked(told(*other), HAND_OVER, at=DAY) == ["N04"]
    assert asked(told(*without(other, RemovabilityChecked)), HAND_OVER, at=DAY) == ["N04"]


@pytest.mark.parametrize(("answered", "codes"), [("2026-03-06T11:00", ["N04"]), ("2026-03-06T09:30:01", ["N04"]), (DAY, [])])
def test_vc_a3_6_7_a_handover_told_late_rests_on_no_answer_that_came_after_it(answered, codes):
    case = told(*BOOKED, CHECKED, NOTIFIED, checked(answered))
    assert asked(case, HAND_OVER, at=DAY, recorded_at="2026-03-06T11:30") == codes


def test_vc_a3_6_7_an_answer_of_the_same_quarter_of_an_hour_counts_as_there():
    case = told(*BOOKED, CHECKED, NOTIFIED, checked("2026-03-06T09:40"))
    assert asked(case, HAND_OVER, at=DAY, recorded_at="2026-03-06T09:45") == []


def test_directive_8_6_the_monitor_is_told():
    unmonitored = HandOver(attempt="R1", form="M24-A", monitor_notified=False)
    assert asked(told(*AT_THE_GATE), unmonitored, at=DAY) == ["N58"]


# ------------------------------------------------------------------ cancelling


def test_n63_a_cancelled_unknown_attempt_is_recorded_with_its_incident():
    cancel = CancelRemoval(attempt="R1", stage="gate", cause=CancelCause.CAPTAIN, cost_cents=20_000)
    assert asked(told(), cancel) == ["N63"]
    assert asked(told(*BOOKED, CANCELLED), cancel) == ["N63"]
    assert names(told(), cancel) == ["RemovalAttemptCancelled", "IntegrityIncidentRaised"]


@pytest.mark.parametrize("cause", list(CancelCause))
def test_o5_a_live_attempt_is_cancelled_for_every_cause_without_an_incident(cause):
    assert names(told(*BOOKED), CancelRemoval(attempt="R1", stage="gate", cause=cause)) == ["RemovalAttemptCancelled"]
