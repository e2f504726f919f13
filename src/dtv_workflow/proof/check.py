"""Checks proofs of a dtv log with nothing but Python: copy this one file to another machine and run it there.

    python check.py FILE [--key VERIFIER-KEY]... [--checkpoint OLD]...

FILE is what `dtv audit prove`, `checkpoint` or `dossier` wrote. Exit 0: it proves what it says; 7: it does not; 2: it is none of
these. The tree is that of RFC 9162 (Certificate Transparency 2.0), section 2.1; notes, checkpoints, cosignatures and proofs of an
event have the forms of C2SP (signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof); signatures are Ed25519 (RFC 8032).

Every form is read strictly: one way to write each thing, so that no byte can change unseen.
"""

from __future__ import annotations

import hashlib
import re
import sys
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import NamedTuple

PROOF = "c2sp.org/tlog-proof@v1"
CONSISTENCY = "dtv-workflow/consistency@v1"
DOSSIER = "dtv-workflow/dossier@v1"
LOG_KEY, WITNESS_KEY = 1, 4
"""The C2SP numbers of the two kinds of signature: of a log over its note, and of a witness over time and note."""


class Broken(Exception):
    """A proof that does not prove what it says."""


class Unreadable(Exception):
    """Not one of the forms that are read here."""


# ------------------------------------------------------------------ leaves and tree (RFC 9162, 2.1)


def framed(position: int, stream: str, version: int, topic: str, state: bytes) -> bytes:
    """A stored event as the tree has it: its place and its stored bytes, lengths before what varies, big-endian."""
    id_, kind = stream.encode(), topic.encode()
    return b"".join((
        b"dtv-event-v1\0", position.to_bytes(8, "big"), len(id_).to_bytes(4, "big"), id_, version.to_bytes(8, "big"),
        len(kind).to_bytes(4, "big"), kind, len(state).to_bytes(8, "big"), state,
    ))  # fmt: skip


class Event(NamedTuple):
    """A stored event out of its frame."""

    position: int
    stream: str
    version: int
    topic: str
    state: bytes


def unframed(data: bytes) -> Event:
    """The event in a frame. Raises Unreadable unless it is exactly one."""
    try:
        head, at = b"dtv-event-v1\0", 13
        position, at = int.from_bytes(data[at : at + 8], "big"), at + 8
        stream, at = _counted(data, at, 4)
        version, at = int.from_bytes(data[at : at + 8], "big"), at + 8
        topic, at = _counted(data, at, 4)
        state, at = _counted(data, at, 8)
        event = Event(position, stream.decode(), version, topic.decode(), state)
    except (UnicodeDecodeError, OverflowError):
        raise Unreadable("no event in that frame") from None
    if not data.startswith(head) or framed(*event) != data:
        raise Unreadable("no event in that frame")
    return event


def _counted(data: bytes, at: int, width: int) -> tuple[bytes, int]:
    length = int.from_bytes(data[at : at + width], "big")
    return data[at + width : at + width + length], at + width + length


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbours."""
    return hashlib.sha256(b"\1" + left + right).digest()


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """That the tree of this size and root has this leaf at this index (RFC 9162, 2.1.3.2). Raises Broken."""
    if not 0 <= index < size or not len(leaf) == len(root) == 32:
        raise Broken("the event lies outside the tree")
    fn, sn, found = index, size - 1, leaf
    for step in path:
        if sn == 0:
            raise Broken("the path is too long")
        if fn & 1 or fn == sn:
            found = node_hash(step, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = node_hash(found, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or found != root:
        raise Broken("the event is not in the tree that was signed")


def check_consistency(size1: int, size2: int, path: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """That the tree of the second size begins with the whole of the first (RFC 9162, 2.1.4.2). Raises Broken."""
    if not 0 < size1 <= size2:
        raise Broken("the sizes are no older and newer tree")
    if size1 == size2:
        if path or root1 != root2:
            raise Broken("two roots of one size")
        return
    steps = [root1, *path] if size1 & (size1 - 1) == 0 else list(path)
    if not steps:
        raise Broken("the path is too short")
    fn, sn = size1 - 1, size2 - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if sn == 0:
            raise Broken("the path is too long")
        if fn & 1 or fn == sn:
            first, second = node_hash(step, first), node_hash(step, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, step)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or first != root1 or second != root2:
        raise Broken("the newer tree does not begin with the older one")


# ------------------------------------------------------------------ Ed25519 (RFC 8032, 5.1)

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def signed_by(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether this is the signature of the owner of this public key over the message."""
    if len(public) != 32 or len(signature) != 64:
        return False
    owner, nonce = _point(public), _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if owner is None or nonce is None or scalar >= _ORDER:
        return False
    digest = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _times(scalar, _BASE), _plus(nonce, _times(digest, owner))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _point(data: bytes) -> _Point | None:
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    x = _P - x if x & 1 != sign else x
    return x, y, 1, x * y % _P


