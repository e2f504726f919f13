"""Minors and families (minderjarigen en gezinnen): status, guardian, reception, leaving together, and what bars their detention.

Law: Vw 2000 art. 63; Directive 2008/115/EC art. 5, 10; Vc 2000 A3/6.1, A3/6.2, A5/2.4, A5/6.3, B8/6; CJEU C-441/19 (TQ).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.detention_limits import begins
from dtv_workflow.domain.detention import FAMILY_ARTICLES, family_limit, used, with_minors
from dtv_workflow.domain.facets import Family, Minority, Reception
from dtv_workflow.domain.fields import Code, PastDate, Personal, Text, day_of
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, fact, gives, recorded_as
from dtv_workflow.domain.vocabulary import ANY_PHASE, OPEN_PHASES, AgeBand, Article, NoticeTo

if TYPE_CHECKING:
    from dtv_workflow.domain.chapters.custody import ExtendDetention, OrderDetention, ReportDetention

N05 = rule(
    "N05",
    "removal_of_minor_without_reception",
    law="Directive 2008/115/EC art. 10(2); Vc 2000 A3/6.1, B8/6",
    en="An unaccompanied minor is not removed without adequate reception in the country of return.",
    nl="Een alleenstaande minderjarige wordt niet uitgezet zonder adequate opvang in het land van terugkeer.",
    needs=("adequate reception, established on evidence", "adequate opvang, vastgesteld met bewijs"),
    lifts="establish_reception",
)
N06 = rule(
    "N06",
    "guardian_not_informed",
    law="Vc 2000 A3/6.1",
    en="The guardian of a minor is told of the decision and of the manner of removal.",
    nl="De voogd van een minderjarige wordt op de hoogte gesteld van het besluit en de wijze van uitzetting.",
    needs=("the guardian informed", "de voogd op de hoogte"),
    lifts="inform_guardian",
)
N19 = rule(
    "N19",
    "family_detention_over_14d_without_exception",
    law="Vc 2000 A5/2.4, A5/6.3",
    en="A family with minors is detained for at most two weeks, unless an exception is reasoned.",
    nl="Een gezin met minderjarigen zit ten hoogste twee weken in bewaring, tenzij een uitzondering is gemotiveerd.",
    needs=("days left of the two weeks, or a coded exception", "dagen over van de twee weken, of een gecodeerde uitzondering"),
    lifts="the same step with --family-exception, or lift_detention --cause family_term",
    by="designated_officer",
)
N66 = rule(
    "N66",
    "unaccompanied_minor_detained_without_exception",
    law="Vc 2000 A5/2.4; Directive 2008/115/EC art. 17(1)",
    en="An unaccompanied minor is detained only for a weighty interest that the policy names.",
    nl="Een alleenstaande minderjarige gaat alleen in bewaring om een zwaarwegend belang dat het beleid noemt.",
    needs=("a coded weighty interest, or no detention", "een gecodeerd zwaarwegend belang, of geen bewaring"),
    lifts="the same step with --minor-exception, or impose_supervision",
    by="designated_officer",
)
N29 = rule(
    "N29",
    "separate_family_without_assessment",
    law="Vc 2000 A3/6.2; ECHR art. 8",
    en="A family is not separated without an assessment of its unity.",
    nl="Een gezin wordt niet gescheiden zonder toets van de gezinseenheid.",
    needs=("an assessment of the family's situation", "een beoordeling van de gezinssituatie"),
    lifts="link_family --assessment",
)


# ------------------------------------------------------------------ events and steps


class MinorStatusEstablished(Event, frozen=True, kw_only=True):
    TOPIC = "minor_status_established.v1"
    minor: bool
    unaccompanied: bool
    birth_date: Personal[str] | None = None
    guardian: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.minority = Minority(
            version=record.version, minor=self.minor, unaccompanied=self.unaccompanied, on=day_of(record.occurred_at)
        )
        case.birth_date = self.birth_date or case.birth_date


class ReceptionEstablished(Event, frozen=True, kw_only=True):
    TOPIC = "reception_established.v1"
    adequate: bool
    country: Code
    evidenced: bool
    evidence: Personal[str] | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.reception = Reception(
            version=record.version, adequate=self.adequate, evidenced=self.evidenced, country=self.country
        )


class GuardianInformed(Event, frozen=True, kw_only=True):
    TOPIC = "guardian_informed.v1"
    guardian: Personal[str]
    how: Personal[str]

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.guardian_informed = record.version


class FamilyLinked(Event, frozen=True, kw_only=True):
    TOPIC = "family_linked.v1"
    cases: tuple[Code, ...]
    assessed: bool
    assessment: Personal[str] | None = None
    with_minors: bool | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        earlier = case.family or Family(version=0, cases=(), assessed=False)
        linked = tuple(dict.fromkeys((*earlier.cases, *self.cases)))
        minors = earlier.with_minors if self.with_minors is None else self.with_minors
        case.family = Family(version=record.version, cases=linked, assessed=self.assessed, with_minors=minors)


class EstablishMinority(Step, frozen=True, kw_only=True):
    """Record whether the person is a minor (minderjarig)."""

    minor: Annotated[bool, Meta(description="Whether the person is a minor.")]
    birth_date: Annotated[PastDate, Meta(description="Birth date as established.", extra={"sealed": "identity"})] | None = None
    guardian: Annotated[Text, Meta(description="The guardian (voogd).")] | None = None
    unaccompanied: Annotated[bool, Meta(description="Whether unaccompanied (amv).")] = False


class EstablishReception(Step, frozen=True, kw_only=True):
    """Record what was found about adequate reception (adequate opvang) in the country of return."""

    adequate: Annotated[bool, Meta(description="Whether reception is adequate.")]
    country: Annotated[Code, Meta(description="In which country.")]
    evidence: Annotated[Text, Meta(description="On what evidence.")] | None = None


class InformGuardian(Step, frozen=True, kw_only=True):
    """Record that the guardian was told of the decision and the manner of removal."""

    guardian: Annotated[Text, Meta(description="The guardian.")]
    how: Annotated[Text, Meta(description="How the guardian was told.")]


class LinkFamily(Step, frozen=True, kw_only=True):
    """Link the cases of a family, with the assessment of family unity."""

    cases: Annotated[tuple[Code, ...], Meta(min_length=1, description="The other cases.")]
    assessment: Annotated[Text, Meta(description="Assessment of a separate departure.")] | None = None
    with_minors: Annotated[bool, Meta(description="Whether there are minors in the family.")] | None = None


def is_minor(case: DepartureCase, context: Context) -> bool:
    """Whether the person is to be treated as a minor on the step's day."""
    return case.minor_on(context.today, context.law["minor.under"])


