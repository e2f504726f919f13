"""The words of the field: enums whose members carry the official Dutch term.

The value is what scripts, partners and the log use (`spec` names, English, snake_case). `nl` is the term on the card, in the
law or in DT&V's own texts, so that a search for *inbewaringstelling* lands here and from here in its chapter.
"""

from __future__ import annotations

from enum import Enum
from typing import Self


class Term(Enum):
    """A coded word with its official Dutch term (`nl`)."""

    nl: str

    def __new__(cls, value: str, nl: str = "") -> Self:
        member = object.__new__(cls)
        member._value_ = value
        member.nl = nl
        return member


class Phase(Term):
    """The five phases of the user's card, and the moment before a case exists."""

    UNOPENED = "unopened", "nog niet geopend"
    INTAKE = "intake", "intake"
    MOTIVATION = "motivation", "motivatie"
    VOLUNTARY_DEPARTURE = "voluntary_departure", "zelfstandig vertrek"
    FORCED_DEPARTURE = "forced_departure", "gedwongen vertrek"
    CLOSED = "closed", "afgesloten"


OPEN_PHASES = (Phase.INTAKE, Phase.MOTIVATION, Phase.VOLUNTARY_DEPARTURE, Phase.FORCED_DEPARTURE)
ANY_PHASE = (*OPEN_PHASES, Phase.CLOSED)


class Outcome(Term):
    """How a case ended. `UNSUPERVISED` is never added to departures: nobody saw this person leave."""

    INDEPENDENT_SUPERVISED = "independent_supervised", "zelfstandig vertrek onder toezicht"
    FORCED = "forced", "gedwongen vertrek"
    DUBLIN_TRANSFER = "dublin_transfer", "Dublinoverdracht"
    UNSUPERVISED = "unsupervised", "zelfstandig vertrek zonder toezicht"
    RESIDENCE = "residence", "rechtmatig verblijf"
    OTHER = "other", "overige beëindiging"


class Role(Term):
    """What an actor may do. Granted in the register, never assumed."""

    INTAKE_OFFICER = "intake_officer", "medewerker ILC"
    SUPERVISOR = "supervisor", "regievoerder vertrek"
    TEAM_LEADER = "team_leader", "teamleider"
    DESIGNATED_OFFICER = "designated_officer", "aangewezen ambtenaar (Vv 5.2, 5.3)"
    AUDITOR = "auditor", "auditor"
    ANALYST = "analyst", "analist"
    PRIVACY_OFFICER = "privacy_officer", "functionaris gegevensbescherming"
    SYSTEM = "system", "systeem"


class Kind(Term):
    """Decisions can be refused, facts cannot."""

    DECISION = "decision", "beslissing"
    FACT = "fact", "feit"


class HandoverAuthority(Term):
    IND = "IND", "IND"
    POLICE = "police", "politie (AVIM)"
    KMAR = "kmar", "Koninklijke Marechaussee"
    OTHER = "other", "overige"


class EntryChannel(Term):
    BVV = "bvv", "Basisvoorziening Vreemdelingen"
    FILE = "file", "papieren dossier"
    SELF_REPORT = "self_report", "zelfmelder"


class Regime(Term):
    RETURN_DIRECTIVE = "return_directive", "Terugkeerrichtlijn"
    DUBLIN = "dublin", "Dublin"
    BORDER_REFUSAL = "border_refusal", "weigering aan de grens"
    RETURN_BORDER_PROCEDURE = "return_border_procedure", "terugkeergrensprocedure"


class Sex(Term):
    F = "f", "vrouw"
    M = "m", "man"
    X = "x", "x"
    UNKNOWN = "unknown", "onbekend"


class AgeBand(Term):
    """The age at opening or closing, coarse enough to survive the erasure of the birth date."""

    UNDER_18 = "<18", "jonger dan 18"
    FROM_18_TO_34 = "18-34", "18 tot en met 34"
    FROM_35 = "35+", "35 en ouder"
    UNKNOWN = "unknown", "onbekend"


class DecisionKind(Term):
    RETURN = "return", "terugkeerbesluit"
    TRANSFER = "transfer", "overdrachtsbesluit"
    BORDER_REFUSAL = "border_refusal", "toegangsweigering"


class RemovabilityAnswer(Term):
    REMOVABLE = "removable", "verwijderbaar"
    NOT_REMOVABLE = "not_removable", "niet verwijderbaar"
    UNKNOWN = "unknown", "onbekend"


class ChecklistAnswer(Term):
    NONE = "none", "geen"
    UNKNOWN = "unknown", "onbekend"
    YES = "yes", "ja"


class Strategy(Term):
    VOLUNTARY = "voluntary", "zelfstandig vertrek"
    FORCED = "forced", "gedwongen vertrek"
    NO_FAULT = "no_fault", "buiten schuld"
    HANDOVER = "handover", "overdracht"


