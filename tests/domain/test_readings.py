"""How the contract was read where it leaves room (docs/decisions/0006-readings.md), on the side of the person."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.closing import ConfirmDublinTransfer
from dtv_workflow.domain.chapters.courts import RecordCourtDecision
from dtv_workflow.domain.chapters.custody import DetentionLifted, DetentionOrdered, ExtendDetention, Ground, OrderDetention
from dtv_workflow.domain.chapters.forced_departure import ApproveForcedTrack, ProposeForcedTrack
from dtv_workflow.domain.chapters.holds import HoldPlaced, PlaceHold
from dtv_workflow.domain.chapters.intake import Checklist, RecordReturnDecision, ScreenVulnerability
from dtv_workflow.domain.chapters.records import Correct
from dtv_workflow.domain.chapters.removal import HandedOverToKmar
from dtv_workflow.domain.chapters.travel_document import DublinAcceptanceRecorded
from dtv_workflow.domain.neutral import placeholders
from dtv_workflow.domain.reading import read_envelope, read_step
from dtv_workflow.domain.vocabulary import (
    Article,
    ChecklistAnswer,
    CourtOutcome,
    DecisionKind,
    HoldKind,
    LiftCause,
    Phase,
)
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import Malformed
from tests.domain.told import BOOKED, CHECKED, FORCED, NOTIFIED, NOW, PROPOSED, READY, asked, checked, decided, moment, told

ORDERED = DetentionOrdered(
    article=Article.A59, heavy=("3b",), light=("4c",), measures=("reporting_duty",), lighter_means={}, prospect="x", place="DCR"
)
ORDER = OrderDetention(
    article=Article.A59,
    grounds=(Ground(code="3b", heavy=True), Ground(code="4c", heavy=False)),
    lighter_means={"reporting_duty": "missed twice"},
    prospect="x",
    hearing_held=True,
    lawyer_informed=True,
    place="DCR",
)


def test_n04_a_back_dated_approval_does_not_rest_on_a_check_that_came_after_it():
    case = told(*READY, checked("2026-03-02T09:00"), PROPOSED)
    late = {"recorded_at": "2026-03-02T10:00", "actor": "TL-02"}
    assert asked(case, ApproveForcedTrack(), "2026-03-02T08:00", **late) == ["N04"]
    assert asked(case, ApproveForcedTrack(), "2026-03-02T09:30", **late) == []


def test_n04_a_script_whose_lines_stand_out_of_order_is_judged_on_what_stands_before():
    case = told(*READY, checked("2026-03-02T11:00"))
    assert asked(case, ProposeForcedTrack(grounds=("x",), proportionality="y"), "2026-03-02T10:00") == []


def test_n16_an_extension_to_a_day_that_has_passed_is_none():
    case = told(*FORCED, ("2026-03-01T10:00", ORDERED))
    for until, codes in (("2026-03-02", ["N16"]), ("2026-02-01", ["N16"]), ("2026-03-03", [])):
        step = ExtendDetention(until=date.fromisoformat(until), balancing="weighed")
        assert asked(case, step, second="TL-02") == codes


def test_n17_a_lift_recorded_as_the_courts_counts_like_its_decision():
    lifted = ("2026-03-01T12:00", DetentionLifted(cause=LiftCause.COURT, article=Article.A59))
    case = told(*FORCED, ("2026-03-01T10:00", ORDERED), lifted)
    assert asked(case, ORDER) == ["N17"]
    purpose = ("2026-03-01T12:00", DetentionLifted(cause=LiftCause.PURPOSE_GONE, article=Article.A59))
    assert asked(told(*FORCED, ("2026-03-01T10:00", ORDERED), purpose), ORDER) == []


def test_a_court_that_annuls_the_decision_ends_the_detention_and_the_term():
    case = told(*FORCED, ("2026-03-01T10:00", ORDERED))
    step = RecordCourtDecision(instance="court", outcome=CourtOutcome.ANNULLED)
    assert [type(e).__name__ for e in decided(case, step).events] == ["CourtDecisionReceived", "DetentionLifted"]


def test_a_hold_is_never_overwritten_by_one_that_an_event_places():
    case = told(*READY, HoldPlaced(hold="trafficking_signal", hold_kind=HoldKind.ECHR_RULE39))
    screen = ScreenVulnerability(checklist=Checklist(trafficking=ChecklistAnswer.YES))
    placed = decided(case, screen).events[1]
    assert (placed.hold, placed.hold_kind) == ("trafficking_signal.2", HoldKind.TRAFFICKING_SIGNAL)


def test_a_new_return_decision_replaces_the_term_and_no_other_hold_of_that_name():
    case = told(*READY, HoldPlaced(hold="departure_term_running", hold_kind=HoldKind.ECHR_RULE39))
    step = RecordReturnDecision(
        kind=DecisionKind.RETURN,
        decided_on=date(2026, 3, 1),
        served_on=date(2026, 3, 1),
        language="ar",
        term_days=0,
        term_reason="x",
    )
    recorded = decided(case, step).events
    after = told(*READY, HoldPlaced(hold="departure_term_running", hold_kind=HoldKind.ECHR_RULE39), *recorded)
    assert "departure_term_running" in after.holds


def test_a_hold_that_was_over_before_it_was_learned_of_cancels_no_booking():
    case = told(*BOOKED)
    over = PlaceHold(hold="H1", hold_kind=HoldKind.APPLICATION_PENDING, until="2026-03-01T12:00:00+01:00")
    known = {"recorded_at": "2026-03-02T10:00"}
    assert len(decided(case, over, "2026-03-01T10:00", **known).events) == 1
    running = PlaceHold(hold="H1", hold_kind=HoldKind.APPLICATION_PENDING, until="2026-03-03T12:00:00+01:00")
    assert len(decided(case, running, "2026-03-01T10:00", **known).events) == 2


def test_a_dublin_transfer_completes_the_attempt_it_was_handed_over_on():
    acceptance = DublinAcceptanceRecorded(
        member_state="DE", accepted_on=date(2026, 1, 10), latest_transfer_on=date(2026, 7, 10)
    )
    case = told(*BOOKED, acceptance, CHECKED, NOTIFIED, HandedOverToKmar(attempt="R1", form="M24-A", monitor_notified=True))
    step = ConfirmDublinTransfer(departed_at=moment("2026-03-02T09:00"), member_state="DE", proof="m100")
    recorded = decided(case, step).events
    assert [type(e).__name__ for e in recorded] == ["DublinTransferCompleted", "CaseClosed"]
    assert recorded[0].attempt == "R1"


def test_n60_no_correction_moves_an_event_into_the_future_or_makes_it_unreadable():
    case = told(*READY)
    assert case.phase is Phase.MOTIVATION
    future = Correct(event=1, field="occurred_at", value="2027-01-01T10:00:00+01:00")
    assert asked(case, future) == ["N60"]
    assert asked(case, Correct(event=1, field="occurred_at", value="2026-01-04T10:00:00+01:00")) == []
    screening = next(n for n, topic in enumerate(case.topics, 1) if topic == "vulnerability_screened.v1")
    assert asked(case, Correct(event=screening, field="checklist", value={"medical": "maybe"})) == ["N60"]
    assert asked(case, Correct(event=screening, field="checklist", value={"medical": "none"})) == []


BLANK = pytest.mark.parametrize("blank", [" ", "\n\t ", "\u00a0", "\u200b \u2003"], ids=["space", "lines", "no-break", "unseen"])


@BLANK
@pytest.mark.parametrize(("do", "field", "fields"), [
    ("record_return_decision", "term_reason", {"term_reason": ...}),
    ("establish_reception", "evidence", {"evidence": ...}),
    ("link_family", "assessment", {"assessment": ...}),
    ("close_unsupervised", "missing_report", {"missing_report": ...}),
    ("close_unsupervised", "check.by", {"check": {"by": ..., "at": "2026-03-01T10:00:00+01:00", "result": "gone"}}),
    ("close_unsupervised", "check.result", {"check": {"by": "AVIM", "at": "2026-03-01T10:00:00+01:00", "result": ...}}),
    ("close_other", "evidence", {"evidence": ...}),
    ("lift_hold", "basis", {"basis": ...}),
    ("propose_forced_track", "grounds", {"grounds": ["has not left", ...]}),
    ("correct", "value", {"value": ...}),
])  # fmt: skip
def test_n02_n05_n22_n25_and_n29_a_text_that_says_nothing_is_malformed(do, field, fields, blank):
    given = placeholders(STEPS[do].step, moment(NOW))
    with pytest.raises(Malformed, match=rf"^fields\.{field} holds nothing but white space$"):
        read_step(do, given | filled(fields, blank))
    assert isinstance(read_step(do, given | filled(fields, " gone ")), STEPS[do].step)


def filled(fields, text):
    """The fields with a text where there is none yet."""
    if isinstance(fields, dict):
        return {name: filled(value, text) for name, value in fields.items()}
    return [filled(value, text) for value in fields] if isinstance(fields, list) else text if fields is ... else fields


@BLANK
def test_a_reason_that_says_nothing_is_malformed(blank):
    with pytest.raises(Malformed, match=r"^reason holds nothing but white space$"):
        read_envelope({"actor": "RV-07", "reason": blank})
    assert read_envelope({"actor": "RV-07", "reason": "typing error"}).reason == "typing error"
