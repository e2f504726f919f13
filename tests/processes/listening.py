"""What stands at the other end of a sink in the tests: an HTTP server, and as much of a NATS server as a publisher meets."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Request(NamedTuple):
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


class Quiet(ThreadingHTTPServer):
    """Says nothing of a client that was killed in the middle of a request."""

    def handle_error(self, *_: Any) -> None:
        """Nothing is printed."""


class Http:
    """An HTTP server that keeps what it is sent, and answers with what `answer` says: a status and headers."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request], tuple[int, dict[str, str]]] = lambda request: (202, {})
        self.body, self.connections = b"thing", 0
        keeps = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                keeps.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if len(body) < int(self.headers["Content-Length"]):
                    return  # whoever sent it was killed in the middle
                request = Request(self.path, dict(self.headers.items()), body)
                status, headers = keeps.answer(request)
                keeps.requests.append(request)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(keeps.body)))
                self.end_headers()
                self.wfile.write(keeps.body)

            def log_message(self, *args: Any) -> None:
                """Nothing is logged."""

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/events?from=dtv"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(request.body) for request in self.requests]


@contextmanager
def http() -> Iterator[Http]:
    """An HTTP server on this machine."""
    serves = Http()
    thread = threading.Thread(target=serves.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield serves
    finally:
        serves.server.shutdown()
        thread.join()
        serves.server.server_close()


class Nats:
    """A NATS server with one JetStream stream, as far as a publisher meets it: INFO, CONNECT, PING, SUB, HPUB and its answer.

    `answer` gives the acknowledgement of a message, or None for silence.
    """

    def __init__(self) -> None:
        self.listens = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self.listens.getsockname()[1]}"
        self.connected: list[dict[str, Any]] = []
        self.published: list[tuple[str, dict[str, str], bytes]] = []
        self.stored: dict[str, bytes] = {}
        self.answer: Callable[[str], dict[str, Any] | None] = self.acknowledged
        self.open: list[socket.socket] = []

    def acknowledged(self, id: str) -> dict[str, Any]:
        """What a stream says when it has a message; by its id it knows one that it has already."""
        again = list(self.stored).index(id) < len(self.stored) - 1 or self.times(id) > 1
        return {"stream": "DTV", "seq": len(self.stored), "duplicate": again}

    def times(self, id: str) -> int:
        return sum(headers["Nats-Msg-Id"] == id for _, headers, _ in self.published)

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                peer, _ = self.listens.accept()
            except OSError:
                return
            self.open.append(peer)
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        info = {"server_id": "X", "version": "2.10.0", "proto": 1, "headers": True, "max_payload": 1_048_576, "jetstream": True}
        subscriptions: dict[str, str] = {}
        with peer, peer.makefile("rwb") as stream:
            stream.write(b"INFO " + json.dumps(info).encode() + b"\r\n")
            stream.flush()
            try:
                while line := stream.readline():
                    self._heard(line.decode().split(), stream, subscriptions)
                    stream.flush()
            except OSError:
                return

    def _heard(self, words: list[str], stream: Any, subscriptions: dict[str, str]) -> None:
        match words:
            case ["CONNECT", *rest]:
                self.connected.append(json.loads(" ".join(rest)))
            case ["PING"]:
                stream.write(b"PONG\r\n")
            case ["SUB", subject, *_, sid]:
                subscriptions[subject.rstrip("*").rstrip(".")] = sid
            case ["HPUB", subject, reply, head, whole]:
                raw = stream.read(int(whole) + 2)[: int(whole)]
                lines = raw[: int(head)].decode().strip().split("\r\n")[1:]
                headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                self._published(subject, headers, raw[int(head) :], reply, stream, subscriptions)

    def _published(self, subject: str, headers: dict[str, str], body: bytes, reply: str, stream: Any, known: Any) -> None:
        id = headers["Nats-Msg-Id"]
        self.published.append((subject, headers, body))
        self.stored.setdefault(id, body)
        if (answer := self.answer(id)) is not None:
            sid = known[reply.rpartition(".")[0]]
            said = json.dumps(answer).encode()
            stream.write(f"MSG {reply} {sid} {len(said)}\r\n".encode() + said + b"\r\n")


@contextmanager
def nats() -> Iterator[Nats]:
    """A NATS server, as far as it goes, on this machine."""
    serves = Nats()
    thread = threading.Thread(target=serves.serve, daemon=True)
    thread.start()
    try:
        yield serves
    finally:
        serves.listens.shutdown(socket.SHUT_RDWR)
        serves.listens.close()
        for peer in serves.open:
            peer.close()
        thread.join()
