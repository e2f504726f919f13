"""What the fields of steps and events are made of, and how each is treated.

Every string is one of three things, and a test refuses a fourth:

- `Code`: a short identifier or code that stays in the clear; `Public`: a name of an organisation, place or programme, likewise;
- `Text`: what somebody typed into a step; free text is personal by default;
- `Personal[...]`, `Medical[...]`, `Custodial[...]`: a field of an event that is sealed with a key of its subject before it is
  hashed or stored. The class of data decides which key, so that medical data can be forgotten earlier than the rest.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from dtv_workflow.domain.law.calendar import AMSTERDAM as AMSTERDAM
from dtv_workflow.domain.law.calendar import last_of

T = TypeVar("T")

Code = Annotated[str, Meta(pattern=r"^[\w][\w.:/+-]{0,63}$", extra={"data": "code"})]
"""A code or identifier: letters, digits and `_ . : / + -`, at most 64; stays in the clear."""

Public = Annotated[str, Meta(pattern=r"^[\w][\w .:/+&'()-]{0,63}$", extra={"data": "public"})]
"""The name of an organisation, place, form or programme: never of a person; stays in the clear for the statistics."""

Text = Annotated[str, Meta(min_length=1, max_length=20_000, extra={"data": "text"})]
"""Free text in a step: it says something (`blank`). Sealed wherever an event keeps it."""

VNumber = Annotated[str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z -]{0,23}$", extra={"data": "text"})]
"""The V-number (vreemdelingennummer): personal, never an id, never in a log line. Kept as it was typed, `compared` as below."""

Country = Annotated[str, Meta(pattern=r"^[A-Z]{2}$", extra={"data": "country"})]
"""ISO 3166-1 alpha-2, or XX for unknown."""

Personal = Annotated[T, Meta(extra={"sealed": "identity"})]
Medical = Annotated[T, Meta(extra={"sealed": "medical"})]
Custodial = Annotated[T, Meta(extra={"sealed": "detention"})]

Cents = Annotated[int, Meta(ge=0, le=10**12, extra={"unit": "euro cents"})]
Count = Annotated[int, Meta(ge=0, le=10_000)]

PastDate = Annotated[date, Meta(extra={"past": True})]
"""A calendar day (Europe/Amsterdam) that must not lie in the future when it is recorded."""

Moment = Annotated[datetime, Meta(tz=True)]
PastMoment = Annotated[datetime, Meta(tz=True, extra={"past": True})]
"""A time with offset that must not lie in the future when it is recorded."""

_DAY = r"\d{4}-\d\d-\d\d"
DayOrMoment = Annotated[
    str,
    Meta(
        pattern=rf"^{_DAY}([Tt]\d\d:\d\d(:\d\d(\.\d{{1,6}})?)?([Zz]|[+-]\d\d:\d\d))?$",
        extra={"data": "moment"},
    ),
]
"""Either `YYYY-MM-DD` (the whole day) or a time with offset."""

PastDayOrMoment = Annotated[
    str,
    Meta(
        pattern=rf"^{_DAY}([Tt]\d\d:\d\d(:\d\d(\.\d{{1,6}})?)?([Zz]|[+-]\d\d:\d\d))?$",
        extra={"data": "moment", "past": True},
    ),
]


def is_sealed(struct: type[Struct], field: str) -> bool:
    """Whether a field of an event is sealed with a key of its subject."""
    declared = {f.name: f.type for f in msgspec.structs.fields(struct)}[field]
    return sealed_class(declared) is not None


def sealed_class(declared: Any) -> str | None:
    """The class of data (`identity`, `medical`, `detention`) a declared type is sealed under; None for one in the clear."""
    for meta in getattr(declared, "__metadata__", ()):
        if isinstance(meta, Meta) and meta.extra and "sealed" in meta.extra:
            return str(meta.extra["sealed"])
    return next((found for part in get_args(declared) if (found := sealed_class(part))), None)


def blank(text: str) -> bool:
    """Whether a text holds nothing that can be read: white space, or marks that show nothing."""
    return all(unicodedata.category(char)[0] in "ZC" for char in text)


def compared(v_number: str) -> str:
    """A V-number as it is compared with another one: without spaces and hyphens, and in capitals."""
    return "".join(char for char in v_number if char.isalnum()).upper()


def day_of(moment: datetime) -> date:
    """The calendar day of a moment, in Europe/Amsterdam."""
    return moment.astimezone(AMSTERDAM).date()


def last_day(end: datetime) -> date:
    """The last whole day before a moment at which something ends: a term that ends at midnight ran up to the day before."""
    return day_of(end - timedelta(microseconds=1))


def known_date(value: str | None) -> date | None:
    """A sealed date that can be read; None when there is none or it was forgotten."""
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None


def first_moment(value: str) -> datetime:
    """When a day or a moment begins. Raises ValueError when it names no real day or time."""
    if len(value) == 10:
        return datetime.combine(date.fromisoformat(value), time.min, AMSTERDAM)
    return datetime.fromisoformat(value.upper()).astimezone(UTC)


def last_moment(value: str) -> datetime:
    """When a day or a moment has passed: the end of that day, or the moment itself."""
    if len(value) == 10:
        day = date.fromisoformat(value)
        following = day if day == date.max else day + timedelta(days=1)  # 9999-12-31: "for ever"
        return datetime.combine(following, time.min, AMSTERDAM)
    return first_moment(value)


def each_day_once(stretches: Iterable[tuple[date, date]]) -> list[int]:
    """The days of each stretch, earliest first: its first day counts, its last not, and none that an earlier one counted."""
    days: list[int] = []
    counted = date.min
    for since, to in sorted(stretches):
        days.append(max(0, (to - max(since, counted)).days))
        counted = max(counted, to)
    return days


def term_ends(served_on: date, term_days: int) -> datetime:
    """When a departure term has run out: the end of its last calendar day in Europe/Amsterdam (Vw 2000 art. 62(1)), prolonged
    past weekends and holidays (Algemene termijnenwet art. 1)."""
    return last_moment(last_of(served_on, term_days).isoformat())


COUNTRIES = frozenset(
    """AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF
    CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI
    GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ
    LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO
    NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST
    SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK XX YE YT ZA ZM ZW
    """.split()
)
"""ISO 3166-1 alpha-2, with XK (Kosovo, user-assigned, as Eurostat uses it) and XX (unknown)."""
