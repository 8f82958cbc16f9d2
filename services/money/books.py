"""The books of money: double entry, append-only. Accounts:

``provider:NAME`` what a provider holds for us, ``orders`` what customers have paid for orders (below zero: it is
owed to them in goods), ``fees`` what providers kept.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import MoneyCause, MoneyEntry, Payment

ORDERS: Final = "orders"
FEES: Final = "fees"


def provider_account(name: str) -> str:
    return f"provider:{name}"


async def post(
    session: AsyncSession, payment: Payment, cause: MoneyCause, amount: int, total: int, now: datetime
) -> None:
    """Post ``amount`` more of that cause, which makes ``total`` of the payment."""
    held = provider_account(payment.provider)
    gains, gives = {
        MoneyCause.CAPTURED: (held, ORDERS),
        MoneyCause.REFUNDED: (ORDERS, held),
        MoneyCause.FEE: (FEES, held),
    }[cause]
    posting = {
        "posting_id": new_id(),
        "cause": cause,
        "total": total,
        "currency": payment.currency,
        "provider": payment.provider,
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "at": now,
    }
    rows = [
        {"id": new_id(), "account": account, "amount": units} | posting
        for account, units in ((gains, amount), (gives, -amount))
    ]
    await session.execute(insert(MoneyEntry), rows)
