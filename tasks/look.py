"""One look for all loops: which of them have something to do.

Each asked for itself, a worker that had nothing to do took some sixty transactions a second for it.
"""

import asyncio
from contextlib import suppress
from typing import Final

from sqlalchemy import bindparam, select

from infra.runtime import Infra
from tasks.conditions import CONDITIONS

_LOOK: Final = select(*(condition(bindparam("now")).label(name) for name, condition in CONDITIONS.items()))
AT_THE_LATEST = 5.0
"""Seconds after which a loop runs whatever was seen: a look is a hint, and fails while the database is away."""


class Look:
    """``run`` again and again; ``end`` lets everybody go who waits."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._seen = {name: asyncio.Event() for name in CONDITIONS}

    async def run(self) -> None:
        """Look once. Errors: StoreUnavailable."""
        async with self._infra.database.read() as session:
            row = (await session.execute(_LOOK, {"now": self._infra.now()})).one()
        for name, due in row._mapping.items():
            if due:
                self._seen[name].set()

    async def wait(self, name: str) -> None:
        """Return as soon as there is something to do, or ``end`` was called; after some seconds in any case, and
        at once for a loop that runs whatever there is to do.
        """
        seen = self._seen.get(name)
        if seen is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(AT_THE_LATEST):
                await seen.wait()
        seen.clear()

    def end(self) -> None:
        for seen in self._seen.values():
            seen.set()
