"""`dtv case why`: the exact next command of each refusal, and the smallest set of steps that would be enough."""

from __future__ import annotations

import io
import json
import re
import shlex
from typing import Any

import click
import pytest

from dtv_workflow.application import open_register
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.cli.do import do, record

AFTER = "2026-02-23T11:00:00+01:00"
"""An hour after the last step of the store's story: a live attempt R2, departing on 2 March."""

NEXT_DAY = "2026-02-24T11:00:00+01:00"
"""When the answer of the IND is of the day before."""


def why(dtv, *asked: str, at: str = AFTER):
    return dtv("case", "why", dtv.case, *asked, "--at", at, "--format", "json").json


def told(dtv, *lines: dict[str, Any]) -> None:
    """More of the case's story, as a script would tell it."""
    text = "\n".join(json.dumps({"case": dtv.case, "as": "RV-07", "at": AFTER} | line) for line in lines)
    with open_register(dtv.store) as register:
        for answer in Script(register).run(read_lines(io.BytesIO(text.encode()))):
            assert answer.answer["status"] == "done", answer.answer


HOLD = {"do": "place_hold", "fields": {"hold": "appeal-1", "hold_kind": "appeal_suspensive", "until": "2026-12-01"}}
SIGNAL = {"do": "place_hold", "fields": {"hold": "signal-2", "hold_kind": "trafficking_signal"}}
WISH = {"do": "express_wish_to_leave", "fields": {"reported_by": "iom"}}


def test_the_steps_that_would_do_are_numbered_and_can_be_typed(dtv):
    out = dtv("case", "why", dtv.case, "hand-over", "--at", AFTER, "--format", "table").out
    short = dtv.case[-5:]
    assert "would be allowed after 2 steps, on its day:" in out
    assert f"  1. dtv do complete-precheck {short} --attempt R2 --items …\n     N57  (supervisor, team_leader)\n" in out
    assert f"  2. dtv do serve-removal-notice {short} --attempt R2 --to person,lawyer --language …\n     N10" in out
    assert f"  then: dtv do hand-over {short} --attempt R2 --form … --monitor-notified  (supervisor, team_leader)\n" in out
    assert "N10 handed_over_too_early: departure is on 2026-03-02, the handover not before 2026-03-01\n" in out
    assert "ends by: a handover on the day of departure or the day before\n" in out


def test_a_fact_is_told_for_when_it_is_so(dtv):
    asked = ("case", "why", dtv.case, "hand-over", "--at", NEXT_DAY)
    fact = f"dtv record record-removability {dtv.case[-5:]} --answer removable --checked-at …"
    assert re.search(rf"\d\. when it is so: {fact}\n     N04  \(every role\)", dtv(*asked).out)
    dutch = dtv(*asked, "--lang", "nl").out
    assert "zou mogen na 3 stappen, op zijn dag:" in dutch
    assert f". als het zo is: {fact}" in dutch
    assert "(elke rol)" in dutch
    assert "  daarna: dtv do hand-over" in dutch


def test_a_program_gets_the_same(dtv):
    found = why(dtv, "hand-over")["cures"]
    assert found["found"] is False
    assert [(one["code"], one["guard"]) for one in found["stands"]] == [("N10", "handed_over_too_early")]
    assert [(step["step"], step["answers"], step["fact"]) for step in found["steps"]] == [
        ("complete-precheck", ["N57"], False), ("serve-removal-notice", ["N10"], False)
    ]  # fmt: skip
    assert found["steps"][1]["fields"] == {"attempt": "R2", "to": ["person", "lawyer"]}
    assert found["then"]["command"].endswith("--monitor-notified")


def test_a_fact_gets_no_search_and_tells_what_would_have_to_be_there_first(dtv):
    told_ = why(dtv, "confirm-removal", "--departed-at", AFTER, "--destination", "MA")
    assert told_["cures"] is None
    assert {guard["code"]: guard["answer"] for guard in told_["guards"]}["N59"] == "no"
    out = dtv("case", "why", dtv.case, "confirm-removal", "--at", AFTER).out
    assert "incidents" in out.splitlines()[0]
    assert "would be allowed" not in out


