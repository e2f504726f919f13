"""`dtv audit sample`: cases for an auditor, drawn so that nobody can have chosen them and anybody can draw them again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import click

from dtv_workflow.cli.opened import listed
from dtv_workflow.cli.render import show
from dtv_workflow.cli.settings import Choice, Command, Settings
from dtv_workflow.domain.vocabulary import Outcome, Phase


def drawn(cases: Iterable[str], number: int, seed: str) -> list[str]:
    """So many of these cases, in the order drawn: those with the smallest SHA-256 of `seed|case id`.

    Every case has the same chance. A case that is added later takes the place of another or of none; the rest of the draw stands.
    """
    return sorted(cases, key=lambda case: hashlib.sha256(f"{seed}|{case}".encode()).digest())[:number]


@click.command("sample", cls=Command)
@click.option("-n", "--number", type=click.IntRange(1, 10_000), required=True, metavar="N", help="How many cases.")
@click.option("--seed", required=True, metavar="TEXT", help="Say it before you draw; with it anybody draws the same.")
@click.option("--phase", type=Choice([phase.value for phase in Phase if phase is not Phase.UNOPENED]), help="Only in this phase.")
@click.option("--outcome", type=Choice([outcome.value for outcome in Outcome]), help="Only closed with this outcome.")
@click.option("--each", is_flag=True, help="So many of every outcome, and of the open cases, instead of all together.")
@click.pass_obj
def sample(settings: Settings, number: int, seed: str, phase: str | None, outcome: str | None, each: bool) -> None:
    """Draw cases to look at. The method is fixed: those whose SHA-256 of `seed|case id` is smallest.

    \b
    dtv audit sample -n 20 --seed 2026-Q4
    dtv audit sample -n 5 --seed 2026-Q4 --each
    """
    from dtv_workflow.cli.projection import reading

    sql = """SELECT case_id, phase, outcome FROM caseload
        WHERE (:phase IS NULL OR phase = :phase) AND (:outcome IS NULL OR outcome = :outcome)"""
    with settings.register() as register, reading(register) as views:
        found = {row[0]: row for row in views.exec_driver_sql(sql, {"phase": phase, "outcome": outcome})}
        position = views.info["position"]
    strata: dict[str, list[str]] = {}
    for case, _, ended in found.values():
        strata.setdefault((ended or "open") if each else "", []).append(case)
    rows = [
        {"case": case, "phase": found[case][1], "outcome": found[case][2], "of": len(cases), "next": f"dtv audit replay {case}"}
        for _, cases in sorted(strata.items())
        for case in drawn(cases, number, seed)
    ]
    with settings.register() as register:
        listed(register, (row["case"] for row in rows))
    show(rows, ["case", "phase", "outcome", "of", "next"], settings, empty="geen zaken" if settings.dutch else "no cases")
    en, nl = "{} of {} cases drawn, at position {} of the log", "{} van {} zaken getrokken, op positie {} van het logboek"
    click.echo((nl if settings.dutch else en).format(len(rows), len(found), position), err=True)
