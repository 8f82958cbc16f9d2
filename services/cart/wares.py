"""What a cart has to know of variants: the document and what can be ordered now, from the catalog's cache."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from infra.runtime import Infra
from models.documents import ProductDoc, VariantDoc
from services.catalog.cached_products import product_ids_of_variants, products_by_id
from services.shared.errors import NotFound
from services.stock.cached_stock import stock_by_sku


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
    owners = await product_ids_of_variants(infra, variant_ids)
    products = await products_by_id(infra, set(owners.values()))
    found = [
        (product, variant)
        for variant_id, owner in owners.items()
        if (product := products.get(owner)) and (variant := product.variant(variant_id)) and variant.is_public
    ]
    stocks = await stock_by_sku(infra, [variant.sku for _, variant in found])
    return {
        variant.id: Ware(product, variant, stock.available if (stock := stocks.get(variant.sku)) else 0)
        for product, variant in found
    }
