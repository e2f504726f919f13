"""The case as its events make it: the facets a decision needs, each with the version that set it. No rule stands here.

Made by the fold and changed only by `apply`. Guards read it; a property test shows that deciding leaves it as it was.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from dtv_workflow.domain.facets import (
    Asked,
    Booking,
    CooperationSeen,
    Dated,
    Departure,
    Detained,
    DublinAcceptance,
    EndedHold,
    Extension,
    Family,
    Hold,
    Interval,
    Interview,
    LaissezPasser,
    MedicalAdvice,
    Minority,
    Obstacle,
    Placement,
    Plan,
    Pregnancy,
    Presentation,
    Proposal,
    Reception,
    Removability,
    ReturnDecision,
    Screening,
    Supervised,
    Supervision,
    Task,
    Timed,
    TravelDocument,
    Wish,
)
from dtv_workflow.domain.fields import day_of, each_day_once, known_date, term_ends
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    Block,
    EntryChannel,
    HandoverAuthority,
    LiftCause,
    Outcome,
    Phase,
    Regime,
    RemovabilityAnswer,
    Sex,
    StretchEnd,
)


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
    reopened: int = 0
    """The version of the last reopening; 0 in the first episode."""
    episode_began: datetime | None = None
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
    resident_on: date | None = None
    """When lawful residence was last granted: it ended every decision up to that day."""
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
    missed: Timed | None = None
    reported: Dated | None = None
    address_checked: Timed | None = None
    court_notified: int = 0
    court_told: Dated | None = None
    """The last day on which a court was told of a detention, in whatever order that came in."""

    interviews: list[Interview] = []
    cooperation: list[CooperationSeen] = []
    obstacles: dict[str, Obstacle] = {}
    offers: list[int] = []
    wish: Wish | None = None
    support: list[int] = []
    iom_asked: Dated | None = None
    chosen: int = 0
    ticket_departs_at: datetime | None = None

    proposal: Proposal | None = None
    approved: int = 0

    holds: dict[str, Hold] = {}
    ended_holds: list[EndedHold] = []
    detained: Detained | None = None
    intervals: list[Interval] = []
    extended: dict[str, Extension] = {}
    """By the term that was extended, as `detention.py` names them."""
    detention_until: date | None = None
    court_lift: int = 0
    supervision: Supervision | None = None

    placed: Placement | None = None
    appeals: dict[str, Dated] = {}
    """The last appeal against each thing one can appeal against."""
    court_received: Dated | None = None
    """Since when a court has a detention before it: told of it, or appealed to."""
    court_heard: Dated | None = None
    court_ruled: Dated | None = None
    progress_sent: int = 0
    applied: Dated | None = None
    """The last application for residence."""
    asylum_asked: Dated | None = None
    """The last application for asylum that no decision or permit of a later day has answered. No embassy is told anything while
    one stands that was recorded after the order (N21)."""
    art64: Asked | None = None

    document: TravelDocument | None = None
    laissez_passer: LaissezPasser | None = None
    presentation: Presentation | None = None
    presentation_planned: Dated | None = None
    presentable: int = 0
    announced: dict[str, int] = {}
    """The attempts that were announced to the member state that takes over."""

    bookings: dict[str, Booking] = {}
    departure: Departure | None = None
    incidents: list[str] = []
    judged_at: datetime | None = None
    """The latest time at which a step was accepted: the law of that day is the one this case has been brought under."""
    migrations: list[int] = []
    told: frozenset[tuple[str, str | None, datetime, int]] = frozenset()
    """The terms that ran out and the reminders that came, as they were recorded: timer, about, due, days before (0: ran out)."""
    forgotten: int = 0
    """The version at which the keys of the person were destroyed."""
    retention_decided: int = 0
    """The version that said what came of the retention period's end (D38)."""
    tasks: dict[str, Task] = {}
    """What a person must look at, by its id; nothing that was done. Whether a term behind one still runs, `deadlines` says."""

    def open_holds(self, at: datetime, blocking: Block | None = None) -> dict[str, Hold]:
        """The holds open at a moment, of those that block something in particular if asked."""
        return {
            id: hold
            for id, hold in self.holds.items()
            if hold.open_at(at) and (blocking is None or hold.blocks(blocking))
        }

    def holds_at(self, at: datetime) -> dict[str, Hold]:
        """The holds that held at a moment that has passed, those that have ended since included."""
        ended = {hold.id: hold for hold in self.ended_holds if hold.held_at(at)}
        return ended | {id: hold for id, hold in self.holds.items() if hold.held_at(at)}

    def end_hold(self, id: str, at: datetime) -> None:
        """Take a hold off the list of those there are, and remember that it held until then."""
        if hold := self.holds.pop(id, None):
            ended = EndedHold(
                id=id, version=hold.version, kind=hold.kind, until=hold.until, since=hold.since, to=at, by=self.version
            )
            self.ended_holds = [*self.ended_holds, ended]

    def hold_of(self, version: int) -> Hold | None:
        """The hold that an event placed, lifted or replaced; None where there is none."""
        ended = (hold for hold in self.ended_holds if version in (hold.version, hold.by))
        return next((hold for hold in self.holds.values() if hold.version == version), next(ended, None))

    def in_episode(self, at: datetime) -> bool:
        """Whether a moment lies in the running episode: not before the case was opened, or reopened for the last time."""
        return self.episode_began is None or at >= self.episode_began

    def live_bookings(self) -> dict[str, Booking]:
        """Bookings neither cancelled nor completed."""
        return {id: booking for id, booking in self.bookings.items() if booking.live}

    def stretches(self, on: date) -> list[Interval]:
        """Every stretch of detention in the order told, the running one (whose `ended` is 0) up to a day."""
        running = self.detained
        if running is None:
            return list(self.intervals)
        now = Interval(running.article, running.since, on, running.basis, running.intention, began=running.version)
        return [*self.intervals, now]

    def detention_days(self, article: Article, on: date) -> int:
        """Calendar days of detention under one article up to a day, that day not counted (Vc 2000 A5/6.8).

        Days of another article never count here. A day of which the article changed counts once, for the article it changed to;
        so does a day that two reports tell of.
        """
        return sum(each_day_once((i.since, i.to) for i in self.stretches(on) if i.article is article))

    def answered(self, answer: RemovabilityAnswer, checked_at: datetime, version: int) -> None:
        """Keep the answer on removability, and since when it has been the same.

        The last answer told counts, but `removable` never takes the place of another answer that was given later than it.
        """
        last, removable = self.removability, RemovabilityAnswer.REMOVABLE
        if last and answer is removable and last.answer is not removable and checked_at < last.checked_at:
            return
        since = min(last.since, checked_at) if last and last.since and last.answer is answer else checked_at
        self.removability = Removability(version=version, answer=answer, checked_at=checked_at, since=since)

    def end_detention(self, on: date, cause: LiftCause | StretchEnd) -> None:
        """Close the running stretch of detention on a day (not counted), if there is one."""
        if self.detained:
            d, to = self.detained, max(on, self.detained.since)
            ended = Interval(d.article, d.since, to, d.basis, d.intention, began=d.version, ended=self.version, cause=cause)
            self.intervals.append(ended)
        self.detained = None
        self.detention_until = None

    @property
    def custody(self) -> str:
        """`none`, a supervision measure, or `detention_59`, `detention_59a`, `detention_59b`."""
        if self.detained:
            return f"detention_{self.detained.article.value}"
        return self.supervision.measure.value if self.supervision else "none"

    def answer_asylum(self, on: date) -> None:
        """A decision or permit of a day answers the asylum application of an earlier day; of the same day it may be older."""
        if self.asylum_asked and self.asylum_asked.on < on:
            self.asylum_asked = None

    def superseded(self, decided_on: date) -> bool:
        """Whether a decision of that day governs nothing: a later one does, or residence granted since ended it."""
        later = self.decision is not None and decided_on < self.decision.decided_on
        return later or (self.resident_on is not None and decided_on <= self.resident_on)

    def term_ends(self) -> datetime | None:
        """When the departure term of the last decision has run out; None without a decision."""
        return term_ends(self.decision.served_on, self.decision.term_days) if self.decision else None

    def age_on(self, day: date) -> int | None:
        """Age in whole years on a day; None when the birth date is unknown or forgotten."""
        born = known_date(self.birth_date)
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    def minor_on(self, day: date, under: int) -> bool:
        """Whether to treat the person as a minor on a day: as established, else by the birth date.

        Somebody established to be a minor stays one until the status is established anew: turning eighteen is a reason to
        review, never a reason for safeguards to fall away by themselves.
        """
        if self.minority is not None:
            return self.minority.minor
        age = self.age_on(day)
        return age is not None and age < under

    def phase_day(self) -> date | None:
        """The calendar day on which the case came into its phase."""
        return day_of(self.phase_since) if self.phase_since else None
