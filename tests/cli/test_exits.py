"""Every documented exit status, and one clear line with each; nothing is written that should not be."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.cli.conftest import shell


def one_line(text: str) -> str:
    assert text.count("\n") == 1
    assert text.startswith("dtv: ")
    return text


def test_0_done(dtv):
    told = dtv("record", "express-wish-to-leave", dtv.case, "--reported-by", "lawyer")
    assert told.exit == 0
    assert "WishToLeaveExpressed" in told.out


def test_3_refused_and_recorded(dtv):
    before = dtv.head
    told = dtv("do", "hand-over", dtv.case, "--attempt", "R2", "--form", "M24-A", "--no-monitor-notified")
    assert told.exit == 3
    assert all(code in told.err for code in ("N10", "N57", "N58", "needs", "cure", "dtv do hand-over"))
    assert told.out == ""
    assert dtv.head == before + 1


def test_4_an_actor_of_another_account(live):
    assert live("user", "grant", "RV-07", "supervisor", "--os-user", "jansen").exit == 0
    before = live.head
    told = live("do", "adopt-plan", "ABCD", "--strategy", "voluntary", "--as", "RV-07")
    assert (told.exit, live.head) == (4, before)
    assert "RV-07" in one_line(told.err)


def test_4_an_unknown_actor(live):
    assert live("do", "adopt-plan", "ABCD", "--strategy", "voluntary", "--as", "nobody").exit == 4


def test_3_a_wrong_role_on_a_live_store_is_recorded(live, tmp_path):
    subject = tmp_path / "subject.json"
    subject.write_text('{"name": "Testpersoon Opaal", "citizenship": "XX"}')
    assert live("user", "grant", "anna", "intake_officer").exit == 0
    opened = live("do", "open-case", "--subject", f"@{subject}", "--handover-authority", "IND", "--entry-channel", "bvv")
    assert opened.exit == 0, opened.err
    before = live.head
    told = live("do", "complete-intake", live.case, "--role", "intake_officer")
    assert told.exit == 3
    assert "N48" in told.err
    assert live.head == before + 1


@pytest.mark.parametrize("reference", ["ZZZZ", "ab", "no-such-case!"])
def test_5_no_such_case(dtv, reference):
    for args in (("case", "show"), ("case", "log"), ("case", "next"), ("audit", "replay")):
        told = dtv(*args, reference)
        assert told.exit == 5
        one_line(told.err)


def test_5_an_ambiguous_case_names_the_candidates(dtv, monkeypatch):
    from dtv_workflow.store.sqlite import EventRecorder

    monkeypatch.setattr(EventRecorder, "stream_ids", lambda *_: ["case/AAAA1234", "case/BBBB1234"])
    told = dtv("case", "show", "1234")
    assert told.exit == 5
    assert "AAAA1234" in told.err
    assert "BBBB1234" in told.err


def test_6_conflict(dtv):
    before = dtv.head
    told = dtv("do", "adopt-plan", dtv.case, "--strategy", "forced", "--expect-version", "3")
    assert (told.exit, dtv.head) == (6, before)
    one_line(told.err)


def test_7_a_check_found_something(dtv, tmp_path):
    scenario = tmp_path / "unmet.jsonl"
    scenario.write_text('{"do": "adopt_plan", "case": "A", "as": "x", "fields": {"strategy": "forced"}, "expect": "done"}\n')
    assert dtv("batch", "--check", str(scenario)).exit == 7


def test_10_no_store(dtv, tmp_path):
    dtv.store = tmp_path / "nothing"
    for args in (("case", "list"), ("work",), ("case", "show", "ABCD"), ("store", "status"), ("projection", "status")):
        told = dtv(*args)
        assert told.exit == 10
        one_line(told.err)
    assert not dtv.store.exists()


def test_10_a_newer_schema(dtv):
    with sqlite3.connect(dtv.store / "events.db") as db:
        table = next(t for (t,) in db.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%key%value%'"))
        db.execute(f"UPDATE {table} SET value = '99' WHERE key = 'schema'")
    db.close()
    told = dtv("case", "list")
    assert told.exit == 10
    assert "schema 99" in one_line(told.err)


def test_10_a_file_that_is_no_store(dtv):
    (dtv.store / "events.db").write_bytes(b"not a database" * 100)
    assert dtv("case", "list").exit == 10


def test_10_a_demo_never_goes_into_a_store_that_exists(dtv):
    before = dtv.head
    assert dtv("demo", "--cases", "1").exit == 10
    assert dtv.head == before


def test_a_view_that_cannot_be_made_gives_one_clear_line(dtv):
    (dtv.store / "views.db").mkdir()
    told = dtv("case", "list")
    assert told.exit in (10, 11)
    one_line(told.err)


def test_10_a_directory_that_can_only_be_read(dtv):
    before, case = dtv.head, dtv.case
    for path in (*dtv.store.iterdir(), dtv.store):
        path.chmod(0o500 if path.is_dir() else 0o400)
    wish = ("record", "express-wish-to-leave", case, "--reported-by", "person")
    for args in (wish, ("case", "list"), ("store", "init", "new")):
        done = shell(*args, store=dtv.store, cwd=dtv.store, as_anyone=True)
        assert done.returncode == 10, done.stderr
        assert done.stdout == b""
        one_line(done.stderr.decode())
    dtv.store.chmod(0o700)
    assert dtv.head == before


def test_the_error_is_one_json_object_on_stderr(dtv):
    hand_over = ("do", "hand-over", dtv.case, "--attempt", "R9", "--form", "f", "--no-monitor-notified")
    for args, status, code in (
        (("case", "show", "ZZZZ"), 5, "not_found"),
        (hand_over, 3, "refused"),
        (("do", "adopt-plan", dtv.case, "--strategy", "forced", "--expect-version", "1"), 6, "conflict"),
    ):
        told = dtv(*args, "--format", "json")
        error = json.loads(told.err)
        assert (told.exit, told.out) == (status, "")
        assert (error["exit"], error["code"]) == (status, code)
        assert {"title", "detail", "errors"} <= set(error)
    obstacle = json.loads(dtv(*hand_over, "--format", "json").err)["errors"][0]
    assert {"code", "rule", "law", "is", "needs", "lifts"} <= set(obstacle)


def test_a_usage_error_is_json_when_json_was_asked_for(dtv):
    done = shell("case", "shw", "--format", "json", store=dtv.store)
    assert done.returncode == 2
    assert json.loads(done.stderr)["code"] == "usage"
