"""`dtv audit witness|attach`: somebody else remembers what the log said of itself, and signs only what goes on from that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dtv_workflow.cli.prove import given_out, keys_of, read_file
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.errors import CheckFailed, Malformed, NoStore, NotFound

if TYPE_CHECKING:
    from dtv_workflow.proof.note import Signer


@click.command("witness", cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--key", required=True, metavar="KEY", help="The log's verifier key or its file.")
@click.option("--memory", required=True, metavar="FILE", help="The last checkpoint signed here; made the first time.")
@click.option("--witness-key", required=True, metavar="FILE", help="The witness's signing key; made the first time.")
@click.option("--name", default="witness", show_default=True, metavar="NAME", help="What a new key is called: `court.example`.")
@click.option("-o", "--output", metavar="OUT", help="Where to write the cosigned checkpoint. [default: stdout]")
@click.pass_obj
def witness(settings: Settings, file: str, key: str, memory: str, witness_key: str, name: str, output: str | None) -> None:
    """Sign a checkpoint as a witness: only when it goes on from the last one signed here. Needs no store.

    FILE is a checkpoint the first time, later what `dtv audit prove --from MEMORY` wrote. A log that shrank, forked or was
    rewritten is refused (exit 7), and what is remembered stays. What is remembered is on the disk before anything is signed.
    """
    from dtv_workflow.proof.check import CONSISTENCY, Broken, Unreadable, check_file, read_note, written_key, written_note
    from dtv_workflow.proof.note import signed
    from dtv_workflow.store.files import write_whole

    data, kept = read_file(file), Path(memory)
    older = [kept.read_bytes()] if kept.exists() else []
    try:
        checked = check_file(data, keys_of((key,)), older)
        note = read_note(data.partition(b"\n\n")[2] if data.startswith(CONSISTENCY.encode()) else data)
    except Unreadable as error:
        raise Malformed(f"{file}: {error}") from None
    except Broken as error:
        raise CheckFailed(f"not signed: {error}") from None
    signer = _signer(Path(witness_key), name)
    try:
        write_whole(kept.absolute(), written_note(note).encode())
    except OSError as error:
        raise NoStore(f"{memory} cannot be written ({error.strerror}); nothing was signed") from None
    cosigned = note._replace(signatures=(*note.signatures, signed(note.text, signer, at=int(time.time()))))
    given_out(written_note(cosigned).encode(), output)
    said = "ondertekend" if settings.dutch else "signed"
    click.echo(f"{said}: {checked.checkpoint.size}; {written_key(signer.key)}", err=True)


def _signer(path: Path, name: str) -> Signer:
    """The witness's signing key, made when there is none. Raises Malformed, NoStore."""
    from dtv_workflow.proof.check import WITNESS_KEY, Unreadable, read_key, written_key
    from dtv_workflow.proof.note import new_signer, read_signer, written_signer
    from dtv_workflow.store.keys import new_file

    try:
        if not path.exists():
            made = new_signer(name, WITNESS_KEY)
            read_key(written_key(made.key))
            new_file(path, written_signer(made).encode() + b"\n")
        signer = read_signer(path.read_text("ascii"))
    except Unreadable as error:
        raise Malformed(f"--witness-key, --name: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not text"
        raise NoStore(f"{path} cannot be used: {why}") from None
    if signer.key.kind != WITNESS_KEY:
        raise Malformed(f"{path} is a log's key, not a witness's")
    return signer


@click.command("attach", cls=Command)
@click.argument("file", metavar="FILE")
@click.option("--witness", "keys", multiple=True, required=True, metavar="KEY", help="A witness's verifier key or its file.")
@click.pass_obj
def attach(settings: Settings, file: str, keys: tuple[str, ...]) -> None:
    """Keep a checkpoint's cosignatures in the store, so that proofs from now on carry them. Each is verified first."""
    from dtv_workflow.proof.check import Broken, Unreadable, read_note, signature_of
    from dtv_workflow.store.sealing import Seals

    try:
        note = read_note(read_file(file))
        lines = [(key, signature_of(note, key)) for key in keys_of(keys)]
    except Unreadable as error:
        raise Malformed(f"{file}: {error}") from None
    except Broken as error:
        raise CheckFailed(str(error)) from None
    for key, line in lines:
        if line is None:
            raise CheckFailed(f"{key.name} did not sign this checkpoint")
    with settings.register() as register:
        seals = Seals(register.store.path)
        try:
            found = next((n for text in seals.notes() if (n := read_note(text.encode())).text == note.text), None)
            if found is None:
                raise NotFound("the store has no such checkpoint")
            new = [line for _, line in lines if line is not None and line not in found.signatures]
            seals.put(found._replace(signatures=(*found.signatures, *new)))
        finally:
            seals.close()
    click.echo(f"{len(new)} {'medeondertekening(en) bewaard' if settings.dutch else 'cosignature(s) kept'}", err=True)
