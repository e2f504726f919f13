"""The courts: appealed to, told of a detention, and what they decide is carried out in the same commit."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.closing import RemovalCompleted
from dtv_workflow.domain.chapters.courts import (
    AppealFiled,
    CourtDecisionReceived,
    CourtHearingHeld,
    CourtNotified,
    ProgressReportSent,
    RecordAppeal,
    RecordCourtDecision,
    RecordCourtHearing,
    RecordCourtNotified,
    RecordProgressReport,
)
from dtv_workflow.domain.chapters.custody import DetentionReported
from dtv_workflow.domain.deadlines import deadlines
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.procedures import AppealAgainst
from dtv_workflow.domain.vocabulary import Article, CancelCause, CourtOutcome, HoldKind
from tests.domain.detained import DETAINED, lifted, ordered
from tests.domain.told import BOOKED, READY, asked, booked, decided, moment, names, told


@pytest.mark.parametrize(("outcome", "events"), [
    (CourtOutcome.UPHELD, []),
    (CourtOutcome.LIFTED, ["DetentionLifted"]),
    (CourtOutcome.ANNULLED, ["DetentionLifted", "RemovalAttemptCancelled"]),
    (CourtOutcome.INTERIM_RELIEF, ["HoldPlaced", "RemovalAttemptCancelled"]),
])
def test_what_a_court_decides_is_carried_out_in_the_same_commit(outcome, events):
    said = names(told(*BOOKED, DETAINED), RecordCourtDecision(instance="rechtbank", outcome=outcome))
    assert said == ["CourtDecisionReceived", *events]


def test_vw_62_1_what_was_booked_on_a_decision_ends_with_it():
    annul = RecordCourtDecision(instance="rechtbank", outcome=CourtOutcome.ANNULLED)
    annulled = decided(told(*BOOKED, booked("R2")), annul).events
    assert [(e.attempt, e.cause) for e in annulled[1:]] == [("R1", CancelCause.NEW_PROCEDURE), ("R2", CancelCause.NEW_PROCEDURE)]
    assert told(*BOOKED, booked("R2"), *annulled).live_bookings() == {}


def test_a_decision_that_a_court_annulled_no_longer_stands():
    annulled = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.ANNULLED)
    assert told(*READY, annulled).decision is None


GONE = RemovalCompleted(departed_at=moment("2026-03-06T12:00"), destination="MA", proof="m100")
REMOVED = ("2026-03-06T18:00", GONE)


@pytest.mark.parametrize(("at", "incidents"), [("2026-03-06T11:00", ["N03"]), ("2026-03-06T12:01", [])])
def test_vw_63_relief_of_before_a_removal_that_is_told_afterwards_is_an_incident(at, incidents):
    relief = RecordCourtDecision(instance="rechtbank", outcome=CourtOutcome.INTERIM_RELIEF)
    assert asked(told(*BOOKED, REMOVED), relief, at=at, recorded_at="2026-03-09T10:00") == incidents


@pytest.mark.parametrize("outcome", [CourtOutcome.UPHELD, CourtOutcome.LIFTED, CourtOutcome.ANNULLED])
def test_vw_63_another_judgment_than_relief_says_nothing_of_an_earlier_removal(outcome):
    step = RecordCourtDecision(instance="rechtbank", outcome=outcome)
    assert asked(told(*BOOKED, REMOVED), step, at="2026-03-06T11:00", recorded_at="2026-03-09T10:00") == []


def test_the_courts_notice_is_kept():
    assert names(told(), RecordCourtNotified(notified_at=moment("2026-03-01T10:00"))) == ["CourtNotified"]


# ------------------------------------------------------------------ appeals


def appeal(against: AppealAgainst = AppealAgainst.RETURN_DECISION, *, suspensive: bool = True) -> RecordAppeal:
    return RecordAppeal(against=against, filed_on=date(2026, 3, 1), suspensive=suspensive)


def filed(on: date, against: AppealAgainst = AppealAgainst.DETENTION) -> AppealFiled:
    return AppealFiled(against=against, filed_on=on, suspensive=False)


def notified(at: str) -> tuple[str, CourtNotified]:
    return at, CourtNotified(notified_at=moment(at))


def ruled(at: str, outcome: CourtOutcome = CourtOutcome.UPHELD) -> tuple[str, CourtDecisionReceived]:
    return at, CourtDecisionReceived(instance="rechtbank", outcome=outcome)


@pytest.mark.parametrize("against", list(AppealAgainst))
def test_vw_82_an_appeal_that_suspends_holds_the_case_and_cancels_what_was_booked(against):
    filed, hold, cancelled = decided(told(*BOOKED), appeal(against)).events
    assert (filed.against, filed.filed_on) == (against, date(2026, 3, 1))
    assert (hold.hold_kind, cancelled.attempt) == (HoldKind.APPEAL_SUSPENSIVE, "R1")
    assert names(told(*BOOKED), appeal(against, suspensive=False)) == ["AppealFiled"]


@pytest.mark.parametrize(("at", "incidents"), [("2026-03-06T11:59", ["N03"]), ("2026-03-06T12:01", [])])
def test_vw_63_an_appeal_that_suspended_and_is_told_after_the_removal_is_an_incident(at, incidents):
    assert asked(told(*BOOKED, REMOVED), appeal(), at=at, recorded_at="2026-03-09T10:00") == incidents


def test_vw_63_an_appeal_that_suspends_nothing_says_nothing_of_an_earlier_removal():
    step = appeal(suspensive=False)
    assert asked(told(*BOOKED, REMOVED), step, at="2026-03-06T11:00", recorded_at="2026-03-09T10:00") == []


def test_the_last_appeal_against_each_thing_is_kept():
    case = told(filed(date(2026, 1, 6)), filed(date(2026, 1, 7), AppealAgainst.ART64), filed(date(2026, 1, 8)))
    assert {against: (appeal.on.day, appeal.version) for against, appeal in case.appeals.items()} == {
        "detention": (8, 5), "art64": (7, 4),
    }  # fmt: skip


@pytest.mark.parametrize(("step", "event"), [
    (RecordCourtHearing(held_on=date(2026, 3, 1)), "CourtHearingHeld"),
    (RecordProgressReport(sent_on=date(2026, 3, 1)), "ProgressReportSent"),
])
def test_a_hearing_and_a_report_are_recorded(step, event):
    assert names(told(), step) == [event]


# ------------------------------------------------------------------ what a court has before it


def test_vw_94_1_a_court_has_a_detention_before_it_from_the_notice_or_the_appeal():
    assert told(DETAINED, notified("2026-01-12T10:00")).court_received.on == date(2026, 1, 12)
    assert told(DETAINED, filed(date(2026, 1, 12))).court_received.version == 4
    assert told(DETAINED, filed(date(2026, 1, 12), AppealAgainst.RETURN_DECISION)).court_received is None


def test_vw_94_1_a_notice_on_top_of_an_appeal_begins_nothing_anew_and_a_new_appeal_does():
    case = told(DETAINED, filed(date(2026, 1, 12)), CourtHearingHeld(held_on=date(2026, 1, 15)), notified("2026-01-20T10:00"))
    assert (case.court_received.on, case.court_heard.on, case.court_notified) == (date(2026, 1, 12), date(2026, 1, 15), 6)
    again = told(DETAINED, filed(date(2026, 1, 12)), CourtHearingHeld(held_on=date(2026, 1, 15)), filed(date(2026, 1, 20)))
    assert (again.court_received.on, again.court_heard) == (date(2026, 1, 20), None)


def test_vw_94_7_a_notice_after_a_ruling_is_a_new_one():
    case = told(DETAINED, notified("2026-01-12T10:00"), ruled("2026-01-20T10:00"), notified("2026-07-01T10:00"))
    assert (case.court_received.on, case.court_received.version) == (date(2026, 7, 1), 6)


def test_vw_94_1_a_notice_of_a_new_detention_is_a_new_one_though_nothing_was_ruled_on_the_last():
    before = (DETAINED, notified("2026-01-12T10:00"), ("2026-01-20T10:00", lifted()))
    case = told(*before, ("2026-02-10T10:00", ordered()), notified("2026-02-12T10:00"))
    assert case.court_received.on == date(2026, 2, 12)
    late = told(*before, notified("2026-01-21T10:00"))
    assert late.court_received.on == date(2026, 1, 12), "that one is still to be ruled on"


@pytest.mark.parametrize("outcome", list(CourtOutcome))
def test_interim_relief_is_no_ruling_on_a_detention(outcome):
    case = told(DETAINED, filed(date(2026, 1, 12)), ruled("2026-01-20T10:00", outcome))
    assert (case.court_ruled and case.court_ruled.version) == (None if outcome is CourtOutcome.INTERIM_RELIEF else 5)


def test_vw_94_an_older_appeal_told_after_the_hearing_undoes_no_hearing():
    heard = ("2026-01-20T10:00", CourtHearingHeld(held_on=date(2026, 1, 19)))
    case = told(DETAINED, filed(date(2026, 1, 14)), heard, ("2026-01-21T10:00", filed(date(2026, 1, 12))))
    assert (case.court_received.on, case.court_heard.on) == (date(2026, 1, 14), date(2026, 1, 19))


def test_a_report_on_progress_is_kept():
    assert told(ProgressReportSent(sent_on=date(2026, 1, 6))).progress_sent == 3


# ------------------------------------------------------------------ in whatever order it is told


def test_vw_94_a_ruling_told_before_the_appeal_it_is_on_ends_that_appeals_terms():
    asked_for = filed(date(2026, 1, 12))
    late = told(DETAINED, ruled("2026-01-20T10:00"), ("2026-01-21T10:00", asked_for))
    same_day = told(DETAINED, ("2026-01-12T09:00", asked_for), ruled("2026-01-12T15:00"))
    waiting = told(DETAINED, ruled("2026-01-12T09:00"), ("2026-01-12T15:00", asked_for))
    for case, runs in ((late, False), (same_day, False), (waiting, True)):
        running = {d.code for d in deadlines(case, in_force(date(2026, 1, 22)), moment("2026-01-22T10:00"))}
        assert bool(running & {"D11", "D12"}) is runs


def test_vw_94_4_an_appeal_of_the_very_day_of_the_detention_is_on_it():
    case = told(DETAINED, ("2026-01-10T20:00", filed(case_day := date(2026, 1, 10))))
    assert case.detained.since == case_day
    assert {"D11", "D12"} <= {d.code for d in deadlines(case, in_force(case_day), moment("2026-01-11T10:00"))}


@pytest.mark.parametrize(("notified_at", "runs"), [("2026-01-12T10:00", False), ("2026-01-10T08:00", True)])
def test_vw_94_1_a_court_told_before_we_were_has_been_told_unless_it_may_have_been_of_an_earlier_detention(notified_at, runs):
    reported = DetentionReported(article=Article.A59, since=date(2026, 1, 10), by="KMar")
    case = told(notified(notified_at), ("2026-01-13T10:00", reported))
    codes = {d.code for d in deadlines(case, in_force(date(2026, 1, 22)), moment("2026-01-22T10:00"))}
    assert ("D10" in codes) is runs
