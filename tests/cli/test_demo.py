"""The demo and its tour."""

from __future__ import annotations

from dtv_workflow.simulation.model import calibration


def test_the_tour_shows_the_way_and_no_name(dtv, tmp_path):
    dtv.store = tmp_path / "demo"
    told = dtv("demo", "--cases", "12", "--seed", "3")
    assert told.exit == 0, told.err
    assert 20 <= len(told.out.splitlines()) <= 45
    assert "Testpersoon" not in told.out
    assert "counted apart" in told.out
    assert f"DTV_STORE={dtv.store}" in told.out
    assert dtv("case", "list", "--limit", "3").exit == 0
    assert dtv("demo", "--cases", "12").exit == 10


def test_the_simulation_prints_its_figures_beside_the_published_ones(dtv, tmp_path):
    dtv.store = tmp_path / "simulated"
    told = dtv("demo", "--cases", "6", "--years", "1", "--seed", "3")
    assert told.exit == 0, told.err
    for said in ("published", "deviation", "64.3 % (2024)", "scale 1 : 2900", "what cannot be matched, and why", "refused: "):
        assert said in told.out
    assert "Testpersoon" not in told.out + told.err
    assert dtv("demo", "--cases", "6", "--years", "1").exit == 10


def test_the_simulation_as_data_and_in_dutch(dtv, tmp_path):
    dtv.store = tmp_path / "as-data"
    told = dtv("demo", "--cases", "4", "--years", "2", "--seed", "3", "--from", "2020-03-01", "--format", "json", "--lang", "nl")
    assert told.exit == 0, told.err
    assert (told.json["cases"], told.json["years"], len(told.json["digest"])) == (4, 2, 64)
    figures = {figure["id"]: figure for figure in told.json["figures"]}
    assert figures["source_IND"]["published"] | {"source": ""} == {"low": 0.643, "high": 0.643, "year": "2024", "source": ""}
    assert figures["source_IND"]["n"] == 4
    assert figures["source_IND"]["figure"] == "overgedragen door de IND"
    assert all(told.json["unmatched"])


def test_figures_alone_for_a_spreadsheet(dtv, tmp_path):
    dtv.store = tmp_path / "csv"
    told = dtv("demo", "--cases", "2", "--years", "1", "--format", "csv")
    assert told.out.splitlines()[0] == "figure,published,simulated,interval,deviation,judged,note"
    assert len(told.out.splitlines()) == 1 + len(calibration().figure)


def test_a_period_that_makes_no_sense_is_not_understood(dtv, tmp_path):
    dtv.store = tmp_path / "never"
    for day in ("tomorrow", "2024-02-31", "1066-10-14"):
        told = dtv("demo", "--years", "1", "--cases", "1", "--from", day)
        assert (told.exit, day in told.err) == (2, False)
    assert dtv("demo", "--years", "11").exit == 2
    assert not dtv.store.exists()
