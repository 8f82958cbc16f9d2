"""What staff and customers are told of money is what the books have, and the providers."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import delete, select

from infra.runtime import Infra
from models import (
    MoneyEntry,
    OrderStatus,
    QueuedMail,
    SandboxCharge,
)
from services.payment.daily_totals import DailyTotal, daily_totals
from services.payment.reconcile_payments import Difference, reconcile_payments
from services.payment.refund_payment import RefundWish, refund_payment
from services.shared.errors import InvalidInput
from tests.commands import rushcart
from tests.integration.money import (
    add_customer,
    an_order,
    approve,
    asked,
    begin,
    deliver,
    mails_in,
    status_of,
    told,
)
from tests.modes import ONE_MODE


@ONE_MODE
async def test_a_receipt_in_the_customers_language(infra: Infra) -> None:
    order = await an_order(infra)
    await add_customer(infra, order.customer_id)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    await refund_payment(infra, RefundWish(payment.id, Decimal("1.50"), None), asked())
    assert await mails_in(infra) == ["RECEIPT", "REFUNDED"]
    async with infra.database.read() as session:
        mails = list(await session.scalars(select(QueuedMail).order_by(QueuedMail.id)))
    assert [mail.locale for mail in mails] == ["zh", "zh"]
    assert mails[0].data["total"] == mails[0].data["amount"] == "19.90 EUR"
    assert mails[0].data["lines"] == f"1 × {order.lines[0].title}: 19.90 EUR"
    assert mails[1].data["amount"] == "1.50 EUR"


async def test_the_books_and_the_providers_are_compared(infra: Infra) -> None:
    order, other = await an_order(infra), await an_order(infra)
    payment, lost = await begin(infra, order), await begin(infra, other)
    for one in (payment, lost):
        await approve(infra, one)
    await deliver(infra, told(payment, fees=19))
    since = infra.now() - timedelta(days=1)
    found = await reconcile_payments(infra, since)
    assert (found.payments, found.listed) == (2, 2)
    assert found.differences == [Difference("provider", lost.id.hex, "(0, 0, 0)", "(1990, 0, 19)")]
    assert [d.fixed for d in (await reconcile_payments(infra, since, fix=True)).differences] == [True]
    assert await status_of(infra, other.id) == OrderStatus.PAID
    assert (await reconcile_payments(infra, since)).differences == []
    async with infra.database.write() as session:
        entry = (await session.scalars(select(MoneyEntry).where(MoneyEntry.payment_id == lost.id).limit(1))).one()
        entry.amount += 1
        await session.execute(delete(SandboxCharge).where(SandboxCharge.key == payment.id.hex))
    damaged = {(d.what, d.payment) for d in (await reconcile_payments(infra, since)).differences}
    assert {("books", entry.posting_id.hex), ("unknown", payment.id.hex)} <= damaged
    rushcart_says = await rushcart(infra, "payments", "reconcile")
    assert rushcart_says.returncode == 1
    assert "2 payments in the books, 1 listed by providers" in rushcart_says.stdout


async def test_daily_totals(infra: Infra) -> None:
    order = await an_order(infra)
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment, fees=19))
    await refund_payment(infra, RefundWish(payment.id, Decimal(5), None), asked())
    today = infra.now().date()
    assert await daily_totals(infra, today - timedelta(days=1), today + timedelta(days=1)) == [
        DailyTotal(today, "sandbox", "EUR", captured=1990, refunded=500, fees=19)
    ]
    assert await daily_totals(infra, today + timedelta(days=1), today + timedelta(days=1)) == []
    with pytest.raises(InvalidInput):
        await daily_totals(infra, today, today - timedelta(days=1))
    for end in (date.min, date.max):
        assert await daily_totals(infra, end, end) == []
