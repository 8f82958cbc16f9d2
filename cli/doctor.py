"""``rushcart doctor``: what is wrong, and how to mend it."""

import sys
from typing import TYPE_CHECKING

import click

from cli.shared.one_shot import run_once

if TYPE_CHECKING:
    from services.doctor.finding import Finding

_SIGNS = {"good": ("✓", "green"), "doubtful": ("!", "yellow"), "wrong": ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON object a finding, one a line.")
def doctor(as_json: bool) -> None:
    """Look at settings, keys, stores, clocks and connections; say what is wrong and how to mend it.

    It changes nothing, and may run beside the server. ✓ is good, ! is doubtful, ✗ is wrong.

    Exit codes: 0 nothing is wrong, 1 something is, 2 wrong usage or a setting that cannot be read.
    """
    from dataclasses import asdict

    import orjson

    from services.doctor.examine import examine

    found = run_once(examine)
    for finding in found:
        if as_json:
            click.echo(orjson.dumps(asdict(finding)))
        else:
            _show(finding)
    sys.exit(1 if any(finding.level == "wrong" for finding in found) else 0)


def _show(finding: "Finding") -> None:
    sign, colour = _SIGNS[finding.level]
    click.echo(f"{click.style(sign, fg=colour)} {finding.area}: {finding.what}")
    if finding.mend:
        click.echo(f"    {finding.mend}")
