"""`dtv doctor`: check the surroundings; each finding with its cure."""

from __future__ import annotations

import platform
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import click

from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.errors import DtvError

SAFE_SQLITE = (3, 51, 3)
"""Earlier versions can corrupt a WAL file that several processes write (fixed in 3.51.3, 2026-03-13)."""


class Finding(NamedTuple):
    check: str
    ok: bool
    found: str
    cure: str = ""


@click.command(cls=Command)
@click.pass_obj
def doctor(settings: Settings) -> int:
    """Check Python, the database library, the store, its keys, permissions and the clock. Exit 7 when something is wrong."""
    findings = [*surroundings(), *the_store(settings)]
    rows = [{"check": f.check, "ok": f.ok, "found": f.found, "cure": "" if f.ok else f.cure} for f in findings]
    show(rows, ["check", "ok", "found", "cure"], settings)
    return 0 if all(finding.ok for finding in findings) else 7


def surroundings() -> Iterator[Finding]:
    """What the machine brings."""
    from dtv_workflow.store.sqlite import sqlite_version

    yield Finding("python", sys.version_info >= (3, 11), platform.python_version(), "use Python 3.11 or newer")
    version = sqlite_version()
    new = tuple(map(int, version.split("."))) >= SAFE_SQLITE
    yield Finding("sqlite", new, version, "install pysqlite3, or use the store from one process at a time")
    try:
        from dtv_workflow.domain.fields import AMSTERDAM

        yield Finding("time zone", True, str(AMSTERDAM))
    except Exception:  # pragma: no cover - tzdata is a dependency
        yield Finding("time zone", False, "Europe/Amsterdam is unknown", "install tzdata")


def the_store(settings: Settings) -> Iterator[Finding]:
    """What the store's directory shows."""
    path = Path(settings.path)
    try:
        with settings.register() as register:
            seen = register.status()
            settings_read = register.store.recorder.durability()
    except DtvError as error:
        yield Finding("store", False, str(error), "dtv store init, or --store DIR")
        return
    yield Finding("store", True, f"{seen['events']} events, {'training' if seen['training'] else 'live'}")
    yield Finding("durability", settings_read == "wal, full", settings_read, "use the store through dtv only")
    for name, most in ((".", 0o700), ("events.db", 0o600), ("keys.db", 0o600)):
        mode = stat.S_IMODE((path / name).stat().st_mode)
        yield Finding(f"mode of {name}", mode & ~most == 0, oct(mode), f"chmod {most:o} {name}")
    last = seen["last_recorded_at"]
    ahead = bool(last) and datetime.fromisoformat(str(last)) > datetime.now(UTC) and not seen["training"]
    yield _proof(path, int(str(seen["events"])))
    yield Finding("clock", not ahead, str(last or "empty"), "the log is ahead of this clock: set the clock right before going on")


def _proof(path: Path, events: int) -> Finding:
    """How far the newest checkpoint goes: nothing shows a change of what came after it, and nothing at all without one."""
    from dtv_workflow.proof.check import Unreadable, read_checkpoint, read_note
    from dtv_workflow.store.sealing import Seals

    seals = Seals(path)
    try:
        newest = seals.newest() if seals.exists() else None
        size = read_checkpoint(read_note(newest.encode())).size if newest else 0
    except Unreadable:
        return Finding("checkpoint", False, "the newest one cannot be read", "dtv audit verify")
    finally:
        seals.close()
    more = "" if size else ": dtv audit checkpoint -o FILE, kept elsewhere"
    return Finding("checkpoint", True, f"{size} of {events} events are under a signed one{more}")
