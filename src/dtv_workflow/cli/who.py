"""`dtv audit who`: everybody who did something in a case, and everybody who looked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dtv_workflow.cli.do import kebab
from dtv_workflow.cli.opened import known
from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.cli.values import moment_of

if TYPE_CHECKING:
    from dtv_workflow.domain.record import Record

_DID = {"took": "nam", "refused": "geweigerd", "second": "tweede", "looked": "keek", "not_shown": "niet getoond"}
COLUMNS = ("did", "actor", "role", "what", "times", "first", "last", "versions")


class _Deed(NamedTuple):
    """One thing that somebody did once: what, and at which version of the case (None: a look leaves none)."""

    did: str
    actor: str
    role: str
    what: str
    at: datetime
    version: int | None = None


@click.command("who", cls=Command, looks_back=True, opens=True)
@click.argument("reference", metavar="CASE")
@click.option("--actor", "whose", metavar="ACTOR", help="Only what this actor did.")
@click.pass_obj
def who(settings: Settings, reference: str, whose: str | None) -> None:
    """Who did what in a case, in which role, when and how often: steps taken and refused, as the second of two people, and looks.

    A look stands under the command it was made with and its purpose. This look is among them.

    \b
    dtv audit who K7Q2
    dtv audit who K7Q2 --as-known-at 2026-01-31 --format csv
    """
    from dtv_workflow.access import looks_at

    with settings.register() as register:
        at = moment_of(settings.as_known_at)
        history = known(register, reference, at)
        looked = looks_at(register, history[0].originator_id.removeprefix("case/"))
    seen = [record for record in looked if at is None or record.recorded_at <= at]
    deeds = [deed for deed in (*_deeds(history, settings), *_looks(seen, settings)) if whose in (None, deed.actor)]
    nobody = f"{whose} deed hier niets" if settings.dutch else f"{whose} did nothing here"
    show(_rows(deeds, settings), COLUMNS, settings, empty=nobody)


def _deeds(history: list[Record], settings: Settings) -> list[_Deed]:
    """What everybody did, step by step: a step that left several events is one."""
    found: list[_Deed] = []
    seen: set[str] = set()
    for record in history:
        if record.request_id in seen:
            continue
        seen.add(record.request_id)
        event: Any = record.event
        no = record.name == "CommandRefused"
        what = kebab(event.refused if no else record.step)
        role = record.role.nl if settings.dutch and not settings.machine else record.role.value
        found.append(_Deed("refused" if no else "took", record.actor, role, what, record.recorded_at, record.version))
        if record.second and not no:
            found.append(_Deed("second", record.second, "", what, record.recorded_at, record.version))
    return found


def _looks(records: list[Record], settings: Settings) -> list[_Deed]:
    """Who looked, by which command and what for."""
    found = []
    for record in records:
        event: Any = record.event
        full = (", onverkort" if settings.dutch else ", in full") if event.unmasked else ""
        role = record.role.nl if settings.dutch and not settings.machine else record.role.value
        did = "looked" if event.result == "shown" else "not_shown"
        found.append(_Deed(did, record.actor, role, f"{event.action} ({event.purpose}{full})", record.recorded_at))
    return found


def _rows(deeds: list[_Deed], settings: Settings) -> list[dict[str, Any]]:
    """The same deed of the same person on one line, in the order of the first."""
    together: dict[tuple[str, str, str, str], list[_Deed]] = {}
    for deed in sorted(deeds, key=lambda deed: deed.at):
        together.setdefault(deed[:4], []).append(deed)
    return [
        {
            "did": _DID[did] if settings.dutch and not settings.machine else did, "actor": actor, "role": role, "what": what,
            "times": len(group), "first": group[0].at, "last": group[-1].at, "versions": _versions(group, settings),
        }
        for (did, actor, role, what), group in together.items()
    ]  # fmt: skip


def _versions(group: list[_Deed], settings: Settings) -> Any:
    versions = [deed.version for deed in group if deed.version is not None]
    return versions if settings.machine else ", ".join(map(str, versions))
