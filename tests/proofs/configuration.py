"""What of a case the guards can tell apart: the key under which the search remembers that it has been somewhere.

Two cases with the same key answer every letter of the alphabet alike, now and after every further letter. That the key leaves
out nothing is checked three ways: `READ` names every attribute of a case that any guard or row reads, with the field that
holds it or the reason why none needs to (a test reads the source); a second representative of a configuration must answer as
the first did; and a search in another order must find the same configurations.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.detention import family_limit, limits, used, with_minors
from dtv_workflow.domain.fields import day_of, known_date
from dtv_workflow.domain.law.ruleset import Ruleset, in_force
from dtv_workflow.domain.vocabulary import (
    PROMISES,
    Article,
    Basis,
    ChecklistAnswer,
    InterviewKind,
    Phase,
    RemovabilityAnswer,
)


class Look(NamedTuple):
    """A case at a moment, as the fields of the key look at it."""

    case: DepartureCase
    now: datetime
    day: date
    law: Ruleset

    @property
    def closed(self) -> bool:
        """In a closed case, what a reopening clears is left out of the key: nothing reads it before that."""
        return self.case.phase is Phase.CLOSED


Field = Callable[[Look], object]
FIELDS: dict[str, Field] = {}
"""The fields of a configuration by name. Time stands in them as what it came to: a limit that passed, or the exact distance."""


def field(find: Field) -> Field:
    FIELDS[find.__name__] = find
    return find


def key(fields: tuple[Field, ...], case: DepartureCase, now: datetime) -> tuple[object, ...]:
    """The configuration of a case at a moment, in these fields."""
    day = day_of(now)
    look = Look(case, now, day, in_force(day))
    return tuple([find(look) for find in fields])


@field
def phase(look: Look) -> object:
    return look.case.phase.value


@field
def custody(look: Look) -> object:
    return look.case.custody if look.case.detained else "supervised" if look.case.supervision else "none"


UNDER: dict[Article, tuple[Basis | None, ...]] = {
    Article.A59: (None, Basis.A59_1_B),
    Article.A59A: (None,),
    Article.A59B: (None, Basis.A59B_1_D),
}
"""The bases that between them show every term of an article."""


@field
def days(look: Look) -> object:
    """Each term of the clock: the days counted while there are some left, and whether it was extended; then how this one runs."""
    case, held = look.case, look.case.detained
    if held is None and not case.intervals:
        return ()
    stretches = tuple([(i.article, i.basis, i.since, i.to) for i in case.stretches(look.day)])
    asked = stretches, tuple(case.extended), with_minors(case) > 0, look.day
    if asked not in _COUNTED:
        _COUNTED[asked] = _counted(look)
    counted, until = _COUNTED[asked], case.detention_until
    return (*counted, (held.basis, held.intention, until and until <= look.day)) if held else counted


_COUNTED: dict[object, tuple[object, ...]] = {}
"""The days by the stretches they are counted of."""


def _counted(look: Look) -> tuple[object, ...]:
    case, day, law = look.case, look.day, look.law
    told = [article for article in Article if case.extended or case.detention_days(article, day)]
    under = [(article, basis) for article in told for basis in UNDER[article]]
    terms = {limit.name: limit for article, basis in under for limit in limits(case, article, basis, False, law)}
    said: list[object] = []
    for limit in terms.values():
        spent, most = used(case, limit, day), max(limit.maximum, law.get(f"detention.{limit.name}.intention") or 0)
        if spent or limit.extended:
            said.append((limit.name, "over" if spent >= most else spent, limit.extended > 0))
    weeks = used(case, family_limit(law), day) if with_minors(case) else 0
    return (*said, min(weeks, family_limit(law).maximum)) if weeks else tuple(said)


@field
def overrun(look: Look) -> object:
    """How far past its maximum each term was run, up to what it could be at the very most, which only an extension asks; and on
    which bases days were counted, which the letters ask."""
    case = look.case
    if case.detained is None and not case.intervals:
        return ()
    terms = {limit for article in Article for basis in UNDER[article] for limit in limits(case, article, basis, False, look.law)}
    bases = {(i.article.value, i.basis and i.basis.value) for i in case.stretches(look.day) if i.to > i.since}
    return frozenset(bases), tuple(sorted((term.name, min(used(case, term, look.day), term.most)) for term in terms))


@field
def ended(look: Look) -> object:
    """The detention that ended today: one that goes on from it needs no new hearing."""
    last = look.case.intervals[-1] if look.case.intervals else None
    return (last.article.value, last.basis) if last and last.to == look.day else None


@field
def court(look: Look) -> object:
    """Since a court ended a detention: what of decision, valid document and promise is newer."""
    case = look.case
    if not case.court_lift:
        return None
    document, presentation = case.document, case.presentation
    news = (
        case.decision,
        document if document and look.day <= document.valid_until else None,
        presentation if presentation and presentation.outcome in PROMISES else None,
    )
    return tuple(bool(new and new.version > case.court_lift) for new in news)


@field
def holds(look: Look) -> object:
    """Each open hold, and whether it will end by itself."""
    now = look.now
    return tuple(sorted([(id, h.until is not None) for id, h in look.case.holds.items() if h.until is None or now < h.until]))


@field
def bookings(look: Look) -> object:
    """Each live booking: how many of the margins before its departure have passed, in how many days it departs (-1: it should
    have), how far it has come, whether its notice was long enough for who leaves now, and its handover of these days."""
    margins = {look.law["precheck.before_departure"], look.law["notice.before_departure"]}
    notice = timedelta(hours=look.law["notice.before_departure"])
    return tuple(sorted(
        (sum(b.departs_at - look.now < timedelta(hours=margin) for margin in margins),
         max((day_of(b.departs_at) - look.day).days, -1), bool(b.precheck),
         bool(b.notice), b.notified_at is not None and look.now - b.notified_at >= notice,
         bool(b.handed_over), b.handed_over_at is not None and (look.day - day_of(b.handed_over_at)).days <= 1)
        for b in look.case.bookings.values() if b.live
    ))  # fmt: skip


@field
def offered(look: Look) -> object:
    return bool(look.case.offers) and not look.closed


@field
def wish(look: Look) -> object:
    return "" if look.case.wish is None else "assessed" if look.case.wish.assessed else "open"


@field
def proposal(look: Look) -> object:
    """Read in motivation only; an exception only where nothing was offered."""
    case = look.case
    if case.proposal is None or case.phase is not Phase.MOTIVATION:
        return None
    return case.proposal.by, case.proposal.exception.value if case.proposal.exception and not case.offers else ""


@field
def decision(look: Look) -> object:
    decision, ends = look.case.decision, look.case.term_ends()
    if decision is None or ends is None:
        return None
    if decision.term_days:
        return decision.kind.value, "runs" if look.now < ends else "over"
    return decision.kind.value, "withheld" if decision.reasoned else "unreasoned"


@field
def resident(look: Look) -> object:
    """Residence granted today: a decision of today governs nothing."""
    return look.case.resident_on == look.day


@field
def older(look: Look) -> object:
    """What a letter's decision of sixty days ago would find: how old the decision that governs is, and the residence."""
    decision, granted = look.case.decision, look.case.resident_on
    decided = min((look.day - decision.decided_on).days, 60) if decision else None
    return decided, min((look.day - granted).days, 61) if granted else None


