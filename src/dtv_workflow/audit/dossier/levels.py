"""What each reader of a dossier is shown: levels of redaction, each the same events through another sieve. Pure."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

import msgspec

from dtv_workflow.audit.replay import text
from dtv_workflow.audit.summary import word
from dtv_workflow.domain.fields import AMSTERDAM, is_sealed
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.vocabulary import Term


class Level(Enum):
    """For whom: the court gets all; an inspectorate no name and no text; the person their own data; the public no trait."""

    COURT = "court"
    INSPECTORATE = "inspectorate"
    SUBJECT = "subject"
    PUBLIC = "public"

    @property
    def unsealed(self) -> bool:
        """Whether sealed fields are opened at all. Where they are not, no key is asked for."""
        return self in (Level.COURT, Level.SUBJECT)

    @property
    def staff(self) -> bool:
        """Whether it says who of the office or its partners it was."""
        return self in (Level.COURT, Level.INSPECTORATE)

    @property
    def stored(self) -> bool:
        """Whether the stored bytes are in it: they name staff and sources. Else their hashes, which prove as much."""
        return self.staff

    @property
    def coarse(self) -> bool:
        """Whether days are told by their month, and codes, places and numbers are left out."""
        return self is Level.PUBLIC


SAYS = {
    Level.COURT: Said("for the court: everything, staff by their ids", "voor de rechter: alles, medewerkers met hun kenmerk"),
    Level.INSPECTORATE: Said(
        "for an inspectorate: no name, no free text, nothing that is sealed",
        "voor een inspectie: geen naam, geen vrije tekst, niets dat verzegeld is",
    ),
    Level.SUBJECT: Said(
        "for the person concerned (Regulation (EU) 2016/679 art. 15): their own data, others veiled",
        "voor de betrokkene (Verordening (EU) 2016/679 art. 15): eigen gegevens, anderen afgeschermd",
    ),
    Level.PUBLIC: Said(
        "for the public: steps and law by the month; no person, place, country or staff",
        "voor het publiek: stappen en recht per maand; geen persoon, plaats, land of medewerker",
    ),
}

VEILED = Said("veiled", "afgeschermd")

OF_OTHERS = frozenset({"guardian", "how", "checked_by", "content", "reported_by", "instance", "assessment"})
"""Sealed or open fields that speak of somebody else, or are somebody else's words: not the person's own data."""

_SINGLE_OUT = frozenset({"sex", "age_band"})
"""Coded words that, with a month, point to few people. Every text is left out for the public as it is."""


def fields_of(record: Record, level: Level, dutch: bool) -> list[tuple[str, str]]:
    """An event's fields as this reader is shown them, by name; what says nothing is left out."""
    event = record.event
    shown = ((name, _shown(event, name, getattr(event, name), level, dutch)) for name in event.__struct_fields__)
    return [(name.replace("_", " "), said) for name, said in shown if said is not None]


def _shown(event: Event, name: str, value: Any, level: Level, dutch: bool) -> str | None:
    if value is None or value in ("", (), {}):
        return None
    if level.coarse:
        plain = isinstance(value, Enum | bool) and name not in _SINGLE_OUT
        return said(value, dutch) if plain and not is_sealed(type(event), name) else None
    if is_sealed(type(event), name) and not level.unsealed:
        return _veil(dutch)
    if level is Level.SUBJECT and (name in OF_OTHERS or (name == "supervisor")):
        return _veil(dutch)
    return said(value, dutch)


def said(value: Any, dutch: bool) -> str:
    """A value in words: coded words by their Dutch term where the reader is Dutch."""
    if isinstance(value, Term):
        return word(value, lambda en, nl: nl if dutch else en)
    if isinstance(value, bool):
        return ("ja" if dutch else "yes") if value else ("nee" if dutch else "no")
    if isinstance(value, tuple | list):
        return ", ".join(said(item, dutch) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{said(key, dutch)}: {said(item, dutch)}" for key, item in value.items())
    if isinstance(value, msgspec.Struct):
        parts = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return ", ".join(f"{name} {said(item, dutch)}" for name, item in parts if item not in (None, "", ()))
    return text(value)


def who(record: Record, level: Level, dutch: bool) -> str:
    """Who did it, in which role, and with whom."""
    role = record.role.nl if dutch else record.role.value.replace("_", " ")
    if not level.staff:
        return role
    second = f" {'met' if dutch else 'with'} {record.second}" if record.second else ""
    return f"{record.actor} ({role}){second}"


def source(record: Record, level: Level) -> str | None:
    """Where it was told from."""
    return record.source if level.staff else None


def reason(record: Record, level: Level, dutch: bool) -> str | None:
    """Why, where somebody said so."""
    if not record.reason or level.coarse:
        return None
    return record.reason if level is Level.COURT else _veil(dutch)


def moment(at: datetime, level: Level) -> str:
    """When, in Europe/Amsterdam: to the minute, or for the public to the month."""
    return at.astimezone(AMSTERDAM).strftime("%Y-%m" if level.coarse else "%Y-%m-%d %H:%M")


def day(on: date, level: Level) -> str:
    """A day, or for the public its month."""
    return on.isoformat()[:7] if level.coarse else on.isoformat()


def _veil(dutch: bool) -> str:
    return f"‹{VEILED.nl if dutch else VEILED.en}›"
