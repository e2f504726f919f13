"""Minors and families: reception, guardian, leaving together, and their detention."""

from __future__ import annotations

from datetime import date, timedelta

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
from dtv_workflow.domain.vocabulary import AgeBand, Basis, FamilyException, MinorException, RemovabilityAnswer
from tests.domain.detained import A59, A59A, A59B, START, extend, lifted, on, order, ordered, report
from tests.domain.told import PROPOSED, READY, asked, checked, decided, moment, names, told

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


@pytest.mark.parametrize("found", [{"adequate": True, "evidence": "family found"}, {"adequate": False}], ids=["found", "none"])
def test_vc_b8_6_reception_found_on_evidence_or_not_found_is_recorded_without_an_incident(found):
    assert asked(told(), EstablishReception(country="GN", **found)) == []


def test_a_status_without_a_birth_date_keeps_the_one_known():
    case = told(*decided(told(), EstablishMinority(minor=True, unaccompanied=True)).events)
    assert (case.birth_date, case.minority.unaccompanied, case.age_band) == ("1990-05-04", True, AgeBand.UNKNOWN)


# ------------------------------------------------------------------ families in detention

PARENT = FamilyLinked(cases=("01B",), assessed=True, with_minors=True)
FAMILY = pytest.mark.parametrize("family", [ACCOMPANIED, PARENT], ids=["child", "parent"])
EXCEPTION = pytest.mark.parametrize("exception", list(FamilyException))


def served(days: int, article=A59):
    """So many days of detention, then lifted."""
    return (on(START), ordered(article)), (on(START + timedelta(days)), lifted(article))


@FAMILY
@EXCEPTION
@pytest.mark.parametrize("article", [A59, A59A])
@pytest.mark.parametrize(("days", "codes"), [(13, []), (14, ["N19"])])
def test_vc_a5_2_4_a_family_that_served_two_weeks_is_not_detained_again_without_an_exception(
    family, exception, article, days, codes
):
    case = told(*READY, family, *served(days))
    assert asked(case, order(article)) == codes
    assert asked(case, order(article, family_exception=exception)) == []


@FAMILY
def test_vc_a5_2_4_the_days_under_59_and_59a_are_counted_together(family):
    both = (*served(7), ("2026-02-01T10:00", ordered(A59A)), ("2026-02-08T10:00", lifted(A59A)))
    assert asked(told(*READY, family, *both), order()) == ["N19"]
    one_less = (*served(6), ("2026-02-01T10:00", ordered(A59A)), ("2026-02-08T10:00", lifted(A59A)))
    assert asked(told(*READY, family, *one_less), order()) == []


@FAMILY
def test_vc_a5_2_4_the_days_under_59b_neither_count_nor_run_out(family):
    assert asked(told(*READY, family, *served(20, A59B)), order()) == []
    assert asked(told(*READY, family, *served(20)), order(A59B)) == []


def test_vc_a5_2_4_an_adult_without_a_family_has_no_two_weeks():
    childless = FamilyLinked(cases=("01B",), assessed=True)
    for nobody in ((), (childless,), (PARENT, FamilyLinked(cases=("01B",), assessed=True, with_minors=False))):
        assert asked(told(*READY, *nobody, *served(20)), order()) == []
    assert asked(told(*READY, PARENT, childless, *served(20)), order()) == ["N19"], "what was said of the minors stands"


@FAMILY
@EXCEPTION
@pytest.mark.parametrize("article", [A59, A59A])
def test_vc_a5_2_4_a_familys_detention_is_extended_only_on_an_exception(family, exception, article):
    case = told(*READY, family, ("2026-03-01T10:00", ordered(article)))
    assert asked(case, extend(date(2026, 3, 10)), second="TL-02") == ["N19"]
    assert asked(case, extend(date(2026, 3, 10), family_exception=exception), second="TL-02") == []
    assert asked(told(*READY, ("2026-03-01T10:00", ordered(article))), extend(date(2026, 3, 10)), second="TL-02") == []


@FAMILY
@EXCEPTION
@pytest.mark.parametrize("basis", [None, Basis.A59B_1_A, Basis.A59B_1_D])
def test_vc_a5_6_3_a_familys_detention_under_59b_is_never_extended(family, exception, basis):
    asylum = ("2026-03-01T10:00", ordered(A59B, basis=basis))
    step = extend(date(2026, 3, 20), family_exception=exception)
    assert asked(told(*READY, family, asylum), step, second="TL-02") == ["N19"]
    assert asked(told(*READY, asylum), step, second="TL-02") == []


