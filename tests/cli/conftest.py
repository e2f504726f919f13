"""A training store with one case in the forced track, made once and copied for every test that asks for it."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dtv_workflow.application import create_register, open_register
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.cli import settings
from dtv_workflow.cli.main import run
from dtv_workflow.domain.access import Viewed

SOURCE = Path(__file__).resolve().parents[2] / "src"
SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "G07.jsonl"


class Told(NamedTuple):
    """What a command gave back."""

    exit: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Dtv:
    """`dtv` in this process, on one store."""

    def __init__(self, store: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.store, self.capsys = store, capsys

    def __call__(self, *args: str) -> Told:
        settings._last.clear()
        self.capsys.readouterr()
        status = run(["--store", str(self.store), *args])
        told = self.capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Told(status, told.out, told.err)

    @property
    def head(self) -> int:
        """How many events the log holds besides those that tell who looked."""
        with open_register(self.store) as register:
            stored = register.store.recorder.select_notifications(1, 100_000)
            return sum(event.topic != Viewed.TOPIC for event in stored)

    @property
    def case(self) -> str:
        """The id of the only case."""
        with open_register(self.store) as register:
            return register.store.recorder.stream_ids("case/", "")[0].removeprefix("case/")


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DTV_STORE", "DTV_LANG", "NO_COLOR", "LC_MESSAGES", "LANG", "DTV_DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """G07 up to the second booking: forced departure, one attempt cancelled, one live."""
    path = tmp_path_factory.mktemp("cli") / "store"
    with create_register(path, training=True, actor="script") as register, SCENARIO.open("rb") as lines:
        for line in Script(register).run(list(read_lines(lines))[:21]):
            assert line.unmet is None
    return path


@pytest.fixture
def dtv(_made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Dtv:
    """`dtv` on a copy of the training store."""
    shutil.copytree(_made, tmp_path / "store")
    return Dtv(tmp_path / "store", capsys)


@pytest.fixture
def live(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Dtv:
    """`dtv` on a fresh store that is not for training; this account is `anna`, its first team leader."""
    monkeypatch.setenv("LOGNAME", "anna")
    dtv = Dtv(tmp_path / "live", capsys)
    assert dtv("store", "init").exit == 0
    return dtv


def without_roots_rights() -> None:
    """Before a child begins: let file modes hold for root as they do for everybody (drop CAP_DAC_OVERRIDE and _READ_SEARCH)."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)


def shell(
    *args: str, store: Path | None = None, stdin: bytes = b"", cwd: Path | None = None, as_anyone: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """`dtv` in a process of its own, not on a terminal."""
    first = without_roots_rights if as_anyone and os.geteuid() == 0 else None
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "LOGNAME": "anna"}
    where = ["--store", str(store)] if store else []
    command = [sys.executable, "-c", "from dtv_workflow.cli.main import main; main()", *where, *args]
    return subprocess.run(
        command, input=stdin, capture_output=True, env=surroundings, cwd=cwd, preexec_fn=first, timeout=120, check=False
    )
