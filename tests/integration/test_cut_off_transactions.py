"""A transaction that is cut off holds nobody up."""

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Warehouse

# Some seconds of work within one statement, on both.
SLOW = {
    "embedded": "WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n LIMIT 3000000) SELECT max(i) FROM n",
    "stack": "SELECT SLEEP(2)",
}


async def test_a_transaction_that_ran_out_of_time_gives_up_its_locks(infra: Infra, mode: str) -> None:
    rename = update(Warehouse).where(Warehouse.code == "MAIN")

    async def slow(session: AsyncSession) -> None:
        await session.execute(rename.values(name="slow"))
        await session.execute(text(SLOW[mode]))

    with pytest.raises(StoreUnavailable) as cut_off:
        await infra.database.transact(slow, timeout=0.2)
    # Whoever has the error has the statement that was under way: a log, or a task that is kept.
    assert cut_off.value.__cause__ is not None
    await infra.database.transact(lambda session: session.execute(rename.values(name="quick")), timeout=10)
    async with infra.database.read() as session:
        assert (await session.execute(text("SELECT name FROM warehouses"))).scalars().all() == ["quick"]
