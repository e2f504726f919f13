"""The page of a dossier, section by section, from records alone: no clock, no store, no key. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from dtv_workflow.audit.clocks import lines_of
from dtv_workflow.audit.dossier import levels
from dtv_workflow.audit.dossier.html import e, facts, table
from dtv_workflow.audit.dossier.levels import SAYS, Level, moment
from dtv_workflow.audit.dossier.lifeline import drawn, spans, told
from dtv_workflow.audit.replay import SEALED, Replayed, replay, text
from dtv_workflow.audit.summary import page_of
from dtv_workflow.domain.access import Viewed
from dtv_workflow.domain.chapters.intake import SupervisorAssigned
from dtv_workflow.domain.chapters.records import CommandRefused, CorrectionRecorded, DisclosureLogged, IntegrityIncidentRaised
from dtv_workflow.domain.counted import counted_out
from dtv_workflow.domain.deadlines import deadlines
from dtv_workflow.domain.detention import ledger
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.rules import Said, Verdict
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.vocabulary import Phase


class Proven(NamedTuple):
    """A record as it is proven: its leaf's place and path in the tree, its hash, its framed bytes where they may be shown."""

    version: int
    leaf_index: int
    path: str
    leaf: str
    stored: str | None


class Asked(NamedTuple):
    """What a dossier is made of: the case as it was known at a moment, for whom, by whom, and who looked.

    `records` have their sealed fields open only where the level may see them. `judged`: how many steps were judged again, and
    the versions of those that then answered otherwise.
    """

    records: list[Record]
    looks: list[Record]
    now: datetime
    as_known_at: datetime | None
    level: Level
    by: str
    purpose: str
    dutch: bool
    judged: tuple[int, list[int]]


