"""Products as they are for a customer: at the lowest price of the lists that their groups have.

Nothing of it is kept: what the caches have is everybody's, and who is in no group is asked nothing more.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select

from infra.runtime import Infra
from models import ListedPrice, PriceList, PriceListGroup
from models.documents import ProductDoc
from services.catalog.views import products_by_id
from services.price_list.rows import holds_at
from services.price_list.rules import Own, own_product


async def own_products(infra: Infra, ids: Collection[UUID], groups: Collection[str]) -> dict[UUID, ProductDoc]:
    """Find products as ``products_by_id`` does, at the prices for members of these groups (the hex of their ids):
    one statement more. Errors: StoreUnavailable."""
    products = await products_by_id(infra, ids)
    if not groups or not products:
        return products
    variant_ids = [variant.id for product in products.values() for variant in product.variants]
    own = await _own_prices(infra, variant_ids, [UUID(group) for group in groups])
    return {id_: own_product(product, own) for id_, product in products.items()}


async def _own_prices(infra: Infra, variant_ids: Sequence[UUID], groups: Sequence[UUID]) -> Own:
    wanted = (
        select(ListedPrice.variant_id, ListedPrice.currency, func.min(ListedPrice.amount))
        .join(PriceListGroup, PriceListGroup.price_list_id == ListedPrice.price_list_id)
        .join(PriceList, PriceList.id == ListedPrice.price_list_id)
        .where(PriceListGroup.group_id.in_(groups), ListedPrice.variant_id.in_(variant_ids))
        .where(holds_at(infra.now()))
        .group_by(ListedPrice.variant_id, ListedPrice.currency)
    )
    own: dict[UUID, dict[str, int]] = {}
    async with infra.database.read() as session:
        for variant_id, currency, amount in await session.execute(wanted):
            own.setdefault(variant_id, {})[currency] = int(amount)
    return own
