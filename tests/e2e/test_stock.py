"""Staff change stock; what they ask with a key is done once; what is sent wrongly changes nothing."""

import asyncio
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from infra.cloudevents import decode
from infra.ids import new_id
from models import DEFAULT_WAREHOUSE, OutboxMessage
from resolvers.shared.node import encode_id
from services.reconcile.reconcile import reconcile
from services.shared.events import STOCK, StockLow
from tests.e2e.shop import CREATE, Person, Shop, new_key
from tests.e2e.stock_operations import ADJUST, CHANGE, COUNT, LEVELS, MOVE, OPEN, RECEIVE, THRESHOLD, do, refusal
from tests.factories import stock_of
from tests.modes import ONE_MODE
from tests.waiting import until


@pytest.fixture
async def staff(shop: Shop) -> Person:
    return await shop.staff()


@pytest.fixture
async def sku(shop: Shop, staff: Person) -> str:
    """10 on hand in the default warehouse."""
    sku = f"SKU-{uuid4().hex[:10]}"
    variant = {"sku": sku, "price": "50.00", "currencyCode": "EUR", "quantity": 10}
    await shop.ask(CREATE, {"input": {"title": f"Shirt {sku}", "variants": [variant]}}, staff)
    return sku


async def adjust(shop: Shop, by: Person, sku: str, delta: int, key: str | None = None, **more: Any) -> Any:
    wish = {"sku": sku, "delta": delta, "reason": "found in a corner", "idempotencyKey": key or new_key(), **more}
    return (await shop.ask(ADJUST, {"input": wish}, by))["adjustStock"]


def shown(sku: str, available: int) -> Any:
    stock = {"available": available, "onHand": available, "held": 0}
    return {"__typename": "Variant", "sku": sku, "stock": stock}


async def test_adjusting_is_done_once_a_key_and_shown_at_once(shop: Shop, staff: Person, sku: str) -> None:
    key = new_key()
    assert await adjust(shop, staff, sku, -3, key) == shown(sku, 7)
    assert await adjust(shop, staff, sku, 5) == shown(sku, 12)
    # The first answer again, with the stock as it is by now.
    assert await adjust(shop, staff, sku, -3, key) == shown(sku, 12)
    conflict = await adjust(shop, staff, sku, -4, key)
    assert conflict["__typename"] == "IdempotencyConflict"
    # Keys are a person's own.
    assert await adjust(shop, await shop.staff(), sku, -4, key) == shown(sku, 8)
    short = await adjust(shop, staff, sku, -9)
    assert (short["code"], short["sku"], short["available"]) == ("OUT_OF_STOCK", sku, 8)
    both = await asyncio.gather(*(adjust(shop, staff, sku, -1, "the same") for _ in range(4)))
    assert {answer["__typename"] for answer in both} <= {"Variant", "TryAgain"}
    assert await adjust(shop, staff, sku, -1, "the same") == shown(sku, 7)
    assert (await reconcile(shop.server.infra, sku=sku)).differences == []


WRONG: Final[list[tuple[dict[str, Any], str | None]]] = [
    ({"delta": 0}, "delta"),
    ({"delta": 10**9 + 1}, "delta"),
    ({"delta": -(2**31)}, "delta"),
    ({"delta": 10**9}, "delta"),
    ({"reason": " "}, "reason"),
    ({"reason": "x" * 201}, "reason"),
    ({"reason": "a\0b"}, "reason"),
    ({"idempotencyKey": ""}, "idempotencyKey"),
    ({"idempotencyKey": "k" * 129}, "idempotencyKey"),
    ({"warehouseId": "no-id"}, "warehouseId"),
    ({"warehouseId": encode_id("Variant", DEFAULT_WAREHOUSE)}, "warehouseId"),
    ({"warehouseId": encode_id("Warehouse", new_id())}, "NotFound"),
    ({"sku": "no-such-sku"}, "NotFound"),
    ({"sku": "a\0b"}, "NotFound"),
    ({"sku": "{" * 5000}, "NotFound"),
    ({"delta": 2**63}, None),
    ({"delta": 2**31}, None),
    ({"delta": 1.5}, None),
    ({"delta": "1"}, None),
    ({"reason": None}, None),
]


