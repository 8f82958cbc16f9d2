"""Products as they are for a customer: at the lowest price of the lists that their groups have.

Nothing of it is kept: what the caches have is everybody's, and who is in no group is asked nothing more.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import ListedPrice, PriceList, PriceListGroup
from models.documents import ProductDoc
from services.catalog.views import products_by_id
from services.price_list.rows import holds_at
from services.price_list.rules import Own, own_product


async def own_products(infra: Infra, ids: Collection[UUID], groups: Collection[str]) -> dict[UUID, ProductDoc]:
    """Find products as ``products_by_id`` does, at the prices for members of these groups (the hex of their ids):
    one statement more, two when a list holds for them. Errors: StoreUnavailable."""
    products = await products_by_id(infra, ids)
    if not groups or not products:
        return products
    variant_ids = [variant.id for product in products.values() for variant in product.variants]
    own = await _own_prices(infra, variant_ids, [UUID(group) for group in groups])
    return {id_: own_product(product, own) for id_, product in products.items()}


async def _own_prices(infra: Infra, variant_ids: Sequence[UUID], groups: Sequence[UUID]) -> Own:
    """The lists first: then MariaDB reads prices by their key, and not whole lists to join them."""
    holding = (
        select(PriceList.id)
        .join(PriceListGroup, PriceListGroup.price_list_id == PriceList.id)
        .where(PriceListGroup.group_id.in_(groups), holds_at(infra.now()))
        .distinct()
    )
    prices = select(ListedPrice.variant_id, ListedPrice.currency, ListedPrice.amount)
    own: dict[UUID, dict[str, int]] = {}
    async with infra.database.read() as session:
        lists = list(await session.scalars(holding))
        if not lists:
            return own
        wanted = prices.where(ListedPrice.price_list_id.in_(lists), ListedPrice.variant_id.in_(variant_ids))
        for variant_id, currency, amount in await session.execute(wanted):
            by_currency = own.setdefault(variant_id, {})
            by_currency[currency] = min(amount, by_currency.get(currency, amount))
    return own
