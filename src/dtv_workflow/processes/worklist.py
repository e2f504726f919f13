"""The worklist (werkvoorraad): what needs doing in the open cases, most urgent first, why, and the command to type next.

It reads the log and the deadlines, and no personal field: its lines may be printed, mailed and left on a desk. It proposes, a
human decides. The ids of the open cases come from the caller, who reads them from the caseload view.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, get_args

import msgspec

from dtv_workflow.application import Register
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.intake import CHECKS, CompleteIntake
from dtv_workflow.domain.chapters.tasks import REFUSAL, REVIEW, UNJUDGED, still_open
from dtv_workflow.domain.deadlines import Deadline, deadlines
from dtv_workflow.domain.detention import TERMS, family_limit, terms_running, used
from dtv_workflow.domain.facets import Booking
from dtv_workflow.domain.facets import Task as Raised
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.law.ruleset import Ruleset, in_force
from dtv_workflow.domain.steps import Context, hints
from dtv_workflow.domain.vocabulary import OPEN_PHASES, HoldKind, Kind, Phase, RemovabilityAnswer, Role
from dtv_workflow.domain.workflow import STEPS

SHORTEST = 4
"""The least an id is cut to; the register finds a case by that many of its last characters."""


class Urgency(IntEnum):
    """Why a line stands where it stands: a lower number comes first."""

    WISH_IN_DETENTION = 1
    WISH = 2
    DETENTION = 3
    BOOKING = 4
    HOLD = 5
    MESSAGE = 6
    PAST_DUE = 7
    NEXT_DUE = 8
    LACKING = 9


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One line: the case, how urgent and why, by when, and what to type. `code` is a deadline's or a kind of hold."""

    case: str
    short: str
    phase: Phase
    supervisor: str | None
    urgency: Urgency
    why: Said
    due: datetime | None
    step: str
    command: str
    code: str | None = None
    task: str | None = None
    by: str | None = None
    escalated: bool = False
    """`task` is what to pick up and say done, `by` who did pick it up; `escalated` once the team leader should see it."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something to do in one case, before it has a place in the list. `options` are the fields of the step already known."""

    urgency: Urgency
    why: Said
    step: str
    due: datetime | None = None
    options: dict[str, str] = {}
    code: str | None = None
    about: str | None = None
    task: str | None = None
    escalates: bool = False


# ------------------------------------------------------------------ the list


def worklist(
    register: Register,
    cases: Iterable[str],
    now: datetime,
    *,
    supervisor: str | None = None,
    due: timedelta | None = None,
    escalated: bool = False,
    shorts: dict[str, str] | None = None,
) -> list[Task]:
    """What needs doing in these cases, most urgent first. `supervisor` keeps one actor's cases; `due` keeps what must be done
    within that span, past due included, and everything that is urgent without a date; `escalated` keeps what the team leader
    should see, whoever's case it is. `shorts` are ids that tell these cases from every other one."""
    law = in_force(day_of(now))
    ids = list(dict.fromkeys(cases))
    shorts = shorts or short_ids(ids)
    tasks: list[Task] = []
    for id in ids:
        case = register.case(id)
        own = supervisor is None or (case.supervised is not None and case.supervised.supervisor == supervisor)
        if own or escalated:
            raised = {name: task for name, task in case.tasks.items() if still_open(case, task, law, now)}
            found = [_task(case, shorts[id], found, raised) for found in to_do(case, law, now, due)]
            tasks += (task for task in found if own or task.escalated)
    return sorted(tasks, key=lambda t: (t.urgency, t.due is None, t.due or now, t.case))


