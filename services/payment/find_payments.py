"""Read payments."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select

from infra.runtime import Infra
from models import Payment, Refund
from services.shared.errors import NotFound
from services.shared.patience import or_try_again


async def find_payments(
    infra: Infra, ids: Collection[UUID], customer_id: UUID | None = None
) -> dict[UUID, Payment]:
    """Find payments of one customer, unless that is None (staff). Errors: StoreUnavailable."""
    found = select(Payment).where(Payment.id.in_(ids))
    found = found if customer_id is None else found.where(Payment.customer_id == customer_id)
    async with infra.database.read() as session:
        return {payment.id: payment for payment in await session.scalars(found)}


async def find_refunds(infra: Infra, ids: Collection[UUID]) -> dict[UUID, Refund]:
    """Find refunds by their ids, whosever they are. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(Refund).where(Refund.id.in_(ids)))
        return {refund.id: refund for refund in found}


async def require_payment(infra: Infra, payment_id: UUID) -> Payment:
    """Errors: NotFound, TryAgain."""
    with or_try_again():
        found = await find_payments(infra, [payment_id])
    if payment_id not in found:
        raise NotFound("There is no such payment.")
    return found[payment_id]


async def find_by_reference(infra: Infra, provider: str, reference: str) -> Payment | None:
    """Errors: StoreUnavailable."""
    wanted = select(Payment).where(Payment.provider == provider, Payment.reference == reference)
    async with infra.database.read() as session:
        found: Payment | None = await session.scalar(wanted)
        return found


async def payments_of_orders(infra: Infra, order_ids: Collection[UUID]) -> dict[UUID, Sequence[Payment]]:
    """Find the payments of orders, the oldest first. Errors: StoreUnavailable."""
    found: dict[UUID, list[Payment]] = defaultdict(list)
    wanted = select(Payment).where(Payment.order_id.in_(order_ids)).order_by(Payment.id)
    async with infra.database.read() as session:
        for payment in await session.scalars(wanted):
            found[payment.order_id].append(payment)
    return dict(found)


async def refunds_of_payments(infra: Infra, payment_ids: Collection[UUID]) -> dict[UUID, Sequence[Refund]]:
    """Find the refunds of payments, the oldest first. Errors: StoreUnavailable."""
    found: dict[UUID, list[Refund]] = defaultdict(list)
    wanted = select(Refund).where(Refund.payment_id.in_(payment_ids)).order_by(Refund.id)
    async with infra.database.read() as session:
        for refund in await session.scalars(wanted):
            found[refund.payment_id].append(refund)
    return dict(found)
