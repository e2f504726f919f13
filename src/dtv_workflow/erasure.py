"""Forgetting a person: asked by one, agreed to by another, refused while anything runs, and provable afterwards.

The decision is recorded, then the keys are destroyed, then what could lead back is purged: whoever is killed in between does the
same again and ends there. Nothing of the log is changed; `docs/erasure.md` says what remains and why.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.answers import stream_of
from dtv_workflow.application import Register
from dtv_workflow.domain.access import ACCESS
from dtv_workflow.domain.chapters.records import DisclosureLogged
from dtv_workflow.domain.erasure import BASES, Blocker, ErasureRefused, PersonForgotten, SubjectKeyDestroyed, blockers
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.inbox import INBOX, MessageLinked
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.register import REGISTER
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import DtvError, Malformed, NotFound, StoreBusy, Unauthorised
from dtv_workflow.follow import VIEWS_FILE
from dtv_workflow.projections.catalogue import views_of
from dtv_workflow.store.connections import Connections
from dtv_workflow.store.files import Store

STEP = "shred"


class Person(NamedTuple):
    """Whose keys they are: the subject, its cases, and the subjects of messages that were linked to those (`m-…`)."""

    subject: str
    cases: tuple[str, ...]
    messages: tuple[str, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        return (self.subject, *self.messages)


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed, by whom and why, what is left unreadable by it, and what it does not cover. Nothing personal."""

    subject: str
    cases: tuple[str, ...]
    basis: str
    by: str
    second: str
    recorded_at: datetime
    position: int
    classes: tuple[str, ...]
    checks: tuple[str, ...]
    epoch: int
    values_unreadable: int
    keys_left: int
    disclosed_to_others: int
    not_covered: tuple[str, ...]
    troubles: tuple[str, ...] = ()


class Erasure(NamedTuple):
    """What came of it: the certificate, or everything that stands in the way."""

    certificate: Certificate | None
    blockers: list[Blocker]
    rehearsed: bool = False


NOT_COVERED = (
    Said(
        "copies of keys.db together with the master key of that time: destroy backups that hold both",
        "kopieën van keys.db samen met de hoofdsleutel van toen: vernietig reservekopieën die beide bevatten",
    ),
    Said(
        "what a solid-state disk keeps of overwritten blocks: the master key of the old epoch opens them: keep that elsewhere",
        "wat een SSD van overschreven blokken bewaart: de oude hoofdsleutel opent die: bewaar die elders",
    ),
    Said(
        "what partners were told: each disclosure is in the log; tell them of this (Regulation (EU) 2016/679 art. 19)",
        "wat partners is verteld: elke verstrekking staat in het logboek; meld hun dit (Verordening (EU) 2016/679 art. 19)",
    ),
    Said(
        "exports and dossiers handed out before; each is in the log",
        "uitvoer en dossiers die eerder zijn verstrekt; elk staat in het logboek",
    ),
    Said(
        "citizenship, sex, age band, dates and codes, which are not sealed: in a small group they may still point to somebody",
        "nationaliteit, geslacht, leeftijdsklasse, data en codes, niet verzegeld: in een kleine groep wijzen ze soms iemand aan",
    ),
)


# ------------------------------------------------------------------ who


def person(register: Register, reference: str) -> Person:
    """The person of a subject id, or of a case. Raises NotFound."""
    recorder = register.store.recorder
    if reference.startswith("s-"):
        cases = recorder.cases_of(reference) or [case for case, subject in _subjects(register) if subject == reference]
        subject = reference
    else:
        case = register.find(reference)
        subject = register.history(case)[0].subject or ""
        cases = [case, *recorder.cases_of(subject)]
    if not cases:
        raise NotFound("no such subject; `dtv key list` has them")
    cases = sorted(set(cases))
    linked = tuple(
        str(register.history_of(str(event.originator_id))[0].subject)
        for event in recorder.select_notifications(1, 2**31, topics=[MessageLinked.TOPIC])
        if _case_of_link(register, event) in cases
    )
    return Person(subject, tuple(cases), tuple(dict.fromkeys(linked)))


def _case_of_link(register: Register, notification: Any) -> str:
    event = register.mapper.to_domain_event(notification, unseal=False).event
    return event.case if isinstance(event, MessageLinked) else ""


