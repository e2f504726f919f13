"""N21: never an asylum fact to an embassy. Every field of every event holds something of its own, and we look for all of it.

What an embassy may see is written out here again, by hand, so that the list in the code is not its own judge.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from itertools import count
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from dtv_workflow.answers import new_id
from dtv_workflow.application import Register
from dtv_workflow.domain.chapters.holds import HoldLifted, HoldPlaced
from dtv_workflow.domain.chapters.travel_document import LaissezPasserOrdered
from dtv_workflow.domain.facets import Dated, Detained
from dtv_workflow.domain.record import Record, corrected
from dtv_workflow.domain.steps import hints
from dtv_workflow.domain.vocabulary import Article, Block, HoldKind, LpPurpose
from dtv_workflow.domain.workflow import EVENTS
from dtv_workflow.processes import compose, outbox, partners
from dtv_workflow.processes.compose import event_id
from dtv_workflow.processes.disclosable import OCCURRED, SENDABLE
from dtv_workflow.processes.outbox import push
from dtv_workflow.processes.partners import Agreement, Partner, PartnerKind, Partners, Sink
from dtv_workflow.processes.sinks import Message, Rejected, Undelivered
from tests.processes.outgoing import EMBASSY, SOURCE, Kept, configured, disclosures, lived, put, to_directory, training
from tests.properties.lived import DECIDED, INTERVIEW, TO_BOOKED, TO_CLOSED, TO_MOTIVATION, any_life, ask, live

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
ATTRIBUTES = {"specversion", "id", "source", "type", "time", "subject", "datacontenttype", "dataschema", "data"}
MAY: dict[str, dict[str, set[str]]] = {
    "nl.terugkeerzaken.laissez-passer-ordered.v1": {
        "fields": {"country", "purpose"}, "subject": {"name", "birth_date", "citizenship"},
    },
    "nl.terugkeerzaken.presentation-outcome-recorded.v1": {"fields": {"outcome"}},
    "nl.terugkeerzaken.travel-document-received.v1": {},
}  # fmt: skip
LP = ask("order_laissez_passer", country="MA", purpose="return", asylum_screened=True, copy_given=True)
TO_LP = (*TO_MOTIVATION, INTERVIEW, LP)


def asks_for_everything() -> tuple[Partners, Sink]:
    """An embassy whose agreement names every field of every event; no configuration file would say so."""
    fields = {t.rpartition(".")[0]: (OCCURRED, *EVENTS[t].__struct_fields__) for t in EVENTS}
    events = tuple(fields)
    agreement = Agreement(purpose="p", basis="b", fields=fields)
    sink = Sink(partner="ma", to="directory", key="ma", path="/x", events=events, agreement=agreement)
    embassy = Partner(name="Embassy", kind=PartnerKind.EMBASSY, key="ma", actor="MA", country="MA")
    return Partners(source=SOURCE, partners={"ma": embassy}, sinks={"ma": sink}), sink


def leaks(events: list[dict[str, Any]], secrets: dict[str, str]) -> list[str]:
    """What an embassy was sent that it may not see: a type, an attribute, a field, or something that only such a field held."""
    found = []
    for event in events:
        may = MAY.get(event["type"])
        if may is None:
            found.append(event["type"])
            continue
        found += [name for name in event if name not in ATTRIBUTES]
        data = event.get("data", {})
        found += [f"{event['type']}: {part}" for part in data if part not in may]
        found += [f"{event['type']}: {part}.{name}" for part in may for name in data.get(part, {}) if name not in may[part]]
    said = [{name: value for name, value in event.items() if name not in {"id", "subject"}} for event in events]
    sent = json.dumps(said, ensure_ascii=False)
    return found + [where for secret, where in secrets.items() if secret in sent]


# ---------------------------------------------------------------- something of its own in every field


class Canaries:
    """Values that fit a type and occur nowhere else; `said` tells where each stands."""

    def __init__(self) -> None:
        self.number = count(1)
        self.said: dict[str, str] = {}

    def of(self, declared: Any, where: str) -> Any:
        """A value of this type, that nobody else has as far as its type allows."""
        while get_origin(declared) is Annotated:
            for meta in get_args(declared):
                if isinstance(meta, Meta) and (meta.extra or {}).get("data") == "country":
                    return "QZ"
                if isinstance(meta, Meta) and meta.le is not None:
                    return 1  # too few numbers to be one's own: its name in the data is what is looked for
            declared = get_args(declared)[0]
        if get_origin(declared) in {Union, UnionType}:
            return self.of(next(part for part in get_args(declared) if part is not NoneType), where)
        if get_origin(declared) is tuple:
            return (self.of(get_args(declared)[0], where),)
        if get_origin(declared) is dict:
            return {self.of(get_args(declared)[0], where): self.of(get_args(declared)[1], where)}
        if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
            return declared(**{name: self.of(hint, where) for name, hint in hints(declared).items()})
        if isinstance(declared, type) and issubclass(declared, Enum):
            return next(iter(declared))
        return self._plain(declared, where)

    def _plain(self, declared: Any, where: str) -> Any:
        n = next(self.number)
        if declared is bool:
            return True
        if declared is int:
            return self._kept(7_000_000 + n, where)
        if declared is date:
            return self._kept(date(3000, 1, 1) + timedelta(days=n), where)
        if declared is datetime:
            return self._kept(datetime(4000, 1, 1, tzinfo=UTC) + timedelta(days=n), where)
        return self._kept(f"Canary-{n:04}", where)

    def _kept(self, value: Any, where: str) -> Any:
        self.said[value.isoformat().replace("+00:00", "Z") if isinstance(value, date) else str(value)] = where
        return value


def allowed(topic: str, field: str) -> bool:
    """Whether an embassy may see what stood in a field. A birth date that was established later is the person's birth date."""
    kind = f"nl.terugkeerzaken.{topic.rpartition('.')[0].replace('_', '-')}.{topic.rpartition('.')[2]}"
    return field in MAY.get(kind, {}).get("fields", ()) or (topic, field) in {
        *(("subject_registered.v1", name) for name in ("name", "birth_date", "citizenship")),
        ("minor_status_established.v1", "birth_date"),
    }  # fmt: skip


