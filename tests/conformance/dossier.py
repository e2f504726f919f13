"""The dossier before Chromium, axe and html-validate: `python -m tests.conformance.dossier`. Needs node, npm and Chromium.

A thousand changed files are opened as well: the script in them must notice each that a browser reads otherwise. What is left are
changes that mean nothing to a browser (the case of a letter in a tag); they are counted and named.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

from dtv_workflow.cli import settings
from dtv_workflow.cli.main import run
from tests.audit.test_dossier import LIFE, mutated
from tests.processes.outgoing import lived, training
from tests.properties.lived import TO_CLOSED

HERE = Path(__file__).parent
MUTATIONS = int(os.environ.get("MUTATIONS", "1000"))


def written(folder: Path) -> list[Path]:
    """Dossiers of two lives, for every reader, in both languages."""
    found = []
    with training(folder) as register:
        cases = [lived(register, *TO_CLOSED), lived(register, *LIFE)]
    for case, level, lang in [
        (cases[1], "court", "en"), (cases[1], "court", "nl"), (cases[1], "inspectorate", "nl"), (cases[1], "subject", "nl"),
        (cases[1], "public", "nl"), (cases[0], "court", "en"),
    ]:  # fmt: skip
        file = folder / f"{case[-5:]}-{level}-{lang}.html"
        settings._last.clear()
        store = str(folder / "store")
        if run(["--store", store, "--lang", lang, "audit", "dossier", case, "-o", str(file), "--redact", level]) != 0:
            raise SystemExit("no dossier was written")
        found.append(file)
    return found


PLANTED: dict[str, Callable[[str], str]] = {
    "no language": lambda page: page.replace('<html lang="en">', "<html>"),
    "no heading": lambda page: page.replace("<h1>", "<h4>").replace("</h1>", "</h4>"),
    "a frame of somebody else": lambda page: page.replace("<main>", '<main><img src="https://example.org/x.png">'),
}


def main() -> int:
    """Print what the judges say; 0 when they find nothing and notice what is planted."""
    with tempfile.TemporaryDirectory() as name:
        folder, random = Path(name), Random(20261124)
        pages = written(folder)
        data, changed = pages[0].read_bytes(), list[Path]()
        while len(changed) < MUTATIONS:
            if (new := mutated(data, random)) != data:
                changed.append(folder / f"changed-{len(changed)}.html")
                changed[-1].write_bytes(new)
        said = judged(pages, pages[0], changed)
        for same in said["neutral"]:
            sys.stdout.write(f"  means nothing to a browser: {difference(data, Path(same).read_bytes())}\n")
        awake = 0
        for n, planted in enumerate(PLANTED.values()):
            file = folder / f"planted-{n}.html"
            file.write_text(planted(pages[0].read_text("utf-8")), "utf-8")
            awake += bool(judged([file], file, [])["found"])
    for line in said["found"][:20]:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write(
        f"dossier: {said['views']} views without a finding, {said['noticed']} of {said['changed']} changes noticed, "
        f"{len(said['neutral'])} mean nothing to a browser; {awake} of {len(PLANTED)} planted faults found\n"
    )
    return int(bool(said["found"]) or awake != len(PLANTED))


def difference(was: bytes, now: bytes) -> str:
    """Where two files begin to differ, with a little of what stands there."""
    at = next((n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    return f"at byte {at} of {len(was)}: {was[max(0, at - 12) : at + 24]!r} is {now[max(0, at - 12) : at + 24]!r}"


def judged(pages: list[Path], original: Path, changed: list[Path]) -> dict[str, list[str]]:
    """What the judge says of these files."""
    asked = {"pages": [str(page) for page in pages], "original": str(original), "changed": [str(file) for file in changed]}
    done = subprocess.run(["node", "dossier.mjs"], input=json.dumps(asked), cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    sys.exit(main())
