"""The ledger of detention in every life of a case: it counts what the calendar counts, and its last day is the last one."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from dtv_workflow.domain.chapters.custody import DetentionOrdered
from dtv_workflow.domain.detention import FAMILY, Clock, ends, ledger, limits, reached, terms_running, used
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.vocabulary import Article, Basis
from tests.properties.invariants import days_by_the_calendar
from tests.properties.lived import IN_CUSTODY, ORDER, TO_DETAINED, TO_FORCED, Issued, Life, any_life, ask, live, near

CUSTODY = (
    "order_detention", "lift_detention", "extend_detention", "report_detention", "record_court_decision", "express_wish_to_leave",
    "assess_opportunity", "close_unsupervised", "reopen_case", "record_return_decision",
)  # fmt: skip
DAYS = st.dates(date(2026, 1, 1), date(2028, 3, 1))
SEEN = (*CUSTODY, "confirm_supervised_departure", "choose_voluntary_departure", "link_family", "establish_minority")
BASED = st.one_of(
    IN_CUSTODY,
    *(near("order_detention", "OFF-03", **(ORDER | {"article": b.article.value, "basis": b.value})) for b in Basis),
    near("order_detention", "OFF-03", **(ORDER | {"article": "59b", "basis": "59b_1_a", "intention_procedure": True})),
    near("report_detention", article="59b", since="2026-01-20", by="AVIM", basis="59b_1_d"),
    near("report_detention", article="59", since="2026-01-08", by="AVIM", basis="59_2"),
    st.integers(2, 60).map(lambda n: Issued("lift_detention", {"cause": "purpose_gone"}, later=timedelta(days=n))),
    st.just(Issued("extend_detention", {"until": "2026-12-31", "balancing": "x"}, actor="OFF-03", second="TL-02")),
)
TOLD = st.one_of(any_life(SEEN), st.lists(BASED, min_size=2, max_size=12).map(lambda told: [*TO_FORCED, *told]))


def real(lived: list[Issued]) -> Life:
    """A life without a detention since the first year there is."""
    return live(*[step for step in lived if not str(step.fields.get("since", "2")).startswith("0001")])


def read(life: Life, day: date) -> dict[Article, Clock]:
    return {clock.article: clock for clock in ledger(life.case, in_force(day), day)}


@example([*TO_DETAINED, ask("report_detention", 40, article="59", since="2026-01-02", by="AVIM")], date(2028, 2, 29))
@given(TOLD, DAYS)
def test_vc_a5_6_8_the_ledgers_days_are_those_of_the_case_and_of_the_calendar(lived, day):
    life = real(lived)
    found = read(life, day)
    for article in Article:
        days = found[article].used if article in found else 0
        assert days == life.case.detention_days(article, day) == days_by_the_calendar(life.records, article, day)


@given(TOLD, DAYS)
def test_every_stretch_stands_in_the_ledger_once_and_their_days_add_up(lived, day):
    life = real(lived)
    for clock in read(life, day).values():
        assert sum(stretch.days for stretch in clock.stretches) == clock.used
        begun = [r.version for r in life.records if getattr(r.event, "article", None) is clock.article
                 and type(r.event).__name__ in {"DetentionOrdered", "DetentionReported"}]  # fmt: skip
        assert sorted(stretch.began for stretch in clock.stretches) == begun
        assert all(stretch.ended > stretch.began or stretch.to is None for stretch in clock.stretches)
        assert sum(stretch.to is None for stretch in clock.stretches) == clock.running
        assert clock.besides == {a: n for a in Article if a is not clock.article and (n := life.case.detention_days(a, day))}


@given(TOLD)
def test_a_term_is_used_up_on_the_day_it_is_reached_and_not_before(lived):
    life = real(lived)
    case, law = life.case, in_force(date(2026, 6, 1))
    over = ends(case, law)
    assert (over is None) is (case.detained is None)
    for limit in terms_running(case, law):
        full = reached(case, limit)
        assert full is not None
        assert over is not None
        assert case.detained is not None
        assert over <= full
        assert used(case, limit, full) >= limit.maximum
        assert full == case.detained.since or used(case, limit, full - timedelta(days=1)) < limit.maximum


@given(TOLD)
def test_vw_59_4_to_6_our_own_order_never_begins_with_a_term_used_up(lived):
    for outcome in real(lived).outcomes:
        for event in (record.event for record in outcome.records):
            if isinstance(event, DetentionOrdered):
                on, law = day_of(outcome.at), in_force(day_of(outcome.at))
                for limit in limits(outcome.before, event.article, event.basis, event.intention_procedure, law):
                    assert used(outcome.before, limit, on) < limit.maximum


@given(TOLD, DAYS)
def test_a_ledger_says_what_is_left_of_the_narrowest_term_and_never_less_than_nothing(lived, day):
    for clock in read(real(lived), day).values():
        assert clock.left == min(max(0, term.maximum - term.used) for term in clock.terms)
        assert clock.terms[0].used == clock.used
        assert [term.name for term in clock.terms].count(FAMILY) <= 1
        assert bool(clock.stops) is clock.running is (clock.last_day is not None)
