"""Whether money is where it belongs: with the shop for what was bought, with the customer for all else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from chaos.waiting import until
from chaos.wishes import Wish
from infra.runtime import Infra
from models import (
    ArmedOrder,
    ArmedState,
    Order,
    OrderStatus,
    Payment,
    PaymentStatus,
    Refund,
    RefundState,
    SandboxCharge,
)
from services.payment.reconcile_payments import reconcile_payments
from services.payment.sandbox.charges import SET_UP
from services.reconcile.books import one_moment

# A webhook that never comes is made up for by asking, after 10 s, 20 s and so on.
_WITHIN: Final = 150.0
_PATIENCE: Final = 10.0
_BOUGHT: Final = (OrderStatus.PAID, OrderStatus.SHIPPED, OrderStatus.COMPLETED)


@dataclass(slots=True)
class MoneyVerdict:
    """``taken``, ``given_back``: payments of which that is so; ``wrong``: what is not where it belongs."""

    taken: int = 0
    given_back: int = 0
    wrong: list[str] = field(default_factory=list)


async def judge_money(infra: Infra, wishes: Sequence[Wish]) -> MoneyVerdict:
    """Once all news have come in and all refunds are done. Errors: AssertionError when they do not."""
    await _free_refunds(infra)
    await until(lambda: _unsettled(infra), lambda count: count == 0, within=_WITHIN)
    verdict = MoneyVerdict()
    async with one_moment(infra) as session:
        orders = {order.id: order for order in await session.scalars(select(Order))}
        payments = (await session.scalars(select(Payment))).all()
    by_order: dict[UUID, list[Payment]] = defaultdict(list)
    for payment in payments:
        by_order[payment.order_id].append(payment)
        verdict.taken += bool(payment.captured)
        verdict.given_back += bool(payment.refunded)
    verdict.wrong += [text for order in orders.values() if (text := _problem(order, by_order[order.id]))]
    verdict.wrong += _untrue(by_order, wishes)
    report = await reconcile_payments(infra, infra.now() - timedelta(days=1))
    verdict.wrong += [str(difference) for difference in report.differences]
    return verdict


async def _free_refunds(infra: Infra) -> None:
    """What those who were killed had taken is another's now, not after the minute that it was theirs."""
    pending = update(Refund).where(Refund.state == RefundState.PENDING).values(due_at=infra.now())
    await infra.database.transact(lambda session: session.execute(pending), timeout=_PATIENCE)


async def _unsettled(infra: Infra) -> int:
    """Refunds that are not done, armed orders that are not charged, and payments of which the provider knows more
    than we do."""
    refunds = select(func.count()).select_from(Refund).where(Refund.state == RefundState.PENDING)
    placed = select(func.count()).select_from(ArmedOrder).where(ArmedOrder.state == ArmedState.PLACED)
    async with one_moment(infra) as session:  # a capture makes its refund in the same transaction
        count = await session.scalar(refunds) or 0
        count += await session.scalar(placed) or 0
        every = await session.scalars(select(SandboxCharge))
        charges = {UUID(charge.key): charge for charge in every if not charge.key.startswith(SET_UP)}
        for payment in await session.scalars(select(Payment)):
            charge = charges.get(payment.id)
            count += charge is not None and _said(charge) != (payment.captured, payment.refunded)
    return count


def _said(charge: SandboxCharge) -> tuple[int, int]:
    return charge.captured, sum(charge.refunds.values())


def _problem(order: Order, payments: Iterable[Payment]) -> str | None:
    kept = sum(payment.captured - payment.refunded for payment in payments)
    paying = sum(payment.pays_order for payment in payments)
    is_bought = order.status in _BOUGHT
    if kept != (order.total if is_bought else 0):
        return f"order {order.id} is {order.status} of {order.total}, and {kept} was kept"
    return f"order {order.id} is {order.status} by {paying} payments" if is_bought and paying != 1 else None


def _untrue(by_order: Mapping[UUID, Sequence[Payment]], wishes: Sequence[Wish]) -> list[str]:
    """What was approved in time was taken, whatever became of it; nothing else was."""
    found = []
    for wish in wishes:
        payments = [payment for id_ in wish.orders for payment in by_order.get(id_, ())]
        taken = sum(payment.captured > 0 for payment in payments)
        in_time = wish.approved and (not payments or any(p.status != PaymentStatus.CANCELLED for p in payments))
        if wish.approved is not None and taken != bool(in_time):
            found.append(f"key {wish.key}: approved {wish.approved}, taken {taken} times")
    return found
