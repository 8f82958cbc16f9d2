"""Follow an order: as it is now, and again whenever it has changed."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.order_document import OrderView
from services.order.find_orders import find_order, find_orders
from services.shared.errors import NotFound
from services.shared.order_states import is_final

# A signal can be lost with the Redis that should have passed it on.
_LOOK_AGAIN = 30.0
_RETRY = 1.0


async def follow_order(
    infra: Infra, order_id: UUID, viewer_id: UUID, *, any_owner: bool
) -> AsyncGenerator[OrderView, None]:
    """Ends when the order can change no more. ``any_owner`` is for staff.

    Errors: NotFound, StoreUnavailable at the first look; later ones wait for the store to come back.
    """
    with infra.signals.watch(order_id) as watch:
        seen = await _first(infra, order_id, viewer_id, any_owner)
        yield seen
        while not is_final(seen.status):
            await watch.changed(_LOOK_AGAIN)
            found = await _again(infra, seen)
            if found != seen:
                seen = found
                yield seen


async def _first(infra: Infra, order_id: UUID, viewer_id: UUID, any_owner: bool) -> OrderView:
    found = await find_order(infra, order_id, viewer_id)
    if found is None and any_owner:
        found = await find_order(infra, order_id, None)
    if found is None:
        raise NotFound("There is no such order.")
    return found


async def _again(infra: Infra, seen: OrderView) -> OrderView:
    """Read the order in the database; as it was while that has not got it, or does not answer."""

    async def load(ids: Sequence[UUID]) -> dict[UUID, OrderView]:
        return await find_orders(infra, ids, None)

    try:
        return await infra.signals.together("orders", load).read(seen.id) or seen
    except StoreUnavailable:
        await asyncio.sleep(_RETRY)
        return seen
