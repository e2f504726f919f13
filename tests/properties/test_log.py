"""Properties of the log, where the law has a rule and no guard can be asked: N30, N34 and N35."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtv_workflow.application import Register, create_register
from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.record import corrected
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import ANY_PHASE, Kind, Role
from dtv_workflow.domain.workflow import STEPS, row_for
from tests.properties.lived import TO_DETAINED, TO_MOTIVATION, Issued, Life, any_life, any_step, ask, live

COURT = ask("record_court_notified", notified_at="2026-01-05T08:59:00Z")


def test_n30_no_phase_no_role_and_no_guard_stands_before_a_wish_to_leave():
    row = STEPS["express_wish_to_leave"]
    assert (row.kind, row.guards, set(row.roles)) == (Kind.FACT, (), set(Role))
    assert all(row_for(row.step, phase) for phase in ANY_PHASE)


def rows(register: Register) -> list[Any]:
    """What is stored, byte by byte, in the order of the log."""
    return list(register.store.recorder.select_notifications(1, 10_000))


def kept(folder: str | Path, lived: list[Issued]) -> None:
    """Live a case on a store, and compare after each step what is stored with what was."""
    with create_register(Path(folder, "store"), training=True, actor="TL-02") as register:
        life, case, before = Life(), None, rows(register)
        for issued in lived:
            outcome = life.take(issued)
            if outcome.decision is None or not life.records:
                continue
            step, last = read_step(issued.do, issued.fields), life.records[-1]
            at, recorded_at = last.occurred_at, last.recorded_at
            envelope = Envelope(actor=last.actor, role=last.role, at=at, recorded_at=recorded_at, second=last.second, reason="x")
            case = register.answer(step, case, envelope).case or case
            after = rows(register)
            assert after[: len(before)] == before
            assert len(after) > len(before)
            before = after
        for stream in {row.originator_id for row in before}:
            versions = [row.originator_version for row in before if row.originator_id == stream]
            assert versions == list(range(1, len(versions) + 1))


@settings(max_examples=max(5, settings().max_examples // 20))
@given(any_life(most=6))
def test_n34_a_store_only_grows_whatever_is_asked_of_it(lived):
    with tempfile.TemporaryDirectory() as folder:
        kept(folder, lived)


@pytest.mark.parametrize("rewrite", [
    "UPDATE stored_events SET state = x'00' WHERE originator_version = 2",
    "DELETE FROM stored_events WHERE originator_version = 2",
])
def test_n34_a_store_that_is_rewritten_is_noticed(tmp_path, monkeypatch, rewrite):
    answer = Register.answer

    def rewriting(self: Register, *asked: Any) -> Any:
        connection = self.store.recorder.connections.get()
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS stored_events_no_{verb}")
        try:
            return answer(self, *asked)
        finally:
            connection.execute(rewrite)

    monkeypatch.setattr(Register, "answer", rewriting)
    with pytest.raises(AssertionError):
        kept(tmp_path, list(TO_MOTIVATION))


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
