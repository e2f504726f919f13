"""Forgetting is not taken for done before it is, and takes nothing from any life but what was sealed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings

from dtv_workflow import erasure
from dtv_workflow.application import Register, open_register
from dtv_workflow.domain.erasure import SubjectKeyDestroyed
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.register import REGISTER
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.erasure import shred, unfinished
from dtv_workflow.store.seal import FORGOTTEN
from tests.processes.outgoing import lived, training
from tests.properties.lived import OPEN, TO_CLOSED, Issued, any_life, live

LATER = datetime(2037, 6, 1, 9, tzinfo=UTC)
ASKED = Envelope(actor="PO-1", role=Role.PRIVACY_OFFICER, second="TL-02")


def forgotten(register: Register, case: str) -> erasure.Certificate:
    """Forget the person of a case, as if nothing stood in the way."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(erasure, "blockers", lambda *_: iter(()))
        certificate = shred(register, case, "retention_ended", ASKED).certificate
    assert certificate is not None
    return certificate


class Killed(BaseException):
    """As if the power went."""


@pytest.mark.parametrize("nth", [1, 2])
def test_no_case_says_forgotten_before_the_register_knows_of_it(tmp_path, nth, monkeypatch):
    with training(tmp_path) as register:
        case = lived(register, *TO_CLOSED)
    left, whole = [nth], Register.add

    def dies(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return whole(*args, **more)

    with open_register(tmp_path / "store", clock=lambda: LATER) as register, monkeypatch.context() as patched:
        patched.setattr(Register, "add", dies)
        with pytest.raises(Killed):
            forgotten(register, case)
    with open_register(tmp_path / "store", clock=lambda: LATER) as register:
        was = register.case(case)
        assert (was.name, was.forgotten) == ("Samira Testpersoon", 0)
        assert unfinished(register) == ([was.subject] if nth == 2 else [])
        assert forgotten(register, case).keys_left == 0
        now = register.case(case)
        assert (now.name, now.forgotten) == (FORGOTTEN, was.version + 1)
        decided = [r for r in register.history_of(REGISTER) if isinstance(r.event, SubjectKeyDestroyed)]
        assert (len(decided), unfinished(register)) == (1, [])


READS = """
import sys
from dtv_workflow.store.connections import SQLITE_MODULE
connection = SQLITE_MODULE.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
print(connection.execute("SELECT count(*) FROM known_subjects").fetchone(), flush=True)
sys.stdin.read()
"""


@contextmanager
def reading(database: Path) -> Iterator[None]:
    """Another process that reads, and keeps what it saw. In one process SQLite's locks would not show it."""
    asked = [sys.executable, "-c", READS, str(database)]
    with subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdout.readline()
        yield
        reader.stdin.close()


def copies(store: Path, digest: bytes) -> list[str]:
    return [file.name for file in sorted(store.rglob("*")) if file.is_file() and digest in file.read_bytes()]


def test_a_reader_that_keeps_a_copy_of_the_digest_is_told_and_the_next_time_it_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr("dtv_workflow.store.connections.BUSY_SECONDS", 0.2)
    with training(tmp_path) as register:
        step = read_step(OPEN.do, OPEN.fields)
        case = str(register.take(step, None, Envelope(actor="ILC", at=LATER, request_id="one")).case)
        ((digest,),) = register.store.recorder.connections.rows("SELECT digest FROM known_subjects")
        with reading(register.store.path / "events.db"):
            assert forgotten(register, case).troubles
            assert copies(register.store.path, digest)
        assert forgotten(register, case).troubles == ()
        assert copies(register.store.path, digest) == []


@settings(max_examples=25)
@given(any_life())
def test_of_any_life_only_what_was_sealed_is_taken(tmp_path_factory, issued: list[Issued]):
    assume(live(*issued).records)
    with training(tmp_path_factory.mktemp("life")) as register:
        case = lived(register, *issued)
        was, events = plain(register, case), len(register.history(case))
        forgotten(register, case)
        assert differing(was, plain(register, case)) == []
        assert len(register.history(case)) == events + 1


TOLD = {"forgotten", "retention_decided", "version", "topics"}
"""What the erasure itself puts in a case."""


def plain(register: Register, case: str) -> dict[str, Any]:
    told = msgspec.to_builtins(register.case(case), str_keys=True)
    return {name: value for name, value in told.items() if name not in TOLD}


def differing(was: Any, now: Any, at: str = "") -> list[str]:
    """Where two cases differ in more than that a text is erased, or a sealed checklist is empty."""
    if now in (was, FORGOTTEN) or (at == ".screening.answers" and now == {}):
        return []
    if isinstance(was, dict) and isinstance(now, dict) and was.keys() == now.keys():
        return [path for key in was for path in differing(was[key], now[key], f"{at}.{key}")]
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return [path for a, b in zip(was, now, strict=True) for path in differing(a, b, f"{at}[]")]
    return [at]


def test_the_comparison_finds_what_was_taken_beside():
    assert differing({"phase": "closed", "name": "S"}, {"phase": "intake", "name": FORGOTTEN}) == [".phase"]
    assert differing({"holds": [1]}, {"holds": []}) == [".holds"]
