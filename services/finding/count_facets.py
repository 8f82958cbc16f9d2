"""Count the products of a listing by what they are: each facet with all of the filter but its own part, so that it
says what another choice would give.
"""

from collections.abc import Sequence

from infra.runtime import Infra
from services.finding.choose import product_search
from services.finding.port import FacetKind, FacetValue, PriceBand
from services.finding.product_filter import ProductFilter


async def count_values(infra: Infra, wanted: ProductFilter, kind: FacetKind) -> Sequence[FacetValue]:
    """Count by categories, vendors or tags: those with the most products, these first.

    Errors: InvalidInput (filter), StoreUnavailable.
    """
    wanted.check()
    return await product_search(infra).values(wanted, kind)


async def count_price_bands(infra: Infra, wanted: ProductFilter) -> Sequence[PriceBand]:
    """Count by price and currency, the cheapest first. Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()
    return await product_search(infra).price_bands(wanted)
