"""How long the terms of procedures, papers, whereabouts and what outlives a case are: D22, D23, D26, D27, D31 to D38.

Worked out by hand from the law and a calendar; its holidays are named in `test_timers_departure`.
"""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from dtv_workflow.domain.chapters.applications import ApplicationReceived, Art64Applied, Art64Refused
from dtv_workflow.domain.chapters.closing import DublinTransferCompleted, RemovalCompleted
from dtv_workflow.domain.chapters.dublin import TransferAnnounced
from dtv_workflow.domain.chapters.family import FamilyLinked, MinorStatusEstablished
from dtv_workflow.domain.chapters.intake import ReturnDecisionRecorded
from dtv_workflow.domain.chapters.medical import BmaAdviceReceived
from dtv_workflow.domain.chapters.travel_document import PresentationPlanned
from dtv_workflow.domain.chapters.voluntary_departure import SupportGranted, SupportRequested
from dtv_workflow.domain.chapters.whereabouts import AddressChecked
from dtv_workflow.domain.fields import AMSTERDAM
from dtv_workflow.domain.procedures import AddressFound, AppealAgainst, ApplicationKind
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Outcome,
    Phase,
    PresentationOutcome,
    Regime,
    ReopenCause,
    SupportProvider,
)
from tests.domain.timed import (
    ADULT,
    APPLIED,
    BANNED,
    CHOSEN,
    FREED,
    IOM,
    LP,
    PLANNED,
    REFUSED_64,
    STARTED,
    accepted,
    answered,
    at_phase,
    closed,
    detained,
    filed,
    last_day,
    left,
    minor,
    missed,
    opened,
    plan,
    reopened,
    reported,
    starts_on,
    term,
    terms,
    through,
    to_germany,
)
from tests.domain.told import PASSPORT, booked, checked, decision_of, moment


def day(text: str) -> date:
    return date.fromisoformat(text)


# ------------------------------------------------------------------ D22, D23: deferral (art. 64)


@pytest.mark.parametrize(("on", "prolonged"), [
    ("2026-01-07", "2026-04-08"),  # thirteen weeks, Wednesday to Wednesday
    ("2026-01-02", "2026-04-03"),  # Good Friday: thirteen weeks are more than twelve, so nothing prolongs them
    ("2026-01-03", "2026-04-04"),  # the Saturday before Easter
    ("2026-01-04", "2026-04-05"),  # Easter Sunday
    ("2026-07-26", "2026-10-25"),  # a Sunday, across the change of the clock
])
def test_d22_vb_6_1c_3_the_answer_comes_on_the_day_itself_or_within_thirteen_weeks_more(on, prolonged):
    same_day, longer = terms("D22", Art64Applied(applied_on=day(on)))
    assert [(through(d), d.about) for d in (same_day, longer)] == [(on, "same_day"), (prolonged, "prolonged")]
    assert {d.proposes for d in (same_day, longer)} == {"record_art64_decision"}
    assert {starts_on(d) for d in (same_day, longer)} == {on}


def test_d22_runs_anew_with_a_new_application_after_a_refusal():
    again = Art64Applied(applied_on=day("2026-02-02"))
    assert [through(d) for d in terms("D22", REFUSED_64, again)] == ["2026-02-02", "2026-05-04"]


@pytest.mark.parametrize(("at", "due"), [
    ("2026-01-08T12:00", "2026-01-09T12:00"),
    ("2026-03-28T12:00", "2026-03-29T13:00"),  # a night of 23 hours
    ("2026-10-24T12:00", "2026-10-25T11:00"),
    ("2026-04-03T16:00", "2026-04-04T16:00"),  # Good Friday: a term in hours
])
def test_d23_vc_a3_7_1_relief_is_asked_within_24_hours_of_the_refusal(at, due):
    found = term("D23", (at, Art64Refused(decided_at=moment(at))))
    assert (found.due, found.starts, found.proposes) == (moment(due), moment(at), "record_removability")


