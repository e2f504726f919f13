"""The workflow as a Petri net: sound, and every golden history fits it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given

from dtv_workflow.application import create_register
from dtv_workflow.audit.net import END, START, Fires, Net, net, pnml, replayed
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.domain.again import commits
from dtv_workflow.domain.record import Record
from dtv_workflow.domain.workflow import STEPS
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, any_life, live

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.jsonl"))


def accepted(records: list[Record]) -> list[str]:
    """The steps of a history that were taken."""
    return [commit.first.step for commit in commits(records) if not commit.refused]


def reached(of: Net, start: str, *, backwards: bool = False) -> set[str]:
    found, todo = {start}, [start]
    while todo:
        here = todo.pop()
        ends = [(e.target, e.source) if backwards else (e.source, e.target) for e in of.transitions]
        new = {to for source, to in ends if source == here} - found
        found |= new
        todo += new
    return found


def sound(of: Net) -> bool:
    """Of a state machine: nothing leads into the source or out of the sink, and everything lies between them."""
    closed = any(e.target == START or e.source == END for e in of.transitions)
    return not closed and reached(of, START) == set(of.places) == reached(of, END, backwards=True)


def test_the_net_is_a_sound_workflow_net():
    assert sound(net())


@pytest.mark.parametrize("broken", [
    Fires("x", "x", "closed", START), Fires("x", "x", END, "closed"), Fires("x", "x", "intake", "nowhere"),
    Fires("x", "x", "nowhere", "closed"),
], ids=["into the start", "out of the end", "a dead end", "never reached"])  # fmt: skip
def test_the_control_of_a_net_that_is_not_sound_is_found(broken):
    whole = net()
    places = (*whole.places, "nowhere") if "nowhere" in broken else whole.places
    assert not sound(Net(places, (*whole.transitions, broken)))


def test_every_step_of_the_table_is_in_it_once_for_each_phase():
    found = [each.step for each in net().transitions if each.step]
    assert {step: found.count(step) for step in found} == {name: len(row.phases) for name, row in STEPS.items()}
    assert len({each.id for each in net().transitions}) == len(net().transitions)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_golden_history_fits(path, tmp_path):
    with create_register(tmp_path / "store", training=True, actor="script") as register, path.open("rb") as lines:
        list(Script(register).run(read_lines(lines)))
        for stream in register.store.recorder.stream_ids("case/"):
            assert replayed(accepted(register.history_of(stream)), net()) == []


@given(any_life())
def test_whatever_the_engine_accepts_fits(lived):
    assert replayed(accepted(live(*lived).records), net()) == []


@pytest.mark.parametrize(("life", "planted"), [
    (TO_BOOKED, "reopen_case"), (TO_CLOSED, "adopt_plan"), (TO_DETAINED, "complete_intake"), (TO_CLOSED, "open_case"),
])  # fmt: skip
def test_a_step_where_its_phase_does_not_have_it_does_not_fit(life, planted):
    steps = accepted(live(*life).records)
    assert replayed([*steps, planted], net()) == [len(steps)]
    assert replayed([planted, *steps], net())[:1] == ([0] if planted != "open_case" else [1])


def test_it_is_written_as_pnml():
    root = ET.fromstring(pnml(net()).encode())
    names = [re.sub(r"{.*}", "", each.tag) for each in root.iter()]
    whole = net()
    assert (names.count("transition"), names.count("arc")) == (len(whole.transitions), 2 * len(whole.transitions))
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
