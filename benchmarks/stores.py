"""The servers that a benchmark runs on."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.processes import ROOT
from infra.database import Database
from infra.migrations import upgrade
from infra.stack import Stack, StackError
from models import Barrier, Product, User
from settings import Settings

Echo = Callable[[str], None]
_PATIENCE: Final = 10.0
_TAKEN: Final = (
    "the database has something in it, or another benchmark runs on it: name an empty one of its own in "
    "RUSHCART_DATABASE_URL, or none"
)


@contextmanager
def stores(echo: Echo) -> Iterator[Settings]:
    """Servers of the benchmark's own, or those that the environment names: a database that is its own, migrated
    and empty. ``home`` is a temporary folder, also for the logs of what is started.

    Errors: StackError, also for a database that has something in it.
    """
    with stack_and_settings(echo) as (_, settings):
        yield settings


@contextmanager
def stack_and_settings(echo: Echo) -> Iterator[tuple[Stack, Settings]]:
    """As ``stores``, with the servers that were started."""
    folder = Path(tempfile.mkdtemp(prefix="rushcart-bench-"))
    try:
        stack = Stack.up(folder, echo=echo, kafka_cache=ROOT / ".rushcart" / "kafka", dies_with_parent=True)
        try:
            with _environment({**stack.env(), "RUSHCART_HOME": str(folder), "RUSHCART_LOG_LEVEL": "warning"}):
                settings = Settings()
                upgrade(settings)
                asyncio.run(claim(settings))
                yield stack, settings
        finally:
            stack.down(purge=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """For the child processes."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


async def claim(settings: Settings) -> None:
    """Of two benchmarks on one database, also at the same time, one does not run. Errors: StackError."""
    database = Database(settings.database_dsn, pool_size=1, read_timeout=_PATIENCE)
    try:
        await database.transact(_mark, timeout=_PATIENCE)
    except IntegrityError:
        raise StackError(_TAKEN) from None
    finally:
        await database.close()


async def _mark(session: AsyncSession) -> None:
    filled = exists(select(User.id)) | exists(select(Product.id))
    if await session.scalar(select(filled)):
        raise StackError(_TAKEN)
    mark = {"saga_id": UUID(int=0), "branch": "benchmark", "operation": "claim", "reason": ""}
    await session.execute(insert(Barrier).values(**mark, created_at=datetime.now(UTC)))