def to_do(case: DepartureCase, law: Ruleset, now: datetime, due: timedelta | None = None) -> list[Found]:
    """What needs doing in one case: every urgent thing, every term that is past, the next that is not, what partners' messages
    ask, and what its phase lacks. In a closed case a detention told of afterwards, and messages. Pure."""
    running = [deadline for deadline in deadlines(case, law, now) if deadline.proposes]
    urgent = [*_wish(case, running), *_detention(case, law, now, running), *_bookings(case, law, now), *_holds(case, now)]
    urgent += _liberty(case, now, running)
    said = {found.code for found in urgent}
    horizon = now + (due if due is not None else timedelta(days=law["worklist.horizon"]))
    rest = [d for d in running if d.code not in said and d.due <= horizon]
    late = [d for d in rest if d.due <= now]
    dated = [*_raised(case, law, now, urgent), *_together(_dated([*late, *rest[len(late) : len(late) + 1]], now))]
    lacking = [] if case.phase not in OPEN_PHASES or due is not None else list(_lacking(case, law, now))[:1]
    less = [*dated, *(found for found in lacking if found.step not in {f.step for f in (*urgent, *dated)})]
    up = {(d.code, d.about, d.due) for d in running if d.escalates and d.due <= now}
    return [
        msgspec.structs.replace(found, escalates=True) if (found.code, found.about, found.due) in up else found
        for found in (*urgent, *less)
        if due is None or found.due is None or found.due <= horizon
    ]


def short_ids(ids: list[str]) -> dict[str, str]:
    """Each id by as few of its last characters, four at least, as tell it from the others."""
    shorts: dict[str, str] = {}
    length, left = SHORTEST, ids
    while left:
        endings = Counter(id[-length:] for id in ids)
        shorts |= {id: id[-length:] for id in left if endings[id[-length:]] == 1 or length >= len(id)}
        left = [id for id in left if id not in shorts]
        length += 1
    return shorts


def command(step: str, short: str, options: dict[str, str]) -> str:
    """The command line of a step: what is known filled in, what must be chosen shown as `…`. A personal field comes from stdin
    (`-`), and since there is one stdin, a second one from a file."""
    row = STEPS[step]
    words = ["dtv", "do" if row.kind is Kind.DECISION else "record", step.replace("_", "-"), short]
    types = hints(row.step)
    personal = iter("-")
    for field in msgspec.structs.fields(row.step):
        name = field.name.replace("_", "-")
        if field.name in options:
            words += [f"--{name}", options[field.name]]
        elif field.required and getattr(types[field.name], "__origin__", None) is bool:
            words.append(f"--[no-]{name}")
        elif field.required:
            words += [f"--{name}", next(personal, "@FILE") if _personal(types[field.name]) else "…"]
    return " ".join([*words, "--second …"] if "second" in options else words)


def _personal(declared: Any) -> bool:
    """Whether a field holds what a person typed, itself or within it."""
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        return any(_personal(kind) for kind in hints(declared).values())
    said = [meta.extra for meta in getattr(declared, "__metadata__", ()) if isinstance(meta, msgspec.Meta) and meta.extra]
    return any(extra.get("data") == "text" for extra in said) or any(_personal(part) for part in get_args(declared))


def _task(case: DepartureCase, short: str, found: Found, raised: dict[str, Raised]) -> Task:
    id, task = _of(raised, found)
    return Task(
        case=case.id,
        short=short,
        phase=case.phase,
        supervisor=case.supervised.supervisor if case.supervised else None,
        urgency=found.urgency,
        why=found.why,
        due=found.due,
        step=found.step,
        command=command(found.step, short, found.options),
        code=found.code,
        task=id,
        by=task.by if task else None,
        escalated=found.escalates or (task is not None and task.escalated),
    )


def _of(raised: dict[str, Raised], found: Found) -> tuple[str | None, Raised | None]:
    """The open task that a line is about, if there is one: of the same term, or about the same hold."""
    if found.task is not None:
        return found.task, raised.get(found.task)
    for id, task in raised.items():
        message = task.due is None and task.about is not None
        if task.about == found.about and (message or (task.kind, task.due) == (found.code, found.due)):
            return id, task
    return None, None


# ------------------------------------------------------------------ what is urgent


def _wish(case: DepartureCase, running: list[Deadline]) -> Iterator[Found]:
    """An open wish bars force until somebody answers it; in detention every hour of it counts."""
    if case.wish is None:
        return
    urgency = Urgency.WISH_IN_DETENTION if case.detained else Urgency.WISH
    place = (" in detention", " in bewaring") if case.detained else ("", "")
    if case.wish.assessed:
        why = Said(f"a wish to leave{place[0]}, with an opportunity", f"een wens om te vertrekken{place[1]}, met gelegenheid")
        yield Found(urgency=urgency, why=why, step="choose_voluntary_departure", code="D07")
        return
    for deadline in (d for d in running if d.code == "D07"):
        why = Said(f"a wish to leave{place[0]}, not assessed", f"een wens om te vertrekken{place[1]}, niet beoordeeld")
        yield Found(urgency=urgency, why=why, step="assess_opportunity", due=deadline.due, code="D07")


