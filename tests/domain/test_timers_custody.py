"""How long the terms of a detention are: D10 to D19. Worked out by hand from the law and a calendar.

None of them is prolonged: they take liberty away, or guard it (Algemene termijnenwet art. 4c). A month is thirty days (Vc 2000
A5/6.8), the day of the order counts for the maximum, and not for the terms that run "after" it.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from dtv_workflow.domain.fields import AMSTERDAM
from dtv_workflow.domain.procedures import AppealAgainst, PlacementKind
from dtv_workflow.domain.vocabulary import Article, Basis, CourtOutcome, FamilyException, RemovabilityAnswer
from tests.domain.detained import A59, A59A, A59B, extended, lifted, ordered
from tests.domain.detained import reported as told_of
from tests.domain.timed import (
    ADULT,
    CELL,
    closed,
    filed,
    heard,
    last_day,
    minor,
    notified,
    placed,
    ruled,
    starts_on,
    term,
    terms,
    through,
)
from tests.domain.told import Happened, checked


def held(since: str, article: Article = A59, **more: Any) -> Happened:
    return f"{since}T10:00", ordered(article, **more)


def over_on(code: str, *happened: Happened, **known: Any) -> str:
    """The day at whose first moment a detention has reached its maximum: the first that it may not last."""
    due = term(code, *happened, **known).due.astimezone(AMSTERDAM)
    assert (due.hour, due.minute) == (0, 0)
    return due.date().isoformat()


# ------------------------------------------------------------------ D10: the notice


@pytest.mark.parametrize(("since", "last"), [
    ("2026-01-10", "2026-02-07"),  # Saturday: the 28th day after it, a Saturday
    ("2026-01-11", "2026-02-08"),  # Sunday
    ("2026-03-06", "2026-04-03"),  # Good Friday
    ("2026-03-10", "2026-04-07"),  # across the change to summer time
    ("2026-10-01", "2026-10-29"),  # and to winter time
    ("2026-04-07", "2026-05-05"),  # 5 May
    ("2028-02-01", "2028-02-29"),  # a leap day
])
def test_d10_vw_94_1_the_court_is_told_on_the_28th_day_after_at_the_latest(since, last):
    found = term("D10", held(since), at="2026-01-12T10:00")
    assert (through(found), starts_on(found), found.incident) == (last, since, "N70")


@pytest.mark.parametrize(("at", "proposes"), [
    ("2026-02-07T23:59", "record_court_notified"), ("2026-02-08T00:00", "lift_detention"),
])  # fmt: skip
def test_d10_while_there_is_time_the_notice_is_proposed_and_then_the_lift(at, proposes):
    assert term("D10", held("2026-01-10"), at=at).proposes == proposes


@pytest.mark.parametrize(("appeal", "runs"), [
    (filed("2026-01-09"), True),  # of before this detention
    (filed("2026-01-10"), False),
    (filed("2026-02-07"), False),
    (filed("2026-01-20", AppealAgainst.RETURN_DECISION), True),
    (filed("2026-01-20", AppealAgainst.ART64), True),
])
def test_d10_vw_94_1_the_persons_own_appeal_takes_the_place_of_the_notice(appeal, runs):
    assert bool(terms("D10", held("2026-01-10"), appeal)) is runs


def test_d10_a_notice_of_an_earlier_detention_is_none_of_this_one():
    earlier = (held("2026-01-10"), notified("2026-01-12T10:00"), ("2026-01-20T10:00", lifted()))
    assert last_day("D10", *earlier, held("2026-02-02")) == "2026-03-02"
    assert terms("D10", *earlier, held("2026-02-02"), notified("2026-02-03T10:00")) == []


def test_d10_another_article_is_another_measure_and_asks_a_notice_of_its_own():
    switched = (held("2026-01-10", A59B), notified("2026-01-12T10:00"), ("2026-01-20T09:00", lifted(A59B)), held("2026-01-20"))
    assert last_day("D10", *switched) == "2026-02-17"


def test_d10_a_detention_that_police_told_of_runs_from_its_day():
    assert last_day("D10", ("2026-01-14T10:00", told_of(date(2026, 1, 12)))) == "2026-02-09"


def test_d10_vw_94_7_an_extension_under_59_is_told_of_within_28_days_and_no_other():
    longer = ("2026-07-01T10:00", extended(date(2026, 12, 1)))
    begun = (held("2026-01-10"), notified("2026-01-12T10:00"))
    found = term("D10", *begun, longer)
    assert (through(found), starts_on(found), found.relied) == ("2026-07-29", "2026-07-01", (5,))
    assert terms("D10", *begun, longer, notified("2026-07-02T10:00")) == []
    assert terms("D10", *begun, longer, filed("2026-07-01")) == []
    assert last_day("D10", *begun, longer, filed("2026-06-30")) == "2026-07-29"
    asylum = ("2026-01-20T10:00", extended(date(2026, 4, 1), A59B))
    assert terms("D10", held("2026-01-10", A59B), notified("2026-01-12T10:00"), asylum) == []


# ------------------------------------------------------------------ D11, D12: the court

DETAINED = held("2026-01-10")


@pytest.mark.parametrize(("before", "last"), [
    ((notified("2026-01-12T10:00"),), "2026-01-26"),  # the fourteenth day after, a Monday
    ((filed("2026-01-13"),), "2026-01-27"),
    ((filed("2026-01-13"), notified("2026-01-20T10:00")), "2026-01-27"),  # the appeal came first
    ((notified("2026-03-20T10:00"),), "2026-04-03"),  # Good Friday
    ((filed("2026-01-13"), filed("2026-01-15")), "2026-01-29"),
])
def test_d11_vw_94_4_the_first_hearing_is_on_the_fourteenth_day_at_the_latest(before, last):
    found = term("D11", DETAINED, *before)
    assert (through(found), found.about, found.proposes) == (last, "hearing", "record_court_hearing")


def test_d11_vw_96_1_on_a_later_appeal_the_inquiry_is_closed_within_a_week():
    again = (DETAINED, notified("2026-01-12T10:00"), heard("2026-01-20"), ruled("2026-01-23T10:00"), filed("2026-02-02"))
    found = term("D11", *again)
    assert (through(found), found.about, found.relied) == ("2026-02-09", "hearing", (7,))
    assert through(term("D11", *again, heard("2026-02-05"))) == "2026-02-12"


@pytest.mark.parametrize(("on", "last"), [("2026-01-20", "2026-01-27"), ("2026-03-27", "2026-04-03")])
def test_d11_vw_94_5_the_ruling_is_within_seven_days_of_the_hearing(on, last):
    found = term("D11", DETAINED, notified("2026-01-12T10:00"), heard(on))
    assert (through(found), starts_on(found), found.about, found.proposes) == (last, on, "ruling", "record_court_decision")
    assert found.relied == (4, 5)


def test_d11_a_new_detention_is_heard_anew_and_nothing_of_the_last_one_is_waited_for():
    earlier = (DETAINED, notified("2026-01-12T10:00"), ("2026-01-20T10:00", lifted()), held("2026-02-02"))
    assert terms("D11", *earlier) == []
    assert last_day("D11", *earlier, notified("2026-02-03T10:00")) == "2026-02-17"
    ruled_on = (DETAINED, notified("2026-01-12T10:00"), ruled("2026-01-19T10:00"), ("2026-01-20T10:00", lifted()))
    assert last_day("D11", *ruled_on, held("2026-02-02"), notified("2026-02-03T10:00")) == "2026-02-17", "the first of this one"


def test_d11_and_d12_interim_relief_is_no_ruling_on_the_detention():
    relief = ruled("2026-01-15T10:00", CourtOutcome.INTERIM_RELIEF)
    assert last_day("D11", DETAINED, filed("2026-01-13"), relief) == "2026-01-27"
    assert last_day("D12", DETAINED, filed("2026-01-13"), relief) == "2026-01-16"


@pytest.mark.parametrize(("on", "last"), [
    ("2026-01-13", "2026-01-16"), ("2026-01-16", "2026-01-19"), ("2026-04-02", "2026-04-05"),
])  # fmt: skip
def test_d12_vc_a5_7_the_report_goes_on_day_three_and_no_weekend_prolongs_the_circular(on, last):
    found = term("D12", DETAINED, filed(on))
    assert (through(found), starts_on(found), found.proposes) == (last, on, "record_progress_report")


def test_d12_each_appeal_against_this_detention_asks_a_report():
    assert terms("D12", filed("2026-01-09"), DETAINED) == []
    assert terms("D12", DETAINED, filed("2026-01-13", AppealAgainst.RETURN_DECISION)) == []
    assert last_day("D12", DETAINED, filed("2026-01-13"), ruled("2026-01-20T10:00"), filed("2026-02-02")) == "2026-02-05"
    assert terms("D12", filed("2026-01-13")) == [], "nobody is detained"


# ------------------------------------------------------------------ D13 to D16: the maximum


@pytest.mark.parametrize(("code", "article", "more", "over"), [
    # Six months are 180 days: 22 in January from the 10th on, 28, 31, 30, 31, 30 make 172, and 8 in July.
    ("D13", A59, {}, "2026-07-09"),
    ("D13", A59, {"basis": Basis.A59_2}, "2026-07-09"),
    # Four weeks: 22 in January, 6 in February. Six weeks: 20.
    ("D14", A59, {"basis": Basis.A59_1_B}, "2026-02-07"),
    ("D14", A59, {"basis": Basis.A59_1_B, "intention_procedure": True}, "2026-02-21"),
    ("D14", A59, {"basis": Basis.A59_2}, "2026-02-07"),
    ("D14", A59, {"basis": Basis.A59_2, "intention_procedure": True}, "2026-02-07"),
    ("D15", A59B, {}, "2026-02-07"),
    ("D15", A59B, {"basis": Basis.A59B_1_C, "intention_procedure": True}, "2026-02-21"),
    ("D15", A59B, {"basis": Basis.A59B_1_D}, "2026-07-09"),
    ("D16", A59A, {}, "2026-02-21"),
])
def test_the_maximum_of_a_detention_is_reached_at_the_first_moment_of_a_day(code, article, more, over):
    assert over_on(code, held("2026-01-10", article, **more)) == over
    assert term(code, held("2026-01-10", article, **more)).proposes == "lift_detention"
    assert starts_on(term(code, held("2026-01-10", article, **more))) == "2026-01-10"


@pytest.mark.parametrize(("article", "codes"), [(A59, ["D13"]), (A59A, ["D16"]), (A59B, ["D15"])])
def test_each_article_has_its_own_maximum(article, codes):
    assert [code for code in ("D13", "D14", "D15", "D16") if terms(code, held("2026-01-10", article))] == codes


@pytest.mark.parametrize(("until", "over"), [
    ("2027-07-04", "2027-07-04"), ("2026-09-01", "2026-09-01"), ("2027-12-31", "2027-07-04"),
])  # fmt: skip
def test_d13_vw_59_6_an_extension_runs_to_its_day_and_360_days_beyond_the_180_at_most(until, over):
    # 9 July 2026 and 360 days: a year is 365, so five days before 9 July 2027.
    longer = ("2026-07-01T10:00", extended(date.fromisoformat(until)))
    assert over_on("D13", DETAINED, longer) == over
    assert term("D13", DETAINED, longer).relied == (3, 4)


def test_d13_days_of_before_count_and_those_under_another_article_do_not():
    # 10 to 20 January: ten days under 59. From 2 February: 170 are left; 27 + 31 + 30 + 31 + 30 = 149, and 21 in July.
    assert over_on("D13", DETAINED, ("2026-01-20T10:00", lifted()), held("2026-02-02")) == "2026-07-22"
    asylum = (held("2026-01-10", A59B), ("2026-01-20T10:00", lifted(A59B)))
    assert over_on("D13", *asylum, held("2026-02-02")) == "2026-08-01"  # 180 from 2 February: 31 in July, and 1 August is over


def test_d16_six_weeks_are_counted_across_the_change_of_the_clock():
    # From 10 March: 22 in March, 20 in April.
    assert over_on("D16", held("2026-03-10", A59A)) == "2026-04-21"


# ------------------------------------------------------------------ D17: the cell


@pytest.mark.parametrize(("since", "cell", "last"), [
    ("2026-01-10", "2026-01-10", "2026-01-15"),  # the day of the order is not counted
    ("2026-01-10", "2026-01-09", "2026-01-15"),  # held for questioning the day before: that does not count
    ("2026-01-10", "2026-01-12", "2026-01-17"),  # taken there later
    ("2026-03-31", "2026-03-31", "2026-04-05"),  # Easter Sunday
])
def test_d17_vc_a5_6_10_nobody_is_in_a_police_cell_longer_than_five_days(since, cell, last):
    found = term("D17", held(since), placed(PlacementKind.POLICE_CELL, cell))
    assert (through(found), found.proposes) == (last, "record_detention_transfer")


@pytest.mark.parametrize("place", [kind for kind in PlacementKind if kind is not PlacementKind.POLICE_CELL])
def test_d17_runs_in_a_police_cell_only(place):
    assert terms("D17", DETAINED, placed(place, "2026-01-10")) == []
    assert terms("D17", DETAINED) == []


def test_d17_another_article_on_the_same_day_gives_no_new_five_days():
    switched = (DETAINED, CELL, ("2026-01-12T09:00", lifted()), held("2026-01-12", A59B))
    assert last_day("D17", *switched) == "2026-01-15"
    anew = (DETAINED, CELL, ("2026-01-12T09:00", told_of(date(2026, 1, 12), A59B)))
    assert last_day("D17", *anew) == "2026-01-15", "a report that takes the place of an order"


def test_d17_a_cell_of_an_earlier_detention_is_left_behind():
    assert terms("D17", DETAINED, CELL, ("2026-01-12T09:00", lifted()), held("2026-02-02")) == []
    again = (DETAINED, CELL, ("2026-01-12T09:00", lifted()), held("2026-02-02"), placed(PlacementKind.POLICE_CELL, "2026-02-02"))
    assert last_day("D17", *again) == "2026-02-07"


# ------------------------------------------------------------------ D18, D19: families and minors


@pytest.mark.parametrize(("article", "since", "over"), [
    (A59, "2026-01-10", "2026-01-24"), (A59A, "2026-01-10", "2026-01-24"), (A59, "2026-03-20", "2026-04-03"),
])  # fmt: skip
def test_d18_vc_a5_2_4_a_family_is_detained_for_two_weeks(article, since, over):
    assert over_on("D18", minor(alone=False), held(since, article)) == over
    assert term("D18", minor(alone=False), held(since, article)).about == "family"


def test_d18_does_not_run_under_59b_nor_for_a_minor_alone_or_an_adult():
    assert terms("D18", minor(alone=False), held("2026-01-10", A59B)) == []
    assert terms("D18", minor(alone=True), DETAINED) == []
    assert terms("D18", ADULT, DETAINED) == []


def test_d18_after_a_late_procedure_two_weeks_run_from_when_the_family_became_removable():
    late = held("2026-01-10", family_exception=FamilyException.LATE_PROCEDURE)
    assert terms("D18", minor(alone=False), late) == []
    removable = ("2026-02-02T10:00", checked("2026-02-02T09:00"))
    assert over_on("D18", minor(alone=False), late, removable) == "2026-02-16"
    assert terms("D18", minor(alone=False), late, checked(what=RemovabilityAnswer.NOT_REMOVABLE)) == []
    resisted = held("2026-01-10", family_exception=FamilyException.PHYSICAL_RESISTANCE)
    assert terms("D18", minor(alone=False), resisted) == []


@pytest.mark.parametrize("alone", [True, False])
def test_d19_vc_a5_2_4_a_minor_is_in_the_family_facility_within_five_days(alone):
    found = term("D19", minor(alone=alone), DETAINED)
    assert (through(found), starts_on(found), found.proposes) == ("2026-01-15", "2026-01-10", "record_detention_transfer")
    assert found.relied == (3, 4)
    assert last_day("D19", minor(alone=alone), held("2026-03-31")) == "2026-04-05"


@pytest.mark.parametrize(("place", "runs"), [(kind, kind is not PlacementKind.FAMILY_FACILITY) for kind in PlacementKind])
def test_d19_any_other_place_is_not_enough(place, runs):
    assert bool(terms("D19", minor(alone=True), DETAINED, placed(place, "2026-01-11"))) is runs


def test_d19_an_adult_needs_no_family_facility_and_a_new_detention_a_new_placement():
    assert terms("D19", DETAINED) == []
    assert terms("D19", ADULT, DETAINED) == []
    there = (minor(alone=True), DETAINED, placed(PlacementKind.FAMILY_FACILITY, "2026-01-11"))
    assert last_day("D19", *there, ("2026-01-20T10:00", lifted()), held("2026-02-02")) == "2026-02-07"
    assert terms("D19", *there, ("2026-01-20T09:00", lifted()), held("2026-01-20", A59B)) == [], "they stayed where they were"


# ------------------------------------------------------------------ a closed case


def test_a_detention_that_is_told_of_in_a_closed_case_has_its_terms():
    told = (closed(on="2026-02-10"), ("2026-02-12T10:00", told_of(date(2026, 2, 11))))
    assert last_day("D10", *told, at="2026-02-12T10:00") == "2026-03-11"
    assert over_on("D13", *told) == "2026-08-10"  # 18 + 31 + 30 + 31 + 30 + 31 = 171 days to July's end, and 9
    assert terms("D10", closed(on="2026-02-10")) == []
