"""Erasure (vernietiging): what stands in its way, and what the log keeps of it. Pure.

A person is forgotten by destroying the keys of what is personal; the log itself is not touched, so it verifies and counts as
before. It is refused while anything about the person still runs or must be kept (Regulation (EU) 2016/679 art. 17(3)(b) and (e);
Vw 2000 art. 107(9); Archiefwet 1995 art. 3 and 5).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from dtv_workflow.domain.beside import retention_ends
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.fields import Code
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.vocabulary import Phase

BASES = {
    "retention_ended": Said("the retention period ended", "de bewaartermijn is voorbij"),
    "request": Said("the person asked for it", "de betrokkene vroeg erom"),
    "unlawful": Said("the data were processed unlawfully", "de gegevens zijn onrechtmatig verwerkt"),
    "court_order": Said("a court ordered it", "een rechter beval het"),
}
"""Why somebody is forgotten (Regulation (EU) 2016/679 art. 17(1)): coded, since a text could not be kept."""


class SubjectKeyDestroyed(Event, frozen=True, kw_only=True):
    """The keys of a person are destroyed: recorded first and done then, so that no key is ever gone without this.

    `checks` are key check values, one a key: SHA-256 of `dtv-kcv` and the key, which tell a key that turns up again and open
    nothing. `epoch` is that of the master key from then on: an old copy of the keys does not open with it.
    """

    TOPIC = "subject_key_destroyed.v1"
    subject: Code
    cases: tuple[Code, ...]
    classes: tuple[Code, ...]
    checks: tuple[Code, ...]
    basis: Code
    second: Code
    epoch: int


class ErasureRefused(Event, frozen=True, kw_only=True):
    """Somebody asked to forget a person, and something stood in the way."""

    TOPIC = "erasure_refused.v1"
    subject: Code
    codes: tuple[Code, ...]


class PersonForgotten(Event, frozen=True, kw_only=True):
    """The person of this case was forgotten: what was sealed reads as erased from here on."""

    TOPIC = "person_forgotten.v1"
    basis: Code

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.forgotten = record.version
        case.retention_decided = record.version


ERASURE_EVENTS: tuple[type[Event], ...] = (SubjectKeyDestroyed, ErasureRefused, PersonForgotten)


class Blocker(NamedTuple):
    """What stands in the way in one case: its law, what it is, and until when if that is known."""

    case: str
    code: str
    law: str
    is_: Said
    until: datetime | None = None


def blockers(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Blocker]:
    """Everything that stands in the way of forgetting the person of a case, at once."""
    if case.phase is not Phase.CLOSED:
        said = Said(f"the case is in {case.phase.value}", f"de zaak is in {case.phase.nl}")
        yield Blocker(case.id, "case_open", "Reg. (EU) 2016/679 art. 17(3)(b)", said)
    for id, hold in case.open_holds(now).items():
        said = Said(f"hold {id} stands ({hold.kind.value})", f"beletsel {id} staat ({hold.kind.nl})")
        yield Blocker(case.id, "hold_open", "Reg. (EU) 2016/679 art. 17(3)(e)", said, hold.until)
    if case.detained or case.supervision:
        said = Said(f"custody: {case.custody}", f"vrijheidsontneming of toezicht: {case.custody}")
        yield Blocker(case.id, "custody_runs", "Vw 2000 art. 56, 59; Reg. (EU) 2016/679 art. 17(3)(e)", said)
    if case.asylum_asked or (case.art64 and case.art64.refused_at is None):
        said = Said("an application has not been answered", "op een aanvraag is niet beslist")
        yield Blocker(case.id, "procedure_runs", "Reg. (EU) 2016/679 art. 17(3)(e)", said)
    keeps = retention_ends(case, law)
    if keeps is not None and now < keeps[1]:
        until = keeps[1]
        said = Said(f"the file is kept until {until.date()}", f"het dossier wordt bewaard tot {until.date()}")
        yield Blocker(case.id, "retention_runs", law.parameters["retention.after_departure"].source, said, until)
