"""The simulation: the same seed gives the same log, nobody is removed or detained against the law, and its figures are near the
published ones because rates and delays make them so: nothing is cast."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dtv_workflow.application import Register, open_register
from dtv_workflow.domain.chapters.closing import CaseClosed, DublinTransferCompleted, RemovalCompleted
from dtv_workflow.domain.chapters.forced_departure import ForcedTrackApproved, ForcedTrackStarted
from dtv_workflow.domain.chapters.holds import HoldPlaced
from dtv_workflow.domain.chapters.intake import IntakeCompleted
from dtv_workflow.domain.chapters.records import CommandRefused
from dtv_workflow.domain.chapters.tasks import TimerExpired
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.record import Record, fold
from dtv_workflow.domain.vocabulary import TERM_HOLDS, HoldKind, Role
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import NoStore
from dtv_workflow.simulation.figures import Compared, compare, mean, per_hundred, share
from dtv_workflow.simulation.model import Model, calibration, made_up
from dtv_workflow.simulation.run import Simulated, digest, later, simulate
from tests.properties.invariants import INVARIANTS, Kept, incidents, stretches
from tests.properties.lived import Issued, Life, Outcome

SOURCE = Path(__file__).resolve().parents[1] / "src"
CASES = 360


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Simulated:
    """The run that most tests look at: made once, as `dtv demo --cases 360 --years 1 --seed 1` makes it."""
    return simulate(tmp_path_factory.mktemp("simulation") / "store", cases=CASES, years=1, seed=1)


@pytest.fixture(scope="module")
def histories(made) -> list[list[Record]]:
    with open_register(made.path) as register:
        return histories_of(register)


@pytest.fixture(scope="module")
def figures(made) -> dict[str, Compared]:
    with open_register(made.path) as register:
        return {each.figure.id: each for each in compare(register, made.end, made.years)}


def histories_of(register: Register) -> list[list[Record]]:
    return [register.history_of(stream) for stream in register.store.recorder.stream_ids("case/", limit=100_000)]


def small(path: Path, cases: int = 14, **changed: dict[str, float]) -> list[list[Record]]:
    """The histories of a small run with some of the model's numbers changed."""
    model = calibration().model
    new: dict[str, Any] = {name: getattr(model, name) | values for name, values in changed.items()}
    simulate(path, cases=cases, years=1, seed=5, model=msgspec.structs.replace(model, **new))
    with open_register(path) as register:
        return histories_of(register)


def outcomes(histories: list[list[Record]]) -> set[str]:
    return {r.event.outcome.value for history in histories for r in history if isinstance(r.event, CaseClosed)}


def refused(histories: list[list[Record]]) -> Counter[str]:
    return Counter(c for history in histories for r in history if isinstance(r.event, CommandRefused) for c in r.event.codes)


# ------------------------------------------------------------------ the same seed, the same log


def run_apart(path: Path, seed: int, **env: str) -> str:
    """The digest of a small run in a process of its own."""
    asked = f"simulate({str(path)!r}, cases=8, years=1, seed={seed})"
    code = f"from dtv_workflow.simulation.run import simulate; print({asked}.digest)"
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), **env}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=surroundings, check=True, timeout=120)
    return done.stdout.decode().strip()


def test_the_same_seed_gives_the_same_log_in_any_process(tmp_path):
    first = run_apart(tmp_path / "a", 3, PYTHONHASHSEED="1", TZ="Asia/Tokyo")
    assert first == run_apart(tmp_path / "b", 3, PYTHONHASHSEED="2", TZ="UTC")
    assert first != run_apart(tmp_path / "c", 4, PYTHONHASHSEED="1")


def test_the_digest_is_that_of_the_log_as_it_is_stored(made):
    with open_register(made.path) as register:
        assert (digest(register), register.store.recorder.max_notification_id()) == (made.digest, made.events)


def test_everything_lies_in_the_period_and_in_order(made, histories):
    assert (made.start, made.end) == (datetime(2023, 12, 31, 23, tzinfo=UTC), datetime(2024, 12, 31, 23, tzinfo=UTC))
    for history in histories:
        times = [record.recorded_at for record in history]
        assert times == sorted(times)
        assert made.start <= times[0] <= times[-1] < made.end


def test_the_period_is_the_one_asked_for(tmp_path):
    made = simulate(tmp_path / "store", cases=3, years=2, seed=1, start=date(2020, 3, 1))
    assert (day_of(made.start), day_of(made.end)) == (date(2020, 3, 1), date(2022, 3, 1))
    assert later(date(2024, 2, 29), 1) == date(2025, 3, 1)


def test_an_existing_store_is_left_alone(made):
    with pytest.raises(NoStore):
        simulate(made.path, cases=1, years=1)


# ------------------------------------------------------------------ the law


