"""Any life of a case, in memory: steps of every kind with fields of every value, by anybody, at times that go forwards and back.

`live` puts them through the same readers and the same `decide`, `witness` and `fold` as the register does, without a store.
"""

from __future__ import annotations

import copy
import string
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st
from msgspec import Meta, Struct

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.chapters.closing import CaseReopened
from dtv_workflow.domain.chapters.records import CommandRefused
from dtv_workflow.domain.decide import Decision, answer
from dtv_workflow.domain.fields import day_of
from dtv_workflow.domain.law.ruleset import in_force
from dtv_workflow.domain.reading import check_past, read_step
from dtv_workflow.domain.record import CORRECTION_TOPIC, Event, Record, fold
from dtv_workflow.domain.steps import Context, Row, hints
from dtv_workflow.domain.vocabulary import Kind, Role
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import Malformed

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ACTORS = ("RV-07", "TL-02", "OFF-03")
CODES = ("A1", "A2", "B", "departure_term_running", "trafficking_signal")


class Issued(NamedTuple):
    """One thing asked: a step by name with plain fields, by whom, how much later, and how late it is recorded."""

    do: str
    fields: dict[str, Any]
    actor: str = "RV-07"
    role: Role | None = None
    second: str | None = None
    later: timedelta = timedelta(0)
    late: timedelta = timedelta(0)


class Outcome(NamedTuple):
    """What came of it: the case before and after, the decision (None: malformed) and the records it left."""

    issued: Issued
    row: Row
    before: DepartureCase
    after: DepartureCase
    decision: Decision | None
    records: list[Record]
    at: datetime

    @property
    def accepted(self) -> bool:
        return self.decision is not None and bool(self.decision.events)

    @property
    def codes(self) -> list[str]:
        return self.decision.receipt.codes if self.decision else []

    @property
    def refused(self) -> bool:
        return self.decision is not None and not self.decision.events


class Life:
    """A case as it was lived."""

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self.records: list[Record] = []
        self.case = DepartureCase()
        self.now = start
        self.outcomes: list[Outcome] = []

    def take(self, issued: Issued) -> Outcome:
        row, before = STEPS[issued.do], copy.deepcopy(self.case)
        at = max(self.now + issued.later, self.start - timedelta(days=3))
        recorded_at = max(at + issued.late, self.records[-1].recorded_at if self.records else at)
        self.now = at
        try:
            step = read_step(issued.do, issued.fields)
            check_past(step, recorded_at)
        except Malformed:
            return self._done(Outcome(issued, row, before, before, None, [], at))
        context = Context(
            at=at,
            recorded_at=recorded_at,
            actor=issued.actor,
            role=issued.role or row.roles[0],
            law=in_force(day_of(at)),
            second=issued.second,
            second_may_approve=issued.second == "TL-02",
        )
        decision = answer(self.case, step, context)
        assert self.case == before, "deciding changed the case"
        events = decision.events or (CommandRefused(refused=issued.do, codes=tuple(decision.refused)),)
        if not self.records and not decision.events:
            return self._done(Outcome(issued, row, before, before, decision, [], at))
        new = [self._record(event, n, issued, context, decision) for n, event in enumerate(events, len(self.records) + 1)]
        self.records += new
        whole = any(event.TOPIC == CORRECTION_TOPIC for event in events)
        self.case = fold(self.records) if whole else fold(new, self.case)
        return self._done(Outcome(issued, row, before, copy.deepcopy(self.case), decision, new, at))

    def _record(self, event: Event, version: int, issued: Issued, context: Context, decision: Decision) -> Record:
        return Record(
            originator_id="case/L",
            originator_version=version,
            occurred_at=context.at,
            recorded_at=context.recorded_at,
            actor=context.actor,
            role=context.role,
            step=issued.do,
            request_id=f"r{len(self.records)}",
            event=event,
            episode=event.episode if isinstance(event, CaseReopened) else max(self.case.episode, 1),
            receipt=decision.receipt,
            subject="s-L",
            second=context.second,
            back_dated=context.late,
        )

    def _done(self, outcome: Outcome) -> Outcome:
        self.outcomes.append(outcome)
        return outcome


def live(*issued: Issued) -> Life:
    life = Life()
    for one in issued:
        life.take(one)
    return life


# ---------------------------------------------------------------- cases that have come some way: the far phases are reached


def ask(do: str, days: float = 0, actor: str = "RV-07", second: str | None = None, **fields: Any) -> Issued:
    return Issued(do, fields, actor=actor, later=timedelta(days=days), second=second)


