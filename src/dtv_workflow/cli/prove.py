"""`dtv audit checkpoint|prove|check-proof|verify`: sign what the log is, prove what stands in it, find what was changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dtv_workflow.cli.opened import opened
from dtv_workflow.cli.render import safe, show
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.errors import CheckFailed, Malformed, NotFound

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.proof.check import Checkpoint, Key
    from dtv_workflow.store.sealing import Sealed, Seals

KEY_VARIABLE = "DTV_CHECKPOINT_KEY"


def sealed_now(register: Register, seals: Seals, file: str | None) -> Sealed:
    """Seal what is not sealed yet. Raises CheckFailed, Malformed, NoStore."""
    from dtv_workflow.store.sealing import signer_of

    given = file or os.environ.get(KEY_VARIABLE)
    signer = signer_of(register.store.path, register.store.store_id, Path(given) if given else None)
    return seals.seal(register.store.recorder, signer)


def keys_of(given: tuple[str, ...]) -> list[Key]:
    """Verifier keys, each as text or in a file. Raises Malformed."""
    from dtv_workflow.proof.check import Unreadable, read_key

    found = []
    for text in given:
        try:
            found.append(read_key(Path(text).read_text("ascii") if "+" not in text and Path(text).is_file() else text))
        except (Unreadable, OSError, UnicodeDecodeError) as error:
            raise Malformed(f"--key: {error if isinstance(error, Unreadable) else 'that file cannot be read'}") from None
    return found


def read_file(path: str) -> bytes:
    """A file's bytes. Raises NotFound."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from None


def given_out(data: bytes, output: str | None) -> None:
    """To a file, whole or not at all, or to stdout. Raises NotFound."""
    from dtv_workflow.store.files import write_whole

    if output is None:
        click.echo(data, nl=False)
        return
    try:
        write_whole(Path(output).absolute(), data, 0o644)
    except OSError as error:
        raise NotFound(f"{output} cannot be written: {error.strerror}") from None


# ------------------------------------------------------------------ checkpoint


@click.command("checkpoint", cls=Command)
@click.option("-o", "--output", metavar="FILE", help="Where to write it. [default: stdout]")
@click.option("--signing-key", metavar="FILE", help=f"The key that signs; also {KEY_VARIABLE}. [default: the store's own]")
@click.option("--verifier-key", is_flag=True, help="Print the public key instead, to be kept by whoever verifies.")
@click.pass_obj
def checkpoint(settings: Settings, output: str | None, signing_key: str | None, verifier_key: bool) -> None:
    """Seal what was recorded since the last one, and sign what the log is now: how many events, and the root of their tree.

    Keep it away from this machine: it is what nobody can rewrite the log past. Nothing personal is in it.

    \b
    dtv audit checkpoint --verifier-key > dtv.pub
    dtv audit checkpoint -o 2026-11-24.checkpoint
    """
    from dtv_workflow.proof.check import written_key, written_note
    from dtv_workflow.store.sealing import Seals, signer_of

    with settings.register() as register:
        if verifier_key:
            given = signing_key or os.environ.get(KEY_VARIABLE)
            signer = signer_of(register.store.path, register.store.store_id, Path(given) if given else None)
            click.echo(written_key(signer.key))
            return
        seals = Seals(register.store.path)
        try:
            sealed = sealed_now(register, seals, signing_key)
        finally:
            seals.close()
    given_out(written_note(sealed.note).encode(), output)
    said = "gebeurtenissen verzegeld" if settings.dutch else "events sealed"
    click.echo(f"{sealed.added} {said}, {sealed.checkpoint.size} {'in totaal' if settings.dutch else 'in all'}", err=True)


# ------------------------------------------------------------------ prove


@click.command("prove", cls=Command)
@click.argument("reference", metavar="[CASE]", required=False)
@click.argument("version", type=click.IntRange(1), metavar="[VERSION]", required=False)
@click.option("--from", "older", metavar="CHECKPOINT", help="Instead: that the log still begins with what this one signed.")
@click.option("-o", "--output", metavar="FILE", help="Where to write it. [default: stdout]")
@click.option("--signing-key", metavar="FILE", help=f"The key that signs; also {KEY_VARIABLE}. [default: the store's own]")
@click.pass_obj
def prove(
    settings: Settings, reference: str | None, version: int | None, older: str | None, output: str | None, signing_key: str | None
) -> None:
    """Write a proof that an event stands in the signed log as it was stored, or that the log goes on from a kept checkpoint.

    `dtv audit check-proof` checks it, and so does one file on Python alone. What is personal in the event stays sealed.

    \b
    dtv audit prove K7Q2 4 -o k7q2-4.tlog-proof
    dtv audit prove --from 2026-11-24.checkpoint -o grown.proof
    """
    from dtv_workflow.store.sealing import Seals

    if (older is None) != (reference is not None and version is not None):
        raise Malformed("give a case and one of its versions, or --from a checkpoint")
    with settings.register() as register:
        seals = Seals(register.store.path)
        try:
            sealed = sealed_now(register, seals, signing_key)
            if older is not None:
                proof = _grown(seals, sealed, read_file(older))
            else:
                proof = _event(register, seals, sealed, reference or "", version or 0)
        finally:
            seals.close()
    given_out(proof, output)


