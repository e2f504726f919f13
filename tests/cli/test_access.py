"""Reading is accountable: whoever opens a case is on record before it is shown, and what cannot be recorded is not shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import click
import pytest

from dtv_workflow.access import MAY_UNMASK, Look, looks, looks_at, view
from dtv_workflow.application import Register, create_register, open_register
from dtv_workflow.cli.main import cli as program
from dtv_workflow.domain.access import ACCESS, Viewed
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import Malformed, Unauthorised
from tests.cli.conftest import Dtv

MORE: dict[str, tuple[str, ...]] = {
    "audit diff": ("1", "9"), "case diff": ("1", "9"), "case why": ("book-removal",), "deadline explain": ("D05",),
    "audit prove": ("3",), "audit dossier": ("-o", "OUT"),
}  # fmt: skip
"""What a command that opens a case asks for besides it."""

NOT_OPENING = {"audit verify", "audit export"}
"""`verify` shows nothing of what a case says; that an export was made is on record for itself (`ExportMade`)."""

LISTS = [("case", "list"), ("work",), ("deadline", "list"), ("audit", "sample", "-n", "1", "--seed", "x")]


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found is not None
        if isinstance(found, click.Group):
            yield from commands(found, (*path, name))
        else:
            yield (*path, name), found


def opening() -> list[tuple[str, ...]]:
    """Every command that takes a case and does not write to it."""
    found = []
    for path, command in commands(program):
        case = any(isinstance(p, click.Argument) and (p.metavar or "").strip("[]") == "CASE" for p in command.params)
        writes = any(param.name == "request_id" for param in command.params) or path[0] in ("inbox", "do", "record")
        if case and not writes and " ".join(path) not in NOT_OPENING:
            found.append(path)
    return found


def viewed(dtv: Dtv) -> list[Any]:
    with open_register(dtv.store) as register:
        return looks(register)


def test_the_commands_that_open_a_case_are_found():
    known = {("case", "show"), ("case", "log"), ("audit", "replay"), ("audit", "who"), ("deadline", "explain"), ("work",)}
    assert known <= {*opening()}
    assert len(opening()) >= 11


@pytest.mark.parametrize("path", opening(), ids=" ".join)
def test_every_command_that_opens_a_case_puts_it_on_record_first(dtv, path, tmp_path):
    more = [str(tmp_path / "out") if word == "OUT" else word for word in MORE.get(" ".join(path), ())]
    told = dtv(*path, dtv.case, *more)
    assert told.exit == 0, told.err
    (look,) = viewed(dtv)
    event = look.event
    assert (event.action, event.object, event.result, event.cases) == (".".join(path), dtv.case, "shown", ())
    assert event.purpose == ("audit" if path[0] == "audit" else "departure_supervision")
    assert event.origin.endswith("/batch")
    assert look.actor
    assert not event.unmasked


@pytest.mark.parametrize("path", LISTS, ids=" ".join)
def test_every_list_names_the_cases_it_showed(dtv, path):
    assert dtv(*path).exit == 0
    (look,) = viewed(dtv)
    assert (look.event.object, look.event.cases) == (None, (dtv.case,))


def test_what_cannot_be_put_on_record_is_not_shown(dtv, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("dtv_workflow.access._append", full)
    for path in (*opening(), *LISTS):
        more = [word for word in MORE.get(" ".join(path), ()) if word != "OUT"]
        told = dtv(*path, *([dtv.case, *more] if path in opening() else []))
        assert told.exit != 0, path
        assert dtv.case not in told.out, path


def test_a_look_that_finds_nothing_is_on_record_as_well(dtv):
    assert dtv("case", "show", dtv.case, "--as-known-at", "1999-01-01").exit == 5
    assert [(look.event.action, look.event.result) for look in viewed(dtv)] == [("case.show", "failed")]
    assert dtv("case", "show", "ZZZZZZ").exit == 5
    assert len(viewed(dtv)) == 1


def test_a_purpose_is_one_of_the_processing_register(dtv):
    assert dtv("case", "log", dtv.case, "--purpose", "court_file").exit == 0
    assert dtv("case", "log", dtv.case, "--purpose", "curiosity").exit == 2
    assert [look.event.purpose for look in viewed(dtv)] == ["court_file"]


def test_in_full_needs_a_reason_and_is_on_record_with_it_sealed(dtv, tmp_path):
    for command in (("case", "show"), ("case", "log", "-p")):
        refused = dtv(*command[:2], dtv.case, *command[2:], "--unmask")
        assert (refused.exit, refused.out) == (2, "")
        assert "reason" in refused.err
    reason = tmp_path / "reason"
    reason.write_text("ze vroeg het zelf")
    assert "Samira Testpersoon" in dtv("case", "show", dtv.case, "--unmask", "--reason", f"@{reason}").out
    (look,) = viewed(dtv)
    assert look.event.unmasked
    assert look.reason == "ze vroeg het zelf"
    assert b"ze vroeg het zelf" not in b"".join(file.read_bytes() for file in dtv.store.iterdir() if file.is_file())


def test_who_looked_stands_beside_who_did(dtv):
    dtv("case", "show", dtv.case, "--unmask", "--reason", "complaint", "--purpose", "complaint")
    dtv("case", "list")
    rows = dtv("audit", "who", dtv.case, "--format", "json").json
    looked = {(row["what"], row["times"]) for row in rows if row["did"] == "looked"}
    assert looked == {
        ("case.show (complaint, in full)", 1), ("case.list (departure_supervision)", 1), ("audit.who (audit)", 1),
    }  # fmt: skip


def test_a_look_is_in_the_trace_of_the_program_that_asked(dtv, monkeypatch):
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    for given, taken in ((f"00-{trace}-{parent}-01", True), (f"00-{'0' * 32}-{parent}-01", False), ("x", False)):
        monkeypatch.setitem(os.environ, "TRACEPARENT", given)
        dtv("case", "next", dtv.case)
        event = viewed(dtv)[-1].event
        assert ((event.trace, event.parent) == (trace, parent)) == taken
        assert (len(event.trace), len(event.span)) == (32, 16)


def test_nothing_that_was_read_changes_a_case_or_what_is_listed(dtv):
    before = dtv("case", "log", dtv.case, "--format", "json").out
    listed = dtv("case", "list", "--format", "json").out
    for _ in range(3):
        dtv("case", "show", dtv.case)
    assert dtv("case", "log", dtv.case, "--format", "json").out == before
    assert dtv("case", "list", "--format", "json").out == listed
    assert dtv("store", "status", "--format", "json").json["cases"] == 1


# ------------------------------------------------------------------ a live store


@pytest.fixture
def live(tmp_path) -> Iterator[tuple[Register, str]]:
    with create_register(tmp_path / "live", os_user="leader", actor="TL-02") as register:
        from dtv_workflow.domain.reading import read_step

        register.grant("TL-02", Role.INTAKE_OFFICER, None, Envelope(actor="TL-02"))
        subject = {"name": "Testpersoon Een", "citizenship": "MA"}
        step = read_step("open_case", {"subject": subject, "handover_authority": "IND", "entry_channel": "bvv"})
        case = register.take(step, None, Envelope(actor="TL-02")).case
        assert case is not None
        yield register, case


def as_user(register: Register, actor: str, role: Role) -> None:
    register.grant(actor, role, actor.lower(), Envelope(actor="TL-02"))
    register.os_user = actor.lower()


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_who_may_see_in_full(live, role):
    register, case = live
    as_user(register, "R-1", role)
    look = Look("case.show", "audit", unmask=True, reason="complaint")
    if role in MAY_UNMASK:
        view(register, case, look)
    else:
        with pytest.raises(Unauthorised):
            view(register, case, look)
    (record,) = looks_at(register, case)
    assert isinstance(record.event, Viewed)
    assert (record.event.result, record.actor, record.role) == ("shown" if role in MAY_UNMASK else "refused", "R-1", role)


def test_an_account_that_is_nobodys_reads_nothing_and_nobody_reads_in_another_name(live):
    register, case = live
    register.os_user = "stranger"
    with pytest.raises(Unauthorised):
        view(register, case, Look("case.show", "audit"))
    with pytest.raises(Unauthorised):
        view(register, case, Look("case.show", "audit", actor="TL-02"))
    assert looks_at(register, case) == []


def test_a_purpose_and_a_reason_are_asked_before_anything_is_recorded(live):
    register, case = live
    for look in (Look("case.show", "nosiness"), Look("case.show", "audit", unmask=True)):
        with pytest.raises(Malformed):
            view(register, case, look)
    assert looks(register) == []


def test_looks_at_one_case_by_many_at_once_are_all_on_record(live):
    from concurrent.futures import ThreadPoolExecutor

    register, case = live
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: view(register, case, Look("case.show", "audit")), range(40)))
    found = looks_at(register, case)
    assert sorted(record.version for record in found) == list(range(1, 41))
    assert found[0].originator_id == f"{ACCESS}{case}"