def test_what_stands_is_told_with_what_ends_it_and_no_hold_is_lifted_on_the_way(dtv):
    told(dtv, HOLD, SIGNAL)
    found = why(dtv, "book-removal")["cures"]
    assert (found["found"], found["steps"]) == (False, [])
    appeal, signal = found["stands"]
    assert (appeal["code"], appeal["until"]) == ("N03", "2026-12-01T23:00:00Z")
    assert appeal["by"]["command"] == f"dtv do lift-hold {dtv.case[-5:]} --hold appeal-1 --basis -"
    assert signal["by"]["command"] == f"dtv do lift-hold {dtv.case[-5:]} --hold signal-2 --basis - --second …"
    out = dtv("case", "why", dtv.case, "book-removal", "--at", AFTER, "--format", "table").out
    assert "no further step would make it possible" in out
    assert "ends by: the court's decision on the appeal; over from 2026-12-02\n" in out
    assert f"      when it is so: dtv do lift-hold {dtv.case[-5:]} --hold appeal-1 --basis -  (supervisor, team_leader)\n" in out
    dutch = dtv("case", "why", dtv.case, "book-removal", "--at", AFTER, "--lang", "nl").out
    assert "geen verdere stap maakt het mogelijk" in dutch
    assert "eindigt door: de uitspraak op het beroep; voorbij vanaf 2026-12-02" in dutch


def test_part_of_an_answer_is_told_as_part(dtv):
    told(dtv, HOLD)
    out = dtv("case", "why", dtv.case, "book-removal", "--at", NEXT_DAY, "--format", "table").out
    assert "not possible within 4 steps; these would answer part of it:" in out
    assert "what stands:\n  N03 hold_blocks_removal: appeal-1 is open (appeal_suspensive)" in out


@pytest.mark.parametrize(("more", "step", "code", "command"), [
    ((HOLD,), ("book-removal",), "N03", "when it is so: dtv do lift-hold CASE --hold appeal-1 --basis -"),
    ((WISH,), ("book-removal",), "N18", "dtv do assess-opportunity CASE --[no-]available --finding -"),
    ((SIGNAL,), ("lift-hold", "--hold", "signal-2", "--as", "RV-07"), "N31",
     "dtv do lift-hold CASE --hold signal-2 --basis - --second …"),
    ((), ("hand-over", "--attempt", "R2"), "N57", "dtv do complete-precheck CASE --attempt R2 --items …"),
    ((), ("hand-over", "--attempt", "R2", "--no-monitor-notified"), "N58",
     "dtv do hand-over CASE --attempt R2 --form … --monitor-notified"),
    ((), ("hand-over", "--attempt", "R9"), "N63", "dtv do hand-over CASE --attempt R2 --form … --monitor-notified"),
    ((), ("serve-removal-notice", "--attempt", "R2", "--to", "person"), "N11",
     "dtv do serve-removal-notice CASE --attempt R2 --to person,lawyer --language …"),
    ((), ("lift-detention",), "N53", "when it is so: dtv record report-detention CASE --article … --since … --by …"),
    ((), ("close-other", "--as", "AN-1", "--role", "analyst"), "N48",
     "dtv do close-other CASE --cause … --evidence - --as … --role team_leader"),
    ((), ("close-other",), "N12", "dtv do close-other CASE --cause … --evidence - --second …"),
    ((), ("reopen-case",), "N61", "dtv case next CASE"),
    ((), ("propose-forced-track",), "N61", "dtv do abandon-forced-track CASE --cause …"),
], ids=["a-hold", "a-wish", "a-sensitive-hold", "no-check", "not-told", "unknown-attempt", "no-lawyer", "not-detained", "a-role",
        "alone", "no-way", "a-way"])  # fmt: skip
def test_every_refusal_has_the_exact_next_command(dtv, more, step, code, command):
    told(dtv, *more)
    (line,) = [guard for guard in why(dtv, *step)["guards"] if guard["code"] == code]
    assert line["answer"] == "no"
    assert line["lifts"] == command.replace("CASE", dtv.case[-5:])


