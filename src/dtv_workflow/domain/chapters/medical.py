"""Health (medische omstandigheden): advice, travel conditions and pregnancy, and when they stand in the way of a flight.

Law: Vw 2000 art. 64; Vc 2000 A3/7. Everything that says something about health is sealed as medical data.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.journey import journey
from dtv_workflow.domain.facets import MedicalAdvice, Pregnancy
from dtv_workflow.domain.fields import Code, Medical, Text, day_of, known_date
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import AIR, ANY_PHASE, ChecklistAnswer, HoldKind

N07 = rule(
    "N07",
    "removal_in_pregnancy_window_by_air",
    law="Vc 2000 A3/7.4",
    en="No removal by air from six weeks before until six weeks after a birth.",
    nl="Geen uitzetting per vliegtuig van zes weken voor tot zes weken na een bevalling.",
    needs=("a departure outside the window, or not by air", "een vertrek buiten de periode, of niet per vliegtuig"),
    lifts="book_removal --departs-at",
)
N08 = rule(
    "N08",
    "removal_with_unmet_bma_condition",
    law="Vw 2000 art. 64; Vc 2000 A3/7.1.1; Nationale ombudsman 2016/005",
    en="Nobody is removed while a travel condition of the medical adviser is not shown to be met.",
    nl="Niemand wordt uitgezet zolang een reisvoorwaarde van het BMA niet aantoonbaar is vervuld.",
    needs=("every condition met, with proof shown to the person", "elke voorwaarde vervuld, bewijs getoond aan betrokkene"),
    lifts="fulfil_travel_condition, or record_medical_advice",
)


# ------------------------------------------------------------------ events and steps


class Condition(Step, frozen=True, kw_only=True):
    """A travel condition of the medical adviser (BMA)."""

    code: Code
    text: Text


class BmaAdviceReceived(Event, frozen=True, kw_only=True):
    TOPIC = "bma_advice_received.v1"
    fit: bool
    conditions: tuple[Code, ...] = ()
    texts: Medical[tuple[str, ...]] = ()
    valid_until: date | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.advice = MedicalAdvice(
            version=record.version, fit=self.fit, conditions=self.conditions, valid_until=self.valid_until
        )
        case.conditions_met = {}


class TravelConditionFulfilled(Event, frozen=True, kw_only=True):
    """A condition counts as met once its proof was shown to the person (Nationale ombudsman 2016/005)."""

    TOPIC = "travel_condition_fulfilled.v1"
    code: Code
    proof: Medical[str]
    shown_to_person: bool

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.conditions_met = {
            code: version
            for code, version in (case.conditions_met | {self.code: record.version}).items()
            if code != self.code or self.shown_to_person
        }


class PregnancyRecorded(Event, frozen=True, kw_only=True):
    TOPIC = "pregnancy_recorded.v1"
    due_on: Medical[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.pregnancy = Pregnancy(version=record.version, due_on=self.due_on)


class RecordMedicalAdvice(Step, frozen=True, kw_only=True):
    """Record the advice of the medical adviser (BMA)."""

    fit: Annotated[bool, Meta(description="Whether fit to travel.")]
    conditions: Annotated[tuple[Condition, ...], Meta(description="Travel conditions (reisvoorwaarden).")] = ()
    valid_until: Annotated[date, Meta(description="Last day on which the advice holds.")] | None = None


class FulfilTravelCondition(Step, frozen=True, kw_only=True):
    """Record the proof that a travel condition is met."""

    code: Annotated[Code, Meta(description="The condition's code.")]
    proof: Annotated[Text, Meta(description="The proof.")]
    shown_to_person: Annotated[bool, Meta(description="Whether the proof was shown to the person.")]


class RecordPregnancy(Step, frozen=True, kw_only=True):
    """Record a pregnancy."""

    due_on: Annotated[date, Meta(description="Expected date of birth.")]


def is_medical(case: DepartureCase, context: Context) -> bool:
    """Whether health plays a part: screened, advised on, or under a medical hold."""
    medical = {HoldKind.ART64_PENDING, HoldKind.ART64_GRANTED, HoldKind.MEDICAL_ALERT_UNRESOLVED, HoldKind.TUBERCULOSIS}
    return (
        case.advice is not None
        or bool(case.screening and case.screening.answers.get("medical") is ChecklistAnswer.YES)
        or any(hold.kind in medical for hold in case.open_holds(context.at).values())
    )


@gives(BmaAdviceReceived)
def advised(case: DepartureCase, step: RecordMedicalAdvice, context: Context) -> list[Event]:
    codes, texts = tuple(c.code for c in step.conditions), tuple(c.text for c in step.conditions)
    return [copied(BmaAdviceReceived, step, conditions=codes, texts=texts)]


@gives(PregnancyRecorded)
def pregnancy_recorded(case: DepartureCase, step: RecordPregnancy, context: Context) -> list[Event]:
    return [PregnancyRecorded(due_on=step.due_on.isoformat())]

# ------------------------------------------------------------------ guards


@guard(N07)
def pregnant_and_by_air(case: DepartureCase, step: Step, context: Context) -> Finding:
    """Vc 2000 A3/7.4, of the flight that is booked or is about to leave."""
    due = known_date(case.pregnancy.due_on) if case.pregnancy else None
    going = journey(case, step) if due else None
    if case.pregnancy is None or due is None or going is None or not (going.mode is None or going.mode in AIR):
        return clear(case.pregnancy.version if case.pregnancy else 0)
    after = (day_of(going.departs_at) - due).days
    if not -context.law["pregnancy.no_air_before"] <= after <= context.law["pregnancy.no_air_after"]:
        return clear(case.pregnancy.version)
    # The window's days would tell the due date, which is medical: only that the flight falls in it is said.
    return found("the flight falls within the window", "de vlucht valt binnen de periode", case.pregnancy.version)


@guard(N08)
def conditions_unmet(case: DepartureCase, step: Step, context: Context) -> Finding:
    """Vw 2000 art. 64; Vc 2000 A3/7.1.1, of the departure that is booked or is about to be carried out."""
    advice = case.advice
    if advice is None:
        return clear()
    if not advice.fit:
        return found("not fit to travel", "niet in staat te reizen", advice.version)
    going = journey(case, step) if advice.valid_until else None
    if going and advice.valid_until and day_of(going.departs_at) > advice.valid_until:
        return found("the advice no longer holds on that day", "het advies geldt dan niet meer", advice.version)
    unmet = [code for code in advice.conditions if code not in case.conditions_met]
    relied = (advice.version, *case.conditions_met.values())
    if unmet:
        return found(f"not met: {', '.join(unmet)}", f"niet vervuld: {', '.join(unmet)}", *relied)
    return clear(*relied)


# fmt: off
ROWS: list[Row] = [
    fact(RecordMedicalAdvice, ANY_PHASE, advised),
    fact(FulfilTravelCondition, ANY_PHASE, recorded_as(TravelConditionFulfilled)),
    fact(RecordPregnancy, ANY_PHASE, pregnancy_recorded),
]
# fmt: on
