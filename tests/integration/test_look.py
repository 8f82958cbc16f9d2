"""One look tells every loop of a worker whether it has something to do."""

import asyncio

from infra.runtime import Infra
from services.order.place_flash_order import place_flash_order
from tasks.conditions import CONDITIONS
from tasks.look import Look
from tasks.worker_loops import LOOPS
from tests.factories import make_due, order_wish, running_sale, variant_in_stock
from tests.integration.catalog.products import statements
from tests.workers import persist_all


def test_each_condition_is_that_of_a_loop() -> None:
    assert CONDITIONS.keys() <= {loop.name for loop in LOOPS}


async def test_who_has_something_to_do_is_woken_and_nobody_else(infra: Infra) -> None:
    look = Look(infra)
    waiting = {name: asyncio.create_task(look.wait(name)) for name in CONDITIONS}
    with statements(infra) as seen:
        await look.run()
    assert len(seen) == 1
    assert await _woken(waiting) == set()
    await variant_in_stock(infra)
    await look.run()
    assert await _woken(waiting) == {"outbox", "shop_events"}
    order = await place_flash_order(infra, order_wish(await running_sale(infra, quantity=5)))
    await persist_all(infra)
    await make_due(infra, order.id)
    await look.run()
    assert await _woken(waiting) == {"outbox", "shop_events", "stock_events", "sweep"}
    look.end()
    assert await _woken(waiting) == CONDITIONS.keys()


async def _woken(waiting: dict[str, "asyncio.Task[None]"]) -> set[str]:
    await asyncio.sleep(0)  # who was woken comes to its end
    await asyncio.sleep(0)
    return {name for name, task in waiting.items() if task.done()}
