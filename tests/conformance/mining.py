"""The exports before other people's readers: `python -m tests.conformance.mining [PYTHON]`.

PYTHON is one with `requirements/judges.txt`, `.venv-judges/bin/python` when none is given. PM4Py and r4pm must count what the
store holds, and must notice the twins that are wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from dtv_workflow.application import open_register
from dtv_workflow.audit.export.pseudonyms import new_pseudonyms
from dtv_workflow.audit.export.run import Asked, Made, export
from dtv_workflow.domain.steps import Envelope
from tests.processes.outgoing import lived, training
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED

HERE = Path(__file__).parent
FILES = {"log.json": "ocel", "log.xml": "ocel", "log.sqlite": "ocel", "log.xes": "xes"}


def exported(folder: Path, store: Path) -> Made:
    """Every file in a folder, under one key."""
    names = new_pseudonyms()
    with open_register(store) as register:
        made = [export(register, Asked(form, folder / name, names), Envelope(actor="TL-02")) for name, form in FILES.items()]
    return made[0]


def twins(folder: Path) -> None:
    """A log in which a relation dangles, and a trace whose first event was cut off."""
    log = json.loads((folder / "log.json").read_bytes())
    log["events"][0]["relationships"][0]["objectId"] = "zaak-gone"
    (folder / "dangling.json").write_text(json.dumps(log))
    head, event, rest = (folder / "log.xes").read_text().partition("<event>")
    (folder / "cut.xes").write_text(head + rest.partition("</event>\n")[2] if event else head)


def found_wrong(told: dict[str, Any], ours: dict[str, int], made: Made) -> list[str]:
    """What the judges count otherwise than the store, and the twins that nobody noticed."""
    wrong = []
    for name, counts in told.items():
        expected = {"traces": made.cases, "events": made.events} if ".xes" in name else ours
        same = all(expected[key] == count for key, count in counts.items())
        if same == name.startswith(("dangling.json pm4py", "cut.xes")) and not name.startswith("dangling.json r4pm"):
            wrong.append(f"{name}: {counts}, and the store has {expected}")
    return wrong


def main() -> int:
    """Print what differs; 0 when nothing does."""
    python = sys.argv[1] if len(sys.argv) > 1 else ".venv-judges/bin/python"
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "logs"
        folder.mkdir()
        with training(Path(place)) as register:
            for life in (TO_BOOKED, TO_CLOSED, TO_DETAINED):
                lived(register, *life)
        made = exported(folder, Path(place) / "store")
        log = json.loads((folder / "log.json").read_bytes())
        links = [sum(len(one["relationships"]) for one in log[of]) for of in ("events", "objects")]
        ours = {"events": made.events, "objects": len(log["objects"]), "e2o": links[0], "o2o": links[1]}
        twins(folder)
        said = subprocess.run([python, str(HERE / "mining_judge.py"), str(folder)], capture_output=True, check=True).stdout
    wrong = found_wrong(json.loads(said.splitlines()[-1]), ours, made)
    print("\n".join(wrong) or f"mining: PM4Py and r4pm count as the store does: {ours}")  # noqa: T201 - a program that says so
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
