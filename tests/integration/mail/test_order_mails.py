"""What customers are told of their orders: in their language, once, and every amount of it adds up."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import FlashSaleItem, MailKind, QueuedMail, User
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.mail.file_mailer import FileMailer
from services.mail.send_due_mails import send_due_mails
from services.order.cancel_order import Cancellation, cancel_order
from services.order.create_shipment import ShipmentDraft, create_shipment
from services.order.expire_due_orders import expire_due_orders
from services.order.place_flash_order import place_flash_order
from services.payment.refund_payment import RefundWish, refund_payment
from tests.factories import make_due, order_wish, running_sale, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.money import add_customer, an_order, approve, asked, begin, deliver, mails_in, told
from tests.integration.test_checkout import configured, put
from tests.integration.test_discounts import new_code
from tests.modes import ONE_MODE
from tests.workers import persist_all

__all__ = ["configured"]


async def mails(infra: Infra) -> list[QueuedMail]:
    async with infra.database.read() as session:
        return list(await session.scalars(select(QueuedMail).order_by(QueuedMail.id)))


async def the_mail(infra: Infra, kind: MailKind) -> QueuedMail:
    [found] = [mail for mail in await mails(infra) if mail.kind == kind]
    return found


async def customers_of(infra: Infra, item: FlashItemDoc, count: int) -> list[OrderView]:
    """An order each of new customers who have an account."""
    orders = []
    for _ in range(count):
        await add_customer(infra, customer := new_id())
        orders.append(await place_flash_order(infra, order_wish(item, customer=customer)))
    return orders


async def pay(infra: Infra, order: OrderView) -> UUID:
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    return payment.id


async def speak(infra: Infra, customer: UUID, locale: str) -> None:
    async with infra.database.write() as session:
        await session.execute(update(User).where(User.id == customer).values(locale=locale))


def amounts(sums: str) -> list[Decimal]:
    """What a tax is of is left out."""
    return [Decimal(found) for found in re.findall(r"-?\d+\.\d\d", re.sub(r" \(.*\)", "", sums))]


@ONE_MODE
async def test_a_receipt_says_each_amount_and_adds_up(configured: Infra) -> None:
    infra, customer = configured, new_id()
    await add_customer(infra, customer)
    await speak(infra, customer, "en-GB")
    await new_code(infra, percent=Decimal("12.5"))
    await put(infra, customer, await variant_in_stock(infra, price=1999), 3)
    order = await checkout(infra, Checkout(customer, "key", Terms(discount_code="spring")))
    await pay(infra, order)
    for kind in (MailKind.ORDER_PLACED, MailKind.RECEIPT):
        sums = (await the_mail(infra, kind)).data["sums"]
        assert sums.splitlines() == [
            "Subtotal: 59.97 EUR",
            "Discount: -7.50 EUR",
            "Shipping: 2.50 EUR",
            "Tax: 4.88 EUR (8.875 % × 54.97 EUR)",
            "Total: 59.85 EUR",
        ]
        *parts, total = amounts(sums)
        assert sum(parts) == total


@ONE_MODE
async def test_tax_in_the_prices_and_free_shipping_in_chinese(configured: Infra) -> None:
    taxes = configured.settings.shop.taxes
    shop = {"taxes": {"*": taxes["DE"]}}
    infra = replace(configured, settings=configured.settings.model_copy(update=shop))
    await add_customer(infra, customer := new_id())
    await new_code(infra, kind="FREE_SHIPPING", percent=None)
    await put(infra, customer, await variant_in_stock(infra, price=1999), 3)
    await checkout(infra, Checkout(customer, "key", Terms(discount_code="spring")))
    [placed] = await mails(infra)
    assert placed.data["sums"].splitlines() == [
        "小计：59.97 EUR",
        "运费：2.50 EUR",
        "运费折扣：-2.50 EUR",
        "合计：59.97 EUR",
        "其中税费：9.58 EUR (19 % × 50.39 EUR)",
    ]


@ONE_MODE
async def test_placed_says_until_when_and_where_to_pay(infra: Infra, tmp_path: Path) -> None:
    item = await running_sale(infra, quantity=5)
    [order] = await customers_of(infra, item, 1)
    await speak(infra, order.customer_id, "en")
    await persist_all(infra)
    await persist_all(infra)
    assert await mails_in(infra) == ["ORDER_PLACED"]
    mailer = FileMailer(tmp_path / "sent", "shop@example.org")
    assert await send_due_mails(infra, mailer) == 1
    [sent] = (path.read_text() for path in (tmp_path / "sent").iterdir())
    until = f"{order.expires_at:%Y-%m-%d %H:%M} UTC"
    assert f"Subject: Your order {order.number}: please pay until {until}" in sent.replace("\n ", " ")
    assert f"1 × {order.lines[0].title}: 19.90 EUR\n\nTotal: 19.90 EUR\n\n" in sent
    assert sent.count(infra.settings.shop.storefront_url) == 2


async def test_a_batch_is_told_by_one_select_and_one_insert(infra: Infra) -> None:
    item = await running_sale(infra, quantity=9)
    counts = []
    for batch in (1, 6):
        await customers_of(infra, item, batch)
        with statements(infra) as seen:
            await persist_all(infra)
        counts.append([sum(word in one for one in seen) for word in ("INSERT INTO mails", "FROM users")])
    assert counts == [[1, 1], [1, 1]]
    await make_due(infra)
    with statements(infra) as seen:
        assert await expire_due_orders(infra) == 7
    assert [sum(word in one for one in seen) for word in ("INSERT INTO mails", "FROM users")] == [1, 1]
    assert await mails_in(infra) == ["ORDER_PLACED"] * 7 + ["ORDER_EXPIRED"] * 7


@ONE_MODE
async def test_nothing_to_closed_accounts(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    orders = await customers_of(infra, item, 3)
    async with infra.database.write() as session:
        closed = update(User).where(User.id == orders[0].customer_id)
        await session.execute(closed.values(closed_at=infra.now()))
    await persist_all(infra)
    assert {mail.user_id for mail in await mails(infra)} == {order.customer_id for order in orders[1:]}


async def test_what_the_database_refuses_is_told(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    orders = await customers_of(infra, item, 2)
    async with infra.database.write() as session:
        await session.execute(update(FlashSaleItem).where(FlashSaleItem.id == item.id).values(remaining=1))
    await persist_all(infra)
    told = {mail.user_id: mail.kind for mail in await mails(infra)}
    assert told.keys() == {order.customer_id for order in orders}
    # Which is which depends on the partitions that they are in.
    assert sorted(told.values()) == ["ORDER_PLACED", "ORDER_REJECTED"]


@ONE_MODE
async def test_each_parcel_is_told_and_how_to_follow_it(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    await add_customer(infra, customer := new_id())
    order = await place_flash_order(infra, order_wish(item, customer=customer, quantity=3))
    await speak(infra, customer, "en")
    await persist_all(infra)
    await pay(infra, order)
    line, title = order.lines[0].id, order.lines[0].title
    for _ in range(2):
        await create_shipment(infra, ShipmentDraft(order.id, "Post", "RR1", ((line, 1),)), asked("first"))
    await create_shipment(infra, ShipmentDraft(order.id, "Own van", None, None), asked("rest"))
    parcels = [mail.data for mail in await mails(infra) if mail.kind == MailKind.ORDER_SHIPPED]
    assert [(parcel["lines"], parcel["parcel"]) for parcel in parcels] == [
        (f"1 × {title}: 19.90 EUR", "Carrier: Post\nTracking number: RR1"),
        (f"2 × {title}: 39.80 EUR", "Carrier: Own van"),
    ]


@pytest.mark.parametrize("is_paid", [False, True])
@ONE_MODE
async def test_cancelled(infra: Infra, is_paid: bool) -> None:
    item = await running_sale(infra, quantity=5)
    [order] = await customers_of(infra, item, 1)
    await speak(infra, order.customer_id, "en")
    await persist_all(infra)
    if is_paid:
        payment = await pay(infra, order)
        await refund_payment(infra, RefundWish(payment, Decimal(5), None), asked())
    for _ in range(2):
        await cancel_order(infra, Cancellation(order.customer_id, order.id, None, "c"))
    said = (await the_mail(infra, MailKind.ORDER_CANCELLED)).data["back"]
    assert said == ("We are giving back 14.90 EUR." if is_paid else "")


async def test_refunds_add_up_whoever_tells_of_them(infra: Infra) -> None:
    """Also of one that staff made at the provider."""
    order = await an_order(infra)
    await add_customer(infra, order.customer_id)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    await refund_payment(infra, RefundWish(payment.id, Decimal("1.50"), None), asked())
    await deliver(infra, told(payment, captured=1990, refunded=400))
    await deliver(infra, told(payment, captured=1990, refunded=400))
    assert [mail.data["amount"] for mail in await mails(infra) if mail.kind == MailKind.REFUNDED] == [
        "1.50 EUR",
        "2.50 EUR",
    ]