def _plus(p: _Point, q: _Point) -> _Point:
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % _P, (p[1] + p[0]) * (q[1] + q[0]) % _P
    c, d = 2 * p[3] * q[3] * _D % _P, 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, p: _Point) -> _Point:
    result: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _plus(result, p)
        p, scalar = _plus(p, p), scalar >> 1
    return result


_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


# ------------------------------------------------------------------ notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature)


class Key(NamedTuple):
    """A verifier key: `name+id+base64(kind, public key)`."""

    name: str
    id: bytes
    kind: int
    public: bytes


class Signature(NamedTuple):
    """A line below a note: whose, with which key, and the signature."""

    name: str
    key_id: bytes
    data: bytes


class Note(NamedTuple):
    """A text and the signatures below it."""

    text: str
    signatures: tuple[Signature, ...]


class Checkpoint(NamedTuple):
    """What a log says of itself: who it is, how many events it has, and the root of their tree."""

    origin: str
    size: int
    root: bytes


def exact(text: str) -> bytes:
    """Base64 in its one form. Raises Unreadable."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise Unreadable("no base64") from None
    if b64encode(data).decode() != text:
        raise Unreadable("base64 that could be written otherwise")
    return data


def number(text: str) -> int:
    """A whole number in its one form. Raises Unreadable."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", text):
        raise Unreadable("no number")
    return int(text)


def read_key(text: str) -> Key:
    """A verifier key as it is written. Raises Unreadable."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or not _named(parts[0]) or not re.fullmatch(r"[0-9a-f]{8}", parts[1]):
        raise Unreadable("no verifier key: it has the form name+id+key")
    data = exact(parts[2])
    key = Key(parts[0], bytes.fromhex(parts[1]), data[0] if data else 0, data[1:])
    if key.kind not in (LOG_KEY, WITNESS_KEY) or len(key.public) != 32 or key.id != key_id(key.name, key.kind, key.public):
        raise Unreadable("no Ed25519 verifier key, or its id does not fit it")
    return key


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """What a key is known by in a signature line."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


def written_key(key: Key) -> str:
    """A verifier key as it is written."""
    return f"{key.name}+{key.id.hex()}+{b64encode(bytes([key.kind]) + key.public).decode()}"


def _named(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 32 for c in name)


def read_note(data: bytes) -> Note:
    """A signed note. Raises Unreadable."""
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise Unreadable("no signed note: not text") from None
    text, gap, below = whole.rpartition("\n\n")
    if not gap or not below.endswith("\n") or any(ord(c) < 32 and c != "\n" for c in whole):
        raise Unreadable("no signed note")
    return Note(text + "\n", tuple(_signature(line) for line in below[:-1].split("\n")))


def _signature(line: str) -> Signature:
    mark, _, rest = line.partition(" ")
    name, _, said = rest.partition(" ")
    data = exact(said)
    if mark != "\u2014" or not _named(name) or len(data) < 5:
        raise Unreadable("no signature line")
    return Signature(name, data[:4], data[4:])


def written_note(note: Note) -> str:
    """A note as it is written."""
    lines = (f"\u2014 {s.name} {b64encode(s.key_id + s.data).decode()}\n" for s in note.signatures)
    return note.text + "\n" + "".join(lines)


def signature_of(note: Note, key: Key) -> Signature | None:
    """The line below a note that this key made, if there is one. Raises Broken when it is not that key's."""
    for line in note.signatures:
        if (line.name, line.key_id) == (key.name, key.id):
            if not signed_by(key.public, to_sign(note.text, key.kind, line.data), line.data[-64:]):
                raise Broken(f"the signature of {key.name} does not fit the text")
            return line
    return None


def to_sign(text: str, kind: int, data: bytes = b"") -> bytes:
    """The bytes that are signed: the text, and before it, for a witness, the time that stands in the signature."""
    if kind == LOG_KEY:
        return text.encode() if len(data) in (0, 64) else b""
    return f"cosignature/v1\ntime {witnessed_at(data)}\n".encode() + text.encode() if len(data) == 72 else b""


