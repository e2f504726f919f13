"""What stands in the way and is not ours to take away: which hold, until when, on what basis it ends and who may end it.

Pure. A hold ends by its own basis, a term by time, a wish by an answer, a finding by a new finding. None of them is ever proposed
as a step; each is told so that a reader knows what is being waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from dtv_workflow.audit.filled import Move, move
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.facets import Hold
from dtv_workflow.domain.law.rules import RULES, Said, Verdict, cure_of
from dtv_workflow.domain.steps import Context
from dtv_workflow.domain.vocabulary import SENSITIVE_HOLDS, TERM_HOLDS, Block, HoldKind


class Standing(NamedTuple):
    """One obstacle that stays: its code and guard, what is, what would end it, until when if it ends by itself, and by which
    step it is ended or answered. `waits` says that no step of ours is proposed for it."""

    code: str
    guard: str
    is_: Said
    ends: Said
    until: datetime | None = None
    by: Move | None = None
    waits: bool = False


BASIS: dict[HoldKind, Said] = {
    HoldKind.DEPARTURE_TERM_RUNNING: Said("the end of the departure term", "het einde van de vertrektermijn"),
    HoldKind.DEPARTURE_TERM_EXTENDED: Said("the end of the extended term", "het einde van de verlengde termijn"),
    HoldKind.APPEAL_SUSPENSIVE: Said("the court's decision on the appeal", "de uitspraak op het beroep"),
    HoldKind.APPLICATION_PENDING: Said("the IND's decision on the application", "de beslissing van de IND op de aanvraag"),
    HoldKind.INTERIM_RELIEF_AWAITABLE: Said("the court's decision on the request", "de uitspraak op het verzoek"),
    HoldKind.INTERIM_RELIEF_GRANTED: Said("the end of the interim relief", "het einde van de voorlopige voorziening"),
    HoldKind.ECHR_RULE39: Said("the Strasbourg court lifting its measure", "de opheffing van de maatregel door het EHRM"),
    HoldKind.ART64_PENDING: Said("the IND's decision on article 64", "de beslissing van de IND op artikel 64"),
    HoldKind.ART64_GRANTED: Said("the end of what was granted", "het einde van het verleende uitstel"),
    HoldKind.PREGNANCY_WINDOW: Said("the end of the window", "het einde van de periode"),
    HoldKind.TUBERCULOSIS: Said("a doctor's finding that it is over", "de bevinding van een arts dat het voorbij is"),
    HoldKind.MEDICAL_ALERT_UNRESOLVED: Said("a medical finding on the alert", "een medische bevinding op het signaal"),
    HoldKind.TRAFFICKING_SIGNAL: Said("the answer of the police on the signal", "het antwoord van de politie op het signaal"),
    HoldKind.TRAFFICKING_REFLECTION: Said("the end of the reflection period", "het einde van de bedenktijd"),
    HoldKind.CRIMINAL_OR_EXTRADITION: Said("the public prosecutor's consent", "de instemming van het OM"),
    HoldKind.MORATORIUM: Said("the end of the moratorium", "het einde van het moratorium"),
    HoldKind.MINOR_RECEPTION_UNPROVEN: Said("adequate reception, on evidence", "adequate opvang, met bewijs"),
    HoldKind.FAMILY_UNITY_REVIEW: Said("the review of the family's unity", "de toets van de gezinseenheid"),
    HoldKind.NON_REFOULEMENT_REVIEW: Said("the IND's answer to the review", "het antwoord van de IND op de toets"),
    HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE: Said(
        "the message understood, with whoever sent it", "het bericht begrepen, met de afzender"
    ),
    HoldKind.MINISTERIAL_STOP: Said("the minister lifting the stop", "de opheffing van de stop door de bewindspersoon"),
}
"""On what basis a hold of each kind ends."""

A_NEW_FINDING = Said("a new finding; the recorded one stands until then", "een nieuwe bevinding; tot dan staat de vastgelegde")


def standing(
    verdict: Verdict, case: DepartureCase, context: Context, by: Move | None = None, *, finding: bool = False
) -> Iterator[Standing]:
    """What an unmet verdict leaves standing, one for each hold. `by` is the step its rule names, if it names one;
    `finding` says that the record holds a finding against it."""
    is_ = verdict.is_ or RULES[verdict.code].says
    waits = finding or verdict.code in STAND or verdict.guard in OF_A_DAY
    made = Standing(verdict.code, verdict.guard, is_, cure_of(verdict).needs, by=by, waits=waits)
    if verdict.code in HELD:
        left_out = TERM_HOLDS if verdict.code == "N03" else frozenset()  # answered as N02
        blocking = case.open_holds(context.at, HELD[verdict.code])
        yield from (_held(made, id, hold) for id, hold in blocking.items() if hold.kind not in left_out)
    elif verdict.code in ENDS:
        yield ENDS[verdict.code](made, case, context)
    else:
        yield made._replace(ends=A_NEW_FINDING) if finding else made


def _held(made: Standing, id: str, hold: Hold) -> Standing:
    is_ = Said(f"{id} is open ({hold.kind.value})", f"{id} staat open ({hold.kind.nl})")
    by = move("lift_hold", {"hold": id}, {}, (made.code,), second=hold.kind in SENSITIVE_HOLDS)
    return made._replace(is_=is_, ends=BASIS[hold.kind], until=hold.until, by=by)


def _term(made: Standing, case: DepartureCase, context: Context) -> Standing:
    """Only time ends a term: from the moment the last one has run out, when all of them have an end."""
    holds = [hold for hold in case.open_holds(context.at).values() if hold.kind in TERM_HOLDS]
    ends = [hold.until for hold in holds]
    own = case.term_ends()
    if case.decision and case.decision.term_days and own and context.at < own:
        ends.append(own)
    known = [end for end in ends if end is not None]
    if known and len(known) == len(ends):
        return made._replace(ends=BASIS[HoldKind.DEPARTURE_TERM_RUNNING], until=max(known), by=None)
    if ends:
        return made._replace(ends=BASIS[HoldKind.DEPARTURE_TERM_EXTENDED], by=None)
    ends_ = Said("a decision as the law asks, and its term run out", "een besluit zoals de wet vraagt, en een verstreken termijn")
    return made._replace(ends=ends_, by=move("record_return_decision", {}, {}, (made.code,)))


def _maximum(made: Standing, case: DepartureCase, context: Context) -> Standing:
    """Days that were used do not come back."""
    ends = Said("nothing: days used do not come back", "niets: gebruikte dagen komen niet terug")
    by = move("lift_detention", {"cause": "max_reached"}, {}, (made.code,)) if case.detained else None
    return made._replace(ends=ends, by=by)


def _wish(made: Standing, case: DepartureCase, context: Context) -> Standing:
    """A wish is answered: by an assessment, and where there is an opportunity by letting the person leave."""
    ends = Said("an answer to the wish", "een antwoord op de wens")
    name = "choose_voluntary_departure" if case.wish and case.wish.assessed else "assess_opportunity"
    return made._replace(ends=ends, by=move(name, {}, {}, (made.code,)))


HELD = {"N03": Block.REMOVAL, "N20": Block.EMBASSY_CONTACT, "N42": Block.EXIT, "N52": Block.DETENTION}
"""Refusals on an open hold, by what the hold must block to be one."""

ENDS: dict[str, Callable[[Standing, DepartureCase, Context], Standing]] = {
    "N02": _term, "N15": _maximum, "N16": _maximum, "N18": _wish
}  # fmt: skip
"""Refusals that no step of ours may answer, besides the holds."""

STAND = frozenset({*HELD, *ENDS})
"""Codes that are never answered by a step: waited for, or answered by somebody else."""

OF_A_DAY = frozenset({"handed_over_too_early"})
"""Guards of a step that has its day: what it still needs may be done before, and then that day is waited for."""


def weight(unmet: tuple[Verdict, ...]) -> int:
    """How much a refusal still has to be answered: that its day has not come is the least of it."""
    return sum(1 if verdict.guard in OF_A_DAY else 2 for verdict in unmet)


def of_a_day(left: Iterable[Verdict | Standing]) -> bool:
    """Whether nothing but the day of the step is left to be waited for."""
    return all(one.guard in OF_A_DAY for one in left)
