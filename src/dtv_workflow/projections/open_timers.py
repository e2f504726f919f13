"""The open timers: which terms run in which case, and when each case has something to tell next. An index: the log decides.

Made without a key, so nothing that needs a birth date is here: a minor's case stands in `cases_to_ask` without a moment, and is
asked at every run (D35).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Index

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.deadlines import TIMERS, Deadline
from dtv_workflow.domain.expiry import next_moment, under_each_law
from dtv_workflow.domain.record import CORRECTION_TOPIC
from dtv_workflow.domain.vocabulary import OPEN_PHASES, AgeBand
from dtv_workflow.follow import Batch, Follower
from dtv_workflow.projections.rows import case_of, flag, moment, remove, streams, table, text, utc, write

open_timers = table(
    "open_timers",
    "The terms that run, those past their end and not met included, as counted when the case was last touched.",
    text("case_id", "The case.", key=True, codes=("01KE6Z…",)),
    text("timer", "The timer's number.", key=True, codes=[timer.code for timer in dict.fromkeys(TIMERS)]),
    text("about", "The hold, attempt or term it is about; empty text for none.", key=True, codes=("B1",)),
    moment("due_at", "When it ends."),
    text("proposes", "The step it proposes; empty text for none.", codes=("record_removability",)),
    flag("told", "Whether it was told that it ran out."),
    flag("escalates", "Whether the team leader sees it once it is past."),
    Index("open_timers_by_due", "due_at"),
)

cases_to_ask = table(
    "cases_to_ask",
    "The cases that will have something to tell, and from when on.",
    text("case_id", "The case.", key=True, codes=("01KE6Z…",)),
    moment("next_at", "The first moment at which a term ends or a reminder comes.", none="asked at every run"),
    Index("cases_by_next", "next_at"),
)


open_tasks = table(
    "open_tasks",
    "The tasks nobody has said were done. One of a term is over as well once `open_timers` has that term no more.",
    text("case_id", "The case.", key=True, codes=("01KE6Z…",)),
    text("task", "The task's id.", key=True, codes=("t12",)),
    text("kind", "A timer's number, or what kind of message.", codes=("D07", "unread_message")),
    text("about", "What it is about.", none="nothing named", codes=("B1",)),
    moment("raised_at", "When it was told."),
    moment("due_at", "The end of the term.", none="no term"),
    text("picked_up_by", "Who picked it up.", none="nobody", codes=("RV-07",)),
    flag("escalated", "Whether the team leader sees it."),
    Index("open_tasks_by_kind", "kind"),
)


def fold(batch: Batch) -> None:
    """Each touched case's running terms anew, under the law of the day it was touched."""
    rows, ids, tasks = [], [], []
    asks: list[tuple[str, str | None]] = []
    for stream in streams(batch):
        case, _ = batch.page.known(stream)
        id, now = str(case_of(stream)), batch.page.by_stream[stream][-1].recorded_at
        ids.append(id)
        running = under_each_law(case, now)
        rows += _rows(id, case, running[0])
        tasks += [
            (id, name, t.kind, t.about, utc(t.since), utc(t.due), t.by, int(t.escalated)) for name, t in case.tasks.items()
        ]
        at = next_moment(case, now, running)
        if _comes_of_age(case):
            asks.append((id, None))
        elif at is not None:
            asks.append((id, utc(at)))
    remove(batch, open_timers, "case_id", ids)
    remove(batch, cases_to_ask, "case_id", ids)
    remove(batch, open_tasks, "case_id", ids)
    write(batch, open_timers, rows)
    write(batch, cases_to_ask, asks)
    write(batch, open_tasks, tasks)


def _rows(id: str, case: DepartureCase, running: list[Deadline]) -> list[tuple[Any, ...]]:
    told = {key[:3] for key in case.told if not key[3]}
    return [
        (id, d.code, d.about or "", utc(d.due), d.proposes, int((d.code, d.about, d.due) in told), int(d.escalates))
        for d in running
    ]


def _comes_of_age(case: DepartureCase) -> bool:
    """Whether a term may run that only the birth date knows: of a minor, and wherever something was corrected, since that may
    have been the birth date."""
    minor = case.minority.minor if case.minority else case.age_band is AgeBand.UNDER_18
    return case.phase in OPEN_PHASES and (minor or CORRECTION_TOPIC in case.topics)


OPEN_TIMERS = Follower("open_timers", 1, (open_timers, cases_to_ask, open_tasks), fold)
