"""Names that mean nothing outside one export: HMAC-SHA-256 under a key made for it, kept nowhere.

Two exports cannot be joined on their ids, unless both were made with the same key file on purpose.
"""

from __future__ import annotations

import hmac
import secrets
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from dtv_workflow.errors import Malformed
from dtv_workflow.store.files import write_whole

KEY_BYTES = 32
_SHOWN = 24
"""Hexadecimal digits of a pseudonym: 96 bits, too many for two of a million to meet."""


class Pseudonyms(NamedTuple):
    """What turns our ids into those of one export."""

    key: bytes

    def of(self, kind: str, value: str) -> str:
        """`zaak-…`: the same for the same kind and value, and nothing to whoever lacks the key."""
        return f"{kind}-{self._digest(kind, value).hex()[:_SHOWN]}"

    def uuid(self, kind: str, value: str) -> str:
        """The same as a UUID, where a format wants one."""
        return str(UUID(bytes=self._digest(kind, value)[:16], version=5))

    def _digest(self, kind: str, value: str) -> bytes:
        return hmac.digest(self.key, f"{kind}\0{value}".encode(), "sha256")


def new_pseudonyms() -> Pseudonyms:
    """Under a key of its own, that nobody keeps."""
    return Pseudonyms(secrets.token_bytes(KEY_BYTES))


def pseudonyms_in(file: Path) -> Pseudonyms:
    """Under the key in a file, which is made when it is not there. Raises Malformed."""
    try:
        if not file.exists():
            write_whole(file.absolute(), secrets.token_hex(KEY_BYTES).encode() + b"\n")
        key = bytes.fromhex(file.read_text("ascii").strip())
    except (OSError, ValueError):
        raise Malformed("--pseudonyms: that file holds no key, and none could be made there") from None
    if len(key) != KEY_BYTES:
        raise Malformed(f"--pseudonyms: a key is {KEY_BYTES} bytes, in hexadecimal")
    return Pseudonyms(key)
