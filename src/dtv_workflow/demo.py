"""The demo: a training store of fictitious cases in DT&V's published mix of 2024, made by taking every step on the real register.

`plan` puts the stories on a calendar that ends now; it is pure, and the same seed gives the same steps. `make_demo` runs the plan
as a batch file, in the order of time, and notes every line that did not come out as its story says. Everybody in it is made up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.application import create_register
from dtv_workflow.batch import Script
from dtv_workflow.demo_stories import (
    NOTHING,
    Beat,
    Fields,
    Person,
    Story,
    decided,
    detained,
    flight,
    forced,
    guidance,
    independent,
    intake,
    merged,
    opening,
    otherwise,
    papers,
    residence,
    track,
    unsupervised,
)
from dtv_workflow.domain.fields import AMSTERDAM, day_of

YEAR = 365
CLOSED = 0.62
"""The share of cases that have ended by now; the rest stands somewhere in its story."""

ENDINGS: dict[str, tuple[float, Story]] = {
    "independent_supervised": (0.20, independent),
    "forced": (0.18, forced),
    "unsupervised": (0.36, unsupervised),
    "residence": (0.16, residence),
    "other": (0.10, otherwise),
}
"""Ended cases of 2024 by ending, Dublin transfers among the forced (DT&V; the last two are its 26 % of other endings)."""

SOURCES = {"IND": 0.64, "police": 0.16, "kmar": 0.05, "other": 0.15}
DUBLIN = 2
"""Every second handover of the IND is a Dublin case."""

COUNTRIES = {
    "SY": (14, "ar"), "DZ": (12, "ar"), "MA": (12, "ar"), "TR": (11, "tr"), "NG": (8, "en"), "IQ": (5, "ku"), "IR": (5, "fa"),
    "AF": (4, "fa"), "SO": (4, "so"), "GE": (4, "ka"), "MD": (4, "ro"), "EG": (4, "ar"), "TN": (3, "ar"), "CN": (3, "zh"),
    "IN": (3, "hi"), "GH": (3, "en"), "XX": (1, "ar"),
}  # fmt: skip
STONES = ("Amber", "Basalt", "Kwarts", "Ágata", "Jáspis", "Опал", "Янтарь", "عقيق", "فيروز", "琥珀", "玉", "Oltutaşı", "Ἴασπις")


class Cast(NamedTuple):
    """A story with its place in the calendar: ended some time ago, somewhere on its way, or `age` days old today."""

    story: Story
    ended: bool = False
    age: int | None = None


class Plan(NamedTuple):
    """Batch lines in the order in which they are recorded, and the ending each closed case was cast for."""

    lines: list[Fields]
    endings: dict[str, str]


class Demo(msgspec.Struct, frozen=True, kw_only=True):
    """What was made. `surprises` is empty unless a step did not come out as its story says."""

    path: Path
    cases: int
    steps: int
    events: int
    refused: int
    incidents: int
    show: str
    """A closed case worth showing the log of."""
    explain_case: str
    explain_step: str
    explain_codes: tuple[str, ...]
    """A refused step worth explaining, and the codes that refused it."""
    surprises: tuple[str, ...] = ()


# ------------------------------------------------------------------ featured: what a desk meets in the first week


def wish_in_detention(p: Person) -> Iterator[Beat]:
    """The top of the worklist: somebody in detention wants to leave, and nobody has answered yet."""
    yield from intake(p)
    yield from guidance(p)
    yield from detained(p, 48, "59")
    yield p.told(57, "DJI", "express_wish_to_leave", reported_by="dji")._replace(any_day=True, hour=16)
    since = (p.opened + timedelta(days=57)).isoformat()
    moved = p.told(57, "DJI", "report_detention", article="59", since=since, by="DJI")
    yield moved._replace(any_day=True, hour=17, expect="incident:N18,N64")


def wish_at_the_desk(p: Person) -> Iterator[Beat]:
    """Not detained, and a day is what the desk has to answer."""
    yield from intake(p)
    yield from guidance(p, interviews=1)
    yield p.told(19, "IOM", "express_wish_to_leave", reported_by="iom")._replace(any_day=True)


def unread_message(p: Person) -> Iterator[Beat]:
    """A message nobody understood stops the flight until somebody answers for it; another says what an earlier one denied."""
    p = p._replace(turn=5)
    yield from forced_until(p, 42)
    yield from flight(p, "R1", 50, 66)
    hold = p.told(59, "RB", "place_hold", hold="B1", hold_kind="unresolved_procedural_message")
    yield hold._replace(any_day=True)
    other = p.told(60, "AVIM", "flag_message", message="AVIM-4711", why="contradicts")
    yield other._replace(any_day=True)


def flight_soon(p: Person) -> Iterator[Beat]:
    """Departure in three days: checked, and the notice forgotten."""
    p = p._replace(turn=9)
    yield from forced_until(p, 42)
    yield from detained(p, 44, "59")
    yield from flight(p, "R1", 49, 62)


def forced_until(p: Person, day: int) -> Iterator[Beat]:
    yield from intake(p)
    yield from merged(guidance(p), papers(p))
    yield from track(p, day)


def medical_alert(p: Person) -> Iterator[Beat]:
    yield from intake(p, special=True, screened=NOTHING | {"medical": "yes"})
    yield p.spoken(8, "first")


def court_not_told(p: Person) -> Iterator[Beat]:
    """Detained by the police before the handover; the court's day 28 comes near."""
    yield opening(p)
    since: Fields = {"article": "59", "since": p.opened.isoformat(), "by": "AVIM"}
    yield p.told(1, "AVIM", "report_detention", **since)
    yield p.tl(2, "assign_supervisor", supervisor=p.supervisor)
    yield from decided(p, 2)


