"""The caseload: one row a case as it is now, and the holds placed on it. The domain's own fold makes it, so both say the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.vocabulary import (
    AgeBand,
    Article,
    EntryChannel,
    HandoverAuthority,
    HoldKind,
    Measure,
    Outcome,
    Phase,
    Regime,
    Sex,
)
from dtv_workflow.follow import Batch, Follower
from dtv_workflow.projections.rows import (
    amsterdam_day,
    case_of,
    day,
    flag,
    moment,
    number,
    remove,
    streams,
    table,
    text,
    utc,
    write,
)

_CUSTODY = ("none", *(f"detention_{article.value}" for article in Article), *(measure.value for measure in Measure))

caseload = table(
    "caseload",
    "One row a case, as it is now.",
    text("case_id", "The case.", key=True, codes=("01KE6Z…",)),
    text("phase", "Its phase.", codes=[phase.value for phase in Phase if phase is not Phase.UNOPENED]),
    number("episode", "1, and one more with each reopening."),
    text("outcome", "How it ended.", none="open", codes=Outcome),
    text("supervisor", "The departure supervisor's actor id.", none="none assigned", codes=("RV-07",)),
    flag("special", "Whether that is a special supervisor.", none="none assigned"),
    day("opened_on", "The day of the handover."),
    moment("phase_since", "When it came into its phase."),
    text("citizenship", "ISO 3166-1 alpha-2; XX when unknown.", codes=("MA", "XX")),
    text("sex", "As registered.", codes=Sex),
    text("age_band", "On the day it was opened, or last closed.", codes=AgeBand),
    text("handover_authority", "Who handed it over.", codes=HandoverAuthority),
    text("entry_channel", "How the file came in.", codes=EntryChannel),
    text("regime", "Under which regime the person must leave.", codes=Regime),
    text("custody", "Detention by its article, or a supervision measure.", codes=_CUSTODY),
    moment("open_wish_since", "Since when a wish to leave is unanswered.", none="no open wish"),
    number("live_bookings", "Removal attempts neither cancelled nor completed."),
    moment("next_departure_at", "The first departure of a live booking or a ticket, also one that has passed.", none="none"),
    number("version", "The last event's version in this case."),
    moment("last_event_at", "When that event was recorded."),
    day("closed_on", "The day it was closed.", none="open"),
    Index("caseload_by_supervisor", "supervisor", "phase"),
)

holds_in_force = table(
    "holds_in_force",
    "The holds placed and not lifted, also of closed cases. One is open until its `until`: compare that with a moment.",
    text("case_id", "The case.", key=True, codes=("01KE6Z…",)),
    text("hold", "The hold's id.", key=True, codes=("tb-1",)),
    text("kind", "What stands in the way.", codes=HoldKind),
    day("placed_on", "The day from which it held."),
    moment("until", "When it ends by itself.", none="only when lifted"),
    number("version", "The event that placed it."),
    Index("holds_by_kind", "kind"),
)


def fold(batch: Batch) -> None:
    """Each touched case's row anew, and its holds."""
    cases, holds = [], []
    for stream in streams(batch):
        case, occurred = batch.page.known(stream)
        id = case_of(stream)
        cases.append(_row(id, case, batch.page.by_stream[stream][-1].recorded_at))
        for name, hold in case.holds.items():
            placed = amsterdam_day(occurred[hold.version - 1])
            holds.append((id, name, hold.kind.value, placed, utc(hold.until), hold.version))
    write(batch, caseload, cases)
    remove(batch, holds_in_force, "case_id", [row[0] for row in cases])
    write(batch, holds_in_force, holds)


def _row(id: str | None, case: DepartureCase, recorded: datetime) -> tuple[Any, ...]:
    closed = case.phase is Phase.CLOSED
    planned = [booking.departs_at for booking in case.live_bookings().values()]
    if case.ticket_departs_at and case.phase is Phase.VOLUNTARY_DEPARTURE:
        planned.append(case.ticket_departs_at)
    return (
        id,
        case.phase.value,
        case.episode,
        case.outcome.value if case.outcome else None,
        case.supervised.supervisor if case.supervised else None,
        int(case.supervised.special) if case.supervised else None,
        amsterdam_day(case.opened_at),
        utc(case.phase_since),
        case.citizenship,
        case.sex.value,
        case.age_band.value,
        case.handover_authority.value if case.handover_authority else None,
        case.entry_channel.value if case.entry_channel else None,
        case.regime.value,
        case.custody,
        utc(case.wish.since) if case.wish else None,
        len(case.live_bookings()),
        utc(min(planned, default=None)),
        case.version,
        utc(recorded),
        amsterdam_day(case.phase_since) if closed else None,
    )


CASELOAD = Follower("caseload", 1, (caseload, holds_in_force), fold)
