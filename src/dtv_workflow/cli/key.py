"""`dtv key`: whose personal data can still be read, and forgetting somebody for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import msgspec

from dtv_workflow.cli.prove import given_out
from dtv_workflow.cli.render import as_json, page, safe, show
from dtv_workflow.cli.settings import Choice, Command, Settings, group

if TYPE_CHECKING:
    from dtv_workflow.domain.erasure import Blocker
    from dtv_workflow.erasure import Certificate

BASES = ("retention_ended", "request", "unlawful", "court_order")


@group("The keys of what is personal: list, shred.")
def key() -> None: ...


@key.command("list", cls=Command)
@click.option("--ready", is_flag=True, help="Only those whom nothing stands in the way of forgetting.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@click.pass_obj
def list_(settings: Settings, ready: bool, limit: int) -> None:
    """List the subjects that have keys, without their names: classes, cases, until when, and what stands in the way."""
    from dtv_workflow.cli.active import now_of
    from dtv_workflow.erasure import listed, unfinished

    with settings.register() as register:
        rows = listed(register, now_of(register), limit, ready=ready)
        left = unfinished(register)
    columns = ["subject", "classes", "epoch", "cases", "stands_in_the_way", "until"]
    show(rows, columns, settings, empty="geen sleutels" if settings.dutch else "no keys")
    for subject in left:
        said = "besloten en niet afgemaakt" if settings.dutch else "decided and not carried out"
        click.echo(f"{subject}: {said}; dtv key shred {subject}", err=True)


@key.command("shred", cls=Command)
@click.argument("reference", metavar="SUBJECT|CASE")
@click.option("--reason", type=Choice(BASES), required=True, help="On what ground (Regulation (EU) 2016/679 art. 17(1)).")
@click.option("--second", metavar="ACTOR", required=True, help="The team leader who agrees, with an account of their own.")
@click.option("--as", "actor", metavar="ACTOR", help="The privacy officer who asks. [default: this account's actor]")
@click.option("--certificate", metavar="FILE", help="Where to write the certificate (JSON). [default: stdout]")
@click.option("--dry-run", "-n", is_flag=True, help="Say what stands in the way; destroy nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
@click.pass_obj
def shred(
    settings: Settings, reference: str, reason: str, second: str, actor: str | None, certificate: str | None, dry_run: bool,
    yes: bool,
) -> int:  # fmt: skip
    """Forget a person: destroy the keys of everything personal about them, in every case. It cannot be undone.

    Refused (exit 3) while a case, a procedure, a hold or the retention period runs, with all that stands in the way. Afterwards
    the log verifies and counts as before, and what was personal reads as erased. Interrupted, ask again: it goes on where it was.

    \b
    dtv key shred K7Q2 --reason retention_ended --second TL-02 --certificate k7q2.json
    """
    from dtv_workflow.erasure import shred as forget

    if not (dry_run or yes):
        click.confirm("dit kan niet ongedaan worden gemaakt; doorgaan?" if settings.dutch else
                      "this cannot be undone; go on?", abort=True, err=True)  # fmt: skip
    with settings.register() as register:
        envelope = settings.updated({"actor": actor, "second": second}).envelope(register)
        done = forget(register, reference, reason, envelope, rehearse=dry_run)
    if done.blockers:
        return _refused(done.blockers, settings)
    if done.certificate is None:
        click.echo("niets staat in de weg" if settings.dutch else "nothing stands in the way")
        return 0
    if certificate is not None:
        given_out(msgspec.json.format(msgspec.json.encode(done.certificate), indent=2) + b"\n", certificate)
    _told(done.certificate, settings)
    return 1 if done.certificate.troubles else 0


def _refused(blockers: list[Blocker], settings: Settings) -> int:
    """Everything that stands in the way. Gives exit status 3."""
    rows = [
        {"case": b.case, "code": b.code, "law": b.law, "is": b.is_.nl if settings.dutch else b.is_.en, "until": b.until}
        for b in blockers
    ]
    if settings.machine:
        click.echo(as_json({"status": "refused", "stands_in_the_way": rows}))
        return 3
    click.secho("geweigerd" if settings.dutch else "refused", bold=True, fg="red", err=True)
    for row in rows:
        click.echo(f"  {row['code']}  {safe(str(row['is']))}  [{row['law']}]", err=True)
    return 3


def _told(certificate: Certificate, settings: Settings) -> None:
    from dtv_workflow.erasure import NOT_COVERED

    said: dict[str, Any] = msgspec.to_builtins(certificate)
    if settings.machine:
        click.echo(as_json(said))
        return
    lists = {name: said.pop(name) for name in ("not_covered", "troubles", "checks")}
    page("verklaring van vernietiging" if settings.dutch else "certificate of erasure", said.items())
    click.echo("\nniet gedekt:" if settings.dutch else "\nnot covered:")
    for line in (*((said.nl if settings.dutch else said.en) for said in NOT_COVERED), *lists["troubles"]):
        click.echo(f"  - {line}")
