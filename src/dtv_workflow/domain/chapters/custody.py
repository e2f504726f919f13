"""Custody (toezicht en bewaring): supervision, detention (inbewaringstelling), its clock per article, and the courts.

Law: Vw 2000 art. 54, 56, 59–59c, 94–96; Vb 2000 art. 5.1a–5.3; Vc 2000 A5. Detention is the last resort: lighter means are
reasoned away one by one, at least two grounds stand, the person was heard and the lawyer told, and nobody is detained who
wishes to leave. Days count per article, in calendar days, the day of the order included and the day of the lift not (Vc 2000
A5/6.8).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase, Detained, Supervision
from dtv_workflow.domain.chapters.authority import no_second_person
from dtv_workflow.domain.chapters.holds import HoldPlaced, RemovalAttemptCancelled, placing, standing
from dtv_workflow.domain.fields import (
    Cents,
    Code,
    Count,
    Custodial,
    PastDayOrMoment,
    PastMoment,
    Public,
    Text,
    day_of,
    first_moment,
)
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import (
    ANY_PHASE,
    OPEN_PHASES,
    Article,
    Block,
    CourtOutcome,
    HoldKind,
    LiftCause,
    Measure,
    Phase,
    Role,
)

N13 = rule(
    "N13",
    "detention_without_lighter_means_reasoning",
    law="Vw 2000 art. 59c(1); Directive 2008/115/EC art. 15(1)",
    en="Detention only when each lighter means was weighed and will not do.",
    nl="Bewaring alleen als elk lichter middel is afgewogen en niet volstaat.",
    needs=("each lighter means with the reason why it will not do", "elk lichter middel met de reden waarom het niet volstaat"),
    lifts="order_detention --lighter-means, or impose_supervision",
    by="designated_officer",
)
N14 = rule(
    "N14",
    "detention_single_ground",
    law="Vb 2000 art. 5.1b(1), (2)",
    en="Detention rests on at least two grounds; under art. 59a at least one of them heavy.",
    nl="Bewaring berust op ten minste twee gronden; bij art. 59a is er ten minste één zwaar.",
    needs=("the required grounds", "de vereiste gronden"),
    lifts="order_detention --grounds",
    by="designated_officer",
)
N15 = rule(
    "N15",
    "detention_beyond_maximum",
    law="Vw 2000 art. 59(5), (6), 59b(2), (3); Regulation (EU) 604/2013 art. 28",
    en="Nobody is detained beyond the maximum of the article.",
    nl="Niemand blijft langer in bewaring dan het maximum van het artikel.",
    needs=("days left under the article", "resterende dagen onder het artikel"),
    lifts="lift_detention --cause max_reached",
    by="designated_officer supervisor team_leader",
)
N16 = rule(
    "N16",
    "detention_extended_after_expiry",
    law="Vw 2000 art. 59(6)",
    en="Detention is extended before its term has run out, never afterwards.",
    nl="Bewaring wordt verlengd voordat de termijn is verstreken, nooit daarna.",
    needs=("an extension before the maximum was reached", "een verlenging voordat het maximum is bereikt"),
    lifts="lift_detention --cause max_reached",
    by="designated_officer supervisor team_leader",
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
N19 = rule(
    "N19",
    "family_detention_over_14d_without_exception",
    law="Vc 2000 A5/2.4",
    en="A family with minors is detained for at most two weeks, unless an exception is reasoned.",
    nl="Een gezin met minderjarigen zit ten hoogste twee weken in bewaring, tenzij een uitzondering is gemotiveerd.",
    needs=("the detention lifted within the term", "de bewaring binnen de termijn opgeheven"),
    lifts="lift_detention --cause family_term",
    by="designated_officer supervisor team_leader",
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
N51 = rule(
    "N51",
    "no_hearing_or_lawyer",
    law="Vb 2000 art. 5.2; Vw 2000 art. 100",
    en="Detention follows a hearing, and the lawyer is told.",
    nl="Aan bewaring gaat een gehoor vooraf en de advocaat wordt ingelicht.",
    needs=("the hearing held and the lawyer informed", "het gehoor gehouden en de advocaat ingelicht"),
    lifts="order_detention --hearing-held --lawyer-informed",
    by="designated_officer",
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
    lifts="order_detention",
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
        case.supervision = Supervision(version=record.version, measure=self.measure)


class DetentionOrdered(Event, frozen=True, kw_only=True):
    TOPIC = "detention_ordered.v1"
    article: Article
    heavy: tuple[Code, ...]
    light: tuple[Code, ...]
    measures: tuple[Code, ...]
    lighter_means: Custodial[dict[str, str]]
    prospect: Custodial[str]
    place: Public

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.detained = Detained(version=record.version, article=self.article, since=day_of(record.occurred_at))
        case.detention_until = None
        case.supervision = None


class DetentionReported(Event, frozen=True, kw_only=True):
    """Told by police or KMar. A running stretch ends where the reported one begins: no day counts twice."""

    TOPIC = "detention_reported.v1"
    article: Article
    since: date
    by: Public

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.end_detention(self.since)
        case.detained = Detained(version=record.version, article=self.article, since=self.since)
        case.supervision = None


class DetentionExtended(Event, frozen=True, kw_only=True):
    TOPIC = "detention_extended.v1"
    article: Article
    until: date
    balancing: Custodial[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.extended = case.extended | {self.article: record.version}
        case.detention_until = self.until


class DetentionLifted(Event, frozen=True, kw_only=True):
    TOPIC = "detention_lifted.v1"
    cause: LiftCause
    article: Article

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.end_detention(day_of(record.occurred_at))
        case.court_lift = record.version if self.cause is LiftCause.COURT else case.court_lift


class CourtNotified(Event, frozen=True, kw_only=True):
    TOPIC = "court_notified.v1"
    notified_at: PastMoment

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.court_notified = record.version


class CourtDecisionReceived(Event, frozen=True, kw_only=True):
    """`lifted` remembers that a court ended a detention, for N17; an annulled decision no longer stands."""

    TOPIC = "court_decision_received.v1"
    instance: Custodial[str]
    outcome: CourtOutcome
    damages_cents: int | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.court_lift = record.version if self.outcome is CourtOutcome.LIFTED else case.court_lift
        case.decision = None if self.outcome is CourtOutcome.ANNULLED else case.decision


# ------------------------------------------------------------------ steps


class ImposeSupervision(Step, frozen=True, kw_only=True):
    """Impose a supervision measure (lichter middel): reporting duty, deposit or area restriction."""

    measure: Annotated[Measure, Meta(description="Which measure.")]
    interval_days: Annotated[Count, Meta(description="Report every so many days.")] | None = None
    amount_cents: Annotated[Cents, Meta(description="Deposit, in euro cents.")] | None = None


class OrderDetention(Step, frozen=True, kw_only=True):
    """Order detention (inbewaringstelling)."""

    article: Annotated[Article, Meta(description="The article it rests on.")]
    grounds: Annotated[tuple[Ground, ...], Meta(description="Grounds of Vb 2000 art. 5.1b, each heavy or light.")]
    prospect: Annotated[Text, Meta(description="The prospect of removal (zicht op uitzetting).")]
    hearing_held: Annotated[bool, Meta(description="Whether the hearing was held.")]
    lawyer_informed: Annotated[bool, Meta(description="Whether the lawyer was told.")]
    place: Annotated[Public, Meta(description="Where.")]
    lighter_means: Annotated[dict[Code, str], Meta(description="Each lighter means, and why it will not do.")] = {}


class ReportDetention(Step, frozen=True, kw_only=True):
    """Record a detention ordered by police or KMar, usually before the handover."""

    article: Annotated[Article, Meta(description="The article it rests on.")]
    since: Annotated[PastDayOrMoment, Meta(description="Since when.")]
    by: Annotated[Public, Meta(description="By whom.")]


class ExtendDetention(Step, frozen=True, kw_only=True):
    """Extend a detention (verlenging, Vw 2000 art. 59(6)); needs a second person."""

    until: Annotated[date, Meta(description="Until which day.")]
    balancing: Annotated[Text, Meta(description="The weighing of interests, days under other articles included.")]


class LiftDetention(Step, frozen=True, kw_only=True):
    """Lift the detention (opheffing). Ending a detention never waits for the right desk."""

    cause: Annotated[LiftCause, Meta(description="Why.")]


class RecordCourtNotified(Step, frozen=True, kw_only=True):
    """Record that the court was told of the detention (kennisgeving, Vw 2000 art. 94)."""

    notified_at: Annotated[PastMoment, Meta(description="When.")]


class RecordCourtDecision(Step, frozen=True, kw_only=True):
    """Record a court's decision; an order to lift ends the detention, interim relief places a hold."""

    instance: Annotated[Text, Meta(description="Which court.")]
    outcome: Annotated[CourtOutcome, Meta(description="What it decided.")]
    damages_cents: Annotated[Cents, Meta(description="Damages, in euro cents.")] | None = None


