"""The stories of the demo: what happens to one fictitious person, day by day. Pure: a story asks nothing and writes nothing.

A story yields beats: a day since the opening, who does what, and what must come of it. `demo` puts them on a calendar and
runs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple

from dtv_workflow.domain.fields import AMSTERDAM

Fields = dict[str, Any]
SATURDAY = 5
COURT = "Rechtbank, zittingsplaats Testdam"
NOTHING = dict.fromkeys(("trafficking", "medical", "pregnancy", "minor", "family", "other"), "none")
COVERED = dict.fromkeys(
    ("ticket", "belongings", "document", "baggage", "fit_to_fly", "health_summary", "lawyer"), "ok"
) | {"medication": "not_applicable"}
CARRIERS, MEMBER_STATES = ("KL", "TK", "AT", "AF"), ("DE", "FR", "IT", "ES", "AT")
CANCELLED = ("resistance", "captain", "no_show", "document", "airline", "new_procedure", "medical")


class Beat(NamedTuple):
    """One thing that happens. `late`: recorded so many days afterwards. `any_day`: partners and people also act in a weekend."""

    day: int
    actor: str
    role: str
    step: str
    fields: Fields
    hour: int | None = None
    expect: str = "done"
    second: str | None = None
    reason: str | None = None
    source: str | None = None
    late: int = 0
    any_day: bool = False


class Person(NamedTuple):
    """Somebody who does not exist, and the desk that has the case. `turn` varies a story without chance."""

    label: str
    number: int
    name: str
    born: date
    citizenship: str
    sex: str
    language: str
    v_number: str
    authority: str
    regime: str
    opened: date
    turn: int
    supervisor: str
    leader: str
    other_leader: str
    rng: Random

    def day(self, day: int) -> date:
        """A working day so many days after the opening: what falls in a weekend is done on Monday."""
        on = self.opened + timedelta(days=day)
        return on + timedelta(days=max(0, 7 - on.weekday())) if on.weekday() >= SATURDAY else on

    def date(self, day: int) -> str:
        return self.day(day).isoformat()

    def time(self, day: int, hour: int) -> str:
        return datetime.combine(self.day(day), time(hour), AMSTERDAM).isoformat()

    def sv(self, day: int, step: str, /, **fields: Any) -> Beat:
        """The supervisor does it."""
        return Beat(day, self.supervisor, "supervisor", step, fields)

    def tl(self, day: int, step: str, /, **fields: Any) -> Beat:
        """The team leader does it."""
        return Beat(day, self.leader, "team_leader", step, fields)

    def ao(self, day: int, step: str, /, **fields: Any) -> Beat:
        """The designated officer does it."""
        return Beat(day, "AO-01", "designated_officer", step, fields)

    def ilc(self, day: int, step: str, /, **fields: Any) -> Beat:
        """The intake desk does it."""
        return Beat(day, "ILC-01", "intake_officer", step, fields)

    def told(self, day: int, by: str, step: str, /, **fields: Any) -> Beat:
        """A partner says it happened."""
        return Beat(day, f"{by}-bericht", "system", step, fields, source=f"{by}-{self.number:03}-{day:03}")

    def checked(self, day: int, answer: str = "removable") -> Beat:
        """The IND answers the removability check, first thing in the morning of a working day."""
        return self.told(day, "IND", "record_removability", answer=answer, checked_at=self.time(day, 8))

    def spoken(self, day: int, kind: str) -> Beat:
        minutes = self.rng.choice((30, 45, 60))
        return self.sv(day, "record_interview", kind=kind, checklist=NOTHING, minutes=minutes, interpreter=self.language)


Story = Callable[[Person], Iterator[Beat]]

# ------------------------------------------------------------------ chapters of a life in the register


def opening(p: Person) -> Beat:
    person: Fields = {
        "name": p.name, "birth_date": p.born.isoformat(), "citizenship": p.citizenship, "sex": p.sex, "language": p.language,
        "v_number": p.v_number,
    }  # fmt: skip
    channel = "self_report" if p.authority == "other" else "file" if p.authority == "police" else "bvv"
    return p.ilc(0, "open_case", subject=person, handover_authority=p.authority, entry_channel=channel, regime=p.regime)


def decided(p: Person, day: int, **more: Any) -> Iterator[Beat]:
    """The decision that fits the regime; under Dublin also the other member state's acceptance."""
    kind = {"dublin": "transfer", "border_refusal": "border_refusal"}.get(p.regime, "return")
    fields: Fields = {"kind": kind, "decided_on": p.date(day), "served_on": p.date(day), "language": p.language, "term_days": 28}
    if kind == "border_refusal":
        fields |= {"term_days": 0, "term_reason": "Aan de grens geweigerd; individueel gemotiveerd in het besluit."}
    yield p.told(day, "IND", "record_return_decision", **(fields | more))
    if kind == "transfer":
        state, latest = MEMBER_STATES[p.number % len(MEMBER_STATES)], p.date(day + 180)
        accepted: Fields = {"member_state": state, "accepted_on": p.date(day), "latest_transfer_on": latest}
        yield p.told(day + 1, "IND", "record_dublin_acceptance", **accepted)