def test_vw_63_nobody_is_removed_or_transferred_while_a_hold_is_open(histories):
    """As known when it happened; one that was told late has its incident, in the commit that told it."""
    left, told = 0, Counter[str]()
    for history in histories:
        for n, record in enumerate(history):
            if not isinstance(record.event, RemovalCompleted | DublinTransferCompleted):
                continue
            left += 1
            when = record.event.departed_at
            held = [s for s in stretches(history[:n]) if s.covers(when) and s.kind not in TERM_HOLDS]
            commit = [r for r in history if r.request_id == record.request_id]
            assert not held or "N03" in incidents(commit)
            told.update(incidents(commit))
    assert left > 20
    assert told["N02"] + told["N03"] + told["N59"] == 0


def test_i1_to_i7_hold_over_the_made_log(histories):
    forced = [h for h in histories if any(r.name.startswith(("Detention", "RemovalCompleted")) for r in h)]
    others = [h for h in histories if h not in forced]
    watched = [*forced[:16], *others[::40]]
    assert len(forced) > 16
    for history in watched:
        assert list(breaches(history)) == []


def breaches(history: list[Record]):
    """Every breach of an invariant at every step of a life, told from its log."""
    kept, life = Kept(), Life()
    for _, commit in groupby(history, key=lambda record: record.request_id):
        records = list(commit)
        before = fold(life.records)
        life.records = [*life.records, *records]
        life.case, life.now = fold(life.records), records[-1].recorded_at
        if records[0].step not in STEPS:
            continue
        issued, row = Issued(records[0].step, {}, actor=records[0].actor), STEPS[records[0].step]
        life.outcomes.append(Outcome(issued, row, before, fold(life.records), None, records, records[0].occurred_at))
        found = [f"{name}: {said}" for name, look in INVARIANTS.items() for said in look(life)]
        yield from (f"{records[0].version} {records[0].step} {said}" for said in (*found, *kept.n34(life), *kept.i7(life)))


def test_a_removal_under_a_hold_would_be_found(histories):
    """The notice of a removal put for a hold: what the invariants then say."""
    history = next(h for h in histories if any(r.name == "RemovalCompleted" for r in h))
    held = HoldPlaced(hold="X", hold_kind=HoldKind.APPEAL_SUSPENSIVE)
    last = max(r.version for r in history if r.name == "RemovalNoticeServed")
    planted = [msgspec.structs.replace(r, event=held) if r.version == last else r for r in history]
    assert [said for said in breaches(history) if "I2" in said] == []
    assert [said for said in breaches(planted) if "I2: removed over a hold" in said]


def test_no_decision_is_taken_by_a_machine(histories):
    """N33: the timers tell and partners report; every decision is a person's."""
    kinds = {STEPS[r.step].kind.value for h in histories for r in h if r.role is Role.SYSTEM and r.step in STEPS}
    assert kinds == {"fact"}


# ------------------------------------------------------------------ refusals, and what comes of them


def test_the_law_refuses_in_many_ways_and_life_goes_on(histories):
    codes = refused(histories)
    assert {"N02", "N04", "N12", "N20", "N38", "N39", "N45"} <= set(codes)
    assert len(codes) >= 12
    stuck = Counter(r.event.refused for h in histories for r in h if isinstance(r.event, CommandRefused))
    assert max(stuck.values()) < len(histories)


def test_a_refusal_changes_the_course_and_the_cure_is_followed(tmp_path):
    """Everybody is hasty and forgets what can be forgotten: each is refused once, and then does it as the law asks."""
    careless = {"hasty": 1.0, "slip": 1.0, "alone": 1.0}
    histories = small(tmp_path / "store", chance=careless)
    assert {"N38", "N39", "N12", "N21", "N45"} <= set(refused(histories))
    ready = [h for h in histories if any(isinstance(r.event, CommandRefused) and r.event.refused == "complete_intake" for r in h)]
    completed = [h for h in ready if any(isinstance(r.event, IntakeCompleted) for r in h)]
    assert len(completed) > 0.8 * len(ready) > 8
    approvals = [r for h in histories for r in h if isinstance(r.event, ForcedTrackApproved)]
    alone = [h for h in histories if any(isinstance(r.event, CommandRefused) and "N12" in r.event.codes for r in h)]
    assert approvals
    assert alone
    assert all(r.actor.startswith("TL-") for r in approvals)


@pytest.mark.parametrize(("rates", "never"), [
    ({"vanish": 0.0}, {"unsupervised"}),
    ({"wish": 0.0}, {"independent_supervised"}),
    ({"other": 0.0, "procedure": 0.0}, set()),
])  # fmt: skip
def test_endings_come_from_rates_and_are_not_cast(tmp_path, rates, never):
    ended = outcomes(small(tmp_path / "store", rate=rates))
    assert ended
    assert not ended & never


def test_a_desk_that_looks_at_nothing_forces_nobody(tmp_path):
    """What the desk does is the desk's: with interviews a year apart nobody comes on the forced track."""
    slow = {"talk_first": 400.0, "talk_detained": 400.0}
    histories = small(tmp_path / "store", days=slow)
    assert not [r for h in histories for r in h if isinstance(r.event, ForcedTrackStarted)]


