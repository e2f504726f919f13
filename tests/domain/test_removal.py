"""Removal: booking, check, notice and handover, each in its time."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.chapters.family import GuardianInformed, MinorStatusEstablished
from dtv_workflow.domain.chapters.holds import HoldPlaced, RemovalAttemptCancelled
from dtv_workflow.domain.chapters.intake import RemovabilityChecked
from dtv_workflow.domain.chapters.removal import (
    BookRemoval,
    CancelRemoval,
    CompletePrecheck,
    HandedOverToKmar,
    HandOver,
    PrecheckItems,
    ServeRemovalNotice,
)
from dtv_workflow.domain.chapters.voluntary_departure import OpportunityAssessed, OpportunityDeclined, WishToLeaveExpressed
from dtv_workflow.domain.vocabulary import CancelCause, CheckItem, HoldKind, NoticeTo, RemovabilityAnswer, WishReporter
from tests.domain.told import (
    BOOKED,
    CHECKED,
    NOTIFIED,
    TO_BOOK,
    asked,
    booked,
    checked,
    decided,
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


def test_vw_59_3_nobody_is_booked_while_a_wish_is_open():
    wish = WishToLeaveExpressed(reported_by=WishReporter.PERSON)
    assert asked(told(*TO_BOOK, wish), BOOK) == ["N18"]
    assert asked(told(*TO_BOOK, wish, OpportunityAssessed(finding="a flight")), BOOK) == ["N18"]
    assert asked(told(*TO_BOOK, wish, OpportunityDeclined(finding="none")), BOOK) == []


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
def test_vc_a3_6_6_a_notice_is_served_36_hours_before(on, codes):
    assert asked(told(*BOOKED), notice(*BOTH), at=on) == codes


@pytest.mark.parametrize(("departs_at", "on", "codes"), [
    ("2020-09-30T12:00", "2020-09-28T12:00:00", []),
    ("2020-09-30T12:00", "2020-09-28T12:00:01", ["N10"]),
    ("2020-10-02T12:00", "2020-09-30T12:00:00", []),
    ("2020-10-02T12:00", "2020-09-30T23:59:59", ["N10"]),
    ("2020-10-02T12:00", "2020-10-01T00:00:00", []),
    ("2020-10-02T12:00", "2020-10-01T00:00:01", ["N10"]),
])
def test_vc_a3_6_6_the_notice_is_48_hours_for_what_was_served_before_october_2020(departs_at, on, codes):
    assert asked(told(*TO_BOOK, booked(departs_at=departs_at), opened="2020-01-05T10:00"), notice(*BOTH), at=on) == codes


@pytest.mark.parametrize(("on", "codes"), [("2026-03-28T23:00:00+01:00", []), ("2026-03-28T23:00:01+01:00", ["N10"])])
def test_vc_a3_6_6_36_hours_are_hours_also_when_the_clock_goes_forward(on, codes):
    assert asked(told(*TO_BOOK, booked(departs_at="2026-03-30T12:00:00+02:00")), notice(*BOTH), at=on) == codes


def test_vc_a3_6_6_the_person_and_the_lawyer_are_both_told():
    assert asked(told(*BOOKED), notice(NoticeTo.PERSON)) == ["N11"]
    assert asked(told(*BOOKED), notice(NoticeTo.LAWYER)) == ["N10"]
    assert asked(told(*BOOKED), notice()) == ["N10", "N11"]


def test_vc_a3_6_1_the_guardian_of_a_minor_is_told_as_well():
    minor = (MinorStatusEstablished(minor=True, unaccompanied=False), GuardianInformed(guardian="Nidos", how="letter"))
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