def every_topic(register: Register) -> dict[str, str]:
    """A case for every topic: opened, a laissez-passer ordered of MA, and then that topic with a canary in each field, in the
    record's reason and its source. The canaries of fields that an embassy may not see."""
    canaries = Canaries()
    for topic, event in EVENTS.items():
        types = {name: hints(event)[name] for name in event.__struct_fields__}
        values = {name: canaries.of(hint, f"{topic}: {name}") for name, hint in types.items()}
        if topic == LaissezPasserOrdered.TOPIC:
            values |= {"country": "MA"}
        case = live(*TO_LP)
        last = case.records[-1]
        record = msgspec.structs.replace(
            last, originator_version=last.version + 1, event=event(**values), receipt=None,
            reason=canaries.of(str, f"{topic}: reason"), source=canaries.of(str, f"{topic}: source"),
        )  # fmt: skip
        put(register, new_id(), [*case.records, record])
    return {value: where for value, where in canaries.said.items() if not allowed(*where.split(": "))}


@pytest.fixture(scope="module")
def tainted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Register, dict[str, str]]]:
    with training(tmp_path_factory.mktemp("taint")) as register:
        yield register, every_topic(register)


def sent_to_embassy(register: Register, *, recorded: bool = True) -> list[dict[str, Any]]:
    """Everything an embassy is sent that asks for everything, from the beginning. Canaries make no case that could be lived: with
    them nothing more is recorded."""
    (register.store.path / "outbox" / "ma.json").unlink(missing_ok=True)
    told, _ = asks_for_everything()
    kept = Kept()
    with pytest.MonkeyPatch.context() as patched:
        if not recorded:
            patched.setattr(outbox, "record_disclosure", lambda *_: None)
        (done,) = push(register, told, opened=kept.opened)
    assert done.error is None
    return kept.events


def test_n21_an_embassy_that_asks_for_everything_gets_nothing_it_may_not_see(tainted, monkeypatch):
    """With the case's own state looked away from, so that the list alone must hold; and with it."""
    register, secrets = tainted
    assert len(secrets) > 150
    sent = sent_to_embassy(register, recorded=False)
    assert leaks(sent, secrets) == []
    monkeypatch.setattr(compose, "may_tell_embassy", lambda *_: True)
    more = sent_to_embassy(register, recorded=False)
    assert leaks(more, secrets) == []
    assert {event["type"] for event in more} == set(MAY)
    assert len(more) > len(EVENTS)
    subjects = [event["data"]["subject"] for event in more if "subject" in event.get("data", {})]
    assert {"name": "Samira Testpersoon", "birth_date": "1990-05-04", "citizenship": "MA"} in subjects


