"""Dead letters: a message that cannot be handled stops nobody, is kept with its reason, and can be replayed."""

import json
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select
from structlog.testing import capture_logs

from infra.cloudevents import CloudEvent, encode
from infra.ids import new_id
from infra.runtime import Infra
from models import Order, OrderLine, OrderStatus
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderView
from services.dead_letters.list_dead_letters import find_dead_letters, list_dead_letters, replay
from services.flash_sale.load_item import load_item
from services.order.abandon_unconfirmed import abandon_unconfirmed
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.order.views import line_id
from services.reconcile.reconcile import reconcile
from services.shared.errors import NotFound
from services.shared.events import ORDERS, OrderCancelled, OrderPlaced
from tests.commands import rushcart
from tests.factories import live_remaining, order_wish, running_sale, stock_of
from tests.modes import ONE_MODE
from tests.workers import persist_all

_BAD_REFERENCE = {"orderId": 5, "lines": []}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Printing a traceback with its variables takes longer than a store may."""
    with capture_logs():
        yield


async def test_what_is_no_event_is_buried_and_the_good_are_persisted(infra: Infra) -> None:
    item = await running_sale(infra, quantity=20)
    lines = [{"sku": item.sku, "itemId": 5}]
    bad = {
        b"{nonsense": "not JSON: ",
        b"\xff\x00\x1b[2J": "not JSON: ",
        b'{"hello": 1}': "not a CloudEvents 1.0 envelope",
        b'{"specversion": "1.0", "type": "rushcart.order.placed.v1"}': "type, subject or data is missing",
        _event(infra, OrderPlaced.type, {"id": "5"}): "not rushcart.order.placed.v1: KeyError('lines')",
        _event(infra, OrderPlaced.type, _order(lines=[])): "not rushcart.order.placed.v1: ValueError(",
        _event(infra, OrderPlaced.type, _order(id=5)): "not rushcart.order.placed.v1: AttributeError(",
        _event(infra, OrderPlaced.type, _order(placedAtMs=10**18)): "not rushcart.order.placed.v1: OverflowError(",
        _event(infra, OrderCancelled.type, _BAD_REFERENCE): "not rushcart.order.cancelled.v1: AttributeError(",
        _event(infra, OrderCancelled.type, {"orderId": new_id().hex, "lines": lines}): "not rushcart.order.canc",
    }
    good = [await place_flash_order(infra, order_wish(item))]
    for value in bad:
        await infra.events.publish(ORDERS, "k", value)
        good.append(await place_flash_order(infra, order_wish(item)))
    await persist_all(infra)
    assert await _orders(infra) == {order.id: OrderStatus.AWAITING_PAYMENT for order in good}
    letters = {letter.value: letter for letter in await list_dead_letters(infra)}
    assert letters.keys() == bad.keys()
    for value, letter in letters.items():
        assert letter.reason.startswith(bad[value])
        assert (letter.topic, letter.key, letter.replayed_at) == (ORDERS, "k", None)
        assert letter.source.startswith("orders.v1@")
        assert letter.id.startswith("orders.v1.dlq@")


async def test_an_order_that_nothing_can_persist(infra: Infra) -> None:
    """No item, or more than the columns hold."""
    item = await running_sale(infra, quantity=5)
    no_item = {"sku": item.sku, "variantId": new_id().hex, "itemId": None, "title": "t", "quantity": 1}
    no_item |= {"unitPrice": 10, "epoch": 1}
    too_many = no_item | {"itemId": item.id.hex, "quantity": 2**62}
    for line in (no_item, too_many):
        await infra.events.publish(ORDERS, "k", _event(infra, OrderPlaced.type, _order(lines=[line])))
    good = await place_flash_order(infra, order_wish(item))
    await persist_all(infra)
    assert await _orders(infra) == {good.id: OrderStatus.AWAITING_PAYMENT}
    assert {letter.reason.split(":")[1] for letter in await list_dead_letters(infra)} == {" cannot be persisted"}
    assert (await reconcile(infra)).differences == []


async def test_a_refused_order_keeps_its_units_and_a_replay_persists_it_once(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    (good, bad), (_, wish) = await _one_good_one_refused(infra, item_orders=(1, 2), item=item)
    assert await _orders(infra) == {good.id: OrderStatus.AWAITING_PAYMENT}
    [letter] = await list_dead_letters(infra)
    assert letter.reason == "IntegrityError: cannot be persisted"
    assert (letter.key, letter.topic) == (bad.id.hex, ORDERS)
    # Nobody decides that it was never published, however old it is.
    assert await abandon_unconfirmed(infra, older_than=timedelta(seconds=-1)) == 0
    assert await live_remaining(infra, item) == 2
    report = await reconcile(infra)
    assert (report.differences, report.on_their_way, report.parked) == ([], 1, 1)
    # Its customer still sees it, also by the same key, which publishes it once more.
    assert (await place_flash_order(infra, wish)).status == OrderStatus.ACCEPTED

    await _mend(infra, bad)
    await replay(infra, letter)
    await replay(infra, letter)
    await persist_all(infra)
    await _is_persisted_once(infra, good, bad)
    assert await live_remaining(infra, item) == 2
    assert (await stock_of(infra, item.sku))["held"] == 3
    report = await reconcile(infra)
    assert (report.differences, report.on_their_way, report.parked) == ([], 0, 0)
    [replayed] = await list_dead_letters(infra)
    assert (replayed.id, replayed.replayed_at is None) == (letter.id, False)


async def test_what_is_still_refused_comes_back(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    (good, bad), _ = await _one_good_one_refused(infra, item_orders=(1, 1), item=item)
    [first] = await list_dead_letters(infra)
    await replay(infra, first)
    await persist_all(infra)
    old, new = await list_dead_letters(infra)
    assert (old.id, old.replayed_at is None) == (first.id, False)
    assert (new.value, new.replayed_at) == (first.value, None)
    assert new.headers["replayed-from"] == first.id
    assert new.source != first.source
    assert await live_remaining(infra, item) == 3
    await _mend(infra, bad)
    await replay(infra, new)
    await persist_all(infra)
    await _is_persisted_once(infra, good, bad)


async def test_counters_that_are_loaded_again_keep_the_units(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5, limit=2)
    (good, bad), (_, wish) = await _one_good_one_refused(infra, item_orders=(1, 2), item=item)
    for _ in range(2):
        assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    assert await live_remaining(infra, item) == 2
    report = await reconcile(infra)
    assert (report.differences, report.parked) == ([], 1)
    assert (await place_flash_order(infra, wish)).id == bad.id
    await persist_all(infra)
    await _mend(infra, bad)
    letter = (await list_dead_letters(infra))[0]
    assert json.loads(letter.value)["data"]["lines"][0]["epoch"] == 1
    await replay(infra, letter)
    await persist_all(infra)
    await _is_persisted_once(infra, good, bad)
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    assert await live_remaining(infra, item) == 2
    assert (await reconcile(infra)).differences == []


@ONE_MODE
async def test_an_unknown_id_is_not_found(infra: Infra) -> None:
    for wrong in ("orders.v1.dlq@9:9", "orders.v1@0:0", "nonsense", ""):
        with pytest.raises(NotFound):
            await find_dead_letters(infra, [wrong])


async def test_the_commands(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    empty = await rushcart(infra, "dlq", "list")
    assert (empty.returncode, empty.stdout) == (0, "There are no dead letters.\n")
    (good, bad), _ = await _one_good_one_refused(infra, item_orders=(1, 1), item=item)
    await infra.events.publish(ORDERS, "a\x1b[31mkey", b"{\x1b]0;nonsense")
    await persist_all(infra)
    order, nonsense = await list_dead_letters(infra)

    listed = await rushcart(infra, "dlq", "list", "--topic", ORDERS)
    assert listed.returncode == 0
    assert "\x1b" not in listed.stdout
    for letter in (order, nonsense):
        [line] = [line for line in listed.stdout.splitlines() if letter.id in line]
        assert all(part in line for part in (ORDERS, letter.time, letter.reason, "no"))
    assert "There are no dead" in (await rushcart(infra, "dlq", "list", "--topic", "stock.v1")).stdout

    shown = await rushcart(infra, "dlq", "show", order.id)
    assert shown.returncode == 0
    assert f"reason: {order.reason}\n" in shown.stdout
    assert f"header source: {order.source}\n" in shown.stdout
    assert json.loads(shown.stdout.partition("\n\n")[2]) == json.loads(order.value)
    assert "{\\x1b]0;nonsense" in (await rushcart(infra, "dlq", "show", nonsense.id)).stdout

    await _mend(infra, bad)
    replayed = await rushcart(infra, "dlq", "replay", order.id)
    assert (replayed.returncode, replayed.stdout.splitlines()[-1]) == (0, "1 replayed")
    again = await rushcart(infra, "dlq", "replay", "--all")
    assert again.stdout.splitlines() == [f"{nonsense.id} is in {ORDERS} again", "1 replayed"]
    await persist_all(infra)
    await _is_persisted_once(infra, good, bad)
    marked = await rushcart(infra, "dlq", "list")
    assert sum("yes, 20" in line for line in marked.stdout.splitlines()) == 2


@ONE_MODE
async def test_wrong_use_of_the_commands(infra: Infra) -> None:
    missing = await rushcart(infra, "dlq", "show", "orders.v1.dlq@7:7")
    assert (missing.returncode, missing.stderr) == (1, "Error: There is no dead letter orders.v1.dlq@7:7.\n")
    for wrong in (["replay"], ["replay", "--all", "x@1"], ["list", "--topic", "nonsense"]):
        assert (await rushcart(infra, "dlq", *wrong)).returncode == 2


async def _one_good_one_refused(
    infra: Infra, *, item: FlashItemDoc, item_orders: tuple[int, int]
) -> tuple[tuple[OrderView, OrderView], tuple[FlashOrder, FlashOrder]]:
    """The second order's line has an id that another row has already, which both databases refuse."""
    first, second = wishes = tuple(order_wish(item, quantity=n) for n in item_orders)
    good = await place_flash_order(infra, first)
    await persist_all(infra)
    bad = await place_flash_order(infra, second)
    in_the_way = {
        "id": line_id(bad.id, 0),
        "order_id": good.id,
        "position": 9,
        "sku": "in-the-way",
        "variant_id": new_id(),
        "title": "",
        "quantity": 0,
        "unit_price": 0,
    }
    async with infra.database.write() as session:
        await session.execute(insert(OrderLine), [in_the_way])
    await persist_all(infra)
    return (good, bad), (wishes[0], wishes[1])