def _detention(case: DepartureCase, law: Ruleset, now: datetime, running: list[Deadline]) -> Iterator[Found]:
    if case.detained is None:
        return
    limits = {limit.name: limit for limit in (*terms_running(case, law), family_limit(law))}
    alarm = timedelta(days=law["detention.court_notice_warn"])
    for deadline in running:
        if deadline.code in {"D13", "D14", "D15", "D16", "D18"} and deadline.about:
            if deadline.due - timedelta(days=law[f"detention.{deadline.about}.warn_before"]) <= now:
                yield _served(deadline, used(case, limits[deadline.about], day_of(now)), now)
        elif deadline.code == "D10" and deadline.due - alarm <= now:
            why = Said("the court has not been told of the detention", "de rechtbank heeft geen kennis van de bewaring")
            yield _due(Urgency.DETENTION, deadline, why, {"cause": "court_not_told"} if deadline.due <= now else {})


def _liberty(case: DepartureCase, now: datetime, running: list[Deadline]) -> Iterator[Found]:
    """Terms of somebody who is detained, and of a minor who is missing, come before every other that is past."""
    minor = case.minority is not None and case.minority.minor
    for deadline in running:
        if deadline.due <= now and (deadline.code in {"D11", "D12", "D17", "D19"} or (deadline.code == "D33" and minor)):
            yield from _dated([deadline], now, Urgency.DETENTION)


def _served(deadline: Deadline, days: int, now: datetime) -> Found:
    """A term of detention that is nearly or quite used up, with the cause of the lift once it is."""
    if deadline.code == "D18":
        why = Said(f"a family with minors detained for {days} days", f"een gezin met minderjarigen {days} dagen in bewaring")
        return _due(Urgency.DETENTION, deadline, why, {"cause": "family_term"})
    under = TERMS[str(deadline.about)][0]
    why = Said(f"detained for {days} days under {under.en}", f"{days} dagen in bewaring op {under.nl}")
    return _due(Urgency.DETENTION, deadline, why, {"cause": "max_reached"} if deadline.due <= now else {})


def _bookings(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Found]:
    soon = timedelta(hours=law["booking.soon"])
    for attempt, booking in case.live_bookings().items():
        if booking.departs_at <= now:
            why = Said(f"{attempt} has departed or not: nobody has said", f"{attempt}: vertrokken of niet is niet gemeld")
            step = "confirm_removal" if booking.handed_over else "cancel_removal"
            yield Found(urgency=Urgency.BOOKING, why=why, step=step, due=booking.departs_at, options={"attempt": attempt})
        elif booking.departs_at - now <= soon:
            yield from _booked_soon(case, attempt, booking, law, now)


def _booked_soon(case: DepartureCase, attempt: str, booking: Booking, law: Ruleset, now: datetime) -> Iterator[Found]:
    """What a departure that is near still lacks: a usable answer, the check, the notice; each with the last moment for it."""
    hours = (booking.departs_at - now) // timedelta(hours=1)
    said = (f"{attempt} departs in {hours} h", f"{attempt} vertrekt over {hours} u")
    check, known = case.removability, {"attempt": attempt}
    usable = check is not None and check.answer is RemovabilityAnswer.REMOVABLE
    if not usable:
        why = Said(f"{said[0]}, not answered removable", f"{said[1]}, zonder antwoord verwijderbaar")
        yield _answer(why, booking, attempt)
    elif check is not None and _stale(booking, check.checked_at, law, now):
        why = Said(f"{said[0]}, on a stale removability answer", f"{said[1]}, op een verlopen verwijderbaarheidscheck")
        yield _answer(why, booking, attempt)
    for code, done, step, lacks in (
        ("D29", booking.precheck, "complete_precheck", ("without its check", "zonder controle")),
        ("D30", booking.notice, "serve_removal_notice", ("without notice", "zonder aanzegging")),
    ):
        if not done:
            due = booking.departs_at - timedelta(hours=law[f"{step.split('_')[-1]}.before_departure"])
            why = Said(f"{said[0]}, {lacks[0]}", f"{said[1]}, {lacks[1]}")
            step = step if now < due else "cancel_removal"  # too late for it: nothing else is left
            yield Found(urgency=Urgency.BOOKING, why=why, step=step, due=due, options=known, code=code, about=attempt)