def minor(p: Person) -> Iterator[Beat]:
    """An unaccompanied minor: a special supervisor, a guardian, and an entry ban that should not have been."""
    p = p._replace(born=p.opened - timedelta(days=16 * YEAR), regime="return_directive")
    yield opening(p)
    status: Fields = {"minor": True, "guardian": "Testpersoon Nidos", "unaccompanied": True}
    yield p.told(1, "IND", "establish_minority", **status)
    yield p.tl(2, "assign_supervisor", supervisor=p.supervisor)._replace(expect="refused:N37")
    yield p.tl(2, "assign_supervisor", supervisor="RV-09", special=True)
    yield from (beat._replace(expect="incident:N27") for beat in decided(p, 3, entry_ban_years=2))
    yield p.sv(4, "inform_guardian", guardian="Testpersoon Nidos", how="telefonisch en per brief")
    yield p.told(9, "IND", "establish_reception", adequate=False, country=p.citizenship)


def parent(p: Person) -> Iterator[Beat]:
    yield from intake(p)
    yield from guidance(p, interviews=1)


def child(p: Person) -> Iterator[Beat]:
    """Linked to the parent's case, which is the one before; the family's unity was assessed."""
    p = p._replace(born=p.opened - timedelta(days=9 * YEAR), regime="return_directive")
    yield from intake(p, special=True)
    status: Fields = {"minor": True, "guardian": "Testpersoon (ouder)", "unaccompanied": False}
    yield p.told(7, "IND", "establish_minority", **status)
    yield p.sv(8, "link_family", cases=[label(p.number - 1)], assessment="gezin vertrekt samen")


def reappeared(p: Person) -> Iterator[Beat]:
    """Gone without a trace, closed, back at the gate a month later: a second episode."""
    p = p._replace(turn=1)
    *vanished, closed = unsupervised(p)
    yield from (beat for beat in vanished if beat.day < closed.day)
    yield closed
    yield p.ilc(closed.day + 30, "reopen_case", cause="reappeared")
    yield p.tl(closed.day + 31, "assign_supervisor", supervisor=p.supervisor)


def corrected(p: Person) -> Iterator[Beat]:
    """Unknown citizenship until a passport turns up; an interview written up after the weekend; handed over a second time."""
    p = p._replace(citizenship="XX", authority="IND")
    yield from intake(p)
    yield opening(p._replace(authority="police"))._replace(day=7, expect="refused:N36")
    yield p.spoken(9, "first")._replace(late=3, reason="Gehouden op locatie zonder verbinding; uitgewerkt na terugkomst.")
    right = p.sv(20, "correct", event=2, field="citizenship", value="MA")
    yield right._replace(reason="Origineel paspoort ontvangen van het bureau documenten.")


