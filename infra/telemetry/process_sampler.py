"""Watch this process: is its event loop held up, and are there connections left?"""

import asyncio
from typing import Final

from sqlalchemy.pool import QueuePool

from infra.database import Database
from infra.telemetry.metrics import DATABASE_CONNECTIONS, LOOP_LAG

_EVERY: Final = 0.25


async def sample_process(database: Database) -> None:
    """Sample the process until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        asked = loop.time() + _EVERY
        await asyncio.sleep(_EVERY)
        LOOP_LAG.observe(max(0.0, loop.time() - asked))
        pool = database.engine.sync_engine.pool
        if isinstance(pool, QueuePool):
            DATABASE_CONNECTIONS.labels("in_use").set(pool.checkedout())
            DATABASE_CONNECTIONS.labels("idle").set(pool.checkedin())
            DATABASE_CONNECTIONS.labels("size").set(pool.size())
