"""An item's keys in Redis are what ``services.reservation`` says; what the scripts write is read back."""

import re
from dataclasses import fields
from uuid import UUID

import orjson

import services.reservation
from infra.ids import new_id
from infra.redis_connection import RUN_ID
from infra.runtime import Infra
from models.flash_sale_document import FlashItemDoc
from models.order_document import OrderSnapshot
from services.flash_sale.load_item import load_item
from services.reservation.keys import ItemKeys, run
from services.reservation.release import Forget, confirm, park, release
from services.reservation.reserve import accept
from services.reservation.reserve_order import reserve_order
from services.reservation.rows import Pending, PendingState, read_pending
from tests.books import counters
from tests.factories import bare_order, order_wish, running_sale

ROW = re.compile(r"^``(flash:\S+)``\s*(\w+)\s+(.*)$", re.MULTILINE)
TABLE = {name: (kind, text) for name, kind, text in ROW.findall(services.reservation.__doc__ or "")}
NONSENSE = (b"", b"no entry", b"1|2|3|ab|Q|00|{}", b"1|2|3|ab|R|00", b"\xff|2|3|ab|R|00|{}")


def parts(key: str) -> list[str]:
    """What the table says that a value is made of."""
    text: str = TABLE[f"flash:{{sku}}:ITEM:{key}"][1]
    return text.split("->")[-1].split(";")[0].strip().split("|")


async def reserved(infra: Infra) -> tuple[FlashItemDoc, OrderSnapshot]:
    item = await running_sale(infra, quantity=5)
    snapshot = bare_order(infra, item, order_wish(item, quantity=2))
    return item, (await reserve_order(infra, snapshot)).snapshot or snapshot


async def raw(infra: Infra, key: str, field: str) -> bytes:
    async with infra.redis.guard():
        found = await infra.redis.client.hget(key, field)
    assert isinstance(found, bytes)
    return found


async def entry(infra: Infra, item: FlashItemDoc, order_id: UUID) -> Pending:
    found = read_pending(await raw(infra, ItemKeys.of(item.sku, item.id).pending, order_id.hex))
    assert found is not None
    return found


async def test_the_table_has_every_key_and_its_kind(infra: Infra) -> None:
    item, order = await reserved(infra)
    assert {_named(name, item) for name in TABLE} == set(ItemKeys.of(item.sku, item.id).all())
    await confirm(infra, [order])
    assert await load_item(infra, item.sku, item.id, settle=0.0, force=True)
    await reserve_order(infra, bare_order(infra, item, order_wish(item)))
    async with infra.redis.guard():
        kinds = {name: await infra.redis.client.type(_named(name, item)) for name in TABLE}
    there = {name: kind for name, kind in kinds.items() if kind != b"none"}
    assert there == {name: TABLE[name][0].encode() for name in there}
    assert {name.split(":")[-1] for name in there} >= {"ITEM", "buyers", "keys", "pending", "open", "fence"}


async def test_what_reserve_writes_is_what_the_table_says(infra: Infra) -> None:
    item, order = await reserved(infra)
    keys, key = ItemKeys.of(item.sku, item.id), order.idempotency_key.encode().hex()
    written = await raw(infra, keys.pending, order.id.hex)
    names = parts("pending")
    assert names == [field.name.removesuffix("_ms") for field in fields(Pending)]
    by_name = dict(zip(names, written.split(b"|", len(names) - 1), strict=True))
    placed = str(round(order.placed_at.timestamp() * 1000)).encode()
    assert (by_name["placed"], by_name["touched"], by_name["units"]) == (placed, placed, b"2")
    assert (by_name["buyer"], by_name["key"]) == (order.customer_id.hex.encode(), key.encode())
    assert by_name["state"] == PendingState.RESERVED.encode()
    assert OrderSnapshot.from_json(orjson.loads(by_name["snapshot"])).id == order.id
    found = await entry(infra, item, order.id)
    assert (found.units, found.buyer, found.key) == (2, order.customer_id.hex, key)
    assert found.order(order.lines[0].epoch) == order
    [of_keys, of_holds] = parts("keys"), parts("holds")
    assert (of_keys, of_holds) == (["order", "fingerprint"], ["units", "buyer"])
    known = await raw(infra, keys.requests, f"{order.customer_id.hex}:{key}")
    assert known == f"{order.id.hex}|{order.fingerprint}".encode()
    await confirm(infra, [order])
    assert await raw(infra, keys.holds, order.id.hex) == f"2|{order.customer_id.hex}".encode()


