"""Equal treatment (Grondwet art. 1): who somebody is, and at which desk, changes no verdict, save where an article says so.

Three ways. In all the tests of the chapters, in which each guard refuses and consents, every word a guard reads is watched: none
is about a person or an office but those listed here with their article. No guard's code names one, not even in a branch that no
test enters. And any life, lived again by somebody else with other officers at another office, gets the same verdicts.
"""

from __future__ import annotations

import dis
from collections import defaultdict
from collections.abc import Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from msgspec import Struct

from dtv_workflow.domain import case as facets
from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.law.rules import RULES, Finding, Guard, Verdict, clear, found
from dtv_workflow.domain.law.ruleset import Ruleset
from dtv_workflow.domain.reading import read_step
from dtv_workflow.domain.steps import Context, Step
from dtv_workflow.domain.vocabulary import EntryChannel, HandoverAuthority, Sex
from dtv_workflow.domain.workflow import STEPS
from dtv_workflow.errors import Malformed
from tests.domain import proving
from tests.properties.lived import TO_MOTIVATION, Issued, Life, any_life, live

WORDS = (str, Sex, HandoverAuthority, EntryChannel)
"""The kinds of value that can say who somebody is, or through which office a case came."""

TWO_PEOPLE = "Awb art. 10:3: two people decide, so their names are compared with each other"
MINOR = "the age, and only as more protection: Vw 2000 art. 63; Directive 2008/115/EC art. 5, 10; Vb 2000 art. 6.5(2)"
ONE_CASE = "a person has one open case, and the other one is named (N36)"
WHERE_TO = "a document is good for the country that gave it, an acceptance for its own state: Vc 2000 A3/4, A3/6.9"
WHICH = "which of the case's own things the step is about"
GIVEN = "whether it was given at all, not what it says"
ANY = ""

SECOND = "declined_alone no_second_person second_may_not_approve second_may_not_correct"
OF_MINORS = """entry_ban_barred guardian_not_informed minor_alone_without_exception minor_not_reported_missing
    notice_passes_the_guardian special_supervisor_needed unaccompanied_without_reception"""

OF_TASKS = "task_unknown term_still_runs"

BY_DESIGN: dict[str, tuple[str, str]] = {
    "context.actor": (f"approver_proposed task_of_another {SECOND}", TWO_PEOPLE),
    "context.second": (f"{SECOND} sensitive_hold_alone sensitive_hold_corrected_alone", TWO_PEOPLE),
    "context.also": ("approver_proposed", TWO_PEOPLE),
    "case.proposal.by": ("approver_proposed", TWO_PEOPLE),
    "context.other_open_case": ("another_case_is_open number_has_an_open_case", ONE_CASE),
    "case.birth_date": (f"{OF_MINORS} {OF_TASKS}", f"{MINOR}; and whether coming of age is a term that runs (D35)"),
    "case.tasks.by": ("task_of_another", "one person works on a task: whoever picked it up, or a team leader"),
    "case.tasks.kind": (OF_TASKS, WHICH),
    "case.tasks.about": (OF_TASKS, WHICH),
    "case.pregnancy.due_on": ("pregnant_and_by_air", "the weeks around a birth, as more protection: Vc 2000 A3/7.4"),
    "case.advice.conditions": ("conditions_unmet", "which travel conditions are met: Vw 2000 art. 64"),
    "case.family.cases": ("family_not_assessed", "how many are linked: Vc 2000 A3/6.2"),
    "case.bookings.destination": ("no_document_or_promise", WHERE_TO),
    "case.dublin.member_state": ("no_document_or_promise", WHERE_TO),
    "case.laissez_passer.country": ("no_document_or_promise", WHERE_TO),
    "step.destination": ("no_document_or_promise", WHERE_TO),
    "step.grounds.code": ("too_few_grounds", "how many different grounds: Vb 2000 art. 5.1b"),
    "step.lighter_means": ("lighter_means_not_weighed", GIVEN),
    "step.evidence": ("no_evidence reception_without_evidence", GIVEN),
    "step.proof": ("no_proof", GIVEN),
    "step.missing_report": ("minor_not_reported_missing", GIVEN),
    "step.early_contact_reason": ("no_decision", GIVEN),
    "step.since": (ANY, "a day or a moment, written as text"),
    "step.until": (ANY, "a day or a moment, written as text"),
    "step.attempt": (ANY, WHICH),
    "step.task": (ANY, WHICH),
    "step.hold": (ANY, WHICH),
    "step.obstacle": (ANY, WHICH),
    "step.field": (ANY, WHICH),
    "step.value": (ANY, "whether it fits the field it corrects"),
    "case.topics": (ANY, WHICH),
    "case.ended_holds.id": (ANY, WHICH),
}  # fmt: skip
"""What is read, by which guards, and why they may. A guard that comes to read another word is red until it has its line here."""


# ------------------------------------------------------------------ what guards read


