"""The partners and the persons of the simulation: what comes from outside, each after its own delay, told as facts.

Nobody here decides how a case ends. People vanish, wish to leave and apply for something at rates that depend on where their case
stands (competing risks, by thinning); partners answer what is asked by what is then true.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.vocabulary import TERM_HOLDS, Block, HoldKind, Outcome, Phase, PresentationOutcome
from dtv_workflow.simulation.model import picked
from dtv_workflow.simulation.world import Life, Town

COURT = "Rechtbank, zittingsplaats Testdam"
ILC = ("ILC-01", "intake_officer")
NOT_TWICE = frozenset({"application_pending", "appeal_suspensive", "interim_relief_awaitable", "art64_pending", "art64_granted"})
DEPARTED = frozenset({Outcome.INDEPENDENT_SUPERVISED, Outcome.FORCED, Outcome.DUBLIN_TRANSFER})


def delay(life: Life, mean: float, least: float = 0.0) -> float:
    """A delay in days: at least so many, on average `mean`."""
    return least + life.rng.expovariate(1 / max(mean - least, 0.01))


# ------------------------------------------------------------------ arriving


def arrive(town: Town, life: Life) -> None:
    """A handover: the case is opened, and what was decided about the person follows."""
    p, rng, chance = life.person, life.rng, town.model.chance
    subject = {
        "name": p.name, "birth_date": p.born.isoformat(), "citizenship": p.country, "sex": p.sex, "language": p.language,
        "v_number": p.v_number,
    }  # fmt: skip
    handed: dict[str, Any] = {"subject": subject, "entry_channel": p.channel, "regime": p.regime}
    town.take(life, ILC, "open_case", handover_authority=p.authority, **handed)
    if rng.random() < chance["twice"]:
        again = Life(p, rng)
        town.after(5, lambda: _again(town, life, again, handed))
    if rng.random() < chance["gaps"]:
        town.take(life, ILC, "return_handover_file", gaps=["fingerprints"])
    if rng.random() < town.model.source[p.authority].detained and not p.minor:
        since = town.today - timedelta(days=rng.randrange(3))
        if since >= day_of(life.case.opened_at or town.now):
            by = "KMAR" if p.authority == "kmar" else "AVIM"
            town.tell(life, by, "report_detention", article="59", since=since.isoformat(), by=by)
            court(town, life)
    if p.minor:
        alone = rng.random() < chance["unaccompanied"]
        town.tell(life, "IND", "establish_minority", minor=True, guardian="Testpersoon Nidos", unaccompanied=alone)
    town.at(town.workday(delay(life, 1.0)), lambda: decide(town, life))
    town.attend(life, town.now + timedelta(hours=2))
    shock(town, life)


def _again(town: Town, life: Life, again: Life, handed: dict[str, Any]) -> None:
    """Another authority hands the same person over while the case is open: the register knows."""
    if life.open:
        town.take(again, ILC, "open_case", handover_authority="police", **handed)


def decide(town: Town, life: Life) -> None:
    """The IND's decision as served; under Dublin with the other member state's acceptance. Who can, goes to court."""
    if not life.open:
        return
    p, rng, source = life.person, life.rng, town.model.source[life.person.authority]
    kind = {"dublin": "transfer", "border_refusal": "border_refusal"}.get(p.regime, "return")
    day = town.today.isoformat()
    fields: dict[str, Any] = {"kind": kind, "decided_on": day, "served_on": day, "language": p.language, "term_days": 28}
    if rng.random() < source.withheld:
        fields["term_days"] = 0
        if "unreasoned" in life.tried or rng.random() >= town.model.chance["unreasoned"]:
            fields["term_reason"] = "Risico op onttrekking; individueel gemotiveerd in het besluit."
        life.tried.add("unreasoned")
    if kind == "return" and fields["term_days"] == 0:
        fields["entry_ban_years"] = 2
    town.tell(life, "IND", "record_return_decision", **fields)
    if kind == "transfer" and life.case.dublin is None:
        latest = (town.today + timedelta(days=182)).isoformat()
        accepted: dict[str, Any] = {"member_state": p.member_state, "accepted_on": day, "latest_transfer_on": latest}
        town.tell(life, "IND", "record_dublin_acceptance", **accepted)
    appeals = source.appeal * (town.model.factor["appeal_dublin"] if p.regime == "dublin" else 1)
    if "appeal" not in life.tried and rng.random() < appeals:
        hold = "interim_relief_awaitable" if p.regime == "dublin" else "appeal_suspensive"
        town.after(rng.uniform(1, 20), lambda: procedure(town, life, hold))
    life.tried.add("appeal")
    town.attend(life, town.now)


def ask_check(town: Town, life: Life, hours: float | None = None) -> None:
    """Ask the IND whether the person may be removed; the answer comes the same day or the next working day."""
    if "check" in life.asked:
        return
    life.asked.add("check")
    wait = timedelta(hours=1 + delay(life, 5) if hours is None else hours)
    when = town.working(town.now + wait) if hours is None else town.now + wait
    town.at(when, lambda: _checked(town, life))


def _checked(town: Town, life: Life) -> None:
    life.asked.discard("check")
    if not life.open:
        return
    held = life.case.open_holds(town.now, Block.REMOVAL)
    answer = "not_removable" if held or life.case.decision is None else "removable"
    if life.rng.random() < town.model.chance["unknown"]:
        answer = "unknown"
    town.tell(life, "IND", "record_removability", answer=answer, checked_at=town.now.isoformat())
    town.attend(life, town.now)


# ------------------------------------------------------------------ what the person does: competing risks


def shock(town: Town, life: Life) -> None:
    """The next moment at which something may happen to a person; whether it does depends on the case by then."""
    most = {risk: town.model.rate[risk] * _trait(life, risk) * town.model.factor[f"{risk}_most"] for risk in RISKS}
    every = 1 / sum(most.values())
    episode = life.case.episode

    def happens() -> None:
        if not life.open or life.gone or life.case.episode != episode:
            return
        risk = picked(life.rng, most)
        if life.rng.random() * most[risk] < town.model.rate[risk] * _trait(life, risk) * _state(town, life, risk):
            RISKS[risk](town, life)
        town.after(life.rng.expovariate(1 / every), happens)

    town.after(life.rng.expovariate(1 / every), happens)


def _trait(life: Life, risk: str) -> float:
    """What a person's own nature makes of a rate."""
    return {"vanish": life.person.flight, "wish": life.person.will, "procedure": life.person.claim}.get(risk, 1.0)


