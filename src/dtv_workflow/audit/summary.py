"""A case on a page: every facet in words, in English or Dutch, with the version that set it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime
from enum import Enum
from typing import NamedTuple

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.detention import with_minors
from dtv_workflow.domain.facets import Booking, Hold
from dtv_workflow.domain.fields import AMSTERDAM, day_of, last_day
from dtv_workflow.domain.vocabulary import BLOCKS, Block, Term

_Say = Callable[[str, str], str]


class Line(NamedTuple):
    """One line of the page. `version` is the event that said so, 0 for none or several."""

    section: str
    facet: str
    value: str
    version: int = 0


def page_of(case: DepartureCase, now: datetime, lang: str = "en", *, unmasked: bool = True) -> list[Line]:
    """Every facet that says something, section by section; who the person is only `unmasked`.

    The days of detention stand in the ledger (`clocks`)."""
    say: _Say = (lambda en, nl: nl) if lang == "nl" else (lambda en, nl: en)
    parts = (
        *((say("case", "zaak"), line) for line in _case(case, now, say)),
        *((say("person", "persoon"), line) for line in _person(case, now, say, unmasked)),
        *((say("return", "terugkeer"), line) for line in _return(case, now, say)),
        *((say("guidance", "begeleiding"), line) for line in _guidance(case, now, say)),
        *((say("obstacles", "belemmeringen"), line) for line in _obstacles(case, now, say)),
        *((say("holds", "beletselen"), line) for line in _holds(case, now, say)),
        *((say("custody", "bewaring en toezicht"), line) for line in _custody(case, say)),
        *((say("travel", "reis"), line) for line in _travel(case, say)),
        *((say("health", "gezondheid"), line) for line in _health(case, say)),
        *((say("record", "register"), line) for line in _record(case, say)),
    )
    return [Line(section, *line) for section, line in parts]


def masked_name(name: str) -> str:
    """A name as it shows where nobody asked for it in full: `S. T***`."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    if not parts:
        return "***"
    return f"{parts[0][0]}. {parts[-1][0]}***" if len(parts) > 1 else f"{parts[0][0]}***"


_Part = tuple[str, str] | tuple[str, str, int]


def word(member: Term | Enum, say: _Say) -> str:
    """A coded word: as scripts write it, or its Dutch term."""
    return say(str(member.value).replace("_", " "), getattr(member, "nl", str(member.value)))


def when(moment: datetime) -> str:
    """A moment in Europe/Amsterdam, to the minute."""
    return moment.astimezone(AMSTERDAM).strftime("%Y-%m-%d %H:%M")


def days_ago(day: date, now: datetime, say: _Say) -> str:
    """How long ago, or how far ahead, a day is."""
    days = (day_of(now) - day).days
    if days == 0:
        return say("today", "vandaag")
    unit = say("day", "dag") if abs(days) == 1 else say("days", "dagen")
    return f"{days} {unit} {say('ago', 'geleden')}" if days > 0 else f"{say('in', 'over')} {-days} {unit}"


def _case(case: DepartureCase, now: datetime, say: _Say) -> Iterator[_Part]:
    since = case.phase_day()
    phase = f"{case.phase.value} ({case.phase.nl})" + (f", {say('since', 'sinds')} {since}" if since else "")
    yield say("phase", "fase"), phase
    if case.outcome:
        yield say("outcome", "uitkomst"), f"{case.outcome.value} ({case.outcome.nl})", case.closed_version
    yield "regime", f"{case.regime.value} ({case.regime.nl})"
    if case.supervised:
        special = say(", special", ", bijzonder") if case.supervised.special else ""
        yield say("supervisor", "regievoerder"), case.supervised.supervisor + special, case.supervised.version
    if case.opened_at:
        by = f"{say('by', 'door')} {word(case.handover_authority, say)}" if case.handover_authority else ""
        via = f" {say('via', 'via')} {word(case.entry_channel, say)}" if case.entry_channel else ""
        yield say("opened", "geopend"), f"{day_of(case.opened_at)}, {by}{via}", 1
    if case.episode > 1:
        yield say("episode", "episode"), str(case.episode)