LEAKS: dict[str, tuple[str, Any]] = {
    "a Dublin acceptance": ("EMBASSY", lambda may: may | {"dublin_acceptance_recorded.v1": ()}),
    "whether the file was screened": ("EMBASSY", lambda may: may | {LaissezPasserOrdered.TOPIC: ("country", "asylum_screened")}),
    "when the document is valid": ("EMBASSY", lambda may: may | {"travel_document_received.v1": ("valid_until",)}),
    "the V-number": ("EMBASSY_SUBJECT", lambda may: (*may, "v_number")),
    "the language": ("EMBASSY_SUBJECT", lambda may: (*may, "language")),
    "everything": ("_may", lambda may: lambda partner: {topic: EVENTS[topic].__struct_fields__ for topic in SENDABLE}),
}


@pytest.mark.parametrize("what", LEAKS)
def test_a_planted_leak_is_found(what, tainted, monkeypatch):
    register, secrets = tainted
    name, planted = LEAKS[what]
    monkeypatch.setattr(partners, name, planted(getattr(partners, name)))
    assert leaks(sent_to_embassy(register, recorded=False), secrets) != []


def test_a_leak_in_the_envelope_is_found(tainted, monkeypatch):
    register, secrets = tainted
    whole = compose.envelope

    def spoken(store_id: str, source: str, record: Record) -> Any:
        return msgspec.structs.replace(whole(store_id, source, record), dataref=record.reason or record.step)

    monkeypatch.setattr(compose, "envelope", spoken)
    assert "dataref" in leaks(sent_to_embassy(register, recorded=False), secrets)


# ---------------------------------------------------------------- when an embassy is told


def told(folder: Path, *issued: Any) -> list[dict[str, Any]]:
    assert all(outcome.accepted for outcome in live(*issued).outcomes)
    with training(folder) as register:
        lived(register, *issued)
        return sent_to_embassy(register)


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].split(".")[2] for event in events]


PRESENTED = ask("record_presentation", outcome="recognised")


def test_an_embassy_is_told_from_the_order_on_and_whom_it_is_about_with_it(tmp_path):
    events = told(tmp_path, *TO_LP, PRESENTED)
    assert kinds(events) == ["laissez-passer-ordered", "presentation-outcome-recorded"]
    assert events[0]["data"] == {
        "fields": {"country": "MA", "purpose": "return"},
        "subject": {"name": "Samira Testpersoon", "birth_date": "1990-05-04", "citizenship": "MA"},
    }
    assert events[1]["data"] == {"fields": {"outcome": "recognised"}}


def test_a_disclosure_to_an_embassy_names_what_was_told_of_the_person(tmp_path):
    with training(tmp_path) as register:
        case = lived(register, *TO_LP)
        sent_to_embassy(register)
        (logged,) = disclosures(register, case)
        assert logged.items[0].endswith(": country, purpose, subject.name, subject.birth_date, subject.citizenship")


def other(**changed: Any) -> Any:
    return LP._replace(fields=LP.fields | changed)


def order_at(*issued: Any) -> int:
    """The version at which the first order stands."""
    return next(r.version for r in live(*issued).records if isinstance(r.event, LaissezPasserOrdered))


def correct(event: int, field: str, value: Any) -> Any:
    return ask("correct", event=event, field=field, value=value)


ORDER = order_at(*TO_LP)
ASYLUM = ask("record_application", kind="asylum", applied_on="2026-01-05", awaited=False)


WITHHELD: dict[str, tuple[Any, ...]] = {
    "before any order": (*TO_MOTIVATION, PRESENTED),
    "ordered of another country": (*TO_MOTIVATION, INTERVIEW, other(country="DZ"), PRESENTED),
    "ordered for buitenschuld": (*TO_MOTIVATION, INTERVIEW, other(purpose="no_fault"), PRESENTED),
    "ordered for mediation": (*TO_MOTIVATION, INTERVIEW, other(purpose="mediation"), PRESENTED),
    "a document without an order": TO_BOOKED,
    "an application pending": (*TO_LP, ask("place_hold", hold="H1", hold_kind="application_pending")),
    "a suspensive appeal": (*TO_LP, PRESENTED, ask("place_hold", hold="H1", hold_kind="appeal_suspensive")),
    "interim relief": (*TO_LP, PRESENTED, ask("place_hold", hold="H1", hold_kind="interim_relief_granted")),
    "interim relief to be awaited": (*TO_LP, ask("place_hold", hold="H1", hold_kind="interim_relief_awaitable")),
    "a measure of the Strasbourg court": (*TO_LP, ask("place_hold", hold="H1", hold_kind="echr_rule39")),
    "a review of non-refoulement": (*TO_LP, ask("place_hold", hold="H1", hold_kind="non_refoulement_review")),
    "asylum asked again, not to be awaited": (*TO_LP, PRESENTED, ASYLUM),
    "the country corrected": (*TO_LP, PRESENTED, correct(ORDER, "country", "DZ")),
    "the country corrected, and corrected again": (
        *TO_LP, correct(ORDER, "country", "TN"), correct(ORDER, "country", "MA"), correct(ORDER, "country", "DZ"), PRESENTED,
    ),
    "the purpose corrected": (*TO_LP, PRESENTED, correct(ORDER, "purpose", "no_fault")),
    "replaced by an order of another country": (*TO_LP, PRESENTED, other(country="DZ")),
    "replaced by an order for buitenschuld": (*TO_LP, PRESENTED, other(purpose="no_fault")),
    "the case closed": (*TO_CLOSED[:-1], INTERVIEW, LP, PRESENTED, TO_CLOSED[-1]),
}