def witnessed_at(data: bytes) -> int:
    """When a witness signed, in seconds since 1970 (UTC)."""
    return int.from_bytes(data[:8], "big")


def read_checkpoint(note: Note) -> Checkpoint:
    """The checkpoint a note holds. Raises Unreadable."""
    lines = note.text.split("\n")
    if len(lines) != 4 or not _named(lines[0]):
        raise Unreadable("no checkpoint: its text is origin, size and root")
    root = exact(lines[2])
    if len(root) != 32:
        raise Unreadable("no checkpoint: its root is no SHA-256")
    return Checkpoint(lines[0], number(lines[1]), root)


# ------------------------------------------------------------------ files


class Checked(NamedTuple):
    """What a file proves: lines to read, the checkpoint it rests on, and the event it holds."""

    says: tuple[str, ...]
    checkpoint: Checkpoint
    event: Event | None = None


def check_file(data: bytes, keys: Sequence[Key], remembered: Sequence[bytes] = ()) -> Checked:
    """Check a checkpoint, an inclusion proof, a consistency proof or a dossier. `keys`: the log's, and those of witnesses,
    who must all have signed. `remembered`: older checkpoints it must go on from. Raises Unreadable, Broken."""
    if b"<!--dtv-dossier " in data:
        return _dossier(data, keys, remembered)
    head = data.partition(b"\n")[0]
    if head == PROOF.encode():
        return _inclusion(data, keys)
    if head == CONSISTENCY.encode():
        return _consistency(data, keys, remembered)
    checkpoint, says = _signed(data, keys)
    _same_as(checkpoint.origin, [(checkpoint.size, checkpoint.root)], keys, remembered)
    return Checked(says, checkpoint)


def _signed(data: bytes, keys: Sequence[Key]) -> tuple[Checkpoint, tuple[str, ...]]:
    """A checkpoint that its log signed, and every witness whose key was given; what they say."""
    note = read_note(data)
    checkpoint = read_checkpoint(note)
    logs = [key for key in keys if key.kind == LOG_KEY]
    if not any(key.name == checkpoint.origin and signature_of(note, key) for key in logs):
        raise Broken(f"no given key of {checkpoint.origin} signed this checkpoint")
    says = [f"{checkpoint.origin} had {checkpoint.size} events, root {checkpoint.root.hex()}"]
    for key in keys:
        if key.kind == WITNESS_KEY:
            line = signature_of(note, key)
            if line is None:
                raise Broken(f"witness {key.name} did not sign this checkpoint")
            says.append(f"seen by {key.name} at {witnessed_at(line.data)} (seconds since 1970)")
    return checkpoint, tuple(says)


def _parted(data: bytes) -> tuple[list[str], bytes]:
    """The lines above the first empty one, and the checkpoint below it."""
    above, gap, below = data.partition(b"\n\n")
    if not gap:
        raise Unreadable("no proof: nothing below it was signed")
    try:
        return above.decode("ascii").split("\n")[1:], below
    except UnicodeDecodeError:
        raise Unreadable("no proof: not text") from None


def _hashes(lines: Sequence[str]) -> list[bytes]:
    found = [exact(line) for line in lines]
    if any(len(each) != 32 for each in found):
        raise Unreadable("no proof: a hash is no SHA-256")
    return found


def _inclusion(data: bytes, keys: Sequence[Key]) -> Checked:
    lines, below = _parted(data)
    if len(lines) < 2 or not lines[0].startswith("extra ") or not lines[1].startswith("index "):
        raise Unreadable("no proof of an event: it lacks the event or its index")
    entry, index, path = exact(lines[0][6:]), number(lines[1][6:]), _hashes(lines[2:])
    event = unframed(entry)
    checkpoint, says = _signed(below, keys)
    check_inclusion(leaf_hash(entry), index, checkpoint.size, path, checkpoint.root)
    said = f"event {event.version} of {event.stream} ({event.topic}) is in that log, at position {event.position}"
    return Checked((said, *says), checkpoint, event)


