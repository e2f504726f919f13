"""`dtv key`: forgetting a person on the command line, and every reading command over somebody who was forgotten."""

from __future__ import annotations

import json

import pytest

from dtv_workflow import erasure
from dtv_workflow.store.seal import FORGOTTEN
from tests.cli.conftest import Dtv
from tests.cli.test_access import LISTS, MORE, opening

ASKED = ("--reason", "retention_ended", "--second", "TL-02", "--as", "PO-1", "--yes")


@pytest.fixture
def erased(dtv: Dtv, monkeypatch: pytest.MonkeyPatch) -> Dtv:
    """The store with its case forgotten, as if nothing had stood in the way."""
    with monkeypatch.context() as patched:
        patched.setattr(erasure, "blockers", lambda *_: iter(()))
        told = dtv("key", "shred", dtv.case, *ASKED)
    assert told.exit == 0, told.err
    return dtv


def test_what_stands_in_the_way_is_told_with_its_law_and_nothing_happens(dtv):
    for shape, lang in (("table", "en"), ("table", "nl"), ("json", "en")):
        told = dtv("key", "shred", dtv.case, *ASKED, "--format", shape, "--lang", lang)
        assert told.exit == 3
        assert "case_open" in told.out + told.err
        assert "2016/679" in told.out + told.err
    assert "Samira" in dtv("case", "show", dtv.case, "--unmask", "--reason", "complaint").out


def test_it_asks_first_and_a_rehearsal_does_not(dtv, monkeypatch):
    asked = tuple(word for word in ASKED if word != "--yes")
    assert dtv("key", "shred", dtv.case, *asked).exit != 0
    assert dtv("key", "shred", dtv.case, *asked, "--dry-run").exit == 3
    monkeypatch.setattr(erasure, "blockers", lambda *_: iter(()))
    assert "nothing stands in the way" in dtv("key", "shred", dtv.case, *asked, "--dry-run").out


def test_a_ground_is_coded_and_free_text_is_not_taken(dtv):
    told = dtv("key", "shred", dtv.case, "--reason", "Samira asked", "--second", "TL-02", "--yes")
    assert told.exit == 2
    assert "Samira" not in told.err


def test_a_certificate_is_written_and_names_nobody(dtv, tmp_path, monkeypatch):
    monkeypatch.setattr(erasure, "blockers", lambda *_: iter(()))
    told = dtv("key", "shred", dtv.case, *ASKED, "--certificate", str(tmp_path / "c.json"))
    assert told.exit == 0
    said = json.loads((tmp_path / "c.json").read_text())
    assert (said["keys_left"], said["cases"], said["second"], said["by"]) == (0, [dtv.case], "TL-02", "PO-1")
    assert said["values_unreadable"] > 10
    assert said["not_covered"]
    assert "Samira" not in told.out + told.err + json.dumps(said)


def test_a_list_of_keys_names_nobody_and_says_what_stands_in_the_way(dtv):
    (row,) = dtv("key", "list", "--format", "json").json
    assert row["cases"] == [dtv.case]
    assert "case_open" in row["stands_in_the_way"]
    assert row["subject"].startswith("s-")
    assert dtv("key", "list", "--ready", "--format", "json").json == []
    assert "Samira" not in dtv("key", "list").out


@pytest.mark.parametrize("path", dict.fromkeys([*opening(), *LISTS]), ids=" ".join)
def test_every_reading_command_reads_over_somebody_who_was_forgotten(erased, path, tmp_path):
    more = [str(tmp_path / "out") if word == "OUT" else word for word in MORE.get(" ".join(path), ())]
    for shape in ("table", "json"):
        told = erased(*path, *([erased.case, *more] if path in opening() else []), "--format", shape)
        assert told.exit == 0, told.err
        assert not {"Samira", "Testpersoon", "1990-05-04"} & set(told.out.split())


def test_in_full_a_forgotten_person_shows_as_erased(erased):
    told = erased("case", "show", erased.case, "--unmask", "--reason", "complaint")
    assert FORGOTTEN in told.out
    assert FORGOTTEN in erased("case", "log", erased.case, "-p", "--unmask", "--reason", "complaint").out


def test_the_log_verifies_counts_and_exports_as_before(erased, tmp_path):
    assert erased("audit", "verify").exit == 0
    assert erased("audit", "verify", erased.case).exit == 0
    assert erased("projection", "rebuild").exit == 0
    assert erased("audit", "what-if", "--rules", "own").exit == 0
    for form in ("ocel", "xes", "prov", "zgw", "cloudevents"):
        assert erased("audit", "export", "--as", form, "-o", str(tmp_path / f"{form}.json"), "--no-progress").exit == 0
    assert erased("key", "list", "--format", "json").json == []
    assert erased("key", "shred", erased.case, *ASKED).exit == 3, "its case is open: asked anew, it is refused"
