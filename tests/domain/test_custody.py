"""Custody: detention is the last resort, and a wish to leave bars it. How long it may last: `test_detention`."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dtv_workflow.domain.chapters.courts import CourtDecisionReceived
from dtv_workflow.domain.chapters.custody import Ground, ImposeSupervision, LiftDetention, SupervisionMeasureImposed
from dtv_workflow.domain.chapters.holds import HoldPlaced
from dtv_workflow.domain.chapters.travel_document import PresentationOutcomeRecorded, TravelDocumentReceived
from dtv_workflow.domain.chapters.voluntary_departure import (
    OpportunityAssessed,
    OpportunityDeclined,
    VoluntaryDepartureChosen,
    WishToLeaveExpressed,
)
from dtv_workflow.domain.vocabulary import (
    BLOCKS,
    PROMISES,
    Basis,
    Block,
    CourtOutcome,
    HearingException,
    HoldKind,
    LiftCause,
    Measure,
    PresentationOutcome,
    Role,
    TravelDocumentKind,
    WishReporter,
)
from tests.domain.detained import A59, A59A, A59B, DETAINED, HEAVY, LIGHT, extend, lifted, order, ordered, report
from tests.domain.told import PASSPORT, READY, asked, decided, decision_of, moment, told

WISH = WishToLeaveExpressed(reported_by=WishReporter.DJI)
OURS_AND_THEIRS = pytest.mark.parametrize("step", [order(), report()], ids=["ordered", "reported"])


# ------------------------------------------------------------------ ordering


@OURS_AND_THEIRS
def test_vw_59_detention_stands_when_the_law_is_met(step):
    assert asked(told(*READY), step) == []


@pytest.mark.parametrize("means", [{}, {"reporting_duty": "missed", "security_deposit": " "}, {"reporting_duty": ""}])
def test_vw_59c_1_without_a_reason_against_each_lighter_means_detention_is_refused(means):
    assert asked(told(*READY), order(lighter_means=means)) == ["N13"]


def test_vw_59c_1_with_each_lighter_means_reasoned_away_detention_stands():
    assert asked(told(*READY), order(lighter_means={"reporting_duty": "missed"})) == []


@pytest.mark.parametrize(("article", "grounds", "codes"), [
    (A59, (), ["N14"]),
    (A59, (HEAVY,), ["N14"]),
    (A59, (HEAVY, HEAVY), ["N14"]),
    (A59, (HEAVY, Ground(code="3b", heavy=False)), ["N14"]),
    (A59, (LIGHT, Ground(code="4d", heavy=False)), []),
    (A59A, (LIGHT, Ground(code="4d", heavy=False)), ["N14"]),
    (A59A, (HEAVY, LIGHT), []),
    (A59B, (LIGHT, Ground(code="4d", heavy=False)), []),
])
def test_vb_5_1b_1_two_different_grounds_and_under_59a_one_of_them_heavy(article, grounds, codes):
    assert asked(told(*READY), order(article, grounds=grounds)) == codes


@pytest.mark.parametrize("named", [True, False])
def test_vb_5_1b_2_a_light_ground_called_heavy_stays_light(named):
    grounds = (Ground(code="4C", heavy=True), Ground(code="4d", heavy=named))
    assert asked(told(*READY), order(A59A, grounds=grounds)) == ["N14"]
    assert asked(told(*READY), order(A59A, grounds=(*grounds, HEAVY))) == []


def test_vb_5_1b_1_one_ground_in_two_spellings_is_one_ground():
    assert asked(told(*READY), order(grounds=(HEAVY, Ground(code="3B", heavy=True)))) == ["N14"]


@pytest.mark.parametrize("basis", list(Basis))
def test_vb_5_1c_the_bases_c_and_d_of_59b_ask_for_no_other_grounds(basis):
    codes = [] if basis in {Basis.A59B_1_C, Basis.A59B_1_D} else ["N14"]
    assert asked(told(*READY), order(basis.article, basis=basis, grounds=(HEAVY,))) == codes


@pytest.mark.parametrize(("missing", "said"), [
    ({"hearing_held": False}, "no hearing held"),
    ({"lawyer_informed": False}, "the lawyer was not informed"),
    ({"hearing_held": False, "lawyer_informed": False}, "no hearing held; the lawyer was not informed"),
])
def test_vb_5_2_detention_follows_a_hearing_and_the_lawyer_is_told(missing, said):
    assert asked(told(*READY), order(**missing)) == ["N51"]
    assert decided(told(*READY), order(**missing)).receipt.verdicts[3].is_.en == said


def test_vb_5_2_2d_a_hearing_that_cannot_be_awaited_is_said_so_and_the_lawyer_is_told_all_the_same():
    urgent: dict[str, Any] = {"hearing_held": False, "hearing_exception": HearingException.CANNOT_WAIT}
    assert asked(told(*READY), order(**urgent)) == []
    assert asked(told(*READY), order(lawyer_informed=False, **urgent)) == ["N51"]


@pytest.mark.parametrize(("before", "after", "codes"), [
    (A59A, A59, []), (A59B, A59, []), (A59, A59B, []), (A59A, A59B, []),
    (A59, A59A, ["N51"]), (A59B, A59A, ["N51"]), (A59, A59, ["N51"]), (A59A, A59A, ["N51"]),
])  # fmt: skip
def test_vb_5_2_2_detention_goes_on_unheard_under_some_articles_and_only_at_once(before, after, codes):
    unheard = order(after, hearing_held=False, hearing_exception=HearingException.CONTINUED)
    switched = (("2026-02-20T10:00", ordered(before)), ("2026-03-02T09:00", lifted(before)))
    assert asked(told(*READY, *switched), unheard) == codes
    assert asked(told(*READY, *switched), unheard, at="2026-03-03T00:10") == codes, "a night may lie between"
    assert asked(told(*READY, *switched), unheard, at="2026-03-04T10:00") == ["N51"]
    assert asked(told(*READY), unheard) == ["N51"]


@pytest.mark.parametrize(("before", "after", "codes"), [
    (Basis.A59_1_A, Basis.A59_1_B, []), (Basis.A59_1_B, Basis.A59_1_A, []),
    (Basis.A59_1_A, Basis.A59_2, ["N51"]), (Basis.A59_1_A, Basis.A59_1_A, ["N51"]), (None, Basis.A59_1_B, ["N51"]),
])  # fmt: skip
def test_vb_5_2_2a_from_one_part_of_59_1_to_the_other_no_hearing_is_needed(before, after, codes):
    switched = (("2026-02-20T10:00", ordered(basis=before)), ("2026-03-02T09:00", lifted()))
    unheard = order(basis=after, hearing_held=False, hearing_exception=HearingException.CONTINUED)
    assert asked(told(*READY, *switched), unheard) == codes


@OURS_AND_THEIRS
def test_vw_59_3_nobody_is_detained_while_a_wish_is_open(step):
    assert asked(told(*READY, WISH), step) == ["N18"]
    assert asked(told(*READY, WISH, OpportunityAssessed(finding="a flight")), step) == ["N18"]
    assert asked(told(*READY, WISH, OpportunityDeclined(finding="none")), step) == []


@OURS_AND_THEIRS
@pytest.mark.parametrize("kind", list(HoldKind))
def test_vw_59_a_hold_that_blocks_detention_bars_it(step, kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-08T12:00"))
    assert asked(told(*READY, held), step) == (["N52"] if Block.DETENTION in BLOCKS[kind] else [])
    assert asked(told(*READY, held), step, at="2026-03-08T12:00") == []


@OURS_AND_THEIRS
def test_vw_94_6_after_a_court_lifted_it_detention_needs_something_new(step):
    court = (DETAINED, CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.LIFTED), lifted(cause=LiftCause.COURT))
    recognised = PresentationOutcomeRecorded(outcome=PresentationOutcome.RECOGNISED)
    assert asked(told(*READY, PASSPORT, recognised, *court), step) == ["N17"]
    for new in (decision_of("2026-01-20", 0, reasoned=True), PASSPORT, recognised):
        assert asked(told(*READY, *court, new), step) == []


@OURS_AND_THEIRS
@pytest.mark.parametrize("outcome", list(PresentationOutcome))
def test_vw_94_6_an_embassy_that_does_not_help_is_nothing_new(step, outcome):
    court = (DETAINED, lifted(cause=LiftCause.COURT))
    codes = [] if outcome in PROMISES else ["N17"]
    assert asked(told(*READY, *court, PresentationOutcomeRecorded(outcome=outcome)), step) == codes


@OURS_AND_THEIRS
@pytest.mark.parametrize(("until", "codes"), [(date(2026, 3, 2), []), (date(2026, 3, 1), ["N17"])])
def test_vw_94_6_a_document_that_has_run_out_is_nothing_new(step, until, codes):
    passport = TravelDocumentReceived(document=TravelDocumentKind.PASSPORT, valid_from=date(2020, 1, 1), valid_until=until)
    assert asked(told(*READY, DETAINED, lifted(cause=LiftCause.COURT), passport), step) == codes


def test_vw_94_6_a_court_that_upheld_the_detention_bars_nothing():
    upheld = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.UPHELD)
    assert asked(told(*READY, DETAINED, upheld, lifted()), order()) == []


@OURS_AND_THEIRS
def test_vc_a5_6_7_somebody_detained_is_not_detained_again(step):
    assert asked(told(*READY, DETAINED), step) == ["N64"]
    assert asked(told(*READY, DETAINED, lifted()), step) == []


def test_detention_is_not_ordered_while_somebody_leaves_independently():
    assert asked(told(VoluntaryDepartureChosen(statement="signed")), order()) == ["N61"]
    assert asked(told(VoluntaryDepartureChosen(statement="signed")), report()) == []


def test_n33_and_n48_a_designated_officer_orders_never_the_system():
    assert asked(told(*READY), order(), role=Role.SUPERVISOR) == ["N48"]
    assert asked(told(*READY), order(), role=Role.TEAM_LEADER) == ["N48"]
    assert asked(told(*READY), order(), role=Role.SYSTEM) == ["N33"]


def test_every_obstacle_to_detention_is_named_at_once():
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.MINISTERIAL_STOP)
    bare = order(grounds=(), lighter_means={}, hearing_held=False)
    assert asked(told(*READY, DETAINED, WISH, held), bare) == ["N13", "N14", "N51", "N18", "N52", "N64"]


# ------------------------------------------------------------------ extending and lifting


def test_n53_only_somebody_detained_is_extended_or_released():
    assert asked(told(*READY), extend(date(2026, 6, 1)), second="TL-02") == ["N53"]
    assert asked(told(*READY), LiftDetention(cause=LiftCause.COURT)) == ["N53"]
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1)), second="TL-02") == []
    assert asked(told(*READY, DETAINED), LiftDetention(cause=LiftCause.COURT)) == []


def test_n12_an_extension_needs_a_second_person():
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1))) == ["N12"]
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1)), second="OFF-03") == ["N12"]
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1)), second="RV-08", second_may_approve=False) == ["N12"]


@pytest.mark.parametrize("role", [Role.DESIGNATED_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER])
def test_ending_a_detention_never_waits_for_the_right_desk(role):
    assert asked(told(*READY, DETAINED), LiftDetention(cause=LiftCause.MEDICAL), role=role) == []


IMPOSE = ImposeSupervision(measure=Measure.REPORTING_DUTY, interval_days=7)


def test_n50_supervision_is_not_imposed_on_somebody_in_detention():
    assert asked(told(*READY, DETAINED), IMPOSE) == ["N50"]


def test_n50_supervision_is_imposed_on_somebody_free():
    assert asked(told(*READY, DETAINED, lifted()), IMPOSE) == []


def test_custody_is_what_holds_now_and_detention_replaces_supervision():
    measure = SupervisionMeasureImposed(measure=Measure.AREA_RESTRICTION)
    assert told(measure).custody == "area_restriction"
    assert told(measure, ordered(A59B)).custody == "detention_59b"
    assert told(measure, ordered(A59B), lifted(A59B)).custody == "none"
