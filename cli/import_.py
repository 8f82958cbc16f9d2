"""``rushcart import``: bring in what another shop exported."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cli.shared.one_shot import progress_bar, run_once

if TYPE_CHECKING:
    from infra.runtime import Infra
    from services.catalog.import_products import ImportReport
    from services.catalog.shopify.check_shopify_csv import Opener, ParsedFile
    from services.catalog.shopify.rows import RowProblem

_MOST_SHOWN: Final = 500
_WIDTH_OF_A_FILE: Final = 200
_LEFT_OUT: Final = ".left-out"
_SET_STOCK: Final = "rushcart import stock"


@click.group("import")
def import_() -> None:
    """Bring in what another shop exported."""


def _currency(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from services.money.amounts import is_currency

    if not is_currency(value.upper()):
        raise click.BadParameter(f"{value} is not an ISO 4217 currency code")
    return value.upper()


@import_.command("products")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--currency",
    default="USD",
    show_default=True,
    callback=_currency,
    help="Currency of the prices, where FILE names none.",
)
@click.option("--check", is_flag=True, help="Only check the file, import nothing.")
@click.option("--free", is_flag=True, help="New products of a FILE without prices cost nothing.")
@click.option("--skip-bad", is_flag=True, help="Leave products at fault out, and write them to FILE.left-out.csv.")
def products(file: Path, currency: str, check: bool, free: bool, skip_bad: bool) -> None:
    """Import products from FILE, a CSV as Shopify exports it, or WooCommerce.

    All rows are imported or none: when any is at fault, each is shown with its line and column, and the
    exit code is 1. With --skip-bad the products without fault are imported; the others are written to a
    file beside FILE, with the reasons in its last column, that can be mended and imported. FILE is read several
    times and never held in memory as a whole.

    Images in the folder beside FILE that an export wrote are uploaded.

    It can be run again. Products are matched by Handle and variants by SKU; a row without a SKU means the
    variant with its options, or the product's only one. What differs is updated, what FILE does not name
    stays. A quantity counts only for a variant that is new: the stock of one that is there already is never
    touched by an import.
    """
    from services.catalog.import_products import ImportRefused
    from services.catalog.shopify.rows import PRICE
    from services.stock.inventory_file import is_inventory

    if is_inventory(_opener(file)):
        click.echo("This is an inventory file: it sets stock, as `rushcart import stock` does.", err=True)
        _import_stock(file, {}, check)
        return
    parsed = _parse(file, currency)
    if check and not parsed.problems:
        click.echo(f"{parsed.total} products, no problem found.")
        if PRICE not in parsed.headings and not free:
            click.echo(f"{PRICE}: is missing, and new variants need a price (--free: they cost nothing)")
        _note(parsed, err=False)
        return
    if check:
        _show(parsed.problems)
        _note(parsed, err=False)
        raise click.exceptions.Exit(1)
    try:
        report = _import(parsed, _images_beside(file), free, skip_bad)
    except ImportRefused as refused:
        _show(refused.problems)
        raise click.exceptions.Exit(1) from None
    click.echo(
        f"{report.created} products created, {report.updated} updated, {report.unchanged} unchanged; "
        f"{report.new_variants} new variants."
    )
    _note(parsed, err=True)
    if report.kept_stock:
        click.echo(
            f"{report.kept_stock} variants are not new and keep their stock; `{_SET_STOCK}` sets it.", err=True
        )
    if report.left_out:
        click.echo(f"{_write_left_out(file, report.left_out)} has {len(report.left_out)} rows that were left out.")


def _warehouses(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = [value.rpartition("=") for value in values]
    if any(not location or not code for location, _, code in pairs):
        raise click.BadParameter("must be LOCATION=CODE")
    return {location: code for location, _, code in pairs}


@import_.command("stock")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--warehouse",
    "warehouses",
    multiple=True,
    metavar="LOCATION=CODE",
    callback=_warehouses,
    help="The warehouse of a location that is not called like it; may be given several times.",
)
@click.option("--check", is_flag=True, help="Only check the file, import nothing.")
def stock(file: Path, warehouses: dict[str, str], check: bool) -> None:
    """Set stock to what FILE says, an inventory CSV as Shopify exports it.

    A location is the warehouse with this code or name. What is on hand there is set, as by counting; all
    rows or none. It can be run again.
    """
    _import_stock(file, warehouses, check)


def _import_stock(file: Path, warehouses: dict[str, str], check: bool) -> None:
    from services.catalog.import_products import ImportRefused
    from services.stock.import_inventory import import_inventory
    from services.stock.inventory_file import read_inventory

    inventory = read_inventory(_opener(file))
    try:
        if inventory.problems:
            raise ImportRefused(inventory.problems)
        if check:
            click.echo(f"{len(inventory.rows)} quantities, no problem found.")
            return
        report = run_once(lambda infra: import_inventory(infra, inventory, "import", warehouses), migrated=True)
    except ImportRefused as refused:
        _show(refused.problems)
        raise click.exceptions.Exit(1) from None
    click.echo(f"{report.changed} quantities changed, {report.unchanged} unchanged.")
    if inventory.below_zero:
        click.echo(f"{inventory.below_zero} are below 0 in the file, and 0 here.", err=True)


def _note(parsed: "ParsedFile", *, err: bool) -> None:
    for note in parsed.notes:
        click.echo(f"{note.column}: {note.message} ({note.count} cells)", err=err)


def _images_beside(file: Path) -> Path:
    """Returns the folder of a file's images; what was left out of a file shares that of the file."""
    stem = file.stem
    while stem.endswith(_LEFT_OUT):
        stem = stem.removesuffix(_LEFT_OUT)
    return file.with_name(f"{stem}.images")