def _person(case: DepartureCase, now: datetime, say: _Say, unmasked: bool) -> Iterator[_Part]:
    """Masked, the name, birth date and number are; the age and whatever bears on care stay readable."""
    yield say("name", "naam"), case.name if unmasked else masked_name(case.name), case.registered
    if case.birth_date:
        age = case.age_on(day_of(now))
        day = case.birth_date if unmasked else "***"
        yield say("born", "geboren"), day + (f" ({age})" if age is not None else ""), case.registered
    parts = [case.citizenship, word(case.sex, say), case.language or ""]
    yield say("citizenship", "nationaliteit"), ", ".join(part for part in parts if part), case.registered
    if case.v_number:
        yield say("V-number", "V-nummer"), case.v_number if unmasked else "***", case.registered
    if case.minority and case.minority.minor:
        alone = say(", unaccompanied", ", alleenstaand") if case.minority.unaccompanied else ""
        informed, not_told = say("; guardian informed", "; voogd ingelicht"), say("; guardian not told", "; voogd niet ingelicht")
        told = informed if case.guardian_informed else not_told
        yield say("minor", "minderjarig"), say("yes", "ja") + alone + told, case.minority.version
    if case.reception:
        fit = say("adequate", "adequaat") if case.reception.adequate else say("not adequate", "niet adequaat")
        yield say("reception", "opvang"), f"{fit}, {case.reception.country}", case.reception.version
    if case.family:
        seen = say("assessed", "beoordeeld") if case.family.assessed else say("not assessed", "niet beoordeeld")
        seen += say(", with minors", ", met minderjarigen") if with_minors(case) else ""
        yield say("family", "gezin"), f"{', '.join(id[-5:] for id in case.family.cases)} ({seen})", case.family.version


def _return(case: DepartureCase, now: datetime, say: _Say) -> Iterator[_Part]:
    decision, ends = case.decision, case.term_ends()
    if decision and ends:
        served = say("served", "uitgereikt")
        yield say("decision", "besluit"), f"{word(decision.kind, say)}, {served} {decision.served_on}", decision.version
        last = last_day(ends)
        over = say("ended", "verstreken") if ends <= now else say("ends", "eindigt")
        length = say(f"{decision.term_days} days", f"{decision.term_days} dagen")
        withheld = say("withheld", "onthouden")
        term = f"{length}, {over} {last} ({days_ago(last, now, say)})" if decision.term_days else withheld
        yield say("departure term", "vertrektermijn"), term, decision.version
        if decision.entry_ban_years:
            years = f"{decision.entry_ban_years} {say('years', 'jaar')}"
            yield say("entry ban", "inreisverbod"), years, decision.version
    if check := case.removability:
        age = days_ago(day_of(check.checked_at), now, say)
        answered = f"{word(check.answer, say)}, {when(check.checked_at)} ({age})"
        yield say("removability", "verwijderbaarheid"), answered, check.version
    if case.dublin:
        until = f"{case.dublin.member_state}, {say('transfer by', 'overdracht uiterlijk')} {case.dublin.latest_transfer_on}"
        yield "Dublin", until, case.dublin.version
    if case.plan:
        review = f", {say('review', 'herzien')} {case.plan.next_review}" if case.plan.next_review else ""
        yield say("plan", "vertrekplan"), word(case.plan.strategy, say) + review, case.plan.version


def _guidance(case: DepartureCase, now: datetime, say: _Say) -> Iterator[_Part]:
    if case.interviews:
        last = case.interviews[-1]
        said = f"{len(case.interviews)}, {say('last', 'laatste')} {last.on} ({word(last.kind, say)})"
        yield say("interviews", "gesprekken"), said, last.version
    if case.cooperation:
        yield say("cooperation", "medewerking"), word(case.cooperation[-1].level, say), case.cooperation[-1].version
    if case.offers:
        yield say("offers", "aanbod"), str(len(case.offers)), case.offers[-1]
    if case.wish:
        open_ = say("open since", "open sinds")
        opportunity, not_yet = say(", opportunity found", ", gelegenheid gevonden"), say(", not assessed", ", niet beoordeeld")
        found = opportunity if case.wish.assessed else not_yet
        yield say("wish to leave", "wens te vertrekken"), f"{open_} {when(case.wish.since)}{found}", case.wish.version
    if case.support:
        yield say("support", "ondersteuning"), str(len(case.support)), case.support[-1]
    if case.chosen:
        yield say("chosen", "gekozen"), say("independent departure", "zelfstandig vertrek"), case.chosen
    if case.ticket_departs_at:
        yield say("ticket", "ticket"), when(case.ticket_departs_at)
    if case.proposal:
        state = say("approved", "akkoord") if case.approved else say("waits for approval", "wacht op akkoord")
        proposed = f"{say('proposed by', 'voorgesteld door')} {case.proposal.by}, {state}"
        yield say("forced track", "gedwongen spoor"), proposed, case.proposal.version


def _obstacles(case: DepartureCase, now: datetime, say: _Say) -> Iterator[_Part]:
    for id, obstacle in case.obstacles.items():
        seen = f"{say('reviewed', 'herzien')} {obstacle.reviewed_on} ({days_ago(obstacle.reviewed_on, now, say)})"
        yield id, f"{word(obstacle.category, say)}, {seen}", obstacle.version


