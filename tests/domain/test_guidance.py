"""Guidance: interviews answer every special circumstance, obstacles are looked at, and the offer counts per episode."""

from __future__ import annotations

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
from dtv_workflow.domain.chapters.intake import Checklist
from dtv_workflow.domain.chapters.voluntary_departure import VoluntaryDepartureChosen
from dtv_workflow.domain.vocabulary import ChecklistAnswer, InterviewKind, ObstacleCategory, Phase, ReopenCause
from tests.domain.told import OFFERED, PROPOSED, READY, asked, interview, names, told, without

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


def test_t08_an_offer_is_made_in_every_open_phase_but_the_one_where_it_was_taken():
    offer = OfferVoluntaryDeparture(language="ar", options=("IOM",), copy_given=True)
    assert names(told(), offer) == [type(OFFERED).__name__]
    assert asked(told(VoluntaryDepartureChosen(statement="signed")), offer) == ["N61"]


def test_an_obstacle_reported_again_is_one_obstacle():
    assert asked(told(REPORTED), ReportObstacle(obstacle="B1", category=ObstacleCategory.MEDICAL)) == []
    assert list(told(REPORTED, REPORTED).obstacles) == ["B1"]