async def _mend(infra: Infra, bad: OrderView) -> None:
    async with infra.database.write() as session:
        await session.execute(delete(OrderLine).where(OrderLine.id == line_id(bad.id, 0)))


async def _is_persisted_once(infra: Infra, good: OrderView, bad: OrderView) -> None:
    assert await _orders(infra) == {
        good.id: OrderStatus.AWAITING_PAYMENT,
        bad.id: OrderStatus.AWAITING_PAYMENT,
    }
    async with infra.database.read() as session:
        lines = await session.scalars(select(OrderLine.quantity).where(OrderLine.order_id == bad.id))
        assert list(lines) == [bad.lines[0].quantity]


async def _orders(infra: Infra) -> dict[UUID, str]:
    async with infra.database.read() as session:
        rows = await session.execute(select(Order.id, Order.status))
        return {row[0]: row[1] for row in rows}


def _event(infra: Infra, kind: str, data: dict[str, object]) -> bytes:
    return encode(CloudEvent(kind, "k", data), infra.now())


def _order(**changes: object) -> dict[str, object]:
    """A placed order's document that would do, with something changed."""
    line = {"sku": "S", "variantId": new_id().hex, "itemId": new_id().hex, "title": "t", "quantity": 1}
    return {
        "id": new_id().hex,
        "customerId": new_id().hex,
        "idempotencyKey": new_id().hex,
        "fingerprint": "f",
        "currency": "EUR",
        "paymentTimeoutMs": 60_000,
        "placedAtMs": 1_700_000_000_000,
        "lines": [line | {"unitPrice": 100, "epoch": 1}],
        **changes,
    }
