"""``rushcart export``: take out what is in the shop."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from uuid import UUID

import click

from cli.shared.one_shot import progress_bar, run_once

if TYPE_CHECKING:
    from infra.runtime import Infra

_STATUSES = ("draft", "published", "archived")
# Spelt out: `--help` must not wait for the models.
_ORDER_STATUSES = (
    *("accepted", "awaiting_payment", "paid", "shipped", "completed"),
    *("cancelled", "expired", "rejected", "refunded"),
)
_MOMENT = click.DateTime(("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"))


@click.group("export")
def export() -> None:
    """Take out what is in the shop."""


@export.command("products")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(_STATUSES, case_sensitive=False),
    help="Only products in this state; may be given several times.",
)
def products(file: Path, statuses: tuple[str, ...]) -> None:
    """Write products to FILE, a CSV as Shopify takes it; - is standard output.

    It has all that `rushcart import products` reads: imported into an empty shop and exported again, it is the
    same to the byte. FILE is replaced when the export is complete, and left alone when it fails. Uploaded
    images are written beside it, into a folder that is called like FILE with .images for .csv; an import
    takes them from there.
    """
    done, lost, left = _write_products(file, statuses)
    click.echo(f"{done} products exported.", err=True)
    if left:
        click.echo(f"{left} uploaded images are not in it: beside a FILE they are written, too.", err=True)
    if lost:
        click.echo(f"The files of {len(lost)} images are lost: {', '.join(lost)}", err=True)


@export.command("orders")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(_ORDER_STATUSES, case_sensitive=False),
    help="Only orders in this state; may be given several times.",
)
@click.option("--from", "placed_from", type=_MOMENT, help="Placed at this moment (UTC) or later.")
@click.option("--before", "placed_before", type=_MOMENT, help="Placed before this moment (UTC).")
@click.option("--customer", type=click.UUID, help="The id of a customer, as the file has it.")
@click.option("--number", help="The order with this number.")
@click.option("--sku", help="Orders with a line of this SKU.")
def orders(
    file: Path,
    statuses: tuple[str, ...],
    placed_from: datetime | None,
    placed_before: datetime | None,
    customer: UUID | None,
    number: str | None,
    sku: str | None,
) -> None:
    """Write orders to FILE, a CSV with a row for each line, the oldest order first; - is standard output.

    FILE is replaced when the export is complete, and left alone when it fails.
    """
    from models import OrderStatus
    from services.order.export_orders import export_orders
    from services.order.order_filter import OrderFilter

    wanted = OrderFilter(
        statuses=tuple(OrderStatus(status.upper()) for status in statuses) or None,
        customer_id=customer,
        number=number,
        sku=sku,
        placed_from=_utc(placed_from),
        placed_before=_utc(placed_before),
    )
    with _target(file) as stream, progress_bar("orders") as progress:
        done = run_once(lambda infra: export_orders(infra, stream, wanted, progress), migrated=True)
    click.echo(f"{done} orders exported.", err=True)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _write_products(file: Path, statuses: tuple[str, ...]) -> tuple[int, list[str], int]:
    """Returns how many products, the images whose files are lost, and how many of the others are not written."""
    from models import ProductStatus
    from services.catalog.export_products import PricesChanged, export_products
    from services.media.copy_pictures import copy_pictures

    wanted = [ProductStatus(status.upper()) for status in statuses] or list(ProductStatus)
    try:
        with _target(file) as stream, progress_bar() as progress:

            async def work(infra: "Infra") -> tuple[int, list[str], int]:
                uploads: set[str] = set()
                done = await export_products(infra, stream, wanted, progress, uploads)
                if str(file) == "-":
                    return done, [], len(uploads)
                return done, await copy_pictures(infra, uploads, file.with_suffix(".images")), 0

            return run_once(work, migrated=True)
    except PricesChanged as error:
        raise click.ClickException(f"{error}: run this again.") from None


@contextmanager
def _target(file: Path) -> Iterator[TextIO]:
    if str(file) == "-":
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        sys.stdout.flush()
        return
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as stream:
            yield stream
        part.replace(file)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
