"""The register: takes decisions, records facts, and gives a case's history back, whole or as it was known at a moment.

A step travels: envelope and step in; history loaded and folded; `decide` or `witness` asked; events or a refusal appended at
the next version in one transaction with the request id; an answer out. A lost race is decided anew on the newer history, so
nothing is decided on what no longer holds. This is not an `eventsourcing.Application`: see
`docs/decisions/0003-register-without-application.md`.
"""

from __future__ import annotations

import getpass
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from eventsourcing.persistence import EventStore, IntegrityError

from dtv_workflow.actors import User, actor_of, as_given, authority, may_be_revoked, must_lead, roster
from dtv_workflow.answers import ID_LENGTH, Answer, new_id, stream_of
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.intake import OpenCase
from dtv_workflow.domain.chapters.records import Correct
from dtv_workflow.domain.decide import asked
from dtv_workflow.domain.fields import compared, day_of
from dtv_workflow.domain.law.rules import Receipt
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.reading import check_past
from dtv_workflow.domain.record import Event, Record, fold
from dtv_workflow.domain.register import REGISTER, StoreOpened, UserGranted, UserRevoked
from dtv_workflow.domain.steps import Context, Envelope, Row, Step, step_name
from dtv_workflow.domain.vocabulary import Kind, Role
from dtv_workflow.domain.workflow import EVENTS, STEPS
from dtv_workflow.errors import Conflict, Malformed, NotFound, StoreBusy
from dtv_workflow.store.files import Store, init_store, open_store_files
from dtv_workflow.store.seal import FORGOTTEN
from dtv_workflow.taking import Taking, number_in

ATTEMPTS = 50
"""How often a lost race is decided anew before the store is called busy."""

SCHEMA = 1

Reaction = Callable[[list[Record]], Sequence[tuple[Event, datetime]]]
"""What a stream's history calls for: events, each with when it occurred. Asked again on the newer history when a race is lost."""


