"""Closing and reopening: what a partner says happened is recorded, with its incident; what we decide needs its reasons."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from dtv_workflow.domain.chapters.closing import (
    CaseClosed,
    CaseReopened,
    Check,
    CloseOther,
    CloseUnsupervised,
    ConfirmDublinTransfer,
    ConfirmRemoval,
    ConfirmSupervisedDeparture,
    DepartureConfirmed,
    DublinTransferCompleted,
    RecordResidence,
    RemovalCompleted,
    ReopenCase,
    ResidenceGranted,
)
from dtv_workflow.domain.chapters.courts import CourtDecisionReceived
from dtv_workflow.domain.chapters.custody import DetentionLifted, DetentionOrdered
from dtv_workflow.domain.chapters.family import FamilyLinked, MinorStatusEstablished, ReceptionEstablished
from dtv_workflow.domain.chapters.forced_departure import ProposeForcedTrack
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced, PlaceHold
from dtv_workflow.domain.chapters.intake import CompleteIntake, RecordReturnDecision, ReturnDecisionRecorded
from dtv_workflow.domain.chapters.removal import HandedOverToKmar
from dtv_workflow.domain.chapters.travel_document import (
    DublinAcceptanceRecorded,
    LaissezPasserOrdered,
    PresentationOutcomeRecorded,
)
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    CourtOutcome,
    DecisionKind,
    DepartureProof,
    HoldKind,
    LiftCause,
    LpPurpose,
    OtherCause,
    Outcome,
    Phase,
    PresentationOutcome,
    ReopenCause,
    Role,
)
from tests.domain.told import (
    BOOKED,
    CHECKED,
    FORCED,
    INTAKE,
    NOTIFIED,
    READY,
    asked,
    booked,
    decided,
    decision_of,
    moment,
    names,
    told,
)

HANDOVER = HandedOverToKmar(attempt="R1", form="M24-A", monitor_notified=True)
HANDED_OVER = (*BOOKED, CHECKED, NOTIFIED, ("2026-03-06T09:30", HANDOVER))
LEFT = moment("2026-03-06T12:10")
AFTER = "2026-03-06T18:00"
CLOSED = CaseClosed(outcome=Outcome.UNSUPERVISED, ended_on=date(2026, 2, 1), age_band=AgeBand.UNKNOWN)
DEPARTED = DepartureConfirmed(departed_at=moment("2026-02-01T12:00"), destination="MA", issuer="IOM", proof=DepartureProof.M100)
DETAINED = DetentionOrdered(
    article=Article.A59, heavy=("3b",), light=("4c",), measures=(), lighter_means={}, prospect="x", place="DCR"
)
LIFTED = DetentionLifted(cause=LiftCause.PURPOSE_GONE, article=Article.A59)


def departure(proof: DepartureProof | None = DepartureProof.M100) -> ConfirmSupervisedDeparture:
    return ConfirmSupervisedDeparture(departed_at=LEFT, destination="MA", issuer="KMar", proof=proof)


def removal(attempt: str | None = "R1", proof: str | None = "m100") -> ConfirmRemoval:
    return ConfirmRemoval(departed_at=LEFT, destination="MA", proof=proof, attempt=attempt)


def transfer(departed_at: str = "2026-03-06T12:10", proof: str | None = "m100") -> ConfirmDublinTransfer:
    return ConfirmDublinTransfer(departed_at=moment(departed_at), member_state="DE", proof=proof)


ACCEPTED = DublinAcceptanceRecorded(member_state="DE", accepted_on=date(2026, 2, 1), latest_transfer_on=date(2026, 3, 29))
AGAIN = CaseReopened(cause=ReopenCause.REAPPEARED, episode=2)


def transferred_at(departed_at: str) -> DublinTransferCompleted:
    return DublinTransferCompleted(departed_at=moment(departed_at), member_state="DE", proof="m100")


UNSUPERVISED = CloseUnsupervised(check=Check(by="AVIM", at=moment("2026-03-01T10:00"), result="not found"))
RESIDENCE = RecordResidence(permit="asylum", granted_on=date(2026, 3, 1))


# ------------------------------------------------------------------ a departure somebody saw


def test_vc_a3_4_7_a_supervised_departure_closes_the_case_on_its_proof():
    assert names(told(*READY), departure(), at=AFTER) == ["DepartureConfirmed", "CaseClosed"]
    assert asked(told(*READY), departure(), at=AFTER) == []


def test_n23_a_departure_without_proof_is_recorded_with_its_incident():
    assert asked(told(*READY), departure(None), at=AFTER) == ["N23"]
    assert asked(told(*HANDED_OVER), removal(proof=None), at=AFTER) == ["N23"]
    assert asked(told(*READY, ACCEPTED), transfer(proof=None), at=AFTER) == ["N23"]


@pytest.mark.parametrize(("step", "incidents"), [
    (departure(), ["N65"]),
    (removal(None), ["N65"]),
    (removal("R9"), ["N65"]),
    (transfer(), ["N65"]),
    (RESIDENCE, ["N65"]),
])
def test_n65_a_closing_fact_on_a_closed_case_leaves_phase_outcome_and_episode(step, incidents):
    closed = told(*READY, ACCEPTED, CLOSED)
    decision = decided(closed, step, at=AFTER)
    assert list(decision.incidents) == incidents
    after = told(*READY, ACCEPTED, CLOSED, *decision.events)
    assert (after.phase, after.outcome, after.episode) == (Phase.CLOSED, Outcome.UNSUPERVISED, 1)


def test_a_departure_cancels_what_was_booked():
    assert names(told(*BOOKED), departure(), at=AFTER) == ["DepartureConfirmed", "RemovalAttemptCancelled", "CaseClosed"]


# ------------------------------------------------------------------ a removal


def test_vc_a3_6_10_a_removal_after_a_handover_closes_the_case():
    for step in (removal(), removal(None)):
        [completed, closed] = decided(told(*HANDED_OVER), step, at=AFTER).events
        assert (completed.attempt, closed.outcome, closed.ended_on) == ("R1", Outcome.FORCED, date(2026, 3, 6))


def test_n59_a_removal_without_handover_or_outside_the_forced_track_is_an_incident():
    assert asked(told(*BOOKED), removal(), at=AFTER) == ["N59"]
    assert asked(told(*FORCED), removal(None), at=AFTER) == ["N59"]
    assert asked(told(*READY), removal(None), at=AFTER) == ["N59"]


def test_n59_of_two_attempts_handed_over_the_message_must_name_one():
    second = (booked("R2"), HandedOverToKmar(attempt="R2", form="M24-A", monitor_notified=True))
    assert asked(told(*HANDED_OVER, *second), removal(None), at=AFTER) == ["N59"]
    assert names(told(*HANDED_OVER, *second), removal("R2"), at=AFTER) == [
        "RemovalCompleted", "RemovalAttemptCancelled", "CaseClosed",
    ]


def test_n63_a_removal_on_an_unknown_attempt_is_an_incident():
    assert asked(told(*HANDED_OVER), removal("R9"), at=AFTER) == ["N63"]


@pytest.mark.parametrize(("until", "incidents"), [("2026-03-06T12:10:00", []), ("2026-03-06T12:10:01", ["N03"]), (None, ["N03"])])
def test_i2_a_removal_while_a_hold_was_open_is_an_incident(until, incidents):
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.APPEAL_SUSPENSIVE, until=moment(until) if until else None)
    assert asked(told(*HANDED_OVER, held), removal(), at=AFTER) == incidents
    assert asked(told(*HANDED_OVER, held, ACCEPTED), transfer(), at=AFTER) == incidents


APPEAL = HoldPlaced(hold="H1", hold_kind=HoldKind.APPEAL_SUSPENSIVE)
NO_APPEAL = HoldLifted(hold="H1", hold_kind=HoldKind.APPEAL_SUSPENSIVE, basis="x")


@pytest.mark.parametrize(("placed", "lifted", "incidents"), [
    ("2026-03-06T10:00:00", "2026-03-06T12:10:00", []),
    ("2026-03-06T10:00:00", "2026-03-06T12:10:01", ["N03"]),
    ("2026-03-06T12:10:00", "2026-03-06T13:00:00", ["N03"]),
    ("2026-03-06T12:10:01", "2026-03-06T13:00:00", []),
])
def test_i2_what_held_at_departure_counts_also_when_it_was_lifted_before_the_message(placed, lifted, incidents):
    since = (*HANDED_OVER, ACCEPTED, (placed, APPEAL), (lifted, NO_APPEAL))
    assert asked(told(*since), removal(), at=AFTER) == incidents
    assert asked(told(*since), transfer(), at=AFTER) == incidents


def test_i2_a_hold_placed_after_the_departure_is_none_of_its_incidents():
    since = (*HANDED_OVER, ACCEPTED, ("2026-03-06T15:00", APPEAL))
    assert asked(told(*since), removal(), at=AFTER) == []
    assert asked(told(*since), transfer(), at=AFTER) == []


@pytest.mark.parametrize(("until", "incidents"), [("2026-03-06T12:10:00", []), ("2026-03-06T12:10:01", ["N02"]), (None, ["N02"])])
def test_vw_62_1_a_removal_while_the_term_ran_is_an_incident_under_n02_only(until, incidents):
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.DEPARTURE_TERM_EXTENDED, until=moment(until) if until else None)
    assert asked(told(*HANDED_OVER, held), removal(), at=AFTER) == incidents
    assert asked(told(*HANDED_OVER, held, ACCEPTED), transfer(), at=AFTER) == []


@pytest.mark.parametrize(("served_on", "incidents"), [
    ("2026-02-05", []), ("2026-02-06", ["N02"]), ("2026-03-06", ["N02"]), ("2026-03-07", []),
])
def test_vw_62_1_a_removal_within_the_term_of_the_decision_is_an_incident_whatever_became_of_its_hold(served_on, incidents):
    assert asked(told(*HANDED_OVER, decision_of(served_on)), removal(), at="2026-03-08T10:00") == incidents


def test_vw_62_1_a_term_that_ran_at_departure_counts_after_a_new_decision_without_one():
    term = HoldPlaced(
        hold="departure_term_running", hold_kind=HoldKind.DEPARTURE_TERM_RUNNING, until=moment("2026-03-29T00:00+01:00")
    )
    ran = (*HANDED_OVER, ("2026-03-06T10:00", decision_of("2026-03-01")), term)
    anew = decision_of("2026-03-07", term_days=0, reasoned=True)
    assert asked(told(*ran, ("2026-03-07T10:00", anew)), removal(), at="2026-03-08T10:00") == ["N02"]
    at_once = decision_of("2026-03-06", term_days=0, reasoned=True)
    assert asked(told(*ran, ("2026-03-06T12:00", at_once)), removal(), at="2026-03-08T10:00") == []


def test_vw_62_1_without_a_decision_a_removal_is_no_incident_of_its_term():
    annulled = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.ANNULLED)
    assert asked(told(*HANDED_OVER, annulled), removal(), at=AFTER) == []


@pytest.mark.parametrize(("served", "incidents"), [
    ("2026-03-05T00:10:00", []), ("2026-03-05T00:10:01", ["N10"]), ("2026-03-06T13:00:00", ["N10"]),
])
def test_n10_who_left_sooner_after_the_notice_than_it_leaves_time_for_left_too_soon(served, incidents):
    notified = (*BOOKED, CHECKED, (served, NOTIFIED), ("2026-03-06T09:30", HANDOVER))
    assert asked(told(*notified), removal(), at=AFTER) == incidents
    assert asked(told(*notified), removal(None), at=AFTER) == incidents


@pytest.mark.parametrize(("handed_over", "incidents"), [
    ("2026-03-04T23:59:59", ["N59"]), ("2026-03-05T00:00:00", []), ("2026-03-06T09:30", []), ("2026-03-07T00:00:00", ["N59"]),
])
def test_n59_a_handover_is_for_a_departure_of_its_own_day_or_the_next(handed_over, incidents):
    attempt = (*BOOKED, CHECKED, NOTIFIED, (handed_over, HANDOVER))
    assert asked(told(*attempt), removal(), at="2026-03-08T10:00") == incidents


# ------------------------------------------------------------------ a transfer


@pytest.mark.parametrize(("departed_at", "incidents"), [
    ("2026-03-29T23:59:59+02:00", []), ("2026-03-30T00:00:00+02:00", ["N28"]),
])
def test_dublin_29_a_transfer_takes_place_on_or_before_the_latest_date(departed_at, incidents):
    assert asked(told(*READY, ACCEPTED), transfer(departed_at), at="2026-04-02T10:00") == incidents


def test_dublin_29_a_transfer_without_an_acceptance_is_an_incident():
    assert asked(told(*READY), transfer(), at=AFTER) == ["N28"]
    assert names(told(*READY, ACCEPTED), transfer(), at=AFTER) == ["DublinTransferCompleted", "CaseClosed"]


# ------------------------------------------------------------------ nobody saw it


def test_vc_a3_6_11_a_case_is_closed_unsupervised_on_a_check():
    assert asked(told(*READY), CloseUnsupervised()) == ["N22"]
    assert names(told(*READY), UNSUPERVISED) == ["DepartedUnsupervised", "CaseClosed"]


def test_vw_59c_2_nobody_vanishes_from_detention():
    assert asked(told(*READY, DETAINED), UNSUPERVISED) == ["N24"]
    assert asked(told(*READY, DETAINED, LIFTED), UNSUPERVISED) == []


def test_n25_a_vanished_minor_is_reported_missing_first():
    reported = CloseUnsupervised(check=UNSUPERVISED.check, missing_report="PL-1")
    assert asked(told(*READY, born="2010-01-01"), UNSUPERVISED) == ["N25"]
    assert asked(told(*READY, born="2010-01-01"), reported) == []
    assert asked(told(*READY), UNSUPERVISED) == []


# ------------------------------------------------------------------ other endings


def test_vw_8_residence_closes_the_case_and_what_was_booked():
    assert names(told(*BOOKED), RESIDENCE) == ["ResidenceGranted", "RemovalAttemptCancelled", "CaseClosed"]
    assert asked(told(*BOOKED), RESIDENCE) == []


def test_n12_n22_and_n24_another_ending_needs_evidence_two_people_and_no_detention():
    other = CloseOther(cause=OtherCause.DUPLICATE, evidence="case B")
    assert asked(told(*READY), other) == ["N12"]
    assert asked(told(*READY), other, actor="TL-02", second="TL-02") == ["N12"]
    assert asked(told(*READY), other, second="RV-08", second_may_approve=False) == ["N12"]
    assert asked(told(*READY), CloseOther(cause=OtherCause.DUPLICATE), second="TL-03") == ["N22"]
    assert asked(told(*READY, DETAINED), other, second="TL-03") == ["N24"]


@pytest.mark.parametrize("cause", list(OtherCause))
def test_n12_a_case_is_closed_otherwise_by_two_people_on_evidence(cause):
    assert names(told(*READY), CloseOther(cause=cause, evidence="case B"), second="TL-03") == ["CaseClosed"]


@pytest.mark.parametrize(("born", "band"), [
    (None, AgeBand.UNKNOWN), ("2008-03-03", AgeBand.UNDER_18), ("2008-03-02", AgeBand.FROM_18_TO_34),
    ("1991-03-03", AgeBand.FROM_18_TO_34), ("1991-03-02", AgeBand.FROM_35),
])
def test_862_2007_a_closing_keeps_the_age_band_of_its_day(born, band):
    assert decided(told(*READY, born=born), RESIDENCE).events[-1].age_band is band


# ------------------------------------------------------------------ reopening


@pytest.mark.parametrize(("decided_on", "codes"), [("2026-01-31", ["N26"]), ("2026-02-01", ["N26"]), ("2026-02-02", [])])
def test_vw_62a_who_really_left_needs_a_decision_newer_than_the_departure(decided_on, codes):
    case = told(*READY, DEPARTED, CLOSED, decision_of(decided_on))
    assert asked(case, ReopenCase(cause=ReopenCause.REAPPEARED)) == codes


@pytest.mark.parametrize("cause", list(ReopenCause))
def test_vw_62a_who_never_left_needs_no_new_decision(cause):
    assert asked(told(*READY, CLOSED), ReopenCase(cause=cause)) == []
    never_left = cause in {ReopenCause.PROOF_INVALID, ReopenCause.WRONG_CLOSURE}
    assert asked(told(*READY, DEPARTED, CLOSED), ReopenCase(cause=cause)) == ([] if never_left else ["N26"])


def test_n36_a_case_is_not_reopened_beside_another_open_one():
    reopen = ReopenCase(cause=ReopenCause.REAPPEARED)
    assert asked(told(*READY, CLOSED), reopen, other_open_case="01OTHER") == ["N36"]


@pytest.mark.parametrize(("role", "codes"), [
    (Role.INTAKE_OFFICER, []), (Role.TEAM_LEADER, []), (Role.SUPERVISOR, ["N48"]), (Role.AUDITOR, ["N48"]),
])
def test_a_case_is_reopened_by_the_intake_or_a_team_leader(role, codes):
    assert asked(told(*READY, CLOSED), ReopenCase(cause=ReopenCause.REAPPEARED), role=role) == codes


def test_a_new_episode_asks_anew_and_keeps_what_was_counted():
    days = (("2026-01-10T10:00", DETAINED), ("2026-01-20T10:00", LIFTED))
    before = (*READY, *days, CLOSED)
    case = told(*before, *decided(told(*before), ReopenCase(cause=ReopenCause.REAPPEARED)).events)
    assert (case.episode, case.phase, case.outcome, case.offers, case.interviews) == (2, Phase.INTAKE, None, [], [])
    assert case.detention_days(Article.A59, date(2026, 3, 2)) == 10


@pytest.mark.parametrize(("on", "codes"), [("2026-02-09T23:59", ["N22"]), ("2026-02-10T00:00", []), ("2026-03-01T10:00", [])])
def test_vc_a3_6_11_a_check_of_before_the_reopening_tells_nothing_of_now(on, codes):
    case = told(*READY, CLOSED, ("2026-02-10T10:00", AGAIN))
    assert asked(case, CloseUnsupervised(check=Check(by="AVIM", at=moment(on), result="not found"))) == codes


@pytest.mark.parametrize(("on", "codes"), [("2019-01-05", ["N22"]), ("2026-01-04T23:59", ["N22"]), ("2026-01-05", [])])
def test_vc_a3_6_11_a_check_of_before_the_opening_tells_nothing_of_now(on, codes):
    assert asked(told(*READY), CloseUnsupervised(check=Check(by="AVIM", at=moment(on), result="not found"))) == codes


KNOWN = (
    ReceptionEstablished(adequate=True, country="MA", evidenced=True),
    FamilyLinked(cases=("B",), assessed=True, with_minors=True),
    LaissezPasserOrdered(country="MA", purpose=LpPurpose.RETURN, asylum_screened=True, copy_given=True),
    PresentationOutcomeRecorded(outcome=PresentationOutcome.RECOGNISED),
)


def test_directive_10_2_and_echr_8_what_was_found_in_an_earlier_episode_is_found_anew():
    before, case = told(*READY, *KNOWN), told(*READY, *KNOWN, CLOSED, AGAIN)
    assert all((before.reception, before.laissez_passer, before.presentation, before.family.assessed))
    assert (case.reception, case.laissez_passer, case.presentation) == (None, None, None)
    assert (case.family.cases, case.family.with_minors, case.family.assessed) == (("B",), True, False)
    assert told(*READY, CLOSED, AGAIN).family is None


def second_episode(*happened):
    """A second episode with all that the forced track asks for, on top of what happened."""
    ready = tuple(event for event in READY if not isinstance(event, ReturnDecisionRecorded))
    return told(*READY, *happened, CLOSED, ("2026-02-10T10:00", AGAIN), *ready)


PROPOSE = ProposeForcedTrack(grounds=("x",), proportionality="y")


def test_n05_and_n29_force_in_a_second_episode_rests_on_no_finding_of_the_first():
    alone = (MinorStatusEstablished(minor=True, unaccompanied=True), *KNOWN)
    assert asked(second_episode(), PROPOSE) == []
    assert asked(second_episode(*alone), PROPOSE) == ["N05", "N06", "N29"]


# ------------------------------------------------------------------ a departure that never was, and one told twice

REMOVED = RemovalCompleted(departed_at=moment("2026-02-01T12:00"), destination="MA", proof="m100")
NEVER = (ReopenCause.PROOF_INVALID, ReopenCause.WRONG_CLOSURE)


@pytest.mark.parametrize("cause", list(ReopenCause))
def test_vw_62a_a_departure_that_never_was_asks_for_no_decision_at_a_later_reopening(cause):
    case = told(*READY, DEPARTED, CLOSED, CaseReopened(cause=cause, episode=2), CLOSED)
    assert asked(case, ReopenCase(cause=ReopenCause.REAPPEARED)) == ([] if cause in NEVER else ["N26"])


def test_i2_a_hold_told_late_is_no_incident_over_a_removal_that_never_was():
    held = PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM)
    late = {"recorded_at": "2026-03-02T10:00"}
    removed = (*READY, REMOVED, CLOSED)
    assert asked(told(*removed), held, "2026-01-20T10:00", **late) == ["N03"]
    for cause in ReopenCause:
        case = told(*removed, CaseReopened(cause=cause, episode=2))
        assert asked(case, held, "2026-01-20T10:00", **late) == ([] if cause in NEVER else ["N03"])


def test_vw_62a_a_wrong_closing_of_a_later_episode_leaves_an_earlier_departure_as_it_was():
    wrong = CaseReopened(cause=ReopenCause.WRONG_CLOSURE, episode=3)
    case = told(*READY, REMOVED, CLOSED, CaseReopened(cause=ReopenCause.NEW_DECISION, episode=2), CLOSED, wrong, CLOSED)
    assert case.departure.removed
    assert asked(case, ReopenCase(cause=ReopenCause.REAPPEARED)) == ["N26"]


@pytest.mark.parametrize(("decided_on", "codes"), [("2026-01-06", ["N38"]), ("2026-02-09", ["N38"]), ("2026-02-10", ["N38"]),
                                                   ("2026-02-11", [])])  # fmt: skip
def test_vw_8_residence_ends_the_decision_and_a_later_episode_needs_a_new_one(decided_on, codes):
    granted = ResidenceGranted(permit="asylum", granted_on=date(2026, 2, 10))
    again = tuple(event for event in INTAKE if not isinstance(event, ReturnDecisionRecorded))
    began = CaseReopened(cause=ReopenCause.PERMIT_WITHDRAWN, episode=2)
    case = told(*INTAKE, granted, CLOSED, began, *again)
    assert asked(case, CompleteIntake()) == ["N38"]
    assert asked(told(*INTAKE, granted, CLOSED, began, *again, decision_of(decided_on)), CompleteIntake()) == codes


def test_vw_8_residence_told_late_leaves_a_newer_decision():
    granted = ResidenceGranted(permit="asylum", granted_on=date(2026, 2, 10))
    assert told(*READY, granted).decision is None
    assert told(*READY, decision_of("2026-02-11"), granted).decision.decided_on == date(2026, 2, 11)
    assert told(*READY, decision_of("2026-02-10"), granted).decision is None


def test_vw_8_a_term_of_before_the_residence_is_not_started_afterwards():
    granted = ResidenceGranted(permit="asylum", granted_on=date(2026, 2, 10))
    older = RecordReturnDecision(
        kind=DecisionKind.RETURN, decided_on=date(2026, 2, 9), served_on=date(2026, 3, 1), language="ar", term_days=28
    )
    assert names(told(*READY, granted), older) == ["ReturnDecisionRecorded"]
    newer = msgspec.structs.replace(older, decided_on=date(2026, 2, 11))
    assert names(told(*READY, granted), newer) == ["ReturnDecisionRecorded", "HoldPlaced"]


@pytest.mark.parametrize("again", [DEPARTED, transferred_at("2026-02-03T12:00"), transferred_at("2026-01-20T12:00")])
def test_i2_a_removal_stays_one_whatever_else_is_told_of_it(again):
    case = told(*READY, REMOVED, CLOSED, again)
    held = PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM, until="2026-02-02")
    assert asked(case, held, "2026-01-20T10:00", recorded_at="2026-03-02T10:00") == ["N03"]
    assert asked(case, held, "2026-02-01T12:01", recorded_at="2026-03-02T10:00") == []


def test_vw_62a_of_two_departures_told_the_later_one_asks_for_the_decision():
    later = transferred_at("2026-02-03T12:00")
    for told_of in ((REMOVED, CLOSED, later), (later, CLOSED, REMOVED)):
        case = told(*READY, *told_of)
        assert asked(told(*READY, *told_of, decision_of("2026-02-03")), ReopenCase(cause=ReopenCause.REAPPEARED)) == ["N26"]
        assert asked(told(*READY, *told_of, decision_of("2026-02-04")), ReopenCase(cause=ReopenCause.REAPPEARED)) == []
        assert case.departure.removed_at == moment("2026-02-01T12:00")


def test_a_departure_of_a_later_episode_is_its_own_and_no_removal():
    again = CaseReopened(cause=ReopenCause.NEW_DECISION, episode=2)
    seen = DepartureConfirmed(departed_at=moment("2026-03-01T12:00"), destination="MA", issuer="IOM", proof=DepartureProof.M100)
    assert told(*READY, REMOVED, CLOSED, again, seen).departure.removed is False