FEATURED = (
    Cast(wish_in_detention, age=58),
    Cast(wish_at_the_desk, age=20),
    Cast(unread_message, age=61),
    Cast(flight_soon, age=59),
    Cast(medical_alert, age=12),
    Cast(court_not_told, age=23),
    Cast(minor, age=40),
    Cast(parent, age=30),
    Cast(child, age=30),
    Cast(reappeared, age=130),
    Cast(corrected, age=33),
)

# ------------------------------------------------------------------ the plan


def plan(cases: int, seed: int, now: datetime) -> Plan:
    """Every line of the demo. Pure: the same arguments give the same lines."""
    rng = Random(seed)  # noqa: S311
    lines: list[tuple[datetime, int, int, Fields]] = []
    endings: dict[str, str] = {}
    authorities, regimes = _sources(cases, rng)
    for number, (ending, cast) in enumerate(_cast(cases, rng)):
        some = made_up(number, seed, now, authorities[number], regimes[number])
        length = max(beat.day + beat.late for beat in cast.story(_again(some, seed)))
        age = cast.age if cast.age is not None else _age(cast, length, rng)
        p = _again(some, seed)._replace(opened=day_of(now) - timedelta(days=age))
        if cast.ended:
            endings[p.label] = ending
        told = list(_dated(p, cast.story(p), now))
        lines += [(when, number, n, line) for n, (when, line) in enumerate(told)]
    return Plan([line for *_, line in sorted(lines, key=lambda item: item[:3])], endings)


def label(number: int) -> str:
    """How the batch calls a case before the register has named it."""
    return f"demo-{number:03}"


def _cast(cases: int, rng: Random) -> list[tuple[str, Cast]]:
    """The featured cases, then ended and running ones, each with the endings in their published shares."""
    ended = round(cases * CLOSED)
    shares = {ending: share for ending, (share, _) in ENDINGS.items()}
    featured = [("", cast) for cast in FEATURED[: max(0, cases - ended)]]
    done = [(ending, Cast(ENDINGS[ending][1], ended=True)) for ending in _dealt(shares, ended, rng)]
    running = [(ending, Cast(ENDINGS[ending][1])) for ending in _dealt(shares, cases - ended - len(featured), rng)]
    return [*featured, *done, *running]


def _sources(cases: int, rng: Random) -> tuple[list[str], list[str]]:
    authorities = _dealt(SOURCES, cases, rng)
    regimes, seen = [], 0
    for authority in authorities:
        seen += authority == "IND"
        dublin = authority == "IND" and seen % DUBLIN == 0
        regimes.append("dublin" if dublin else "border_refusal" if authority == "kmar" else "return_directive")
    return authorities, regimes


def _dealt(shares: dict[str, float], count: int, rng: Random) -> list[str]:
    """So many of each as its share says (largest remainders), shuffled."""
    wanted = {name: share * count for name, share in shares.items()}
    dealt = {name: int(number) for name, number in wanted.items()}
    for name in sorted(shares, key=lambda n: dealt[n] - wanted[n])[: count - sum(dealt.values())]:
        dealt[name] += 1
    cards = [name for name, number in dealt.items() for _ in range(number)]
    rng.shuffle(cards)
    return cards


def _age(cast: Cast, length: int, rng: Random) -> int:
    if cast.ended:
        return length + rng.randrange(4, max(5, YEAR - length))
    return 1 + int(length * rng.uniform(0.02, 0.92))


def made_up(number: int, seed: int, now: datetime, authority: str, regime: str) -> Person:
    """Somebody who does not exist, and looks it."""
    rng = Random(f"{seed}/{number}/person")  # noqa: S311
    country = rng.choices(list(COUNTRIES), [weight for weight, _ in COUNTRIES.values()])[0]
    born = day_of(now) - timedelta(days=int(rng.triangular(19, 62, 26) * YEAR) + rng.randrange(YEAR) + YEAR)
    first, second = rng.sample(("TL-01", "TL-02", "TL-03"), 2)
    return Person(
        label=label(number),
        number=number,
        name=f"Testpersoon {STONES[number % len(STONES)]}-{number:03}",
        born=born,
        citizenship=country,
        sex=rng.choices(("m", "f", "x"), (78, 21, 1))[0],
        language=COUNTRIES[country][1],
        v_number=f"99{seed % 1000:03}{number:05}",
        authority=authority,
        regime=regime,
        opened=day_of(now),
        turn=number,
        supervisor=f"RV-{1 + number % 8:02}",
        leader=first,
        other_leader=second,
        rng=rng,
    )