class Register:
    """The register on one store. `clock` gives now; `os_user` is who runs this process."""

    def __init__(
        self, store: Store, *, clock: Callable[[], datetime] | None = None, os_user: str | None = None
    ) -> None:
        self.store = store
        self.clock = clock or (lambda: datetime.now(UTC))
        self.os_user = os_user or getpass.getuser()
        self.mapper = store.mapper(EVENTS)
        self.events: EventStore[str] = EventStore(self.mapper, store.recorder)

    def close(self) -> None:
        """Release the store."""
        self.store.close()

    def __enter__(self) -> Register:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---------------------------------------------------------------- asking

    def take(self, step: Step, case: str | None, envelope: Envelope, *, rehearse: bool = False) -> Answer:
        """Take a decision: done, or refused with every obstacle. Raises Malformed, Unauthorised, NotFound, Conflict, StoreBusy,
        OutcomeUnknown."""
        return self._asked(step, case, envelope, Kind.DECISION, rehearse)

    def record(self, fact: Step, case: str, envelope: Envelope, *, rehearse: bool = False) -> Answer:
        """Record a fact: always done, with its incidents. Raises as `take` does."""
        return self._asked(fact, case, envelope, Kind.FACT, rehearse)

    def answer(self, step: Step, case: str | None, envelope: Envelope, *, rehearse: bool = False) -> Answer:
        """`take` or `record`, as the step's kind asks."""
        return self._asked(step, case, envelope, STEPS[step_name(type(step))].kind, rehearse)

    def why(self, step: Step, case: str, envelope: Envelope) -> Receipt:
        """Every guard of a step and its verdict now, without doing or recording anything."""
        row = STEPS[step_name(type(step))]
        at, recorded_at = self._times(envelope)
        return asked(self.case(case), step, self._context(row, step, envelope, at, recorded_at))[1]

    def _asked(self, step: Step, case: str | None, envelope: Envelope, kind: Kind, rehearse: bool) -> Answer:
        row = STEPS[step_name(type(step))]
        if row.kind is not kind:
            raise Malformed(f"{step_name(row.step)} is a {row.kind.value}, not a {kind.value}")
        at, recorded_at = self._times(envelope)
        check_past(step, self._now(recorded_at))
        if isinstance(step, Correct) and envelope.reason is None:
            raise Malformed("reason is required on correct")
        context = self._context(row, step, envelope, at, recorded_at)
        if kind is Kind.DECISION and context.late and envelope.reason is None:
            raise Malformed("reason is required: the decision is recorded later than it was taken (back-dated)")
        request_id = envelope.request_id or new_id()
        digest = self._digest(step, case, envelope)
        if (first := self._first_answer(request_id, digest)) is not None:
            return first
        opening = isinstance(step, OpenCase) and case is None
        for attempt in range(ATTEMPTS):
            taken = Taking(self, row, step, envelope, context, request_id, digest)
            try:
                return taken.open(rehearse) if opening else taken.on(case or "", rehearse)
            except IntegrityError:
                if (first := self._first_answer(request_id, digest)) is not None:
                    return first
                time.sleep(random.uniform(0, 0.002 * (attempt + 1)))  # noqa: S311 - spreads retries, hides nothing
        raise StoreBusy("the case keeps changing; try again")

    def _now(self, recorded_at: datetime) -> datetime:
        """What counts as now for a time in the future.

        The recording time; on a training store the script's clock, if that is later.
        """
        return max(recorded_at, self.clock()) if self.store.training and self._scripted else recorded_at

    _scripted = False

    def run_on(self, clock: Callable[[], datetime]) -> None:
        """Run a training store on a script's clock. Raises Malformed on any other store."""
        if not self.store.training:
            raise Malformed("only a training store runs on a script's clock")
        self.clock, self._scripted = clock, True

    def _times(self, envelope: Envelope) -> tuple[datetime, datetime]:
        now = self.clock()
        if not self.store.training:
            if envelope.recorded_at is not None:
                raise Malformed("recorded_at is given by the store; only a training store takes it from a script")
            recorded_at, at = now, envelope.at or now
        else:
            recorded_at = envelope.recorded_at or envelope.at or now
            at = envelope.at or recorded_at
        if at > self._now(recorded_at):
            raise Malformed("at lies in the future")
        return at.astimezone(UTC), recorded_at.astimezone(UTC)

    # ---------------------------------------------------------------- who

    def users(self) -> dict[str, User]:
        """Every known actor with the roles granted now."""
        return roster(self.history_of(REGISTER))

    def founder(self) -> str:
        """The store's first team leader."""
        return next(iter(self.users()))

    def actor_here(self) -> str:
        """The actor of the operating-system user who runs this. Raises Unauthorised when there is none."""
        return actor_of(self.os_user, self.users())

    def usual_actor(self) -> str:
        """Who acts when nobody is named: this account's actor, or a training store's founder. Raises as `actor_here` does."""
        return self.founder() if self.store.training else self.actor_here()

    def grant(self, user: str, role: Role, os_user: str | None, envelope: Envelope) -> None:
        """Give an actor a role, and bind the actor to an operating-system account (the actor's own name when none is given).

        Raises Unauthorised unless a team leader asks.
        """
        users = self._led_by(envelope)
        bound = os_user or (None if user in users else user)
        self._tell(UserGranted(user=user, granted=role, os_user=bound), envelope, "grant")

    def revoke(self, user: str, role: Role, envelope: Envelope) -> None:
        """Take a role from an actor.

        Raises Unauthorised unless a team leader asks, NotFound when the role was not granted, Conflict when nobody would lead.
        """
        may_be_revoked(user, role, self._led_by(envelope))
        self._tell(UserRevoked(user=user, revoked=role), envelope, "revoke")

    def _led_by(self, envelope: Envelope) -> dict[str, User]:
        users = self.users()
        if not self.store.training:
            must_lead(envelope.actor, self.os_user, users)
        return users

    def _context(self, row: Row, step: Step, envelope: Envelope, at: datetime, recorded_at: datetime) -> Context:
        given = as_given(row, envelope) if self.store.training else authority(row, envelope, self.os_user, self.users())
        return Context(
            at=at,
            recorded_at=recorded_at,
            actor=envelope.actor,
            role=given.role,
            law=in_force(day_of(at)),
            role_granted=given.granted,
            second=envelope.second,
            second_may_approve=given.second_may_approve,
            also=given.also,
            other_open_case=self.open_case_of(number_in(step) if isinstance(step, OpenCase) else None),
        )

    def add(self, stream: str, react: Reaction, envelope: Envelope, step: str, subject: str | None = None) -> list[Record]:
        """Append to a stream what its history calls for, each event with when it occurred; what was appended.

        Nothing is decided here and no guard is asked: it is for what follows from the log itself (a term that ran out), and for
        streams that are no case. Appended at the version after the history that was looked at, else looked at anew, so asking
        twice adds nothing twice. `subject` is whose keys seal a new stream. Raises StoreBusy.
        """
        request_id = envelope.request_id or new_id()
        for attempt in range(ATTEMPTS):
            history = self.history_of(stream)
            last = history[-1] if history else None
            recorded_at = (envelope.recorded_at if self.store.training else None) or self.clock()
            records = [
                Record(
                    originator_id=stream,
                    originator_version=len(history) + n,
                    occurred_at=occurred_at.astimezone(UTC),
                    recorded_at=recorded_at.astimezone(UTC),
                    actor=envelope.actor,
                    role=envelope.role or Role.SYSTEM,
                    step=step,
                    request_id=request_id,
                    event=event,
                    episode=last.episode if last else 1,
                    subject=last.subject if last else subject,
                    source=envelope.source,
                    training=self.store.training,
                )
                for n, (event, occurred_at) in enumerate(react(history), 1)
            ]
            try:
                if records:
                    self.events.put(records)
                return records
            except IntegrityError:
                time.sleep(random.uniform(0, 0.002 * (attempt + 1)))  # noqa: S311 - spreads retries, hides nothing
        raise StoreBusy("the stream keeps changing; try again")

    def _tell(self, event: Event, envelope: Envelope, step: str) -> None:
        """Append to the register stream."""
        leader = msgspec.structs.replace(envelope, role=envelope.role or Role.TEAM_LEADER)
        self.add(REGISTER, lambda _: [(event, self.clock())], leader, step)

    # ---------------------------------------------------------------- reading

    def history(self, case: str) -> list[Record]:
        """Every record of a case, oldest first, by its id or an unambiguous ending of it. Raises NotFound."""
        return self.history_of(stream_of(self.find(case)))

    def history_of(self, stream: str) -> list[Record]:
        """Every record of a stream, oldest first; empty when there is none."""
        stored = self.store.recorder.select_events(stream)
        return [self.mapper.to_domain_event(event) for event in stored]

    def case(self, case: str) -> DepartureCase:
        """The case as it is now."""
        return fold(self.history(case))

    def as_known_at(self, case: str, moment: datetime) -> DepartureCase:
        """The case as it was known at a moment.

        The fold of what had been recorded by then. Later corrections change nothing here.
        """
        return fold([record for record in self.history(case) if record.recorded_at <= moment])

    def find(self, reference: str) -> str:
        """The id of the case a reference means: the whole id, or an ending of at least four characters that only one case has.

        Raises NotFound, naming the candidates where there are several.
        """
        wanted = reference.upper()
        if not 4 <= len(wanted) <= ID_LENGTH or not wanted.isalnum():
            raise NotFound("no such case; give its id, or at least its last four characters")
        if len(wanted) == ID_LENGTH and self.knows(wanted):
            return wanted
        found = [id.removeprefix("case/") for id in self.store.recorder.stream_ids("case/", wanted)]
        if wanted in found:
            return wanted
        if len(found) > 1:
            raise NotFound(f"{len(found)} cases end in {wanted}: {', '.join(found[:8])}")
        if not found:
            raise NotFound("no such case")
        return found[0]

    def status(self) -> dict[str, object]:
        """What the store holds, in plain values; no personal data."""
        recorder = self.store.recorder
        head = recorder.max_notification_id()
        last = recorder.select_notifications(head, 1) if head else []
        return {
            "store_id": self.store.store_id,
            "schema": SCHEMA,
            "training": self.store.training,
            "events": head,
            "cases": recorder.count_streams("case/"),
            "last_recorded_at": self.mapper.to_domain_event(last[0], unseal=False).recorded_at.isoformat() if last else None,
        }

    def knows(self, case: str) -> bool:
        """Whether there is a case with exactly this id."""
        return bool(self.store.recorder.select_events(stream_of(case), limit=1))

    # ---------------------------------------------------------------- the store's side of a step

    def last_version(self, stream: str) -> int:
        last = self.store.recorder.select_events(stream, desc=True, limit=1)
        return last[0].originator_version if last else 0

    def open_case_of(self, v_number: str | None) -> str | None:
        """The open case of the person with this V-number, if there is one."""
        digest = self.v_digest(v_number)
        return self.store.recorder.open_case_of(digest) if digest else None

    def v_digest(self, v_number: str | None) -> bytes | None:
        """What a V-number is known by, however it was typed; None for none, and for one that was forgotten."""
        number = compared(v_number) if v_number and v_number != FORGOTTEN else ""
        return self.store.keys.digest("v_number", number.encode()) if number else None

    def _digest(self, step: Step, case: str | None, envelope: Envelope) -> bytes:
        """What was asked, as a keyed digest.

        Enough to tell a repetition from another request, too little to guess a name from.
        """
        asked_for = [step_name(type(step)), case, step, msgspec.structs.replace(envelope, request_id=None)]
        return self.store.keys.digest("request", msgspec.json.encode(asked_for, order="sorted"))

    def _first_answer(self, request_id: str, digest: bytes) -> Answer | None:
        stored = self.store.recorder.stored_answer(request_id)
        if stored is None:
            return None
        if stored.digest != digest:
            raise Conflict("this request id already answered another request")
        return msgspec.structs.replace(msgspec.json.decode(stored.answer, type=Answer), repeated=True)


def open_register(url: str | Path, **options: Any) -> Register:
    """Open the register on an existing store. Raises NoStore."""
    return Register(open_store_files(url), **options)


def create_register(path: str | Path, *, training: bool = False, actor: str | None = None, **options: Any) -> Register:
    """Make a store and open its register. The operating-system user who makes it is its first team leader, as `actor`."""
    created = options.get("clock", lambda: datetime.now(UTC))()
    register = Register(init_store(path, training=training, created=created), **options)
    founder = actor or register.os_user
    envelope = Envelope(actor=founder, role=Role.TEAM_LEADER)
    register._tell(StoreOpened(training=training, schema=SCHEMA), envelope, "init")
    register._tell(UserGranted(user=founder, granted=Role.TEAM_LEADER, os_user=register.os_user), envelope, "init")
    return register
