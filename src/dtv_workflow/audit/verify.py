"""Verifying the log: every stored byte hashed again and held against signed checkpoints; what does not fit, told with its place.

A checkpoint says what the log was; the sealed leaves say where it differs now. Neither is believed before it hashes up to a
signature. Only a checkpoint kept elsewhere can tell that a whole old copy was put back, or that another history was signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from dtv_workflow.proof.check import Broken, Checkpoint, Key, Unreadable, read_checkpoint, read_note, signature_of
from dtv_workflow.proof.merkle import Frontier
from dtv_workflow.store.ledger import Ledger, Row
from dtv_workflow.store.sealing import PAGE, Leaf, Seals, hashed


class Kind(Enum):
    """What can be wrong, in English and Dutch, and what to do about it."""

    EDITED = "edited", "changed after it was sealed", "gewijzigd na verzegeling"
    DELETED = "deleted", "was sealed and is gone", "was verzegeld en is weg"
    INSERTED = (
        "inserted", "stands among sealed events and was never sealed",
        "staat tussen verzegelde gebeurtenissen en was dat niet",
    )  # fmt: skip
    REORDERED = (
        "reordered", "stands in another place than when it was sealed",
        "staat op een andere plaats dan bij de verzegeling",
    )  # fmt: skip
    TRUNCATED = (
        "truncated", "the end of the sealed log is gone from here",
        "het einde van het verzegelde logboek ontbreekt vanaf hier",
    )  # fmt: skip
    REWRITTEN = (
        "rewritten", "the log was written anew after the last good checkpoint",
        "het logboek is herschreven na het laatste goede controlepunt",
    )  # fmt: skip
    ROLLED_BACK = (
        "rolled_back", "the log ends before a checkpoint that was kept: an older copy",
        "het logboek eindigt voor een bewaard controlepunt: een oudere kopie",
    )  # fmt: skip
    FORKED = (
        "forked", "two histories were signed: this one, and another that was kept",
        "er zijn twee geschiedenissen ondertekend: deze en een bewaarde",
    )  # fmt: skip
    ALTERED = (
        "altered", "somewhere in these positions the log is not what was signed",
        "ergens op deze posities is het logboek niet wat is ondertekend",
    )  # fmt: skip
    BAD_CHECKPOINT = (
        "bad_checkpoint", "a checkpoint of the store that the key did not sign",
        "een controlepunt van het register dat de sleutel niet heeft ondertekend",
    )  # fmt: skip
    VERSION_GAP = "version_gap", "not the version that follows in its stream", "niet de versie die volgt in haar reeks"
    UNKNOWN_TOPIC = (
        "unknown_topic", "a kind of event that this version does not know",
        "een soort gebeurtenis die deze versie niet kent",
    )  # fmt: skip
    UNREADABLE = "unreadable", "cannot be read as an event", "is niet als gebeurtenis te lezen"

    def __init__(self, code: str, en: str, nl: str) -> None:
        self.code, self.en, self.nl = code, en, nl


class Found(NamedTuple):
    """Something wrong: what, at which positions, and of which event where that is known."""

    kind: Kind
    position: int | None = None
    until: int | None = None
    stream: str | None = None
    version: int | None = None


class Report(NamedTuple):
    """What was verified: events read, how many a good checkpoint covers, checkpoints held against, and what was found."""

    events: int
    covered: int
    checkpoints: int
    kept: int
    found: tuple[Found, ...]


class _Read(NamedTuple):
    """The log as it is: how many events, the roots at the sizes asked for, and what is wrong with the rows themselves."""

    size: int
    roots: dict[int, bytes]
    found: list[Found]


def verify(ledger: Ledger, seals: Seals | None, key: Key | None, kept: Sequence[Checkpoint], topics: Iterable[str]) -> Report:
    """Verify the whole log. `seals`: what was sealed here; `key` signed it; `kept`: checkpoints with that key's signature that
    were kept elsewhere; `topics`: every kind of event there is. Without key and checkpoints only order and form are looked at."""
    own, found = _own(seals, key) if seals and key else ([], [])
    points = sorted({*own, *kept}, key=lambda c: (c.size, c.root))
    read = _read(ledger, {c.size for c in points}, frozenset(topics))
    good = [c for c in points if read.roots.get(c.size) == c.root]
    found += read.found
    if len(good) < len(points):
        found += _located(ledger, seals, own, kept, read)
    ordered = sorted(set(found), key=lambda f: (f.position or 0, f.kind.code, f.stream or "", f.version or 0))
    return Report(read.size, max((c.size for c in good), default=0), len(own), len(kept), tuple(ordered))


def _own(seals: Seals, key: Key) -> tuple[list[Checkpoint], list[Found]]:
    """The store's checkpoints that this key signed, and a finding for each that it did not."""
    good: list[Checkpoint] = []
    found: list[Found] = []
    for text in seals.notes():
        try:
            note = read_note(text.encode())
            if signature_of(note, key) is None:
                raise Broken("not signed with this key")
            good.append(read_checkpoint(note))
        except (Broken, Unreadable):
            found.append(Found(Kind.BAD_CHECKPOINT))
    return good, found