def is_alone(case: DepartureCase, context: Context) -> bool:
    """Whether this is to be treated as an unaccompanied minor: known only by the birth date counts as such."""
    return is_minor(case, context) and (case.minority is None or case.minority.unaccompanied)


def minority_version(case: DepartureCase) -> int:
    """The event that says whether this is a minor."""
    return case.minority.version if case.minority else case.registered


def age_band(age: int | None, context: Context) -> AgeBand:
    """The age band the statistics keep."""
    if age is None:
        return AgeBand.UNKNOWN
    if age < context.law["minor.under"]:
        return AgeBand.UNDER_18
    return AgeBand.FROM_18_TO_34 if age <= context.law["statistics.middle_band_to"] else AgeBand.FROM_35


def band_now(case: DepartureCase, context: Context) -> AgeBand:
    """The age band at the step's date, or the last one known once the birth date is forgotten."""
    age = case.age_on(context.today)
    return case.age_band if age is None else age_band(age, context)


@gives(MinorStatusEstablished)
def minority_established(case: DepartureCase, step: EstablishMinority, context: Context) -> list[Event]:
    born = step.birth_date.isoformat() if step.birth_date else None
    return [copied(MinorStatusEstablished, step, birth_date=born)]


@gives(ReceptionEstablished)
def reception_established(case: DepartureCase, step: EstablishReception, context: Context) -> list[Event]:
    return [copied(ReceptionEstablished, step, evidenced=step.evidence is not None)]


