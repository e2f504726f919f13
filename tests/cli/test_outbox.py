"""`dtv outbox`: what is typed, what is printed, and how it ends."""

from __future__ import annotations

import json

import pytest

from dtv_workflow.processes import outbox

SOURCE = "urn:nld:oin:00000000000000000000:systeem:dtv-workflow"


@pytest.fixture
def told(dtv, tmp_path):
    """A case in the forced track, and a sink to a directory."""
    (tmp_path / "out").mkdir()
    (dtv.store / "partners.toml").write_text(f"""
source = "{SOURCE}"
[partner.ind]
name = "IND"
kind = "chain"
[sink.ind]
partner = "ind"
to = "directory"
path = "{tmp_path / "out"}"
events = ["case_opened", "subject_registered"]
[sink.ind.agreement]
purpose = "decide"
basis = "Vw 2000 art. 107"
fields.subject_registered = ["citizenship"]
""")
    return dtv


def test_push_list_check(told, tmp_path):
    assert told("--format", "json", "outbox", "list").json[0] | {"position": 0} == {
        "sink": "ind", "partner": "ind", "to": "directory", "position": 0, "waiting": 2, "tried_at": None, "error": None,
    }  # fmt: skip
    pushed = told("--format", "json", "outbox", "push")
    assert (pushed.exit, pushed.json[0]["sent"], pushed.json[0]["waiting"]) == (0, 2, 0)
    files = sorted((tmp_path / "out").iterdir())
    assert [json.loads(file.read_bytes())["type"].split(".")[2] for file in files] == ["case-opened", "subject-registered"]
    checked = told("--format", "json", "outbox", "check").json
    assert [(row["event"], row["fields"]) for row in checked] == [
        ("case_opened.v1", []), ("subject_registered.v1", ["citizenship"]),
    ]  # fmt: skip
    assert told("--format", "json", "outbox", "push", "ind").json[0]["sent"] == 0


def test_a_sink_that_stopped_is_exit_1_and_said(told, tmp_path):
    text = (told.store / "partners.toml").read_text()
    away = text.replace('to = "directory"', 'to = "http"').replace(f'path = "{tmp_path / "out"}"', 'url = "http://127.0.0.1:1/"')
    (told.store / "partners.toml").write_text(away)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(outbox, "TRIES", 1)
        pushed = told("--format", "json", "outbox", "push")
    assert (pushed.exit, pushed.json[0]["error"]) == (1, "no connection, or it broke (ConnectionRefusedError)")
    assert "ConnectionRefused" in told("outbox", "list").out


def test_follow_gives_json_lines(told):
    lines = told("outbox", "follow", "--limit", "3").out.splitlines()
    events = [json.loads(line) for line in lines]
    assert len(events) == 3
    assert {event["source"] for event in events} == {SOURCE}
    after = str(int(events[1]["sequence"]))
    assert told("outbox", "follow", "--from", after, "--limit", "1").out.splitlines() == lines[2:]


def test_without_a_configuration_there_is_nothing_to_push(dtv):
    assert dtv("--format", "json", "outbox", "push").json == []
    assert dtv("--format", "table", "outbox", "push").err.strip() == "no sinks in partners.toml"
    assert dtv("--format", "table", "--lang", "nl", "outbox", "list").err.strip() == "geen afnemers in partners.toml"
    assert json.loads(dtv("outbox", "follow", "--limit", "1").out)["source"].startswith("urn:uuid:")


def test_a_configuration_that_is_wrong_is_exit_2(dtv):
    (dtv.store / "partners.toml").write_text("[partner")
    for verb in ("push", "list", "check", "follow"):
        told = dtv("outbox", verb)
        assert (told.exit, "partners.toml is not TOML" in told.err) == (2, True)


def test_no_such_sink_is_exit_5(told):
    refused = told("outbox", "push", "coa")
    assert (refused.exit, "configured are: ind" in refused.err) == (5, True)
