"""Bring changed carts into the database: this process's own at once, many in one transaction; what a process that
died has left, the worker.

An answer waits for the former for a moment. So what a client was told is in the database too, unless that is away
or slow; then the change is in Redis alone, and only the loss of both could take it.
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog

from infra.database import Database
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.cart_document import CartDoc
from services.cart.keys import adopting_key, cart_key, dirty_key, run
from services.cart.rows import write_carts

log = structlog.get_logger(__name__)

PATIENCE: Final = 0.25
"""Seconds that an answer waits."""
_MOST_AT_ONCE: Final = 200


async def written(infra: Infra, cart: CartDoc) -> bool:
    """Write the cart, together with others that wait. Returns False when the copy in Redis did not go on from what
    the database has: it is dropped with the change.

    Never fails: a change that is not written yet is the worker's to write.
    """
    writing = _writer(infra).add(infra, cart)
    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.shield(writing)
    except (TimeoutError, StoreUnavailable):
        log.warning("cart.written_later", cart=cart.id.hex)
        return True


async def write_out(infra: Infra, carts: Sequence[CartDoc]) -> set[UUID]:
    """Write them, then say so in Redis; returns those that were dropped. Errors: StoreUnavailable."""
    astray = await write_carts(infra, carts)
    await asyncio.gather(*(_settle(infra, cart, drop=cart.id in astray) for cart in carts))
    if astray:
        log.warning("cart.copy_dropped", carts=len(astray))
    return astray


async def _settle(infra: Infra, cart: CartDoc, *, drop: bool) -> None:
    keys = [cart_key(cart.id), dirty_key(cart.id), adopting_key(cart.id)]
    await run(infra.redis, "written", keys, [cart.life, cart.version, int(drop)])


class _Writer:
    """One transaction at a time: what comes meanwhile goes into the next."""

    def __init__(self) -> None:
        self._waiting: list[tuple[CartDoc, asyncio.Future[bool]]] = []
        self._running: asyncio.Task[None] | None = None

    def add(self, infra: Infra, cart: CartDoc) -> asyncio.Future[bool]:
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._waiting.append((cart, future))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run(infra))
        return future

    async def _run(self, infra: Infra) -> None:
        while self._waiting:
            batch, futures = self._take()
            try:
                astray = await write_out(infra, batch)
            except Exception as error:
                if not isinstance(error, StoreUnavailable):
                    log.exception("cart.write_failed")
                for future, _ in futures:
                    _fail(future)
            else:
                for future, cart_id in futures:
                    if not future.done():
                        future.set_result(cart_id not in astray)

    def _take(self) -> tuple[list[CartDoc], list[tuple[asyncio.Future[bool], UUID]]]:
        """Of each cart the newest of one life; those of another life come next."""
        newest: dict[UUID, CartDoc] = {}
        futures, later = [], []
        for cart, future in self._waiting:
            known = newest.get(cart.id)
            if (known and known.life != cart.life) or (known is None and len(newest) >= _MOST_AT_ONCE):
                later.append((cart, future))
                continue
            if known is None or cart.version > known.version:
                newest[cart.id] = cart
            futures.append((future, cart.id))
        self._waiting = later
        return list(newest.values()), futures


def _fail(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_exception(StoreUnavailable("database"))


_writers: WeakKeyDictionary[Database, _Writer] = WeakKeyDictionary()


def _writer(infra: Infra) -> _Writer:
    return _writers.setdefault(infra.database, _Writer())