def _holds(case: DepartureCase, now: datetime, say: _Say) -> Iterator[_Part]:
    holds = case.open_holds(now)
    for id, hold in holds.items():
        yield id, _hold(id, hold, say), hold.version
    if not holds:
        yield say("open", "open"), say("none", "geen")


def _hold(id: str, hold: Hold, say: _Say) -> str:
    named = id == hold.kind.value and say("en", "nl") == "en"
    kind = "" if named else f"{word(hold.kind, say)}, "
    until = f"{say('until', 'tot en met')} {last_day(hold.until)}, " if hold.until else ""
    blocks = ", ".join(word(block, say) for block in Block if block in BLOCKS[hold.kind])
    return f"{kind}{until}{say('blocks', 'blokkeert')} {blocks}"


def _custody(case: DepartureCase, say: _Say) -> Iterator[_Part]:
    if case.detained:
        under = f"{say('detained under art.', 'in bewaring op art.')} {case.detained.article.value}"
        yield say("now", "nu"), f"{under}, {say('since', 'sinds')} {case.detained.since}", case.detained.version
    elif case.supervision:
        yield say("now", "nu"), word(case.supervision.measure, say), case.supervision.version
    else:
        yield say("now", "nu"), say("none", "geen")
    if case.detention_until:
        yield say("extended until", "verlengd tot"), str(case.detention_until)
    if case.detained and case.detained.family_exception:
        excepted = say("exception", "uitzondering")
        yield excepted, word(case.detained.family_exception, say), case.detained.version
    if case.reports_missed:
        yield say("reports missed", "meldingen gemist"), str(case.reports_missed)


def _travel(case: DepartureCase, say: _Say) -> Iterator[_Part]:
    if doc := case.document:
        valid = f"{word(doc.document, say)}, {say('valid until', 'geldig tot en met')} {doc.valid_until}"
        yield say("document", "reisdocument"), valid, doc.version
    if lp := case.laissez_passer:
        yield "laissez-passer", f"{say('ordered from', 'aangevraagd bij')} {lp.country} ({word(lp.purpose, say)})", lp.version
    if case.presentation:
        yield say("presentation", "presentatie"), word(case.presentation.outcome, say), case.presentation.version
    for id, booking in case.bookings.items():
        where = f"{say('to', 'naar')} {booking.destination}, {when(booking.departs_at)}"
        yield f"{say('attempt', 'poging')} {id}", f"{where}: {_booked(booking, say)}", booking.version
    if case.departure:
        how = say("removed", "uitgezet") if case.departure.removed else say("left", "vertrokken")
        yield say("departure", "vertrek"), f"{how} {when(case.departure.departed_at)}", case.departure.version


def _booked(booking: Booking, say: _Say) -> str:
    """How far an attempt is."""
    if booking.cancelled:
        return say("cancelled", "geannuleerd")
    if booking.completed:
        return say("completed", "voltooid")
    done = [
        text
        for version, text in (
            (booking.precheck, say("checked", "gecontroleerd")),
            (booking.notice, say("notice served", "aangezegd")),
            (booking.handed_over, say("handed over", "overgedragen")),
        )
        if version
    ]
    return ", ".join([say("booked", "geboekt"), *done])


def _health(case: DepartureCase, say: _Say) -> Iterator[_Part]:
    if case.screening:
        marked = [item for item, answer in case.screening.answers.items() if answer.value == "yes"]
        unknown = [item for item, answer in case.screening.answers.items() if answer.value == "unknown"]
        said = [f"{say('yes', 'ja')}: {', '.join(marked)}"] if marked else []
        said += [f"{say('unknown', 'onbekend')}: {', '.join(unknown)}"] if unknown else []
        marks = "; ".join(said) or say("nothing marked", "niets gemeld")
        yield say("screening", "kwetsbaarheidstoets"), marks, case.screening.version
    if case.advice:
        fit = say("fit to travel", "reisgeschikt") if case.advice.fit else say("not fit to travel", "niet reisgeschikt")
        open_ = [code for code in case.advice.conditions if code not in case.conditions_met]
        asks = f", {say('conditions open', 'voorwaarden open')}: {', '.join(open_)}" if open_ else ""
        until = f", {say('valid until', 'geldig tot en met')} {case.advice.valid_until}" if case.advice.valid_until else ""
        yield say("medical advice", "BMA-advies"), fit + asks + until, case.advice.version
    if case.pregnancy:
        yield say("pregnancy", "zwangerschap"), f"{say('due', 'uitgerekend')} {case.pregnancy.due_on}", case.pregnancy.version


def _record(case: DepartureCase, say: _Say) -> Iterator[_Part]:
    if case.incidents:
        yield say("incidents", "incidenten"), ", ".join(case.incidents)
    yield say("version", "versie"), str(case.version)
