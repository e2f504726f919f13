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
from dtv_workflow.domain.chapters.authority import N12, N32
from dtv_workflow.domain.chapters.closing import N23, CaseClosed
from dtv_workflow.domain.chapters.holds import N31, HoldLifted, HoldPlaced, sensitive, touched_alone, unfit_second
from dtv_workflow.domain.chapters.intake import N36, CaseOpened, SubjectRegistered
from dtv_workflow.domain.facets import Hold
from dtv_workflow.domain.fields import Code, Personal, Text, is_sealed
from dtv_workflow.domain.law.rules import Cure, Finding, Said, clear, found, guard, rule
from dtv_workflow.domain.record import CORRECTION_TOPIC, TOPICS, Event, Record, fitting
from dtv_workflow.domain.steps import Context, Row, Step, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE, Outcome, Phase

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
    en="This case has no such event or field, the value does not fit it, or such a thing is recorded anew instead.",
    nl="Deze zaak heeft die gebeurtenis of dat veld niet, de waarde past niet, of zoiets wordt opnieuw vastgelegd.",
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
        event = TOPICS.get(topic_of(case, self))
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
RECORDED_ANEW = frozenset({
    "hold", "attempt", "obstacle", "code", "proposal", "case_reopened.v1:cause", "detention_extended.v1:until",
    "evidenced", "assessed", "term_reasoned", "early_contact", "hours_before", "stage", "episode",
})  # fmt: skip
"""What is not corrected but recorded anew. The first line is what an act was about: with another hold, attempt or obstacle it is
another act, and the step that takes it asks its own guards: a notice of one flight never serves another; and why a case was
reopened says which guard was asked then, and what of the earlier episode stands; another end of an extension is an extension of
its own, by two people (Vw 2000 art. 59(6)). The second is what the register itself found in what was said, or counted: nobody
said it, so nobody can have said it wrong."""

DEPARTED = frozenset({Outcome.INDEPENDENT_SUPERVISED, Outcome.FORCED, Outcome.DUBLIN_TRANSFER})


def topic_of(case: DepartureCase, step: Correct) -> str:
    """The topic of the event to correct; empty when the case has no such event."""
    return case.topics[step.event - 1] if 1 <= step.event <= len(case.topics) else ""


@guard(N60)
def nothing_to_correct(case: DepartureCase, step: Correct, context: Context) -> Finding:
    """Judged on the shape alone; the old value is not looked at and not told."""
    topic, field = topic_of(case, step), step.field
    if not topic:
        return found(f"no event {step.event}", f"geen gebeurtenis {step.event}")
    if topic in NOT_CORRECTED or (field != "occurred_at" and field not in TOPICS[topic].__struct_fields__):
        return found(f"no field {field} to correct", f"geen veld {field} om te corrigeren", step.event)
    if {field, f"{topic}:{field}"} & RECORDED_ANEW:
        return found(f"{field} is recorded anew, not corrected", f"{field} wordt opnieuw vastgelegd", step.event)
    try:
        value = fitting(TOPICS[topic], field, step.value)
        if field == "occurred_at" and value > context.recorded_at:
            return found("the time lies in the future", "het tijdstip ligt in de toekomst", step.event)
    except msgspec.ValidationError:
        return found(f"the value does not fit {field}", f"de waarde past niet in {field}", step.event)
    return clear(step.event)


@guard(N32, cure=Cure(N32.needs, "the same step with --value TIME"))
def moved_before_the_opening(case: DepartureCase, step: Correct, context: Context) -> Finding:
    """An event is not moved to a time at which it could not have been recorded. The opening itself may have been earlier."""
    if step.field != "occurred_at" or topic_of(case, step) == CaseOpened.TOPIC or case.opened_at is None:
        return clear()
    try:
        moved = fitting(Event, "occurred_at", step.value)
    except msgspec.ValidationError:
        return clear()  # N60 says it
    return clear(1) if moved >= case.opened_at else found("a time before the opening", "een tijdstip voor de opening", 1)


FIRST = Said("the departure on record first", "eerst het vertrek geregistreerd")


@guard(N23, cure=Cure(FIRST, "confirm_supervised_departure, confirm_removal, or confirm_dublin_transfer"))
def outcome_without_departure(case: DepartureCase, step: Correct, context: Context) -> Finding:
    """A closing is corrected to a departure only when a departure of its episode is on record (Vc 2000 A3/4.7, A3/6.10)."""
    outcome = next((o for o in DEPARTED if o.value == step.value), None)
    if topic_of(case, step) != CaseClosed.TOPIC or step.field != "outcome" or outcome is None:
        return clear()
    left = case.departure
    if left and (left.version > case.reopened or step.event < case.reopened):
        return clear(left.version)
    en, nl = f"no departure on record for {outcome.value}", f"geen vertrek geregistreerd voor: {outcome.nl}"
    return found(en, nl, left.version if left else 0)


def sensitive_hold(case: DepartureCase, step: Correct) -> Hold | None:
    """The hold of a sensitive kind that the event to correct placed or lifted."""
    if topic_of(case, step) not in {HoldPlaced.TOPIC, HoldLifted.TOPIC}:
        return None
    return sensitive(case.hold_of(step.event))


@guard(N31, cure=Cure(N31.needs, "the same step with --second ACTOR"))
def sensitive_hold_corrected_alone(case: DepartureCase, step: Correct, context: Context) -> Finding:
    """Correcting the kind, the end or the time of a hold can lift it: it takes as many people as lifting does."""
    return touched_alone(sensitive_hold(case, step), context)


@guard(N12)
def second_may_not_correct(case: DepartureCase, step: Correct, context: Context) -> Finding:
    return unfit_second(sensitive_hold(case, step), context)


@guard(N36)
def number_has_an_open_case(case: DepartureCase, step: Correct, context: Context) -> Finding:
    """A corrected V-number may turn out to be that of a person who has an open case already."""
    renumbered = topic_of(case, step) == SubjectRegistered.TOPIC and step.field == "v_number"
    if not renumbered or case.phase is Phase.CLOSED or context.other_open_case is None:
        return clear()
    return found(f"case {context.other_open_case} is open", f"zaak {context.other_open_case} loopt")


# ------------------------------------------------------------------ what each step is recorded as


@gives(CorrectionRecorded)
def corrected(case: DepartureCase, step: Correct, context: Context) -> list[Event]:
    topic = TOPICS[case.topics[step.event - 1]]
    if step.field != "occurred_at" and is_sealed(topic, step.field):
        sealed = msgspec.json.encode(step.value).decode()
        return [CorrectionRecorded(event=step.event, field=step.field, sealed=sealed)]
    return [CorrectionRecorded(event=step.event, field=step.field, value=step.value)]


ALONE = (sensitive_hold_corrected_alone, second_may_not_correct)
CORRECTED = (nothing_to_correct, moved_before_the_opening, outcome_without_departure, *ALONE, number_has_an_open_case)

# fmt: off
ROWS: list[Row] = [
    decision(Correct, ANY_PHASE, corrected, CORRECTED),
    fact(Disclose, ANY_PHASE, recorded_as(DisclosureLogged)),
]
# fmt: on
