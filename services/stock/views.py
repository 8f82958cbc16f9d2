"""Stock by SKU over all warehouses, a second old at most."""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from sqlalchemy import bindparam, func, select

from infra.plain_rows import plain_rows
from infra.runtime import Infra
from models import StockLevel
from models.documents import StockDoc, dump, load_stock, stock_key
from services.catalog.views import COUNT_TTL, catalog_cache
from services.shared.patience import ask_together

_KIND: Final = "stock by SKU"
_SUMS: Final = (
    select(
        StockLevel.sku,
        *(func.sum(getattr(StockLevel, name)) for name in ("on_hand", "available", "set_aside", "held")),
    )
    .where(StockLevel.sku.in_(bindparam("skus", expanding=True)))
    .group_by(StockLevel.sku)
)


async def stock_by_sku(infra: Infra, skus: Collection[str]) -> dict[str, StockDoc]:
    """Read the stock of the SKUs that exist; one statement for what is not cached, also for what others ask for
    meanwhile: in a sale each order makes it old. Errors: StoreUnavailable."""
    skus_by_key = {stock_key(sku): sku for sku in skus}

    async def load(missing: Sequence[str]) -> dict[str, bytes]:
        wanted = frozenset(skus_by_key[key] for key in missing)
        return await ask_together(infra, _KIND, partial(_load, infra), wanted)

    found = await catalog_cache(infra, COUNT_TTL).get_many(skus_by_key, load, load_stock)
    return {skus_by_key[key]: stock for key, stock in found.items()}


async def _load(infra: Infra, asked: Sequence[frozenset[str]]) -> list[dict[str, bytes]]:
    async with infra.database.read() as session:
        rows = await plain_rows(session, _SUMS, {"skus": list(frozenset[str]().union(*asked))})
    found = {sku: dump(StockDoc(sku, *map(int, sums))) for sku, *sums in rows}
    return [{stock_key(sku): found[sku] for sku in skus if sku in found} for skus in asked]
