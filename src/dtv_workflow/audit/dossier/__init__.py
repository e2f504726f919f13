"""The dossier: a case in one file that reads without us and proves itself (`docs/dossier.md`)."""
