"""Partners and sinks, as `partners.toml` in the store's directory has them: who may report what, and who is sent what and why.

Absent, there are none. A configuration is refused whole, with one line that names the table and the key: a sink that would be
sent less, or more, than its writer thought is worse than one that is sent nothing. docs/partners.md says what each key means.
"""

from __future__ import annotations

import os
import posixpath
import re
import tomllib
from enum import Enum
from itertools import combinations
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta

from dtv_workflow.domain.chapters import messages
from dtv_workflow.domain.fields import COUNTRIES, Code, Country
from dtv_workflow.domain.steps import step_name
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import Malformed
from dtv_workflow.processes.disclosable import EMBASSY, EMBASSY_SUBJECT, SENDABLE, TELLING, fields_of

PARTNERS_FILE = "partners.toml"
ALL = "*"
UNSENT = frozenset({"disclose", *(step_name(row.step) for row in messages.ROWS)})
"""Facts that no partner reports: what we told others, and what we could not understand, is ours to say."""

SUBJECT = "subject_registered"

_Key = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_Reference = Annotated[str, Meta(pattern=r"""^[^\s\x00-\x20\x7f<>"{}|\\^`]{1,255}$""")]
_Uri = Annotated[str, Meta(pattern=r"""^[a-z][a-z0-9+.-]*:[^\s\x00-\x20\x7f<>"{}|\\^`]{1,200}$""")]
_Said = Annotated[str, Meta(pattern=r"\S", max_length=2_000)]


class PartnerKind(Enum):
    """What a partner is. An embassy may never be sent an asylum fact; for the others the agreement decides."""

    CHAIN = "chain"
    EMBASSY = "embassy"
    COURT = "court"
    GUARDIAN = "guardian"
    LAWYER = "lawyer"
    NGO = "ngo"
    MONITOR = "monitor"


class Partner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A partner: what it is called and is, which CloudEvents sources are its own, and which facts it may report.

    `country` is an embassy's: it is sent the cases in which a laissez-passer was asked of that country, and no other.
    """

    name: _Said
    kind: PartnerKind
    key: str = ""
    sources: tuple[_Reference, ...] = ()
    reports: tuple[str, ...] | Literal["*"] = ()
    actor: Code = ""
    country: Country | None = None

    def may_report(self, fact: str) -> bool:
        """Whether it may report this fact, by its step's name."""
        return fact in self.reports or (self.reports == ALL and fact not in UNSENT)


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a sink is sent data, on what basis, and which fields of which event (topics without their version)."""

    purpose: _Said
    basis: _Said
    fields: dict[str, tuple[str, ...]] = {}


class Sink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where events go: to a directory (`path`), by HTTP (`url`) or to NATS JetStream (`server`, `subject`)."""

    partner: str
    to: Literal["directory", "http", "nats"]
    key: str = ""
    events: tuple[str, ...] | Literal["*"] = ()
    path: str | None = None
    url: str | None = None
    server: str | None = None
    subject: str | None = None
    stream: str | None = None
    token_file: str | None = None
    ca_file: str | None = None
    timeout: Annotated[float, Meta(gt=0, le=300)] = 10.0
    agreement: Agreement | None = None


class Gets(NamedTuple):
    """What a sink is sent: its topics, and for each the fields that the agreement names."""

    topics: tuple[str, ...]
    fields: dict[str, tuple[str, ...]]


class Partners(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration, checked. `schemas` is the absolute URI below which our schemas are published."""

    source: str | None = None
    schemas: str | None = None
    partners: dict[str, Partner] = {}
    sinks: dict[str, Sink] = {}

    def partner_of(self, source: str) -> Partner | None:
        """The partner whose source this is."""
        return next((partner for partner in self.partners.values() if source in partner.sources), None)

    def to(self, sink: Sink) -> Partner:
        """Whom a sink delivers to."""
        return self.partners[sink.partner]


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: _Reference | None = None
    schemas: _Uri | None = None
    partner: dict[str, Partner] = {}
    sink: dict[str, Sink] = {}


def read_partners(path: Path) -> Partners:
    """The configuration in this file, or none when there is no such file. Raises Malformed with one clear line."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Partners()
    except (OSError, UnicodeDecodeError):
        raise Malformed(f"{path.name} cannot be read as text in UTF-8") from None
    try:
        said = msgspec.convert(tomllib.loads(text), _File, strict=True)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"\(at [^)]*\)", str(error))
        raise Malformed(f"{path.name} is not TOML {where[0] if where else ''}".rstrip()) from None
    except msgspec.ValidationError as error:
        raise Malformed(f"{path.name}: {_told(str(error))}") from None
    try:
        return _checked(said)
    except Malformed as error:
        raise Malformed(f"{path.name}: {error}") from None


