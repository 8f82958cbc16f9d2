"""Check out a customer's cart: from the lines that are selected to an order that awaits its payment."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus, Saga, SagaState
from models.cart_document import CartDoc
from models.order_document import OrderView
from services.cart.rows import is_newest
from services.checkout.basket import Basket, read_basket
from services.checkout.compose_order import NO_TERMS, Terms, compose_order
from services.checkout.create_quote import honour
from services.checkout.steps import CHECKOUT, OPERATION, PLANS, checkout_data
from services.order.find_orders import find_order
from services.saga.plan import Job
from services.saga.run_saga import begin, run_saga
from services.shared.client import NOWHERE, Client
from services.shared.errors import TryAgain
from services.shared.fingerprint import fingerprint
from services.shared.idempotency import Request, do_once, recall
from services.shared.patience import or_try_again

_TRIES: Final = 4
_BUSY_MS: Final = 200


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a customer asks for."""

    customer_id: UUID
    idempotency_key: str
    terms: Terms = NO_TERMS
    client: Client = NOWHERE


class _CartChanged(Exception):
    """Since it was read: look again."""


async def checkout(infra: Infra, wish: Checkout) -> OrderView:
    """Returns the order, or as it is now when the key made it earlier.

    Errors: CartEmpty, OutOfStock, NotFound (the address, the quote), IdempotencyConflict, InvalidInput,
    RateLimited (wrong codes), TryAgain: nothing was taken for good, or another checkout is under way.
    """
    request = Request.of(wish.customer_id, OPERATION, wish.idempotency_key, *wish.terms.parts())
    with or_try_again():
        saga_id = await _known(infra, request) or await _begin(infra, wish, request)
        return await _finish(infra, wish.customer_id, saga_id)


async def _known(infra: Infra, request: Request) -> UUID | None:
    """A retry needs no cart. Errors: IdempotencyConflict, StoreUnavailable."""
    async with infra.database.read() as session:
        return await recall(session, request)


async def _begin(infra: Infra, wish: Checkout, request: Request) -> UUID:
    for _ in range(_TRIES):
        basket = await read_basket(infra, wish.customer_id)
        job = await _job(infra, wish, basket)

        async def work(session: AsyncSession, cart: CartDoc = basket.cart, job: Job = job) -> None:
            await _start(session, infra, cart, job)

        try:
            return await do_once(infra, request, job.id, work)
        except _CartChanged:
            continue
        except IntegrityError:
            break  # somebody else's checkout of it, again and again
    raise TryAgain(_BUSY_MS)


async def _job(infra: Infra, wish: Checkout, basket: Basket) -> Job:
    quote = wish.terms.quote_id
    if quote is None:
        made = await compose_order(infra, new_id(), wish.customer_id, basket, wish.terms, wish.client)
    else:
        made = await honour(infra, wish.customer_id, quote, basket)
    promised = quote is not None
    data = checkout_data(made.order, basket.quantities, wish.idempotency_key, made.discount_id, promised=promised)
    return Job(made.order.id, wish.customer_id, data)


async def _start(session: AsyncSession, infra: Infra, cart: CartDoc, job: Job) -> None:
    """A cart has one checkout at a time, and each version of it one for all time: two devices make one order."""
    mark = fingerprint("cart", cart.id.hex, cart.life, cart.version)
    if await session.scalar(select(Saga.id).where(Saga.claim == cart.id)) is not None:
        raise TryAgain(_BUSY_MS)
    if not await is_newest(session, cart) or await session.scalar(select(Saga.id).where(Saga.mark == mark)):
        raise _CartChanged
    await begin(session, CHECKOUT, job, infra.now(), claim=cart.id, mark=mark)


async def _finish(infra: Infra, customer_id: UUID, order_id: UUID) -> OrderView:
    try:
        undone = await run_saga(infra, PLANS, order_id) == SagaState.UNDONE
    except LookupError:
        undone = False  # so long ago that it is forgotten; the order is not
    except StoreUnavailable:
        # Whatever is left to do is done later: the order, if it is there, is kept.
        undone = False
    infra.signals.send([order_id])
    found = None if undone else await find_order(infra, order_id, customer_id)
    if found is None or found.status == OrderStatus.REJECTED:
        raise TryAgain
    return found