def _again(p: Person, seed: int) -> Person:
    """The same person with the chances of the story dealt anew, so that measuring a story does not change it."""
    return p._replace(rng=Random(f"{seed}/{p.number}/story"))  # noqa: S311


def _dated(p: Person, beats: Iterator[Beat], now: datetime) -> Iterator[tuple[datetime, Fields]]:
    """The beats on the clock, in order, as far as they have happened by now. A step begins a while after the one before it."""
    last, slots = datetime.combine(p.opened, time(), UTC), Counter[date]()
    for beat in beats:
        on = p.opened + timedelta(days=beat.day) if beat.any_day else p.day(beat.day)
        hour, minute = (beat.hour, 5) if beat.hour is not None else divmod(9 * 60 + p.number % 20 + 25 * slots[on], 60)
        slots[on] += 1
        at = datetime.combine(on, time(hour, minute), AMSTERDAM)
        recorded = max(at + timedelta(days=beat.late), (last + timedelta(minutes=5)).astimezone(AMSTERDAM))
        if recorded.astimezone(UTC) > now:
            return
        last = recorded.astimezone(UTC)
        yield last, _line(p, beat, at if beat.late else recorded, recorded)


def _line(p: Person, beat: Beat, at: datetime, recorded: datetime) -> Fields:
    refused_opening = beat.step == "open_case" and beat.expect != "done"
    line: Fields = {
        "do": beat.step, "case": None if refused_opening else p.label, "as": beat.actor, "role": beat.role,
        "at": at.isoformat(), "recorded_at": recorded.isoformat(), "second": beat.second, "reason": beat.reason,
        "source": beat.source, "fields": beat.fields, "expect": beat.expect,
    }  # fmt: skip
    return {key: value for key, value in line.items() if value is not None}


# ------------------------------------------------------------------ making it


def make_demo(
    path: Path | str, *, cases: int = 200, seed: int = 1, now: datetime, progress: Callable[[int, int], None] | None = None
) -> Demo:
    """Make a training store at `path` and take every step of the plan. Raises NoStore when there is a store already."""
    planned = plan(cases, seed, now)
    begin = datetime.fromisoformat(planned.lines[0]["recorded_at"]) if planned.lines else now
    answers: list[dict[str, Any]] = []
    surprises: list[str] = []
    with create_register(path, training=True, actor="TL-01", clock=lambda: begin) as register:
        script = Script(register)
        for n, said in enumerate(script.run(msgspec.json.encode(line) for line in planned.lines), 1):
            answers.append(said.answer)
            if said.unmet:
                line = planned.lines[n - 1]
                surprises.append(f"{line.get('case')} {line['do']} {line['at']}: {said.unmet}")
            if progress is not None:
                progress(n, len(planned.lines))
        ids = dict(script.labels)
        events = register.store.recorder.max_notification_id() or 0
    refused = [a for a in answers if a["status"] == "refused"]
    case, step, codes = _worth_explaining(planned.lines, answers)
    return Demo(
        path=Path(path),
        cases=len(ids),
        steps=len(answers),
        events=events,
        refused=len(refused),
        incidents=sum(len(a.get("incidents", ())) for a in answers),
        show=ids.get(_worth_showing(planned), case),
        explain_case=case,
        explain_step=step,
        explain_codes=codes,
        surprises=tuple(surprises),
    )


def _worth_showing(planned: Plan) -> str:
    """The closed case, removed by force if there is one, in which most was refused."""
    refused = Counter(line.get("case") for line in planned.lines if line["expect"].startswith("refused"))
    return max(planned.endings, key=lambda c: (planned.endings[c] == "forced", refused[c], c), default="")


def _worth_explaining(lines: Sequence[Fields], answers: list[dict[str, Any]]) -> tuple[str, str, tuple[str, ...]]:
    """The refusal of a case with the most obstacles at once; the last of them, so that it can be asked again."""
    found = [
        (tuple(dict.fromkeys(r["code"] for r in answer["refusals"])), answer["case"], line["do"])
        for line, answer in zip(lines, answers, strict=True)
        if answer["status"] == "refused" and answer["case"]
    ]
    codes, case, step = max(reversed(found), key=lambda f: len(f[0]), default=((), "", ""))
    return case, step, codes
