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


def moved(told, tmp_path):
    """The sink now goes to another directory."""
    (tmp_path / "new").mkdir()
    text = (told.store / "partners.toml").read_text()
    (told.store / "partners.toml").write_text(text.replace(f'path = "{tmp_path / "out"}"', f'path = "{tmp_path / "new"}"'))


def test_a_sink_that_goes_elsewhere_stops_until_somebody_says_where_it_begins(told, tmp_path):
    told("outbox", "push")
    moved(told, tmp_path)
    stopped = told("--format", "json", "outbox", "push")
    assert (stopped.exit, stopped.json[0]["sent"]) == (1, 0)
    assert "dtv outbox start ind --after" in stopped.json[0]["error"]
    assert "dtv outbox start ind --after" in told("--format", "json", "outbox", "list").json[0]["error"]
    assert list((tmp_path / "new").iterdir()) == []
    told("outbox", "start", "ind", "--after", "beginning")
    assert told("--format", "json", "outbox", "push").json[0]["sent"] == 2
    assert [file.name for file in (tmp_path / "new").iterdir()] == [file.name for file in (tmp_path / "out").iterdir()]


@pytest.mark.parametrize("after", ["here", "end", "9"])
def test_a_receiver_that_moved_goes_on_where_it_was(told, tmp_path, after):
    told("outbox", "push")
    moved(told, tmp_path)
    told("outbox", "start", "ind", "--after", after)
    assert told("--format", "json", "outbox", "push").json[0] | {"position": 0} == {
        "sink": "ind", "sent": 0, "withheld": 0, "position": 0, "waiting": 0, "error": None,
    }  # fmt: skip


def test_a_new_sink_need_not_have_the_past(told, tmp_path):
    assert told("--format", "json", "outbox", "start", "ind", "--after", "end").exit == 0
    assert told("--format", "json", "outbox", "push").json[0]["sent"] == 0
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("after", ["999999", "tomorrow", "9" * 30, "-1", "²"])
def test_a_place_that_the_log_does_not_have_is_no_place_to_begin(told, after):
    assert told("outbox", "start", "ind", f"--after={after}").exit == 2
    assert told("--format", "json", "outbox", "list").json[0]["position"] == 0


def test_a_sink_that_is_not_configured_cannot_begin(told):
    assert told("outbox", "start", "nobody", "--after", "end").exit == 5
