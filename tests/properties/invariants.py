"""What holds at every moment of every case, by the names of the domain (2.5): one function an invariant, telling every breach.

Each looks at the last thing that was asked of a life. What is effective, how many days were served and what had been offered is
counted from the log itself, not by the functions that guards ask. Facts may break a rule; the incident with its code then stands
in the same commit. What our own people decided may never break one, as the case was known when they decided.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import CaseClosed, DepartureConfirmed, RemovalCompleted
from dtv_workflow.domain.chapters.custody import DetentionExtended, DetentionLifted, DetentionOrdered, DetentionReported
from dtv_workflow.domain.chapters.forced_departure import ForcedTrackApproved, ForcedTrackProposed, ForcedTrackStarted
from dtv_workflow.domain.chapters.guidance import VoluntaryDepartureOffered
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced
from dtv_workflow.domain.chapters.intake import ReturnDecisionRecorded
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised
from dtv_workflow.domain.chapters.voluntary_departure import ChooseVoluntaryDeparture, ExpressWishToLeave, LapseVoluntaryDeparture
from dtv_workflow.domain.deadlines import begins, deadlines
from dtv_workflow.domain.decide import answer
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import Event, Record, corrected, fold
from dtv_workflow.domain.steps import Context, Step
from dtv_workflow.domain.vocabulary import (
    OPEN_PHASES,
    Article,
    HoldKind,
    Lapse,
    Outcome,
    Phase,
    Role,
    WishReporter,
)
from dtv_workflow.processes.worklist import Urgency, to_do
from tests.properties.lived import Life

A_DAY = timedelta(hours=24)
MAXIMUM, EXTENDED = 180, 540
"""Days under art. 59: six months of thirty days, and twelve more once extended (Vw 2000 art. 59(5), (6); Vc 2000 A5/6.8)."""

BAR_LEAVING = (HoldKind.TUBERCULOSIS, HoldKind.CRIMINAL_OR_EXTRADITION)

Breaches = Iterator[str]


# ------------------------------------------------------------------ read from the log


def incidents(records: list[Record]) -> set[str]:
    """The codes of the incidents of one commit."""
    return {record.event.code for record in records if isinstance(record.event, IntegrityIncidentRaised)}


def earlier(life: Life) -> list[Record]:
    """The log before the last thing asked, as it was known then: with the corrections made until then."""
    last = life.outcomes[-1].records
    return list(corrected(life.records[: last[0].version - 1] if last else life.records))


class Stretch(NamedTuple):
    """How long a hold was effective: from its placing until it was lifted or ended by itself."""

    kind: HoldKind
    since: datetime
    to: datetime | None

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment and (self.to is None or moment < self.to)


def stretches(records: list[Record]) -> Iterator[Stretch]:
    """Every hold there ever was, told from the log. A later decision ends the term of the one before it."""
    running: dict[str, Stretch] = {}

    def ended(id: str, at: datetime) -> Iterator[Stretch]:
        if id in running:
            hold = running.pop(id)
            yield hold._replace(to=at if hold.to is None else min(at, hold.to))

    own = HoldKind.DEPARTURE_TERM_RUNNING
    for record in records:
        event, at = record.event, record.occurred_at
        if isinstance(event, HoldPlaced):
            yield from ended(event.hold, at)
            running[event.hold] = Stretch(event.hold_kind, at, event.until)
        elif isinstance(event, HoldLifted):
            yield from ended(event.hold, at)
        elif isinstance(event, ReturnDecisionRecorded) and own.value in running and running[own.value].kind is own:
            yield from ended(own.value, at)
    yield from running.values()


def days_by_the_calendar(records: list[Record], article: Article, until: date) -> int:
    """How many days of detention there are under one article, the running one counted up to a day."""
    return len(days_detained(records, article, until))


def days_detained(records: list[Record], article: Article, until: date) -> set[int]:
    """Days of detention under one article, told day by day: the day it begins counts, the day it ends does not."""
    days: set[int] = set()
    running: tuple[Article, date] | None = None

    def count(to: date) -> None:
        if running and running[0] is article:
            days.update(range(running[1].toordinal(), to.toordinal()))

    for record in records:
        on, event = day_of(record.occurred_at), record.event
        if isinstance(event, DetentionOrdered):
            running = (event.article, on)
        elif isinstance(event, DetentionReported):
            count(event.since)
            running = (event.article, event.since)
        elif isinstance(event, DetentionLifted | CaseClosed):
            count(event.ended_on if isinstance(event, CaseClosed) else on)
            running = None
    count(until)
    return days


def extended_before(records: list[Record]) -> bool:
    return any(isinstance(r.event, DetentionExtended) and r.event.article is Article.A59 for r in records)


def latest(life: Life) -> datetime:
    """Now: no earlier than anything was recorded."""
    return max(life.now, life.records[-1].recorded_at)


def asked_now(life: Life, step: Step, case: DepartureCase, role: Role = Role.SUPERVISOR) -> tuple[Event, ...]:
    """The events of a step if it were asked now."""
    at = latest(life)
    return answer(case, step, Context(at=at, recorded_at=at, actor="RV-07", role=role, law=in_force(day_of(at)))).events


def after(life: Life, events: tuple[Event, ...], case: DepartureCase) -> DepartureCase:
    """The case as those events would make it."""
    like = life.records[-1]
    more = [
        msgspec.structs.replace(like, originator_version=like.version + n, occurred_at=latest(life), event=event)
        for n, event in enumerate(events, 1)
    ]
    return fold(more, copy.deepcopy(case))


# ------------------------------------------------------------------ the invariants


def i1(life: Life) -> Breaches:
    """Nobody sits in detention over an open wish to leave unseen (Vw 2000 art. 59(3)).

    No order of ours begins while a wish is open: N18 refuses it. A detention that others report over an open wish carries N18 in
    its commit. A register cannot open a cell: somebody may express a wish while detained, and stay. So the rest of the promise is
    that it shows: from 24 hours after the wish, for as long as the case is open, the worklist has it at the very top, past due
    (D07) or assessed with an opportunity.
    """
    last = life.outcomes[-1]
    for event in (record.event for record in last.records):
        if isinstance(event, DetentionOrdered) and last.before.wish:
            yield "our own order over an open wish"
        if isinstance(event, DetentionReported) and last.before.wish and "N18" not in incidents(last.records):
            yield "a detention reported over an open wish, without its incident"
    case = last.after
    if case.wish and case.detained and case.phase in OPEN_PHASES:
        late = max(case.wish.since, latest(life)) + A_DAY
        tasks = to_do(case, in_force(day_of(late)), late)
        if not any(t.urgency is Urgency.WISH_IN_DETENTION and (t.due is None or t.due <= late) for t in tasks):
            yield "detained for a day over an open wish, and nobody is told"


def i2(life: Life) -> Breaches:
    """No removal over a hold, as known when it was recorded, without its incident; a hold that is told later raises it then.

    A hold counts if it was effective at the moment of departure: also when it was lifted between the departure and its message.
    A hold of a departure term is answered as N02, every other one as N03. And no hold leaves a booking standing that it blocks.
    """
    last = life.outcomes[-1]
    known, raised = earlier(life), incidents(last.records)
    for record in last.records:
        event = record.event
        over = isinstance(event, RemovalCompleted) and any(s.covers(event.departed_at) for s in stretches(known))
        if over and not raised & {"N02", "N03"}:
            yield "removed over a hold, without its incident"
        if isinstance(event, HoldPlaced):
            hold = Stretch(event.hold_kind, record.occurred_at, event.until)
            removed = last.before.departure.removed_at if last.before.departure else None
            if removed and last.row.kind.value == "fact" and hold.covers(removed) and not raised & {"N02", "N03"}:
                yield "a hold over an earlier removal is told, without its incident"
            stands = hold.to is None or max(record.occurred_at, record.recorded_at) < hold.to
            if stands and last.after.live_bookings():
                yield "a booking stands that a hold blocks"


def i3(life: Life) -> Breaches:
    """No more than 180 days under art. 59, and 540 once extended, by an order or an extension of ours.

    The count is the calendar's. On the day it reaches the maximum the end of the term is past due (D13), for as long as the case
    is open: lifting is a person's act. A detention that others report beyond the maximum carries N15.
    """
    last = life.outcomes[-1]
    known, on = earlier(life), day_of(last.at)
    used = days_by_the_calendar(known, Article.A59, on)
    most = EXTENDED if extended_before(known) else MAXIMUM
    for event in (r.event for r in last.records):
        if isinstance(event, DetentionOrdered) and last.before.detained:
            yield "ordered over a running detention"
        if isinstance(event, DetentionOrdered) and event.article is Article.A59 and used >= most:
            yield f"ordered after {used} days of {most}"
        told = isinstance(event, DetentionReported) and event.article is Article.A59
        if told and used >= most and "N15" not in incidents(last.records):
            yield f"reported after {used} days of {most}, without its incident"
        if isinstance(event, DetentionExtended) and event.article is Article.A59:
            if used >= most or event.until <= on:
                yield f"extended after {used} days of {most}, until {event.until}"
            if days_by_the_calendar(known, Article.A59, event.until) > EXTENDED:
                yield f"extended until {event.until}, beyond {EXTENDED} days"
    yield from counted(life)


def counted(life: Life) -> Breaches:
    case, log = life.case, list(corrected(life.records))
    for until in (day_of(life.now), day_of(life.now) + timedelta(days=300)):
        for article in Article:
            days, calendar = case.detention_days(article, until), days_by_the_calendar(log, article, until)
            if days != calendar:
                yield f"{days} days counted under art. {article.value} until {until}, the calendar has {calendar}"
    detained = case.detained
    if detained and detained.article is Article.A59 and case.phase in OPEN_PHASES:
        most = EXTENDED if extended_before(log) else MAXIMUM
        full = detained.since
        while (left := most - len([d for d in days_detained(log, Article.A59, full) if d < full.toordinal()])) > 0:
            full += timedelta(days=left)
        law = in_force(full)
        if not any(d.code == "D13" and d.due <= begins(full) for d in deadlines(case, law, begins(full))):
            yield f"the maximum is reached on {full}, and nothing is due"


def i4(life: Life) -> Breaches:
    """A case ends as a departure only on proof, or with N23 beside it. What is corrected later shows as a correction."""
    last = life.outcomes[-1]
    ended = [r.event.outcome for r in last.records if isinstance(r.event, CaseClosed)]
    proved = [r.event.proof for r in last.records if isinstance(r.event, DepartureConfirmed | RemovalCompleted)]
    if {Outcome.INDEPENDENT_SUPERVISED, Outcome.FORCED} & {*ended} and not any(proved) and "N23" not in incidents(last.records):
        yield "closed as a departure without proof and without its incident"


def i5(life: Life) -> Breaches:
    """Force starts after an offer in the same episode, or on an exception that the case bears out; proposed by another person."""
    last = life.outcomes[-1]
    if not any(isinstance(r.event, ForcedTrackStarted) for r in last.records):
        return
    episode = [r for r in earlier(life) if r.episode == last.records[0].episode]
    proposal = max((r for r in episode if isinstance(r.event, ForcedTrackProposed)), key=lambda r: r.version, default=None)
    approvals = [r.event for r in last.records if isinstance(r.event, ForcedTrackApproved)]
    if proposal is None or approvals != [ForcedTrackApproved(proposal=proposal.version)]:
        yield "force started on no proposal of this episode, or on another one than it names"
        return
    if proposal.actor == last.records[0].actor:
        yield "proposed and approved by the same person"
    assert isinstance(proposal.event, ForcedTrackProposed)
    exception, decision, regime = proposal.event.exception, last.before.decision, last.before.regime.value
    fits = exception is not None and {
        "term_withheld_62_2": bool(decision and decision.term_days == 0 and decision.reasoned),
        "public_order_with_decision": decision is not None,
        "border_refusal": "border_refusal" in {regime, decision and decision.kind.value},
        "dublin_shortened_62c_3": bool(decision and decision.term_days < 28)
        and (regime == "dublin" or bool(decision and decision.kind.value == "transfer")),
    }[exception.value]
    if not fits and not any(isinstance(r.event, VoluntaryDepartureOffered) for r in episode):
        yield "force without an offer in this episode, and no exception that fits"


def i6(life: Life) -> Breaches:
    """From every open case the way out is at most two steps away, unless a hold bars leaving (Vw 2000 art. 59(3), 61).

    Who already chose can let the choice lapse and choose again. Whoever has chosen is not detained, and nothing is booked.
    """
    case = life.case
    barred = any(s.kind in BAR_LEAVING and s.covers(latest(life)) for s in stretches(corrected(life.records)))
    if case.phase not in OPEN_PHASES or barred:
        return
    if case.phase is Phase.VOLUNTARY_DEPARTURE:
        lapsed = asked_now(life, LapseVoluntaryDeparture(lapse=Lapse.WITHDREW, heard=True), case)
        if not lapsed:
            yield "a choice cannot lapse"
            return
        case = after(life, lapsed, case)
    chosen = asked_now(life, ChooseVoluntaryDeparture(statement="signed"), case)
    out = after(life, chosen, case)
    if out.phase is not Phase.VOLUNTARY_DEPARTURE:
        yield f"no way out of {case.phase.value} in two steps"
    elif out.detained or out.live_bookings():
        yield "still detained or booked after the choice"


def n30(life: Life) -> Breaches:
    """A wish to leave cannot be refused: not in any phase, of anybody's, at any time (Vw 2000 art. 56(2), 59(3))."""
    if life.case.phase is Phase.UNOPENED:
        return
    wish = ExpressWishToLeave(reported_by=WishReporter.PERSON)
    said = [asked_now(life, wish, life.case, role) for role in Role]
    if not all(said):
        yield f"a wish is refused in {life.case.phase.value}"
    elif not after(life, said[0], life.case).wish:
        yield f"a wish is forgotten in {life.case.phase.value}"


