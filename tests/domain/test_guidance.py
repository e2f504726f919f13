"""Guidance: interviews answer every special circumstance, obstacles are looked at, and the offer counts per episode."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.closing import CaseReopened
from dtv_workflow.domain.chapters.forced_departure import ApproveForcedTrack, ProposeForcedTrack
from dtv_workflow.domain.chapters.guidance import (
    InterviewHeld,
    ObstacleReported,
    ObstacleResolved,
    ObstacleReviewed,
    OfferVoluntaryDeparture,
    RecordInterview,
    ReportObstacle,
    ResolveObstacle,
    ReviewObstacle,
)
from dtv_workflow.domain.chapters.intake import Checklist, ReturnDecisionRecorded
from dtv_workflow.domain.chapters.travel_document import OrderLaissezPasser
from dtv_workflow.domain.chapters.voluntary_departure import VoluntaryDepartureChosen
from dtv_workflow.domain.vocabulary import ChecklistAnswer, InterviewKind, LpPurpose, ObstacleCategory, Phase, ReopenCause
from tests.domain.told import MOTIVATION, OFFERED, PROPOSED, READY, asked, interview, names, told, without

ITEMS = ("trafficking", "medical", "pregnancy", "minor", "family", "other")
TRACK = pytest.mark.parametrize(
    "step", [ProposeForcedTrack(grounds=("x",), proportionality="y"), ApproveForcedTrack()], ids=["proposed", "approved"]
)
REPORTED = ObstacleReported(obstacle="B1", category=ObstacleCategory.HOUSING)


@pytest.mark.parametrize("open_item", ITEMS)
def test_n39_an_interview_answers_every_item(open_item):
    answered = dict.fromkeys(ITEMS, ChecklistAnswer.UNKNOWN)
    del answered[open_item]
    assert asked(told(), RecordInterview(kind=InterviewKind.FIRST, checklist=Checklist(**answered))) == ["N39"]


@pytest.mark.parametrize("answer", list(ChecklistAnswer))
def test_n39_an_answered_checklist_is_enough_whatever_the_answers(answer):
    answered = RecordInterview(kind=InterviewKind.FIRST, checklist=Checklist(**dict.fromkeys(ITEMS, answer)))
    assert asked(told(), answered) == []


@pytest.mark.parametrize("step", [ReviewObstacle(obstacle="B1", finding="x"), ResolveObstacle(obstacle="B1", how="x")])
def test_n40_an_obstacle_that_is_not_open_is_not_reviewed_or_resolved(step):
    assert asked(told(), step) == ["N40"]
    assert asked(told(REPORTED, ObstacleResolved(obstacle="B1", how="x")), step) == ["N40"]


@pytest.mark.parametrize("step", [ReviewObstacle(obstacle="B1", finding="x"), ResolveObstacle(obstacle="B1", how="x")])
def test_n40_an_obstacle_is_reviewed_or_resolved_while_it_is_open(step):
    assert asked(told(REPORTED), step) == []


@TRACK
def test_n45_three_interviews_in_this_episode_come_before_force(step):
    two = (*without(READY, InterviewHeld), interview(), interview(), PROPOSED)
    assert asked(told(*two), step) == ["N45"]
    assert asked(told(*two, interview()), step) == []


@TRACK
@pytest.mark.parametrize(("on", "codes"), [("2026-03-31T23:59", []), ("2026-04-01T00:00", ["N46"])])
def test_n46_an_obstacle_is_looked_at_within_thirty_days(step, on, codes):
    reviewed = ObstacleReviewed(obstacle="B1", finding="x")
    case = told(*READY, ("2026-02-01T10:00", REPORTED), ("2026-03-01T23:59", reviewed), PROPOSED)
    assert [code for code in asked(case, step, at=on) if code != "N04"] == codes


@TRACK
def test_n46_a_resolved_obstacle_needs_no_look(step):
    old = told(*READY, ("2026-01-06T10:00", REPORTED), PROPOSED)
    assert asked(old, step) == ["N46"]
    assert asked(told(*READY, ("2026-01-06T10:00", REPORTED), ObstacleResolved(obstacle="B1", how="x"), PROPOSED), step) == []


def test_n45_interviews_and_offers_of_an_earlier_episode_do_not_count():
    case = told(*READY, CaseReopened(cause=ReopenCause.REAPPEARED, episode=2))
    assert (case.interviews, case.offers, case.phase) == ([], [], Phase.INTAKE)


REOPENED = ("2026-02-10T10:00", CaseReopened(cause=ReopenCause.REAPPEARED, episode=2))


@pytest.mark.parametrize(("at", "counted"), [("2026-02-10T09:59:59", 0), ("2026-02-10T10:00:00", 1)])
def test_n01_and_n45_what_is_told_late_of_an_earlier_episode_does_not_count_for_this_one(at, counted):
    case = told(*READY, REOPENED, (at, interview()), (at, OFFERED))
    assert (len(case.interviews), len(case.offers)) == (counted, counted)


@TRACK
def test_n01_and_n45_force_rests_on_interviews_and_an_offer_of_its_own_episode(step):
    again = tuple(event for event in MOTIVATION if not isinstance(event, ReturnDecisionRecorded))
    held = (interview(InterviewKind.FIRST), interview(), interview(InterviewKind.IDENTITY), OFFERED)
    earlier, now = (("2026-02-01T10:00", event) for event in held), (("2026-02-20T10:00", event) for event in held)
    assert asked(told(*READY, REOPENED, *again, *earlier, PROPOSED), step) == ["N01", "N45"]
    assert asked(told(*READY, REOPENED, *again, *now, PROPOSED), step) == []


def test_n54_an_identity_interview_of_an_earlier_episode_is_none_of_this_one():
    order = OrderLaissezPasser(country="MA", purpose=LpPurpose.RETURN, asylum_screened=True, copy_given=True)
    held = interview(InterviewKind.IDENTITY)
    assert asked(told(*READY, REOPENED, ("2026-02-01T10:00", held)), order) == ["N54"]
    assert asked(told(*READY, REOPENED, ("2026-02-20T10:00", held)), order) == []


def test_t08_an_offer_is_made_in_every_open_phase_but_the_one_where_it_was_taken():
    offer = OfferVoluntaryDeparture(language="ar", options=("IOM",), copy_given=True)
    assert names(told(), offer) == [type(OFFERED).__name__]
    assert asked(told(VoluntaryDepartureChosen(statement="signed")), offer) == ["N61"]


def test_an_obstacle_reported_again_is_one_obstacle():
    assert asked(told(REPORTED), ReportObstacle(obstacle="B1", category=ObstacleCategory.MEDICAL)) == []
    assert list(told(REPORTED, REPORTED).obstacles) == ["B1"]


@TRACK
def test_n46_an_obstacle_reported_again_was_not_looked_at_again(step):
    old = (*READY, ("2026-01-06T10:00", REPORTED), ("2026-03-01T10:00", REPORTED))
    assert asked(told(*old, PROPOSED), step) == ["N46"]
    assert asked(told(*old, ObstacleReviewed(obstacle="B1", finding="x"), PROPOSED), step) == []


def test_n46_an_obstacle_that_comes_back_after_it_was_resolved_is_a_new_one():
    back = (REPORTED, ObstacleResolved(obstacle="B1", how="x"), ("2026-03-01T10:00", REPORTED))
    assert told(*back).obstacles["B1"].reviewed_on == date(2026, 3, 1)