def _state(town: Town, life: Life, risk: str) -> float:
    """What the state of the case makes of a rate: a factor, at most `<risk>_most`."""
    case, factor = life.case, town.model.factor
    leaving = case.phase is Phase.VOLUNTARY_DEPARTURE
    booked, held = bool(case.live_bookings()), bool(case.open_holds(town.now, Block.REMOVAL))
    if risk == "vanish":
        if case.detained:
            return 0.0
        return factor["vanish_leaving" if leaving else "vanish_most" if booked else "vanish_held" if held else "vanish_free"]
    if risk == "wish":
        if leaving or case.wish:
            return 0.0
        return factor["wish_most" if case.detained else "wish_offered" if case.offers else "wish_before"]
    if risk == "procedure":
        busy = leaving or any(hold.kind.value in NOT_TWICE for hold in case.open_holds(town.now).values())
        when = "procedure_most" if booked else "procedure_detained" if case.detained else "procedure_free"
        return 0.0 if busy else factor[when]
    return 1.0


def vanish(town: Town, life: Life) -> None:
    """The reports stop, and after a week somebody notices."""
    life.gone = True
    for count in (1, 2):
        town.at(town.workday(7 * count, 11), lambda count=count: _missed(town, life, count))  # type: ignore[misc]


def _missed(town: Town, life: Life, count: int) -> None:
    if life.open and life.gone:
        town.tell(life, "COA", "record_report_missed", count=count)
        town.attend(life, town.now)


