"""Other people's readers on a folder of exports; prints what each counted, as JSON. Run by `mining.py` with a Python of its own
(`requirements/judges.txt`), in a process of its own: PM4Py is AGPL, and nothing of ours imports it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

_PM4PY = "pm4py.objects.ocel.importer."
PM4PY = {
    "json": "jsonocel.variants.ocel20_standard",
    "xml": "xmlocel.variants.ocel20",
    "sqlite": "sqlite.variants.ocel20",
}


def by_pm4py(file: Path) -> dict[str, int]:
    """Events, objects, and relations of both kinds, as PM4Py keeps them: what dangles it drops."""
    log = import_module(_PM4PY + PM4PY[file.suffix[1:]]).apply(str(file))
    return {"events": len(log.events), "objects": len(log.objects), "e2o": len(log.relations), "o2o": len(log.o2o)}


def by_r4pm(file: Path) -> dict[str, int]:
    """Events, objects and relations between them, as r4pm counts them; it has no count of relations between objects."""
    r4pm, bindings = import_module("r4pm"), import_module("r4pm.bindings")
    log = r4pm.import_item("OCEL", str(file))
    stats = bindings.ocel_type_stats(log)
    relations = sum(count for _, _, count in bindings.locel_event_object_type_counts(log))
    events, objects = (sum(stats[f"{of}_type_counts"].values()) for of in ("event", "object"))
    return {"events": events, "objects": objects, "e2o": relations}


def traces(file: Path) -> dict[str, int]:
    """Traces and events of an XES log, by PM4Py."""
    log = import_module("pm4py.objects.log.importer.xes.variants.iterparse").apply(str(file))
    return {"traces": len(log), "events": sum(len(trace) for trace in log)}


def main() -> None:
    """`mining_judge.py FOLDER`: every file in it."""
    found: dict[str, Any] = {}
    for file in sorted(Path(sys.argv[1]).iterdir()):
        judges: dict[str, Callable[[Path], Any]] = {"pm4py": by_pm4py, "r4pm": by_r4pm}
        if file.suffix == ".xes":
            judges = {"pm4py": traces}
        for name, judge in judges.items():
            found[f"{file.name} {name}"] = judge(file)
    print("\n" + json.dumps(found))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
