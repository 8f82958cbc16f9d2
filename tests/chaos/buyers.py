"""Buyers: each wants one unit, and asks with the same key until the answer is final."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import orjson

from chaos.accounts import accounts
from chaos.http_connection import ConnectionRefused, CutOff, HttpConnection
from infra.runtime import Infra
from models import Role
from models.flash_sale_document import FlashItemDoc
from resolvers.shared.node import decode_id, encode_id
from tests.waiting import until

ACCEPTED: Final = "Order"
OUT_OF_STOCK: Final = "OutOfStock"
TRY_AGAIN: Final = "TryAgain"
UNAVAILABLE: Final = "UNAVAILABLE"
REFUSED: Final = "connection refused"
CUT_OFF: Final = "cut off"
NO_ANSWER: Final = "no answer"
FINAL: Final = frozenset({ACCEPTED, OUT_OF_STOCK})
_RETRY_AFTER: Final = {UNAVAILABLE: 0.5, REFUSED: 0.1, CUT_OFF: 0.1, NO_ANSWER: 0.1}
_PATIENCE: Final = 5.0
_PLACE: Final = """
mutation Place($input: PlaceFlashOrderInput!) {
  placeFlashOrder(input: $input) {
    __typename
    ... on Order { id status }
    ... on Error { code message }
    ... on TryAgain { retryAfterMs }
    ... on OutOfStock { available }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request; ``at`` is when, ``retry_after`` in seconds."""

    outcome: str
    seconds: float
    at: datetime
    order_id: UUID | None = None
    status: str | None = None
    retry_after: float = 0.0


@dataclass(slots=True)
class Buyer:
    id: UUID
    token: str
    key: str = field(default_factory=lambda: uuid4().hex)
    answers: list[Answer] = field(default_factory=list)

    @property
    def order_id(self) -> UUID | None:
        """Of the order that this buyer was shown."""
        return next((answer.order_id for answer in self.answers if answer.order_id), None)


async def sign_up(infra: Infra, count: int) -> list[Buyer]:
    return [Buyer(user_id, token) for user_id, token in await accounts(infra, count, Role.CUSTOMER)]


@dataclass(slots=True)
class Rush:
    """Buyers on one item. They come when they are told to, and stay until each has a final answer."""

    urls: list[str]
    item: FlashItemDoc
    buyers: list[Buyer]
    keep_alive: bool = True
    _waiting: list[Buyer] = field(default_factory=list)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting = list(self.buyers)

    def arrive(self, count: int | None = None, *, every: float = 0.0) -> None:
        """The next ``count`` buyers, or all who are left, press the button: at once, or one ``every`` so often."""
        come = self._waiting[:count]
        self._waiting = self._waiting[len(come) :]
        first = len(self._tasks)
        self._tasks += [
            asyncio.create_task(self._buy(buyer, first + i, after=i * every)) for i, buyer in enumerate(come)
        ]

    async def finish(self, within: float = 60.0) -> None:
        """Wait until all have their answer."""
        assert not self._waiting
        async with asyncio.timeout(within):
            await asyncio.gather(*self._tasks)

    async def accepted(self, count: int) -> None:
        """Wait until that many were shown an order."""
        await until(self._count_accepted, lambda seen: seen >= count, within=30)

    async def _count_accepted(self) -> int:
        self._raise_failures()
        return sum(buyer.order_id is not None for buyer in self.buyers)

    async def all_asked(self) -> None:
        """Wait until each who came has had an answer of whatever kind."""
        came = self.buyers[: len(self._tasks)]
        await until(lambda: self._count_unanswered(came), lambda left: left == 0, within=30)

    async def _count_unanswered(self, came: list[Buyer]) -> int:
        self._raise_failures()
        return sum(not buyer.answers for buyer in came)

    def _raise_failures(self) -> None:
        for task in self._tasks:
            if task.done():
                task.result()

    @property
    def answers(self) -> list[Answer]:
        return [answer for buyer in self.buyers for answer in buyer.answers]

    @property
    def orders(self) -> dict[UUID, Buyer]:
        return {buyer.order_id: buyer for buyer in self.buyers if buyer.order_id is not None}

    def outcomes(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for answer in self.answers:
            found[answer.outcome] = found.get(answer.outcome, 0) + 1
        return found

    def slowest(self) -> float:
        return max(answer.seconds for answer in self.answers)

    async def _buy(self, buyer: Buyer, turn: int, *, after: float) -> None:
        await asyncio.sleep(after)
        http = HttpConnection()
        try:
            while True:
                answer = await self._ask(http, self.urls[turn % len(self.urls)], buyer)
                buyer.answers.append(answer)
                if answer.outcome in FINAL:
                    return
                turn += 1  # to the other process
                await asyncio.sleep(answer.retry_after)
        finally:
            await http.close()

    async def ask_again(self) -> None:
        """Everyone who has an order asks once more, with the same key."""
        http = HttpConnection()
        for turn, buyer in enumerate(self.orders.values()):
            buyer.answers.append(await self._ask(http, self.urls[turn % len(self.urls)], buyer))
        await http.close()

    async def _ask(self, http: HttpConnection, url: str, buyer: Buyer) -> Answer:
        wish = {"itemId": encode_id("FlashSaleItem", self.item.id), "quantity": 1, "idempotencyKey": buyer.key}
        body = {"query": _PLACE, "variables": {"input": wish}}
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(_PATIENCE):
                status, reply = await http.post(f"{url}/graphql", buyer.token, body, close=not self.keep_alive)
        except ConnectionRefused:
            return _failed(REFUSED, begun)
        except CutOff:
            return _failed(CUT_OFF, begun)
        except TimeoutError:
            return _failed(NO_ANSWER, begun)
        return _understand(status, reply, time.perf_counter() - begun)


def _failed(outcome: str, begun: float) -> Answer:
    return Answer(outcome, time.perf_counter() - begun, datetime.now(UTC), retry_after=_RETRY_AFTER[outcome])


def _understand(status: int, reply: bytes, seconds: float) -> Answer:
    """Errors: AssertionError for an answer that no buyer should get."""
    assert status == 200, reply
    answer, now = orjson.loads(reply), datetime.now(UTC)
    if "errors" in answer:
        assert [error["extensions"]["code"] for error in answer["errors"]] == [UNAVAILABLE], answer
        return Answer(UNAVAILABLE, seconds, now, retry_after=_RETRY_AFTER[UNAVAILABLE])
    result = answer["data"]["placeFlashOrder"]
    match result["__typename"]:
        case "Order":
            return Answer(ACCEPTED, seconds, now, decode_id(result["id"], "Order"), result["status"])
        case "TryAgain":
            return Answer(TRY_AGAIN, seconds, now, retry_after=result["retryAfterMs"] / 1000)
        case "OutOfStock" if result["available"] == 0:
            return Answer(OUT_OF_STOCK, seconds, now)
    raise AssertionError(f"unexpected answer: {answer}")
