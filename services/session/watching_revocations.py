"""Follow the stream of revocations for as long as a process serves."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from redis.exceptions import RedisError

from infra.cancellation import cancel_and_wait
from infra.errors import StoreUnavailable
from infra.revocations import Revocation
from infra.runtime import Infra
from services.session.revoke_sessions import STREAM, parse, send_unsent

log = structlog.get_logger(__name__)

# A read is given up and begun again after this: also the longest that anything unsent waits for its next try.
_BLOCK = 0.5
_RETRY = 0.3
_PAGE = 5_000


@asynccontextmanager
async def watching_revocations(infra: Infra) -> AsyncIterator[None]:
    """Know what is revoked from here on. Starts without Redis too, and learns the rest once it is there."""
    watch = _Watch(infra)
    with suppress(StoreUnavailable):
        await watch.catch_up()
    following = asyncio.create_task(watch.follow())
    try:
        yield
    finally:
        await cancel_and_wait(following)


class _Watch:
    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._place: bytes | None = None
        self._run_id = ""

    async def follow(self) -> None:
        while True:
            try:
                if self._place is None or self._run_id != self._infra.redis.at(STREAM).run_id:
                    await self.catch_up()
                await send_unsent(self._infra)
                await self._read_new()
            except StoreUnavailable:
                if self._place is not None:
                    log.warning("revocations.interrupted")
                self._place = None
                await asyncio.sleep(_RETRY)
            except Exception:
                # Whatever it was, not to follow any more would be worse.
                log.exception("revocations.unexpected_error")
                self._place = None
                await asyncio.sleep(_RETRY)
            self._infra.revocations.forget_expired(self._infra.now().timestamp())

    async def catch_up(self) -> None:
        """Read the whole stream, and add what a Redis that was restarted has lost. Errors: StoreUnavailable."""
        known = self._infra.revocations.known()
        place = b"0-0"
        found: set[Revocation | None] = set()
        while True:
            async with self._infra.redis.guard():
                page: Any = await self._infra.redis.at(STREAM).client.xrange(STREAM, min=b"(" + place, count=_PAGE)
            found.update(parse(fields) for _, fields in page)
            for _, fields in page:
                self._take(fields)
            place = page[-1][0] if page else place
            if len(page) < _PAGE:
                break
        self._infra.revocations.unsent |= known - found
        self._place, self._run_id = place, self._infra.redis.at(STREAM).run_id
        log.debug("revocations.loaded", revocations=len(self._infra.revocations))

    async def _read_new(self) -> None:
        try:
            async with asyncio.timeout(_BLOCK + self._infra.redis.timeout):
                reply: Any = await self._infra.redis.at(STREAM).blocking.xread(
                    {STREAM: self._place or b"0-0"}, count=_PAGE, block=int(_BLOCK * 1000)
                )
        except (TimeoutError, OSError, RedisError) as error:
            raise StoreUnavailable("redis") from error
        for place, fields in _entries(reply):
            self._take(fields)
            self._place = place

    def _take(self, fields: dict[bytes, bytes]) -> None:
        revocation = parse(fields)
        if revocation is not None and revocation.until > self._infra.now().timestamp():
            self._infra.revocations.add(revocation)


def _entries(reply: Any) -> list[Any]:
    """Returns the entries of the one stream, in RESP2 as in RESP3, where they are wrapped in one more list."""
    pairs = list(reply.items()) if isinstance(reply, Mapping) else list(reply or ())
    if not pairs:
        return []
    entries = pairs[0][1]
    wrapped = len(entries) == 1 and isinstance(entries[0], list)
    return list(entries[0] if wrapped else entries)
