"""The model of the simulation: its numbers, from `calibration.toml`, and people who do not exist, drawn from them.

A person arrives with what is theirs (a country, papers, a will) and with nothing that says how the case will end.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from importlib import resources
from random import Random
from typing import Any, NamedTuple

import msgspec

YEAR = 365
STONES = ("Amber", "Basalt", "Kwarts", "Ágata", "Jáspis", "Опал", "Янтарь", "عقيق", "فيروز", "琥珀", "玉", "Oltutaşı", "Ἴασπις")


class Country(msgspec.Struct, frozen=True):
    """Where people come from: their share of the arrivals by source, and how its embassy answers."""

    language: str
    share: float
    police: float
    recognises: float


class Source(msgspec.Struct, frozen=True):
    """Who hands people over, and what is then likely true of them. Chances, and factors on the rates."""

    share: float
    regime: str
    channel: str
    men: float
    passport: float
    detained: float
    appeal: float
    withheld: float
    will: float
    flight: float


class Procedure(msgspec.Struct, frozen=True):
    """One kind of hold: how likely, who tells of it, how long it lasts on average, and how often it ends in the person's favour
    (of which `annulled` by a court, the rest by residence)."""

    weight: float
    partner: str
    days: float
    merit: float = 0.0
    annulled: float = 0.0


class Model(msgspec.Struct, frozen=True):
    """Every number of the model. Rates are per day, chances between 0 and 1, delays in days."""

    source: dict[str, Source]
    country: dict[str, Country]
    member_states: tuple[str, ...]
    rate: dict[str, float]
    factor: dict[str, float]
    chance: dict[str, float]
    days: dict[str, float]
    minutes: dict[str, int]
    hold: dict[str, Procedure]
    cancelled_before: dict[str, float]
    cancelled_gate: dict[str, float]

    @property
    def hold_weights(self) -> dict[str, float]:
        """How likely each kind of hold is among those that come by themselves."""
        return {kind: held.weight for kind, held in self.hold.items() if held.weight}


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One published figure: from `low` to `high` (the same where one number was published), its year and source."""

    id: str
    en: str
    nl: str
    low: float
    high: float
    unit: str
    year: str
    source: str
    note_en: str = ""
    note_nl: str = ""
    tolerance: float | None = None

    @property
    def calibrated(self) -> bool:
        """Whether the model was fitted to it: it then says how far off a run of some 400 cases may be."""
        return self.tolerance is not None


class Unmatched(msgspec.Struct, frozen=True):
    """Something published that the simulation cannot match, and why."""

    en: str
    nl: str


class Calibration(msgspec.Struct, frozen=True):
    """The whole file: the model, what it is compared with, and what it cannot match."""

    model: Model
    figure: tuple[Figure, ...]
    unmatched: tuple[Unmatched, ...]


@cache
def calibration() -> Calibration:
    """The numbers that come with the package."""
    text = (resources.files(__package__) / "calibration.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Calibration)


# ------------------------------------------------------------------ people


class Person(NamedTuple):
    """Somebody who does not exist. `will` and `flight` are factors on the wish to leave and on vanishing."""

    number: int
    name: str
    born: date
    country: str
    language: str
    sex: str
    v_number: str
    authority: str
    channel: str
    regime: str
    member_state: str
    passport: bool
    minor: bool
    will: float
    flight: float
    claim: float

    @property
    def bound_for(self) -> str:
        """The country of destination."""
        return self.member_state if self.regime == "dublin" else self.country


def picked(rng: Random, weights: Mapping[str, float]) -> str:
    """One of the names, as likely as its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def made_up(number: int, model: Model, seed: int, arrives: date) -> Person:
    """Somebody who does not exist, and looks it. The same number and seed give the same person."""
    rng = Random(f"{seed}/{number}/person")  # noqa: S311
    authority = picked(rng, {name: source.share for name, source in model.source.items()})
    source = model.source[authority]
    weights = {c: country.police if authority == "police" else country.share for c, country in model.country.items()}
    country = picked(rng, weights)
    dublin = authority == "IND" and rng.random() < model.chance["dublin"]
    minor = rng.random() < model.chance["minor"]
    age = rng.uniform(15, 17.8) if minor else rng.triangular(18.5, 62, 25)
    return Person(
        number=number,
        name=f"Testpersoon {STONES[number % len(STONES)]}-{number:05}",
        born=arrives - timedelta(days=int(age * YEAR)),
        country=country,
        language=model.country[country].language,
        sex="m" if rng.random() < source.men else "f",
        v_number=f"98{seed % 1000:03}{number:06}",
        authority=authority,
        channel=source.channel,
        regime="dublin" if dublin else source.regime,
        member_state=rng.choice(model.member_states),
        passport=rng.random() < source.passport,
        minor=minor,
        will=source.will * varied(rng) * (model.factor["will_dublin"] if dublin else 1),
        flight=source.flight * varied(rng) * (model.factor["flight_dublin"] if dublin else 1),
        claim=varied(rng),
    )


def varied(rng: Random) -> float:
    """A factor with mean 1: people differ."""
    return rng.gammavariate(2, 0.5)


def checklist(**answers: Any) -> dict[str, str]:
    """The vulnerability checklist, answered."""
    return dict.fromkeys(("trafficking", "medical", "pregnancy", "minor", "family", "other"), "none") | answers