class Watched:
    """A case, step or context that remembers which words were read in it, and passes for what it is wherever a guard asks."""

    def __init__(self, it: Any, path: str, seen: set[str]) -> None:
        self.it_, self.path_, self.seen_ = it, path, seen

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self.it_)

    def __getattr__(self, name: str) -> Any:
        declared = getattr(type(self.it_), name, None)
        if isinstance(declared, FunctionType):
            return MethodType(declared, self)
        if isinstance(declared, property) and declared.fget:
            return declared.fget(self)
        value = getattr(self.it_, name)
        return self.watched_(value, f"{self.path_}.{name}") if name in self.it_.__struct_fields__ else value

    def watched_(self, value: Any, path: str) -> Any:
        if isinstance(value, WORDS):
            self.seen_.add(path)
        elif isinstance(value, Struct) and not isinstance(value, Ruleset):
            return Watched(value, path, self.seen_)
        elif isinstance(value, dict):
            return {key: self.watched_(item, path) for key, item in value.items()}
        elif type(value) in (list, tuple):
            return type(value)(self.watched_(item, path) for item in value)
        return value


def words_read(patched: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Which guards read each word, in every test of the chapters."""
    tests, seen = proving.calls(), defaultdict[str, set[str]](set)

    def ask(guard: Guard, case: DepartureCase, step: Step, context: Context) -> Verdict:
        words = set[str]()
        watched: list[Any] = [Watched(case, "case", words), Watched(step, "step", words), Watched(context, "context", words)]
        is_, relied = guard.find(*watched)
        for word in words:
            seen[word].add(guard.name)
        return Verdict(guard.rule.code, guard.name, guard.rule.law, is_ is None, relied, is_)

    with patched.context() as watching:
        watching.setattr(Guard, "ask", ask)
        for test in tests:
            proving.fails(test)  # that one fails on a planted guard is not what is looked at here
    return seen


def unlisted(read: dict[str, set[str]]) -> dict[str, set[str]]:
    """The words, with the guards that read them, that are not listed."""
    allowed = {word: set(guards.split()) or read.get(word, set()) for word, (guards, _) in BY_DESIGN.items()}
    return {word: more for word, guards in read.items() if (more := guards - allowed.get(word, set()))}


def test_no_guard_reads_a_word_about_a_person_or_an_office_that_no_article_names(monkeypatch):
    read = words_read(monkeypatch)
    assert unlisted(read) == {}
    listed = {word: set(guards.split()) for word, (guards, _) in BY_DESIGN.items()}
    assert {word for word, guards in listed.items() if not read[word] or guards - read[word]} == set(), "listed, and not read"


# ------------------------------------------------------------------ what their code names

PERSON = {"citizenship", "sex", "language", "v_number", "supervisor", "handover_authority", "entry_channel", "subject"}
OFFICE = {"place", "interpreter", "carrier", "issuer", "provider", "programme", "reported_by"}
NAMED = {("number_has_an_open_case", "v_number"): ONE_CASE}


def named(find: Any, known: set[CodeType]) -> Iterator[str]:
    """Every attribute and every text in a function's code, and in that of every function of ours that it comes to call."""
    codes = [find.__code__]
    while codes:
        code = codes.pop()
        if code in known:
            continue
        known.add(code)
        codes += [part for part in code.co_consts if isinstance(part, CodeType)]
        yield from (part for part in code.co_consts if isinstance(part, str))
        for line in dis.get_instructions(code):
            if line.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
                yield line.argval
            for called in called_by(line, find):
                yield from named(called, known)


def called_by(line: dis.Instruction, find: Any) -> Iterator[FunctionType]:
    """What an instruction may call: a function or guard of ours, or a method or property of a case or step by that name."""
    if line.opname == "LOAD_GLOBAL":
        called = find.__globals__.get(line.argval)
        candidates = [called.find if isinstance(called, Guard) else called]
    elif line.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
        candidates = [vars(struct).get(line.argval) for struct in STRUCTS]
    else:
        return
    for declared in candidates:
        function = declared.fget if isinstance(declared, property) else declared
        if isinstance(function, FunctionType) and function.__module__.startswith(("dtv_workflow.domain", __name__)):
            yield function


STRUCTS = [
    *(kind for kind in vars(facets).values() if isinstance(kind, type) and issubclass(kind, Struct)),
    *(row.step for row in STEPS.values()),
    Context,
]


def who_is_named() -> set[tuple[str, str]]:
    guards = {guard.name: guard for row in STEPS.values() for guard in row.guards}
    return {(name, word) for name, guard in guards.items() for word in {*named(guard.find, set())} & (PERSON | OFFICE)}


def test_no_guards_code_names_a_word_about_a_person_or_an_office_even_where_no_test_comes():
    assert who_is_named() == set(NAMED)


def test_the_code_of_a_guard_is_searched_in_the_functions_and_methods_that_it_calls():
    minority = next(g for g in STEPS["approve_forced_track"].guards if g.name == "guardian_not_informed")
    assert {"birth_date", "minority", "guardian_informed"} <= {*named(minority.find, set())}


# ------------------------------------------------------------------ lived again by somebody else

SOMEBODY_ELSE = {"name": "Ander Mens", "citizenship": "NG", "sex": "m", "language": "fr", "v_number": "9999999999"}
OFFICERS = {"RV-07": "ZZ-91", "OFF-03": "ZZ-92"}
"""Other people in the same roles. TL-02 stays: the one who may be a second person."""

ELSEWHERE = {
    "supervisor": "ZZ-93", "place": "Elders", "interpreter": "Tolk 2", "carrier": "XX", "issuer": "ZHP", "by": "KMar",
    "handover_authority": "police", "entry_channel": "file", "provider": "ngo", "programme": "Ander", "reported_by": "ngo",
}  # fmt: skip


KIND_OF_PLACE = ("record_detention_transfer", "place")
"""A police cell or a family facility is no office."""


def readable(issued: Issued) -> bool:
    try:
        read_step(issued.do, issued.fields)
    except Malformed:
        return False
    return True


def another(issued: Issued) -> Issued:
    """The same step about another person, by another supervisor, from another office. What was malformed stays so."""
    fields = issued.fields
    if readable(issued):
        offices = {name: said for name, said in ELSEWHERE.items() if (issued.do, name) != KIND_OF_PLACE}
        fields = fields | {name: said for name, said in offices.items() if isinstance(fields.get(name), str)}
        fields |= {"subject": fields["subject"] | SOMEBODY_ELSE} if "subject" in fields else {}
    second = OFFICERS.get(issued.second or "", issued.second)
    return issued._replace(fields=fields, actor=OFFICERS.get(issued.actor, issued.actor), second=second)


def verdicts(life: Life) -> list[list[tuple[str, str, bool]] | None]:
    return [
        [(v.code, v.guard, v.met) for v in outcome.decision.receipt.verdicts] if outcome.decision else None
        for outcome in life.outcomes
    ]


@given(any_life(tuple(name for name in STEPS if name != "correct")))
def test_another_name_citizenship_supervisor_or_office_changes_no_verdict(lived):
    assert verdicts(live(*map(another, lived))) == verdicts(live(*lived))


def test_the_other_person_differs_in_everything_that_must_not_matter():
    one, other = live(*TO_MOTIVATION).case, live(*map(another, TO_MOTIVATION)).case
    changed = {name for name in msgspec.structs.asdict(one) if getattr(one, name) != getattr(other, name)}
    assert changed == PERSON - {"subject", "supervisor"} | {"name", "supervised"}


# ------------------------------------------------------------------ a biased guard is found

def by_citizenship(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found("from there", "van daar") if case.citizenship == "NG" else clear()


def by_name(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found("a name like that", "zo'n naam") if case.name.startswith("Ander") else clear()


def by_supervisor(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found("one of theirs", "een van hen") if case.supervised and case.supervised.supervisor.startswith("ZZ") else clear()


def by_office(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found("from the police", "van de politie") if case.handover_authority is HandoverAuthority.POLICE else clear()


def by_officer(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found("not by them", "niet door hen") if context.actor.startswith("ZZ") else clear()


BIASES = {
    by_citizenship: "case.citizenship", by_name: "case.name", by_supervisor: "case.supervised.supervisor",
    by_office: "case.handover_authority", by_officer: "context.actor",
}  # fmt: skip


def plant(patched: pytest.MonkeyPatch, *biases: Any) -> None:
    """Every plan is now judged by these as well."""
    row, planted = STEPS["adopt_plan"], [Guard(RULES["N38"], bias.__name__, bias) for bias in biases]
    patched.setitem(STEPS, "adopt_plan", row._replace(guards=(*row.guards, *planted)))


def test_biased_guards_are_seen_reading(monkeypatch):
    plant(monkeypatch, *BIASES)
    assert unlisted(words_read(monkeypatch)) == {word: {bias.__name__} for bias, word in BIASES.items()}


@pytest.mark.parametrize("bias", BIASES, ids=lambda bias: bias.__name__)
def test_the_verdicts_of_a_biased_guard_differ(monkeypatch, bias):
    plant(monkeypatch, bias)
    assert verdicts(live(*map(another, TO_MOTIVATION))) != verdicts(live(*TO_MOTIVATION))


def now_and_then(case: DepartureCase, step: Step, context: Context) -> Finding:
    """Biased where no test comes."""
    return whose(case) if context.today.year == 2049 else clear()


def whose(case: DepartureCase) -> Finding:
    return found("from there", "van daar") if getattr(case, "citizenship") == "NG" else clear()  # noqa: B009


def test_a_bias_where_no_test_comes_is_found_in_the_code(monkeypatch):
    plant(monkeypatch, now_and_then)
    assert unlisted(words_read(monkeypatch)) == {}
    assert who_is_named() - set(NAMED) == {("now_and_then", "citizenship")}
