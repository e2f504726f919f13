"""`dtv completion`: the script a shell sources to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from dtv_workflow.cli.settings import Choice, Command


@click.command(cls=Command)
@click.argument("shell", type=Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    eval "$(dtv completion bash)"
    eval "$(dtv completion zsh)"
    dtv completion fish | source
    """
    from dtv_workflow.cli.main import cli

    made = get_completion_class(shell)
    if made is not None:
        click.echo(made(cli, {}, "dtv", "_DTV_COMPLETE").source())
