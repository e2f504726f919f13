"""One try at one step: loaded, decided, and appended in one transaction if nobody was first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from dtv_workflow.answers import Answer, new_id, stream_of
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import CaseClosed, CaseReopened
from dtv_workflow.domain.chapters.intake import CaseOpened, OpenCase
from dtv_workflow.domain.chapters.records import CommandRefused, Correct, CorrectionRecorded
from dtv_workflow.domain.decide import Decision, answer
from dtv_workflow.domain.record import Event, Record, fold
from dtv_workflow.domain.register import REGISTER
from dtv_workflow.domain.reviews import Review, reviews
from dtv_workflow.domain.steps import Context, Envelope, Row, Step, step_name
from dtv_workflow.domain.vocabulary import Kind, Phase
from dtv_workflow.errors import Conflict
from dtv_workflow.store.ledger import Request, SubjectClaim

if TYPE_CHECKING:
    from dtv_workflow.application import Register


class Taking:
    """One try at one step: loaded, decided, and appended if nobody was first."""

    def __init__(
        self, register: Register, row: Row, step: Step, envelope: Envelope, context: Context, request_id: str, digest: bytes
    ) -> None:
        self.register, self.row, self.step, self.envelope = register, row, step, envelope
        self.context, self.request_id, self.digest = context, request_id, digest

    def open(self, rehearse: bool) -> Answer:
        """Open a new case; a refused opening is kept in the register stream, without subject data."""
        decision = answer(DepartureCase(), self.step, self._fresh())
        if not decision.events:
            version = self.register.last_version(REGISTER)
            return self._put(REGISTER, version, self._refusal(decision), decision, DepartureCase(), None, rehearse)
        stream = stream_of(new_id())
        return self._put(stream, 0, decision.events, decision, DepartureCase(), self._subject(number_in(self.step)), rehearse)

    def on(self, reference: str, rehearse: bool) -> Answer:
        """Take the step on an existing case."""
        stream = stream_of(self.register.find(reference))
        history = self.register.history_of(stream)
        case = fold(history)
        if self.envelope.expect_version not in (None, case.version):
            raise Conflict(f"the case is at version {case.version}, not {self.envelope.expect_version}")
        context = self._fresh(case) if any(g.rule.code == "N36" for g in self.row.guards) else self.context
        decision = answer(case, self.step, context)
        events = decision.events or self._refusal(decision)
        doubtful = [review for event in events if isinstance(event, CorrectionRecorded) for review in reviews(history, event)]
        events += tuple(review.task() for review in doubtful)
        return self._put(stream, case.version, events, decision, case, case.subject, rehearse, history, tuple(doubtful))

    def _fresh(self, case: DepartureCase | None = None) -> Context:
        """The context with the person's other open case looked up again: it may have been opened since."""
        number = number_in(self.step) if case is None or isinstance(self.step, Correct) else case.v_number
        other = self.register.open_case_of(number)
        return msgspec.structs.replace(self.context, other_open_case=other if case is None or other != case.id else None)

    def _refusal(self, decision: Decision) -> tuple[Event, ...]:
        return (CommandRefused(refused=step_name(self.row.step), codes=tuple(decision.refused)),)

    def _subject(self, v_number: str | None) -> str:
        digest = self.register.v_digest(v_number)
        known = self.register.store.recorder.subject_of(digest) if digest else None
        return known or f"s-{new_id()}"

    def _put(
        self,
        stream: str,
        version: int,
        events: tuple[Event, ...],
        decision: Decision,
        case: DepartureCase,
        subject: str | None,
        rehearse: bool,
        history: list[Record] | None = None,
        doubtful: tuple[Review, ...] = (),
    ) -> Answer:
        records = [self._record(stream, version + n, event, decision, case, subject) for n, event in enumerate(events, 1)]
        after = fold([*(history or []), *records]) if stream != REGISTER else None
        given = Answer(
            status="done" if decision.events else "refused",
            step=step_name(self.row.step),
            request_id=self.request_id,
            case=after.id if after else None,
            phase=after.phase if after else None,
            version=version + len(records),
            receipt=decision.receipt,
            events=tuple(record.name for record in records),
            incidents=decision.incidents,
            back_dated=records[0].back_dated,
            rehearsed=rehearse,
            reviews=doubtful,
        )
        if rehearse:
            return given
        request = Request(self.request_id, self.digest, msgspec.json.encode(given))
        claims = self._claims(events, case, after, subject) if after else []
        self.register.events.put(records, request=request, subjects=claims)
        return given

    def _claims(self, events: tuple[Event, ...], was: DepartureCase, now: DepartureCase, who: str | None) -> list[SubjectClaim]:
        """What the case claims of its person, when that changes. A number that was corrected away is claimed no longer."""
        renumbered = any(isinstance(e, CorrectionRecorded) and e.field == "v_number" for e in events)
        if who is None or not (renumbered or any(isinstance(e, CaseOpened | CaseClosed | CaseReopened) for e in events)):
            return []
        own = self.register.v_digest(now.v_number)
        digest = own or self.register.v_digest(was.v_number)
        return [SubjectClaim(now.id, digest, who, bool(own) and now.phase is not Phase.CLOSED)] if digest else []

    def _record(
        self, stream: str, version: int, event: Event, decision: Decision, case: DepartureCase, subject: str | None
    ) -> Record:
        envelope, context = self.envelope, self.context
        return Record(
            originator_id=stream,
            originator_version=version,
            occurred_at=context.at,
            recorded_at=context.recorded_at,
            actor=context.actor,
            role=context.role,
            step=step_name(self.row.step),
            request_id=self.request_id,
            event=event,
            episode=event.episode if isinstance(event, CaseReopened) else max(case.episode, 1),
            receipt=decision.receipt,
            subject=subject,
            second=envelope.second,
            source=envelope.source,
            reason=envelope.reason if subject else None,
            back_dated=self.row.kind is Kind.DECISION and context.late,
            training=self.register.store.training,
        )


def number_in(step: Step) -> str | None:
    """The V-number that a step says: given at an opening, or what an earlier one is corrected to."""
    if isinstance(step, OpenCase):
        return step.subject.v_number
    said = step.value if isinstance(step, Correct) and step.field == "v_number" else None
    return said if isinstance(said, str) else None
