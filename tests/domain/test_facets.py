"""What each event makes of a case: the fields it sets, and those it leaves alone."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import (
    CaseClosed,
    CaseReopened,
    CloseOther,
    ConfirmRemoval,
    DepartureConfirmed,
    DublinTransferCompleted,
    RemovalCompleted,
    ResidenceGranted,
)
from dtv_workflow.domain.chapters.courts import CourtDecisionReceived, CourtNotified
from dtv_workflow.domain.chapters.custody import Ground, SupervisionMeasureImposed
from dtv_workflow.domain.chapters.family import (
    EstablishMinority,
    EstablishReception,
    FamilyLinked,
    GuardianInformed,
    MinorStatusEstablished,
    ReceptionEstablished,
)
from dtv_workflow.domain.chapters.forced_departure import ForcedTrackAbandoned, ForcedTrackApproved, ForcedTrackStarted
from dtv_workflow.domain.chapters.guidance import CooperationObserved, ObstacleReported, ObstacleReviewed
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced, LiftHold, PlaceHold, RemovalAttemptCancelled
from dtv_workflow.domain.chapters.intake import (
    AssignSupervisor,
    CaseOpened,
    Checklist,
    CompleteIntake,
    IntakeCompleted,
    OpenCase,
    RecordReturnDecision,
    ReportingMissed,
    ScreenVulnerability,
    Subject,
    SubjectRegistered,
)
from dtv_workflow.domain.chapters.medical import BmaAdviceReceived, TravelConditionFulfilled
from dtv_workflow.domain.chapters.records import IntegrityIncidentRaised, RulesetMigrated
from dtv_workflow.domain.chapters.removal import CompletePrecheck, HandedOverToKmar, PrecheckItems, ServeRemovalNotice
from dtv_workflow.domain.chapters.travel_document import LaissezPasserOrdered, PresentationOutcomeRecorded
from dtv_workflow.domain.chapters.voluntary_departure import (
    OpportunityAssessed,
    SupportGranted,
    TicketIssued,
    VoluntaryDepartureChosen,
    VoluntaryDepartureLapsed,
    WishToLeaveExpressed,
)
from dtv_workflow.domain.detention import ends, family_ends, family_limit, ledger, limits, reached, term_of, with_minors
from dtv_workflow.domain.facets import Extension, Family, Hold, Wish
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.vocabulary import (
    AbandonCause,
    AgeBand,
    Article,
    Basis,
    CancelCause,
    CheckItem,
    ChecklistAnswer,
    Cooperation,
    CourtOutcome,
    DecisionKind,
    EntryChannel,
    FamilyException,
    HandoverAuthority,
    HoldKind,
    Lapse,
    LiftCause,
    LpPurpose,
    Measure,
    NoticeTo,
    ObstacleCategory,
    OtherCause,
    Outcome,
    Phase,
    PresentationOutcome,
    Regime,
    RemovabilityAnswer,
    ReopenCause,
    Sex,
    SupportProvider,
    WishReporter,
)
from tests.domain.detained import DETAINED, HEAVY, LIGHT, START, extended, lifted, on, order, ordered, reported
from tests.domain.told import (
    BOOKED,
    CHECKED,
    FORCED,
    INTAKE,
    NOTIFIED,
    OFFERED,
    PROPOSED,
    READY,
    asked,
    booked,
    checked,
    decided,
    decision_of,
    moment,
    records,
    told,
    without,
)

LATER = "2026-02-10T10:00"
CLOSED = CaseClosed(outcome=Outcome.OTHER, ended_on=date(2026, 2, 10), age_band=AgeBand.FROM_35)
WISH = WishToLeaveExpressed(reported_by=WishReporter.PERSON)
SUPERVISED = SupervisionMeasureImposed(measure=Measure.REPORTING_DUTY)


def left(on: str = "2026-02-01T12:00") -> DepartureConfirmed:
    return DepartureConfirmed(departed_at=moment(on), destination="MA", issuer="IOM")


def removed(attempt: str | None) -> RemovalCompleted:
    return RemovalCompleted(departed_at=moment("2026-03-06T12:00"), destination="MA", proof="m100", attempt=attempt)


def transferred(attempt: str | None, on: str = "2026-03-06T12:00") -> DublinTransferCompleted:
    return DublinTransferCompleted(departed_at=moment(on), member_state="DE", proof="m100", attempt=attempt)


def again(cause: ReopenCause = ReopenCause.REAPPEARED) -> CaseReopened:
    return CaseReopened(cause=cause, episode=2)


# ------------------------------------------------------------------ closing and reopening


def test_a_closing_ends_the_measure_and_the_proposal_and_keeps_when_and_how_old():
    case = told(*READY, PROPOSED, SUPERVISED, (LATER, CLOSED))
    assert (case.phase, case.phase_since, case.outcome) == (Phase.CLOSED, moment(LATER), Outcome.OTHER)
    assert (case.age_band, case.closed_version) == (AgeBand.FROM_35, case.version)
    assert (case.supervision, case.proposal) == (None, None)


UNDONE = (
    "removability", "screening", "plan", "interviews", "offers", "proposal", "approved", "chosen", "ticket_departs_at",
    "guardian_informed", "reception", "laissez_passer", "presentation",
)  # fmt: skip
ALL = (
    *FORCED,
    VoluntaryDepartureChosen(statement="x"),
    TicketIssued(carrier="KL", departs_at=moment("2026-02-01T12:00"), destination="MA"),
    GuardianInformed(guardian="x", how="x"),
    ReceptionEstablished(adequate=True, country="MA", evidenced=True),
    LaissezPasserOrdered(country="MA", purpose=LpPurpose.RETURN, asylum_screened=True, copy_given=True),
    PresentationOutcomeRecorded(outcome=PresentationOutcome.RECOGNISED),
    *FORCED[-3:],
)


@pytest.mark.parametrize("field", UNDONE)
def test_a_new_episode_undoes_what_must_be_done_again(field):
    never = getattr(DepartureCase(), field)
    assert getattr(told(*ALL), field) != never
    assert getattr(told(*ALL, again()), field) == never


def test_a_new_episode_begins_when_the_case_is_reopened():
    case = told(*ALL, CLOSED, (LATER, again()))
    assert (case.episode, case.reopened, case.phase, case.outcome) == (2, case.version, Phase.INTAKE, None)
    assert (case.phase_since, case.episode_began) == (moment(LATER), moment(LATER))


@pytest.mark.parametrize("cause", list(ReopenCause))
def test_a_case_without_a_departure_is_reopened_for_any_cause(cause):
    case = told(*READY, CLOSED, again(cause))
    assert (case.departure, case.wish, case.phase) == (None, None, Phase.INTAKE)


def test_vw_59_3_a_wish_that_a_departure_fulfilled_is_open_again_when_nobody_left():
    for seen in ((left(),), (left(), transferred(None, "2026-02-03T12:00"))):
        happened = (*READY, ("2026-01-20T10:00", WISH), *seen, CLOSED)
        assert told(*happened).wish is None
        assert told(*happened).departure.wish.since == moment("2026-01-20T10:00")
        assert told(*happened, again(ReopenCause.PROOF_INVALID)).wish == told(*happened).departure.wish


def test_vw_59_3_a_wish_of_after_the_departure_stays_when_the_departure_never_was():
    later = (*READY, ("2026-01-20T10:00", WISH), left(), ("2026-02-04T10:00", WISH), CLOSED)
    assert told(*later).wish.since == moment("2026-02-04T10:00")
    assert told(*later, again(ReopenCause.WRONG_CLOSURE)).wish.since == moment("2026-02-04T10:00")


@pytest.mark.parametrize("gone", [removed, transferred])
def test_a_departure_completes_the_attempt_it_names_and_no_other(gone):
    case = told(*BOOKED, booked("R2"), gone("R1"))
    assert {id: booking.completed for id, booking in case.bookings.items()} == {"R1": case.version, "R2": 0}
    assert set(told(*BOOKED, booked("R2"), gone(None)).live_bookings()) == {"R1", "R2"}


def test_a_removal_is_of_no_attempt_where_none_was_handed_over():
    gone = ConfirmRemoval(departed_at=moment("2026-03-06T12:00"), destination="MA", proof="m100")
    completed, cancelled, *_ = decided(told(*BOOKED), gone, at="2026-03-06T18:00").events
    assert (completed.attempt, cancelled.attempt) == (None, "R1")


def test_vw_8_the_last_day_of_residence_counts_whatever_is_told_last():
    early, late = (ResidenceGranted(permit="asylum", granted_on=date(2026, 2, day)) for day in (1, 10))
    assert told(*READY, early, late).resident_on == told(*READY, late, early).resident_on == date(2026, 2, 10)
    assert told(early).decision is None


def test_n12_a_closing_for_another_cause_keeps_cause_and_evidence():
    other = CloseOther(cause=OtherCause.DUPLICATE, evidence="case B")
    [closed] = decided(told(*READY), other, second="TL-03").events
    assert (closed.cause, closed.evidence) == (OtherCause.DUPLICATE, "case B")


# ------------------------------------------------------------------ courts and custody


def test_what_a_court_says_of_a_detention_is_remembered():
    assert told(CourtNotified(notified_at=moment(LATER))).court_notified == 3
    for outcome in CourtOutcome:
        case = told(decision_of(), CourtDecisionReceived(instance="rechtbank", outcome=outcome))
        assert case.court_lift == (4 if outcome is CourtOutcome.LIFTED else 0)
        assert (case.decision is None) == (outcome is CourtOutcome.ANNULLED)


def test_a_lift_by_another_than_a_court_leaves_what_the_court_said():
    court = CourtDecisionReceived(instance="rechtbank", outcome=CourtOutcome.LIFTED)
    assert told(DETAINED, court, lifted()).court_lift == 4
    assert told(DETAINED, lifted(cause=LiftCause.COURT)).court_lift == 4
    assert told(DETAINED, lifted()).court_lift == 0


def test_an_order_and_a_report_end_the_measure_and_the_extension_of_before():
    for began in (ordered(), reported(date(2026, 2, 10))):
        case = told(SUPERVISED, DETAINED, extended(date(2026, 8, 1)), SUPERVISED, (LATER, began))
        assert (case.supervision, case.detention_until) == (None, None)
        assert case.detained.since == date(2026, 2, 10)


def test_each_term_keeps_its_own_extension():
    first = (DETAINED, ("2026-02-01T10:00", extended(date(2026, 8, 1))), lifted())
    case = told(*first, (on(date(2026, 3, 1)), ordered(Article.A59B)), extended(date(2026, 4, 1), Article.A59B))
    assert case.extended == {
        "59": Extension(version=4, on=date(2026, 2, 1), until=date(2026, 8, 1)),
        "59b": Extension(version=7, on=date(2026, 3, 1), until=date(2026, 4, 1)),
    }


def test_vc_a5_2_4_an_extension_gives_its_exception_and_takes_none_away():
    late, resisted = FamilyException.LATE_PROCEDURE, FamilyException.PHYSICAL_RESISTANCE
    began = (on(date(2026, 1, 10)), ordered(family_exception=late))
    until = date(2026, 8, 1)
    assert told(began, extended(until)).detained.family_exception is late
    assert told(began, extended(until, family_exception=resisted)).detained.family_exception is resisted
    assert told(extended(until, family_exception=resisted)).detained is None


def test_vb_5_1b_an_order_keeps_its_heavy_and_its_light_grounds_and_the_means_that_were_weighed():
    given = order(grounds=(HEAVY, LIGHT, Ground(code="3c", heavy=True)))
    [event] = decided(told(), given, at="2026-01-12T10:00").events
    assert (event.heavy, event.light, event.measures) == (("3b", "3c"), ("4c",), ("reporting_duty", "security_deposit"))


# ------------------------------------------------------------------ family


def test_a_birth_date_that_was_established_takes_the_place_of_the_one_told():
    [event] = decided(told(), EstablishMinority(minor=True, birth_date=date(2010, 5, 4))).events
    assert event.birth_date == "2010-05-04"
    assert told(event).birth_date == "2010-05-04"
    assert told(MinorStatusEstablished(minor=True, unaccompanied=False)).birth_date == "1990-05-04"
    assert decided(told(), EstablishMinority(minor=True)).events[0].birth_date is None


@pytest.mark.parametrize(("evidence", "evidenced"), [("letter", True), (None, False)])
def test_n05_reception_is_evidenced_when_there_is_evidence(evidence, evidenced):
    [event] = decided(told(), EstablishReception(adequate=False, country="MA", evidence=evidence)).events
    assert event.evidenced is evidenced


def test_a_family_is_linked_case_by_case():
    case = told(FamilyLinked(cases=("B",), assessed=True, with_minors=True), FamilyLinked(cases=("C", "B"), assessed=False))
    assert case.family == Family(version=4, cases=("B", "C"), assessed=False, with_minors=True)


# ------------------------------------------------------------------ the tracks


def test_the_track_begins_with_its_approval_and_ends_when_it_is_abandoned():
    case = told(*FORCED[:-2], (LATER, ForcedTrackApproved(proposal=13)), (LATER, ForcedTrackStarted()))
    assert (case.phase, case.phase_since, case.approved) == (Phase.FORCED_DEPARTURE, moment(LATER), case.version - 1)
    ended = told(*FORCED, (LATER, ForcedTrackAbandoned(cause=AbandonCause.HOLD)))
    assert (ended.phase, ended.phase_since, ended.proposal, ended.approved) == (Phase.MOTIVATION, moment(LATER), None, 0)


def test_the_choice_to_leave_answers_the_wish_and_ends_what_was_prepared_by_force():
    case = told(*FORCED, WISH, OpportunityAssessed(finding="x"), (LATER, VoluntaryDepartureChosen(statement="x")))
    assert (case.phase, case.phase_since, case.chosen) == (Phase.VOLUNTARY_DEPARTURE, moment(LATER), case.version)
    assert (case.wish, case.proposal, case.approved) == (None, None, 0)


def test_an_assessment_keeps_the_wish_and_since_when_it_is_open():
    case = told(("2026-01-20T10:00", WISH), (LATER, OpportunityAssessed(finding="x")))
    assert case.wish == Wish(version=3, since=moment("2026-01-20T10:00"), assessed=4)
    assert told(OpportunityAssessed(finding="x")).wish is None


def test_a_choice_that_lapses_takes_the_ticket_with_it():
    ticket = TicketIssued(carrier="KL", departs_at=moment("2026-03-01T12:00"), destination="MA")
    assert told(*READY, ticket).ticket_departs_at == moment("2026-03-01T12:00")
    case = told(*READY, ticket, (LATER, VoluntaryDepartureLapsed(lapse=next(iter(Lapse)))))
    assert (case.phase, case.phase_since, case.ticket_departs_at) == (Phase.MOTIVATION, moment(LATER), None)


# ------------------------------------------------------------------ the opening and the intake


def test_an_opening_and_a_registration_are_kept_field_by_field():
    opened = CaseOpened(
        handover_authority=HandoverAuthority.KMAR,
        entry_channel=EntryChannel.FILE,
        regime=Regime.DUBLIN,
        age_band=AgeBand.UNDER_18,
    )
    person = SubjectRegistered(
        name="X", birth_date="2010-05-04", citizenship="TR", sex=Sex.M, language="tr", v_number="2770000001"
    )
    case = told((LATER, opened), person)
    assert (case.id, case.subject, case.regime, case.age_band) == ("T", "s-T", Regime.DUBLIN, AgeBand.UNDER_18)
    assert (case.handover_authority, case.entry_channel) == (HandoverAuthority.KMAR, EntryChannel.FILE)
    assert (case.opened_at, case.phase_since, case.episode_began) == (moment(LATER),) * 3
    assert (case.name, case.birth_date, case.citizenship, case.sex) == ("X", "2010-05-04", "TR", Sex.M)
    assert (case.language, case.v_number, case.registered) == ("tr", "2770000001", 4)


@pytest.mark.parametrize(("born", "said"), [(date(2010, 5, 4), "2010-05-04"), (None, None)])
def test_an_opening_registers_the_birth_date(born, said):
    step = OpenCase(
        subject=Subject(name="X", citizenship="TR", birth_date=born),
        handover_authority=HandoverAuthority.KMAR,
        entry_channel=EntryChannel.FILE,
    )
    opened, person = decided(DepartureCase(), step).events
    assert (person.birth_date, opened.age_band) == (said, AgeBand.UNDER_18 if born else AgeBand.UNKNOWN)


def test_motivation_begins_with_the_completed_intake_and_says_whether_it_was_early():
    assert told(*INTAKE, (LATER, IntakeCompleted(early_contact=False))).phase_since == moment(LATER)
    [event] = decided(told(*INTAKE), CompleteIntake()).events
    assert event.early_contact is False
    [early] = decided(told(*without(INTAKE, type(decision_of()))), CompleteIntake(early_contact_reason="x")).events
    assert early.early_contact is True


def test_a_screening_keeps_each_answer_and_calls_the_others_unknown():
    [event] = decided(told(), ScreenVulnerability(checklist=Checklist(family=ChecklistAnswer.YES))).events
    unknown = dict.fromkeys(("trafficking", "medical", "pregnancy", "minor", "other"), ChecklistAnswer.UNKNOWN)
    assert event.checklist == unknown | {"family": ChecklistAnswer.YES}
    assert list(event.checklist) == sorted(event.checklist)


MEDICAL = (HoldKind.ART64_PENDING, HoldKind.ART64_GRANTED, HoldKind.MEDICAL_ALERT_UNRESOLVED, HoldKind.TUBERCULOSIS)


def test_vw_62_2_a_decision_without_a_term_says_nothing_of_a_removal_on_its_own_day():
    on = date(2026, 3, 6)
    step = RecordReturnDecision(kind=DecisionKind.RETURN, decided_on=on, served_on=on, language="ar", term_days=0)
    case = told(*FORCED, ("2026-03-06T18:00", removed(None)))
    assert asked(case, step, at="2026-03-06T09:00", recorded_at="2026-03-09T10:00") == []


@pytest.mark.parametrize("kind", list(HoldKind))
def test_n37_a_case_is_medical_under_a_medical_hold_and_no_other(kind):
    asks = asked(told(HoldPlaced(hold="H1", hold_kind=kind)), AssignSupervisor(supervisor="RV-07"))
    assert asks == (["N37"] if kind in MEDICAL else [])


@pytest.mark.parametrize("decision", [("2026-02-20", 0), ("2026-01-05", 60)], ids=["without a term", "an older one"])
def test_vw_62_1_a_decision_that_starts_no_term_says_nothing_of_an_earlier_removal(decision):
    on, served = date.fromisoformat(decision[0]), date(2026, 2, 20)
    step = RecordReturnDecision(kind=DecisionKind.RETURN, decided_on=on, served_on=served, language="ar", term_days=decision[1])
    case = told(*FORCED, ("2026-03-06T18:00", removed(None)))
    assert asked(case, step, at="2026-02-21T09:00", recorded_at="2026-03-09T10:00") == []


def test_862_2007_the_age_band_stays_when_the_birth_date_is_unknown():
    unborn = (LATER, CaseOpened(
        handover_authority=HandoverAuthority.KMAR, entry_channel=EntryChannel.FILE, regime=Regime.DUBLIN, age_band=AgeBand.FROM_35
    ))  # fmt: skip
    case = told(unborn, decision_of(), born=None)
    [*_, closed] = decided(case, CloseOther(cause=OtherCause.DUPLICATE, evidence="B"), second="TL-03").events
    assert closed.age_band is AgeBand.FROM_35


# ------------------------------------------------------------------ what is counted, one after the other


def test_what_is_counted_is_added_to_what_was_counted():
    assert told(ReportingMissed(count=2), ReportingMissed(count=3)).reports_missed == 3
    assert told(IntegrityIncidentRaised(code="N03"), IntegrityIncidentRaised(code="N23")).incidents == ["N03", "N23"]
    migrated = RulesetMigrated(before=("a",), after=("b",), clocks=())
    assert told(migrated, migrated).migrations == [3, 4]
    seen = [CooperationObserved(level=level) for level in list(Cooperation)[:2]]
    assert [each.level for each in told(*seen).cooperation] == list(Cooperation)[:2]
    assert told(OFFERED, OFFERED).offers == [3, 4]
    support = SupportGranted(provider=next(iter(SupportProvider)), programme="x")
    assert told(support, support).support == [3, 4]


def test_each_obstacle_is_its_own():
    first, second = (ObstacleReported(obstacle=id, category=next(iter(ObstacleCategory))) for id in ("O1", "O2"))
    case = told(first, second, (LATER, ObstacleReviewed(obstacle="O2", finding="x")))
    days = {id: obstacle.reviewed_on for id, obstacle in case.obstacles.items()}
    assert days == {"O1": date(2026, 1, 5), "O2": date(2026, 2, 10)}


def test_n08_a_proof_that_was_not_shown_takes_back_its_own_condition_and_no_other():
    advised = BmaAdviceReceived(fit=True, conditions=("C1", "C2"), texts=("a doctor", "a wheelchair"))
    first, second, withdrawn = (
        TravelConditionFulfilled(code=code, proof="letter", shown_to_person=shown)
        for code, shown in (("C1", True), ("C2", True), ("C2", False))
    )
    assert told(advised, first, second).conditions_met == {"C1": 4, "C2": 5}
    assert told(advised, first, second, withdrawn).conditions_met == {"C1": 4}


# ------------------------------------------------------------------ holds and bookings


def test_what_happens_to_one_booking_happens_to_no_other():
    cancelled = RemovalAttemptCancelled(attempt="R1", stage="booked", cause=CancelCause.OTHER)
    case = told(*BOOKED, booked("R2"), CHECKED, NOTIFIED, cancelled)
    assert set(case.live_bookings()) == {"R2"}
    assert (case.bookings["R2"].precheck, case.bookings["R2"].notice) == (0, 0)
    assert case.bookings["R1"].precheck
    gone = ConfirmRemoval(departed_at=moment("2026-03-06T12:00"), destination="MA", proof="m100", attempt="R1")
    assert asked(case, gone, at="2026-03-06T18:00") == ["N63"]


def test_a_cancelled_attempt_says_how_far_it_had_come():
    steps = (CHECKED, NOTIFIED, HandedOverToKmar(attempt="R1", form="M24-A", monitor_notified=True))
    for n, stage in enumerate(("booked", "checked", "notified", "handed_over")):
        placed = decided(told(*BOOKED, *steps[:n]), PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM)).events
        assert placed[1].stage == stage


def test_a_hold_of_another_end_gets_a_number_under_a_given_id_and_none_under_its_kind():
    held = HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM, until=moment("2026-05-01T10:00"))
    [again] = decided(told(held), PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM, until="2026-05-02")).events
    assert again.hold == "H1.2"
    [same] = decided(told(held), PlaceHold(hold="H1", hold_kind=HoldKind.MORATORIUM, until="2026-05-01T10:00:00+02:00")).events
    assert same.hold == "H1"
    on = date(2026, 3, 1)
    term = RecordReturnDecision(kind=DecisionKind.RETURN, decided_on=on, served_on=on, language="ar", term_days=28)
    ran = HoldPlaced(hold="departure_term_running", hold_kind=HoldKind.DEPARTURE_TERM_RUNNING, until=moment("2026-05-01T10:00"))
    assert decided(told(ran), term).events[1].hold == "departure_term_running"


def test_a_hold_that_is_lifted_in_time_ends_when_it_was_lifted():
    lift = HoldLifted(hold="H1", hold_kind=HoldKind.MORATORIUM, basis="x")
    *before, last = records([HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM), (LATER, lift)])
    case = fold([*before, msgspec.structs.replace(last, recorded_at=moment("2026-02-10T10:10"))])
    assert case.ended_holds[0].to == moment(LATER)
    [event] = decided(told(HoldPlaced(hold="H1", hold_kind=HoldKind.MORATORIUM)), LiftHold(hold="H1", basis="x")).events
    assert (event.hold, event.hold_kind) == ("H1", HoldKind.MORATORIUM)


def test_the_check_and_the_notice_are_recorded_with_what_was_found():
    ok = PrecheckItems(**dict.fromkeys(PrecheckItems.__struct_fields__, CheckItem.OK))
    [check] = decided(told(*BOOKED), CompletePrecheck(attempt="R1", items=ok)).events
    assert set(check.items.values()) == {"ok"}
    notice = ServeRemovalNotice(attempt="R1", to=(NoticeTo.PERSON, NoticeTo.LAWYER), language="ar")
    [served] = decided(told(*BOOKED), notice).events
    assert served.hours_before == 98


# ------------------------------------------------------------------ the case itself


def test_before_anything_happened_every_moment_is_of_the_episode_and_no_day_of_a_phase():
    assert DepartureCase().in_episode(moment(LATER))
    assert DepartureCase().phase_day() is None
    assert told().phase_day() == date(2026, 1, 5)


def test_a_hold_of_which_nobody_knows_since_when_held_at_any_moment():
    assert Hold(version=1, kind=HoldKind.MORATORIUM).held_at(moment(LATER))


def test_n31_each_hold_is_found_by_the_events_that_placed_and_lifted_it():
    first, second = (HoldPlaced(hold=id, hold_kind=HoldKind.MORATORIUM) for id in ("H1", "H2"))
    case = told(first, second, HoldLifted(hold="H1", hold_kind=HoldKind.MORATORIUM, basis="x"))
    assert [getattr(case.hold_of(version), "version", None) for version in (2, 3, 4, 5)] == [None, 3, 4, 3]


def test_n04_an_older_answer_that_bars_removal_counts_when_it_is_told_last():
    first, second = [answer for answer in RemovabilityAnswer if answer is not RemovabilityAnswer.REMOVABLE][:2]
    case = told(checked("2026-03-01T09:00", first), checked("2026-02-01T09:00", second))
    assert (case.removability.answer, case.removability.checked_at) == (second, moment("2026-02-01T09:00"))


# ------------------------------------------------------------------ the clock of detention

LAW = in_force(date(2026, 3, 2))
MINORS = FamilyLinked(cases=("B",), assessed=True, with_minors=True)


def test_nobody_detained_has_no_day_on_which_it_ends():
    until = extended(date(2026, 8, 1))
    assert (reached(told(), family_limit(LAW)), ends(told(until), LAW)) == (None, None)
    assert told(DETAINED, until, lifted()).detention_until is None


def test_a_basis_of_another_article_leaves_the_term_of_the_article():
    assert (term_of(Article.A59, Basis.A59B_1_D), term_of(Article.A59B, Basis.A59B_1_D)) == ("59", "59b_1_d")
    assert term_of(Article.A59, None) == "59"


def test_vc_a5_2_4_an_adult_alone_is_no_family_with_minors():
    for minor, alone in ((True, True), (False, False), (False, True)):
        assert with_minors(told(MinorStatusEstablished(minor=minor, unaccompanied=alone))) == 0
    assert with_minors(told(MinorStatusEstablished(minor=True, unaccompanied=False))) == 3


@pytest.mark.parametrize(("exception", "over"), [
    (FamilyException.PHYSICAL_RESISTANCE, None), (FamilyException.LATE_PROCEDURE, date(2026, 2, 15)), (None, date(2026, 1, 24)),
])
def test_vc_a5_2_4_only_after_a_late_procedure_do_the_two_weeks_run_from_the_answer(exception, over):
    case = told(MINORS, (on(date(2026, 1, 10)), ordered(family_exception=exception)), checked("2026-02-01T09:00"))
    assert family_ends(case, LAW) == over


@pytest.mark.parametrize(("days", "since", "day"), [
    (100, 50, 180),  # told of first, it had 80 days left when it was done: the days of both count once
    (10, 9, 180), (180, 50, 50), (181, 50, 50), (100, 100, 180), (170, 171, 181), (180, 190, 190),
])
def test_a_term_is_reached_where_the_days_of_every_stretch_ran_out(days, since, day):
    first = (DETAINED, (on(START + timedelta(days)), lifted()))
    case = told(*first, reported(START + timedelta(since)))
    [limit] = limits(case, Article.A59, None, False, LAW)
    assert reached(case, limit) == START + timedelta(day)


def test_a_switch_of_article_leaves_the_other_clock_standing_with_its_family_term():
    switched = (MINORS, DETAINED, (on(date(2026, 1, 15)), lifted()), (on(date(2026, 1, 20)), ordered(Article.A59B)))
    excepted = (*switched[:-1], (on(date(2026, 1, 20)), ordered(Article.A59B, family_exception=FamilyException.LATE_PROCEDURE)))
    for happened in (switched, excepted):
        first, second = ledger(told(*happened), LAW, date(2026, 1, 25))
        assert (first.article, first.running, first.last_day) == (Article.A59, False, None)
        assert [term.name for term in first.terms] == ["59", "family"]
        assert (second.article, second.running, second.last_day) == (Article.A59B, True, date(2026, 2, 16))