class Kept:
    """What was seen of a life before: the invariants about the past compare with it."""

    def __init__(self) -> None:
        self.log: list[bytes] = []
        self.known: dict[datetime, DepartureCase] = {}

    def n34(self, life: Life) -> Breaches:
        """Nothing is overwritten or deleted: every earlier record is byte for byte what it was, and versions have no gap."""
        log = [msgspec.json.encode(record) for record in life.records]
        if log[: len(self.log)] != self.log:
            yield "an earlier record changed, or is gone"
        if [record.version for record in life.records] != list(range(1, len(log) + 1)):
            yield "versions have a gap"
        self.log = log

    def i7(self, life: Life) -> Breaches:
        """What was known at a moment stays what was known at that moment, whatever is corrected later."""
        now = life.records[-1].recorded_at
        if life.outcomes[-1].issued.do == "correct":
            for moment, known in self.known.items():
                if moment != now and known_at(life.records, moment) != known:
                    yield f"what was known at {moment} changed"
        self.known[now] = known_at(life.records, now)


def known_at(records: list[Record], moment: datetime) -> DepartureCase:
    return fold([record for record in records if record.recorded_at <= moment])


INVARIANTS: dict[str, Callable[[Life], Breaches]] = {"I1": i1, "I2": i2, "I3": i3, "I4": i4, "I5": i5, "I6": i6, "N30": n30}
