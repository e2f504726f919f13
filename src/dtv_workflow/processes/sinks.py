"""Where events are delivered: a directory, an HTTP address, a NATS JetStream subject. Each delivers one event, or says why not.

Delivered means: on the disk, answered with 2xx, acknowledged by the stream. An error's text holds no address, no answer's body
and nothing of the event: it is shown and kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dtv_workflow.errors import DtvError, Malformed
from dtv_workflow.processes.cloudevents import MEDIA_TYPE
from dtv_workflow.store.files import write_whole

if TYPE_CHECKING:
    import ssl

    from dtv_workflow.processes.partners import Sink

LATER = frozenset({408, 425, 429})
"""HTTP answers between 400 and 499 that a later try may change (RFC 9110, 6585, 8470)."""


class Message(NamedTuple):
    """An event as it is delivered: where the log has it, its id, and itself."""

    position: int
    id: str
    body: bytes


class Undelivered(DtvError):
    """The sink did not take an event, and may take it later."""

    code = "undelivered"


class Rejected(Undelivered):
    """The sink will not take this event however often it is tried."""


class Delivers(Protocol):
    """One connection to a sink."""

    def deliver(self, message: Message) -> None:
        """Deliver one event. Raises Undelivered, or Rejected."""

    def close(self) -> None:
        """Let go of the connection."""


@contextmanager
def opened(sink: Sink) -> Iterator[Delivers]:
    """A sink to deliver to; connections are made at the first event. Raises Malformed when it cannot be used as configured."""
    kinds: dict[str, Any] = {"directory": ToDirectory, "http": ToHttp, "nats": ToNats}
    to: Delivers = kinds[sink.to](sink)
    try:
        yield to
    finally:
        to.close()


# ------------------------------------------------------------------ a directory


class ToDirectory:
    """`<position, 20 digits>-<id>.json`, whole or not at all: no reader sees half a file, and a repeat writes the same again."""

    def __init__(self, sink: Sink) -> None:
        self.path = Path(sink.path or "")

    def deliver(self, message: Message) -> None:
        """Write the event and wait until it is on the disk. The directory itself is never made: it may be a disk not mounted."""
        name = f"{message.position:020}-{message.id}.json"
        try:
            write_whole(self.path / name, message.body, 0o640, alone=True)
        except OSError as error:
            raise Undelivered(f"the directory cannot be written to: {error.strerror}") from None

    def close(self) -> None:
        """Nothing is held open."""


# ------------------------------------------------------------------ HTTP


class ToHttp:
    """Structured mode over one connection that is kept open. No proxy, no redirect: nobody else is sent what this partner is."""

    def __init__(self, sink: Sink) -> None:
        from http.client import HTTPConnection, HTTPSConnection
        from urllib.parse import urlsplit

        url = urlsplit(sink.url or "")
        self.target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self.headers = {"Content-Type": MEDIA_TYPE}
        if token := _token(sink):
            self.headers["Authorization"] = f"Bearer {token}"
        host = url.hostname or ""
        self.longest, self.given_up = 2 * sink.timeout, False
        self.connection: HTTPConnection
        if url.scheme == "https":
            self.connection = HTTPSConnection(host, url.port, timeout=sink.timeout, context=_tls(sink))
        else:
            self.connection = HTTPConnection(host, url.port, timeout=sink.timeout)

    def deliver(self, message: Message) -> None:
        """POST the event; 2xx is delivered. The dedupe id stands in a header too (Idempotency-Key)."""
        from http.client import HTTPException
        from threading import Timer

        # A socket's own timeout begins anew with each byte: somebody who sends one now and then would be waited for without end.
        alarm = Timer(self.longest, self._cut)
        self.given_up = False
        alarm.start()
        try:
            self.connection.request("POST", self.target, message.body, self.headers | {"Idempotency-Key": f'"{message.id}"'})
            answer = self.connection.getresponse()
            answer.read(64 * 1024)
            if answer.will_close or not answer.isclosed():
                self.connection.close()
        except TimeoutError:
            self.connection.close()
            raise Undelivered("no answer in time") from None
        except (OSError, HTTPException, UnicodeError) as error:
            self.connection.close()
            raise Undelivered(f"no connection, or it broke ({type(error).__name__})") from None
        finally:
            alarm.cancel()
        if self.given_up:
            self.connection.close()
            raise Undelivered("no whole answer in time")
        if 200 <= answer.status < 300:
            return
        if 300 <= answer.status < 400:
            raise Rejected(f"answered {answer.status}: redirects are not followed; configure where it is now")
        if 400 <= answer.status < 500 and answer.status not in LATER:
            raise Rejected(f"answered {answer.status}")
        raise Undelivered(f"answered {answer.status}")

    def _cut(self) -> None:
        """End a delivery that takes too long, wherever it is."""
        import socket

        self.given_up = True
        held = self.connection.sock
        if held is not None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


# ------------------------------------------------------------------ NATS JetStream


class ToNats:
    """Publishes to a subject that a JetStream stream keeps, and waits for the stream's acknowledgement."""

    def __init__(self, sink: Sink) -> None:
        try:
            import nats  # noqa: F401 - told now, and not at the first event
        except ImportError:
            raise Malformed("a sink to NATS needs the extra: pip install 'dtv-workflow[nats]'") from None
        import asyncio

        self.sink = sink
        self.token = _token(sink)
        self.tls = _tls(sink) if (sink.server or "").startswith("tls:") else None
        self.runner = asyncio.Runner()
        self.client: Any = None

    def deliver(self, message: Message) -> None:
        """Publish the event with its id as Nats-Msg-Id, by which the stream drops a repeat within its window."""
        import nats.errors

        try:
            self.runner.run(self._in_time(message))
        except (nats.errors.Error, OSError, TimeoutError, ValueError, TypeError, KeyError) as error:
            self._drop()
            raise Undelivered(f"not acknowledged by the stream ({type(error).__name__})") from None

    async def _in_time(self, message: Message) -> None:
        """The library tries a server that is not there for minutes, whatever it is told."""
        import asyncio

        async with asyncio.timeout(self.sink.timeout):
            await self._publish(message)

    async def _publish(self, message: Message) -> None:
        import nats.aio.client

        sink = self.sink
        if self.client is None:
            options: dict[str, Any] = {"token": self.token} if self.token else {}
            if self.tls is not None:
                options["tls"] = self.tls
            self.client = nats.aio.client.Client()
            await self.client.connect(
                sink.server or "", connect_timeout=sink.timeout, allow_reconnect=False, error_cb=_quiet, **options
            )
        headers = {"Nats-Msg-Id": message.id, "Content-Type": MEDIA_TYPE}
        stream = self.client.jetstream(timeout=sink.timeout)
        await stream.publish(sink.subject, message.body, timeout=sink.timeout, stream=sink.stream, headers=headers)

    def _drop(self) -> None:
        """Let go of a connection that failed; the next try makes another."""
        client, self.client = self.client, None
        if client is not None:
            self.runner.run(_closed(client))

    def close(self) -> None:
        """Close the connection."""
        self._drop()
        self.runner.close()


async def _closed(client: Any) -> None:
    import nats.errors

    try:
        await client.close()
    except (nats.errors.Error, OSError, TimeoutError):
        return


async def _quiet(_: Exception) -> None:
    """The error is told by the publish that failed."""


# ------------------------------------------------------------------ both


def _token(sink: Sink) -> str:
    """The token to show, from a file that only its owner reads; empty without one. Raises Malformed."""
    if sink.token_file is None:
        return ""
    file = Path(sink.token_file)
    try:
        if file.stat().st_mode & 0o077:
            raise Malformed(f"sink.{sink.key}: the token file can be read by others: give it mode 0600")
        token = file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise Malformed(f"sink.{sink.key}: the token file cannot be read") from None
    if not token.isprintable() or not token or " " in token:
        raise Malformed(f"sink.{sink.key}: the token file must hold one token on one line")
    return token


def _tls(sink: Sink) -> ssl.SSLContext:
    """TLS that checks the certificate and the host's name, against the system's authorities or those in `ca_file`."""
    import ssl

    try:
        return ssl.create_default_context(cafile=sink.ca_file)
    except (OSError, ssl.SSLError):
        raise Malformed(f"sink.{sink.key}: ca_file cannot be read as certificates") from None
