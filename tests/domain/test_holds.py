"""Holds: never refused when placed, lifted on a basis and where it matters by two people."""

from __future__ import annotations

import re

import pytest
from msgspec import structs

from dtv_workflow.domain.chapters.closing import CaseClosed, RemovalCompleted
from dtv_workflow.domain.chapters.forced_departure import ProposeForcedTrack
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced, LiftHold, PlaceHold
from dtv_workflow.domain.chapters.intake import Checklist, ScreenVulnerability
from dtv_workflow.domain.law.rules import RULES
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.vocabulary import AgeBand, Block, CancelCause, ChecklistAnswer, HoldKind, Outcome, Role
from tests.domain.told import (
    BOOKED,
    CHECKED,
    FORCED,
    NOTIFIED,
    READY,
    Happened,
    asked,
    booked,
    decided,
    decision_of,
    moment,
    names,
    records,
    told,
)

LIFT = LiftHold(hold="H1", basis="court order")
SENSITIVE = {
    "echr_rule39", "interim_relief_granted", "trafficking_signal", "trafficking_reflection", "minor_reception_unproven",
    "unresolved_procedural_message", "ministerial_stop",
}
DETENTION = {
    "appeal_suspensive", "interim_relief_granted", "echr_rule39", "trafficking_reflection", "unresolved_procedural_message",
    "ministerial_stop",
}
EMBASSY = {"application_pending", "appeal_suspensive", "unresolved_procedural_message"}
EXIT = {"tuberculosis", "criminal_or_extradition"}
REMOVED = RemovalCompleted(departed_at=moment("2026-03-20T12:00"), destination="MA", proof="m100", attempt="R1")
GONE = CaseClosed(outcome=Outcome.FORCED, ended_on=moment("2026-03-20T12:00").date(), age_band=AgeBand.UNKNOWN)


def placed(kind: HoldKind = HoldKind.APPEAL_SUSPENSIVE, until: str | None = None, hold: str = "H1") -> HoldPlaced:
    return HoldPlaced(hold=hold, hold_kind=kind, until=moment(until) if until else None)


@pytest.mark.parametrize("kind", list(HoldKind))
def test_a_holds_kind_says_what_it_blocks(kind):
    blocks = {"removal"}
    blocks |= {"detention"} if kind.value in DETENTION else set()
    blocks |= {"embassy_contact"} if kind.value in EMBASSY else set()
    blocks |= {"exit"} if kind.value in EXIT else set()
    case = told(placed(kind))
    assert {block.value for block in Block if case.open_holds(moment("2026-03-02T10:00"), block)} == blocks


@pytest.mark.parametrize("kind", list(HoldKind))
def test_dolmatov_a_sensitive_hold_is_lifted_by_two_people(kind):
    alone = ["N31"] if kind.value in SENSITIVE else []
    assert asked(told(placed(kind)), LIFT) == alone
    assert asked(told(placed(kind)), LIFT, second="TL-02") == []
    same = ["N12"] if kind.value in SENSITIVE else []
    assert asked(told(placed(kind)), LIFT, second="OFF-03") == same
    assert asked(told(placed(kind)), LIFT, second="RV-08", second_may_approve=False) == same


def test_n49_an_unknown_hold_is_not_lifted():
    assert asked(told(), LIFT) == ["N49"]
    assert asked(told(placed()), LIFT) == []
    assert asked(told(placed(), HoldLifted(hold="H1", hold_kind=HoldKind.APPEAL_SUSPENSIVE, basis="x")), LIFT) == ["N49"]


@pytest.mark.parametrize(("on", "codes"), [("2026-03-10T11:59:59", []), ("2026-03-10T12:00:00", ["N49"])])
def test_n49_a_hold_that_ended_by_itself_is_no_longer_there_to_lift(on, codes):
    assert asked(told(placed(until="2026-03-10T12:00")), LIFT, at=on) == codes