def _subjects(register: Register) -> list[tuple[str, str | None]]:
    """Every case with its subject, from its first record."""
    recorder = register.store.recorder
    found = []
    for stream in recorder.stream_ids("case/", limit=recorder.count_streams("case/")):
        first = register.mapper.to_domain_event(recorder.select_events(stream, limit=1)[0], unseal=False)
        found.append((stream.removeprefix("case/"), first.subject))
    return found


def listed(register: Register, now: datetime, limit: int, *, ready: bool = False) -> list[dict[str, Any]]:
    """The subjects that have keys: their classes, cases, until when they are kept, and what stands in the way. No name."""
    by_subject: dict[str, list[str]] = {}
    for case, subject in _subjects(register):
        by_subject.setdefault(subject or "", []).append(case)
    held: dict[str, list[Any]] = {}
    for key in register.store.keys.held():
        held.setdefault(key.subject, []).append(key)
    rows: list[dict[str, Any]] = []
    for subject, keys in held.items():
        cases = by_subject.get(subject, [])
        found = [blocker for case in cases for blocker in blockers(register.case(case), in_force(day_of(now)), now)]
        if (ready and (found or not cases)) or len(rows) >= limit:
            continue
        until = max((blocker.until for blocker in found if blocker.until), default=None)
        rows.append({
            "subject": subject, "classes": [key.data_class for key in keys], "epoch": keys[0].epoch, "cases": cases,
            "stands_in_the_way": list(dict.fromkeys(blocker.code for blocker in found)), "until": until,
        })  # fmt: skip
    return rows


# ------------------------------------------------------------------ asking


def shred(register: Register, reference: str, basis: str, envelope: Envelope, *, rehearse: bool = False) -> Erasure:
    """Forget a person. `reference`: a subject id or a case. Refused while anything stands in the way, with all of it.

    Raises Malformed for a basis that is none, Unauthorised unless a privacy officer asks and a team leader with another account
    agrees, NotFound. Asked again after it was interrupted, it goes on where it was.
    """
    if basis not in BASES:
        raise Malformed(f"--reason is one of {', '.join(BASES)}")
    second = _allowed(register, envelope)
    who, now = person(register, reference), register.clock()
    if register.store.training:
        now = max([now, *(register.history(case)[-1].recorded_at for case in who.cases)])
    law = in_force(day_of(now))
    found = [blocker for case in who.cases for blocker in blockers(register.case(case), law, now)]
    if found:
        if not rehearse:
            refused = ErasureRefused(subject=who.subject, codes=tuple(dict.fromkeys(blocker.code for blocker in found)))
            register.add(REGISTER, lambda _: [(refused, now)], envelope, STEP)
        return Erasure(None, found, rehearse)
    recorded = _recorded(register, who)
    if rehearse:
        return Erasure(None, [], rehearse)
    if recorded is None or not _covers(register, who, recorded):
        recorded = _decided(register, who, basis, second, envelope, now)
    _tell(register, who, basis, envelope, now)
    return Erasure(_done(register, who, recorded), [])


def _allowed(register: Register, envelope: Envelope) -> str:
    """The second person. Two people, two accounts (Awb art. 10:3); on a training store as given."""
    second = envelope.second
    if second is None or second == envelope.actor:
        raise Malformed("--second is required: a team leader, and not who asks")
    if register.store.training:
        return second
    users = register.users()
    asks, agrees = users.get(envelope.actor), users.get(second)
    if asks is None or asks.os_user != register.os_user or Role.PRIVACY_OFFICER not in asks.roles:
        raise Unauthorised("a privacy officer asks to forget a person, under the own account")
    if agrees is None or Role.TEAM_LEADER not in agrees.roles or agrees.os_user == asks.os_user:
        raise Unauthorised(f"{second} is no team leader with an account of their own")
    return second


def _recorded(register: Register, who: Person) -> Record | None:
    """The decision to forget this person, if it was recorded before."""
    found = [
        record for record in register.history_of(REGISTER)
        if isinstance(record.event, SubjectKeyDestroyed) and record.event.subject == who.subject
    ]  # fmt: skip
    return found[-1] if found else None


def _covers(register: Register, who: Person, recorded: Record) -> bool:
    """Whether the decision on record is about every key there is now: what was written since, nobody decided to destroy."""
    keys = register.store.keys
    checks = getattr(recorded.event, "checks", ())
    return all(keys.check_value(key.key_id) in checks for subject in who.subjects for key in keys.held(subject))


