"""Who may ask, and when (bevoegdheid): the rules that hold for every step, whatever its chapter."""

from __future__ import annotations

from typing import Any

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.steps import Context, Step

N12 = rule(
    "N12",
    "self_approval",
    law="Awb art. 10:3; DT&V four eyes",
    en="Nobody approves alone what two people must decide.",
    nl="Niemand keurt alleen goed wat twee mensen moeten beslissen.",
    needs=("the name of another person who may approve", "de naam van een ander die mag goedkeuren"),
    lifts="the same step with --second ACTOR",
    by="team_leader",
)
N30 = rule(
    "N30",
    "refuse_wish_to_leave",
    law="Vw 2000 art. 59(3), 56(2)",
    en="A wish to leave is never refused. A property of the workflow: no guard stands on that step.",
    nl="Een wens om te vertrekken wordt nooit geweigerd. Een eigenschap van de workflow: op die stap staat geen toets.",
    needs=("nothing", "niets"),
    lifts="express_wish_to_leave",
)
N32 = rule(
    "N32",
    "before_case_open",
    law="workflow",
    en="Nothing happens in a case before it was opened.",
    nl="In een zaak gebeurt niets voordat zij geopend is.",
    needs=("a time at or after the opening", "een tijdstip op of na de opening"),
    lifts="the same step with --at TIME",
    by="supervisor intake_officer",
)
N33 = rule(
    "N33",
    "automated_decision",
    law="Regulation (EU) 2016/679 art. 22; Vw 2000 art. 59, 63",
    en="The system records and proposes; a human decides.",
    nl="Het systeem registreert en stelt voor; een mens beslist.",
    needs=("a human actor in a role that may decide", "een mens in een rol die mag beslissen"),
    lifts="the same step with --as ACTOR",
    by="supervisor team_leader",
)
N34 = rule(
    "N34",
    "overwrite_or_delete_event",
    law="Archiefwet 1995 art. 3",
    en="No event is changed or deleted. A property of the log: it can only be added to.",
    nl="Geen gebeurtenis wordt gewijzigd of gewist. Een eigenschap van het logboek: er kan alleen aan worden toegevoegd.",
    needs=("a correction beside the event", "een correctie naast de gebeurtenis"),
    lifts="correct",
)
N48 = rule(
    "N48",
    "wrong_role",
    law="Vv 2000 art. 5.2, 5.3; DT&V mandate",
    en="This role may not take this step.",
    nl="Deze rol mag deze stap niet zetten.",
    needs=("an actor in a role that may take the step", "een actor in een rol die de stap mag zetten"),
    lifts="the same step with --as ACTOR or --role ROLE",
    by="team_leader",
)
N61 = rule(
    "N61",
    "not_possible_in_phase",
    law="workflow",
    en="This step is not possible in this phase.",
    nl="Deze stap is in deze fase niet mogelijk.",
    needs=("a phase in which the step is possible", "een fase waarin de stap mogelijk is"),
    lifts="dtv case next CASE",
)
N62 = rule(
    "N62",
    "not_built_yet",
    law="workflow",
    en="This step is not built yet. Kept for versions that know a step before they can judge it; this version builds every step.",
    nl="Deze stap is nog niet gebouwd. Bewaard voor versies die een stap kennen voordat zij die kunnen toetsen.",
    needs=("a later version", "een latere versie"),
    lifts="nothing",
)


@guard(N33)
def no_human(case: DepartureCase, step: Step, context: Context) -> Finding:
    return found(f"asked by {context.role.value}", f"gevraagd door {context.role.nl}")


@guard(N32)
def before_the_opening(case: DepartureCase, step: Step, context: Context) -> Finding:
    if case.opened_at is None or context.at >= case.opened_at:
        return clear(1)
    return found(
        f"{context.today.isoformat()} lies before the opening", f"{context.today.isoformat()} ligt voor de opening", 1
    )


@guard(N48)
def role_may_not(case: DepartureCase, step: Step, context: Context) -> Finding:
    """Found by `decide` itself, which knows the row; asked only when the role is not among the row's."""
    if not context.role_granted:
        return found(f"role {context.role.value} is not granted to this actor", f"rol {context.role.nl} is niet toegekend")
    return found(f"role {context.role.value}", f"rol {context.role.nl}")


def other_approver(context: Context) -> bool:
    """Whether the second person is another actor who may approve."""
    return context.second is not None and context.second != context.actor and context.second_may_approve


@guard(N12)
def no_second_person(case: DepartureCase, step: Any, context: Context) -> Finding:
    """For steps that always need four eyes."""
    if other_approver(context):
        return clear()
    if context.second is None:
        return found("no second person named", "geen tweede persoon genoemd")
    return found("the second person is the same, or may not approve", "de tweede persoon is dezelfde of mag niet goedkeuren")
