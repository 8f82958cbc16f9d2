"""Announce what becomes of a sale, in the transaction of the change."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from models import FlashSale, FlashSaleItem
from models.group_terms import price_list
from services.shared.events import SaleEvent
from services.shared.sale_told import ItemTold, PriceTold
from services.shared.tell import tell


async def announce(
    session: AsyncSession, kind: type[SaleEvent], sale: FlashSale, items: Sequence[FlashSaleItem], now: datetime
) -> None:
    """Tell of the sale as it is after the change."""
    told = kind(
        sale_id=sale.id,
        version=sale.version,
        name=sale.name,
        starts_at=sale.starts_at,
        ends_at=sale.ends_at,
        paused=sale.paused,
        cancelled=sale.closed_at is not None and sale.closed_at < sale.starts_at,
        items=tuple(_item(item) for item in items if item.quantity),
    )
    await tell(session, now, told)


def _item(item: FlashSaleItem) -> ItemTold:
    return ItemTold(
        item_id=item.id,
        sku=item.sku,
        price=item.price,
        currency=item.currency,
        quantity=item.quantity,
        per_customer_limit=item.per_customer_limit,
        unsold=None if item.settled_at is None else item.remaining,
        prices=tuple(PriceTold(price, currency) for currency, price in price_list(item.prices)),
    )
