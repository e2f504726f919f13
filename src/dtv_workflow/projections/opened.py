"""A store opened for use from Python: the register to ask, and the views to read. Only the views load SQLAlchemy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dtv_workflow.application import Register, open_register

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dtv_workflow.follow import Views


class OpenStore:
    """An open store: `register` takes decisions, records facts and gives histories back; `views()` reads over all cases."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._views: Views | None = None

    def views(self) -> Connection:
        """A new connection to the views that can only read, caught up first; close it, or use it in a `with`.

        It stays on the state it opened on: `connection.info["position"]` is the last position of the log it knows of. After a
        `rollback()` it stands on the newest state, and says so there. Raises PoisonedEvent, StoreBusy, NoStore.
        """
        if self._views is None:
            from dtv_workflow.projections.catalogue import views_of

            self._views = views_of(self.register.store)
        return self._views.connect()

    def close(self) -> None:
        """Release the store. Connections to the views are closed by who opened them."""
        self.register.close()

    def __enter__(self) -> OpenStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(url: str | Path, **options: Any) -> OpenStore:
    """Open an existing store; `options` are those of the register (`clock`, `os_user`). Raises NoStore."""
    return OpenStore(open_register(url, **options))
