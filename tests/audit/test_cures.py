"""Why not, and what would do: the smallest set of further steps, and the safeguards that are never among them."""

from __future__ import annotations

import copy
import re
import time
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtv_workflow.audit import cures as searched
from dtv_workflow.audit.cures import MOST, NEVER, Cure, cures, next_steps
from dtv_workflow.audit.filled import Move
from dtv_workflow.audit.judge import ANYONE, judge, neutral
from dtv_workflow.audit.standing import BASIS
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import CaseClosed
from dtv_workflow.domain.chapters.custody import DetentionReported
from dtv_workflow.domain.chapters.family import FamilyLinked, MinorStatusEstablished, ReceptionEstablished
from dtv_workflow.domain.chapters.guidance import InterviewHeld, ObstacleReported, VoluntaryDepartureOffered
from dtv_workflow.domain.chapters.holds import HoldPlaced
from dtv_workflow.domain.chapters.medical import BmaAdviceReceived, PregnancyRecorded
from dtv_workflow.domain.chapters.voluntary_departure import VoluntaryDepartureChosen, WishToLeaveExpressed
from dtv_workflow.domain.law.rules import RULES
from dtv_workflow.domain.steps import step_name
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    HoldKind,
    Kind,
    ObstacleCategory,
    Outcome,
    Phase,
    RemovabilityAnswer,
    WishReporter,
)
from dtv_workflow.domain.workflow import STEPS, TABLE
from tests.domain import told
from tests.domain.told import BOOKED, CHECKED, FORCED, INTAKE, MOTIVATION, NOW, READY, TO_BOOK, moment
from tests.properties.lived import IN_CUSTODY, ON_THE_TRACK, TO_FORCED, UNOFFERED, Issued, Life, any_life, live


def why(case: DepartureCase, name: str, at: str = NOW, actor: str | None = None, **given: Any) -> Cure:
    """What would do for a step on a case, asked by nobody in particular unless said otherwise."""
    row = STEPS[name]
    context = neutral(row, moment(at))
    return cures(case, row, given, msgspec.structs.replace(context, actor=actor or context.actor))


def names(cure: Cure) -> list[str]:
    return [move.step for move in cure.steps]


def codes(cure: Cure) -> list[str]:
    return [one.code for one in cure.stands]


def hold(kind: HoldKind, id: str = "H1", until: str | None = None) -> HoldPlaced:
    return HoldPlaced(hold=id, hold_kind=kind, until=moment(until) if until else None)


# ------------------------------------------------------------------ what would do


def test_force_from_a_fresh_motivation_needs_an_offer_and_three_interviews():
    cure = why(told.told(*MOTIVATION), "propose_forced_track")
    assert cure.found
    assert names(cure) == ["offer_voluntary_departure", *["record_interview"] * 3]
    assert [move.answers for move in cure.steps] == [("N01",), *[("N45",)] * 3]
    assert not any(move.when for move in cure.steps)


def test_a_step_that_is_allowed_asks_for_nothing_and_looks_for_nothing(monkeypatch):
    monkeypatch.setattr(searched, "answer", lambda *_: pytest.fail("a continuation was tried"))
    cure = why(told.told(*READY), "propose_forced_track")
    assert cure == Cure(True, (), (), cure.step)
    assert cure.step.step == "propose_forced_track"


def test_a_booking_needs_a_document_when_there_is_one():
    cure = why(told.told(*FORCED), "book_removal")
    assert cure.found
    assert names(cure) == ["record_travel_document"]
    assert cure.steps[0].fact
    assert cure.steps[0].when
    assert cure.steps[0].by == ()


def test_a_handover_follows_the_check_and_the_notice_of_its_own_attempt():
    cure = why(told.told(*BOOKED), "hand_over")
    assert names(cure) == ["complete_precheck", "serve_removal_notice"]
    assert [(one.guard, one.waits, one.by) for one in cure.stands] == [("handed_over_too_early", True, None)], "and then the day"
    assert [move.known["attempt"] for move in (*cure.steps, cure.step)] == ["R1"] * 3
    assert cure.steps[1].known["to"] == ["person", "lawyer"]


