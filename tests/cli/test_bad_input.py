"""Bad input: one clear line, exit 2, nothing written, and nothing personal said back."""

from __future__ import annotations

import json

import pytest

from dtv_workflow.cli.render import safe
from tests.cli.conftest import shell

CHECKED = ("record", "record-removability", "CASE", "--answer", "removable")

WISH = ("record", "express-wish-to-leave", "CASE", "--reported-by", "person")

BAD = [
    ("unknown command", ("cse", "list"), "case"),
    ("unknown verb", ("case", "shwo", "CASE"), "show"),
    ("unknown step", ("do", "bok-removal", "CASE"), "book_removal"),
    ("a fact is not done", ("do", "place-hold", "CASE"), "dtv record place-hold"),
    ("unknown field", ("record", "express-wish-to-leave", "CASE", "--reported-byy", "person"), "--reported-by"),
    ("wrong enum word", ("record", "express-wish-to-leave", "CASE", "--reported-by", "lawyr"), "lawyer"),
    ("wrong type", ("record", "record-report-missed", "CASE", "--count", "many"), "integer"),
    ("a number out of range", ("record", "record-report-missed", "CASE", "--count", "-1"), "count"),
    ("bad date", (*CHECKED, "--checked-at", "2026-02-30T10:00:00+01:00"), "checked_at"),
    ("no offset", (*CHECKED, "--checked-at", "2026-02-20T10:00:00"), "checked_at"),
    ("a time in the future", (*CHECKED, "--checked-at", "2099-01-01T10:00:00+01:00"), "future"),
    ("missing field", ("record", "express-wish-to-leave", "CASE"), "reported_by"),
    ("bad --as-known-at", ("case", "show", "CASE", "--as-known-at", "yesterday"), "--as-known-at"),
    ("bad --due", ("work", "--due", "soon"), "--due"),
    ("control characters", ("do", "book-removal", "CASE", "--attempt", "R\x1b[2J", "--carrier", "KL",
                            "--departs-at", "2026-05-01T10:00:00Z", "--destination", "MA"), "control"),
    ("not JSON", ("do", "order-detention", "CASE", "--article", "59", "--grounds", "[{"), "JSON"),
    ("bad request id", (*WISH, "--request-id", "a b"), "request_id"),
    ("writing SQL", ("projection", "query", "DELETE FROM caseload"), "SELECT"),
    ("writing SQL behind a WITH", ("projection", "query", "WITH a AS (SELECT 1) DELETE FROM caseload"), "readonly"),
    ("bad SQL", ("projection", "query", "SELECT x FROM nowhere"), "nowhere"),
    ("two statements", ("projection", "query", "SELECT 1; SELECT 2"), "one statement"),
]  # fmt: skip


@pytest.mark.parametrize(("args", "named"), [pytest.param(args, named, id=id) for id, args, named in BAD])
def test_bad_input_is_one_clear_line_and_nothing_is_written(dtv, args, named):
    before, case = dtv.head, dtv.case
    told = dtv(*(case if arg == "CASE" else arg for arg in args))
    assert told.exit == 2
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert named.lower() in told.err.lower()
    assert "\x1b" not in told.err
    assert dtv.head == before


@pytest.mark.parametrize("args", [
    ("do", "choose-voluntary-departure", "CASE", "--statement", "Samira wil naar huis"),
    ("do", "lift-hold", "CASE", "--hold", "H1", "--basis", "Samira zei het"),
    ("do", "open-case", "--subject", "name=Samira,citizenship=MA", "--handover-authority", "IND", "--entry-channel", "bvv"),
    ("do", "adopt-plan", "CASE", "--strategy", "voluntary", "--reason", "Samira belde"),
    ("do", "adopt-plan", "CASE", "--strategy", "voluntary", "--steps", "Samira bellen"),
    ("case", "why", "CASE", "choose-voluntary-departure", "--statement", "Samira wil naar huis"),
])  # fmt: skip
def test_personal_data_on_the_command_line_is_refused_and_not_repeated(dtv, args):
    before, case = dtv.head, dtv.case
    told = dtv(*(case if arg == "CASE" else arg for arg in args))
    assert told.exit == 2
    assert "@FILE" in told.err
    assert "Samira" not in told.err + told.out
    assert dtv.head == before