@field
def departed(look: Look) -> object:
    """Whether the person left, and whether in this episode: a wrong closing takes back that departure alone, and its wish."""
    left = look.case.departure
    return left and (left.version > look.case.reopened, left.wish is not None)


@field
def left(look: Look) -> object:
    """What a reopening asks: whether the person really left with no decision since, and whether that was today; and what a hold
    asks: whether the person is being removed."""
    departure, decision = look.case.departure, look.case.decision
    if departure is None:
        return ""
    day = day_of(departure.departed_at)
    if decision and decision.decided_on > day:
        return ""
    return ("removed today" if departure.removed_at == look.now else "today") if day == look.day else "earlier"


OLDEST = timedelta(days=2)
"""The age of the oldest answer that a letter tells of: an older one takes the place of no other answer that is younger."""


@field
def check(look: Look) -> object:
    check, law = look.case.removability, look.law
    if check is None or look.closed:
        return ""
    age = look.now - check.checked_at
    if check.answer is not RemovabilityAnswer.REMOVABLE:
        return "other", min(age, OLDEST)
    if age > timedelta(days=law["removability.fresh"]):
        return "stale"
    if age > timedelta(hours=law["removability.fresh_for_booking"]):
        return "for the track"
    return "of the day" if day_of(check.checked_at) == look.day else "for booking"


@field
def interviews(look: Look) -> object:
    if look.closed:
        return None
    held = look.case.interviews
    return min(len(held), look.law["interviews.minimum"]), any(i.kind is InterviewKind.IDENTITY for i in held)


