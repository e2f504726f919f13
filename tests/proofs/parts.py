"""The parts: each a complete search over its own letters, so that what multiplies is searched together and the rest is added.

`THE_PRODUCT` is the one the law speaks of: phase × custody × open holds × live booking × offer and wish, with the ticks of time.
The others each set free what one chapter reads, with the phases and the ways to close around it. `WIDE` is for `make proofs`.

What was abstracted:

- Time: a step takes none; between steps it passes in two ticks, to the eve of a removal (8 days, while one is booked further
  ahead and nobody is detained) and past every limit there is (200 days; an extended detention takes three). Every term a letter
  sets ends within one tick. What lies between, such as an answer of two days ago or a detention since last summer, is told with
  a date in the past.
- One ruleset: the law as it stands on 4 January 2027.
- One case: no other open case of the person, no back-dated step, no correction of what a guard reads, every role granted.
- One hold of a kind at a time, one live booking at a time (in "the removal" two), one obstacle, at most three interviews.
- In the product four kinds of hold stand for all: one for each thing a hold can block besides removal, in every combination,
  and one that blocks removal alone, by itself. "The holds" has every kind.
- Days of detention are counted on one article in a life, or on one basis; in `WIDE` on every article in any order.
- Macros: what is prepared in intake (screening, plan, check, three interviews) is prepared in one move, also after a reopening,
  but in "intake" and "guidance". Where a letter is called "check and …", a fresh answer of the IND comes with the step.
- Letters that would say nothing new are not asked: lifting a hold that is not there, a second opening, a decision that the map
  does not have in a phase (N61).
- Between the parts: what two chapters read is searched together only where a part names both. A guard refuses by itself, so a
  step that all of its guards let pass is let pass in every part. The choice to leave reads nothing but the phase, the open
  holds and the opening, which is a test of its own and carries the first law over to every combination. For the other laws,
  Hypothesis plays the combinations (`tests/properties`).
"""

from __future__ import annotations

from tests.proofs.alphabet import EXCEPTIONS, HOLDS, LETTERS, TOGETHER
from tests.proofs.beside import HELD_AND_TASKED, NOTHING_WAITS
from tests.proofs.search import Part


def words(said: str) -> tuple[str, ...]:
    """Letters, one on a line or parted by semicolons. Raises KeyError for one that is not in the alphabet."""
    return tuple(LETTERS[name.strip()].name for name in said.replace("\n", ";").split(";") if name.strip())


def each(pattern: str, *fillings: tuple[str, ...]) -> tuple[str, ...]:
    """Letters that differ in one or two words: each("{} {}", ("place", "lift"), HOLDS)."""
    first, second = (*fillings, ("",))[:2]
    return tuple(LETTERS[pattern.format(one, other)].name for one in first for other in second)


ARTICLES = ("59", "59a", "59b")
WAY = words("choose; lapse; lift; close unsupervised; close")
AGAIN = words("reopen and prepare; decide: withheld anew")
ENDED = words("left supervised; removed; transferred; residence")
WISH = words("wish; assess: yes; assess: no")
FORCE = words("check: today; offer; propose; propose: public_order_with_decision; approve; approve by proposer; abandon")
BOOKING = words("book; precheck; notice; hand over; cancel")
PREPARED = words("open; assign; decide: withheld; passport; prepare")
READY = (*PREPARED, *words("complete intake; offer"))
FORCED = (*READY, *words("check and propose; check and approve"))

SETTLED = ("interviews", "screened", "planned", "supervised")
"""Idle where intake is prepared in one move."""
NO_EXTENSION = ("ended", "overrun")
"""Idle where nothing is extended and no detention goes on unheard."""
NO_REOPENING = ("left", "departed")
"""Idle where nothing is reopened."""

THE_PRODUCT = Part(
    name="the product",
    says="phase × custody before and after its maximum × open hold blocks × live booking × offer, wish, proposal × IND's answer",
    root=PREPARED,
    letters=(
        "complete intake", *WISH, *WAY, *AGAIN, *FORCE, *BOOKING, *ENDED[:3],
        *words("reporting duty; residence for a day and decided anew"),
        *each("{} {} alone", ("order", "report"), ARTICLES),
        *each("place {} beside", TOGETHER), *each("lift {}", TOGETHER),
        *words("place moratorium and nothing else; lift moratorium"),
    ),
    ticks=("eve", "later"),
    idle=(*SETTLED, *NO_EXTENSION, "decision", "departed", "document", "older"),
    recorded=10_302,
)  # fmt: skip

