"""Batch files: many steps as JSON Lines, one answer a line, and golden scenarios that say what they expect.

A bad line is answered and the file goes on: nothing that was typed is repeated in an answer, and nothing is lost. The form is the
contract of `docs/batch.md`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from dtv_workflow.answers import ID_LENGTH, Answer
from dtv_workflow.application import Register, create_register
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.intake import OpenCase
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.reading import read_envelope, read_step
from dtv_workflow.domain.vocabulary import Article
from dtv_workflow.errors import DtvError, Malformed, NotFound

LONGEST_LINE = 1 << 20
"""In bytes. A longer line is answered `invalid` and read past in constant memory."""

WORST_FIRST = (10, 11, 9, 1, 4, 2, 6, 5, 3, 0)
"""Exit statuses of a batch, worst first."""

_ENVELOPE = {
    "as": "actor", "role": "role", "at": "at", "recorded_at": "recorded_at", "source": "source",
    "reason": "reason", "second": "second", "request_id": "request_id", "expect_version": "expect_version",
}  # fmt: skip
_KEYS = frozenset({"do", "case", "fields", "expect", "title", *_ENVELOPE})
_STATUS = {2: "invalid", 4: "unauthorised", 5: "not_found", 6: "conflict", 9: "unknown"}


class Line(NamedTuple):
    """One line's answer: what is printed, the exit status it counts as, and what of its expectation was not met."""

    answer: dict[str, Any]
    exit: int
    unmet: str | None = None


class Script:
    """A batch file as it runs: its labels, its clock, and the register it runs on."""

    def __init__(self, register: Register, *, lang: str = "en", actor: str | None = None) -> None:
        self.register, self.lang = register, lang
        self.actor = actor
        self.labels: dict[str, str] = {}
        self.clock: datetime | None = None
        if register.store.training:
            register.run_on(lambda: self.clock or datetime.now(UTC))

    def run(self, lines: Iterable[bytes | None]) -> Iterator[Line]:
        """Answer every line that asks something. None stands for a line that was too long."""
        for number, line in enumerate(lines, 1):
            if line is not None and not line.strip():
                continue
            try:
                said = self._line(line)
            except DtvError as error:
                status = _STATUS.get(error.exit, "failed")
                said = Line({"status": status, "error": str(error)}, error.exit)
                said = said._replace(unmet=_unmet(_expected(line), said.answer))
            if said is not None:
                yield said._replace(answer={"line": number, **said.answer})

    def _line(self, line: bytes | None) -> Line | None:
        data = _read(line)
        if "clock" in data:
            return self._move(data)
        if "expect_case" in data:
            return self._look(data["expect_case"])
        if "do" not in data and set(data) == {"title"}:
            return None
        return self._do(data)

    def _move(self, data: dict[str, Any]) -> Line:
        if set(data) != {"clock"}:
            raise Malformed("a clock line holds only a clock")
        if not self.register.store.training:
            raise Malformed("only a training store runs on a script's clock")
        from dtv_workflow.running import run_due  # loads SQLAlchemy: only a clock needs it

        self._reach(_moment(data["clock"], "clock"))
        fired = run_due(self.register, self.clock).fired
        told = {"fired": [{"case": f.case, "timer": f.timer, "about": f.about, "due": f.due} for f in fired if not f.days_before]}
        return Line({"status": "done", "clock": data["clock"]} | (msgspec.to_builtins(told) if told["fired"] else {}), 0)

    def _reach(self, moment: datetime) -> None:
        """Move the script's clock on; it never goes back."""
        self.clock = max(moment, self.clock or moment)

    def _do(self, data: dict[str, Any]) -> Line:
        unknown = sorted(set(data) - _KEYS)
        if unknown:
            raise Malformed(f"unknown key{'s' if len(unknown) > 1 else ''} on the line; known are {', '.join(sorted(_KEYS))}")
        step = read_step(data.get("do"), self._ids(data.get("fields", {})))
        envelope = read_envelope(
            {_ENVELOPE[key]: data[key] for key in _ENVELOPE if key in data} | self._default_actor(data)
        )
        label = data.get("case")
        if label is not None and not isinstance(label, str):
            raise Malformed("case must be an id or a label")
        case = self._case(label, opening=isinstance(step, OpenCase))
        answer = self.register.answer(step, case, envelope)
        if label is not None and answer.case is not None:
            self.labels.setdefault(label, answer.case)
        if moment := envelope.recorded_at or envelope.at:
            self._reach(moment)
        told = told_of(answer, self.lang)
        return Line(told, 3 if answer.status == "refused" else 0, _unmet(data.get("expect"), told))

    def _default_actor(self, data: dict[str, Any]) -> dict[str, Any]:
        """Who acts on a line that does not say: as told for the file, else this account's actor."""
        if "as" in data:
            return {}
        return {"actor": self.actor or self.register.usual_actor()}

    def _ids(self, fields: Any) -> Any:
        """Labels in a list of cases stand for the cases they were bound to."""
        if isinstance(fields, dict) and isinstance(fields.get("cases"), list):
            return fields | {"cases": [self.labels.get(c, c) if isinstance(c, str) else c for c in fields["cases"]]}
        return fields

    def _case(self, label: str | None, *, opening: bool = False) -> str | None:
        """A label's case, or a case by its whole id: a label must never happen to be the ending of somebody else's case."""
        if label in self.labels:
            return self.labels[label or ""]
        if label is not None and len(label) == ID_LENGTH and self.register.knows(label):
            return label
        if opening:
            return None
        if label is None:
            raise Malformed("case is required")
        raise NotFound("no such case or label; a batch names a case by its whole id, or by the label it opened it with")

    def _look(self, wanted: Any) -> Line:
        if not isinstance(wanted, dict) or not isinstance(wanted.get("case"), str):
            raise Malformed("expect_case names a case")
        if unknown := sorted(set(wanted) - {"case", "at", *_SEEN}):
            raise Malformed(f"expect_case cannot look at that; it knows {', '.join(_SEEN)} ({len(unknown)} unknown)")
        case = self.register.case(self._case(wanted["case"]) or "")
        at = _moment(wanted["at"], "at") if "at" in wanted else self.clock or datetime.now(UTC)
        unmet = []
        for name, expected in wanted.items():
            if name in _SEEN and (seen := _SEEN[name](case, at, expected)) != _settled(expected):
                unmet.append(f"{name} is {msgspec.json.encode(seen).decode()}, expected {msgspec.json.encode(expected).decode()}")
        answer: dict[str, Any] = {"status": "unmet" if unmet else "met", "case": case.id}
        return Line(answer | ({"unmet": unmet} if unmet else {}), 0, "; ".join(unmet) or None)


