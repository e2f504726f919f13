"""The timeline: one row an event, of every stream, in the order of the log: what happened, never the free text about it."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint

from dtv_workflow.domain.chapters.records import CommandRefused, CorrectionRecorded, IntegrityIncidentRaised
from dtv_workflow.domain.record import Event, Record, fitting
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.follow import Batch, Follower
from dtv_workflow.projections.rows import case_of, change, flag, moment, number, table, text, utc, write

timeline = table(
    "timeline",
    "One row an event, of every stream. A corrected time is shown as corrected; what was first recorded stands in the log.",
    number("position", "Its place in the log.", key=True),
    text("case_id", "The case.", none="of the register as a whole", codes=("01KE6Z…",)),
    text("stream", "The stream it is in.", codes=("case/01KE6Z…", "register")),
    number("version", "Its version in that stream, from 1 without gaps."),
    text("event", "Its name.", codes=("CaseClosed",)),
    text("topic", "The stable name it is stored under.", codes=("case_closed.v1",)),
    text("step", "The step that was asked.", codes=("confirm_removal",)),
    text("actor", "Who asked it.", codes=("RV-07",)),
    text("role", "In which role.", codes=Role),
    text("second", "The second person.", none="one person sufficed", codes=("TL-02",)),
    text("source", "The partner's message or document.", none="none given", codes=("IND-1",)),
    moment("occurred_at", "When it was true in the world."),
    moment("recorded_at", "When it was known here."),
    flag("back_dated", "Whether it is a decision recorded later than it was taken."),
    flag("training", "Whether it is of a training store."),
    text("codes", "Of a refusal or an incident: the codes, with commas.", none="neither", codes=("N02,N03",)),
    number("corrected_by", "The version of the last correction of this event.", none="never corrected"),
    UniqueConstraint("stream", "version"),
    Index("timeline_by_case", "case_id"),
    Index("timeline_by_topic", "topic"),
)


def fold(batch: Batch) -> None:
    """Each record's row, and then what the corrections among them change."""
    write(
        batch,
        timeline,
        [
            (
                r.position,
                case_of(r.originator_id),
                r.originator_id,
                r.originator_version,
                type(r.event).__name__,
                type(r.event).TOPIC,
                r.step,
                r.actor,
                r.role.value,
                r.second,
                r.source,
                utc(r.occurred_at),
                utc(r.recorded_at),
                int(r.back_dated),
                int(r.training),
                _codes(r.event),
                None,
            )
            for r in batch.records
        ],
    )
    corrections = [(r, r.event) for r in batch.records if isinstance(r.event, CorrectionRecorded)]
    change(batch, timeline, ("corrected_by",), ("stream", "version"), [_corrected(r, event) for r, event in corrections])
    times = [_time(r, event) for r, event in corrections if event.field == "occurred_at"]
    change(batch, timeline, ("occurred_at",), ("stream", "version"), times)


def _codes(event: Event) -> str | None:
    if isinstance(event, CommandRefused):
        return ",".join(event.codes)
    return event.code if isinstance(event, IntegrityIncidentRaised) else None


def _corrected(record: Record, event: CorrectionRecorded) -> tuple[int, str, int]:
    return record.version, record.originator_id, event.event


def _time(record: Record, event: CorrectionRecorded) -> tuple[str | None, str, int]:
    return utc(fitting(CorrectionRecorded, "occurred_at", event.value)), record.originator_id, event.event


TIMELINE = Follower("timeline", 1, (timeline,), fold)
