"""Messages of partners: recorded once, flagged when they differ, held on when not understood, parked when they name no case."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dtv_workflow.application import Register, open_register
from dtv_workflow.domain.chapters.intake import RecordReportMissed
from dtv_workflow.domain.chapters.messages import MessageFlagged, MessageNotUnderstood
from dtv_workflow.domain.inbox import INBOX, LONGEST_MESSAGE, MessageParked
from dtv_workflow.domain.procedures import Divergence
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import HoldKind, Role
from dtv_workflow.errors import Conflict, Malformed, NotFound, StoreBusy, Unauthorised
from dtv_workflow.processes import inbox
from dtv_workflow.processes.cloudevents import LARGEST
from dtv_workflow.processes.inbox import Received, Status, dismiss, link, parked, parked_message, receive, receive_all
from dtv_workflow.processes.partners import Partners
from tests.processes.incoming import (
    APPEAL,
    DJI_SOURCE,
    IND_SOURCE,
    KMAR_SOURCE,
    MISSED,
    NOW,
    PARTNERS,
    fact,
    message,
    opened,
)
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, TO_MOTIVATION

SUPERVISOR = Envelope(actor="RV-07", role=Role.SUPERVISOR)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[Register, str, str]]:
    """A training store with a case that is booked for removal and one in motivation."""
    register, (booked, motivated) = opened(tmp_path / "store", TO_BOOKED, TO_MOTIVATION)
    with register:
        yield register, booked, motivated


def take(register: Register, raw: bytes) -> Received:
    """Receive a message, and once more: the second time adds nothing and answers the same."""
    first = receive(register, PARTNERS, raw)
    head = register.store.recorder.max_notification_id()
    again = receive(register, PARTNERS, raw)
    assert register.store.recorder.max_notification_id() == head
    assert first.status is Status.REJECTED or again.repeated
    assert (again.status, again.message, again.case, again.why) == (first.status, first.message, first.case, first.why)
    return first


def held(register: Register, case: str) -> list[str]:
    holds = register.case(case).open_holds(NOW)
    return [id for id, hold in holds.items() if hold.kind is HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE]


# ------------------------------------------------------------------ understood


def test_a_message_is_recorded_as_the_fact_it_reports_when_it_says_that_it_happened(store):
    register, case, _ = store
    received = take(register, message(case, "IND-7", MISSED))
    record = register.history(case)[-1]
    assert (received.status, received.case, received.version, received.exit) == (Status.RECORDED, case, record.version, 0)
    assert (record.name, record.actor, record.role) == ("ReportingMissed", "IND", Role.SYSTEM)
    assert (record.occurred_at, record.recorded_at) == (datetime(2026, 1, 20, 10, tzinfo=UTC), NOW)
    assert record.source is not None
    assert record.source.startswith("ind:IND-7#")


def test_an_appeal_that_is_understood_places_its_own_hold(store):
    register, case, _ = store
    assert take(register, message(case, "A-1", APPEAL)).status is Status.RECORDED
    kinds = {hold.kind for hold in register.case(case).open_holds(NOW).values()}
    assert HoldKind.APPEAL_SUSPENSIVE in kinds
    assert register.case(case).live_bookings() == {}


@pytest.mark.parametrize("id", ["3f2a9c01-de45-4b67-8a9b-0123456789ab", "IND-2026-000123", "A1"])
def test_an_id_of_the_partner_is_found_again_in_the_log(store, id):
    register, case, _ = store
    take(register, message(case, id, MISSED))
    assert str(register.history(case)[-1].source).startswith(f"ind:{id}#")


@pytest.mark.parametrize("id", ["Samira-Testpersoon", "V-12345678", "19900504", "é", "x" * 500, "A B"])
def test_an_id_that_may_be_a_name_or_a_number_of_a_person_is_never_in_the_clear(store, id):
    register, case, _ = store
    received = take(register, message(case, id, MISSED))
    assert received.status is Status.RECORDED
    clear = [str(record.source) + record.request_id for record in register.history(case)]
    assert not any(id in text for text in (*clear, repr(received)))


def test_a_message_with_other_attributes_around_the_same_content_is_the_same_message(store):
    register, case, _ = store
    take(register, message(case, "IND-7", MISSED))
    again = receive(register, PARTNERS, message(case, "IND-7", MISSED, time="2026-02-01T08:00:05Z", traceparent="00-1"))
    assert (again.status, again.repeated) == (Status.RECORDED, True)


# ------------------------------------------------------------------ not understood: the case is held


UNCLEAR: list[tuple[str, dict[str, Any]]] = [
    ("unknown_type", {"type": "nl.terugkeerzaken.appeal-filed.v2"}),
    ("unknown_type", {"type": "nl.other.thing"}),
    ("not_reported", {"type": "nl.terugkeerzaken.disclosure-logged.v1"}),
    ("not_reported", {"type": "nl.terugkeerzaken.message-not-understood.v1"}),
    ("malformed_data", {"data": None}),
    ("malformed_data", {"data": "an appeal"}),
    ("malformed_data", {"data": ["at", "fields"]}),
    ("malformed_data", {"data": {"at": "2026-01-20T10:00:00Z"}}),
    ("malformed_data", {"data": {"at": "2026-01-20", "fields": {"count": 1}}}),
    ("malformed_data", {"data": {"at": "0001-01-01T00:00:00+01:00", "fields": {"count": 1}}}),
    ("malformed_data", {"data": {"at": "2026-01-20T10:00:00Z", "fields": {"count": "many"}}}),
    ("malformed_data", {"data": {"at": "2026-01-20T10:00:00Z", "fields": {"count": 1, "more": 1}}}),
    ("malformed_data", {"data": {"at": "2026-01-20T10:00:00Z", "fields": {"count": 1}, "more": 1}}),
    ("in_the_future", {"data": {"at": "2026-02-02T09:00:01Z", "fields": {"count": 1}}}),
    ("in_the_future", fact("record_removability", "2026-01-20T10:00:00Z", answer="removable", checked_at="2026-02-03T10:00:00Z")),
    ("unknown_sender", {"source": "urn:nld:oin:9:systeem:other"}),
    ("wrong_sender", {"source": DJI_SOURCE}),
]


@pytest.mark.parametrize(("why", "wrong"), UNCLEAR, ids=[f"{n}-{why}" for n, (why, _) in enumerate(UNCLEAR)])
def test_a_message_about_a_known_case_that_is_not_understood_places_a_hold_and_a_task(store, why, wrong):
    register, case, other = store
    received = take(register, message(case, "IND-7", MISSED | wrong))
    assert (received.status, received.why, received.exit) == (Status.UNREAD, (why,), 7)
    (hold,) = held(register, case)
    (task,) = [task for task in register.case(case).tasks.values() if task.kind == "unread_message"]
    assert (task.about, task.proposes) == (hold, "lift_hold")
    assert register.case(case).live_bookings() == {}, "what was booked is cancelled"
    assert held(register, other) == []
    unread = [r for r in register.history(case) if isinstance(r.event, MessageNotUnderstood)]
    assert [(r.actor, r.role) for r in unread] == [("inbox", Role.SYSTEM)]


NOBODY = Partners()
NOT_THE_IND = Partners(partners={"ind": msgspec.structs.replace(PARTNERS.partners["ind"], reports=())})


def unread_under(register: Register, wrong: Partners, raw: bytes) -> Received:
    """Receive a message under a configuration that was wrong, twice: it is judged anew, and nothing is added."""
    first = receive(register, wrong, raw)
    head = register.store.recorder.max_notification_id()
    again = receive(register, wrong, raw)
    assert (again, head) == (msgspec.structs.replace(first, repeated=True), register.store.recorder.max_notification_id())
    assert first.status is Status.UNREAD
    return first


@pytest.mark.parametrize(("wrong", "why"), [(NOBODY, "unknown_sender"), (NOT_THE_IND, "wrong_sender")],
                         ids=["unknown", "wrong"])  # fmt: skip
def test_a_message_unread_through_our_configuration_is_a_fact_once_that_is_right_and_the_hold_stays(store, wrong, why):
    register, case, _ = store
    raw = message(case, "A-1", APPEAL)
    assert unread_under(register, wrong, raw).why == (why,)
    holds, tasks = held(register, case), register.case(case).tasks
    received = receive(register, PARTNERS, raw)
    record = next(r for r in register.history(case) if r.name == "AppealFiled")
    assert (received.status, received.case, received.version) == (Status.RECORDED, case, register.history(case)[-1].version)
    assert (received.repeated, record.actor, record.occurred_at) == (False, "IND", datetime(2026, 1, 21, 10, tzinfo=UTC))
    assert (held(register, case), len(holds)) == (holds, 1)
    assert tasks.items() <= register.case(case).tasks.items()
    assert take(register, raw).repeated


def test_the_hold_of_a_message_that_became_a_fact_is_lifted_by_the_people_who_say_so(store):
    register, case, _ = store
    raw = message(case, "7", MISSED)
    unread_under(register, NOBODY, raw)
    assert receive(register, PARTNERS, raw).status is Status.RECORDED
    (hold,) = held(register, case)
    lift = read_step("lift_hold", {"hold": hold, "basis": "recorded_since"})
    alone = register.answer(lift, case, SUPERVISOR)
    assert alone.status == "refused"
    two = msgspec.structs.replace(SUPERVISOR, second="TL-02")
    assert register.answer(lift, case, two).status == "done"
    assert held(register, case) == []
    assert receive(register, PARTNERS, raw).repeated


def test_one_that_became_a_fact_late_is_flagged_where_it_was_overtaken(store):
    register, case, _ = store
    early = message(case, "1", MISSED)
    unread_under(register, NOT_THE_IND, early)
    take(register, message(case, "2", fact("record_report_missed", "2026-01-27T10:00:00Z", count=1)))
    received = receive(register, PARTNERS, early)
    assert (received.status, received.why, received.case) == (Status.FLAGGED, ("out_of_order",), case)
    assert take(register, early).repeated


def test_one_that_is_still_not_understood_keeps_its_first_answer(store):
    register, case, _ = store
    raw = message(case, "1", MISSED | {"data": None})
    first = unread_under(register, NOBODY, raw)
    again = take(register, raw)
    assert (again.status, again.why, again.case, again.version) == (Status.UNREAD, ("unknown_sender",), case, first.version)
    assert again.repeated


def test_a_damaged_message_stays_damaged_whatever_can_be_read_since(store, monkeypatch):
    register, case, _ = store
    raw = message(case, "1", MISSED | {"data": None})
    take(register, raw)
    monkeypatch.setattr(inbox, "understood", lambda *_: pytest.fail("it was judged anew"))
    assert take(register, raw).why == ("malformed_data",)


def test_one_of_which_the_id_was_given_to_another_since_is_not_trusted(store):
    register, case, _ = store
    raw = message(case, "IND-7", MISSED)
    unread_under(register, NOBODY, raw)
    other = message(case, "IND-7", fact("record_report_missed", "2026-01-20T10:00:00Z", count=5))
    assert take(register, other).status is Status.RECORDED
    assert take(register, raw).status is Status.UNREAD
    assert register.case(case).reports_missed == 5
    assert len(held(register, case)) == 1


def test_a_parked_message_of_an_unknown_sender_waits_for_a_person_whatever_is_configured_since(store):
    register, _, _ = store
    raw = message(None, "1", MISSED)
    receive(register, NOBODY, raw)
    assert (again := take(register, raw)).status is Status.PARKED
    assert again.repeated


BROKEN = [
    lambda raw: raw[:-40],
    lambda raw: raw.replace(b'"1.0"', b'"0.3"'),
    lambda raw: raw.replace(b'"data"', b'"id": "2", "data"'),
    lambda raw: raw.replace(b"10:00", b"1\xff:00"),
    lambda raw: raw.replace(b'"data": {', b'"data": {"x": "' + b"x" * LARGEST + b'", '),
    lambda raw: raw.replace(b'"data": {', b'"data": {"x": NaN, '),
    lambda raw: raw.replace(b'"data": {', b'"data": {"x": ' + b"[" * 5_000 + b"]" * 5_000 + b", "),
]


@pytest.mark.parametrize("broken", BROKEN, ids=["cut", "version", "twice", "bytes", "large", "nan", "deep"])
def test_a_message_that_cannot_be_read_holds_the_case_that_can_still_be_made_out(store, broken):
    register, case, _ = store
    received = take(register, broken(message(case, "A-1", APPEAL)))
    assert (received.status, received.case) == (Status.UNREAD, case)
    assert received.why in {("unreadable",), ("too_large",)}
    assert len(held(register, case)) == 1


def test_one_that_names_several_cases_holds_each_of_them(store):
    register, case, other = store
    received = take(register, message(case, "A-1", APPEAL)[:-9] + message(other, "A-2", APPEAL))
    assert (received.status, received.case) == (Status.UNREAD, None)
    assert len(held(register, case)) == len(held(register, other)) == 1


def test_the_good_message_after_a_damaged_one_is_recorded_and_the_hold_stays_until_somebody_read_it(store):
    register, case, _ = store
    good = message(case, "IND-7", MISSED)
    damaged = [good[:-30], good.replace(b'"count": 1', b'"count": true'), good.replace(b"missed.v1", b"missed.v0")]
    assert [take(register, raw).status for raw in damaged] == [Status.UNREAD] * 3
    assert take(register, good).status is Status.RECORDED
    assert len(held(register, case)) == 3
    assert register.case(case).reports_missed == 1


def test_n03_a_message_of_before_a_removal_that_was_not_understood_is_an_incident(store):
    register, case, _ = store
    gone = fact("confirm_removal", "2026-01-30T10:00:00Z", attempt="A1", departed_at="2026-01-30T10:00:00Z", destination="MA",
                proof="M100")  # fmt: skip
    take(register, message(case, "K-1", gone, KMAR_SOURCE))
    before = receive(register, PARTNERS, message(case, "A-1", APPEAL | {"type": "x.v1"}))
    assert "N03" in before.incidents


@pytest.mark.parametrize("refused", [Malformed("not so"), ValueError("does not fit its type")], ids=["malformed", "unfit"])
def test_a_fact_that_the_register_cannot_take_is_a_message_that_was_not_understood(store, monkeypatch, refused):
    register, case, _ = store
    record = register.record

    def refusing(step: Any, *asked: Any, **options: Any) -> Any:
        if isinstance(step, RecordReportMissed):
            raise refused
        return record(step, *asked, **options)

    monkeypatch.setattr(register, "record", refusing)
    assert take(register, message(case, "1", MISSED)).why == ("malformed_data",)
    assert len(held(register, case)) == 1


# ------------------------------------------------------------------ the same id twice


def test_an_id_that_comes_again_with_other_content_is_kept_and_not_trusted(store):
    register, case, _ = store
    first = take(register, message(case, "IND-7", MISSED))
    second = take(register, message(case, "IND-7", fact("record_report_missed", "2026-01-20T10:00:00Z", count=5)))
    assert (second.status, second.why) == (Status.UNREAD, ("conflicting_id",))
    assert register.case(case).reports_missed == 1
    (unread,) = [r.event for r in register.history(case) if isinstance(r.event, MessageNotUnderstood)]
    assert unread.other == first.version
    assert unread.content is not None
    assert '"count": 5' in unread.content


def test_an_id_that_comes_again_for_another_case_leaves_neither_case_without_somebody_to_look(store):
    register, case, other = store
    first = take(register, message(case, "IND-7", MISSED))
    assert take(register, message(other, "IND-7", MISSED)).why == ("conflicting_id",)
    assert len(held(register, other)) == 1
    (flag,) = [r.event for r in register.history(case) if isinstance(r.event, MessageFlagged)]
    assert (flag.why, flag.other) == (Divergence.CONFLICTING_ID, first.version)
    assert take(register, message("01AAAAAAAAAAAAAAAAAAAAAAAA", "IND-7", MISSED)).status is Status.PARKED


def test_the_same_id_of_two_partners_are_two_messages(store):
    register, case, _ = store
    assert take(register, message(case, "1", MISSED)).status is Status.RECORDED
    assert take(register, message(case, "1", MISSED, KMAR_SOURCE)).status is Status.RECORDED


# ------------------------------------------------------------------ out of order, contradictions


def flags(register: Register, case: str) -> list[tuple[str, int | None]]:
    found = [r.event for r in register.history(case) if isinstance(r.event, MessageFlagged)]
    return [(event.why.value, event.other) for event in found]


def test_a_message_that_was_overtaken_is_recorded_and_flagged(store):
    register, case, _ = store
    later = take(register, message(case, "2", fact("record_report_missed", "2026-01-27T10:00:00Z", count=1)))
    earlier = take(register, message(case, "1", MISSED))
    assert (earlier.status, earlier.why, earlier.exit) == (Status.FLAGGED, ("out_of_order",), 7)
    assert flags(register, case) == [("out_of_order", later.version)]
    assert [t.kind for t in register.case(case).tasks.values()] == ["divergence"]


def test_one_kind_that_overtakes_another_about_the_same_thing_is_flagged(tmp_path):
    register, (case,) = opened(tmp_path / "store", TO_MOTIVATION)
    lifted = fact("record_court_decision", "2026-01-30T10:00:00Z", instance="rechtbank", outcome="lifted")
    reported = fact("report_detention", "2026-01-29T10:00:00Z", article="59", since="2026-01-29", by="AVIM")
    with register:
        assert take(register, message(case, "2", lifted)).status is Status.RECORDED
        assert "out_of_order" in take(register, message(case, "1", reported)).why


def test_two_accounts_of_one_happening_are_both_kept_and_flagged(store):
    register, case, _ = store
    said = {"at": "2026-01-20T10:00:00Z", "checked_at": "2026-01-20T09:00:00Z"}
    first = take(register, message(case, "1", fact("record_removability", answer="removable", **said)))
    second = take(register, message(case, "2", fact("record_removability", answer="not_removable", **said)))
    assert (second.status, second.why) == (Status.FLAGGED, ("contradicts",))
    assert flags(register, case) == [("contradicts", first.version)]
    said["at"] = "2026-01-21T10:00:00Z"
    third = take(register, message(case, "3", fact("record_removability", answer="unknown", **said)))
    assert third.why == ("contradicts",), "told a day later, of the same check"


def test_the_same_account_of_another_partner_contradicts_nothing_and_of_the_same_one_is_told_twice(store):
    register, case, _ = store
    take(register, message(case, "1", MISSED))
    assert take(register, message(case, "2", MISSED, KMAR_SOURCE)).status is Status.RECORDED
    assert take(register, message(case, "3", MISSED)).why == ("told_twice",)


def test_two_holds_placed_at_one_moment_contradict_nothing(store):
    register, case, _ = store
    for id in ("H1", "H2"):
        said = fact("place_hold", "2026-01-20T10:00:00Z", hold=id, hold_kind="trafficking_signal")
        assert take(register, message(case, id, said)).status is Status.RECORDED


def test_n65_a_case_that_is_closed_twice_is_flagged_and_both_accounts_are_kept(store):
    register, case, _ = store
    gone = fact("confirm_removal", "2026-01-30T10:00:00Z", attempt="A1", departed_at="2026-01-30T10:00:00Z", destination="MA",
                proof="M100")  # fmt: skip
    left = fact("confirm_supervised_departure", "2026-01-30T12:00:00Z", departed_at="2026-01-30T12:00:00Z", destination="MA",
                issuer="IOM", proof="iom_declaration")  # fmt: skip
    take(register, message(case, "1", gone, KMAR_SOURCE))
    second = take(register, message(case, "2", left))
    assert "contradicts" in second.why
    assert "N65" in second.incidents
    assert {"RemovalCompleted", "DepartureConfirmed"} <= {r.name for r in register.history(case)}


def test_n32_what_happened_before_the_case_was_opened_is_recorded_and_contradicts_nothing(store):
    register, case, _ = store
    received = take(register, message(case, "1", fact("record_report_missed", "2025-12-20T10:00:00Z", count=1)))
    assert (received.status, received.incidents) == (Status.RECORDED, ("N32",))


def test_a_message_is_judged_by_what_was_known_when_it_came_and_a_later_correction_changes_nothing(store):
    register, case, _ = store
    first = take(register, message(case, "1", fact("record_report_missed", "2026-01-19T10:00:00Z", count=2)))
    second = message(case, "2", MISSED)
    assert take(register, second).status is Status.RECORDED
    correction = read_step("correct", {"event": first.version, "field": "occurred_at", "value": "2026-01-25T10:00:00Z"})
    corrected = register.take(correction, case, Envelope(actor="RV-07", reason="mistyped", at=NOW, recorded_at=NOW))
    assert corrected.status == "done"
    assert take(register, second).repeated
    assert flags(register, case) == []
    third = take(register, message(case, "3", fact("record_report_missed", "2026-01-24T10:00:00Z", count=3)))
    assert third.why == ("out_of_order",)


def test_processes_that_receive_the_same_messages_at_once_record_each_of_them_once(tmp_path):
    register, (case, other) = opened(tmp_path / "store", TO_BOOKED, TO_MOTIVATION)
    register.close()
    raws = [
        *(message(case, str(n), fact("record_report_missed", f"2026-01-{n}T10:00:00Z", count=1)) for n in range(10, 16)),
        message(case, "12", APPEAL), message(other, "X", {"type": "x", "data": 1}), message(None, "P", MISSED), b"{",
    ]  # fmt: skip

    def received(_: int) -> list[Received]:
        with open_register(tmp_path / "store", clock=lambda: NOW, os_user="svc") as mine:
            return receive_all(mine, PARTNERS, raws)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(received, range(4)))
    assert all(each.status is not Status.FAILED for answer in answers for each in answer)
    assert all(sum(not answer[n].repeated for answer in answers) == 1 for n in range(len(raws)))
    with open_register(tmp_path / "store", clock=lambda: NOW, os_user="svc") as after:
        names = [record.name for record in after.history(case)]
        assert (names.count("ReportingMissed"), names.count("MessageNotUnderstood")) == (6, 1)
        assert (len(held(after, other)), len(parked(after))) == (1, 2)


# ------------------------------------------------------------------ parked


def test_a_message_that_names_no_known_case_is_parked_sealed_and_listed(store):
    register, case, _ = store
    received = take(register, message("01AAAAAAAAAAAAAAAAAAAAAAAA", "A-1", APPEAL))
    assert (received.status, received.why, received.case) == (Status.PARKED, ("unknown_case",), None)
    assert take(register, message(None, "A-2", APPEAL)).why == ("no_case",)
    assert take(register, message(case[-8:], "A-3", APPEAL)).why == ("unknown_case",), "only a whole id names a case"
    assert take(register, b"{").why == ("unreadable",)
    items = parked(register)
    assert [item.partner for item in items].count("ind") == 3
    assert all("filed_on" not in item.content for item in items)
    raw = [row for row in register.store.recorder.select_notifications(1, 10_000) if row.topic == MessageParked.TOPIC]
    assert len(raw) == 4
    assert not any(b"filed_on" in row.state for row in raw), "sealed in the log"
    assert len({register.history_of(str(row.originator_id))[0].subject for row in raw}) == 4, "each with a subject of its own"
    (item,) = [item for item in items if item.why.value == "no_case"]
    assert "filed_on" in parked_message(register, item.id[-6:]).content


def test_a_parked_message_that_is_linked_is_received_as_if_it_had_named_the_case(store):
    register, case, _ = store
    take(register, message(None, "A-1", APPEAL))
    (item,) = parked(register)
    received = link(register, PARTNERS, item.id, case, SUPERVISOR)
    record = next(r for r in register.history(case) if r.name == "AppealFiled")
    assert (received.status, received.case, record.actor) == (Status.RECORDED, case, "RV-07")
    assert str(record.source).startswith("ind:A-1#")
    assert parked(register) == []
    (settled,) = parked(register, settled=True)
    assert settled.case == case
    again = receive(register, PARTNERS, message(None, "A-1", APPEAL))
    assert (again.repeated, again.case) == (True, case)
    with pytest.raises(Conflict):
        link(register, PARTNERS, item.id, case, SUPERVISOR)


def test_one_that_cannot_be_understood_holds_the_case_it_is_linked_to(store):
    register, case, other = store
    take(register, b"an appeal, by fax")
    take(register, message(None, "9", {"type": "x.y", "data": {}}))
    for item, linked in zip(parked(register), (case, other), strict=True):
        assert link(register, PARTNERS, item.id, linked, SUPERVISOR).status is Status.UNREAD
    assert len(held(register, case)) == len(held(register, other)) == 1


def test_linking_that_was_interrupted_is_finished_for_the_same_case_and_for_no_other(store, monkeypatch):
    register, case, other = store
    take(register, message(None, "A-1", MISSED))
    (item,) = parked(register)
    with monkeypatch.context() as killed:
        killed.setattr(inbox, "_added", _fails)
        with pytest.raises(StoreBusy):
            link(register, PARTNERS, item.id, case, SUPERVISOR)
    assert len(parked(register)) == 1
    with pytest.raises(Conflict, match="another case"):
        link(register, PARTNERS, item.id, other, SUPERVISOR)
    assert held(register, other) == []
    assert link(register, PARTNERS, item.id, case, SUPERVISOR).repeated
    assert register.case(case).reports_missed == 1
    assert parked(register) == []


def _fails(*_: Any, **__: Any) -> None:
    raise StoreBusy("killed")


@pytest.mark.parametrize("raw", [message(None, "A-1", APPEAL), message(None, "A-1", APPEAL, "urn:other"), b"a fax"],
                         ids=["known", "unknown", "none"])  # fmt: skip
def test_a_message_is_dismissed_by_two_people_whoever_sent_it(store, raw):
    register, _, _ = store
    take(register, raw)
    (item,) = parked(register)
    alone, two = (msgspec.structs.replace(SUPERVISOR, second=second) for second in ("RV-07", "TL-02"))
    for by in (SUPERVISOR, alone):
        with pytest.raises(Unauthorised, match="two people"):
            dismiss(register, item.id, "an appeal in a case of another agency", by)
    assert parked(register) == [item]
    assert dismiss(register, item.id, "an appeal in a case of another agency", two).dismissed
    assert parked(register) == []
    with pytest.raises(Conflict):
        dismiss(register, item.id, "again", two)


def test_the_system_settles_no_message_and_nobody_without_a_reason_or_an_id(store):
    register, case, _ = store
    take(register, b"{")
    (item,) = parked(register)
    with pytest.raises(Unauthorised):
        link(register, PARTNERS, item.id, case, Envelope(actor="inbox", role=Role.SYSTEM))
    with pytest.raises(Malformed):
        dismiss(register, item.id, "  ", SUPERVISOR)
    for reference in ("", "abc", "%%%%", "ffffffff"):
        with pytest.raises(NotFound):
            parked_message(register, reference)


# ------------------------------------------------------------------ what is no message, and what goes wrong


@pytest.mark.parametrize("raw", [b"", b" \n\t "])
def test_nothing_is_rejected_and_writes_nothing(store, raw):
    register, _, _ = store
    head = register.store.recorder.max_notification_id()
    assert take(register, raw).status is Status.REJECTED
    assert register.store.recorder.max_notification_id() == head


def test_what_is_not_text_or_too_large_is_parked_too(store):
    register, _, _ = store
    assert take(register, bytes(range(256))).why == ("unreadable",)
    assert take(register, b"\xff" * (LARGEST + 1)).why == ("too_large",)
    assert all(len(parked_message(register, item.id).content) <= LONGEST_MESSAGE for item in parked(register))


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Register, str]]:
    register, (case,) = opened(tmp_path / "live", TO_MOTIVATION, live=True)
    with register:
        yield register, case


def test_on_a_live_store_an_actor_that_was_not_granted_fails_its_messages_and_no_others(live):
    register, case = live
    register.grant("IND", Role.SYSTEM, "svc", Envelope(actor="TL-02"))
    raws = [message(case, "1", MISSED, KMAR_SOURCE), message(case, "2", MISSED), message(None, "3", MISSED)]
    first, second, third = receive_all(register, PARTNERS, raws)
    assert (first.status, first.exit) == (Status.FAILED, 4)
    assert first.error is not None
    assert "`dtv user grant KMAR system --os-user svc`" in first.error
    assert (second.status, third.status) == (Status.RECORDED, Status.PARKED)
    register.grant("KMAR", Role.SYSTEM, "svc", Envelope(actor="TL-02"))
    assert receive(register, PARTNERS, raws[0]).status is Status.RECORDED


def test_on_a_live_store_the_inbox_itself_is_granted_and_a_person_who_links_acts_as_themselves(live):
    register, case = live
    with pytest.raises(Unauthorised, match="dtv user grant inbox system"):
        receive(register, PARTNERS, message(case, "1", {"type": "x", "data": 1}))
    receive(register, PARTNERS, message(None, "3", MISSED))
    receive(register, PARTNERS, b"{")
    items = parked(register)
    with pytest.raises(Unauthorised):
        link(register, PARTNERS, items[0].id, case, Envelope(actor="NOBODY"))
    for item in items:
        link(register, PARTNERS, item.id, case, Envelope(actor="TL-02"))
    assert {r.actor for r in register.history(case)} == {"TL-02"}


@pytest.mark.parametrize("kill", range(1, 5))
def test_a_kill_between_two_commits_leaves_nothing_that_the_next_time_does_not_finish(tmp_path, monkeypatch, kill):
    """Each message here takes several commits; the store stops before the n-th, and then the messages are offered again."""
    register, (case, other) = opened(tmp_path / "store", TO_BOOKED, TO_MOTIVATION)
    raws = [
        message(case, "2", fact("record_report_missed", "2026-01-27T10:00:00Z", count=1)),
        message(case, "1", MISSED),
        message(other, "1", MISSED),
        message(case, "2", APPEAL)[:-9] + message(other, "3", APPEAL),
    ]
    put, commits = register.events.put, [0]

    def stopping(*args: Any, **options: Any) -> Any:
        commits[0] += 1
        if commits[0] >= kill:
            raise StoreBusy("killed")
        return put(*args, **options)

    with register:
        with monkeypatch.context() as stopped:
            stopped.setattr(register.events, "put", stopping)
            receive_all(register, PARTNERS, raws)
        received = receive_all(register, PARTNERS, raws)
        assert [each.status for each in received] == [Status.RECORDED, Status.FLAGGED, Status.UNREAD, Status.UNREAD]
        assert sorted(why for why, _ in flags(register, case)) == ["conflicting_id", "out_of_order"]
        assert [r.name for r in register.history(case)].count("ReportingMissed") == 2
        assert (len(held(register, case)), len(held(register, other))) == (1, 2)
        head = register.store.recorder.max_notification_id()
        receive_all(register, PARTNERS, raws)
        assert register.store.recorder.max_notification_id() == head


# ------------------------------------------------------------------ anything at all


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=max(10, settings().max_examples // 5))
@given(st.data())
def test_whatever_comes_in_is_answered_and_never_written_outside_its_case_or_the_inbox(fuzzed, data):
    register, case = fuzzed
    raw: bytes
    if data.draw(st.booleans()):
        raw = data.draw(st.binary(max_size=300))
    else:
        wrong = data.draw(st.fixed_dictionaries({}, optional={
            "data": JSON, "type": st.text(max_size=30), "id": JSON, "source": JSON, "subject": JSON, "specversion": JSON,
        }))  # fmt: skip
        raw = json.dumps(json.loads(message(case, "F", MISSED)) | wrong).encode()
    before = set(register.store.recorder.stream_ids("", limit=100_000))
    received = receive(register, PARTNERS, raw)
    assert received.status is not Status.FAILED
    added = set(register.store.recorder.stream_ids("", limit=100_000)) - before
    assert all(stream.startswith(INBOX) for stream in added)
    assert receive(register, PARTNERS, raw).repeated or received.status is Status.REJECTED


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Register, str]]:
    register, (case,) = opened(tmp_path_factory.mktemp("fuzz") / "store", TO_MOTIVATION)
    with register:
        yield register, case


def test_no_history_is_too_closed_or_too_detained_for_a_message(tmp_path):
    register, (closed, detained) = opened(tmp_path / "store", TO_CLOSED, TO_DETAINED)
    with register:
        for case in (closed, detained):
            assert take(register, message(case, f"U-{case}", {"type": "x", "data": 1})).status is Status.UNREAD
            assert len(held(register, case)) == 1
            assert take(register, message(case, f"M-{case}", MISSED, IND_SOURCE)).status in {Status.RECORDED, Status.FLAGGED}
