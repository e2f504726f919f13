"""Batch files: the form of lines and answers, the script's clock, labels, expectations, and bad input."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dtv_workflow.application import Register, create_register
from dtv_workflow.batch import LONGEST_LINE, Line, Script, check, read_lines, worst

AT = "2026-01-05T10:00:00+01:00"
PERSON = {"name": "Testpersoon Nul", "citizenship": "MA", "v_number": "9900000001"}
OPEN: dict[str, Any] = {
    "do": "open_case", "case": "A", "as": "ILC-01", "role": "intake_officer", "at": AT,
    "fields": {"subject": PERSON, "handover_authority": "IND", "entry_channel": "bvv"},
}  # fmt: skip
WISH = {"do": "express_wish_to_leave", "case": "A", "as": "IOM", "role": "system", "at": AT, "fields": {"reported_by": "iom"}}


@pytest.fixture
def register(tmp_path: Path):
    with create_register(tmp_path / "store", training=True, actor="TL-02") as made:
        yield made


def run(register: Register, *lines: object) -> list[Line]:
    raw = b"".join(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines)
    return list(Script(register).run(read_lines(io.BytesIO(raw))))


def test_an_answer_has_the_contracts_form(register: Register):
    first, second = run(register, OPEN, WISH)
    assert first.answer["line"] == 1
    assert first.answer["status"] == "done"
    assert first.answer["events"] == ["CaseOpened", "SubjectRegistered"]
    assert (first.answer["phase"], first.answer["version"]) == ("intake", 2)
    assert second.answer["case"] == first.answer["case"]
    assert second.answer["version"] == 3


def test_a_refusal_names_every_obstacle_in_the_contracts_fields(register: Register):
    asked = {"do": "complete_intake", "case": "A", "as": "RV-07", "role": "supervisor", "at": AT, "fields": {}}
    answer = run(register, OPEN, asked)[1].answer
    assert answer["status"] == "refused"
    assert [r["code"] for r in answer["refusals"]] == ["N38"] * 5
    assert set(answer["refusals"][0]) == {"code", "rule", "title", "law", "is", "needs", "lifts", "by"}
    assert answer["phase"] == "intake"


def test_n36_a_refused_opening_answers_no_case_and_binds_no_label(register: Register):
    second = OPEN | {"case": "B"}
    answers = [line.answer for line in run(register, OPEN, second, WISH | {"case": "B"})]
    assert (answers[1]["status"], answers[1]["case"], answers[1]["phase"]) == ("refused", None, None)
    assert answers[2]["status"] == "not_found"


BAD: list[tuple[object, str]] = [
    (b"nonsense\n", "not JSON"),
    (b'"text"\n', "object"),
    (b"\xff\xfe\n", "not JSON"),
    (b'{"do": "' + b"x" * (10 << 20) + b'"}\n', "longer"),
    (b"[" * 200_000 + b"\n", "not JSON"),
    (WISH | {"do": "expres_wish_to_leave"}, "express_wish_to_leave"),
    (WISH | {"fields": {"reported_by": "iom", "by": "x"}}, "unknown field by"),
    (WISH | {"fields": {}}, "reported_by is required"),
    (WISH | {"fields": {"reported_by": 4}}, "reported_by"),
    (WISH | {"fields": {"reported_by": "a person with a name"}}, "person, lawyer, dji"),
    (WISH | {"fields": "none"}, "must be an object"),
    (WISH | {"at": "yesterday"}, "time with offset"),
    (WISH | {"at": "2026-01-05T10:00:00"}, "at"),
    (WISH | {"surprise": 1}, "unknown key"),
    (WISH | {"case": None}, "case is required"),
    (WISH | {"role": "king"}, "role"),
    (WISH | {"as": "with a space"}, "actor"),
    (WISH | {"source": "red\x1b[31m"}, "control character"),
    ({"clock": "soon"}, "time with offset"),
    ({"do": "record_removability", "case": "A", "as": "X", "role": "system", "at": AT,
      "fields": {"answer": "removable", "checked_at": "2027-01-01T10:00:00+01:00"}}, "future"),
    ({"do": "record_pregnancy", "case": "A", "as": "X", "role": "system", "at": AT,
      "fields": {"due_on": "2026-02-30"}}, "due_on"),
    (OPEN | {"case": "C", "fields": {**OPEN["fields"], "subject": PERSON | {"citizenship": "ZZ"}}}, "ISO 3166"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BAD)))
def test_a_bad_line_is_answered_written_nowhere_and_the_file_goes_on(register: Register, number: int):
    line, said = BAD[number]
    run(register, OPEN)
    head = register.store.recorder.max_notification_id()
    case = register.store.recorder.stream_ids("case/")[0].removeprefix("case/")
    known = {**line, "case": case} if isinstance(line, dict) and line.get("case") == "A" else line
    bad, good = run(register, known, WISH | {"case": case})
    assert bad.answer["status"] == "invalid"
    assert bad.exit == 2
    assert said in bad.answer["error"]
    assert "\n" not in bad.answer["error"]
    assert len(bad.answer["error"]) < 300
    assert good.answer["status"] == "done"
    assert register.store.recorder.max_notification_id() == head + 1


def test_what_was_typed_is_never_repeated_in_an_error(register: Register):
    secret = "Testpersoon Geheim"
    for fields in ({"reported_by": secret}, {secret: 1}, {"reported_by": [secret]}):
        assert secret not in json.dumps(run(register, OPEN, WISH | {"fields": fields})[1].answer)


def test_names_in_every_script_pass_unharmed(register: Register):
    for n, name in enumerate(["Тест", "测试", "اختبار", "परीक्षण", "Ṭest-Ōé", "נסיון", "می‌خواهم"]):
        person = {"name": f"Testpersoon {name}", "citizenship": "XX", "v_number": f"99{n}"}
        opened = OPEN | {"case": f"L{n}", "fields": {**OPEN["fields"], "subject": person}}
        case = run(register, opened)[0].answer["case"]
        assert register.case(case).name == f"Testpersoon {name}"


def test_the_clock_is_the_time_of_lines_without_one_and_never_goes_back(register: Register):
    later = "2026-02-01T09:00:00+01:00"
    lines = run(register, OPEN, {"clock": later}, {k: v for k, v in WISH.items() if k != "at"}, {"clock": AT})
    assert [line.answer["status"] for line in lines] == ["done", "done", "done", "done"]
    case = register.case(lines[0].answer["case"])
    assert case.wish is not None
    assert case.wish.since == datetime.fromisoformat(later).astimezone(UTC)


def test_a_live_store_takes_no_clock_and_no_recording_time(tmp_path: Path):
    with create_register(tmp_path / "live", actor="TL-02") as register:
        lines = run(register, {"clock": AT})
        assert lines[0].answer["status"] == "invalid"


def test_a_case_is_named_by_its_whole_id_or_its_label_never_by_an_ending(register: Register):
    case = run(register, OPEN)[0].answer["case"]
    whole, ending = run(register, WISH | {"case": case}, WISH | {"case": case[-6:]})
    assert whole.answer["status"] == "done"
    assert (ending.answer["status"], ending.exit) == ("not_found", 5)


def test_the_exit_status_is_the_worst_seen():
    assert worst([0, 3, 5]) == 5
    assert worst([3, 2, 6]) == 2
    assert worst([0, 3]) == 3
    assert worst([4, 1, 9]) == 9
    assert worst([]) == 0


def _scenario(tmp_path: Path, *lines: dict[str, Any]) -> list[Line]:
    path = tmp_path / "s.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return check(path)


@pytest.mark.parametrize(
    ("expect", "met"),
    [("done", False), ("refused:N38", True), ("refused~N38", True), ("refused:N38,N01", False), ("refused~N01", False),
     ("incident:N38", False), ("invalid", False)],
)  # fmt: skip
def test_expectations_of_a_refusal(tmp_path: Path, expect: str, met: bool):
    asked = {"do": "complete_intake", "case": "A", "as": "RV-07", "role": "supervisor", "at": AT, "fields": {}}
    line = _scenario(tmp_path, OPEN, asked | {"expect": expect})[1]
    assert (line.unmet is None) is met


@pytest.mark.parametrize(
    ("expect", "met"), [("done", False), ("incident:N32", True), ("incident:N03", False), ("refused:N32", False)]
)
def test_expectations_of_an_incident(tmp_path: Path, expect: str, met: bool):
    line = _scenario(tmp_path, OPEN, WISH | {"at": "2026-01-04T10:00:00+01:00", "expect": expect})[1]
    assert (line.unmet is None) is met


def test_a_line_that_fails_without_an_expectation_is_not_as_expected(tmp_path: Path):
    assert _scenario(tmp_path, WISH)[0].unmet is not None


@pytest.mark.parametrize(
    ("wanted", "met"),
    [({"phase": "intake"}, True), ({"phase": "closed"}, False), ({"outcome": None}, True), ({"episode": 1}, True),
     ({"custody": "none"}, True), ({"holds": []}, True), ({"holds": ["H1"]}, False), ({"bookings": 0, "live_bookings": 0}, True),
     ({"detention_days": {"59": 0}}, True), ({"detention_days": {"59": 1}}, False), ({"incidents": []}, True),
     ({"incidents": ["N03"]}, False), ({"colour": "red"}, False)],
)  # fmt: skip
def test_expect_case_looks_at_the_case(tmp_path: Path, wanted: dict[str, Any], met: bool):
    line = _scenario(tmp_path, {"title": "a comment"}, OPEN, {"expect_case": {"case": "A", **wanted}})[1]
    assert (line.unmet is None) is met


def test_a_line_of_exactly_the_longest_length_is_read():
    line = b'"' + b"x" * (LONGEST_LINE - 3) + b'"\n'
    assert list(read_lines(io.BytesIO(line + b"{}\n"))) == [line, b"{}\n"]
    assert list(read_lines(io.BytesIO(b"x" * (LONGEST_LINE + 1) + b"\n{}\n"))) == [None, b"{}\n"]
