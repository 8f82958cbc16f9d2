"""``rushcart export``: take out what is in the shop."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from cli.one_shot import progress_bar, run_once

_STATUSES = ("draft", "published", "archived")


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
    same to the byte. FILE is replaced when the export is complete, and left alone when it fails.
    """
    done = _write(file, statuses)
    click.echo(f"{done} products exported.", err=True)


def _write(file: Path, statuses: tuple[str, ...]) -> int:
    from models import ProductStatus
    from services.catalog.export_products import PricesChanged, export_products

    wanted = [ProductStatus(status.upper()) for status in statuses] or list(ProductStatus)
    try:
        with _target(file) as stream, progress_bar() as progress:
            return run_once(lambda infra: export_products(infra, stream, wanted, progress), migrated=True)
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
