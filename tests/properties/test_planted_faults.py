"""The invariants are worth what they find: faults planted one at a time, and the invariant that must fail on each.

The lives are the same in every run (derandomized) and bounded, so that a fault that is not found is a red test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Search
from hypothesis.stateful import initialize, run_state_machine_as_test

from dtv_workflow.domain import deadlines, decide, record
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters import forced_departure
from dtv_workflow.domain.chapters.closing import CaseClosed, CaseReopened
from dtv_workflow.domain.chapters.custody import DetentionLifted
from dtv_workflow.domain.chapters.holds import RemovalAttemptCancelled
from dtv_workflow.domain.chapters.records import CorrectionRecorded
from dtv_workflow.domain.facets import Hold
from dtv_workflow.domain.law.rules import RULES, Guard, clear, found
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.vocabulary import Article, Kind, Phase, Role
from dtv_workflow.domain.workflow import STEPS
from tests.properties import lived
from tests.properties.lived import TO_BOOKED, TO_DETAINED, TO_FORCED, UNOFFERED, Issued, ask
from tests.properties.test_invariants import ALWAYS, AnyCase, Broken, InCustody, Lived, OnTheTrack, UnderHolds

BOUNDED = settings(
    max_examples=600,
    stateful_step_count=20,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Search.generate],
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
Planted = pytest.MonkeyPatch
Plant = Callable[[Planted], None]


# ---------------------------------------------------------------- ways to plant a fault


def guards(step: str, change: Callable[[tuple[Guard, ...]], Iterable[Guard]]) -> Plant:
    return lambda patched: patched.setitem(STEPS, step, STEPS[step]._replace(guards=tuple(change(STEPS[step].guards))))


def without(code: str, *steps: str) -> Plant:
    """The rule is no longer asked on these steps."""
    return together(*(guards(step, lambda asked: (g for g in asked if g.rule.code != code)) for step in steps))


def refusing(step: str, code: str, stands: Callable[[DepartureCase, Any, Any], bool]) -> Plant:
    """A guard too many."""
    planted = Guard(RULES[code], "planted", lambda case, step, context: found("planted", "geplant") if stands(case, step, context)
                    else clear())  # fmt: skip
    return guards(step, lambda asked: (*asked, planted))


def unless(step: str, code: str, lets_through: Callable[[DepartureCase, Any, Any], bool]) -> Plant:
    """A guard that lets through what it should not."""

    def weakened(guard: Guard) -> Guard:
        return Guard(guard.rule, guard.name, lambda case, step, context: clear() if lets_through(case, step, context)
                     else guard.find(case, step, context))  # fmt: skip

    return guards(step, lambda asked: (weakened(g) if g.rule.code == code else g for g in asked))


def never(step: str, event: type[Event]) -> Plant:
    """The step is no longer recorded as this event as well."""

    def plant(patched: Planted) -> None:
        emits = STEPS[step].emits

        def emit(case: DepartureCase, asked: Any, context: Any) -> list[Event]:
            return [e for e in emits(case, asked, context) if not isinstance(e, event)]

        patched.setitem(STEPS, step, STEPS[step]._replace(emits=emit))

    return plant


def keeping(event: type[Event], *facets: str) -> Plant:
    """The event forgets to change something of the case."""

    def plant(patched: Planted) -> None:
        apply = event.apply

        def applied(self: Event, case: DepartureCase, record: Record) -> None:
            kept = {facet: getattr(case, facet) for facet in facets}
            apply(self, case, record)
            for facet, value in kept.items():
                setattr(case, facet, value)

        patched.setattr(event, "apply", applied)

    return plant


def replaced(where: Any, name: str, made: Callable[[Any], Any]) -> Plant:
    return lambda patched: patched.setattr(where, name, made(getattr(where, name)))


def together(*plants: Plant) -> Plant:
    def plant(patched: Planted) -> None:
        for one in plants:
            one(patched)

    return plant


def untimed(code: str) -> Plant:
    return replaced(deadlines, "TIMERS", lambda timers: tuple(timer for timer in timers if timer.code != code))


# ---------------------------------------------------------------- the faults


class Fault(NamedTuple):
    """The invariant that must find it, how it is planted, and where the lives begin if they must have come far."""

    found_by: str
    plant: Plant
    begun: tuple[Issued, ...] = ()


def one_day_too_many(case: DepartureCase, step: Any, context: Any) -> bool:
    return step.article is Article.A59 and case.detention_days(Article.A59, context.today) == 180


def in_detention(case: DepartureCase, step: Any, context: Any) -> bool:
    return case.detained is not None


def under_a_hold(case: DepartureCase, step: Any, context: Any) -> bool:
    return bool(case.open_holds(context.at))


def a_day_early(open_at: Any) -> Any:
    return lambda self, at: open_at(self, at + timedelta(days=1))


def open_now(holds_at: Any) -> Any:
    return lambda self, at: self.open_holds(at)


def a_day_more(detention_days: Any) -> Any:
    def counted(self: DepartureCase, article: Article, on: date) -> int:
        return int(detention_days(self, article, on)) + bool(self.detained and self.detained.article is article)

    return counted


def in_place(corrected: Any) -> Any:
    """The history itself is changed by its corrections."""

    def written_over(records: list[Record]) -> list[Record]:
        records[:] = corrected(records)
        return records

    return written_over


def as_if_known_from_the_start(recorded: Any) -> Any:
    def record_of(self: lived.Life, event: Event, *rest: Any) -> Record:
        made: Record = recorded(self, event, *rest)
        known = self.records[0].recorded_at if isinstance(event, CorrectionRecorded) else made.recorded_at
        return msgspec.structs.replace(made, recorded_at=known)

    return record_of


def not_when_closed(row_for: Any) -> Any:
    return lambda step, phase: None if phase is Phase.CLOSED and step is STEPS[WISH].step else row_for(step, phase)


WISHED = (*TO_FORCED, ask("express_wish_to_leave", reported_by="dji"))
REMOVED = (*TO_FORCED, ask("confirm_removal", 1, departed_at="2026-01-06T09:00:00Z", destination="MA", proof="m100"))
GONE = (*TO_FORCED, ask("close_unsupervised", check={"by": "AVIM", "at": "2026-01-05T08:00:00Z", "result": "gone"}))
HELD = ask("place_hold", hold="A", hold_kind="appeal_suspensive")
HELD_FOR_A_WHILE = (*TO_FORCED, HELD, ask("lift_hold", 20, second="TL-02", hold="A", basis="x"))
LIFTED_ON_THE_LAST_DAY = (*TO_DETAINED, ask("lift_detention", 180, cause="purpose_gone"))
WISH, CHOICE, ORDER, REPORT = "express_wish_to_leave", "choose_voluntary_departure", "order_detention", "report_detention"

# fmt: off
FAULTS = {
    "a wish does not stop our own order": Fault("I1", without("N18", ORDER), WISHED),
    "a wish is no incident of a reported detention": Fault("I1", without("N18", REPORT), WISHED),
    "the assessment of a wish is never due": Fault("I1", untimed("D07"), TO_DETAINED),
    "a removal over a hold is no incident": Fault("I2", without("N03", "confirm_removal")),
    "a hold told after the removal is no incident": Fault("I2", without("N03", "place_hold")),
    "relief told after the removal is no incident": Fault("I2", without("N03", "record_court_decision"), REMOVED),
    "a term told after the removal is no incident": Fault("I2", without("N02", "record_return_decision"), REMOVED),
    "a hold lifted since the removal is forgotten": Fault("I2", replaced(DepartureCase, "holds_at", open_now), HELD_FOR_A_WHILE),
    "a hold ends a day early": Fault("I2", replaced(Hold, "open_at", a_day_early), TO_BOOKED),
    "a hold leaves the booking standing": Fault("I2", never("place_hold", RemovalAttemptCancelled), TO_BOOKED),
    "the day of the lift is counted": Fault("I3", replaced(DepartureCase, "detention_days", a_day_more)),
    "the maximum is one day too long": Fault("I3", unless(ORDER, "N15", one_day_too_many), LIFTED_ON_THE_LAST_DAY),
    "an extension is given when the term is over": Fault("I3", without("N16", "extend_detention"), TO_DETAINED),
    "an extension is given for ever": Fault("I3", without("N15", "extend_detention"), TO_DETAINED),
    "the maximum is never due": Fault("I3", untimed("D13")),
    "closing leaves the detention running": Fault("I3", keeping(CaseClosed, "detained", "intervals"), TO_DETAINED),
    "a departure is believed without proof": Fault("I4", without("N23", "confirm_supervised_departure")),
    "a removal is believed without proof": Fault("I4", without("N23", "confirm_removal")),
    "force without an offer": Fault("I5", without("N01", "propose_forced_track", "approve_forced_track"), UNOFFERED),
    "any exception is believed": Fault("I5", replaced(forced_departure, "_fits", lambda fits: lambda *_: True), UNOFFERED),
    "an offer of an earlier episode still counts": Fault("I5", keeping(CaseReopened, "offers"), GONE),
    "one person proposes and approves": Fault("I5", without("N12", "approve_forced_track")),
    "a choice is refused in detention": Fault("I6", refusing(CHOICE, "N24", in_detention), TO_DETAINED),
    "any hold bars leaving": Fault("I6", refusing(CHOICE, "N42", under_a_hold), TO_BOOKED),
    "a choice leaves the person detained": Fault("I6", never(CHOICE, DetentionLifted), TO_DETAINED),
    "a choice leaves the removal booked": Fault("I6", never(CHOICE, RemovalAttemptCancelled), TO_BOOKED),
    "a correction was known all along": Fault("I7", replaced(lived.Life, "_record", as_if_known_from_the_start)),
    "a wish is a decision of ours": Fault("N30", lambda patched: patched.setitem(
        STEPS, WISH, STEPS[WISH]._replace(kind=Kind.DECISION, roles=(Role.SUPERVISOR,)))),
    "a wish is not possible in a closed case": Fault("N30", replaced(decide, "row_for", not_when_closed)),
    "a correction changes the original": Fault("N34", replaced(record, "corrected", in_place)),
}
# fmt: on


LIVES: dict[str, type[Lived]] = {
    "I1": InCustody, "I2": UnderHolds, "I3": InCustody, "I4": UnderHolds, "I5": OnTheTrack, "I6": UnderHolds, "I7": AnyCase,
    "N30": OnTheTrack, "N34": AnyCase,
}
"""The lives in which each is looked for."""


def watching(machine: type[Lived], names: tuple[str, ...], begun: tuple[Issued, ...] = ()) -> type[Lived]:
    """A machine that asks only these invariants, of lives that begin like this."""

    class Watching(machine):  # type: ignore[misc,valid-type]
        watched = names

        @initialize()
        def begins(self) -> None:
            self.begin(begun)

    return Watching if begun else type("Watching", (machine,), {"watched": names})


@pytest.mark.parametrize("name", FAULTS)
def test_the_invariant_finds_the_fault(monkeypatch, name):
    fault = FAULTS[name]
    fault.plant(monkeypatch)
    with pytest.raises(Broken, match=f"^{fault.found_by}: "):
        run_state_machine_as_test(watching(LIVES[fault.found_by], (fault.found_by,), fault.begun), settings=BOUNDED)


def test_each_invariant_finds_some_fault():
    assert {fault.found_by for fault in FAULTS.values()} == set(ALWAYS)


@pytest.mark.parametrize("machine", [InCustody, OnTheTrack, UnderHolds])
def test_without_a_fault_the_same_search_finds_nothing(machine):
    run_state_machine_as_test(watching(machine, ALWAYS), settings=settings(BOUNDED, max_examples=5))
