"""A process that pushes and is killed: `python -m tests.processes.pusher STORE [FAULT]`.

It imports everything once. For each line it reads, a number and a sink, it forks a child that pushes to that sink, kills it after
so many seconds with SIGKILL, and prints whether it was killed or had done.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from dtv_workflow.application import open_register
from dtv_workflow.processes import compose, outbox
from dtv_workflow.processes.outbox import Pusher, push
from dtv_workflow.processes.partners import read_partners
from dtv_workflow.processes.stands import Mark


def position_first(pusher: Pusher, to: Any, item: compose.Item, at: Any, deliver: Callable[..., None]) -> None:
    """The fault of faults: what is not delivered yet counts as delivered."""
    pusher.stand = msgspec.structs.replace(pusher.stand, done=Mark(item.message.position, item.message.id))
    pusher._save()
    time.sleep(0.002)  # what may happen in between has time to
    deliver(pusher, to, item, at)


def plant(fault: str) -> None:
    """Make this process do wrong in one way."""
    if fault == "position before delivery":
        right = Pusher._deliver

        def wrong(self: Pusher, to: Any, item: compose.Item, at: Any) -> None:
            position_first(self, to, item, at, right)

        Pusher._deliver = wrong  # type: ignore[method-assign]
    elif fault == "no disclosure":
        Pusher._disclose = lambda *_: None  # type: ignore[method-assign]
    elif fault == "another order":
        page = compose.Composer.item
        outbox.PAGE = 8

        def backwards(self: Pusher, to: Any, limit: int | None) -> bool:
            after = self.stand.done.position
            found = self.register.store.recorder.select_notifications(after, 8, inclusive_of_start=False)
            items = [item for one in found if (item := page(self.composer, one))]
            self._disclose(items, found[-1]) if found else None
            for item in reversed(items):
                self._deliver(to, item, found[-1])
            if found:
                self.stand = msgspec.structs.replace(self.stand, done=self.stands.mark(found[-1]))
                self._save()
            return bool(found)

        Pusher._page = backwards  # type: ignore[method-assign]


def child(store: Path, sink: str) -> None:
    """One push of everything."""
    with open_register(store) as register:
        done = push(register, read_partners(store / "partners.toml"), [sink], sleep=lambda seconds: time.sleep(seconds / 50))
    os._exit(0 if not any(one.error for one in done) else 1)


def main(store: Path, fault: str) -> None:
    """Fork, wait, kill; as often as asked."""
    plant(fault)
    for line in sys.stdin:
        seconds, sink = line.split()
        if (pid := os.fork()) == 0:
            child(store, sink)
        end, ended, status = time.monotonic() + float(seconds), 0, 0
        while not ended and time.monotonic() < end:
            time.sleep(0.002)
            ended, status = os.waitpid(pid, os.WNOHANG)
        if not ended:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
        sys.stdout.write("killed\n" if os.WIFSIGNALED(status) else f"exit {os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