class Page:
    """One dossier's sections, in the reader's language."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.level, self.dutch = asked, asked.level, asked.dutch
        self.records = asked.records
        self.id = self.records[0].originator_id.removeprefix("case/")
        self.case = fold(self.records)
        self.law = in_force(day_of(asked.now))
        self.staff = {name for record in self.records for name in (record.actor, record.second) if name}
        self.staff |= {r.event.supervisor for r in self.records if isinstance(r.event, SupervisorAssigned)}
        self.terms = deadlines(self.case, self.law, asked.now)

    def say(self, en: str, nl: str) -> str:
        return nl if self.dutch else en

    @property
    def title(self) -> str:
        return self.say(f"Dossier of case {self.id[-5:]}", f"Dossier van zaak {self.id[-5:]}")

    def whole(self, proven: list[Proven], checkpoint: str, key: str) -> str:
        """Everything a reader sees."""
        sections = [
            ("cover", self._cover(len(proven))),
            ("life", self._life()),
            ("facets", self._facets()),
            ("events", self._events()),
            ("terms", self._terms()),
            ("told", self._told()),
            ("raw", self._raw(proven, checkpoint, key)),
        ]
        names = {
            "cover": self.say("Cover and verdict", "Voorblad en oordeel"), "life": self.say("Life line", "Levenslijn"),
            "facets": self.say("What is known", "Wat bekend is"), "events": self.say("Every event", "Elke gebeurtenis"),
            "terms": self.say("Terms, counted out", "Termijnen, uitgerekend"),
            "told": self.say("Who was told, who looked", "Wie is ingelicht, wie keek"),
            "raw": self.say("Stored records and proof", "Opgeslagen gegevens en bewijs"),
        }  # fmt: skip
        links = "".join(f'<li><a href="#{id}">{e(names[id])}</a></li>' for id, body in sections if body)
        body = "".join(
            f'<section id="{id}" aria-labelledby="{id}-h"><h2 id="{id}-h">{e(names[id])}</h2>\n{html}</section>\n'
            for id, html in sections if html
        )  # fmt: skip
        contents = self.say("Contents", "Inhoud")
        return f'<main><h1>{e(self.title)}</h1>\n<nav aria-label="{contents}"><ul>{links}</ul></nav>\n{body}</main>\n'

    # ---------------------------------------------------------------- cover

    def _cover(self, proven: int) -> str:
        last, asked = self.records[-1], self.asked
        known = moment(asked.as_known_at, self.level) if asked.as_known_at else self.say("now", "nu")
        pairs = [
            (self.say("case", "zaak"), self.id if not self.level.coarse else self.id[-5:]),
            (self.say("version", "versie"), last.version),
            (self.say("as known at", "zoals bekend op"), known),
            (self.say("made", "gemaakt"), moment(asked.now, self.level)),
            (self.say("by", "door"), asked.by if self.level.staff else None),
            (self.say("purpose", "doel"), asked.purpose.replace("_", " ")),
            (self.say("for", "voor"), SAYS[self.level].nl if self.dutch else SAYS[self.level].en),
            (self.say("training", "oefening"), self.say("yes: nobody real", "ja: niemand echt") if last.training else None),
        ]
        return facts(pairs) + self._verdict(proven)

    def _verdict(self, proven: int) -> str:
        """What was checked when this was made: every decision judged again, every record in the signed tree."""
        judged, otherwise = self.asked.judged
        refused = sum(isinstance(record.event, CommandRefused) for record in self.records)
        incidents = sum(isinstance(record.event, IntegrityIncidentRaised) for record in self.records)
        corrected = sum(isinstance(record.event, CorrectionRecorded) for record in self.records)
        agree = self.say("all give the answer on record", "alle geven het vastgelegde antwoord")
        differ = self.say("with another answer", "met een ander antwoord") + ": " + ", ".join(f"v{n}" for n in otherwise)
        rows = [
            (self.say("records in the signed tree", "gegevens in de ondertekende boom"), f"{proven} / {len(self.records)}"),
            (self.say("steps judged again by the law of their day", "stappen opnieuw getoetst aan het recht van hun dag"),
             f"{judged}, {differ if otherwise else agree}"),
            (self.say("refusals, incidents, corrections", "weigeringen, incidenten, correcties"),
             f"{refused}, {incidents}, {corrected}"),
        ]  # fmt: skip
        bad = bool(otherwise) or proven != len(self.records)
        heading = self.say("Verdict", "Oordeel")
        return f'<div class="verdict {"bad" if bad else "good"}"><h3>{heading}</h3>\n{facts(rows)}</div>\n'

    # ---------------------------------------------------------------- life line and facets

    def _life(self) -> str:
        found = spans(self.records, self.terms, self.level, self.dutch)
        inside = told(found, self.level, self.dutch)
        last = self.records[-1].occurred_at
        end = last + (last - self.records[0].occurred_at) / 12 if self.case.phase is Phase.CLOSED else self.asked.now
        return drawn(found, end, self.level, self.dutch) + inside

    def _facets(self) -> str:
        if self.level.coarse:
            closed = self.case.outcome
            outcome = (closed.nl if self.dutch else closed.value.replace("_", " ")) if closed else None
            phase = self.case.phase.nl if self.dutch else self.case.phase.value.replace("_", " ")
            return facts([(self.say("phase", "fase"), phase), (self.say("outcome", "uitkomst"), outcome)])
        lang, day = "nl" if self.dutch else "en", day_of(self.asked.now)
        lines = page_of(self.case, self.asked.now, lang, unmasked=self.level.unsealed)
        lines = [line._replace(value=self._unstaffed(line.value)) for line in lines]
        lines += lines_of(ledger(self.case, self.law, day), day, lang)
        heads = (self.say("facet", "kenmerk"), self.say("value", "waarde"), self.say("since version", "sinds versie"))
        found = []
        for section in dict.fromkeys(line.section for line in lines):
            own = (line for line in lines if line.section == section)
            rows = [(line.facet, line.value, f"v{line.version}" if line.version else "") for line in own]
            found.append(table(section, heads, rows))
        return "".join(found)

    def _unstaffed(self, value: str) -> str:
        """A value, veiled where it names somebody of the office and this reader is not told who that was."""
        named = not self.level.staff and any(name in value for name in self.staff)
        return self.say("‹veiled›", "‹afgeschermd›") if named else value

    # ---------------------------------------------------------------- events

    def _events(self) -> str:
        filters = {
            "all": self.say("all", "alle"), "refusal": self.say("refusals", "weigeringen"),
            "correction": self.say("corrections", "correcties"), "incident": self.say("incidents", "incidenten"),
            "hold": self.say("holds", "beletselen"),
        }  # fmt: skip
        legend = self.say("Show", "Toon")
        radios = "".join(
            f'<label><input type="radio" name="filter" id="f-{name}"{" checked" if name == "all" else ""}> {e(label)}</label>'
            for name, label in filters.items()
        )
        corrected_by: dict[int, list[int]] = {}
        for record in self.records:
            if isinstance(record.event, CorrectionRecorded):
                corrected_by.setdefault(record.event.event, []).append(record.version)
        cards = "".join(self._card(step, corrected_by.get(step.record.version, [])) for step in replay(self.records))
        return f'<fieldset class="filter"><legend>{legend}</legend>{radios}</fieldset>\n<ol class="cards">\n{cards}</ol>\n'

    def _card(self, step: Replayed, corrected_by: list[int]) -> str:
        record = step.record
        kind = _KINDS.get(record.name, "hold" if "Hold" in record.name else "")
        at = moment(record.occurred_at, self.level)
        parts = (("v", f"v{record.version}"), ("at", at), ("what", record.name))
        head = " ".join(f'<span class="{name}">{e(said)}</span>' for name, said in parts)
        body = facts(self._facts(record, corrected_by))
        body += self._changes(step)
        body += self._verdicts(record)
        return f'<li id="v{record.version}" class="card {kind}"><details open><summary>{head}</summary>\n{body}</details></li>\n'

    def _facts(self, record: Record, corrected_by: list[int]) -> Iterator[tuple[object, object]]:
        level, dutch = self.level, self.dutch
        yield self.say("step", "stap"), record.step.replace("_", " ")
        yield self.say("who", "wie"), levels.who(record, level, dutch)
        recorded = moment(record.recorded_at, level)
        if recorded != moment(record.occurred_at, level):
            yield self.say("recorded", "geregistreerd"), recorded
        if record.back_dated:
            yield self.say("back-dated", "later vastgelegd"), self.say("yes", "ja")
        yield self.say("source", "bron"), levels.source(record, level)
        yield from levels.fields_of(record, level, dutch)
        yield self.say("reason", "reden"), levels.reason(record, level, dutch)
        if record.receipt and record.receipt.ruleset:
            yield self.say("law of the day", "recht van die dag"), record.receipt.ruleset
        if corrected_by:
            yield self.say("corrected by", "gecorrigeerd door"), ", ".join(f"v{n}" for n in corrected_by)

    def _changes(self, step: Replayed) -> str:
        if self.level.coarse:
            return ""
        rows = []
        for change in step.changes:
            sealed = change.facet.partition(".")[0] in SEALED and not self.level.unsealed
            hidden = self.say("‹veiled›", "‹afgeschermd›")
            sides = (change.before, change.after)
            before, after = (hidden if sealed and side is not None else self._unstaffed(text(side)) for side in sides)
            rows.append((change.facet.replace("_", " "), before, after))
        caption = self.say("what changed", "wat veranderde")
        return table(caption, (self.say("facet", "kenmerk"), self.say("before", "voor"), self.say("after", "na")), rows)

    def _verdicts(self, record: Record) -> str:
        if record.receipt is None or not record.receipt.verdicts:
            return ""
        heads = (self.say("rule", "regel"), self.say("law", "recht"), self.say("met", "voldaan"), self.say("is", "is"))
        yes, no = self.say("yes", "ja"), self.say("no", "nee")
        verdicts = sorted(record.receipt.verdicts, key=lambda v: v.met)
        rows = [(f"{v.code} {v.guard}", v.law, yes if v.met else no, self._is(v)) for v in verdicts]
        return table(self.say("verdicts as they were given", "toetsing zoals die toen was"), heads, rows)

    def _is(self, verdict: Verdict) -> str:
        if verdict.is_ is None or self.level in (Level.PUBLIC, Level.SUBJECT):
            return ""
        return verdict.is_.nl if self.dutch else verdict.is_.en

    # ---------------------------------------------------------------- terms, disclosures, looks

    def _terms(self) -> str:
        found = []
        for term in self.terms:
            what = term.what.nl if self.dutch else term.what.en
            pairs = [
                (self.say("law", "recht"), term.law),
                (self.say("started", "begon"), moment(term.starts, self.level) if term.starts else None),
                (self.say("ends", "eindigt"), moment(term.due, self.level)),
                (self.say("counted", "telling"), term.counting.nl if self.dutch else term.counting.value.replace("_", " ")),
            ]
            days = [] if self.level.coarse else counted_out(term, self.case)
            heads = (self.say("day", "dag"), self.say("number", "nummer"), self.say("note", "aantekening"))
            rows = [(_iso(c.day), c.number or "–", _said(c.note, self.dutch)) for c in days]
            caption = self.say(f"{term.code}, day by day", f"{term.code}, dag voor dag")
            inner = facts(pairs) + table(caption, heads, rows)
            found.append(f"<details><summary>{e(term.code)} {e(what)}</summary>\n{inner}</details>\n")
        return "".join(found) or f"<p>{self.say('No term runs.', 'Er loopt geen termijn.')}</p>\n"

    def _told(self) -> str:
        level, dutch = self.level, self.dutch
        rows = [
            (moment(r.occurred_at, level), *(levels._shown(r.event, f, getattr(r.event, f), level, dutch) or "–" for f in _TELLS))
            for r in self.records if isinstance(r.event, DisclosureLogged)
        ]  # fmt: skip
        heads = (self.say("when", "wanneer"), self.say("to", "aan"), self.say("purpose", "doel"), self.say("basis", "grondslag"))
        told_ = table(self.say("disclosures", "verstrekkingen"), heads, rows)
        looks = [
            (moment(r.recorded_at, level), levels.who(r, level, dutch), r.event.action, r.event.purpose.replace("_", " "),
             self.say("in full", "onverkort") if r.event.unmasked else self.say("masked", "gemaskeerd"))
            for r in self.asked.looks if isinstance(r.event, Viewed)
        ]  # fmt: skip
        columns = [("when", "wanneer"), ("who", "wie"), ("command", "opdracht"), ("purpose", "doel"), ("how", "hoe")]
        seen = table(self.say("who looked", "wie keek"), [self.say(*column) for column in columns], looks)
        return told_ + seen or f"<p>{self.say('Nobody, as far as is on record.', 'Niemand, voor zover vastgelegd.')}</p>\n"

    # ---------------------------------------------------------------- proof

    def _raw(self, proven: list[Proven], checkpoint: str, key: str) -> str:
        says = self.say(
            "Each record stands in the tree that the checkpoint signs (RFC 9162). What is personal in it is sealed: these bytes "
            "say nothing of it. Check this file without us: python check.py, or dtv audit check-proof.",
            "Elk gegeven staat in de boom die het controlepunt ondertekent (RFC 9162). Wat persoonlijk is, is verzegeld: deze "
            "bytes zeggen daar niets over. Controleer dit bestand zonder ons: python check.py, of dtv audit check-proof.",
        )
        records = "".join(
            f'<li><span class="v">v{p.version}</span> '
            f'<code class="record" data-leaf="{p.leaf_index}" data-path="{p.path}">{p.stored or f"sha256:{p.leaf}"}</code></li>\n'
            for p in proven
        )
        return (
            f"<p>{e(says)}</p>\n<h3>{self.say('Checkpoint', 'Controlepunt')}</h3>\n<pre id=\"checkpoint\">{e(checkpoint)}</pre>\n"
            f"<h3>{self.say('Key', 'Sleutel')}</h3>\n<p><code id=\"key\">{e(key)}</code></p>\n"
            f"<details><summary>{self.say('Records as they are stored', 'Gegevens zoals ze zijn opgeslagen')}</summary>\n"
            f'<ul class="records">\n{records}</ul></details>\n'
        )


_KINDS = {"CommandRefused": "refusal", "CorrectionRecorded": "correction", "IntegrityIncidentRaised": "incident"}
_TELLS = ("to", "purpose", "basis")


def _iso(day: date) -> str:
    return day.isoformat()


def _said(said: Said, dutch: bool) -> str:
    return said.nl if dutch else said.en
