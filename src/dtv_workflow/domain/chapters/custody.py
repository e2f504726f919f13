"""Custody (toezicht en bewaring): supervision, and detention (inbewaringstelling): ordered, reported, extended, lifted.

Law: Vw 2000 art. 54, 56, 59–59c; Vb 2000 art. 5.1a–5.3; Vc 2000 A5. Detention is the last resort: lighter means are reasoned
away one by one, at least two grounds stand, the person was heard and the lawyer told, and nobody is detained who wishes to
leave. On what it may rest stands in `detention_grounds`, how long it may last in `detention_limits`, what holds for minors and
families in `family`, and what the courts do in `courts`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import no_second_person
from dtv_workflow.domain.chapters.detention_grounds import lighter_means_not_weighed, not_heard_or_no_lawyer, too_few_grounds
from dtv_workflow.domain.chapters.detention_limits import extended_too_far, no_days_left, term_already_reached
from dtv_workflow.domain.chapters.family import family_extended, family_weeks_served, minor_alone_without_exception
from dtv_workflow.domain.chapters.holds import standing
from dtv_workflow.domain.detention import MAY_LIFT, term_of
from dtv_workflow.domain.facets import Detained, Extension, Supervision
from dtv_workflow.domain.fields import Cents, Code, Count, Custodial, PastDayOrMoment, Public, Text, day_of, first_moment
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import (
    ANY_PHASE,
    OPEN_PHASES,
    PROMISES,
    Article,
    Basis,
    Block,
    FamilyException,
    HearingException,
    LiftCause,
    Measure,
    MinorException,
    Phase,
    Role,
    StretchEnd,
)

N17 = rule(
    "N17",
    "detention_kept_after_court_lift",
    law="Vw 2000 art. 94(6), 96",
    en="After a court ended the detention, nobody is detained again on the same facts.",
    nl="Na opheffing door de rechter volgt op dezelfde feiten geen nieuwe bewaring.",
    needs=("a new decision, travel document or presentation since", "een nieuw besluit, reisdocument of presentatie sindsdien"),
    lifts="record_return_decision",
    by="designated_officer",
)
N18 = rule(
    "N18",
    "detention_despite_wish_and_opportunity",
    law="Vw 2000 art. 59(3), 56(2), 59a(2)",
    en="Nobody is detained or booked while a wish to leave is open.",
    nl="Niemand wordt in bewaring gesteld of geboekt zolang een wens om te vertrekken openstaat.",
    needs=("the wish assessed and declined, or followed", "de wens beoordeeld en afgewezen, of gevolgd"),
    lifts="assess_opportunity, or choose_voluntary_departure",
)
N24 = rule(
    "N24",
    "close_while_detained",
    law="Vw 2000 art. 59c(2)",
    en="A case is not closed or taken off the forced track while the person is detained.",
    nl="Een zaak wordt niet afgesloten of van het gedwongen spoor gehaald zolang de betrokkene in bewaring zit.",
    needs=("the detention lifted", "de bewaring opgeheven"),
    lifts="lift_detention",
    by="designated_officer supervisor team_leader",
)
N50 = rule(
    "N50",
    "supervision_while_detained",
    law="Vw 2000 art. 54, 56, 59",
    en="Supervision is not imposed on somebody in detention.",
    nl="Aan iemand in bewaring wordt geen toezichtmaatregel opgelegd.",
    needs=("the detention lifted", "de bewaring opgeheven"),
    lifts="lift_detention",
    by="designated_officer supervisor team_leader",
)
N52 = rule(
    "N52",
    "hold_blocks_detention",
    law="Vw 2000 art. 59, 82; ECHR Rule 39; Vc 2000 B8/3",
    en="Nobody is detained while a hold that blocks detention is open.",
    nl="Niemand wordt in bewaring gesteld zolang een beletsel voor bewaring openstaat.",
    needs=("the hold lifted or ended", "het beletsel opgeheven of geëindigd"),
    lifts="lift_hold",
)
N53 = rule(
    "N53",
    "not_detained",
    law="workflow",
    en="Nobody is detained in this case.",
    nl="In deze zaak zit niemand in bewaring.",
    needs=("a running detention", "een lopende bewaring"),
    lifts="report_detention",
    by="designated_officer",
)
N64 = rule(
    "N64",
    "already_detained",
    law="Vc 2000 A5/6.7",
    en="The person is already detained; another article needs a lift first.",
    nl="De betrokkene zit al in bewaring; een ander artikel vraagt eerst om opheffing.",
    needs=("the running detention lifted", "de lopende bewaring opgeheven"),
    lifts="lift_detention",
    by="designated_officer supervisor team_leader",
)


class Ground(Step, frozen=True, kw_only=True):
    """A ground of Vb 2000 art. 5.1b: third paragraph heavy (zwaar), fourth light (licht)."""

    code: Code
    heavy: bool


# ------------------------------------------------------------------ events


class SupervisionMeasureImposed(Event, frozen=True, kw_only=True):
    TOPIC = "supervision_measure_imposed.v1"
    measure: Measure
    interval_days: int | None = None
    amount_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        since = day_of(record.occurred_at)
        case.supervision = Supervision(
            version=record.version, measure=self.measure, since=since, interval_days=self.interval_days
        )


class DetentionOrdered(Event, frozen=True, kw_only=True):
    TOPIC = "detention_ordered.v1"
    article: Article
    heavy: tuple[Code, ...]
    light: tuple[Code, ...]
    measures: tuple[Code, ...]
    lighter_means: Custodial[dict[str, str]]
    prospect: Custodial[str]
    place: Public
    basis: Basis | None = None
    intention_procedure: bool = False
    family_exception: FamilyException | None = None
    minor_exception: MinorException | None = None
    hearing_exception: HearingException | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.detained = beginning(self, record, day_of(record.occurred_at))
        case.detention_until = None
        case.supervision = None


class DetentionReported(Event, frozen=True, kw_only=True):
    """Told by police or KMar. A running stretch ends where the reported one begins: no day counts twice."""

    TOPIC = "detention_reported.v1"
    article: Article
    since: date
    by: Public
    basis: Basis | None = None
    intention_procedure: bool = False
    family_exception: FamilyException | None = None
    minor_exception: MinorException | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.end_detention(self.since, StretchEnd.REPORTED_ANEW)
        case.detained = beginning(self, record, self.since)
        case.supervision = None


def beginning(event: DetentionOrdered | DetentionReported, record: Record, since: date) -> Detained:
    """The detention that an order or a report began."""
    return Detained(
        version=record.version,
        article=event.article,
        since=since,
        basis=event.basis,
        intention=event.intention_procedure,
        family_exception=event.family_exception,
    )


class DetentionExtended(Event, frozen=True, kw_only=True):
    TOPIC = "detention_extended.v1"
    article: Article
    until: date
    balancing: Custodial[str]
    basis: Basis | None = None
    family_exception: FamilyException | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        given = Extension(version=record.version, on=day_of(record.occurred_at), until=self.until)
        case.extended = case.extended | {term_of(self.article, self.basis): given}
        case.detention_until = self.until
        case.detained = excepted(case.detained, self.family_exception)


def excepted(held: Detained | None, exception: FamilyException | None) -> Detained | None:
    """The running detention with the exception an extension gave for it, if it gave one."""
    return msgspec.structs.replace(held, family_exception=exception) if held and exception else held


class DetentionLifted(Event, frozen=True, kw_only=True):
    TOPIC = "detention_lifted.v1"
    cause: LiftCause
    article: Article

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.end_detention(day_of(record.occurred_at), self.cause)
        case.court_lift = record.version if self.cause is LiftCause.COURT else case.court_lift


# ------------------------------------------------------------------ steps


class ImposeSupervision(Step, frozen=True, kw_only=True):
    """Impose a supervision measure (lichter middel): reporting duty, deposit or area restriction."""

    measure: Annotated[Measure, Meta(description="Which measure.")]
    interval_days: Annotated[Count, Meta(description="Report every so many days.")] | None = None
    amount_cents: Annotated[Cents, Meta(description="Deposit, in euro cents.")] | None = None


_BASIS = "The paragraph it rests on, where its term follows from that."
_INTENTION = "Whether an intention to refuse (voornemen, Vw 2000 art. 39) came before the decision."
_FAMILY = "Why a family with minors is detained beyond two weeks."
_MINOR = "Why an unaccompanied minor is detained."


class OrderDetention(Step, frozen=True, kw_only=True):
    """Order detention (inbewaringstelling)."""

    article: Annotated[Article, Meta(description="The article it rests on.")]
    grounds: Annotated[tuple[Ground, ...], Meta(description="Grounds of Vb 2000 art. 5.1b, each heavy or light.")]
    prospect: Annotated[Text, Meta(description="The prospect of removal (zicht op uitzetting).")]
    hearing_held: Annotated[bool, Meta(description="Whether the hearing was held.")]
    lawyer_informed: Annotated[bool, Meta(description="Whether the lawyer was told.")]
    place: Annotated[Public, Meta(description="Where.")]
    lighter_means: Annotated[dict[Code, str], Meta(description="Each lighter means, and why it will not do.")] = {}
    basis: Annotated[Basis, Meta(description=_BASIS)] | None = None
    intention_procedure: Annotated[bool, Meta(description=_INTENTION)] = False
    hearing_exception: Annotated[HearingException, Meta(description="Why no hearing came first.")] | None = None
    family_exception: Annotated[FamilyException, Meta(description=_FAMILY)] | None = None
    minor_exception: Annotated[MinorException, Meta(description=_MINOR)] | None = None

    def __post_init__(self) -> None:
        fits(self.basis, self.article)


class ReportDetention(Step, frozen=True, kw_only=True):
    """Record a detention ordered by police or KMar, usually before the handover."""

    article: Annotated[Article, Meta(description="The article it rests on.")]
    since: Annotated[PastDayOrMoment, Meta(description="Since when.")]
    by: Annotated[Public, Meta(description="By whom.")]
    basis: Annotated[Basis, Meta(description=_BASIS)] | None = None
    intention_procedure: Annotated[bool, Meta(description=_INTENTION)] = False
    family_exception: Annotated[FamilyException, Meta(description=_FAMILY)] | None = None
    minor_exception: Annotated[MinorException, Meta(description=_MINOR)] | None = None

    def __post_init__(self) -> None:
        fits(self.basis, self.article)


def fits(basis: Basis | None, article: Article) -> None:
    """Raises ValueError for a basis of another article: such a request contradicts itself, and is malformed."""
    if basis is not None and basis.article is not article:
        raise ValueError("the basis is one of another article")


class ExtendDetention(Step, frozen=True, kw_only=True):
    """Extend a detention (verlenging, Vw 2000 art. 59(6), 59b(3), (5)); needs a second person."""

    until: Annotated[date, Meta(description="Until which day.")]
    balancing: Annotated[Text, Meta(description="The weighing of interests, days under other articles included.")]
    family_exception: Annotated[FamilyException, Meta(description=_FAMILY)] | None = None


class LiftDetention(Step, frozen=True, kw_only=True):
    """Lift the detention (opheffing). Ending a detention never waits for the right desk."""

    cause: Annotated[LiftCause, Meta(description="Why.")]


# ------------------------------------------------------------------ guards


@guard(N17)
def court_lifted_on_these_facts(case: DepartureCase, step: Step, context: Context) -> Finding:
    """New is a decision, a document that is still valid, or an embassy that promised one; that it refused is nothing new."""
    document, presentation = case.document, case.presentation
    news = (
        case.decision,
        document if document and context.today <= document.valid_until else None,
        presentation if presentation and presentation.outcome in PROMISES else None,
    )
    since = [new.version for new in news if new and new.version > case.court_lift]
    if not case.court_lift or since:
        return clear(case.court_lift, *since)
    return found("a court ended the detention, and nothing is new", "de rechter hief op en er is niets nieuws", case.court_lift)


@guard(N18)
def wish_open(case: DepartureCase, step: Step, context: Context) -> Finding:
    """An open wish is one that nobody assessed yet, or that has an opportunity; a declined one is not open."""
    if case.wish is None:
        return clear()
    assessed = ("with an opportunity", "met gelegenheid") if case.wish.assessed else ("not assessed", "niet beoordeeld")
    return found(f"a wish is open, {assessed[0]}", f"een wens staat open, {assessed[1]}", case.wish.version, case.wish.assessed)


@guard(N52)
def hold_blocks_detention(case: DepartureCase, step: Step, context: Context) -> Finding:
    return standing(case.open_holds(context.at, Block.DETENTION))


@guard(N64)
def already_detained(case: DepartureCase, step: Step, context: Context) -> Finding:
    if case.detained is None:
        return clear()
    article, since = case.detained.article.value, case.detained.since.isoformat()
    return found(f"detained under {article} since {since}", f"in bewaring op {article} sinds {since}", case.detained.version)


@guard(N53)
def not_detained(case: DepartureCase, step: Step, context: Context) -> Finding:
    return clear(case.detained.version) if case.detained else found("nobody is detained", "niemand zit in bewaring")


@guard(N50)
def supervised_while_detained(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found("detained", "in bewaring", case.detained.version) if case.detained else clear()


@guard(N24)
def detained(case: DepartureCase, step: Step, context: Context) -> Finding:
    if case.detained is None:
        return clear()
    article = case.detained.article.value
    return found(f"detained under article {article}", f"in bewaring op artikel {article}", case.detained.version)


# ------------------------------------------------------------------ what each step is recorded as


@gives(DetentionOrdered)
def ordered(case: DepartureCase, step: OrderDetention, context: Context) -> list[Event]:
    heavy = tuple(ground.code for ground in step.grounds if ground.heavy)
    light = tuple(ground.code for ground in step.grounds if not ground.heavy)
    return [copied(DetentionOrdered, step, heavy=heavy, light=light, measures=tuple(step.lighter_means))]


@gives(DetentionReported)
def reported(case: DepartureCase, step: ReportDetention, context: Context) -> list[Event]:
    return [copied(DetentionReported, step, since=day_of(first_moment(step.since)))]


@gives(DetentionExtended)
def extended(case: DepartureCase, step: ExtendDetention, context: Context) -> list[Event]:
    held = case.detained
    return [copied(DetentionExtended, step, article=held.article, basis=held.basis)] if held else []


@gives(DetentionLifted)
def lifted(case: DepartureCase, step: LiftDetention, context: Context) -> list[Event]:
    return lifting(case, step.cause)


def lifting(case: DepartureCase, cause: LiftCause) -> list[Event]:
    """End the running detention, if there is one."""
    return [DetentionLifted(cause=cause, article=case.detained.article)] if case.detained else []


OFFICER = (Role.DESIGNATED_OFFICER,)
DETAINED_IN = (Phase.INTAKE, Phase.MOTIVATION, Phase.FORCED_DEPARTURE)
YOUNG = (family_weeks_served, minor_alone_without_exception)
LAWFUL = (no_days_left, court_lifted_on_these_facts, wish_open, hold_blocks_detention, already_detained, *YOUNG)
ORDER = (lighter_means_not_weighed, too_few_grounds, not_heard_or_no_lawyer, *LAWFUL)
EXTEND = (not_detained, term_already_reached, extended_too_far, family_extended, no_second_person)

# fmt: off
ROWS: list[Row] = [
    decision(ImposeSupervision, OPEN_PHASES, recorded_as(SupervisionMeasureImposed), (supervised_while_detained,), roles=OFFICER),
    decision(OrderDetention, DETAINED_IN, ordered, ORDER, roles=OFFICER),
    fact(ReportDetention, ANY_PHASE, reported, LAWFUL),
    decision(ExtendDetention, OPEN_PHASES, extended, EXTEND, roles=OFFICER),
    decision(LiftDetention, ANY_PHASE, lifted, (not_detained,), roles=MAY_LIFT),
]
# fmt: on
