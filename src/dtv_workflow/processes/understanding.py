"""Understanding a message: what it is known by, which cases it names, and the fact it reports, or why that cannot be told.

Pure but for the digests, which take the store's secret: nothing that a message says can be guessed from what it is known by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.answers import ALPHABET, ID_LENGTH
from dtv_workflow.domain.fields import Moment, day_of
from dtv_workflow.domain.inbox import LONGEST_MESSAGE
from dtv_workflow.domain.procedures import Unclear
from dtv_workflow.domain.reading import check_past, read_step
from dtv_workflow.domain.steps import Row, Step, step_name
from dtv_workflow.errors import Malformed
from dtv_workflow.processes.cloudevents import LARGEST, CloudEvent, Unreadable, facts_by_type, read
from dtv_workflow.processes.partners import UNSENT, Partner

Digest = Callable[[str, bytes], bytes]
"""A keyed digest of data for a purpose, as `KeyStore.digest` gives it."""

MOST_CASES = 100
"""How many cases one unreadable message can hold; more are no message but a list."""

NAMED = 32
"""Hexadecimal digits of a digest that a message is known by."""

_CASE_ID = f"[{ALPHABET}]{{{ID_LENGTH}}}"
_SUBJECT = re.compile(rb'"subject"\s*:\s*"(' + _CASE_ID.encode() + rb')"')
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_CODED = r"[A-Z0-9]{1,26}([-._:/][A-Z0-9]{1,26}){0,5}"
_SHOWN = re.compile(f"({_UUID}|{_CODED})")
_NUMBER = re.compile(r"[0-9]{8}")


class Told(NamedTuple):
    """A fact that a message reports, and when that happened."""

    name: str
    step: Step
    at: datetime


class Known(NamedTuple):
    """What a message is known by. `key`: its source and id. `mark`: what it says as well. `event` is None for one that cannot be
    read, and then `wrong` says why; `cases` are the ids that it names, whether or not there are such cases."""

    key: str
    mark: str
    event: CloudEvent | None
    cases: tuple[str, ...]
    wrong: Unclear | None = None


def known(raw: bytes, digest: Digest) -> Known:
    """What the bytes of one message are known by. Never raises."""
    try:
        event = read(raw)
    except Unreadable as error:
        name = digest("inbox.raw", raw).hex()[:NAMED]
        wrong = Unclear.TOO_LARGE if len(raw) > LARGEST else Unclear.UNREADABLE
        return Known(name, name, None, _named(raw, error.attributes.get("subject")), wrong)
    key = msgspec.json.encode([event.source, event.id])
    said = msgspec.json.encode([event.source, event.id, event.type, event.subject, event.data], order="sorted")
    subject = (event.subject,) if event.subject is not None and re.fullmatch(_CASE_ID, event.subject) else ()
    return Known(digest("inbox.id", key).hex()[:NAMED], digest("inbox.message", said).hex()[:NAMED], event, subject)


def _named(raw: bytes, subject: str | None) -> tuple[str, ...]:
    """The cases that an unreadable message names: as its subject, else wherever a subject can still be made out in it."""
    if subject is not None and re.fullmatch(_CASE_ID, subject):
        return (subject,)
    found = dict.fromkeys(case.decode() for case in _SUBJECT.findall(raw))
    return tuple(found) if len(found) <= MOST_CASES else ()


def shown(event: CloudEvent, key: str) -> str:
    """A message's id as it may stand in the clear: a UUID or a code of capitals and digits, and otherwise its digest.

    Eight digits together may be a birth date or a V-number, small letters a name.
    """
    plain = _SHOWN.fullmatch(event.id) and (re.fullmatch(_UUID, event.id) or not _NUMBER.search(event.id))
    return event.id if plain and len(event.id) <= 64 else key[:16]


def content_of(raw: bytes) -> str:
    """The message as text to be sealed: what is no UTF-8 as escapes, and at most as much as is kept."""
    return raw[:LONGEST_MESSAGE].decode("utf-8", "backslashreplace")[:LONGEST_MESSAGE]


def kept_whole(raw: bytes) -> bool:
    """Whether what is kept of a message is all of it."""
    return len(raw.decode("utf-8", "backslashreplace")) <= LONGEST_MESSAGE


def row_of(event: CloudEvent | None) -> Row | None:
    """The fact that a message's type stands for; None for a type that is unknown, or that no partner reports."""
    row = facts_by_type().get(event.type) if event else None
    return row if row is not None and step_name(row.step) not in UNSENT else None


def understood(event: CloudEvent, partner: Partner | None, now: datetime) -> Told | Unclear:
    """The fact that a message reports, or why it cannot be told. Never raises, and repeats nothing of the message."""
    if partner is None:
        return Unclear.UNKNOWN_SENDER
    if event.type not in facts_by_type():
        return Unclear.UNKNOWN_TYPE
    row = row_of(event)
    if row is None:
        return Unclear.NOT_REPORTED
    name = step_name(row.step)
    if not partner.may_report(name):
        return Unclear.WRONG_SENDER
    at = happened_at(event)
    if at is None or set(event.data) != {"at", "fields"}:
        return Unclear.MALFORMED_DATA
    try:
        step = read_step(name, event.data["fields"])
    except (Malformed, RecursionError, ValueError):
        return Unclear.MALFORMED_DATA
    if at > now:
        return Unclear.IN_THE_FUTURE
    try:
        check_past(step, now)
    except Malformed:
        return Unclear.IN_THE_FUTURE
    return Told(name, step, at)


def happened_at(event: CloudEvent) -> datetime | None:
    """When it says that it happened, in UTC; None where it says no real time."""
    data: Any = event.data
    try:
        at = msgspec.convert(data["at"], Moment, strict=True)
        day_of(at)
        return at.astimezone(UTC)
    except (msgspec.ValidationError, TypeError, KeyError, IndexError, ValueError, OverflowError):
        return None


def since(event: CloudEvent | None, opened_at: datetime | None, now: datetime) -> datetime:
    """From when a message that was not understood holds: the first time it names, but not from before the case nor after now."""
    said = [event.time, happened_at(event)] if event else []
    times = [at for at in said if at is not None and at <= now and (opened_at is None or at >= opened_at)]
    return min(times, default=now)


# ------------------------------------------------------------------ several messages in one file


def messages_in(raw: bytes) -> list[bytes]:
    """The messages in a file, each as it stands there: one, a batch (`application/cloudevents-batch+json`), or JSON Lines.

    What cannot be read is a message too, for somebody to look at. Of a batch that is damaged the messages before the damage are
    found, and the rest of it is one that cannot be read.
    """
    text = raw.strip().removeprefix(b"\xef\xbb\xbf").strip()
    if text.startswith(b"["):
        return _batch(text)
    if not text.count(b"\n") or _is_json(text):
        return [text] if text else [raw]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines if any(line.startswith(b"{") and _is_json(line) for line in lines) else [text]


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _batch(raw: bytes) -> list[bytes]:
    """The elements of a JSON array, and what is left from where it can no longer be read."""
    text = raw.decode("utf-8", "surrogateescape")
    found: list[bytes] = []
    scan, at = json.JSONDecoder(), _past_space(text, 1)
    while text[at : at + 1] != "]":
        try:
            _, end = scan.raw_decode(text, at)
        except (ValueError, RecursionError):
            return [*found, _bytes(text[at:])] if text[at:] else found or [raw]
        found.append(_bytes(text[at:end]))
        at = _past_space(text, end)
        if text[at : at + 1] == ",":
            at = _past_space(text, at + 1)
    rest = text[at + 1 :].strip()
    return [*found, _bytes(rest)] if rest else found


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
