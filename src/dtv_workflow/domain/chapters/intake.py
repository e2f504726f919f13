"""Intake (overdracht en intake): how a case begins, what is found out about the person, and what must be there before motivation.

Law: Vw 2000 art. 62, 62a, 62b (return decision, term), Vv 2000 art. 6.4; Vc 2000 A3. Minors: Vc 2000 A3/6.1, B8/6.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters import holds
from dtv_workflow.domain.chapters.family import band_now, is_minor, minority_version
from dtv_workflow.domain.chapters.medical import is_medical
from dtv_workflow.domain.facets import Plan, ReturnDecision, Screening, Supervised, Timed
from dtv_workflow.domain.fields import (
    Code,
    Count,
    Country,
    Medical,
    Moment,
    PastDate,
    PastMoment,
    Personal,
    Text,
    VNumber,
    day_of,
    term_ends,
)
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import (
    ANY_PHASE,
    OPEN_PHASES,
    AgeBand,
    ChecklistAnswer,
    DecisionKind,
    EntryChannel,
    HandoverAuthority,
    HoldKind,
    Phase,
    Regime,
    RemovabilityAnswer,
    Role,
    Sex,
    Strategy,
)

N27 = rule(
    "N27",
    "entry_ban_for_minor_or_exempt",
    law="Vb 2000 art. 6.5(2); Vw 2000 art. 66a(1)",
    en="No entry ban on a minor, on who may have been trafficked, nor on who may stay for health (art. 64).",
    nl="Geen inreisverbod voor een minderjarige, bij een signaal van mensenhandel, noch bij uitstel van vertrek (art. 64).",
    needs=("a return decision without an entry ban", "een terugkeerbesluit zonder inreisverbod"),
    lifts="record_return_decision",
)
N36 = rule(
    "N36",
    "case_already_open",
    law="workflow",
    en="A person has at most one open case.",
    nl="Een persoon heeft ten hoogste één lopende zaak.",
    needs=("the other case, or its closing", "de andere zaak, of de afsluiting daarvan"),
    lifts="dtv case show CASE",
    by="intake_officer",
)
N37 = rule(
    "N37",
    "special_supervisor_needed",
    law="DT&V working method: special supervisors for minors and medical cases",
    en="A minor or a medical case gets a special supervisor.",
    nl="Een minderjarige of medische zaak krijgt een bijzondere regievoerder.",
    needs=("a special supervisor", "een bijzondere regievoerder"),
    lifts="assign_supervisor --special",
    by="team_leader",
)
N38 = rule(
    "N38",
    "intake_incomplete",
    law="DT&V working method; Inspectie JenV, Verantwoord vertrek (2022)",
    en="Motivation begins with a supervisor, a decision, a removability check, a vulnerability screening and a plan.",
    nl="De motivatiefase begint met regievoerder, besluit, verwijderbaarheidscheck, kwetsbaarheidstoets en vertrekplan.",
    needs=("what is missing", "wat ontbreekt"),
    lifts="dtv case why CASE complete-intake",
)


class Subject(Step, frozen=True, kw_only=True):
    """The person as handed over. Name, birth date and V-number are personal; citizenship and sex are statistics."""

    name: Annotated[str, Meta(min_length=1, max_length=1000, description="Name as known to the chain.", extra={"data": "text"})]
    citizenship: Annotated[Country, Meta(description="Citizenship, ISO 3166-1 alpha-2, or XX when unknown.")]
    birth_date: Annotated[PastDate, Meta(description="Birth date.")] | None = None
    sex: Annotated[Sex, Meta(description="Sex as registered.")] = Sex.UNKNOWN
    language: Annotated[Code, Meta(description="Language spoken, ISO 639 code.")] | None = None
    v_number: Annotated[VNumber, Meta(description="V-number (vreemdelingennummer).")] | None = None


class Checklist(Step, frozen=True, kw_only=True):
    """Special circumstances, answered item by item. A missing answer is not an answer."""

    trafficking: ChecklistAnswer | None = None
    medical: ChecklistAnswer | None = None
    pregnancy: ChecklistAnswer | None = None
    minor: ChecklistAnswer | None = None
    family: ChecklistAnswer | None = None
    other: ChecklistAnswer | None = None

    def answers(self) -> dict[str, ChecklistAnswer]:
        """What was answered, by item."""
        return {f: a for f in self.__struct_fields__ if (a := getattr(self, f)) is not None}

    def unanswered(self) -> list[str]:
        """The items left open."""
        return [f for f in self.__struct_fields__ if getattr(self, f) is None]


# ------------------------------------------------------------------ events


class CaseOpened(Event, frozen=True, kw_only=True):
    TOPIC = "case_opened.v1"
    handover_authority: HandoverAuthority
    entry_channel: EntryChannel
    regime: Regime
    age_band: AgeBand

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.id = record.originator_id.removeprefix("case/")
        case.subject = record.subject or ""
        case.episode = 1
        case.phase = Phase.INTAKE
        case.phase_since = case.opened_at = case.episode_began = record.occurred_at
        case.handover_authority = self.handover_authority
        case.entry_channel = self.entry_channel
        case.regime = self.regime
        case.age_band = self.age_band


class SubjectRegistered(Event, frozen=True, kw_only=True):
    TOPIC = "subject_registered.v1"
    name: Personal[str]
    birth_date: Personal[str] | None = None
    citizenship: Country
    sex: Sex
    language: Code | None = None
    v_number: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.name = self.name
        case.birth_date = self.birth_date
        case.citizenship = self.citizenship
        case.sex = self.sex
        case.language = self.language
        case.v_number = self.v_number
        case.registered = record.version


class HandoverFileReturned(Event, frozen=True, kw_only=True):
    TOPIC = "handover_file_returned.v1"
    gaps: tuple[Code, ...]


class SupervisorAssigned(Event, frozen=True, kw_only=True):
    TOPIC = "supervisor_assigned.v1"
    supervisor: Code
    special: bool

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.supervised = Supervised(version=record.version, supervisor=self.supervisor, special=self.special)


class ReturnDecisionRecorded(Event, frozen=True, kw_only=True):
    """The newest decision governs: it replaces an older one and the hold of that one's term, and is never replaced by one."""

    TOPIC = "return_decision_recorded.v1"
    kind: DecisionKind
    decided_on: date
    served_on: date
    language: Code
    term_days: Annotated[int, Meta(ge=0, le=28)]
    term_reasoned: bool
    term_reason: Personal[str] | None = None
    entry_ban_years: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        if case.superseded(self.decided_on):
            return
        case.answer_asylum(self.decided_on)
        case.decision = ReturnDecision(
            version=record.version, kind=self.kind, decided_on=self.decided_on, served_on=self.served_on,
            term_days=self.term_days, reasoned=self.term_reasoned, entry_ban_years=self.entry_ban_years,
        )  # fmt: skip
        own = HoldKind.DEPARTURE_TERM_RUNNING
        if own.value in case.holds and case.holds[own.value].kind is own:
            case.end_hold(own.value, record.occurred_at)


