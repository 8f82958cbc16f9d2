"""The demo sales: one that runs and has something left, one to come, one sold out."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Final

import structlog

from infra.ids import new_id
from infra.runtime import Infra
from models import FlashSaleStatus, User
from models.flash_sale_document import FlashItemDoc, FlashSaleDoc
from services.demo.ensure_catalog import RUSH_SKU
from services.flash_sale.find_items import find_items
from services.flash_sale.list_sales import find_sales, list_sales
from services.flash_sale.remaining import remaining
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.payment import manual
from services.payment.capture_payment import capture_payment
from services.payment.create_payment import PaymentWish, create_payment
from services.shared.asked import Asked
from services.shared.errors import NotFound, OutOfStock, ServiceError
from services.shared.pages import KeyPage

log = structlog.get_logger(__name__)

RUSH_HOUR: Final = "Rush hour"
NIGHT_MARKET: Final = "Night market 夜市"
FIRST_LIGHT: Final = "First light 破晓"
QUANTITY: Final = 1_000
PER_CUSTOMER: Final = 100
_RUNS_FOR: Final = timedelta(days=30)
_BEGINS_IN: Final = timedelta(days=7)
_LOOKED_AT: Final = 50

_NIGHT_MARKET: Final = (
    ItemDraft("DM-HOL-BRASS", Decimal("39.00"), 12, 1),
    ItemDraft("FK-SCF-RUST", Decimal("29.00"), 15, 2),
    ItemDraft("MT-LONG-100G-BAG", Decimal("88.00"), 30, 3),
)
_FIRST_LIGHT: Final = (ItemDraft("DM-HER-RUST-EU", Decimal("79.00"), 2, 2),)


async def ensure_running(infra: Infra) -> FlashItemDoc:
    """Returns an item of a running sale of the rush product with units left; schedules one if there is none."""
    return await _item_to_rush_for(infra) or await _schedule_rush_hour(infra)


async def ensure_others(infra: Infra, early_customer: User) -> None:
    """Schedule what comes later, and have the early customer buy all of another sale; once each while it lasts.

    A shop that has not the products any more goes without.
    """
    try:
        if not await _named(infra, NIGHT_MARKET, FlashSaleStatus.SCHEDULED):
            begins = infra.now() + _BEGINS_IN
            draft = SaleDraft(NIGHT_MARKET, begins, begins + timedelta(days=2), _NIGHT_MARKET)
            await schedule_flash_sale(infra, draft, "seed")
        if manual.NAME in infra.settings.ways_to_pay:
            await _ensure_sold_out(infra, early_customer)
    except (NotFound, OutOfStock) as error:
        log.info("demo.sale_left_out", reason=error.message)
    except ServiceError as error:
        log.warning("demo.sale_not_made", reason=error.message)


async def _item_to_rush_for(infra: Infra) -> FlashItemDoc | None:
    sales = await list_sales(infra, KeyPage(_LOOKED_AT), [FlashSaleStatus.RUNNING])
    item_ids = [item_id for sale in sales.rows for item_id in sale.item_ids]
    items = [item for item in (await find_items(infra, item_ids)).values() if item.sku == RUSH_SKU]
    left = await remaining(infra, items)
    return next((item for item in items if left[item.id] > PER_CUSTOMER), None)


async def _schedule_rush_hour(infra: Infra) -> FlashItemDoc:
    item = ItemDraft(RUSH_SKU, Decimal("9.90"), QUANTITY, PER_CUSTOMER)
    [found] = await _schedule_now(infra, RUSH_HOUR, (item,))
    return found


async def _schedule_now(infra: Infra, name: str, items: tuple[ItemDraft, ...]) -> Sequence[FlashItemDoc]:
    now = infra.now()
    draft = SaleDraft(name, now - timedelta(minutes=1), now + _RUNS_FOR, items)
    sale_id = await schedule_flash_sale(infra, draft, "seed")
    return await _items(infra, (await find_sales(infra, [sale_id]))[sale_id])


async def _ensure_sold_out(infra: Infra, customer: User) -> None:
    sales = await _named(infra, FIRST_LIGHT, FlashSaleStatus.RUNNING)
    items = await _items(infra, sales[0]) if sales else await _schedule_now(infra, FIRST_LIGHT, _FIRST_LIGHT)
    left = await remaining(infra, items)
    for item in items:
        if left[item.id]:
            await _buy(infra, customer, item, left[item.id])


async def _buy(infra: Infra, customer: User, item: FlashItemDoc, quantity: int) -> None:
    """As a customer does, and paid as staff note it: what is not paid comes back to the sale."""
    order = await place_flash_order(infra, FlashOrder(customer.id, item.id, quantity, new_id().hex))
    wish = PaymentWish(customer.id, order.id, manual.NAME, None, new_id().hex, base_url="")
    payment = await create_payment(infra, wish)
    await capture_payment(infra, payment.id, Asked(customer.id, new_id().hex, "seed"))


async def _named(infra: Infra, name: str, status: FlashSaleStatus) -> list[FlashSaleDoc]:
    sales = await list_sales(infra, KeyPage(_LOOKED_AT), [status])
    return [sale for sale in sales.rows if sale.name == name]


async def _items(infra: Infra, sale: FlashSaleDoc) -> list[FlashItemDoc]:
    found = await find_items(infra, sale.item_ids)
    return [found[item_id] for item_id in sale.item_ids]
