"""What payment tests have in common."""

from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import MoneyEntry, Order, OrderStatus, Payment, PaymentStatus, QueuedMail, Refund, User
from models.order_document import OrderView
from services.order.place_flash_order import place_flash_order
from services.payment.create_payment import PaymentWish, create_payment
from services.payment.provider import Standing
from services.payment.receive_webhook import receive_webhook
from services.payment.sandbox.charges import event_body
from services.payment.sandbox.page import Decision, decide
from services.payment.sandbox.secret import webhook_secret
from services.payment.send_refunds import send_refunds
from services.reconcile.reconcile import reconcile
from services.shared.asked import Asked
from services.shared.signature import sign
from tests.factories import order_wish, running_sale
from tests.workers import persist_all

STAFF = new_id()
BASE = "http://127.0.0.1:1"
Book = dict[tuple[str, str], int]
"""Minor units by account and currency."""
FEE_ONLY = {("provider:sandbox", "EUR"): -19, ("fees", "EUR"): 19}
"""All was given back but what the provider keeps."""


def asked(key: str | None = None) -> Asked:
    return Asked(STAFF, key or new_id().hex, f"user:{STAFF.hex}")


async def an_order(infra: Infra, *, price: str = "19.90") -> OrderView:
    """Of a flash sale, one unit; it waits for its money."""
    item = await running_sale(infra, quantity=5, price=price)
    order = await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    return order


async def begin(
    infra: Infra, order: OrderView, *, key: str | None = None, provider: str | None = "sandbox"
) -> Payment:
    wish = PaymentWish(order.customer_id, order.id, provider, None, key or new_id().hex, BASE)
    return await create_payment(infra, wish)


def charge_of(payment: Payment) -> UUID:
    return UUID(payment.reference)


async def approve(infra: Infra, payment: Payment, **how: Any) -> None:
    """At the provider: we have not heard of it yet."""
    await decide(infra, charge_of(payment), Decision(True, **how), f"{BASE}/hook")


async def deliver(infra: Infra, body: dict[str, Any]) -> None:
    raw = orjson.dumps(body)
    headers = sign(webhook_secret(infra.settings), body["id"], raw, infra.now())
    await receive_webhook(infra, "sandbox", headers, raw)


def told(payment: Payment, **changes: Any) -> dict[str, Any]:
    """A webhook that says that all of it is captured."""
    key, reference, amount = payment.id.hex, str(payment.reference), payment.amount
    body = event_body(Standing(key, reference, PaymentStatus.CAPTURED, amount, payment.currency, amount))
    body["charge"] |= changes
    return body


async def paid(infra: Infra) -> tuple[OrderView, Payment]:
    """An order, and the payment that was captured for it."""
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    return order, payment


async def refund_all_due(infra: Infra) -> None:
    while await send_refunds(infra):
        pass


async def status_of(infra: Infra, order_id: UUID) -> OrderStatus:
    async with infra.database.read() as session:
        return OrderStatus(await session.scalar(select(Order.status).where(Order.id == order_id)) or "")


async def payments_in(infra: Infra, order_id: UUID) -> list[Payment]:
    async with infra.database.read() as session:
        found = select(Payment).where(Payment.order_id == order_id).order_by(Payment.id)
        return list(await session.scalars(found))


async def refunds_in(infra: Infra) -> list[Refund]:
    async with infra.database.read() as session:
        return list(await session.scalars(select(Refund).order_by(Refund.id)))


async def mails_in(infra: Infra) -> list[str]:
    async with infra.database.read() as session:
        return [str(kind) for kind in await session.scalars(select(QueuedMail.kind).order_by(QueuedMail.id))]


async def book(infra: Infra) -> Book:
    """Each posting sums to zero."""
    accounts: Book = defaultdict(int)
    postings: dict[UUID, int] = defaultdict(int)
    async with infra.database.read() as session:
        for entry in await session.scalars(select(MoneyEntry)):
            accounts[entry.account, entry.currency] += entry.amount
            postings[entry.posting_id] += entry.amount
    assert set(postings.values()) <= {0}
    return {key: amount for key, amount in accounts.items() if amount}


async def make_checks_due(infra: Infra) -> None:
    async with infra.database.write() as session:
        due = update(Payment).where(Payment.check_at.is_not(None))
        await session.execute(due.values(check_at=infra.now() - timedelta(seconds=1)))


async def assert_books_of_stock(infra: Infra) -> None:
    await persist_all(infra)
    assert (await reconcile(infra)).differences == []


async def add_customer(infra: Infra, user_id: Any) -> None:
    async with infra.database.write() as session:
        session.add(
            User(
                id=user_id, email=f"{user_id.hex}@example.org", display_name="Ada", password_hash="",
                roles=["CUSTOMER"], locale="zh", created_at=infra.now(),
            )
        )  # fmt: skip
