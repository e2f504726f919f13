"""Records to bytes and back: exact, strict, and personal fields sealed."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import msgspec
import pytest
from eventsourcing.persistence import Mapper, Notification, StoredEvent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dtv_workflow.domain.fields import Code, Custodial, Medical, Moment, Personal, VNumber
from dtv_workflow.domain.law.rules import Receipt, Said, Verdict
from dtv_workflow.domain.record import Event, Record
from dtv_workflow.domain.register import REGISTER_EVENTS, UserGranted
from dtv_workflow.domain.vocabulary import Phase, Role
from dtv_workflow.store.files import EVENTS_FILE, Store, init_store, open_store_files
from dtv_workflow.store.keys import KEYS_FILE
from dtv_workflow.store.mapper import DamagedEvent, RecordMapper, UnknownTopic
from dtv_workflow.store.seal import FORGOTTEN, SEALED, DamagedSeal
from dtv_workflow.store.sqlite import SQLITE_MODULE

from .conftest import CREATED

NOON = datetime(2025, 3, 4, 12, tzinfo=UTC)


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Stop(msgspec.Struct, frozen=True):
    at: str
    on: date


class Walked(Event, frozen=True, kw_only=True):
    """Nothing sealed, and every kind of plain field: msgspec writes it unaided."""

    TOPIC = "walked.v1"
    colour: Colour
    on: date
    steps: int = 0
    codes: tuple[Code, ...] = ()
    stops: tuple[Stop, ...] = ()
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    again: bool | None = None


class Met(Event, frozen=True, kw_only=True):
    """Nothing sealed, but times and dict keys that need care."""

    TOPIC = "met.v1"
    at: Moment
    per_phase: dict[Phase, int] = msgspec.field(default_factory=dict)
    weight: float = 0.0


class Sibling(msgspec.Struct, frozen=True):
    name: Personal[str]
    age: int


class Told(Event, frozen=True, kw_only=True):
    """Each class of sealed data and each shape of it."""

    TOPIC = "told.v1"
    country: Code
    name: Personal[str]
    v_number: Personal[VNumber] | None = None
    born: Personal[date] | None = None
    complaints: Medical[tuple[str, ...]] = ()
    places: Custodial[dict[str, str]] = msgspec.field(default_factory=dict)
    sibling: Sibling | None = None
    reason: Personal[str] | None = None
    alone: Personal[bool] | None = None
    default: Personal[str] = "onbekend"


class Renamed(Event, frozen=True, kw_only=True, rename="camel"):
    TOPIC = "renamed.v1"
    full_name: Personal[str]
    sent_on: date


EVENTS: tuple[type[Event], ...] = (Walked, Met, Told, Renamed, *REGISTER_EVENTS)
TOPICS = {e.TOPIC: e for e in EVENTS}
TOLD = Told(
    country="NL",
    name="Test Persoon",
    v_number="000-000-0000",
    born=date(1990, 1, 1),
    complaints=("hoofdpijn",),
    places={"vleugel": "B"},
    sibling=Sibling("Proef Persoon", 7),
    reason="verzonnen",
    alone=False,
)


def record(event: Event, **changes: Any) -> Record:
    filled: dict[str, Any] = {
        "originator_id": "case/a",
        "originator_version": 1,
        "occurred_at": NOON,
        "recorded_at": NOON,
        "actor": "a.ambtenaar",
        "role": Role.SUPERVISOR,
        "step": "test",
        "request_id": "r-1",
        "subject": "s-1",
        "event": event,
    }
    return Record(**{**filled, **changes})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = init_store(tmp_path_factory.mktemp("mapper") / "store", training=True, created=CREATED)
    yield made
    made.close()


@pytest.fixture
def mapper(store: Store) -> RecordMapper:
    return store.mapper(TOPICS)


def destroy(store: Store, data_class: str) -> None:
    store.close()
    connection = SQLITE_MODULE.connect(str(store.path / KEYS_FILE), isolation_level=None)
    connection.execute("DELETE FROM subject_keys WHERE class = ?", (data_class,))
    connection.close()


nfc = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda s: unicodedata.normalize("NFC", s))
codes = st.from_regex(r"\A[\w][\w.:/+-]{0,63}\Z").map(lambda s: unicodedata.normalize("NFC", s)).filter(lambda s: len(s) < 65)
moments = st.datetimes(timezones=st.just(UTC))
days = st.dates(date(1900, 1, 1), date(2100, 1, 1))
events = st.one_of(
    st.builds(
        Walked,
        colour=st.sampled_from(Colour),
        on=days,
        steps=st.integers(-(2**63), 2**63 - 1),
        codes=st.lists(codes, max_size=3).map(tuple),
        stops=st.lists(st.builds(Stop, at=nfc, on=days), max_size=3).map(tuple),
        counts=st.dictionaries(nfc, st.integers(0, 9), max_size=3),
        again=st.none() | st.booleans(),
    ),
    st.builds(
        Met,
        at=moments,
        per_phase=st.dictionaries(st.sampled_from(Phase), st.integers(0, 9), max_size=3),
        weight=st.floats(allow_nan=False, allow_infinity=False),
    ),
    st.builds(
        Told,
        country=codes,
        name=nfc,
        v_number=st.none() | st.just("000-000-0000"),
        born=st.none() | days,
        complaints=st.lists(nfc, max_size=3).map(tuple),
        places=st.dictionaries(nfc, nfc, max_size=3),
        sibling=st.none() | st.builds(Sibling, name=nfc, age=st.integers(0, 99)),
        reason=st.none() | nfc,
        alone=st.none() | st.booleans(),
        default=nfc,
    ),
    st.builds(Renamed, full_name=nfc, sent_on=days),
    st.builds(UserGranted, user=codes, granted=st.sampled_from(Role), os_user=st.none() | codes),
)
receipts = st.builds(
    Receipt,
    ruleset=nfc,
    hash=nfc,
    verdicts=st.lists(
        st.builds(
            Verdict,
            code=nfc,
            guard=nfc,
            law=nfc,
            met=st.booleans(),
            relied=st.lists(st.integers(1, 99), max_size=3).map(tuple),
            is_=st.none() | st.builds(Said, en=nfc, nl=nfc),
        ),
        max_size=2,
    ).map(tuple),
)
records = st.builds(
    record,
    events,
    originator_version=st.integers(1, 999),
    occurred_at=moments,
    recorded_at=moments,
    role=st.sampled_from(Role),
    step=nfc,
    episode=st.integers(1, 9),
    receipt=st.none() | receipts,
    second=st.none() | nfc,
    source=st.none() | nfc,
    reason=st.none() | nfc.filter(bool),
    back_dated=st.booleans(),
    training=st.booleans(),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(written=records)
def test_what_is_written_is_read_back_exactly(shared: Store, written: Record) -> None:
    mapper = shared.mapper(TOPICS)
    stored = mapper.to_stored_event(written)
    assert mapper.to_domain_event(stored) == written
    assert list(json.loads(stored.state)) == sorted(json.loads(stored.state))
    unopened = mapper.to_domain_event(stored, unseal=False)
    assert type(unopened.event) is type(written.event)
    if not isinstance(written.event, Told | Renamed) and written.reason is None:
        assert unopened == written


def test_it_is_the_librarys_mapper(mapper: RecordMapper) -> None:
    assert isinstance(mapper, Mapper)


def test_the_state_is_plain_json_without_what_is_not_there(mapper: RecordMapper) -> None:
    stored = mapper.to_stored_event(record(Walked(colour=Colour.RED, on=date(2025, 1, 2)), subject=None))
    state = json.loads(stored.state)
    assert len(state.pop("salt")) == 22
    assert state == {
        "actor": "a.ambtenaar",
        "data": {"colour": "red", "on": "2025-01-02"},
        "occurred_at": "2025-03-04T12:00:00Z",
        "recorded_at": "2025-03-04T12:00:00Z",
        "request_id": "r-1",
        "role": "supervisor",
        "step": "test",
    }
    assert (stored.originator_id, stored.originator_version, stored.topic) == ("case/a", 1, "walked.v1")


def test_every_event_has_a_salt_of_its_own(mapper: RecordMapper) -> None:
    same = record(Walked(colour=Colour.RED, on=date(2025, 1, 2)))
    assert mapper.to_stored_event(same).state != mapper.to_stored_event(same).state


def test_a_notification_gives_the_position(mapper: RecordMapper) -> None:
    s = mapper.to_stored_event(record(Walked(colour=Colour.RED, on=date(2025, 1, 2))))
    told = Notification(s.originator_id, s.originator_version, s.topic, s.state, id=17)
    assert mapper.to_domain_event(told).position == 17
    assert mapper.to_domain_event(s).position is None


def test_times_are_stored_in_utc(mapper: RecordMapper) -> None:
    amsterdam = NOON.astimezone(timezone(timedelta(hours=1)))
    stored = mapper.to_stored_event(record(Met(at=amsterdam), occurred_at=amsterdam))
    assert b"13:00" not in stored.state
    assert stored.state.count(b"2025-03-04T12:00:00Z") == 3
    with pytest.raises(ValueError, match="without an offset"):
        mapper.to_stored_event(record(Met(at=NOON.replace(tzinfo=None))))
    with pytest.raises(ValueError, match="without an offset"):
        mapper.to_stored_event(record(Met(at=NOON), recorded_at=NOON.replace(tzinfo=None)))


DECOMPOSED = "Zoe\u0308"
ACUTE = "\u0301"


@pytest.mark.parametrize("text", [DECOMPOSED, "\n" + ACUTE, '"' + ACUTE, "\\n" + ACUTE, ACUTE])
def test_text_is_stored_in_nfc(mapper: RecordMapper, text: str) -> None:
    expected = unicodedata.normalize("NFC", text)
    day = date(2025, 1, 2)
    walked = Walked(colour=Colour.RED, on=day, stops=(Stop(text, day),), counts={text: 1})
    plain = mapper.to_domain_event(mapper.to_stored_event(record(walked, actor=text)))
    assert plain.actor == expected
    assert plain.event == Walked(colour=Colour.RED, on=day, stops=(Stop(expected, day),), counts={expected: 1})
    told = mapper.to_domain_event(mapper.to_stored_event(record(Told(country="NL", name=text, places={text: text}), reason=text)))
    assert told.reason == expected
    assert told.event == Told(country="NL", name=expected, places={expected: expected})


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_none_is_refused(mapper: RecordMapper, weight: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        mapper.to_stored_event(record(Met(at=NOON, weight=weight)))


def test_a_lone_surrogate_is_refused_without_the_value(mapper: RecordMapper) -> None:
    for bad in (
        record(Told(country="NL", name="geheim\ud800")),
        record(Told(country="NL", name="x"), reason="geheim\ud800"),
        record(UserGranted(user="x", granted=Role.AUDITOR), actor="geheim\ud800"),
    ):
        with pytest.raises(ValueError, match="surrogate") as caught:
            mapper.to_stored_event(bad)
        assert "geheim" not in str(caught.value)
        assert not isinstance(caught.value, UnicodeError)


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (UserGranted(user="geheim geheim", granted=Role.AUDITOR), r"\$\.data\.user"),
        (UserGranted(user="x", granted="geheim"), r"\$\.data\.granted"),  # type: ignore[arg-type]
        (Told(country="NL", name="x", v_number="geheim!"), "v_number"),
        (Told(country="geheim geheim", name="x"), r"\$\.data\.country"),
    ],
    ids=["pattern", "enum", "sealed", "beside sealed"],
)
def test_what_could_not_be_read_again_is_not_written(mapper: RecordMapper, event: Event, where: str) -> None:
    with pytest.raises(ValueError, match=where) as caught:
        mapper.to_stored_event(record(event))
    assert "geheim" not in str(caught.value)


def test_each_class_of_data_has_its_key(store: Store, mapper: RecordMapper) -> None:
    data = json.loads(mapper.to_stored_event(record(TOLD, reason="waarom")).state)
    key_ids = {name: value["_k"] for name, value in data["data"].items() if isinstance(value, dict)}
    identity, medical, detention = (store.keys.key_for("s-1", c)[0] for c in ("identity", "medical", "detention"))
    assert key_ids == {
        **dict.fromkeys(("name", "v_number", "born", "sibling", "reason", "alone"), identity),
        "complaints": medical,
        "places": detention,
    }
    assert data["reason"]["_k"] == identity
    assert data["data"]["country"] == "NL"


def test_nothing_personal_stands_in_the_files(store: Store, mapper: RecordMapper) -> None:
    store.recorder.insert_events([mapper.to_stored_event(record(TOLD, reason="Reden Waarom"))])
    everything = b"".join(file.read_bytes() for file in store.path.iterdir())
    assert b"a.ambtenaar" in everything, "the scan sees what stands there in the clear"
    for value in ("Test Persoon", "000-000-0000", "1990-01-01", "hoofdpijn", "vleugel", "Proef Persoon", "verzonnen", "Reden"):
        assert value.encode() not in everything, value
    assert (store.path / (EVENTS_FILE + "-wal")).stat().st_size > 0


def test_without_unsealing_placeholders_stand_there(store: Store, mapper: RecordMapper) -> None:
    stored = mapper.to_stored_event(record(TOLD, reason="waarom"))
    expected = Told(
        country="NL", name=SEALED, v_number=SEALED, complaints=(SEALED,), places={}, reason=SEALED, default="onbekend"
    )
    for read in (mapper.to_domain_event(stored, unseal=False), RecordMapper(TOPICS, None).to_domain_event(stored)):
        assert read.event == expected
        assert read.reason == SEALED


def test_what_was_forgotten_reads_as_that_and_the_rest_as_it_was(store: Store, mapper: RecordMapper) -> None:
    stored = mapper.to_stored_event(record(TOLD, reason="waarom"))
    store.recorder.insert_events([stored])
    destroy(store, "identity")
    again = open_store_files(store.path)
    read = again.mapper(TOPICS).to_domain_event(again.recorder.select_events("case/a")[0])
    assert read.reason == FORGOTTEN
    assert read.event == Told(
        country="NL", name=FORGOTTEN, v_number=FORGOTTEN, complaints=("hoofdpijn",), places={"vleugel": "B"}, reason=FORGOTTEN
    )
    again.close()


def swap(state: bytes, change: Any) -> bytes:
    decoded = json.loads(state)
    change(decoded)
    return json.dumps(decoded).encode()


def test_a_seal_opens_only_where_it_was_made(mapper: RecordMapper) -> None:
    one = mapper.to_stored_event(record(TOLD, reason="waarom"))
    name = json.loads(one.state)["data"]["name"]

    def refused(stored: StoredEvent) -> None:
        with pytest.raises(DamagedSeal) as caught:
            mapper.to_domain_event(stored)
        assert "Persoon" not in str(caught.value)

    refused(StoredEvent("case/b", 1, one.topic, one.state))
    refused(StoredEvent("case/a", 2, one.topic, one.state))
    refused(StoredEvent("case/a", 1, one.topic, swap(one.state, lambda s: s["data"].update(reason=name))))
    refused(StoredEvent("case/a", 1, one.topic, swap(one.state, lambda s: s.update(reason=s["data"]["reason"]))))
    refused(
        StoredEvent("case/a", 1, one.topic, swap(one.state, lambda s: s["data"]["name"].update(_k=s["data"]["places"]["_k"])))
    )
    renamed = mapper.to_stored_event(record(Renamed(full_name="Test", sent_on=date(2025, 1, 1))))
    with pytest.raises(DamagedSeal):
        RecordMapper({"other.v1": Renamed}, mapper._keys).to_domain_event(StoredEvent("case/a", 1, "other.v1", renamed.state))


def test_damaged_is_told_apart_from_forgotten(mapper: RecordMapper) -> None:
    one = mapper.to_stored_event(record(TOLD))
    c = json.loads(one.state)["data"]["name"]["_c"]
    flipped = ("B" if c[20] != "B" else "C").join([c[:20], c[21:]])
    for damaged in ({"_c": flipped}, {"_c": "***"}, {"_c": ""}, {"_c": c[:8]}, {"_k": 7}):
        state = swap(one.state, lambda s, d=damaged: s["data"]["name"].update(d))
        with pytest.raises(DamagedSeal):
            mapper.to_domain_event(StoredEvent("case/a", 1, one.topic, state))
    clear = swap(one.state, lambda s: s["data"].update(name="in the clear"))
    with pytest.raises(DamagedSeal, match="not sealed"):
        mapper.to_domain_event(StoredEvent("case/a", 1, one.topic, clear))
    gone = swap(one.state, lambda s: s["data"]["name"].update(_k="gone"))
    assert mapper.to_domain_event(StoredEvent("case/a", 1, one.topic, gone)).event.name == FORGOTTEN  # type: ignore[attr-defined]


def test_sealed_fields_need_a_subject_and_keys(store: Store, mapper: RecordMapper) -> None:
    with pytest.raises(ValueError, match="names no subject") as caught:
        mapper.to_stored_event(record(TOLD, subject=None))
    assert "Persoon" not in str(caught.value)
    with pytest.raises(ValueError, match="no keys"):
        RecordMapper(TOPICS, None).to_stored_event(record(TOLD))
    empty = record(Told(country="NL", name=""), subject=None)
    assert mapper.to_domain_event(mapper.to_stored_event(empty)) == empty, "what is empty says nothing"


def test_a_reason_without_a_subject_is_left_out(mapper: RecordMapper) -> None:
    stored = mapper.to_stored_event(record(UserGranted(user="x", granted=Role.AUDITOR), subject=None, reason="omdat"))
    assert b"omdat" not in stored.state
    assert mapper.to_domain_event(stored).reason is None


@pytest.mark.parametrize("topic", ["foreign.v1", "os:system", "dtv_workflow.domain.record:Event", ""])
def test_a_foreign_topic_is_refused_and_nothing_imported(mapper: RecordMapper, topic: str) -> None:
    with pytest.raises(UnknownTopic):
        mapper.to_domain_event(StoredEvent("case/a", 1, topic, b"{}"))


def test_an_event_that_is_not_listed_is_not_written(mapper: RecordMapper) -> None:
    class Foreign(Event, frozen=True, kw_only=True):
        TOPIC = "foreign.v1"

    class Impostor(Event, frozen=True, kw_only=True):
        TOPIC = "walked.v1"

    with pytest.raises(UnknownTopic):
        mapper.to_stored_event(record(Foreign()))
    with pytest.raises(ValueError, match="Impostor"):
        mapper.to_stored_event(record(Impostor()))


def test_a_field_of_two_classes_is_refused() -> None:
    class Mixed(Event, frozen=True, kw_only=True):
        TOPIC = "mixed.v1"
        note: Personal[str] | Medical[int]

    with pytest.raises(ValueError, match="mixes classes"):
        RecordMapper({"mixed.v1": Mixed}, None).to_domain_event(StoredEvent("case/a", 1, "mixed.v1", b"{}"))


def test_fields_of_later_versions_are_ignored_and_missing_ones_default(mapper: RecordMapper) -> None:
    for written in (record(TOLD), record(Walked(colour=Colour.RED, on=date(2025, 1, 2)))):
        stored = mapper.to_stored_event(written)
        later = swap(stored.state, lambda s: (s.update(weather="rain"), s["data"].update(mood="good")))
        assert mapper.to_domain_event(StoredEvent("case/a", 1, stored.topic, later)) == written


@pytest.mark.parametrize("state", [b"", b"{}", b"\xff", b"[]", b'{"data": 1}'])
@pytest.mark.parametrize("topic", ["walked.v1", "told.v1"])
def test_a_state_that_is_no_such_event_is_damaged(mapper: RecordMapper, topic: str, state: bytes) -> None:
    with pytest.raises(DamagedEvent):
        mapper.to_domain_event(StoredEvent("case/a", 1, topic, state))
