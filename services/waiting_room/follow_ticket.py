"""Follow one's place in the line until one is let in."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from services.shared.errors import NotFound
from services.waiting_room.find_ticket import find_ticket
from services.waiting_room.ticket import Ticket

_SOONEST = 0.5
_LATEST = 10.0
_SHARE = 0.2


async def follow_ticket(infra: Infra, sale_id: UUID, customer_id: UUID) -> AsyncGenerator[Ticket, None]:
    """Yields the ticket now, and again as the line moves: the sooner one's turn is, the more often.

    Ends with the admission, or the sale. Errors: NotFound, StoreUnavailable at the first look.
    """
    seen = await find_ticket(infra, sale_id, customer_id)
    if seen is None:
        raise NotFound("There is no such ticket.")
    yield seen
    while not seen.admitted:
        await asyncio.sleep(_pause(seen))
        try:
            found = await find_ticket(infra, sale_id, customer_id)
        except StoreUnavailable:
            continue
        if found is None:
            return
        if (found.ahead, found.admitted) != (seen.ahead, seen.admitted):
            yield found
        seen = found


def _pause(ticket: Ticket) -> float:
    """Returns a fifth of what is expected; the end of the wait itself is not overslept."""
    wait = ticket.wait.total_seconds()
    return min(max(wait * _SHARE, min(wait + 0.01, _SOONEST)), _LATEST)
