"""``rushcart token``: tokens with which machines use the API."""

from datetime import timedelta
from uuid import UUID

import click

from cli.shared.one_shot import run_once
from models.enums import Scope

_SCOPES = click.Choice([scope.value for scope in Scope], case_sensitive=False)


@click.group()
def token() -> None:
    """Make, list and revoke service tokens: what machines send as Authorization: Bearer."""


@token.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=_SCOPES, help="What it may do.")
@click.option("--days", type=click.FloatRange(0.001, 3650), help="Days until it expires; never when left out.")
def create(name: str, scopes: tuple[str, ...], days: float | None) -> None:
    """Make a token called NAME and show it, this once: only its hash is kept."""
    from services.token.create_token import NewToken, create_token

    wish = NewToken(name, tuple(map(Scope, scopes)), None if days is None else timedelta(days=days))
    made = run_once(lambda infra: create_token(infra, wish, actor="command line"))
    click.echo(made.token)


@token.command("list")
def list_() -> None:
    """List the tokens, newest first: id, name, scopes, when last used, and whether it is revoked or expired."""
    from services.token.list_tokens import list_tokens, state_of

    async def rows(infra):  # type: ignore[no-untyped-def]
        return [(row, state_of(row, infra.now())) for row in await list_tokens(infra)]

    for row, state in run_once(rows):
        used = f"{row.last_used_at:%Y-%m-%dT%H:%MZ}" if row.last_used_at else "never used"
        click.echo(f"{row.id.hex}  {row.name}  {' '.join(row.scopes)}  {used}  {state}")


@token.command()
@click.argument("token_id", metavar="ID", type=click.UUID)
def revoke(token_id: UUID) -> None:
    """Revoke the token ID; running servers refuse it within a second."""
    from services.token.revoke_token import revoke_token

    run_once(lambda infra: revoke_token(infra, token_id, actor="command line"))
    click.echo("revoked")
