"""``rushcart media``: uploaded images."""

from datetime import timedelta

import click

from cli.shared.one_shot import run_once

_LEAST_HOURS = 1


@click.group()
def media() -> None:
    """Look after uploaded images."""


@media.command()
@click.option(
    "--unused-for",
    "hours",
    type=click.IntRange(min=_LEAST_HOURS),
    default=24,
    show_default=True,
    help="Hours since it was uploaded or taken off a product.",
)
def gc(hours: int) -> None:
    """Delete the files that no product shows any more. The worker does the same every ten minutes."""
    from services.media.collect_garbage import collect_garbage

    count = run_once(lambda infra: collect_garbage(infra, timedelta(hours=hours)))
    click.echo(f"{count} images deleted.")
