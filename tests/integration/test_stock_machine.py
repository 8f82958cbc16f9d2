"""Whatever happens to a SKU, and whatever is cut off in the middle: at every rest ledger, levels and Redis agree.

Hypothesis chooses the steps; the same ones each time, unless RUSHCART_TEST_STOCK_EXAMPLES asks for so many others.
"""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, TypeVar
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from infra.eventlog import streams
from infra.runtime import Infra
from models import DEFAULT_WAREHOUSE
from settings import Settings
from tests.factories import new_warehouse
from tests.integration.stock_world import World
from tests.modes import EMBEDDED

T = TypeVar("T")
UNITS = st.integers(1, 6)
CUT = st.none() | st.sampled_from([share / 20 for share in range(1, 21)])
"""After which share of its waits a step is cut off."""
BESIDE = st.sampled_from([0, 0, 1, 2])
"""Units of the sale's other item in the same order."""
ARMED = st.sampled_from([False, False, False, True])
PLACE = st.integers(0, 2)
PICK = st.integers(0, 99)
STAFF = st.one_of(
    st.tuples(st.sampled_from(["receive", "move"]), PLACE, UNITS, st.integers(0, 1)),
    st.tuples(st.just("adjust"), PLACE, st.integers(-8, 4).filter(bool), st.just(0)),
    # Every fourth count is of another number than is there.
    st.tuples(st.just("count"), PLACE, st.integers(0, 12), st.integers(0, 3)),
)


@pytest.fixture
async def settings(settings: Settings) -> Settings:
    """Patient: nothing here is about the time that a store takes, and the machine may be busy."""
    return settings.model_copy(update={"store_timeout": 5.0})


def _profile(mode: str) -> hypothesis_settings:
    examples = int(os.environ.get("RUSHCART_TEST_STOCK_EXAMPLES", "0"))
    return hypothesis_settings(
        max_examples=examples or (10 if mode == EMBEDDED else 4),
        stateful_step_count=30,
        derandomize=not examples,
        database=None,
        deadline=None,
        # A failure is shown as it was found: its steps take too long to be tried again and again.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


class StockMachine(RuleBasedStateMachine):
    """``loop`` runs all that is asynchronous; the machine itself is in a thread."""

    infra: Infra
    loop: asyncio.AbstractEventLoop
    warehouses: tuple[UUID, ...]
    waits: int
    world: World

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def at(self, share: float | None, waits: int | None = None) -> int | None:
        """A transaction has some 50 waits on SQLite and 20 on MySQL, the last few after its commit."""
        return None if share is None else round(share * (waits or self.waits)) or 1

    @initialize(threshold=st.integers(0, 12), on_sale=st.integers(3, 8), held=st.integers(1, 2))
    def begin(self, threshold: int, on_sale: int, held: int) -> None:
        self.world = self.run(World.make(self.infra, self.warehouses, threshold))
        self.run(self.world.schedule(on_sale))
        self.run(self.world.hold(held, None))

    @rule(changes=st.lists(STAFF, min_size=1, max_size=3), cut=CUT)
    def staff_change_stock(self, changes: list[tuple[str, int, int, int]], cut: float | None) -> None:
        for change in changes:
            self._change(*change, cut)

    def _change(self, verb: str, place: int, units: int, other: int, cut: float | None) -> None:
        here, there = self.warehouses[place], self.warehouses[(place + 1 + other % 2) % 3]
        given = {"receive": (here, units), "adjust": (here, units), "move": (here, there, units)}
        self.run(getattr(self.world, verb)(*given.get(verb, (here, units, other // 3)), self.at(cut)))

    @rule(units=UNITS, cut=CUT)
    def hold(self, units: int, cut: float | None) -> None:
        self.run(self.world.hold(units, self.at(cut)))

    @precondition(lambda self: self.world.holds)
    @rule(pick=PICK, step=st.sampled_from(["release", "commit"]), cut=CUT)
    def go_on_with_a_hold(self, pick: int, step: str, cut: float | None) -> None:
        orders = list(self.world.holds)
        self.run(getattr(self.world, step)(orders[pick % len(orders)], self.at(cut)))

    @precondition(lambda self: self.world.holds)
    @rule(pick=PICK, units=UNITS, cut=CUT)
    def ship(self, pick: int, units: int, cut: float | None) -> None:
        orders = list(self.world.holds)
        self.run(self.world.ship(orders[pick % len(orders)], units, self.at(cut)))

    @precondition(lambda self: self.world.sale is None)
    @rule(units=UNITS)
    def schedule(self, units: int) -> None:
        self.run(self.world.schedule(units))

    @precondition(lambda self: self.world.sale is not None)
    @rule(wishes=st.lists(st.tuples(st.integers(1, 3), BESIDE), min_size=1, max_size=3), armed=ARMED, cut=CUT)
    def buy(self, wishes: list[tuple[int, int]], armed: bool, cut: float | None) -> None:
        for units, beside in wishes:
            self.run(self.world.buy(units, beside, self.at(cut, 5), armed=armed))

    @precondition(lambda self: any(sale.orders for sale in self.world.sales))
    @rule(pick=PICK, cut=CUT)
    def cancel(self, pick: int, cut: float | None) -> None:
        orders = [order for sale in self.world.sales for order in sale.orders]
        self.run(self.world.cancel(orders[pick % len(orders)], self.at(cut)))

    @precondition(lambda self: any(sale.orders for sale in self.world.sales))
    @rule()
    def expire(self) -> None:
        self.run(self.world.expire())

    @precondition(lambda self: self.world.sale is not None)
    @rule(cut=CUT)
    def end_sale(self, cut: float | None) -> None:
        self.run(self.world.end_sale(self.at(cut)))

    @precondition(lambda self: self.world.has_sent)
    @rule(cut=CUT)
    def work(self, cut: float | None) -> None:
        self.run(self.world.work(self.at(cut, 25)))

    @rule()
    def rest(self) -> None:
        self.run(self.world.rest())

    @invariant()
    def nothing_is_oversold(self) -> None:
        if (sale := self.world.sale) is not None:
            assert sale.sold <= sale.item.quantity

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.run(self.world.rest())


async def test_at_every_rest_all_agree(infra: Infra, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # What a killed worker had read is another's sooner than in five seconds.
    monkeypatch.setattr(streams, "_CLAIM_IDLE_MS", 50)
    near, far = await new_warehouse(infra, "NEAR", priority=1), await new_warehouse(infra, "FAR", priority=2)
    given = {
        "infra": infra,
        "waits": 50 if mode == EMBEDDED else 20,
        "loop": asyncio.get_running_loop(),
        # By priority: the default one has 100.
        "warehouses": (near, far, DEFAULT_WAREHOUSE),
    }
    machine = type("StockMachine", (StockMachine,), given)
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=_profile(mode))
