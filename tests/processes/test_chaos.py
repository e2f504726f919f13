"""Chaos: messages dropped, sent again, doubled, reordered and damaged end in the case of the clean run, or a list says why not.

What may differ, precisely:

- doubled, or sent again in their order: nothing, to the event;
- reordered too: the facets that a flagged message, or a later one that it came too late for, writes. Every such difference has a
  flag on its case, and so a task;
- damaged too: besides, the holds of messages that were not understood, and what those cancelled;
- never: that an appeal, whole or damaged, stands in nobody's way.

A message damaged into another one that is whole and has an id of its own cannot be told from a message. One flipped bit in an id
is seen (told twice); an id and the content both changed would not be. Signing is for the line that carries them.

Each example is a seed; a failure shows it, and `sent(Random(seed), …)` makes its messages again.
"""

from __future__ import annotations

import copy
import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtv_workflow.application import Register, open_register
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.messages import MessageFlagged, MessageNotUnderstood
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.steps import Envelope, step_name
from dtv_workflow.domain.vocabulary import Block, HoldKind, Role
from dtv_workflow.processes.cloudevents import facts_by_type
from dtv_workflow.processes.diverging import Differs, beside, diverging
from dtv_workflow.processes.inbox import Status, parked, receive, receive_all
from dtv_workflow.processes.partners import UNSENT
from tests.processes.chaos import FACTS, FIRST, Arrived, Sent, Template, arrives, sent
from tests.processes.incoming import BEGINNINGS, NOW, PARTNERS, opened
from tests.properties.lived import Issued, Life, Outcome, live

