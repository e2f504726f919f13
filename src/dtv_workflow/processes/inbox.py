"""The inbox: partners' messages as facts of cases, each recorded once, and none of them ever lost.

One message is one commit where it says nothing new about order or truth. Whatever else it takes (a flag, a second case) has a
request id of its own that follows from the message alone: after a kill at any point, receiving it again brings about what lacked
and nothing twice. docs/messages.md says what a partner may expect, docs/decisions/0013-inbox.md why it is so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.actors import Authority, as_given, authority
from dtv_workflow.answers import Answer, new_id, stream_of
from dtv_workflow.application import Register
from dtv_workflow.domain.chapters.messages import FlagMessage, MessageNotUnderstood, ReportUnreadMessage
from dtv_workflow.domain.inbox import INBOX, MessageDismissed, MessageLinked, MessageParked, Parked, parked_in
from dtv_workflow.domain.procedures import Divergence, Unclear
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.steps import Envelope, Step, step_name
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import Conflict, DtvError, Malformed, NotFound, Unauthorised
from dtv_workflow.processes.cloudevents import CloudEvent
from dtv_workflow.processes.compose import now_in
from dtv_workflow.processes.diverging import Differs, diverging
from dtv_workflow.processes.partners import Partner, Partners
from dtv_workflow.processes.understanding import Known, Told, content_of, known, row_of, shown, since, understood

ACTOR = "inbox"
"""Who says, as the system, that a message was not understood or differs. A fact is recorded as its partner's actor."""

LINKERS = (Role.SUPERVISOR, Role.INTAKE_OFFICER, Role.TEAM_LEADER)
"""Who may say where a parked message belongs."""

JUDGED_ANEW = frozenset({Unclear.UNKNOWN_SENDER, Unclear.WRONG_SENDER})
"""Why a message was not understood through our configuration, and not through what it says: when it comes again it may be."""

MOST_PARKED = 1_000_000


class Status(Enum):
    """What came of a message. Each has an exit status, see `Received.exit`."""

    RECORDED = "recorded"
    FLAGGED = "flagged"
    UNREAD = "unread"
    PARKED = "parked"
    REJECTED = "rejected"
    FAILED = "failed"


_EXIT = {Status.RECORDED: 0, Status.FLAGGED: 7, Status.UNREAD: 7, Status.PARKED: 7, Status.REJECTED: 2, Status.FAILED: 1}


