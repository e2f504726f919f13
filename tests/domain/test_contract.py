"""The table against the contract, line by line: kind, phases, roles, the codes that may stand in the way, and what is emitted.

What scripts, partners and other people's tests rely on. The steps that came after the contract stand in a table of their own,
written out by hand as well. A line here changes only when the contract does, or when a rule comes on top of it: N19 and N66
stand on detention, where the contract's own fields meet neither for an adult without a family; on a correction stand the rules
of what it would bring about; a booking asks N05, N06 and N29 as the forced track did, and a handover asks all of the booking's
again, where an ordinary call meets them as it did before.
"""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.family import InformGuardian
from dtv_workflow.domain.chapters.guidance import RecordCooperation
from dtv_workflow.domain.chapters.intake import RecordReportMissed
from dtv_workflow.domain.chapters.travel_document import RecordDublinAcceptance
from dtv_workflow.domain.chapters.voluntary_departure import GrantSupport, RequestSupport
from dtv_workflow.domain.steps import step_name
from dtv_workflow.domain.vocabulary import Cooperation, Phase, Role, SupportProvider
from dtv_workflow.domain.workflow import STEPS, TABLE, WORKFLOW, decisions, possible, row_for
from tests.domain.told import names, told

PHASES = {"-": "unopened", "i": "intake", "m": "motivation", "v": "voluntary_departure", "f": "forced_departure", "c": "closed"}
ROLES = {
    "i": "intake_officer", "s": "supervisor team_leader", "t": "team_leader", "d": "designated_officer",
    "r": "intake_officer team_leader", "l": "designated_officer supervisor team_leader",
    "w": "supervisor team_leader designated_officer intake_officer",
    "*": " ".join(role.value for role in Role),
}

CANCELLED = "RemovalAttemptCancelled"

