"""What the tests of detention tell and ask: orders, reports, extensions and lifts, each lawful unless said otherwise."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from dtv_workflow.domain.chapters.custody import (
    DetentionExtended,
    DetentionLifted,
    DetentionOrdered,
    DetentionReported,
    ExtendDetention,
    Ground,
    OrderDetention,
    ReportDetention,
)
from dtv_workflow.domain.vocabulary import Article, LiftCause

A59, A59A, A59B = Article.A59, Article.A59A, Article.A59B
HEAVY, LIGHT = Ground(code="3b", heavy=True), Ground(code="4c", heavy=False)
WEIGHED = {"reporting_duty": "missed twice", "security_deposit": "no means"}
START = date(2026, 1, 10)


def order(article: Article = A59, **more: Any) -> OrderDetention:
    said = {"grounds": (HEAVY, LIGHT), "lighter_means": WEIGHED, "hearing_held": True, "lawyer_informed": True} | more
    return OrderDetention(article=article, prospect="LP promised", place="DCR", **cast(Any, said))


def report(since: date | str = "2026-03-01", article: Article = A59, **more: Any) -> ReportDetention:
    return ReportDetention(article=article, since=str(since), by="AVIM", **more)


def extend(until: date, **more: Any) -> ExtendDetention:
    return ExtendDetention(until=until, balancing="no papers", **more)


def ordered(article: Article = A59, **more: Any) -> DetentionOrdered:
    said = {"heavy": ("3b",), "light": ("4c",), "measures": (), "lighter_means": {}} | more
    return DetentionOrdered(article=article, prospect="x", place="DCR", **cast(Any, said))


def reported(since: date, article: Article = A59, **more: Any) -> DetentionReported:
    return DetentionReported(article=article, since=since, by="AVIM", **more)


def extended(until: date, article: Article = A59, **more: Any) -> DetentionExtended:
    return DetentionExtended(article=article, until=until, balancing="x", **more)


def lifted(article: Article = A59, cause: LiftCause = LiftCause.PURPOSE_GONE) -> DetentionLifted:
    return DetentionLifted(cause=cause, article=article)


def on(day: date, clock: str = "10:00") -> str:
    return f"{day.isoformat()}T{clock}"


DETAINED = (on(START), ordered())
