"""`dtv audit checkpoint|prove|check-proof|verify`: what is typed, what is printed, and how it ends."""

from __future__ import annotations

import pytest

from dtv_workflow.proof.check import written_key
from dtv_workflow.proof.note import new_signer
from dtv_workflow.store.sqlite import EventRecorder


@pytest.fixture
def sealed(dtv, tmp_path):
    """The store, its verifier key and a checkpoint, both kept elsewhere."""
    (tmp_path / "dtv.pub").write_text(dtv("audit", "checkpoint", "--verifier-key").out)
    assert dtv("audit", "checkpoint", "-o", str(tmp_path / "first")).exit == 0
    return dtv


def kept(tmp_path) -> tuple[str, ...]:
    return "--key", str(tmp_path / "dtv.pub"), "--checkpoint", str(tmp_path / "first")


def changed(dtv, sql: str) -> None:
    recorder = EventRecorder(dtv.store / "events.db")
    connection = recorder.connections.get()
    connection.execute("DROP TRIGGER stored_events_no_update")
    connection.execute("DROP TRIGGER stored_events_no_delete")
    connection.execute(sql)
    recorder.close()


def test_an_event_is_proven_to_whoever_has_the_key(sealed, tmp_path):
    case = sealed.case
    proof = str(tmp_path / "proof")
    assert sealed("audit", "prove", case, "2", "-o", proof).exit == 0
    told = sealed("--format", "json", "audit", "check-proof", proof, "--key", str(tmp_path / "dtv.pub"))
    assert told.exit == 0
    assert told.json[0]["proven"].startswith(f"event 2 of case/{case} (subject_registered.v1) is in that log")
    assert sealed("audit", "check-proof", proof, "--key", sealed("audit", "checkpoint", "--verifier-key").out.strip()).exit == 0
    other = written_key(new_signer("dtv-workflow/other").key)
    assert sealed("audit", "check-proof", proof, "--key", other).exit == 7
    assert sealed("audit", "check-proof", proof).exit == 2
    assert sealed("audit", "check-proof", str(tmp_path / "dtv.pub"), "--key", other).exit == 2
    assert sealed("audit", "check-proof", str(tmp_path / "nothing"), "--key", other).exit == 5


def test_a_log_that_grew_is_proven_to_go_on_from_a_checkpoint(sealed, tmp_path):
    sealed("do", "offer-voluntary-departure", sealed.case, "--language", "ar", "--copy-given", "--dry-run")
    sealed("user", "grant", "RV-99", "supervisor")
    proof = str(tmp_path / "grown")
    assert sealed("audit", "prove", "--from", str(tmp_path / "first"), "-o", proof).exit == 0
    assert sealed("audit", "check-proof", proof, *kept(tmp_path)).exit == 0


@pytest.mark.parametrize("words", [("prove",), ("prove", "CASE"), ("prove", "CASE", "1", "--from", "first")])
def test_what_is_to_be_proven_must_be_said(sealed, words):
    assert sealed("audit", *(word.replace("CASE", sealed.case) for word in words)).exit == 2
    assert sealed("audit", "prove", sealed.case, "999").exit == 5


def test_a_log_in_order_says_what_was_verified_and_what_was_not(sealed, tmp_path):
    told = sealed("--format", "json", "audit", "verify", *kept(tmp_path))
    assert (told.exit, told.json) == (0, [])
    assert "nothing was changed" in told.err
    assert "0 not yet" in told.err
    alone = sealed("audit", "verify")
    assert alone.exit == 0
    assert "not verified: the key itself" in alone.err
    assert "kept elsewhere" in alone.err
    assert "niet nagegaan" in sealed("--lang", "nl", "audit", "verify", sealed.case).err


def test_a_change_is_told_with_its_case_version_and_what_to_do(sealed, tmp_path):
    state = "CAST(replace(CAST(state AS TEXT), 'actor', 'Actor') AS BLOB)"
    changed(sealed, f"UPDATE stored_events SET state = {state} WHERE originator_version = 3 AND originator_id LIKE 'case/%'")
    told = sealed("--format", "json", "audit", "verify", *kept(tmp_path))
    assert told.exit == 7
    found = told.json[0]
    assert (found["case"], found["version"], found["kind"]) == (sealed.case, 3, "edited")
    assert "backup" in found["do"]
    assert sealed("audit", "prove", sealed.case, "3").exit == 7
    assert "reservekopie" in sealed("--lang", "nl", "audit", "verify", sealed.case).out


def test_a_tail_cut_off_with_its_seals_is_told_by_who_kept_the_checkpoint(sealed, tmp_path):
    changed(sealed, "DELETE FROM stored_events WHERE rowid > 5")
    (sealed.store / "seal.db").unlink()
    assert sealed("audit", "verify", "--key", str(tmp_path / "dtv.pub")).exit == 0
    told = sealed("--format", "json", "audit", "verify", *kept(tmp_path))
    assert (told.exit, [row["kind"] for row in told.json]) == (7, ["rolled_back"])
    assert sealed("audit", "prove", "--from", str(tmp_path / "first")).exit == 7


