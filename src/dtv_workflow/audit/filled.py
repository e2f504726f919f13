"""A step filled in as it must be to be allowed: what the law asks for is given, what only a human can say is left blank.

Pure. The values are the most protective that still do: a term is the longest, a checklist is answered with `unknown`, a notice
goes to everybody. Nothing that the record says otherwise is filled in: a recorded finding stands until there is a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from dtv_workflow.audit.judge import named_in
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.family import is_minor
from dtv_workflow.domain.chapters.intake import Checklist, RecordReturnDecision
from dtv_workflow.domain.chapters.medical import is_medical, pregnant_and_by_air
from dtv_workflow.domain.chapters.removal import BookRemoval, PrecheckItems
from dtv_workflow.domain.fields import AMSTERDAM, day_of, first_moment
from dtv_workflow.domain.neutral import placeholders
from dtv_workflow.domain.steps import Context, Row, Step, hints, step_name
from dtv_workflow.domain.vocabulary import CheckItem, ChecklistAnswer, Kind, LiftCause, NoticeTo, RemovabilityAnswer, Role
from dtv_workflow.domain.workflow import STEPS

BLANK = "…"
"""What a human must fill in."""


class Blank(NamedTuple):
    """A field that must be given and that only a human can fill in, with the neutral value it is tried with."""

    value: Any


class Asking(NamedTuple):
    """What a step is filled in for: the case as it stands then and, for a cure, the refused step and the code it is to answer."""

    case: DepartureCase
    context: Context
    step: Step | None = None
    code: str = ""


class Move(NamedTuple):
    """One step to take. `known` are its plain fields as far as they matter (`…`: a human fills it in), `tried` all of them.

    `answers` are the codes it answers, `by` the roles that may take it (none for a fact: anybody may report one), `second` says
    whether it needs a second person, `when` that it can only be taken when it is so.
    """

    step: str
    known: dict[str, Any]
    tried: dict[str, Any]
    answers: tuple[str, ...]
    by: tuple[Role, ...]
    second: bool
    fact: bool
    when: bool


THEIRS = frozenset({"choose_voluntary_departure", "report_obstacle", "lift_hold"})
"""Decisions that rest on what somebody else wants or decides, or on what is there: told as a fact is, for when it is so."""


def move(
    name: str, known: dict[str, Any], tried: dict[str, Any], answers: tuple[str, ...] = (), *, second: bool = False
) -> Move:
    """A step to take, by its name and fields."""
    row = STEPS[name]
    fact = row.kind is Kind.FACT
    return Move(name, known, tried, answers, () if fact else row.roles, second, fact, fact or name in THEIRS)


class Filled(NamedTuple):
    """A step's plain fields: `asked` is whole and can be tried, `shown` holds what is known of it (`…`: to be filled in)."""

    asked: dict[str, Any]
    shown: dict[str, Any]


def fillings(row: Row, asking: Asking, said: dict[str, Any]) -> list[Filled]:
    """The ways to fill a step in, with what was `said` left as it is; none where the record stands against all of them."""
    name = step_name(row.step)
    neutral = _neutral(row.step, asking.context.at)
    found = []
    for wanted in FILL[name](asking) if name in FILL else [{}]:
        for known in [{}] if name in NAMES else ids(row, asking):
            shown = {**known, **{k: BLANK if isinstance(v, Blank) else v for k, v in wanted.items()}, **said}
            tried = {k: v.value if isinstance(v, Blank) else v for k, v in wanted.items()}
            found.append(Filled(neutral | known | tried | said, shown))
    return found


def ids(row: Row, asking: Asking) -> list[dict[str, str]]:
    """What the step is about: what the refused step is about, else each hold, obstacle or attempt there is, else a new name."""
    neutral = _neutral(row.step, asking.context.at)
    for field, known in named_in(asking.case).items():
        if field in neutral:
            own = getattr(asking.step, field, None)
            return [{field: id} for id in ([own] if own else known or [fresh(field, asking.case)])]
    return [{}]


_neutral = lru_cache(maxsize=len(STEPS))(placeholders)
"""Neutral values of a step's required fields at a moment: looked up many times in one search."""


