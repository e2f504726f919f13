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
