"""A store of the stack is stopped, frozen or full: an answer within 2 s, and nothing is lost when it is back."""

import asyncio
import resource
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal
from uuid import uuid4

import pytest

from infra.runtime import Infra, open_infra
from infra.stack import ServerName, Stack, StackError
from models import OrderStatus
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.shared.errors import ServiceError, TryAgain
from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import order_wish, running_sale
from tests.observer import observer
from tests.waiting import pause, until
from tests.workers import persist_all, working

pytestmark = pytest.mark.stack
How = Literal["stopped", "frozen", "full"]
HOWS: tuple[How, ...] = ("stopped", "frozen")
Step = Callable[[Stack, ServerName], None]


@pytest.fixture
async def infra(chaos_settings: Settings) -> AsyncIterator[Infra]:
    own = {"kafka_prefix": f"t{uuid4().hex[:8]}.", "kafka_partitions": 2}
    async with open_infra(chaos_settings.model_copy(update=own)) as opened:
        await opened.events.ensure_topics(ALL_TOPICS)
        yield opened


@pytest.fixture
async def patient(infra: Infra) -> AsyncIterator[Infra]:
    """The same stores, without the haste of a server."""
    async with observer(infra.settings) as opened:
        yield opened


def _fill(stack: Stack, server: ServerName) -> None:
    """No file of its may grow any more, which is all that a full disk means to a log."""
    pid = stack.pid(server)
    assert pid is not None
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]))


def _start_again(stack: Stack, server: ServerName) -> None:
    """A broker that cannot write ends."""
    with suppress(StackError):
        stack.kill(server)
    stack.start(server)


WAYS: dict[How, tuple[Step, Step]] = {
    "stopped": (Stack.stop, Stack.start),
    "frozen": (Stack.pause, Stack.resume),
    "full": (_fill, _start_again),
}


@asynccontextmanager
async def away(stack: Stack, server: ServerName, how: How) -> AsyncIterator[None]:
    out, back = WAYS[how]
    await asyncio.to_thread(out, stack, server)
    try:
        yield
    finally:
        await asyncio.to_thread(back, stack, server)


async def try_in_time(infra: Infra, wish: FlashOrder) -> type[object]:
    """What came of it, in time."""
    begun = time.monotonic()
    try:
        result: object = await place_flash_order(infra, wish)
    except ServiceError as error:
        result = error
    assert time.monotonic() - begun < 2.0 + pause()
    return type(result)


async def place_until_taken(infra: Infra, wish: FlashOrder) -> None:
    """As a client does: the same key until there is an answer."""
    await until(lambda: try_in_time(infra, wish), lambda kind: kind is not TryAgain, within=20)


@pytest.mark.parametrize("how", [*HOWS, "full"])
async def test_without_kafka_customers_try_again_and_get_one_order(
    stack: Stack, infra: Infra, patient: Infra, how: How
) -> None:
    item = await running_sale(infra, quantity=5)
    before, wishes = order_wish(item), [order_wish(item), order_wish(item)]
    await place_flash_order(infra, before)
    async with away(stack, "kafka", how):
        kinds = await asyncio.gather(*(try_in_time(infra, wish) for wish in wishes for _ in range(2)))
        assert set(kinds) == {TryAgain}
        async with open_infra(infra.settings) as started_meanwhile:
            assert await try_in_time(started_meanwhile, order_wish(item)) is TryAgain
            live = await counters(patient, item)
            # A process that has not reached the log knows that it took nothing; the others cannot know.
            assert (live.remaining, len(live.pending)) == (2, 3)
    for wish in wishes:
        await place_until_taken(infra, wish)
    await persist_all(patient)
    assert list((await orders_in(patient)).values()).count(OrderStatus.AWAITING_PAYMENT) >= 3
    await assert_adds_up(patient, item, remaining=2)


@pytest.mark.parametrize("how", HOWS)
async def test_without_the_database_orders_are_accepted_and_kept(
    stack: Stack, infra: Infra, patient: Infra, how: How
) -> None:
    item = await running_sale(infra, quantity=5)
    wishes = [order_wish(item) for _ in range(3)]
    async with working(infra):
        async with away(stack, "database", how):
            accepted = [await place_flash_order(infra, wish) for wish in wishes]
            begun = time.monotonic()
            with pytest.raises(TryAgain):
                await cancel_order(infra, Cancellation(accepted[0].customer_id, accepted[0].id, None, "cancel"))
            assert time.monotonic() - begun < 2.0 + pause()
            assert {order.status for order in accepted} == {OrderStatus.ACCEPTED}
        ids = {order.id for order in accepted}
        await until(lambda: orders_in(patient), lambda found: ids <= found.keys())
        await until(lambda: counters(patient, item), lambda live: not live.pending)
    await assert_adds_up(patient, item, remaining=2)


@pytest.mark.parametrize("how", HOWS)
async def test_without_redis_customers_try_again_and_nothing_is_sold(
    stack: Stack, infra: Infra, patient: Infra, how: How
) -> None:
    item = await running_sale(infra, quantity=5)
    wish, late = order_wish(item), order_wish(item)
    first = await place_flash_order(infra, wish)
    async with working(infra):
        await until(lambda: orders_in(patient), lambda found: first.id in found)
        async with away(stack, "redis", how):
            assert await asyncio.gather(*(try_in_time(infra, each) for each in (wish, late))) == [TryAgain] * 2
            begun = time.monotonic()
            with pytest.raises(TryAgain):
                await cancel_order(infra, Cancellation(first.customer_id, uuid4(), None, "cancel"))
            assert time.monotonic() - begun < 2.0 + pause()
        await place_until_taken(infra, late)
        assert (await place_flash_order(infra, wish)).id == first.id
        await until(lambda: counters(patient, item), lambda live: not live.pending)
    await assert_adds_up(patient, item, remaining=3)
