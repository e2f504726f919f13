"""The configuration of partners and sinks: what it gives, and every way in which it is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.vocabulary import Kind
from dtv_workflow.domain.workflow import EVENTS, STEPS
from dtv_workflow.errors import Malformed
from dtv_workflow.processes.disclosable import EMBASSY, NEVER, OCCURRED, SENDABLE, STRUCTURED, TELLING, fields_of
from dtv_workflow.processes.partners import Partners, gets, read_partners, subject_fields
from tests.processes.outgoing import AGREEMENT, IND, SOURCE, configured
from tests.processes.outgoing import EMBASSY as MA

HTTP = 'to = "http"\nurl = "https://ind.example/events"\n'
WHOLE = f"""
[partner.ind]
name = "IND"
kind = "chain"
sources = ["urn:nld:oin:00000000000000000001:systeem:indigo"]
reports = ["record_removability", "place_hold"]

[partner.coa]
name = "COA"
kind = "chain"
sources = ["urn:nld:oin:00000000000000000002:systeem:ibis"]
reports = "*"
actor = "COA-IBIS"

[sink.ind]
partner = "ind"
{HTTP}
events = ["case_closed", "removal_booked"]
{AGREEMENT.format("ind")}
fields.removal_booked = ["departs_at", "carrier", "occurred_at"]
"""


def test_without_a_file_there_are_no_partners(tmp_path):
    assert read_partners(tmp_path / "partners.toml") == Partners()


def test_a_partner_is_known_by_its_sources_and_reports_what_it_may(tmp_path):
    partners = configured(tmp_path, WHOLE)
    ind, coa = partners.partners["ind"], partners.partners["coa"]
    assert partners.partner_of("urn:nld:oin:00000000000000000001:systeem:indigo") == ind
    assert partners.partner_of("urn:nld:oin:00000000000000000009:systeem:indigo") is None
    assert (ind.actor, coa.actor) == ("IND", "COA-IBIS")
    assert (ind.may_report("place_hold"), ind.may_report("record_pregnancy")) == (True, False)
    assert (coa.may_report("record_pregnancy"), coa.may_report("disclose")) == (True, False)


def test_a_sink_gets_the_events_and_the_fields_that_are_named_and_no_more(tmp_path):
    partners = configured(tmp_path, WHOLE)
    sink = partners.sinks["ind"]
    told = gets(sink, partners.to(sink))
    assert told.topics == ("case_closed.v1", "removal_booked.v1")
    assert told.fields == {"removal_booked.v1": ("occurred_at", "carrier", "departs_at")}


def test_a_star_gives_every_event_but_those_whose_name_speaks_of_health(tmp_path):
    partners = configured(tmp_path, f'{IND}[sink.ind]\npartner = "ind"\n{HTTP}events = "*"')
    sink = partners.sinks["ind"]
    assert set(gets(sink, partners.to(sink)).topics) == set(SENDABLE) - TELLING
    assert gets(sink, partners.to(sink)).fields == {}


def test_what_is_the_office_s_own_is_never_sent():
    assert {"store_opened.v1", "user_granted.v1", "user_revoked.v1", "command_refused.v1", "disclosure_logged.v1"} <= NEVER
    assert not NEVER & set(SENDABLE)
    assert set(SENDABLE) | NEVER == set(EVENTS)


@pytest.mark.parametrize("topic", SENDABLE)
def test_no_free_text_can_be_named(topic):
    """A sealed field is free text unless it is listed as structured; a clear one of which the type says nothing is not sent."""
    sealed = {name for name in EVENTS[topic].__struct_fields__ if is_sealed(EVENTS[topic], name)}
    assert sealed & set(fields_of(topic)) == set(STRUCTURED.get(topic, ()))
    assert {"reason", "source", "value", "content"} & set(fields_of(topic)) == set()


def test_the_structured_fields_are_sealed_fields_there_are():
    assert [(t, f) for t, fields in STRUCTURED.items() for f in fields if not is_sealed(EVENTS[t], f)] == []


# ---------------------------------------------------------------- what is refused

SINK = f'[sink.s]\npartner = "ind"\n{HTTP}'
CLOSED = 'events = ["case_closed"]\n'
TOLD = AGREEMENT.format("s")


def placed(sink: str, path: str) -> str:
    return f'[sink.{sink}]\npartner = "ind"\nto = "directory"\npath = "{path}"\n{CLOSED}'


REFUSED: dict[str, tuple[str, str]] = {
    "no TOML": ("[partner", "not TOML"),
    "an unknown table": ("[partners.ind]\n", "unknown key"),
    "an unknown key": (f'{IND}secret = "x"', "unknown key"),
    "a key of our own": (f'{IND}key = "x"', "unknown key"),
    "no name": ('[partner.ind]\nkind = "chain"', "name is required"),
    "no such kind": ('[partner.ind]\nname = "x"\nkind = "spy"', "not one of the words"),
    "a partner's key in capitals": ('[partner.IND]\nname = "x"\nkind = "chain"', "lower-case"),
    "a decision reported": (f'{IND}reports = ["book_removal"]', "names 1 that no partner reports"),
    "a disclosure reported": (f'{IND}reports = ["disclose"]', "names 1 that no partner reports"),
    "a source twice": (f'{IND}sources = ["urn:x"]\n[partner.b]\nname = "b"\nkind = "ngo"\nsources = ["urn:x"]', "same source"),
    "our own source": (f'{IND}sources = ["{SOURCE}"]', "our own source"),
    "a source that is no URI": (f'{IND}sources = ["a b"]', "not a valid value"),
    "an actor that is no code": (f'{IND}actor = "a b"', "not a valid value"),
    "an embassy of no country": ('[partner.ma]\nname = "x"\nkind = "embassy"', "country is required of an embassy"),
    "a country of no embassy": (f'{IND}country = "MA"', "of no other partner"),
    "an embassy of nowhere": ('[partner.ma]\nname = "x"\nkind = "embassy"\ncountry = "XX"', "ISO 3166-1"),
    "a sink of nobody": (f"{SINK}{CLOSED}", "partner is none of those"),
    "a sink to nowhere": (f'{IND}[sink.s]\npartner = "ind"\nto = "fax"\n{CLOSED}', "not one of the words"),
    "a directory without a path": (f'{IND}[sink.s]\npartner = "ind"\nto = "directory"\n{CLOSED}', "path is required"),
    "a path that is not whole": (f'{IND}[sink.s]\npartner = "ind"\nto = "directory"\npath = "out"\n{CLOSED}', "whole path"),
    "a path of a URL's sink": (f'{IND}{SINK}path = "/x"\n{CLOSED}', "path means nothing"),
    "a sink without events": (f"{IND}{SINK}", "events is required"),
    "no such event": (f'{IND}{SINK}events = ["no_such"]', "names 1 that are not sent"),
    "a refusal sent": (f'{IND}{SINK}events = ["command_refused"]', "names 1 that are not sent"),
    "a disclosure sent": (f'{IND}{SINK}events = ["disclosure_logged"]', "names 1 that are not sent"),
    "a user sent": (f'{IND}{SINK}events = ["user_granted"]', "names 1 that are not sent"),
    "a pregnancy without an agreement": (f'{IND}{SINK}events = ["pregnancy_recorded"]', "takes an agreement"),
    "an agreement without a basis": (f'{IND}{SINK}{CLOSED}[sink.s.agreement]\npurpose = "p"', "basis is required"),
    "a blank purpose": (f'{IND}{SINK}{CLOSED}[sink.s.agreement]\npurpose = " "\nbasis = "b"', "not a valid value"),
    "fields of no event": (f'{IND}{SINK}{CLOSED}{TOLD}fields.no_such = ["x"]', "names an event that is not sent"),
    "fields of an event not sent": (f'{IND}{SINK}{CLOSED}{TOLD}fields.removal_booked = ["carrier"]', "this sink is not sent"),
    "no such field": (f'{IND}{SINK}{CLOSED}{TOLD}fields.case_closed = ["secret"]', "it may name occurred_at, outcome"),
    "free text": (f'{IND}{SINK}{CLOSED}{TOLD}fields.case_closed = ["evidence"]', "names what cannot be sent"),
    "two sinks in one place": (f"{IND}{placed('a', '/x')}{placed('b', '/x/')}", "same path"),
    "a timeout of nothing": (f"{IND}{SINK}{CLOSED}timeout = 0", "not a valid value"),
}
PLACES: dict[str, tuple[str, str]] = {
    "one inside the other": ('to = "directory"\npath = "/x"', 'to = "directory"\npath = "/x/y"'),
    "the other inside the one": ('to = "directory"\npath = "/x/y/z"', 'to = "directory"\npath = "/x/./y"'),
    "dots that lead there": ('to = "directory"\npath = "/x"', 'to = "directory"\npath = "/y/../x/z"'),
    "one address": ('to = "http"\nurl = "https://b.example/in"', 'to = "http"\nurl = "https://B.example.:443/a/../in/"'),
    "one machine": ('to = "http"\nurl = "http://localhost:1"', 'to = "http"\nurl = "http://127.0.0.1:1/"'),
    "one subject": (
        'to = "nats"\nserver = "tls://n.example"\nsubject = "a.b"',
        'to = "nats"\nserver = "tls://N.example:4222"\nsubject = "a.b"',
    ),
}  # fmt: skip
OTHER = '[partner.coa]\nname = "COA"\nkind = "chain"\n'


@pytest.mark.parametrize("what", PLACES)
def test_two_partners_share_no_place(what, tmp_path):
    pairs = zip(("ind", "coa"), PLACES[what], strict=True)
    one, other = (f'[sink.{key}]\npartner = "{key}"\n{to}\n{CLOSED}' for key, to in pairs)
    with pytest.raises(Malformed, match="sinks of two partners share a place"):
        configured(tmp_path, IND + OTHER + one + other)
    if "directory" not in one:
        assert configured(tmp_path, IND + OTHER + one + other.replace('"coa"', '"ind"')).sinks


def test_a_link_to_another_partner_s_directory_is_that_directory(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").symlink_to(tmp_path / "a")
    text = IND + OTHER + placed("a", f"{tmp_path}/a") + placed("b", f"{tmp_path}/b/c").replace('"ind"', '"coa"')
    with pytest.raises(Malformed, match="sinks of two partners share a place"):
        configured(tmp_path, text)


def test_neighbours_share_no_place(tmp_path):
    text = IND + OTHER + placed("a", "/x/a") + placed("b", "/x/ab").replace('"ind"', '"coa"')
    assert len(configured(tmp_path, text).sinks) == 2


URLS = ("http://ind.example/", "https://me:secret@ind.example/", "ftp://ind.example/", "https://", "ind.example", "https://x:y/")


@pytest.mark.parametrize("what", REFUSED)
def test_a_configuration_is_refused_whole_with_one_clear_line(what, tmp_path):
    text, line = REFUSED[what]
    with pytest.raises(Malformed, match=line) as refused:
        configured(tmp_path, text)
    assert str(refused.value).startswith("partners.toml")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("url", URLS)
def test_nothing_is_sent_in_the_clear_or_with_a_password_in_the_address(url, tmp_path):
    with pytest.raises(Malformed, match="url must be https"):
        configured(tmp_path, f'{IND}[sink.s]\npartner = "ind"\nto = "http"\nurl = "{url}"\n{CLOSED}')


def test_on_this_machine_itself_http_will_do(tmp_path):
    assert configured(tmp_path, f'{IND}[sink.s]\npartner = "ind"\nto = "http"\nurl = "http://localhost:1/x"\n{CLOSED}').sinks


@pytest.mark.parametrize("server", ["nats://nats.example:4222", "tls://me:secret@nats.example", "https://nats.example"])
def test_nats_is_encrypted_too(server, tmp_path):
    with pytest.raises(Malformed, match="server must be tls"):
        configured(tmp_path, f'{IND}[sink.s]\npartner = "ind"\nto = "nats"\nserver = "{server}"\nsubject = "a.b"\n{CLOSED}')


def test_a_sink_asks_for_our_own_source(tmp_path):
    file = tmp_path / "partners.toml"
    file.write_text(f"{IND}{SINK}{CLOSED}")
    with pytest.raises(Malformed, match="source is required"):
        read_partners(file)


@pytest.mark.parametrize("schemas", ["/schemas", "schemas.example/dtv", "https:", ""])
def test_dataschema_is_an_absolute_uri(schemas, tmp_path):
    file = tmp_path / "partners.toml"
    file.write_text(f'schemas = "{schemas}"')
    with pytest.raises(Malformed, match="schemas is not a valid value"):
        read_partners(file)


def test_a_file_that_is_no_text_is_one_clear_line(tmp_path):
    file = tmp_path / "partners.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(Malformed, match="cannot be read as text"):
        read_partners(file)


# ---------------------------------------------------------------- N21: an embassy

TO_MA = f'[sink.ma]\npartner = "ma"\n{HTTP}'
MAY = {topic.rpartition(".")[0] for topic in EMBASSY}


@pytest.mark.parametrize("topic", [topic for topic in SENDABLE if topic not in EMBASSY])
def test_n21_a_configuration_that_names_another_event_for_an_embassy_is_refused(topic, tmp_path):
    event = topic.rpartition(".")[0]
    with pytest.raises(Malformed, match=f"an embassy is never sent {event}"):
        configured(tmp_path, f'{MA}{TO_MA}events = ["laissez_passer_ordered", "{event}"]')


@pytest.mark.parametrize("topic", SENDABLE)
def test_n21_a_configuration_that_names_another_field_for_an_embassy_is_refused(topic, tmp_path):
    event = topic.rpartition(".")[0]
    allowed = ("name", "birth_date", "citizenship") if event == "subject_registered" else EMBASSY.get(topic, ())
    for field in {*EVENTS[topic].__struct_fields__, OCCURRED} - set(allowed):
        with pytest.raises(Malformed, match=f"an embassy is never sent these fields of {event}"):
            configured(tmp_path, f'{MA}{TO_MA}events = "*"\n{AGREEMENT.format("ma")}fields.{event} = ["{field}"]')


def test_n21_an_embassy_gets_the_order_the_answer_and_the_end(tmp_path):
    fields = 'fields.laissez_passer_ordered = ["country", "purpose"]\nfields.subject_registered = ["birth_date", "name"]'
    partners = configured(tmp_path, f'{MA}{TO_MA}events = "*"\n{AGREEMENT.format("ma")}{fields}')
    sink = partners.sinks["ma"]
    assert gets(sink, partners.to(sink)).topics == (
        "laissez_passer_ordered.v1", "presentation_outcome_recorded.v1", "travel_document_received.v1",
    )  # fmt: skip
    assert gets(sink, partners.to(sink)).fields == {"laissez_passer_ordered.v1": ("country", "purpose")}
    assert subject_fields(sink, partners.to(sink)) == ("name", "birth_date")


def test_whom_an_application_is_about_is_told_with_the_order_or_not_at_all(tmp_path):
    told = f'{AGREEMENT.format("ma")}fields.subject_registered = ["name"]'
    with pytest.raises(Malformed, match="this sink is not sent"):
        configured(tmp_path, f'{MA}{TO_MA}events = ["presentation_outcome_recorded"]\n{told}')


OURS = {"disclose", "report_unread_message", "flag_message"}
"""What we told others, and what we could not understand, is ours to say."""


def test_every_fact_may_be_reported_by_somebody(tmp_path):
    facts = [name for name, row in STEPS.items() if row.kind is Kind.FACT and name not in OURS]
    named = ", ".join(f'"{name}"' for name in facts)
    assert configured(tmp_path, f"{IND}reports = [{named}]").partners["ind"].reports == tuple(facts)


def test_the_example_of_the_documentation_is_read(tmp_path):
    page = (Path(__file__).resolve().parents[2] / "docs" / "partners.md").read_text("utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "partners.toml"
    file.write_text(example, "utf-8")
    partners = read_partners(file)
    (sink,) = partners.sinks.values()
    assert gets(sink, partners.to(sink)).fields == {"removal_booked.v1": ("occurred_at", "carrier", "departs_at")}
