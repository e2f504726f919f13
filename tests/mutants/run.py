"""Mutation testing of the domain: change one thing in a guard, an `apply`, a row or `decide`, and see whether a test notices.

    python -m tests.mutants.run                    an even sample, with a fixed seed
    python -m tests.mutants.run --all              every mutant
    python -m tests.mutants.run --file holds       those of one file; --list prints them and runs nothing
    python -m tests.mutants.run --match "placed"   those whose file, line, place or change has this text
    python -m tests.mutants.run --again OUTPUT     those that survived in an earlier run

Each mutant has a process of its own, forked from one that has imported only what others wrote. It imports the domain with the
one module changed, runs the tests of `tests/domain` without pytest, those of the chapter first, then the golden scenarios, and
stops at the first failure. Nothing is written to the source tree. Exit status 1 where a mutant survives that `docs/mutants.md`
does not know as equivalent.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.util
import inspect
import os
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.mutants.operators import Mutant, mutants

HOUSE = Path(__file__).resolve().parent.parent.parent
DOMAIN = HOUSE / "src" / "dtv_workflow" / "domain"
PAGE = HOUSE / "docs" / "mutants.md"
BESIDES = ("decide.py", "detention.py", "case.py", "migration.py")
ON_ASKING = ("terms.py", "beside.py", "law/calendar.py")
"""The terms and how they are counted: changed when asked for by `--file`."""
SAMPLE = 800
SEED = 2026
PROCESSES = 2
SECONDS = 20
"""Of computing, not of waiting: a mutant that takes longer runs in circles, and is caught."""

OTHERS = ("pytest", "hypothesis", "msgspec", "transitions", "eventsourcing.sqlite", "sqlalchemy", "click", "cryptography.fernet")
"""What the domain and its tests import of others."""

TIMERS = ("timers_procedures", "timers_custody", "timers_departure", "timers", "calendar")
FILES = ("facets", "relied", "deadlines", "ledger", "readings", "events", "migration", *TIMERS)
"""The tests of `tests/domain` besides those of the chapters. `test_completeness` is left out: it is a test of tests."""

SURVIVED, CAUGHT = 0, 1


def every(asked: bool = False) -> list[Mutant]:
    """Every mutant there is, in the order of files and lines."""
    chapters = sorted(p for p in (DOMAIN / "chapters").glob("*.py") if p.name != "__init__.py")
    paths = [*chapters, *(DOMAIN / name for name in (*BESIDES, *(ON_ASKING if asked else ())))]
    return [mutant for path in paths for mutant in mutants(path.relative_to(DOMAIN).as_posix(), path)]


def sampled(found: list[Mutant], size: int) -> list[Mutant]:
    """An even sample, the same each time: each file, and each function, in proportion to its size."""
    if size >= len(found):
        return found
    each = len(found) / size
    start = random.Random(SEED).random() * each
    return [found[int(start + n * each)] for n in range(size)]


# ---------------------------------------------------------------- in the process of a mutant


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its changed tree."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = "dtv_workflow.domain." + mutant.file.removesuffix(".py").replace("/", ".")
        self.path, self.tree = DOMAIN / mutant.file, mutant.tree

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self, origin=str(self.path)) if name == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        exec(compile(ast.fix_missing_locations(self.tree), str(self.path), "exec"), vars(module))


def notices(mutant: Mutant | None, quick: bool) -> str:
    """The first test that fails with the mutant in place (None: with nothing changed); "" when none does."""
    if mutant is not None:
        mutant.make()
        sys.meta_path.insert(0, Changed(mutant))
    asked = "the imports"
    try:
        for name, run in tests(f"test_{Path(mutant.file).stem}" if mutant else "", quick):
            asked = name
            run()
    # A test that misses an exception raises what pytest made of it, which is no Exception.
    except BaseException as failure:
        return f"{asked}: {type(failure).__name__}"
    return ""


def tests(first: str, quick: bool) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every test of the domain with each set of its parameters, those of one file first; then, unless `quick`, the slow ones:
    those that hypothesis draws histories for, and the scenarios."""
    proving = importlib.import_module("tests.domain.proving")
    names = [*proving.CHAPTERS, *(f"test_{name}" for name in FILES)]
    soonest = {first, *(f"test_{name}" for name in TIMERS if first in {"test_terms", "test_beside", "test_calendar"})}
    calls = [call for name in sorted(names, key=lambda name: name not in soonest) for call in proving._calls(name)]
    drawn = [call for call in calls if hasattr(call.run.func, "hypothesis")]
    for call in (*(each for each in calls if each not in drawn), *(() if quick else drawn)):
        yield call.name, partial(_with_fixtures, call.run)
    if quick:
        return
    golden = importlib.import_module("tests.test_scenarios")
    for path in golden.SCENARIOS:
        yield path.name, partial(golden.test_a_scenario_ends_as_it_says, path)


