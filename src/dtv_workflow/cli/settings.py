"""What every command shares.

The store, the language, the format, who acts; given before or after the noun, or in the environment.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from dtv_workflow.errors import DtvError, Malformed

if TYPE_CHECKING:
    from dtv_workflow.application import Register
    from dtv_workflow.domain.steps import Envelope

FORMATS = ("table", "plain", "json", "jsonl", "csv")
TITLES = {
    "failure": "Failed",
    "usage": "Not understood",
    "malformed": "Not understood",
    "refused": "Refused",
    "unauthorised": "Not authorised",
    "not_found": "Not found",
    "conflict": "Conflict",
    "check_failed": "A check found something",
    "behind": "Behind",
    "unknown": "Unknown outcome",
    "no_store": "No store",
    "store_busy": "Store busy",
}


class Settings(NamedTuple):
    """The shared options as given so far; an option given after the noun wins over one before it."""

    store: str | None = None
    actor: str | None = None
    role: str | None = None
    format: str | None = None
    lang: str | None = None
    color: str | None = None
    at: str | None = None
    as_known_at: str | None = None
    source: str | None = None
    reason: str | None = None
    second: str | None = None
    request_id: str | None = None
    expect_version: int | None = None
    dry_run: bool = False
    purpose: str | None = None
    unmask: bool = False

    def updated(self, given: dict[str, Any]) -> Settings:
        """These settings with what was given put over them."""
        new = self._replace(**{key: value for key, value in given.items() if value not in (None, False)})
        _last.clear()
        _last.append(new)
        return new

    @property
    def path(self) -> str:
        """Where the store is: `--store`, `DTV_STORE`, or `dtv-store` in this directory."""
        return self.store or os.environ.get("DTV_STORE") or "dtv-store"

    @property
    def dutch(self) -> bool:
        """Whether to speak Dutch: `--lang nl`, `DTV_LANG`, or a Dutch locale."""
        wanted = self.lang or os.environ.get("DTV_LANG") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "en"
        return wanted.lower().startswith("nl")

    @property
    def language(self) -> str:
        """`nl` or `en`."""
        return "nl" if self.dutch else "en"

    @property
    def shape(self) -> str:
        """The output format: as asked, else a table on a terminal and plain text in a pipe."""
        return self.format or ("table" if sys.stdout.isatty() else "plain")

    @property
    def machine(self) -> bool:
        """Whether a program reads the output."""
        return self.format in ("json", "jsonl")

    def register(self) -> Register:
        """Open the register. Raises NoStore."""
        from dtv_workflow.application import open_register

        return open_register(self.path)

    def envelope(self, register: Register) -> Envelope:
        """The envelope of a step, from the shared options.

        Raises Malformed, or Unauthorised when no actor is bound to this account.
        """
        from dtv_workflow.cli.values import reason_from
        from dtv_workflow.domain.reading import read_envelope

        given = {
            "actor": self.actor or register.usual_actor(),
            "role": self.role,
            "at": self.at,
            "source": self.source,
            "reason": reason_from(self.reason),
            "second": self.second,
            "request_id": self.request_id,
            "expect_version": self.expect_version,
        }
        return read_envelope({key: value for key, value in given.items() if value is not None})


_last: list[Settings] = []


class Choice(click.Choice[str]):
    """A choice that suggests the nearest word, and does not repeat what was typed."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value in self.choices:
            return value
        import difflib

        near = difflib.get_close_matches(str(value), [str(c) for c in self.choices], n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(map(str, self.choices))}"
        raise click.BadParameter(f"not one of the words allowed there; {hint}", ctx, param)


def reading_options() -> list[click.Parameter]:
    """Options of every command."""
    return [
        click.Option(["--store"], metavar="DIR", help="The store; also DTV_STORE. [default: dtv-store]"),
        click.Option(["--format"], type=Choice(FORMATS), help="Output format. [default: table on a terminal, else plain]"),
        click.Option(["--lang"], type=Choice(["nl", "en"]), help="Language; also DTV_LANG."),
        click.Option(["--color"], type=Choice(["auto", "always", "never"]), help="Colour; NO_COLOR is heeded."),
    ]