def fresh(field: str, case: DepartureCase) -> str:
    """An id that the case has not used."""
    taken = {*case.holds, *case.obstacles, *case.bookings}
    return next(id for n in range(1, len(taken) + 2) if (id := f"{field}-{n}") not in taken)


NAMES = frozenset({"book_removal", "report_obstacle", "place_hold"})
"""Steps that give an id instead of naming one."""


# ------------------------------------------------------------------ what each step needs to be allowed, or to be a cure


def _supervisor(asking: Asking) -> list[dict[str, Any]]:
    special = is_minor(asking.case, asking.context) or is_medical(asking.case, asking.context)
    return [{"special": True}] if special else [{}]


def _decision(asking: Asking) -> list[dict[str, Any]]:
    """With the longest term there is: nobody's term becomes shorter because it was proposed."""
    metas = getattr(hints(RecordReturnDecision)["term_days"], "__metadata__", ())
    return [{"term_days": Blank(next(meta.le for meta in metas if isinstance(meta, msgspec.Meta)))}]


def _removability(asking: Asking) -> list[dict[str, Any]]:
    """An answer that the person may not be removed stands until the IND gives another."""
    known = asking.case.removability
    if asking.code and known and known.answer is RemovabilityAnswer.NOT_REMOVABLE:
        return []
    removable = RemovabilityAnswer.REMOVABLE.value
    return [{"answer": removable if asking.code == "N04" else Blank(removable)}]


def _interview(asking: Asking) -> list[dict[str, Any]]:
    return [{"checklist": Blank(dict.fromkeys(Checklist.__struct_fields__, ChecklistAnswer.UNKNOWN.value))}]


def _review(asking: Asking) -> list[dict[str, Any]]:
    """For N46, every obstacle that was not looked at recently."""
    oldest = asking.context.today - timedelta(days=asking.context.law["obstacle.review_within"])
    stale = [id for id, obstacle in asking.case.obstacles.items() if obstacle.reviewed_on < oldest]
    return [{"obstacle": id} for id in stale] if asking.code == "N46" else [{}]


def _report(asking: Asking) -> list[dict[str, Any]]:
    wanted = getattr(asking.step, "obstacle", None)
    return [{"obstacle": wanted or Blank(fresh("obstacle", asking.case))}]


def _family(asking: Asking) -> list[dict[str, Any]]:
    if asking.code != "N29" or asking.case.family is None:
        return [{}]
    return [{"cases": list(asking.case.family.cases), "assessment": Blank("x")}]


def _reception(asking: Asking) -> list[dict[str, Any]]:
    """A finding that reception is not adequate stands until there is a new one."""
    known = asking.case.reception
    against = asking.code and known is not None and not known.adequate
    return [] if against else [{"adequate": True, "evidence": Blank("x")}]


def _departs(asking: Asking) -> datetime:
    """When the refused step would depart; else as soon as there is time for the check and the notice."""
    wanted: datetime | None = getattr(asking.step, "departs_at", None)
    return wanted or soon(asking.context)


def soon(context: Context) -> datetime:
    """The noon of the first day that leaves whole days for the pre-departure check and the notice."""
    hours = max(context.law["precheck.before_departure"], context.law["notice.before_departure"])
    day = day_of(context.at + timedelta(hours=hours)) + timedelta(days=1)
    return first_moment(day.isoformat()) + timedelta(hours=12)


def _booking(asking: Asking) -> list[dict[str, Any]]:
    """At the first moment at which nothing of the flight's own day stands in the way: after the window of a pregnancy, or once
    a document on record is valid."""
    case, context = asking.case, asking.context
    wanted = getattr(asking.step, "attempt", None)
    attempt = wanted if wanted and wanted not in case.bookings else Blank(fresh("attempt", case))
    first = soon(context)
    tried = BookRemoval(attempt="x", carrier="x", departs_at=first, destination="x")
    moments = [first]
    if case.pregnancy and pregnant_and_by_air.find(case, tried, context).is_:
        after = date.fromisoformat(case.pregnancy.due_on) + timedelta(days=context.law["pregnancy.no_air_after"] + 1)
        moments.append(first_moment(after.isoformat()))
    if case.document and case.document.valid_from > day_of(first):
        moments.append(first_moment(case.document.valid_from.isoformat()))
    return [{"attempt": attempt, "departs_at": Blank(moment.astimezone(AMSTERDAM).isoformat())} for moment in moments]


