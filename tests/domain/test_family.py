"""Minors and families: reception, guardian, and leaving together."""

from __future__ import annotations

import pytest

from dtv_workflow.domain.chapters.family import (
    EstablishMinority,
    EstablishReception,
    FamilyLinked,
    GuardianInformed,
    LinkFamily,
    MinorStatusEstablished,
    ReceptionEstablished,
)
from dtv_workflow.domain.chapters.forced_departure import ApproveForcedTrack, ProposeForcedTrack
from dtv_workflow.domain.chapters.intake import AssignSupervisor
from dtv_workflow.domain.vocabulary import AgeBand
from tests.domain.told import PROPOSED, READY, asked, decided, names, told

PROPOSE = ProposeForcedTrack(grounds=("x",), proportionality="y")
APPROVE = ApproveForcedTrack()
TRACK = pytest.mark.parametrize("step", [PROPOSE, APPROVE], ids=["proposed", "approved"])

ALONE = MinorStatusEstablished(minor=True, unaccompanied=True)
ACCOMPANIED = MinorStatusEstablished(minor=True, unaccompanied=False)
TOLD = GuardianInformed(guardian="Nidos", how="letter")
ADEQUATE = ReceptionEstablished(adequate=True, country="GN", evidenced=True)


@TRACK
def test_directive_10_2_no_force_on_an_unaccompanied_minor_without_reception(step):
    assert asked(told(*READY, PROPOSED, ALONE, TOLD), step) == ["N05"]
    assert asked(told(*READY, PROPOSED, ALONE, TOLD, ADEQUATE), step) == []


@TRACK
@pytest.mark.parametrize("reception", [
    ReceptionEstablished(adequate=False, country="GN", evidenced=True),
    ReceptionEstablished(adequate=True, country="GN", evidenced=False),
])
def test_directive_10_2_reception_must_be_adequate_and_evidenced(step, reception):
    assert asked(told(*READY, PROPOSED, ALONE, TOLD, reception), step) == ["N05"]


@TRACK
def test_vc_a3_6_1_an_accompanied_minor_needs_no_reception(step):
    assert asked(told(*READY, PROPOSED, ACCOMPANIED, TOLD), step) == []


@TRACK
def test_vc_a3_6_1_a_minor_by_birth_date_counts_as_unaccompanied_until_established(step):
    assert asked(told(*READY, PROPOSED, TOLD, born="2010-01-01"), step) == ["N05"]


@TRACK
def test_vc_a3_6_1_the_guardian_of_a_minor_is_informed_first(step):
    assert asked(told(*READY, PROPOSED, ALONE, ADEQUATE), step) == ["N06"]
    assert asked(told(*READY, PROPOSED, ALONE, ADEQUATE, TOLD), step) == []


def test_vc_a3_6_1_an_established_minor_stays_one_until_it_is_established_anew():
    grown = told(*READY, ALONE, born="2008-03-01")
    assert asked(grown, PROPOSE) == ["N05", "N06"]
    assert asked(told(*READY, ALONE, MinorStatusEstablished(minor=False, unaccompanied=False), born="2008-03-01"), PROPOSE) == []


@pytest.mark.parametrize(("on", "codes"), [("2026-03-01T23:59", ["N37"]), ("2026-03-02T00:00", [])])
def test_bw_1_233_without_an_established_status_the_birth_date_decides(on, codes):
    assert asked(told(born="2008-03-02"), AssignSupervisor(supervisor="RV-07"), at=on) == codes


@pytest.mark.parametrize(("on", "codes"), [("2026-02-28T12:00", ["N37"]), ("2026-03-01T00:00", [])])
def test_born_on_a_leap_day_one_is_of_age_on_the_first_of_march(on, codes):
    assert asked(told(born="2008-02-29"), AssignSupervisor(supervisor="RV-07"), at=on) == codes


def test_an_unknown_birth_date_makes_nobody_a_minor():
    assert asked(told(born=None), AssignSupervisor(supervisor="RV-07")) == []


@TRACK
def test_echr_8_a_family_is_not_separated_without_an_assessment(step):
    linked = FamilyLinked(cases=("01B", "01C"), assessed=False)
    assert asked(told(*READY, PROPOSED, linked), step) == ["N29"]
    assert asked(told(*READY, PROPOSED, linked, FamilyLinked(cases=("01B",), assessed=True)), step) == []


def test_echr_8_a_family_linked_anew_is_assessed_anew():
    linked = (FamilyLinked(cases=("01B",), assessed=True), FamilyLinked(cases=("01C",), assessed=False))
    assert asked(told(*READY, *linked), PROPOSE) == ["N29"]
    assert told(*linked).family.cases == ("01B", "01C")


def test_family_is_assessed_when_it_is_linked_with_an_assessment():
    assert decided(told(), LinkFamily(cases=("01B",))).events[0].assessed is False
    assert decided(told(), LinkFamily(cases=("01B",), assessment="they leave together")).events[0].assessed is True


def test_reception_called_adequate_without_evidence_is_recorded_with_its_incident():
    said = EstablishReception(adequate=True, country="GN")
    assert asked(told(), said) == ["N05"]
    assert names(told(), said) == ["ReceptionEstablished", "IntegrityIncidentRaised"]
    assert asked(told(), EstablishReception(adequate=True, country="GN", evidence="family found")) == []
    assert asked(told(), EstablishReception(adequate=False, country="GN")) == []


def test_a_status_without_a_birth_date_keeps_the_one_known():
    case = told(*decided(told(), EstablishMinority(minor=True, unaccompanied=True)).events)
    assert (case.birth_date, case.minority.unaccompanied, case.age_band) == ("1990-05-04", True, AgeBand.UNKNOWN)