class RemovabilityChecked(Event, frozen=True, kw_only=True):
    TOPIC = "removability_checked.v1"
    answer: RemovabilityAnswer
    checked_at: Moment

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.answered(self.answer, self.checked_at, record.version)


class VulnerabilityScreened(Event, frozen=True, kw_only=True):
    """Which marker was found is special personal data and sealed; that a screening was done is not."""

    TOPIC = "vulnerability_screened.v1"
    checklist: Medical[dict[str, ChecklistAnswer]]
    review_on: date | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.screening = Screening(version=record.version, answers=self.checklist)


class ReportingMissed(Event, frozen=True, kw_only=True):
    TOPIC = "reporting_missed.v1"
    count: int

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.reports_missed = self.count
        case.missed = Timed(version=record.version, at=record.occurred_at, count=self.count)


class DeparturePlanAdopted(Event, frozen=True, kw_only=True):
    TOPIC = "departure_plan_adopted.v1"
    strategy: Strategy
    steps: Personal[tuple[str, ...]] = ()
    next_review: date | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        adopted_on = day_of(record.occurred_at)
        case.plan = Plan(version=record.version, strategy=self.strategy, adopted_on=adopted_on, next_review=self.next_review)


class IntakeCompleted(Event, frozen=True, kw_only=True):
    TOPIC = "intake_completed.v1"
    early_contact: bool
    early_contact_reason: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.phase = Phase.MOTIVATION
        case.phase_since = record.occurred_at


# ------------------------------------------------------------------ steps


class OpenCase(Step, frozen=True, kw_only=True):
    """Open a departure case on a handover (overdracht) from IND, police or KMar."""

    subject: Annotated[Subject, Meta(description="The person: name, citizenship and what else is known.")]
    handover_authority: Annotated[HandoverAuthority, Meta(description="Who handed the file over.")]
    entry_channel: Annotated[EntryChannel, Meta(description="How the file came in.")]
    regime: Annotated[Regime, Meta(description="Under which regime the person must leave.")] = Regime.RETURN_DIRECTIVE


class ReturnHandoverFile(Step, frozen=True, kw_only=True):
    """Return the handover file (overdrachtsdossier) with its gaps."""

    gaps: Annotated[tuple[Code, ...], Meta(min_length=1, description="What is missing, by code.")]


