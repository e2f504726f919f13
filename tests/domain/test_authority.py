"""Who may ask, and when: the rules that hold for every step, whatever its chapter."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import CloseOther
from dtv_workflow.domain.chapters.custody import ReportDetention
from dtv_workflow.domain.chapters.forced_departure import AbandonForcedTrack, ApproveForcedTrack, ProposeForcedTrack
from dtv_workflow.domain.chapters.intake import AdoptPlan, OpenCase, RecordRemovability, Subject
from dtv_workflow.domain.chapters.voluntary_departure import ExpressWishToLeave
from dtv_workflow.domain.decide import decide, witness
from dtv_workflow.domain.law.rules import refusals
from dtv_workflow.domain.vocabulary import (
    AbandonCause,
    Article,
    EntryChannel,
    HandoverAuthority,
    Kind,
    OtherCause,
    RemovabilityAnswer,
    Role,
    Strategy,
    WishReporter,
)
from dtv_workflow.domain.workflow import TABLE
from tests.domain.told import PROPOSED, READY, asked, checked, context, decided, decision_of, moment, names, told

PLAN = AdoptPlan(strategy=Strategy.VOLUNTARY)
PROPOSE = ProposeForcedTrack(grounds=("x",), proportionality="y")
WISH = ExpressWishToLeave(reported_by=WishReporter.PERSON)


def test_gdpr_22_the_system_decides_nothing_and_that_is_all_it_is_told():
    assert asked(told(), PLAN, role=Role.SYSTEM) == ["N33"]
    assert asked(told(), PROPOSE, role=Role.SYSTEM) == ["N33"]
    assert asked(told(), WISH, role=Role.SYSTEM) == []


@pytest.mark.parametrize("row", [row for row in TABLE if row.kind is Kind.DECISION], ids=lambda row: row.step.__name__)
def test_auditor_analyst_privacy_officer_and_system_decide_on_no_case(row):
    assert not {Role.AUDITOR, Role.ANALYST, Role.PRIVACY_OFFICER, Role.SYSTEM} & set(row.roles)


@pytest.mark.parametrize("row", [row for row in TABLE if row.kind is Kind.FACT], ids=lambda row: row.step.__name__)
def test_facts_are_accepted_from_every_role(row):
    assert set(row.roles) == set(Role)


def test_n48_a_wrong_role_is_named_with_the_other_obstacles():
    assert asked(told(*READY, decision_of("2026-02-20")), PROPOSE, role=Role.ANALYST) == ["N48", "N02"]
    assert asked(told(), PLAN, role=Role.TEAM_LEADER) == []


def test_n48_a_role_that_was_never_granted_is_a_wrong_role():
    assert asked(told(), PLAN, role_granted=False) == ["N48"]


def test_n61_where_a_phase_has_no_such_step_that_is_the_only_answer():
    said = decided(told(), AbandonForcedTrack(cause=AbandonCause.HOLD), role=Role.ANALYST)
    assert said.refused == ["N61"]
    assert "forced_departure" in said.receipt.verdicts[0].is_.en
    assert "gedwongen vertrek" in said.receipt.verdicts[0].is_.nl


def test_n61_nothing_but_the_opening_is_possible_before_a_case_is_open():
    assert asked(DepartureCase(), PLAN) == ["N61"]
    assert witness(DepartureCase(), WISH, context(WISH)).events == ()


@pytest.mark.parametrize(("on", "codes"), [("2026-01-05T09:59:59", ["N32"]), ("2026-01-05T10:00:00", [])])
def test_n32_nothing_happens_in_a_case_before_it_was_opened(on, codes):
    assert asked(told(), PLAN, at=on, recorded_at="2026-01-05T10:05") == codes
    assert asked(told(), WISH, at=on, recorded_at="2026-01-05T10:05") == codes


def test_n32_an_opening_stands_before_no_opening():
    opening = OpenCase(
        subject=Subject(name="Samira Testpersoon", citizenship="XX"),
        handover_authority=HandoverAuthority.KMAR,
        entry_channel=EntryChannel.FILE,
    )
    assert asked(DepartureCase(), opening, at="2020-01-01T10:00") == []


@pytest.mark.parametrize(("recorded_at", "codes"), [("2026-03-02T10:15:00", []), ("2026-03-02T10:15:01", ["N04"])])
def test_a_decision_recorded_more_than_15_minutes_late_is_tested_against_both_times(recorded_at, codes):
    """The answer was fresh when the decision was taken and stale when it was recorded."""
    assert asked(told(*READY, checked("2026-02-23T10:05")), PROPOSE, recorded_at=recorded_at) == codes


def test_a_decision_recorded_late_is_refused_by_what_stood_in_the_way_when_it_was_taken():
    inside_the_term = told(*READY, decision_of("2026-02-03"), checked("2026-03-03T12:00"))
    assert asked(inside_the_term, PROPOSE, at="2026-03-03T23:50", recorded_at="2026-03-04T00:20") == ["N02"]
    assert asked(inside_the_term, PROPOSE, at="2026-03-04T00:00", recorded_at="2026-03-04T00:20") == []


def test_a_fact_recorded_late_is_judged_at_its_own_time_alone():
    said = RecordRemovability(answer=RemovabilityAnswer.REMOVABLE, checked_at=moment("2026-01-06T09:00"))
    assert names(told(), said, at="2026-01-06T10:00", recorded_at="2026-03-02T10:00") == ["RemovabilityChecked"]


def test_every_step_is_judged_by_the_law_of_its_own_day():
    assert decided(told(), PLAN).receipt.ruleset == "nl-2017-05+nl-2020-10+nl-2022-11"
    early = told(opened="2019-01-05T10:00")
    assert decided(early, PLAN, at="2020-09-30T23:59").receipt.ruleset == "nl-2017-05"
    assert decided(early, PLAN, at="2020-10-01T00:00").receipt.ruleset == "nl-2017-05+nl-2020-10"


def test_a_refusal_gives_no_event_and_names_its_receipt():
    refused = decide(told(), PROPOSE, context(PROPOSE, role=Role.SUPERVISOR))
    assert (refused.events, refused.refused) == ((), ["N61"])
    assert refused.receipt.hash


def test_awb_10_3_nobody_approves_their_own_proposal_under_another_name_of_the_same_account():
    case = told(*READY, PROPOSED)
    assert asked(case, ApproveForcedTrack(), actor="TL-98", also=("RV-07", "ILC-01")) == ["N12"]
    assert asked(case, ApproveForcedTrack(), actor="TL-98", also=("ILC-01",)) == []
    assert asked(case, ApproveForcedTrack(), actor="RV-07") == ["N12"]


def test_n12_an_approval_is_met_by_another_actor_and_what_two_must_decide_by_a_second():
    approval = decided(told(*READY, PROPOSED), ApproveForcedTrack(), actor="RV-07").receipt
    assert [said.lifts for said in refusals(approval)] == ["the same step with --as ACTOR"]
    assert asked(told(*READY, PROPOSED), ApproveForcedTrack(), actor="RV-07", second="TL-02") == ["N12"]
    closing = decided(told(*READY), CloseOther(cause=OtherCause.DUPLICATE, evidence="case B")).receipt
    assert [said.lifts for said in refusals(closing, "nl")] == ["the same step with --second ACTOR"]


def test_n12_a_receipt_keeps_the_other_names_of_the_account_where_there_are_any():
    case = told(*READY, PROPOSED)
    assert decided(case, ApproveForcedTrack(), actor="TL-98", also=("RV-07",)).receipt.besides == {"also": ("RV-07",)}
    assert decided(case, ApproveForcedTrack(), actor="TL-98").receipt.besides == {}


def test_a_fact_asks_for_no_granted_role():
    assert asked(told(), WISH, role_granted=False) == []


def test_n32_is_not_asked_of_an_opening():
    opening = OpenCase(
        subject=Subject(name="Samira Testpersoon", citizenship="XX"),
        handover_authority=HandoverAuthority.KMAR,
        entry_channel=EntryChannel.FILE,
    )
    assert [verdict.guard for verdict in decided(DepartureCase(), opening).receipt.verdicts] == ["another_case_is_open"]
    [verdict] = decided(told(), opening).receipt.verdicts
    assert verdict.is_.en == "the case is in intake; possible in the opening of a case"


def test_a_fact_recorded_late_is_judged_by_the_days_of_its_own_time():
    told_late = ReportDetention(article=Article.A59, since="2026-01-10", by="AVIM")
    assert asked(told(), told_late, at="2026-07-08T10:00", recorded_at="2026-07-12T10:00") == []
    assert asked(told(), told_late, at="2026-07-12T10:00") == ["N15"]


def test_a_decision_recorded_late_names_each_obstacle_once_and_what_is_met_once():
    late = decided(told(*READY, decision_of("2026-02-20")), PROPOSE, at="2026-03-02T10:00", recorded_at="2026-03-02T10:30")
    asked_once = [verdict.guard for verdict in late.receipt.verdicts]
    assert len(asked_once) == len(set(asked_once))
    assert late.refused == ["N02"]
