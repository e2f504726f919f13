"""The processing log: a line for each processing and person, joined to our log by its trace, and never by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from dtv_workflow.access import Look, listed, looks, processing, view
from dtv_workflow.application import Register
from dtv_workflow.domain.chapters.records import CommandRefused
from dtv_workflow.errors import Conflict, Malformed
from dtv_workflow.processes import processing_log
from dtv_workflow.processes.processing_log import push, trace_of, wanted
from dtv_workflow.processes.sinks import Undelivered
from dtv_workflow.running import run_everything
from tests.processes.listening import http
from tests.processes.outgoing import lived, training
from tests.properties.lived import TO_BOOKED, TO_DETAINED

ACTORS = ("RV-07", "TL-02", "OFF-03", "script", "root")


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    with training(tmp_path) as register:
        lived(register, *TO_BOOKED)
        lived(register, *TO_DETAINED)
        yield register


def cases(register: Register) -> list[str]:
    return [stream.removeprefix("case/") for stream in register.store.recorder.stream_ids("case/")]


def spans(text: str) -> list[dict[str, Any]]:
    """The spans of a file, each line an export request that OTLP's own definition reads."""
    found = []
    for line in text.splitlines():
        request = Parse(_ids_in_base64(line), ExportTraceServiceRequest())
        assert len(request.resource_spans[0].scope_spans[0].spans) == 1
        found += json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    return found


def _ids_in_base64(line: str) -> str:
    """OTLP/JSON has its ids in hexadecimal, where protobuf's own JSON form has base64."""
    from base64 import b64encode

    data = json.loads(line)
    for span in data["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId", "parentSpanId"):
            if name in span:
                span[name] = b64encode(bytes.fromhex(span[name])).decode()
    return json.dumps(data)


def said(span: dict[str, Any], name: str) -> str:
    return str(next(a["value"]["stringValue"] for a in span["attributes"] if a["key"] == f"dpl.core.{name}"))


def test_every_step_and_every_look_has_its_line_and_leads_to_its_record(register, tmp_path):
    one, two = cases(register)
    subject = register.case(one).subject
    view(register, one, Look("case.show", "court_file"), subject)
    listed(register, [one, two], Look("case.list", "departure_supervision"))
    to = tmp_path / "ldv.jsonl"
    assert push(register, f"file:{to}") == len(to.read_text().splitlines())
    found = spans(to.read_text())
    records = [record for case in (one, two) for record in register.history(case)]
    assert {trace_of(record) for record in records} | {getattr(look.event, "trace", "") for look in looks(register)} == {
        span["traceId"] for span in found
    }
    steps = {(record.originator_id, record.request_id) for record in records}
    assert len(found) == len(steps) + 1 + 2
    assert len({span["spanId"] for span in found}) == len(found)
    assert len({said(span, "data_subject_id") for span in found}) == 2


def test_a_line_has_the_fields_of_the_standard_and_nobody_in_it(register, tmp_path):
    view(register, cases(register)[0], Look("case.show", "audit"))
    push(register, f"file:{tmp_path / 'ldv.jsonl'}")
    text = (tmp_path / "ldv.jsonl").read_text()
    uri, activities = processing()
    for span in spans(text):
        assert (len(span["traceId"]), len(span["spanId"]), span["kind"]) == (32, 16, 1)
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
        assert int(span["startTimeUnixNano"]) % 1_000_000 == 0
        purpose, version = said(span, "processing_activity_id").removeprefix(f"{uri}/").split("/")
        assert activities[purpose].version == int(version)
        assert said(span, "data_subject_id_type").startswith("urn:")
    subjects = [str(register.case(case).subject) for case in cases(register)]
    assert not any(word in text for word in (*ACTORS, *subjects, *cases(register), "Samira", "1234567890"))


