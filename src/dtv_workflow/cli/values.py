"""Field values from a command line. Personal data never stands on it: it comes from a file, from stdin, or from a prompt.

A command line is seen by every process of the machine and kept in the shell's history.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin

import click
import msgspec

from dtv_workflow.domain.fields import last_moment
from dtv_workflow.domain.steps import Step, hints
from dtv_workflow.errors import Malformed

NEVER_HERE = "holds personal data: give it as @FILE, as - (stdin) or at the prompt, never on the command line"

LONGEST = 1 << 20
"""In bytes, of a value read from a file or stdin."""


def personal(declared: Any) -> bool:
    """Whether a declared type holds free text or other personal data."""
    if isinstance(declared, type):
        if issubclass(declared, msgspec.Struct):
            return any(personal(kind) for kind in hints(declared).values())
        return declared is str
    for meta in getattr(declared, "__metadata__", ()):
        if isinstance(meta, msgspec.Meta) and meta.extra:
            if meta.extra.get("data") == "text" or "sealed" in meta.extra:
                return True
            if "data" in meta.extra:
                return False
    return any(personal(part) for part in get_args(declared) if part is not type(None))


def bare(declared: Any) -> Any:
    """The type without None and without annotations around it."""
    if hasattr(declared, "__metadata__"):
        return bare(declared.__origin__)
    parts = [part for part in get_args(declared) if part is not type(None)]
    if get_origin(declared) not in (tuple, dict, None) and len(parts) == 1:
        return bare(parts[0])
    return declared


def words(declared: Any) -> list[str]:
    """The words an enum field allows; empty for any other."""
    kind = bare(declared)
    return [str(member.value) for member in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []


def from_file(given: str, name: str) -> str | None:
    """The content of `@FILE` or `-`; None when neither was given. Raises Malformed when it cannot be read."""
    if given == "-":
        data = sys.stdin.buffer.read(LONGEST + 1)
    elif given.startswith("@"):
        try:
            with Path(given[1:]).open("rb") as stream:
                data = stream.read(LONGEST + 1)
        except OSError as error:
            raise Malformed(f"--{name}: the file cannot be read ({error.strerror})") from None
    else:
        return None
    if len(data) > LONGEST:
        raise Malformed(f"--{name}: longer than {LONGEST} bytes")
    try:
        return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise Malformed(f"--{name}: not UTF-8 text") from None


def value(name: str, declared: Any, given: str | tuple[str, ...] | bool | int | None) -> Any:
    """One field's plain value from what was given. Raises Malformed for personal data on the command line."""
    if given is None or given == ():
        return None
    option = name.replace("_", "-")
    kind = bare(declared)
    if isinstance(given, bool | int):
        return given
    if isinstance(given, tuple):
        return _several(option, declared, given)
    text = from_file(given, option)
    if text is None and (personal(declared) or kind is Any):
        raise Malformed(f"--{option} {NEVER_HERE}")
    return _read(option, kind, given if text is None else text)


def _read(option: str, kind: Any, text: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Step):
        return _object(option, kind, text)
    if get_origin(kind) is dict or kind is Any:
        return _json(text, option) if kind is not Any or text[:1] in '{["0123456789tfn-' else text
    if kind is int:
        return int(text) if re.fullmatch(r"-?\d{1,15}", text.strip()) else _wrong(option, "a whole number")
    return text


def _json(text: str, option: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        if option == "value":
            return text
        raise Malformed(f"--{option}: not JSON") from None


def _object(option: str, kind: type[Step], text: str) -> Any:
    """A nested object: JSON, or `item=answer,…`; `all=ANSWER` answers every item."""
    if text.lstrip().startswith("{"):
        return _json(text, option)
    pairs = [pair.partition("=") for pair in re.split(r"[,\n]", text) if pair.strip()]
    if not all(separator for _, separator, _ in pairs):
        return _wrong(option, "JSON or item=value,…")
    said: dict[str, Any] = {}
    for item, _, answer in pairs:
        said |= dict.fromkeys(kind.__struct_fields__, answer.strip()) if item.strip() == "all" else {item.strip(): answer.strip()}
    return said


def _several(option: str, declared: Any, given: tuple[str, ...]) -> list[Any]:
    """A list: repeated, comma-separated, JSON, or a file with one a line."""
    inner = bare(next((part for part in get_args(bare(declared)) if part is not Ellipsis), str))
    found: list[Any] = []
    for one in given:
        text = from_file(one, option)
        if text is None and personal(declared):
            raise Malformed(f"--{option} {NEVER_HERE}; a list has one a line")
        if (one if text is None else text).lstrip().startswith("["):
            decoded = _json(one if text is None else text, option)
            found += decoded if isinstance(decoded, list) else [decoded]
        elif isinstance(inner, type) and issubclass(inner, Step):
            _wrong(option, "a JSON list")
        else:
            found += [part for part in (one.split(",") if text is None else text.splitlines()) if part.strip()]
    return found


def _wrong(option: str, wanted: str) -> Any:
    raise Malformed(f"--{option} must be {wanted}")


def reason_from(given: str | None) -> str | None:
    """A reason: `@FILE`, `-`, or a coded word. Raises Malformed for free text on the command line."""
    if given is None:
        return None
    text = from_file(given, "reason")
    if text is not None:
        return text
    if re.fullmatch(r"[a-z][a-z0-9_]{0,63}", given):
        return given
    raise Malformed("--reason is personal data: give it as @FILE or - (stdin), or as a coded word such as late_entry")


def moment_of(given: str | None, name: str = "--as-known-at") -> datetime | None:
    """A time with offset, or a day (its end). Raises Malformed."""
    if given is None:
        return None
    try:
        moment = last_moment(given) if len(given) == 10 else datetime.fromisoformat(given.upper())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Malformed(f"{name} must be a day, or a time with offset such as 2026-01-05T10:00:00+01:00")
    return moment


def prompted(name: str, declared: Any, says: str) -> Any:
    """Ask for a required personal field on a terminal; an object item by item. Raises Malformed off a terminal."""
    option = name.replace("_", "-")
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Malformed(f"--{option} is required: give it as @FILE or as - (stdin)")
    kind = bare(declared)
    if isinstance(kind, type) and issubclass(kind, Step):
        asked = {f: click.prompt(f"{name} {f}", default="", err=True, show_default=False) for f in kind.__struct_fields__}
        return {field: answer for field, answer in asked.items() if answer}
    answer = click.prompt(says or name, err=True)
    return [answer] if get_origin(kind) is tuple else answer
