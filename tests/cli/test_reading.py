"""What is read: cases, histories, judgements, figures. In every format, in both languages, and never more than was asked."""

from __future__ import annotations

import csv
import io
import json

import pytest

from dtv_workflow.application import create_register
from dtv_workflow.batch import Script, read_lines
from tests.cli.conftest import SCENARIO, Dtv

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
    page = dtv("case", "show", dtv.case).out
    assert "S. T***" in page
    assert not {"Samira", "1990-05-04", "1234567890"} & set(page.split())
    full = dtv("case", "show", dtv.case, "--unmask", "--reason", "served_in_person").out
    assert {"Samira", "Testpersoon", "1990-05-04", "1234567890"} <= set(full.split())


def test_names_stay_out_of_every_other_reading(dtv):
    for args in ROWS:
        if args[:2] != ("case", "show"):
            told = dtv(*(dtv.case if arg == "CASE" else arg for arg in args))
            assert "Samira" not in told.out + told.err


def test_what_is_sealed_shows_only_when_asked_for(dtv):
    plain = dtv("case", "log", dtv.case, "--format", "json").out
    assert "two offers declined" not in plain
    assert "Samira" not in plain
    veiled = dtv("case", "log", dtv.case, "--format", "json", "-p").out
    assert "two offers declined" not in veiled
    assert "Samira" not in veiled
    patch = dtv("case", "log", dtv.case, "--format", "json", "-p", "--unmask", "--reason", "complaint").out
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


# ------------------------------------------------------------------ the ledger of detention


@pytest.fixture
def detained(tmp_path, capsys):
    """`dtv` on golden scenario G10: 100 days under 59, 28 under 59b, and 59 again since 18 May; versions 17 to 21."""
    store = tmp_path / "detained"
    with create_register(store, training=True, actor="script") as register, SCENARIO.with_name("G10.jsonl").open("rb") as lines:
        list(Script(register).run(read_lines(lines)))
    return Dtv(store, capsys)


def test_a_page_has_the_ledger_of_detention_in_both_languages_on_eighty_columns(detained):
    at = ("--as-known-at", "2026-08-01T10:00:00+02:00", "--format", "table")
    english = detained("case", "show", detained.case, "--lang", "en", *at).out
    dutch = detained("case", "show", detained.case, "--lang", "nl", *at).out
    assert "  1.         2026-01-10 to 2026-04-20, 100 days, v17 to v18: purpose gone\n" in english
    assert "  2.         2026-05-18 to 2026-08-01, 75 days, v21: runs\n" in english
    assert "  art. 59    175 of 180 days, 5 left  [Vw 2000 art. 59(5), (6)]\n" in english
    assert "  last day   2026-08-05\n" in english
    assert "  weigh too  28 days art. 59b\n" in english
    assert "  1.           2026-01-10 tot 2026-04-20, 100 dagen, v17 tot v18: doel vervallen\n" in dutch
    assert "  art. 59      175 van 180 dagen, nog 5  [Vw 2000 art. 59(5), (6)]\n" in dutch
    for told, title in ((english, "detention clock"), (dutch, "bewaringsklok")):
        ledger = told[told.index(title) : told.index("deadlines" if told is english else "termijnen")]
        assert max(map(len, ledger.splitlines())) <= 80
        assert ledger.count(title) == 2


def test_a_page_gives_programs_the_ledger_as_numbers(detained):
    told = detained("case", "show", detained.case, "--as-known-at", "2026-08-01T10:00:00+02:00", "--format", "json").json
    ours, asylum = told["detention"]
    assert (ours["article"], ours["used"], ours["maximum"], ours["left"], ours["last_day"]) == ("59", 175, 180, 5, "2026-08-05")
    assert [(s["since"], s["to"], s["days"], s["began"], s["ended"]) for s in ours["stretches"]] == [
        ("2026-01-10", "2026-04-20", 100, 17, 18), ("2026-05-18", None, 75, 21, 0),
    ]  # fmt: skip
    assert (ours["besides"], asylum["running"], asylum["used"]) == ({"59b": 28}, False, 28)
    assert all(isinstance(said, str) for said in ours["stops"])
    csv_ = detained("case", "show", detained.case, "--as-known-at", "2026-08-01T10:00:00+02:00", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(csv_)))
    assert [row["version"] for row in rows if "art. 59 " in row["section"] and row["facet"] in {"1.", "2."}] == ["17", "21"]


@pytest.mark.parametrize(("back", "used", "left", "last_day"), [
    (("--to", "17"), "0", "180", "2026-07-08"),
    (("--to", "18"), "100", "80", "–"),
    (("--to", "21"), "100", "80", "2026-08-05"),
    (("--as-known-at", "2026-08-01T10:00:00+02:00"), "175", "5", "2026-08-05"),
    (("--as-known-at", "2026-02-01T10:00:00+01:00"), "22", "158", "2026-07-08"),
    ((), "182", "0", "2026-08-05"),
])  # fmt: skip
def test_a_replay_tells_the_clock_as_of_the_last_event_or_the_moment_looked_back_to(detained, back, used, left, last_day):
    rows = {r["facet"]: r for r in detained("audit", "replay", detained.case, *back, "--format", "json").json}
    assert rows["clock.59.used"]["value"] == used
    assert rows["clock.59.left"]["value"] == left
    assert rows["clock.59.last_day"]["value"] == last_day
    assert rows["clock.59.stretch.1"]["version"] == 17
    table = detained("audit", "replay", detained.case, *back, "--format", "table").out
    assert f"{used} of 180 days, {left} left" in table
    assert "clock.59" not in table


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


def test_replay_keeps_what_was_known_and_what_was_true_apart(dtv, tmp_path):
    (tmp_path / "value").write_text("DZ")
    value, reason = ("--value", f"@{tmp_path / 'value'}"), ("--reason", "typing_error", "--at", "2026-03-21T10:00:00+01:00")
    assert dtv("do", "correct", dtv.case, "--event", "2", "--field", "citizenship", *value, *reason).exit == 0

    def citizenship(*options: str) -> str:
        rows = dtv("--format", "json", "audit", "replay", dtv.case, *options).json
        return str(next(row["value"] for row in rows if row["facet"] == "citizenship"))

    then = "2026-01-07"
    assert citizenship() == citizenship("--as-true-at", then) == "DZ"
    assert citizenship("--as-known-at", then) == citizenship("--as-known-at", then, "--as-true-at", then) == "MA"
    assert dtv("audit", "replay", dtv.case, "--as-true-at", "2020-01-01").exit == 5
    assert dtv("audit", "replay", dtv.case, "--as-true-at", "noon").exit == 2
    stepwise = dtv("--format", "json", "audit", "replay", dtv.case, "--as-true-at", then, "--step").json
    assert "CorrectionRecorded" not in [row["event"] for row in stepwise]
