"""Check out a customer's cart: from the lines that are selected to an order that awaits its payment."""

from asyncio import gather
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from infra.telemetry import tracing
from models import OrderStatus, SagaState
from models.order_document import OrderView
from services.checkout.basket import Basket, read_basket
from services.checkout.begin_checkout import BUSY_MS, Beginning, CartChanged, begin_checkout
from services.checkout.compose_order import NO_TERMS, Terms, compose_order
from services.checkout.create_quote import honour
from services.checkout.steps import CHECKOUT, OPERATION, PLANS, checkout_data
from services.order.find_orders import find_order
from services.saga.plan import Job
from services.saga.run_saga import At, first_step, go_on, run_saga
from services.shared.client import NOWHERE, Client
from services.shared.errors import ServiceError, TryAgain
from services.shared.idempotency import Request, recall
from services.shared.patience import or_try_again
from services.shared.viewer import NO_GROUPS

_TRIES: Final = 4


@dataclass(frozen=True, slots=True)
class Checkout:
    """What a customer asks for. ``buyer_id``: as an order has it. ``groups``: what they are in."""

    customer_id: UUID
    idempotency_key: str
    terms: Terms = NO_TERMS
    client: Client = NOWHERE
    buyer_id: UUID | None = None
    groups: frozenset[str] = NO_GROUPS


async def checkout(infra: Infra, wish: Checkout) -> OrderView:
    """Returns the order, or as it is now when the key made it earlier.

    Errors: CartEmpty, OutOfStock, NotFound (the address, the quote), IdempotencyConflict, InvalidInput,
    RateLimited (wrong codes), TryAgain: nothing was taken for good, or another checkout is under way.
    """
    request = Request.of(wish.customer_id, OPERATION, wish.idempotency_key, *wish.terms.parts())
    with or_try_again():
        return await _finish(infra, wish.customer_id, await _begin(infra, wish, request))


async def _begin(infra: Infra, wish: Checkout, request: Request) -> At | UUID:
    """Returns the saga; only its id when it was begun elsewhere. A retry needs no cart, no address and no quote.

    Errors: as ``checkout``.
    """
    # A code that is used up by now must not count as a wrong one.
    if wish.terms.discount_code is not None and (known := await _known(infra, request)):
        return known
    try:
        return await _begin_new(infra, wish, request)
    except (ServiceError, StoreUnavailable):
        if known := await _known(infra, request):
            return known
        raise


async def _known(infra: Infra, request: Request) -> UUID | None:
    """Errors: IdempotencyConflict, StoreUnavailable."""
    async with infra.database.read() as session:
        return await recall(session, request)


async def _begin_new(infra: Infra, wish: Checkout, request: Request) -> At | UUID:
    for _ in range(_TRIES):
        basket = await read_basket(infra, wish.customer_id, wish.groups)
        job = await _job(infra, wish, basket)
        try:
            saga_id = await begin_checkout(infra, Beginning(request, basket.cart, job))
        except CartChanged:
            continue
        except IntegrityError:
            break  # somebody else's checkout of it, again and again
        plan = PLANS[CHECKOUT.kind]
        return At(plan, job, step=first_step(plan)) if saga_id == job.id else saga_id
    raise TryAgain(BUSY_MS)


async def _job(infra: Infra, wish: Checkout, basket: Basket) -> Job:
    quote = wish.terms.quote_id
    if quote is None:
        made = await compose_order(infra, new_id(), wish.customer_id, basket, wish.terms, wish.client)
    else:
        made = await honour(infra, wish.customer_id, quote, basket)
    promised = quote is not None
    order = replace(made.order, buyer_id=wish.buyer_id)
    data = checkout_data(order, basket.quantities, wish.idempotency_key, made.discount_id, promised=promised)
    return Job(made.order.id, wish.customer_id, data, tracing.traceparent())


async def _finish(infra: Infra, customer_id: UUID, begun: At | UUID) -> OrderView:
    order_id = begun if isinstance(begun, UUID) else begun.job.id
    if isinstance(begun, At) and begun.is_placed:
        # It is kept: how it reads and what is left to do need not wait for each other.
        undone, found = await gather(_end(infra, begun), find_order(infra, order_id, customer_id))
    else:
        undone = await _end(infra, begun)
        found = None if undone else await find_order(infra, order_id, customer_id)
    infra.signals.send([order_id])
    if undone or found is None or found.status == OrderStatus.REJECTED:
        raise TryAgain
    return found


async def _end(infra: Infra, begun: At | UUID) -> bool:
    """Returns whether it was undone. Errors: the ServiceError that refused it."""
    try:
        state = await (run_saga(infra, PLANS, begun) if isinstance(begun, UUID) else go_on(infra, begun))
    except LookupError:
        return False  # so long ago that it is forgotten; the order is not
    except StoreUnavailable:
        return False  # whatever is left to do is done later: the order, if it is there, is kept
    return state == SagaState.UNDONE