class AssignSupervisor(Step, frozen=True, kw_only=True):
    """Assign the departure supervisor (regievoerder vertrek)."""

    supervisor: Annotated[Code, Meta(description="The supervisor's actor id.")]
    special: Annotated[bool, Meta(description="Whether this is a special supervisor.")] = False


class RecordReturnDecision(Step, frozen=True, kw_only=True):
    """Record the return decision (terugkeerbesluit), transfer decision or border refusal as served."""

    kind: Annotated[DecisionKind, Meta(description="What kind of decision.")]
    decided_on: Annotated[PastDate, Meta(description="Date of the decision.")]
    served_on: Annotated[PastDate, Meta(description="Date on which it was served.")]
    language: Annotated[Code, Meta(description="Language in which it was explained.")]
    # The contract's range; how many days the law allows is a matter of the decision served.
    term_days: Annotated[int, Meta(ge=0, le=28, description="Departure term (vertrektermijn) in days, 0 when withheld.")]
    term_reason: Annotated[Text, Meta(description="Why the term was withheld, individually reasoned.")] | None = None
    entry_ban_years: Annotated[int, Meta(ge=0, le=20, description="Entry ban (inreisverbod) in years.")] | None = None


class RecordRemovability(Step, frozen=True, kw_only=True):
    """Record the IND's answer to the removability check (verwijderbaarheidscheck)."""

    answer: Annotated[RemovabilityAnswer, Meta(description="The answer.")]
    checked_at: Annotated[PastMoment, Meta(description="When the IND answered.")]


class ScreenVulnerability(Step, frozen=True, kw_only=True):
    """Screen for vulnerability (kwetsbaarheidstoets); a yes on trafficking or medical places a hold."""

    checklist: Annotated[Checklist, Meta(description="Special circumstances; what is not answered is recorded as unknown.")]
    review_on: Annotated[date, Meta(description="When to look again.")] | None = None


class RecordReportMissed(Step, frozen=True, kw_only=True):
    """Record a missed report under the reporting duty (meldplicht)."""

    count: Annotated[Count, Meta(description="How many in a row.")]


class AdoptPlan(Step, frozen=True, kw_only=True):
    """Adopt or revise the departure plan (vertrekplan)."""

    strategy: Annotated[Strategy, Meta(description="The strategy.")]
    steps: Annotated[tuple[Text, ...], Meta(description="What will be done.")] = ()
    next_review: Annotated[date, Meta(description="When to review the plan.")] | None = None


class CompleteIntake(Step, frozen=True, kw_only=True):
    """Complete the intake; the case goes to motivation."""

    early_contact_reason: Annotated[Text, Meta(description="Why contact starts before there is a decision.")] | None = None


# ------------------------------------------------------------------ guards


BAR_A_BAN = frozenset({HoldKind.TRAFFICKING_SIGNAL, HoldKind.TRAFFICKING_REFLECTION, HoldKind.ART64_GRANTED})
"""Holds under which no entry ban is imposed: on who may yet have a reflection period (Vb 2000 art. 6.5(2)a), so from the signal
on, and on whoever article 64 applies to (Vw 2000 art. 66a(1))."""


@guard(N27)
def entry_ban_barred(case: DepartureCase, step: RecordReturnDecision, context: Context) -> Finding:
    """Judged on the day of the decision: a ban decided at seventeen is one on a minor, whenever it is recorded."""
    if not step.entry_ban_years:
        return clear()
    if case.minor_on(step.decided_on, context.law["minor.under"]):
        return found("an entry ban for a minor", "een inreisverbod voor een minderjarige", minority_version(case))
    for hold in case.open_holds(context.at).values():
        if hold.kind in BAR_A_BAN:
            return found(f"an entry ban under {hold.kind.value}", f"een inreisverbod bij: {hold.kind.nl}", hold.version)
    return clear(minority_version(case))


@guard(N36)
def another_case_is_open(case: DepartureCase, step: Step, context: Context) -> Finding:
    if context.other_open_case is None:
        return clear()
    return found(f"case {context.other_open_case} is open", f"zaak {context.other_open_case} loopt")


@guard(N37)
def special_supervisor_needed(case: DepartureCase, step: AssignSupervisor, context: Context) -> Finding:
    if step.special or not (is_minor(case, context) or is_medical(case, context)):
        return clear(minority_version(case))
    return found("a minor or medical case", "een minderjarige of medische zaak", minority_version(case))


@guard(N38)
def no_supervisor(case: DepartureCase, step: CompleteIntake, context: Context) -> Finding:
    return clear(case.supervised.version) if case.supervised else found("no supervisor assigned", "geen regievoerder")


