"""The books of money: double entry, append-only. Accounts:

``provider:NAME`` what a provider holds for us, ``orders`` what customers have paid for orders (below zero: it is
owed to them in goods), ``fees`` what providers kept.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import MoneyCause, MoneyEntry, Payment

ORDERS: Final = "orders"
FEES: Final = "fees"


def provider_account(name: str) -> str:
    return f"provider:{name}"


def posting(payment: Payment, cause: MoneyCause, amount: int, total: int, now: datetime) -> list[dict[str, Any]]:
    """Returns the rows that post ``amount`` more of that cause, which makes ``total`` of the payment."""
    held = provider_account(payment.provider)
    gains, gives = {
        MoneyCause.CAPTURED: (held, ORDERS),
        MoneyCause.REFUNDED: (ORDERS, held),
        MoneyCause.FEE: (FEES, held),
    }[cause]
    both = {
        "posting_id": new_id(),
        "cause": cause,
        "total": total,
        "currency": payment.currency,
        "provider": payment.provider,
        "order_id": payment.order_id,
        "payment_id": payment.id,
        "at": now,
    }
    return [
        {"id": new_id(), "account": account, "amount": units} | both
        for account, units in ((gains, amount), (gives, -amount))
    ]


async def post(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows of postings, of any number."""
    if rows:
        await (await session.connection()).execute(insert(MoneyEntry), rows)