async def test_whatever_becomes_of_it_only_that_changes(infra: Infra) -> None:
    """Touched by a retry, given up, parked: the scripts leave the other parts as they are."""
    item, order = await reserved(infra)
    keys, first = ItemKeys.of(item.sku, item.id), await entry(infra, item, order.id)
    again = await reserve_order(infra, _snapshot_again(order))
    assert (again.fresh, again.snapshot) == (False, order)
    touched = await entry(infra, item, order.id)
    assert touched.touched_ms > first.touched_ms
    assert _but(touched, "touched_ms") == _but(first, "touched_ms")
    arguments: list[str | bytes | int] = [RUN_ID, order.id.hex, first.touched_ms]
    assert await run(infra.redis, "abandon", [keys.item, keys.pending], arguments) == 0  # a retry came
    arguments[2] = touched.touched_ms
    assert await run(infra.redis, "abandon", [keys.item, keys.pending], arguments) == 1
    given_up = await entry(infra, item, order.id)
    assert given_up.state == PendingState.UNDOING
    assert _but(given_up, "state") == _but(touched, "state")
    assert await accept(infra, [order]) == [False]
    await park(infra, order)
    parked = await entry(infra, item, order.id)
    assert parked.state == PendingState.PARKED
    assert _but(parked, "state") == _but(touched, "state")
    assert await run(infra.redis, "abandon", [keys.item, keys.pending], arguments) == 0
    assert await release(infra, {(item.sku, item.id): [order.id]}, forget=Forget.YES) == 1
    live = await counters(infra, item)
    assert (live.remaining, live.buyers, live.keys, live.pending) == (5, {}, set(), set())


async def test_what_is_no_entry_is_left_out_and_breaks_no_script(infra: Infra) -> None:
    item, order = await reserved(infra)
    keys = ItemKeys.of(item.sku, item.id)
    for number, nonsense in enumerate(
        (b"", b"no entry", b"1|2|3|ab|Q|00|{}", b"1|2|3|ab|R|00", b"\xff|2|3|ab|R|00|{}")
    ):
        bad = f"{number:032x}"
        async with infra.redis.guard():
            await infra.redis.client.hset(keys.pending, bad, nonsense)
        assert read_pending(nonsense) is None
        for name, script_keys in (
            ("confirm", [keys.item, keys.pending, keys.holds, keys.open]),
            ("park", [keys.item, keys.pending, keys.open]),
        ):
            assert await run(infra.redis, name, script_keys, [RUN_ID, bad]) == 0
        assert await run(infra.redis, "abandon", [keys.item, keys.pending], [RUN_ID, bad, 1]) == 0
        assert await raw(infra, keys.pending, bad) == nonsense
        assert await release(infra, {(item.sku, item.id): [UUID(bad)]}) == 0
    live = await counters(infra, item)
    assert (live.remaining, live.pending) == (3, {order.id.hex})


def _named(name: str, item: FlashItemDoc) -> str:
    return name.replace("{sku}", f"{{{item.sku}}}").replace("ITEM", item.id.hex)


def _snapshot_again(order: OrderSnapshot) -> OrderSnapshot:
    """As a retry makes it: another id, the same key."""
    raw_order = order.to_json() | {"id": new_id().hex}
    return OrderSnapshot.from_json(raw_order)


def _but(found: Pending, name: str) -> dict[str, object]:
    return {field.name: getattr(found, field.name) for field in fields(found) if field.name != name}
