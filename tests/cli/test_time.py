"""`dtv deadline`, `dtv process` and the tasks of `dtv work`: what a supervisor types when a term ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from dtv_workflow.application import create_register
from dtv_workflow.batch import Script
from dtv_workflow.cli.work import watched
from dtv_workflow.domain.deadlines import TIMERS
from dtv_workflow.errors import StoreBusy
from tests.cli.conftest import SOURCE, Dtv

LINES: list[dict[str, object]] = [
    {
        "do": "open_case", "case": "A", "as": "ILC", "role": "intake_officer", "at": "2026-03-16T09:00:00+01:00",
        "fields": {"subject": {"name": "Amber", "citizenship": "MA"}, "handover_authority": "IND", "entry_channel": "file"},
    },
    {
        "do": "assign_supervisor", "case": "A", "as": "TL-02", "role": "team_leader", "at": "2026-03-16T10:00:00+01:00",
        "fields": {"supervisor": "RV-07"},
    },
    {
        "do": "record_return_decision", "case": "A", "as": "IND", "role": "system", "at": "2026-03-16T11:00:00+01:00",
        "fields": {"kind": "return", "decided_on": "2026-03-13", "served_on": "2026-03-16", "language": "ar", "term_days": 20},
    },
    {
        "do": "impose_supervision", "case": "A", "as": "OFF-03", "role": "designated_officer", "at": "2026-03-16T12:00:00+01:00",
        "fields": {"measure": "reporting_duty", "interval_days": 7},
    },
]  # fmt: skip


@pytest.fixture
def timed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Dtv:
    """A training store with one case in intake. Its departure term would end on Easter Sunday 2026, the fifth of April."""
    with create_register(tmp_path / "timed", training=True, actor="script") as register:
        for line in Script(register).run(json.dumps(line).encode() for line in LINES):
            assert line.answer["status"] == "done", line
    return Dtv(tmp_path / "timed", capsys)


def test_a_term_that_ends_on_easter_sunday_ends_after_easter_monday_and_says_why_day_by_day(timed):
    told = timed("deadline", "explain", timed.case, "D01", "--days").out
    assert "2026-04-08 00:00" in told
    lines = [line.split(maxsplit=2) for line in told.splitlines() if line.strip().startswith("2026-0")]
    assert lines[0] == ["2026-03-16", "-", "the day it starts is not counted"]
    assert lines[18] == ["2026-04-03", "18", "Good Friday"]
    assert lines[20] == ["2026-04-05", "20", "Sunday"]
    assert lines[21] == ["2026-04-06", "-", "Easter Monday; no term ends on such a day"]
    assert lines[22] == ["2026-04-07", "-", "the term is prolonged to this day"]
    assert len(lines) == 23
    assert "Vw 2000 art. 62(1), (2)" in told


def test_the_same_in_dutch_and_as_data(timed):
    told = timed("--lang", "nl", "deadline", "explain", timed.case, "D01", "--days").out
    assert "2026-04-06  -   Tweede Paasdag; op zo'n dag eindigt geen termijn" in told
    data = timed("--format", "json", "deadline", "explain", timed.case, "D01", "--days").json
    assert [len(data["timer"]), len(data["running"]), len(data["running"][0]["days"])] == [1, 1, 23]
    assert data["running"][0]["ends"].startswith("2026-04-07T22:00:00")


@pytest.mark.parametrize("timer", dict.fromkeys(timer.code for timer in TIMERS))
def test_every_timer_can_be_explained_whether_it_runs_or_not(timed, timer):
    told = timed("deadline", "explain", timed.case, timer, "--days")
    assert told.exit == 0
    assert "stops on" in told.out
    runs = timer in {"D01", "D03", "D04", "D09"}
    assert ("this term does not run in this case now" in told.out) is not runs


def test_a_timer_that_does_not_exist_is_not_found(timed):
    told = timed("deadline", "explain", timed.case, "D99")
    assert (told.exit, told.out) == (5, "")
    assert "D01" in told.err


def test_the_list_has_what_ends_within_a_span_soonest_first(timed):
    rows = timed("--format", "json", "deadline", "list").json
    assert [row["timer"] for row in rows] == ["D09", "D04", "D01", "D03"]
    assert len(timed("--format", "json", "deadline", "list", "--due", "1d").json) == 4
    assert [row["timer"] for row in timed("--format", "json", "deadline", "list", "--timer", "d04").json] == ["D04"]
    assert timed("--format", "json", "deadline", "list", "--supervisor", "RV-99").json == []
    assert [r["case"] for r in timed("--format", "json", "deadline", "list", "--case", timed.case[-6:]).json] == [timed.case] * 4


def test_an_impossible_span_is_told(timed):
    told = timed("deadline", "list", "--due", "soon")
    assert (told.exit, told.out) == (2, "")


def test_a_run_tells_what_ran_out_and_the_next_run_nothing(timed):
    rows = timed("--format", "jsonl", "process", "run").out.splitlines()
    assert [json.loads(row)["timer"] for row in rows] == ["D09", "D04", "D01", "D03"]
    again = timed("process", "run")
    assert again.exit == 0
    assert "0 terms told" in again.err
    assert timed("--format", "json", "deadline", "list").json[0]["told"] is True


def test_a_task_is_picked_up_and_done_when_what_it_waits_for_happened(timed):
    timed("process", "run")
    line = next(row for row in timed("--format", "json", "work").json if row["code"] == "D04")
    assert (line["task"][0], line["picked_up_by"], line["escalated"], line["supervisor"]) == ("t", None, True, "RV-07")
    case, task, who = timed.case, line["task"], ["--as", "RV-07", "--role", "supervisor"]
    assert timed("do", "pick-up-task", case, "--task", task, *who).exit == 0
    assert next(r for r in timed("--format", "json", "work").json if r["code"] == "D04")["picked_up_by"] == "RV-07"
    refused = timed("do", "pick-up-task", case, "--task", task, "--as", "RV-08", "--role", "supervisor")
    assert (refused.exit, "N68" in refused.err + refused.out) == (3, True)
    checklist = json.dumps(dict.fromkeys(("trafficking", "medical", "pregnancy", "minor", "family", "other"), "none"))
    assert timed("do", "record-interview", case, "--kind", "first", "--checklist", checklist, *who).exit == 0
    assert "D04" not in {row["code"] for row in timed("--format", "json", "work").json}


def test_nobody_ticks_a_running_term_away(timed, tmp_path):
    timed("process", "run")
    task = next(row for row in timed("--format", "json", "work").json if row["code"] == "D01")["task"]
    (tmp_path / "finding").write_text("seen")
    asked = ("--task", task, "--finding", f"@{tmp_path / 'finding'}", "--as", "RV-07", "--role", "supervisor")
    refused = timed("do", "complete-task", timed.case, *asked)
    assert (refused.exit, "N69" in refused.err + refused.out) == (3, True)


def test_a_team_leader_sees_what_went_up_in_the_cases_of_others(timed):
    timed("process", "run")
    assert timed("--format", "json", "work", "--supervisor", "TL-02").json == []
    assert {row["code"] for row in timed("--format", "json", "work", "--escalated").json} == {"D04"}
    assert timed("user", "grant", "TL-02", "team_leader").exit == 0
    assert {row["code"] for row in timed("--format", "json", "work", "--mine", "--as", "TL-02").json} == {"D04"}
    assert {row["code"] for row in timed("--format", "json", "work", timed.case).json} >= {"D01", "D03", "D04", "D09"}


def test_the_list_for_a_reader_says_which_task_and_who_has_it(timed):
    timed("process", "run")
    told = timed("--format", "table", "work").out
    assert "with the team leader]" in told
    assert "naar de teamleider]" in timed("--format", "table", "--lang", "nl", "work").out


@pytest.mark.parametrize("command", [("work",), ("process", "run")])
def test_watching_shows_it_again_and_again_until_interrupted(timed, command):
    run = [sys.executable, "-m", "dtv_workflow", "--store", str(timed.store), *command, "--watch", "--every", "1s"]
    surroundings = {"PYTHONPATH": str(SOURCE), "LOGNAME": "anna", "PYTHONUNBUFFERED": "1"}
    child = subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings, text=True)
    assert child.stdout is not None
    heading, seen, until = "", 0, time.monotonic() + 30
    while seen < 2 and time.monotonic() < until:
        line = child.stdout.readline()
        heading = heading or line
        seen += line == heading
    child.send_signal(signal.SIGINT)
    child.stdout.close()
    assert (seen, child.wait(10)) == (2, 130)


def test_the_log_names_the_timer_and_why_says_that_nobody_asked(timed):
    timed("process", "run")
    told = timed("case", "log", timed.case)
    assert "term: D04" in told.out
    row = next(r for r in timed("--format", "json", "case", "log", timed.case).json if r["event"] == "TimerExpired")
    assert "a timer told it" in timed("case", "why", timed.case, str(row["version"])).out
    assert timed("--format", "json", "case", "why", timed.case, str(row["version"])).json["judged_again"] == "not_asked"
    assert timed("audit", "what-if", "--rules", "own").exit == 0
    assert "TimerExpired" in timed("audit", "replay", timed.case, "--step").out


def test_a_watch_goes_on_after_what_went_wrong_once(capsys, monkeypatch):
    seen = []

    def shown() -> None:
        seen.append(1)
        if len(seen) == 1:
            raise StoreBusy("is kept locked")
        if len(seen) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        watched(shown, timedelta(seconds=1))
    assert (len(seen), "is kept locked" in capsys.readouterr().err) == (3, True)


def test_a_watch_without_a_pause_is_malformed(timed):
    assert timed("work", "--watch", "--every", "0s").exit == 2
