"""The net before PM4Py: `python -m tests.conformance.net [PYTHON]`, one with `requirements/judges.txt`.

It must be a sound workflow net to that judge, every golden history must align with it at no cost, every forbidden one at some.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from dtv_workflow.application import create_register
from dtv_workflow.audit.net import net, pnml
from dtv_workflow.batch import Script, read_lines
from dtv_workflow.domain.vocabulary import Phase
from tests.audit.test_net import SCENARIOS, accepted

HERE = Path(__file__).parent


def histories(folder: Path) -> list[list[str]]:
    """The accepted steps of every golden case that was closed: an open one has not reached the net's end."""
    found = []
    for path in SCENARIOS:
        with create_register(folder / path.stem, training=True, actor="script") as register, path.open("rb") as lines:
            list(Script(register).run(read_lines(lines)))
            for stream in register.store.recorder.stream_ids("case/"):
                steps = accepted(register.history_of(stream))
                ended = register.case(stream.removeprefix("case/")).phase is Phase.CLOSED
                found.append(steps if ended else [*steps, "close_other"])
    return found


def main() -> int:
    """Print what the judge says; 0 when it agrees."""
    python = sys.argv[1] if len(sys.argv) > 1 else ".venv-judges/bin/python"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        golden = histories(folder)
        wrong = [[*steps[:1], "hand_over", "reopen_case", *steps[1:]] for steps in golden]
        (folder / "net.pnml").write_text(pnml(net()), "utf-8")
        command = [python, str(HERE / "net_judge.py"), str(folder / "net.pnml")]
        done = subprocess.run(command, input=json.dumps([*golden, *wrong]), capture_output=True, text=True, check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    moves = [cost // 10_000 for cost in said["costs"]]
    fits, refused = sum(cost == 0 for cost in moves[: len(golden)]), sum(cost > 0 for cost in moves[len(golden) :])
    sys.stdout.write(
        f"net: workflow net {said['workflow_net']}, sound {said['sound']}; {fits} of {len(golden)} golden histories fit at no "
        f"cost, {refused} of {len(wrong)} forbidden ones do not\n"
    )
    return int(not (said["workflow_net"] and said["sound"] and fits == len(golden) and refused == len(wrong)))


if __name__ == "__main__":
    sys.exit(main())
