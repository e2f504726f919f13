"""The building half of the tree of RFC 9162 (Certificate Transparency 2.0), section 2.1: roots, and the paths that prove them.

`check` verifies what is built here and shares nothing with it but the two hash functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from dtv_workflow.proof.check import node_hash

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


class Frontier:
    """The right edge of a growing tree: the roots of its whole subtrees, the largest first. Enough to go on from, and no more
    than one hash for each bit of its size."""

    def __init__(self, size: int = 0, edge: Iterable[bytes] = ()) -> None:
        self.size, self.edge = size, list(edge)
        if len(self.edge) != size.bit_count() or any(len(each) != 32 for each in self.edge):
            raise ValueError("no right edge of a tree of that size")

    def add(self, leaf: bytes) -> None:
        """Put one more leaf hash at the end."""
        size, edge = self.size, self.edge
        while size & 1:
            leaf = node_hash(edge.pop(), leaf)
            size >>= 1
        edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of the tree as it is."""
        found = self.edge[-1] if self.edge else EMPTY
        for whole in reversed(self.edge[:-1]):
            found = node_hash(whole, found)
        return found


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root of the tree of these leaf hashes."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


def inclusion_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """What, with the leaf at this index, gives the root (2.1.3.1): from the leaf upwards."""
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    if index < split:
        return [*inclusion_path(leaves[:split], index), root_of(leaves[split:])]
    return [*inclusion_path(leaves[split:], index - split), root_of(leaves[:split])]


def inclusion_paths(leaves: Sequence[bytes], wanted: Iterable[int]) -> dict[int, list[bytes]]:
    """The paths of several leaves, by their index, from one walk up: at each height the neighbour, where there is one."""
    places = {index: index for index in wanted}
    paths: dict[int, list[bytes]] = {index: [] for index in places}
    level = list(leaves)
    while len(level) > 1:
        for index, place in places.items():
            if (place ^ 1) < len(level):
                paths[index].append(level[place ^ 1])
            places[index] = place >> 1
        pairs = [node_hash(level[n], level[n + 1]) for n in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return paths


def consistency_path(leaves: Sequence[bytes], size: int) -> list[bytes]:
    """What, with the root of the first `size` leaves, gives the root of all (2.1.4.1). `size` is at least 1."""
    return [] if size == len(leaves) else _consistency(leaves, size, True)


def _consistency(leaves: Sequence[bytes], size: int, whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if whole else [root_of(leaves)]
    split = _split(len(leaves))
    if size <= split:
        return [*_consistency(leaves[:split], size, whole), root_of(leaves[split:])]
    return [*_consistency(leaves[split:], size - split, False), root_of(leaves[:split])]


def _split(size: int) -> int:
    """The largest power of two below a size: how many leaves stand to the left."""
    return 1 << ((size - 1).bit_length() - 1)