@ONE_MODE
async def test_wrong_input_changes_nothing(shop: Shop, staff: Person, sku: str) -> None:
    for wrong, expected in WRONG:
        wish = {"sku": sku, "delta": 1, "reason": "found", "idempotencyKey": new_key(), **wrong}
        assert await refusal(shop, staff, ADJUST, wish) == expected, wrong
    assert (await stock_of(shop.server.infra, sku))["on_hand"] == 10


async def test_units_come_move_and_are_counted(shop: Shop, staff: Person, sku: str) -> None:
    """Everything twice, as after an answer that got lost; the ledger has it once."""
    first, north = await warehouse_ids(shop, staff)
    receive = {"sku": sku, "quantity": 5, "warehouseId": north, "document": "DN-7", "idempotencyKey": new_key()}
    move = {
        "sku": sku,
        "quantity": 4,
        "fromWarehouseId": first,
        "toWarehouseId": north,
        "note": "for the fair",
        "idempotencyKey": new_key(),
    }
    count = {"sku": sku, "expected": 9, "counted": 7, "warehouseId": north, "idempotencyKey": new_key()}
    for query, wish, available in ((RECEIVE, receive, 15), (MOVE, move, 15), (COUNT, count, 13)):
        for _ in range(2):
            assert await do(shop, staff, query, **wish) == shown(sku, available)
    stale = await do(shop, staff, COUNT, **{**count, "idempotencyKey": new_key()})
    assert (stale["__typename"], stale["onHand"]) == ("StaleCount", 7)
    short = await do(shop, staff, MOVE, **{**move, "quantity": 7, "idempotencyKey": new_key()})
    assert (short["__typename"], short["sku"], short["available"]) == ("OutOfStock", sku, 6)
    assert await do(shop, staff, COUNT, sku=sku, expected=6, counted=6) == shown(sku, 13)
    ledger = (await shop.ask(LEVELS, {"sku": sku}, staff))["stockLedger"]["edges"]
    assert [(n["cause"], n["onHand"], n["warehouse"]["code"]) for n in (edge["node"] for edge in ledger)] == [
        ("COUNTED", 0, "MAIN"),
        ("COUNTED", -2, "NORTH"),
        ("MOVED", 4, "NORTH"),
        ("MOVED", -4, "MAIN"),
        ("RECEIVED", 5, "NORTH"),
        ("RECEIVED", 10, "MAIN"),
    ]
    newest, *_, received, _ = [edge["node"] for edge in ledger]
    assert newest["variant"]["stockLevels"] == [
        {"onHand": 7, "available": 7, "warehouse": {"code": "NORTH"}},
        {"onHand": 6, "available": 6, "warehouse": {"code": "MAIN"}},
    ]
    assert (received["document"], received["actor"]) == ("DN-7", staff.id)
    moved = [edge["node"] for edge in ledger[2:4]]
    assert (moved[0]["reference"], {m["note"] for m in moved}) == (moved[1]["reference"], {"for the fair"})
    assert (await reconcile(shop.server.infra)).differences == []


async def warehouse_ids(shop: Shop, staff: Person) -> tuple[str, str]:
    """The default one, and another that orders take from first."""
    made = await do(shop, staff, OPEN, code="NORTH", name="North", priority=1)
    rows = (await shop.ask("{ warehouses { id code isDefault } }", by=staff))["warehouses"]
    assert [(row["code"], row["isDefault"]) for row in rows] == [("NORTH", False), ("MAIN", True)]
    return rows[1]["id"], made["id"]


