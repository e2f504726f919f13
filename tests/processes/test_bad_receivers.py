"""Receivers and surroundings that go wrong: none of them stops the others, sends what is not on record, or writes elsewhere."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import Any

import pytest

from dtv_workflow.processes.outbox import push
from dtv_workflow.processes.sinks import Undelivered, opened
from dtv_workflow.store.files import write_whole
from tests.processes.outgoing import AGREEMENT, IND, Kept, configured, disclosures, lived, to_directory, training
from tests.processes.test_sinks import NAME, ONE, sink
from tests.properties.lived import TO_BOOKED, TO_CLOSED, ask

KINDS = {
    "headers that never end": b"HTTP/1.1 200 OK\r\nX-One: ",
    "a hundred continues": b"HTTP/1.1 100 Continue\r\n\r\n",
    "a body without end": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n",
}


@contextmanager
def dripping(first: bytes, drop: bytes) -> Any:
    """A receiver that sends a byte now and then, so that no timeout of a socket ever runs out."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        peer, _ = listening.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(first)
            while not over.wait(0.05):
                try:
                    peer.sendall(drop)
                except OSError:
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        over.set()
        thread.join(5)
        listening.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_receiver_that_drips_is_given_up(kind):
    drop = KINDS[kind] if "continue" in kind else b"x"
    with dripping(KINDS[kind], drop) as url, opened(sink("http", url=url)) as to:
        began = time.monotonic()
        with pytest.raises(Undelivered):
            to.deliver(ONE)
        assert time.monotonic() - began < 5


def test_one_sink_that_breaks_in_an_unforeseen_way_stops_no_other(tmp_path):
    with training(tmp_path) as register:
        lived(register, *TO_CLOSED)
        text = IND + to_directory(tmp_path, "one", "ind") + to_directory(tmp_path, "two", "ind")
        partners = configured(tmp_path, text)

        def broken(message: Any) -> Any:
            raise ZeroDivisionError

        sinks = {"one": Kept(broken), "two": Kept()}
        done = push(register, partners, opened=lambda wanted: sinks[wanted.key].opened(wanted))
        assert [(each.sent > 0, each.error) for each in done] == [(False, "stopped (ZeroDivisionError)"), (True, None)]


def test_a_store_whose_outbox_cannot_be_written_says_so_and_goes_on(tmp_path):
    with training(tmp_path) as register:
        lived(register, *TO_CLOSED)
        (register.store.path / "outbox").write_text("a file")
        (done,) = push(register, configured(tmp_path, IND + to_directory(tmp_path, "one", "ind")))
        assert "outbox/one.lock cannot be made" in str(done.error)


def test_after_so_many_seconds_others_have_their_turn_and_the_rest_comes_later(tmp_path):
    with training(tmp_path) as register:
        for _ in range(12):
            lived(register, *TO_CLOSED)
        partners, kept = configured(tmp_path, IND + to_directory(tmp_path, "one", "ind")), Kept()
        (done,) = push(register, partners, opened=kept.opened, seconds=0.0)
        assert (done.error, done.waiting > 0) == (None, True)
        (done,) = push(register, partners, opened=kept.opened)
        assert done.waiting == 0
        assert len({message.id for message in kept.messages}) == len(kept.messages)


def test_what_more_a_sink_is_sent_is_on_record_before_it_goes(tmp_path):
    """A sink that failed is configured to get more: what the first try had put on record was less."""
    with training(tmp_path) as register:
        case = lived(register, *TO_BOOKED)
        partners = configured(tmp_path, IND + to_directory(tmp_path, "one", "ind", '["removal_booked"]'))
        push(register, partners, opened=Kept(lambda m: Undelivered("down")).opened, tries=1)
        kept = Kept()
        push(register, configured(tmp_path, IND + to_directory(tmp_path, "one", "ind")), opened=kept.opened)
        told = {item.partition(":")[0] for event in disclosures(register, case) for item in event.items}
        assert len(told) == len(kept.messages) > 1


def test_another_event_in_the_same_place_has_another_id(tmp_path):
    """A backup was put back, and other things were recorded where the lost ones stood: no receiver may take one for the other."""
    ids = []
    for where, reported in (("a", "iom"), ("b", "dji")):
        folder = tmp_path / where
        folder.mkdir()
        with training(folder) as register:
            lived(register, *TO_BOOKED, ask("express_wish_to_leave", reported_by=reported))
            kept = Kept()
            push(register, configured(folder, IND + to_directory(folder, "one", "ind")), opened=kept.opened)
            ids.append([message.id for message in kept.messages])
    assert set(ids[0]).isdisjoint(ids[1])


def test_a_link_that_somebody_laid_is_not_written_through(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"keep me")
    (tmp_path / f".{NAME}.tmp").symlink_to(victim)
    write_whole(tmp_path / NAME, b"whole", alone=True)
    assert (victim.read_bytes(), (tmp_path / NAME).read_bytes()) == (b"keep me", b"whole")


def test_an_agreement_is_no_reason_to_record_twice_what_was_sent(tmp_path):
    with training(tmp_path) as register:
        case = lived(register, *TO_BOOKED)
        more = AGREEMENT.format("one") + 'fields.removal_booked = ["carrier"]\n'
        partners = configured(tmp_path, IND + to_directory(tmp_path, "one", "ind", more=more))
        for _ in range(3):
            push(register, partners, opened=Kept().opened)
        assert len(disclosures(register, case)) == 1