def test_vc_a3_6_6_a_notice_is_never_shorter_a_new_booking_is_later():
    cure = why(told.told(*BOOKED, CHECKED), "hand_over", at="2026-03-06T09:00")
    assert names(cure) == ["record_removability", "book_removal", "complete_precheck", "serve_removal_notice"]
    assert [one.guard for one in cure.stands] == ["handed_over_too_early"]
    booked = cure.steps[1].tried["departs_at"]
    assert moment(booked) > moment("2026-03-07T21:00")
    assert cure.step.known["attempt"] == "…"


def test_vc_a3_6_1_the_notice_of_a_minor_goes_to_the_guardian_too():
    cure = why(told.told(*BOOKED, CHECKED, born="2010-01-01"), "hand_over")
    assert sorted(names(cure)) == ["establish_reception", "inform_guardian", "serve_removal_notice"]
    (notice,) = [step for step in cure.steps if step.step == "serve_removal_notice"]
    assert notice.known["to"] == ["person", "lawyer", "guardian"]


def test_a_laissez_passer_follows_an_interview_of_the_kind_asked_for():
    cure = why(told.told(*MOTIVATION), "order_laissez_passer")
    assert cure.found
    assert names(cure) == ["record_interview"]
    assert cure.steps[0].known["kind"] == "identity"
    assert None not in cure.steps[0].tried["checklist"].values()


def test_an_empty_intake_lacks_five_things_which_is_more_than_is_looked_for():
    cure = why(told.told(), "complete_intake")
    assert not cure.found
    assert names(cure) == ["assign_supervisor", "record_return_decision", "record_removability", "screen_vulnerability"]
    assert len(cure.steps) == MOST
    assert [(one.code, one.guard) for one in cure.stands] == [("N38", "no_plan")]
    assert cure.stands[0].by
    assert cure.stands[0].by.step == "adopt_plan"


def test_an_intake_that_lacks_one_thing_needs_that_thing():
    cure = why(told.told(*INTAKE[:-1]), "complete_intake")
    assert cure.found
    assert names(cure) == ["adopt_plan"]


def test_vw_59c_2_a_case_of_somebody_detained_is_closed_after_the_detention_is_lifted_and_by_two_people():
    detained = DetentionReported(article=Article.A59, since=date(2026, 3, 1), by="AVIM")
    cure = why(told.told(*FORCED, detained), "close_other", cause="death")
    assert cure.found
    assert names(cure) == ["lift_detention"]
    assert cure.steps[0].tried["cause"] != "court"
    assert cure.step.second
    assert cure.step.known["evidence"] == "…"


def test_a_minor_needs_reception_and_a_guardian_told_when_it_is_so():
    cure = why(told.told(*READY, born="2010-01-01"), "propose_forced_track")
    assert cure.found
    assert names(cure) == ["establish_reception", "inform_guardian"]
    assert cure.steps[0].known == {"adequate": True, "evidence": "…"}
    assert all(move.when for move in cure.steps)


def test_a_family_is_linked_again_with_an_assessment():
    linked = FamilyLinked(cases=("01AB",), assessed=False)
    cure = why(told.told(*READY, linked), "propose_forced_track")
    assert names(cure) == ["link_family"]
    assert cure.steps[0].known == {"cases": ["01AB"], "assessment": "…"}


def test_every_stale_obstacle_is_reviewed_one_by_one():
    reported = [(f"2026-01-0{n}T12:00", ObstacleReported(obstacle=f"B{n}", category=ObstacleCategory.OTHER)) for n in (6, 7, 8)]
    now = ("2026-03-02T09:00", told.OFFERED)
    cure = why(told.told(*MOTIVATION, *reported, now, *[told.interview()] * 3), "propose_forced_track")
    assert [move.known["obstacle"] for move in cure.steps] == ["B6", "B7", "B8"]


