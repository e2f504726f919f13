"""The record itself (dossier): refusals, incidents, corrections and disclosures.

Nothing is rewritten. A refusal is kept so that an auditor can see the brakes work; an incident says that a fact broke a rule; a
correction stands beside what it corrects (Regulation (EU) 2016/679 art. 16); a disclosure says who was told what (Vw 2000
art. 107).
"""

from __future__ import annotations

from datetime import datetime
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


class MovedClock(Step, frozen=True, kw_only=True):
    """A running term that a change of the law moved: by its number, what it is about, and when it was and is due (None: none)."""

    code: Code
    about: Code | None = None
    before: datetime | None = None
    after: datetime | None = None


class RulesetMigrated(Event, frozen=True, kw_only=True):
    """The law changed since the last step on this case, and with it terms that run: decisions taken keep their rules.

    Recorded with the first accepted step under the new rules, before what that step is recorded as.
    """

    TOPIC = "ruleset_migrated.v1"
    before: tuple[Code, ...]
    after: tuple[Code, ...]
    clocks: tuple[MovedClock, ...]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.migrations = [*case.migrations, record.version]


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

    def without_what_is_personal(self, case: DepartureCase) -> Correct:
        """A value for a sealed field is kept as one of its kind, a value that fits nowhere as one that fits nowhere."""
        topic = case.topics[self.event - 1] if self.event <= len(case.topics) else ""
        event = TOPICS.get(topic)
        if event is None or (self.field != "occurred_at" and self.field not in event.__struct_fields__):
            return msgspec.structs.replace(self, value=None)
        try:
            fitting(event, self.field, self.value)
        except msgspec.ValidationError:
            return msgspec.structs.replace(self, value={})
        sealed = self.field != "occurred_at" and is_sealed(event, self.field)
        return msgspec.structs.replace(self, value=kind_of(self.value)) if sealed else self


class Disclose(Step, frozen=True, kw_only=True):
    """Record that somebody was told something from the file (verstrekking)."""

    to: Annotated[Text, Meta(description="To whom.")]
    purpose: Annotated[Text, Meta(description="For what purpose.")]
    basis: Annotated[Text, Meta(description="On what legal basis.")]
    items: Annotated[tuple[Text, ...], Meta(min_length=1, description="What was told.")]


def kind_of(value: Any) -> Any:
    """A value of the same kind that says nothing."""
    if isinstance(value, dict):
        return {key: kind_of(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [kind_of(item) for item in value]
    return "…" if isinstance(value, str) else value


# ------------------------------------------------------------------ guards

NOT_CORRECTED = frozenset({CORRECTION_TOPIC, CommandRefused.TOPIC, IntegrityIncidentRaised.TOPIC, RulesetMigrated.TOPIC})


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