def test_who_proposed_is_told_to_leave_the_approval_to_another(dtv):
    told(dtv, {"do": "abandon_forced_track", "fields": {"cause": "no_prospect"}},
         {"do": "propose_forced_track", "fields": {"grounds": ["x"], "proportionality": "y"}})  # fmt: skip
    asked = why(dtv, "approve-forced-track", "--as", "RV-07", "--role", "team_leader")
    (line,) = [guard for guard in asked["guards"] if guard["code"] == "N12"]
    assert line["lifts"] == f"dtv do approve-forced-track {dtv.case[-5:]} --as …"


def test_several_next_commands_stand_on_lines_of_their_own(dtv):
    told(dtv, HOLD, SIGNAL)
    out = dtv("case", "why", dtv.case, "book-removal", "--at", AFTER, "--format", "table").out
    assert "--hold appeal-1 --basis -,\n              and when it is so: dtv do lift-hold" in out


def test_what_only_time_ends_has_a_date_for_a_cure(dtv):
    term = {"kind": "return", "decided_on": "2026-02-23", "served_on": "2026-02-23", "language": "ar", "term_days": 28}
    told(dtv, {"do": "record_return_decision", "fields": term})
    (line,) = [guard for guard in why(dtv, "hand-over")["guards"] if guard["code"] == "N02"]
    assert line["lifts"] == "the end of the departure term; over from 2026-03-24"


@pytest.mark.parametrize("step", [
    "hand-over", "book-removal", "propose-forced-track", "approve-forced-track", "order-detention", "extend-detention",
    "close-other", "close-unsupervised", "choose-voluntary-departure", "lift-hold", "complete-intake", "order-laissez-passer",
    "issue-ticket", "review-obstacle", "correct", "link-family", "assess-opportunity",
])  # fmt: skip
def test_every_command_that_is_told_has_only_options_that_its_step_has(dtv, step):
    told(dtv, HOLD, WISH)
    answer = why(dtv, step)
    found = answer["cures"]
    lines = [*(s["command"] for s in (*found["steps"], found["then"])), *(s["by"]["command"] for s in found["stands"] if s["by"])]
    lines += [part for g in answer["guards"] if g["answer"] == "no" for part in re.split(", or |, and ", g["lifts"])]
    commands = [shlex.split(line.removeprefix("when it is so: ")) for line in lines if "dtv " in line]
    assert commands
    for _, noun, verb, _case, *options in commands:
        if noun in ("do", "record"):
            group = do if noun == "do" else record
            command = group.get_command(click.Context(group), verb)
            assert command is not None
            known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
            asked = {re.sub(r"--\[no-\]", "--", option) for option in options if option.startswith("--")}
            assert asked <= known
            needed = {param.opts[0] for param in command.params if "[required]" in (getattr(param, "help", None) or "")}
            assert needed <= asked | {f"--{option.removeprefix('--no-')}" for option in asked}


def test_why_records_nothing_and_tells_no_free_text(dtv, tmp_path):
    (tmp_path / "text").write_text("Samira wil naar huis", encoding="utf-8")
    before = dtv.head
    text = f"@{tmp_path / 'text'}"
    choosing, assessing = ("choose-voluntary-departure", "--statement", text), ("assess-opportunity", "--finding", text)
    for asked in (choosing, assessing, ("issue-ticket",)):
        for shape in ("json", "table", "jsonl", "csv"):
            told_ = dtv("case", "why", dtv.case, *asked, "--at", AFTER, "--format", shape)
            assert told_.exit == 0
            assert "Samira" not in told_.out + told_.err
    assert dtv.head == before


def test_a_step_that_is_allowed_shows_how_to_take_it(dtv):
    out = dtv("case", "why", dtv.case, "choose-voluntary-departure", "--at", AFTER).out
    assert f"type: dtv do choose-voluntary-departure {dtv.case[-5:]} --statement -" in out
    assert "would be allowed" not in out
    found = why(dtv, "choose-voluntary-departure")["cures"]
    assert (found["found"], found["steps"], found["stands"]) == (True, [], [])