# step, from > to, roles, codes, events
TABLE_OF_THE_CONTRACT = """
open_case                   -     > i  i  N36                             CaseOpened SubjectRegistered
return_handover_file        i     >    i  -                               HandoverFileReturned
assign_supervisor           imvf  >    t  N37                             SupervisorAssigned
record_return_decision      imvfc >    *  N27 N02                           ReturnDecisionRecorded HoldPlaced CANCELLED
record_removability         imvfc >    *  -                               RemovabilityChecked
screen_vulnerability        imvf  >    s  -                               VulnerabilityScreened HoldPlaced CANCELLED
establish_minority          imvfc >    *  -                               MinorStatusEstablished
establish_reception         imvfc >    *  N05                             ReceptionEstablished
inform_guardian             imvfc >    *  -                               GuardianInformed
record_medical_advice       imvfc >    *  -                               BmaAdviceReceived
fulfil_travel_condition     imvfc >    *  -                               TravelConditionFulfilled
record_pregnancy            imvfc >    *  -                               PregnancyRecorded
record_dublin_acceptance    imvfc >    *  -                               DublinAcceptanceRecorded
record_report_missed        imvfc >    *  -                               ReportingMissed
record_court_notified       imvfc >    *  -                               CourtNotified
link_family                 imvf  >    s  -                               FamilyLinked
adopt_plan                  imvf  >    s  -                               DeparturePlanAdopted
complete_intake             i     > m  s  N38                             IntakeCompleted
record_interview            imvf  >    s  N39                             InterviewHeld
record_cooperation          imvf  >    s  -                               CooperationObserved
report_obstacle             imvf  >    s  -                               ObstacleReported
review_obstacle             imvf  >    s  N40                             ObstacleReviewed
resolve_obstacle            imvf  >    s  N40                             ObstacleResolved
offer_voluntary_departure   imf   >    s  -                               VoluntaryDepartureOffered
express_wish_to_leave       imvfc >    *  -                               WishToLeaveExpressed
assess_opportunity          imvf  >    s  N41 N12                         OpportunityAssessed OpportunityDeclined
request_support             imvf  >    s  -                               SupportRequested
grant_support               imvfc >    *  -                               SupportGranted
choose_voluntary_departure  imf   > v  s  N42  VoluntaryDepartureChosen ForcedTrackSuspended DetentionLifted CANCELLED
issue_ticket                v     >    s  -                               TicketIssued
lapse_voluntary_departure   v     > m  s  N43 N44                         VoluntaryDepartureLapsed
propose_forced_track        m     >    s  N01 N02 N03 N04 N05 N06 N29 N45 N46          ForcedTrackProposed
approve_forced_track        m     > f  t  N47 N12 N01 N02 N03 N04 N05 N06 N29 N45 N46  ForcedTrackApproved ForcedTrackStarted
abandon_forced_track        f     > m  s  N24                             ForcedTrackAbandoned CANCELLED
place_hold                  imvfc >    *  N03                             HoldPlaced CANCELLED
lift_hold                   imvf  >    s  N49 N31 N12                     HoldLifted
impose_supervision          imvf  >    d  N50                             SupervisionMeasureImposed
order_detention             imf   >    d  N13 N14 N51 N15 N17 N18 N52 N64 N19 N66 DetentionOrdered
report_detention            imvfc >    *  N15 N17 N18 N52 N64 N19 N66     DetentionReported
extend_detention            imvf  >    d  N53 N16 N15 N12 N19             DetentionExtended
lift_detention              imvfc >    l  N53                             DetentionLifted
record_court_decision       imvfc >    *  N03 CourtDecisionReceived DetentionLifted HoldPlaced CANCELLED
order_laissez_passer        imvf  >    s  N20 N21 N54                     LaissezPasserOrdered
record_presentation         imvfc >    *  -                               PresentationOutcomeRecorded
record_travel_document      imvfc >    *  -                               TravelDocumentReceived
book_removal                f     >    s  N63 N03 N02 N04 N05 N06 N07 N08 N09 N18 N29 RemovalBooked
complete_precheck           f     >    s  N63 N55 N56                     PreDepartureCheckCompleted
serve_removal_notice        f     >    s  N63 N10 N11 N06                 RemovalNoticeServed
hand_over                   f     >    s  N63 N57 N10 N03 N02 N04 N05 N06 N07 N08 N09 N18 N29 N58 HandedOverToKmar
cancel_removal              imvfc >    *  N63                             CANCELLED
confirm_supervised_departure imvfc > c *  N65 N23                         DepartureConfirmed CANCELLED CaseClosed
confirm_removal             imvfc > c  *  N65 N03 N02 N10 N63 N59 N23     RemovalCompleted CANCELLED CaseClosed
confirm_dublin_transfer     imvfc > c  *  N65 N03 N28 N23                 DublinTransferCompleted CANCELLED CaseClosed
close_unsupervised          imvf  > c  s  N22 N24 N25                     DepartedUnsupervised CANCELLED CaseClosed
record_residence            imvfc > c  *  N65                             ResidenceGranted CANCELLED CaseClosed
close_other                 imvf  > c  t  N22 N24 N12                     CANCELLED CaseClosed
reopen_case                 c     > i  r  N26 N36                         CaseReopened
correct                     imvfc >    s  N60 N32 N23 N31 N12 N36         CorrectionRecorded
disclose                    imvfc >    *  -                               DisclosureLogged
"""