def test_d23_an_appeal_of_before_the_refusal_or_against_something_else_asks_no_relief_against_it():
    before = filed("2026-01-07", AppealAgainst.ART64)
    assert terms("D23", before, REFUSED_64) != []
    assert terms("D23", REFUSED_64, filed("2026-01-08", AppealAgainst.RETURN_DECISION)) != []
    assert terms("D23", REFUSED_64, checked("2026-01-09T11:59")) != []
    assert terms("D23", REFUSED_64, checked("2026-01-09T12:00")) == []


# ------------------------------------------------------------------ D26, D27: presentations


@pytest.mark.parametrize(("ordered", "told", "held", "reply"), [
    ("2026-01-06", "2026-02-05", "2026-03-06", "2027-01-06"),
    ("2026-12-31", "2027-01-30", "2027-02-28", "2027-12-31"),  # two months on there is no 31st
    ("2027-12-31", "2028-01-30", "2028-02-29", "2028-12-31"),  # in a leap year
    ("2026-08-31", "2026-09-30", "2026-10-31", "2027-08-31"),
    ("2028-02-29", "2028-03-30", "2028-04-29", "2029-02-28"),
])
def test_d26_a_presentation_is_told_within_thirty_days_held_within_two_months_answered_within_a_year(ordered, told, held, reply):
    found = terms("D26", (f"{ordered}T23:30", LP))
    assert [(d.about, through(d)) for d in found] == [("told", told), ("held", held), ("reply", reply)]
    assert [d.proposes for d in found] == ["plan_presentation", "record_presentation", "order_laissez_passer"]
    assert {starts_on(d) for d in found} == {ordered}


@pytest.mark.parametrize(("then", "left"), [
    ((), ["told", "held", "reply"]),
    ((PLANNED,), ["held", "reply"]),
    ((PLANNED, answered(PresentationOutcome.NO_REPLY)), ["reply"]),
    ((answered(PresentationOutcome.NO_REPLY),), ["reply"]),
    ((answered(PresentationOutcome.INSUFFICIENT),), []),
    ((answered(PresentationOutcome.NOT_RECOGNISED),), []),
    ((answered(),), []),
    ((PASSPORT,), []),
    ((answered(PresentationOutcome.NO_REPLY), PASSPORT), []),
    ((answered(), LP), ["told", "held", "reply"]),
    ((PASSPORT, LP), ["told", "held", "reply"]),
    ((PLANNED, LP), ["told", "held", "reply"]),
])
def test_d26_each_of_the_three_ends_by_what_it_waits_for_and_no_reply_is_none(then, left):
    assert [d.about for d in terms("D26", LP, *then)] == left


@pytest.mark.parametrize(("planned", "last"), [
    ("2026-03-20", "2026-03-17"),  # Friday: Tuesday
    ("2026-03-17", "2026-03-12"),  # Tuesday: Thursday
    ("2026-04-08", "2026-04-01"),  # Tuesday 7, Thursday 2, Wednesday 1 April: Easter lies in between
    ("2026-05-19", "2026-05-12"),  # Monday 18, Wednesday 13, Tuesday 12 May
    ("2026-03-31", "2026-03-26"),  # across the change of the clock
])
def test_d27_somebody_is_checked_three_working_days_before_a_presentation(planned, last):
    found = term("D27", PresentationPlanned(planned_on=day(planned)))
    assert (through(found), found.starts, found.proposes) == (last, None, "record_presentability")


def test_d26_and_d27_nothing_ordered_or_planned_in_an_earlier_episode_is_waited_for():
    assert [terms(code, LP, PLANNED, closed(), reopened("2026-02-11T10:00")) for code in ("D26", "D27")] == [[], []]


def test_d27_a_document_or_an_outcome_of_before_the_plan_changes_nothing():
    assert terms("D27", PASSPORT, answered(), PLANNED) != []


