"""Shoppers who buy one thing after another over HTTP, ask again until they know, and sometimes cancel."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import orjson

from chaos.http_connection import ConnectionRefused, CutOff, HttpConnection
from chaos.paying import pay
from chaos.wishes import Wish
from resolvers.shared.node import decode_id, encode_id

ORDER: Final = "Order"
SURPRISE: Final = "unexpected"
_UNKNOWN: Final = frozenset({"TryAgain", "UNAVAILABLE", "connection refused", "cut off", "no answer"})
"""It may have been done or not: ask again with the same key."""
_RETRY_AFTER: Final = 0.2
_PATIENCE: Final = 5.0
_PAYS: Final = 0.5
_CANCELS: Final = 0.3
_ERRORS: Final = "... on Error { code } ... on TryAgain { retryAfterMs }"
PLACE: Final = (
    "mutation ($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) "
    f"{{ __typename ... on Order {{ id status }} {_ERRORS} }} }}"
)
CANCEL: Final = (
    "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) "
    f"{{ __typename ... on Order {{ id status }} {_ERRORS} }} }}"
)


@dataclass(slots=True)
class Tally:
    """``outcomes`` by the name of the answer, or what came instead of one. ``strange``: what no one should get."""

    outcomes: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    slowest: float = 0.0

    @property
    def requests(self) -> int:
        return self.outcomes.total()


@dataclass(slots=True)
class Shopper:
    """One customer with one connection; ``urls`` are taken in turn, another one after each failure."""

    id: UUID
    token: str
    urls: list[str]
    item_id: UUID
    dice: random.Random
    tally: Tally
    wishes: list[Wish] = field(default_factory=list)

    async def shop(self, stop: asyncio.Event, pause: float) -> None:
        """Until told to stop; the last wish is brought to its end."""
        http = HttpConnection()
        try:
            while not stop.is_set():
                await self._one(http)
                await asyncio.sleep(self.dice.uniform(0, 2 * pause))
        finally:
            await http.close()

    async def _one(self, http: HttpConnection) -> None:
        wish = Wish(self.id, uuid4().hex, self.dice.choice((1, 1, 1, 2)))
        self.wishes.append(wish)
        item = encode_id("FlashSaleItem", self.item_id)
        asked = {"itemId": item, "quantity": wish.quantity, "idempotencyKey": wish.key}
        answer = await self.until_known(http, PLACE, asked)
        if answer["__typename"] != ORDER:
            wish.refused = answer["__typename"] != SURPRISE
            return
        wish.orders.add(decode_id(answer["id"], ORDER))
        if self.dice.random() < _PAYS:
            await pay(self, http, wish, answer["id"])
        if self.dice.random() < _CANCELS:
            await self._cancel(http, wish, answer["id"])

    async def _cancel(self, http: HttpConnection, wish: Wish, order_id: str) -> None:
        """Refused when the order has expired meanwhile."""
        await asyncio.sleep(self.dice.uniform(0, 1))
        answer = await self.until_known(http, CANCEL, {"orderId": order_id, "idempotencyKey": wish.key})
        if answer["__typename"] == ORDER:
            wish.cancelled = answer["status"] == "CANCELLED"
            wish.orders.add(decode_id(answer["id"], ORDER))

    async def ask_again(self) -> None:
        """For each order that was shown, once more with its key: the answer must be the same order."""
        http = HttpConnection()
        item = encode_id("FlashSaleItem", self.item_id)
        for wish in self.wishes[-3:]:
            if wish.orders:
                asked = {"itemId": item, "quantity": wish.quantity, "idempotencyKey": wish.key}
                answer = await self.until_known(http, PLACE, asked)
                if answer["__typename"] == ORDER:
                    wish.orders.add(decode_id(answer["id"], ORDER))
        await http.close()

    async def until_known(self, http: HttpConnection, query: str, wish: dict[str, Any]) -> dict[str, Any]:
        while True:
            outcome, answer = await self._ask(http, query, wish)
            self.tally.outcomes[outcome] += 1
            if outcome not in _UNKNOWN:
                return answer
            await asyncio.sleep(answer.get("retryAfterMs", _RETRY_AFTER * 1000) / 1000)

    async def _ask(self, http: HttpConnection, query: str, wish: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        outcome, status, reply = await self.post(http, "/graphql", {"query": query, "variables": {"input": wish}})
        return (outcome, {}) if outcome else self._understand(status, reply)

    async def post(self, http: HttpConnection, path: str, body: object) -> tuple[str, int, bytes]:
        """To any of the servers: why there was no answer, or nothing, its status and its body."""
        url, begun = self.dice.choice(self.urls), time.monotonic()
        try:
            async with asyncio.timeout(_PATIENCE):
                status, reply = await http.post(f"{url}{path}", self.token, body)
        except ConnectionRefused:
            return "connection refused", 0, b""
        except CutOff:
            return "cut off", 0, b""
        except TimeoutError:
            return "no answer", 0, b""
        self.tally.slowest = max(self.tally.slowest, time.monotonic() - begun)
        return "", status, reply

    def _understand(self, status: int, reply: bytes) -> tuple[str, dict[str, Any]]:
        answer = orjson.loads(reply) if status == 200 else {}
        if "errors" in answer and [e["extensions"]["code"] for e in answer["errors"]] == ["UNAVAILABLE"]:
            return "UNAVAILABLE", {}
        if "errors" in answer or not answer.get("data"):
            self.tally.strange.append(f"{status} {reply[:200]!r}")
            return SURPRISE, {"__typename": SURPRISE}
        [result] = answer["data"].values()
        if result["__typename"] == "NotFound":
            self.tally.strange.append(f"{answer['data']}: of an order that was accepted")
        return str(result["__typename"]), result
