"""`dtv audit what-if` and the receipt of a version: real histories judged again, and nothing recorded."""

from __future__ import annotations

import pytest

from dtv_workflow.application import open_register
from dtv_workflow.domain.law.rules import RULES


def test_under_its_own_rules_no_case_differs(dtv):
    before = dtv.head
    told = dtv("audit", "what-if", "--rules", "own", "--format", "json").json
    assert told["cases"] == []
    assert told["totals"] | {"steps": 0} == {
        "cases": 1, "steps": 0, "unjudged": 0, "cases_otherwise": 0, "steps_otherwise": 0, "turned": 0, "codes": {},
    }  # fmt: skip
    assert told["totals"]["steps"] > 15
    assert dtv.head == before


def test_a_notice_of_40_hours_would_have_been_too_short_under_the_48_of_before(dtv):
    both = ("--to", "person", "--to", "lawyer", "--language", "ar")
    when = ("--as", "RV-07", "--at", "2026-02-28T20:00:00+01:00")
    served = dtv("do", "serve-removal-notice", dtv.case, "--attempt", "R2", *both, *when, "--format", "json")
    assert served.exit == 0, served.err
    told = dtv("audit", "what-if", "--rules", "nl-2017-05", "--format", "json").json
    (row,) = told["cases"]
    assert (row["step"], row["code"], row["law"]) == ("serve-removal-notice", "N10", RULES["N10"].law)
    assert (row["then"], row["now"], row["more"]) == ("allowed", "refused", 0)
    assert told["totals"]["turned"] == told["totals"]["cases_otherwise"] == 1
    assert told["totals"]["codes"] == {"N10": 1}
    text = dtv("audit", "what-if", "--rules", "nl-2017-05", "--format", "table")
    assert "1 judged otherwise in 1 cases, 1 with another outcome (N10 1)" in text.err
    dutch = dtv("audit", "what-if", "--rules", "nl-2017-05", "--format", "table", "--lang", "nl")
    assert "1 anders beoordeeld in 1 zaken, waarvan 1 met een andere uitkomst" in dutch.err


@pytest.mark.parametrize(
    ("where", "cases"),
    [(("phase=forced_departure",), 1), (("phase!=forced_departure",), 0), (("regime=dublin",), 0),
     (("phase=forced_departure", "outcome="), 1), (("outcome!=",), 0)],
    ids=lambda said: "+".join(said) if isinstance(said, tuple) else "",
)  # fmt: skip
def test_where_chooses_cases_by_the_columns_of_the_caseload(dtv, where, cases):
    options = [option for condition in where for option in ("--where", condition)]
    told = dtv("audit", "what-if", "--rules", "own", *options, "--format", "json").json
    assert told["totals"]["cases"] == cases


@pytest.mark.parametrize("where", ["phase", "nothing=x", "phase=x; DROP TABLE caseload", "name=Samira"])
def test_a_condition_is_read_as_a_value_or_refused(dtv, where):
    told = dtv("audit", "what-if", "--rules", "own", "--where", where, "--format", "json")
    if where.startswith("phase="):
        assert told.json["totals"]["cases"] == 0
    else:
        assert told.exit == 2
        assert "supervisor" in told.err
        assert "Samira" not in told.err


def test_a_ruleset_must_be_named_and_known(dtv):
    assert dtv("audit", "what-if").exit == 2
    assert dtv("audit", "what-if", "--rules", "no-such-law").exit == 5


def test_a_receipt_shows_what_it_relied_on_with_dates_and_sources_and_is_judged_again(dtv):
    rows = dtv("case", "log", dtv.case, "--format", "json", "--reverse").json
    version = next(row["version"] for row in rows if row["event"] == "ForcedTrackApproved")
    told = dtv("case", "why", dtv.case, str(version), "--format", "json").json
    assert told["judged_again"] == "same"
    assert told["hash"]
    events = {event["version"]: event for guard in told["guards"] for event in guard["events"]}
    checked = next(event for event in events.values() if event["event"] == "RemovabilityChecked")
    assert checked["source"].startswith("IND-")
    assert checked["occurred_at"].startswith("2026-")
    page = dtv("case", "why", dtv.case, str(version), "--format", "table").out
    assert f"RemovabilityChecked, source {checked['source']}" in page
    assert "the same verdicts" in page
    assert "dezelfde uitkomsten" in dtv("case", "why", dtv.case, str(version), "--lang", "nl").out


def test_the_receipt_of_a_refusal_is_printed_as_that_of_a_decision_is(dtv):
    refused = dtv("do", "order-laissez-passer", dtv.case, "--country", "MA", "--purpose", "return", "--no-asylum-screened",
                  "--copy-given", "--as", "RV-07", "--format", "json")  # fmt: skip
    assert refused.exit == 3
    last = dtv("case", "log", dtv.case, "--format", "json").json[0]
    told = dtv("case", "why", dtv.case, str(last["version"]), "--format", "json").json
    assert (told["event"], told["step"], told["judged_again"]) == ("CommandRefused", "order-laissez-passer", "same")
    assert "N21" in [guard["code"] for guard in told["guards"] if guard["answer"] == "no"]
    assert told["inputs"] == {"country": "MA", "purpose": "return", "asylum_screened": False, "copy_given": True}


def test_a_receipt_that_the_guards_no_longer_give_says_so(dtv, monkeypatch):
    from dtv_workflow.domain.law.rules import Guard, found
    from dtv_workflow.domain.workflow import STEPS

    with open_register(dtv.store) as register:
        version = next(r.version for r in register.history(dtv.case) if r.name == "ForcedTrackProposed")
    row = STEPS["propose_forced_track"]
    other = tuple(Guard(g.rule, g.name, lambda *_: found("x", "x")) if g.name == "no_offer" else g for g in row.guards)
    monkeypatch.setitem(STEPS, "propose_forced_track", row._replace(guards=other))
    assert dtv("case", "why", dtv.case, str(version), "--format", "json").json["judged_again"] == "differs"
    told = dtv("audit", "what-if", "--rules", "own", "--format", "json").json
    assert [(row["code"], row["then"], row["now"]) for row in told["cases"]] == [("N01", "allowed", "refused")]