def test_a_refusal_is_no_error_of_processing(register, tmp_path):
    push(register, f"file:{tmp_path / 'ldv.jsonl'}")
    refused = {
        trace_of(record) for case in cases(register) for record in register.history(case)
        if isinstance(record.event, CommandRefused)
    }  # fmt: skip
    for span in spans((tmp_path / "ldv.jsonl").read_text()):
        assert span["status"]["code"] == (processing_log.UNSET if span["traceId"] in refused else processing_log.OK)


def test_lines_go_on_where_they_were_and_a_lost_position_gives_the_same_ids_again(register, tmp_path):
    to = f"file:{tmp_path / 'ldv.jsonl'}"
    first = push(register, to)
    assert push(register, to) == 0
    view(register, cases(register)[0], Look("case.show", "audit"))
    assert push(register, to) == 1
    before = {(s["traceId"], s["spanId"]) for s in spans((tmp_path / "ldv.jsonl").read_text())}
    (register.store.path / "outbox" / "_processing.json").unlink()
    assert push(register, to) == first + 1
    assert {(s["traceId"], s["spanId"]) for s in spans((tmp_path / "ldv.jsonl").read_text())} == before
    assert push(register, f"file:{tmp_path / 'another.jsonl'}") == first + 1, "a new place gets all there is"


def test_a_place_that_cannot_be_written_keeps_nothing_back_for_ever(register, tmp_path):
    with pytest.raises(Undelivered):
        push(register, f"file:{tmp_path / 'absent' / 'ldv.jsonl'}")
    (tmp_path / "absent").mkdir()
    assert push(register, f"file:{tmp_path / 'absent' / 'ldv.jsonl'}") > 0


def test_a_collector_must_take_every_line(register):
    with http() as server:
        to = f"otlp:{server.url}"
        with pytest.raises(Undelivered):
            push(register, to)
        server.answer = lambda request: (200, {})
        with pytest.raises(Undelivered):
            push(register, to)
        server.requests.clear()
        server.body = b"{}"
        count = push(register, to)
        body = json.loads(server.requests[0].body)
        assert len(body["resourceSpans"][0]["scopeSpans"][0]["spans"]) == count
        Parse(_ids_in_base64(json.dumps(body)), ExportTraceServiceRequest())


@pytest.mark.parametrize(("answer", "taken"), [
    (b"", 0), (b"{}", 0), (b'{"partialSuccess": {}}', 0), (b'{"partialSuccess": {"rejectedSpans": "2"}}', 2), (b"<html>", 1),
    (b"[]", 1), (b'{"partialSuccess": {"rejectedSpans": null}}', 1),
])  # fmt: skip
def test_a_partial_success_is_none(answer, taken):
    assert processing_log._rejected(answer) == taken


def test_a_collector_that_is_not_there_is_told_and_nothing_is_lost(register):
    with pytest.raises(Undelivered):
        push(register, "otlp:http://127.0.0.1:9")
    with http() as server:
        server.answer, server.body = lambda request: (200, {}), b""
        assert push(register, f"otlp:{server.url}") > 0


@pytest.mark.parametrize("wrong", ["file:", "otlp:", "otlp:ftp://x", "syslog:x", "otlp:http://", "FILE:x"])
def test_where_lines_go_is_a_file_or_a_collector(wrong, monkeypatch):
    with pytest.raises(Malformed):
        wanted(wrong)
    monkeypatch.setenv("DTV_LDV", wrong)
    with pytest.raises(Malformed):
        wanted()


def test_it_is_off_unless_asked_for_and_a_run_makes_the_lines(register, tmp_path, monkeypatch):
    monkeypatch.delenv("DTV_LDV", raising=False)
    assert wanted() is None
    assert wanted("off") is None
    monkeypatch.setenv("DTV_LDV", f"file:{tmp_path / 'ldv.jsonl'}")
    assert run_everything(register).troubles == []
    assert spans((tmp_path / "ldv.jsonl").read_text())


def test_only_one_pushes_at_a_time(register, tmp_path):
    from dtv_workflow.processes.stands import Stands

    with Stands(register).locked("_processing"), pytest.raises(Conflict):
        push(register, f"file:{tmp_path / 'ldv.jsonl'}")
