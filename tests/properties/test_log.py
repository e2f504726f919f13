"""Properties of the log, where the law has a rule and no guard can be asked: N30, N34 and N35."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.record import corrected
from dtv_workflow.domain.vocabulary import ANY_PHASE, Kind, Role
from dtv_workflow.domain.workflow import STEPS, row_for
from tests.properties.lived import TO_DETAINED, any_life, any_step, ask, live

COURT = ask("record_court_notified", notified_at="2026-01-05T08:59:00Z")


def test_n30_no_phase_no_role_and_no_guard_stands_before_a_wish_to_leave():
    row = STEPS["express_wish_to_leave"]
    assert (row.kind, row.guards, set(row.roles)) == (Kind.FACT, (), set(Role))
    assert all(row_for(row.step, phase) for phase in ANY_PHASE)


@given(any_life(), any_step())
def test_n34_a_step_adds_to_the_log_and_leaves_what_stands_there(lived, more):
    life = live(*lived)
    before = [msgspec.json.encode(record) for record in life.records]
    life.take(more)
    assert [msgspec.json.encode(record) for record in life.records][: len(before)] == before
    assert [record.version for record in life.records] == list(range(1, len(life.records) + 1))


@given(any_life(), st.lists(any_step(), max_size=6))
def test_n35_after_the_court_was_told_only_a_correction_that_shows_changes_what_it_was_sent(lived, later):
    life = live(*TO_DETAINED, COURT)
    sent = [msgspec.json.encode(record) for record in life.records]
    for step in (*lived[-4:], *later):
        life.take(step)
    assert [msgspec.json.encode(record) for record in life.records[: len(sent)]] == sent
    named = {r.event.event for r in life.records[len(sent) :] if isinstance(r.event, CorrectionRecorded)}
    read = corrected(life.records)[: len(sent)]
    assert {r.version for r, said in zip(read, sent, strict=True) if msgspec.json.encode(r) != said} <= named
