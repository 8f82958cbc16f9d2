"""Whether a database that answers nobody is there: its locks may make everybody wait, and it is not away then."""

import asyncio
from contextvars import Context
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from infra.cancellation import cancel_and_wait
from infra.store_time import StoreTime

DOUBT_AFTER: Final = 0.7
"""Of a read's time: so long nobody is answered until the server is looked for."""
_LOOK_FOR: Final = 0.4
_QUESTION: Final = text("SELECT 1")


class DatabaseLookout:
    """Looks for the server on a connection of its own, as all of the pool may wait for a lock; once for all who
    doubt at the time."""

    def __init__(self, dsn: str, read_timeout: float) -> None:
        arguments = {"connect_timeout": max(1, round(read_timeout))}
        self._engine = create_async_engine(dsn, poolclass=NullPool, connect_args=arguments)
        self._within = _LOOK_FOR * read_timeout
        self._looking: asyncio.Task[bool] | None = None

    def doubt(self, limit: StoreTime) -> None:
        """End the limit unless the server answers."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._is_there(), context=Context())
        self._looking.add_done_callback(lambda look: None if look.cancelled() or look.result() else limit.end())

    async def _is_there(self) -> bool:
        try:
            async with StoreTime(self._within), self._engine.connect() as connection:
                await connection.execute(_QUESTION)
        except (TimeoutError, OSError):
            return False
        except DBAPIError:
            return True  # it has too many connections, say
        return True

    async def close(self) -> None:
        if self._looking is not None:
            await cancel_and_wait(self._looking)