def _answer(why: Said, booking: Booking, attempt: str) -> Found:
    step, departs = "record_removability", booking.departs_at
    return Found(urgency=Urgency.BOOKING, why=why, step=step, due=departs, code="D08", about=attempt)


def _stale(booking: Booking, checked_at: datetime, law: Ruleset, now: datetime) -> bool:
    """Older than an answer may be, or within a day of a departure that needs an answer of its own day."""
    if now - checked_at > timedelta(days=law["removability.fresh"]):
        return True
    near = booking.departs_at - now <= timedelta(hours=law["removability.fresh_for_booking"])
    return near and day_of(checked_at) != day_of(booking.departs_at)


UNRESOLVED = (HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE, HoldKind.MEDICAL_ALERT_UNRESOLVED, HoldKind.TRAFFICKING_SIGNAL)


def _holds(case: DepartureCase, now: datetime) -> Iterator[Found]:
    """Holds that wait for an answer of ours: nothing but a person ends them. In a closed case none can be lifted."""
    if case.phase not in OPEN_PHASES:
        return
    for id, hold in sorted(case.open_holds(now).items(), key=lambda item: item[1].version):
        if hold.kind in UNRESOLVED:
            why = Said(f"a hold waits for an answer: {hold.kind.value}", f"een beletsel wacht op antwoord: {hold.kind.nl}")
            second = {} if hold.kind is HoldKind.MEDICAL_ALERT_UNRESOLVED else {"second": "…"}
            asks = {"hold": id} | second
            yield Found(urgency=Urgency.HOLD, why=why, step="lift_hold", options=asks, code=hold.kind.value, about=id)


def _raised(case: DepartureCase, law: Ruleset, now: datetime, urgent: list[Found]) -> Iterator[Found]:
    """What partners' messages ask of a person, where no hold says it already."""
    held = {found.about for found in urgent}
    for id, task in case.tasks.items():
        if task.due is None and (task.about is None or task.about not in held) and still_open(case, task, law, now):
            why = _asked_by(task)
            asks = {"task": id}
            yield Found(
                urgency=Urgency.MESSAGE, why=why, step="complete_task", options=asks, code=task.kind, about=task.about, task=id
            )


def _asked_by(task: Raised) -> Said:
    """Why a task was raised, and about which step and rules if it was a correction that raised it."""
    why = MESSAGES.get(task.kind, Said(f"a task: {task.kind}", f"een taak: {task.kind}"))
    if task.kind not in {REVIEW, REFUSAL, UNJUDGED}:
        return why
    which = f" ({', '.join([str(task.about), *task.codes])})"
    return Said(why.en + which, why.nl + which)


MESSAGES = {
    "unread_message": Said("a message that could not be understood", "een bericht dat niet begrepen werd"),
    REVIEW: Said("as corrected, this step would break a rule", "na correctie zou deze stap een regel schenden"),
    REFUSAL: Said("as corrected, this would not have been refused", "na correctie zou dit niet geweigerd zijn"),
    UNJUDGED: Said("this step rests on what was corrected", "deze stap steunt op wat is gecorrigeerd"),
    "divergence": Said("a message differs from what was told before", "een bericht wijkt af van wat eerder is gemeld"),
}


# ------------------------------------------------------------------ what is less urgent


