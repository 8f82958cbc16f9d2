"""What a transaction changes, every process forgets within a second: told, or found out when the teller died."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dataloaders import Loaders
from infra.cache.hearing import EVERYTHING
from infra.changes import TOPIC as CHANGES
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models import Category, Image, OutboxMessage, Product, StockLevel, Variant
from models.changes import MOST_TAGS
from models.documents import ProductDoc, stock_key
from services.shared.outbox import relay_outbox
from services.shared.watch_changes import watching_changes
from settings import Settings
from tests.factories import order_wish, running_sale
from tests.integration.catalog.products import create, statements
from tests.waiting import until
from tests.workers import persist_all

WITHIN = 3.0  # a second is promised; a shared machine may stand still for as long
Work = Callable[[AsyncSession], Awaitable[object]]


@asynccontextmanager
async def hearing(settings: Settings) -> AsyncIterator[Infra]:
    """Another process that serves, for all that it shares with the first one."""
    async with open_infra(settings) as infra:
        await infra.events.ensure_topics([CHANGES])
        async with watching_changes(infra):
            await until(lambda: _is_fresh(infra), bool)
            yield infra


async def _is_fresh(infra: Infra) -> bool:
    return infra.hearing.is_fresh


async def rename(infra: Infra, product_id: UUID, title: str) -> None:
    async with infra.database.write() as session:
        await session.execute(update(Product).where(Product.id == product_id).values(title=title))


async def title(infra: Infra, product_id: UUID) -> str | None:
    found = await Loaders(infra).product_by_id.load(product_id)
    return found.title if found else None


async def told(infra: Infra, work: Work) -> set[str]:
    """The tags that the outbox has of this transaction."""
    async with infra.database.write() as session:
        await session.execute(delete(OutboxMessage))
    await infra.database.transact(work)
    async with infra.database.read() as session:
        found: list[Any] = list(await session.scalars(select(OutboxMessage.envelope)))
    return {tag for envelope in found for tag in envelope["data"]["tags"]}


# ------------------------------------------------------------------ what is told


async def test_rows_say_what_they_were_and_what_they_became(infra: Infra) -> None:
    old, new = [Category(id=new_id(), slug=name, name=name, parent_id=None) for name in ("old", "new")]
    assert await told(infra, _adding(old, new)) == {
        f"category:{old.id.hex}",
        f"category:{new.id.hex}",
        "list:categories",
    }
    product = await create(infra, "Shirt", "A", category_id=old.id)

    async def move(session: AsyncSession) -> None:
        row = await session.get_one(Product, product.id)
        row.slug, row.category_id = "other", new.id

    assert await told(infra, move) == {
        f"product:{product.id.hex}",
        "slug:shirt",
        "slug:other",
        f"list:{old.id.hex}",
        f"list:{new.id.hex}",
        "list:all",
    }

    async def look_only(session: AsyncSession) -> None:
        row = await session.get_one(Product, product.id)
        row.title = "Shirt"

    assert await told(infra, look_only) == set()


async def test_statements_say_it_by_their_condition_and_values(infra: Infra) -> None:
    product = await create(infra, "Shirt", "A")
    variant, whole = product.variants[0], f"product:{product.id.hex}"
    cases: list[tuple[Any, set[str]]] = [
        (
            update(Product).where(Product.id == product.id, Product.title == "Shirt").values(title="Coat"),
            {whole, "list:moved", "list:all"},
        ),
        (
            update(Product).where(Product.id.in_([product.id])).values(slug="coat", category_id=None),
            {whole, "slug:coat", "list:None", "list:moved", "list:all"},
        ),
        (
            update(StockLevel).where(StockLevel.sku == "A").values(available=StockLevel.available),
            {"stock:A", "list:stocked"},
        ),
        (delete(Image).where(Image.product_id == product.id), {whole}),
        # Of whom, nobody can tell from this.
        (update(Variant).where(Variant.sku == "A").values(price=1), {"sku:A", EVERYTHING, "list:all"}),
        (update(Variant).values(price=1), {EVERYTHING, "list:all"}),
        (
            update(Variant).where(Variant.product_id == product.id, Variant.id == variant.id).values(price=1),
            {whole, f"variant:{variant.id.hex}", "list:all"},
        ),
    ]
    for statement, expected in cases:
        assert await told(infra, _running(statement)) == expected, str(statement)
    row = {"id": new_id(), "product_id": product.id, "url": "https://x.test", "alt_text": None, "position": 0}
    assert await told(infra, lambda session: session.execute(insert(Image), [row])) == {whole}
    assert await told(infra, lambda session: session.execute(insert(Image).values({**row, "id": new_id()}))) == {
        whole
    }


async def test_more_than_one_can_name_is_everything(infra: Infra) -> None:
    rows = [Category(id=new_id(), slug=str(n), name=str(n), parent_id=None) for n in range(MOST_TAGS)]
    assert await told(infra, _adding(*rows)) == {EVERYTHING}


async def test_what_was_rolled_back_is_not_told(infra: Infra) -> None:
    product = await create(infra, "Shirt", "A")

    async def fails(session: AsyncSession) -> None:
        await session.execute(update(Product).where(Product.id == product.id).values(title="Coat"))
        raise RuntimeError("of the business")

    with pytest.raises(RuntimeError):
        await told(infra, fails)
    async with infra.database.read() as session:
        assert list(await session.scalars(select(OutboxMessage))) == []


async def test_the_pipeline_of_orders_tells_of_its_stock(infra: Infra) -> None:
    item = await running_sale(infra, quantity=5)
    sku = item.sku
    before = await Loaders(infra).stock_by_sku.load(sku)
    from services.order.place_flash_order import place_flash_order

    await place_flash_order(infra, order_wish(item, quantity=2))
    await persist_all(infra)
    after = await Loaders(infra).stock_by_sku.load(sku)
    assert before is not None
    assert after is not None
    assert (after.held - before.held, after.set_aside - before.set_aside) == (2, -2)


def _adding(*rows: object) -> Work:
    async def add(session: AsyncSession) -> None:
        session.add_all(rows)

    return add


def _running(statement: Any) -> Work:
    return lambda session: session.execute(statement)


# ------------------------------------------------------------------ who hears of it


async def _kept(infra: Infra, product: ProductDoc, expected: str) -> bool:
    """Read it, and say whether the process's memory has it then."""
    assert await title(infra, product.id) == expected
    return f"product:{product.id.hex}" in infra.memory.get_many([f"product:{product.id.hex}"])


