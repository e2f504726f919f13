"""Deadlines (termijnen): the table of timers, and the terms that run for one case at a moment. Numbered as in the domain's list.

A deadline proposes a step and never takes it (N33). Terms in days are calendar days in Europe/Amsterdam and run to the end of
their last day, prolonged past weekends and holidays where the Algemene termijnenwet says so; terms in hours are counted on the
clock; months of detention are thirty days. Lengths are dated parameters. What a timer finds in a case stands in `terms`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

import msgspec

from dtv_workflow.domain import beside, terms
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.law.rules import Said
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.procedures import Counting
from dtv_workflow.domain.terms import Term, begins
from dtv_workflow.domain.vocabulary import OPEN_PHASES

__all__ = ["TIMERS", "Deadline", "Timer", "begins", "deadlines"]


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """One running term. `starts` is None where the case does not keep that moment; `proposes` is a step, and a human takes it
    (empty: none). `warns` are the days before it at which it is told of."""

    code: str
    what: Said
    law: str
    starts: datetime | None
    due: datetime
    proposes: str
    relied: tuple[int, ...] = ()
    about: str | None = None
    """The id of the hold or the attempt it is about, or the name of the term of detention, if it is about one."""
    counting: Counting = Counting.CALENDAR
    days: int | None = None
    escalates: bool = False
    warns: tuple[int, ...] = ()
    incident: str | None = None


class Timer(NamedTuple):
    """One row of the table. `length` names dated parameters, or says where the date comes from; `counting` how it is counted.

    `escalates`: once it is past, the team leader sees it too. `warns` name parameters: so many days before it somebody is
    reminded. `every_phase`: it runs in a closed case as well. `incident` is the code recorded when it runs out.
    """

    code: str
    what: Said
    starts: str
    stops: str
    length: tuple[str, ...]
    counting: Counting
    law: str
    proposes: str
    terms: Callable[[DepartureCase, Ruleset, datetime], Iterator[Term]]
    escalates: bool = False
    warns: tuple[str, ...] = ()
    every_phase: bool = False
    incident: str | None = None


_HOLD = ("the hold's until",)
_ASKED = "HoldLifted, or RemovabilityChecked after it"
_CHECK = "record_removability"

# fmt: off
TIMERS: tuple[Timer, ...] = (
    Timer("D01", Said("the departure term ends; review the strategy", "de vertrektermijn loopt af; herzie de strategie"),
          "ReturnDecisionRecorded", "a choice, a proposal, or an interview after the term", ("the decision's term_days",),
          Counting.PROLONGED, "Vw 2000 art. 62(1), (2)", "record_interview", terms.departure_term),
    Timer("D02", Said("the extended departure term ends", "de verlengde vertrektermijn loopt af"),
          "HoldPlaced", _ASKED, _HOLD, Counting.GIVEN, "Vv 2000 art. 6.3", _CHECK, terms.extension_ends),
    Timer("D03",
          Said("the appeal term ends; ask removability anew", "de beroepstermijn loopt af; vraag de verwijderbaarheid opnieuw"),
          "ReturnDecisionRecorded", "AppealFiled, or RemovabilityChecked after it", ("appeal.term", "appeal.term_short"),
          Counting.PROLONGED, "Vw 2000 art. 69(1), (2), (4)", _CHECK, beside.appeal_term),
    Timer("D04", Said("the first interview", "het eerste vertrekgesprek"),
          "CaseOpened or CaseReopened", "InterviewHeld", ("interview.first_within",),
          Counting.WORKING, "DT&V working method", "record_interview", terms.first_interview, escalates=True),
    Timer("D05", Said("the next interview", "het volgende vertrekgesprek"),
          "InterviewHeld", "InterviewHeld", ("interview.next_within", "interview.next_within_detained"),
          Counting.CALENDAR, "DT&V working method", "record_interview", terms.next_interview, escalates=True),
    Timer("D06", Said("the plan is reviewed", "het vertrekplan wordt herzien"),
          "DeparturePlanAdopted", "DeparturePlanAdopted", ("plan.review_within",),
          Counting.CALENDAR, "DT&V working method", "adopt_plan", terms.plan_review, escalates=True),
    Timer("D07", Said("a wish to leave is assessed", "een wens om te vertrekken wordt beoordeeld"),
          "WishToLeaveExpressed", "OpportunityAssessed, OpportunityDeclined or VoluntaryDepartureChosen", ("wish.assess_within",),
          Counting.CLOCK, "Vw 2000 art. 59(3)", "assess_opportunity", terms.wish_assessment, escalates=True),
    Timer("D08", Said("the removability answer goes stale", "het antwoord op de verwijderbaarheidscheck verloopt"),
          "RemovabilityChecked", "RemovabilityChecked", ("removability.fresh", "the day of departure"),
          Counting.CLOCK, "Vw 2000 art. 63; Vc 2000 A3/6.6", _CHECK, terms.removability_stale),
    Timer("D09", Said("the next report (reporting duty)", "de volgende melding (meldplicht)"),
          "SupervisionMeasureImposed, ReportMade or ReportingMissed",
          "ReportMade, ReportingMissed, SupervisionMeasureLifted or a detention",
          ("the measure's interval_days", "reporting.interval"),
          Counting.PROLONGED, "Vb 2000 art. 4.51(2)", "record_report_missed", beside.next_report),
    Timer("D10", Said("the court is told of the detention", "de rechtbank krijgt kennis van de bewaring"),
          "DetentionOrdered, DetentionReported or DetentionExtended",
          "CourtNotified, the person's own AppealFiled, or DetentionLifted",
          ("detention.court_notice",), Counting.CALENDAR, "Vw 2000 art. 94(1), (7)", "record_court_notified", terms.court_notice,
          warns=("detention.court_notice_warn",), escalates=True, every_phase=True, incident="N70"),
    Timer("D11", Said("the court hears, or rules on, the detention", "de rechtbank behandelt de bewaring, of doet uitspraak"),
          "CourtNotified or AppealFiled; then CourtHearingHeld", "CourtHearingHeld; then CourtDecisionReceived; DetentionLifted",
          ("court.hearing_within", "court.inquiry_within", "court.ruling_within"),
          Counting.CALENDAR, "Vw 2000 art. 94(4), (5), 96(1), (2)", "record_court_decision", beside.court_term, escalates=True,
          every_phase=True),
    Timer("D12", Said("the report on progress (M120)", "de voortgangsrapportage (M120)"),
          "AppealFiled against a detention",
          "ProgressReportSent, CourtDecisionReceived or DetentionLifted", ("court.progress_report_within",),
          Counting.CALENDAR, "Vc 2000 A5/7", "record_progress_report", beside.progress_report, escalates=True, every_phase=True),
    Timer("D13", Said("the detention reaches its maximum (art. 59)", "de bewaring bereikt haar maximum (art. 59)"),
          "DetentionOrdered or DetentionReported", "DetentionLifted", ("detention.59.maximum", "detention.59.extension"),
          Counting.DETENTION, "Vw 2000 art. 59(5), (6)", "lift_detention", partial(terms.detention_maximum, ("59",)),
          warns=("detention.59.warn_before", "detention.59.warn_again", "detention.59.warn_last"), escalates=True,
          every_phase=True),
    Timer("D14", Said("the detention reaches its maximum (art. 59(4))", "de bewaring bereikt haar maximum (art. 59(4))"),
          "DetentionOrdered or DetentionReported", "DetentionLifted", ("detention.59_4.maximum", "detention.59_4.intention"),
          Counting.DETENTION, "Vw 2000 art. 59(4)", "lift_detention", partial(terms.detention_maximum, ("59_4",)),
          warns=("detention.59_4.warn_before",), escalates=True,
          every_phase=True),
    Timer("D15", Said("the detention reaches its maximum (art. 59b)", "de bewaring bereikt haar maximum (art. 59b)"),
          "DetentionOrdered or DetentionReported", "DetentionLifted",
          ("detention.59b.maximum", "detention.59b.intention", "detention.59b.extension",
           "detention.59b_1_d.maximum", "detention.59b_1_d.extension"),
          Counting.DETENTION, "Vw 2000 art. 59b(2)-(5)", "lift_detention", partial(terms.detention_maximum, ("59b", "59b_1_d")),
          warns=("detention.59b.warn_before",), escalates=True,
          every_phase=True),
    Timer("D16", Said("the detention reaches its maximum (art. 59a)", "de bewaring bereikt haar maximum (art. 59a)"),
          "DetentionOrdered or DetentionReported", "DetentionLifted", ("detention.59a.maximum", "detention.59a.extension"),
          Counting.DETENTION, "Regulation (EU) 604/2013 art. 28(3)", "lift_detention", partial(terms.detention_maximum, ("59a",)),
          warns=("detention.59a.warn_before",), escalates=True,
          every_phase=True),
    Timer("D17", Said("out of the police cell", "uit de politiecel"),
          "DetentionTransferred to a police cell", "DetentionTransferred elsewhere, or DetentionLifted",
          ("detention.police_cell",), Counting.CALENDAR, "Vc 2000 A5/6.10", "record_detention_transfer", beside.police_cell,
          escalates=True, every_phase=True),
    Timer("D18", Said("a family's two weeks of detention are over", "de twee weken bewaring van een gezin zijn om"),
          "DetentionOrdered or DetentionReported; RemovabilityChecked after a late procedure", "DetentionLifted",
          ("detention.family.maximum",), Counting.DETENTION, "Vc 2000 A5/2.4", "lift_detention", terms.family_weeks,
          warns=("detention.family.warn_before",), escalates=True,
          every_phase=True),
    Timer("D19",
          Said("a minor is placed in the family facility", "een minderjarige wordt geplaatst in de Gesloten Gezinsvoorziening"),
          "DetentionOrdered or DetentionReported", "DetentionTransferred to the family facility, or DetentionLifted",
          ("detention.family_placement",),
          Counting.CALENDAR, "Vc 2000 A5/2.4", "record_detention_transfer", beside.family_placement, escalates=True,
          every_phase=True),
    Timer("D20", Said("the area restriction: go on or lift", "de vrijheidsbeperking: voortzetten of opheffen"),
          "SupervisionMeasureImposed", "SupervisionMeasureLifted, or imposed anew", ("supervision.area_restriction",),
          Counting.CALENDAR, "Vc 2000 A5/5", "lift_supervision", beside.area_restriction),
    Timer("D21", Said("the medical deferral ends", "het uitstel van vertrek loopt af"),
          "HoldPlaced", _ASKED, _HOLD, Counting.GIVEN, "Vw 2000 art. 64", _CHECK, terms.deferral_ends),
    Timer("D22", Said("the answer on deferral (art. 64)", "het besluit op uitstel van vertrek (art. 64)"),
          "Art64Applied", "Art64Granted or Art64Refused", ("the same day", "art64.decide_extended"),
          Counting.CALENDAR, "Vb 2000 art. 6.1c(3); Vc 2000 A3/7.1.1", "record_art64_decision", beside.art64_answer),
    Timer("D23",
          Said("the day to ask for relief after a refusal (art. 64)",
                      "de dag om een voorziening te vragen na afwijzing (art. 64)"),
          "Art64Refused", "AppealFiled against it, or RemovabilityChecked after it", ("art64.relief_within",),
          Counting.CLOCK, "Vc 2000 A3/7.1", _CHECK, beside.art64_relief),
    Timer("D24", Said("the pregnancy window ends", "de periode rond de bevalling loopt af"),
          "HoldPlaced", _ASKED, _HOLD, Counting.GIVEN, "Vc 2000 A3/7.4", _CHECK, terms.pregnancy_ends),
    Timer("D25", Said("the reflection period ends", "de bedenktijd loopt af"),
          "HoldPlaced", _ASKED, _HOLD, Counting.GIVEN, "Vc 2000 B8/3", _CHECK, terms.reflection_ends),
    Timer("D26", Said("the presentation is told, held, answered", "de presentatie wordt bekendgemaakt, gehouden, beantwoord"),
          "LaissezPasserOrdered", "PresentationPlanned; PresentationOutcomeRecorded or TravelDocumentReceived",
          ("presentation.told_within", "presentation.held_within", "presentation.reply_within"),
          Counting.MONTHS, "DT&V working method (laissez-passer)", "record_presentation", beside.presentation),
    Timer("D27", Said("the check before a presentation", "de presenteerbaarheidscheck"),
          "PresentationPlanned",
          "PresentabilityChecked, PresentationOutcomeRecorded or TravelDocumentReceived", ("presentation.check_before",),
          Counting.BACKWARDS, "DT&V working method (laissez-passer)", "record_presentability", beside.presentability),
    Timer("D28", Said("the travel document ends", "het reisdocument verloopt"),
          "TravelDocumentReceived", "TravelDocumentReceived", ("the document's valid_until",),
          Counting.GIVEN, "Vc 2000 A3/6.6", "record_travel_document", terms.document_ends, warns=("document.warn_before",)),
    Timer("D29", Said("the pre-departure check", "de controle voor vertrek"),
          "RemovalBooked", "PreDepartureCheckCompleted, or the attempt ends", ("precheck.before_departure",),
          Counting.CLOCK, "Vc 2000 A3/6.6", "complete_precheck", terms.precheck),
    Timer("D30", Said("the notice to the person and the lawyer", "de aanzegging aan betrokkene en advocaat"),
          "RemovalBooked", "RemovalNoticeServed, or the attempt ends", ("notice.before_departure",),
          Counting.CLOCK, "Vc 2000 A3 (as reported in 2020)", "serve_removal_notice", terms.removal_notice),
    Timer("D31", Said("the latest Dublin transfer date", "de uiterste overdrachtsdatum"),
          "DublinAcceptanceRecorded", "DublinTransferCompleted", ("the acceptance's latest_transfer_on",),
          Counting.GIVEN, "Regulation (EU) 604/2013 art. 29", "book_removal", terms.latest_transfer,
          warns=("dublin.warn_before",)),
    Timer("D31", Said("the transfer is announced", "de overdracht wordt aangekondigd"),
          "RemovalBooked", "TransferAnnounced, or the attempt ends", ("dublin.announce_before", "dublin.announce_special_before"),
          Counting.BACKWARDS, "DT&V arrangement with member states", "record_transfer_announced", terms.transfer_announced),
    Timer("D32", Said("the application with IOM no longer holds", "de aanvraag bij IOM verloopt"),
          "SupportRequested from IOM", "SupportRequested anew, VoluntaryDepartureLapsed, the forced track, or the case closes",
          ("support.iom_valid",),
          Counting.CALENDAR, "DT&V arrangement with IOM", "request_support", beside.iom_support),
    Timer("D33", Said("the address is checked", "het adres wordt gecontroleerd"),
          "ReportingMissed",
          "AddressChecked, ReportMade or a detention", ("whereabouts.check_within", "whereabouts.check_minor_within"),
          Counting.CLOCK, "DT&V arrangement with COA and AVIM", "record_address_check", beside.address_check, escalates=True),
    Timer("D34", Said("no fault of a minor: three years", "buitenschuld minderjarige: drie jaar"),
          "ApplicationReceived", "DeparturePlanAdopted after it", ("no_fault.minor_after",),
          Counting.MONTHS, "Vc 2000 B8/6", "adopt_plan", beside.no_fault_of_a_minor),
    Timer("D35",
          Said("coming of age this month: review what held for a minor",
                      "wordt deze maand meerderjarig: herzie wat voor een minderjarige gold"),
          "SubjectRegistered", "MinorStatusEstablished or DeparturePlanAdopted after it", ("minor.under",),
          Counting.MONTHS, "BW 1:233", "establish_minority", beside.coming_of_age),
    Timer("D36", Said("the return border procedure ends", "de terugkeergrensprocedure eindigt"),
          "ReturnDecisionRecorded", "DeparturePlanAdopted after it, or the case closes", ("border_procedure.maximum",),
          Counting.CALENDAR, "Regulation (EU) 2024/1349 art. 4(2)", "adopt_plan", terms.border_procedure),
    Timer("D37", Said("the entry ban ends", "het inreisverbod eindigt"),
          "DepartureConfirmed, RemovalCompleted or DublinTransferCompleted", "nothing", ("the decision's entry_ban_years",),
          Counting.MONTHS, "Vw 2000 art. 66a(4)", "", beside.entry_ban, every_phase=True),
    Timer("D38",
          Said("the retention period ends; a human decides on erasure",
                      "de bewaartermijn eindigt; een mens beslist over vernietiging"),
          "CaseClosed", "CaseReopened, or the task done", ("retention.after_departure",),
          Counting.MONTHS, "Vw 2000 art. 107(9)", "complete_task", beside.retention, every_phase=True),
    Timer("D39", Said("a hold ends by itself", "een beletsel eindigt vanzelf"),
          "HoldPlaced", _ASKED, _HOLD, Counting.GIVEN, "Vw 2000 art. 8, 63", _CHECK,
          terms.other_hold_ends),
)
# fmt: on
"""Every timer. D39 is this register's own number: any other hold with an end."""


def deadlines(case: DepartureCase, law: Ruleset, now: datetime) -> list[Deadline]:
    """The terms that run for a case at a moment, soonest first; those past due included. In a closed case only what outlives it:
    a detention told of afterwards, the entry ban, the retention of the file."""
    is_open = case.phase in OPEN_PHASES
    running = [
        Deadline(
            code=timer.code,
            what=timer.what,
            law=timer.law,
            starts=term.starts,
            due=term.due,
            proposes=timer.proposes if term.proposes is None else term.proposes,
            relied=term.relied,
            about=term.about,
            counting=term.counting or timer.counting,
            days=term.days,
            escalates=timer.escalates,
            warns=tuple(law[name] for name in timer.warns),
            incident=timer.incident,
        )
        for timer in TIMERS
        if is_open or timer.every_phase
        for term in timer.terms(case, law, now)
    ]
    return sorted(running, key=lambda d: (d.due, d.code, d.about or ""))