def gets(sink: Sink, partner: Partner) -> Gets:
    """The topics and fields a sink is sent, as its configuration names them and never more than its partner may have."""
    may = _may(partner)
    named = sink.agreement.fields if sink.agreement else {}
    if sink.events == ALL:
        topics = tuple(topic for topic in may if topic not in TELLING)
    else:
        topics = tuple(topic for topic in may if _short(topic) in sink.events)
    fields = {topic: _in_order(named.get(_short(topic), ()), may[topic]) for topic in topics}
    return Gets(topics, {topic: names for topic, names in fields.items() if names})


def subject_fields(sink: Sink, partner: Partner) -> tuple[str, ...]:
    """What an embassy is told, with the order for a laissez-passer, of the person it is about."""
    if partner.kind is not PartnerKind.EMBASSY or sink.agreement is None:
        return ()
    return _in_order(sink.agreement.fields.get(SUBJECT, ()), EMBASSY_SUBJECT)


def _may(partner: Partner) -> dict[str, tuple[str, ...]]:
    """Every topic a partner may be sent, with the fields an agreement with it may name."""
    return EMBASSY if partner.kind is PartnerKind.EMBASSY else {topic: fields_of(topic) for topic in SENDABLE}


def _in_order(named: tuple[str, ...], fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field for field in fields if field in named)


def _short(topic: str) -> str:
    return topic.rpartition(".")[0]


# ------------------------------------------------------------------ what a configuration may not say


def _checked(said: _File) -> Partners:
    partners = {key: _partner(key, partner) for key, partner in said.partner.items()}
    sources = [source for partner in partners.values() for source in partner.sources]
    if len(sources) != len(set(sources)):
        raise Malformed("two partners, or one twice, have the same source")
    if said.source in sources:
        raise Malformed("our own source is no partner's")
    if said.sink and said.source is None:
        raise Malformed('source is required where there is a sink: who we are, such as "urn:nld:oin:…:systeem:dtv-workflow"')
    sinks = {key: _sink(key, sink, partners) for key, sink in said.sink.items()}
    paths = [path for sink in sinks.values() if (path := _directory(sink))]
    if len(paths) != len(set(paths)):
        raise Malformed("two sinks have the same path: what one partner gets would stand where the other reads")
    if any(_share(one, other) for one, other in combinations(sinks.values(), 2) if one.partner != other.partner):
        raise Malformed("sinks of two partners share a place, or one lies in the other: each would read what the other gets")
    return Partners(source=said.source, schemas=said.schemas, partners=partners, sinks=sinks)


_LOCAL = frozenset({"localhost", "::1", "127.0.0.1"})
_PORTS = {"http": 80, "https": 443, "nats": 4222, "tls": 4222}


def _share(one: Sink, other: Sink) -> bool:
    """Whether what goes to one sink can be read where the other's is, however the two are spelled."""
    here, there = _directory(one), _directory(other)
    if here and there:
        return here.is_relative_to(there) or there.is_relative_to(here)
    return one.to == other.to and _address(one) == _address(other)


def _directory(sink: Sink) -> Path | None:
    """Where a directory really is: links and dots followed."""
    return Path(os.path.realpath(sink.path)) if sink.path else None


def _address(sink: Sink) -> tuple[str, int | None, str, str]:
    """An HTTP or NATS sink's host, port, path or subject, and query, so that two spellings of one place are equal."""
    url = urlsplit(sink.url or sink.server or "")
    host = (url.hostname or "").rstrip(".")
    what = sink.subject or "/" + posixpath.normpath(unquote(url.path) or "/").lstrip("/")
    return "localhost" if host in _LOCAL else host, url.port or _PORTS.get(url.scheme), what, url.query if sink.url else ""


def _partner(key: str, partner: Partner) -> Partner:
    where = f"partner.{_key(key, 'partner')}"
    if partner.key:
        raise Malformed(f"{where}: unknown key")
    if partner.reports != ALL and (wrong := [name for name in partner.reports if not _is_fact(name)]):
        raise Malformed(f"{where}: reports names {len(wrong)} that no partner reports; `dtv record --help` lists the facts")
    if (partner.kind is PartnerKind.EMBASSY) != (partner.country is not None):
        raise Malformed(f"{where}: country is required of an embassy, and of no other partner")
    if partner.country is not None and (partner.country not in COUNTRIES or partner.country == "XX"):
        raise Malformed(f"{where}: country is not an ISO 3166-1 country code")
    return msgspec.structs.replace(partner, key=key, actor=partner.actor or key.upper())


def _is_fact(name: str) -> bool:
    return name in STEPS and STEPS[name].kind is Kind.FACT and name not in UNSENT


def _sink(key: str, sink: Sink, partners: dict[str, Partner]) -> Sink:
    where = f"sink.{_key(key, 'sink')}"
    if sink.key:
        raise Malformed(f"{where}: unknown key")
    if sink.partner not in partners:
        raise Malformed(f"{where}: partner is none of those in this file")
    _check_place(where, sink)
    _check_events(where, sink, partners[sink.partner])
    if sink.agreement is not None:
        _check_fields(where, sink, sink.agreement, partners[sink.partner])
    return msgspec.structs.replace(sink, key=key)