# What the timers wait for, what partners report, and the tasks that both leave: none of it stands in the contract.
ADDED = """
record_application          imvfc >    *  N03                             ApplicationReceived HoldPlaced CANCELLED
record_art64_application    imvfc >    *  N03                             Art64Applied HoldPlaced CANCELLED
record_art64_decision       imvfc >    *  -                               Art64Granted Art64Refused HoldPlaced CANCELLED
record_report_made          imvfc >    *  -                               ReportMade
record_address_check        imvfc >    *  -                               AddressChecked
lift_supervision            imvf  >    l  N71                             SupervisionMeasureLifted
record_detention_transfer   imvfc >    *  -                               DetentionTransferred
record_appeal               imvfc >    *  N03                             AppealFiled HoldPlaced CANCELLED
record_court_hearing        imvfc >    *  -                               CourtHearingHeld
record_progress_report      imvfc >    *  -                               ProgressReportSent
plan_presentation           imvf  >    s  N20                             PresentationPlanned
record_presentability       imvfc >    *  -                               PresentabilityChecked
record_transfer_announced   imvfc >    *  N63                             TransferAnnounced
pick_up_task                imvfc >    w  N67 N68                         TaskPickedUp
complete_task               imvfc >    w  N67 N68 N69                     TaskDone
report_unread_message       imvfc >    *  N03                 MessageNotUnderstood HoldPlaced CANCELLED TaskRaised
flag_message                imvfc >    *  -                               MessageFlagged TaskRaised
"""


def line(text: str) -> dict[str, object]:
    before, after = text.split(">")
    name, phases = before.split()
    words = after.split()
    to = words.pop(0) if words[0] in PHASES and words[1] in ROLES else None
    roles, rest = words[0], words[1:]
    return {
        "step": name,
        "phases": [PHASES[p] for p in phases],
        "to": PHASES[to] if to else None,
        "roles": set(ROLES[roles].split()),
        "codes": {w for w in rest if w[0] == "N" and w[1:].isdigit()},
        "events": {CANCELLED if w == "CANCELLED" else w for w in rest if w != "-" and not w[1:].isdigit()},
    }


def table(text: str) -> dict[object, dict[str, object]]:
    return {said["step"]: said for said in map(line, text.strip().splitlines())}


CONTRACT, BESIDES = table(TABLE_OF_THE_CONTRACT), table(ADDED)


def test_the_table_has_the_steps_of_the_contract_those_added_to_it_and_no_other():
    assert len(CONTRACT) == 59
    assert set(CONTRACT) & set(BESIDES) == set()
    assert set(STEPS) == set(CONTRACT) | set(BESIDES)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: step_name(row.step))
def test_a_row_is_as_the_contract_has_it(row):
    assert {
        "step": step_name(row.step),
        "phases": [phase.value for phase in row.phases],
        "to": row.to.value if row.to else None,
        "roles": {role.value for role in row.roles},
        "codes": {guard.rule.code for guard in row.guards},
        "events": {event.__name__ for event in row.emitted},
    } == (CONTRACT | BESIDES)[step_name(row.step)]


@pytest.mark.parametrize("phase", list(Phase))
def test_the_map_has_a_step_where_the_table_has_it(phase):
    assert possible(phase) == [name for name, row in STEPS.items() if phase in row.phases]
    assert set(decisions(phase)) <= set(possible(phase))
    for row in TABLE:
        assert (row_for(row.step, phase) == row) is (phase in row.phases)


def test_the_map_holds_no_model_that_could_be_moved():
    assert WORKFLOW.models == []


@pytest.mark.parametrize(("step", "event"), [
    (RecordReportMissed(count=2), "ReportingMissed"),
    (RecordCooperation(level=Cooperation.COOPERATES), "CooperationObserved"),
    (RequestSupport(provider=SupportProvider.IOM, programme="REAN"), "SupportRequested"),
    (InformGuardian(guardian="Nidos", how="letter"), "GuardianInformed"),
    (GrantSupport(provider=SupportProvider.IOM, programme="REAN", cash_cents=20_000), "SupportGranted"),
    (
        RecordDublinAcceptance(member_state="DE", accepted_on=date(2026, 2, 1), latest_transfer_on=date(2026, 8, 1)),
        "DublinAcceptanceRecorded",
    ),
])
def test_a_step_without_guards_is_recorded_as_its_event(step, event):
    assert names(told(), step) == [event]
