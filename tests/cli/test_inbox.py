"""`dtv inbox`: one answer for each message, exit statuses that tell whether somebody must look, and nothing personal unasked."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Dtv, Told
from tests.processes.incoming import APPEAL, IND_SOURCE, MISSED, fact, message

CONFIGURED = f"""
[partner.ind]
name = "Immigratie- en Naturalisatiedienst"
kind = "chain"
sources = ["{IND_SOURCE}"]
reports = ["record_appeal", "record_report_missed"]
"""

SECRET = "Samira Testpersoon"


@pytest.fixture
def chain(dtv: Dtv) -> Dtv:
    """A training store that knows a partner."""
    (dtv.store / "partners.toml").write_text(CONFIGURED)
    return dtv


def received(chain: Dtv, tmp_path: Path, *raws: bytes, shape: str = "jsonl") -> Told:
    file = tmp_path / "messages.jsonl"
    file.write_bytes(b"\n".join(raws))
    return chain("inbox", "import", str(file), "--format", shape)


def told(answer: Told) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.out.splitlines()]


def test_every_message_is_answered_in_order_and_a_malformed_one_stops_nothing(chain, tmp_path):
    case = chain.case
    raws = (message(case, "1", MISSED), b"{broken", message(case, "2", MISSED | {"type": "x"}), message(None, "3", APPEAL))
    answer = received(chain, tmp_path, *raws)
    assert [each["status"] for each in told(answer)] == ["recorded", "parked", "unread", "parked"]
    assert answer.exit == 7
    again = received(chain, tmp_path, *raws)
    assert all(each["repeated"] for each in told(again))
    assert again.exit == 7


def test_exit_0_when_all_was_recorded_2_when_one_was_no_message(chain, tmp_path, monkeypatch):
    assert received(chain, tmp_path, message(chain.case, "1", MISSED)).exit == 0
    assert received(chain, tmp_path, b"").exit == 2
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(message(chain.case, "4", APPEAL))))
    assert chain("inbox", "import", "-").exit == 0
    assert chain("inbox", "import", str(tmp_path / "absent")).exit == 2


def test_a_directory_is_a_spool(chain, tmp_path):
    (tmp_path / "spool" / "new").mkdir(parents=True)
    (tmp_path / "spool" / "new" / "1.json").write_bytes(message(chain.case, "1", MISSED))
    assert chain("inbox", "import", str(tmp_path / "spool")).exit == 0
    assert json.loads((tmp_path / "spool" / "done" / "1.json.json").read_text())["status"] == "recorded"
    assert not (tmp_path / "spool" / "new" / "1.json").exists()


def test_a_receipt_in_the_spool_is_what_import_answered(chain, tmp_path):
    (tmp_path / "spool" / "new").mkdir(parents=True)
    (tmp_path / "spool" / "new" / "1").write_bytes(message(chain.case, "1", MISSED) + b"\n" + message(None, "2", MISSED))
    answered = chain("inbox", "import", str(tmp_path / "spool"), "--format", "jsonl")
    assert answered.out == (tmp_path / "spool" / "unread" / "1.json").read_text()


def test_what_a_message_says_is_told_only_to_somebody_who_asks_for_it(chain, tmp_path):
    raw = message(None, SECRET, APPEAL, about=SECRET)
    lines = [received(chain, tmp_path, raw, shape=shape) for shape in ("jsonl", "plain")]
    shown = [chain("inbox", "list"), chain("inbox", "list", "--format", "json"), chain("inbox", "list", "--all", "--lang", "nl")]
    id = shown[1].json[0]["message"]
    shown += [chain("inbox", "show", id[-6:]), chain("inbox", "show", id, "--format", "json")]
    assert not any(SECRET in answer.out + answer.err for answer in (*lines, *shown))
    assert SECRET in chain("inbox", "show", id, "--unmask", "--reason", "to_link").out
    assert SECRET in chain("inbox", "show", id, "--unmask", "--reason", "to_link", "--format", "json").json[0]["content"]


def test_a_parked_message_is_linked_or_dismissed_by_a_person(chain, tmp_path):
    received(chain, tmp_path, message(None, "1", APPEAL), message(None, "2", MISSED), b"{")
    rows = chain("inbox", "list", "--format", "json").json
    assert sorted(row["why"] for row in rows) == ["no_case", "no_case", "unreadable"]
    appeal = next(row["message"] for row in rows if row["fact"] == "record_appeal")
    missed = next(row["message"] for row in rows if row["fact"] == "record_report_missed")
    broken = next(row["message"] for row in rows if row["why"] == "unreadable")
    linked = chain("inbox", "link", appeal, chain.case, "--as", "RV-07", "--format", "json")
    assert (linked.exit, linked.json["status"], linked.json["case"]) == (0, "recorded", chain.case)
    assert chain("inbox", "dismiss", missed, "--reason", "elsewhere", "--as", "RV-07").exit == 4
    assert chain("inbox", "dismiss", missed, "--reason", "elsewhere", "--as", "RV-07", "--second", "TL-02").exit == 0
    assert chain("inbox", "dismiss", broken, "--reason", "spam", "--as", "RV-07").exit == 4
    assert chain("inbox", "dismiss", broken, "--reason", "spam", "--as", "RV-07", "--second", "TL-02").exit == 0
    assert chain("inbox", "list").out.splitlines()[1:] == []
    assert chain("inbox", "link", appeal, chain.case, "--as", "RV-07").exit == 6
    assert chain("inbox", "show", "0000").exit == 5


def test_linking_exits_7_when_somebody_must_look_as_importing_does(chain, tmp_path):
    later = fact("record_report_missed", "2026-01-25T10:00:00Z", count=1)
    received(chain, tmp_path, message(chain.case, "1", later), message(None, "2", MISSED), message(None, "3", {"type": "x"}))
    ids = {row["fact"]: row["message"] for row in chain("inbox", "list", "--format", "json").json}
    flagged = chain("inbox", "link", ids["record_report_missed"], chain.case, "--as", "RV-07", "--format", "json")
    assert (flagged.exit, flagged.json["status"]) == (7, "flagged")
    unread = chain("inbox", "link", ids[None], chain.case, "--as", "RV-07", "--format", "json")
    assert (unread.exit, unread.json["status"]) == (7, "unread")


def test_types_and_schemas_are_what_partners_are_held_to(chain):
    rows = chain("inbox", "types", "--format", "json").json
    known = {row["fact"]: row for row in rows}
    assert known["record_appeal"]["partners"] == ["ind"]
    assert known["record_removability"]["partners"] == []
    assert not {"disclose", "report_unread_message", "flag_message"} & set(known)
    schema = chain("inbox", "schema", known["record_appeal"]["type"])
    assert schema.json["$id"] == known["record_appeal"]["schema"]
    assert chain("inbox", "schema", "nl.terugkeerzaken.disclosure-logged.v1").exit == 2


def test_a_line_in_dutch(chain, tmp_path):
    file = tmp_path / "m.json"
    file.write_bytes(message(chain.case, "2", MISSED | {"type": "x"}))
    assert "onbekende berichtsoort" in chain("inbox", "import", str(file), "--lang", "nl").out


def test_a_configuration_that_is_wrong_receives_nothing(chain, tmp_path):
    (chain.store / "partners.toml").write_text("partner = 1")
    answer = received(chain, tmp_path, message(chain.case, "1", MISSED))
    assert (answer.exit, answer.out) == (2, "")


def test_on_a_live_store_the_error_says_what_to_type(live, tmp_path):
    (live.store / "partners.toml").write_text(CONFIGURED)
    assert live("user", "grant", "anna", "intake_officer").exit == 0
    opening = tmp_path / "open.jsonl"
    subject = {"name": SECRET, "citizenship": "MA", "birth_date": "1990-05-04", "sex": "f"}
    opening.write_text(json.dumps({"do": "open_case", "case": "A", "role": "intake_officer", "fields": {
        "subject": subject, "handover_authority": "IND", "entry_channel": "bvv"}}))  # fmt: skip
    assert live("batch", str(opening)).exit == 0
    answer = received(live, tmp_path, message(live.case, "1", MISSED), message(None, "2", MISSED))
    assert [each["status"] for each in told(answer)] == ["failed", "parked"]
    assert answer.exit == 4
    assert "dtv user grant IND system --os-user anna" in answer.err
    assert live("user", "grant", "IND", "system", "--os-user", "anna").exit == 0
    assert told(received(live, tmp_path, message(live.case, "1", MISSED)))[0]["status"] == "recorded"
