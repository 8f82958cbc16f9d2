"""Count the products of a listing: asked for by itself, as it costs more than a page."""

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Product
from services.catalog.product_filter import ProductFilter, conditions


async def count_products(infra: Infra, wanted: ProductFilter) -> int:
    """One statement. Errors: InvalidInput (filter), StoreUnavailable."""
    wanted.check()
    statement = select(func.count()).select_from(Product)
    async with infra.database.read() as session:
        where = conditions(wanted, is_sqlite=infra.database.is_sqlite)
        return await session.scalar(statement.where(*where)) or 0
