"""What an officer of the simulated desk may do: the acts of intake, guidance and independent departure, one at a time.

Each function looks at the case as the log has it and yields what it asks for next, most pressing first. Now and then an officer
is hasty or forgets something; the law then refuses, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.vocabulary import SENSITIVE_HOLDS, TERM_HOLDS, Block, InterviewKind, Phase, RemovabilityAnswer
from dtv_workflow.simulation.model import checklist
from dtv_workflow.simulation.partners import NOT_TWICE, address, ask_check, boarding, embassy, iom, reappear
from dtv_workflow.simulation.world import Life, Town

LEADERS = ("TL-01", "TL-02", "TL-03")
SPECIAL = "RV-00"


class Act(NamedTuple):
    """A step that somebody takes: as (actor, role), with its fields; and what follows outside once it was done."""

    who: tuple[str, str]
    step: str
    fields: dict[str, Any]
    second: str | None = None
    then: Callable[[Town, Life], None] | None = None


def leader(life: Life, other: int = 0) -> tuple[str, str]:
    """The team leader of a case, or another one."""
    return LEADERS[(life.person.number + other) % len(LEADERS)], "team_leader"


def supervisor(life: Life) -> tuple[str, str]:
    """The supervisor of a case; a team leader as long as there is none."""
    return (life.case.supervised.supervisor, "supervisor") if life.case.supervised else leader(life)


def free(town: Town, life: Life, step: str) -> bool:
    """Whether a step is not put off: one that was refused waits for what was in its way."""
    return life.not_before.get(step, town.now) <= town.now


def slips(town: Town, life: Life, what: str, chance: str = "slip") -> bool:
    """Whether somebody is hasty or forgets something, here, in this case: at most once."""
    if what in life.tried:
        return False
    life.tried.add(what)
    return life.rng.random() < town.model.chance[chance]


def since(town: Town, day: date) -> int:
    """Whole days since a day."""
    return (town.today - day).days


def fresh(town: Town, life: Life, days: float) -> bool:
    """Whether the IND answered no longer ago than that."""
    check = life.case.removability
    return check is not None and town.now - check.checked_at <= timedelta(days=days)


def removable(town: Town, life: Life, days: float) -> bool:
    """Whether there is an answer `removable` no older than that."""
    check = life.case.removability
    return check is not None and check.answer is RemovabilityAnswer.REMOVABLE and fresh(town, life, days)


def standing(town: Town, life: Life) -> list[str]:
    """The open holds besides a departure term, by their ids."""
    return [id for id, hold in life.case.open_holds(town.now, Block.REMOVAL).items() if hold.kind not in TERM_HOLDS]


def document(town: Town, life: Life, on: datetime | None = None) -> bool:
    """Whether there is what to travel on: a document, an embassy's promise, or another member state's acceptance."""
    case, day = life.case, day_of(on or town.now + timedelta(days=20))
    if case.document and case.document.valid_until >= day:
        return True
    if life.person.regime == "dublin":
        return case.dublin is not None and case.dublin.latest_transfer_on >= day
    return case.presentation is not None and case.presentation.outcome.value == "recognised"


# ------------------------------------------------------------------ in every phase


def answering(town: Town, life: Life) -> Iterator[Act]:
    """What cannot wait: a wish, a statement, a basis on which a hold ends, an ending."""
    case, rng, chance = life.case, life.rng, town.model.chance
    if case.wish and not case.wish.assessed and free(town, life, "assess_opportunity"):
        yes = rng.random() < chance["opportunity"]
        alone = not yes and slips(town, life, "declined alone", "alone")
        second = None if yes or alone else leader(life)[0]
        finding = "document en ticket binnen bereik" if yes else "nog geen document; opnieuw bezien"
        fields = {"available": yes, "finding": finding}
        yield Act(supervisor(life), "assess_opportunity", fields, second, signing if yes else None)
    if "statement" in life.tray and case.phase in CHOOSES and free(town, life, "choose_voluntary_departure"):
        statement = life.tray.pop("statement")
        yield Act(supervisor(life), "choose_voluntary_departure", {"statement": statement})
    for id, hold in case.open_holds(town.now).items():
        if id in life.tray and free(town, life, f"lift_hold {id}"):
            alone = hold.kind in SENSITIVE_HOLDS and slips(town, life, "lifted alone", "alone")
            second = leader(life)[0] if hold.kind in SENSITIVE_HOLDS and not alone else None
            yield Act(supervisor(life), "lift_hold", {"hold": id, "basis": life.tray[id]}, second)
    if "close" in life.tray and case.detained is None and free(town, life, "close_other"):
        alone = slips(town, life, "closed alone", "alone")
        fields = {"cause": life.tray["close"], "evidence": "bericht in dossier"}
        yield Act(leader(life), "close_other", fields, None if alone else leader(life, 1)[0])
    yield from looking_for(town, life)


CHOOSES = (Phase.INTAKE, Phase.MOTIVATION, Phase.FORCED_DEPARTURE)


def signing(town: Town, life: Life) -> None:
    """Some days after the opportunity was found the person signs, unless gone by then."""

    def signed() -> None:
        if life.open and not life.gone and life.case.wish:
            life.tray["statement"] = "ondertekend met tolk"
            withdrawn = (id for id, hold in life.case.open_holds(town.now).items() if hold.kind.value in NOT_TWICE)
            life.tray |= dict.fromkeys(withdrawn, "procedure ingetrokken, brief van de gemachtigde")
            town.attend(life, town.now)

    town.at(town.workday(life.rng.uniform(0.5, 4), 11), signed)


def looking_for(town: Town, life: Life) -> Iterator[Act]:
    """Reports were missed: have AVIM look, and close on what it found. Some close without looking."""
    case, needed = life.case, 1 if life.person.regime == "dublin" else 2
    if case.detained is not None or not free(town, life, "close_unsupervised"):
        return
    if "check" in life.tray and life.gone:
        check = {"by": "AVIM", "at": life.tray["check"], "result": "kamer leeg, sleutel niet ingeleverd"}
        missing = {"missing_report": "melding politie"} if life.person.minor else {}
        yield Act(supervisor(life), "close_unsupervised", {"check": check, **missing}, None, reappear)
    elif life.gone and case.reports_missed >= needed:
        if slips(town, life, "closed unseen"):
            yield Act(supervisor(life), "close_unsupervised", {})
        address(town, life)


# ------------------------------------------------------------------ intake


def intake(town: Town, life: Life) -> Iterator[Act]:
    """A supervisor, the IND's answer, the screening, the plan; then the intake is complete. Some are too early."""
    case, sv, p = life.case, supervisor(life), life.person
    if case.supervised is None and free(town, life, "assign_supervisor"):
        special = p.minor and not slips(town, life, "not special", "alone")
        yield Act(leader(life), "assign_supervisor", {"supervisor": SPECIAL if special else least_busy(town), "special": special})
    if case.removability is None:
        ask_check(town, life)
    if slips(town, life, "too early", "hasty"):
        yield Act(sv, "complete_intake", {})
    if case.screening is None:
        medical = "yes" if life.rng.random() < town.model.chance["medical"] else "none"
        found = checklist(medical=medical, minor="yes" if p.minor else "none")
        yield Act(sv, "screen_vulnerability", {"checklist": found}, None, doctor if medical == "yes" else None)
    if case.plan is None:
        yield planning(town, life)
    ready = case.decision and case.removability and case.supervised
    if ready and free(town, life, "complete_intake"):
        yield Act(sv, "complete_intake", {})


