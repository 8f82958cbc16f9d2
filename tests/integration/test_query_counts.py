"""How many SQL statements a query costs: a number that its rows do not change."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from infra.cache.hearing import EVERYTHING
from infra.ids import new_id
from infra.runtime import Infra
from models import Category, OrderStatus, Role
from models.documents import ProductDoc
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.catalog.create_product import create_product
from services.catalog.product_draft import ImageDraft, ProductDraft, VariantDraft
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.order.create_shipment import create_shipment
from services.order.order_filter import OrderFilter
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.order.search_orders import search_orders
from services.payment.refund_payment import RefundWish, refund_payment
from services.session.access_tokens import AccessTokens
from services.shared.events import ALL_TOPICS
from services.shared.pages import IdPage
from services.user.register import register
from settings import Settings
from tests.integration.catalog.products import statements
from tests.integration.money import begin, deliver, told
from tests.integration.test_order_life import asked, draft, pay
from tests.server import Server, serve
from tests.workers import persist_all

PRODUCTS = """
{ products(first: 20) { edges { node {
  title images { url } category { name }
  variants { sku price { amount } stock { available held onHand } }
} } } }
"""
SALES = """
{ flashSales(first: 20) { edges { node {
  name items { remaining variant { sku stock { available } product { title category { name } } } }
} } } }
"""
ON_SALE = """
{ products(first: 20) { edges { node {
  flashSaleItems { remaining sale { name status } } variants { sku flashSaleItems { price { amount } } }
} } } }
"""
ORDERS = """
{ me { orders(first: 20) { edges { node {
  status total { amount } history { status } lines { title variant { sku product { title } } }
} } } } }
"""
ALL_ORDERS = """
{ orders(first: 20) { edges { node {
  status customer { displayName } shipments { carrier lines { quantity } } lines { sku shippedQuantity }
} } } }
"""
PAID_ORDERS = """
{ me { orders(first: 20) { edges { node {
  status payments { status captured { amount } refunds { amount { amount } state } }
} } } } }
"""
PAYMENTS = """
{ payments(first: 20) { edges { node {
  status refunds { state } order { number status customer { displayName } }
} } } }
"""
STOCK = """
{ products(first: 20) { edges { node {
  variants { lowStockThreshold stockLevels { onHand available warehouse { code } } }
} } } }
"""
LEDGER = """
{ stockLedger(first: 20) { edges { node { warehouse { code } variant { sku stock { onHand } } } } } }
"""
CART = """
{ cart {
  totalQuantity subtotal { amount } selectedSubtotal { amount } unavailableItems { sku }
  items {
    quantity lineTotal { amount } available notes { code }
    variant { sku product { title } stock { onHand } }
  }
} }
"""
MORE = 3
ALL = 3 + MORE

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    """Without a worker: every statement is a request's."""
    async with serve(settings) as running:
        await running.infra.events.ensure_topics(ALL_TOPICS)
        yield running


async def make_products(infra: Infra, count: int) -> list[ProductDoc]:
    """Each in a category of its own, with two variants and an image."""
    made = []
    for _ in range(count):
        name = new_id().hex
        category = Category(id=new_id(), slug=name, name=name, parent_id=None)
        async with infra.database.write() as session:
            session.add(category)
        variants = [VariantDraft(f"{letter}-{name}", Decimal(5), "EUR", 9) for letter in "AB"]
        images = [ImageDraft("https://x.test/1.jpg")]
        draft = ProductDraft(name, variants, category_id=category.id, images=images)
        made.append(await create_product(infra, draft, "test"))
    return made


async def make_sales(infra: Infra, count: int) -> list[UUID]:
    """Each of one product, with both its variants; returns an item of each."""
    item_ids = []
    for product in await make_products(infra, count):
        items = tuple(ItemDraft(variant.sku, Decimal(1), 5, 5) for variant in product.variants)
        now = infra.now()
        sale = SaleDraft(product.title, now - timedelta(minutes=1), now + timedelta(hours=1), items)
        sale_id = await schedule_flash_sale(infra, sale, "test")
        item_ids.append((await find_sales(infra, [sale_id]))[sale_id].item_ids[0])
    return item_ids