def wish(town: Town, life: Life) -> None:
    """Whoever hears it tells: a wish to leave is never refused."""
    by = "dji" if life.case.detained else picked(life.rng, {"person": 4, "iom": 3, "coa": 2, "lawyer": 1})
    town.tell(life, by.upper(), "express_wish_to_leave", reported_by=by)
    town.attend(life, town.now)


def new_procedure(town: Town, life: Life) -> None:
    """An application or an alert that stands in the way, of a kind as likely as its weight."""
    procedure(town, life, picked(life.rng, town.model.hold_weights))


def other_end(town: Town, life: Life) -> None:
    """It turns out that there is nothing to carry out: a Union citizen, a duplicate, a case opened in error."""
    causes = {"eu_national": 3, "duplicate": 3, "wrongly_opened": 3, "death": 0.3}
    life.tray["close"] = picked(life.rng, causes)
    town.attend(life, town.now)


RISKS = {"vanish": vanish, "wish": wish, "procedure": new_procedure, "other": other_end}


# ------------------------------------------------------------------ procedures


def procedure(town: Town, life: Life, kind: str) -> None:
    """Something is filed: the message places the hold, sometimes days late, and one day it is decided."""
    if not life.open:
        return
    rng, held, hold = life.rng, town.model.hold[kind], f"P{len(life.case.holds) + len(life.case.ended_holds) + 1}"
    late = town.now - timedelta(days=rng.uniform(0.5, 3)) if rng.random() < town.model.chance["late"] else None
    if late is not None and (life.case.episode_began is None or late < life.case.episode_began):
        late = None
    town.tell(life, held.partner, "place_hold", at=late, hold=hold, hold_kind=kind)
    town.at(town.workday(delay(life, held.days, 2), 10), lambda: decided(town, life, hold, kind))
    town.attend(life, town.now)


def decided(town: Town, life: Life, hold: str, kind: str) -> None:
    """The outcome: residence, an annulled decision, a deferral; or the basis on which the desk may lift the hold."""
    if not life.open or hold not in life.case.open_holds(town.now):
        return
    held, rng = town.model.hold[kind], life.rng
    if rng.random() < held.merit and not life.gone:
        if rng.random() < held.annulled:
            town.tell(life, "RB", "record_court_decision", instance=COURT, outcome="annulled")
            life.tray["close"] = "decision_annulled"
        elif kind == HoldKind.ART64_PENDING.value:
            until = (town.today + timedelta(days=180)).isoformat()
            town.tell(life, "IND", "place_hold", hold=f"{hold}-64", hold_kind="art64_granted", until=until)
            life.tray[hold] = "besluit IND op artikel 64"
        else:
            town.tell(life, "IND", "record_residence", permit="asylum", granted_on=town.today.isoformat())
        town.attend(life, town.now)
        return
    if held.partner == "RB":
        town.tell(life, "RB", "record_court_decision", instance=COURT, outcome="upheld")
    life.tray[hold] = "beslissing in dossier"
    town.attend(life, town.now)


# ------------------------------------------------------------------ answers to the desk


def address(town: Town, life: Life) -> None:
    """AVIM looks whether somebody still lives there."""
    if "address" in life.asked or "check" in life.tray:
        return
    life.asked.add("address")

    def looked() -> None:
        life.asked.discard("address")
        if life.open:
            found = "gone" if life.gone else "present"
            town.tell(life, "AVIM", "record_address_check", checked_at=town.now.isoformat(), found=found)
        if life.gone:
            life.tray["check"] = town.now.isoformat()
        town.attend(life, town.now)

    town.at(town.workday(delay(life, town.model.days["address"], 1), 12), looked)


