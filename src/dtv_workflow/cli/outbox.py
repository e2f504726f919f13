"""`dtv outbox`: deliver what was recorded to partners, and see what each is sent, how far it is, and why it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Command, Settings, group

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.processes.partners import Partners


@group("Deliver what was recorded to partners: push, start, list, check, follow.")
def outbox() -> None: ...


def configured(register: Register) -> Partners:
    """The partners and sinks of a store. Raises Malformed."""
    from dtv_workflow.processes.partners import PARTNERS_FILE, read_partners

    return read_partners(register.store.path / PARTNERS_FILE)


@outbox.command("push", cls=Command)
@click.argument("sinks", metavar="[SINK]...", nargs=-1)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many events to each sink.")
@click.option("--as", "actor", metavar="ACTOR", help="Who the disclosures are recorded by. [default: outbox]")
@click.pass_obj
def push(settings: Settings, sinks: tuple[str, ...], limit: int | None, actor: str | None) -> int:
    """Deliver to these sinks, or to every one, what they have not been delivered yet.

    Each case first gets its disclosure on record. What stops one sink stops no other; exit 1 when one stopped.

    \b
    dtv outbox push
    dtv outbox push ind --limit 100
    """
    from dtv_workflow.processes import outbox as process

    with settings.register() as register:
        by = actor or settings.actor or process.ACTOR
        done = process.push(register, configured(register), sinks or None, actor=by, limit=limit)
    columns = ["sink", "sent", "withheld", "position", "waiting", "error"]
    show([one._asdict() for one in done], columns, settings, empty=_none(settings))
    return 1 if any(one.error for one in done) else 0


@outbox.command("start", cls=Command)
@click.argument("sink", metavar="SINK")
@click.option("--after", required=True, metavar="POSITION", help="beginning, here (where it is), end, or a position in the log.")
@click.pass_obj
def start(settings: Settings, sink: str, after: str) -> None:
    """Say where a sink begins: a new one that need not have the past, or one that goes to another partner or place than before.

    A sink that was never told begins at the beginning of the log. Nothing is delivered here.

    \b
    dtv outbox start iom --after end
    dtv outbox start ind --after here
    """
    from dtv_workflow.processes.outbox import sink_of
    from dtv_workflow.processes.stands import Stands

    with settings.register() as register:
        stand = Stands(register).start(sink_of(configured(register), sink), after)
    show([{"sink": sink, "position": stand.done.position}], ["sink", "position"], settings)


@outbox.command("list", cls=Command)
@click.pass_obj
def list_(settings: Settings) -> None:
    """List the sinks: how far in the log each is, how many events wait for it, and its last error."""
    from dtv_workflow.processes.outbox import stands

    with settings.register() as register:
        rows = stands(register, configured(register))
    show(rows, ["sink", "partner", "to", "position", "waiting", "tried_at", "error"], settings, empty=_none(settings))


@outbox.command("check", cls=Command)
@click.pass_obj
def check(settings: Settings) -> None:
    """Read the configuration, and print what each sink is sent: event by event its fields, the purpose and the basis."""
    from dtv_workflow.processes.outbox import sent_to

    with settings.register() as register:
        rows = sent_to(configured(register))
    show(rows, ["sink", "partner", "kind", "event", "fields", "purpose", "basis"], settings, empty=_none(settings))


@outbox.command("follow", cls=Command)
@click.option("--from", "after", type=click.IntRange(0), default=0, metavar="POSITION", help="Only what stands after it.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many events.")
@click.option("--as", "actor", metavar="ACTOR", help="Who follows. [default: this account's actor]")
@click.pass_obj
def follow(settings: Settings, after: int, limit: int | None, actor: str | None) -> None:
    """Print the log up to its end as CloudEvents without data, one a line; the last one's sequence is where to go on.

    For systems, auditors and team leaders of this store. No field is told, and no event whose name speaks of health, so no
    disclosure is recorded. It is for the office itself: what partners get goes by `dtv outbox push`.

    \b
    dtv outbox follow --from 120 --limit 50
    """
    from dtv_workflow.processes import outbox as process

    with settings.register() as register:
        process.may_follow(register, actor or settings.actor or register.usual_actor())
        source = configured(register).source or f"urn:uuid:{register.store.store_id}"
        for line in process.follow(register, source, after=after, limit=limit):
            click.echo(line)


def _none(settings: Settings) -> str:
    return "geen afnemers in partners.toml" if settings.dutch else "no sinks in partners.toml"
