"""Equal treatment: who somebody is, and which office or supervisor has the case, changes no verdict (Grondwet art. 1).

Two ways: a guard is watched to see what it looks at, and whole lives are lived again with another name, citizenship, sex and
language, another supervisor and other offices. No rule's article names one of these grounds; one that did would stand in
`BY_ARTICLE` with it. Age is no such ground: the safeguards of minors are the law's own (Vc 2000 A3/6.1, A5/2.4).
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given

from dtv_workflow.audit.judge import neutral, placeholders
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import before_the_opening, no_human, role_may_not
from dtv_workflow.domain.chapters.intake import N37
from dtv_workflow.domain.law.rules import Finding, clear, found, guard
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Context, Step, step_name
from dtv_workflow.domain.workflow import STEPS, TABLE
from tests.properties.lived import BEGINNINGS, Issued, Life, any_life, live

GROUNDS = frozenset({"name", "citizenship", "sex", "language", "v_number", "subject", "handover_authority", "entry_channel"})
"""What is known of who somebody is and of who handed the case over."""

BY_ARTICLE: dict[str, set[str]] = {}
"""Guards that look at one of these because their article names it. There is none."""

PERSON = {"name": "Ander Mens", "citizenship": "NG", "sex": "m", "language": "fr", "v_number": "9999999999"}
ACTORS = {"RV-07": "ZZ-91", "OFF-03": "ZZ-92"}
"""Other people in the same roles. TL-02 stays: the one who may be a second person."""

OFFICES = {
    "supervisor": "ZZ-93", "place": "Elders", "interpreter": "Tolk 2", "carrier": "XX", "issuer": "ZHP", "by": "KMar",
    "handover_authority": "police", "entry_channel": "file", "provider": "ngo", "programme": "Ander", "reported_by": "ngo",
}  # fmt: skip


class Watched(DepartureCase):
    """A case that remembers which of its facets were looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name in GROUNDS:
            SEEN.add(name)
        return super().__getattribute__(name)


SEEN: set[str] = set()


def watched(case: DepartureCase) -> DepartureCase:
    return Watched(**{name: getattr(case, name) for name in case.__struct_fields__})


def looked_at(case: DepartureCase, at: Any) -> dict[str, set[str]]:
    """Which grounds each guard of each step looks at in this case."""
    seeing, looked = watched(case), dict[str, set[str]]()
    for row in TABLE:
        step = read_step(step_name(row.step), placeholders(row.step, at))
        for each in (before_the_opening, no_human, role_may_not, *STEPS[step_name(row.step)].guards):
            SEEN.clear()
            each.ask(seeing, step, neutral(row, at))
            looked.setdefault(each.name, set()).update(SEEN)
    return looked


def unequal(looked: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: grounds for name, seen in looked.items() if (grounds := seen - BY_ARTICLE.get(name, set()))}


@pytest.mark.parametrize("begun", BEGINNINGS, ids=["intake", "motivation", "forced", "booked", "detained", "closed"])
def test_no_guard_looks_at_who_somebody_is(begun):
    life = live(*begun)
    assert unequal(looked_at(life.case, life.now)) == {}


@given(any_life())
def test_no_guard_looks_at_who_somebody_is_in_any_case(lived):
    life = live(*lived)
    if life.case.id:
        assert unequal(looked_at(life.case, life.now)) == {}


# ---------------------------------------------------------------- lived again by somebody else


def another(issued: Issued) -> Issued:
    """The same step about another person, by another supervisor, from another office."""
    offices = {name: said for name, said in OFFICES.items() if isinstance(issued.fields.get(name), str)}
    fields: dict[str, Any] = issued.fields | offices
    if "subject" in fields:
        fields["subject"] = fields["subject"] | PERSON
    second = ACTORS.get(issued.second or "", issued.second)
    return issued._replace(fields=fields, actor=ACTORS.get(issued.actor, issued.actor), second=second)


def verdicts(life: Life) -> list[list[tuple[str, str, bool]] | None]:
    return [
        [(v.code, v.guard, v.met) for v in outcome.decision.receipt.verdicts] if outcome.decision else None
        for outcome in life.outcomes
    ]


@given(any_life(tuple(name for name in STEPS if name != "correct")))
def test_another_name_citizenship_supervisor_or_office_changes_no_verdict(lived):
    assert verdicts(live(*map(another, lived))) == verdicts(live(*lived))


# ---------------------------------------------------------------- that a biased guard is found


@guard(N37)
def biased(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found("from there", "van daar") if case.citizenship == "NG" else clear()


@contextmanager
def with_bias(step: str) -> Any:
    row = STEPS[step]
    with patch.dict(STEPS, {step: row._replace(guards=(*row.guards, biased))}):
        yield


def test_a_biased_guard_is_found_both_ways():
    with with_bias("adopt_plan"):
        life = live(*BEGINNINGS[1])
        assert unequal(looked_at(life.case, life.now)) == {"biased": {"citizenship"}}
        assert verdicts(live(*map(another, BEGINNINGS[1]))) != verdicts(life)


def test_the_other_person_differs_in_everything_that_must_not_matter():
    one, other = live(*BEGINNINGS[1]).case, live(*map(another, BEGINNINGS[1])).case
    changed = {name for name in one.__struct_fields__ if getattr(one, name) != getattr(other, name)}
    assert changed == GROUNDS - {"subject"} | {"supervised"}
    assert set(msgspec.structs.asdict(one)) >= GROUNDS
