"""The dossier: whole, readable, for each reader only what is theirs, and no byte of it can change unseen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dtv_workflow.access import Look, view
from dtv_workflow.answers import new_id
from dtv_workflow.application import Register
from dtv_workflow.audit.dossier.html import e
from dtv_workflow.audit.dossier.levels import OF_OTHERS, Level
from dtv_workflow.cli import settings
from dtv_workflow.cli.main import run
from dtv_workflow.domain.fields import is_sealed
from dtv_workflow.domain.steps import hints
from dtv_workflow.domain.workflow import EVENTS
from dtv_workflow.proof import check
from dtv_workflow.proof.check import Broken, Unreadable, check_file, read_key
from dtv_workflow.proof.merkle import inclusion_path, inclusion_paths
from tests.processes.outgoing import lived, training
from tests.processes.test_taint import Canaries
from tests.properties.lived import TO_BOOKED, TO_CLOSED, TO_DETAINED, ask, live

MUTATIONS = 1000
LIFE = (*TO_DETAINED, ask("extend_detention", 100, "OFF-03", "TL-02", until="2027-10-01", balancing="weighed"),
        ask("correct", 1, event=2, field="citizenship", value="DZ"),
        ask("disclose", 1, to="the court", purpose="appeal", basis="Awb 8:42", items=["the file"]))  # fmt: skip


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    with training(tmp_path_factory.mktemp("dossier")) as register:
        for life in (TO_BOOKED, TO_CLOSED, LIFE):
            lived(register, *life)
        yield register


def dossier(register: Register, case: str, folder: Path, level: str = "court", *more: str, lang: str = "en") -> bytes:
    settings._last.clear()
    file = folder / f"{case}-{level}-{lang}.html"
    arguments = ["--store", str(register.store.path), "--lang", lang, "audit", "dossier", case, "-o", str(file)]
    assert run([*arguments, "--redact", level, *more]) == 0
    return file.read_bytes()


@pytest.fixture(scope="module")
def case(register: Register) -> str:
    """The case that was detained, refused, corrected and told of."""
    found = [s for s in register.store.recorder.stream_ids("case/") if len(register.history_of(s)) > 18]
    return found[-1].removeprefix("case/")


@pytest.fixture(scope="module")
def made(register: Register, case: str, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return dossier(register, case, tmp_path_factory.mktemp("made"))


# ------------------------------------------------------------------ it proves itself


def proves(data: bytes, *keys: check.Key) -> bool:
    try:
        check_file(data, keys)
    except (Broken, Unreadable):
        return False
    return True


def test_an_untouched_dossier_always_proves_itself(register, case, made, tmp_path):
    key = read_key((register.store.path / "checkpoint.pub").read_text())
    for level in Level:
        for lang in ("en", "nl"):
            data = dossier(register, case, tmp_path, level.value, lang=lang)
            assert proves(data)
            assert proves(data, key)
    says = check_file(made, []).says
    assert "no byte" in says[0]
    assert any("NOT CHECKED" in line and key.id.hex() in line for line in says)
    assert not any("NOT CHECKED" in line for line in check_file(made, [key]).says)


def test_a_dossier_of_another_key_is_none(made):
    from dtv_workflow.proof.note import new_signer

    assert not proves(made, new_signer("dtv-workflow/0").key)


def mutated(data: bytes, random: Random) -> bytes:
    """One thing changed: a byte, some bytes out or in or exchanged, or the end cut off."""
    at, other = random.randrange(len(data)), random.randrange(len(data))
    match random.randrange(6):
        case 0:
            return data[:at] + bytes([data[at] ^ (1 << random.randrange(8))]) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + random.randint(1, 40) :]
        case 2:
            return data[:at] + random.randbytes(random.randint(1, 8)) + data[at:]
        case 3:
            changed = bytearray(data)
            changed[at], changed[other] = data[other], data[at]
            return bytes(changed)
        case 4:
            return data[:at]
        case _:
            return data + data[at : at + 5]


def test_a_thousand_mutations_are_all_found(made):
    random = Random(20261124)
    found = [data for data in (mutated(made, random) for _ in range(MUTATIONS)) if data != made]
    assert len(found) > 990
    assert [n for n, data in enumerate(found) if proves(data)] == []


def test_every_byte_of_the_seal_and_of_what_is_around_the_page_counts(made):
    start = made.rfind(b"<!--")
    places = [*range(0, 700, 3), *range(start - 30, len(made))]
    assert not any(proves(made[:n] + bytes([made[n] ^ 1]) + made[n + 1 :]) for n in places)


def test_one_file_on_python_alone_checks_it(made, tmp_path):
    lone = shutil.copy(check.__file__, tmp_path / "check.py")
    (tmp_path / "d.html").write_bytes(made)
    command = [sys.executable, "-I", "-S", str(lone), str(tmp_path / "d.html")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    (tmp_path / "d.html").write_bytes(made.replace(b"Samira", b"Samina", 1))
    assert subprocess.run(command, check=False, capture_output=True).returncode == 7


def test_a_record_that_is_not_what_was_sealed_makes_no_dossier(tmp_path):
    with training(tmp_path) as register:
        case = lived(register, *TO_CLOSED)
        dossier(register, case, tmp_path)
        connection = register.store.recorder.connections.get()
        connection.execute("DROP TRIGGER stored_events_no_update")
        connection.execute(
            "UPDATE stored_events SET state = CAST(replace(CAST(state AS TEXT), 'RV-07', 'RV-08') AS BLOB) "
            "WHERE originator_version = 4"
        )
    settings._last.clear()
    assert run(["--store", str(tmp_path / "store"), "audit", "dossier", case, "-o", str(tmp_path / "x.html")]) == 7
    assert not (tmp_path / "x.html").exists()


@given(st.integers(1, 70), st.data())
def test_several_paths_at_once_are_those_of_one_at_a_time(size, data):
    leaves = [bytes([n]) * 32 for n in range(size)]
    wanted = data.draw(st.lists(st.integers(0, size - 1), max_size=9))
    assert inclusion_paths(leaves, wanted) == {n: inclusion_path(leaves, n) for n in wanted}


# ------------------------------------------------------------------ what is in it


class Page(HTMLParser):
    """The elements, texts and ids of a page."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        self.ids += [said["id"] or ""] if "id" in said else []
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "data")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_it_holds_every_event_once_and_reaches_for_nothing_outside(register, case, made):
    page = Page(made)
    assert len(page.ids) == len(set(page.ids))
    history = register.history(case)
    assert [id for id in page.ids if re.fullmatch(r"v\d+", id)] == [f"v{record.version}" for record in history]
    assert all(link.startswith("#") for link in page.links)
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert b"@import" not in made
    assert b"url(" not in made
    assert b"http:" not in made.replace(b"http-equiv", b"")


