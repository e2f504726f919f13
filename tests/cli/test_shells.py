"""Two shells at once, and a reader that goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from dtv_workflow.application import open_register
from tests.cli.conftest import SOURCE, shell


def test_two_shells_on_one_case_lose_nothing(dtv):
    case, before = dtv.case, dtv.head
    steps = [("record", "express-wish-to-leave", case, "--reported-by", "person"),
             ("do", "record-cooperation", case, "--level", "cooperates")] * 4  # fmt: skip
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda step: shell(*step, store=dtv.store), steps))
    assert [(d.returncode, d.stderr) for d in done] == [(0, b"")] * len(steps)
    with open_register(dtv.store) as register:
        history = register.history(case)
    assert [record.version for record in history] == list(range(1, len(history) + 1))
    assert dtv.head == before + len(steps)
    assert sorted(r.name for r in history[-len(steps):]) == ["CooperationObserved"] * 4 + ["WishToLeaveExpressed"] * 4


def test_a_reader_that_goes_away_is_no_error(dtv):
    command = f'"{sys.executable}" -c "from dtv_workflow.cli.main import main; main()" workflow table --format json | head -c 10'
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, env=env, timeout=60, check=False)
    assert b"Traceback" not in done.stderr
    assert done.stderr == b""


def test_data_goes_to_stdout_and_talk_to_stderr(dtv):
    done = shell("do", "hand-over", dtv.case, "--attempt", "R2", "--form", "f", "--monitor-notified", store=dtv.store)
    assert done.returncode == 3
    assert done.stdout == b""
    assert done.stderr
    assert shell("case", "list", store=dtv.store).stdout.startswith(b"case\t")
