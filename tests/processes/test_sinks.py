"""The sinks: a directory, HTTP and NATS JetStream. What is delivered is there; what is not says why, and tells nothing."""

from __future__ import annotations

import builtins
import os
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dtv_workflow.errors import Malformed
from dtv_workflow.processes.partners import Sink
from dtv_workflow.processes.sinks import Message, Rejected, Undelivered, opened
from dtv_workflow.store.files import write_whole
from tests.processes.listening import http, nats

ONE = Message(12, "6218cd67-d7a6-540b-9065-c22f8609e35b", b'{"specversion":"1.0"}')
TWO = Message(15, "7617f8a9-c1bb-5699-87af-45816f0fb926", b'{"specversion":"1.0","id":"2"}')
NAME = "00000000000000000012-6218cd67-d7a6-540b-9065-c22f8609e35b.json"


def sink(to: Any, **more: Any) -> Sink:
    return Sink(partner="ind", to=to, key="ind", timeout=0.5, **more)


# ---------------------------------------------------------------- a directory


def test_a_directory_gets_a_file_an_event_named_in_the_order_of_the_log(tmp_path):
    with opened(sink("directory", path=str(tmp_path))) as to:
        to.deliver(TWO)
        to.deliver(ONE)
        to.deliver(ONE)
    files = sorted(tmp_path.iterdir())
    assert [file.read_bytes() for file in files] == [ONE.body, TWO.body]
    assert files[0].name == NAME


def test_a_directory_that_is_not_there_is_not_made(tmp_path):
    with opened(sink("directory", path=str(tmp_path / "gone"))) as to, pytest.raises(Undelivered, match="No such file"):
        to.deliver(ONE)
    assert list(tmp_path.iterdir()) == []


def test_half_a_file_is_never_seen(tmp_path, monkeypatch):
    """Killed before the renaming, only a hidden file is there; the next try writes over it."""
    monkeypatch.setattr(Path, "rename", lambda self, target: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / NAME, b"whole", alone=True)
    assert [file.name for file in tmp_path.iterdir()] == [f".{NAME}.tmp"]
    monkeypatch.undo()
    write_whole(tmp_path / NAME, b"whole", alone=True)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [(NAME, b"whole")]


def test_a_file_is_on_the_disk_before_it_has_its_name_and_its_name_before_it_counts(tmp_path, monkeypatch):
    done: list[str] = []
    sync, rename = os.fsync, Path.rename

    def told(what: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def does(*given: Any) -> Any:
            done.append(what)
            return real(*given)

        return does

    monkeypatch.setattr(os, "fsync", told("fsync", sync))
    monkeypatch.setattr(Path, "rename", told("rename", rename))
    write_whole(tmp_path / NAME, b"whole", alone=True)
    assert done == ["fsync", "rename", "fsync"]


# ---------------------------------------------------------------- HTTP


def test_http_posts_in_structured_mode_over_one_connection_with_the_dedupe_id():
    with http() as server:
        with opened(sink("http", url=server.url)) as to:
            to.deliver(ONE)
            to.deliver(TWO)
        assert [(request.path, request.body) for request in server.requests] == [
            ("/events?from=dtv", ONE.body), ("/events?from=dtv", TWO.body),
        ]  # fmt: skip
        assert server.requests[0].headers["Content-Type"] == "application/cloudevents+json"
        assert server.requests[0].headers["Idempotency-Key"] == f'"{ONE.id}"'
        assert server.connections == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(status):
    with http() as server:
        server.answer = lambda request: (status, {})
        with opened(sink("http", url=server.url)) as to:
            to.deliver(ONE)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Rejected), (401, Rejected), (404, Rejected), (413, Rejected), (301, Rejected), (307, Rejected),
     (408, Undelivered), (425, Undelivered), (429, Undelivered), (500, Undelivered), (503, Undelivered)],
)  # fmt: skip
def test_what_a_later_try_may_change_is_told_from_what_it_will_not(status, error):
    with http() as server:
        server.answer = lambda request: (status, {"Location": "http://127.0.0.1:1/elsewhere"})
        with opened(sink("http", url=server.url)) as to, pytest.raises(Undelivered, match=f"answered {status}") as told:
            to.deliver(ONE)
        assert type(told.value) is error
        assert len(server.requests) == 1
        assert "thing" not in str(told.value)
        assert "127.0.0.1" not in str(told.value)


def test_a_sink_is_used_again_after_an_error():
    with http() as server:
        server.answer = lambda request: (503 if len(server.requests) == 0 else 202, {"Connection": "close"})
        with opened(sink("http", url=server.url)) as to:
            with pytest.raises(Undelivered):
                to.deliver(ONE)
            to.deliver(ONE)
        assert len(server.requests) == 2


