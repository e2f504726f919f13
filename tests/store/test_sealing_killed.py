"""Sealing killed with SIGKILL, wherever it was: the next ends with the tree of an undisturbed one, and all verifies."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from eventsourcing.persistence import StoredEvent

from dtv_workflow.audit.verify import verify
from dtv_workflow.errors import CheckFailed
from dtv_workflow.proof.check import Checkpoint, read_checkpoint, read_note
from dtv_workflow.proof.note import Signer
from dtv_workflow.store.sealing import Seals, signer_of
from dtv_workflow.store.sqlite import EventRecorder

HOUSE = Path(__file__).resolve().parents[2]
KILLS, EVENTS, STORE = 30, 500, "0123"


def grow(folder: Path, start: int) -> None:
    recorder = EventRecorder(folder / "events.db")
    versions = range(start + 1, start + EVENTS + 1)
    recorder.insert_events([StoredEvent("case/A", version, "hold_placed.v1", b"%d" % version) for version in versions])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events.db").touch()
    EventRecorder(tmp_path / "events.db").create_table()
    grow(tmp_path, 0)
    signer_of(tmp_path, STORE)
    return tmp_path


def killed(folder: Path, fault: str = "", kills: int = KILLS) -> int:
    """How often it was killed at work."""
    seconds = random.Random(7)
    asked = "".join(f"{seconds.uniform(0, 0.03):.4f}\n" for _ in range(kills))
    paths = {"PYTHONPATH": f"{HOUSE / 'src'}:{HOUSE}", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "tests.store.sealer", str(folder), fault]
    said = subprocess.run(command, env=paths, cwd=HOUSE, input=asked, capture_output=True, text=True, timeout=120, check=True)
    return said.stdout.count("killed")


def sealed(folder: Path, signer: Signer) -> Checkpoint:
    seals = Seals(folder)
    try:
        return seals.seal(EventRecorder(folder / "events.db"), signer).checkpoint
    finally:
        seals.close()


def undisturbed(folder: Path, elsewhere: Path, signer: Signer) -> Checkpoint:
    """What sealing the same log makes where nobody killed anything."""
    elsewhere.mkdir()
    seals = Seals(elsewhere)
    try:
        return seals.seal(EventRecorder(folder / "events.db"), signer).checkpoint
    finally:
        seals.close()


def test_a_killed_sealing_leaves_nothing_half_and_the_next_goes_on(folder, tmp_path):
    signer = signer_of(folder, STORE)
    times = 0
    for round_ in range(3):
        times += killed(folder, kills=KILLS // 3)
        assert sealed(folder, signer) == undisturbed(folder, tmp_path / f"twin{round_}", signer)
        grow(folder, EVENTS * (round_ + 1))
    sealed(folder, signer)
    seals = Seals(folder)
    report = verify(EventRecorder(folder / "events.db"), seals, signer.key, [], {"hold_placed.v1"})
    sizes = [read_checkpoint(read_note(note.encode())).size for note in seals.notes()]
    seals.close()
    assert (report.found, report.covered) == ((), EVENTS * 4)
    assert sizes == sorted(set(sizes))
    assert times >= 5, "too few were killed at work to have tested anything"


def test_the_control_that_commits_page_by_page_is_found_out(folder):
    assert killed(folder, "early", kills=1) == 1
    with pytest.raises(CheckFailed):
        sealed(folder, signer_of(folder, STORE))
