"""The plumbing of one process, opened and closed as one: what every verb in ``services/`` is given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from math import ceil

from infra.blobs import BlobStore, open_blobs
from infra.cache.documents import DocumentCache
from infra.cache.gate import Gate
from infra.cache.hearing import Hearing
from infra.cache.memory import Memory
from infra.cancellation import cancel_and_wait
from infra.changes import Changes
from infra.clock import Clock, utc_now
from infra.database import Database
from infra.eventlog import EventLog
from infra.group_commit import Groups
from infra.listings import Listings
from infra.local_cache import LocalCache
from infra.open_redis import open_redis
from infra.ranked_turns import RankedTurns
from infra.rate_limit import RateLimiter
from infra.redis import RedisStore
from infra.redis_sentinel import sentinel_login
from infra.refusals import Refusals
from infra.reigns import Reigns
from infra.revocations import Revocations
from infra.signals import Signals
from infra.telemetry.counters import Counters
from infra.telemetry.process_sampler import sample_process
from infra.telemetry.stores import trace_stores
from settings import Settings


@dataclass(frozen=True, slots=True)
class Infra:
    """Database, Redis, event log, files, settings and clock of this process, and what it remembers by itself."""

    settings: Settings
    database: Database
    listings: Listings
    redis: RedisStore
    events: EventLog
    rates: RateLimiter
    hearing: Hearing
    memory: Memory
    changes: Changes
    fills: Gate
    signals: Signals
    blobs: BlobStore
    now: Clock = utc_now
    counters: Counters = field(default_factory=Counters)
    local: LocalCache = field(default_factory=LocalCache)
    revocations: Revocations = field(default_factory=Revocations)
    reigns: Reigns = field(default_factory=Reigns)
    refusals: Refusals = field(default_factory=Refusals)
    groups: Groups = field(default_factory=Groups, init=False)
    turns: RankedTurns = field(default_factory=RankedTurns, init=False)


@asynccontextmanager
async def open_infra(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[Infra]:
    """Connect lazily to what the settings name; a store that is down is found by the first use, not here."""
    async with AsyncExitStack() as stack:
        database = Database(
            settings.database_dsn,
            pool_size=settings.database_pool_size,
            read_timeout=settings.store_timeout,
            idle_limit=1 + ceil(2 * settings.store_timeout),
        )
        stack.push_async_callback(database.close)
        replica = _replica(settings)
        if replica is not None:
            stack.push_async_callback(replica.close)
        redis = open_redis(settings.redis_dsn, timeout=settings.store_timeout, login=sentinel_login(settings))
        stack.push_async_callback(redis.close)
        await redis.start()
        events = _event_log(settings, redis)
        stack.push_async_callback(events.close)
        await events.start()
        hearing = Hearing()
        documents = DocumentCache(redis, ttl=settings.cache_ttl)
        stack.push_async_callback(documents.close)
        hearing.listen(documents.drop_fills)
        reigns = Reigns()
        changes = Changes(documents, events, hearing, reigns)
        stack.push_async_callback(changes.close)
        database.after_commit = changes.after_commit
        # The rest of the connections is for those who do more than look.
        fills = Gate(max(1, settings.database_pool_size * 2 // 3))
        signals = Signals(redis)
        stack.push_async_callback(signals.close)
        engines = [one.engine for one in (database, replica) if one is not None]
        trace_stores(engines, [(server.client, server.attributes) for server in redis.servers()])
        sampling = asyncio.create_task(sample_process(database))
        stack.push_async_callback(cancel_and_wait, sampling)
        blobs = open_blobs(settings, clock)
        stack.push_async_callback(blobs.close)
        counters = Counters()
        infra = Infra(
            settings,
            database,
            Listings(database, replica, settings.database_read_wait, counters),
            redis,
            events,
            RateLimiter(redis),
            hearing,
            Memory(hearing),
            changes,
            fills,
            signals,
            blobs,
            clock,
            counters,
            reigns=reigns,
        )
        stack.push_async_callback(infra.groups.close)
        yield infra


def _replica(settings: Settings) -> Database | None:
    if settings.database_read_url is None:
        return None
    return Database(
        settings.database_read_url.get_secret_value(),
        pool_size=settings.database_pool_size,
        # Who gets no answer asks the primary, and both within a second.
        read_timeout=settings.store_timeout / 2,
        store="replica",
    )


def _event_log(settings: Settings, redis: RedisStore) -> EventLog:
    if settings.kafka_bootstrap_servers:
        from infra.eventlog.kafka import KafkaEventLog

        return KafkaEventLog(settings)
    from infra.eventlog.streams import StreamsEventLog

    return StreamsEventLog(redis, timeout=settings.store_timeout)
