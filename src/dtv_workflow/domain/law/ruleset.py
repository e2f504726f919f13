"""The numbers of the law as dated data.

One TOML file is one dated delta: the parameters that a change of the law set, each with value, unit and source. What is in force
at a moment is the merge of every delta up to that day. Its id names the deltas merged, its hash their content, and both stand in
the receipt of every decision.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import date
from functools import cache
from importlib import resources
from typing import Any

import msgspec


class Parameter(msgspec.Struct, frozen=True):
    """One number of the law: `value` in `unit`, in force `since` a day, from a `source`."""

    name: str
    value: int
    unit: str
    since: date
    source: str
    ruleset: str


class Delta(msgspec.Struct, frozen=True):
    """One ruleset file: what changed on one day."""

    id: str
    title: str
    since: date
    parameters: tuple[Parameter, ...]


class Ruleset(msgspec.Struct, frozen=True):
    """The parameters in force at one moment."""

    id: str
    hash: str
    parameters: dict[str, Parameter]

    def __getitem__(self, name: str) -> int:
        """The value of a parameter, in its own unit. Raises KeyError for an unknown name."""
        return self.parameters[name].value


def read_delta(text: str) -> Delta:
    """Read one ruleset file. Raises ValueError or KeyError when it does not have the shape of one."""
    data: dict[str, Any] = tomllib.loads(text)
    since: date = data["since"]
    parameters = tuple(
        Parameter(p["name"], p["value"], p["unit"], since, p["source"], data["id"]) for p in data["parameter"]
    )
    return Delta(data["id"], data["title"], since, parameters)


@cache
def deltas() -> tuple[Delta, ...]:
    """Every ruleset file shipped with the package, oldest first."""
    folder = resources.files(__package__) / "rulesets"
    files = [f for f in folder.iterdir() if f.name.endswith(".toml")]
    return tuple(sorted((read_delta(f.read_text("utf-8")) for f in files), key=lambda d: (d.since, d.id)))


def merge(chosen: tuple[Delta, ...]) -> Ruleset:
    """Merge deltas in order: a later one replaces the parameters it names and leaves the others."""
    parameters: dict[str, Parameter] = {}
    for delta in chosen:
        parameters.update((p.name, p) for p in delta.parameters)
    content = msgspec.json.encode(sorted(parameters.values(), key=lambda p: p.name))
    return Ruleset("+".join(d.id for d in chosen), hashlib.sha256(content).hexdigest()[:32], parameters)


def in_force(day: date) -> Ruleset:
    """The ruleset in force on a calendar day (Europe/Amsterdam).

    A day before the oldest file is judged by the oldest file, whose id then stands in the receipt: a fact of long ago is
    never lost for want of a number.
    """
    known = deltas()
    return _merged(sum(1 for d in known if d.since <= day) or 1)


@cache
def _merged(count: int) -> Ruleset:
    return merge(deltas()[:count])
