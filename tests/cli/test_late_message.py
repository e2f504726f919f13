"""A case of the Dolmatov kind on the command line: an appeal filed, told days later, and what was known and true in between.

Inspectie Veiligheid en Justitie, *Het overlijden van Alexander Dolmatov* (2013): the message that an appeal ran was there, and
the system did not show it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dtv_workflow.application import create_register
from dtv_workflow.batch import Script
from tests.cli.conftest import Dtv

G03 = Path(__file__).resolve().parents[1] / "scenarios" / "G03.jsonl"
FILED, TOLD = "2026-01-14T20:00:00+01:00", "2026-01-16T09:00:00+01:00"
BETWEEN, AFTER = "2026-01-15T12:00:00+01:00", "2026-01-16T12:00:00+01:00"
APPEAL = {
    "do": "record_appeal", "case": "A", "as": "inbox", "role": "system", "at": FILED, "recorded_at": TOLD, "source": "RB-76",
    "fields": {"against": "return_decision", "filed_on": "2026-01-14", "suspensive": True},
}  # fmt: skip


@pytest.fixture
def late(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Dtv:
    """A training store with the case in the forced track, and an appeal that was told the day after it was filed."""
    lines = [line for line in G03.read_text().splitlines() if '"at": "2026-01-1' not in line or "hold" not in line]
    story = [line for line in lines if "expect_case" not in line and "2026-01-19" not in line and "2026-01-20" not in line]
    with create_register(tmp_path / "late", training=True, actor="script") as register:
        for line in Script(register).run([*(text.encode() for text in story), json.dumps(APPEAL).encode()]):
            assert line.answer["status"] == "done", line
    return Dtv(tmp_path / "late", capsys)


def holds(told: str) -> bool:
    """Whether a replay shows a hold of an appeal."""
    return any(row["facet"].startswith("holds.") for row in json.loads(told))


def replay(dtv: Dtv, *options: str) -> bool:
    return holds(dtv("audit", "replay", dtv.case, *options, "--format", "json").out)


def test_dolmatov_before_the_late_message_the_hold_is_unknown_and_after_it_known(late):
    assert not replay(late, "--as-known-at", BETWEEN)
    assert replay(late, "--as-known-at", AFTER)
    assert replay(late)


def test_dolmatov_the_hold_was_true_all_along(late):
    assert replay(late, "--as-true-at", BETWEEN)
    assert not replay(late, "--as-true-at", "2026-01-14T19:00:00+01:00")
    assert not replay(late, "--as-true-at", BETWEEN, "--as-known-at", BETWEEN)


def test_what_was_true_and_not_known_is_one_command(late):
    rows = late("audit", "diff", late.case, f"known:{BETWEEN}", f"true:{BETWEEN}", "--format", "json").json
    assert any(row["facet"].startswith("holds.") and row["before"] == "–" for row in rows)
    same = late("audit", "diff", late.case, AFTER, f"known:{AFTER}")
    assert (same.exit, same.out.splitlines()[1:]) == (0, [])
    assert late("audit", "diff", late.case, "false:2026-01-01", "1").exit == 2


# ------------------------------------------------------------------ who


def test_who_did_what_stands_once_for_each_with_how_often_and_at_which_versions(late):
    rows = late("audit", "who", late.case, "--format", "json").json
    found = {(row["did"], row["actor"], row["what"]): row for row in rows}
    interviews = found["took", "RV-07", "record-interview"]
    assert (interviews["times"], len(interviews["versions"])) == (3, 3)
    assert found["took", "TL-02", "approve-forced-track"]["role"] == "team_leader"
    assert found["took", "inbox", "record-appeal"]["times"] == 1
    assert ("took", "inbox", "record-appeal") not in {
        (row["did"], row["actor"], row["what"])
        for row in late("audit", "who", late.case, "--as-known-at", BETWEEN, "--format", "json").json
    }


def test_who_was_refused_and_who_was_the_second_are_told_apart(dtv):
    assert dtv("do", "approve-forced-track", dtv.case, "--as", "TL-02").exit == 3
    rows = dtv("audit", "who", dtv.case, "--format", "json").json
    assert ("refused", "TL-02", "approve-forced-track") in {(row["did"], row["actor"], row["what"]) for row in rows}
    assert {row["actor"] for row in dtv("audit", "who", dtv.case, "--actor", "TL-02", "--format", "json").json} == {"TL-02"}
    assert "geweigerd" in dtv("--lang", "nl", "audit", "who", dtv.case).out
    assert dtv("audit", "who", dtv.case, "--actor", "nobody").exit == 0
