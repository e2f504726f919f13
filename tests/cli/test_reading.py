"""What is read: cases, histories, judgements, figures. In every format, in both languages, and never more than was asked."""

from __future__ import annotations

import csv
import io
import json

import pytest

ROWS = [
    ("case", "list"), ("case", "next", "CASE"), ("case", "log", "CASE"), ("case", "diff", "CASE", "9", "14"), ("work",),
    ("workflow", "table"), ("projection", "list"), ("projection", "status"), ("explain", "N04"), ("user", "list"),
    ("case", "show", "CASE"), ("case", "why", "CASE", "book-removal"), ("case", "why", "CASE", "15"),
    ("audit", "replay", "CASE"), ("audit", "replay", "CASE", "--step"),
    ("projection", "query", "SELECT case_id, phase FROM caseload"),
    ("rules", "list"), ("rules", "show", "nl-2017-05"), ("rules", "diff", "nl-2017-05", "eu-return-regulation"),
]  # fmt: skip


@pytest.mark.parametrize("args", ROWS, ids=" ".join)
@pytest.mark.parametrize("lang", ["en", "nl"])
def test_every_reader_speaks_every_format(dtv, args, lang):
    before, case = dtv.head, dtv.case
    args = tuple(case if arg == "CASE" else arg for arg in args)
    for shape in ("table", "plain", "json", "jsonl", "csv"):
        told = dtv(*args, "--format", shape, "--lang", lang)
        assert told.exit == 0, told.err
        assert told.out
        if shape == "json":
            assert told.json
        elif shape == "jsonl":
            assert all(json.loads(line) for line in told.out.splitlines())
        elif shape == "csv":
            lines = list(csv.reader(io.StringIO(told.out)))
            assert len({len(line) for line in lines}) == 1
            assert len(lines) > 1
    assert dtv.head == before


def test_a_list_masks_names_and_a_page_shows_one(dtv):
    for shape in ("table", "plain", "json", "jsonl", "csv"):
        told = dtv("case", "list", "--format", shape)
        assert "S. T***" in told.out
        assert "Samira" not in told.out
        assert "Testpersoon" not in told.out
    assert "Samira Testpersoon" in dtv("case", "show", dtv.case).out


def test_names_stay_out_of_every_other_reading(dtv):
    for args in ROWS:
        if args[:2] != ("case", "show"):
            told = dtv(*(dtv.case if arg == "CASE" else arg for arg in args))
            assert "Samira" not in told.out + told.err


def test_what_is_sealed_shows_only_when_asked_for(dtv):
    plain = dtv("case", "log", dtv.case, "--format", "json").out
    assert "two offers declined" not in plain
    assert "Samira" not in plain
    patch = dtv("case", "log", dtv.case, "--format", "json", "-p").out
    assert "two offers declined" in patch
    assert "Samira Testpersoon" in patch


@pytest.mark.parametrize(("filters", "found"), [
    ((), 1), (("--open",), 1), (("--closed",), 0), (("--phase", "forced_departure"), 1), (("--phase", "intake"), 0),
    (("--supervisor", "RV-07"), 1), (("--supervisor", "RV-08"), 0), (("--outcome", "forced"), 0),
])  # fmt: skip
def test_a_list_is_filtered(dtv, filters, found):
    assert len(dtv("case", "list", "--format", "json", *filters).json) == found


def test_a_short_id_from_the_list_can_be_typed(dtv):
    short = dtv("case", "list", "--format", "plain").out.splitlines()[1].split("\t")[0]
    assert len(short) < 10
    assert dtv("case", "show", short, "--format", "json").json["case"] == dtv.case


def test_a_page_looks_back(dtv):
    told = dtv("case", "show", dtv.case, "--as-known-at", "2026-01-07", "--format", "json").json
    assert (told["phase"], told["version"]) == ("motivation", 9)
    assert dtv("case", "show", dtv.case, "--as-known-at", "2020-01-01").exit == 5


