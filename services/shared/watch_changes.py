"""Follow what changes for as long as a process serves, so that it may answer from its own memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import orjson
import structlog

from infra.cancellation import cancel_and_wait
from infra.changes import TOPIC as CHANGES
from infra.errors import StoreUnavailable
from infra.eventlog import Follower, Message
from infra.runtime import Infra

log = structlog.get_logger(__name__)
_WAIT = 0.25
_RETRY = 0.5
_SILENT = 5.0


@asynccontextmanager
async def watching_changes(infra: Infra) -> AsyncIterator[None]:
    """Hear of all changes while the block runs. Starts without the log too: then nothing is remembered yet."""
    following = asyncio.create_task(_Watch(infra).follow())
    try:
        yield
    finally:
        await cancel_and_wait(following)
        infra.hearing.doubt()


class _Watch:
    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._told = False

    async def follow(self) -> None:
        while True:
            try:
                await self._follow_once()
            except StoreUnavailable:
                if not self._told:
                    log.warning("changes.not_heard")
                self._told = True
            except Exception:
                # Whatever it was, not to follow any more would be worse.
                log.exception("changes.unexpected_error")
            self._infra.hearing.doubt()
            await asyncio.sleep(_RETRY)

    async def _follow_once(self) -> None:
        """Until something breaks. Errors: StoreUnavailable."""
        follower = await self._infra.events.follow(CHANGES)
        try:
            # What was remembered before this began may be outdated.
            self._infra.hearing.doubt()
            await self._read(follower)
        finally:
            with suppress(StoreUnavailable):
                await follower.close()

    async def _read(self, follower: Follower) -> None:
        loop = asyncio.get_running_loop()
        heard_at = loop.time()
        while True:
            for message in await follower.fetch(_WAIT):
                self._infra.changes.hear(_envelope(message))
            until = follower.read_until()
            if until is not None:
                self._infra.hearing.confirm(until)
            if self._infra.hearing.is_fresh:
                heard_at = loop.time()
                if self._told:
                    log.info("changes.heard_again")
                self._told = False
            elif loop.time() - heard_at > _SILENT:
                # aiokafka can stop without a word.
                raise StoreUnavailable("event_log")


def _envelope(message: Message) -> dict[str, object]:
    """What cannot be read is an envelope that says nothing: everything is forgotten then."""
    try:
        found = orjson.loads(message.value)
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {"id": message.position}
