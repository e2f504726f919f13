"""Small stores made by the real register, and what their views hold."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dtv_workflow.application import Register, create_register
from dtv_workflow.batch import Script
from dtv_workflow.projections.catalogue import views_of
from dtv_workflow.store.connections import SQLITE_MODULE
from dtv_workflow.store.files import Store, open_store_files

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.jsonl"))
CREATED = datetime(2026, 1, 1, 9, tzinfo=UTC)

Lines = list[dict[str, Any]]
Rows = dict[str, list[tuple[Any, ...]]]


def lines_of(name: str, person: int = 0) -> Lines:
    """A scenario's lines; with a person of their own when several stand in one store."""
    path = next(path for path in SCENARIOS if path.stem == name)
    text = path.read_text("utf-8")
    if person:
        text = text.replace("1234567890", f"9{person:09}").replace('"case": "A"', f'"case": "A{person}"')
    return [json.loads(line) for line in text.splitlines()]


def correct(event: int, field: str, value: object, case: str = "A") -> dict[str, Any]:
    """A line that corrects."""
    return {
        "do": "correct", "case": case, "as": "RV-07", "role": "supervisor", "at": "2026-12-01T10:00:00+01:00",
        "reason": "seen in the file", "fields": {"event": event, "field": field, "value": value}, "expect": "done",
    }  # fmt: skip


def run(path: Path, lines: Lines, after: Callable[[Register], object] | None = None) -> Path:
    """A training store with these lines taken; `after` looks at it after every step."""
    with create_register(path, training=True, actor="script", clock=lambda: CREATED) as register:
        script = Script(register)
        for line in lines:
            for said in script.run([json.dumps(line).encode()]):
                assert said.unmet is None, (line, said)
            if after:
                after(register)
    return path


def rows_in(path: Path) -> Rows:
    """Every row of every table of a store's views, positions included, as the file has them."""
    connection = SQLITE_MODULE.connect(str(path / "views.db"))
    try:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        schema = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").fetchall()
        tables = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}
        tables["followers"] = [row for row in tables["followers"] if not row[1]]
        return {**tables, "schema": schema}
    finally:
        connection.close()


def rebuilt(path: Path) -> Rows:
    """The rows after building everything from nothing in one go."""
    forget_views(path)
    store = open_store_files(path)
    views_of(store).catch_up()
    store.close()
    return rows_in(path)


def forget_views(path: Path) -> None:
    for file in path.glob("views.db*"):
        file.unlink()


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a question, caught up first."""
    store = open_store_files(path)
    try:
        with views_of(store).connect() as views:
            return [tuple(row) for row in views.exec_driver_sql(sql).all()]
    finally:
        store.close()


@pytest.fixture(scope="session")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every scenario for a person of their own, taken in turns, with corrections at the end."""
    told = [lines_of(path.stem, n) for n, path in enumerate(SCENARIOS, 1)]
    turns = [lines[n] for n in range(max(map(len, told))) for lines in told if n < len(lines)]
    turns = [line for line in turns if "do" in line or "clock" in line]
    turns += [correct(2, "citizenship", "SY", "A1"), correct(20, "outcome", "forced", "A1"), correct(2, "sex", "m", "A5")]
    turns += [correct(1, "occurred_at", "2026-01-04T10:00:00+01:00", "A2"), correct(2, "name", "Iemand Anders", "A3")]
    # Interleaved, the script's clock runs ahead of the shorter stories: what they expect is not asked here.
    return run(tmp_path_factory.mktemp("busy") / "store", [{k: v for k, v in line.items() if k != "expect"} for line in turns])


@pytest.fixture
def own(busy: Path, tmp_path: Path) -> Path:
    """A copy of the busy store, without views."""
    path = tmp_path / "own"
    shutil.copytree(busy, path)
    forget_views(path)
    return path


@pytest.fixture
def opened(own: Path) -> Iterator[Store]:
    store = open_store_files(own)
    yield store
    store.close()
