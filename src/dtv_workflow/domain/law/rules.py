"""Rules that refuse, and what a guard finds.

A `Rule` is declared in the chapter it belongs to, right above the guards that look for it: its code, its provision, its
sentence in both languages, what would meet it, who can lift it and by which step. A guard answers with a `Finding`; asked
for a receipt, guard and finding make a `Verdict`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from dtv_workflow.domain.case import DepartureCase
    from dtv_workflow.domain.steps import Context


class Said(NamedTuple):
    """A short phrase in English and Dutch. It holds codes, counts and dates, never personal data."""

    en: str
    nl: str


class Rule(Struct, frozen=True):
    """One reason to refuse.

    `law` is the provision, or "workflow" for a rule of the agency's own making. `lifts` is the step (or the words) that would
    meet it, `by` the roles that may take that step.
    """

    code: str
    slug: str
    law: str
    says: Said
    needs: Said
    lifts: str
    by: tuple[str, ...]


RULES: dict[str, Rule] = {}
"""Every declared rule by code, filled as the chapters are imported."""


def rule(
    code: str, slug: str, *, law: str, en: str, nl: str, needs: tuple[str, str], lifts: str, by: str = "supervisor"
) -> Rule:
    """Declare a rule. Raises ValueError when the code is already taken by another rule."""
    declared = Rule(code, slug, law, Said(en, nl), Said(*needs), lifts, tuple(by.split()))
    if code in RULES:
        raise ValueError(f"{code} is declared twice")
    RULES[code] = declared
    return declared


class Cure(NamedTuple):
    """What would meet a refusal, and the step (or the words) that would bring it."""

    needs: Said
    lifts: str


CURES: dict[str, Cure] = {}
"""The cure of each guard that has another one than its rule, by the guard's name."""


class Finding(NamedTuple):
    """What a guard found: `is_` names the obstacle as it is (None: nothing in the way) and `relied` the versions looked at."""

    is_: Said | None
    relied: tuple[int, ...] = ()


def clear(*relied: int) -> Finding:
    """Nothing in the way, judged on the events with these versions (0, an event that never came, is left out)."""
    return Finding(None, tuple(v for v in relied if v))


def found(en: str, nl: str, *relied: int) -> Finding:
    """Something is in the way: what is, in both languages, judged on the events with these versions."""
    return Finding(Said(en, nl), tuple(v for v in relied if v))


class Verdict(Struct, frozen=True, omit_defaults=True):
    """One line of a receipt: which guard was asked, under which provision, what it answered and on which events."""

    code: str
    guard: str
    law: str
    met: bool
    relied: tuple[int, ...] = ()
    is_: Said | None = None


class Receipt(Struct, frozen=True, omit_defaults=True):
    """Why a step was allowed or refused: the ruleset it was judged by and every guard's verdict.

    `inputs` are the fields of the step as far as a guard can tell them apart, without what is personal: a text is kept as "…".
    `besides` is what was known of the people and of other cases: whether the role was granted, whether the second person may
    approve, under which other names the actor's account acts, the person's other open case. With the history before it, that is
    all it takes to judge the step again.
    """

    ruleset: str
    hash: str
    verdicts: tuple[Verdict, ...] = ()
    inputs: dict[str, Any] = {}
    besides: dict[str, Any] = {}

    @property
    def codes(self) -> list[str]:
        """The codes that stood in the way, each once, in the order asked."""
        return list(dict.fromkeys(v.code for v in self.verdicts if not v.met))


class Guard(NamedTuple):
    """A named obstacle and the function that looks for it."""

    rule: Rule
    name: str
    find: Callable[[DepartureCase, Any, Context], Finding]

    def ask(self, case: DepartureCase, step: Struct, context: Context) -> Verdict:
        """Look for the obstacle. Changes nothing."""
        is_, relied = self.find(case, step, context)
        return Verdict(self.rule.code, self.name, self.rule.law, is_ is None, relied, is_)


def guard(rule: Rule, cure: Cure | None = None) -> Callable[[Callable[[DepartureCase, Any, Context], Finding]], Guard]:
    """Make a guard of a function: `(case, step, context) -> Finding`, named after the obstacle it looks for.

    `cure` is for a guard that something else meets than what its rule names.
    """

    def make(find: Callable[[DepartureCase, Any, Context], Finding]) -> Guard:
        if cure is not None:
            CURES[find.__name__] = cure
        return Guard(rule, find.__name__, find)

    return make


def cure_of(verdict: Verdict) -> Cure:
    """What would meet a verdict that is not met: its guard's own cure, else that of its rule."""
    rule = RULES[verdict.code]
    return CURES.get(verdict.guard, Cure(rule.needs, rule.lifts))


class Refusal(Struct, frozen=True, rename={"is_": "is"}):
    """One obstacle as the caller is told it: the contract's `code, rule, law, is, needs, lifts`, and who may lift it."""

    code: str
    rule: str
    title: str
    law: str
    is_: str
    needs: str
    lifts: str
    by: tuple[str, ...]


def refusals(receipt: Receipt, lang: str = "en") -> tuple[Refusal, ...]:
    """Every obstacle of a receipt in one language (`en` or `nl`)."""
    dutch = lang == "nl"
    told = []
    for verdict in receipt.verdicts:
        if verdict.is_ is None:
            continue
        r, cure = RULES[verdict.code], cure_of(verdict)
        told.append(
            Refusal(
                r.code,
                r.slug,
                r.says.nl if dutch else r.says.en,
                verdict.law,
                verdict.is_.nl if dutch else verdict.is_.en,
                cure.needs.nl if dutch else cure.needs.en,
                cure.lifts,
                r.by,
            )
        )
    return tuple(told)
