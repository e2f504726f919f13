"""The record itself (dossier): refusals, incidents, corrections and disclosures.

Nothing is rewritten. A refusal is kept so that an auditor can see the brakes work; an incident says that a fact broke a rule; a
correction stands beside what it corrects (Regulation (EU) 2016/679 art. 16); a disclosure says who was told what (Vw 2000
art. 107).
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.fields import Code, Personal, Text, is_sealed
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import CORRECTION_TOPIC, TOPICS, Event, Record, fitting
from dtv_workflow.domain.steps import Context, Row, Step, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE

N35 = rule(
    "N35",
    "edit_after_court_submission",
    law="Vw 2000 art. 94; Awb art. 8:42",
    en="What a court was sent is changed only by a correction that shows. A property of the log.",
    nl="Wat aan de rechter is gestuurd, verandert alleen door een zichtbare correctie. Een eigenschap van het logboek.",
    needs=("a correction", "een correctie"),
    lifts="correct",
)
N60 = rule(
    "N60",
    "nothing_to_correct",
    law="workflow",
    en="This case has no such event or field, or the value does not fit it.",
    nl="Deze zaak heeft die gebeurtenis of dat veld niet, of de waarde past niet.",
    needs=("an event's version, one of its fields, a value that fits", "een versie, een veld daarvan en een passende waarde"),
    lifts="dtv case log CASE",
)


# ------------------------------------------------------------------ events


class CommandRefused(Event, frozen=True, kw_only=True):
    """A step that was refused. The receipt beside it says why; free text of the request is left out."""

    TOPIC = "command_refused.v1"
    refused: Code
    codes: tuple[Code, ...]


class IntegrityIncidentRaised(Event, frozen=True, kw_only=True):
    """A fact of the same commit that should not have happened."""

    TOPIC = "integrity_incident_raised.v1"
    code: Code

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.incidents = [*case.incidents, self.code]


class CorrectionRecorded(Event, frozen=True, kw_only=True):
    """What an event should have said. The value of a sealed field is sealed, as JSON; any other stays in the clear."""

    TOPIC = CORRECTION_TOPIC
    event: int
    field: Code
    value: Any = None
    sealed: Personal[str] | None = None

    def corrects(self) -> tuple[int, str, object] | None:
        """The event, the field and the value to read there; None once the value was forgotten."""
        if self.sealed is None:
            return self.event, self.field, self.value
        try:
            return self.event, self.field, msgspec.json.decode(self.sealed)
        except msgspec.DecodeError:
            return None


class DisclosureLogged(Event, frozen=True, kw_only=True):
    TOPIC = "disclosure_logged.v1"
    to: Personal[str]
    purpose: Personal[str]
    basis: Personal[str]
    items: Personal[tuple[str, ...]]


# ------------------------------------------------------------------ steps


class Correct(Step, frozen=True, kw_only=True):
    """Correct a field of an earlier event; the event itself stays as it was recorded."""

    event: Annotated[int, Meta(ge=1, description="The event's version in this case.")]
    field: Annotated[Code, Meta(description="Its field, or occurred_at.")]
    value: Annotated[Any, Meta(description="What it should have said.", extra={"data": "text"})]


class Disclose(Step, frozen=True, kw_only=True):
    """Record that somebody was told something from the file (verstrekking)."""

    to: Annotated[Text, Meta(description="To whom.")]
    purpose: Annotated[Text, Meta(description="For what purpose.")]
    basis: Annotated[Text, Meta(description="On what legal basis.")]
    items: Annotated[tuple[Text, ...], Meta(min_length=1, description="What was told.")]


# ------------------------------------------------------------------ guards

NOT_CORRECTED = frozenset({CORRECTION_TOPIC, CommandRefused.TOPIC, IntegrityIncidentRaised.TOPIC})


@guard(N60)
def nothing_to_correct(case: DepartureCase, step: Correct, context: Context) -> Finding:
    """Judged on the shape alone; the old value is not looked at and not told."""
    if not 1 <= step.event <= len(case.topics):
        return found(f"no event {step.event}", f"geen gebeurtenis {step.event}")
    topic = case.topics[step.event - 1]
    if topic in NOT_CORRECTED or (step.field != "occurred_at" and step.field not in TOPICS[topic].__struct_fields__):
        return found(f"no field {step.field} to correct", f"geen veld {step.field} om te corrigeren", step.event)
    try:
        value = fitting(TOPICS[topic], step.field, step.value)
        if step.field == "occurred_at" and value > context.recorded_at:
            return found("the time lies in the future", "het tijdstip ligt in de toekomst", step.event)
    except msgspec.ValidationError:
        return found(f"the value does not fit {step.field}", f"de waarde past niet in {step.field}", step.event)
    return clear(step.event)


# ------------------------------------------------------------------ what each step is recorded as


@gives(CorrectionRecorded)
def corrected(case: DepartureCase, step: Correct, context: Context) -> list[Event]:
    topic = TOPICS[case.topics[step.event - 1]]
    if step.field != "occurred_at" and is_sealed(topic, step.field):
        sealed = msgspec.json.encode(step.value).decode()
        return [CorrectionRecorded(event=step.event, field=step.field, sealed=sealed)]
    return [CorrectionRecorded(event=step.event, field=step.field, value=step.value)]


# fmt: off
ROWS: list[Row] = [
    decision(Correct, ANY_PHASE, corrected, (nothing_to_correct,)),
    fact(Disclose, ANY_PHASE, recorded_as(DisclosureLogged)),
]
# fmt: on
