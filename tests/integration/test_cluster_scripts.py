"""Every script and every other command of the pipeline on a Redis Cluster's rules: no command crosses slots."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models.cart_document import LineDoc
from services.cart.change_cart import Change, added_line, change_cart, read_cart
from services.cart.flush_dirty import flush_dirty
from services.cart.keys import SOURCES as CART_SOURCES
from services.cart.keys import cart_key, dirty_key
from services.cart.rules import Owner
from services.document.keep_document import find_document, keep_document, weigh_documents
from services.flash_sale.change_state import StateChange, change_state
from services.flash_sale.distrust import distrust
from services.flash_sale.load_item import load_item
from services.flash_sale.remaining import remaining
from services.flash_sale.states import SaleAction
from services.order.abandon_unconfirmed import abandon_unconfirmed
from services.order.cancel_order import Cancellation, cancel_order
from services.order.cancel_order_lines import cancel_order_lines
from services.order.place_flash_order import place_flash_order
from services.reservation.keys import SCRIPTS
from services.reservation.release import park
from services.reservation.reserve_order import reserve_order
from services.shared.events import ALL_TOPICS
from settings import Settings
from tests.books import assert_adds_up, counters
from tests.factories import bare_order, order_wish, running_sale
from tests.integration.money import add_customer
from tests.integration.test_parcels_and_refunds import units_of
from tests.integration.test_shipped_in_part import pay
from tests.modes import MODES
from tests.redis_cluster import redis_cluster
from tests.workers import persist_all

pytestmark = pytest.mark.parametrize("mode", MODES[1:], indirect=True)


@pytest.fixture
def cluster_url(tmp_path: Path) -> Iterator[str]:
    """Three primaries: each refuses a command or script whose keys are of several slots, or not its own."""
    with redis_cluster(tmp_path) as cluster:
        yield cluster.url


@pytest.fixture
async def infra(settings: Settings, cluster_url: str) -> AsyncIterator[Infra]:
    async with open_infra(settings.with_redis(cluster_url)) as opened:
        await opened.events.ensure_topics(ALL_TOPICS)
        yield opened


async def test_the_whole_pipeline_runs_on_a_cluster(infra: Infra) -> None:
    item = await running_sale(infra, quantity=20, limit=5)
    wishes = [order_wish(item, quantity=2) for _ in range(4)]
    orders = [await place_flash_order(infra, wish) for wish in wishes]
    assert (await place_flash_order(infra, wishes[0])).id == orders[0].id
    await persist_all(infra)
    await cancel_order(infra, Cancellation(orders[1].customer_id, orders[1].id, None, "cancel"))
    doubtful = order_wish(item, quantity=3)
    snapshot = bare_order(infra, item, doubtful)
    await reserve_order(infra, snapshot)
    assert await abandon_unconfirmed(infra, older_than=timedelta(0)) == 1
    await persist_all(infra)
    await assert_adds_up(infra, item, remaining=14)

    snapshot = bare_order(infra, item, order_wish(item))
    await reserve_order(infra, snapshot)
    for action in (SaleAction.PAUSE, SaleAction.RESUME):
        await change_state(infra, StateChange(item.sale_id, action))
    await assert_adds_up(infra, item, remaining=14)

    parked = order_wish(item)
    snapshot = bare_order(infra, item, parked)
    await reserve_order(infra, snapshot)
    await park(infra, snapshot)
    assert await abandon_unconfirmed(infra, older_than=timedelta(0)) == 0
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    live = await counters(infra, item)
    assert (live.remaining, live.pending) == (13, {snapshot.id.hex})
    # Of counters that are no more: loaded since.
    await distrust(infra, snapshot.lines)
    assert await remaining(infra, [item]) == {item.id: 13}
    await add_customer(infra, orders[2].customer_id)
    await pay(infra, orders[2])
    await cancel_order_lines(infra, units_of(orders[2], 1, 0, "one unit"))
    assert await remaining(infra, [item]) == {item.id: 14}
    run = {script.name for script in infra.redis._scripts}
    assert run - {"reign"} == set(SCRIPTS)


async def test_documents_are_kept_on_a_cluster(infra: Infra) -> None:
    await keep_document(infra, "digest", "{ __typename }")
    assert await find_document(infra, "digest") == "{ __typename }"
    assert await weigh_documents(infra) > 0


async def test_carts_run_on_a_cluster(infra: Infra) -> None:
    owner, now = Owner.customer(new_id()), infra.now()
    line = LineDoc(new_id(), new_id(), "SKU", "Shirt", 2, True, 100, now)
    change = Change("add", added_line(line, 9), "EUR")
    await change_cart(infra, owner, change)
    await infra.redis.execute(("DEL", cart_key(owner.cart_id)))
    cart = await read_cart(infra, owner)
    assert cart is not None
    assert [line.quantity for line in cart.lines] == [2]
    await infra.redis.execute(("ZADD", dirty_key(owner.cart_id), 1, owner.cart_id.hex))
    assert await flush_dirty(infra) == 1
    assert {script.name for script in infra.redis._scripts} == set(CART_SOURCES)
