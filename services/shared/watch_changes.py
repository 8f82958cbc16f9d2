"""Follow what changes for as long as a process serves, so that it may answer from its own memory."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import orjson
import structlog
from sqlalchemy import select

from infra.cancellation import cancel_and_wait
from infra.changes import TOPIC as CHANGES
from infra.errors import StoreUnavailable
from infra.eventlog import Follower, Message
from infra.reigns import REHEARD
from infra.runtime import Infra
from models import FlashSale, FlashSaleItem

log = structlog.get_logger(__name__)
_WAIT = 0.25
_RETRY = 0.5
_SILENT = 5.0
_PAGE = 1_000


@asynccontextmanager
async def watching_changes(infra: Infra) -> AsyncIterator[None]:
    """Hear of all changes while the block runs. Starts without the log too: then nothing is remembered yet."""
    infra.reigns.begin()
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
        follower = await self._infra.events.follow(CHANGES, again=REHEARD)
        try:
            # What was remembered before this began may be outdated.
            self._infra.hearing.doubt()
            self._infra.reigns.begin()
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
                if not self._infra.reigns.is_informed:
                    await self._learn_epochs()
                self._infra.reigns.confirm(until)
            if self._infra.hearing.is_fresh:
                heard_at = loop.time()
                if self._told:
                    log.info("changes.heard_again")
                self._told = False
            elif loop.time() - heard_at > _SILENT:
                # aiokafka can stop without a word.
                raise StoreUnavailable("event_log")

    async def _learn_epochs(self) -> None:
        """What was told before the log was heard from is in the database; which may be away for now."""
        found: dict[UUID, int] = {}
        last: UUID | None = None
        try:
            while page := await self._epochs_after(last):
                found |= page
                last = max(page)
        except StoreUnavailable:
            return
        self._infra.reigns.inform(found)

    async def _epochs_after(self, last: UUID | None) -> dict[UUID, int]:
        statement = (
            select(FlashSaleItem.id, FlashSaleItem.epoch)
            .join(FlashSale, FlashSale.id == FlashSaleItem.sale_id)
            .where(FlashSale.settled_at.is_(None))
            .order_by(FlashSaleItem.id)
            .limit(_PAGE)
        )
        if last is not None:
            statement = statement.where(FlashSaleItem.id > last)
        async with self._infra.database.read() as session:
            return {row[0]: row[1] for row in await session.execute(statement)}


def _envelope(message: Message) -> dict[str, object]:
    """What cannot be read is an envelope that says nothing: everything is forgotten then."""
    try:
        found = orjson.loads(message.value)
    except orjson.JSONDecodeError:
        found = None
    return found if isinstance(found, dict) else {"id": message.position}