UNANSWERED = dict.fromkeys(("trafficking", "medical", "pregnancy", "minor", "family", "other"), "none")
SUBJECT = {"name": "Samira Testpersoon", "citizenship": "MA", "birth_date": "1990-05-04", "v_number": "1234567890"}
OPEN = ask("open_case", subject=SUBJECT, handover_authority="IND", entry_channel="bvv")
DECIDED = ask("record_return_decision", kind="return", decided_on="2026-01-05", served_on="2026-01-05", language="ar",
              term_days=0, term_reason="risk of absconding")  # fmt: skip
INTERVIEW = ask("record_interview", kind="identity", checklist=UNANSWERED)


def removable(at: str, days: float = 0) -> Issued:
    return ask("record_removability", days, answer="removable", checked_at=at)


TO_MOTIVATION = (
    OPEN,
    ask("assign_supervisor", actor="TL-02", supervisor="RV-07"),
    DECIDED,
    removable("2026-01-05T08:30:00Z"),
    ask("screen_vulnerability", checklist=UNANSWERED),
    ask("adopt_plan", strategy="voluntary"),
    ask("complete_intake"),
)
TO_FORCED = (
    *TO_MOTIVATION,
    INTERVIEW, INTERVIEW, INTERVIEW,
    ask("offer_voluntary_departure", language="ar", options=["IOM"], copy_given=True),
    ask("propose_forced_track", grounds=["x"], proportionality="y"),
    ask("approve_forced_track", actor="TL-02"),
)  # fmt: skip
DOCUMENT = ask("record_travel_document", document="passport", valid_from="2022-01-01", valid_until="2030-01-01")
TO_BOOKED = (
    *TO_FORCED,
    DOCUMENT,
    ask("book_removal", attempt="A1", carrier="KL", departs_at="2026-01-12T12:00:00Z", destination="MA"),
)
TO_DETAINED = (
    *TO_FORCED,
    ask("order_detention", actor="OFF-03", article="59", grounds=[{"code": "3b", "heavy": True}, {"code": "4c", "heavy": False}],
        lighter_means={"reporting_duty": "missed"}, prospect="LP", hearing_held=True, lawyer_informed=True, place="DCR"),
)  # fmt: skip
TO_CLOSED = (
    *TO_MOTIVATION,
    ask("close_unsupervised", check={"by": "AVIM", "at": "2026-01-05T08:00:00Z", "result": "gone"}),
)
BEGINNINGS = ((OPEN,), TO_MOTIVATION, TO_FORCED, TO_BOOKED, TO_DETAINED, TO_CLOSED)


# ---------------------------------------------------------------- any step

ODD_DAYS = ("0001-01-01", "9999-12-31", "2024-02-29", "2026-03-29", "2026-10-25")
ODD_MOMENTS = ("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z", "2026-03-29T00:59:59Z", "2026-10-25T00:30:00Z")
days = st.one_of(st.dates(date(2025, 11, 1), date(2027, 6, 1)).map(date.isoformat), st.sampled_from(ODD_DAYS))
moments = st.one_of(
    st.integers(-4_000_000, 20_000_000).map(lambda n: (START + timedelta(seconds=n)).isoformat()),
    st.sampled_from(ODD_MOMENTS),
)
texts = st.text(string.ascii_letters + " é‹", min_size=1, max_size=8).filter(str.strip)
"""Blank ones are malformed, and tell no life of a case."""


def values(declared: Any) -> st.SearchStrategy[Any]:
    """Plain data that fits a declared type, as it would come from JSON."""
    said: dict[str, Any] = {}
    while get_origin(declared) is Annotated:
        declared, *metas = get_args(declared)
        said |= {k: v for m in metas if isinstance(m, Meta) for k, v in ((m.extra or {}) | {"ge": m.ge, "le": m.le}).items()}
    if get_origin(declared) in {Union, UnionType}:
        return st.one_of(*(values(part) for part in get_args(declared)))
    if get_origin(declared) is tuple:
        return st.lists(values(get_args(declared)[0]), max_size=3)
    if get_origin(declared) is dict:
        return st.dictionaries(*map(values, get_args(declared)), max_size=2)
    if declared is NoneType:
        return st.none()
    if declared is bool:
        return st.booleans()
    if declared is int:
        return st.integers(said.get("ge") or 0, min(said.get("le") or 40, 40))
    if declared is str:
        kind = said.get("data")
        return {
            "moment": st.one_of(days, moments), "code": st.sampled_from(CODES), "public": st.sampled_from(CODES),
            "country": st.sampled_from(("MA", "XX")),
        }.get(str(kind), texts)  # fmt: skip
    if declared is date:
        return days
    if declared is datetime:
        return moments
    if isinstance(declared, type) and issubclass(declared, Enum):
        return st.sampled_from([member.value for member in declared])
    if isinstance(declared, type) and issubclass(declared, Struct):
        return fields_of(declared)
    return st.one_of(st.none(), st.booleans(), st.integers(0, 40), days, moments, texts)


