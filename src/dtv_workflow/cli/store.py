"""`dtv store`: make a store, and see how it is."""

from __future__ import annotations

import click

from dtv_workflow.cli.render import as_json, page, safe
from dtv_workflow.cli.settings import Command, Settings, group


@group("Make a store, and see how it is.")
def store() -> None: ...


@store.command("init", cls=Command)
@click.argument("directory", required=False)
@click.option("--training", is_flag=True, help="For training: takes every actor, role and script clock as given.")
@click.option("--actor", metavar="ACTOR", help="The first team leader's actor id. [default: this account's name]")
@click.pass_obj
def init(settings: Settings, directory: str | None, training: bool, actor: str | None) -> None:
    """Make a store. Who makes it is its first team leader.

    \b
    dtv store init dtv-store
    dtv store init practice --training
    """
    import msgspec

    from dtv_workflow.application import create_register
    from dtv_workflow.domain.fields import Code
    from dtv_workflow.errors import Malformed

    if actor is not None:
        try:
            msgspec.convert(actor, Code)
        except msgspec.ValidationError:
            raise Malformed("--actor must be a code: letters, digits and _ . : / + -, at most 64") from None
    path = directory or settings.path
    with create_register(path, training=training, actor=actor) as register:
        made = {"store": str(path), "training": training, "actor": register.founder()}
    if settings.machine:
        click.echo(as_json(made))
    else:
        click.echo(f"made {'training ' if training else ''}store {safe(str(path))}; {made['actor']} is its first team leader")
        click.echo(f"  type: dtv --store {safe(str(path))} user grant ACTOR supervisor --os-user NAME", err=True)


@store.command("status", cls=Command)
@click.pass_obj
def status(settings: Settings) -> None:
    """Say what the store holds: id, kind, schema, events, last recorded time."""
    with settings.register() as register:
        seen = register.status()
    if settings.machine:
        click.echo(as_json(seen))
    else:
        page(f"store {safe(settings.path)}", seen.items())
