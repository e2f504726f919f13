"""The alphabet: every step of the workflow as a concrete thing that somebody asks or reports, in each variety a guard tells
apart.

A letter is one step, or a short row of them that counts as one move (a macro). Its fields are plain data made of the time at
which it is asked, so that a counterexample can be written as a batch file. Who plays: an intake officer, a supervisor, two
team leaders, a designated officer, and partners whose messages come in as facts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.detention import term_of
from dtv_workflow.domain.fields import AMSTERDAM, day_of
from dtv_workflow.domain.vocabulary import Article, Basis, HoldKind, Phase

START = datetime(2027, 1, 4, 12, tzinfo=AMSTERDAM)
"""Noon, so that no change of the clock moves a day; after every dated change of the law so far, so that one ruleset judges."""

EVE = timedelta(days=8)
"""To the day before a removal booked `far` ahead: past both margins before departure, the check and every short term."""

LATER = timedelta(days=200)
"""Past every limit there is but an extended detention under art. 59, which takes three of these."""


class When(NamedTuple):
    """What the fields of a step are made of: the time, the attempt it is about, the id a new attempt gets, and the first task."""

    now: datetime
    attempt: str = "A0"
    new: str = "A1"
    task: str = "t0"

    def time(self, **away: float) -> str:
        return (self.now + timedelta(**away)).isoformat()

    def day(self, days: int = 0) -> str:
        return (day_of(self.now) + timedelta(days=days)).isoformat()


Fields = Callable[[When], dict[str, Any]]
May = Callable[[DepartureCase, datetime], bool]


class Asking(NamedTuple):
    """One step as it is asked: by whom, in which role, with what second person."""

    do: str
    fields: Fields
    actor: str = "RV-07"
    role: str = "supervisor"
    second: str | None = None
    reason: str | None = None


class Letter(NamedTuple):
    """One move. `may` leaves it out where it would say nothing new, such as lifting a hold that is not there."""

    name: str
    steps: tuple[Asking, ...]
    may: May


LETTERS: dict[str, Letter] = {}
ROLES = {
    "ILC-01": "intake_officer", "RV-07": "supervisor", "TL-02": "team_leader", "TL-03": "team_leader",
    "OFF-03": "designated_officer", "chain": "system",
}  # fmt: skip


def asking(do: str, fields: Fields | dict[str, Any], by: str = "RV-07", role: str | None = None, **more: str) -> Asking:
    plain = fields if callable(fields) else lambda when: fields
    return Asking(do, plain, by, role or ROLES[by], **more)


def letter(name: str, *steps: Asking, may: May = lambda case, now: True) -> Letter:
    if name in LETTERS:
        raise ValueError(f"two letters are called {name}")
    LETTERS[name] = Letter(name, steps, may)
    return LETTERS[name]


def say(name: str, do: str, fields: Fields | dict[str, Any] | None = None, by: str = "RV-07", may: May | None = None,
        **more: Any) -> None:  # fmt: skip
    """A letter of one step."""
    letter(name, asking(do, fields or {}, by, **more), may=may or (lambda case, now: True))


# ---------------------------------------------------------------- intake

WELL = dict.fromkeys(("trafficking", "medical", "pregnancy", "minor", "family", "other"), "none")
PERSON = {"name": "Testpersoon Zoektocht", "citizenship": "MA", "birth_date": "1990-05-04", "v_number": "9900000027"}


def opening(**said: Any) -> dict[str, Any]:
    return {"subject": PERSON, "handover_authority": "IND", "entry_channel": "bvv"} | said


def decided(days: int, term_days: int, **said: Any) -> Fields:
    return lambda when: {
        "kind": "return", "decided_on": when.day(days), "served_on": when.day(days), "language": "ar", "term_days": term_days,
    } | said  # fmt: skip


def checked(answer: str = "removable", **ago: float) -> Fields:
    return lambda when: {"answer": answer, "checked_at": when.time(**ago)}


REASONED = {"term_reason": "risk of absconding"}
say("open", "open_case", opening(), "ILC-01")
say("open at seventeen", "open_case", opening(subject=PERSON | {"birth_date": "2009-04-01"}), "ILC-01")
say("return the file", "return_handover_file", {"gaps": ["fingerprints"]}, "ILC-01")
say("assign", "assign_supervisor", {"supervisor": "RV-07"}, "TL-02")
say("assign special", "assign_supervisor", {"supervisor": "RV-09", "special": True}, "TL-02")
say("decide: term over", "record_return_decision", decided(-60, 28), "chain")
say("decide: term runs", "record_return_decision", decided(0, 7), "chain")
say("decide: withheld", "record_return_decision", decided(-60, 0, **REASONED), "chain")
say("decide: withheld anew", "record_return_decision", decided(0, 0, **REASONED), "chain")
say("decide: unreasoned", "record_return_decision", decided(-60, 0), "chain")
say("decide: transfer", "record_return_decision", decided(-60, 0, kind="transfer"), "chain")
say("decide: at the border", "record_return_decision", decided(-60, 28, kind="border_refusal"), "chain")
say("decide: with entry ban", "record_return_decision", decided(-60, 28, entry_ban_years=2), "chain")
say("check: today", "record_removability", checked(), "chain")
say("check: yesterday", "record_removability", checked(hours=-20), "chain")
say("check: two days", "record_removability", checked(days=-2), "chain")
say("check: no", "record_removability", checked("not_removable"), "chain")
say("check: unknown", "record_removability", checked("unknown"), "chain")
say("screen", "screen_vulnerability", {"checklist": WELL})
say("screen: medical", "screen_vulnerability", {"checklist": WELL | {"medical": "yes"}})
say("screen: trafficking", "screen_vulnerability", {"checklist": WELL | {"trafficking": "yes"}})
say("report missed", "record_report_missed", {"count": 2}, "chain")
say("plan", "adopt_plan", {"strategy": "voluntary"})
say("complete intake", "complete_intake")
say("complete intake early", "complete_intake", {"early_contact_reason": "asked for by the person"})

# ---------------------------------------------------------------- minors, families, health


def none_open(case: DepartureCase, now: datetime) -> bool:
    return not case.open_holds(now)


say("adult", "establish_minority", {"minor": False}, "chain")
say("minor with family", "establish_minority", {"minor": True}, "chain")
say("minor alone", "establish_minority", {"minor": True, "unaccompanied": True, "guardian": "Nidos-12"}, "chain")
say("reception proven", "establish_reception", {"adequate": True, "country": "MA", "evidence": "family found"}, "chain")
say("reception unproven", "establish_reception", {"adequate": True, "country": "MA"}, "chain")
say("reception inadequate", "establish_reception", {"adequate": False, "country": "MA"}, "chain")
say("guardian", "inform_guardian", {"guardian": "Nidos-12", "how": "letter"}, "chain")
say("family", "link_family", {"cases": ["another"]})
say("family with minors", "link_family", {"cases": ["another"], "with_minors": True})
say("family assessed", "link_family", {"cases": ["another"], "assessment": "leaves together"})
say("advice: unfit", "record_medical_advice", {"fit": False}, "chain")
say("advice: fit", "record_medical_advice", {"fit": True}, "chain")
say("advice: on a condition", "record_medical_advice", {"fit": True, "conditions": [{"code": "C1", "text": "a doctor waits"}]},
    "chain")  # fmt: skip
say("advice: lapses today", "record_medical_advice", lambda when: {"fit": True, "valid_until": when.day()}, "chain")
say("condition shown", "fulfil_travel_condition", {"code": "C1", "proof": "letter", "shown_to_person": True}, "chain")
say("condition not shown", "fulfil_travel_condition", {"code": "C1", "proof": "letter", "shown_to_person": False}, "chain")
say("pregnant", "record_pregnancy", lambda when: {"due_on": when.day(20)}, "chain")

# ---------------------------------------------------------------- guidance and the way out


def few_interviews(case: DepartureCase, now: datetime) -> bool:
    return len(case.interviews) < 3


def talk(kind: str, **unanswered: Any) -> dict[str, Any]:
    return {"kind": kind, "checklist": {item: said for item, said in WELL.items() if item not in unanswered}}


INTERVIEWS = tuple(asking("record_interview", talk(kind)) for kind in ("first", "follow_up", "identity"))
say("interview", "record_interview", talk("follow_up"), may=few_interviews)
say("interview: identity", "record_interview", talk("identity"), may=few_interviews)
say("interview: unanswered", "record_interview", talk("follow_up", medical=None))
say("cooperation", "record_cooperation", {"level": "refuses"})
say("obstacle", "report_obstacle", {"obstacle": "O1", "category": "travel_document"})
say("obstacle reviewed", "review_obstacle", {"obstacle": "O1", "finding": "still open"})
say("obstacle resolved", "resolve_obstacle", {"obstacle": "O1", "how": "passport found"})
say("offer", "offer_voluntary_departure", {"language": "ar", "options": ["IOM"], "copy_given": True})
say("wish", "express_wish_to_leave", {"reported_by": "person"}, "chain")
say("assess: yes", "assess_opportunity", {"available": True, "finding": "a flight"})
say("assess: no", "assess_opportunity", {"available": False, "finding": "no flight"}, second="TL-02")
say("assess: no, alone", "assess_opportunity", {"available": False, "finding": "no flight"})
say("ask support", "request_support", {"provider": "iom", "programme": "REAN"})
say("support", "grant_support", {"provider": "iom", "programme": "REAN"}, "chain")
say("choose", "choose_voluntary_departure", {"statement": "signed"})
say("ticket", "issue_ticket", lambda when: {"carrier": "KL", "departs_at": when.time(days=9), "destination": "MA"})
say("lapse", "lapse_voluntary_departure", {"lapse": "withdrew", "heard": True})
say("lapse unheard", "lapse_voluntary_departure", {"lapse": "withdrew"})
say("lapse: airline", "lapse_voluntary_departure", {"lapse": "airline", "heard": True})

# ---------------------------------------------------------------- the forced track

FORCE = {"grounds": ["has not left"], "proportionality": "everything else was tried"}
EXCEPTIONS = ("term_withheld_62_2", "public_order_with_decision", "border_refusal", "dublin_shortened_62c_3")
say("propose", "propose_forced_track", FORCE)
say("propose by leader", "propose_forced_track", FORCE, "TL-02")
for _exception in EXCEPTIONS:
    say(f"propose: {_exception}", "propose_forced_track", FORCE | {"exception": _exception})
say("approve", "approve_forced_track", {}, "TL-02")
say("approve by another", "approve_forced_track", {}, "TL-03")
say("approve by proposer", "approve_forced_track", {}, "RV-07", role="team_leader")
say("abandon", "abandon_forced_track", {"cause": "no_prospect"})

# ---------------------------------------------------------------- holds


def is_open(kind: str) -> May:
    return lambda case, now: kind in case.open_holds(now)


def is_not_open(kind: str) -> May:
    return lambda case, now: kind not in case.open_holds(now)


def beside(kind: str) -> May:
    """For holds that go together in any combination; a moratorium, which blocks removal alone, stands alone."""
    return lambda case, now: not {kind, "moratorium"} & set(case.open_holds(now))


def held(kind: str, **until: int) -> Fields:
    return lambda when: {"hold": kind, "hold_kind": kind} | ({"until": when.day(until["days"])} if until else {})


HOLDS = tuple(kind.value for kind in HoldKind)
"""Each hold is called by its kind, so that at most one of a kind is open at a time."""
TOGETHER = ("application_pending", "echr_rule39", "tuberculosis")
"""One kind for each thing that some holds block besides removal: with a moratorium alone, every set of blocks there is."""

for _kind in HOLDS:
    say(f"lift {_kind}", "lift_hold", {"hold": _kind, "basis": "withdrawn"}, may=is_open(_kind), second="TL-02")
    say(f"lift {_kind} alone", "lift_hold", {"hold": _kind, "basis": "withdrawn"}, may=is_open(_kind))
    say(f"place {_kind} and nothing else", "place_hold", held(_kind), "chain", none_open)
for _kind in TOGETHER:
    say(f"place {_kind} beside", "place_hold", held(_kind), "chain", beside(_kind))
for _kind in (*TOGETHER, "moratorium", "departure_term_extended"):
    say(f"place {_kind}", "place_hold", held(_kind), "chain", is_not_open(_kind))
say("place moratorium until tomorrow", "place_hold", held("moratorium", days=1), "chain", is_not_open("moratorium"))
say("lift a hold that is not there", "lift_hold", {"hold": "H9", "basis": "withdrawn"}, second="TL-02")

# ---------------------------------------------------------------- custody

ORDER = {
    "grounds": [{"code": "3b", "heavy": True}, {"code": "4c", "heavy": False}], "lighter_means": {"reporting_duty": "missed"},
    "prospect": "documents promised", "hearing_held": True, "lawyer_informed": True, "place": "DCR",
}  # fmt: skip
ONE_GROUND = [{"code": "3b", "heavy": True}]
LIGHT = {"grounds": [{"code": "4b", "heavy": False}, {"code": "4c", "heavy": False}]}


def is_detained(case: DepartureCase, now: datetime) -> bool:
    return case.detained is not None


def reported(article: Article, since: int = 0) -> Fields:
    return lambda when: {"article": article.value, "since": when.day(since), "by": "AVIM"}


def untouched(case: DepartureCase, now: datetime) -> bool:
    """Whether no day of detention was counted and none runs: an old start is then counted alike whatever else happened."""
    return case.detained is None and all(i.to == i.since for i in case.intervals)


def no_other(article: Article, basis: Basis | None = None) -> May:
    """Whether every day counted and every extension so far was on this article and basis."""
    def may(case: DepartureCase, now: datetime) -> bool:
        counted = {(i.article, i.basis) for i in case.stretches(day_of(now)) if i.to > i.since}
        return counted <= {(article, basis)} and set(case.extended) <= {term_of(article, basis)}

    return may


say("reporting duty", "impose_supervision", {"measure": "reporting_duty", "interval_days": 7}, "OFF-03")
say("deposit", "impose_supervision", {"measure": "security_deposit", "amount_cents": 50000}, "OFF-03")
say("area restriction", "impose_supervision", {"measure": "area_restriction"}, "OFF-03")
for _article in Article:
    say(f"order {_article.value}", "order_detention", ORDER | {"article": _article.value}, "OFF-03")
    say(f"report {_article.value}", "report_detention", reported(_article), "chain")
    say(f"report {_article.value} of old", "report_detention", reported(_article, -LATER.days), "chain", untouched)
    for _verb in ("order", "report"):
        letter(f"{_verb} {_article.value} alone", *LETTERS[f"{_verb} {_article.value}"].steps, may=no_other(_article))
say("order unweighed", "order_detention", ORDER | {"article": "59", "lighter_means": {}}, "OFF-03")
say("order on one ground", "order_detention", ORDER | {"article": "59", "grounds": ONE_GROUND}, "OFF-03")
say("order 59a on light grounds", "order_detention", ORDER | {"article": "59a"} | LIGHT, "OFF-03")
say("order unheard", "order_detention", ORDER | {"article": "59", "hearing_held": False}, "OFF-03")
for _name, _basis in (("order 59(1)b", Basis.A59_1_B), ("order 59b(1)d", Basis.A59B_1_D)):
    say(_name, "order_detention", ORDER | {"article": _basis.article.value, "basis": _basis.value}, "OFF-03",
        no_other(_basis.article, _basis))  # fmt: skip
say("order 59(1)b after intention", "order_detention",
    ORDER | {"article": "59", "basis": "59_1_b", "intention_procedure": True}, "OFF-03",
    no_other(Article.A59, Basis.A59_1_B))  # fmt: skip
for _article in Article:
    say(f"order {_article.value} continued", "order_detention",
        ORDER | {"article": _article.value, "hearing_held": False, "hearing_exception": "continued"}, "OFF-03",
        no_other(_article))  # fmt: skip
say("order 59, family resists", "order_detention", ORDER | {"article": "59", "family_exception": "physical_resistance"}, "OFF-03",
    no_other(Article.A59))  # fmt: skip
say("order 59, minor offended", "order_detention", ORDER | {"article": "59", "minor_exception": "offence"}, "OFF-03",
    no_other(Article.A59))  # fmt: skip


def extending(days: int, **said: Any) -> Fields:
    return lambda when: {"until": when.day(days), "balancing": "papers are on their way"} | said


say("extend, family resists", "extend_detention", extending(14, family_exception="physical_resistance"), "OFF-03", is_detained,
    second="TL-02")  # fmt: skip
say("extend", "extend_detention", extending(14), "OFF-03", is_detained, second="TL-02")
say("extend alone", "extend_detention", extending(14), "OFF-03", is_detained)
say("extend too far", "extend_detention", extending(600), "OFF-03", is_detained, second="TL-02")
say("extend until today", "extend_detention", extending(0), "OFF-03", is_detained, second="TL-02")
say("lift", "lift_detention", {"cause": "purpose_gone"}, may=is_detained)
say("lift nobody", "lift_detention", {"cause": "purpose_gone"})
say("lift by court", "lift_detention", {"cause": "court"}, may=is_detained)
say("tell the court", "record_court_notified", lambda when: {"notified_at": when.time()}, "chain")
for _outcome in ("upheld", "lifted", "annulled", "interim_relief"):
    say(f"court: {_outcome}", "record_court_decision", {"instance": "court of The Hague", "outcome": _outcome}, "chain")

# ---------------------------------------------------------------- documents and removal


def live_attempts(case: DepartureCase, most: int) -> bool:
    return case.phase is not Phase.FORCED_DEPARTURE or len(case.live_bookings()) < most


def room_for_one(case: DepartureCase, now: datetime) -> bool:
    return live_attempts(case, 1)


def room_for_two(case: DepartureCase, now: datetime) -> bool:
    return live_attempts(case, 2)


def is_booked(case: DepartureCase, now: datetime) -> bool:
    return bool(case.live_bookings())


def booked(mode: str | None = None, **ahead: int) -> Fields:
    return lambda when: {
        "attempt": when.new, "carrier": "KL", "departs_at": when.time(**ahead), "destination": "MA",
    } | ({"mode": mode} if mode else {})  # fmt: skip


def on_attempt(**said: Any) -> Fields:
    return lambda when: {"attempt": when.attempt} | said


ITEMS = ("ticket", "belongings", "document", "baggage", "fit_to_fly", "medication", "health_summary", "lawyer")
CHECKED = dict.fromkeys(ITEMS, "ok")
PASSPORT = {"document": "passport", "valid_from": "2020-01-01"}
TOLD = {"to": ["person", "lawyer", "guardian"], "language": "ar"}
say("order lp", "order_laissez_passer", {"country": "MA", "purpose": "return", "asylum_screened": True, "copy_given": True})
say("order lp unscreened", "order_laissez_passer",
    {"country": "MA", "purpose": "return", "asylum_screened": False, "copy_given": True})  # fmt: skip
say("recognised", "record_presentation", {"outcome": "recognised"}, "chain")
say("no reply", "record_presentation", {"outcome": "no_reply"}, "chain")
say("passport", "record_travel_document", PASSPORT | {"valid_until": "2099-01-01"}, "chain")
say("passport expired", "record_travel_document", PASSPORT | {"valid_until": "2026-12-31"}, "chain")
say("dublin", "record_dublin_acceptance",
    lambda when: {"member_state": "DE", "accepted_on": when.day(), "latest_transfer_on": when.day(3)}, "chain")  # fmt: skip
say("book", "book_removal", booked(days=9), may=room_for_one)
say("book a second", "book_removal", booked(days=9), may=room_for_two)
say("book near", "book_removal", booked(hours=40), may=room_for_one)
say("book under a taken id", "book_removal", lambda when: booked(days=9)(when) | {"attempt": when.attempt}, may=is_booked)
say("precheck", "complete_precheck", on_attempt(items=CHECKED), may=is_booked)
say("precheck, papers missing", "complete_precheck", on_attempt(items=CHECKED | {"document": "missing"}), may=is_booked)
say("notice", "serve_removal_notice", on_attempt(**TOLD), may=is_booked)
say("notice without lawyer", "serve_removal_notice", on_attempt(to=["person", "guardian"], language="ar"), may=is_booked)
say("notice without person", "serve_removal_notice", on_attempt(to=["lawyer", "guardian"], language="ar"), may=is_booked)
say("notice without guardian", "serve_removal_notice", on_attempt(to=["person", "lawyer"], language="ar"), may=is_booked)
say("hand over", "hand_over", on_attempt(form="M24-A", monitor_notified=True), may=is_booked)
say("hand over unmonitored", "hand_over", on_attempt(form="M24-A", monitor_notified=False), may=is_booked)
say("cancel", "cancel_removal", on_attempt(stage="booked", cause="airline"), "chain", is_booked)
say("cancel what is not there", "cancel_removal", {"attempt": "A99", "stage": "booked", "cause": "airline"}, "chain")

# ---------------------------------------------------------------- closing, reopening, the record


def is_not_closed(case: DepartureCase, now: datetime) -> bool:
    return case.phase is not Phase.CLOSED


def left(**said: Any) -> Fields:
    """Leaves now: a decision of that day is not yet a new one, and what holds at the departure is what is open."""
    return lambda when: {"departed_at": when.time()} | said


def looked(**said: Any) -> Fields:
    return lambda when: {"check": {"by": "AVIM", "at": when.time(), "result": "gone"}} | said


def permitted(days: int = 0) -> Fields:
    return lambda when: {"permit": "regular", "granted_on": when.day(days)}


SUPERVISED = {"destination": "MA", "issuer": "IOM"}
say("left supervised", "confirm_supervised_departure", left(proof="iom_declaration", **SUPERVISED), "chain", is_not_closed)
say("left supervised, no proof", "confirm_supervised_departure", left(**SUPERVISED), "chain", is_not_closed)
say("removed", "confirm_removal", left(destination="MA", proof="m100"), "chain", is_not_closed)
say("removed, no proof", "confirm_removal", left(destination="MA"), "chain", is_not_closed)
say("removed on the attempt", "confirm_removal",
    lambda when: left(destination="MA", proof="m100", attempt=when.attempt)(when), "chain", is_booked)  # fmt: skip
say("removed on no attempt", "confirm_removal", left(destination="MA", proof="m100", attempt="A99"), "chain", is_not_closed)
say("transferred", "confirm_dublin_transfer", left(member_state="DE", proof="d12"), "chain", is_not_closed)
say("transferred, no proof", "confirm_dublin_transfer", left(member_state="DE"), "chain", is_not_closed)
say("residence", "record_residence", permitted(), "chain", is_not_closed)
say("left supervised, said again", "confirm_supervised_departure", left(proof="iom_declaration", **SUPERVISED), "chain")
say("removed, said again", "confirm_removal", left(destination="MA", proof="m100"), "chain")
say("transferred, said again", "confirm_dublin_transfer", left(member_state="DE", proof="d12"), "chain")
say("residence, said again", "record_residence", permitted(), "chain")
say("close unsupervised", "close_unsupervised", looked(missing_report="PL-27"))
say("close unsupervised unreported", "close_unsupervised", looked())
say("close unsupervised unchecked", "close_unsupervised", {"missing_report": "PL-27"})
say("close", "close_other", {"cause": "duplicate", "evidence": "the other file"}, "TL-02", second="TL-03")
say("close without evidence", "close_other", {"cause": "duplicate"}, "TL-02", second="TL-03")
say("close alone", "close_other", {"cause": "duplicate", "evidence": "the other file"}, "TL-02")
say("close with oneself", "close_other", {"cause": "duplicate", "evidence": "the other file"}, "TL-02", second="TL-02")
say("reopen", "reopen_case", {"cause": "reappeared"}, "TL-02")
say("correct", "correct", {"event": 2, "field": "citizenship", "value": "DZ"}, reason="passport seen")
say("correct what is not there", "correct", {"event": 9999, "field": "citizenship", "value": "DZ"}, reason="passport seen")
say("disclose", "disclose", {"to": "court", "purpose": "appeal", "basis": "Awb 8:42", "items": ["decision"]}, "chain")

# ---------------------------------------------------------------- macros: several steps that count as one move

(FRESH,) = LETTERS["check: today"].steps
PREPARED = (*LETTERS["screen"].steps, *LETTERS["plan"].steps, FRESH, *INTERVIEWS)
letter("prepare", *PREPARED)
letter("reopen and prepare", *LETTERS["reopen"].steps, *PREPARED)
letter("reopen for a wrong closure and prepare", asking("reopen_case", {"cause": "wrong_closure"}, "TL-02"), *PREPARED)
letter("residence for a day and decided anew", asking("record_residence", permitted(-1), "chain"),
       *LETTERS["decide: withheld anew"].steps, may=is_not_closed)  # fmt: skip
letter("check and book by land", FRESH, asking("book_removal", booked("land", days=9)), may=room_for_one)
for _name in ("propose", "approve", "book", "hand over"):
    letter(f"check and {_name}", FRESH, *LETTERS[_name].steps, may=LETTERS[_name].may)
