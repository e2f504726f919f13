"""What is told of reading: who opened which case, or was shown which list, and what for.

Its own streams, `access/<case id>` and `access/lists`, in the same log as what was done: under the same seal, and in no case's
history. Nobody's reading changes a case. The fields are those that BIO2 8.15.01 asks of a log line: action (`action`), object
(`object`), result (`result`), origin (`origin`), actor and time (the record's own).
"""

from __future__ import annotations

from dtv_workflow.domain.fields import Code
from dtv_workflow.domain.record import Event

ACCESS = "access/"
"""What the names of these streams begin with."""

LISTS = ACCESS + "lists"

SHOWN, REFUSED, FAILED = "shown", "refused", "failed"
"""What came of a look."""


class Viewed(Event, frozen=True, kw_only=True):
    """Somebody looked, or tried to. `object` is a case or a message by its id; a list names the `cases` that it showed.

    `action` is the command (`case.show`), `purpose` a code of `processing.toml`, `unmasked` whether names and sealed texts were
    shown in full, `origin` the machine and kind of session. The reason, where one was given, is the record's, sealed. `trace`,
    `span` and the caller's `parent` are those of W3C Trace Context, in hexadecimal: they lead to a line of the processing log.
    """

    TOPIC = "viewed.v1"
    action: Code
    object: Code | None = None
    cases: tuple[Code, ...] = ()
    result: Code = SHOWN
    origin: Code
    purpose: Code
    unmasked: bool = False
    trace: Code
    span: Code
    parent: Code | None = None


ACCESS_EVENTS: tuple[type[Event], ...] = (Viewed,)


def access_stream(case: str) -> str:
    """The stream that tells who looked into a case."""
    return ACCESS + case