def intake(p: Person, *, special: bool = False, screened: Fields = NOTHING) -> Iterator[Beat]:
    yield opening(p)
    if p.turn % 9 == 4:
        yield p.ilc(1, "return_handover_file", gaps=["fingerprints"])
    if p.turn % 6 == 2:
        yield p.sv(1, "complete_intake")._replace(expect="refused~N38")
    yield p.tl(2, "assign_supervisor", supervisor=p.supervisor, special=special)
    yield from decided(p, 2)
    yield p.checked(3, "removable" if p.turn % 3 else "unknown")
    yield p.sv(4, "screen_vulnerability", checklist=screened)
    strategy = "handover" if p.regime == "dublin" else "voluntary"
    yield p.sv(4, "adopt_plan", strategy=strategy, steps=["gesprekken", "aanbod"], next_review=p.date(64))
    yield p.sv(6, "complete_intake")


def guidance(p: Person, *, interviews: int = 3) -> Iterator[Beat]:
    """Interviews a fortnight apart, the offer at the first, what stands in the way at the second."""
    yield p.spoken(8, "first")
    yield p.sv(8, "offer_voluntary_departure", language=p.language, options=["IOM REAN", "herintegratie"], copy_given=True)
    if interviews > 1:
        yield p.spoken(22, "follow_up")
        level = ("refuses", "conditional", "cooperates", "unable")[p.turn % 4]
        yield p.sv(22, "record_cooperation", level=level, subject_matter="reisdocument")
        yield p.sv(22, "report_obstacle", obstacle="O1", category="travel_document", detail="geen geldig document")
    if interviews > 2:
        yield p.spoken(36, "identity")
        yield p.sv(37, "review_obstacle", obstacle="O1", finding="aanvraag mogelijk")


def detained(p: Person, day: int, article: str) -> Iterator[Beat]:
    """Ordered with every lighter means weighed; the court is told."""
    grounds = [{"code": "3b", "heavy": True}, {"code": "4c", "heavy": False}]
    lighter = {"reporting_duty": "eerder niet nagekomen", "security_deposit": "geen middelen", "area_restriction": "vertrokken"}
    order = p.ao(
        day, "order_detention", article=article, grounds=grounds, lighter_means=lighter, prospect="vlucht op korte termijn",
        hearing_held=True, lawyer_informed=True, place="DC-Rotterdam",
    )  # fmt: skip
    if p.turn % 4 == 1:
        yield order._replace(fields=order.fields | {"lighter_means": {}}, expect="refused~N13")
    yield order
    yield p.told(day + 4, "DJI", "record_court_notified", notified_at=p.time(day + 4, 8))


