"""Zaakgericht werken: a case in the shapes of the Zaken API 1.5 and the Besluiten API 1.0, one JSON object a line.

An export map and not our model: ZGW has one status at a time and no facets beside it. Each line holds one ZAAK with what hangs on
it, as bodies that those APIs take; where they want a URL stands a URN of this export, to be put right by whoever loads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from dtv_workflow.audit.export.mapping import Entity, Happening, Mapped, stamp, written
from dtv_workflow.audit.export.pseudonyms import Pseudonyms
from dtv_workflow.domain.fields import AMSTERDAM
from dtv_workflow.errors import Malformed

NOBODY = "000000000"
"""The organisation of an export that names none: nine digits that pass the check and belong to nobody."""

_URN = "urn:dtv-workflow:"
_ROLES = {
    "vreemdeling": ("natuurlijk_persoon", "belanghebbende", "Vreemdeling over wie de zaak gaat"),
    "regievoerder": ("medewerker", "behandelaar", "Medewerker die in de zaak handelde"),
    "partner": ("organisatorische_eenheid", "adviseur", "Ketenpartner of systeem dat iets meldde"),
}
_DECISIONS = {"ReturnDecisionRecorded": "decided_on", "DetentionOrdered": "", "SupervisionMeasureImposed": ""}
"""The events that are a BESLUIT, and the attribute with its date; the day it happened where there is none."""


def rsin(given: str) -> str:
    """An organisation's number: nine digits that pass the eleven test. Raises Malformed."""
    fits = len(given) == len(NOBODY) and given.isascii() and given.isdigit()
    if fits and (sum(n * int(d) for n, d in zip(range(9, 1, -1), given, strict=False)) - int(given[8])) % 11 == 0:
        return given
    raise Malformed("--organisation is an RSIN: nine digits that pass the eleven test")


def zaken(cases: Iterator[Mapped], names: Pseudonyms, organisation: str = NOBODY) -> Iterator[dict[str, Any]]:
    """Each case with its statuses, result, roles, decisions, contacts and audit trail."""
    return (_Zaak(case, names, organisation).whole() for case in cases)


class _Zaak:
    def __init__(self, case: Mapped, names: Pseudonyms, organisation: str) -> None:
        self.case, self.names, self.organisation = case, names, organisation
        self.url = f"{_URN}zaak:{case.id}"
        self.objects = {entity.id: entity for entity in case.entities}

    def whole(self) -> dict[str, Any]:
        states = self.objects[self.case.id].attributes
        outcome = [value for name, _, value in states if name == "uitkomst"][-1:]
        return {
            "zaak": self._zaak(),
            "statussen": [
                {"zaak": self.url, "statustype": f"{_URN}statustype:{value}", "datumStatusGezet": stamp(moment)}
                for name, moment, value in states if name == "fase"
            ],
            "resultaat": {"zaak": self.url, "resultaattype": f"{_URN}resultaattype:{outcome[0]}"} if any(outcome) else None,
            "rollen": [self._rol(entity) for entity in self.case.entities if entity.type in _ROLES],
            "besluiten": [self._besluit(happening) for happening in self.case.happenings if happening.type in _DECISIONS],
            "klantcontacten": [
                {"zaak": self.url, "datumtijd": _at(happening), "onderwerp": written(happening.attributes.get("kind", ""))}
                for happening in self.case.happenings if happening.type == "InterviewHeld"
            ],
            "audittrail": [self._regel(happening) for happening in self.case.happenings],
        }  # fmt: skip

    def _zaak(self) -> dict[str, Any]:
        first, held = self.case.happenings[0], self._held()
        return {
            "identificatie": self.case.id, "bronorganisatie": self.organisation, "zaaktype": f"{_URN}zaaktype:terugkeer",
            "verantwoordelijkeOrganisatie": self.organisation, "startdatum": _day(first), "registratiedatum": _date(first.time),
            "vertrouwelijkheidaanduiding": "vertrouwelijk",
            "opschorting": {"indicatie": bool(held), "reden": ", ".join(held)[:200]},
        }  # fmt: skip

    def _held(self) -> list[str]:
        """The kinds of hold that stand at the end of what is exported."""
        open_: dict[str, str] = {}
        end = self.case.happenings[-1].time
        for happening in self.case.happenings:
            for id, _ in happening.relations:
                if self.objects[id].type != "hold":
                    continue
                until = happening.attributes.get("until")
                if happening.type == "HoldPlaced" and not (isinstance(until, datetime) and until <= end):
                    open_[id] = written(happening.attributes.get("hold_kind", ""))
                else:
                    open_.pop(id, None)
        return sorted(set(open_.values()))

    def _rol(self, entity: Entity) -> dict[str, Any]:
        kind, role, said = _ROLES[entity.type]
        return {
            "zaak": self.url, "betrokkene": f"{_URN}{entity.type}:{entity.id}", "betrokkeneType": kind,
            "roltype": f"{_URN}roltype:{role}", "roltoelichting": said,
        }  # fmt: skip

    def _besluit(self, happening: Happening) -> dict[str, Any]:
        date = happening.attributes.get(_DECISIONS[happening.type]) or _day(happening)
        return {
            "identificatie": happening.id, "verantwoordelijkeOrganisatie": self.organisation, "zaak": self.url,
            "besluittype": f"{_URN}besluittype:{happening.type}", "datum": written(date),
            "ingangsdatum": written(happening.attributes.get("served_on") or date),
        }  # fmt: skip

    def _regel(self, happening: Happening) -> dict[str, Any]:
        """One line of the audit trail for each event; a refusal is a request that was refused."""
        refused, first = happening.type == "CommandRefused", happening.attributes["version"] == 1
        return {
            "uuid": self.names.uuid("gebeurtenis", happening.id), "bron": "zrc", "gebruikersId": happening.agent,
            "actie": "create" if first else "partial_update", "resultaat": 403 if refused else 201 if first else 200,
            "hoofdObject": self.url, "resource": "zaak", "resourceUrl": self.url, "resourceWeergave": happening.type,
            "wijzigingen": {"nieuw": {name: written(value) for name, value in happening.attributes.items()}},
            "aanmaakdatum": stamp(happening.time),
        }  # fmt: skip


def _at(happening: Happening) -> str:
    return written(happening.attributes["occurred_at"])


def _day(happening: Happening) -> str:
    """The day it happened, in Amsterdam."""
    moment = happening.attributes["occurred_at"]
    return _date(moment) if isinstance(moment, datetime) else ""


def _date(moment: datetime) -> str:
    return moment.astimezone(AMSTERDAM).date().isoformat()
