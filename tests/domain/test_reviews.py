"""A correction lists every step that would now come out otherwise, and asks a person to look at each (domain.md, corrections)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.record import Record
from dtv_workflow.domain.reviews import Review, reviews
from tests.properties.lived import TO_BOOKED, TO_DETAINED, TO_FORCED, TO_MOTIVATION, any_life, ask, live

DECIDED, ORDER = 4, 16
TERM = CorrectionRecorded(event=DECIDED, field="term_days", value=28)


def found(records: list[Record], correction: CorrectionRecorded = TERM) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(review.step, review.kind, review.codes) for review in reviews(records, correction)]


def test_vw_62_a_term_that_did_run_puts_the_forced_track_in_doubt():
    said = found(live(*TO_DETAINED).records)
    assert ("approve_forced_track", "review", ("N02",)) in said
    assert [step for step, *_ in said] == ["propose_forced_track", "approve_forced_track"]


def test_a_correction_that_no_guard_looks_at_puts_nothing_in_doubt():
    records = live(*TO_DETAINED).records
    assert found(records, CorrectionRecorded(event=DECIDED, field="language", value="fa")) == []
    assert found(records, CorrectionRecorded(event=DECIDED, field="term_days", value=0)) == []
    assert found([]) == []


def test_what_came_before_the_corrected_event_is_not_looked_at():
    records = live(*TO_DETAINED).records
    late = CorrectionRecorded(event=ORDER, field="occurred_at", value=records[ORDER - 1].occurred_at.isoformat())
    assert found(records, late) == []
    assert all(review.version >= DECIDED for review in reviews(records, TERM))


def test_a_refusal_that_would_now_be_accepted_is_one_to_look_at_until_the_step_was_taken():
    term = ask("record_return_decision", kind="return", decided_on="2026-01-05", served_on="2026-01-05", language="ar",
               term_days=28)  # fmt: skip
    served = ask("correct", event=DECIDED, field="served_on", value="2025-12-01")
    refused = (*TO_MOTIVATION[:2], term, *TO_MOTIVATION[3:], *TO_FORCED[len(TO_MOTIVATION) : -1], served)
    hold = CorrectionRecorded(event=DECIDED + 1, field="until", value="2025-12-29T23:00:00Z")
    assert found(live(*refused).records, hold) == [("propose_forced_track", "review_refusal", ("N02",))]
    early = ask("correct", event=DECIDED + 1, field="until", value=hold.value)
    back = ask("correct", event=DECIDED + 1, field="until", value="2026-02-02T23:00:00Z")
    taken = live(*refused, early, ask("propose_forced_track", grounds=["x"], proportionality="y"), back)
    assert taken.records[-2].name == "ForcedTrackProposed"
    assert found(taken.records, hold) == []


def test_what_an_earlier_correction_put_in_doubt_is_not_asked_about_again():
    life = live(*TO_DETAINED, ask("correct", 1, event=DECIDED, field="term_days", value=28))
    assert found(life.records, CorrectionRecorded(event=DECIDED, field="term_days", value=27)) == []
    assert found(life.records, CorrectionRecorded(event=DECIDED, field="term_days", value=0)) == []


def test_a_decision_corrected_itself_is_judged_on_what_it_should_have_said():
    records = live(*TO_BOOKED).records
    wrong = CorrectionRecorded(event=len(records), field="departs_at", value="2026-01-05T14:00:00Z")
    assert found(records, CorrectionRecorded(event=len(records), field="departs_at", value="2026-01-13T12:00:00Z")) == []
    assert [(step, kind) for step, kind, _ in found(records, wrong)] in ([], [("book_removal", "review")])


def test_a_receipt_of_before_receipts_kept_their_inputs_is_told_and_not_guessed_about():
    records = [_bare(record) if record.step == "order_detention" else record for record in live(*TO_DETAINED).records]
    assert ("order_detention", "review_unjudged", ()) in found(records)


def _bare(record: Record) -> Record:
    assert record.receipt is not None
    return msgspec.structs.replace(record, receipt=msgspec.structs.replace(record.receipt, inputs={}))


def test_a_forgotten_correction_puts_nothing_in_doubt():
    assert found(live(*TO_DETAINED).records, CorrectionRecorded(event=2, field="name", sealed="‹gewist›")) == []


@pytest.mark.parametrize("kind", ["review", "review_refusal", "review_unjudged"])
def test_each_is_a_task_about_its_step(kind):
    task = Review(version=12, step="order_detention", kind=kind, codes=("N02",)).task()
    assert (task.kind, task.about, task.codes, task.escalated) == (kind, "v12", ("N02",), kind == "review")


@given(any_life())
def test_any_correction_of_any_life_can_be_looked_into_and_changes_nothing_that_was_recorded(lived):
    records = live(*lived).records
    before = msgspec.json.encode([r.event for r in records])
    for n, record in enumerate(records):
        if isinstance(record.event, CorrectionRecorded):
            said = reviews(records[:n], record.event)
            assert all(review.version < record.version for review in said)
            assert len({review.version for review in said}) == len(said)
    assert msgspec.json.encode([r.event for r in records]) == before


@given(any_life())
def test_correcting_a_field_to_what_it_says_puts_nothing_in_doubt(lived):
    records = live(*lived).records
    same = [
        CorrectionRecorded(event=record.version, field="occurred_at", value=record.occurred_at.isoformat())
        for record in records if not any(isinstance(r.event, CorrectionRecorded) for r in records)
    ]  # fmt: skip
    assert all(found(records, correction) == [] for correction in same)