def flight(p: Person, attempt: str, day: int, departs: int) -> Iterator[Beat]:
    """Booked on a fresh answer. Now and then somebody books on yesterday's, and is told so."""
    escorts, price = p.rng.choice((0, 2, 2, 3)), p.rng.randrange(18_000, 92_000, 500)
    destination = MEMBER_STATES[p.number % len(MEMBER_STATES)] if p.regime == "dublin" else p.citizenship
    booked = p.sv(
        day, "book_removal", attempt=attempt, carrier=p.rng.choice(CARRIERS), departs_at=p.time(departs, 16),
        destination=destination, escorts=escorts, mode="line", price_cents=price,
    )  # fmt: skip
    if p.turn % 3 == 1:
        yield booked._replace(expect="refused~N04")
    yield p.checked(day)
    yield booked


def ready(p: Person, attempt: str, departs: int) -> Iterator[Beat]:
    yield p.sv(departs - 7, "complete_precheck", attempt=attempt, items=COVERED)
    notice = p.sv(departs - 6, "serve_removal_notice", attempt=attempt, to=["person", "lawyer"], language=p.language)
    if p.turn % 5 == 3:
        yield notice._replace(fields=notice.fields | {"to": ["person"]}, expect="refused~N11")
    yield notice


def cancelled(p: Person, attempt: str, departs: int) -> Iterator[Beat]:
    cause, cost = CANCELLED[p.rng.randrange(len(CANCELLED))], p.rng.randrange(6_000, 48_000, 500)
    yield from ready(p, attempt, departs)
    stage = "gate" if cause in {"resistance", "captain", "airline"} else "notified"
    off = p.told(departs, "KMAR", "cancel_removal", attempt=attempt, stage=stage, cause=cause, cost_cents=cost)
    yield off._replace(hour=15)


def told_too_late(p: Person, attempt: str, departs: int) -> Iterator[Beat]:
    """A notice on the day itself is refused, and so there is no flight."""
    yield p.sv(departs - 7, "complete_precheck", attempt=attempt, items=COVERED)
    notice = p.sv(departs, "serve_removal_notice", attempt=attempt, to=["person", "lawyer"], language=p.language)
    yield notice._replace(expect="refused~N10", hour=9)
    yield p.sv(departs, "cancel_removal", attempt=attempt, stage="checked", cause="notice_missed", cost_cents=21_000)


def stopped_by_court(p: Person, attempt: str, departs: int) -> Iterator[Beat]:
    """Interim relief cancels the booking by itself; the KMar's own message then comes for a booking that is no more."""
    yield from ready(p, attempt, departs)
    yield p.told(departs - 2, "RB", "record_court_decision", instance=COURT, outcome="interim_relief")
    off: Fields = {"attempt": attempt, "stage": "notified", "cause": "new_procedure", "cost_cents": 15_500}
    yield p.told(departs - 1, "KMAR", "cancel_removal", **off)._replace(expect="incident:N63")
    lift = p.sv(departs + 5, "lift_hold", hold="interim_relief_granted", basis="beroep ongegrond, uitspraak in dossier")
    yield lift._replace(expect="refused~N31")
    yield lift._replace(second=p.leader)


def departed(p: Person, attempt: str, departs: int) -> Iterator[Beat]:
    yield from ready(p, attempt, departs)
    yield p.checked(departs)
    yield p.sv(departs, "hand_over", attempt=attempt, form="M24-A", monitor_notified=True)
    gone = p.time(departs, 16)
    if p.regime == "dublin":
        state = MEMBER_STATES[p.number % len(MEMBER_STATES)]
        end = p.told(departs, "KMAR", "confirm_dublin_transfer", departed_at=gone, member_state=state, proof="m100")
    else:
        to = p.citizenship
        end = p.told(departs, "KMAR", "confirm_removal", departed_at=gone, destination=to, proof="m100", attempt=attempt)
    yield end._replace(hour=18)


ATTEMPTS: tuple[tuple[Callable[[Person, str, int], Iterator[Beat]], ...], ...] = (
    (cancelled, departed),
    (departed,),
    (told_too_late, departed),
    (stopped_by_court, cancelled, departed),
    (cancelled, departed),
)
"""Five cases, eleven bookings, six of them cancelled: 0.55 an attempt."""


