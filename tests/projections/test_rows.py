"""What each projection shows of short histories made through the register, and what a correction changes in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dtv_workflow.application import Register
from dtv_workflow.domain.vocabulary import Outcome
from dtv_workflow.projections.catalogue import views_of
from dtv_workflow.projections.departures import DEPARTURES
from dtv_workflow.projections.rows import METADATA
from dtv_workflow.store.files import open_store_files

from .conftest import SCENARIOS, asked, correct, lines_of, run


def line(do: str, at: str, **more: Any) -> dict[str, Any]:
    return {"do": do, "case": "A", "as": "RV-07", "role": "supervisor", "at": at, "fields": {}, **more}


@pytest.mark.parametrize("name", [path.stem for path in SCENARIOS])
def test_the_caseload_says_what_the_register_says(tmp_path: Path, name: str):
    path = run(tmp_path / "store", lines_of(name))
    columns = "case_id, phase, episode, outcome, custody, citizenship, sex, age_band, regime, version, live_bookings"
    rows = asked(path, f"SELECT {columns} FROM caseload ORDER BY case_id")
    holds = asked(path, "SELECT case_id, hold, kind FROM holds_in_force ORDER BY case_id, hold")
    with Register(open_store_files(path)) as register:
        streams = register.store.recorder.stream_ids("case/")
        cases = [register.case(stream.removeprefix("case/")) for stream in streams]
    assert rows == [
        (
            case.id, case.phase.value, case.episode, case.outcome.value if case.outcome else None, case.custody,
            case.citizenship, case.sex.value, case.age_band.value, case.regime.value, case.version, len(case.live_bookings()),
        )
        for case in cases
    ]  # fmt: skip
    assert holds == sorted((case.id, id, hold.kind.value) for case in cases for id, hold in case.holds.items())


def test_the_row_of_a_case_that_is_being_worked_on(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G01")[:12])
    assert asked(
        path,
        "SELECT phase, phase_since, supervisor, special, opened_on, handover_authority, entry_channel, open_wish_since, "
        "next_departure_at, last_event_at, closed_on FROM caseload",
    ) == [
        (
            "motivation", "2026-01-06T09:00:00.000000Z", "RV-07", 0, "2026-01-05", "IND", "bvv", "2026-01-12T09:00:00.000000Z",
            None, "2026-01-12T09:00:00.000000Z", None,
        )
    ]  # fmt: skip


def test_a_ticket_is_the_next_departure_until_the_case_is_closed(tmp_path: Path):
    question = "SELECT next_departure_at, closed_on FROM caseload"
    assert asked(run(tmp_path / "a", lines_of("G01")[:17]), question) == [("2026-01-25T09:00:00.000000Z", None)]
    assert asked(run(tmp_path / "b", lines_of("G01")), question) == [(None, "2026-01-26")]


def test_a_booking_is_the_next_departure_while_it_lives(tmp_path: Path):
    lines = lines_of("G07")
    booked = next(n for n, each in enumerate(lines, 1) if each.get("do") == "book_removal" and each["expect"] == "done")
    path = run(tmp_path / "store", lines[:booked])
    assert asked(path, "SELECT live_bookings, next_departure_at IS NOT NULL FROM caseload") == [(1, 1)]


def test_holds_in_force_with_the_moment_they_end(tmp_path: Path):
    until = {"hold": "h1", "hold_kind": "art64_granted", "until": "2026-06-30"}
    placed = {"hold": "h2", "hold_kind": "tuberculosis"}
    lines = [
        *lines_of("G01")[:9],
        line("place_hold", "2026-01-09T10:00:00+01:00", fields=until),
        line("place_hold", "2026-01-09T11:00:00+01:00", fields=placed),
    ]
    question = "SELECT hold, kind, placed_on, until FROM holds_in_force ORDER BY hold"
    term = ("departure_term_running", "departure_term_running", "2026-01-06", "2026-02-03T23:00:00.000000Z")
    h1 = ("h1", "art64_granted", "2026-01-09", "2026-06-30T22:00:00.000000Z")
    assert asked(run(tmp_path / "a", lines), question) == [term, h1, ("h2", "tuberculosis", "2026-01-09", None)]
    lifted = line("lift_hold", "2026-01-10T10:00:00+01:00", fields={"hold": "h2", "basis": "healed"})
    assert asked(run(tmp_path / "b", [*lines, lifted]), question) == [term, h1]


def test_a_corrected_hold_ends_at_the_corrected_moment(tmp_path: Path):
    lines = lines_of("G01")[:9]
    path = run(tmp_path / "a", lines)
    ((version,),) = asked(path, "SELECT version FROM holds_in_force")
    path = run(tmp_path / "b", [*lines, correct(int(version), "until", "2026-02-10T23:00:00Z")])
    assert asked(path, "SELECT until FROM holds_in_force") == [("2026-02-10T23:00:00.000000Z",)]


def test_the_timeline_has_every_event_with_both_its_times(tmp_path: Path):
    late = line("record_removability", "2026-01-07T10:00:00+01:00", recorded_at="2026-01-09T10:00:00+01:00", source="IND-7")
    late["fields"] = {"answer": "removable", "checked_at": "2026-01-07T09:00:00+01:00"}
    path = run(tmp_path / "store", [*lines_of("G01")[:8], late])
    shown = "position, case_id IS NULL, stream = 'register', event, topic, step, training"
    rows = asked(path, f"SELECT {shown} FROM timeline ORDER BY position")
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0][1:] == (1, 1, "StoreOpened", "store_opened.v1", "init", 1)
    assert rows[2][1:] == (0, 0, "CaseOpened", "case_opened.v1", "open_case", 1)
    shown = "actor, role, second, source, occurred_at, recorded_at"
    assert asked(path, f"SELECT {shown} FROM timeline ORDER BY position DESC LIMIT 1") == [
        ("RV-07", "supervisor", None, "IND-7", "2026-01-07T09:00:00.000000Z", "2026-01-09T09:00:00.000000Z")
    ]


def test_the_timeline_shows_a_corrected_time_and_by_which_event(tmp_path: Path):
    lines = [*lines_of("G01"), correct(20, "occurred_at", "2026-01-25T12:00:00+01:00"), correct(2, "name", "Iemand Anders")]
    path = run(tmp_path / "store", lines)
    assert asked(path, "SELECT version, occurred_at, corrected_by FROM timeline WHERE corrected_by IS NOT NULL ORDER BY 1") == [
        (2, "2026-01-05T09:00:00.000000Z", 22),
        (20, "2026-01-25T11:00:00.000000Z", 21),
    ]
    assert asked(path, "SELECT closed_on, phase_since FROM caseload") == [("2026-01-25", "2026-01-25T11:00:00.000000Z")]


CELLS = "SELECT month, outcome, citizenship, age_band, sex, n FROM {} ORDER BY 1, 2, 3, 4, 5"


def test_a_departure_is_counted_once_and_can_be_traced(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G01"))
    assert asked(path, CELLS.format("departures")) == [("2026-01", "independent_supervised", "MA", "35+", "f", 1)]
    assert asked(path, "SELECT version, episode, month, outcome FROM closings") == [(20, 1, "2026-01", "independent_supervised")]
    assert asked(path, CELLS.format("other_endings")) == []


@pytest.mark.parametrize(("event", "field", "value", "cell"), [
    (20, "outcome", "forced", ("2026-01", "forced", "MA", "35+", "f", 1)),
    (20, "ended_on", "2025-12-31", ("2025-12", "independent_supervised", "MA", "35+", "f", 1)),
    (20, "age_band", "18-34", ("2026-01", "independent_supervised", "MA", "18-34", "f", 1)),
    (2, "citizenship", "SY", ("2026-01", "independent_supervised", "SY", "35+", "f", 1)),
    (2, "sex", "x", ("2026-01", "independent_supervised", "MA", "35+", "x", 1)),
    (2, "name", "Iemand Anders", ("2026-01", "independent_supervised", "MA", "35+", "f", 1)),
])
@pytest.mark.parametrize("followed", [True, False])
def test_a_correction_moves_the_count_to_another_cell(
    tmp_path: Path, event: int, field: str, value: str, cell: tuple[Any, ...], followed: bool
):
    look = (lambda register: views_of(register.store).catch_up()) if followed else None
    path = run(tmp_path / "store", [*lines_of("G01"), correct(event, field, value)], after=look)
    assert asked(path, CELLS.format("departures")) == [cell]
    assert asked(path, "SELECT month, outcome, citizenship, age_band, sex FROM closings") == [cell[:5]]


def test_a_correction_to_unsupervised_takes_a_departure_away(tmp_path: Path):
    path = run(tmp_path / "store", [*lines_of("G01"), correct(20, "outcome", "unsupervised")])
    assert asked(path, CELLS.format("departures")) == []
    assert asked(path, CELLS.format("other_endings")) == [("2026-01", "unsupervised", "MA", "35+", "f", 1)]
    back = run(
        tmp_path / "back", [*lines_of("G01"), correct(20, "outcome", "unsupervised"), correct(20, "outcome", "forced")]
    )
    assert asked(back, CELLS.format("departures")) == [("2026-01", "forced", "MA", "35+", "f", 1)]
    assert asked(back, CELLS.format("other_endings")) == []


def test_who_left_unseen_is_not_among_the_departures(tmp_path: Path):
    check = {"check": {"by": "AVIM", "at": "2026-02-20T10:00:00+01:00", "result": "not found"}}
    gone = line("close_unsupervised", "2026-02-20T11:00:00+01:00", fields=check, expect="done")
    path = run(tmp_path / "store", [*lines_of("G01")[:10], gone])
    assert asked(path, CELLS.format("departures")) == []
    assert asked(path, CELLS.format("other_endings")) == [("2026-02", "unsupervised", "MA", "35+", "f", 1)]


def test_each_outcome_is_counted_in_one_table():
    departed = {Outcome.INDEPENDENT_SUPERVISED, Outcome.FORCED, Outcome.DUBLIN_TRANSFER}
    assert set(DEPARTURES) == departed
    in_tables = [METADATA.tables[name].c.outcome.info["codes"] for name in ("departures", "other_endings")]
    assert Counter(code for codes in in_tables for code in codes) == Counter(outcome.value for outcome in Outcome)


def test_a_reopened_case_keeps_what_was_counted_and_counts_again(tmp_path: Path):
    again = [
        line("reopen_case", "2026-03-01T10:00:00+01:00", **{"as": "TL-02", "role": "team_leader"}),
        line("record_residence", "2026-04-01T10:00:00+02:00", expect="done"),
        correct(2, "citizenship", "DZ"),
    ]
    again[0]["fields"] = {"cause": "proof_invalid"}
    again[1]["fields"] = {"permit": "art8", "granted_on": "2026-04-01"}
    path = run(tmp_path / "store", [*lines_of("G01"), *again])
    assert asked(path, "SELECT episode, month, outcome, citizenship FROM closings ORDER BY version") == [
        (1, "2026-01", "independent_supervised", "DZ"),
        (2, "2026-04", "residence", "DZ"),
    ]
    assert asked(path, CELLS.format("departures")) == [("2026-01", "independent_supervised", "DZ", "35+", "f", 1)]
    assert asked(path, CELLS.format("other_endings")) == [("2026-04", "residence", "DZ", "35+", "f", 1)]


def test_the_counts_are_the_closings_counted(busy: Path):
    counted = Counter({row[:5]: row[5] for name in ("departures", "other_endings") for row in asked(busy, CELLS.format(name))})
    assert counted == Counter(asked(busy, "SELECT month, outcome, citizenship, age_band, sex FROM closings"))
    assert counted.total() >= 3


SAID = ("supervisor", "RV-07")


def test_every_obstacle_of_a_refusal_has_its_row(tmp_path: Path):
    path = run(tmp_path / "store", lines_of("G05"))
    assert asked(path, "SELECT number, step, code, guard, role, actor, occurred_at FROM refusals ORDER BY position, number") == [
        (1, "propose_forced_track", "N05", "unaccompanied_without_reception", *SAID, "2026-02-10T09:00:00.000000Z"),
        (2, "propose_forced_track", "N06", "guardian_not_informed", *SAID, "2026-02-10T09:00:00.000000Z"),
        (1, "close_unsupervised", "N25", "minor_not_reported_missing", *SAID, "2026-03-10T09:00:00.000000Z"),
    ]
    assert asked(path, "SELECT DISTINCT law FROM refusals WHERE code = 'N06'") == [("Vc 2000 A3/6.1",)]
    assert asked(path, "SELECT codes FROM timeline WHERE codes IS NOT NULL ORDER BY position") == [("N05,N06",), ("N25",)]


def test_a_refused_opening_has_no_case(tmp_path: Path):
    lines = lines_of("G01")[:2]
    other = {**lines[1], "case": "B", "expect": "refused:N36"}
    path = run(tmp_path / "store", [*lines, other])
    assert asked(path, "SELECT case_id, step, code, guard FROM refusals") == [(None, "open_case", "N36", "another_case_is_open")]
    assert asked(path, "SELECT count(*) FROM caseload") == [(1,)]


def test_a_fact_that_should_not_have_happened_is_an_incident(tmp_path: Path):
    removed = line("confirm_removal", "2026-01-20T10:00:00+01:00", expect="incident~N59")
    removed["fields"] = {"departed_at": "2026-01-20T09:00:00+01:00", "destination": "MA", "proof": "m100"}
    path = run(tmp_path / "store", [*lines_of("G01")[:9], removed])
    rows = asked(path, "SELECT code, step, role, actor, occurred_at FROM incidents ORDER BY code")
    assert ("N59", "confirm_removal", "supervisor", "RV-07", "2026-01-20T09:00:00.000000Z") in rows
    assert asked(path, "SELECT count(*) FROM refusals") == [(0,)]
    codes = asked(path, "SELECT codes FROM timeline WHERE event = 'IntegrityIncidentRaised' ORDER BY 1")
    assert codes == [(row[0],) for row in rows]
