"""List products in keyset pages: ids and their places in the order; the documents come from the cache.

Every order ends in the id, so it is total and a page is stable while products come and go.
"""

from infra.runtime import Infra
from services.finding.choose import product_search
from services.finding.product_filter import ProductFilter
from services.finding.product_page import Page, ProductPage, ProductSort


async def list_products(
    infra: Infra, wanted: ProductFilter, page: Page, sort: ProductSort = ProductSort.NEWEST
) -> ProductPage:
    """Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()
    return await product_search(infra).page(wanted, page, sort)