@field
def obstacles(look: Look) -> object:
    over = look.law["obstacle.review_within"] + 1
    return tuple(sorted((id, min((look.day - o.reviewed_on).days, over)) for id, o in look.case.obstacles.items()))


@field
def supervised(look: Look) -> object:
    return look.case.supervised is not None


@field
def screened(look: Look) -> object:
    if look.case.screening is None or look.closed:
        return ""
    return "medical" if look.case.screening.answers.get("medical") is ChecklistAnswer.YES else "done"


@field
def planned(look: Look) -> object:
    return look.case.plan is not None and not look.closed


@field
def minority(look: Look) -> object:
    case = look.case
    if case.minority:
        return case.minority.minor and ("alone" if case.minority.unaccompanied else "accompanied")
    age = case.age_on(look.day)
    return "by birth" if age is not None and age < look.law["minor.under"] else None


@field
def reception(look: Look) -> object:
    found = look.case.reception
    return bool(found and found.adequate and found.evidenced)


@field
def guardian(look: Look) -> object:
    return bool(look.case.guardian_informed) and not look.closed


@field
def family(look: Look) -> object:
    linked = look.case.family
    return (linked.assessed, linked.with_minors) if linked else None


@field
def advice(look: Look) -> object:
    advice = look.case.advice
    if advice is None:
        return None
    conditions = tuple((code, code in look.case.conditions_met) for code in advice.conditions)
    return advice.fit, conditions, advice.valid_until is not None


@field
def pregnant(look: Look) -> object:
    due = known_date(look.case.pregnancy.due_on) if look.case.pregnancy else None
    ahead = (due - look.day).days if due else None
    return ahead if ahead is not None and ahead >= -look.law["pregnancy.no_air_after"] else None


@field
def dublin(look: Look) -> object:
    """The days left of the other state's acceptance, which letters book around; "over" once it ran out."""
    if look.case.dublin is None:
        return ""
    ahead = (look.case.dublin.latest_transfer_on - look.day).days
    return ahead if ahead >= 0 else "over"


@field
def document(look: Look) -> object:
    held = look.case.document
    return bool(held and held.valid_from <= look.day <= held.valid_until)


@field
def promised(look: Look) -> object:
    return bool(look.case.presentation and look.case.presentation.outcome in PROMISES)


@field
def regime(look: Look) -> object:
    return look.case.regime.value


@field
def tasks(look: Look) -> object:
    """Each task: what it is of, who picked it up, and whether what it waits for is still there. No timer fires in a search."""
    held = look.case.open_holds(look.now)
    return tuple([(task.kind, task.by, task.about in held) for task in look.case.tasks.values()])


# ---------------------------------------------------------------- that nothing is left out

_RECORDED = "kept on the record only: read to say on which event a verdict relied"
_STATED = "a statistic of the register"
READ: dict[str, str] = {
    "advice": "advice", "approved": _RECORDED, "bookings": "bookings", "birth_date": "minority", "closed_version": _RECORDED,
    "conditions_met": "advice", "court_lift": "court", "decision": "decision", "departure": "left", "detained": "custody",
    "detention_until": "days",
    "document": "document", "dublin": "dublin", "extended": "days", "family": "family", "guardian_informed": "guardian",
    "ended_holds": "every letter of a departure tells of one now: what held then is open",
    "holds": "holds", "interviews": "interviews", "intervals": "days", "minority": "minority", "obstacles": "obstacles",
    "offers": "offered", "phase": "phase", "plan": "planned", "pregnancy": "pregnant", "presentation": "promised",
    "proposal": "proposal", "reception": "reception", "regime": "regime", "registered": _RECORDED, "removability": "check",
    "screening": "screened", "supervised": "supervised", "supervision": "custody", "tasks": "tasks", "wish": "wish",
    "age_band": _STATED,
    "episode": "only counted on", "episode_began": "no letter looks for somebody before the step that it comes with",
    "reopened": "departed", "resident_on": "older",
    "judged_at": "one ruleset judges the whole search",
    "laissez_passer": "every letter orders one for the country that every letter books to",
    "opened_at": "no letter is asked of a time before the opening",
    "placed": "where somebody is kept is counted by the timers alone",
    "topics": "read by `correct` alone, whose letters name the second event or one that is never there",
}  # fmt: skip
"""Every attribute of a case that the chapters or `decide` read outside `apply`, and the field of the key that holds it, or why
none does."""
