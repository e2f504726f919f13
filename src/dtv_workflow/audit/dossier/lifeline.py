"""The life line: phases as bands, holds, custody, bookings and terms as lanes; drawn, and told in a table beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import NamedTuple

from dtv_workflow.audit.dossier.html import e, table
from dtv_workflow.audit.dossier.levels import Level, moment
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.deadlines import Deadline
from dtv_workflow.domain.fields import AMSTERDAM
from dtv_workflow.domain.record import Record, corrected, fold

WIDTH, LEFT, ROW = 960, 168, 26


class Span(NamedTuple):
    """Something that lasted: on which lane, what it was, from when until when (None: still)."""

    lane: str
    what: str
    start: datetime
    end: datetime | None
    kind: str


def spans(records: list[Record], terms: list[Deadline], level: Level, dutch: bool) -> list[Span]:
    """Everything that lasted in a case, in the order of the lanes."""
    case = fold(records)
    found = [*_phases(corrected(records), dutch), *_holds(case, level, dutch), *_custody(case, dutch)]
    return found + [_term(term, dutch) for term in terms if term.starts is not None]


def _phases(records: list[Record], dutch: bool) -> Iterator[Span]:
    lane, case = "fase" if dutch else "phase", DepartureCase()
    since: datetime | None = None
    for record in records:
        was = case.phase
        case = fold([record], case)
        if case.phase is not was:
            if since is not None:
                yield Span(lane, was.nl if dutch else was.value.replace("_", " "), since, record.occurred_at, "phase")
            since = record.occurred_at
    if since is not None:
        yield Span(lane, case.phase.nl if dutch else case.phase.value.replace("_", " "), since, None, "phase")


def _holds(case: DepartureCase, level: Level, dutch: bool) -> Iterator[Span]:
    lane = "beletselen" if dutch else "holds"
    ended = [(hold.kind, hold.since, hold.to) for hold in case.ended_holds]
    for kind, since, to in [*ended, *((hold.kind, hold.since, hold.until) for hold in case.holds.values())]:
        if since is not None:
            word = kind.nl if dutch else kind.value.replace("_", " ")
            yield Span(lane, lane if level.coarse else word, since, to, "hold")


def _custody(case: DepartureCase, dutch: bool) -> Iterator[Span]:
    lane = "bewaring" if dutch else "detention"
    for part in case.intervals:
        yield Span(lane, f"art. {part.article.value}", _noon(part.since), _noon(part.to), "custody")
    if case.detained is not None:
        yield Span(lane, f"art. {case.detained.article.value}", _noon(case.detained.since), None, "custody")


def _term(term: Deadline, dutch: bool) -> Span:
    lane, what = ("termijnen", term.what.nl) if dutch else ("terms", term.what.en)
    return Span(lane, f"{term.code} {what}", term.starts or term.due, term.due, "term")


def _noon(day: object) -> datetime:
    return datetime.combine(day, time(12), AMSTERDAM).astimezone(UTC)  # type: ignore[arg-type]


def drawn(found: list[Span], now: datetime, level: Level, dutch: bool) -> str:
    """The picture, for whoever sees it; the table says the same."""
    if not found:
        return ""
    first = min(span.start for span in found)
    last = max(now, *(span.end or now for span in found if span.kind != "term"))
    whole = (last - first).total_seconds() or 1.0

    def x(at: datetime) -> float:
        return LEFT + (WIDTH - LEFT - 8) * min(1.0, max(0.0, (at - first).total_seconds() / whole))

    rows, drawn_, lane, y = [], [], "", 4
    for span in found:
        if span.lane != lane or span.kind != "phase":
            y += ROW if lane else 0
        if span.lane != lane:
            drawn_.append(f'<text x="4" y="{y + 17}" class="lane">{e(span.lane)}</text>')
            lane = span.lane
        left, right = x(span.start), x(span.end or last)
        wide = max(3.0, right - left)
        rows.append(f'<rect x="{left:.1f}" y="{y}" width="{wide:.1f}" height="20" class="{span.kind}"/>')
        label = span.what if wide > 6.4 * len(span.what) or span.kind != "phase" else ""
        beyond = left + 7.2 * len(label) > WIDTH
        anchor = f'x="{right - 4:.1f}" text-anchor="end"' if beyond else f'x="{left + 4:.1f}"'
        rows.append(f'<text {anchor} y="{y + 14}">{e(label)}</text>')
    height = y + ROW + 20
    ends = (
        f'<text x="{LEFT}" y="{height - 6}" class="lane">{e(moment(first, level))}</text>'
        f'<text x="{WIDTH - 8}" y="{height - 6}" text-anchor="end" class="lane">{e(moment(last, level))}</text>'
    )
    title = "levenslijn van de zaak" if dutch else "life line of the case"
    return (
        f'<div class="wide" tabindex="0" role="group" aria-label="{title}"><svg role="img" aria-labelledby="lifetitle" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"><title id="lifetitle">{title}: '
        f'{"de tabel eronder zegt hetzelfde" if dutch else "the table below says the same"}</title>'
        + "".join(rows) + "".join(drawn_) + ends + "</svg></div>\n"
    )  # fmt: skip


def told(found: list[Span], level: Level, dutch: bool) -> str:
    """The same as a table."""
    heads = ("baan", "wat", "van", "tot") if dutch else ("lane", "what", "from", "until")
    open_ = "loopt" if dutch else "runs"
    rows = [(s.lane, s.what, moment(s.start, level), moment(s.end, level) if s.end else open_) for s in found]
    return table("Wat duurde, en wanneer" if dutch else "What lasted, and when", heads, rows)
