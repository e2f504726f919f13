"""I1 to I7, N30 and N34 over any life of a case: every step, by anybody, with time going on, facts told late and corrections.

The machine lives a case, and asks every invariant of `invariants.py` after each step. That it finds what is wrong is shown by
`test_planted_faults.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.steps import hints
from dtv_workflow.domain.vocabulary import CourtOutcome, ForcedException, HoldKind, Phase, ReopenCause
from tests.properties.invariants import INVARIANTS, Kept
from tests.properties.lived import (
    BEGINNINGS,
    DOCUMENT,
    INTERVIEW,
    ORDER,
    TO_BOOKED,
    TO_DETAINED,
    TO_FORCED,
    TO_MOTIVATION,
    UNOFFERED,
    Issued,
    Life,
    any_step,
    values,
)

ALWAYS = (*INVARIANTS, "N34", "I7")
LATE = st.sampled_from((0, 0, 0, 1, 30, 300))
"""How many hours a fact lies in the past when it is told."""


class Broken(AssertionError):
    """An invariant that did not hold."""


class Lived(RuleBasedStateMachine):
    """A case that is lived a step at a time. `watched` are the invariants that are asked after each."""

    watched: tuple[str, ...] = ALWAYS

    def __init__(self) -> None:
        super().__init__()
        self.life, self.kept, self.booked = Life(), Kept(), 0

    def take(self, issued: Issued) -> None:
        """One step; then every invariant."""
        self.life.take(issued)
        self.watch()

    def watch(self) -> None:
        if not self.life.records:
            return
        kept = {"N34": self.kept.n34, "I7": self.kept.i7}
        for name in self.watched:
            for breach in (INVARIANTS | kept)[name](self.life):
                raise Broken(f"{name}: {breach}")

    def ask(self, do: str, actor: str = "RV-07", second: str | None = None, **fields: Any) -> None:
        self.take(Issued(do, fields, actor=actor, second=second))

    def tell(self, do: str, late: int = 0, **fields: Any) -> None:
        """A fact of so many hours ago, told now."""
        now, ago = self.life.now, timedelta(hours=late)
        self.take(Issued(do, fields, later=-ago, late=ago))
        self.life.now = now

    def ago(self, hours: float) -> str:
        return (self.life.now - timedelta(hours=hours)).isoformat()

    def day(self, days: int) -> str:
        return (day_of(self.life.now) + timedelta(days=days)).isoformat()

    def begin(self, begun: tuple[Issued, ...]) -> None:
        for issued in begun:
            self.take(issued)

    @rule(hours=st.sampled_from((1, 25, 24 * 28, 24 * 180)))
    def time_passes(self, hours: int) -> None:
        self.life.now += timedelta(hours=hours)
        self.watch()

    @precondition(lambda self: self.life.case.phase is Phase.CLOSED)
    @rule(cause=st.sampled_from(ReopenCause))
    def the_case_is_opened_again(self, cause: ReopenCause) -> None:
        self.ask("reopen_case", "TL-02", cause=cause.value)
        self.tell("record_removability", answer="removable", checked_at=self.ago(0))
        self.ask("screen_vulnerability", checklist={})
        self.ask("adopt_plan", strategy="forced")
        self.ask("complete_intake")
        for _ in range(3):
            self.take(INTERVIEW)


class InCustody(Lived):
    """Detention, its clock, the wish to leave and the courts."""

    @initialize(begun=st.sampled_from((TO_MOTIVATION, TO_FORCED, TO_DETAINED)))
    def begins(self, begun: tuple[Issued, ...]) -> None:
        self.begin(begun)

    @precondition(lambda self: self.life.case.phase is not Phase.VOLUNTARY_DEPARTURE)
    @rule()
    def the_person_chooses_to_leave(self) -> None:
        self.ask("choose_voluntary_departure", statement="signed")

    @precondition(lambda self: self.life.case.phase is Phase.VOLUNTARY_DEPARTURE)
    @rule()
    def the_choice_lapses(self) -> None:
        self.ask("lapse_voluntary_departure", lapse="withdrew", heard=True)

    @rule(late=LATE)
    def a_wish_is_told(self, late: int) -> None:
        self.tell("express_wish_to_leave", late, reported_by="dji")

    @precondition(lambda self: self.life.case.wish)
    @rule(available=st.booleans())
    def the_opportunity_is_assessed(self, available: bool) -> None:
        self.ask("assess_opportunity", second="TL-02", available=available, finding="x")

    @precondition(lambda self: not self.life.case.detained)
    @rule(article=st.sampled_from(("59", "59", "59a", "59b")))
    def detention_is_ordered(self, article: str) -> None:
        self.ask("order_detention", "OFF-03", **ORDER | {"article": article})

    @rule(days=st.sampled_from((0, 1, 179, 180, 540)), late=LATE)
    def detention_is_reported(self, days: int, late: int) -> None:
        self.tell("report_detention", late, article="59", since=self.ago(24 * days + late), by="AVIM")

    @precondition(lambda self: self.life.case.detained)
    @rule(days=st.sampled_from((0, 1, 179, 360, 541)))
    def detention_is_extended(self, days: int) -> None:
        self.ask("extend_detention", "OFF-03", "TL-02", until=self.day(days), balancing="x")

    @precondition(lambda self: self.life.case.detained)
    @rule()
    def detention_is_lifted(self) -> None:
        self.ask("lift_detention", cause="purpose_gone")

    @precondition(lambda self: self.life.case.detained)
    @rule()
    def residence_is_granted(self) -> None:
        self.tell("record_residence", permit="asylum", granted_on=self.day(0))

    @rule(outcome=st.sampled_from(CourtOutcome), late=LATE)
    def a_court_decides(self, outcome: CourtOutcome, late: int) -> None:
        self.tell("record_court_decision", late, instance="rb", outcome=outcome.value)


class OnTheTrack(Lived):
    """The forced track: proposed, approved, ended and begun again, in one episode and the next."""

    @initialize(begun=st.sampled_from((UNOFFERED, TO_FORCED)))
    def begins(self, begun: tuple[Issued, ...]) -> None:
        self.begin(begun)

    @precondition(lambda self: self.life.case.phase is Phase.MOTIVATION)
    @rule(exception=st.sampled_from((None, *ForcedException)), by=st.sampled_from(("TL-02", "TL-02", "RV-07")))
    def force_is_proposed_and_approved(self, exception: ForcedException | None, by: str) -> None:
        self.tell("record_removability", answer="removable", checked_at=self.ago(0))
        more = {"exception": exception.value} if exception else {}
        self.ask("propose_forced_track", grounds=["x"], proportionality="y", **more)
        self.ask("approve_forced_track", by)

    @rule()
    def an_offer_is_made(self) -> None:
        self.ask("offer_voluntary_departure", language="ar", options=["IOM"], copy_given=True)

    @precondition(lambda self: self.life.case.phase is Phase.FORCED_DEPARTURE)
    @rule()
    def the_track_is_abandoned(self) -> None:
        self.ask("abandon_forced_track", cause="no_prospect")

    @rule(kind=st.sampled_from(("return", "transfer", "border_refusal")), term=st.sampled_from((0, 0, 7, 28)), late=LATE)
    def a_decision_is_served(self, kind: str, term: int, late: int) -> None:
        on = self.day(-(late // 24))
        self.tell("record_return_decision", late, kind=kind, decided_on=on, served_on=on, language="ar", term_days=term,
                  term_reason=None if term else "risk")  # fmt: skip

    @precondition(lambda self: self.life.case.phase is not Phase.CLOSED)
    @rule()
    def the_person_is_gone(self) -> None:
        self.ask("close_unsupervised", check={"by": "AVIM", "at": self.ago(1), "result": "gone"})


class UnderHolds(Lived):
    """Holds, bookings, and how people leave, told in any order."""

    @initialize(begun=st.sampled_from((TO_FORCED, TO_BOOKED)))
    def begins(self, begun: tuple[Issued, ...]) -> None:
        self.begin(begun)

    @rule(kind=st.sampled_from(HoldKind), hold=st.sampled_from("AB"), hours=st.sampled_from((None, 1, 29, 31, 999)), late=LATE)
    def a_hold_lands(self, kind: HoldKind, hold: str, hours: int | None, late: int) -> None:
        self.tell("place_hold", late, hold=hold, hold_kind=kind.value, until=hours and self.ago(late - hours))

    @precondition(lambda self: self.life.case.departure)
    @rule(late=LATE)
    def relief_is_told(self, late: int) -> None:
        self.tell("record_court_decision", late, instance="rb", outcome="interim_relief")

    @precondition(lambda self: self.life.case.departure)
    @rule(late=LATE)
    def a_term_is_told(self, late: int) -> None:
        on = self.day(-(late // 24))
        self.tell("record_return_decision", late, kind="return", decided_on=on, served_on=on, language="ar", term_days=28)

    @precondition(lambda self: self.life.case.holds)
    @rule(data=st.data())
    def a_hold_is_lifted(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from(sorted(self.life.case.holds)))
        self.ask("lift_hold", second="TL-02", hold=hold, basis="x")

    @precondition(lambda self: self.life.case.phase is Phase.FORCED_DEPARTURE)
    @rule()
    def a_removal_is_booked(self) -> None:
        self.booked += 1
        self.tell("record_removability", answer="removable", checked_at=self.ago(0))
        self.take(DOCUMENT)
        self.ask("book_removal", attempt=f"R{self.booked}", carrier="KL", departs_at=self.ago(-100), destination="MA")

    @precondition(lambda self: self.life.case.live_bookings())
    @rule()
    def the_person_is_handed_over(self) -> None:
        attempt = next(iter(self.life.case.live_bookings()))
        items = ("ticket", "belongings", "document", "baggage", "fit_to_fly", "medication", "health_summary", "lawyer")
        self.ask("complete_precheck", attempt=attempt, items=dict.fromkeys(items, "ok"))
        self.ask("serve_removal_notice", attempt=attempt, to=["person", "lawyer"], language="ar")
        self.life.now += timedelta(hours=100)
        self.tell("record_removability", answer="removable", checked_at=self.ago(0))
        self.ask("hand_over", attempt=attempt, form="M24-A", monitor_notified=True)

    @rule(late=LATE, proof=st.sampled_from(("m100", "m100", None)))
    def a_removal_is_told(self, late: int, proof: str | None) -> None:
        self.tell("confirm_removal", departed_at=self.ago(late), destination="MA", proof=proof)

    @rule(late=LATE, proof=st.sampled_from(("m100", None)))
    def somebody_saw_the_person_leave(self, late: int, proof: str | None) -> None:
        self.tell("confirm_supervised_departure", departed_at=self.ago(late), destination="MA", issuer="IOM", proof=proof)


class AnyCase(InCustody, OnTheTrack, UnderHolds):
    """All of it, any other step, and corrections."""

    @initialize(begun=st.sampled_from((*BEGINNINGS, UNOFFERED)))
    def begins(self, begun: tuple[Issued, ...]) -> None:
        self.begin(begun)

    @rule(issued=any_step())
    def anything(self, issued: Issued) -> None:
        self.take(issued)

    @precondition(lambda self: self.life.records)
    @rule(data=st.data())
    def something_is_corrected(self, data: st.DataObject) -> None:
        record = data.draw(st.sampled_from(self.life.records))
        field = data.draw(st.sampled_from(("occurred_at", *record.event.__struct_fields__)))
        value = self.ago(data.draw(LATE)) if field == "occurred_at" else data.draw(values(hints(type(record.event))[field]))
        self.ask("correct", event=record.version, field=field, value=value)


MACHINES: dict[type[Lived], float] = {AnyCase: 0.3, InCustody: 0.2, OnTheTrack: 0.1, UnderHolds: 0.1}
"""How many lives of each, as a part of what hypothesis would try."""


@pytest.mark.parametrize("machine", MACHINES)
def test_i1_to_i7_n30_and_n34_hold_in_every_life(machine):
    lives = int(settings().max_examples * MACHINES[machine])
    run_state_machine_as_test(machine, settings=settings(max_examples=lives, stateful_step_count=30))
