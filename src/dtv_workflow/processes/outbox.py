"""The outbox: follows the log and delivers its events to partners, at least once and in the log's order.

The log itself is the queue. Beside the store stands, for each sink, how far it has been delivered to: written after delivery, so
that whoever is killed in between delivers again, and a receiver drops by source and id what it has already. Before anything is
sent it is recorded in its case that it is (Vw 2000 art. 107): after a kill the log may tell of a message that never went out, and
never the other way round.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec
from eventsourcing.persistence import Notification

from dtv_workflow.application import Register
from dtv_workflow.domain.chapters.records import Disclose
from dtv_workflow.domain.chapters.travel_document import LaissezPasserOrdered
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import DtvError, NotFound, Unauthorised
from dtv_workflow.processes import sinks
from dtv_workflow.processes.cloudevents import encode
from dtv_workflow.processes.compose import Composer, Item, envelope, event_id, now_in
from dtv_workflow.processes.disclosable import SENDABLE, TELLING
from dtv_workflow.processes.partners import Partner, PartnerKind, Partners, Sink, gets, subject_fields
from dtv_workflow.processes.sinks import Delivers, Rejected, Undelivered
from dtv_workflow.processes.stands import Mark, Stand, Stands

ACTOR = "outbox"
"""Who disclosures are recorded by, in the role of the system."""

PAGE = 100
"""How many events of the log are looked at, disclosed and delivered at a time."""

SAVE_SECONDS = 0.1
"""A kill repeats what was delivered since the position was last written, and no more than this is much."""

COUNTED = 1_000

TRIES = 6
FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
"""Seconds: half of one, one, two, four, eight, each times a chance between a half and one; then the push ends for this sink."""

NO_DATA = "notification without data"
"""What a disclosure says for purpose, basis and fields where there is no agreement."""

FOLLOWERS = frozenset({Role.SYSTEM, Role.AUDITOR, Role.TEAM_LEADER})
"""Who may follow the log as envelopes."""


class Delivered(NamedTuple):
    """What came of pushing to one sink: how many were sent, how many an embassy was not told, how far in the log it is, how many
    still wait (at most `COUNTED`), and what stopped it."""

    sink: str
    sent: int
    withheld: int
    position: int
    waiting: int
    error: str | None = None


# ------------------------------------------------------------------ pushing


def push(
    register: Register,
    partners: Partners,
    names: Sequence[str] | None = None,
    *,
    actor: str = ACTOR,
    limit: int | None = None,
    sleep: Callable[[float], None] = time.sleep,
    opened: Callable[[Sink], Any] = sinks.opened,
    tries: int = TRIES,
    seconds: float | None = None,
) -> list[Delivered]:
    """Deliver what each sink (of these names, or every one) has not been delivered, at most `limit` events to each.

    Each event is tried `tries` times; after so many `seconds` a sink gets no further page, so that others need not wait.

    What stops one sink stops no other: it stands in its `error`. Raises NotFound for a sink that is not configured, Unauthorised
    when disclosures cannot be recorded by `actor`.
    """
    chosen = [sink_of(partners, name) for name in dict.fromkeys(names)] if names else list(partners.sinks.values())
    if chosen:
        _may_disclose(register, actor)
    return [_pushed(Pusher(register, partners, sink, actor, sleep, tries, seconds), limit, opened) for sink in chosen]


def _pushed(pusher: Pusher, limit: int | None, opened: Callable[[Sink], Any]) -> Delivered:
    """One push, whatever goes wrong in it: the other sinks, and who calls, go on."""
    try:
        return pusher.push(limit, opened)
    except Exception as error:
        at = pusher.stand.done.position
        return Delivered(pusher.sink.key, pusher.sent, pusher.composer.withheld, at, 0, f"stopped ({type(error).__name__})")


def sink_of(partners: Partners, name: str) -> Sink:
    """The sink of that name. Raises NotFound."""
    if name not in partners.sinks:
        known = ", ".join(partners.sinks) or "none"
        raise NotFound(f"no such sink; configured are: {known}")
    return partners.sinks[name]


class Pusher:
    """One push to one sink."""

    def __init__(
        self, register: Register, partners: Partners, sink: Sink, actor: str, sleep: Callable[[float], None],
        tries: int = TRIES, seconds: float | None = None,
    ) -> None:  # fmt: skip
        self.register, self.sink, self.actor, self.sleep = register, sink, actor, sleep
        self.partner = partners.to(sink)
        self.composer = Composer(register, partners, sink)
        self.stands = Stands(register)
        self.stand = Stand()
        self.sent = 0
        self.saved = time.monotonic()
        self.tries = tries
        self.until = self.saved + seconds if seconds is not None else None

    def push(self, limit: int | None, opened: Callable[[Sink], Any]) -> Delivered:
        """Deliver until the log's end, the limit or an error."""
        error = None
        try:
            with self.stands.locked(self.sink.key):
                self.stand = self.stands.of(self.sink)
                try:
                    with opened(self.sink) as to:
                        while self._page(to, limit):
                            pass
                except DtvError as stopped:
                    error = str(stopped)
                self._save(error=error)
        except DtvError as stopped:
            error = str(stopped)
        at = self.stand.done.position
        return Delivered(self.sink.key, self.sent, self.composer.withheld, at, waiting(self.register, self.composer, at), error)

    def _page(self, to: Delivers, limit: int | None) -> bool:
        """Disclose and deliver the next page. False when there is none, or the limit has been reached."""
        after = self.stand.done.position
        page = self.register.store.recorder.select_notifications(after, PAGE, inclusive_of_start=False)
        left = PAGE if limit is None else limit - self.sent
        if not page or left <= 0 or (self.until is not None and time.monotonic() > self.until):
            return False
        embassy, withheld = self.partner.kind is PartnerKind.EMBASSY, self.composer.withheld
        if embassy:
            left = 1  # whether it may be told is looked at right before it is, and not a page of slow deliveries earlier
        items: list[Item] = []
        passed, reached = None, page[-1]
        for notification in page:
            item = self.composer.item(notification)
            if item is not None:
                items.append(item)
                if len(items) == left:
                    reached = notification
                    break
            passed = notification
        if embassy and items and passed is not None:  # what was withheld stays so, however the next delivery goes
            self.stand = msgspec.structs.replace(self.stand, done=self.stands.mark(passed))
        self._disclose(items, reached)
        for item in items:
            self._deliver(to, item, reached)
            if time.monotonic() > self.saved + SAVE_SECONDS:
                self._save()
        self.stand = msgspec.structs.replace(self.stand, done=self.stands.mark(reached))
        if self.composer.withheld > withheld:
            self._save()
        return True

    def _deliver(self, to: Delivers, item: Item, at: Notification) -> None:
        """Deliver one event, and again a few times with growing waits. Raises Undelivered.

        An embassy is told one event at a time, that stands `at` this place: before every attempt it is asked anew whether it may
        be told, and of what.
        """
        message = item.message
        for attempt in range(self.tries):
            if self.partner.kind is PartnerKind.EMBASSY:
                still = self.composer.item(at)
                if still is None:
                    return
                if still != item:
                    self._disclose([still], at)
                    item = still
            try:
                to.deliver(item.message._replace(position=item.place))
                break
            except Undelivered as error:
                if isinstance(error, Rejected) or attempt == self.tries - 1:
                    raise
                wait = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
                self.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - spreads retries, hides nothing
        self.sent += 1
        self.stand = msgspec.structs.replace(self.stand, done=Mark(message.position, message.id))

    def _save(self, error: str | None = None) -> None:
        now = self.register.clock().isoformat(timespec="seconds")
        self.stand = msgspec.structs.replace(self.stand, error=error, tried_at=now)
        self.stands.write(self.sink.key, self.stand)
        self.saved = time.monotonic()

    def _disclose(self, items: list[Item], reached: Notification) -> None:
        """Record one disclosure in each case of the page, of what has not been recorded on these terms before."""
        terms = self._terms()
        sure = self.stand.terms == terms and self.partner.kind is not PartnerKind.EMBASSY  # what an embassy may be told changes
        logged = self.stand.logged.position if sure else 0
        by_case: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            if item.message.position > logged:
                by_case[item.case].append(item)
        for case, told in by_case.items():
            record_disclosure(self.register, self.sink, self.partner, case, told, self.actor)
        if by_case:
            self.stand = msgspec.structs.replace(self.stand, logged=self.stands.mark(reached), terms=terms)
            self._save()

    def _terms(self) -> str:
        """What a disclosure says besides the events: with other terms it is another disclosure."""
        what = [self.composer.gets.topics, self.composer.gets.fields, self.composer.subject, self.composer.schemas]
        said = [self.partner.name, self.partner.kind, self.sink.agreement, self.sink.to, what]
        return str(uuid5(UUID(int=0), msgspec.json.encode(said).decode()))


