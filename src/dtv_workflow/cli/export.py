"""`dtv audit export`: the log in other people's forms."""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import click

from dtv_workflow.cli.settings import Choice, Command, Settings
from dtv_workflow.errors import Malformed, NotFound

FORMS = ("ocel", "xes", "prov", "zgw", "cloudevents")


def _day(given: str | None, name: str) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise Malformed(f"{name} must be a day, such as 2026-01-31") from None


@click.command("export", cls=Command)
@click.option("--as", "form", type=Choice(FORMS), required=True, help="In which form.")
@click.option("-o", "--output", metavar="FILE", required=True, help="Where to write it; OCEL: .json, .xml, .sqlite; .gz zips.")
@click.option("--case", "cases", multiple=True, metavar="CASE", help="Only this case; may be repeated. [default: all]")
@click.option("--since", metavar="DAY", help="Only what was recorded on or after this day.")
@click.option("--until", metavar="DAY", help="Only what was recorded up to and on this day.")
@click.option("--purpose", metavar="CODE", default="audit", show_default=True, help="What for, a coded word; it goes on record.")
@click.option("--pseudonyms", metavar="new|KEYFILE", default="new", show_default=True, help="A key file joins two exports.")
@click.option("--organisation", metavar="RSIN", help="Whose cases, in a ZGW export. [default: nobody's, 000000000]")
@click.option("--no-progress", is_flag=True, help="No progress bar.")
@click.pass_obj
def export(
    settings: Settings, /, form: str, output: str, cases: tuple[str, ...], since: str | None, until: str | None, **more: Any
) -> None:
    """Write the log for other tools: process mining (OCEL 2.0, XES), provenance (PROV-JSON), ZGW, CloudEvents.

    Every id is a pseudonym of this export, nothing sealed is in it, and that it was made goes on record. What is left may still
    point to somebody: days, countries, kinds of hold.

    \b
    dtv audit export --as ocel -o log.json
    dtv audit export --as xes --since 2026-01-01 -o log.xes.gz
    """
    from dtv_workflow.audit.export.pseudonyms import new_pseudonyms, pseudonyms_in
    from dtv_workflow.audit.export.run import Asked, exporter
    from dtv_workflow.audit.export.run import export as run
    from dtv_workflow.audit.export.zgw import NOBODY, rsin
    from dtv_workflow.cli.projection import progress

    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", more["purpose"]):
        raise Malformed("--purpose is a coded word, such as audit")
    given, whose = more["pseudonyms"], rsin(more["organisation"]) if more["organisation"] else NOBODY
    path = Path(output).absolute()
    with settings.register() as register:
        envelope = exporter(register)
        names = new_pseudonyms() if given == "new" else pseudonyms_in(Path(given))
        days = _day(since, "--since"), _day(until, "--until")
        asked = Asked(form, path, names, cases, *days, more["purpose"], given != "new", whose)
        shown = nullcontext() if more["no_progress"] else progress("zaken" if settings.dutch else "cases")
        try:
            with shown as told:
                made = run(register, asked, envelope, told)
        except OSError as error:
            raise NotFound(f"{output} cannot be written: {error.strerror}") from None
    said = "zaken, {} gebeurtenissen" if settings.dutch else "cases, {} events"
    click.echo(f"{made.cases} {said.format(made.events)}; sha256 {made.digest}", err=True)
