"""Asking: `decide` answers a decision with events or with every refusal, `witness` records a fact with its incidents.

Both are pure: the time, the people and the law are in the context. Deciding leaves the case as it was.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.authority import N61, before_the_opening, no_human, role_may_not
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised
from dtv_workflow.domain.inputs import inputs_of
from dtv_workflow.domain.law.rules import Guard, Receipt, Said, Verdict
from dtv_workflow.domain.migration import migration
from dtv_workflow.domain.record import Event
from dtv_workflow.domain.steps import Context, Row, Step, step_name
from dtv_workflow.domain.vocabulary import Kind, Phase, Role
from dtv_workflow.domain.workflow import STEPS, row_for


class Decision(NamedTuple):
    """What came of a step: events (none when refused), the receipt either way, and the codes of the incidents of a fact."""

    events: tuple[Event, ...]
    receipt: Receipt
    incidents: tuple[str, ...] = ()

    @property
    def refused(self) -> list[str]:
        """The codes that stood in the way; empty when the step was accepted."""
        return [] if self.events else self.receipt.codes


def asked(case: DepartureCase, step: Step, context: Context) -> tuple[Row | None, Receipt]:
    """Every verdict on a step, met or not, without doing anything. The row is None where the phase does not have the step."""
    row = STEPS[step_name(type(step))]
    if row.kind is Kind.DECISION and context.role is Role.SYSTEM:
        return row, _receipt(row, case, step, context, no_human.ask(case, step, context))
    if row_for(type(step), case.phase) is None:
        return None, _receipt(row, case, step, context, _not_here(case, row))
    verdicts = []
    if row.kind is Kind.DECISION and (context.role not in row.roles or not context.role_granted):
        verdicts.append(role_may_not.ask(case, step, context))
    guards = (before_the_opening, *row.guards) if case.opened_at else row.guards
    verdicts += [guard.ask(case, step, context) for guard in guards]
    if row.kind is Kind.DECISION and context.late:
        verdicts = _at_both_times(verdicts, guards, case, step, context)
    return row, _receipt(row, case, step, context, *verdicts)


def decide(case: DepartureCase, step: Step, context: Context) -> Decision:
    """Ask every guard of the step's row; answer the events it leads to, or all that stands in the way."""
    row, receipt = asked(case, step, context)
    if row is None or receipt.codes:
        return Decision((), receipt)
    return Decision((*migration(case, context), *row.emits(case, step, context)), receipt)


def witness(case: DepartureCase, fact: Step, context: Context) -> Decision:
    """Record what happened. A rule it broke becomes an incident in the same commit, one for each code."""
    row, receipt = asked(case, fact, context)
    if row is None:
        return Decision((), receipt)
    incidents = tuple(receipt.codes)
    happened = row.emits(case, fact, context)
    raised = (IntegrityIncidentRaised(code=code) for code in incidents)
    return Decision((*migration(case, context), *happened, *raised), receipt, incidents)


def answer(case: DepartureCase, step: Step, context: Context) -> Decision:
    """`decide` or `witness`, as the step's kind asks."""
    kind = STEPS[step_name(type(step))].kind
    return decide(case, step, context) if kind is Kind.DECISION else witness(case, step, context)


def _receipt(row: Row, case: DepartureCase, step: Step, context: Context, *verdicts: Verdict) -> Receipt:
    known = {
        "role_granted": context.role_granted,
        "second_may_approve": context.second_may_approve,
        "also": context.also,
        "other_open_case": context.other_open_case,
    }
    besides = {name: value for name, value in known.items() if value != _USUAL[name]}
    return Receipt(context.law.id, context.law.hash, verdicts, inputs_of(step, row, case), besides)


_USUAL = {"role_granted": True, "second_may_approve": False, "also": (), "other_open_case": None}


def _not_here(case: DepartureCase, row: Row) -> Verdict:
    phases = [phase for phase in row.phases if phase is not Phase.UNOPENED]
    where = ", ".join(phase.value for phase in phases) or "the opening of a case"
    waar = ", ".join(phase.nl for phase in phases) or "het openen van een zaak"
    said = Said(f"the case is in {case.phase.value}; possible in {where}", f"de zaak is in {case.phase.nl}; mogelijk in {waar}")
    return Verdict(N61.code, "not_possible_in_phase", N61.law, False, (), said)


def _at_both_times(
    verdicts: list[Verdict], guards: tuple[Guard, ...], case: DepartureCase, step: Step, context: Context
) -> list[Verdict]:
    """A back-dated decision is tested against the time it happened and the time it is recorded: neither may stand in the way."""
    now = msgspec.structs.replace(context, at=context.recorded_at)
    again = [guard.ask(case, step, now) for guard in guards]
    found = {(verdict.code, verdict.guard) for verdict in verdicts if not verdict.met}
    return verdicts + [v for v in again if not v.met and (v.code, v.guard) not in found]