@pytest.mark.parametrize("why", WITHHELD)
def test_vc_a3_4_3_an_embassy_is_told_nothing(why, tmp_path):
    assert told(tmp_path, *WITHHELD[why]) == []


def test_n21_an_order_that_turns_out_to_be_of_this_country_is_told_as_it_should_have_been(tmp_path):
    corrections = (correct(ORDER, "country", "TN"), correct(ORDER, "country", "MA"))
    events = told(tmp_path, *TO_MOTIVATION, INTERVIEW, other(country="DZ"), PRESENTED, *corrections)
    assert kinds(events) == ["laissez-passer-ordered", "presentation-outcome-recorded"]
    assert events[0]["data"]["fields"]["country"] == "MA"


def test_n21_of_two_orders_only_the_one_that_stands_goes_with_the_identity(tmp_path):
    events = told(tmp_path, *TO_LP, LP)
    assert kinds(events) == ["laissez-passer-ordered"]


def test_vw_59b_an_embassy_is_told_nothing_of_somebody_detained_to_decide_on_asylum():
    case = live(*TO_LP).case
    ma = asks_for_everything()[0].partners["ma"]
    held = {article: copy.copy(case) for article in Article}
    for article, one in held.items():
        one.detained = Detained(version=99, article=article, since=date(2026, 1, 6))
    silent = {article for article, one in held.items() if not compose.may_tell_embassy(ma, one, one, START)}
    assert silent == {Article.A59B}


@pytest.mark.parametrize(("day", "answers"), [("2026-01-05", False), ("2026-01-06", True)])
def test_n21_a_decision_of_a_later_day_answers_an_asylum_application(day, answers):
    """One of the same day may be what the application was made against."""
    decided = ask("record_return_decision", days=3, **DECIDED.fields | {"decided_on": day, "served_on": day})
    granted = ask("record_residence", days=3, permit="asylum", granted_on=day)
    for answer in (decided, granted):
        life = live(*TO_LP, ASYLUM, answer)
        assert life.outcomes[-1].accepted
        assert (life.case.asylum_asked is None) == answers


def test_n21_an_asylum_application_is_kept_by_its_day_and_by_when_it_was_recorded():
    first, earlier = ASYLUM, ASYLUM._replace(fields=ASYLUM.fields | {"applied_on": "2026-01-02"})
    life = live(*TO_LP, first, earlier)
    assert life.case.asylum_asked == Dated(version=life.records[-1].version, on=date(2026, 1, 5))
    assert live(*TO_LP, ASYLUM._replace(fields=ASYLUM.fields | {"kind": "regular"})).case.asylum_asked is None


def test_n20_a_hold_that_comes_in_while_a_delivery_is_tried_again_withholds_it(tmp_path):
    with training(tmp_path) as register:
        case = lived(register, *TO_LP)

        def applies(seconds: float) -> None:
            last = register.history(case)[-1]
            hold = HoldPlaced(hold="H1", hold_kind=HoldKind.APPLICATION_PENDING)
            register.events.put([msgspec.structs.replace(last, originator_version=last.version + 1, event=hold, receipt=None)])

        kept = Kept(lambda message: Undelivered("away"))
        (done,) = push(register, asks_for_everything()[0], opened=kept.opened, sleep=applies)
        assert (kept.tried, done.sent, done.withheld, done.error) == (1, 0, 1, None)