class InterviewKind(Term):
    FIRST = "first", "eerste vertrekgesprek"
    FOLLOW_UP = "follow_up", "vervolggesprek"
    IDENTITY = "identity", "identiteitsgesprek"
    DETENTION = "detention", "gesprek in bewaring"
    PRE_REMOVAL = "pre_removal", "gesprek voor uitzetting"
    CLOSING = "closing", "eindgesprek"


class Cooperation(Term):
    COOPERATES = "cooperates", "werkt mee"
    CONDITIONAL = "conditional", "werkt voorwaardelijk mee"
    REFUSES = "refuses", "weigert medewerking"
    UNABLE = "unable", "kan niet meewerken"


class ObstacleCategory(Term):
    TRAVEL_DOCUMENT = "travel_document", "reisdocument"
    MEDICAL = "medical", "medisch"
    PROCEDURE = "procedure", "procedure"
    FAMILY = "family", "gezin"
    SAFETY = "safety", "veiligheid"
    HOUSING = "housing", "huisvesting"
    OTHER = "other", "overig"


class WishReporter(Term):
    PERSON = "person", "de vreemdeling"
    LAWYER = "lawyer", "advocaat"
    DJI = "dji", "DJI"
    COA = "coa", "COA"
    IOM = "iom", "IOM"
    KMAR = "kmar", "KMar"
    NGO = "ngo", "maatschappelijke organisatie"


class SupportProvider(Term):
    IOM = "iom", "IOM"
    DTV = "dtv", "DT&V"
    NGO = "ngo", "maatschappelijke organisatie"


class Lapse(Term):
    WITHDREW = "withdrew", "teruggetrokken"
    NO_SHOW = "no_show", "niet verschenen"
    DOCUMENT = "document", "reisdocument"
    AIRLINE = "airline", "luchtvaartmaatschappij"
    EMBASSY = "embassy", "vertegenwoordiging"
    OTHER = "other", "overig"


class ForcedException(Term):
    """Why no offer of independent departure had to come first (guard set G-F, replaces N01 only)."""

    TERM_WITHHELD_62_2 = "term_withheld_62_2", "vertrektermijn onthouden (Vw 62(2))"
    PUBLIC_ORDER_WITH_DECISION = "public_order_with_decision", "openbare orde"
    BORDER_REFUSAL = "border_refusal", "toegangsweigering"
    DUBLIN_SHORTENED_62C_3 = "dublin_shortened_62c_3", "verkorte termijn Dublin (Vw 62c(3))"


class AbandonCause(Term):
    NO_PROSPECT = "no_prospect", "geen zicht op uitzetting"
    DOCUMENT_REFUSED = "document_refused", "reisdocument geweigerd"
    HOLD = "hold", "beletsel"
    APPROVAL_WITHDRAWN = "approval_withdrawn", "akkoord ingetrokken"


class HoldKind(Term):
    """Why somebody may not be removed now (beletsel). What a kind blocks stands in `BLOCKS`."""

    DEPARTURE_TERM_RUNNING = "departure_term_running", "vertrektermijn loopt"
    DEPARTURE_TERM_EXTENDED = "departure_term_extended", "vertrektermijn verlengd"
    APPEAL_SUSPENSIVE = "appeal_suspensive", "beroep met schorsende werking"
    APPLICATION_PENDING = "application_pending", "aanvraag in behandeling"
    INTERIM_RELIEF_AWAITABLE = "interim_relief_awaitable", "voorlopige voorziening mag worden afgewacht"
    INTERIM_RELIEF_GRANTED = "interim_relief_granted", "voorlopige voorziening toegewezen"
    ECHR_RULE39 = "echr_rule39", "interim measure EHRM (Rule 39)"
    ART64_PENDING = "art64_pending", "aanvraag artikel 64"
    ART64_GRANTED = "art64_granted", "uitstel van vertrek (artikel 64)"
    PREGNANCY_WINDOW = "pregnancy_window", "zwangerschap"
    TUBERCULOSIS = "tuberculosis", "tuberculose"
    MEDICAL_ALERT_UNRESOLVED = "medical_alert_unresolved", "medisch signaal niet afgehandeld"
    TRAFFICKING_SIGNAL = "trafficking_signal", "signaal mensenhandel"
    TRAFFICKING_REFLECTION = "trafficking_reflection", "bedenktijd mensenhandel"
    CRIMINAL_OR_EXTRADITION = "criminal_or_extradition", "strafzaak of uitlevering"
    MORATORIUM = "moratorium", "vertrekmoratorium"
    MINOR_RECEPTION_UNPROVEN = "minor_reception_unproven", "adequate opvang niet aangetoond"
    FAMILY_UNITY_REVIEW = "family_unity_review", "toets gezinseenheid"
    NON_REFOULEMENT_REVIEW = "non_refoulement_review", "toets non-refoulement"
    UNRESOLVED_PROCEDURAL_MESSAGE = "unresolved_procedural_message", "onbegrepen procesbericht"
    MINISTERIAL_STOP = "ministerial_stop", "stop door de bewindspersoon"


