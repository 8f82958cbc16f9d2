"""Count the products of a listing: asked for by itself, as it costs more than a page."""

from infra.runtime import Infra
from services.finding.choose import product_search
from services.finding.product_filter import ProductFilter


async def count_products(infra: Infra, wanted: ProductFilter) -> int:
    """Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()
    return await product_search(infra).count(wanted)
