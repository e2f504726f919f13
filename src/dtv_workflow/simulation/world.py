"""The simulated world: a clock, what is still to come on it, and every step as it goes through the real register.

A discrete-event loop: a heap of (time, sequence, what). Nothing here knows the law. Whatever somebody wants or tells goes to the
register as it would on any other day, and the case is read back from the log before anybody acts on it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

import msgspec

from dtv_workflow.answers import Answer, stream_of
from dtv_workflow.application import Register
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.deadlines import Deadline, deadlines
from dtv_workflow.domain.fields import AMSTERDAM, day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.reading import read_envelope, read_step
from dtv_workflow.domain.record import CORRECTION_TOPIC, fold
from dtv_workflow.domain.vocabulary import Phase
from dtv_workflow.processes.cloudevents import type_of_fact
from dtv_workflow.processes.inbox import Received, receive
from dtv_workflow.processes.partners import Partner, PartnerKind, Partners
from dtv_workflow.simulation.model import Model, Person

OPENS, CLOSES = 9, 17
SATURDAY = 5


class Life:
    """One person in the world: what is true of them, what the desk has in its tray, and the case as the log has it."""

    def __init__(self, person: Person, rng: Random) -> None:
        self.person, self.rng = person, rng
        self.id, self.case = "", DepartureCase()
        self.gone = False
        """Vanished. Nobody at the desk knows before somebody looks."""
        self.visit: datetime | None = None
        self.asked: set[str] = set()
        """The questions to partners that wait for an answer."""
        self.tray: dict[str, str] = {}
        """What partners told that no facet keeps: the basis for a hold to be lifted, an address check."""
        self.not_before: dict[str, datetime] = {}
        """Steps that the law refused and that nobody tries again before that."""
        self.refused: dict[str, int] = {}
        """How often in a row a step was refused."""
        self.tried: set[str] = set()
        """What was decided or done once in this case, and is not again."""
        self.attempts = 0
        self.running: tuple[tuple[int, datetime] | None, list[Deadline]] = (None, [])
        self.timed, self.due = 0, datetime.max.replace(tzinfo=UTC)
        """Of which version of the case it is known when its timers have something to tell, and when."""

    @property
    def open(self) -> bool:
        """Whether the case stands open."""
        return bool(self.id) and self.case.phase is not Phase.CLOSED


SOURCE = "urn:nld:oin:00000000000000000000:systeem:{}"
PARTNERS = Partners(
    partners={
        key: Partner(
            key=key, name=key, kind=PartnerKind.CHAIN, sources=(SOURCE.format(key),), reports="*", actor=f"{key.upper()}-bericht"
        )
        for key in ("ind", "avim", "kmar", "dji", "coa", "iom", "rb", "dia", "bvv", "person", "lawyer", "ngo", "police",
                    "om", "gza", "ggd", "ehrm")
    }
)
"""The chain, as the simulated register is configured: everybody may report everything."""


class Town:
    """The clock, the agenda and the register. Times are in UTC; the day's work is that of Europe/Amsterdam."""

    def __init__(self, register: Register, model: Model, rng: Random, start: datetime, end: datetime) -> None:
        self.register, self.model, self.rng = register, model, rng
        self.start, self.now, self.end = start, start, end
        self.lives: list[Life] = []
        self.supervisors: tuple[str, ...] = ()
        self.steps = 0
        self.attend: Callable[[Life, datetime], None] = lambda life, when: None
        """Set by the desk: have its supervisor look at a case."""
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._sequence = 0
        register.run_on(lambda: self.now)

    def at(self, when: datetime, what: Callable[[], None]) -> None:
        """Put something on the agenda; what lies after the end never happens."""
        if when < self.end:
            self._sequence += 1
            heapq.heappush(self._agenda, (max(when, self.now), self._sequence, what))

    def after(self, days: float, what: Callable[[], None]) -> None:
        """Put something on the agenda so many days from now."""
        self.at(self.now + timedelta(days=days), what)

    def run(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Let everything happen in its order, until the end."""
        whole, told = (self.end - self.start).days, -1
        while self._agenda:
            self.now, _, what = heapq.heappop(self._agenda)
            day = (self.now - self.start).days
            if progress is not None and day != told:
                progress(told := day, whole)
            what()
        self.now = self.end

    # ---------------------------------------------------------------- through the register

    def take(
        self, life: Life, who: tuple[str, str], step: str, *, at: datetime | None = None, source: str | None = None,
        second: str | None = None, **fields: Any,
    ) -> Answer:  # fmt: skip
        """Ask the register for a step, as (actor, role), and read the case back. `at`: when it happened, if that was earlier."""
        self.steps += 1
        named = {"source": source, "second": second, "at": at.isoformat() if at else None}
        told = {key: value for key, value in named.items() if value is not None}
        envelope = {"actor": who[0], "role": who[1], "recorded_at": self.now.isoformat(), "request_id": f"sim:{self.steps}"}
        answer = self.register.answer(read_step(step, fields), life.id or None, read_envelope(envelope | told))
        if answer.case is not None:
            life.id = answer.case
            self.read(life)
        return answer

    def tell(self, life: Life, partner: str, step: str, *, at: datetime | None = None, **fields: Any) -> Received:
        """A partner's message about a case, as a CloudEvent through the inbox: a fact, once."""
        self.steps += 1
        told = {
            "specversion": "1.0", "id": f"{partner}-{self.steps}", "source": SOURCE.format(partner.lower()),
            "type": type_of_fact(step), "subject": life.id, "time": self.now,
            "datacontenttype": "application/json", "data": {"at": at or self.now, "fields": fields},
        }  # fmt: skip
        received = receive(self.register, PARTNERS, msgspec.json.encode(told))
        self.read(life)
        return received

    def read(self, life: Life) -> None:
        """The case as the log has it now: only what is new is read, unless a correction changes what was."""
        register, stream = self.register, stream_of(life.id)
        events = register.store.recorder.select_events(stream, gt=life.case.version)
        new = [register.mapper.to_domain_event(event) for event in events]
        corrected = any(record.event.TOPIC == CORRECTION_TOPIC for record in new)
        life.case = register.case(life.id) if corrected else fold(new, life.case)

    def running(self, life: Life) -> list[Deadline]:
        """The deadlines that run for a case now, soonest first."""
        key = (life.case.version, self.now)
        if life.running[0] != key:
            life.running = (key, deadlines(life.case, in_force(self.today), self.now))
        return life.running[1]

    # ---------------------------------------------------------------- the calendar

    @property
    def today(self) -> date:
        """The calendar day in Europe/Amsterdam."""
        return day_of(self.now)

    def clock(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A time of day in Europe/Amsterdam, in UTC."""
        return datetime.combine(day, time(hour, minute), AMSTERDAM).astimezone(UTC)

    def working(self, when: datetime) -> datetime:
        """The same moment, or the next one at which the desk works."""
        local = when.astimezone(AMSTERDAM)
        day = local.date()
        if local.hour >= CLOSES:
            day += timedelta(days=1)
        if day.weekday() >= SATURDAY:
            day += timedelta(days=7 - day.weekday())
        opens = self.clock(day, OPENS)
        return max(when, opens)

    def workday(self, days: float, hour: int = OPENS) -> datetime:
        """A working day so many days from now, at an hour."""
        day = day_of(self.working(self.now + timedelta(days=days)))
        return max(self.clock(day, hour), self.now)
