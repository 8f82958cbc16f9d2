"""Flash orders that come together share calls to the stores; each has its own answer, whatever comes of others."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from redis.asyncio import Redis

from infra.ids import new_id
from infra.runtime import Infra
from models import OrderStatus
from models.order_document import OrderView
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.reservation.keys import accepted_key
from services.shared.errors import IdempotencyConflict, InvalidInput, OutOfStock, PurchaseLimitReached, TryAgain
from services.shared.events import ORDERS
from tests.books import assert_adds_up, counters, orders_in
from tests.factories import order_wish, running_sale
from tests.waiting import until
from tests.workers import persist_all


async def place(infra: Infra, wishes: Sequence[FlashOrder]) -> list[OrderView | BaseException]:
    return await asyncio.gather(*(place_flash_order(infra, wish) for wish in wishes), return_exceptions=True)


async def script_calls(infra: Infra) -> int:
    stats: dict[str, Any] = await infra.redis.client.info("commandstats")
    return int(stats.get("cmdstat_evalsha", {"calls": 0})["calls"])


async def test_each_of_a_group_has_its_own_answer(infra: Infra) -> None:
    item, other = await running_sale(infra, quantity=6, limit=2), await running_sale(infra, quantity=5)
    [first, known] = await place(infra, [order_wish(item), order_wish(other)])  # all is loaded, all scripts known
    assert isinstance(first, OrderView)
    assert isinstance(known, OrderView)
    used, buyer = order_wish(other), new_id()
    [of_other, *_] = await place(infra, [used])
    again = order_wish(item)
    group = [
        order_wish(item, customer=buyer, quantity=2),
        again,
        again,
        order_wish(item, customer=buyer),
        order_wish(item, like=used),
        order_wish(item, quantity=0),
        order_wish(other),
        order_wish(item, quantity=2),
        order_wish(item, quantity=2),
    ]
    before = await script_calls(infra)
    answers = await place(infra, group)
    # Reserved a script call an item, one given back, accepted a script call an item.
    assert await script_calls(infra) - before == 5
    assert [type(answer) for answer in answers] == [
        *(OrderView, OrderView, OrderView, PurchaseLimitReached, IdempotencyConflict, InvalidInput),
        *(OrderView, OutOfStock, OutOfStock),
    ]
    accepted = [answer for answer in answers if isinstance(answer, OrderView)]
    assert accepted[1].id == accepted[2].id
    placed = {first.id, known.id, *(order.id for order in accepted)}
    assert isinstance(of_other, OrderView)
    placed.add(of_other.id)
    messages = Counter(message.key for message in await infra.events.read_all(ORDERS, 100))
    assert messages == Counter(order_id.hex for order_id in placed)
    await persist_all(infra)
    assert await orders_in(infra) == dict.fromkeys(placed, OrderStatus.AWAITING_PAYMENT)
    await assert_adds_up(infra, item, remaining=2)
    await assert_adds_up(infra, other, remaining=2)


async def test_one_that_breaks_a_shared_call_breaks_it_for_itself(infra: Infra) -> None:
    item = await running_sale(infra, quantity=9)
    bad, wishes = order_wish(item), [order_wish(item) for _ in range(4)]
    await infra.redis.client.set(accepted_key(bad.customer_id), "no hash")
    answers = await place(infra, [*wishes[:2], bad, *wishes[2:]])
    assert not isinstance(answers.pop(2), OrderView)
    accepted = {answer.id for answer in answers if isinstance(answer, OrderView)}
    assert len(accepted) == 4
    await infra.redis.client.delete(accepted_key(bad.customer_id))
    [found] = await place(infra, [bad])
    assert isinstance(found, OrderView)
    await persist_all(infra)
    assert await orders_in(infra) == dict.fromkeys({*accepted, found.id}, OrderStatus.AWAITING_PAYMENT)
    await assert_adds_up(infra, item, remaining=4)


@pytest.mark.parametrize("store_timeout", [0.8])
async def test_redis_away_in_the_middle_leaves_each_what_its_key_finds(
    infra: Infra, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = await running_sale(infra, quantity=9)
    await place(infra, [order_wish(item)])
    wishes, publish = [order_wish(item) for _ in range(4)], infra.events.publish_many

    async def last(topic: str, *args: Any, **kwargs: Any) -> list[Exception | None]:
        if topic == ORDERS:
            await redis.client_pause(2_000)
        return await publish(topic, *args, **kwargs)

    monkeypatch.setattr(infra.events, "publish_many", last)
    answers = await place(infra, wishes)
    monkeypatch.undo()
    await redis.ping()  # answered when it is back
    assert [type(answer) for answer in answers] == [TryAgain] * 4
    assert len((await counters(infra, item)).pending) == 5
    found = await until(lambda: place(infra, wishes), lambda all_: all(isinstance(o, OrderView) for o in all_))
    await persist_all(infra)
    ids = {order.id for order in found if isinstance(order, OrderView)}
    assert len(ids) == 4
    assert ids < set(await orders_in(infra))
    await assert_adds_up(infra, item, remaining=4)
