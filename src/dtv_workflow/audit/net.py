"""The table of steps as a Petri net: a sound workflow net (van der Aalst 1998), for process mining and model checkers.

A place for each phase, one before a case and one after it. A step has a transition for each phase it is possible in, from that
phase to where it leads; a silent one leads from closed to the end. What the guards ask is not in it: the net says which steps may
follow one another in some case, `conform` which article a step broke. Pure.
"""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from dtv_workflow.domain.steps import step_name
from dtv_workflow.domain.vocabulary import Phase
from dtv_workflow.domain.workflow import TABLE

START, END = Phase.UNOPENED.value, "ended"
"""The source and the sink."""


class Fires(NamedTuple):
    """A transition: its id, the step it is (None: silent), and the phases it leads from and to."""

    id: str
    step: str | None
    source: str
    target: str


class Net(NamedTuple):
    """The places and transitions. Every transition takes one token and gives one: the net is a state machine."""

    places: tuple[str, ...]
    transitions: tuple[Fires, ...]


def net() -> Net:
    """The workflow as it is declared."""
    steps = tuple(
        Fires(f"{step_name(row.step)}.{phase.value}", step_name(row.step), phase.value, (row.to or phase).value)
        for row in TABLE for phase in row.phases
    )  # fmt: skip
    return Net((*(phase.value for phase in Phase), END), (*steps, Fires("end", None, Phase.CLOSED.value, END)))


def replayed(steps: list[str], of: Net) -> list[int]:
    """The steps that cannot be fired in this order, by their place; empty for a history that fits. One that cannot is passed by.

    A case may end in any phase: what is still running fits as well.
    """
    fires = {(each.step, each.source): each.target for each in of.transitions}
    place, wrong = START, []
    for n, step in enumerate(steps):
        target = fires.get((step, place))
        if target is None:
            wrong.append(n)
        else:
            place = target
    return wrong


def pnml(of: Net) -> str:
    """The net in the Petri Net Markup Language (ISO/IEC 15909-2), with its first and last marking."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<pnml xmlns="http://www.pnml.org/version-2009/grammar/pnml">',
        '<net id="dtv-workflow" type="http://www.pnml.org/version-2009/grammar/pnmlcoremodel"><page id="page">',
    ]
    for place in of.places:
        first = "<initialMarking><text>1</text></initialMarking>" if place == START else ""
        lines.append(f"<place id={quoteattr(place)}><name><text>{escape(place)}</text></name>{first}</place>")
    for each in of.transitions:
        silent = '<toolspecific tool="ProM" version="6.4" activity="$invisible$"/>' if each.step is None else ""
        name = f"<name><text>{escape(each.step or each.id)}</text></name>"
        lines.append(f"<transition id={quoteattr(each.id)}>{name}{silent}</transition>")
    for each in of.transitions:
        for end, source, target in (("in", each.source, each.id), ("out", each.id, each.target)):
            lines.append(f"<arc id={quoteattr(f'{each.id}.{end}')} source={quoteattr(source)} target={quoteattr(target)}/>")
    final = f'<finalmarkings><marking><place idref="{END}"><text>1</text></place></marking></finalmarkings>'
    return "\n".join([*lines, "</page>", final, "</net></pnml>", ""])