INTAKE = Part(
    name="intake",
    says="what motivation asks for: supervisor, decision, check, screening, plan; and an age known by the birth date alone",
    root=(),
    letters=(*WAY, *words("""
        open; open at seventeen; return the file; assign; assign special; adult; minor with family; lift medical_alert_unresolved
        decide: withheld; decide: with entry ban; check: today; screen; screen: medical; plan; complete intake
        complete intake early; residence; reopen
    """)),
    recorded=2_369,
)
TRACK = Part(
    name="the track",
    says="decision and its term × check × offer × exception × proposal by whom, with a term that was extended",
    root=words("open; assign; passport; prepare; decide: withheld; complete intake"),
    letters=(*WAY, *each("propose: {}", EXCEPTIONS), *words("""
        decide: term over; decide: term runs; decide: withheld; decide: unreasoned; decide: transfer; decide: at the border
        check: today; check: two days; check: no; check: unknown; offer; propose; propose by leader; approve
        approve by another; approve by proposer; abandon; court: annulled; residence
        place departure_term_extended; lift departure_term_extended
    """)),
    ticks=("later",),
    idle=(*SETTLED, *NO_EXTENSION),
    recorded=916,
)
YOUNG = Part(
    name="the young",
    says="minority × reception × guardian × family, with force, a notice and a closing",
    root=READY,
    letters=(*WAY, *words("""
        adult; minor with family; minor alone; reception proven; reception unproven; reception inadequate; guardian; family
        family assessed; check and propose; check and approve; abandon; check and book; notice; notice without guardian
        close unsupervised unreported; reopen and prepare; complete intake; left supervised
    """)),
    idle=(*SETTLED, *NO_EXTENSION, "check"),
    recorded=480,
)
GUIDANCE = Part(
    name="guidance",
    says="interviews × obstacles, with force; a laissez-passer and what bars it",
    root=words("open; assign; decide: withheld; check: today; screen; plan; complete intake; offer"),
    letters=(*WAY, *words("""
        interview; interview: identity; interview: unanswered; obstacle; obstacle reviewed; obstacle resolved
        check and propose; check and approve; abandon; order lp; order lp unscreened
        place application_pending; lift application_pending
    """)),
    ticks=("later",),
    idle=(*NO_EXTENSION, "check", "screened", "planned", "supervised"),
    recorded=114,
)
REMOVAL = Part(
    name="the removal",
    says="two bookings in every stage × check × wish × a hold that ends by itself",
    root=FORCED,
    letters=(*WAY, *words("""
        book; book a second; book near; book under a taken id; cancel; cancel what is not there; abandon
        precheck; precheck, papers missing; notice; notice without lawyer; notice without person
        hand over; hand over unmonitored; check: today; check: yesterday; check: two days; check: no
        wish; assess: no; place moratorium until tomorrow; removed; removed on the attempt
    """)),
    ticks=("eve", "later"),
    idle=(*SETTLED, *NO_EXTENSION, "departed", "offered"),
    recorded=552,
)
BOOKABLE = Part(
    name="what is booked",
    says="document × promise × Dublin acceptance × pregnancy × medical advice and its conditions",
    root=words("open; assign; decide: withheld; prepare; complete intake; offer; check and propose; check and approve"),
    letters=(*WAY, *words("""
        passport; passport expired; recognised; no reply; dublin; pregnant; advice: unfit; advice: fit; advice: on a condition
        advice: lapses today; condition shown; condition not shown; check and book; check and book by land; cancel; abandon
        transferred
    """)),
    ticks=("later",),
    idle=(*SETTLED, *NO_EXTENSION, *NO_REOPENING, "check"),
    recorded=864,
)
DETENTION = Part(
    name="detention",
    says="orders and reports on each article × days used × extensions × what courts decide and what is new since",
    root=READY,
    letters=(*WAY, *each("order {} alone", ARTICLES), *each("order {} continued", ARTICLES), *each("report {} of old", ARTICLES),
             *words("""
        order unweighed; order on one ground; order 59a on light grounds; order unheard
        extend; extend alone; extend too far; extend until today
        lift by court; court: upheld; court: lifted; court: annulled; decide: withheld anew; recognised; no reply; residence
    """)),
    ticks=("later",),
    idle=(*SETTLED, "check", "decision", "departed", "document", "older"),
    recorded=3_536,
)  # fmt: skip
TERMS = Part(
    name="the terms of detention",
    says="each basis with a term of its own × days used × extensions × a family with minors, a minor alone",
    root=READY,
    letters=(*WAY, *each("order {} alone", ARTICLES), *words("""
        order 59(1)b; order 59(1)b after intention; order 59b(1)d; order 59, family resists; order 59, minor offended
        report 59 of old; extend; extend, family resists; adult; minor with family; minor alone; family with minors; residence
    """)),
    ticks=("later",),
    idle=(*SETTLED, "check", "decision", "departed", "document", "ended", "promised"),
    recorded=2_968,
)
KINDS = Part(
    name="the holds",
    says="each kind of hold, one at a time, in every phase, with and without detention",
    root=(*PREPARED, "offer"),
    letters=(*WAY, *each("place {} and nothing else", HOLDS), *each("lift {}", HOLDS), *each("lift {} alone", HOLDS), *words("""
        check and propose; check and approve; check and book; order 59; report 59; order lp; lift a hold that is not there
        place moratorium until tomorrow; residence; complete intake
    """)),
    ticks=("later",),
    idle=(*SETTLED, *NO_EXTENSION, *NO_REOPENING, "check", "offered"),
    recorded=1_384,
)
ENDINGS = Part(
    name="the endings",
    says="every way to close with its proof and without, and to begin again, in every phase",
    root=FORCED,
    letters=(*WAY, *ENDED, *AGAIN, *each("{}, said again", ENDED), *each("{}, no proof", ENDED[:3]), *words("""
        removed on the attempt; removed on no attempt; close unsupervised unreported; close unsupervised unchecked
        close without evidence; close alone; close with oneself; reopen for a wrong closure and prepare; complete intake
        check and propose; check and approve; check and book; check and hand over; cancel; order 59; dublin; minor alone
        court: annulled
    """)),
    ticks=("later",),
    idle=(*SETTLED, *NO_EXTENSION, "check", "older"),
    recorded=1_380,
)
REST = Part(
    name="the rest",
    says="the steps that nothing waits for, in every phase",
    root=READY,
    letters=(*WAY, *words("""
        check and propose; check and approve; abandon; residence; reopen and prepare; complete intake; order 59; lift nobody
        reporting duty; deposit; area restriction; report missed; tell the court; court: upheld; wish; assess: no, alone
        cooperation; ask support; support; ticket; lapse unheard; lapse: airline; order lp
        court: interim_relief; lift interim_relief_granted; screen: trafficking; lift trafficking_signal
        correct; correct what is not there; disclose
    """), *NOTHING_WAITS),
    idle=(*SETTLED, *NO_EXTENSION, "check", "days"),
    recorded=232,
)

BESIDE = Part(
    name="beside the case",
    says="applications and appeals that hold the case, a message that nobody understood, and the task that it leaves",
    root=READY,
    letters=(*words("check and propose; choose; lapse; close; reopen and prepare"), *HELD_AND_TASKED),
    ticks=("later",),
    idle=(*SETTLED, *NO_EXTENSION, "days"),
    recorded=4_160,
)

PARTS = (THE_PRODUCT, INTAKE, TRACK, YOUNG, GUIDANCE, REMOVAL, BOOKABLE, DETENTION, TERMS, KINDS, ENDINGS, REST, BESIDE)

WIDE = THE_PRODUCT._replace(
    name="the wide product",
    says="the product with its four holds in every combination, days counted on every article, an answer of two days ago",
    letters=(
        "complete intake", *WISH, *WAY, *AGAIN, *FORCE, *BOOKING, *ENDED[:3],
        *words("check: two days; reporting duty; residence for a day and decided anew"),
        *each("{} {}", ("order", "report"), ARTICLES), *each("{} {}", ("place", "lift"), (*TOGETHER, "moratorium")),
    ),
    recorded=71_088,
)  # fmt: skip
"""Minutes, not seconds."""
