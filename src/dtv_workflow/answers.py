"""What comes back from the register: the answer to a step, and the ids by which cases and requests are known."""

from __future__ import annotations

import secrets
import time

import msgspec

from dtv_workflow.domain.law.rules import Receipt, Refusal, refusals
from dtv_workflow.domain.reviews import Review
from dtv_workflow.domain.vocabulary import Phase

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_LENGTH = 26


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of a step. `case` and `phase` are None for a refused opening; `receipt` says why either way.

    `repeated` is true when the request id had been answered before: this is then that first answer, and nothing was done again.
    `reviews` are the earlier steps that a correction puts in doubt; each is a task in the case.
    """

    status: str
    step: str
    request_id: str
    case: str | None
    phase: Phase | None
    version: int
    receipt: Receipt
    events: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    back_dated: bool = False
    repeated: bool = False
    rehearsed: bool = False
    reviews: tuple[Review, ...] = ()

    def refusals(self, lang: str = "en") -> tuple[Refusal, ...]:
        """Every obstacle, in English or Dutch; empty unless refused."""
        return refusals(self.receipt, lang) if self.status == "refused" else ()


def stream_of(case: str) -> str:
    """The stream a case is stored in."""
    return f"case/{case}"


def new_id() -> str:
    """A time-ordered id: 26 characters, the first ten its millisecond, the rest random. Its ending tells it apart."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
