"""A primary that lives on: what it remembers is believed no more once another has reigned."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis import Redis

from infra.ports import LOOPBACK
from infra.runtime import Infra, open_infra
from services.flash_sale.remaining import remaining
from services.flash_sale.warm_flash_sales import needs_warming, warm_flash_sales
from services.order.place_flash_order import place_flash_order
from services.shared.errors import OutOfStock, TryAgain
from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.books import assert_adds_up, orders_in
from tests.factories import order_wish, running_sale
from tests.modes import MODES
from tests.redis_server import port_of, redis_server, url_of
from tests.waiting import until_true
from tests.workers import persist_all

pytestmark = [
    pytest.mark.usefixtures("settles_soon"),
    pytest.mark.parametrize("mode", MODES[1:], indirect=True),  # the log is elsewhere
]


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