def fields_of(struct: type[Struct]) -> st.SearchStrategy[dict[str, Any]]:
    """Fields that fit, the optional ones present or not."""
    required: dict[str, Any] = {}
    optional: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        (required if field.required else optional)[field.name] = values(hints(struct)[field.name])
    return st.fixed_dictionaries(required, optional=optional)


VERSIONS = st.integers(1, 25)
EVENT_FIELDS = {field for row in STEPS.values() for event in row.emitted for field in event.__struct_fields__}
FIELDS = st.sampled_from(["occurred_at", *sorted(EVENT_FIELDS)])


def asked_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    if name == "correct":
        return st.fixed_dictionaries({"event": VERSIONS, "field": FIELDS, "value": values(Any)})
    return fields_of(STEPS[name].step)


PASSES = st.one_of(
    st.just(timedelta(0)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.integers(-4, 200).map(lambda n: timedelta(days=n)),
    st.integers(-7_200, 7_200).map(lambda n: timedelta(seconds=n)),
)
LATE = st.one_of(st.just(timedelta(0)), st.timedeltas(timedelta(0), timedelta(days=5)))


def any_step(names: tuple[str, ...] = tuple(STEPS)) -> st.SearchStrategy[Issued]:
    """A step with fields that fit, now and then one that does not, mostly by a role that may ask it."""

    def issued(name: str) -> st.SearchStrategy[Issued]:
        fields = asked_of(name)
        wrong = fields.map(lambda f: f | {"no_such_field": 1})
        return st.builds(
            Issued,
            do=st.just(name),
            fields=st.one_of(fields, fields, fields, fields, fields, wrong),
            actor=st.sampled_from(ACTORS),
            role=st.one_of(st.none(), st.none(), st.none(), st.sampled_from(Role)),
            second=st.sampled_from((None, "TL-02", "RV-07")),
            later=PASSES,
            late=LATE,
        )

    return st.sampled_from(names).flatmap(issued)


def any_life(
    names: tuple[str, ...] = tuple(STEPS), most: int = 15, begun: tuple[tuple[Issued, ...], ...] = ((), *BEGINNINGS)
) -> st.SearchStrategy[list[Issued]]:
    """Any steps, from an unopened case or from a beginning that came some way."""
    return st.builds(lambda first, rest: [*first, *rest], st.sampled_from(begun), st.lists(any_step(names), max_size=most))


def near(do: str, actor: str = "RV-07", **fields: Any) -> st.SearchStrategy[Issued]:
    """A step that is as it should be, asked at once or much later: near to being accepted."""
    return st.sampled_from((0, 0, 200)).map(lambda days: Issued(do, fields, actor=actor, later=timedelta(days=days)))


ORDER = TO_DETAINED[-1].fields
ON_THE_TRACK = st.one_of(
    near("propose_forced_track", grounds=["x"], proportionality="y"),
    near("propose_forced_track", grounds=["x"], proportionality="y", exception="border_refusal"),
    near("approve_forced_track", "TL-02"),
    near("approve_forced_track", "RV-07"),
    near("offer_voluntary_departure", language="ar", options=["IOM"], copy_given=True),
)
IN_CUSTODY = st.one_of(
    near("order_detention", "OFF-03", **ORDER),
    near("order_detention", "OFF-03", **ORDER),
    near("lift_detention", cause="purpose_gone"),
    near("lift_detention", cause="purpose_gone"),
    near("express_wish_to_leave", reported_by="dji"),
    near("assess_opportunity", available=True, finding="x"),
    near("report_detention", article="59", since="2026-01-10", by="AVIM"),
)
UNOFFERED = (*TO_MOTIVATION, INTERVIEW, INTERVIEW, INTERVIEW)
"""All that the forced track asks for but the offer."""


FACTS = tuple(name for name, row in STEPS.items() if row.kind is Kind.FACT)