def _event(register: Register, seals: Seals, sealed: Sealed, reference: str, version: int) -> bytes:
    from dtv_workflow.answers import stream_of
    from dtv_workflow.proof.check import framed, leaf_hash, written_note
    from dtv_workflow.proof.merkle import inclusion_path
    from dtv_workflow.proof.written import inclusion_file

    case = register.find(reference)
    opened(register, case)
    stream = stream_of(case)
    leaf = seals.leaf_of(stream, version)
    if leaf is None:
        raise NotFound(f"the case has no version {version}")
    rows = register.store.recorder.rows_after(leaf.position - 1, 1)
    entry = framed(*rows[0]) if rows else b""
    if leaf_hash(entry) != leaf.hash:
        raise CheckFailed(f"event {version} of this case is not what was sealed: dtv audit verify")
    path = inclusion_path(seals.hashes(sealed.checkpoint.size), leaf.leaf)
    return inclusion_file(entry, leaf.leaf, path, written_note(sealed.note).encode())


def _grown(seals: Seals, sealed: Sealed, older: bytes) -> bytes:
    from dtv_workflow.proof.check import Broken, check_consistency, written_note
    from dtv_workflow.proof.merkle import consistency_path
    from dtv_workflow.proof.written import consistency_file

    was, now = kept_from(older, None), sealed.checkpoint
    if was.origin != now.origin:
        raise Malformed(f"the checkpoint is of another log: {safe(was.origin)}")
    try:
        path = consistency_path(seals.hashes(now.size), was.size) if 0 < was.size <= now.size else []
        check_consistency(was.size, now.size, path, was.root, now.root)
    except Broken as error:
        said = f"the log does not go on from that checkpoint: {error}; dtv audit verify --checkpoint says where"
        raise CheckFailed(said) from None
    return consistency_file(was.size, was.root, path, written_note(sealed.note).encode())


def kept_from(text: bytes, key: Key | None) -> Checkpoint:
    """A checkpoint that was kept, signed by this key if one is given. Raises Malformed, CheckFailed."""
    from dtv_workflow.proof.check import Unreadable, read_checkpoint, read_note
    from dtv_workflow.store.sealing import kept

    if key is not None:
        return kept(text, key)
    try:
        return read_checkpoint(read_note(text))
    except Unreadable as error:
        raise Malformed(f"not a checkpoint: {error}") from None


