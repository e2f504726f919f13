"""Running a piece of Python in processes of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dtv_workflow

SOURCE = str(Path(dtv_workflow.__file__).parents[1])


def start(script: str, *arguments: object, user: int | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": SOURCE, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        user=user,
        cwd="/",
    )


def together(script: str, *arguments: object, count: int = 2) -> list[str]:
    """What each of several processes prints; each prints `ready`, waits for a line and then starts."""
    running = [start(script, *arguments) for _ in range(count)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].strip() for process in running]