class Block(Term):
    REMOVAL = "removal", "uitzetting"
    DETENTION = "detention", "bewaring"
    EMBASSY_CONTACT = "embassy_contact", "contact met de vertegenwoordiging"
    EXIT = "exit", "vertrek"


_DETENTION = {
    HoldKind.APPEAL_SUSPENSIVE,
    HoldKind.INTERIM_RELIEF_GRANTED,
    HoldKind.ECHR_RULE39,
    HoldKind.TRAFFICKING_REFLECTION,
    HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE,
    HoldKind.MINISTERIAL_STOP,
}
_EMBASSY = {HoldKind.APPLICATION_PENDING, HoldKind.APPEAL_SUSPENSIVE, HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE}
_EXIT = {HoldKind.TUBERCULOSIS, HoldKind.CRIMINAL_OR_EXTRADITION}

BLOCKS: dict[HoldKind, frozenset[Block]] = {
    kind: frozenset(
        {Block.REMOVAL}
        | ({Block.DETENTION} if kind in _DETENTION else set())
        | ({Block.EMBASSY_CONTACT} if kind in _EMBASSY else set())
        | ({Block.EXIT} if kind in _EXIT else set())
    )
    for kind in HoldKind
}

TERM_HOLDS = frozenset({HoldKind.DEPARTURE_TERM_RUNNING, HoldKind.DEPARTURE_TERM_EXTENDED})
"""Answered as N02 (the term runs), never also as N03."""

SENSITIVE_HOLDS = frozenset(
    {
        HoldKind.ECHR_RULE39,
        HoldKind.INTERIM_RELIEF_GRANTED,
        HoldKind.TRAFFICKING_SIGNAL,
        HoldKind.TRAFFICKING_REFLECTION,
        HoldKind.MINOR_RECEPTION_UNPROVEN,
        HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE,
        HoldKind.MINISTERIAL_STOP,
    }
)
"""Lifted only with a second person (N31): a flag wrongly lifted has cost a life in this field."""


class Measure(Term):
    """Supervision short of detention (lichter middel)."""

    REPORTING_DUTY = "reporting_duty", "meldplicht"
    SECURITY_DEPOSIT = "security_deposit", "borgsom"
    AREA_RESTRICTION = "area_restriction", "vrijheidsbeperking (Vw 56)"


class Article(Term):
    """The article a detention (vreemdelingenbewaring) rests on; days are counted per article."""

    A59 = "59", "Vw 59"
    A59A = "59a", "Vw 59a (Dublin)"
    A59B = "59b", "Vw 59b (asiel)"


class Basis(Term):
    """The paragraph of its article that a detention rests on; the term follows it. Art. 59a has but one."""

    A59_1_A = "59_1_a", "Vw 59(1)a: geen rechtmatig verblijf"
    A59_1_B = "59_1_b", "Vw 59(1)b: rechtmatig verblijf, geen asiel"
    A59_2 = "59_2", "Vw 59(2): reisdocumenten voorhanden"
    A59B_1_A = "59b_1_a", "Vw 59b(1)a: identiteit of nationaliteit"
    A59B_1_B = "59b_1_b", "Vw 59b(1)b: gegevens voor de aanvraag"
    A59B_1_C = "59b_1_c", "Vw 59b(1)c: aanvraag om uitzetting te verijdelen"
    A59B_1_D = "59b_1_d", "Vw 59b(1)d: openbare orde of nationale veiligheid"

    @property
    def article(self) -> Article:
        return Article(self.value.split("_")[0])


class FamilyException(Term):
    """Why a family with minors may be detained longer than two weeks (Vc 2000 A5/2.4)."""

    PHYSICAL_RESISTANCE = "physical_resistance", "fysiek verzet van een gezinslid"
    LATE_PROCEDURE = "late_procedure", "procedure die eerder gestart had kunnen worden"


class MinorException(Term):
    """Why an unaccompanied minor may be detained at all (Vc 2000 A5/2.4: zwaarwegende belangen)."""

    OFFENCE = "offence", "verdacht van of veroordeeld voor een misdrijf"
    DEPARTURE_WITHIN_14_DAYS = "departure_within_14_days", "vertrek mogelijk binnen veertien dagen"
    ABSCONDED = "absconded", "eerder uit de opvang vertrokken of aan toezicht onttrokken"