def test_n20_what_was_withheld_is_not_sent_later_because_a_delivery_after_it_failed(tmp_path):
    with training(tmp_path) as register:
        held = lived(register, *TO_LP, ask("place_hold", hold="H1", hold_kind="application_pending"))
        free = lived(register, *TO_LP)
        kept = Kept(lambda message: Rejected("no"))
        push(register, asks_for_everything()[0], opened=kept.opened)
        last = register.history(held)[-1]
        lifted = HoldLifted(hold="H1", hold_kind=HoldKind.APPLICATION_PENDING, basis="decided")
        register.events.put([msgspec.structs.replace(last, originator_version=last.version + 1, event=lifted, receipt=None)])
        kept = Kept()
        push(register, asks_for_everything()[0], opened=kept.opened)
        assert [event["subject"] for event in kept.events] == [free]


def test_n21_neither_a_sequence_nor_a_file_s_name_tells_an_embassy_of_a_gap(tmp_path):
    with training(tmp_path) as register:
        lived(register, *TO_LP)
        kept = Kept()
        push(register, asks_for_everything()[0], opened=kept.opened)
        (event,), (message,) = kept.events, kept.messages
        assert "sequence" not in event
        assert datetime.fromtimestamp(message.position / 1_000_000, UTC) == datetime.fromisoformat(event["time"])


def test_n21_an_asylum_application_after_the_order_stops_what_had_not_been_sent(tmp_path):
    with training(tmp_path) as register:
        case = lived(register, *TO_LP, PRESENTED)
        text = EMBASSY + to_directory(tmp_path, "ma", "ma")
        push(register, configured(tmp_path, text), limit=1)
        last = register.history(case)[-1]
        hold = HoldPlaced(hold="H1", hold_kind=HoldKind.APPLICATION_PENDING)
        register.events.put([msgspec.structs.replace(last, originator_version=last.version + 1, event=hold, receipt=None)])
        (done,) = push(register, configured(tmp_path, text))
        assert (done.sent, done.withheld, done.error) == (0, 1, None)
        assert len(list((tmp_path / "to-ma").iterdir())) == 1


def test_n20_an_application_made_while_an_embassy_is_being_told_stops_what_comes_next(tmp_path):
    with training(tmp_path) as register:
        case = lived(register, *TO_LP, PRESENTED)

        def applies(message: Message) -> None:
            last = register.history(case)[-1]
            hold = HoldPlaced(hold="H1", hold_kind=HoldKind.APPLICATION_PENDING)
            register.events.put([msgspec.structs.replace(last, originator_version=last.version + 1, event=hold, receipt=None)])

        kept = Kept(applies)
        (done,) = push(register, asks_for_everything()[0], opened=kept.opened)
        assert (kinds(kept.events), done.withheld, done.error) == (["laissez-passer-ordered"], 1, None)


NAMED = ("record_presentation", "record_travel_document", "record_dublin_acceptance", "place_hold", "lift_hold", "correct",
         "reopen_case", "close_other", "order_laissez_passer", "express_wish_to_leave", "disclose")  # fmt: skip


@settings(max_examples=60)
@given(st.one_of(any_life(begun=(TO_LP, TO_BOOKED)), any_life(NAMED, begun=(TO_LP, (*TO_LP, PRESENTED)))))
def test_n21_whatever_a_case_lives_through_an_embassy_sees_no_more_than_it_may(shared, issued):
    life = live(*issued)
    if not life.records:
        return
    case = new_id()
    put(shared, case, life.records)
    kept = Kept()
    (done,) = push(shared, asks_for_everything()[0], opened=kept.opened)
    assert done.error is None
    assert leaks(kept.events, {"1234567890": "v_number", "asylum": "asylum_screened"}) == []
    stored = shared.store.recorder.select_events(f"case/{case}")
    versions = {event_id(shared.store.store_id, one): one.originator_version for one in stored}
    orders = [r for r in corrected(life.records) if isinstance(r.event, LaissezPasserOrdered)]
    for event in (one for one in kept.events if one["subject"] == case):
        version = versions[event["id"]]
        last_then, last_now = [r for r in orders if r.version <= version][-1], orders[-1]
        for order in (last_then.event, last_now.event):
            assert isinstance(order, LaissezPasserOrdered)
            assert (order.country, order.purpose) == ("MA", LpPurpose.RETURN)
        assert version not in {r.version for r in orders[:-1]}
    assert not kept.events or not life.case.open_holds(shared.clock(), Block.EMBASSY_CONTACT)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with training(tmp_path_factory.mktemp("lives")) as register:
        yield register