async def forget_documents(infra: Infra) -> None:
    """The cache is cold; the counters of flash sales are where they were."""
    keys = [key async for key in infra.redis.client.scan_iter() if not key.startswith(b"flash:")]
    if keys:
        await infra.redis.client.delete(*keys)
    infra.hearing.forget([EVERYTHING])


async def cost(server: Server, query: str, token: str | None = None) -> tuple[int, int]:
    """The statements of the query and the rows of its list."""
    with statements(server.infra) as seen:
        answer = await server.graphql(query, token=token)
    assert "errors" not in answer, answer
    return len(seen), _rows(answer["data"])


def _rows(data: Any) -> int:
    while "edges" not in data:
        [data] = data.values()
    return len(data["edges"])


async def costs(server: Server, query: str, token: str | None = None) -> dict[str, tuple[int, int]]:
    await forget_documents(server.infra)
    return {"cold": await cost(server, query, token), "warm": await cost(server, query, token)}


async def test_products(server: Server) -> None:
    await make_products(server.infra, 3)
    # Ids. Cold: products, variants, images, prices; categories; stock levels.
    assert await costs(server, PRODUCTS) == {"cold": (7, 3), "warm": (0, 3)}
    await make_products(server.infra, MORE)
    assert await costs(server, PRODUCTS) == {"cold": (7, ALL), "warm": (0, ALL)}


async def test_stock_for_staff(server: Server) -> None:
    infra = server.infra
    sam = await register(
        infra, email="sam@example.com", password="correct horse battery", display_name="Sam", roles=(Role.STAFF,)
    )
    token = AccessTokens.from_settings(infra.settings).issue(sam).token
    await make_products(infra, 3)
    # Ids. Cold: products, variants, images, prices. Never cached: levels, thresholds, warehouses.
    assert await costs(server, STOCK, token) == {"cold": (8, 3), "warm": (3, 3)}
    # Entries, warehouses. Cold: pointers to products, the four of products; stock levels.
    assert await costs(server, LEDGER, token) == {"cold": (8, 6), "warm": (2, 6)}
    await make_products(infra, MORE)
    assert await costs(server, STOCK, token) == {"cold": (8, ALL), "warm": (3, ALL)}
    assert await costs(server, LEDGER, token) == {"cold": (8, 2 * ALL), "warm": (2, 2 * ALL)}


async def test_flash_sales(server: Server) -> None:
    await make_sales(server.infra, 3)
    # Sales and their item ids; the items. Cold: pointers to products, products, categories; stock levels.
    assert await costs(server, SALES) == {"cold": (10, 3), "warm": (0, 3)}
    # Ids. Cold: the four of products. Items by variant; sales and their item ids.
    assert await costs(server, ON_SALE) == {"cold": (8, 3), "warm": (0, 3)}
    await make_sales(server.infra, MORE)
    assert await costs(server, SALES) == {"cold": (10, ALL), "warm": (0, ALL)}
    assert await costs(server, ON_SALE) == {"cold": (8, ALL), "warm": (0, ALL)}


async def test_orders_of_a_customer(server: Server) -> None:
    infra = server.infra
    ada = await register(infra, email="ada@example.com", password="correct horse battery", display_name="Ada")
    token = AccessTokens.from_settings(infra.settings).issue(ada).token
    await make_orders(infra, ada.id, 3)
    # The user; orders, their lines and events. Cold: pointers to products, and the products.
    assert await costs(server, ORDERS, token) == {"cold": (9, 3), "warm": (4, 3)}
    await make_orders(infra, ada.id, MORE)
    assert await costs(server, ORDERS, token) == {"cold": (9, ALL), "warm": (4, ALL)}


