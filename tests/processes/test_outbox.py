"""The outbox: everything, in order, at least once; nothing before it is on record; and errors that say what to do."""

from __future__ import annotations

import fcntl
import json
import shutil
from datetime import UTC, datetime

import jsonschema
import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from dtv_workflow.application import create_register, open_register
from dtv_workflow.domain.chapters.records import Correct, DisclosureLogged
from dtv_workflow.domain.register import REGISTER
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import NotFound, Unauthorised
from dtv_workflow.processes import outbox
from dtv_workflow.processes.cloudevents import event_type, schema_out
from dtv_workflow.processes.disclosable import NEVER, SENDABLE, STRUCTURED, TELLING, fields_of
from dtv_workflow.processes.outbox import LONGEST_WAIT, TRIES, follow, may_follow, push, sent_to, stands
from dtv_workflow.processes.partners import read_partners
from dtv_workflow.processes.sinks import Rejected, Undelivered
from tests.processes.outgoing import (
    AGREEMENT,
    IND,
    SCHEMAS,
    SOURCE,
    Kept,
    configured,
    disclosures,
    lived,
    never_sleep,
    put,
    to_directory,
    training,
)
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, ask, live

BOOKED = 'fields.removal_booked = ["departs_at", "carrier"]\nfields.subject_registered = ["name"]\n'


@pytest.fixture
def register(tmp_path):
    with training(tmp_path) as opened:
        yield opened


@pytest.fixture
def partners(tmp_path):
    return configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind", more=AGREEMENT.format("ind") + BOOKED))


def pushed(register, partners, kept=None, **options):
    """Push to a sink that keeps; what it kept and what came of it."""
    kept = kept or Kept()
    (done,) = push(register, partners, **({"sleep": never_sleep, "opened": kept.opened} | options))
    return kept, done


def sendable(register):
    """Every event of the log that a `*` sends, as (case, position), read from the store itself."""
    stored = register.store.recorder.select_notifications(1, 100_000)
    sent = [e for e in stored if e.originator_id.startswith("case/") and e.topic not in NEVER | TELLING]
    return [(e.originator_id.removeprefix("case/"), e.id) for e in sent]


# ---------------------------------------------------------------- what is sent


def test_everything_is_delivered_once_and_in_the_order_of_the_log(register, partners):
    lived(register, *TO_BOOKED)
    lived(register, *TO_CLOSED)
    kept, done = pushed(register, partners)
    expected = sendable(register)
    assert [(event["subject"], int(event["sequence"])) for event in kept.events] == expected
    assert (done.sent, done.waiting, done.error) == (len(expected), 0, None)
    assert pushed(register, partners)[0].messages == []


def test_new_events_follow_later(register, partners):
    lived(register, *TO_CLOSED)
    pushed(register, partners)
    case = lived(register, *TO_BOOKED)
    kept, _ = pushed(register, partners)
    assert {event["subject"] for event in kept.events} == {case}


def test_every_event_is_one_to_the_sdk_and_its_data_fits_the_schema(register, tmp_path):
    every = "".join(f"fields.{t.rpartition('.')[0]} = {json.dumps(fields_of(t))}\n" for t in SENDABLE if t not in TELLING)
    partners = configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind", more=AGREEMENT.format("ind") + every))
    for life in (TO_BOOKED, TO_CLOSED, TO_DETAINED):
        lived(register, *life)
    kept, done = pushed(register, partners)
    assert done.error is None
    schemas = {event_type(topic): schema_out(topic) for topic in SENDABLE}
    for message, event in zip(kept.messages, kept.events, strict=True):
        theirs = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, message.body))
        assert theirs.get_id() == message.id
        jsonschema.Draft202012Validator(schemas[event["type"]]).validate(event["data"])
        assert event["dataschema"] == SCHEMAS + schemas[event["type"]]["$id"]
        told = schemas[event["type"]]["$defs"][schemas[event["type"]]["title"] + "Fields"]["properties"]
        assert set(event["data"].get("fields", {})) <= set(told)


