"""The verifying half: published vectors, an oracle, and no proof that can be changed unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from random import Random

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import example, given
from hypothesis import strategies as st

from dtv_workflow.proof import check
from dtv_workflow.proof.check import Broken, Checkpoint, Unreadable, check_consistency, check_file, check_inclusion
from dtv_workflow.proof.merkle import EMPTY, Frontier, consistency_path, inclusion_path, root_of
from dtv_workflow.proof.note import checkpoint_text, new_signer, note_of, read_signer, signed, written_signer
from dtv_workflow.proof.written import consistency_file, inclusion_file

VECTORS = json.loads((Path(__file__).parent / "rfc9162.json").read_text())
SIZES = st.integers(1, 70)


def leaves_of(size: int) -> list[bytes]:
    return [check.leaf_hash(str(n).encode()) for n in range(size)]


def raw(text: str | None) -> bytes:
    return b64decode(text or "")


# ------------------------------------------------------------------ published vectors


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda v: v["desc"])
def test_rfc_9162_inclusion_vectors(vector):
    told = raw(vector["leafHash"]), vector["leafIdx"], vector["treeSize"], list(map(raw, vector["proof"])), raw(vector["root"])
    if vector["wantErr"]:
        with pytest.raises(Broken):
            check_inclusion(*told)
    else:
        check_inclusion(*told)


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda v: v["desc"])
def test_rfc_9162_consistency_vectors(vector):
    told = vector["size1"], vector["size2"], list(map(raw, vector["proof"])), raw(vector["root1"]), raw(vector["root2"])
    if vector["wantErr"]:
        with pytest.raises(Broken):
            check_consistency(*told)
    else:
        check_consistency(*told)


def test_the_vectors_are_all_there():
    assert len(VECTORS["inclusion"]) == len(VECTORS["consistency"]) == 98
    assert {v["wantErr"] for v in VECTORS["inclusion"]} == {v["wantErr"] for v in VECTORS["consistency"]} == {True, False}


def test_a_note_of_gos_sumdb_is_read_and_its_signature_holds():
    key = check.read_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    note = check.read_note(text.encode())
    assert check.signature_of(note, key)
    assert check.written_note(note) == text
    with pytest.raises(Broken):
        check.signature_of(note._replace(text=note.text.replace("answer", "reason")), key)
    assert check.written_key(key) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"


# ------------------------------------------------------------------ against others


def test_roots_and_paths_are_those_of_pymerkle():
    from pymerkle import InmemoryTree

    theirs = InmemoryTree(algorithm="sha256")
    for size in range(1, 65):
        theirs.append_entry(str(size - 1).encode())
        ours = leaves_of(size)
        assert theirs.get_root() == root_of(ours)
    for index in range(64):
        proof = theirs.prove_inclusion(index + 1)
        found = [bytes.fromhex(each) for each in proof.serialize()["path"]]
        assert found[0] == ours[index]
        assert found[1:] == inclusion_path(ours, index)


@given(st.binary(max_size=80), st.binary(min_size=32, max_size=32), st.integers(0, 511))
def test_rfc_8032_ed25519_says_what_openssl_says(message, seed, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert check.signed_by(public, message, signature)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert check.signed_by(public, message, bytes(changed)) is theirs(public, message, bytes(changed)) is False
    assert not check.signed_by(public, message + b"!", signature)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
@example(bytes([1]) + bytes(31), bytes([1]) + bytes(63))
def test_rfc_8032_keys_and_signatures_that_nobody_made(public, signature):
    assert check.signed_by(public, b"x", signature) == theirs(public, b"x", signature)


def theirs(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


# ------------------------------------------------------------------ laws


@given(SIZES, st.data())
def test_whatever_is_built_is_proven_and_nothing_else(size, data):
    leaves = leaves_of(size)
    root, index = root_of(leaves), data.draw(st.integers(0, size - 1))
    path = inclusion_path(leaves, index)
    check_inclusion(leaves[index], index, size, path, root)
    other = data.draw(st.integers(0, size + 2))
    wrong = [(leaves[index], other, size, path, root)] if other != index else []
    wrong += [(EMPTY, index, size, path, root), (leaves[index], index, size, path, EMPTY)]
    wrong += [(leaves[index], index, size, [*path, EMPTY], root), (leaves[index], index, size, [*path[:-1], EMPTY], root)]
    for told in wrong:
        with pytest.raises(Broken):
            check_inclusion(*told)


@given(SIZES, st.data())
def test_a_tree_that_grew_is_consistent_and_one_that_was_rewritten_is_not(size, data):
    leaves, older = leaves_of(size), data.draw(st.integers(1, size))
    root, before, path = root_of(leaves), root_of(leaves[:older]), consistency_path(leaves, older)
    check_consistency(older, size, path, before, root)
    changed = list(leaves)
    changed[data.draw(st.integers(0, older - 1))] = EMPTY
    with pytest.raises(Broken):
        check_consistency(older, size, consistency_path(changed, older), before, root_of(changed))
    with pytest.raises(Broken):
        check_consistency(older, size, [*path, EMPTY], before, root)


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_tree_goes_on_from_its_edge(size, more):
    frontier = Frontier()
    for leaf in leaves_of(size):
        frontier.add(leaf)
    again = Frontier(size, list(frontier.edge))
    for leaf in leaves_of(size + more)[size:]:
        again.add(leaf)
    assert again.root() == root_of(leaves_of(size + more))


def test_an_edge_of_another_size_is_none():
    with pytest.raises(ValueError, match="edge"):
        Frontier(3, [EMPTY])


@given(st.integers(0, 2**63), st.text(max_size=20), st.integers(0, 2**63), st.text(max_size=20), st.binary(max_size=50))
def test_a_frame_gives_its_event_back_and_no_two_events_have_one_frame(position, stream, version, topic, state):
    event = check.Event(position, stream, version, topic, state)
    frame = check.framed(*event)
    assert check.unframed(frame) == event
    for other in (frame + b"\0", frame[:-1], b"x" + frame[1:]):
        with pytest.raises(Unreadable):
            check.unframed(other)


# ------------------------------------------------------------------ files

LOG, WITNESS = new_signer("dtv-workflow/abc"), new_signer("witness.example", check.WITNESS_KEY)
EVENTS = [check.framed(n + 1, "case/A", n + 1, "case_opened.v1", b"{}") for n in range(9)]
LEAVES = [check.leaf_hash(event) for event in EVENTS]


def checkpoint(size: int) -> bytes:
    text = checkpoint_text(Checkpoint(LOG.key.name, size, root_of(LEAVES[:size])))
    note = note_of(text, LOG)
    witness = signed(text, WITNESS, at=1_700_000_000)
    return check.written_note(note._replace(signatures=(*note.signatures, witness))).encode()


FILES = {
    "checkpoint": checkpoint(9),
    "event": inclusion_file(EVENTS[4], 4, inclusion_path(LEAVES, 4), checkpoint(9)),
    "consistency": consistency_file(5, root_of(LEAVES[:5]), consistency_path(LEAVES, 5), checkpoint(9)),
}
KEYS = [LOG.key, WITNESS.key]


@pytest.mark.parametrize("file", FILES)
def test_a_file_says_what_it_proves(file):
    checked = check_file(FILES[file], KEYS)
    assert checked.checkpoint.size == 9
    assert any("seen by witness.example at 1700000000" in line for line in checked.says)
    assert (checked.event is not None) == (file == "event")


@pytest.mark.parametrize("file", FILES)
def test_no_byte_of_a_file_changes_unseen(file):
    """Every byte replaced, left out and doubled; besides, pieces moved about."""
    whole, random = FILES[file], Random(file)
    wrong = [whole[:n] + bytes([(whole[n] + random.randint(1, 255)) % 256]) + whole[n + 1 :] for n in range(len(whole))]
    wrong += [whole[:n] + whole[n + 1 :] for n in range(len(whole))] + [whole[: n + 1] + whole[n:] for n in range(len(whole))]
    wrong += [whole[:n] for n in range(len(whole))]
    wrong += [whole.replace(b"\n", b"\r\n"), whole + b"\n", whole * 2]
    for data in {each for each in wrong if each != whole}:
        with pytest.raises((Broken, Unreadable)):
            check_file(data, KEYS)


def test_a_signature_of_another_log_or_key_proves_nothing():
    other, same_name = new_signer("dtv-workflow/xyz"), new_signer(LOG.key.name)
    for key in (other.key, same_name.key, WITNESS.key):
        with pytest.raises(Broken, match="no given key"):
            check_file(FILES["checkpoint"], [key])
    with pytest.raises(Broken, match="no given key"):
        check_file(FILES["checkpoint"], [])


def test_a_witness_that_was_asked_for_must_have_signed():
    with pytest.raises(Broken, match=r"witness other\.example did not sign"):
        check_file(FILES["checkpoint"], [*KEYS, new_signer("other.example", check.WITNESS_KEY).key])


def test_what_was_remembered_must_be_part_of_what_is_proven():
    assert check_file(FILES["consistency"], KEYS, [checkpoint(5)])
    for kept, proof in ((4, "consistency"), (5, "checkpoint")):
        with pytest.raises(Broken, match="says nothing"):
            check_file(FILES[proof], KEYS, [checkpoint(kept)])
    forked = [*LEAVES[:4], EMPTY]
    text = checkpoint_text(Checkpoint(LOG.key.name, 5, root_of(forked)))
    with pytest.raises(Broken, match="contradicts"):
        check_file(FILES["consistency"], KEYS, [check.written_note(note_of(text, LOG)).encode()])
    elsewhere = new_signer("dtv-workflow/xyz")
    text = checkpoint_text(Checkpoint("dtv-workflow/xyz", 5, root_of(LEAVES[:5])))
    with pytest.raises(Broken, match="another log"):
        check_file(FILES["consistency"], [*KEYS, elsewhere.key], [check.written_note(note_of(text, elsewhere)).encode()])


def test_a_signing_key_is_written_and_read_and_its_secret_never_told():
    assert read_signer(written_signer(LOG) + "\n") == LOG
    written = written_signer(LOG)
    for wrong in ("", "PRIVATE+KEY+a+b", written[:-4], written.replace("abc", "abd"), "x" + written):
        with pytest.raises(Unreadable) as refused:
            read_signer(wrong)
        assert written[-20:] not in str(refused.value)


RENAMED = check.written_key(LOG.key).replace("abc", "abd")


@pytest.mark.parametrize("key", ["", "a+b", "a b+00000000+AQ==", RENAMED, "a+00000000+AQ=="])
def test_what_is_no_verifier_key_is_not_taken_for_one(key):
    with pytest.raises(Unreadable):
        check.read_key(key)


def test_the_file_runs_alone_on_a_machine_with_nothing_but_python(tmp_path):
    (tmp_path / "check.py").write_bytes(Path(check.__file__).read_bytes())
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "old").write_bytes(checkpoint(5))
    (tmp_path / "wrong").write_bytes(FILES["event"].replace(b"index 4", b"index 5"))
    (tmp_path / "text").write_text("hello\n")

    def alone(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "-S", "check.py", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    key = ("--key", check.written_key(LOG.key))
    assert alone("event", *key) == (0, "".join(f"{line}\n" for line in check_file(FILES["event"], [LOG.key]).says))
    assert alone("consistency", *key, "--checkpoint", "old")[0] == 0
    assert alone("wrong", *key)[0] == 7
    assert alone("event")[0] == 7
    for usage in (("text", *key), (), ("missing", *key), ("event", "--key"), ("event", "--key", "x")):
        assert alone(*usage)[0] == 2
