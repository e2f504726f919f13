"""Verifying a log, as a ratio of plain SHA-256 over the same bytes: `python benchmarks/bench_verify.py [EVENTS]`.

Both read the same rows from the same file in the same pages. The floor hashes each event's stored bytes once. Verifying frames
each event, hashes it into the tree, looks at order and versions, and holds the root against a checkpoint. Medians of five.
"""

from __future__ import annotations

import hashlib
import statistics
import sys
import tempfile
import time
from pathlib import Path

from eventsourcing.persistence import StoredEvent

from dtv_workflow.audit.verify import rows_of, verify
from dtv_workflow.proof.note import new_signer
from dtv_workflow.store.sealing import Seals
from dtv_workflow.store.sqlite import EventRecorder

STATE = 450
"""Bytes of a stored event; the mean of the demo's is near it."""


def log(path: Path, events: int) -> EventRecorder:
    """A log of so many events in streams of twenty."""
    path.touch()
    recorder = EventRecorder(path)
    recorder.create_table()
    for start in range(0, events, 500):
        found = [
            StoredEvent(f"case/{n // 20:026}", n % 20 + 1, "hold_placed.v1", (b"%d " % n).ljust(STATE, b"x"))
            for n in range(start, min(start + 500, events))
        ]
        recorder.insert_events(found)
    return recorder


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        recorder, seals, signer = log(Path(folder) / "events.db", events), Seals(Path(folder)), new_signer("dtv-workflow/bench")
        began = time.perf_counter()
        seals.seal(recorder, signer)
        print(f"sealed {events} events in {time.perf_counter() - began:.2f} s")
        floor, ours = [], []
        for _ in range(5):
            began = time.perf_counter()
            for row in rows_of(recorder):
                hashlib.sha256(row[4]).digest()
            floor.append(time.perf_counter() - began)
            began = time.perf_counter()
            report = verify(recorder, seals, signer.key, [], {"hold_placed.v1"})
            ours.append(time.perf_counter() - began)
            if report.found or report.covered != events:
                raise SystemExit("the log was not found in order")
        least, most = statistics.median(floor), statistics.median(ours)
        print(f"plain SHA-256: {least / events * 1e6:.2f} us an event; verify: {most / events * 1e6:.2f} us an event; "
              f"ratio {least / most:.2f}")  # fmt: skip
        seals.close()
        recorder.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
