"""A correction through the register: what it puts in doubt is answered, and stands as tasks in the same commit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dtv_workflow.application import Register, create_register
from dtv_workflow.batch import told_of
from dtv_workflow.domain.chapters.records import Correct
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Envelope
from dtv_workflow.domain.vocabulary import Phase
from tests.properties.lived import START, TO_CLOSED, TO_DETAINED, TO_FORCED, Issued

DECIDED = 4
LONGER = Correct(event=DECIDED, field="term_days", value=28)


@pytest.fixture
def register(tmp_path):
    with create_register(tmp_path / "store", training=True, actor="TL-02") as register:
        yield register


def run(register: Register, *asked: Issued) -> str:
    """The case that came of these steps."""
    case, at = None, START
    for n, step in enumerate(asked):
        at += step.later
        envelope = Envelope(actor=step.actor, role=step.role, second=step.second, request_id=f"r{n}", at=at)
        answer = register.answer(read_step(step.do, step.fields), case, envelope)
        case = answer.case or case
    assert case is not None
    return case


def correcting(**more: object) -> Envelope:
    return Envelope(actor="RV-07", reason="the term was longer", at=START + timedelta(days=30), **more)  # type: ignore[arg-type]


def test_the_tasks_stand_in_the_commit_of_the_correction_and_the_answer_names_them(register):
    case = run(register, *TO_DETAINED)
    before = register.case(case).version
    answer = register.take(LONGER, case, correcting(request_id="c1"))
    assert answer.events == ("CorrectionRecorded", "TaskRaised", "TaskRaised")
    assert [(review.step, review.codes) for review in answer.reviews] == [
        ("propose_forced_track", ("N02",)), ("approve_forced_track", ("N02",)),
    ]  # fmt: skip
    tasks = register.case(case).tasks
    assert [(task.kind, task.about, task.escalated) for task in tasks.values()] == [
        ("review", f"v{review.version}", True) for review in answer.reviews
    ]
    assert answer.version == before + 3
    assert told_of(answer)["reviews"][0]["kind"] == "review"
    repeated = register.take(LONGER, case, correcting(request_id="c1"))
    assert repeated.repeated
    assert repeated.reviews == answer.reviews


def test_a_rehearsal_says_what_would_be_in_doubt_and_records_nothing(register):
    case = run(register, *TO_DETAINED)
    answer = register.take(LONGER, case, correcting(), rehearse=True)
    assert len(answer.reviews) == 2
    assert register.case(case).tasks == {}


def test_nothing_is_undone_and_a_task_is_ended_by_what_a_person_found(register):
    case = run(register, *TO_DETAINED)
    register.take(LONGER, case, correcting())
    assert register.case(case).phase is Phase.FORCED_DEPARTURE
    assert register.case(case).detained is not None
    for task in register.case(case).tasks:
        done = register.take(read_step("complete_task", {"task": task, "finding": "looked at"}), case, correcting())
        assert done.status == "done"
    assert register.case(case).tasks == {}


def test_a_closed_case_stays_closed_and_its_task_is_on_the_worklist(register):
    case = run(register, *TO_FORCED, TO_CLOSED[-1])
    assert register.case(case).phase is Phase.CLOSED
    answer = register.take(LONGER, case, correcting())
    assert answer.phase is Phase.CLOSED
    assert answer.reviews
    assert set(register.case(case).tasks) == {f"t{answer.version - 1}", f"t{answer.version}"}