def test_nobody_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with opened(sink("http", url=f"http://127.0.0.1:{port}/")) as to, pytest.raises(Undelivered, match="no connection"):
        to.deliver(ONE)


def test_no_answer_is_waited_for_so_long_and_no_longer():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with opened(sink("http", url=url)) as to, pytest.raises(Undelivered, match="no answer in time"):
            to.deliver(ONE)


def test_a_token_is_shown_from_a_file_that_only_its_owner_reads(tmp_path):
    file = tmp_path / "token"
    file.write_text("s3cret\n")
    file.chmod(0o644)
    with pytest.raises(Malformed, match="read by others"), opened(sink("http", url="https://x.example/", token_file=str(file))):
        pass
    file.chmod(0o600)
    with http() as server:
        with opened(sink("http", url=server.url, token_file=str(file))) as to:
            to.deliver(ONE)
        assert server.requests[0].headers["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize("content", ["", "two words", "two\nlines"])
def test_a_token_file_holds_one_token(tmp_path, content):
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(Malformed, match="one token on one line"), opened(sink("http", url="https://x/", token_file=str(file))):
        pass


def test_without_a_token_nothing_is_shown():
    with http() as server:
        with opened(sink("http", url=server.url)) as to:
            to.deliver(ONE)
        assert "Authorization" not in server.requests[0].headers


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key, and a certificate for `localhost` that nobody signed but itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    Path(f"{file}.crt").write_bytes(made.public_bytes(Encoding.PEM))
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


def test_tls_is_verified_unless_never(certificate):
    with http() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
        url = f"https://localhost:{server.server.server_port}/"
        with opened(sink("http", url=url, ca_file=f"{certificate}.crt")) as to:
            to.deliver(ONE)
        for at, trusted in ((url, None), (url.replace("localhost", "127.0.0.1"), f"{certificate}.crt")):
            with opened(sink("http", url=at, ca_file=trusted)) as to, pytest.raises(Undelivered, match="SSLCert"):
                to.deliver(ONE)
        assert len(server.requests) == 1


def test_certificates_that_cannot_be_read_are_told(tmp_path):
    with pytest.raises(Malformed, match="ca_file"), opened(sink("http", url="https://x/", ca_file=str(tmp_path / "none"))):
        pass


# ---------------------------------------------------------------- NATS JetStream


def test_nats_publishes_with_the_id_and_waits_for_the_stream():
    with nats() as server:
        with opened(sink("nats", server=server.url, subject="dtv.events", stream="DTV")) as to:
            to.deliver(ONE)
            to.deliver(TWO)
            to.deliver(ONE)
        assert [(subject, body) for subject, _, body in server.published] == [
            ("dtv.events", ONE.body), ("dtv.events", TWO.body), ("dtv.events", ONE.body),
        ]  # fmt: skip
        headers = server.published[0][1]
        assert headers["Nats-Msg-Id"] == ONE.id
        assert headers["Content-Type"] == "application/cloudevents+json"
        assert headers["Nats-Expected-Stream"] == "DTV"
        assert list(server.stored) == [ONE.id, TWO.id]
        assert len(server.connected) == 1


def test_nats_shows_its_token(tmp_path):
    file = tmp_path / "token"
    file.write_text("s3cret")
    file.chmod(0o600)
    with nats() as server:
        with opened(sink("nats", server=server.url, subject="a", token_file=str(file))) as to:
            to.deliver(ONE)
        assert server.connected[0]["auth_token"] == "s3cret"


def refuses(id: str) -> dict[str, Any]:
    return {"type": "io.nats.jetstream.api.v1.pub_ack_response", "error": {"code": 503, "err_code": 10077, "description": "full"}}


@pytest.mark.parametrize("answer", [lambda id: None, refuses], ids=["silence", "an error"])
def test_without_an_acknowledgement_it_is_not_delivered(answer):
    with nats() as server, opened(sink("nats", server=server.url, subject="a")) as to:
        whole, server.answer = server.answer, answer
        with pytest.raises(Undelivered, match="not acknowledged by the stream"):
            to.deliver(ONE)
        server.answer = whole
        to.deliver(ONE)
        assert len(server.connected) == 2


def test_no_nats_server_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with opened(sink("nats", server=f"nats://127.0.0.1:{port}", subject="a")) as to, pytest.raises(Undelivered):
        to.deliver(ONE)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "nats":
            raise ImportError
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(Malformed, match=r"dtv-workflow\[nats\]"), opened(sink("nats", server="nats://localhost", subject="a")):
        pass
