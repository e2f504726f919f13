"""Whereabouts: who reports, what a check of the address found, where the detained are kept, and the end of supervision."""

from __future__ import annotations

from datetime import date

import pytest

from dtv_workflow.domain.chapters.custody import SupervisionMeasureImposed
from dtv_workflow.domain.chapters.whereabouts import (
    AddressChecked,
    DetentionTransferred,
    LiftSupervision,
    RecordAddressCheck,
    RecordDetentionTransfer,
    RecordReportMade,
    ReportMade,
    SupervisionMeasureLifted,
)
from dtv_workflow.domain.procedures import AddressFound, PlacementKind, SupervisionEnd
from dtv_workflow.domain.vocabulary import Measure, Role
from tests.domain.detained import DETAINED
from tests.domain.told import asked, moment, names, told

MEASURE = SupervisionMeasureImposed(measure=Measure.REPORTING_DUTY, interval_days=7)
LIFT = LiftSupervision(cause=SupervisionEnd.NOT_NEEDED)


@pytest.mark.parametrize("measure", list(Measure))
def test_vw_54_a_measure_that_runs_is_lifted(measure):
    assert asked(told(SupervisionMeasureImposed(measure=measure)), LIFT) == []


def test_n71_nothing_is_lifted_where_no_measure_runs():
    assert asked(told(), LIFT) == ["N71"]
    assert asked(told(MEASURE, SupervisionMeasureLifted(cause=SupervisionEnd.COMPLIED)), LIFT) == ["N71"]
    assert asked(told(MEASURE, DETAINED), LIFT) == ["N71"], "a detention took its place"


@pytest.mark.parametrize("role", list(Role))
def test_vw_56_supervision_is_lifted_by_whoever_may_lift_a_detention(role):
    may = {Role.DESIGNATED_OFFICER, Role.SUPERVISOR, Role.TEAM_LEADER}
    refused = [] if role in may else ["N33"] if role is Role.SYSTEM else ["N48"]
    assert asked(told(MEASURE), LIFT, role=role) == refused


def test_a_measure_that_was_lifted_runs_no_longer():
    assert told(MEASURE).supervision.since == date(2026, 1, 5)
    assert told(MEASURE).supervision.interval_days == 7
    assert told(MEASURE, SupervisionMeasureLifted(cause=SupervisionEnd.COURT)).supervision is None


@pytest.mark.parametrize(("step", "event"), [
    (RecordReportMade(reported_on=date(2026, 3, 1)), "ReportMade"),
    (RecordAddressCheck(checked_at=moment("2026-03-01T10:00"), found=AddressFound.GONE), "AddressChecked"),
    (RecordDetentionTransfer(place=PlacementKind.DETENTION_CENTRE, since=date(2026, 3, 1)), "DetentionTransferred"),
])
def test_what_is_seen_of_somebody_is_recorded_in_every_phase(step, event):
    assert names(told(), step) == [event]


def test_what_is_seen_of_somebody_is_kept_with_its_time():
    case = told(
        ReportMade(reported_on=date(2026, 1, 6)),
        AddressChecked(checked_at=moment("2026-01-07T10:00"), found=AddressFound.PRESENT),
        DetentionTransferred(place=PlacementKind.POLICE_CELL, since=date(2026, 1, 8)),
    )
    assert (case.reported.on, case.reported.version) == (date(2026, 1, 6), 3)
    assert (case.address_checked.at, case.address_checked.version) == (moment("2026-01-07T10:00"), 4)
    assert (case.placed.place, case.placed.since, case.placed.version) == (PlacementKind.POLICE_CELL, date(2026, 1, 8), 5)
