"""Proofs as files: of one event (C2SP tlog-proof), and that a newer tree begins with an older one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from dtv_workflow.proof.check import CONSISTENCY, PROOF


def inclusion_file(entry: bytes, index: int, path: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The proof that a framed event stands at an index of the tree of a signed checkpoint. It holds the event's stored bytes."""
    return _file(PROOF, [f"extra {b64encode(entry).decode()}", f"index {index}"], path, checkpoint)


def consistency_file(size: int, root: bytes, path: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The proof that the tree of a signed checkpoint begins with the tree of this size and root."""
    return _file(CONSISTENCY, [f"from {size} {b64encode(root).decode()}"], path, checkpoint)


def _file(head: str, lines: Sequence[str], path: Sequence[bytes], checkpoint: bytes) -> bytes:
    steps = (b64encode(step).decode() for step in path)
    return "".join(f"{line}\n" for line in (head, *lines, *steps, "")).encode() + checkpoint
