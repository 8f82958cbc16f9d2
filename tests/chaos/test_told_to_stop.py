"""SIGTERM under load: what is open is finished, what was done is committed."""

import signal

import pytest

from chaos.fleet import Fleet
from tests.chaos.buyers import ACCEPTED, OUT_OF_STOCK, REFUSED, TRY_AGAIN, Rush
from tests.chaos.conftest import FIRST, NewRush
from tests.chaos.proof import committed, persisted, prove_sold_out
from tests.observer import observer
from tests.waiting import until

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("keep_alive", [False, True], ids=["new connections", "kept connections"])
async def test_an_api_process_cuts_no_request_off(fleet: Fleet, rush: Rush, keep_alive: bool) -> None:
    rush.keep_alive = keep_alive
    rush.arrive(FIRST)
    await rush.accepted(10)
    rush.arrive()
    fleet.serves[0].send(signal.SIGTERM)
    assert await fleet.serves[0].ended() == 0
    await rush.finish()
    assert rush.outcomes().keys() <= {ACCEPTED, OUT_OF_STOCK, TRY_AGAIN, REFUSED}
    await prove_sold_out(fleet.settings, rush)


@pytest.mark.parametrize("persist_batch", [5])
async def test_a_worker_commits_what_it_persisted(
    fleet_of_its_own: Fleet, new_rush: NewRush, persist_batch: int
) -> None:
    fleet = fleet_of_its_own
    rush = await new_rush(fleet, units=100, buyers=150)  # more than it has persisted before it hears
    rush.arrive()
    async with observer(fleet.settings) as infra:
        await until(lambda: persisted(infra, rush.item), lambda count: count > 0)
        fleet.workers[0].send(signal.SIGTERM)
        assert await fleet.workers[0].ended() == 0
        await rush.finish()
        # One message an order, and no retries: what is in the database is what need not be read again.
        stored = await persisted(infra, rush.item)
        assert await committed(infra) == stored
        assert 0 < stored < rush.item.quantity
    await fleet.complete()
    await prove_sold_out(fleet.settings, rush)
