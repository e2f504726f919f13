"""Every event ever written loads for ever: one stored event of each topic, kept as it was written, in every later version."""

from __future__ import annotations

import msgspec
import pytest
from eventsourcing.persistence import StoredEvent

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.workflow import EVENTS
from dtv_workflow.store.mapper import RecordMapper
from tests.stored_events.make import stored

KEPT = {event.topic: event for event in stored()}


def test_there_is_one_of_every_topic():
    assert sorted(KEPT) == sorted(EVENTS)


@pytest.mark.parametrize("topic", sorted(KEPT))
def test_it_loads_without_keys_and_applies(topic: str):
    kept = KEPT[topic]
    record = RecordMapper(EVENTS, None).to_domain_event(
        StoredEvent(kept.stream, kept.version, kept.topic, kept.state.encode()), unseal=False
    )
    case = DepartureCase()
    record.event.apply(case, record)
    assert record.version == kept.version
    assert topic == record.event.TOPIC
    said = msgspec.json.decode(kept.state)["data"]
    assert set(said) <= set(record.event.__struct_fields__), "a field that was written is no longer known"
