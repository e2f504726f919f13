"""Independent departure: the wish is never refused, the choice ends what was prepared by force, and it lapses only fairly."""

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
from dtv_workflow.domain.chapters.custody import DetentionOrdered, Ground, OrderDetention
from dtv_workflow.domain.chapters.holds import HoldPlaced
from dtv_workflow.domain.chapters.voluntary_departure import (
    AssessOpportunity,
    ChooseVoluntaryDeparture,
    ExpressWishToLeave,
    IssueTicket,
    LapseVoluntaryDeparture,
    OpportunityAssessed,
    OpportunityDeclined,
    VoluntaryDepartureChosen,
    WishToLeaveExpressed,
)
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    DepartureProof,
    HoldKind,
    Lapse,
    Outcome,
    Phase,
    ReopenCause,
    Role,
    WishReporter,
)
from dtv_workflow.domain.workflow import STEPS
from tests.domain.told import BOOKED, FORCED, OFFERED, READY, asked, decided, moment, names, told

WISH = WishToLeaveExpressed(reported_by=WishReporter.PERSON)
CHOOSE = ChooseVoluntaryDeparture(statement="signed")
CHOSEN = VoluntaryDepartureChosen(statement="signed")
DETAINED = DetentionOrdered(
    article=Article.A59, heavy=("3b",), light=("4c",), measures=(), lighter_means={}, prospect="x", place="DCR"
)


def test_vw_59_3_no_guard_stands_on_the_wish_to_leave():
    assert STEPS["express_wish_to_leave"].guards == ()
    assert set(STEPS["express_wish_to_leave"].phases) == set(Phase) - {Phase.UNOPENED}


def test_vw_59_3_the_system_may_report_a_wish():
    assert names(told(), ExpressWishToLeave(reported_by=WishReporter.DJI), role=Role.SYSTEM) == ["WishToLeaveExpressed"]


def test_vw_59_3_a_wish_said_again_keeps_its_first_date():
    assert told(WISH, ("2026-02-01T10:00", WISH)).wish.since == moment("2026-01-05T10:00")
    assert told(("2026-02-01T10:00", WISH), ("2026-01-08T10:00", WISH)).wish.since == moment("2026-01-08T10:00")


def test_n41_only_an_open_wish_is_assessed():
    assess = AssessOpportunity(available=True, finding="IOM has a place")
    assert asked(told(), assess) == ["N41"]
    assert asked(told(WISH), assess) == []
    assert asked(told(WISH, OpportunityDeclined(finding="none")), assess) == ["N41"]
    assert asked(told(WISH, OpportunityAssessed(finding="a flight")), assess) == []


def test_n12_an_opportunity_is_declined_by_two_people():
    decline = AssessOpportunity(available=False, finding="no flight")
    assert asked(told(WISH), decline) == ["N12"]
    assert asked(told(WISH), decline, second="OFF-03") == ["N12"]
    assert asked(told(WISH), decline, second="RV-08", second_may_approve=False) == ["N12"]
    assert names(told(WISH), decline, second="TL-02") == ["OpportunityDeclined"]
    assert names(told(WISH), AssessOpportunity(available=True, finding="a flight")) == ["OpportunityAssessed"]


