"""Fresh documents wait their turn: one is made ready at a time, in slices, and never more of a client's at once.

Making one ready takes tens of milliseconds of the event loop, on which all other requests wait too.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeVar

from graphql import ASTValidationRule, ValidationContext
from sqlalchemy.util import await_

from graphql_api.http_request import Refused
from graphql_api.request_limits import count_cost
from resolvers.shared.context import Context
from services.shared.rate_limits import REQUEST_COST, is_own

MOST_OF_ONE: Final = 20
"""Two batches."""
MOST: Final = 60
# What other requests wait for at a time, about; in seconds.
_SLICE: Final = 0.003
# What takes as long as a request for a document that is known, about: to read, and to validate.
_CHARS_A_REQUEST: Final = 1_000
_TOKENS_A_REQUEST: Final = 20

T = TypeVar("T")


class Preparing(Generic[T]):
    """The documents of one event loop that are being made ready, or wait for it, by their texts."""

    def __init__(self) -> None:
        self._making: dict[str, asyncio.Task[T]] = {}
        self._turn = asyncio.Lock()
        self._turns: dict[str, asyncio.Lock] = {}
        self._waiting: Counter[str] = Counter()

    async def once(self, query: str, asker: object, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work when its turn comes, once for all who ask for the same.

        Errors: Refused, when too much waits, and what the work raises.
        """
        while making := self._making.get(query):
            try:
                return await asyncio.shield(making)
            except Refused:
                continue  # a limit of somebody else's
        making = self._making[query] = asyncio.create_task(self._in_turn(asker, work))
        making.add_done_callback(lambda done: self._end(query, done))
        # Whoever goes away takes nothing from the others.
        return await asyncio.shield(making)

    def _end(self, query: str, making: "asyncio.Task[T]") -> None:
        del self._making[query]
        if not making.cancelled():
            making.exception()  # seen, also when nobody waits any more

    async def _in_turn(self, asker: object, work: Callable[[], Awaitable[T]]) -> T:
        """Askers take turns, whoever has how much to do."""
        name = _name(asker)
        self._check_room(name)
        self._waiting[name] += 1
        own = self._turns.setdefault(name, asyncio.Lock())
        try:
            async with own, self._turn:
                return await work()
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name], self._turns[name]

    def _check_room(self, name: str) -> None:
        """Errors: Refused."""
        wait = ((b"retry-after", b"1"),)
        if name and self._waiting[name] >= MOST_OF_ONE:
            message = f"More than {MOST_OF_ONE} new documents at once. Try again soon."
            raise Refused(429, "RATE_LIMITED", message, wait, {"retryAfter": 1})
        # Whoever waits for none yet is let in beyond: it is others who have filled the room.
        if self._waiting.total() >= (MOST if self._waiting[name] else 2 * MOST):
            raise Refused(503, "UNAVAILABLE", "Too many new documents at once. Try again soon.", wait)


def _name(asker: object) -> str:
    """Returns what is bounded: an account, else an address; "" for nobody's."""
    if not isinstance(asker, Context):
        return ""
    if asker.viewer is not None:
        return asker.viewer.user_id.hex
    return "" if is_own(asker.client.ip) else asker.client.network


async def charge(asker: object, *, chars: int = 0, tokens: int = 0) -> None:
    """Count what it costs to make a new document ready. Errors: Refused."""
    requests = chars // _CHARS_A_REQUEST + tokens // _TOKENS_A_REQUEST
    if requests and isinstance(asker, Context):
        await count_cost(asker, requests * REQUEST_COST)


class InSlices(ASTValidationRule):
    """Finds no fault, but lets others on from time to time; within ``sqlalchemy.util.greenlet_spawn``.

    Validation is one long walk through the document, and knows no coroutines.
    """

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._slice = Slice()

    def enter(self, *_: Any) -> None:
        self._slice.end_if_long()


class Slice:
    """What is done until others are let on."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()

    def end_if_long(self) -> None:
        """Let others on for as long as they had to wait."""
        took = time.perf_counter() - self._begun
        if took > _SLICE:
            await_(asyncio.sleep(took))
            self._begun = time.perf_counter()
