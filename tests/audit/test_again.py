"""Any stored decision, refusal or fact, judged again from the log alone, gives the receipt it has."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from dtv_workflow.application import create_register
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.domain.again import again, commit_of, commits, differences
from dtv_workflow.domain.chapters.records import CommandRefused
from dtv_workflow.domain.law.ruleset import named
from dtv_workflow.domain.record import Record
from tests.properties.lived import TO_DETAINED, any_life, ask, live

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.jsonl"))


def told_again(records: list[Record]) -> int:
    """How many steps of a history give the receipt they have; fails at the first that does not."""
    count = 0
    for commit in commits(records):
        assert again(commit) == commit.receipt, (commit.first.step, commit.first.version)
        count += 1
    return count


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_step_of_a_scenario_gives_its_stored_receipt_out_of_the_store(path, tmp_path):
    with create_register(tmp_path / "store", training=True, actor="script") as register, path.open("rb") as lines:
        answers = [line.answer for line in Script(register).run(read_lines(lines))]
        cases = {str(a["case"]) for a in answers if a.get("case") and a["status"] in ("done", "refused")}
        judged = sum(told_again(register.history(case)) for case in cases)
    assert judged >= sum(1 for a in answers if a["status"] in ("done", "refused") and a.get("case"))


@given(any_life())
def test_any_life_gives_its_receipts_again(lived):
    told_again(live(*lived).records)


def test_a_refusal_is_found_among_the_commits_and_differs_under_other_rules():
    life = live(*TO_DETAINED, ask("extend_detention", 100, "OFF-03", "TL-02", until="2027-10-01", balancing="weighed"))
    commit = commit_of(life.records, len(life.records))
    assert isinstance(commit.first.event, CommandRefused)
    assert commit.refused
    assert commit.receipt.codes == ["N15"]
    assert differences(commit.receipt, again(commit)) == []
    draft = again(commit, named("eu-return-regulation"))
    (other,) = differences(commit.receipt, draft)
    assert (other.one.code, other.then and other.then.met, other.now and other.now.met) == ("N15", False, True)


def test_what_a_receipt_keeps_holds_no_text_and_nothing_that_an_event_seals():
    secret = "Samira Geheim"
    life = live(
        *TO_DETAINED,
        ask("correct", event=2, field="name", value=secret),
        ask("correct", event=2, field="sex", value=secret),
        ask("record_pregnancy", due_on="2026-08-07"),
        ask("screen_vulnerability", checklist={"trafficking": "yes", "medical": "yes"}),
        ask("establish_minority", minor=False, birth_date="1991-06-05"),
        ask("close_other", evidence=secret, cause="death"),
    )
    kept = msgspec.json.encode([record.receipt for record in life.records]).decode()
    for personal in (secret, "Samira", "1990-05-04", "1234567890", "2026-08-07", "1991-06-05", "missed", '"yes"'):
        assert personal not in kept
    inputs = life.outcomes[0].decision.receipt.inputs  # type: ignore[union-attr]
    assert inputs["subject"] == {"name": "…", "citizenship": "MA"}