def embassy(town: Town, life: Life) -> None:
    """The embassy answers in its own time, by country; after a recognition the laissez-passer follows."""
    willing = life.case.phase is Phase.VOLUNTARY_DEPARTURE
    recognises = town.model.country[life.person.country].recognises
    chance = max(recognises, town.model.chance["recognised_willing"]) if willing else recognises

    def presented() -> None:
        if not life.open:
            return
        known = life.rng.random() < chance
        said = "recognised" if known else picked(life.rng, {"not_recognised": 3, "insufficient": 3, "no_reply": 2})
        town.tell(life, "DIA", "record_presentation", outcome=said)
        if known:
            town.at(town.workday(delay(life, town.model.days["lp"], 3), 12), lambda: passport(town, life, "laissez_passer"))
        town.attend(life, town.now)

    def looked_up() -> None:
        if life.open:
            free = not life.case.open_holds(town.now, Block.EMBASSY_CONTACT)
            town.tell(life, "BVV", "record_presentability", presentable=free, checked_at=town.now.isoformat())

    mean = town.model.days["embassy_willing" if willing else "embassy"]
    when = town.workday(delay(life, mean, 5), 12)
    life.tray["presentation"] = day_of(when).isoformat()
    town.at(when - timedelta(days=6), looked_up)
    town.at(when, presented)


def passport(town: Town, life: Life, kind: str) -> None:
    """A travel document comes in."""
    if life.open:
        years = 3 if kind == "passport" else 0.5
        until = town.today + timedelta(days=int(365 * years))
        valid: dict[str, Any] = {"valid_from": town.today.isoformat(), "valid_until": until.isoformat()}
        town.tell(life, "KMAR" if kind == "passport" else "DIA", "record_travel_document", document=kind, **valid)
        town.attend(life, town.now)


def reception(town: Town, life: Life) -> None:
    """The IND looks whether there is adequate reception for a minor in the country of return."""
    if "reception" in life.asked:
        return
    life.asked.add("reception")

    def established() -> None:
        if life.open:
            good, where = life.rng.random() < town.model.chance["reception"], life.person.country
            town.tell(life, "IND", "establish_reception", adequate=good, country=where, evidence="rapport in dossier")
            town.attend(life, town.now)

    town.at(town.workday(delay(life, town.model.days["reception"], 5), 13), established)


def court(town: Town, life: Life) -> None:
    """The court is told of a detention, hears it, and upholds it or orders the lift."""
    held = life.case.detained
    began = held.version if held else 0

    def told() -> None:
        if life.open and life.case.detained and life.case.detained.version == began:
            town.tell(life, "RB", "record_court_notified", notified_at=town.now.isoformat())
            town.at(town.workday(delay(life, town.model.days["hearing"], 5), 15), heard)

    def heard() -> None:
        if life.open and life.case.detained and life.case.detained.version == began:
            town.tell(life, "RB", "record_court_hearing", held_on=town.today.isoformat())
            town.at(town.workday(3, 15), ruled)

    def ruled() -> None:
        if life.open and life.case.detained and life.case.detained.version == began:
            outcome = "lifted" if life.rng.random() < town.model.chance["court_lifts"] else "upheld"
            town.tell(life, "RB", "record_court_decision", instance=COURT, outcome=outcome)
            town.attend(life, town.now)

    town.at(town.workday(3), told)


# ------------------------------------------------------------------ leaving


def iom(town: Town, life: Life) -> None:
    """IOM grants what was asked for."""

    def granted() -> None:
        if life.open:
            town.tell(life, "IOM", "grant_support", provider="iom", programme="REAN", cash_cents=20_000)

    town.at(town.workday(delay(life, town.model.days["iom"], 2), 11), granted)


