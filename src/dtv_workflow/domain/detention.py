"""The clock of detention (bewaringstermijn): how long somebody may be detained, and the ledger of the days. Pure.

A detention runs under the term of its article and, where its basis has one of its own, under that one as well. Each counts
calendar days: every day once, the day it began included and the day of the lift not; a month is 30 days (Vc 2000 A5/6.8).
Law: Vw 2000 art. 59(4)-(6), 59b(2)-(5); Regulation (EU) 604/2013 art. 28(3); Vc 2000 A5/2.4 on families with minors.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import msgspec

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.facets import Interval, Placement
from dtv_workflow.domain.fields import day_of, each_day_once
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.vocabulary import (
    Article,
    Basis,
    FamilyException,
    LiftCause,
    RemovabilityAnswer,
    Role,
    StretchEnd,
)

MAY_LIFT = (Role.DESIGNATED_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER)
"""Ending a detention never waits for the right desk."""

BRIEF = frozenset({Basis.A59_1_B, Basis.A59_2})
"""The bases of art. 59(4), which gives the two of them one term."""

NARROWER = dict.fromkeys(BRIEF, "59_4") | {Basis.A59B_1_D: "59b_1_d"}
"""The bases with a term of their own."""

FAMILY = "family"
FAMILY_ARTICLES = frozenset({Article.A59, Article.A59A})

AFTER_INTENTION = {"59_4": {Basis.A59_1_B}, "59b": {Basis.A59B_1_A, Basis.A59B_1_B, Basis.A59B_1_C}}
"""The terms that are longer where the decision came after an intention to refuse (Vw 2000 art. 39), for these bases only."""

TERMS = {
    "59": (Said("art. 59", "art. 59"), "Vw 2000 art. 59(5), (6)"),
    "59_4": (Said("art. 59(4)", "art. 59(4)"), "Vw 2000 art. 59(4)"),
    "59a": (Said("art. 59a", "art. 59a"), "Regulation (EU) 604/2013 art. 28(3)"),
    "59b": (Said("art. 59b", "art. 59b"), "Vw 2000 art. 59b(2), (3)"),
    "59b_1_d": (Said("art. 59b(1)d", "art. 59b(1)d"), "Vw 2000 art. 59b(4), (5)"),
    FAMILY: (Said("a family with minors", "een gezin met minderjarigen"), "Vc 2000 A5/2.4"),
}
"""Every term by its name, which is that of its parameters: `detention.59_4.maximum`."""


# ------------------------------------------------------------------ the terms


class Limit(NamedTuple):
    """A term that a detention may not outlast: so many days now, at the very `most` so many; and whose days it counts."""

    name: str
    maximum: int
    most: int
    articles: frozenset[Article]
    bases: frozenset[Basis] | None = None
    extended: int = 0

    def counts(self, stretch: Interval) -> bool:
        """Whether the days of a stretch count for it."""
        return stretch.article in self.articles and (self.bases is None or stretch.basis in self.bases)


def term_of(article: Article, basis: Basis | None) -> str:
    """The narrowest term a detention runs under; a basis of another article, or none, leaves the term of the article."""
    whole: str = article.value
    return NARROWER.get(basis, whole) if basis is not None and basis.article is article else whole


def limits(case: DepartureCase, article: Article, basis: Basis | None, intention: bool, law: Ruleset) -> tuple[Limit, ...]:
    """The terms a detention on this article and basis would run under in this case, that of the article first."""
    term = term_of(article, basis)
    names = (article.value, term) if term == "59_4" else (term,)
    return tuple(_limit(case, name, article, basis, intention, law) for name in names)


def _limit(case: DepartureCase, name: str, article: Article, basis: Basis | None, intention: bool, law: Ruleset) -> Limit:
    longer = intention and basis in AFTER_INTENTION.get(name, ())
    maximum = law[f"detention.{name}.intention" if longer else f"detention.{name}.maximum"]
    given, extension = case.extended.get(name), law[f"detention.{name}.extension"]
    return Limit(
        name=name,
        maximum=maximum + (extension if given else 0),
        most=maximum + extension,
        articles=frozenset({article}),
        bases=BRIEF if name == "59_4" else None,
        extended=given.version if given else 0,
    )


def terms_running(case: DepartureCase, law: Ruleset) -> tuple[Limit, ...]:
    """The terms the running detention is under; none when nobody is detained."""
    held = case.detained
    return limits(case, held.article, held.basis, held.intention, law) if held else ()


def used(case: DepartureCase, limit: Limit, on: date, reported: date | None = None) -> int:
    """Days used of a term up to a day, that day not counted; with a stretch `reported` since a day that runs until then."""
    stretches = [(i.since, i.to) for i in case.stretches(on) if limit.counts(i)]
    return sum(each_day_once([*stretches, (reported, on)] if reported else stretches))


def reached(case: DepartureCase, limit: Limit) -> date | None:
    """The day at whose first moment the running detention has used a term up; None when nobody is detained."""
    if case.detained is None:
        return None
    day = case.detained.since
    while (left := limit.maximum - used(case, limit, day)) > 0:
        day += timedelta(days=left)  # and again: a day that an earlier report tells of as well uses up nothing more
    return day


# ------------------------------------------------------------------ families with minors


def with_minors(case: DepartureCase) -> int:
    """The version that says this is a family with minors, or a child of one; 0 when nothing does (Vc 2000 A5/2.4)."""
    minority, family = case.minority, case.family
    if minority is not None and minority.minor and not minority.unaccompanied:
        return minority.version
    return family.version if family is not None and family.with_minors else 0


def family_limit(law: Ruleset) -> Limit:
    """The two weeks of a family with minors: the days under art. 59 and 59a together."""
    maximum = law["detention.family.maximum"]
    return Limit(name=FAMILY, maximum=maximum, most=maximum, articles=FAMILY_ARTICLES)


def family_ends(case: DepartureCase, law: Ruleset) -> date | None:
    """The day at whose first moment the two weeks of a detained family are over; None when no such term runs.

    After physical resistance none runs. After a procedure that was begun late it runs from the moment the family became
    removable, and not while it is not.
    """
    held, limit = case.detained, family_limit(law)
    if held is None or held.article not in FAMILY_ARTICLES or not with_minors(case):
        return None
    over = reached(case, limit)
    if held.family_exception is None or over is None:
        return over
    answer = case.removability
    late = held.family_exception is FamilyException.LATE_PROCEDURE
    if not late or answer is None or answer.since is None or answer.answer is not RemovabilityAnswer.REMOVABLE:
        return None
    return max(over, day_of(answer.since) + timedelta(days=limit.maximum))


def ends(case: DepartureCase, law: Ruleset) -> date | None:
    """The first day the running detention may not last: the soonest of its terms, and of an extension's own end."""
    days = (*(reached(case, limit) for limit in terms_running(case, law)), family_ends(case, law), case.detention_until)
    return min((day for day in days if day), default=None) if case.detained else None


