"""A foreign log judged: exactly the planted breach, at exactly its event; what the log does not tell is never guessed."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dtv_workflow.application import Register, create_register
from dtv_workflow.audit.conform.judge import Breach, Judged, Mapping, Vocabulary, by_case, judge
from dtv_workflow.audit.conform.read import Names, Trouble, rows
from dtv_workflow.audit.export.pseudonyms import new_pseudonyms
from dtv_workflow.audit.export.run import Asked, export
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.cli import settings
from dtv_workflow.cli.main import run
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import Malformed
from tests.audit.test_net import SCENARIOS

FORMS = {"log.xes": "xes", "log.xes.gz": "xes", "log.json": "ocel", "log.xml": "ocel", "log.sqlite": "ocel"}


def conformed(path: Path, mapping: Mapping | None = None, names: Names | None = None) -> tuple[list[Breach], Judged, Trouble]:
    trouble, into = Trouble(), Judged()
    found = list(rows(path, names or Names(), trouble))
    vocabulary = Vocabulary(mapping or Mapping(), trouble.columns)
    for row in found:
        vocabulary.learn(row)
    return list(judge(by_case(found), vocabulary, into)), into, trouble


# ------------------------------------------------------------------ our own logs come out clean


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    """Every golden case in one store."""
    folder = tmp_path_factory.mktemp("golden")
    with create_register(folder / "store", training=True, actor="script") as register:
        for path in SCENARIOS:
            with path.open("rb") as lines:
                script = Script(register)
                list(script.run(read_lines(lines)))
        yield register


@pytest.mark.parametrize("name", FORMS)
def test_our_own_log_tells_of_no_breach_but_the_incidents_on_record(golden, tmp_path, name):
    export(golden, Asked(FORMS[name], tmp_path / name, new_pseudonyms()), Envelope(actor="TL-02"))
    breaches, into, trouble = conformed(tmp_path / name)
    recorded = {
        code
        for stream in golden.store.recorder.stream_ids("case/", limit=500)
        for record in golden.history_of(stream)
        if record.name == "IntegrityIncidentRaised" or (record.receipt and record.receipt.codes)
        for code in (record.receipt.codes if record.receipt else [])
    }
    assert {breach.code for breach in breaches} <= recorded
    assert [breach for breach in breaches if breach.code == "N61"] == []
    assert into.unknown == {}
    assert into.unreadable == {}
    assert trouble.why == {}
    assert into.met > 50
    assert sum(into.not_told.values()) > 0


# ------------------------------------------------------------------ planted breaches

DAY = "2026-01-{:02}T{:02}:00:00+01:00"
NONE = json.dumps(dict.fromkeys(("trafficking", "medical", "pregnancy", "minor", "family", "other"), "none"))


def line(step: str, day: int, hour: int = 10, **said: object) -> dict[str, str]:
    told = {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in said.items()}
    return {"case": "C-1", "activity": step, "time": DAY.format(day, hour), "actor": "RV-07", "role": "supervisor"} | told


def opened(**more: str) -> dict[str, str]:
    return line("open_case", 5, handover_authority="IND", entry_channel="bvv") | {"role": "intake_officer"} | more


DECIDED = line("record_return_decision", 6, kind="return", decided_on="2026-01-06", served_on="2026-01-06", language="ar",
               term_days=28, term_reason="", entry_ban_years="")  # fmt: skip
REMOVABLE = line("record_removability", 6, answer="removable", checked_at=DAY.format(6, 9))
TO_MOTIVATION = [opened(), DECIDED, REMOVABLE, line("complete_intake", 7)]


def written(folder: Path, lines: list[dict[str, str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    heads = list(dict.fromkeys(name for each in lines for name in each))
    path = folder / "log.csv"
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, heads, delimiter=delimiter)
        writer.writeheader()
        writer.writerows(lines)
    return path


PLANTED: dict[str, tuple[list[dict[str, str]], str, str]] = {
    "a plan after the case was closed": (
        [opened(), line("record_residence", 8, kind="asylum", granted_on="2026-01-08"),
         line("adopt_plan", 9, strategy="voluntary")], "N61", "adopt_plan"),
    "opened twice": ([opened(), opened() | {"time": DAY.format(8, 9)}], "N61", "open_case"),
    "reopened while open": ([opened(), line("reopen_case", 9)], "N61", "reopen_case"),
    "motivation before intake was completed": ([opened(), line("approve_forced_track", 9)], "N61", "approve_forced_track"),
    "lapsed what never began": ([opened(), line("lapse_voluntary_departure", 9)], "N61", "lapse_voluntary_departure"),
    "told of from before the opening": (
        [opened(), line("record_residence", 8, kind="asylum", granted_on="2026-01-04")
         | {"occurred_at": DAY.format(4, 9), "recorded_at": DAY.format(8, 9)}], "N32", "record_residence"),
    "a plan by somebody whose role it is not": (
        [opened(), line("adopt_plan", 8, strategy="voluntary") | {"role": "auditor"}], "N48", "adopt_plan"),
}  # fmt: skip


@pytest.mark.parametrize("what", PLANTED)
def test_a_step_where_the_law_has_no_room_for_it_is_found_at_its_event(what, tmp_path):
    lines, code, step = PLANTED[what]
    breaches, into, _ = conformed(written(tmp_path, lines))
    assert [(breach.code, breach.step, breach.place) for breach in breaches if breach.code == code] == [(code, step, len(lines))]
    assert into.broken == len(breaches)
    clean, _, _ = conformed(written(tmp_path, lines[:-1]))
    assert clean == []


# Every golden scenario says which steps are refused, and on which codes. Told as if they had happened, they are the breaches.


def told(line: dict[str, Any]) -> dict[str, str]:
    """A line of a scenario as a row of a table: what has parts as JSON."""
    fields = {name: value if isinstance(value, str) else json.dumps(value) for name, value in line.get("fields", {}).items()}
    recorded = line.get("recorded_at", line["at"])
    envelope = {"actor": line["as"], "role": line.get("role", ""), "second": line.get("second", "")}
    row = {"case": str(line["case"]), "activity": line["do"], "occurred_at": line["at"], "recorded_at": recorded}
    return row | envelope | fields


def planted() -> Iterator[tuple[str, list[dict[str, str]], dict[str, str], set[str]]]:
    """Each refused step of each scenario of one case: what came before, the step, and its codes."""
    for path in SCENARIOS:
        lines = [json.loads(text) for text in path.read_text("utf-8").splitlines()]
        if len({each["case"] for each in lines if "do" in each}) != 1:
            continue
        before: list[dict[str, str]] = []
        for number, each in enumerate(lines, 1):
            expected = each.get("expect", "done")
            if "do" not in each or "occurred_at" in each.get("fields", {}):
                continue
            if expected.startswith("refused:"):
                yield f"{path.stem}:{number}", list(before), told(each), set(expected[8:].split(","))
            elif not expected.startswith("refused"):
                before.append(told(each))


CASES = {name: (before, step, codes) for name, before, step, codes in planted()}
COLUMNS = {name for row in STEPS.values() for name in row.step.__struct_fields__}


def table(folder: Path, lines: list[dict[str, str]]) -> Path:
    """A table with a column for every field there is."""
    return written(folder, [dict.fromkeys(sorted(COLUMNS), "") | each for each in lines])


@pytest.mark.parametrize("name", CASES)
def test_a_refused_step_that_happened_all_the_same_breaks_what_it_was_refused_on(name, tmp_path):
    before, step, codes = CASES[name]
    clean, _, _ = conformed(table(tmp_path, before))
    breaches, into, _ = conformed(table(tmp_path, [*before, step]))
    new = [breach for breach in breaches if breach.place == len(before) + 1]
    untold = {code for code, _ in into.not_told}
    assert {breach.code for breach in new} <= codes
    assert codes - {breach.code for breach in new} <= untold
    assert all(breach.law and breach.step == step["activity"] for breach in new)
    assert len(breaches) - len(new) == len(clean)


def test_of_the_refusals_of_the_scenarios_most_are_found_out_of_a_table_that_has_it_all(tmp_path):
    found, codes = 0, set[str]()
    for before, step, wanted in CASES.values():
        breaches, _, _ = conformed(table(tmp_path, [*before, step]))
        new = {breach.code for breach in breaches if breach.place == len(before) + 1}
        found += new == wanted
        codes |= new
    assert len(codes) >= 10
    assert found >= 0.8 * len(CASES)


# ------------------------------------------------------------------ never a guess


def test_what_the_log_does_not_carry_is_not_told_and_not_broken(tmp_path):
    bare = [{name: each[name] for name in ("case", "activity", "time")} for each in TO_MOTIVATION]
    breaches, into, _ = conformed(written(tmp_path, bare))
    assert breaches == []
    assert sum(into.not_told.values()) > 3
    assert any("never tells of" in why or "does not give" in why or "rests on" in why for _, why in into.not_told)


def test_unknown_activities_are_counted_with_what_is_near_and_stop_nothing(tmp_path):
    from dtv_workflow.audit.conform.judge import nearest

    lines = [opened(), line("complete intke", 6), line("xyzzy", 6)]
    breaches, into, _ = conformed(written(tmp_path, lines))
    assert breaches == []
    assert into.unknown == {"complete intke": 1, "xyzzy": 1}
    assert nearest("complete intke")[0] == "complete_intake"
    assert nearest("xyzzy") == []


def test_a_mapping_says_what_things_are_called(tmp_path):
    lines = [{"dossier": "1", "handeling": "Zaak geopend", "tijd": "2026-01-05 10:00", "bron": "IND"},
             {"dossier": "1", "handeling": "Heropend", "tijd": "2026-01-06 10:00", "bron": ""},
             {"dossier": "1", "handeling": "Koffie", "tijd": "2026-01-06 11:00", "bron": ""}]  # fmt: skip
    mapping = Mapping({"Zaak geopend": "open_case", "Heropend": "reopen_case", "Koffie": None}, {"bron": "handover_authority"})
    breaches, into, trouble = conformed(written(tmp_path, lines), mapping, Names("dossier", "handeling", "tijd"))
    assert [(breach.step, breach.code) for breach in breaches] == [("reopen_case", "N61")]
    assert (into.events, into.outside, trouble.naive) == (2, 1, 6)


# ------------------------------------------------------------------ reading


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8")])
def test_every_dialect_of_csv_reads_the_same(delimiter, encoding, tmp_path):
    lines, code, _ = PLANTED["opened twice"]
    breaches, _, _ = conformed(written(tmp_path, lines, delimiter, encoding))
    assert [breach.code for breach in breaches] == [code]


def test_out_of_order_rows_are_put_in_order_and_bad_lines_are_counted(tmp_path):
    lines = PLANTED["opened twice"][0]
    bad = [line("adopt_plan", 9) | {"time": "yesterday"}, line("adopt_plan", 9) | {"case": ""}]
    path = written(tmp_path, [*reversed(lines), *bad])
    breaches, into, trouble = conformed(path)
    assert [(breach.code, breach.place) for breach in breaches] == [("N61", 2)]
    assert sum(trouble.why.values()) == 2
    assert into.cases == 1


def test_an_empty_log_is_one_without_breaches(tmp_path):
    (tmp_path / "log.csv").write_text("")
    assert conformed(tmp_path / "log.csv")[1].cases == 0


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><log><trace><event>&b;</event></trace></log>'
HOSTILE: dict[str, bytes] = {
    "bomb.xes": BOMB.encode(), "late.xes": b"<log>" + b" " * 70_000 + BOMB.encode(), "utf16.xes": BOMB.encode("utf-16"),
    "cut.xes": b"<log><trace><event>", "no.json": b"{", "list.json": b"[]", "deep.json": b"[" * 100_000,
    "no.sqlite": b"SQLite format 3\0x",
    "no.csv": b"a,b\n1,2\n", "zero.csv": b"\xff\xfe\x00", "no.xes.gz": b"not zipped", "what.txt": b"x",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_log_or_would_do_harm_is_refused_in_one_line(name, tmp_path):
    (tmp_path / name).write_bytes(HOSTILE[name])
    with pytest.raises(Malformed):
        conformed(tmp_path / name)


def test_a_zipped_csv_reads_as_well(tmp_path):
    path = written(tmp_path, PLANTED["opened twice"][0])
    (tmp_path / "log.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert len(conformed(tmp_path / "log.csv.gz")[0]) == 1


# ------------------------------------------------------------------ on the command line


def dtv(*args: str) -> int:
    settings._last.clear()
    return run(list(args))


def test_the_command_says_what_broke_which_article_and_exits_7(tmp_path, capsys):
    path = written(tmp_path, PLANTED["reopened while open"][0])
    for shape, lang in (("table", "nl"), ("csv", "en"), ("json", "en")):
        assert dtv("audit", "conform", str(path), "--format", shape, "--lang", lang) == 7
        told = capsys.readouterr()
        assert "N61" in told.out
    said = json.loads(told.out)
    assert said["counts"]["broken"] == 1
    assert dtv("audit", "conform", str(written(tmp_path, [opened()]))) == 0
    assert dtv("audit", "conform", str(tmp_path / "absent.csv")) == 5


def test_a_mapping_to_begin_with_is_one_that_reads(tmp_path, capsys):
    path = written(tmp_path, [opened(), line("complete intke", 6)])
    assert dtv("audit", "conform", str(path), "--map-template", str(tmp_path / "map.toml")) == 0
    assert '"complete intke" = "complete_intake"' in (tmp_path / "map.toml").read_text()
    assert dtv("audit", "conform", str(path), "--map", str(tmp_path / "map.toml")) in (0, 7)
    assert "unknown activity" not in capsys.readouterr().err
    for wrong in ("x = [", "[activities]\na = \"no_such_step\"", "[other]\na = \"b\"", "[fields]\na = 1"):
        (tmp_path / "map.toml").write_text(wrong)
        assert dtv("audit", "conform", str(path), "--map", str(tmp_path / "map.toml")) == 2


def test_a_name_in_a_log_reaches_no_message(tmp_path, capsys):
    lines: list[dict[str, Any]] = [opened(subject="Samira Geheim"), line("reopen_case", 9, cause="Samira Geheim")]
    dtv("audit", "conform", str(written(tmp_path, lines)))
    told = capsys.readouterr()
    assert "Samira" not in told.out + told.err


def test_a_time_is_read_with_its_offset():
    from dtv_workflow.audit.conform.read import moment

    trouble = Trouble()
    assert moment("2026-01-05T10:00:00Z", trouble) == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert moment("nonsense", trouble) is None
    assert trouble.naive == 0
