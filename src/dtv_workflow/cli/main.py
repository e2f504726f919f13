"""`dtv`: the entry point. Knows every noun by name and a line of help, and imports none of them before it is asked for.

`dtv --help`, `dtv --version` and completion therefore import neither SQLAlchemy nor eventsourcing; a test says so.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from dtv_workflow import __version__
from dtv_workflow.cli.settings import Settings, in_words, root_options, told
from dtv_workflow.errors import DtvError

NOUNS: dict[str, tuple[str, str]] = {
    "work": ("work:work", "What needs doing, most urgent first, and why."),
    "case": ("case:case", "Open, list and read cases; what may be asked, and why not."),
    "do": ("do:do", "Take a decision in a case: done, or refused with every obstacle."),
    "record": ("do:record", "Record a fact in a case: always recorded."),
    "deadline": ("deadline:deadline", "The terms that run: list, explain one day by day."),
    "process": ("process:process", "What runs by itself: messages in, timers, messages out."),
    "batch": ("batch:batch", "Take many steps from JSON Lines, or check scenarios."),
    "inbox": ("inbox:inbox", "Receive messages of partners: import, list, show, link, dismiss, types, schema."),
    "outbox": ("outbox:outbox", "Deliver what was recorded to partners: push, start, list, check, follow."),
    "audit": ("audit:audit", "Replay a case as it was known at any moment; prove that nobody changed it."),
    "projection": ("projection:projection", "The read models: list, status, rebuild, query."),
    "workflow": ("workflow:workflow", "The workflow itself: table, diagram and net."),
    "rules": ("rules:rules", "The rulesets: list, show, diff."),
    "explain": ("explain:explain", "Explain a code, step, event or word."),
    "key": ("key:key", "The keys of what is personal: list them, and forget a person for good."),
    "user": ("user:user", "Who may act: list, grant, revoke."),
    "store": ("store:store", "Make a store, and see how it is."),
    "doctor": ("doctor:doctor", "Check the surroundings: store, keys, database, clock; each with a cure."),
    "demo": ("demo:demo", "Make a training store of fictitious cases, and a tour."),
    "completion": ("completion:completion", "Shell completion for bash, zsh and fish."),
}


class Lazy(click.Group):
    """The root group: nouns listed from the table above, imported one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(NOUNS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in NOUNS:
            return None
        module, _, attribute = NOUNS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(f"dtv_workflow.cli.{module}"), attribute)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in NOUNS:
            import difflib

            near = difflib.get_close_matches(args[0], NOUNS, n=2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"No such command.{hint} See `dtv --help`.", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in NOUNS.items()])


@click.group(cls=Lazy, params=root_options(), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="dtv", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, /, **given: Any) -> None:
    """The register of return cases: take decisions, record facts, replay any case, read the figures.

    \b
    dtv demo                        a store of fictitious cases, and a tour
    dtv work                        what needs doing
    dtv case show K7Q2              one case on a page
    dtv case why K7Q2 book-removal  every guard, met or not, its law and its cure

    Exit: 0 done, 1 failure, 2 usage or malformed, 3 refused, 4 not authorised, 5 not found, 6 conflict, 7 a check found
    something, 8 behind, 9 unknown, 10 no store, 11 store busy, 130 interrupted.
    """
    ctx.obj = Settings().updated(given)


def main(args: list[str] | None = None) -> None:
    """Run `dtv` and exit with the documented status. An error is one clear line; personal data is never part of it."""
    sys.exit(run(args))


def run(args: list[str] | None = None) -> int:
    """Run `dtv`; the exit status, as `main` would exit with it."""
    try:
        result = cli.main(args=args, prog_name="dtv", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except DtvError as error:
        return told(in_words(error), error.exit, error.code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 2
    except click.exceptions.Abort:
        click.echo(err=True)
        return 130
    except click.ClickException as error:
        return told(in_words(error), 2, "usage")
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader has gone (`dtv case list | head`): nothing more to say, and nothing to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("DTV_DEBUG"):
            raise
        where = error.__traceback__
        while where and where.tb_next:
            where = where.tb_next
        place = f"{os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}" if where else "?"
        return told(f"internal error ({type(error).__name__} at {place}); DTV_DEBUG=1 shows the whole trace", 1, "failure")