def _consistency(data: bytes, keys: Sequence[Key], remembered: Sequence[bytes]) -> Checked:
    lines, below = _parted(data)
    old = re.fullmatch(r"from (\S+) (\S+)", lines[0]) if lines else None
    if old is None:
        raise Unreadable("no consistency proof: it lacks the older tree")
    size, (root,), path = number(old[1]), _hashes([old[2]]), _hashes(lines[1:])
    checkpoint, says = _signed(below, keys)
    check_consistency(size, checkpoint.size, path, root, checkpoint.root)
    _same_as(checkpoint.origin, [(size, root), (checkpoint.size, checkpoint.root)], keys, remembered)
    return Checked((f"the first {size} events are still what they were, root {root.hex()}", *says), checkpoint)


_SEAL = re.compile(rb"<!--dtv-dossier ([A-Za-z0-9+/=]+)-->")
_RECORD = re.compile(
    rb'<code class="record" data-leaf="([0-9]+)" data-path="([A-Za-z0-9+/=,]*)">(sha256:)?([A-Za-z0-9+/=]+)</code>'
)
_WITHIN = {name: re.compile(rb'<%b id="%b">([^<>&]*)</' % each) for name, each in {
    "checkpoint": (b"pre", b"checkpoint"), "key": (b"code", b"key"),
}.items()}  # fmt: skip


def _dossier(data: bytes, keys: Sequence[Key], remembered: Sequence[bytes]) -> Checked:
    """A dossier: the note in its last comment signs every byte before that, and each record stands in the signed tree."""
    start = data.rfind(b"<!--dtv-dossier ")
    seal, found = _SEAL.fullmatch(data[start:]), {name: form.search(data) for name, form in _WITHIN.items()}
    if seal is None or not all(found.values()):
        raise Broken("the end of the dossier was changed or cut off, or its checkpoint or key is not there")
    note = read_note(exact(seal[1].decode()))
    within = {name: match[1].decode() for name, match in found.items() if match}
    own = not keys
    keys = keys or [read_key(within["key"])]
    if not any(signature_of(note, key) for key in keys if key.kind == LOG_KEY):
        raise Broken("no given key signed this dossier")
    if note.text.split("\n")[:2] != [DOSSIER, f"file {b64encode(hashlib.sha256(data[:start]).digest()).decode()}"]:
        raise Broken("the dossier was changed after it was signed")
    checkpoint, says = _signed(within["checkpoint"].encode(), keys)
    records = _RECORD.findall(data[:start])
    for index, path, hashed, told in records:
        entry = exact(told.decode())
        leaf = entry if hashed else leaf_hash(entry)
        steps = _hashes(path.decode().split(",")) if path else []
        check_inclusion(leaf, number(index.decode()), checkpoint.size, steps, checkpoint.root)
    _same_as(checkpoint.origin, [(checkpoint.size, checkpoint.root)], keys, remembered)
    whose = f"NOT CHECKED: whose key it is; the one in the file was used, {keys[0].id.hex()}: compare it with the log's"
    said = f"no byte of this dossier was changed; its {len(records)} records are in that log"
    return Checked((said, *says, *([whose] if own else [])), checkpoint)


def _same_as(origin: str, proven: list[tuple[int, bytes]], keys: Sequence[Key], remembered: Sequence[bytes]) -> None:
    """That the older checkpoints somebody kept are of this log, and of trees that are proven here."""
    for kept in remembered:
        older, _ = _signed(kept, [key for key in keys if key.kind == LOG_KEY])
        if older.origin != origin:
            raise Broken(f"the checkpoint that was kept is of another log: {older.origin}")
        if (older.size, older.root) not in proven:
            raise Broken(f"this says nothing of the checkpoint that was kept, of {older.size} events, or contradicts it")


def main(arguments: Sequence[str]) -> int:
    """Check a file; print what it proves, or why it does not."""
    files, keys, kept = [], [], []
    given = iter(arguments)
    try:
        for argument in given:
            if argument == "--key":
                keys.append(read_key(next(given)))
            elif argument == "--checkpoint":
                kept.append(_bytes(next(given)))
            else:
                files.append(argument)
        (file,) = files
        checked = check_file(_bytes(file), keys, kept)
    except (Unreadable, OSError, ValueError, StopIteration) as error:
        sys.stderr.write(f"{str(error) or 'usage: check.py FILE [--key VERIFIER-KEY]... [--checkpoint OLD]...'}\n")
        return 2
    except Broken as error:
        sys.stderr.write(f"NOT PROVEN: {error}\n")
        return 7
    sys.stdout.write("".join(f"{line}\n" for line in checked.says))
    return 0


def _bytes(path: str) -> bytes:
    with open(path, "rb") as stream:
        return stream.read()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
