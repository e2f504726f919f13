"""A durable step on SQLite, against a bare INSERT per commit at the same durability, in the same run.

Measured: load the case, decide with every guard, seal, receipt, append with the request id, commit. The floor is one INSERT
of about the same bytes per commit, WAL and synchronous=FULL, on the same disk, interleaved. Medians in µs, and their ratio.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dtv_workflow.answers import new_id
from dtv_workflow.application import create_register
from dtv_workflow.domain.chapters.guidance import OfferVoluntaryDeparture
from dtv_workflow.domain.chapters.intake import OpenCase, Subject
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import EntryChannel, HandoverAuthority, Role
from dtv_workflow.store.sqlite import SQLITE_MODULE

ROUNDS, STEPS = 5, 60
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder, create_register(Path(folder) / "store", training=True, actor="TL") as register:
        floor = SQLITE_MODULE.connect(str(Path(folder) / "floor.db"), isolation_level=None)
        floor.execute("PRAGMA journal_mode=WAL").fetchall()
        floor.execute("PRAGMA synchronous=FULL")
        floor.execute("CREATE TABLE events (n INTEGER PRIMARY KEY, state BLOB)")
        steps, bare = [], []
        for _ in range(ROUNDS):
            person = Subject(name="Testpersoon Maat", citizenship="XX")
            opening = OpenCase(subject=person, handover_authority=HandoverAuthority.IND, entry_channel=EntryChannel.BVV)
            case = register.take(opening, None, Envelope(actor="ILC", role=Role.INTAKE_OFFICER, at=BEGIN)).case
            offer = OfferVoluntaryDeparture(language="nl", options=("IOM",), copy_given=True)
            for n in range(STEPS):
                asked = Envelope(actor="RV", role=Role.SUPERVISOR, at=BEGIN + timedelta(minutes=n), request_id=new_id())
                started = time.perf_counter()
                register.take(offer, case, asked)
                steps.append(time.perf_counter() - started)
                state = b"x" * 900
                started = time.perf_counter()
                floor.execute("INSERT INTO events (state) VALUES (?)", (state,))
                bare.append(time.perf_counter() - started)
        floor.close()
    step, insert = statistics.median(steps) * 1e6, statistics.median(bare) * 1e6
    print(f"{'durable step':24} {step:9.0f} µs median over {len(steps)}, cases of up to {STEPS} events")
    print(f"{'bare insert, same disk':24} {insert:9.0f} µs")
    print(f"{'ratio to the floor':24} {insert / step:9.2f}")


if __name__ == "__main__":
    main()