# ------------------------------------------------------------------ the clock


def maximum(case: DepartureCase, article: Article, law: Ruleset) -> int:
    """The days an article allows in this case now: its maximum, with the extension once that was given."""
    extension = law[f"detention.{article.value}.extension"] if article in case.extended else 0
    return law[f"detention.{article.value}.maximum"] + extension


def extended_maximum(article: Article, law: Ruleset) -> int:
    """The days an article allows at the very most."""
    return law[f"detention.{article.value}.maximum"] + law[f"detention.{article.value}.extension"]


def _relied(case: DepartureCase, article: Article) -> tuple[int, ...]:
    running = case.detained.version if case.detained else 0
    return running, case.extended.get(article, 0)


# ------------------------------------------------------------------ guards


@guard(N13)
def lighter_means_not_weighed(case: DepartureCase, step: OrderDetention, context: Context) -> Finding:
    unreasoned = [measure for measure, why in step.lighter_means.items() if not why.strip()]
    if step.lighter_means and not unreasoned:
        return clear()
    named = ", ".join(unreasoned)
    if named:
        return found(f"no reason given for: {named}", f"geen reden bij: {named}")
    return found("no lighter means was weighed", "geen lichter middel afgewogen")


@guard(N14)
def too_few_grounds(case: DepartureCase, step: OrderDetention, context: Context) -> Finding:
    grounds = {ground.code for ground in step.grounds}
    heavy = {ground.code for ground in step.grounds if ground.heavy}
    needed = context.law["detention.grounds"]
    if len(grounds) < needed:
        return found(f"{len(grounds)} of {needed} grounds", f"{len(grounds)} van {needed} gronden")
    if step.article is Article.A59A and len(heavy) < context.law["detention.heavy_grounds_dublin"]:
        return found("no heavy ground", "geen zware grond")
    return clear()


