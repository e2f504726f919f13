"""More words of the field: of procedures beside the case, of where somebody is, and of who looked. As `vocabulary`."""

from __future__ import annotations

from dtv_workflow.domain.vocabulary import Term


class Counting(Term):
    """How a term is counted."""

    CALENDAR = "calendar", "kalenderdagen"
    PROLONGED = "prolonged", "kalenderdagen, verlengd volgens de Algemene termijnenwet"
    DETENTION = "detention", "dagen vrijheidsontneming, een maand is dertig dagen"
    WORKING = "working", "werkdagen"
    BACKWARDS = "backwards", "teruggerekend vanaf het vertrek of de afspraak"
    CLOCK = "clock", "uren"
    MONTHS = "months", "kalendermaanden of -jaren"
    GIVEN = "given", "een gegeven datum"


class AppealAgainst(Term):
    """What an appeal (beroep) is against."""

    RETURN_DECISION = "return_decision", "terugkeer- of overdrachtsbesluit"
    DETENTION = "detention", "bewaring"
    ART64 = "art64", "weigering uitstel van vertrek (artikel 64)"


class ApplicationKind(Term):
    """What residence is asked for."""

    ASYLUM = "asylum", "asiel"
    REGULAR = "regular", "regulier"
    NO_FAULT = "no_fault", "buitenschuld"


class PlacementKind(Term):
    """Where somebody who is detained is kept."""

    POLICE_CELL = "police_cell", "politiecel of cel van de KMar"
    DETENTION_CENTRE = "detention_centre", "detentiecentrum"
    FAMILY_FACILITY = "family_facility", "Gesloten Gezinsvoorziening"
    CARE_FACILITY = "care_facility", "zorginstelling"


class AddressFound(Term):
    """What a check of the address (adrescontrole) found."""

    PRESENT = "present", "aangetroffen"
    GONE = "gone", "niet aangetroffen"


class SupervisionEnd(Term):
    """Why a measure of supervision ends."""

    COMPLIED = "complied", "nageleefd"
    NOT_NEEDED = "not_needed", "niet langer nodig"
    TERM_OVER = "term_over", "termijn verstreken"
    COURT = "court", "rechterlijke uitspraak"


class Unclear(Term):
    """Why a message could not be recorded as a fact of a case."""

    UNREADABLE = "unreadable", "onleesbaar"
    TOO_LARGE = "too_large", "te groot"
    UNKNOWN_TYPE = "unknown_type", "onbekende berichtsoort"
    NOT_REPORTED = "not_reported", "geen feit dat een ketenpartner meldt"
    MALFORMED_DATA = "malformed_data", "inhoud niet volgens het schema"
    IN_THE_FUTURE = "in_the_future", "tijdstip in de toekomst"
    UNKNOWN_SENDER = "unknown_sender", "onbekende afzender"
    WRONG_SENDER = "wrong_sender", "afzender meldt dit niet"
    CONFLICTING_ID = "conflicting_id", "kenmerk van een ander bericht"
    UNKNOWN_CASE = "unknown_case", "onbekende zaak"
    NO_CASE = "no_case", "geen zaak genoemd"
    OTHER = "other", "anders"


class Divergence(Term):
    """How what a message tells differs from what was told before. Both are kept."""

    OUT_OF_ORDER = "out_of_order", "later ontvangen dan wat erop volgde"
    CONTRADICTS = "contradicts", "spreekt een eerdere melding tegen"
    CONFLICTING_ID = "conflicting_id", "zelfde kenmerk, andere inhoud"
    TOLD_TWICE = "told_twice", "zelfde melding onder twee kenmerken"
