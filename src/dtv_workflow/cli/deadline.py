"""`dtv deadline`: which terms run, and how one was counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.do import as_command
from dtv_workflow.cli.opened import known, listed
from dtv_workflow.cli.render import aligned, as_json, clock, page, show
from dtv_workflow.cli.settings import Command, Settings, group
from dtv_workflow.cli.work import span_of
from dtv_workflow.domain.deadlines import TIMERS, Deadline, Timer, deadlines
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.law.ruleset import Ruleset, in_force, last_day_of
from dtv_workflow.domain.record import fold
from dtv_workflow.errors import NotFound

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.domain.case import DepartureCase

COLUMNS = ["due", "late", "case", "timer", "about", "what", "law", "supervisor", "told", "proposes"]

_DUE = """SELECT DISTINCT t.case_id FROM open_timers t JOIN caseload c ON c.case_id = t.case_id
    WHERE (:until IS NULL OR t.due_at <= :until)
      AND (:timer IS NULL OR t.timer = :timer) AND (t.proposes <> '' OR :timer IS NOT NULL)
      AND (:supervisor IS NULL OR c.supervisor = :supervisor)
    ORDER BY t.due_at LIMIT :limit"""


@group("The terms that run: list, explain.")
def deadline() -> None: ...


@deadline.command("list", cls=Command, opens=True)
@click.option("--due", metavar="SPAN", help="Only what ends within this span: 12h, 7d, 2w; past due included.")
@click.option("--case", "reference", metavar="CASE", help="Only of this case, those that ask nothing included.")
@click.option("--supervisor", metavar="ACTOR", help="Only in the cases of this supervisor.")
@click.option("--timer", metavar="TIMER", help="Only this timer, such as D13.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.pass_obj
def list_(
    settings: Settings, due: str | None, reference: str | None, supervisor: str | None, timer: str | None, limit: int
) -> None:
    """List the terms that run, soonest first, past due included; each with its law and the step it proposes."""
    from dtv_workflow.cli.active import now_of, shorts_in
    from dtv_workflow.cli.projection import reading

    wanted = _timers(timer)[0].code if timer else None
    with settings.register() as register:
        now = now_of(register)
        until = now + span_of(due) if due is not None else None
        ids = [register.find(reference)] if reference else _candidates(register, until, wanted, supervisor, limit)
        with reading(register) as views:
            shorts = shorts_in(views, ids)
        found = [
            (case, term)
            for case in map(register.case, ids)
            for term in deadlines(case, in_force(day_of(now)), now)
            if (reference or wanted or term.proposes) and (until is None or term.due <= until) and wanted in (None, term.code)
        ]
        found.sort(key=lambda one: (one[1].due, one[0].id, one[1].code))
        if reference:
            known(register, reference)
        else:
            listed(register, (case.id for case, _ in found[:limit]))
    show((_row(case, term, now, shorts, settings) for case, term in found[:limit]), COLUMNS, settings,
         empty="geen lopende termijn" if settings.dutch else "no term runs")  # fmt: skip
    if len(found) > limit or (not reference and len(ids) == limit):
        click.echo("er zijn er meer; --limit N" if settings.dutch else "there are more; --limit N", err=True)


def _candidates(
    register: Register, until: datetime | None, timer: str | None, supervisor: str | None, limit: int
) -> list[str]:
    """The cases whose terms end first, as the index has it; each is then counted anew."""
    from dtv_workflow.cli.projection import reading
    from dtv_workflow.projections.rows import utc

    asked = {"until": utc(until), "timer": timer, "supervisor": supervisor, "limit": limit}
    with reading(register) as views:
        found = list(views.exec_driver_sql(_DUE, asked).scalars())
        if timer == "D35":  # the index has no key for a birth date: the cases of minors are asked
            found += views.exec_driver_sql("SELECT case_id FROM cases_to_ask WHERE next_at IS NULL").scalars()
        return list(dict.fromkeys(found))


def _row(case: DepartureCase, term: Deadline, now: datetime, shorts: dict[str, str], settings: Settings) -> dict[str, Any]:
    told = any(key[:3] == (term.code, term.about, term.due) and not key[3] for key in case.told)
    return {
        "due": term.due if settings.shape != "table" else clock(term.due), "late": term.due <= now,
        "case": case.id if settings.machine else shorts[case.id], "timer": term.code, "about": term.about,
        "what": _said(term.what, settings), "law": term.law, "told": told,
        "supervisor": case.supervised.supervisor if case.supervised else None, "proposes": term.proposes or None,
    }  # fmt: skip


# ------------------------------------------------------------------ explain


@deadline.command("explain", cls=Command, opens=True)
@click.argument("reference", metavar="CASE")
@click.argument("timer")
@click.option("--days", is_flag=True, help="Day by day: which count, which do not, and why.")
@click.pass_obj
def explain(settings: Settings, reference: str, timer: str, days: bool) -> None:
    """Explain a term of a case: what starts it and stops it, its length and law, and how it was counted, day by day if asked."""
    from dtv_workflow.cli.active import now_of
    from dtv_workflow.domain.counted import counted_out

    rows = _timers(timer)
    with settings.register() as register:
        now = now_of(register)
        history = known(register, reference)
        case, names = fold(history), {record.version: record.name for record in history}
    law = in_force(day_of(now))
    running = [term for term in deadlines(case, law, now) if term.code == rows[0].code]
    counted = {n: counted_out(term, case) if days else [] for n, term in enumerate(running)}
    if settings.machine:
        click.echo(as_json({
            "case": case.id, "timer": [_of_timer(row, law, settings) for row in rows],
            "running": [
                _of_term(term, now, names, settings) | ({"days": [_day(c, settings) for c in counted[n]]} if days else {})
                for n, term in enumerate(running)
            ],
        }))  # fmt: skip
        return
    for row in rows:
        page(f"{row.code}  {_said(row.what, settings)}", _of_timer(row, law, settings).items())
        click.echo()
    if not running:
        no = "deze termijn loopt nu niet in deze zaak" if settings.dutch else "this term does not run in this case now"
        click.echo(no)
    for n, term in enumerate(running):
        page(case.id[-5:] + (f"  {term.about}" if term.about else ""), _of_term(term, now, names, settings).items())
        if days:
            _days(counted[n], settings)
        if term.proposes:
            click.echo(f"  {'typ' if settings.dutch else 'type'}: {as_command(term.proposes, case.id[-5:])}")
        click.echo()


def _timers(code: str) -> list[Timer]:
    """The rows of the table under a number. Raises NotFound."""
    found = [timer for timer in TIMERS if timer.code == code.upper()]
    if not found:
        raise NotFound(f"no timer of that number; there are {TIMERS[0].code} to {TIMERS[-1].code}; dtv explain D01 tells of one")
    return found


def _of_timer(timer: Timer, law: Ruleset, settings: Settings) -> dict[str, Any]:
    """A row of the table, its lengths with their values, their source and since when."""
    dutch = settings.dutch
    names = ("start bij", "stopt bij", "duur", "telling", "bron", "escaleert") if dutch else (
        "starts on", "stops on", "length", "counted in", "law", "escalates")  # fmt: skip
    counting = timer.counting.nl if dutch else timer.counting.value
    length = "; ".join(_length(name, law, dutch) for name in timer.length)
    values = (timer.starts, timer.stops, length, counting, timer.law, timer.escalates or None)
    return dict(zip(names, values, strict=True))


def _length(name: str, law: Ruleset, dutch: bool) -> str:
    found = law.parameters.get(name)
    if found is None:
        return name
    until, (since, to) = last_day_of(found), ("van", "tot en met") if dutch else ("from", "to")
    dated = f"{since} {found.since}" + (f" {to} {until}" if until else "")
    unit = _UNITS.get(found.unit, found.unit) if dutch else found.unit
    return f"{found.value} {unit} ({name}, {dated}: {found.source})"


_UNITS = {
    "days": "dagen", "hours": "uren", "working days": "werkdagen", "months": "maanden", "years": "jaren", "reports": "meldingen",
}  # fmt: skip


def _of_term(term: Deadline, now: datetime, names: dict[int, str], settings: Settings) -> dict[str, Any]:
    relied = [f"{version} {names[version]}" for version in term.relied if version in names]
    left = term.due - now
    starts, ends, rests = ("begon", "eindigt", "steunt op") if settings.dutch else ("started", "ends", "rests on")
    told = _left(left, settings)
    due = term.due if settings.machine else f"{clock(term.due)}  ({told})"
    began = term.starts if settings.machine or term.starts is None else clock(term.starts)
    return {starts: began, ends: due, rests: relied}


def _left(left: timedelta, settings: Settings) -> str:
    hours = abs(left) // timedelta(hours=1)
    amount = f"{hours // 24} d" if hours >= 48 else f"{hours} {'u' if settings.dutch else 'h'}"
    late, to_go = ("te laat", "te gaan") if settings.dutch else ("late", "to go")
    return f"{amount} {late if left <= timedelta(0) else to_go}"


def _days(counted: list[Any], settings: Settings) -> None:
    if not counted:
        click.echo("  " + ("in uren, in maanden, of tot een gegeven datum: er valt geen dag te tellen" if settings.dutch
                           else "in hours, in months, or until a date that was given: there is no day to count"))  # fmt: skip
        return
    aligned((c.day.isoformat(), str(c.number or "-"), _said(c.note, settings)) for c in counted)


def _day(counted: Any, settings: Settings) -> dict[str, Any]:
    return {"day": counted.day, "number": counted.number, "note": _said(counted.note, settings) or None}


def _said(said: Said, settings: Settings) -> str:
    return said.nl if settings.dutch else said.en
