"""An export, from the log to the file: selected, mapped, written beside its place, put on record, and only then let out."""

from __future__ import annotations

import gzip
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, NamedTuple, cast

import msgspec

from dtv_workflow.application import Register
from dtv_workflow.audit.export import ocel
from dtv_workflow.audit.export.mapping import Mapped, mapped
from dtv_workflow.audit.export.prov import write_prov
from dtv_workflow.audit.export.pseudonyms import Pseudonyms
from dtv_workflow.audit.export.spool import Spool
from dtv_workflow.audit.export.xes import write_xes
from dtv_workflow.audit.export.zgw import NOBODY, zaken
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.register import REGISTER, ExportMade
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.errors import Malformed, Unauthorised
from dtv_workflow.processes.cloudevents import CloudEvent, encode, event_type

SOURCE = "urn:dtv-workflow:export"


MAY = (Role.AUDITOR, Role.ANALYST, Role.PRIVACY_OFFICER, Role.TEAM_LEADER)
"""Who may take the log out, in the order in which somebody with several roles is taken to act."""


class Asked(NamedTuple):
    """What is asked for: a format, whose cases (none: all), recorded from and up to which day, and what for. `joined`: with a key
    that another export may have. `organisation`: the RSIN that a ZGW export names."""

    form: str
    path: Path
    names: Pseudonyms
    cases: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    purpose: str = "audit"
    joined: bool = False
    organisation: str = NOBODY


class Made(NamedTuple):
    """What came out."""

    cases: int
    events: int
    digest: str


class _Counted:
    def __init__(self) -> None:
        self.cases = self.events = 0


def exporter(register: Register) -> Envelope:
    """Who exports, and in which role: this account's actor, never a name that was given. Raises Unauthorised."""
    actor = register.usual_actor()
    if register.store.training:
        return Envelope(actor=actor, role=MAY[0])
    role = next((role for role in MAY if role in register.users()[actor].roles), None)
    if role is None:
        raise Unauthorised("an auditor, an analyst, a privacy officer or a team leader exports the log")
    return Envelope(actor=actor, role=role)


def export(register: Register, asked: Asked, envelope: Envelope, progress: Callable[[int, int], None] | None = None) -> Made:
    """Write the file whole, or not at all. The export is on record, with the file's digest, before the file is there.

    Raises Malformed, NotFound, StoreBusy, OSError.
    """
    if asked.since and asked.until and asked.since > asked.until:
        raise Malformed("--since lies after --until")
    cases = [register.find(case) for case in dict.fromkeys(asked.cases)]
    counted = _Counted()
    beside = asked.path.with_name(f".{asked.path.name}.{secrets.token_hex(4)}.tmp")
    try:
        _written(beside, asked, _cases(register, cases, asked, counted, progress))
        with beside.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            os.fsync(stream.fileno())
        made = ExportMade(
            form=asked.form, purpose=asked.purpose, selected=len(cases) or None, since=asked.since, until=asked.until,
            joined=asked.joined, cases=counted.cases, events=counted.events, digest=digest,
        )  # fmt: skip
        register.add(REGISTER, lambda _: [(made, register.clock())], envelope, "export")
        beside.rename(asked.path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return Made(counted.cases, counted.events, digest)


def _cases(
    register: Register, chosen: list[str], asked: Asked, counted: _Counted, progress: Callable[[int, int], None] | None
) -> Iterator[Mapped]:
    """The cases one by one, in order of id. No key is asked for: what is sealed stays sealed."""
    recorder = register.store.recorder
    of = recorder.count_streams("case/")
    streams = sorted(f"case/{case}" for case in set(chosen)) or recorder.stream_ids("case/", limit=of)

    def wanted(moment: datetime) -> bool:
        day = day_of(moment)
        return (asked.since is None or asked.since <= day) and (asked.until is None or day <= asked.until)

    for n, stream in enumerate(streams, 1):
        stored = recorder.select_events(stream)
        case = mapped([register.mapper.to_domain_event(event, unseal=False) for event in stored], asked.names, wanted)
        if case.happenings:
            counted.cases += 1
            counted.events += len(case.happenings)
            yield case
        if progress is not None:
            progress(n, len(streams))


def _written(path: Path, asked: Asked, cases: Iterator[Mapped]) -> None:
    suffixes = asked.path.suffixes
    if asked.form == "ocel" and suffixes[-1:] == [".sqlite"]:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        ocel.write_sqlite(path, cases)
        return
    zipped = suffixes[-1:] == [".gz"]
    kind = (suffixes[:-1] if zipped else suffixes)[-1:]
    if asked.form == "ocel" and kind not in ([".json"], [".xml"]):
        raise Malformed("an OCEL file ends in .json, .xml or .sqlite, the first two perhaps with .gz")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as raw:
        if not zipped:
            _text(raw, path, asked, kind == [".xml"], cases)
            return
        with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as stream:
            _text(cast("IO[bytes]", stream), path, asked, kind == [".xml"], cases)


def _text(out: IO[bytes], path: Path, asked: Asked, xml: bool, cases: Iterator[Mapped]) -> None:
    if asked.form == "cloudevents":
        out.writelines(encode(event) + b"\n" for event in cloudevents(cases, asked.names))
        return
    if asked.form == "zgw":
        out.writelines(msgspec.json.encode(case) + b"\n" for case in zaken(cases, asked.names, asked.organisation))
        return
    if asked.form == "xes":
        write_xes(out, cases, asked.names)
        return
    with Spool(path.with_name(f"{path.name}.spool")) as spool:
        if asked.form == "prov":
            write_prov(out, cases, spool)
        else:
            (ocel.write_xml if xml else ocel.write_json)(out, cases, spool)


def cloudevents(cases: Iterator[Mapped], names: Pseudonyms) -> Iterator[CloudEvent]:
    """The envelope without data: that it was recorded, when, and in which case, by its pseudonym."""
    for case in cases:
        for happening in case.happenings:
            yield CloudEvent(
                id=names.uuid("gebeurtenis", happening.id), source=SOURCE, type=event_type(happening.topic), subject=case.id,
                time=happening.time,
            )  # fmt: skip