# ------------------------------------------------------------------ where the map does not have the step


def test_n61_a_booking_asked_in_motivation_goes_by_proposal_and_approval_of_two_people():
    cure = why(told.told(*READY), "book_removal")
    assert cure.found
    assert names(cure) == ["propose_forced_track", "approve_forced_track", "record_travel_document"]
    assert "exception" not in cure.steps[0].tried
    assert [role.value for role in cure.steps[1].by] == ["team_leader"]


def test_n61_what_cannot_be_reached_without_closing_or_lapsing_is_told_as_it_is():
    chosen = VoluntaryDepartureChosen(statement="x")
    for case, name in ((told.told(*READY, chosen), "propose_forced_track"), (told.told(*READY), "reopen_case")):
        cure = why(case, name)
        assert not cure.found
        assert cure.steps == ()
        assert codes(cure) == ["N61"]


def test_vw_61_a_choice_to_leave_is_told_for_when_the_person_makes_it():
    cure = why(told.told(*READY), "issue_ticket")
    assert names(cure) == ["choose_voluntary_departure"]
    assert cure.steps[0].when


def test_a_closed_case_is_reopened_and_not_made_otherwise():
    closed = CaseClosed(outcome=Outcome.UNSUPERVISED, ended_on=date(2026, 3, 1), age_band=AgeBand.UNKNOWN)
    cure = why(told.told(*READY, closed), "record_interview")
    assert cure.found
    assert names(cure) == ["reopen_case"]


# ------------------------------------------------------------------ a safeguard is never dropped


@pytest.mark.parametrize("kind", list(HoldKind), ids=lambda kind: kind.value)
def test_no_hold_of_any_kind_is_lifted_as_a_way_to_force(kind):
    cure = why(told.told(*MOTIVATION, hold(kind)), "propose_forced_track")
    assert not cure.found
    assert "lift_hold" not in names(cure)
    assert set(codes(cure)) & {"N02", "N03"}


def test_a_hold_is_told_with_its_kind_its_end_its_basis_and_who_may_lift_it():
    case = told.told(*MOTIVATION, hold(HoldKind.APPEAL_SUSPENSIVE, "appeal-1", "2026-05-01T00:00"), hold(HoldKind.ECHR_RULE39))
    appeal, rule39 = why(case, "propose_forced_track").stands
    assert appeal.is_.en == "appeal-1 is open (appeal_suspensive)"
    assert appeal.ends == BASIS[HoldKind.APPEAL_SUSPENSIVE]
    assert appeal.until == moment("2026-05-01T00:00")
    assert appeal.by
    assert (appeal.by.step, appeal.by.known, appeal.by.second) == ("lift_hold", {"hold": "appeal-1"}, False)
    assert appeal.by.when
    assert rule39.until is None
    assert rule39.by
    assert rule39.by.second


def test_what_a_hold_leaves_to_be_done_is_told_beside_it():
    cure = why(told.told(*MOTIVATION, hold(HoldKind.MORATORIUM)), "propose_forced_track")
    assert names(cure) == ["offer_voluntary_departure", *["record_interview"] * 3]
    assert codes(cure) == ["N03"]


def test_a_hold_that_bars_leaving_is_told_to_who_wants_to_choose():
    cure = why(told.told(*MOTIVATION, hold(HoldKind.TUBERCULOSIS)), "choose_voluntary_departure")
    assert (cure.found, cure.steps, codes(cure)) == (False, (), ["N42"])


@pytest.mark.parametrize("name", ["order_detention", "book_removal"])
def test_vw_59_3_a_wish_to_leave_is_answered_and_never_declined_as_a_way_to_force(name):
    cure = why(told.told(*TO_BOOK, WishToLeaveExpressed(reported_by=WishReporter.PERSON)), name)
    assert not cure.found
    assert cure.steps == ()
    assert codes(cure) == ["N18"]
    assert cure.stands[0].by
    assert cure.stands[0].by.step == "assess_opportunity"


