"""The worklist: what comes first and why, and a command that can be typed as it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import msgspec
import pytest

from dtv_workflow.application import Register, create_register
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.facets import (
    Booking,
    Detained,
    Family,
    Hold,
    Interview,
    Placement,
    Plan,
    Removability,
    ReturnDecision,
    Supervised,
    Wish,
)
from dtv_workflow.domain.facets import Task as Raised
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.procedures import PlacementKind
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import (
    Article,
    Basis,
    DecisionKind,
    HoldKind,
    InterviewKind,
    Phase,
    RemovabilityAnswer,
    Role,
    Strategy,
)
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.processes.worklist import Found, Task, Urgency, command, short_ids, to_do, worklist

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
LAW = in_force(NOW.date())


def given(id: str = "01AAAAAAAAAAAAAAAAAAAAK7Q2", **facets: Any) -> DepartureCase:
    """A case with nothing to do for weeks, but for what is given."""
    quiet: dict[str, Any] = {
        "id": id,
        "episode": 1,
        "phase": Phase.MOTIVATION,
        "opened_at": NOW - timedelta(days=20),
        "phase_since": NOW - timedelta(days=10),
        "supervised": Supervised(version=2, supervisor="RV-07", special=False),
        "plan": Plan(version=6, strategy=Strategy.VOLUNTARY, adopted_on=date(2026, 3, 3), next_review=date(2027, 1, 1)),
        "interviews": [Interview(version=8, kind=InterviewKind.FIRST, on=date(2026, 3, 12))],
        "offers": [9],
    }
    return DepartureCase(**(quiet | facets))


def tasks(*cases: DepartureCase, now: datetime = NOW, **options: Any) -> list[Task]:
    class Stored:
        def case(self, id: str) -> DepartureCase:
            return {case.id: case for case in cases}[id]

    return worklist(cast(Register, Stored()), [case.id for case in cases], now, **options)


def the(case: DepartureCase, now: datetime = NOW) -> Found:
    (found,) = to_do(case, LAW, now)
    return found


def held(since: date, article: Article = Article.A59) -> dict[str, Any]:
    return {"detained": Detained(version=12, article=article, since=since), "court_notified": 13}


def booked(hours: int, **more: Any) -> dict[str, Any]:
    departs = NOW + timedelta(hours=hours)
    fresh = Removability(version=15, answer=RemovabilityAnswer.REMOVABLE, checked_at=departs - timedelta(minutes=1))
    attempt = Booking(version=20, departs_at=departs, mode=None, destination="MA", **more)
    return {"phase": Phase.FORCED_DEPARTURE, "removability": fresh, "bookings": {"R1": attempt}}


# ------------------------------------------------------------------ order


def test_the_order_of_urgency():
    wish = Wish(version=5, since=NOW - timedelta(hours=2))
    looked_at = Raised(version=9, kind="divergence", since=NOW)
    cases = [
        given("00000001", offers=[]),
        given("00000002", interviews=[Interview(version=8, kind=InterviewKind.FIRST, on=date(2026, 2, 20))]),
        given("00000003", interviews=[Interview(version=8, kind=InterviewKind.FIRST, on=date(2026, 1, 2))]),
        given("00000004", tasks={"t9": looked_at}),
        given("00000005", holds={"H": Hold(version=7, kind=HoldKind.MEDICAL_ALERT_UNRESOLVED)}),
        given("00000006", **booked(100, precheck=21)),
        given("00000007", **held(date(2025, 9, 20))),
        given("00000008", wish=wish),
        given("00000009", wish=wish, **held(date(2026, 3, 9))),
    ]
    found = tasks(*cases)
    urgent: dict[str, Urgency] = {}
    for task in found:
        urgent.setdefault(task.case, task.urgency)
    assert list(urgent.items()) == [(f"0000000{n}", urgency) for n, urgency in zip(range(9, 0, -1), Urgency, strict=True)]


def test_within_one_urgency_the_soonest_comes_first_and_a_line_without_a_date_last():
    early, late = Wish(version=5, since=NOW - timedelta(hours=20)), Wish(version=5, since=NOW - timedelta(hours=2))
    answered = Wish(version=5, since=NOW - timedelta(days=3), assessed=6)
    found = tasks(given("0000000A", wish=answered), given("0000000B", wish=late), given("0000000C", wish=early))
    assert [task.case for task in found if task.urgency is Urgency.WISH] == ["0000000C", "0000000B", "0000000A"]


def test_a_closed_case_and_a_quiet_one_have_no_line():
    assert tasks(given("00000001", phase=Phase.CLOSED), given("00000002")) == []


# ------------------------------------------------------------------ why, and what to type


def test_a_wish_says_so_in_two_languages_and_gives_the_command():
    (task, *_) = tasks(given(wish=Wish(version=5, since=NOW)))
    assert task.why.en == "a wish to leave, not assessed"
    assert task.why.nl == "een wens om te vertrekken, niet beoordeeld"
    assert task.command == "dtv do assess-opportunity K7Q2 --[no-]available --finding -"
    assert (task.due, task.code, task.supervisor) == (NOW + timedelta(hours=24), "D07", "RV-07")


@pytest.mark.parametrize(("step", "options", "typed"), [
    ("complete_intake", {}, "dtv do complete-intake K7Q2"),
    ("record_interview", {"kind": "first", "checklist": "…"}, "dtv do record-interview K7Q2 --kind first --checklist …"),
    ("propose_forced_track", {}, "dtv do propose-forced-track K7Q2 --grounds - --proportionality @FILE"),
    ("adopt_plan", {"next_review": "…"}, "dtv do adopt-plan K7Q2 --strategy … --next-review …"),
])
def test_a_command_asks_what_must_be_typed_and_no_personal_field_on_the_line(step, options, typed):
    assert command(step, "K7Q2", options) == typed


def test_a_wish_with_an_opportunity_waits_for_the_choice():
    (task, *_) = tasks(given(wish=Wish(version=5, since=NOW, assessed=6), **held(date(2026, 3, 9))))
    assert (task.urgency, task.command) == (
        Urgency.WISH_IN_DETENTION, "dtv do choose-voluntary-departure K7Q2 --statement -",
    )  # fmt: skip


@pytest.mark.parametrize(("article", "since", "urgent"), [
    (Article.A59, date(2025, 10, 12), False), (Article.A59, date(2025, 10, 11), True),
    (Article.A59A, date(2026, 2, 11), False), (Article.A59A, date(2026, 2, 10), True),
])
def test_a_detention_is_warned_of_so_many_days_before_its_maximum(article, since, urgent):
    found = to_do(given(**held(since, article)), LAW, NOW)
    assert any(f.urgency is Urgency.DETENTION for f in found) is urgent


def test_a_detention_beyond_its_maximum_names_the_cause_to_lift_it():
    (task, *_) = tasks(given(**held(date(2025, 9, 1))))
    assert task.command == "dtv do lift-detention K7Q2 --cause max_reached"
    assert task.why.en == "detained for 190 days under art. 59"


@pytest.mark.parametrize(("basis", "since", "under"), [
    (Basis.A59_2, date(2026, 2, 23), "art. 59(4)"),
    (Basis.A59B_1_D, date(2025, 10, 1), "art. 59b(1)d"),
    (Basis.A59B_1_A, date(2026, 2, 23), "art. 59b"),
])
def test_a_detention_is_warned_of_by_the_term_of_its_basis(basis, since, under):
    served = (NOW.date() - since).days
    detained = Detained(version=12, article=basis.article, since=since, basis=basis)
    found = to_do(given(detained=detained, court_notified=13), LAW, NOW)
    assert [f.why.en for f in found if f.urgency is Urgency.DETENTION] == [f"detained for {served} days under {under}"]


@pytest.mark.parametrize(("since", "urgent"), [(date(2026, 3, 3), True), (date(2026, 3, 4), False), (date(2026, 2, 1), True)])
def test_vc_a5_2_4_a_familys_two_weeks_are_warned_of_and_the_lift_is_proposed(since, urgent):
    family = Family(version=6, cases=("01B",), assessed=True, with_minors=True)
    case = given(family=family, **held(since))
    found = [task for task in tasks(case) if task.code == "D18" and task.urgency is Urgency.DETENTION]
    assert [task.command for task in found] == ["dtv do lift-detention K7Q2 --cause family_term"] * urgent
    served = (NOW.date() - since).days
    assert [task.why.nl for task in found] == [f"een gezin met minderjarigen {served} dagen in bewaring"] * urgent


@pytest.mark.parametrize(("days", "urgent"), [(20, False), (22, True), (40, True)])
def test_the_court_is_an_alarm_from_day_21(days, urgent):
    case = given(detained=Detained(version=12, article=Article.A59, since=NOW.date() - timedelta(days=days)))
    found = [f for f in to_do(case, LAW, NOW) if f.urgency is Urgency.DETENTION]
    assert [f.step for f in found] == (["lift_detention" if days >= 28 else "record_court_notified"] if urgent else [])


def test_every_term_that_is_past_has_a_line_of_its_own_with_its_task():
    late = Plan(version=6, strategy=Strategy.VOLUNTARY, adopted_on=date(2026, 1, 3), next_review=date(2026, 2, 1))
    spoken = [Interview(version=8, kind=InterviewKind.FIRST, on=date(2026, 1, 2))]
    due = datetime(2026, 2, 1, 23, tzinfo=UTC)
    raised = Raised(version=11, kind="D06", since=NOW, due=due, proposes="adopt_plan", escalated=True, by="RV-07")
    found = tasks(given(plan=late, interviews=spoken, tasks={"t11": raised}))
    told = [(t.code, t.task, t.by, t.escalated) for t in found if t.urgency is Urgency.PAST_DUE]
    assert told == [("D05", None, None, True), ("D06", "t11", "RV-07", True)]


def test_a_team_leader_sees_what_escalated_in_the_cases_of_others_and_nothing_else_of_them():
    late = Plan(version=6, strategy=Strategy.VOLUNTARY, adopted_on=date(2026, 1, 3), next_review=date(2026, 2, 1))
    raised = Raised(version=11, kind="D06", since=NOW, due=datetime(2026, 2, 1, 23, tzinfo=UTC), escalated=True)
    case = given(plan=late, tasks={"t11": raised}, offers=[])
    assert {t.code for t in tasks(case)} >= {"D06", None}
    assert [t.code for t in tasks(case, supervisor="TL-01", escalated=True)] == ["D06"]
    assert tasks(case, supervisor="TL-01") == []


def test_a_hold_that_a_message_placed_and_its_task_are_one_line():
    hold = {"message-1": Hold(version=7, kind=HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE)}
    raised = Raised(version=8, kind="unread_message", since=NOW, about="message-1", proposes="lift_hold")
    found = [t for t in tasks(given(holds=hold, tasks={"t8": raised})) if t.urgency in {Urgency.HOLD, Urgency.MESSAGE}]
    assert [(t.urgency, t.task, t.step) for t in found] == [(Urgency.HOLD, "t8", "lift_hold")]


def test_a_line_never_shows_the_task_of_an_earlier_term():
    spoken = [Interview(version=8, kind=InterviewKind.FIRST, on=date(2026, 2, 20))]
    earlier = Raised(version=5, kind="D05", since=NOW, due=datetime(2026, 2, 1, 23, tzinfo=UTC), escalated=True, by="RV-07")
    found = [t for t in tasks(given(interviews=spoken, tasks={"t5": earlier})) if t.code == "D05"]
    assert [(t.urgency, t.task, t.by, t.escalated) for t in found] == [(Urgency.NEXT_DUE, None, None, False)]


def test_two_messages_are_two_tasks():
    raised = {f"t{n}": Raised(version=n, kind="divergence", since=NOW) for n in (8, 9)}
    found = [t for t in tasks(given(tasks=raised)) if t.urgency is Urgency.MESSAGE]
    assert [(t.task, t.command.split()[-3]) for t in found] == [("t8", "t8"), ("t9", "t9")]


def test_liberty_comes_before_every_other_term_that_is_past():
    cell = Placement(version=13, place=PlacementKind.POLICE_CELL, since=date(2026, 3, 1))
    old = Plan(version=6, strategy=Strategy.VOLUNTARY, adopted_on=date(2025, 1, 3), next_review=date(2025, 2, 1))
    found = tasks(given(plan=old, placed=cell, **held(date(2026, 3, 1))))
    assert [t.code for t in found if t.due and t.due <= NOW][:1] == ["D17"]
    assert found[0].urgency is Urgency.DETENTION
    assert found[0].escalated


def test_what_one_step_answers_is_one_line_with_every_reason():
    decision = ReturnDecision(
        version=4, kind=DecisionKind.RETURN, decided_on=date(2026, 1, 5), served_on=date(2026, 1, 5), term_days=28, reasoned=True
    )
    due = NOW - timedelta(days=1)
    holds = {name: Hold(version=v, kind=HoldKind.MORATORIUM, until=due) for v, name in ((7, "M1"), (8, "M2"))}
    found = [t for t in tasks(given(decision=decision, holds=holds)) if t.step == "record_removability"]
    assert len(found) == 1
    assert found[0].why.en.startswith("past due: the appeal term ends; ask removability anew; a hold ends by itself: M1")


def test_a_check_for_which_it_is_too_late_leaves_only_the_cancelling():
    found = [t for t in tasks(given(**booked(20))) if t.code in {"D29", "D30"}]
    assert {t.step for t in found} == {"cancel_removal"}


def test_a_closed_case_asks_for_the_detention_and_the_message_told_of_afterwards_and_for_nothing_else():
    closed: dict[str, Any] = {"phase": Phase.CLOSED, "phase_since": NOW - timedelta(days=3), "offers": [], "interviews": []}
    assert tasks(given(**closed)) == []
    raised = Raised(version=8, kind="divergence", since=NOW)
    assert [t.step for t in tasks(given(**closed, tasks={"t8": raised}))] == ["complete_task"]
    found = tasks(given(**closed, detained=Detained(version=12, article=Article.A59, since=date(2026, 2, 1))))
    assert "lift_detention" in {t.step for t in found}


def test_a_booking_soon_says_what_it_lacks_and_until_when():
    stale = Removability(version=15, answer=RemovabilityAnswer.REMOVABLE, checked_at=NOW - timedelta(days=8))
    found = tasks(given(**(booked(60) | {"removability": stale})))
    booking = [task for task in found if task.urgency is Urgency.BOOKING]
    assert [task.step for task in booking] == ["complete_precheck", "serve_removal_notice", "record_removability"]
    assert booking[0].why.en == "R1 departs in 60 h, without its check"
    assert booking[0].command == "dtv do complete-precheck K7Q2 --attempt R1 --items …"
    assert booking[1].due == NOW + timedelta(hours=24)
    assert {task.code for task in found} == {"D29", "D30", "D08"}, "each obstacle stands in the list once"


def test_a_booking_far_away_is_ordinary_work():
    assert Urgency.BOOKING not in {f.urgency for f in to_do(given(**booked(200)), LAW, NOW)}


def test_on_the_last_day_the_answer_must_be_of_the_day_itself():
    yesterday = Removability(version=15, answer=RemovabilityAnswer.REMOVABLE, checked_at=NOW - timedelta(hours=12))
    ready = booked(8, precheck=21, notice=22) | {"removability": yesterday}
    assert (the(given(**ready)).step, the(given(**ready)).urgency) == ("record_removability", Urgency.BOOKING)


def test_an_answer_that_is_not_removable_is_urgent_whatever_its_age():
    no = Removability(version=15, answer=RemovabilityAnswer.NOT_REMOVABLE, checked_at=NOW)
    found = to_do(given(**(booked(100, precheck=21, notice=22) | {"removability": no})), LAW, NOW)
    assert found[0].why.en == "R1 departs in 100 h, not answered removable"


@pytest.mark.parametrize(("handed_over", "step"), [(0, "cancel_removal"), (23, "confirm_removal")])
def test_a_departure_that_nobody_reported_back_is_asked_after(handed_over, step):
    case = given(**booked(-5, precheck=21, notice=22, handed_over=handed_over))
    found = next(f for f in to_do(case, LAW, NOW) if f.urgency is Urgency.BOOKING)
    assert (found.step, found.options) == (step, {"attempt": "R1"})


@pytest.mark.parametrize(("kind", "second"), [
    (HoldKind.UNRESOLVED_PROCEDURAL_MESSAGE, True),
    (HoldKind.TRAFFICKING_SIGNAL, True),
    (HoldKind.MEDICAL_ALERT_UNRESOLVED, False),
])
def test_a_hold_that_waits_for_an_answer_says_who_must_look_along(kind, second):
    (task,) = tasks(given(holds={"B1": Hold(version=7, kind=kind)}))
    assert task.command == "dtv do lift-hold K7Q2 --hold B1 --basis -" + (" --second …" if second else "")


def test_a_hold_that_only_a_court_ends_is_no_work():
    assert to_do(given(holds={"B1": Hold(version=7, kind=HoldKind.ECHR_RULE39)}), LAW, NOW) == []


def test_the_intake_says_all_that_is_missing_and_where_to_begin():
    found = to_do(given(phase=Phase.INTAKE, plan=None), LAW, NOW)[-1]
    begin = "no decision and no reason for early contact"
    missing = (begin, "no removability check", "no vulnerability screening", "no departure plan")
    assert found.why.en == f"intake: {', '.join(missing)}"
    assert found.step == "record_return_decision"


def test_no_supervisor_is_the_first_thing_a_phase_lacks():
    assert the(given(supervised=None)).step == "assign_supervisor"


@pytest.mark.parametrize(("phase", "lacks"), [
    (Phase.VOLUNTARY_DEPARTURE, "issue_ticket"), (Phase.FORCED_DEPARTURE, "book_removal"),
])
def test_what_a_phase_lacks(phase, lacks):
    assert the(given(phase=phase)).step == lacks


# ------------------------------------------------------------------ choosing


def test_only_ones_own_cases_and_only_what_is_due_within_a_span():
    other = Supervised(version=2, supervisor="RV-08", special=False)
    mine, theirs = given("00000001", wish=Wish(version=5, since=NOW)), given("00000002", supervised=other, offers=[])
    assert {task.case for task in tasks(mine, theirs, supervisor="RV-08")} == {"00000002"}
    assert {task.case for task in tasks(mine, theirs, due=timedelta(days=2))} == {"00000001"}
    assert tasks(mine, due=timedelta(hours=2)) == []


def test_short_ids_are_four_characters_or_as_many_as_tell_them_apart():
    assert short_ids(["01AAAK7Q2", "01BBBK7Q2", "01CCCXXXX"]) == {
        "01AAAK7Q2": "AK7Q2", "01BBBK7Q2": "BK7Q2", "01CCCXXXX": "XXXX",
    }  # fmt: skip
    assert short_ids(["1234", "01234"]) == {"1234": "1234", "01234": "01234"}
    assert short_ids([]) == {}


# ------------------------------------------------------------------ on the register


@pytest.fixture
def register(tmp_path) -> Iterator[Register]:
    with create_register(tmp_path / "store", training=True, actor="TL-01", clock=lambda: NOW) as made:
        yield made


def opened(register: Register, **person: str) -> str:
    step = read_step("open_case", {"subject": person, "handover_authority": "IND", "entry_channel": "bvv"})
    return register.answer(step, None, Envelope(actor="ILC-01", role=Role.INTAKE_OFFICER)).case or ""


def test_on_a_real_register_the_line_holds_nothing_personal(register):
    case = opened(register, name="Testpersoon Amber", citizenship="MA", v_number="9900000001")
    found = worklist(register, [case, case], NOW)
    assert [(task.step, task.short) for task in found] == [("record_interview", case[-4:]), ("assign_supervisor", case[-4:])]
    assert register.find(found[0].short) == case
    said = msgspec.json.encode(found)
    assert b"Amber" not in said
    assert b"99000" not in said


def test_every_command_names_a_step_as_it_is_typed(register):
    case = opened(register, name="Testpersoon", citizenship="XX")
    for task in worklist(register, [case], NOW):
        program, verb, name, short, *_ = task.command.split()
        assert (program, verb) == ("dtv", "do" if STEPS[task.step].kind.value == "decision" else "record")
        assert (name.replace("-", "_"), short) == (task.step, task.short)
