"""The numbers of the law as dated data.

One TOML file is one dated delta: the parameters that a change of the law set, each with value, unit and source, from the day it
came into force and, where the law itself ended it, to its last day. What is in force at a moment is the merge of every delta up
to that day. Its id names the deltas merged, its hash their content, and both stand in the receipt of every decision.

A file marked `draft` is a law that is not there yet: it is never in force, whatever the day, and is merged only when somebody
asks for it by name (`named`), to see what it would change.
"""

from __future__ import annotations

import hashlib
import tomllib
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from dtv_workflow.domain.law.calendar import AMSTERDAM


class Parameter(msgspec.Struct, frozen=True):
    """One number of the law: `value` in `unit`, in force from `since` to `until` (its last day; None: still), with its source."""

    name: str
    value: int
    unit: str
    since: date
    source: str
    ruleset: str
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on a day, as far as this file says."""
        return self.since <= day and (self.until is None or day <= self.until)


class Delta(msgspec.Struct, frozen=True):
    """One ruleset file: what changed on one day. `transition` says in words what becomes of terms that run on that day."""

    id: str
    title: str
    since: date
    parameters: tuple[Parameter, ...]
    draft: bool = False
    transition: str = ""


class Ruleset(msgspec.Struct, frozen=True):
    """The parameters in force at one moment, or under a law that somebody asks about."""

    id: str
    hash: str
    parameters: dict[str, Parameter]

    def __getitem__(self, name: str) -> int:
        """The value of a parameter, in its own unit. Raises KeyError for an unknown name."""
        return self.parameters[name].value

    def get(self, name: str) -> int | None:
        """The value of a parameter, or None where this ruleset has none of that name."""
        return self.parameters[name].value if name in self.parameters else None

    def follows(self, earlier: str) -> bool:
        """Whether this is the law that came after the ruleset with that id: all it merged, and more."""
        return self.id.startswith(f"{earlier}+")


class UnknownRuleset(LookupError):
    """No ruleset of that name is shipped."""


def read_delta(text: str) -> Delta:
    """Read one ruleset file. Raises ValueError or KeyError when it does not have the shape of one."""
    data: dict[str, Any] = tomllib.loads(text)
    since: date = data["since"]
    parameters = tuple(
        Parameter(p["name"], p["value"], p["unit"], p.get("from", since), p["source"], data["id"], p.get("to"))
        for p in data["parameter"]
    )
    return Delta(data["id"], data["title"], since, parameters, data.get("draft", False), data.get("transition", ""))


@cache
def shipped() -> tuple[Delta, ...]:
    """Every ruleset file shipped with the package, oldest first, drafts last."""
    folder = resources.files(__package__) / "rulesets"
    files = [f for f in folder.iterdir() if f.name.endswith(".toml")]
    return tuple(sorted((read_delta(f.read_text("utf-8")) for f in files), key=lambda d: (d.draft, d.since, d.id)))


@cache
def deltas() -> tuple[Delta, ...]:
    """Every ruleset that is law, oldest first."""
    return tuple(delta for delta in shipped() if not delta.draft)


@cache
def drafts() -> tuple[Delta, ...]:
    """Every ruleset that is not law yet."""
    return tuple(delta for delta in shipped() if delta.draft)


def merge(chosen: tuple[Delta, ...], day: date | None = None) -> Ruleset:
    """Merge deltas in order: a later one replaces the parameters it names and leaves the others.

    With a `day`, a parameter that this day lies outside of is left out, so that an earlier value stands again.
    """
    parameters: dict[str, Parameter] = {}
    for delta in chosen:
        parameters.update((p.name, p) for p in delta.parameters if day is None or p.holds_on(day))
    content = msgspec.json.encode(sorted(parameters.values(), key=lambda p: p.name))
    return Ruleset("+".join(d.id for d in chosen), hashlib.sha256(content).hexdigest()[:32], parameters)


def in_force(day: date) -> Ruleset:
    """The ruleset in force on a calendar day (Europe/Amsterdam).

    A day before the oldest file is judged by the oldest file, whose id then stands in the receipt: a fact of long ago is
    never lost for want of a number.
    """
    changes = _changes()
    return _since(changes[max(bisect_right(changes, day) - 1, 0)])


def named(id: str) -> Ruleset:
    """A ruleset by name: a file's id (the law from the day of that file on), a draft's (all that is law, and the draft), or the
    merged id that stands in a receipt. Raises UnknownRuleset."""
    by_id = {delta.id: delta for delta in shipped()}
    if id in by_id:
        delta = by_id[id]
        return merge((*deltas(), delta), delta.since) if delta.draft else in_force(delta.since)
    parts = id.split("+")
    if not set(parts) <= set(by_id):
        raise UnknownRuleset(f"no ruleset of that name; there are {', '.join(by_id)}")
    chosen = tuple(by_id[part] for part in parts)
    return merge(chosen, chosen[-1].since)


def last_day_of(parameter: Parameter) -> date | None:
    """The last day on which a parameter holds: as its file says, or the day before a later law replaces it, or None."""
    later = [
        other.since - timedelta(days=1)
        for delta in deltas()
        for other in delta.parameters
        if other.name == parameter.name and other.since > parameter.since
    ]
    return min([*later, *([parameter.until] if parameter.until else [])], default=None)


def changes_after(moment: datetime) -> list[datetime]:
    """The moments after this one at which the law changes, in order: the first of each such day in Europe/Amsterdam."""
    return [change for change in _change_moments() if change > moment]


@cache
def _change_moments() -> tuple[datetime, ...]:
    return tuple(datetime.combine(day, time.min, AMSTERDAM).astimezone(UTC) for day in _changes())


@cache
def _changes() -> tuple[date, ...]:
    """The days on which the law changes: each file's, each parameter's, and the day after one ended."""
    days = {delta.since for delta in deltas()}
    for parameter in (p for delta in deltas() for p in delta.parameters):
        days |= {parameter.since} | ({parameter.until + timedelta(days=1)} if parameter.until else set())
    return tuple(sorted(days))


@cache
def _since(day: date) -> Ruleset:
    return merge(tuple(delta for delta in deltas() if delta.since <= day), day)