def writing_options() -> list[click.Parameter]:
    """Options of every command that takes a step."""
    return [
        click.Option(["--as", "actor"], metavar="ACTOR", help="Who acts. [default: this account's actor]"),
        click.Option(["--role"], metavar="ROLE", help="In which role. [default: one granted that fits]"),
        click.Option(["--at"], metavar="TIME", help="When it happened, with offset. [default: now]"),
        click.Option(["--source"], metavar="REF", help="A partner's message id or a document reference."),
        click.Option(["--reason"], metavar="@FILE|-|CODE", help="Why: from a file, from stdin, or a coded reason."),
        click.Option(["--second"], metavar="ACTOR", help="The second person of a four-eyes step."),
        click.Option(["--request-id"], metavar="ID", help="The same id twice gives the first answer again."),
        click.Option(["--expect-version"], type=int, metavar="N", help="Only when the case is at this version."),
        click.Option(["--dry-run", "-n"], is_flag=True, help="Say what would happen; store nothing."),
    ]


def opening_options() -> list[click.Parameter]:
    """Options of every command that opens a case: the look is on record."""
    return [
        click.Option(["--as", "actor"], metavar="ACTOR", help="Who looks. [default: this account's actor]"),
        click.Option(["--purpose"], metavar="CODE", help="What for: audit, court_file, … [default: of the command]"),
    ]


def unmasking_options() -> list[click.Parameter]:
    """Options of every command that can show names and sealed texts."""
    return [
        click.Option(["--unmask"], is_flag=True, help="Names and sealed texts in full; needs --reason, and goes on record."),
        click.Option(["--reason"], metavar="@FILE|-|CODE", help="Why in full: from a file, from stdin, or a coded reason."),
    ]


def known_at_option() -> click.Parameter:
    """For commands that can look back."""
    return click.Option(["--as-known-at"], metavar="TIME", help="As it was known at this time, with offset.")


def root_options() -> list[click.Parameter]:
    """The shared options before the noun; hidden there, because each command lists the ones it takes."""
    options = [*reading_options(), *writing_options(), opening_options()[1], unmasking_options()[0], known_at_option()]
    for option in options:
        if isinstance(option, click.Option) and option.name not in {"store", "format", "lang", "color"}:
            option.hidden = True
    return options


class Command(click.Command):
    """A command that takes the shared options, and hands them on as `Settings` in `ctx.obj`."""

    def __init__(
        self, *args: Any, writes: bool = False, looks_back: bool = False, opens: bool = False, unmasks: bool = False, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        extra = [*reading_options(), *(writing_options() if writes else ()), *((known_at_option(),) if looks_back else ())]
        extra += [*(opening_options() if opens else ()), *(unmasking_options() if unmasks else ())]
        own = {param.name for param in self.params}
        self.shared = {param.name for param in extra if param.name not in own}
        self.params += [param for param in extra if param.name in self.shared]

    def invoke(self, ctx: click.Context) -> Any:
        given = {name: ctx.params.pop(name, None) for name in list(ctx.params) if name in self.shared}
        ctx.obj = (ctx.obj or Settings()).updated(given)
        ctx.color = {"always": True, "never": False}.get(ctx.obj.color or "", None if not os.environ.get("NO_COLOR") else False)
        return super().invoke(ctx)


def group(says: str) -> Callable[[Callable[..., Any]], click.Group]:
    """A noun with verbs; its commands take the shared options."""

    def made(function: Callable[..., Any]) -> click.Group:
        noun = click.Group(function.__name__.rstrip("_"), help=says)
        noun.command_class = Command
        return noun

    return made


def in_words(error: Exception) -> str:
    """An error's line, in one piece, without control characters."""
    from dtv_workflow.cli.render import safe

    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    return safe(" ".join(text.split()))


def told(detail: str, status: int, code: str, **more: Any) -> int:
    """Tell an error on stderr: one line, or one JSON object with `--format json`. Gives the exit status back."""
    settings = _last[-1] if _last else Settings()
    if settings.machine or _asked_for_json():
        error = {"code": code, "exit": status, "title": TITLES.get(code, "Failed"), "detail": detail, "errors": [], **more}
        click.echo(json.dumps(error, ensure_ascii=False), err=True)
    else:
        click.echo(f"dtv: {detail}", err=True)
    return status


def _asked_for_json() -> bool:
    """Whether the command line asked for JSON though it was not understood far enough to say so."""
    args = sys.argv[1:]
    return any(a in ("--format=json", "--format=jsonl") for a in args) or any(
        a == "--format" and b in ("json", "jsonl") for a, b in pairwise(args)
    )


__all__ = [
    "Choice", "Command", "DtvError", "Malformed", "Settings", "group", "in_words", "known_at_option", "reading_options",
    "root_options", "told", "writing_options",
]  # fmt: skip
