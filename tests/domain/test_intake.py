"""Intake: the opening, the file, the supervisor, the decision with its term, and what motivation begins with."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

import pytest

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import RemovalCompleted
from dtv_workflow.domain.chapters.family import MinorStatusEstablished
from dtv_workflow.domain.chapters.forced_departure import ProposeForcedTrack
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced
from dtv_workflow.domain.chapters.intake import (
    AdoptPlan,
    AssignSupervisor,
    Checklist,
    CompleteIntake,
    DeparturePlanAdopted,
    OpenCase,
    RecordReturnDecision,
    RemovabilityChecked,
    ReturnDecisionRecorded,
    ReturnHandoverFile,
    ScreenVulnerability,
    Subject,
    SupervisorAssigned,
    VulnerabilityScreened,
)
from dtv_workflow.domain.chapters.medical import BmaAdviceReceived
from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.vocabulary import (
    ChecklistAnswer,
    DecisionKind,
    EntryChannel,
    HandoverAuthority,
    HoldKind,
    Phase,
    Role,
    Strategy,
)
from tests.domain.told import FORCED, INTAKE, MOTIVATION, READY, asked, booked, decided, moment, names, told, without

OPEN = OpenCase(
    subject=Subject(name="Samira Testpersoon", citizenship="MA", v_number="1234567890"),
    handover_authority=HandoverAuthority.IND,
    entry_channel=EntryChannel.BVV,
)
BANNED = RecordReturnDecision(
    kind=DecisionKind.RETURN,
    decided_on=date(2026, 2, 1),
    served_on=date(2026, 2, 1),
    language="ar",
    term_days=28,
    entry_ban_years=2,
)


def decision(term_days: int = 28, **more) -> RecordReturnDecision:
    day = date(2026, 3, 2)
    said = {"kind": DecisionKind.RETURN, "decided_on": day, "served_on": day, "language": "ar"}
    return RecordReturnDecision(term_days=term_days, **cast(Any, said | more))


def test_n36_a_person_with_another_open_case_gets_no_second_one():
    assert asked(DepartureCase(), OPEN, other_open_case="01OTHER") == ["N36"]
    assert names(DepartureCase(), OPEN) == ["CaseOpened", "SubjectRegistered"]


def test_t01_a_case_is_opened_once():
    assert asked(told(), OPEN) == ["N61"]


def test_t02_a_handover_file_is_returned_in_intake_only():
    assert names(told(), ReturnHandoverFile(gaps=("photo",))) == ["HandoverFileReturned"]
    assert asked(told(*MOTIVATION), ReturnHandoverFile(gaps=("photo",))) == ["N61"]


def test_n37_a_minor_gets_a_special_supervisor():
    minor = told(MinorStatusEstablished(minor=True, unaccompanied=False))
    assert asked(minor, AssignSupervisor(supervisor="RV-07")) == ["N37"]
    assert asked(minor, AssignSupervisor(supervisor="RV-07", special=True)) == []
    assert asked(told(), AssignSupervisor(supervisor="RV-07")) == []


@pytest.mark.parametrize("medical", [
    BmaAdviceReceived(fit=True),
    VulnerabilityScreened(checklist={"medical": ChecklistAnswer.YES}),
    HoldPlaced(hold="H1", hold_kind=HoldKind.ART64_PENDING),
    HoldPlaced(hold="H1", hold_kind=HoldKind.TUBERCULOSIS),
])
def test_n37_a_medical_case_gets_a_special_supervisor(medical):
    assert asked(told(medical), AssignSupervisor(supervisor="RV-07")) == ["N37"]
    assert asked(told(medical), AssignSupervisor(supervisor="RV-07", special=True)) == []


def test_n37_other_markers_and_holds_do_not_make_a_case_medical():
    screened = VulnerabilityScreened(checklist={"trafficking": ChecklistAnswer.YES})
    case = told(screened, HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM))
    assert asked(case, AssignSupervisor(supervisor="RV-07")) == []


def test_vb_6_5_2_an_entry_ban_for_a_minor_is_recorded_with_its_incident():
    assert asked(told(born="2010-03-01"), BANNED) == ["N27"]
    assert asked(told(), BANNED) == []
    assert asked(told(born="2010-03-01"), decision()) == []


@pytest.mark.parametrize(("born", "incidents"), [("2008-02-02", ["N27"]), ("2008-02-01", [])])
def test_bw_1_233_minority_ends_at_the_start_of_the_eighteenth_birthday(born, incidents):
    assert asked(told(born=born), BANNED) == incidents


@pytest.mark.parametrize("on", ["2026-02-01T12:00", "2026-03-02T10:00", "2027-03-02T10:00"])
def test_vb_6_5_2_f_a_ban_decided_at_seventeen_is_one_on_a_minor_whenever_it_is_recorded(on):
    assert asked(told(born="2008-02-15"), BANNED, at=on) == ["N27"]
    assert asked(told(born="2008-01-15"), BANNED, at=on) == []


GONE = RemovalCompleted(departed_at=moment("2026-03-06T12:00"), destination="MA", proof="m100")


@pytest.mark.parametrize(("days", "incidents"), [(28, ["N02"]), (7, [])], ids=["ran", "over"])
def test_vw_62_1_a_term_that_ran_at_a_removal_and_is_told_afterwards_is_an_incident(days, incidents):
    on = date(2026, 2, 20)
    step = RecordReturnDecision(kind=DecisionKind.RETURN, decided_on=on, served_on=on, language="ar", term_days=days)
    case = told(*FORCED, ("2026-03-06T18:00", GONE))
    assert asked(case, step, at="2026-02-21T09:00", recorded_at="2026-03-09T10:00") == incidents
    assert asked(told(*FORCED), step, at="2026-02-21T09:00", recorded_at="2026-03-09T10:00") == []


@pytest.mark.parametrize("served", ["2026-03-05", "2026-03-08"])
def test_vw_62_1_a_decision_recorded_after_a_removal_at_its_own_time_is_no_incident(served):
    on = date.fromisoformat(served)
    step = RecordReturnDecision(kind=DecisionKind.RETURN, decided_on=on, served_on=on, language="ar", term_days=28)
    assert asked(told(*FORCED, ("2026-03-06T18:00", GONE)), step, at="2026-03-09T10:00") == []


def test_vb_6_5_2_an_entry_ban_during_the_reflection_period_is_recorded_with_its_incident():
    reflecting = HoldPlaced(hold="H1", hold_kind=HoldKind.TRAFFICKING_REFLECTION, until=moment("2026-03-10T00:00"))
    assert asked(told(reflecting), BANNED) == ["N27"]
    assert asked(told(reflecting), BANNED, at="2026-03-10T00:00") == []
    assert asked(told(HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM)), BANNED) == []


@pytest.mark.parametrize("kind", list(HoldKind))
def test_vb_6_5_2_a_and_vw_66a_1_a_signal_of_trafficking_or_article_64_bars_a_ban(kind):
    barred = kind in {HoldKind.TRAFFICKING_SIGNAL, HoldKind.TRAFFICKING_REFLECTION, HoldKind.ART64_GRANTED}
    placed = HoldPlaced(hold="H1", hold_kind=kind)
    assert asked(told(placed), BANNED) == (["N27"] if barred else [])
    assert asked(told(placed, HoldLifted(hold="H1", hold_kind=kind, basis="over")), BANNED) == []
    assert asked(told(placed), decision()) == []


def test_vw_62_a_decision_places_the_hold_of_its_term_until_the_end_of_its_last_day():
    placed = decided(told(), decision()).events[1]
    assert placed == HoldPlaced(
        hold="departure_term_running", hold_kind=HoldKind.DEPARTURE_TERM_RUNNING, until=moment("2026-03-31T00:00")
    )


def test_vw_62_2_a_term_of_no_days_places_no_hold():
    assert names(told(), decision(0, term_reason="risk of absconding")) == ["ReturnDecisionRecorded"]


def test_vw_62_a_new_decision_replaces_the_hold_of_the_earlier_term():
    earlier = HoldPlaced(hold="departure_term_running", hold_kind=HoldKind.DEPARTURE_TERM_RUNNING)
    case = told(earlier, decided(told(), decision(0)).events[0])
    assert case.holds == {}


NEWER = decision(decided_on=date(2026, 2, 20), served_on=date(2026, 2, 20))
OLDER = decision(0, decided_on=date(2025, 6, 1), served_on=date(2025, 6, 1), term_reason="risk of absconding")
OLDER_WITH_A_TERM = decision(3, decided_on=date(2025, 6, 1), served_on=date(2026, 3, 2))


@pytest.mark.parametrize("older", [OLDER, OLDER_WITH_A_TERM], ids=["withheld", "with a term"])
def test_vw_62_1_a_decision_recorded_late_does_not_replace_a_newer_one_nor_its_term(older):
    newer = decided(told(), NEWER).events
    late = decided(told(*newer), older)
    assert [type(event).__name__ for event in late.events] == ["ReturnDecisionRecorded"]
    before, after = told(*newer), told(*newer, *late.events)
    assert (after.decision, after.holds) == (before.decision, before.holds)
    assert after.term_ends() == moment("2026-03-21T00:00")


def test_vw_62_1_force_waits_for_the_term_of_the_newest_decision_whatever_is_recorded_after_it():
    newer = decided(told(), NEWER).events
    late = decided(told(*newer), OLDER).events
    case = told(*without(READY, ReturnDecisionRecorded), *newer, *late)
    assert asked(case, ProposeForcedTrack(grounds=("x",), proportionality="y")) == ["N02"]


def test_vw_62_a_decision_of_the_same_day_replaces_the_earlier_message():
    again = decision(0, decided_on=date(2026, 2, 20), served_on=date(2026, 2, 20), term_reason="individual reasons")
    newer = decided(told(), NEWER).events
    after = told(*newer, *decided(told(*newer), again).events)
    assert (after.decision.term_days, after.holds) == (0, {})


def test_avg_16_a_decision_whose_date_is_corrected_takes_its_place_by_that_date():
    newer = decided(told(), NEWER).events
    late = decided(told(*newer), OLDER).events
    fixed = CorrectionRecorded(event=len(newer) + 3, field="decided_on", value="2026-02-25")
    after = told(*newer, *late, fixed)
    assert (after.decision.decided_on, after.decision.term_days) == (date(2026, 2, 25), 0)


def test_vw_62_a_new_term_cancels_what_was_booked():
    assert names(told(*FORCED, booked()), decision()) == ["ReturnDecisionRecorded", "HoldPlaced", "RemovalAttemptCancelled"]


def test_n38_motivation_begins_when_everything_is_there():
    assert names(told(*INTAKE), CompleteIntake()) == ["IntakeCompleted"]
    assert told(*MOTIVATION).phase is Phase.MOTIVATION


@pytest.mark.parametrize("missing", [
    SupervisorAssigned, ReturnDecisionRecorded, RemovabilityChecked, VulnerabilityScreened, DeparturePlanAdopted,
])
def test_n38_motivation_waits_for_each_of_its_five(missing):
    assert asked(told(*without(INTAKE, missing)), CompleteIntake()) == ["N38"]


def test_n38_names_each_missing_thing_as_an_obstacle_of_its_own():
    verdicts = decided(told(), CompleteIntake()).receipt.verdicts
    assert [v.guard for v in verdicts if not v.met] == [
        "no_supervisor", "no_decision", "no_removability_check", "no_screening", "no_plan",
    ]


def test_n38_early_contact_needs_a_reason_instead_of_a_decision():
    early = told(*without(INTAKE, ReturnDecisionRecorded))
    assert asked(early, CompleteIntake(early_contact_reason="asked for help himself")) == []


@pytest.mark.parametrize(("item", "hold"), [("trafficking", "trafficking_signal"), ("medical", "medical_alert_unresolved")])
def test_vc_b8_3_a_yes_on_trafficking_or_health_places_a_hold_called_by_its_kind(item, hold):
    screened = decided(told(), ScreenVulnerability(checklist=Checklist(**{item: ChecklistAnswer.YES}))).events
    assert screened[1:] == (HoldPlaced(hold=hold, hold_kind=HoldKind(hold)),)


@pytest.mark.parametrize("item", ["pregnancy", "minor", "family", "other"])
def test_a_yes_on_another_item_places_no_hold(item):
    assert names(told(), ScreenVulnerability(checklist=Checklist(**{item: ChecklistAnswer.YES}))) == ["VulnerabilityScreened"]


def test_a_hold_lifted_after_a_screening_comes_back_with_the_next_yes():
    lifted = HoldLifted(hold="trafficking_signal", hold_kind=HoldKind.TRAFFICKING_SIGNAL, basis="police")
    case = told(HoldPlaced(hold="trafficking_signal", hold_kind=HoldKind.TRAFFICKING_SIGNAL), lifted)
    again = decided(case, ScreenVulnerability(checklist=Checklist(trafficking=ChecklistAnswer.YES))).events[1:]
    assert [type(e).__name__ for e in again] == ["HoldPlaced"]


def test_a_plan_is_adopted_in_every_open_phase_by_the_supervisor():
    assert asked(told(*FORCED), AdoptPlan(strategy=Strategy.FORCED)) == []
    assert asked(told(), AdoptPlan(strategy=Strategy.FORCED), role=Role.INTAKE_OFFICER) == ["N48"]