def _write_left_out(file: Path, reasons: dict[int, str]) -> Path:
    from services.catalog.shopify.left_out import write_left_out

    target = file.with_name(f"{file.stem}{_LEFT_OUT}.csv")
    try:
        with target.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            write_left_out(_opener(file), reasons, stream)
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror}; the rest was imported.") from None
    return target


def _parse(file: Path, currency: str) -> "ParsedFile":
    from services.catalog.shopify.check_shopify_csv import check_shopify_csv, names_metafields
    from services.metadata.views import definitions
    from services.money.charging import charging_of
    from settings import get_settings

    # A file without them is checked without a database.
    defined = run_once(definitions, migrated=True) if names_metafields(_opener(file)) else ()
    return check_shopify_csv(_opener(file), currency, charging_of(get_settings()), defined)


def _opener(file: Path) -> "Opener":
    """Bytes that are not UTF-8 become surrogates, so that the parser can name the cell they are in."""
    return lambda: file.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _import(parsed: "ParsedFile", images: Path, free: bool, skip_bad: bool) -> "ImportReport":
    from services.catalog.import_products import ImportRefused, import_products
    from services.catalog.shopify.check_shopify_csv import FileChanged
    from services.media.copy_pictures import bring_pictures, names_in

    if parsed.problems and not (skip_bad and parsed.readable):
        raise ImportRefused(parsed.problems)
    try:
        with progress_bar(total=parsed.total) as progress:

            async def work(infra: "Infra") -> "ImportReport":
                names = names_in(images)
                if bad := await bring_pictures(infra, names, images):
                    raise click.ClickException(
                        f"Nothing was imported: {images / bad[0]} is not what its name says."
                    )
                return await import_products(
                    infra, parsed, "import", progress, free=free, skip_bad=skip_bad, brought=names
                )

            return run_once(work, migrated=True)
    except FileChanged as error:
        raise click.ClickException(f"Nothing was imported: {error}.") from None


def _show(problems: Sequence["RowProblem"]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("line", "column", "message", title="Nothing was imported", title_style="bold red")
    for problem in problems[:_MOST_SHOWN]:
        # Text, for a cell of the file must not be taken for rich's markup.
        table.add_row(str(problem.line), Text(problem.column), Text(problem.message))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH_OF_A_FILE)
    console.print(table)
    if len(problems) > _MOST_SHOWN:
        console.print(f"and {len(problems) - _MOST_SHOWN} more")