def test_the_page_speaks_dutch(dtv):
    told = dtv("case", "show", dtv.case, "--lang", "nl", "--format", "table").out
    assert all(word in told for word in ("gedwongen vertrek", "beletselen", "vertrektermijn", "reisdocument", "nu geweigerd"))


def test_the_log_is_newest_first_and_can_be_turned(dtv):
    versions = [row["version"] for row in dtv("case", "log", dtv.case, "--format", "json").json]
    assert versions == sorted(versions, reverse=True)
    assert versions[-1] == 1
    turned = [row["version"] for row in dtv("case", "log", dtv.case, "--reverse", "--limit", "3", "--format", "json").json]
    assert turned == [1, 2, 3]


def test_next_says_what_is_possible_and_what_is_refused_on_which_codes(dtv):
    rows = {row["step"]: row for row in dtv("case", "next", dtv.case, "--format", "json").json}
    assert rows["record-interview"]["status"] == "possible"
    assert rows["cancel-removal"]["status"] == "fact"
    assert rows["hand-over"]["status"] == "refused"
    assert {"N04", "N57"} & set(rows["hand-over"]["codes"]) == {"N04", "N57"} & set(_codes(dtv, "hand-over"))
    assert rows["lift-detention"]["codes"] == ["N53"]
    assert "approve-forced-track" not in rows
    assert all(row["command"].startswith("dtv ") for row in rows.values())


def _codes(dtv, step):
    guards = dtv("case", "why", dtv.case, step, "--format", "json").json["guards"]
    return [guard["code"] for guard in guards if guard["answer"] == "no"]


def test_why_marks_what_depends_on_what_was_not_given(dtv):
    empty = {g["guard"]: g for g in dtv("case", "why", dtv.case, "order-detention", "--format", "json").json["guards"]}
    assert empty["too_few_grounds"]["answer"] == "depends"
    assert "--grounds" in empty["too_few_grounds"]["depends_on"]
    assert empty["already_detained"]["answer"] == "yes"
    given = ("--article", "59", "--grounds", '[{"code": "3b", "heavy": true}]')
    filled = {g["guard"]: g for g in dtv("case", "why", dtv.case, "order-detention", *given, "--format", "json").json["guards"]}
    assert filled["too_few_grounds"]["answer"] == "no"
    assert filled["too_few_grounds"]["is"] == "1 of 2 grounds"


def test_why_agrees_with_what_is_refused(dtv):
    before = dtv.head
    given = ("--attempt", "R2", "--form", "M24-A", "--no-monitor-notified")
    said = dtv("case", "why", dtv.case, "hand-over", *given, "--format", "json").json["guards"]
    assert dtv.head == before
    done = dtv("do", "hand-over", dtv.case, *given, "--format", "json")
    refused = [error["code"] for error in json.loads(done.err)["errors"]]
    assert sorted(guard["code"] for guard in said if guard["answer"] == "no") == sorted(refused)


def test_why_of_a_version_is_its_receipt(dtv):
    dtv("do", "hand-over", dtv.case, "--attempt", "R2", "--form", "M24-A", "--no-monitor-notified")
    last = dtv("case", "log", dtv.case, "--limit", "1", "--format", "json").json[0]
    told = dtv("case", "why", dtv.case, str(last["version"]), "--format", "json").json
    assert told["event"] == "CommandRefused"
    assert {guard["code"] for guard in told["guards"] if guard["answer"] == "no"} == set(last["codes"])
    assert dtv("case", "why", dtv.case, "999").exit == 5


def test_why_judges_somebody_in_particular_when_told_who(dtv):
    who = ("--as", "AN-1", "--role", "analyst")
    guards = dtv("case", "why", dtv.case, "book-removal", *who, "--format", "json").json["guards"]
    assert "N48" in [guard["code"] for guard in guards if guard["answer"] == "no"]