# ------------------------------------------------------------------ what is recorded


def record_disclosure(register: Register, sink: Sink, partner: Partner, case: str, told: Sequence[Item], actor: str) -> None:
    """Record in a case that its partner is told of these events, and which fields of them: never a value.

    The request id follows from what is recorded, so that the same page asked again records nothing twice.
    """
    agreement = sink.agreement
    items = tuple(f"{item.topic}, event {item.version}: {', '.join(item.fields) or NO_DATA}" for item in told)
    purpose, basis = (agreement.purpose, agreement.basis) if agreement else (NO_DATA, NO_DATA)
    fact = Disclose(to=partner.name, purpose=purpose, basis=basis, items=items)
    digest = uuid5(UUID(hex=register.store.store_id), msgspec.json.encode([sink.key, case, fact]).decode())
    request_id = f"outbox:{digest}"
    if register.store.recorder.stored_answer(request_id) is not None:
        return
    recorded_at = now_in(register, case) if register.store.training else None
    register.record(fact, case, Envelope(actor=actor, role=Role.SYSTEM, request_id=request_id, recorded_at=recorded_at))


def _may_disclose(register: Register, actor: str) -> None:
    if not register.store.training:
        cure = f"`dtv user grant {actor} system --os-user ACCOUNT`"
        _known(register, actor, frozenset({Role.SYSTEM}), "records disclosures", cure)


