"""That the search finds what is broken, and hands over a batch file that runs.

Each fault is planted in a row and searched for. The file is then run as `dtv batch --check` runs it: with the fault, every
line that leads to the configuration is met and what should be is not; mended, every line is met.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dtv_workflow.batch import Line, check
from dtv_workflow.domain import workflow
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import CaseClosed
from dtv_workflow.domain.chapters.custody import DetentionLifted
from dtv_workflow.domain.chapters.custody import detained as not_while_detained
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled
from dtv_workflow.domain.chapters.intake import N36
from dtv_workflow.domain.law.rules import Guard, found
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.steps import Context, Row
from dtv_workflow.domain.vocabulary import Outcome, Phase
from dtv_workflow.domain.workflow import STEPS
from tests.proofs.counterexample import TURN, batch_file
from tests.proofs.laws import searched
from tests.proofs.parts import PREPARED, THE_PRODUCT, WAY, words
from tests.proofs.search import Part

SMALL = Part(
    "a small part",
    "phase × custody × booking × two holds × offer, wish and proposal",
    PREPARED,
    (*WAY, *words("""
        complete intake; wish; offer; check and propose; approve by proposer
        check and approve; abandon; check and book; precheck; notice; check and hand over; cancel; order 59 alone
        place echr_rule39 beside; lift echr_rule39; place tuberculosis beside; left supervised; removed; reopen and prepare
        minor alone; close without evidence; close alone; close unsupervised unreported; close unsupervised unchecked
        removed, no proof
    """)),
    ("eve", "later"),
    (*THE_PRODUCT.idle, "check"),
)


class Fault(NamedTuple):
    """A way to break some rows, and the law that must then be found broken."""

    name: str
    rows: tuple[Callable[[], tuple[str, Row]], ...]
    law: str


def without(step: str, *guards: str) -> Callable[[], tuple[str, Row]]:
    """A row that lost guards; a name that it never had is an error of the test."""

    def broken() -> tuple[str, Row]:
        row = STEPS[step]
        assert set(guards) <= {guard.name for guard in row.guards}
        return step, row._replace(guards=tuple(guard for guard in row.guards if guard.name not in guards))

    return broken


def guarded(step: str, guard: Guard) -> Callable[[], tuple[str, Row]]:
    return lambda: (step, STEPS[step]._replace(guards=(*STEPS[step].guards, guard)))


def narrowed(step: str, *phases: Phase) -> Callable[[], tuple[str, Row]]:
    """A row that lost phases."""
    return lambda: (step, STEPS[step]._replace(phases=tuple(phase for phase in STEPS[step].phases if phase not in phases)))


def silent(step: str, *events: type[Event]) -> Callable[[], tuple[str, Row]]:
    """A row that no longer records some events."""

    def broken() -> tuple[str, Row]:
        row = STEPS[step]

        def emits(*asked: Any) -> list[Event]:
            return [event for event in row.emits(*asked) if not isinstance(event, events)]

        return step, row._replace(emits=emits)

    return broken


def unchecked() -> tuple[str, Row]:
    """A row that closes the case of somebody nobody looked for."""
    step, row = without("close_unsupervised", "no_check")()

    def emits(case: DepartureCase, asked: Any, context: Context) -> list[Event]:
        gone = CaseClosed(outcome=Outcome.UNSUPERVISED, ended_on=context.today, age_band=case.age_band)
        return row.emits(case, asked, context) or [gone]

    return step, row._replace(emits=emits)


NEVER = Guard(N36, "never", lambda case, step, context: found("never", "nooit"))

FAULTS = (
    Fault("choice-refused-while-detained", (guarded("choose_voluntary_departure", not_while_detained),), "for nothing else"),
    Fault("choice-refused-and-no-way-off-the-track",
          (narrowed("choose_voluntary_departure", Phase.FORCED_DEPARTURE), guarded("abandon_forced_track", NEVER)), "(I6)"),
    Fault("choice-keeps-the-detention", (silent("choose_voluntary_departure", DetentionLifted),), "the choice ends detention"),
    Fault("choice-keeps-the-booking", (silent("choose_voluntary_departure", RemovalAttemptCancelled),), "the choice ends"),
    Fault("choice-despite-a-hold-on-leaving", (without("choose_voluntary_departure", "hold_blocks_exit"),), "blocks leaving"),
    Fault("force-without-an-offer",
          (without("propose_forced_track", "no_offer"), without("approve_forced_track", "no_offer")), "(I5)"),
    Fault("force-approved-by-its-proposer", (without("approve_forced_track", "approver_proposed"),), "does not approve it"),
    Fault("force-despite-a-hold", (without("approve_forced_track", "hold_blocks_removal"),), "while a hold blocks removal"),
    Fault("detained-despite-a-wish", (without("order_detention", "wish_open"),), "(I1)"),
    Fault("detained-despite-a-hold", (without("order_detention", "hold_blocks_detention"),), "blocks detention"),
    Fault("detained-past-the-maximum", (without("order_detention", "no_days_left"),), "(I3)"),
    Fault("booked-despite-a-wish", (without("book_removal", "wish_open"),), "booked while a wish"),
    Fault("handed-over-unchecked", (without("hand_over", "no_precheck"),), "unchecked"),
    Fault("closed-without-evidence", (without("close_other", "no_evidence"),), "on evidence"),
    Fault("closed-without-a-check", (unchecked,), "without a check"),
    Fault("closed-alone", (without("close_other", "no_second_person"),), "two people"),
    Fault("closed-while-detained", (without("close_unsupervised", "detained"),), "in detention"),
    Fault("closed-with-a-booking", (silent("close_unsupervised", RemovalAttemptCancelled),), "leaves nobody detained"),
    Fault("closed-on-a-vanished-minor", (without("close_unsupervised", "minor_not_reported_missing"),), "reported missing"),
    Fault("removed-without-proof-and-no-incident", (without("confirm_removal", "no_proof"),), "N23"),
    Fault("removed-without-a-track-and-no-incident", (without("confirm_removal", "removed_without_handover"),), "N59"),
    Fault("dead-end", (narrowed("lapse_voluntary_departure", Phase.VOLUNTARY_DEPARTURE),
                       narrowed("close_unsupervised", Phase.VOLUNTARY_DEPARTURE),
                       narrowed("close_other", Phase.VOLUNTARY_DEPARTURE)), "lead to an ending"),
    Fault("no-beginning", (guarded("assign_supervisor", NEVER),), "begins are accepted"),
    Fault("closed-for-ever", (guarded("reopen_case", NEVER),), "begins again"),
    Fault("a-wish-not-heard-after-closing", (narrowed("express_wish_to_leave", Phase.CLOSED),), "is recorded"),
)  # fmt: skip


def plant(patched: pytest.MonkeyPatch, fault: Fault) -> None:
    """Break the rows, in the table of steps and in the map."""
    for broken in fault.rows:
        patched.setitem(STEPS, *broken())
    patched.setattr(workflow, "WORKFLOW", workflow._drawn(tuple(STEPS.values())))


def run(path: Path) -> tuple[list[Line], list[Line]]:
    """The answers up to the turn, and from there on."""
    text = path.read_text("utf-8").splitlines()
    turn = next(n for n, line in enumerate(text, 1) if TURN in line)
    lines = check(path)
    return [line for line in lines if line.answer["line"] < turn], [line for line in lines if line.answer["line"] > turn]


def test_the_small_part_is_whole_as_it_is():
    assert searched(SMALL).broken is None


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault_is_found_and_told_as_a_batch_file_that_runs(monkeypatch, tmp_path, fault):
    path = tmp_path / "counterexample.jsonl"
    with monkeypatch.context() as patched:
        plant(patched, fault)
        broken = searched(SMALL).broken
        assert broken is not None
        assert fault.law in broken.law
        path.write_text(batch_file(broken), encoding="utf-8")
        before, then = run(path)
        assert [line.unmet for line in before if line.unmet] == [], "the way there"
        assert [line.unmet for line in then if line.unmet] != [], "the fault shows"
    before, then = run(path)
    assert [line.unmet for line in (*before, *then) if line.unmet] == [], "mended"
    assert then
