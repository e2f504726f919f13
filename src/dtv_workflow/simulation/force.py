"""Force at the simulated desk: the forced track, detention, the journey; each step as the case and the law leave room for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from dtv_workflow.domain.facets import Booking
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.vocabulary import Article, Block, Phase, RemovabilityAnswer
from dtv_workflow.simulation.acts import (
    Act,
    document,
    free,
    laissez_passer,
    leader,
    removable,
    since,
    slips,
    standing,
    supervisor,
    wants_papers,
)
from dtv_workflow.simulation.partners import ask_check, court, flight, refused_by_all
from dtv_workflow.simulation.world import Life, Town

OFFICER = ("AO-01", "designated_officer")
WHY: dict[str, Any] = {
    "grounds": ["niet vertrokken binnen de termijn"],
    "proportionality": "aanbod niet benut, geen lichter middel",
}
ITEMS = dict.fromkeys(("ticket", "belongings", "document", "baggage", "fit_to_fly", "health_summary", "lawyer"), "ok")


# ------------------------------------------------------------------ towards the forced track


def proposing(town: Town, life: Life) -> Iterator[Act]:
    """Proposed by the supervisor once there is a prospect and nothing in the way that anybody knows of; approved by a leader."""
    case, sv = life.case, supervisor(life)
    if (life.gone and case.reports_missed) or case.wish or not document(town, life):
        return
    if case.proposal and free(town, life, "approve_forced_track"):
        if not removable(town, life, 6):
            yield from asking(town, life, "approve_forced_track")
        elif slips(town, life, "approved alone", "alone"):
            yield Act((sv[0], "team_leader"), "approve_forced_track", {})
        else:
            yield Act(leader(life), "approve_forced_track", {})
        return
    if case.proposal or not free(town, life, "propose_forced_track"):
        return
    hasty = slips(town, life, "proposed early", "hasty")
    if not hasty:
        if case.open_holds(town.now, Block.REMOVAL) or not term_over(town, life) or len(case.interviews) < 3 or not case.offers:
            return
        for id, obstacle in case.obstacles.items():
            if since(town, obstacle.reviewed_on) > 25:
                yield Act(sv, "review_obstacle", {"obstacle": id, "finding": "document of toezegging in zicht"})
        if not removable(town, life, 6):
            yield from asking(town, life, "propose_forced_track")
            return
    yield Act(sv, "propose_forced_track", WHY)


def asking(town: Town, life: Life, step: str) -> Iterator[Act]:
    """Ask the IND first; an answer that the person may not be removed is waited out."""
    check = life.case.removability
    today = check is not None and day_of(check.checked_at) == town.today
    if check is not None and today and check.answer is not RemovabilityAnswer.REMOVABLE:
        life.not_before[step] = town.now + timedelta(days=7)
    else:
        ask_check(town, life)
    yield from ()


# ------------------------------------------------------------------ detention


def detention(town: Town, life: Life) -> Iterator[Act]:
    """Lift what has no prospect or has run its time; extend where papers are near."""
    case = life.case
    if case.detained is None:
        return
    ends = [deadline for deadline in town.running(life) if deadline.proposes == "lift_detention"]
    if refused_by_all(life) and "close" not in life.tray and case.wish is None:
        again = wants_papers(town, life)
        yield laissez_passer(town, life) if again else Act(OFFICER, "lift_detention", {"cause": "no_prospect"})
    elif case.open_holds(town.now, Block.DETENTION) or "close" in life.tray:
        yield Act(OFFICER, "lift_detention", {"cause": "purpose_gone"})
    elif ends and ends[0].due - town.now <= timedelta(days=3):
        near = case.detained.article is Article.A59 and not case.extended and ends[0].due > town.now and document(town, life)
        if near and free(town, life, "extend_detention"):
            alone = slips(town, life, "extended alone", "alone")
            until = (town.today + timedelta(days=60)).isoformat()
            fields = {"until": until, "balancing": "document toegezegd; geen dagen op andere gronden"}
            yield Act(OFFICER, "extend_detention", fields, None if alone else leader(life)[0], court)
        else:
            yield Act(OFFICER, "lift_detention", {"cause": "max_reached"})


def ordering(town: Town, life: Life) -> Iterator[Act]:
    """Detention where the officer sees a risk that supervision will not meet; the order must say why, twice over."""
    case, p = life.case, life.person
    if case.detained or case.wish or p.minor or "detain" in life.tried or (life.gone and case.reports_missed):
        return
    chance = town.model.chance["detain_dublin" if p.regime == "dublin" else "detain"]
    if case.phase is Phase.MOTIVATION:
        papers = p.regime == "dublin" or document(town, life) or refused_by_all(life)
        if papers or len(case.interviews) < 2 or not term_over(town, life):
            return
        chance = town.model.chance["detain_early"]
    if (risk := f"risk {case.phase.value}") not in life.tried:
        life.tried.add(risk)
        if life.rng.random() < chance:
            life.tried.add("to detain")
    if "to detain" not in life.tried:
        return
    if case.open_holds(town.now, Block.DETENTION) or not free(town, life, "order_detention"):
        return
    if life.gone:
        life.not_before["order_detention"] = town.now + timedelta(days=7)  # nobody at the address to detain
        return
    lighter = {"reporting_duty": "eerder niet nagekomen", "security_deposit": "geen middelen", "area_restriction": "vertrokken"}
    grounds = [{"code": "3b", "heavy": True}, {"code": "4c", "heavy": False}]
    fields: dict[str, Any] = {
        "article": "59a" if p.regime == "dublin" else "59", "prospect": "vlucht op korte termijn", "place": "DC-Rotterdam",
        "grounds": grounds[:1] if slips(town, life, "one ground") else grounds,
        "lighter_means": {} if slips(town, life, "not weighed") else lighter,
        "hearing_held": not slips(town, life, "not heard before", "alone"), "lawyer_informed": True,
    }  # fmt: skip
    yield Act(OFFICER, "order_detention", fields, None, detained)


def term_over(town: Town, life: Life) -> bool:
    """Whether there is a decision whose term has run out."""
    term = life.case.term_ends()
    return term is not None and town.now >= term


def detained(town: Town, life: Life) -> None:
    """Somebody was taken into detention: the court is told."""
    life.tried.add("detain")
    court(town, life)


# ------------------------------------------------------------------ the journey


def journey(town: Town, life: Life) -> Iterator[Act]:
    """A booking on a fresh answer, checked, notified, handed over; after enough failures the track is abandoned."""
    case = life.case
    live = next(iter(case.live_bookings().items()), None)
    if live is not None:
        yield from preparing(town, life, *live)
        return
    if (life.gone and case.reports_missed) or case.wish:
        return
    worn_out = life.attempts >= town.model.days["attempts"] or (not document(town, life) and "check" not in life.asked)
    if worn_out and case.detained is None and free(town, life, "abandon_forced_track"):
        yield Act(supervisor(life), "abandon_forced_track", {"cause": "no_prospect"}, None, started_over)
        return
    if worn_out and case.detained:
        yield Act(OFFICER, "lift_detention", {"cause": "no_prospect"})
    if standing(town, life) or not free(town, life, "book_removal"):
        return
    if not removable(town, life, 0.9) and not slips(town, life, "booked on an old answer", "hasty"):
        yield from asking(town, life, "book_removal")
        return
    yield booking(town, life)


def started_over(town: Town, life: Life) -> None:
    """Back in motivation: nobody proposes force again at once."""
    life.attempts = 0
    life.not_before["propose_forced_track"] = town.now + timedelta(days=60)


def booking(town: Town, life: Life) -> Act:
    """A seat some two weeks ahead."""
    rng, days = life.rng, town.model.days
    life.attempts += 1
    attempt = f"R{len(life.case.bookings) + 1}"
    departs = town.clock(day_of(town.workday(rng.uniform(days["flight_from"], days["flight_to"]))), 15)
    fields = {
        "attempt": attempt, "carrier": rng.choice(("KL", "TK", "AT", "AF")), "departs_at": departs.isoformat(),
        "destination": life.person.bound_for, "escorts": rng.choice((0, 2, 2, 3)), "mode": "line",
        "price_cents": rng.randrange(18_000, 92_000, 500),
    }  # fmt: skip
    return Act(supervisor(life), "book_removal", fields, None, lambda town, life: booked(town, life, attempt))


def booked(town: Town, life: Life, attempt: str) -> None:
    """The partners know of the flight, and the desk of its day: a check early in the morning, then the handover."""
    departs = life.case.bookings[attempt].departs_at
    flight(town, life, attempt)
    if life.person.regime == "dublin":
        announced = town.today.isoformat()
        town.take(life, supervisor(life), "record_transfer_announced", attempt=attempt, announced_on=announced)
    for days in (6, 4):
        town.at(town.working(departs - timedelta(days=days)), lambda: town.attend(life, town.now))

    def morning() -> None:
        if life.open and life.case.bookings[attempt].live:
            ask_check(town, life, hours=0.5)

    town.at(departs - timedelta(hours=6.5), morning)


def preparing(town: Town, life: Life, attempt: str, flight: Booking) -> Iterator[Act]:
    """Before a departure: the check, the notice, and on the day itself the handover on an answer of that day."""
    sv, left = supervisor(life), flight.departs_at - town.now
    if not flight.precheck and left <= timedelta(days=7) and free(town, life, "complete_precheck"):
        items = ITEMS | {"medication": "not_applicable"}
        if slips(town, life, "item missing"):
            items |= {"health_summary": "missing"}
        yield Act(sv, "complete_precheck", {"attempt": attempt, "items": items})
    late = f"notice {attempt}"
    if not flight.notice and left <= timedelta(days=5) and free(town, life, late):
        if slips(town, life, "notice forgotten", "forgets"):
            life.not_before[late] = flight.departs_at - timedelta(hours=26)
        else:
            to = ["person"] if slips(town, life, "lawyer forgotten") else ["person", "lawyer"]
            if life.person.minor:
                to.append("guardian")
            yield Act(sv, "serve_removal_notice", {"attempt": attempt, "to": to, "language": life.person.language})
    prepared = flight.notice and flight.precheck and not flight.handed_over
    if prepared and timedelta(0) < left <= timedelta(hours=6) and not life.gone:
        told = not slips(town, life, "monitor forgotten")
        if removable(town, life, 0.4) and free(town, life, "hand_over"):
            yield Act(sv, "hand_over", {"attempt": attempt, "form": "M24-A", "monitor_notified": told})


def force(town: Town, life: Life) -> Iterator[Act]:
    """What the forced track asks for now."""
    yield from ordering(town, life)
    if life.case.phase is Phase.FORCED_DEPARTURE:
        yield from journey(town, life)
