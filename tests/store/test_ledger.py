"""What every recorder must do, whichever database is behind it. No database is named here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from dtv_workflow.store.ledger import MOST_EVENTS, Ledger, Request, StoredAnswer, SubjectClaim


def event(version: int, stream: str = "case/a", topic: str = "noted.v1") -> StoredEvent:
    return StoredEvent(stream, version, topic, b'{"n":%d}' % version)


def at_once(*calls: Callable[[], object]) -> list[object]:
    """What each call answers or raises, all started at the same moment in threads of their own."""
    answers: list[object] = [None] * len(calls)
    barrier = threading.Barrier(len(calls))

    def run(n: int) -> None:
        barrier.wait()
        try:
            answers[n] = calls[n]()
        except Exception as error:
            answers[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_an_empty_log_ends_at_zero(ledger: Ledger) -> None:
    assert ledger.max_notification_id() == 0
    assert ledger.select_notifications(None, 10) == []
    assert ledger.select_events("case/a") == []


def test_what_is_appended_is_read_back_as_it_was(ledger: Ledger) -> None:
    events = [event(1), event(2), event(1, "case/b"), event(3)]
    positions = ledger.insert_events(events)
    assert positions == sorted(set(positions))
    assert len(positions) == 4
    assert ledger.max_notification_id() == positions[-1]
    assert ledger.select_events("case/a") == [event(1), event(2), event(3)]
    assert ledger.select_events("case/a", gt=1, lte=2) == [event(2)]
    assert ledger.select_events("case/a", desc=True, limit=1) == [event(3)]
    told = ledger.select_notifications(None, 10)
    assert [(n.id, n.originator_id, n.originator_version, n.topic, n.state) for n in told] == [
        (p, e.originator_id, e.originator_version, e.topic, e.state) for p, e in zip(positions, events, strict=True)
    ]
    assert all(type(n.state) is bytes for n in told)


def test_positions_rise_from_save_to_save(ledger: Ledger) -> None:
    positions = [p for v in range(1, 6) for p in ledger.insert_events([event(v)])]
    assert positions == sorted(set(positions))


@pytest.mark.parametrize("versions", [[3], [1], [0], [2, 4], [2, 2]])
def test_a_version_that_is_not_the_next_is_refused(ledger: Ledger, versions: list[int]) -> None:
    ledger.insert_events([event(1)])
    with pytest.raises(IntegrityError):
        ledger.insert_events([event(v) for v in versions])
    assert len(ledger.select_events("case/a")) == 1


def test_a_new_stream_starts_at_one(ledger: Ledger) -> None:
    with pytest.raises(IntegrityError):
        ledger.insert_events([event(2)])


def test_a_save_has_a_limit(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="500"):
        ledger.insert_events([event(v) for v in range(1, MOST_EVENTS + 2)])
    assert len(ledger.insert_events([event(v) for v in range(1, MOST_EVENTS + 1)])) == MOST_EVENTS


def test_of_two_who_append_the_same_version_one_wins(ledger: Ledger) -> None:
    for version in range(1, 31):
        mine, yours = event(version), StoredEvent("case/a", version, "noted.v1", b"{}")
        answers = at_once(partial(ledger.insert_events, [mine]), partial(ledger.insert_events, [yours]))
        assert sorted(type(a).__name__ for a in answers) == ["IntegrityError", "list"], answers
    assert [e.originator_version for e in ledger.select_events("case/a")] == list(range(1, 31))


def test_writers_on_different_streams_all_succeed(ledger: Ledger) -> None:
    def write(stream: str) -> list[int]:
        return [p for v in range(1, 21) for p in ledger.insert_events([event(v, stream)])]

    answers = at_once(*(partial(write, s) for s in ("case/a", "case/b", "case/c", "case/d")))
    positions = [p for a in answers for p in a]  # type: ignore[attr-defined]
    assert len(set(positions)) == 80


def test_a_request_is_taken_once(ledger: Ledger) -> None:
    assert ledger.stored_answer("r-1") is None
    ledger.insert_events([event(1)], request=Request("r-1", b"\x01", b"done"))
    with pytest.raises(IntegrityError):
        ledger.insert_events([event(2)], request=Request("r-1", b"\x02", b"again"))
    assert ledger.stored_answer("r-1") == StoredAnswer(b"\x01", b"done")
    assert len(ledger.select_events("case/a")) == 1, "the events of the second are not stored either"


def test_a_request_without_events_is_remembered_too(ledger: Ledger) -> None:
    assert ledger.insert_events([], request=Request("r-1", b"\x01", b"refused")) == []
    assert ledger.stored_answer("r-1") == StoredAnswer(b"\x01", b"refused")


def test_of_two_who_send_the_same_request_one_wins(ledger: Ledger) -> None:
    for n in range(20):
        request = Request(f"r-{n}", b"d", b"a")
        answers = at_once(
            partial(ledger.insert_events, [event(1, f"case/a{n}")], request=request),
            partial(ledger.insert_events, [event(1, f"case/b{n}")], request=request),
        )
        assert sorted(type(a).__name__ for a in answers) == ["IntegrityError", "list"], answers


def test_of_one_person_one_case_is_open(ledger: Ledger) -> None:
    assert ledger.open_case_of(b"p") is None
    assert ledger.subject_of(b"p") is None
    ledger.insert_events([event(1)], subjects=[SubjectClaim("case/a", b"p", "s-1", True)])
    with pytest.raises(IntegrityError):
        ledger.insert_events([event(1, "case/b")], subjects=[SubjectClaim("case/b", b"p", "s-1", True)])
    assert ledger.select_events("case/b") == []
    assert ledger.open_case_of(b"p") == "case/a"
    ledger.insert_events([event(2)], subjects=[SubjectClaim("case/a", b"p", "s-1", False)])
    assert ledger.open_case_of(b"p") is None
    assert ledger.subject_of(b"p") == "s-1"
    ledger.insert_events([event(1, "case/b")], subjects=[SubjectClaim("case/b", b"p", "s-1", True)])
    assert ledger.open_case_of(b"p") == "case/b"


def test_a_follower_who_reads_in_pages_sees_everything_once(ledger: Ledger) -> None:
    expected = []
    for n in range(1, 21):
        expected += ledger.insert_events([event(n)], request=Request(f"r-{n}", b"", b""))
        with pytest.raises(IntegrityError):
            ledger.insert_events([event(n + 1), event(1, "case/b")], request=Request(f"r-{n}", b"", b""))
    seen: list[int] = []
    while page := ledger.select_notifications(seen[-1] if seen else 0, 3, inclusive_of_start=False):
        assert len(page) <= 3
        seen += [n.id for n in page]
    assert seen == expected, "and nothing of what was rolled back"


def test_a_follower_sees_every_position_of_writers_at_work(ledger: Ledger) -> None:
    seen: list[int] = []
    done = threading.Event()

    def follow() -> None:
        while True:
            last = done.is_set()
            while page := ledger.select_notifications(seen[-1] if seen else 0, 5, inclusive_of_start=False):
                seen.extend(n.id for n in page)
            if last:
                return

    def write(stream: str) -> None:
        for v in range(1, 41):
            ledger.insert_events([event(v, stream)])
            if v % 10 == 0:
                with pytest.raises(IntegrityError):
                    ledger.insert_events([event(v + 1, stream), event(1, stream + "x"), event(9, stream + "y")])

    follower = threading.Thread(target=follow)
    follower.start()
    answers = at_once(*(partial(write, s) for s in ("case/a", "case/b", "case/c")))
    done.set()
    follower.join(30)
    assert answers == [None] * 3
    assert seen == [n.id for n in ledger.select_notifications(None, 1000)]
    assert len(seen) == 120


def test_notifications_by_range_and_topic(ledger: Ledger) -> None:
    p = ledger.insert_events([event(1), event(2, topic="closed.v1"), event(3), event(4, topic="closed.v1")])
    assert [n.id for n in ledger.select_notifications(p[1], 10, p[2])] == p[1:3]
    assert [n.id for n in ledger.select_notifications(p[1], 10, p[3], ["closed.v1"], inclusive_of_start=False)] == [p[3]]
    assert [n.id for n in ledger.select_notifications(None, 1, topics=["closed.v1", "other.v1"])] == [p[1]]


def test_streams_by_beginning_and_end(ledger: Ledger) -> None:
    for stream in ("case/01K7Q2", "case/02K7Q2", "case/03ABCD", "inbox/K7Q2", "register"):
        ledger.insert_events([event(1, stream), event(2, stream)])
    assert ledger.stream_ids("case/", "K7Q2") == ["case/01K7Q2", "case/02K7Q2"]
    assert ledger.stream_ids("case/") == ["case/01K7Q2", "case/02K7Q2", "case/03ABCD"]
    assert ledger.stream_ids("case/", limit=1) == ["case/01K7Q2"]
    assert ledger.stream_ids("case/", "%") == []
    assert ledger.stream_ids("nothing/") == []


def test_no_message_holds_a_value(ledger: Ledger) -> None:
    ledger.insert_events([event(1)], request=Request("r-geheim", b"geheim", b"geheim"))
    with pytest.raises(IntegrityError) as caught:
        ledger.insert_events([event(2)], request=Request("r-geheim", b"geheim", b"geheim"))
    assert "geheim" not in str(caught.value)
