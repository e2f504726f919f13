"""The numbers of the law: which hold on a day, what a draft may do, and that each says where it comes from."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.domain.law import ruleset
from dtv_workflow.domain.law.ruleset import (
    UnknownRuleset,
    deltas,
    drafts,
    in_force,
    last_day_of,
    merge,
    named,
    read_delta,
    shipped,
)

SOURCE = Path(ruleset.__file__).parents[2]
DRAFT = "eu-return-regulation"
READ_LATER = {"border_procedure.term_maximum", "court.tests_every_condition"}
"""Numbers that stand in the files for the reader; no rule counts with them."""

ENDING = """
id = "x"
title = "A law that ends by itself"
since = 2030-01-01

[[parameter]]
name = "interviews.minimum"
value = 5
unit = "interviews"
from = 2030-02-01
to = 2030-02-28
source = "a source"
"""


def test_the_rulesets_that_can_be_filled_are_there_and_only_the_draft_is_a_draft():
    ids = [delta.id for delta in shipped()]
    assert {"nl-2017-05", "nl-2020-10", "nl-2022-11", "eu-2026-06-12", DRAFT} <= set(ids)
    assert [delta.id for delta in drafts()] == [DRAFT]
    assert ids == [*(delta.id for delta in deltas()), DRAFT]


@pytest.mark.parametrize("delta", shipped(), ids=lambda delta: delta.id)
def test_every_number_has_a_unit_days_and_a_source(delta):
    assert delta.parameters
    assert delta.title
    assert delta.transition or delta is shipped()[0]
    for parameter in delta.parameters:
        assert all((parameter.name, parameter.unit, parameter.source)), parameter
        assert parameter.since >= delta.since
        assert parameter.until is None or parameter.until >= parameter.since
    assert len({p.name for p in delta.parameters}) == len(delta.parameters)


def test_every_number_is_read_by_some_rule():
    code = "".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))
    asked = set(re.findall(r"\"([a-z0-9_]+(?:\.[a-z0-9_]+)+)\"", code))
    patterns = [re.sub(r"\{[^}]+\}", ".+", found) for found in re.findall(r"f\"([a-z_]+\.\{[^\"]+)\"", code)]
    names = {parameter.name for delta in shipped() for parameter in delta.parameters}
    unread = {name for name in names - asked if not any(re.fullmatch(pattern, name) for pattern in patterns)}
    assert unread <= READ_LATER


@given(st.dates(date(2010, 1, 1), date(2040, 1, 1)))
def test_a_draft_is_in_force_on_no_day(day):
    law = in_force(day)
    assert DRAFT not in law.id
    assert all(parameter.ruleset != DRAFT for parameter in law.parameters.values())
    assert law["detention.59.extension"] == 360


def test_a_draft_is_merged_when_named_on_top_of_all_that_is_law():
    law = named(DRAFT)
    assert law.id == "+".join([*(delta.id for delta in deltas()), DRAFT])
    assert law["detention.59.extension"] == 540
    assert law["notice.before_departure"] == 36


@given(st.dates(date(2017, 5, 10), date(2030, 1, 1)))
def test_the_id_in_a_receipt_names_the_ruleset_it_was_judged_by(day):
    law = in_force(day)
    again = named(law.id)
    assert (again.id, again.hash) == (law.id, law.hash)


@pytest.mark.parametrize(
    ("name", "day", "value"),
    [("nl-2017-05", "2017-05-10", 48), ("nl-2017-05", "2020-09-30", 48), ("nl-2020-10", "2020-10-01", 36)],
    ids=["first day", "last day", "next law"],
)
def test_vc_a3_6_6_the_notice_is_48_hours_up_to_30_september_2020_and_36_from_then(name, day, value):
    assert in_force(date.fromisoformat(day))["notice.before_departure"] == value == named(name)["notice.before_departure"]


def test_a_number_says_its_last_day_once_a_later_law_replaced_it():
    first = in_force(date(2018, 1, 1)).parameters["notice.before_departure"]
    now = in_force(date(2021, 1, 1)).parameters["notice.before_departure"]
    assert (first.since, last_day_of(first)) == (date(2017, 5, 10), date(2020, 9, 30))
    assert (now.since, last_day_of(now)) == (date(2020, 10, 1), None)


def test_a_number_that_its_own_law_ends_gives_way_to_the_one_before(monkeypatch):
    delta = read_delta(ENDING)
    both = (*deltas(), delta)
    monkeypatch.setattr(ruleset, "deltas", lambda: both)
    for cached in (ruleset._changes, ruleset._since):
        cached.cache_clear()
    try:
        days = (date(2030, 1, 31), date(2030, 2, 1), date(2030, 2, 28), date(2030, 3, 1))
        assert [in_force(day)["interviews.minimum"] for day in days] == [3, 5, 5, 3]
        assert len({in_force(day).hash for day in days}) == 2
        assert last_day_of(delta.parameters[0]) == date(2030, 2, 28)
    finally:
        for cached in (ruleset._changes, ruleset._since):
            cached.cache_clear()


def test_a_day_before_the_first_ruleset_is_judged_by_the_first():
    assert in_force(date(1990, 1, 1)) == in_force(deltas()[0].since)
    assert in_force(deltas()[0].since - timedelta(days=1)).id == "nl-2017-05"


@pytest.mark.parametrize("name", ["", "nl", "nl-2017-05+", "nl-2017-05+nl-2999-01"])
def test_a_ruleset_that_is_not_shipped_is_not_guessed(name):
    with pytest.raises(UnknownRuleset, match="nl-2017-05"):
        named(name)


def test_merging_nothing_later_changes_nothing():
    assert merge(deltas()).parameters == in_force(date(2029, 1, 1)).parameters
    assert in_force(date(2029, 1, 1)).get("no.such.number") is None
    with pytest.raises(KeyError):
        in_force(date(2029, 1, 1))["no.such.number"]
