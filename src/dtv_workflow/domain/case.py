"""The case as its events make it: the facets a decision needs, each with the version that set it. No rule stands here.

Made by the fold and changed only by `apply`. Guards read it; a property test shows that deciding leaves it as it was.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec

from dtv_workflow.domain.fields import day_of, known_date, last_moment
from dtv_workflow.domain.vocabulary import (
    BLOCKS,
    AgeBand,
    Article,
    Block,
    ChecklistAnswer,
    Cooperation,
    DecisionKind,
    EntryChannel,
    ForcedException,
    HandoverAuthority,
    HoldKind,
    InterviewKind,
    LpPurpose,
    Measure,
    Mode,
    ObstacleCategory,
    Outcome,
    Phase,
    PresentationOutcome,
    Regime,
    RemovabilityAnswer,
    Sex,
    Strategy,
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
    answer: RemovabilityAnswer
    checked_at: datetime


class Screening(Facet, frozen=True):
    answers: dict[str, ChecklistAnswer]


class Plan(Facet, frozen=True):
    strategy: Strategy
    adopted_on: date
    next_review: date | None


class Minority(Facet, frozen=True):
    minor: bool
    unaccompanied: bool


class Reception(Facet, frozen=True):
    adequate: bool
    evidenced: bool
    country: str


class Family(Facet, frozen=True):
    cases: tuple[str, ...]
    assessed: bool


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
    """Why somebody may not be removed now. `until` is the moment it ends by itself, if it has one."""

    kind: HoldKind
    until: datetime | None = None

    def open_at(self, at: datetime) -> bool:
        """Open until it is lifted or its `until` has passed at that moment."""
        return self.until is None or at < self.until

    def blocks(self, what: Block) -> bool:
        return what in BLOCKS[self.kind]


class Detained(Facet, frozen=True):
    """A running detention. `since` is a calendar day in Europe/Amsterdam, counted in."""

    article: Article
    since: date


class Interval(msgspec.Struct, frozen=True):
    """A past stretch of detention: `since` counts, `to` does not."""

    article: Article
    since: date
    to: date


class Supervision(Facet, frozen=True):
    measure: Measure


class TravelDocument(Facet, frozen=True):
    document: TravelDocumentKind
    valid_from: date
    valid_until: date


class LaissezPasser(Facet, frozen=True):
    country: str
    purpose: LpPurpose


class Presentation(Facet, frozen=True):
    outcome: PresentationOutcome


class Booking(Facet, frozen=True):
    """One attempt at removal. Each later step on it keeps the version that said so; 0 means not yet."""

    departs_at: datetime
    mode: Mode | None
    destination: str
    precheck: int = 0
    notice: int = 0
    handed_over: int = 0
    cancelled: int = 0
    completed: int = 0

    @property
    def live(self) -> bool:
        return not (self.cancelled or self.completed)


class Departure(Facet, frozen=True):
    """A departure that somebody established: the day the person really left."""

    departed_at: datetime
    removed: bool = False


class DepartureCase(msgspec.Struct, kw_only=True):
    """What a decision needs to know of one case."""

    id: str = ""
    subject: str = ""
    version: int = 0
    topics: list[str] = []
    episode: int = 0
    phase: Phase = Phase.UNOPENED
    outcome: Outcome | None = None
    opened_at: datetime | None = None
    phase_since: datetime | None = None
    closed_version: int = 0

    handover_authority: HandoverAuthority | None = None
    entry_channel: EntryChannel | None = None
    regime: Regime = Regime.RETURN_DIRECTIVE
    name: str = ""
    birth_date: str | None = None
    v_number: str | None = None
    citizenship: str = "XX"
    sex: Sex = Sex.UNKNOWN
    age_band: AgeBand = AgeBand.UNKNOWN
    language: str | None = None
    registered: int = 0

    supervised: Supervised | None = None
    decision: ReturnDecision | None = None
    removability: Removability | None = None
    screening: Screening | None = None
    plan: Plan | None = None
    minority: Minority | None = None
    reception: Reception | None = None
    guardian_informed: int = 0
    family: Family | None = None
    advice: MedicalAdvice | None = None
    conditions_met: dict[str, int] = {}
    pregnancy: Pregnancy | None = None
    dublin: DublinAcceptance | None = None
    reports_missed: int = 0
    court_notified: int = 0

    interviews: list[Interview] = []
    cooperation: list[CooperationSeen] = []
    obstacles: dict[str, Obstacle] = {}
    offers: list[int] = []
    wish: Wish | None = None
    support: list[int] = []
    chosen: int = 0
    ticket_departs_at: datetime | None = None

    proposal: Proposal | None = None
    approved: int = 0

    holds: dict[str, Hold] = {}
    detained: Detained | None = None
    intervals: list[Interval] = []
    extended: dict[Article, int] = {}
    detention_until: date | None = None
    court_lift: int = 0
    supervision: Supervision | None = None

    document: TravelDocument | None = None
    laissez_passer: LaissezPasser | None = None
    presentation: Presentation | None = None

    bookings: dict[str, Booking] = {}
    departure: Departure | None = None
    incidents: list[str] = []
    judged_on: date | None = None
    """The latest day on which a step was accepted: the law of that day is the one this case has been brought under."""
    migrations: list[int] = []

    def open_holds(self, at: datetime, blocking: Block | None = None) -> dict[str, Hold]:
        """The holds open at a moment, of those that block something in particular if asked."""
        return {
            id: hold
            for id, hold in self.holds.items()
            if hold.open_at(at) and (blocking is None or hold.blocks(blocking))
        }

    def live_bookings(self) -> dict[str, Booking]:
        """Bookings neither cancelled nor completed."""
        return {id: booking for id, booking in self.bookings.items() if booking.live}

    def detention_days(self, article: Article, on: date) -> int:
        """Calendar days of detention under one article up to a day, that day not counted (Vc 2000 A5/6.8).

        Days of another article never count here. A day of which the article changed counts once, for the article it changed to;
        so does a day that two reports tell of.
        """
        stretches = [(i.since, i.to) for i in self.intervals if i.article is article]
        if self.detained and self.detained.article is article:
            stretches.append((self.detained.since, on))
        days, counted = 0, date.min
        for since, to in sorted(stretches):
            days += max(0, (to - max(since, counted)).days)
            counted = max(counted, to)
        return days

    def end_detention(self, on: date) -> None:
        """Close the running stretch of detention on a day (not counted), if there is one."""
        if self.detained:
            to = max(on, self.detained.since)
            self.intervals.append(Interval(self.detained.article, self.detained.since, to))
        self.detained = None
        self.detention_until = None

    @property
    def custody(self) -> str:
        """`none`, a supervision measure, or `detention_59`, `detention_59a`, `detention_59b`."""
        if self.detained:
            return f"detention_{self.detained.article.value}"
        return self.supervision.measure.value if self.supervision else "none"

    def term_ends(self) -> datetime | None:
        """When the departure term of the last decision has run out; None without a decision."""
        return term_ends(self.decision.served_on, self.decision.term_days) if self.decision else None

    def age_on(self, day: date) -> int | None:
        """Age in whole years on a day; None when the birth date is unknown or forgotten."""
        born = known_date(self.birth_date)
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def phase_day(self) -> date | None:
        """The calendar day on which the case came into its phase."""
        return day_of(self.phase_since) if self.phase_since else None


def term_ends(served_on: date, term_days: int) -> datetime:
    """When a departure term has run out: the end of its last calendar day in Europe/Amsterdam (Vw 2000 art. 62(1))."""
    return last_moment((served_on + timedelta(days=term_days)).isoformat())