_PLACES: dict[str, tuple[set[str], set[str]]] = {
    "directory": ({"path"}, set()),
    "http": ({"url"}, {"token_file", "ca_file"}),
    "nats": ({"server", "subject"}, {"stream", "token_file", "ca_file"}),
}
"""What each kind of sink needs, and what it may have besides."""


def _check_place(where: str, sink: Sink) -> None:
    needs, may = _PLACES[sink.to]
    given = {name for name in ("path", "url", "server", "subject", "stream", "token_file", "ca_file") if getattr(sink, name)}
    if missing := sorted(needs - given):
        raise Malformed(f"{where}: {missing[0]} is required of a sink to {sink.to}")
    if beside := sorted(given - needs - may):
        raise Malformed(f"{where}: {beside[0]} means nothing to a sink to {sink.to}")
    for name in ("path", "token_file", "ca_file"):
        if (given_path := getattr(sink, name)) and ("\0" in given_path or not Path(given_path).is_absolute()):
            raise Malformed(f"{where}: {name} must be a whole path")
    if sink.url is not None and not _is_url(sink.url, {"https", "http"}):
        raise Malformed(f"{where}: url must be https://…, without a name or password in it; http:// only to this machine itself")
    if sink.server is not None and not _is_url(sink.server, {"tls", "nats"}):
        raise Malformed(f"{where}: server must be tls://…, without a name or password in it; nats:// only to this machine itself")
    if sink.subject is not None and not re.fullmatch(r"[\w-]+(\.[\w-]+)*", sink.subject):
        raise Malformed(f"{where}: subject must be words with dots between them")


def _is_url(given: str, schemes: set[str]) -> bool:
    """Whether it is a URL we send to: encrypted unless it stays on this machine; credentials stand in a file of their own."""
    try:
        url = urlsplit(given)
        host, _ = url.hostname, url.port
    except ValueError:
        return False
    open_, here = url.scheme in {"http", "nats"}, host in {"127.0.0.1", "::1", "localhost"}
    return url.scheme in schemes and bool(host) and "@" not in url.netloc and not url.fragment and (here or not open_)


def _check_events(where: str, sink: Sink, partner: Partner) -> None:
    if sink.events == ALL:
        return
    known, may = {_short(topic) for topic in SENDABLE}, {_short(topic) for topic in _may(partner)}
    if not sink.events:
        raise Malformed(f'{where}: events is required: topics without their version, or "*"')
    if wrong := [name for name in sink.events if name not in known]:
        raise Malformed(f"{where}: events names {len(wrong)} that are not sent; `dtv explain EVENT` and docs/events.md list them")
    if wrong := [name for name in sink.events if name not in may]:
        raise Malformed(f"{where}: an embassy is never sent {wrong[0]} (Vc 2000 A3/4.1, A3/4.3; N21)")
    telling = {_short(topic) for topic in TELLING}
    if sink.agreement is None and (wrong := [name for name in sink.events if name in telling]):
        raise Malformed(f"{where}: {wrong[0]} says something of somebody's health by its name; it takes an agreement")


def _check_fields(where: str, sink: Sink, agreement: Agreement, partner: Partner) -> None:
    may = {_short(topic): fields for topic, fields in _may(partner).items()}
    embassy = partner.kind is PartnerKind.EMBASSY
    sent = {_short(topic) for topic in gets(sink, partner).topics}
    known = {_short(topic): fields_of(topic) for topic in SENDABLE}
    if embassy:
        may, sent = may | {SUBJECT: EMBASSY_SUBJECT}, sent | ({SUBJECT} if "laissez_passer_ordered" in sent else set())
    for event, fields in agreement.fields.items():
        if event not in known:
            raise Malformed(f"{where}.agreement: fields names an event that is not sent")
        if event not in may or (embassy and not set(fields) <= set(may[event])):
            raise Malformed(f"{where}.agreement: an embassy is never sent these fields of {event} (Vc 2000 A3/4.1, A3/4.3; N21)")
        if not set(fields) <= set(may[event]):
            raise Malformed(f"{where}.agreement: fields.{event} names what cannot be sent; it may name {', '.join(may[event])}")
        if event not in sent:
            raise Malformed(f"{where}.agreement: fields.{event} names an event that this sink is not sent")


def _key(key: str, what: str) -> str:
    if not _Key.fullmatch(key):
        raise Malformed(f"a {what}'s key must be lower-case letters, digits, - and _, at most 32")
    return key


def _told(message: str) -> str:
    """msgspec's message without what was typed: the table and key, and what is wrong there."""
    said, _, path = message.partition(" - at ")
    where = path.strip("`").removeprefix("$").strip(".").replace("[...]", "[…]") or "the file"
    if missing := re.search(r"missing required field `(\w+)`", said):
        return f"{where}: {missing[1]} is required"
    if "unknown field" in said:
        return f"{where}: unknown key"
    if "enum" in said:
        return f"{where} is not one of the words allowed there"
    return f"{where} is not a valid value"