SEEDS = st.integers(0, 2**32 - 1)
FEW = settings(max_examples=max(6, settings().max_examples // 6))

ABOUT_THE_LOG = {"id", "subject", "version", "topics", "tasks", "incidents", "judged_at", "migrations"}
"""What says where in the log something stands, or what is asked of people about it; not what is true of the case."""

VERSIONS = {
    "version", "began", "ended", "by", "precheck", "notice", "handed_over", "cancelled", "completed", "assessed", "reopened",
    "closed_version", "registered", "guardian_informed", "court_notified", "court_lift", "court_ruled", "progress_sent", "chosen",
    "approved", "presentable",
}  # fmt: skip
"""Facets that hold the version of an event: whether there is one says something of the case, which one says where it stands."""

BY_A_HOLD = {"bookings", "ended_holds", "holds"}
"""What the hold of a message that was not understood may change."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A store with three cases, to be copied: every run begins with the same ones."""
    path = tmp_path_factory.mktemp("chaos") / "store"
    register, cases = opened(path, *BEGINNINGS)
    register.close()
    return path, cases


class Ended(NamedTuple):
    """What a run ended in: the cases with their histories, and what is listed about each."""

    cases: dict[str, DepartureCase]
    histories: dict[str, list[Record]]
    parked: int

    def listed(self, case: str) -> set[str]:
        """The kinds of fact that flags on a case speak of, and `unread` where a message was not understood."""
        records = self.histories[case]
        unread = [r.event for r in records if isinstance(r.event, MessageNotUnderstood)]
        found = {"unread"} if unread else set()
        found |= {records[event.other - 1].step for event in unread if event.other}
        for flag in (r for r in records if isinstance(r.event, MessageFlagged)):
            told = next((r for r in records if r.source == flag.source and not isinstance(r.event, MessageFlagged)), None)
            found |= named(records, told, getattr(flag.event, "other", None)) if told else set()
        return found


def named(records: list[Record], told: Record, other: int | None) -> set[str]:
    """The kind of the fact that is flagged, of the event it differs from, and of all that it came too late for."""
    late = {r.step for r in records[: told.version] if r.occurred_at > told.occurred_at and r.step in beside(told.step)}
    return {told.step} | late | ({records[other - 1].step} if other else set())


@contextmanager
def running(base: tuple[Path, list[str]]) -> Iterator[Register]:
    with TemporaryDirectory() as folder:
        shutil.copytree(base[0], Path(folder) / "store")
        with open_register(Path(folder) / "store", clock=lambda: NOW, os_user="svc") as register:
            yield register


def run(base: tuple[Path, list[str]], raws: list[bytes]) -> Ended:
    with running(base) as register:
        received = receive_all(register, PARTNERS, raws)
        assert all(each.status is not Status.FAILED for each in received)
        histories = {case: register.history(case) for case in base[1]}
        return Ended({case: fold(records) for case, records in histories.items()}, histories, len(parked(register)))


def facets(case: DepartureCase) -> dict[str, Any]:
    """What is true of a case, facet by facet, without where in the log it stands and without the holds of unread messages."""
    unread = HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE
    case = msgspec.structs.replace(
        case,
        holds={id: hold for id, hold in case.holds.items() if hold.kind is not unread},
        ended_holds=[hold for hold in case.ended_holds if hold.kind is not unread],
    )
    return {name: plain(name, value) for name, value in msgspec.to_builtins(case).items() if name not in ABOUT_THE_LOG}


def plain(name: str, value: Any) -> Any:
    if name in VERSIONS:
        return bool(value)
    if name in {"conditions_met", "announced"}:
        return sorted(value)
    if name in {"offers", "support"}:
        return len(value)
    if isinstance(value, dict):
        return {key: plain(key, inner) for key, inner in value.items()}
    if isinstance(value, list):  # in which order things were told says nothing of them
        return sorted((plain("", inner) for inner in value), key=repr)
    return value


def differing(one: DepartureCase, other: DepartureCase) -> set[str]:
    here, there = facets(one), facets(other)
    return {name for name in here if here[name] != there[name]}


def written(records: list[Record], kinds: set[str]) -> set[str]:
    """The facets that steps of these kinds wrote in a history."""
    found: set[str] = set()
    case = DepartureCase()
    for record in records:
        before = facets(case)
        case = fold([record], case)
        if record.step in kinds:
            after = facets(case)
            found |= {name for name in after if after[name] != before.get(name)}
    return found


def explained(clean: Ended, chaos: Ended, case: str) -> set[str]:
    """The facets of a case of which a difference is listed."""
    kinds = clean.listed(case) | chaos.listed(case)
    found = written(clean.histories[case], kinds) | written(chaos.histories[case], kinds)
    return found | (BY_A_HOLD if "unread" in kinds else set())


# ------------------------------------------------------------------ two facts, in both orders

EARLY, LATE = FIRST + timedelta(days=3), FIRST + timedelta(days=9)


def test_every_fact_that_partners_report_is_sent_here_and_can_be_read():
    assert all(read_step(name, fields(Random(seed), FIRST)) for name, fields in FACTS for seed in range(9))
    reported = {step_name(row.step) for row in facts_by_type().values()} - UNSENT
    assert {name for name, _ in FACTS} == reported, "a fact that is new gets a line in `chaos.FACTS`"


@pytest.mark.parametrize("begun", range(len(BEGINNINGS)))
def test_two_facts_told_in_the_wrong_order_end_in_the_same_case_or_are_flagged(begun):
    firsts = {(template[0], at): after(live(*BEGINNINGS[begun]), template, at)[0] for template in FACTS for at in (EARLY, LATE)}
    silent = []
    for early, late in itertools.product(FACTS, FACTS):
        right, _ = then(firsts[early[0], EARLY], late, LATE)
        wrong, flags = then(firsts[late[0], LATE], early, EARLY)
        if right != wrong and not flags:
            silent.append(f"{early[0]}, {late[0]}: {', '.join(name for name in right if right[name] != wrong[name])}")
    assert silent == []


def then(life: Life, template: Template, at: datetime) -> tuple[dict[str, Any], list[Differs]]:
    """The facets of a case in memory to which one more fact is told, and how that is flagged."""
    again = Life(life.start)
    again.records, again.case, again.now = list(life.records), copy.deepcopy(life.case), life.now
    case, outcome = after(again, template, at)
    assert outcome.decision is not None
    return facets(case.case), list(diverging(case.records, outcome.records[0].request_id, outcome.decision.incidents))


def after(life: Life, template: Template, at: datetime) -> tuple[Life, Outcome]:
    name, fields = template
    known = fields(Random(f"{name} {at}"), at)
    return life, life.take(Issued(name, known, actor="IND", role=Role.SYSTEM, later=at - life.now, late=NOW - at))


# ------------------------------------------------------------------ the runs


def messages(seed: int, cases: list[str]) -> tuple[Random, list[Sent]]:
    random = Random(seed)
    return random, sent(random, cases[: random.randint(1, len(cases))])


@FEW
@given(seed=SEEDS)
def test_messages_doubled_and_sent_again_in_their_order_change_nothing(base, seed):
    random, clean = messages(seed, base[1])
    doubled = arrives(random, clean, reorder=False, damage=False)
    one, other = run(base, [m.raw for m in clean]), run(base, [m.raw for m in doubled])
    for case in base[1]:
        here, there = ([(r.name, r.event, r.occurred_at) for r in ended.histories[case]] for ended in (one, other))
        assert here == there
    assert one.parked == other.parked == 0


@FEW
@given(seed=SEEDS)
def test_messages_in_any_order_end_in_the_same_case_or_the_difference_is_flagged(base, seed):
    random, clean = messages(seed, base[1])
    shuffled = arrives(random, clean, damage=False)
    one, other = run(base, [m.raw for m in clean]), run(base, [m.raw for m in shuffled])
    assert other.parked == 0
    for case in base[1]:
        assert "unread" not in other.listed(case) - one.listed(case)
        assert differing(one.cases[case], other.cases[case]) <= explained(one, other, case)


@FEW
@given(seed=SEEDS)
def test_messages_damaged_end_in_the_same_case_but_for_what_is_listed(base, seed):
    random, clean = messages(seed, base[1])
    arrived = arrives(random, clean, reorder=random.random() < 0.5)
    one, other = run(base, [m.raw for m in clean]), run(base, [m.raw for m in arrived])
    for case in base[1]:
        assert differing(one.cases[case], other.cases[case]) <= explained(one, other, case)


@FEW
@given(seed=SEEDS)
def test_dolmatov_an_appeal_whole_or_damaged_always_stands_in_the_way_of_removal(base, seed):
    random, clean = messages(seed, base[1])
    with running(base) as register:
        for arrived in arrives(random, clean):
            received = receive(register, PARTNERS, arrived.raw)
            if arrived.sent.name == "record_appeal":
                blocks_removal(register, arrived, received.case)
        for case in base[1]:
            refused_while_unread(register, case)


def blocks_removal(register: Register, arrived: Arrived, case: str | None) -> None:
    """The appeal's case is held; or, where it can no longer be told which that is, the message is listed for somebody to look."""
    if case is None:
        assert arrived.damaged
        assert parked(register)
        return
    assert case == arrived.sent.case
    assert register.case(case).open_holds(NOW, Block.REMOVAL)


def refused_while_unread(register: Register, case: str) -> None:
    holds = register.case(case).open_holds(NOW).values()
    if not any(hold.kind is HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE for hold in holds):
        return
    booking = {"attempt": "A9", "carrier": "KL", "departs_at": "2026-03-06T12:00:00Z", "destination": "MA"}
    handover = {"attempt": "A1", "form": "M118", "monitor_notified": True}
    for name, fields in (("book_removal", booking), ("hand_over", handover)):
        receipt = register.why(read_step(name, fields), case, Envelope(actor="RV-07", role=Role.SUPERVISOR))
        assert {"N03", "N61"} & set(receipt.codes)
