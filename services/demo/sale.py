"""The demo sale: one that runs now and has something left."""

from datetime import timedelta
from decimal import Decimal

from infra.runtime import Infra
from models import FlashSaleStatus
from models.flash_sale_document import FlashItemDoc
from services.demo.catalog import RUSH_SKU
from services.flash_sale.drafts import ItemDraft, SaleDraft
from services.flash_sale.find_items import find_items
from services.flash_sale.list_sales import find_sales, list_sales
from services.flash_sale.remaining import remaining
from services.flash_sale.schedule import schedule_flash_sale

QUANTITY = 1_000
PER_CUSTOMER = 100
_RUNS_FOR = timedelta(days=30)
_LOOKED_AT = 50


async def ensure_sale(infra: Infra) -> FlashItemDoc:
    """An item of a running sale of the rush product with units left; a sale is scheduled if there is none."""
    return await _running(infra) or await _schedule(infra)


async def _running(infra: Infra) -> FlashItemDoc | None:
    sales = await list_sales(infra, limit=_LOOKED_AT, statuses=[FlashSaleStatus.RUNNING])
    item_ids = [item_id for sale in sales for item_id in sale.item_ids]
    items = [item for item in (await find_items(infra, item_ids)).values() if item.sku == RUSH_SKU]
    left = await remaining(infra, items)
    return next((item for item in items if left[item.id] > PER_CUSTOMER), None)


async def _schedule(infra: Infra) -> FlashItemDoc:
    now = infra.now()
    item = ItemDraft(RUSH_SKU, Decimal("9.90"), QUANTITY, PER_CUSTOMER)
    sale_id = await schedule_flash_sale(
        infra, SaleDraft("Rush hour", now - timedelta(minutes=1), now + _RUNS_FOR, (item,)), "seed"
    )
    [item_id] = (await find_sales(infra, [sale_id]))[sale_id].item_ids
    return (await find_items(infra, [item_id]))[item_id]
