"""Sealing of personal fields: AES-256-GCM with the key of a subject, bound to the place where the value stands.

What cannot be opened is one of two things, and they are never confused: *forgotten* (the key was destroyed; a value like any
other, so replay and reports run on) or *damaged* (the key is there and does not fit: an error).
"""

from __future__ import annotations

import os
import types
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec

from dtv_workflow.errors import DtvError

if TYPE_CHECKING:
    from dtv_workflow.store.keys import KeyStore

FORGOTTEN = "\u2039gewist\u203a"
"""Shown where a value was, when its key has been destroyed."""

SEALED = "\u2039verzegeld\u203a"
"""Shown where a value is, when reading without unsealing."""

_NONCE_BYTES = 12
_encode = msgspec.json.Encoder(order="sorted").encode


class DamagedSeal(DtvError):
    """A sealed value was changed, moved or sealed with another key. Not the same as forgotten."""

    code = "damaged_seal"


class Place(NamedTuple):
    """Where a sealed value stands. Sealed for one place, it opens at no other."""

    stream: str
    version: int
    topic: str
    field: str

    def bound_to(self, key_id: str) -> bytes:
        """The associated data. Only a stream id could hold a `|`, and it comes first, so no two places give the same bytes."""
        return f"dtv-seal-v1|{self.stream}|{self.version}|{self.topic}|{self.field}|{key_id}".encode()

    def __str__(self) -> str:
        return f"{self.field} of {self.topic}, event {self.version} of {self.stream}"


def seal(value: object, key_id: str, key: bytes, place: Place) -> dict[str, str]:
    """Seal a JSON value for its place: `{"_c": nonce and ciphertext in base64, "_k": key id}`."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, _encode(value), place.bound_to(key_id))
    return {"_c": b64encode(nonce + ciphertext).decode(), "_k": key_id}


def unseal(sealed: object, type_: Any, keys: KeyStore, place: Place) -> Any:
    """The value as the field's type has it, or the placeholder for a forgotten one. Raises DamagedSeal when it does not open."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    match sealed:
        case {"_c": str(text), "_k": str(key_id)}:
            pass
        case _:
            raise DamagedSeal(f"not sealed as it should be: {place}")
    key = keys.key(key_id)
    if key is None:
        return placeholder(type_, FORGOTTEN)
    try:
        data = b64decode(text, validate=True)
        plain = AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], place.bound_to(key_id))
    except (InvalidTag, ValueError):
        raise DamagedSeal(f"the seal does not open, so it was damaged, moved or made with another key: {place}") from None
    try:
        return msgspec.json.decode(plain, type=type_)
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise DamagedSeal(f"the sealed value no longer fits its field: {place}") from None


def placeholder(type_: Any, text: str) -> Any:
    """What stands for a value of this type that is not shown: the text, a tuple of it, an empty dict, or None."""
    type_ = _bare(type_)
    if type_ is str:
        return text
    if get_origin(type_) is tuple and get_args(type_)[1:] == (...,) and _bare(get_args(type_)[0]) is str:
        return (text,)
    if type_ is dict or get_origin(type_) in (dict, Mapping):
        return {}
    return None


def _bare(type_: Any) -> Any:
    """The type without annotations and without `| None`."""
    while True:
        origin = get_origin(type_)
        if origin is Annotated:
            type_ = get_args(type_)[0]
        elif origin in (Union, types.UnionType):
            members = [m for m in get_args(type_) if m is not type(None)]
            if len(members) != 1:
                return type_
            type_ = members[0]
        else:
            return type_
