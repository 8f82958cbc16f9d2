"""A database that answers, and takes no writes: an outage like any other, over as soon as it can again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession

from chaos.disk import Disk, small_disk
from graphql_api.health import is_ready
from infra.database import Database
from infra.errors import StoreUnavailable
from infra.eventlog import Message
from infra.ids import new_id
from infra.migrations import upgrade
from infra.runtime import Infra, open_infra
from infra.stack.database import OPERATOR
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.order.place_flash_order import place_flash_order
from services.shared.events import ALL_TOPICS, ORDERS
from services.user.register import register
from settings import Settings
from tasks.order_consumer import OrderConsumer
from tests.books import assert_adds_up, orders_in
from tests.database_server import database_server
from tests.factories import order_wish, running_sale, variant_in_stock
from tests.modes import ONE_MODE, on_server
from tests.workers import persist_all

pytestmark = [ONE_MODE, pytest.mark.timeout(120)]
_MEGABYTES = 320
Trouble = Callable[[Infra, Disk | None], AbstractAsyncContextManager[None]]


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Disk | None]]:
    folder = tmp_path_factory.mktemp("database")
    with small_disk(folder, _MEGABYTES) as found:
        yield folder, found


@pytest.fixture(scope="module")
def url(disk: tuple[Path, Disk | None]) -> Iterator[str]:
    with database_server(disk[0]) as url:
        upgrade(Settings(database_url=SecretStr(url)))
        yield url


@pytest.fixture
async def shop(settings: Settings, url: str) -> AsyncIterator[Infra]:
    """A shop whose database it is; the rest is embedded."""
    async with open_infra(settings.model_copy(update={"database_url": SecretStr(url)})) as opened:
        await opened.events.ensure_topics(ALL_TOPICS)
        yield opened


@asynccontextmanager
async def read_only(shop: Infra, _disk: Disk | None) -> AsyncIterator[None]:
    await _set_read_only(shop, "ON")
    yield
    await _set_read_only(shop, "OFF")


async def _set_read_only(shop: Infra, value: str) -> None:
    url = make_url(shop.settings.database_dsn).set(username=OPERATOR)
    its = Settings(database_url=SecretStr(url.render_as_string(hide_password=False)))
    await on_server(its, f"SET GLOBAL read_only = {value}")


@asynccontextmanager
async def full(shop: Infra, disk: Disk | None) -> AsyncIterator[None]:
    if disk is None:
        pytest.skip("only root may mount a small disk")
    await shop.database.transact(_run("CREATE TABLE IF NOT EXISTS filler (line VARCHAR(8000))"))
    disk.fill()
    with pytest.raises(StoreUnavailable):
        await _use_up(shop)
    yield
    disk.make_room()
    await shop.database.transact(_run("DROP TABLE filler"))


async def _use_up(shop: Infra) -> None:
    """What the database has set aside for its tables."""
    for _ in range(10_000):
        await shop.database.transact(_run("INSERT INTO filler VALUES (REPEAT('x', 8000))"))


def _run(statement: str) -> Callable[[AsyncSession], "asyncio.Future[None]"]:
    async def work(session: AsyncSession) -> None:
        await session.execute(text(statement))

    return work  # type: ignore[return-value]


@pytest.mark.parametrize("trouble", [read_only, full])
async def test_nothing_is_lost_meanwhile(shop: Infra, disk: tuple[Path, Disk | None], trouble: Trouble) -> None:
    item, shirt = await running_sale(shop, quantity=3), await variant_in_stock(shop)
    ada = Owner.customer(new_id())
    assert await is_ready(shop)
    async with trouble(shop, disk[1]):
        # By its number: an error of a server's own files is called internal by the driver.
        with pytest.raises(StoreUnavailable):
            await shop.database.transact(_run("CREATE TABLE another (a INT)"))
        assert not await is_ready(shop)
        accepted = await place_flash_order(shop, order_wish(item))
        if trouble is read_only:
            await _assert_waits(shop)
            with pytest.raises(StoreUnavailable):
                await _register(shop)
        await add_item(shop, ada, Wish(shirt.id, 1))
    await _register(shop)
    assert await is_ready(shop)
    await persist_all(shop)
    await assert_adds_up(shop, item, remaining=2)
    assert set(await orders_in(shop)) >= {accepted.id}


async def _register(shop: Infra) -> None:
    await register(shop, email=f"{uuid4().hex}@example.com", password="correct horse", display_name="Ada")


async def _assert_waits(shop: Infra) -> None:
    """An order that cannot be persisted now is not put with the dead."""
    messages: list[Message] = list(await shop.events.read_all(ORDERS, 10))
    consumer = OrderConsumer(shop, asyncio.Event(), _nobody)
    with pytest.raises(StoreUnavailable):
        await consumer.handle(messages)


async def _nobody(_due: object) -> None:
    raise AssertionError("nothing was persisted")


async def test_connections_to_a_primary_that_was_demoted_are_left(shop: Infra) -> None:
    before = await _connection(shop.database)
    assert await _connection(shop.database) == before
    async with read_only(shop, None):
        with pytest.raises(StoreUnavailable):
            await shop.database.transact(_run("DELETE FROM carts"))
    assert await _connection(shop.database) != before


async def _connection(database: Database) -> int:
    async with database.read() as session:
        return int(await session.scalar(text("SELECT CONNECTION_ID()")) or 0)


def _full_pages(connection: Connection) -> None:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def _query_only(connection: Connection) -> None:
    connection.exec_driver_sql("PRAGMA query_only = ON")


@pytest.mark.parametrize("pragma", [_full_pages, _query_only])
async def test_sqlite_that_takes_no_writes(infra: Infra, pragma: Callable[[Connection], None]) -> None:
    item = await running_sale(infra, quantity=3)
    assert await is_ready(infra)
    engine = infra.database.engine.sync_engine
    event.listen(engine, "begin", pragma)
    accepted = await place_flash_order(infra, order_wish(item))
    with pytest.raises(StoreUnavailable):
        await infra.database.transact(_run("CREATE TABLE filler AS SELECT zeroblob(10000000) AS line"))
    assert not await is_ready(infra)
    event.remove(engine, "begin", pragma)
    await infra.database.close()  # its connections are as they were
    await persist_all(infra)
    assert await is_ready(infra)
    assert set(await orders_in(infra)) == {accepted.id}