@FAMILY
@EXCEPTION
@pytest.mark.parametrize("article", [A59, A59A])
def test_vc_a5_2_4_a_family_told_of_after_two_weeks_is_an_incident(family, exception, article):
    case = told(family)
    assert asked(case, report(date(2026, 2, 17), article)) == []
    assert asked(case, report(date(2026, 2, 16), article)) == ["N19"]
    assert asked(case, report(date(2026, 2, 16), article, family_exception=exception)) == []
    assert asked(case, report(date(2026, 2, 16), A59B)) == []
    assert names(case, report(date(2026, 2, 16), article)) == ["DetentionReported", "IntegrityIncidentRaised"]


def test_an_exception_given_with_an_extension_stays_with_the_detention():
    case = told(*READY, PARENT, ("2026-03-01T10:00", ordered()))
    [event] = decided(
        case, extend(date(2026, 3, 20), family_exception=FamilyException.LATE_PROCEDURE), second="TL-02"
    ).events
    assert event.family_exception is FamilyException.LATE_PROCEDURE
    held = told(*READY, PARENT, ("2026-03-01T10:00", ordered()), event).detained
    assert held.family_exception is FamilyException.LATE_PROCEDURE
    kept = told(ordered(family_exception=FamilyException.PHYSICAL_RESISTANCE), *decided(case, extend(date(2026, 6, 1)),
                second="TL-02").events).detained  # fmt: skip
    assert kept.family_exception is FamilyException.PHYSICAL_RESISTANCE


def test_a_parents_case_knows_of_the_minors_once_it_is_told():
    assert decided(told(), LinkFamily(cases=("01B",))).events[0].with_minors is None
    assert decided(told(), LinkFamily(cases=("01B",), with_minors=True)).events[0].with_minors is True
    assert told(PARENT).family.with_minors is True


def test_vc_a5_2_4_a_family_is_removable_since_the_first_of_an_unbroken_row_of_such_answers():
    no, yes = RemovabilityAnswer.NOT_REMOVABLE, RemovabilityAnswer.REMOVABLE

    def since(*answers):
        return told(*(checked(at, answer) for at, answer in answers)).removability.since

    assert since(("2026-02-01T09:00", yes)) == moment("2026-02-01T09:00")
    assert since(("2026-02-01T09:00", yes), ("2026-02-08T09:00", yes)) == moment("2026-02-01T09:00")
    assert since(("2026-02-08T09:00", yes), ("2026-02-01T09:00", yes)) == moment("2026-02-01T09:00"), "told out of order"
    assert since(("2026-02-01T09:00", yes), ("2026-02-08T09:00", no), ("2026-02-15T09:00", yes)) == moment("2026-02-15T09:00")


# ------------------------------------------------------------------ unaccompanied minors in detention


@pytest.mark.parametrize("article", [A59, A59A, A59B])
@pytest.mark.parametrize("exception", list(MinorException))
def test_vc_a5_2_4_an_unaccompanied_minor_is_detained_only_for_a_weighty_interest(article, exception):
    for make in (order, lambda article, **more: report(article=article, **more)):
        assert asked(told(*READY, ALONE), make(article)) == ["N66"]
        assert asked(told(*READY, ALONE), make(article, minor_exception=exception)) == []
        assert asked(told(*READY, ACCOMPANIED), make(article)) == []
        assert asked(told(*READY), make(article)) == []


def test_vc_a5_2_4_a_minor_by_the_birth_date_alone_counts_as_unaccompanied():
    assert asked(told(*READY, born="2010-01-01"), order()) == ["N66"]
    assert asked(told(*READY, ACCOMPANIED, born="2010-01-01"), order()) == []
    grown = MinorStatusEstablished(minor=False, unaccompanied=False)
    assert asked(told(*READY, grown, born="2010-01-01"), order()) == []


def test_a_detention_of_an_unaccompanied_minor_that_others_ordered_is_recorded_with_its_incident():
    assert names(told(ALONE), report()) == ["DetentionReported", "IntegrityIncidentRaised"]
    [event] = decided(told(ALONE), report(minor_exception=MinorException.OFFENCE)).events
    assert event.minor_exception is MinorException.OFFENCE


def test_an_unaccompanied_minor_has_no_family_of_two_weeks():
    again = order(minor_exception=MinorException.ABSCONDED)
    assert asked(told(*READY, ALONE, *served(20)), again) == []
