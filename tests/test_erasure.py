"""A person is forgotten only when nothing stands in the way; then for good, everywhere; and everything else is as it was."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dtv_workflow import erasure
from dtv_workflow.access import Look, looks_at, view
from dtv_workflow.application import Register, create_register, open_register
from dtv_workflow.audit.verify import verify
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.erasure import ErasureRefused, SubjectKeyDestroyed, blockers
from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.record import fold
from dtv_workflow.domain.register import REGISTER
from dtv_workflow.domain.steps import Envelope, hints
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.domain.workflow import EVENTS
from dtv_workflow.erasure import person, shred, unfinished
from dtv_workflow.errors import DtvError, Malformed, NotFound, Unauthorised
from dtv_workflow.projections.catalogue import views_of
from dtv_workflow.store.keys import KeyStore, master_key_file
from dtv_workflow.store.seal import FORGOTTEN, DamagedSeal
from dtv_workflow.store.sealing import Seals, signer_of
from tests.processes.outgoing import lived, training
from tests.processes.test_taint import Canaries
from tests.properties.lived import OPEN, TO_BOOKED, TO_CLOSED, TO_DETAINED, TO_MOTIVATION, ask, live

LATER = datetime(2037, 6, 1, 9, tzinfo=UTC)
ASKED = Envelope(actor="PO-1", role=Role.PRIVACY_OFFICER, second="TL-02")


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """A training store eleven years later, with a closed case and an open one."""
    with training(tmp_path) as register:
        register.clock = lambda: LATER
        yield register


def forgotten(register: Register, case: str) -> erasure.Certificate:
    done = shred(register, case, "retention_ended", ASKED)
    assert done.certificate is not None, done.blockers
    return done.certificate


# ------------------------------------------------------------------ what stands in the way

WAYS: dict[str, tuple[Any, ...]] = {
    "case_open": TO_MOTIVATION,
    "hold_open": (*TO_MOTIVATION, ask("place_hold", hold="H9", hold_kind="unresolved_procedural_message")),
    "custody_runs": TO_DETAINED,
    "procedure_runs": (*TO_MOTIVATION, ask("record_application", 2, kind="asylum", applied_on="2026-01-06", awaited=True)),
}


@pytest.mark.parametrize("code", WAYS)
def test_avg_17_3_what_runs_stands_in_the_way(code):
    case = fold(live(*WAYS[code]).records)
    found = {blocker.code: blocker for blocker in blockers(case, in_force(LATER.date()), LATER)}
    assert code in found
    assert found[code].law
    assert found[code].is_.en != found[code].is_.nl


@pytest.mark.parametrize(("now", "stands"), [(datetime(2035, 12, 1, tzinfo=UTC), True), (LATER, False)], ids=["kept", "over"])
def test_vw_107_9_a_file_is_kept_for_ten_years(now, stands):
    case = fold(live(*TO_CLOSED).records)
    found = list(blockers(case, in_force(now.date()), now))
    assert [blocker.code for blocker in found] == (["retention_runs"] if stands else [])
    assert all(blocker.until for blocker in found)


def test_a_refusal_says_everything_at_once_and_is_on_record_without_a_name(register):
    case = lived(register, *TO_DETAINED)
    done = shred(register, case, "request", ASKED)
    assert done.certificate is None
    assert {blocker.code for blocker in done.blockers} >= {"case_open", "custody_runs"}
    (record,) = [r for r in register.history_of(REGISTER) if isinstance(r.event, ErasureRefused)]
    assert set(record.event.codes) == {blocker.code for blocker in done.blockers}
    assert register.case(case).name == "Samira Testpersoon"


def test_a_person_with_an_open_case_beside_a_closed_one_is_not_forgotten(register):
    closed, open_ = lived(register, *TO_CLOSED), lived(register, *TO_MOTIVATION)
    subject = register.case(closed).subject
    records = [msgspec.structs.replace(r, originator_id="case/" + "B" * 26, subject=subject) for r in live(OPEN).records]
    register.events.put(records)
    assert {blocker.code for blocker in shred(register, str(subject), "request", ASKED).blockers} == {"case_open"}
    assert person(register, str(subject)).cases == tuple(sorted([closed, "B" * 26]))
    assert open_ not in person(register, str(subject)).cases


def test_a_rehearsal_destroys_and_records_nothing(register):
    case, before = lived(register, *TO_CLOSED), register.store.recorder.max_notification_id()
    assert shred(register, case, "request", ASKED, rehearse=True) == erasure.Erasure(None, [], True)
    assert register.store.recorder.max_notification_id() == before
    assert register.case(case).name == "Samira Testpersoon"


# ------------------------------------------------------------------ who


@pytest.mark.parametrize(("second", "basis"), [(None, "request"), ("PO-1", "request"), ("TL-02", "because")])
def test_awb_10_3_it_takes_two_people_and_a_ground(register, second, basis):
    case = lived(register, *TO_CLOSED)
    with pytest.raises(Malformed):
        shred(register, case, basis, msgspec.structs.replace(ASKED, second=second))


@pytest.mark.parametrize(("asks", "agrees", "account", "may"), [
    (Role.PRIVACY_OFFICER, Role.TEAM_LEADER, "other", True), (Role.SUPERVISOR, Role.TEAM_LEADER, "other", False),
    (Role.PRIVACY_OFFICER, Role.SUPERVISOR, "other", False), (Role.PRIVACY_OFFICER, Role.TEAM_LEADER, "po", False),
    (Role.TEAM_LEADER, Role.TEAM_LEADER, "other", False), (Role.AUDITOR, Role.TEAM_LEADER, "other", False),
])  # fmt: skip
def test_a_privacy_officer_asks_and_a_team_leader_with_another_account_agrees(tmp_path, asks, agrees, account, may):
    with create_register(tmp_path / "live", os_user="boss", actor="TL-01") as register:
        leader = Envelope(actor="TL-01")
        register.grant("TL-01", Role.INTAKE_OFFICER, None, leader)
        step = read_step("open_case", {"subject": {"name": "X", "citizenship": "MA"}, "handover_authority": "IND",
                                       "entry_channel": "bvv"})  # fmt: skip
        case = str(register.take(step, None, leader).case)
        register.grant("PO-1", asks, "po", leader)
        register.grant("TL-02", agrees, account, leader)
        register.os_user = "po"
        if may:
            assert [blocker.code for blocker in shred(register, case, "request", ASKED).blockers] == ["case_open"]
        else:
            with pytest.raises(Unauthorised):
                shred(register, case, "request", ASKED)
        register.os_user = "stranger"
        with pytest.raises(Unauthorised):
            shred(register, case, "request", ASKED)


def test_nobody_is_forgotten_who_is_not_there(register):
    for reference in ("s-nobody", "ZZZZZZ"):
        with pytest.raises(NotFound):
            shred(register, reference, "request", ASKED)


# ------------------------------------------------------------------ for good, and nothing else


def test_what_was_sealed_reads_as_erased_and_all_else_is_as_it_was(register):
    case, other = lived(register, *TO_CLOSED), lived(register, *TO_BOOKED)
    was, rows = register.case(case), list(register.store.recorder.rows_after(0, 10_000))
    counts = figures(register)
    view(register, case, Look("case.show", "complaint", unmask=True, reason="she asked"), was.subject)
    certificate = forgotten(register, case)
    now = register.case(case)
    assert (now.name, now.birth_date, now.v_number) == (FORGOTTEN,) * 3
    assert differing(was, now) <= {
        "name", "birth_date", "v_number", "screening", "forgotten", "retention_decided", "version", "topics",
    }  # fmt: skip
    assert register.case(other).name == "Samira Testpersoon"
    assert list(register.store.recorder.rows_after(0, len(rows))) == rows, "no byte of the log was changed"
    assert figures(register) == counts
    assert certificate.values_unreadable > 3
    assert (certificate.keys_left, certificate.epoch, certificate.troubles) == (0, 2, ())
    (look,) = looks_at(register, case)
    assert look.reason == FORGOTTEN
    assert look.actor == "TL-02"


def figures(register: Register) -> list[Any]:
    """What reports count."""
    with views_of(register.store).connect() as views:
        sql = "SELECT phase, outcome, regime, count(*) FROM caseload GROUP BY phase, outcome, regime"
        return [tuple(row) for row in views.exec_driver_sql(sql)] + [
            tuple(row) for row in views.exec_driver_sql("SELECT month, outcome, sum(n) FROM departures GROUP BY month, outcome")
        ]


def differing(was: DepartureCase, now: DepartureCase) -> set[str]:
    return {name for name in was.__struct_fields__ if getattr(was, name) != getattr(now, name)}


def test_the_log_verifies_against_a_checkpoint_of_before(register):
    case = lived(register, *TO_CLOSED)
    signer = signer_of(register.store.path, register.store.store_id)
    seals = Seals(register.store.path)
    kept = seals.seal(register.store.recorder, signer).checkpoint
    forgotten(register, case)
    seals.seal(register.store.recorder, signer)
    report = verify(register.store.recorder, seals, signer.key, [kept], EVENTS)
    seals.close()
    assert (report.found, report.covered) == ((), report.events)


def test_views_built_again_are_those_of_before(register):
    case = lived(register, *TO_CLOSED)
    forgotten(register, case)
    before = figures(register)
    views_of(register.store).rebuild()
    assert figures(register) == before


def test_the_same_person_later_is_somebody_new(register):
    def opened(request: str) -> str:
        step = read_step(OPEN.do, OPEN.fields)
        return str(register.take(step, None, Envelope(actor="ILC", at=LATER, request_id=request)).case)

    case = opened("one")
    subject = register.case(case).subject
    assert subject is not None
    assert register.open_case_of("1234567890") == case
    register.store.recorder.forget(subject)
    assert register.open_case_of("1234567890") is None
    assert register.case(opened("two")).subject != subject


def test_a_message_that_was_linked_is_forgotten_with_the_person(register):
    from dtv_workflow.processes.inbox import link, parked, parked_message, receive
    from dtv_workflow.processes.partners import Partners

    case = lived(register, *TO_CLOSED)
    receive(register, Partners(), b"about Samira, by fax")
    (message,) = parked(register)
    link(register, Partners(), message.id, case, Envelope(actor="RV-07", second="TL-02"))
    if (blocked := shred(register, case, "request", ASKED).blockers):
        assert {blocker.code for blocker in blocked} == {"hold_open"}, "a message nobody understood holds the case"
        hold = next(iter(register.case(case).holds))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(DepartureCase, "open_holds", lambda *_: {})
            certificate = forgotten(register, case)
        assert hold
    else:
        certificate = forgotten(register, case)
    assert certificate.keys_left == 0
    assert parked_message(register, message.id).content == FORGOTTEN


# ------------------------------------------------------------------ canaries


def planted(register: Register) -> tuple[str, list[str]]:
    """A closed case with a canary in every sealed field of every event, and the canaries."""
    canaries, records = Canaries(), list(live(*TO_CLOSED).records)
    last = records[-1]
    for topic, event in EVENTS.items():
        if topic in {"correction_recorded.v1", "person_forgotten.v1"}:
            continue
        values = {name: canaries.of(hints(event)[name], f"{topic}:{name}") for name in event.__struct_fields__}
        if not any(is_sealed(event, name) for name in event.__struct_fields__):
            continue
        reason = canaries.of(str, "x:reason")
        records.append(msgspec.structs.replace(
            last, originator_version=len(records) + 1, event=event(**values), receipt=None, reason=reason,
        ))  # fmt: skip
    case = lived(register)
    named = [msgspec.structs.replace(r, originator_id=f"case/{case}", subject=f"s-{case}") for r in records]
    register.events.put(named)
    sealed = [
        value for value, where in canaries.said.items()
        if where == "x:reason" or is_sealed(EVENTS[where.split(":")[0]], where.split(":")[1])
    ]  # fmt: skip
    return case, sealed


def everything(folder: Path) -> bytes:
    """Every byte of every file of a store: tables, write-ahead logs, free pages, side files."""
    return b"\0".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def told(register: Register, case: str) -> str:
    """Everything a case says to whoever may read it all."""
    records = register.history(case)
    return msgspec.json.encode([[r.event, r.reason] for r in records]).decode()


def test_no_canary_of_any_sealed_field_is_found_anywhere_afterwards(register, tmp_path):
    case, canaries = planted(register)
    before = told(register, case)
    assert len(canaries) > 40
    assert sum(canary in before for canary in canaries) == len(canaries), "they can be read as long as the key is there"
    views_of(register.store).catch_up()
    backup = tmp_path / "events-backup.db"
    register.store.recorder.connections.get().execute(f"VACUUM INTO '{backup}'")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(erasure, "blockers", lambda *_: iter(()))
        certificate = forgotten(register, case)
    after = told(register, case) + json.dumps(msgspec.to_builtins(certificate), default=str)
    bytes_ = everything(register.store.path) + backup.read_bytes()
    assert [canary for canary in canaries if canary in after or canary.encode() in bytes_] == []
    assert certificate.values_unreadable >= len(canaries)


def wrapped_keys(folder: Path, subject: str) -> list[bytes]:
    keys = KeyStore(folder, open_id(folder))
    rows = keys._connections.rows("SELECT wrapped FROM subject_keys WHERE subject = ?", (subject,))
    keys.close()
    return [row[0] for row in rows]


def open_id(folder: Path) -> str:
    with open_register(folder) as register:
        return register.store.store_id


def test_no_copy_of_a_key_is_left_and_an_old_copy_of_them_opens_nothing(register, tmp_path):
    case = lived(register, *TO_CLOSED)
    subject = str(register.case(case).subject)
    wrapped = wrapped_keys(register.store.path, subject)
    old = tmp_path / "keys-backup.db"
    shutil.copy(register.store.path / "keys.db", old)
    ids = [key.key_id for key in register.store.keys.held(subject)]
    assert opens(register.store.path, old, ids) == len(ids), "the control: with the master key of then they open"
    forgotten(register, case)
    found = everything(register.store.path)
    assert wrapped
    assert not any(each in found for each in wrapped)
    assert opens(register.store.path, old, ids) == 0
    assert [file.name for file in register.store.path.glob("kek-*")] == ["kek-0002.key"]


def opens(store: Path, keys: Path, ids: list[str]) -> int:
    """How many of these keys come out of a copy of keys.db with whatever master keys lie in the store."""
    folder = keys.parent / "stolen"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    shutil.copy(keys, folder / "keys.db")
    masters = list(store.glob("kek-*.key"))
    for master in masters:
        shutil.copy(master, folder / master.name)
        shutil.copy(master, folder / "kek-0001.key")
    stolen, found = KeyStore(folder, open_id(store)), 0
    for id in ids:
        try:
            found += stolen.key(id) is not None
        except DamagedSeal:
            continue
    stolen.close()
    return found


def test_the_control_that_keeps_the_old_master_key_is_found_out(register, tmp_path, monkeypatch):
    case = lived(register, *TO_CLOSED)
    ids = [key.key_id for key in register.store.keys.held(str(register.case(case).subject))]
    old = tmp_path / "keys-backup.db"
    shutil.copy(register.store.path / "keys.db", old)
    shutil.copy(master_key_file(register.store.path, 1), tmp_path / "kek-kept")
    forgotten(register, case)
    assert opens(register.store.path, old, ids) == 0
    shutil.copy(tmp_path / "kek-kept", master_key_file(register.store.path, 1))
    for file in register.store.path.glob("kek-0002.key"):
        file.rename(tmp_path / "aside")
    assert opens_with(tmp_path / "kek-kept", old, ids, register.store.store_id) == len(ids)


def opens_with(master: Path, keys: Path, ids: list[str], store_id: str) -> int:
    folder = keys.parent / "kept"
    folder.mkdir(mode=0o700)
    shutil.copy(keys, folder / "keys.db")
    shutil.copy(master, folder / "kek-0001.key")
    stolen = KeyStore(folder, store_id)
    found = sum(stolen.key(id) is not None for id in ids)
    stolen.close()
    return found


# ------------------------------------------------------------------ killed anywhere


class Killed(BaseException):
    """As if the power went."""


STEPS = ("_decided", "_done", "new_file", "sync", "_wrap", "tidy", "forget", "purge")


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("step", STEPS)
def test_killed_anywhere_it_can_be_asked_again_and_ends_the_same(tmp_path, step, nth, monkeypatch):
    from dtv_workflow.store import keys as keys_module
    from dtv_workflow.store.sqlite import EventRecorder

    owner: Any = {
        "_decided": erasure, "_done": erasure, "new_file": keys_module, "sync": keys_module, "_wrap": keys_module,
        "tidy": KeyStore, "forget": EventRecorder, "purge": erasure,
    }[step]  # fmt: skip
    with training(tmp_path) as register:
        register.clock = lambda: LATER
        case, other = lived(register, *TO_CLOSED), lived(register, *TO_BOOKED)
    left = [nth]
    whole = getattr(owner, step)

    def dies(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return whole(*args, **more)

    with open_register(tmp_path / "store", clock=lambda: LATER) as register, monkeypatch.context() as patched:
        patched.setattr(owner, step, dies)
        try:
            forgotten(register, case)
        except Killed:
            assert left[0] <= 0
    with open_register(tmp_path / "store", clock=lambda: LATER) as register:
        assert register.case(other).name == "Samira Testpersoon", "nobody else was lost"
        name = register.case(case).name
        decided = [r for r in register.history_of(REGISTER) if isinstance(r.event, SubjectKeyDestroyed)]
        assert name in ("Samira Testpersoon", FORGOTTEN)
        assert name != FORGOTTEN or decided, "no key is gone without a decision on record"
        if decided and name != FORGOTTEN:
            assert unfinished(register) == [register.case(case).subject]
        assert forgotten(register, case).keys_left == 0
        assert unfinished(register) == []
        assert register.case(case).name == FORGOTTEN
        assert register.case(other).name == "Samira Testpersoon"
        decided = [r for r in register.history_of(REGISTER) if isinstance(r.event, SubjectKeyDestroyed)]
        assert len(decided) == 1
        assert len(list(register.store.path.glob("kek-*.key"))) == 1


def test_a_process_that_had_the_store_open_forgets_as_well_and_writes_on(register, monkeypatch):
    monkeypatch.setattr("dtv_workflow.store.keys.REMEMBER_SECONDS", 0.0)
    case, other = lived(register, *TO_CLOSED), lived(register, *TO_MOTIVATION)
    with open_register(register.store.path, clock=lambda: LATER) as elsewhere:
        assert elsewhere.case(case).name == "Samira Testpersoon"
        forgotten(register, case)
        assert elsewhere.case(case).name == FORGOTTEN
        assert elsewhere.case(other).name == "Samira Testpersoon"
        step = read_step("adopt_plan", {"strategy": "voluntary", "steps": ["x"]})
        assert elsewhere.take(step, other, Envelope(actor="RV-07", at=LATER)).status in ("done", "refused")
    assert register.case(other).plan is not None


def test_views_that_are_being_read_are_told_and_purged_the_next_time(register, monkeypatch):
    case = lived(register, *TO_CLOSED)

    def busy(*_: object) -> None:
        raise DtvError("the views are being read")

    with monkeypatch.context() as patched:
        patched.setattr(erasure, "purge", busy)
        assert forgotten(register, case).troubles
    assert forgotten(register, case).troubles == ()
