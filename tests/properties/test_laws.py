"""What holds in every life of a case, whatever is asked, by whom and when."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtv_workflow.domain import workflow
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import CaseClosed
from dtv_workflow.domain.chapters.custody import DetentionLifted, DetentionOrdered, DetentionReported
from dtv_workflow.domain.chapters.forced_departure import ForcedTrackApproved, ForcedTrackProposed, ForcedTrackStarted
from dtv_workflow.domain.chapters.guidance import VoluntaryDepartureOffered
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised
from dtv_workflow.domain.detention import limits
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.rules import Guard
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.vocabulary import OPEN_PHASES, Article, Block, Kind, Phase
from dtv_workflow.domain.workflow import STEPS, row_for
from tests.properties.lived import (
    BEGINNINGS,
    FACTS,
    IN_CUSTODY,
    ON_THE_TRACK,
    TO_FORCED,
    UNOFFERED,
    Issued,
    Life,
    any_life,
    any_step,
    ask,
    live,
)

UNCORRECTED = tuple(name for name in STEPS if name != "correct")
CUSTODY = (
    "order_detention", "lift_detention", "extend_detention", "report_detention", "record_court_decision", "express_wish_to_leave",
    "assess_opportunity", "close_unsupervised", "reopen_case", "record_return_decision",
)  # fmt: skip


@given(any_life())
def test_replay_gives_the_case_as_it_was_lived_and_asks_nobody_anything(lived):
    life = live(*lived)
    forbidden = AssertionError("replay asked")
    with (
        patch.object(workflow.WORKFLOW, "get_transitions", side_effect=forbidden),
        patch.object(Guard, "ask", side_effect=forbidden),
        patch.object(Guard, "__call__", side_effect=forbidden, create=True),
    ):
        assert fold(life.records) == life.case


@given(any_life())
def test_whatever_is_issued_is_accepted_refused_or_malformed_and_deciding_leaves_the_case_as_it_was(lived):
    life = live(*lived)  # `live` compares the case before and after each decision
    malformed = [o for o in life.outcomes if o.decision is None]
    accepted = [o for o in life.outcomes if o.accepted]
    refused = [o for o in life.outcomes if o.refused]
    assert len(accepted) + len(refused) + len(malformed) == len(lived)
    for outcome in refused:
        assert outcome.codes, "a refusal names its obstacle"
    for outcome in malformed:
        assert outcome.after == outcome.before


@given(any_life())
def test_a_refused_step_changes_nothing_but_the_version_and_what_the_log_holds(lived):
    for outcome in live(*lived).outcomes:
        if outcome.refused and outcome.records:
            before, after = copy.deepcopy(outcome.before), outcome.after
            before.version, before.topics = after.version, after.topics
            assert before == after


@given(any_life(), any_step(FACTS))
def test_a_fact_is_always_recorded_with_its_incidents(lived, issued):
    life = live(*lived)
    opened = life.case.phase is not Phase.UNOPENED
    outcome = life.take(issued)
    if outcome.decision is not None:
        assert outcome.accepted is opened
        raised = [r.event.code for r in outcome.records if isinstance(r.event, IntegrityIncidentRaised)]
        assert raised == list(outcome.decision.incidents)


@given(any_life(), st.sampled_from(("person", "lawyer", "dji", "coa", "iom", "kmar", "ngo")))
def test_vw_59_3_a_wish_to_leave_is_never_refused(lived, who):
    life = live(*lived)
    if life.case.phase is not Phase.UNOPENED:
        assert life.take(ask("express_wish_to_leave", reported_by=who)).accepted
        assert life.case.wish


@given(any_life())
def test_a_step_emits_what_its_row_names_and_leads_where_its_row_says(lived):
    for outcome in live(*lived).outcomes:
        if not outcome.accepted:
            continue
        kinds = [type(record.event) for record in outcome.records]
        assert set(kinds) <= {*outcome.row.emitted, IntegrityIncidentRaised}
        if outcome.issued.do != "correct":
            closed_already = outcome.before.phase is Phase.CLOSED and outcome.row.to is Phase.CLOSED
            to = outcome.row.to if outcome.row.to and not closed_already else outcome.before.phase
            assert outcome.after.phase is to


@given(any_life(UNCORRECTED), st.lists(ON_THE_TRACK, min_size=2, max_size=6))
def test_i5_force_starts_after_an_offer_in_the_same_episode_or_an_exception_that_fits(lived, tracked):
    offered_or_excepted(live(*lived))
    offered_or_excepted(live(*UNOFFERED, *tracked))


def offered_or_excepted(life: Life) -> None:
    for started in (r for r in life.records if isinstance(r.event, ForcedTrackStarted)):
        earlier = [r for r in life.records if r.version < started.version and r.episode == started.episode]
        offered = any(isinstance(r.event, VoluntaryDepartureOffered) for r in earlier)
        proposal = max((r for r in earlier if isinstance(r.event, ForcedTrackProposed)), key=lambda r: r.version)
        approval = next(r.event for r in life.records if r.version == started.version - 1)
        assert approval == ForcedTrackApproved(proposal=proposal.version)
        assert proposal.actor != started.actor
        case = fold(life.records[: started.version - 1])
        assert isinstance(proposal.event, ForcedTrackProposed)
        exception = proposal.event.exception
        decision = case.decision
        fits = exception is not None and {
            "term_withheld_62_2": bool(decision and decision.term_days == 0 and decision.reasoned),
            "public_order_with_decision": decision is not None,
            "border_refusal": "border_refusal" in {case.regime.value, decision and decision.kind.value},
            "dublin_shortened_62c_3": case.regime.value == "dublin" or bool(decision and decision.kind.value == "transfer"),
        }[exception.value]
        assert offered or fits


def days_by_the_calendar(records: list[Record], article: Article, until: date) -> int:
    """Days of detention under one article, told day by day from the log: the day it begins counts, the day it ends does not."""
    days: set[date] = set()
    running: tuple[Article, date] | None = None

    def count(to: date) -> None:
        if running and running[0] is article:
            day = running[1]
            while day < to:
                days.add(day)
                day += timedelta(days=1)

    for record in records:
        on, event = day_of(record.occurred_at), record.event
        if isinstance(event, DetentionOrdered):
            running = (event.article, on)
        elif isinstance(event, DetentionReported):
            count(event.since)
            running = (event.article, event.since)
        elif isinstance(event, DetentionLifted):
            count(on)
            running = None
        elif isinstance(event, CaseClosed):
            count(event.ended_on)
            running = None
    count(until)
    return len(days)


@given(any_life((*CUSTODY, "confirm_supervised_departure")), st.dates(date(2026, 1, 1), date(2027, 1, 1)))
def test_vc_a5_6_8_detention_days_are_the_days_of_the_calendar(lived, until):
    life = live(*[step for step in lived if not str(step.fields.get("since", "2")).startswith("0001")])
    for article in Article:
        assert life.case.detention_days(article, until) == days_by_the_calendar(life.records, article, until)


@given(any_life((*CUSTODY, "confirm_supervised_departure")), st.lists(IN_CUSTODY, min_size=3, max_size=10))
def test_i1_and_i3_nobody_is_detained_by_our_own_order_past_the_maximum_or_while_a_wish_is_open(lived, detained):
    lawfully_detained(live(*lived))
    lawfully_detained(live(*TO_FORCED, *detained))


def lawfully_detained(life: Life) -> None:
    for outcome in life.outcomes:
        for event in (r.event for r in outcome.records):
            if isinstance(event, DetentionOrdered):
                used = days_by_the_calendar(life.records[: outcome.records[0].version - 1], event.article, day_of(outcome.at))
                law = in_force(day_of(outcome.at))
                assert used < limits(outcome.before, event.article, event.basis, event.intention_procedure, law)[0].maximum
                assert outcome.before.wish is None
                assert outcome.before.detained is None


@given(any_life(UNCORRECTED))
def test_i6_the_way_out_is_open_in_at_most_two_steps_unless_a_hold_bars_leaving(lived):
    life = live(*lived)
    now = max([life.now, *(r.occurred_at for r in life.records)], default=life.now)
    if life.case.phase not in OPEN_PHASES or life.case.open_holds(now, Block.EXIT):
        return
    back = now - life.now
    if life.case.phase is Phase.VOLUNTARY_DEPARTURE:
        lapsed = life.take(Issued("lapse_voluntary_departure", {"lapse": "withdrew", "heard": True}, later=back))
        assert lapsed.accepted
        back = timedelta(0)
    assert life.take(Issued("choose_voluntary_departure", {"statement": "signed"}, later=back)).accepted
    assert life.case.phase is Phase.VOLUNTARY_DEPARTURE
    assert life.case.detained is None
    assert not life.case.live_bookings()


def known_at(records: list[Record], moment) -> DepartureCase:
    return fold([record for record in records if record.recorded_at <= moment])


@given(any_life(), any_step(("correct",)), st.data())
def test_i7_what_was_known_at_a_moment_is_not_changed_by_a_later_correction(lived, correction, data):
    life = live(*lived)
    if not life.records:
        return
    moment = data.draw(st.sampled_from([record.recorded_at for record in life.records]))
    before = known_at(life.records, moment)
    life.now = max(life.now, life.records[-1].recorded_at + timedelta(seconds=1))
    life.take(correction._replace(later=timedelta(0), role=None))
    assert known_at(life.records, moment) == before


@given(any_life())
def test_every_receipt_names_its_ruleset_and_relies_only_on_what_there_is(lived):
    for outcome in live(*lived).outcomes:
        if outcome.decision is None:
            continue
        receipt, law = outcome.decision.receipt, in_force(day_of(outcome.at))
        assert (receipt.ruleset, receipt.hash) == (law.id, law.hash)
        versions = set(range(1, outcome.before.version + 1))
        assert {version for verdict in receipt.verdicts for version in verdict.relied} <= versions


@given(any_life())
def test_where_the_map_has_no_row_the_answer_is_n61_alone(lived):
    for outcome in live(*lived).outcomes:
        if outcome.refused and row_for(outcome.row.step, outcome.before.phase) is None:
            automated = outcome.row.kind is Kind.DECISION and outcome.issued.role and outcome.issued.role.value == "system"
            assert outcome.codes == (["N33"] if automated else ["N61"])


@pytest.mark.parametrize("begun", BEGINNINGS, ids=["intake", "motivation", "forced", "booked", "detained", "closed"])
def test_the_beginnings_go_as_far_as_they_mean_to(begun):
    life = live(*begun)
    assert [o.decision and o.decision.receipt.codes for o in life.outcomes] == [[]] * len(begun)


@settings(max_examples=30)
@given(any_life(most=40))
def test_a_long_life_can_be_folded_at_every_point(lived):
    life = live(*lived)
    for version in range(1, len(life.records) + 1, 7):
        assert fold(life.records[:version]).version == version
