"""Count the products of a listing: asked for by itself, as it costs more than a page."""

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Product
from services.catalog.product_filter import ProductFilter, conditions
from services.search.choose import SEARCH


async def count_products(infra: Infra, wanted: ProductFilter) -> int:
    """One statement, with a search three. Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()
    async with infra.database.read() as session:
        where = conditions(wanted)
        if not wanted.words:
            return await session.scalar(select(func.count()).select_from(Product).where(*where)) or 0
        ranked = (await SEARCH.prepare(session, wanted.words)).ranked()
        found = select(func.count()).select_from(ranked.source).join(Product, Product.id == ranked.product_id)
        return await session.scalar(found.where(*ranked.conditions, *where)) or 0