def test_it_tells_refusals_corrections_terms_disclosures_and_looks(register, case, tmp_path):
    view(register, case, Look("case.show", "court_file"))
    for lang, words in (("en", ("Verdict", "corrected by", "the court", "case.show", "day by day", "N15")),
                        ("nl", ("Oordeel", "gecorrigeerd door", "the court", "case.show", "dag voor dag", "N15"))):  # fmt: skip
        told = " ".join(Page(dossier(register, case, tmp_path, lang=lang)).texts)
        assert [word for word in words if word not in told] == []


def test_as_known_at_leaves_out_what_was_recorded_later(register, case, tmp_path):
    early = register.history(case)[5].recorded_at.isoformat()
    data = dossier(register, case, tmp_path, "court", "--as-known-at", early)
    known = [record for record in register.history(case) if record.recorded_at.isoformat() <= early]
    assert len([id for id in Page(data).ids if re.fullmatch(r"v\d+", id)]) == len(known) < len(register.history(case))
    assert proves(data)


HOSTILE = ["<script>alert(1)</script>", "</noscript><img src=x onerror=alert(1)>", "a\u202eb\u0007c", "\"'><b>", "&lt;"]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_somebody_typed_stays_text(text):
    told = e(text)
    assert "<" not in told
    assert '"' not in told
    assert "\u202e" not in told
    assert "\u0007" not in told