# ------------------------------------------------------------------ where somebody is kept


def custody_began(case: DepartureCase) -> date | None:
    """The day on which somebody who is detained was taken into custody, under whatever article; None when nobody is detained."""
    if case.detained is None:
        return None
    began = case.detained.since
    for stretch in sorted(case.intervals, key=lambda i: i.since, reverse=True):
        if stretch.since < began <= stretch.to:
            began = stretch.since
    return began


def placed_now(case: DepartureCase) -> Placement | None:
    """Where somebody who is detained is kept, as far as it was told: not where they were before they were last free."""
    began, placed = custody_began(case), case.placed
    if began is None or placed is None:
        return None
    freed = max((stretch.to for stretch in case.intervals if stretch.to < began), default=date.min)
    return placed if placed.since > freed else None


# ------------------------------------------------------------------ the ledger


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """One stretch of detention: `since` counts, `to` does not (None: it runs). `days` leaves out what an earlier one counted."""

    since: date
    to: date | None
    days: int
    basis: Basis | None
    intention: bool
    began: int
    ended: int
    cause: LiftCause | StretchEnd | None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """A term of the clock and how much of it is used. `extended` is the version that extended it, 0 for none."""

    name: str
    under: Said
    law: str
    used: int
    maximum: int
    left: int
    extended: int


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger of one article up to a day, that day not counted.

    `used`, `maximum` and `extended` are those of the article's own term, the first of `terms`; `left` is what the narrowest of
    them leaves. `last_day` is the last day the running detention may last, `stops` what ends it, in words. `besides` are the days
    under other articles, which the weighing of an extension must name (Vc 2000 A5/6.8).
    """

    article: Article
    running: bool
    stretches: tuple[Stretch, ...]
    used: int
    maximum: int
    extended: int
    left: int
    last_day: date | None
    terms: tuple[Count, ...]
    stops: tuple[Said, ...]
    besides: dict[Article, int]


def ledger(case: DepartureCase, law: Ruleset, day: date) -> tuple[Clock, ...]:
    """The clock of every article somebody was ever detained under in this case, as it stood at the beginning of a day."""
    articles = {stretch.article for stretch in case.stretches(day)}
    return tuple(_clock(case, article, law, day) for article in Article if article in articles)


def _clock(case: DepartureCase, article: Article, law: Ruleset, day: date) -> Clock:
    stretches = sorted((i for i in case.stretches(day) if i.article is article), key=lambda i: (i.since, i.to))
    last = max(stretches, key=lambda i: i.began)
    terms = tuple(_count(case, limit, day) for limit in _limits(case, last, law))
    runs = case.detained is not None and case.detained.article is article
    over = ends(case, law) if runs else None
    return Clock(
        article=article,
        running=runs,
        stretches=tuple(map(_stretch, stretches, each_day_once((i.since, i.to) for i in stretches))),
        used=terms[0].used,
        maximum=terms[0].maximum,
        extended=terms[0].extended,
        left=min(term.left for term in terms),
        last_day=over - timedelta(days=1) if over else None,
        terms=terms,
        stops=_stops(over) if over else (),
        besides={other: days for other in Article if other is not article and (days := case.detention_days(other, day))},
    )


def _limits(case: DepartureCase, last: Interval, law: Ruleset) -> tuple[Limit, ...]:
    """The terms the last stretch under an article is, or was, under; for a family its two weeks, unless an exception stands."""
    excepted = not last.ended and case.detained is not None and case.detained.family_exception
    family = with_minors(case) and last.article in FAMILY_ARTICLES and not excepted
    own = limits(case, last.article, last.basis, last.intention, law)
    return (*own, family_limit(law)) if family else own


def _count(case: DepartureCase, limit: Limit, day: date) -> Count:
    days, (under, law) = used(case, limit, day), TERMS[limit.name]
    return Count(
        name=limit.name,
        under=under,
        law=law,
        used=days,
        maximum=limit.maximum,
        left=max(0, limit.maximum - days),
        extended=limit.extended,
    )


def _stretch(told: Interval, days: int) -> Stretch:
    return Stretch(
        since=told.since,
        to=told.to if told.ended else None,
        days=days,
        basis=told.basis,
        intention=told.intention,
        began=told.began,
        ended=told.ended,
        cause=told.cause,
    )


def _stops(over: date) -> tuple[Said, ...]:
    """What ends a running detention, in words. A timer is not among them: it proposes, a human lifts (N33)."""
    en = ", ".join(role.value.replace("_", " ") for role in MAY_LIFT)
    nl = ", ".join(role.nl for role in MAY_LIFT)
    return (
        Said(f"a lift, by one of: {en}", f"een opheffing, door een van: {nl}"),
        Said("the choice to leave independently", "de keuze voor zelfstandig vertrek"),
        Said("a court that orders it, or annuls the decision", "een rechter die het beveelt, of het besluit vernietigt"),
        Said("the closing of the case", "het afsluiten van de zaak"),
        Said(
            "a switch of article: the other clock starts, and the day of the switch counts once, there",
            "een wissel van artikel: de andere klok gaat lopen, en de dag van de wissel telt één keer, daar",
        ),
        Said(
            f"the maximum, on {over}: to be lifted by then; nothing lifts it by itself",
            f"het maximum, op {over}: dan opgeheven; niets heft de bewaring vanzelf op",
        ),
    )
