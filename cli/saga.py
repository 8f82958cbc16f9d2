"""``rushcart saga``: checkouts that are under way, or stuck."""

from typing import TYPE_CHECKING
from uuid import UUID

import click

from cli.shared.explained import printable
from cli.shared.one_shot import run_once

if TYPE_CHECKING:
    from infra.runtime import Infra


@click.group()
def saga() -> None:
    """Look at sagas, work in several transactions such as a checkout, and go on with them."""


@saga.command("list")
@click.option("--ended", is_flag=True, help="The newest that came to their end, instead of those under way.")
def list_(ended: bool) -> None:
    """List sagas: id, last change, kind, state, what is next, attempts to resume it, and why it was refused."""
    from services.checkout.steps import PLANS
    from services.saga.list_sagas import MOST, list_sagas

    found = run_once(lambda infra: list_sagas(infra, PLANS, ended=ended))
    if not found:
        click.echo("No saga has ended." if ended else "No saga is under way.")
    for row in found:
        facts = (row.id.hex, f"{row.updated_at:%Y-%m-%dT%H:%M:%SZ}", row.kind, row.state, row.at, row.attempts)
        click.echo("  ".join((*map(str, facts), printable(row.failure or "-"))))
    if len(found) >= MOST:
        click.echo(f"{MOST} are shown.")


@saga.command()
@click.argument("saga_id", metavar="ID", type=click.UUID)
def show(saga_id: UUID) -> None:
    """Show the saga ID, which is also its order's, and what the barrier let pass of it."""
    from services.checkout.steps import PLANS
    from services.saga.list_sagas import find_saga

    found = run_once(lambda infra: find_saga(infra, PLANS, saga_id))
    if found is None:
        raise click.ClickException("There is no such saga.")
    for name in ("id", "kind", "owner_id", "state", "at", "attempts", "created_at", "updated_at", "resume_at"):
        click.echo(f"{name.replace('_', ' ')}: {getattr(found, name)}")
    click.echo(f"failure: {printable(found.failure or '-')}")
    for branch, operation, reason in found.passed:
        click.echo(f"barrier: {branch} {operation}" + ("" if reason == operation else f" ({reason})"))


@saga.command()
@click.argument("ids", metavar="[ID]...", nargs=-1, type=click.UUID)
@click.option("--all", "everything", is_flag=True, help="Every saga that is under way.")
def resume(ids: tuple[UUID, ...], everything: bool) -> None:
    """Go on with sagas now. The worker does so by itself; running one twice is harmless."""
    if bool(ids) == everything:
        raise click.UsageError("name sagas by their IDs, or say --all")
    run_once(lambda infra: _resume(infra, ids))


async def _resume(infra: "Infra", ids: tuple[UUID, ...]) -> None:
    from services.checkout.steps import PLANS
    from services.saga.list_sagas import list_sagas
    from services.saga.run_saga import run_saga
    from services.shared.errors import ServiceError

    for saga_id in ids or [row.id for row in await list_sagas(infra, PLANS)]:
        try:
            state = str(await run_saga(infra, PLANS, saga_id))
        except LookupError as error:
            raise click.ClickException("There is no such saga.") from error
        except ServiceError as error:
            state = f"UNDONE  {printable(f'{error.code}: {error.message}')}"
        click.echo(f"{saga_id.hex}  {state}")
