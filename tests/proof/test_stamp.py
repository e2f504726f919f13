"""RFC 3161 timestamps: what an authority signed is believed, and nothing else. OpenSSL made what is read here; it judges anew in
`tests/conformance/timestamps.py`."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dtv_workflow.errors import CheckFailed, Malformed
from dtv_workflow.proof.stamp import request, stamped_at

STAMPS = Path(__file__).parent / "stamps"
NOTE = b"dtv-workflow/test\n3\nqqqq\n"
ROOT, RESPONSE = (STAMPS / "trusted.pem").read_bytes(), (STAMPS / "trusted.tsr").read_bytes()


def test_rfc_3161_what_the_authority_signed_says_when():
    at = stamped_at(NOTE, RESPONSE, ROOT)
    assert at.tzinfo is not None
    assert datetime(2026, 11, 24, tzinfo=UTC) <= at < datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize("data", [b"", NOTE[:-1], NOTE + b"\n", NOTE.upper()])
def test_a_timestamp_of_something_else_is_refused(data):
    with pytest.raises(CheckFailed):
        stamped_at(data, RESPONSE, ROOT)


def test_a_timestamp_by_somebody_not_trusted_is_refused():
    with pytest.raises(CheckFailed):
        stamped_at(NOTE, (STAMPS / "stranger.tsr").read_bytes(), ROOT)


def test_no_bit_of_what_was_signed_can_be_changed():
    believed = []
    for place in range(0, len(RESPONSE), 7):
        changed = bytearray(RESPONSE)
        changed[place] ^= 1
        try:
            believed.append((place, stamped_at(NOTE, bytes(changed), ROOT)))
        except (CheckFailed, Malformed):
            continue
    assert {at for _, at in believed} <= {stamped_at(NOTE, RESPONSE, ROOT)}
    assert len(believed) < len(RESPONSE) / 7 / 4


@pytest.mark.parametrize(("response", "root"), [(b"x", ROOT), (RESPONSE, b"x"), (b"", ROOT)])
def test_what_cannot_be_read_is_said_to_be_so(response, root):
    with pytest.raises(Malformed):
        stamped_at(NOTE, response, root)


def test_a_request_holds_the_hash_and_not_the_text():
    query = request(NOTE)
    assert b"dtv-workflow" not in query
    assert request(NOTE) != query, "each has a nonce of its own"
    with pytest.raises(Malformed):
        request(b"")


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(Malformed, match="timestamp"):
        request(NOTE)
    with pytest.raises(Malformed, match="timestamp"):
        stamped_at(NOTE, RESPONSE, ROOT)