@click.command("check-proof", cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--key", "keys", multiple=True, metavar="KEY", help="A verifier key or its file: the log's, and witnesses'.")
@click.option("--checkpoint", "older", multiple=True, metavar="FILE", help="A checkpoint you kept, that it must go on from.")
@click.pass_obj
def check_proof(settings: Settings, file: str, keys: tuple[str, ...], older: tuple[str, ...]) -> None:
    """Check a checkpoint, a proof or a dossier, without any store. Exit 7 when it does not prove what it says.

    \b
    dtv audit check-proof k7q2-4.tlog-proof --key dtv.pub
    """
    from dtv_workflow.proof.check import Broken, Unreadable, check_file

    data = read_file(file)
    if not keys and b"<!--dtv-dossier " not in data:
        raise Malformed("--key is required: the verifier key of the log, as `dtv audit checkpoint --verifier-key` printed it")
    try:
        checked = check_file(data, keys_of(keys), [read_file(each) for each in older])
    except Unreadable as error:
        raise Malformed(f"{file}: {error}") from None
    except Broken as error:
        raise CheckFailed(f"not proven: {error}") from None
    shown = [{"proven": line} for line in checked.says]
    show(shown, ["proven"], settings)


# ------------------------------------------------------------------ verify


@click.command("verify", cls=Command)
@click.argument("reference", metavar="[CASE]", required=False)
@click.option("--checkpoint", "older", multiple=True, metavar="FILE", help="A checkpoint that was kept elsewhere.")
@click.option("--key", metavar="KEY", help="The log's verifier key or its file. [default: the one in the store]")
@click.pass_obj
def verify(settings: Settings, reference: str | None, older: tuple[str, ...], key: str | None) -> int:
    """Hash every stored event again and hold the log against its checkpoints. Exit 7 when something was changed, and where.

    The whole log is always read; with CASE what is wrong elsewhere is only counted, and the case's sealed values are opened too.
    A key and a checkpoint from elsewhere make it proof: without them whoever can write here can sign here.

    \b
    dtv audit verify --key dtv.pub --checkpoint 2026-11-24.checkpoint
    """
    from dtv_workflow.answers import stream_of
    from dtv_workflow.audit.verify import verify as verified
    from dtv_workflow.domain.workflow import EVENTS
    from dtv_workflow.store.sealing import Seals, origin_of, own_key

    with settings.register() as register:
        by = keys_of((key,))[0] if key else own_key(register.store.path)
        if by is not None and by.name != origin_of(register.store.store_id):
            raise Malformed(f"the key is of another log: {safe(by.name)}")
        if older and by is None:
            raise Malformed("--key is required with --checkpoint: this store has no key of its own")
        kept = [kept_from(read_file(each), by) for each in older]
        seals = Seals(register.store.path)
        try:
            report = verified(register.store.recorder, seals if seals.exists() else None, by, kept, EVENTS)
        finally:
            seals.close()
        stream = stream_of(register.find(reference)) if reference else None
        here = [found for found in report.found if stream is None or found.stream in (None, stream)]
        if stream is not None and not here:
            register.history_of(stream)
    columns = ["position", "until", "case", "version", "kind", "what", "do"]
    show([_row(found, settings) for found in here], columns, settings)
    for line in _said(report, bool(key), len(report.found) - len(here), settings):
        click.echo(line, err=True)
    return 7 if report.found else 0


def _row(found: Any, settings: Settings) -> dict[str, Any]:
    """A finding as data: where, what, and what to do."""
    stream = found.stream or ""
    return {
        "position": found.position, "until": found.until, "case": stream.removeprefix("case/") or None, "version": found.version,
        "kind": found.kind.code, "what": found.kind.nl if settings.dutch else found.kind.en, "do": _todo(found, settings),
    }  # fmt: skip


def _todo(found: Any, settings: Settings) -> str:
    from dtv_workflow.audit.verify import Kind

    if found.kind in (Kind.ROLLED_BACK, Kind.FORKED, Kind.REWRITTEN, Kind.TRUNCATED, Kind.BAD_CHECKPOINT):
        en = "stop writing here; keep this copy; compare with the newest backup and with who kept the checkpoint"
        nl = "stop met schrijven; bewaar deze kopie; vergelijk met de laatste reservekopie en met wie het controlepunt bewaarde"
    elif found.kind is Kind.UNKNOWN_TOPIC:
        en = "use the version of dtv that wrote it, or treat it as inserted"
        nl = "gebruik de versie van dtv die haar schreef, of zie haar als ingevoegd"
    else:
        en = "act on nothing in this case; keep this copy; find it in a backup; tell the team leader and the privacy officer"
        nl = "handel niet in deze zaak; bewaar deze kopie; zoek haar in een reservekopie; meld het de teamleider en de FG"
    return nl if settings.dutch else en


def _said(report: Any, key: bool, elsewhere: int, settings: Settings) -> list[str]:
    """What was verified, and what was not."""
    dutch = settings.dutch
    loose = report.events - report.covered
    lines = [] if report.found else ["niets is gewijzigd" if dutch else "nothing was changed"]
    lines += [
        f"{report.events} gebeurtenissen gelezen; {report.covered} gedekt door een goed controlepunt, {loose} nog niet"
        if dutch
        else f"{report.events} events read; {report.covered} covered by a good checkpoint, {loose} not yet"
    ]
    if elsewhere:
        lines.append(f"{elsewhere} bevindingen in andere zaken" if dutch else f"{elsewhere} findings in other cases")
    if not report.kept:
        lines.append(
            "niet nagegaan: of dit een oudere kopie of een andere geschiedenis is; daarvoor is --checkpoint van elders nodig"
            if dutch
            else "not verified: whether this is an older copy or another history; that takes a --checkpoint kept elsewhere"
        )
    if not key:
        lines.append(
            "niet nagegaan: de sleutel zelf; die uit het register is gebruikt, geef --key van elders"
            if dutch
            else "not verified: the key itself; the one in the store was used, give --key from elsewhere"
        )
    rest = "niet nagegaan: antwoorden op verzoeken, sleutels, overzichten" if dutch else "not verified: answers, keys, views"
    return [*lines, rest]