def test_vw_62_a_running_term_is_told_with_its_end_and_no_decision_shortens_it():
    case = told.told(*MOTIVATION[:1], told.decision_of("2026-02-20"), *MOTIVATION[2:])
    cure = why(case, "propose_forced_track")
    assert not cure.found
    assert "record_return_decision" not in names(cure)
    assert [(one.code, one.until, one.by) for one in cure.stands] == [("N02", moment("2026-03-21T00:00"), None)]


def test_vw_62_of_several_terms_the_last_end_counts_and_a_term_is_not_told_again_as_a_hold():
    decided = told.decision_of("2026-02-20")
    extended = hold(HoldKind.DEPARTURE_TERM_EXTENDED, "more", "2026-04-10T00:00")
    case = told.told(*MOTIVATION[:1], decided, *MOTIVATION[2:], extended, hold(HoldKind.MORATORIUM))
    stands = why(case, "propose_forced_track").stands
    assert [(one.code, one.until) for one in stands] == [("N02", moment("2026-04-10T00:00")), ("N03", None)]
    without_end = told.told(*MOTIVATION, hold(HoldKind.DEPARTURE_TERM_EXTENDED))
    (term,) = why(without_end, "propose_forced_track").stands
    assert (term.code, term.until, term.ends) == ("N02", None, BASIS[HoldKind.DEPARTURE_TERM_EXTENDED])


def test_vw_62_without_a_decision_there_is_nothing_to_wait_for_yet():
    case = told.told(*MOTIVATION[:1], *MOTIVATION[2:])
    (term,) = why(case, "propose_forced_track").stands
    assert (term.code, term.until) == ("N02", None)
    assert term.by
    assert term.by.step == "record_return_decision"


def test_a_decision_that_is_lacking_is_tried_with_the_longest_term():
    (decided,) = [m for m in why(told.told(), "complete_intake").steps if m.step == "record_return_decision"]
    assert decided.tried["term_days"] == 28
    assert decided.known["term_days"] == "…"


def test_an_answer_not_removable_stands_and_an_unknown_one_is_asked_again():
    for answer, found in ((RemovabilityAnswer.NOT_REMOVABLE, False), (RemovabilityAnswer.UNKNOWN, True)):
        cure = why(told.told(*READY, told.checked(what=answer)), "propose_forced_track")
        assert cure.found is found
        assert ("record_removability" in names(cure)) is found
    assert why(told.told(*READY, told.checked(what=RemovabilityAnswer.NOT_REMOVABLE)), "propose_forced_track").stands[0].waits


def test_reception_found_inadequate_stands_and_the_minor_stays_a_minor():
    minor = MinorStatusEstablished(minor=True, unaccompanied=True)
    inadequate = ReceptionEstablished(adequate=False, country="MA", evidenced=True)
    cure = why(told.told(*READY, minor, inadequate), "propose_forced_track")
    assert not cure.found
    assert names(cure) == ["inform_guardian"]
    (stands,) = cure.stands
    assert (stands.code, stands.waits) == ("N05", True)


def test_reception_called_adequate_without_evidence_may_be_found_anew():
    minor = MinorStatusEstablished(minor=True, unaccompanied=True)
    unproven = ReceptionEstablished(adequate=True, country="MA", evidenced=False)
    assert names(why(told.told(*READY, minor, unproven), "propose_forced_track")) == ["establish_reception", "inform_guardian"]


def test_vw_64_somebody_unfit_to_travel_stays_so_until_a_new_advice():
    for valid_until in (None, date(2026, 3, 1)):
        unfit = BmaAdviceReceived(fit=False, conditions=("doctor",), valid_until=valid_until)
        cure = why(told.told(*TO_BOOK, unfit), "book_removal")
        assert (cure.found, cure.steps, codes(cure)) == (False, (), ["N08"])
        assert cure.stands[0].waits