@pytest.mark.parametrize("kind", [HoldKind.TUBERCULOSIS, HoldKind.CRIMINAL_OR_EXTRADITION])
def test_n42_only_tuberculosis_or_a_prosecution_bars_the_way_out(kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-10T00:00"))
    assert asked(told(held), CHOOSE) == ["N42"]
    assert asked(told(held), CHOOSE, at="2026-03-10T00:00") == []


@pytest.mark.parametrize("kind", sorted(set(HoldKind) - {HoldKind.TUBERCULOSIS, HoldKind.CRIMINAL_OR_EXTRADITION}, key=str))
def test_vw_61_no_other_hold_bars_the_way_out(kind):
    assert asked(told(HoldPlaced(hold="H1", hold_kind=kind)), CHOOSE) == []


def test_vw_59_3_the_choice_suspends_the_track_ends_detention_and_cancels_the_flight():
    assert names(told(*BOOKED, DETAINED, WISH), CHOOSE) == [
        "VoluntaryDepartureChosen", "ForcedTrackSuspended", "DetentionLifted", "RemovalAttemptCancelled",
    ]
    assert names(told(*READY), CHOOSE) == ["VoluntaryDepartureChosen"]
    assert names(told(DETAINED), CHOOSE) == ["VoluntaryDepartureChosen", "DetentionLifted"]


def test_the_choice_answers_the_wish_and_ends_the_proposal():
    case = told(*FORCED, WISH, CHOSEN)
    assert (case.wish, case.proposal, case.approved, case.phase) == (None, None, 0, Phase.VOLUNTARY_DEPARTURE)


def test_awb_4_8_a_choice_does_not_lapse_before_the_person_was_heard():
    chosen = told(*READY, CHOSEN)
    assert asked(chosen, LapseVoluntaryDeparture(lapse=Lapse.WITHDREW)) == ["N43"]
    assert asked(chosen, LapseVoluntaryDeparture(lapse=Lapse.WITHDREW, heard=True)) == []


@pytest.mark.parametrize("lapse", list(Lapse))
def test_n44_what_an_airline_or_an_embassy_causes_is_nobodys_fault(lapse):
    expected = ["N44"] if lapse in {Lapse.AIRLINE, Lapse.EMBASSY} else []
    assert asked(told(*READY, CHOSEN), LapseVoluntaryDeparture(lapse=lapse, heard=True)) == expected


def test_a_lapsed_choice_leads_back_to_motivation_and_the_offer_stands():
    lapsed = decided(told(*READY, CHOSEN), LapseVoluntaryDeparture(lapse=Lapse.NO_SHOW, heard=True)).events
    case = told(*READY, CHOSEN, *lapsed)
    assert (case.phase, len(case.offers), case.ticket_departs_at) == (Phase.MOTIVATION, 1, None)


def test_a_ticket_is_issued_once_the_choice_was_made():
    ticket = IssueTicket(carrier="KL", departs_at=moment("2026-03-20T12:00"), destination="MA")
    assert asked(told(*READY), ticket) == ["N61"]
    assert asked(told(*READY, CHOSEN), ticket) == []


def test_an_offer_alone_is_no_choice():
    assert told(OFFERED).phase is Phase.INTAKE
    assert told(OFFERED).phase_day() == date(2026, 1, 5)


# ------------------------------------------------------------------ a wish outlives the case

LEFT = moment("2026-02-10T12:00")
SEEN = DepartureConfirmed(departed_at=LEFT, destination="MA", issuer="KMar", proof=DepartureProof.M100)
REMOVED = RemovalCompleted(departed_at=LEFT, destination="MA", proof="m100")
TRANSFERRED = DublinTransferCompleted(departed_at=LEFT, member_state="DE", proof="m100")
BEFORE, AFTER = ("2026-02-10T23:59", WISH), ("2026-02-11T00:00", WISH)
ORDER = OrderDetention(
    article=Article.A59,
    grounds=(Ground(code="3b", heavy=True), Ground(code="4c", heavy=False)),
    lighter_means={"reporting_duty": "missed twice"},
    prospect="x",
    hearing_held=True,
    lawyer_informed=True,
    place="DCR",
)


def ended(outcome: Outcome) -> CaseClosed:
    return CaseClosed(outcome=outcome, ended_on=date(2026, 2, 10), age_band=AgeBand.UNKNOWN)


def reopened(cause: ReopenCause = ReopenCause.REAPPEARED) -> CaseReopened:
    return CaseReopened(cause=cause, episode=2)


@pytest.mark.parametrize("outcome", [Outcome.UNSUPERVISED, Outcome.OTHER, Outcome.RESIDENCE])
@pytest.mark.parametrize("when", ["before", "after"])
def test_vw_59_3_a_wish_outlives_a_closing_that_is_no_departure_and_the_reopening(outcome, when):
    told_of = (WISH, ended(outcome)) if when == "before" else (ended(outcome), WISH)
    case = told(*READY, *told_of, reopened())
    assert case.wish.since == moment("2026-01-05T10:00")
    assert asked(case, ORDER) == ["N18"]


def test_vw_59_3_without_a_wish_a_reopening_makes_none():
    assert asked(told(*READY, ended(Outcome.UNSUPERVISED), reopened()), ORDER) == []


@pytest.mark.parametrize("left", [SEEN, REMOVED, TRANSFERRED])
def test_vw_61_a_departure_fulfils_the_wish_that_was_open_that_day_and_no_later_one(left):
    assert told(*READY, BEFORE, left).wish is None
    assert told(*READY, left, BEFORE, left).wish is None, "the same departure, told again"
    assert told(*READY, AFTER, left).wish.since == moment("2026-02-11T00:00")
    assert told(*READY, BEFORE, left, AFTER).wish.since == moment("2026-02-11T00:00")


@pytest.mark.parametrize("cause", list(ReopenCause))
def test_vw_59_3_a_departure_that_never_was_fulfilled_no_wish(cause):
    case = told(*READY, BEFORE, SEEN, ended(Outcome.INDEPENDENT_SUPERVISED), reopened(cause))
    never = cause in {ReopenCause.PROOF_INVALID, ReopenCause.WRONG_CLOSURE}
    assert (case.wish is not None) is never
    assert asked(case, ORDER) == (["N18"] if never else [])
