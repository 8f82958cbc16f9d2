"""Products by id: one document with variants and images."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from dataloaders.catalog_cache import MAX_BATCH, cache_of
from infra.runtime import Infra
from models import Image, Product, Variant, VariantPrice
from models.documents import ProductDoc, dump, load_product, product_doc, product_key

Part = TypeVar("Part", Variant, Image)


class ProductById(DataLoader[UUID, ProductDoc | None]):
    """From Redis in one round trip, the rest from the database in four statements; None for an unknown id."""

    def __init__(self, infra: Infra) -> None:
        super().__init__(load_fn=self._load_batch, max_batch_size=MAX_BATCH)
        self._infra = infra

    async def _load_batch(self, ids: list[UUID]) -> list[ProductDoc | None]:
        ids_by_key = {product_key(product_id): product_id for product_id in ids}

        async def load(missing: Sequence[str]) -> dict[str, bytes]:
            found = await _read(self._infra, [ids_by_key[key] for key in missing])
            return {product_key(document.id): dump(document) for document in found}

        raw = await cache_of(self._infra).get_many(ids_by_key, load)
        return [load_product(raw[key]) if key in raw else None for key in ids_by_key]


async def _read(infra: Infra, ids: Sequence[UUID]) -> list[ProductDoc]:
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
