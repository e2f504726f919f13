"""CloudEvents: written as the NL GOV profile has them, read strictly, and described by schemas that others can use."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event, to_structured_event
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as Theirs
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.domain.steps import step_name
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import EVENTS, STEPS
from dtv_workflow.errors import Malformed
from dtv_workflow.processes.cloudevents import (
    DEEPEST,
    LARGEST,
    PREFIX,
    CloudEvent,
    Unreadable,
    encode,
    event_type,
    facts_by_type,
    read,
    schema_in,
    schema_of,
    schema_out,
    type_of_fact,
)
from dtv_workflow.processes.disclosable import SENDABLE

SCENARIOS = Path(__file__).resolve().parents[1] / "scenarios"
EVENT = CloudEvent(
    id="e-1",
    source="urn:nld:oin:00000000000000000000:systeem:dtv-workflow",
    type="nl.terugkeerzaken.removal-booked.v1",
    subject="01AAAAAAAAAAAAAAAAAAAAK7Q2",
    time=datetime(2026, 1, 5, 9, tzinfo=UTC),
    sequence="00000000000000000012",
    datacontenttype="application/json",
    dataschema="https://schemas.example/schemas/out/removal-booked/1",
    data={"at": "2026-01-05T09:00:00Z", "fields": {"carrier": "KL"}},
)
SENT = json.loads(encode(EVENT))


def altered(**changed: Any) -> bytes:
    return json.dumps({name: value for name, value in (SENT | changed).items() if value != "absent"}).encode()


# ---------------------------------------------------------------- types


def test_a_type_is_reverse_dns_in_lower_case_with_one_version():
    assert event_type("removal_booked.v1") == "nl.terugkeerzaken.removal-booked.v1"
    types = [event_type(topic) for topic in EVENTS]
    assert [t for t in types if not re.fullmatch(r"nl\.terugkeerzaken\.[a-z0-9]+(-[a-z0-9]+)*\.v\d+", t)] == []
    assert len(set(types)) == len(EVENTS)


def test_a_fact_comes_in_under_the_first_event_it_is_recorded_as():
    assert step_name(facts_by_type()["nl.terugkeerzaken.removability-checked.v1"].step) == "record_removability"
    assert type_of_fact("record_removability") == "nl.terugkeerzaken.removability-checked.v1"
    facts = {name for name, row in STEPS.items() if row.kind is Kind.FACT}
    assert {step_name(row.step) for row in facts_by_type().values()} == facts


# ---------------------------------------------------------------- writing


def test_what_is_written_is_read_by_the_sdk_of_the_cloudevents_project_and_is_the_same():
    theirs = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, encode(EVENT)))
    assert (theirs.get_id(), theirs.get_source(), theirs.get_type()) == (EVENT.id, EVENT.source, EVENT.type)
    assert (theirs.get_subject(), theirs.get_time(), theirs.get_data()) == (EVENT.subject, EVENT.time, EVENT.data)
    assert read(to_structured_event(theirs).body) == EVENT


@pytest.mark.parametrize("changed", [{"source": "absent"}, {"type": "absent"}, {"Upper": "x"}, {"subject": ""}], ids=str)
def test_the_sdk_is_awake(changed):
    with pytest.raises(CloudEventValidationError):
        JSONFormat().read(Theirs, altered(**changed))


def test_nothing_is_written_that_is_not_there():
    bare = encode(CloudEvent(id="1", source="urn:x", type="t"))
    assert json.loads(bare) == {"id": "1", "source": "urn:x", "type": "t", "specversion": "1.0"}


def test_the_names_of_attributes_are_short_and_plain():
    assert [name for name in CloudEvent.__struct_fields__ if not re.fullmatch(r"[a-z0-9]{1,20}", name)] == []


def test_an_event_that_nobody_could_carry_is_not_written():
    with pytest.raises(Malformed, match="larger than 65536 bytes"):
        encode(CloudEvent(id="1", source="urn:x", type="t", data="x" * LARGEST))


# ---------------------------------------------------------------- reading

plain = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False) | plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3),
    max_leaves=10,
)


@given(id=plain, type_=plain, subject=st.none() | plain, time=st.none() | st.datetimes(timezones=st.just(UTC)), data=values)
def test_what_is_written_is_read_back(id, type_, subject, time, data):
    event = CloudEvent(id=id, source="urn:x", type=type_, subject=subject, time=time, data=data)
    assert read(encode(event)) == event


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_comes_in_is_an_event_or_one_clear_line(raw):
    try:
        line = read(raw).id
    except Unreadable as error:
        line = str(error)
    assert "\n" not in line


def test_an_attribute_of_somebody_else_is_left_out_and_null_is_not_there():
    assert read(altered(comexampleother="x", flag=True, number=7, dataref=None)) == EVENT


DEEP = b'{"specversion":"1.0","id":"a","source":"urn:x","type":"t","data":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
NESTED: Any = 1
for _ in range(DEEPEST):
    NESTED = [NESTED]
SECRET = "Samira-1234567890"
BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "not JSON"),
    "no JSON": (SECRET.encode(), "not JSON"),
    "not UTF-8": (b'{"id":"\xff"}', "not JSON in UTF-8"),
    "UTF-16": (json.dumps(SENT).encode("utf-16"), "not JSON in UTF-8"),
    "a list": (b"[]", "not a JSON object"),
    "a name twice": (b'{"id":"1","id":"2"}', "twice"),
    "a name twice in data": (b'{"specversion":"1.0","id":"1","source":"a","type":"t","data":{"a":1,"a":2}}', "twice"),
    "NaN": (altered(data=None)[:-1] + b',"data":NaN}', "finite"),
    "infinity by size": (b'{"data":1e999}', "finite"),
    "half a character": (b'{"specversion":"1.0","id":"1","source":"a","type":"t","data":"\\ud800"}', "half a character"),
    "half a character in a name": (b'{"data":{"\\ud800":1}}', "half a character"),
    "too deep": (altered(data=NESTED), "nested deeper"),
    "much too deep": (DEEP, "not JSON|nested deeper"),
    "too large": (altered(data="x" * LARGEST), "larger than"),
    "an upper-case attribute": (altered(MyAttribute=SECRET), "lower-case"),
    "an attribute with a dash": (altered(**{"my-attribute": SECRET}), "lower-case"),
    "an attribute that is a list": (altered(other=[SECRET]), "an attribute must be"),
    "an attribute that is a number too large": (altered(other=2**31), "an attribute must be"),
    "an attribute with a control character": (altered(subject=f"a\x1b{SECRET}"), "control characters"),
    "another version": (altered(specversion="0.3"), "specversion"),
    "no id": (altered(id="absent"), "id is required"),
    "an empty id": (altered(id=""), "id is required"),
    "no source": (altered(source="absent"), "source is required"),
    "no type": (altered(type="absent"), "type is required"),
    "a source with a space": (altered(source=f"a {SECRET}"), "source must be a URI"),
    "a subject that is a number": (altered(subject=7), "subject must be a text"),
    "a time without an offset": (altered(time="2026-01-05T09:00:00"), "time must be"),
    "no real time": (altered(time=SECRET), "time must be"),
    "data that is not JSON": (altered(datacontenttype="text/xml"), "datacontenttype"),
    "data in base64": (altered(data_base64="AAAA"), "data_base64"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_event_is_refused_with_a_line_that_repeats_nothing(what):
    raw, line = BAD[what]
    with pytest.raises(Unreadable, match=line) as refused:
        read(raw)
    assert SECRET not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_of_a_bad_event_it_is_known_whose_it_is_and_which():
    with pytest.raises(Unreadable) as refused:
        read(altered(time="x", datacontenttype="text/xml"))
    assert refused.value.attributes == {name: SENT[name] for name in ("id", "source", "type", "subject")} | {"time": "x"}
    with pytest.raises(Unreadable) as refused:
        read(altered(id="a\x00b", source=7))
    assert refused.value.attributes == {name: SENT[name] for name in ("type", "subject", "time")}


# ---------------------------------------------------------------- schemas

DRAFT = jsonschema.Draft202012Validator
FACTS = [step_name(row.step) for row in facts_by_type().values()]


@pytest.mark.parametrize("topic", SENDABLE)
def test_a_schema_out_is_a_schema_and_its_address_is_that_of_the_type(topic):
    schema = schema_out(topic)
    DRAFT.check_schema(schema)
    assert schema["$id"] == schema_of(event_type(topic))
    assert DRAFT(schema).is_valid({})


@pytest.mark.parametrize("name", FACTS)
def test_a_schema_in_is_a_schema_and_asks_when_it_happened(name):
    schema = schema_in(name)
    DRAFT.check_schema(schema)
    assert schema["$id"].startswith("/schemas/in/")
    assert schema["required"] == ["at", "fields"]
    assert not DRAFT(schema).is_valid({"at": "2026-01-05T09:00:00Z", "fields": {"no_such_field": 1}})


def told() -> list[tuple[str, str, dict[str, Any]]]:
    """Every fact of the golden scenarios that is not malformed, as a partner would report it."""
    found = []
    for path in sorted(SCENARIOS.glob("*.jsonl")):
        for n, line in enumerate(map(json.loads, path.read_text("utf-8").splitlines()), 1):
            fact = line.get("do") in FACTS and str(line.get("expect")).partition(":")[0] in {"done", "incident"}
            if fact:
                data = {"at": line.get("at", "2026-01-05T09:00:00Z"), "fields": line.get("fields", {})}
                found.append((f"{path.stem}:{n}", line["do"], data))
    return found


def test_the_facts_of_the_golden_scenarios_fit_their_schemas():
    facts = told()
    assert len({do for _, do, _ in facts}) > 15
    assert [where for where, do, data in facts if not DRAFT(schema_in(do)).is_valid(data)] == []


def test_the_prefix_names_no_organisation():
    assert PREFIX == "nl.terugkeerzaken"
