"""PROV-JSON (W3C submission 2013-04-24): a case's states are entities, its events activities, who acted an agent, the law a plan.

A correction derives the state after it from the state before it as a revision, and ends the state before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO, Any

import msgspec

from dtv_workflow.audit.export.mapping import Happening, Mapped, stamp, written
from dtv_workflow.audit.export.spool import Spool

NAMESPACE = "urn:dtv-workflow:"
SECTIONS = (
    "entity", "activity", "agent", "wasGeneratedBy", "used", "wasAssociatedWith", "wasDerivedFrom", "wasInvalidatedBy",
)  # fmt: skip
CORRECTION = "CorrectionRecorded"


def write_prov(out: IO[bytes], cases: Iterable[Mapped], spool: Spool) -> None:
    """The document, section by section; what each case adds waits in the spool."""
    for case in cases:
        before: str | None = None
        for happening in case.happenings:
            before = _put(spool, case, happening, before)
    out.write(f'{{"prefix":{{"dtv":"{NAMESPACE}"}}'.encode())
    for section in SECTIONS:
        opened = False
        for id, body in spool.parts(section):
            out.write(f'{"," if opened else f",{_NL}{_quoted(section)}:{{"}{_NL}{_quoted(id)}:{body}'.encode())
            opened = True
        if opened:
            out.write(b"}")
    out.write(b"}\n")


_NL = "\n"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _put(spool: Spool, case: Mapped, happening: Happening, before: str | None) -> str:
    """An event: the state it made, who did it, by which law, and what it rested on. The state's name."""
    activity, agent = f"dtv:{happening.id}", f"dtv:{happening.agent}"
    state = f"dtv:{case.id}.{happening.attributes['version']}"
    moment = stamp(happening.time)
    types = {"prov:type": happening.type} | {f"dtv:{name}": written(value) for name, value in happening.attributes.items()}

    def add(section: str, id: str, **said: Any) -> None:
        spool.put(section, id, msgspec.json.encode({name.replace("__", ":"): value for name, value in said.items()}).decode())

    spool.put("activity", activity, msgspec.json.encode({"prov:startTime": moment, "prov:endTime": moment} | types).decode())
    add("entity", state, prov__type="zaak")
    add("agent", agent, prov__type=happening.agent.partition("-")[0])
    add("wasGeneratedBy", f"_:g.{happening.id}", prov__entity=state, prov__activity=activity, prov__time=moment)
    plan = {}
    if happening.rules:
        law = f"dtv:wet-{happening.rules}"
        spool.put("entity", law, msgspec.json.encode({"prov:type": {"$": "prov:Plan", "type": "prov:QUALIFIED_NAME"}}).decode())
        plan = {"prov__plan": law}
    add("wasAssociatedWith", f"_:a.{happening.id}", prov__activity=activity, prov__agent=agent, **plan)
    for entity, qualifier in happening.relations:
        if qualifier == "grondslag":
            add("entity", f"dtv:{entity}", prov__type="besluit")
            add("used", f"_:u.{happening.id}.{entity}", prov__activity=activity, prov__entity=f"dtv:{entity}")
    if before is not None:
        derived = {"prov:generatedEntity": state, "prov:usedEntity": before, "prov:activity": activity}
        if happening.type == CORRECTION:
            derived["prov:type"] = {"$": "prov:Revision", "type": "prov:QUALIFIED_NAME"}  # type: ignore[assignment]
            add("wasInvalidatedBy", f"_:i.{happening.id}", prov__entity=before, prov__activity=activity, prov__time=moment)
        spool.put("wasDerivedFrom", f"_:d.{happening.id}", msgspec.json.encode(derived).decode())
    return state