async def test_pages_of_the_ledger(shop: Shop, staff: Person, sku: str) -> None:
    first, north = await warehouse_ids(shop, staff)
    for number in range(3):
        await do(shop, staff, RECEIVE, sku=sku, quantity=number + 1, warehouseId=north)
    seen, after = [], None
    while True:
        page = (await shop.ask(LEVELS, {"sku": sku, "first": 2, "after": after}, staff))["stockLedger"]
        seen += [edge["node"]["onHand"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
        # What comes in between is not on the pages that follow.
        await do(shop, staff, RECEIVE, sku=sku, quantity=99, warehouseId=first)
    assert seen == [3, 2, 1, 10]
    for wanted, expected in (({"warehouse": north}, [3, 2, 1]), ({"cause": "ADJUSTED"}, [])):
        page = (await shop.ask(LEVELS, {"sku": sku, **wanted}, staff))["stockLedger"]
        assert [edge["node"]["onHand"] for edge in page["edges"]] == expected
    for wrong in ({"first": 101}, {"after": "x"}, {"warehouse": "x"}, {"sku": " a"}):
        answer = await shop.server.graphql(LEVELS, {"sku": sku, **wrong}, staff.token)
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_the_life_of_a_warehouse(shop: Shop, staff: Person, sku: str) -> None:
    first, north = await warehouse_ids(shop, staff)
    taken = await do(shop, staff, OPEN, code="NORTH", name="Another")
    assert (taken["__typename"], taken["warehouseCode"]) == ("WarehouseCodeTaken", "NORTH")
    key = new_key()
    for _ in range(2):
        changed = await do(shop, staff, CHANGE, id=north, version=1, name="Nord", priority=7, idempotencyKey=key)
        assert (changed["name"], changed["priority"], changed["version"]) == ("Nord", 7, 2)
    stale = await do(shop, staff, CHANGE, id=north, version=1, name="Norden")
    assert (stale["__typename"], stale["currentVersion"]) == ("StaleVersion", 2)
    await do(shop, staff, RECEIVE, sku=sku, quantity=3, warehouseId=north)
    full = await do(shop, staff, CHANGE, id=north, version=2, active=False)
    assert (full["__typename"], full["onHand"]) == ("WarehouseNotEmpty", 3)
    await do(shop, staff, COUNT, sku=sku, warehouseId=north, expected=3, counted=0)
    assert (await do(shop, staff, CHANGE, id=north, version=2, active=False))["active"] is False
    closed = await do(shop, staff, RECEIVE, sku=sku, quantity=3, warehouseId=north)
    assert closed["__typename"] == "NotFound"
    assert (await do(shop, staff, CHANGE, id=north, version=3, active=True))["active"] is True
    default = await do(shop, staff, CHANGE, id=first, version=1, active=False)
    assert default["fields"][0]["path"] == ["input", "active"]


@ONE_MODE
async def test_wrong_input_of_the_others(shop: Shop, staff: Person, sku: str) -> None:
    first, north = await warehouse_ids(shop, staff)
    receive = {"sku": sku, "quantity": 1}
    move = {"sku": sku, "quantity": 1, "fromWarehouseId": first, "toWarehouseId": north}
    count = {"sku": sku, "expected": 10, "counted": 9}
    unknown = {"sku": "nothing"}
    wrong: list[tuple[str, dict[str, Any], dict[str, Any], str | None]] = [
        *((RECEIVE, receive, {"quantity": n}, "quantity") for n in (0, -1, 10**9, 2**31 - 1)),
        *((RECEIVE, receive, {"quantity": n}, None) for n in (2**31, 2**63, "1", None)),
        (RECEIVE, receive, unknown, "NotFound"),
        (RECEIVE, receive, {"document": "x" * 101}, "document"),
        (RECEIVE, receive, {"note": "a\nb"}, "note"),
        *((MOVE, move, {"quantity": n}, "quantity") for n in (0, -1)),
        (MOVE, move, {"quantity": 11}, "OutOfStock"),
        (MOVE, move, {"toWarehouseId": first}, "toWarehouseId"),
        (MOVE, move, {"fromWarehouseId": "x"}, "fromWarehouseId"),
        (MOVE, move, {"fromWarehouseId": encode_id("Warehouse", new_id())}, "NotFound"),
        (MOVE, move, unknown, "NotFound"),
        *((COUNT, count, {"counted": n}, "counted") for n in (-1, 10**9 + 1)),
        (COUNT, count, {"expected": -1}, "expected"),
        (COUNT, count, {"expected": 9}, "StaleCount"),
        (COUNT, count, unknown, "NotFound"),
        *((THRESHOLD, {"sku": sku}, {"threshold": n}, "threshold") for n in (-1, 10**9 + 1)),
        (THRESHOLD, {"threshold": 1}, unknown, "NotFound"),
        *((OPEN, {"name": "x"}, {"code": c}, "code") for c in ("", "ab", "-A", "A" * 33, "Ä", "A\0", "A\n")),
        *((OPEN, {"code": "X", "name": "x"}, {"priority": n}, "priority") for n in (-1, 1_000_001)),
        (OPEN, {"code": "X"}, {"name": " "}, "name"),
        (CHANGE, {"id": north, "version": 1}, {"name": "x" * 101}, "name"),
        (CHANGE, {"id": north, "version": 1}, {"code": "MAIN"}, "WarehouseCodeTaken"),
        (CHANGE, {"version": 1}, {"id": encode_id("Warehouse", new_id())}, "NotFound"),
        (CHANGE, {"version": 1}, {"id": encode_id("Variant", DEFAULT_WAREHOUSE)}, "id"),
    ]
    for query, right, change, expected in wrong:
        wish = {"idempotencyKey": new_key(), **right, **change}
        assert await refusal(shop, staff, query, wish) == expected, (query, change)
    assert (await stock_of(shop.server.infra, sku))["on_hand"] == 10
    assert len((await shop.ask("{ warehouses { id } }", by=staff))["warehouses"]) == 2


@pytest.mark.usefixtures("worker")
async def test_low_stock_is_told_once_a_crossing(shop: Shop, staff: Person, sku: str) -> None:
    """By sales as well, and over all warehouses."""
    _, north = await warehouse_ids(shop, staff)
    for units in (4, 3):
        answer = await do(shop, staff, THRESHOLD, sku=sku, threshold=units)
        assert answer == {"__typename": "Variant", "lowStockThreshold": units}
    await do(shop, staff, RECEIVE, sku=sku, quantity=2, warehouseId=north)
    assert await low_events(shop) == []
    for delta, told in ((-8, []), (-1, [3]), (-1, [3]), (5, [3]), (-4, [3, 3])):
        await adjust(shop, staff, sku, delta)
        assert await low_events(shop) == told
    # Set anew where it is low already: nothing new; put so high that it is low from now on: told.
    anew: list[tuple[int | None, int]] = [(2, 2), (3, 3), (5, 3), (None, 3), (9, 4)]
    for threshold, times in anew:
        await do(shop, staff, THRESHOLD, sku=sku, threshold=threshold)
        assert len(await low_events(shop)) == times


async def low_events(shop: Shop) -> list[int]:
    """What was left, as the events in the log say."""
    infra = shop.server.infra

    async def waiting() -> int:
        async with infra.database.read() as session:
            topic = select(func.count()).select_from(OutboxMessage).where(OutboxMessage.topic == STOCK)
            return await session.scalar(topic) or 0

    await until(waiting, lambda count: count == 0)
    events = [decode(message.value) for message in await infra.events.read_all(STOCK, 1000)]
    return [event.data["available"] for event in events if event.type == StockLow.type]


@ONE_MODE
async def test_only_staff_change_stock(shop: Shop, sku: str) -> None:
    wish = {"sku": sku, "delta": 1, "reason": "mine", "idempotencyKey": new_key()}
    ada = await shop.customer()
    for token, code in ((None, "UNAUTHENTICATED"), (ada.token, "FORBIDDEN")):
        answer = await shop.server.graphql(ADJUST, {"input": wish}, token)
        assert answer["errors"][0]["extensions"]["code"] == code
    assert (await stock_of(shop.server.infra, sku))["on_hand"] == 10