# ------------------------------------------------------------------ D31: Dublin


@pytest.mark.parametrize("latest", ["2026-08-17", "2026-03-29", "2026-10-25", "2026-04-05"])
def test_d31_dublin_29_the_transfer_takes_place_by_the_end_of_the_latest_day(latest):
    found = term("D31", accepted(latest))
    assert (through(found), starts_on(found)) == (latest, "2026-02-17"), "a date that was given, in whatever weekend"


@pytest.mark.parametrize(("phase", "proposes"), [
    (Phase.INTAKE, "complete_intake"), (Phase.MOTIVATION, "propose_forced_track"),
    (Phase.VOLUNTARY_DEPARTURE, "issue_ticket"), (Phase.FORCED_DEPARTURE, "book_removal"),
])  # fmt: skip
def test_d31_before_that_day_the_transfer_is_brought_nearer_and_after_it_the_case_goes_back(phase, proposes):
    before, after = "2026-08-17T23:59", "2026-08-18T00:00"
    assert at_phase(phase, "D31", accepted(), at=before).proposes == proposes
    assert at_phase(phase, "D31", accepted(), at=after).proposes == "close_other"


MEDICAL = BmaAdviceReceived(fit=True, valid_until=None)


@pytest.mark.parametrize(("departs_at", "more", "first"), [
    ("2026-03-13T12:00", (), "2026-03-10"),  # Friday: three working days before it begins Tuesday
    ("2026-03-16T06:00", (), "2026-03-11"),  # Monday: Wednesday
    ("2026-04-08T12:00", (), "2026-04-01"),  # Easter in between: Tuesday 7, Thursday 2, Wednesday 1 April
    ("2026-03-16T12:00", (minor(alone=False),), "2026-03-02"),  # ten working days: two weeks
    ("2026-03-16T12:00", (FamilyLinked(cases=("B",), assessed=True),), "2026-03-02"),
    ("2026-03-16T12:00", (MEDICAL,), "2026-03-02"),
    ("2026-03-16T12:00", (ADULT,), "2026-03-11"),
    ("2026-04-14T12:00", (MEDICAL,), "2026-03-27"),  # 13, 10 to 7 (5), 2, 1, 31, 30 (9), 27 March
])
def test_d31_a_transfer_is_announced_three_working_days_before_and_ten_for_the_vulnerable(departs_at, more, first):
    found = term("D31", accepted(), to_germany(departs_at), *more, about="R1")
    due = found.due.astimezone(AMSTERDAM)
    assert (due.date().isoformat(), due.hour) == (first, 0), "so many whole working days lie in between"
    assert (found.proposes, found.starts) == ("record_transfer_announced", None)


def test_d31_only_a_transfer_to_the_state_that_accepted_is_announced_and_each_by_itself():
    assert terms("D31", to_germany("2026-03-13T12:00"), about="R1") == [], "no acceptance"
    assert terms("D31", accepted(), booked("R1", "2026-03-13T12:00"), about="R1") == [], "to another country"
    two = (accepted(), to_germany("2026-03-13T12:00"), to_germany("2026-03-20T12:00", "R2"))
    announced = TransferAnnounced(attempt="R1", announced_on=day("2026-01-20"))
    assert [d.about for d in terms("D31", *two, announced) if d.about] == ["R2"]


# ------------------------------------------------------------------ D32, D33: support and whereabouts


@pytest.mark.parametrize(("asked", "last"), [("2026-01-06", "2026-03-07"), ("2026-02-04", "2026-04-05")])
def test_d32_an_application_with_iom_holds_for_sixty_days(asked, last):
    found = term("D32", (f"{asked}T10:00", IOM))
    assert (through(found), starts_on(found), found.proposes) == (last, asked, "request_support")