def _decided(register: Register, who: Person, basis: str, second: str, envelope: Envelope, now: datetime) -> Record:
    """Put the decision on record in the register, before any case says so: from here on it is known what is unfinished."""
    keys = register.store.keys
    held = [key for subject in who.subjects for key in keys.held(subject)]
    event = SubjectKeyDestroyed(
        subject=who.subject,
        cases=who.cases,
        classes=tuple(sorted({key.data_class for key in held})),
        checks=tuple(keys.check_value(key.key_id) for key in held),
        basis=basis,
        second=second,
        epoch=keys.epoch() + 1,
    )
    (record,) = register.add(REGISTER, lambda _: [(event, now)], _asked(envelope), STEP)
    return record


def _tell(register: Register, who: Person, basis: str, envelope: Envelope, now: datetime) -> None:
    """Say in each case that its person was forgotten, where it does not say so yet."""
    told = PersonForgotten(basis=basis)
    for case in who.cases:
        register.add(stream_of(case), lambda history: [] if fold(history).forgotten else [(told, now)], _asked(envelope), STEP)


def _asked(envelope: Envelope) -> Envelope:
    return msgspec.structs.replace(envelope, role=envelope.role or Role.PRIVACY_OFFICER, request_id=None)


def _done(register: Register, who: Person, decided: Record) -> Certificate:
    """Destroy, purge, and say what was done."""
    event, keys, recorder = decided.event, register.store.keys, register.store.recorder
    assert isinstance(event, SubjectKeyDestroyed)  # noqa: S101 - `_decided` and `_recorded` give nothing else
    held = any(keys.held(subject) for subject in who.subjects)
    epoch = keys.destroy(who.subjects) if held else keys.epoch()
    keys.tidy()
    troubles = []
    try:
        recorder.forget(who.subject)
    except StoreBusy as error:
        troubles.append(f"a copy of the digest of the V-number is left ({error}): ask again")
    try:
        purge(register.store)
    except DtvError as error:
        troubles.append(f"the views were not purged ({error}): dtv projection rebuild, then again")
    told = sum(isinstance(r.event, DisclosureLogged) for case in who.cases for r in register.history(case))
    left = [key for subject in who.subjects for key in keys.held(subject)]
    return Certificate(
        subject=who.subject, cases=who.cases, basis=event.basis, by=decided.actor, second=event.second,
        recorded_at=decided.recorded_at, position=recorder.max_notification_id() or 0, classes=event.classes,
        checks=event.checks, epoch=epoch, values_unreadable=_unreadable(register, who), keys_left=len(left),
        disclosed_to_others=told, not_covered=tuple(said.en for said in NOT_COVERED), troubles=tuple(troubles),
    )  # fmt: skip


def purge(store: Store) -> None:
    """Bring the views up to date, and leave no copy of a row that was overwritten: in free pages, in slack, in the WAL.

    Raises StoreBusy while another reads or writes them, and as catching up does.
    """
    views_of(store).catch_up()
    connections = Connections(store.path / VIEWS_FILE, {})
    try:
        connections.rows("VACUUM")
        if connections.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
            raise StoreBusy("the views are being read")
    finally:
        connections.close()


_KEY_ID = re.compile(rb'"_k"\s*:\s*"([A-Za-z0-9_-]+)"')


def _unreadable(register: Register, who: Person) -> int:
    """How many sealed values of this person no key opens any more, counted in the stored bytes."""
    recorder, held = register.store.recorder, {key.key_id.encode() for key in register.store.keys.held()}
    streams = [*map(stream_of, who.cases), *(ACCESS + case for case in who.cases)]
    streams += [INBOX + subject for subject in who.messages]
    states = (bytes(event.state) for stream in streams for event in recorder.select_events(stream))
    return sum(key not in held for state in states for key in _KEY_ID.findall(state))


def unfinished(register: Register) -> list[str]:
    """Subjects whose destruction was recorded and not carried out: asked again, it is."""
    decided = {r.event.subject for r in register.history_of(REGISTER) if isinstance(r.event, SubjectKeyDestroyed)}
    return sorted(decided & {key.subject for key in register.store.keys.held()}) if decided else []


