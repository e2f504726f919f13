"""More letters: what runs beside a case (applications, appeals, presentations, whereabouts), messages, and the tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.messages import hold_of
from tests.proofs.alphabet import Fields, say


def no_task(case: DepartureCase, now: datetime) -> bool:
    return not case.tasks


def today(field: str, **said: Any) -> Fields:
    return lambda when: {field: when.day()} | said


def just_now(field: str, **said: Any) -> Fields:
    return lambda when: {field: when.time()} | said


MESSAGE = "ind:a1"
say("apply", "record_application", today("applied_on", kind="asylum", awaited=True), "chain")
say("apply, not awaited", "record_application", today("applied_on", kind="asylum", awaited=False), "chain")
say("ask deferral", "record_art64_application", today("applied_on"), "chain")
say("defer", "record_art64_decision", lambda when: {"granted": True, "decided_at": when.time(), "until": when.day(3)}, "chain")
say("defer not", "record_art64_decision", just_now("decided_at", granted=False), "chain")
say("appeal, suspended", "record_appeal", today("filed_on", against="return_decision", suspensive=True), "chain")
say("appeal", "record_appeal", today("filed_on", against="detention", suspensive=False), "chain")
say("heard", "record_court_hearing", today("held_on"), "chain")
say("progress told", "record_progress_report", today("sent_on"), "chain")
say("reported", "record_report_made", today("reported_on"), "chain")
say("looked at the address", "record_address_check", just_now("checked_at", found="gone"), "chain")
say("moved", "record_detention_transfer", today("since", place="police_cell"), "chain")
say("lift supervision", "lift_supervision", {"cause": "not_needed"})
say("plan a presentation", "plan_presentation", today("planned_on"))
say("presentable", "record_presentability", just_now("checked_at", presentable=True), "chain")
say("announce", "record_transfer_announced", lambda when: {"attempt": when.attempt, "announced_on": when.day()}, "chain")
say("flag", "flag_message", {"message": MESSAGE, "why": "contradicts"}, "chain", no_task)
say("unread", "report_unread_message", {"message": MESSAGE, "why": "unreadable"}, "chain", no_task)
say("read", "lift_hold", {"hold": hold_of(MESSAGE), "basis": "read"}, second="TL-02")
say("pick up", "pick_up_task", lambda when: {"task": when.task})
say("pick up as another", "pick_up_task", lambda when: {"task": when.task}, "OFF-03")
say("done", "complete_task", lambda when: {"task": when.task, "finding": "looked at"})
say("done by the team leader", "complete_task", lambda when: {"task": when.task, "finding": "looked at"}, "TL-02")

NOTHING_WAITS = (
    "apply, not awaited", "appeal", "heard", "progress told", "reported", "looked at the address", "moved", "lift supervision",
    "plan a presentation", "presentable", "announce",
)  # fmt: skip
HELD_AND_TASKED = (
    "plan a presentation", "apply", "lift application_pending", "appeal, suspended", "lift appeal_suspensive", "ask deferral",
    "defer", "defer not", "flag", "unread", "read", "pick up", "pick up as another", "done", "done by the team leader",
)  # fmt: skip
