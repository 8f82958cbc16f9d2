"""Replace a variant's prices in currencies other than its product's own: its entries in the price lists."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import VariantPrice
from models.documents import ProductDoc
from services.catalog.change_product import Based, change_product, product_of_variant
from services.catalog.check_prices import CheckedPrice, check_prices, price_problems
from services.catalog.new_product import price_rows
from services.catalog.product_draft import PriceDraft
from services.catalog.stored_product import StoredProduct
from services.money.charging import charging_of
from services.shared.errors import InvalidInput


async def set_variant_prices(
    infra: Infra, variant_id: UUID, version: int, prices: Sequence[PriceDraft]
) -> ProductDoc:
    """Set all prices of a variant; ``version`` is the product's; a currency that is left out has no price any
    more.

    Errors: NotFound, StaleVersion, InvalidInput (paths at ``input.prices``), StoreUnavailable.
    """

    async def work(session: AsyncSession, stored: StoredProduct) -> bool:
        charging = charging_of(infra.settings)
        if problems := list(price_problems(prices, stored.product.currency, charging, "prices")):
            raise InvalidInput(problems)
        return await replace_prices(session, stored, variant_id, check_prices(prices))

    return await change_product(infra, Based(await product_of_variant(infra, variant_id), version), work)


async def replace_prices(
    session: AsyncSession, stored: StoredProduct, variant_id: UUID, wanted: Sequence[CheckedPrice]
) -> bool:
    """Change, add and delete the prices that differ. Returns whether any did."""
    known = {price.currency: price for price in stored.prices_of(variant_id)}
    added: list[CheckedPrice] = []
    changed = False
    for price in wanted:
        row = known.pop(price.currency, None)
        if row is None:
            added.append(price)
        elif (row.amount, row.compare_at) != (price.amount, price.compare_at):
            row.amount, row.compare_at = price.amount, price.compare_at
            changed = True
    for gone in known.values():
        stored.prices.remove(gone)
        await session.delete(gone)
    rows: list[VariantPrice] = price_rows(added, variant_id)
    session.add_all(rows)
    stored.prices.extend(rows)
    return changed or bool(known or rows)