def _settled(expected: Any) -> Any:
    return sorted(expected) if isinstance(expected, list) else expected


_SEEN: dict[str, Any] = {
    "phase": lambda case, at, _: case.phase.value,
    "outcome": lambda case, at, _: case.outcome.value if case.outcome else None,
    "episode": lambda case, at, _: case.episode,
    "custody": lambda case, at, _: case.custody,
    "holds": lambda case, at, _: sorted(case.open_holds(at)),
    "bookings": lambda case, at, _: len(case.bookings),
    "live_bookings": lambda case, at, _: len(case.live_bookings()),
    "detention_days": lambda case, at, expected: _days(case, at, expected),
    "incidents": lambda case, at, expected: sorted(case.incidents if _repeats(expected) else set(case.incidents)),
}


def _repeats(expected: Any) -> bool:
    return isinstance(expected, list) and len(expected) != len(set(map(str, expected)))


def _days(case: DepartureCase, at: datetime, expected: Any) -> dict[str, int]:
    articles = [article for article in Article if not isinstance(expected, dict) or article.value in expected]
    return {article.value: case.detention_days(article, day_of(at)) for article in articles}


def told_of(answer: Answer, lang: str = "en") -> dict[str, Any]:
    """An answer in the contract's form."""
    told: dict[str, Any] = {"case": answer.case, "status": answer.status}
    if answer.status == "refused":
        told["refusals"] = msgspec.to_builtins(answer.refusals(lang))
    else:
        told["events"] = list(answer.events)
    told["phase"] = answer.phase.value if answer.phase else None
    told["version"] = answer.version if answer.case else None
    for flag in ("back_dated", "repeated", "rehearsed"):
        if getattr(answer, flag):
            told[flag] = True
    if answer.incidents:
        told["incidents"] = list(answer.incidents)
    if answer.reviews:
        told["reviews"] = msgspec.to_builtins(answer.reviews)
    return told | {"request_id": answer.request_id}


def _read(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise Malformed(f"the line is longer than {LONGEST_LINE} bytes")
    try:
        data = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("the line is not JSON") from None
    if not isinstance(data, dict):
        raise Malformed("the line is not a JSON object")
    return data


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        raise Malformed(f"{name} must be a time with offset") from None
    if moment.tzinfo is None:
        raise Malformed(f"{name} must be a time with offset")
    return moment


def _expected(line: bytes | None) -> Any:
    try:
        return _read(line).get("expect")
    except Malformed:
        return None


def _unmet(expected: Any, told: dict[str, Any]) -> str | None:
    """What of a line's expectation was not met; None when all was."""
    if expected is None:
        return None if told["status"] in {"done", "refused"} else str(told.get("error", told["status"]))
    codes = {refusal["code"] for refusal in told.get("refusals", ())}
    incidents = set(told.get("incidents", ()))
    was = f"{told['status']}:{','.join(sorted(codes | incidents))}".rstrip(":")
    if "error" in told:
        was += f" ({told['error']})"
    status, exact, listed = _parted(str(expected))
    named = set(filter(None, listed.split(",")))
    if status == "done":
        met = told["status"] == "done" and not incidents
    elif status == "refused":
        met = told["status"] == "refused" and (codes == named if exact else named <= codes)
    elif status == "incident":
        met = told["status"] == "done" and (incidents == named if exact else bool(incidents) and named <= incidents)
    else:
        met = told["status"] == status
    return None if met else f"expected {expected}, was {was}"


def _parted(expected: str) -> tuple[str, bool, str]:
    for mark in (":", "~"):
        if mark in expected:
            status, _, listed = expected.partition(mark)
            return status, mark == ":", listed
    return expected, False, ""


def read_lines(stream: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a file; None for one that is longer than `LONGEST_LINE`, read past in constant memory."""
    while line := stream.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                pass
            yield None
        else:
            yield line


def worst(exits: Iterable[int]) -> int:
    """The worst of several exit statuses, in the contract's order."""
    return min(exits, key=WORST_FIRST.index, default=0)


def check(path: Path, lang: str = "en") -> list[Line]:
    """Run one scenario in a throw-away training store of its own. Raises Malformed when the file cannot be read."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise Malformed(f"cannot read {path}: {error.strerror}") from None
    with (
        stream,
        tempfile.TemporaryDirectory(prefix="dtv-check-") as folder,
        create_register(Path(folder) / "store", training=True, actor="script") as register,
    ):
        return list(Script(register, lang=lang).run(read_lines(stream)))
