"""How long a change of the catalog may take.

It waits for others who change the same, and writes the search index as well: that can take longer than a request
waits for a store. A database that is away is found out by a question that waits no longer than that.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.shared.patience import transact_for_request

T = TypeVar("T")

_ONE: Final = 3
MANY: Final = 12
"""Store time-outs that a change of one product may take, and one of many."""
_RACES: Final = 3


async def patiently(
    infra: Infra, work: Callable[[AsyncSession], Awaitable[T]], *, times: int = _ONE, races: int = _RACES
) -> T:
    """Run one transaction, begun again when somebody takes a slug or SKU between its look and its commit.

    Errors: StoreUnavailable; the commit may have happened then. IntegrityError.
    """
    async with infra.database.read() as session:
        await session.execute(select(1))
    return await transact_for_request(infra, work, times=times, races=races)
