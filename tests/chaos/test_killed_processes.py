"""kill -9 in the middle of a sale: no accepted order is lost, nothing is sold twice."""

import pytest

from chaos.fleet import Fleet
from tests.chaos.buyers import OUT_OF_STOCK, Rush
from tests.chaos.conftest import BUYERS, FIRST, UNITS, NewRush
from tests.chaos.proof import expired, persisted, prove_all_returned, prove_sold_out
from tests.observer import observer
from tests.waiting import until

pytestmark = pytest.mark.stack
PAYMENT_TIMEOUT = 8.0
"""Longer than a rush takes on a busy machine: units that come back while it lasts would be sold again."""
PACE = 0.005


async def test_an_api_process(fleet: Fleet, rush: Rush) -> None:
    rush.arrive(FIRST)
    await rush.accepted(15)
    fleet.serves[0].kill()
    rush.arrive()
    await fleet.complete()
    await rush.finish()
    await rush.ask_again()
    await prove_sold_out(fleet.settings, rush)


async def test_a_worker(fleet: Fleet, rush: Rush) -> None:
    rush.arrive(FIRST, every=PACE)
    async with observer(fleet.settings) as infra:
        await until(lambda: persisted(infra, rush.item), lambda count: count > 0)
    fleet.workers[0].kill()
    rush.arrive(every=PACE)
    await fleet.complete()
    await rush.finish()
    await prove_sold_out(fleet.settings, rush)


async def test_every_kind_again_and_again(fleet: Fleet, rush: Rush) -> None:
    for turn, buyers in enumerate((9, 9, 9, None)):
        rush.arrive(buyers, every=PACE)
        await rush.accepted(9 * turn + 4)  # in the middle of these
        for process in (fleet.serves[turn % 2], fleet.workers[turn % 2], fleet.schedulers[0]):
            process.kill()
        await fleet.complete()
    await rush.finish()
    await rush.ask_again()
    await prove_sold_out(fleet.settings, rush)


@pytest.mark.parametrize("payment_timeout", [PAYMENT_TIMEOUT])
async def test_scheduler_and_worker_while_orders_expire(
    fleet_of_its_own: Fleet, new_rush: NewRush, payment_timeout: float
) -> None:
    fleet = fleet_of_its_own
    rush = await new_rush(fleet)
    rush.arrive(every=PACE)
    await rush.accepted(UNITS // 2)
    for process in (fleet.schedulers[0], fleet.workers[0]):
        process.kill()
    await rush.finish()
    await fleet.complete()
    async with observer(fleet.settings) as infra:
        await until(lambda: expired(infra, rush.item), lambda count: count > 0)
    for process in (fleet.schedulers[0], fleet.workers[0]):
        process.kill()  # again, with some orders expired and some not
    await fleet.complete()
    await prove_all_returned(fleet.settings, rush)
    again = await new_rush(fleet, rush.item)
    again.arrive()
    await again.finish()
    assert len(again.orders) == UNITS
    assert again.outcomes()[OUT_OF_STOCK] == BUYERS - UNITS