@guard(N15)
def no_days_left(case: DepartureCase, step: OrderDetention | ReportDetention, context: Context) -> Finding:
    used, most = case.detention_days(step.article, context.today), maximum(case, step.article, context.law)
    if used < most:
        return clear(*_relied(case, step.article))
    return found(f"{used} of {most} days used", f"{used} van {most} dagen gebruikt", *_relied(case, step.article))


@guard(N17)
def court_lifted_on_these_facts(case: DepartureCase, step: Step, context: Context) -> Finding:
    since = [f.version for f in (case.decision, case.document, case.presentation) if f and f.version > case.court_lift]
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


@guard(N51)
def not_heard_or_no_lawyer(case: DepartureCase, step: OrderDetention, context: Context) -> Finding:
    if step.hearing_held and step.lawyer_informed:
        return clear()
    if step.lawyer_informed:
        return found("no hearing held", "geen gehoor gehouden")
    return found("the lawyer was not informed", "de advocaat is niet ingelicht")


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


@guard(N16)
def term_already_reached(case: DepartureCase, step: ExtendDetention, context: Context) -> Finding:
    if case.detained is None:
        return clear()
    article = case.detained.article
    used, most = case.detention_days(article, context.today), maximum(case, article, context.law)
    if step.until <= context.today:
        until = step.until.isoformat()
        return found(f"until {until}, which has passed", f"tot {until}, dat is voorbij", *_relied(case, article))
    if used < most:
        return clear(*_relied(case, article))
    return found(f"{used} of {most} days used", f"{used} van {most} dagen gebruikt", *_relied(case, article))


@guard(N15)
def extended_too_far(case: DepartureCase, step: ExtendDetention, context: Context) -> Finding:
    if case.detained is None:
        return clear()
    article = case.detained.article
    would, most = case.detention_days(article, step.until), extended_maximum(article, context.law)
    if would <= most:
        return clear(*_relied(case, article))
    return found(f"{would} of {most} days by then", f"dan {would} van {most} dagen", *_relied(case, article))


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
    return [copied(DetentionExtended, step, article=case.detained.article)] if case.detained else []


@gives(DetentionLifted)
def lifted(case: DepartureCase, step: LiftDetention, context: Context) -> list[Event]:
    return lifting(case, step.cause)


@gives(CourtDecisionReceived, DetentionLifted, HoldPlaced, RemovalAttemptCancelled)
def court_decided(case: DepartureCase, step: RecordCourtDecision, context: Context) -> list[Event]:
    received = copied(CourtDecisionReceived, step)
    if step.outcome in {CourtOutcome.LIFTED, CourtOutcome.ANNULLED}:
        return [received, *lifting(case, LiftCause.COURT)]
    if step.outcome is CourtOutcome.INTERIM_RELIEF:
        return [received, *placing(case, HoldKind.INTERIM_RELIEF_GRANTED, context)]
    return [received]


def lifting(case: DepartureCase, cause: LiftCause) -> list[Event]:
    """End the running detention, if there is one."""
    return [DetentionLifted(cause=cause, article=case.detained.article)] if case.detained else []


OFFICER = (Role.DESIGNATED_OFFICER,)
MAY_LIFT = (Role.DESIGNATED_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER)
DETAINED_IN = (Phase.INTAKE, Phase.MOTIVATION, Phase.FORCED_DEPARTURE)
LAWFUL = (no_days_left, court_lifted_on_these_facts, wish_open, hold_blocks_detention, already_detained)
ORDER = (lighter_means_not_weighed, too_few_grounds, not_heard_or_no_lawyer, *LAWFUL)
EXTEND = (not_detained, term_already_reached, extended_too_far, no_second_person)

# fmt: off
ROWS: list[Row] = [
    decision(ImposeSupervision, OPEN_PHASES, recorded_as(SupervisionMeasureImposed), (supervised_while_detained,), roles=OFFICER),
    decision(OrderDetention, DETAINED_IN, ordered, ORDER, roles=OFFICER),
    fact(ReportDetention, ANY_PHASE, reported, LAWFUL),
    decision(ExtendDetention, OPEN_PHASES, extended, EXTEND, roles=OFFICER),
    decision(LiftDetention, ANY_PHASE, lifted, (not_detained,), roles=MAY_LIFT),
    fact(RecordCourtNotified, ANY_PHASE, recorded_as(CourtNotified)),
    fact(RecordCourtDecision, ANY_PHASE, court_decided),
]
# fmt: on
