"""Stock by SKU over all warehouses, a second old at most."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from infra.runtime import Infra
from models import StockLevel
from models.documents import StockDoc, dump, load_stock, stock_key
from services.catalog.views import COUNT_TTL, catalog_cache

_SUMS = [func.sum(getattr(StockLevel, name)) for name in ("on_hand", "available", "set_aside", "held")]


async def stock_by_sku(infra: Infra, skus: Collection[str]) -> dict[str, StockDoc]:
    """Read the stock of the SKUs that exist; one statement for what is not cached. Errors: StoreUnavailable."""
    skus_by_key = {stock_key(sku): sku for sku in skus}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        wanted = StockLevel.sku.in_([skus_by_key[key] for key in missing])
        async with infra.database.read() as session:
            rows = await session.execute(select(StockLevel.sku, *_SUMS).where(wanted).group_by(StockLevel.sku))
            return {stock_key(sku): dump(StockDoc(sku, *map(int, sums))) for sku, *sums in rows}

    found = await catalog_cache(infra, COUNT_TTL).get_many(skus_by_key, load, load_stock)
    return {skus_by_key[key]: stock for key, stock in found.items()}
