"""Begin to pay an order: one attempt at a time, of what the order costs, and never twice for one key."""

from dataclasses import dataclass
from typing import Final, NoReturn
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderStatus, Payment, PaymentStatus
from services.money.charging import multiple
from services.order.persist_first import may_still_arrive, persist_first
from services.order.rows import NO_ORDER
from services.payment.apply_news import apply_news
from services.payment.choose_provider import choose_provider
from services.payment.find_payments import require_payment
from services.payment.provider import Charge, Declined, Provider, Refused, Standing, Unreachable
from services.payment.rules import FIRST_CHECK
from services.payment.views import payment_event
from services.shared.errors import InvalidInput, InvalidTransition, NotFound, PaymentDeclined, TryAgain
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again
from services.shared.tell import tell
from settings.urls import is_allowed_return

log = structlog.get_logger(__name__)
OPERATION: Final = "createPayment"
_MOST_RACES: Final = 5


@dataclass(frozen=True, slots=True)
class PaymentWish:
    """``base_url`` is where browsers reach this server; ``return_url`` where they go from the provider's page."""

    customer_id: UUID
    order_id: UUID
    provider: str | None
    return_url: str | None
    idempotency_key: str
    base_url: str
    any_owner: bool = False


class _Raced(Exception):
    """Another attempt began or ended meanwhile."""


async def create_payment(infra: Infra, wish: PaymentWish) -> Payment:
    """Begin the order's payment: a new one, or the one there is; one with another provider is cancelled for it.

    Errors: InvalidInput, NotFound, InvalidTransition, PaymentDeclined, IdempotencyConflict, TryAgain.
    """
    provider = choose_provider(infra, wish.provider)
    return_url = _return_url(infra, wish.return_url)
    with or_try_again():
        payment_id = await _begin(infra, wish, provider, return_url)
    payment = await require_payment(infra, payment_id)
    if _has_no_page(payment):
        payment = await _create(infra, provider, payment, wish.base_url)
    if payment.status == PaymentStatus.FAILED:
        raise PaymentDeclined
    if _was_given_up(payment):
        await _say_why(infra, payment.order_id)
    return payment


def _was_given_up(payment: Payment) -> bool:
    """Whether it was before the customer could have paid it: there is no page to be sent to, nor will there be."""
    is_over = payment.status in (PaymentStatus.PENDING, PaymentStatus.CANCELLED) and payment.live_order_id is None
    return is_over and payment.redirect_url is None


async def _say_why(infra: Infra, order_id: UUID) -> NoReturn:
    """Errors: InvalidTransition as for any other key, PaymentDeclined, TryAgain."""
    with or_try_again():
        async with infra.database.read() as session:
            status = await session.scalar(select(Order.status).where(Order.id == order_id))
    if status != OrderStatus.AWAITING_PAYMENT:
        raise InvalidTransition(str(status), OrderStatus.PAID)
    raise PaymentDeclined("Another payment was begun instead.")


def _has_no_page(payment: Payment) -> bool:
    """The provider's answer was lost, or is yet to come; what is given up is not begun. Who asked the provider
    meanwhile knows the reference, but not the page.
    """
    is_live = payment.status == PaymentStatus.PENDING and payment.live_order_id is not None
    return is_live and payment.redirect_url is None


def _return_url(infra: Infra, url: str | None) -> str:
    """Errors: InvalidInput."""
    if url is None:
        return infra.settings.shop.storefront_url
    if is_allowed_return(url, infra.settings.return_urls):
        return url
    raise InvalidInput.at("returnUrl", message="is no address that may be returned to")


async def _begin(infra: Infra, wish: PaymentWish, provider: Provider, return_url: str) -> UUID:
    request = Request.of(
        wish.customer_id, OPERATION, wish.idempotency_key, wish.order_id.hex, wish.provider, wish.return_url
    )
    owner = None if wish.any_owner else wish.customer_id
    looked = await persist_first(infra, wish.customer_id, wish.order_id)
    for _ in range(_MOST_RACES):
        live = await _live(infra, wish.order_id)
        payment_id = live.id if live is not None and live.provider == provider.name else new_id()
        opening = _Opening(infra, wish.order_id, owner, provider, return_url, payment_id)
        try:
            return await do_once(infra, request, payment_id, opening.run)
        except _Raced:
            continue
        except NotFound as error:
            if not looked or await may_still_arrive(infra, wish.order_id, owner):
                raise TryAgain from error
            raise
    raise TryAgain


