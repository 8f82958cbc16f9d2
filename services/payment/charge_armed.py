"""Charge orders that were armed, without their customers, by what was set up. Who cannot pay holds nothing."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.due_queue import Backoff, DueQueue, serve
from infra.runtime import Infra
from models import ArmedOrder, ArmedState, OrderStatus, Payment, PaymentStatus
from services.order.close_orders import Closing, close_orders, release_closed
from services.payment.apply_news import apply_news
from services.payment.choose_provider import find_provider
from services.payment.create_payment import charge_of
from services.payment.open_payment import Opening, open_payment
from services.payment.provider import ChargesLater, Declined, Provider, Refused, Standing, Unreachable
from services.reservation.release import ItemOrders
from services.shared.errors import InvalidInput, InvalidTransition, NotFound, TryAgain
from services.shared.idempotency import Request

log = structlog.get_logger(__name__)
DECLINED_NOTE: Final = "The payment was declined."
_OPERATION: Final = "chargeArmed"
_KEPT: Final = timedelta(days=30)
QUEUE: Final = DueQueue(
    ArmedOrder,
    ArmedOrder.due_at,
    lease=Backoff(timedelta(seconds=10), most=timedelta(minutes=2)),
    batch=20,
    tries=ArmedOrder.attempts,
    only=(ArmedOrder.state == ArmedState.PLACED,),
)


async def charge_armed(infra: Infra) -> int:
    """Charge a batch of what is due; returns how many. Errors: StoreUnavailable."""
    due = await infra.database.transact(lambda session: QUEUE.take(session, infra.now()), timeout=WORKERS_PATIENCE)
    return await serve(due, lambda one: _charge(infra, one))


async def _charge(infra: Infra, armed: ArmedOrder) -> None:
    """The provider knows the charge by the payment's id: asked again after a lost answer, it charges once."""
    assert armed.order_id is not None
    try:
        provider = find_provider(infra, armed.provider)
        if provider is None or not isinstance(provider, ChargesLater):
            await _decline(infra, armed)
            return
        payment = await open_payment(infra, _opening(armed, armed.order_id, provider))
        if payment.redirect_url is None and payment.status == PaymentStatus.PENDING:
            payment = await _take(infra, provider, armed, payment)
        if payment.status == PaymentStatus.FAILED:
            await _decline(infra, armed)
        else:
            # Its customer may have begun to pay it on a page: then that is how it is paid.
            await _finish(infra, armed.id, ArmedState.CHARGED)
    except (InvalidTransition, NotFound):
        await _finish(infra, armed.id, ArmedState.CHARGED)  # paid or over: nothing is to be charged
    except InvalidInput as error:
        log.warning("armed.not_chargeable", armed_id=armed.id.hex, reason=str(error))
        await _decline(infra, armed)
    except (Unreachable, TryAgain) as error:
        log.warning("armed.not_charged", armed_id=armed.id.hex, provider=armed.provider, reason=str(error))


def _opening(armed: ArmedOrder, order_id: UUID, provider: Provider) -> Opening:
    request = Request.of(armed.customer_id, _OPERATION, armed.id.hex, order_id.hex)
    return Opening(request, order_id, armed.customer_id, provider, armed.return_url)


async def _take(infra: Infra, provider: ChargesLater, armed: ArmedOrder, payment: Payment) -> Payment:
    """Errors: Unreachable, TryAgain."""
    charge = charge_of(infra, payment, "")
    try:
        method = armed.method
        if method is None and armed.set_up is not None:
            # The customer set it up, and never came back to say so.
            method = (await provider.fetch_set_up(armed.set_up)).method
        if method is None:
            raise Declined("nothing was set up")
        news = await provider.charge_off_session(charge, method)
    except (Declined, Refused) as error:
        log.info("armed.declined", payment_id=payment.id.hex, provider=armed.provider, reason=str(error))
        news = Standing(charge.key, "", PaymentStatus.FAILED, charge.amount, charge.currency)
    return await apply_news(infra, payment.id, news)


async def _decline(infra: Infra, armed: ArmedOrder) -> None:
    """Cancel the order, whose units go on at once; its customer is told by the mail of it."""
    closing, now = Closing(OrderStatus.CANCELLED, "payments", DECLINED_NOTE), infra.now()
    order_id = armed.order_id
    assert order_id is not None

    async def work(session: AsyncSession) -> ItemOrders:
        closed = await close_orders(session, [order_id], closing, now)
        await _set(session, armed.id, ArmedState.DECLINED, infra)
        return closed

    await release_closed(infra, await infra.database.transact(work, timeout=WORKERS_PATIENCE))
    infra.signals.send([order_id])


async def _finish(infra: Infra, armed_id: UUID, state: ArmedState) -> None:
    await infra.database.transact(lambda session: _set(session, armed_id, state, infra), timeout=WORKERS_PATIENCE)


async def _set(session: AsyncSession, armed_id: UUID, state: ArmedState, infra: Infra) -> None:
    await session.execute(
        update(ArmedOrder)
        .where(ArmedOrder.id == armed_id)
        .values(state=state, due_at=None, method=None, forget_at=infra.now(), updated_at=infra.now())
        .execution_options(synchronize_session=False)
    )


async def forget_armed(infra: Infra) -> int:
    """Delete armed orders a month after their sale, once nothing of them is set up. Returns how many.

    Errors: StoreUnavailable.
    """

    async def work(session: AsyncSession) -> int:
        over = select(ArmedOrder.id).where(
            ArmedOrder.expires_at < infra.now() - _KEPT,
            ArmedOrder.state != ArmedState.PLACED,
            ArmedOrder.forget_at.is_(None),
        )
        old = list(await session.scalars(over.limit(1000)))
        if old:
            await session.execute(delete(ArmedOrder).where(ArmedOrder.id.in_(old)))
        return len(old)

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)