def test_a_diff_names_what_changed_and_hides_what_is_sealed(dtv):
    rows = {row["facet"]: row for row in dtv("case", "diff", dtv.case, "1", "9", "--format", "json").json}
    assert rows["name"]["after"] == "sealed"
    assert rows["phase"] == {"facet": "phase", "before": "intake", "after": "motivation"}
    by_day = dtv("case", "diff", dtv.case, "2026-01-05", "2026-01-06", "--format", "json").json
    assert "phase" in [row["facet"] for row in by_day]
    assert dtv("case", "diff", dtv.case, "1", "999").exit == 5


def test_a_replay_ends_where_the_case_stands(dtv):
    rows = {row["facet"]: row["value"] for row in dtv("audit", "replay", dtv.case, "--format", "json").json}
    assert rows["phase"] == "forced_departure"
    steps = dtv("audit", "replay", dtv.case, "--step", "--to", "5", "--format", "json").json
    assert [step["version"] for step in steps] == [1, 2, 3, 4, 5]
    assert all(guard["met"] for step in steps for guard in step["guards"])


def test_work_is_for_open_cases_and_their_supervisor(dtv):
    assert dtv("work", "--format", "json").json
    assert dtv("work", "--supervisor", "RV-99", "--format", "json").json == []
    assert dtv("work", "--mine", "--as", "RV-07", "--format", "json").json


@pytest.mark.parametrize(("term", "said"), [
    ("N45", "record-interview"), ("book-removal", "N09"), ("RemovalBooked", "removal_booked.v1"),
    ("removal_booked.v1", "book-removal"), ("motivation", "motivatie"), ("tuberculosis", "exit"),
    ("team_leader", "approve-forced-track"), ("10", "No store"), ("D13", "59(5)"), ("inbewaringstelling", "order-detention"),
    ("gedwongen vertrek", "forced_departure"), ("detention.59.maximum", "180"),
])  # fmt: skip
def test_everything_named_can_be_explained(dtv, term, said):
    told = dtv("explain", term)
    assert told.exit == 0
    assert said in told.out


def test_what_cannot_be_explained_gets_the_nearest_name(dtv):
    told = dtv("explain", "book-remvoal")
    assert told.exit == 5
    assert "book_removal" in told.err
    assert dtv("explain", "zzzz").exit == 5


def test_the_diagram_has_every_phase_and_every_move(dtv):
    told = dtv("workflow", "diagram").out
    assert told.startswith("stateDiagram-v2")
    assert "motivation --> forced_departure: approve-forced-track" in told
    assert "[*] --> intake: open-case" in told


def test_a_rebuilt_projection_is_the_same(dtv):
    asked = ("projection", "query", "SELECT * FROM timeline", "--format", "json")
    before = dtv(*asked).out
    assert dtv("projection", "rebuild").exit == 0
    (dtv.store / "views.db").unlink()
    assert dtv(*asked).out == before
    assert dtv("projection", "rebuild", "nothing").exit == 5


def test_no_color_and_color(dtv, monkeypatch):
    assert "\x1b[" in dtv("case", "show", dtv.case, "--color", "always").out
    assert "\x1b[" not in dtv("case", "show", dtv.case, "--color", "never").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in dtv("case", "show", dtv.case).out


def test_dry_run_stores_nothing_and_the_same_request_answers_again(dtv):
    step = ("record", "express-wish-to-leave", dtv.case, "--reported-by", "person")
    before = dtv.head
    assert "would be done" in dtv(*step, "--dry-run").out
    assert dtv.head == before
    assert dtv(*step, "--request-id", "once").exit == 0
    again = dtv(*step, "--request-id", "once")
    assert again.exit == 0
    assert "before" in again.out
    assert dtv.head == before + 1
    assert dtv("record", "express-wish-to-leave", dtv.case, "--reported-by", "iom", "--request-id", "once").exit == 6
