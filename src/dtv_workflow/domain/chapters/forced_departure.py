"""The forced track (gedwongen vertrek): proposed by one person, approved by another, and only when everything else was tried.

Law: Vw 2000 art. 62, 63; Directive 2008/115/EC art. 8(4): coercion is the last resort and proportionate. The guard set `G_F`
is asked at the proposal and again, in full, at the approval.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import N12
from dtv_workflow.domain.chapters.custody import detained
from dtv_workflow.domain.chapters.family import family_not_assessed, guardian_not_informed, unaccompanied_without_reception
from dtv_workflow.domain.chapters.guidance import obstacle_not_reviewed, too_few_interviews
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled, cancelling, departure_term_runs, hold_blocks_removal
from dtv_workflow.domain.facets import Proposal, Removability
from dtv_workflow.domain.fields import Personal, Text, day_of
from dtv_workflow.domain.law.rules import Cure, Finding, Said, clear, found, guard, rule
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Context, Row, Step, copied, decision, gives, recorded_as
from dtv_workflow.domain.vocabulary import (
    AbandonCause,
    CancelCause,
    DecisionKind,
    ForcedException,
    Phase,
    Regime,
    RemovabilityAnswer,
    Role,
)

N01 = rule(
    "N01",
    "forced_without_offer",
    law="Vw 2000 art. 61, 62; Directive 2008/115/EC art. 7, 8(4)",
    en="No force before independent departure was offered in this episode.",
    nl="Geen dwang voordat in deze episode zelfstandig vertrek is aangeboden.",
    needs=("an offer of independent departure, or an exception that fits", "een aanbod, of een passende uitzondering"),
    lifts="offer_voluntary_departure",
)
N04 = rule(
    "N04",
    "removal_on_stale_check",
    law="Vw 2000 art. 63; Vc 2000 A3/6.6",
    en="Force rests on a fresh answer of the IND that the person may be removed.",
    nl="Dwang berust op een vers antwoord van de IND dat de betrokkene verwijderbaar is.",
    needs=("a fresh answer: removable", "een vers antwoord: verwijderbaar"),
    lifts="record_removability",
)
N47 = rule(
    "N47",
    "nothing_proposed",
    law="DT&V four eyes",
    en="There is no proposal to approve.",
    nl="Er is geen voorstel om goed te keuren.",
    needs=("a proposal", "een voorstel"),
    lifts="propose_forced_track",
)


# ------------------------------------------------------------------ events


class ForcedTrackProposed(Event, frozen=True, kw_only=True):
    TOPIC = "forced_track_proposed.v1"
    grounds: Personal[tuple[str, ...]]
    proportionality: Personal[str]
    exception: ForcedException | None = None

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.proposal = Proposal(version=record.version, by=record.actor, exception=self.exception)


class ForcedTrackApproved(Event, frozen=True, kw_only=True):
    TOPIC = "forced_track_approved.v1"
    proposal: int

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.approved = record.version


class ForcedTrackStarted(Event, frozen=True, kw_only=True):
    TOPIC = "forced_track_started.v1"

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.phase = Phase.FORCED_DEPARTURE
        case.phase_since = record.occurred_at


class ForcedTrackAbandoned(Event, frozen=True, kw_only=True):
    TOPIC = "forced_track_abandoned.v1"
    cause: AbandonCause

    def apply(self, case: DepartureCase, record: Record) -> None:
        case.phase = Phase.MOTIVATION
        case.phase_since = record.occurred_at
        case.proposal = None
        case.approved = 0


# ------------------------------------------------------------------ steps


class ProposeForcedTrack(Step, frozen=True, kw_only=True):
    """Propose the forced track (gedwongen vertrek)."""

    grounds: Annotated[tuple[Text, ...], Meta(min_length=1, description="Why force is needed.")]
    proportionality: Annotated[Text, Meta(description="Why it is proportionate.")]
    exception: Annotated[ForcedException, Meta(description="Why no offer had to come first.")] | None = None


class ApproveForcedTrack(Step, frozen=True, kw_only=True):
    """Approve the proposal; by another person, a team leader."""


class AbandonForcedTrack(Step, frozen=True, kw_only=True):
    """Abandon the forced track; the case goes back to motivation."""

    cause: Annotated[AbandonCause, Meta(description="Why.")]


# ------------------------------------------------------------------ guards


def _fits(exception: ForcedException, case: DepartureCase, law: Ruleset) -> bool:
    """Whether an exception is borne out by the case: claiming one is not enough.

    Vw 2000 art. 62c(3) is about a term shortened for the sake of the transfer: the four weeks of 62c(1) are no exception.
    """
    decision = case.decision
    match exception:
        case ForcedException.TERM_WITHHELD_62_2:
            return bool(decision and decision.term_days == 0 and decision.reasoned)
        case ForcedException.PUBLIC_ORDER_WITH_DECISION:
            return decision is not None
        case ForcedException.BORDER_REFUSAL:
            return case.regime is Regime.BORDER_REFUSAL or bool(decision and decision.kind is DecisionKind.BORDER_REFUSAL)
        case ForcedException.DUBLIN_SHORTENED_62C_3:
            transfer = case.regime is Regime.DUBLIN or bool(decision and decision.kind is DecisionKind.TRANSFER)
            return transfer and decision is not None and decision.term_days < law["transfer.departure_term"]


@guard(N01)
def no_offer(case: DepartureCase, step: ProposeForcedTrack | ApproveForcedTrack, context: Context) -> Finding:
    if case.offers:
        return clear(*case.offers)
    proposed = step if isinstance(step, ProposeForcedTrack) else case.proposal
    exception = proposed.exception if proposed else None
    version = case.decision.version if case.decision else 0
    if exception is None:
        return found("no offer in this episode", "geen aanbod in deze episode")
    if _fits(exception, case, context.law):
        return clear(version)
    return found(f"the exception {exception.value} does not fit this case", f"de uitzondering {exception.nl} past niet", version)


def _not_removable(case: DepartureCase) -> Finding | None:
    """The part of N04 that does not depend on freshness: no answer, or another one."""
    check = case.removability
    if check is None:
        return found("no removability check", "geen verwijderbaarheidscheck")
    if check.answer is not RemovabilityAnswer.REMOVABLE:
        return found(f"the answer is {check.answer.value}", f"het antwoord is {check.answer.nl}", check.version)
    return None


def _answered_later(check: Removability, context: Context) -> Finding | None:
    """A decision that is told late does not rest on an answer that was not there yet."""
    if not context.late or context.at >= check.checked_at:
        return None
    return found("the answer was given after the decision was taken", "het antwoord kwam na de beslissing", check.version)


def stale_after(case: DepartureCase, context: Context, margin: timedelta) -> Finding:
    """N04 for one margin: an answer `removable`, given no longer ago than that."""
    if (other := _not_removable(case)) or case.removability is None:
        return other or clear()
    if later := _answered_later(case.removability, context):
        return later
    age = context.at - case.removability.checked_at
    if age <= margin:
        return clear(case.removability.version)
    hours = age // timedelta(hours=1)
    limit = margin // timedelta(hours=1)
    version = case.removability.version
    return found(f"the check is {hours} h old, at most {limit} h", f"de check is {hours} u oud, ten hoogste {limit} u", version)


@guard(N04)
def check_stale(case: DepartureCase, step: Step, context: Context) -> Finding:
    return stale_after(case, context, timedelta(days=context.law["removability.fresh"]))


@guard(N04)
def check_not_of_the_day(case: DepartureCase, step: Step, context: Context) -> Finding:
    """For the handover: the IND answered on the same calendar day (Vc 2000 A3/6.7)."""
    if (other := _not_removable(case)) or case.removability is None:
        return other or clear()
    if later := _answered_later(case.removability, context):
        return later
    checked = day_of(case.removability.checked_at)
    if checked == context.today:
        return clear(case.removability.version)
    version = case.removability.version
    return found(f"the check is of {checked.isoformat()}", f"de check is van {checked.isoformat()}", version)


@guard(N47)
def nothing_proposed(case: DepartureCase, step: ApproveForcedTrack, context: Context) -> Finding:
    return clear(case.proposal.version) if case.proposal else found("no proposal", "geen voorstel")


ANOTHER = Cure(Said("another than who proposed it", "een ander dan wie het voorstelde"), "the same step with --as ACTOR")


@guard(N12, cure=ANOTHER)
def approver_proposed(case: DepartureCase, step: ApproveForcedTrack, context: Context) -> Finding:
    """Four eyes are two people: whoever proposed it does not approve it, nor under another name of the same account."""
    if case.proposal is None or case.proposal.by not in {context.actor, *context.also}:
        return clear(case.proposal.version if case.proposal else 0)
    return found("proposed by the same person", "voorgesteld door dezelfde persoon", case.proposal.version)


G_F = (
    no_offer,
    departure_term_runs,
    hold_blocks_removal,
    check_stale,
    unaccompanied_without_reception,
    guardian_not_informed,
    family_not_assessed,
    too_few_interviews,
    obstacle_not_reviewed,
)
"""The guard set of the forced track: all of it, at the proposal and again at the approval."""


# ------------------------------------------------------------------ what each step is recorded as


@gives(ForcedTrackApproved, ForcedTrackStarted)
def approved(case: DepartureCase, step: ApproveForcedTrack, context: Context) -> list[Event]:
    return [ForcedTrackApproved(proposal=case.proposal.version if case.proposal else 0), ForcedTrackStarted()]


@gives(ForcedTrackAbandoned, RemovalAttemptCancelled)
def abandoned(case: DepartureCase, step: AbandonForcedTrack, context: Context) -> list[Event]:
    return [copied(ForcedTrackAbandoned, step), *cancelling(case, CancelCause.OTHER)]


LEADER = (Role.TEAM_LEADER,)
MOTIVATION, FORCED = (Phase.MOTIVATION,), (Phase.FORCED_DEPARTURE,)
APPROVAL = (nothing_proposed, approver_proposed, *G_F)

# fmt: off
ROWS: list[Row] = [
    decision(ProposeForcedTrack, MOTIVATION, recorded_as(ForcedTrackProposed), G_F),
    decision(ApproveForcedTrack, MOTIVATION, approved, APPROVAL, to=Phase.FORCED_DEPARTURE, roles=LEADER),
    decision(AbandonForcedTrack, FORCED, abandoned, (detained,), to=Phase.MOTIVATION),
]
# fmt: on