def test_vw_64_an_advice_that_ran_out_is_given_anew_with_the_same_conditions():
    old = BmaAdviceReceived(fit=True, conditions=("doctor", "pills"), valid_until=date(2026, 3, 1))
    cure = why(told.told(*TO_BOOK, old), "book_removal")
    assert cure.found
    assert names(cure) == ["record_medical_advice", "fulfil_travel_condition", "fulfil_travel_condition"]
    assert [move.known["code"] for move in cure.steps[1:]] == ["doctor", "pills"]
    assert all(move.known["shown_to_person"] for move in cure.steps[1:])


def test_vc_a3_7_4_a_flight_is_booked_after_the_window_and_the_birth_is_not_told():
    cure = why(told.told(*TO_BOOK, PregnancyRecorded(due_on="2026-03-20")), "book_removal")
    assert cure.found
    assert cure.steps == ()
    assert moment(cure.step.tried["departs_at"]) >= moment("2026-05-02T00:00")
    assert cure.step.known["departs_at"] == "…"


def test_a_flight_is_booked_from_the_day_that_the_document_on_record_is_valid():
    coming = msgspec.structs.replace(told.PASSPORT, valid_from=date(2026, 4, 1))
    cure = why(told.told(*FORCED, coming), "book_removal")
    assert (cure.found, cure.steps) == (True, ())
    assert moment(cure.step.tried["departs_at"]) == moment("2026-04-01T00:00")


def test_vw_59_6_a_maximum_that_is_reached_is_not_got_around():
    detained = DetentionReported(article=Article.A59, since=date(2025, 6, 1), by="AVIM")
    cure = why(told.told(*FORCED, detained), "extend_detention")
    assert not cure.found
    assert cure.steps == ()
    assert "N16" in codes(cure)
    assert cure.stands[0].by
    assert (cure.stands[0].by.step, cure.stands[0].by.known) == ("lift_detention", {"cause": "max_reached"})


def test_nobody_is_detained_in_order_to_extend_or_lift_a_detention():
    for name in ("extend_detention", "lift_detention"):
        cure = why(told.told(*FORCED), name)
        assert names(cure) == ["report_detention"]
        assert cure.steps[0].when


def test_no_exception_takes_the_place_of_an_offer():
    cure = why(told.told(*told.without(READY, VoluntaryDepartureOffered)), "propose_forced_track")
    assert names(cure) == ["offer_voluntary_departure"]
    assert "exception" not in cure.step.tried


# ------------------------------------------------------------------ what was given stays


def test_an_attempt_that_was_named_stays_the_one_that_is_asked_about():
    late = why(told.told(*BOOKED), "hand_over", at="2026-03-06T09:00", attempt="R1")
    assert not late.found
    assert late.step.known["attempt"] == "R1"
    assert "N57" in codes(late)


def test_where_several_would_do_none_is_chosen():
    case = told.told(*MOTIVATION, hold(HoldKind.MORATORIUM, "one"), hold(HoldKind.MORATORIUM, "two"))
    assert why(case, "lift_hold").step.known["hold"] == "…"
    assert why(case, "lift_hold", hold="two").step.known["hold"] == "two"
    assert why(told.told(*MOTIVATION, hold(HoldKind.MORATORIUM, "one")), "lift_hold").step.known["hold"] == "one"


def test_an_attempt_that_nobody_knows_is_booked_under_its_own_name():
    cure = why(told.told(*TO_BOOK), "complete_precheck", attempt="R7")
    assert cure.found
    assert cure.steps[0].known["attempt"] == "R7"


def test_what_the_step_itself_lacks_is_not_answered_by_another_step():
    ready = told.told(*BOOKED, CHECKED, told.NOTIFIED, told.checked("2026-03-06T08:00"))
    cure = why(ready, "hand_over", at="2026-03-06T09:00", monitor_notified=False)
    assert (cure.found, cure.steps, codes(cure)) == (False, (), ["N58"])


