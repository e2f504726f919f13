"""`dtv work` for one supervisor with two hundred cases, in a store of a thousand cases and in one of a hundred thousand.

The promise is that the answer costs what is asked for and not what is stored: the floor is the same command, as a whole process,
on the small store, in the same run. Medians in ms, and their ratio. The views are caught up first, as any reader does; what that
costs is printed beside it. The cases are appended in bulk, five events each, by the register's own mapper; none holds a name.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from dtv_workflow.answers import new_id, stream_of
from dtv_workflow.application import Register, create_register
from dtv_workflow.domain.chapters.guidance import CooperationObserved
from dtv_workflow.domain.chapters.intake import CaseOpened, RemovabilityChecked, ReturnDecisionRecorded, SupervisorAssigned
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Cooperation,
    DecisionKind,
    EntryChannel,
    HandoverAuthority,
    Regime,
    RemovabilityAnswer,
    Role,
)
from dtv_workflow.projections.catalogue import views_of

SIZES, OWN, RUNS = (1_000, 100_000), 200, 9
BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def events_of(supervisor: str) -> list[Event]:
    """One case: opened, assigned, decided on, asked about."""
    return [
        CaseOpened(
            handover_authority=HandoverAuthority.IND, entry_channel=EntryChannel.BVV, regime=Regime.RETURN_DIRECTIVE,
            age_band=AgeBand.FROM_18_TO_34,
        ),
        SupervisorAssigned(supervisor=supervisor, special=False),
        ReturnDecisionRecorded(
            kind=DecisionKind.RETURN, decided_on=date(2026, 1, 5), served_on=date(2026, 1, 5), language="ar", term_days=28,
            term_reasoned=False,
        ),
        RemovabilityChecked(answer=RemovabilityAnswer.REMOVABLE, checked_at=BEGIN),
        CooperationObserved(level=Cooperation.COOPERATES),
    ]  # fmt: skip


def fill(register: Register, cases: int) -> None:
    """So many cases, of which the first two hundred in equal steps are of one supervisor."""
    batch: list[Record] = []
    for n in range(cases):
        own = n % (cases // OWN) == 0
        stream, at = stream_of(new_id()), BEGIN + timedelta(minutes=n % 500_000)
        for version, event in enumerate(events_of("RV-07" if own else f"RV-{100 + n % 400}"), 1):
            batch.append(
                Record(
                    originator_id=stream, originator_version=version, occurred_at=at, recorded_at=at, actor="ILC",
                    role=Role.INTAKE_OFFICER, step="open_case", request_id=f"{n}", event=event, subject=f"s-{n}", training=True,
                )
            )  # fmt: skip
        if len(batch) >= 500:
            register.events.put(batch)
            batch = []
    if batch:
        register.events.put(batch)


def timed(store: Path) -> float:
    """One whole process of `dtv work`, in ms."""
    command = [sys.executable, "-m", "dtv_workflow", "--store", str(store), "--format", "json", "work", "--supervisor", "RV-07"]
    started = time.perf_counter()
    found = subprocess.run(command, capture_output=True, check=True, env=os.environ | {"DTV_LANG": "en"})
    assert found.stdout.count(b'"case"') == 25
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        stores = {size: Path(folder) / str(size) for size in SIZES}
        for size, path in stores.items():
            with create_register(path, training=True, actor="TL") as register:
                fill(register, size)
                started = time.perf_counter()
                views_of(register.store).catch_up()
                took = time.perf_counter() - started
                print(f"{f'views of {size} cases':32} {took:9.1f} s to build, {size * 5 / took:,.0f} events/s", flush=True)
        times: dict[int, list[float]] = {size: [] for size in SIZES}
        for size in (*SIZES, *(s for _ in range(RUNS) for s in SIZES)):
            times[size].append(timed(stores[size]))
        medians = {size: statistics.median(each[1:]) for size, each in times.items()}
        for size, each in times.items():
            print(f"{f'dtv work, {OWN} of {size} cases':32} {medians[size]:9.0f} ms median, {min(each):.0f} to {max(each):.0f}")
        print(f"{'ratio to the small store':32} {medians[SIZES[1]] / medians[SIZES[0]]:9.2f}")


if __name__ == "__main__":
    main()
