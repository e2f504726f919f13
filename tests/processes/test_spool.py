"""The spool: files received in the order of their names, gone once the log has them; nothing lost, doubled or left to read."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dtv_workflow.application import Register
from dtv_workflow.errors import StoreBusy
from dtv_workflow.processes import inbox, spool
from dtv_workflow.processes.cloudevents import LARGEST
from dtv_workflow.processes.inbox import Status, parked
from dtv_workflow.processes.spool import spool_of, take_in, waiting
from dtv_workflow.processes.understanding import messages_in
from dtv_workflow.store.files import write_whole
from tests.processes.incoming import APPEAL, KMAR_SOURCE, MISSED, PARTNERS, fact, message, opened
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


def answers(receipt: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in receipt.read_text().splitlines()]


def test_files_are_received_in_the_order_of_their_names_and_what_came_of_each_can_be_found(store):
    register, case = store
    put(register, "03.json", message(case, "3", {"type": "x", "data": 1}))
    put(register, "01.json", message(case, "1", MISSED))
    put(register, "02.json", message(None, "2", MISSED))
    put(register, "04.json", b"")
    assert taken(register) == ["recorded", "parked", "unread", "rejected"]
    assert places(register) == {"new": [], "done": ["01.json.json"], "unread": ["02.json.json", "03.json.json"],
                                "failed": ["04.json"]}  # fmt: skip
    assert taken(register) == []


# ------------------------------------------------------------------ what stays behind of a message


def test_once_the_log_has_a_message_no_file_says_what_it_said(store):
    register, case = store
    secret = "Samira-Testpersoon"
    put(register, "1", message(case, secret, MISSED))
    put(register, "2", message(case, "2", {"type": "x", "data": secret}))
    put(register, "3", message(None, "3", APPEAL, about=secret))
    put(register, "4", b"[" + message(case, "4", MISSED) + b"," + message(case, "5", {"type": secret}) + b", {" + secret.encode())
    assert taken(register) == ["recorded", "unread", "parked", "flagged", "unread", "parked"]
    left = [path for path in spool_of(register).rglob("*") if path.is_file()]
    assert sorted(path.name for path in left) == ["1.json", "2.json", "3.json", "4.json"]
    assert not any(secret in path.read_text() for path in left)


def test_a_receipt_has_what_import_answers_to_each_message_of_the_file_in_order(store):
    register, case = store
    put(register, "1", b"\n".join([message(case, "1", MISSED), message(None, "2", MISSED), message(case, "3", {"type": "x"})]))
    received = take_in(register, PARTNERS, spool_of(register))
    assert answers(spool_of(register) / "unread" / "1.json") == json.loads(json.dumps([inbox.told(each) for each in received]))
    assert [each["status"] for each in map(inbox.told, received)] == ["recorded", "parked", "unread"]


def test_a_message_received_before_leaves_a_receipt_too(store):
    register, case = store
    inbox.receive(register, PARTNERS, message(case, "1", MISSED))
    put(register, "1", message(case, "1", MISSED))
    assert taken(register) == ["recorded"]
    (answer,) = answers(spool_of(register) / "done" / "1.json")
    assert answer["repeated"] is True


def test_only_the_account_that_receives_can_read_what_the_inbox_writes(store):
    register, case = store
    outer = os.umask(0)
    try:
        assert taken(register) == []
        put(register, "1", message(case, "1", MISSED))
        put(register, "2", message(None, "2", MISSED))
        put(register, "3", message(case, "3", APPEAL)[:-9] + b"x" * LARGEST)
        taken(register)
    finally:
        os.umask(outer)
    modes = {path.name: path.stat().st_mode & 0o777 for path in [spool_of(register), *spool_of(register).rglob("*")]}
    assert modes == {"spool": 0o700, "new": 0o700, "done": 0o700, "unread": 0o700, "failed": 0o700,
                     "1.json": 0o600, "2.json": 0o600, "3": 0o600, "3.json": 0o600}  # fmt: skip


@pytest.mark.parametrize("raw", [b" " * (LARGEST + 1), b"\xff" * LARGEST], ids=["too large", "bytes"])
def test_a_message_of_which_the_log_keeps_only_the_beginning_is_not_deleted(store, raw):
    register, case = store
    whole = message(case, "1", APPEAL)[:-9] + raw + b"the end of it"
    put(register, "1", whole)
    assert taken(register) == ["unread"]
    assert places(register) == {"new": [], "done": [], "unread": ["1", "1.json"], "failed": []}
    assert (spool_of(register) / "unread" / "1").read_bytes() == whole


def test_a_file_of_the_longest_name_is_received_and_stops_nothing(store):
    register, case = store
    put(register, "1" * 255, message(case, "1", MISSED))
    put(register, "1" * 254 + "2", b"")
    put(register, "2", message(case, "2", MISSED, KMAR_SOURCE))
    assert taken(register) == ["recorded", "rejected", "recorded"]
    assert [len(names) for names in places(register).values()] == [0, 2, 0, 1]


# ------------------------------------------------------------------ what is taken


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
    assert not whole.exists()


def test_only_so_many_files_are_taken_as_asked_and_an_empty_or_absent_spool_gives_nothing(store):
    register, case = store
    assert taken(register) == []
    for id in ("1", "2", "3"):
        put(register, id, message(case, id, fact("record_report_missed", f"2026-01-1{id}T10:00:00Z", count=1)))
    assert taken(register, limit=2) == ["recorded", "recorded"]
    assert places(register)["new"] == ["3"]


KILLS = {
    "after the commit": (spool, "receive_all", True, 1),
    "before the receipt": (spool, "write_whole", False, 1),
    "after the receipt": (spool, "write_whole", True, 1),
    "before the deletion": (Path, "unlink", False, 2),
}
"""Where it is killed, whether that is done first, and how many receipts there are in the end."""


@pytest.mark.parametrize("kill", KILLS)
def test_a_kill_between_the_commit_the_receipt_and_the_deletion_receives_the_file_again_and_loses_nothing(
    store, monkeypatch, kill
):
    register, case = store
    owner, name, done, receipts = KILLS[kill]
    working = getattr(owner, name)

    def killing(*asked: Any, **options: Any) -> None:
        if done:
            working(*asked, **options)
        raise KeyboardInterrupt

    put(register, "1", message(case, "1", MISSED))
    with monkeypatch.context() as killed:
        killed.setattr(owner, name, killing)
        with pytest.raises(KeyboardInterrupt):
            take_in(register, PARTNERS, spool_of(register))
    assert len(places(register)["new"]) == 1
    head = register.store.recorder.max_notification_id()
    (again,) = take_in(register, PARTNERS, spool_of(register))
    assert (again.status, again.repeated) == (Status.RECORDED, True)
    assert register.store.recorder.max_notification_id() == head
    assert (places(register)["new"], len(places(register)["done"])) == ([], receipts)


@pytest.mark.parametrize("other", [True, False], ids=["another", "more of it"])
def test_what_is_put_in_the_place_of_a_file_while_that_is_received_is_received_next(store, monkeypatch, other):
    register, case = store
    path = put(register, "1", message(case, "1", MISSED)[:-5])

    def meanwhile(*asked: Any) -> Any:
        received = inbox.receive_all(*asked)
        beside = path.with_name("tmp1")
        beside.write_bytes(message(case, "1", MISSED))
        if other:
            beside.rename(path)
        else:
            path.write_bytes(beside.read_bytes())
            beside.unlink()
        return received

    with monkeypatch.context() as writing:
        writing.setattr(spool, "receive_all", meanwhile)
        assert taken(register) == ["unread"]
    assert taken(register) == ["recorded"]
    assert places(register)["new"] == []


def test_a_receipt_that_cannot_be_written_leaves_its_file_and_the_others_go_on(store, monkeypatch):
    register, case = store
    put(register, "1", message(case, "1", MISSED))
    put(register, "2", message(case, "2", MISSED, KMAR_SOURCE))

    def full(path: Path, content: bytes) -> None:
        if path.name == "1.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_whole(path, content)

    with monkeypatch.context() as writing:
        writing.setattr(spool, "write_whole", full)
        assert taken(register) == ["recorded", "failed", "recorded"]
    assert places(register) == {"new": ["1"], "done": ["2.json"], "unread": [], "failed": []}
    assert taken(register) == ["recorded"]


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
    assert places(register) == {"new": ["1"], "done": ["2.json"], "unread": [], "failed": []}
    assert taken(register) == ["recorded"]


def test_a_receipt_of_the_same_name_is_never_written_over(store):
    register, case = store
    for count in (1, 2, 3):
        put(register, "1", message(case, str(count), fact("record_report_missed", f"2026-01-1{count}T10:00:00Z", count=1)))
        assert taken(register) == ["recorded"]
    assert places(register)["done"] == ["1.2.json", "1.3.json", "1.json"]
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
    assert places(register)["unread"] == ["1.json.json", "2.jsonl.json"]
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
    assert places(register)["unread"] == ["1", "1.json"]
