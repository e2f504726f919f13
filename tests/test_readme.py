"""The README's tour runs: every line of its console blocks, in order, in one shell, in an empty directory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


def tour() -> list[tuple[str, int]]:
    """The commands and the exit status each announces (0 unless it says otherwise)."""
    blocks = re.findall(r"```console\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    lines = [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    parted = [re.fullmatch(r"(.*?)(?:\s+# exit (\d+))?", line) for line in lines]
    return [(found[1], int(found[2] or 0)) for found in parted if found]


def test_the_tour_runs_as_written(tmp_path: Path):
    commands = tour()
    assert len(commands) > 20
    shim = tmp_path / "bin" / "dtv"
    shim.parent.mkdir()
    path = os.pathsep.join(filter(None, sys.path))
    shim.write_text(f'#!/bin/sh\nPYTHONPATH="{path}" exec "{sys.executable}" -m dtv_workflow "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    script = "".join(f"{command}\necho \"@@ $? {wanted}\"\n" for command, wanted in commands)
    environment = {**os.environ, "PATH": f"{shim.parent}:{os.environ['PATH']}"}
    environment.pop("DTV_STORE", None)
    ran = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    ends = [line.split()[1:] for line in ran.stdout.splitlines() if line.startswith("@@")]
    wrong = [(command, was) for (command, _), (was, wanted) in zip(commands, ends, strict=True) if was != wanted]
    assert not wrong, f"{wrong}\n{ran.stderr[-2000:]}"
    assert "Traceback" not in ran.stdout + ran.stderr