def test_n12_who_proposed_does_not_approve_and_somebody_else_does():
    case = told.told(*READY, told.PROPOSED)
    assert why(case, "approve_forced_track").found
    assert codes(why(case, "approve_forced_track", actor="RV-07")) == ["N12"]
    assert codes(why(told.told(*FORCED), "close_other", actor="TL-02", evidence="x")) == ["N12"]


# ------------------------------------------------------------------ the exact next step of one refusal


def refusal(case: DepartureCase, name: str, code: str, **given: Any) -> list[Move]:
    row, context = STEPS[name], neutral(STEPS[name], moment(NOW))
    (unmet,) = [one.verdict for one in judge(case, row, given, context)[0] if one.verdict.code == code and not one.verdict.met]
    return next_steps(case, row, given, context, unmet)


def test_a_refusal_on_holds_names_each_of_them():
    case = told.told(*MOTIVATION, hold(HoldKind.MORATORIUM, "stop"), hold(HoldKind.TRAFFICKING_SIGNAL, "signal"))
    said = refusal(case, "propose_forced_track", "N03")
    assert [(move.step, move.known, move.second) for move in said] == [
        ("lift_hold", {"hold": "stop"}, False), ("lift_hold", {"hold": "signal"}, True)
    ]  # fmt: skip


def test_a_refusal_that_the_step_itself_would_meet_names_the_step_filled_in():
    (said,) = refusal(told.told(*BOOKED), "serve_removal_notice", "N11", attempt="R1", to=["person"])
    assert (said.step, said.known["attempt"], said.known["to"]) == ("serve_removal_notice", "R1", ["person", "lawyer"])


def test_an_exception_that_a_rule_knows_is_told_to_its_reader_and_never_taken():
    case = told.told(*MOTIVATION, born="2010-01-01")
    itself, supervision = refusal(case, "order_detention", "N66", article="59")
    assert (itself.step, itself.known["minor_exception"], supervision.step) == ("order_detention", "…", "impose_supervision")
    cure = why(case, "order_detention", article="59")
    assert (cure.found, cure.steps, codes(cure)) == (False, (), ["N66"])
    assert "minor_exception" not in cure.step.tried


def test_a_refusal_that_only_time_ends_names_no_step():
    case = told.told(*MOTIVATION[:1], told.decision_of("2026-02-20"), *MOTIVATION[2:])
    assert refusal(case, "propose_forced_track", "N02") == []


@pytest.mark.parametrize("code", sorted(RULES))
def test_a_cure_that_a_rule_names_can_be_typed(code):
    """Each part is a step with options of its own, the same step with options, a command, or plain words."""
    for part in RULES[code].lifts.split(", "):
        name, *rest = part.removeprefix("or ").split()
        options = re.findall(r"--([a-z-]+)", part)
        if name in STEPS:
            assert {o.replace("-", "_") for o in options} <= {*STEPS[name].step.__struct_fields__, "second"}
            assert not rest or rest[0].startswith("--")
        else:
            assert part.startswith(("the same step with --", "dtv ")) or not options


def test_every_hold_ends_on_a_basis_of_its_own_kind():
    assert set(BASIS) == set(HoldKind)
    assert all(said.en and said.nl for said in BASIS.values())


# ------------------------------------------------------------------ in every life of a case

DECISIONS = tuple(name for name, row in STEPS.items() if row.kind is Kind.DECISION)
CLOSING = {step_name(row.step) for row in TABLE if row.to is Phase.CLOSED}
FORBIDDEN = CLOSING | {
    "lift_hold", "assess_opportunity", "lapse_voluntary_departure", "correct", "establish_minority", "order_detention",
    "extend_detention",
}  # fmt: skip
"""Written here once more: what a cure may never hold."""


def searched_for(lived: list[Issued], name: str) -> tuple[Life, Cure]:
    """A life, with its clock at the last thing known, and what would do for a step."""
    life = live(*lived)
    life.now = max([life.now, *(record.recorded_at for record in life.records)])
    before = copy.deepcopy(life.case)
    cure = cures(life.case, STEPS[name], {}, neutral(STEPS[name], life.now))
    assert life.case == before, "looking changed the case"
    return life, cure


