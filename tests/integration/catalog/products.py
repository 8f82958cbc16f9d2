"""Products to try things on, and what they cost."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import event, func, select

from dataloaders import Loaders
from infra.redis import RedisStore
from infra.runtime import Infra
from models import Image, Product, StockEntry, StockLevel, Variant
from models.documents import ProductDoc
from services.catalog.create_product import create_product
from services.catalog.import_products import ImportReport, import_products
from services.catalog.product_draft import ProductDraft, VariantDraft
from services.catalog.shopify.check_shopify_csv import ParsedFile, check_shopify_csv
from services.finding.count_products import count_products
from services.finding.list_products import list_products
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page


def variant(sku: str = "SKU-1", price: str = "19.90", currency: str = "EUR", quantity: int = 5) -> VariantDraft:
    return VariantDraft(sku, Decimal(price), currency, quantity)


def draft(title: str = "Shirt", *variants: VariantDraft, **other: Any) -> ProductDraft:
    return replace(ProductDraft(title, variants or (variant(),)), **other)


async def create(infra: Infra, title: str, sku: str, price: str = "10", **other: Any) -> ProductDoc:
    quantity = other.pop("quantity", 5)
    return await create_product(infra, draft(title, variant(sku, price, quantity=quantity), **other), "test")


async def run_import(infra: Infra, text: str, currency: str = "USD", *, free: bool = False) -> ImportReport:
    return await import_products(infra, parsed(text, currency), "test", free=free)


def parsed(text: str, currency: str = "USD") -> ParsedFile:
    return check_shopify_csv(lambda: io.StringIO(text, newline=""), currency)


async def count(infra: Infra, table: type) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def counts(infra: Infra) -> dict[str, int]:
    return {
        table.__name__: await count(infra, table) for table in (Product, Variant, Image, StockLevel, StockEntry)
    }


_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "ROLLBACK")
_OF_THE_PROCESS = ("SELECT flash_sale_items.id, flash_sale_items.epoch", "listed_documents")


@contextmanager
def statements(infra: Infra, whole: list[tuple[str, object]] | None = None) -> Iterator[list[str]]:
    """The SQL that is run inside the block, without the transactions' own, and without what a process looks at by
    itself, every few seconds or once it hears the log. ``whole``: a list that is given each with its values."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        if not statement.startswith(_OF_TRANSACTIONS) and not any(own in statement for own in _OF_THE_PROCESS):
            seen.append(statement)
            if whole is not None:
                whole.append((statement, values))

    engine = infra.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def of_the_index(seen: list[str]) -> list[str]:
    """The statements that keep the index of listings and searches."""
    tables = ("term_postings", "search_texts", "search_documents", "product_listings", "listing_names")
    return [statement for statement in seen if any(table in statement for table in tables)]


@asynccontextmanager
async def without_redis(infra: Infra) -> AsyncIterator[Infra]:
    """The same stores, but nobody answers where Redis should be."""
    redis = RedisStore("redis://127.0.0.1:1/0", timeout=infra.settings.store_timeout)
    yield replace(infra, redis=redis)
    await redis.close()


async def found(infra: Infra, **wanted: Any) -> set[str]:
    wanted_filter = ProductFilter(**wanted)
    page = await list_products(infra, wanted_filter, Page(50))
    documents = await Loaders(infra).product_by_id.load_many(place.product_id for place in page.places)
    assert await count_products(infra, wanted_filter) == len(documents)
    return {document.title for document in documents if document is not None}
