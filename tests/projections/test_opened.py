"""`open_store`: the register and the views in one hand; and what never gets into the views."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

import dtv_workflow
from dtv_workflow.application import Register
from dtv_workflow.domain.chapters.holds import PlaceHold
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import HoldKind
from dtv_workflow.errors import NoStore
from dtv_workflow.projections.catalogue import PROJECTIONS, views_markdown, views_of
from dtv_workflow.store.files import open_store_files
from dtv_workflow.store.keys import KeyStore
from tests.store.processes import SOURCE, start

from .conftest import asked, correct, lines_of, rebuilt, rows_in, run

HOUSE = Path(__file__).parents[2]


def test_a_reader_is_never_behind_what_was_acknowledged(tmp_path: Path):
    with_reader: list[int] = []

    def look(register: Register) -> None:
        acknowledged = register.store.recorder.max_notification_id()
        with views_of(register.store).connect() as views:
            assert views.info["position"] >= acknowledged
            assert views.exec_driver_sql("SELECT max(position) FROM timeline").scalar() == acknowledged
        with_reader.append(acknowledged)

    run(tmp_path / "store", lines_of("G02"), after=look)
    assert with_reader[-1] > with_reader[0]


def test_a_reader_stays_on_one_state_until_it_lets_go(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G01")[:4])
    with dtv_workflow.open_store(path) as store, store.views() as early:
        position = early.info["position"]
        case = str(early.exec_driver_sql("SELECT case_id FROM caseload").scalar())
        store.register.record(PlaceHold(hold="h9", hold_kind=HoldKind.TUBERCULOSIS), case, Envelope(actor="RV-07"))
        with store.views() as late:
            assert late.info["position"] == position + 1
            assert late.execute(sa.text("SELECT count(*) FROM timeline")).scalar() == position + 1
        assert early.exec_driver_sql("SELECT count(*) FROM timeline").scalar() == position
        assert early.info["position"] == position
        early.rollback()
        assert early.exec_driver_sql("SELECT count(*) FROM timeline").scalar() == position + 1
        assert early.info["position"] == position + 1


@pytest.mark.parametrize("sql", ["DELETE FROM caseload", "CREATE TABLE x (y)", "UPDATE followers SET position = 0"])
def test_the_views_cannot_be_written(tmp_path: Path, sql: str):
    path = run(tmp_path / "store", lines_of("G01")[:4])
    before = rebuilt(path)
    with dtv_workflow.open_store(path) as store, store.views() as views:
        for loosen in ("SELECT 1", "PRAGMA query_only = OFF"):
            views.exec_driver_sql(loosen)
            with pytest.raises(sa.exc.OperationalError, match=r"readonly|read-only"):
                views.exec_driver_sql(sql)
    assert rows_in(path) == before


def test_no_key_is_asked_for_and_no_personal_field_is_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = [*lines_of("G01"), correct(2, "name", "Hertaalde Naamloos"), correct(2, "birth_date", "1991-06-07")]
    path = run(tmp_path / "store", lines)
    store = open_store_files(path)
    (path / "keys.db").unlink()
    for asking in ("key", "key_for", "digest"):
        monkeypatch.setattr(KeyStore, asking, lambda *_: pytest.fail("a key was asked for"))
    with views_of(store).connect() as views:
        assert views.exec_driver_sql("SELECT count(*) FROM departures").scalar() == 1
        files = {file.name: file.read_bytes() for file in path.glob("views.db*")}
    store.close()
    assert set(files) == {"views.db", "views.db-wal", "views.db-shm"}
    personal = ["Samira", "Testpersoon", "1234567890", "1990-05-04", "Hertaalde", "1991-06-07"]
    personal += ["IOM has a place", "seen in the file"]
    assert [word for word in personal for content in files.values() if word.encode() in content] == []
    assert any(b"independent_supervised" in content for content in files.values())


LAZY = """
import sys
import dtv_workflow
assert "msgspec" not in sys.modules
from dtv_workflow.domain.chapters.holds import PlaceHold
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import HoldKind
with dtv_workflow.open_store(sys.argv[1]) as store:
    case = store.register.store.recorder.stream_ids("case/")[0].removeprefix("case/")
    answer = store.register.record(PlaceHold(hold="h9", hold_kind=HoldKind.TUBERCULOSIS), case, Envelope(actor="RV-07"))
    assert answer.status == "done"
    assert "sqlalchemy" not in sys.modules, "a decision imports SQLAlchemy"
    with store.views() as views:
        print(views.exec_driver_sql("SELECT hold FROM holds_in_force WHERE hold = 'h9'").scalar())
"""


def test_only_the_views_load_sqlalchemy(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G01")[:4])
    process = start(LAZY, path)
    assert process.communicate(timeout=60)[0] == "h9\n"


def test_what_the_package_does_not_have_is_said_so():
    with pytest.raises(AttributeError, match="open_shop"):
        _ = dtv_workflow.open_shop
    with pytest.raises(NoStore):
        dtv_workflow.open_store("/nowhere/at/all")


def test_the_example_prints_a_months_departures(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G01"))
    ran = subprocess.run(
        [sys.executable, HOUSE / "examples" / "monthly_departures.py", path, "2026-01"],
        capture_output=True, text=True, env={"PYTHONPATH": SOURCE}, check=True,
    )  # fmt: skip
    assert ran.stdout == "month,outcome,citizenship,age_band,sex,n\n2026-01,independent_supervised,MA,35+,f,1\n"
    assert ran.stderr == "counted up to position 22\n"


def test_the_page_about_the_views_is_fresh():
    assert (HOUSE / "docs" / "views.md").read_text("utf-8") == views_markdown()


def test_every_table_and_column_says_what_it_means(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G07"))
    for projection in PROJECTIONS:
        for table in projection.tables:
            assert table.comment
            for column in table.columns:
                assert column.comment, f"{table.name}.{column.name}"
                codes = column.info["codes"]
                closed = len(codes) > 2 and not any("…" in code for code in codes)
                found = {row[0] for row in asked(path, f'SELECT DISTINCT "{column.name}" FROM "{table.name}"')} - {None}
                assert not closed or found <= set(codes), f"{table.name}.{column.name}"
