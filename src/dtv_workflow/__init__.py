"""dtv-workflow: the register that a return agency runs its cases on."""

__version__ = "0.1.0"