def least_busy(town: Town) -> str:
    """The supervisor with the fewest open cases."""
    load = dict.fromkeys(town.supervisors, 0)
    for life in town.lives:
        if life.open and life.case.supervised and life.case.supervised.supervisor in load:
            load[life.case.supervised.supervisor] += 1
    return min(load, key=lambda name: (load[name], name))


def doctor(town: Town, life: Life) -> None:
    """A medical alert is looked at, and one day there is a finding."""

    def found() -> None:
        if life.open:
            life.tray["medical_alert_unresolved"] = "medische bevinding in dossier"
            town.attend(life, town.now)

    town.at(town.workday(life.rng.expovariate(1 / town.model.hold["medical_alert_unresolved"].days) + 2, 14), found)


def planning(town: Town, life: Life) -> Act:
    """The plan, with the strategy that the case suggests."""
    strategy = "handover" if life.person.regime == "dublin" else "forced" if life.case.detained else "voluntary"
    review = (town.today + timedelta(days=int(town.model.days["plan"]))).isoformat()
    fields = {"strategy": strategy, "steps": ["gesprekken", "aanbod"], "next_review": review}
    return Act(supervisor(life), "adopt_plan", fields)


# ------------------------------------------------------------------ motivation


def guidance(town: Town, life: Life) -> Iterator[Act]:
    """Interviews, the offer, what stands in the way and the papers; a review of the plan when it is due."""
    case, sv, p = life.case, supervisor(life), life.person
    if interview_due(town, life):
        if life.gone:
            address(town, life)
            return
        yield interview(town, life)
    if case.interviews and not case.offers and case.phase is not Phase.VOLUNTARY_DEPARTURE:
        offer = {"language": p.language, "options": ["IOM REAN", "herintegratie"], "copy_given": True}
        yield Act(sv, "offer_voluntary_departure", offer)
    if len(case.interviews) >= 2 and not case.cooperation:
        level = ("refuses", "conditional", "cooperates", "unable")[min(3, int(life.rng.random() * 4))]
        yield Act(sv, "record_cooperation", {"level": level, "subject_matter": "reisdocument"})
    identified = any(held.kind is InterviewKind.IDENTITY for held in case.interviews)
    if identified and not case.obstacles and not document(town, life):
        yield Act(sv, "report_obstacle", {"obstacle": "O1", "category": "travel_document", "detail": "geen geldig document"})
    if identified and wants_papers(town, life):
        yield laissez_passer(town, life)
    yield from presenting(town, life)
    if case.plan and case.plan.next_review and case.plan.next_review <= town.today:
        yield planning(town, life)


