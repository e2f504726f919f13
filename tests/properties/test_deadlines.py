"""Deadlines in any life: what no life makes them do, and which events may move the end of which term."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.deadlines import TIMERS, deadlines
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import Ruleset, in_force, named, shipped
from dtv_workflow.domain.record import fold, put
from dtv_workflow.domain.workflow import EVENTS, STEPS
from tests.domain.timed import APPLIED, BANNED, left, minor
from tests.domain.told import Happened, moment, records
from tests.properties.lived import START, Issued, any_life, ask, live

LAWS = tuple(named(delta.id) for delta in shipped())
MOMENTS = st.integers(-40, 5_000).map(lambda days: START + timedelta(days=days))

IN_CUSTODY = "D10 D11 D12 D13 D14 D15 D16 D17 D18 D19"
PHASES = " ".join(timer.code for timer in TIMERS)
"""What moves the phase may begin or end any term."""

HOLDS = "D02 D21 D24 D25 D39"
BOOKINGS = "D08 D29 D30 D31"

MOVES: dict[str, str] = {
    "AddressChecked": "D33", "AppealFiled": "D03 D10 D11 D12 D23", "ApplicationReceived": "D34", "Art64Applied": "D22 D23",
    "Art64Granted": f"D22 D23 {HOLDS}", "Art64Refused": f"D22 D23 {HOLDS}", "BmaAdviceReceived": "D31", "CaseClosed": PHASES,
    "CaseOpened": PHASES, "CaseReopened": PHASES, "CorrectionRecorded": PHASES,
    "CourtDecisionReceived": "D01 D03 D11 D12 D36 D37 D38", "CourtHearingHeld": "D11", "CourtNotified": "D10 D11",
    "DepartureConfirmed": "D07 D37 D38", "DeparturePlanAdopted": "D06 D34 D35", "DetentionExtended": "D10 D13 D14 D15 D16 D18",
    "DetentionLifted": f"D05 D33 {IN_CUSTODY}", "DetentionOrdered": f"D05 D09 D20 D33 {IN_CUSTODY}",
    "DetentionReported": f"D05 D09 D20 D33 {IN_CUSTODY}", "DetentionTransferred": "D17 D19", "DublinAcceptanceRecorded": "D31",
    "DublinTransferCompleted": f"D07 D37 D38 {BOOKINGS}", "FamilyLinked": "D18 D19 D31", "ForcedTrackAbandoned": PHASES,
    "ForcedTrackApproved": "", "ForcedTrackProposed": "D01", "ForcedTrackStarted": PHASES, "ForcedTrackSuspended": "",
    "HoldLifted": HOLDS, "HoldPlaced": HOLDS, "IntakeCompleted": PHASES, "InterviewHeld": "D01 D04 D05",
    "LaissezPasserOrdered": "D26 D27", "MinorStatusEstablished": "D18 D19 D31 D33 D34 D35", "OpportunityAssessed": "D07",
    "OpportunityDeclined": "D07", "PreDepartureCheckCompleted": "D29", "PresentabilityChecked": "D27",
    "PresentationOutcomeRecorded": "D26 D27", "PresentationPlanned": "D26 D27", "ProgressReportSent": "D12",
    "RemovabilityChecked": f"D03 D08 D18 D23 {HOLDS}", "RemovalAttemptCancelled": BOOKINGS, "RemovalBooked": BOOKINGS,
    "RemovalCompleted": f"D07 D37 D38 {BOOKINGS}", "RemovalNoticeServed": "D30", "ReportMade": "D09 D33",
    "ReportingMissed": "D09 D33", "ResidenceGranted": "D01 D03 D36 D37 D38", "ReturnDecisionRecorded": "D01 D03 D36 D37 D38",
    "SubjectRegistered": "D35", "SupervisionMeasureImposed": "D09 D20", "SupervisionMeasureLifted": "D09 D20",
    "SupportRequested": "D32", "TransferAnnounced": "D31", "TravelDocumentReceived": "D26 D27 D28",
    "VoluntaryDepartureChosen": PHASES, "VoluntaryDepartureLapsed": PHASES, "WishToLeaveExpressed": "D07",
}  # fmt: skip
"""By event, the terms it may begin, move or end. Every other event, and every one that tells of a term, moves none."""

Term = tuple[str, str | None, datetime]


def running(case: DepartureCase, law: Ruleset, now: datetime) -> set[Term]:
    return {(d.code, d.about, d.due) for d in deadlines(case, law, now)}


def test_every_event_that_is_said_to_move_a_term_exists():
    assert set(MOVES) <= {event.__name__ for event in EVENTS.values()}


@pytest.mark.parametrize("event", ["TimerExpired", "TimerReminded", "TaskRaised", "TaskPickedUp", "TaskDone", "MessageFlagged"])
def test_n33_what_is_told_of_terms_and_done_with_tasks_moves_none(event):
    assert event not in MOVES


@given(any_life())
def test_no_term_moves_by_an_event_that_it_has_nothing_to_do_with(lived):
    for outcome in live(*lived).outcomes:
        law = in_force(day_of(outcome.at))
        may = {code for record in outcome.records for code in MOVES.get(record.name, "").split()}
        moved = running(outcome.before, law, outcome.at) ^ running(outcome.after, law, outcome.at)
        assert {code for code, _, _ in moved} <= may, [record.name for record in outcome.records]


@given(any_life(), MOMENTS)
def test_deadlines_are_answered_in_every_life_at_every_time_under_every_ruleset_and_change_nothing(lived, now):
    case = live(*lived).case
    before = copy.deepcopy(case)
    for law in LAWS:
        assert deadlines(case, law, now) == deadlines(case, law, now)
    assert case == before


AS_TOLD = {"D08", "D28", "D31"}
"""Both ends of these were told: a document that ends before it begins is answered as it was told."""


@given(any_life(), MOMENTS)
def test_no_term_is_due_before_it_starts(lived, now):
    for found in deadlines(live(*lived).case, in_force(day_of(now)), now):
        assert found.starts is None or found.starts <= found.due or found.code in AS_TOLD, found.code


@given(any_life(), MOMENTS)
def test_what_a_term_proposes_is_a_step_and_what_it_rests_on_was_told(lived, now):
    case = live(*lived).case
    for found in deadlines(case, in_force(day_of(now)), now):
        assert found.proposes in {*STEPS, ""}
        assert all(0 < version <= case.version for version in found.relied), found.code


@given(any_life(), MOMENTS, st.timedeltas(timedelta(0), timedelta(days=400)))
def test_time_alone_moves_no_term_but_ends_those_before_a_departure(lived, now, later):
    case, law = live(*lived).case, in_force(day_of(now))
    gone = running(case, law, now) - running(case, law, now + later)
    came = running(case, law, now + later) - running(case, law, now)
    assert {code for code, _, _ in gone} <= {"D08", "D29", "D30", "D31"}
    assert came == set()


FAR = {
    "presentation": ask("plan_presentation", planned_on="0001-01-02"),
    "presentation at the end": ask("plan_presentation", planned_on="9999-12-31"),
    "document": ask("record_travel_document", document="passport", valid_from="0001-01-01", valid_until="9999-12-31"),
    "acceptance": ask("record_dublin_acceptance", member_state="DE", accepted_on="0001-01-01", latest_transfer_on="9999-12-31"),
    "application": ask("record_application", kind="asylum", applied_on="0001-01-01", awaited=True),
    "deferral": ask("record_art64_application", applied_on="0001-01-01"),
    "review": ask("adopt_plan", strategy="voluntary", next_review="9999-12-31"),
    "decision": ask("record_return_decision", kind="return", decided_on="0001-01-01", served_on="0001-01-01", language="ar",
                    term_days=28, entry_ban_years=20),
    "hearing": ask("record_court_hearing", held_on="0001-01-01"),
    "report": ask("record_report_made", reported_on="0001-01-01"),
    "measure": ask("impose_supervision", actor="OFF-03", measure="reporting_duty", interval_days=10_000),
}  # fmt: skip


@pytest.mark.parametrize("name", FAR)
def test_no_date_lies_too_far_away_to_be_answered(name):
    opened: Issued = ask("open_case", subject={"name": "Testpersoon Ver", "citizenship": "MA"}, handover_authority="IND",
                         entry_channel="bvv")  # fmt: skip
    life = live(opened, ask("establish_minority", minor=True, unaccompanied=True, guardian="x"), FAR[name])
    assert life.outcomes[-1].accepted
    assert deadlines(life.case, in_force(day_of(life.now)), life.now)


@pytest.mark.parametrize(("field", "code"), [("applied_on", "D34"), ("departed_at", "D37")])
def test_a_date_that_was_corrected_to_the_end_of_time_is_answered_as_well(field, code):
    lives: dict[str, tuple[Happened, ...]] = {
        "applied_on": (minor(alone=True), APPLIED),
        "departed_at": (BANNED, left("2026-02-10T11:00")),
    }
    told = lives[field]
    far = put(records(told)[-1], field, "9998-12-30" if field == "applied_on" else "9998-12-30T12:00:00Z")
    case = fold([*records(told)[:-1], far])
    now = moment("2026-03-02T10:00")
    assert code in {d.code for d in deadlines(case, in_force(day_of(now)), now)}
