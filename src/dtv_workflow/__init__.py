"""dtv-workflow: the register that a return agency runs its cases on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dtv_workflow.projections.opened import open_store as open_store

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """`open_store`, loaded when it is first asked for: `--version` and completion need none of it."""
    if name == "open_store":
        from dtv_workflow.projections.opened import open_store

        return open_store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
