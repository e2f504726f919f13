"""Which cases a list is made from: read from the views, so that it costs what is asked for and not what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from dtv_workflow.cli.projection import reading

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dtv_workflow.application import Register

_ACTIVE = """SELECT case_id FROM caseload WHERE (:supervisor IS NULL OR supervisor = :supervisor) AND (phase <> 'closed'
    OR custody LIKE 'detention%' OR case_id IN (SELECT case_id FROM open_tasks WHERE kind NOT GLOB 'D[0-9]*' OR kind = 'D38'))
    ORDER BY case_id"""
_ESCALATED = "SELECT DISTINCT case_id FROM open_timers WHERE escalates = 1 AND due_at <= ?"
_ALIKE = "SELECT case_id FROM caseload WHERE substr(case_id, -4) IN ({marks})"


def now_of(register: Register) -> datetime:
    """The register's clock; in a training store never before what was last recorded."""
    now = register.clock()
    if register.store.training and (last := register.status()["last_recorded_at"]):
        now = max(now, datetime.fromisoformat(str(last)))
    return now


def active(register: Register, supervisor: str | None = None, *, escalated: bool = False) -> tuple[list[str], dict[str, str]]:
    """The ids of the cases in which there may be something to do, of one supervisor if asked, and with `escalated` those that
    a team leader should see besides; and each id by as few of its last characters as tell it from every other case."""
    from dtv_workflow.projections.rows import utc

    with reading(register) as views:
        ids = list(views.exec_driver_sql(_ACTIVE, {"supervisor": supervisor}).scalars())
        if escalated:
            own = set(ids)
            ids += [id for id in views.exec_driver_sql(_ESCALATED, (utc(now_of(register)),)).scalars() if id not in own]
        return ids, shorts_in(views, ids)


def shorts_in(views: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Each id by as few of its last characters, four at least, as tell it from every other case of the store."""
    from dtv_workflow.processes.worklist import SHORTEST, short_ids

    wanted = list(ids)
    endings = sorted({id[-SHORTEST:] for id in wanted})
    alike: list[str] = []
    for n in range(0, len(endings), 500):
        part = tuple(endings[n : n + 500])
        alike += views.exec_driver_sql(_ALIKE.format(marks=", ".join("?" * len(part))), part).scalars()
    shorts = short_ids(list(dict.fromkeys([*alike, *wanted])))
    return {id: shorts[id] for id in wanted}
