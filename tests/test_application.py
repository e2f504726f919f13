"""The register on a real store: requests, races, authority, two times, and what is never kept in the clear."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dtv_workflow.application import Register, create_register, open_register
from dtv_workflow.domain.again import again, commits
from dtv_workflow.domain.chapters.closing import ReopenCase
from dtv_workflow.domain.chapters.guidance import OfferVoluntaryDeparture
from dtv_workflow.domain.chapters.holds import LiftHold, PlaceHold
from dtv_workflow.domain.chapters.intake import AssignSupervisor, OpenCase, RecordRemovability, Subject
from dtv_workflow.domain.chapters.records import Correct
from dtv_workflow.domain.chapters.voluntary_departure import ChooseVoluntaryDeparture, ExpressWishToLeave
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.register import REGISTER
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import (
    EntryChannel,
    HandoverAuthority,
    HoldKind,
    Phase,
    RemovabilityAnswer,
    ReopenCause,
    Role,
    WishReporter,
)
from dtv_workflow.errors import Conflict, Malformed, NotFound, Unauthorised

DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NAME, V_NUMBER, BORN = "Testpersoon Ümit-Ångström", "9900000042", datetime(1990, 5, 4, tzinfo=UTC).date()
OFFER = OfferVoluntaryDeparture(language="ar", options=("IOM REAN",), copy_given=True)
ILC = Envelope(actor="ILC-01", role=Role.INTAKE_OFFICER, at=DAY)
RV = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY)


def opening(v_number: str | None = V_NUMBER) -> OpenCase:
    person = Subject(name=NAME, citizenship="MA", birth_date=BORN, v_number=v_number)
    return OpenCase(subject=person, handover_authority=HandoverAuthority.IND, entry_channel=EntryChannel.BVV)


@pytest.fixture
def training(tmp_path: Path):
    with create_register(tmp_path / "store", training=True, actor="TL-02", clock=lambda: DAY) as register:
        yield register


@pytest.fixture
def live(tmp_path: Path):
    now = [DAY]
    with create_register(tmp_path / "store", actor="TL-02", os_user="leider", clock=lambda: now[0]) as register:
        register.now = now  # type: ignore[attr-defined]
        yield register


def opened(register: Register) -> str:
    case = register.take(opening(), None, ILC).case
    assert case is not None
    return case


def test_an_opened_case_is_in_intake_with_two_events_and_a_receipt(training: Register):
    case = opened(training)
    records = training.history(case)
    assert [r.name for r in records] == ["CaseOpened", "SubjectRegistered"]
    assert fold(records).phase is Phase.INTAKE
    receipts = [r.receipt for r in records if r.receipt]
    assert len(receipts) == 2
    assert {(r.ruleset, len(r.hash)) for r in receipts} == {("nl-2017-05+nl-2020-10+nl-2022-11", 32)}


def test_n36_a_second_open_case_is_refused_kept_without_subject_data_and_possible_again_after_closing(training: Register):
    first = opened(training)
    answer = training.take(opening(), None, ILC)
    assert (answer.status, answer.receipt.codes, answer.case, answer.phase) == ("refused", ["N36"], None, None)
    kept = training.history_of(REGISTER)[-1]
    assert (kept.name, kept.subject, kept.reason) == ("CommandRefused", None, None)
    training.record(_residence(), first, RV)
    again = training.take(opening(), None, ILC)
    assert again.status == "done"
    assert training.history(again.case or "")[0].subject == training.history(first)[0].subject


def _residence():
    from dtv_workflow.domain.chapters.closing import RecordResidence

    return RecordResidence(permit="asylum", granted_on=DAY.date())


def test_the_same_request_id_gives_the_first_answer_again_and_does_nothing(training: Register):
    case = opened(training)
    asked = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, request_id="req-1")
    first = training.take(OFFER, case, asked)
    second = training.take(OFFER, case, asked)
    assert second.repeated
    assert not first.repeated
    assert (second.events, second.version, second.receipt) == (first.events, first.version, first.receipt)
    assert len(training.history(case)) == 3


def test_a_request_id_is_not_taken_for_another_request(training: Register):
    case = opened(training)
    asked = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, request_id="req-1")
    training.take(OFFER, case, asked)
    with pytest.raises(Conflict):
        training.record(ExpressWishToLeave(reported_by=WishReporter.IOM), case, asked)
    assert len(training.history(case)) == 3


def test_a_refusal_is_recorded_and_changes_nothing_else(training: Register):
    case = opened(training)
    before = training.case(case)
    answer = training.take(AssignSupervisor(supervisor="RV-07"), case, RV)
    after = training.case(case)
    assert (answer.status, answer.receipt.codes) == ("refused", ["N48"])
    assert after.version == before.version + 1
    before.version, before.topics = after.version, after.topics
    assert after == before


def test_expect_version_is_a_conflict_when_the_case_moved_on(training: Register):
    case = opened(training)
    with pytest.raises(Conflict):
        training.take(OFFER, case, Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, expect_version=1))
    assert len(training.history(case)) == 2


def test_a_rehearsal_stores_nothing(training: Register):
    case = opened(training)
    answer = training.take(OFFER, case, RV, rehearse=True)
    assert (answer.status, answer.rehearsed, answer.version) == ("done", True, 3)
    assert len(training.history(case)) == 2


def test_n32_a_fact_before_the_opening_is_recorded_with_its_incident(training: Register):
    case = opened(training)
    early = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY - timedelta(days=1))
    answer = training.record(ExpressWishToLeave(reported_by=WishReporter.IOM), case, early)
    assert (answer.status, answer.incidents) == ("done", ("N32",))


def test_a_time_in_the_future_is_malformed_and_writes_nothing(live: Register):
    case = live_case(live)
    head = live.store.recorder.max_notification_id()
    with pytest.raises(Malformed, match="future"):
        live.record(ExpressWishToLeave(reported_by=WishReporter.IOM), case, me(at=DAY + timedelta(minutes=1)))
    answered = RecordRemovability(answer=RemovabilityAnswer.REMOVABLE, checked_at=DAY + timedelta(minutes=1))
    with pytest.raises(Malformed, match="future"):
        live.record(answered, case, me())
    assert live.store.recorder.max_notification_id() == head


def live_case(live: Register) -> str:
    for role in (Role.INTAKE_OFFICER, Role.SUPERVISOR):
        live.grant("TL-02", role, None, me())
    return live.take(opening(), None, me()).case or ""


def me(**more) -> Envelope:
    return Envelope(actor="TL-02", **more)


def test_a_decision_recorded_late_needs_a_reason_and_is_marked(live: Register):
    case = live_case(live)
    live.now[0] = DAY + timedelta(hours=2)  # type: ignore[attr-defined]
    with pytest.raises(Malformed, match="reason"):
        live.take(OFFER, case, me(at=DAY + timedelta(hours=1)))
    answer = live.take(OFFER, case, me(at=DAY + timedelta(hours=1), reason="late_entry"))
    assert answer.back_dated
    record = live.history(case)[-1]
    assert (record.back_dated, record.reason) == (True, "late_entry")
    assert record.occurred_at < record.recorded_at


def test_only_a_training_store_takes_a_recording_time(live: Register):
    with pytest.raises(Malformed):
        live.record(ExpressWishToLeave(reported_by=WishReporter.IOM), live_case(live), me(recorded_at=DAY))


def test_authority_an_unknown_actor_and_anothers_name_write_nothing_and_a_wrong_role_is_recorded(live: Register):
    case = live_case(live)
    live.grant("RV-07", Role.SUPERVISOR, "jansen", me())
    head = live.store.recorder.max_notification_id()
    for actor in ("XX-99", "RV-07"):
        with pytest.raises(Unauthorised):
            live.take(OFFER, case, Envelope(actor=actor))
    assert live.store.recorder.max_notification_id() == head
    answer = live.take(OFFER, case, me(role=Role.DESIGNATED_OFFICER))
    assert answer.receipt.codes == ["N48"]
    assert live.store.recorder.max_notification_id() == head + 1


def test_authority_a_second_person_must_be_known_and_a_team_leader(live: Register):
    case = live_case(live)
    live.record(PlaceHold(hold="H1", hold_kind=HoldKind.ECHR_RULE39), case, me())
    live.grant("RV-07", Role.SUPERVISOR, "jansen", me())
    live.grant("TL-09", Role.TEAM_LEADER, "bakker", me())
    lift = LiftHold(hold="H1", basis="lifted by the Court")
    assert live.take(lift, case, me()).receipt.codes == ["N31"]
    assert live.take(lift, case, me(second="TL-02")).receipt.codes == ["N12"]
    assert live.take(lift, case, me(second="RV-07")).receipt.codes == ["N12"]
    assert live.take(lift, case, me(second="TL-09")).status == "done"


def test_awb_10_3_a_second_name_of_the_same_account_is_no_second_person(live: Register):
    case = live_case(live)
    live.record(PlaceHold(hold="H1", hold_kind=HoldKind.ECHR_RULE39), case, me())
    live.grant("RV-99", Role.SUPERVISOR, "leider", me())
    live.grant("TL-98", Role.TEAM_LEADER, "leider", me())
    live.grant("TL-09", Role.TEAM_LEADER, "bakker", me())
    lift, rv = LiftHold(hold="H1", basis="lifted by the Court"), Envelope(actor="RV-99")
    for second in ("TL-02", "TL-98"):
        assert live.take(lift, case, msgspec.structs.replace(rv, second=second)).receipt.codes == ["N12"]
    kept = live.history(case)[-1].receipt
    assert kept
    assert kept.besides == {"also": ["TL-02", "TL-98"]}
    assert again(list(commits(live.history(case)))[-1]) == kept
    assert live.take(lift, case, msgspec.structs.replace(rv, second="TL-09")).status == "done"


def test_awb_10_3_a_live_store_knows_the_other_names_of_the_account_that_acts(live: Register):
    case = live_case(live)
    live.grant("RV-99", Role.SUPERVISOR, "leider", me())
    live.grant("RV-07", Role.SUPERVISOR, "jansen", me())
    live.take(OFFER, case, Envelope(actor="RV-99"))
    receipt = live.history(case)[-1].receipt
    assert receipt
    assert receipt.besides == {"also": ["TL-02"]}


def test_a_training_store_takes_every_actor_as_another_person(training: Register):
    case = opened(training)
    training.record(PlaceHold(hold="H1", hold_kind=HoldKind.ECHR_RULE39), case, RV)
    second = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, second="TL-98")
    assert training.take(LiftHold(hold="H1", basis="lifted by the Court"), case, second).status == "done"


SAME = pytest.mark.parametrize(("one", "other"), [
    ("123-456-7890", "1234567890"), ("1234567890", "123 456 7890"), ("ab12-3", "AB123"),
])  # fmt: skip


@SAME
def test_n36_a_v_number_is_the_same_however_it_is_typed(training: Register, one: str, other: str):
    case = training.take(opening(one), None, ILC).case
    assert case
    assert training.take(opening(other), None, ILC).receipt.codes == ["N36"]
    assert training.open_case_of(other) == case
    assert training.case(case).v_number == one, "what was typed stays"
    training.record(_residence(), case, RV)
    reopened = training.take(opening(other), None, ILC)
    assert training.history(reopened.case or "")[0].subject == training.history(case)[0].subject


@pytest.mark.parametrize("number", ["12345678901", "123456789", "AB12"])
def test_n36_another_number_is_another_person(training: Register, number: str):
    training.take(opening("1234567890"), None, ILC)
    assert training.take(opening(number), None, ILC).status == "done"


CORRECTING = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, reason="typing error")


def renumbered(register: Register, case: str, number: str | None) -> list[str]:
    """The codes on a corrected V-number."""
    return register.take(Correct(event=2, field="v_number", value=number), case, CORRECTING).receipt.codes


def test_n36_a_corrected_v_number_claims_the_person_in_the_same_commit(training: Register):
    case = training.take(opening("9900000001"), None, ILC).case or ""
    assert renumbered(training, case, "99-0000-0042") == []
    assert training.take(opening(), None, ILC).receipt.codes == ["N36"]
    assert training.take(opening("9900000001"), None, ILC).status == "done", "the number it was not"


def test_n36_a_v_number_is_not_corrected_to_that_of_another_open_case(training: Register):
    case, other = training.take(opening("9900000001"), None, ILC).case or "", opened(training)
    assert renumbered(training, case, "99-0000-0042") == ["N36"]
    assert training.case(case).v_number == "9900000001"
    assert renumbered(training, case, "9900000003") == [], "a number that is free"
    assert renumbered(training, case, "9900 000003") == [], "its own"
    training.record(_residence(), other, RV)
    assert renumbered(training, case, V_NUMBER) == []


def test_n36_a_closed_case_may_turn_out_to_be_about_somebody_with_an_open_one(training: Register):
    case = training.take(opening("9900000001"), None, ILC).case or ""
    training.record(_residence(), case, RV)
    other = opened(training)
    assert renumbered(training, case, V_NUMBER) == []
    assert training.open_case_of(V_NUMBER) == other
    reopened = training.take(ReopenCase(cause=ReopenCause.WRONG_CLOSURE), case, ILC)
    assert reopened.receipt.codes == ["N36"]


def test_n36_a_number_that_was_none_is_given_up_and_one_that_was_missing_is_claimed(training: Register):
    case = opened(training)
    assert renumbered(training, case, None) == []
    assert training.open_case_of(V_NUMBER) is None
    assert training.take(opening(), None, ILC).status == "done"
    assert renumbered(training, case, V_NUMBER) == ["N36"]
    nameless = training.take(opening(None), None, ILC).case or ""
    assert renumbered(training, nameless, "9900000005") == []
    assert training.take(opening("9900000005"), None, ILC).receipt.codes == ["N36"]


def test_n36_a_correction_of_a_v_number_is_judged_again_as_it_was(training: Register):
    case, _ = training.take(opening("9900000001"), None, ILC).case or "", opened(training)
    for number in (V_NUMBER, "9900000003", None, "---"):
        renumbered(training, case, number)
    for commit in commits(training.history(case)):
        assert again(commit) == commit.receipt


def test_the_last_team_leader_stays(live: Register):
    with pytest.raises(Conflict):
        live.revoke("TL-02", Role.TEAM_LEADER, me())


def test_as_known_at_is_not_changed_by_what_is_recorded_later(training: Register):
    case = opened(training)
    training.clock = lambda: DAY + timedelta(days=1)
    known = training.as_known_at(case, DAY + timedelta(hours=1))
    late = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, recorded_at=DAY + timedelta(days=1))
    training.record(ExpressWishToLeave(reported_by=WishReporter.IOM), case, late)
    assert training.as_known_at(case, DAY + timedelta(hours=1)) == known
    assert known.wish is None
    assert training.case(case).wish is not None


def test_avg_16_a_correction_is_what_later_decisions_rest_on_and_the_event_stays(training: Register):
    case = opened(training)
    corrected = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, reason="typing_error")
    answer = training.take(Correct(event=2, field="citizenship", value="DZ"), case, corrected)
    assert answer.status == "done"
    assert training.case(case).citizenship == "DZ"
    assert training.history(case)[1].event.citizenship == "MA"  # type: ignore[attr-defined]
    assert fold(training.history(case)[:2]).citizenship == "MA"


def test_n60_a_correction_that_does_not_fit_is_refused(training: Register):
    case = opened(training)
    corrected = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, reason="typing_error")
    for event, field, value in [(9, "sex", "m"), (2, "height", 180), (2, "sex", "q"), (1, "regime", 4)]:
        assert training.take(Correct(event=event, field=field, value=value), case, corrected).receipt.codes == ["N60"]
    with pytest.raises(Malformed, match="reason"):
        training.take(Correct(event=2, field="sex", value="m"), case, RV)


def test_a_corrected_name_is_sealed_like_the_name(training: Register, tmp_path: Path):
    case = opened(training)
    corrected = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, reason="typing_error")
    training.take(Correct(event=2, field="name", value="Testpersoon Rechtgezet"), case, corrected)
    assert training.case(case).name == "Testpersoon Rechtgezet"
    assert b"Rechtgezet" not in _bytes(tmp_path)


def _bytes(folder: Path) -> bytes:
    return b"".join(f.read_bytes() for f in (folder / "store").iterdir() if f.name.startswith("events.db"))


def test_no_personal_field_stands_in_the_log_in_the_clear(training: Register, tmp_path: Path):
    case = opened(training)
    reason = Envelope(actor="RV-07", role=Role.SUPERVISOR, at=DAY, reason="Zeer Persoonlijke Reden")
    training.take(ChooseVoluntaryDeparture(statement="Ondertekende Verklaring"), case, reason)
    stored = _bytes(tmp_path)
    for secret in (NAME, V_NUMBER, BORN.isoformat(), "Zeer Persoonlijke Reden", "Ondertekende Verklaring"):
        assert secret.encode() not in stored
    assert training.history(case)[-1].reason == "Zeer Persoonlijke Reden"


def test_a_case_is_found_by_its_ending_and_never_by_a_guess(training: Register):
    case = opened(training)
    assert training.find(case[-5:].lower()) == case
    for wrong in ("0", "ZZZZZ", "a;drop", ""):
        with pytest.raises(NotFound):
            training.find(wrong)


def _ask(path: str, case: str, number: int) -> None:
    with open_register(path) as register:
        for n in range(10):
            register.record(
                ExpressWishToLeave(reported_by=WishReporter.DJI),
                case,
                Envelope(actor=f"P-{number}", at=DAY, request_id=f"{number}-{n}"),
            )


def test_processes_writing_one_case_lose_and_double_nothing(training: Register, tmp_path: Path):
    case = opened(training)
    processes = [
        multiprocessing.get_context("spawn").Process(target=_ask, args=(str(tmp_path / "store"), case, n)) for n in range(3)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    records = training.history(case)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [r.version for r in records] == list(range(1, 33))
    assert sorted(r.request_id for r in records[2:]) == sorted(f"{p}-{n}" for p in range(3) for n in range(10))


def _open(path: str, results: Any) -> None:
    with open_register(path) as register:
        results.put(register.take(opening(), None, ILC).status)


def test_n36_two_openings_of_one_person_at_once_give_one_case(training: Register, tmp_path: Path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_open, args=(str(tmp_path / "store"), results)) for _ in range(3)]
    for process in processes:
        process.start()
    statuses = sorted(results.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(60)
    assert statuses == ["done", "refused", "refused"]
