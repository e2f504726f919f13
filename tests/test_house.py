"""The house rules that a machine can check. That imports go downward only is import-linter's, in `make check`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
COLUMNS = 130
FILE_LINES = 450
FUNCTION_LINES = 60

LONGER_FILES: dict[str, str] = {
    "src/dtv_workflow/domain/chapters/closing.py": "a chapter answers for its subject whole: every way a case ends",
    "src/dtv_workflow/proof/check.py": "one file that is copied alone to the machine of whoever checks",
}
"""Source files that may be longer, each with its reason. A file that is short again must leave the list."""

LONGER_FUNCTIONS: dict[str, str] = {}
"""Functions (`path:name`) that may be longer, each with its reason."""

CODE = ("src", "tests", "benchmarks")
COMMITTED = (*CODE, "docs", "examples", "requirements", ".ci")
NOT_OURS = {"__pycache__", ".pytest_cache", ".hypothesis", "node_modules"}

# Each is put together here, so that this file does not find itself.
MARKERS = tuple("".join(parts) for parts in (("TO", "DO"), ("FIX", "ME"), ("Not", "Implemented", "Error")))
LEFT_OUT = tuple("".join(parts) for parts in (("mark.", "skip"), ("pytest.", "skip("), ("import", "orskip"), ("x", "fail")))
HOSTS = tuple(".".join(parts) for parts in (("pypi", "org"), ("files", "pythonhosted"), ("npmjs", "org"), ("npmjs", "com")))
MACHINE_PATH = re.compile(r"(?<![\w.:/<-])/(" + "|".join(("wo" + "rk", "ro" + "ot", "ho" + "me", "Us" + "ers")) + r")/\w")


def committed() -> Iterator[Path]:
    """Every file that belongs in the repository; what a run leaves behind does not."""
    yield from (p for p in HOUSE.iterdir() if p.is_file() and p.suffix not in {".db", ".log"} and p.name != ".git")
    for folder in COMMITTED:
        for path in sorted((HOUSE / folder).rglob("*")):
            if path.is_file() and not NOT_OURS & set(path.parts):
                yield path


def texts(*folders: str, suffix: str = "") -> Iterator[tuple[str, str]]:
    """Each committed text file with its path in the repository; binary files have no lines to look at."""
    for path in committed():
        name = path.relative_to(HOUSE).as_posix()
        if name.endswith(suffix) and (not folders or name.split("/")[0] in folders):
            try:
                yield name, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def places(pattern: str, *folders: str, suffix: str = "") -> list[str]:
    """`path:line` of every line that the pattern matches."""
    looked = re.compile(pattern)
    return [
        f"{name}:{n}: {line.strip()[:90]}"
        for name, text in texts(*folders, suffix=suffix)
        for n, line in enumerate(text.splitlines(), 1)
        if looked.search(line)
    ]


def functions() -> Iterator[tuple[str, int]]:
    """Every function as `path:name` with the number of its lines."""
    for name, text in texts(*CODE, suffix=".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def none(found: list[str]) -> None:
    """Fail with every place, one on a line."""
    assert not found, "\n" + "\n".join(found)


def test_no_line_is_wider_than_a_screen():
    none(places(rf"^.{{{COLUMNS + 1}}}", *CODE, suffix=".py"))


def test_a_source_file_is_read_in_one_sitting():
    long = {name for name, text in texts("src", suffix=".py") if len(text.splitlines()) > FILE_LINES}
    assert long == set(LONGER_FILES)


def test_a_function_fits_a_screen():
    long = {name for name, lines in functions() if lines > FUNCTION_LINES}
    assert long == set(LONGER_FUNCTIONS)


def test_nothing_is_left_for_later():
    none(places("|".join(map(re.escape, MARKERS)), *CODE))


def test_every_test_runs():
    none(places("|".join(map(re.escape, LEFT_OUT)), "tests"))


def test_no_file_names_a_package_registry():
    none(places("|".join(map(re.escape, HOSTS))))


def test_no_file_names_a_path_of_somebodys_machine():
    none(places(MACHINE_PATH.pattern))


@pytest.mark.parametrize(("line", "found"), [
    ("see /{}/main/x.py", True),
    ("cp /{}/a b", True),
    ("docs/{}/main.md", False),
    ("dtv {}", False),
])
def test_the_path_rule_sees_paths_and_only_paths(line, found):
    assert all(bool(MACHINE_PATH.search(line.format(word))) is found for word in ("wo" + "rk", "ho" + "me"))


@pytest.mark.parametrize("lock", ["base.txt", "dev.txt"])
def test_every_requirement_is_pinned_by_hash_and_names_no_address(lock):
    text = (HOUSE / "requirements" / lock).read_text("utf-8")
    entries = [e for e in text.replace("\\\n", " ").splitlines() if e and not e.lstrip().startswith("#")]
    assert len(entries) > 5
    assert [e.split()[0] for e in entries if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", e)] == []
    assert "://" not in text
    assert " @ " not in text


def test_the_tools_stand_on_the_same_versions_as_the_engine():
    base, dev = (
        set(re.findall(r"^([\w.-]+==\S+)", (HOUSE / "requirements" / lock).read_text("utf-8"), re.MULTILINE))
        for lock in ("base.txt", "dev.txt")
    )
    assert base - dev == set()


def test_an_exception_says_why():
    assert [name for name, reason in (LONGER_FILES | LONGER_FUNCTIONS).items() if len(reason) < 10] == []
