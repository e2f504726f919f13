"""Running what is due over a whole store: once, whoever runs it, how often, at once or after its notes were lost."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dtv_workflow.application import Register, create_register, open_register
from dtv_workflow.batch import Script
from dtv_workflow.domain.chapters.tasks import TimerExpired
from dtv_workflow.domain.expiry import to_tell
from dtv_workflow.processes import timers
from dtv_workflow.running import CURSOR_FILE, run_due, run_everything
from dtv_workflow.store.mapper import DamagedEvent
from tests.properties.test_timers import told_in

OPENED = "2026-03-16T09:00:00+01:00"


def opening(label: str, **subject: str) -> dict[str, Any]:
    fields = {"subject": {"name": "Amber", "citizenship": "MA"} | subject, "handover_authority": "IND", "entry_channel": "file"}
    return {"do": "open_case", "case": label, "as": "ILC", "role": "intake_officer", "at": OPENED, "fields": fields}


def told(label: str, do: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"do": do, "case": label, "as": "P", "role": "system", "at": at, "fields": fields}


def made(path: Path, *lines: dict[str, Any]) -> Register:
    register = create_register(path, training=True, actor="script")
    asked(register, *lines)
    return register


def asked(register: Register, *lines: dict[str, Any], labels: dict[str, str] | None = None) -> list[dict[str, Any]]:
    script = Script(register)
    script.labels.update(labels or {})
    return [line.answer for line in script.run(json.dumps(line).encode() for line in lines)]


def fired(register: Register) -> Counter[Any]:
    """What was told in every case of the store."""
    streams = register.store.recorder.stream_ids("case/", limit=1000)
    return Counter((stream, *key) for stream in streams for key in told_in(register.history_of(stream)))


LATER = datetime(2026, 5, 4, 9, tzinfo=UTC)
WISH = told("A", "express_wish_to_leave", "2026-03-18T10:00:00+01:00", reported_by="person")
TERM = told(
    "B", "record_return_decision", "2026-03-18T10:00:00+01:00", kind="return", decided_on="2026-03-17", served_on="2026-03-18",
    language="ar", term_days=28,
)  # fmt: skip


def test_what_is_due_is_told_once_and_the_second_run_looks_at_nothing(tmp_path):
    with made(tmp_path / "s", opening("A"), opening("B"), WISH, TERM) as register:
        first = run_due(register, LATER)
        assert sorted({f.timer for f in first.fired}) == ["D01", "D03", "D04", "D07"]
        second = run_due(register, LATER)
        assert second.fired == []
        again = run_due(register, LATER)
        assert (again.asked, again.fired) == (0, [])


@pytest.mark.parametrize("lost", [b"", b"{", b'{"position": 99999999, "mark": "x", "law": "y"}', b'{"position": -3}', None])
def test_notes_that_are_lost_or_damaged_cost_a_look_and_nothing_else(tmp_path, lost):
    with made(tmp_path / "s", opening("A"), opening("B"), WISH, TERM) as register:
        run_due(register, LATER)
        before = fired(register)
        path = tmp_path / "s" / CURSOR_FILE
        path.unlink() if lost is None else path.write_bytes(lost)
        assert run_due(register, LATER).fired == []
        assert fired(register) == before


def test_a_term_that_ran_out_and_was_met_before_anybody_ran_is_told_all_the_same(tmp_path):
    met = told("A", "assess_opportunity", "2026-03-20T10:00:00+01:00", available=True, finding="x")
    met |= {"as": "RV", "role": "supervisor"}
    with made(tmp_path / "s", opening("A"), WISH, met) as register:
        (d07,) = [f for f in run_due(register, LATER).fired if f.timer == "D07"]
        assert (d07.due, d07.stopped) == (datetime(2026, 3, 19, 9, tzinfo=UTC), True)


def test_a_run_on_a_clock_that_was_set_back_forgets_nothing(tmp_path):
    met = told("A", "assess_opportunity", "2026-03-20T10:00:00+01:00", available=True, finding="x")
    met |= {"as": "RV", "role": "supervisor"}
    with made(tmp_path / "s", opening("A"), WISH, met) as register:
        assert run_due(register, datetime(2026, 3, 18, 12, tzinfo=UTC)).fired == []
        assert [f.timer for f in run_due(register, LATER).fired].count("D07") == 1


def test_several_runners_at_once_tell_everything_once(tmp_path):
    labels = [f"C{n}" for n in range(12)]
    lines = [opening(label) for label in labels]
    lines += [WISH | {"case": label} for label in labels] + [TERM | {"case": label} for label in labels]
    made(tmp_path / "s", *lines).close()

    def one(_: int) -> int:
        with open_register(tmp_path / "s") as register:
            return len(run_due(register, LATER).fired)

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(one, range(4)))
    with open_register(tmp_path / "s") as register:
        assert set(fired(register).values()) == {1}
        assert sum(counts) == len(fired(register)) == 12 * 4


def test_clock_lines_near_together_or_far_apart_fire_the_same(tmp_path):
    days = [datetime(2026, 3, 19, 9, tzinfo=UTC) + timedelta(days=n) for n in range(46)]
    close = [{"clock": day.isoformat()} for day in days]
    seen = []
    for n, clocks in enumerate((close, close[-1:])):
        with made(tmp_path / str(n), opening("A", birth_date="2008-04-20"), WISH, TERM | {"case": "A"}, *clocks) as register:
            seen.append(sorted(key[1:] for key in fired(register)))
    assert seen[0] == seen[1]
    assert {key[0] for key in seen[0]} == {"D01", "D03", "D04", "D07", "D35"}


def test_a_clock_line_says_what_it_fired_and_never_again(tmp_path):
    with made(tmp_path / "s") as register:
        answers = asked(register, opening("A"), WISH, {"clock": LATER.isoformat()}, {"clock": LATER.isoformat()})
    assert [f["timer"] for f in answers[2]["fired"]] == ["D07", "D04"]
    assert "fired" not in answers[3]


def test_coming_of_age_is_told_though_the_index_has_no_key_for_a_birth_date(tmp_path):
    with made(tmp_path / "s", opening("A", birth_date="2008-04-20")) as register:
        assert "D35" not in {f.timer for f in run_due(register, datetime(2026, 3, 31, 21, tzinfo=UTC)).fired}
        (told_,) = [f for f in run_due(register, datetime(2026, 4, 1, tzinfo=UTC)).fired if f.timer == "D35"]
        assert told_.due == datetime(2026, 3, 31, 22, tzinfo=UTC)


def test_a_law_that_changes_makes_a_run_look_at_every_case_again(tmp_path):
    before, after = datetime(2026, 6, 11, 20, tzinfo=UTC), datetime(2026, 6, 12, 20, tzinfo=UTC)
    with made(tmp_path / "s", opening("A"), opening("B")) as register:
        run_due(register, before)
        assert run_due(register, before).asked == 0, "what a run told itself is not looked at again"
        assert run_due(register, after).asked == 2


def test_a_lost_race_is_looked_at_anew(tmp_path, monkeypatch):
    with made(tmp_path / "s", opening("A"), WISH) as register, open_register(tmp_path / "s") as other:
        whole, raced = to_tell, list[int]()

        def slow(history: Any, now: datetime) -> Any:
            found = whole(history, now)
            if not raced:
                raced.append(1)
                timers.fire(other, [history[0].originator_id.removeprefix("case/")], now)
            return found

        monkeypatch.setattr(timers, "to_tell", slow)
        run_due(register, LATER)
        assert set(fired(register).values()) == {1}


def test_coming_of_age_is_told_anew_when_the_birth_date_was_wrong(tmp_path):
    with made(tmp_path / "s", opening("A", birth_date="2008-04-20")) as register:
        run_due(register, datetime(2026, 4, 10, tzinfo=UTC))
        (stream,) = register.store.recorder.stream_ids("case/")
        case = stream.removeprefix("case/")
        right = {"event": 2, "field": "birth_date", "value": "2009-04-20"}
        line = {"do": "correct", "case": case, "as": "RV", "role": "supervisor", "at": "2026-04-12T10:00:00+02:00", "reason": "x"}
        assert asked(register, line | {"fields": right})[0]["status"] == "done"
        for now in (datetime(2026, 4, 13, tzinfo=UTC), datetime(2026, 4, 14, tzinfo=UTC)):
            run_due(register, now)
        later = run_due(register, datetime(2027, 4, 2, tzinfo=UTC))
        assert [f.due for f in later.fired if f.timer == "D35"] == [datetime(2027, 3, 31, 22, tzinfo=UTC)]


def test_a_case_that_cannot_be_read_keeps_no_other_one_waiting(tmp_path, monkeypatch):
    with made(tmp_path / "s", opening("A"), opening("B"), WISH, WISH | {"case": "B"}) as register:
        first, _ = register.store.recorder.stream_ids("case/")
        whole = register.history_of

        def damaged(stream: str) -> Any:
            if stream == first:
                raise DamagedEvent("event 2 cannot be read")
            return whole(stream)

        monkeypatch.setattr(register, "history_of", damaged)
        done = run_due(register, LATER)
        assert {f.timer for f in done.fired} == {"D07", "D04"}
        assert [first[5:] in trouble for trouble in done.troubles] == [True]
        monkeypatch.undo()
        assert len(run_due(register, LATER).fired) == 2, "looked at again once it can be read"


def test_a_clock_that_was_wrong_is_said(tmp_path):
    with made(tmp_path / "s", opening("A"), WISH) as register:
        done = run_due(register, datetime(2026, 3, 17, tzinfo=UTC))
        assert len(done.troubles) == 1
        assert "clock" in done.troubles[0]


def test_everything_runs_without_partners_and_says_what_is_wrong_with_their_file(tmp_path):
    with made(tmp_path / "s", opening("A"), WISH) as register:
        (tmp_path / "s" / "partners.toml").write_text("nonsense = 1\n")
        done = run_everything(register, LATER)
        assert [f.timer for f in done.fired] == ["D07", "D04"]
        assert len(done.troubles) == 1
        assert "partners.toml" in done.troubles[0]


def test_what_a_timer_told_is_recorded_as_the_systems_with_its_own_time(tmp_path):
    with made(tmp_path / "s", opening("A"), WISH) as register:
        run_due(register, LATER)
        (stream,) = register.store.recorder.stream_ids("case/")
        record = next(r for r in register.history_of(stream) if isinstance(r.event, TimerExpired))
        assert (record.actor, record.role.value, record.receipt) == ("timers", "system", None)
        assert (record.occurred_at, record.recorded_at) == (datetime(2026, 3, 19, 9, tzinfo=UTC), LATER)
