"""A broken law as a batch file: what leads there, what came of it, and what should have.

`dtv batch --check` runs it. Every line up to the configuration is met; the last ones are not, until the fault is mended: then
the file is a scenario like any other.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from dtv_workflow.domain.case import DepartureCase
from tests.proofs.alphabet import LETTERS, START, Asking
from tests.proofs.laws import said, seen
from tests.proofs.search import TICKS, Broken, Mover, Node, after

TURN = "as it should be, from here on"


def batch_file(broken: Broken) -> str:
    """The counterexample as JSON Lines."""
    lines = [{"title": broken.law}, *path(broken.node)]
    opened = broken.node.case.phase.value != "unopened"
    lines += [{"expect_case": {"case": "A", **seen(broken.node.case)}}] if opened else []
    lines.append({"title": TURN})
    now, case = broken.node.now, broken.node.case
    mover = Mover()
    for asking, expect in broken.instead:
        asked = mover.ask(case, now, asking, broken.node.history)
        lines.append(line(asking, asked.fields, now, expect))
        case = asked.after
    lines.append({"expect_case": {"case": "A", **broken.then}})
    return "".join(json.dumps(one) + "\n" for one in lines)


def path(node: Node) -> list[dict[str, Any]]:
    """The lines that lead from an unopened case to a configuration, lived again; each expects what came of it."""
    mover, now = Mover(), START
    at = Node(0, (), DepartureCase(), now)
    lines: list[dict[str, Any]] = []
    for move in node.moves():
        if move in TICKS:
            now = after(move, now)
            lines.append({"clock": now.isoformat()})
            continue
        for asking in LETTERS[move].steps:
            asked = mover.ask(at.case, now, asking, at.history)
            lines.append(line(asking, asked.fields, now, said(asked)))
            at = Node(0, (), asked.after, now, asked.records, at, move)
    if node.now > now:
        lines.append({"clock": node.now.isoformat()})
    return lines


def line(asking: Asking, fields: dict[str, Any], now: datetime, expect: str) -> dict[str, Any]:
    told = {"do": asking.do, "case": "A", "as": asking.actor, "role": asking.role, "at": now.isoformat()}
    besides = {"second": asking.second, "reason": asking.reason}
    return told | {key: value for key, value in besides.items() if value} | {"fields": fields, "expect": expect}