def test_a_hostile_name_executes_nothing_and_hides_nothing(tmp_path):
    with training(tmp_path) as register:
        records = list(live(*TO_CLOSED).records)
        named = msgspec.structs.replace(records[1].event, name=HOSTILE[1] + HOSTILE[2])
        records[1] = msgspec.structs.replace(records[1], event=named)
        case = new_id()
        register.events.put([msgspec.structs.replace(r, originator_id=f"case/{case}", subject=f"s-{case}") for r in records])
        data = dossier(register, case, tmp_path)
    assert data.count(b"</noscript>") == 1
    assert b"<img" not in data
    assert b"\\u202e" in data
    assert proves(data)


# ------------------------------------------------------------------ for whom


@pytest.fixture(scope="module")
def tainted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Register, str, dict[str, str]]]:
    """A case with a canary in every text of every event of a case, and where each stands."""
    canaries, records = Canaries(), list(live(*TO_CLOSED).records)
    last = records[-1]
    for topic, event in EVENTS.items():
        if not event.__module__.startswith("dtv_workflow.domain.chapters") or topic == "correction_recorded.v1":
            continue
        values = {name: canaries.of(hints(event)[name], f"{topic}:{name}") for name in event.__struct_fields__}
        records.append(msgspec.structs.replace(
            last, originator_version=len(records) + 1, event=event(**values), receipt=None,
            reason=canaries.of(str, f"{topic}:reason"), source=canaries.of(str, f"{topic}:source"),
            actor=canaries.of(str, f"{topic}:actor"),
        ))  # fmt: skip
    with training(tmp_path_factory.mktemp("tainted")) as register:
        case = new_id()
        register.events.put([msgspec.structs.replace(r, originator_id=f"case/{case}", subject=f"s-{case}") for r in records])
        yield register, case, {value: where for value, where in canaries.said.items() if value.startswith("Canary")}


def where(data: bytes, canaries: dict[str, str]) -> set[str]:
    """The fields whose canaries are told on the page; the stored bytes are looked at apart."""
    page = re.sub(rb'<code class="record".*?</code>', b"", data).decode()
    return {place for canary, place in canaries.items() if canary in page}


def sealed(place: str) -> bool:
    topic, _, field = place.partition(":")
    return field == "reason" or (field in EVENTS[topic].__struct_fields__ and is_sealed(EVENTS[topic], field))


def test_a_court_is_told_everything_but_what_the_state_never_kept(tainted, tmp_path):
    register, case, canaries = tainted
    told = where(dossier(register, case, tmp_path, "court"), canaries)
    assert {place for place in canaries.values() if place not in told} == set()


def test_an_inspectorate_is_told_nothing_that_is_sealed(tainted, tmp_path):
    register, case, canaries = tainted
    told = where(dossier(register, case, tmp_path, "inspectorate"), canaries)
    assert {place for place in told if sealed(place)} == set()
    assert any(place.endswith(":actor") for place in told)


def test_the_person_is_told_their_own_data_and_nobody_elses(tainted, tmp_path):
    register, case, canaries = tainted
    told = where(dossier(register, case, tmp_path, "subject"), canaries)
    assert "subject_registered.v1:name" in told
    others = {*OF_OTHERS, "actor", "source", "reason", "supervisor"}
    assert {place for place in told if place.partition(":")[2] in others} == set()


def test_the_public_is_told_no_text_at_all(tainted, tmp_path):
    register, case, canaries = tainted
    data = dossier(register, case, tmp_path, "public")
    assert where(data, canaries) == set()
    assert b"MA" not in re.sub(rb"[A-Za-z0-9+/=]{40,}", b"", data)
    assert re.search(rb"\d{4}-\d\d-\d\d", re.sub(rb"<(style|script)>.*?</\1>", b"", data, flags=re.DOTALL)) is None


@pytest.mark.parametrize("level", ["subject", "public"])
def test_stored_bytes_name_staff_so_only_their_hashes_are_given(tainted, tmp_path, level):
    register, case, _ = tainted
    data = dossier(register, case, tmp_path, level)
    told = re.findall(rb'<code class="record"[^>]*>([^<]*)</code>', data)
    assert len(told) == len(register.history(case))
    assert all(each.startswith(b"sha256:") for each in told)
    assert proves(data)
