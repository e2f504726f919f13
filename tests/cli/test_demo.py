"""The demo and its tour."""

from __future__ import annotations


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