def _known(register: Register, actor: str, roles: frozenset[Role], does: str, cure: str) -> None:
    """The actor, known in one of these roles and bound to this account. Raises Unauthorised."""
    user = register.users().get(actor)
    if user is None or not roles & set(user.roles):
        raise Unauthorised(f"{actor} {does} and is not known here as {_or(roles)}; a team leader adds it: {cure}")
    if user.os_user != register.os_user:
        raise Unauthorised(f"this account does not act as {actor}; --as names another")


def _or(roles: frozenset[Role]) -> str:
    return " or ".join(sorted(role.value for role in roles))


# ------------------------------------------------------------------ what is told of the sinks


def sent_to(partners: Partners) -> list[dict[str, Any]]:
    """What each sink is sent, event by event, in plain values."""
    found = []
    for name, sink in partners.sinks.items():
        partner = partners.to(sink)
        told, whom = gets(sink, partner), subject_fields(sink, partner)
        purpose, basis = (sink.agreement.purpose, sink.agreement.basis) if sink.agreement else (NO_DATA, NO_DATA)
        for topic in told.topics:
            subject = [f"subject.{field}" for field in whom] if topic == LaissezPasserOrdered.TOPIC else []
            found.append({
                "sink": name, "partner": partner.key, "kind": partner.kind.value, "event": topic,
                "fields": [*told.fields.get(topic, ()), *subject], "purpose": purpose, "basis": basis,
            })  # fmt: skip
    return found


def waiting(register: Register, composer: Composer, after: int) -> int:
    """How many events of a sink's topics stand in the log after a position; no more than `COUNTED` are counted."""
    recorder, topics = register.store.recorder, sorted(composer.topics)
    return len(recorder.select_notifications(after, COUNTED, topics=topics, inclusive_of_start=False)) if topics else 0



def stands(register: Register, partners: Partners) -> list[dict[str, Any]]:
    """How each configured sink stands, in plain values."""
    found = []
    for name, sink in partners.sinks.items():
        try:
            stand = Stands(register).of(sink)
        except DtvError as error:
            stand = Stand(error=str(error))
        found.append({
            "sink": name, "partner": sink.partner, "to": sink.to, "position": stand.done.position,
            "waiting": waiting(register, Composer(register, partners, sink), stand.done.position),
            "tried_at": stand.tried_at, "error": stand.error,
        })  # fmt: skip
    return found


# ------------------------------------------------------------------ following


def follow(register: Register, source: str, *, after: int = 0, limit: int | None = None) -> Iterator[bytes]:
    """The log after a position as CloudEvents without data, up to its end as it is now.

    Nothing is disclosed by it, so nothing is recorded: no field, and no type whose name tells of somebody's health.
    """
    topics = [topic for topic in SENDABLE if topic not in TELLING]
    recorder, given = register.store.recorder, 0
    while page := recorder.select_notifications(after, PAGE, topics=topics, inclusive_of_start=False):
        for notification in page:
            if limit is not None and given >= limit:
                return
            record = register.mapper.to_domain_event(notification, unseal=False)
            yield encode(envelope(event_id(register.store.store_id, notification), source, record))
            given += 1
        after = page[-1].id


def may_follow(register: Register, actor: str) -> None:
    """Raise Unauthorised unless this actor may follow the log; on a training store everybody may."""
    if not register.store.training:
        _known(register, actor, FOLLOWERS, "follows the log", "`dtv user grant ACTOR auditor`")