def test_the_timers_have_told_what_ran_out(histories):
    told = Counter(r.event.timer for h in histories for r in h if isinstance(r.event, TimerExpired))
    assert {"D01", "D04"} & set(told)
    assert {r.role for h in histories for r in h if isinstance(r.event, TimerExpired)} == {Role.SYSTEM}


def test_every_message_of_a_partner_names_its_source_and_no_two_the_same(histories):
    facts = [r for h in histories for r in h if r.actor.endswith("-bericht")]
    assert all(r.source for r in facts)
    assert len({r.source for r in facts}) == len({r.request_id for r in facts})


# ------------------------------------------------------------------ the figures


@pytest.mark.parametrize("id", [figure.id for figure in calibration().figure if figure.calibrated])
def test_a_figure_the_model_was_fitted_to_is_within_its_tolerance(figures, id):
    found = figures[id]
    assert found.deviation is not None
    assert abs(found.deviation) <= found.figure.tolerance


def test_the_figures_are_counted_from_the_log(made, histories, figures):
    ended = [r.event.outcome.value for h in histories for r in h if isinstance(r.event, CaseClosed)]
    assert figures["outcome_unsupervised"].n == len(ended)
    assert figures["outcome_unsupervised"].value == pytest.approx(ended.count("unsupervised") / len(ended))
    began = [r for h in histories for r in h if r.name in {"DetentionOrdered", "DetentionReported"}]
    assert figures["detentions"].value == pytest.approx(100 * len(began) / CASES)
    assert figures["source_IND"].n == CASES == len(histories)
    four = [figures[f"outcome_{name}"].value or 0 for name in ("independent", "forced", "unsupervised", "other")]
    assert sum(four) == pytest.approx(1)
    assert figures["demonstrable"].value == pytest.approx(four[0] + four[1])


def test_whoever_left_unseen_is_never_counted_as_a_departure_that_was_seen(histories, figures):
    seen = [r for h in histories for r in h if isinstance(r.event, CaseClosed) and r.event.outcome.value in SEEN]
    assert figures["demonstrable"].value == pytest.approx(len(seen) / figures["demonstrable"].n)


SEEN = ("independent_supervised", "forced", "dublin_transfer")


def test_nothing_is_said_where_nothing_can_be_counted(tmp_path):
    made = simulate(tmp_path / "store", cases=1, years=1, seed=2)
    with open_register(made.path) as register:
        found = {each.figure.id: each for each in compare(register, made.end, 1)}
    assert (found["stay"].value, found["stay"].deviation, found["stay"].agrees) == (None, None, None)
    assert found["source_IND"].n == 1


def test_a_share_has_its_wilson_interval():
    assert share(5, 10) == pytest.approx((0.5, 10, 0.2366, 0.7634), abs=1e-4)
    assert share(0, 10) == pytest.approx((0, 10, 0, 0.2775), abs=1e-4)
    assert share(0, 0) is None


def test_a_mean_and_a_count_have_theirs():
    assert mean([10, 20, 30]) == pytest.approx((20, 3, 20 - 11.316, 20 + 11.316), abs=1e-3)
    assert mean([10]) is None
    assert per_hundred(25, 200) == pytest.approx((12.5, 200, 7.6, 17.4), abs=1e-9)


def test_a_published_range_is_met_anywhere_within_it(figures):
    found = figures["cancelled"]
    assert (found.figure.low, found.figure.high) == (0.45, 0.60)
    if found.figure.low <= (found.value or 0) <= found.figure.high:
        assert found.deviation == 0


def test_the_page_names_every_figure_and_all_that_cannot_be_matched():
    page = (SOURCE.parent / "docs" / "simulation.md").read_text("utf-8")
    for figure in calibration().figure:
        row = next(line for line in page.splitlines() if line.startswith(f"| {figure.en} |"))
        assert f"| {figure.year} | {figure.source} |" in row
    assert [each.en for each in calibration().unmatched if f"- {each.en}" not in page] == []


def test_every_figure_can_be_counted_and_says_so_in_both_languages():
    for figure in calibration().figure:
        assert figure.low <= figure.high
        assert figure.nl
        assert bool(figure.note_en) == bool(figure.note_nl)


# ------------------------------------------------------------------ who is in it


def test_everybody_looks_made_up_and_is_the_same_again():
    model: Model = calibration().model
    people = [made_up(n, model, 1, date(2024, 5, 1)) for n in range(300)]
    assert people == [made_up(n, model, 1, date(2024, 5, 1)) for n in range(300)]
    assert all("Testpersoon" in person.name and person.v_number.startswith("98") for person in people)
    assert len({person.v_number for person in people}) == 300


def test_no_name_stands_in_the_log(made):
    stored = b"".join(path.read_bytes() for path in sorted(made.path.glob("events.db*")))
    assert b"Testpersoon" not in stored


def test_progress_is_told_day_by_day(tmp_path):
    told: list[tuple[int, int]] = []
    simulate(tmp_path / "store", cases=2, years=1, seed=1, progress=lambda n, of: told.append((n, of)))
    assert told == sorted(told)
    assert timedelta(days=told[-1][0]) <= timedelta(days=told[-1][1]) <= timedelta(days=366)
