"""The demo shop is filled once, and a second start finds nothing to do."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from infra.runtime import Infra
from models import FlashSaleStatus, Image, MediaFile, Order, OrderStatus, StockEntry, Variant
from services.catalog.create_product import create_product
from services.demo.ensure_accounts import ensure_early_customer
from services.demo.ensure_catalog import RUSH_SKU, ensure_catalog
from services.demo.ensure_running import FIRST_LIGHT, NIGHT_MARKET, RUSH_HOUR, ensure_others, ensure_running
from services.flash_sale.find_items import find_items
from services.flash_sale.list_sales import list_sales
from services.flash_sale.remaining import remaining
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.shared.pages import KeyPage
from tests.integration.catalog.products import count, counts, draft
from tests.modes import ONE_MODE


async def fill(infra: Infra) -> None:
    await ensure_catalog(infra)
    await ensure_running(infra)
    await ensure_others(infra, await ensure_early_customer(infra))


async def sales(infra: Infra) -> dict[str, tuple[FlashSaleStatus, dict[str, int]]]:
    """Status and units left by SKU, by the sale's name."""
    found = {}
    for sale in (await list_sales(infra, KeyPage(50))).rows:
        items = list((await find_items(infra, sale.item_ids)).values())
        left = await remaining(infra, items)
        found[sale.name] = (sale.status(infra.now()), {item.sku: left[item.id] for item in items})
    return found


async def orders(infra: Infra) -> list[tuple[str, OrderStatus]]:
    async with infra.database.read() as session:
        rows = await session.execute(select(Order.total, Order.currency, Order.status))
        return [(f"{total} {currency}", OrderStatus(status)) for total, currency, status in rows.all()]


async def test_the_shop_is_filled_once(infra: Infra) -> None:
    await fill(infra)
    whole = await counts(infra)
    assert {name: whole[name] for name in ("Product", "Variant", "Image")} == {
        "Product": 42,
        "Variant": 145,
        "Image": 53,
    }
    assert await count(infra, MediaFile) == 53
    expected = {
        RUSH_HOUR: (FlashSaleStatus.RUNNING, {RUSH_SKU: 1_000}),
        NIGHT_MARKET: (
            FlashSaleStatus.SCHEDULED,
            {"DM-HOL-BRASS": 12, "FK-SCF-RUST": 15, "MT-LONG-100G-BAG": 30},
        ),
        FIRST_LIGHT: (FlashSaleStatus.RUNNING, {"DM-HER-RUST-EU": 0}),
    }
    assert await sales(infra) == expected
    assert await orders(infra) == [("15800 USD", OrderStatus.PAID)]
    await fill(infra)
    assert await counts(infra) == whole
    assert await sales(infra) == expected
    assert len(await orders(infra)) == 1


@ONE_MODE
async def test_every_picture_is_one_that_the_shop_keeps(infra: Infra) -> None:
    await ensure_catalog(infra)
    async with infra.database.read() as session:
        rows = (await session.execute(select(Image.url, Image.media_name, Image.thumbnails))).all()
        kept = set(await session.scalars(select(MediaFile.name)))
    assert {name for _, name, _ in rows} == kept
    assert all(url == f"/media/{name}" and sizes == [160] for url, name, sizes in rows)


@ONE_MODE
async def test_a_shop_with_products_gets_the_one_to_rush_for_alone(infra: Infra) -> None:
    await create_product(infra, draft(), "test")
    assert await ensure_catalog(infra) == 2
    assert (await ensure_running(infra)).sku == RUSH_SKU
    await ensure_others(infra, await ensure_early_customer(infra))
    assert set(await sales(infra)) == {RUSH_HOUR}
    async with infra.database.read() as session:
        assert set(await session.scalars(select(Variant.sku))) == {"SKU-1", RUSH_SKU}
    assert await count(infra, StockEntry) == 3


async def test_what_was_not_bought_is_bought_at_the_next_start(infra: Infra) -> None:
    """The start before was cut off between the sale and its order."""
    await ensure_catalog(infra)
    now, item = infra.now(), ItemDraft("DM-HER-RUST-EU", Decimal(79), 2, 2)
    left = SaleDraft(FIRST_LIGHT, now - timedelta(minutes=1), now + timedelta(days=1), (item,))
    await schedule_flash_sale(infra, left, "test")
    early = await ensure_early_customer(infra)
    assert early.id == (await ensure_early_customer(infra)).id
    await ensure_others(infra, early)
    assert (await sales(infra))[FIRST_LIGHT] == (FlashSaleStatus.RUNNING, {"DM-HER-RUST-EU": 0})
    async with infra.database.read() as session:
        assert list(await session.scalars(select(Order.customer_id))) == [early.id]
