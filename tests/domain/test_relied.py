"""What a receipt says a verdict rests on: the versions of the events looked at, and the words for what stands in the way."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.applications import RecordApplication, removed_while_awaiting
from dtv_workflow.domain.chapters.authority import before_the_opening, no_second_person, role_may_not
from dtv_workflow.domain.chapters.closing import (
    CaseClosed,
    CloseOther,
    ConfirmRemoval,
    DepartureConfirmed,
    RemovalCompleted,
    ReopenCase,
    departed_without_new_decision,
    left_too_soon_after_notice,
    removed_without_handover,
    term_open_at_departure,
)
from dtv_workflow.domain.chapters.courts import RecordAppeal, removed_during_appeal
from dtv_workflow.domain.chapters.custody import Ground, SupervisionMeasureImposed, wish_open
from dtv_workflow.domain.chapters.detention_grounds import lighter_means_not_weighed, too_few_grounds
from dtv_workflow.domain.chapters.detention_limits import extended_too_far, no_days_left
from dtv_workflow.domain.chapters.family import (
    FamilyLinked,
    MinorStatusEstablished,
    family_extended,
    family_not_assessed,
    unaccompanied_without_reception,
)
from dtv_workflow.domain.chapters.forced_departure import (
    ApproveForcedTrack,
    ForcedTrackProposed,
    ProposeForcedTrack,
    approver_proposed,
    check_not_of_the_day,
    check_stale,
    no_offer,
)
from dtv_workflow.domain.chapters.holds import (
    HoldPlaced,
    LiftHold,
    PlaceHold,
    departure_term_runs,
    removed_while_it_held,
    sensitive_hold_alone,
)
from dtv_workflow.domain.chapters.intake import AdoptPlan, CompleteIntake, no_decision
from dtv_workflow.domain.chapters.medical import BmaAdviceReceived, PregnancyRecorded, conditions_unmet, pregnant_and_by_air
from dtv_workflow.domain.chapters.records import Correct, moved_before_the_opening, sensitive_hold_corrected_alone
from dtv_workflow.domain.chapters.removal import (
    CompletePrecheck,
    HandedOverToKmar,
    HandOver,
    PrecheckItems,
    no_notice,
    precheck_too_late,
)
from dtv_workflow.domain.chapters.tasks import (
    CompleteTask,
    TaskPickedUp,
    TaskRaised,
    TimerExpired,
    task_of_another,
    task_unknown,
    term_still_runs,
)
from dtv_workflow.domain.chapters.travel_document import (
    LaissezPasserOrdered,
    PresentationOutcomeRecorded,
    no_document_or_promise,
)
from dtv_workflow.domain.chapters.voluntary_departure import OpportunityAssessed, WishToLeaveExpressed
from dtv_workflow.domain.chapters.whereabouts import LiftSupervision, nothing_to_lift
from dtv_workflow.domain.law.rules import Finding, Guard
from dtv_workflow.domain.procedures import AppealAgainst, ApplicationKind, SupervisionEnd
from dtv_workflow.domain.steps import Step
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    DepartureProof,
    ForcedException,
    HoldKind,
    LpPurpose,
    Measure,
    OtherCause,
    Outcome,
    PresentationOutcome,
    ReopenCause,
    Role,
    WishReporter,
)
from tests.domain.detained import DETAINED, HEAVY, extend, extended, order, report
from tests.domain.told import BOOKED, CHECKED, INTAKE, NOTIFIED, NOW, READY, booked, checked, context, decision_of, moment, told

LEFT = moment("2026-03-06T12:10")
AFTER = "2026-03-06T18:00"
REMOVAL = ConfirmRemoval(departed_at=LEFT, destination="MA", proof="m100", attempt="R1")
HANDOVER = HandedOverToKmar(attempt="R1", form="M24-A", monitor_notified=True)
PROPOSE = ProposeForcedTrack(grounds=("x",), proportionality="y")
OTHER = CloseOther(cause=OtherCause.DUPLICATE, evidence="case B")
PLAN = AdoptPlan(strategy=INTAKE[-1].strategy)  # type: ignore[union-attr]
WISH = WishToLeaveExpressed(reported_by=WishReporter.PERSON)
FAMILY = FamilyLinked(cases=("B",), assessed=False, with_minors=True)
GONE = DepartureConfirmed(departed_at=moment("2026-02-01T12:00"), destination="MA", issuer="IOM", proof=DepartureProof.M100)
CLOSED = CaseClosed(outcome=Outcome.OTHER, ended_on=date(2026, 2, 1), age_band=AgeBand.UNKNOWN)
REOPEN = ReopenCase(cause=ReopenCause.REAPPEARED)


def of(guard: Guard, case: object, step: Step, at: str = NOW, **known: object) -> Finding:
    """What a guard finds."""
    return guard.find(case, step, context(step, at, **known))  # type: ignore[arg-type]


def rests(guard: Guard, case: object, step: Step, at: str = NOW, **known: object) -> tuple[int, ...]:
    """The versions a guard relied on."""
    return of(guard, case, step, at, **known).relied


def says(guard: Guard, case: object, step: Step, at: str = NOW, **known: object) -> str:
    """What a guard says stands in the way, in English; "" when nothing does."""
    found = of(guard, case, step, at, **known).is_
    return found.en if found else ""


# ------------------------------------------------------------------ who and when


def test_n32_rests_on_the_opening():
    assert rests(before_the_opening, told(), PLAN, at="2026-01-05T09:00") == (1,)
    assert rests(before_the_opening, told(), PLAN) == (1,)


def test_n48_and_n12_say_which_of_two_reasons_it_is():
    assert says(role_may_not, told(), PLAN, role_granted=False) == "role supervisor is not granted to this actor"
    assert says(role_may_not, told(), PLAN, role=Role.ANALYST) == "role analyst"
    assert says(no_second_person, told(), OTHER) == "no second person named"
    assert says(no_second_person, told(), OTHER, second="OFF-03").startswith("the second person is the same")
    assert says(no_second_person, told(), OTHER, second_may_approve=True) == "no second person named"


# ------------------------------------------------------------------ departures


def test_vw_62_1_the_term_at_a_departure_rests_on_the_decision():
    assert rests(term_open_at_departure, told(decision_of()), REMOVAL, AFTER) == (3,)
    assert rests(term_open_at_departure, told(), REMOVAL, AFTER) == ()
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.DEPARTURE_TERM_EXTENDED)
    assert rests(term_open_at_departure, told(decision_of(), ("2026-03-01T10:00", held)), REMOVAL, AFTER) == (4,)


def test_vw_62_1_at_the_moment_the_term_has_run_out_a_departure_is_no_incident():
    ran_out = told(decision_of("2026-02-06")).term_ends()
    left = ConfirmRemoval(departed_at=ran_out, destination="MA", proof="m100")
    assert says(term_open_at_departure, told(decision_of("2026-02-06")), left, "2026-03-08T10:00") == ""
    assert says(term_open_at_departure, told(decision_of("2026-02-07")), left, "2026-03-08T10:00") != ""


def test_n10_and_n59_say_how_many_hours_and_in_which_phase():
    notified = (*BOOKED, CHECKED, ("2026-03-05T20:00", NOTIFIED), ("2026-03-06T09:30", HANDOVER))
    assert says(left_too_soon_after_notice, told(*notified), REMOVAL, AFTER).startswith("left 16 h after the notice")
    assert says(removed_without_handover, told(*READY), REMOVAL, AFTER) == "the case is in motivation"
    assert says(removed_without_handover, told(*BOOKED), REMOVAL, AFTER) == "no handover of this attempt"


def test_vw_62a_a_reopening_rests_on_the_departure_and_the_decision():
    assert rests(departed_without_new_decision, told(decision_of(), GONE), REOPEN) == (4, 3)
    assert rests(departed_without_new_decision, told(GONE), REOPEN) == (3,)
    assert rests(departed_without_new_decision, told(GONE, decision_of("2026-02-02")), REOPEN) == (3, 4)


# ------------------------------------------------------------------ custody


def test_vw_59_3_an_open_wish_is_told_with_whether_it_was_assessed():
    assessed = OpportunityAssessed(finding="x")
    assert of(wish_open, told(WISH), order()) == (("a wish is open, not assessed", "een wens staat open, niet beoordeeld"), (3,))
    assert says(wish_open, told(WISH, assessed), order()) == "a wish is open, with an opportunity"
    assert rests(wish_open, told(WISH, assessed), order()) == (3, 4)


def test_vw_59c_a_lighter_means_without_a_reason_is_named():
    assert says(lighter_means_not_weighed, told(), order(lighter_means={"deposit": " "})) == "no reason given for: deposit"
    assert says(lighter_means_not_weighed, told(), order(lighter_means={})) == "no lighter means was weighed"


def test_vb_5_1b_a_ground_that_is_not_called_heavy_is_none():
    first, second = (Ground(code=code, heavy=False) for code in ("3c", "3d"))
    assert says(too_few_grounds, told(), order(Article.A59A, grounds=(first, second))) == "no heavy ground"
    assert says(too_few_grounds, told(), order(Article.A59A, grounds=(first, HEAVY))) == ""


def test_vw_59_5_the_days_rest_on_the_detention_that_runs_and_on_its_extension():
    running = told(DETAINED, ("2026-02-01T10:00", extended(date(2026, 8, 1))))
    assert rests(extended_too_far, running, extend(date(2026, 8, 2))) == (3, 4)
    assert rests(extended_too_far, told(DETAINED), extend(date(2026, 8, 2))) == (3,)
    assert rests(no_days_left, told(), order()) == ()
    assert rests(no_days_left, told(), report()) == ()


# ------------------------------------------------------------------ families and minors


def test_minority_rests_on_who_established_it_and_else_on_the_registration():
    alone = MinorStatusEstablished(minor=True, unaccompanied=True)
    assert rests(unaccompanied_without_reception, told(alone), PROPOSE) == (3,)
    assert rests(unaccompanied_without_reception, told(), PROPOSE) == (2,)


def test_n29_rests_on_the_link():
    assert rests(family_not_assessed, told(FAMILY), PROPOSE) == (3,)
    assert rests(family_not_assessed, told(FamilyLinked(cases=("B",), assessed=True)), PROPOSE) == (3,)
    assert rests(family_not_assessed, told(), PROPOSE) == ()


def test_n19_asks_nothing_of_a_family_that_is_not_detained():
    assert of(family_extended, told(FAMILY), extend(date(2026, 4, 1))) == (None, (3,))


# ------------------------------------------------------------------ the forced track

WITHHELD = ProposeForcedTrack(grounds=("x",), proportionality="y", exception=ForcedException.TERM_WITHHELD_62_2)


def test_n01_an_exception_rests_on_the_decision():
    assert rests(no_offer, told(decision_of(term_days=0, reasoned=True)), WITHHELD) == (3,)
    assert of(no_offer, told(decision_of(term_days=28, reasoned=True)), WITHHELD).relied == (3,)
    assert rests(no_offer, told(), WITHHELD) == ()


@pytest.mark.parametrize("exception", list(ForcedException))
def test_n01_without_a_decision_no_exception_fits(exception):
    claimed = ProposeForcedTrack(grounds=("x",), proportionality="y", exception=exception)
    assert says(no_offer, told(), claimed) == f"the exception {exception.value} does not fit this case"


def test_vw_62_2_a_reasoned_term_of_four_weeks_is_not_a_term_withheld():
    assert says(no_offer, told(decision_of(term_days=28, reasoned=True)), WITHHELD) != ""
    assert says(no_offer, told(decision_of(term_days=0, reasoned=True)), WITHHELD) == ""


def test_n01_at_the_approval_the_exception_is_the_proposals():
    proposed = ForcedTrackProposed(grounds=("x",), proportionality="y", exception=ForcedException.TERM_WITHHELD_62_2)
    decision = decision_of(term_days=0, reasoned=True)
    assert says(no_offer, told(decision, proposed), ApproveForcedTrack()) == ""
    assert says(no_offer, told(decision), ApproveForcedTrack()) == "no offer in this episode"


def test_n04_says_how_old_the_check_is():
    old = says(check_stale, told(checked("2026-02-20T10:00")), PROPOSE)
    assert old == "the check is 240 h old, at most 168 h"
    for guard, step in ((check_stale, PROPOSE), (check_not_of_the_day, HandOver(attempt="R1", form="x", monitor_notified=True))):
        assert says(guard, told(), step) == "no removability check"
        assert rests(guard, told(checked()), step) == (3,)


def test_awb_10_3_the_approver_rests_on_the_proposal():
    proposed = ForcedTrackProposed(grounds=("x",), proportionality="y")
    assert rests(approver_proposed, told(proposed), ApproveForcedTrack()) == (3,)
    assert rests(approver_proposed, told(proposed), ApproveForcedTrack(), actor="RV-07") == (3,)
    assert rests(approver_proposed, told(), ApproveForcedTrack()) == ()


# ------------------------------------------------------------------ holds


def test_i2_a_hold_told_late_rests_on_the_departure():
    held = PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM)
    gone = RemovalCompleted(departed_at=moment("2026-02-01T12:00"), destination="MA", proof="m100")
    assert of(removed_while_it_held, told(GONE), held, "2026-01-20T10:00") == (None, (3,))
    assert rests(removed_while_it_held, told(gone), held, "2026-01-20T10:00") == (3,)
    assert of(removed_while_it_held, told(), held, "2026-01-20T10:00") == (None, ())


def test_n02_rests_on_the_decision_and_on_the_holds_of_its_term():
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.DEPARTURE_TERM_EXTENDED)
    assert rests(departure_term_runs, told(decision_of()), PROPOSE) == (3,)
    assert rests(departure_term_runs, told(decision_of(), held), PROPOSE) == (4,)
    assert says(departure_term_runs, told(), PROPOSE) == "no return decision, so no term has run"


def test_n31_rests_on_the_hold():
    lift = LiftHold(hold="H1", basis="x")
    held = told(HoldPlaced(hold="H1", hold_kind=HoldKind.ECHR_RULE39))
    assert rests(sensitive_hold_alone, held, lift) == rests(sensitive_hold_alone, held, lift, second="TL-02") == (3,)
    assert rests(sensitive_hold_alone, told(HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM)), lift) == ()
    assert rests(sensitive_hold_alone, told(), lift) == ()


def test_n38_rests_on_the_decision_where_there_is_one():
    early = CompleteIntake(early_contact_reason="x")
    assert rests(no_decision, told(decision_of()), early) == (3,)
    assert rests(no_decision, told(), early) == ()



# ------------------------------------------------------------------ health, documents and the departure itself

HAND_OVER = HandOver(attempt="R1", form="x", monitor_notified=True)
RECOGNISED = PresentationOutcomeRecorded(outcome=PresentationOutcome.RECOGNISED)


def test_vc_a3_7_a_handover_of_no_live_attempt_asks_nothing_of_health():
    assert of(pregnant_and_by_air, told(PregnancyRecorded(due_on="2026-03-10")), HAND_OVER) == (None, (3,))
    assert of(pregnant_and_by_air, told(), HAND_OVER) == (None, ())
    advised = BmaAdviceReceived(fit=True, valid_until=date(2026, 3, 1))
    assert of(conditions_unmet, told(advised), HAND_OVER) == (None, (3,))


def test_n09_a_promise_rests_on_the_outcome_and_on_what_was_ordered():
    ordered = LaissezPasserOrdered(country="MA", purpose=LpPurpose.RETURN, asylum_screened=True, copy_given=True)
    assert rests(no_document_or_promise, told(RECOGNISED, booked()), HAND_OVER) == (3,)
    assert rests(no_document_or_promise, told(RECOGNISED, ordered, booked()), HAND_OVER) == (3, 4)
    refused = PresentationOutcomeRecorded(outcome=PresentationOutcome.NOT_RECOGNISED)
    for happened in ((), (ordered,), (refused,), (refused, ordered)):
        assert says(no_document_or_promise, told(*happened, booked()), HAND_OVER).startswith("no ")


def test_n10_and_n55_say_how_many_hours_are_left():
    check = CompletePrecheck(attempt="R1", items=PrecheckItems())
    assert says(precheck_too_late, told(booked(departs_at="2026-03-02T14:30")), check).startswith("4 h before departure")
    assert of(precheck_too_late, told(), check) == (None, ())
    assert rests(precheck_too_late, told(booked()), check) == (3,)
    served = (booked(departs_at="2026-03-02T14:30"), ("2026-03-02T09:00", NOTIFIED))
    assert says(no_notice, told(*served), HAND_OVER).startswith("done 5 h before departure")


# ------------------------------------------------------------------ corrections


def test_n32_a_corrected_time_rests_on_the_opening():
    before, after = "2026-01-04T10:00:00Z", "2026-02-01T10:00:00Z"
    for value in (before, after):
        found = of(moved_before_the_opening, told(decision_of()), Correct(event=3, field="occurred_at", value=value))
        assert (found.is_ is not None, found.relied) == (value == before, (1,))
    for event, field in ((3, "language"), (1, "occurred_at")):
        assert of(moved_before_the_opening, told(decision_of()), Correct(event=event, field=field, value=before)) == (None, ())


def test_n31_a_correction_rests_on_the_sensitive_hold():
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.ECHR_RULE39)
    correct = Correct(event=3, field="until", value=None)
    assert rests(sensitive_hold_corrected_alone, told(held), correct, second="TL-02") == (3,)
    assert rests(sensitive_hold_corrected_alone, told(decision_of()), correct) == ()


# ------------------------------------------------------------------ what runs beside a case, and tasks

RAISED = TaskRaised(kind="divergence")
PICKED, DONE = TaskPickedUp(task="t3"), CompleteTask(task="t3", finding="x")


def test_i2_an_application_an_appeal_and_an_answer_rest_on_the_departure():
    applied = RecordApplication(kind=ApplicationKind.ASYLUM, applied_on=date(2026, 1, 20), awaited=True)
    appeal = RecordAppeal(against=AppealAgainst.RETURN_DECISION, filed_on=date(2026, 1, 20), suspensive=True)
    for guard, step in ((removed_while_awaiting, applied), (removed_during_appeal, appeal)):
        assert of(guard, told(GONE), step, "2026-01-20T10:00") == (None, (3,))
        assert of(guard, told(), step, "2026-01-20T10:00") == (None, ())
    unawaited = RecordApplication(kind=ApplicationKind.ASYLUM, applied_on=date(2026, 1, 20), awaited=False)
    assert of(removed_while_awaiting, told(GONE), unawaited, "2026-01-20T10:00") == (None, ())


def test_n71_a_lift_rests_on_the_measure():
    lift = LiftSupervision(cause=SupervisionEnd.NOT_NEEDED)
    measure = SupervisionMeasureImposed(measure=Measure.REPORTING_DUTY)
    assert of(nothing_to_lift, told(measure), lift) == (None, (3,))
    assert of(nothing_to_lift, told(), lift) == (("no measure runs", "er loopt geen maatregel"), ())


def test_n67_to_n69_a_task_rests_on_the_event_that_raised_it_and_names_who_has_it():
    for guard in (task_unknown, task_of_another, term_still_runs):
        assert of(guard, told(RAISED), DONE) == (None, (3,))
    assert says(task_unknown, told(), DONE) == "no open task t3"
    assert of(task_of_another, told(RAISED, PICKED), DONE) == (("picked up by RV-07", "opgepakt door RV-07"), (3,))
    assert of(task_of_another, told(), DONE) == of(term_still_runs, told(), DONE) == (None, ())
    late = ("2026-01-20T10:00", TimerExpired(timer="D04", due=moment("2026-01-20T00:00"), proposes="record_interview"))
    assert of(term_still_runs, told(late), DONE) == (("D04 has not been met", "D04: nog niet aan voldaan"), (3,))