async def _hears(infra: Infra, product: ProductDoc, expected: str | None) -> float:
    begun = time.monotonic()
    await until(lambda: title(infra, product.id), lambda found: found == expected, within=WITHIN)
    return time.monotonic() - begun


async def test_every_process_forgets_within_a_second(settings: Settings) -> None:
    async with hearing(settings) as first, hearing(settings) as second, hearing(settings) as third:
        product = await create(first, "0", "A")
        for number in range(1, 6):
            for other in (second, third):
                with statements(other) as seen:
                    # What tells of the change before may come only now, and is forgotten by once more.
                    await until(partial(_kept, other, product, str(number - 1)), bool)
                assert seen == []
            await rename(first, product.id, str(number))
            assert await title(first, product.id) == str(number)
            await asyncio.gather(_hears(second, product, str(number)), _hears(third, product, str(number)))


async def test_what_is_in_memory_asks_neither_redis_nor_the_database(settings: Settings) -> None:
    async with hearing(settings) as infra:
        product = await create(infra, "Shirt", "A")
        assert await title(infra, product.id) == "Shirt"
        await infra.redis.client.flushdb()
        with statements(infra) as seen:
            assert await title(infra, product.id) == "Shirt"
        assert seen == []
        assert await infra.redis.client.exists(f"doc:product:{product.id.hex}") == 0


async def test_a_teller_that_dies_after_the_commit_is_stood_in_for(settings: Settings) -> None:
    async with hearing(settings) as reader, open_infra(settings) as dies, open_infra(settings) as worker:
        product = await create(worker, "old", "A")
        while await relay_outbox(worker):
            pass
        assert await title(reader, product.id) == "old"
        dies.database.after_commit = None  # killed at that moment
        await rename(dies, product.id, "new")
        await asyncio.sleep(0.1)
        assert await title(reader, product.id) == "old"
        assert await relay_outbox(worker) == 1
        await _hears(reader, product, "new")
        # Redis has been told before the others were: who comes now finds nothing old there.
        assert await title(worker, product.id) == "new"


async def test_who_hears_nothing_believes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_infra(settings) as writer:
        product = await create(writer, "old", "A")
        async with hearing(settings) as deaf:
            assert await title(deaf, product.id) == "old"
            monkeypatch.setattr(deaf.hearing, "confirm", lambda at: None)
            monkeypatch.setattr(deaf.changes, "hear", lambda message: None)
            await rename(writer, product.id, "new")
            await _hears(deaf, product, "new")
            assert deaf.memory.get_many([f"product:{product.id.hex}"]) == {}


async def test_a_change_that_comes_while_a_reader_reads_is_not_undone_in_memory(settings: Settings) -> None:
    async with hearing(settings) as infra:
        product = await create(infra, "old", "A")
        key = f"product:{product.id.hex}"
        mark = infra.hearing.mark()
        await rename(infra, product.id, "new")
        infra.memory.put(key, product, size=1, ttl=5, mark=mark)
        assert infra.memory.get_many([key]) == {}
        assert await title(infra, product.id) == "new"


async def test_a_reservation_is_heard_of_without_the_database(settings: Settings) -> None:
    async with hearing(settings) as first, hearing(settings) as second:
        heard: list[object] = []
        second.hearing.listen(heard.append)
        with statements(first) as seen:
            for _ in range(50):
                first.changes.note(["item:1", stock_key("A")])
        await until(lambda: _value(heard), bool, within=WITHIN)
        assert heard == [{"item:1", "stock:A"}]
        assert seen == []


async def _value(value: object) -> object:
    return value


async def test_a_message_that_cannot_be_read_makes_everything_forgotten(settings: Settings) -> None:
    async with hearing(settings) as infra:
        product = await create(infra, "Shirt", "A")
        await title(infra, product.id)
        for value in (b"\xff", b"[]", b'{"id": "1", "data": {"tags": [1]}}'):
            assert len(infra.memory) > 0
            await infra.events.publish(CHANGES, "changes", value)
            await until(lambda: _value(len(infra.memory)), lambda size: size == 0, within=WITHIN)
            await title(infra, product.id)
