"""Travel documents: the embassy hears nothing of an asylum request, and nobody is booked without a document or a promise."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.guidance import InterviewHeld
from dtv_workflow.domain.chapters.holds import HoldPlaced
from dtv_workflow.domain.chapters.removal import BookRemoval
from dtv_workflow.domain.chapters.travel_document import (
    DublinAcceptanceRecorded,
    LaissezPasserOrdered,
    OrderLaissezPasser,
    PlanPresentation,
    PresentabilityChecked,
    PresentationOutcomeRecorded,
    PresentationPlanned,
    RecordPresentability,
    RecordPresentation,
    RecordTravelDocument,
    TravelDocumentReceived,
)
from dtv_workflow.domain.vocabulary import (
    BLOCKS,
    Block,
    HoldKind,
    InterviewKind,
    LpPurpose,
    PresentationOutcome,
    TravelDocumentKind,
)
from tests.domain.told import FORCED, READY, asked, decided, interview, moment, names, told, without

DOCUMENT = TravelDocumentReceived(
    document=TravelDocumentKind.LAISSEZ_PASSER, valid_from=date(2026, 3, 6), valid_until=date(2026, 3, 29)
)


def order(*, screened: bool = True) -> OrderLaissezPasser:
    return OrderLaissezPasser(country="MA", purpose=LpPurpose.RETURN, asylum_screened=screened, copy_given=True)


def book(departs_at: str = "2026-03-10T12:00", to: str = "MA") -> BookRemoval:
    return BookRemoval(attempt="R1", carrier="KL", departs_at=moment(departs_at), destination=to)


def said(case: DepartureCase, step: BookRemoval) -> tuple[str, str]:
    """What N09 found, in both languages."""
    [is_] = [verdict.is_ for verdict in decided(case, step).receipt.verdicts if verdict.code == "N09"]
    return is_.en, is_.nl


RECOGNISED = PresentationOutcomeRecorded(outcome=PresentationOutcome.RECOGNISED)
ACCEPTED = DublinAcceptanceRecorded(member_state="DE", accepted_on=date(2026, 2, 1), latest_transfer_on=date(2026, 3, 20))


def ordered(country: str) -> LaissezPasserOrdered:
    return LaissezPasserOrdered(country=country, purpose=LpPurpose.RETURN, asylum_screened=True, copy_given=True)


@pytest.mark.parametrize("kind", list(HoldKind))
def test_vc_a3_4_3_no_contact_with_an_embassy_while_an_application_is_pending(kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-08T12:00"))
    assert asked(told(*READY, held), order()) == (["N20"] if Block.EMBASSY_CONTACT in BLOCKS[kind] else [])
    assert asked(told(*READY, held), order(), at="2026-03-08T12:00") == []


def test_vc_a3_4_1_the_file_is_screened_for_asylum_information():
    assert asked(told(*READY), order(screened=False)) == ["N21"]
    assert asked(told(*READY), order()) == []


def test_vc_a3_4_an_interview_on_identity_comes_first():
    others = (*without(READY, InterviewHeld), interview(InterviewKind.FIRST), interview(InterviewKind.DETENTION))
    assert asked(told(*others), order()) == ["N54"]
    assert asked(told(*others, interview(InterviewKind.IDENTITY)), order()) == []


@pytest.mark.parametrize(("departs_at", "codes"), [
    ("2026-03-05T23:59", ["N09"]),
    ("2026-03-06T00:00", []),
    ("2026-03-29T23:59:59+02:00", []),
    ("2026-03-30T00:00:00+02:00", ["N09"]),
])
def test_vc_a3_6_6_the_document_is_valid_on_the_day_of_travel(departs_at, codes):
    assert asked(told(*FORCED, DOCUMENT), book(departs_at)) == codes


def test_vc_a3_6_6_nobody_is_booked_without_any_document():
    assert asked(told(*FORCED), book()) == ["N09"]


@pytest.mark.parametrize("outcome", list(PresentationOutcome))
def test_vc_a3_4_5_recognition_or_an_agreed_handover_is_a_promise(outcome):
    promised = outcome in {PresentationOutcome.RECOGNISED, PresentationOutcome.BORDER_HANDOVER_AGREED}
    assert asked(told(*FORCED, PresentationOutcomeRecorded(outcome=outcome)), book()) == ([] if promised else ["N09"])


@pytest.mark.parametrize(("departs_at", "codes"), [
    ("2026-03-10T12:00", []),
    ("2026-03-20T23:59:59+01:00", []),
    ("2026-03-21T00:00:00+01:00", ["N09"]),
    ("2026-03-20T23:30:00+00:00", ["N09"]),  # the 21st in Amsterdam
])
def test_vc_a3_6_9_a_dublin_transfer_travels_on_the_acceptance_until_it_runs_out(departs_at, codes):
    assert asked(told(*FORCED, ACCEPTED), book(departs_at, to="DE")) == codes
    assert asked(told(*FORCED, ACCEPTED, DOCUMENT), book("2026-03-25T12:00")) == [], "a document needs no acceptance"


@pytest.mark.parametrize(("to", "codes"), [("DE", []), ("MA", ["N09"]), ("BE", ["N09"])])
def test_vc_a3_6_9_an_acceptance_carries_only_to_the_member_state_that_gave_it(to, codes):
    assert asked(told(*FORCED, ACCEPTED), book(to=to)) == codes
    assert asked(told(*FORCED, ACCEPTED, DOCUMENT), book(to=to)) == [], "a document carries anywhere"


@pytest.mark.parametrize(("to", "codes"), [("MA", []), ("GN", ["N09"]), ("DE", ["N09"])])
def test_vc_a3_4_5_a_promise_carries_only_to_the_country_of_the_laissez_passer(to, codes):
    assert asked(told(*FORCED, ordered("MA"), RECOGNISED), book(to=to)) == codes
    assert asked(told(*FORCED, ordered("GN"), ordered("MA"), RECOGNISED), book(to=to)) == codes, "the last one ordered"
    assert asked(told(*FORCED, RECOGNISED), book(to=to)) == [], "none was ordered: the embassy is not on record"


def test_vc_a3_4_5_and_a3_6_9_an_acceptance_carries_where_a_promise_does_not():
    assert asked(told(*FORCED, ordered("MA"), RECOGNISED, ACCEPTED), book(to="DE")) == []
    assert asked(told(*FORCED, ordered("MA"), RECOGNISED, ACCEPTED), book(to="MA")) == []
    assert asked(told(*FORCED, ordered("MA"), RECOGNISED, ACCEPTED), book(to="GN")) == ["N09"]


def test_what_is_found_says_why_an_acceptance_a_promise_or_a_document_does_not_carry():
    ran_out = said(told(*FORCED, ACCEPTED), book("2026-04-01T12:00", to="DE"))
    assert ran_out == ("the acceptance ran out on 2026-03-20", "het akkoord is verlopen op 2026-03-20")
    assert said(told(*FORCED, ACCEPTED), book()) == ("the acceptance is of DE, not of MA", "het akkoord is van DE, niet van MA")
    promised = said(told(*FORCED, ordered("MA"), RECOGNISED), book(to="GN"))
    assert promised == ("the promise is of MA, not of GN", "de toezegging is van MA, niet van GN")
    too_late = said(told(*FORCED, DOCUMENT), book("2026-04-01T12:00"))
    assert too_late == ("the document is valid until 2026-03-29", "het document is geldig tot 2026-03-29")


def test_what_embassies_say_and_send_is_recorded_in_every_phase():
    assert names(told(), RecordPresentation(outcome=PresentationOutcome.NO_REPLY)) == ["PresentationOutcomeRecorded"]
    received = RecordTravelDocument(
        document=TravelDocumentKind.PASSPORT, valid_from=date(2026, 3, 1), valid_until=date(2030, 3, 1)
    )
    assert names(told(), received) == ["TravelDocumentReceived"]


# ------------------------------------------------------------------ presentations

PLAN = PlanPresentation(planned_on=date(2026, 3, 20))


@pytest.mark.parametrize("kind", list(HoldKind))
def test_vc_a3_4_3_no_presentation_is_planned_while_the_embassy_may_not_be_spoken_to(kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-08T12:00"))
    assert asked(told(*READY, held), PLAN) == (["N20"] if Block.EMBASSY_CONTACT in BLOCKS[kind] else [])
    assert asked(told(*READY, held), PLAN, at="2026-03-08T12:00") == []


def test_vc_a3_4_3_a_presentation_is_planned_where_nothing_bars_it():
    assert names(told(*READY), PLAN) == ["PresentationPlanned"]


def test_a_new_order_forgets_the_presentation_planned_for_the_last():
    planned = PresentationPlanned(planned_on=date(2026, 1, 20))
    assert (told(planned).presentation_planned.on, told(planned).presentation_planned.version) == (date(2026, 1, 20), 3)
    assert told(planned, ordered("MA")).presentation_planned is None


@pytest.mark.parametrize("presentable", [True, False])
def test_that_somebody_was_found_presentable_or_not_is_recorded(presentable):
    step = RecordPresentability(presentable=presentable, checked_at=moment("2026-03-01T10:00"))
    assert names(told(), step) == ["PresentabilityChecked"]
    assert told(PresentabilityChecked(presentable=presentable, checked_at=step.checked_at)).presentable == 3


def test_a_laissez_passer_is_kept_with_the_day_it_was_ordered():
    assert told(("2026-01-06T23:30", ordered("MA"))).laissez_passer.ordered_on == date(2026, 1, 6)
