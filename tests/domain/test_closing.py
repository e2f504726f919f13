"""Closing and reopening: what a partner says happened is recorded, with its incident; what we decide needs its reasons."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.closing import (
    CaseClosed,
    Check,
    CloseOther,
    CloseUnsupervised,
    ConfirmDublinTransfer,
    ConfirmRemoval,
    ConfirmSupervisedDeparture,
    DepartureConfirmed,
    RecordResidence,
    ReopenCase,
)
from dtv_workflow.domain.chapters.custody import DetentionLifted, DetentionOrdered
from dtv_workflow.domain.chapters.holds import HoldPlaced
from dtv_workflow.domain.chapters.removal import HandedOverToKmar
from dtv_workflow.domain.chapters.travel_document import DublinAcceptanceRecorded
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    DepartureProof,
    HoldKind,
    LiftCause,
    OtherCause,
    Outcome,
    Phase,
    ReopenCause,
    Role,
)
from tests.domain.told import BOOKED, CHECKED, FORCED, NOTIFIED, READY, asked, booked, decided, decision_of, moment, names, told

HANDED_OVER = (*BOOKED, CHECKED, NOTIFIED, HandedOverToKmar(attempt="R1", form="M24-A", monitor_notified=True))
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


@pytest.mark.parametrize(("until", "incidents"), [("2026-03-06T12:10:00", []), ("2026-03-06T12:10:01", ["N02"]), (None, ["N02"])])
def test_vw_62_1_a_removal_while_the_term_ran_is_an_incident_under_n02_only(until, incidents):
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.DEPARTURE_TERM_EXTENDED, until=moment(until) if until else None)
    assert asked(told(*HANDED_OVER, held), removal(), at=AFTER) == incidents


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
