"""The spool: files received in the order of their names, moved after their commit; nothing lost, doubled or deleted."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dtv_workflow.application import Register
from dtv_workflow.errors import StoreBusy
from dtv_workflow.processes import inbox, spool
from dtv_workflow.processes.inbox import Status, parked
from dtv_workflow.processes.spool import spool_of, take_in, waiting
from dtv_workflow.processes.understanding import messages_in
from tests.processes.incoming import KMAR_SOURCE, MISSED, PARTNERS, fact, message, opened
from tests.properties.lived import TO_MOTIVATION


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[Register, str]]:
    register, (case,) = opened(tmp_path / "store", TO_MOTIVATION)
    with register:
        yield register, case


def put(register: Register, name: str, raw: bytes) -> Path:
    path = spool_of(register) / "new" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def places(register: Register) -> dict[str, list[str]]:
    found = spool_of(register)
    return {place: sorted(path.name for path in (found / place).iterdir()) for place in ("new", "done", "unread", "failed")}


def taken(register: Register, **options: Any) -> list[str]:
    return [received.status.value for received in take_in(register, PARTNERS, spool_of(register), **options)]


def test_files_are_received_in_the_order_of_their_names_and_moved_to_where_they_can_be_found(store):
    register, case = store
    put(register, "03.json", message(case, "3", {"type": "x", "data": 1}))
    put(register, "01.json", message(case, "1", MISSED))
    put(register, "02.json", message(None, "2", MISSED))
    put(register, "04.json", b"")
    assert taken(register) == ["recorded", "parked", "unread", "rejected"]
    assert places(register) == {"new": [], "done": ["01.json"], "unread": ["02.json", "03.json"], "failed": ["04.json"]}
    assert taken(register) == []


def test_a_file_that_is_being_written_is_left_and_so_is_what_is_no_file(store, tmp_path):
    register, case = store
    whole = put(register, "1.json", message(case, "1", MISSED))
    for name in (".2.json", "tmp3.json", ".nfs0001"):
        put(register, name, message(case, name, MISSED)[:50])
    (whole.parent / "folder").mkdir()
    os.mkfifo(whole.parent / "pipe")
    (whole.parent / "link").symlink_to(tmp_path / "elsewhere")
    assert waiting(spool_of(register)) == [whole]
    assert taken(register) == ["recorded"]
    assert len(places(register)["new"]) == 6


def test_only_so_many_files_are_taken_as_asked_and_an_empty_or_absent_spool_gives_nothing(store):
    register, case = store
    assert taken(register) == []
    for id in ("1", "2", "3"):
        put(register, id, message(case, id, fact("record_report_missed", f"2026-01-1{id}T10:00:00Z", count=1)))
    assert taken(register, limit=2) == ["recorded", "recorded"]
    assert places(register)["new"] == ["3"]


def test_a_kill_between_the_commit_and_the_move_receives_the_file_again_and_adds_nothing(store, monkeypatch):
    register, case = store
    put(register, "1", message(case, "1", MISSED))
    with monkeypatch.context() as killed:
        killed.setattr(spool, "_move", _killed)
        with pytest.raises(KeyboardInterrupt):
            take_in(register, PARTNERS, spool_of(register))
    head = register.store.recorder.max_notification_id()
    (again,) = take_in(register, PARTNERS, spool_of(register))
    assert (again.status, again.repeated) == (Status.RECORDED, True)
    assert register.store.recorder.max_notification_id() == head
    assert places(register)["done"] == ["1"]


def _killed(*_: Any) -> None:
    raise KeyboardInterrupt


def test_a_file_of_which_a_message_fails_is_kept_to_be_taken_in_again_and_the_others_go_on(store, monkeypatch):
    register, case = store
    put(register, "1", message(case, "1", MISSED, KMAR_SOURCE))
    put(register, "2", message(case, "2", MISSED))
    once = inbox._once

    def busy(*asked: Any) -> Any:
        if asked[3].actor == "KMAR":
            raise StoreBusy("the store is busy")
        return once(*asked)

    with monkeypatch.context() as stopped:
        stopped.setattr(inbox, "_once", busy)
        received = take_in(register, PARTNERS, spool_of(register))
    assert [(each.status.value, each.exit) for each in received] == [("failed", 11), ("recorded", 0)]
    assert places(register) == {"new": ["1"], "done": ["2"], "unread": [], "failed": []}
    assert taken(register) == ["recorded"]


def test_a_file_of_the_same_name_is_never_written_over(store):
    register, case = store
    for count in (1, 2, 3):
        put(register, "1", message(case, str(count), fact("record_report_missed", f"2026-01-1{count}T10:00:00Z", count=1)))
        assert taken(register) == ["recorded"]
    assert places(register)["done"] == ["1", "1.2", "1.3"]
    assert len({path.read_bytes() for path in (spool_of(register) / "done").iterdir()}) == 3


def test_a_file_another_process_took_is_no_failure(store, monkeypatch):
    register, case = store
    path = put(register, "1", message(case, "1", MISSED))
    monkeypatch.setattr(spool, "waiting", lambda _: [path])
    assert taken(register) == ["recorded"]
    assert taken(register) == []


def test_a_batch_and_json_lines_are_received_message_by_message_and_what_is_malformed_stops_nothing(store):
    register, case = store
    one, bad, two = message(case, "1", MISSED), b'{"no": "event"}', message(case, "2", MISSED, KMAR_SOURCE)
    put(register, "1.json", b"[" + b",\n".join([one, bad, two]) + b"]")
    put(register, "2.jsonl", b"\r\n".join([one, b"", b"nonsense", message(case, "3", fact("record_court_notified",
        "2026-01-15T10:00:00Z", notified_at="2026-01-15T10:00:00Z"))]))  # fmt: skip
    assert taken(register) == ["recorded", "parked", "recorded", "recorded", "parked", "recorded"]
    assert places(register)["unread"] == ["1.json", "2.jsonl"]
    assert len(parked(register)) == 2


ONE = b'{"id": "1", "data": {"a": [1, "]"]}}'


@pytest.mark.parametrize(("raw", "found"), [
    (ONE, [ONE]),
    (b"\xef\xbb\xbf  " + ONE + b"\n", [ONE]),
    (json.dumps(json.loads(ONE), indent=2).encode(), [json.dumps(json.loads(ONE), indent=2).encode()]),
    (ONE + b"\n" + ONE + b"\n", [ONE, ONE]),
    (ONE + b"\n{broken\n", [ONE, b"{broken"]),
    (b"[" + ONE + b" , " + ONE + b"]", [ONE, ONE]),
    (b"[" + ONE + b", {cut", [ONE, b"{cut"]),
    (b"[" + ONE + b"] and more", [ONE, b"and more"]),
    (b"[" + ONE + b", \xff\xfe]", [ONE, b"\xff\xfe]"]),
    (b"[]", []),
    (b"[", [b"["]),
    (b"[" * 100_000, [b"[" * 99_999]),
    (b"a fax\nof two lines", [b"a fax\nof two lines"]),
    (b"{\n  \"id\": cut\n", [b"{\n  \"id\": cut"]),
    (b" \n ", [b" \n "]),
    (b"", [b""]),
], ids=[
    "one", "bom", "pretty", "lines", "broken line", "batch", "cut batch", "more", "bytes", "empty batch", "bracket", "deep",
    "text", "pretty and broken", "blank", "empty",
])  # fmt: skip
def test_every_part_of_a_file_is_a_message(raw, found):
    assert messages_in(raw) == found


def test_a_file_that_is_far_too_large_is_one_message_that_is_too_large(store, monkeypatch):
    register, case = store
    monkeypatch.setattr(spool, "LARGEST_FILE", 100_000)
    put(register, "1", b"[" + message(case, "1", MISSED) + b"," + b" " * 100_000)
    (received,) = take_in(register, PARTNERS, spool_of(register))
    assert (received.status, received.why, received.case) == (Status.UNREAD, ("too_large",), case)
