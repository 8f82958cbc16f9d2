"""What a cart has to know of variants: the document and what can be ordered now, from the catalog's cache."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Variant
from models.documents import (
    ProductDoc,
    StockDoc,
    VariantDoc,
    dump,
    load_product,
    load_stock,
    product_key,
    stock_key,
    variant_key,
)
from services.catalog.cache import COUNT_TTL, catalog_cache
from services.catalog.read_products import read_products
from services.errors import NotFound
from services.stock.read_stock import read_stock


@dataclass(frozen=True, slots=True)
class Ware:
    """``available``: units that an ordinary order can take; what is set aside for sales is none of them."""

    product: ProductDoc
    variant: VariantDoc
    available: int

    @property
    def title(self) -> str:
        """What stays readable of it when it is sold no more."""
        own = self.variant.title
        return self.product.title if own == self.product.title else f"{self.product.title} / {own}"


async def find_ware(infra: Infra, variant_id: UUID) -> Ware:
    """Errors: NotFound for what customers must not see, StoreUnavailable."""
    ware = (await find_wares(infra, [variant_id])).get(variant_id)
    if ware is None:
        raise NotFound("There is no such variant.")
    return ware


async def find_wares(infra: Infra, variant_ids: Collection[UUID]) -> dict[UUID, Ware]:
    """Those that customers may see. Errors: StoreUnavailable."""
    owners = await _owners(infra, variant_ids)
    products = await _products(infra, set(owners.values()))
    found = [
        (product, variant)
        for variant_id, owner in owners.items()
        if (product := products.get(owner)) and (variant := product.variant(variant_id)) and variant.is_public
    ]
    stocks = await _stocks(infra, [variant.sku for _, variant in found])
    return {
        variant.id: Ware(product, variant, stock.available if (stock := stocks.get(variant.sku)) else 0)
        for product, variant in found
    }


async def _owners(infra: Infra, variant_ids: Collection[UUID]) -> dict[UUID, UUID]:
    ids = {variant_key(variant_id): variant_id for variant_id in variant_ids}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        wanted = Variant.id.in_([ids[key] for key in missing])
        async with infra.database.read() as session:
            rows = await session.execute(select(Variant.id, Variant.product_id).where(wanted))
            return {variant_key(variant_id): product_id.bytes for variant_id, product_id in rows.all()}

    found = await catalog_cache(infra).get_many(ids, load, lambda raw: UUID(bytes=raw))
    return {ids[key]: product_id for key, product_id in found.items()}


async def _products(infra: Infra, product_ids: Collection[UUID]) -> dict[UUID, ProductDoc]:
    ids = {product_key(product_id): product_id for product_id in product_ids}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        documents = await read_products(infra, [ids[key] for key in missing])
        return {product_key(document.id): dump(document) for document in documents}

    found = await catalog_cache(infra).get_many(ids, load, load_product)
    return {document.id: document for document in found.values()}


async def _stocks(infra: Infra, skus: Collection[str]) -> dict[str, StockDoc]:
    by_key = {stock_key(sku): sku for sku in skus}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        documents = await read_stock(infra, [by_key[key] for key in missing])
        return {stock_key(document.sku): dump(document) for document in documents}

    found = await catalog_cache(infra, COUNT_TTL).get_many(by_key, load, load_stock)
    return {by_key[key]: stock for key, stock in found.items()}
