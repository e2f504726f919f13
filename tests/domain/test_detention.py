"""How long a detention may last: its days, counted per article, and the terms of its article and of its basis."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from dtv_workflow.domain.chapters.closing import CaseClosed
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.vocabulary import AgeBand, Article, Basis, Outcome
from dtv_workflow.errors import Malformed
from tests.domain.detained import A59, A59A, A59B, DETAINED, START, extend, extended, lifted, on, order, ordered, report, reported
from tests.domain.told import READY, asked, decided, told

LATER = date(2027, 12, 1)
OURS_AND_THEIRS = pytest.mark.parametrize("step", [order(), report(LATER)], ids=["ordered", "reported"])

TERMS_BY_BASIS = [
    (A59, None, False, 180, 540), (A59, None, True, 180, 540), (A59, Basis.A59_1_A, True, 180, 540),
    (A59, Basis.A59_1_B, False, 28, 28), (A59, Basis.A59_1_B, True, 42, 42),
    (A59, Basis.A59_2, False, 28, 28), (A59, Basis.A59_2, True, 28, 28),
    (A59A, None, True, 42, 42),
    (A59B, None, False, 28, 118), (A59B, None, True, 28, 118),
    (A59B, Basis.A59B_1_A, False, 28, 118), (A59B, Basis.A59B_1_A, True, 42, 132),
    (A59B, Basis.A59B_1_B, False, 28, 118), (A59B, Basis.A59B_1_B, True, 42, 132),
    (A59B, Basis.A59B_1_C, False, 28, 118), (A59B, Basis.A59B_1_C, True, 42, 132),
    (A59B, Basis.A59B_1_D, False, 180, 450), (A59B, Basis.A59B_1_D, True, 180, 450),
]  # fmt: skip
BY_BASIS = pytest.mark.parametrize(
    ("article", "basis", "intention", "most", "at_all"), TERMS_BY_BASIS,
    ids=[f"{a.value}-{b.value if b else 'whole'}-{'39' if i else 'no39'}" for a, b, i, _, _ in TERMS_BY_BASIS],
)  # fmt: skip


# ------------------------------------------------------------------ the days


@OURS_AND_THEIRS
@pytest.mark.parametrize(("days", "codes"), [(179, []), (180, ["N15"]), (181, ["N15"])])
def test_vw_59_5_the_days_of_earlier_orders_count_up_to_180(step, days, codes):
    served = (DETAINED, (on(START + timedelta(days)), lifted()))
    assert asked(told(*READY, *served), step, at=on(LATER)) == codes


@OURS_AND_THEIRS
@pytest.mark.parametrize(("days", "codes"), [(539, []), (540, ["N15"])])
def test_vw_59_6_once_extended_540_days_is_the_most(step, days, codes):
    longer = (on(START + timedelta(100)), extended(date(2027, 1, 10)))
    case = told(*READY, DETAINED, longer, (on(START + timedelta(days)), lifted()))
    assert asked(case, step, at=on(LATER)) == codes


@pytest.mark.parametrize(("article", "most"), [(A59, 180), (A59A, 42), (A59B, 28)])
def test_each_article_has_its_own_maximum(article, most):
    for days, codes in ((most - 1, []), (most, ["N15"])):
        case = told(*READY, ("2026-01-10T10:00", ordered(article)), (on(START + timedelta(days)), lifted(article)))
        assert asked(case, order(article), at=on(date(2026, 12, 1))) == codes


def test_vc_a5_6_8_days_of_another_article_do_not_count_and_a_change_of_article_counts_its_day_once():
    switched = (
        ("2026-01-10T10:00", ordered()),
        ("2026-04-20T10:00", lifted()),
        ("2026-04-20T10:00", ordered(A59B)),
        ("2026-05-18T10:00", lifted(A59B)),
        ("2026-05-18T10:00", ordered()),
    )
    case = told(*READY, *switched)
    assert [case.detention_days(article, date(2026, 8, 8)) for article in (A59, A59B, A59A)] == [182, 28, 0]


@pytest.mark.parametrize(("start", "days", "end"), [
    (date(2024, 2, 1), 180, date(2024, 7, 30)),   # over the 29th of February
    (date(2025, 2, 1), 180, date(2025, 7, 31)),
    (date(2023, 9, 1), 540, date(2025, 2, 22)),
    (date(2026, 3, 28), 2, date(2026, 3, 30)),    # over the shortest day
    (date(2026, 10, 24), 2, date(2026, 10, 26)),  # over the longest
])
def test_vc_a5_6_8_days_are_calendar_days_over_leap_days_and_clock_changes(start, days, end):
    opened = f"{start.year - 1}-01-05T10:00"
    for clock in ("00:00", "23:59"):
        case = told((on(start, clock), ordered()), opened=opened)
        assert case.detention_days(A59, end) == days


def test_vc_a5_6_8_the_day_of_the_lift_does_not_count():
    assert told(("2026-01-10T23:59", ordered()), ("2026-01-10T23:59:30", lifted())).detention_days(A59, date(2026, 3, 1)) == 0
    assert told(("2026-01-10T23:59", ordered()), ("2026-01-11T00:00", lifted())).detention_days(A59, date(2026, 3, 1)) == 1


def test_a_day_that_two_reports_tell_of_is_counted_once():
    """Police report the detention we knew of, as of an earlier or a later day."""
    earlier = told(DETAINED, ("2026-01-20T10:00", lifted()), ("2026-02-01T10:00", reported(date(2026, 1, 15))))
    assert earlier.detention_days(A59, date(2026, 1, 25)) == 15
    running = told(DETAINED, ("2026-01-20T10:00", reported(date(2026, 1, 5))))
    assert running.detention_days(A59, date(2026, 1, 25)) == 20


def test_a_detention_reported_as_a_moment_begins_on_its_day_in_amsterdam():
    [event] = decided(told(), report("2026-01-10T23:30:00Z")).events
    assert event.since == date(2026, 1, 11)


def test_closing_ends_the_detention_on_the_day_somebody_left():
    closed = CaseClosed(outcome=Outcome.FORCED, ended_on=date(2026, 1, 30), age_band=AgeBand.UNKNOWN)
    case = told(DETAINED, ("2026-02-02T10:00", closed))
    assert (case.custody, case.detention_days(A59, date(2026, 3, 1))) == ("none", 20)


# ------------------------------------------------------------------ the terms of each basis


@BY_BASIS
def test_vw_59_4_and_59b_2_to_5_a_detention_lasts_no_longer_than_its_basis_allows(article, basis, intention, most, at_all):
    rests: dict[str, Any] = {"basis": basis, "intention_procedure": intention}
    for days, codes in ((most - 1, []), (most, ["N15"])):
        served = ((on(START), ordered(article, **rests)), (on(START + timedelta(days)), lifted(article)))
        for step in (order(article, **rests), report(LATER, article, **rests)):
            assert asked(told(*READY, *served), step, at=on(LATER)) == codes, days


@BY_BASIS
def test_vw_59_6_and_59b_3_and_5_an_extension_keeps_within_what_its_basis_allows(article, basis, intention, most, at_all):
    held = told(*READY, (on(START), ordered(article, basis=basis, intention_procedure=intention)))
    now = on(START + timedelta(most - 1))
    assert asked(held, extend(START + timedelta(at_all)), at=now, second="TL-02") == []
    assert asked(held, extend(START + timedelta(at_all + 1)), at=now, second="TL-02") == ["N15"]
    assert "N16" in asked(held, extend(START + timedelta(at_all)), at=on(START + timedelta(most)), second="TL-02")


@pytest.mark.parametrize("last", [Basis.A59_1_B, Basis.A59_2])
def test_vw_59_4_gives_its_two_bases_one_term_and_other_days_do_not_count_for_it(last):
    served = [
        (date(2026, 1, 10), Basis.A59_1_B, 10), (date(2026, 2, 1), Basis.A59_2, 17), (date(2026, 3, 1), Basis.A59_1_A, 30),
        (date(2026, 5, 1), None, 30),
    ]  # fmt: skip
    told_of = [t for day, basis, days in served
               for t in ((on(day), ordered(basis=basis)), (on(day + timedelta(days)), lifted()))]  # fmt: skip
    assert asked(told(*READY, *told_of), order(basis=last), at="2026-07-01T10:00") == []
    one_more = ((on(date(2026, 7, 1)), ordered(basis=last)), (on(date(2026, 7, 2)), lifted()))
    assert asked(told(*READY, *told_of, *one_more), order(basis=last), at="2026-07-03T10:00") == ["N15"]
    assert asked(told(*READY, *told_of, *one_more), order(basis=Basis.A59_1_A), at="2026-07-03T10:00") == []


def test_vw_59_4_stands_beside_the_six_months_and_both_are_named():
    long_ago = (DETAINED, (on(START + timedelta(180)), lifted()))
    assert asked(told(*READY, *long_ago), order(basis=Basis.A59_2), at=on(LATER)) == ["N15"]
    brief = ((on(date(2026, 9, 1)), ordered(basis=Basis.A59_2)), (on(date(2026, 9, 29)), lifted()))
    [said] = [v.is_ for v in decided(told(*READY, *long_ago, *brief), order(basis=Basis.A59_2), at=on(LATER)).receipt.verdicts
              if v.code == "N15"]  # fmt: skip
    assert said.en == "208 of 180 days used, art. 59; 28 of 28 days used, art. 59(4)"
    assert said.nl == "208 van 180 dagen gebruikt, art. 59; 28 van 28 dagen gebruikt, art. 59(4)"


def test_days_under_59b_count_for_every_basis_of_it():
    """The contract counts per article; what was served on one ground is never served anew on another."""
    on_a = ((on(START), ordered(A59B, basis=Basis.A59B_1_A)), (on(START + timedelta(27)), lifted(A59B)))
    on_d = ((on(date(2026, 3, 1)), ordered(A59B, basis=Basis.A59B_1_D)), (on(date(2026, 3, 2)), lifted(A59B)))
    case = told(*READY, *on_a, *on_d)
    assert asked(case, order(A59B, basis=Basis.A59B_1_A), at=on(LATER)) == ["N15"]
    assert asked(case, order(A59B, basis=Basis.A59B_1_D), at=on(LATER)) == []


@pytest.mark.parametrize(("extended_on", "asked_for", "codes"), [
    (Basis.A59B_1_A, Basis.A59B_1_D, ["N15"]),
    (Basis.A59B_1_D, Basis.A59B_1_A, ["N15"]),
    (Basis.A59B_1_D, Basis.A59B_1_D, []),
    (Basis.A59B_1_A, None, ["N15"]),
])
def test_an_extension_counts_for_the_paragraph_it_was_given_under(extended_on, asked_for, codes):
    given = extended(START + timedelta(190), A59B, basis=extended_on)
    served = ((on(START), ordered(A59B, basis=extended_on)), (on(START + timedelta(20)), given),
              (on(START + timedelta(180)), lifted(A59B)))  # fmt: skip
    assert asked(told(*READY, *served), order(A59B, basis=asked_for), at=on(LATER)) == codes


def test_an_extension_within_the_four_weeks_of_59_4_is_no_extension_of_the_six_months():
    brief = (on(START), ordered(basis=Basis.A59_2))
    given = (on(START + timedelta(5)), extended(START + timedelta(20), basis=Basis.A59_2))
    served = (*READY, brief, given, (on(START + timedelta(20)), lifted()))
    whole = ((on(date(2026, 3, 1)), ordered()), (on(date(2026, 3, 1) + timedelta(160)), lifted()))
    assert asked(told(*served, *whole), order(), at=on(LATER)) == ["N15"]


def test_an_extension_remembers_the_basis_it_was_given_under():
    held = told(*READY, (on(START), ordered(A59B, basis=Basis.A59B_1_D)))
    [event] = decided(held, extend(date(2026, 9, 1)), second="TL-02").events
    assert (event.article, event.basis) == (A59B, Basis.A59B_1_D)


@pytest.mark.parametrize("make", [order, lambda article, basis: report(article=article, basis=basis)], ids=["order", "report"])
@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("article", list(Article))
def test_a_basis_of_another_article_is_no_request_at_all(make, article, basis):
    if basis.value.startswith(f"{article.value}_"):
        assert make(article, basis=basis).basis is basis
    else:
        with pytest.raises(ValueError, match="basis"):
            make(article, basis=basis)


def test_a_basis_of_another_article_is_malformed_where_it_is_read():
    fields = {"article": "59a", "since": "2026-03-01", "by": "AVIM", "basis": "59_1_a"}
    with pytest.raises(Malformed, match="the basis is one of another article"):
        read_step("report_detention", fields)


def test_a_basis_that_a_correction_makes_one_of_another_article_leaves_the_term_of_the_article():
    case = told(*READY, (on(START), ordered(A59A, basis=Basis.A59B_1_D)), (on(START + timedelta(42)), lifted(A59A)))
    assert asked(case, order(A59A), at=on(LATER)) == ["N15"]


# ------------------------------------------------------------------ reports of long ago, extensions that ran out


@pytest.mark.parametrize(("days", "codes"), [(179, []), (180, ["N15"])])
def test_vw_59_5_a_stretch_told_of_late_may_be_over_its_maximum_already(days, codes):
    assert asked(told(), report(START), at=on(START + timedelta(days))) == codes


def test_a_stretch_told_of_late_counts_no_day_that_was_counted_before():
    """26 days told of, 10 of them known already."""
    known = ((on(START), ordered(A59B)), (on(START + timedelta(10)), lifted(A59B)))
    assert asked(told(*known), report(START, A59B), at=on(START + timedelta(27))) == []
    assert asked(told(*known), report(START, A59B), at=on(START + timedelta(28))) == ["N15"]


def test_vw_59_6_an_extension_that_has_run_out_is_not_extended():
    until = START + timedelta(200)
    held = told(*READY, DETAINED, (on(START + timedelta(100)), extended(until)))
    again = extend(START + timedelta(300))
    assert asked(held, again, at=on(until - timedelta(1)), second="TL-02") == []
    assert asked(held, again, at=on(until), second="TL-02") == ["N16"]
    assert decided(held, again, at=on(until), second="TL-02").receipt.verdicts[2].is_.en == f"until {until}, which has passed"


def test_an_extension_is_until_a_day_to_come():
    held = told(*READY, DETAINED)
    assert asked(held, extend(date(2026, 3, 2)), second="TL-02") == ["N16"]
    assert asked(held, extend(date(2026, 3, 3)), second="TL-02") == []
    assert asked(told(*READY), extend(date(2026, 3, 2)), second="TL-02") == ["N53"]


@pytest.mark.parametrize(("days", "codes"), [(179, []), (180, ["N16"]), (181, ["N16"])])
def test_vw_59_6_detention_is_extended_before_its_term_ran_out(days, codes):
    assert asked(told(*READY, DETAINED), extend(date(2027, 1, 1)), at=on(START + timedelta(days)), second="TL-02") == codes


@pytest.mark.parametrize(("until", "codes"), [(540, []), (541, ["N15"])])
def test_vw_59_6_an_extension_ends_within_the_extended_maximum(until, codes):
    assert asked(told(*READY, DETAINED), extend(START + timedelta(until)), second="TL-02") == codes


def test_an_extension_that_comes_too_late_and_goes_too_far_says_both():
    late = on(START + timedelta(180))
    assert asked(told(*READY, DETAINED), extend(START + timedelta(541)), at=late, second="TL-02") == ["N16", "N15"]


def test_dublin_28_3_a_detention_under_59a_has_no_extension():
    dublin = told(*READY, ("2026-03-01T10:00", ordered(A59A)))
    assert asked(dublin, extend(date(2026, 3, 1) + timedelta(42)), second="TL-02") == []
    assert asked(dublin, extend(date(2026, 3, 1) + timedelta(43)), second="TL-02") == ["N15"]