def flights(p: Person, day: int) -> Iterator[Beat]:
    for n, end in enumerate(ATTEMPTS[p.turn % len(ATTEMPTS)], 1):
        departs = day + 15
        yield from flight(p, f"R{n}", day, departs)
        yield from end(p, f"R{n}", departs)
        day = departs + 9


WHY: Fields = {"grounds": ["niet vertrokken binnen de termijn"], "proportionality": "aanbod niet benut, geen lichter middel"}


def too_early(p: Person) -> Iterator[Beat]:
    """Proposed within the departure term."""
    if p.turn % 2 == 0 and p.regime != "border_refusal":
        yield p.sv(20, "propose_forced_track", **WHY)._replace(expect="refused~N02")


def track(p: Person, day: int) -> Iterator[Beat]:
    """Proposed by one, approved by another. Some try it alone."""
    yield p.sv(day - 1, "review_obstacle", obstacle="O1", finding="document of toezegging in zicht")
    yield p.checked(day)
    alone = p.turn % 4 == 3
    yield p.tl(day, "propose_forced_track", **WHY) if alone else p.sv(day, "propose_forced_track", **WHY)
    if alone:
        yield p.tl(day + 1, "approve_forced_track")._replace(expect="refused:N12")
    yield p.tl(day + 1, "approve_forced_track")._replace(actor=p.other_leader if alone else p.leader)


def papers(p: Person) -> Iterator[Beat]:
    """A passport in the file, or the long way over the embassy."""
    if p.turn % 2:
        valid: Fields = {"valid_from": p.date(-400), "valid_until": p.date(900)}
        yield p.told(37, "KMAR", "record_travel_document", document="passport", **valid)
        return
    ordered: Fields = {"country": p.citizenship, "purpose": "return", "asylum_screened": True, "copy_given": True}
    yield p.sv(38, "order_laissez_passer", **ordered)
    yield p.sv(66, "record_presentation", outcome="recognised")


# ------------------------------------------------------------------ the endings


def forced(p: Person) -> Iterator[Beat]:
    if p.regime == "dublin":
        yield from dublin(p)
        return
    start = 42 if p.turn % 2 else 70
    yield from intake(p)
    yield from merged(guidance(p), too_early(p), papers(p))
    yield from track(p, start)
    if p.turn % 5 < 3:
        yield from detained(p, start + 2, "59")
        yield p.spoken(start + 7, "detention")
    yield from flights(p, start + 9)


def dublin(p: Person) -> Iterator[Beat]:
    """A third goes by appointment; the others are brought, some from detention under article 59a."""
    yield from intake(p)
    yield from guidance(p)
    if p.turn % 3 == 0:
        state, gone = MEMBER_STATES[p.number % len(MEMBER_STATES)], p.time(44, 11)
        brought = p.told(44, "KMAR", "confirm_dublin_transfer", departed_at=gone, member_state=state, proof="m100")
        yield brought._replace(hour=18)
        return
    yield from track(p, 46)
    if p.turn % len(ATTEMPTS) == 1:
        yield from detained(p, 49, "59a")
    yield from flights(p, 54)


def independent(p: Person) -> Iterator[Beat]:
    yield from intake(p)
    yield from guidance(p, interviews=1 + p.turn % 2)
    held = p.turn % 5 == 1
    if held:
        since: Fields = {"article": "59", "since": p.date(24), "by": "AVIM"}
        yield p.told(24, "AVIM", "report_detention", **since)
    by = "dji" if held else ("person", "iom", "coa", "lawyer")[p.turn % 4]
    yield p.told(27, by.upper(), "express_wish_to_leave", reported_by=by)
    if p.turn % 4 == 2:
        no = p.sv(28, "assess_opportunity", available=False, finding="nog geen document; opnieuw bezien binnen een week")
        yield no._replace(expect="refused~N12")
        yield no._replace(second=p.leader)
    else:
        yield p.sv(28, "assess_opportunity", available=True, finding="document voorhanden, ticket binnen drie weken")
    yield p.sv(31, "choose_voluntary_departure", statement="ondertekend met tolk")
    yield p.sv(31, "request_support", provider="iom", programme="REAN", cash_cents=20_000, in_kind_cents=150_000)
    yield p.told(38, "IOM", "grant_support", provider="iom", programme="REAN", cash_cents=20_000)
    departs = 55
    if p.turn % 7 == 3:
        yield from ticket(p, 40, 47)
        lapse = p.sv(49, "lapse_voluntary_departure", lapse="no_show", heard=False)
        yield lapse._replace(expect="refused~N43")
        yield lapse._replace(fields=lapse.fields | {"heard": True})
        yield p.sv(58, "choose_voluntary_departure", statement="alsnog, bevestigd door tolk")
        departs = 75
    yield from ticket(p, departs - 12, departs)
    proof, issuer = (("iom_declaration", "IOM"), ("m101", "KMAR"))[p.turn % 2]
    left: Fields = {"departed_at": p.time(departs, 13), "destination": p.citizenship, "proof": proof, "issuer": issuer}
    yield p.told(departs + 1, issuer, "confirm_supervised_departure", **left)._replace(hour=17)


