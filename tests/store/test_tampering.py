"""Every way to change the log, in each of the databases, with and without the attacker's best repair: found, and told where.

The attacker has the database and `seal.db` and computes anew whatever needs no key. The signing key and the checkpoints that
somebody kept elsewhere are out of reach.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from eventsourcing.persistence import StoredEvent

from dtv_workflow.audit.verify import Found, Kind, Report, verify
from dtv_workflow.errors import CheckFailed
from dtv_workflow.proof.check import Checkpoint
from dtv_workflow.proof.note import Signer, new_signer, note_of
from dtv_workflow.store import sealing
from dtv_workflow.store.ledger import Ledger, Row
from dtv_workflow.store.sealing import SEAL_FILE, Seals, hashed, origin_of
from dtv_workflow.store.sqlite import EventRecorder

TOPICS = {"case_opened.v1", "hold_placed.v1"}
SIGNER = new_signer(origin_of("0123"))
A, B, C = "case/A", "case/B", "case/C"
FIRST = [(A, 1), (B, 1), (A, 2), (C, 1), (B, 2), (A, 3)]
THEN = [(C, 2), (A, 4), (B, 3), (C, 3)]
TAIL = [(A, 5), (B, 4)]


def event(stream: str, version: int) -> StoredEvent:
    topic = "case_opened.v1" if version == 1 else "hold_placed.v1"
    return StoredEvent(stream, version, topic, f"{stream} {version}".encode())


class Log(NamedTuple):
    """A log that was sealed twice, with the second checkpoint kept elsewhere, and a tail that is not sealed."""

    ledger: Ledger
    seals: Seals
    signer: Signer
    kept: list[Checkpoint]

    def verified(self, *, kept: bool = True) -> Report:
        return verify(self.ledger, self.seals, self.signer.key, self.kept if kept else [], TOPICS)

    def rows(self) -> list[Row]:
        return list(self.ledger.rows_after(-(2**63), 1000))

    def replace(self, rows: list[Row]) -> None:
        """Put these rows in the place of all, as somebody does who owns the database."""
        if isinstance(self.ledger, EventRecorder):
            connection = self.ledger.connections.get()
            for verb in ("update", "delete"):
                connection.execute(f"DROP TRIGGER IF EXISTS stored_events_no_{verb}")
            connection.execute("DELETE FROM stored_events")
            connection.executemany("INSERT INTO stored_events (rowid, originator_id, originator_version, topic, state) "
                                   "VALUES (?, ?, ?, ?, ?)", rows)  # fmt: skip
            return
        postgres: Any = self.ledger
        connection = postgres._get()
        connection.execute("ALTER TABLE events.stored_events DISABLE TRIGGER ALL")
        connection.execute("DELETE FROM events.stored_events")
        for row in rows:
            connection.execute("INSERT INTO events.stored_events (position, originator_id, originator_version, topic, state) "
                               "OVERRIDING SYSTEM VALUE VALUES (%s, %s, %s, %s, %s)", row)  # fmt: skip


@pytest.fixture
def log(ledger: Ledger, tmp_path: Path) -> Iterator[Log]:
    seals, kept = Seals(tmp_path), []
    for part in (FIRST, THEN):
        ledger.insert_events([event(*each) for each in part])
        kept.append(seals.seal(ledger, SIGNER).checkpoint)
    ledger.insert_events([event(*each) for each in TAIL])
    yield Log(ledger, seals, SIGNER, kept[1:])
    seals.close()


def at(rows: list[Row], stream: str, version: int) -> int:
    return next(n for n, row in enumerate(rows) if row[1:3] == (stream, version))


# ------------------------------------------------------------------ the attacks

Attack = Callable[[list[Row]], list[Row]]


def edited(rows: list[Row]) -> list[Row]:
    n = at(rows, A, 2)
    return [*rows[:n], (*rows[n][:4], b"something else"), *rows[n + 1 :]]


def topic_edited(rows: list[Row]) -> list[Row]:
    n = at(rows, A, 2)
    return [*rows[:n], (*rows[n][:3], "case_opened.v1", rows[n][4]), *rows[n + 1 :]]


def swapped_states(rows: list[Row]) -> list[Row]:
    n, m, new = at(rows, A, 2), at(rows, B, 2), list(rows)
    new[n], new[m] = (*rows[n][:4], rows[m][4]), (*rows[m][:4], rows[n][4])
    return new


def deleted(rows: list[Row]) -> list[Row]:
    n = at(rows, A, 3)
    return rows[:n] + rows[n + 1 :]


def deleted_and_renumbered(rows: list[Row]) -> list[Row]:
    n = at(rows, A, 3)
    later = [(row[0], A, row[2] - 1, *row[3:]) if row[1] == A else row for row in rows[n + 1 :]]
    return [*rows[:n], *later]


def case_deleted(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row[1] != C]


def inserted(rows: list[Row]) -> list[Row]:
    return [*rows, (-5, "case/D", 1, "case_opened.v1", b"new")]


def inserted_among(rows: list[Row]) -> list[Row]:
    n = at(rows, A, 3)
    shifted = [(row[0] + 1, *row[1:]) for row in rows[n:]]
    return [*rows[:n], (rows[n][0], "case/D", 1, "case_opened.v1", b"new"), *shifted]


def reordered(rows: list[Row]) -> list[Row]:
    n, m, new = at(rows, A, 2), at(rows, C, 1), list(rows)
    new[n], new[m] = (rows[n][0], *rows[m][1:]), (rows[m][0], *rows[n][1:])
    return new


def truncated(rows: list[Row]) -> list[Row]:
    return rows[: at(rows, A, 4)]


def truncated_and_written_on(rows: list[Row]) -> list[Row]:
    n = at(rows, A, 4)
    return [*rows[:n], *((row[0], *row[1:4], row[4] + b"!") for row in rows[n:])]


def everything_since_the_first(rows: list[Row]) -> list[Row]:
    n = at(rows, C, 2)
    return [*rows[:n], *((row[0], *row[1:4], row[4] + b"!") for row in rows[n:])]


ATTACKS: dict[Attack, tuple[Kind, list[tuple[str, int]]]] = {
    edited: (Kind.EDITED, [(A, 2)]),
    topic_edited: (Kind.EDITED, [(A, 2)]),
    swapped_states: (Kind.EDITED, [(A, 2), (B, 2)]),
    deleted: (Kind.DELETED, [(A, 3)]),
    deleted_and_renumbered: (Kind.REORDERED, [(A, 3)]),
    case_deleted: (Kind.DELETED, [(C, 1), (C, 2), (C, 3)]),
    inserted: (Kind.UNREADABLE, []),
    inserted_among: (Kind.INSERTED, [("case/D", 1)]),
    reordered: (Kind.REORDERED, [(A, 2), (C, 1)]),
    truncated: (Kind.TRUNCATED, [(A, 4)]),
    truncated_and_written_on: (Kind.EDITED, [(A, 4), (B, 3), (C, 3)]),
    everything_since_the_first: (Kind.EDITED, [(C, 2), (A, 4), (B, 3), (C, 3)]),
}


def recomputed(log: Log) -> None:
    """The leaf hashes made to fit the changed log; the checkpoints cannot be."""
    connection = log.seals.connections.get()
    connection.execute("DELETE FROM leaves")
    rows = [row for row in log.rows() if row[0] > 0]
    found = [(n, *row[:3], hashed(row)) for n, row in enumerate(rows[:10])]
    connection.executemany("INSERT INTO leaves VALUES (?, ?, ?, ?, ?)", found)


def checkpoint_dropped(log: Log) -> None:
    """Besides, the checkpoint that tells of it is gone: only who kept it knows."""
    recomputed(log)
    log.seals.connections.get().execute("DELETE FROM checkpoints WHERE size > 6")
    log.seals.connections.get().execute("DELETE FROM leaves WHERE leaf >= 6")


def seals_gone(log: Log) -> None:
    """No seal is left at all."""
    log.seals.close()
    log.seals.path.unlink()


def of(report: Report, kind: Kind) -> list[Found]:
    return [found for found in report.found if found.kind is kind]


def test_a_log_that_nobody_touched_is_in_order(log):
    report = log.verified()
    assert report == Report(events=12, covered=10, checkpoints=2, kept=1, found=())
    assert log.seals.seal(log.ledger, SIGNER).added == 2
    assert log.verified().covered == 12


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_every_change_is_told_with_its_case_and_version(log, attack):
    kind, places = ATTACKS[attack]
    log.replace(sorted(attack(log.rows())))
    for report in (log.verified(), log.verified(kept=False)):
        told = of(report, kind)
        assert told
        assert set(places) <= {(found.stream, found.version) for found in told}
        if kind is Kind.EDITED:
            assert {(found.stream, found.version) for found in report.found} == set(places)


@pytest.mark.parametrize("repair", [recomputed, checkpoint_dropped], ids=lambda repair: repair.__name__)
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_no_repair_without_the_key_hides_a_change(log, attack, repair):
    before = log.rows()
    log.replace(sorted(attack(before)))
    repair(log)
    found = log.verified().found
    changed = {row[0] for row in set(before) ^ set(log.rows()) if row[0] <= before[9][0]}
    assert found
    if ATTACKS[attack][0] is not Kind.UNREADABLE:
        ranges = [range(each.position or 0, (each.until or 0) + 1) for each in found]
        assert any(position in span for position in changed for span in ranges)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_without_any_seal_a_checkpoint_that_was_kept_tells(log, attack):
    log.replace(sorted(attack(log.rows())))
    seals_gone(log)
    assert verify(log.ledger, None, SIGNER.key, log.kept, TOPICS).found


def test_the_control_without_key_and_checkpoints_a_good_forgery_is_not_seen(log):
    log.replace(edited(log.rows()))
    seals_gone(log)
    assert verify(log.ledger, None, None, [], TOPICS).found == ()


# ------------------------------------------------------------------ what only a checkpoint kept elsewhere tells


def copied(log: Log, to: Path) -> tuple[list[Row], Path]:
    """The whole store as it is: rows and seals."""
    log.seals.close()
    shutil.copy(log.seals.path, to)
    return log.rows(), to


def restored(log: Log, copy: tuple[list[Row], Path]) -> Log:
    """An old copy of everything put back."""
    log.seals.close()
    for file in log.seals.path.parent.glob(f"{SEAL_FILE}*"):
        file.unlink()
    shutil.copy(copy[1], log.seals.path)
    log.replace(copy[0])
    return log._replace(seals=Seals(log.seals.path.parent))


def old_copy(ledger: Ledger, tmp_path: Path) -> tuple[Log, tuple[list[Row], Path]]:
    seals = Seals(tmp_path)
    log = Log(ledger, seals, SIGNER, [])
    ledger.insert_events([event(*each) for each in FIRST])
    seals.seal(ledger, SIGNER)
    copy = copied(log, tmp_path / "old copy")
    log = log._replace(seals=Seals(tmp_path))
    ledger.insert_events([event(*each) for each in THEN])
    kept = log.seals.seal(ledger, SIGNER).checkpoint
    return restored(log, copy)._replace(kept=[kept]), copy


def test_an_old_copy_put_back_is_told_by_who_kept_a_newer_checkpoint(ledger, tmp_path):
    log, _ = old_copy(ledger, tmp_path)
    assert log.verified(kept=False).found == ()
    (found,) = log.verified().found
    assert (found.kind, found.position, found.until) == (Kind.ROLLED_BACK, 7, 10)


def test_an_old_copy_that_was_written_on_is_told_as_rewritten_and_once_sealed_as_a_fork(ledger, tmp_path):
    log, _ = old_copy(ledger, tmp_path)
    log.replace([*log.rows(), *((7 + n, *each, "hold_placed.v1", b"other") for n, each in enumerate(THEN))])
    assert [found.kind for found in log.verified().found] == [Kind.REWRITTEN]
    log.seals.seal(ledger, SIGNER)
    assert log.verified(kept=False).found == ()
    (found,) = log.verified().found
    assert (found.kind, found.position, found.until) == (Kind.FORKED, 7, 10)


# ------------------------------------------------------------------ the seals themselves


def test_a_checkpoint_of_another_key_is_told_and_not_gone_on_from(log):
    other = log._replace(signer=new_signer(origin_of("0123")))
    assert {found.kind for found in other.verified(kept=False).found} == {Kind.BAD_CHECKPOINT}
    with pytest.raises(CheckFailed):
        log.seals.seal(log.ledger, other.signer)


@pytest.mark.parametrize("sql", [
    "UPDATE checkpoints SET edge = zeroblob(length(edge))",
    "DELETE FROM leaves WHERE leaf = 3",
    "UPDATE checkpoints SET note = replace(note, '10', '11')",
    "DELETE FROM checkpoints",
])  # fmt: skip
def test_seals_that_do_not_fit_are_not_gone_on_from(log, sql):
    log.seals.connections.get().execute(sql)
    with pytest.raises(CheckFailed):
        log.seals.seal(log.ledger, SIGNER)


def test_an_event_that_reads_differently_the_second_time_is_not_signed(log, monkeypatch):
    answers = iter([[(11, *TAIL[0], "hold_placed.v1", b"1")], [(11, *TAIL[0], "hold_placed.v1", b"2")]])
    monkeypatch.setattr(type(log.ledger), "rows_after", lambda *_: next(answers))
    with pytest.raises(CheckFailed, match="second time"):
        log.seals.seal(log.ledger, SIGNER)
    monkeypatch.undo()
    assert log.verified().found == ()


def test_a_seal_that_was_taken_away_can_be_made_again_from_the_log(log):
    notes = log.seals.notes()
    seals_gone(log)
    again = Seals(log.seals.path.parent)
    assert again.seal(log.ledger, SIGNER).checkpoint.size == 12
    assert notes
    assert verify(log.ledger, again, SIGNER.key, log.kept, TOPICS).found == ()
    again.close()


def test_several_at_once_seal_the_same_tree(log, tmp_path):
    made = [Seals(tmp_path) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        sealed = list(pool.map(lambda seals: seals.seal(log.ledger, SIGNER), made))
    assert sum(each.added for each in sealed) == len(TAIL)
    assert {each.checkpoint for each in sealed} == {log.seals.seal(log.ledger, SIGNER).checkpoint}
    for seals in made:
        seals.close()


@pytest.mark.parametrize("after", range(1, 5))
def test_a_sealing_that_is_cut_off_leaves_what_was_and_is_done_anew(log, monkeypatch, after):
    """Cut off at the n-th of its steps: the rows read, read again, the end read, the note signed."""
    calls = iter(range(1, 9))

    def cut(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            if next(calls) == after:
                raise KeyboardInterrupt
            return real(*arguments)

        return called

    with monkeypatch.context() as patched:
        patched.setattr(type(log.ledger), "rows_after", cut(type(log.ledger).rows_after))
        patched.setattr(sealing, "note_of", cut(note_of))
        with pytest.raises(KeyboardInterrupt):
            log.seals.seal(log.ledger, SIGNER)
    assert log.verified() == Report(events=12, covered=10, checkpoints=2, kept=1, found=())
    assert log.seals.seal(log.ledger, SIGNER).added == 2
    assert log.verified().covered == 12


def test_random_changes_of_stored_events_are_all_found(log):
    random, rows = Random(5), log.rows()
    for _ in range(60):
        n = random.randrange(10)
        row, bit = rows[n], random.randrange(len(rows[n][4]) * 8)
        state = bytearray(row[4])
        state[bit // 8] ^= 1 << bit % 8
        log.replace([*rows[:n], (*row[:4], bytes(state)), *rows[n + 1 :]])
        assert log.verified().found == (Found(Kind.EDITED, row[0], row[0], row[1], row[2]),)
    log.replace(rows)
    assert log.verified().found == ()