def test_without_an_agreement_an_event_says_that_it_happened_and_nothing_else(register, tmp_path):
    case = lived(register, *TO_BOOKED)
    kept, _ = pushed(register, configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind")))
    assert {name for event in kept.events for name in event} == {
        "specversion", "id", "source", "type", "time", "subject", "sequence",
    }  # fmt: skip
    (logged, *_) = disclosures(register, case)
    assert (logged.purpose, logged.basis) == ("notification without data", "notification without data")
    assert all(item.endswith(": notification without data") for item in logged.items)


def test_where_no_schemas_are_published_none_is_named(register, tmp_path):
    lived(register, *TO_CLOSED)
    file = tmp_path / "partners.toml"
    more = AGREEMENT.format("ind") + 'fields.case_closed = ["outcome"]'
    file.write_text(f'source = "{SOURCE}"\n{IND}{to_directory(tmp_path, "ind", "ind", more=more)}')
    kept, _ = pushed(register, read_partners(file))
    assert ["dataschema" in event for event in kept.events if "data" in event] == [False]


def test_only_the_fields_the_agreement_names_are_sent(register, partners):
    lived(register, *TO_BOOKED)
    kept, _ = pushed(register, partners)
    data = {event["type"].split(".")[2]: event["data"] for event in kept.events if "data" in event}
    assert data == {
        "subject-registered": {"fields": {"name": "Samira Testpersoon"}},
        "removal-booked": {"fields": {"departs_at": "2026-01-12T12:00:00Z", "carrier": "KL"}},
    }


def test_what_was_forgotten_is_left_out(register, tmp_path, monkeypatch):
    more = AGREEMENT.format("ind") + "".join(f"fields.{t.split('.')[0]} = {json.dumps(f)}\n" for t, f in STRUCTURED.items())
    events = json.dumps([t.split(".")[0] for t in STRUCTURED])
    partners = configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind", events, more))
    lived(register, *TO_BOOKED)
    assert [event for event in pushed(register, partners)[0].events if "data" in event]
    (tmp_path / "store" / "outbox" / "ind.json").unlink()
    monkeypatch.setattr(type(register.store.keys), "key", lambda self, key_id: None)  # as when the keys were destroyed
    assert [event for event in pushed(register, partners)[0].events if "data" in event] == []


def test_an_id_is_for_ever(register, partners):
    lived(register, *TO_CLOSED)
    first, _ = pushed(register, partners)
    (register.store.path / "outbox" / "ind.json").unlink()
    again, _ = pushed(register, partners)
    assert [m.body for m in first.messages] == [m.body for m in again.messages]
    assert len({m.id for m in first.messages}) == len(first.messages)


def test_a_correction_says_what_was_corrected_and_never_to_what(register, tmp_path):
    more = f'{AGREEMENT.format("ind")}fields.correction_recorded = ["event", "field"]\n'
    partners = configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind", '["correction_recorded"]', more))
    case = lived(register, *TO_BOOKED)
    register.take(Correct(event=2, field="name", value="Canary"), case, Envelope(actor="RV-07", reason="typed wrong"))
    kept, _ = pushed(register, partners)
    assert [event["data"] for event in kept.events] == [{"fields": {"event": 2, "field": "name"}}]


def test_what_was_corrected_away_is_not_sent_as_it_was(register, partners):
    """Regulation (EU) 2016/679 art. 5(1)(d): what is sent is true as far as is known when it is sent."""
    case = lived(register, *TO_BOOKED)
    register.take(Correct(event=2, field="name", value="Canary"), case, Envelope(actor="RV-07", reason="typed wrong"))
    kept, _ = pushed(register, partners)
    told = [event["data"]["fields"] for event in kept.events if "subject-registered" in event["type"]]
    assert told == [{"name": "Canary"}]


def test_data_that_nobody_could_carry_is_left_out_and_stops_nothing(register, tmp_path):
    many = ask("return_handover_file", gaps=[f"gap-{n:04}-{'x' * 50}" for n in range(1_500)])
    more = f'{AGREEMENT.format("ind")}fields.handover_file_returned = ["gaps"]\n'
    partners = configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind", '["handover_file_returned"]', more))
    case = lived(register, TO_BOOKED[0], many)
    kept, _ = pushed(register, partners)
    assert (["data" in event for event in kept.events], len(kept.messages[0].body) < 1_000) == ([False], True)
    assert disclosures(register, case)[0].items[0].endswith(": notification without data")


# ---------------------------------------------------------------- what is recorded


def test_vw_107_every_disclosure_is_on_record_with_its_fields_and_no_value(register, partners):
    case = lived(register, *TO_BOOKED)
    kept, _ = pushed(register, partners)
    (logged,) = disclosures(register, case)
    assert (logged.to, logged.purpose, logged.basis) == (
        "Immigratie- en Naturalisatiedienst", "decide on the application", "Vw 2000 art. 107",
    )  # fmt: skip
    assert len(logged.items) == len(kept.messages)
    assert "subject_registered.v1, event 2: name" in logged.items
    assert any(item.startswith("removal_booked.v1, event ") and item.endswith(": carrier, departs_at") for item in logged.items)
    assert not any(value in " ".join(logged.items) for value in ("Samira", "KL,", "2026-01-12"))
    record = next(r for r in register.history(case) if isinstance(r.event, DisclosureLogged))
    assert (record.actor, record.role) == ("outbox", Role.SYSTEM)


def test_nothing_is_sent_before_it_is_on_record(register, partners):
    case = lived(register, *TO_BOOKED)

    def recorded(message):
        version = next(e.originator_version for e in register.store.recorder.select_notifications(message.position, 1))
        told = [item for logged in disclosures(register, case) for item in logged.items]
        assert any(f", event {version}: " in item for item in told)

    pushed(register, partners, Kept(recorded))


def test_a_repeat_is_recorded_once(register, partners):
    case = lived(register, *TO_BOOKED)
    pushed(register, partners)
    before = register.store.recorder.max_notification_id()
    (register.store.path / "outbox" / "ind.json").unlink()
    pushed(register, partners, limit=None)
    assert len(disclosures(register, case)) == 1
    assert register.store.recorder.max_notification_id() == before


def test_other_terms_are_another_disclosure(register, partners, tmp_path):
    case = lived(register, *TO_BOOKED)
    fails = Kept(lambda message: Rejected("answered 400"))
    pushed(register, partners, fails)
    pushed(register, partners, fails)
    assert len(disclosures(register, case)) == 1
    more = AGREEMENT.format("ind") + BOOKED.replace('"carrier"', '"carrier", "destination"')
    pushed(register, configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind", more=more)))
    assert any(item.endswith(": carrier, departs_at, destination") for item in disclosures(register, case)[1].items)


def test_what_waits_for_a_failing_sink_is_recorded_once_however_often_it_is_tried(register, partners):
    case = lived(register, *TO_CLOSED)
    for _ in range(3):
        pushed(register, partners, Kept(lambda message: Rejected("answered 400")))
        register.record(live_fact(), case, Envelope(actor="RV-07", at=None))
    items = [item for logged in disclosures(register, case) for item in logged.items]
    assert len(items) == len(set(items))


def live_fact():
    from dtv_workflow.domain.reading import read_step

    return read_step("record_report_missed", {"count": 1})


def test_on_a_live_store_the_outbox_is_a_known_system(tmp_path):
    with create_register(tmp_path / "store", actor="TL-02", os_user="leider") as register:
        partners = configured(tmp_path, IND + to_directory(tmp_path, "ind", "ind"))
        with pytest.raises(Unauthorised, match="dtv user grant outbox system --os-user ACCOUNT"):
            push(register, partners)
        leader = Envelope(actor="TL-02", role=Role.TEAM_LEADER)
        register.grant("outbox", Role.SYSTEM, "postbode", leader)
        with pytest.raises(Unauthorised, match="does not act as outbox"):
            push(register, partners)
        register.grant("outbox", Role.SYSTEM, "leider", leader)
        put(register, "01AAAAAAAAAAAAAAAAAAAAK7Q2", live(*TO_CLOSED).records)
        (done,) = push(register, partners)
        assert (done.error, done.waiting) == (None, 0)
        assert len(disclosures(register, "01AAAAAAAAAAAAAAAAAAAAK7Q2")) == 1
        register.grant("SYS-2", Role.SYSTEM, "leider", leader)
        assert push(register, partners, actor="SYS-2")[0].error is None


# ---------------------------------------------------------------- errors


def test_a_failed_delivery_is_tried_again_with_growing_waits(register, partners):
    lived(register, *TO_CLOSED)
    left = [3]
    waits: list[float] = []

    def fails(message):
        left[0] -= 1
        return Undelivered("answered 503") if left[0] >= 0 else None

    kept, done = pushed(register, partners, Kept(fails), sleep=waits.append)
    assert done.error is None
    assert [event["subject"] for event in kept.events] == [case for case, _ in sendable(register)]
    assert [0.25 <= waits[0] <= 0.5, 0.5 <= waits[1] <= 1, 1 <= waits[2] <= 2, len(waits)] == [True, True, True, 3]


def test_a_push_ends_for_a_sink_that_stays_away_and_goes_on_from_there(register, partners):
    lived(register, *TO_CLOSED)
    third = sendable(register)[2][1]
    waits: list[float] = []
    away = Kept(lambda message: Undelivered("no connection") if message.position >= third else None)
    kept, done = pushed(register, partners, away, sleep=waits.append)
    assert (done.sent, done.error, len(waits)) == (2, "no connection", TRIES - 1)
    assert max(waits) <= LONGEST_WAIT
    assert stands(register, partners)[0]["error"] == "no connection"
    assert stands(register, partners)[0]["waiting"] == len(sendable(register)) - 2
    again, done = pushed(register, partners)
    assert [int(e["sequence"]) for e in kept.events + again.events] == [position for _, position in sendable(register)]
    assert stands(register, partners)[0]["error"] is None


def test_what_will_not_be_taken_is_not_tried_again_within_a_push(register, partners):
    lived(register, *TO_CLOSED)
    kept, done = pushed(register, partners, Kept(lambda message: Rejected("answered 400")))
    assert (kept.tried, done.error) == (1, "answered 400")


def test_what_stops_one_sink_stops_no_other(register, tmp_path):
    lived(register, *TO_CLOSED)
    text = IND + to_directory(tmp_path, "a", "ind") + to_directory(tmp_path, "b", "ind")
    (tmp_path / "to-a").rmdir()
    first, second = push(register, configured(tmp_path, text), sleep=lambda seconds: None)
    assert first.error == "the directory cannot be written to: No such file or directory"
    assert (second.error, len(list((tmp_path / "to-b").iterdir()))) == (None, len(sendable(register)))


def test_a_limit_is_kept_and_no_event_is_passed_over(register, partners):
    lived(register, *TO_BOOKED)
    expected = [position for _, position in sendable(register)]
    seen: list[int] = []
    while len(seen) < len(expected):
        kept, done = pushed(register, partners, limit=3)
        assert 1 <= done.sent <= 3
        seen += [int(event["sequence"]) for event in kept.events]
    assert seen == expected


def test_pages_are_no_borders(register, partners, monkeypatch):
    monkeypatch.setattr(outbox, "PAGE", 3)
    lived(register, *TO_BOOKED)
    kept, done = pushed(register, partners)
    assert [int(event["sequence"]) for event in kept.events] == [position for _, position in sendable(register)]
    assert done.error is None


def test_only_the_sinks_that_are_named_are_pushed(register, tmp_path):
    text = IND + to_directory(tmp_path, "a", "ind") + to_directory(tmp_path, "b", "ind")
    assert [done.sink for done in push(register, configured(tmp_path, text), ["b", "b"])] == ["b"]
    with pytest.raises(NotFound, match="configured are: a, b"):
        push(register, configured(tmp_path, text), ["c"])


def test_one_pushes_at_a_time(register, partners):
    lived(register, *TO_CLOSED)
    pushed(register, partners)
    with (register.store.path / "outbox" / "ind.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert pushed(register, partners)[1].error == "another push to this sink is at work"
    assert pushed(register, partners)[1].error is None


def test_a_backup_that_was_put_back_is_told_and_not_silently_followed(tmp_path, partners):
    with training(tmp_path) as register:
        lived(register, *TO_CLOSED)
    shutil.copytree(tmp_path / "store", tmp_path / "backup")
    with open_register(tmp_path / "store") as register:
        lived(register, *TO_BOOKED)
        pushed(register, partners)
    shutil.copytree(tmp_path / "store" / "outbox", tmp_path / "backup" / "outbox")
    with open_register(tmp_path / "backup") as register:
        kept, done = pushed(register, partners)
        assert "was a backup put back?" in str(done.error)
        assert "remove that file to deliver everything again" in str(done.error)
        lived(register, *TO_BOOKED, *TO_CLOSED[1:])
        for _ in range(3):
            lived(register, *TO_BOOKED)
        assert "was a backup put back?" in str(pushed(register, partners)[1].error)
        assert kept.messages == []
        assert "backup" in str(stands(register, partners)[0]["error"])
        (register.store.path / "outbox" / "ind.json").unlink()
        kept, done = pushed(register, partners)
        assert (done.error, len(kept.messages)) == (None, len(sendable(register)))


def test_a_disclosure_lost_with_a_backup_is_recorded_anew(register, partners):
    case = lived(register, *TO_CLOSED)
    pushed(register, partners, Kept(lambda message: Rejected("answered 400")))
    file = register.store.path / "outbox" / "ind.json"
    stand = msgspec.json.decode(file.read_bytes())
    stand["logged"] = {"position": stand["logged"]["position"], "event": "another"}
    file.write_bytes(msgspec.json.encode(stand))
    register.record(live_fact(), case, Envelope(actor="RV-07"))
    pushed(register, partners)
    assert len(disclosures(register, case)) == 2


def test_a_position_file_that_cannot_be_read_is_told(register, partners):
    pushed(register, partners)
    (register.store.path / "outbox" / "ind.json").write_text("{")
    assert "cannot be read; remove that file" in str(pushed(register, partners)[1].error)


# ---------------------------------------------------------------- following


def test_following_gives_envelopes_and_nothing_that_speaks_of_health(register):
    lived(register, *TO_BOOKED, ask("record_pregnancy", due_on="2026-05-01"))
    before = register.store.recorder.max_notification_id()
    events = [json.loads(line) for line in follow(register, "urn:x")]
    assert [int(event["sequence"]) for event in events] == [position for _, position in sendable(register)]
    assert [event for event in events if "data" in event] == []
    assert "pregnancy" not in str(events)
    assert register.store.recorder.max_notification_id() == before
    later = list(follow(register, "urn:x", after=int(events[4]["sequence"]), limit=2))
    assert [json.loads(line) for line in later] == events[5:7]


def test_who_may_follow(tmp_path):
    with create_register(tmp_path / "store", actor="TL-02", os_user="leider") as register:
        may_follow(register, "TL-02")
        leader = Envelope(actor="TL-02", role=Role.TEAM_LEADER)
        register.grant("RV-07", Role.SUPERVISOR, "leider", leader)
        register.grant("AUD-1", Role.AUDITOR, "controle", leader)
        with pytest.raises(Unauthorised, match="auditor or system or team_leader"):
            may_follow(register, "RV-07")
        with pytest.raises(Unauthorised, match="does not act as AUD-1"):
            may_follow(register, "AUD-1")


def test_the_register_s_own_stream_is_never_sent(register, partners, tmp_path):
    register.grant("RV-07", Role.SUPERVISOR, None, Envelope(actor="TL-02"))
    kept, _ = pushed(register, partners)
    assert (kept.messages, list(follow(register, "urn:x"))) == ([], [])
    assert register.history_of(REGISTER)


def test_what_each_sink_is_sent_can_be_read(partners):
    rows = {row["event"]: row for row in sent_to(partners)}
    assert rows["removal_booked.v1"]["fields"] == ["carrier", "departs_at"]
    assert (rows["removal_booked.v1"]["purpose"], rows["removal_booked.v1"]["basis"]) == (
        "decide on the application", "Vw 2000 art. 107",
    )  # fmt: skip
    assert rows["case_closed.v1"]["fields"] == []


def test_a_stand_says_when_it_was_tried(register, partners):
    pushed(register, partners)
    tried = datetime.fromisoformat(str(stands(register, partners)[0]["tried_at"]))
    assert tried.tzinfo is not None
    assert tried <= datetime.now(UTC)
