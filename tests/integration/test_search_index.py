"""The index says what the products are, whoever wrote them."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Product, ProductStatus, StockLevel, Variant
from models.documents import ProductDoc
from services.catalog.bulk_create_products import bulk_create_products
from services.catalog.bulk_update_products import bulk_update_products
from services.catalog.create_product import create_product
from services.catalog.follow_stock import follow_stock
from services.catalog.index_entry import MADE_BY, index_entry
from services.catalog.keys import by_stock
from services.catalog.product_draft import ProductChange, ProductDraft, VariantChange, VariantDraft
from services.catalog.read_products import read_products
from services.catalog.reindex_all import reindex_all, reindex_newest, reindex_stale
from services.catalog.row_outcome import BulkPolicy
from services.catalog.rows import DOCUMENTS, LISTINGS, NAMES, POSTINGS, TEXTS
from services.catalog.update_product import update_product
from services.shared.asked import Asked
from services.stock.adjust_stock import Adjustment, adjust_stock
from tests.factories import sale_of

TABLES = (POSTINGS, LISTINGS, DOCUMENTS, TEXTS)


def draft(title: str, sku: str, **more: Any) -> ProductDraft:
    return ProductDraft(title, [VariantDraft(sku, Decimal("9.90"), "EUR", 3)], **more)


async def rows(infra: Infra, table: Table) -> set[tuple[Any, ...]]:
    async with infra.database.read() as session:
        return {tuple(row) for row in await session.execute(select(table))}


async def run(infra: Infra, statement: Any) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(statement)

    await infra.database.transact(work)


async def in_stock(infra: Infra) -> set[UUID]:
    units = StockLevel.available + StockLevel.set_aside
    found = select(Variant.product_id).join(StockLevel, StockLevel.sku == Variant.sku)
    async with infra.database.read() as session:
        return set(await session.scalars(found.where(Variant.archived_at.is_(None), units > 0)))


async def assert_right(infra: Infra) -> None:
    """Just what the products are, nothing of what they were."""
    async with infra.database.read() as session:
        ids = (await session.scalars(select(Product.id))).all()
    entries = [index_entry(product) for product in await read_products(infra, ids)]
    place = {entry.product_id: tuple(entry.place.values()) for entry in entries}
    assert await rows(infra, POSTINGS) == {
        (term, entry.product_id, level) for entry in entries for term, level in entry.terms.items()
    }
    stocked = await in_stock(infra)
    assert await rows(infra, LISTINGS) == {
        (entry.product_id, number, *place[entry.product_id])
        for entry in entries
        for plain in entry.lists
        for number in (plain, by_stock(plain, entry.product_id in stocked))
    }
    documents = {row[0]: row[1:] for row in await rows(infra, DOCUMENTS)}
    assert documents == {
        entry.product_id: (
            entry.version, entry.updated_at, MADE_BY, *entry.place.values(), entry.title, entry.labels
        )
        for entry in entries
    }  # fmt: skip
    texts = {key: (body, len(terms)) for key, body, terms in await rows(infra, TEXTS)}
    assert texts == {entry.product_id: (entry.body, 9 * len(entry.terms)) for entry in entries}
    names = {name for _, name in await rows(infra, NAMES)}
    assert names >= {name for entry in entries for name in entry.lists.values() if name}


async def shop(infra: Infra) -> list[ProductDoc]:
    drafts = [
        draft("Été à Nîmes", "A", vendor="Ünal", tags=["sale", "SALE", "红"], description="Ein T-Shirt aus Wolle"),
        draft("纯棉短袖衬衫", "B", vendor="Ünal", status=ProductStatus.DRAFT),
        draft("🎉", "C"),
    ]
    first = await create_product(infra, drafts[0], "test")
    made = await bulk_create_products(infra, drafts[1:], BulkPolicy.REJECT_ALL, "test")
    return [first, *(outcome.document for outcome in made if outcome.document)]


async def test_it_follows_each_change(infra: Infra) -> None:
    first, second, third = await shop(infra)
    await assert_right(infra)
    price = VariantChange(first.variants[0].id, price=Decimal(5))
    await update_product(infra, ProductChange(first.id, 1, title="Été", tags=["new"], variants=[price]))
    await assert_right(infra)
    changes = [
        ProductChange(second.id, 1, status=ProductStatus.PUBLISHED),
        ProductChange(third.id, 1, vendor="Nobody", description="wool " * 4000),
        ProductChange(first.id, 2, status=ProductStatus.ARCHIVED),
    ]
    await bulk_update_products(infra, changes, BulkPolicy.REJECT_ALL)
    await assert_right(infra)


async def test_a_change_that_fails_leaves_it_as_it_was(infra: Infra) -> None:
    first, second, _ = await shop(infra)
    changes = [ProductChange(first.id, 1, title="New"), ProductChange(second.id, 7, title="Stale")]
    await bulk_update_products(infra, changes, BulkPolicy.REJECT_ALL)
    await assert_right(infra)


async def test_what_is_missing_or_old_is_found_and_written(infra: Infra) -> None:
    first, second, third = await shop(infra)
    for table in TABLES:
        await run(infra, delete(table).where(table.c.product_id == first.id))
    await run(infra, update(DOCUMENTS).where(DOCUMENTS.c.product_id == second.id).values(made_by=0))
    # By a server that knows no index.
    await run(infra, update(Product).where(Product.id == third.id).values(title="Wool", version=2))
    seen: list[tuple[int, int]] = []
    assert await reindex_stale(infra.database, lambda looked, indexed: seen.append((looked, indexed))) == 3
    assert seen[-1] == (3, 3)
    await assert_right(infra)
    assert await reindex_stale(infra.database) == await reindex_newest(infra.database) == 0
    await run(infra, update(Product).where(Product.id == third.id).values(title="Silk", version=3))
    assert await reindex_newest(infra.database) == 1
    await assert_right(infra)


async def test_all_of_it_is_made_anew(infra: Infra) -> None:
    first, *_ = await shop(infra)
    entry = index_entry(first)
    wrong = {"product_id": first.id, "list_id": 7, **entry.place}
    await run(infra, insert(LISTINGS).values(wrong))
    await run(infra, delete(POSTINGS).where(POSTINGS.c.level > 4))
    await run(infra, update(POSTINGS).values(level=3))
    assert await reindex_all(infra.database) == 3
    await assert_right(infra)


async def test_names_stay_as_they_were_first_written(infra: Infra) -> None:
    await shop(infra)
    before = await rows(infra, NAMES)
    again = draft("Other", "D", vendor="ÜNAL", tags=["Sale"], category_id=None)
    await create_product(infra, replace(again, slug=f"other-{new_id().hex}"), "test")
    assert await rows(infra, NAMES) == before


async def stock(infra: Infra, sku: str, delta: int) -> None:
    await adjust_stock(infra, Adjustment(sku, delta, "counted"), Asked(new_id(), new_id().hex, "test"))


async def test_it_follows_the_stock(infra: Infra) -> None:
    """Of the last unit and the first one, also within a sale and of an archived variant."""
    one, two, three = await shop(infra)
    assert await follow_stock(infra.database) == 0
    await stock(infra, "A", -1)
    assert await follow_stock(infra.database) == 0
    await stock(infra, "A", -2)
    await sale_of(infra, "B", quantity=3)
    await stock(infra, "C", -3)
    await stock(infra, "C", 1)
    assert await follow_stock(infra.database) == 1
    assert await in_stock(infra) == {two.id, three.id}
    await assert_right(infra)
    await stock(infra, "A", 5)
    await update_product(infra, ProductChange(two.id, 1, title="Shirt"))
    await stock(infra, "C", -1)
    assert await follow_stock(infra.database) == 2
    assert await in_stock(infra) == {one.id, two.id}
    await assert_right(infra)
    assert await follow_stock(infra.database) == 0


async def test_a_change_of_the_product_may_see_its_stock_first(infra: Infra) -> None:
    """Then it is seen again when it changes back, though the level was never told of in between."""
    one, *_ = await shop(infra)
    await stock(infra, "A", -3)
    await update_product(infra, ProductChange(one.id, 1, title="Shirt"))
    await assert_right(infra)
    await stock(infra, "A", 3)
    assert await follow_stock(infra.database) == 1
    await assert_right(infra)