def test_keys_and_checkpoints_of_another_log_are_refused(sealed, tmp_path):
    other = new_signer("dtv-workflow/other")
    assert sealed("audit", "verify", "--key", written_key(other.key)).exit == 2
    assert sealed("audit", "verify", "--key", "nonsense").exit == 2
    assert sealed("audit", "verify", "--checkpoint", str(tmp_path / "dtv.pub")).exit == 2
    (tmp_path / "key").write_text("nonsense")
    assert sealed("audit", "checkpoint", "--signing-key", str(tmp_path / "key")).exit == 2


def test_a_key_kept_elsewhere_signs_and_no_other_goes_on(dtv, tmp_path, monkeypatch):
    from dtv_workflow.proof.note import written_signer

    name = dtv("--format", "json", "store", "status").json["store_id"]
    (tmp_path / "key").write_text(written_signer(new_signer(f"dtv-workflow/{name}")))
    monkeypatch.setenv("DTV_CHECKPOINT_KEY", str(tmp_path / "key"))
    assert dtv("audit", "checkpoint").exit == 0
    assert not (dtv.store / "checkpoint.key").exists()
    monkeypatch.delenv("DTV_CHECKPOINT_KEY")
    assert dtv("audit", "checkpoint").exit == 7


def test_a_run_seals_where_a_key_was_made(dtv):
    assert "sealed" not in dtv("process", "run").err
    assert not (dtv.store / "seal.db").exists()
    dtv("audit", "checkpoint")
    dtv("user", "grant", "RV-99", "supervisor")
    assert "sealed" in dtv("process", "run").err
    assert "0 not yet" in dtv("audit", "verify").err
    (dtv.store / "checkpoint.key").write_text("nonsense")
    broken = dtv("process", "run")
    assert broken.exit == 1
    assert "checkpoint.key holds no signing key" in broken.err


# ------------------------------------------------------------------ witnesses


@pytest.fixture
def witnessed(sealed, tmp_path):
    """A witness who signed the first checkpoint."""

    def ask(file: str, out: str = "cosigned"):
        files = {"--key": "dtv.pub", "--memory": "memory", "--witness-key": "w.key", "-o": out}
        options = [word for option, name in files.items() for word in (option, str(tmp_path / name))]
        return sealed("audit", "witness", str(tmp_path / file), "--name", "court.example", *options)

    first = ask("first")
    assert first.exit == 0
    (tmp_path / "w.pub").write_text(first.err.split("; ")[1])
    return ask


def test_a_witness_signs_what_goes_on_from_what_it_signed(sealed, witnessed, tmp_path):
    sealed("user", "grant", "RV-99", "supervisor")
    sealed("audit", "prove", "--from", str(tmp_path / "memory"), "-o", str(tmp_path / "grown"))
    assert witnessed("grown").exit == 0
    assert sealed("audit", "attach", str(tmp_path / "cosigned"), "--witness", str(tmp_path / "w.pub")).exit == 0
    sealed("audit", "prove", sealed.case, "1", "-o", str(tmp_path / "proof"))
    both = ("--key", str(tmp_path / "dtv.pub"), "--key", str(tmp_path / "w.pub"))
    told = sealed("--format", "json", "audit", "check-proof", str(tmp_path / "proof"), *both)
    assert told.exit == 0
    assert told.json[-1]["proven"].startswith("seen by court.example at ")
    again = sealed("audit", "attach", str(tmp_path / "cosigned"), "--witness", str(tmp_path / "w.pub"))
    assert "0 cosignature" in again.err
    assert sealed("audit", "verify", *kept(tmp_path)).exit == 0


def test_a_witness_signs_no_log_that_shrank_forked_or_skips_the_proof(sealed, witnessed, tmp_path):
    before = (tmp_path / "memory").read_bytes()
    sealed("user", "grant", "RV-99", "supervisor")
    sealed("audit", "checkpoint", "-o", str(tmp_path / "second"))
    assert witnessed("second", "none").exit == 7
    changed(sealed, "DELETE FROM stored_events WHERE rowid > 5")
    (sealed.store / "seal.db").unlink()
    sealed("audit", "checkpoint", "-o", str(tmp_path / "shrunk"))
    assert witnessed("shrunk", "none").exit == 7
    for n in range(3, 90):
        sealed("user", "grant", f"RV-{n}", "supervisor")
    sealed("audit", "checkpoint", "-o", str(tmp_path / "forked"))
    assert witnessed("forked", "none").exit == 7
    assert sealed("audit", "prove", "--from", str(tmp_path / "memory")).exit == 7
    assert (tmp_path / "memory").read_bytes() == before
    assert not (tmp_path / "none").exists()


def test_only_a_cosignature_that_holds_is_kept(sealed, witnessed, tmp_path):
    other = written_key(new_signer("court.example", 4).key)
    assert sealed("audit", "attach", str(tmp_path / "cosigned"), "--witness", other).exit == 7
    text = (tmp_path / "cosigned").read_text()
    (tmp_path / "cosigned").write_text(text.replace("\n", "\n", 1).replace(text.split("\n")[1], "1", 1))
    assert sealed("audit", "attach", str(tmp_path / "cosigned"), "--witness", str(tmp_path / "w.pub")).exit == 7
    (tmp_path / "w.key").write_text("nonsense")
    assert witnessed("first", "none").exit == 2
    assert witnessed("w.pub", "none").exit == 2
