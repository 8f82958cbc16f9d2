"""Quotes: a price that the order then honours, whatever becomes of prices, rates and codes meanwhile."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.ids import new_id
from infra.runtime import Infra
from models import Quote
from models.order_document import OrderSnapshot
from services.checkout.basket import Basket, read_basket
from services.checkout.compose_order import Composed, Terms, compose_order, key_of
from services.checkout.steps import cart_lines_of, checkout_data, order_of
from services.saga.plan import Job
from services.shared.client import NOWHERE, Client
from services.shared.errors import InvalidInput, NotFound
from services.shared.patience import or_try_again, transact_for_request
from services.shared.viewer import NO_GROUPS

KEPT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class QuoteView:
    id: UUID
    order: OrderSnapshot
    expires_at: datetime


async def create_quote(
    infra: Infra,
    customer_id: UUID,
    terms: Terms,
    client: Client = NOWHERE,
    groups: Collection[str] = NO_GROUPS,
) -> QuoteView:
    """Make a quote for a member of these groups; it holds no stock and no use of a code.

    Errors: CartEmpty, NotFound, InvalidInput, RateLimited (wrong codes), TryAgain.
    """
    terms.parts()
    with or_try_again():
        basket = await read_basket(infra, customer_id, groups)
        made = await compose_order(infra, new_id(), customer_id, basket, terms, client)
        now = infra.now()
        data = checkout_data(made.order, basket.quantities, "", made.discount_id, promised=True)
        row = {"id": made.order.id, "customer_id": customer_id, "data": data}
        await _write_quote(infra, row | {"created_at": now, "expires_at": now + KEPT})
    return QuoteView(made.order.id, made.order, now + KEPT)


async def find_quotes(infra: Infra, customer_id: UUID, ids: Collection[UUID]) -> dict[UUID, QuoteView]:
    """Find the customer's quotes that have not expired. Errors: StoreUnavailable."""
    wanted = select(Quote).where(Quote.id.in_(ids), Quote.customer_id == customer_id)
    async with infra.database.read() as session:
        found = await session.scalars(wanted.where(Quote.expires_at > infra.now()))
        jobs = [(Job(row.id, customer_id, row.data), row.expires_at) for row in found]
    return {job.id: QuoteView(job.id, order_of(job), expires_at) for job, expires_at in jobs}


async def honour(infra: Infra, customer_id: UUID, quote_id: UUID, basket: Basket) -> Composed:
    """Compose the order as it was quoted, of a cart that is still the same.

    Errors: NotFound, for another's as well; InvalidInput, StoreUnavailable.
    """
    async with infra.database.read() as session:
        row = await session.get(Quote, quote_id)
    if row is None or row.customer_id != customer_id:
        raise NotFound("There is no such quote.")
    now = infra.now()
    if row.expires_at <= now:
        raise InvalidInput.at("quoteId", message="has expired: ask for a new one")
    quoted = Job(row.id, customer_id, row.data)
    if cart_lines_of(quoted) != basket.quantities:
        raise InvalidInput.at("quoteId", message="is of another cart than there is now: ask for a new one")
    order_id, discount = new_id(), row.data["discount"]
    timeout = round(infra.settings.orders.payment_timeout * 1000)
    order = replace(
        order_of(quoted),
        id=order_id,
        idempotency_key=key_of(order_id),
        placed_at=now,
        payment_timeout_ms=timeout,
    )
    return Composed(order, None if discount is None else UUID(discount))


async def forget_quotes(infra: Infra) -> int:
    """Delete quotes that have expired. Returns how many. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> int:
        old = list(await session.scalars(select(Quote.id).where(Quote.expires_at < infra.now()).limit(1000)))
        if old:
            await session.execute(delete(Quote).where(Quote.id.in_(old)))
        return len(old)

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)


async def _write_quote(infra: Infra, row: dict[str, object]) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(insert(Quote), [row])

    await transact_for_request(infra, work)
