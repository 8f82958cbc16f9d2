"""Listings from a replica: they see all that was committed before, and the primary answers when it cannot."""

import signal
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from infra.listings import Listings
from infra.runtime import Infra, open_infra
from infra.stack.database import OPERATOR
from infra.stack.probes import quiet
from infra.stack.state import Record
from services.doctor.check_replica import check_replica
from settings import Settings
from tests.database_server import replicated_databases
from tests.modes import ONE_MODE
from tests.waiting import patience, until

pytestmark = [ONE_MODE, pytest.mark.timeout(120)]
Pair = tuple[Record, Record]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with replicated_databases(tmp_path_factory.mktemp("pair")) as found:
        yield found


@pytest.fixture
async def shop(settings: Settings, pair: Pair) -> AsyncIterator[Infra]:
    urls = {"database_url": SecretStr(pair[0].url), "database_read_url": SecretStr(pair[1].url)}
    async with open_infra(settings.model_copy(update=urls)) as opened:
        async with opened.database.write() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS notes (id INT AUTO_INCREMENT PRIMARY KEY)"))
        yield opened


async def look(session: AsyncSession) -> tuple[int, int]:
    """How many notes there are, and at which port that is told."""
    row = (await session.execute(text("SELECT (SELECT COUNT(*) FROM notes), @@port"))).one()
    return int(row[0]), int(row[1])


async def write(shop: Infra) -> None:
    async with shop.database.write() as session:
        await session.execute(text("INSERT INTO notes VALUES (NULL)"))


async def told_in_time(listings: Listings) -> tuple[int, int]:
    """What is told; in a second, whatever the replica does."""
    begun = time.monotonic()
    found = await listings.read(look)
    assert time.monotonic() - begun < patience(1)
    return found


async def on_replica(replica: Record, statement: str) -> None:
    url = make_url(replica.url).set(username=OPERATOR, database="")
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    with quiet("asyncmy"):
        async with engine.connect() as connection:
            if not connection.dialect.is_mariadb:  # type: ignore[attr-defined]
                statement = statement.replace("SLAVE", "REPLICA")
            await connection.execute(text(statement))
    await engine.dispose()


async def back_at(shop: Infra, replica: Record, notes: int) -> None:
    """It is asked again once it has caught up."""
    await until(lambda: shop.listings.read(look), lambda found: found == (notes, replica.port))


async def test_what_was_committed_is_seen_wherever_it_is_read(shop: Infra, pair: Pair) -> None:
    primary, replica = pair
    before, _ = await shop.listings.read(look)
    for number in range(1, 21):
        await write(shop)
        assert await told_in_time(shop.listings) in [(before + number, port.port) for port in pair]
    await back_at(shop, replica, before + 20)
    assert [finding.level.name for finding in await check_replica(shop)] == ["GOOD"]
    assert shop.counters.snapshot()["replica"]["read"] > 1

    await on_replica(replica, "STOP SLAVE SQL_THREAD")  # it hears everything, and does nothing
    await write(shop)
    for _ in range(3):
        assert await told_in_time(shop.listings) == (before + 21, primary.port)
    assert [finding.level.name for finding in await check_replica(shop)] == ["DOUBTFUL"]
    await on_replica(replica, "START SLAVE SQL_THREAD")
    await back_at(shop, replica, before + 21)


async def test_a_replica_that_is_frozen_or_dead_is_left_alone(shop: Infra, pair: Pair) -> None:
    primary, replica = pair
    assert replica.process is not None
    await write(shop)
    notes, _ = await shop.listings.read(look)
    await back_at(shop, replica, notes)
    replica.process.send(signal.SIGSTOP)
    for _ in range(3):
        assert await told_in_time(shop.listings) == (notes, primary.port)
    replica.process.send(signal.SIGCONT)
    await back_at(shop, replica, notes)
    replica.process.send(signal.SIGKILL)
    for _ in range(3):
        assert await told_in_time(shop.listings) == (notes, primary.port)
    [finding] = await check_replica(shop)
    assert (finding.level.name, finding.what) == ("DOUBTFUL", "it does not answer")


async def test_a_server_that_follows_nobody_is_no_replica(shop: Infra, pair: Pair) -> None:
    alone = Listings(shop.database, shop.database, 0.1, shop.counters)  # it follows nobody
    assert (await alone.read(look))[1] == pair[0].port