def interview_due(town: Town, life: Life) -> bool:
    """Whether it is time to talk: soon at first, and again while too few were held to go on."""
    case, days = life.case, town.model.days
    if not case.interviews:
        return True
    if len(case.interviews) < 3:
        pace = days["talk_detained"] if case.detained else days["talk_first"]
    else:
        pace = days["talk_detained_later"] if case.detained else days["talk_later"]
    return since(town, case.interviews[-1].on) >= pace


def interview(town: Town, life: Life) -> Act:
    """The next interview; some leave a question of the checklist open."""
    held = len(life.case.interviews)
    kind = ("first", "identity", "follow_up")[min(held, 2)]
    answers = checklist(minor="yes") if life.person.minor else checklist()
    if slips(town, life, "question left open"):
        answers.pop("trafficking")
    fields = {"kind": kind, "checklist": answers, "minutes": life.rng.choice((30, 45, 60)), "interpreter": life.person.language}
    return Act(supervisor(life), "record_interview", fields)


def wants_papers(town: Town, life: Life) -> bool:
    """Whether to ask an embassy now: nothing to travel on, nothing asked, and no procedure that bars it (unless overlooked)."""
    if life.person.regime == "dublin" or document(town, life) or not free(town, life, "order_laissez_passer"):
        return False
    ordered, answered = life.case.laissez_passer, life.case.presentation
    if ordered and (answered is None or answered.version < ordered.version or "asked again" in life.tried):
        return False
    barred = life.case.open_holds(town.now, Block.EMBASSY_CONTACT)
    return not barred or slips(town, life, "embassy overlooked", "hasty")


def laissez_passer(town: Town, life: Life) -> Act:
    """The order; some forget to screen the file."""
    if life.case.laissez_passer:
        life.tried.add("asked again")
    screened = not slips(town, life, "not screened")
    fields = {"country": life.person.country, "purpose": "return", "asylum_screened": screened, "copy_given": True}
    return Act(supervisor(life), "order_laissez_passer", fields, None, embassy)


def presenting(town: Town, life: Life) -> Iterator[Act]:
    """The day at the embassy, as soon as it is known; unless a procedure that began since bars all contact."""
    day = life.tray.get("presentation")
    if day and free(town, life, "plan_presentation") and not life.case.open_holds(town.now, Block.EMBASSY_CONTACT):
        del life.tray["presentation"]
        if day > town.today.isoformat():
            yield Act(supervisor(life), "plan_presentation", {"planned_on": day})


# ------------------------------------------------------------------ independent departure


def leaving(town: Town, life: Life) -> Iterator[Act]:
    """Support, papers, a ticket; or the choice lapses, after the person was heard."""
    case, sv, p = life.case, supervisor(life), life.person
    if "lapse" in life.tray:
        if life.gone:
            address(town, life)
            return
        heard = not slips(town, life, "not heard", "alone")
        yield Act(sv, "lapse_voluntary_departure", {"lapse": life.tray["lapse"], "heard": heard}, None, forget_lapse)
    if not case.support and "support" not in life.tried and p.regime != "dublin":
        life.tried.add("support")
        if life.rng.random() < town.model.chance["support"]:
            asked = {"provider": "iom", "programme": "REAN", "cash_cents": 20_000, "in_kind_cents": 150_000}
            yield Act(sv, "request_support", asked, None, iom)
    if case.ticket_departs_at is None and document(town, life) and not transfer_barred(town, life):
        departs = town.clock(day_of(town.workday(life.rng.uniform(*TICKET_DAYS))), 13)
        fields = {"carrier": "KL", "departs_at": departs.isoformat(), "destination": p.bound_for, "price_cents": 32_000}
        yield Act(sv, "issue_ticket", fields, None, boarding)
    elif case.ticket_departs_at is None and p.regime != "dublin":
        if not any(held.kind is InterviewKind.IDENTITY for held in case.interviews):
            if not life.gone:
                yield interview(town, life)._replace(fields=identity(town, life))
        elif wants_papers(town, life):
            yield laissez_passer(town, life)
        yield from presenting(town, life)


TICKET_DAYS = (10, 35)


def identity(town: Town, life: Life) -> dict[str, Any]:
    """An interview on identity, for the embassy."""
    answers = checklist(minor="yes") if life.person.minor else checklist()
    return {"kind": "identity", "checklist": answers, "minutes": 45}


def forget_lapse(town: Town, life: Life) -> None:
    """The choice has lapsed: what was known of it is put away."""
    life.tray.pop("lapse", None)
    life.tried.discard("support")


def transfer_barred(town: Town, life: Life) -> bool:
    """Whether a transfer to another member state has to wait for a hold to end."""
    return life.person.regime == "dublin" and bool(standing(town, life))
