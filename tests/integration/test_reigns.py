"""A primary that lives on: what it remembers is believed no more once another has reigned."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from redis import Redis

from infra.ports import LOOPBACK
from infra.runtime import Infra, open_infra
from models import OrderStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.flash_sale.remaining import remaining
from services.flash_sale.warm_flash_sales import needs_warming, warm_flash_sales
from services.order.find_orders import find_accepted
from services.order.place_flash_order import place_flash_order
from services.shared.errors import OutOfStock, TryAgain
from services.shared.events import ALL_TOPICS
from services.shared.watch_changes import watching_changes
from settings import Settings
from tests.books import assert_adds_up, orders_in
from tests.factories import order_wish, running_sale
from tests.modes import MODES
from tests.redis_server import port_of, redis_server, url_of
from tests.waiting import until, until_true
from tests.workers import persist_all, working

pytestmark = pytest.mark.parametrize("mode", MODES[1:], indirect=True)  # the log is elsewhere


@pytest.fixture
def store_timeout() -> float:
    """Twice as long a process goes on accepting what it has not heard of."""
    return 1.5


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Redis, Redis]]:
    """A primary and its replica."""
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with redis_server(folders[0]) as first, redis_server(folders[1]) as second:
        follow(second, first)
        yield first, second


def follow(replica: Redis, primary: Redis) -> None:
    replica.replicaof(LOOPBACK, port_of(primary))
    until_true(lambda: replica.info("replication")["master_link_status"] == "up", "the replica to be in step")


@pytest.fixture
async def shop(settings: Settings, pair: tuple[Redis, Redis]) -> AsyncIterator[Infra]:
    """The plumbing on the first of them."""
    async with open_infra(settings.with_redis(url_of(pair[0]))) as opened:
        await opened.events.ensure_topics(ALL_TOPICS)
        yield opened


@pytest.mark.usefixtures("settles_soon")
async def test_one_that_reigned_before_and_again_without_a_restart(shop: Infra, pair: tuple[Redis, Redis]) -> None:
    first, second = pair
    item = await running_sale(shop, quantity=2)
    wishes = [order_wish(item) for _ in range(2)]
    second.replicaof("NO", "ONE")
    placed = [await place_flash_order(shop, wish) for wish in wishes]  # the other never hears of them
    follow(first, second)
    first.replicaof("NO", "ONE")
    for wish in (*wishes, order_wish(item)):
        with pytest.raises(TryAgain):
            await place_flash_order(shop, wish)
    assert await needs_warming(shop)
    await persist_all(shop)
    assert await remaining(shop, [item]) == {item.id: 0}  # the database's
    assert await warm_flash_sales(shop) == 1
    assert not await needs_warming(shop)
    assert [(await place_flash_order(shop, wish)).id for wish in wishes] == [order.id for order in placed]
    with pytest.raises(OutOfStock):
        await place_flash_order(shop, order_wish(item))
    assert set(await orders_in(shop)) == {order.id for order in placed}
    await assert_adds_up(shop, item, remaining=0)


@pytest.fixture
async def elsewhere(settings: Settings, pair: tuple[Redis, Redis], shop: Infra) -> AsyncIterator[Infra]:
    """A process that reaches the second of them alone."""
    async with open_infra(settings.with_redis(url_of(pair[1]))) as opened:
        yield opened


async def test_orders_that_a_primary_of_the_past_took_are_kept_until_it_takes_none(
    shop: Infra, elsewhere: Infra, pair: tuple[Redis, Redis]
) -> None:
    """A split: each process reaches its own primary, and both the log."""
    _, second = pair
    item = await running_sale(shop, quantity=1_000)
    accepted: list[UUID] = []
    async with watching_changes(shop):
        wish = order_wish(item)
        accepted.append((await place_flash_order(shop, wish)).id)
        second.replicaof("NO", "ONE")
        async with working(elsewhere):
            await _buy(shop, item, accepted)  # until it takes none
            assert len(accepted) > 1
            # Nor is what it had accepted shown by it, nor anything taken by a process that begins now.
            with pytest.raises(TryAgain):
                await place_flash_order(shop, wish)
            assert await find_accepted(shop, wish.customer_id) == []
            async with open_infra(shop.settings) as fresh, watching_changes(fresh):
                with pytest.raises(TryAgain):
                    await place_flash_order(fresh, order_wish(item))
            again = await until(lambda: _place(elsewhere, item), bool)
            accepted += [order.id for order in (again,) if order]
            await persist_all(elsewhere)
    orders = await orders_in(elsewhere)
    assert set(accepted) <= orders.keys()
    await assert_adds_up(elsewhere, item, remaining=1_000 - len(orders))


async def _place(shop: Infra, item: FlashItemDoc) -> OrderView | None:
    with suppress(TryAgain):
        return await place_flash_order(shop, order_wish(item))
    return None


async def _buy(shop: Infra, item: FlashItemDoc, accepted: list[UUID]) -> None:
    while order := await _place(shop, item):
        accepted.append(order.id)


async def test_nothing_is_accepted_by_who_does_not_hear(shop: Infra) -> None:
    item = await running_sale(shop, quantity=2)
    shop.reigns.begin()
    wish = order_wish(item)
    with pytest.raises(TryAgain):
        await place_flash_order(shop, wish)
    async with watching_changes(shop):
        order = await place_flash_order(shop, wish)  # at once: it waits until it hears
    await persist_all(shop)
    assert await orders_in(shop) == {order.id: OrderStatus.AWAITING_PAYMENT}
    await assert_adds_up(shop, item, remaining=1)
