"""Begin to pay an order: one attempt at a time, of what the order costs, and never twice for one key."""

from dataclasses import dataclass
from typing import Final, NoReturn
from uuid import UUID

import structlog
from sqlalchemy import select

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from infra.telemetry import tracing
from models import Order, OrderStatus, Payment, PaymentStatus
from models.order_document import OrderSnapshot
from services.order.persist_first import find_coming, may_still_arrive
from services.payment import manual
from services.payment.choose_provider import choose_provider
from services.payment.note_page import note_page
from services.payment.open_payment import Opening, open_payment
from services.payment.provider import Charge, Declined, Provider, Refused, Standing, Unreachable
from services.shared.errors import InvalidInput, InvalidTransition, NotFound, PaymentDeclined, TryAgain
from services.shared.idempotency import Request
from services.shared.patience import or_try_again
from settings.urls import is_allowed_return

log = structlog.get_logger(__name__)
OPERATION: Final = "createPayment"


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


async def create_payment(infra: Infra, wish: PaymentWish) -> Payment:
    """Begin the order's payment: a new one, or the one there is; one with another provider is cancelled for it.

    Staff begin one of ``manual`` of an order that is over, too: for money that came all the same, to be noted.

    Errors: InvalidInput, NotFound, InvalidTransition, PaymentDeclined, IdempotencyConflict, TryAgain.
    """
    provider = choose_provider(infra, wish.provider)
    return_url = checked_return_url(infra, wish.return_url)
    payment = await _begin(infra, wish, provider, return_url)
    if _has_no_page(payment):
        payment = await _create(infra, provider, payment, wish.base_url)
    if payment.status == PaymentStatus.FAILED:
        raise PaymentDeclined
    if _was_given_up(payment) and not (wish.any_owner and payment.provider == manual.NAME):
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
    is_live = payment.status == PaymentStatus.PENDING and (
        payment.live_order_id is not None or payment.provider == manual.NAME
    )
    return is_live and payment.redirect_url is None


def checked_return_url(infra: Infra, url: str | None) -> str:
    """Returns where a provider's page sends the customer. Errors: InvalidInput."""
    if url is None:
        return infra.settings.shop.storefront_url
    if is_allowed_return(url, infra.settings.return_urls):
        return url
    raise InvalidInput.at("returnUrl", message="is no address that may be returned to")


async def _begin(infra: Infra, wish: PaymentWish, provider: Provider, return_url: str) -> Payment:
    request = Request.of(
        wish.customer_id, OPERATION, wish.idempotency_key, wish.order_id.hex, wish.provider, wish.return_url
    )
    owner = None if wish.any_owner else wish.customer_id
    opening = Opening(request, wish.order_id, owner, provider, return_url, tracing.traceparent())
    looked, coming = await _look_for(infra, wish)
    with or_try_again():
        try:
            return await open_payment(infra, opening, coming)
        except NotFound as error:
            if not looked or await may_still_arrive(infra, wish.order_id, owner):
                raise TryAgain from error
            raise


async def _look_for(infra: Infra, wish: PaymentWish) -> tuple[bool, OrderSnapshot | None]:
    """Returns the order where it is still on its way, and whether that is known: not while Redis is away."""
    try:
        return True, await find_coming(infra, wish.customer_id, wish.order_id)
    except StoreUnavailable:
        return False, None


def charge_of(infra: Infra, payment: Payment, base_url: str) -> Charge:
    """Returns what a provider is asked for."""
    return Charge(
        key=payment.id.hex,
        amount=payment.amount,
        currency=payment.currency,
        description=f"Order {payment.order_id.hex[-12:]}",
        base_url=base_url,
        return_url=payment.return_url,
        captures=infra.settings.payments.payment_capture == "together",
    )


async def _create(infra: Infra, provider: Provider, payment: Payment, base_url: str) -> Payment:
    """The provider knows it by its id: asked again after a lost answer, it answers with the same."""
    charge = charge_of(infra, payment, base_url)
    try:
        news = await provider.create(charge)
    except (Declined, Refused) as error:
        log.info("payment.declined", payment_id=payment.id.hex, provider=provider.name, reason=str(error))
        news = Standing(charge.key, "", PaymentStatus.FAILED, charge.amount, charge.currency)
    except Unreachable as error:
        log.warning("payment.unreachable", payment_id=payment.id.hex, provider=provider.name, reason=str(error))
        raise TryAgain from error
    return await note_page(infra, payment.id, news)
