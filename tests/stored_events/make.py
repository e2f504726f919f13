"""Write one stored event of every topic that has none yet, from the scenarios. A line that is there is never rewritten.

    python -m tests.stored_events.make
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from dtv_workflow import access, erasure
from dtv_workflow.access import Look, view
from dtv_workflow.application import Register, create_register
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.domain.register import REGISTER, ExportMade
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Role
from dtv_workflow.erasure import shred
from dtv_workflow.processes.inbox import dismiss, link, parked, receive
from dtv_workflow.processes.partners import Partners

HERE = Path(__file__).parent
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
EXPORTED = ExportMade(
    form="ocel", purpose="audit", selected=2, since=START.date(), until=START.date(), joined=True, cases=2, events=31,
    digest="0123456789abcdef" * 4,
)  # fmt: skip
FILE = HERE / "events.jsonl"


class Stored(msgspec.Struct, frozen=True):
    """An event as a store has it: its place, its topic, and its state with the sealed fields still sealed."""

    topic: str
    stream: str
    version: int
    state: str


def stored() -> list[Stored]:
    """The events kept so far."""
    return [msgspec.json.decode(line, type=Stored) for line in FILE.read_bytes().splitlines()] if FILE.exists() else []


def made(folder: Path) -> dict[str, Stored]:
    """The fullest event of every topic that the scenarios give, a grant taken back, and messages that named no case."""
    found: dict[str, Stored] = {}
    for path in sorted((HERE.parent / "scenarios").glob("*.jsonl")):
        with create_register(folder / path.stem, training=True, actor="script") as register, path.open("rb") as lines:
            list(Script(register).run(read_lines(lines)))
            register.grant("RV-07", Role.SUPERVISOR, None, Envelope(actor="script"))
            register.revoke("RV-07", Role.SUPERVISOR, Envelope(actor="script"))
            _parked(register)
            register.add(REGISTER, lambda _: [(EXPORTED, START)], Envelope(actor="script"), "export")
            for case in register.store.recorder.stream_ids("case/"):
                look = Look("case.show", "complaint", unmask=True, reason="asked_by_the_person")
                view(register, case.removeprefix("case/"), look, register.history_of(case)[0].subject)
            _forgotten(register)
            for event in register.store.recorder.select_notifications(1, 100_000):
                kept = found.get(event.topic)
                if kept is None or len(event.state) > len(kept.state):
                    place = str(event.originator_id), event.originator_version
                    found[event.topic] = Stored(event.topic, *place, event.state.decode())
    return found


def _forgotten(register: Register) -> None:
    """Somebody who was forgotten, and somebody who could not be."""
    case = register.store.recorder.stream_ids("case/")[0].removeprefix("case/")
    officer = Envelope(actor="PO-1", role=Role.PRIVACY_OFFICER, second="TL-02")
    if not shred(register, case, "request", officer).blockers:
        raise SystemExit("the scenario ends with a person who can be forgotten")
    whole = vars(erasure)["blockers"]
    setattr(erasure, "blockers", lambda *_: iter(()))  # noqa: B010 - as if ten years had gone by
    shred(register, case, "retention_ended", officer)
    setattr(erasure, "blockers", whole)  # noqa: B010


def _parked(register: Register) -> None:
    """A message that named no case, linked to one, and another that was dismissed."""
    case = register.store.recorder.stream_ids("case/")[0].removeprefix("case/")
    person = Envelope(actor="script", second="TL-02")
    for raw in (b"an appeal, by fax", b"advertising"):
        receive(register, Partners(), raw)
    first, second = parked(register)
    link(register, Partners(), first.id, case, person)
    dismiss(register, second.id, "advertising", person)


def main() -> None:
    """Add what is missing, sorted by topic."""
    access.origin = lambda: "desk-12/terminal"  # no machine that makes these is named in them
    kept = {event.topic: event for event in stored()}
    with tempfile.TemporaryDirectory() as folder:
        everything = made(Path(folder)) | kept
    FILE.write_bytes(b"".join(msgspec.json.encode(everything[topic]) + b"\n" for topic in sorted(everything)))


if __name__ == "__main__":
    main()
