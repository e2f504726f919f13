"""What the outbox sends, put before the CloudEvents SDK of npm: `python -m tests.conformance.cloudevents`.

Needs node, and `npm install` in this folder. The SDK of PyPI and the JSON Schema validator judge in the ordinary tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from dtv_workflow.processes.disclosable import SENDABLE, fields_of
from dtv_workflow.processes.outbox import push
from tests.processes.outgoing import AGREEMENT, IND, configured, lived, to_directory, training
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, ask

HERE = Path(__file__).parent
LIVES = (TO_BOOKED, TO_CLOSED, (*TO_DETAINED, ask("record_pregnancy", due_on="2026-05-01")))


def messages(folder: Path) -> list[bytes]:
    """Events with every field that an agreement can name, and events without data."""
    names = [topic.rpartition(".")[0] for topic in SENDABLE]
    fields = "".join(f"fields.{name} = {json.dumps(fields_of(t))}\n" for name, t in zip(names, SENDABLE, strict=True))
    full = to_directory(folder, "full", "ind", json.dumps(names), AGREEMENT.format("full") + fields)
    partners = configured(folder, IND + full + to_directory(folder, "poor", "ind"))
    with training(folder) as register:
        for life in LIVES:
            lived(register, *life)
        if any(done.error for done in push(register, partners)):
            raise SystemExit("the outbox did not deliver")
    return [file.read_bytes() for sink in ("full", "poor") for file in sorted((folder / f"to-{sink}").iterdir())]


def main() -> int:
    """Print what the judge says; 0 when it is satisfied."""
    with tempfile.TemporaryDirectory() as folder:
        lines = b"".join(message + b"\n" for message in messages(Path(folder)))
    return subprocess.run(["node", "cloudevents.mjs"], input=lines, cwd=HERE, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
