"""A year in the life: a discrete-event simulation that drives the real register, calibrated to what was published.

People arrive, vanish, wish, apply; partners answer; a desk with so many hours works on what the engine's deadlines ask and what
the law leaves room for. Every step goes through the register, on a training store with the simulation's clock. How the cases end
is not cast: it emerges. The same seed gives the same log.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from dtv_workflow.application import Register, create_register
from dtv_workflow.domain.chapters.records import CommandRefused, IntegrityIncidentRaised
from dtv_workflow.domain.expiry import next_moment
from dtv_workflow.domain.fields import first_moment
from dtv_workflow.processes.timers import fire
from dtv_workflow.simulation.desk import Desk
from dtv_workflow.simulation.model import Model, calibration, made_up
from dtv_workflow.simulation.partners import arrive
from dtv_workflow.simulation.world import Life, Town

STARTS = date(2024, 1, 1)
PAGE = 5_000

Progress = Callable[[int, int], None]


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: the period, how many arrived, what was asked of the register and how much it holds now."""

    path: Path
    cases: int
    years: int
    seed: int
    start: datetime
    end: datetime
    steps: int
    events: int
    digest: str


def simulate(
    path: Path | str, *, cases: int, years: int, seed: int = 1, start: date = STARTS, model: Model | None = None,
    progress: Progress | None = None,
) -> Simulated:  # fmt: skip
    """Make a training store at `path` and let so many cases arrive in so many years. Raises NoStore when there is one already."""
    begin, finish = first_moment(start.isoformat()), first_moment(later(start, years).isoformat())
    with create_register(path, training=True, actor="TL-01", clock=lambda: begin) as register:
        rng = Random(f"{seed}/town")  # noqa: S311
        town = Town(register, model or calibration().model, rng, begin, finish)
        Desk(town)
        _staff(town, cases / years)
        _arrivals(town, cases, seed)
        _each_day(town)
        town.run(progress)
        return Simulated(
            path=Path(path), cases=cases, years=years, seed=seed, start=begin, end=finish, steps=town.steps,
            events=register.store.recorder.max_notification_id() or 0, digest=digest(register),
        )  # fmt: skip


def later(start: date, years: int) -> date:
    """The same day so many years later; 1 March for 29 February where there is none."""
    leap = (start.month, start.day) == (2, 29)
    return date(start.year + years, 3, 1) if leap else start.replace(year=start.year + years)


def _staff(town: Town, a_year: float) -> None:
    """As many supervisors as the caseload asks for."""
    stock = a_year * STAY
    town.supervisors = tuple(f"RV-{n:03}" for n in range(1, 2 + math.ceil(stock / town.model.days["caseload"])))


STAY = 0.6
"""Years a case is open on average: 10,440 open cases on 17,400 arrivals a year."""


def _arrivals(town: Town, cases: int, seed: int) -> None:
    """Arrivals spread evenly over the period, in working hours."""
    span = (town.end - town.start) / timedelta(days=1)
    for number, day in enumerate(sorted(town.rng.uniform(0, span) for _ in range(cases)), 1):
        when = min(town.working(town.start + timedelta(days=day)), town.end - timedelta(minutes=cases - number + 1))
        person = made_up(number, town.model, seed, (town.start + timedelta(days=day)).date())
        life = Life(person, Random(f"{seed}/{number}/life"))  # noqa: S311
        town.lives.append(life)
        town.at(when, lambda life=life: arrive(town, life))  # type: ignore[misc]


def _each_day(town: Town) -> None:
    """Early every day the engine's timers fire, and somebody looks at the cases of which they told something."""

    def fires() -> None:
        for life in town.lives:
            if not life.open:
                continue
            if life.timed != life.case.version:
                life.timed, life.due = life.case.version, next_moment(life.case, town.now) or town.end
            if life.due <= town.now and fire(town.register, [life.id], town.now).fired:
                town.read(life)
                town.attend(life, town.now)
        town.at(town.clock(town.today + timedelta(days=1), EARLY), fires)

    town.at(town.clock(town.today, EARLY), fires)


EARLY = 6
"""The hour at which the timers are run."""


# ------------------------------------------------------------------ the same seed, the same log


def digest(register: Register) -> str:
    """A fingerprint of the log, without what is random in it: cases by their order of opening, what happened, when, and codes."""
    recorder, seen, hashed, position = register.store.recorder, dict[str, int](), hashlib.sha256(), 1
    while page := recorder.select_notifications(position, PAGE):
        for stored in page:
            record = register.mapper.to_domain_event(stored, unseal=False)
            number = seen.setdefault(record.originator_id, len(seen))
            event = record.event
            codes = event.codes if isinstance(event, CommandRefused) else ()
            codes = (event.code,) if isinstance(event, IntegrityIncidentRaised) else codes
            when = (record.occurred_at, record.recorded_at)
            line = (number, record.version, event.TOPIC, *when, record.actor, codes)
            hashed.update(msgspec.json.encode(line))
        position = (page[-1].id or 0) + 1
    return hashed.hexdigest()
