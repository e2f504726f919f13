"""`dtv demo --years`: the simulation, and its figures beside the published ones."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.render import as_json, safe, show
from dtv_workflow.cli.settings import Settings
from dtv_workflow.errors import Malformed

if TYPE_CHECKING:
    from dtv_workflow.simulation.figures import Compared
    from dtv_workflow.simulation.run import Simulated

COLUMNS = ("figure", "published", "simulated", "interval", "deviation", "judged", "note")
EARLIEST, LATEST = date(2018, 1, 1), date(2100, 1, 1)
INFLOW = 17_400
"""Arrivals of 2024: what the scale of a run is told against."""


def day_in(text: str) -> date:
    """The first day of a simulation. Raises Malformed unless it is a day on which the register has a law to go by."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Malformed("--from must be a day, such as 2024-01-01") from None
    if not EARLIEST <= day <= LATEST:
        raise Malformed(f"--from must lie between {EARLIEST} and {LATEST}")
    return day


def simulation(path: str, settings: Settings, *, cases: int, years: int, seed: int, start: date) -> None:
    """Simulate on a new store at `path` and print the figures. Raises NoStore when there is a store already."""
    from dtv_workflow.application import open_register
    from dtv_workflow.cli.projection import progress
    from dtv_workflow.simulation.figures import besides, compare
    from dtv_workflow.simulation.run import simulate

    with progress("dagen" if settings.dutch else "days") as told:
        made = simulate(path, cases=cases, years=years, seed=seed, start=start, progress=told)
    with open_register(path) as register:
        compared = compare(register, made.end, years)
        more = besides(register)
    rows = [row_of(each, settings) for each in compared]
    if settings.machine:
        click.echo(as_json(_data(made, compared, rows) | more | {"unmatched": unmatched(settings)}))
        return
    if settings.format in {"csv", "plain"}:
        show(rows, COLUMNS, settings)
        return
    for line in _head(made, settings):
        click.echo(line)
    show(rows, COLUMNS, settings._replace(format="table"))
    for line in _tail(path, more, settings):
        click.echo(line)


# ------------------------------------------------------------------ one line


def row_of(compared: Compared, settings: Settings) -> dict[str, Any]:
    """A line of the table, in words."""
    figure, unit = compared.figure, compared.figure.unit
    published = " – ".join(dict.fromkeys(_number(value, unit) for value in (figure.low, figure.high)))
    interval = "" if compared.low is None or compared.low == compared.high else (
        f"{_number(compared.low, unit)} – {_number(compared.high or 0, unit)}"
    )  # fmt: skip
    return {
        "id": figure.id,
        "figure": figure.nl if settings.dutch else figure.en,
        "published": f"{published} ({figure.year})",
        "simulated": "–" if compared.value is None else _number(compared.value, unit),
        "interval": interval,
        "deviation": "" if compared.deviation is None else _signed(compared.deviation, unit),
        "judged": _judged(compared, settings),
        "note": figure.note_nl if settings.dutch else figure.note_en,
        "source": figure.source,
    }


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{value:.0f}" if unit == "count" else f"{value:.1f}"


def _signed(value: float, unit: str) -> str:
    scaled, what = (100 * value, " pt") if unit == "share" else (value, "")
    return "0" if abs(scaled) < 0.05 else f"{scaled:+.1f}{what}"


def _judged(compared: Compared, settings: Settings) -> str:
    """Whether chance alone explains the deviation; a figure that the model was not fitted to says so."""
    if compared.value is not None and compared.low == compared.high:
        return ""
    if compared.agrees is None:
        return "niets geteld" if settings.dutch else "nothing counted"
    words = ("past", "wijkt af", "niet gefit") if settings.dutch else ("fits", "differs", "not fitted")
    said = words[0] if compared.agrees else words[1]
    return said if compared.figure.calibrated else f"{said}, {words[2]}"


# ------------------------------------------------------------------ the whole


def _data(made: Simulated, compared: list[Compared], rows: list[dict[str, Any]]) -> dict[str, Any]:
    figures = [
        {
            "id": each.figure.id, "figure": row["figure"], "unit": each.figure.unit,
            "published": {name: getattr(each.figure, name) for name in ("low", "high", "year", "source")},
            "simulated": each.value, "n": each.n, "interval": [each.low, each.high], "deviation": each.deviation,
            "agrees": each.agrees, "tolerance": each.figure.tolerance, "note": row["note"] or None,
        }
        for each, row in zip(compared, rows, strict=True)
    ]  # fmt: skip
    told = {name: getattr(made, name) for name in ("cases", "years", "seed", "start", "end", "steps", "events", "digest")}
    return {"store": str(made.path), **told, "figures": figures}


def unmatched(settings: Settings) -> list[str]:
    """What was published and cannot be matched, and why."""
    from dtv_workflow.simulation.model import calibration

    return [each.nl if settings.dutch else each.en for each in calibration().unmatched]


def _head(made: Simulated, settings: Settings) -> Iterator[str]:
    from dtv_workflow.domain.fields import day_of

    scale = INFLOW * made.years / made.cases
    first, last = day_of(made.start), day_of(made.end) - timedelta(days=1)
    if settings.dutch:
        said = f"{made.cases} verzonnen zaken van {first} tot en met {last}, schaal 1 : {scale:.0f}"
        counts = f"{made.steps} stappen, {made.events} gebeurtenissen, log {made.digest[:12]}"
    else:
        said = f"{made.cases} made-up cases from {first} to {last}, scale 1 : {scale:.0f}"
        counts = f"{made.steps} steps, {made.events} events, log {made.digest[:12]}"
    yield click.style(f"{safe(str(made.path))}: {said}", bold=True)
    yield f"{counts} (seed {made.seed})"
    yield ""


def _tail(path: str, more: dict[str, dict[str, int]], settings: Settings) -> Iterator[str]:
    yield ""
    yield FITS[settings.dutch]
    yield ""
    for name, counted in more.items():
        yield f"{MORE[name][settings.dutch]}: {', '.join(f'{code} {n}' for code, n in counted.items()) or '–'}"
    yield ""
    title = "wat niet kan kloppen, en waarom" if settings.dutch else "what cannot be matched, and why"
    yield click.style(title, bold=True)
    yield from (f"  - {line}" for line in unmatched(settings))
    yield ""
    yield f"export DTV_STORE={shlex.quote(safe(path))}"


FITS = (
    "fits: the published figure lies in the interval (95 %, by chance alone); with few cases that is wide.",
    "past: het gepubliceerde cijfer ligt in het interval (95 %, door toeval alleen); bij weinig zaken is dat breed.",
)
MORE = {
    "refusals": ("refused", "geweigerd"),
    "incidents": ("incidents", "incidenten"),
    "cancelled": ("bookings cancelled, by cause", "boekingen geannuleerd, naar oorzaak"),
    "lifted": ("detentions lifted, by cause", "bewaringen opgeheven, naar oorzaak"),
    "laissez_passer": ("laissez-passers", "laissez-passers"),
}
"""In English and in Dutch."""