def test_an_at_in_the_future_is_refused_on_a_live_store(live):
    before = live.head
    told = live("do", "adopt-plan", "ABCD", "--strategy", "voluntary", "--at", "2099-01-01T10:00:00Z")
    assert (told.exit, live.head) == (2, before)
    assert "future" in told.err


def test_personal_data_comes_from_a_file_or_stdin(dtv, tmp_path):
    statement = tmp_path / "statement.txt"
    statement.write_text("ondertekend, met tolk\n")
    assert dtv("do", "choose-voluntary-departure", dtv.case, "--statement", f"@{statement}").exit == 0
    lapse = ("do", "lapse-voluntary-departure", dtv.case, "--lapse", "withdrew", "--heard", "--reason", "-")
    done = shell(*lapse, store=dtv.store, stdin=b"bedacht zich")
    assert done.returncode == 0, done.stderr


def test_off_a_terminal_nothing_is_asked_and_the_option_is_named(dtv):
    done = shell("do", "choose-voluntary-departure", dtv.case, store=dtv.store)
    assert done.returncode == 2
    assert b"--statement is required" in done.stderr


def test_a_batch_goes_on_after_every_kind_of_bad_line(dtv):
    plan = {"do": "adopt_plan", "case": dtv.case, "as": "RV-07"}
    fields = [{"strategy": "so-so"}, {"strategy": "forced", "steps": ["a\x1b]0;b"]}, {"strategy": "forced"}]
    lines = [
        b"not json", b"[1]", b"\xff\xfe", b'{"do": "' + b"x" * (10 << 20) + b'"}', b'{"do": "nothing_such", "case": "A"}',
        b'{"do": "adopt_plan", "nonsense": 1}', *(json.dumps(plan | {"fields": each}).encode() for each in fields),
    ]  # fmt: skip
    before = dtv.head
    done = shell("batch", "-", store=dtv.store, stdin=b"\n".join(lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["status"] for a in answers] == ["invalid"] * 8 + ["done"]
    assert done.returncode == 2
    assert done.stderr == b""
    assert len(done.stdout) < 5_000
    assert dtv.head == before + 1


@pytest.mark.parametrize("text", ["\x1b[2Jx", "\x1b]0;title\x07", "a\u202eb", "a\u2066b", "\x9b31m", "a\rb", "a\x00b", "\u200fb"])
def test_what_could_move_a_terminal_comes_out_as_text(text):
    shown = safe(text)
    assert shown != text
    assert "\\u" in shown
    assert all(char.isprintable() for char in shown)


@pytest.mark.parametrize("name", ["Sam\x1b[31mira", "Sam\x1b]0;x\x07ira", "Sam\u202eira"])
def test_no_such_name_gets_in(dtv, tmp_path, name):
    subject = tmp_path / "subject.json"
    subject.write_text(json.dumps({"name": name, "citizenship": "MA"}))
    before = dtv.head
    told = dtv("case", "open", "--subject", f"@{subject}", "--handover-authority", "IND", "--entry-channel", "bvv")
    assert told.exit == 2
    assert "control character" in told.err
    assert "ira" not in told.err.replace("characters", "").replace("is not", "")
    assert dtv.head == before


def test_a_stored_one_would_not_get_out(dtv, monkeypatch):
    from dtv_workflow.domain.case import DepartureCase
    from dtv_workflow.domain.chapters.intake import SubjectRegistered

    believed = SubjectRegistered.apply

    def apply(self: SubjectRegistered, case: DepartureCase, record: object) -> None:
        believed(self, case, record)  # type: ignore[arg-type]
        case.name = "Sam\x1b[31mira \u202eTest"

    monkeypatch.setattr(SubjectRegistered, "apply", apply)
    case = dtv.case
    for args in (("case", "show", case), ("case", "list"), ("case", "log", case, "-p"), ("audit", "replay", case, "--step")):
        out = dtv(*args).out
        assert "\x1b" not in out
        assert "\u202e" not in out