class Received(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of one message. `message` is what it is known by here. `repeated`: it was received before, this is that answer,
    and nothing was added. `why` are codes: why it was not understood, or how it differs. `error` is only that of a failure, after
    which the message must be offered again."""

    status: Status
    message: str
    case: str | None = None
    version: int | None = None
    fact: str | None = None
    why: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    repeated: bool = False
    error: str | None = None
    exit: int = 0


def told(received: Received) -> dict[str, Any]:
    """What came of a message as data, without what it says: what `dtv inbox import` answers and a receipt keeps."""
    return {name: value for name, value in msgspec.to_builtins(received).items() if name != "exit"}


class Message(NamedTuple):
    """A message that is being received: what it is known by, whose it is, and the person who linked it, if one did."""

    register: Register
    raw: bytes
    known: Known
    partner: Partner | None
    by: Envelope | None = None

    @property
    def name(self) -> str:
        return f"{self.partner.key if self.partner else 'unknown'}:{self.known.mark[:16]}"

    @property
    def source(self) -> str:
        """Where a record of this message says it comes from: the partner, the message's id, and a digest of what it said."""
        id = shown(self.known.event, self.known.key) if self.known.event else self.known.key[:16]
        return f"{self.partner.key if self.partner else 'unknown'}:{id}#{self.known.mark[:16]}"


# ------------------------------------------------------------------ receiving


def receive(register: Register, partners: Partners, raw: bytes) -> Received:
    """Receive one message: as a fact, as a message about a case that holds it until somebody reads it, or parked.

    Nothing in the bytes makes it raise. Raises Unauthorised (an actor has not been granted), StoreBusy, OutcomeUnknown, NoStore:
    the message is then to be offered again.
    """
    message = _message(register, partners, raw)
    if not raw.strip():
        return _done(message, Status.REJECTED, why=("empty",))
    if (before := parked_in(register.history_of(INBOX + message.known.mark))) is not None:
        return _done(message, Status.PARKED, case=before.case, why=(before.why.value,), repeated=True)
    cases, event = [case for case in message.known.cases if register.knows(case)], message.known.event
    if event is None:
        return _unreadable(message, cases)
    return _on(message, event, cases[0]) if cases else _nowhere(message, event)


def receive_all(register: Register, partners: Partners, messages: Sequence[bytes]) -> list[Received]:
    """Receive messages one after the other. One that fails is answered as such and the others go on."""
    return [_tried(register, partners, raw) for raw in messages]


def _tried(register: Register, partners: Partners, raw: bytes) -> Received:
    try:
        return receive(register, partners, raw)
    except DtvError as error:
        message = _message(register, Partners(), raw)
        failed = _done(message, Status.FAILED, why=(error.code,))
        return msgspec.structs.replace(failed, error=str(error), exit=error.exit)


def _message(register: Register, partners: Partners, raw: bytes, by: Envelope | None = None) -> Message:
    what = known(raw, register.store.keys.digest)
    return Message(register, raw, what, partners.partner_of(what.event.source) if what.event else None, by)


def _done(message: Message, status: Status, *, answer: Answer | None = None, case: str | None = None,
          why: tuple[str, ...] = (), repeated: bool = False) -> Received:  # fmt: skip
    row = row_of(message.known.event)
    return Received(
        status=status,
        message=message.name,
        case=answer.case if answer else case,
        version=answer.version if answer else None,
        fact=step_name(row.step) if row else None,
        why=why,
        incidents=answer.incidents if answer else (),
        repeated=repeated,
        exit=_EXIT[status],
    )


def _on(message: Message, event: CloudEvent, case: str) -> Received:
    """A message that can be read and names a known case: the first with its source and id is a fact, another is not trusted.

    One that was not understood before keeps that answer, unless our configuration was the reason and it is understood now. Its
    hold and task stay: people who read it lift them.
    """
    before = _stored(message.register, _unread_id(message, case))
    if before is not None and not JUDGED_ANEW.issuperset(_whys(message, before)):
        return _unread_before(message, before)
    request = f"in:{message.known.key}"
    first: Answer | Unclear | None = _stored(message.register, request)
    if first is None:
        fact = understood(event, message.partner, now_in(message.register, case))
        first = _recorded(message, case, fact, request) if isinstance(fact, Told) else fact
    if isinstance(first, Unclear):
        return _unread(message, case, first)
    if not _says_the_same(message, first):
        return _conflicting(message, case, first)
    return _compared(message, first, request)


def _recorded(message: Message, case: str, fact: Told, request: str) -> Answer | Unclear:
    """The fact, recorded as its partner's actor, or as the person who linked it."""
    actor = message.partner.actor if message.partner else ACTOR
    envelope = Envelope(actor=actor, role=Role.SYSTEM, at=fact.at, source=message.source, request_id=request)
    if message.by is not None:
        envelope = msgspec.structs.replace(envelope, actor=message.by.actor, role=message.by.role)
    try:
        return _once(message.register, fact.step, case, envelope)
    except (Malformed, ValueError):
        return Unclear.MALFORMED_DATA


def _compared(message: Message, answer: Answer, request: str) -> Received:
    """What was recorded, flagged where it differs from what was told before."""
    case = answer.case or ""
    found = diverging(message.register.history_of(stream_of(case)), request, answer.incidents)
    flagged = [_flag(message, case, each) for each in found]
    status = Status.FLAGGED if found else Status.RECORDED
    repeated = answer.repeated and all(flag.repeated for flag in flagged)
    return _done(message, status, answer=answer, why=tuple(each.why.value for each in found), repeated=repeated)


def _conflicting(message: Message, case: str, first: Answer) -> Received:
    """Its id was given to another message before: both are kept, and neither case is left without somebody to look."""
    if first.case != case:
        _flag(message, first.case or "", Differs(Divergence.CONFLICTING_ID, first.version))
    return _unread(message, case, Unclear.CONFLICTING_ID, first.version if first.case == case else None)


def _unreadable(message: Message, cases: list[str]) -> Received:
    """It cannot be read: every case that it names is held, since it may be about any of them."""
    why = message.known.wrong or Unclear.UNREADABLE
    received = [_unread(message, case, why) for case in cases]
    if not received:
        return _parked(message, why)
    return received[0] if len(received) == 1 else msgspec.structs.replace(
        received[0], case=None, version=None, repeated=all(each.repeated for each in received)
    )  # fmt: skip


def _nowhere(message: Message, event: CloudEvent) -> Received:
    """It names no known case. If its id was given to a fact before, that fact's case is flagged all the same."""
    first = _stored(message.register, f"in:{message.known.key}")
    if first is not None:
        _flag(message, first.case or "", Differs(Divergence.CONFLICTING_ID, first.version))
        return _parked(message, Unclear.CONFLICTING_ID)
    return _parked(message, Unclear.NO_CASE if event.subject is None else Unclear.UNKNOWN_CASE)


# ------------------------------------------------------------------ what each comes to in the log


def _unread_id(message: Message, case: str) -> str:
    return f"un:{message.known.mark}:{case}"


def _unread(message: Message, case: str, why: Unclear, other: int | None = None) -> Received:
    register = message.register
    if (before := _stored(register, _unread_id(message, case))) is not None:
        return _unread_before(message, before)
    step = ReportUnreadMessage(
        message=message.name,
        why=why,
        partner=message.partner.key if message.partner else None,
        content=content_of(message.raw),
        other=other,
    )
    at = since(message.known.event, register.case(case).opened_at, now_in(register, case))
    envelope = Envelope(actor=ACTOR, role=Role.SYSTEM, at=at, source=message.source, request_id=_unread_id(message, case))
    answer = _once(register, step, case, _as_given(message, envelope))
    return _done(message, Status.UNREAD, answer=answer, why=(why.value,), repeated=answer.repeated)


def _unread_before(message: Message, answer: Answer) -> Received:
    return _done(message, Status.UNREAD, answer=answer, why=tuple(why.value for why in _whys(message, answer)), repeated=True)


def _whys(message: Message, answer: Answer) -> tuple[Unclear, ...]:
    """Why a message was not understood, as the log has it under this answer."""
    records = message.register.history_of(stream_of(answer.case or ""))
    events = (record.event for record in records if record.request_id == answer.request_id)
    return tuple(event.why for event in events if isinstance(event, MessageNotUnderstood))


def _flag(message: Message, case: str, differs: Differs) -> Answer:
    step = FlagMessage(message=message.name, why=differs.why, other=differs.other)
    request = f"fl:{message.known.mark}:{differs.why.value}"
    envelope = Envelope(actor=ACTOR, role=Role.SYSTEM, source=message.source, request_id=request)
    return _once(message.register, step, case, _as_given(message, envelope))


def _as_given(message: Message, envelope: Envelope) -> Envelope:
    """Where a person linked the message, what it leads to is recorded as theirs: the inbox itself need not have been granted."""
    return envelope if message.by is None else msgspec.structs.replace(envelope, actor=message.by.actor, role=message.by.role)


def _parked(message: Message, why: Unclear) -> Received:
    row = row_of(message.known.event)
    parked = MessageParked(
        message=message.name,
        why=why,
        partner=message.partner.key if message.partner else None,
        fact=step_name(row.step) if row else None,
        content=content_of(message.raw),
    )
    envelope = Envelope(actor=ACTOR, role=Role.SYSTEM, source=message.source)
    added = _added(message.register, message.known.mark, parked, envelope, "park_message", new=True)
    return _done(message, Status.PARKED, why=(why.value,), repeated=not added)


def _added(register: Register, id: str, event: Event, envelope: Envelope, step: str, *, new: bool = False) -> bool:
    """Add to a message's stream: the first event of one that is `new`, else one more unless it is settled already."""

    def react(history: list[Record]) -> list[tuple[Event, datetime]]:
        item = parked_in(history)
        wanted = item is None if new else item is not None and item.open
        return [(event, register.clock())] if wanted else []

    return bool(register.add(INBOX + id, react, envelope, step, f"m-{new_id()}"))


def _once(register: Register, step: Step, case: str, envelope: Envelope) -> Answer:
    """Record a fact under its request id, or give the answer that this id was given before, whatever it was asked with then."""
    request = envelope.request_id or ""
    if (first := _stored(register, request)) is not None:
        return first
    if register.store.training:
        envelope = msgspec.structs.replace(envelope, recorded_at=now_in(register, case))
    try:
        return register.record(step, case, envelope)
    except Conflict:
        if (first := _stored(register, request)) is None:
            raise
        return first
    except Unauthorised as error:
        cure = f"`dtv user grant {envelope.actor} system --os-user {register.os_user}`"
        raise Unauthorised(f"{error} (here: {cure})") from None


def _stored(register: Register, request: str) -> Answer | None:
    stored = register.store.recorder.stored_answer(request)
    return msgspec.structs.replace(msgspec.json.decode(stored.answer, type=Answer), repeated=True) if stored else None


def _says_the_same(message: Message, answer: Answer) -> bool:
    """Whether what was recorded under this message's id was recorded of the same content."""
    if not answer.repeated:
        return True
    records = message.register.history_of(stream_of(answer.case or ""))
    source = next((r.source for r in records if r.request_id == answer.request_id), None)
    return source is not None and source.endswith(f"#{message.known.mark[:16]}")


# ------------------------------------------------------------------ parked messages


def parked(register: Register, *, settled: bool = False) -> list[Parked]:
    """The messages that wait for a person to say where they belong, oldest first, without what they say; `settled` ones as well
    if asked."""
    streams = register.store.recorder.stream_ids(INBOX, limit=MOST_PARKED)
    found = [_listed(register, stream) for stream in streams]
    return sorted((each for each in found if each and (settled or each.open)), key=lambda each: (each.since, each.id))


def _listed(register: Register, stream: str) -> Parked | None:
    stored = register.store.recorder.select_events(stream)
    return parked_in([register.mapper.to_domain_event(event, unseal=False) for event in stored])


def parked_message(register: Register, reference: str) -> Parked:
    """A parked message with what it says, by its id or an ending of it of at least four characters. Raises NotFound."""
    wanted = reference.lower()
    found = register.store.recorder.stream_ids(INBOX, wanted) if len(wanted) >= 4 and wanted.isalnum() else []
    if len(found) > 1:
        raise NotFound(f"{len(found)} messages end in that; give more of the id")
    item = parked_in(register.history_of(found[0])) if found else None
    if item is None:
        raise NotFound("no such message; `dtv inbox list` shows those that are parked")
    return item


def link(register: Register, partners: Partners, reference: str, case: str, by: Envelope) -> Received:
    """Receive a parked message as if it had named this case, as the person who found out.

    Raises NotFound, Unauthorised unless a supervisor, intake officer or team leader asks, Conflict when it is settled already.
    """
    item, role = _opened(register, reference), _person(register, by).role
    case = register.find(case)
    message = _message(register, partners, item.content.encode(), msgspec.structs.replace(by, role=role))
    message = message._replace(known=message.known._replace(mark=item.id))
    event = message.known.event
    received = _unread(message, case, item.why) if event is None else _on(message, event, case)
    if received.case != case:
        raise Conflict("this message was received in another case before")
    linker = Envelope(actor=by.actor, role=role, source=message.source)
    _added(register, item.id, MessageLinked(case=case), linker, "link_message")
    return received


def dismiss(register: Register, reference: str, reason: str, by: Envelope) -> Parked:
    """Say why a parked message belongs to no case. Whoever sent it, it may be an appeal: with a case number mistyped, or from
    somebody we do not know. It takes a second person who may approve, as lifting the hold of an unread message does.

    Raises NotFound, Unauthorised, Conflict when it is settled already, Malformed without a reason.
    """
    item, given = _opened(register, reference), _person(register, by)
    if not reason.strip():
        raise Malformed("a reason is required")
    if not given.second_may_approve or by.second == by.actor:
        raise Unauthorised("a message is dismissed by two people: --second names another, a team leader")
    envelope = Envelope(actor=by.actor, role=given.role)
    _added(register, item.id, MessageDismissed(reason=reason, second=by.second), envelope, "dismiss_message")
    return parked_message(register, item.id)


def _opened(register: Register, reference: str) -> Parked:
    item = parked_message(register, reference)
    if not item.open:
        raise Conflict("this message was linked already" if item.case else "this message was dismissed already")
    return item


def _person(register: Register, by: Envelope) -> Authority:
    """In which role somebody settles a parked message. Raises Unauthorised for the system, and for who may not."""
    row = STEPS["report_unread_message"]._replace(roles=LINKERS)
    given = as_given(row, by) if register.store.training else authority(row, by, register.os_user, register.users())
    if given.role not in LINKERS or not given.granted:
        raise Unauthorised("a parked message is settled by a supervisor, an intake officer or a team leader")
    return given
