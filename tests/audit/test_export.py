"""`dtv audit export`: what comes out is whole, valid for others' readers, and says nothing of a person."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import sqlite3
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from prov.model import ProvDocument

from dtv_workflow.application import Register
from dtv_workflow.audit.export import mapping, run
from dtv_workflow.audit.export.mapping import CLEAR, Entity, Happening, Mapped, mapped
from dtv_workflow.audit.export.ocel import write_sqlite
from dtv_workflow.audit.export.pseudonyms import Pseudonyms, new_pseudonyms, pseudonyms_in
from dtv_workflow.audit.export.run import Asked, export
from dtv_workflow.audit.export.zgw import rsin as zgw_rsin
from dtv_workflow.domain.fields import day_of, is_sealed
from dtv_workflow.domain.register import REGISTER, ExportMade
from dtv_workflow.domain.steps import Envelope, hints
from dtv_workflow.domain.workflow import EVENTS
from dtv_workflow.errors import Malformed, NotFound
from tests.processes.outgoing import lived, put, training
from tests.processes.test_taint import Canaries
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, TO_MOTIVATION, ask, live

FILES = {
    "ocel.json": "ocel", "ocel.xml": "ocel", "ocel.sqlite": "ocel", "log.xes": "xes", "log.prov.json": "prov",
    "log.jsonl": "cloudevents", "log.zgw.jsonl": "zgw",
}  # fmt: skip
BY = Envelope(actor="TL-02")
NAMES = Pseudonyms(b"k" * 32)


def typed(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def many(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


TEXT = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
TYPES = many(typed("name", "attributes", name=TEXT, attributes=many(typed("name", "type", name=TEXT, type=TEXT))))
LINKS = many(typed("objectId", "qualifier", objectId=TEXT, qualifier=TEXT))
SAID = many(typed("name", "value", name=TEXT, value=TEXT))
SAID_AT = many(typed("name", "value", "time", name=TEXT, value=TEXT, time=MOMENT))
OCEL = typed(
    "eventTypes", "objectTypes", "events", "objects", eventTypes=TYPES, objectTypes=TYPES,
    events=many(typed("id", "type", "time", id=TEXT, type=TEXT, time=MOMENT, attributes=SAID, relationships=LINKS)),
    objects=many(typed("id", "type", id=TEXT, type=TEXT, attributes=SAID_AT, relationships=LINKS)),
)  # fmt: skip
"""What the official schema of OCEL 2.0 asks of the JSON form, in our own words."""


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with training(tmp_path_factory.mktemp("export")) as register:
        for life in (TO_BOOKED, TO_CLOSED, TO_DETAINED):
            lived(register, *life)
        yield register


def out(register: Register, file: Path, form: str, names: Pseudonyms = NAMES, **more: Any) -> run.Made:
    return export(register, Asked(form, file, names, **more), BY)


def stored(register: Register) -> int:
    return sum(len(register.history_of(stream)) for stream in register.store.recorder.stream_ids("case/"))


def ocel_json(register: Register, folder: Path, **more: Any) -> Any:
    out(register, folder / "log.json", "ocel", **more)
    return json.loads((folder / "log.json").read_bytes())


def related(log: Any, of: str) -> list[tuple[str, str, str]]:
    return [(one["id"], link["objectId"], link["qualifier"]) for one in log[of] for link in one["relationships"]]


# ---------------------------------------------------------------- the forms


def test_ocel_json_is_valid_and_counts_as_the_store_does(register, tmp_path):
    log = ocel_json(register, tmp_path)
    jsonschema.validate(log, OCEL, format_checker=jsonschema.FormatChecker())
    assert len(log["events"]) == stored(register)
    assert sum(o["type"] == "zaak" for o in log["objects"]) == 3
    declared = {kind["name"]: {a["name"] for a in kind["attributes"]} for kind in log["eventTypes"]}
    assert all({a["name"] for a in event["attributes"]} <= declared[event["type"]] for event in log["events"])
    log["events"][0]["attributes"][0]["value"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, OCEL)


def test_the_three_forms_of_ocel_hold_the_same_events_objects_and_relations(register, tmp_path):
    log = ocel_json(register, tmp_path)
    out(register, tmp_path / "log.xml", "ocel")
    out(register, tmp_path / "log.sqlite", "ocel")
    root = ET.parse(tmp_path / "log.xml").getroot()
    with sqlite3.connect(tmp_path / "log.sqlite") as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = {"events": "event_object", "objects": "object_object"}
        for of, table in tables.items():
            found = related(log, of)
            assert found
            xml = [(one.get("id"), link.get("object-id"), link.get("qualifier"))
                   for one in root.iterfind(f"{of}/*") for link in one.iterfind("objects/relationship")]  # fmt: skip
            assert sorted(xml) == sorted(found) == sorted(db.execute(f"SELECT * FROM {table}"))
            ids = sorted((one["id"], one["type"]) for one in log[of])
            assert ids == sorted(db.execute(f"SELECT * FROM {of[:-1]}"))
            assert ids == sorted((one.get("id"), one.get("type")) for one in root.iterfind(f"{of}/*"))
    db.close()


def test_no_relation_of_ocel_dangles_also_when_only_some_days_are_asked_for(register, tmp_path):
    days = sorted({day_of(r.recorded_at) for s in register.store.recorder.stream_ids("case/") for r in register.history_of(s)})
    asked: tuple[dict[str, Any], ...] = ({}, {"since": days[0]}, {"until": days[-1]}, {"since": days[-1], "until": days[-1]})
    for more in asked:
        log = ocel_json(register, tmp_path, **more)
        ids = {one["id"] for one in log["objects"]}
        assert len(ids) == len(log["objects"])
        assert {target for of in ("events", "objects") for _, target, _ in related(log, of)} <= ids
        assert 0 < len(log["events"]) <= stored(register)


def test_a_dangling_relation_is_refused(tmp_path):
    last = live(*TO_MOTIVATION).records[-1]
    happening = Happening("e", last.name, last.recorded_at, {}, (("zaak-gone", "betreft"),), "a", "t", "")
    with pytest.raises(ValueError, match="not in the export"):
        write_sqlite(tmp_path / "x", iter([Mapped("z", (happening,), (Entity("zaak-1", "zaak"),))]))


def test_the_phase_of_a_case_is_an_attribute_that_changes(register, tmp_path):
    log = ocel_json(register, tmp_path)
    told = [[a["value"] for a in o["attributes"] if a["name"] == "fase"] for o in log["objects"] if o["type"] == "zaak"]
    assert all(phases[0] == "intake" for phases in told)
    assert any(phases[-1] == "closed" for phases in told)


def test_time_is_when_it_was_recorded_and_occurred_at_an_attribute():
    records = live(*TO_MOTIVATION).records
    late = msgspec.structs.replace(records[-1], occurred_at=records[0].occurred_at)
    (told,) = mapped([*records[:-1], late], NAMES).happenings[-1:]
    assert (told.time, told.attributes["occurred_at"]) == (late.recorded_at, late.occurred_at)


def test_xes_has_a_trace_a_case_and_an_event_an_event(register, tmp_path):
    made = out(register, tmp_path / "log.xes.gz", "xes")
    root = ET.fromstring(gzip.decompress((tmp_path / "log.xes.gz").read_bytes()))
    traces = [one for one in root if one.tag.endswith("trace")]
    assert (len(traces), made.cases) == (3, 3)
    events = [[child for child in trace if child.tag.endswith("event")] for trace in traces]
    assert sum(map(len, events)) == made.events == stored(register)
    keys = {attribute.get("key") for trace in events for event in trace for attribute in event}
    assert {"concept:name", "time:timestamp", "lifecycle:transition", "org:resource", "org:role", "identity:id"} <= keys
    assert all(key.startswith(("concept:", "time:", "lifecycle:", "org:", "identity:", "dtv:")) for key in keys if key)


def test_prov_reads_as_the_document_it_is(register, tmp_path):
    out(register, tmp_path / "p.json", "prov")
    first = ProvDocument.deserialize(tmp_path / "p.json")
    assert first == ProvDocument.deserialize(content=first.serialize())
    kinds = [type(record).__name__ for record in first.get_records()]
    assert kinds.count("ProvActivity") == kinds.count("ProvGeneration") == kinds.count("ProvAssociation") == stored(register)


def test_prov_a_correction_revises_the_state_before_it_and_ends_it(tmp_path):
    life = live(*TO_MOTIVATION, ask("correct", event=2, field="sex", value="m"))
    with training(tmp_path) as own:
        lived(own, *TO_MOTIVATION, ask("correct", event=2, field="sex", value="m"))
        out(own, tmp_path / "p.json", "prov")
    assert life.records[-1].name == "CorrectionRecorded"
    document = json.loads((tmp_path / "p.json").read_bytes())
    assert len(document["wasInvalidatedBy"]) == 1
    assert sum("prov:type" in one for one in document["wasDerivedFrom"].values()) == 1


def test_cloudevents_are_read_by_others_and_hold_no_data(register, tmp_path):
    made = out(register, tmp_path / "log.jsonl", "cloudevents")
    lines = (tmp_path / "log.jsonl").read_bytes().splitlines()
    assert len(lines) == made.events == stored(register)
    for line in lines:
        event = from_structured_event(HTTPMessage({"content-type": "application/cloudevents+json"}, line), JSONFormat())
        assert event.get_data() is None
    assert len({json.loads(line)["id"] for line in lines}) == len(lines)


@pytest.mark.parametrize("name", FILES)
def test_an_empty_store_gives_an_empty_file_that_is_valid(name, tmp_path):
    with training(tmp_path) as empty:
        made = out(empty, tmp_path / name, FILES[name])
    assert (made.cases, made.events) == (0, 0)
    if name.endswith((".xml", ".xes")):
        ET.parse(tmp_path / name)
    elif name == "ocel.json":
        jsonschema.validate(json.loads((tmp_path / name).read_bytes()), OCEL)
    elif name.endswith(".prov.json"):
        assert ProvDocument.deserialize(tmp_path / name) == ProvDocument.deserialize(io.StringIO('{"prefix": {}}'))


@pytest.mark.parametrize("name", FILES)
def test_the_same_key_gives_the_same_file(name, register, tmp_path):
    (tmp_path / "b").mkdir()
    first, second = (out(register, folder / name, FILES[name]) for folder in (tmp_path, tmp_path / "b"))
    assert first.digest == second.digest


# ---------------------------------------------------------------- nothing of a person


def every_topic_of_a_case(register: Register) -> dict[str, str]:
    """A case for every topic, with a canary in every field of it. Those that may never leave: all that is sealed, and all
    text that is not listed."""
    canaries = Canaries()
    for topic, event in EVENTS.items():
        values = {name: canaries.of(hints(event)[name], f"{topic}: {name}") for name in event.__struct_fields__}
        records = live(*TO_MOTIVATION).records
        record = msgspec.structs.replace(
            records[-1], originator_version=records[-1].version + 1, event=event(**values), receipt=None,
            reason=canaries.of(str, f"{topic}: reason"), source=canaries.of(str, f"{topic}: source"),
            actor=canaries.of(str, f"{topic}: actor"), second=canaries.of(str, f"{topic}: second"),
            request_id=canaries.of(str, f"{topic}: request"),
        )  # fmt: skip
        put(register, f"CANARYCASE{len(canaries.said):04}", [*records, record])

    def may(where: str) -> bool:
        topic, field = where.split(": ")
        event = EVENTS[topic]
        if field in CLEAR.get(event, ()):
            return True
        return field in mapping.fields_of(event) and not is_sealed(event, field)

    return {value: where for value, where in canaries.said.items() if not may(where)}


@pytest.fixture(scope="module")
def tainted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Register, dict[str, str]]]:
    with training(tmp_path_factory.mktemp("taint")) as own:
        yield own, every_topic_of_a_case(own)


def leaked(register: Register, secrets: dict[str, str], file: Path, form: str) -> list[str]:
    out(register, file, form, new_pseudonyms())
    text = file.read_bytes().decode("utf-8", "replace")
    return [where for secret, where in secrets.items() if secret in text] + (["a case id"] if "CANARYCASE" in text else [])


@pytest.mark.parametrize("name", FILES)
def test_nothing_sealed_no_text_and_no_id_of_ours_is_in_an_export(name, tainted, tmp_path):
    register, secrets = tainted
    assert len(secrets) > 500
    assert leaked(register, secrets, tmp_path / name, FILES[name]) == []


def every_field_leaves(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(mapping, "fields_of", lambda event: dict.fromkeys(event.__struct_fields__, "string"))
    patched.setattr(mapping, "_plain", str)


LEAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a text that is not listed": every_field_leaves,
    "ids as they are": lambda m: m.setattr(Pseudonyms, "of", lambda self, kind, value: f"{kind}-{value}"),
}


@pytest.mark.parametrize("what", LEAKS)
def test_a_planted_leak_is_found(what, tainted, tmp_path, monkeypatch):
    register, secrets = tainted
    LEAKS[what](monkeypatch)
    assert leaked(register, secrets, tmp_path / "log.json", "ocel") != []


@pytest.mark.parametrize("name", FILES)
def test_the_ids_of_two_exports_cannot_be_joined_unless_they_share_a_key_file(name, register, tmp_path):
    def ids(file: Path, names: Pseudonyms) -> set[str]:
        out(register, file, FILES[name], names)
        text = file.read_bytes().decode("utf-8", "replace")
        return set(re.findall(r"(?:zaak|gebeurtenis|regievoerder|vreemdeling|partner|hold|booking)-[0-9a-f]{24}", text))

    first, second = (ids(tmp_path / f"{n}.{name}", new_pseudonyms()) for n in (1, 2))
    assert len(first) == len(second) >= 3
    assert not first & second
    key = tmp_path / "key"
    joined = [ids(tmp_path / f"{n}.{name}", pseudonyms_in(key)) for n in (3, 4)]
    assert joined[0] == joined[1]
    assert key.stat().st_mode & 0o077 == 0


def test_a_key_file_that_holds_no_key_is_refused(tmp_path):
    for text in ("00ff", "not a key"):
        (tmp_path / "key").write_text(text)
        with pytest.raises(Malformed, match="--pseudonyms"):
            pseudonyms_in(tmp_path / "key")


# ---------------------------------------------------------------- on record, whole or not at all


def test_an_export_is_on_record_with_its_digest_before_the_file_is_there(register, tmp_path, monkeypatch):
    file = tmp_path / "log.json"
    seen: list[bool] = []
    add = register.add

    def told(*given: Any) -> Any:
        seen.append(file.exists())
        return add(*given)

    monkeypatch.setattr(register, "add", told)
    case = register.store.recorder.stream_ids("case/")[0].removeprefix("case/")
    made = out(register, file, "ocel", cases=(case,), purpose="inspection")
    record = register.history_of(REGISTER)[-1]
    assert isinstance(record.event, ExportMade)
    assert (seen, record.actor) == ([False], "TL-02")
    assert (record.event.form, record.event.purpose, record.event.selected) == ("ocel", "inspection", 1)
    assert (record.event.cases, record.event.events, record.event.digest) == made
    assert made.digest == hashlib.sha256(file.read_bytes()).hexdigest()
    assert case not in msgspec.json.encode(record.event).decode()


@pytest.mark.parametrize("name", FILES)
def test_what_fails_leaves_no_file_and_nothing_on_record(name, register, tmp_path, monkeypatch):
    (tmp_path / name).write_text("kept")
    before = len(register.history_of(REGISTER))
    monkeypatch.setattr(run, "mapped", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        out(register, tmp_path / name, FILES[name])
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(name, "kept")]
    assert len(register.history_of(REGISTER)) == before


def test_what_cannot_be_asked_for_is_refused(register, tmp_path):
    with pytest.raises(Malformed, match=r"\.json, \.xml or \.sqlite"):
        out(register, tmp_path / "log.txt", "ocel")
    with pytest.raises(NotFound):
        out(register, tmp_path / "log.json", "ocel", cases=("ZZZZ",))
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ ZGW

URI = {"type": "string", "format": "uri", "minLength": 1, "maxLength": 1000, "pattern": "^urn:"}
DAY = {"type": "string", "format": "date", "pattern": r"^\d{4}-\d\d-\d\d$"}
RSIN = {"type": "string", "pattern": r"^\d{9}$"}


def up_to_text(length: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": length}


ZGW = typed(
    "zaak", "statussen", "resultaat", "rollen", "besluiten", "klantcontacten", "audittrail",
    zaak=typed(
        "bronorganisatie", "zaaktype", "verantwoordelijkeOrganisatie", "startdatum", identificatie=up_to_text(40),
        bronorganisatie=RSIN, verantwoordelijkeOrganisatie=RSIN, zaaktype=URI, startdatum=DAY, registratiedatum=DAY,
        vertrouwelijkheidaanduiding={"enum": ["vertrouwelijk"]},
        opschorting=typed("indicatie", "reden", indicatie={"type": "boolean"}, reden=up_to_text(200)),
    ),
    statussen=many(typed("zaak", "statustype", "datumStatusGezet", zaak=URI, statustype=URI, datumStatusGezet=MOMENT)),
    resultaat={"oneOf": [{"type": "null"}, typed("zaak", "resultaattype", zaak=URI, resultaattype=URI)]},
    rollen=many(typed(
        "zaak", "betrokkeneType", "roltype", "roltoelichting", zaak=URI, betrokkene=URI, roltype=URI,
        betrokkeneType={"enum": ["natuurlijk_persoon", "medewerker", "organisatorische_eenheid"]},
        roltoelichting=up_to_text(1000),
    )),
    besluiten=many(typed(
        "verantwoordelijkeOrganisatie", "besluittype", "datum", "ingangsdatum", identificatie=up_to_text(50),
        verantwoordelijkeOrganisatie=RSIN, besluittype=URI, zaak=URI, datum=DAY, ingangsdatum=DAY,
    )),
    klantcontacten=many(typed("zaak", "datumtijd", zaak=URI, datumtijd=MOMENT, onderwerp=up_to_text(200))),
    audittrail=many(typed(
        "bron", "actie", "resultaat", "hoofdObject", "resource", "resourceUrl", "resourceWeergave", "wijzigingen", uuid=TEXT,
        bron={"enum": ["zrc"]}, actie={"enum": ["create", "partial_update"]}, resultaat={"enum": [200, 201, 403]},
        hoofdObject=URI, resource=up_to_text(50), resourceUrl=URI, resourceWeergave=up_to_text(200), aanmaakdatum=MOMENT,
    )),
)  # fmt: skip
"""What the Zaken and Besluiten APIs ask of a body that is written, in our own words (VNG Realisatie, Zaken API 1.5.1)."""


def zgw(register: Register, path: Path, **more: Any) -> list[dict[str, Any]]:
    export(register, Asked("zgw", path, NAMES, **more), BY)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_zgw_every_case_is_a_body_that_the_apis_take(register, tmp_path):
    found = zgw(register, tmp_path / "a.jsonl")
    for zaak in found:
        jsonschema.validate(zaak, ZGW, format_checker=jsonschema.FormatChecker())
        url = f"urn:dtv-workflow:zaak:{zaak['zaak']['identificatie']}"
        assert {each["zaak"] for name in ("statussen", "rollen", "besluiten", "klantcontacten") for each in zaak[name]} == {url}
        assert [each["actie"] for each in zaak["audittrail"]].count("create") == 1
    closed = [zaak for zaak in found if zaak["resultaat"]]
    assert len(closed) == sum(zaak["statussen"][-1]["statustype"].endswith(":closed") for zaak in found) > 0
    assert any(zaak["klantcontacten"] and zaak["besluiten"] for zaak in found)


def test_zgw_an_open_hold_suspends_the_zaak_until_it_is_lifted_or_over(tmp_path):
    hold = ask("place_hold", hold="H9", hold_kind="unresolved_procedural_message")
    lifted = ask("lift_hold", hold="H9", basis="over", second="TL-02")
    lives = ((*TO_MOTIVATION, hold), (*TO_MOTIVATION, hold, lifted), TO_MOTIVATION)
    said = []
    for n, life in enumerate(lives):
        with training(tmp_path / str(n)) as register:
            lived(register, *life)
            (zaak,) = zgw(register, tmp_path / f"{n}.jsonl")
            said.append(zaak["zaak"]["opschorting"])
    assert said == [{"indicatie": True, "reden": "unresolved_procedural_message"}, *[{"indicatie": False, "reden": ""}] * 2]


@pytest.mark.parametrize("wrong", ["", "12345678", "123456789", "0000000000", "00000000x", "００００００００0"])
def test_an_organisation_is_an_rsin(wrong):
    assert [zgw_rsin(right) for right in ("000000000", "111222333", "002564440")] == ["000000000", "111222333", "002564440"]
    with pytest.raises(Malformed):
        zgw_rsin(wrong)