def test_placing_a_hold_is_a_fact_that_cancels_every_live_booking_with_its_stage_and_cause():
    case = told(*BOOKED, CHECKED, NOTIFIED, booked("R2"))
    events = decided(case, PlaceHold(hold="H1", hold_kind=HoldKind.APPLICATION_PENDING), role=Role.SYSTEM).events
    assert [(e.attempt, e.stage, e.cause, e.hold) for e in events[1:]] == [
        ("R1", "notified", CancelCause.NEW_PROCEDURE, "H1"), ("R2", "booked", CancelCause.NEW_PROCEDURE, "H1"),
    ]
    assert told(*BOOKED, *events).live_bookings() == {}


def test_a_hold_that_has_ended_when_it_is_placed_cancels_nothing():
    ended = PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM, until="2026-03-01")
    assert names(told(*BOOKED), ended) == ["HoldPlaced"]


@pytest.mark.parametrize(("until", "ends"), [
    ("2026-03-28", "2026-03-29T00:00:00+01:00"),
    ("2026-03-29", "2026-03-30T00:00:00+02:00"),
    ("2026-10-25", "2026-10-26T00:00:00+01:00"),
    ("2026-10-25T12:00:00Z", "2026-10-25T12:00:00+00:00"),
])
def test_a_hold_until_a_day_holds_through_that_day_in_amsterdam(until, ends):
    [event] = decided(told(), PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM, until=until)).events
    assert event.until == moment(ends)


def test_a_hold_until_the_last_day_there_is_is_recorded_and_open():
    [event] = decided(told(), PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM, until="9999-12-31")).events
    assert asked(told(event), LIFT) == []


def test_another_hold_under_a_taken_id_gets_a_number_and_overwrites_nothing():
    case = told(placed(HoldKind.ECHR_RULE39))
    [event] = decided(case, PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM)).events
    assert event.hold == "H1.2"
    assert set(told(placed(HoldKind.ECHR_RULE39), event).holds) == {"H1", "H1.2"}
    assert decided(case, PlaceHold(hold="H1", hold_kind=HoldKind.ECHR_RULE39)).events[0].hold == "H1"


@pytest.mark.parametrize("length", [62, 63, 64])
def test_place_hold_is_never_refused_nor_fails_on_a_taken_id_of_any_length(length):
    id = "H" * length
    first = PlaceHold(hold=id, hold_kind=HoldKind.ECHR_RULE39)
    history: list[Happened] = list(decided(told(), first).events)
    for kind in (HoldKind.MORATORIUM, HoldKind.TUBERCULOSIS):
        [event] = decided(told(*history), PlaceHold(hold=id, hold_kind=kind)).events
        history.append(event)
    assert set(told(*history).holds) == {id, f"{id[:62]}.2", f"{id[:62]}.3"}
    assert all(re.fullmatch(r"[\w][\w.:/+-]{0,63}", hold) for hold in told(*history).holds)


def test_n03_what_was_lifted_or_replaced_is_kept_with_when_it_began_and_ended():
    first, again = ("2026-03-01T10:00", placed(until="2026-03-20T00:00")), ("2026-03-03T10:00", placed(HoldKind.MORATORIUM))
    lifted = ("2026-03-05T10:00", HoldLifted(hold="H1", hold_kind=HoldKind.MORATORIUM, basis="x"))
    case = told(first, again, lifted)
    assert case.holds == {}
    assert [(h.id, h.kind.value, h.since, h.to) for h in case.ended_holds] == [
        ("H1", "appeal_suspensive", moment("2026-03-01T10:00"), moment("2026-03-03T10:00")),
        ("H1", "moratorium", moment("2026-03-03T10:00"), moment("2026-03-05T10:00")),
    ]
    held = {day: [h.kind.value for h in case.holds_at(moment(f"2026-03-{day}")).values()] for day in ("01T09:59", "01T10:00")}
    assert held == {"01T09:59": [], "01T10:00": ["appeal_suspensive"]}
    assert [h.kind.value for h in case.holds_at(moment("2026-03-03T10:00")).values()] == ["moratorium"]
    assert case.holds_at(moment("2026-03-05T10:00")) == {}


