"""Refusals and incidents: each obstacle that stood in somebody's way, and each fact that should not have happened."""

from __future__ import annotations

from sqlalchemy import Index

from dtv_workflow.domain.chapters.records import CommandRefused, IntegrityIncidentRaised
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.follow import Batch, Follower
from dtv_workflow.projections.rows import case_of, moment, number, table, text, utc, write

refusals = table(
    "refusals",
    "One row for each obstacle of each refused step.",
    number("position", "The refusal's place in the log.", key=True),
    number("number", "The obstacle's place in the refusal, from 1.", key=True),
    text("case_id", "The case.", none="a refused opening", codes=("01KE6Z…",)),
    text("step", "The step that was refused.", codes=("book_removal",)),
    text("code", "The rule's code.", codes=("N03",)),
    text("guard", "The obstacle that was found.", codes=("hold_blocks_removal",)),
    text("law", "The provision, or `workflow`.", codes=("Vw 2000 art. 62(1), (2)",)),
    text("role", "In which role it was asked.", codes=Role),
    text("actor", "Who asked it.", codes=("RV-07",)),
    moment("occurred_at", "The time it was asked for."),
    moment("recorded_at", "When it was asked."),
    Index("refusals_by_code", "code"),
    Index("refusals_by_case", "case_id"),
)

incidents = table(
    "incidents",
    "One row for each rule that a recorded fact broke.",
    number("position", "The incident's place in the log.", key=True),
    text("case_id", "The case.", codes=("01KE6Z…",)),
    text("code", "The rule's code.", codes=("N59",)),
    text("step", "The fact that was recorded.", codes=("confirm_removal",)),
    text("role", "In which role it was recorded.", codes=Role),
    text("actor", "Who recorded it.", codes=("KMAR-3",)),
    moment("occurred_at", "When it happened, as first recorded."),
    moment("recorded_at", "When it was known here."),
    Index("incidents_by_code", "code"),
    Index("incidents_by_case", "case_id"),
)


def fold(batch: Batch) -> None:
    """What was refused and what was raised. Neither can be corrected, so rows are only added."""
    refused, raised = [], []
    for r in batch.records:
        event = r.event
        if not isinstance(event, CommandRefused | IntegrityIncidentRaised):
            continue
        case, who = case_of(r.originator_id), (r.role.value, r.actor, utc(r.occurred_at), utc(r.recorded_at))
        if isinstance(event, IntegrityIncidentRaised):
            raised.append((r.position, case, event.code, r.step, *who))
        elif r.receipt:
            obstacles = [verdict for verdict in r.receipt.verdicts if not verdict.met]
            refused += [(r.position, n, case, event.refused, v.code, v.guard, v.law, *who) for n, v in enumerate(obstacles, 1)]
    write(batch, refusals, refused)
    write(batch, incidents, raised)


REFUSALS = Follower("refusals", 1, (refusals, incidents), fold)