def test_d32_only_iom_counts_and_the_last_application():
    other = SupportRequested(provider=SupportProvider.DTV, programme="x")
    assert terms("D32", other) == []
    assert last_day("D32", ("2026-01-06T10:00", IOM), ("2026-02-04T10:00", IOM), ("2026-02-05T10:00", other)) == "2026-04-05"
    assert terms("D32", IOM, SupportGranted(provider=SupportProvider.IOM, programme="REAN")) != []
    assert terms("D32", IOM, closed(), reopened("2026-02-11T10:00")) == []


DUBLIN = opened(Regime.DUBLIN)


@pytest.mark.parametrize(("before", "count", "due"), [
    ((), 1, None),
    ((), 2, "2026-01-24T10:00"),
    ((), 3, "2026-01-24T10:00"),
    ((DUBLIN,), 1, "2026-01-24T10:00"),
    ((minor(alone=True),), 1, "2026-01-23T10:00"),
    ((minor(alone=False),), 1, None),
    ((DUBLIN, minor(alone=True)), 1, "2026-01-23T10:00"),
    ((minor(alone=True),), 0, None),
])
def test_d33_the_address_is_checked_after_two_missed_reports_and_of_some_after_one(before, count, due):
    found = terms("D33", *before, missed("2026-01-22T10:00", count))
    assert [d.due for d in found] == ([moment(due)] if due else [])
    assert {d.proposes for d in found} <= {"record_address_check"}


@pytest.mark.parametrize(("at", "due"), [("2026-03-28T12:00", "2026-03-30T13:00"), ("2026-10-24T12:00", "2026-10-26T11:00")])
def test_d33_the_48_hours_run_on_the_clock(at, due):
    found = term("D33", missed(at))
    assert (found.due, found.starts) == (moment(due), moment(at))
    assert found.due - moment(at) == timedelta(hours=48)


@pytest.mark.parametrize(("then", "runs"), [
    (AddressChecked(checked_at=moment("2026-01-22T09:59"), found=AddressFound.PRESENT), True),
    (AddressChecked(checked_at=moment("2026-01-22T10:00"), found=AddressFound.PRESENT), False),
    (reported("2026-01-21"), True),
    (reported("2026-01-23"), False),
])
def test_d33_what_was_seen_before_the_report_was_missed_says_nothing(then, runs):
    assert bool(terms("D33", missed("2026-01-22T10:00"), then)) is runs


def test_d33_nobody_who_is_or_was_detained_since_is_looked_for():
    assert terms("D33", missed("2026-01-08T10:00"), detained()) == []
    assert terms("D33", missed("2026-01-08T10:00"), detained(), *FREED) == []
    assert terms("D33", detained(), *FREED, missed("2026-01-22T10:00")) != [], "missed after the release"
    assert terms("D33", missed("2026-01-22T10:00"), closed(), reopened("2026-02-11T10:00")) == []


# ------------------------------------------------------------------ D34, D35: minors


@pytest.mark.parametrize(("applied", "last"), [
    ("2026-01-07", "2029-01-07"), ("2024-02-29", "2027-02-28"), ("2025-03-01", "2028-03-01"),
])  # fmt: skip
def test_d34_vc_b8_6_three_years_after_the_last_application_of_a_minor_alone(applied, last):
    asked = ApplicationReceived(kind=ApplicationKind.ASYLUM, applied_on=day(applied), awaited=False)
    found = term("D34", minor(alone=True), asked)
    assert (through(found), starts_on(found), found.proposes, found.relied) == (last, applied, "adopt_plan", (3, 4))


def test_d34_begins_anew_with_a_new_application_and_is_no_term_of_anybody_else():
    again = ApplicationReceived(kind=ApplicationKind.REGULAR, applied_on=day("2026-02-02"), awaited=False)
    assert last_day("D34", minor(alone=True), APPLIED, again) == "2029-02-02"
    assert terms("D34", minor(alone=False), APPLIED) == []
    assert terms("D34", ADULT, APPLIED) == []
    assert terms("D34", minor(alone=True)) == []
    assert terms("D34", minor(alone=True), APPLIED, ("2029-01-07T23:00", plan())) != [], "the last day of the three years"


