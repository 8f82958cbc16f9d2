"""A client over HTTP who asks again until it knows what became of its wish."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from chaos.http_connection import ConnectionRefused, CutOff, HttpConnection

SURPRISE: Final = "unexpected"
_UNKNOWN: Final = frozenset({"TryAgain", "UNAVAILABLE", "connection refused", "cut off", "no answer"})
"""It may have been done or not: ask again with the same key."""
_RETRY_AFTER: Final = 0.2
_PATIENCE: Final = 5.0


@dataclass(slots=True)
class Tally:
    """``outcomes`` by the name of the answer, or what came instead of one. ``strange``: what no one should get."""

    outcomes: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)
    slowest: float = 0.0
    accepted: list[float] = field(default_factory=list)
    """When an order was accepted, by ``time.monotonic()``."""

    @property
    def requests(self) -> int:
        return self.outcomes.total()


@dataclass(slots=True)
class Client:
    """``urls`` are taken by ``dice``, for each request anew."""

    token: str
    urls: list[str]
    dice: random.Random
    tally: Tally

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
