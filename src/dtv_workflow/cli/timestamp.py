"""`dtv audit timestamp`: a time-stamping authority says that a checkpoint existed (RFC 3161)."""

from __future__ import annotations

import click

from dtv_workflow.cli.prove import given_out, read_file
from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Command, Settings
from dtv_workflow.errors import Malformed


@click.command("timestamp", cls=Command)
@click.argument("file", metavar="CHECKPOINT")
@click.option("-o", "--output", metavar="FILE", help="Where to write the request. [default: stdout]")
@click.option("--response", metavar="FILE", help="Instead: check this response of the authority.")
@click.option("--root", metavar="FILE", help="The authority's root certificates (PEM), with --response.")
@click.option("--chain", metavar="FILE", help="Certificates in between (PEM), where the response leaves them out.")
@click.pass_obj
def timestamp(
    settings: Settings, file: str, output: str | None, response: str | None, root: str | None, chain: str | None
) -> None:
    """Ask an authority for a timestamp over a checkpoint, or check one it gave. Needs the extra `timestamp`, and no store.

    The authority sees a hash and nothing else. Keep its response beside the checkpoint: it holds when our own keys do not.
    With a response: exit 7 when it is no timestamp of exactly this file.

    \b
    dtv audit timestamp 2026-11-24.checkpoint -o 2026-11-24.tsq
    curl -H 'Content-Type: application/timestamp-query' --data-binary @2026-11-24.tsq URL > 2026-11-24.tsr
    dtv audit timestamp 2026-11-24.checkpoint --response 2026-11-24.tsr --root authority.pem
    """
    from dtv_workflow.proof.stamp import request, stamped_at

    data = read_file(file)
    if response is None:
        given_out(request(data), output)
        return
    if root is None:
        raise Malformed("--root is required with --response: the authority's root certificates, got from the authority itself")
    at = stamped_at(data, read_file(response), read_file(root), read_file(chain) if chain else b"")
    show([{"existed_at": at, "file": file}], ["existed_at", "file"], settings)
