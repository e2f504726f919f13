"""Messages of partners as they come in: a store with cases, the partners it knows, and what they send. People are made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dtv_workflow.application import Register, create_register
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.processes.cloudevents import type_of_fact
from dtv_workflow.processes.partners import Partner, PartnerKind, Partners
from tests.properties.lived import TO_BOOKED, TO_DETAINED, TO_MOTIVATION, Issued

NOW = datetime(2026, 2, 2, 9, tzinfo=UTC)
IND_SOURCE = "urn:nld:oin:00000000000000000001:systeem:indigo"
KMAR_SOURCE = "urn:nld:oin:00000000000000000022:systeem:vbs"
DJI_SOURCE = "urn:nld:oin:00000000000000000333:systeem:tulp"

PARTNERS = Partners(
    partners={
        "ind": Partner(name="IND", kind=PartnerKind.CHAIN, key="ind", sources=(IND_SOURCE,), reports="*", actor="IND"),
        "kmar": Partner(name="KMar", kind=PartnerKind.CHAIN, key="kmar", sources=(KMAR_SOURCE,), reports="*", actor="KMAR"),
        "dji": Partner(
            name="DJI", kind=PartnerKind.CHAIN, key="dji", sources=(DJI_SOURCE,), reports=("express_wish_to_leave",), actor="DJI"
        ),
    }
)

BEGINNINGS = (TO_MOTIVATION, TO_BOOKED, TO_DETAINED)


def opened(path: Path, *lives: tuple[Issued, ...], live: bool = False) -> tuple[Register, list[str]]:
    """A store of which the clock stands at NOW, and its cases, each lived from a beginning; on a live store only opened."""
    moment = [datetime(2026, 1, 5, 9, tzinfo=UTC)]
    register = create_register(path, training=not live, actor="TL-02", clock=lambda: moment[0], os_user="svc")
    if live:
        register.grant("TL-02", Role.INTAKE_OFFICER, None, Envelope(actor="TL-02"))
    cases = [_lived(register, number, life[:1] if live else life) for number, life in enumerate(lives)]
    moment[0] = NOW
    return register, cases


def _lived(register: Register, number: int, life: tuple[Issued, ...]) -> str:
    case: str | None = None
    for issued in life:
        fields = issued.fields
        if "subject" in fields:
            fields = fields | {"subject": fields["subject"] | {"v_number": f"12345678{number:02}"}}
        actor, training = issued.actor, register.store.training
        at = datetime(2026, 1, 5, 9, tzinfo=UTC) if training else None
        envelope = Envelope(actor=actor if training else "TL-02", at=at, recorded_at=at, second=issued.second)
        answer = register.answer(read_step(issued.do, fields), case, envelope)
        assert answer.status == "done", answer.refusals()
        case = answer.case
    assert case is not None
    return case


def fact(name: str, at: str, **fields: Any) -> dict[str, Any]:
    """The type and data of a message that reports a fact."""
    return {"type": type_of_fact(name), "data": {"at": at, "fields": fields}}


MISSED = fact("record_report_missed", "2026-01-20T10:00:00Z", count=1)
APPEAL = fact("record_appeal", "2026-01-21T10:00:00Z", against="return_decision", filed_on="2026-01-21", suspensive=True)


def message(case: str | None, id: str, said: dict[str, Any], source: str = IND_SOURCE, **more: Any) -> bytes:
    """A CloudEvent in structured mode."""
    event = {"specversion": "1.0", "id": id, "source": source, "time": "2026-02-01T08:00:00Z", "subject": case} | said | more
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()
