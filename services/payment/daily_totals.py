"""What was taken, given back and kept as fees, a day, currency and provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy import case, func, select

from infra.runtime import Infra
from models import MoneyCause, MoneyEntry
from services.money.books import provider_account
from services.shared.errors import InvalidInput

MOST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class DailyTotal:
    """Minor units. ``day`` in UTC."""

    day: date
    provider: str
    currency: str
    captured: int
    refunded: int
    fees: int


async def daily_totals(infra: Infra, first: date, last: date) -> Sequence[DailyTotal]:
    """Add up the money of each day, both days with it; those on which money moved.

    Errors: InvalidInput, StoreUnavailable.
    """
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InvalidInput.at("last", message=f"must be the first day or later, and within {MOST_DAYS} days")
    day = func.date(MoneyEntry.at)
    # What the providers' accounts gained and gave: each posting has one of them.
    sums = [
        func.sum(case((MoneyEntry.cause == cause, sign * MoneyEntry.amount), else_=0))
        for cause, sign in ((MoneyCause.CAPTURED, 1), (MoneyCause.REFUNDED, -1), (MoneyCause.FEE, -1))
    ]
    of_providers = MoneyEntry.account.startswith(provider_account(""))
    found = (
        select(day, MoneyEntry.provider, MoneyEntry.currency, *sums)
        .where(MoneyEntry.at.between(*_span(first, last)), of_providers)
        .group_by(day, MoneyEntry.provider, MoneyEntry.currency)
        .order_by(day, MoneyEntry.provider, MoneyEntry.currency)
    )
    async with infra.database.read() as session:
        rows = (await session.execute(found)).all()
    return [DailyTotal(_day(at), name, currency, *map(int, units)) for at, name, currency, *units in rows]


def _span(first: date, last: date) -> tuple[datetime, datetime]:
    """Returns the first and the last microsecond, as there may be no day after."""
    return datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC)


def _day(value: date | str) -> date:
    """SQLite has no dates."""
    return date.fromisoformat(value) if isinstance(value, str) else value
