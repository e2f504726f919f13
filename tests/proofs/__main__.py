"""`make proofs`: every part and the wide product, in the alphabet's order and in a shuffled one. Minutes, not seconds."""

from __future__ import annotations

import random
import sys
import time

from tests.proofs import parts
from tests.proofs.counterexample import batch_file
from tests.proofs.laws import searched
from tests.proofs.search import Found, Part, alike


def wrong(found: Found, again: Found) -> str | None:
    """What is wrong with a search and with the same one in another order."""
    if broken := found.broken or again.broken:
        return batch_file(broken)
    if found.nodes.keys() != again.nodes.keys():
        return f"another order finds other configurations: {len(found.nodes.keys() ^ again.nodes.keys())} differ"
    if len(found.nodes) < found.part.recorded:
        return f"{len(found.nodes)} configurations, once {found.part.recorded}"
    return next(iter(alike(found) + alike(again)), None)


def prove(part: Part) -> bool:
    """Search a part twice and say what came of it."""
    began = time.process_time()
    found = searched(part)
    fault = wrong(found, searched(part, random.Random(27)))
    took = time.process_time() - began
    visited = f"{len(found.nodes):>7} configurations, {found.asked:>8} letters asked, {took:6.1f} s"
    sys.stdout.write(f"{visited}  {part.name}: {part.says}\n")
    sys.stdout.write(fault + "\n" if fault else "")
    sys.stdout.flush()
    return fault is None


if __name__ == "__main__":
    proved = [prove(part) for part in (*parts.PARTS, parts.WIDE)]
    sys.stdout.write(f"\n{parts.__doc__}")
    sys.exit(0 if all(proved) else 1)
