"""The errors a user can meet, each with its exit code and a stable machine code. Their texts never hold personal data."""

from __future__ import annotations

from typing import ClassVar


class DtvError(Exception):
    """An error with a clear line for the user. `exit` is the documented exit status, `code` the stable machine code."""

    exit: ClassVar[int] = 1
    code: ClassVar[str] = "failure"


class Malformed(DtvError):
    """The input cannot be read as what it should be. Nothing was written."""

    exit = 2
    code = "malformed"


class Unauthorised(DtvError):
    """The actor is not known here, or acts under another's name. Nothing was written."""

    exit = 4
    code = "unauthorised"


class NotFound(DtvError):
    """No such case, or several that the short id could mean. Nothing was written."""

    exit = 5
    code = "not_found"


class Conflict(DtvError):
    """The case moved on, or the request id already answered another request. Nothing was written."""

    exit = 6
    code = "conflict"


class CheckFailed(DtvError):
    """A check found something."""

    exit = 7
    code = "check_failed"


class Behind(DtvError):
    """The view has not reached the position asked for."""

    exit = 8
    code = "behind"


class OutcomeUnknown(DtvError):
    """The step may have been stored. Repeat it with the same request id: it is then answered, or taken once."""

    exit = 9
    code = "unknown"


class NoStore(DtvError):
    """There is no store here, or one of another schema version, or one that cannot be written."""

    exit = 10
    code = "no_store"


class StoreBusy(DtvError):
    """The store is locked or cannot be reached."""

    exit = 11
    code = "store_busy"
