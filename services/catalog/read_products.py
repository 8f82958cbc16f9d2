"""Read products whole, for the cache."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Image, Product, Variant, VariantPrice
from models.documents import ProductDoc, product_doc

Part = TypeVar("Part", Variant, Image)


async def read_products(infra: Infra, ids: Sequence[UUID]) -> list[ProductDoc]:
    """Read the products that exist, in four statements. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        products = (await session.scalars(select(Product).where(Product.id.in_(ids)))).all()
        if not products:
            return []
        variants = _by_product(await session.scalars(select(Variant).where(Variant.product_id.in_(ids))))
        images = _by_product(await session.scalars(select(Image).where(Image.product_id.in_(ids))))
        prices = await _prices(session, ids)
    return [product_doc(row, variants[row.id], images[row.id], prices[row.id]) for row in products]


async def _prices(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[VariantPrice]]:
    of_these = select(Variant.product_id, VariantPrice).join_from(
        VariantPrice, Variant, Variant.id == VariantPrice.variant_id
    )
    grouped: dict[UUID, list[VariantPrice]] = defaultdict(list)
    for product_id, price in await session.execute(of_these.where(Variant.product_id.in_(ids))):
        grouped[product_id].append(price)
    return grouped


def _by_product(rows: Iterable[Part]) -> dict[UUID, list[Part]]:
    grouped: dict[UUID, list[Part]] = defaultdict(list)
    for row in rows:
        grouped[row.product_id].append(row)
    return grouped
