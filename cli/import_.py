"""``rushcart import``: bring in what another shop exported."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from infra.settings import Settings
    from services.catalog.import_products import ImportReport
    from services.catalog.shopify_csv import ParsedFile
    from services.catalog.shopify_rows import RowProblem

_MOST_SHOWN: Final = 500
_WIDTH_OF_A_FILE: Final = 200


@click.group("import")
def import_() -> None:
    """Bring in what another shop exported."""


def _currency(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from services.money import is_currency

    if not is_currency(value.upper()):
        raise click.BadParameter(f"{value} is not an ISO 4217 currency code")
    return value.upper()


@import_.command("products")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--currency", default="USD", show_default=True, callback=_currency, help="Currency of the prices.")
@click.option("--check", is_flag=True, help="Only check the file, import nothing.")
def products(file: Path, currency: str, check: bool) -> None:
    """Import products from FILE, a CSV as Shopify exports it.

    All rows are imported or none: when any is at fault, each is shown with its line and column, and the
    exit code is 1.

    It can be run again. Products are matched by Handle and variants by SKU; what differs is updated, what
    FILE does not name stays. A quantity counts only for a variant that is new: the stock of one that is
    there already is never touched by an import.
    """
    from services.catalog.import_products import ImportRefused

    parsed = _parse(file, currency)
    if check and not parsed.problems:
        click.echo(f"{len(parsed.products)} products, no problem found.")
        return
    try:
        report = _import(parsed)
    except ImportRefused as refused:
        _show(refused.problems)
        raise click.exceptions.Exit(1) from None
    click.echo(
        f"{len(report.created)} products created, {len(report.updated)} updated, {report.unchanged} unchanged; "
        f"{report.new_variants} new variants."
    )


def _parse(file: Path, currency: str) -> "ParsedFile":
    from services.catalog.shopify_csv import parse_shopify_csv

    # Bytes that are not UTF-8 become surrogates, so that the parser can name the cell they are in.
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        return parse_shopify_csv(stream, currency)


def _import(parsed: "ParsedFile") -> "ImportReport":
    from infra.embedded import any_valkey
    from infra.embedded_valkey import EmbeddedValkeyError
    from infra.errors import StoreUnavailable
    from infra.migrations import SchemaMismatch
    from infra.settings import get_settings
    from services.catalog.import_products import ImportRefused

    if parsed.problems:
        raise ImportRefused(parsed.problems)
    try:
        # Also for the Valkey: its cache outlives a restart, and must hear of what is changed.
        with any_valkey(get_settings()) as settings:
            return asyncio.run(_run(parsed, settings))
    except EmbeddedValkeyError as error:
        raise click.ClickException(str(error)) from None
    except SchemaMismatch as error:
        raise click.ClickException(str(error)) from None
    except StoreUnavailable as error:
        raise click.ClickException(f"{error}. Run it again later: nothing is doubled.") from None


async def _run(parsed: "ParsedFile", settings: "Settings") -> "ImportReport":
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from infra.migrations import require_current
    from infra.runtime import open_infra
    from services.catalog.import_products import import_products

    layout = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    async with open_infra(settings) as infra:
        await require_current(infra.database)
        with Progress(*layout, console=Console(stderr=True)) as bar:
            task = bar.add_task("products", total=len(parsed.products))
            return await import_products(
                infra, parsed, "import", lambda done, total: bar.update(task, completed=done, total=total)
            )


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