def _document(asking: Asking) -> list[dict[str, Any]]:
    until = max(day_of(_departs(asking)), asking.context.today)
    return [{"valid_until": Blank(until.isoformat())}]


def _condition(asking: Asking) -> list[dict[str, Any]]:
    """Every condition of a valid advice that is not yet met. Somebody unfit to travel does not become fit by a condition."""
    advice = asking.case.advice
    if asking.code != "N08":
        return [{}]
    if advice is None or not advice.fit or _expired(asking):
        return []
    return [{"code": c, "shown_to_person": True} for c in advice.conditions if c not in asking.case.conditions_met]


def _advice(asking: Asking) -> list[dict[str, Any]]:
    """Only where the last advice was that the person is fit and has run out: with the same conditions, to be met anew."""
    advice = asking.case.advice
    if asking.code != "N08":
        return [{}]
    if advice is None or not advice.fit or not _expired(asking):
        return []
    same = [{"code": code, "text": "x"} for code in advice.conditions]
    return [{"fit": True, "conditions": Blank(same), "valid_until": Blank(day_of(_departs(asking)).isoformat())}]


def _expired(asking: Asking) -> bool:
    advice = asking.case.advice
    return bool(advice and advice.valid_until and day_of(_departs(asking)) > advice.valid_until)


def _notice(asking: Asking) -> list[dict[str, Any]]:
    guardian = [NoticeTo.GUARDIAN] if is_minor(asking.case, asking.context) else []
    return [{"to": [to.value for to in (NoticeTo.PERSON, NoticeTo.LAWYER, *guardian)]}]


def _detention(asking: Asking) -> list[dict[str, Any]]:
    needed = asking.context.law["detention.grounds"]
    grounds = [{"code": f"ground-{n}", "heavy": True} for n in range(1, needed + 1)]
    means = Blank({"reporting_duty": "x"})
    return [{"grounds": Blank(grounds), "lighter_means": means, "hearing_held": True, "lawyer_informed": True}]


def _unsupervised(asking: Asking) -> list[dict[str, Any]]:
    check = {"check": Blank({"by": "x", "at": asking.context.at.isoformat(), "result": "x"})}
    return [check | ({"missing_report": Blank("x")} if is_minor(asking.case, asking.context) else {})]


def _correction(asking: Asking) -> list[dict[str, Any]]:
    opened = asking.case.opened_at or asking.context.at
    return [{"event": Blank(1), "field": Blank("occurred_at"), "value": Blank(opened.isoformat())}]


FILL: dict[str, Callable[[Asking], list[dict[str, Any]]]] = {
    "assign_supervisor": _supervisor,
    "record_return_decision": _decision,
    "record_removability": _removability,
    "record_interview": _interview,
    "review_obstacle": _review,
    "report_obstacle": _report,
    "link_family": _family,
    "establish_reception": _reception,
    "assess_opportunity": lambda _: [{"available": Blank(True)}],
    "lapse_voluntary_departure": lambda _: [{"heard": True}],
    "lift_detention": lambda _: [{"cause": Blank(LiftCause.PURPOSE_GONE.value)}],
    "order_detention": _detention,
    "extend_detention": lambda asking: [{"until": Blank((asking.context.today + timedelta(days=1)).isoformat())}],
    "order_laissez_passer": lambda _: [{"asylum_screened": True}],
    "record_travel_document": _document,
    "fulfil_travel_condition": _condition,
    "record_medical_advice": _advice,
    "book_removal": _booking,
    "complete_precheck": lambda _: [{"items": Blank(dict.fromkeys(PrecheckItems.__struct_fields__, CheckItem.OK.value))}],
    "serve_removal_notice": _notice,
    "hand_over": lambda _: [{"monitor_notified": True}],
    "close_unsupervised": _unsupervised,
    "close_other": lambda _: [{"evidence": Blank("x")}],
    "correct": _correction,
}
"""How a step is filled in beyond neutral values. A step that is not here needs nothing more."""
