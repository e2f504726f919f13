"""The forced track: proposed by one person, approved by another, after everything else."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.chapters.custody import DetentionLifted, DetentionOrdered
from dtv_workflow.domain.chapters.forced_departure import (
    AbandonForcedTrack,
    ApproveForcedTrack,
    ForcedTrackProposed,
    ProposeForcedTrack,
)
from dtv_workflow.domain.chapters.guidance import VoluntaryDepartureOffered
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced
from dtv_workflow.domain.chapters.intake import CaseOpened, RemovabilityChecked, ReturnDecisionRecorded
from dtv_workflow.domain.vocabulary import (
    AbandonCause,
    AgeBand,
    Article,
    DecisionKind,
    EntryChannel,
    ForcedException,
    HandoverAuthority,
    HoldKind,
    LiftCause,
    Regime,
    RemovabilityAnswer,
    Role,
)
from tests.domain.told import (
    BOOKED,
    FORCED,
    PROPOSED,
    READY,
    asked,
    checked,
    decided,
    decision_of,
    moment,
    names,
    told,
    without,
)

PROPOSE = ProposeForcedTrack(grounds=("has not left",), proportionality="no lighter way is left")
APPROVE = ApproveForcedTrack()
TRACK = pytest.mark.parametrize("step", [PROPOSE, APPROVE], ids=["proposed", "approved"])
UNOFFERED = without(READY, VoluntaryDepartureOffered)


def opened(regime: Regime) -> CaseOpened:
    return CaseOpened(
        handover_authority=HandoverAuthority.IND, entry_channel=EntryChannel.BVV, regime=regime, age_band=AgeBand.UNKNOWN
    )


def excepted(exception: ForcedException) -> ForcedTrackProposed:
    return ForcedTrackProposed(grounds=("x",), proportionality="y", exception=exception)


def propose(exception: ForcedException) -> ProposeForcedTrack:
    return ProposeForcedTrack(grounds=("x",), proportionality="y", exception=exception)


@TRACK
def test_vw_62_and_63_force_stands_when_everything_else_was_tried(step):
    assert asked(told(*READY, PROPOSED), step) == []


@TRACK
def test_vw_61_no_force_before_an_offer_in_this_episode(step):
    assert asked(told(*UNOFFERED, PROPOSED), step) == ["N01"]


@pytest.mark.parametrize(("exception", "fits"), [
    (ForcedException.TERM_WITHHELD_62_2, (decision_of(term_days=0, reasoned=True),)),
    (ForcedException.PUBLIC_ORDER_WITH_DECISION, ()),
    (ForcedException.BORDER_REFUSAL, (decision_of(kind=DecisionKind.BORDER_REFUSAL),)),
    (ForcedException.DUBLIN_SHORTENED_62C_3, (decision_of(term_days=7, kind=DecisionKind.TRANSFER),)),
])
def test_vw_62_2_an_exception_that_fits_replaces_the_offer_at_the_proposal_and_at_the_approval(exception, fits):
    assert asked(told(*UNOFFERED, *fits), propose(exception)) == []
    assert asked(told(*UNOFFERED, *fits, excepted(exception)), APPROVE) == []


@pytest.mark.parametrize(("exception", "regime"), [
    (ForcedException.BORDER_REFUSAL, Regime.BORDER_REFUSAL),
    (ForcedException.DUBLIN_SHORTENED_62C_3, Regime.DUBLIN),
])
def test_an_exception_may_fit_by_the_regime_of_the_case(exception, regime):
    shortened = (*UNOFFERED, decision_of(term_days=7))
    assert asked(told(opened(regime), *shortened), propose(exception)) == []
    assert asked(told(*shortened), propose(exception)) == ["N01"]


@pytest.mark.parametrize(("term_days", "codes"), [(0, []), (27, []), (28, ["N01"])])
def test_vw_62c_3_the_four_weeks_of_a_transfer_are_no_shortened_term(term_days, codes):
    of_a_transfer = decision_of(term_days=term_days, reasoned=True, kind=DecisionKind.TRANSFER)
    exception = ForcedException.DUBLIN_SHORTENED_62C_3
    assert asked(told(*UNOFFERED, of_a_transfer), propose(exception)) == codes
    assert asked(told(*UNOFFERED, of_a_transfer, excepted(exception)), APPROVE) == codes
    undecided = told(opened(Regime.DUBLIN), *without(UNOFFERED, ReturnDecisionRecorded))
    assert asked(undecided, propose(exception)) == ["N01", "N02"]


@pytest.mark.parametrize("exception", [
    ForcedException.TERM_WITHHELD_62_2, ForcedException.BORDER_REFUSAL, ForcedException.DUBLIN_SHORTENED_62C_3,
])
def test_vw_62_2_claiming_an_exception_is_not_enough(exception):
    assert asked(told(*UNOFFERED), propose(exception)) == ["N01"]
    assert asked(told(*UNOFFERED, excepted(exception)), APPROVE) == ["N01"]


def test_public_order_needs_a_decision_and_a_term_that_was_withheld_without_reasons_is_no_exception():
    undecided = told(*without(UNOFFERED, ReturnDecisionRecorded))
    assert asked(undecided, propose(ForcedException.PUBLIC_ORDER_WITH_DECISION)) == ["N01", "N02"]
    unreasoned = told(*UNOFFERED, decision_of(term_days=0))
    assert asked(unreasoned, propose(ForcedException.TERM_WITHHELD_62_2)) == ["N01", "N02"]


@TRACK
@pytest.mark.parametrize(("served_on", "last", "after"), [
    ("2026-02-03", "2026-03-03T23:59:59", "2026-03-04T00:00:00"),  # a Tuesday
    ("2026-02-01", "2026-03-02T23:59:59", "2026-03-03T00:00:00"),  # the 1st of March is a Sunday
    # Across the changes of the clock, a day of 23 hours and one of 25: days are counted, not hours.
    ("2026-03-01", "2026-03-30T23:59:59+02:00", "2026-03-31T00:00:00+02:00"),  # the 29th is a Sunday
    ("2026-02-28", "2026-03-30T23:59:59+02:00", "2026-03-31T00:00:00+02:00"),  # the 28th is a Saturday
    ("2026-02-27", "2026-03-27T23:59:59+01:00", "2026-03-28T00:00:00+01:00"),  # a Friday, before the change
    ("2026-09-27", "2026-10-26T23:59:59+01:00", "2026-10-27T00:00:00+01:00"),  # the 25th is a Sunday
    ("2026-09-26", "2026-10-26T23:59:59+01:00", "2026-10-27T00:00:00+01:00"),  # the 24th is a Saturday
    ("2026-03-06", "2026-04-07T23:59:59+02:00", "2026-04-08T00:00:00+02:00"),  # Good Friday; after Easter comes Tuesday
])
def test_vw_62_1_no_force_inside_the_departure_term(step, served_on, last, after):
    case = told(*READY, PROPOSED, decision_of(served_on), checked(last[:10] + "T00:00"))
    assert asked(case, step, at=last) == ["N02"]
    assert asked(case, step, at=after) == []


@TRACK
def test_vw_62_2_a_term_withheld_without_reasons_is_no_term_that_has_run(step):
    assert asked(told(*READY, PROPOSED, decision_of(term_days=0)), step) == ["N02"]
    assert asked(told(*READY, PROPOSED, decision_of(term_days=0, reasoned=True)), step) == []


@TRACK
@pytest.mark.parametrize("kind", [HoldKind.DEPARTURE_TERM_RUNNING, HoldKind.DEPARTURE_TERM_EXTENDED])
def test_vw_62_3_an_open_hold_of_the_term_is_answered_as_n02_only(step, kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-04-01T00:00"))
    assert asked(told(*READY, PROPOSED, held), step) == ["N02"]
    assert asked(told(*READY, PROPOSED, held, checked("2026-04-01T00:00")), step, at="2026-04-01T00:00") == []


@TRACK
@pytest.mark.parametrize("kind", [kind for kind in HoldKind if not kind.value.startswith("departure_term_")])
def test_vw_63_every_other_hold_bars_force_until_it_is_lifted_or_ends(step, kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-08T12:00"))
    assert asked(told(*READY, PROPOSED, held), step) == ["N03"]
    assert asked(told(*READY, PROPOSED, held), step, at="2026-03-08T11:59") == ["N03"]
    assert asked(told(*READY, PROPOSED, held), step, at="2026-03-08T12:00") == []
    assert asked(told(*READY, PROPOSED, held, HoldLifted(hold="H1", hold_kind=kind, basis="x")), step) == []


@TRACK
@pytest.mark.parametrize(("on", "codes"), [("2026-03-09T09:00:00", []), ("2026-03-09T09:00:01", ["N04"])])
def test_vc_a3_6_an_answer_of_the_ind_is_fresh_for_seven_days(step, on, codes):
    assert asked(told(*READY, PROPOSED), step, at=on) == codes


@TRACK
@pytest.mark.parametrize("answer", [RemovabilityAnswer.NOT_REMOVABLE, RemovabilityAnswer.UNKNOWN])
def test_vw_63_a_fresh_answer_that_is_not_removable_bars_force(step, answer):
    assert asked(told(*READY, PROPOSED, checked(what=answer)), step) == ["N04"]


@TRACK
@pytest.mark.parametrize("answer", [RemovabilityAnswer.NOT_REMOVABLE, RemovabilityAnswer.UNKNOWN])
def test_vw_63_an_older_removable_that_comes_in_later_masks_no_other_answer(step, answer):
    other = (*READY, PROPOSED, checked("2026-03-02T09:30", answer))
    assert asked(told(*other, checked("2026-03-02T08:00")), step) == ["N04"]
    assert asked(told(*other, checked("2026-03-02T09:30")), step) == [], "of the same moment: the last one told"
    assert asked(told(*other, checked("2026-03-02T09:31")), step) == []


@TRACK
def test_vw_63_an_older_answer_that_is_not_removable_counts_when_it_comes_in(step):
    late = checked("2026-03-02T08:00", RemovabilityAnswer.NOT_REMOVABLE)
    assert asked(told(*READY, PROPOSED, checked("2026-03-02T09:30"), late), step) == ["N04"]


@TRACK
def test_vw_63_without_any_answer_there_is_no_force(step):
    assert asked(told(*without(READY, RemovabilityChecked), PROPOSED), step) == ["N04"]


def test_every_obstacle_is_named_at_once():
    assert asked(told(born="2010-01-01"), APPROVE) == ["N61"]
    case = told(*without(READY, VoluntaryDepartureOffered, RemovabilityChecked), decision_of("2026-02-20"), born="2010-01-01")
    assert asked(case, PROPOSE) == ["N01", "N02", "N04", "N05", "N06"]


def test_n47_there_is_nothing_to_approve_without_a_proposal():
    assert asked(told(*READY), APPROVE) == ["N47"]


def test_n12_the_proposer_does_not_approve():
    assert asked(told(*READY, PROPOSED), APPROVE, actor="RV-07") == ["N12"]
    assert asked(told(*READY, PROPOSED), APPROVE, actor="TL-02") == []


def test_n48_a_team_leader_approves():
    assert asked(told(*READY, PROPOSED), APPROVE, role=Role.SUPERVISOR) == ["N48"]


def test_the_approval_names_its_proposal_and_starts_the_track():
    approved = decided(told(*READY, PROPOSED), APPROVE).events
    assert [type(e).__name__ for e in approved] == ["ForcedTrackApproved", "ForcedTrackStarted"]
    assert approved[0].proposal == told(*READY, PROPOSED).proposal.version


def test_vw_59c_2_the_track_is_not_abandoned_with_somebody_in_detention():
    detained = DetentionOrdered(
        article=Article.A59, heavy=("3b",), light=("4c",), measures=(), lighter_means={}, prospect="x", place="DCR"
    )
    abandon = AbandonForcedTrack(cause=AbandonCause.NO_PROSPECT)
    assert asked(told(*FORCED, detained), abandon) == ["N24"]
    assert asked(told(*FORCED, detained, DetentionLifted(cause=LiftCause.NO_PROSPECT, article=Article.A59)), abandon) == []


def test_an_abandoned_track_leaves_no_booking_and_no_proposal():
    abandon = AbandonForcedTrack(cause=AbandonCause.HOLD)
    assert names(told(*BOOKED), abandon) == ["ForcedTrackAbandoned", "RemovalAttemptCancelled"]
    case = told(*BOOKED, *decided(told(*BOOKED), abandon).events)
    assert (case.proposal, case.approved, case.live_bookings()) == (None, 0, {})
    assert asked(case, APPROVE) == ["N47"]
