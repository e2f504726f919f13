"""What PM4Py says of a net and of histories, in a process of its own (it is AGPL): `PYTHON net_judge.py NET.pnml < histories`."""

from __future__ import annotations

import json
import sys
from importlib import import_module


def main() -> None:
    """Print whether the net is a workflow net and sound, and the cost of aligning each history."""
    pm4py, objects = import_module("pm4py"), import_module("pm4py.objects.log.obj")
    net, first, last = pm4py.read_pnml(sys.argv[1])
    traces = [
        objects.Trace([objects.Event({"concept:name": step}) for step in steps], attributes={"concept:name": str(n)})
        for n, steps in enumerate(json.load(sys.stdin))
    ]
    log = objects.EventLog(traces)
    aligned = pm4py.conformance_diagnostics_alignments(log, net, first, last)
    sound = pm4py.check_soundness(net, first, last)
    said = {
        "workflow_net": pm4py.check_is_workflow_net(net), "sound": sound[0] if isinstance(sound, tuple) else sound,
        "costs": [each["cost"] for each in aligned],
    }  # fmt: skip
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
