"""Which projections there are, and their description for those who query them (`docs/views.md`)."""

from __future__ import annotations

from sqlalchemy import Column, Table

from dtv_workflow.follow import Follower, Views
from dtv_workflow.projections.caseload import CASELOAD
from dtv_workflow.projections.departures import DEPARTURES_BY_MONTH
from dtv_workflow.projections.open_timers import OPEN_TIMERS
from dtv_workflow.projections.refusals import REFUSALS
from dtv_workflow.projections.timeline import TIMELINE
from dtv_workflow.store.files import Store

PROJECTIONS: tuple[Follower, ...] = (CASELOAD, TIMELINE, DEPARTURES_BY_MONTH, REFUSALS, OPEN_TIMERS)

_INTRODUCTION = """\
# The views

What a report or a list is read from. They are made from the log and hold nothing else: `views.db` in the store's directory may be
deleted at any time and is made again. This page is made from the tables; `tests/projections` compares it with them.

- **Never behind.** An answer holds at least everything that was acknowledged before it was asked for: who reads catches up first.
  The position in the log up to which it knows comes with it. Rows and position are committed together.
- **Only added to.** Within a version columns are only added, so name the columns you want. A column that goes, or one that means
  something else, is a new version. Either costs a rebuild beside the old tables, and nothing else.
- **No sealed field is read.** Names, birth dates, V-numbers and free text are not here, and destroying a key changes no row.
- **As known now.** A correction changes the rows it is about. What was known at an earlier moment is asked of the log.
- **Types.** *time* is text, UTC, always as `2026-01-05T09:00:00.000000Z`: its order is that of time. *day* is an ISO day in
  Europe/Amsterdam. `occurred_at` is when something was true in the world, `recorded_at` when it was known here. A column that can
  be empty (NULL) says when.

```python
import dtv_workflow
from sqlalchemy import text

with dtv_workflow.open_store("my-store") as store, store.views() as views:
    print(views.info["position"], views.execute(text("SELECT phase, count(*) FROM caseload GROUP BY phase")).all())
```
"""


def views_of(store: Store) -> Views:
    """The views of a store, as all projections keep them."""
    return Views(store, PROJECTIONS)


def views_markdown() -> str:
    """The description of every table, made from the tables."""
    return "\n".join([_INTRODUCTION, *(_projection(projection) for projection in PROJECTIONS)])


def _projection(projection: Follower) -> str:
    return f"## {projection.name}, version {projection.version}\n\n" + "\n".join(_table(table) for table in projection.tables)


def _table(table: Table) -> str:
    keys = ", ".join(f"`{column.name}`" for column in table.primary_key)
    head = f"### `{table.name}`\n\n{table.comment} Key: {keys}.\n\n"
    head += "| column | type | meaning | codes, or for example |\n|---|---|---|---|\n"
    return head + "".join(_column(column) for column in table.columns)


def _column(column: Column[object]) -> str:
    info = column.info
    meaning = f"{column.comment} Empty: {info['none']}." if info["none"] else f"{column.comment}"
    codes = ", ".join(f"`{code}`" for code in info["codes"])
    return f"| `{column.name}` | {info['kind']} | {meaning} | {codes} |\n"
