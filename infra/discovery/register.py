"""Stay registered: a key under a lease, that ends with the process, or soon after its death."""

import asyncio
import fcntl
import math
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import structlog

from infra.cancellation import cancel_and_wait
from infra.discovery.etcd import Etcd, EtcdUnavailable, LeaseExpired
from infra.discovery.instance import Instance
from settings import Settings

log = structlog.get_logger(__name__)


class OneOfMany:
    """Which of the processes that share an address tells of it: one at a time, the next when that has ended.

    To be made before they are forked.
    """

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="rushcart-")  # open for as long as the process
        Path(path).unlink()

    def is_it(self) -> bool:
        """Returns whether it is this process: its lock, which no child inherits, ends with it however it ends."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@asynccontextmanager
async def registered(
    settings: Settings,
    instance: Instance,
    is_ready: Callable[[], Awaitable[bool]],
    one: OneOfMany | None = None,
) -> AsyncIterator[None]:
    """Register while the block runs, if the settings name an etcd. The block never waits for it.

    Of processes that share an address and an ``instance``, the ``one``.
    """
    if not settings.etcd_endpoints:
        yield
        return
    keeper = _Keeper(settings, instance, is_ready, one)
    keeping = asyncio.create_task(keeper.run())
    try:
        yield
    finally:
        await cancel_and_wait(keeping)
        await keeper.leave()


class _Keeper:
    def __init__(
        self,
        settings: Settings,
        instance: Instance,
        is_ready: Callable[[], Awaitable[bool]],
        one: OneOfMany | None,
    ) -> None:
        self._one = one
        self._etcd = Etcd(settings)
        self._ttl = settings.etcd_ttl
        self._key = f"{settings.etcd_prefix}{instance.id}"
        self._instance = instance
        self._is_ready = is_ready
        self._lease: str | None = None
        self._told: bytes | None = None
        self._away = False

    async def run(self) -> None:
        """Three times in the life of a lease, so that one that is late costs nothing."""
        while True:
            while self._one is not None and not self._one.is_it():
                await asyncio.sleep(self._ttl / 3)
            try:
                await self._once()
                if self._away:
                    log.info("discovery.back")
                self._away = False
            except LeaseExpired:
                self._lease = self._told = None
                continue
            except EtcdUnavailable as error:
                if not self._away:
                    log.warning("discovery.etcd_away", reason=str(error))
                self._away = True
            await asyncio.sleep(self._ttl / 3)

    async def _once(self) -> None:
        if self._lease is None:
            self._lease = await self._etcd.grant(math.ceil(self._ttl))
        else:
            await self._etcd.keep_alive(self._lease)
        now = replace(self._instance, ready=await self._is_ready()).to_json()
        if now != self._told:
            await self._etcd.put(self._key, now, self._lease)
            self._told = now

    async def leave(self) -> None:
        with suppress(EtcdUnavailable, LeaseExpired):
            if self._lease is not None:
                await self._etcd.revoke(self._lease)
        await self._etcd.close()


async def list_instances(settings: Settings, timeout: float = 2.0) -> list[Instance]:
    """List the instances, the oldest first. Seconds are of one endpoint. Errors: EtcdUnavailable."""
    etcd = Etcd(settings, timeout)
    try:
        found = await etcd.list(settings.etcd_prefix)
    finally:
        await etcd.close()
    instances = (Instance.from_json(raw) for raw in found.values())
    return sorted((one for one in instances if one is not None), key=lambda one: one.id)