def _with_fixtures(run: Callable[..., Any]) -> None:
    """Run a test with what it asks of pytest: a folder, or a way to replace something for a while."""
    asks = {name for name in inspect.signature(run).parameters if name in ("tmp_path", "monkeypatch")}
    asks -= set(getattr(run, "keywords", {}))
    if not asks:
        run()
        return
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        known = {"tmp_path": Path(folder), "monkeypatch": patch}
        run(**{name: known[name] for name in asks})


# ---------------------------------------------------------------- running them


def forked(mutant: Mutant | None, quick: bool) -> int:
    """The process id of a process that looks whether a mutant is noticed, and ends with SURVIVED or CAUGHT."""
    sys.stdout.flush()
    if child := os.fork():
        return child
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    quiet = os.open(os.devnull, os.O_WRONLY)
    said = os.dup(1)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    noticed = notices(mutant, quick)
    if mutant is None and noticed:
        os.write(said, f"{noticed}\n".encode())
    os._exit(CAUGHT if noticed else SURVIVED)


def outcomes(chosen: Iterable[Mutant], quick: bool) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant with whether it survived, as they end."""
    running: dict[int, Mutant] = {}
    todo = iter(chosen)
    while True:
        while len(running) < PROCESSES and (mutant := next(todo, None)):
            running[forked(mutant, quick)] = mutant
        if not running:
            return
        child, status = os.wait()
        yield running.pop(child), status == SURVIVED


def known_equivalents() -> set[tuple[str, str]]:
    """The mutants that the page explains: the rows of its table that name a place and a change in backticks."""
    rows = (line[3:].partition("` | `") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `"))
    return {(where, what.partition("` | ")[0].replace("\\|", "|")) for where, _, what in rows}


def main(arguments: list[str] | None = None) -> int:
    asked = options().parse_args(arguments)
    found = [m for m in every() if asked.file in m.file and asked.match in f"{m.file}:{m.line} {m.where}: {m.what}"]
    if asked.again:
        named = {line.partition("  ")[2] for line in asked.again.read_text("utf-8").splitlines()}
        found = [mutant for mutant in found if _told(mutant) in named]
    narrowed = asked.file or asked.match or asked.again
    chosen = found if asked.all or narrowed else sampled(found, asked.sample)
    known = known_equivalents()
    for where, what in sorted(known - {mutant.known_as for mutant in every()}):
        sys.stdout.write(f"explained, and no mutant any more: {where}: {what}\n")
    if asked.list:
        sys.stdout.writelines(f"{_told(mutant)}\n" for mutant in chosen)
        return 0
    for name in OTHERS:
        importlib.import_module(name)
    os.environ["CI"] = "1"
    importlib.import_module("tests.conftest")
    if os.waitpid(forked(None, asked.quick), 0)[1] != SURVIVED:
        sys.stdout.write("a test fails without any mutant\n")
        return 2
    began = time.monotonic()
    sys.stdout.write(f"{len(chosen)} of {len(found)} mutants\n")
    counted: Counter[str] = Counter()
    for mutant, survived in outcomes(chosen, asked.quick):
        verdict = "killed" if not survived else "equivalent" if mutant.known_as in known else "survived"
        counted[verdict] += 1
        if verdict == "survived":
            sys.stdout.write(f"survived  {_told(mutant)}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{score(counted)}; {time.monotonic() - began:.0f} s\n")
    return int(counted["survived"] > 0)


def score(counted: Counter[str]) -> str:
    """The figures in a line."""
    killed, survived, equivalent = (counted[name] for name in ("killed", "survived", "equivalent"))
    of_all = 100 * killed / max(killed + survived + equivalent, 1)
    real = 100 * killed / max(killed + survived, 1)
    return f"{killed} killed, {survived} survived, {equivalent} equivalent: {of_all:.1f} %, without the equivalents {real:.1f} %"


def _told(mutant: Mutant) -> str:
    return f"{mutant.file}:{mutant.line} {mutant.where}: {mutant.what}"


def options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.run", description="Mutation testing of the domain.")
    parser.add_argument("--all", action="store_true", help="every mutant, not a sample")
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"how many mutants ({SAMPLE})")
    parser.add_argument("--file", default="", help="only files with this in their path")
    parser.add_argument("--match", default="", help="only mutants with this text")
    parser.add_argument("--quick", action="store_true", help="without the drawn histories and the golden scenarios")
    parser.add_argument("--again", type=Path, help="only those that survived in the output of an earlier run")
    parser.add_argument("--list", action="store_true", help="say which, and run nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
