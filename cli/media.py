"""``rushcart media``: uploaded images."""

import asyncio
from datetime import timedelta

import click

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
    from cli.runtime import open_cli_infra
    from infra.errors import StoreUnavailable
    from services.media.collect_garbage import collect_garbage

    async def main() -> int:
        async with open_cli_infra() as infra:
            return await collect_garbage(infra, timedelta(hours=hours))

    try:
        count = asyncio.run(main())
    except StoreUnavailable as error:
        raise click.ClickException(f"The {error.store} does not answer.") from None
    click.echo(f"{count} images deleted.")
