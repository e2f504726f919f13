"""The desk of the simulation: supervisors with so many hours in a day, who look at a case, do what comes next, and look again.

What comes next follows from the case as the log has it and from the engine's own deadlines. When the law refuses, the officer
does what the cure says, or waits until it can be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from dtv_workflow.answers import Answer
from dtv_workflow.domain.vocabulary import Phase
from dtv_workflow.simulation.acts import Act, answering, guidance, intake, leaving, supervisor
from dtv_workflow.simulation.force import detention, force, proposing
from dtv_workflow.simulation.partners import address, ask_check, cancel, decide, reception
from dtv_workflow.simulation.world import Life, Town

SOON = timedelta(days=1)


class Desk:
    """The supervisors and what each of them is busy with."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.busy: dict[str, datetime] = {}
        town.attend = self.attend

    def attend(self, life: Life, when: datetime) -> None:
        """Have somebody look at a case, at the next working hour."""
        when = self.town.working(max(when, self.town.now))
        if life.visit is None or when < life.visit:
            life.visit = when
            self.town.at(when, lambda: self._visit(life, when))

    def _visit(self, life: Life, planned: datetime) -> None:
        if life.visit != planned or not life.open:
            return
        town = self.town
        life.visit = None
        who = life.case.supervised.supervisor if life.case.supervised else "TL-01"
        if self.busy.get(who, town.now) > town.now and not pressing(life):
            self.attend(life, self.busy[who])
            return
        act = next(self._acts(life), None)
        if act is None:
            self.attend(life, self._again(life))
            return
        answer = town.take(life, act.who, act.step, second=act.second, **act.fields)
        if answer.status == "done":
            life.refused.pop(act.step, None)
            if act.then is not None:
                act.then(town, life)
        else:
            self._refused(life, act, answer)
        minutes = town.model.minutes.get(act.step, town.model.minutes["other"])
        free = town.working(town.now + timedelta(minutes=minutes))
        self.busy[who] = max(self.busy.get(who, town.now), free)
        self.attend(life, free)

    def _acts(self, life: Life) -> Iterator[Act]:
        """What can be done now, most pressing first."""
        town, phase = self.town, life.case.phase
        yield from answering(town, life)
        yield from detention(town, life)
        if phase is Phase.INTAKE:
            yield from intake(town, life)
        elif phase is Phase.VOLUNTARY_DEPARTURE:
            yield from leaving(town, life)
        else:
            yield from force(town, life)
            yield from guidance(town, life)
            if phase is Phase.MOTIVATION:
                yield from proposing(town, life)
        self._due(life)

    def _due(self, life: Life) -> None:
        """What the engine's deadlines ask of a partner: an answer after a hold has ended, or one that went stale."""
        town = self.town
        for deadline in town.running(life):
            if deadline.due > town.now:
                break
            if deadline.proposes == "record_removability":
                ask_check(town, life)
        accepted = life.case.dublin
        if accepted and town.today > accepted.latest_transfer_on and life.case.detained is None:
            life.tray.setdefault("close", "transferred")  # from then on the case is the IND's

    def _again(self, life: Life) -> datetime:
        """When to look again without being asked: before the next deadline of the case, or when a refused step may be tried."""
        town = self.town
        running = town.running(life)
        due = [d.due - SOON for d in running if d.due - SOON > town.now + SOON]
        waits = [when for when in life.not_before.values() if when > town.now]
        usual = town.now + timedelta(days=town.model.days["look"])
        return min([*due, *waits, usual])

    # ---------------------------------------------------------------- when the law refuses

    def _refused(self, life: Life, act: Act, answer: Answer) -> None:
        """Do what the cure says; where nothing can be done yet, wait."""
        town, codes = self.town, answer.receipt.codes
        life.refused[act.step] = often = life.refused.get(act.step, 0) + 1
        if act.step == "choose_voluntary_departure":
            life.tray["statement"] = act.fields["statement"]
        if act.step == "book_removal":
            life.attempts -= 1
        lifts = " ".join(refusal.lifts for refusal in answer.refusals())
        for step, follow in CURES.items():
            if step in lifts:
                follow(town, life)
        if {"N10", "N55"} & set(codes) and act.step in {"serve_removal_notice", "complete_precheck"}:
            cancel(town, life, act.fields["attempt"], "notice_missed", "checked")  # the flight cannot be made any more
            return
        wait = max(WAITS.get(code, 0) for code in codes) + 7.0 * (often - 1)
        term = life.case.term_ends()
        ends = [hold.until for hold in life.case.open_holds(town.now).values() if hold.until is not None]
        known = [when for when in (*ends, term) if when is not None and when > town.now]
        when = town.now + timedelta(days=wait)
        if "N02" in codes and known:
            when = max(when, max(known))
        if wait or "N02" in codes:
            life.not_before[act.step] = when


def pressing(life: Life) -> bool:
    """Whether a colleague takes over when the supervisor is busy: somebody is detained, is about to fly, or wishes to leave."""
    case = life.case
    return case.detained is not None or bool(case.live_bookings()) or (case.wish is not None and not case.wish.assessed)


def decided_anew(town: Town, life: Life) -> None:
    """A term that was withheld without reasons: the IND takes the decision again, with them."""
    if life.case.decision and life.case.decision.term_days == 0:
        decide(town, life)


def guardian_told(town: Town, life: Life) -> None:
    """The guardian hears of the decision and of what is intended."""
    town.take(life, supervisor(life), "inform_guardian", guardian="Testpersoon Nidos", how="telefonisch en per brief")


CURES: dict[str, Callable[[Town, Life], None]] = {
    "record_removability": ask_check,
    "record_return_decision": decided_anew,
    "establish_reception": reception,
    "inform_guardian": guardian_told,
    "--check": address,
}
"""What an officer does when a refusal's cure names a step that is not the one refused, or that a partner has to prepare. What is
not here is put right in the next attempt, or waited for."""

WAITS = {"N02": 1, "N03": 10, "N04": 0.2, "N20": 14, "N42": 14, "N45": 5, "N46": 0.2, "N52": 10, "N09": 10, "N18": 3, "N61": 1,
         "N24": 1, "N10": 30, "N55": 30, "N63": 30, "N15": 400, "N17": 400, "N05": 60, "N06": 7, "N22": 2, "N50": 1}  # fmt: skip
"""How many days an officer waits before asking again, by what refused; what is not here can be put right at once."""

