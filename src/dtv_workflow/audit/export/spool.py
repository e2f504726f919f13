"""What must be written once and in order but is met along the way, kept on disk so that memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType


class Spool:
    """Parts of a file by section and id; the first of an id stays. A file of its own, gone when it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=OFF")
        self._db.execute("PRAGMA synchronous=OFF")
        self._db.execute("CREATE TABLE part (section TEXT, id TEXT, body TEXT, PRIMARY KEY (section, id)) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def put(self, section: str, id: str, body: str) -> None:
        """Keep a part, unless its id is there already."""
        self._db.execute("INSERT OR IGNORE INTO part VALUES (?, ?, ?)", (section, id, body))

    def parts(self, section: str) -> Iterator[tuple[str, str]]:
        """Id and body of every part of a section, in order of id."""
        yield from self._db.execute("SELECT id, body FROM part WHERE section = ? ORDER BY id", (section,))

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()
        self.path.unlink(missing_ok=True)