@pytest.mark.parametrize(("born", "first"), [
    ("2008-03-17", "2026-03-01"), ("2008-03-01", "2026-03-01"), ("2008-03-31", "2026-03-01"),
    ("2008-02-29", "2026-02-01"), ("2008-12-31", "2026-12-01"), ("2009-01-01", "2027-01-01"),
])  # fmt: skip
def test_d35_coming_of_age_is_told_on_the_first_of_the_month_so_that_no_log_tells_the_birth_date(born, first):
    found = term("D35", minor(alone=True), born=born)
    assert (found.due.astimezone(AMSTERDAM).isoformat()[:16], found.starts) == (f"{first}T00:00", None)
    assert (found.proposes, found.relied) == ("establish_minority", (2,))


@pytest.mark.parametrize(("then", "runs"), [
    (("2026-02-28T23:59", minor(alone=True)), True),
    (("2026-03-01T00:00", minor(alone=True)), False),
    (("2026-02-28T23:59", plan()), True),
    (("2026-03-01T00:00", plan()), False),
])
def test_d35_what_was_looked_at_before_that_month_is_looked_at_again(then, runs):
    assert bool(terms("D35", minor(alone=True), then, born="2008-03-17")) is runs


def test_d35_runs_for_whoever_is_treated_as_a_minor_and_for_nobody_without_a_birth_date():
    young = opened(Regime.RETURN_DIRECTIVE, AgeBand.UNDER_18)
    assert terms("D35", young, born="2008-03-17") != []
    assert terms("D35", opened(Regime.RETURN_DIRECTIVE, AgeBand.FROM_18_TO_34), born="2008-03-17") != [], "a birth date corrected"
    assert terms("D35", opened(Regime.RETURN_DIRECTIVE, AgeBand.UNDER_18), born="2004-03-17") == [], "of age at the opening"
    assert terms("D35", young, ADULT, born="2008-03-17") == []
    assert terms("D35", minor(alone=True), born=None) == []
    assert terms("D35", minor(alone=True), born="") == []
    corrected = MinorStatusEstablished(minor=True, unaccompanied=True, birth_date="2009-04-02")
    assert term("D35", corrected, born="2008-03-17").due == moment("2027-04-01T00:00")


# ------------------------------------------------------------------ D36: the border procedure

BORDER = opened(Regime.RETURN_BORDER_PROCEDURE)


@pytest.mark.parametrize(("at", "runs"), [("2026-06-11T23:59", False), ("2026-06-12T00:00", True)])
def test_d36_the_return_border_procedure_lasts_twelve_weeks_from_12_june_2026_on(at, runs):
    assert bool(terms("D36", BORDER, decision_of("2026-06-10"), at=at)) is runs


def test_d36_is_counted_from_when_the_decision_was_served_and_in_that_procedure_alone():
    found = term("D36", BORDER, decision_of("2026-06-15"), at="2026-06-15T12:00")
    assert (through(found), starts_on(found), found.proposes) == ("2026-09-07", "2026-06-15", "adopt_plan")
    assert terms("D36", decision_of("2026-06-15"), at="2026-06-15T12:00") == []
    assert terms("D36", BORDER, at="2026-06-15T12:00") == []


# ------------------------------------------------------------------ D37, D38: what outlives a case


def banned(years: int | None, decided_on: str = "2026-01-06") -> tuple[str, ReturnDecisionRecorded]:
    return BANNED[0], msgspec.structs.replace(decision_of(decided_on), entry_ban_years=years)


