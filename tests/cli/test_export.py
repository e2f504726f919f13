"""`dtv audit export` as it is typed."""

from __future__ import annotations

import json

from dtv_workflow.application import open_register
from dtv_workflow.domain.register import REGISTER
from dtv_workflow.domain.vocabulary import Role


def test_an_export_is_written_and_told_on_stderr_only(dtv, tmp_path):
    told = dtv("audit", "export", "--as", "ocel", "-o", str(tmp_path / "log.json"), "--lang", "nl", "--case", dtv.case[-5:])
    assert (told.exit, told.out) == (0, "")
    assert told.err.startswith("1 zaken, ")
    log = json.loads((tmp_path / "log.json").read_bytes())
    assert f"{len(log['events'])} gebeurtenissen" in told.err


def test_what_is_wrong_is_a_matter_of_usage_and_writes_nothing(dtv, tmp_path):
    head, file = dtv.head, str(tmp_path / "log.json")
    for more in (("--since", "yesterday"), ("--purpose", "Jan Jansen"), ("--since", "2026-02-01", "--until", "2026-01-01")):
        assert dtv("audit", "export", "--as", "ocel", "-o", file, *more).exit == 2
    assert dtv("audit", "export", "--as", "ocel", "-o", str(tmp_path / "no" / "log.json")).exit == 5
    assert (dtv.head, (tmp_path / "log.json").exists()) == (head, False)


def test_on_a_live_store_only_who_may_exports_and_under_the_account_s_own_name(live, tmp_path, monkeypatch):
    assert live("user", "grant", "bob", "supervisor", "--os-user", "bob").exit == 0
    assert live("--as", "bob", "audit", "export", "--as", "xes", "-o", str(tmp_path / "log.xes")).exit == 0
    with open_register(live.store) as register:
        record = register.history_of(REGISTER)[-1]
    assert (record.name, record.actor, record.role) == ("ExportMade", "anna", Role.TEAM_LEADER)
    monkeypatch.setenv("LOGNAME", "bob")
    head = live.head
    told = live("audit", "export", "--as", "xes", "-o", str(tmp_path / "second.xes"))
    assert (told.exit, live.head, (tmp_path / "second.xes").exists()) == (4, head, False)
