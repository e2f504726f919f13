"""`dtv rules`: the rulesets, their numbers and sources, and what differs between two."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Dtv

G14 = Path(__file__).resolve().parents[1] / "scenarios" / "G14.jsonl"


def test_the_list_tells_law_from_draft(dtv):
    rows = dtv("rules", "list", "--format", "json").json
    assert [(row["ruleset"], row["status"]) for row in rows][-1] == ("eu-return-regulation", "draft")
    assert {row["status"] for row in rows[:-1]} == {"law"}
    assert all(row["from"] and row["title"] for row in rows)
    assert "ontwerp" in dtv("rules", "list", "--lang", "nl").out


def test_a_ruleset_is_shown_with_value_unit_days_and_source(dtv):
    rows = {row["parameter"]: row for row in dtv("rules", "show", "nl-2017-05", "--format", "json").json}
    notice = rows["notice.before_departure"]
    assert (notice["value"], notice["unit"], notice["from"], notice["to"]) == (48, "hours", "2017-05-10", "2020-09-30")
    assert "Vc 2000 A3" in notice["source"]
    assert rows == {row["parameter"]: row for row in dtv("rules", "show", "2020-09-30", "--format", "json").json}


def test_without_an_id_the_rules_of_today_are_shown(dtv):
    rows = {row["parameter"]: row["value"] for row in dtv("rules", "show", "--format", "json").json}
    assert rows["notice.before_departure"] == 36
    assert rows["detention.59.extension"] == 360


def test_the_difference_between_two_rulesets_is_what_a_later_one_changed(dtv):
    rows = dtv("rules", "diff", "nl-2017-05", "nl-2020-10", "--format", "json").json
    assert [(row["parameter"], row["before"], row["after"]) for row in rows] == [("notice.before_departure", 48, 36)]
    draft = dtv("rules", "diff", "eu-2026-06-12", "eu-return-regulation", "--format", "json").json
    assert [row["parameter"] for row in draft] == ["detention.59.extension"]
    back = dtv("rules", "diff", "eu-2026-06-12", "2026-06-11", "--format", "json").json
    assert {row["after"] for row in back} == {None}
    assert dtv("rules", "diff", "nl-2020-10", "2021-01-01", "--format", "json").json == []


@pytest.mark.parametrize(("name", "status"), [("no-such-law", 5), ("2026-02-30", 2), ("", 5)], ids=["name", "day", "empty"])
def test_an_unknown_ruleset_is_a_clear_error_that_names_those_there_are(dtv, name, status):
    told = dtv("rules", "show", name) if name else dtv("rules", "diff", name, name)
    assert told.exit == status
    assert ("nl-2017-05" in told.err) is (status == 5)


def test_g14_a_term_that_the_law_moved_shows_in_the_log(tmp_path, capsys):
    dtv = Dtv(tmp_path / "store", capsys)
    assert dtv("store", "init", "--training").exit == 0
    assert dtv("batch", str(G14)).exit == 0
    line = next(line for line in dtv("case", "log", dtv.case, "--format", "table").out.splitlines() if "D36" in line)
    assert line.split() == ["D36", "–", "→", "2026-08-14", "00:00"]
    moved = [row["clocks"] for row in dtv("case", "log", dtv.case, "--format", "json").json if "clocks" in row]
    assert moved == [[{"code": "D36", "about": None, "before": None, "after": "2026-08-13T22:00:00Z"}]]
