"""How often SQLite's thread is gone to, and what is found when it comes back."""

from typing import Any
from uuid import uuid4

import aiosqlite
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Warehouse
from tests.modes import ONE_MODE

pytestmark = ONE_MODE
_RENAME = update(Warehouse).where(Warehouse.code == "MAIN")


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    seen: list[object] = []
    execute = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, work: Any, *arguments: Any, **options: Any) -> Any:
        seen.append(work)
        return await execute(self, work, *arguments, **options)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    return seen


async def test_a_statement_is_one_hop_and_so_is_the_end(infra: Infra, hops: list[object]) -> None:
    async with infra.database.read() as session:
        await session.execute(text("SELECT 1"))  # a connection is there from now on
    hops.clear()
    async with infra.database.read() as session:
        assert (await session.execute(select(Warehouse.code))).scalars().all() == ["MAIN"]
        assert (await session.execute(select(Warehouse.name))).scalars().all() == ["Main warehouse"]
    assert len(hops) == 3
    hops.clear()
    async with infra.database.write() as session:
        assert (await session.execute(_RENAME.values(name="first"))).rowcount == 1  # type: ignore[attr-defined]
    assert len(hops) == 2
    hops.clear()
    async with infra.database.write() as session:
        await session.connection()
    assert hops == []


async def test_what_a_refused_statement_began_is_rolled_back(infra: Infra) -> None:
    async def work(session: AsyncSession) -> None:
        await session.execute(_RENAME.values(name="lost"))
        await session.execute(insert(Warehouse).values(id=uuid4(), code="MAIN", name="twice"))

    with pytest.raises(IntegrityError):
        await infra.database.transact(work)
    assert await _name(infra) == "Main warehouse"


async def test_a_transaction_that_cannot_begin_has_done_nothing(infra: Infra) -> None:
    async def work(session: AsyncSession) -> None:
        connection = await session.connection()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.execute("PRAGMA busy_timeout=1")
        await session.execute(_RENAME.values(name="other"))

    async with infra.database.write() as holder:
        await holder.execute(_RENAME.values(name="held"))
        writer = infra.database.engine.execution_options(rushcart_write=True)
        with pytest.raises(OperationalError, match="locked"):
            async with AsyncSession(writer) as other:
                await work(other)
    assert await _name(infra) == "held"


async def _name(infra: Infra) -> str | None:
    async with infra.database.read() as session:
        return (await session.execute(select(Warehouse.name))).scalar()
