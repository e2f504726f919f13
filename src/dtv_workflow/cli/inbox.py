"""`dtv inbox`: receive partners' messages, look at those that fit no case, and say where they belong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.opened import listed
from dtv_workflow.cli.render import as_json, page, safe, show
from dtv_workflow.cli.settings import Command, Settings, group
from dtv_workflow.errors import Malformed

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.domain.inbox import Parked
    from dtv_workflow.processes.inbox import Received
    from dtv_workflow.processes.partners import Partners

WORST_FIRST = (10, 11, 9, 1, 4, 2, 6, 5, 3, 7, 0)
"""Exit statuses of an import, worst first: what could not be received comes before what somebody must look at."""


@group("Receive messages of partners: import, list, show, link, dismiss, types, schema.")
def inbox() -> None: ...


@inbox.command("import", cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILE|DIR|-…")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Of a spool directory, at most so many files.")
@click.pass_obj
def import_(settings: Settings, files: tuple[str, ...], limit: int | None) -> int:
    """Receive messages: CloudEvents 1.0 in JSON, one a file, a batch, or JSON Lines; one answer a line, in order.

    A directory is a spool: what is in its `new` is received, and a receipt stays. A message that is not understood stops nothing.
    Exit 0 when all were recorded, 7 when somebody must look at one (flagged, unread, parked), 2 when one was no message.
    """
    from dtv_workflow.processes.inbox import told

    exits = []
    with settings.register() as register:
        partners = configured(register)
        for name in files:
            for received in _received(register, partners, name, limit):
                exits.append(received.exit)
                click.echo(as_json(told(received)) if settings.machine else line(received, dutch=settings.dutch))
                if received.error:
                    click.echo(f"dtv: {safe(received.error)}", err=True)
    return min(exits, key=WORST_FIRST.index, default=0)


def configured(register: Register) -> Partners:
    """The partners of a store. Raises Malformed."""
    from dtv_workflow.processes.partners import PARTNERS_FILE, read_partners

    return read_partners(register.store.path / PARTNERS_FILE)


def _received(register: Register, partners: Partners, name: str, limit: int | None) -> Iterator[Received]:
    from dtv_workflow.processes.inbox import receive_all
    from dtv_workflow.processes.spool import file_messages, take_in
    from dtv_workflow.processes.understanding import messages_in

    if name != "-" and Path(name).is_dir():
        yield from take_in(register, partners, Path(name), limit)
        return
    try:
        messages = messages_in(sys.stdin.buffer.read()) if name == "-" else file_messages(Path(name))
    except OSError as error:
        raise Malformed(f"cannot read {safe(name)}: {error.strerror}") from None
    yield from receive_all(register, partners, messages)


def line(received: Received, *, dutch: bool) -> str:
    """What came of a message, in a line."""
    words = [received.message, said(received.status.value, dutch=dutch), received.case or "", received.fact or ""]
    why = ", ".join(said(code, dutch=dutch) for code in (*received.why, *received.incidents))
    again = (" (herhaald)" if dutch else " (repeated)") if received.repeated else ""
    return "\t".join(words).rstrip() + (f"\t{why}" if why else "") + again


_DUTCH = {
    "recorded": "vastgelegd", "flagged": "vastgelegd, wijkt af", "unread": "niet begrepen, beletsel", "parked": "geparkeerd",
    "rejected": "geen bericht", "failed": "mislukt", "empty": "leeg", "linked": "gekoppeld", "dismissed": "afgewezen",
}  # fmt: skip


def said(code: str, *, dutch: bool) -> str:
    """A code in words: Dutch where it has them."""
    if not dutch:
        return code
    from dtv_workflow.domain.procedures import Divergence, Unclear

    terms = {term.value: term.nl for terms in (Unclear, Divergence) for term in terms}
    return _DUTCH.get(code) or terms.get(code, code)


# ------------------------------------------------------------------ parked messages


@inbox.command("list", cls=Command)
@click.option("--all", "settled", is_flag=True, help="Those that were linked or dismissed as well.")
@click.pass_obj
def list_(settings: Settings, settled: bool) -> None:
    """List the messages that name no known case: how long they wait, whose they are, and why. Not what they say."""
    from dtv_workflow.processes.inbox import parked

    with settings.register() as register:
        now, items = register.clock(), parked(register, settled=settled)
    rows = [_row(item, settings) | {"days": max(0, (now - item.since).days)} for item in items]
    columns = ["message", "status", "since", "days", "partner", "fact", "why", "case"]
    show(rows, columns, settings, empty="geen geparkeerde berichten" if settings.dutch else "no parked messages")


def _row(item: Parked, settings: Settings) -> dict[str, Any]:
    state = "linked" if item.case else "dismissed" if item.dismissed else "parked"
    dutch = settings.dutch and not settings.machine
    return {
        "message": item.id, "status": said(state, dutch=dutch), "since": item.since,
        "partner": item.partner, "fact": item.fact, "why": said(item.why.value, dutch=dutch), "case": item.case,
    }  # fmt: skip


@inbox.command("show", cls=Command, opens=True, unmasks=True)
@click.argument("message")
@click.pass_obj
def show_(settings: Settings, message: str) -> None:
    """Show one parked message, by its id or an ending of it; what it says, which is personal data, with --unmask."""
    from dtv_workflow.processes.inbox import parked_message

    with settings.register() as register:
        item = parked_message(register, message)
        listed(register, (), item.id)
    row = _row(item, settings) | ({"content": item.content} if settings.unmask else {})
    if settings.machine:
        show([row], list(row), settings)
        return
    page("Bericht" if settings.dutch else "Message", [pair for pair in row.items() if pair[0] != "content"])
    if settings.unmask:
        click.echo(safe(item.content, lines=True))


@inbox.command("link", cls=Command)
@click.argument("message")
@click.argument("case")
@click.option("--as", "actor", metavar="ACTOR", help="Who links it. [default: this account's actor]")
@click.option("--role", metavar="ROLE", help="In which role. [default: one granted that fits]")
@click.pass_obj
def link(settings: Settings, message: str, case: str, actor: str | None, role: str | None) -> int:
    """Say which case a parked message belongs to: it is received there as if it had named it.

    Asked by a supervisor, an intake officer or a team leader. A message that cannot be understood holds that case from then on.
    Exit 0 when it was recorded, 7 when somebody must look at it (flagged, unread).
    """
    from dtv_workflow.processes import inbox as process

    with settings.register() as register:
        by = settings.updated({"actor": actor, "role": role}).envelope(register)
        received = process.link(register, configured(register), message, case, by)
    click.echo(as_json(process.told(received)) if settings.machine else line(received, dutch=settings.dutch))
    return received.exit


@inbox.command("dismiss", cls=Command)
@click.argument("message")
@click.option("--reason", required=True, metavar="@FILE|-|CODE", help="Why: from a file, from stdin, or a coded reason.")
@click.option("--second", metavar="ACTOR", help="The second person, a team leader: always.")
@click.option("--as", "actor", metavar="ACTOR", help="Who dismisses it. [default: this account's actor]")
@click.option("--role", metavar="ROLE", help="In which role. [default: one granted that fits]")
@click.pass_obj
def dismiss(settings: Settings, message: str, reason: str, second: str | None, actor: str | None, role: str | None) -> None:
    """Say why a parked message belongs to no case. It takes two people, whoever sent it: it may be an appeal."""
    from dtv_workflow.processes import inbox as process

    with settings.register() as register:
        by = settings.updated({"actor": actor, "role": role, "second": second, "reason": reason}).envelope(register)
        item = process.dismiss(register, message, by.reason or "", by)
    row = _row(item, settings)
    show([row], list(row), settings) if settings.machine else click.echo(f"{item.id}\t{row['status']}")


# ------------------------------------------------------------------ what may be sent


@inbox.command("types", cls=Command)
@click.pass_obj
def types(settings: Settings) -> None:
    """List the types of messages that are understood: the fact each reports, the partners that may, and its schema."""
    from dtv_workflow.domain.steps import step_name
    from dtv_workflow.processes.cloudevents import facts_by_type, schema_in
    from dtv_workflow.processes.partners import UNSENT

    with settings.register() as register:
        partners = configured(register).partners.values()
    names = {kind: step_name(row.step) for kind, row in facts_by_type().items()}
    rows = [
        {
            "type": kind,
            "fact": name,
            "partners": [partner.key for partner in partners if partner.may_report(name)],
            "schema": schema_in(name)["$id"],
        }
        for kind, name in names.items()
        if name not in UNSENT
    ]
    show(rows, ["type", "fact", "partners", "schema"], settings)


@inbox.command("schema", cls=Command)
@click.argument("type_", metavar="TYPE")
@click.pass_obj
def schema(settings: Settings, type_: str) -> None:
    """Print the JSON Schema of the data of a type of message."""
    import json

    from dtv_workflow.domain.steps import step_name
    from dtv_workflow.processes.cloudevents import facts_by_type, schema_in
    from dtv_workflow.processes.partners import UNSENT

    row = facts_by_type().get(type_)
    if row is None or step_name(row.step) in UNSENT:
        raise Malformed("no such type of message; `dtv inbox types` lists them")
    click.echo(json.dumps(schema_in(step_name(row.step)), ensure_ascii=False, indent=2))