@guard(N38)
def no_decision(case: DepartureCase, step: CompleteIntake, context: Context) -> Finding:
    if case.decision or step.early_contact_reason:
        return clear(case.decision.version if case.decision else 0)
    return found("no decision and no reason for early contact", "geen besluit en geen reden voor vroeg contact")


@guard(N38)
def no_removability_check(case: DepartureCase, step: CompleteIntake, context: Context) -> Finding:
    if case.removability:
        return clear(case.removability.version)
    return found("no removability check", "geen verwijderbaarheidscheck")


@guard(N38)
def no_screening(case: DepartureCase, step: CompleteIntake, context: Context) -> Finding:
    return clear(case.screening.version) if case.screening else found("no vulnerability screening", "geen kwetsbaarheidstoets")


@guard(N38)
def no_plan(case: DepartureCase, step: CompleteIntake, context: Context) -> Finding:
    return clear(case.plan.version) if case.plan else found("no departure plan", "geen vertrekplan")


# ------------------------------------------------------------------ what each step is recorded as


@gives(CaseOpened, SubjectRegistered)
def opened(case: DepartureCase, step: OpenCase, context: Context) -> list[Event]:
    person = step.subject
    registered = SubjectRegistered(
        name=person.name,
        birth_date=person.birth_date.isoformat() if person.birth_date else None,
        citizenship=person.citizenship,
        sex=person.sex,
        language=person.language,
        v_number=person.v_number,
    )
    born = DepartureCase(birth_date=registered.birth_date)
    return [copied(CaseOpened, step, age_band=band_now(born, context)), registered]


@gives(ReturnDecisionRecorded, holds.HoldPlaced, holds.RemovalAttemptCancelled)
def decided(case: DepartureCase, step: RecordReturnDecision, context: Context) -> list[Event]:
    """An older decision than the one that governs starts no term: it is kept on record and replaces nothing."""
    recorded: list[Event] = [copied(ReturnDecisionRecorded, step, term_reasoned=step.term_reason is not None)]
    if step.term_days and not case.superseded(step.decided_on):
        until = term_ends(step.served_on, step.term_days)
        recorded += holds.placing(case, HoldKind.DEPARTURE_TERM_RUNNING, context, until=until)
    return recorded


@gives(VulnerabilityScreened, holds.HoldPlaced, holds.RemovalAttemptCancelled)
def screened(case: DepartureCase, step: ScreenVulnerability, context: Context) -> list[Event]:
    answers = dict.fromkeys(step.checklist.unanswered(), ChecklistAnswer.UNKNOWN) | step.checklist.answers()
    recorded: list[Event] = [VulnerabilityScreened(checklist=dict(sorted(answers.items())), review_on=step.review_on)]
    if step.checklist.trafficking is ChecklistAnswer.YES:
        recorded += holds.placing(case, HoldKind.TRAFFICKING_SIGNAL, context)
    if step.checklist.medical is ChecklistAnswer.YES:
        recorded += holds.placing(case, HoldKind.MEDICAL_ALERT_UNRESOLVED, context)
    return holds.each_once(recorded)


@gives(IntakeCompleted)
def intake_completed(case: DepartureCase, step: CompleteIntake, context: Context) -> list[Event]:
    return [copied(IntakeCompleted, step, early_contact=case.decision is None)]


ILC = (Role.INTAKE_OFFICER,)
LEADER = (Role.TEAM_LEADER,)
INTAKE = (Phase.INTAKE,)
CHECKS = (no_supervisor, no_decision, no_removability_check, no_screening, no_plan)

# fmt: off
ROWS: list[Row] = [
    decision(OpenCase, (Phase.UNOPENED,), opened, (another_case_is_open,), to=Phase.INTAKE, roles=ILC),
    decision(ReturnHandoverFile, INTAKE, recorded_as(HandoverFileReturned), roles=ILC),
    decision(AssignSupervisor, OPEN_PHASES, recorded_as(SupervisorAssigned), (special_supervisor_needed,), roles=LEADER),
    fact(RecordReturnDecision, ANY_PHASE, decided, (entry_ban_barred, holds.removed_within_the_term)),
    fact(RecordRemovability, ANY_PHASE, recorded_as(RemovabilityChecked)),
    decision(ScreenVulnerability, OPEN_PHASES, screened),
    fact(RecordReportMissed, ANY_PHASE, recorded_as(ReportingMissed)),
    decision(AdoptPlan, OPEN_PHASES, recorded_as(DeparturePlanAdopted)),
    decision(CompleteIntake, INTAKE, intake_completed, CHECKS, to=Phase.MOTIVATION),
]
# fmt: on
