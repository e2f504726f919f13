"""The generated pages are fresh, complete and the same everywhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from dtv_workflow.cli import docs
from dtv_workflow.domain.law.rules import RULES
from dtv_workflow.domain.law.ruleset import deltas
from dtv_workflow.domain.workflow import EVENTS, STEPS
from tests.cli.conftest import SOURCE


@pytest.fixture(scope="module")
def pages():
    return docs.pages()


def test_the_pages_are_fresh(pages):
    assert [name for name, text in pages.items() if (docs.DOCS / name).read_text("utf-8") != text] == []


def test_a_stale_page_is_named(pages, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(docs, "DOCS", tmp_path)
    assert docs.main([]) == 0
    assert docs.main(["--check"]) == 0
    (tmp_path / "law.md").write_text("old")
    assert docs.main(["--check"]) == 1
    assert "docs/law.md" in capsys.readouterr().err


def test_the_pages_do_not_depend_on_the_surroundings(pages):
    code = "import json; from dtv_workflow.cli.docs import pages; print(json.dumps(pages()))"
    env = {"PYTHONPATH": str(SOURCE), "COLUMNS": "47", "DTV_LANG": "nl", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True, timeout=120)
    assert json.loads(done.stdout) == pages


def test_every_command_has_help(pages):
    found = dict(docs.helps())
    assert len(found) > len(STEPS)
    assert [path for path, text in found.items() if len(re.sub(r"^Usage.*", "", text).split("Options:")[0].split()) < 3] == []
    assert [path for path in found if f"## {path}\n" not in pages["cli.md"]] == []


def test_every_option_has_help():
    from dtv_workflow.cli.main import cli

    def walk(command, path, context=None):
        import click

        context = click.Context(command, info_name=path, parent=context)
        yield from ((path, p.name) for p in command.params if isinstance(p, click.Option) and not p.help)
        for name in command.list_commands(context) if isinstance(command, click.Group) else ():
            yield from walk(command.get_command(context, name), f"{path} {name}", context)

    assert list(walk(cli, "dtv")) == []


def test_the_law_page_has_every_rule_and_every_number(pages):
    assert [code for code in RULES if f"## {code} " not in pages["law.md"]] == []
    assert [p.name for delta in deltas() for p in delta.parameters if f"`{p.name}`" not in pages["law.md"]] == []


def test_the_event_page_has_every_topic_and_the_workflow_page_every_step(pages):
    assert [topic for topic in EVENTS if f"`{topic}`" not in pages["events.md"]] == []
    assert [name for name in STEPS if f"`{name.replace('_', '-')}`" not in pages["workflow.md"]] == []


def test_the_whole_file_in_the_batch_page_runs_as_it_says(tmp_path):
    from dtv_workflow.batch import check

    block = (docs.DOCS / "batch.md").read_text("utf-8").split("## A whole file")[1].split("```json\n")[1].split("```")[0]
    (tmp_path / "whole.jsonl").write_text(block)
    lines = check(tmp_path / "whole.jsonl")
    assert len(lines) == 4
    assert [line.unmet for line in lines if line.unmet] == []


def test_what_the_glossary_names_is_in_the_code():
    code = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    table = (docs.DOCS / "glossary.md").read_text("utf-8").split("|---|")[-1]
    assert [name for name in re.findall(r"`(\w+)`", table) if name not in code and name not in STEPS] == []
