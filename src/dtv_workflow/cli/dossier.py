"""`dtv audit dossier`: a case in one file that proves itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dtv_workflow.cli.opened import known, look_of
from dtv_workflow.cli.prove import given_out, sealed_now
from dtv_workflow.cli.settings import Choice, Command, Settings
from dtv_workflow.cli.values import moment_of
from dtv_workflow.errors import CheckFailed, Malformed

if TYPE_CHECKING:
    from datetime import datetime

    from dtv_workflow.application import Register
    from dtv_workflow.audit.dossier.page import Page, Proven
    from dtv_workflow.domain.record import Record
    from dtv_workflow.proof.note import Signer

LEVELS = ("court", "inspectorate", "subject", "public")


@click.command("dossier", cls=Command, looks_back=True, opens=True)
@click.argument("reference", metavar="CASE")
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to write it: a page (.html).")
@click.option("--redact", type=Choice(LEVELS), default="inspectorate", show_default=True, help="For whom.")
@click.option("--pdf", is_flag=True, help="Also as a tagged PDF beside it. Needs the extra `pdf`.")
@click.option("--signing-key", metavar="FILE", help="The key that signs; also DTV_CHECKPOINT_KEY. [default: the store's own]")
@click.pass_obj
def dossier(settings: Settings, reference: str, output: str, redact: str, pdf: bool, signing_key: str | None) -> None:
    """Write a case as one page that reads without us and proves itself: cover, life line, every event, terms, proof.

    It needs no network and no script; a script inside verifies it in a browser, `dtv audit check-proof` from Python alone. For
    the court it holds everything, for the person their own data: hand it to whom it is for. That it was made is on record.

    \b
    dtv audit dossier K7Q2 -o k7q2.html --redact court --purpose court_file
    dtv audit check-proof k7q2.html --key dtv.pub
    """
    from dtv_workflow.audit.dossier.file import written

    at = moment_of(settings.as_known_at)
    if pdf and Path(output).suffix == ".pdf":
        raise Malformed("-o names the page; the PDF is written beside it")
    with settings.register() as register:
        page, records, checkpoint, signer = _made(register, settings, reference, at, redact, signing_key)
        data = written(page, records, checkpoint, signer)
    given_out(data, output)
    if pdf:
        from dtv_workflow.audit.dossier.pdf import as_pdf

        given_out(as_pdf(page, records, checkpoint), str(Path(output).with_suffix(".pdf")))
    said = "gebeurtenissen" if settings.dutch else "events"
    click.echo(f"{output}: {len(records)} {said}, {redact}", err=True)


def _made(
    register: Register, settings: Settings, reference: str, at: datetime | None, redact: str, signing_key: str | None
) -> tuple[Page, list[Proven], str, Signer]:
    """The page and its proofs. Raises CheckFailed when a record is not what was sealed."""
    from dtv_workflow.access import looks_at
    from dtv_workflow.audit.dossier.file import proven
    from dtv_workflow.audit.dossier.levels import Level
    from dtv_workflow.audit.dossier.page import Asked, Page
    from dtv_workflow.cli.audit import now_in
    from dtv_workflow.proof.check import framed, leaf_hash, written_note
    from dtv_workflow.store.sealing import Seals, signer_of

    level = Level(redact)
    history = known(register, reference, at)
    stream = history[0].originator_id
    given = Path(signing_key) if signing_key else None
    seals = Seals(register.store.path)
    try:
        sealed = sealed_now(register, seals, signing_key)
        stored = register.store.recorder.select_events(stream)[: len(history)]
        entries = []
        for event in stored:
            leaf = seals.leaf_of(stream, event.originator_version)
            if leaf is None:
                raise CheckFailed(f"event {event.originator_version} of this case is not sealed: dtv audit verify")
            entry = framed(leaf.position, stream, event.originator_version, event.topic, bytes(event.state))
            if leaf_hash(entry) != leaf.hash:
                raise CheckFailed(f"event {event.originator_version} of this case is not what was sealed: dtv audit verify")
            entries.append((event.originator_version, leaf.leaf, leaf.hash, entry))
        records = proven(entries, seals.hashes(sealed.checkpoint.size), stored=level.stored)
    finally:
        seals.close()
    signer = signer_of(register.store.path, register.store.store_id, given)
    shown = history if level.unsealed else [register.mapper.to_domain_event(event, unseal=False) for event in stored]
    look = look_of()
    asked = Asked(
        records=shown, looks=looks_at(register, stream.removeprefix("case/")), now=now_in(register, history, at),
        as_known_at=at, level=level, by=look.actor or register.usual_actor(), purpose=look.purpose, dutch=settings.dutch,
        judged=_judged(history),
    )  # fmt: skip
    return Page(asked), records, written_note(sealed.note), signer


def _judged(history: list[Record]) -> tuple[int, list[int]]:
    """How many steps were judged again on what was known then, and the versions of those that answered otherwise."""
    from dtv_workflow.domain.again import again, commits, differences

    whole = [(commit.first.version, differences(commit.receipt, again(commit))) for commit in commits(history) if commit.whole]
    return len(whole), [version for version, otherwise in whole if otherwise]
