"""Empty the tables of MySQL or MariaDB in one round trip: only those that have rows."""

from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from infra.clock import utc_now
from models import DEFAULT_WAREHOUSE, Base, Warehouse
from settings import Settings

_PROCEDURE = "empty_tables"


class Emptying:
    """A connection, and a procedure in the database that looks into each table."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    async def prepare(cls, settings: Settings) -> "Emptying":
        engine = create_async_engine(settings.database_dsn, pool_size=1, pool_pre_ping=True)
        async with engine.begin() as connection:
            await connection.exec_driver_sql(_procedure())
        return cls(engine)

    async def empty(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(text(f"CALL {_PROCEDURE}()"))
            await connection.execute(insert(Warehouse).values(_first_warehouse()))

    async def close(self) -> None:
        await self._engine.dispose()


def _procedure() -> str:
    tables = [table.name for table in Base.metadata.sorted_tables]
    looks = [f"IF EXISTS (SELECT 1 FROM `{name}`) THEN DELETE FROM `{name}`; END IF;" for name in tables]
    body = "\n".join(["SET foreign_key_checks = 0;", *looks, "SET foreign_key_checks = 1;"])
    return f"CREATE PROCEDURE {_PROCEDURE}()\nBEGIN\n{body}\nEND"


def _first_warehouse() -> dict[str, Any]:
    """As the migration makes it."""
    now = utc_now()
    names = {"code": "MAIN", "name": "Main warehouse", "priority": 100}
    return {"id": DEFAULT_WAREHOUSE, **names, "active": True, "version": 1, "created_at": now, "updated_at": now}
