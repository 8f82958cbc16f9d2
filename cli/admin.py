"""``rushcart admin``: who may administer. The first administrator is made here."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from cli.shared.one_shot import run_once
from models.enums import Role

if TYPE_CHECKING:
    from infra.runtime import Infra
    from models import User
    from services.user.rows import ByAdmin

_ROLES = click.Choice([Role.STAFF.value, Role.ADMIN.value], case_sensitive=False)


@click.group()
def admin() -> None:
    """Grant and revoke roles by e-mail address, and list who has one. Accounts register by themselves first."""


@admin.command()
@click.argument("email")
@click.argument("role", type=_ROLES)
def grant(email: str, role: str) -> None:
    """Give the account EMAIL the ROLE. Open sessions have it after their next refresh."""
    from services.user.grant_role import grant_role

    _change_account(email, lambda infra, change: grant_role(infra, change, Role(role)))


@admin.command()
@click.argument("email")
@click.argument("role", type=_ROLES)
def revoke(email: str, role: str) -> None:
    """Take the ROLE from the account EMAIL, at once; never the last ADMIN's."""
    from services.user.revoke_role import revoke_role

    _change_account(email, lambda infra, change: revoke_role(infra, change, Role(role)))


@admin.command("list")
def list_() -> None:
    """List the accounts with a role: e-mail address and roles."""
    from services.user.list_staff import list_staff

    found = run_once(list_staff)
    if not found:
        click.echo("Nobody has a role. Make the first administrator: rushcart admin grant EMAIL ADMIN")
    for user in found:
        _show(user)


def _change_account(email: str, work: "Callable[[Infra, ByAdmin], Awaitable[User]]") -> None:
    from services.user.find_by_email import find_by_email
    from services.user.rows import ByAdmin

    async def both(infra: "Infra") -> "User":
        return await work(infra, ByAdmin((await find_by_email(infra, email)).id))

    _show(run_once(both))


def _show(user: "User") -> None:
    locked = "  locked" if user.locked_at else ""
    click.echo(f"{user.email}  {' '.join(sorted(user.roles))}{locked}")
