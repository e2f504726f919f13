"""How the tables of the projections are declared, and how their rows are written: in one go, each touched row once.

Every value is a whole number or text. Times are UTC with six decimals and a Z, all equally long, so that the order of the text is
the order of time in every database and every tool; days are ISO days in Europe/Amsterdam, as the law counts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any

from sqlalchemy import Column, Integer, MetaData, Table, Text, bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import dialect, insert

from dtv_workflow.domain.fields import day_of
from dtv_workflow.follow import Batch

METADATA = MetaData()
"""The tables of all projections."""


def table(name: str, purpose: str, *parts: Any) -> Table:
    """A table with its purpose, kept in the order of its key."""
    made = Table(name, METADATA, *parts, comment=purpose, sqlite_strict=True)
    keys = list(made.primary_key)
    # To SQLite a single whole number is the order of its rows already.
    made.dialect_options["sqlite"]["with_rowid"] = len(keys) == 1 and isinstance(keys[0].type, Integer)
    return made


def text(name: str, meaning: str, *, key: bool = False, none: str = "", codes: type[Enum] | Sequence[str] = ()) -> Column[str]:
    """A column of text. `none` says when it is empty (NULL), `codes` which words it holds."""
    return _column(Text(), "text", name, meaning, key, none, codes)


def moment(name: str, meaning: str, *, none: str = "") -> Column[str]:
    """A time, UTC."""
    return _column(Text(), "time", name, meaning, False, none, ("2026-01-05T09:00:00.000000Z",))


def day(name: str, meaning: str, *, none: str = "") -> Column[str]:
    """A calendar day in Europe/Amsterdam."""
    return _column(Text(), "day", name, meaning, False, none, ("2026-01-05",))


def number(name: str, meaning: str, *, key: bool = False, none: str = "") -> Column[int]:
    """A whole number."""
    return _column(Integer(), "number", name, meaning, key, none, ())


def flag(name: str, meaning: str, *, none: str = "") -> Column[int]:
    """1 for yes, 0 for no."""
    return _column(Integer(), "0 or 1", name, meaning, False, none, ())


def _column(
    type_: Any, kind: str, name: str, meaning: str, key: bool, none: str, codes: type[Enum] | Sequence[str]
) -> Column[Any]:
    words = tuple(member.value for member in codes) if isinstance(codes, type) else tuple(codes)
    info = {"kind": kind, "none": none, "codes": words}
    return Column(name, type_, primary_key=key, nullable=bool(none), comment=meaning, info=info)


def utc(at: datetime | None) -> str | None:
    """A time as the tables hold it."""
    if at is None:
        return None
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(timespec="microseconds")[:-6] + "Z"


def amsterdam_day(at: datetime | None) -> str | None:
    """The day of a moment as the tables hold it."""
    return day_of(at).isoformat() if at else None


def case_of(stream: str) -> str | None:
    """The case a stream is about; None for any other stream."""
    return stream[5:] if stream.startswith("case/") else None


def streams(batch: Batch) -> list[str]:
    """The streams of the cases that the batch touches, each once."""
    return [s for s in dict.fromkeys(record.originator_id for record in batch.records) if case_of(s) is not None]


# ---------------------------------------------------------------- writing


def write(batch: Batch, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows, values in the order of the columns; one with the same key is replaced."""
    _run(batch, _upsert(table, batch.prefix), rows)


def add(batch: Batch, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Add each row's `n`, its last value, to the count under its key; a count that is nought goes."""
    _run(batch, _addition(table, batch.prefix), rows)
    remove(batch, table, "n", [0])


def change(
    batch: Batch, table: Table, columns: tuple[str, ...], keys: tuple[str, ...], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Set columns of the rows with these keys; each tuple holds the values and then the keys."""
    _run(batch, _change(table, batch.prefix, columns, keys), rows)


def remove(batch: Batch, table: Table, column: str, values: Iterable[Any]) -> None:
    """Delete the rows with one of these values in a column."""
    _run(batch, _deletion(table, batch.prefix, column), [(value,) for value in values])


def read(batch: Batch, table: Table, column: str, values: Sequence[Any]) -> list[Any]:
    """The rows with one of these values in a column."""
    mine = _named(table, batch.prefix)
    found: list[Any] = []
    for n in range(0, len(values), 500):
        found += batch.connection.execute(select(mine).where(mine.c[column].in_(values[n : n + 500]))).all()
    return found


def _run(batch: Batch, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Past SQLAlchemy's work for each row, which is many times that of SQLite itself."""
    if rows := list(rows):
        batch.connection.exec_driver_sql(sql, rows)


# ---------------------------------------------------------------- statements, compiled once


@cache
def _named(table: Table, prefix: str) -> Table:
    """The table as it is called now: while it is built beside the old one, with a prefix."""
    return table.to_metadata(MetaData(), name=prefix + table.name) if prefix else table


@cache
def _upsert(table: Table, prefix: str) -> str:
    into = insert(_named(table, prefix))
    keys = [column.name for column in table.primary_key]
    others = {column.name: into.excluded[column.name] for column in table.columns if column.name not in keys}
    return _sql(into.on_conflict_do_update(index_elements=keys, set_=others))


@cache
def _addition(table: Table, prefix: str) -> str:
    mine = _named(table, prefix)
    into = insert(mine)
    keys = [column.name for column in table.primary_key]
    return _sql(into.on_conflict_do_update(index_elements=keys, set_={"n": mine.c.n + into.excluded.n}))


@cache
def _change(table: Table, prefix: str, columns: tuple[str, ...], keys: tuple[str, ...]) -> str:
    mine = _named(table, prefix)
    wanted = [mine.c[key] == bindparam(f"key_{key}") for key in keys]
    return _sql(update(mine).where(*wanted).values({column: bindparam(f"set_{column}") for column in columns}))


@cache
def _deletion(table: Table, prefix: str, column: str) -> str:
    mine = _named(table, prefix)
    return _sql(delete(mine).where(mine.c[column] == bindparam("value")))


def _sql(statement: Any) -> str:
    return str(statement.compile(dialect=dialect(paramstyle="qmark")))