async def _live(infra: Infra, order_id: UUID) -> Payment | None:
    async with infra.database.read() as session:
        found: Payment | None = await session.scalar(select(Payment).where(Payment.live_order_id == order_id))
        return found


@dataclass(frozen=True, slots=True)
class _Opening:
    """Make ``payment_id`` the order's live payment, in the transaction of the key."""

    infra: Infra
    order_id: UUID
    owner: UUID | None
    provider: Provider
    return_url: str
    payment_id: UUID

    async def run(self, session: AsyncSession) -> None:
        """Errors: NotFound, InvalidInput, InvalidTransition, _Raced."""
        order = await self._lock_order(session)
        self._check_amount(order)
        locked = select(Payment).where(Payment.live_order_id == self.order_id).with_for_update()
        live = await session.scalar(locked.execution_options(populate_existing=True))
        if live is not None and live.id == self.payment_id:
            return
        if live is not None and live.provider == self.provider.name:
            raise _Raced
        if await session.get(Payment, self.payment_id) is not None:
            raise _Raced
        if live is not None:
            await self._replace(session, live)
        await self._add(session, order)

    async def _lock_order(self, session: AsyncSession) -> Order:
        order = await session.scalar(select(Order).where(Order.id == self.order_id).with_for_update())
        if order is None or (self.owner is not None and order.customer_id != self.owner):
            raise NotFound(NO_ORDER)
        if order.status != OrderStatus.AWAITING_PAYMENT:
            raise InvalidTransition(order.status, OrderStatus.PAID)
        return order

    def _check_amount(self, order: Order) -> None:
        """Its prices may be older than the provider is in use here. Errors: InvalidInput."""
        step = self.provider.step(order.currency)
        if order.total % step:
            message = f"cannot charge this order: the amount {multiple(step, order.currency)}"
            raise InvalidInput.at("provider", message=message)

    async def _replace(self, session: AsyncSession, live: Payment) -> None:
        """The worker cancels it with its provider. Money that staff look at is not replaced."""
        if live.problem is not None:
            raise InvalidTransition(OrderStatus.AWAITING_PAYMENT, OrderStatus.PAID)
        live.live_order_id, live.check_at = None, self.infra.now()
        await session.flush()

    async def _add(self, session: AsyncSession, order: Order) -> None:
        now = self.infra.now()
        payment = Payment(
            id=self.payment_id,
            order_id=order.id,
            customer_id=order.customer_id,
            live_order_id=order.id,
            provider=self.provider.name,
            status=PaymentStatus.PENDING,
            amount=order.total,
            currency=order.currency,
            captured=0,
            refunded=0,
            refunding=0,
            fees=0,
            pays_order=False,
            return_url=self.return_url,
            checks=0,
            check_at=now + FIRST_CHECK,
            created_at=now,
            updated_at=now,
        )
        session.add(payment)
        await session.flush()
        await tell(session, now, payment_event(payment))


async def _create(infra: Infra, provider: Provider, payment: Payment, base_url: str) -> Payment:
    """The provider knows it by its id: asked again after a lost answer, it answers with the same."""
    charge = Charge(
        key=payment.id.hex,
        amount=payment.amount,
        currency=payment.currency,
        description=f"Order {payment.order_id.hex[-12:]}",
        base_url=base_url,
        return_url=payment.return_url,
        captures=infra.settings.payments.payment_capture == "together",
    )
    try:
        news = await provider.create(charge)
    except (Declined, Refused) as error:
        log.info("payment.declined", payment_id=payment.id.hex, provider=provider.name, reason=str(error))
        news = Standing(charge.key, "", PaymentStatus.FAILED, charge.amount, charge.currency)
    except Unreachable as error:
        log.warning("payment.unreachable", payment_id=payment.id.hex, provider=provider.name, reason=str(error))
        raise TryAgain from error
    return await apply_news(infra, payment.id, news)
