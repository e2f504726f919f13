"""Help, version and completion load nothing heavy, and taking a step loads no SQLAlchemy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cli.conftest import SOURCE

SEEN = "import sys; from dtv_workflow.cli.main import run; run({args!r}); print(sorted(sys.modules))"
HEAVY = ("sqlalchemy", "eventsourcing")


def modules(args: list[str], **env: str) -> str:
    """The modules loaded after running some arguments."""
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), **env}
    code = [sys.executable, "-c", SEEN.format(args=args)]
    return subprocess.run(code, capture_output=True, env=surroundings, check=True, timeout=60).stdout.decode()


@pytest.mark.parametrize("args", [
    ["--help"], ["--version"], ["do", "--help"], ["case", "--help"], ["do", "book-removal", "--help"], ["work", "--help"],
    ["workflow", "table"], ["explain", "N04"],
])  # fmt: skip
def test_help_and_reference_load_no_database(args):
    loaded = modules(args)
    assert [name for name in HEAVY if f"'{name}'" in loaded] == []


def test_completion_loads_no_database():
    run = "try:\n cli.main(prog_name='dtv')\nexcept SystemExit: pass\n"
    asked = f"import sys\nfrom dtv_workflow.cli.main import cli\n{run}print(sorted(sys.modules))"
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "_DTV_COMPLETE": "bash_complete", "COMP_WORDS": "dtv case sh",
           "COMP_CWORD": "2"}  # fmt: skip
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, env=env, check=True, timeout=60).stdout.decode()
    assert "show" in done
    assert [name for name in HEAVY if f"'{name}'" in done] == []


def test_taking_a_step_and_reading_a_case_load_no_sqlalchemy(dtv):
    for args in (["record", "express-wish-to-leave", dtv.case, "--reported-by", "person"], ["case", "show", dtv.case]):
        loaded = modules(["--store", str(dtv.store), *args])
        assert "'eventsourcing'" in loaded
        assert "'sqlalchemy'" not in loaded
