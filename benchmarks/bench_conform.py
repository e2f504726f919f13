"""Judging a foreign log by our guards, beside PM4Py's token replay of the same log: `python benchmarks/bench_conform.py [CASES]`.

Measured are the judging alone, and reading the XES file with it. PM4Py runs in a process of its own, with the Python that JUDGES
names (it is AGPL; see `requirements/judges.txt`); without it only ours is measured, and that is said. Token replay asks whether
steps may follow one another; ours asks every guard of each step as well, and says which article was broken. PM4Py replays equal
sequences once, which token replay allows and guards, which look at days and fields, do not. Medians of three.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dtv_workflow.application import open_register
from dtv_workflow.audit.conform.judge import Judged, Mapping, Vocabulary, by_case, judge
from dtv_workflow.audit.conform.read import Names, Trouble, rows
from dtv_workflow.audit.export.pseudonyms import new_pseudonyms
from dtv_workflow.audit.export.run import Asked, export
from dtv_workflow.audit.net import net, pnml
from dtv_workflow.cli.main import run
from dtv_workflow.domain.steps import Envelope

PEER = """
import sys, time
from importlib import import_module
import pm4py
began = time.perf_counter()
log = import_module("pm4py.objects.log.importer.xes.importer").apply(sys.argv[1])
read = time.perf_counter() - began
net, first, last = pm4py.read_pnml(sys.argv[2])
took = []
for _ in range(3):
    began = time.perf_counter()
    pm4py.conformance_diagnostics_token_based_replay(log, net, first, last)
    took.append(time.perf_counter() - began)
print(read, sorted(took)[1])
"""


def main(cases: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(["demo", "--store", str(folder / "store"), "--cases", str(cases), "--seed", "1"])
        with open_register(folder / "store") as register:
            made = export(register, Asked("xes", folder / "log.xes", new_pseudonyms()), Envelope(actor=register.founder()))
        began = time.perf_counter()
        found, took = list(rows(folder / "log.xes", Names(), Trouble())), []
        reading = time.perf_counter() - began
        for _ in range(3):
            vocabulary, into, began = Vocabulary(Mapping()), Judged(), time.perf_counter()
            for row in found:
                vocabulary.learn(row)
            breaches = sum(1 for _ in judge(by_case(found), vocabulary, into))
            took.append(time.perf_counter() - began)
        ours = statistics.median(took)
        print(f"{made.cases} cases, {made.events} events; {into.met + into.broken} guards answered, {breaches} broken")
        print(f"ours: {ours:.2f} s, {ours / made.events * 1e6:.0f} us an event; read and judged {reading + ours:.2f} s")
        python = os.environ.get("JUDGES")
        if not python:
            print("PM4Py was not measured: JUDGES names no Python that has it")
            return
        (folder / "net.pnml").write_text(pnml(net()), "utf-8")
        command = [python, "-c", PEER, str(folder / "log.xes"), str(folder / "net.pnml")]
        read, peer = map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:])
        print(f"PM4Py: {peer:.2f} s, {peer / made.events * 1e6:.0f} us an event; read and replayed {read + peer:.2f} s")
        print(f"ratio {peer / ours:.2f}; with reading {(read + peer) / (reading + ours):.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