@pytest.mark.parametrize(("years", "at", "over"), [
    (2, "2026-03-06T12:00", "2028-03-06"), (1, "2027-12-31T23:30", "2028-12-31"), (1, "2028-02-29T12:00", "2029-02-28"),
    (4, "2028-02-29T12:00", "2032-02-29"), (5, "2026-03-06T00:00", "2031-03-06"), (20, "2026-10-25T12:00", "2046-10-25"),
])  # fmt: skip
def test_d37_vw_66a_4_an_entry_ban_counts_from_the_day_of_the_departure_that_day_included(years, at, over):
    for gone in (left(at)[1], RemovalCompleted(departed_at=moment(at), destination="MA"),
                 DublinTransferCompleted(departed_at=moment(at), member_state="DE")):  # fmt: skip
        found = term("D37", banned(years), (at, gone))
        assert found.due.astimezone(AMSTERDAM).isoformat()[:16] == f"{over}T00:00"
        assert (starts_on(found), found.proposes, found.relied) == (at[:10], "", (3, 4))


def test_d37_nobody_who_has_not_left_has_a_ban_that_runs():
    assert terms("D37", banned(2)) == []
    assert terms("D37", banned(None), left("2026-03-06T12:00")) == []
    assert terms("D37", banned(0), left("2026-03-06T12:00")) == []
    assert terms("D37", left("2026-03-06T12:00")) == []
    gone = (banned(2), left("2026-03-06T12:00"), closed(Outcome.INDEPENDENT_SUPERVISED, "2026-03-06"))
    assert terms("D37", *gone) != []
    assert terms("D37", *gone, reopened("2026-04-01T10:00", ReopenCause.PROOF_INVALID)) == [], "they never left"


def test_d37_a_ban_decided_after_a_departure_is_of_a_later_stay():
    gone = (left("2026-03-06T12:00"), closed(Outcome.INDEPENDENT_SUPERVISED, "2026-03-06"))
    assert terms("D37", *gone, ("2026-03-06T13:00", banned(2, "2026-03-06")[1])) != []
    assert terms("D37", *gone, ("2026-05-04T10:00", banned(2, "2026-05-04")[1])) == []


@pytest.mark.parametrize(("happened", "since", "last"), [
    ((left("2026-02-09T11:00"), closed(Outcome.INDEPENDENT_SUPERVISED)), "2026-02-09", "2036-02-09"),
    ((left("2024-02-29T11:00"), closed(Outcome.FORCED)), "2024-02-29", "2034-02-28"),
    ((left("2026-02-09T11:00"), closed(Outcome.DUBLIN_TRANSFER)), "2026-02-09", "2036-02-09"),
    ((closed(Outcome.UNSUPERVISED),), "2026-02-10", "2036-02-10"),
    ((closed(Outcome.RESIDENCE),), "2026-02-10", "2036-02-10"),
    ((closed(Outcome.OTHER),), "2026-02-10", "2036-02-10"),
    ((left("2026-01-20T11:00"), closed(Outcome.OTHER)), "2026-02-10", "2036-02-10"),
    ((banned(2), left("2026-02-09T11:00"), closed(Outcome.FORCED)), "2028-02-09", "2038-02-09"),  # after the ban
])
def test_d38_vw_107_9_a_file_is_kept_ten_years_after_the_departure_the_end_of_the_ban_or_the_closing(happened, since, last):
    found = term("D38", *happened)
    assert (through(found), starts_on(found), found.proposes) == (last, since, "complete_task")
    assert terms("D38", *happened[:-1]) == [], "an open case"


def test_d38_rests_on_the_departure_or_on_the_closing():
    assert term("D38", left("2026-02-09T11:00"), closed(Outcome.FORCED)).relied == (3,)
    assert term("D38", closed()).relied == (3,)
    assert term("D38", decision_of(), closed()).relied == (4,)


def test_every_step_that_is_proposed_after_the_choice_to_leave_is_still_of_use():
    assert term("D31", accepted(), CHOSEN).proposes == "issue_ticket"
    assert term("D31", accepted(), STARTED).proposes == "book_removal"
