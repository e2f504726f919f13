"""The outbox killed with SIGKILL a hundred times, wherever it was: nothing is lost, nothing is out of order, all is on record."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid5

import pytest

from dtv_workflow.application import Register, open_register
from dtv_workflow.domain.chapters.records import DisclosureLogged
from dtv_workflow.processes.disclosable import NEVER, TELLING
from tests.processes.listening import Http, http
from tests.processes.outgoing import AGREEMENT, IND, configured, lived, to_directory, training
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, TO_FORCED

HOUSE = Path(__file__).resolve().parents[2]
KILLS = 100
SINKS = ("dir", "web")


@contextmanager
def pusher(store: Path, fault: str = "") -> Iterator[subprocess.Popen[str]]:
    """The process that pushes and is killed."""
    command = [sys.executable, "-m", "tests.processes.pusher", str(store), fault]
    paths = {"PYTHONPATH": f"{HOUSE / 'src'}:{HOUSE}", "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(command, env=paths, cwd=HOUSE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(60)


def killed_after(process: subprocess.Popen[str], seconds: float, sink: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{seconds} {sink}\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


class Told:
    """What a store says should have been sent: read from its tables, and not by the outbox."""

    def __init__(self, register: Register) -> None:
        stored = register.store.recorder.select_notifications(1, 100_000)
        events = [e for e in stored if str(e.originator_id).startswith("case/") and e.topic not in NEVER | TELLING]
        store = UUID(hex=register.store.store_id)
        digests = [sha256(e.state).hexdigest()[:32] for e in events]
        places = [f"{e.originator_id}/{e.originator_version}" for e in events]
        self.ids = [str(uuid5(store, f"{place}/{digest}")) for place, digest in zip(places, digests, strict=True)]
        self.files = [f"{e.id:020}-{id}.json" for e, id in zip(events, self.ids, strict=True)]
        self.place = {id: (str(e.originator_id), e.originator_version) for e, id in zip(events, self.ids, strict=True)}

    def logged(self, register: Register) -> set[str]:
        """The ids of the events of which a disclosure to anybody is on record."""
        found = set()
        for notification in register.store.recorder.select_notifications(1, 100_000, topics=[DisclosureLogged.TOPIC]):
            event = register.mapper.to_domain_event(notification).event
            assert isinstance(event, DisclosureLogged)
            versions = {int(match[1]) for item in event.items if (match := re.search(r", event (\d+): ", item))}
            found |= {id for id, place in self.place.items() if place[0] == notification.originator_id and place[1] in versions}
        return found


def wrong(told: Told, folder: Path, server: Http, logged: set[str], *, whole: bool) -> list[str]:
    """What went wrong so far, in words. Until it is `whole`, what was delivered must be how all of it begins."""
    files = sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
    first = list(dict.fromkeys(json.loads(request.body)["id"] for request in server.requests))
    found = []
    if files != told.files[: len(files)]:
        found.append("the directory has a gap")
    if first != told.ids[: len(first)]:
        found.append("the server got events out of order, or not all")
    if not set(first) | {name[21:-5] for name in files} <= logged:
        found.append("something was sent that is not on record")
    if whole and (len(files), len(first)) != (len(told.files), len(told.ids)):
        found.append("something was lost")
    return found


def more(register: Register, copies: int) -> Told:
    """More cases in the store, and what should have been sent then."""
    for life in (TO_BOOKED, TO_CLOSED, TO_DETAINED, TO_FORCED) * copies:
        lived(register, *life)
    return Told(register)


def run(tmp_path: Path, seed: int, kills: int, fault: str = "", copies: int = 5) -> tuple[list[str], int, int]:
    """Kill a pusher so often, let it finish, and say what went wrong, how many kills met it at work, and how far both sinks had
    come by then."""
    moments = random.Random(seed)
    with training(tmp_path) as register:
        told = more(register, copies)
    found: list[str] = []
    struck = 0
    with http() as server, open_register(tmp_path / "store") as register:
        text = f'[sink.web]\npartner = "ind"\nto = "http"\nurl = "{server.url}"\nevents = "*"\n{AGREEMENT.format("web")}'
        named = 'fields.subject_registered = ["name"]\n'
        configured(tmp_path / "store", IND + to_directory(tmp_path, "dir", "ind", more=AGREEMENT.format("dir") + named) + text)
        with pusher(tmp_path / "store", fault) as process:
            for kill in range(kills):
                if killed_after(process, moments.uniform(0.005, 0.3), SINKS[kill % 2]) == "killed":
                    struck += 1
                else:  # it had done: more work, so that the next kill meets it at work again
                    told = more(register, 2)
                found += wrong(told, tmp_path / "to-dir", server, told.logged(register), whole=False)
            reached = len(server.requests), len(list((tmp_path / "to-dir").iterdir()))
            assert [killed_after(process, 60, sink) for sink in SINKS] == ["exit 0", "exit 0"]
            found += wrong(told, tmp_path / "to-dir", server, told.logged(register), whole=True)
    return sorted(set(found)), struck, min(reached)


@pytest.mark.slow
def test_killed_a_hundred_times_it_loses_nothing_and_keeps_the_order(tmp_path):
    found, struck, reached = run(tmp_path, 20260105, KILLS)
    assert found == []
    assert struck >= KILLS // 3
    assert reached > 0


FAULTS = {
    "position before delivery": "something was lost",
    "another order": "the server got events out of order, or not all",
    "no disclosure": "something was sent that is not on record",
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault, tmp_path):
    found, _, _ = run(tmp_path, 7, 20, fault, copies=2)
    assert FAULTS[fault] in found
