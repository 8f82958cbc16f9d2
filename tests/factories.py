"""Things that tests need to be there, made through the product's own verbs."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import Order, Product, StockCause, StockEntry, StockLevel, Variant
from models.documents import product_doc
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot
from services.catalog.write_index import write_index
from services.flash_sale.find_items import find_item
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.order.place_flash_order import FlashOrder, _snapshot
from services.shared.asked import Asked
from services.stock.create_warehouse import WarehouseDraft, create_warehouse
from services.stock.rules import Counts


async def variant_in_stock(infra: Infra, *, on_hand: int = 10, price: int = 5000) -> Variant:
    """A product with one variant of a SKU of its own."""
    now, sku = infra.now(), f"SKU-{uuid4().hex[:10]}"
    product = Product(
        id=new_id(),
        slug=sku.lower(),
        title=f"Shirt {sku}",
        description="",
        vendor="acme",
        tags=[],
        min_price=price,
        max_price=price,
        currency="EUR",
        created_at=now,
        updated_at=now,
    )
    variant = Variant(
        id=new_id(),
        product_id=product.id,
        sku=sku,
        title="Default Title",
        options={},
        price=price,
        currency="EUR",
        position=0,
    )
    level = StockLevel(sku=sku, on_hand=on_hand, available=on_hand, updated_at=now)
    entry = StockEntry(
        id=new_id(), sku=sku, cause=StockCause.RECEIVED, on_hand=on_hand, available=on_hand, actor="test", at=now
    )
    async with infra.database.write() as session:
        session.add(product)
        await session.flush()
        session.add_all([variant, level, entry])
        await session.flush()
        await write_index(session, [product_doc(product, [variant], [], [])])
    return variant


async def running_sale(
    infra: Infra, *, quantity: int, on_hand: int = 10, limit: int = 100, price: str = "19.90"
) -> FlashItemDoc:
    """The one item of a sale that runs now."""
    variant = await variant_in_stock(infra, on_hand=max(on_hand, quantity))
    return await sale_of(infra, variant.sku, quantity=quantity, limit=limit, price=price)


async def sale_of(
    infra: Infra,
    sku: str,
    *,
    quantity: int,
    limit: int = 100,
    price: str = "19.90",
    starts_in: float = -60.0,
    lasts: float = 3600.0,
) -> FlashItemDoc:
    """The one item of a sale of this SKU; times in seconds."""
    starts_at = infra.now() + timedelta(seconds=starts_in)
    items = (ItemDraft(sku, Decimal(price), quantity, limit),)
    draft = SaleDraft("Rush", starts_at, starts_at + timedelta(seconds=lasts), items)
    sale_id = await schedule_flash_sale(infra, draft, "test")
    sale = (await find_sales(infra, [sale_id]))[sale_id]
    return await find_item(infra, sale.item_ids[0])


async def sale_of_several(
    infra: Infra, *quantities: int, limit: int = 100, price: str = "19.90", **terms: bool
) -> list[FlashItemDoc]:
    """The items of a sale that runs now, in the order in which orders reserve them; ``terms`` are the sale's."""
    skus = sorted([(await variant_in_stock(infra, on_hand=max(10, max(quantities)))).sku for _ in quantities])
    items = tuple(ItemDraft(sku, Decimal(price), n, limit) for sku, n in zip(skus, quantities, strict=True))
    now = infra.now()
    draft = SaleDraft("Rush", now - timedelta(minutes=1), now + timedelta(hours=1), items, **terms)
    sale = (await find_sales(infra, [sale_id := await schedule_flash_sale(infra, draft, "test")]))[sale_id]
    by_sku = {item.sku: item for item in [await find_item(infra, item_id) for item_id in sale.item_ids]}
    return [by_sku[sku] for sku in skus]


def order_wish(
    item: FlashItemDoc, *, customer: UUID | None = None, quantity: int = 1, like: FlashOrder | None = None
) -> FlashOrder:
    """An order by a new customer with a new key, or with the customer and key of another."""
    if like is not None:
        return FlashOrder(like.customer_id, item.id, quantity, like.idempotency_key)
    return FlashOrder(customer or new_id(), item.id, quantity, uuid4().hex)


def bare_order(infra: Infra, item: FlashItemDoc, wish: FlashOrder) -> OrderSnapshot:
    """What is reserved for an order, before it is."""
    return _snapshot(infra, [(item, wish.quantity)], wish)


async def new_warehouse(infra: Infra, code: str, *, priority: int) -> UUID:
    return await create_warehouse(infra, WarehouseDraft(code, code, priority), Asked(new_id(), code, "test"))


async def stock_of(infra: Infra, sku: str) -> dict[str, int]:
    """Over all warehouses."""
    async with infra.database.read() as session:
        levels = list(await session.scalars(select(StockLevel).where(StockLevel.sku == sku)))
    assert levels
    return {name: sum(getattr(level, name) for level in levels) for name in Counts._fields}


async def live_remaining(infra: Infra, item: FlashItemDoc) -> int:
    """Redis's own count."""
    from services.reservation.keys import ItemKeys

    value = await infra.redis.client.hget(ItemKeys.of(item.sku, item.id).item, "remaining")
    assert value is not None
    return int(value)


async def make_due(infra: Infra, *order_ids: UUID) -> None:
    """The time to pay these orders, or all there are, ended a second ago."""
    statement = update(Order).values(expires_at=infra.now() - timedelta(seconds=1))
    async with infra.database.write() as session:
        await session.execute(statement.where(Order.id.in_(order_ids)) if order_ids else statement)