def boarding(town: Town, life: Life) -> None:
    """The day of the ticket: the person leaves and it is seen, or is not there, or thinks better of it."""
    p, departs, episode = life.person, life.case.ticket_departs_at, life.case.episode
    if departs is None:
        return

    def left() -> None:
        case = life.case
        if case.phase is not Phase.VOLUNTARY_DEPARTURE or case.ticket_departs_at != departs or case.episode != episode:
            return
        barred = p.regime == "dublin" and any(hold.kind not in TERM_HOLDS for hold in case.open_holds(departs).values())
        if life.gone or barred or life.rng.random() < town.model.chance["thinks_better"]:
            life.tray["lapse"] = "no_show" if life.gone else "withdrew"
        elif p.regime == "dublin":
            gone: dict[str, Any] = {"departed_at": departs.isoformat(), "member_state": p.member_state, "proof": "m100"}
            town.tell(life, "KMAR", "confirm_dublin_transfer", **gone)
        else:
            proof, issuer = ("iom_declaration", "IOM") if life.case.support else ("m101", "KMar")
            seen: dict[str, Any] = {"departed_at": departs.isoformat(), "destination": p.country, "proof": proof}
            town.tell(life, issuer.upper(), "confirm_supervised_departure", issuer=issuer, **seen)
        town.attend(life, town.now)

    town.at(departs + timedelta(hours=20), left)


def flight(town: Town, life: Life, attempt: str) -> None:
    """What partners make of a booking: called off on the way, refused at the gate, or carried out."""
    booking, rng = life.case.bookings[attempt], life.rng
    departs = booking.departs_at
    span = max((departs - town.now) / timedelta(days=1) - 0.5, 0.1)

    def called_off() -> None:
        if life.open and life.case.bookings[attempt].live:
            cancel(town, life, attempt, picked(rng, town.model.cancelled_before), "booked")

    if rng.random() < town.model.chance["called_off"]:
        town.after(rng.uniform(0.1, 1) * span, called_off)
    town.at(departs + timedelta(hours=1), lambda: _gate(town, life, attempt))


def cancel(town: Town, life: Life, attempt: str, cause: str, stage: str) -> None:
    """The KMar says that an attempt is off, and what it has cost."""
    cost = life.rng.randrange(6_000, 48_000, 500)
    town.tell(life, "KMAR", "cancel_removal", attempt=attempt, stage=stage, cause=cause, cost_cents=cost)
    town.attend(life, town.now)


def _gate(town: Town, life: Life, attempt: str) -> None:
    booking, p = life.case.bookings[attempt], life.person
    if not booking.live or not life.open:
        if life.open and life.rng.random() < town.model.chance["crossing"]:
            cancel(town, life, attempt, "other", "notified")  # the messages crossed: the desk had cancelled already
        return
    if not booking.handed_over:
        why = "no_show" if life.gone else "notice_missed" if not booking.notice else "other"
        cancel(town, life, attempt, why, "notified")
    elif life.rng.random() < town.model.chance["refused_at_gate"]:
        cancel(town, life, attempt, picked(life.rng, town.model.cancelled_gate), "gate")
    elif p.regime == "dublin":
        left: dict[str, Any] = {"departed_at": booking.departs_at.isoformat(), "member_state": p.member_state, "proof": "m100"}
        town.tell(life, "KMAR", "confirm_dublin_transfer", **left)
    else:
        gone: dict[str, Any] = {"departed_at": booking.departs_at.isoformat(), "destination": p.country, "proof": "m100"}
        town.tell(life, "KMAR", "confirm_removal", attempt=attempt, **gone)


def reappear(town: Town, life: Life) -> None:
    """Some who vanished stand at the gate again: a second episode."""
    if life.rng.random() >= town.model.chance["reappears"]:
        return

    def back() -> None:
        if life.case.outcome is Outcome.UNSUPERVISED:
            life.gone = False
            life.tray.clear()
            life.tried -= {"detain", "to detain"}
            life.asked.clear()
            life.not_before.clear()
            life.attempts = 0
            town.take(life, ILC, "reopen_case", cause="reappeared")
            town.attend(life, town.now)
            shock(town, life)

    town.at(town.workday(delay(life, town.model.days["away"], 5), 10), back)


def refused_by_all(life: Life) -> bool:
    """Whether the embassy said no, and there is no other document."""
    said = life.case.presentation
    return said is not None and said.outcome is not PresentationOutcome.RECOGNISED and life.case.document is None