async def test_all_orders(server: Server) -> None:
    infra = server.infra
    sam = await register(
        infra, email="sam@example.com", password="correct horse battery", display_name="Sam", roles=(Role.STAFF,)
    )
    token = AccessTokens.from_settings(infra.settings).issue(sam).token
    await make_orders(infra, sam.id, 3)
    await ship_all(infra)
    # Orders, their lines and events; their customers; shipments and the lines of these.
    assert await costs(server, ALL_ORDERS, token) == {"cold": (6, 3), "warm": (6, 3)}
    await make_orders(infra, sam.id, MORE)
    await ship_all(infra)
    assert await costs(server, ALL_ORDERS, token) == {"cold": (6, ALL), "warm": (6, ALL)}


async def ship_all(infra: Infra) -> None:
    for view in (await search_orders(infra, OrderFilter(), IdPage(100))).rows:
        if view.status == OrderStatus.AWAITING_PAYMENT:
            await pay(infra, view.id)
            await create_shipment(infra, draft(view), asked(view.id.hex))


async def test_payments(server: Server) -> None:
    infra = server.infra
    sam = await register(
        infra, email="sam@example.com", password="correct horse battery", display_name="Sam", roles=(Role.STAFF,)
    )
    token = AccessTokens.from_settings(infra.settings).issue(sam).token
    await make_paid_orders(infra, sam.id, 3)
    # The user; orders, their lines and events; payments and refunds.
    assert await costs(server, PAID_ORDERS, token) == {"cold": (6, 3), "warm": (6, 3)}
    # Payments and refunds; orders, their lines and events; customers.
    assert await costs(server, PAYMENTS, token) == {"cold": (6, 3), "warm": (6, 3)}
    await make_paid_orders(infra, sam.id, MORE)
    assert await costs(server, PAID_ORDERS, token) == {"cold": (6, ALL), "warm": (6, ALL)}
    assert await costs(server, PAYMENTS, token) == {"cold": (6, ALL), "warm": (6, ALL)}


async def make_paid_orders(infra: Infra, customer_id: UUID, count: int) -> None:
    """Each with a refund of a part."""
    for item_id in await make_sales(infra, count):
        order = await place_flash_order(infra, FlashOrder(customer_id, item_id, 1, new_id().hex))
        await persist_all(infra)
        payment = await begin(infra, order)
        await deliver(infra, told(payment))
        await refund_payment(infra, RefundWish(payment.id, Decimal("0.10"), None), asked(new_id().hex))


async def make_orders(infra: Infra, customer_id: UUID, count: int) -> None:
    """Each of another product; all of them in the database."""
    for item_id in await make_sales(infra, count):
        await place_flash_order(infra, FlashOrder(customer_id, item_id, 1, new_id().hex))
    await persist_all(infra)


async def test_a_cart(server: Server) -> None:
    infra = server.infra
    ada = await register(infra, email="ada@example.com", password="correct horse battery", display_name="Ada")
    token = AccessTokens.from_settings(infra.settings).issue(ada).token

    async def fill(products: int) -> None:
        for product in await make_products(infra, products):
            for variant in product.variants:
                await add_item(infra, Owner.customer(ada.id), Wish(variant.id, 1))

    async def cart_costs() -> tuple[int, int]:
        await forget_documents(infra)
        found = []
        for _ in ("cold", "warm"):
            with statements(infra) as seen:
                answer = await server.graphql(CART, token=token)
            assert "errors" not in answer, answer
            found.append(len(seen))
        assert answer["data"]["cart"]["totalQuantity"] == len(answer["data"]["cart"]["items"])
        return found[0], found[1]

    await fill(2)
    # Cold: the cart, its lines; pointers to products; products, variants, images, prices; stock levels.
    assert await cart_costs() == (8, 0)
    await fill(4)
    assert await cart_costs() == (8, 0)
