"""On what a detention rests: the lighter means that will not do, the grounds, the hearing and the lawyer.

Law: Vw 2000 art. 59c(1), 100; Vb 2000 art. 5.1a-5.2; Vc 2000 A5/6.3, A5/6.4. Asked of every order; a detention that others
ordered is told to us without its reasons.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dtv_workflow.domain.case import DepartureCase
from dtv_workflow.domain.law.rules import Finding, clear, found, guard, rule
from dtv_workflow.domain.steps import Context
from dtv_workflow.domain.vocabulary import Article, Basis, HearingException

if TYPE_CHECKING:
    from dtv_workflow.domain.chapters.custody import OrderDetention

N13 = rule(
    "N13",
    "detention_without_lighter_means_reasoning",
    law="Vw 2000 art. 59c(1); Directive 2008/115/EC art. 15(1)",
    en="Detention only when each lighter means was weighed and will not do.",
    nl="Bewaring alleen als elk lichter middel is afgewogen en niet volstaat.",
    needs=("each lighter means with the reason why it will not do", "elk lichter middel met de reden waarom het niet volstaat"),
    lifts="order_detention --lighter-means, or impose_supervision",
    by="designated_officer",
)
N14 = rule(
    "N14",
    "detention_single_ground",
    law="Vb 2000 art. 5.1b(1), (2)",
    en="Detention rests on at least two grounds; under art. 59a at least one of them heavy.",
    nl="Bewaring berust op ten minste twee gronden; bij art. 59a is er ten minste één zwaar.",
    needs=("the required grounds", "de vereiste gronden"),
    lifts="order_detention --grounds",
    by="designated_officer",
)
N51 = rule(
    "N51",
    "no_hearing_or_lawyer",
    law="Vb 2000 art. 5.2; Vw 2000 art. 100",
    en="Detention follows a hearing, and the lawyer is told.",
    nl="Aan bewaring gaat een gehoor vooraf en de advocaat wordt ingelicht.",
    needs=("the hearing held and the lawyer informed", "het gehoor gehouden en de advocaat ingelicht"),
    lifts="order_detention --hearing-held --lawyer-informed",
    by="designated_officer",
)


@guard(N13)
def lighter_means_not_weighed(case: DepartureCase, step: OrderDetention, context: Context) -> Finding:
    unreasoned = [measure for measure, why in step.lighter_means.items() if not why.strip()]
    if step.lighter_means and not unreasoned:
        return clear()
    named = ", ".join(unreasoned)
    if named:
        return found(f"no reason given for: {named}", f"geen reden bij: {named}")
    return found("no lighter means was weighed", "geen lichter middel afgewogen")


LIGHT = frozenset(("4a", "4b", "4c", "4d", "4e", "4f"))
"""The light grounds of Vb 2000 art. 5.1b(4): calling one of them heavy does not make it so."""

OWN_GROUND = frozenset({Basis.A59B_1_C, Basis.A59B_1_D})
"""The bases that ask for no grounds of Vb 2000 art. 5.1b (Vb 2000 art. 5.1c(3), (4))."""


@guard(N14)
def too_few_grounds(case: DepartureCase, step: OrderDetention, context: Context) -> Finding:
    grounds = {ground.code.lower() for ground in step.grounds}
    heavy = {ground.code.lower() for ground in step.grounds if ground.heavy} - LIGHT
    needed = context.law["detention.grounds"]
    if step.basis in OWN_GROUND:
        return clear()
    if len(grounds) < needed:
        return found(f"{len(grounds)} of {needed} grounds", f"{len(grounds)} van {needed} gronden")
    if step.article is Article.A59A and len(heavy) < context.law["detention.heavy_grounds_dublin"]:
        return found("no heavy ground", "geen zware grond")
    return clear()


UNHEARD = {
    Article.A59: frozenset({Article.A59A, Article.A59B}),
    Article.A59A: frozenset[Article](),
    Article.A59B: frozenset({Article.A59, Article.A59A}),
}
"""Under which article detention may go on without a new hearing, by the article it went on under (Vb 2000 art. 5.2(2)b, c)."""


@guard(N51)
def not_heard_or_no_lawyer(case: DepartureCase, step: OrderDetention, context: Context) -> Finding:
    missing = []
    if not step.hearing_held and not unheard(case, step, context):
        missing.append(("no hearing held", "geen gehoor gehouden"))
    if not step.lawyer_informed:
        missing.append(("the lawyer was not informed", "de advocaat is niet ingelicht"))
    return found("; ".join(en for en, _ in missing), "; ".join(nl for _, nl in missing)) if missing else clear()


def unheard(case: DepartureCase, step: OrderDetention, context: Context) -> bool:
    """Whether detention may begin unheard: it goes on from one that ended just now (a night may lie between), or cannot wait."""
    if step.hearing_exception is not HearingException.CONTINUED:
        return step.hearing_exception is HearingException.CANNOT_WAIT
    before = case.intervals[-1] if case.intervals else None
    if before is None or context.today - before.to > timedelta(days=1):
        return False
    within = {before.basis, step.basis} == {Basis.A59_1_A, Basis.A59_1_B}
    return within or before.article in UNHEARD[step.article]
