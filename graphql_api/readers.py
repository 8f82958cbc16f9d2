"""All who read a subscription, and the watch over their sessions."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from resolvers.shared.context import Context

_CHECK_EVERY = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """``context`` is asked each time, as a WebSocket's viewer is known only after its greeting."""

    context: Callable[[], Context]
    end: Callable[[], Awaitable[None]]

    @classmethod
    def until(cls, context: Context, ended: asyncio.Event) -> "Reader":
        """Make a reader that is ended by an event."""

        async def end() -> None:
            ended.set()

        return cls(lambda: context, end)

    def is_allowed(self) -> bool:
        context = self.context()
        viewer, infra = context.viewer, context.infra
        if viewer is None:
            return True
        revoked = infra.revocations.cover(viewer.user_id, viewer.session_id, viewer.issued_at)
        return viewer.expires_at > infra.now() and not revoked


class Readers:
    """One task looks after them all, as a timer for each would be thousands."""

    def __init__(self) -> None:
        self._open: set[Reader] = set()
        self._checking: asyncio.Task[None] | None = None

    @contextmanager
    def reading(self, reader: Reader) -> Iterator[None]:
        """End the reader, while the block runs, when its session is: within a second."""
        self._open.add(reader)
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._check())
        try:
            yield
        finally:
            self._open.discard(reader)

    async def _check(self) -> None:
        while self._open:
            for reader in [one for one in self._open if not one.is_allowed()]:
                self._open.discard(reader)
                await reader.end()
            await asyncio.sleep(_CHECK_EVERY)
