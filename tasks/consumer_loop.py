"""The loop of a consumer: read, handle until it is done, and only then move the position in the log."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import count
from typing import ClassVar, Final

import structlog

from infra.errors import StoreUnavailable
from infra.eventlog import Consumer, Message
from infra.runtime import Infra
from tasks.loops import pause

log = structlog.get_logger(__name__)
_WAIT: Final = 0.5
_RETRY_AFTER: Final = 0.3
_QUIET_CHECK: Final = 15.0


class ConsumerLoop(ABC):
    """One member of the group ``group``, which reads ``topics``."""

    topics: ClassVar[Sequence[str]]
    group: ClassVar[str]
    round: ClassVar[float]
    """Seconds, at least, between the beginnings of two rounds: each costs a fetch, a transaction and a commit,
    however few messages it has. The first after a quiet time waits for nothing."""

    def __init__(self, infra: Infra, stop: asyncio.Event, *, batch: int) -> None:
        self._infra = infra
        self._stop = stop
        self._batch = batch
        self._quiet_since = time.monotonic()

    @abstractmethod
    async def handle(self, messages: Sequence[Message]) -> None:
        """Do what follows from them; it may be called again with the same. Errors: StoreUnavailable."""

    async def run(self) -> None:
        """Read until told to stop. What was read is finished and committed first. Errors: StoreUnavailable."""
        consumer = await self._infra.events.subscribe(self.topics, self.group)
        try:
            while not self._stop.is_set():
                messages = await consumer.fetch(self._batch, _WAIT)
                if messages:
                    self._quiet_since = begun = time.monotonic()
                    await self._handle_and_commit(consumer, messages)
                    await pause(self._stop, begun + self.round - time.monotonic())
                elif await self._has_gone_deaf():
                    return
        finally:
            await consumer.close()

    async def _has_gone_deaf(self) -> bool:
        """A consumer that gets nothing while there is something is replaced (aiokafka #1037, #625)."""
        if time.monotonic() - self._quiet_since < _QUIET_CHECK:
            return False
        self._quiet_since = time.monotonic()
        lag = sum([await self._infra.events.lag(topic, self.group) for topic in self.topics])
        if lag:
            log.warning("consumer.deaf", group=self.group, lag=lag)
        return lag > 0

    async def _handle_and_commit(self, consumer: Consumer, messages: Sequence[Message]) -> None:
        """Again and again until it is done: the position moves only past what was handled."""
        while True:
            try:
                await self.handle(messages)
            except StoreUnavailable as error:
                log.warning("consumer.waiting", group=self.group, store=error.store, messages=len(messages))
                if self._stop.is_set():
                    return
                await pause(self._stop, _RETRY_AFTER)
            else:
                break
        await self._commit(consumer, messages)

    async def _commit(self, consumer: Consumer, messages: Sequence[Message]) -> None:
        """Wait for the log to come back.

        Errors: StoreUnavailable when it is there, and this consumer gets nowhere all the same: another one shall
        read the messages again.
        """
        for attempt in count(1):
            try:
                await consumer.commit(messages)
            except StoreUnavailable as error:
                log.warning("consumer.not_committed", group=self.group, store=error.store, messages=len(messages))
                if self._stop.is_set() or (attempt > 1 and await self._log_answers()):
                    raise
                await pause(self._stop, _RETRY_AFTER)
            else:
                return

    async def _log_answers(self) -> bool:
        try:
            await self._infra.events.ping()
        except StoreUnavailable:
            return False
        return True
