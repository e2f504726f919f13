"""A process that seals and is killed: `python -m tests.store.sealer STORE [FAULT]`.

For each number of seconds it reads, it forks a child that seals all there is, kills it then with SIGKILL, and prints whether
it was killed or had done.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from dtv_workflow.proof.note import read_signer
from dtv_workflow.store import sealing
from dtv_workflow.store.sealing import KEY_FILE, Seals
from dtv_workflow.store.sqlite import EventRecorder


def main(folder: Path, fault: str) -> None:
    """Fork, wait, kill; as often as asked. With the fault every page of leaves is a transaction of its own."""
    sealing.PAGE = 20
    signer = read_signer((folder / KEY_FILE).read_text())
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            seals = Seals(folder)
            if fault:
                _commit_early(seals)
            seals.seal(EventRecorder(folder / "events.db"), signer)
            os._exit(0)
        if not fault:
            time.sleep(float(line))
            os.kill(pid, signal.SIGKILL)  # one that is done waits for us: no other process has its number
        _, status = os.waitpid(pid, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else "done\n")
        sys.stdout.flush()


def _commit_early(seals: Seals) -> None:
    """Each page on its own, and killed by itself after the third."""
    seals.path.touch()
    connection, pages = seals.connections.get(), iter(range(3))

    class Early:
        def __enter__(self) -> Any:
            connection.execute("BEGIN IMMEDIATE")
            return self

        def __exit__(self, *_: object) -> None:
            connection.execute("COMMIT")

        def execute(self, *args: Any) -> Any:
            return connection.execute(*args)

        def executemany(self, *args: Any) -> None:
            connection.executemany(*args)
            connection.execute("COMMIT")
            connection.execute("BEGIN IMMEDIATE")
            if next(pages, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)

    seals.connections.writing = Early  # type: ignore[method-assign,assignment]


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