def rows_of(ledger: Ledger) -> Iterator[Row]:
    """Every stored event in order of position, also one where none should be: before the first."""
    position = -(2**63)
    while rows := ledger.rows_after(position, PAGE):
        yield from rows
        position = rows[-1][0]


def _read(ledger: Ledger, sizes: set[int], topics: frozenset[str]) -> _Read:
    frontier, found = Frontier(), list[Found]()
    roots, last = {0: frontier.root()}, dict[str, int]()
    for row in rows_of(ledger):
        position, stream, version, topic, _ = row
        try:
            frontier.add(hashed(row))
        except (TypeError, AttributeError, OverflowError):
            found.append(Found(Kind.UNREADABLE, position, position, str(stream)))
            continue
        if version != last.get(stream, 0) + 1:
            found.append(Found(Kind.VERSION_GAP, position, position, stream, version))
        last[stream] = version
        if topic not in topics:
            found.append(Found(Kind.UNKNOWN_TOPIC, position, position, stream, version))
        if frontier.size in sizes:
            roots[frontier.size] = frontier.root()
    return _Read(frontier.size, roots, found)


# ------------------------------------------------------------------ where


def _located(
    ledger: Ledger, seals: Seals | None, own: list[Checkpoint], kept: Sequence[Checkpoint], read: _Read
) -> Iterator[Found]:
    """What differs from the checkpoints that do not fit."""
    bad = {c for c in (*own, *kept) if read.roots.get(c.size) != c.root}
    good = {c.size for c in (*own, *kept)} - {c.size for c in bad}
    leaves = _sealed_leaves(seals, [*own, *kept])
    borne = {c for c in bad if c.size <= len(leaves) and _root(leaves, c.size) == c.root}
    if borne:
        told = list(_against(ledger, leaves))
        yield from told or [_range(Kind.ALTERED, leaves, 0, len(leaves))]
    for checkpoint in sorted(bad - borne, key=lambda c: c.size):
        shorter = checkpoint.size > read.size
        if checkpoint.size <= len(leaves):
            kind = Kind.FORKED
        elif checkpoint in own:
            kind = Kind.TRUNCATED if shorter else Kind.ALTERED
        else:
            kind = Kind.ROLLED_BACK if shorter else Kind.REWRITTEN
        yield _range(kind, leaves, max((size for size in good if size < checkpoint.size), default=0), checkpoint.size)


def _sealed_leaves(seals: Seals | None, points: list[Checkpoint]) -> list[Leaf]:
    """The sealed leaves as far as they hash up to a signed root; none where they do not."""
    leaves = list(seals.leaves()) if seals else []
    if [leaf.leaf for leaf in leaves] != list(range(len(leaves))):
        return []
    for checkpoint in sorted(points, key=lambda c: -c.size):
        if checkpoint.size <= len(leaves) and _root(leaves, checkpoint.size) == checkpoint.root:
            return leaves[: checkpoint.size]
    return []


def _root(leaves: Sequence[Leaf], size: int) -> bytes:
    frontier = Frontier()
    for leaf in leaves[:size]:
        frontier.add(leaf.hash)
    return frontier.root()


def _range(kind: Kind, leaves: Sequence[Leaf], after: int, size: int) -> Found:
    """A finding for the leaves after one and up to another: by position where that is known."""
    first = leaves[after].position if after < len(leaves) else after + 1
    return Found(kind, first, leaves[size - 1].position if size <= len(leaves) else size)


def _against(ledger: Ledger, leaves: Sequence[Leaf]) -> Iterator[Found]:
    """Event by event, what differs from what was sealed."""
    sealed = {(leaf.stream, leaf.version): leaf for leaf in leaves}
    end, seen = leaves[-1].position, set[tuple[str, int]]()
    for row in rows_of(ledger):
        place = (row[1], row[2])
        leaf = sealed.get(place)
        if leaf is None:
            if row[0] <= end:
                yield Found(Kind.INSERTED, row[0], row[0], *place)
            continue
        seen.add(place)
        if row[0] != leaf.position:
            yield Found(Kind.REORDERED, row[0], leaf.position, *place)
        elif not _same(row, leaf):
            yield Found(Kind.EDITED, row[0], row[0], *place)
    gone = [leaf for leaf in leaves if (leaf.stream, leaf.version) not in seen]
    if gone and gone == list(leaves[-len(gone) :]):
        yield Found(Kind.TRUNCATED, gone[0].position, end, gone[0].stream, gone[0].version)
        return
    yield from (Found(Kind.DELETED, leaf.position, leaf.position, leaf.stream, leaf.version) for leaf in gone)


def _same(row: Row, leaf: Leaf) -> bool:
    try:
        return hashed(row) == leaf.hash
    except (TypeError, AttributeError, OverflowError):
        return False
