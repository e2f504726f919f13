"""What can be known of a case, piece by piece: each facet with the version of the event that said so. No rule stands here."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from dtv_workflow.domain.procedures import PlacementKind
from dtv_workflow.domain.vocabulary import (
    BLOCKS,
    Article,
    Basis,
    Block,
    ChecklistAnswer,
    Cooperation,
    DecisionKind,
    FamilyException,
    ForcedException,
    HoldKind,
    InterviewKind,
    LiftCause,
    LpPurpose,
    Measure,
    Mode,
    ObstacleCategory,
    PresentationOutcome,
    RemovabilityAnswer,
    Strategy,
    StretchEnd,
    TravelDocumentKind,
)


class Facet(msgspec.Struct, frozen=True, kw_only=True):
    """A thing known of the case and the version of the event that said so."""

    version: int


class Supervised(Facet, frozen=True):
    supervisor: str
    special: bool


class ReturnDecision(Facet, frozen=True):
    kind: DecisionKind
    decided_on: date
    served_on: date
    term_days: int
    reasoned: bool
    entry_ban_years: int | None = None


class Removability(Facet, frozen=True):
    """The last answer. `since` is when the first of an unbroken row of the same answers was given."""

    answer: RemovabilityAnswer
    checked_at: datetime
    since: datetime | None = None


class Screening(Facet, frozen=True):
    answers: dict[str, ChecklistAnswer]


class Plan(Facet, frozen=True):
    strategy: Strategy
    adopted_on: date
    next_review: date | None


class Minority(Facet, frozen=True):
    """Established on a day, or told."""

    minor: bool
    unaccompanied: bool
    on: date | None = None


class Reception(Facet, frozen=True):
    adequate: bool
    evidenced: bool
    country: str


class Family(Facet, frozen=True):
    """The cases of one family. `with_minors` is None as long as nobody said."""

    cases: tuple[str, ...]
    assessed: bool
    with_minors: bool | None = None


class MedicalAdvice(Facet, frozen=True):
    fit: bool
    conditions: tuple[str, ...]
    valid_until: date | None


class Pregnancy(Facet, frozen=True):
    due_on: str


class DublinAcceptance(Facet, frozen=True):
    member_state: str
    accepted_on: date
    latest_transfer_on: date


class Interview(Facet, frozen=True):
    kind: InterviewKind
    on: date


class CooperationSeen(Facet, frozen=True):
    level: Cooperation
    on: date


class Obstacle(Facet, frozen=True):
    category: ObstacleCategory
    reviewed_on: date


class Wish(Facet, frozen=True):
    """An open wish to leave. `assessed` is the version of the assessment that found an opportunity, if there was one."""

    since: datetime
    assessed: int = 0


class Proposal(Facet, frozen=True):
    by: str
    exception: ForcedException | None


class Hold(Facet, frozen=True):
    """Why somebody may not be removed now. `until` is the moment it ends by itself, if it has one; `since` when it was placed."""

    kind: HoldKind
    until: datetime | None = None
    since: datetime | None = None

    def open_at(self, at: datetime) -> bool:
        """Open until it is lifted or its `until` has passed at that moment."""
        return self.until is None or at < self.until

    def held_at(self, at: datetime) -> bool:
        """Whether it held at a moment that has passed: a hold placed after that did not."""
        return self.open_at(at) and (self.since is None or self.since <= at)

    def blocks(self, what: Block) -> bool:
        return what in BLOCKS[self.kind]


class EndedHold(Hold, frozen=True, kw_only=True):
    """A hold that was lifted or replaced, `to` which moment: what happened before that happened while it held. `by` is the
    version that ended it."""

    id: str
    to: datetime
    by: int = 0

    def held_at(self, at: datetime) -> bool:
        """Whether it held at a moment that has passed."""
        return at < self.to and super().held_at(at)


class Detained(Facet, frozen=True):
    """A running detention. `since` is a calendar day in Europe/Amsterdam, counted in. Without a `basis` the general maximum of
    its article holds; `intention` says that the asylum decision came after an intention to refuse (Vw 2000 art. 39)."""

    article: Article
    since: date
    basis: Basis | None = None
    intention: bool = False
    family_exception: FamilyException | None = None


class Interval(msgspec.Struct, frozen=True):
    """A past stretch of detention: `since` counts, `to` does not. `began` and `ended` are the versions that said so."""

    article: Article
    since: date
    to: date
    basis: Basis | None = None
    intention: bool = False
    began: int = 0
    ended: int = 0
    cause: LiftCause | StretchEnd | None = None


class Extension(Facet, frozen=True):
    """A detention extended on a day, until a day that is not counted."""

    on: date
    until: date


class Supervision(Facet, frozen=True):
    """A measure short of detention, from a calendar day on. `interval_days` is how often to report."""

    measure: Measure
    since: date | None = None
    interval_days: int | None = None


class TravelDocument(Facet, frozen=True):
    document: TravelDocumentKind
    valid_from: date
    valid_until: date


class LaissezPasser(Facet, frozen=True):
    country: str
    purpose: LpPurpose
    ordered_on: date | None = None


class Presentation(Facet, frozen=True):
    outcome: PresentationOutcome


class Booking(Facet, frozen=True):
    """One attempt at removal. Each later step on it keeps the version that said so; 0 means not yet. When check, notice and
    handover were is kept as well: they hold for this departure only if they came in time for it."""

    departs_at: datetime
    mode: Mode | None
    destination: str
    precheck: int = 0
    prechecked_at: datetime | None = None
    notice: int = 0
    notified_at: datetime | None = None
    handed_over: int = 0
    handed_over_at: datetime | None = None
    cancelled: int = 0
    completed: int = 0

    @property
    def live(self) -> bool:
        return not (self.cancelled or self.completed)


class Departure(Facet, frozen=True):
    """A departure that somebody established: when the person really left, and the wish to leave that it fulfilled. Of two
    messages the later moment counts; `removed_at` is when it was a removal, whatever else is told of it."""

    departed_at: datetime
    removed_at: datetime | None = None
    wish: Wish | None = None

    @property
    def removed(self) -> bool:
        return self.removed_at is not None


class Dated(Facet, frozen=True):
    """Something that happened on a calendar day."""

    on: date


def latest(known: Dated | None, told: Dated) -> Dated:
    """Of two tellings of one kind the one of the later day: messages come in any order. Of the same day the one told last."""
    return known if known is not None and known.on > told.on else told


class Timed(Facet, frozen=True):
    """Something that happened at a moment; `count` of how many, where that is told."""

    at: datetime
    count: int = 1


class Placement(Facet, frozen=True):
    """Where somebody who is detained is kept, from a calendar day on."""

    place: PlacementKind
    since: date


class Asked(Facet, frozen=True):
    """An application, the day it was made, and when it was refused, if it was."""

    on: date
    refused_at: datetime | None = None


class Task(Facet, frozen=True):
    """Something a person must look at. `kind` is a timer's number, or what kind of message; `about` what it is about (a hold, an
    attempt, a step by its version as `v12`); `due` when the term ended; `proposes` a step. `by` picked it up; `codes` are rules
    that the step would break."""

    kind: str
    since: datetime
    about: str | None = None
    due: datetime | None = None
    proposes: str | None = None
    escalated: bool = False
    by: str | None = None
    codes: tuple[str, ...] = ()
