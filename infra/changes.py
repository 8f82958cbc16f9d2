"""Tell of changes: this process at once, Redis before the writer answers, every other process through the log.

What a transaction changed is written to its outbox row in the same transaction (models/changes.py), so it is told
also when this process dies right after the commit: the relay does then what ``after_commit`` could not.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import orjson
import structlog

from infra.cache.documents import DocumentCache
from infra.cache.hearing import EVERYTHING, Hearing
from infra.clock import utc_now
from infra.cloudevents import MEDIA_TYPE, CloudEvent, envelope
from infra.database import Committed
from infra.errors import StoreUnavailable
from infra.eventlog import EventLog

log = structlog.get_logger(__name__)

TOPIC: Final = "changes.v1"
TYPE: Final = "rushcart.changed.v1"
KEY: Final = "changes"
_NOTE_EVERY: Final = 0.1
_CLOSE_WITHIN: Final = 2.0
_MOST_HEARD: Final = 20_000


def change_envelope(tags: Iterable[str]) -> dict[str, Any]:
    """Make the event that says that these changed."""
    return envelope(CloudEvent(TYPE, KEY, {"tags": sorted(tags)}), utc_now())


class Changes:
    def __init__(self, documents: DocumentCache, events: EventLog, hearing: Hearing) -> None:
        self._documents = documents
        self._events = events
        self._hearing = hearing
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

    def hear(self, message: Mapping[str, Any]) -> None:
        """Hear a message of this topic, from the log or of our own; what was heard before is not news."""
        message_id = str(message.get("id"))
        if message_id in self._heard:
            return
        self._heard[message_id] = None
        if len(self._heard) > _MOST_HEARD:
            self._heard.popitem(last=False)
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


def _tags(message: Mapping[str, Any]) -> Collection[str]:
    """Returns the tags; everything, when the message does not say: better too much forgotten than too little."""
    data = message.get("data")
    tags = data.get("tags") if isinstance(data, Mapping) else None
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return (EVERYTHING,)
    return tags