def ticket(p: Person, day: int, departs: int) -> Iterator[Beat]:
    price = p.rng.randrange(16_000, 60_000, 500)
    yield p.sv(day, "issue_ticket", carrier="KL", departs_at=p.time(departs, 13), destination=p.citizenship, price_cents=price)


def unsupervised(p: Person) -> Iterator[Beat]:
    """The reports stop, the room is empty. Nobody saw this person leave."""
    yield from intake(p)
    yield from guidance(p, interviews=1 + p.turn % 2)
    yield p.ao(24, "impose_supervision", measure="reporting_duty", interval_days=7)
    if p.turn % 5 == 2:
        until: Fields = {"hold": "B1", "hold_kind": "interim_relief_awaitable", "until": p.date(52)}
        yield p.told(26, "RB", "place_hold", **until)
    gone = 34 + p.rng.randrange(30)
    for missed in (1, 2):
        yield p.told(gone + 7 * missed, "AVIM", "record_report_missed", count=missed)
    close = p.sv(gone + 18, "close_unsupervised")
    if p.turn % 4 == 1:
        yield close._replace(expect="refused:N22")
    check = {"by": "AVIM", "at": p.time(gone + 18, 8), "result": "kamer leeg, sleutel niet ingeleverd"}
    yield close._replace(fields={"check": check})


def residence(p: Person) -> Iterator[Beat]:
    """A new application stands in the way of everything, until it is granted."""
    yield from intake(p)
    yield from guidance(p, interviews=1 + p.turn % 2)
    kind = ("application_pending", "art64_pending", "appeal_suspensive")[p.turn % 3]
    yield p.told(25, "IND", "place_hold", hold="B1", hold_kind=kind)
    if kind == "application_pending":
        ordered: Fields = {"country": p.citizenship, "purpose": "return", "asylum_screened": True, "copy_given": True}
        yield p.sv(30, "order_laissez_passer", **ordered)._replace(expect="refused~N20")
    granted = 70 + p.rng.randrange(60)
    permit = {"art64_pending": "vw64"}.get(kind, "asylum")
    yield p.told(granted, "IND", "record_residence", permit=permit, granted_on=p.date(granted - 3))


def otherwise(p: Person) -> Iterator[Beat]:
    yield from intake(p)
    yield from guidance(p, interviews=1)
    causes = ("decision_annulled", "eu_national", "duplicate", "wrongly_opened")
    cause = "transferred" if p.regime == "dublin" else causes[p.turn % len(causes)]
    if cause == "decision_annulled":
        yield p.told(50, "RB", "record_court_decision", instance=COURT, outcome="annulled")
    close = p.tl(60 + p.rng.randrange(30), "close_other", cause=cause, evidence="bericht in dossier")
    if p.turn % 2:
        yield close._replace(expect="refused~N12")
    yield close._replace(second=p.other_leader)


def merged(*parts: Iterable[Beat]) -> list[Beat]:
    """What goes on side by side, in the order of the days."""
    return sorted((beat for part in parts for beat in part), key=lambda beat: beat.day)