def _dated(running: list[Deadline], now: datetime, urgency: Urgency | None = None) -> Iterator[Found]:
    for deadline in running:
        late = deadline.due <= now
        which = f": {deadline.about}" if deadline.code in _OF_HOLDS else ""
        en, nl = deadline.what.en + which, deadline.what.nl + which
        why = Said(f"past due: {en}", f"verlopen: {nl}") if late else Said(en, nl)
        yield _due(urgency or (Urgency.PAST_DUE if late else Urgency.NEXT_DUE), deadline, why, _known(deadline, late=late))


_OF_HOLDS = frozenset({"D02", "D21", "D24", "D25", "D39"})


def _together(found: Iterable[Found]) -> list[Found]:
    """What the same step answers, on one line: the first of it, with every reason."""
    lines: dict[Any, Found] = {}
    for each in found:
        key = each.urgency, each.step, tuple(each.options.items())
        if (first := lines.get(key)) is None:
            lines[key] = each
        else:
            why = Said(f"{first.why.en}; {_less(each.why.en)}", f"{first.why.nl}; {_less(each.why.nl)}")
            lines[key] = msgspec.structs.replace(first, why=why)
    return list(lines.values())


def _less(why: str) -> str:
    return why.removeprefix("past due: ").removeprefix("verlopen: ")


def _known(deadline: Deadline, *, late: bool = False) -> dict[str, str]:
    """The options without which the proposed step would not answer this deadline."""
    if deadline.proposes in {"complete_precheck", "serve_removal_notice", "cancel_removal", "record_transfer_announced"} and (
        deadline.about
    ):
        return {"attempt": deadline.about}
    if deadline.code == "D31" and late:
        return {"cause": "transferred", "second": "…"}
    return _OPTIONS.get(deadline.code, {})


_OPTIONS = {
    "D01": {"checklist": "…"},
    "D04": {"kind": "first", "checklist": "…"},
    "D05": {"checklist": "…"},
    "D06": {"next_review": "…"},
}

_MISSING = {
    "no_supervisor": "assign_supervisor",
    "no_decision": "record_return_decision",
    "no_removability_check": "record_removability",
    "no_screening": "screen_vulnerability",
    "no_plan": "adopt_plan",
}


def _lacking(case: DepartureCase, law: Ruleset, now: datetime) -> Iterator[Found]:
    """What the phase still wants before it can lead anywhere."""
    if case.supervised is None:
        yield _lack("assign_supervisor", "no supervisor assigned", "geen regievoerder")
    if case.phase is Phase.INTAKE:
        yield _intake(case, law, now)
    elif not case.interviews:
        yield _lack("record_interview", "no interview held", "geen vertrekgesprek gevoerd", **_OPTIONS["D04"])
    elif case.phase is Phase.MOTIVATION and not case.offers:
        yield _lack("offer_voluntary_departure", "independent departure not offered", "zelfstandig vertrek niet aangeboden")
    elif case.phase is Phase.VOLUNTARY_DEPARTURE and case.ticket_departs_at is None:
        yield _lack("issue_ticket", "no ticket", "geen ticket")
    elif case.phase is Phase.FORCED_DEPARTURE and not case.live_bookings():
        yield _lack("book_removal", "no departure booked", "geen vertrek geboekt")


def _intake(case: DepartureCase, law: Ruleset, now: datetime) -> Found:
    """The intake's own guards say what is missing, so that this list cannot differ from the refusal."""
    context = Context(at=now, recorded_at=now, actor="worklist", role=Role.SYSTEM, law=law)
    missing = {guard.name: said for guard in CHECKS if (said := guard.find(case, CompleteIntake(), context).is_) is not None}
    if not missing:
        return _lack("complete_intake", "the intake can be completed", "de intake kan worden afgerond")
    english, dutch = (", ".join(said[n] for said in missing.values()) for n in (0, 1))
    return _lack(_MISSING[next(iter(missing))], f"intake: {english}", f"intake: {dutch}")


def _due(urgency: Urgency, deadline: Deadline, why: Said, known: dict[str, str]) -> Found:
    step, code, about = deadline.proposes, deadline.code, deadline.about
    return Found(urgency=urgency, why=why, step=step, due=deadline.due, code=code, options=known, about=about)


def _lack(step: str, en: str, nl: str, **options: str) -> Found:
    return Found(urgency=Urgency.LACKING, why=Said(en, nl), step=step, options=options)
