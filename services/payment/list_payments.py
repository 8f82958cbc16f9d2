"""Everyone's payments, for staff, as a keyset page, newest first."""

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, func, select

from infra.runtime import Infra
from models import Payment, PaymentStatus
from services.shared.pages import Cut, IdPage, read_count, read_page

S = TypeVar("S", bound=Select[Any])


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """None: not asked. ``held``: money that is held for staff, or that is not."""

    statuses: tuple[PaymentStatus, ...] | None = None
    provider: str | None = None
    order_id: UUID | None = None
    held: bool | None = None

    def narrow(self, statement: S) -> S:
        if self.statuses is not None:
            statement = statement.where(Payment.status.in_(self.statuses))
        if self.provider is not None:
            statement = statement.where(Payment.provider == self.provider)
        if self.order_id is not None:
            statement = statement.where(Payment.order_id == self.order_id)
        if self.held is not None:
            is_held = Payment.problem.is_not(None)
            statement = statement.where(is_held if self.held else ~is_held)
        return statement


async def list_payments(infra: Infra, wanted: PaymentFilter, page: IdPage) -> Cut[Payment]:
    """List payments, by one statement. Errors: StoreUnavailable."""
    return await read_page(infra, wanted.narrow(select(Payment)), Payment.id, page)


async def count_payments(infra: Infra, wanted: PaymentFilter) -> int:
    """Errors: StoreUnavailable."""
    return await read_count(infra, wanted.narrow(select(func.count()).select_from(Payment)))
