"""Clerks: each works through a list of changes of stock, and asks with the same key until the answer is final."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from chaos.accounts import accounts
from infra.runtime import Infra
from models import Role
from resolvers.shared.node import encode_id
from tests.waiting import until

_SHOWN: Final = "{ __typename ... on Error { code message } }"
_QUERIES: Final = {
    name: f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {_SHOWN} }}"
    for name in ("receiveStock", "adjustStock", "moveStock")
}
_NOT_YET: Final = frozenset({"TRY_AGAIN", "UNAVAILABLE", None})
_PATIENCE: Final = 5.0
_PAUSE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """A mutation and its input."""

    mutation: str
    wish: dict[str, Any]
    key: str = field(default_factory=lambda: uuid4().hex)


def changes(sku: str, origin: UUID, target: UUID, rounds: int) -> list[Change]:
    """So many rounds of: 5 come in at the origin, 1 of them is lost, 2 are moved to the target."""
    here, there = encode_id("Warehouse", origin), encode_id("Warehouse", target)
    move = {"sku": sku, "quantity": 2, "fromWarehouseId": here, "toWarehouseId": there}
    return [
        change
        for _ in range(rounds)
        for change in (
            Change("receiveStock", {"sku": sku, "quantity": 5, "warehouseId": here}),
            Change("adjustStock", {"sku": sku, "delta": -1, "reason": "lost", "warehouseId": here}),
            Change("moveStock", move),
        )
    ]


@dataclass(slots=True)
class Clerk:
    """``done`` are the changes whose answer said so; a refusal is a failure."""

    urls: Sequence[str]
    token: str
    done: list[Change] = field(default_factory=list)
    turn: int = 0

    async def work(self, todo: Sequence[Change]) -> None:
        for change in todo:
            while (code := await self._ask(change)) in _NOT_YET:
                self.turn += 1  # to the other process
                await asyncio.sleep(_PAUSE)
            assert code == "", (change, code)
            self.done.append(change)

    async def _ask(self, change: Change) -> str | None:
        """ "" when it is done, the code of the error otherwise; None when there was no answer."""
        body = {
            "query": _QUERIES[change.mutation],
            "variables": {"input": {**change.wish, "idempotencyKey": change.key}},
        }
        headers = {"authorization": f"Bearer {self.token}"}
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE, verify=False) as http:
                url = self.urls[self.turn % len(self.urls)]
                answer = (await http.post(f"{url}/graphql", json=body, headers=headers)).json()
        except httpx.TransportError:
            return None
        if "errors" in answer:
            return str(answer["errors"][0]["extensions"]["code"])
        return str(answer["data"][change.mutation].get("code", ""))


async def hire(infra: Infra, urls: Sequence[str], count: int) -> list[Clerk]:
    staff = await accounts(infra, count, Role.STAFF)
    return [Clerk(urls, token, turn=number) for number, (_, token) in enumerate(staff)]


async def until_done(clerks: Sequence[Clerk], count: int, work: "asyncio.Future[Any]") -> None:
    """Wait until they have done so many changes together."""

    async def look() -> int:
        if work.done():
            await work
        return sum(len(clerk.done) for clerk in clerks)

    await until(look, lambda done: done >= count, within=60)
