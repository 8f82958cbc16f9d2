"""Tell of changes: this process at once, Redis before the writer answers, every other process through the log.

What a transaction changed is written to its outbox row in the same transaction (models/changes.py), so it is told
also when this process dies right after the commit: the relay does then what ``after_commit`` could not.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

import orjson
import structlog

from infra.cache.documents import DocumentCache
from infra.cache.hearing import EVERYTHING, Hearing
from infra.clock import utc_now
from infra.cloudevents import MEDIA_TYPE, CloudEvent, envelope
from infra.database import Committed
from infra.errors import StoreUnavailable
from infra.eventlog import EventLog
from infra.reigns import Reigns

log = structlog.get_logger(__name__)

TOPIC: Final = "changes.v1"
TYPE: Final = "rushcart.changed.v1"
KEY: Final = "changes"
_NOTE_EVERY: Final = 0.1
_CLOSE_WITHIN: Final = 2.0
_MOST_HEARD: Final = 20_000


def change_envelope(tags: Iterable[str], epochs: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Make the event that says that these changed; ``epochs``: of counters, by the hex of their items' ids."""
    data: dict[str, Any] = {"tags": sorted(tags)}
    return envelope(CloudEvent(TYPE, KEY, data | ({"epochs": dict(epochs)} if epochs else {})), utc_now())


class Changes:
    def __init__(self, documents: DocumentCache, events: EventLog, hearing: Hearing, reigns: Reigns) -> None:
        self._documents = documents
        self._events = events
        self._hearing = hearing
        self._reigns = reigns
        self._heard: OrderedDict[str, None] = OrderedDict()
        self._noted: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._telling: set[asyncio.Task[None]] = set()

    async def after_commit(self, committed: Committed) -> None:
        """Never fails: what could not be told is told by the relay of the outbox."""
        self.hear(committed.envelope)
        tags = _tags(committed.envelope)
        if EVERYTHING in tags:
            try:
                await self._documents.forget_all()
            except StoreUnavailable:
                log.warning("changes.deferred", everything=True)
        else:
            await self._documents.forget(tags)
        self._tell_soon(committed.envelope)

    async def invalidate(self, message: Mapping[str, Any]) -> None:
        """Invalidate in Redis, for the relay; told again it does no harm. Errors: StoreUnavailable."""
        tags = _tags(message)
        if EVERYTHING in tags:
            await self._documents.forget_all()
        else:
            await self._documents.forget_or_raise(tags)

    async def forget_everything(self) -> None:
        """Forget what is cached: here, in Redis, and soon in every process. Errors: StoreUnavailable."""
        await self._documents.forget_all()
        self.note([EVERYTHING])

    def note(self, tags: Iterable[str]) -> None:
        """Note a change outside the database (a reservation): here at once, elsewhere in a tenth of a second.

        Not told when the process dies in between: what depends on such tags must not live longer than a second.
        """
        new = set(tags)
        self._hearing.forget(new)
        self._noted |= new
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_NOTE_EVERY, self._tell_noted)

    async def tell_epoch(self, item_id: UUID, epoch: int) -> None:
        """Tell every process that counters of this epoch are about to take the place of the item's older ones.

        Errors: StoreUnavailable, and they may hear it all the same.
        """
        message = change_envelope((), {item_id.hex: epoch})
        await self._events.publish(TOPIC, KEY, orjson.dumps(message), media_type=MEDIA_TYPE)
        self._reigns.hear(item_id, epoch)

    def hear(self, message: Mapping[str, Any]) -> None:
        """Hear a message of this topic, from the log or of our own; what was heard before is not news."""
        message_id = str(message.get("id"))
        if message_id in self._heard:
            return
        self._heard[message_id] = None
        if len(self._heard) > _MOST_HEARD:
            self._heard.popitem(last=False)
        for item_id, epoch in _epochs(message):
            self._reigns.hear(item_id, epoch)
        self._hearing.forget(_tags(message))

    def _tell_noted(self) -> None:
        self._timer = None
        noted, self._noted = self._noted, set()
        if noted:
            message = change_envelope(noted)
            self._heard[str(message["id"])] = None
            self._tell_soon(message)

    def _tell_soon(self, message: Mapping[str, Any]) -> None:
        task = asyncio.create_task(self._tell(message))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(self, message: Mapping[str, Any]) -> None:
        try:
            await self._events.publish(TOPIC, KEY, orjson.dumps(message), media_type=MEDIA_TYPE)
        except StoreUnavailable as error:
            log.debug("changes.not_told", error=type(error).__name__)

    async def close(self) -> None:
        """Tell what is left, for a while."""
        if self._timer is not None:
            self._timer.cancel()
            self._tell_noted()
        if self._telling:
            await asyncio.wait(self._telling, timeout=_CLOSE_WITHIN)


def _epochs(message: Mapping[str, Any]) -> Iterator[tuple[UUID, int]]:
    data = message.get("data")
    epochs = data.get("epochs") if isinstance(data, Mapping) else None
    if isinstance(epochs, Mapping):
        with suppress(ValueError, TypeError):
            for item, epoch in epochs.items():
                yield UUID(item), int(epoch)


def _tags(message: Mapping[str, Any]) -> Collection[str]:
    """Returns the tags; everything, when the message does not say: better too much forgotten than too little."""
    data = message.get("data")
    tags = data.get("tags") if isinstance(data, Mapping) else None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return (EVERYTHING,)
    return tags
