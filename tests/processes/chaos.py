"""Messages as they are sent, and as they may arrive: dropped and sent again, doubled, reordered, cut and with a bit flipped."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from tests.processes.incoming import IND_SOURCE, KMAR_SOURCE, fact, message

FIRST, LAST = datetime(2026, 1, 6, 9, tzinfo=UTC), datetime(2026, 2, 1, 9, tzinfo=UTC)

Template = tuple[str, Callable[[Random, datetime], dict[str, Any]]]


def day(at: datetime) -> str:
    return at.date().isoformat()


FACTS: tuple[Template, ...] = (
    ("record_appeal", lambda r, at: {
        "against": r.choice(["return_decision", "detention"]), "filed_on": day(at), "suspensive": True}),
    ("record_application", lambda r, at: {"kind": r.choice(["asylum", "regular"]), "applied_on": day(at), "awaited": True}),
    ("record_art64_application", lambda r, at: {"applied_on": day(at)}),
    ("record_removability", lambda r, at: {
        "answer": r.choice(["removable", "removable", "not_removable", "unknown"]), "checked_at": at.isoformat()}),
    ("record_report_missed", lambda r, at: {"count": r.randint(1, 3)}),
    ("record_report_made", lambda r, at: {"reported_on": day(at)}),
    ("record_address_check", lambda r, at: {"checked_at": at.isoformat(), "found": r.choice(["present", "gone"])}),
    ("place_hold", lambda r, at: {"hold": r.choice(["H1", "H2"]), "hold_kind": r.choice(["trafficking_signal", "tuberculosis"])}),
    ("report_detention", lambda r, at: {"article": "59", "since": day(at), "by": "AVIM"}),
    ("record_court_notified", lambda r, at: {"notified_at": at.isoformat()}),
    ("record_court_hearing", lambda r, at: {"held_on": day(at)}),
    ("record_court_decision", lambda r, at: {
        "instance": "rechtbank", "outcome": r.choice(["upheld", "lifted", "annulled", "interim_relief"])}),
    ("record_detention_transfer", lambda r, at: {"place": "detention_centre", "since": day(at)}),
    ("express_wish_to_leave", lambda r, at: {"reported_by": "dji"}),
    ("grant_support", lambda r, at: {"provider": "iom", "programme": "REAN", "cash_cents": 20_000}),
    ("record_travel_document", lambda r, at: {
        "document": r.choice(["passport", "laissez_passer"]), "valid_from": day(at), "valid_until": "2030-01-01"}),
    ("record_presentation", lambda r, at: {"outcome": r.choice(["recognised", "not_recognised"])}),
    ("establish_minority", lambda r, at: {"minor": r.random() < 0.5, "birth_date": "2008-05-04"}),
    ("record_medical_advice", lambda r, at: {"fit": True, "conditions": r.choice([[{"code": "escort", "text": "a nurse"}], []])}),
    ("fulfil_travel_condition", lambda r, at: {"code": "escort", "proof": "letter", "shown_to_person": True}),
    ("record_dublin_acceptance", lambda r, at: {
        "member_state": "DE", "accepted_on": day(at), "latest_transfer_on": day(at + timedelta(days=180))}),
    ("record_return_decision", lambda r, at: {
        "kind": "return", "decided_on": day(at), "served_on": day(at), "language": "ar", "term_days": r.choice([0, 28]),
        "term_reason": "risk"}),
    ("cancel_removal", lambda r, at: {"attempt": "A1", "stage": "booked", "cause": "other"}),
    ("confirm_removal", lambda r, at: {
        "attempt": "A1", "departed_at": at.isoformat(), "destination": "MA", "proof": "M100"}),
    ("confirm_supervised_departure", lambda r, at: {
        "departed_at": at.isoformat(), "destination": "MA", "issuer": "IOM", "proof": "iom_declaration"}),
    ("confirm_dublin_transfer", lambda r, at: {"departed_at": at.isoformat(), "member_state": "DE"}),
    ("establish_reception", lambda r, at: {"adequate": r.random() < 0.5, "country": "MA", "evidence": "country report"}),
    ("inform_guardian", lambda r, at: {"guardian": "Nidos", "how": "letter"}),
    ("record_art64_decision", lambda r, at: {
        "granted": r.random() < 0.5, "decided_at": at.isoformat(), "until": "2026-12-01"}),
    ("record_pregnancy", lambda r, at: {"due_on": "2026-06-01"}),
    ("record_presentability", lambda r, at: {"presentable": r.random() < 0.5, "checked_at": at.isoformat()}),
    ("record_progress_report", lambda r, at: {"sent_on": day(at)}),
    ("record_transfer_announced", lambda r, at: {"attempt": "A1", "announced_on": day(at)}),
    ("record_residence", lambda r, at: {"permit": "regular", "granted_on": day(at)}),
)  # fmt: skip
"""Every kind of fact that partners report, with fields of which the times fit the moment that it happened."""


class Sent(NamedTuple):
    """A message as its sender sent it."""

    case: str
    name: str
    raw: bytes


def sent(random: Random, cases: list[str], most: int = 14) -> list[Sent]:
    """Messages about cases in the order in which what they tell happened, among them an appeal. No two happened at one moment."""
    chosen = [FACTS[0], *(random.choice(FACTS) for _ in range(random.randint(2, most)))]
    span = int((LAST - FIRST).total_seconds())
    times = sorted(FIRST + timedelta(seconds=n) for n in random.sample(range(span), len(chosen)))
    random.shuffle(chosen)
    found = []
    for number, ((name, fields), at) in enumerate(zip(chosen, times, strict=True), 1):
        case = random.choice(cases)
        source = KMAR_SOURCE if name == "confirm_removal" else IND_SOURCE
        said = fact(name, at.isoformat(), **fields(random, at))
        found.append(Sent(case, name, message(case, f"M-{number}", said, source)))
    return found


class Arrived(NamedTuple):
    """What arrived: as it was sent, or damaged on the way."""

    sent: Sent
    raw: bytes

    @property
    def damaged(self) -> bool:
        return self.raw != self.sent.raw


def arrives(random: Random, messages: list[Sent], *, reorder: bool = True, damage: bool = True) -> list[Arrived]:
    """The same messages through a bad line: each arrives whole at least once, in any order, some twice, some damaged as well."""
    place = {each: float(number) for number, each in enumerate(messages)}
    if reorder:
        late = [each for each in messages if random.random() < 0.3]
        place |= {each: place[each] + random.uniform(0, len(messages)) for each in late}
    found = [(at, Arrived(each, each.raw)) for each, at in place.items()]
    for each, at in place.items():
        if random.random() < 0.3:
            found.append((at + random.uniform(0, len(messages)), Arrived(each, each.raw)))
        if damage and random.random() < 0.3:
            found.append((at + random.uniform(-2, 2), Arrived(each, damaged(random, each.raw))))
    return [arrived for _, arrived in sorted(found, key=lambda each: each[0])]


def damaged(random: Random, raw: bytes) -> bytes:
    """Cut somewhere, or with one bit flipped."""
    if random.random() < 0.3:
        return raw[: random.randrange(1, len(raw))]
    place = random.randrange(len(raw))
    return raw[:place] + bytes([raw[place] ^ (1 << random.randrange(8))]) + raw[place + 1 :]
