"""`docs/law.md`: the provisions, the guards that cite them, the tests that prove each guard; the rules by code; the numbers.

Made in a checkout: the tests are read there. What `tests/domain/proofs.txt` says of a guard is run by the tests themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dtv_workflow.cli.do import as_command, kebab
from dtv_workflow.cli.explain import guards_of, place, using
from dtv_workflow.domain.chapters.authority import before_the_opening
from dtv_workflow.domain.law.rules import RULES, Rule
from dtv_workflow.domain.law.ruleset import last_day_of, shipped

TESTS = Path(__file__).resolve().parents[3] / "tests"
MADE = "Made from the code by `make docs`; do not edit."


def law_page() -> Iterator[str]:
    """The page, line by line."""
    yield f"# The law, as rules\n\n{MADE} First every provision with the guards that cite it and the two"
    yield "tests that prove each guard: the one in which it refuses (or raises an incident), which fails when the guard is taken"
    yield "away, and the one in which it consents, which fails when it refuses everything. Then every reason to refuse, by code."
    yield "Then the numbers of the law."
    yield "\n# By provision"
    yield from by_provision()
    yield "\n# By code"
    yield from by_code()
    yield "\n# The numbers of the law\n"
    yield "Dated parameters: a later file replaces the values it names, and every receipt says which rulesets it was judged by."
    yield from numbers()


# ------------------------------------------------------------------ by provision


def by_provision() -> Iterator[str]:
    """Every provision, each guard that cites it on each step, and its tests."""
    proved, cited = proofs(), dict[str, list[Rule]]()
    for rule in RULES.values():
        for provision in provisions(rule.law):
            cited.setdefault(provision, []).append(rule)
    for provision in sorted(cited, key=_natural):
        yield f"\n## {provision}\n"
        for rule in sorted(cited[provision], key=lambda rule: rule.code):
            yield from _cited(rule, proved)


def _cited(rule: Rule, proved: dict[tuple[str, str], tuple[str, str]]) -> Iterator[str]:
    lines = [(step, guard.name) for guard in guards_of(rule) for step in using(rule) if (step, guard.name) in proved]
    for step, guard in lines:
        refuses, consents = proved[step, guard]
        yield f"- {rule.code} `{guard}` on `{step}`: refuses in `{refuses}`, consents in `{consents}`"
    if not lines or rule is before_the_opening.rule:
        named = ", ".join(f"`{name}`" for name in named_after(rule.code)) or "nothing uses it"
        yield f"- {rule.code} `{rule.slug}`, asked of every step or true of every history: {named}"


def provisions(law: str) -> list[str]:
    """A rule's law, provision by provision: `Vw 2000 art. 59(3), 56(2)` are two."""
    found: list[str] = []
    for part in law.split("; "):
        head, _, rest = part.partition(" art. ")
        if rest:
            article = ""
            for item in rest.split(", "):
                article = article if item.startswith("(") else re.split(r"[(]", item)[0]
                found.append(f"{head} art. {article}{item}" if item.startswith("(") else f"{head} art. {item}")
        elif part.startswith("Vc 2000 "):
            found += [f"Vc 2000 {item}" for item in part.removeprefix("Vc 2000 ").split(", ")]
        else:
            found.append(part)
    return found


def _natural(text: str) -> list[tuple[int, str]]:
    """A sorting key in which art. 8 comes before art. 59."""
    return [(int(piece), "") if piece.isdigit() else (0, piece) for piece in re.split(r"(\d+)", text)]


def proofs() -> dict[tuple[str, str], tuple[str, str]]:
    """The tests of each guard of each step, from `tests/domain/proofs.txt`."""
    lines = (line.split() for line in (TESTS / "domain" / "proofs.txt").read_text("utf-8").splitlines())
    return {(kebab(step), guard): (refuses, consents) for step, guard, refuses, consents in lines}


def named_after(code: str) -> list[str]:
    """The tests whose names have a code."""
    wanted = re.compile(rf"def (test_(?:\w+_)?{code.lower()}(?:_\w+)?)\(")
    files = sorted(TESTS.rglob("test_*.py"))
    return [f"{path.name}::{name}" for path in files for name in wanted.findall(path.read_text("utf-8"))]


# ------------------------------------------------------------------ by code, and the numbers


def by_code() -> Iterator[str]:
    """Every rule: its sentence, law, cure and guards."""
    for code in sorted(RULES):
        rule = RULES[code]
        found = guards_of(rule)
        yield f"\n## {code} `{rule.slug}`\n\n{rule.says.en}\n*{rule.says.nl}*\n"
        yield f"- law: {rule.law}"
        yield f"- needs: {rule.needs.en} (*{rule.needs.nl}*)"
        yield f"- lifts: `{as_command(rule.lifts, None)}`, by {', '.join(rule.by)}"
        if found:
            yield "- guards: " + ", ".join(f"`{guard.name}` ({place(guard.find)})" for guard in found)
        every = "every step, and by a guard of its own " if rule is before_the_opening.rule else ""
        none = "none: a property of the workflow, or asked of every step"
        yield f"- steps: {every}" + (", ".join(f"`{step}`" for step in using(rule)) or none)


def numbers() -> Iterator[str]:
    """Every ruleset with its parameters."""
    for delta in shipped():
        status = "A draft: never in force; assumed from" if delta.draft else "In force from"
        yield f"\n## {delta.id}\n\n{delta.title}. {status} {delta.since}. {delta.transition}".rstrip() + "\n"
        yield "| parameter | value | unit | from | to | source |\n|---|---|---|---|---|---|"
        for p in delta.parameters:
            last = "" if delta.draft else last_day_of(p) or ""
            yield f"| `{p.name}` | {p.value} | {p.unit} | {p.since} | {last} | {p.source} |"