def test_n03_a_hold_that_ended_by_itself_did_not_hold_after_that():
    case = told(("2026-03-01T10:00", placed(until="2026-03-02T10:00")))
    assert set(case.holds_at(moment("2026-03-02T09:59"))) == {"H1"}
    assert case.holds_at(moment("2026-03-02T10:00")) == {}


def test_n03_a_hold_that_is_lifted_late_held_until_that_was_recorded():
    history = records([("2026-03-01T10:00", placed())])
    lifted = HoldLifted(hold="H1", hold_kind=HoldKind.APPEAL_SUSPENSIVE, basis="x")
    late = structs.replace(
        history[-1], originator_version=history[-1].version + 1, event=lifted,
        occurred_at=moment("2026-03-05T10:00"), recorded_at=moment("2026-03-07T10:00"), back_dated=True,
    )  # fmt: skip
    case = fold([*history, late])
    assert set(case.holds_at(moment("2026-03-06T10:00"))) == {"H1"}
    assert case.holds_at(moment("2026-03-07T10:00")) == {}


def test_n02_an_extended_term_is_lifted_and_a_new_decision_does_not_do_it():
    extended = HoldPlaced(hold="H1", hold_kind=HoldKind.DEPARTURE_TERM_EXTENDED)
    anew = decision_of("2026-02-20", term_days=0, reasoned=True)
    propose = ProposeForcedTrack(grounds=("x",), proportionality="y")
    assert asked(told(*READY, extended, anew), propose) == ["N02"]
    lifted = HoldLifted(hold="H1", hold_kind=HoldKind.DEPARTURE_TERM_EXTENDED, basis="x")
    assert asked(told(*READY, extended, lifted, anew), propose) == []
    assert "lift_hold" in RULES["N02"].lifts


def test_screening_that_places_two_holds_cancels_a_booking_once():
    found = ScreenVulnerability(checklist=Checklist(trafficking=ChecklistAnswer.YES, medical=ChecklistAnswer.YES))
    events = decided(told(*BOOKED, booked("R2")), found).events
    assert [type(e).__name__ for e in events] == [
        "VulnerabilityScreened", "HoldPlaced", "RemovalAttemptCancelled", "RemovalAttemptCancelled", "HoldPlaced",
    ]
    assert [(e.attempt, e.hold) for e in events[2:4]] == [("R1", "trafficking_signal"), ("R2", "trafficking_signal")]


def test_g04_a_hold_learned_of_after_a_removal_it_should_have_stopped_is_an_incident():
    gone = told(*FORCED, ("2026-03-20T18:00", REMOVED), GONE)
    appeal = PlaceHold(hold="H1", hold_kind=HoldKind.APPEAL_SUSPENSIVE)
    assert asked(gone, appeal, at="2026-03-20T12:00", recorded_at="2026-03-23T09:00") == ["N03"]
    assert asked(gone, appeal, at="2026-03-20T12:01", recorded_at="2026-03-23T09:00") == []
    assert asked(told(*FORCED), appeal, at="2026-03-19T12:00") == []


@pytest.mark.parametrize(("until", "incidents"), [("2026-03-18", []), ("2026-03-20T12:00:00+01:00", []), ("2026-03-20", ["N03"])])
def test_g04_a_hold_that_had_ended_before_the_removal_is_no_incident(until, incidents):
    gone = told(*FORCED, ("2026-03-20T18:00", REMOVED), GONE)
    appeal = PlaceHold(hold="H1", hold_kind=HoldKind.APPEAL_SUSPENSIVE, until=until)
    assert asked(gone, appeal, at="2026-03-10T12:00", recorded_at="2026-03-23T09:00") == incidents


def test_a_hold_is_placed_in_a_closed_case_and_lifted_only_in_an_open_one():
    assert names(told(GONE), PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM)) == ["HoldPlaced"]
    assert asked(told(placed(), GONE), LIFT) == ["N61"]
