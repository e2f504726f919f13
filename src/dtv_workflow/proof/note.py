"""Signed notes in the forms of C2SP (signed-note, tlog-checkpoint, tlog-cosignature): how keys are made and texts are signed.

A signing key is written as Go's `sumdb/note` writes it, so that its tools can be used with it, and the other way round.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from typing import NamedTuple

from dtv_workflow.proof.check import (
    LOG_KEY,
    WITNESS_KEY,
    Checkpoint,
    Key,
    Note,
    Signature,
    Unreadable,
    exact,
    key_id,
    to_sign,
)

_HEAD = "PRIVATE+KEY"


class Signer(NamedTuple):
    """A key that signs, with the verifier key that belongs to it."""

    key: Key
    seed: bytes


def new_signer(name: str, kind: int = LOG_KEY) -> Signer:
    """A new key pair."""
    return _signer(name, kind, secrets.token_bytes(32))


def read_signer(text: str) -> Signer:
    """A signing key as it is written: `PRIVATE+KEY+name+id+base64(kind, seed)`. Raises Unreadable, without the text."""
    parts = text.strip().removeprefix(_HEAD + "+").split("+", 2)
    if not text.startswith(_HEAD + "+") or len(parts) != 3:
        raise Unreadable("no signing key")
    data = exact(parts[2])
    if len(data) != 33 or data[0] not in (LOG_KEY, WITNESS_KEY):
        raise Unreadable("no Ed25519 signing key")
    signer = _signer(parts[0], data[0], data[1:])
    if signer.key.id.hex() != parts[1]:
        raise Unreadable("a signing key whose id does not fit it")
    return signer


def written_signer(signer: Signer) -> str:
    """A signing key as it is written. Keep it where only its owner reads it."""
    secret = b64encode(bytes([signer.key.kind]) + signer.seed).decode()
    return f"{_HEAD}+{signer.key.name}+{signer.key.id.hex()}+{secret}"


def _signer(name: str, kind: int, seed: bytes) -> Signer:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Signer(Key(name, key_id(name, kind, public), kind, public), seed)


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """A checkpoint as the text of a note."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{b64encode(checkpoint.root).decode()}\n"


def signed(text: str, signer: Signer, *, at: int = 0) -> Signature:
    """The signature of a note's text, which ends in a newline; of a witness at a time, in seconds since 1970 (UTC)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    time = at.to_bytes(8, "big") if signer.key.kind == WITNESS_KEY else b""
    message = to_sign(text, signer.key.kind, time + bytes(64))
    return Signature(signer.key.name, signer.key.id, time + Ed25519PrivateKey.from_private_bytes(signer.seed).sign(message))


def note_of(text: str, *signers: Signer, at: int = 0) -> Note:
    """A text with the signatures of these below it."""
    return Note(text, tuple(signed(text, signer, at=at) for signer in signers))
