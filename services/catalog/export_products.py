"""Export products as Shopify's CSV, page by page in the order of their slugs: the same shop, the same bytes."""

import csv
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Final, TextIO
from uuid import UUID

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Category, Product, ProductStatus, StockLevel, VariantPrice
from models.documents import ProductDoc
from models.metadata_document import DefinitionDoc
from services.catalog.read_products import read_products
from services.catalog.shopify.export import Exported, headings, rows
from services.catalog.shopify.parsed_product import CategoryPath
from services.media.rules import url_of
from services.metadata.views import read_definitions

PAGE: Final = 200
Progress = Callable[[int, int], None]
"""Products done, and of how many."""


class PricesChanged(Exception):
    """Prices in a currency appeared that the file has no column for."""


async def export_products(
    infra: Infra,
    stream: TextIO,
    statuses: Collection[ProductStatus] = tuple(ProductStatus),
    progress: Progress = lambda done, total: None,
    uploads: set[str] | None = None,
) -> int:
    """Write those in one of ``statuses``; how many they were. The stream is opened with ``newline=""``. The names
    of their uploaded images are added to ``uploads``.

    Each page is as the database has it at that moment. Errors: PricesChanged, StoreUnavailable.
    """
    wanted = Product.status.in_(statuses)
    async with infra.database.read() as session:
        total = await session.scalar(select(func.count()).select_from(Product).where(wanted)) or 0
        currencies = list(await session.scalars(select(VariantPrice.currency).distinct()))
        categories = {row.id: row for row in await session.scalars(select(Category))}
        defined = await read_definitions(session)
    columns = headings(sorted(currencies), defined)
    # With this end of a line, a lone carriage return within a cell is quoted as well.
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    done, last = 0, ""
    while page := await _page(infra, last, statuses):
        known = set(columns)
        for exported in await _exported(infra, page, categories, defined):
            if uploads is not None:
                uploads.update(image.media_name for image in exported.product.images if image.media_name)
            for cells in rows(exported):
                if not known.issuperset(cells):
                    raise PricesChanged("prices in another currency appeared meanwhile")
                writer.writerow(cells)
        done, last = done + len(page), page[-1].slug
        progress(done, max(done, total))
    return done


async def _page(infra: Infra, after: str, statuses: Collection[ProductStatus]) -> list[ProductDoc]:
    """Read the next products in the order of their slugs. Five statements."""
    statement = select(Product.id).where(Product.slug > after, Product.status.in_(statuses))
    async with infra.database.read() as session:
        ids = list(await session.scalars(statement.order_by(Product.slug).limit(PAGE)))
    found = await read_products(infra, ids) if ids else []
    return sorted(found, key=lambda product: product.slug)


async def _exported(
    infra: Infra, page: Sequence[ProductDoc], categories: Mapping[UUID, Category], defined: Sequence[DefinitionDoc]
) -> list[Exported]:
    skus = [variant.sku for product in page for variant in product.variants]
    async with infra.database.read() as session:
        levels = select(StockLevel.sku, func.sum(StockLevel.on_hand)).where(StockLevel.sku.in_(skus))
        found = await session.execute(levels.group_by(StockLevel.sku))
        on_hand = {sku: int(units) for sku, units in found}
    address = partial(url_of, infra.settings)
    return [
        Exported(product, _path(product.category_id, categories), on_hand, address, defined) for product in page
    ]


def _path(category_id: UUID | None, categories: Mapping[UUID, Category]) -> CategoryPath:
    """Returns the names from the root down; empty when the category came after the export began."""
    path: list[tuple[str, str]] = []
    category = categories.get(category_id) if category_id else None
    while category is not None:
        path.append((category.slug, category.name))
        category = categories.get(category.parent_id) if category.parent_id else None
    return tuple(path[::-1])
