"""Custody: detention is the last resort, its days are counted per article, and a wish to leave bars it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

import pytest

from dtv_workflow.domain.chapters.closing import CaseClosed
from dtv_workflow.domain.chapters.custody import (
    CourtDecisionReceived,
    DetentionExtended,
    DetentionLifted,
    DetentionOrdered,
    DetentionReported,
    ExtendDetention,
    Ground,
    ImposeSupervision,
    LiftDetention,
    OrderDetention,
    RecordCourtDecision,
    RecordCourtNotified,
    ReportDetention,
    SupervisionMeasureImposed,
)
from dtv_workflow.domain.chapters.holds import HoldPlaced
from dtv_workflow.domain.chapters.travel_document import PresentationOutcomeRecorded
from dtv_workflow.domain.chapters.voluntary_departure import (
    OpportunityAssessed,
    OpportunityDeclined,
    VoluntaryDepartureChosen,
    WishToLeaveExpressed,
)
from dtv_workflow.domain.vocabulary import (
    BLOCKS,
    AgeBand,
    Article,
    Block,
    CourtOutcome,
    HoldKind,
    LiftCause,
    Measure,
    Outcome,
    PresentationOutcome,
    Role,
    WishReporter,
)
from tests.domain.told import BOOKED, PASSPORT, READY, asked, decided, decision_of, moment, names, told

A59, A59A, A59B = Article.A59, Article.A59A, Article.A59B
HEAVY, LIGHT = Ground(code="3b", heavy=True), Ground(code="4c", heavy=False)
WEIGHED = {"reporting_duty": "missed twice", "security_deposit": "no means"}
WISH = WishToLeaveExpressed(reported_by=WishReporter.DJI)


def order(article: Article = A59, **more) -> OrderDetention:
    said = {"grounds": (HEAVY, LIGHT), "lighter_means": WEIGHED, "hearing_held": True, "lawyer_informed": True} | more
    return OrderDetention(article=article, prospect="LP promised", place="DCR", **cast(Any, said))


def ordered(article: Article = A59) -> DetentionOrdered:
    said = {"heavy": ("3b",), "light": ("4c",), "measures": (), "lighter_means": {}}
    return DetentionOrdered(article=article, prospect="x", place="DCR", **cast(Any, said))


def lifted(article: Article = A59, cause: LiftCause = LiftCause.PURPOSE_GONE) -> DetentionLifted:
    return DetentionLifted(cause=cause, article=article)


def extended(until: date, article: Article = A59) -> DetentionExtended:
    return DetentionExtended(article=article, until=until, balancing="x")


def reported(since: date, article: Article = A59) -> DetentionReported:
    return DetentionReported(article=article, since=since, by="AVIM")


def extend(until: date) -> ExtendDetention:
    return ExtendDetention(until=until, balancing="no papers")


def on(day: date, clock: str = "10:00") -> str:
    return f"{day.isoformat()}T{clock}"


REPORT = ReportDetention(article=A59, since="2026-03-01", by="AVIM")
OURS_AND_THEIRS = pytest.mark.parametrize("step", [order(), REPORT], ids=["ordered", "reported"])
START = date(2026, 1, 10)
DETAINED = ("2026-01-10T10:00", ordered())


# ------------------------------------------------------------------ ordering


@OURS_AND_THEIRS
def test_vw_59_detention_stands_when_the_law_is_met(step):
    assert asked(told(*READY), step) == []


@pytest.mark.parametrize("means", [{}, {"reporting_duty": "missed", "security_deposit": " "}, {"reporting_duty": ""}])
def test_vw_59c_each_lighter_means_is_reasoned_away(means):
    assert asked(told(*READY), order(lighter_means=means)) == ["N13"]
    assert asked(told(*READY), order(lighter_means={"reporting_duty": "missed"})) == []


@pytest.mark.parametrize(("article", "grounds", "codes"), [
    (A59, (), ["N14"]),
    (A59, (HEAVY,), ["N14"]),
    (A59, (HEAVY, HEAVY), ["N14"]),
    (A59, (HEAVY, Ground(code="3b", heavy=False)), ["N14"]),
    (A59, (LIGHT, Ground(code="4d", heavy=False)), []),
    (A59A, (LIGHT, Ground(code="4d", heavy=False)), ["N14"]),
    (A59A, (HEAVY, LIGHT), []),
    (A59B, (LIGHT, Ground(code="4d", heavy=False)), []),
])
def test_vb_5_1b_two_different_grounds_and_under_59a_one_of_them_heavy(article, grounds, codes):
    assert asked(told(*READY), order(article, grounds=grounds)) == codes


@pytest.mark.parametrize("missing", [
    {"hearing_held": False}, {"lawyer_informed": False}, {"hearing_held": False, "lawyer_informed": False},
])
def test_vb_5_2_detention_follows_a_hearing_and_the_lawyer_is_told(missing):
    assert asked(told(*READY), order(**missing)) == ["N51"]


@OURS_AND_THEIRS
def test_vw_59_3_nobody_is_detained_while_a_wish_is_open(step):
    assert asked(told(*READY, WISH), step) == ["N18"]
    assert asked(told(*READY, WISH, OpportunityAssessed(finding="a flight")), step) == ["N18"]
    assert asked(told(*READY, WISH, OpportunityDeclined(finding="none")), step) == []


@OURS_AND_THEIRS
@pytest.mark.parametrize("kind", list(HoldKind))
def test_vw_59_a_hold_that_blocks_detention_bars_it(step, kind):
    held = HoldPlaced(hold="H1", hold_kind=kind, until=moment("2026-03-08T12:00"))
    assert asked(told(*READY, held), step) == (["N52"] if Block.DETENTION in BLOCKS[kind] else [])
    assert asked(told(*READY, held), step, at="2026-03-08T12:00") == []


@OURS_AND_THEIRS
def test_vw_94_6_after_a_court_lifted_it_detention_needs_something_new(step):
    court = (DETAINED, CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.LIFTED), lifted(cause=LiftCause.COURT))
    recognised = PresentationOutcomeRecorded(outcome=PresentationOutcome.RECOGNISED)
    assert asked(told(*READY, PASSPORT, recognised, *court), step) == ["N17"]
    for new in (decision_of("2026-01-20", 0, reasoned=True), PASSPORT, recognised):
        assert asked(told(*READY, *court, new), step) == []


def test_vw_94_6_a_court_that_upheld_the_detention_bars_nothing():
    upheld = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.UPHELD)
    assert asked(told(*READY, DETAINED, upheld, lifted()), order()) == []


@OURS_AND_THEIRS
def test_vc_a5_6_7_somebody_detained_is_not_detained_again(step):
    assert asked(told(*READY, DETAINED), step) == ["N64"]
    assert asked(told(*READY, DETAINED, lifted()), step) == []


def test_detention_is_not_ordered_while_somebody_leaves_independently():
    assert asked(told(VoluntaryDepartureChosen(statement="signed")), order()) == ["N61"]
    assert asked(told(VoluntaryDepartureChosen(statement="signed")), REPORT) == []


def test_n33_and_n48_a_designated_officer_orders_never_the_system():
    assert asked(told(*READY), order(), role=Role.SUPERVISOR) == ["N48"]
    assert asked(told(*READY), order(), role=Role.TEAM_LEADER) == ["N48"]
    assert asked(told(*READY), order(), role=Role.SYSTEM) == ["N33"]


def test_every_obstacle_to_detention_is_named_at_once():
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.MINISTERIAL_STOP)
    bare = order(grounds=(), lighter_means={}, hearing_held=False)
    assert asked(told(*READY, DETAINED, WISH, held), bare) == ["N13", "N14", "N51", "N18", "N52", "N64"]


# ------------------------------------------------------------------ the clock


@OURS_AND_THEIRS
@pytest.mark.parametrize(("days", "codes"), [(179, []), (180, ["N15"]), (181, ["N15"])])
def test_vw_59_5_the_days_of_earlier_orders_count_up_to_180(step, days, codes):
    ends = START + timedelta(days)
    assert asked(told(*READY, DETAINED, (on(ends), lifted())), step, at=on(date(2026, 12, 1))) == codes


@OURS_AND_THEIRS
@pytest.mark.parametrize(("days", "codes"), [(539, []), (540, ["N15"])])
def test_vw_59_6_once_extended_540_days_is_the_most(step, days, codes):
    ends = START + timedelta(days)
    case = told(*READY, DETAINED, (on(START + timedelta(100)), extended(date(2027, 1, 10))), (on(ends), lifted()))
    assert asked(case, step, at=on(date(2027, 12, 1))) == codes


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
    [event] = decided(told(), ReportDetention(article=A59, since="2026-01-10T23:30:00Z", by="AVIM")).events
    assert event.since == date(2026, 1, 11)


def test_closing_ends_the_detention_on_the_day_somebody_left():
    closed = CaseClosed(outcome=Outcome.FORCED, ended_on=date(2026, 1, 30), age_band=AgeBand.UNKNOWN)
    case = told(DETAINED, ("2026-02-02T10:00", closed))
    assert (case.custody, case.detention_days(A59, date(2026, 3, 1))) == ("none", 20)


# ------------------------------------------------------------------ extending and lifting


def test_n53_only_somebody_detained_is_extended_or_released():
    assert asked(told(*READY), extend(date(2026, 6, 1)), second="TL-02") == ["N53"]
    assert asked(told(*READY), LiftDetention(cause=LiftCause.COURT)) == ["N53"]
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1)), second="TL-02") == []
    assert asked(told(*READY, DETAINED), LiftDetention(cause=LiftCause.COURT)) == []


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


def test_n12_an_extension_needs_a_second_person():
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1))) == ["N12"]
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1)), second="OFF-03") == ["N12"]
    assert asked(told(*READY, DETAINED), extend(date(2026, 6, 1)), second="RV-08", second_may_approve=False) == ["N12"]


@pytest.mark.parametrize("role", [Role.DESIGNATED_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER])
def test_ending_a_detention_never_waits_for_the_right_desk(role):
    assert asked(told(*READY, DETAINED), LiftDetention(cause=LiftCause.MEDICAL), role=role) == []


def test_n50_supervision_is_not_imposed_on_somebody_in_detention():
    impose = ImposeSupervision(measure=Measure.REPORTING_DUTY, interval_days=7)
    assert asked(told(*READY, DETAINED), impose) == ["N50"]
    assert asked(told(*READY), impose) == []


def test_custody_is_what_holds_now_and_detention_replaces_supervision():
    measure = SupervisionMeasureImposed(measure=Measure.AREA_RESTRICTION)
    assert told(measure).custody == "area_restriction"
    assert told(measure, ordered(A59B)).custody == "detention_59b"
    assert told(measure, ordered(A59B), lifted(A59B)).custody == "none"


# ------------------------------------------------------------------ the courts


@pytest.mark.parametrize(("outcome", "events"), [
    (CourtOutcome.UPHELD, []),
    (CourtOutcome.LIFTED, ["DetentionLifted"]),
    (CourtOutcome.ANNULLED, ["DetentionLifted"]),
    (CourtOutcome.INTERIM_RELIEF, ["HoldPlaced", "RemovalAttemptCancelled"]),
])
def test_what_a_court_decides_is_carried_out_in_the_same_commit(outcome, events):
    said = names(told(*BOOKED, DETAINED), RecordCourtDecision(instance="rechtbank", outcome=outcome))
    assert said == ["CourtDecisionReceived", *events]


def test_a_decision_that_a_court_annulled_no_longer_stands():
    annulled = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.ANNULLED)
    assert told(*READY, annulled).decision is None


def test_the_courts_notice_is_kept():
    assert names(told(), RecordCourtNotified(notified_at=moment("2026-03-01T10:00"))) == ["CourtNotified"]
