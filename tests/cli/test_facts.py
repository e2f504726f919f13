"""Facts against the rules and facts that end things, as the operator sees them: at once, in one commit, on the worklist."""

from __future__ import annotations


def commit(dtv, request_id: str) -> list[str]:
    rows = dtv("case", "log", dtv.case, "--format", "json", "--reverse").json
    return [row["event"] for row in rows if row["request_id"] == request_id]


def test_vw_59_3_a_wish_starts_its_clock_and_is_on_the_worklist_at_once(dtv):
    told = dtv("record", "express-wish-to-leave", dtv.case, "--reported-by", "dji", "--at", "2026-02-24T23:10:00+01:00")
    assert told.exit == 0
    terms = dtv("case", "show", dtv.case, "--format", "json").json["deadlines"]
    assert [(term["code"], term["due"]) for term in terms if term["code"] == "D07"] == [("D07", "2026-02-25T22:10:00Z")]
    tasks = dtv("work", "--format", "json").json
    assert "a wish to leave, not assessed" in [task["why"] for task in tasks if task["case"] == dtv.case]


def test_vw_63_a_hold_that_lands_on_a_live_booking_cancels_it_in_the_same_commit(dtv):
    told = dtv("record", "place-hold", dtv.case, "--hold", "A1", "--hold-kind", "appeal_suspensive", "--format", "json",
               "--at", "2026-02-24T09:00:00+01:00", "--request-id", "m-1")  # fmt: skip
    assert told.exit == 0
    assert commit(dtv, "m-1") == ["HoldPlaced", "RemovalAttemptCancelled"]


def test_vw_59_a_detention_told_of_over_a_hold_is_recorded_with_its_incident(dtv):
    dtv("record", "place-hold", dtv.case, "--hold", "A1", "--hold-kind", "echr_rule39", "--at", "2026-02-24T09:00:00+01:00")
    told = dtv("record", "report-detention", dtv.case, "--article", "59", "--since", "2026-02-24", "--by", "AVIM",
               "--at", "2026-02-25T09:00:00+01:00", "--request-id", "m-2", "--format", "json")  # fmt: skip
    assert told.exit == 0
    assert told.json["incidents"] == ["N52"]
    assert commit(dtv, "m-2") == ["DetentionReported", "IntegrityIncidentRaised"]
