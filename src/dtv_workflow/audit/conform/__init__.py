"""Conformance of logs that are not ours: which step broke which article (`docs/conform.md`)."""