class HearingException(Term):
    """Why no hearing came before the detention (Vb 2000 art. 5.2(2))."""

    CONTINUED = "continued", "voortgezet op een andere grondslag"
    CANNOT_WAIT = "cannot_wait", "gehoor kan niet worden afgewacht"


class LiftCause(Term):
    COURT = "court", "rechterlijke uitspraak"
    WISH_AND_OPPORTUNITY = "wish_and_opportunity", "wil en gelegenheid te vertrekken (Vw 59(3))"
    NO_PROSPECT = "no_prospect", "geen zicht op uitzetting"
    MAX_REACHED = "max_reached", "maximale duur bereikt"
    PURPOSE_GONE = "purpose_gone", "doel vervallen"
    MEDICAL = "medical", "medisch"
    FAMILY_TERM = "family_term", "gezinstermijn"
    COURT_NOT_TOLD = "court_not_told", "rechtbank niet tijdig in kennis gesteld"


class StretchEnd(Term):
    """What ends a stretch of detention besides a lift."""

    CASE_CLOSED = "case_closed", "zaak afgesloten"
    REPORTED_ANEW = "reported_anew", "opnieuw gemeld"


class CourtOutcome(Term):
    UPHELD = "upheld", "ongegrond"
    LIFTED = "lifted", "opheffing bevolen"
    INTERIM_RELIEF = "interim_relief", "voorlopige voorziening"
    ANNULLED = "annulled", "besluit vernietigd"


class LpPurpose(Term):
    RETURN = "return", "terugkeer"
    NO_FAULT = "no_fault", "buitenschuld"
    MEDIATION = "mediation", "bemiddeling"


class PresentationOutcome(Term):
    RECOGNISED = "recognised", "nationaliteit erkend"
    NOT_RECOGNISED = "not_recognised", "niet erkend"
    INSUFFICIENT = "insufficient", "onvoldoende informatie"
    BORDER_HANDOVER_AGREED = "border_handover_agreed", "overdracht aan de grens akkoord"
    NO_REPLY = "no_reply", "geen antwoord"


PROMISES = frozenset({PresentationOutcome.RECOGNISED, PresentationOutcome.BORDER_HANDOVER_AGREED})
"""The outcomes after which a travel document may be expected."""


class TravelDocumentKind(Term):
    PASSPORT = "passport", "paspoort"
    LAISSEZ_PASSER = "laissez_passer", "laissez-passer"
    EU_STATE = "eu_state", "EU-staat"


class Mode(Term):
    LINE = "line", "lijnvlucht"
    CHARTER = "charter", "charter"
    LAND = "land", "over land"
    SEA = "sea", "over zee"


AIR = frozenset({Mode.LINE, Mode.CHARTER})


class CheckItem(Term):
    OK = "ok", "in orde"
    MISSING = "missing", "ontbreekt"
    NOT_APPLICABLE = "not_applicable", "niet van toepassing"


class NoticeTo(Term):
    PERSON = "person", "de vreemdeling"
    LAWYER = "lawyer", "advocaat"
    GUARDIAN = "guardian", "voogd"


class CancelCause(Term):
    LEFT_EARLIER = "left_earlier", "eerder vertrokken"
    NEW_PROCEDURE = "new_procedure", "nieuwe procedure"
    RESISTANCE = "resistance", "verzet"
    CAPTAIN = "captain", "weigering gezagvoerder"
    NO_SHOW = "no_show", "niet verschenen"
    DOCUMENT = "document", "reisdocument"
    MEDICAL = "medical", "medisch"
    AIRLINE = "airline", "luchtvaartmaatschappij"
    NOTICE_MISSED = "notice_missed", "aanzegging niet tijdig"
    OTHER = "other", "overig"


class DepartureProof(Term):
    M100 = "m100", "bericht van vertrek (M100)"
    IOM_DECLARATION = "iom_declaration", "vertrekverklaring IOM"
    M101 = "m101", "ontvangstbewijs document (M101)"


class OtherCause(Term):
    DEATH = "death", "overleden"
    EU_NATIONAL = "eu_national", "Unieburger of Nederlander"
    WRONGLY_OPENED = "wrongly_opened", "ten onrechte geopend"
    DUPLICATE = "duplicate", "dubbel"
    TRANSFERRED = "transferred", "overgedragen"
    DECISION_ANNULLED = "decision_annulled", "besluit vernietigd"


class ReopenCause(Term):
    REAPPEARED = "reappeared", "weer in beeld"
    PERMIT_WITHDRAWN = "permit_withdrawn", "vergunning ingetrokken"
    REFUSED_BY_DESTINATION = "refused_by_destination", "geweigerd door bestemming"
    PROOF_INVALID = "proof_invalid", "bewijs ongeldig"
    NEW_DECISION = "new_decision", "nieuw besluit"
    WRONG_CLOSURE = "wrong_closure", "ten onrechte afgesloten"