@gives(FamilyLinked)
def family_linked(case: DepartureCase, step: LinkFamily, context: Context) -> list[Event]:
    return [copied(FamilyLinked, step, assessed=step.assessment is not None)]

# ------------------------------------------------------------------ guards


@guard(N05)
def unaccompanied_without_reception(case: DepartureCase, step: Step, context: Context) -> Finding:
    if not is_alone(case, context):
        return clear(minority_version(case))
    reception = case.reception
    if reception and reception.adequate and reception.evidenced:
        return clear(minority_version(case), reception.version)
    if reception is None:
        return found("reception was never established", "opvang is nooit vastgesteld", minority_version(case))
    return found(
        "reception is not adequate, or not evidenced",
        "opvang is niet adequaat, of niet met bewijs vastgesteld",
        minority_version(case),
        reception.version,
    )


@guard(N05)
def reception_without_evidence(case: DepartureCase, step: EstablishReception, context: Context) -> Finding:
    if step.evidence or not step.adequate:
        return clear()
    return found("reception called adequate without evidence", "opvang adequaat genoemd zonder bewijs")


@guard(N06)
def guardian_not_informed(case: DepartureCase, step: Step, context: Context) -> Finding:
    if not is_minor(case, context) or case.guardian_informed:
        return clear(minority_version(case), case.guardian_informed)
    return found("the guardian was not informed", "de voogd is niet op de hoogte gesteld", minority_version(case))


@guard(N06)
def notice_passes_the_guardian(case: DepartureCase, step: Step, context: Context) -> Finding:
    """For the notice of removal: a minor's guardian is among those it is served on."""
    if not is_minor(case, context) or NoticeTo.GUARDIAN in getattr(step, "to", ()):
        return clear(minority_version(case))
    return found("the guardian gets no notice", "de voogd krijgt geen aanzegging", minority_version(case))


@guard(N29)
def family_not_assessed(case: DepartureCase, step: Step, context: Context) -> Finding:
    if case.family is None or case.family.assessed:
        return clear(case.family.version if case.family else 0)
    linked = len(case.family.cases)
    return found(f"{linked} linked, not assessed", f"{linked} gekoppeld, niet getoetst", case.family.version)


@guard(N19)
def family_weeks_served(case: DepartureCase, step: OrderDetention | ReportDetention, context: Context) -> Finding:
    """The days under art. 59 and 59a together, those of a reported stretch too. Under art. 59b no such term runs."""
    family, limit = with_minors(case), family_limit(context.law)
    if not family or step.article not in FAMILY_ARTICLES or step.family_exception:
        return clear(family)
    days = used(case, limit, context.today, begins(step))
    if days < limit.maximum:
        return clear(family)
    return found(f"{days} of {limit.maximum} days used", f"{days} van {limit.maximum} dagen gebruikt", family)


@guard(N19)
def family_extended(case: DepartureCase, step: ExtendDetention, context: Context) -> Finding:
    """Under art. 59b never: a family's detention there is not extended (Vc 2000 A5/6.3)."""
    family, held = with_minors(case), case.detained
    if not family or held is None:
        return clear(family)
    if held.article is Article.A59B:
        return found("a family, under art. 59b", "een gezin, op art. 59b", family, held.version)
    if step.family_exception:
        return clear(family)
    return found("a family, and no exception", "een gezin, en geen uitzondering", family, held.version)


@guard(N66)
def minor_alone_without_exception(case: DepartureCase, step: OrderDetention | ReportDetention, context: Context) -> Finding:
    if step.minor_exception or not is_alone(case, context):
        return clear(minority_version(case))
    return found("an unaccompanied minor, and no exception", "een alleenstaande minderjarige, en geen uitzondering",
                 minority_version(case))  # fmt: skip


# fmt: off
ROWS: list[Row] = [
    fact(EstablishMinority, ANY_PHASE, minority_established),
    fact(EstablishReception, ANY_PHASE, reception_established, (reception_without_evidence,)),
    fact(InformGuardian, ANY_PHASE, recorded_as(GuardianInformed)),
    decision(LinkFamily, OPEN_PHASES, family_linked),
]
# fmt: on
