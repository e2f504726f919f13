"""`dtv user`: who may act in this store, in which roles."""

from __future__ import annotations

import click

from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Choice, Command, Settings, group
from dtv_workflow.errors import Malformed

ROLES = ("intake_officer", "supervisor", "team_leader", "designated_officer", "auditor", "analyst", "privacy_officer", "system")


@group("Who may act: list, grant, revoke. On a file store this is accountability, not enforcement.")
def user() -> None: ...


@user.command("list", cls=Command)
@click.pass_obj
def list_(settings: Settings) -> None:
    """List the known actors, their roles and the account that may act under each name."""
    with settings.register() as register:
        users = sorted(register.users().values(), key=lambda u: u.name)
    rows = [{"actor": u.name, "roles": [role.value for role in u.roles], "account": u.os_user} for u in users]
    show(rows, ["actor", "account", "roles"], settings)


@user.command("grant", cls=Command)
@click.argument("actor_granted", metavar="ACTOR")
@click.argument("role_granted", metavar="ROLE", type=Choice(ROLES))
@click.option("--os-user", metavar="NAME", help="The account that acts as this actor. [default: the actor's own name]")
@click.option("--as", "actor", metavar="ACTOR", help="The team leader who grants. [default: this account's actor]")
@click.pass_obj
def grant(settings: Settings, actor_granted: str, role_granted: str, os_user: str | None, actor: str | None) -> None:
    """Give an actor a role. Asked by a team leader.

    \b
    dtv user grant RV-07 supervisor --os-user jansen
    """
    from dtv_workflow.domain.vocabulary import Role

    _codes(actor_granted, os_user)
    with settings.register() as register:
        by = settings.updated({"actor": actor}).envelope(register)
        register.grant(actor_granted, Role(role_granted), os_user, by)
    click.echo(f"{actor_granted} is {role_granted}")


@user.command("revoke", cls=Command)
@click.argument("actor_revoked", metavar="ACTOR")
@click.argument("role_revoked", metavar="ROLE", type=Choice(ROLES))
@click.option("--as", "actor", metavar="ACTOR", help="The team leader who revokes. [default: this account's actor]")
@click.pass_obj
def revoke(settings: Settings, actor_revoked: str, role_revoked: str, actor: str | None) -> None:
    """Take a role from an actor. The last team leader stays."""
    from dtv_workflow.domain.vocabulary import Role

    _codes(actor_revoked, None)
    with settings.register() as register:
        register.revoke(actor_revoked, Role(role_revoked), settings.updated({"actor": actor}).envelope(register))
    click.echo(f"{actor_revoked} is no longer {role_revoked}")


def _codes(*given: str | None) -> None:
    import msgspec

    from dtv_workflow.domain.fields import Code

    for value in given:
        try:
            msgspec.convert(value, Code | None)
        except msgspec.ValidationError:
            raise Malformed("an actor is a code: letters, digits and _ . : / + -, at most 64") from None
