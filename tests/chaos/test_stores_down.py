"""A store stops in the middle of a sale: answers come in time, and nothing is lost when it is back."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chaos.fleet import Fleet
from infra.database import Database
from infra.stack import ServerName, Stack
from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.chaos.buyers import Rush
from tests.chaos.conftest import FIRST
from tests.chaos.proof import prove_sold_out
from tests.e2e.shop import Person, Shop, new_key
from tests.observer import observer
from tests.server import serve
from tests.waiting import patience, until

pytestmark = pytest.mark.stack
IN_TIME = 2.0
FROZEN_FOR = 3.0
# A buyer each: as many at once as two processors can answer, so that it is the store that they wait for.
PACE = 0.004


async def _through(rush: Rush, stack: Stack, server: ServerName, *, keep_data: bool = True) -> None:
    """Buyers come before the server stops, and all the others while it is away."""
    rush.arrive(FIRST)
    await rush.accepted(15)
    await asyncio.to_thread(stack.stop, server)
    rush.arrive(every=PACE)
    await rush.all_asked()
    await asyncio.to_thread(stack.start, server, keep_data)
    await rush.finish()
    assert rush.slowest() < patience(IN_TIME)


async def test_kafka(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    await _through(rush, stack, "kafka")
    await prove_sold_out(fleet.settings, rush, given_back=True)


async def test_kafka_killed(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    rush.arrive(FIRST)
    await rush.accepted(15)
    await asyncio.to_thread(stack.kill, "kafka", signal.SIGKILL)
    rush.arrive(every=PACE)
    await rush.all_asked()
    await asyncio.to_thread(stack.start, "kafka")
    await rush.finish()
    assert rush.slowest() < patience(IN_TIME)
    await prove_sold_out(fleet.settings, rush, given_back=True)


@pytest.mark.parametrize("keep_data", [True, False], ids=["keeps its data", "loses its data"])
async def test_redis(fleet: Fleet, stack: Stack, rush: Rush, keep_data: bool) -> None:
    await _through(rush, stack, "redis", keep_data=keep_data)
    await prove_sold_out(fleet.settings, rush)


async def test_redis_is_flushed(fleet: Fleet, rush: Rush) -> None:
    rush.arrive(FIRST)
    await rush.accepted(15)
    async with Redis.from_url(fleet.settings.redis_dsn) as redis:
        await redis.flushall()
    rush.arrive(every=PACE)
    await rush.finish()
    await prove_sold_out(fleet.settings, rush)


async def test_the_database(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    await _through(rush, stack, "database")
    await prove_sold_out(fleet.settings, rush)


async def test_each_is_frozen_in_turn(fleet: Fleet, stack: Stack, rush: Rush) -> None:
    servers: tuple[ServerName, ...] = ("kafka", "redis", "database")
    for server in servers:
        rush.arrive(6)
        await asyncio.to_thread(stack.pause, server)
        try:
            rush.arrive(12, every=PACE)
            await asyncio.sleep(FROZEN_FOR)  # the fault itself
        finally:
            await asyncio.to_thread(stack.resume, server)
    rush.arrive(every=PACE)
    await rush.finish()
    assert rush.slowest() < patience(IN_TIME)
    await prove_sold_out(fleet.settings, rush, given_back=True)


TIMEOUT = 2.0
"""Seconds that a store is given: so long that two of them are told from one, however slow the machine is."""
TYPES = "__typename ... on Error { code }"
ASKED = {
    "cart": "{ cart { totalQuantity subtotal { amount } items { quantity } } }",
    "add": f"mutation ($id: ID!) {{ addCartItem(input: {{variantId: $id, quantity: 1}}) {{ {TYPES} }} }}",
    "clear": f"mutation {{ clearCart {{ {TYPES} }} }}",
    "quote": f"mutation {{ createQuote(input: {{}}) {{ {TYPES} }} }}",
    "checkout": f"mutation ($key: String!) {{ checkout(input: {{idempotencyKey: $key}}) {{ {TYPES} }} }}",
    "place": f"""mutation ($item: ID!, $key: String!) {{
      placeFlashOrder(input: {{itemId: $item, quantity: 1, idempotencyKey: $key}}) {{ {TYPES} }} }}""",
    "variant": "query ($id: ID!) { node(id: $id) { ... on Variant { sku stock { available } } } }",
    "me": "{ me { orders(first: 5) { edges { node { status } } } addresses { city } } }",
}
DONE = {
    "redis": {"cart", "quote", "checkout", "variant", "me"},
    "database": {"clear"},
    "kafka": ASKED.keys() - {"place"},
}
"""What is done all the same, whatever this process has in its memory."""


@pytest.fixture
async def shop(chaos_settings: Settings) -> AsyncIterator[Shop]:
    own = {"kafka_prefix": f"c{uuid4().hex[:8]}.", "kafka_partitions": 2, "store_timeout": TIMEOUT}
    settings = chaos_settings.model_copy(update=own)
    async with observer(settings) as infra:
        await infra.events.ensure_topics(ALL_TOPICS)
    async with serve(settings) as server:
        yield Shop(server)


@pytest.mark.parametrize("store", ["redis", "database", "kafka"])
async def test_a_request_waits_once_for_a_store_that_is_frozen(
    stack: Stack, shop: Shop, store: ServerName
) -> None:
    offer = await shop.offer(await shop.staff())
    given = {"id": offer.variant_id, "item": offer.item_id}
    people = {name: await shop.customer() for name in ASKED}
    for person in people.values():
        assert (await shop.ask(ASKED["add"], given, person))["addCartItem"]["__typename"] == "CartPayload"

    async def ask(name: str, by: Person) -> tuple[float, str]:
        begun = time.monotonic()
        answer = await shop.server.graphql(ASKED[name], {**given, "key": new_key()}, by.token)
        return time.monotonic() - begun, str(answer)

    await asyncio.to_thread(stack.pause, store)
    try:
        answers = await asyncio.gather(*(ask(*one) for one in people.items()))
    finally:
        await asyncio.to_thread(stack.resume, store)
    for name, (seconds, said) in zip(people, answers, strict=True):
        assert seconds < 1.75 * TIMEOUT, name
        assert "INTERNAL" not in said
    done = {name for name, (_, said) in zip(people, answers, strict=True) if "code" not in said}
    assert done >= DONE[store]


async def test_a_change_waits_for_a_lock_of_a_database_that_is_there(chaos_settings: Settings) -> None:
    """It hears nothing, as of one that is frozen: only who asks beside it knows."""
    database = Database(chaos_settings.database_dsn, read_timeout=0.4)
    lookout = database._lookout
    assert lookout is not None

    async def lock(session: AsyncSession) -> str:
        return str(await session.scalar(text("SELECT version_num FROM alembic_version FOR UPDATE")))

    async def looked() -> bool:
        return lookout._looking is not None and lookout._looking.done() and lookout._looking.result()

    async with database.write() as session:
        version = await lock(session)
        waiting = asyncio.create_task(database.transact(lock, timeout=30.0))
        await until(looked, bool)
        assert not waiting.done()
    assert await waiting == version
    await database.close()