def taken(life: Life, moves: list[Move], last: Move | None = None) -> list[bool]:
    """Take the steps in a copy of a life, each by another person, and say which were accepted without an incident."""
    life, accepted = copy.deepcopy(life), []
    for move in [*moves, *([last] if last else [])]:
        actor = ANYONE if move is last else f"by-{move.step}"
        outcome = life.take(Issued(move.step, move.tried, actor=actor, second="TL-02" if move.second else None))
        accepted.append(outcome.accepted and not (outcome.decision and outcome.decision.incidents))
    return accepted


def sound_and_least(life: Life, cure: Cure) -> None:
    """What is said of a cure holds: its steps can be taken, are enough, and none can be left out; nothing forbidden is in it."""
    assert len(cure.steps) <= MOST
    assert not FORBIDDEN & {move.step for move in cure.steps}
    for move in cure.steps:
        assert move.when or not move.fact
        assert not {"exception", "early_contact_reason", "minor_exception", "family_exception"} & set(move.tried)
        assert move.tried.get("available") is not False
    assert all(taken(life, list(cure.steps)))
    assert cure.found != bool(cure.stands)
    if cure.found:
        assert taken(life, list(cure.steps), cure.step)[-1]
        for n in range(len(cure.steps)):
            fewer = [*cure.steps[:n], *cure.steps[n + 1 :]]
            assert not taken(life, fewer, cure.step)[-1], f"{cure.steps[n].step} can be left out"
    else:
        assert not taken(life, list(cure.steps), cure.step)[-1]


@settings(max_examples=150)
@given(any_life(), st.sampled_from(DECISIONS))
def test_what_is_found_is_enough_and_nothing_of_it_can_be_left_out(lived, name):
    life, cure = searched_for(lived, name)
    if life.case.phase is not Phase.UNOPENED:
        sound_and_least(life, cure)


TRACKED = ("propose_forced_track", "approve_forced_track", "book_removal", "hand_over", "order_detention", "extend_detention")


NEAR = st.lists(st.one_of(ON_THE_TRACK, IN_CUSTODY), max_size=6)


@given(st.sampled_from((UNOFFERED, TO_FORCED)), NEAR, st.sampled_from(TRACKED))
def test_on_the_way_to_force_what_is_found_is_enough_and_the_least(begun, lived, name):
    sound_and_least(*searched_for([*begun, *lived], name))


@settings(max_examples=40)
@given(any_life(), st.sampled_from(DECISIONS))
def test_the_same_question_gets_the_same_answer(lived, name):
    assert searched_for(lived, name)[1] == searched_for(lived, name)[1]


def test_a_step_that_can_be_done_without_is_left_out():
    case = told.told(*told.without(READY, VoluntaryDepartureOffered))
    search = searched._Search(case, STEPS["propose_forced_track"], {}, neutral(STEPS["propose_forced_track"], moment(NOW)))
    (offer,) = search.look(case).moves.values()
    twice = searched.taken_on(searched.taken_on(case, offer.asked), offer.asked)
    assert search.least(searched._Node(twice, (offer, offer), search.look(twice))).taken == (offer,)


def test_nothing_forbidden_is_left_out_of_the_list():
    assert FORBIDDEN <= NEVER


def test_the_worst_case_is_answered_within_a_second():
    """A minor with a family, a stale check, no interview, no offer and ten obstacles that nobody looked at."""
    reported = [ObstacleReported(obstacle=f"B{n}", category=ObstacleCategory.OTHER) for n in range(10)]
    linked = FamilyLinked(cases=("01AB",), assessed=False)
    bare = told.without(MOTIVATION, InterviewHeld)
    case = told.told(*bare, linked, *reported, born="2010-01-01")
    for name in ("propose_forced_track", "approve_forced_track", "book_removal", "hand_over"):
        began = time.process_time()
        assert not why(case, name, at="2026-06-02T10:00").found
        assert time.process_time() - began < 1
