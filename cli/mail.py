"""``rushcart mail``: mails that could not be sent."""

from uuid import UUID

import click

from cli.shared.one_shot import run_once


@click.group()
def mail() -> None:
    """Look at mails that were given up, and send them after all."""


@mail.command("list")
def list_() -> None:
    """List the mails that were given up, oldest first: id, when, what about, and why. Not to whom."""
    from services.mail.list_given_up import MOST, list_given_up

    found = run_once(list_given_up)
    if not found:
        click.echo("No mail was given up.")
    for row in found:
        click.echo(f"{row.id.hex}  {row.failed_at:%Y-%m-%dT%H:%M:%SZ}  {row.kind}  {row.reason}")
    if len(found) >= MOST:
        click.echo(f"The oldest {MOST} are shown.")


@mail.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="Every mail that was given up.")
def retry(ids: tuple[UUID, ...], everything: bool) -> None:
    """Put mails back into the queue; the worker sends them."""
    from services.mail.list_given_up import retry_given_up

    if bool(ids) == everything:
        raise click.UsageError("name mails by their IDs, or say --all")
    count = run_once(lambda infra: retry_given_up(infra, None if everything else ids))
    click.echo(f"{count} back in the queue.")
    if not everything and count < len(set(ids)):
        raise click.ClickException(f"{len(set(ids)) - count} were not there.")
