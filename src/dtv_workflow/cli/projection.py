"""`dtv projection`: the read models, and what other commands read from them. None of it is the truth; all can be rebuilt."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.render import safe, show
from dtv_workflow.cli.settings import Command, Settings, group
from dtv_workflow.errors import DtvError, Malformed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dtv_workflow.application import Register
    from dtv_workflow.follow import Views

READS = re.compile(r"\s*(select|with|values|explain)\b", re.IGNORECASE)


@group("The read models: list, status, rebuild, query.")
def projection() -> None: ...


def views(register: Register) -> Views:
    """The views of the register's store. SQLAlchemy is loaded here and not before."""
    from dtv_workflow.projections.catalogue import views_of

    return views_of(register.store)


@contextmanager
def reading(register: Register) -> Iterator[Connection]:
    """A connection to the views that can only read, caught up first."""
    connection = views(register).connect()
    try:
        yield connection
    finally:
        connection.close()


def caseload(register: Register, *, limit: int, **filters: Any) -> tuple[int, list[dict[str, Any]]]:
    """How many cases pass the filters, and the newest of them, each with its open holds. A filter that is None passes all."""
    wanted = {name: filters.get(name) for name in ("phase", "supervisor", "outcome", "is_open")}
    now = register.clock().astimezone().isoformat()
    chosen = """FROM caseload
        WHERE (:phase IS NULL OR phase = :phase) AND (:supervisor IS NULL OR supervisor = :supervisor)
          AND (:outcome IS NULL OR outcome = :outcome) AND (:is_open IS NULL OR (phase <> 'closed') = :is_open)"""
    with reading(register) as connection:
        total = connection.exec_driver_sql(f"SELECT count(*) {chosen}", wanted).scalar_one()
        rows = connection.exec_driver_sql(
            f"""SELECT case_id, phase, phase_since, supervisor, outcome,
                   (SELECT group_concat(kind, ', ') FROM holds_in_force h WHERE h.case_id = caseload.case_id
                     AND caseload.phase <> 'closed' AND (until IS NULL OR datetime(until) > datetime(:now)))
                {chosen} ORDER BY opened_on DESC, case_id DESC LIMIT :limit""",  # noqa: S608
            wanted | {"limit": limit, "now": now},
        ).all()
    return total, [
        dict(zip(("case", "phase", "since", "supervisor", "outcome", "holds"), row, strict=True)) for row in rows
    ]


def open_cases(register: Register, supervisor: str | None = None) -> list[str]:
    """The ids of the open cases, of one supervisor if asked."""
    _, rows = caseload(register, limit=1_000_000, is_open=True, supervisor=supervisor)
    return [row["case"] for row in rows]


# ------------------------------------------------------------------ the verbs


@projection.command("list", cls=Command)
@click.pass_obj
def list_(settings: Settings) -> None:
    """List the projections and their tables."""
    from dtv_workflow.projections.catalogue import PROJECTIONS

    rows = [
        {"projection": each.name, "version": each.version, "table": str(table.name), "holds": str(table.comment)}
        for each in PROJECTIONS
        for table in each.tables
    ]
    show(rows, ["projection", "version", "table", "holds"], settings)


@projection.command("status", cls=Command)
@click.pass_obj
def status(settings: Settings) -> None:
    """Say how far each projection has followed the log, without catching up."""
    with settings.register() as register:
        rows = [each._asdict() for each in views(register).status()]
    show(rows, ["name", "version", "stored", "position", "head", "behind", "building"], settings)


@projection.command("rebuild", cls=Command)
@click.argument("name", required=False)
@click.pass_obj
def rebuild(settings: Settings, name: str | None) -> None:
    """Build one projection again from the log, or all, beside the old tables; then swap."""
    with settings.register() as register, progress("herbouwd" if settings.dutch else "rebuilt") as told:
        position = views(register).rebuild(name, told)
    what = name or ("alle" if settings.dutch else "all")
    said = f"{what}: opnieuw opgebouwd tot positie {position}" if settings.dutch else f"{what}: rebuilt up to position {position}"
    show([{"rebuilt": what, "position": position}], ["rebuilt", "position"], settings) if settings.machine else click.echo(said)


@contextmanager
def progress(label: str) -> Iterator[Any]:
    """A progress bar on stderr, on a terminal only: a function that takes how far it is and how far it goes."""
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty(), update_min_steps=1) as bar:

        def told(done: int, of: int) -> None:
            bar.length = max(of, 1)
            bar.update(max(0, done - bar.pos))

        yield told


@projection.command("query", cls=Command)
@click.argument("sql")
@click.pass_obj
def query(settings: Settings, sql: str) -> None:
    """Ask the read models in SQL. Read-only, caught up first; `docs/views.md` has the tables.

    \b
    dtv projection query "SELECT phase, count(*) AS n FROM caseload GROUP BY phase"
    """
    if not READS.match(sql):
        raise Malformed("the views can only be read: the SQL must begin with SELECT, WITH, VALUES or EXPLAIN")
    with settings.register() as register, reading(register) as connection:
        try:
            found = connection.exec_driver_sql(sql)
            columns = list(found.keys())
            rows = [dict(zip(columns, row, strict=True)) for row in found.all()]
        except DtvError:
            raise
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "sqlite3", "pysqlite3"):
                raise
            raise Malformed(f"the SQL cannot be run: {safe(str(getattr(error, 'orig', error)))}") from None
    show(rows, columns, settings, empty="geen rijen" if settings.dutch else "no rows")
